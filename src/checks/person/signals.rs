//! Twenty movements of a face, and how they go together.

use crate::faces::geometry;

/// Signals a frame (Agarwal et al. 2019 use 20).
pub const COUNT: usize = 20;
/// Correlations between them.
pub const PAIRS: usize = COUNT * (COUNT - 1) / 2;
/// Length and step of a window in seconds (the paper: 10 s).
const WINDOW_S: f64 = 10.0;
const STEP_S: f64 = 5.0;
/// Least rows a second: movements of speech have up to some 7 Hz.
const LEAST_RATE: f64 = 15.0;
/// A longer gap than this ends a window.
const GAP_S: f64 = 0.2;

/// One window.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Seconds.
    pub start_s: f64,
    /// [`PAIRS`] correlations, in the order (0, 1), (0, 2) … (18, 19).
    pub correlations: Vec<f32>,
}

/// The signals of one mesh: distances over that of the outer eye corners, in
/// three dimensions or along the head's own vertical; pitch and roll in
/// degrees. `None` for a mesh without extent.
pub fn row(mesh: &[[f32; 3]]) -> Option<[f64; COUNT]> {
    let point = |i: usize| mesh.get(i).map(|p| p.map(f64::from));
    let minus = |a: [f64; 3], b: [f64; 3]| [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    let length = |v: [f64; 3]| (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    let eyes = length(minus(point(33)?, point(263)?));
    let down = minus(point(152)?, point(10)?);
    let tall = length(down);
    if !(eyes > 1.0 && tall > 1.0) {
        return None;
    }
    let down = down.map(|v| v / tall);
    let apart = |a: usize, b: usize| Some(length(minus(point(a)?, point(b)?)) / eyes);
    // How far b lies under a, along the head.
    let under = |a: usize, b: usize| {
        let d = minus(point(b)?, point(a)?);
        Some((d[0] * down[0] + d[1] * down[1] + d[2] * down[2]) / eyes)
    };
    let both = |r: Option<f64>, l: Option<f64>| Some((r? + l?) / 2.0);
    let pose = geometry::pose(mesh)?;
    Some([
        both(under(55, 133), under(285, 362))?,  // inner brows raised
        both(under(70, 33), under(300, 263))?,   // outer brows raised
        apart(55, 285)?,                         // brows drawn together
        both(under(159, 145), under(386, 374))?, // lids open
        both(under(159, 33), under(386, 263))?,  // upper lids raised
        both(under(145, 33), under(374, 263))?,  // lower lids raised
        both(under(145, 50), under(374, 280))?,  // cheeks raised
        both(under(133, 129), under(362, 358))?, // nose wrinkled
        under(2, 0)?,                            // upper lip raised
        both(under(61, 13), under(291, 13))?,    // corners raised
        both(under(61, 17), under(291, 17))?,    // corners lowered
        apart(61, 291)?,                         // mouth wide
        apart(0, 13)?,                           // upper lip thick
        apart(14, 17)?,                          // lower lip thick
        apart(13, 14)?,                          // lips apart
        under(17, 152)?,                         // chin raised
        under(1, 152)?,                          // jaw dropped
        both(apart(61, 234), apart(291, 454))?,  // corners drawn aside
        f64::from(pose.pitch),
        f64::from(pose.roll),
    ])
}

/// Correlations in windows of 10 s without a gap, every 5 s. `columns` holds
/// [`COUNT`] signals as long as `times`, which rise.
pub fn windows(times: &[f64], columns: &[Vec<f64>]) -> Vec<Window> {
    let mut found = Vec::new();
    let (mut from, mut next) = (0, f64::NEG_INFINITY);
    while let Some(start) = times.get(from) {
        let mut to = from + 1;
        let mut whole = false;
        while let Some(t) = times.get(to) {
            if t - times[to - 1] > GAP_S {
                break;
            }
            to += 1;
            if t - start >= WINDOW_S - 0.05 {
                whole = true;
                break;
            }
        }
        if !whole {
            // Ended by a gap, or by the end: go on behind it.
            from = to;
            next = f64::NEG_INFINITY;
            continue;
        }
        let rate = (to - from) as f64 / WINDOW_S;
        if *start >= next && rate >= 0.99 * LEAST_RATE {
            let part: Vec<&[f64]> = columns.iter().filter_map(|c| c.get(from..to)).collect();
            found.push(Window { start_s: *start, correlations: correlations(&part) });
            next = start + STEP_S;
        }
        let ahead = if next.is_finite() { next } else { start + STEP_S };
        from += times.get(from..).map_or(1, |rest| rest.partition_point(|t| *t < ahead)).max(1);
    }
    found
}

/// Pearson's, 0 where a signal stands still.
fn correlations(columns: &[&[f64]]) -> Vec<f32> {
    let flat: Vec<Vec<f64>> = columns
        .iter()
        .map(|c| {
            let mean = c.iter().sum::<f64>() / c.len().max(1) as f64;
            let size = c.iter().map(|v| (v - mean).powi(2)).sum::<f64>().sqrt();
            c.iter().map(|v| if size > 1e-9 { (v - mean) / size } else { 0.0 }).collect()
        })
        .collect();
    let mut out = Vec::with_capacity(PAIRS);
    for (i, a) in flat.iter().enumerate() {
        for b in flat.iter().skip(i + 1) {
            out.push(a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() as f32);
        }
    }
    out
}
