//! Known changes to sound, for trials of the checks. They go through the
//! `ffmpeg` *program*: the libraries that this program is linked with need
//! decoders only. The program is not needed for an examination.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::degrade;
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

/// Whether an output of this name is made by [`degrade_sound`]: `.wav` is sound
/// alone, `.mka` and `.mkv` keep the pictures of the input as they are.
pub fn makes(output: &Path) -> bool {
    let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| ["wav", "mka", "mkv"].contains(&e.as_str()))
}

/// Whether every one of `steps` changes sound.
pub fn are_operations(steps: &[String]) -> bool {
    !steps.is_empty() && steps.iter().all(|step| operation(step).is_some())
}

/// Applies operations in order to the first sound of `input` and writes
/// `output`: 16-bit WAV, or Matroska with the pictures of the input, untouched,
/// and the sound as FLAC. Beside it, `output` with `.json` added records digests
/// and what was done; its path is returned.
///
/// # Errors
/// [`Error::Usage`] for an operation that is none, an output of another name, and
/// when the `ffmpeg` program is missing; [`Error::Compute`] with its complaint when
/// it fails, as where it was built without an encoder.
pub fn degrade_sound(input: &Path, steps: &[String], output: &Path) -> Result<PathBuf> {
    if input == output {
        return Err(Error::Usage("the output would replace the input".to_owned()));
    }
    if !makes(output) {
        return Err(Error::Usage(
            "changed sound is written as .wav, or with the pictures as .mkv".to_owned(),
        ));
    }
    let place = tempfile::tempdir().map_err(|error| Error::io(std::env::temp_dir(), error))?;
    let mut from = input.to_owned();
    let mut done = Vec::new();
    for (number, text) in steps.iter().enumerate() {
        let Some(Operation { filter, codec }) = operation(text) else {
            let names: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
            return Err(Error::Usage(format!("`{text}` is none of {}", names.join(", "))));
        };
        let mut arguments: Vec<String> = match filter {
            Some(graph) => ["-filter_complex", &graph, "-map", "[out]"].map(String::from).to_vec(),
            None => ["-map", "0:a:0"].map(String::from).to_vec(),
        };
        let made = place.path().join(format!("{number}.wav"));
        let plain = ["-c:a", "pcm_s16le"].map(String::from);
        match codec {
            None => {
                arguments.extend(plain);
                ffmpeg(&[&from], &arguments, &made)?;
            }
            Some((encoder, ending)) => {
                let coded = place.path().join(format!("{number}-coded.{ending}"));
                arguments.extend(encoder);
                ffmpeg(&[&from], &arguments, &coded)?;
                ffmpeg(&[&coded], &plain, &made)?;
            }
        }
        done.push(json!({ "step": text, "ffmpeg": arguments }));
        from = made;
    }
    let sound_alone = output.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav"));
    if sound_alone {
        std::fs::copy(&from, output).map_err(|error| Error::io(output, error))?;
    } else {
        let join = ["-map", "0:v?", "-map", "1:a", "-c:v", "copy", "-c:a", "flac"];
        ffmpeg(&[input, &from], &join.map(String::from), output)?;
    }
    degrade::record(input, output, steps.to_vec(), done)
}

/// Writes the pictures of one file and the sound of another as Matroska: H.264
/// nearly without loss, on one thread so that the bits repeat, and FLAC.
///
/// # Errors
/// As [`degrade_sound`].
pub fn join(pictures: &Path, sound: &Path, output: &Path) -> Result<()> {
    let coded = ["-c:v", "libx264", "-crf", "16", "-pix_fmt", "yuv420p", "-threads", "1"];
    let arguments = ["-map", "0:v", "-map", "1:a", "-c:a", "flac"].iter().chain(&coded);
    let arguments: Vec<String> = arguments.map(|&word| word.to_owned()).collect();
    ffmpeg(&[pictures, sound], &arguments, output)
}

fn ffmpeg(inputs: &[&Path], arguments: &[String], output: &Path) -> Result<()> {
    // A name that begins with `-` or looks like an address is still a file.
    let file = |path: &Path| {
        let mut name = std::ffi::OsString::from("file:");
        name.push(path);
        name
    };
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
    for input in inputs {
        command.arg("-i").arg(file(input));
    }
    let run = command
        .args(arguments)
        .args(["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"])
        .arg(file(output))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Error::Usage(format!(
                "the `ffmpeg` program is needed to degrade sound (Debian: apt install ffmpeg): {error}"
            ))
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
        let steps = ["louder".to_owned()];
        assert!(degrade_sound(Path::new("a"), &steps, Path::new("b.wav")).is_err());
        assert!(degrade_sound(Path::new("a"), &["amr".to_owned()], Path::new("b.jpg")).is_err());
        assert!(are_operations(&["amr".into(), "noise:0.1:2".into()]));
        assert!(!are_operations(&steps) && !are_operations(&[]));
    }
}
