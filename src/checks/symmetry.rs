//! Symmetry: the two halves of a face compared
//!
//! # What it measures
//!
//! The face is laid out on a mean, frontal head and folded over its middle
//! line. On patches of skin and features the pattern of light and dark, brought
//! to equal mean and contrast so that side light does not count, is compared
//! with its mirror image: `patch_ssim_min` is the lowest correlation of a patch,
//! `patch_ssim_median` the middle one (1 = the same). `iris_delta_e` is the
//! colour difference ΔE*ab of the irises without pupil and highlight (irises of
//! 12 pixels). `ear_asymmetry` is one minus the same correlation for the
//! regions of the ears, which are shown side by side, the left one mirrored:
//! look for an earring on one side only.
//!
//! Faces of 96 pixels turned by less than 12 degrees. Two frames a second;
//! medians of the face seen longest. No verdict: nobody is symmetric.
//!
//! # When it misleads
//!
//! - Partings, moles, scars, one earring and eyes of two colours are genuine.
//! - Side light makes irises and ears differ; hair hides ears. 31 genuine
//!   portraits gave `patch_ssim_min` −0.42 to 0.68, `iris_delta_e` 0.5 to 14 and
//!   `ear_asymmetry` 0.2 to 1.4 (90 %); retouched and generated ones the same.
//! - On fakes of 2018 such cues reached 0.87 (area under the curve), on
//!   Celeb-DF 0.55: chance.
//!
//! # References
//!
//! - Matern, Riess and Stamminger (2019), Exploiting visual artifacts to expose
//!   deepfakes and face manipulations, WACVW.
//! - Wang, Bovik, Sheikh and Simoncelli (2004), Image quality assessment: from
//!   error visibility to structural similarity, IEEE TIP 13:600–612.
//!
//! # Titel
//!
//! Symmetrie: de twee helften van een gezicht vergeleken
//!
//! # Wat het meet
//!
//! Het gezicht wordt op een gemiddeld, recht van voren gezien hoofd gelegd en
//! over de middellijn gevouwen. Op stukken huid en gelaatstrekken wordt het
//! patroon van licht en donker, op gelijk gemiddelde en contrast gebracht zodat
//! zijlicht niet meetelt, met het spiegelbeeld vergeleken: `patch_ssim_min` is
//! de laagste correlatie van een stuk, `patch_ssim_median` de middelste (1 =
//! gelijk). `iris_delta_e` is het kleurverschil ΔE*ab van de irissen zonder
//! pupil en glimlicht (irissen van 12 pixels). `ear_asymmetry` is één min
//! dezelfde correlatie voor de gebieden van de oren, die naast elkaar worden
//! getoond, het linker gespiegeld: let op een oorbel aan maar één kant.
//!
//! Gezichten van 96 pixels die minder dan 12 graden gedraaid zijn. Twee beelden
//! per seconde; medianen van het gezicht dat het langst te zien is. Geen
//! oordeel: niemand is symmetrisch.
//!
//! # Wanneer het misleidt
//!
//! - Scheidingen, moedervlekken, littekens, één oorbel en ogen van twee kleuren
//!   zijn authentiek.
//! - Zijlicht laat irissen en oren verschillen; haar verbergt oren. 31
//!   authentieke portretten gaven `patch_ssim_min` −0,42 tot 0,68,
//!   `iris_delta_e` 0,5 tot 14 en `ear_asymmetry` 0,2 tot 1,4 (90 %);
//!   geretoucheerde en gegenereerde hetzelfde.
//! - Op deepfakes uit 2018 haalden zulke kenmerken 0,87 (oppervlak onder de
//!   curve), op Celeb-DF 0,55: toeval.

mod fold;

#[cfg(test)]
mod tests;

use super::eyes::{Eye, brightest};
use super::tracks::{self, Column, Tracks};
use super::{Check, Entry, Figure, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::Face;
use crate::media::{Exhibit, FaceDetail, Frame, Kind, Needs, Rate, Rect};
use crate::signal::colour::{delta_e, lab};
use crate::signal::stats::median;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "symmetry",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("symmetry.rs"),
    make: |_: &Options| Box::new(Symmetry::default()),
};

/// Narrowest face in display pixels: the layout has 96 columns.
const LEAST_WIDTH: f32 = 96.0;
/// Largest turn in degrees: the cheek then takes a fifth less on one side.
const MOST_YAW: f32 = 12.0;
/// Least diameter of an iris whose colour is compared.
const LEAST_IRIS: f32 = 12.0;
/// Samples of an iris that a colour needs.
const LEAST_SAMPLES: usize = 60;
const COLUMNS: [Column; 4] = [
    Column { quantity: "patch_ssim_min", unit: "1", label: ("lowest patch", "laagste stuk") },
    Column { quantity: "patch_ssim_median", unit: "1", label: ("median patch", "mediaan stuk") },
    Column {
        quantity: "iris_delta_e",
        unit: "1",
        label: ("ΔE of the irises", "ΔE van de irissen"),
    },
    Column { quantity: "ear_asymmetry", unit: "1", label: ("ears", "oren") },
];

