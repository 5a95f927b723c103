//! Proportion: how wide are the shoulders against the face?
//!
//! # What it measures
//!
//! A head put on another body may be too large or too small for it. Around each
//! face a network tells the person from the background
//! (`models install selfie-segmentation`; twelve moments of a clip at most).
//! `shoulder_face_ratio` is the greatest width of that outline between a third
//! and one and a sixth of the face's height under the chin, over the width of
//! the face between its widest points; the median over the moments of the face
//! seen longest. The picture shows both widths.
//!
//! What people measure: in 33 consecutive records of men in the survey ANSUR II
//! the breadth over the upper arms is 3.2 to 4.2 times that of the face (mean
//! 3.6, standard deviation 0.2); women's shoulders are narrower (mean breadth of
//! all 450 mm against 510 mm). The outline is that of the clothes, so genuine
//! pictures lie above the lower end and may lie far above the upper one. The
//! ratio is reported with that range and is no score.
//!
//! It says nothing where the shoulders are not wholly in the picture, the arms
//! are away from the body, the face is under 48 pixels, turned by more than 20
//! degrees or leans by more than 20, or another face is within the outline.
//!
//! # When it misleads
//!
//! - Near the camera a head is drawn larger than the shoulders behind it: at half
//!   a metre by about a fifth.
//! - Shoulders turned aside are narrower; coats, long hair and a chair are wider.
//! - Children have larger heads for their shoulders.
//! - The network was made for video calls, and errs on patterns and in the dark.
//!
//! # References
//!
//! - Gordon et al. (2014), 2012 Anthropometric survey of U.S. Army personnel,
//!   NATICK/TR-15/007: bideltoid and bizygomatic breadth (public records).
//!
//! # Titel
//!
//! Verhouding: hoe breed zijn de schouders tegen het gezicht?
//!
//! # Wat het meet
//!
//! Een hoofd dat op een ander lichaam is gezet, kan daarvoor te groot of te
//! klein zijn. Rond elk gezicht onderscheidt een netwerk de persoon van de
//! achtergrond (`models install selfie-segmentation`; hooguit twaalf momenten van
//! een clip). `shoulder_face_ratio` is de grootste breedte van die omtrek tussen
//! een derde en een en een zesde gezichtshoogte onder de kin, gedeeld door de
//! breedte van het gezicht tussen de breedste punten; de mediaan over de momenten
//! van het gezicht dat het langst te zien is. De afbeelding toont beide breedten.
//!
//! Wat bij mensen is gemeten: in 33 opeenvolgende records van mannen in het
//! onderzoek ANSUR II is de breedte over de bovenarmen 3,2 tot 4,2 keer die van
//! het gezicht (gemiddelde 3,6, standaarddeviatie 0,2); schouders van vrouwen
//! zijn smaller (gemiddelde breedte van allen 450 mm tegen 510 mm). De omtrek is
//! die van de kleding: authentieke beelden liggen boven de ondergrens en kunnen
//! ver boven de bovengrens liggen. De verhouding wordt met dat bereik gemeld en
//! is geen score.
//!
//! Er wordt niets gezegd als de schouders niet geheel in beeld zijn, de armen
//! van het lichaam af staan, het gezicht smaller is dan 48 pixels, meer dan 20
//! graden gedraaid is of meer dan 20 helt, of een ander gezicht binnen de omtrek
//! ligt.
//!
//! # Wanneer het misleidt
//!
//! - Dicht bij de camera is een hoofd groter afgebeeld dan de schouders
//!   erachter: op een halve meter ongeveer een vijfde.
//! - Weggedraaide schouders zijn smaller; jassen, lang haar en een stoel zijn
//!   breder.
//! - Kinderen hebben grotere hoofden bij hun schouders.
//! - Het netwerk is gemaakt voor videobellen en vergist zich bij patronen en in
//!   het donker.

mod measure;

#[cfg(test)]
mod tests;

