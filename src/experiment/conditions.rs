//! Under which conditions a run was begun: it goes on under the same or not at
//! all.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::config;
use crate::{Error, Result};

/// Holds an earlier run in `folder` against `conditions`; whether there is one.
/// `begun` says whether it has made anything yet, which only `resume` goes on
/// with.
///
/// # Errors
/// [`Error::Usage`] when the earlier run was made otherwise, or is not to be
/// resumed.
pub fn agree<T: DeserializeOwned + PartialEq>(
    folder: &Path,
    conditions: &T,
    begun: bool,
    resume: bool,
) -> Result<bool> {
    let path = folder.join("run.toml");
    let Ok(earlier) = fs::read_to_string(&path) else { return Ok(false) };
    let earlier: T = config::parse(&earlier, &path)?;
    if earlier != *conditions {
        return Err(Error::Usage(format!(
            "{} was made under other conditions (run.toml there says which); choose another --out",
            folder.display()
        )));
    }
    if begun && !resume {
        return Err(Error::Usage(format!(
            "{} exists; go on with --resume, or choose another --out",
            folder.display()
        )));
    }
    Ok(true)
}
