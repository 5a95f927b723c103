//! Whether a case is what its log says: every line, every file, every seal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::authority::Trust;
use super::case::{self, Facts, HEAD, LOCK, LOG, LONGEST_LOG};
use super::log::{self, Entry, Event, Log};
use super::print::Print;
use super::store::{Item, Store};
use super::{bag, beside, seal};
use crate::Result;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is not what was logged.
    Changed,
    /// The log names it, and it is not there.
    Missing,
    /// It is there, and the log does not know it.
    Unknown,
    /// Its signature is not by whom the given certificates vouch for.
    Untrusted,
    /// An interrupted command left it; the next command mends it.
    Incomplete,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    /// What kind.
    pub kind: Kind,
    /// The file.
    pub file: String,
    /// Line of the log, from 1.
    pub line: Option<u64>,
    /// The bytes in which the first difference lies: from, to.
    pub bytes: Option<(u64, u64)>,
    /// In words.
    pub what: String,
}

/// The outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verified {
    /// What the case is.
    pub facts: Facts,
    /// Lines of the log that were read.
    pub lines: u64,
    /// Files that are what the log says.
    pub intact: u64,
    /// Digest of the last line that the chain holds: to be noted elsewhere.
    pub head: Option<String>,
    /// What the seals say, one sentence each.
    pub seals: Vec<String>,
    /// Where the clock of the machine was set back, one sentence each: no
    /// fault of the case, and a reason not to rely on its times alone.
    pub clock: Vec<String>,
    /// What the digest beside an export says of it, when one lies there.
    pub beside: Option<String>,
    /// What is wrong, the log first, then in the order of names.
    pub faults: Vec<Fault>,
}

