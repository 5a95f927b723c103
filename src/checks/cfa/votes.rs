//! One vote a block: which diagonal of each 2×2 is predicted worse, and where on
//! the other diagonal red is.

use rayon::prelude::*;

use super::colours::{Line, Source};

/// Side of a block, in pixels (Ferrara et al. 2012, section III).
pub(super) const BLOCK: usize = 8;
/// First row and column of blocks: even, so that places are those of the picture,
/// and not at its edge, where a neighbour is missing.
pub(super) const START: usize = 2;
/// Squared error that rounding alone gives at the sixteen pixels of one place:
/// variance 1/12, and 5/4 of it after the mean of four neighbours is taken off.
const ROUNDING: f32 = 16.0 * 5.0 / 48.0;
/// Blocks with a value beyond these have clipped pixels, whose errors are cut off.
const RANGE: (f32, f32) = (0.5, 254.5);

/// What one block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vote {
    /// The diagonal both of whose places exceed those of the other: 0 holds the
    /// top-left place, 1 the others; `None` when neither does.
    diagonal: Option<u8>,
    /// Whether its detail rises to the right, rather than falls.
    rises: bool,
    /// On each diagonal, whether red stands at its lower place.
    lower: [bool; 2],
    /// Whether red over blue grows to the right and down.
    warms: bool,
    /// Detail as a class, 0 to 255: twice the binary logarithm of the error.
    pub(super) detail: u8,
}

impl Vote {
    /// Stratum and side of the vote for a diagonal.
    pub(super) fn diagonal(&self) -> Option<(usize, usize)> {
        self.diagonal.map(|side| (usize::from(self.rises), usize::from(side)))
    }

    /// Stratum and side of the vote for red's place on `diagonal`.
    pub(super) fn phase(&self, diagonal: usize) -> Option<(usize, usize)> {
        let lower = self.lower.get(diagonal)?;
        Some((usize::from(self.warms), usize::from(*lower)))
    }
}

/// The votes of a picture; `None` for blocks that are clipped or without detail.
pub(super) struct Votes {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) blocks: Vec<Option<Vote>>,
}

/// Lets every block of the picture vote.
pub(super) fn votes(source: &Source<'_>) -> Votes {
    let size = source.size();
    let fit = |side: usize| side.saturating_sub(2 * START) / BLOCK;
    let (columns, rows) = (fit(size.0), fit(size.1));
    let mut blocks = vec![None; columns * rows];
    blocks.par_chunks_mut(columns.max(1)).enumerate().for_each_init(
        || vec![Line::default(); BLOCK + 2],
        |lines, (row, out)| {
            let top = START + row * BLOCK - 1;
            for (line, y) in lines.iter_mut().zip(top..) {
                line.clear();
                source.row(y, line);
            }
            let mut sums = vec![Sums::default(); columns];
            for three in lines.windows(3) {
                let [above, here, below] = three else { continue };
                add(&mut sums, [above, here, below].map(|l| l.green.as_slice()), Sums::green);
                if source.colour {
                    let rows = [above, here, below];
                    add(&mut sums, rows.map(|l| l.red.as_slice()), Sums::red);
                    add(&mut sums, rows.map(|l| l.blue.as_slice()), Sums::blue);
                }
                sums.iter_mut().for_each(|sum| sum.odd = !sum.odd);
            }
            for (out, sum) in out.iter_mut().zip(&sums) {
                *out = sum.vote(source.colour);
            }
        },
    );
    Votes { columns, rows, blocks }
}

/// Sums over one block; places are `2 × (row odd) + (column odd)`.
#[derive(Clone, Default)]
struct Sums {
    green: [f32; 4],
    red: [f32; 4],
    blue: [f32; 4],
    /// Products of the slopes across and down.
    rise: f32,
    /// Growth of red over blue.
    warm: f32,
    clipped: bool,
    /// Whether the row that is added is odd.
    odd: bool,
}

/// Adds one row of blocks' pixels, with those above and below, to the blocks.
fn add(
    sums: &mut [Sums],
    [above, here, below]: [&[f32]; 3],
    take: fn(&mut Sums, &[[f32; BLOCK + 2]; 3]),
) {
    for (column, sum) in sums.iter_mut().enumerate() {
        let from = START + column * BLOCK - 1;
        let cut = |line: &[f32]| {
            let mut out = [0.0; BLOCK + 2];
            if let Some(part) = line.get(from..from + BLOCK + 2) {
                out.copy_from_slice(part);
            }
            out
        };
        take(sum, &[cut(above), cut(here), cut(below)]);
    }
}

/// Squared errors of the mean of four neighbours, at even and odd columns.
fn errors([above, here, below]: &[[f32; BLOCK + 2]; 3]) -> [f32; 2] {
    let mut out = [0.0; 2];
    for x in 1..=BLOCK {
        let around = above[x] + below[x] + here[x - 1] + here[x + 1];
        let error = here[x] - 0.25 * around;
        out[(x - 1) % 2] += error * error;
    }
    out
}

impl Sums {
    fn place(&self) -> usize {
        2 * usize::from(self.odd)
    }

    fn green(&mut self, rows: &[[f32; BLOCK + 2]; 3]) {
        let at = self.place();
        let [even, odd] = errors(rows);
        self.green[at] += even;
        self.green[at + 1] += odd;
        let [above, here, below] = rows;
        for x in 1..=BLOCK {
            self.rise += (here[x + 1] - here[x - 1]) * (below[x] - above[x]);
        }
        self.clipped |= here[1..=BLOCK].iter().any(|v| *v < RANGE.0 || *v > RANGE.1);
    }

    fn red(&mut self, rows: &[[f32; BLOCK + 2]; 3]) {
        let at = self.place();
        let [even, odd] = errors(rows);
        self.red[at] += even;
        self.red[at + 1] += odd;
        self.warm += slope(rows);
    }

    fn blue(&mut self, rows: &[[f32; BLOCK + 2]; 3]) {
        let at = self.place();
        let [even, odd] = errors(rows);
        self.blue[at] += even;
        self.blue[at + 1] += odd;
        self.warm -= slope(rows);
    }

    fn vote(&self, colour: bool) -> Option<Vote> {
        let total: f32 = self.green.iter().sum();
        if self.clipped || total <= 0.0 || !total.is_finite() {
            return None;
        }
        let [a, b, c, d] = self.green;
        let diagonal = if a.min(d) > b.max(c) {
            Some(0)
        } else if b.min(c) > a.max(d) {
            Some(1)
        } else {
            None
        };
        // Red is where red − green is predicted worse and blue − green better.
        let red = self.red.map(|v| v + ROUNDING);
        let blue = self.blue.map(|v| v + ROUNDING);
        let lower = |up: usize, down: usize| red[down] * blue[up] > red[up] * blue[down];
        Some(Vote {
            diagonal,
            rises: self.rise > 0.0,
            lower: if colour { [lower(0, 3), lower(1, 2)] } else { [false; 2] },
            warms: self.warm > 0.0,
            detail: (2.0 * (total + 1.0).log2()) as u8,
        })
    }
}

/// Growth to the right and down.
fn slope([above, here, below]: &[[f32; BLOCK + 2]; 3]) -> f32 {
    (1..=BLOCK).map(|x| here[x + 1] - here[x - 1] + below[x] - above[x]).sum()
}
