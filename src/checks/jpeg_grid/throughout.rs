//! Whether a foreign grid is that of the whole picture, from before.
//!
//! Who turns, mirrors or crops a JPEG and saves it again keeps the grid of the first
//! compression at another place, all over the picture. Where the last compression left
//! least of itself, that grid wins regions, which are then no part with another history:
//! of 105 mirrored photographs some had such regions down to log10 NFA −249
//! (`reports/false-alarms.md`).

use super::votes::NONE;
use super::zero::{Looked, Trace};
use crate::signal::tail::log10_binomial_tail;

/// A grid is carried throughout when it has this many times the votes that the other
/// grids have on average where no region of it lies, and that has by chance a
/// probability of at most this (log10; votes of neighbours counted as one in 64).
const LEAST_RATIO: f64 = 3.0;
const MOST_CHANCE: f64 = -5.0;

/// Takes the regions on such grids out of `looked` and gives their number.
pub(super) fn taken_out(looked: &mut Looked, width: usize) -> usize {
    let main = (looked.first.2 < 0.0).then_some(looked.first.0);
    let mut grids: Vec<u8> = looked.foreign.iter().map(|trace| trace.region.grid).collect();
    grids.sort_unstable();
    grids.dedup();
    grids.retain(|grid| carried(&looked.votes, width, main, *grid, &looked.foreign));
    let all = looked.foreign.len();
    looked.foreign.retain(|trace| !grids.contains(&trace.region.grid));
    all - looked.foreign.len()
}

/// Whether `grid` has far more votes than others outside its own regions.
fn carried(votes: &[u8], width: usize, main: Option<u8>, grid: u8, traces: &[Trace]) -> bool {
    let own: Vec<[usize; 4]> = traces
        .iter()
        .filter(|trace| trace.region.grid == grid)
        .map(|trace| trace.region.bounds)
        .collect();
    let (mut of_grid, mut all) = (0u64, 0u64);
    for (y, row) in votes.chunks_exact(width.max(1)).enumerate() {
        let across: Vec<&[usize; 4]> = own.iter().filter(|b| (b[1]..=b[3]).contains(&y)).collect();
        for (x, vote) in row.iter().enumerate() {
            let apart = *vote != NONE && Some(*vote) != main;
            if apart && !across.iter().any(|b| (b[0]..=b[2]).contains(&x)) {
                all += 1;
                of_grid += u64::from(*vote == grid);
            }
        }
    }
    let chance = if main.is_some() { 1.0 / 63.0 } else { 1.0 / 64.0 };
    of_grid as f64 >= LEAST_RATIO * chance * all as f64
        && log10_binomial_tail(all / 64, of_grid / 64, chance) <= MOST_CHANCE
}

#[cfg(test)]
mod tests {
    use super::super::regions::Region;
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Most votes for the main grid, the others as chance has it but for `share` of them
    /// for grid 3, and a square full of grid 3.
    fn looked(share: f64) -> Looked {
        let (width, height) = (512, 400);
        let mut random = SplitMix::new(7);
        let mut uniform = || random.uniform();
        let bounds = [100, 80, 219, 199];
        let votes = (0..width * height).map(|i| {
            let (x, y) = (i % width, i / width);
            let inside =
                (bounds[0]..=bounds[2]).contains(&x) && (bounds[1]..=bounds[3]).contains(&y);
            let (a, b, c) = (uniform(), uniform(), uniform());
            match () {
                () if inside => 3,
                () if a < 0.2 => NONE,
                () if a < 0.7 => 0,
                () if b < share => 3,
                () => 1 + (62.99 * c) as u8,
            }
        });
        let region = Region { grid: 3, places: Vec::new(), bounds };
        Looked {
            votes: votes.collect(),
            voters: 0,
            first: (0, 0, -100.0),
            foreign: vec![Trace { region, log10_nfa: -50.0 }],
            fours: 0,
            missing: Vec::new(),
            log10_tests: 15.0,
        }
    }

    #[test]
    fn a_grid_that_all_of_the_picture_carries_makes_no_part_foreign() {
        let mut pasted = looked(0.0);
        assert_eq!((taken_out(&mut pasted, 512), pasted.foreign.len()), (0, 1));
        let mut turned = looked(0.15);
        assert_eq!((taken_out(&mut turned, 512), turned.foreign.len()), (1, 0));
    }
}
