//! Result folders: written aside, then put in place by one rename, so that a
//! folder with a plain name is always complete.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::media::digest;
use crate::report::json;
use crate::text::hides;
use crate::{Error, Result};

/// Longest folder name in bytes; file systems stop at 255, and the prefix of
/// an unfinished folder has to fit too.
const LONGEST_NAME: usize = 180;

/// The file that says what else a run wrote.
const RUN: &str = "run.json";

/// A result folder on its way.
pub struct Unfinished {
    aside: TempDir,
    place: PathBuf,
}

impl Unfinished {
    /// Starts the results of the exhibit at `path` with digest `sha256` under
    /// `out`. Folders in `taken` (those of this batch) are never reused; one
    /// left by an earlier run is replaced if it is about the same file, and
    /// kept otherwise: then the name gets the digest's first digits.
    pub fn start(out: &Path, path: &Path, sha256: &str, taken: &mut Vec<PathBuf>) -> Result<Self> {
        fs::create_dir_all(out).map_err(|e| Error::io(out, e))?;
        let stem = name(path);
        sweep(out, &stem);
        let place = places(out, path, sha256)
            .find(|place| !taken.contains(place) && free(place, sha256))
            .ok_or_else(|| {
                Error::Usage(format!("{}: too many results of one name", out.display()))
            })?;
        taken.push(place.clone());
        let aside = tempfile::Builder::new()
            .prefix(&format!(".{stem}.unfinished-"))
            .tempdir_in(out)
            .map_err(|e| Error::io(out, e))?;
        Ok(Self { aside, place })
    }

    /// Where to write now.
    pub fn path(&self) -> &Path {
        self.aside.path()
    }

    /// Whether results of an earlier run stand where these go.
    pub fn replaces(&self) -> bool {
        self.place.exists()
    }

    /// Puts the folder in place and says where that is.
    pub fn finish(self) -> Result<PathBuf> {
        let Self { aside, place } = self;
        let aside = aside.keep();
        let put = put_in_place(&aside, &place);
        if put.is_err() {
            let _ = fs::remove_dir_all(&aside);
        }
        put.map(|()| place)
    }
}

/// Moves the finished folder `aside` to `place`.
fn put_in_place(aside: &Path, place: &Path) -> Result<()> {
    share(aside).map_err(|e| Error::io(aside, e))?;
    if place.exists() {
        // Renaming over a folder that is not empty is refused, so the old
        // results step aside first and go once the new ones stand.
        let mut old = aside.to_owned().into_os_string();
        old.push(".old");
        let old = PathBuf::from(old);
        fs::rename(place, &old).map_err(|e| Error::io(place, e))?;
        if let Err(error) = fs::rename(aside, place) {
            // Better the old results than none.
            let _ = fs::rename(&old, place);
            return Err(Error::io(place, error));
        }
        discard(&old).map_err(|e| Error::io(&old, e))
    } else {
        fs::rename(aside, place).map_err(|e| Error::io(place, e))
    }
}

