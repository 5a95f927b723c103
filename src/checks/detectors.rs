//! Detectors: what networks say of the faces and the picture
//!
//! # What it measures
//!
//! Detectors are added with `waarmerk models import`. Each looks at what it was
//! made for: a square around each face (with the margin, the turn and the size on
//! its card), the middle of the picture at full resolution, or squares all over
//! the picture at full resolution (at most 48 of a photograph, 6 of a frame).
//!
//! Two detectors of our own come with the program, trained on authentic
//! photographs alone: `waarmerk-swap` on faces and the same faces blended with
//! themselves or with parts of others, `waarmerk-generated` on pieces of pictures
//! and the same pieces through a generator's decoder or enlarged as generators do.
//! One of them runs only when it told fakes that it had never seen from genuine
//! pictures (`waarmerk models list` says which); the others are there to be
//! measured against.
//! Its answer is turned so that higher always means more likely manipulated.
//! One frame a second is looked at, thinned evenly to 48 crops a detector.
//!
//! For each detector, with its name before it: `…_score`, the mean over the
//! frames of the face with the highest mean; `…_score_top`, the mean of the
//! highest tenth of those frames; `…_crops`, how many there were; and
//! `…_shift_largest`, the largest change of the mean when up to four of those
//! crops are saved as JPEG of quality 75, or of 50, halved and enlarged again,
//! blurred (σ 1 pixel), or given noise (σ 4 of 256 levels). A table shows all
//! five. A map shows which parts of the highest crop speak for manipulation:
//! Grad-CAM, the network's last maps of features, each times the mean slope of
//! the score's log-odds on it, where the sum is above 0. For a network without
//! such maps (CLIP, counts of residuals) it shows how much the score falls when a
//! sixth of the width and height is covered with grey. Either is what the network
//! looks at, which need not be what was manipulated. Of squares all over the
//! picture a map shows each one's score.
//!
//! For our own detectors the finding says whether the score reaches the
//! threshold on the card, and how many genuine pictures did where the truth was
//! known.
//!
//! Without a detector this method is off.
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
//! - Our own two are small and learnt from some 1,200 portrait photographs of two
//!   origins and a few clips. They know no real forgery. Strong retouching,
//!   beauty filters, enlarged photographs and screenshots may look like what they
//!   learnt; forgeries made otherwise, or compressed hard afterwards, may not.
//! - The map is coarse, often 7 or 8 cells a side, and a cell sees more of the
//!   picture than it covers. It says nothing of whether the score is right.
//!
//! # References
//!
//! - Shiohara and Yamasaki (2022), Detecting Deepfakes with Self-Blended Images,
//!   CVPR; Rajan et al. (2025), Aligned datasets improve detection of latent
//!   diffusion-generated images, ICLR.
//! - Chandra et al. (2025), Deepfake-Eval-2024, arXiv:2503.02857.
//! - Yan et al. (2023), DeepfakeBench, NeurIPS Datasets and Benchmarks.
//! - Selvaraju et al. (2017), Grad-CAM: visual explanations from deep networks via
//!   gradient-based localization, ICCV.
//! - Zeiler and Fergus (2014), Visualizing and understanding convolutional
//!   networks (covering parts of a picture), ECCV.
//!
//! # Titel
//!
//! Detectoren: wat netwerken van de gezichten en het beeld zeggen
//!
//! # Wat het meet
//!
//! Detectoren worden toegevoegd met `waarmerk models import`. Elk bekijkt waarvoor
//! hij gemaakt is: een vierkant rond elk gezicht (met de marge, de draaiing en de
//! grootte van zijn kaart), het midden van het beeld op volle resolutie, of
//! vierkanten over het hele beeld op volle resolutie (hooguit 48 van een foto, 6
//! van een filmbeeld).
//!
//! Bij het programma horen twee eigen detectoren die alleen op authentieke foto's
//! zijn getraind: `waarmerk-swap` op gezichten en dezelfde gezichten, gemengd met
//! zichzelf of met delen van andere, en `waarmerk-generated` op stukken van
//! beelden en dezelfde stukken, door de decoder van een generator gehaald of
//! vergroot zoals generatoren dat doen. Zo'n detector doet alleen mee als hij
//! vervalsingen die hij nooit had gezien van echte beelden onderscheidde
//! (`waarmerk models list` zegt welke); de andere zijn er om tegen te meten.
//!
//! Het antwoord is zo gedraaid dat hoger altijd betekent: eerder
//! gemanipuleerd. Eén beeld per seconde wordt bekeken, gelijkmatig uitgedund
//! tot 48 uitsneden per detector.
//!
//! Per detector, met zijn naam ervoor: `…_score`, het gemiddelde over de
//! beelden van het gezicht met het hoogste gemiddelde; `…_score_top`, het
//! gemiddelde van het hoogste tiende deel daarvan; `…_crops`, het aantal; en
//! `…_shift_largest`, de grootste verandering van het gemiddelde als hooguit
//! vier van die uitsneden als JPEG met kwaliteit 75 of 50 worden opgeslagen,
//! gehalveerd en weer vergroot, vervaagd (σ 1 pixel) of van ruis voorzien (σ 4
//! van 256 niveaus). Een tabel toont alle vijf. Een kaart toont welke delen van
//! de hoogste uitsnede voor manipulatie spreken: Grad-CAM, de laatste kaarten van
//! kenmerken van het netwerk, elk maal de gemiddelde helling van de
//! log-kansverhouding van de score erop, waar de som boven 0 ligt. Van een netwerk
//! zonder zulke kaarten (CLIP, tellingen van residuen) toont zij hoeveel de score
//! daalt als een zesde van de breedte en hoogte met grijs wordt bedekt. Beide
//! tonen waar het netwerk naar kijkt, en dat hoeft niet te zijn wat gemanipuleerd
//! is. Van vierkanten over het hele beeld toont een kaart de score van elk.
//!
//! Van onze eigen detectoren zegt de bevinding of de score de drempel van de
//! kaart haalt, en hoeveel echte beelden dat deden waar de waarheid bekend was.
//!
//! Zonder detector staat deze methode uit.
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
//! - Onze eigen twee zijn klein en leerden van zo'n 1200 portretfoto's van twee
//!   herkomsten en enkele clips. Ze kennen geen enkele echte vervalsing. Sterk
//!   retoucheren, schoonheidsfilters, vergrote foto's en schermafdrukken kunnen
//!   lijken op wat ze leerden; vervalsingen die anders zijn gemaakt of daarna
//!   sterk zijn gecomprimeerd, juist niet.
//! - De kaart is grof, vaak 7 of 8 cellen per zijde, en een cel ziet meer van het
//!   beeld dan zij bedekt. Zij zegt niets over of de score klopt.

