//! Fundamental frequency and harmonicity by autocorrelation, after Boersma
//! (1993), "Accurate short-term analysis of the fundamental frequency and the
//! harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17:97–110:
//! the autocorrelation of a windowed stretch over that of the window, its peaks
//! as candidates, and the cheapest path through them. Default costs are those
//! of the paper and of Praat; tests hold the result to Praat's.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;

use crate::{Error, Result};

/// Candidates kept in each frame, the unvoiced one among them.
const CANDIDATES: usize = 15;
/// Candidates whose place is worked out between samples, the best ones.
const REFINED: usize = 4;
/// Samples to either side in the interpolation of the autocorrelation.
const DEPTH: usize = 30;

/// What to look for. Frequencies in Hz, times in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Lowest frequency; sets the window's length.
    pub floor: f64,
    /// Highest frequency.
    pub ceiling: f64,
    /// From one frame to the next.
    pub step_s: f64,
    /// Window length in periods of `floor`.
    pub periods: f64,
    /// Share of the loudest amplitude under which a frame is silent.
    pub silence: f64,
    /// Height of the autocorrelation from which a frame is voiced.
    pub voicing: f64,
    /// Favours high candidates, an octave.
    pub octave_cost: f64,
    /// Cost of a jump of an octave between frames 10 ms apart.
    pub jump_cost: f64,
    /// Cost of a change of voicing between frames 10 ms apart.
    pub change_cost: f64,
}

impl Settings {
    /// For speech: 75 to 500 Hz every 10 ms, the paper's costs.
    pub const SPEECH: Self = Self {
        floor: 75.0,
        ceiling: 500.0,
        step_s: 0.01,
        periods: 3.0,
        silence: 0.03,
        voicing: 0.45,
        octave_cost: 0.01,
        jump_cost: 0.35,
        change_cost: 0.14,
    };

    /// For the harmonics-to-noise ratio: a longer window, nothing favoured
    /// (Praat's harmonicity by autocorrelation).
    pub const HARMONICITY: Self = Self {
        ceiling: f64::INFINITY,
        periods: 4.5,
        silence: 0.1,
        voicing: 0.0,
        octave_cost: 0.0,
        jump_cost: 0.0,
        change_cost: 0.0,
        ..Self::SPEECH
    };
}

/// A possible fundamental: 0 Hz is "unvoiced".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candidate {
    /// In Hz.
    pub hz: f64,
    /// Height of the normalised autocorrelation, 0 to 1.
    pub strength: f64,
}

/// One frame of the contour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Voicing {
    /// Middle of the frame in seconds from the first sample.
    pub time_s: f64,
    /// Fundamental in Hz; 0 where there is none.
    pub hz: f64,
    /// Height of the autocorrelation there.
    pub strength: f64,
}

impl Voicing {
    /// Harmonics over noise in dB, 10·log10(r / (1 − r)) (Boersma, eq. 4);
    /// `None` where unvoiced.
    pub fn harmonicity_db(&self) -> Option<f64> {
        (self.hz > 0.0 && self.strength > 0.0)
            .then(|| 10.0 * (self.strength / (1.0 - self.strength).max(1e-15)).log10())
    }
}

/// A frame's candidates and its loudness.
struct Frame {
    candidates: Vec<Candidate>,
    peak: f64,
}

/// The contour of `samples` at `rate` samples a second.
///
/// # Errors
/// [`Error::Compute`] for settings that make no window.
pub fn contour(samples: &[f32], rate: f64, settings: &Settings) -> Result<Vec<Voicing>> {
    let mut analyser = Analyser::new(rate, settings)?;
    let window_s = settings.periods / settings.floor;
    let total_s = samples.len() as f64 / rate;
    if total_s < window_s {
        return Ok(Vec::new());
    }
    let count = ((total_s - window_s) / settings.step_s).floor() as usize + 1;
    // In the middle, as much left over at one end as at the other.
    let first_s = 0.5 * (total_s - (count - 1) as f64 * settings.step_s);
    let mean = crate::signal::stats::mean(samples);
    let loudest = samples.iter().map(|v| (f64::from(*v) - mean).abs()).fold(0.0, f64::max);
    let time_s = |i: usize| first_s + i as f64 * settings.step_s;
    if loudest == 0.0 {
        return Ok((0..count)
            .map(|i| Voicing { time_s: time_s(i), ..Default::default() })
            .collect());
    }
    let mut frames = Vec::with_capacity(count);
    for i in 0..count {
        frames.push(analyser.frame(samples, time_s(i))?);
    }
    for frame in &mut frames {
        let loudness = (frame.peak / loudest).min(1.0);
        // The unvoiced candidate: the weaker the frame, the stronger it is.
        let quiet = 2.0 - loudness * (1.0 + settings.voicing) / settings.silence;
        frame.candidates.push(Candidate { hz: 0.0, strength: settings.voicing + quiet.max(0.0) });
    }
    let path = cheapest(&frames, settings);
    let chosen = frames.iter().zip(path).enumerate().map(|(i, (frame, at))| {
        let best = frame.candidates.get(at).copied().unwrap_or_default();
        // What is higher than the ceiling is no voice.
        let hz = if best.hz < settings.ceiling { best.hz } else { 0.0 };
        Voicing { time_s: time_s(i), hz, strength: best.strength }
    });
    Ok(chosen.collect())
}

