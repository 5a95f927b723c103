//! The background in the pauses, and the mean of the samples, over time.

use realfft::RealFftPlanner;

use crate::models::silero::RATE;
use crate::signal::change::{LEAST, change};
use crate::signal::stats::quantile;
use crate::signal::window::hann;
use crate::{Error, Result};

/// Edges of the bands in Hz, about evenly spread for the ear.
pub const EDGES_HZ: [f64; 9] =
    [100.0, 300.0, 600.0, 1000.0, 1500.0, 2200.0, 3200.0, 4500.0, 7000.0];
/// Bands.
pub const BANDS: usize = 8;
/// Frames of 32 ms.
const FRAME: usize = 512;
/// A pause counts from here on, in samples: 160 ms, of which the ends, where
/// words fade, are left out.
const PAUSE: usize = 2_560;
const MARGIN: usize = 640;
/// Long pauses are cut into pieces of one second.
const PIECE: usize = RATE as usize;
/// The floor of a piece: its frames' 20th percentile, so that rustles and
/// breaths do not count (minimum statistics, Martin 2001).
const FLOOR: f64 = 0.2;
/// Blocks for the mean of the samples, in samples.
const BLOCK: usize = RATE as usize / 2;
/// Probability under which a change counts: one false alarm in 10⁴ recordings
/// with a steady background, for each of background, mean and reverberation.
pub const LEAST_P: f64 = 1e-4;
/// Least change of the background in dB: half and double the power is what
/// turning one's head does.
pub const LEAST_STEP_DB: f64 = 6.0;
/// Least change of the mean: ten steps of 16 bits.
pub const LEAST_STEP_DC: f64 = 3e-4;
/// Least change in deviations of the more restless side: what wanders as far by
/// itself is no join (without this, wind in a development clip joined to others
/// was told, at the wrong place).
const LEAST_SCATTERS: f64 = 3.0;
/// Splits at most, so that work is bounded.
const MOST_CHANGES: usize = 16;

/// Background of one pause, or of a second of a long one.
#[derive(Clone, Debug)]
pub struct Pause {
    /// First sample and the one after the last.
    pub from: usize,
    /// See `from`.
    pub to: usize,
    /// Level of each band in dB of full scale.
    pub db: [f64; BANDS],
}

/// A sudden change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jump {
    /// Between these samples.
    pub from: usize,
    /// See `from`.
    pub to: usize,
    /// Size: dB, or full scale.
    pub step: f64,
    /// Probability by chance, over all that was tried.
    pub p: f64,
}

/// The pauses of `samples`: what is not in `speech`. Digital silence is left
/// out, since it has no level.
///
/// # Errors
/// [`Error::Compute`].
pub fn pauses(samples: &[f32], speech: &[(usize, usize)]) -> Result<Vec<Pause>> {
    let mut gaps = Vec::new();
    let mut last = 0;
    for &(from, to) in speech {
        gaps.push((last, from));
        last = to;
    }
    gaps.push((last, samples.len()));
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
    let window = hann(FRAME);
    let energy: f64 = window.iter().map(|w| f64::from(w * w)).sum();
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mut found = Vec::new();
    for (from, to) in gaps {
        if to.saturating_sub(from) < PAUSE {
            continue;
        }
        let (mut at, end) = (from + MARGIN, to - MARGIN);
        while at < end {
            // A remainder shorter than a pause goes with the last piece.
            let stop = if end - at < PIECE + PAUSE { end } else { at + PIECE };
            let mut levels: [Vec<f64>; BANDS] = Default::default();
            for frame in samples.get(at..stop).unwrap_or_default().chunks_exact(FRAME) {
                if frame.iter().filter(|v| **v == 0.0).count() * 2 > FRAME {
                    continue;
                }
                for ((to, value), weight) in input.iter_mut().zip(frame).zip(&window) {
                    *to = value * weight;
                }
                plan.process(&mut input, &mut output)
                    .map_err(|error| Error::compute("audio splice", error))?;
                let width = f64::from(RATE) / FRAME as f64;
                let mut power = [1e-12; BANDS];
                for (row, value) in output.iter().enumerate() {
                    let hz = row as f64 * width;
                    let band = EDGES_HZ.windows(2).position(|edge| hz >= edge[0] && hz < edge[1]);
                    if let Some(sum) = band.and_then(|band| power.get_mut(band)) {
                        *sum += 2.0 * f64::from(value.norm_sqr()) / (energy * FRAME as f64);
                    }
                }
                for (levels, power) in levels.iter_mut().zip(power) {
                    levels.push(10.0 * power.log10());
                }
            }
            if levels[0].len() >= 2 {
                let db = levels.each_mut().map(|levels| quantile(levels, FLOOR).unwrap_or(-120.0));
                found.push(Pause { from: at, to: stop, db });
            }
            at = stop;
        }
    }
    Ok(found)
}

/// Sudden changes of the background.
pub fn background(pauses: &[Pause]) -> Vec<Jump> {
    let mut jumps = Vec::new();
    split(pauses.len(), LEAST_STEP_DB, LEAST_SCATTERS, &mut jumps, &|from, to| {
        let part = &pauses[from..to];
        let mean: Vec<f64> = part.iter().map(|p| p.db.iter().sum::<f64>() / BANDS as f64).collect();
        let mut all = vec![mean];
        all.extend((0..BANDS).map(|band| part.iter().map(|p| p.db[band]).collect()));
        all
    });
    jumps
        .into_iter()
        .filter_map(|(at, step, p)| {
            let (before, after) = (pauses.get(at.checked_sub(1)?)?, pauses.get(at)?);
            Some(Jump { from: before.to, to: after.from, step, p })
        })
        .collect()
}

