//! Signals with known properties, for tests: every random number comes from a
//! seed that the test names.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

pub use super::random::SplitMix;

/// An `n × n` periodic Gaussian field whose *power* falls as 1/f^`alpha`, with
/// mean 128 and the standard deviation given.
pub fn power_law(n: usize, alpha: f64, sd: f64, seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed);
    let mut field: Vec<Complex<f64>> =
        (0..n * n).map(|_| Complex::new(random.normal(), 0.0)).collect();
    let mut planner = FftPlanner::new();
    let forward = planner.plan_fft_forward(n);
    let inverse = planner.plan_fft_inverse(n);
    forward.process(&mut field);
    transpose(&mut field, n);
    forward.process(&mut field);
    for v in 0..n {
        for u in 0..n {
            let distance = |k: usize| k.min(n - k) as f64 / n as f64;
            let f = distance(u).hypot(distance(v));
            field[v * n + u] *= if f > 0.0 { f.powf(-alpha / 2.0) } else { 0.0 };
        }
    }
    inverse.process(&mut field);
    transpose(&mut field, n);
    inverse.process(&mut field);
    let variance = field.iter().map(|c| c.re * c.re).sum::<f64>() / (n * n) as f64;
    field.iter().map(|c| (128.0 + sd * c.re / variance.sqrt()) as f32).collect()
}

fn transpose(field: &mut [Complex<f64>], n: usize) {
    for y in 0..n {
        for x in y + 1..n {
            field.swap(y * n + x, x * n + y);
        }
    }
}

/// A way to double a picture.
#[derive(Clone, Copy, Debug)]
pub enum Doubling {
    /// Zeros between the old pixels.
    Zeros,
    /// Every pixel twice.
    Nearest,
    /// Means of neighbours.
    Bilinear,
    /// Keys' cubic.
    Bicubic,
}

/// A periodic `n × n` picture doubled to `2n × 2n`.
pub fn double(pixels: &[f32], n: usize, how: Doubling) -> Vec<f32> {
    // Taps (offset, weight) of the two output phases. The interpolating ones
    // keep the old pixels and put new ones halfway; bicubic is Keys' with
    // a = −0.5 (Keys 1981), −1/16 and 9/16 at half a pixel.
    let phases: [Vec<(isize, f32)>; 2] = match how {
        Doubling::Zeros => [vec![(0, 1.0)], vec![]],
        Doubling::Nearest => [vec![(0, 1.0)], vec![(0, 1.0)]],
        Doubling::Bilinear => [vec![(0, 1.0)], vec![(0, 0.5), (1, 0.5)]],
        Doubling::Bicubic => {
            [vec![(0, 1.0)], vec![(-1, -0.0625), (0, 0.5625), (1, 0.5625), (2, -0.0625)]]
        }
    };
    let wide = along_rows(pixels, n, n, &phases);
    let turned = turn(&wide, 2 * n, n);
    let both = along_rows(&turned, n, 2 * n, &phases);
    turn(&both, 2 * n, 2 * n)
}

fn along_rows(
    pixels: &[f32],
    width: usize,
    height: usize,
    phases: &[Vec<(isize, f32)>; 2],
) -> Vec<f32> {
    let mut out = Vec::with_capacity(2 * width * height);
    for y in 0..height {
        for x in 0..2 * width {
            let sum = phases[x % 2].iter().map(|&(offset, weight)| {
                let from = (x as isize / 2 + offset).rem_euclid(width as isize) as usize;
                weight * pixels[y * width + from]
            });
            out.push(sum.sum());
        }
    }
    out
}

/// The transpose of a picture of `width` × `height`.
pub fn turn(pixels: &[f32], width: usize, height: usize) -> Vec<f32> {
    (0..width * height).map(|i| pixels[(i % height) * width + i / height]).collect()
}

