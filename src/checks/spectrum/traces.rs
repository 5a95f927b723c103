//! What else puts lines into a spectrum: the block grid of JPEG, the colour
//! filter array of a camera, resampling.

use crate::signal::dct::Dct8;
use crate::signal::stats::{MAD_TO_SIGMA, mean_sd, median_mad};

/// A cosine coefficient smaller than this counts as quantised to zero
/// (Nikoukhah et al. 2021, section 2).
const ZERO: f32 = 0.5;
/// Parity contrasts are averaged over squares of this many pixels, small
/// enough to give many samples of one tile.
const CELL: usize = 32;

/// Votes for the origin of an 8×8 block grid: in every square of 8×8 origins,
/// the origin whose block has most zero coefficients gets one vote. Counts for
/// `[y][x]` of the grid's origin modulo 8.
///
/// This is the vote of ZERO thinned to one voter in 64, which are then
/// nearly independent; the check `zero` does it in full.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    votes: [[u32; 8]; 8],
    total: u32,
}

impl Grid {
    /// Lets a tile vote: `pixels` of `width` columns whose top-left pixel is
    /// at (`x0`, `y0`) of the picture.
    pub(super) fn add(&mut self, pixels: &[f32], width: usize, x0: usize, y0: usize) {
        let dct = Dct8::default();
        let height = pixels.len().checked_div(width).unwrap_or(0);
        if width < 16 {
            return;
        }
        for cell_y in (0..height.saturating_sub(15)).step_by(8) {
            for cell_x in (0..width - 15).step_by(8) {
                let mut best = (0u32, 0usize, 0usize);
                let mut tie = true;
                let mut any = false;
                let rows: [[[f32; 8]; 8]; 15] = std::array::from_fn(|r| {
                    let row = &pixels[(cell_y + r) * width + cell_x..][..15];
                    std::array::from_fn(|c| dct.line(&std::array::from_fn(|i| row[c + i])))
                });
                for c in 0..8 {
                    for r in 0..8 {
                        let mut zeros = 0;
                        let mut energy = false;
                        for u in 0..8 {
                            let column = dct.line(&std::array::from_fn(|y| rows[r + y][c][u]));
                            for (v, value) in column.iter().enumerate() {
                                if u + v > 0 {
                                    let zero = value.abs() < ZERO;
                                    zeros += u32::from(zero);
                                    energy |= !zero;
                                }
                            }
                        }
                        any |= energy;
                        if zeros > best.0 {
                            best = (zeros, r, c);
                            tie = false;
                        } else if zeros == best.0 {
                            tie = true;
                        }
                    }
                }
                if any && !tie {
                    let (_, r, c) = best;
                    self.votes[(y0 + cell_y + r) % 8][(x0 + cell_x + c) % 8] += 1;
                    self.total += 1;
                }
            }
        }
    }

    /// The origin with most votes, its share of the votes (1/64 by chance),
    /// and log10 of a bound on the number of origins that would get so many by
    /// chance: 64 times Hoeffding's bound on the binomial tail with p = 1/64.
    pub(super) fn winner(&self) -> Option<Winner> {
        let (origin, votes) = self
            .votes
            .iter()
            .flatten()
            .enumerate()
            .max_by_key(|&(i, &votes)| (votes, usize::MAX - i))?;
        if self.total == 0 {
            return None;
        }
        let p = 1.0 / 64.0;
        let (n, share) = (f64::from(self.total), f64::from(*votes) / f64::from(self.total));
        let term = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
        let divergence =
            if share > p { term(share, p) + term(1.0 - share, 1.0 - p) } else { 0.0 };
        Some(Winner {
            x: origin % 8,
            y: origin / 8,
            share,
            log10_nfa: (64f64.ln() - n * divergence) / std::f64::consts::LN_10,
        })
    }
}

/// The origin a vote chose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winner {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) share: f64,
    pub(super) log10_nfa: f64,
}

/// Differences in the strength of fine detail between pixels of even and odd
/// place, as logarithms of power ratios, one sample a cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Parity {
    diagonal: Vec<f64>,
    columns: Vec<f64>,
    rows: Vec<f64>,
}

impl Parity {
    /// Adds a tile with its top-left pixel at (`x0`, `y0`).
    pub(super) fn add(&mut self, pixels: &[f32], width: usize, x0: usize, y0: usize) {
        let height = pixels.len().checked_div(width).unwrap_or(0);
        if width < CELL + 2 || height < CELL + 2 {
            return;
        }
        for top in (1..=height - CELL - 1).step_by(CELL) {
            for left in (1..=width - CELL - 1).step_by(CELL) {
                let mut power = [[0.0f64; 2]; 2];
                for y in top..top + CELL {
                    for x in left..left + CELL {
                        let i = y * width + x;
                        let around = pixels[i - 1] + pixels[i + 1] + pixels[i - width] + pixels[i + width];
                        let detail = f64::from(pixels[i] - around / 4.0);
                        power[(y0 + y) % 2][(x0 + x) % 2] += detail * detail;
                    }
                }
                let [[a, b], [c, d]] = power;
                // Cells with next to no detail tell about rounding only: a
                // rounding error has variance 1/12, its detail 1/12·5/4.
                if a.min(b).min(c).min(d) < (CELL * CELL / 4) as f64 * 0.5 {
                    continue;
                }
                self.diagonal.push(((a + d) / (b + c)).ln());
                self.columns.push(((a + c) / (b + d)).ln());
                self.rows.push(((a + b) / (c + d)).ln());
            }
        }
    }

