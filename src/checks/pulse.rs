//! Pulse: does the colour of the skin beat?
//!
//! # What it measures
//!
//! Blood colours the skin with each heartbeat, by a thousandth or so. The mean
//! colour of forehead and both cheeks is followed frame by frame and turned
//! into a pulse signal by two methods, POS and CHROM, in windows of 1.6 s. The
//! strongest frequency between 42 and 180 beats a minute is the beat; its
//! signal-to-noise ratio (`snr_db`) is the power within 6 beats of it and of
//! its first harmonic over all other power from 0.7 to 6 Hz.
//!
//! A pulse is called measurable, and `bpm` given, only when both methods in all
//! three regions have more than 0 dB and agree within 5 beats a minute, over at
//! least 10 s at 15 frames a second or more without a gap, and when what is no face
//! does not beat at that rate too (`ground_bpm`). Mostly it is not measurable. `snr_db` is the lowest of the six, `regions_within_5_bpm` how
//! many of the six lie within 5 of their median.
//!
//! A pulse does not show authenticity; absence is expected after compression.
//!
//! # When it misleads
//!
//! - Good fakes carry the pulse of the person who drove them.
//! - Compression removes it: of nine genuine internet clips none had all
//!   three regions agreeing.
//! - Nodding, speaking, flicker of lamps and the rhythm of key frames beat too,
//!   in all regions alike; where hardly anything but faces is in the picture there
//!   is nothing to hold them against.
//!
//! # References
//!
//! - Wang, den Brinker, Stuijk and de Haan (2017), Algorithmic principles of
//!   remote PPG, IEEE TBME 64:1479–1491.
//! - de Haan and Jeanne (2013), Robust pulse rate from chrominance-based rPPG,
//!   IEEE TBME 60:2878–2886.
//! - Seibold et al. (2025), High-quality deepfakes have a heart!, Frontiers in
//!   Imaging 4.
//!
//! # Titel
//!
//! Polsslag: klopt de kleur van de huid?
//!
//! # Wat het meet
//!
//! Bloed kleurt de huid bij elke hartslag, ongeveer een duizendste. De
//! gemiddelde kleur van voorhoofd en beide wangen wordt beeld voor beeld
//! gevolgd en met twee methoden, POS en CHROM, in vensters van 1,6 s omgezet in
//! een polssignaal. De sterkste frequentie tussen 42 en 180 slagen per minuut
//! is de slag; de signaal-ruisverhouding (`snr_db`) is het vermogen binnen 6
//! slagen daarvan en van de eerste boventoon, gedeeld door al het andere
//! vermogen van 0,7 tot 6 Hz.
//!
//! Een hartslag heet pas meetbaar, en `bpm` wordt pas gegeven, als beide methoden
//! in alle drie gebieden boven 0 dB zitten en binnen 5 slagen per minuut
//! overeenstemmen, over ten minste 10 s bij 15 beelden per seconde of meer,
//! zonder gat, en als wat geen gezicht is niet even snel slaat (`ground_bpm`).
//! Meestal is de hartslag niet meetbaar. `snr_db` is de laagste van de
//! zes, `regions_within_5_bpm` hoeveel van de zes binnen 5 van hun mediaan
//! liggen.
//!
//! Een hartslag toont geen authenticiteit; na compressie is afwezigheid te
//! verwachten.
//!
//! # Wanneer het misleidt
//!
//! - Goede deepfakes dragen de hartslag van wie ze aanstuurde.
//! - Compressie verwijdert de hartslag: bij geen van negen authentieke
//!   internetclips stemden alle drie gebieden overeen.
//! - Knikken, spreken, flikkerende lampen en het ritme van sleutelbeelden slaan
//!   ook, in alle gebieden gelijk.

pub mod rppg;
mod say;

#[cfg(test)]
mod tests;

use super::tracks::{self, Column, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing};
use crate::Result;
use crate::faces::outline::{inside, polygon};
use crate::faces::{Part, geometry};
use crate::media::{Affine, Exhibit, FaceDetail, Frame, Kind, Needs, Rate, Rect};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "pulse",
    group: Group::Physiology,
    standing: Standing::Historical,
    source: include_str!("pulse.rs"),
    make: |_: &Options| Box::new(Pulse::default()),
};

