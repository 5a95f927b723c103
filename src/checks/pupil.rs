//! Pupils: are they elliptical?
//!
//! # What it measures
//!
//! A pupil is round and is seen as an ellipse; early generators drew it ragged.
//! Within each iris the pupil is what is darker than halfway between the middle
//! and the surrounding iris and is joined to the middle. An ellipse with the
//! same second moments is laid over it, and `pupil_iou_right` and
//! `pupil_iou_left` are the overlap (common over joint area) of both within a
//! band around the edge of the ellipse (a quarter of its radius to either
//! side); `pupil_iou_min` is the lower. A drawn ellipse gives over 0.9.
//!
//! Needed are a pupil of 15 pixels and an iris clearly lighter than the pupil:
//! dark irises mostly are not measurable. Two frames a second; medians of the
//! face seen longest.
//!
//! # When it misleads
//!
//! - Highlights over the edge, lids, dark irises, illness and operations make
//!   genuine pupils ragged; so does compression.
//! - Generators since 2021 draw round pupils.
//! - On photographs it did not tell anything apart: 46 genuine portraits gave
//!   `pupil_iou_min` from 0.22 to 0.73 (90 %), 16 of StyleGAN2 0.28 to 0.82.
//!
//! # References
//!
//! - Guo, Hu, Wang, Chang and Lyu (2022), Eyes tell all: irregular pupil shapes
//!   reveal GAN-generated faces, ICASSP.
//!
//! # Titel
//!
//! Pupillen: zijn zij elliptisch?
//!
//! # Wat het meet
//!
//! Een pupil is rond en wordt als ellips gezien; vroege generatoren tekenden
//! een rafelige pupil. Binnen elke iris is de pupil wat donkerder is dan
//! halverwege tussen het midden en de iris eromheen, en aan het midden
//! vastzit. Een ellips met dezelfde tweede momenten wordt eroverheen gelegd, en
//! `pupil_iou_right` en `pupil_iou_left` zijn de overlap (gemeenschappelijk
//! gedeeld door gezamenlijk oppervlak) van beide in een band rond de rand van
//! de ellips (een kwart van de straal aan weerszijden); `pupil_iou_min` is de
//! laagste. Een getekende ellips geeft meer dan 0,9.
//!
//! Nodig zijn een pupil van 15 pixels en een iris die duidelijk lichter is dan
//! de pupil: donkere irissen zijn meestal niet meetbaar. Twee beelden per
//! seconde; medianen van het gezicht dat het langst te zien is.
//!
//! # Wanneer het misleidt
//!
//! - Glimlichten over de rand, oogleden, donkere irissen, ziekte en operaties
//!   maken authentieke pupillen rafelig; compressie ook.
//! - Generatoren tekenen sinds 2021 ronde pupillen.
//! - Op foto's onderscheidde het niets: 46 authentieke portretten gaven
//!   `pupil_iou_min` van 0,22 tot 0,73 (90 %), 16 van StyleGAN2 0,28 tot 0,82.

#[cfg(test)]
mod tests;

use super::eyes::{Eye, SIDE, brightest};
use super::shown::{Shown, beside, outlined};
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};
use crate::signal::stats::median;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "pupil",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("pupil.rs"),
    make: |_: &Options| Box::new(Pupils::default()),
};

/// Least diameter of a pupil in display pixels (recipe).
const LEAST_PUPIL: f64 = 15.0;
/// Least iris for which a pupil is looked for: a pupil is never wider than four
/// fifths of the iris.
const LEAST_IRIS: f32 = 19.0;
/// Blur in diameters of the iris above which a ragged pupil looks round.
const MOST_BLUR: f32 = 0.08;
/// How much lighter the iris is than the pupil, in parts of white: ten times
/// the noise of a compressed picture.
const CONTRAST: f64 = 0.06;
/// Samples of a highlight: left out.
const BRIGHT: f32 = 0.7;
/// Half the band around the edge, in parts of the radius.
const BAND: f64 = 0.25;
const COLUMNS: [Column; 3] = [
    Column { quantity: "pupil_iou_right", unit: "1", label: ("right eye", "rechteroog") },
    Column { quantity: "pupil_iou_left", unit: "1", label: ("left eye", "linkeroog") },
    Column { quantity: "pupil_px", unit: "px", label: ("diameter (px)", "diameter (px)") },
];

/// What was seen of pupils so far.
#[derive(Default)]
struct Pupils {
    tracks: Tracks,
    shown: Shown,
}

