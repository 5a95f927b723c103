//! Farid's difference: how far a picture moves when it is compressed once more,
//! over qualities.

use rayon::prelude::*;

use super::search::{Luma, QUALITIES};
use crate::checks::jpeg_quantisation::standard_luma;
use crate::signal::dct::Dct8;
use crate::signal::wide::{nearest, wide};

/// Most blocks of a map; of larger pictures every second, third … is taken.
const MOST_BLOCKS: usize = 60_000;

/// The difference at every block of one grid, scaled so that each block's
/// differences run from 0 to 1 over the qualities.
pub(super) struct Curves {
    /// Blocks in a row, and rows.
    pub size: (usize, usize),
    /// Pixels from one block to the next.
    pub stride: usize,
    /// `[block][quality]`; NaN for blocks without differences.
    pub differences: Vec<[f32; QUALITIES.len()]>,
}

/// The curves of the grid with origin `shift`.
///
/// The transform is orthonormal, so the mean square of what quantisation changes
/// in the coefficients is that in the pixels, but for the rounding of these.
pub(super) fn curves(luma: &Luma<'_>, (dx, dy): (usize, usize)) -> Curves {
    let (w, h) = (luma.width.saturating_sub(dx) / 8, luma.height.saturating_sub(dy) / 8);
    let mut thin = 1;
    while (w / thin) * (h / thin) > MOST_BLOCKS {
        thin += 1;
    }
    let (columns, rows) = (w / thin, h / thin);
    let tables = QUALITIES.map(standard_luma);
    let mut steps = [[0.0f32; QUALITIES.len()]; 64];
    for (k, steps) in steps.iter_mut().enumerate() {
        *steps = tables.map(|table| f32::from(table[k]));
    }
    let transform = Dct8::default();
    let differences = (0..columns * rows)
        .into_par_iter()
        .map(|i| {
            let (x, y) = (i % columns * thin * 8 + dx, i / columns * thin * 8 + dy);
            let block = std::array::from_fn(|r| {
                let line = &luma.pixels[(y + r) * luma.width + x..][..8];
                std::array::from_fn(|c| f32::from(line[c]))
            });
            let block = transform.block(&block);
            let mut curve = moved(&block, &steps);
            let low = curve.iter().copied().fold(f32::INFINITY, f32::min);
            let high = curve.iter().copied().fold(0.0, f32::max);
            let range = if high > low { high - low } else { f32::NAN };
            curve.iter_mut().for_each(|v| *v = (*v - low) / range);
            curve
        })
        .collect();
    Curves { size: (columns, rows), stride: 8 * thin, differences }
}

/// What quantisation with each table of `steps` changes in a block, mean square.
fn moved(block: &[[f32; 8]; 8], steps: &[[f32; QUALITIES.len()]; 64]) -> [f32; QUALITIES.len()] {
    wide!(moved_by(
        block: &[[f32; 8]; 8], steps: &[[f32; QUALITIES.len()]; 64]
    ) -> [f32; QUALITIES.len()])
}

#[inline(always)]
fn moved_by(block: &[[f32; 8]; 8], steps: &[[f32; QUALITIES.len()]; 64]) -> [f32; QUALITIES.len()] {
    let mut sums = [0.0f32; QUALITIES.len()];
    for (c, steps) in block.as_flattened().iter().zip(steps) {
        for (sum, q) in sums.iter_mut().zip(steps) {
            let change = c - q * nearest(c / q);
            *sum += change * change;
        }
    }
    sums.iter_mut().for_each(|sum| *sum /= 64.0);
    sums
}

impl Curves {
    /// The differences at one quality, block by block.
    pub(super) fn at(&self, quality: u16) -> Vec<f32> {
        let q = QUALITIES.iter().position(|&q| q == quality).unwrap_or(0);
        self.differences.iter().map(|curve| curve[q]).collect()
    }

    /// The largest distance between the distributions of the differences at
    /// `quality` inside and outside `bounds` (pixels), as Kolmogorov and Smirnov
    /// define it; `None` when either side has fewer than ten blocks.
    pub(super) fn distance(&self, quality: u16, [l, t, r, b]: [usize; 4]) -> Option<f64> {
        let mut values: Vec<(f32, bool)> = Vec::new();
        for (i, value) in self.at(quality).into_iter().enumerate() {
            let (x, y) = (i % self.size.0 * self.stride, i / self.size.0 * self.stride);
            if value.is_finite() {
                values.push((value, (l..r).contains(&x) && (t..b).contains(&y)));
            }
        }
        kolmogorov(&mut values)
    }
}

/// The distance of two samples, marked by the flag.
fn kolmogorov(values: &mut [(f32, bool)]) -> Option<f64> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let inside = values.iter().filter(|v| v.1).count();
    let outside = values.len() - inside;
    if inside < 10 || outside < 10 {
        return None;
    }
    let (mut a, mut b, mut most) = (0.0, 0.0, 0.0f64);
    for (i, (value, flag)) in values.iter().enumerate() {
        if *flag {
            a += 1.0 / inside as f64;
        } else {
            b += 1.0 / outside as f64;
        }
        // Between equal values the distributions have no value yet.
        if values.get(i + 1).is_none_or(|next| next.0 > *value) {
            most = most.max((a - b).abs());
        }
    }
    Some(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_samples() {
        let sample = |inside: &[f32], outside: &[f32]| {
            let mut values: Vec<(f32, bool)> = inside.iter().map(|&v| (v, true)).collect();
            values.extend(outside.iter().map(|&v| (v, false)));
            kolmogorov(&mut values)
        };
        let ten: Vec<f32> = (0..10u8).map(f32::from).collect();
        let later: Vec<f32> = (5..15u8).map(f32::from).collect();
        let far: Vec<f32> = (20..40u8).map(f32::from).collect();
        assert_eq!(sample(&ten, &ten), Some(0.0));
        assert!((sample(&ten, &later).unwrap_or(0.0) - 0.5).abs() < 1e-9);
        assert!((sample(&ten, &far).unwrap_or(0.0) - 1.0).abs() < 1e-9);
        assert_eq!(sample(&ten[..9], &far), None);
    }
}
