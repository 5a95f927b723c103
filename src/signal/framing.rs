//! Where frames of an earlier coding begin, told by the size of their coefficients.

use super::stats::{MAD_TO_SIGMA, median_mad};

/// Half width of a peak: neighbouring places share most of a frame.
const NEAR: usize = 4;

/// Where frames of an earlier coding begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Framing {
    /// First sample of a frame, from 0 to its length.
    pub at: usize,
    /// How far the coefficients are smaller there than at other places, in
    /// 1.4826 median absolute deviations.
    pub z: f64,
    /// The same of the next place that is not beside it.
    pub next_z: f64,
    /// The mean logarithm of the coefficients at each place, in nepers.
    pub curve: Vec<f64>,
}

/// The place with the smallest of `scores`, one for each place in a frame; `None` when
/// nothing varies.
pub(super) fn clearest(scores: Vec<f64>) -> Option<Framing> {
    let (median, mad) = median_mad(&mut scores.clone())?;
    let spread = MAD_TO_SIGMA * mad;
    let (at, least) = scores.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let away = |place: usize| place.abs_diff(at).min(scores.len() - place.abs_diff(at)) > NEAR;
    let others = scores.iter().enumerate().filter(|(place, _)| away(*place));
    let next = others.map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
    let (z, next_z) = ((median - least) / spread, (median - next) / spread);
    (z.is_finite() && next_z.is_finite()).then_some(Framing { at, z, next_z, curve: scores })
}
