//! Where quiet blocks are more, or fewer, than chance allows.

use super::sniff::{Block, QUIET, SIDE};
use crate::signal::tail::log10_binomial_tail;

/// Side of a cell, in pixels: W (Gardella et al. 2024).
pub(super) const CELL: usize = 100;
/// Number of connected figures of s squares: α·β^s/s with these two (Jensen &
/// Guttmann 2000), as Grompone von Gioi et al. count regions.
const ALPHA: f64 = 0.316_915;
const BETA: f64 = 4.062_570;

/// Disjoint blocks that a cell needs to tell about scatter.
const LEAST_BLOCKS: f64 = 8.0;

/// Counts in the cells of a picture.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) across: usize,
    pub(super) down: usize,
    /// Homogeneous blocks and quiet ones among them.
    pub(super) counts: Vec<(u32, u32)>,
    /// How much more the cells scatter than independent blocks would, as a
    /// ratio of variances, 1 or more.
    pub(super) dispersion: f64,
}

/// Connected cells.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) cells: Vec<usize>,
    /// Whether quiet blocks are too many; otherwise they are too few.
    pub(super) quiet: bool,
    pub(super) log10_nfa: f64,
}

impl Grid {
    pub(super) fn new(blocks: &[Block], width: usize, height: usize) -> Self {
        let (across, down) = ((width / CELL).max(1), (height / CELL).max(1));
        let mut counts = vec![(0, 0); across * down];
        for block in blocks {
            // The remainder at the right and the bottom joins the last cell.
            let column = (block.x as usize / CELL).min(across - 1);
            let row = (block.y as usize / CELL).min(down - 1);
            let count = &mut counts[row * across + column];
            count.0 += 1;
            count.1 += u32::from(block.quiet);
        }
        let dispersion = dispersion(&counts);
        Self { across, down, counts, dispersion }
    }

    /// log10 of the number of regions of `size` cells that are tried: for each
    /// of the sizes and both directions an equal share of the alarms.
    pub(super) fn log10_tests(&self, size: usize) -> f64 {
        let cells = self.counts.len() as f64;
        let figures = ALPHA.log10() + size as f64 * BETA.log10() - (size as f64).log10();
        // One cell is one figure; the asymptotic number is too large there only.
        (2.0 * cells * cells).log10() + figures.max(0.0)
    }

    fn log10_nfa(&self, blocks: (u64, u64), size: usize, quiet: bool) -> f64 {
        // Blocks that overlap, and those that the scene ties together, are not
        // independent: as many as would scatter so.
        let one = (SIDE * SIDE) as f64 * self.dispersion;
        let k = if quiet { blocks.1 } else { blocks.0 - blocks.1 };
        let (n, k) = ((blocks.0 as f64 / one) as u64, (k as f64 / one) as u64);
        let p = if quiet { QUIET } else { 1.0 - QUIET };
        self.log10_tests(size) + log10_binomial_tail(n, k.min(n), p)
    }

    /// Disjoint regions of fewer than one false alarm, strongest first.
    pub(super) fn regions(&self) -> Vec<Region> {
        let mut found: Vec<Region> = Vec::new();
        for quiet in [true, false] {
            let mut free = vec![true; self.counts.len()];
            loop {
                let seeds = (0..self.counts.len()).filter(|&i| free[i]);
                let best = seeds
                    .map(|seed| self.grow(seed, quiet, &free))
                    .min_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
                let Some(region) = best.filter(|region| region.log10_nfa < 0.0) else { break };
                region.cells.iter().for_each(|&i| free[i] = false);
                found.push(region);
            }
        }
        found.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
        found
    }

    /// Takes neighbours in, the most telling first, as long as the NFA falls.
    fn grow(&self, seed: usize, quiet: bool, free: &[bool]) -> Region {
        let mut cells = vec![seed];
        let as_u64 = |(n, k): (u32, u32)| (u64::from(n), u64::from(k));
        let mut sum = as_u64(self.counts[seed]);
        let mut log10_nfa = self.log10_nfa(sum, 1, quiet);
        loop {
            let mut around: Vec<usize> = cells
                .iter()
                .flat_map(|&i| self.neighbours(i))
                .filter(|&i| free[i] && !cells.contains(&i))
                .collect();
            around.sort_unstable();
            around.dedup();
            let tried = around.into_iter().map(|i| {
                let (n, k) = as_u64(self.counts[i]);
                let sum = (sum.0 + n, sum.1 + k);
                (self.log10_nfa(sum, cells.len() + 1, quiet), i, sum)
            });
            match tried.min_by(|a, b| a.0.total_cmp(&b.0)) {
                Some((better, i, with)) if better < log10_nfa => {
                    cells.push(i);
                    (sum, log10_nfa) = (with, better);
                }
                _ => return Region { cells, quiet, log10_nfa },
            }
        }
    }

    fn neighbours(&self, i: usize) -> impl Iterator<Item = usize> + use<> {
        let (across, all) = (self.across, self.counts.len());
        let column = i % across;
        [
            (column > 0).then(|| i - 1),
            (column + 1 < across).then_some(i + 1),
            i.checked_sub(across),
            Some(i + across).filter(|&below| below < all),
        ]
        .into_iter()
        .flatten()
    }
}

/// The scatter of the cells' shares against the binomial one, by the median
/// absolute deviation about their median: neither is moved by regions of less
/// than half of the picture, although these move the share of all others.
fn dispersion(counts: &[(u32, u32)]) -> f64 {
    let one = (SIDE * SIDE) as f64;
    let mut scores: Vec<f64> = counts
        .iter()
        .map(|&(n, k)| (f64::from(n) / one, f64::from(k) / one))
        .filter(|&(n, _)| n >= LEAST_BLOCKS)
        .map(|(n, k)| (k - QUIET * n) / (n * QUIET * (1.0 - QUIET)).sqrt())
        .collect();
    let scatter = crate::signal::stats::median_mad(&mut scores).map_or(0.0, |(_, mad)| mad);
    (1.4826 * scatter).powi(2).max(1.0)
}
