//! Windows in which one of two sides wins beyond chance.

use super::Choice;
use super::votes::{BLOCK, START, Vote, Votes};
use crate::signal::tail::log10_binomial_tail;

/// Sides of the windows, in blocks: 64 to 512 pixels. Half as wide, fewer than
/// thirty blocks vote, too few for two strata to exceed chance by themselves.
const SIDES: [usize; 4] = [8, 16, 32, 64];
/// A window widens a region when its share of votes exceeds one half by this part
/// of what the strongest one's does.
const NEARLY: f64 = 0.6;

/// Left, top, right, bottom in blocks, ends exclusive.
pub(super) type Window = [usize; 4];

/// Votes in one window: `[stratum][side]`.
pub(super) type Counts = [[u32; 2]; 2];

/// Sums of votes above and left of every corner.
pub(super) struct Tallies {
    columns: usize,
    rows: usize,
    sums: Vec<Counts>,
}

/// A window, or several that touch, with another diagonal or phase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    /// Left, top, right, bottom in pixels, ends exclusive.
    pub(super) bounds: [usize; 4],
    pub(super) log10_nfa: f64,
    /// Share of the votes for the other side.
    pub(super) share: f64,
    /// The side that wins.
    pub(super) side: usize,
    /// Share of the votes outside that are for the opposite side.
    pub(super) rest: f64,
    /// Whether it is the phase that differs, not the diagonal.
    pub(super) phase: bool,
}

impl Tallies {
    /// Counts the votes that `vote` reads from blocks: stratum and side.
    pub(super) fn new(votes: &Votes, vote: impl Fn(&Vote) -> Option<(usize, usize)>) -> Self {
        let (columns, rows) = (votes.columns, votes.rows);
        let mut sums = vec![Counts::default(); (columns + 1) * (rows + 1)];
        for row in 0..rows {
            let mut line = Counts::default();
            for column in 0..columns {
                let block = &votes.blocks[row * columns + column];
                if let Some((stratum, side)) = block.as_ref().and_then(&vote) {
                    line[stratum][side] += 1;
                }
                let above = sums[row * (columns + 1) + column + 1];
                sums[(row + 1) * (columns + 1) + column + 1] = combine(above, line, |a, b| a + b);
            }
        }
        Self { columns, rows, sums }
    }

    /// The votes in a window.
    pub(super) fn counts(&self, [x0, y0, x1, y1]: Window) -> Counts {
        let at = |x: usize, y: usize| self.sums[y * (self.columns + 1) + x];
        let plus = combine(at(x1, y1), at(x0, y0), |a, b| a + b);
        let minus = combine(at(x0, y1), at(x1, y0), |a, b| a + b);
        combine(plus, minus, |a, b| a - b)
    }

    /// The side with more votes in the whole picture, two sides tried.
    pub(super) fn whole(&self) -> Choice {
        let counts = self.counts([0, 0, self.columns, self.rows]);
        let side = usize::from(log10_chance(counts, 1) < log10_chance(counts, 0));
        let log10_nfa = log10_chance(counts, side) + 2f64.log10();
        Choice { side, log10_nfa, share: share(counts, side) }
    }

    /// All windows, half a side apart.
    pub(super) fn windows(&self) -> Vec<Window> {
        let mut out = Vec::new();
        for side in SIDES.into_iter().filter(|&s| s <= self.columns && s <= self.rows) {
            for y in (0..=self.rows - side).step_by(side / 2) {
                for x in (0..=self.columns - side).step_by(side / 2) {
                    out.push([x, y, x + side, y + side]);
                }
            }
        }
        out
    }

    /// Adds the windows in which `side` wins with fewer than one false alarm.
    pub(super) fn judge(
        &self,
        windows: &[Window],
        side: usize,
        log10_tests: f64,
        phase: bool,
        found: &mut Vec<Region>,
    ) {
        let whole = self.counts([0, 0, self.columns, self.rows]);
        for &window in windows {
            let counts = self.counts(window);
            // Without a majority in both strata no sum of tails is needed.
            if counts.iter().any(|stratum| stratum[side] <= stratum[1 - side]) {
                continue;
            }
            let log10_nfa = log10_chance(counts, side) + log10_tests;
            if log10_nfa < 0.0 {
                let rest = share(combine(whole, counts, |a, b| a - b), 1 - side);
                let share = share(counts, side);
                found.push(Region { bounds: pixels(window), log10_nfa, share, rest, side, phase });
            }
        }
    }
}

fn combine(a: Counts, b: Counts, with: fn(u32, u32) -> u32) -> Counts {
    [0, 1].map(|s| [0, 1].map(|side| with(a[s][side], b[s][side])))
}

/// log10 of the chance that `side` gets so many of the votes for both, in the
/// stratum where that is less of a surprise.
fn log10_chance(counts: Counts, side: usize) -> f64 {
    counts
        .iter()
        .map(|stratum| {
            let n = u64::from(stratum[0]) + u64::from(stratum[1]);
            log10_binomial_tail(n, u64::from(stratum[side]), 0.5)
        })
        .fold(f64::NEG_INFINITY, f64::max)
}

/// Share of the votes for `side`; one half without votes.
pub(super) fn share(counts: Counts, side: usize) -> f64 {
    let of = |side: usize| f64::from(counts[0][side] + counts[1][side]);
    let all = of(0) + of(1);
    if all > 0.0 { of(side) / all } else { 0.5 }
}

/// A window in pixels.
pub(super) fn pixels(window: Window) -> [usize; 4] {
    window.map(|blocks| START + blocks * BLOCK)
}

/// Windows that touch and agree become one region with the strongest's numbers;
/// of those that touch and do not, the stronger stays.
pub(super) fn merged(mut found: Vec<Region>) -> Vec<Region> {
    found.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    let mut out: Vec<Region> = Vec::new();
    for region in found {
        match out.iter_mut().find(|r| touch(r.bounds, region.bounds)) {
            Some(r) if (r.side, r.phase) == (region.side, region.phase) => {
                if region.share - 0.5 >= NEARLY * (r.share - 0.5) {
                    r.bounds = hull(r.bounds, region.bounds);
                }
            }
            Some(_) => {}
            None => out.push(region),
        }
    }
    out
}

pub(super) fn hull(a: [usize; 4], b: [usize; 4]) -> [usize; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

pub(super) fn touch(a: [usize; 4], b: [usize; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}
