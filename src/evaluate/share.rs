//! The interval of a share.

use crate::signal::tail::log10_binomial_tail;

/// The exact 95 % interval of a share of which `k` of `n` were seen (Clopper &
/// Pearson 1934), by bisection of the binomial tail. `None` without any.
pub fn interval(k: u64, n: u64) -> Option<(f64, f64)> {
    if n == 0 || k > n {
        return None;
    }
    // The share p at which P(X ≥ k) is 2.5 %.
    let low = |k: u64| {
        let (mut a, mut b) = (0.0f64, 1.0f64);
        for _ in 0..60 {
            let p = (a + b) / 2.0;
            if log10_binomial_tail(n, k, p) < 0.025f64.log10() { a = p } else { b = p }
        }
        (a + b) / 2.0
    };
    Some((if k == 0 { 0.0 } else { low(k) }, if k == n { 1.0 } else { 1.0 - low(n - k) }))
}
