//! Lip synchrony: does the mouth move with the sound, and by how much apart
//!
//! # What it measures
//!
//! In every frame, four lengths of each face's mesh are taken: the opening of
//! the lips in the middle and beside it, the width of the mouth and the height
//! of the face, each over the distance of the outer eye corners. The sound
//! (mono, 16 kHz) is reduced to log energies in five bands (100–300, 300–700,
//! 700–1500, 1500–3000 and 3000–7000 Hz) in windows of 40 ms; what lies more
//! than 30 dB below the loud parts of a band counts as silence. Both are
//! filtered to 0.5–8 Hz without delay and compared at every shift within one
//! second either way (at least fifteen frames) in two manners: canonical
//! correlation with a ridge of 0.1 (all four against all five), and plain
//! correlation of opening and loudness. `offset_ms` is the place of the highest
//! canonical correlation, between frames by a parabola; positive means that the
//! sound comes late. The times of the container are honoured; the difference
//! between its first sound and first picture is told apart, as
//! `container_offset_ms`.
//!
//! The comparison carries its own control. The same is worked out for all other
//! circular shifts of the sound and for the mouth run backwards, where no
//! relation can be left; `peak_z` is how far the peak lies above their median,
//! in units of 1.4826 times their median absolute deviation. An offset is
//! named (`determined` = 1) only when `peak_z` ≥ 4, the peak is higher than
//! every one of those, plain correlation stands out as well (`correlation_z` ≥
//! 3) and names the same offset within two frames (`agree` = 1), and at least
//! twelve seconds of speech were heard while the face was seen (`speech_s`).
//! Otherwise it says "not determinable", with the reason.
//!
//! Every face seen long enough is compared (`track_N_peak_z`); the one that
//! stands out most is the likeliest speaker, and the face that stands out in
//! each window of twelve seconds the likeliest one there. `drift_ms_per_s` is the
//! median slope of the offsets in those windows, `largest_step_ms` their largest
//! step from one to the next that does not overlap it.
//!
//! Lips meet at M, B and P. Without a transcript, every short gap above 700 Hz
//! in the speech counts as a closure, though only about a third of the stops are
//! made with the lips; `closure_opening` is the mean of the narrowest openings
//! within 0.12 s of them, as a standard score, and `closure_p` the share of shifts
//! in time with one as low. A small share says that the mouth closes with the
//! sound; a large one says nothing.
//!
//! On the development clips, 1,176 pairs of a picture with sound of other
//! recordings gave no determined offset; the conditions were chosen on these
//! same pairs, which share four clips, so this is no error rate.
//!
//! # When it misleads
//!
//! - Programs that make mouths move to given speech are trained for synchrony:
//!   good synchrony says nothing about whether a recording is genuine.
//! - An offset has many innocent causes: editing, streaming, capture cards,
//!   wireless microphones. Viewers do not notice sound up to about 45 ms early
//!   or 125 ms late.
//! - Lips move ahead of the voice: it follows them by −40 to 200 ms in running
//!   speech and by more at its beginnings, by a different amount in each speaker
//!   (Schwartz and Savariaux 2014). `offset_ms` contains that; only what lies beyond
//!   it and beyond what viewers leave unnoticed (−85 to 325 ms) is called more.
//! - A speaker out of the picture, dubbing, music, noise, several voices, a hand
//!   or microphone before the mouth and strong compression make the offset not
//!   determinable; that is no sign of manipulation.
//! - What is speech is told by the network of `voice-activity`; where that is not
//!   installed, by loudness alone, for which music is speech.
//! - The more faces are compared, the likelier a chance match;
//!   `faces_compared` says how many were.
//!
//! # References
//!
//! - Hotelling (1936), Relations between two sets of variates, Biometrika
//!   28:321–377; Vinod (1976), Canonical ridge and econometrics of joint
//!   production, Journal of Econometrics 4:147–166.
//! - Agarwal, Farid, Fried and Agrawala (2020), Detecting deep-fake videos from
//!   phoneme-viseme mismatches, CVPR workshops.
//! - Chung and Zisserman (2016), Out of time: automated lip sync in the wild,
//!   ACCV workshops.
//! - Schwartz and Savariaux (2014), No, there is no 150 ms lead of visual speech on
//!   auditory speech, PLoS Computational Biology 10:e1003743.
//! - ITU-R BT.1359-1 (1998), Relative timing of sound and vision for
//!   broadcasting.
//!
//! # Titel
//!
//! Lipsynchroniteit: beweegt de mond met het geluid mee, en hoever lopen zij uiteen
//!
//! # Wat het meet
//!
//! In elk beeld worden van ieder gezicht vier lengten van het raster genomen: de
//! opening van de lippen in het midden en ernaast, de breedte van de mond en de
//! hoogte van het gezicht, elk gedeeld door de afstand tussen de buitenste
//! ooghoeken. Het geluid (mono, 16 kHz) wordt teruggebracht tot de logaritmische
//! energie in vijf banden (100–300, 300–700, 700–1500, 1500–3000 en 3000–7000
//! Hz) in vensters van 40 ms; wat meer dan 30 dB onder de luide delen van een
//! band ligt, geldt als stilte. Beide worden zonder vertraging gefilterd op
//! 0,5–8 Hz en bij elke verschuiving binnen een seconde naar weerszijden (ten
//! minste vijftien beelden) op twee manieren vergeleken: canonieke correlatie
//! met een ridge van 0,1 (alle vier tegen alle vijf) en gewone correlatie van
//! opening en luidheid. `offset_ms` is de plaats van de hoogste canonieke
//! correlatie, tussen beelden in door een parabool; positief betekent dat het
//! geluid te laat komt. De tijden van de container worden gevolgd; het verschil
//! tussen het eerste geluid en het eerste beeld daarin staat apart, als
//! `container_offset_ms`.
//!
//! De vergelijking bevat haar eigen controle. Hetzelfde wordt berekend voor alle
//! andere circulaire verschuivingen van het geluid en voor de achterstevoren
//! afgespeelde mond, waarbij geen verband kan overblijven; `peak_z` zegt hoe ver
//! de piek boven de mediaan daarvan ligt, in eenheden van 1,4826 maal hun
//! mediane absolute afwijking. Een verschuiving wordt alleen genoemd
//! (`determined` = 1) als `peak_z` ≥ 4, de piek hoger is dan elk van die waarden,
//! ook de gewone correlatie uitsteekt (`correlation_z` ≥ 3) en binnen twee
//! beelden dezelfde verschuiving aanwijst (`agree` = 1), en er ten minste twaalf
//! seconden spraak klonk terwijl het gezicht te zien was (`speech_s`). Anders
//! luidt de uitkomst "niet te bepalen", met de reden.
//!
//! Elk gezicht dat lang genoeg te zien is, wordt vergeleken (`track_N_peak_z`);
//! het gezicht dat het meest uitsteekt is waarschijnlijk de spreker, en het
//! gezicht dat in een venster van twaalf seconden uitsteekt daar.
//! `drift_ms_per_s` is de mediane helling van de verschuivingen in die vensters,
//! `largest_step_ms` hun grootste stap naar een volgend venster zonder overlap.
//!
//! Bij M, B en P raken de lippen elkaar. Zonder transcriptie geldt elke korte
//! onderbreking boven 700 Hz in de spraak als sluiting, al wordt maar ongeveer een
//! derde van de plofklanken met de lippen gemaakt; `closure_opening` is het
//! gemiddelde van de kleinste openingen binnen 0,12 s daarvan, als standaardscore,
//! en `closure_p` het aandeel van verschuivingen in de tijd dat even laag uitkomt.
//! Een klein aandeel zegt dat de mond met het geluid sluit; een groot zegt niets.
//!
//! Bij de ontwikkelfragmenten gaven 1.176 combinaties van een beeld met geluid
//! van andere opnamen geen enkele bepaalde verschuiving; de voorwaarden zijn op
//! diezelfde combinaties gekozen, die vier fragmenten delen, dus dit is geen
//! foutpercentage.
//!
//! # Wanneer het misleidt
//!
//! - Programma's die een mond laten meebewegen met gegeven spraak zijn op
//!   synchroniteit getraind: goede synchroniteit zegt niets over de vraag of een
//!   opname echt is.
//! - Een verschuiving heeft veel onschuldige oorzaken: montage, streaming,
//!   opnamekaarten, draadloze microfoons. Kijkers merken geluid dat tot ongeveer
//!   45 ms te vroeg of 125 ms te laat komt niet op.
//! - De lippen bewegen vóór de stem uit: die volgt hen in lopende spraak met −40
//!   tot 200 ms en aan het begin met meer, bij elke spreker anders (Schwartz en
//!   Savariaux 2014). `offset_ms` bevat dat; alleen wat daarbuiten valt en buiten wat
//!   kijkers niet opmerken (−85 tot 325 ms) heet meer.
//! - Een spreker buiten beeld, nasynchronisatie, muziek, lawaai, meer stemmen,
//!   een hand of microfoon voor de mond en sterke compressie maken de
//!   verschuiving onbepaalbaar; dat is geen teken van manipulatie.
//! - Wat spraak is, zegt het netwerk van `voice-activity`; is dat niet
//!   geïnstalleerd, dan alleen de luidheid, waarvoor muziek ook spraak is.
//! - Hoe meer gezichten worden vergeleken, hoe groter de kans op een toevallige
//!   overeenkomst; `faces_compared` zegt hoeveel het er waren.