impl Verified {
    /// Whether all of it is as it was logged.
    pub fn whole(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether nothing worse than an interruption is to be seen.
    pub fn mendable(&self) -> bool {
        self.faults.iter().all(|fault| fault.kind == Kind::Incomplete)
    }
}

/// Verifies the case in the folder, the exported folder or the zip at `path`.
/// Nothing is written. Signatures on time stamps are held against `trust`; with
/// no certificates, they are said to be unchecked.
///
/// # Errors
/// Only when it cannot be read at all; whatever is wrong with the case is in
/// [`Verified::faults`].
pub fn verify(path: &Path, trust: &Trust) -> Result<Verified> {
    look(path, trust).map(|(found, _, _)| found)
}

/// The same, with the log and where the files are.
pub(super) fn look(path: &Path, trust: &Trust) -> Result<(Verified, Log, Store)> {
    let store = Store::open(path)?;
    let mut found = Verified::default();
    beside::check(path, &mut found)?;
    let store = if store.list()?.iter().any(|i| i.name == bag::DECLARATION) {
        found.faults.extend(bag::check(&store)?);
        store.enter(bag::PAYLOAD)
    } else {
        store
    };
    // Nobody writes meanwhile.
    let _lock = store.folder().map(|folder| case::share(&folder)).transpose()?;
    let log = inspect(&store, trust, &mut found)?;
    Ok((found, log, store))
}

/// Adds what is to be said of the case in `store`, which nobody writes to, and
/// gives its log.
pub(super) fn inspect(store: &Store, trust: &Trust, found: &mut Verified) -> Result<Log> {
    let items = store.list()?;
    let log = chain(store, &items, found)?;
    let mut known: BTreeSet<&str> = [LOG, HEAD, LOCK].into();
    let prints: BTreeMap<&str, &Print> =
        log.entries.iter().flat_map(|e| e.event.prints()).map(|p| (p.path.as_str(), p)).collect();
    known.extend(prints.keys().copied());
    let there = items.iter().map(|item| (item.name.as_str(), item)).collect();
    for (name, print) in &prints {
        match file(store, &there, name, print) {
            None => found.intact += 1,
            Some(fault) => found.faults.push(fault),
        }
    }
    for item in items.iter().filter(|item| !known.contains(item.name.as_str())) {
        found.faults.extend(stray(item, &prints));
    }
    seal::check(store, &log, trust, found);
    let stamp = |e: &Entry| matches!(e.event, Event::Stamped { .. });
    if !trust.certificates.is_empty() && !log.entries.iter().any(stamp) {
        let none = "no time stamp: there is nothing to hold the given certificates against";
        found.seals.push(none.to_owned());
    }
    found.clock = clock(&log.entries);
    found.facts = case::facts(&log.entries);
    found.lines = log.entries.len() as u64;
    found.head = log.heads.last().map(|head| head.sha256.clone());
    Ok(log)
}

/// Lines dated before the line that the chain proves older.
fn clock(entries: &[Entry]) -> Vec<String> {
    let moment = |entry: &Entry| entry.at.parse::<jiff::Timestamp>().ok();
    let back = |pair: &[Entry]| {
        let [older, newer] = pair else { return None };
        (moment(newer)? < moment(older)?).then(|| {
            format!(
                "line {} of the log is dated {}, before line {} ({}): the clock was set back, the order of the lines stands",
                newer.line, newer.at, older.line, older.at
            )
        })
    };
    entries.windows(2).filter_map(back).collect()
}

/// The log and its head.
fn chain(store: &Store, items: &[Item], found: &mut Verified) -> Result<Log> {
    let there = |name: &str| items.iter().any(|i| i.name == name && i.bytes.is_some());
    let mut fault = |kind, file: &str, what: &str| {
        found.faults.push(Fault {
            kind,
            file: file.to_owned(),
            line: None,
            bytes: None,
            what: what.to_owned(),
        });
    };
    if !there(LOG) {
        fault(Kind::Missing, LOG, "there is no log: this is not a case, or the log was removed");
        return Ok(Log::default());
    }
    let bytes = match store.bytes(LOG, LONGEST_LOG) {
        Ok(bytes) => bytes,
        Err(e) => {
            fault(Kind::Changed, LOG, &e.to_string());
            return Ok(Log::default());
        }
    };
    let log = log::read(&bytes);
    let head = if there(HEAD) { store.bytes(HEAD, 4096).ok() } else { None };
    let said = head.as_deref().and_then(log::read_head);
    let last = log.heads.last();
    let sound = log.faults.is_empty();
    match (&said, last) {
        (Some(said), Some(last)) if said == last => {}
        (Some(said), _)
            if sound && log.torn == 0 && log.heads.iter().rev().nth(1) == Some(said) =>
        {
            fault(
                Kind::Incomplete,
                HEAD,
                "the last line was written, and the head of the log was not: a command was interrupted",
            );
        }
        (Some(said), Some(last)) if sound && said.bytes > last.bytes => {
            let what = format!(
                "the log ends after line {}, and its head says line {}: the end of the log was cut off or changed",
                last.lines, said.lines
            );
            fault(Kind::Changed, LOG, &what);
        }
        // The broken line says it.
        (Some(said), _)
            if !sound && log.heads.len() < usize::try_from(said.lines).unwrap_or(usize::MAX) => {}
        (Some(_), _) => fault(Kind::Changed, HEAD, "it does not fit the log"),
        (None, _) => {
            fault(Kind::Changed, HEAD, "it is not what a command writes there, or not there at all")
        }
    }
    for broken in &log.faults {
        found.faults.push(Fault {
            kind: Kind::Changed,
            file: LOG.to_owned(),
            line: Some(broken.line),
            bytes: Some(broken.bytes),
            what: broken.why.clone(),
        });
    }
    if log.torn > 0 && said.as_ref().is_none_or(|said| last.is_some_and(|last| said == last)) {
        let from = bytes.len() as u64 - log.torn;
        found.faults.push(Fault {
            kind: Kind::Incomplete,
            file: LOG.to_owned(),
            line: Some(log.entries.len() as u64 + 1),
            bytes: Some((from, bytes.len() as u64)),
            what: "this line was never finished: a command was interrupted".to_owned(),
        });
    }
    Ok(log)
}

/// What is wrong with one file that the log names.
fn file(store: &Store, there: &BTreeMap<&str, &Item>, name: &str, print: &Print) -> Option<Fault> {
    let fault = |kind, bytes, what: String| {
        Some(Fault { kind, file: name.to_owned(), line: None, bytes, what })
    };
    match there.get(name) {
        None => match aside(name).find(|other| there.contains_key(other.as_str())) {
            Some(other) if store.print(&other).is_ok_and(|now| print.differs(&now).is_none()) => {
                fault(
                    Kind::Incomplete,
                    None,
                    format!(
                        "it was copied and logged, and stands unchanged in {other}: the next command puts it in place"
                    ),
                )
            }
            _ => fault(Kind::Missing, None, "the log names it, and it is not there".to_owned()),
        },
        Some(Item { bytes: None, .. }) => {
            fault(Kind::Changed, None, "it is not an ordinary file".to_owned())
        }
        Some(_) => match store.print(name) {
            Err(e) => fault(Kind::Changed, None, format!("it cannot be read: {e}")),
            Ok(now) => print.differs(&now).and_then(|bytes| {
                let what = format!(
                    "SHA-256 is {}, the log says {}; {} bytes, the log says {}",
                    now.sha256, print.sha256, now.bytes, print.bytes
                );
                fault(Kind::Changed, Some(bytes), what)
            }),
        },
    }
}

/// The names under which `name` may stand aside.
fn aside(name: &str) -> impl Iterator<Item = String> {
    let parts: Vec<&str> = name.split('/').collect();
    let other = |at: usize| {
        let renamed = |(i, part): (usize, &&str)| {
            if i == at { format!(".{part}.unfinished") } else { (*part).to_owned() }
        };
        parts.iter().enumerate().map(renamed).collect::<Vec<_>>().join("/")
    };
    (0..parts.len()).map(other).collect::<Vec<_>>().into_iter()
}

/// What is to be said of a file that the log does not name.
fn stray(item: &Item, prints: &BTreeMap<&str, &Print>) -> Option<Fault> {
    let place = |part: &str| case::placed(part).unwrap_or(part).to_owned();
    let would_be = item.name.split('/').map(place).collect::<Vec<_>>().join("/");
    let (kind, what) = if would_be == "log.new" {
        (Kind::Incomplete, "a command was interrupted while it wrote log.head")
    } else if would_be == item.name {
        (Kind::Unknown, "the log does not know it")
    } else if prints.contains_key(would_be.as_str()) {
        // Told at its place.
        return None;
    } else {
        (
            Kind::Incomplete,
            "an interrupted command left it, and the log does not know it: the next command removes it",
        )
    };
    Some(Fault { kind, file: item.name.clone(), line: None, bytes: None, what: what.to_owned() })
}
