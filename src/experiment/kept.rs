//! A folder of faces found earlier, by what was looked at and how, up to a size.
//!
//! Finding and meshing faces takes most of the time of a check of faces, and the next
//! experiment on the same data asks for them again. What is kept is named by the
//! digest of the file and of everything the faces depend on; anything else is another
//! name, and what nobody asks for any longer is removed first.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::record::Conditions;
use crate::checks::pass::FaceSource;
use crate::checks::{Entry, Options};
use crate::faces::{Follower, Reel};
use crate::media::FaceDetail;
use crate::text::hex;
use crate::{Error, Result};

/// Ending of the files.
const ENDING: &str = "faces";
/// What is left of the limit when it was passed: so that not every item looks through
/// the folder.
const LEFT: f64 = 0.8;

/// The folder.
pub struct Kept {
    folder: PathBuf,
    limit: u64,
    /// What all names have in common.
    setup: Sha256,
    /// Bytes there, as far as this process knows.
    bytes: Mutex<u64>,
    found: AtomicU64,
}

impl Kept {
    /// Opens `folder` for faces found under `conditions` for `entries`; at most `limit`
    /// bytes stay there. Several processes may use one folder; each may go beyond the
    /// limit by what it wrote since it last looked.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(
        folder: &Path,
        limit: u64,
        conditions: &Conditions,
        entries: &[&Entry],
    ) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let c = conditions;
        let mut setup = Sha256::new();
        setup.update(format!("{:?}", (&c.tool_sha256, &c.ffmpeg, &c.device, &c.models)));
        // Who asks at which rate decides which frames a follower is shown.
        let mut asked: Vec<String> = entries
            .iter()
            .map(|entry| (entry.make)(&Options::default()).needs())
            .filter(|needs| needs.faces > FaceDetail::None)
            .map(|needs| format!("{:?}", (needs.frames, needs.faces)))
            .collect();
        asked.sort();
        asked.dedup();
        setup.update(asked.join(" "));
        let kept = Self {
            folder: folder.to_owned(),
            limit,
            setup,
            bytes: Mutex::default(),
            found: AtomicU64::new(0),
        };
        kept.added(0);
        Ok(kept)
    }

    /// Items whose faces were found here.
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    fn path(&self, sha256: &str) -> PathBuf {
        let name = self.setup.clone().chain_update(sha256).finalize();
        self.folder.join(format!("{}.{ENDING}", hex(name)))
    }

    /// The faces of the file with this digest: kept ones, or those `follower` will find.
    pub fn faces(&self, sha256: &str, follower: &Follower) -> FaceSource {
        let path = self.path(sha256);
        if let Some(reel) = Reel::read(&path) {
            self.found.fetch_add(1, Ordering::Relaxed);
            // What is asked for stays longest.
            let touched = File::options().append(true).open(&path);
            let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
            return FaceSource::Kept(reel);
        }
        match Reel::write(follower.clone(), &self.folder) {
            Ok(reel) => FaceSource::Kept(reel),
            // A full disk stops nobody from looking.
            Err(_) => FaceSource::Ready(Box::new(follower.clone())),
        }
    }

    /// Keeps what was found in the file with this digest.
    pub fn keep(&self, sha256: &str, faces: FaceSource) {
        if let FaceSource::Kept(reel) = faces
            && let Ok(Some(length)) = reel.finish(&self.path(sha256))
        {
            self.added(length);
        }
    }

    /// Counts what was added, and makes room where there is too much.
    fn added(&self, length: u64) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes += length;
        if length > 0 && *bytes <= self.limit {
            return;
        }
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut there: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter(|entry| entry.path().extension().is_some_and(|e| e == ENDING))
            .filter_map(|entry| {
                let about = entry.metadata().ok()?;
                Some((about.modified().ok()?, about.len(), entry.path()))
            })
            .collect();
        *bytes = there.iter().map(|(_, length, _)| length).sum();
        if *bytes <= self.limit {
            return;
        }
        let goal = (self.limit as f64 * LEFT) as u64;
        there.sort();
        for (_, length, path) in there {
            if *bytes <= goal {
                break;
            }
            // Another process may have been faster.
            let _ = fs::remove_file(path);
            *bytes -= length;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn the_folder_stays_within_its_limit_and_the_longest_unused_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(format!("{name}.{ENDING}"));
        for (age, name) in ["new", "older", "oldest"].into_iter().enumerate() {
            fs::write(at(name), vec![0; 400]).unwrap();
            let then = SystemTime::now() - std::time::Duration::from_secs(100 * age as u64);
            File::options().append(true).open(at(name)).unwrap().set_modified(then).unwrap();
        }
        fs::write(folder.path().join("notes.txt"), vec![0; 4000]).unwrap();
        let kept = Kept::open(folder.path(), 1000, &Conditions::default(), &[]).unwrap();
        assert_eq!([at("new"), at("older"), at("oldest")].map(|p| p.exists()), [true, true, false]);
        assert!(folder.path().join("notes.txt").exists(), "what is not ours stays");
        fs::write(at("next"), vec![0; 400]).unwrap();
        kept.added(400);
        assert_eq!([at("next"), at("new"), at("older")].map(|p| p.exists()), [true, true, false]);
    }

    #[test]
    fn another_program_network_device_or_order_of_questions_is_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let open = |conditions: &Conditions, checks: &[&str]| {
            let names: Vec<String> = checks.iter().map(|name| (*name).to_owned()).collect();
            let entries = crate::checks::select(&names).unwrap();
            Kept::open(folder.path(), 1000, conditions, &entries).unwrap().path("ab")
        };
        let same = Conditions::default();
        let first = open(&same, &["faces"]);
        assert_eq!(first, open(&same, &["faces", "jpeg-quantisation"]), "it asks for no faces");
        assert_ne!(first, open(&same, &["faces", "blink"]), "it asks for irises");
        let other = |change: fn(&mut Conditions)| {
            let mut conditions = Conditions::default();
            change(&mut conditions);
            open(&conditions, &["faces"])
        };
        assert_ne!(first, other(|c| c.tool_sha256 = "1".to_owned()));
        assert_ne!(first, other(|c| c.device = "cuda".to_owned()));
        assert_ne!(first, other(|c| c.models = vec![("mesh".to_owned(), "2".to_owned())]));
        assert_eq!(first, other(|c| c.seed = 9), "faces do not depend on it");
    }
}
