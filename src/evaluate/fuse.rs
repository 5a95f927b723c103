//! Several scores of one exhibit as one likelihood ratio.
//!
//! Likelihood ratios of scores that share a cause are never multiplied: one
//! logistic function is fitted to all of them together, so that what one score
//! already says is not counted again. A score that could not be measured is an
//! input of its own kind (it counts as average, and whether it is missing is
//! told to the function), since that too may depend on the proposition.

use std::f64::consts::LN_10;

use super::calibrate::RIDGE;
use super::logistic::Logistic;

/// A fitted function of several scores.
#[derive(Clone, Debug)]
pub struct Fusion {
    logistic: Logistic,
    /// Mean and standard deviation of each score.
    scales: Vec<(f64, f64)>,
}

impl Fusion {
    /// Learns from items of equally many scores, `None` where one could not be
    /// measured. `None` when a class is empty.
    pub fn fit(items: &[(Vec<Option<f64>>, bool)]) -> Option<Self> {
        let width = items.first()?.0.len();
        let scales: Vec<(f64, f64)> = (0..width)
            .map(|k| {
                let known: Vec<f64> =
                    items.iter().filter_map(|i| i.0.get(k).copied().flatten()).collect();
                let n = known.len().max(1) as f64;
                let mean = known.iter().sum::<f64>() / n;
                let sd = (known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
                (mean, if sd > 0.0 { sd } else { 1.0 })
            })
            .collect();
        let rows: Vec<_> =
            items.iter().map(|(scores, h1)| (inputs(scores, &scales), *h1)).collect();
        Some(Self { logistic: Logistic::fit(&rows, RIDGE)?, scales })
    }

    /// log10 likelihood ratio of the scores together.
    pub fn log10_lr(&self, scores: &[Option<f64>]) -> f64 {
        self.logistic.at(&inputs(scores, &self.scales)) / LN_10
    }
}

/// Each score in standard deviations (0 when missing), and whether it misses.
fn inputs(scores: &[Option<f64>], scales: &[(f64, f64)]) -> Vec<f64> {
    let each = scales.iter().zip(scores.iter().chain(std::iter::repeat(&None)));
    each.flat_map(|((mean, sd), score)| match score {
        Some(x) => [(x - mean) / sd, 0.0],
        None => [0.0, 1.0],
    })
    .collect()
}