use self::measure::{Measured, measured};
use super::moments::{self, Moment, Moments};
use super::people::People;
use super::tracks;
use super::{Check, Entry, Figure, Finding, Group, Scene, Standing, Status};
use crate::Result;
use crate::faces::{Face, geometry};
use crate::media::{Exhibit, Frame, Kind, Needs, Rect};
use crate::signal::stats::median;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "proportion",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("proportion.rs"),
    make: |_| Box::new(Proportion::default()),
};

/// Moments a second, and kept at most: a body does not change.
const RATE: f64 = 0.5;
const MOST: usize = 12;
/// Narrowest face in pixels: shoulders of 170.
const LEAST_WIDTH: f32 = 48.0;
/// Largest turn and lean in degrees: beyond it shoulders are mostly turned too.
const MOST_TURN: f32 = 20.0;
/// Longer side of the picture shown.
const SHOWN: u32 = 640;
/// The population's range (see the head of this file).
const RANGE: (f64, f64) = (3.2, 4.2);

/// What was seen so far.
#[derive(Default)]
struct Proportion {
    moments: Moments<measure::Outline>,
    shown: Option<Shown>,
    /// Faces left out: too small or cut off, turned, tilted.
    refused: [u64; 3],
}

/// A picture of one face.
struct Shown {
    frame: u64,
    track: u32,
    image: image::RgbImage,
    /// Pixels of the picture for one display pixel.
    scale: f32,
    faces: Vec<Rect>,
}

impl Check for Proportion {
    fn needs(&self) -> Needs {
        moments::needs(RATE)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.moments.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let refused = &mut self.refused;
        self.moments.see(scene, MOST, |face| {
            let others = scene.faces.iter().filter(|f| f.track != face.track).map(|f| f.bounds);
            fits(face).map_err(|gate| refused[gate] += 1).ok()?;
            measure::Outline::of(&face.mesh, others)
        });
        // The picture is of a moment that is still kept.
        let kept = |frame: u64| self.moments.kept().iter().find(|m| m.frame == frame);
        let stale = self.shown.as_ref().is_none_or(|shown| kept(shown.frame).is_none());
        let here = kept(scene.frame.index).map(|m| m.track);
        if let Some(face) = scene.faces.iter().find(|f| stale && Some(f.track) == here) {
            self.shown = Some(show(scene.frame, face, scene.faces));
        }
        Ok(())
    }

    fn people(&mut self, people: &mut People) -> Result<()> {
        self.moments.people(people)
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_TURN);
        let tilted = Text::new(
            format!("Every face is tilted by more than {MOST_TURN} degrees."),
            format!("Elk gezicht staat meer dan {MOST_TURN} graden scheef."),
        );
        let gates = [small, turned, tilted];
        let most = (0..gates.len()).rev().max_by_key(|i| self.refused[*i]).unwrap_or(0);
        if let Some(finding) = self.moments.nothing(gates[most].clone()) {
            return Ok(finding);
        }
        let masks = match self.moments.masks() {
            Ok(masks) => masks,
            Err(why) => return Ok(Finding::abstain(Status::Insufficient, why.clone())),
        };
        let mut found = Vec::new();
        let mut refused = [0; measure::REASONS];
        for (moment, mask) in self.moments.kept().iter().zip(masks) {
            match measured(mask, &moment.kept) {
                Ok(measured) => found.push((moment, measured)),
                Err(why) => refused[why as usize] += 1,
            }
        }
        Ok(said(&self, &found, refused))
    }
}

/// Whether it is large enough, facing the camera and upright, or the gate that it fails.
fn fits(face: &Face) -> Result<(), usize> {
    tracks::fit(face, LEAST_WIDTH, MOST_TURN)?;
    let upright = geometry::pose(&face.mesh).is_some_and(|p| p.roll.abs() <= MOST_TURN);
    if upright { Ok(()) } else { Err(2) }
}

