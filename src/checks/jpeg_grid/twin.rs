//! The same picture as if it were now saved as JPEG of quality 99.

use std::f32::consts::PI;

use rayon::prelude::*;

use crate::checks::jpeg_quantisation::standard;
use crate::signal::wide::nearest;

/// The quality: high enough not to erase an older grid (ZERO).
const QUALITY: u16 = 99;

/// `luma` (rows of `width`) after a JPEG compression of quality 99 with the
/// grid at the top-left corner: transformed, quantised, brought back and
/// rounded, block by block. No file is written, so no entropy coding happens.
/// Blocks across an edge are filled with the nearest pixel.
pub(super) fn resaved(luma: &[u8], width: usize) -> Vec<u8> {
    requantised(luma, width, &standard(true, QUALITY).map(f32::from))
}

/// The same with the luminance table `steps`, row by row.
pub(in crate::checks) fn requantised(luma: &[u8], width: usize, steps: &[f32; 64]) -> Vec<u8> {
    let mut out = vec![0; luma.len()];
    if width == 0 || !luma.len().is_multiple_of(width) || luma.is_empty() {
        return luma.to_vec();
    }
    let height = luma.len() / width;
    let basis: [[f32; 8]; 8] = std::array::from_fn(|k| {
        let scale = if k == 0 { 0.125f32.sqrt() } else { 0.5 };
        std::array::from_fn(|x| scale * ((2 * x + 1) as f32 * k as f32 * PI / 16.0).cos())
    });
    let steps: [[f32; 8]; 8] = std::array::from_fn(|v| std::array::from_fn(|u| steps[8 * v + u]));
    out.par_chunks_mut(8 * width).enumerate().for_each(|(band, out)| {
        for left in (0..width).step_by(8) {
            let pixel = |x: usize, y: usize| {
                let (x, y) = ((left + x).min(width - 1), (8 * band + y).min(height - 1));
                f32::from(luma[y * width + x]) - 128.0
            };
            let block = std::array::from_fn(|y| std::array::from_fn(|x| pixel(x, y)));
            // basis · block · basisᵀ, and back with the transposes.
            let mut coefficients = times(&times(&basis, &block), &turned(&basis));
            for (row, steps) in coefficients.iter_mut().zip(&steps) {
                for (value, step) in row.iter_mut().zip(steps) {
                    *value = nearest(*value / step) * step;
                }
            }
            let block = times(&times(&turned(&basis), &coefficients), &basis);
            for (row, values) in out.chunks_mut(width).zip(&block) {
                for (pixel, value) in row[left..].iter_mut().zip(values) {
                    *pixel = nearest(value + 128.0) as u8;
                }
            }
        }
    });
    out
}

type Block = [[f32; 8]; 8];

fn times(a: &Block, b: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    for (row, out) in a.iter().zip(&mut out) {
        for (&factor, b) in row.iter().zip(b) {
            for (out, &value) in out.iter_mut().zip(b) {
                *out += factor * value;
            }
        }
    }
    out
}

fn turned(a: &Block) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| a[x][y]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn little_changes_and_a_second_time_almost_nothing() {
        let mut random = SplitMix::new(3);
        let picture: Vec<u8> = (0..50 * 43).map(|_| (random.next() % 200 + 20) as u8).collect();
        let once = resaved(&picture, 50);
        let twice = resaved(&once, 50);
        let changed = |a: &[u8], b: &[u8]| a.iter().zip(b).filter(|(a, b)| a != b).count();
        assert!(picture.iter().zip(&once).all(|(a, b)| a.abs_diff(*b) <= 3));
        assert!(changed(&picture, &once) > 100, "quality 99 loses something");
        assert!(changed(&once, &twice) * 3 < changed(&picture, &once));
        assert_eq!(resaved(&[77; 24 * 9], 9), vec![77; 24 * 9]);
    }
}
