//! Eye highlights: do both eyes mirror the same lamps?
//!
//! # What it measures
//!
//! The cornea is a small convex mirror. Bright spots (the brightest of R, G and
//! B over 0.7) inside each iris and between the lids are taken, the irises laid
//! over each other, and `corneal_iou` is the area common to both over the area
//! of either, from 0 to 1. Where the spot lies says where the lamp is: with N
//! the normal of the cornea there (a sphere of 7.8 mm behind an iris of 5.85
//! mm radius) and V towards the camera, L = 2(V·N)N − V. Given are azimuth
//! (positive: right in the picture) and elevation (positive: above) for the
//! mean of both eyes, and `highlight_difference_deg`, the angle between them.
//!
//! Irises of 40 pixels, a highlight of 0.5 % to 30 % of the iris in each eye and no
//! spectacles (`bridge_line` of the faces) are needed. Two frames a second; values are medians of the face seen
//! longest.
//!
//! # When it misleads
//!
//! - A lamp or window near by lies in another direction from each eye and is
//!   mirrored differently in genuine pictures too.
//! - Lids, lashes, spectacles and contact lenses hide or add highlights; an eye
//!   that looks aside turns its cornea.
//! - The published separation (area under the curve 0.94 on 500 portraits of
//!   StyleGAN2 and 500 of FFHQ) was for one generator of 2020, at high
//!   resolution; newer ones often mirror well.
//!
//! # References
//!
//! - Hu, Li and Lyu (2021), Exposing GAN-generated faces using inconsistent
//!   corneal specular highlights, ICASSP.
//! - Johnson and Farid (2007), Exposing digital forgeries through specular
//!   highlights on the eye, Information Hiding.
//!
//! # Titel
//!
//! Spiegelingen in de ogen: weerspiegelen beide ogen dezelfde lampen?
//!
//! # Wat het meet
//!
//! Het hoornvlies is een kleine bolle spiegel. Heldere plekken (de helderste
//! van R, G en B boven 0,7) binnen elke iris en tussen de oogleden worden
//! genomen, de irissen op elkaar gelegd, en `corneal_iou` is het
//! gemeenschappelijke oppervlak gedeeld door dat van beide samen, van 0 tot 1.
//! Waar de plek ligt, zegt waar de lamp is: met N de normaal van het hoornvlies
//! daar (een bol van 7,8 mm achter een iris van 5,85 mm straal) en V naar de
//! camera is L = 2(V·N)N − V. Gegeven worden azimut (positief: rechts in beeld)
//! en elevatie (positief: boven) voor het gemiddelde van beide ogen, en
//! `highlight_difference_deg`, de hoek ertussen.
//!
//! Nodig zijn irissen van 40 pixels en in elk oog een glimlicht van 0,5 % tot
//! 30 % van de iris, en geen bril (`bridge_line` van de gezichten). Twee beelden per seconde; de waarden zijn medianen van
//! het gezicht dat het langst te zien is.
//!
//! # Wanneer het misleidt
//!
//! - Een lamp of raam dichtbij ligt vanuit elk oog in een andere richting en
//!   spiegelt ook in authentieke beelden verschillend.
//! - Oogleden, wimpers, brillen en lenzen verbergen glimlichten of voegen ze
//!   toe; een oog dat opzij kijkt, draait zijn hoornvlies.
//! - Het gepubliceerde onderscheid (oppervlak onder de curve 0,94 op 500
//!   portretten van StyleGAN2 en 500 van FFHQ) gold één generator uit 2020, in
//!   hoge resolutie; nieuwere spiegelen vaak goed.

#[cfg(test)]
mod tests;

use super::eyes::{Eye, SIDE, brightest};
use super::shown::{Shown, beside, outlined};
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "eye-highlights",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("eye_highlights.rs"),
    make: |_: &Options| Box::new(Highlights::default()),
};

