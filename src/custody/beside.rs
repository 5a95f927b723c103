//! The digest of an export in a file beside it, as `sha256sum` writes and checks
//! it: what tells a zip that was replaced as a whole, with digests of its own.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::print::Print;
use super::verify::{Fault, Kind, Verified};
use crate::{Error, Result};

/// Largest that is read: a digest and a name.
const LONGEST: u64 = 1 << 16;

/// Where the digest of the export at `path` lies.
pub fn place(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".sha256");
    path.with_file_name(name)
}

/// Holds the file at `path` against the digest beside it, if one lies there.
pub fn check(path: &Path, found: &mut Verified) -> Result<()> {
    let place = place(path);
    let (Ok(kind), true) = (place.metadata(), path.is_file()) else { return Ok(()) };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (zip, list) = (name(path), name(&place));
    let text = (kind.is_file() && kind.len() <= LONGEST)
        .then(|| std::fs::read_to_string(&place).ok())
        .flatten();
    let said = text.as_deref().and_then(|text| text.split_whitespace().next());
    let said = said.filter(|s| s.len() == 64 && s.bytes().all(|b| b.is_ascii_hexdigit()));
    let mut file = File::open(path).map_err(|e| Error::io(path, e))?;
    let now = Print::of(&mut file, "")?.sha256;
    let what = match said {
        Some(said) if said.eq_ignore_ascii_case(&now) => {
            found.beside = Some(format!("{zip} has the SHA-256 that {list} beside it gives"));
            return Ok(());
        }
        Some(said) => format!("its SHA-256 is {now}, and {list} beside it says {said}"),
        None => format!("{list} beside it is no digest as sha256sum writes it"),
    };
    found.faults.push(Fault { kind: Kind::Changed, file: zip, line: None, bytes: None, what });
    Ok(())
}
