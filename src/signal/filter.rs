//! Small spatial filters.

use rayon::prelude::*;

/// The 3×3 median of a picture of `width` columns, edges repeated; `out` gets
/// as many values as `pixels`. Rows beyond a whole multiple of `width` are
/// left alone. Not for NaN.
///
/// Each column of three is sorted once and shared by three neighbours: the
/// median of nine is the median of (largest of the lows, median of the
/// middles, smallest of the highs) (Smith 1996, "Implementing median filters
/// in XC4000E FPGAs").
pub fn median_3x3(pixels: &[f32], width: usize, out: &mut [f32]) {
    if width == 0 {
        return;
    }
    let height = pixels.len().min(out.len()) / width;
    // Sorted columns with one repeated on either side.
    let mut low = vec![0.0f32; width + 2];
    let mut middle = low.clone();
    let mut high = low.clone();
    for y in 0..height {
        let row = |y: usize| &pixels[y * width..(y + 1) * width];
        let (above, here, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(height - 1)));
        for x in 0..width {
            let (a, b) = sorted(above[x], here[x]);
            let (b, c) = sorted(b, below[x]);
            let (a, b) = sorted(a, b);
            low[x + 1] = a;
            middle[x + 1] = b;
            high[x + 1] = c;
        }
        for column in [&mut low, &mut middle, &mut high] {
            column[0] = column[1];
            column[width + 1] = column[width];
        }
        let target = &mut out[y * width..(y + 1) * width];
        for (x, value) in target.iter_mut().enumerate() {
            let lows = largest(largest(low[x], low[x + 1]), low[x + 2]);
            let middles = middle_of(middle[x], middle[x + 1], middle[x + 2]);
            let highs = smallest(smallest(high[x], high[x + 1]), high[x + 2]);
            *value = middle_of(lows, middles, highs);
        }
    }
}

// Comparisons rather than f32::min and max: these become one instruction, as
// they need not look out for NaN.
fn smallest(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

fn largest(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn sorted(a: f32, b: f32) -> (f32, f32) {
    (smallest(a, b), largest(a, b))
}

fn middle_of(a: f32, b: f32, c: f32) -> f32 {
    let (low, high) = sorted(a, b);
    largest(low, smallest(high, c))
}

/// `pixels` in rows of `width`, blurred by a Gaussian of standard deviation
/// `sigma` pixels, cut off at three and a half of them; edges repeated.
/// Unchanged where `sigma` is not positive or the rows are not whole.
pub fn gaussian(pixels: &[f32], width: usize, sigma: f32) -> Vec<f32> {
    if sigma.is_nan() || sigma <= 0.0 || width == 0 || !pixels.len().is_multiple_of(width) {
        return pixels.to_vec();
    }
    let height = pixels.len() / width;
    let reach = (3.5 * sigma).ceil() as usize;
    let mut kernel: Vec<f32> =
        (0..=reach).map(|i| (-((i * i) as f32) / (2.0 * sigma * sigma)).exp()).collect();
    let sum = kernel[0] + 2.0 * kernel[1..].iter().sum::<f32>();
    kernel.iter_mut().for_each(|k| *k /= sum);

    let mut across = vec![0.0f32; pixels.len()];
    across.par_chunks_mut(width).zip(pixels.par_chunks(width)).for_each_init(
        || vec![0.0f32; width + 2 * reach],
        |padded, (out, row)| {
            padded[..reach].fill(row[0]);
            padded[reach..reach + width].copy_from_slice(row);
            padded[reach + width..].fill(row[width - 1]);
            for (o, v) in out.iter_mut().zip(&padded[reach..]) {
                *o = kernel[0] * v;
            }
            for (d, k) in kernel.iter().enumerate().skip(1) {
                let (left, right) = (&padded[reach - d..], &padded[reach + d..]);
                for ((o, a), b) in out.iter_mut().zip(left).zip(right) {
                    *o += k * (a + b);
                }
            }
        },
    );
    let mut down = vec![0.0f32; pixels.len()];
    down.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        let row = |y: usize| &across[y * width..][..width];
        for (o, v) in out.iter_mut().zip(row(y)) {
            *o = kernel[0] * v;
        }
        for (d, k) in kernel.iter().enumerate().skip(1) {
            let (above, below) = (row(y.saturating_sub(d)), row((y + d).min(height - 1)));
            for ((o, a), b) in out.iter_mut().zip(above).zip(below) {
                *o += k * (a + b);
            }
        }
    });
    down
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    fn naive(pixels: &[f32], width: usize) -> Vec<f32> {
        let height = pixels.len() / width;
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let mut around = Vec::new();
                for dy in [-1isize, 0, 1] {
                    for dx in [-1isize, 0, 1] {
                        let yy = y.saturating_add_signed(dy).min(height - 1);
                        let xx = x.saturating_add_signed(dx).min(width - 1);
                        around.push(pixels[yy * width + xx]);
                    }
                }
                around.sort_by(f32::total_cmp);
                out.push(around[4]);
            }
        }
        out
    }

    #[test]
    fn agrees_with_sorting_nine() {
        let mut random = SplitMix::new(1);
        for (width, height) in [(1, 1), (1, 5), (7, 1), (2, 2), (13, 9)] {
            let pixels: Vec<f32> =
                (0..width * height).map(|_| (random.uniform() * 16.0).floor() as f32).collect();
            let mut out = vec![0.0; pixels.len()];
            median_3x3(&pixels, width, &mut out);
            assert_eq!(out, naive(&pixels, width), "{width}x{height}");
        }
    }

    #[test]
    fn a_gaussian_keeps_sums_and_flat_pictures_and_adds_variances() {
        let flat = gaussian(&[3.0; 12 * 9], 12, 2.0);
        assert!(flat.iter().all(|v| (v - 3.0).abs() < 1e-5));
        let mut point = vec![0.0; 61 * 61];
        point[30 * 61 + 30] = 1.0;
        let twice = gaussian(&gaussian(&point, 61, 3.0), 61, 4.0);
        assert!((twice.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        let variance: f32 =
            twice.iter().enumerate().map(|(i, v)| v * ((i % 61) as f32 - 30.0).powi(2)).sum();
        assert!((variance - 25.0).abs() < 0.5, "{variance}");
        assert_eq!(gaussian(&[1.0, 2.0], 2, 0.0), [1.0, 2.0]);
        assert_eq!(gaussian(&[1.0, 2.0, 3.0], 2, 1.0), [1.0, 2.0, 3.0]);
    }
}
