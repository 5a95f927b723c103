//! The folder where converted weights are kept, and reading them back.
//!
//! A model is two files: `<name>.safetensors`, and `<name>.toml`, a note for
//! people that says what it was made from. The digest that counts is the one
//! built into the program, so a changed file is never used, whatever its note says.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use sha2::{Digest, Sha256};

use super::manifest::{self, Card};
use crate::text::hex;
use crate::{Error, Result};

/// Largest weights file that is read, in bytes; the largest model planned
/// (EfficientNet-B4 in f32) has 70 MB.
const MAX_BYTES: u64 = 1 << 30;

/// What was found of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// There, with the right digest.
    Installed,
    /// Not there.
    Missing,
    /// There, but with this digest instead of the right one.
    Changed(String),
    /// There, but it cannot be read, for this reason.
    Unreadable(String),
}

/// The models folder: `$WAARMERK_MODELS`, else `$XDG_DATA_HOME/waarmerk/models`,
/// else `~/.local/share/waarmerk/models`. It need not exist.
///
/// # Errors
/// [`Error::Usage`] when none of the three variables is set.
pub fn folder() -> Result<PathBuf> {
    folder_by(|name| env::var_os(name))
}

/// As [`folder`], with the environment that `variable` gives.
fn folder_by(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("WAARMERK_MODELS") {
        return Ok(folder);
    }
    // The XDG base directory specification: a relative path is to be ignored.
    let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("waarmerk/models")).ok_or_else(|| {
        Error::Usage(
            "where are the models? HOME is not set; set WAARMERK_MODELS to a folder".into(),
        )
    })
}

/// Where `folder` keeps the weights of the model called `name`.
pub fn weights_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.safetensors"))
}

/// Where `folder` keeps the note about the model called `name`.
pub fn note_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.toml"))
}

/// What `folder` holds of the model on `card`.
pub fn state(folder: &Path, card: &Card) -> State {
    match read(&weights_path(folder, &card.name)) {
        Ok(bytes) => {
            let digest = sha256(&bytes);
            if digest == card.converted { State::Installed } else { State::Changed(digest) }
        }
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            State::Missing
        }
        Err(error) => State::Unreadable(error.to_string()),
    }
}

/// The installed weights of the model called `name`, as f32 on `device`.
///
/// # Errors
/// [`Error::Usage`] when no model has that name; [`Error::Model`] when it is
/// not installed, or its file is not the one that installing makes.
pub fn load(name: &str, device: &Device) -> Result<VarBuilder<'static>> {
    load_from(&folder()?, manifest::card(name)?, device)
}

/// As [`load`], from a given folder.
///
/// # Errors
/// As [`load`].
pub fn load_from(folder: &Path, card: &Card, device: &Device) -> Result<VarBuilder<'static>> {
    let path = weights_path(folder, &card.name);
    let bytes = read(&path).map_err(|error| match error {
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => card
            .error(format!("not installed in {}; run `waarmerk models install`", folder.display())),
        other => card.error(format!("{other}; run `waarmerk models install`")),
    })?;
    let digest = sha256(&bytes);
    if digest != card.converted {
        return Err(card.error(format!(
            "{} has changed: sha256 {digest}, expected {}; run `waarmerk models install`",
            path.display(),
            card.converted
        )));
    }
    VarBuilder::from_buffered_safetensors(bytes, DType::F32, device)
        .map_err(|error| card.error(error.to_string()))
}

/// SHA-256 of `bytes`, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
}

/// The whole of a regular file of at most 1 GiB.
///
/// # Errors
/// [`Error::Io`], [`Error::Unreadable`] for what is no regular file, [`Error::Limit`].
pub fn read(path: &Path) -> Result<Vec<u8>> {
    // Asked before opening: opening a FIFO waits for a writer.
    let about = fs::metadata(path).map_err(|error| Error::io(path, error))?;
    if !about.is_file() {
        return Err(Error::unreadable(path, "not a regular file"));
    }
    let too_large = |bytes: u64| Error::Limit {
        what: format!("{}: {bytes} bytes", path.display()),
        limit: MAX_BYTES,
    };
    if about.len() > MAX_BYTES {
        return Err(too_large(about.len()));
    }
    let file = fs::File::open(path).map_err(|error| Error::io(path, error))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| Error::io(path, error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Write `bytes` to `path` so that the file is either whole or not there: to a
/// temporary file in the same folder first, then renamed.
///
/// # Errors
/// [`Error::Io`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error| Error::io(path, error);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    let mut aside = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // A temporary file is private; this one is as private as the user's
        // mask has it.
        use std::os::unix::fs::PermissionsExt;
        aside.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = aside.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    fn a_card(bytes: &[u8]) -> Card {
        let mut card = manifest::card("iris").unwrap().clone();
        card.converted = sha256(bytes);
        card
    }

    #[test]
    fn the_digest_is_sha256() {
        // FIPS 180-4, the example of the one-block message "abc".
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_folder_follows_the_environment() {
        let folder = |set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(key, _)| *key == name);
            folder_by(|name| find(name).map(|(_, value)| value.into())).ok()
        };
        let home = ("HOME", "/home/a");
        let data = ("XDG_DATA_HOME", "/data");
        let own = ("WAARMERK_MODELS", "weights");
        assert_eq!(folder(&[home, data, own]), Some("weights".into()));
        assert_eq!(folder(&[home, data]), Some("/data/waarmerk/models".into()));
        let default = Some("/home/a/.local/share/waarmerk/models".into());
        assert_eq!(folder(&[home]), default);
        assert_eq!(folder(&[home, ("XDG_DATA_HOME", ""), ("WAARMERK_MODELS", "")]), default);
        assert_eq!(folder(&[home, ("XDG_DATA_HOME", "relative")]), default);
        assert_eq!(folder(&[]), None);
    }

    #[test]
    fn a_model_is_missing_then_installed_then_changed() {
        let folder = tempfile::tempdir().unwrap();
        let card = a_card(b"weights");
        assert_eq!(state(folder.path(), &card), State::Missing);
        let path = weights_path(folder.path(), &card.name);
        write(&path, b"weights").unwrap();
        assert_eq!(state(folder.path(), &card), State::Installed);
        write(&path, b"Weights").unwrap();
        assert_eq!(state(folder.path(), &card), State::Changed(sha256(b"Weights")));
        // Nothing temporary stays behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_in_a_files_place_is_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let card = a_card(b"weights");
        fs::create_dir(weights_path(folder.path(), &card.name)).unwrap();
        assert!(matches!(state(folder.path(), &card), State::Unreadable(_)));
    }

    #[test]
    fn loading_says_which_command_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let card = a_card(b"weights");
        let load = || load_from(folder.path(), &card, &Device::Cpu).err().unwrap().to_string();
        let error = load();
        assert!(error.contains("iris") && error.contains("waarmerk models install"), "{error}");
        write(&weights_path(folder.path(), &card.name), b"other").unwrap();
        let error = load();
        assert!(error.contains(&sha256(b"other")) && error.contains(&card.converted), "{error}");
    }

    #[test]
    fn the_right_digest_of_no_safetensors_is_still_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let card = a_card(b"weights");
        write(&weights_path(folder.path(), &card.name), b"weights").unwrap();
        assert!(matches!(load_from(folder.path(), &card, &Device::Cpu), Err(Error::Model { .. })));
    }
}
