//! The sound of an exhibit as the checks of voices keep it: mono, 16 kHz, with
//! where there is speech in it, which the pass tells once for all of them.

use super::bandwidth::measure::{Levels, cliff};
use super::voice_activity::stretches;
use super::{Finding, Speech, Status};
use crate::media::{Needs, Sound, SoundFormat};
use crate::models::silero::{HOP, RATE};
use crate::signal::stats::{median, quantile, variance};
use crate::text::Text;
use crate::{Error, Result};

/// The form in which it is wanted.
pub const FORMAT: SoundFormat = SoundFormat { rate: Some(RATE), mono: true };
/// Samples kept: half an hour, 58 MB.
const MOST: usize = 30 * 60 * RATE as usize;

/// Frames for levels, 20 ms, and the power under which none is told: −100 dB.
const FRAME: usize = RATE as usize / 50;
const QUIETEST: f64 = 1e-10;
/// Below this, speech falls by itself.
const FALLS_HZ: f64 = 2_000.0;

/// What a check asks for that measures voices and nothing else.
pub fn needs() -> Needs {
    Needs { sound: Some(FORMAT), speech: true, ..Needs::default() }
}

/// Sound kept for the end of the pass.
#[derive(Default)]
pub struct Recording {
    /// Time of the first sample, in seconds.
    pub start_s: f64,
    /// Stretches of speech as ranges of samples; empty until told.
    pub speech: Vec<(usize, usize)>,
    /// 16 bits suffice: what is measured lies far above their noise.
    samples: Vec<i16>,
    /// Whether sound beyond half an hour was left out.
    cut_short: bool,
}

impl Recording {
    /// The next block.
    pub fn hear(&mut self, sound: &Sound<'_>) {
        if self.samples.is_empty() {
            self.start_s = sound.time_s;
        }
        let room = MOST - self.samples.len();
        self.cut_short |= sound.samples.len() > room;
        let kept = sound.samples.iter().take(room);
        self.samples.extend(kept.map(|v| (v * 32_768.0).round() as i16));
    }

    /// Where there is speech, in hops from the first sample on.
    ///
    /// # Errors
    /// When the voice-activity network could not be used.
    pub fn tell(&mut self, speech: Result<&Speech, &Error>) -> Result<()> {
        let speech = speech.map_err(|error| Error::compute("telling speech", error))?;
        let all = self.samples.len();
        self.speech = stretches(&speech.probabilities)
            .into_iter()
            .map(|(from, to)| ((from * HOP).min(all), (to * HOP).min(all)))
            .filter(|(from, to)| from < to)
            .collect();
        Ok(())
    }

    /// The abstention that is due without sound, or with less than `least_s`
    /// seconds of speech.
    pub fn nothing(&self, least_s: f64) -> Option<Finding> {
        if self.samples.is_empty() {
            let text = Text::new("There is no sound.", "Er is geen geluid.");
            return Some(Finding::abstain(Status::NotApplicable, text));
        }
        let seconds = self.speech_s();
        (seconds < least_s).then(|| {
            let mut finding = Finding::abstain(Status::Insufficient, too_little(seconds, least_s));
            finding.value("speech_s", "s", seconds);
            finding
        })
    }

    /// What a reader must know when sound was left out.
    pub fn warn_if_cut(&self, finding: &mut Finding) {
        if self.cut_short {
            finding.warnings.push(Text::new(
                "Only the first half hour was examined.",
                "Alleen het eerste half uur is onderzocht.",
            ));
        }
    }

    /// Samples kept.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Samples in a range, full scale ±1.
    pub fn samples(&self, from: usize, to: usize) -> Vec<f32> {
        let part = self.samples.get(from..to.min(self.samples.len())).unwrap_or_default();
        part.iter().map(|v| f32::from(*v) / 32_768.0).collect()
    }

    /// Seconds of speech.
    pub fn speech_s(&self) -> f64 {
        speech_s(&self.speech)
    }

