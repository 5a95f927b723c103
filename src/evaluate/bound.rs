//! Empirical lower and upper bound of likelihood ratios (Vergeer, van Es, de
//! Jongh, Alberink & Stoel 2016): beyond them, a single misleading ratio more
//! on either side would make the system worse than no system at all.

use super::{Labelled, counts};

/// Accuracy of the bounds in log10.
const STEP: f64 = 0.01;
/// Stand for ratios of 0 and ∞.
const EXTREME: f64 = 9.0;

/// log10 of the lower and the upper bound; 0 is always within.
pub fn elub(items: &[Labelled]) -> Option<(f64, f64)> {
    let (n1, n2) = counts(items)?;
    let clip = |i: &Labelled| (i.score.clamp(-EXTREME, EXTREME), i.h1);
    let llrs: Vec<(f64, bool)> = items.iter().map(clip).collect();
    let lowest = llrs.iter().map(|l| l.0).fold(f64::INFINITY, f64::min);
    let highest = llrs.iter().map(|l| l.0).fold(f64::NEG_INFINITY, f64::max);
    let first = floor_steps(lowest.max(-(n1 + 1.0).log10())).min(0.0);
    let last = (floor_steps(highest.min((n2 + 1.0).log10())) + 1.0).max(0.0);
    let many = (last - first) as usize;
    let at = |i: usize| {
        let (from, to) = (first * STEP, last * STEP);
        if i == many { to } else { from + i as f64 * ((to - from) / many as f64) }
    };
    let (mut lower, mut upper) = (at(0), at(many));
    for i in 0..=many {
        let threshold = at(i);
        if worse(&llrs, (n1, n2), threshold) {
            if threshold <= 0.0 {
                lower = lower.max(threshold + STEP);
            }
            if threshold >= 0.0 {
                upper = upper.min(threshold - STEP);
            }
        }
    }
    Some((lower.min(0.0), upper.max(0.0)))
}

/// Whether, with one misleading ratio more in each class, deciding for H1 above
/// `threshold` costs more than deciding without any ratio.
fn worse(llrs: &[(f64, bool)], (n1, n2): (f64, f64), threshold: f64) -> bool {
    let odds = 10f64.powf(threshold);
    let above =
        |h1: bool| llrs.iter().filter(|l| l.1 == h1 && 10f64.powf(l.0) > odds).count() as f64;
    let system = 1.0 - above(true) / (n1 + 1.0) + odds * (above(false) + 1.0) / (n2 + 1.0);
    let neutral = if 1.0 > odds { odds } else { 1.0 };
    neutral / system < 1.0
}

/// Whole steps below `x`, with the remainder taken exactly, so that a number
/// on a step is not moved by rounding.
fn floor_steps(x: f64) -> f64 {
    let rest = x % STEP;
    let steps = ((x - rest) / STEP).round();
    if rest < 0.0 { steps - 1.0 } else { steps }
}
