//! Profiles as they are kept: one JSON file each, readable without this program.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::{Deserialize, Serialize};

use super::features;
use crate::media::container::Structure;
use crate::media::digest;
use crate::models::store::{read, write};
use crate::{Error, Result};

/// What is kept of one reference file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Its name, without folder.
    pub file: String,
    /// Its digest.
    pub sha256: String,
    /// Its format, as [`Structure::format`].
    pub format: String,
    /// [`Structure::digest`].
    pub digest: String,
    /// What is compared, sorted.
    pub features: Vec<String>,
}

/// Reference files under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Version of this form: 1.
    pub schema: u32,
    /// Its name.
    pub name: String,
    /// The files.
    pub references: Vec<Reference>,
}

/// Most references in a profile.
const MOST: usize = 1_000;
/// Least share of features that two references must have in common: files of
/// one program share nearly all of them, those of different programs about a third.
const ALIKE: f64 = 0.6;

/// Where profiles are kept: `$WAARMERK_CONTAINERS`, else
/// `$XDG_DATA_HOME/waarmerk/containers`, else
/// `~/.local/share/waarmerk/containers`. It need not exist.
///
/// # Errors
/// [`Error::Usage`] when none of the three variables is set.
pub fn folder() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("WAARMERK_CONTAINERS") {
        return Ok(folder);
    }
    let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("waarmerk/containers")).ok_or_else(|| {
        Error::Usage(
            "where are the structure profiles? HOME is not set; set WAARMERK_CONTAINERS to a folder"
                .into(),
        )
    })
}

/// A name that is a plain file name everywhere.
fn path(folder: &Path, name: &str) -> Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(Error::Usage(format!(
            "`{name}` cannot name a profile: use up to 64 letters, digits, `-`, `_` and `.`, not \
             `.` first"
        )));
    }
    Ok(folder.join(format!("{name}.json")))
}

/// The enrolled names, sorted.
///
/// # Errors
/// [`Error::Io`] if the folder is there and cannot be read.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, error)),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .filter(|name| path(folder, name).is_ok())
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// The profile called `name`.
///
/// # Errors
/// [`Error::Usage`] when there is none; [`Error::Unreadable`] when its file is
/// not what enrolling makes; [`Error::Io`].
pub fn load(folder: &Path, name: &str) -> Result<Profile> {
    let path = path(folder, name)?;
    let bytes = read(&path).map_err(|error| match error {
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Error::Usage(format!(
                "there is no structure profile `{name}` in {}; `waarmerk container list` shows \
                 those there are",
                folder.display()
            ))
        }
        other => other,
    })?;
    let profile: Profile = serde_json::from_slice(&bytes)
        .map_err(|error| Error::unreadable(&path, format!("not a structure profile: {error}")))?;
    if profile.schema != 1 || profile.references.is_empty() {
        return Err(Error::unreadable(&path, "not a structure profile of this version"));
    }
    Ok(Profile { name: name.to_owned(), ..profile })
}

/// Keeps the structures of `files` under `name`. An existing profile is
/// replaced only when asked to.
///
/// # Errors
/// [`Error::Usage`] for what would make a misleading profile: a bad or taken name, no or
/// too many files, one file twice, a file whose structure is not read or
/// contradicts itself, files of different formats or hardly alike. [`Error::Io`].
pub fn enrol(folder: &Path, name: &str, files: &[PathBuf], replace: bool) -> Result<Profile> {
    let place = path(folder, name)?;
    if !replace && place.exists() {
        return Err(Error::Usage(format!(
            "there is a structure profile `{name}` already ({}); --replace enrols it anew",
            place.display()
        )));
    }
    if files.is_empty() || files.len() > MOST {
        return Err(Error::Usage(format!("give 1 to {MOST} reference files, not {}", files.len())));
    }
    let mut references: Vec<Reference> = Vec::new();
    for file in files {
        let refuse = |why: String| Error::Usage(format!("{}: {why}", file.display()));
        let sha256 = digest::sha256(file)?;
        if let Some(twin) = references.iter().find(|r| r.sha256 == sha256) {
            return Err(refuse(format!("the same content as {}, given before", twin.file)));
        }
        let structure = Structure::read(file)?;
        if structure.nodes.is_empty() {
            return Err(refuse(format!(
                "no structure is read of this format ({})",
                structure.format
            )));
        }
        if let Some(warning) = structure.warnings.first() {
            return Err(refuse(format!("damaged, no reference: {}", warning.en)));
        }
        let shown = file.file_name().unwrap_or_default().to_string_lossy();
        let reference = features::reference(&structure, &sha256, &shown);
        if let Some(first) = references.first() {
            if first.format != reference.format {
                let (a, b) = (&reference.format, &first.format);
                return Err(refuse(format!("{a}, while {} is {b}", first.file)));
            }
            let share = alike(first, &reference);
            if share < ALIKE {
                return Err(refuse(format!(
                    "hardly like {} (they share {:.0} % of their features); references of one \
                     profile must come from one device or program and be written in one way",
                    first.file,
                    100.0 * share
                )));
            }
        }
        references.push(reference);
    }
    let profile = Profile { schema: 1, name: name.to_owned(), references };
    let text = serde_json::to_string_pretty(&profile)
        .map_err(|error| Error::compute("writing a structure profile", error))?;
    write(&place, (text + "\n").as_bytes())?;
    Ok(profile)
}

/// Features in both over features in either.
fn alike(a: &Reference, b: &Reference) -> f64 {
    let both = a.features.iter().filter(|f| b.features.binary_search(f).is_ok()).count();
    both as f64 / (a.features.len() + b.features.len() - both).max(1) as f64
}
