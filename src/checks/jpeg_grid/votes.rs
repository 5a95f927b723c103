//! Every pixel's vote for the origin of a block grid.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::signal::wide::wide;

/// A pixel without a vote.
pub(super) const NONE: u8 = u8::MAX;

/// Pixels at each edge that have no vote: fewer than 64 blocks hold them.
pub(super) const BORDER: usize = 7;

/// A coefficient below this is taken as one that was quantised to zero (ZERO): pixels are whole levels, so it cannot be told from zero.
const ZERO: f64 = 0.5;

/// Nearer to [`ZERO`] than this, single precision does not decide and the
/// coefficient is worked out again by its definition, see [`Definition`]. Wider
/// than any rounding error of [`transform`], which stays below 5e-4 for 8 bits.
const NEAR: f32 = 1e-3;

/// Pixels worked on at once; the compiler makes vectors of it.
const LANES: usize = 8;

/// Rows of votes made by one task. Each task repeats seven rows of its
/// neighbour, so it should be well above that.
const BAND: usize = 96;

/// Columns of blocks worked on after each other: their coefficients of eight rows,
/// 256 bytes each, stay in the processor's nearer cache.
const STRIP: usize = 512;

/// Set in a key when two blocks have equally many zeros, and when the winning
/// block is constant along its rows or columns.
const TIE: i16 = 0x80;
const FLAT: i16 = 0x40;

/// The vote of every pixel of `luma` (`width` × `height`, row by row): the
/// origin, x + 8y modulo 8, of the block with most zeros among the 64 that
/// hold the pixel, or [`NONE`].
///
/// The same votes come out whatever the number of threads.
pub(super) fn votes(luma: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut votes = vec![NONE; luma.len()];
    if width < 2 * BORDER + 1 || height < 2 * BORDER + 1 || luma.len() != width * height {
        return votes;
    }
    votes.par_chunks_mut(width * BAND).enumerate().for_each(|(band, out)| {
        let first = (band * BAND).max(BORDER);
        let last = (band * BAND + out.len() / width).min(height - BORDER);
        if first < last {
            let out = &mut out[(first - band * BAND) * width..(last - band * BAND) * width];
            vote(luma, width, first, out);
        }
    });
    votes
}

/// The votes of the rows from `first` on that `out` has room for.
fn vote(luma: &[u8], width: usize, first: usize, out: &mut [u8]) {
    wide!(vote_rows(luma: &[u8], width: usize, first: usize, out: &mut [u8]));
}

#[inline(always)]
fn vote_rows(luma: &[u8], width: usize, first: usize, out: &mut [u8]) {
    let rows = out.len() / width;
    let keys = keys(luma, width, first - BORDER, rows + BORDER);
    let blocks = width - BORDER;
    // Best of 2, 4, then 8 block rows, in place: what a step reads lies ahead
    // of what it writes.
    let mut keys = keys;
    let mut left = rows + BORDER;
    for step in [1, 2, 4] {
        left -= step;
        for y in 0..left {
            let (above, below) = keys.split_at_mut((y + step) * blocks);
            let above = &mut above[y * blocks..(y + 1) * blocks];
            for (a, &b) in above.iter_mut().zip(&below[..blocks]) {
                *a = better(*a, b);
            }
        }
    }
    for (keys, out) in keys.chunks_exact_mut(blocks).zip(out.chunks_exact_mut(width)) {
        let mut left = blocks;
        for step in [1, 2, 4] {
            left -= step;
            for x in 0..left {
                keys[x] = better(keys[x], keys[x + step]);
            }
        }
        for (out, &key) in out[BORDER..].iter_mut().zip(&keys[..left]) {
            *out = if key & (TIE | FLAT) == 0 { (key & 0x3f) as u8 } else { NONE };
        }
    }
}

/// The better of two keys from disjoint sets of blocks; on a tie, marked.
#[inline(always)]
fn better(a: i16, b: i16) -> i16 {
    let best = a.max(b);
    if (a ^ b) & 0x3f00 == 0 { best | TIE } else { best }
}

/// One key a block, for the blocks whose top row is `top` to `top + rows − 1`:
/// zeros × 256, with its grid origin and [`FLAT`] in the low bits.
#[inline(always)]
fn keys(luma: &[u8], width: usize, top: usize, rows: usize) -> Vec<i16> {
    let blocks = width - BORDER;
    let mut keys = vec![0i16; blocks * rows];
    for left in (0..blocks).step_by(STRIP) {
        let strip = &luma[top * width + left..];
        count(strip, width, STRIP.min(blocks - left), &mut keys[left..], rows);
    }
    let mut flat = Flat::new(width);
    for row in 0..rows + BORDER {
        let y = top + row;
        let above = (row > 0).then(|| &luma[(y - 1) * width..y * width]);
        flat.row(&luma[y * width..(y + 1) * width], above);
        let Some(block_row) = row.checked_sub(BORDER) else { continue };
        let down = (top + block_row) % 8 * 8;
        for (x, key) in keys[block_row * blocks..][..blocks].iter_mut().enumerate() {
            let mark = if flat.block(x) { FLAT } else { 0 };
            *key = *key << 8 | mark | (x % 8 + down) as i16;
        }
    }
    keys
}

