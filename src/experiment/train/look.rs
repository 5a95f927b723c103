//! Looks at validation pairs: the same pairs every time, of sources that are
//! never learnt from.

use super::config::Plan;
use super::pairs;
use super::store::Item;
use crate::Result;
use crate::evaluate::{Labelled, roc};
use crate::models::learner::Averaged;

/// Pairs looked at together.
const BATCH: usize = 16;
/// The stream of validation pairs.
pub const STREAM: u64 = 3;

/// What a look found.
#[derive(Clone, Debug)]
pub struct Look {
    /// Scores with their truth; a source is a file.
    pub scores: Vec<Labelled>,
    /// Mean cross-entropy.
    pub loss: f64,
}

impl Look {
    /// Area under the ROC.
    pub fn auc(&self) -> f64 {
        roc::auc(&self.scores).unwrap_or(0.5)
    }
}

/// Looks at `plan.learn.looks` pairs of each of `items`.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn look(plan: &Plan, network: &Averaged, items: &[&Item]) -> Result<Look> {
    let numbers = look_numbers(plan, items);
    let (mut scores, mut loss) = (Vec::new(), 0.0);
    for numbers in numbers.chunks(BATCH) {
        let batch = pairs::batch(plan, STREAM, items, numbers)?;
        let logits = network.logits(&batch.pictures, plan.side, batch.truth.len())?;
        for (place, (logit, truth)) in logits.iter().zip(&batch.truth).enumerate() {
            let z = f64::from(*logit);
            loss += (1.0 + (-z.abs()).exp()).ln() + z.max(0.0) - z * f64::from(*truth);
            let source = numbers.get(place / 2).map_or(0, |(_, item)| source(items, *item));
            scores.push(Labelled { score: z, h1: *truth > 0.5, source });
        }
    }
    loss /= scores.len().max(1) as f64;
    Ok(Look { scores, loss })
}

/// The validation pairs with their items.
pub fn look_numbers(plan: &Plan, items: &[&Item]) -> Vec<(u64, usize)> {
    let count = items.len() as u64 * plan.learn.looks;
    (0..count).map(|n| (n, (n % items.len().max(1) as u64) as usize)).collect()
}

/// Position of the first item of the same source.
pub fn source(items: &[&Item], at: usize) -> usize {
    let name = items.get(at).map(|item| &item.source);
    items.iter().position(|item| Some(&item.source) == name).unwrap_or(at)
}
