//! Steps on a video, by the `ffmpeg` program.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::Step;
use crate::{Error, Result};

/// Quality of the coding that follows filters when no step names one: nearly
/// without visible loss.
const LAST_CRF: u8 = 16;
/// Longest side, and CRF, of the likeness of a messenger.
const MESSENGER: (u32, u8) = (848, 28);

/// One run of the program: filters, then a coding.
struct Run {
    filters: Vec<String>,
    coding: Vec<String>,
    /// The sound is dropped with frames, since it would no longer fit.
    silent: bool,
}

pub(super) fn apply(input: &Path, steps: &[Step], output: &Path) -> Result<Vec<Value>> {
    let runs = plan(steps)?;
    let folder = tempfile::tempdir().map_err(|e| Error::io(output, e))?;
    let mut done = Vec::new();
    let mut from = input.to_owned();
    let last = runs.len().saturating_sub(1);
    for (i, run) in runs.iter().enumerate() {
        // Matroska holds every coding between two steps.
        let to = if i == last { output.to_owned() } else { folder.path().join(format!("{i}.mkv")) };
        let arguments = run.arguments();
        ffmpeg(&from, &arguments, &to)?;
        done.push(json!({ "ffmpeg": arguments }));
        from = to;
    }
    Ok(done)
}

fn plan(steps: &[Step]) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    let mut filters = Vec::new();
    let mut silent = false;
    for step in steps {
        let mut code = |coding: Vec<String>| {
            let filters = std::mem::take(&mut filters);
            runs.push(Run { filters, coding, silent: std::mem::take(&mut silent) });
        };
        match step {
            Step::H264(crf) => code(coding("libx264", *crf)),
            Step::H265(crf) => code(coding("libx265", *crf)),
            Step::Gop(n, crf) => {
                let mut coding = coding("libx264", *crf);
                // Intra pictures at fixed places only.
                let n = n.to_string();
                coding
                    .extend(["-g", &n, "-keyint_min", &n, "-sc_threshold", "0"].map(String::from));
                code(coding);
            }
            Step::Messenger => {
                let (side, crf) = MESSENGER;
                filters.push(format!(
                    "scale='trunc(iw*min(1,{side}/max(iw,ih))/2)*2':'trunc(ih*min(1,{side}/max(iw,ih))/2)*2':flags=bicubic"
                ));
                let filters = std::mem::take(&mut filters);
                runs.push(Run { filters, coding: coding("libx264", crf), silent });
                silent = false;
            }
            Step::Resize(by) => filters.push(scale(*by, "bicubic")),
            Step::Screenshot(by) => filters.push(scale(*by, "bilinear")),
            Step::Crop(x, y, w, h) => {
                if w % 2 + h % 2 > 0 {
                    return Err(Error::Usage(format!(
                        "`{step}`: sides of video must be even, for its colours have half as many pixels"
                    )));
                }
                filters.push(format!("crop={w}:{h}:{x}:{y}:exact=1"));
            }
            Step::Blur(sigma) => filters.push(format!("gblur=sigma={sigma}")),
            // ffmpeg's Gaussian noise; its strength is about the standard deviation.
            Step::Noise(sigma, seed) => {
                filters.push(format!(
                    "noise=all_seed={}:alls={}:allf=t",
                    seed % (1 << 31),
                    sigma.round()
                ));
            }
            Step::Drop(first, count) => {
                let last = first.saturating_add(count - 1);
                filters.push(format!(
                    "select='not(between(n,{first},{last}))',setpts=N/FRAME_RATE/TB"
                ));
                silent = true;
            }
            Step::Jpeg(_) | Step::Splice(..) => {
                return Err(Error::Usage(format!(
                    "`{step}` is a step for a picture, not for video"
                )));
            }
        }
    }
    if !filters.is_empty() {
        runs.push(Run { filters, coding: coding("libx264", LAST_CRF), silent });
    }
    Ok(runs)
}

fn scale(by: f64, filter: &str) -> String {
    // 4:2:0 wants even sides.
    format!("scale='trunc(iw*{by}/2)*2':'trunc(ih*{by}/2)*2':flags={filter}")
}

fn coding(encoder: &str, crf: u8) -> Vec<String> {
    let crf = crf.to_string();
    // One thread: the same bits on every machine.
    let mut out = ["-c:v", encoder, "-crf", &crf, "-pix_fmt", "yuv420p", "-threads", "1"]
        .map(String::from)
        .to_vec();
    if encoder == "libx265" {
        out.extend(
            ["-x265-params", "log-level=error:pools=none:frame-threads=1"].map(String::from),
        );
    }
    out
}

impl Run {
    fn arguments(&self) -> Vec<String> {
        let mut out = Vec::new();
        if !self.filters.is_empty() {
            out.extend(["-vf".to_owned(), self.filters.join(",")]);
        }
        out.extend(self.coding.iter().cloned());
        // Every frame once: where the sound begins before the picture, the program
        // would else fill the gap with a frame that was not there (from 5.1 on).
        out.extend(["-fps_mode", "passthrough"].map(String::from));
        if self.silent {
            out.push("-an".to_owned());
        } else {
            // FLAC in MP4, as sound degraded before may be, counts as experimental.
            out.extend(["-c:a", "copy", "-strict", "-2"].map(String::from));
        }
        // Nothing that tells when or where it was made.
        out.extend(["-map_metadata", "-1", "-fflags", "+bitexact"].map(String::from));
        out
    }
}

fn ffmpeg(from: &Path, arguments: &[String], to: &Path) -> Result<()> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i"]);
    // A name that begins with `-` or looks like an address is still a file.
    let file = |path: &Path| {
        let mut name = std::ffi::OsString::from("file:");
        name.push(path);
        name
    };
    let run = command.arg(file(from)).args(arguments).arg(file(to)).output();
    let out = run.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::Usage(
            "degrading video needs the `ffmpeg` program, which was not found; install it (Debian: \
             apt install ffmpeg)"
                .to_owned(),
        ),
        _ => Error::io("ffmpeg", e),
    })?;
    if out.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&out.stderr);
    Err(Error::unreadable(from, format!("ffmpeg could not do this: {}", told.trim())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]
mod tests {
    use super::*;

    #[test]
    fn filters_wait_for_the_coding_that_follows() {
        let steps = |text: &str| text.split(',').map(|s| s.parse().unwrap()).collect::<Vec<Step>>();
        let runs = plan(&steps("resize:0.5,blur:1,h264:23,gop:33:20,drop:3:2")).unwrap();
        assert_eq!(runs.len(), 3);
        assert_eq!(
            (runs[0].filters.len(), runs[1].filters.len(), runs[2].filters.len()),
            (2, 0, 1)
        );
        assert!(runs[1].arguments().windows(2).any(|w| w == ["-g", "33"]));
        assert!(!runs[0].silent && !runs[1].silent && runs[2].silent);
        assert!(runs[0].arguments().windows(2).any(|w| w == ["-fps_mode", "passthrough"]));
        assert!(plan(&steps("jpeg:75")).is_err());
        assert!(
            plan(&steps("crop:0:0:100:98")).is_ok() && plan(&steps("crop:0:0:101:98")).is_err()
        );
    }
}
