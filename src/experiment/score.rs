//! Scores: one row an item and method; the journal that survives a kill, and
//! the table at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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
    /// What was done to it before, as `sweep level`.
    pub degraded: Option<String>,
    /// What the item is.
    pub label: Option<String>,
    /// How it was manipulated, in the data set's words.
    pub generator: Option<String>,
    /// Its compression, in the data set's words.
    pub compression: Option<String>,
    /// Width of the widest face in pixels, where a method looks for faces.
    pub face_px: Option<f64>,
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
    /// Scores of single frames, in their order, where the method has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<f64>,
}

/// Slice, key and change: what is examined at once.
pub type Id = (String, String, Option<String>);

impl Score {
    /// Whether the item is manipulated, where that is known.
    pub fn fake(&self) -> Option<bool> {
        match self.label.as_deref() {
            Some(label) if label == Label::Fake.name() => Some(true),
            Some(_) => Some(false),
            None => None,
        }
    }

    /// What it is a score of.
    pub fn id(&self) -> Id {
        (self.slice.clone(), self.key.clone(), self.degraded.clone())
    }
}

/// The order of rows in tables.
pub fn sort(rows: &mut [Score]) {
    rows.sort_by(|a, b| {
        (&a.slice, &a.key, &a.degraded, &a.method).cmp(&(&b.slice, &b.key, &b.degraded, &b.method))
    });
}

/// The rows of a shard on their way: one line of JSON each, all rows of an
/// item written at once. A line that a kill cut off is dropped when the
/// journal is opened again, with what else is there of its item.
///
/// Written rows outlive the process at once; that they outlive a power cut is
/// asked of the disk once a second, for it may take longer than the check.
pub struct Journal {
    file: File,
    path: PathBuf,
    done: BTreeSet<Id>,
    synced: Instant,
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
        lock(&file, path)?;
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
        Ok(Self { file, path: path.to_owned(), done, synced: Instant::now() })
    }

    /// Whether the item was examined in an earlier run.
    pub fn has(&self, id: &Id) -> bool {
        self.done.contains(id)
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
        self.file.write_all(text.as_bytes()).map_err(|e| Error::io(&self.path, e))?;
        if self.synced.elapsed() >= Duration::from_secs(1) {
            self.synced = Instant::now();
            self.sync()?;
        }
        Ok(())
    }

    /// Has the disk keep what was written.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|e| Error::io(&self.path, e))
    }
}

/// Takes the journal for this process alone. A process that was just killed, or
/// a child that is just starting, may hold it for a moment longer.
fn lock(file: &File, path: &Path) -> Result<()> {
    for _ in 0..40 {
        if file.try_lock().is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Err(Error::Usage(format!("{}: another process is at work on this shard", path.display())))
}

/// The lines of the items that are there whole.
fn whole<'a>(text: &'a str, path: &Path, methods: usize) -> Result<BTreeMap<Id, Vec<&'a str>>> {
    let mut items: BTreeMap<Id, Vec<&str>> = BTreeMap::new();
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    for line in text.get(..end).unwrap_or_default().lines() {
        let row: Score = parse(line, path)?;
        items.entry(row.id()).or_default().push(line);
    }
    items.retain(|_, lines| lines.len() == methods);
    Ok(items)
}

fn parse(line: &str, path: &Path) -> Result<Score> {
    serde_json::from_str(line).map_err(|e| Error::unreadable(path, format!("no score: {e}")))
}

/// The rows of a journal, sorted.
///
/// # Errors
///
/// As [`Journal::open`].
pub fn read(path: &Path) -> Result<Vec<Score>> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    let lines = text.get(..end).unwrap_or_default().lines();
    let mut rows: Vec<Score> = lines.map(|line| parse(line, path)).collect::<Result<_>>()?;
    sort(&mut rows);
    Ok(rows)
}

/// The rows as a table, with the seconds that each took.
pub fn timed(rows: &[Score], device: &str) -> Sheet {
    sheet(rows, device).number("seconds", rows.iter().map(|r| Some(r.seconds)))
}

