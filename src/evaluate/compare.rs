//! Whether two methods differ: areas under the ROC (DeLong, DeLong &
//! Clarke-Pearson 1988), decisions (McNemar 1947), many pairs at once (Holm
//! 1979).

use crate::signal::tail::{log10_binomial_tail, log10_normal_tail};

/// Two areas under the ROC on the same items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Areas {
    /// The two areas.
    pub auc: [f64; 2],
    /// Their standard errors.
    pub error: [f64; 2],
    /// Difference over its standard error.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
}

/// DeLong's test of two scores, `(a, b, h1)` for each item. Items are taken as
/// independent. `None` with fewer than two items of a class; `z` is 0 where
/// the two order all pairs alike.
pub fn delong(items: &[(f64, f64, bool)]) -> Option<Areas> {
    let of = |h1: bool| items.iter().filter(move |i| i.2 == h1);
    let (n1, n2) = (of(true).count(), of(false).count());
    if n1 < 2 || n2 < 2 {
        return None;
    }
    let wins = |a: f64, b: f64| {
        if a > b {
            1.0
        } else if a == b {
            0.5
        } else {
            0.0
        }
    };
    // Of each item of H1, how many of H2 it beats, and the other way round.
    let mut first = [vec![0.0; n1], vec![0.0; n1]];
    let mut second = [vec![0.0; n2], vec![0.0; n2]];
    for (i, one) in of(true).enumerate() {
        for (j, two) in of(false).enumerate() {
            for (k, win) in [wins(one.0, two.0), wins(one.1, two.1)].into_iter().enumerate() {
                first[k][i] += win / n2 as f64;
                second[k][j] += win / n1 as f64;
            }
        }
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let covariance = |a: &[f64], b: &[f64]| {
        let (ma, mb) = (mean(a), mean(b));
        a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum::<f64>() / (a.len() - 1) as f64
    };
    let s = |k: usize, l: usize| {
        covariance(&first[k], &first[l]) / n1 as f64
            + covariance(&second[k], &second[l]) / n2 as f64
    };
    let auc = [mean(&first[0]), mean(&first[1])];
    let variance = (s(0, 0) + s(1, 1) - 2.0 * s(0, 1)).max(0.0);
    let z = if variance > 0.0 { (auc[0] - auc[1]) / variance.sqrt() } else { 0.0 };
    let p = (2.0 * 10f64.powf(log10_normal_tail(z.abs()))).min(1.0);
    Some(Areas { auc, error: [s(0, 0).max(0.0).sqrt(), s(1, 1).max(0.0).sqrt()], z, p })
}

/// McNemar's exact test, two-sided: `b` items that only the first method got
/// right, `c` that only the second did.
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let n = b + c;
    if n == 0 {
        return 1.0;
    }
    (2.0 * 10f64.powf(log10_binomial_tail(n, b.max(c), 0.5))).min(1.0)
}

/// Holm's correction: p-values that may be held against one level together, in
/// the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![0.0; p.len()];
    let mut highest = 0.0f64;
    for (rank, i) in order.into_iter().enumerate() {
        highest = highest.max((p[i] * (p.len() - rank) as f64).min(1.0));
        corrected[i] = highest;
    }
    corrected
}
