//! Anti-spoofing: networks trained to tell synthetic speech from genuine
//!
//! # What it measures
//!
//! Windows of 4.04 seconds (mono, 16 kHz) of which at least half is speech, four
//! seconds apart and at most 24, evenly spread, go through each AASIST network
//! that is installed: `aasist` and `aasist-l` (trained on ASVspoof 2019 LA) and
//! `aasist-asvspoof5`. A window's score is the logit for synthetic minus the
//! logit for genuine: higher means more like the synthetic speech of that
//! network's training. `NETWORK_score` is the median over the windows,
//! `NETWORK_highest` the highest. A recording shorter than a window is repeated
//! up to its length, as in training.
//!
//! Each is held against the highest median that the same network gave genuine
//! speech: of 32 speakers in studios, films, on the web, at home and in telephone
//! systems, as they are and through a telephone, Opus, noise and reverberation
//! (`NETWORK_genuine_highest`). Only a score more than two above it is told as unlike
//! them; anything else has no meaning, since most synthetic speech scores there too.
//!
//! # When it misleads
//!
//! - Outside the recordings they were trained on these networks fail, in both
//!   directions. By their own threshold of 0 the 2019 networks call more than half of
//!   the genuine trial recordings synthetic. Held against the genuine range, they
//!   miss nearly all copies made with vocoders; what lies above it are mostly older
//!   synthesisers (`reports/voice-trial/spoofing.md`).
//! - 32 speakers are few: of other genuine recordings up to one in ten could lie
//!   above the range.
//! - Telephone bands, MP3, AAC and Opus, noise, reverberation, resampling and
//!   trimmed silence all move the score, often more than synthesis does: faint white
//!   noise moved `aasist-asvspoof5` by 15 for genuine studio speech.
//! - Voices made with methods newer than the training data may not be noticed.
//! - Weights are not part of the program; a user brings the authors' files.
//!
//! # References
//!
//! - Jung et al. (2022), AASIST: audio anti-spoofing using integrated
//!   spectro-temporal graph attention networks, ICASSP (equal error rate 0.83 %
//!   and, for the small one, 0.99 % on ASVspoof 2019 LA).
//! - Wang et al. (2024), ASVspoof 5: crowdsourced speech data, deepfakes, and
//!   adversarial attacks at scale, ASVspoof workshop.
//! - Müller et al. (2022), Does audio deepfake detection generalize?,
//!   Interspeech.
//!
//! # Titel
//!
//! Anti-spoofing: netwerken die kunstmatige van echte spraak leren onderscheiden
//!
//! # Wat het meet
//!
//! Vensters van 4,04 seconden (mono, 16 kHz) die ten minste voor de helft uit
//! spraak bestaan, om de vier seconden en hoogstens 24, gelijkmatig verspreid,
//! gaan door elk AASIST-netwerk dat geïnstalleerd is: `aasist` en `aasist-l`
//! (getraind op ASVspoof 2019 LA) en `aasist-asvspoof5`. De score van een venster
//! is de logit voor synthetisch min die voor echt: hoger lijkt meer op de
//! synthetische spraak uit de training van dat netwerk. `NETWERK_score` is de
//! mediaan over de vensters, `NETWERK_highest` de hoogste. Een opname die korter
//! is dan een venster wordt tot die lengte herhaald, zoals bij de training.
//!
//! Elke score wordt gelegd naast de hoogste mediaan die hetzelfde netwerk aan echte
//! spraak gaf: van 32 sprekers in studio's, films, op het web, thuis en in
//! telefooncentrales, zoals zij is en door een telefoon, Opus, ruis en nagalm
//! (`NETWERK_genuine_highest`). Alleen een score die daar meer dan twee boven ligt
//! wordt als afwijkend gemeld; al het andere betekent niets, want de meeste
//! kunstmatige spraak scoort daar ook.
//!
//! # Wanneer het misleidt
//!
//! - Buiten de opnamen waarop zij zijn getraind falen deze netwerken, naar beide
//!   kanten. Bij hun eigen drempel van 0 noemen de netwerken uit 2019 meer dan de
//!   helft van de echte proefopnamen synthetisch. Naast de scores van echte spraak
//!   gelegd missen zij bijna alle kopieën uit een vocoder; wat erboven ligt zijn
//!   vooral oudere spraaksynthesizers (`reports/voice-trial/spoofing.md`).
//! - 32 sprekers zijn weinig: van andere echte opnamen kan tot een op de tien boven
//!   dat bereik liggen.
//! - Telefoonband, MP3, AAC en Opus, ruis, nagalm, hermonsteren en weggeknipte
//!   stilte verschuiven de score, vaak meer dan synthese doet: zwakke witte ruis
//!   verschoof `aasist-asvspoof5` bij echte studiospraak met 15.
//! - Stemmen die met nieuwere methoden zijn gemaakt dan de trainingsgegevens
//!   kunnen onopgemerkt blijven.
//! - De gewichten horen niet bij het programma; een gebruiker brengt de bestanden
//!   van de auteurs mee.

