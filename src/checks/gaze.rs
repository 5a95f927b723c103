//! Gaze: do the eyes look the same way, and how do they move?
//!
//! # What it measures
//!
//! Where the iris lies between the corners of its eye says where the eye looks,
//! along the line of both eyes: the angle is asin(d / R), d the distance of the
//! iris from the middle between the corners and R the eyeball's radius, twice
//! that of the iris (12 against 5.85 mm). `vergence_deg` is the median
//! difference between the right and the left eye (positive: they converge),
//! without the part that the shape of the person's eyes adds, which is unknown
//! and the same all along; so `vergence_spread_deg` (median distance from that
//! median) tells more. `gaze_jumps_per_min` counts steps of the mean of both
//! eyes by more than 4 degrees beyond what the head turned meanwhile, from the
//! median of three frames to that of the next three. A head that turns moves
//! the irises between the corners by up to its own turn, whether the eyes go
//! along or stay on what they look at: so much is never counted.
//!
//! Eyes of 20 pixels, faces turned by less than 25 degrees, and for jumps 24
//! frames a second are needed. Closed eyes are left out.
//!
//! # When it misleads
//!
//! - The iris network is exact to about a tenth of the iris, a degree or more,
//!   and less behind spectacles.
//! - Someone who reads, or looks from one person to the other, jumps often;
//!   squints are genuine.
//! - 114 genuine portraits gave a `vergence_deg` from −23 to 1 (90 %): the inner
//!   corners of the eyes differ that much from person to person.
//! - No published figure says how modern fakes differ: reported, not scored.
//!
//! # References
//!
//! - Demir and Çiftçi (2021), Where do deep fakes look? Synthetic face detection
//!   via gaze tracking, ETRA.
//! - Ablavatski et al. (2020), Real-time pupil tracking from monocular video for
//!   digital puppetry, arXiv:2006.11341.
//!
//! # Titel
//!
//! Blik: kijken de ogen dezelfde kant op, en hoe bewegen zij?
//!
//! # Wat het meet
//!
//! Waar de iris tussen de hoeken van het oog ligt, zegt waar het oog kijkt,
//! langs de lijn van beide ogen: de hoek is asin(d / R), met d de afstand van
//! de iris tot het midden tussen de hoeken en R de straal van de oogbol, twee
//! keer die van de iris (12 tegen 5,85 mm). `vergence_deg` is het mediane
//! verschil tussen rechter- en linkeroog (positief: ze convergeren), met daarin
//! het aandeel van de oogvorm van de persoon, dat onbekend is en gelijk blijft;
//! daarom zegt `vergence_spread_deg` (mediane afstand tot die mediaan) meer.
//! `gaze_jumps_per_min` telt sprongen van het gemiddelde van beide ogen van
//! meer dan 4 graden bovenop wat het hoofd intussen draaide, van de mediaan van
//! drie beelden naar die van de volgende drie. Een draaiend hoofd verschuift de
//! irissen tussen de hoeken hooguit zoveel als het zelf draait, of de ogen nu
//! meegaan of blijven waar ze kijken: dat deel telt nooit mee.
//!
//! Nodig zijn ogen van 20 pixels, gezichten die minder dan 25 graden gedraaid
//! zijn, en voor sprongen 24 beelden per seconde. Gesloten ogen tellen niet mee.
//!
//! # Wanneer het misleidt
//!
//! - Het irisnetwerk is op ongeveer een tiende iris nauwkeurig, een graad of
//!   meer, en achter een bril minder.
//! - Wie leest, of van de een naar de ander kijkt, springt vaak; scheelzien is
//!   authentiek.
//! - 114 authentieke portretten gaven een `vergence_deg` van −23 tot 1 (90 %):
//!   zoveel verschillen de binnenhoeken van de ogen van persoon tot persoon.
//! - Geen gepubliceerd getal zegt hoe moderne deepfakes verschillen: gemeld,
//!   zonder score.

#[cfg(test)]
mod tests;

use super::eyes::Eye;
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::{Face, Iris, geometry};
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};
use crate::signal::stats::{median, median_mad};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "gaze",
    group: Group::Physiology,
    standing: Standing::Historical,
    source: include_str!("gaze.rs"),
    make: |_: &Options| Box::new(Gaze::default()),
};

