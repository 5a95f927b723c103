//! Parts of a picture that were compressed before on some grid: coefficients
//! near multiples of the steps of a quality, for all 64 grids.

use rayon::prelude::*;

use crate::checks::jpeg_quantisation::standard_luma;
use crate::signal::dct::{Dct8, ZIGZAG};
use crate::signal::tail::log10_binomial_tail;
use crate::signal::wide::{nearest, wide};

/// Qualities tried: steps of a standard table change by less than a fifth from
/// one to the next, so that no table lies far from all.
pub(super) const QUALITIES: [u16; 16] =
    [30, 36, 42, 48, 54, 60, 65, 70, 74, 78, 81, 84, 87, 90, 92, 94];
/// Coefficients used, from the first AC one in the order of the scan.
const FREQUENCIES: usize = 14;
/// Nearer to a multiple of the step than this part of it is a hit; by chance
/// 2 × 0.15 of all.
const NEAR: f32 = 0.15;
/// Smaller coefficients, in steps, are left out: near zero all are hits.
const LEAST_LEVEL: f32 = 0.7;
/// Steps below this are not told from what rounding to whole levels does.
const LEAST_STEP: u16 = 4;
/// Least ratio of a quality's steps to the file's own. Genuine pictures saved at
/// 75 had false ghosts at 74 and 78 before this.
const LEAST_RATIO: f64 = 1.25;
/// Most blocks looked at on one grid; of larger pictures every second, third …
/// in both directions.
const MOST_BLOCKS: usize = 40_000;
/// Sides of the windows, in blocks looked at.
const SIDES: [usize; 4] = [5, 10, 20, 40];
/// Least coefficients in a window.
const LEAST: u32 = 60;
/// By this much a window's share of hits must exceed what is usual.
const LEAST_EXCESS: f64 = 0.12;

/// Luma, row by row.
pub(super) struct Luma<'a> {
    pub pixels: &'a [u8],
    pub width: usize,
    pub height: usize,
}

/// Hits and coefficients.
#[derive(Clone, Copy, Default, Debug)]
struct Tally {
    hits: u32,
    count: u32,
}

/// A part compressed before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ghost {
    /// log10 of the expected number of such windows by chance.
    pub log10_nfa: f64,
    /// Left, top, right, bottom in pixels, ends exclusive.
    pub bounds: [usize; 4],
    /// Origin of the grid.
    pub shift: (usize, usize),
    /// Quality of the nearest table tried.
    pub quality: u16,
    /// Share of hits inside, and what is usual.
    pub share: f64,
    pub usual: f64,
}

/// What was found.
pub(super) struct Searched {
    /// Local ghosts, strongest first, those that touch and agree on the grid made one.
    pub ghosts: Vec<Ghost>,
    /// The strongest trace of the whole picture on another grid than its own.
    pub whole: Option<Ghost>,
    /// log10 of the number of tests.
    pub log10_tests: f64,
}

/// The blocks looked at: on every grid the same number, `stride` pixels apart.
#[derive(Clone, Copy)]
struct Lattice {
    columns: usize,
    rows: usize,
    stride: usize,
}

impl Lattice {
    fn new(width: usize, height: usize) -> Option<Self> {
        // Room for the largest shift and, for the control, half a block more.
        let (w, h) = (width.checked_sub(12)? / 8, height.checked_sub(12)? / 8);
        let mut thin = 1;
        while (w / thin) * (h / thin) > MOST_BLOCKS {
            thin += 1;
        }
        let lattice = Self { columns: w / thin, rows: h / thin, stride: 8 * thin };
        (lattice.columns > SIDES[0] && lattice.rows > SIDES[0]).then_some(lattice)
    }

    fn at(&self, quality: usize, x: usize, y: usize) -> usize {
        (quality * (self.rows + 1) + y) * (self.columns + 1) + x
    }

    fn windows(&self) -> Vec<[usize; 4]> {
        let mut out = Vec::new();
        for side in SIDES.into_iter().filter(|&s| s < self.columns && s < self.rows) {
            for y in (0..=self.rows - side).step_by(side.div_ceil(2)) {
                for x in (0..=self.columns - side).step_by(side.div_ceil(2)) {
                    out.push([x, y, x + side, y + side]);
                }
            }
        }
        out
    }
}

