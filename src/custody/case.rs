//! The case folder: opened by one command at a time, mended after an
//! interruption, never written to when its log does not verify.
//!
//! A file that is not what the log says is no reason to close the log: a note
//! that tells of it, or another exhibit, may come in. What vouches for the files
//! to others (`seal`, `export`, results) looks at them first, and refuses.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::log::{self, Entry, Event, Head, Log, Stamp};
use crate::{Error, Result};

pub const LOG: &str = "log.jsonl";
pub const HEAD: &str = "log.head";
pub const LOCK: &str = ".lock";
/// Folders of a case.
pub const FOLDERS: [&str; 3] = ["exhibits", "results", "seal"];

/// A command waits this long for another to finish before it gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest log that is read: a line is a few kilobytes.
pub const LONGEST_LOG: u64 = 1 << 30;

/// What a case is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Title or reference.
    pub title: String,
    /// Who examines.
    pub examiner: String,
    /// Laboratory or organisation.
    pub laboratory: Option<String>,
    /// Who asked.
    pub customer: Option<String>,
    /// What was asked.
    pub question: Option<String>,
}

/// A case, held by this command alone.
#[derive(Debug)]
pub struct Case {
    pub(super) root: PathBuf,
    pub(super) disk: Disk,
    pub(super) head: Head,
    pub(super) entries: Vec<Entry>,
    /// Released when the case goes out of scope.
    _lock: File,
}

impl Case {
    /// Makes the folder `root` and opens a case in it.
    ///
    /// # Errors
    /// [`Error::Usage`] when something is there already, or the case has no title
    /// or nobody examines; [`Error::Io`] when the system refuses.
    pub fn create(root: &Path, facts: Facts, stamp: &Stamp) -> Result<Self> {
        Self::create_on(root, facts, stamp, Disk::default())
    }

    pub(super) fn create_on(root: &Path, facts: Facts, stamp: &Stamp, disk: Disk) -> Result<Self> {
        // Every line of the log names who acted, and every report the case.
        for (value, what) in [(&facts.title, "title"), (&facts.examiner, "examiner")] {
            if value.trim().is_empty() {
                return Err(Error::Usage(format!("--{what} is empty: a case needs one")));
            }
        }
        let aside = aside(root)?;
        if root.exists() {
            return Err(Error::Usage(format!("{} is there already", root.display())));
        }
        if aside.exists() {
            // Nothing was ever added to a case that was not yet made.
            disk.remove(&aside)?;
        }
        disk.create_dir(&aside)?;
        for name in FOLDERS {
            disk.create_dir(&aside.join(name))?;
        }
        File::create(aside.join(LOCK)).map_err(|e| Error::io(&aside, e))?;
        let (line, head) = log::line(Event::CaseOpened { facts }, stamp, &Head::default())?;
        disk.append(&aside.join(LOG), &line)?;
        disk.replace(&aside.join(HEAD), &log::head_text(&head)?)?;
        disk.rename(&aside, root)?;
        Self::open_on(root, stamp, disk)
    }

    /// Opens the case in `root` for this command alone and mends what an
    /// interrupted command left.
    ///
    /// # Errors
    /// [`Error::Usage`] when `root` is no case or another command holds it;
    /// [`Error::Unreadable`] when its log does not verify.
    pub fn open(root: &Path, stamp: &Stamp) -> Result<Self> {
        Self::open_on(root, stamp, Disk::default())
    }

