//! Windows in which the picture's own trace is missing: a pointer, without a
//! control of false alarms.

use super::regions::{Tallies, Window, hull, pixels, share, touch};
use super::votes::Votes;
use super::{LEAST_SHARE, STRONG};
use crate::signal::stats::{MAD_TO_SIGMA, median_mad};
use crate::signal::tail::log10_normal_tail;

/// Classes of detail; the last takes what lies beyond.
const CLASSES: usize = 64;
/// Where the picture's diagonal has more of the votes than this, its trace is
/// weak, not missing.
const MOST_SHARE: f64 = 0.65;

/// Fewest blocks of a class that tell how often such vote for the trace.
const LEAST_BLOCKS: u32 = 50;
/// Votes are never expected to be surer than this: with certainty no variance would
/// be left to compare with.
const MOST_CHANCE: f64 = 0.98;

/// A part of the picture without its trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missing {
    /// Left, top, right, bottom in pixels, ends exclusive.
    pub(super) bounds: [usize; 4],
    /// Deviations below what blocks of such detail have elsewhere, in units of the
    /// scatter of the picture's windows.
    pub(super) z: f64,
    /// Share of the picture's diagonal among the votes inside.
    pub(super) share: f64,
}

/// Windows with too few votes for `side`, strongest first; those that touch made
/// one.
pub(super) fn missing(
    votes: &Votes,
    side: usize,
    tallies: &Tallies,
    windows: &[Window],
) -> Vec<Missing> {
    let (columns, rows) = (votes.columns, votes.rows);
    if share(tallies.counts([0, 0, columns, rows]), side) < LEAST_SHARE {
        return Vec::new();
    }
    // How often blocks of each class of detail vote for the trace.
    let class = |detail: u8| usize::from(detail).min(CLASSES - 1);
    let mut of_class = [(0u32, 0u32); CLASSES];
    let own = |vote: &super::votes::Vote| vote.diagonal().is_some_and(|(_, s)| s == side);
    for vote in votes.blocks.iter().flatten() {
        let (all, with) = &mut of_class[class(vote.detail)];
        *all += 1;
        *with += u32::from(own(vote));
    }
    let mut chance = of_class.map(|(all, with)| (f64::from(with) + 0.5) / (f64::from(all) + 1.0));
    // More detail tells no less: a class that only the part without a trace has is
    // judged by those below it.
    let mut most = 0.0f64;
    for (chance, (all, _)) in chance.iter_mut().zip(&of_class) {
        if *all >= LEAST_BLOCKS {
            most = most.max(*chance);
        }
        *chance = (*chance).max(most).min(MOST_CHANCE);
    }
    // Votes less those expected, and their variance, above and left of corners.
    let mut sums = vec![(0.0f64, 0.0f64); (columns + 1) * (rows + 1)];
    for row in 0..rows {
        let mut line = (0.0, 0.0);
        for column in 0..columns {
            if let Some(vote) = &votes.blocks[row * columns + column] {
                let p = chance[class(vote.detail)];
                line.0 += f64::from(u8::from(own(vote))) - p;
                line.1 += p * (1.0 - p);
            }
            let above = sums[row * (columns + 1) + column + 1];
            sums[(row + 1) * (columns + 1) + column + 1] = (above.0 + line.0, above.1 + line.1);
        }
    }
    let at = |x: usize, y: usize| sums[y * (columns + 1) + x];
    let z = |&[x0, y0, x1, y1]: &Window| {
        let (a, b, c, d) = (at(x1, y1), at(x0, y0), at(x0, y1), at(x1, y0));
        let variance = a.1 + b.1 - c.1 - d.1;
        // Fewer than three votes in doubt tell nothing.
        (variance > 3.0).then(|| -(a.0 + b.0 - c.0 - d.0) / variance.sqrt())
    };
    let mut found = Vec::new();
    let mut from = 0;
    // The scatter is that of windows of one size.
    while let Some(first) = windows.get(from) {
        let size = first[2] - first[0];
        let until = from + windows[from..].iter().take_while(|w| w[2] - w[0] == size).count();
        let group = &windows[from..until];
        from = until;
        let mut all: Vec<f64> = group.iter().filter_map(z).collect();
        let Some((middle, mad)) = median_mad(&mut all).filter(|_| group.len() >= 9) else {
            continue;
        };
        let scatter = (MAD_TO_SIGMA * mad).max(1.0);
        for window in group {
            let Some(z) = z(window).map(|z| (z - middle.max(0.0)) / scatter) else { continue };
            let inside = share(tallies.counts(*window), side);
            let log10_expected = log10_normal_tail(z) + (windows.len() as f64).log10();
            if z > 0.0 && inside < MOST_SHARE && log10_expected <= STRONG {
                found.push(Missing { bounds: pixels(*window), z, share: inside });
            }
        }
    }
    found.sort_by(|a, b| b.z.total_cmp(&a.z));
    let mut out: Vec<Missing> = Vec::new();
    for part in found {
        match out.iter_mut().find(|m| touch(m.bounds, part.bounds)) {
            Some(m) => m.bounds = hull(m.bounds, part.bounds),
            None => out.push(part),
        }
    }
    out
}
