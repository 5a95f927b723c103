//! Faces: who is in the picture when, how large and how turned
//!
//! # What it measures
//!
//! Two detectors (BlazeFace, near and far range) look for faces now and then,
//! and in every frame each known face is followed by a mesh of 468 points
//! (MediaPipe Face Mesh) laid around where it was. Both detectors look at the
//! whole picture in the first frame, after a cut, every half second (15 frames
//! at 30 a second) and at once when a face is lost. In the first frame, after
//! a cut and at every eighth of the regular looks, about every four seconds,
//! the far-range detector also looks at overlapping tiles of pictures larger
//! than 960 pixels. While no face is followed, or one has just gone, the
//! near-range detector looks at every frame; where more than 0.15 seconds lie
//! between two frames it first finds the known faces again. A face whose mesh
//! has a presence under 0.5 is lost.
//!
//! A face keeps its track number as long as it is followed and through absences
//! of up to half a second; at a cut, found from luma histograms, all tracks
//! end. Nobody is recognised: two tracks can be the same person, and a track
//! says only that the picture shows no break.
//!
//! For each face and frame: `face_width_px` (between the widest points of the
//! mesh, in upright square pixels), `eye_aspect_ratio` (mean of both eyes:
//! height over width of the opening, about 0.3 open and under 0.15 closed),
//! `yaw_deg` (positive: turned to the right of the picture), `pitch_deg`
//! (positive: looking up), both as if the head stood upright, `roll_deg` (positive:
//! leaning clockwise), all from the mesh's own depth, and `presence`, the mesh network's confidence, 0 to 1,
//! that a face is there. Twice a second `blur_px`, the spread of the
//! edges among brows, eyes and lips (Zhuo and Sim 2011), `parts_covered`, how
//! many of forehead, nose, cheeks and chin do not have the colour of the others
//! (hair, a mask, a beard, a microphone; not a hand), and `bridge_line`, the
//! contrast of the strongest line across the bridge of the nose (spectacles). The
//! frame in which a face is largest, most frontal and open-eyed is shown.
//!
//! These numbers describe the material: other checks say whether it is enough
//! for them. They say nothing about manipulation.
//!
//! # When it misleads
//!
//! - A face that is there for less than half a second between two looks of the
//!   detectors can be missed while others are followed; a small one in a large
//!   picture, for less than four seconds.
//! - Faces in profile, covered, in shadow or narrower than about 45 pixels in
//!   960 are missed; `coverage` counts what was followed, not who was there.
//! - The mesh is a trained model of an average face: it draws a plausible face
//!   where little is to be seen, and may follow drawings, pictures, dolls and masks:
//!   the other checks then measure those as if they were faces.
//! - The zero of the pitch differs by several degrees between persons, and a
//!   mirrored picture changes the roll by up to two degrees (measured).
//! - A dissolve is not seen as a cut; a flash may be.
//! - At most sixteen faces are followed at once.
//!
//! # References
//!
//! - Bazarevsky et al. (2019), BlazeFace: sub-millisecond neural face detection
//!   on mobile GPUs, arXiv:1907.05047.
//! - Kartynnik et al. (2019), Real-time facial surface geometry from monocular
//!   video on mobile GPUs, arXiv:1907.06724.
//! - Soukupová and Čech (2016), Real-time eye blink detection using facial
//!   landmarks, Computer Vision Winter Workshop.
//!
//! # Titel
//!
//! Gezichten: wie wanneer in beeld is, hoe groot en hoe gedraaid
//!
//! # Wat het meet
//!
//! Twee detectoren (BlazeFace, voor dichtbij en voor ver) zoeken af en toe naar
//! gezichten, en in elk beeld wordt elk bekend gezicht gevolgd met een raster
//! van 468 punten (MediaPipe Face Mesh) rond de plaats waar het was. Beide
//! detectoren bekijken het hele beeld in het eerste beeld, na een
//! beeldwisseling (las), elke halve seconde (15 beelden bij 30 per seconde) en
//! meteen als een gezicht uit het oog raakt. In het eerste beeld, na een las en
//! bij elke achtste van die vaste keren, ongeveer om de vier seconden, bekijkt
//! de detector voor ver ook overlappende tegels van beelden groter dan 960
//! pixels. Zolang geen gezicht gevolgd wordt, of er net een weg is, zoekt de
//! detector voor dichtbij in elk beeld; liggen er meer dan 0,15 seconden tussen
//! twee beelden, dan zoekt die eerst de bekende gezichten terug. Een gezicht
//! waarvan het raster een `presence` onder 0,5 heeft, is uit het oog.
//!
//! Een gezicht houdt zijn nummer zolang het gevolgd wordt, ook als het hooguit
//! een halve seconde ontbreekt; bij een las, gevonden uit
//! luminantiehistogrammen, eindigen alle nummers. Niemand wordt herkend: twee
//! nummers kunnen dezelfde persoon zijn, en een nummer zegt alleen dat het
//! beeld geen onderbreking toont.
//!
//! Per gezicht en per beeld: `face_width_px` (tussen de breedste punten van het
//! raster, in rechtopstaande vierkante pixels), `eye_aspect_ratio` (gemiddelde
//! van beide ogen: hoogte gedeeld door breedte van de oogopening, ongeveer 0,3
//! open en onder 0,15 dicht), `yaw_deg` (positief: naar rechts in beeld
//! gedraaid), `pitch_deg` (positief: omhoog kijkend), beide alsof het hoofd rechtop
//! stond, `roll_deg` (positief: met de klok mee hellend), alle uit de eigen diepte van het raster, en `presence`,
//! het vertrouwen van 0 tot 1 van het rasternetwerk dat er een gezicht is. Twee
//! keer per seconde `blur_px`, de spreiding van de randen tussen
//! wenkbrauwen, ogen en lippen (Zhuo en Sim 2011), `parts_covered`, hoeveel van
//! voorhoofd, neus, wangen en kin niet de kleur van de andere hebben (haar, een
//! masker, een baard, een microfoon; geen hand), en `bridge_line`, het contrast van
//! de sterkste lijn over de neusbrug (een bril). Het beeld waarin een gezicht het
//! grootst, het meest frontaal en met open ogen staat, wordt getoond.
//!
//! Deze getallen beschrijven het materiaal: andere onderzoeksmethoden zeggen
//! of het voor hen genoeg is. Over manipulatie zeggen ze niets.
//!
//! # Wanneer het misleidt
//!
//! - Een gezicht dat korter dan een halve seconde te zien is, kan tussen twee
//!   zoekbeurten van de detectoren gemist worden zolang andere gevolgd worden;
//!   een klein gezicht in een groot beeld als het er korter dan vier seconden is.
//! - Gezichten van opzij, bedekt, in de schaduw of smaller dan ongeveer 45
//!   pixels op 960 worden gemist; `coverage` telt wat gevolgd is, niet wie er
//!   was.
//! - Het raster is een getraind model van een gemiddeld gezicht: het tekent een
//!   aannemelijk gezicht waar weinig te zien is, en kan ook tekeningen,
//!   afbeeldingen, poppen en maskers volgen: de andere onderzoeken meten die dan alsof het
//!   gezichten zijn.
//! - Het nulpunt van `pitch_deg` verschilt enkele graden tussen personen, en
//!   spiegelen van het beeld verandert `roll_deg` tot twee graden (gemeten).
//! - Een overvloeier wordt niet als las gezien; een flits soms wel.
//! - Er worden hooguit zestien gezichten tegelijk gevolgd.

mod gallery;
mod record;
mod say;

#[cfg(test)]
mod tests;

use self::gallery::Gallery;
use self::record::Record;
use super::{Check, Entry, Finding, Group, Scene, Standing};
use crate::Result;
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};

/// This check's line in the table. Historical, because it measures and
/// concludes nothing.
pub const ENTRY: Entry = Entry {
    name: "faces",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("faces.rs"),
    make: |_| Box::new(Faces::default()),
};

/// What was seen of faces so far.
#[derive(Default)]
struct Faces {
    still: bool,
    record: Record,
    gallery: Gallery,
}

impl Check for Faces {
    fn needs(&self) -> Needs {
        Needs {
            frames: Rate::Every,
            faces: FaceDetail::Mesh,
            faces_essential: true,
            ..Needs::default()
        }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.record.see(scene.frame.index, scene.frame.time_s, scene.faces);
        self.gallery.see(scene);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(say::conclude(self.record, self.gallery, self.still))
    }
}