    pub(super) fn open_on(root: &Path, stamp: &Stamp, disk: Disk) -> Result<Self> {
        if !root.join(LOG).is_file() {
            return Err(Error::Usage(format!(
                "{} is not a case (`waarmerk case new` makes one)",
                root.display()
            )));
        }
        let lock = hold(root)?;
        let bytes = read_log(root)?;
        let log = log::read(&bytes);
        let said = fs::read(root.join(HEAD)).ok().and_then(|text| log::read_head(&text));
        let head = agreed(root, &log, said.as_ref())?;
        let mut case =
            Self { root: root.to_owned(), disk, head, entries: log.entries, _lock: lock };
        case.mend(log.torn, said.as_ref(), stamp)?;
        Ok(case)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What happened so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the case is.
    pub fn facts(&self) -> Facts {
        facts(&self.entries)
    }

    /// Adds a note.
    ///
    /// # Errors
    /// [`Error::Usage`] for an exhibit that does not exist or an empty text.
    pub fn note(&mut self, text: &str, exhibit: Option<&str>, stamp: &Stamp) -> Result<()> {
        if text.trim().is_empty() {
            return Err(Error::Usage("the note is empty".to_owned()));
        }
        if let Some(exhibit) = exhibit {
            self.exhibit(exhibit)?;
        }
        let exhibit = exhibit.map(str::to_owned);
        self.append(Event::Note { exhibit, text: text.to_owned() }, stamp)
    }

    /// Path and SHA-256 of the exhibit called `name`.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is none.
    pub fn exhibit(&self, name: &str) -> Result<(PathBuf, String)> {
        let found = self.exhibits().into_iter().find(|(id, _, _)| id == name);
        found.map(|(_, path, sha256)| (path, sha256)).ok_or_else(|| {
            let known: Vec<String> = self.exhibits().into_iter().map(|e| e.0).collect();
            let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
            Error::Usage(format!("there is no exhibit {name} in this case (there are: {known})"))
        })
    }

    /// Name, path and SHA-256 of each exhibit, in the order they came.
    pub fn exhibits(&self) -> Vec<(String, PathBuf, String)> {
        let one = |entry: &Entry| match &entry.event {
            Event::ExhibitAdded { exhibit, file, .. } => {
                Some((exhibit.clone(), self.root.join(&file.path), file.sha256.clone()))
            }
            _ => None,
        };
        self.entries.iter().filter_map(one).collect()
    }

    /// Writes one line to the log, and the head after it.
    pub(super) fn append(&mut self, event: Event, stamp: &Stamp) -> Result<()> {
        let (line, head) = log::line(event, stamp, &self.head)?;
        // What was written can be read back: it becomes the entry in memory.
        let entry: Entry =
            serde_json::from_slice(&line).map_err(|e| Error::compute("the log", e))?;
        self.disk.append(&self.root.join(LOG), &line)?;
        self.disk.replace(&self.root.join(HEAD), &log::head_text(&head)?)?;
        self.head = head;
        self.entries.push(entry);
        Ok(())
    }

    /// Logs `event` about what was written at `aside`, and puts that in place.
    pub(super) fn commit(
        &mut self,
        event: Event,
        stamp: &Stamp,
        (aside, place): (&Path, &Path),
    ) -> Result<()> {
        self.append(event, stamp)?;
        self.disk.rename(aside, place)
    }

    /// A fresh folder or file name aside of `place`.
    pub(super) fn aside_of(&self, place: &Path) -> Result<PathBuf> {
        let aside = aside(place)?;
        if aside.exists() {
            self.disk.remove(&aside)?;
        }
        Ok(aside)
    }

    /// Finishes or clears away what an interrupted command left, and says so
    /// in the log.
    fn mend(&mut self, torn: u64, said: Option<&Head>, stamp: &Stamp) -> Result<()> {
        let mut done = Vec::new();
        if torn > 0 {
            self.disk.truncate(&self.root.join(LOG), self.head.bytes)?;
            done.push(format!("cut {torn} bytes of a line that was never finished off the log"));
        }
        if said != Some(&self.head) {
            self.disk.replace(&self.root.join(HEAD), &log::head_text(&self.head)?)?;
            done.push(format!("brought log.head up to line {}", self.head.lines));
        }
        let new = self.root.join(HEAD).with_extension("new");
        if new.exists() {
            self.disk.remove(&new)?;
        }
        let paths: Vec<String> =
            self.entries.iter().flat_map(|e| e.event.prints()).map(|p| p.path.clone()).collect();
        for (aside, place) in unfinished(&self.root)? {
            let inside = format!("{}/", name(&self.root, &place));
            let this = name(&self.root, &place);
            let known = !place.exists()
                && paths.iter().any(|path| *path == this || path.starts_with(&inside));
            if known {
                self.disk.rename(&aside, &place)?;
                done.push(format!("put {this} in place, which the log knew"));
            } else {
                self.disk.remove(&aside)?;
                let aside = name(&self.root, &aside);
                done.push(format!("removed {aside}, an unfinished copy that the log did not know"));
            }
        }
        if done.is_empty() { Ok(()) } else { self.append(Event::Recovered { done }, stamp) }
    }
}

/// What the case is, from its log.
pub fn facts(entries: &[Entry]) -> Facts {
    let opened = |e: &Entry| match &e.event {
        Event::CaseOpened { facts } => Some(facts.clone()),
        _ => None,
    };
    entries.iter().find_map(opened).unwrap_or_default()
}

/// Where something is written before it goes to `place`.
pub fn aside(place: &Path) -> Result<PathBuf> {
    let name = place
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| Error::Usage(format!("{} cannot be the name of a case", place.display())))?;
    Ok(place.with_file_name(format!(".{name}.unfinished")))
}

