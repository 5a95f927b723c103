//! A case for another laboratory: a BagIt bag (RFC 8493) in a zip, which plain
//! tools verify (`sha256sum -c manifest-sha256.txt`), and so does
//! [`verify`](super::verify()).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::authority::Trust;
use super::beside;
use super::case::{self, Case, LOCK};
use super::log::{Event, Stamp};
use super::print::{Print, sha256};
use super::store::Store;
use super::verify::{self, Fault, Kind, Verified};
use crate::{Error, Result};

/// The file that makes a folder a bag.
pub const DECLARATION: &str = "bagit.txt";
/// The folder of a bag that holds what it is about.
pub const PAYLOAD: &str = "data";

const MANIFESTS: [&str; 2] = ["manifest-sha256.txt", "manifest-sha512.txt"];
const TAGS: &str = "tagmanifest-sha256.txt";
const INFO: &str = "bag-info.txt";

/// Largest manifest that is read: a million names.
const LONGEST: u64 = 1 << 28;

/// Writes the case as a zip to `target`, and `target.sha256` with its digest
/// beside it. Gives the digest of the zip.
///
/// # Errors
/// [`Error::Usage`] when something is at `target` already;
/// [`Error::Unreadable`] when the case does not verify: a bag has digests of its
/// own, and would vouch for what was changed; [`Error::Io`].
pub fn export(case: &mut Case, target: &Path, stamp: &Stamp) -> Result<String> {
    file_name(target)?;
    let beside = beside::place(target);
    if target.exists() {
        return Err(Error::Usage(format!("{} is there already", target.display())));
    }
    if beside.exists() {
        return Err(Error::Usage(format!(
            "{} is there, and the zip is not: an export was interrupted; remove it and try again",
            beside.display()
        )));
    }
    let absolute = |path: &Path| std::path::absolute(path).map_err(|e| Error::io(path, e));
    if absolute(target)?.starts_with(absolute(&case.root)?) {
        return Err(Error::Usage("the export cannot stand inside the case".to_owned()));
    }
    whole(case)?;
    case.append(Event::Exported { name: file_name(target)?.to_owned() }, stamp)?;
    let aside = case::aside(target)?;
    let io = |e| Error::io(&aside, e);
    let file = File::create(&aside).map_err(io)?;
    if let Err(error) =
        write(case, BufWriter::new(file), stamp).and_then(|f| f.sync_all().map_err(io))
    {
        let _ = case.disk.remove(&aside);
        return Err(error);
    }
    let digest = Print::of(&mut File::open(&aside).map_err(io)?, "")?.sha256;
    case.disk.write(&beside, format!("{digest}  {}\n", file_name(target)?).as_bytes())?;
    case.disk.rename(&aside, target)?;
    let name = file_name(target)?.to_owned();
    case.append(Event::ExportFinished { name, sha256: digest.clone() }, stamp)?;
    Ok(digest)
}

/// Refuses a case of which a file is not what the log says, or that holds one
/// which the log does not know.
fn whole(case: &Case) -> Result<()> {
    let mut found = Verified::default();
    verify::inspect(&Store::open(&case.root)?, &Trust::default(), &mut found)?;
    let Some(Fault { file, what, .. }) = found.faults.first() else { return Ok(()) };
    let more = match found.faults.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more, which `waarmerk case verify` tells)"),
    };
    Err(Error::unreadable(case.root.join(file), format!("{what}{more}; nothing is exported")))
}

fn file_name(path: &Path) -> Result<&str> {
    let name = path.file_name().and_then(|n| n.to_str());
    name.ok_or_else(|| Error::Usage(format!("{} cannot be the name of a zip", path.display())))
}

