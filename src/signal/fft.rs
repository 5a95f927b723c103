//! Two-dimensional Fourier transforms of real square tiles.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use crate::signal::stats::mean;
use crate::{Error, Result};

/// Half of the spectrum of a real `n × n` picture; the other half follows from
/// P(u, v) = P(−u, −v).
#[derive(Clone, Debug, PartialEq)]
pub struct Half {
    n: usize,
    values: Vec<f32>,
}

impl Half {
    /// All zeros, for tiles of `n × n`.
    pub fn zeros(n: usize) -> Self {
        Self { n, values: vec![0.0; (n / 2 + 1) * n] }
    }

    /// Tile size.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The stored values: index `u·n + v` with horizontal frequency `u` in
    /// 0..=n/2 and vertical frequency `v` in 0..n (above n/2: negative), in
    /// cycles per tile.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The stored values, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The value at horizontal frequency `u` and vertical frequency `v`, any
    /// integers: the spectrum repeats every `n`.
    pub fn at(&self, u: isize, v: isize) -> f32 {
        let n = self.n as isize;
        let (mut u, mut v) = (u.rem_euclid(n), v.rem_euclid(n));
        if u > n / 2 {
            (u, v) = (n - u, (n - v).rem_euclid(n));
        }
        self.values[(u * n + v) as usize]
    }

    /// How many bins of the whole spectrum each bin with horizontal frequency
    /// `u` stands for.
    pub fn weight(&self, u: usize) -> f64 {
        if u == 0 || 2 * u == self.n { 1.0 } else { 2.0 }
    }

    /// Adds `scale × other`; spectra of another size are not added.
    pub fn add(&mut self, other: &Self, scale: f32) {
        if self.n == other.n {
            for (sum, value) in self.values.iter_mut().zip(&other.values) {
                *sum += scale * value;
            }
        }
    }
}

