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
//! look for an earring on one side only. It is given where both places hold the
//! colour of the cheeks, so not where hair or a scarf hides an ear. `teeth_detail` is how much the brightness
//! changes along the row of teeth, finer than half a tooth, over their mean, where
//! an open mouth of 48 pixels shows any: teeth drawn as one band have little. The
//! widest mouth is shown.
//!
//! Faces of 96 pixels turned by less than 12 degrees, cheeks and nose bare; teeth
//! only where the face is not blurred by more than 1 % of its width. Two frames a second;
//! medians of the face seen longest. No verdict: nobody is symmetric.
//!
//! # When it misleads
//!
//! - Partings, moles, scars, one earring and eyes of two colours are genuine.
//! - Side light makes irises and ears differ; hair hides ears. 80 genuine
//!   portraits gave `patch_ssim_min` −0.6 to 0.7, `iris_delta_e` 0.6 to 14 and 16 of
//!   them `ear_asymmetry` 0.1 to 1.1 (90 %); retouched and generated ones the same.
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
//! getoond, het linker gespiegeld: let op een oorbel aan maar één kant. De waarde
//! wordt gegeven waar beide plaatsen de kleur van de wangen hebben, dus niet waar
//! haar of een sjaal een oor verbergt.
//! `teeth_detail` is hoeveel de helderheid langs de rij tanden verandert, fijner dan
//! een halve tand, gedeeld door hun gemiddelde, waar een open mond van 48 pixels
//! tanden toont: als één band getekende tanden hebben weinig. De breedste mond
//! wordt getoond.
//!
//! Gezichten van 96 pixels die minder dan 12 graden gedraaid zijn, met wangen en
//! neus onbedekt; tanden alleen als het gezicht niet meer dan 1 % van zijn breedte
//! onscherp is. Twee beelden
//! per seconde; medianen van het gezicht dat het langst te zien is. Geen
//! oordeel: niemand is symmetrisch.
//!
//! # Wanneer het misleidt
//!
//! - Scheidingen, moedervlekken, littekens, één oorbel en ogen van twee kleuren
//!   zijn authentiek.
//! - Zijlicht laat irissen en oren verschillen; haar verbergt oren. 80
//!   authentieke portretten gaven `patch_ssim_min` −0,6 tot 0,7, `iris_delta_e` 0,6
//!   tot 14 en 16 ervan `ear_asymmetry` 0,1 tot 1,1 (90 %);
//!   geretoucheerde en gegenereerde hetzelfde.
//! - Op deepfakes uit 2018 haalden zulke kenmerken 0,87 (oppervlak onder de
//!   curve), op Celeb-DF 0,55: toeval.

mod fold;
mod teeth;

#[cfg(test)]
mod tests;

use super::eyes::{self, Eye, brightest};
use super::shown::{Shown, beside, outlined};
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::clarity::coloured;
use crate::faces::{Face, Part};
use crate::media::{Exhibit, FaceDetail, Frame, Kind, Needs, Rate};
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
/// Blur in widths of the face above which gaps between teeth run together: a
/// third of half an incisor.
const MOST_BLUR: f32 = 0.01;
/// Samples of an iris that a colour needs.
const LEAST_SAMPLES: usize = 60;
const COLUMNS: [Column; 5] = [
    Column { quantity: "patch_ssim_min", unit: "1", label: ("lowest patch", "laagste stuk") },
    Column { quantity: "patch_ssim_median", unit: "1", label: ("median patch", "mediaan stuk") },
    Column {
        quantity: "iris_delta_e",
        unit: "1",
        label: ("ΔE of the irises", "ΔE van de irissen"),
    },
    Column { quantity: "ear_asymmetry", unit: "1", label: ("ears", "oren") },
    Column { quantity: "teeth_detail", unit: "1", label: ("teeth", "tanden") },
];

/// What was seen of halves so far.
#[derive(Default)]
struct Symmetry {
    tracks: Tracks,
    halves: Shown,
    eyes: Shown,
    ears: Shown,
    mouth: Shown,
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
        let Self { halves, eyes, ears: shown, mouth, .. } = self;
        self.tracks.measure(scene, |face| {
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
            if tracks::covered(face, &[Part::RightCheek, Part::LeftCheek, Part::Nose]) {
                return Err(3);
            }
            let folded = fold::patches(scene.frame, &face.mesh).ok_or(2usize)?;
            let (least, middle) = (folded.least, folded.middle);
            let ears = fold::ears(scene.frame, &face.mesh, width);
            let ear = ears.as_ref().and_then(fold::Ears::asymmetry).unwrap_or(f64::NAN);
            let time_s = scene.frame.time_s;
            halves.keep(face, width, time_s, || Some(folded.picture()));
            let both = Some(face)
                .filter(|face| !tracks::eyes_hidden(face))
                .filter(|face| coloured(scene.frame, &face.mesh, width))
                .and_then(|face| irises(scene.frame, face));
            let iris = both.as_ref().map_or(f64::NAN, |(difference, _)| *difference);
            if let Some((_, both)) = &both {
                eyes.keep(face, width, time_s, || Some(both.picture()));
            }
            // Shown whatever hides them: a reader sees what hangs there.
            if let Some(ears) = ears {
                shown.keep(face, width, time_s, || Some(ears.picture()));
            }
            let teeth = Some(face)
                .filter(|face| !tracks::blurred(face, width, MOST_BLUR))
                .and_then(|face| teeth::look(scene.frame, &face.mesh, width));
            let detail = teeth.as_ref().map_or(f64::NAN, |t| t.detail);
            if let Some(teeth) = teeth {
                mouth.keep(face, width, time_s, || Some(teeth.picture));
            }
            Ok([least, middle, iris, ear, detail])
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
            tracks::bare_gate(),
        ];
        let none = self.tracks.nothing(&gates);
        Ok(none.unwrap_or_else(|| said(*self)))
    }
}

