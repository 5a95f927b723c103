//! Glottal pulses, jitter and shimmer.
//!
//! From the middle of each voiced stretch pulses are followed both ways: each
//! next one is where a period around it resembles the period around the last
//! one best, within 0.8 to 1.25 periods. The method and its limits are those
//! documented for Praat's "To PointProcess (cc)" and its jitter and shimmer
//! (Boersma & Weenink), with which tests compare.

use crate::signal::pitch::Voicing;

/// Periods outside are no periods of a voice, in seconds.
const SHORTEST_S: f64 = 0.0001;
const LONGEST_S: f64 = 0.02;
/// Neighbouring periods may differ by this factor, neighbouring amplitudes by
/// that; what differs more is a break, not a perturbation.
const PERIOD_FACTOR: f64 = 1.3;
const AMPLITUDE_FACTOR: f64 = 1.6;

/// Times of pulses in seconds, rising.
pub fn pulses(samples: &[f32], rate: f64, contour: &[Voicing]) -> Vec<f64> {
    let sound = Sound { samples, rate };
    let loudest = samples.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let step = match contour {
        [a, b, ..] => b.time_s - a.time_s,
        _ => return Vec::new(),
    };
    let mut all: Vec<f64> = Vec::new();
    let mut from = 0;
    while from < contour.len() {
        if contour[from].hz == 0.0 {
            from += 1;
            continue;
        }
        let length = contour[from..].iter().take_while(|frame| frame.hz > 0.0).count();
        let voiced = &contour[from..from + length];
        from += length;
        let (Some(first), Some(last)) = (voiced.first(), voiced.last()) else { continue };
        // A frame stands for half a step to either side.
        let stretch = Stretch {
            left: first.time_s - 0.5 * step,
            right: last.time_s + 0.5 * step,
            voiced,
            step,
        };
        stretch.follow(&sound, f64::from(loudest), &mut all);
    }
    all.sort_by(f64::total_cmp);
    all
}

struct Sound<'a> {
    samples: &'a [f32],
    rate: f64,
}

struct Stretch<'a> {
    left: f64,
    right: f64,
    voiced: &'a [Voicing],
    step: f64,
}

impl Stretch<'_> {
    /// The fundamental at a time, between frames in proportion.
    fn hz(&self, time_s: f64) -> Option<f64> {
        let first = self.voiced.first()?;
        if time_s < self.left || time_s > self.right {
            return None;
        }
        let at = ((time_s - first.time_s) / self.step).clamp(0.0, (self.voiced.len() - 1) as f64);
        let (low, part) = (at.floor() as usize, at.fract());
        let a = self.voiced.get(low)?.hz;
        let b = self.voiced.get(low + 1).map_or(a, |frame| frame.hz);
        Some(a + part * (b - a))
    }

    fn follow(&self, sound: &Sound<'_>, loudest: f64, all: &mut Vec<f64>) {
        let middle = 0.5 * (self.left + self.right);
        let Some(hz) = self.hz(middle) else { return };
        let floor = all.last().copied().unwrap_or(f64::NEG_INFINITY);
        let Some(start) = sound.extremum(middle - 0.5 / hz, middle + 0.5 / hz) else { return };
        all.push(start);
        for backwards in [true, false] {
            let (mut time, mut last) = (start, start);
            while let Some(hz) = self.hz(time) {
                let (near, far) = (0.8 / hz, 1.25 / hz);
                let range =
                    if backwards { (time - far, time - near) } else { (time + near, time + far) };
                let found = sound.resembling(time, 1.0 / hz, range);
                let Some(Match { time_s, likeness, peak }) = found else {
                    time += if backwards { -1.0 / hz } else { 1.0 / hz };
                    continue;
                };
                time = time_s;
                let outside = if backwards { time < self.left } else { time > self.right };
                let far_enough = (time - last).abs() > near && time - floor > near;
                let (alike, loud) = if outside { (0.7, 0.023_333) } else { (0.3, 0.01) };
                if likeness > alike
                    && (peak == 0.0 && !outside || peak > loud * loudest)
                    && far_enough
                {
                    all.push(time);
                    last = time;
                }
                if outside {
                    break;
                }
            }
        }
    }
}

struct Match {
    time_s: f64,
    likeness: f64,
    peak: f64,
}