/// A planned transform of `n × n` tiles: windows, transforms, squares.
pub struct Power {
    n: usize,
    window: Vec<f32>,
    /// One over the sum of the squared 2-D window.
    scale: f32,
    along_rows: Arc<dyn RealToComplex<f32>>,
    along_columns: Arc<dyn Fft<f32>>,
    row: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    turned: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Power {
    /// Plans for tiles of `window.len()` squared; the 2-D window is the outer
    /// product of `window` with itself. The size must be even and not zero.
    pub fn new(window: &[f32]) -> Result<Self> {
        let n = window.len();
        let energy: f32 = window.iter().map(|w| w * w).sum();
        if n == 0 || n % 2 == 1 || energy <= 0.0 {
            return Err(Error::compute("planning a Fourier transform", format!("tile size {n}")));
        }
        let along_rows = RealFftPlanner::<f32>::new().plan_fft_forward(n);
        let along_columns = FftPlanner::<f32>::new().plan_fft_forward(n);
        let scratch = along_rows.get_scratch_len().max(along_columns.get_inplace_scratch_len());
        let zero = Complex::new(0.0, 0.0);
        Ok(Self {
            n,
            window: window.to_vec(),
            scale: 1.0 / (energy * energy),
            along_rows,
            along_columns,
            row: vec![0.0; n],
            spectrum: vec![zero; (n / 2 + 1) * n],
            turned: vec![zero; (n / 2 + 1) * n],
            scratch: vec![zero; scratch],
        })
    }

    /// Tile size.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The power spectrum of `tile` (`n × n`, row by row) after taking off its
    /// mean and windowing, over the window's energy: white noise of variance
    /// σ² has mean power σ² in every bin.
    pub fn spectrum(&mut self, tile: &[f32], out: &mut Half) -> Result<()> {
        let n = self.n;
        if tile.len() != n * n || out.n != n {
            return Err(Error::compute(
                "Fourier transform",
                format!("{} pixels for {n}²", tile.len()),
            ));
        }
        let mean = mean(tile) as f32;
        let half = n / 2 + 1;
        for (y, pixels) in tile.chunks_exact(n).enumerate() {
            let down = self.window[y];
            for ((value, &pixel), &across) in self.row.iter_mut().zip(pixels).zip(&self.window) {
                *value = (pixel - mean) * down * across;
            }
            self.along_rows
                .process_with_scratch(
                    &mut self.row,
                    &mut self.spectrum[y * half..(y + 1) * half],
                    &mut self.scratch,
                )
                .map_err(|error| Error::compute("Fourier transform", error))?;
        }
        transpose(&self.spectrum, &mut self.turned, half, n);
        self.along_columns.process_with_scratch(&mut self.turned, &mut self.scratch);
        for (power, value) in out.values.iter_mut().zip(&self.turned) {
            *power = value.norm_sqr() * self.scale;
        }
        Ok(())
    }
}

/// From `n` rows of `half` to `half` rows of `n`, in blocks that stay in cache.
fn transpose(from: &[Complex<f32>], to: &mut [Complex<f32>], half: usize, n: usize) {
    const BLOCK: usize = 16;
    for y0 in (0..n).step_by(BLOCK) {
        for x0 in (0..half).step_by(BLOCK) {
            for x in x0..(x0 + BLOCK).min(half) {
                for y in y0..(y0 + BLOCK).min(n) {
                    to[x * n + y] = from[y * half + x];
                }
            }
        }
    }
}

/// The circular autocorrelation that belongs to a power spectrum
/// (Wiener–Khinchin), divided by its value at lag 0: index `dy·n + dx`.
/// All zeros when there is no power.
pub fn autocorrelation(power: &Half) -> Vec<f32> {
    let n = power.n;
    let plan = FftPlanner::<f32>::new().plan_fft_inverse(n);
    let mut field: Vec<Complex<f32>> = (0..n * n)
        .map(|i| Complex::new(power.at((i / n) as isize, (i % n) as isize), 0.0))
        .collect();
    plan.process(&mut field);
    let mut turned = vec![Complex::new(0.0, 0.0); n * n];
    transpose(&field, &mut turned, n, n);
    plan.process(&mut turned);
    let zero = turned.first().map_or(0.0, |c| c.re);
    let scale = if zero > 0.0 { 1.0 / zero } else { 0.0 };
    turned.iter().map(|c| c.re * scale).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;
    use crate::signal::window::{flat, hann};
    use std::f64::consts::TAU;

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut random = SplitMix::new(seed);
        (0..n * n).map(|_| random.normal() as f32).collect()
    }

    /// The definition, term by term.
    fn naive(tile: &[f32], n: usize, u: usize, v: usize) -> f64 {
        let mean = tile.iter().map(|&p| f64::from(p)).sum::<f64>() / tile.len() as f64;
        let (mut re, mut im) = (0.0, 0.0);
        for (i, &pixel) in tile.iter().enumerate() {
            let angle = TAU * ((u * (i % n) + v * (i / n)) % n) as f64 / n as f64;
            re += (f64::from(pixel) - mean) * angle.cos();
            im -= (f64::from(pixel) - mean) * angle.sin();
        }
        (re * re + im * im) / (n * n) as f64
    }

    #[test]
    fn agrees_with_the_definition() {
        for n in [2, 6, 8, 12] {
            let tile = noise(n, 3);
            let mut out = Half::zeros(n);
            Power::new(&flat(n)).unwrap().spectrum(&tile, &mut out).unwrap();
            for u in 0..n {
                for v in 0..n {
                    let (fast, slow) =
                        (f64::from(out.at(u as isize, v as isize)), naive(&tile, n, u, v));
                    assert!(
                        (fast - slow).abs() < 1e-4 * (1.0 + slow),
                        "{n} ({u},{v}): {fast} {slow}"
                    );
                }
            }
        }
    }