/// Narrowest eye in display pixels, as for blinks.
const EYE_WIDTH: f32 = 20.0;
/// Largest turn in degrees: beyond it the far eye's corners are hidden.
const MOST_YAW: f32 = 25.0;
/// Blur in diameters of the iris above which its rim, half a diameter from its
/// centre, cannot be told.
const MOST_BLUR: f32 = 0.25;
/// Opening under which an eye counts as closed: half of an open one.
const OPEN: f32 = 0.15;
/// Radius of the eyeball in radii of the iris.
const BALL: f64 = 12.0 / 5.85;
/// Degrees that make a jump: above the network's
/// jitter of a degree, below most saccades of reading (Rayner 1998: 2–10°).
const JUMP: f64 = 4.0;
/// Frames a second under which jumps are not counted: a saccade lasts about 30 ms.
const LEAST_RATE: f64 = 24.0 * 0.99;
/// Seconds from which jumps are counted: a few in less give any rate.
const LEAST_S: f64 = 5.0;
/// Longest step between frames over which a jump is one.
const STEP_S: f64 = 0.1;
const COLUMNS: [Column; 4] = [
    Column { quantity: "gaze_right_deg", unit: "deg", label: ("right eye", "rechteroog") },
    Column { quantity: "gaze_left_deg", unit: "deg", label: ("left eye", "linkeroog") },
    Column { quantity: "vergence_deg", unit: "deg", label: ("vergence", "vergentie") },
    Column {
        quantity: "gaze_head_deg",
        unit: "deg",
        label: ("turn of the head", "draai van het hoofd"),
    },
];
/// Frames whose median stands before and after a jump: a fixation lasts about
/// five at 25 a second, a glitch one.
const SIDE: usize = 3;

/// What was seen of gazes so far.
#[derive(Default)]
struct Gaze {
    tracks: Tracks,
}

impl Check for Gaze {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::Every, FaceDetail::Iris)
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
        let gates = [
            Text::new(
                format!("No eye is {EYE_WIDTH} pixels wide and open."),
                format!("Geen oog is {EYE_WIDTH} pixels breed en open."),
            ),
            Text::new(
                format!("Every face is turned by more than {MOST_YAW} degrees."),
                format!("Elk gezicht is meer dan {MOST_YAW} graden gedraaid."),
            ),
            tracks::sharp_gate(),
            tracks::eyes_gate(),
        ];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks)))
    }
}

/// Angles of both eyes, their difference and the turn of the head along the
/// line of the eyes, or the gate that fails.
fn row(face: &Face) -> Result<[f64; 4], usize> {
    let [right, left] = face.irises.as_ref().ok_or(0usize)?;
    if tracks::eyes_hidden(face) {
        return Err(3);
    }
    // An eye enlarged after the picture was taken is wide enough and shows nothing.
    if tracks::blurred(face, Eye::diameter(right).max(Eye::diameter(left)), MOST_BLUR) {
        return Err(2);
    }
    let pose = geometry::pose(&face.mesh).filter(|p| p.yaw.abs() <= MOST_YAW).ok_or(1usize)?;
    let (s, c) = pose.roll.to_radians().sin_cos();
    let head = f64::from(pose.yaw * c - pose.pitch * s);
    // From the right eye to the left one, which lies right in an upright picture.
    let (from, to) = (right.points[0], left.points[0]);
    let eyes = [to[0] - from[0], to[1] - from[1]];
    let angle = |iris| angle(iris, eyes).ok_or(0usize);
    let (right, left) = (angle(right)?, angle(left)?);
    Ok([right, left, right - left, head])
}

