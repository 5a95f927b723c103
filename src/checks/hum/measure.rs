//! Mains hum: is it there, and does its phase run on?

use std::f64::consts::TAU;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use crate::signal::stats::{MAD_TO_SIGMA, line, median, median_mad};

/// Samples a second that are asked for: harmonics up to 500 Hz lie well below
/// half of it.
pub const RATE: u32 = 1_200;
/// Networks of 50 and 60 Hz keep within this of their frequency (ENTSO-E and
/// NERC operate within 0.05 Hz nearly always, 0.2 Hz in disturbances), with
/// the error of a recorder's clock (100 ppm) far inside.
const TOLERANCE_HZ: f64 = 0.2;
/// Harmonics looked at: the even ones come from rectifiers, the odd ones from
/// transformers.
pub const HARMONICS: usize = 8;
/// A window of 8 s: rows 1/8 Hz apart.
const WINDOW: usize = 8 * RATE as usize;
/// Least sound, in seconds.
pub const LEAST_S: f64 = 20.0;
/// A harmonic stands out when its row lies so far above the rows around it.
/// With five windows and more, noise exceeds 10 dB in less than one of 10⁸
/// rows (chi-squared with ten or more degrees of freedom).
pub const STANDS_OUT_DB: f64 = 10.0;
/// Harmonics that must stand out at the same fundamental.
pub const LEAST_HARMONICS: usize = 2;
/// From one phase to the next, and the window of each, in seconds.
const PHASE_STEP_S: f64 = 0.25;
const PHASE_WINDOW_S: f64 = 1.0;
/// Either side of a moment over which the phase is followed, in seconds.
const SIDE_S: f64 = 6.0;
/// A jump is at least so many deviations of the phase's own unrest, and so
/// many radians.
const JUMP_SIGMA: f64 = 6.0;
const LEAST_JUMP: f64 = 0.5;

/// What was found.
#[derive(Clone, Debug)]
pub struct Hum {
    /// The network's frequency as recorded, in Hz; 0 when there is no hum.
    pub hz: f64,
    /// How far each harmonic stands out, in dB.
    pub prominence_db: Vec<f64>,
    /// The harmonic whose phase was followed.
    pub harmonic: usize,
    /// Times in seconds from the first sample, and its phase less the steady
    /// turning, in radians.
    pub phase: Vec<(f64, f64)>,
    /// Where the phase jumps: time in seconds and radians of the harmonic.
    pub jumps: Vec<(f64, f64)>,
    /// Least jump that would have been told, in radians.
    pub least_jump: f64,
}

impl Hum {
    /// Harmonics that stand out.
    pub fn standing(&self) -> usize {
        self.prominence_db.iter().filter(|db| **db >= STANDS_OUT_DB).count()
    }
}

/// Looks for hum of 50 or 60 Hz in samples at [`RATE`]; `None` for less than
/// [`LEAST_S`].
pub fn hum(samples: &[f32]) -> Option<Hum> {
    if (samples.len() as f64) < LEAST_S * f64::from(RATE) {
        return None;
    }
    let power = power(samples)?;
    let width = f64::from(RATE) / WINDOW as f64;
    let mut best: Option<(f64, Vec<f64>)> = None;
    for nominal in [50.0, 60.0] {
        let steps = (TOLERANCE_HZ / 0.02).round() as i32;
        for step in -steps..=steps {
            let hz = nominal + 0.02 * f64::from(step);
            let found: Vec<f64> =
                (1..=HARMONICS).map(|h| prominence(&power, h as f64 * hz / width)).collect();
            let sum = |found: &[f64]| -> f64 {
                found.iter().map(|db| (db - 0.5 * STANDS_OUT_DB).max(0.0)).sum()
            };
            if best.as_ref().is_none_or(|(_, other)| sum(&found) > sum(other)) {
                best = Some((hz, found));
            }
        }
    }
    let (hz, prominence_db) = best?;
    let mut hum = Hum {
        hz,
        prominence_db,
        harmonic: 0,
        phase: Vec::new(),
        jumps: Vec::new(),
        least_jump: 0.0,
    };
    if hum.standing() < LEAST_HARMONICS {
        return Some(Hum { hz: 0.0, ..hum });
    }
    let strongest = (1..=HARMONICS)
        .max_by(|a, b| hum.prominence_db[a - 1].total_cmp(&hum.prominence_db[b - 1]))?;
    hum.harmonic = strongest;
    follow(samples, &mut hum);
    Some(hum)
}

/// Mean power of windows of 8 s, half overlapping.
fn power(samples: &[f32]) -> Option<Vec<f64>> {
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let window = crate::signal::window::hann(WINDOW);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mut sum = vec![0.0; WINDOW / 2 + 1];
    let mut from = 0;
    while let Some(part) = samples.get(from..from + WINDOW) {
        // Speech bursts must not outweigh the quiet between them.
        let loudness = part.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().max(1e-12);
        for ((to, value), weight) in input.iter_mut().zip(part).zip(&window) {
            *to = value * weight;
        }
        plan.process(&mut input, &mut output).ok()?;
        for (sum, value) in sum.iter_mut().zip(&output) {
            *sum += f64::from(value.norm_sqr()) / loudness;
        }
        from += WINDOW / 2;
    }
    Some(sum)
}

