//! Scores: one row an item and method; the journal that survives a kill, and
//! the table at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dataset::Label;
use crate::table::Sheet;
use crate::{Error, Result};

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// There is a score.
    Ok,
    /// The check spoke but did not give this quantity, or had too little to
    /// measure.
    Missing,
    /// The item has nothing that the check looks at.
    NotApplicable,
    /// The check or the decoder failed.
    Error,
}

impl Outcome {
    /// As in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::NotApplicable => "not-applicable",
            Self::Error => "error",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Slice of the experiment.
    pub slice: String,
    /// Item.
    pub key: String,
    /// Source of the item.
    pub source: String,
    /// What the item is.
    pub label: Option<String>,
    /// What is true of the quantity, for made items.
    pub truth: Option<f64>,
    /// Method of the experiment.
    pub method: String,
    /// The quantity as the check gave it.
    pub value: Option<f64>,
    /// Higher = more likely manipulated.
    pub score: Option<f64>,
    /// How it went.
    pub status: Outcome,
    /// Why there is no score.
    pub reason: Option<String>,
    /// Seconds spent in the check.
    pub seconds: f64,
}

impl Score {
    /// Whether the item is manipulated, where that is known.
    pub fn fake(&self) -> Option<bool> {
        match self.label.as_deref() {
            Some(label) if label == Label::Fake.name() => Some(true),
            Some(_) => Some(false),
            None => None,
        }
    }
}

/// The rows of a shard on their way: one line of JSON each, all rows of an
/// item written at once. A line that a kill cut off is dropped when the
/// journal is opened again, with what else is there of its item.
pub struct Journal {
    file: File,
    path: PathBuf,
    done: BTreeSet<(String, String)>,
}

impl Journal {
    /// Opens the journal at `path`, where every item has `methods` rows.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] when another process has it open, [`Error::Io`],
    /// [`Error::Unreadable`] for a line that is none.
    pub fn open(path: &Path, methods: usize) -> Result<Self> {
        let io = |e| Error::io(path, e);
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        file.try_lock().map_err(|_| {
            Error::Usage(format!("{}: another process is at work on this shard", path.display()))
        })?;
        let text = std::fs::read_to_string(path).map_err(io)?;
        let whole = whole(&text, path, methods)?;
        let kept: usize = whole.values().flatten().map(|line| line.len() + 1).sum();
        if kept < text.len() {
            // Only this process writes: the lock is held.
            let mut lines: Vec<&&str> = whole.values().flatten().collect();
            lines.sort_by_key(|line| line.as_ptr() as usize);
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            file.set_len(0).map_err(io)?;
            file.write_all(text.as_bytes()).map_err(io)?;
        }
        let done = whole.into_keys().collect();
        Ok(Self { file, path: path.to_owned(), done })
    }

    /// Whether the item was examined in an earlier run.
    pub fn has(&self, slice: &str, key: &str) -> bool {
        self.done.contains(&(slice.to_owned(), key.to_owned()))
    }

    /// Writes the rows of one item.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn write(&mut self, rows: &[Score]) -> Result<()> {
        let mut text = String::new();
        for row in rows {
            let line = serde_json::to_string(row).map_err(|e| Error::compute("a score", e))?;
            text.push_str(&line);
            text.push('\n');
        }
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::io(&self.path, e))
    }
}

/// The lines of the items that are there whole.
fn whole<'a>(
    text: &'a str,
    path: &Path,
    methods: usize,
) -> Result<BTreeMap<(String, String), Vec<&'a str>>> {
    let mut items: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    for line in text.get(..end).unwrap_or_default().lines() {
        let row: Score = parse(line, path)?;
        items.entry((row.slice, row.key)).or_default().push(line);
    }
    items.retain(|_, lines| lines.len() == methods);
    Ok(items)
}

fn parse(line: &str, path: &Path) -> Result<Score> {
    serde_json::from_str(line).map_err(|e| Error::unreadable(path, format!("no score: {e}")))
}

/// The rows of a journal, sorted by slice, item and method.
///
/// # Errors
///
/// As [`Journal::open`].
pub fn read(path: &Path) -> Result<Vec<Score>> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    let lines = text.get(..end).unwrap_or_default().lines();
    let mut rows: Vec<Score> = lines.map(|line| parse(line, path)).collect::<Result<_>>()?;
    rows.sort_by(|a, b| (&a.slice, &a.key, &a.method).cmp(&(&b.slice, &b.key, &b.method)));
    Ok(rows)
}

/// The rows as a table. Seconds are left out: they differ from run to run, and
/// the same scores shall give the same bytes.
pub fn sheet(rows: &[Score]) -> Sheet {
    Sheet::new()
        .text("slice", rows.iter().map(|r| Some(r.slice.as_str())))
        .text("key", rows.iter().map(|r| Some(r.key.as_str())))
        .text("source", rows.iter().map(|r| Some(r.source.as_str())))
        .text("label", rows.iter().map(|r| r.label.as_deref()))
        .number("truth", rows.iter().map(|r| r.truth))
        .text("check", rows.iter().map(|r| Some(r.method.as_str())))
        .number("value", rows.iter().map(|r| r.value))
        .number("score", rows.iter().map(|r| r.score))
        .text("status", rows.iter().map(|r| Some(r.status.name())))
        .text("reason", rows.iter().map(|r| r.reason.as_deref()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    fn row(key: &str, method: &str) -> Score {
        Score {
            slice: "s".to_owned(),
            key: key.to_owned(),
            source: key.to_owned(),
            label: Some("fake".to_owned()),
            truth: None,
            method: method.to_owned(),
            value: Some(1.5),
            score: Some(-1.5),
            status: Outcome::Ok,
            reason: None,
            seconds: 0.25,
        }
    }

    #[test]
    fn a_journal_cut_at_any_byte_goes_on_without_loss_or_repetition() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let items = ["a", "b", "c"];
        let rows = |key: &str| [row(key, "m1"), row(key, "m2")];
        let mut journal = Journal::open(&path, 2).unwrap();
        items.iter().for_each(|key| journal.write(&rows(key)).unwrap());
        drop(journal);
        let full = std::fs::read(&path).unwrap();
        let expected = read(&path).unwrap();
        for cut in 0..=full.len() {
            std::fs::write(&path, &full[..cut]).unwrap();
            let mut journal = Journal::open(&path, 2).unwrap();
            for key in items {
                if !journal.has("s", key) {
                    journal.write(&rows(key)).unwrap();
                }
            }
            drop(journal);
            assert_eq!(read(&path).unwrap(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn two_processes_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let first = Journal::open(&path, 1).unwrap();
        assert!(matches!(Journal::open(&path, 1), Err(Error::Usage(_))));
        drop(first);
        assert!(Journal::open(&path, 1).is_ok());
    }
}