/// Counts the zeros of `across` blocks in each of `rows` rows of blocks; `luma`
/// begins at the first one's first pixel, `zeros` at its count.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // u picks one line out of three levels
fn count(luma: &[u8], width: usize, across: usize, zeros: &mut [i16], rows: usize) {
    let groups = across.div_ceil(LANES);
    // Coefficients of the last eight pixel rows, `[row % 8][group][u]`.
    let mut lines = vec![[[0.0f32; LANES]; 8]; 8 * groups];
    let mut samples = vec![0.0f32; groups * LANES + BORDER];
    let mut window = [[0.0f32; LANES]; 8];
    let mut open = Vec::new();
    let exact = Definition::default();
    for row in 0..rows + BORDER {
        for (sample, &pixel) in samples.iter_mut().zip(&luma[row * width..][..across + BORDER]) {
            *sample = f32::from(pixel);
        }
        for (g, line) in lines[row % 8 * groups..][..groups].iter_mut().enumerate() {
            for (i, samples8) in window.iter_mut().enumerate() {
                samples8.copy_from_slice(&samples[g * LANES + i..][..LANES]);
            }
            *line = transform(&window);
        }
        let Some(block_row) = row.checked_sub(BORDER) else { continue };
        let zeros = &mut zeros[block_row * (width - BORDER)..][..across];
        for (g, zeros) in zeros.chunks_mut(LANES).enumerate() {
            let mut count = [0.0f32; LANES];
            for u in 0..8 {
                for (r, line) in window.iter_mut().enumerate() {
                    *line = lines[(block_row + r) % 8 * groups + g][u];
                }
                let mut values = transform(&window);
                if u == 0 {
                    values[0] = [f32::INFINITY; LANES]; // the mean is no zero
                }
                let mut unsure = [0.0f32; LANES];
                for value in &values {
                    for l in 0..LANES {
                        // Counted in floats: sums of whole numbers would be
                        // worked out block by block, not lane by lane.
                        let size = value[l].abs();
                        let zero = if size < ZERO as f32 - NEAR { 1.0 } else { 0.0 };
                        let not_more = if size < ZERO as f32 + NEAR { 1.0 } else { 0.0 };
                        count[l] += zero;
                        unsure[l] += not_more - zero;
                    }
                }
                if unsure.iter().fold(0, |all, lane| all | lane.to_bits()) == 0 {
                    continue;
                }
                for (v, value) in values.iter().enumerate() {
                    let mut near = 0u32;
                    for (l, value) in value.iter().enumerate() {
                        let off = (value.abs() - ZERO as f32).abs();
                        near |= u32::from(off <= NEAR) << l;
                    }
                    while near != 0 {
                        let l = near.trailing_zeros() as usize;
                        near &= near - 1;
                        if l < zeros.len() {
                            open.push(Open { x: g * LANES + l, u, v });
                        }
                    }
                }
            }
            for (zeros, count) in zeros.iter_mut().zip(count) {
                *zeros = count as i16;
            }
        }
        for open in open.chunks(LANES) {
            for (open, zero) in
                open.iter().zip(exact.zeros(&luma[block_row * width..], width, open))
            {
                zeros[open.x] += i16::from(zero);
            }
        }
        open.clear();
    }
}

/// A coefficient that single precision leaves open: of the block with its first
/// pixel in column `x`, frequency `u` across and `v` down.
struct Open {
    x: usize,
    u: usize,
    v: usize,
}

/// The transform by its definition in double precision.
///
/// Coefficients of exactly ±1/2 occur (those with both frequencies 0 or 4 are
/// multiples of 1/8), and then it is the rounding of the sum that decides. The
/// order of the operations is therefore kept: products of the pixel and two
/// cosines, column by column, the norm last. It is the plainest order, and the
/// one that returns the published numbers of the method's reference pictures.
struct Definition {
    /// `cosine[x][u]` = cos((2x + 1)uπ/16).
    cosine: [[f64; 8]; 8],
}

impl Default for Definition {
    fn default() -> Self {
        let cosine = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos();
        Self { cosine: std::array::from_fn(|x| std::array::from_fn(|u| cosine(x, u))) }
    }
}