/// Removes what runs that were killed left of results of this name. Folders
/// younger than a day may belong to a run that is still at work.
fn sweep(out: &Path, stem: &str) {
    let day = std::time::Duration::from_secs(24 * 3600);
    let prefix = format!(".{stem}.unfinished-");
    for entry in fs::read_dir(out).into_iter().flatten().flatten() {
        let abandoned = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix))
            && entry
                .metadata()
                .and_then(|m| m.modified())
                .is_ok_and(|then| then.elapsed().is_ok_and(|age| age > day));
        if abandoned {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The names that results of this exhibit may have under `out`, best first.
fn places(out: &Path, path: &Path, sha256: &str) -> impl Iterator<Item = PathBuf> {
    let stem = name(path);
    let short = sha256.get(..8).unwrap_or(sha256);
    let numbered = (2..1000).map(|n| format!("{stem}-{short}-{n}"));
    let names = [stem.clone(), format!("{stem}-{short}")].into_iter().chain(numbered);
    names.map(|name| out.join(name)).collect::<Vec<_>>().into_iter()
}

/// Complete results of the exhibit at `path` with this digest that an earlier
/// run left under `out`.
pub fn complete(out: &Path, path: &Path, sha256: &str, taken: &[PathBuf]) -> Option<PathBuf> {
    places(out, path, sha256).take_while(|place| place.exists()).find(|place| {
        !taken.contains(place) && sha256_of(place).is_some_and(|there| there == sha256)
    })
}

/// Gives the folder the mode that the user's mask would give; temporary
/// folders are made private.
#[allow(unsafe_code, reason = "asks the system for the mask of new files")]
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "the mask has 16 bits on macOS")]
fn share(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // SAFETY: umask cannot fail; it is read by setting it and set back at once.
    let mask = unsafe {
        let mask = libc::umask(0o077);
        libc::umask(mask);
        mask
    };
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777 & !u32::from(mask)))
}

