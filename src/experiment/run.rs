//! Items × methods → scores. Every item is opened and decoded once for all
//! methods.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::dataset::Label;
use super::question::Method;
use super::score::{Journal, Outcome, Score};
use super::task::Task;
use crate::Result;
use crate::checks::pass::{self, FaceSource};
use crate::checks::{Entry, Finding, Options, Status};
use crate::faces::Follower;
use crate::media::{Exhibit, Limits};
use crate::text::{Lang, Text};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items examined, those of an earlier run included.
    pub done: usize,
    /// Items in all.
    pub all: usize,
    /// Rows with an error so far.
    pub errors: usize,
}

/// Examines every task that the journal does not have, `workers` at a time.
///
/// # Errors
///
/// When the journal cannot be written; an item that fails is a row.
pub fn run(
    tasks: &[Task],
    methods: &[Method],
    faces: &Result<Follower, Text>,
    workers: usize,
    journal: &mut Journal,
    progress: &mut dyn FnMut(Progress),
) -> Result<()> {
    let names: Vec<String> = methods.iter().map(|method| method.check.clone()).collect();
    let entries = crate::checks::select(&names)?;
    let open: Vec<&Task> =
        tasks.iter().filter(|task| !journal.has(&task.slice, &task.key)).collect();
    let mut at =
        Progress { done: tasks.len() - open.len(), all: tasks.len(), ..Progress::default() };
    progress(at);
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel(workers * 2);
    std::thread::scope(|scope| {
        for _ in 0..workers.max(1) {
            let (send, next, open, entries) = (send.clone(), &next, &open, &entries);
            scope.spawn(move || {
                while let Some(task) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if send.send(examine(task, methods, entries, faces)).is_err() {
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
        Ok(())
    })
}

/// The rows of one item, in the order of `methods`.
fn examine(
    task: &Task,
    methods: &[Method],
    entries: &[&'static Entry],
    faces: &Result<Follower, Text>,
) -> Vec<Score> {
    let whole = catch_unwind(AssertUnwindSafe(|| {
        let exhibit = Exhibit::open(&task.path, &Limits::default())?;
        let mut faces = match faces {
            Ok(follower) => FaceSource::Ready(Box::new(follower.clone())),
            Err(why) => FaceSource::Missing(why.clone()),
        };
        Ok(pass::run(&exhibit, entries, &Options::default(), &mut faces, &mut |_| {}))
    }));
    let whole: Result<pass::Outcome, String> = match whole {
        Ok(outcome) => outcome.map_err(|error: crate::Error| error.to_string()),
        Err(_) => Err("the examination broke down through a fault of this program".to_owned()),
    };
    methods.iter().map(|method| row(task, method, &whole)).collect()
}

fn row(task: &Task, method: &Method, whole: &Result<pass::Outcome, String>) -> Score {
    let mut row = Score {
        slice: task.slice.clone(),
        key: task.key.clone(),
        source: task.source.clone(),
        label: task.label.map(|label| Label::name(label).to_owned()),
        truth: task.truth,
        method: method.name.clone(),
        value: None,
        score: None,
        status: Outcome::Error,
        reason: None,
        seconds: 0.0,
    };
    let examined = match whole {
        Ok(outcome) => outcome.examined.iter().find(|e| e.entry.name == method.check),
        Err(reason) => {
            row.reason = Some(reason.clone());
            return row;
        }
    };
    let Some(examined) = examined else { return row };
    row.seconds = examined.seconds;
    let finding = &examined.finding;
    row.value = quantity(finding, &method.value);
    row.score = row.value.map(|value| if method.lower_is_fake { -value } else { value });
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