impl Sound<'_> {
    fn at(&self, i: isize) -> f64 {
        usize::try_from(i).ok().and_then(|i| self.samples.get(i)).map_or(0.0, |v| f64::from(*v))
    }

    /// Nearest sample to a time; sample i stands for (i + 1/2) / rate.
    fn index(&self, time_s: f64) -> isize {
        (time_s * self.rate - 0.5).round() as isize
    }

    fn time_s(&self, index: f64) -> f64 {
        (index + 0.5) / self.rate
    }

    /// The place of the largest excursion between two times.
    fn extremum(&self, from: f64, to: f64) -> Option<f64> {
        let (from, to) =
            (self.index(from).max(0), self.index(to).min(self.samples.len() as isize - 1));
        let at = (from..=to).max_by(|a, b| self.at(*a).abs().total_cmp(&self.at(*b).abs()))?;
        let (a, b, c) = (self.at(at - 1).abs(), self.at(at).abs(), self.at(at + 1).abs());
        let bend = 2.0 * b - a - c;
        let shift = if bend > 0.0 { (0.5 * (c - a) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        Some(self.time_s(at as f64 + shift))
    }

    /// Where between two times the sound resembles what lies within half of
    /// `width` around `time_s` best.
    fn resembling(&self, time_s: f64, width: f64, range: (f64, f64)) -> Option<Match> {
        let half = (0.5 * width * self.rate).round() as isize;
        let here = self.index(time_s);
        let (from, to) = (self.index(range.0), self.index(range.1));
        let here_power: f64 = (-half..=half).map(|k| self.at(here + k).powi(2)).sum();
        let mut likeness = Vec::new();
        let mut peaks = Vec::new();
        for there in from - 1..=to + 1 {
            let (mut power, mut product, mut peak) = (0.0, 0.0, 0.0f64);
            for k in -half..=half {
                let (a, b) = (self.at(here + k), self.at(there + k));
                power += b * b;
                product += a * b;
                peak = peak.max(b.abs());
            }
            let norm = (power * here_power).sqrt();
            likeness.push(if norm > 0.0 { product / norm } else { 0.0 });
            peaks.push(peak);
        }
        let top = (1..likeness.len().saturating_sub(1))
            .filter(|&i| likeness[i] > likeness[i - 1] && likeness[i] >= likeness[i + 1])
            .max_by(|a, b| likeness[*a].total_cmp(&likeness[*b]))?;
        let slope = 0.5 * (likeness[top + 1] - likeness[top - 1]);
        let bend = 2.0 * likeness[top] - likeness[top - 1] - likeness[top + 1];
        let shift = if bend > 0.0 { slope / bend } else { 0.0 };
        Some(Match {
            time_s: time_s + ((from - 1 + top as isize - here) as f64 + shift) / self.rate,
            likeness: likeness[top] + 0.5 * slope * shift,
            peak: peaks[top],
        })
    }
}

/// Whether two neighbouring periods are ones to compare.
fn comparable(a: f64, b: f64) -> bool {
    let whole = |p: f64| (SHORTEST_S..=LONGEST_S).contains(&p);
    whole(a) && whole(b) && a.max(b) <= PERIOD_FACTOR * a.min(b)
}

/// Jitter (local): the mean difference of neighbouring periods over the mean
/// period, as a ratio; `None` without two comparable periods.
pub fn jitter(pulses: &[f64]) -> Option<f64> {
    let (mut differences, mut count, mut sum, mut periods) = (0.0, 0.0, 0.0, 0.0);
    for window in pulses.windows(3) {
        let (a, b) = (window[1] - window[0], window[2] - window[1]);
        if comparable(a, b) {
            differences += (a - b).abs();
            count += 1.0;
            sum += 0.5 * (a + b);
            periods += 1.0;
        }
    }
    (count > 0.0).then(|| (differences / count) / (sum / periods))
}

/// Shimmer (local): the mean difference of neighbouring amplitudes over the
/// mean amplitude, as a ratio. An amplitude is the root of the mean square
/// under a Hann window of a fifth of a period to either side of a pulse.
pub fn shimmer(samples: &[f32], rate: f64, pulses: &[f64]) -> Option<f64> {
    let sound = Sound { samples, rate };
    let mut amplitudes: Vec<(f64, f64)> = Vec::new();
    for window in pulses.windows(3) {
        let (a, b) = (window[1] - window[0], window[2] - window[1]);
        if comparable(a, b) {
            amplitudes.push((window[1], sound.amplitude(window[1], 0.2 * a, 0.2 * b)));
        }
    }
    let (mut differences, mut count) = (0.0, 0.0);
    for pair in amplitudes.windows(2) {
        let ((t, a), (u, b)) = (pair[0], pair[1]);
        let next = (SHORTEST_S..=LONGEST_S).contains(&(u - t));
        if next && a.min(b) > 0.0 && a.max(b) <= AMPLITUDE_FACTOR * a.min(b) {
            differences += (a - b).abs();
            count += 1.0;
        }
    }
    let mean = amplitudes.iter().map(|a| a.1).sum::<f64>() / amplitudes.len().max(1) as f64;
    (count > 0.0 && mean > 0.0).then(|| differences / count / mean)
}

impl Sound<'_> {
    fn amplitude(&self, time_s: f64, left: f64, right: f64) -> f64 {
        let (from, to) = (self.index(time_s - left), self.index(time_s + right));
        let (mut squares, mut weights) = (0.0, 0.0);
        for i in from..=to {
            let away = self.time_s(i as f64) - time_s;
            let phase = away / if away < 0.0 { left } else { right };
            let weight = 0.5 + 0.5 * (std::f64::consts::PI * phase.clamp(-1.0, 1.0)).cos();
            squares += (weight * self.at(i)).powi(2);
            weights += weight * weight;
        }
        if weights > 0.0 { (squares / weights).sqrt() } else { 0.0 }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::pitch::{Settings, contour};
    use crate::signal::synth::SplitMix;

    #[test]
    fn jitter_of_known_periods() {
        // Periods 5.0 and 5.1 ms in turn: difference 0.1 over a mean of 5.05.
        let mut pulses = vec![0.0];
        for i in 0..100 {
            let period = if i % 2 == 0 { 0.005 } else { 0.0051 };
            pulses.push(pulses.last().unwrap() + period);
        }
        assert!((jitter(&pulses).unwrap() - 0.1 / 5.05).abs() < 1e-3);
        assert_eq!(jitter(&[0.0, 0.005]), None);
        // A gap is no perturbation.
        assert_eq!(jitter(&[0.0, 0.005, 0.5]), None);
    }

    /// A train of damped resonances, its periods and amplitudes disturbed.
    #[test]
    fn disturbed_pulses_are_measured() {
        for (jit, shim) in [(0.01, 0.05), (0.02, 0.10)] {
            let mut random = SplitMix::new(3);
            let rate = 48_000.0f64;
            let mut sound = vec![0.0f32; 96_000];
            let (mut time, mut periods, mut heights) = (0.05f64, Vec::new(), Vec::new());
            while time < 1.95 {
                let height = 1.0 + shim * random.normal() * 0.886;
                let start = time * rate;
                for i in start.ceil() as usize..(start as usize + 600).min(sound.len()) {
                    let t = (i as f64 - start) / rate;
                    let wave = (-t / 0.0015).exp() * (std::f64::consts::TAU * 700.0 * t).sin();
                    sound[i] += (0.4 * height * wave) as f32;
                }
                let period = 0.008 * (1.0 + jit * random.normal() * 0.886);
                time += period;
                periods.push(period);
                heights.push(height);
            }
            let settings = Settings::SPEECH;
            let found = contour(&sound, rate, &settings).unwrap();
            let pulses = pulses(&sound, rate, &found);
            assert!(pulses.len().abs_diff(periods.len()) < 5, "{}", pulses.len());
            let truth = |v: &[f64]| {
                let d: f64 = v.windows(2).map(|w| (w[0] - w[1]).abs()).sum();
                d / (v.len() - 1) as f64 / (v.iter().sum::<f64>() / v.len() as f64)
            };
            let (j, s) = (jitter(&pulses).unwrap(), shimmer(&sound, rate, &pulses).unwrap());
            assert!((j / truth(&periods) - 1.0).abs() < 0.1, "{j} {}", truth(&periods));
            assert!((s / truth(&heights) - 1.0).abs() < 0.1, "{s} {}", truth(&heights));
        }
    }
}