/// An iris: its colour, and the samples that it was taken from.
struct Coloured {
    lab: [f64; 3],
    eye: Eye,
    taken: Vec<bool>,
}

/// Both irises.
struct Irises([Coloured; 2]);

impl Irises {
    /// Side by side, the subject's right one first.
    fn picture(&self) -> image::RgbImage {
        let one = |iris: &Coloured| outlined(&iris.eye.rgb, &iris.taken, eyes::SIDE, 2);
        beside(&self.0.each_ref().map(one))
    }
}

/// ΔE between both irises without pupil, rim and highlight.
fn irises(frame: &Frame<'_>, face: &Face) -> Option<(f64, Irises)> {
    let colour = |iris| -> Option<Coloured> {
        let eye = Eye::cut(frame, iris, LEAST_IRIS * face.clarity.enlarged())?;
        let mut taken = vec![false; eye.rgb.len()];
        let mut channels: [Vec<f64>; 3] = Default::default();
        for (i, c) in eye.ring(0.5, 0.85).filter(|(_, c)| brightest(*c) < 0.7) {
            taken[i] = true;
            for (values, v) in channels.iter_mut().zip(lab(c)) {
                values.push(v);
            }
        }
        let enough = channels[0].len() >= LEAST_SAMPLES;
        let [l, a, b] = &mut channels;
        let lab = [median(l)?, median(a)?, median(b)?];
        enough.then_some(Coloured { lab, eye, taken })
    };
    let [right, left] = face.irises.as_ref()?;
    let (right, left) = (colour(right)?, colour(left)?);
    Some((delta_e(right.lab, left.lab), Irises([right, left])))
}

fn said(symmetry: Symmetry) -> Finding {
    let Symmetry { tracks, halves, eyes, ears, mouth } = symmetry;
    let longest = tracks.longest();
    let measured = |number: u32, k: usize| {
        longest.iter().any(|track| track.number == number && track.median(k).is_some())
    };
    let known = |number: u32| longest.iter().any(|track| track.number == number);
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new(
        "Nobody is symmetric: no verdict.",
        "Niemand is symmetrisch: geen oordeel.",
    ));
    finding.warnings.push(Text::new(
        "Single earrings, eyes of two colours, partings and side light are genuine; on modern fakes these cues are at chance.",
        "Eén oorbel, ogen van twee kleuren, scheidingen en zijlicht zijn authentiek; op moderne deepfakes zijn deze kenmerken niet beter dan toeval.",
    ));
    finding.figures.extend(ears.only(known).figures(tracks.still, |track| {
        let (en, nl) = if measured(track, 3) {
            ("", "")
        } else {
            (
                "; hardly any skin is seen there, so nothing was measured: look at what is to be seen of jewellery",
                "; er is nauwelijks huid te zien, dus er is niets gemeten: kijk wat er van sieraden te zien is",
            )
        };
        Text::new(
            format!("Where the ears of face {track} are: the right one, and the left one mirrored{en}"),
            format!("Waar de oren van gezicht {track} zijn: het rechter, en het linker gespiegeld{nl}"),
        )
    }));
    finding.figures.extend(eyes.only(known).figures(tracks.still, |track| {
        Text::new(
            format!("Irises of face {track}, the subject's right one first; within the line what was compared"),
            format!("Irissen van gezicht {track}, eerst het rechter van de persoon; binnen de lijn wat is vergeleken"),
        )
    }));
    finding.figures.extend(halves.only(known).figures(tracks.still, |track| {
        Text::new(
            format!("Face {track} laid out on the mean head, and mirrored; framed, the patch that is least like its mirror image"),
            format!("Gezicht {track} uitgelegd op het gemiddelde hoofd, en gespiegeld; omkaderd het stuk dat het minst op zijn spiegelbeeld lijkt"),
        )
    }));
    finding.figures.extend(mouth.only(known).figures(tracks.still, |track| {
        Text::new(format!("Teeth of face {track}"), format!("Tanden van gezicht {track}"))
    }));
    let title = Text::new("Halves of each face (medians)", "Helften van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The halves of one face.
fn of(track: &Track) -> Finding {
    let told = |k: usize| track.median(k).map_or("–".to_owned(), |v| format!("{v:.2}"));
    let (patch, iris, ear, teeth) = (told(0), told(2), told(3), told(4));
    let (frames, beelden) = crate::text::frames(track.at.len());
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Halves of face {}: lowest likeness of a patch {patch}, colour difference of the irises {iris}, asymmetry of the ears {ear}, detail of the teeth {teeth} ({frames}; – where not seen).",
                track.number
            ),
            format!(
                "Helften van gezicht {}: laagste gelijkenis van een stuk {patch}, kleurverschil van de irissen {iris}, asymmetrie van de oren {ear}, detail van de tanden {teeth} ({beelden}; – waar niet te zien).",
                track.number
            ),
        ),
    );
    track.tell(&COLUMNS, &mut finding);
    finding
}
