//! How quickly speech dies away: the trace of the room and of the distance in it.

use realfft::RealFftPlanner;

use super::measure::{Jump, split};
use crate::models::silero::RATE;
use crate::signal::window::hann;
use crate::{Error, Result};

/// Frames of 32 ms, 10 ms apart.
const FRAME: usize = 512;
const HOP: usize = RATE as usize / 100;
/// The band looked at, in Hz: under it hum lies, over it little speech.
const BAND_HZ: (f64, f64) = (500.0, 4_000.0);
/// A fall counts between these depths under its peak, in dB: words follow each other
/// too soon for the 25 to 35 dB by which rooms are measured (ISO 3382-2).
const DEPTHS_DB: (f64, f64) = (2.0, 12.0);
/// On its way down the level may rise by this much, and take this long (frames).
const RISE_DB: f64 = 1.0;
const LONGEST: usize = 100;
/// Falls of fewer frames are stops of the mouth.
const SHORTEST: f64 = 3.0;
/// Least change, as a natural logarithm: half as long again.
const LEAST_STEP: f64 = 0.405;

/// One fall of the level in speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fall {
    /// The sample of its peak.
    pub at: usize,
    /// Seconds that 60 dB would take.
    pub s60: f64,
}

/// The falls of `samples` that begin in `speech`.
///
/// # Errors
/// [`Error::Compute`].
pub fn falls(samples: &[f32], speech: &[(usize, usize)]) -> Result<Vec<Fall>> {
    let levels = levels(samples)?;
    let mut found = Vec::new();
    let mut at = 1;
    while let Some(&[before, peak, after]) = levels.get(at - 1..at + 2) {
        let place = at * HOP + FRAME / 2;
        let spoken = speech.iter().any(|(from, to)| (*from..*to).contains(&place));
        if !spoken || peak < before || peak <= after {
            at += 1;
            continue;
        }
        let way = way_down(&levels[at..]);
        let depth = |db: f64| crossing(way, peak - db);
        if let (Some(from), Some(to)) = (depth(DEPTHS_DB.0), depth(DEPTHS_DB.1))
            && to - from >= SHORTEST
        {
            let seconds = (to - from) * HOP as f64 / f64::from(RATE);
            found.push(Fall { at: place, s60: 60.0 * seconds / (DEPTHS_DB.1 - DEPTHS_DB.0) });
        }
        at += way.len().max(1);
    }
    Ok(found)
}

/// Sudden changes of how long falls last; a step is the logarithm of the ratio.
pub fn changes(falls: &[Fall]) -> Vec<Jump> {
    let mut jumps = Vec::new();
    // Falls differ among themselves by as much as rooms do: no bound on scatter.
    split(falls.len(), LEAST_STEP, 0.0, &mut jumps, &|from, to| {
        let part = falls.get(from..to).unwrap_or_default();
        vec![part.iter().map(|fall| fall.s60.ln()).collect()]
    });
    jumps
        .into_iter()
        .filter_map(|(at, step, p)| {
            let (before, after) = (falls.get(at.checked_sub(1)?)?, falls.get(at)?);
            Some(Jump { from: before.at, to: after.at, step, p })
        })
        .collect()
}

/// From a peak down to the lowest frame before the level rises again.
fn way_down(levels: &[f64]) -> &[f64] {
    let (mut lowest, mut last) = (f64::INFINITY, 0);
    for (i, level) in levels.iter().enumerate().take(LONGEST) {
        if *level > lowest + RISE_DB {
            break;
        }
        if *level < lowest {
            (lowest, last) = (*level, i);
        }
    }
    levels.get(..=last).unwrap_or_default()
}

/// Where `way` first falls to `level`, between frames.
fn crossing(way: &[f64], level: f64) -> Option<f64> {
    let after = way.iter().position(|v| *v <= level)?;
    let (a, b) = (way.get(after.checked_sub(1)?)?, way.get(after)?);
    Some(after as f64 - (level - b) / (a - b))
}

/// Level of each frame in dB.
fn levels(samples: &[f32]) -> Result<Vec<f64>> {
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
    let window = hann(FRAME);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let bin = |hz: f64| (hz * FRAME as f64 / f64::from(RATE)) as usize;
    let mut levels = Vec::with_capacity(samples.len() / HOP);
    for frame in samples.windows(FRAME).step_by(HOP) {
        for ((to, value), weight) in input.iter_mut().zip(frame).zip(&window) {
            *to = value * weight;
        }
        plan.process(&mut input, &mut output).map_err(|e| Error::compute("audio splice", e))?;
        let band = output.get(bin(BAND_HZ.0)..bin(BAND_HZ.1)).unwrap_or_default();
        let power: f64 = band.iter().map(|value| f64::from(value.norm_sqr())).sum();
        levels.push(10.0 * (power + 1e-9).log10());
    }
    Ok(levels)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Bursts of noise, two a second, each dying away by 60 dB in `s60(n)` seconds.
    fn bursts(count: usize, seed: u64, mut s60: impl FnMut(usize) -> f64) -> Vec<f32> {
        let mut random = SplitMix::new(seed);
        let mut samples = Vec::new();
        for burst in 0..count {
            let rate = 6.9078 / (s60(burst) * f64::from(RATE));
            for i in 0..RATE as usize / 2 {
                let size = 0.3 * (-rate * i.saturating_sub(1600) as f64).exp();
                samples.push((size * random.normal()) as f32);
            }
        }
        samples
    }

    #[test]
    fn the_time_of_a_known_fall_is_found() {
        for s60 in [0.3, 0.6, 1.2] {
            let samples = bursts(40, 1, |_| s60);
            let mut found: Vec<f64> =
                falls(&samples, &[(0, samples.len())]).unwrap().iter().map(|f| f.s60).collect();
            assert!(found.len() >= 20, "{}", found.len());
            let middle = crate::signal::stats::median(&mut found).unwrap();
            assert!((middle / s60 - 1.0).abs() < 0.25, "{middle} for {s60}");
        }
        assert!(falls(&bursts(9, 1, |_| 0.5), &[]).unwrap().is_empty());
        assert!(falls(&[0.0; 100], &[(0, 100)]).unwrap().is_empty());
    }

    #[test]
    fn another_room_is_found_and_none_where_there_is_one() {
        // Words differ: each burst has a time of its own around the room's.
        let room = |seed: u64, late: f64| {
            let mut random = SplitMix::new(seed + 100);
            let samples = bursts(80, seed, |burst| {
                0.25 * (0.3 * random.normal()).exp() * if burst >= 40 { late } else { 1.0 }
            });
            changes(&falls(&samples, &[(0, samples.len())]).unwrap())
        };
        let found = room(1, 3.0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(((found[0].from + found[0].to) / 2).abs_diff(20 * RATE as usize) < 16_000);
        assert!(found[0].step > 0.7, "{found:?}");
        for seed in 2..22 {
            assert!(room(seed, 1.0).is_empty(), "{seed}");
        }
    }
}
