//! A mouth in no rhythm and a voice that follows it: pulses of the vocal cords
//! through the resonances of a throat (Fant 1960), which move with the mouth.

use std::f64::consts::{PI, TAU};
use std::path::Path;

use crate::signal::random::SplitMix;
use crate::{Error, Result};

/// Samples a second.
const RATE: u32 = 16_000;
/// Samples over which a resonance stays: 10 ms.
const BLOCK: usize = 160;

/// An opening that random tones of syllables make, 1 to 5 Hz.
pub struct Movement(Vec<(f64, f64)>);

impl Movement {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = SplitMix::new(seed);
        Self((0..40).map(|_| (1.0 + 4.0 * random.uniform(), TAU * random.uniform())).collect())
    }

    /// Opening at a moment, 0 shut to 1.
    pub fn at(&self, time_s: f64) -> f64 {
        let tone = |(hz, phase): &(f64, f64)| (TAU * hz * time_s + phase).cos();
        let sum: f64 = self.0.iter().map(tone).sum();
        1.0 / (1.0 + (-1.5 * sum / (self.0.len() as f64 / 2.0).sqrt()).exp())
    }
}

/// Writes, as 16-bit WAV, the voice of a mouth that moved `late_s` before.
///
/// # Errors
///
/// [`Error::Io`].
pub fn write(path: &Path, mouth: &Movement, seconds: f64, late_s: f64, seed: u64) -> Result<()> {
    let mut random = SplitMix::new(seed ^ 0x701ce);
    let rate = f64::from(RATE);
    let count = (seconds * rate) as usize;
    let opening = |i: usize| mouth.at(i as f64 / rate - late_s);
    let (mut phase, mut last) = (0.0f64, 0.0);
    let mut sound: Vec<f64> = (0..count)
        .map(|i| {
            let t = i as f64 / rate;
            // The pitch of a low voice that wanders.
            let pitch = 120.0 * (1.0 + 0.12 * (TAU * 0.4 * t).sin() + 0.03 * (TAU * 2.3 * t).sin());
            let before = phase.floor();
            phase += pitch / rate;
            let pulse = f64::from(u8::from(phase.floor() > before));
            last = 0.97 * last + pulse;
            last + 0.01 * random.normal()
        })
        .collect();
    resound(&mut sound, |i| (300.0 + 450.0 * opening(i), 80.0));
    resound(&mut sound, |i| (2000.0 - 700.0 * opening(i), 100.0));
    resound(&mut sound, |_| (2600.0, 160.0));
    sound.iter_mut().enumerate().for_each(|(i, s)| *s *= opening(i).powf(1.5));
    let highest = sound.iter().fold(1e-9f64, |a, s| a.max(s.abs()));
    let samples = sound.iter().map(|s| (s / highest * 25_000.0) as i16);
    let bytes = (count * 2) as u32;
    let mut file = Vec::with_capacity(44 + count * 2);
    file.extend_from_slice(b"RIFF");
    file.extend((bytes + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    // PCM, one channel, two bytes a sample.
    file.extend([16u32.to_le_bytes(), [1, 0, 1, 0]].concat());
    file.extend([RATE.to_le_bytes(), (RATE * 2).to_le_bytes(), [2, 0, 16, 0]].concat());
    file.extend_from_slice(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.flat_map(i16::to_le_bytes));
    std::fs::write(path, file).map_err(|e| Error::io(path, e))
}

/// A resonance of some frequency and width in Hz, which may move.
fn resound(sound: &mut [f64], at: impl Fn(usize) -> (f64, f64)) {
    let rate = f64::from(RATE);
    let (mut one, mut two) = (0.0, 0.0);
    for (n, block) in sound.chunks_mut(BLOCK).enumerate() {
        let (hz, width) = at(n * BLOCK);
        let radius = (-PI * width / rate).exp();
        let (a, b) = (2.0 * radius * (TAU * hz / rate).cos(), radius * radius);
        for s in block {
            let now = (1.0 - radius) * *s + a * one - b * two;
            (two, one) = (one, now);
            *s = now;
        }
    }
}
