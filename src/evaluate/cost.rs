//! How good likelihood ratios and probabilities are: C_llr (Brümmer & du Preez
//! 2006), empirical cross-entropy (Ramos 2013), Brier score, calibration error.

use super::{Labelled, counts, pav};

/// C_llr of log10 likelihood ratios, in bits: 0 for perfect ones, 1 for ones
/// that say nothing; above 1 they mislead.
pub fn cllr(items: &[Labelled]) -> Option<f64> {
    entropy(items, 0.0)
}

/// C_llr after the best monotone recalibration: what discrimination costs.
pub fn cllr_min(items: &[Labelled]) -> Option<f64> {
    let pav = pav::Pav::fit(items)?;
    let again = |i: &Labelled| Labelled { score: pav.log10_lr(i.score), ..*i };
    cllr(&items.iter().map(again).collect::<Vec<_>>())
}

/// C_llr less [`cllr_min`]: what bad calibration costs.
pub fn cllr_cal(items: &[Labelled]) -> Option<f64> {
    Some(cllr(items)? - cllr_min(items)?)
}

/// Empirical cross-entropy in bits at prior log10 odds `prior`; at 0 it is
/// C_llr. Infinite when a likelihood ratio is infinitely wrong.
pub fn entropy(items: &[Labelled], prior: f64) -> Option<f64> {
    let (n1, n2) = counts(items)?;
    let p1 = 1.0 / (1.0 + 10f64.powf(-prior));
    let sum = |h1: bool| -> f64 {
        let sign = if h1 { -1.0 } else { 1.0 };
        items.iter().filter(|i| i.h1 == h1).map(|i| softplus(sign * (i.score + prior))).sum()
    };
    Some(p1 * sum(true) / n1 + (1.0 - p1) * sum(false) / n2)
}

/// log2(1 + 10^x), without overflow.
fn softplus(x: f64) -> f64 {
    let x = x * std::f64::consts::LN_10;
    (x.max(0.0) + (-x.abs()).exp().ln_1p()) / std::f64::consts::LN_2
}

/// Brier score of probabilities of H1: their mean squared distance to the
/// truth (Brier 1950). `score` holds the probability.
pub fn brier(items: &[Labelled]) -> Option<f64> {
    counts(items)?;
    let truth = |i: &Labelled| if i.h1 { 1.0 } else { 0.0 };
    let sum: f64 = items.iter().map(|i| (i.score - truth(i)).powi(2)).sum();
    Some(sum / items.len() as f64)
}

/// Expected calibration error of probabilities of H1 over ten bins of equal
/// width (Naeini et al. 2015). `score` holds the probability.
pub fn calibration_error(items: &[Labelled]) -> Option<f64> {
    counts(items)?;
    let mut bins = [0.0f64; 10];
    for item in items {
        let bin = ((item.score * 10.0) as usize).min(9);
        bins[bin] += item.score - if item.h1 { 1.0 } else { 0.0 };
    }
    Some(bins.iter().map(|b| b.abs()).sum::<f64>() / items.len() as f64)
}

/// Share of H1 over the mean probability in each of ten bins of equal width
/// that holds any. `score` holds the probability.
pub fn reliability(items: &[Labelled]) -> Option<Vec<(f64, f64)>> {
    counts(items)?;
    let mut bins = [(0.0f64, 0.0f64, 0.0f64); 10];
    for item in items {
        let bin = &mut bins[((item.score * 10.0) as usize).min(9)];
        *bin = (bin.0 + 1.0, bin.1 + item.score, bin.2 + if item.h1 { 1.0 } else { 0.0 });
    }
    Some(bins.iter().filter(|b| b.0 > 0.0).map(|b| (b.1 / b.0, b.2 / b.0)).collect())
}

/// Shares of likelihood ratios that point the wrong way: of H1 below 1, of H2
/// above 1.
pub fn misleading(items: &[Labelled]) -> Option<(f64, f64)> {
    let (n1, n2) = counts(items)?;
    let of = |h1: bool| {
        let wrong = |i: &&Labelled| i.h1 == h1 && if h1 { i.score < 0.0 } else { i.score > 0.0 };
        items.iter().filter(wrong).count() as f64
    };
    Some((of(true) / n1, of(false) / n2))
}
