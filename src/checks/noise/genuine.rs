//! How strong the strongest region of genuine photographs is.

/// Genuine portraits that were looked at: all 341 of one collection (1024×1024
/// and smaller, JPEG), the one of two in which more are flagged
/// (`reports/pixel-checks.md`).
pub(super) const PORTRAITS: u32 = 341;

/// How many of them have a region of at most 0, −1, −2 … in log10 NFA.
const REACHED: [u32; 28] = [
    168, 122, 96, 72, 56, 43, 34, 24, 18, 15, 13, 12, 10, 8, //
    6, 4, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
];

/// How many portraits have a region as strong as `log10_nfa`, rounded up to the
/// next whole number, so that it is never too few.
pub(super) fn reached(log10_nfa: f64) -> u32 {
    if log10_nfa >= 0.0 {
        return PORTRAITS;
    }
    REACHED.get((-log10_nfa) as usize).copied().unwrap_or(0)
}

/// log10 of the chance that a genuine picture, drawn as the portraits were, has a
/// region as strong: with the exhibit as one more of them, the share that it
/// and those make (a conformal p-value; Vovk, Gammerman and Shafer 2005).
pub(super) fn log10_share(log10_nfa: f64) -> f64 {
    (f64::from(reached(log10_nfa).min(PORTRAITS) + 1) / f64::from(PORTRAITS + 1)).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fall_with_strength_and_never_promise_more_than_was_counted() {
        assert!(log10_share(3.0).abs() < 1e-12);
        assert_eq!((reached(-0.5), reached(-4.9), reached(-5.0), reached(-99.0)), (168, 56, 43, 0));
        let shares: Vec<f64> = (0..400).map(|i| log10_share(-f64::from(i) / 10.0)).collect();
        assert!(shares.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!((shares[399] + 342f64.log10()).abs() < 1e-12);
    }
}
