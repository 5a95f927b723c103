//! The log: one JSON line an event, never rewritten.
//!
//! A line ends in its own digest, `,"digest":"…"}`: SHA-256 of the bytes of
//! the line before that part. The next line holds it as `previous`; the first
//! holds sixty-four zeros. So no byte of any line can change, and no line can
//! go or come in between, without the chain showing where.

use serde::{Deserialize, Serialize};

use super::add::Acquisition;
use super::case::Facts;
use super::print::{Print, sha256};
use crate::{Error, Result};

/// What stands before the first line.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// `,"digest":"` + 64 digits + `"}`.
const TAIL: usize = 11 + 64 + 2;

/// Who, when and with what.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    /// UTC, RFC 3339. Comes from outside: nothing here reads a clock.
    pub at: String,
    /// The person who acts.
    pub by: String,
    /// Program, version and commit.
    pub tool: String,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The case was opened.
    CaseOpened {
        /// What the case is.
        facts: Facts,
    },
    /// An exhibit came in.
    ExhibitAdded {
        /// `E1`, `E2`, …
        exhibit: String,
        /// Its name before it came in.
        name: String,
        /// The copy.
        file: Print,
        /// A picture of where it stood.
        screenshot: Option<Print>,
        /// How it was obtained.
        acquisition: Box<Acquisition>,
    },
    /// A page was captured online.
    PageCaptured {
        /// `C1`, `C2`, …
        capture: String,
        /// What it was.
        page: Box<super::capture::Facts>,
        /// What was written.
        files: Vec<Print>,
    },
    /// Something that the log should hold.
    Note {
        /// What it is about, if an exhibit.
        exhibit: Option<String>,
        /// The text.
        text: String,
    },
    /// An exhibit was examined.
    Examined {
        /// Which.
        exhibit: String,
        /// SHA-256 of the exhibit as it was examined.
        sha256: String,
        /// Whether it could be decoded to its end.
        complete: bool,
        /// What was written.
        files: Vec<Print>,
    },
    /// A manifest was made of everything so far.
    Sealed {
        /// 1, 2, …
        seal: u32,
        /// SHA-256 of the manifest: what a stamp or a signature is about.
        manifest_sha256: String,
        /// What was written.
        files: Vec<Print>,
    },
    /// A time-stamp authority's response to a seal's request came in.
    Stamped {
        /// Which seal.
        seal: u32,
        /// What the token says.
        token: super::timestamp::Stamped,
        /// The response.
        file: Print,
    },
    /// A copy of the case for others was begun; it holds the log up to here.
    Exported {
        /// Name of the file.
        name: String,
    },
    /// That copy is whole.
    ExportFinished {
        /// Name of the file.
        name: String,
        /// What left the house.
        sha256: String,
    },
    /// A command before this one was interrupted.
    Recovered {
        /// What was done about it.
        done: Vec<String>,
    },
}

impl Event {
    /// The files that this event vouches for.
    pub fn prints(&self) -> Vec<&Print> {
        match self {
            Self::ExhibitAdded { file, screenshot, .. } => {
                [Some(file), screenshot.as_ref()].into_iter().flatten().collect()
            }
            Self::Examined { files, .. }
            | Self::Sealed { files, .. }
            | Self::PageCaptured { files, .. } => files.iter().collect(),
            Self::Stamped { file, .. } => vec![file],
            _ => Vec::new(),
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// From 1.
    pub line: u64,
    /// Digest of the line before.
    pub previous: String,
    /// UTC, RFC 3339.
    pub at: String,
    /// The person who acted.
    pub by: String,
    /// Program, version and commit.
    pub tool: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// How long the log is: written after each line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Lines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Digest of the last line.
    pub sha256: String,
}

/// What was read from a log.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The lines that could be read.
    pub entries: Vec<Entry>,
    /// The end of the log after each line of the unbroken chain.
    pub heads: Vec<Head>,
    /// What is wrong with the chain, line by line.
    pub faults: Vec<Broken>,
    /// Bytes after the last line end: a line that was never finished.
    pub torn: u64,
}

/// A line that does not fit.
#[derive(Clone, Debug)]
pub struct Broken {
    /// From 1.
    pub line: u64,
    /// Where it stands: from, to.
    pub bytes: (u64, u64),
    /// What is wrong.
    pub why: String,
}

/// The bytes of the next line, and the head after it.
pub fn line(event: Event, stamp: &Stamp, head: &Head) -> Result<(Vec<u8>, Head)> {
    let previous = if head.lines == 0 { NOTHING.to_owned() } else { head.sha256.clone() };
    let entry = Entry {
        line: head.lines + 1,
        previous,
        at: stamp.at.clone(),
        by: stamp.by.clone(),
        tool: stamp.tool.clone(),
        event,
    };
    let text = serde_json::to_string(&entry).map_err(|e| Error::compute("the log", e))?;
    let body = text.strip_suffix('}').unwrap_or(&text);
    let digest = sha256(body.as_bytes());
    let line = format!("{body},\"digest\":\"{digest}\"}}\n");
    let bytes = head.bytes + line.len() as u64;
    Ok((line.into_bytes(), Head { lines: head.lines + 1, bytes, sha256: digest }))
}

/// The text of `log.head`.
pub fn head_text(head: &Head) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec(head).map_err(|e| Error::compute("the log", e))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads `log.head`: exactly what [`head_text`] writes, nothing else.
pub fn read_head(text: &[u8]) -> Option<Head> {
    let head: Head = serde_json::from_slice(text).ok()?;
    (head_text(&head).ok()? == text).then_some(head)
}

/// Reads a log and follows its chain. What stands after a broken line is read
/// too, for what it tells of other files.
pub fn read(bytes: &[u8]) -> Log {
    let mut log = Log::default();
    let mut at = 0u64;
    let mut before = NOTHING.to_owned();
    for (i, whole) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let Some(line) = whole.strip_suffix(b"\n") else {
            log.torn = whole.len() as u64;
            break;
        };
        let end = at + whole.len() as u64;
        let number = i as u64 + 1;
        let mut broken =
            |why: String| log.faults.push(Broken { line: number, bytes: (at, end), why });
        let digest = match own_digest(line) {
            Ok(digest) => Some(digest),
            Err(why) => {
                broken(why);
                None
            }
        };
        match serde_json::from_slice::<Entry>(line) {
            Ok(entry) => {
                if digest.is_some() && entry.previous != before {
                    broken("it does not follow the line before: that line was changed, or one is missing or was put in between".to_owned());
                } else if digest.is_some() && entry.line != number {
                    broken(format!("it says that it is line {}", entry.line));
                }
                log.entries.push(entry);
            }
            Err(_) if digest.is_none() => {}
            Err(e) => broken(format!("it is whole, but this version cannot read it: {e}")),
        }
        before = digest.unwrap_or_default();
        if log.faults.is_empty() {
            log.heads.push(Head { lines: number, bytes: end, sha256: before.clone() });
        }
        at = end;
    }
    log
}

/// The digest that a line ends in, if it is the line's own.
fn own_digest(line: &[u8]) -> Result<String, String> {
    let ending = "its end is not a digest: it was changed";
    let (body, tail) = line.split_at_checked(line.len().saturating_sub(TAIL)).ok_or(ending)?;
    let tail = std::str::from_utf8(tail).map_err(|_| ending)?;
    let said =
        tail.strip_prefix(",\"digest\":\"").and_then(|t| t.strip_suffix("\"}")).ok_or(ending)?;
    if sha256(body) == said {
        Ok(said.to_owned())
    } else {
        Err("its bytes do not have the digest that it ends in: it was changed".to_owned())
    }
}
