//! The file itself: what may be opened at all, and its digests.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Read, Seek};
use std::path::Path;

use sha2::{Digest, Sha256, Sha512};

use super::Limits;
use crate::text::hex;
use crate::{Error, Result};

/// Bytes read at a time while digesting.
const BLOCK: usize = 1 << 20;

/// Opens `path` for reading if it is an ordinary, non-empty file within the
/// limits, and gives its size in bytes. What it is gets checked before it is
/// opened, so that a FIFO never blocks, and again on the open handle.
pub(crate) fn open_regular(path: &Path, limits: &Limits) -> Result<(File, u64)> {
    let before = std::fs::metadata(path).map_err(|source| Error::io(path, source))?;
    check(path, &before, limits)?;
    let file = open(path).map_err(|source| Error::io(path, source))?;
    let metadata = file.metadata().map_err(|source| Error::io(path, source))?;
    check(path, &metadata, limits)?;
    Ok((file, metadata.len()))
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Should the path have become a FIFO since it was checked, do not wait.
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

fn check(path: &Path, metadata: &Metadata, limits: &Limits) -> Result<()> {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(Error::unreadable(path, "is a folder; name the files in it one by one"));
    }
    if !kind.is_file() {
        return Err(Error::unreadable(
            path,
            "is not an ordinary file (a pipe, socket or device); copy its content to a file first",
        ));
    }
    if metadata.len() == 0 {
        return Err(Error::unreadable(
            path,
            "is empty (0 bytes); check the copy against the original",
        ));
    }
    if metadata.len() > limits.bytes {
        return Err(Error::Limit {
            what: format!("{}: size of {} bytes", path.display(), metadata.len()),
            limit: limits.bytes,
        });
    }
    Ok(())
}

/// SHA-256 and SHA-512 of the whole file, in one pass; lower-case hexadecimal.
/// Leaves the handle at the start.
pub(crate) fn digests(path: &Path, file: &mut File, bytes: u64) -> Result<(String, String)> {
    let io = |source| Error::io(path, source);
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut block = vec![0; BLOCK];
    let mut total = 0u64;
    file.rewind().map_err(io)?;
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(io(error)),
        };
        sha256.update(&block[..read]);
        sha512.update(&block[..read]);
        total += read as u64;
        if total > bytes {
            break;
        }
    }
    if total != bytes {
        return Err(Error::unreadable(
            path,
            "changed while it was read; work on a copy that nothing writes to",
        ));
    }
    file.rewind().map_err(io)?;
    Ok((hex(sha256.finalize()), hex(sha512.finalize())))
}

/// Opens the ordinary file at `path` once more. What an exhibit's path leads to
/// may have become a pipe, for which reading would wait for ever.
///
/// # Errors
/// [`Error::Io`] when it cannot be opened, [`Error::Unreadable`] when it is no
/// ordinary file.
pub(crate) fn reopen(path: &Path) -> Result<File> {
    let file = open(path).map_err(|source| Error::io(path, source))?;
    let metadata = file.metadata().map_err(|source| Error::io(path, source))?;
    if metadata.is_file() {
        return Ok(file);
    }
    Err(Error::unreadable(path, "is not an ordinary file (any more)"))
}

/// SHA-256 of the ordinary file at `path`, lower-case hexadecimal.
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Unreadable`] when it is no
/// ordinary file.
pub fn sha256(path: &Path) -> Result<String> {
    let mut file = reopen(path)?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).map_err(|source| Error::io(path, source))?;
    Ok(hex(hash.finalize()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;
    use std::io::Write;

    #[cfg(unix)]
    #[test]
    fn what_became_a_pipe_or_a_folder_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), folder.path()] {
            let error = sha256(path).unwrap_err().to_string();
            assert!(error.contains("not an ordinary file"), "{error}");
        }
    }

    /// FIPS 180-2, appendices B.1 and C.1: the digests of "abc".
    #[test]
    fn digests_of_abc() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"abc").unwrap();
        let (mut handle, bytes) = open_regular(file.path(), &Limits::default()).unwrap();
        let (sha256, sha512) = digests(file.path(), &mut handle, bytes).unwrap();
        assert_eq!(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(
            sha512.starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a")
        );
        assert_eq!(handle.stream_position().unwrap(), 0);
    }
}