/// The path through the candidates with the highest sum of strengths less
/// costs (Viterbi).
fn cheapest(frames: &[Frame], settings: &Settings) -> Vec<usize> {
    let scale = 0.01 / settings.step_s;
    let (jump, change) = (scale * settings.jump_cost, scale * settings.change_cost);
    let voiced = |c: &Candidate| c.hz > 0.0 && c.hz < settings.ceiling;
    let value = |c: &Candidate| {
        if voiced(c) && settings.octave_cost > 0.0 {
            c.strength - settings.octave_cost * (settings.ceiling / c.hz).log2()
        } else {
            c.strength
        }
    };
    let cost = |a: &Candidate, b: &Candidate| match (voiced(a), voiced(b)) {
        (false, false) => 0.0,
        (true, true) => jump * (a.hz / b.hz).log2().abs(),
        _ => change,
    };
    let Some(first) = frames.first() else { return Vec::new() };
    let mut sums: Vec<f64> = first.candidates.iter().map(value).collect();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(frames.len());
    for pair in frames.windows(2) {
        let (before, now) = (&pair[0].candidates, &pair[1].candidates);
        let (mut next, mut from) = (Vec::with_capacity(now.len()), Vec::with_capacity(now.len()));
        for candidate in now {
            let reached = before.iter().zip(&sums).map(|(b, sum)| sum - cost(b, candidate));
            let best = reached.enumerate().fold((0, f64::NEG_INFINITY), |best, (i, v)| {
                if v > best.1 { (i, v) } else { best }
            });
            from.push(best.0);
            next.push(best.1 + value(candidate));
        }
        back.push(from);
        sums = next;
    }
    let last = sums
        .iter()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (i, v)| if *v > best.1 { (i, *v) } else { best });
    let mut path = vec![last.0];
    for from in back.iter().rev() {
        let at = path.last().and_then(|at| from.get(*at)).copied().unwrap_or(0);
        path.push(at);
    }
    path.reverse();
    path
}

/// Planned transforms and the window with its autocorrelation.
struct Analyser {
    settings: Settings,
    rate: f64,
    window: Vec<f64>,
    /// Normalised autocorrelation of the window.
    of_window: Vec<f64>,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    real: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
}