mod say;

use self::say::{Judged, say};
use super::recording::{self, Recording};
use super::{Check, Entry, Finding, Group, Speech, Standing, Status};
use crate::media::{Needs, Sound};
use crate::models::Aasist;
use crate::models::aasist::{RATE, SAMPLES, Variant};
use crate::models::manifest;
use crate::models::store::{self, State};
use crate::text::Text;
use crate::{Error, Result};

/// This check's line in the table. Historical: outside the training data the
/// scores cannot be relied on.
pub const ENTRY: Entry = Entry {
    name: "anti-spoofing",
    group: Group::Voice,
    standing: Standing::Historical,
    source: include_str!("anti_spoofing.rs"),
    make: |_| Box::new(AntiSpoofing::default()),
};

/// Least speech, in seconds: under it little but silence would be judged.
const LEAST_SPEECH_S: f64 = 1.0;
/// From one window to the next, and share of it that must be speech.
const STEP: usize = 4 * RATE as usize;
const LEAST_SPOKEN: f64 = 0.5;
/// Windows at most: more tell little more and take long.
const MOST_WINDOWS: usize = 24;

#[derive(Default)]
struct AntiSpoofing {
    /// Networks that are there; asked once.
    installed: Option<Vec<Variant>>,
    recording: Recording,
}

impl Check for AntiSpoofing {
    fn needs(&self) -> Needs {
        recording::needs()
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        if !self.installed.get_or_insert_with(installed).is_empty() {
            self.recording.hear(sound);
        }
        Ok(())
    }

    fn speech(&mut self, speech: Result<&Speech, &Error>) -> Result<()> {
        // Without weights, their want is what is told.
        if self.installed.as_ref().is_some_and(|installed| !installed.is_empty()) {
            self.recording.tell(speech)?;
        }
        Ok(())
    }

    fn conclude(mut self: Box<Self>) -> Result<Finding> {
        let Some(installed) = self.installed.take() else {
            let text = Text::new("There is no sound.", "Er is geen geluid.");
            return Ok(Finding::abstain(Status::NotApplicable, text));
        };
        if installed.is_empty() {
            return Ok(Finding::abstain(Status::Insufficient, not_brought()));
        }
        let recording = &self.recording;
        if let Some(finding) = recording.nothing(LEAST_SPEECH_S) {
            return Ok(finding);
        }
        let windows = windows(recording);
        let conditions = recording.conditions()?;
        let mut judged = Vec::new();
        for variant in installed {
            let network = Aasist::load(variant)?;
            let mut scores = Vec::with_capacity(windows.len());
            for &from in &windows {
                scores.push(score(network.forward(&window(recording, from))?));
            }
            judged.push(Judged { variant, scores });
        }
        let middle = |from: &usize| {
            recording.start_s + (*from as f64 + 0.5 * SAMPLES as f64) / f64::from(RATE)
        };
        let times: Vec<f64> = windows.iter().map(middle).collect();
        let mut finding = say(&times, &judged)?;
        finding.value("speech_s", "s", recording.speech_s());
        finding.value("snr_db", "dB", conditions.snr_db);
        if let Some(hz) = conditions.limit_hz {
            finding.value("limit_hz", "Hz", hz);
        }
        recording.warn_if_cut(&mut finding);
        Ok(finding)
    }
}