/// Narrowest face, in display pixels: a cheek of it has some 300 pixels, whose
/// mean has a seventeenth of a pixel's noise.
const LEAST_WIDTH: f32 = 64.0;
/// Outlines of forehead, right cheek and left cheek, the subject's.
const REGIONS: [&[usize]; 3] = [
    &[103, 67, 109, 10, 338, 297, 332, 333, 299, 337, 151, 108, 69, 104],
    &[117, 118, 100, 142, 203, 206, 207, 187, 147, 123],
    &[346, 347, 329, 371, 423, 426, 427, 411, 376, 352],
];
/// Samples along a side of a region; each is the mean of its area.
const SAMPLES: usize = 10;
/// Samples along a side of the whole picture, and fewest of them beside faces.
const GROUND: usize = 64;
const LEAST_GROUND: usize = 300;
/// R, G and B of the three regions and of what is no face, in levels of 255.
pub(super) const COLUMNS: [Column; 12] = [
    Column { quantity: "forehead_red", unit: "1", label: ("forehead R", "voorhoofd R") },
    Column { quantity: "forehead_green", unit: "1", label: ("forehead G", "voorhoofd G") },
    Column { quantity: "forehead_blue", unit: "1", label: ("forehead B", "voorhoofd B") },
    Column { quantity: "right_cheek_red", unit: "1", label: ("right cheek R", "rechterwang R") },
    Column { quantity: "right_cheek_green", unit: "1", label: ("right cheek G", "rechterwang G") },
    Column { quantity: "right_cheek_blue", unit: "1", label: ("right cheek B", "rechterwang B") },
    Column { quantity: "left_cheek_red", unit: "1", label: ("left cheek R", "linkerwang R") },
    Column { quantity: "left_cheek_green", unit: "1", label: ("left cheek G", "linkerwang G") },
    Column { quantity: "left_cheek_blue", unit: "1", label: ("left cheek B", "linkerwang B") },
    Column { quantity: "ground_red", unit: "1", label: ("beside faces R", "naast gezichten R") },
    Column { quantity: "ground_green", unit: "1", label: ("beside faces G", "naast gezichten G") },
    Column { quantity: "ground_blue", unit: "1", label: ("beside faces B", "naast gezichten B") },
];

/// What was seen of skin so far.
#[derive(Default)]
struct Pulse {
    tracks: Tracks,
}

impl Check for Pulse {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::Every, FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.tracks.shown(scene);
        if self.tracks.still {
            return Ok(());
        }
        let ground = ground(scene).unwrap_or([f64::NAN; 3]);
        for face in scene.faces {
            let width = geometry::face_width(&face.mesh).unwrap_or(0.0);
            if width < LEAST_WIDTH {
                self.tracks.refuse(0);
                continue;
            }
            if tracks::covered(face, &[Part::Forehead, Part::RightCheek, Part::LeftCheek]) {
                self.tracks.refuse(2);
                continue;
            }
            let mut row = [f64::NAN; 12];
            row[9..].copy_from_slice(&ground);
            for (region, out) in REGIONS.iter().zip(row.chunks_exact_mut(3)) {
                if let Some(mean) = mean(scene.frame, &face.mesh, region) {
                    out.copy_from_slice(&mean);
                }
            }
            if row[..9].iter().all(|v| v.is_finite()) {
                let (index, time_s) = (scene.frame.index, scene.frame.time_s);
                self.tracks.push(face.track, index, time_s, &row);
            } else {
                self.tracks.refuse(1);
            }
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(say::conclude(&self.tracks))
    }
}

/// Mean colour in levels of the picture beside all faces and what hangs on them; `None`
/// when little else is in it.
fn ground(scene: &Scene<'_>) -> Option<[f64; 3]> {
    let frame = scene.frame;
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    let map = Affine::scaling(w / GROUND as f32, h / GROUND as f32, 0.0, 0.0);
    // Points, not areas: some thousand of them have a fiftieth of a pixel's noise, and
    // all pixels of each frame would take longer than the rest of this check.
    let mut rgb = Vec::new();
    frame.warp(&map, GROUND, GROUND, &mut rgb);
    let (mut sum, mut count) = ([0.0f64; 3], 0usize);
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        let (x, y) = map.apply((i % GROUND) as f32 + 0.5, (i / GROUND) as f32 + 0.5);
        let near = |b: &Rect| {
            let (left, right) = (b.x - 0.5 * b.width, b.x + 1.5 * b.width);
            x > left && x < right && y > b.y - 0.5 * b.height
        };
        if !scene.faces.iter().any(|face| near(&face.bounds)) {
            count += 1;
            for (s, v) in sum.iter_mut().zip(pixel) {
                *s += 255.0 * f64::from(*v);
            }
        }
    }
    (count >= LEAST_GROUND).then(|| sum.map(|s| s / count as f64))
}

/// Mean colour in levels of an outlined region; `None` when part of it lies
/// outside the picture.
fn mean(frame: &Frame<'_>, mesh: &[[f32; 3]], region: &[usize]) -> Option<[f64; 3]> {
    let rim = polygon(mesh, region)?;
    let around = Rect::around(rim.iter().copied())?;
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    let inner = around.x >= 0.0
        && around.y >= 0.0
        && around.x + around.width <= w
        && around.y + around.height <= h;
    if !inner {
        return None;
    }
    let n = SAMPLES as f32;
    let map = Affine::scaling(around.width / n, around.height / n, around.x, around.y);
    let mut rgb = Vec::new();
    frame.area(&map, SAMPLES, SAMPLES, &mut rgb);
    let (mut sum, mut count) = ([0.0f64; 3], 0.0);
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        let (x, y) = map.apply((i % SAMPLES) as f32 + 0.5, (i / SAMPLES) as f32 + 0.5);
        if inside(&rim, x, y) {
            count += 1.0;
            for (s, v) in sum.iter_mut().zip(pixel) {
                *s += 255.0 * f64::from(*v);
            }
        }
    }
    (count >= 10.0).then(|| sum.map(|s| s / count))
}
