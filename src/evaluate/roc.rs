//! Discrimination: ROC (Fawcett 2006), its area, equal error rate, average
//! precision, DET (Martin et al. 1997).

use super::{Labelled, counts, groups};
use crate::signal::tail::log10_normal_tail;

/// A point of the ROC: what happens when every score from `threshold` on is
/// called H1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The threshold; +∞ for the first point.
    pub threshold: f64,
    /// Share of H2 called H1.
    pub fpr: f64,
    /// Share of H1 called H1.
    pub tpr: f64,
}

/// The ROC from (0, 0) to (1, 1), one point a different score.
pub fn curve(items: &[Labelled]) -> Option<Vec<Point>> {
    let (n1, n2) = counts(items)?;
    let mut points = vec![Point { threshold: f64::INFINITY, fpr: 0.0, tpr: 0.0 }];
    let (mut tp, mut fp) = (0.0, 0.0);
    for (threshold, h1, h2) in groups(items).into_iter().rev() {
        tp += h1;
        fp += h2;
        points.push(Point { threshold, fpr: fp / n2, tpr: tp / n1 });
    }
    Some(points)
}

/// Area under the ROC: the chance that a score of H1 exceeds one of H2, ties
/// counting half (Hanley & McNeil 1982).
pub fn auc(items: &[Labelled]) -> Option<f64> {
    let points = curve(items)?;
    Some(points.windows(2).map(|w| (w[1].fpr - w[0].fpr) * (w[1].tpr + w[0].tpr) / 2.0).sum())
}

/// Equal error rate: where false alarms and misses are equally frequent, by
/// straight lines between the points of the ROC.
pub fn eer(items: &[Labelled]) -> Option<f64> {
    let points = curve(items)?;
    points.windows(2).find_map(|w| {
        let [a, b] = [w[0], w[1]].map(|p| p.fpr - (1.0 - p.tpr));
        (a <= 0.0 && b >= 0.0).then(|| {
            let part = if b == a { 0.0 } else { -a / (b - a) };
            w[0].fpr + part * (w[1].fpr - w[0].fpr)
        })
    })
}

/// Average precision: precision at each threshold, weighted by the recall it
/// adds; not interpolated.
pub fn average_precision(items: &[Labelled]) -> Option<f64> {
    let (n1, _) = counts(items)?;
    let (mut tp, mut all, mut sum) = (0.0, 0.0, 0.0);
    for (_, h1, h2) in groups(items).into_iter().rev() {
        tp += h1;
        all += h1 + h2;
        sum += h1 / n1 * tp / all;
    }
    Some(sum)
}

/// The largest share of H1 that some threshold finds while it calls at most
/// the share `fpr` of H2 H1. Not interpolated: a threshold that exists does it.
pub fn tpr_at(items: &[Labelled], fpr: f64) -> Option<f64> {
    let points = curve(items)?;
    points.iter().filter(|p| p.fpr <= fpr).map(|p| p.tpr).reduce(f64::max)
}

/// Share of items on the right side of `threshold` (from it on: H1).
pub fn accuracy(items: &[Labelled], threshold: f64) -> Option<f64> {
    let right = items.iter().filter(|i| (i.score >= threshold) == i.h1).count();
    (!items.is_empty()).then(|| right as f64 / items.len() as f64)
}

/// The threshold at which the share of H1 found exceeds the false alarms the
/// most (Youden 1950); of several the highest.
pub fn best_threshold(items: &[Labelled]) -> Option<f64> {
    let mut points = curve(items)?.into_iter().filter(|p| p.threshold.is_finite());
    let first = points.next()?;
    let better = |a: Point, b: Point| if b.tpr - b.fpr > a.tpr - a.fpr { b } else { a };
    Some(points.fold(first, better).threshold)
}

/// Precision over recall, one point a different score.
pub fn precision_recall(items: &[Labelled]) -> Option<Vec<(f64, f64)>> {
    let (n1, _) = counts(items)?;
    let (mut tp, mut all) = (0.0, 0.0);
    let point = |(_, h1, h2): (f64, f64, f64)| {
        tp += h1;
        all += h1 + h2;
        (tp / n1, tp / all)
    };
    Some(groups(items).into_iter().rev().map(point).collect())
}

/// The DET curve: false alarms and misses on normal-deviate axes. Points
/// where either is 0 or 1 have no place there.
pub fn det(items: &[Labelled]) -> Option<Vec<(f64, f64)>> {
    let inside = |p: f64| p > 0.0 && p < 1.0;
    let points = curve(items)?;
    let points = points.into_iter().map(|p| (p.fpr, 1.0 - p.tpr));
    Some(
        points
            .filter(|(a, b)| inside(*a) && inside(*b))
            .map(|(a, b)| (probit(a), probit(b)))
            .collect(),
    )
}

/// The normal deviate below which a share `p` lies; by bisection of the tail
/// that the rest of the program uses, to its last digits.
pub fn probit(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return if p <= 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let (sign, tail) = if p < 0.5 { (-1.0, p) } else { (1.0, 1.0 - p) };
    let goal = tail.log10();
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if log10_normal_tail(middle) > goal { low = middle } else { high = middle }
    }
    sign * (low + high) / 2.0
}
