//! The numbers of a voice from its samples.

use crate::Result;
use crate::models::silero::RATE;
use crate::signal::pitch::{Settings, Voicing, contour};
use crate::signal::pulses::{jitter, pulses, shimmer};
use crate::signal::stats::{line, mean_sd, median, quantile};

/// A pause is at least this long, in seconds: below lie the closures of stops
/// (Goldman-Eisler 1968; Campione & Véronis 2002 discuss 200 to 250 ms).
const PAUSE_S: f64 = 0.25;
/// Level is measured every 10 ms in windows of 40 ms.
const LEVEL_HOP: usize = 160;
const LEVEL_WINDOW: usize = 640;
/// Syllable nuclei after de Jong & Wempe (2009): voiced peaks of the level
/// above the loudest ones less 25 dB, with a dip of 2 dB before each.
const NUCLEUS_DB: f64 = 25.0;
const DIP_DB: f64 = 2.0;
/// A breath-like sound in a pause: so long, so far above the quietest parts of
/// the pauses and so far below the speech (chosen on the development
/// recordings; inhalations between phrases take 0.2 to 0.8 s).
const BREATH_S: (f64, f64) = (0.12, 1.0);
const BREATH_ABOVE_DB: f64 = 8.0;
const BREATH_BELOW_DB: f64 = 12.0;
/// Shortest voiced stretch whose slope counts, in frames of 10 ms.
const SLOPE_FRAMES: usize = 10;

/// Everything measured.
#[derive(Default)]
pub struct Voice {
    /// The contour on speech, times from the first sample.
    pub contour: Vec<Voicing>,
    /// Median, 5th and 95th percentile of the fundamental in Hz.
    pub f0: Option<[f64; 3]>,
    /// Standard deviation in semitones.
    pub sd_st: Option<f64>,
    /// Median slope of voiced stretches, in semitones a second.
    pub slope_st_per_s: Option<f64>,
    /// Ratio.
    pub jitter: Option<f64>,
    /// Ratio.
    pub shimmer: Option<f64>,
    /// Mean over voiced frames.
    pub hnr_db: Option<f64>,
    /// Share of speech that is voiced.
    pub voiced: f64,
    /// Pauses between speech, in seconds.
    pub pauses: Vec<f64>,
    /// Middles of breath-like sounds, in seconds from the first sample.
    pub breaths: Vec<f64>,
    /// Syllables counted in `speech_s`.
    pub syllables: usize,
    /// Seconds of speech.
    pub speech_s: f64,
}

/// Semitones between two frequencies.
fn semitones(hz: f64, above: f64) -> f64 {
    12.0 * (hz / above).log2()
}

/// Measures `samples` (16 kHz), of which `speech` (ranges of samples) is speech.
pub fn measure(samples: &[f32], speech: &[(usize, usize)]) -> Result<Voice> {
    let rate = f64::from(RATE);
    let spoken = |time_s: f64| {
        let at = (time_s * rate) as usize;
        let next = speech.partition_point(|(_, to)| *to <= at);
        speech.get(next).is_some_and(|(from, _)| *from <= at)
    };
    let unvoiced = |mut frames: Vec<Voicing>| {
        for frame in frames.iter_mut().filter(|frame| !spoken(frame.time_s)) {
            frame.hz = 0.0;
        }
        frames
    };
    let contour_of = |settings: &Settings| contour(samples, rate, settings).map(unvoiced);
    let contour = contour_of(&Settings::SPEECH)?;
    let speech_s = super::super::recording::speech_s(speech);
    let hz: Vec<f64> = contour.iter().map(|f| f.hz).filter(|hz| *hz > 0.0).collect();
    let mut voice = Voice { speech_s, ..Voice::default() };
    let in_speech = contour.iter().filter(|frame| spoken(frame.time_s)).count();
    voice.voiced = hz.len() as f64 / in_speech.max(1) as f64;
    let at = |q: f64| quantile(&mut hz.clone(), q);
    if let (Some(middle), Some(low), Some(high)) = (at(0.5), at(0.05), at(0.95)) {
        voice.f0 = Some([middle, low, high]);
        let steps: Vec<f64> = hz.iter().map(|hz| semitones(*hz, middle)).collect();
        voice.sd_st = mean_sd(&steps).map(|(_, sd)| sd);
    }
    voice.slope_st_per_s = slope(&contour);
    let pulses = pulses(samples, rate, &contour);
    voice.jitter = jitter(&pulses);
    voice.shimmer = shimmer(samples, rate, &pulses);
    let ratios: Vec<f64> =
        contour_of(&Settings::HARMONICITY)?.iter().filter_map(Voicing::harmonicity_db).collect();
    if !ratios.is_empty() {
        voice.hnr_db = Some(ratios.iter().sum::<f64>() / ratios.len() as f64);
    }
    let gaps: Vec<(usize, usize)> = speech
        .windows(2)
        .map(|pair| (pair[0].1, pair[1].0))
        .filter(|(from, to)| to.saturating_sub(*from) as f64 >= PAUSE_S * rate)
        .collect();
    voice.pauses = gaps.iter().map(|(from, to)| (to - from) as f64 / rate).collect();
    let levels = levels(samples);
    voice.syllables = syllables(&levels, &contour, &spoken);
    voice.breaths = breaths(&levels, speech, &gaps);
    voice.contour = contour;
    Ok(voice)
}