/// How far the power near a row stands above the median of the rows within
/// 5 Hz, in dB.
fn prominence(power: &[f64], row: f64) -> f64 {
    let at = row.round() as usize;
    let Some(peak) = power.get(at).copied() else { return 0.0 };
    let (from, to) = (at.saturating_sub(40), (at + 40).min(power.len()));
    let mut around: Vec<f64> =
        (from..to).filter(|i| i.abs_diff(at) > 4).filter_map(|i| power.get(i).copied()).collect();
    match median(&mut around) {
        Some(middle) if middle > 0.0 && peak > 0.0 => 10.0 * (peak / middle).log10(),
        _ => 0.0,
    }
}

/// The phase of the strongest harmonic over time, and its jumps.
fn follow(samples: &[f32], hum: &mut Hum) {
    let rate = f64::from(RATE);
    let (length, step) = ((PHASE_WINDOW_S * rate) as usize, (PHASE_STEP_S * rate) as usize);
    let turn = TAU * hum.hz * hum.harmonic as f64 / rate;
    let window = crate::signal::window::hann(length);
    let mut phase: Vec<(f64, f64)> = Vec::new();
    let mut from = 0;
    while let Some(part) = samples.get(from..from + length) {
        let sum: Complex<f64> = part
            .iter()
            .zip(&window)
            .enumerate()
            .map(|(i, (v, w))| Complex::from_polar(f64::from(v * w), -turn * (from + i) as f64))
            .sum();
        let mut angle = sum.arg();
        if let Some((_, last)) = phase.last() {
            angle += TAU * ((last - angle) / TAU).round();
        }
        phase.push(((from as f64 + 0.5 * length as f64) / rate, angle));
        from += step;
    }
    let side = (SIDE_S / PHASE_STEP_S) as usize;
    // Windows that hold the moment itself see both sides.
    let gap = (0.5 * PHASE_WINDOW_S / PHASE_STEP_S).ceil() as usize;
    let mut steps: Vec<(usize, f64)> = Vec::new();
    for at in side + gap..phase.len().saturating_sub(side + gap) {
        let time = phase[at].0;
        let before = line(phase[at - gap - side..at - gap].iter().copied());
        let after = line(phase[at + gap..at + gap + side].iter().copied());
        if let (Some(a), Some(b)) = (before, after) {
            let step = b.intercept + b.slope * time - a.intercept - a.slope * time;
            // The phase is known up to whole turns only.
            steps.push((at, step - TAU * (step / TAU).round()));
        }
    }
    let mut sizes: Vec<f64> = steps.iter().map(|(_, step)| *step).collect();
    let Some((centre, mad)) = median_mad(&mut sizes) else {
        hum.phase = phase;
        return;
    };
    hum.least_jump = LEAST_JUMP.max(JUMP_SIGMA * MAD_TO_SIGMA * mad);
    let mut left = steps;
    // The largest first; what lies within its sides belongs to it.
    while let Some(&(at, step)) =
        left.iter().max_by(|a, b| (a.1 - centre).abs().total_cmp(&(b.1 - centre).abs()))
    {
        if (step - centre).abs() < hum.least_jump {
            break;
        }
        hum.jumps.push((phase[at].0, step));
        left.retain(|(other, _)| other.abs_diff(at) > side + gap);
    }
    hum.jumps.sort_by(|a, b| a.0.total_cmp(&b.0));
    hum.phase = phase;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Noise with hum of `hz` whose frequency wanders as a network's does;
    /// `skip_s` is cut out after half a minute.
    fn recording(hz: f64, level: f64, skip_s: f64) -> Vec<f32> {
        let mut random = SplitMix::new(9);
        let rate = f64::from(RATE);
        (0..72_000)
            .map(|i| {
                let t = f64::from(i) / rate + if i >= 36_000 { skip_s } else { 0.0 };
                let angle = TAU * (hz * t + 0.3 * (TAU * t / 60.0).sin());
                let tone = angle.sin() + 0.7 * (2.0 * angle).sin() + 0.4 * (3.0 * angle).sin();
                (0.05 * random.normal() + level * tone) as f32
            })
            .collect()
    }

    #[test]
    fn hum_is_told_by_its_frequency_and_noise_is_none() {
        for hz in [49.96, 60.04] {
            let found = hum(&recording(hz, 0.02, 0.0)).unwrap();
            assert!((found.hz - hz).abs() < 0.05, "{hz}: {}", found.hz);
            assert!(found.jumps.is_empty(), "{:?}", found.jumps);
        }
        assert_eq!(hum(&recording(50.0, 0.0, 0.0)).unwrap().hz, 0.0);
        assert!(hum(&[0.0; 1200]).is_none());
    }

    #[test]
    fn a_cut_is_seen_in_the_phase() {
        // A third of a period of 50 Hz, and four seconds before it.
        let found = hum(&recording(50.0, 0.05, 4.0 + 0.02 / 3.0)).unwrap();
        assert_eq!(found.jumps.len(), 1, "{:?}", found.jumps);
        assert!((found.jumps[0].0 - 30.0).abs() < 0.6, "{:?}", found.jumps);
    }
}
