//! Fourier transforms of whole pictures, whatever their sides.

use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// The transform of a picture of `width` columns; of `height` rows after it, as
/// rows and columns change places. Not scaled.
pub(super) fn forward(pixels: &[f32], width: usize) -> Vec<Complex<f32>> {
    let field = pixels.iter().map(|&value| Complex::new(value, 0.0)).collect();
    both(field, width, false)
}

/// The real part of the inverse of [`forward`], scaled so that it comes back.
pub(super) fn inverse(field: Vec<Complex<f32>>, width: usize) -> Vec<f32> {
    let scale = 1.0 / field.len().max(1) as f32;
    let height = field.len() / width.max(1);
    both(field, height, true).iter().map(|c| c.re * scale).collect()
}

fn both(field: Vec<Complex<f32>>, width: usize, back: bool) -> Vec<Complex<f32>> {
    let height = field.len() / width.max(1);
    let turned = turned(&rows(field, width, back), width);
    rows(turned, height, back)
}

fn rows(mut field: Vec<Complex<f32>>, width: usize, back: bool) -> Vec<Complex<f32>> {
    let mut planner = FftPlanner::<f32>::new();
    let plan = if back { planner.plan_fft_inverse(width) } else { planner.plan_fft_forward(width) };
    field.par_chunks_mut(width).for_each_init(
        || vec![Complex::new(0.0, 0.0); plan.get_inplace_scratch_len()],
        |scratch, row| plan.process_with_scratch(row, scratch),
    );
    field
}

fn turned(field: &[Complex<f32>], width: usize) -> Vec<Complex<f32>> {
    const BLOCK: usize = 16;
    let height = field.len() / width;
    let mut out = vec![Complex::new(0.0, 0.0); field.len()];
    for y0 in (0..height).step_by(BLOCK) {
        for x0 in (0..width).step_by(BLOCK) {
            for x in x0..(x0 + BLOCK).min(width) {
                for y in y0..(y0 + BLOCK).min(height) {
                    out[x * height + y] = field[y * width + x];
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_and_keeps_its_energy() {
        let pixels: Vec<f32> = (0..15 * 8).map(|i| ((i * 37) % 101) as f32).collect();
        let field = forward(&pixels, 15);
        let energy: f32 = pixels.iter().map(|v| v * v).sum();
        let other: f32 = field.iter().map(|c| c.norm_sqr()).sum::<f32>() / 120.0;
        assert!((other / energy - 1.0).abs() < 1e-4);
        let back = inverse(field, 15);
        assert!(back.iter().zip(&pixels).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}