/// Blocks worked on at once; the compiler makes vectors of it.
const LANES: usize = 8;
/// The 14 coefficients used have frequencies whose sum is at most 4.
const BAND: usize = 5;

/// Steps of the quality as floats with the places used.
struct Ruler {
    /// Vertical and horizontal frequency, and 1/step; empty where the step is too
    /// fine.
    marks: Vec<(usize, usize, f32)>,
}

impl Ruler {
    fn new(quality: u16) -> Self {
        let table = standard_luma(quality);
        let marks = ZIGZAG[1..=FREQUENCIES]
            .iter()
            .filter(|&&place| table[place] >= LEAST_STEP)
            .map(|&place| (place / 8, place % 8, 1.0 / f32::from(table[place])))
            .collect();
        Self { marks }
    }

    /// Hits and coefficients of several blocks.
    #[inline(always)]
    fn tally(&self, blocks: &[[[f32; LANES]; BAND]; BAND]) -> [[f32; LANES]; 2] {
        // Counted in floats, which stay lane by lane.
        let (mut hits, mut counts) = ([0.0f32; LANES], [0.0f32; LANES]);
        for &(v, u, inverse) in &self.marks {
            let block = &blocks[v][u];
            for l in 0..LANES {
                let level = block[l].abs() * inverse;
                let off = (level - nearest(level)).abs();
                let counted = if level >= LEAST_LEVEL { 1.0 } else { 0.0 };
                counts[l] += counted;
                hits[l] += if off < NEAR { counted } else { 0.0 };
            }
        }
        [hits, counts]
    }
}

/// The lowest coefficients of [`LANES`] blocks, `[vertical][horizontal]`, with
/// the eight samples of their lines one after the other.
#[inline(always)]
fn lowest(
    basis: &[[f32; 8]; BAND],
    pixels: &[[[f32; LANES]; 8]; 8],
) -> [[[f32; LANES]; BAND]; BAND] {
    let mut columns = [[[0.0f32; LANES]; 8]; BAND];
    for (y, row) in pixels.iter().enumerate() {
        for (u, value) in line(basis, row).into_iter().enumerate() {
            columns[u][y] = value;
        }
    }
    let mut out = [[[0.0f32; LANES]; BAND]; BAND];
    for (u, column) in columns.iter().enumerate() {
        for (v, value) in line(basis, column).into_iter().enumerate() {
            out[v][u] = value;
        }
    }
    out
}

/// The lowest coefficients of eight samples.
#[inline(always)]
fn line(basis: &[[f32; 8]; BAND], samples: &[[f32; LANES]; 8]) -> [[f32; LANES]; BAND] {
    // As in Dct8, sums carry the even coefficients and differences the odd ones.
    let mut halves = [[[0.0f32; LANES]; 4]; 2];
    for i in 0..4 {
        for l in 0..LANES {
            halves[0][i][l] = samples[i][l] + samples[7 - i][l];
            halves[1][i][l] = samples[i][l] - samples[7 - i][l];
        }
    }
    let mut out = [[0.0f32; LANES]; BAND];
    for (k, out) in out.iter_mut().enumerate() {
        for i in 0..4 {
            for l in 0..LANES {
                out[l] += basis[k][i] * halves[k % 2][i][l];
            }
        }
    }
    out
}

/// Sums over the blocks of one grid above and left of each corner,
/// `[quality][row][column]`.
fn sums(luma: &Luma<'_>, lattice: &Lattice, rulers: &[Ruler], shift: (usize, usize)) -> Vec<Tally> {
    wide!(tallied(
        luma: &Luma<'_>, lattice: &Lattice, rulers: &[Ruler], shift: (usize, usize)
    ) -> Vec<Tally>)
}

