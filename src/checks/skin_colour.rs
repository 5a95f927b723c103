//! Skin colour: face against neck and ears
//!
//! # What it measures
//!
//! The median colour of both cheeks is compared with that of the neck under the
//! chin and of both ears, as ΔE*ab: `delta_e_neck`, `delta_e_ear_right` and
//! `delta_e_ear_left`, and without lightness `delta_ab_neck`, because neck and
//! ears lie in the shadow of the face. A place counts only when its colour is
//! one that skin has beside this face (hue within 35 degrees, at least a third
//! of its saturation, at least a fifth of its light); hair, clothes and
//! background mostly are not. Two frames a second; medians of the face seen
//! longest, of 64 pixels and turned by less than 30 degrees.
//!
//! Reported, not scored.
//!
//! # When it misleads
//!
//! - Make-up, blush, sunburn, beards, shadow and coloured light part face and
//!   neck in genuine pictures.
//! - A garment or hair in the colour of skin is taken for skin.
//! - A swap that is matched in colour, as nearly all are, shows nothing.
//! - In 27 genuine portraits the ears differed by 6 to 51 (90 %): shadow, and
//!   hair that passes for skin.
//!
//! # References
//!
//! - CIE 15:2004, Colorimetry (ΔE*ab).
//!
//! # Titel
//!
//! Huidskleur: gezicht tegenover hals en oren
//!
//! # Wat het meet
//!
//! De mediane kleur van beide wangen wordt vergeleken met die van de hals onder
//! de kin en van beide oren, als ΔE*ab: `delta_e_neck`, `delta_e_ear_right` en
//! `delta_e_ear_left`, en zonder lichtheid `delta_ab_neck`, omdat hals en oren
//! in de schaduw van het gezicht liggen. Een plek telt alleen mee als de kleur
//! er een is die huid naast dit gezicht heeft (tint binnen 35 graden, minstens
//! een derde van de verzadiging, minstens een vijfde van het licht); haar,
//! kleding en achtergrond zijn dat meestal niet. Twee beelden per seconde;
//! medianen van het gezicht dat het langst te zien is, van 64 pixels en minder
//! dan 30 graden gedraaid.
//!
//! Gemeld, zonder score.
//!
//! # Wanneer het misleidt
//!
//! - Make-up, blos, zonnebrand, baarden, schaduw en gekleurd licht scheiden
//!   gezicht en hals ook in authentieke beelden.
//! - Kleding of haar in de kleur van huid wordt voor huid gehouden.
//! - Een verwisseling die in kleur is aangepast, zoals bijna elke, toont niets.
//! - In 27 authentieke portretten verschilden de oren 6 tot 51 (90 %): schaduw,
//!   en haar dat voor huid doorgaat.

#[cfg(test)]
mod tests;

use super::tracks::{self, Column, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::geometry::{CHEEKS, FOREHEAD_CHIN};
use crate::media::{Affine, Exhibit, FaceDetail, Frame, Kind, Needs, Rate};
use crate::signal::colour::{delta_e, lab};
use crate::signal::stats::median;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "skin-colour",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("skin_colour.rs"),
    make: |_: &Options| Box::new(SkinColour::default()),
};

const LEAST_WIDTH: f32 = 64.0;
const MOST_YAW: f32 = 30.0;
/// Half a patch, in widths of the face: half an ear is about that wide.
const PATCH: f32 = 0.035;
/// Samples along the side of a patch.
const SIDE: usize = 8;
/// What skin beside the face may differ by: hue in degrees, saturation and
/// light as parts of the cheek's. Twice the spread between cheek, neck and
/// fingertips of one person in daylight.
const HUE: f64 = 35.0;
const SATURATION: f64 = 1.0 / 3.0;
const LIGHT: f64 = 0.2;
/// Lightness under which colour is noise.
const DARK: f64 = 12.0;
const COLUMNS: [Column; 4] = [
    Column { quantity: "delta_e_neck", unit: "1", label: ("ΔE neck", "ΔE hals") },
    Column { quantity: "delta_ab_neck", unit: "1", label: ("Δab neck", "Δab hals") },
    Column { quantity: "delta_e_ear_right", unit: "1", label: ("ΔE right ear", "ΔE rechteroor") },
    Column { quantity: "delta_e_ear_left", unit: "1", label: ("ΔE left ear", "ΔE linkeroor") },
];

/// What was seen of skin so far.
#[derive(Default)]
struct SkinColour {
    tracks: Tracks,
}

impl Check for SkinColour {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(2.0), FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.tracks.measure(scene, |face| {
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
            row(scene.frame, &face.mesh, width).ok_or(2)
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let tracks = self.tracks;
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [
            small,
            turned,
            Text::new(
                "Neither neck nor ears are seen as skin beside the face, or the picture has no colour.",
                "Hals noch oren zijn als huid naast het gezicht te zien, of het beeld heeft geen kleur.",
            ),
        ];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks)))
    }
}

