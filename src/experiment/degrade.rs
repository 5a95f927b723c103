//! Known changes to whatever an item is, for sweeps and made items.

use std::path::{Path, PathBuf};

use crate::media::degrade::{self, Step};
use crate::media::{Exhibit, Kind, Limits, degrade_sound};
use crate::{Error, Result};

/// Whether `steps` are steps at all.
///
/// # Errors
///
/// [`Error::Usage`] for one that is not.
pub fn known(steps: &[String]) -> Result<()> {
    if degrade_sound::are_operations(steps) {
        return Ok(());
    }
    steps.iter().try_for_each(|step| step.parse::<Step>().map(|_| ()))
}

/// Applies `steps` to the file at `input`; the changed file lies in `folder`.
///
/// # Errors
///
/// As [`degrade::degrade`]; [`Error::Unreadable`] for a file that cannot be
/// opened.
pub fn apply(input: &Path, steps: &[String], folder: &Path) -> Result<PathBuf> {
    let exhibit = Exhibit::open(input, &Limits::default())?;
    let sound = degrade_sound::are_operations(steps);
    let ending = match exhibit.kind {
        Kind::Audio => "wav",
        Kind::Video if sound => "mkv",
        Kind::Video => "mp4",
        // The last pixels are kept unless the last step is a coding.
        Kind::Image if steps.last().is_some_and(|s| s.starts_with("jpeg") || s == "messenger") => {
            "jpg"
        }
        Kind::Image => "png",
    };
    let output = folder.join(format!("changed.{ending}"));
    if sound {
        degrade_sound::degrade_sound(input, steps, &output)?;
    } else if exhibit.kind == Kind::Audio {
        return Err(Error::Usage(format!("{} are no steps for sound", steps.join(", "))));
    } else {
        let steps = steps.iter().map(|step| step.parse()).collect::<Result<Vec<Step>>>()?;
        degrade::degrade(input, &steps, &output)?;
    }
    Ok(output)
}
