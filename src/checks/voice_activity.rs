//! Voice activity: when someone speaks
//!
//! # What it measures
//!
//! The sound (mono, 16 kHz) goes through a small neural network (Silero VAD,
//! version 6) that says every 32 ms how likely it is that someone speaks.
//! Speech begins at a probability of 0.5 and ends when it stays under 0.35 for
//! a tenth of a second; stretches under a quarter of a second are dropped.
//! `speech_s` is the length of all stretches, `speech_fraction` their share of
//! the sound, `speech_stretches` their number, `longest_pause_s` the longest
//! time between two of them.
//!
//! These numbers describe the material, and other checks use them; they say
//! nothing about manipulation.
//!
//! # When it misleads
//!
//! - Singing, shouting, laughter and a crowd in the background may or may not
//!   count as speech; whispering is often missed.
//! - Speech in loud music or noise is missed in part.
//! - Synthetic speech is speech: the network does not tell it from a person's.
//!
//! # References
//!
//! - Silero Team (2024), Silero VAD: pre-trained enterprise-grade voice activity
//!   detector, version 6; its documentation for the thresholds.
//!
//! # Titel
//!
//! Spraakactiviteit: wanneer er iemand spreekt
//!
//! # Wat het meet
//!
//! Het geluid (mono, 16 kHz) gaat door een klein neuraal netwerk (Silero VAD,
//! versie 6) dat elke 32 ms zegt hoe waarschijnlijk het is dat er iemand spreekt.
//! Spraak begint bij een waarschijnlijkheid van 0,5 en eindigt als die een tiende
//! seconde onder 0,35 blijft; stukken korter dan een kwart seconde vervallen.
//! `speech_s` is de lengte van alle stukken, `speech_fraction` hun aandeel in het
//! geluid, `speech_stretches` hun aantal, `longest_pause_s` de langste tijd tussen
//! twee stukken.
//!
//! Deze getallen beschrijven het materiaal, en andere methoden gebruiken ze;
//! over manipulatie zeggen ze niets.
//!
//! # Wanneer het misleidt
//!
//! - Zang, geschreeuw, gelach en een menigte op de achtergrond tellen soms wel en
//!   soms niet als spraak; gefluister wordt vaak gemist.
//! - Spraak in luide muziek of lawaai wordt deels gemist.
//! - Synthetische spraak is spraak: het netwerk onderscheidt haar niet van die van
//!   een mens.

use super::finding::{Axis, Series};
use super::{Check, Entry, Figure, Finding, Group, Measurement, Standing, Status};
use crate::media::{Needs, SoundFormat};
use crate::models::SileroVad;
use crate::models::silero::{HOP, RATE};
use crate::text::Text;
use crate::{Error, Result};

/// This check's line in the table. Historical, because it measures and
/// concludes nothing.
pub const ENTRY: Entry = Entry {
    name: "voice-activity",
    group: Group::Voice,
    standing: Standing::Historical,
    source: include_str!("voice_activity.rs"),
    make: |_| Box::new(VoiceActivity::default()),
};

/// Seconds from one probability to the next.
pub(super) const HOP_S: f64 = HOP as f64 / RATE as f64;
/// Probability at which speech begins, and under which it ends; least lengths
/// of the silence that ends it and of a stretch, in seconds: the package's own
/// defaults.
const BEGIN: f32 = 0.5;
const END: f32 = 0.35;
const SILENCE_S: f64 = 0.1;
const STRETCH_S: f64 = 0.25;
/// Probabilities kept: twelve hours.
const MOST_HOPS: usize = 12 * 3600 * 32;
/// Points of the figure, and rows of the table of measurements.
const POINTS: usize = 2_000;

/// The form of sound that the network hears.
pub(super) const SOUND: SoundFormat = SoundFormat { rate: Some(RATE), mono: true };

/// What the network said of the sound of an exhibit.
#[derive(Clone, Debug, Default)]
pub struct Speech {
    /// Time of the first sample.
    pub start_s: f64,
    /// Probability of speech in each hop of 32 ms.
    pub probabilities: Vec<f32>,
    /// Whether sound was left out to bound memory.
    pub cut_short: bool,
}

/// The network, if it is installed, and what it said so far. The pass has one
/// for all checks.
#[derive(Default)]
pub(super) struct Listener {
    network: Option<SileroVad>,
    tried: bool,
    /// What it said.
    pub speech: Speech,
}

impl Listener {
    /// The next samples, as [`SOUND`].
    ///
    /// # Errors
    /// When the network is not installed.
    pub fn hear(&mut self, time_s: f64, samples: &[f32]) -> Result<()> {
        if !self.tried {
            self.tried = true;
            self.speech.start_s = time_s;
            self.network = Some(SileroVad::load()?);
        }
        if self.speech.probabilities.len() >= MOST_HOPS {
            self.speech.cut_short = true;
            return Ok(());
        }
        match &mut self.network {
            Some(network) => network.hear(samples, &mut self.speech.probabilities),
            None => Ok(()),
        }
    }

    /// The end of the sound.
    pub fn finish(&mut self) -> Result<()> {
        match &mut self.network {
            Some(network) if !self.speech.cut_short => {
                network.finish(&mut self.speech.probabilities)
            }
            _ => Ok(()),
        }
    }
}