/// The name of the thing that `aside` is to become, when it is such a name.
pub fn placed(aside: &str) -> Option<&str> {
    aside.strip_prefix('.')?.strip_suffix(".unfinished")
}

/// Everything aside in the case, with its place, in the order of names.
fn unfinished(root: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut found = Vec::new();
    let seals = list(&root.join("seal"))?.into_iter().filter(|p| p.is_dir());
    for folder in FOLDERS.map(|name| root.join(name)).into_iter().chain(seals) {
        for path in list(&folder)? {
            if let Some(name) = path.file_name().and_then(|n| n.to_str()).and_then(placed) {
                let place = path.with_file_name(name);
                found.push((path, place));
            }
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| Error::io(folder, e))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// `path` in the case, with `/`.
pub fn name(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn read_log(root: &Path) -> Result<Vec<u8>> {
    let path = root.join(LOG);
    let size = fs::metadata(&path).map_err(|e| Error::io(&path, e))?.len();
    if size > LONGEST_LOG {
        return Err(Error::Limit {
            what: format!("{}: {size} bytes", path.display()),
            limit: LONGEST_LOG,
        });
    }
    fs::read(&path).map_err(|e| Error::io(&path, e))
}

/// The end of the log, if log and head agree as far as an interruption lets
/// them: a head one line behind, or a last line never finished.
fn agreed(root: &Path, log: &Log, said: Option<&Head>) -> Result<Head> {
    let wrong = |why: String| {
        Err(Error::unreadable(
            root,
            format!(
                "{why}. Nothing is written to a case whose log does not verify; `waarmerk case verify` tells more"
            ),
        ))
    };
    if let Some(fault) = log.faults.first() {
        return wrong(format!("line {} of {LOG}: {}", fault.line, fault.why));
    }
    let (Some(last), Some(said)) = (log.heads.last(), said) else {
        return wrong(format!("{LOG} or {HEAD} cannot be read"));
    };
    let before = log.heads.iter().rev().nth(1);
    if said == last || (before == Some(said) && log.torn == 0) {
        Ok(last.clone())
    } else {
        wrong(format!("{HEAD} does not fit {LOG}"))
    }
}

/// Takes the lock for writing.
fn hold(root: &Path) -> Result<File> {
    let path = root.join(LOCK);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|e| Error::io(&path, e))?;
    wait(root, || file.try_lock())?;
    Ok(file)
}

/// Takes the lock for reading; a case on a read-only disk has no writer.
pub fn share(root: &Path) -> Result<Option<File>> {
    let Ok(file) = File::open(root.join(LOCK)) else { return Ok(None) };
    wait(root, || file.try_lock_shared())?;
    Ok(Some(file))
}

fn wait(root: &Path, mut attempt: impl FnMut() -> Result<(), TryLockError>) -> Result<()> {
    let start = Instant::now();
    loop {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Usage(format!(
                    "another waarmerk command is at work in {}; try again when it is done",
                    root.display()
                )));
            }
            Err(TryLockError::Error(e)) => return Err(Error::io(root.join(LOCK), e)),
        }
    }
}
