//! Head pose: does the middle of the face look where the whole face looks?
//!
//! # What it measures
//!
//! A face put into another head is made straight in between, and its middle
//! may then look in a slightly other direction than its rim. The pose is
//! solved twice from points of the mesh in the picture and a mean head: from
//! the whole face (jaw, brows, nose, corners of the mouth) and from its middle
//! (brows, nose, corners of the mouth). `pose_difference_deg` is the median
//! angle of the rotation between the two, `pose_difference_p95_deg` its 95 %
//! point, `pose_difference_spread_deg` the median distance of each frame's
//! rotation from the track's median one, and `pose_shift` the median distance
//! between the two places of the head's origin in widths of the face. A shape
//! of face other than the mean gives a difference that stays the same: the
//! spread is free of it. Yaw, pitch and roll of the whole face and the
//! differences stand in the table of measurements, ten frames a second. In a
//! single picture only the first and the shift are given.
//!
//! Needed are faces of 64 pixels, turned by less than 45 degrees. There is no
//! score.
//!
//! # When it misleads
//!
//! - Historical: AUC 0.89 on UADFV, but 0.55 on Celeb-DF and 0.47 on
//!   FaceForensics++, no better than chance.
//! - The paper's landmarks are found one by one. The mesh is one smooth face: it
//!   smooths over what is to be measured.
//! - Shape, expression (brows, jaw), a wide lens near the face and a turned head
//!   make differences of some degrees in genuine faces.
//! - No camera is assumed (scaled orthographic projection); the paper assumed
//!   one. Its third shift is here the ratio of the two sizes.
//!
//! # References
//!
//! - Yang, Li and Lyu (2019), Exposing deep fakes using inconsistent head poses,
//!   ICASSP: landmarks 1–36, 49 and 55 of 68 against 18–36, 49 and 55.
//! - Li, Yang, Sun, Qi and Lyu (2020), Celeb-DF, CVPR: the later figures.
//!
//! # Titel
//!
//! Hoofdstand: kijkt het midden van het gezicht waar het hele gezicht kijkt?
//!
//! # Wat het meet
//!
//! Een gezicht dat in een ander hoofd is gezet, wordt daarvoor recht gelegd;
//! het midden kan dan iets anders gericht zijn dan de rand. De hoofdstand wordt
//! twee keer berekend uit punten van het raster in het beeld en een gemiddeld
//! hoofd: uit het hele gezicht (kaak, wenkbrauwen, neus, mondhoeken) en uit het
//! midden (wenkbrauwen, neus, mondhoeken). `pose_difference_deg` is de mediane
//! hoek van de draaiing tussen beide, `pose_difference_p95_deg` het 95 %-punt,
//! `pose_difference_spread_deg` de mediane afstand van de draaiing in elk beeld
//! tot de mediane van het spoor, en `pose_shift` de mediane afstand tussen de
//! twee plaatsen van de oorsprong van het hoofd in gezichtsbreedten. Een andere
//! gezichtsvorm dan de gemiddelde geeft een verschil dat gelijk blijft: de
//! spreiding heeft daar geen last van. Draaien, knikken en hellen van het hele
//! gezicht en de verschillen staan in de tabel met metingen, tien beelden per
//! seconde. Bij één beeld worden alleen het eerste getal en de verschuiving
//! gegeven.
//!
//! Nodig zijn gezichten van 64 pixels die minder dan 45 graden gedraaid zijn.
//! Er is geen score.
//!
//! # Wanneer het misleidt
//!
//! - Historisch: AUC 0,89 op UADFV, maar 0,55 op Celeb-DF en 0,47 op
//!   FaceForensics++, niet beter dan toeval.
//! - De punten van het artikel worden een voor een gezocht. Het raster is één
//!   glad gezicht: het strijkt weg wat gemeten moet worden.
//! - Vorm, uitdrukking (wenkbrauwen, kaak), een groothoeklens dichtbij en een
//!   gedraaid hoofd geven ook bij authentieke gezichten verschillen van enkele
//!   graden.
//! - Er wordt geen camera aangenomen (geschaalde orthografische projectie); in
//!   het artikel wel. De derde verschuiving daar is hier de verhouding van de
//!   twee groottes.

#[cfg(test)]
mod tests;

use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::Face;
use crate::faces::pose::{Stance, between, of_head, weak_perspective};
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};
use crate::signal::stats::{median, quantile};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "head-pose",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("head_pose.rs"),
    make: |_: &Options| Box::new(HeadPose::default()),
};

/// Frames a second: a head takes longer than that to turn.
const RATE: f64 = 10.0;
/// Narrowest face in pixels: a third of the mesh network's input.
const LEAST_WIDTH: f32 = 64.0;
/// Largest turn in degrees: beyond it the jaw on the far side is a guess.
const MOST_YAW: f32 = 45.0;
/// Frames for a spread.
const LEAST_FRAMES: usize = 5;
/// Points of the mesh where the paper's 68 landmarks lie: brows (18–27), ridge
/// and foot of the nose (28–36), corners of the mouth (49, 55).
const MIDDLE: [usize; 21] = [
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, // brows
    168, 197, 5, 4, 98, 97, 2, 326, 327, // nose
    61, 291, // mouth
];
/// The jaw from ear to ear (1–17).
const JAW: [usize; 17] =
    [234, 93, 132, 58, 172, 150, 176, 148, 152, 377, 400, 379, 397, 288, 361, 323, 454];