fn write(case: &Case, file: BufWriter<File>, stamp: &Stamp) -> Result<File> {
    let store = Store::open(&case.root)?;
    let top = case.root.file_name().map_or_else(|| "case".into(), |n| n.to_string_lossy());
    let top: String =
        top.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let mut zip = ZipWriter::new(file);
    let failed = |e: zip::result::ZipError| Error::compute("writing the zip", e);
    let logged: BTreeMap<&str, &Print> =
        case.entries.iter().flat_map(|e| e.event.prints()).map(|p| (p.path.as_str(), p)).collect();
    let mut prints = Vec::new();
    for item in store.list()?.into_iter().filter(|item| item.name != LOCK) {
        let Some(bytes) = item.bytes else {
            return Err(Error::unreadable(case.root.join(&item.name), "is not an ordinary file"));
        };
        let inside = format!("{PAYLOAD}/{}", item.name);
        zip.start_file(format!("{top}/{inside}"), options(&inside, bytes)).map_err(failed)?;
        let print = store.read(&item.name, |from| {
            let mut through = Through { from, to: &mut zip };
            Print::of(&mut through, &inside)
        })?;
        // What was whole a moment ago may have changed before it was packed.
        if logged.get(item.name.as_str()).is_some_and(|then| then.differs(&print).is_some()) {
            let why = "changed while it was exported; nothing is exported";
            return Err(Error::unreadable(case.root.join(&item.name), why));
        }
        prints.push(print);
    }
    let manifest = |digest: fn(&Print) -> &str| -> String {
        prints.iter().map(|p| format!("{}  {}\n", digest(p), p.path)).collect()
    };
    let total: u64 = prints.iter().map(|p| p.bytes).sum();
    let info = format!(
        "Bagging-Date: {}\nBag-Software-Agent: {}\nPayload-Oxum: {total}.{}\n",
        stamp.at.get(..10).unwrap_or_default(),
        stamp.tool,
        prints.len()
    );
    let tags = [
        (DECLARATION, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned()),
        (INFO, info),
        (MANIFESTS[0], manifest(|p| &p.sha256)),
        (MANIFESTS[1], manifest(|p| &p.sha512)),
    ];
    let list = tags.iter().map(|(name, text)| format!("{}  {name}\n", sha256(text.as_bytes())));
    let list = list.collect::<String>();
    for (name, text) in tags.into_iter().chain([(TAGS, list)]) {
        zip.start_file(format!("{top}/{name}"), options(name, text.len() as u64))
            .map_err(failed)?;
        zip.write_all(text.as_bytes()).map_err(|e| Error::io(name, e))?;
    }
    let file = zip.finish().map_err(failed)?;
    file.into_inner().map_err(|e| Error::compute("writing the zip", e))
}

/// Media are packed already; text is not.
fn options(name: &str, bytes: u64) -> SimpleFileOptions {
    let media = name.starts_with("data/exhibits/") || name.ends_with(".parquet");
    let method = if media { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let large = bytes >= u64::from(u32::MAX);
    SimpleFileOptions::default()
        .compression_method(method)
        .large_file(large)
        .unix_permissions(0o444)
}

/// Hands on what it reads.
struct Through<'a> {
    from: &'a mut dyn Read,
    to: &'a mut ZipWriter<BufWriter<File>>,
}

impl Read for Through<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.to.write_all(buffer.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

/// What is wrong with the bag itself.
pub fn check(store: &Store) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |kind, file: &str, what: &str| {
        faults.push(Fault {
            kind,
            file: file.to_owned(),
            line: None,
            bytes: None,
            what: what.to_owned(),
        });
    };
    let items = store.list()?;
    let mut listed: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
    let mut vouched: BTreeSet<String> = BTreeSet::new();
    match store.bytes(TAGS, LONGEST).ok().and_then(|text| read(&text)) {
        None => fault(Kind::Changed, TAGS, "it is missing, or no list of digests"),
        Some(tags) => {
            for (name, digest) in tags {
                if store.print(&name).map_or(true, |now| now.sha256 != digest) {
                    fault(
                        Kind::Changed,
                        &name,
                        &format!("it does not have the SHA-256 that {TAGS} gives"),
                    );
                }
                vouched.insert(name);
            }
        }
    }
    for (i, manifest) in MANIFESTS.into_iter().enumerate() {
        match store.bytes(manifest, LONGEST).ok().and_then(|text| read(&text)) {
            None => fault(Kind::Changed, manifest, "it is missing, or no list of digests"),
            Some(lines) => {
                for (name, digest) in lines {
                    if let Some(slot) = listed.entry(name).or_default().get_mut(i) {
                        *slot = Some(digest);
                    }
                }
            }
        }
        if !vouched.contains(manifest) {
            fault(Kind::Changed, TAGS, &format!("it does not list {manifest}"));
        }
    }
    for (name, digests) in &listed {
        if !items.iter().any(|item| item.name == *name) {
            fault(Kind::Missing, name, "a manifest of the bag lists it, and it is not there");
            continue;
        }
        let said = |now: &Print| {
            let [first, second] = digests;
            first.as_ref() == Some(&now.sha256) && second.as_ref() == Some(&now.sha512)
        };
        match store.print(name) {
            Ok(now) if said(&now) => {}
            Ok(_) => fault(
                Kind::Changed,
                name,
                "it does not have the digests that the bag's manifests give",
            ),
            Err(e) => fault(Kind::Changed, name, &format!("it cannot be read: {e}")),
        }
    }
    for item in &items {
        let payload = item.name.starts_with("data/");
        // A command that opened the unpacked case made the lock.
        let lock = item.name == format!("{PAYLOAD}/{LOCK}");
        if payload && !lock && !listed.contains_key(&item.name) {
            fault(Kind::Unknown, &item.name, "no manifest of the bag lists it");
        } else if !payload && item.name != TAGS && !vouched.contains(&item.name) {
            fault(Kind::Unknown, &item.name, &format!("{TAGS} does not list it"));
        }
    }
    Ok(faults)
}

/// The lines of a manifest: digest, two blanks, name.
fn read(text: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(text).ok()?;
    let line = |line: &str| {
        let (digest, name) = line.split_once("  ")?;
        Some((name.to_owned(), digest.to_owned()))
    };
    text.lines().map(line).collect()
}
