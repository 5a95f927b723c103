//! Mel power spectrogram, as speaker networks take it.
//!
//! The scale is Slaney's (1998, Auditory Toolbox, Interval Research 1998-010):
//! linear to 1 kHz, logarithmic above, each triangle of unit area. Numbers agree
//! with librosa's `melspectrogram` at its defaults (`tests/reference`).

use realfft::RealFftPlanner;

use super::window::hann;
use crate::{Error, Result};

/// Slaney's scale: mels a hertz below 1 kHz, and the step of the logarithm above.
const LINEAR_HZ: f64 = 200.0 / 3.0;
const KNEE_HZ: f64 = 1_000.0;
const LOG_STEP: f64 = 0.068_751_777_420_949_12; // ln(6.4)/27

fn mel(hz: f64) -> f64 {
    if hz < KNEE_HZ { hz / LINEAR_HZ } else { KNEE_HZ / LINEAR_HZ + (hz / KNEE_HZ).ln() / LOG_STEP }
}

fn hertz(mel: f64) -> f64 {
    let knee = KNEE_HZ / LINEAR_HZ;
    if mel < knee { mel * LINEAR_HZ } else { KNEE_HZ * ((mel - knee) * LOG_STEP).exp() }
}

/// Triangles as rows over the `length / 2 + 1` bins of a transform.
fn bank(rate: f64, length: usize, bands: usize) -> Vec<Vec<f32>> {
    let top = mel(rate / 2.0);
    let edge = |i: usize| hertz(top * i as f64 / (bands + 1) as f64);
    (0..bands)
        .map(|band| {
            let (low, peak, high) = (edge(band), edge(band + 1), edge(band + 2));
            (0..=length / 2)
                .map(|bin| {
                    let hz = bin as f64 * rate / length as f64;
                    let height = ((hz - low) / (peak - low)).min((high - hz) / (high - peak));
                    (height.max(0.0) * 2.0 / (high - low)) as f32
                })
                .collect()
        })
        .collect()
}

/// Power in `bands` mel bands (0 Hz to half the rate) of `samples`: row `i` is
/// centred on sample `i·hop`, seen through a Hann window of `length` samples;
/// beyond the ends lies silence. Full scale ±1 is not scaled away.
///
/// # Errors
/// [`Error::Compute`] when `length` or `hop` is zero.
pub fn mel_power(
    samples: &[f32],
    rate: f64,
    length: usize,
    hop: usize,
    bands: usize,
) -> Result<Vec<Vec<f32>>> {
    if length == 0 || hop == 0 {
        return Err(Error::compute("mel spectrogram", "windows without length"));
    }
    let bank = bank(rate, length, bands);
    let window = hann(length);
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(length);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mut rows = Vec::with_capacity(samples.len() / hop + 1);
    for row in 0..=samples.len() / hop {
        let first = (row * hop) as i64 - (length / 2) as i64;
        for (i, (to, weight)) in input.iter_mut().zip(&window).enumerate() {
            let place = usize::try_from(first + i as i64).ok();
            *to = place.and_then(|place| samples.get(place)).copied().unwrap_or(0.0) * weight;
        }
        plan.process(&mut input, &mut output).map_err(|e| Error::compute("mel spectrogram", e))?;
        let power: Vec<f32> = output.iter().map(|value| value.norm_sqr()).collect();
        let sum = |band: &Vec<f32>| band.iter().zip(&power).map(|(weight, p)| weight * p).sum();
        rows.push(bank.iter().map(sum).collect());
    }
    Ok(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_slaneys() {
        // His toolbox: 15 mels at 1 kHz, 42 at 6.4 kHz.
        assert!((mel(1000.0) - 15.0).abs() < 1e-9 && (mel(6400.0) - 42.0).abs() < 1e-9);
        for hz in [0.0, 440.0, 999.0, 1000.0, 7999.0] {
            assert!((hertz(mel(hz)) - hz).abs() < 1e-9, "{hz}");
        }
    }

    #[test]
    fn every_triangle_has_unit_area() {
        // Bins of 1 Hz: sums are integrals.
        for band in bank(16_000.0, 16_000, 40) {
            assert!((band.iter().sum::<f32>() - 1.0).abs() < 0.01);
        }
    }

    #[test]
    fn a_tone_of_known_power() {
        // Amplitude a at a bin: |X| = a·Σw/2 there and half of it in the bins
        // beside it (Hann), so the band holds Σ weight·|X|².
        let (rate, length) = (16_000.0, 400);
        let tone: Vec<f32> = (0..16_000u32)
            .map(|i| (0.5 * (std::f64::consts::TAU * 800.0 * f64::from(i) / rate).sin()) as f32)
            .collect();
        let rows = mel_power(&tone, rate, length, 160, 40).unwrap();
        assert_eq!(rows.len(), 101);
        let peak = (0.5 * 200.0 / 2.0f32).powi(2);
        for (band, found) in bank(rate, length, 40).iter().zip(&rows[50]) {
            let expected = peak * (band[20] + (band[19] + band[21]) / 4.0);
            assert!((found - expected).abs() < 1e-3 * (1.0 + expected), "{found} {expected}");
        }
        assert!(mel_power(&tone, rate, 0, 160, 40).is_err());
    }
}
