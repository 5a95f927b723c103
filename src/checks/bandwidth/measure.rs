//! The spectrum's 95th percentile, and where it falls off a cliff.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::signal::window::hann;
use crate::{Error, Result};

/// Bins of the histogram of levels: 1 dB each from −160 dB of full scale on.
const LEVELS: usize = 180;
const LOWEST_DB: f32 = -160.0;
/// Widest rows: half of the window's length.
const LEAST_RATE: u32 = 4_000;
/// The percentile.
const SHARE: f64 = 0.95;
/// Either side of a cliff, in Hz: near and far end of what is averaged. The
/// gap leaves room for the slope of a resampler's filter.
const NEAR_HZ: f64 = 100.0;
const FAR_HZ: f64 = 500.0;
/// Least fall over a cliff, in dB. The recipe's 30 dB holds where there is
/// sound up to the edge; 16-bit noise leaves less of the fall visible there.
/// Development recordings without a known limit stay under 14 dB.
pub const LEAST_FALL_DB: f64 = 18.0;
/// A fall of this much is complete, whatever comes after.
pub const FULL_FALL_DB: f64 = 30.0;

/// Levels of every frequency so far.
pub struct Levels {
    /// Samples a second.
    pub rate: u32,
    length: usize,
    plan: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    counts: Vec<u32>,
    /// Frames counted.
    pub frames: u64,
    waiting: Vec<f32>,
}

/// A cliff in the spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cliff {
    /// Where, in Hz.
    pub hz: f64,
    /// How far down, in dB.
    pub fall_db: f64,
}

impl Levels {
    /// For sound at `rate`.
    ///
    /// # Errors
    /// [`Error::Compute`] under 4 kHz.
    pub fn new(rate: u32) -> Result<Self> {
        if rate < LEAST_RATE {
            return Err(Error::compute("bandwidth", format!("{rate} samples a second")));
        }
        // About 40 ms, so that rows lie 25 Hz apart or nearer.
        let length = (rate as usize / 25).next_power_of_two();
        let plan = RealFftPlanner::<f32>::new().plan_fft_forward(length);
        Ok(Self {
            rate,
            length,
            window: hann(length),
            input: plan.make_input_vec(),
            output: plan.make_output_vec(),
            counts: vec![0; (length / 2 + 1) * LEVELS],
            plan,
            frames: 0,
            waiting: Vec::new(),
        })
    }

    /// The next samples, mono.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn hear(&mut self, samples: &[f32]) -> Result<()> {
        self.waiting.extend_from_slice(samples);
        let mut done = 0;
        while let Some(frame) = self.waiting.get(done..done + self.length) {
            done += self.length;
            // Digital silence has no spectrum.
            if frame.iter().all(|value| *value == 0.0) {
                continue;
            }
            for ((to, from), weight) in self.input.iter_mut().zip(frame).zip(&self.window) {
                *to = if from.is_finite() { from * weight } else { 0.0 };
            }
            self.plan
                .process(&mut self.input, &mut self.output)
                .map_err(|error| Error::compute("bandwidth", error))?;
            // A tone of full scale is 0 dB.
            let scale = 16.0 / (self.length as f32).powi(2);
            for (row, value) in self.counts.chunks_exact_mut(LEVELS).zip(&self.output) {
                let db = 10.0 * (value.norm_sqr() * scale).max(1e-18).log10();
                let level = (db - LOWEST_DB).clamp(0.0, (LEVELS - 1) as f32) as usize;
                if let Some(count) = row.get_mut(level) {
                    *count += 1;
                }
            }
            self.frames += 1;
        }
        self.waiting.drain(..done);
        Ok(())
    }

    /// Hz from one row to the next.
    pub fn width_hz(&self) -> f64 {
        f64::from(self.rate) / self.length as f64
    }

    /// Seconds of sound that is not digital silence.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 * self.length as f64 / f64::from(self.rate)
    }

    /// The 95th percentile of each row in dB.
    pub fn percentile(&self) -> Vec<f64> {
        let least = (SHARE * self.frames as f64).ceil() as u64;
        self.counts
            .chunks_exact(LEVELS)
            .map(|row| {
                let mut sum = 0u64;
                let level = row.iter().position(|count| {
                    sum += u64::from(*count);
                    sum >= least
                });
                f64::from(LOWEST_DB) + level.unwrap_or(0) as f64 + 0.5
            })
            .collect()
    }
}

/// The highest cliff above `from_hz` beyond which the spectrum stays down.
pub fn cliff(spectrum: &[f64], width_hz: f64, from_hz: f64) -> Option<Cliff> {
    let bins = |hz: f64| (hz / width_hz).round() as usize;
    let (near, far) = (bins(NEAR_HZ).max(1), bins(FAR_HZ).max(2));
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
    let fall = |at: usize| -> Option<f64> {
        let below = spectrum.get(at.checked_sub(far)?..at - near)?;
        let above = spectrum.get(at + near..at + far)?;
        Some(mean(below) - mean(above))
    };
    let last = spectrum.len().saturating_sub(far);
    // What lies above stays down: the loudest half kilohertz there.
    let stays = |at: usize, fall: f64| {
        let below = mean(&spectrum[at - far..at - near]);
        spectrum[at + near..].windows(far - near).all(|part| mean(part) < below - 0.5 * fall)
    };
    let best = (bins(from_hz).max(far)..last)
        .filter_map(|at| fall(at).map(|fall| (at, fall)))
        .filter(|(at, fall)| *fall >= LEAST_FALL_DB && stays(*at, *fall))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    // The edge: where half the fall is behind, above all that is not.
    let (at, fall_db) = best;
    let middle = mean(&spectrum[at - far..at - near]) - 0.5 * fall_db;
    let edge = (at - near..at + near).rev().find(|i| spectrum[*i] > middle).unwrap_or(at);
    Some(Cliff { hz: (edge as f64 + 0.5) * width_hz, fall_db })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Noise with a pink slope up to `limit` Hz, and faint white noise.
    fn sound(limit: f64) -> Vec<f32> {
        let (n, rate) = (1 << 17, 48_000.0);
        let mut random = SplitMix::new(4);
        let mut planner = RealFftPlanner::<f32>::new();
        let inverse = planner.plan_fft_inverse(n);
        let mut spectrum = inverse.make_input_vec();
        for (i, value) in spectrum.iter_mut().enumerate().skip(1) {
            let hz = i as f64 * rate / n as f64;
            if hz < limit && i + 1 < n / 2 {
                let size = 300.0 / (hz + 300.0);
                *value =
                    Complex::new((size * random.normal()) as f32, (size * random.normal()) as f32);
            }
        }
        let mut samples = inverse.make_output_vec();
        inverse.process(&mut spectrum, &mut samples).unwrap();
        let top = samples.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        samples.iter().map(|v| 0.5 * v / top + (1e-5 * random.normal()) as f32).collect()
    }

    #[test]
    fn a_limit_is_found_and_none_is_made_up() {
        for limit in [3400.0, 8000.0, 16_000.0] {
            let mut levels = Levels::new(48_000).unwrap();
            levels.hear(&sound(limit)).unwrap();
            let found = cliff(&levels.percentile(), levels.width_hz(), 2000.0).unwrap();
            assert!((found.hz - limit).abs() < 60.0, "{limit}: {found:?}");
        }
        let mut levels = Levels::new(48_000).unwrap();
        levels.hear(&sound(24_000.0)).unwrap();
        assert_eq!(cliff(&levels.percentile(), levels.width_hz(), 2000.0), None);
        assert!(Levels::new(1_000).is_err());
    }
}
