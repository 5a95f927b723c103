//! Prosody: pitch, voice quality, pauses and pace of the speech
//!
//! # What it measures
//!
//! On what the network of `voice-activity` calls speech (mono, 16 kHz, the first
//! half hour): the fundamental frequency every 10 ms between 75 and 500 Hz by
//! autocorrelation (Boersma 1993) with its median, 5th and 95th percentile,
//! range and spread in semitones and the median slope within voiced stretches;
//! jitter and shimmer (local) from pulses found by cross-correlation; the mean
//! ratio of harmonics to noise; pauses of at least a quarter of a second;
//! breath-like sounds in them; and syllable nuclei a second of speech. On the
//! development recordings the fundamental differs from Praat's by less than
//! 0.01 % (median of each file), jitter by 2 % and shimmer by 1 % (median over
//! the files), the latter two against Praat on the file at its own rate.
//!
//! The numbers describe; nothing is concluded from them.
//!
//! # When it misleads
//!
//! - Several speakers, singing, music and crowds: the averages then mean nothing.
//! - Published ranges of jitter, shimmer and harmonicity are for sustained
//!   vowels; in running speech all three look worse.
//! - Noise, reverberation and coding raise jitter and shimmer and lower
//!   harmonicity. Creaky voice halves the fundamental.
//! - A breath-like sound may be a rustle; noise gates and editing remove breaths.
//! - Flat intonation, few pauses or no breaths occur in reading, in editing and
//!   in persons; good synthesis has all of them.
//!
//! # References
//!
//! - Boersma (1993), Accurate short-term analysis of the fundamental frequency
//!   and the harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17.
//! - Boersma and Weenink, Praat: doing phonetics by computer (manual: voice).
//! - Traunmüller and Eriksson (1995), The frequency range of the voice
//!   fundamental in the speech of male and female adults.
//! - De Jong and Wempe (2009), Praat script to detect syllable nuclei and measure
//!   speech rate automatically, Behavior Research Methods 41.
//! - Pellegrino, Coupé and Marsico (2011), Across-language perspective on speech
//!   information rate, Language 87.
//!
//! # Titel
//!
//! Prosodie: toonhoogte, stemkwaliteit, pauzes en tempo van de spraak
//!
//! # Wat het meet
//!
//! Op wat het netwerk van `voice-activity` spraak noemt (mono, 16 kHz, het eerste
//! half uur): de grondtoon om de 10 ms tussen 75 en 500 Hz met autocorrelatie
//! (Boersma 1993), met mediaan, 5e en 95e percentiel, bereik en spreiding in
//! halve tonen en de mediane helling binnen stemhebbende stukken; jitter en
//! shimmer (lokaal) van pulsen die met kruiscorrelatie zijn gevonden; de
//! gemiddelde verhouding van harmonischen tot ruis; pauzes van ten minste een
//! kwart seconde; ademachtige geluiden daarin; en lettergreepkernen per seconde
//! spraak. Op de ontwikkelopnamen verschilt de grondtoon minder dan 0,01 % van
//! die van Praat (mediaan per bestand), jitter 2 % en shimmer 1 % (mediaan over
//! de bestanden), deze twee tegen Praat op het bestand met zijn eigen
//! bemonsteringsfrequentie.
//!
//! De getallen beschrijven; er wordt niets uit afgeleid.
//!
//! # Wanneer het misleidt
//!
//! - Verscheidene sprekers, zang, muziek en menigten: gemiddelden zeggen dan niets.
//! - Gepubliceerde waarden van jitter, shimmer en harmoniciteit gelden voor
//!   aangehouden klinkers; in lopende spraak lijken alle drie slechter.
//! - Ruis, nagalm en codering verhogen jitter en shimmer en verlagen de
//!   harmoniciteit. Een krakende stem halveert de grondtoon.
//! - Een ademachtig geluid kan geritsel zijn; een ruispoort en montage nemen
//!   adem weg.
//! - Vlakke intonatie, weinig pauzes of geen adem komen voor bij voorlezen, na
//!   montage en bij personen; goede synthese heeft ze allemaal.

mod measure;
mod say;
mod spectrogram;

use super::recording::{self, Recording};
use super::{Check, Entry, Finding, Group, Speech, Standing};
use crate::media::{Needs, Sound};
use crate::{Error, Result};

/// This check's line in the table. Historical: a description.
pub const ENTRY: Entry = Entry {
    name: "prosody",
    group: Group::Voice,
    standing: Standing::Historical,
    source: include_str!("prosody.rs"),
    make: |_| Box::new(Prosody::default()),
};

/// Least speech, in seconds: under it a percentile of the fundamental is one word.
const LEAST_SPEECH_S: f64 = 1.0;

#[derive(Default)]
struct Prosody {
    recording: Recording,
}

impl Check for Prosody {
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
        if let Some(finding) = recording.nothing(LEAST_SPEECH_S) {
            return Ok(finding);
        }
        let samples = recording.samples(0, recording.len());
        let voice = measure::measure(&samples, &recording.speech)?;
        let picture = spectrogram::Spectrogram::new(&samples)?;
        let mut finding = say::conclude(&voice, &picture, recording.start_s);
        recording.warn_if_cut(&mut finding);
        Ok(finding)
    }
}