/// The networks whose weights are there and unchanged.
fn installed() -> Vec<Variant> {
    let Ok(folder) = store::folder() else { return Vec::new() };
    let there = |variant: &Variant| {
        manifest::card(variant.name())
            .is_ok_and(|card| store::state(&folder, card) == State::Installed)
    };
    Variant::ALL.into_iter().filter(there).collect()
}

/// The adapter from the source's order (synthetic, genuine) to one number,
/// higher = synthetic.
fn score([synthetic, genuine]: [f32; 2]) -> f64 {
    f64::from(synthetic) - f64::from(genuine)
}

/// First samples of the windows judged.
fn windows(recording: &Recording) -> Vec<usize> {
    let last = recording.len().saturating_sub(SAMPLES);
    if last == 0 {
        // All of it, repeated.
        return if recording.speech.is_empty() { Vec::new() } else { vec![0] };
    }
    let mut starts: Vec<usize> = (0..=last).step_by(STEP).collect();
    if starts.last().is_some_and(|end| last - end > STEP / 2) {
        starts.push(last);
    }
    starts.retain(|from| recording.spoken(*from, from + SAMPLES) >= LEAST_SPOKEN);
    let step = starts.len().div_ceil(MOST_WINDOWS).max(1);
    let sparse: Vec<usize> = starts.iter().copied().step_by(step).collect();
    if !sparse.is_empty() {
        return sparse;
    }
    // No window is half full: the one with most speech.
    let spoken = |from: &usize| recording.spoken(*from, from + SAMPLES);
    (0..=last).step_by(STEP).max_by(|a, b| spoken(a).total_cmp(&spoken(b))).into_iter().collect()
}

/// The samples of a window; a recording that is too short is repeated from the
/// beginning of its speech.
fn window(recording: &Recording, from: usize) -> Vec<f32> {
    let mut samples = recording.samples(from, from + SAMPLES);
    if samples.len() < SAMPLES {
        let (first, last) = (recording.speech.first(), recording.speech.last());
        let (a, b) = (first.map_or(0, |s| s.0), last.map_or(recording.len(), |s| s.1));
        let voice = recording.samples(a, b);
        samples = voice.iter().copied().cycle().take(SAMPLES).collect();
    }
    samples.resize(SAMPLES, 0.0);
    samples
}

fn not_brought() -> Text {
    Text::new(
        "No AASIST weights are installed; take AASIST.pth from the authors' repository and run `waarmerk models install aasist --from AASIST.pth`.",
        "Er zijn geen AASIST-gewichten geïnstalleerd; neem AASIST.pth uit het archief van de auteurs en voer `waarmerk models install aasist --from AASIST.pth` uit.",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn higher_is_synthetic() {
        // The source's second logit is the one for genuine speech.
        assert!(score([1.0, -1.0]) > 0.0 && score([-1.0, 1.0]) < 0.0);
    }

    #[test]
    fn without_sound_it_does_not_apply_and_without_weights_it_says_how() {
        let finding = Box::new(AntiSpoofing::default()).conclude().unwrap();
        assert_eq!(finding.status, Status::NotApplicable);
        let check = AntiSpoofing { installed: Some(Vec::new()), ..Default::default() };
        let finding = Box::new(check).conclude().unwrap();
        assert_eq!(finding.status, Status::Insufficient);
        assert!(finding.reason.unwrap().en.contains("--from AASIST.pth"));
    }
}