#[inline(always)]
fn tallied(
    luma: &Luma<'_>,
    lattice: &Lattice,
    rulers: &[Ruler],
    (dx, dy): (usize, usize),
) -> Vec<Tally> {
    let basis = Dct8::default().basis::<BAND>();
    let size = rulers.len() * (lattice.rows + 1) * (lattice.columns + 1);
    let mut sums = vec![Tally::default(); size];
    let mut pixels = [[[0.0f32; LANES]; 8]; 8];
    for row in 0..lattice.rows {
        for first in (0..lattice.columns).step_by(LANES) {
            let some = LANES.min(lattice.columns - first);
            for l in 0..some {
                let (x, y) = ((first + l) * lattice.stride + dx, row * lattice.stride + dy);
                for (r, out) in pixels.iter_mut().enumerate() {
                    let line = &luma.pixels[(y + r) * luma.width + x..][..8];
                    for (out, &pixel) in out.iter_mut().zip(line) {
                        out[l] = f32::from(pixel);
                    }
                }
            }
            let blocks = lowest(&basis, &pixels);
            for (q, ruler) in rulers.iter().enumerate() {
                let [hits, counts] = ruler.tally(&blocks);
                for l in 0..some {
                    let column = first + l;
                    let (a, b, c) = (
                        sums[lattice.at(q, column, row + 1)],
                        sums[lattice.at(q, column + 1, row)],
                        sums[lattice.at(q, column, row)],
                    );
                    sums[lattice.at(q, column + 1, row + 1)] = Tally {
                        hits: hits[l] as u32 + a.hits + b.hits - c.hits,
                        count: counts[l] as u32 + a.count + b.count - c.count,
                    };
                }
            }
        }
    }
    sums
}

/// Hits and coefficients of every window at every quality on one grid,
/// `[window][quality]`, the whole picture last.
fn tallies(sums: &[Tally], lattice: &Lattice, windows: &[[usize; 4]]) -> Vec<Tally> {
    let mut out = Vec::with_capacity(windows.len() * QUALITIES.len());
    for &[x0, y0, x1, y1] in windows {
        for q in 0..QUALITIES.len() {
            let at = |x, y| sums[lattice.at(q, x, y)];
            let (a, b, c, d) = (at(x1, y1), at(x0, y1), at(x1, y0), at(x0, y0));
            out.push(Tally {
                hits: a.hits + d.hits - b.hits - c.hits,
                count: a.count + d.count - b.count - c.count,
            });
        }
    }
    out
}

/// Whether the steps of `quality` exceed `steps` by a quarter, in the mean of the
/// frequencies used.
fn coarser(quality: u16, steps: &[u16; 64]) -> bool {
    let table = standard_luma(quality);
    let ratio = |&place: &usize| f64::from(table[place]) / f64::from(steps[place].max(1));
    let mean = ZIGZAG[1..=FREQUENCIES].iter().map(ratio).sum::<f64>() / FREQUENCIES as f64;
    mean >= LEAST_RATIO
}

/// Looks for parts compressed before. `None` for a picture that is too small.
///
/// A window on one grid is judged against four yardsticks, the highest of which
/// is the chance of a hit: the same window on all other grids (of which a part
/// compressed before can favour one only), the same window on the grids half a
/// block away, the same grid outside the window, and for the picture's own grid the same window of `control`: the picture moved by
/// half a block and compressed as the file is.
///
/// Grids that share rows or columns with the picture's own (`control` again)
/// carry part of its quantisation and are judged by that control too. Of the
/// qualities only those are tried whose steps exceed the file's own, `steps`, by a
/// quarter: the last compression hides the others and leaves traces of its own
/// there.
pub(super) fn search(
    luma: &Luma<'_>,
    control: Option<&Luma<'_>>,
    steps: Option<&[u16; 64]>,
) -> Option<Searched> {
    let lattice = Lattice::new(luma.width, luma.height)?;
    let rulers: Vec<Ruler> = QUALITIES.iter().map(|&q| Ruler::new(q)).collect();
    let mut windows = lattice.windows();
    windows.push([0, 0, lattice.columns, lattice.rows]);
    let told =
        |luma: &Luma<'_>, shift| tallies(&sums(luma, &lattice, &rulers, shift), &lattice, &windows);
    let all: Vec<Vec<Tally>> =
        (0..64usize).into_par_iter().map(|i| told(luma, (i % 8, i / 8))).collect();
    let control: Option<Vec<Vec<Tally>>> = control.map(|control| {
        let of = |i: usize| {
            if shared(i) { told(control, (i % 8, i / 8)) } else { Vec::new() }
        };
        (0..64usize).into_par_iter().map(of).collect()
    });
    let tried: Vec<usize> =
        (0..QUALITIES.len()).filter(|&q| steps.is_none_or(|s| coarser(QUALITIES[q], s))).collect();
    let log10_tests = ((64 * tried.len().max(1) * windows.len()) as f64).log10();
    let context = Context {
        stride: lattice.stride,
        windows: &windows,
        all: &all,
        control: control.as_deref(),
        own_grid: steps.is_some(),
        log10_tests,
    };
    let last = windows.len() - 1;
    let mut found: Vec<Ghost> = (0..last)
        .into_par_iter()
        .flat_map_iter(|w| tried.iter().flat_map(move |&q| context.judged(w, q)))
        .collect();
    found.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    let whole = tried
        .iter()
        .flat_map(|&q| context.judged(last, q))
        .filter(|ghost| ghost.shift != (0, 0))
        .min_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    Some(Searched { ghosts: merged(&found), whole, log10_tests })
}

