//! Sound, reduced to five log energies a hundred times a second.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;

use crate::signal::stats::quantile;
use crate::{Error, Result};

/// Samples a second that are asked for.
pub const RATE: u32 = 16_000;
/// Edges of the bands in Hz: voicing, the first formant, its upper end with
/// nasals, the second formant, friction.
pub const EDGES_HZ: [f64; 6] = [100.0, 300.0, 700.0, 1500.0, 3000.0, 7000.0];
/// Bands.
pub const BANDS: usize = 5;
/// A window of 40 ms: two periods of the lowest band edge and more.
const WINDOW: usize = 640;
/// 10 ms.
const HOP: usize = 160;
/// Hops a second.
pub const HOPS_PER_S: f64 = RATE as f64 / HOP as f64;
/// Hops kept: twelve hours, 86 MB.
const MOST_HOPS: usize = 12 * 3600 * 100;
/// Power added to every band before the logarithm, −100 dB of full scale: below
/// the noise of 16 bits.
const FLOOR: f64 = 1e-10;
/// The dynamic range of speech, 30 dB (ANSI S3.5-1997, speech intelligibility
/// index), below the level that [`LOUD`] of the hops stay under.
const DYNAMICS_DB: f64 = 30.0;
const LOUD: f64 = 0.95;

/// Band energies so far.
#[derive(Default)]
pub struct Bands {
    transform: Option<Transform>,
    /// Samples not yet behind a whole window.
    waiting: Vec<f32>,
    /// Time of the first sample.
    start_s: Option<f64>,
    /// Natural logarithms of the power in each band.
    pub hops: Vec<[f32; BANDS]>,
    /// Whether sound beyond [`MOST_HOPS`] was left out.
    pub cut_short: bool,
}

struct Transform {
    plan: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// One over the window's energy times its length: power of full scale 1.
    scale: f64,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Transform {
    fn new() -> Self {
        let plan = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
        let window = crate::signal::window::hann(WINDOW);
        let energy: f64 = window.iter().map(|w| f64::from(w * w)).sum();
        Self {
            scale: 2.0 / (energy * WINDOW as f64),
            input: plan.make_input_vec(),
            spectrum: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            plan,
            window,
        }
    }

    fn bands(&mut self, samples: &[f32]) -> Result<[f32; BANDS]> {
        for ((to, from), weight) in self.input.iter_mut().zip(samples).zip(&self.window) {
            *to = if from.is_finite() { from * weight } else { 0.0 };
        }
        self.plan
            .process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch)
            .map_err(|error| Error::compute("Fourier transform of sound", error))?;
        let width = f64::from(RATE) / WINDOW as f64;
        let mut energies = [FLOOR; BANDS];
        for (bin, value) in self.spectrum.iter().enumerate() {
            let hz = bin as f64 * width;
            let band = EDGES_HZ.windows(2).position(|edge| hz >= edge[0] && hz < edge[1]);
            if let Some(sum) = band.and_then(|band| energies.get_mut(band)) {
                *sum += f64::from(value.norm_sqr()) * self.scale;
            }
        }
        Ok(energies.map(|energy| energy.ln() as f32))
    }
}

impl Bands {
    /// The next block of mono sound at [`RATE`]; `time_s` counts once.
    pub fn hear(&mut self, time_s: f64, samples: &[f32]) -> Result<()> {
        self.start_s.get_or_insert(time_s);
        let transform = self.transform.get_or_insert_with(Transform::new);
        self.waiting.extend_from_slice(samples);
        let mut done = 0;
        while let Some(window) = self.waiting.get(done..done + WINDOW) {
            if self.hops.len() >= MOST_HOPS {
                self.cut_short = true;
                self.waiting.clear();
                return Ok(());
            }
            self.hops.push(transform.bands(window)?);
            done += HOP;
        }
        self.waiting.drain(..done.min(self.waiting.len()));
        Ok(())
    }

    /// The same, `late_s` later.
    #[cfg(test)]
    pub fn moved(&self, late_s: f64) -> Self {
        let start_s = self.start_s.map(|start_s| start_s + late_s);
        Self { hops: self.hops.clone(), start_s, ..Self::default() }
    }

    /// Lifts what is more than [`DYNAMICS_DB`] below the loud parts of its band
    /// to that level: silence is silence, however deep; otherwise one stretch
    /// of digital silence would outweigh all speech.
    pub fn settle(&mut self) {
        for band in 0..BANDS {
            let mut values: Vec<f64> = self.hops.iter().map(|hop| f64::from(hop[band])).collect();
            let Some(loud) = quantile(&mut values, LOUD) else { return };
            let least = (loud - DYNAMICS_DB * std::f64::consts::LN_10 / 10.0) as f32;
            for hop in &mut self.hops {
                hop[band] = hop[band].max(least);
            }
        }
    }

    /// Which hops are loud enough to be speech: within 20 dB of the loud ones
    /// and 6 dB above the quiet ones, pauses of up to 0.3 s included. This is a
    /// criterion of energy alone: music and noise in bursts pass as well. None
    /// when even the loud ones are below −60 dB of full scale.
    pub fn loud(&self) -> Vec<bool> {
        let level = |hop: &[f32; BANDS]| {
            hop.iter().map(|ln| f64::from(*ln).exp()).sum::<f64>().max(1e-12).log10() * 10.0
        };
        let levels: Vec<f64> = self.hops.iter().map(level).collect();
        let high = quantile(&mut levels.clone(), LOUD).unwrap_or(f64::NEG_INFINITY);
        let low = quantile(&mut levels.clone(), 0.1).unwrap_or(f64::NEG_INFINITY);
        if high < -60.0 {
            return vec![false; levels.len()];
        }
        let least = (high - 20.0).max(low + 6.0);
        let mut loud: Vec<bool> = levels.iter().map(|level| *level >= least).collect();
        let pause = (0.3 * HOPS_PER_S) as usize;
        let mut last: Option<usize> = None;
        for i in 0..loud.len() {
            if loud[i] {
                if let Some(last) = last.filter(|last| i - last <= pause) {
                    loud[last..i].fill(true);
                }
                last = Some(i);
            }
        }
        loud
    }

    /// Whether there is sound at `time_s`.
    pub fn covers(&self, time_s: f64) -> bool {
        let place = (time_s - self.first_s()) * HOPS_PER_S;
        place >= 0.0 && place < self.hops.len() as f64
    }

    /// Time of the middle of the first window.
    pub fn first_s(&self) -> f64 {
        self.start_s.unwrap_or(0.0) + WINDOW as f64 / 2.0 / f64::from(RATE)
    }

    /// The hop nearest to `time_s`.
    pub fn hop(&self, time_s: f64) -> Option<usize> {
        let place = ((time_s - self.first_s()) * HOPS_PER_S).round();
        (place >= 0.0 && place < self.hops.len() as f64).then_some(place as usize)
    }

    /// The band energies at `time_s`, linear between hops; the nearest ones
    /// before the first and after the last; `None` without sound.
    pub fn at(&self, time_s: f64) -> Option<[f64; BANDS]> {
        let last = self.hops.len().checked_sub(1)?;
        let place = ((time_s - self.first_s()) * HOPS_PER_S).clamp(0.0, last as f64);
        let (low, high) =
            (self.hops.get(place.floor() as usize)?, self.hops.get(place.ceil() as usize)?);
        let share = place.fract();
        let mut mixed = [0.0; BANDS];
        for ((to, &a), &b) in mixed.iter_mut().zip(low).zip(high) {
            *to = f64::from(a) * (1.0 - share) + f64::from(b) * share;
        }
        Some(mixed)
    }
}
