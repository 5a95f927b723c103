//! Pixels that stand together and vote alike.

use rayon::prelude::*;

/// Two pixels belong together when neither coordinate differs by more than
/// this (ZERO's W).
pub(super) const REACH: usize = 9;

/// Side of a cell: all pixels of one cell belong together, and only those of
/// the eight cells around it can be within reach.
const CELL: usize = REACH + 1;

/// Pixels with the same vote that hang together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// The grid origin they vote for, x + 8y.
    pub(super) grid: u8,
    /// Where they are, as positions in the picture, ascending.
    pub(super) places: Vec<u32>,
    /// Left, top, right, bottom; all inclusive.
    pub(super) bounds: [usize; 4],
}

/// Regions of at least `least` pixels among `votes` (rows of `width`) for the
/// `grids` given (below 64), in order of grid and first pixel.
///
/// ZERO grows each region from its first pixel; pixels within reach of each
/// other are the same sets, found here cell by cell.
pub(super) fn regions(votes: &[u8], width: usize, least: usize, grids: &[u8]) -> Vec<Region> {
    if width == 0 || u32::try_from(votes.len()).is_err() {
        return Vec::new();
    }
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); 64];
    for (place, &vote) in votes.iter().enumerate() {
        if let Some(list) = places.get_mut(usize::from(vote)) {
            list.push(place as u32);
        }
    }
    let cells =
        Cells { width, across: width.div_ceil(CELL), down: (votes.len() / width).div_ceil(CELL) };
    grids
        .par_iter()
        .flat_map_iter(|&grid| {
            let places = places.get(usize::from(grid)).map_or(&[][..], Vec::as_slice);
            let sets =
                if places.len() < least { Vec::new() } else { cells.together(places, least) };
            sets.into_iter().map(move |places| {
                let bounds = bounds(&places, width);
                Region { grid, places, bounds }
            })
        })
        .collect()
}

fn bounds(places: &[u32], width: usize) -> [usize; 4] {
    let mut bounds = [usize::MAX, usize::MAX, 0, 0];
    for &place in places {
        let (x, y) = (place as usize % width, place as usize / width);
        bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
    }
    bounds
}

/// The picture cut into squares of [`CELL`] pixels.
struct Cells {
    /// Pixels in a row.
    width: usize,
    /// Cells in a row.
    across: usize,
    /// Rows of cells.
    down: usize,
}

impl Cells {
    fn cell(&self, place: u32) -> usize {
        let (x, y) = (place as usize % self.width, place as usize / self.width);
        y / CELL * self.across + x / CELL
    }

    fn near(&self, a: u32, b: u32) -> bool {
        let (a, b) = (a as usize, b as usize);
        (a / self.width).abs_diff(b / self.width) <= REACH
            && (a % self.width).abs_diff(b % self.width) <= REACH
    }

    /// The sets of at least `least` of the `places` (ascending) that hang
    /// together, by first place.
    fn together(&self, places: &[u32], least: usize) -> Vec<Vec<u32>> {
        // Counting sort by cell: cell c holds sorted[starts[c]..starts[c + 1]].
        let mut starts = vec![0u32; self.across * self.down + 1];
        for &place in places {
            starts[self.cell(place) + 1] += 1;
        }
        for c in 1..starts.len() {
            starts[c] += starts[c - 1];
        }
        let mut next = starts.clone();
        let mut sorted = vec![0u32; places.len()];
        for &place in places {
            let at = &mut next[self.cell(place)];
            sorted[*at as usize] = place;
            *at += 1;
        }
        let within = |c: usize| &sorted[starts[c] as usize..starts[c + 1] as usize];
        let mut sets = Sets::new(self.across * self.down);
        for c in (0..self.across * self.down).filter(|&c| !within(c).is_empty()) {
            let (left, right) = (c % self.across > 0, c % self.across + 1 < self.across);
            let below = c / self.across + 1 < self.down;
            let neighbours = [
                (right, c + 1),
                (below && left, (c + self.across).wrapping_sub(1)),
                (below, c + self.across),
                (below && right, c + self.across + 1),
            ];
            for (_, d) in neighbours.into_iter().filter(|(there, _)| *there) {
                if sets.root(c) != sets.root(d)
                    && within(c).iter().any(|&a| within(d).iter().any(|&b| self.near(a, b)))
                {
                    sets.join(c, d);
                }
            }
        }
        let mut sizes = vec![0u32; self.across * self.down];
        for c in 0..sizes.len() {
            let root = sets.root(c);
            sizes[root] += starts[c + 1] - starts[c];
        }
        let mut found: Vec<(usize, Vec<u32>)> = Vec::new();
        for &place in places {
            let root = sets.root(self.cell(place));
            if (sizes[root] as usize) < least {
                continue;
            }
            // Few regions are that large, so a list serves.
            match found.iter_mut().find(|(of, _)| *of == root) {
                Some((_, set)) => set.push(place),
                None => found.push((root, vec![place])),
            }
        }
        found.into_iter().map(|(_, set)| set).collect()
    }
}

/// Disjoint sets; the smallest member stands for its set.
struct Sets(Vec<u32>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    fn root(&mut self, i: usize) -> usize {
        let mut i = i as u32;
        while self.0[i as usize] != i {
            let up = self.0[self.0[i as usize] as usize];
            self.0[i as usize] = up;
            i = up;
        }
        i as usize
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b) as u32;
    }
}
