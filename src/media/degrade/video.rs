//! Steps on a video, by the `ffmpeg` program.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Step;
use crate::{Error, Result};

/// Quality of the coding that follows filters when no step names one: nearly
/// without visible loss.
const LAST_CRF: u8 = 16;
/// Longest side, and CRF, of the likeness of a messenger.
const MESSENGER: (u32, u8) = (848, 28);

/// What happens to the pictures before they are coded.
#[derive(Default)]
struct Chain {
    filters: Vec<String>,
    /// Files from which parts are taken, numbered from 1 by the filters, with place and
    /// sides of the part.
    parts: Vec<(PathBuf, [u32; 4])>,
}

/// One run of the program: filters, then a coding.
struct Run {
    chain: Chain,
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
        ffmpeg(&from, &run.chain.parts, &arguments, &to)?;
        let splices = run.chain.splices()?;
        done.push(json!({ "ffmpeg": arguments, "splices": splices }));
        from = to;
    }
    Ok(done)
}

fn plan(steps: &[Step]) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    let mut chain = Chain::default();
    let mut silent = false;
    for step in steps {
        let mut code = |coding: Vec<String>| {
            let chain = std::mem::take(&mut chain);
            runs.push(Run { chain, coding, silent: std::mem::take(&mut silent) });
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
                chain.filters.push(format!(
                    "scale='trunc(iw*min(1,{side}/max(iw,ih))/2)*2':'trunc(ih*min(1,{side}/max(iw,ih))/2)*2':flags=bicubic"
                ));
                let chain = std::mem::take(&mut chain);
                runs.push(Run { chain, coding: coding("libx264", crf), silent });
                silent = false;
            }
            Step::Resize(by) => chain.filters.push(scale(*by, "bicubic")),
            Step::Screenshot(by) => chain.filters.push(scale(*by, "bilinear")),
            Step::Crop(x, y, w, h) => {
                even(step, &[*w, *h])?;
                chain.filters.push(format!("crop={w}:{h}:{x}:{y}:exact=1"));
            }
            Step::Blur(sigma) => chain.filters.push(format!("gblur=sigma={sigma}")),
            // ffmpeg's Gaussian noise; its strength is about the standard deviation.
            Step::Noise(sigma, seed) => {
                chain.filters.push(format!(
                    "noise=all_seed={}:alls={}:allf=t",
                    seed % (1 << 31),
                    sigma.round()
                ));
            }
            Step::Drop(first, count) => {
                let last = first.saturating_add(count - 1);
                chain.filters.push(format!(
                    "select='not(between(n,{first},{last}))',setpts=N/FRAME_RATE/TB"
                ));
                silent = true;
            }
            Step::Splice(x, y, w, h, from) => {
                even(step, &[*x, *y, *w, *h])?;
                chain.splice([*x, *y, *w, *h], from);
            }
            Step::Jpeg(_) => {
                return Err(Error::Usage(format!(
                    "`{step}` is a step for a picture, not for video"
                )));
            }
        }
    }
    if !chain.filters.is_empty() {
        runs.push(Run { chain, coding: coding("libx264", LAST_CRF), silent });
    }
    Ok(runs)
}

/// Colours of video have half as many pixels as its light.
fn even(step: &Step, numbers: &[u32]) -> Result<()> {
    if numbers.iter().all(|n| n.is_multiple_of(2)) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "`{step}`: places and sides in video must be even, for its colours have half as many pixels"
    )))
}

impl Chain {
    /// The same part of every picture of `from`, or of the one there is, laid over what
    /// came before, as long as that lasts: a shorter donor goes on with its last picture.
    fn splice(&mut self, [x, y, w, h]: [u32; 4], from: &Path) {
        self.parts.push((from.to_owned(), [x, y, w, h]));
        let n = self.parts.len();
        let before = if self.filters.is_empty() {
            "null".to_owned()
        } else {
            std::mem::take(&mut self.filters).join(",")
        };
        self.filters.push(format!(
            "{before}[whole{n}];[{n}:v]crop={w}:{h}:{x}:{y}:exact=1,tpad=stop=-1:stop_mode=clone[part{n}];[whole{n}][part{n}]overlay={x}:{y}:shortest=1"
        ));
    }

    /// Ground truth for the record: where a part lies and where it comes from.
    fn splices(&self) -> Result<Vec<Value>> {
        let one = |(from, [x, y, width, height]): &(PathBuf, [u32; 4])| {
            let mask = json!({ "x": x, "y": y, "width": width, "height": height });
            Ok(json!({ "mask": mask, "donor": super::file(from)? }))
        };
        self.parts.iter().map(one).collect()
    }

    fn arguments(&self) -> Vec<String> {
        let filters = self.filters.join(",");
        if self.parts.is_empty() {
            return if filters.is_empty() { Vec::new() } else { vec!["-vf".to_owned(), filters] };
        }
        let graph = format!("[0:v]{filters}[done]");
        ["-filter_complex", &graph, "-map", "[done]", "-map", "0:a?"].map(String::from).to_vec()
    }
}

fn scale(by: f64, filter: &str) -> String {
    // 4:2:0 wants even sides.
    format!("scale='trunc(iw*{by}/2)*2':'trunc(ih*{by}/2)*2':flags={filter}")
}

pub(super) fn coding(encoder: &str, crf: u8) -> Vec<String> {
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
        let mut out = self.chain.arguments();
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

fn ffmpeg(
    from: &Path,
    parts: &[(PathBuf, [u32; 4])],
    arguments: &[String],
    to: &Path,
) -> Result<()> {
    let mut command = program();
    for input in std::iter::once(from).chain(parts.iter().map(|part| part.0.as_path())) {
        command.arg("-i").arg(file(input));
    }
    run(command.args(arguments).arg(file(to)), from)
}

/// The program, told to ask and to say nothing.
pub(super) fn program() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
    command
}

/// A name that begins with `-` or looks like an address is still a file.
pub(super) fn file(path: &Path) -> std::ffi::OsString {
    let mut name = std::ffi::OsString::from("file:");
    name.push(path);
    name
}

/// Runs `command`, which reads `from`.
pub(super) fn run(command: &mut Command, from: &Path) -> Result<()> {
    let out = command.output().map_err(|e| match e.kind() {
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
        assert_eq!(runs.iter().map(|run| run.chain.filters.len()).collect::<Vec<_>>(), [2, 0, 1]);
        assert!(runs[1].arguments().windows(2).any(|w| w == ["-g", "33"]));
        assert!(!runs[0].silent && !runs[1].silent && runs[2].silent);
        assert!(runs[0].arguments().windows(2).any(|w| w == ["-fps_mode", "passthrough"]));
        assert!(plan(&steps("jpeg:75")).is_err());
        // A part of another file, over what came before and under what follows.
        let spliced = plan(&steps("blur:1,splice:2:4:16:8:other.mp4,resize:0.5,h264:23")).unwrap();
        let graph = &spliced[0].arguments()[1];
        assert!(graph.starts_with("[0:v]gblur=sigma=1[whole1];[1:v]crop=16:8:2:4"), "{graph}");
        assert!(graph.contains("overlay=2:4:shortest=1,scale="), "{graph}");
        assert!(plan(&steps("splice:1:4:16:8:other.mp4")).is_err());
        assert!(
            plan(&steps("crop:0:0:100:98")).is_ok() && plan(&steps("crop:0:0:101:98")).is_err()
        );
    }
}