mod align;
mod bands;
mod closures;
mod judge;
mod mouth;
mod say;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial_tests;

use self::bands::Bands;
use self::mouth::Mouths;
use super::voice_activity::{HOP_S, stretches};
use super::{Check, Entry, Finding, Group, Scene, Speech, Standing};
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate, Sound, SoundFormat};
use crate::{Error, Result};

/// This check's line in the table. Evidential: an offset is named only against
/// its own control.
pub const ENTRY: Entry = Entry {
    name: "lipsync",
    group: Group::Synchrony,
    standing: Standing::Evidential,
    source: include_str!("lipsync.rs"),
    make: |_| Box::new(LipSync::default()),
};

/// What was seen and heard so far.
#[derive(Default)]
struct LipSync {
    still: bool,
    /// First sound minus first picture on the container's clock, in ms.
    container_ms: Option<f64>,
    mouths: Mouths,
    bands: Bands,
    speech: Speech,
    /// Whether speech is told by loudness, without the network.
    by_loudness: bool,
}

impl Check for LipSync {
    fn needs(&self) -> Needs {
        Needs {
            frames: Rate::Every,
            faces: FaceDetail::Mesh,
            faces_essential: true,
            sound: Some(SoundFormat { rate: Some(bands::RATE), mono: true }),
            speech: true,
            ..Needs::default()
        }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        let start = |time: Option<f64>| time.filter(|time| time.is_finite());
        let video = exhibit.video.as_ref().and_then(|video| start(video.start_s));
        let audio = exhibit.audio.as_ref().and_then(|audio| start(audio.start_s));
        self.container_ms = audio.zip(video).map(|(audio, video)| 1e3 * (audio - video));
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.mouths.see(scene.frame.time_s, scene.faces);
        Ok(())
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        self.bands.hear(sound.time_s, sound.samples)
    }

