//! Parts of a picture that lack the trace which the rest has, or the reverse.

use super::histogram::{MOST, pattern};
use crate::media::container::jpeg_data::Coefficients;
use crate::signal::tail::log10_binomial_tail;

/// A level is a gap when the earlier quantisation leaves less than this part of
/// the usual there.
const GAP: f64 = 0.5;
/// Sides of the windows tried, in blocks: 4 is the least that holds some
/// hundred coefficients of a detailed part, 64 are 512 pixels.
const SIDES: [usize; 5] = [4, 8, 16, 32, 64];
/// Least coefficients in a window for it to be tested.
const LEAST: u64 = 20;
/// A window counts only if at least this part of its coefficients is of the
/// other kind, as far as the gaps tell: small departures that many coefficients
/// make certain come from saturated or very fine parts.
const LEAST_SHARE: f64 = 0.5;

/// A frequency whose earlier step is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its place, `8·vertical + horizontal`.
    pub place: usize,
    /// Its earlier step.
    pub first: u16,
    /// Its step in the file.
    pub second: u16,
    /// Levels that were judged.
    pub levels: usize,
}

/// A part of the picture that departs from the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Region {
    /// log10 of the expected number of such windows by chance.
    pub log10_nfa: f64,
    /// Left, top, right, bottom in blocks, ends exclusive.
    pub bounds: [usize; 4],
    /// Share of its coefficients that are of the other kind.
    pub share: f64,
}

/// Each block's part.
pub(super) struct Map {
    /// Posterior that a block's coefficients do not bear the trace (Lin 2009);
    /// NaN where it holds none that could tell.
    pub posterior: Vec<f32>,
    /// Regions, strongest first.
    pub regions: Vec<Region>,
    /// log10 of the number of windows.
    pub log10_tests: f64,
}

/// What one level of one frequency tells.
#[derive(Clone, Copy, Default)]
struct Level {
    /// ln of the odds that it bears no trace.
    odds: f32,
    /// Whether it is a gap.
    gap: bool,
    /// Share of gaps among levels like it in this picture, and what it would be
    /// without trace.
    usual: f32,
    free: f32,
}

