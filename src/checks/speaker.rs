//! Speaker: one voice throughout, and the voice of a reference recording
//!
//! # What it measures
//!
//! What is speech (by the network of `voice-activity`; mono, 16 kHz, the first
//! half hour) goes, in windows of 1.6 s every 0.8 s, through a network that says
//! in 256 numbers what a voice sounds like (Resemblyzer). The cosine of two such
//! rows, from 0 to 1, is called likeness.
//!
//! *One voice throughout*: the windows are divided into the two groups that
//! differ most, and `groups_likeness` is the likeness of their means. Each group
//! must hold four windows, and ten seconds of speech are needed. Up to 0.70 it
//! is told that there is more than one voice, or one voice under two conditions;
//! from 0.80 on that no second voice stands out; between, that it is not clear.
//!
//! *The reference* (`--reference-voice FILE`): `reference_likeness` is the
//! likeness of the means of both recordings. From 0.82 on the voices are called
//! alike, up to 0.60 unlike, between undecided. Five seconds of speech are needed in
//! both. When one is limited to the telephone band and the other is not,
//! nothing is said in words.
//!
//! How the bounds were chosen, and how often they fail on the development
//! recordings, stands in `reports/voice-trial/speaker.md`. They rest on a dozen
//! speakers and are no error rates.
//!
//! # When it misleads
//!
//! - Likeness is not identity: relatives, imitators and persons of one age, sex
//!   and accent can be alike. Cloned voices are made to be alike: a match says
//!   nothing about whether the speech is genuine.
//! - Emotion, whispering, shouting, singing, illness and years between the
//!   recordings make one person's voice unlike itself: in acted emotion
//!   likeness fell to 0.5 for stretches of two seconds.
//! - Microphone, room, telephone, codec and noise count as voice. Two groups may
//!   be two places, and a join within one voice goes unnoticed.
//! - Similar voices, short turns and speech through each other are not told
//!   apart: a conversation of two in which turns last 0.4 to 7 seconds had a
//!   likeness of 0.88.
//! - This is no forensic speaker comparison: that needs a likelihood ratio from a
//!   population and conditions that suit the case.
//!
//! # References
//!
//! - Wan, Wang, Papir and Lopez Moreno (2018), Generalized end-to-end loss for
//!   speaker verification, ICASSP. Weights: the package Resemblyzer 0.1.4,
//!   Resemble AI.
//! - Dhillon and Modha (2001), Concept decompositions for large sparse text data
//!   using clustering, Machine Learning 42 (the two groups: spherical k-means).
//! - ENFSI (2015), Methodological guidelines for best practice in forensic
//!   semiautomatic and automatic speaker recognition.
//!
//! # Titel
//!
//! Spreker: overal één stem, en de stem van een referentieopname
//!
//! # Wat het meet
//!
//! Wat spraak is (volgens het netwerk van `voice-activity`; mono, 16 kHz, het
//! eerste half uur) gaat in vensters van 1,6 s om de 0,8 s door een netwerk dat in
//! 256 getallen zegt hoe een stem klinkt (Resemblyzer). De cosinus van twee zulke
//! rijen, van 0 tot 1, heet hier gelijkenis.
//!
//! *Overal één stem*: de vensters worden verdeeld in de twee groepen die het meest
//! verschillen; `groups_likeness` is de gelijkenis van hun gemiddelden. Elke groep
//! moet vier vensters bevatten, en tien seconden spraak zijn nodig. Tot en met 0,70
//! wordt gemeld dat er meer dan één stem is, of één stem onder twee omstandigheden;
//! vanaf 0,80 dat er geen tweede stem uitspringt; daartussen dat het niet duidelijk
//! is.
//!
//! *De referentie* (`--reference-voice BESTAND`): `reference_likeness` is de
//! gelijkenis van de gemiddelden van beide opnamen. Vanaf 0,82 heten de stemmen
//! gelijkend, tot en met 0,60 niet gelijkend, daartussen onbeslist. In beide zijn vijf
//! seconden spraak nodig. Is de ene tot de telefoonband beperkt en de andere niet,
//! dan wordt niets in woorden gezegd.
//!
//! Hoe de grenzen zijn gekozen en hoe vaak zij bij de ontwikkelopnamen falen, staat
//! in `reports/voice-trial/speaker.md`. Zij berusten op een twaalftal sprekers en
//! zijn geen foutpercentages.
//!
//! # Wanneer het misleidt
//!
//! - Gelijkenis is geen identiteit: familieleden, imitators en personen van
//!   dezelfde leeftijd, sekse en tongval kunnen op elkaar lijken. Gekloonde stemmen
//!   zijn gemaakt om te lijken: een overeenkomst zegt niets over de echtheid van de
//!   spraak.
//! - Emotie, fluisteren, schreeuwen, zang, ziekte en jaren tussen de opnamen maken
//!   de stem van één persoon ongelijk aan zichzelf: bij gespeelde emotie daalde de
//!   gelijkenis van stukken van twee seconden tot 0,5.
//! - Microfoon, ruimte, telefoon, codec en ruis tellen mee als stem. Twee groepen
//!   kunnen twee plaatsen zijn, en een las binnen één stem blijft onopgemerkt.
//! - Gelijkende stemmen, korte beurten en door elkaar spreken worden niet
//!   onderscheiden: een gesprek van twee personen met beurten van 0,4 tot 7
//!   seconden had een gelijkenis van 0,88.
//! - Dit is geen forensisch sprekeronderzoek: dat vereist een
//!   waarschijnlijkheidsverhouding op grond van een populatie en omstandigheden
//!   die bij de zaak passen.

