//! Constant-Q cepstral coefficients (Todisco, Delgado and Evans, *Constant Q
//! cepstral coefficients: a spoofing countermeasure for automatic speaker
//! verification*, Computer Speech & Language 45, 2017): fine in frequency where it
//! is low, fine in time where it is high.
//!
//! Here the transform is the direct one (Brown 1991, *Calculation of a constant Q
//! spectral transform*, JASA 89) of 24 bands an octave from 62.5 Hz; the authors
//! take 96 from 15 Hz, whose longest window is nine seconds. Numbers agree with
//! `tests/reference/cepstra.py`.

use std::f64::consts::TAU;

use super::lfcc::{HOP_S, cosines};
use crate::{Error, Result};

/// Lowest band, in Hz.
const LOWEST_HZ: f64 = 62.5;
/// Bands an octave.
const PER_OCTAVE: f64 = 24.0;
/// Coefficients kept.
pub const COEFFICIENTS: usize = 20;
/// Added to powers before the logarithm: −100 dB of full scale.
const LEAST: f64 = 1e-10;

/// The windows of every band, planned once.
pub struct Cqcc {
    bands: Vec<Band>,
    hop: usize,
}

struct Band {
    hz: f64,
    /// Windowed cosine and sine, of sum 1 for a tone of amplitude √2.
    waves: Vec<(f32, f32)>,
}

impl Cqcc {
    /// For sound at `rate`: bands up to just below half of it.
    ///
    /// # Errors
    /// [`Error::Compute`] for a rate under 1 kHz or over 192 kHz.
    pub fn new(rate: f64) -> Result<Self> {
        if !(1e3..=192e3).contains(&rate) {
            return Err(Error::compute("constant-Q coefficients", format!("{rate} Hz")));
        }
        let q = 1.0 / (2f64.powf(1.0 / PER_OCTAVE) - 1.0);
        let count = (PER_OCTAVE * (rate / 2.0 / LOWEST_HZ).log2()).floor() as usize;
        let band = |k: usize| {
            let hz = LOWEST_HZ * 2f64.powf(k as f64 / PER_OCTAVE);
            let length = (q * rate / hz).round() as usize;
            let weight = |i: usize| 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / length as f64).cos();
            let scale = std::f64::consts::SQRT_2 / (0..length).map(weight).sum::<f64>();
            let wave = |i: usize| {
                let (sin, cos) = (TAU * hz * i as f64 / rate).sin_cos();
                let weight = scale * weight(i);
                ((weight * cos) as f32, (weight * sin) as f32)
            };
            Band { hz, waves: (0..length).map(wave).collect() }
        };
        Ok(Self { bands: (0..count).map(band).collect(), hop: (HOP_S * rate).round() as usize })
    }

    /// Logarithms of the power in each band, a row each 10 ms, centred on its
    /// sample; beyond the ends lies silence. A sine at full scale has ln ½ in its band.
    pub fn bands(&self, samples: &[f32]) -> Vec<Vec<f64>> {
        let row =
            |centre: usize| self.bands.iter().map(|band| band.level(samples, centre)).collect();
        (0..=samples.len()).step_by(self.hop.max(1)).map(row).collect()
    }

    /// [`COEFFICIENTS`] of each row: the logarithms at evenly spaced frequencies
    /// (linear in between), and their cosine transform.
    pub fn coefficients(&self, samples: &[f32]) -> Vec<Vec<f64>> {
        let rows = self.bands(samples);
        rows.iter().map(|row| cosines(&self.evenly(row), COEFFICIENTS)).collect()
    }

    fn evenly(&self, row: &[f64]) -> Vec<f64> {
        let top = self.bands.last().map_or(LOWEST_HZ, |band| band.hz);
        let steps = row.len().saturating_sub(1).max(1) as f64;
        let value = |i: usize| {
            let hz = LOWEST_HZ + (top - LOWEST_HZ) * i as f64 / steps;
            let above = self.bands.partition_point(|band| band.hz <= hz).min(row.len() - 1).max(1);
            let (a, b) = (self.bands.get(above - 1)?, self.bands.get(above)?);
            let share = ((hz - a.hz) / (b.hz - a.hz)).clamp(0.0, 1.0);
            Some(row.get(above - 1)? * (1.0 - share) + row.get(above)? * share)
        };
        (0..row.len()).filter_map(value).collect()
    }
}

impl Band {
    fn level(&self, samples: &[f32], centre: usize) -> f64 {
        // Missing samples are silence: only those that are there are summed.
        let half = self.waves.len() / 2;
        let (first, skipped) = (centre.saturating_sub(half), half.saturating_sub(centre));
        let there = samples.get(first..).unwrap_or_default();
        let (mut re, mut im) = (0.0f64, 0.0f64);
        for (value, (cos, sin)) in there.iter().zip(self.waves.iter().skip(skipped)) {
            re += f64::from(value * cos);
            im += f64::from(value * sin);
        }
        (re * re + im * im + LEAST).ln()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::super::lfcc::tests::sound;
    use super::*;

    #[test]
    fn a_tone_stands_in_its_band_and_an_octave_is_24_bands() {
        let cqcc = Cqcc::new(16e3).unwrap();
        assert_eq!(cqcc.bands.len(), 168);
        for octave in [2, 4] {
            let hz = 62.5 * 2f64.powi(octave);
            let tone: Vec<f32> =
                (0..16_000).map(|i| (TAU * hz * f64::from(i) / 16e3).sin() as f32).collect();
            let rows = cqcc.bands(&tone);
            assert_eq!(rows.len(), 101);
            let row = &rows[50];
            let peak = (0..168).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            assert_eq!(peak, 24 * octave as usize);
            assert!((row[peak] - 0.5f64.ln()).abs() < 0.01, "{}", row[peak]);
            // A Hann window is two bands wide to its first zero.
            assert!(row[peak] - row[peak + 4] > 6.0);
        }
        assert!(Cqcc::new(100.0).is_err());
        assert_eq!(cqcc.coefficients(&[]).len(), 1);
    }

    #[test]
    fn agrees_with_the_reference() {
        // `tests/reference/cepstra.py`: rows 50, and 3, whose windows begin before it.
        let expected = [
            (50, [-250.6390, 3.5935, -17.4077, 8.5007, -30.7491, -31.0024, 12.2631, 7.9017]),
            (3, [-259.0029, 2.2453, 1.4086, 44.2796, 8.2899, -1.3906, 28.3292, 11.5641]),
        ];
        let rows = Cqcc::new(16e3).unwrap().coefficients(&sound());
        assert_eq!(rows.len(), 101);
        for (at, expected) in expected {
            for (found, expected) in rows[at].iter().zip(expected) {
                assert!((found - expected).abs() < 0.05, "{at}: {found} {expected}");
            }
        }
    }
}
