//! What an examination wrote becomes part of the case.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::case::{Case, name};
use super::log::{Event, Stamp};
use super::print::Print;
use crate::{Error, Result};

impl Case {
    /// A folder aside in which the results about `exhibit` are to be written,
    /// and the place where they will stand.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no such exhibit.
    pub fn results(&self, exhibit: &str) -> Result<(PathBuf, PathBuf)> {
        self.exhibit(exhibit)?;
        let earlier = |e: &&super::Entry| matches!(&e.event, Event::Examined { exhibit: there, .. } if there == exhibit);
        let number = self.entries.iter().filter(earlier).count() + 1;
        let place = self.root.join("results").join(format!("{exhibit}-{number}"));
        let aside = self.aside_of(&place)?;
        self.disk.create_dir(&aside)?;
        Ok((aside, place))
    }

    /// Logs what was written in `aside` about `exhibit`, and puts it at
    /// `place`. `sha256` is the digest of the exhibit as it was examined.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when what was examined is not what came in: then
    /// nothing is logged.
    pub fn examined(
        &mut self,
        exhibit: &str,
        (sha256, complete): (&str, bool),
        (aside, place): (&Path, &Path),
        stamp: &Stamp,
    ) -> Result<()> {
        let (path, before) = self.exhibit(exhibit)?;
        if before != sha256 {
            return Err(Error::unreadable(
                path,
                format!(
                    "its SHA-256 is {sha256}, and the log says {before}: it is not what came in"
                ),
            ));
        }
        let files = seal_files(&self.root, aside, place)?;
        let event = Event::Examined {
            exhibit: exhibit.to_owned(),
            sha256: sha256.to_owned(),
            complete,
            files,
        };
        self.commit(event, stamp, (aside, place))
    }
}

/// Prints of all files in `aside` under the names they will have at `place`;
/// each is on the disk and read-only afterwards.
pub(super) fn seal_files(root: &Path, aside: &Path, place: &Path) -> Result<Vec<Print>> {
    let mut files = Vec::new();
    let mut folders = vec![aside.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
            let path = entry.map_err(|e| Error::io(&folder, e))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let io = |e| Error::io(&path, e);
            let mut file = File::open(&path).map_err(io)?;
            let inside = path.strip_prefix(aside).unwrap_or(&path);
            files.push(Print::of(&mut file, &name(root, &place.join(inside)))?);
            file.sync_all().map_err(io)?;
            let mut mode = file.metadata().map_err(io)?.permissions();
            mode.set_readonly(true);
            fs::set_permissions(&path, mode).map_err(io)?;
        }
        #[cfg(unix)]
        File::open(&folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(&folder, e))?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
