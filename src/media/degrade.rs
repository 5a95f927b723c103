//! Known changes to pictures and videos, for trials of the checks: what was done
//! is ground truth.
//!
//! Pictures go through the `image` crate, sample by sample the same on every
//! machine. Video goes through the `ffmpeg` *program*: the libraries this program
//! is linked with need decoders only, and many builds of them carry no encoders
//! or filters; the program is not needed for an examination. What was done is
//! recorded beside the output as `OUT.json`.

mod picture;
mod shot;
mod step;
mod video;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::digest;
use crate::{Error, Result};
pub use shot::{encoder, through_h264};
pub use step::Step;

/// Picture formats that are written; a JPEG is written by the step `jpeg` only.
const PICTURES: [&str; 3] = ["png", "jpg", "jpeg"];

/// Applies `steps` in order to the picture or video at `input`, writes `output`
/// and, beside it, `output` with `.json` added: digests of both files, every step
/// with its numbers, for video the commands. Returns the path of that record.
///
/// A picture is what `output` is called: `.png` keeps the last pixels, `.jpg`
/// wants `jpeg` or `messenger` as the last step, so that nothing is compressed
/// unasked. Everything else is video.
///
/// # Errors
/// [`Error::Usage`] for steps that do not fit the medium or each other, and when
/// the `ffmpeg` program is missing; [`Error::Io`] and [`Error::Unreadable`] for
/// files.
pub fn degrade(input: &Path, steps: &[Step], output: &Path) -> Result<PathBuf> {
    if steps.is_empty() {
        return Err(Error::Usage("no step was given".to_owned()));
    }
    if input == output {
        return Err(Error::Usage("the output would replace the input".to_owned()));
    }
    let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase());
    let picture = extension.is_some_and(|e| PICTURES.contains(&e.as_str()));
    let done = if picture {
        picture::apply(input, steps, output)?
    } else {
        video::apply(input, steps, output)?
    };
    let steps = steps.iter().map(Step::to_string).collect();
    record(input, output, steps, done)
}

/// Writes, beside `output`, what was done to `input`. Returns the path of that.
pub(super) fn record(
    input: &Path,
    output: &Path,
    steps: Vec<String>,
    done: Vec<Value>,
) -> Result<PathBuf> {
    let record = json!({
        "tool": "waarmerk degrade",
        "version": env!("CARGO_PKG_VERSION"),
        "input": file(input)?,
        "output": file(output)?,
        "steps": steps,
        "done": done,
    });
    let mut beside = output.as_os_str().to_owned();
    beside.push(".json");
    let beside = PathBuf::from(beside);
    let mut text = serde_json::to_string_pretty(&record)
        .map_err(|e| Error::compute("writing the record", e))?;
    text.push('\n');
    std::fs::write(&beside, text).map_err(|e| Error::io(&beside, e))?;
    Ok(beside)
}

fn file(path: &Path) -> Result<Value> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    Ok(json!({ "name": name, "sha256": digest::sha256(path)? }))
}