impl Definition {
    /// Which of up to [`LANES`] coefficients are zero; their blocks lie in rows of
    /// `width`.
    #[inline(always)]
    fn zeros(&self, luma: &[u8], width: usize, open: &[Open]) -> [bool; LANES] {
        // One coefficient a lane: each is a long chain of additions.
        let mut pixels = [[[0.0f64; LANES]; 8]; 8];
        let (mut across, mut down) = ([[0.0f64; LANES]; 8], [[0.0f64; LANES]; 8]);
        let mut factor = [0.0f64; LANES];
        let norm = |k: usize| if k == 0 { 1.0 / 2f64.sqrt() } else { 1.0 };
        for (l, &Open { x: left, u, v }) in open.iter().enumerate().take(LANES) {
            for y in 0..8 {
                for (x, &pixel) in luma[y * width + left..][..8].iter().enumerate() {
                    pixels[x][y][l] = f64::from(pixel);
                }
                across[y][l] = self.cosine[y][u];
                down[y][l] = self.cosine[y][v];
            }
            factor[l] = 0.25 * norm(u) * norm(v);
        }
        let mut sum = [0.0f64; LANES];
        for (column, across) in pixels.iter().zip(&across) {
            for (pixel, down) in column.iter().zip(&down) {
                for l in 0..LANES {
                    sum[l] += pixel[l] * across[l] * down[l];
                }
            }
        }
        let mut zero = [false; LANES];
        for l in 0..LANES {
            zero[l] = (sum[l] * factor[l]).abs() < ZERO;
        }
        zero
    }
}

/// cos(kπ/16)/2 for k = 0..8: the orthonormal transform of eight samples
/// (the constant one has 1/√8 = cos(4π/16)/2).
const C: [f32; 8] = [
    0.5,
    0.490_392_65,
    0.461_939_77,
    0.415_734_8,
    0.353_553_4,
    0.277_785_12,
    0.191_341_71,
    0.097_545_16,
];

/// The eight coefficients of eight samples, for [`LANES`] of them at once.
#[inline(always)]
fn transform(x: &[[f32; LANES]; 8]) -> [[f32; LANES]; 8] {
    let mut out = [[0.0; LANES]; 8];
    for l in 0..LANES {
        let s = [x[0][l] + x[7][l], x[1][l] + x[6][l], x[2][l] + x[5][l], x[3][l] + x[4][l]];
        let d = [x[0][l] - x[7][l], x[1][l] - x[6][l], x[2][l] - x[5][l], x[3][l] - x[4][l]];
        let (outer, inner) = (s[0] + s[3], s[1] + s[2]);
        let (a, b) = (s[0] - s[3], s[1] - s[2]);
        out[0][l] = C[4] * (outer + inner);
        out[4][l] = C[4] * (outer - inner);
        out[2][l] = C[2] * a + C[6] * b;
        out[6][l] = C[6] * a - C[2] * b;
        out[1][l] = C[1] * d[0] + C[3] * d[1] + C[5] * d[2] + C[7] * d[3];
        out[3][l] = C[3] * d[0] - C[7] * d[1] - C[1] * d[2] - C[5] * d[3];
        out[5][l] = C[5] * d[0] - C[1] * d[1] + C[7] * d[2] + C[3] * d[3];
        out[7][l] = C[7] * d[0] - C[5] * d[1] + C[3] * d[2] - C[1] * d[3];
    }
    out
}

/// Which blocks ending in the last row are constant along rows or columns.
struct Flat {
    /// For each block column, rows in a run whose eight pixels are equal.
    rows: Vec<u8>,
    /// For each pixel column, equal steps down in a run.
    steps: Vec<u8>,
    /// For each block column, whether all eight columns are constant.
    columns: Vec<bool>,
}

impl Flat {
    fn new(width: usize) -> Self {
        let blocks = width - BORDER;
        Self { rows: vec![0; blocks], steps: vec![0; width], columns: vec![false; blocks] }
    }

    /// Takes the next row; `above` is the one before it, if there was one.
    fn row(&mut self, pixels: &[u8], above: Option<&[u8]>) {
        let mut equal = 0u32;
        for (x, pair) in pixels.windows(2).enumerate() {
            equal = if pair[0] == pair[1] { equal + 1 } else { 0 };
            if let Some(block) = (x + 2).checked_sub(8) {
                let run = &mut self.rows[block];
                *run = if equal >= 7 { run.saturating_add(1) } else { 0 };
            }
        }
        let Some(above) = above else { return };
        let mut constant = 0u32;
        for (x, (run, (a, b))) in self.steps.iter_mut().zip(pixels.iter().zip(above)).enumerate() {
            *run = if a == b { run.saturating_add(1) } else { 0 };
            constant = if *run >= 7 { constant + 1 } else { 0 };
            if let Some(block) = (x + 1).checked_sub(8) {
                self.columns[block] = constant >= 8;
            }
        }
    }

    fn block(&self, x: usize) -> bool {
        self.rows[x] >= 8 || self.columns[x]
    }
}
