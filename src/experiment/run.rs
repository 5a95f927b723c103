//! Items × changes × methods → scores. Every item is made or found once, and
//! after each change opened and decoded once for all methods.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::dataset::Label;
use super::degrade;
use super::kept::Kept;
use super::memory::Gate;
use super::question::{Change, Experiment, Method};
use super::score::{Id, Journal, Outcome, Score};
use super::task::{Origin, Task};
use crate::checks::pass::{self, FaceSource};
use crate::checks::{Entry, Finding, Options, Status};
use crate::faces::Follower;
use crate::media::{Exhibit, Limits};
use crate::text::{Lang, Text};
use crate::{Error, Result};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items examined, after each change anew; those of an earlier run included.
    pub done: usize,
    /// Items in all, after each change anew.
    pub all: usize,
    /// Rows with an error so far.
    pub errors: usize,
}

/// What a run works with.
pub struct Engine<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// The networks that find faces, or why there are none.
    pub faces: &'a Result<Follower, Text>,
    /// Where faces found earlier are, if they are kept.
    pub kept: Option<&'a Kept>,
    /// Items at a time, at most.
    pub workers: usize,
    /// Bytes of memory from which on no further item is begun beside others.
    pub memory: Option<u64>,
}

impl Engine<'_> {
    /// Examines every task that the journal does not have.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written; an item that fails is a row.
    pub fn run(
        &self,
        tasks: &[Task],
        journal: &mut Journal,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        let entries = entries(self.experiment, self.faces.is_ok())?;
        let mut at = Progress::default();
        let mut open: Vec<(&Task, Vec<Change>)> = Vec::new();
        for task in tasks {
            let mut changes = self.experiment.changes(&task.slice);
            at.all += changes.len();
            changes.retain(|change| !journal.has(&id(task, change)));
            if !changes.is_empty() {
                open.push((task, changes));
            }
        }
        at.done = at.all - open.iter().map(|(_, changes)| changes.len()).sum::<usize>();
        progress(at);
        let next = AtomicUsize::new(0);
        let gate = Gate::new(self.memory);
        let (send, receive) = mpsc::sync_channel(self.workers * 2);
        std::thread::scope(|scope| {
            for _ in 0..self.workers.max(1) {
                let (send, next, open, entries, gate) =
                    (send.clone(), &next, &open, &entries, &gate);
                scope.spawn(move || {
                    while let Some((task, changes)) = open.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let _entered = gate.enter();
                        if !self.task(task, changes, entries, &mut |rows| send.send(rows).is_ok()) {
                            return;
                        }
                    }
                });
            }
            drop(send);
            for rows in &receive {
                if let Err(error) = journal.write(&rows) {
                    // The workers end when they find the channel closed.
                    drop(receive);
                    return Err(error);
                }
                at.done += 1;
                at.errors += rows.iter().filter(|row| row.status == Outcome::Error).count();
                progress(at);
            }
            journal.sync()
        })
    }

    /// One item as it is and after each change. False when nobody listens.
    fn task(
        &self,
        task: &Task,
        changes: &[Change],
        entries: &[&'static Entry],
        tell: &mut dyn FnMut(Vec<Score>) -> bool,
    ) -> bool {
        let folder = tempfile::tempdir().map_err(|e| Error::io(std::env::temp_dir(), e));
        let there = folder.as_ref().map_err(ToString::to_string).and_then(|folder| {
            let folder = folder.path().join("item");
            file(task, &folder).map_err(|error| error.to_string()).map(|file| (folder, file))
        });
        for change in changes {
            let rows = match &there {
                Err(reason) => self.rows(task, change, &Err(reason.clone())),
                Ok((folder, file)) => {
                    self.rows(task, change, &self.examine(file, change, folder, entries))
                }
            };
            if !tell(rows) {
                return false;
            }
        }
        true
    }

    fn examine(
        &self,
        file: &Path,
        change: &Change,
        folder: &Path,
        entries: &[&'static Entry],
    ) -> Result<pass::Outcome, String> {
        let whole = catch_unwind(AssertUnwindSafe(|| {
            let changed = folder.join("changed");
            let mut path = file.to_owned();
            if change.name.is_some() {
                std::fs::create_dir_all(&changed).map_err(|e| Error::io(&changed, e))?;
                path = degrade::apply(file, &change.steps, &changed)?;
            }
            let exhibit = Exhibit::open(&path, &Limits::default())?;
            let mut faces = match (self.faces, self.kept) {
                (Ok(follower), Some(kept)) => kept.faces(&exhibit.sha256, follower),
                (Ok(follower), None) => FaceSource::Ready(Box::new(follower.clone())),
                (Err(why), _) => FaceSource::Missing(why.clone()),
            };
            let outcome =
                pass::run(&exhibit, entries, &Options::default(), &mut faces, &mut |_| {});
            if let Some(kept) = self.kept.filter(|_| outcome.broken.is_none()) {
                kept.keep(&exhibit.sha256, faces);
            }
            if change.name.is_some() {
                std::fs::remove_dir_all(&changed).map_err(|e| Error::io(&changed, e))?;
            }
            Ok(outcome)
        }));
        match whole {
            Ok(outcome) => outcome.map_err(|error: Error| error.to_string()),
            Err(_) => Err("the examination broke down through a fault of this program".to_owned()),
        }
    }

    /// The rows of one item after one change, in the order of the methods.
    fn rows(
        &self,
        task: &Task,
        change: &Change,
        whole: &Result<pass::Outcome, String>,
    ) -> Vec<Score> {
        self.experiment.methods.iter().map(|method| row(task, change, method, whole)).collect()
    }
}

/// The checks of all methods, and `faces` with those that look at `faces`: it tells
/// how large they are.
///
/// # Errors
///
/// [`Error::Usage`] for a check that there is not.
pub fn entries(experiment: &Experiment, faces: bool) -> Result<Vec<&'static Entry>> {
    let mut names = experiment.checks();
    if faces {
        names.push("faces".to_owned());
    }
    crate::checks::select(&names)
}