const COLUMNS: [Column; 10] = [
    Column { quantity: "head_yaw_deg", unit: "deg", label: ("yaw", "draaien") },
    Column { quantity: "head_pitch_deg", unit: "deg", label: ("pitch", "knikken") },
    Column { quantity: "head_roll_deg", unit: "deg", label: ("roll", "hellen") },
    Column { quantity: "pose_difference_deg", unit: "deg", label: ("difference", "verschil") },
    Column {
        quantity: "pose_difference_yaw_deg",
        unit: "deg",
        label: ("difference, yaw", "verschil, draaien"),
    },
    Column {
        quantity: "pose_difference_pitch_deg",
        unit: "deg",
        label: ("difference, pitch", "verschil, knikken"),
    },
    Column {
        quantity: "pose_difference_roll_deg",
        unit: "deg",
        label: ("difference, roll", "verschil, hellen"),
    },
    Column { quantity: "pose_shift_x", unit: "1", label: ("shift right", "verschuiving rechts") },
    Column { quantity: "pose_shift_y", unit: "1", label: ("shift down", "verschuiving omlaag") },
    Column { quantity: "pose_size_ratio", unit: "1", label: ("size ratio", "grootteverhouding") },
];
/// Where the difference, its parts and the shift stand among the columns.
const DIFFERENCE: usize = 3;
const PARTS: [usize; 3] = [4, 5, 6];
const SHIFT: [usize; 2] = [7, 8];

/// What was seen of poses so far.
#[derive(Default)]
struct HeadPose {
    tracks: Tracks,
}

impl Check for HeadPose {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(RATE), FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.tracks.measure(scene, row);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let tracks = self.tracks;
        let gates = tracks::gates(LEAST_WIDTH, MOST_YAW);
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks)))
    }
}

/// Pose from some points of a mesh.
fn solved(mesh: &[[f32; 3]], points: impl Iterator<Item = usize>) -> Option<Stance> {
    let (mut shape, mut seen) = (Vec::new(), Vec::new());
    for index in points {
        let [x, y, _] = *mesh.get(index)?;
        shape.push(of_head(index)?);
        seen.push([f64::from(x), f64::from(y)]);
    }
    weak_perspective(&shape, &seen)
}

fn row(face: &Face) -> Result<[f64; 10], usize> {
    tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
    let whole = solved(&face.mesh, JAW.into_iter().chain(MIDDLE)).ok_or(0usize)?;
    let middle = solved(&face.mesh, MIDDLE.into_iter()).ok_or(0usize)?;
    let (all, inner) = (whole.pose(), middle.pose());
    let degrees = |a: f32, b: f32| f64::from(b) - f64::from(a);
    let shift = |k: usize| (middle.shift[k] - whole.shift[k]) / whole.scale;
    Ok([
        f64::from(all.yaw),
        f64::from(all.pitch),
        f64::from(all.roll),
        between(&whole.rotation, &middle.rotation),
        degrees(all.yaw, inner.yaw),
        degrees(all.pitch, inner.pitch),
        degrees(all.roll, inner.roll),
        shift(0),
        shift(1),
        middle.scale / whole.scale,
    ])
}

/// Median distance of each frame's difference from the median difference.
fn spread(track: &Track) -> Option<f64> {
    let middle = [0, 1, 2].map(|k| track.median(PARTS[k]).unwrap_or(f64::NAN));
    let off = (0..track.at.len()).map(|i| {
        let part = |k: usize| track.column(PARTS[k]).get(i).map_or(f64::NAN, |v| v - middle[k]);
        part(0).hypot(part(1)).hypot(part(2))
    });
    median(&mut off.collect::<Vec<_>>())
}

fn said(tracks: &Tracks) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new(
        "This is historical and no score.",
        "Dit is historisch en geen score.",
    ));
    finding.warnings.push(Text::new(
        "No better than chance on newer fakes (AUC 0.55 on Celeb-DF, 0.47 on FaceForensics++). The shape of a genuine face alone makes some degrees.",
        "Op nieuwere deepfakes niet beter dan toeval (AUC 0,55 op Celeb-DF, 0,47 op FaceForensics++). Alleen al de vorm van een authentiek gezicht geeft enkele graden.",
    ));
    let degrees = Text::new("angle (°)", "hoek (°)");
    let title = Text::new(
        "Middle of the face against the whole face",
        "Midden van het gezicht tegen het hele gezicht",
    );
    finding.figures.extend(tracks.curves(&title, &degrees, &[3, 4, 5, 6], &COLUMNS));
    let title = Text::new("Turn of the head", "Stand van het hoofd");
    finding.figures.extend(tracks.curves(&title, &degrees, &[0, 1, 2], &COLUMNS));
    let title = Text::new("Pose of each face (medians)", "Stand van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The pose of one face.
fn of(track: &Track) -> Finding {
    let difference = track.median(DIFFERENCE).unwrap_or(f64::NAN);
    let n = track.at.len();
    let (frames, beelden) = crate::text::frames(n);
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "The middle of face {} is turned by {difference:.1}° against the whole face ({frames}).",
                track.number
            ),
            format!(
                "Het midden van gezicht {} is {difference:.1}° gedraaid ten opzichte van het hele gezicht ({beelden}).",
                track.number
            ),
        ),
    );
    finding.value("pose_difference_deg", "deg", difference);
    if n >= LEAST_FRAMES {
        let high = quantile(&mut track.column(DIFFERENCE).to_vec(), 0.95);
        finding.value("pose_difference_p95_deg", "deg", high.unwrap_or(f64::NAN));
        finding.value("pose_difference_spread_deg", "deg", spread(track).unwrap_or(f64::NAN));
    }
    let sides = track.column(SHIFT[0]).iter().zip(track.column(SHIFT[1]));
    let shift = median(&mut sides.map(|(x, y)| x.hypot(*y)).collect::<Vec<_>>());
    finding.value("pose_shift", "1", shift.unwrap_or(f64::NAN));
    finding
}
