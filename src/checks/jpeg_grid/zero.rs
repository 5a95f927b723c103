//! The method as a whole, on one picture: main grid, foreign regions, regions
//! that lost the grid.

use super::regions::{Region, regions};
use super::twin::resaved;
use super::votes::{BORDER, NONE, votes};
use crate::signal::tail::log10_binomial_tail;

/// By chance a pixel votes for a given one of the 64 origins this often.
const CHANCE: f64 = 1.0 / 64.0;

/// A picture's luma in whole levels, row by row.
pub(in crate::checks) struct Luma {
    pub(in crate::checks) pixels: Vec<u8>,
    pub(in crate::checks) width: usize,
    pub(in crate::checks) height: usize,
    /// Of colours, which pixels have a channel at the end of its scale; empty where
    /// the luma is the file's own.
    pub(in crate::checks) ends: Vec<bool>,
}

/// A region that does not fit, with the expected number of such regions in an
/// untouched picture (log10).
#[derive(Clone, Debug)]
pub(super) struct Trace {
    pub(super) region: Region,
    pub(super) log10_nfa: f64,
}

/// What one picture shows.
pub(super) struct Looked {
    pub(super) votes: Vec<u8>,
    /// Pixels that voted.
    pub(super) voters: u64,
    /// The origin with most votes, their number, and its log10 NFA; it is the
    /// main grid when that is below 0.
    pub(super) first: (u8, u64, f64),
    /// Regions with another grid (NFA < 1), strongest first.
    pub(super) foreign: Vec<Trace>,
    /// Number of such regions left out because a coding with blocks of 4×4 makes
    /// them by itself.
    pub(super) fours: usize,
    /// Regions without the main grid that take one when saved as JPEG 99 (NFA
    /// < 1), strongest first. Looked for only where there is a main grid.
    pub(super) missing: Vec<Trace>,
    /// log10 of the number of tests.
    pub(super) log10_tests: f64,
}

/// log10 of the number of tests in a picture: 64 origins twice (the main one
/// and the region's), and X²Y² rectangles (ZERO).
pub(super) fn log10_tests(width: usize, height: usize) -> f64 {
    2.0 * (64f64.log10() + (width as f64).log10() + (height as f64).log10())
}

/// Fewest pixels of a region: with fewer, not even all of one mind, the NFA
/// could be below 1.
pub(super) fn least(log10_tests: f64) -> usize {
    // A hair less, so that rounding does not ask for one pixel more.
    (64.0 * log10_tests / 64f64.log10() - 1e-9).ceil() as usize
}

/// Expected number of places in an untouched picture where `votes` of `pixels`
/// agree (log10). Votes of neighbours depend on each other as long as they
/// share blocks, so both numbers are divided by 64.
pub(super) fn log10_nfa(log10_tests: f64, pixels: u64, votes: u64, chance: f64) -> f64 {
    log10_tests + log10_binomial_tail(pixels / 64, votes / 64, chance)
}

impl Looked {
    /// log10 NFA of the strongest region; without one, that of a region of no
    /// votes, which is the number of tests.
    pub(super) fn strongest(&self) -> f64 {
        let traces = self.foreign.iter().chain(&self.missing);
        traces.map(|trace| trace.log10_nfa).fold(self.log10_tests, f64::min)
    }
}

/// Looks at one picture. `twin` is the same picture saved as JPEG 99; without
/// it, it is worked out where it is needed. Missing regions are looked for on
/// demand.
pub(super) fn look(luma: &Luma, twin: Option<&[u8]>, seek_missing: bool) -> Looked {
    let (width, height) = (luma.width, luma.height);
    let votes = votes(&luma.pixels, width, height);
    let mut counts = [0u64; 64];
    let mut voters = 0;
    for &vote in votes.iter().filter(|vote| **vote != NONE) {
        counts[usize::from(vote) % 64] += 1;
        voters += 1;
    }
    let tests = log10_tests(width, height);
    // The lowest number wins a tie.
    let (origin, most) =
        (0u8..).zip(counts).fold((0, 0), |best, new| if new.1 > best.1 { new } else { best });
    let nfa = log10_nfa(tests, (width * height) as u64, most, CHANCE);
    let main = (nfa < 0.0).then_some(origin);
    let others: Vec<u8> = (0..64).filter(|grid| Some(*grid) != main).collect();
    let foreign = traces(regions(&votes, width, least(tests), &others), tests, CHANCE);
    let (fours, foreign) = split_fours(foreign, main);
    let missing = match main.filter(|_| seek_missing) {
        Some(main) => match twin {
            Some(twin) => lost(luma, &votes, twin, main, tests),
            None => lost(luma, &votes, &resaved(&luma.pixels, width), main, tests),
        },
        None => Vec::new(),
    };
    Looked {
        votes,
        voters,
        first: (origin, most, nfa),
        foreign,
        fours,
        missing,
        log10_tests: tests,
    }
}

