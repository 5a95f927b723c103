//! Butterworth band-pass filters, run forwards and backwards so that nothing
//! is moved in time.
//!
//! The design is the textbook one (Oppenheim & Schafer, Discrete-Time Signal
//! Processing, section 7.1): analogue prototype, low-pass to band-pass,
//! bilinear transform with both edges prewarped.

use std::f64::consts::PI;

use rustfft::num_complex::Complex;

/// One section `b0 (1 − z⁻²) / (1 + a1 z⁻¹ + a2 z⁻²)`: a band-pass of this
/// kind has as many zeros at z = 1 as at z = −1, so each section gets one of
/// either.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Section {
    gain: f64,
    a1: f64,
    a2: f64,
}

/// A band-pass filter of order 2 (four poles).
#[derive(Clone, Debug, PartialEq)]
pub struct Bandpass {
    sections: [Section; 2],
    /// Samples repeated at either end before filtering.
    pad: usize,
}

impl Bandpass {
    /// A filter that passes `low` to `high` Hz (−3 dB; −6 dB after both runs)
    /// at `rate` samples a second; `None` unless 0 < low < high < rate/2.
    pub fn new(low: f64, high: f64, rate: f64) -> Option<Self> {
        if !(low > 0.0 && low < high && high < rate / 2.0 && rate.is_finite()) {
            return None;
        }
        let warp = |f: f64| 2.0 * rate * (PI * f / rate).tan();
        let (w1, w2) = (warp(low), warp(high));
        let (width, centre) = (w2 - w1, (w1 * w2).sqrt());
        // The prototype's pole in the upper half plane; the lower one gives
        // the conjugates of what this one gives.
        let prototype = Complex::from_polar(1.0, 0.75 * PI) * (width / 2.0);
        let root = (prototype * prototype - centre * centre).sqrt();
        let omega = 2.0 * (centre / (2.0 * rate)).atan();
        let here = Complex::from_polar(1.0, -omega);
        let section = |pole: Complex<f64>| {
            let z = (pole + 2.0 * rate) / (-pole + 2.0 * rate);
            let (a1, a2) = (-2.0 * z.re, z.norm_sqr());
            let response = (-(here * here) + 1.0) / (here * here * a2 + here * a1 + 1.0);
            Section { gain: 1.0 / response.norm(), a1, a2 }
        };
        // Enough for the slowest mode to die away: three times the period of
        // the lower edge.
        let pad = (3.0 * rate / low).ceil() as usize;
        Some(Self { sections: [section(prototype + root), section(prototype - root)], pad })
    }

    /// Runs over `signal` forwards and backwards. The ends are continued by
    /// point reflection; the signal's own mean does not come through.
    pub fn zero_phase(&self, signal: &[f64]) -> Vec<f64> {
        let n = signal.len();
        let (Some(&first), Some(&last)) = (signal.first(), signal.last()) else {
            return Vec::new();
        };
        let pad = self.pad.min(n - 1);
        let before = signal[1..=pad].iter().rev().map(|v| 2.0 * first - v);
        let after = signal[n - 1 - pad..n - 1].iter().rev().map(|v| 2.0 * last - v);
        let mut all: Vec<f64> = before.chain(signal.iter().copied()).chain(after).collect();
        self.run(&mut all);
        all.reverse();
        self.run(&mut all);
        all.reverse();
        all[pad..pad + n].to_vec()
    }

    /// One run, starting as if the first value had been there for ever.
    fn run(&self, signal: &mut [f64]) {
        let mut start = signal.first().copied().unwrap_or(0.0);
        for section in &self.sections {
            // Transposed direct form II in its steady state.
            let steady = -section.gain * start;
            let (mut s1, mut s2) = (steady, steady);
            for value in signal.iter_mut() {
                let x = *value;
                let y = section.gain * x + s1;
                s1 = s2 - section.a1 * y;
                s2 = -section.gain * x - section.a2 * y;
                *value = y;
            }
            // A constant does not come through the first section.
            start = 0.0;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn agrees_with_scipy() {
        // SciPy 1.x: sosfiltfilt(butter(2, [0.5, 8], "bandpass", fs), x,
        // padtype="odd", padlen=min(n − 1, ceil(3·fs/0.5))).
        let x: Vec<f64> = (0..200)
            .map(f64::from)
            .map(|i| (0.37 * i).sin() + 0.5 * (0.011 * i * i).cos() + 0.02 * i)
            .collect();
        let expected = [
            (25.0, [0.39690092570638824, 0.5972025282473363, -0.7840541441087089]),
            (30.0, [0.3942170123024621, 0.627957787479881, -0.6849684125116484]),
        ];
        for (rate, values) in expected {
            let y = Bandpass::new(0.5, 8.0, rate).unwrap().zero_phase(&x);
            assert_eq!(y.len(), x.len());
            for (i, value) in [1, 57, 100].into_iter().zip(values) {
                // The ends differ by what is left of the padding.
                assert!((y[i] - value).abs() < 1e-4, "{rate} {i}: {} {value}", y[i]);
            }
        }
    }

    #[test]
    fn a_tone_in_the_band_stays_in_place_and_others_go() {
        let filter = Bandpass::new(0.5, 8.0, 100.0).unwrap();
        let tone = |hz: f64| -> Vec<f64> {
            (0..2000).map(|i| (2.0 * PI * hz * f64::from(i) / 100.0).sin()).collect()
        };
        let gain = |hz: f64| {
            let x = tone(hz);
            let y = filter.zero_phase(&x);
            let (xy, xx) =
                (500..1500).fold((0.0, 0.0), |s, i| (s.0 + x[i] * y[i], s.1 + x[i] * x[i]));
            xy / xx
        };
        assert!((gain(2.0) - 1.0).abs() < 0.02, "{}", gain(2.0));
        // −3 dB twice at the edges.
        assert!((gain(8.0) - 0.5).abs() < 0.01, "{}", gain(8.0));
        assert!(gain(0.05).abs() < 0.01 && gain(30.0).abs() < 0.01);
    }

    #[test]
    fn edges_that_make_no_filter_are_refused_and_short_signals_pass() {
        assert_eq!(Bandpass::new(0.5, 12.5, 25.0), None);
        assert_eq!(Bandpass::new(0.0, 8.0, 25.0), None);
        let filter = Bandpass::new(0.5, 8.0, 25.0).unwrap();
        assert!(filter.zero_phase(&[]).is_empty());
        assert!(filter.zero_phase(&[3.0])[0].abs() < 1e-9);
    }
}
