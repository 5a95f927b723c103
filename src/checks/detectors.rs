//! Detectors: what imported networks say of the faces and the picture
//!
//! # What it measures
//!
//! Every detector that was imported with `waarmerk models import` looks at what
//! its authors feed it: a square around each face (with the margin, the turn
//! and the size on its card), or the middle of the picture at full resolution.
//! Its answer is turned so that higher always means more likely manipulated.
//! One frame a second is looked at, thinned evenly to 48 crops a detector.
//!
//! For each detector, with its name before it: `…_score`, the mean over the
//! frames of the face with the highest mean; `…_score_top`, the mean of the
//! highest tenth of those frames; `…_crops`, how many there were; and
//! `…_shift_largest`, the largest change of the mean when up to four of those
//! crops are saved as JPEG of quality 75, or of 50, halved and enlarged again,
//! blurred (σ 1 pixel), or given noise (σ 4 of 256 levels). A table shows all
//! five. A map shows how much the score of the highest crop falls when a sixth
//! of its width and height is covered with grey: what the network looks at,
//! which need not be what was manipulated.
//!
//! Without imported detectors this method is off.
//!
//! # When it misleads
//!
//! - A score is a network's output, not a probability, and scores of different
//!   networks do not compare. Networks are sure of themselves on material that
//!   they were never trained on, and wrong: on material that was really spread,
//!   the AUC of published detectors falls by about half (Deepfake-Eval-2024).
//! - A detector trained on face swaps mainly finds blending; fully generated
//!   faces and pictures escape it, and the reverse.
//! - Recompression, scaling and filters move scores; a large `…_shift_largest`
//!   says that this score carries little.
//! - The squares follow this program's face mesh, not the face detector that
//!   the authors used: scores differ somewhat from the authors' own.
//! - The card says what was imported; nothing vouches for who trained it.
//!
//! # References
//!
//! - Chandra et al. (2025), Deepfake-Eval-2024, arXiv:2503.02857.
//! - Yan et al. (2023), DeepfakeBench, NeurIPS Datasets and Benchmarks.
//! - Zeiler and Fergus (2014), Visualizing and understanding convolutional
//!   networks (covering parts of a picture), ECCV.
//!
//! # Wat het meet
//!
//! Elke detector die met `waarmerk models import` is toegevoegd, bekijkt wat de
//! makers hem voorleggen: een vierkant rond elk gezicht (met de marge, de
//! draaiing en de grootte van zijn kaart), of het midden van het beeld op volle
//! resolutie. Het antwoord is zo gedraaid dat hoger altijd betekent: eerder
//! gemanipuleerd. Eén beeld per seconde wordt bekeken, gelijkmatig uitgedund
//! tot 48 uitsneden per detector.
//!
//! Per detector, met zijn naam ervoor: `…_score`, het gemiddelde over de
//! beelden van het gezicht met het hoogste gemiddelde; `…_score_top`, het
//! gemiddelde van het hoogste tiende deel daarvan; `…_crops`, het aantal; en
//! `…_shift_largest`, de grootste verandering van het gemiddelde als hooguit
//! vier van die uitsneden als JPEG met kwaliteit 75 of 50 worden opgeslagen,
//! gehalveerd en weer vergroot, vervaagd (σ 1 pixel) of van ruis voorzien (σ 4
//! van 256 niveaus). Een tabel toont alle vijf. Een kaart toont hoeveel de
//! score van de hoogste uitsnede daalt als een zesde van de breedte en hoogte
//! met grijs wordt bedekt: waar het netwerk naar kijkt, en dat hoeft niet te
//! zijn wat gemanipuleerd is.
//!
//! Zonder toegevoegde detectoren staat deze methode uit.
//!
//! # Wanneer het misleidt
//!
//! - Een score is de uitvoer van een netwerk, geen kans, en scores van
//!   verschillende netwerken zijn niet te vergelijken. Netwerken zijn zeker van
//!   zichzelf op materiaal waarop ze nooit zijn getraind, en hebben het dan mis:
//!   op materiaal dat werkelijk is verspreid, daalt de AUC van gepubliceerde
//!   detectoren met ongeveer de helft (Deepfake-Eval-2024).
//! - Een detector die op verwisselde gezichten is getraind, vindt vooral
//!   mengranden; geheel gegenereerde gezichten en beelden ontgaan hem, en
//!   andersom.
//! - Hercompressie, schalen en filters verschuiven scores; een grote
//!   `…_shift_largest` zegt dat deze score weinig gewicht heeft.
//! - De vierkanten volgen het gezichtsraster van dit programma, niet de
//!   gezichtsdetector van de makers: scores wijken iets af van die van de makers.
//! - De kaart zegt wat is toegevoegd; niets staat in voor wie het trainde.

mod degrade;
mod judge;
mod say;

#[cfg(test)]
mod tests;

use super::thin::thin;
use super::{Check, Entry, Finding, Group, Scene, Standing, Status};
use crate::Result;
use crate::faces::{Face, geometry, roi::Roi};
use crate::media::{Affine, FaceDetail, Frame, Needs, Rate};
use crate::models::architecture::{Feed, Region};
use crate::models::detector::{self, Card};
use crate::models::store;
use crate::nn::DeviceChoice;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "detectors",
    group: Group::Face,
    standing: Standing::Indicator,
    source: include_str!("detectors.rs"),
    make: |options| Box::new(Detectors::new(options.device)),
};