mod compare;
mod say;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use self::compare::{Voice, groups};
use super::recording::{self, FORMAT, Recording};
use super::voice_activity::Listener;
use super::{Check, Entry, Finding, Group, Options, Speech, Standing, Status};
use crate::media::{Exhibit, Limits, Needs, Play, Sample, Sound};
use crate::models::VoiceEncoder;
use crate::text::Text;
use crate::{Error, Result};

/// This check's line in the table. An indicator: likeness has no error rate here.
pub const ENTRY: Entry = Entry {
    name: "speaker",
    group: Group::Voice,
    standing: Standing::Indicator,
    source: include_str!("speaker.rs"),
    make: |options| Box::new(Speaker::new(options)),
};

/// Least speech, in seconds: of the whole for "one voice throughout", and of each
/// recording for a comparison with the reference. With fewer windows the
/// likeness of one voice with itself scatters as much as that of two voices.
const LEAST_THROUGHOUT_S: f64 = 10.0;
const LEAST_REFERENCE_S: f64 = 5.0;

/// A reference recording, as far as it is needed.
struct Reference {
    name: String,
    sha256: String,
    recording: Recording,
}

struct Speaker {
    path: Option<PathBuf>,
    reference: Option<Reference>,
    recording: Recording,
}

impl Speaker {
    fn new(options: &Options) -> Self {
        let path = options.reference_voice.clone();
        Self { path, reference: None, recording: Recording::default() }
    }
}

impl Check for Speaker {
    fn needs(&self) -> Needs {
        recording::needs()
    }

    fn begin(&mut self, _exhibit: &Exhibit) -> Result<()> {
        // A file that is none is told before the pass, not after it.
        self.reference = self.path.as_deref().map(reference).transpose()?;
        Ok(())
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
        let least = if self.reference.is_some() { LEAST_REFERENCE_S } else { LEAST_THROUGHOUT_S };
        if let Some(finding) = recording.nothing(least) {
            return Ok(finding);
        }
        let network = match VoiceEncoder::load() {
            Ok(network) => network,
            Err(error) => return Ok(Finding::abstain(Status::Insufficient, missing(&error))),
        };
        let voice = Voice::new(&network, recording)?;
        let other = match &self.reference {
            Some(reference) if reference.recording.speech_s() >= LEAST_REFERENCE_S => {
                Some(Voice::new(&network, &reference.recording)?)
            }
            _ => None,
        };
        let found = say::Found {
            groups: (voice.speech_s >= LEAST_THROUGHOUT_S).then(|| groups(&voice.windows)),
            voice,
            reference: self.reference.as_ref().map(|reference| say::Compared {
                name: &reference.name,
                sha256: &reference.sha256,
                speech_s: reference.recording.speech_s(),
                voice: other,
            }),
        };
        let mut finding = say::conclude(&found);
        recording.warn_if_cut(&mut finding);
        Ok(finding)
    }
}

fn missing(error: &Error) -> Text {
    Text::new(
        format!("The speaker network could not be used: {error}"),
        format!("Het netwerk voor sprekers kon niet worden gebruikt: {error}"),
    )
}

/// Hears the first sound of the file at `path`, and tells where there is speech.
fn reference(path: &Path) -> Result<Reference> {
    let exhibit = Exhibit::open(path, &Limits::default())?;
    let mut recording = Recording::default();
    let mut listener = Listener::default();
    let want = Play { sounds: vec![FORMAT], ..Play::default() };
    exhibit.play(&want, |sample| {
        if let Sample::Sound(sound) = sample {
            recording.hear(&sound);
            listener.hear(sound.time_s, sound.samples)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    listener.finish()?;
    recording.tell(Ok(&listener.speech))?;
    if recording.len() == 0 {
        return Err(Error::unreadable(path, "the reference recording has no sound"));
    }
    Ok(Reference { name: exhibit.name, sha256: exhibit.sha256, recording })
}