/// What each level 0 … [`MOST`] of `known` tells, from the histogram of its
/// absolute levels.
fn levels(known: &Known, counts: &[f64]) -> Vec<Option<Level>> {
    let weights = pattern(known.first, known.second, known.levels);
    let (a, b) = (u32::from(known.first), u32::from(known.second));
    let period = (a / gcd(a, b)).max(2) as usize;
    let mut out = vec![None; MOST + 1];
    for k in 1..=known.levels {
        // The levels of one period about this one.
        let from = k.saturating_sub((period - 1) / 2).max(1);
        let to = (from + period - 1).min(known.levels);
        if to - from + 1 < period {
            continue;
        }
        let sum = |f: &dyn Fn(usize) -> f64| (from..=to).map(f).sum::<f64>();
        let all = sum(&|i| counts[i - 1]);
        let gaps = sum(&|i| if weights[i] < GAP { counts[i - 1] } else { 0.0 });
        if all < 20.0 {
            continue;
        }
        // One count for each level, so that a level never met is not impossible.
        let traced = (counts[k - 1] + 1.0) / (all + period as f64);
        out[k] = Some(Level {
            odds: -(traced * period as f64).ln() as f32,
            gap: weights[k] < GAP,
            usual: ((gaps + 1.0) / (all + 2.0)) as f32,
            free: (sum(&|i| f64::from(u8::from(weights[i] < GAP))) / period as f64) as f32,
        });
    }
    out
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Sums of what a block, or a window, holds.
#[derive(Clone, Copy, Default)]
struct Tally {
    count: f64,
    gaps: f64,
    usual: f64,
    free: f64,
}

impl Tally {
    fn plus(self, other: Self, sign: f64) -> Self {
        Self {
            count: self.count + sign * other.count,
            gaps: self.gaps + sign * other.gaps,
            usual: self.usual + sign * other.usual,
            free: self.free + sign * other.free,
        }
    }
}

/// Maps the trace of `known` frequencies over the blocks, `counts` being their
/// histograms. `bearing`: most of the picture bears the trace, so that parts
/// without it are sought; otherwise parts with it. Blocks of `left_out`
/// (saturated) count for nothing.
pub(super) fn map(
    data: &Coefficients,
    known: &[Known],
    counts: &[Vec<f64>],
    left_out: &[bool],
    bearing: bool,
) -> Map {
    let tables: Vec<_> = known.iter().zip(counts).map(|(k, c)| levels(k, c)).collect();
    let (columns, rows) = (data.columns, data.rows);
    let mut posterior = vec![f32::NAN; data.blocks.len()];
    let mut tallies = vec![Tally::default(); (columns + 1) * (rows + 1)];
    for (i, block) in data.blocks.iter().enumerate() {
        let mut tally = Tally::default();
        let (mut odds, mut seen) = (0.0f32, false);
        // Blocks that reach over the edge hold samples that no picture had.
        let whole = 8 * (i % columns + 1) <= data.width && 8 * (i / columns + 1) <= data.height;
        if whole && !left_out.get(i).copied().unwrap_or(false) {
            for (known, table) in known.iter().zip(&tables) {
                let level = usize::from(block[known.place].unsigned_abs());
                let Some(Some(told)) = table.get(level) else { continue };
                odds += told.odds;
                seen = true;
                if told.free > 0.0 {
                    tally.count += 1.0;
                    tally.gaps += f64::from(u8::from(told.gap));
                    tally.usual += f64::from(told.usual);
                    tally.free += f64::from(told.free);
                }
            }
        }
        if seen {
            posterior[i] = 1.0 / (1.0 + (-odds).exp());
        }
        let (x, y) = (i % columns, i / columns);
        let at = |x: usize, y: usize| y * (columns + 1) + x;
        tallies[at(x + 1, y + 1)] = tally
            .plus(tallies[at(x, y + 1)], 1.0)
            .plus(tallies[at(x + 1, y)], 1.0)
            .plus(tallies[at(x, y)], -1.0);
    }
    let windows = windows(columns, rows);
    let log10_tests = (windows.len().max(1) as f64).log10();
    let mut found: Vec<Region> = windows
        .iter()
        .filter_map(|&[x0, y0, x1, y1]| {
            let at = |x: usize, y: usize| tallies[y * (columns + 1) + x];
            let tally =
                at(x1, y1).plus(at(x0, y1), -1.0).plus(at(x1, y0), -1.0).plus(at(x0, y0), 1.0);
            let (chance, share) = judge(&tally, bearing)?;
            let log10_nfa = chance + log10_tests;
            (log10_nfa < 0.0).then_some(Region { log10_nfa, bounds: [x0, y0, x1, y1], share })
        })
        .collect();
    found.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    Map { posterior, regions: merged(&found), log10_tests }
}

/// log10 of the chance of so many (or so few) gaps, and the share of
/// coefficients of the other kind; `None` when there is too little of either.
fn judge(tally: &Tally, bearing: bool) -> Option<(f64, f64)> {
    let count = tally.count.round() as u64;
    if count < LEAST || tally.free - tally.usual < 0.05 * tally.count {
        return None;
    }
    let usual = (tally.usual / tally.count).clamp(1e-9, 1.0 - 1e-9);
    let gaps = (tally.gaps.round().max(0.0) as u64).min(count);
    let (hits, chance, share) = if bearing {
        (gaps, usual, (tally.gaps - tally.usual) / (tally.free - tally.usual))
    } else {
        (count - gaps, 1.0 - usual, 1.0 - tally.gaps / tally.usual)
    };
    // Coefficients have unlike chances; the binomial with their mean bounds the
    // tail of their sum (Hoeffding 1956).
    (share >= LEAST_SHARE).then(|| (log10_binomial_tail(count, hits, chance), share.min(1.0)))
}

/// Square windows of all sizes, half overlapping, as left, top, right, bottom.
fn windows(columns: usize, rows: usize) -> Vec<[usize; 4]> {
    let mut out = Vec::new();
    for side in SIDES.into_iter().filter(|&s| s < columns && s < rows) {
        for y in (0..=rows - side).step_by(side / 2) {
            for x in (0..=columns - side).step_by(side / 2) {
                out.push([x, y, x + side, y + side]);
            }
        }
    }
    out
}

/// Windows that touch become one region, with the strongest of their numbers.
pub(super) fn merged(found: &[Region]) -> Vec<Region> {
    let mut out: Vec<Region> = Vec::new();
    for &region in found {
        let mut region = region;
        // Growing may touch what did not touch before.
        while let Some(at) = out.iter().position(|r| touch(r.bounds, region.bounds)) {
            let other = out.swap_remove(at);
            let [a, b] = [other.bounds, region.bounds];
            region = if other.log10_nfa <= region.log10_nfa { other } else { region };
            region.bounds = [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
        }
        out.push(region);
    }
    out.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    out
}

fn touch(a: [usize; 4], b: [usize; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}