fn show(frame: &Frame<'_>, face: &Face, all: &[Face]) -> Shown {
    let image = frame.rgb8(SHOWN);
    let scale = image.width() as f32 / frame.display_width.max(1) as f32;
    let faces = all.iter().filter(|f| f.sure()).map(|f| Rect {
        x: f.bounds.x * scale,
        y: f.bounds.y * scale,
        width: f.bounds.width * scale,
        height: f.bounds.height * scale,
    });
    Shown { frame: frame.index, track: face.track, faces: faces.collect(), image, scale }
}

fn said(
    check: &Proportion,
    found: &[(&Moment<measure::Outline>, Measured)],
    refused: [usize; measure::REASONS],
) -> Finding {
    let faces = check.moments.faces(found);
    let Some((first, others)) = faces.split_first() else {
        let most = (0..measure::REASONS).max_by_key(|i| (refused[*i], std::cmp::Reverse(*i)));
        return Finding::abstain(Status::Insufficient, measure::reason(most.unwrap_or(0)));
    };
    let mut finding = of(*first, found);
    for other in others {
        finding.beside(other.0, of(*other, found));
    }
    let (low, high) = RANGE;
    finding.says_too(&Text::measured(
        format!(
            "Men measured without clothes: {low} to {high}; women narrower. Reported, not scored."
        ),
        format!(
            "Bij mannen zonder kleding gemeten: {low} tot {high}; bij vrouwen smaller. Gemeld, zonder score."
        ),
    ));
    finding.warnings.push(Text::new(
        "The outline is that of the clothes. A near camera makes the head larger, turned shoulders are narrower, and children differ.",
        "De omtrek is die van de kleding. Een nabije camera maakt het hoofd groter, weggedraaide schouders zijn smaller, en kinderen wijken af.",
    ));
    let row =
        |(m, r): &(&Moment<_>, Measured)| check.moments.row(m, "shoulder_face_ratio", r.ratio());
    finding.measurements = found.iter().map(row).collect();
    finding.figures.extend(picture(check, found));
    finding
}

/// The shoulders of one face, seen at `n` moments.
fn of((track, n): (u32, usize), found: &[(&Moment<measure::Outline>, Measured)]) -> Finding {
    let all = found.iter().filter(|(m, _)| m.track == track).map(|(_, r)| r.ratio());
    let ratio = median(&mut all.collect::<Vec<_>>()).unwrap_or(f64::NAN);
    let (moments, momenten) = if n == 1 { ("moment", "moment") } else { ("moments", "momenten") };
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "The shoulders of face {track} are {ratio:.2} times as wide as the face ({n} {moments})."
            ),
            format!(
                "De schouders van gezicht {track} zijn {ratio:.2} keer zo breed als het gezicht ({n} {momenten})."
            ),
        ),
    );
    finding.value("shoulder_face_ratio", "1", ratio);
    finding.value("shoulder_moments", "1", n as f64);
    finding
}

/// The first picture with both widths drawn in.
fn picture(check: &Proportion, found: &[(&Moment<measure::Outline>, Measured)]) -> Option<Figure> {
    let shown = check.shown.as_ref()?;
    let same = |m: &Moment<_>| m.frame == shown.frame && m.track == shown.track;
    let (moment, measured) = found.iter().find(|(m, _)| same(m))?;
    let mut image = shown.image.clone();
    for (from, to, y) in measured.lines() {
        let (from, to, y) = (from * shown.scale, to * shown.scale, y * shown.scale);
        let thick = (image.height() / 240).max(1);
        for x in from.max(0.0) as u32..(to.max(0.0) as u32).min(image.width()) {
            for k in 0..thick {
                if let Some(pixel) = image.get_pixel_mut_checked(x, y.max(0.0) as u32 + k) {
                    *pixel = image::Rgb([255, 220, 0]);
                }
            }
        }
    }
    Some(Figure::Picture {
        title: Text::new(
            format!("Face {}: width of the face and of the shoulders", shown.track),
            format!("Gezicht {}: breedte van gezicht en schouders", shown.track),
        ),
        image,
        faces: shown.faces.clone(),
        time_s: (!check.moments.still).then_some(moment.time_s),
    })
}