impl Check for Pupils {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(2.0), FaceDetail::Iris)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let shown = &mut self.shown;
        self.tracks.measure(scene, |face| {
            let irises = face.irises.as_ref().ok_or(0usize)?;
            if tracks::eyes_hidden(face) {
                return Err(3);
            }
            let least = LEAST_IRIS * face.clarity.enlarged();
            let widest = irises.iter().map(Eye::diameter).fold(0.0, f32::max);
            if widest >= 2.0 * LEAST_IRIS && tracks::blurred(face, widest, MOST_BLUR) {
                return Err(2);
            }
            let eyes = irises.each_ref().map(|iris| Eye::cut(scene.frame, iris, least));
            let found = eyes.each_ref().map(|eye| shape(eye.as_ref()?));
            let number = |f: &Option<Shape>| f.as_ref().map_or([f64::NAN; 2], |f| [f.iou, f.px]);
            let [right, left] = found.each_ref().map(number);
            if found.iter().any(Option::is_some) {
                shown.keep(face, widest, scene.frame.time_s, || Some(picture(&eyes, &found)));
                return Ok([right[0], left[0], right[1].max(left[1])]);
            }
            Err(usize::from(widest >= 2.0 * least))
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Self { tracks, shown } = *self;
        let gates = [
            Text::new(
                format!("No pupil is {LEAST_PUPIL} pixels wide."),
                format!("Geen pupil is {LEAST_PUPIL} pixels breed."),
            ),
            Text::new(
                "The pupils cannot be told from the irises: dark eyes, or too little light.",
                "De pupillen zijn niet van de irissen te onderscheiden: donkere ogen, of te weinig licht.",
            ),
            tracks::sharp_gate(),
            tracks::eyes_gate(),
        ];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks, shown)))
    }
}

/// A pupil: its overlap with its ellipse near the edge, its diameter in pixels,
/// and which samples it takes.
struct Shape {
    iou: f64,
    px: f64,
    samples: Vec<bool>,
}

/// Both eyes with the pupils outlined.
fn picture(eyes: &[Option<Eye>; 2], found: &[Option<Shape>; 2]) -> image::RgbImage {
    let both = eyes.iter().zip(found).filter_map(|(eye, shape)| {
        let mask = shape.as_ref().map_or(&[][..], |s| &s.samples);
        Some(outlined(&eye.as_ref()?.rgb, mask, SIDE, 4))
    });
    beside(&both.collect::<Vec<_>>())
}

/// The pupil of an eye; `None` where there is none to be told.
fn shape(eye: &Eye) -> Option<Shape> {
    let level = |from: f32, to: f32| {
        let values = eye.ring(from, to).map(|(_, c)| brightest(c)).filter(|v| *v < BRIGHT);
        median(&mut values.map(f64::from).collect::<Vec<_>>())
    };
    let (dark, light) = (level(0.0, 0.2)?, level(0.55, 0.85)?);
    if light - dark < CONTRAST {
        return None;
    }
    let limit = (dark + light) / 2.0;
    let mut joined = grown(eye, limit as f32);
    fill(&mut joined);
    let middle = ellipse(&joined)?;
    let (x0, y0, [a, b, c], radius) = middle;
    let per_sample = f64::from(eye.diameter) * 1.1 / SIDE as f64;
    let diameter = 2.0 * radius * per_sample;
    if diameter < LEAST_PUPIL {
        return None;
    }
    let (mut both, mut either) = (0.0, 0.0);
    for (i, pupil) in joined.iter().enumerate() {
        if !eye.open.get(i).copied().unwrap_or(false) {
            continue;
        }
        let (dx, dy) = ((i % SIDE) as f64 - x0, (i / SIDE) as f64 - y0);
        let r = (a * dx * dx + 2.0 * b * dx * dy + c * dy * dy).max(0.0).sqrt();
        if (r - 1.0).abs() > BAND {
            continue;
        }
        let drawn = r <= 1.0;
        both += f64::from(u8::from(drawn && *pupil));
        either += f64::from(u8::from(drawn || *pupil));
    }
    (either > 0.0).then(|| Shape { iou: both / either, px: diameter, samples: joined })
}

/// Dark samples joined to the darkest near the middle.
fn grown(eye: &Eye, limit: f32) -> Vec<bool> {
    let dark = |i: usize| {
        let (x, y) = Eye::place(i);
        let open = eye.open.get(i).copied().unwrap_or(false);
        open && x.hypot(y) < 0.85 && eye.rgb.get(i).is_some_and(|c| brightest(*c) < limit)
    };
    flood(eye.ring(0.0, 0.2).map(|(i, _)| i).collect(), dark)
}

