//! Small spatial filters.

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

/// `pixels` of rows of `width`, blurred by a Gaussian of standard deviation
/// `sigma` pixels; the pixels at the edge go on outside. Unchanged where
/// `sigma` is not positive or the rows are not whole.
pub fn gaussian(pixels: &[f32], width: usize, sigma: f32) -> Vec<f32> {
    if sigma.is_nan() || sigma <= 0.0 || width == 0 || !pixels.len().is_multiple_of(width) {
        return pixels.to_vec();
    }
    let reach = (3.0 * sigma).ceil() as isize;
    let mut kernel: Vec<f32> =
        (-reach..=reach).map(|k| (-(k as f32 / sigma).powi(2) / 2.0).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    let height = pixels.len() / width;
    let mut across = vec![0.0; pixels.len()];
    for (row, out) in pixels.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (x, out) in out.iter_mut().enumerate() {
            *out = (-reach..=reach)
                .zip(&kernel)
                .map(|(k, weight)| weight * row[x.saturating_add_signed(k).min(width - 1)])
                .sum();
        }
    }
    let mut down = vec![0.0; pixels.len()];
    for (y, out) in down.chunks_exact_mut(width).enumerate() {
        for (k, weight) in (-reach..=reach).zip(&kernel) {
            let from = y.saturating_add_signed(k).min(height - 1) * width;
            for (out, v) in out.iter_mut().zip(&across[from..from + width]) {
                *out += weight * v;
            }
        }
    }
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
}
