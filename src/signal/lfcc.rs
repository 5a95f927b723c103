//! Linear-frequency cepstral coefficients, as detectors of synthetic speech take
//! them (Sahidullah, Kinnunen and Hanilçi, *A comparison of features for synthetic
//! speech detection*, Interspeech 2015): unlike the mel scale, evenly spaced bands
//! do not blur the high frequencies, where vocoders leave most.
//!
//! Numbers agree with `tests/reference/cepstra.py`.

use std::f64::consts::PI;

use realfft::RealFftPlanner;

use super::window::hann;
use crate::{Error, Result};

/// Frames of 20 ms, 10 ms apart, as in the baselines of the ASVspoof challenges.
pub const FRAME_S: f64 = 0.020;
/// See [`FRAME_S`].
pub const HOP_S: f64 = 0.010;
/// Bands, and coefficients kept.
pub const BANDS: usize = 20;
/// Frames on either side over which differences are taken.
const REACH: usize = 2;
/// Added to powers before the logarithm: −100 dB of full scale.
const LEAST: f64 = 1e-10;

/// Logarithms of the power in `bands` triangles evenly spaced from 0 Hz to half of
/// `rate`, a row each 10 ms: frames of 20 ms under a Hann window, whole ones only.
/// A sine at full scale has about ln ½ in its band.
///
/// # Errors
/// [`Error::Compute`] when a frame is shorter than two samples a band.
pub fn linear_bands(samples: &[f32], rate: f64, bands: usize) -> Result<Vec<Vec<f64>>> {
    let (length, hop) = ((FRAME_S * rate).round() as usize, (HOP_S * rate).round() as usize);
    if bands == 0 || hop == 0 || length < 2 * bands {
        return Err(Error::compute("linear bands", format!("{bands} bands at {rate} Hz")));
    }
    let size = length.next_power_of_two();
    let window = hann(length);
    // Parseval: a sine of amplitude 1 sums to a power of ½.
    let weights: f64 = window.iter().map(|w| f64::from(w * w)).sum();
    let scale = 2.0 / (weights * size as f64);
    let width = (size / 2) as f64 / (bands + 1) as f64;
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(size);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mut rows = Vec::with_capacity(samples.len() / hop);
    for frame in samples.windows(length).step_by(hop) {
        input.fill(0.0);
        for ((to, value), weight) in input.iter_mut().zip(frame).zip(&window) {
            *to = value * weight;
        }
        plan.process(&mut input, &mut output).map_err(|e| Error::compute("linear bands", e))?;
        let mut row = vec![0.0; bands];
        for (bin, value) in output.iter().enumerate() {
            // Each bin lies between the peaks of two triangles.
            let place = bin as f64 / width;
            let (left, share) = (place as usize, place.fract());
            let power = scale * f64::from(value.norm_sqr());
            for (band, part) in [(left.checked_sub(1), 1.0 - share), (Some(left), share)] {
                if let Some(to) = band.and_then(|band| row.get_mut(band)) {
                    *to += part * power;
                }
            }
        }
        rows.push(row.into_iter().map(|power| (power + LEAST).ln()).collect());
    }
    Ok(rows)
}

/// [`BANDS`] cepstral coefficients of each frame (`HOP_S` apart).
///
/// # Errors
/// As [`linear_bands`].
pub fn lfcc(samples: &[f32], rate: f64) -> Result<Vec<Vec<f64>>> {
    let rows = linear_bands(samples, rate, BANDS)?;
    Ok(rows.iter().map(|row| cosines(row, BANDS)).collect())
}

/// The first `count` coefficients of the orthonormal cosine transform of type II.
pub fn cosines(row: &[f64], count: usize) -> Vec<f64> {
    let n = row.len() as f64;
    let coefficient = |k: usize| {
        let scale = if k == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
        let angle = |i: usize| PI * k as f64 * (i as f64 + 0.5) / n;
        scale * row.iter().enumerate().map(|(i, v)| v * angle(i).cos()).sum::<f64>()
    };
    (0..count).map(coefficient).collect()
}

