//! A seal: a manifest of everything in the case, in the form that
//! `sha256sum -c` reads, with a copy of the log so far. One digest, that of the
//! manifest, then stands for the case; what gives it weight is that it is
//! stamped, signed, or noted where nobody of the house can change it.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::authority::{self, Signed, Trust};
use super::case::{Case, LOG, LONGEST_LOG, name};
use super::log::{Event, Log, Stamp};
use super::print::{Print, sha256};
use super::sign;
use super::store::Store;
use super::timestamp::{self, Stamped};
use super::verify::{Fault, Kind, Verified};
use crate::{Error, Result};

/// What a stamp and a signature are about.
pub const MANIFEST: &str = "manifest-sha256.txt";
const REQUEST: &str = "request.tsq";
const SIGNATURE: &str = "manifest.sig";
const PUBLIC: &str = "public.pem";

/// Largest manifest and response that are read.
const LONGEST: u64 = 1 << 28;

/// Makes the next seal and gives its number and the SHA-256 of its manifest.
/// The request for a time stamp lies beside it, and, with the Ed25519 key in
/// the PEM file `key`, a signature and the public key.
///
/// # Errors
/// [`Error::Unreadable`] when a file of the case is not what the log says:
/// only what verifies is sealed.
pub fn seal(case: &mut Case, key: Option<&Path>, stamp: &Stamp) -> Result<(u32, String)> {
    let key = key.map(sign::key).transpose()?;
    let number = seals(&case.entries).len() as u32 + 1;
    let place = case.root.join("seal").join(number.to_string());
    let aside = case.aside_of(&place)?;
    case.disk.create_dir(&aside)?;
    let log = std::fs::read(case.root.join(LOG)).map_err(|e| Error::io(&case.root, e))?;
    let within = |file: &str| name(&case.root, &place.join(file));
    let mut files = vec![case.disk.copy(&mut &log[..], &aside.join(LOG), &within(LOG))?];
    let store = Store::open(&case.root)?;
    let mut manifest = String::new();
    for print in case.entries.iter().flat_map(|e| e.event.prints()) {
        if let Some((from, to)) = print.differs(&store.print(&print.path)?) {
            return Err(Error::unreadable(
                case.root.join(&print.path),
                format!(
                    "changed since it was logged (first difference in bytes {from} to {to}); nothing is sealed"
                ),
            ));
        }
        manifest.push_str(&format!("{}  {}\n", print.sha256, print.path));
    }
    manifest.push_str(&format!("{}  {}\n", sha256(&log), within(LOG)));
    let digest = Sha256::digest(manifest.as_bytes());
    let request = timestamp::request(&digest.into());
    for (file, bytes) in [(MANIFEST, manifest.as_bytes()), (REQUEST, &request)] {
        files.push(case.disk.copy(&mut &bytes[..], &aside.join(file), &within(file))?);
    }
    if let Some(key) = key {
        let (signature, pem) = sign::sign(&key, manifest.as_bytes());
        for (file, bytes) in [(SIGNATURE, &signature[..]), (PUBLIC, pem.as_bytes())] {
            files.push(case.disk.copy(&mut &bytes[..], &aside.join(file), &within(file))?);
        }
    }
    let manifest_sha256 = super::print::hex(&digest);
    let event = Event::Sealed { seal: number, manifest_sha256: manifest_sha256.clone(), files };
    case.commit(event, stamp, (&aside, &place))?;
    Ok((number, manifest_sha256))
}

/// Adds the response of a time-stamp authority to the last seal; where
/// certificates (DER) are given, only one signed by them is taken.
///
/// # Errors
/// [`Error::Usage`] when there is no seal yet or the response is about
/// something else; [`Error::Malformed`] when it is none or not signed so.
pub fn attach_response(
    case: &mut Case,
    file: &Path,
    trust: &Trust,
    stamp: &Stamp,
) -> Result<(Stamped, Option<Signed>)> {
    let all = seals(&case.entries);
    let Some((number, manifest)) = all.last() else {
        return Err(Error::Usage(
            "the case has no seal yet (`waarmerk case seal CASE`)".to_owned(),
        ));
    };
    let (number, manifest) = (*number, manifest.clone());
    let bytes = std::fs::read(file).map_err(|e| Error::io(file, e))?;
    let token = timestamp::response(&bytes)?;
    if token.sha256 != manifest {
        return Err(Error::Usage(format!(
            "{}: it is about {}, and the manifest of seal {number} is {manifest}",
            file.display(),
            token.sha256
        )));
    }
    let judged = !trust.certificates.is_empty();
    let signed = judged.then(|| authority::check(&bytes, trust)).transpose()?;
    let folder = case.root.join("seal").join(number.to_string());
    let stamped =
        |e: &&super::Entry| matches!(&e.event, Event::Stamped { seal, .. } if *seal == number);
    let count = case.entries.iter().filter(stamped).count() + 1;
    let place = folder.join(format!("response-{count}.tsr"));
    let aside = case.aside_of(&place)?;
    let print = case.disk.copy(&mut &bytes[..], &aside, &name(&case.root, &place))?;
    let event = Event::Stamped { seal: number, token: token.clone(), file: print };
    case.commit(event, stamp, (&aside, &place))?;
    Ok((token, signed))
}

/// Number and digest of each seal.
fn seals(entries: &[super::Entry]) -> Vec<(u32, String)> {
    let one = |entry: &super::Entry| match &entry.event {
        Event::Sealed { seal, manifest_sha256, .. } => Some((*seal, manifest_sha256.clone())),
        _ => None,
    };
    entries.iter().filter_map(one).collect()
}

