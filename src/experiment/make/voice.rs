//! A voice that speaks, and how far a mouth opens that says the same: the `espeak-ng`
//! program reads sentences in an order and a manner of their own for each seed, and the
//! mouth follows how loud they are.

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::media::{Exhibit, Limits, Play, Sample, SoundFormat};
use crate::signal::random::SplitMix;
use crate::signal::stats::quantile;
use crate::{Error, Result};

/// Samples a second.
const RATE: u32 = 16_000;
/// Samples of a step of the mouth: 10 ms.
const STEP: usize = 160;
/// Steps on either side over which the mouth follows the sound, with the weights of a
/// raised cosine: lips take a tenth of a second from shut to open. The weights are even,
/// so that the mouth is neither early nor late.
const SLOW: usize = 8;
/// Decibels under loud speech at which the mouth is shut.
const RANGE_DB: f64 = 30.0;

/// What is said.
const SENTENCES: [&str; 12] = [
    "The morning train was late again, so we walked along the river instead.",
    "Please put the blue cups on the table and bring a map from the car.",
    "Nobody knew how the old machine worked, but everybody had an opinion about it.",
    "My brother bought seven pounds of apples and paid far too much money for them.",
    "If the weather stays fair, the boats will leave the harbour before noon.",
    "She wrote a long letter to her mother and posted it on the way home.",
    "Between the two mountains lies a small village with a very large bakery.",
    "Remember to save the file before you open a new window.",
    "The museum keeps a famous picture of a woman with a bowl of plums.",
    "We might have missed the film, but we would never miss the music.",
    "Our neighbour plays the piano every evening and the whole house listens.",
    "A good measurement says what it measured, how, and how far it can be trusted.",
];

/// A voice.
#[derive(Clone, Debug)]
pub struct Voice {
    samples: Vec<f32>,
    /// Opening of the mouth in every step, 0 shut to 1.
    mouth: Vec<f64>,
}

impl Voice {
    /// Has `seconds` spoken; `folder` holds the sound meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] where the `espeak-ng` program is missing, [`Error::Compute`] when
    /// it fails.
    pub fn speak(folder: &Path, seconds: f64, seed: u64) -> Result<Self> {
        let path = folder.join("spoken.wav");
        let mut random = SplitMix::new(seed);
        let mut of = |from: u64, to: u64| from + random.next() % (to - from);
        // Adult voices of both sexes, their speed in words a minute and their pitch.
        let voice = format!("en+{}{}", if of(0, 2) == 0 { 'm' } else { 'f' }, of(1, 4));
        let (speed, pitch) = (of(135, 175).to_string(), of(35, 65).to_string());
        let mut text = String::new();
        let mut order: Vec<usize> = (0..SENTENCES.len()).collect();
        // Three words a second are more than anybody here speaks.
        while (text.split_whitespace().count() as f64) < 3.0 * seconds {
            for last in (1..order.len()).rev() {
                order.swap(last, of(0, last as u64 + 1) as usize);
            }
            for sentence in order.iter().filter_map(|n| SENTENCES.get(*n)) {
                text.push_str(sentence);
                text.push(' ');
            }
        }
        let run = Command::new("espeak-ng")
            .args(["-v", &voice, "-s", &speed, "-p", &pitch, "-w"])
            .arg(&path)
            .arg("--")
            .arg(&text)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                Error::Usage(format!(
                    "the `espeak-ng` program is needed to make a voice (Debian: apt install espeak-ng): {error}"
                ))
            })?;
        if !run.status.success() {
            let complaint =
                String::from_utf8_lossy(&run.stderr).chars().take(600).collect::<String>();
            return Err(Error::compute("speaking with espeak-ng", complaint));
        }
        let mut samples = heard(&path)?;
        samples.resize((seconds * f64::from(RATE)) as usize, 0.0);
        std::fs::remove_file(&path).map_err(|e| Error::io(&path, e))?;
        let mouth = mouth(&samples);
        Ok(Self { samples, mouth })
    }

    /// How far the mouth is open at a moment, 0 shut to 1.
    pub fn opening(&self, time_s: f64) -> f64 {
        let at = time_s * f64::from(RATE) / STEP as f64 - 0.5;
        let (step, part) = (at.max(0.0) as usize, at.max(0.0).fract());
        let of = |step: usize| self.mouth.get(step).copied().unwrap_or(0.0);
        of(step) * (1.0 - part) + of(step + 1) * part
    }

    /// Writes, as 16-bit WAV of the same length, the voice `late_s` after the mouth.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn write(&self, path: &Path, late_s: f64) -> Result<()> {
        let late = (late_s * f64::from(RATE)).round() as isize;
        let highest = self.samples.iter().fold(1e-9f32, |most, s| most.max(s.abs()));
        let bytes = (self.samples.len() * 2) as u32;
        let mut file = Vec::with_capacity(44 + self.samples.len() * 2);
        file.extend_from_slice(b"RIFF");
        file.extend((bytes + 36).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt ");
        // PCM, one channel, two bytes a sample.
        file.extend([16u32.to_le_bytes(), [1, 0, 1, 0]].concat());
        file.extend([RATE.to_le_bytes(), (RATE * 2).to_le_bytes(), [2, 0, 16, 0]].concat());
        file.extend_from_slice(b"data");
        file.extend(bytes.to_le_bytes());
        for at in 0..self.samples.len() as isize {
            let from = usize::try_from(at - late).ok();
            let sample = from.and_then(|from| self.samples.get(from)).copied().unwrap_or(0.0);
            file.extend(((sample / highest * 25_000.0) as i16).to_le_bytes());
        }
        std::fs::write(path, file).map_err(|e| Error::io(path, e))
    }
}