/// Sudden changes of the mean of the samples.
pub fn offset(samples: &[f32]) -> (Vec<f64>, Vec<Jump>) {
    let means: Vec<f64> = samples.chunks_exact(BLOCK).map(crate::signal::stats::mean).collect();
    let mut jumps = Vec::new();
    split(means.len(), LEAST_STEP_DC, LEAST_SCATTERS, &mut jumps, &|from, to| {
        vec![means[from..to].to_vec()]
    });
    let jumps = jumps.into_iter().map(|(at, step, p)| Jump {
        from: (at * BLOCK).saturating_sub(BLOCK / 2),
        to: at * BLOCK + BLOCK / 2,
        step,
        p,
    });
    (means, jumps.collect())
}

/// Binary segmentation: the best change of any series in each stretch, its
/// probability times the number of series and stretches tried. A change counts
/// from `least`, and from `scatters` deviations of the more restless side.
pub fn split(
    n: usize,
    least: f64,
    scatters: f64,
    jumps: &mut Vec<(usize, f64, f64)>,
    series: &dyn Fn(usize, usize) -> Vec<Vec<f64>>,
) {
    let mut stretches = vec![(0, n)];
    let mut tried = 0.0;
    while let Some((from, to)) = stretches.pop() {
        if to - from < 2 * LEAST || jumps.len() >= MOST_CHANGES {
            continue;
        }
        tried += 1.0;
        let all = series(from, to);
        let count = all.len() as f64;
        let best = all
            .iter()
            .filter_map(|series| change(series))
            .filter(|change| change.step.abs() >= least.max(scatters * change.scatter))
            .min_by(|a, b| a.p.total_cmp(&b.p));
        let Some(best) = best else { continue };
        let p = (best.p * count * tried).min(1.0);
        if p <= LEAST_P {
            jumps.push((from + best.at, best.step, p));
            stretches.push((from, from + best.at));
            stretches.push((from + best.at, to));
        }
    }
    jumps.sort_by_key(|jump| jump.0);
}

/// Seconds of digital silence of at least 20 ms within the sound, and where
/// the first begins.
pub fn digital_silence(samples: &[f32]) -> (f64, Option<usize>) {
    let (mut total, mut first, mut from) = (0, None, 0);
    let ends = samples.iter().position(|v| *v != 0.0).zip(samples.iter().rposition(|v| *v != 0.0));
    let Some((begin, end)) = ends else { return (0.0, None) };
    let inner = &samples[begin..=end];
    while from < inner.len() {
        let run = inner[from..].iter().take_while(|v| **v == 0.0).count();
        if run >= RATE as usize / 50 {
            total += run;
            first = first.or(Some(begin + from));
        }
        from += run.max(1);
    }
    (total as f64 / f64::from(RATE), first)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Forty seconds of noise with "speech" of 0.7 s in each second; from `at`
    /// on the noise is `gain` times as loud and lies `dc` higher.
    fn recording(at: usize, gain: f64, dc: f64, seed: u64) -> (Vec<f32>, Vec<(usize, usize)>) {
        let mut random = SplitMix::new(seed);
        let mut speech = Vec::new();
        let mut wander = 0.0;
        let samples = (0..640_000)
            .map(|i| {
                if i % 16_000 == 2400 {
                    speech.push((i, i + 11_200));
                    // Each pause is a little louder or softer than the last.
                    wander = 0.6 * wander + 0.1 * random.normal();
                }
                let voice = if (2400..13_600).contains(&(i % 16_000)) { 0.1 } else { 0.0 };
                let (gain, dc) = if i >= at { (gain, dc) } else { (1.0, 0.0) };
                let noise = 0.001 * gain * f64::exp(wander);
                (dc + (noise + voice) * random.normal()) as f32
            })
            .collect();
        (samples, speech)
    }

    #[test]
    fn a_louder_background_is_found_where_it_begins() {
        let (samples, speech) = recording(320_000, 3.0, 0.0, 1);
        let jumps = background(&pauses(&samples, &speech).unwrap());
        assert_eq!(jumps.len(), 1, "{jumps:?}");
        let middle = (jumps[0].from + jumps[0].to) / 2;
        assert!(middle.abs_diff(320_000) < 16_000, "{jumps:?}");
        assert!((jumps[0].step - 9.5).abs() < 2.0, "{jumps:?}");
    }

    #[test]
    fn a_shifted_mean_is_found_and_nothing_is_found_in_nothing() {
        let (samples, speech) = recording(200_000, 1.0, 0.004, 2);
        let (_, jumps) = offset(&samples);
        assert_eq!(jumps.len(), 1, "{jumps:?}");
        assert!(jumps[0].from < 200_000 && 200_000 < jumps[0].to, "{jumps:?}");
        assert!((jumps[0].step - 0.004).abs() < 0.001);
        assert!(background(&pauses(&samples, &speech).unwrap()).is_empty());
        for seed in 3..23 {
            let (samples, speech) = recording(0, 1.0, 0.0, seed);
            assert!(background(&pauses(&samples, &speech).unwrap()).is_empty(), "{seed}");
            assert!(offset(&samples).1.is_empty(), "{seed}");
        }
    }

    #[test]
    fn zeros_inside_are_counted() {
        let mut samples = vec![0.1f32; 16_000];
        samples[..1000].fill(0.0);
        samples[8000..9600].fill(0.0);
        let (seconds, first) = digital_silence(&samples);
        assert_eq!((seconds, first), (0.1, Some(8000)));
        assert_eq!(digital_silence(&[0.0; 100]), (0.0, None));
    }
}