/// The rows as a table, examined on `device`. Seconds are left out: they differ from run
/// to run, and the same scores shall give the same bytes.
pub fn sheet(rows: &[Score], device: &str) -> Sheet {
    Sheet::new()
        .text("slice", rows.iter().map(|r| Some(r.slice.as_str())))
        .text("key", rows.iter().map(|r| Some(r.key.as_str())))
        .text("source", rows.iter().map(|r| Some(r.source.as_str())))
        .text("degraded", rows.iter().map(|r| r.degraded.as_deref()))
        .text("label", rows.iter().map(|r| r.label.as_deref()))
        .text("generator", rows.iter().map(|r| r.generator.as_deref()))
        .text("compression", rows.iter().map(|r| r.compression.as_deref()))
        .number("face_px", rows.iter().map(|r| r.face_px))
        .number("truth", rows.iter().map(|r| r.truth))
        .text("method", rows.iter().map(|r| Some(r.method.as_str())))
        .number("value", rows.iter().map(|r| r.value))
        .number("score", rows.iter().map(|r| r.score))
        .text("status", rows.iter().map(|r| Some(r.status.name())))
        .text("reason", rows.iter().map(|r| r.reason.as_deref()))
        .text("device", rows.iter().map(|_| Some(device)))
}

/// The rows of a table that [`sheet`] made; the frames are left out.
///
/// # Errors
///
/// [`Error::Malformed`] when it is no such table.
pub fn rows(sheet: &Sheet) -> Result<Vec<Score>> {
    let word = |name: &str| -> Result<Vec<Option<String>>> { Ok(sheet.words(name)?.to_vec()) };
    let [slice, key, source, degraded, label] =
        ["slice", "key", "source", "degraded", "label"].map(word);
    let [generator, compression, method, status, reason] =
        ["generator", "compression", "method", "status", "reason"].map(word);
    let (slice, key, source, degraded, label) = (slice?, key?, source?, degraded?, label?);
    let (generator, compression, method) = (generator?, compression?, method?);
    let (status, reason) = (status?, reason?);
    let [face_px, truth, value, score] =
        ["face_px", "truth", "value", "score"].map(|name| sheet.numbers(name));
    let (face_px, truth, value, score) = (face_px?, truth?, value?, score?);
    let text = |cells: &[Option<String>], row: usize| cells.get(row).cloned().flatten();
    let number = |cells: &[Option<f64>], row: usize| cells.get(row).copied().flatten();
    (0..sheet.height())
        .map(|row| {
            let status = text(&status, row).unwrap_or_default();
            let known = [Outcome::Ok, Outcome::Missing, Outcome::NotApplicable, Outcome::Error];
            Ok(Score {
                slice: text(&slice, row).unwrap_or_default(),
                key: text(&key, row).unwrap_or_default(),
                source: text(&source, row).unwrap_or_default(),
                degraded: text(&degraded, row),
                label: text(&label, row),
                generator: text(&generator, row),
                compression: text(&compression, row),
                face_px: number(face_px, row),
                truth: number(truth, row),
                method: text(&method, row).unwrap_or_default(),
                value: number(value, row),
                score: number(score, row),
                status: known.into_iter().find(|o| o.name() == status).ok_or_else(|| {
                    Error::malformed("table", format!("`{status}` is no outcome of a method"))
                })?,
                reason: text(&reason, row),
                seconds: 0.0,
                frames: Vec::new(),
            })
        })
        .collect()
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
            degraded: None,
            label: Some("fake".to_owned()),
            generator: None,
            compression: None,
            face_px: Some(80.0),
            truth: None,
            method: method.to_owned(),
            value: Some(1.5),
            score: Some(-1.5),
            status: Outcome::Ok,
            reason: None,
            seconds: 0.25,
            frames: vec![0.5, 1.5],
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
                if !journal.has(&("s".to_owned(), key.to_owned(), None)) {
                    journal.write(&rows(key)).unwrap();
                }
            }
            drop(journal);
            assert_eq!(read(&path).unwrap(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_table_of_scores_comes_back() {
        let mut rows = vec![row("a", "m1"), row("b", "m1")];
        rows[1].degraded = Some("JPEG 60".to_owned());
        rows[1].status = Outcome::Missing;
        let timed = timed(&rows, "CPU");
        assert_eq!(timed.numbers("seconds").unwrap(), [Some(0.25), Some(0.25)]);
        assert_eq!(timed.words("device").unwrap()[1].as_deref(), Some("CPU"));
        let back = super::rows(&sheet(&rows, "CPU")).unwrap();
        rows.iter_mut().for_each(|row| (row.seconds, row.frames) = (0.0, Vec::new()));
        assert_eq!(back, rows);
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