/// What was seen of halves so far.
#[derive(Default)]
struct Symmetry {
    tracks: Tracks,
    shown: Option<Shown>,
}

/// The ears of the widest face so far, side by side.
struct Shown {
    image: image::RgbImage,
    track: u32,
    time_s: f64,
    width: f32,
}

impl Check for Symmetry {
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
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
            let (least, middle) = fold::patches(scene.frame, &face.mesh).ok_or(2usize)?;
            let ears = fold::ears(scene.frame, &face.mesh, width);
            let ear = ears.as_ref().and_then(fold::Ears::asymmetry).unwrap_or(f64::NAN);
            let iris = irises(scene.frame, face).unwrap_or(f64::NAN);
            let wider = shown.as_ref().is_none_or(|s| width > 1.15 * s.width);
            if let Some(ears) = ears.filter(|_| wider) {
                let (image, time_s) = (ears.picture(), scene.frame.time_s);
                *shown = Some(Shown { image, track: face.track, time_s, width });
            }
            Ok([least, middle, iris, ear])
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [
            small,
            turned,
            Text::new(
                "The face is cut off, or has no pattern to compare.",
                "Het gezicht is afgesneden, of heeft geen patroon om te vergelijken.",
            ),
        ];
        let none = self.tracks.nothing(&gates);
        Ok(none.unwrap_or_else(|| said(&self.tracks, self.shown)))
    }
}

/// ΔE between both irises without pupil, rim and highlight.
fn irises(frame: &Frame<'_>, face: &Face) -> Option<f64> {
    let colour = |iris| {
        let eye = Eye::cut(frame, iris, LEAST_IRIS)?;
        let mut channels: [Vec<f64>; 3] = Default::default();
        for (_, c) in eye.ring(0.5, 0.85).filter(|(_, c)| brightest(*c) < 0.7) {
            for (values, v) in channels.iter_mut().zip(lab(c)) {
                values.push(v);
            }
        }
        let enough = channels[0].len() >= LEAST_SAMPLES;
        let [l, a, b] = &mut channels;
        enough.then(|| Some([median(l)?, median(a)?, median(b)?])).flatten()
    };
    let [right, left] = face.irises.as_ref()?;
    Some(delta_e(colour(right)?, colour(left)?))
}

fn said(tracks: &Tracks, shown: Option<Shown>) -> Finding {
    let longest = tracks.longest();
    let Some(main) = longest.first() else {
        return Finding::abstain(Status::NotApplicable, Text::same("–"));
    };
    let told = |k: usize| main.median(k).map_or("–".to_owned(), |v| format!("{v:.2}"));
    let (patch, iris, ear, n) = (told(0), told(2), told(3), main.at.len());
    let (frames, beelden) = crate::text::frames(n);
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Halves of face {}: lowest likeness of a patch {patch}, colour difference of the irises {iris}, asymmetry of the ears {ear} ({frames}). Nobody is symmetric: no verdict.",
                main.number
            ),
            format!(
                "Helften van gezicht {}: laagste gelijkenis van een stuk {patch}, kleurverschil van de irissen {iris}, asymmetrie van de oren {ear} ({beelden}). Niemand is symmetrisch: geen oordeel.",
                main.number
            ),
        ),
    );
    for (k, column) in COLUMNS.iter().enumerate() {
        finding.value(column.quantity, column.unit, main.median(k).unwrap_or(f64::NAN));
    }
    finding.warnings.push(Text::new(
        "Single earrings, eyes of two colours, partings and side light are genuine; on modern fakes these cues are at chance.",
        "Eén oorbel, ogen van twee kleuren, scheidingen en zijlicht zijn authentiek; op moderne deepfakes zijn deze kenmerken toeval.",
    ));
    tracks.warn_if_full(&mut finding);
    finding.measurements = tracks.measurements(&COLUMNS);
    if let Some(shown) = shown {
        finding.figures.push(Figure::Picture {
            title: Text::new(
                format!("Ears of face {}: the right one, and the left one mirrored", shown.track),
                format!("Oren van gezicht {}: het rechter, en het linker gespiegeld", shown.track),
            ),
            image: shown.image,
            faces: vec![Rect::CUT_OUT],
            time_s: (!tracks.still).then_some(shown.time_s),
        });
    }
    let title = Text::new("Halves of each face (medians)", "Helften van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}