/// The file of an item; a made one is written to `folder`.
///
/// # Errors
///
/// When it cannot be made.
pub fn file(task: &Task, folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    match &task.origin {
        Origin::File(path) => Ok(path.clone()),
        Origin::Made(recipe) => recipe.write(folder),
    }
}

fn id(task: &Task, change: &Change) -> Id {
    (task.slice.clone(), task.key.clone(), change.name.clone())
}

fn row(
    task: &Task,
    change: &Change,
    method: &Method,
    whole: &Result<pass::Outcome, String>,
) -> Score {
    let mut row = Score {
        slice: task.slice.clone(),
        key: task.key.clone(),
        source: task.source.clone(),
        degraded: change.name.clone(),
        label: task.label.map(|label| Label::name(label).to_owned()),
        generator: task.generator.clone(),
        compression: task.compression.clone(),
        face_px: None,
        truth: if change.truth { Some(change.level) } else { task.truth },
        method: method.name.clone(),
        value: None,
        score: None,
        status: Outcome::Error,
        reason: None,
        seconds: 0.0,
        frames: Vec::new(),
    };
    let outcome = match whole {
        Ok(outcome) => outcome,
        Err(reason) => {
            row.reason = Some(reason.clone());
            return row;
        }
    };
    let of = |name: &str| outcome.examined.iter().find(|e| e.entry.name == name);
    row.face_px = of("faces").and_then(|faces| quantity(&faces.finding, "face_width_px_max"));
    let Some(examined) = of(&method.check) else { return row };
    row.seconds = examined.seconds;
    let finding = &examined.finding;
    let sign = if method.lower_is_fake { -1.0 } else { 1.0 };
    row.value = quantity(finding, &method.value);
    row.score = row.value.map(|value| sign * value);
    row.frames = method.frames.as_ref().map(|name| frames(finding, name)).unwrap_or_default();
    row.frames.iter_mut().for_each(|score| *score *= sign);
    row.status = match (finding.status, row.value) {
        (_, Some(_)) => Outcome::Ok,
        (Status::Error, None) => Outcome::Error,
        (Status::NotApplicable, None) => Outcome::NotApplicable,
        (_, None) => Outcome::Missing,
    };
    if row.value.is_none() {
        let why = finding.reason.as_ref().map(|reason| reason.get(Lang::En).to_owned());
        row.reason = Some(why.unwrap_or_else(|| format!("no {} in the finding", method.value)));
    }
    row
}

fn quantity(finding: &Finding, name: &str) -> Option<f64> {
    let value = finding.values.iter().find(|value| value.quantity == name).map(|v| v.value);
    let value = value.or(match name {
        "score" => finding.score,
        "log10_nfa" => finding.log10_nfa,
        _ => None,
    });
    value.filter(|value| value.is_finite())
}

/// The scores of single frames: a quantity measured over time or, of
/// `detectors`, the scores of the detector of that name.
fn frames(finding: &Finding, name: &str) -> Vec<f64> {
    let measured = finding.measurements.iter().filter(|m| m.quantity == name).map(|m| m.value);
    let data = finding.attachments.iter().find(|a| a.name == "scores").map(|a| &a.data);
    let detectors = data.and_then(|data| data.as_array()).into_iter().flatten();
    let crops = detectors
        .filter(|detector| detector["name"] == name)
        .flat_map(|detector| detector["crops"].as_array().into_iter().flatten())
        .filter_map(|crop| crop["score"].as_f64());
    measured.chain(crops).filter(|score| score.is_finite()).collect()
}