/// Whether a grid shares rows or columns with the picture's own.
fn shared(shift: usize) -> bool {
    shift < 8 || shift.is_multiple_of(8)
}

/// Whether two grids lie half a block apart, across, down or both.
fn halves(a: usize, b: usize) -> bool {
    a != b && a % 4 == b % 4 && (a / 8) % 4 == (b / 8) % 4
}

#[derive(Clone, Copy)]
struct Context<'a> {
    stride: usize,
    /// The last one is the whole picture.
    windows: &'a [[usize; 4]],
    /// Of each grid.
    all: &'a [Vec<Tally>],
    /// The same, of the grids that share rows or columns with the picture's.
    control: Option<&'a [Vec<Tally>]>,
    /// Whether the file is a JPEG, whose own grid favours those it shares rows or
    /// columns with.
    own_grid: bool,
    log10_tests: f64,
}

impl Context<'_> {
    /// Every grid with NFA below 1 in window `w` at quality `q`. Windows other
    /// than the whole picture are compared with the picture outside too.
    fn judged(self, w: usize, q: usize) -> Vec<Ghost> {
        let place = w * QUALITIES.len() + q;
        let whole = (self.windows.len() - 1) * QUALITIES.len() + q;
        let (mut hits, mut count) = (0u64, 0u64);
        for tallies in &self.all[1..] {
            hits += u64::from(tallies[place].hits);
            count += u64::from(tallies[place].count);
        }
        let mut out = Vec::new();
        for (shift, tallies) in self.all.iter().enumerate() {
            let own = tallies[place];
            if own.count < LEAST {
                continue;
            }
            // The grid itself is not among its yardsticks.
            let (h, c) = if shift == 0 {
                (hits, count)
            } else {
                (hits - u64::from(own.hits), count - u64::from(own.count))
            };
            let mut usual = (h as f64 + 1.0) / (c as f64 + 2.0);
            if place != whole {
                let all = tallies[whole];
                let (h, c) = (all.hits - own.hits, all.count - own.count);
                usual = usual.max((f64::from(h) + 1.0) / (f64::from(c) + 2.0));
            }
            // Content that repeats every four pixels favours these as much, and so
            // do codings with blocks of four (WebP, H.264).
            for (half, tallies) in self.all.iter().enumerate().filter(|(h, _)| halves(shift, *h)) {
                let tally = tallies[place];
                if !(self.own_grid && shared(half)) && tally.count >= LEAST {
                    usual = usual.max(f64::from(tally.hits) / f64::from(tally.count));
                }
            }
            if shared(shift) {
                let Some(control) = self.control else { continue };
                let Some(control) = control[shift].get(place) else { continue };
                // Of one window it is a small sample: two deviations of reserve.
                let n = f64::from(control.count) + 2.0;
                let share = (f64::from(control.hits) + 1.0) / n;
                usual = usual.max(share + 2.0 * (share * (1.0 - share) / n).sqrt());
            }
            let share = f64::from(own.hits) / f64::from(own.count);
            if share < usual + LEAST_EXCESS || usual >= 1.0 {
                continue;
            }
            let chance = log10_binomial_tail(
                u64::from(own.count),
                u64::from(own.hits),
                usual.min(0.999_999),
            );
            let log10_nfa = chance + self.log10_tests;
            if log10_nfa < 0.0 {
                let [x0, y0, x1, y1] = self.windows[w].map(|v| v * self.stride);
                out.push(Ghost {
                    log10_nfa,
                    bounds: [x0, y0, x1, y1],
                    shift: (shift % 8, shift / 8),
                    quality: QUALITIES[q],
                    share,
                    usual,
                });
            }
        }
        out
    }
}

