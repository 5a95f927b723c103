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
//! longest, of 64 pixels, turned by less than 30 degrees and with bare cheeks.
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
//! dan 30 graden gedraaid, met onbedekte wangen.
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

use image::{Rgb, RgbImage};

use super::shown::{Shown, beside};
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::Part;
use crate::faces::clarity::{alike, colour, middle, no_hair};
use crate::faces::geometry::{CHEEKS, FOREHEAD_CHIN};
use crate::media::{Exhibit, FaceDetail, Frame, Kind, Needs, Rate};
use crate::signal::colour::{delta_e, srgb};
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
    shown: Shown,
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
        let shown = &mut self.shown;
        self.tracks.measure(scene, |face| {
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
            if tracks::covered(face, &[Part::RightCheek, Part::LeftCheek]) {
                return Err(3);
            }
            let skin = Skin::of(scene.frame, &face.mesh, width).ok_or(2usize)?;
            shown.keep(face, width, scene.frame.time_s, || Some(skin.swatches()));
            Ok(skin.row())
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Self { tracks, shown } = *self;
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [
            small,
            turned,
            Text::new(
                "Neither neck nor ears are seen as skin beside the face, or the picture has no colour.",
                "Hals noch oren zijn als huid naast het gezicht te zien, of het beeld heeft geen kleur.",
            ),
            tracks::bare_gate(),
        ];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks, shown)))
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
            .filter(|c| alike(*c, face))
    });
    let all: Option<Vec<[f64; 3]>> = colours.into_iter().collect();
    middle(&all?)
}

/// Colours (L*a*b*) of skin on and beside a face.
struct Skin {
    cheeks: [f64; 3],
    neck: Option<[f64; 3]>,
    ear_right: Option<[f64; 3]>,
    ear_left: Option<[f64; 3]>,
}

impl Skin {
    /// `None` where neither neck nor ears are seen.
    fn of(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<Self> {
        let at = |i: usize| mesh.get(i).map(|p| (p[0], p[1]));
        let cheeks = colour(frame, &[at(50)?, at(280)?, at(205)?, at(425)?], width)?;
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
            let fits: Vec<[f64; 3]> = colours.filter(|c| alike(*c, cheeks)).collect();
            middle(&fits)
        };
        // Where an ear would be there is hair as often as skin: most of six places, across
        // the line from hairline to chin and outwards, are to be skin.
        let ear = |cheek: (f32, f32), outwards: f32| {
            let colours: Vec<[f64; 3]> = [-0.02, 0.03, 0.08]
                .iter()
                .flat_map(|along| [0.04, 0.07].map(|across| from(cheek, *along, outwards * across)))
                .filter_map(|place| colour(frame, &[place], width))
                .filter(|c| alike(*c, cheeks) && no_hair(*c, cheeks))
                .collect();
            if colours.len() < 4 { None } else { middle(&colours) }
        };
        let neck = skin(&[
            from(chin, 0.16, -0.12),
            from(chin, 0.16, 0.0),
            from(chin, 0.16, 0.12),
            from(chin, 0.26, 0.0),
        ]);
        let (ear_right, ear_left) = (ear(right, -1.0), ear(left, 1.0));
        let any = neck.is_some() || ear_right.is_some() || ear_left.is_some();
        any.then_some(Self { cheeks, neck, ear_right, ear_left })
    }

    /// The four columns.
    fn row(&self) -> [f64; 4] {
        let apart = |c: Option<[f64; 3]>| c.map_or(f64::NAN, |c| delta_e(c, self.cheeks));
        let flat =
            self.neck.map_or(f64::NAN, |c| (c[1] - self.cheeks[1]).hypot(c[2] - self.cheeks[2]));
        [apart(self.neck), flat, apart(self.ear_right), apart(self.ear_left)]
    }

    /// Cheeks, neck, right and left ear as squares of their colour, hatched
    /// where not seen.
    fn swatches(&self) -> RgbImage {
        const SQUARE: u32 = 96;
        let all = [Some(self.cheeks), self.neck, self.ear_right, self.ear_left];
        beside(&all.map(|colour| match colour {
            Some(lab) => {
                let levels = srgb(lab).map(|v| (255.0 * v).round() as u8);
                RgbImage::from_pixel(SQUARE, SQUARE, Rgb(levels))
            }
            None => RgbImage::from_fn(SQUARE, SQUARE, |x, y| {
                Rgb([if (x + y) % 12 < 2 { 120 } else { 240 }; 3])
            }),
        }))
    }
}

fn said(tracks: &Tracks, shown: Shown) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new("Reported, not scored.", "Gemeld, zonder score."));
    finding.warnings.push(Text::new(
        "Make-up, shadow, sunburn and coloured light part face and neck in genuine pictures.",
        "Make-up, schaduw, zonnebrand en gekleurd licht scheiden gezicht en hals ook in authentieke beelden.",
    ));
    finding.figures.extend(shown.figures(tracks.still, |track| {
        Text::new(
            format!("Skin of face {track}: cheeks, neck, right ear, left ear (hatched: not seen)"),
            format!("Huid van gezicht {track}: wangen, hals, rechteroor, linkeroor (gearceerd: niet te zien)"),
        )
    }));
    let title = Text::new("Skin of each face (medians)", "Huid van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The skin of one face.
fn of(track: &Track) -> Finding {
    let number = |k: usize| track.median(k).map_or("–".to_owned(), |v| format!("{v:.0}"));
    let (neck, right, left) = (number(0), number(2), number(3));
    let (frames, beelden) = crate::text::frames(track.at.len());
    let mut finding = Finding::new(
        Status::Derived,
        Text::new(
            format!(
                "Colour of face {} against the neck ΔE {neck}, right ear {right}, left ear {left} ({frames}; – where no skin is seen).",
                track.number
            ),
            format!(
                "Kleur van gezicht {} tegen de hals ΔE {neck}, rechteroor {right}, linkeroor {left} ({beelden}; – waar geen huid te zien is).",
                track.number
            ),
        ),
    );
    track.tell(&COLUMNS, &mut finding);
    finding
}