/// Least diameter of an iris in display pixels (recipe).
const LEAST_IRIS: f32 = 40.0;
/// Blur in diameters of the iris above which highlights melt.
const MOST_BLUR: f32 = 0.08;
/// Brightness from which a sample is a highlight (recipe; Hu et al. 2021).
const BRIGHT: f32 = 0.7;
/// Part of the iris that a highlight takes: less is noise, more is a bright
/// iris or a closed lid.
const SHARE: (f64, f64) = (0.005, 0.30);
/// Radius of the cornea in radii of the iris (Johnson & Farid 2007: 7.8 mm).
const CORNEA: f64 = 7.8 / 5.85;
const COLUMNS: [Column; 4] = [
    Column { quantity: "corneal_iou", unit: "1", label: ("IoU", "IoU") },
    Column {
        quantity: "highlight_azimuth_deg", unit: "deg", label: ("azimuth (°)", "azimut (°)")
    },
    Column {
        quantity: "highlight_elevation_deg",
        unit: "deg",
        label: ("elevation (°)", "elevatie (°)"),
    },
    Column {
        quantity: "highlight_difference_deg",
        unit: "deg",
        label: ("between the eyes (°)", "tussen de ogen (°)"),
    },
];

/// What was seen of highlights so far.
#[derive(Default)]
struct Highlights {
    tracks: Tracks,
    shown: Shown,
}

impl Check for Highlights {
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
            if tracks::eyes_hidden(face) {
                return Err(4);
            }
            let least = LEAST_IRIS * face.clarity.enlarged();
            let eyes = face.irises.as_ref().and_then(|[right, left]| {
                let cut = |iris| Eye::cut(scene.frame, iris, least);
                Some([cut(right)?, cut(left)?])
            });
            let eyes = eyes.ok_or(0usize)?;
            if face.clarity.spectacles() {
                return Err(3);
            }
            if tracks::blurred(face, eyes[0].diameter, MOST_BLUR) {
                return Err(2);
            }
            let masks = [highlight(&eyes[0]).ok_or(1usize)?, highlight(&eyes[1]).ok_or(1usize)?];
            shown.keep(face, eyes[0].diameter, scene.frame.time_s, || {
                let one = |k: usize| outlined(&eyes[k].rgb, &masks[k], SIDE, 4);
                Some(beside(&[one(0), one(1)]))
            });
            Ok(row(&masks))
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Self { tracks, shown } = *self;
        let gates = [
            Text::new(
                format!("No iris is {LEAST_IRIS} pixels wide."),
                format!("Geen iris is {LEAST_IRIS} pixels breed."),
            ),
            Text::new(
                "A highlight is not seen in both eyes.",
                "Er is geen glimlicht in beide ogen te zien.",
            ),
            tracks::sharp_gate(),
            Text::new(
                "A line crosses the bridge of the nose: through spectacles, glare of a lens cannot be told from a highlight of the eye.",
                "Over de neusbrug loopt een lijn: bij een bril is een spiegeling van een glas niet te onderscheiden van een glimlicht in het oog.",
            ),
            tracks::eyes_gate(),
        ];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks, shown)))
    }
}

/// The highlight of an eye: which samples, if they are few enough and enough.
fn highlight(eye: &Eye) -> Option<Vec<bool>> {
    let mut mask = vec![false; eye.rgb.len()];
    let (mut bright, mut all) = (0.0, 0.0);
    for (i, colour) in eye.ring(0.0, 0.95) {
        all += 1.0;
        if brightest(colour) > BRIGHT {
            bright += 1.0;
            mask[i] = true;
        }
    }
    let share: f64 = bright / f64::max(all, 1.0);
    (share >= SHARE.0 && share <= SHARE.1).then_some(mask)
}

/// Overlap of both highlights, the best of all shifts by up to a tenth of the iris
/// each way: its centre is not known better than that.
fn overlap(masks: &[Vec<bool>; 2]) -> f64 {
    let step = Eye::place(1).0 - Eye::place(0).0;
    let reach = (0.2 / step).round() as isize;
    let at = |mask: &[bool], x: isize, y: isize| {
        let inside = (0..SIDE as isize).contains(&x) && (0..SIDE as isize).contains(&y);
        inside && mask.get(y as usize * SIDE + x as usize) == Some(&true)
    };
    let shifted = |dx: isize, dy: isize| {
        let (mut both, mut either) = (0u32, 0u32);
        for y in 0..SIDE as isize {
            for x in 0..SIDE as isize {
                let (a, b) = (at(&masks[0], x, y), at(&masks[1], x + dx, y + dy));
                both += u32::from(a && b);
                either += u32::from(a || b);
            }
        }
        f64::from(both) / f64::from(either.max(1))
    };
    let all = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)));
    all.map(|(dx, dy)| shifted(dx, dy)).fold(0.0, f64::max)
}