impl Analyser {
    fn new(rate: f64, settings: &Settings) -> Result<Self> {
        let length = (rate * settings.periods / settings.floor).floor();
        if !(8.0..=1e6).contains(&length) || !(settings.step_s > 0.0) {
            return Err(Error::compute("pitch", format!("a window of {length} samples")));
        }
        let half = (length as usize / 2).saturating_sub(1);
        let n = 2 * half;
        let window: Vec<f64> = (1..=n)
            .map(|i| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / (n + 1) as f64).cos())
            .collect();
        let mut planner = RealFftPlanner::<f64>::new();
        let size = (3 * n / 2).next_power_of_two();
        let forward = planner.plan_fft_forward(size);
        let inverse = planner.plan_fft_inverse(size);
        let mut this = Self {
            settings: *settings,
            rate,
            of_window: Vec::new(),
            real: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            forward,
            inverse,
            window: Vec::new(),
        };
        this.real[..n].copy_from_slice(&window);
        this.window = window;
        this.autocorrelate()?;
        let power = this.real[0];
        this.of_window = this.real.iter().map(|v| v / power).collect();
        Ok(this)
    }

    /// Replaces `real` by its autocorrelation.
    fn autocorrelate(&mut self) -> Result<()> {
        let wrong = |error| Error::compute("pitch", error);
        self.forward.process(&mut self.real, &mut self.spectrum).map_err(wrong)?;
        for value in &mut self.spectrum {
            *value = Complex::new(value.norm_sqr(), 0.0);
        }
        self.inverse.process(&mut self.spectrum, &mut self.real).map_err(wrong)
    }

    fn frame(&mut self, samples: &[f32], time_s: f64) -> Result<Frame> {
        let n = self.window.len();
        let at = |i: isize| -> f64 {
            usize::try_from(i).ok().and_then(|i| samples.get(i)).map_or(0.0, |v| f64::from(*v))
        };
        // Sample i stands for the time (i + 1/2) / rate.
        let left = (time_s * self.rate - 0.5).floor() as isize;
        let period = (self.rate / self.settings.floor) as isize;
        let around = left + 1 - period..=left + period;
        let mean = around.map(at).sum::<f64>() / (2 * period) as f64;
        let start = left + 1 - (n / 2) as isize;
        self.real.fill(0.0);
        for (i, (value, weight)) in self.real.iter_mut().zip(&self.window).enumerate() {
            *value = (at(start + i as isize) - mean) * weight;
        }
        let half = period / 2 + 1;
        let peak =
            (left + 1 - half..=left + half).map(|i| (at(i) - mean).abs()).fold(0.0, f64::max);
        self.autocorrelate()?;
        let power = self.real[0];
        if power <= 0.0 || peak == 0.0 {
            return Ok(Frame { candidates: Vec::new(), peak });
        }
        // Half the window, beyond which the correction is too large.
        let most = n / 2;
        let r: Vec<f64> = (0..=most).map(|i| self.real[i] / (power * self.of_window[i])).collect();
        Ok(Frame { candidates: self.candidates(&r), peak })
    }

    fn candidates(&self, r: &[f64]) -> Vec<Candidate> {
        let shortest = ((self.rate / self.settings.ceiling) as usize).max(2);
        let longest = ((self.window.len() as f64 / self.settings.periods) as usize + 2)
            .min(r.len().saturating_sub(1));
        let mut found: Vec<(usize, Candidate)> = Vec::new();
        for i in shortest..longest {
            if r[i] <= 0.5 * self.settings.voicing || r[i] <= r[i - 1] || r[i] < r[i + 1] {
                continue;
            }
            let slope = 0.5 * (r[i + 1] - r[i - 1]);
            let bend = 2.0 * r[i] - r[i - 1] - r[i + 1];
            let lag = i as f64 + slope / bend;
            let strength = r[i] + 0.5 * slope * slope / bend;
            if lag > 0.0 && strength.is_finite() {
                found.push((i, Candidate { hz: self.rate / lag, strength }));
            }
        }
        let rank = |c: &Candidate| {
            c.strength - self.settings.octave_cost * (self.settings.floor / c.hz).log2()
        };
        found.sort_by(|a, b| rank(&b.1).total_cmp(&rank(&a.1)));
        found.truncate(CANDIDATES - 1);
        for (i, candidate) in found.iter_mut().take(REFINED) {
            let (lag, strength) = summit(r, *i);
            *candidate = Candidate { hz: self.rate / lag, strength };
        }
        let found = found.into_iter().map(|(_, candidate)| candidate);
        // Heights above 1 come from the correction of very short lags.
        found
            .map(
                |c| {
                    if c.strength > 1.0 { Candidate { strength: 1.0 / c.strength, ..c } } else { c }
                },
            )
            .collect()
    }
}

/// Place and height of the maximum near sample `i` of the band-limited curve
/// through `r`: by a parabola first, then by narrowing down.
fn summit(r: &[f64], i: usize) -> (f64, f64) {
    let slope = 0.5 * (r[i + 1] - r[i - 1]);
    let bend = 2.0 * r[i] - r[i - 1] - r[i + 1];
    let start = i as f64 + if bend > 0.0 { slope / bend } else { 0.0 };
    // Golden section within a sample of the parabola's guess would do; three
    // more parabolas through interpolated points converge faster.
    let (mut x, mut step) = (start, 0.1);
    for _ in 0..3 {
        let (a, b, c) = (sinc(r, x - step), sinc(r, x), sinc(r, x + step));
        let bend = 2.0 * b - a - c;
        if !(bend > 0.0) {
            break;
        }
        x += (0.5 * step * (c - a) / bend).clamp(-0.5, 0.5);
        step *= 0.2;
    }
    if (x - i as f64).abs() > 1.0 {
        x = start;
    }
    (x, sinc(r, x))
}