/// Degrees towards `eyes`, the way from the right eye to the left one.
fn angle(iris: &Iris, eyes: [f32; 2]) -> Option<f64> {
    let opening = geometry::eye_opening(&iris.contour, geometry::CONTOUR_EYE)?;
    if opening.width < EYE_WIDTH || opening.height < OPEN * opening.width {
        return None;
    }
    let (a, b) = (iris.contour.first()?, iris.contour.get(8)?);
    let forth = (b[0] - a[0]) * eyes[0] + (b[1] - a[1]) * eyes[1] >= 0.0;
    let (a, b) = if forth { (a, b) } else { (b, a) };
    let (dx, dy) = ((b[0] - a[0]) / opening.width, (b[1] - a[1]) / opening.width);
    let [centre, rim @ ..] = iris.points;
    let across = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let radius = across(rim[0], rim[2]).max(across(rim[1], rim[3])) / 2.0;
    let off = (centre[0] - (a[0] + b[0]) / 2.0) * dx + (centre[1] - (a[1] + b[1]) / 2.0) * dy;
    let sine = f64::from(off / radius) / BALL;
    (sine.abs() <= 1.0).then(|| sine.asin().to_degrees())
}

/// Steps by more than [`JUMP`] of the mean of both eyes beyond the head's own,
/// and the seconds seen.
fn jumps(track: &Track) -> (u64, f64) {
    let eyes: Vec<f64> =
        track.column(0).iter().zip(track.column(1)).map(|(a, b)| (a + b) / 2.0).collect();
    let steps: Vec<f64> = track.at.windows(2).map(|w| w[1].1 - w[0].1).collect();
    let whole = |from: usize, to: usize| {
        steps.get(from..to).is_some_and(|s| s.iter().all(|s| *s <= STEP_S))
    };
    let step = |values: &[f64], i: usize| {
        let middle = |part: &[f64]| median(&mut part.to_vec());
        Some((middle(values.get(i..i + SIDE)?)? - middle(values.get(i - SIDE..i)?)?).abs())
    };
    let (mut count, mut last) = (0, false);
    for i in SIDE..track.at.len() {
        let beyond = || Some(step(&eyes, i)? - step(track.column(3), i)?);
        // A jump is seen from several frames around it.
        let jump = whole(i - SIDE, i + SIDE - 1) && beyond().is_some_and(|d| d > JUMP);
        count += u64::from(jump && !last);
        last = jump;
    }
    (count, steps.iter().filter(|s| **s <= STEP_S).sum())
}

fn said(tracks: &Tracks) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new(
        "Nine in ten of 114 genuine portraits lay between −23° and 1°, the others outside: the number itself is an error of the method, only its changes say something.",
        "Negen op de tien van 114 authentieke portretten lagen tussen −23° en 1°, de andere daarbuiten: het getal zelf is een fout van de methode, alleen veranderingen ervan zeggen iets.",
    ));
    finding.warnings.push(Text::new(
        "Off by up to 20 degrees; squints, reading and spectacles are genuine. No figure says how modern fakes differ.",
        "Tot 20 graden ernaast; scheelzien, lezen en brillen zijn authentiek. Geen getal zegt hoe moderne deepfakes verschillen.",
    ));
    let title = Text::new(
        "Direction of the eyes (right in the picture positive)",
        "Richting van de ogen (rechts in beeld positief)",
    );
    let label = Text::new("angle (°)", "hoek (°)");
    finding.figures.extend(tracks.curves(&title, &label, &[0, 1], &COLUMNS));
    let title = Text::new("Gaze of each face (medians)", "Blik van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The eyes of one face.
fn of(track: &Track) -> Finding {
    let (vergence, spread) =
        median_mad(&mut track.column(2).to_vec()).unwrap_or((f64::NAN, f64::NAN));
    let n = track.at.len();
    let (frames, beelden) = crate::text::frames(n);
    let (within, binnen) = if n >= 5 {
        (
            format!("; half of them within {spread:.1}° of it"),
            format!("; de helft ligt binnen {spread:.1}° daarvan"),
        )
    } else {
        (String::new(), String::new())
    };
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Measured along the line of the eyes, those of face {} differ by {vergence:.1}° ({frames}{within}).",
                track.number
            ),
            format!(
                "Langs de lijn van de ogen gemeten verschillen die van gezicht {} {vergence:.1}° ({beelden}{binnen}).",
                track.number
            ),
        ),
    );
    finding.value("vergence_deg", "deg", vergence);
    if n >= 5 {
        finding.value("vergence_spread_deg", "deg", spread);
    }
    let (count, seconds) = jumps(track);
    if track.rate() >= LEAST_RATE && seconds >= LEAST_S {
        finding.value("gaze_jumps_per_min", "1/min", 60.0 * count as f64 / seconds);
    }
    finding
}