/// Differences over time: the slope of the line through five frames, ends repeated
/// (Furui 1986, as HTK and the ASVspoof baselines have it).
pub fn differences(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let last = rows.len().saturating_sub(1);
    let norm = 2.0 * (1..=REACH).map(|d| (d * d) as f64).sum::<f64>();
    let slope = |t: usize| {
        let mut sums = vec![0.0; rows.get(t).map_or(0, Vec::len)];
        for d in 1..=REACH {
            let (Some(after), Some(before)) =
                (rows.get((t + d).min(last)), rows.get(t.saturating_sub(d)))
            else {
                continue;
            };
            for ((sum, a), b) in sums.iter_mut().zip(after).zip(before) {
                *sum += d as f64 * (a - b) / norm;
            }
        }
        sums
    };
    (0..rows.len()).map(slope).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
pub(super) mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// The sound of `tests/reference/cepstra.py`: a rising tone with a fixed one, 1 s.
    pub fn sound() -> Vec<f32> {
        (0..16_000)
            .map(|i| {
                let t = f64::from(i) / 16_000.0;
                let rising = (std::f64::consts::TAU * (300.0 * t + 1_500.0 * t * t)).sin();
                let fixed = (std::f64::consts::TAU * 5_000.0 * t).sin();
                (0.4 * rising + 0.05 * fixed) as f32
            })
            .collect()
    }

    #[test]
    fn a_tone_has_its_power_in_the_band_it_peaks_in() {
        // The peak of triangle 9 (from 0) of 20 lies at 10/21 of 8 kHz.
        let hz = 8_000.0 * 10.0 / 21.0;
        let tone = |a: f64| -> Vec<f32> {
            let sample = |i: i32| a * (std::f64::consts::TAU * hz * f64::from(i) / 16e3).sin();
            (0..3_200).map(|i| sample(i) as f32).collect()
        };
        let rows = linear_bands(&tone(1.0), 16e3, 20).unwrap();
        assert_eq!(rows.len(), 19);
        for row in &rows {
            // The window spreads a little of it over the neighbours.
            assert!((row[9] - 0.5f64.ln()).abs() < 0.25, "{}", row[9]);
            assert!(row[9] - row[2] > 8.0 && row[9] - row[17] > 8.0);
        }
        assert!(linear_bands(&tone(1.0), 1_000.0, 20).is_err());
    }

    #[test]
    fn loudness_stands_in_the_first_coefficient_alone() {
        let mut random = SplitMix::new(1);
        let noise: Vec<f32> = (0..3_200).map(|_| 0.1 * random.normal() as f32).collect();
        let soft: Vec<f32> = noise.iter().map(|v| v / 2.0).collect();
        let (loud, soft) = (lfcc(&noise, 16e3).unwrap(), lfcc(&soft, 16e3).unwrap());
        // Every band falls by ln 4.
        assert!((loud[5][0] - soft[5][0] - 20f64.sqrt() * 4f64.ln()).abs() < 1e-4);
        assert!((1..BANDS).all(|k| (loud[5][k] - soft[5][k]).abs() < 1e-4));
    }

    #[test]
    fn the_cosine_transform_keeps_length_and_knows_its_waves() {
        let wave: Vec<f64> =
            (0..20).map(|i| (PI * 3.0 * (f64::from(i) + 0.5) / 20.0).cos()).collect();
        let found = cosines(&wave, 20);
        assert!((found[3] - 10f64.sqrt()).abs() < 1e-12);
        assert!(found.iter().enumerate().all(|(k, v)| k == 3 || v.abs() < 1e-12));
    }

    #[test]
    fn the_difference_of_a_line_is_its_slope() {
        let rows: Vec<Vec<f64>> = (0..9).map(|t| vec![2.0 * f64::from(t), 7.0]).collect();
        let found = differences(&rows);
        assert!((found[4][0] - 2.0).abs() < 1e-12 && found[4][1] == 0.0);
        assert!(differences(&[]).is_empty());
    }

    #[test]
    fn agrees_with_the_reference() {
        // `tests/reference/cepstra.py`: row 50, and its difference.
        #[rustfmt::skip]
        let expected = [
            -79.6796, 9.8826, -4.5604, 4.3465, -14.2217, -21.7348, 0.7640, 1.7058, -2.9749, 9.0149,
            6.6643, -1.6970, 1.4190, 0.1330, -2.0881, -0.1850, -2.0262, -1.0242, 0.5036, -2.5416,
        ];
        let slopes = [0.3025, 0.1609, -0.4053, -0.7586, -0.5949, -0.0320, 0.5792, 0.8606];
        let rows = lfcc(&sound(), 16e3).unwrap();
        assert_eq!(rows.len(), 99);
        let changes = differences(&rows);
        // Far below the tones single precision is heard.
        for (found, expected) in rows[50].iter().zip(expected) {
            assert!((found - expected).abs() < 0.02, "{found} {expected}");
        }
        for (found, expected) in changes[50].iter().zip(slopes) {
            assert!((found - expected).abs() < 0.02, "{found} {expected}");
        }
    }
}