/// Overlap, direction and difference of the highlights in both eyes.
fn row(masks: &[Vec<bool>; 2]) -> [f64; 4] {
    let iou = overlap(masks);
    let lights = masks.each_ref().map(|mask| {
        let places = mask.iter().enumerate().filter(|(_, m)| **m).map(|(i, _)| Eye::place(i));
        let (mut sum, mut n) = ((0.0, 0.0), 0.0);
        for (x, y) in places {
            sum = (sum.0 + f64::from(x), sum.1 + f64::from(y));
            n += 1.0;
        }
        mirrored(sum.0 / n, sum.1 / n)
    });
    let [a, b] = lights;
    let dot: f64 = (0..3).map(|k| a[k] * b[k]).sum();
    let mean: [f64; 3] = std::array::from_fn(|k| a[k] + b[k]);
    let azimuth = mean[0].atan2(mean[2]).to_degrees();
    let elevation = mean[1].atan2(mean[0].hypot(mean[2])).to_degrees();
    [iou, azimuth, elevation, dot.clamp(-1.0, 1.0).acos().to_degrees()]
}

/// Towards the lamp whose mirror image lies `x` right of and `y` under the
/// centre of the iris, in its radii; x right, y up, z to the viewer.
fn mirrored(x: f64, y: f64) -> [f64; 3] {
    let (nx, ny) = (x / CORNEA, -y / CORNEA);
    let nz = (1.0 - nx * nx - ny * ny).max(0.0).sqrt();
    [2.0 * nz * nx, 2.0 * nz * ny, 2.0 * nz * nz - 1.0]
}

fn said(tracks: &Tracks, shown: Shown) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new(
        "Lamps near by, spectacles and the place of the iris, known to a tenth of its width (17° here), make highlights differ in genuine pictures too.",
        "Nabije lampen, een bril en de plaats van de iris, bekend op een tiende van de breedte (hier 17°), laten glimlichten ook in authentieke beelden verschillen.",
    ));
    finding.warnings.push(Text::new(
        "Of historical interest: lids, spectacles and lamps near by make highlights differ in genuine pictures, and newer generators mirror well.",
        "Van historisch belang: oogleden, brillen en nabije lampen laten glimlichten ook in authentieke beelden verschillen, en nieuwere generatoren spiegelen goed.",
    ));
    finding.figures.extend(shown.figures(tracks.still, |track| {
        Text::new(
            format!("Eyes of face {track}, the subject's right one first, with their highlights"),
            format!(
                "Ogen van gezicht {track}, eerst het rechter van de persoon, met hun glimlichten"
            ),
        )
    }));
    let title = Text::new("Overlap of the highlights", "Overlap van de glimlichten");
    finding.figures.extend(tracks.curves(&title, &Text::same("IoU"), &[0], &COLUMNS));
    let title =
        Text::new("Highlights of each face (medians)", "Glimlichten van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The highlights of one face.
fn of(track: &Track) -> Finding {
    let [iou, azimuth, elevation, apart] =
        [0, 1, 2, 3].map(|k| track.median(k).unwrap_or(f64::NAN));
    let (frames, beelden) = crate::text::frames(track.at.len());
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Highlights in the eyes of face {} overlap by {iou:.2} (0–1) and point {apart:.0}° apart ({frames}).",
                track.number
            ),
            format!(
                "De glimlichten in de ogen van gezicht {} overlappen voor {iou:.2} (0–1) en wijzen {apart:.0}° uiteen ({beelden}).",
                track.number
            ),
        ),
    );
    finding.value("corneal_iou", "1", iou);
    finding.value("highlight_deg_azimuth", "deg", azimuth);
    finding.value("highlight_deg_elevation", "deg", elevation);
    finding.value("highlight_difference_deg", "deg", apart);
    finding
}