#[cfg(not(unix))]
fn share(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Whether `place` can take the results of the exhibit with this digest:
/// nothing is there, or results of the same exhibit as this program wrote
/// them. A folder to which someone added a file (notes, the exhibit itself) or
/// in which someone changed one is left alone.
fn free(place: &Path, sha256: &str) -> bool {
    match fs::symlink_metadata(place) {
        Err(_) => true,
        Ok(_) => {
            sha256_of(place).is_some_and(|there| there == sha256)
                && fs::read_dir(place).is_ok_and(|mut entries| {
                    let written = written(place);
                    entries.all(|entry| entry.is_ok_and(|entry| ours(&entry, &written)))
                })
        }
    }
}

/// Names and digests of the files that the run in `folder` says it wrote.
fn written(folder: &Path) -> Vec<(String, String)> {
    fs::read_to_string(folder.join(RUN)).map(|run| json::files(&run)).unwrap_or_default()
}

/// Whether all that the run in `folder` wrote is there unchanged.
pub fn intact(folder: &Path) -> bool {
    let written = written(folder);
    !written.is_empty()
        && written.iter().all(|(name, sha256)| {
            // The name comes from a file that anyone may have changed.
            Path::new(name).file_name().is_some_and(|bare| bare == name.as_str())
                && digest::sha256(&folder.join(name)).is_ok_and(|there| there == *sha256)
        })
}

/// Whether `entry` is `run.json` or an unchanged file that it names.
fn ours(entry: &fs::DirEntry, written: &[(String, String)]) -> bool {
    let name = entry.file_name();
    entry.file_type().is_ok_and(|kind| kind.is_file())
        && (name == RUN
            || written.iter().any(|(there, sha256)| {
                name == there.as_str()
                    && digest::sha256(&entry.path()).is_ok_and(|now| now == *sha256)
            }))
}

/// Removes an old result folder. Only what the run in it wrote is deleted:
/// what came in meanwhile stays, and so does the folder then.
fn discard(old: &Path) -> std::io::Result<()> {
    let written = written(old);
    for entry in fs::read_dir(old)? {
        let entry = entry?;
        if ours(&entry, &written) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(old)
}

/// The digest of the exhibit that a complete result folder is about.
fn sha256_of(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("findings.json")).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(json.get("exhibit")?.get("sha256")?.as_str()?.to_owned())
}

/// A folder name from a file's stem: no separators, no control characters,
/// no leading dot, bounded length.
fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let clean: String = stem
        .chars()
        .map(|c| {
            if hides(c) || matches!(c, '/' | '\\' | ':' | '<' | '>' | '\u{fffd}') { '_' } else { c }
        })
        .collect();
    let clean = clean.trim_start_matches(['.', '-']).trim();
    let mut end = clean.len().min(LONGEST_NAME);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    match clean.get(..end).unwrap_or_default() {
        "" => "exhibit".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn write(out: &Path, path: &str, sha: &str, taken: &mut Vec<PathBuf>) -> PathBuf {
        let folder = Unfinished::start(out, Path::new(path), sha, taken).unwrap();
        let json = format!("{{\"exhibit\":{{\"sha256\":\"{sha}\"}}}}");
        let mut files = Vec::new();
        for (name, text) in [("findings.json", json.as_str()), ("measurements.csv", "1")] {
            fs::write(folder.path().join(name), text).unwrap();
            files.push(format!(
                "\"{name}\":\"{}\"",
                digest::sha256(&folder.path().join(name)).unwrap()
            ));
        }
        let run = format!("{{\"files\":{{{}}}}}", files.join(","));
        fs::write(folder.path().join("run.json"), run).unwrap();
        folder.finish().unwrap()
    }

    #[test]
    fn two_inputs_of_one_stem_both_survive_in_one_batch_and_in_two() {
        let out = tempfile::tempdir().unwrap();
        let mut taken = Vec::new();
        let a = write(out.path(), "x/clip.mp4", "aaaaaaaaaa", &mut taken);
        let b = write(out.path(), "y/clip.mp4", "bbbbbbbbbb", &mut taken);
        let again = write(out.path(), "x/clip.mp4", "aaaaaaaaaa", &mut taken);
        let later = write(out.path(), "z/clip.mp4", "cccccccccc", &mut Vec::new());
        let all = [&a, &b, &again, &later];
        for (i, one) in all.iter().enumerate() {
            assert!(one.join("findings.json").is_file());
            assert!(all.iter().skip(i + 1).all(|other| other != one), "{one:?} was reused");
        }
        assert_eq!(a.file_name().unwrap(), "clip");
    }

    #[test]
    fn what_the_examiner_added_to_a_result_folder_is_never_touched() {
        let out = tempfile::tempdir().unwrap();
        let first = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        fs::write(first.join("notes.txt"), "mine").unwrap();
        let second = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(first.join("notes.txt")).unwrap(), "mine");
        assert!(first.join("findings.json").is_file());
    }

    #[test]
    fn a_second_run_on_the_same_file_replaces_its_results() {
        let out = tempfile::tempdir().unwrap();
        let first = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        assert!(intact(&first));
        let second = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        assert_eq!(first, second);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_result_that_someone_changed_is_kept_and_not_taken_for_intact() {
        let out = tempfile::tempdir().unwrap();
        let first = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        fs::write(first.join("measurements.csv"), "annotated").unwrap();
        assert!(!intact(&first));
        let second = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        assert_ne!(first, second);
        assert_eq!(fs::read_to_string(first.join("measurements.csv")).unwrap(), "annotated");
    }

    #[test]
    fn an_abandoned_folder_never_has_the_plain_name() {
        let out = tempfile::tempdir().unwrap();
        let folder =
            Unfinished::start(out.path(), Path::new("clip.mp4"), "aa", &mut Vec::new()).unwrap();
        assert!(!out.path().join("clip").exists());
        drop(folder);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_of_someone_else_is_left_alone() {
        let out = tempfile::tempdir().unwrap();
        fs::create_dir(out.path().join("clip")).unwrap();
        fs::write(out.path().join("clip/diary"), "mine").unwrap();
        let place = write(out.path(), "clip.mp4", "aaaaaaaaaa", &mut Vec::new());
        assert_eq!(place.file_name().unwrap(), "clip-aaaaaaaa");
        assert!(out.path().join("clip/diary").exists());
    }

    #[test]
    fn names_from_hostile_files_stay_inside_the_folder() {
        assert_eq!(name(Path::new("..")), "exhibit");
        assert_eq!(name(Path::new("a/..hidden.mp4")), "hidden");
        assert_eq!(name(Path::new("a\u{1b}b.mp4")), "a_b");
        assert_eq!(name(Path::new(&format!("{}.mp4", "é".repeat(300)))).len(), LONGEST_NAME);
    }
}
