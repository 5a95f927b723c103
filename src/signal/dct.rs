//! The orthonormal discrete cosine transform of type II of 8×8 blocks, as JPEG
//! uses it.

use std::f64::consts::PI;

/// Place, `8·vertical + horizontal` frequency, of the k-th coefficient of
/// JPEG's scan (T.81, figure A.6).
pub const ZIGZAG: [usize; 64] = zigzag();

const fn zigzag() -> [usize; 64] {
    let mut out = [0; 64];
    let (mut x, mut y, mut k) = (0usize, 0usize, 0);
    while k < 64 {
        out[k] = 8 * y + x;
        k += 1;
        if (x + y) % 2 == 0 {
            if x == 7 {
                y += 1;
            } else if y == 0 {
                x += 1;
            } else {
                x += 1;
                y -= 1;
            }
        } else if y == 7 {
            x += 1;
        } else if x == 0 {
            y += 1;
        } else {
            x -= 1;
            y += 1;
        }
    }
    out
}

/// The transform of 8×8 blocks as a matrix, in single precision.
pub struct Dct8 {
    /// `basis[k][x]` = c(k)·cos((2x + 1)kπ/16).
    basis: [[f32; 8]; 8],
}

impl Default for Dct8 {
    fn default() -> Self {
        let mut basis = [[0.0; 8]; 8];
        for (k, row) in basis.iter_mut().enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                *value = cosine(k, x, 8) as f32;
            }
        }
        Self { basis }
    }
}

impl Dct8 {
    /// The rows of the first `N` frequencies: c(k)·cos((2x + 1)kπ/16).
    pub fn basis<const N: usize>(&self) -> [[f32; 8]; N] {
        std::array::from_fn(|k| self.basis.get(k).copied().unwrap_or_default())
    }

    /// The eight coefficients of eight samples.
    pub fn line(&self, samples: &[f32; 8]) -> [f32; 8] {
        // cos is even about the middle: sums carry the even coefficients,
        // differences the odd ones, halving the products.
        let mut sums = [0.0f32; 4];
        let mut differences = [0.0f32; 4];
        for i in 0..4 {
            sums[i] = samples[i] + samples[7 - i];
            differences[i] = samples[i] - samples[7 - i];
        }
        let mut out = [0.0; 8];
        for (k, value) in out.iter_mut().enumerate() {
            let half = if k % 2 == 0 { &sums } else { &differences };
            *value = half.iter().zip(&self.basis[k]).map(|(s, b)| s * b).sum();
        }
        out
    }

    /// The 64 coefficients of a block, `[vertical][horizontal]`.
    pub fn block(&self, block: &[[f32; 8]; 8]) -> [[f32; 8]; 8] {
        let mut rows = [[0.0; 8]; 8];
        for (row, samples) in rows.iter_mut().zip(block) {
            *row = self.line(samples);
        }
        let mut out = [[0.0; 8]; 8];
        for u in 0..8 {
            let column = self.line(&std::array::from_fn(|y| rows[y][u]));
            for v in 0..8 {
                out[v][u] = column[v];
            }
        }
        out
    }
}

/// c(k)·cos((2x + 1)kπ/2n), with c making the transform orthonormal.
fn cosine(k: usize, x: usize, n: usize) -> f64 {
    let scale = if k == 0 { (1.0 / n as f64).sqrt() } else { (2.0 / n as f64).sqrt() };
    scale * ((2 * x + 1) as f64 * k as f64 * PI / (2 * n) as f64).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    fn naive(tile: &[f32], n: usize) -> Vec<f64> {
        let mut out = vec![0.0; n * n];
        for v in 0..n {
            for u in 0..n {
                for y in 0..n {
                    for x in 0..n {
                        out[v * n + u] +=
                            f64::from(tile[y * n + x]) * cosine(u, x, n) * cosine(v, y, n);
                    }
                }
            }
        }
        out
    }

    #[test]
    fn agrees_with_the_definition() {
        let mut random = SplitMix::new(7);
        let tile: Vec<f32> = (0..64).map(|_| 50.0 * random.normal() as f32).collect();
        let slow = naive(&tile, 8);
        let block = std::array::from_fn(|y| std::array::from_fn(|x| tile[8 * y + x]));
        for (i, value) in Dct8::default().block(&block).as_flattened().iter().enumerate() {
            assert!((f64::from(*value) - slow[i]).abs() < 1e-3);
        }
    }

    #[test]
    fn is_orthonormal() {
        // Rows of the matrix are perpendicular and of length 1, so energy stays.
        for k in 0..8 {
            for l in 0..8 {
                let product: f64 = (0..8).map(|x| cosine(k, x, 8) * cosine(l, x, 8)).sum();
                assert!((product - f64::from(u8::from(k == l))).abs() < 1e-12);
            }
        }
        let flat = Dct8::default().block(&[[3.0; 8]; 8]);
        let flat = flat.as_flattened();
        assert!((flat[0] - 24.0).abs() < 1e-4 && flat[1..].iter().all(|c| c.abs() < 1e-4));
    }
}