    /// Contrast in dB and Student's t of the mean over cells, for the
    /// diagonal, the columns and the rows; `None` for fewer than eight cells.
    pub(super) fn contrasts(&self) -> Option<[Contrast; 3]> {
        let of = |samples: &[f64]| {
            let (mean, sd) = mean_sd(samples).filter(|_| samples.len() >= 8)?;
            let error = (sd / (samples.len() as f64).sqrt()).max(1e-6);
            Some(Contrast { db: 10.0 * mean / std::f64::consts::LN_10, t: mean / error })
        };
        Some([of(&self.diagonal)?, of(&self.columns)?, of(&self.rows)?])
    }
}

/// One contrast of [`Parity`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Contrast {
    pub(super) db: f64,
    pub(super) t: f64,
}

/// The mean absolute second difference along rows and along columns, whose
/// periods tell the factor of an enlargement (Gallagher 2005).
#[derive(Clone, Debug)]
pub(super) struct Resampling {
    n: usize,
    /// Summed magnitude at each frequency k/n, k = 0..=n/2.
    magnitude: Vec<f64>,
}

impl Resampling {
    pub(super) fn new(n: usize) -> Self {
        Self { n, magnitude: vec![0.0; n / 2 + 1] }
    }

    /// Adds a tile of `n × n`; both directions are pooled.
    pub(super) fn add(&mut self, pixels: &[f32]) {
        let n = self.n;
        if n < 3 || pixels.len() != n * n {
            return;
        }
        let mut across = vec![0.0f64; n];
        let mut down = vec![0.0f64; n];
        for y in 1..n - 1 {
            for x in 1..n - 1 {
                let i = y * n + x;
                let here = 2.0 * pixels[i];
                across[x] += f64::from((here - pixels[i - 1] - pixels[i + 1]).abs());
                down[y] += f64::from((here - pixels[i - n] - pixels[i + n]).abs());
            }
        }
        for signal in [&mut across, &mut down] {
            whiten(signal);
            for (k, sum) in self.magnitude.iter_mut().enumerate() {
                *sum += magnitude(signal, k);
            }
        }
    }

    /// The frequency (cycles a pixel) whose magnitude stands out most against
    /// its neighbours, and by how many deviations. Multiples of 1/8 are left
    /// out, as a block grid makes them, and so are frequencies below 0.1,
    /// which belong to the subject.
    pub(super) fn strongest(&self) -> Option<(f64, f64)> {
        const AROUND: usize = 12;
        let mut best: Option<(f64, f64)> = None;
        for k in self.n / 10..=self.n / 2 {
            let eighth = self.n as f64 / 8.0;
            let off = (k as f64 / eighth - (k as f64 / eighth).round()).abs() * eighth;
            if off <= 1.5 {
                continue;
            }
            let mut around: Vec<f64> = (k.saturating_sub(AROUND)..=k + AROUND)
                .filter(|&j| j.abs_diff(k) > 2)
                .filter_map(|j| self.magnitude.get(j).copied())
                .collect();
            let Some((median, mad)) = median_mad(&mut around) else { continue };
            let z = (self.magnitude[k] - median) / (MAD_TO_SIGMA * mad);
            if z.is_finite() && best.is_none_or(|(_, most)| z > most) {
                best = Some((k as f64 / self.n as f64, z));
            }
        }
        best
    }
}

/// Replaces a positive signal by its ratio to its own moving mean, less one,
/// tapered by a Hann window.
fn whiten(signal: &mut [f64]) {
    const REACH: usize = 8;
    let n = signal.len();
    let copy = signal.to_vec();
    let window = crate::signal::window::hann(n);
    for (i, value) in signal.iter_mut().enumerate() {
        // The outermost samples have no second difference.
        let around = &copy[i.saturating_sub(REACH).max(1)..(i + REACH + 1).min(n - 1)];
        let mean = around.iter().sum::<f64>() / around.len().max(1) as f64;
        let inside = i > 0 && i + 1 < n && mean > 0.0;
        *value = if inside { (copy[i] / mean - 1.0) * f64::from(window[i]) } else { 0.0 };
    }
}

/// |Fourier transform| at `k` cycles, by Goertzel's recursion.
fn magnitude(signal: &[f64], k: usize) -> f64 {
    let twice = 2.0 * (std::f64::consts::TAU * k as f64 / signal.len() as f64).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for &x in signal {
        (s1, s2) = (x + twice * s1 - s2, s1);
    }
    (s1 * s1 + s2 * s2 - twice * s1 * s2).max(0.0).sqrt()
}