/// Windows that touch on one grid become one, with the strongest's numbers;
/// a window on a weaker grid where a stronger one lies is left out.
fn merged(found: &[Ghost]) -> Vec<Ghost> {
    let mut out: Vec<Ghost> = Vec::new();
    for &ghost in found {
        match out.iter_mut().find(|g| touch(g.bounds, ghost.bounds)) {
            Some(g) if g.shift == ghost.shift => {
                // Only windows nearly as telling widen the box.
                if ghost.share - ghost.usual > 0.6 * (g.share - g.usual) {
                    let (a, b) = (g.bounds, ghost.bounds);
                    g.bounds = [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
                }
            }
            Some(_) => {}
            None => out.push(ghost),
        }
    }
    out
}

fn touch(a: [usize; 4], b: [usize; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]
mod tests {
    use super::*;
    use crate::signal::synth::photo;

    /// The plain way: every coefficient of every block by the library's transform.
    fn slow(luma: &Luma<'_>, lattice: &Lattice, q: usize, (dx, dy): (usize, usize)) -> Vec<Tally> {
        let table = standard_luma(QUALITIES[q]);
        let mut out = Vec::new();
        for i in 0..lattice.rows * lattice.columns {
            let (column, row) = (i % lattice.columns, i / lattice.columns);
            let (x, y) = (column * lattice.stride + dx, row * lattice.stride + dy);
            let block = std::array::from_fn(|r| {
                std::array::from_fn(|c| f32::from(luma.pixels[(y + r) * luma.width + x + c]))
            });
            let block = Dct8::default().block(&block);
            let mut own = Tally::default();
            for &place in &ZIGZAG[1..=FREQUENCIES] {
                let step = f32::from(table[place]);
                let level = block.as_flattened()[place].abs() / step;
                if table[place] >= LEAST_STEP && level >= LEAST_LEVEL {
                    own.count += 1;
                    own.hits += u32::from((level - level.round()).abs() < NEAR);
                }
            }
            out.push(own);
        }
        out
    }

    #[test]
    fn the_fast_way_counts_as_the_plain_one() {
        let (width, height) = (240usize, 200usize);
        let pixels: Vec<u8> =
            photo(240, 31).chunks_exact(240).take(height).flatten().copied().collect();
        let luma = Luma { pixels: &pixels, width, height };
        let lattice = Lattice::new(width, height).unwrap();
        let rulers: Vec<Ruler> = QUALITIES.iter().map(|&q| Ruler::new(q)).collect();
        let (mut all, mut differ) = (0u32, 0u32);
        for shift in [(0, 0), (3, 5), (7, 1)] {
            let sums = sums(&luma, &lattice, &rulers, shift);
            for q in [0, 7, 15] {
                for (i, plain) in slow(&luma, &lattice, q, shift).into_iter().enumerate() {
                    let (x, y) = (i % lattice.columns, i / lattice.columns);
                    let at = |x, y| sums[lattice.at(q, x, y)];
                    let of = |f: fn(Tally) -> u32| {
                        f(at(x + 1, y + 1)) + f(at(x, y)) - f(at(x, y + 1)) - f(at(x + 1, y))
                    };
                    all += plain.count;
                    // Sums are rounded in another order: a coefficient on the very
                    // limit may fall to the other side.
                    differ += of(|t| t.count).abs_diff(plain.count);
                    differ += of(|t| t.hits).abs_diff(plain.hits);
                }
            }
        }
        assert!(all > 10_000 && 2000 * differ <= all, "{differ} of {all}");
    }
}