mod degrade;
mod judge;
mod say;

#[cfg(test)]
mod tests;

use super::thin::thin;
use super::{Check, Entry, Finding, Group, Scene, Standing, Status};
use crate::Result;
use crate::faces::{Face, geometry, roi::Roi};
use crate::media::{Affine, Exhibit, FaceDetail, Frame, Kind, Needs, Rate};
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
/// Squares looked at in a photograph, and in a frame of a clip.
const MOST_PIECES: [usize; 2] = [48, 6];
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
    /// Columns and rows of the squares that it is one of.
    grid: Option<(usize, usize)>,
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
    /// Whether this is a photograph.
    photo: bool,
}

impl Detectors {
    fn new(device: DeviceChoice) -> Self {
        let folder = store::folder().unwrap_or_default();
        Self::of(folder, device)
    }

    fn of(folder: std::path::PathBuf, device: DeviceChoice) -> Self {
        let mut broken = Vec::new();
        let mut cards = Vec::new();
        match detector::own() {
            Ok(own) => cards.extend(own.into_iter().filter(Card::runs_unasked)),
            Err(error) => broken.push(error.to_string()),
        }
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
        let photo = false;
        Self { cards, broken, device, folder, crops, moments, stride, faces, small, narrow, photo }
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

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.photo = exhibit.kind == Kind::Image;
        Ok(())
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
            let mut grid = None;
            let places: Vec<(Option<u32>, Affine)> = match card.feed.region {
                Region::Face => faces
                    .iter()
                    .filter_map(|(_, face)| Some((Some(face.track), around(face, &card.feed)?)))
                    .collect(),
                Region::Picture => {
                    middle(frame, card.feed.side).map(|p| (None, p)).into_iter().collect()
                }
                Region::Pieces => {
                    let most = MOST_PIECES[usize::from(!self.photo)];
                    let (places, columns, rows) = pieces(frame, card.feed.side, most);
                    grid = Some((columns, rows));
                    places.into_iter().map(|place| (None, place)).collect()
                }
            };
            if card.feed.region != Region::Face && places.is_empty() {
                self.narrow += 1;
            }
            for (track, place) in places {
                let pixels = cut(frame, &place, card.feed.side);
                let (frame, time_s) = (frame.index, frame.time_s);
                self.crops.push(Crop { moment, detector, track, frame, time_s, pixels, grid });
            }
        }
        // Several squares of each moment: more crops, or few moments would be left.
        let pieces = self.cards.iter().filter(|card| card.feed.region == Region::Pieces).count();
        let most = MOST_CROPS * (self.cards.len() + 2 * pieces);
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

/// Squares all over the picture, pixel for pixel and evenly spread, at most `most`,
/// row by row, with the number of columns and of rows; none when it is smaller.
fn pieces(frame: &Frame<'_>, side: usize, most: usize) -> (Vec<Affine>, usize, usize) {
    let (width, height) = (frame.display_width as usize, frame.display_height as usize);
    let (mut columns, mut rows) = (width / side, height / side);
    while columns * rows > most {
        // From the side on which they stand closer; one row always stays.
        if rows == 1 || (columns > 1 && columns * height >= rows * width) {
            columns -= 1;
        } else {
            rows -= 1;
        }
    }
    let start = |at: usize, count: usize, length: usize| match count {
        1 => ((length - side) / 2) as f32,
        _ => ((length - side) * at / (count - 1)) as f32,
    };
    let places = (0..columns * rows).map(|at| {
        let (column, row) = (at % columns, at / columns);
        Affine::scaling(1.0, 1.0, start(column, columns, width), start(row, rows, height))
    });
    (places.collect(), columns, rows)
}

fn cut(frame: &Frame<'_>, place: &Affine, side: usize) -> Vec<u8> {
    let mut values = Vec::new();
    frame.area(place, side, side, &mut values);
    values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect()
}
