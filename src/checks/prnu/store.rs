//! Enrolled cameras: a card in JSON and the pattern as 32-bit numbers.

use std::path::{Path, PathBuf};

use crate::models::store;
use crate::{Error, Result};

/// What is kept of a camera.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Card {
    /// Name given when enrolling.
    pub name: String,
    /// Size of the photographs, in coded pixels.
    pub width: usize,
    /// Height, as `width`.
    pub height: usize,
    /// The photographs, in the order given.
    pub photos: Vec<Photo>,
    /// Median PCE of photographs left out of the pattern and held against it.
    pub own_pce: f64,
    /// SHA-256 of the pattern's file.
    pub pattern_sha256: String,
}

/// A reference photograph.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Photo {
    /// File name without folder.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// The folder of cameras: `$WAARMERK_CAMERAS`, else `cameras` beside the models.
///
/// # Errors
/// [`Error::Usage`] when no data folder is known.
pub fn folder() -> Result<PathBuf> {
    match std::env::var_os("WAARMERK_CAMERAS").filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(store::folder()?.with_file_name("cameras")),
    }
}

/// Whether `name` can be a file name everywhere and nothing else.
pub fn valid(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.')
}

fn paths(folder: &Path, name: &str) -> Result<(PathBuf, PathBuf)> {
    if !valid(name) {
        return Err(Error::Usage(format!(
            "`{name}` cannot be a camera's name: up to 64 letters, digits, hyphens, dots and underscores"
        )));
    }
    Ok((folder.join(format!("{name}.json")), folder.join(format!("{name}.f32"))))
}

/// Writes a camera, the pattern first.
///
/// # Errors
/// [`Error::Usage`] for a bad name, [`Error::Io`].
pub(super) fn write(folder: &Path, mut card: Card, pattern: &[f32]) -> Result<Card> {
    let (about, values) = paths(folder, &card.name)?;
    let bytes: Vec<u8> = pattern.iter().flat_map(|v| v.to_le_bytes()).collect();
    card.pattern_sha256 = store::sha256(&bytes);
    store::write(&values, &bytes)?;
    let text =
        serde_json::to_string_pretty(&card).map_err(|e| Error::compute("writing JSON", e))?;
    store::write(&about, (text + "\n").as_bytes())?;
    Ok(card)
}

/// Whether a camera of this name is there.
///
/// # Errors
/// [`Error::Usage`] for a bad name.
pub fn exists(folder: &Path, name: &str) -> Result<bool> {
    Ok(paths(folder, name)?.0.exists())
}

/// Reads a camera back.
///
/// # Errors
/// [`Error::Usage`] when there is none of that name; [`Error::Unreadable`] when
/// its files are not those that enrolling wrote.
pub fn read(folder: &Path, name: &str) -> Result<(Card, Vec<f32>)> {
    let (about, values) = paths(folder, name)?;
    if !about.exists() {
        return Err(Error::Usage(format!(
            "no camera `{name}` is enrolled; `waarmerk camera enrol {name} PHOTO...` does it"
        )));
    }
    let damaged = |why: &str| Error::unreadable(&values, format!("{why}; enrol the camera again"));
    let card: Card = serde_json::from_slice(&store::read(&about)?)
        .map_err(|error| Error::unreadable(&about, error.to_string()))?;
    let bytes = store::read(&values)?;
    if store::sha256(&bytes) != card.pattern_sha256 {
        return Err(damaged("the pattern has changed"));
    }
    let pattern: Vec<f32> = bytes
        .chunks_exact(4)
        .filter_map(|b| b.first_chunk().map(|b| f32::from_le_bytes(*b)))
        .collect();
    let unit = super::wavelet::UNIT;
    let size = (card.width / unit * unit).checked_mul(card.height / unit * unit);
    if size != Some(pattern.len()) || pattern.iter().any(|v| !v.is_finite()) {
        return Err(damaged("the pattern is not of the camera's size"));
    }
    Ok((card, pattern))
}
