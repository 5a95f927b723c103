//! What is drawn of a set of likelihood ratios: Tippett, ECE, PAV and DET
//! curves as points; `plot` draws them.

use super::{Labelled, cost, counts, pav, roc};

/// Points of a curve.
pub type Curve = Vec<(f64, f64)>;

/// Share of ratios of at least each value, for H1 and for H2 (Tippett et al.
/// 1968; Meuwly 2001).
pub fn tippett(items: &[Labelled]) -> Option<[Curve; 2]> {
    counts(items)?;
    Some([true, false].map(|h1| {
        let mut llrs: Vec<f64> = items.iter().filter(|i| i.h1 == h1).map(|i| i.score).collect();
        llrs.sort_by(f64::total_cmp);
        let n = llrs.len() as f64;
        // Two points a value: the share falls by a step there.
        let step =
            |(i, x): (usize, &f64)| [(*x, (n - i as f64) / n), (*x, (n - i as f64 - 1.0) / n)];
        llrs.iter().enumerate().flat_map(step).collect()
    }))
}

/// Empirical cross-entropy over prior log10 odds from −3 to 3: of the ratios,
/// after PAV, and of no ratios at all.
pub fn entropy(items: &[Labelled]) -> Option<[Curve; 3]> {
    let best = pav::Pav::fit(items)?;
    let after: Vec<_> =
        items.iter().map(|i| Labelled { score: best.log10_lr(i.score), ..*i }).collect();
    let none: Vec<_> = items.iter().map(|i| Labelled { score: 0.0, ..*i }).collect();
    let curve = |items: &[Labelled]| {
        let at = |step: i32| {
            let prior = f64::from(step) / 20.0;
            cost::entropy(items, prior).map(|e| (prior, e))
        };
        (-60..=60).filter_map(at).collect()
    };
    Some([curve(items), curve(&after), curve(&none)])
}

/// log10 ratio after PAV over the ratio before; on the diagonal where
/// calibration is perfect.
pub fn pav(items: &[Labelled]) -> Option<Curve> {
    let best = pav::Pav::fit(items)?;
    let mut llrs: Vec<f64> = items.iter().map(|i| i.score).filter(|x| x.is_finite()).collect();
    llrs.sort_by(f64::total_cmp);
    llrs.dedup();
    Some(llrs.into_iter().map(|x| (x, best.log10_lr(x))).filter(|p| p.1.is_finite()).collect())
}

/// Misses over false alarms, both as normal deviates.
pub fn det(items: &[Labelled]) -> Option<Curve> {
    roc::det(items)
}