/// The value between samples: a sinc under a raised cosine, [`DEPTH`] samples
/// to either side; the curve is even about 0.
fn sinc(r: &[f64], x: f64) -> f64 {
    let nearest = x.round();
    if (x - nearest).abs() < 1e-9 {
        return r.get(nearest as usize).copied().unwrap_or(0.0);
    }
    let left = x.floor() as isize;
    let depth = DEPTH.min(r.len() - 1) as isize;
    let phase = std::f64::consts::PI * (x - left as f64);
    let numerator = phase.sin();
    let reach = depth as f64 + 0.5;
    // The cosine of the window, turned on from one sample to the next.
    let step = Complex::from_polar(1.0, -std::f64::consts::PI / reach);
    let first = (x - (left - depth + 1) as f64) * std::f64::consts::PI / reach;
    let mut turning = Complex::from_polar(1.0, first);
    let mut sum = 0.0;
    for k in -depth + 1..=depth {
        let at = (left + k).unsigned_abs();
        let value = r.get(at).or_else(|| r.last()).copied().unwrap_or(0.0);
        let d = x - (left + k) as f64;
        let sign = if k.rem_euclid(2) == 0 { 1.0 } else { -1.0 };
        let window = 0.5 + 0.5 * turning.re;
        turning *= step;
        sum += value * sign * numerator / (std::f64::consts::PI * d) * window;
    }
    sum
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Twelve harmonics with falling amplitudes, and noise so much below.
    fn voice(hz: impl Fn(f64) -> f64, noise: f64, seconds: f64) -> Vec<f32> {
        let mut random = SplitMix::new(5);
        let mut phase = 0.0;
        (0..(16_000.0 * seconds) as usize)
            .map(|i| {
                phase += std::f64::consts::TAU * hz(i as f64 / 16_000.0) / 16_000.0;
                let tone: f64 = (1..=12).map(|h| (f64::from(h) * phase).sin() / f64::from(h)).sum();
                (0.2 * tone + noise * random.normal()) as f32
            })
            .collect()
    }

    #[test]
    fn a_steady_voice_is_measured_within_a_thousandth() {
        for hz in [80.0, 123.4, 210.0, 333.3, 470.0] {
            let found = contour(&voice(|_| hz, 0.0, 0.5), 16_000.0, &Settings::SPEECH).unwrap();
            assert!(found.len() > 40);
            for frame in &found {
                assert!((frame.hz / hz - 1.0).abs() < 1e-3, "{hz}: {frame:?}");
            }
        }
    }

    #[test]
    fn a_glide_is_followed_and_silence_and_noise_are_unvoiced() {
        let found =
            contour(&voice(|t| 120.0 + 80.0 * t, 0.0, 1.0), 16_000.0, &Settings::SPEECH).unwrap();
        for frame in &found {
            assert!((frame.hz / (120.0 + 80.0 * frame.time_s) - 1.0).abs() < 5e-3, "{frame:?}");
        }
        let mut random = SplitMix::new(6);
        let noise: Vec<f32> = (0..16_000).map(|_| 0.1 * random.normal() as f32).collect();
        let found = contour(&noise, 16_000.0, &Settings::SPEECH).unwrap();
        let voiced = found.iter().filter(|frame| frame.hz > 0.0).count();
        assert!(voiced * 10 < found.len(), "{voiced} of {}", found.len());
        let silent = contour(&[0.0; 16_000], 16_000.0, &Settings::SPEECH).unwrap();
        assert!(silent.iter().all(|frame| frame.hz == 0.0));
        assert!(contour(&[0.0; 100], 16_000.0, &Settings::SPEECH).unwrap().is_empty());
    }

    #[test]
    fn harmonicity_is_the_ratio_of_powers() {
        // Power of the tones: 0.02 · Σ 1/h², h ≤ 12.
        let power: f64 = 0.02 * (1..=12).map(|h| 1.0 / f64::from(h * h)).sum::<f64>();
        for db in [5.0, 10.0, 20.0] {
            let noise = (power / 10f64.powf(db / 10.0)).sqrt();
            let found =
                contour(&voice(|_| 150.0, noise, 2.0), 16_000.0, &Settings::HARMONICITY).unwrap();
            let ratios: Vec<f64> = found.iter().filter_map(Voicing::harmonicity_db).collect();
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            assert!((mean - db).abs() < 1.0, "{db}: {mean}");
        }
    }
}
