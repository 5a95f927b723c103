//! Where the run of the frames is out of the ordinary.

use super::{BACK, Signature, rms};
use crate::signal::stats::{median, quantile};

/// Residuals on each side that make the ordinary level.
const AROUND: usize = 8;
/// Level below which the scene stands still, in grey levels: the noise of
/// coding alone stays below it (0.07 to 0.4 in the still parts of the
/// development clips).
pub(super) const STILL: f64 = 0.5;
/// Share of the level up to which a frame is a duplicate. Duplicates of a conversion
/// of the frame rate, coded again, lay at 0.01 to 0.05; frames that were no
/// duplicates seldom below 0.15.
const DUPLICATE: f64 = 0.1;
/// Fewest repeating frames of a freeze. Fewer have a majority of moving frames
/// beside each of them and show as duplicates.
const LEAST_FREEZE: usize = 8;
/// How many times the greatest of its neighbours a jump is, and its least size in
/// grey levels. In motion without cuts 2.2 was the largest among some 3,000
/// frames (3.8 where duplicates had broken the motion up); hard cuts had 2.7 and 2.8
/// there, since the frame after a cut differs from the next by more than usual.
const JUMP: f64 = 2.5;
const LEAST_JUMP: f64 = 2.0;
/// Neighbours on each side that a jump must stand out from.
const BESIDE: usize = 3;
/// How much of the jumps the frames around an insertion may differ.
const RETURN: f64 = 0.4;
/// Least length and distance of a repeated stretch, in frames.
const LEAST_REPEAT: usize = 10;
/// Largest difference of repeated frames in 8×8 cells, in grey levels: coding
/// again moves the means of so large cells by some tenths.
const SAME: f32 = 0.5;

/// Residuals and what stands out in them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Events {
    /// Difference with the frame before, grey levels; NaN for the first.
    pub residual: Vec<f64>,
    /// The ordinary level around each frame.
    pub level: Vec<f64>,
    /// Frames that repeat the one before, in motion; those of freezes not among
    /// them.
    pub duplicates: Vec<usize>,
    /// First repeating frame of a picture that stands frozen beside motion, and
    /// the number of frames that repeat it.
    pub freezes: Vec<(usize, usize)>,
    /// The distance at which duplicates recur, if they do so regularly.
    pub cadence: Option<f64>,
    /// Frames that jump away from the one before, those of insertions not
    /// among them.
    pub jumps: Vec<usize>,
    /// First frame and number of inserted ones.
    pub inserted: Vec<(usize, usize)>,
    /// First frame, frame at which it is repeated, and length.
    pub repeats: Vec<(usize, usize, usize)>,
}

pub(super) fn events(back: &[[f32; BACK]], signatures: &[Signature]) -> Events {
    let residual: Vec<f64> = back.iter().map(|b| f64::from(b[0])).collect();
    let level: Vec<f64> = (0..residual.len()).map(|i| around(&residual, i, AROUND)).collect();
    let mut found = Events { residual, level, ..Events::default() };
    found.freezes = freezes(&found.residual);
    let frozen = |i: usize| found.freezes.iter().any(|&(from, n)| (from..from + n).contains(&i));
    for i in 1..found.residual.len() {
        let (here, level) = (found.residual[i], found.level[i]);
        if level >= STILL && here <= DUPLICATE * level && !frozen(i) {
            found.duplicates.push(i);
        }
    }
    found.cadence = cadence(&found.duplicates);
    let mut skip = 0;
    for i in 1..found.residual.len() {
        if i < skip || found.residual[i] < LEAST_JUMP {
            continue;
        }
        if let Some(count) = insertion(back, &found.residual, &found.level, i) {
            found.inserted.push((i, count));
            skip = i + count + 1;
        } else if stands_out(&found.residual, i) {
            found.jumps.push(i);
        }
    }
    found.repeats = repeats(signatures, &found.level);
    found
}

/// The ordinary level of the residuals beside `i`; 0 when there is none.
fn around(residual: &[f64], i: usize, reach: usize) -> f64 {
    let beside = i.saturating_sub(reach)..(i + reach + 1).min(residual.len());
    ordinary(beside.filter(|&j| j != i).map(|j| residual[j]))
}

/// Median of the residuals that are not repeats beside the others: where every
/// second frame is doubled, half of them are. What they are held against is the
/// fourth fifth, so that neither two repeats in three nor three cuts in sixteen
/// decide.
fn ordinary(residuals: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = residuals.filter(|r| r.is_finite()).collect();
    let Some(high) = quantile(&mut values, 0.8) else { return 0.0 };
    values.retain(|r| *r > DUPLICATE * high);
    median(&mut values).unwrap_or(0.0)
}

