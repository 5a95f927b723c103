//! A change of level in a series, with a bound on false alarms.
//!
//! The statistic is the largest excursion of the cumulative sum from its
//! straight line, over the deviation (Page 1954; Csörgő & Horváth 1997, Limit
//! theorems in change-point analysis, section 2.1). Without a change it
//! approaches the supremum of a Brownian bridge, whose distribution is
//! Kolmogorov's.

use crate::signal::stats::{MAD_TO_SIGMA, median, median_mad};

/// Values on either side of a change at least.
pub const LEAST: usize = 4;

/// The likeliest change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// First value after it.
    pub at: usize,
    /// Median after minus median before.
    pub step: f64,
    /// Robust deviation within the more restless of the two sides.
    pub scatter: f64,
    /// Probability of so large an excursion without a change; up to about twice
    /// as large for few values that are much like their neighbours.
    pub p: f64,
}

/// The likeliest change in `values`; `None` for fewer than twice [`LEAST`]
/// values or when nothing varies.
pub fn change(values: &[f64]) -> Option<Change> {
    let n = values.len();
    if n < 2 * LEAST || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut sum = 0.0;
    let (mut at, mut best, mut largest) = (0, 0.0f64, 0.0f64);
    for (i, value) in values.iter().enumerate().take(n - LEAST) {
        sum += value - mean;
        let before = i + 1;
        if before < LEAST {
            continue;
        }
        largest = largest.max(sum.abs());
        // Where two levels fit best in the sense of least squares.
        let fit = sum * sum / (before * (n - before)) as f64;
        if fit > best {
            (at, best) = (before, fit);
        }
    }
    if at == 0 {
        return None;
    }
    let (before, after) = values.split_at(at);
    let middle = |part: &[f64]| median(&mut part.to_vec());
    let (a, b) = (middle(before)?, middle(after)?);
    let unrest = |part: &[f64]| median_mad(&mut part.to_vec()).map(|(_, mad)| MAD_TO_SIGMA * mad);
    let scatter = unrest(before)?.max(unrest(after)?);
    // What is left when the change is taken out. Neighbours are alike in real
    // series, which makes long excursions likelier: the long-run deviation of
    // a first-order process, its likeness taken at the upper end of what the
    // values allow (95 %), since few values tell it poorly.
    let rest: Vec<f64> = before.iter().map(|v| v - a).chain(after.iter().map(|v| v - b)).collect();
    let products = |lag: usize| -> f64 {
        rest.iter().zip(rest.iter().skip(lag)).map(|(x, y)| x * y).sum::<f64>()
    };
    let alike = if products(0) > 0.0 { products(1) / products(0) } else { 0.0 };
    let alike = (alike + 1.645 / (n as f64).sqrt()).clamp(0.0, 0.9);
    let variance = products(0) / n as f64 * (1.0 + alike) / (1.0 - alike);
    let (_, mad) = median_mad(&mut rest.clone())?;
    let deviation = variance.max((MAD_TO_SIGMA * mad).powi(2)).sqrt();
    if deviation <= 0.0 || deviation.is_nan() {
        // Two constants: certain, if they differ.
        return (a != b).then_some(Change { at, step: b - a, scatter, p: 0.0 });
    }
    let x = largest / (deviation * (n as f64).sqrt());
    Some(Change { at, step: b - a, scatter, p: kolmogorov(x) })
}

/// P(sup |Brownian bridge| > x) = 2 Σ (−1)^(k+1) e^(−2k²x²).
pub fn kolmogorov(x: f64) -> f64 {
    if x < 0.3 {
        return 1.0;
    }
    let terms = (1..=20).map(|k| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * f64::from(k * k) * x * x).exp()
    });
    (2.0 * terms.sum::<f64>()).clamp(0.0, 1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn kolmogorovs_table() {
        // The usual critical values of the limit distribution.
        for (x, p) in [(1.224, 0.10), (1.358, 0.05), (1.628, 0.01)] {
            assert!((kolmogorov(x) - p).abs() < 5e-4, "{x}: {}", kolmogorov(x));
        }
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        let mut random = SplitMix::new(1);
        let values: Vec<f64> =
            (0..60).map(|i| random.normal() + if i < 23 { 0.0 } else { 4.0 }).collect();
        let found = change(&values).unwrap();
        assert!(found.at.abs_diff(23) <= 1 && (found.step - 4.0).abs() < 0.8, "{found:?}");
        assert!(found.p < 1e-4, "{found:?}");
        assert_eq!(change(&[1.0; 20]), None);
        assert_eq!(change(&[1.0, 2.0]), None);
    }

    #[test]
    fn noise_alone_alarms_no_more_often_than_said() {
        let mut random = SplitMix::new(2);
        // Of neighbours much alike few values tell too little: 1.7 % were seen.
        for (likeness, most) in [(0.0, 30), (0.5, 50)] {
            let mut alarms = 0;
            for _ in 0..2000 {
                let mut last = 0.0;
                let values: Vec<f64> = (0..60)
                    .map(|_| {
                        last = likeness * last + random.normal();
                        last
                    })
                    .collect();
                alarms += usize::from(change(&values).is_some_and(|found| found.p < 0.01));
            }
            assert!(alarms <= most, "{likeness}: {alarms} of 2000 at 0.01");
        }
    }
}