/// Colour of the neck where it is seen as skin under the chin of a face.
pub(super) fn neck(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<[f64; 3]> {
    let at = |i: usize| mesh.get(i).map(|p| (p[0], p[1]));
    let face = colour(frame, &[at(50)?, at(280)?, at(205)?, at(425)?], width)?;
    let chin = at(FOREHEAD_CHIN.1)?;
    let places = [(0.16, -0.2), (0.16, 0.0), (0.16, 0.2), (0.3, -0.2), (0.3, 0.0), (0.3, 0.2)];
    let colours = places.map(|(down, aside)| {
        colour(frame, &[(chin.0 + aside * width, chin.1 + down * width)], width)
            .filter(|c| beside(*c, face))
    });
    let all: Option<Vec<[f64; 3]>> = colours.into_iter().collect();
    middle(&all?)
}

/// The four columns; `None` where neither neck nor ears are seen.
fn row(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<[f64; 4]> {
    let at = |i: usize| mesh.get(i).map(|p| (p[0], p[1]));
    let cheeks = [at(50)?, at(280)?, at(205)?, at(425)?];
    let face = colour(frame, &cheeks, width)?;
    let (top, chin) = (at(FOREHEAD_CHIN.0)?, at(FOREHEAD_CHIN.1)?);
    let length = (chin.0 - top.0).hypot(chin.1 - top.1).max(1e-3);
    let down = ((chin.0 - top.0) / length, (chin.1 - top.1) / length);
    let from = |p: (f32, f32), along: f32, across: f32| {
        (
            p.0 + width * (along * down.0 + across * down.1),
            p.1 + width * (along * down.1 - across * down.0),
        )
    };
    let (right, left) = (at(CHEEKS.0)?, at(CHEEKS.1)?);
    let skin = |places: &[(f32, f32)]| {
        let colours = places.iter().filter_map(|p| colour(frame, &[*p], width));
        let fits: Vec<[f64; 3]> = colours.filter(|c| beside(*c, face)).collect();
        middle(&fits)
    };
    let neck = skin(&[
        from(chin, 0.16, -0.12),
        from(chin, 0.16, 0.0),
        from(chin, 0.16, 0.12),
        from(chin, 0.26, 0.0),
    ]);
    // Across the line from hairline to chin, outwards.
    let ear_right = skin(&[from(right, 0.0, -0.06), from(right, 0.06, -0.05)]);
    let ear_left = skin(&[from(left, 0.0, 0.06), from(left, 0.06, 0.05)]);
    if neck.is_none() && ear_right.is_none() && ear_left.is_none() {
        return None;
    }
    let apart = |c: Option<[f64; 3]>| c.map_or(f64::NAN, |c| delta_e(c, face));
    let flat = neck.map_or(f64::NAN, |c| (c[1] - face[1]).hypot(c[2] - face[2]));
    Some([apart(neck), flat, apart(ear_right), apart(ear_left)])
}

/// Whether a colour is one that skin beside a face may have.
fn beside(c: [f64; 3], face: [f64; 3]) -> bool {
    let (chroma, of_face) = (c[1].hypot(c[2]), face[1].hypot(face[2]));
    let turn = (c[2].atan2(c[1]) - face[2].atan2(face[1])).to_degrees();
    let turn = (turn + 180.0).rem_euclid(360.0) - 180.0;
    c[0] > DARK
        && c[0] > LIGHT * face[0]
        && of_face > 5.0
        && chroma > SATURATION * of_face
        && turn.abs() < HUE
}

/// Median L*a*b* of patches; `None` when one lies outside the picture.
fn colour(frame: &Frame<'_>, places: &[(f32, f32)], width: f32) -> Option<[f64; 3]> {
    let half = PATCH * width;
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    let mut samples = Vec::with_capacity(places.len() * SIDE * SIDE);
    let mut rgb = Vec::new();
    for (x, y) in places {
        if x - half < 0.0 || y - half < 0.0 || x + half > w || y + half > h {
            return None;
        }
        let step = 2.0 * half / SIDE as f32;
        frame.area(&Affine::scaling(step, step, x - half, y - half), SIDE, SIDE, &mut rgb);
        samples.extend(rgb.chunks_exact(3).map(|p| lab([p[0], p[1], p[2]])));
    }
    middle(&samples)
}

fn middle(samples: &[[f64; 3]]) -> Option<[f64; 3]> {
    let channel = |k: usize| median(&mut samples.iter().map(|c| c[k]).collect::<Vec<_>>());
    Some([channel(0)?, channel(1)?, channel(2)?])
}

fn said(tracks: &Tracks) -> Finding {
    let longest = tracks.longest();
    let Some(main) = longest.first() else {
        return Finding::abstain(Status::NotApplicable, Text::same("–"));
    };
    let number = |k: usize| main.median(k).map_or("–".to_owned(), |v| format!("{v:.0}"));
    let (neck, right, left, n) = (number(0), number(2), number(3), main.at.len());
    let (frames, beelden) = crate::text::frames(n);
    let mut finding = Finding::new(
        Status::Derived,
        Text::new(
            format!(
                "Colour of face {} against the neck ΔE {neck}, right ear {right}, left ear {left} ({frames}; – where no skin is seen). Reported, not scored.",
                main.number
            ),
            format!(
                "Kleur van gezicht {} tegen de hals ΔE {neck}, rechteroor {right}, linkeroor {left} ({beelden}; – waar geen huid te zien is). Gemeld, zonder score.",
                main.number
            ),
        ),
    );
    for (k, column) in COLUMNS.iter().enumerate() {
        finding.value(column.quantity, column.unit, main.median(k).unwrap_or(f64::NAN));
    }
    finding.warnings.push(Text::new(
        "Make-up, shadow, sunburn and coloured light part face and neck in genuine pictures.",
        "Make-up, schaduw, zonnebrand en gekleurd licht scheiden gezicht en hals ook in authentieke beelden.",
    ));
    tracks.warn_if_full(&mut finding);
    finding.measurements = tracks.measurements(&COLUMNS);
    let title = Text::new("Skin of each face (medians)", "Huid van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}