/// Stretches of speech as ranges of hops.
pub(super) fn stretches(probabilities: &[f32]) -> Vec<(usize, usize)> {
    let silence = (SILENCE_S / HOP_S).ceil() as usize;
    let shortest = (STRETCH_S / HOP_S).ceil() as usize;
    let mut stretches = Vec::new();
    let (mut from, mut quiet) = (None, 0);
    for (hop, probability) in probabilities.iter().enumerate() {
        match from {
            None if *probability >= BEGIN => (from, quiet) = (Some(hop), 0),
            Some(begin) if *probability < END => {
                quiet += 1;
                if quiet >= silence {
                    stretches.push((begin, hop + 1 - quiet));
                    from = None;
                }
            }
            _ => quiet = 0,
        }
    }
    stretches.extend(from.map(|begin| (begin, probabilities.len() - quiet)));
    stretches.retain(|(from, to)| to - from >= shortest);
    stretches
}

/// What was heard.
#[derive(Default)]
struct VoiceActivity {
    speech: Speech,
}

impl Check for VoiceActivity {
    fn needs(&self) -> Needs {
        Needs { speech: true, ..Needs::default() }
    }

    fn speech(&mut self, speech: Result<&Speech, &Error>) -> Result<()> {
        self.speech = speech.map_err(|error| Error::compute("telling speech", error))?.clone();
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(conclude(&self.speech))
    }
}

fn conclude(speech: &Speech) -> Finding {
    let probabilities = &speech.probabilities;
    if probabilities.is_empty() {
        return Finding::abstain(
            Status::NotApplicable,
            Text::new("There is no sound.", "Er is geen geluid."),
        );
    }
    let stretches = stretches(probabilities);
    let total_s = probabilities.len() as f64 * HOP_S;
    let speech_s = stretches.iter().map(|(from, to)| to - from).sum::<usize>() as f64 * HOP_S;
    let pause = stretches.windows(2).filter_map(|w| w.get(1)?.0.checked_sub(w.first()?.1)).max();
    let (share, n) = (speech_s / total_s, stretches.len());
    let percent = 100.0 * share;
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Speech in {speech_s:.1} of {total_s:.1} s ({percent:.0} %), in {n} stretches."
            ),
            format!("Spraak in {speech_s:.1} van {total_s:.1} s ({percent:.0} %), in {n} stukken."),
        ),
    );
    finding.value("speech_s", "s", speech_s);
    finding.value("speech_fraction", "1", share);
    finding.value("speech_stretches", "1", n as f64);
    if let Some(pause) = pause {
        finding.value("longest_pause_s", "s", pause as f64 * HOP_S);
    }
    if speech.cut_short {
        finding.warnings.push(Text::new(
            "The sound is too long to be kept as a whole; its end was left out.",
            "Het geluid is te lang om geheel te bewaren; het einde is weggelaten.",
        ));
    }
    // The largest of each few hops, so that short words are not lost.
    let step = probabilities.len().div_ceil(POINTS).max(1);
    let points: Vec<(f64, f64)> = (0..)
        .zip(probabilities.chunks(step))
        .map(|(i, hops)| {
            let time_s = speech.start_s + f64::from(i) * step as f64 * HOP_S;
            (time_s, f64::from(hops.iter().copied().fold(0.0, f32::max)))
        })
        .collect();
    finding.measurements = points
        .iter()
        .map(|&(time_s, value)| Measurement {
            quantity: "speech_probability",
            unit: "1",
            time_s: Some(time_s),
            frame: None,
            track: None,
            value,
        })
        .collect();
    finding.figures.push(Figure::Lines {
        title: Text::new(
            "How likely it is that someone speaks",
            "Hoe waarschijnlijk het is dat er iemand spreekt",
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new("probability of speech", "waarschijnlijkheid van spraak"),
            range: Some((0.0, 1.0)),
            log: false,
        },
        series: vec![Series { name: Text::new("speech", "spraak"), points }],
    });
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_end_after_a_tenth_of_a_second_and_short_ones_go() {
        // 32 ms a hop: a stretch needs eight hops, a silence four.
        let mut hops = vec![0.0; 10];
        hops.extend([0.9; 10]);
        hops.extend([0.1; 3]); // too short to end it
        hops.extend([0.4; 5]); // goes on, though it would not begin
        hops.extend([0.1; 20]);
        hops.extend([0.9; 7]); // too short
        hops.extend([0.1; 10]);
        hops.extend([0.6; 9]); // up to the end
        assert_eq!(stretches(&hops), [(10, 28), (65, 74)]);
        assert!(stretches(&[0.45; 100]).is_empty() && stretches(&[]).is_empty());
    }

    #[test]
    fn numbers_of_known_probabilities() {
        let mut probabilities = vec![0.9; 50];
        probabilities.extend([0.0; 25]);
        probabilities.extend([0.9; 25]);
        let speech = Speech { probabilities, ..Speech::default() };
        let finding = conclude(&speech);
        let value = |quantity: &str| {
            finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
        };
        assert_eq!(value("speech_s"), Some(75.0 * HOP_S));
        assert!((value("speech_fraction").unwrap_or(0.0) - 0.75).abs() < 1e-9);
        assert_eq!(value("longest_pause_s"), Some(25.0 * HOP_S));
        assert_eq!(conclude(&Speech::default()).status, Status::NotApplicable);
    }
}
