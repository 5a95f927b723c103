//! Faces: who is in the picture when, how large and how turned
//!
//! # What it measures
//!
//! Every frame is searched for faces by two detectors (BlazeFace, near and
//! far), and every face found is followed by a mesh of 468 points (MediaPipe
//! Face Mesh). A face keeps its track number as long as it is followed and
//! through absences of up to half a second; at a cut, found from luma
//! histograms, all tracks end. Nobody is recognised: two tracks can be the
//! same person, and a track says only that the picture shows no break.
//!
//! For each face and frame: `face_width_px` (between the widest points of the
//! mesh, in upright square pixels), `eye_aspect_ratio` (mean of both eyes:
//! height over width of the opening, about 0.3 open and under 0.15 closed),
//! `yaw_deg` (positive: turned to the right of the picture), `pitch_deg`
//! (positive: looking up), `roll_deg` (positive: leaning clockwise), all from
//! the mesh's own depth, and `presence`, the mesh network's confidence, 0 to 1,
//! that a face is there. The frame in which a face is largest, most frontal and
//! open-eyed is shown.
//!
//! These numbers describe the material: other checks say whether it is enough
//! for them. They say nothing about manipulation.
//!
//! # When it misleads
//!
//! - Faces in profile, covered, in shadow or narrower than about 45 pixels in
//!   960 are missed; `coverage` counts what was followed, not who was there.
//! - The mesh is a trained model of an average face: it draws a plausible face
//!   where little is to be seen, and may follow pictures, dolls and masks.
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
//! # Wat het meet
//!
//! In elk beeld zoeken twee detectoren (BlazeFace, dichtbij en ver) naar
//! gezichten, en elk gevonden gezicht wordt gevolgd met een raster van 468
//! punten (MediaPipe Face Mesh). Een gezicht houdt zijn spoornummer zolang het
//! gevolgd wordt, ook als het hooguit een halve seconde ontbreekt; bij een
//! beeldwisseling (las), gevonden uit luminantiehistogrammen, eindigen alle
//! sporen. Niemand wordt herkend: twee sporen kunnen dezelfde persoon zijn, en
//! een spoor zegt alleen dat het beeld geen onderbreking toont.
//!
//! Per gezicht en per beeld: `face_width_px` (tussen de breedste punten van het
//! raster, in rechtopstaande vierkante pixels), `eye_aspect_ratio` (gemiddelde
//! van beide ogen: hoogte gedeeld door breedte van de oogopening, ongeveer 0,3
//! open en onder 0,15 dicht), `yaw_deg` (positief: naar rechts in beeld
//! gedraaid), `pitch_deg` (positief: omhoog kijkend), `roll_deg` (positief: met
//! de klok mee hellend), alle uit de eigen diepte van het raster, en `presence`,
//! het vertrouwen van 0 tot 1 van het rasternetwerk dat er een gezicht is. Het
//! beeld waarin een gezicht het grootst, het meest frontaal en met open ogen
//! staat, wordt getoond.
//!
//! Deze getallen beschrijven het materiaal: andere controles zeggen of het voor
//! hen genoeg is. Over manipulatie zeggen ze niets.
//!
//! # Wanneer het misleidt
//!
//! - Gezichten van opzij, bedekt, in de schaduw of smaller dan ongeveer 45
//!   pixels op 960 worden gemist; `coverage` telt wat gevolgd is, niet wie er
//!   was.
//! - Het raster is een getraind model van een gemiddeld gezicht: het tekent een
//!   aannemelijk gezicht waar weinig te zien is, en kan ook afbeeldingen, poppen
//!   en maskers volgen.
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
    make: || Box::new(Faces::default()),
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