/// The sound of a file.
fn heard(path: &Path) -> Result<Vec<f32>> {
    let exhibit = Exhibit::open(path, &Limits::default())?;
    let format = SoundFormat { rate: Some(RATE), mono: true };
    let mut samples = Vec::new();
    exhibit.play(&Play { sounds: vec![format], ..Play::default() }, |sample| {
        if let Sample::Sound(sound) = sample {
            samples.extend_from_slice(sound.samples);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(samples)
}

/// Opening in every step, from how loud it is around.
fn mouth(samples: &[f32]) -> Vec<f64> {
    let power =
        |step: &[f32]| step.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / step.len() as f64;
    let powers: Vec<f64> = samples.chunks(STEP).map(power).collect();
    let loud = quantile(&mut powers.clone(), 0.95).unwrap_or(0.0).max(1e-12);
    let open =
        |power: &f64| (1.0 + 10.0 * (power / loud).max(1e-12).log10() / RANGE_DB).clamp(0.0, 1.0);
    let wanted: Vec<f64> = powers.iter().map(open).collect();
    let weight = |away: usize| 0.5 + 0.5 * (TAU / 2.0 * away as f64 / (SLOW + 1) as f64).cos();
    (0..wanted.len())
        .map(|at| {
            let near = at.saturating_sub(SLOW)..=(at + SLOW).min(wanted.len() - 1);
            let (mut sum, mut weights) = (0.0, 0.0);
            for (step, open) in near.clone().zip(wanted.get(near).unwrap_or_default()) {
                sum += weight(step.abs_diff(at)) * open;
                weights += weight(step.abs_diff(at));
            }
            sum / weights
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn the_mouth_is_open_in_the_middle_of_a_tone_and_the_sound_comes_as_late_as_asked() {
        let tone =
            |i: usize| if (16_000..24_000).contains(&i) { (0.5 * i as f32).sin() } else { 0.0 };
        let samples: Vec<f32> = (0..48_000).map(tone).collect();
        let voice = Voice { mouth: mouth(&samples), samples };
        assert!(
            voice.opening(1.25) > 0.95 && voice.opening(0.5) == 0.0 && voice.opening(2.5) == 0.0
        );
        // Even on both sides of the beginning and the end.
        let half = |a: f64, b: f64| (voice.opening(a) + voice.opening(b) - 1.0).abs();
        assert!(half(0.98, 1.02) < 0.1 && half(1.48, 1.52) < 0.1);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.wav");
        for (late_s, begins) in [(0.0, 16_000), (0.2, 19_200), (-0.4, 9_600)] {
            voice.write(&path, late_s).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(bytes.len(), 44 + 96_000);
            let first = bytes[44..].chunks(2).position(|s| s[0] != 0 || s[1] != 0).unwrap();
            assert!(first.abs_diff(begins) <= 2, "{late_s}: {first}");
        }
    }
}