/// An `n × n` picture of discs that cover each other, the stand-in for a
/// photograph: sharp edges between smooth areas, at all scales (the dead
/// leaves model, Lee, Mumford & Huang 2001). Grey levels 30–225.
pub fn dead_leaves(n: usize, seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed);
    let mut pixels = vec![128.0f32; n * n];
    let (least, most) = (n as f64 / 200.0, n as f64 / 4.0);
    for _ in 0..3000 {
        // Radii with density ~ r⁻³ between the two limits.
        let t = random.uniform();
        let radius = (least.powi(-2) + t * (most.powi(-2) - least.powi(-2))).powf(-0.5);
        let (x, y) = (random.uniform() * n as f64, random.uniform() * n as f64);
        let grey = (30.0 + 195.0 * random.uniform()) as f32;
        let range = |c: f64| (c - radius).max(0.0) as usize..((c + radius + 1.0) as usize).min(n);
        for j in range(y) {
            for i in range(x) {
                if (i as f64 - x).hypot(j as f64 - y) < radius {
                    pixels[j * n + i] = grey;
                }
            }
        }
    }
    pixels
}

/// The picture of `rgb` (interleaved, `width` in a row) as a camera would give
/// it: one colour a pixel, red at `origin` modulo 2, green beside and below it,
/// blue on the diagonal (Bayer 1976), the others the mean of the nearest two or
/// four of their kind. Rounded to whole levels.
pub fn bayer(rgb: &[f32], width: usize, origin: (usize, usize)) -> Vec<u8> {
    let height = rgb.len().checked_div(3 * width).unwrap_or(0);
    let kind = |x: usize, y: usize| match ((x + origin.0) % 2, (y + origin.1) % 2) {
        (0, 0) => 0,
        (1, 1) => 2,
        _ => 1,
    };
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..height {
        for x in 0..width {
            for colour in 0..3 {
                let (mut sum, mut weights) = (0.0f32, 0.0f32);
                for v in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                    for u in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                        // The pixel itself, else the beside ones, else the corners.
                        let weight = [1e6, 1e3, 1.0][x.abs_diff(u) + y.abs_diff(v)];
                        if kind(u, v) == colour {
                            sum += weight * rgb[3 * (v * width + u) + colour];
                            weights += weight;
                        }
                    }
                }
                // Of pixels that are there, the nearest outweigh the others.
                out.push((sum / weights.max(1e-9)).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    out
}

/// A square picture of noise of six sizes upon one another: detail at every frequency, little of
/// it fine, as photographs have.
pub fn photo(side: usize, seed: u64) -> Vec<u8> {
    texture(side, seed, [64, 24, 9, 4, 2, 1])
}

/// The same of cells of odd sizes, so that no place of every other pixel is
/// interpolated more than its neighbours.
pub fn odd_photo(side: usize, seed: u64) -> Vec<u8> {
    texture(side, seed, [65, 25, 9, 5, 3, 1])
}

fn texture(side: usize, seed: u64, cells: [usize; 6]) -> Vec<u8> {
    let mut random = SplitMix::new(seed);
    let mut sum = vec![128.0f64; side * side];
    for (cell, height) in cells.into_iter().zip([30.0, 16.0, 9.0, 7.0, 5.0, 2.5]) {
        let n = side / cell + 2;
        let grid: Vec<f64> = (0..n * n).map(|_| height * random.normal()).collect();
        for (i, value) in sum.iter_mut().enumerate() {
            let (x, y) = ((i % side) as f64 / cell as f64, (i / side) as f64 / cell as f64);
            let (c, r) = (x as usize, y as usize);
            let (fx, fy) = (x.fract(), y.fract());
            let at = |c: usize, r: usize| grid[r * n + c];
            *value += (at(c, r) * (1.0 - fx) + at(c + 1, r) * fx) * (1.0 - fy)
                + (at(c, r + 1) * (1.0 - fx) + at(c + 1, r + 1) * fx) * fy;
        }
    }
    sum.iter().map(|v| v.round().clamp(4.0, 251.0) as u8).collect()
}