/// Runs of frames that repeat the one before while the scene moves right before
/// or right after the run: their own neighbours stand still with them, so the
/// level is that of the frames outside the run. A single frame that changes a
/// little (an intra picture coded anew) does not end a run.
fn freezes(residual: &[f64]) -> Vec<(usize, usize)> {
    let beside = |range: std::ops::Range<usize>| {
        let values = residual[range].iter().copied().filter(|r| r.is_finite());
        if values.clone().count() >= AROUND { ordinary(values) } else { 0.0 }
    };
    let n = residual.len();
    let mut found = Vec::new();
    let mut at = 1;
    while at < n {
        let before = beside(at.saturating_sub(AROUND)..at);
        let still = |i: usize, level: f64| residual.get(i).is_some_and(|r| *r <= DUPLICATE * level);
        // Without motion before, a level is looked for after the run: there, by
        // the strictest that may count as motion.
        let level = if before >= STILL { before } else { STILL };
        let mut end = at;
        while still(end, level)
            || end > at && residual.get(end).is_some_and(|r| *r < STILL) && still(end + 1, level)
        {
            end += 1;
        }
        let after = beside(end.min(n)..(end + AROUND).min(n));
        if end - at >= LEAST_FREEZE && before.max(after) >= STILL {
            found.push((at, end - at));
        }
        at = end.max(at + 1);
    }
    found
}

fn stands_out(residual: &[f64], i: usize) -> bool {
    let beside = i.saturating_sub(BESIDE)..(i + BESIDE + 1).min(residual.len());
    let most = beside.filter(|&j| j != i).map(|j| residual[j]).fold(0.0, f64::max);
    residual[i] >= JUMP * most
}

/// How many frames from `i` on are foreign to what lies before and after.
fn insertion(back: &[[f32; BACK]], residual: &[f64], level: &[f64], i: usize) -> Option<usize> {
    (1..BACK).find(|&count| {
        let Some((&end, beyond)) = residual.get(i + count).zip(back.get(i + count)) else {
            return false;
        };
        let edges = residual[i].min(end);
        let across = f64::from(beyond[count]);
        let usual = level[i].max(level[i + count]);
        edges >= LEAST_JUMP && edges >= JUMP * usual && across <= RETURN * edges
    })
}

/// The usual distance of `duplicates`, if three in four of the distances lie
/// within one frame of it, or of two or three times it (one was not told from
/// coding noise). At least six duplicates are asked for. Closer ones have to
/// recur exactly: every second frame (15 frames a second made 30), or two in
/// three (10 made 30), which is 1.5.
fn cadence(duplicates: &[usize]) -> Option<f64> {
    let steps: Vec<f64> = duplicates.windows(2).map(|w| (w[1] - w[0]) as f64).collect();
    let most = |of: &[f64], step: f64| {
        let same = of.iter().filter(|s| **s == step).count();
        of.len() >= 5 && same * 4 >= of.len() * 3
    };
    if most(&steps, 2.0) {
        return Some(2.0);
    }
    let pairs: Vec<f64> = steps.windows(2).map(|w| w[0] + w[1]).collect();
    if most(&pairs, 3.0) {
        return Some(1.5);
    }
    let usual = median(&mut steps.clone())?;
    let regular = |step: &&f64| {
        (1..=3).any(|times| (**step - f64::from(times) * usual).abs() <= f64::from(times))
    };
    let near = steps.iter().filter(regular).count();
    (usual >= 3.0 && steps.len() >= 5 && near * 4 >= steps.len() * 3).then_some(usual)
}

/// Stretches that come back, the longest first; one that lies inside another
/// is left out.
fn repeats(signatures: &[Signature], level: &[f64]) -> Vec<(usize, usize, usize)> {
    let n = signatures.len();
    let moving = |i: usize| level.get(i).is_some_and(|l| *l >= STILL);
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    for lag in LEAST_REPEAT..n {
        let mut run = 0;
        for i in 0..=n - lag {
            // Most pairs differ in their first cell already.
            let same = i + lag < n
                && moving(i)
                && (signatures[i][0] - signatures[i + lag][0]).abs() <= 8.0 * SAME
                && (signatures[i][36] - signatures[i + lag][36]).abs() <= 8.0 * SAME
                && rms(&signatures[i], &signatures[i + lag]) <= SAME;
            if same {
                run += 1;
                continue;
            }
            if run >= LEAST_REPEAT && varied(&signatures[i - run..i]) {
                found.push((i - run, i - run + lag, run));
            }
            run = 0;
        }
    }
    found.sort_by_key(|&(from, to, length)| (std::cmp::Reverse(length), from, to));
    let mut kept: Vec<(usize, usize, usize)> = Vec::new();
    for (from, to, length) in found {
        let inside = |&(f, t, l): &(usize, usize, usize)| {
            from < f + l && f < from + length || to < t + l && t < to + length
        };
        if !kept.iter().any(inside) && kept.len() < 100 {
            kept.push((from, to, length));
        }
    }
    kept.sort_unstable();
    kept
}

/// Whether the stretch goes somewhere: its frames differ from its first by
/// more than what counts as the same. A tremor that returns does not.
fn varied(stretch: &[Signature]) -> bool {
    let Some(first) = stretch.first() else { return false };
    stretch.iter().any(|s| rms(first, s) > 4.0 * SAME)
}
