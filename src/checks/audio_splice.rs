//! Audio splice: sudden changes of the background and of the room
//!
//! # What it measures
//!
//! Four traces of sound joined from parts (mono, 16 kHz, the first half hour).
//! The *background*: in the pauses of speech (by the network of
//! `voice-activity`; long ones in pieces of a second) the level that the
//! quietest fifth of the frames stays under, in eight bands. The *mean of the
//! samples* (DC offset) in blocks of half a second. The *reverberation*: the time
//! that the level (500 to 4000 Hz) takes from 2 to 12 dB under each peak of the
//! speech, as seconds for 60 dB (`fading_s` is the median of the `falls`). For each,
//! the likeliest change is the largest excursion of the cumulative sum; it is told when the
//! probability of such an excursion without a change (Kolmogorov's, with the
//! likeness of neighbours at its upper 95 % bound, times all that was tried) is
//! at most 10⁻⁴ and the change is at least 6 dB, or 0.0003 of full scale, and three
//! times the unrest of either side; fading must become half as long again, or two
//! thirds as long. Last,
//! *digital silence* inside the sound: at least 20 ms of exact zeros
//! (`digital_silence_s`), which no microphone gives.
//!
//! # When it misleads
//!
//! - A change of background has many innocent causes: a ventilator, a door, a
//!   microphone moved, automatic gain, noise suppression, a cut made openly.
//! - Parts recorded in one place with one microphone leave no change.
//! - Reverberation also changes when someone turns or walks away, or a door is opened.
//!   Most changes are missed: of 15 recordings of up to a minute, whose second half
//!   went through a room of 0.6 s, four were told
//!   (`reports/voice-trial/reverberation.md`).
//! - Speech without pauses, music and short recordings are not judged.
//! - Codecs and noise gates make digital silence; so do synthesisers.
//! - High-pass filters, of telephones and of most codecs, remove the mean.
//! - The framing of an earlier AAC coding is examined by `audio-framing`.
//!
//! # References
//!
//! - Martin (2001), Noise power spectral density estimation based on optimal
//!   smoothing and minimum statistics, IEEE TSAP 9.
//! - Page (1954), Continuous inspection schemes, Biometrika 41; Csörgő and
//!   Horváth (1997), Limit theorems in change-point analysis.
//! - Koenig, Lacey, Grigoras, Price and Smith (2013), Evaluation of the average
//!   DC offset values for nine small digital audio recorders, JAES 61.
//!
//! # Titel
//!
//! Montage in geluid: plotselinge veranderingen van de achtergrond en de ruimte
//!
//! # Wat het meet
//!
//! Vier sporen van geluid dat uit delen is samengevoegd (mono, 16 kHz, het eerste
//! half uur). De *achtergrond*: in de pauzes van de spraak (volgens het netwerk
//! van `voice-activity`; lange in stukken van een seconde) het niveau waar het
//! stilste vijfde van de vensters onder blijft, in acht banden. Het *gemiddelde
//! van de monsters* (gelijkspanning) in blokken van een halve seconde. De *nagalm*:
//! de tijd die het niveau (500 tot 4000 Hz) nodig heeft van 2 tot 12 dB onder elke
//! piek van de spraak, als seconden voor 60 dB (`fading_s` is de mediaan van de
//! `falls`). Voor elk is de waarschijnlijkste verandering de grootste uitwijking van de cumulatieve
//! som; zij wordt gemeld als de kans op zo'n uitwijking zonder verandering
//! (Kolmogorov, met de samenhang van buren op haar bovengrens van 95 %, maal alles
//! wat is geprobeerd) hoogstens 10⁻⁴ is en de verandering ten minste 6 dB, of
//! 0,0003 van het volle bereik, en drie maal de onrust van elk van beide zijden; het
//! wegsterven moet half zo lang meer duren, of een derde korter. Ten slotte *digitale stilte* in het geluid: ten
//! minste 20 ms precies nul (`digital_silence_s`), wat geen microfoon geeft.
//!
//! # Wanneer het misleidt
//!
//! - Een verandering van de achtergrond heeft veel onschuldige oorzaken: een
//!   ventilator, een deur, een verplaatste microfoon, automatische versterking,
//!   ruisonderdrukking, een openlijke montage.
//! - Delen die op één plaats met één microfoon zijn opgenomen laten geen
//!   verandering na.
//! - Nagalm verandert ook als iemand zich omdraait of wegloopt, of een deur opengaat.
//!   De meeste veranderingen worden gemist: van 15 opnamen van hoogstens een minuut
//!   waarvan de tweede helft door een ruimte van 0,6 s ging, werden er vier gemeld
//!   (`reports/voice-trial/reverberation.md`).
//! - Spraak zonder pauzes, muziek en korte opnamen worden niet beoordeeld.
//! - Codecs en ruispoorten maken digitale stilte; synthesizers ook.
//! - Hoogdoorlaatfilters, van telefoons en van de meeste codecs, verwijderen het
//!   gemiddelde.
//! - De framing van een eerdere AAC-codering onderzoekt `audio-framing`.

mod fading;
mod measure;
mod say;

use self::measure::{background, digital_silence, offset, pauses};
use super::recording::{self, Recording};
use super::{Check, Entry, Finding, Group, Speech, Standing};
use crate::media::{Needs, Sound};
use crate::{Error, Result};

/// This check's line in the table. An indicator: the false alarms under a
/// steady background are bounded, those by innocent changes are not.
pub const ENTRY: Entry = Entry {
    name: "audio-splice",
    group: Group::Voice,
    standing: Standing::Indicator,
    source: include_str!("audio_splice.rs"),
    make: |_| Box::new(Splice::default()),
};

#[derive(Default)]
struct Splice {
    recording: Recording,
}

impl Check for Splice {
    fn needs(&self) -> Needs {
        recording::needs()
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        self.recording.hear(sound);
        Ok(())
    }

    fn speech(&mut self, speech: Result<&Speech, &Error>) -> Result<()> {
        self.recording.tell(speech)
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let recording = &self.recording;
        if let Some(finding) = recording.nothing(0.0) {
            return Ok(finding);
        }
        let samples = recording.samples(0, recording.len());
        let pauses = pauses(&samples, &recording.speech)?;
        let (means, mean_jumps) = offset(&samples);
        let falls = fading::falls(&samples, &recording.speech)?;
        let found = say::Found {
            start_s: recording.start_s,
            background: background(&pauses),
            pauses,
            means,
            mean_jumps,
            rooms: fading::changes(&falls),
            falls,
            silence: digital_silence(&samples),
        };
        let mut finding = say::conclude(&found);
        recording.warn_if_cut(&mut finding);
        Ok(finding)
    }
}