    fn speech(&mut self, speech: Result<&Speech, &Error>) -> Result<()> {
        match speech {
            Ok(speech) => self.speech = speech.clone(),
            // Without its network, loudness must do.
            Err(_) => self.by_loudness = true,
        }
        Ok(())
    }

    fn conclude(mut self: Box<Self>) -> Result<Finding> {
        let mut finding = self.finding();
        if let Some(ms) = self.container_ms {
            finding.value("container_offset_ms", "ms", ms);
        }
        Ok(finding)
    }
}

impl LipSync {
    /// Which hops of the bands are speech according to the network; `None`
    /// without it.
    fn spoken(&self) -> Option<Vec<bool>> {
        if self.by_loudness {
            return None;
        }
        let mut spoken = vec![false; self.bands.hops.len()];
        let ahead_s = self.speech.start_s - self.bands.first_s();
        for (from, to) in stretches(&self.speech.probabilities) {
            let hop = |end: usize| {
                let place = (ahead_s + end as f64 * HOP_S) * bands::HOPS_PER_S;
                (place.round().max(0.0) as usize).min(spoken.len())
            };
            let (from, to) = (hop(from), hop(to));
            if let Some(stretch) = spoken.get_mut(from..to) {
                stretch.fill(true);
            }
        }
        Some(spoken)
    }

    fn finding(&mut self) -> Finding {
        if let Some(finding) = say::nothing_to_compare(self.still, &self.mouths, &self.bands) {
            return finding;
        }
        // Before what is silent is lifted.
        let speech = match self.spoken() {
            Some(speech) => speech,
            None => {
                self.by_loudness = true;
                self.bands.loud()
            }
        };
        let gaps = closures::gaps(&self.bands, &speech);
        self.bands.settle();
        let judged = judge::judge(&self.mouths, &self.bands, &speech, &gaps);
        let mut finding = say::conclude(judged);
        if self.by_loudness {
            finding.warnings.push(say::by_loudness());
        }
        if self.mouths.cut_short || self.bands.cut_short {
            finding.warnings.push(say::cut_short());
        }
        finding
    }
}