/// Checks what the digests of the log do not: that the manifest is about the
/// files, the copied log the beginning of the log, and each response about the
/// manifest and, where certificates are given, signed by them.
pub fn check(store: &Store, log: &Log, trust: &Trust, found: &mut Verified) {
    // A seal whose files still stand aside has been told; the next command puts
    // them in place, and then it can be held against the log.
    let aside = |found: &Verified, seal: u32| {
        let within = format!("seal/{seal}/");
        let stands = |f: &Fault| f.kind == Kind::Incomplete && f.file.starts_with(&within);
        found.faults.iter().any(stands)
    };
    for entry in &log.entries {
        let outcome = match &entry.event {
            Event::Sealed { seal, .. } | Event::Stamped { seal, .. } if aside(found, *seal) => {
                continue;
            }
            Event::Sealed { seal, manifest_sha256, .. } => {
                sealed(store, log, *seal, manifest_sha256, &entry.at)
            }
            Event::Stamped { seal, file, .. } => stamped(store, log, *seal, file),
            _ => continue,
        };
        let (said, fault) = match outcome {
            Ok(said) => (Some(said), None),
            Err((file, what)) => (None, Some((Kind::Changed, file, what))),
        };
        if let (Some(_), Event::Stamped { seal, file, .. }) = (&said, &entry.event) {
            match signed_by(store, file, trust) {
                Ok(by) => found.seals.push(format!("{}{by}", said.unwrap_or_default())),
                Err(why) => found.faults.push(Fault {
                    kind: Kind::Untrusted,
                    file: file.path.clone(),
                    line: None,
                    bytes: None,
                    what: format!("the stamp on seal {seal}: {why}"),
                }),
            }
            continue;
        }
        found.seals.extend(said);
        found.faults.extend(fault.map(|(kind, file, what)| Fault {
            kind,
            file,
            line: None,
            bytes: None,
            what,
        }));
    }
}

/// A file and what is wrong with it.
type Wrong = (String, String);

fn sealed(store: &Store, log: &Log, seal: u32, digest: &str, at: &str) -> Result<String, Wrong> {
    let folder = format!("seal/{seal}");
    let (path, copy) = (format!("{folder}/{MANIFEST}"), format!("{folder}/{LOG}"));
    let wrong = |what: &str| (path.clone(), what.to_owned());
    let manifest = store.bytes(&path, LONGEST).map_err(|e| wrong(&e.to_string()))?;
    if sha256(&manifest) != digest {
        return Err(wrong("it is not the manifest that the log says was made"));
    }
    let manifest = String::from_utf8_lossy(&manifest).into_owned();
    let prints: Vec<&Print> = log.entries.iter().flat_map(|e| e.event.prints()).collect();
    for line in manifest.lines() {
        let listed = line.split_once("  ").is_some_and(|(sha256, name)| {
            prints.iter().any(|p| p.path == name && p.sha256 == sha256)
        });
        if !listed {
            return Err(wrong(&format!("the log does not know the line `{line}`")));
        }
    }
    let then = store.bytes(&copy, LONGEST_LOG).map_err(|e| (copy.clone(), e.to_string()))?;
    let now = store.bytes(LOG, LONGEST_LOG).map_err(|e| (LOG.to_owned(), e.to_string()))?;
    if !now.starts_with(&then) {
        let same = now.iter().zip(&then).take_while(|(a, b)| a == b).count();
        return Err((
            LOG.to_owned(),
            format!(
                "it does not begin with the log that seal {seal} holds: the first other byte is byte {same}"
            ),
        ));
    }
    let many = manifest.lines().count().saturating_sub(1);
    let signed = signature(store, &prints, &folder, manifest.as_bytes())?;
    Ok(format!("seal {seal}, {at}: {many} file(s) and the log, manifest {digest}{signed}"))
}

fn stamped(store: &Store, log: &Log, seal: u32, file: &Print) -> Result<String, Wrong> {
    let wrong = |what: String| (file.path.clone(), what);
    let bytes = store.bytes(&file.path, LONGEST).map_err(|e| wrong(e.to_string()))?;
    let token = timestamp::response(&bytes).map_err(|e| wrong(e.to_string()))?;
    let about = seals(&log.entries).into_iter().find(|(number, _)| *number == seal);
    if about.is_none_or(|(_, digest)| digest != token.sha256) {
        return Err(wrong(format!("it is not about the manifest of seal {seal}")));
    }
    Ok(format!("seal {seal}: stamped {} (serial {})", token.time, token.serial))
}

/// What is to be said of the signature on the stamp in `file`.
fn signed_by(store: &Store, file: &Print, trust: &Trust) -> Result<String> {
    if trust.certificates.is_empty() {
        return Ok("; signature not checked: no certificate given".to_owned());
    }
    let signed = authority::check(&store.bytes(&file.path, LONGEST)?, trust)?;
    Ok(format!("; {}", signed.told()))
}

/// What is to be said of the signature, if the log knows one.
fn signature(
    store: &Store,
    prints: &[&Print],
    folder: &str,
    manifest: &[u8],
) -> Result<String, Wrong> {
    let path = format!("{folder}/{SIGNATURE}");
    if !prints.iter().any(|p| p.path == path) {
        return Ok(String::new());
    }
    let read = |file: &str| {
        store.bytes(&format!("{folder}/{file}"), LONGEST).map_err(|e| (path.clone(), e.to_string()))
    };
    let (mark, pem) = (read(SIGNATURE)?, read(PUBLIC)?);
    let outcome = sign::verify(&String::from_utf8_lossy(&pem), &mark, manifest);
    outcome.map_err(|e| (path.clone(), e.to_string()))?;
    Ok(format!(
        "; signed by the key whose public.pem has SHA-256 {} (whose key that is, is not for this program to say)",
        sha256(&pem)
    ))
}
