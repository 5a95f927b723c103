//! Linear-frequency cepstral coefficients (LFCC), the usual features of small
//! detectors of synthetic speech.
//!
//! Sahidullah, Kinnunen and Hanilçi (2015), "A comparison of features for
//! synthetic speech detection", Interspeech: 20 ms windows every 10 ms, 20
//! triangular filters evenly spaced up to half the rate, logarithm, cosine
//! transform, with first and second differences over ±`REACH` frames.

use realfft::RealFftPlanner;

use crate::{Error, Result};

/// Filters and coefficients.
pub const COEFFICIENTS: usize = 20;
/// Values of a frame: coefficients, first and second differences.
pub const WIDTH: usize = 3 * COEFFICIENTS;
/// Frames to either side in a difference.
const REACH: usize = 3;
/// Power added before the logarithm, −100 dB of full scale.
const FLOOR: f64 = 1e-10;

/// One row of [`WIDTH`] values for each 10 ms of `samples` at `rate`.
///
/// # Errors
/// [`Error::Compute`] for a rate under 4 kHz.
pub fn lfcc(samples: &[f32], rate: u32) -> Result<Vec<[f32; WIDTH]>> {
    if rate < 4_000 {
        return Err(Error::compute("cepstrum", format!("{rate} samples a second")));
    }
    let (length, hop) = ((rate / 50) as usize, (rate / 100) as usize);
    let size = length.next_power_of_two();
    let plan = RealFftPlanner::<f64>::new().plan_fft_forward(size);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let window: Vec<f64> = (0..length)
        .map(|i| 0.54 - 0.46 * (std::f64::consts::TAU * i as f64 / (length - 1) as f64).cos())
        .collect();
    let energy: f64 = window.iter().map(|w| w * w).sum();
    // Filter k peaks at edge k + 1 of COEFFICIENTS + 2 evenly spaced ones.
    let step = (size / 2) as f64 / (COEFFICIENTS + 1) as f64;
    let mut rows: Vec<[f64; COEFFICIENTS]> = Vec::new();
    let mut from = 0;
    while let Some(frame) = samples.get(from..from + length) {
        input.fill(0.0);
        for ((to, value), weight) in input.iter_mut().zip(frame).zip(&window) {
            *to = f64::from(*value) * weight;
        }
        plan.process(&mut input, &mut output).map_err(|e| Error::compute("cepstrum", e))?;
        let mut logs = [0.0; COEFFICIENTS];
        for (k, log) in logs.iter_mut().enumerate() {
            let peak = (k + 1) as f64 * step;
            let (low, high) = ((peak - step).ceil() as usize, (peak + step).floor() as usize);
            let sum: f64 = (low..=high.min(size / 2))
                .map(|bin| (1.0 - (bin as f64 - peak).abs() / step) * output[bin].norm_sqr())
                .sum();
            *log = (sum / (energy * size as f64) + FLOOR).ln();
        }
        rows.push(std::array::from_fn(|c| cosine(&logs, c)));
        from += hop;
    }
    let first = differences(&rows);
    let second = differences(&first);
    let joined = rows.iter().zip(&first).zip(&second).map(|((a, b), c)| {
        std::array::from_fn(|i| {
            let part = [a, b, c][i / COEFFICIENTS];
            part[i % COEFFICIENTS] as f32
        })
    });
    Ok(joined.collect())
}

/// Coefficient `c` of the orthonormal cosine transform of type II.
fn cosine(values: &[f64; COEFFICIENTS], c: usize) -> f64 {
    let n = COEFFICIENTS as f64;
    let scale = if c == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
    let angle = |i: usize| std::f64::consts::PI * c as f64 * (i as f64 + 0.5) / n;
    scale * values.iter().enumerate().map(|(i, v)| v * angle(i).cos()).sum::<f64>()
}

/// Slopes of least-squares lines over ±[`REACH`] frames, the ends repeated.
fn differences(rows: &[[f64; COEFFICIENTS]]) -> Vec<[f64; COEFFICIENTS]> {
    let norm: f64 = 2.0 * (1..=REACH).map(|k| (k * k) as f64).sum::<f64>();
    let last = rows.len().saturating_sub(1);
    let slope = |t: usize, c: usize| -> f64 {
        let terms = (1..=REACH)
            .map(|k| k as f64 * (rows[(t + k).min(last)][c] - rows[t.saturating_sub(k)][c]));
        terms.sum::<f64>() / norm
    };
    (0..rows.len()).map(|t| std::array::from_fn(|c| slope(t, c))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn louder_sound_changes_the_first_coefficient_alone() {
        let mut random = SplitMix::new(1);
        let quiet: Vec<f32> = (0..16_000).map(|_| 0.05 * random.normal() as f32).collect();
        let loud: Vec<f32> = quiet.iter().map(|v| 4.0 * v).collect();
        let (a, b) = (lfcc(&quiet, 16_000).unwrap(), lfcc(&loud, 16_000).unwrap());
        assert_eq!(a.len(), 99);
        // The logarithm of 16 in each of 20 filters, times 1/√20.
        let expected = 16f32.ln() * 20f32.sqrt();
        for (a, b) in a.iter().zip(&b) {
            assert!((b[0] - a[0] - expected).abs() < 1e-3);
            assert!(a[1..].iter().zip(&b[1..]).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }

    #[test]
    fn a_tone_lies_in_its_filter() {
        // Filter 9 peaks at 10/21 of 8 kHz: undo the transform to see it.
        let hz = 8000.0 * 10.0 / 21.0;
        let tone: Vec<f32> = (0..16_000)
            .map(|i| (std::f64::consts::TAU * hz * f64::from(i) / 16_000.0).sin() as f32)
            .collect();
        let rows = lfcc(&tone, 16_000).unwrap();
        let row = rows[50];
        let n = COEFFICIENTS as f64;
        let level = |k: usize| -> f64 {
            (0..COEFFICIENTS)
                .map(|c| {
                    let scale = if c == 0 { (1.0 / n).sqrt() } else { (2.0 / n).sqrt() };
                    let angle = std::f64::consts::PI * c as f64 * (k as f64 + 0.5) / n;
                    scale * f64::from(row[c]) * angle.cos()
                })
                .sum()
        };
        let best = (0..COEFFICIENTS).max_by(|a, b| level(*a).total_cmp(&level(*b))).unwrap();
        assert_eq!(best, 9);
        // A steady tone does not change.
        assert!(row[COEFFICIENTS..].iter().all(|v| v.abs() < 0.2), "{row:?}");
        assert!(lfcc(&tone, 100).is_err() && lfcc(&[], 16_000).unwrap().is_empty());
    }
}
