//! Which conditions a reference set has to state before a likelihood ratio is
//! taken from it: resolution and compression always, the size of faces where
//! faces were measured, seconds of speech where a voice was (the conditions on
//! which scores of such checks are known to depend most; Morrison et al. 2021,
//! 2.3: the conditions of the case have to be those of the validation).

use super::reference::{Condition, Reference, Refusal, refuse};

/// What has to be stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matter {
    Resolution,
    Compression,
    FaceSize,
    Speech,
}

/// Conditions that state how strong a compression is, as findings.json names
/// them.
const STRENGTHS: [&str; 4] = ["kbps", "video_kbps", "audio_kbps", "jpeg-quantisation.quality_luma"];

/// Codecs without loss, by the names of FFmpeg: of these the name alone tells
/// the compression.
const LOSSLESS: [&str; 10] =
    ["png", "bmp", "tiff", "gif", "ffv1", "flac", "alac", "pcm_s16le", "pcm_s24le", "pcm_f32le"];

impl Matter {
    /// Of a check of `group` (findings.json) of an exhibit of `kind`.
    fn of(group: &str, kind: &str) -> Vec<Self> {
        let mut all = vec![Self::Resolution, Self::Compression];
        if kind != "audio" && matches!(group, "face" | "physiology" | "synchrony") {
            all.push(Self::FaceSize);
        }
        if matches!(group, "voice" | "synchrony") {
            all.push(Self::Speech);
        }
        all
    }

    fn stated(self, set: &Reference, sound: bool) -> bool {
        let any = |keys: &[&str]| set.conditions.iter().any(|name| keys.contains(&name.as_str()));
        match self {
            Self::Resolution if sound => any(&["audio_rate_hz"]),
            Self::Resolution => any(&["width", "height", "display_width", "display_height"]),
            Self::Compression => any(&STRENGTHS) || lossless(set),
            Self::FaceSize => {
                set.conditions.iter().any(|name| name.starts_with("faces.face_width_px"))
            }
            Self::Speech => set.conditions.iter().any(|name| name.ends_with(".speech_s")),
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Resolution => (
                "the resolution (display_width; of sound audio_rate_hz)",
                "de resolutie (display_width; van geluid audio_rate_hz)",
            ),
            Self::Compression => (
                "the compression (kbps, video_kbps or audio_kbps; of JPEG jpeg-quantisation.quality_luma; codec where it is one without loss)",
                "de compressie (kbps, video_kbps of audio_kbps; van JPEG jpeg-quantisation.quality_luma; codec als die zonder verlies is)",
            ),
            Self::FaceSize => (
                "the size of faces (faces.face_width_px_median)",
                "de grootte van gezichten (faces.face_width_px_median)",
            ),
            Self::Speech => (
                "the seconds of speech (voice-activity.speech_s)",
                "de seconden spraak (voice-activity.speech_s)",
            ),
        }
    }
}

/// Whether all of the set was kept without loss.
fn lossless(set: &Reference) -> bool {
    let named = |name: &String| matches!(name.as_str(), "codec" | "audio_codec");
    let Some(at) = set.conditions.iter().position(named) else { return false };
    let plain = |c: &Condition| matches!(c, Condition::Word(w) if LOSSLESS.contains(&w.as_str()));
    set.rows.iter().all(|row| row.condition.get(at).is_some_and(plain))
}

impl Reference {
    /// Whether the set states what a ratio of a check of `group` needs, for an
    /// exhibit of `kind`; both as findings.json writes them.
    ///
    /// # Errors
    /// What it does not state.
    pub fn suited(&self, group: &str, kind: &str) -> Result<(), Refusal> {
        let sound = kind == "audio" || group == "voice";
        let mut lacks = Matter::of(group, kind);
        lacks.retain(|matter| !matter.stated(self, sound));
        if lacks.is_empty() {
            return Ok(());
        }
        let (en, nl): (Vec<_>, Vec<_>) = lacks.iter().map(|matter| matter.words()).unzip();
        Err(refuse(
            format!(
                "the reference set does not state {}, so nobody can tell whether it suits this exhibit",
                en.join("; ")
            ),
            format!(
                "de referentieset vermeldt {} niet; niet is na te gaan of zij bij dit onderzochte bestand past",
                nl.join("; ")
            ),
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::reference::Row;
    use super::*;

    fn set(conditions: &[&str], codec: &str) -> Reference {
        let value = |name: &&str| match *name {
            "codec" => Condition::Word(codec.to_owned()),
            _ => Condition::Number(1.0),
        };
        let row = Row {
            source: "a".into(),
            item: None,
            h1: true,
            check: "c".into(),
            score: 1.0,
            condition: conditions.iter().map(value).collect(),
        };
        let conditions = conditions.iter().map(|c| (*c).to_owned()).collect();
        Reference { conditions, rows: vec![row], ..Reference::default() }
    }

    #[test]
    fn each_kind_of_check_has_conditions_of_its_own() {
        let why = |conditions: &[&str], group: &str, kind: &str| {
            set(conditions, "h264").suited(group, kind).err().map(|why| why.0.en)
        };
        let lacks = |conditions: &[&str], group, kind, word| {
            assert!(why(conditions, group, kind).unwrap().contains(word), "{conditions:?} {group}");
        };
        let video = ["display_width", "video_kbps"];
        assert_eq!(why(&video, "coding", "video"), None);
        lacks(&video[..1], "coding", "video", "the compression");
        lacks(&video[1..], "coding", "video", "the resolution");
        lacks(&video, "face", "video", "the size of faces");
        let face = [&video[..], &["faces.face_width_px_median"]].concat();
        assert_eq!(why(&face, "face", "video"), None);
        lacks(&face, "synchrony", "video", "speech");
        let sound = ["audio_rate_hz", "kbps", "voice-activity.speech_s"];
        assert_eq!(why(&sound, "voice", "audio"), None);
        lacks(&sound[..2], "voice", "audio", "speech");
        lacks(&video, "voice", "video", "the resolution");
    }

    #[test]
    fn the_name_of_a_codec_tells_the_compression_only_without_loss() {
        assert!(set(&["width", "codec"], "png").suited("spectral", "image").is_ok());
        assert!(set(&["width", "codec"], "h264").suited("spectral", "video").is_err());
    }
}
