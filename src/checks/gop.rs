//! Double encoding of video: traces of an earlier group of pictures in the packet sizes
//!
//! # What it measures
//!
//! Video is coded in groups of pictures: an intra-coded picture, then predicted
//! ones. When a video is decoded and encoded again, the pictures that were
//! intra-coded the first time were made differently from their neighbours, and
//! predicting them costs more bytes. If the first encoding set its intra-coded
//! pictures at a fixed distance, the second one has larger predicted pictures at
//! that distance.
//!
//! Only predicted pictures (P) are used. From the logarithm of each one's size
//! the median of the four P-pictures before and the four after it is
//! subtracted. For each period from 4 to 60 pictures and each phase with at
//! least four pictures in it and four out of it, a one-sided Mann-Whitney test
//! asks whether the pictures at that place are larger than others at the same
//! distance from the last intra-coded picture (where at least four share it;
//! the others are compared together). The best of them counts, with the number of false alarms (NFA):
//! its probability by chance times the number of combinations tried.
//! `log10_nfa` is its logarithm, `period_frames` the distance (given from NFA
//! < 1), `p_frames` the number of pictures used. It is called strong only from
//! log10 NFA ≤ −5, since sizes of neighbouring pictures are not independent.
//!
//! # When it misleads
//!
//! - Twice encoded is the ordinary fate of a video: platforms, messengers and
//!   every editing program do it. It excludes that the file is the camera's own
//!   and says nothing about what was changed.
//! - Missed are a first encoding with the same group of pictures as the
//!   second, or one that divides it; one whose distances adapt to the content
//!   or are longer than 60 pictures or than a quarter of the clip; a cut or a
//!   change of frame rate between the two; a second encoding that puts B-pictures
//!   at most of the places; and much stronger compression the second time.
//! - The content can have a period of its own: a blinking light, an animation
//!   that jumps every second, frames repeated by a change of frame rate. Encoders
//!   with temporal layers (video calls, some telephones) alternate sizes with
//!   periods of 4 or 8 pictures. Look at the figure and the video at that
//!   distance before believing it.
//! - Pooling all picture types, or not allowing for the place in the present
//!   group, makes single encodes look double.
//!
//! # References
//!
//! - Vázquez-Padín, Fontani, Bianchi, Comesaña, Piva and Barni (2012), Detection
//!   of video double encoding with GOP size estimation, IEEE WIFS (variation of
//!   prediction footprint). That method uses macroblock types; here only sizes
//!   and picture types, with a test of our own.
//! - Mann and Whitney (1947), On a test of whether one of two random variables
//!   is stochastically larger than the other, Annals of Mathematical Statistics.
//! - Van Elteren (1960), On the combination of independent two sample tests of
//!   Wilcoxon, Bulletin of the International Statistical Institute.
//! - Desolneux, Moisan and Morel (2008), From Gestalt theory to image analysis.
//!   Numbers of false alarms.
//!
//! # Titel
//!
//! Dubbele videocodering: sporen van een eerdere beeldgroep in de pakketgroottes
//!
//! # Wat het meet
//!
//! Video wordt gecodeerd in beeldgroepen (GOP): een intra-gecodeerd beeld en
//! daarna voorspelde beelden. Wordt een video gedecodeerd en opnieuw
//! gecodeerd, dan kosten de beelden die eerst intra-gecodeerd waren bij het
//! voorspellen meer bytes. Lagen ze op vaste afstand, dan heeft de tweede
//! codering op die afstand grotere voorspelde beelden.
//!
//! Alleen voorspelde beelden (P) tellen mee. Van de logaritme van de grootte gaat
//! de mediaan af van de vier P-beelden ervoor en de vier erna. Voor elke periode
//! van 4 tot 60 beelden en elke fase met ten minste vier beelden erin en vier
//! erbuiten vraagt een eenzijdige Mann-Whitneytoets of de beelden daar groter
//! zijn dan andere op dezelfde afstand van het laatste intra-gecodeerde beeld
//! (waar ten minste vier die afstand delen; de overige worden samen vergeleken). De beste telt, met het aantal valse alarmen (NFA): de
//! toevalskans maal het aantal geprobeerde combinaties. `log10_nfa` is daarvan
//! de logaritme, `period_frames` de afstand (vanaf NFA < 1), `p_frames` het
//! aantal gebruikte beelden. Sterk heet het pas vanaf log10 NFA ≤ −5, omdat
//! groottes van naburige beelden niet onafhankelijk zijn.
//!
//! # Wanneer het misleidt
//!
//! - Tweemaal gecodeerd is het gewone lot van een video: platforms,
//!   berichtendiensten en elk bewerkingsprogramma doen het. Het sluit uit dat
//!   het bestand het oorspronkelijke van de camera is en zegt niets over wat er
//!   is veranderd.
//! - Gemist worden een eerste codering met dezelfde beeldgroep als de tweede
//!   of een deler daarvan; met afstanden die zich aan de inhoud aanpassen of
//!   langer zijn dan 60 beelden of een kwart van de opname; een knip of een andere
//!   beeldfrequentie ertussen; een tweede codering met B-beelden op de meeste
//!   plaatsen; en een veel sterkere tweede compressie.
//! - De inhoud kan zelf een periode hebben: een knipperend licht, een animatie
//!   die elke seconde verspringt, herhaalde beelden. Coderingen met tijdlagen
//!   (videobellen, sommige telefoons) wisselen grote en kleine beelden af met
//!   periode 4 of 8. Bekijk de figuur en de video op die afstand voordat u het
//!   gelooft.
//! - Alle beeldtypen samen nemen, of de plaats in de huidige beeldgroep niet
//!   verrekenen, laat enkele coderingen dubbel lijken.

