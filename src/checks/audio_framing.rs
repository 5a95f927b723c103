//! Audio framing: frames that an earlier AAC coding left in the sound
//!
//! # What it measures
//!
//! AAC codes sound in frames of 1024 samples and rounds many coefficients of each
//! to nothing. When the decoded sound is kept without loss (WAV, FLAC), those
//! coefficients are still nearly nothing, but only where frames are laid exactly
//! as the coder laid them. Segments of nearly half a second (10,240 samples at
//! the file's own rate), at most 16, evenly spread over the first ten minutes, are
//! transformed at each of the 1024 places, with the sine and the
//! Kaiser-Bessel-derived window. A place counts when its coefficients are smaller
//! than at the others by six deviations and by twice what the next place has.
//! `framings_found` says in how many `segments` one does, `framing_offset` which
//! it is most often. Where two segments in a row have one and the next two
//! another, the framing changes there (`framing_changes`): samples were cut out
//! or put in after that coding.
//!
//! Files that are coded with loss themselves are not judged: their own frames
//! hide earlier ones.
//!
//! # When it misleads
//!
//! - Open editing of a decoded recording changes the framing too.
//! - A cut of a multiple of 1024 samples keeps it.
//! - Resampling, filters, noise, a change of speed and high bit rates remove the
//!   trace: no framing says nothing.
//! - MP3, Opus and other codings have other transforms and are not examined; AAC
//!   at half the rate (HE-AAC) is not either.
//!
//! # References
//!
//! - Herre and Schug (2000), Analysis of decompressed audio: the inverse decoder,
//!   AES convention 109.
//! - Yang, Qu and Huang (2008), Detecting digital audio forgeries by checking
//!   frame offsets, ACM workshop on multimedia and security (for MP3).
//! - ISO/IEC 14496-3, subpart 4: the windows and frame length of AAC.
//!
//! # Titel
//!
//! Audioframing: frames die een eerdere AAC-codering in het geluid heeft nagelaten
//!
//! # Wat het meet
//!
//! AAC codeert geluid in frames van 1024 monsters en rondt veel coëfficiënten
//! daarvan af op niets. Wordt het gedecodeerde geluid zonder verlies bewaard (WAV,
//! FLAC), dan zijn die coëfficiënten nog steeds bijna niets, maar alleen waar de
//! frames precies zo liggen als bij de codering. Segmenten van bijna een halve
//! seconde (10.240 monsters op de eigen bemonsteringsfrequentie), hoogstens 16,
//! gelijkmatig verspreid over de eerste tien minuten, worden op elk van de 1024
//! plaatsen getransformeerd, met het sinusvenster en het van Kaiser-Bessel
//! afgeleide. Een plaats telt als haar coëfficiënten zes afwijkingen kleiner zijn
//! dan die van de andere, en tweemaal zoveel als die van de volgende plaats.
//! `framings_found` zegt in hoeveel van de `segments` er een is, `framing_offset`
//! welke het vaakst. Hebben twee segmenten op rij er een en de volgende twee een
//! andere, dan verandert de framing daar (`framing_changes`): na die codering zijn
//! monsters weggeknipt of ingevoegd.
//!
//! Bestanden die zelf met verlies zijn gecodeerd worden niet beoordeeld: hun eigen
//! frames verbergen eerdere.
//!
//! # Wanneer het misleidt
//!
//! - Openlijke montage van een gedecodeerde opname verandert de framing ook.
//! - Een knip van een veelvoud van 1024 monsters laat haar gelijk.
//! - Hermonsteren, filters, ruis, een andere snelheid en veel bits nemen het spoor
//!   weg: geen framing zegt niets.
//! - MP3, Opus en andere coderingen hebben andere transformaties en worden niet
//!   onderzocht; AAC op halve bemonsteringsfrequentie (HE-AAC) ook niet.

use super::{Check, Entry, Finding, Group, Measurement, Standing, Status};
use crate::Result;
use crate::media::{Exhibit, Needs, Sound, SoundFormat};
use crate::signal::mdct::{FRAME, Framing, Mdct, SPAN, Shape, framing};
use crate::text::Text;

/// This check's line in the table. An indicator: the trace has innocent causes
/// as well.
pub const ENTRY: Entry = Entry {
    name: "audio-framing",
    group: Group::Coding,
    standing: Standing::Indicator,
    source: include_str!("audio_framing.rs"),
    make: |_| Box::new(AudioFraming::default()),
};

