//! From a plan to weights. A run's folder holds `state.safetensors` (all that is
//! needed to go on), `journal.jsonl` (one line a look) and, of the best look so
//! far, `best.safetensors`. A run that was killed goes on from its last state,
//! and ends with the same bytes as one that was not.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::config::Plan;
use super::look::{Look, look};
use super::store::{Item, Split};
use super::{classical, draw, pairs};
use crate::evaluate::{Labelled, bootstrap, roc};
use crate::models::learner::{Averaged, Learner, Rules};
use crate::models::store::write;
use crate::nn::{DeviceChoice, device};
use crate::{Error, Result};

/// The stream of training pairs.
pub const STREAM: u64 = 2;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Steps taken.
    pub step: u64,
    /// Mean loss since the last look.
    pub loss: f64,
    /// Loss on the validation pairs.
    pub validation_loss: f64,
    /// AUC on them.
    pub validation_auc: f64,
}

/// How far training has come.
#[derive(Clone, Debug)]
pub struct At {
    /// Steps taken.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// The last look, once there was one.
    pub last: Option<Line>,
}

/// How it ended.
#[derive(Clone, Debug, Serialize)]
pub struct Ended {
    /// Numbers that were learnt.
    pub parameters: usize,
    /// Items learnt from, and those of validation.
    pub items: [usize; 2],
    /// The look whose weights were kept.
    pub best: Line,
    /// Middle 95 % of the AUC over resampled sources.
    pub auc_interval: Option<(f64, f64)>,
    /// Scores (logits) from which at most 1 % and at most 5 % of the genuine halves
    /// are flagged.
    pub thresholds: [f64; 2],
    /// Share of changed halves flagged there.
    pub found: [f64; 2],
}

/// Learns as `plan` says, in `folder`.
///
/// # Errors
/// When the folder cannot be written, or the numbers run away.
pub fn learn(
    plan: &Plan,
    items: &[Item],
    folder: &Path,
    on: DeviceChoice,
    told: &mut dyn FnMut(&At),
) -> Result<Ended> {
    let of = |split: Split| items.iter().filter(|i| i.split == split).collect::<Vec<_>>();
    let (train, validation) = (of(Split::Train), of(Split::Validation));
    if train.is_empty() || validation.is_empty() {
        return Err(Error::Usage("too few sources for training and validation".to_owned()));
    }
    if plan.network == "rich" {
        return classical::learn(plan, &train, &validation, folder, told);
    }
    let rules =
        Rules { decay: plan.learn.decay, clip: plan.learn.clip, average: plan.learn.average };
    let mut learner = Learner::new(&plan.network, plan.seed, rules, &device(on)?)?;
    let (state, best) = (folder.join("state.safetensors"), folder.join("best.safetensors"));
    let mut lines = Vec::new();
    if let Ok(bytes) = fs::read(&state) {
        learner.resume(&bytes)?;
        lines = journal(folder)?;
        lines.retain(|line| line.step <= learner.steps());
    }
    let mut sum = 0.0;
    while learner.steps() < plan.learn.steps {
        let step = learner.steps();
        let numbers = numbers(plan, step, train.len());
        let batch = pairs::batch(plan, STREAM, &train, &numbers)?;
        sum += learner.step(&batch.pictures, plan.side, &batch.truth, plan.rate(step))?;
        let at = learner.steps();
        if at.is_multiple_of(plan.learn.look) || at == plan.learn.steps {
            let found = look(plan, &learner.averaged()?, &validation)?;
            let since = at - lines.last().map_or(0, |line: &Line| line.step);
            let line = Line {
                step: at,
                loss: short(sum / since.max(1) as f64),
                validation_loss: short(found.loss),
                validation_auc: short(found.auc()),
            };
            sum = 0.0;
            let better = lines.iter().all(|l| l.validation_auc < line.validation_auc);
            lines.push(line);
            if better {
                write(&best, &learner.weights()?)?;
            }
            // The journal first: lines beyond the state are dropped when going on.
            keep(folder, &lines)?;
            write(&state, &learner.state()?)?;
        }
        told(&At { step: at, steps: plan.learn.steps, last: lines.last().cloned() });
    }
    end(plan, &learner, &lines, &best, [train.len(), validation.len()], &validation, on)
}

/// To six decimals: what is written and read again is the same number.
fn short(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Pairs of a step with their items: every item once before any comes again, in
/// an order of its own each round.
pub fn numbers(plan: &Plan, step: u64, items: usize) -> Vec<(u64, usize)> {
    let first = step * plan.learn.pairs as u64;
    let mut order = (u64::MAX, Vec::new());
    (first..first + plan.learn.pairs as u64)
        .map(|number| {
            let round = number / items as u64;
            if order.0 != round {
                order = (round, draw::shuffled(plan.seed, round, items));
            }
            let at = (number % items as u64) as usize;
            (number, order.1.get(at).copied().unwrap_or(0))
        })
        .collect()
}

/// The journal of a run.
///
/// # Errors
/// [`Error::Io`]; [`Error::Unreadable`] when it was changed.
pub fn journal(folder: &Path) -> Result<Vec<Line>> {
    let path = folder.join("journal.jsonl");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(&path, error)),
    };
    let line = |line: &str| {
        serde_json::from_str(line).map_err(|error| Error::unreadable(&path, error.to_string()))
    };
    text.lines().map(line).collect()
}

fn keep(folder: &Path, lines: &[Line]) -> Result<()> {
    let mut text = String::new();
    for line in lines {
        text += &serde_json::to_string(line).map_err(|e| Error::compute("the journal", e))?;
        text.push('\n');
    }
    write(&folder.join("journal.jsonl"), text.as_bytes())
}

/// The network with the weights at `path`.
///
/// # Errors
/// When they cannot be read, or are of another network.
pub fn kept(plan: &Plan, path: &Path, on: DeviceChoice) -> Result<Averaged> {
    Averaged::of_file(&plan.network, crate::models::store::read(path)?, &device(on)?)
}

fn end(
    plan: &Plan,
    learner: &Learner,
    lines: &[Line],
    best: &Path,
    items: [usize; 2],
    validation: &[&Item],
    on: DeviceChoice,
) -> Result<Ended> {
    let kept = kept(plan, best, on)?;
    let Look { scores, .. } = look(plan, &kept, validation)?;
    let line = lines.iter().max_by(|a, b| a.validation_auc.total_cmp(&b.validation_auc));
    let line = line.ok_or_else(|| Error::compute("training", "there was no look"))?;
    Ok(ended(plan, learner.parameters(), items, line.clone(), &scores))
}

/// Sums up what the kept weights reached.
pub fn ended(
    plan: &Plan,
    parameters: usize,
    items: [usize; 2],
    best: Line,
    scores: &[Labelled],
) -> Ended {
    let at = |fpr: f64| -> (f64, f64) {
        let points = roc::curve(scores).unwrap_or_default();
        let best = points.into_iter().rfind(|p| p.fpr <= fpr);
        best.map_or((f64::INFINITY, 0.0), |p| (p.threshold, p.tpr))
    };
    let (one, five) = (at(0.01), at(0.05));
    Ended {
        parameters,
        items,
        best,
        auc_interval: bootstrap::interval(scores, bootstrap::SAMPLES, plan.seed, roc::auc),
        thresholds: [one.0, five.0],
        found: [one.1, five.1],
    }
}
