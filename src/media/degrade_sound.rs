//! Known changes to sound, for trials of the checks. They go through the
//! `ffmpeg` *program*: the libraries that this program is linked with need
//! decoders only. The program is not needed for an examination.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Error, Result};

/// Operations as typed, and what they do.
pub const OPERATIONS: [(&str, &str); 8] = [
    ("telephone", "300 to 3400 Hz, 8 kHz, A-law (ITU-T G.711)"),
    ("opus:K", "Opus at K kbit/s"),
    ("mp3:K", "MP3 at K kbit/s"),
    ("aac:K", "AAC at K kbit/s"),
    ("amr", "AMR narrow band at 12.2 kbit/s"),
    ("noise:A:SEED", "white noise added, of amplitude A of full scale"),
    ("reverberation:S", "an exponentially fading noise of S seconds to −60 dB as the room"),
    ("shift:MS", "the sound MS milliseconds later, or earlier when negative"),
];

/// One operation: a filter, then a passage through a codec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operation {
    /// Filter graph from `[0:a]` to `[out]`, if any.
    pub filter: Option<String>,
    /// Arguments of the encoder and the ending of its file, if any.
    pub codec: Option<(Vec<String>, &'static str)>,
}

/// Reads an operation; `None` when it is not one of [`OPERATIONS`] or its
/// numbers make no sense.
pub fn operation(text: &str) -> Option<Operation> {
    let mut parts = text.split(':');
    let name = parts.next()?;
    let numbers: Vec<f64> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if numbers.iter().any(|number| !number.is_finite()) {
        return None;
    }
    let coded = |arguments: &[&str], ending| {
        let arguments = arguments.iter().map(|part| (*part).to_owned()).collect();
        Some(Operation { filter: None, codec: Some((arguments, ending)) })
    };
    let filtered = |graph: String| Some(Operation { filter: Some(graph), codec: None });
    match (name, numbers.as_slice()) {
        ("telephone", []) => Some(Operation {
            filter: Some(
                "[0:a]highpass=f=300:poles=2,lowpass=f=3400:poles=2,lowpass=f=3400:poles=2[out]"
                    .to_owned(),
            ),
            codec: coded(&["-ar", "8000", "-c:a", "pcm_alaw"], "wav")?.codec,
        }),
        ("opus", [k]) if (6.0..=510.0).contains(k) => {
            coded(&["-c:a", "libopus", "-b:a", &format!("{k}k")], "ogg")
        }
        ("mp3", [k]) if (8.0..=320.0).contains(k) => {
            coded(&["-c:a", "libmp3lame", "-b:a", &format!("{k}k")], "mp3")
        }
        ("aac", [k]) if (8.0..=512.0).contains(k) => {
            coded(&["-c:a", "aac", "-b:a", &format!("{k}k")], "m4a")
        }
        ("amr", []) => {
            coded(&["-ar", "8000", "-ac", "1", "-c:a", "libopencore_amrnb", "-b:a", "12.2k"], "amr")
        }
        ("noise", [a, seed]) if (0.0..=1.0).contains(a) && *seed >= 0.0 => filtered(format!(
            "anoisesrc=color=white:amplitude={a}:seed={}[n];[0:a][n]amix=inputs=2:duration=first:normalize=0[out]",
            *seed as u32
        )),
        ("reverberation", [s]) if (0.05..=10.0).contains(s) => filtered(format!(
            "aevalsrc=exprs='if(lt(t,0.001),1,0.05*exp(-6.908*t/{s})*(2*random(0)-1))':d={s}:s=48000[r];[0:a]aresample=48000[a];[a][r]afir[out]"
        )),
        ("shift", [ms]) if (-60_000.0..=60_000.0).contains(ms) => filtered(if *ms >= 0.0 {
            format!("[0:a]adelay=delays={ms}:all=1[out]")
        } else {
            format!("[0:a]atrim=start={},asetpts=PTS-STARTPTS[out]", -ms / 1e3)
        }),
        _ => None,
    }
}

/// Applies one operation to the first sound of `input` and writes 16-bit WAV.
///
/// # Errors
/// [`Error::Usage`] for an operation that is none, and when the `ffmpeg` program
/// is missing; [`Error::Compute`] with its complaint when it fails, as where it
/// was built without an encoder.
pub fn degrade_sound(input: &Path, text: &str, output: &Path) -> Result<()> {
    let Some(Operation { filter, codec }) = operation(text) else {
        let names: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        return Err(Error::Usage(format!("`{text}` is none of {}", names.join(", "))));
    };
    let place = tempfile::tempdir().map_err(|error| Error::io(std::env::temp_dir(), error))?;
    let mut arguments: Vec<String> = Vec::new();
    match filter {
        Some(graph) => {
            arguments.extend(["-filter_complex".into(), graph, "-map".into(), "[out]".into()])
        }
        None => arguments.extend(["-map".into(), "0:a:0".into()]),
    }
    match codec {
        None => {
            arguments.extend(["-c:a".into(), "pcm_s16le".into()]);
            ffmpeg(input, &arguments, output)
        }
        Some((encoder, ending)) => {
            let coded = place.path().join(format!("coded.{ending}"));
            arguments.extend(encoder);
            ffmpeg(input, &arguments, &coded)?;
            ffmpeg(&coded, &["-c:a".into(), "pcm_s16le".into()], output)
        }
    }
}

fn ffmpeg(input: &Path, arguments: &[String], output: &Path) -> Result<()> {
    let run = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i"])
        .arg(input)
        .args(arguments)
        .args(["-vn", "-bitexact"])
        .arg(output)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Error::Usage(format!("the `ffmpeg` program is needed to degrade sound: {error}"))
        })?;
    if run.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&run.stderr).chars().take(600).collect::<String>();
    Err(Error::compute("degrading sound with ffmpeg", complaint))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn only_operations_with_sensible_numbers_are_read() {
        for text in ["telephone", "opus:24", "mp3:128", "aac:64", "amr", "shift:-80"] {
            assert!(operation(text).is_some(), "{text}");
        }
        for text in ["", "opus", "opus:x", "opus:NaN", "mp3:9999", "noise:2:1", "telephone:1"] {
            assert!(operation(text).is_none(), "{text}");
        }
        assert!(degrade_sound(Path::new("a"), "louder", Path::new("b")).is_err());
    }
}