mod periodic;
mod say;

#[cfg(test)]
mod tests;

use self::periodic::Predicted;
use super::{Check, Entry, Finding, Group, Scene, Standing};
use crate::Result;
use crate::media::{Exhibit, Kind, Needs, PictureType, Rate};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "gop",
    group: Group::Coding,
    standing: Standing::Evidential,
    source: include_str!("gop.rs"),
    make: |_| Box::new(Gop::default()),
};

/// Most pictures that are kept: two and a half hours at 25 a second.
const MOST_PICTURES: usize = 225_000;

/// The pictures of one exhibit.
#[derive(Default)]
struct Gop {
    kind: Option<Kind>,
    codec: String,
    pictures: Vec<Coded>,
    /// Whether pictures came after the last that was kept.
    more: bool,
}

/// What is kept of a picture.
#[derive(Clone, Copy, Debug)]
struct Coded {
    kind: PictureType,
    /// `None` when the decoder does not tell.
    bytes: Option<u64>,
    time_s: f64,
}

impl Check for Gop {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::Every, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.kind = Some(exhibit.kind);
        self.codec = exhibit.video.as_ref().map(|v| v.codec.clone()).unwrap_or_default();
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let frame = scene.frame;
        if self.pictures.len() >= MOST_PICTURES {
            self.more = true;
            return Ok(());
        }
        self.pictures.push(Coded {
            kind: frame.picture_type,
            bytes: frame.packet_bytes,
            time_s: frame.time_s,
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(self.report())
    }
}

/// The predicted pictures whose size is known, in order of presentation.
fn predicted(pictures: &[Coded]) -> Vec<Predicted> {
    let mut since = None;
    let mut found = Vec::new();
    for (index, picture) in (0u64..).zip(pictures) {
        if picture.kind == PictureType::I {
            since = Some(index);
        }
        if let (PictureType::P, Some(bytes)) = (picture.kind, picture.bytes) {
            found.push(Predicted { index, bytes, since_intra: since.map(|at| index - at) });
        }
    }
    found
}
