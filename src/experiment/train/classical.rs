//! The classical detector trained on the same pairs: numbers of each half, and
//! logistic regression; how stiff it is, is chosen on the validation pairs.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::config::Plan;
use super::look::{STREAM as LOOK, look_numbers, source};
use super::pairs;
use super::progress::{At, Ended, Line, STREAM, ended, numbers};
use super::store::Item;
use crate::evaluate::logistic::Logistic;
use crate::evaluate::{Labelled, roc};
use crate::models::learner::described;
use crate::models::store::write;
use crate::{Error, Result};

/// Weights of the squared slopes that are tried.
const RIDGES: [f64; 4] = [3.0, 30.0, 300.0, 3000.0];

/// Rows of numbers with their truth and source.
type Rows = Vec<(Vec<f64>, bool, usize)>;

/// Fits the detector in `folder`.
///
/// # Errors
/// When the folder cannot be written, or the numbers cannot be fitted.
pub fn learn(
    plan: &Plan,
    train: &[&Item],
    validation: &[&Item],
    folder: &Path,
    told: &mut dyn FnMut(&At),
) -> Result<Ended> {
    let mut rows = Rows::new();
    for step in 0..plan.learn.steps {
        let numbers = numbers(plan, step, train.len());
        describe(plan, STREAM, train, &numbers, &mut rows)?;
        told(&At { step: step + 1, steps: plan.learn.steps, last: None });
    }
    let mut held = Rows::new();
    for numbers in look_numbers(plan, validation).chunks(16) {
        describe(plan, LOOK, validation, numbers, &mut held)?;
    }
    let (mean, scale) = spread(&rows);
    let standard = |row: &[f64]| -> Vec<f64> {
        row.iter().zip(mean.iter().zip(&scale)).map(|(v, (m, s))| (v - m) * s).collect()
    };
    let fitted: Vec<(Vec<f64>, bool)> =
        rows.iter().map(|(row, truth, _)| (standard(row), *truth)).collect();
    let mut best: Option<(f64, Logistic, Vec<Labelled>, Line)> = None;
    for (at, ridge) in RIDGES.into_iter().enumerate() {
        let Some(line) = Logistic::fit(&fitted, ridge) else { continue };
        let scores: Vec<Labelled> = held
            .iter()
            .map(|(row, h1, source)| Labelled {
                score: line.at(&standard(row)),
                h1: *h1,
                source: *source,
            })
            .collect();
        let auc = roc::auc(&scores).unwrap_or(0.5);
        if best.as_ref().is_none_or(|(least, ..)| auc > *least) {
            let loss = |z: f64, h1: bool| {
                (1.0 + (-z.abs()).exp()).ln() + z.max(0.0) - if h1 { z } else { 0.0 }
            };
            let mean =
                |of: &mut dyn Iterator<Item = f64>, n: usize| of.sum::<f64>() / n.max(1) as f64;
            let told = Line {
                step: at as u64 + 1,
                loss: mean(&mut fitted.iter().map(|(r, h1)| loss(line.at(r), *h1)), fitted.len()),
                validation_loss: mean(
                    &mut scores.iter().map(|s| loss(s.score, s.h1)),
                    scores.len(),
                ),
                validation_auc: auc,
            };
            best = Some((auc, line, scores, told));
        }
    }
    let Some((_, line, scores, told)) = best else {
        return Err(Error::compute("training", "the numbers could not be fitted"));
    };
    write(&folder.join("best.safetensors"), &weights(&mean, &scale, &line)?)?;
    Ok(ended(plan, line.slopes.len() + 1, [train.len(), validation.len()], told, &scores))
}

fn describe(
    plan: &Plan,
    stream: u64,
    items: &[&Item],
    numbers: &[(u64, usize)],
    into: &mut Rows,
) -> Result<()> {
    let batch = pairs::batch(plan, stream, items, numbers)?;
    let rows = described(&batch.pictures, plan.side, batch.truth.len())?;
    for (place, (row, truth)) in rows.iter().zip(&batch.truth).enumerate() {
        let of = numbers.get(place / 2).map_or(0, |(_, item)| source(items, *item));
        into.push((row.iter().map(|v| f64::from(*v)).collect(), *truth > 0.5, of));
    }
    Ok(())
}

/// Mean of each number, and what makes its deviation 1.
fn spread(rows: &Rows) -> (Vec<f64>, Vec<f64>) {
    let count = rows.len().max(1) as f64;
    let width = rows.first().map_or(0, |row| row.0.len());
    let of = |at: usize| rows.iter().map(move |row| row.0.get(at).copied().unwrap_or(0.0));
    let mean: Vec<f64> = (0..width).map(|at| of(at).sum::<f64>() / count).collect();
    let scale = mean.iter().enumerate().map(|(at, mean)| {
        let variance = of(at).map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        if variance > 1e-12 { 1.0 / variance.sqrt() } else { 0.0 }
    });
    let scale = scale.collect();
    (mean, scale)
}

fn weights(mean: &[f64], scale: &[f64], line: &Logistic) -> Result<Vec<u8>> {
    let failed = |error: safetensors::SafeTensorError| Error::compute("writing weights", error);
    let bytes = |values: &[f64]| -> Vec<u8> {
        values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect()
    };
    let row = |values: &[f64]| (vec![1, values.len()], bytes(values));
    let parts = [
        ("bias", (vec![1], bytes(&[line.intercept]))),
        ("mean", row(mean)),
        ("scale", row(scale)),
        ("weight", row(&line.slopes)),
    ];
    let views = parts
        .iter()
        .map(|(name, (shape, bytes))| {
            Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(failed)?))
        })
        .collect::<Result<Vec<_>>>()?;
    safetensors::serialize(views, None::<HashMap<String, String>>).map_err(failed)
}
