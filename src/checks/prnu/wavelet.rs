//! The noise of a picture: what a wavelet filter takes away.

use rayon::prelude::*;

/// Levels of the transform (Lukáš, Fridrich & Goljan 2006, section III.A).
const LEVELS: usize = 4;
/// Sides of a picture must be multiples of this.
pub(super) const UNIT: usize = 1 << LEVELS;
/// Deviation of the noise that is taken away, grey levels (Lukáš et al. 2006:
/// any from 2 to 6 will do).
pub(super) const SIGMA: f32 = 5.0;
/// Sides of the squares in which the signal's variance is estimated; the least
/// of the four counts (Mıhçak, Kozintsev & Ramchandran 1999; Lukáš et al. 2006).
const SQUARES: [usize; 4] = [3, 5, 7, 9];
/// Daubechies' filter of eight taps (Daubechies 1992, table 6.1).
const LOW: [f32; 8] = [
    0.230_377_81,
    0.714_846_57,
    0.630_880_8,
    -0.027_983_77,
    -0.187_034_81,
    0.030_841_382,
    0.032_883_01,
    -0.010_597_402,
];

/// The noise residual of a picture of `width` columns, both sides multiples of
/// [`UNIT`], in grey levels.
pub(super) fn residual(pixels: &[f32], width: usize) -> Vec<f32> {
    let mut bands = Vec::new();
    let (mut rest, mut across) = (pixels.to_vec(), width);
    for _ in 0..LEVELS {
        let (low, details) = split(&rest, across);
        across /= 2;
        bands.push(details.map(|band| noise(&band, across, SIGMA * SIGMA)));
        rest = low;
    }
    // The coarsest picture holds no noise worth the name.
    let mut whole = vec![0.0; rest.len()];
    while let Some(details) = bands.pop() {
        whole = join(&whole, &details, across);
        across *= 2;
    }
    whole
}

/// The part of each value that is noise of variance `variance`, by Wiener's
/// filter with the local variance of the signal.
pub(super) fn noise(values: &[f32], width: usize, variance: f32) -> Vec<f32> {
    let height = values.len().checked_div(width).unwrap_or(0);
    let mut least = vec![f32::INFINITY; values.len()];
    let squares: Vec<f32> = values.iter().map(|v| v * v).collect();
    for side in SQUARES {
        let reach = side / 2;
        // Zero beyond the edges.
        let mut across = vec![0.0f32; values.len()];
        across.par_chunks_mut(width).zip(squares.par_chunks(width)).for_each(|(out, row)| {
            for (x, sum) in out.iter_mut().enumerate() {
                *sum = row[x.saturating_sub(reach)..(x + reach + 1).min(width)].iter().sum();
            }
        });
        let area = (side * side) as f32;
        least.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
            let mut sums = vec![0.0f32; width];
            for row in across
                .chunks_exact(width)
                .take((y + reach + 1).min(height))
                .skip(y.saturating_sub(reach))
            {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            for (least, sum) in out.iter_mut().zip(&sums) {
                *least = least.min((sum / area - variance).max(0.0));
            }
        });
    }
    values
        .iter()
        .zip(&least)
        .map(|(value, signal)| value * variance / (signal + variance))
        .collect()
}

/// One level down, the picture repeating beyond its edges: the low band, then
/// the three others.
fn split(pixels: &[f32], width: usize) -> (Vec<f32>, [Vec<f32>; 3]) {
    let (low, high) = halves(pixels, width);
    let half = width / 2;
    let columns = |band: &[f32]| {
        let (low, high) = halves(&turned(band, half), band.len() / half);
        let rows = band.len() / half / 2;
        (turned(&low, rows), turned(&high, rows))
    };
    let ((a, b), (c, d)) = (columns(&low), columns(&high));
    (a, [b, c, d])
}