/// Frames a second: neighbouring frames say the same.
const RATE: f64 = 1.0;
/// Crops kept for each detector: on a processor the larger networks take a
/// second for each.
const MOST_CROPS: usize = 48;
/// Faces looked at in a frame, the widest.
const MOST_FACES: usize = 3;
/// Narrowest face that is judged, in display pixels; the networks were trained
/// on faces several times as wide.
const LEAST_WIDTH: f32 = 64.0;
/// How much larger [`Roi::of_mesh`] is than the face.
const MESH_MARGIN: f32 = 1.5;

/// What one detector is to look at.
struct Crop {
    /// Count of the looked-at moment.
    moment: u64,
    /// Position among the detectors.
    detector: usize,
    track: Option<u32>,
    frame: u64,
    time_s: f64,
    /// R, G, B, `side × side`.
    pixels: Vec<u8>,
}

/// What was seen so far.
struct Detectors {
    cards: Vec<Card>,
    /// What is wrong with detectors that cannot be used.
    broken: Vec<String>,
    device: DeviceChoice,
    folder: std::path::PathBuf,
    crops: Vec<Crop>,
    moments: u64,
    stride: u64,
    /// Faces seen, and those too small.
    faces: u64,
    small: u64,
    /// Pictures smaller than an input.
    narrow: u64,
}

impl Detectors {
    fn new(device: DeviceChoice) -> Self {
        let folder = store::folder().unwrap_or_default();
        Self::of(folder, device)
    }

    fn of(folder: std::path::PathBuf, device: DeviceChoice) -> Self {
        let mut broken = Vec::new();
        let mut cards = Vec::new();
        match detector::cards(&folder) {
            Ok(found) => {
                for card in found {
                    match card {
                        Ok(card) => cards.push(card),
                        Err((path, reason)) => {
                            let name = path.file_name().unwrap_or_default().to_string_lossy();
                            broken.push(format!("{name}: {reason}"));
                        }
                    }
                }
            }
            Err(error) => broken.push(error.to_string()),
        }
        let (crops, moments, stride) = (Vec::new(), 0, 1);
        let (faces, small, narrow) = (0, 0, 0);
        Self { cards, broken, device, folder, crops, moments, stride, faces, small, narrow }
    }
}

impl Check for Detectors {
    fn needs(&self) -> Needs {
        if self.cards.is_empty() {
            return Needs::default();
        }
        let faces = self.cards.iter().any(|card| card.feed.region == Region::Face);
        let all = self.cards.iter().all(|card| card.feed.region == Region::Face);
        Needs {
            frames: Rate::PerSecond(RATE),
            faces: if faces { FaceDetail::Mesh } else { FaceDetail::None },
            faces_essential: all,
            ..Needs::default()
        }
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let moment = self.moments;
        self.moments += 1;
        if !moment.is_multiple_of(self.stride) {
            return Ok(());
        }
        let mut faces: Vec<(f32, &Face)> = scene
            .faces
            .iter()
            .map(|face| (geometry::face_width(&face.mesh).unwrap_or(0.0), face))
            .collect();
        self.faces += faces.len() as u64;
        self.small += faces.iter().filter(|(width, _)| *width < LEAST_WIDTH).count() as u64;
        faces.retain(|(width, _)| *width >= LEAST_WIDTH);
        faces.sort_by(|a, b| b.0.total_cmp(&a.0));
        faces.truncate(MOST_FACES);
        let frame = scene.frame;
        for (detector, card) in self.cards.iter().enumerate() {
            let places: Vec<(Option<u32>, Affine)> = match card.feed.region {
                Region::Face => faces
                    .iter()
                    .filter_map(|(_, face)| Some((Some(face.track), around(face, &card.feed)?)))
                    .collect(),
                Region::Picture => {
                    middle(frame, card.feed.side).map(|p| (None, p)).into_iter().collect()
                }
            };
            if card.feed.region == Region::Picture && places.is_empty() {
                self.narrow += 1;
            }
            for (track, place) in places {
                let pixels = cut(frame, &place, card.feed.side);
                let (frame, time_s) = (frame.index, frame.time_s);
                self.crops.push(Crop { moment, detector, track, frame, time_s, pixels });
            }
        }
        let most = MOST_CROPS * self.cards.len();
        thin(&mut self.crops, &mut self.stride, most, |crop| crop.moment);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        if self.cards.is_empty() && self.broken.is_empty() {
            return Ok(Finding::abstain(
                Status::NotApplicable,
                Text::new(
                    "No detectors are installed. `waarmerk models import` takes published ones.",
                    "Er zijn geen detectoren toegevoegd. Met `waarmerk models import` kan dat.",
                ),
            ));
        }
        Ok(say::conclude(*self))
    }
}

/// The square around a face that a network is fed, from its pixels to display
/// pixels.
fn around(face: &Face, feed: &Feed) -> Option<Affine> {
    let roi = if feed.align {
        let roi = Roi::of_mesh(&face.mesh)?;
        Roi { size: roi.size / MESH_MARGIN * feed.margin, ..roi }
    } else {
        let bounds = geometry::bounds(&face.mesh)?;
        let (x, y) = bounds.center();
        let size = bounds.width.max(bounds.height) * feed.margin;
        Roi { x, y, size, angle: 0.0, mirrored: false }
    };
    Some(roi.to_display(feed.side))
}

/// The middle of the picture, pixel for pixel; `None` when it is smaller.
fn middle(frame: &Frame<'_>, side: usize) -> Option<Affine> {
    let start = |length: u32| (length as usize).checked_sub(side).map(|rest| (rest / 2) as f32);
    let (x, y) = (start(frame.display_width)?, start(frame.display_height)?);
    Some(Affine::scaling(1.0, 1.0, x, y))
}

fn cut(frame: &Frame<'_>, place: &Affine, side: usize) -> Vec<u8> {
    let mut values = Vec::new();
    frame.area(place, side, side, &mut values);
    values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect()
}