    /// What the speech went through.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn conditions(&self) -> Result<Conditions> {
        let mut levels = Levels::new(RATE)?;
        let mut all = Vec::new();
        let mut spoken = Vec::new();
        let level = |frame: &[f32]| 10.0 * variance(frame).max(QUIETEST).log10();
        for from in (0..self.len()).step_by(FRAME) {
            all.push(level(&self.samples(from, from + FRAME)));
        }
        for &(from, to) in &self.speech {
            let samples = self.samples(from, to);
            levels.hear(&samples)?;
            spoken.extend(samples.chunks(FRAME).map(level));
        }
        let limit = cliff(&levels.percentile(), levels.width_hz(), FALLS_HZ);
        let snr = median(&mut spoken).zip(quantile(&mut all, 0.1));
        Ok(Conditions {
            limit_hz: limit.map(|limit| limit.hz),
            snr_db: snr.map_or(0.0, |(speech, quiet)| speech - quiet),
        })
    }

    /// Share of a range of samples that is speech.
    pub fn spoken(&self, from: usize, to: usize) -> f64 {
        let within = self.speech.iter().map(|(a, b)| (*b).min(to).saturating_sub((*a).max(from)));
        within.sum::<usize>() as f64 / to.saturating_sub(from).max(1) as f64
    }
}

/// What the speech of a recording went through, as far as it can be heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Where its spectrum ends, if that is below 8 kHz and above 2 kHz.
    pub limit_hz: Option<f64>,
    /// Median level of the speech above the quietest tenth of the recording.
    pub snr_db: f64,
}

impl Conditions {
    /// Whether it is limited to the telephone band. Limits of 8 kHz sources lie
    /// at 3.4 to 4.6 kHz, those of 11 kHz ones at 5.5.
    pub fn narrow(&self) -> bool {
        self.limit_hz.is_some_and(|hz| hz < 5_000.0)
    }
}

fn too_little(seconds: f64, least_s: f64) -> Text {
    Text::measured(
        format!("{seconds:.1} s of speech; at least {least_s} s are needed."),
        format!("{seconds:.1} s spraak; ten minste {least_s} s zijn nodig."),
    )
}

/// Seconds of speech.
pub fn speech_s(speech: &[(usize, usize)]) -> f64 {
    speech.iter().map(|(from, to)| to - from).sum::<usize>() as f64 / f64::from(RATE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn band_and_noise_of_known_sound() {
        use crate::signal::synth::SplitMix;
        // Speech: noise under a moving average of four samples three times over,
        // which leaves little above 4 kHz; under it all, faint noise.
        let mut random = SplitMix::new(3);
        let mut raw: Vec<f32> = (0..64_000).map(|_| random.normal() as f32).collect();
        for _ in 0..12 {
            raw = raw.windows(4).map(|w| w.iter().sum::<f32>() / 4.0).collect();
        }
        let power = variance(&raw).sqrt() as f32;
        let samples = raw.iter().enumerate().map(|(i, v)| {
            let voice = if (16_000..48_000).contains(&i) { 0.1 * v / power } else { 0.0 };
            let sample = voice + 0.001 * random.normal() as f32;
            (sample * 32_768.0).round() as i16
        });
        let recording = Recording {
            samples: samples.collect(),
            speech: vec![(16_000, 48_000)],
            ..Recording::default()
        };
        let found = recording.conditions().unwrap();
        assert!((found.snr_db - 40.0).abs() < 2.0, "{found:?}");
        assert!(found.narrow(), "{found:?}");
    }

    #[test]
    fn hops_become_samples_and_too_little_is_told() {
        let mut recording = Recording::default();
        assert_eq!(recording.nothing(1.0).unwrap().status, Status::NotApplicable);
        for block in 0..4 {
            let samples = [0.25; 8_000];
            let time_s = 3.0 + f64::from(block) / 2.0;
            let (rate, channels) = (RATE, 1);
            let sound = Sound { format: FORMAT, time_s, rate, channels, samples: &samples };
            recording.hear(&sound);
        }
        let mut probabilities = vec![0.0; 10];
        probabilities.extend([0.9; 60]);
        let speech = Speech { probabilities, ..Speech::default() };
        recording.tell(Ok(&speech)).unwrap();
        // The last hop is cut where the sound ends.
        assert_eq!((recording.start_s, recording.len()), (3.0, 32_000));
        assert_eq!(recording.speech, [(10 * HOP, 32_000)]);
        let seconds = (32_000 - 10 * HOP) as f64 / 16_000.0;
        assert!((recording.speech_s() - seconds).abs() < 1e-9);
        assert!((recording.spoken(0, 20 * HOP) - 0.5).abs() < 1e-9);
        assert_eq!(recording.samples(0, 2), [0.25, 0.25]);
        assert!(recording.nothing(1.0).is_none());
        assert_eq!(recording.nothing(5.0).unwrap().status, Status::Insufficient);
        assert!(recording.tell(Err(&Error::Usage("no network".into()))).is_err());
    }
}
