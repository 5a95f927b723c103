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
//! Predicted pictures are used: all P-pictures, and B-pictures where eight
//! stand at the same place between the P- or I-pictures around them. From the
//! logarithm of each one's size the median of the four before and the four after
//! it is subtracted, P-pictures among themselves and B-pictures among those of the same
//! place. For each period from 4 to 60 pictures and each phase with at
//! least four pictures in it and four out of it, a one-sided Mann-Whitney test
//! asks whether the pictures there are larger than others at the same
//! place of the pattern and the same distance from the last intra-coded picture (where at
//! least four share both; the others of a place are compared together). The best of them counts, with the number of false alarms (NFA):
//! its probability by chance times the number of combinations tried.
//! `log10_nfa` is its logarithm, `period_frames` the distance (given from NFA
//! ≤ 0.1), `pictures_used` the number of pictures used, `p_frames` how many of them are P. It is called strong only from
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
//!   change of frame rate between the two; and much stronger compression the second
//!   time. Short clips seldom show a long period when the second encoding uses B-pictures: of
//!   ten clips of 12 s with a first period of 25 none was found for certain
//!   (`experiments/002`).
//! - The period may be that of the earlier B-pictures: with a first encoding by x264's
//!   defaults and a second one without B-pictures it was 4, not the 250 between
//!   intra-coded pictures. Where pictures of hardly any data repeat others, the trace
//!   is called weak whatever its NFA, as one is whose pictures are less than 1.02 times
//!   as large (`size_factor`): clips encoded once after a conversion from 20 to
//!   25 or 24 to 30 pictures a second had −23 and −29.
//! - The content can have a period of its own: a blinking light, an animation
//!   that jumps every second, frames repeated by a change of frame rate. Encoders
//!   with temporal layers (video calls, some telephones) alternate sizes with
//!   periods of 4 or 8 pictures. Look at the figure and the video at that
//!   distance before believing it.
//! - VP9 refreshes reference pictures at distances of its own: of ten clips of contents
//!   never coded before, encoded once at a low bit rate, none was accused, of four at
//!   constant quality all were (a period of 4, down to −33). Nothing is therefore said of
//!   VP9.
//! - Pooling all picture types without regard to their place, or not allowing for the place in the present
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
//! Voorspelde beelden tellen mee: alle P-beelden, en B-beelden waarvan er acht op
//! dezelfde plaats tussen P- of I-beelden staan. Van de logaritme van de grootte gaat
//! de mediaan af van de vier ervoor en de vier erna van dezelfde soort. Voor elke periode
//! van 4 tot 60 beelden en elke fase met ten minste vier beelden erin en vier
//! erbuiten vraagt een eenzijdige Mann-Whitneytoets of de beelden daar groter
//! zijn dan andere op dezelfde plaats in het patroon en op dezelfde afstand van het
//! laatste intra-gecodeerde beeld (waar ten minste vier die delen; de overige van een plaats worden samen vergeleken). De beste telt, met het aantal valse alarmen (NFA): de
//! toevalskans maal het aantal geprobeerde combinaties. `log10_nfa` is daarvan
//! de logaritme, `period_frames` de afstand (vanaf NFA ≤ 0,1), `pictures_used` het
//! aantal gebruikte beelden, `p_frames` hoeveel daarvan P zijn. Sterk heet het pas vanaf log10 NFA ≤ −5, omdat
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
//!   beeldfrequentie ertussen; en een veel sterkere tweede compressie. Korte opnamen
//!   tonen zelden een lange periode als de tweede codering B-beelden gebruikt: van
//!   tien opnamen van 12 s met een eerste periode van 25 is er geen met zekerheid
//!   gevonden (`experiments/002`).
//! - De periode kan die van de eerdere B-beelden zijn: met een eerste codering volgens
//!   de standaard van x264 en een tweede zonder B-beelden was zij 4, niet de 250 tussen
//!   intra-gecodeerde beelden. Waar beelden met nauwelijks gegevens andere herhalen,
//!   heet het spoor zwak, wat de NFA ook is, en ook als de beelden minder dan 1,02 keer
//!   zo groot zijn (`size_factor`): eenmaal gecodeerde opnamen na omzetting
//!   van 20 naar 25 of 24 naar 30 beelden per seconde hadden −23 en −29.
//! - De inhoud kan zelf een periode hebben: een knipperend licht, een animatie
//!   die elke seconde verspringt, herhaalde beelden. Coderingen met tijdlagen
//!   (videobellen, sommige telefoons) wisselen grote en kleine beelden af met
//!   periode 4 of 8. Over VP9, met eigen perioden, wordt niets gezegd. Bekijk de figuur en de video op die afstand voordat u het
//!   gelooft.
//! - Alle beeldtypen samen nemen, of de plaats in de huidige beeldgroep niet
//!   verrekenen, laat enkele coderingen dubbel lijken.

mod periodic;
mod say;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::periodic::{LEAST_ALIKE, Place, Predicted};
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
/// B-pictures are among them where eight stand at the same place between P- or
/// I-pictures.
fn predicted(pictures: &[Coded]) -> Vec<Predicted> {
    let mut after: Vec<Option<u64>> = vec![None; pictures.len()];
    let mut next = None;
    for (index, picture) in pictures.iter().enumerate().rev() {
        after[index] = next;
        if matches!(picture.kind, PictureType::I | PictureType::P) {
            next = Some(index as u64);
        }
    }
    let (mut since, mut before) = (None, None);
    let mut found = Vec::new();
    for (index, picture) in (0u64..).zip(pictures) {
        if picture.kind == PictureType::I {
            since = Some(index);
        }
        let place = match (picture.kind, before, after[index as usize]) {
            (PictureType::P, before, _) => Some(Place::P(before.map_or(1, |at| index - at))),
            (PictureType::B, Some(at), Some(next)) => Some(Place::B(next - at, index - at)),
            _ => None,
        };
        if let (Some(place), Some(bytes)) = (place, picture.bytes) {
            let since_intra = since.map(|at| index - at);
            found.push(Predicted { index, bytes, since_intra, place });
        }
        if matches!(picture.kind, PictureType::I | PictureType::P) {
            before = Some(index);
        }
    }
    let mut alike: BTreeMap<Place, usize> = BTreeMap::new();
    for picture in &found {
        *alike.entry(picture.place).or_default() += 1;
    }
    found.retain(|p| {
        matches!(p.place, Place::P(_)) || alike.get(&p.place).is_some_and(|n| *n >= LEAST_ALIKE)
    });
    found
}