/// Sets apart the regions that a coding with blocks of 4×4 makes by itself: it
/// favours several of the origins that lie four pixels apart at once. They are
/// those at such a distance from the main grid; without a main grid, all, if
/// they lie on more than one origin and all of these so. Their number, and
/// the other regions.
fn split_fours(foreign: Vec<Trace>, main: Option<u8>) -> (usize, Vec<Trace>) {
    let all = foreign.len();
    let alike = |a: u8, b: u8| a % 4 == b % 4 && a / 8 % 4 == b / 8 % 4;
    let others: Vec<Trace> = match (main, foreign.first().map(|trace| trace.region.grid)) {
        (Some(main), _) => {
            foreign.into_iter().filter(|trace| !alike(trace.region.grid, main)).collect()
        }
        (None, Some(first))
            if foreign.iter().any(|trace| trace.region.grid != first)
                && foreign.iter().all(|trace| alike(trace.region.grid, first)) =>
        {
            Vec::new()
        }
        (None, _) => foreign,
    };
    (all - others.len(), others)
}

/// Regions of pixels that voted for another origin than the main grid's, but for
/// the grid of `twin` once it is imposed.
///
/// Stricter than ZERO in three ways, each found necessary on genuine
/// photographs, of which the plain rule accuses one in forty. Pixels that did
/// not vote at all are left out: a smooth area is full of ties, and saving again
/// breaks them. So are pixels that share a block with black, white or, in a picture
/// kept in R, G and B, a colour at its brim: cutting values off at 0 or 255 destroys
/// the grid of a genuine picture (two of 105 photographs saved as PNG were accused
/// for a red collar and orange beads, `reports/false-alarms.md`). And in a
/// picture with only a weak compression many pixels change sides everywhere; their
/// share of what is not left out is taken as the chance when it is more than 1/64.
fn lost(luma: &Luma, own: &[u8], twin: &[u8], main: u8, tests: f64) -> Vec<Trace> {
    let (width, height) = (luma.width, luma.height);
    let mut imposed = votes(twin, width, height);
    if imposed.len() != own.len() {
        return Vec::new();
    }
    let cut = cut_off(luma);
    let (mut gained, mut open) = (0u64, 0usize);
    for ((imposed, own), cut) in imposed.iter_mut().zip(own).zip(cut) {
        open += usize::from(!cut);
        if *own == main || *own == NONE || cut {
            *imposed = NONE;
        }
        gained += u64::from(*imposed == 0);
    }
    let inside = width.saturating_sub(2 * BORDER) * height.saturating_sub(2 * BORDER);
    // What was left out is no part of the picture that changes sides.
    let chance = (gained as f64 / open.min(inside).max(1) as f64).clamp(CHANCE, 0.999);
    traces(regions(&imposed, width, least(tests), &[0]), tests, chance)
}

/// Which pixels share a block with one at the end of the scale.
fn cut_off(luma: &Luma) -> Vec<bool> {
    let width = luma.width;
    let mut cut = vec![false; luma.pixels.len()];
    // Pixels left in reach of one above, column by column.
    let mut reach = vec![0usize; width];
    let end = |i: usize| {
        luma.pixels[i] == 0 || luma.pixels[i] == 255 || luma.ends.get(i).copied().unwrap_or(false)
    };
    let spread = |cut: &mut [bool], row: usize, reach: &mut [usize]| {
        let mut last = None;
        for x in 0..width {
            if end(row * width + x) {
                reach[x] = BORDER + 1;
            }
            if reach[x] > 0 {
                reach[x] -= 1;
                let from = last.map_or(0, |l: usize| l + 1).max(x.saturating_sub(BORDER));
                cut[from..(x + BORDER + 1).min(width)].fill(true);
                last = Some(x);
            }
        }
    };
    let rows = cut.chunks_exact_mut(width).enumerate();
    rows.for_each(|(row, cut)| spread(cut, row, &mut reach));
    reach.fill(0);
    let rows = cut.chunks_exact_mut(width).enumerate().rev();
    rows.for_each(|(row, cut)| spread(cut, row, &mut reach));
    cut
}

/// The regions that would be there less than once by chance, strongest first.
fn traces(regions: Vec<Region>, tests: f64, chance: f64) -> Vec<Trace> {
    let mut traces: Vec<Trace> = regions
        .into_iter()
        .map(|region| {
            let [left, top, right, bottom] = region.bounds;
            let area = ((right - left + 1) * (bottom - top + 1)) as u64;
            let log10_nfa = log10_nfa(tests, area, region.places.len() as u64, chance);
            Trace { region, log10_nfa }
        })
        .filter(|trace| trace.log10_nfa < 0.0)
        .collect();
    traces.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    traces
}