/// Rows into their low and high halves.
fn halves(pixels: &[f32], width: usize) -> (Vec<f32>, Vec<f32>) {
    let half = width / 2;
    let size = pixels.len() / 2;
    let (mut low, mut high) = (vec![0.0f32; size], vec![0.0f32; size]);
    let rows = low.par_chunks_mut(half).zip(high.par_chunks_mut(half));
    rows.zip(pixels.par_chunks(width)).for_each(|((low, high), row)| {
        for k in 0..half {
            for (i, tap) in LOW.iter().enumerate() {
                let value = row[(2 * k + i) % width];
                low[k] += tap * value;
                // The high filter is the low one backwards with signs in turn.
                high[k] += if i % 2 == 0 { LOW[7 - i] } else { -LOW[7 - i] } * value;
            }
        }
    });
    (low, high)
}

/// The inverse of [`split`], from bands of `half` columns.
fn join(low: &[f32], details: &[Vec<f32>; 3], half: usize) -> Vec<f32> {
    let rows = low.len() / half;
    let columns = |low: &[f32], high: &[f32]| {
        turned(&whole(&turned(low, half), &turned(high, half), rows), 2 * rows)
    };
    let left = columns(low, &details[0]);
    let right = columns(&details[1], &details[2]);
    whole(&left, &right, half)
}

/// Rows from their low and high halves.
fn whole(low: &[f32], high: &[f32], half: usize) -> Vec<f32> {
    let width = 2 * half;
    let mut out = vec![0.0f32; 2 * low.len()];
    let bands = low.par_chunks(half).zip(high.par_chunks(half));
    out.par_chunks_mut(width).zip(bands).for_each(|(row, (low, high))| {
        for k in 0..half {
            for (i, tap) in LOW.iter().enumerate() {
                let sign = if i % 2 == 0 { LOW[7 - i] } else { -LOW[7 - i] };
                row[(2 * k + i) % width] += tap * low[k] + sign * high[k];
            }
        }
    });
    out
}

/// Columns become rows.
fn turned(pixels: &[f32], width: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let height = pixels.len() / width;
    let mut out = vec![0.0f32; pixels.len()];
    for y0 in (0..height).step_by(BLOCK) {
        for x0 in (0..width).step_by(BLOCK) {
            for x in x0..(x0 + BLOCK).min(width) {
                for y in y0..(y0 + BLOCK).min(height) {
                    out[x * height + y] = pixels[y * width + x];
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    fn random(n: usize) -> Vec<f32> {
        let mut random = SplitMix::new(3);
        (0..n).map(|_| random.normal() as f32).collect()
    }

    #[test]
    fn the_transform_is_orthonormal_and_comes_back() {
        let (width, height) = (48, 32);
        let pixels = random(width * height);
        let (low, details) = split(&pixels, width);
        let energy = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>();
        let sum = energy(&low) + details.iter().map(|d| energy(d)).sum::<f32>();
        assert!((sum / energy(&pixels) - 1.0).abs() < 1e-4);
        let back = join(&low, &details, width / 2);
        assert!(back.iter().zip(&pixels).all(|(a, b)| (a - b).abs() < 1e-4));
        // A plane has no detail.
        let (_, flat) = split(&vec![7.0; width * height], width);
        assert!(flat.iter().flatten().all(|v| v.abs() < 1e-4));
    }

    #[test]
    fn noise_goes_through_and_edges_stay_behind() {
        let (n, mut pixels) = (128, random(128 * 128));
        let noise = pixels.clone();
        for (i, value) in pixels.iter_mut().enumerate() {
            *value = *value * 2.0 + if i % n < n / 2 { 60.0 } else { 190.0 };
        }
        let found = residual(&pixels, n);
        let inner = |i: &usize| (20..40).contains(&(i % n));
        let dot = |a: &[f32], b: &[f32]| (0..n * n).filter(inner).map(|i| a[i] * b[i]).sum::<f32>();
        let like = dot(&found, &noise) / (dot(&found, &found) * dot(&noise, &noise)).sqrt();
        assert!(like > 0.95, "{like}");
        assert!(found.iter().all(|v| v.abs() < 40.0));
    }
}
