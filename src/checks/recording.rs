//! The sound of an exhibit as the checks of voices keep it: mono, 16 kHz, with
//! what the voice-activity network says of it.

use super::voice_activity::{Listener, stretches};
use crate::Result;
use crate::media::SoundFormat;
use crate::models::silero::{HOP, RATE};

/// The form in which it is wanted.
pub const FORMAT: SoundFormat = SoundFormat { rate: Some(RATE), mono: true };
/// Samples kept: half an hour, 58 MB.
const MOST: usize = 30 * 60 * RATE as usize;

/// Sound kept for the end of the pass.
#[derive(Default)]
pub struct Recording {
    listener: Listener,
    /// Time of the first sample, in seconds.
    pub start_s: f64,
    /// 16 bits suffice: what is measured lies far above their noise.
    samples: Vec<i16>,
    /// Whether sound beyond half an hour was left out.
    pub cut_short: bool,
}

impl Recording {
    /// The next block.
    ///
    /// # Errors
    /// When the voice-activity network is not installed.
    pub fn hear(&mut self, time_s: f64, samples: &[f32]) -> Result<()> {
        if self.samples.is_empty() {
            self.start_s = time_s;
        }
        let room = MOST - self.samples.len();
        self.cut_short |= samples.len() > room;
        let kept = samples.get(..samples.len().min(room)).unwrap_or_default();
        self.samples.extend(kept.iter().map(|v| (v * 32_768.0).round() as i16));
        self.listener.hear(time_s, kept)
    }

    /// The end: stretches of speech as ranges of samples.
    ///
    /// # Errors
    /// When the network fails.
    pub fn finish(&mut self) -> Result<Vec<(usize, usize)>> {
        self.listener.finish()?;
        let all = self.samples.len();
        Ok(stretches(&self.listener.speech.probabilities)
            .into_iter()
            .map(|(from, to)| ((from * HOP).min(all), (to * HOP).min(all)))
            .filter(|(from, to)| from < to)
            .collect())
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

    /// Share of a range of samples that lies in `speech`.
    pub fn spoken(speech: &[(usize, usize)], from: usize, to: usize) -> f64 {
        let within = speech.iter().map(|(a, b)| (*b).min(to).saturating_sub((*a).max(from)));
        within.sum::<usize>() as f64 / to.saturating_sub(from).max(1) as f64
    }
}

/// Seconds of speech.
pub fn speech_s(speech: &[(usize, usize)]) -> f64 {
    speech.iter().map(|(from, to)| to - from).sum::<usize>() as f64 / f64::from(RATE)
}
