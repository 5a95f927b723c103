//! What else puts lines into a spectrum: the grid of a block coding, the
//! colour filter array of a camera, doubling.

use crate::signal::dct::Dct8;
use crate::signal::stats::mean_sd;

/// Lead over the runner-up from which an origin is named: anything from 1.5 to
/// 50 tells JPEG and MPEG-2 from pictures doubled by repetition.
const LEAST_LEAD: f64 = 1.5;
/// A cosine coefficient smaller than this counts as quantised to zero
/// (Nikoukhah et al. 2021, section 2).
const ZERO: f32 = 0.5;
/// Parity contrasts are averaged over squares of this many pixels, small
/// enough to give many samples of one tile.
const CELL: usize = 32;
/// Detail that rounding to whole levels alone gives: variance 1/12, and 5/4 of
/// it after taking off the mean of four neighbours. Added to all four places
/// so that their ratios stay finite.
const ROUNDING: f64 = 5.0 / 48.0;
/// Cells are used from this mean detail (grey levels squared), five times
/// that of rounding.
const LEAST_DETAIL: f64 = 0.5;

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
    #[allow(clippy::needless_range_loop)] // r, c and u pick one line out of three levels
    pub(super) fn add(&mut self, pixels: &[f32], width: usize, x0: usize, y0: usize) {
        let dct = Dct8::default();
        let height = pixels.len().checked_div(width).unwrap_or(0);
        if width < 16 {
            return;
        }
        for top in (0..height.saturating_sub(22)).step_by(8) {
            for left in (0..width.saturating_sub(22)).step_by(8) {
                // Where a picture slopes the winner sits at a cell's edge, so
                // a fixed cell would favour some origins; moved cells do not.
                let (cell_x, cell_y) = jitter(left + x0, top + y0);
                let (cell_x, cell_y) = (left + cell_x, top + cell_y);
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

    /// The origin with most votes; `None` when nobody voted.
    pub(super) fn winner(&self) -> Option<Winner> {
        let mut counts: Vec<(u32, usize)> = self.votes.iter().flatten().copied().zip(0..).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let (&(most, origin), &(second, _)) = (counts.first()?, counts.get(1)?);
        if self.total == 0 {
            return None;
        }
        let p = 1.0 / 64.0;
        let (n, share) = (f64::from(self.total), f64::from(most) / f64::from(self.total));
        let term = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
        let divergence = if share > p { term(share, p) + term(1.0 - share, 1.0 - p) } else { 0.0 };
        Some(Winner {
            x: origin % 8,
            y: origin / 8,
            share,
            lead: f64::from(most) / f64::from(second.max(1)),
            log10_nfa: (64f64.ln() - n * divergence) / std::f64::consts::LN_10,
        })
    }
}

/// Two numbers in 0..8 that look random but are the same for the same place
/// (the mixing of SplitMix64, Steele, Lea & Flood 2014).
fn jitter(x: usize, y: usize) -> (usize, usize) {
    let mut z = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).rotate_left(32);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    ((z & 7) as usize, (z >> 3 & 7) as usize)
}

/// log10 NFA from which blocks are told, and from which they are held responsible
/// for lines.
const STRONG_TRACE: f64 = -5.0;
const WEAK_TRACE: f64 = -1.0;

/// The origin a vote chose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winner {
    pub(super) x: usize,
    pub(super) y: usize,
    /// Its share of the votes; 1/64 by chance.
    pub(super) share: f64,
    /// Its votes over those of the runner-up.
    pub(super) lead: f64,
    /// log10 of a bound on the number of origins that would get so many votes
    /// by chance: 64 times Hoeffding's bound on the binomial tail, p = 1/64.
    pub(super) log10_nfa: f64,
}

impl Winner {
    /// Whether the votes go beyond chance (as in ZERO, "strong" only at −5,
    /// since they are not quite independent), be it for one origin, as after
    /// JPEG and MPEG-2, or for several: WebP and H.264 also transform blocks of
    /// 4×4, which share their votes among four origins, and a JPEG doubled by
    /// repetition among sixteen.
    pub(super) fn is_block_trace(&self) -> bool {
        self.log10_nfa <= STRONG_TRACE
    }

    /// Whether blocks may be the cause of lines: a trace that would not be told by
    /// itself suffices to explain them. Of 105 photographs kept as WebP of quality 80
    /// and then as PNG, five had lines and a trace between −2.8 and −4.3
    /// (`reports/false-alarms.md`).
    pub(super) fn may_explain(&self) -> bool {
        self.log10_nfa <= WEAK_TRACE
    }

    /// Whether there is one grid with one origin: beyond chance, and well ahead
    /// of the runner-up. 8×8 codings had leads from 50, the others at most 6
    /// (`experiments/001-spectrum-thresholds.md`, table 2).
    pub(super) fn is_grid(&self) -> bool {
        self.is_block_trace() && self.lead >= LEAST_LEAD
    }
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
                        let around =
                            pixels[i - 1] + pixels[i + 1] + pixels[i - width] + pixels[i + width];
                        let detail = f64::from(pixels[i] - around / 4.0);
                        power[(y0 + y) % 2][(x0 + x) % 2] += detail * detail;
                    }
                }
                let area = (CELL * CELL / 4) as f64;
                // Cells with little detail tell about rounding only.
                if power.iter().flatten().sum::<f64>() < 4.0 * area * LEAST_DETAIL {
                    continue;
                }
                let [[a, b], [c, d]] = power.map(|row| row.map(|sum| sum + area * ROUNDING));
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

/// A difference of at least this many dB between the two diagonals' pixels,
/// and three times that between columns or rows, is called a trace of a colour
/// filter array: twice what photographs without a trace had
/// (`experiments/001-spectrum-thresholds.md`, table 3).
const CFA_DB: f64 = 0.6;
/// The mean over cells must stand out by so many standard errors: cells of one
/// texture are not independent, so more than the usual three or four.
const CFA_T: f64 = 8.0;

/// Whether `[diagonal, columns, rows]` looks like a colour filter array: green
/// sits on one diagonal (Gallagher & Chen 2008).
pub(super) fn is_cfa([diagonal, columns, rows]: &[Contrast; 3]) -> bool {
    diagonal.db.abs() >= CFA_DB
        && diagonal.t.abs() >= CFA_T
        && diagonal.db.abs() >= 3.0 * columns.db.abs().max(rows.db.abs())
}
