//! Writing that survives a power cut: every step is on the disk before the
//! next begins.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use super::print::{Print, Printer};
use crate::{Error, Result};

/// Bytes copied at a time.
const BLOCK: usize = 1 << 20;

/// The disk that a case stands on. Tests can let it fail at any step, which
/// leaves what a power cut there would leave: nobody tidies up.
#[derive(Debug, Default)]
pub struct Disk {
    #[cfg(test)]
    pub left: std::cell::Cell<Option<u32>>,
}

impl Disk {
    /// One step; in tests the place where the power may go.
    #[cfg_attr(not(test), allow(clippy::unused_self, clippy::unnecessary_wraps))]
    fn step(&self) -> Result<()> {
        #[cfg(test)]
        if let Some(left) = self.left.get() {
            if left == 0 {
                return Err(Error::io("power", std::io::Error::other("cut")));
            }
            self.left.set(Some(left - 1));
        }
        Ok(())
    }

    /// Makes a folder that is not there yet.
    pub fn create_dir(&self, path: &Path) -> Result<()> {
        self.step()?;
        fs::create_dir(path).map_err(|e| Error::io(path, e))?;
        sync_parent(path)
    }

    /// Writes a new read-only file.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.copy(&mut &bytes[..], path, "").map(|_| ())
    }

    /// Copies all of `from` to a new read-only file at `path` and gives its
    /// print under the name `name`.
    pub fn copy(&self, from: &mut dyn Read, path: &Path, name: &str) -> Result<Print> {
        self.step()?;
        let io = |e| Error::io(path, e);
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(io)?;
        let mut printer = Printer::new();
        let mut block = vec![0; BLOCK];
        loop {
            let read = match from.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(io(e)),
            };
            let part = block.get(..read).unwrap_or_default();
            self.put(&mut file, part).map_err(io)?;
            printer.feed(part);
        }
        file.sync_all().map_err(io)?;
        self.step()?;
        let mut mode = file.metadata().map_err(io)?.permissions();
        mode.set_readonly(true);
        fs::set_permissions(path, mode).map_err(io)?;
        sync_parent(path)?;
        Ok(printer.finish(name))
    }

    /// Appends `bytes` to the file at `path`, which is made if need be.
    pub fn append(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let io = |e| Error::io(path, e);
        let new = !path.exists();
        let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(io)?;
        self.put(&mut file, bytes).map_err(io)?;
        file.sync_all().map_err(io)?;
        if new { sync_parent(path) } else { Ok(()) }
    }

    /// Puts `bytes` in the place of the file at `path` by a rename.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let new = path.with_extension("new");
        let io = |e| Error::io(&new, e);
        let mut file = File::create(&new).map_err(io)?;
        self.put(&mut file, bytes).map_err(io)?;
        file.sync_all().map_err(io)?;
        self.rename(&new, path)
    }

    /// Cuts the file at `path` to `bytes`.
    pub fn truncate(&self, path: &Path, bytes: u64) -> Result<()> {
        self.step()?;
        let io = |e| Error::io(path, e);
        let file = OpenOptions::new().write(true).open(path).map_err(io)?;
        file.set_len(bytes).map_err(io)?;
        file.sync_all().map_err(io)
    }

    /// Renames, in one folder.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.step()?;
        fs::rename(from, to).map_err(|e| Error::io(from, e))?;
        sync_parent(to)
    }

    /// Removes a file or a folder with all that is in it.
    pub fn remove(&self, path: &Path) -> Result<()> {
        self.step()?;
        let kind = fs::symlink_metadata(path).map_err(|e| Error::io(path, e))?.file_type();
        let done = if kind.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        done.map_err(|e| Error::io(path, e))?;
        sync_parent(path)
    }

    /// In two halves, so that tests see the file torn.
    fn put(&self, file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
        let cut = |e: Error| std::io::Error::other(e.to_string());
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.step().map_err(cut)?;
        file.write_all(first)?;
        self.step().map_err(cut)?;
        file.write_all(second)
    }
}

/// Puts the entry of `path` in its folder on the disk.
#[cfg(unix)]
fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|f| f.sync_all()).map_err(|e| Error::io(parent, e))
}

#[cfg(not(unix))]
fn sync_parent(_path: &Path) -> Result<()> {
    Ok(())
}