    #[test]
    fn keeps_the_energy() {
        // Parseval: the mean power over all bins is the variance.
        let n = 64;
        let tile = noise(n, 4);
        let mut out = Half::zeros(n);
        Power::new(&flat(n)).unwrap().spectrum(&tile, &mut out).unwrap();
        let sum: f64 = (0..=n / 2)
            .flat_map(|u| (0..n).map(move |v| (u, v)))
            .map(|(u, v)| out.weight(u) * f64::from(out.values()[u * n + v]))
            .sum();
        let variance = crate::signal::stats::variance(&tile);
        assert!((sum / (n * n) as f64 / variance - 1.0).abs() < 1e-5);
    }

    #[test]
    fn an_impulse_is_flat_and_a_wave_is_one_peak() {
        let n = 32;
        let mut plan = Power::new(&flat(n)).unwrap();
        let mut out = Half::zeros(n);
        let mut tile = vec![0.0; n * n];
        tile[5 * n + 9] = 1.0;
        plan.spectrum(&tile, &mut out).unwrap();
        let expected = 1.0 / (n * n) as f32;
        assert!(out.values().iter().skip(1).all(|p| (p - expected).abs() < 1e-6));
        assert!(out.at(0, 0).abs() < 1e-9, "the mean is taken off");

        // 3 cycles across, 5 up: a wave of amplitude 1 holds n²/4 in each of
        // two opposite bins, nothing elsewhere.
        for (i, pixel) in tile.iter_mut().enumerate() {
            let turns = (3 * (i % n)) as f64 - (5 * (i / n)) as f64;
            *pixel = (TAU * turns / n as f64).cos() as f32;
        }
        plan.spectrum(&tile, &mut out).unwrap();
        let expected = (n * n) as f32 / 4.0;
        for u in 0..n as isize {
            for v in 0..n as isize {
                let is_peak = (u, v) == (3, 27) || (u, v) == (29, 5);
                let value = out.at(u, v);
                let target = if is_peak { expected } else { 0.0 };
                assert!((value - target).abs() < 1e-3, "({u},{v}): {value}");
            }
        }
    }

    #[test]
    fn the_window_does_not_change_the_level_of_noise() {
        let n = 128;
        let mut out = Half::zeros(n);
        Power::new(&hann(n)).unwrap().spectrum(&noise(n, 5), &mut out).unwrap();
        let mean =
            out.values().iter().map(|&p| f64::from(p)).sum::<f64>() / out.values().len() as f64;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
    }

    #[test]
    fn autocorrelation_finds_a_period() {
        let n = 64;
        let mut tile = noise(n, 6);
        for (i, pixel) in tile.iter_mut().enumerate() {
            *pixel += if (i % n) % 8 == 0 { 4.0 } else { 0.0 };
        }
        let mut power = Half::zeros(n);
        Power::new(&flat(n)).unwrap().spectrum(&tile, &mut power).unwrap();
        let found = autocorrelation(&power);
        // The definition at a few lags.
        let mean = tile.iter().sum::<f32>() / (n * n) as f32;
        let at = |dx: usize, dy: usize| -> f32 {
            (0..n * n)
                .map(|i| {
                    let j = ((i / n + dy) % n) * n + (i % n + dx) % n;
                    (tile[i] - mean) * (tile[j] - mean)
                })
                .sum()
        };
        for (dx, dy) in [(0, 0), (1, 0), (8, 0), (0, 8), (5, 3)] {
            let expected = at(dx, dy) / at(0, 0);
            assert!((found[dy * n + dx] - expected).abs() < 1e-4, "({dx},{dy})");
        }
        assert!(found[8] > 0.4 && found[7] < 0.0);
    }

    #[test]
    fn refuses_sizes_it_cannot_do() {
        assert!(Power::new(&[]).is_err());
        assert!(Power::new(&flat(7)).is_err());
        let mut out = Half::zeros(8);
        assert!(Power::new(&flat(8)).unwrap().spectrum(&[0.0; 63], &mut out).is_err());
    }
}