/// The median slope of the voiced stretches.
fn slope(contour: &[Voicing]) -> Option<f64> {
    let mut slopes: Vec<f64> = contour
        .split(|frame| frame.hz == 0.0)
        .filter(|stretch| stretch.len() >= SLOPE_FRAMES)
        .filter_map(|stretch| line(stretch.iter().map(|f| (f.time_s, semitones(f.hz, 100.0)))))
        .map(|line| line.slope)
        .collect();
    median(&mut slopes)
}

/// Level in dB of full scale every 10 ms; entry i is centred on sample
/// i·160 + 320.
fn levels(samples: &[f32]) -> Vec<f64> {
    (0..samples.len().saturating_sub(LEVEL_WINDOW - 1))
        .step_by(LEVEL_HOP)
        .map(|from| {
            let power = crate::signal::stats::variance(&samples[from..from + LEVEL_WINDOW]);
            10.0 * power.max(1e-12).log10()
        })
        .collect()
}

fn level_time_s(index: usize) -> f64 {
    (index * LEVEL_HOP + LEVEL_WINDOW / 2) as f64 / f64::from(RATE)
}

fn syllables(levels: &[f64], contour: &[Voicing], spoken: &dyn Fn(f64) -> bool) -> usize {
    let mut heard: Vec<f64> = levels
        .iter()
        .enumerate()
        .filter(|(i, _)| spoken(level_time_s(*i)))
        .map(|(_, level)| *level)
        .collect();
    let Some(loud) = quantile(&mut heard, 0.99) else { return 0 };
    let voiced = |time_s: f64| {
        let next = contour.partition_point(|frame| frame.time_s < time_s);
        contour.get(next).is_some_and(|frame| frame.hz > 0.0)
    };
    let (mut count, mut dip) = (0, f64::NEG_INFINITY);
    let mut last_peak: Option<f64> = None;
    for (i, around) in levels.windows(3).enumerate() {
        let (before, here, after) = (around[0], around[1], around[2]);
        dip = if dip == f64::NEG_INFINITY { here } else { dip.min(here) };
        let peak = here > before && here >= after;
        if !peak || here < loud - NUCLEUS_DB || !voiced(level_time_s(i + 1)) {
            continue;
        }
        if here - dip >= DIP_DB && spoken(level_time_s(i + 1)) {
            count += 1;
            (last_peak, dip) = (Some(here), here);
        } else if last_peak.is_some_and(|last| here > last) {
            // The same nucleus goes on rising.
            (last_peak, dip) = (Some(here), here);
        }
    }
    count
}