/// Samples kept: ten minutes at 48 kHz, 58 MB.
const MOST: usize = 600 * 48_000;
/// Segments at most: each takes about a tenth of a second for each window.
const MOST_SEGMENTS: usize = 16;
/// When a place counts. In sound that was never coded the best place reaches 3
/// deviations and hardly more than the next one.
const LEAST_Z: f64 = 6.0;
const LEAST_RATIO: f64 = 2.0;
/// Places of one framing may differ by this much: the peak is one sample wide.
const SAME: usize = 1;
/// A segment whose loudest sample is below this has nothing to tell: −50 dB.
const LEAST_PEAK: f32 = 0.003;

#[derive(Default)]
struct AudioFraming {
    /// Why the file is not judged, if so: its codec.
    lossy: Option<String>,
    start_s: f64,
    rate: f64,
    /// 16 bits are what decoded sound has.
    samples: Vec<i16>,
}

/// One segment: its first sample, and its framing if it has one.
type Segment = (usize, Option<Framing>);

impl Check for AudioFraming {
    fn needs(&self) -> Needs {
        Needs { sound: Some(SoundFormat { rate: None, mono: true }), ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let codec = exhibit.audio.as_ref().map(|audio| audio.codec.clone());
        self.lossy = codec.filter(|codec| !lossless(codec));
        Ok(())
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        if self.lossy.is_some() {
            return Ok(());
        }
        if self.samples.is_empty() {
            (self.start_s, self.rate) = (sound.time_s, f64::from(sound.rate));
        }
        let room = MOST - self.samples.len();
        let kept = sound.samples.iter().take(room);
        self.samples.extend(kept.map(|v| (v * 32_768.0).round() as i16));
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        if let Some(codec) = &self.lossy {
            let text = Text::new(
                format!(
                    "The sound is coded with loss itself ({codec}); its own frames hide earlier ones."
                ),
                format!(
                    "Het geluid is zelf met verlies gecodeerd ({codec}); de eigen frames verbergen eerdere."
                ),
            );
            return Ok(Finding::abstain(Status::NotApplicable, text));
        }
        if self.samples.is_empty() {
            let text = Text::new("There is no sound.", "Er is geen geluid.");
            return Ok(Finding::abstain(Status::NotApplicable, text));
        }
        let segments = self.segments();
        if segments.is_empty() {
            let text = Text::new(
                "The sound is too short or too quiet.",
                "Het geluid is te kort of te zacht.",
            );
            return Ok(Finding::abstain(Status::Insufficient, text));
        }
        Ok(self.say(&segments))
    }
}

/// Whether a codec keeps every sample.
fn lossless(codec: &str) -> bool {
    codec.starts_with("pcm_s")
        || codec.starts_with("pcm_f")
        || codec.starts_with("pcm_u")
        || ["flac", "alac", "wavpack", "ape", "tta"].contains(&codec)
}

impl AudioFraming {
    fn segments(&self) -> Vec<Segment> {
        let Some(room) = self.samples.len().checked_sub(SPAN) else { return Vec::new() };
        let step = SPAN.max(room.div_ceil(MOST_SEGMENTS));
        let mut found = Vec::new();
        let mut transforms = [Mdct::new(Shape::Kbd), Mdct::new(Shape::Sine)];
        for from in (0..=room).step_by(step) {
            let part = self.samples.get(from..from + SPAN).unwrap_or_default();
            let samples: Vec<f32> = part.iter().map(|v| f32::from(*v) / 32_768.0).collect();
            if samples.iter().all(|v| v.abs() < LEAST_PEAK) {
                continue;
            }
            let clear = |f: &Framing| f.z >= LEAST_Z && f.z >= LEAST_RATIO * f.next_z;
            let best = transforms
                .iter_mut()
                .filter_map(|transform| framing(&samples, transform))
                .filter(clear)
                .max_by(|a, b| a.z.total_cmp(&b.z));
            // On the recording's own count.
            let best = best.map(|f| Framing { at: (from + f.at) % FRAME, ..f });
            found.push((from, best));
        }
        found
    }