/// Samples joined to `open` over sides along samples that are `free`.
fn flood(mut open: Vec<usize>, free: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut joined = vec![false; SIDE * SIDE];
    while let Some(i) = open.pop() {
        if i >= joined.len() || joined[i] || !free(i) {
            continue;
        }
        joined[i] = true;
        let (x, y) = (i % SIDE, i / SIDE);
        open.extend((x > 0).then(|| i - 1));
        open.extend((x + 1 < SIDE).then_some(i + 1));
        open.extend((y > 0).then(|| i - SIDE));
        open.extend((y + 1 < SIDE).then_some(i + SIDE));
    }
    joined
}

/// Closes holes, such as a highlight within.
fn fill(mask: &mut [bool]) {
    let rim =
        (0..SIDE).flat_map(|k| [k, (SIDE - 1) * SIDE + k, k * SIDE, k * SIDE + SIDE - 1]).collect();
    let outer = flood(rim, |i| mask.get(i) == Some(&false));
    for (m, o) in mask.iter_mut().zip(&outer) {
        *m = !o;
    }
}

/// Centre, quadratic form (1 on the edge) and mean radius, in samples, of the
/// ellipse with the moments of a mask: an ellipse has a quarter of its squared
/// half-axes as variances.
fn ellipse(mask: &[bool]) -> Option<(f64, f64, [f64; 3], f64)> {
    let places: Vec<(f64, f64)> = mask
        .iter()
        .enumerate()
        .filter(|(_, m)| **m)
        .map(|(i, _)| ((i % SIDE) as f64, (i / SIDE) as f64))
        .collect();
    let n = places.len() as f64;
    if n < 30.0 {
        return None;
    }
    let (x0, y0) =
        (places.iter().map(|p| p.0).sum::<f64>() / n, places.iter().map(|p| p.1).sum::<f64>() / n);
    let moment =
        |f: &dyn Fn(f64, f64) -> f64| places.iter().map(|p| f(p.0 - x0, p.1 - y0)).sum::<f64>() / n;
    // A sample's own extent adds a twelfth.
    let xx = moment(&|x, _| x * x) + 1.0 / 12.0;
    let yy = moment(&|_, y| y * y) + 1.0 / 12.0;
    let xy = moment(&|x, y| x * y);
    let det = xx * yy - xy * xy;
    (det > 1e-9).then(|| {
        let form = [yy / (4.0 * det), -xy / (4.0 * det), xx / (4.0 * det)];
        (x0, y0, form, 2.0 * det.powf(0.25))
    })
}

fn said(tracks: &Tracks, shown: Shown) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new(
        "Nine in ten of 46 genuine portraits gave 0.22 to 0.73: low values are ordinary.",
        "Negen op de tien van 46 authentieke portretten gaven 0,22 tot 0,73: lage waarden zijn gewoon.",
    ));
    finding.warnings.push(Text::new(
        "Of historical interest: highlights, lids, dark irises and illness make genuine pupils ragged, and generators since 2021 draw round ones.",
        "Van historisch belang: glimlichten, oogleden, donkere irissen en ziekte maken authentieke pupillen rafelig, en generatoren tekenen sinds 2021 ronde.",
    ));
    finding.figures.extend(shown.figures(tracks.still, |track| {
        Text::new(
            format!("Eyes of face {track}, the subject's right one first, with their pupils"),
            format!("Ogen van gezicht {track}, eerst het rechter van de persoon, met hun pupillen"),
        )
    }));
    let title = Text::new("Pupils of each face (medians)", "Pupillen van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The pupils of one face.
fn of(track: &Track) -> Finding {
    let eyes = [track.median(0), track.median(1)];
    let least = eyes.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let (frames, beelden) = crate::text::frames(track.at.len());
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "The pupils of face {} follow an ellipse with an overlap of at least {least:.2} at the edge ({frames}).",
                track.number
            ),
            format!(
                "De pupillen van gezicht {} volgen een ellips met een overlap van minstens {least:.2} aan de rand ({beelden}).",
                track.number
            ),
        ),
    );
    for (name, value) in ["pupil_iou_right", "pupil_iou_left"].iter().zip(eyes) {
        finding.value(*name, "1", value.unwrap_or(f64::NAN));
    }
    finding.value("pupil_iou_min", "1", least);
    finding.value("pupil_px", "px", track.median(2).unwrap_or(f64::NAN));
    finding
}