/// Sounds in the pauses that are as long and as loud as a breath.
fn breaths(levels: &[f64], speech: &[(usize, usize)], gaps: &[(usize, usize)]) -> Vec<f64> {
    let index = |sample: usize| sample.saturating_sub(LEVEL_WINDOW / 2).div_ceil(LEVEL_HOP);
    let part = |(from, to): &(usize, usize)| {
        let (from, to) = (index(*from), index(*to).min(levels.len()));
        (from.min(to), to)
    };
    let gather = |ranges: &[(usize, usize)]| -> Vec<f64> {
        let ranges = ranges.iter().map(part);
        ranges.flat_map(|(from, to)| levels[from..to].iter().copied()).collect()
    };
    let (Some(quiet), Some(loud)) = (quantile(&mut gather(gaps), 0.1), median(&mut gather(speech)))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for gap in gaps {
        // The ends of a pause hold the ends of words.
        let (from, to) = part(&(gap.0 + 800, gap.1.saturating_sub(800)));
        let mut i = from;
        while i < to {
            let breath =
                |level: &f64| *level > quiet + BREATH_ABOVE_DB && *level < loud - BREATH_BELOW_DB;
            let length = levels[i..to].iter().take_while(|level| breath(level)).count();
            let seconds = (length * LEVEL_HOP) as f64 / f64::from(RATE);
            if (BREATH_S.0..=BREATH_S.1).contains(&seconds) {
                found.push(level_time_s(i + length / 2));
            }
            i += length.max(1);
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Syllables of 150 ms with 100 ms between them, falling from 220 to 110 Hz
    /// in each phrase of eight, a pause of 800 ms with a breath of 300 ms in it.
    fn speech(noise: f64) -> (Vec<f32>, Vec<(usize, usize)>) {
        let mut random = SplitMix::new(8);
        let mut samples: Vec<f32> = Vec::new();
        let mut stretches = Vec::new();
        let mut phase = 0.0;
        for phrase in 0..4 {
            if phrase > 0 {
                for i in 0..12_800 {
                    let breath = if (4000..8800).contains(&i) { 0.01 } else { 0.0 };
                    samples.push((breath * random.normal()) as f32);
                }
            }
            let from = samples.len();
            for i in 0..8 * 4000 {
                let hz = 220.0 * 0.5f64.powf(f64::from(i) / 32_000.0);
                phase += std::f64::consts::TAU * hz / 16_000.0;
                let inside = f64::from(i % 4000);
                let envelope = if inside < 2400.0 {
                    (std::f64::consts::PI * inside / 2400.0).sin()
                } else {
                    0.02
                };
                let tone: f64 = (1..=8).map(|h| (f64::from(h) * phase).sin() / f64::from(h)).sum();
                samples.push((0.3 * envelope * tone) as f32);
            }
            stretches.push((from, samples.len()));
        }
        for sample in &mut samples {
            *sample += (noise * random.normal()) as f32;
        }
        (samples, stretches)
    }

    #[test]
    fn a_made_up_speaker_is_described() {
        let (samples, stretches) = speech(1e-4);
        let voice = measure(&samples, &stretches).unwrap();
        assert_eq!(voice.pauses.len(), 3);
        assert!((voice.pauses[0] - 0.8).abs() < 0.01);
        assert!(voice.syllables.abs_diff(32) <= 1, "{}", voice.syllables);
        assert_eq!(voice.breaths.len(), 3, "{:?}", voice.breaths);
        let [middle, low, high] = voice.f0.unwrap();
        assert!((semitones(high, low) - 10.8).abs() < 1.2, "{low} {high}");
        assert!((middle / 155.6 - 1.0).abs() < 0.06, "{middle}");
        // An octave in two seconds.
        assert!((voice.slope_st_per_s.unwrap() + 6.0).abs() < 0.5);
        assert!(voice.hnr_db.unwrap() > 15.0 && voice.jitter.unwrap() < 0.01);
    }

    #[test]
    fn silence_has_no_voice() {
        let voice = measure(&[0.0; 32_000], &[(0, 32_000)]).unwrap();
        assert!(voice.f0.is_none() && voice.jitter.is_none() && voice.hnr_db.is_none());
        assert_eq!((voice.syllables, voice.breaths.len()), (0, 0));
    }
}