    fn say(&self, segments: &[Segment]) -> Finding {
        let known: Vec<(usize, Framing)> =
            segments.iter().filter_map(|(from, framing)| Some((*from, (*framing)?))).collect();
        let same = |a: usize, b: usize| a.abs_diff(b).min(FRAME - a.abs_diff(b)) <= SAME;
        let time_s = |sample: usize| self.start_s + sample as f64 / self.rate.max(1.0);
        let changes: Vec<(f64, f64)> = known
            .windows(4)
            .filter_map(|four| match four {
                [a, b, c, d] => {
                    let turns =
                        same(a.1.at, b.1.at) && same(c.1.at, d.1.at) && !same(b.1.at, c.1.at);
                    turns.then(|| (time_s(b.0), time_s(c.0 + SPAN)))
                }
                _ => None,
            })
            .collect();
        let (n, of) = (known.len(), segments.len());
        let (state, summary) = if !changes.is_empty() {
            let list = |nl: bool| {
                let place = |(a, b): &(f64, f64)| {
                    if nl {
                        format!("{a:.1} tot {b:.1} s").replace('.', ",")
                    } else {
                        format!("{a:.1} to {b:.1} s")
                    }
                };
                changes.iter().take(6).map(place).collect::<Vec<_>>().join("; ")
            };
            (
                "changes",
                Text::new(
                    format!(
                        "The sound was coded as AAC before, and the framing of that coding changes at {}: after it, samples were cut out or put in.",
                        list(false)
                    ),
                    format!(
                        "Het geluid is eerder als AAC gecodeerd, en de framing van die codering verandert op {}: daarna zijn monsters weggeknipt of ingevoegd.",
                        list(true)
                    ),
                ),
            )
        } else if n >= 2 {
            (
                "one-framing",
                Text::new(
                    format!(
                        "The sound was coded as AAC before; the framing of that coding is seen in {n} of {of} segments and does not change lastingly."
                    ),
                    format!(
                        "Het geluid is eerder als AAC gecodeerd; de framing van die codering is in {n} van {of} segmenten te zien en verandert niet blijvend."
                    ),
                ),
            )
        } else {
            (
                "none-seen",
                Text::new(
                    format!(
                        "No framing of an earlier AAC coding is seen in {of} segments. Many treatments remove it."
                    ),
                    format!(
                        "In {of} segmenten is geen framing van een eerdere AAC-codering te zien. Veel bewerkingen nemen haar weg."
                    ),
                ),
            )
        };
        let mut finding = Finding::new(Status::Derived, summary);
        finding.state = Some(state.to_owned());
        finding.value("segments", "1", of as f64);
        finding.value("framings_found", "1", n as f64);
        finding.value("framing_changes", "1", changes.len() as f64);
        let often = known.iter().max_by_key(|(_, f)| {
            (
                known.iter().filter(|(_, other)| same(other.at, f.at)).count(),
                std::cmp::Reverse(f.at),
            )
        });
        if let Some((_, framing)) = often.filter(|_| n >= 2) {
            finding.value("framing_offset", "samples", framing.at as f64);
        }
        let row = |quantity, unit, from: usize, value| Measurement {
            quantity,
            unit,
            time_s: Some(time_s(from)),
            frame: None,
            track: None,
            value,
        };
        for (from, framing) in &known {
            finding.measurements.push(row("framing_offset", "samples", *from, framing.at as f64));
            finding.measurements.push(row("framing_z", "1", *from, framing.z));
        }
        finding
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    fn value(finding: &Finding, quantity: &str) -> Option<f64> {
        finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
    }

    fn said(places: &[Option<usize>]) -> Finding {
        let check = AudioFraming { rate: 10_240.0, ..AudioFraming::default() };
        let segment = |(i, at): (usize, &Option<usize>)| {
            (i * SPAN, at.map(|at| Framing { at, z: 9.0, next_z: 2.0 }))
        };
        check.say(&places.iter().enumerate().map(segment).collect::<Vec<_>>())
    }

    #[test]
    fn a_lasting_change_is_told_and_an_odd_segment_is_not() {
        let finding = said(&[Some(5), Some(5), None, Some(6), Some(300), Some(300)]);
        assert_eq!(finding.state.as_deref(), Some("changes"));
        assert_eq!(value(&finding, "framing_changes"), Some(1.0));
        assert!(finding.summary.en.contains("3.0 to 5.0 s"), "{}", finding.summary.en);
        let finding = said(&[Some(5), Some(5), Some(700), Some(5), Some(5)]);
        assert_eq!(finding.state.as_deref(), Some("one-framing"));
        // Places count around the frame.
        assert_eq!(said(&[Some(0), Some(0), Some(1023), Some(1023)]).state.unwrap(), "one-framing");
        assert_eq!(value(&finding, "framing_offset"), Some(5.0));
        assert_eq!(said(&[None, Some(4), None]).state.as_deref(), Some("none-seen"));
    }

    #[test]
    fn lossy_files_are_not_judged() {
        assert!(lossless("pcm_s16le") && lossless("flac"));
        assert!(!lossless("aac") && !lossless("pcm_alaw") && !lossless("pcm_mulaw"));
        let check = AudioFraming { lossy: Some("aac".into()), ..AudioFraming::default() };
        assert_eq!(Box::new(check).conclude().unwrap().status, Status::NotApplicable);
        let none = Box::new(AudioFraming::default()).conclude().unwrap();
        assert_eq!(none.status, Status::NotApplicable);
        let quiet =
            AudioFraming { samples: vec![1; 2 * SPAN], rate: 8e3, ..AudioFraming::default() };
        assert_eq!(Box::new(quiet).conclude().unwrap().status, Status::Insufficient);
    }
}
