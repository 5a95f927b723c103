//! The orthonormal cosine transform of type II of square tiles of any even size.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::{Error, Result};

/// A planned transform of `n × n` tiles.
pub struct Cosines {
    n: usize,
    plan: Arc<dyn RealToComplex<f32>>,
    /// `c(k)·exp(−iπk/2n)`, with c making the transform orthonormal.
    turns: Vec<Complex<f32>>,
    line: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    turned: Vec<f32>,
}

impl Cosines {
    /// Plans for tiles of `n × n`; `n` must be even and not zero.
    pub fn new(n: usize) -> Result<Self> {
        if n == 0 || !n.is_multiple_of(2) {
            return Err(Error::compute("planning a cosine transform", format!("tile size {n}")));
        }
        let plan = RealFftPlanner::<f32>::new().plan_fft_forward(n);
        let turn = |k: usize| {
            let scale = if k == 0 { 1.0 / n as f64 } else { 2.0 / n as f64 }.sqrt();
            let angle = -std::f64::consts::PI * k as f64 / (2 * n) as f64;
            Complex::new((scale * angle.cos()) as f32, (scale * angle.sin()) as f32)
        };
        Ok(Self {
            n,
            turns: (0..n).map(turn).collect(),
            line: vec![0.0; n],
            spectrum: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            turned: vec![0.0; n * n],
            plan,
        })
    }

    /// Transforms `tile` (`n × n`, row by row) in place: index `v·n + u`, with
    /// `u` half cycles a tile across and `v` down.
    pub fn transform(&mut self, tile: &mut [f32]) -> Result<()> {
        let n = self.n;
        if tile.len() != n * n {
            let what = format!("{} pixels for {n}²", tile.len());
            return Err(Error::compute("cosine transform", what));
        }
        for _ in 0..2 {
            for y in 0..n {
                self.row(&tile[y * n..][..n])?;
                for (u, value) in self.line.iter().enumerate() {
                    self.turned[u * n + y] = *value;
                }
            }
            tile.copy_from_slice(&self.turned);
        }
        Ok(())
    }

    /// The coefficients of `samples`, into `line`: by one Fourier transform of the
    /// even samples followed by the odd ones backwards (Makhoul 1980, A fast
    /// cosine transform in one and two dimensions, IEEE Transactions on
    /// Acoustics, Speech and Signal Processing 28).
    fn row(&mut self, samples: &[f32]) -> Result<()> {
        let n = self.n;
        for (k, pair) in samples.chunks_exact(2).enumerate() {
            self.line[k] = pair[0];
            self.line[n - 1 - k] = pair[1];
        }
        self.plan
            .process_with_scratch(&mut self.line, &mut self.spectrum, &mut self.scratch)
            .map_err(|error| Error::compute("cosine transform", error))?;
        for (k, (value, turn)) in self.line.iter_mut().zip(&self.turns).enumerate() {
            // The second half of the spectrum of real numbers mirrors the first.
            let found = if 2 * k <= n { self.spectrum[k] } else { self.spectrum[n - k].conj() };
            *value = (found * turn).re;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn agrees_with_the_definition() {
        let n = 12;
        let mut random = SplitMix::new(3);
        let tile: Vec<f32> = (0..n * n).map(|_| 20.0 * random.normal() as f32).collect();
        let mut fast = tile.clone();
        Cosines::new(n).unwrap().transform(&mut fast).unwrap();
        let cosine = |k: usize, x: usize| {
            let scale = if k == 0 { 1.0 / n as f64 } else { 2.0 / n as f64 }.sqrt();
            scale * ((2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / (2 * n) as f64).cos()
        };
        for (i, fast) in fast.iter().enumerate() {
            let (u, v) = (i % n, i / n);
            let slow: f64 =
                (0..n * n).map(|p| f64::from(tile[p]) * cosine(u, p % n) * cosine(v, p / n)).sum();
            assert!((f64::from(*fast) - slow).abs() < 1e-3, "{u}, {v}: {fast} for {slow}");
        }
        assert!(Cosines::new(7).is_err() && Cosines::new(0).is_err());
    }
}
