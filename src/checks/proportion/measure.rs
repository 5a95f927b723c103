//! Widths of face and shoulders.

use crate::faces::geometry::{self, CHEEKS, FOREHEAD_CHIN};
use crate::faces::person::Mask;
use crate::media::Rect;
use crate::text::Text;

/// Where the shoulders are looked for under the chin, in heights of the face
/// (hairline to chin, about 18 cm): the upper arms are widest some 20 cm under
/// the chin (ANSUR II: chin at 0.87, axilla at 0.75 of the stature).
const FROM: f32 = 1.0 / 3.0;
const TO: f32 = 7.0 / 6.0;
/// How far down the outline must be seen, in the same unit.
const LEAST: f32 = 0.9;
/// How much the outline may still grow over its last [`TAIL`]: more is no
/// shoulder yet, or an arm held away.
const GROWTH: f32 = 0.1;
const TAIL: f32 = 0.2;
/// Narrowest shoulders in widths of the face that are taken for some: a neck
/// has about one.
const NARROW: f32 = 1.6;

/// What is needed of a mesh.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Between the widest points, in three dimensions.
    width: f32,
    /// From hairline to chin.
    height: f32,
    chin: (f32, f32),
    cheeks: [(f32, f32); 2],
    /// Boxes of the other faces.
    others: Vec<Rect>,
}

/// Both widths in display pixels.
#[derive(Clone, Debug)]
pub struct Measured {
    face: f32,
    cheeks: [(f32, f32); 2],
    left: f32,
    right: f32,
    y: f32,
}

/// Why there is nothing to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Left, right or below the picture.
    CutOff,
    /// Still growing.
    Arms,
    /// Somebody else is in the outline.
    Others,
    /// The network sees no person there.
    NoPerson,
}

/// How many reasons there are.
pub const REASONS: usize = 4;

/// A reason in words.
pub fn reason(number: usize) -> Text {
    match number {
        0 => Text::new(
            "The shoulders are not wholly in the picture.",
            "De schouders zijn niet geheel in beeld.",
        ),
        1 => Text::new(
            "The outline goes on growing under the shoulders: arms away from the body, or something else in front.",
            "De omtrek wordt onder de schouders steeds breder: armen van het lichaam af, of iets anders ervoor.",
        ),
        2 => Text::new(
            "Another face is within the outline.",
            "Binnen de omtrek ligt nog een gezicht.",
        ),
        _ => Text::new(
            "No person is told from the background under the face.",
            "Onder het gezicht is geen persoon van de achtergrond te onderscheiden.",
        ),
    }
}

impl Outline {
    /// Of a mesh; `None` where it has no extent.
    pub fn of(mesh: &[[f32; 3]], others: impl Iterator<Item = Rect>) -> Option<Self> {
        let (a, b) = (mesh.get(CHEEKS.0)?, mesh.get(CHEEKS.1)?);
        let (top, chin) = (mesh.get(FOREHEAD_CHIN.0)?, mesh.get(FOREHEAD_CHIN.1)?);
        let flat = geometry::face_width(mesh)?;
        let width = flat.hypot(a[2] - b[2]);
        let height = (chin[0] - top[0]).hypot(chin[1] - top[1]).hypot(chin[2] - top[2]);
        let fine = width.is_finite() && height.is_finite() && width > 1.0 && height > 1.0;
        fine.then(|| Self {
            width,
            height,
            chin: (chin[0], chin[1]),
            cheeks: [(a[0], a[1]), (b[0], b[1])],
            others: others.collect(),
        })
    }
}

impl Measured {
    /// Shoulders over face.
    pub fn ratio(&self) -> f64 {
        f64::from((self.right - self.left) / self.face)
    }

    /// Both widths as lines: from, to, height in the picture.
    pub fn lines(&self) -> [(f32, f32, f32); 2] {
        let [a, b] = self.cheeks;
        [(a.0.min(b.0), a.0.max(b.0), (a.1 + b.1) / 2.0), (self.left, self.right, self.y)]
    }
}

/// Measures a face's shoulders in its mask.
pub fn measured(mask: &Mask, face: &Outline) -> Result<Measured, Refused> {
    let (x, chin) = face.chin;
    let row = |down: f32| mask.across(x, chin + down * face.height);
    // One row a sample of the mask.
    let rows = ((TO - FROM) * face.height / mask.step()).ceil().clamp(1.0, 512.0) as usize;
    let mut widths: Vec<(f32, f32, f32)> = Vec::new();
    for k in 0..=rows {
        let down = FROM + (TO - FROM) * k as f32 / rows as f32;
        let Some((left, right)) = row(down) else { break };
        widths.push((down, left, right));
    }
    let Some(&(last, ..)) = widths.last() else {
        // Outside the picture, or nobody there?
        let seen = mask.at(x, chin + FROM * face.height);
        return Err(match seen {
            Some(v) if v < 0.5 => Refused::NoPerson,
            _ => Refused::CutOff,
        });
    };
    if last < LEAST {
        return Err(Refused::CutOff);
    }
    let greatest = |to: f32| {
        let upper = widths.iter().filter(|(down, ..)| *down <= to);
        upper.max_by(|a, b| (a.2 - a.1).total_cmp(&(b.2 - b.1))).copied()
    };
    let (Some(all), Some(before)) = (greatest(f32::MAX), greatest(last - TAIL)) else {
        return Err(Refused::CutOff);
    };
    let (wide, earlier) = (all.2 - all.1, before.2 - before.1);
    if wide < NARROW * face.width {
        return Err(Refused::NoPerson);
    }
    if wide > (1.0 + GROWTH) * earlier {
        return Err(Refused::Arms);
    }
    let y = chin + all.0 * face.height;
    let body = Rect { x: all.1, y: chin, width: wide, height: (y - chin).max(1.0) };
    let head = Rect {
        x: x - face.width,
        y: chin - 1.2 * face.height,
        width: 2.0 * face.width,
        height: 1.2 * face.height,
    };
    if face.others.iter().any(|o| o.intersect(&body).is_some() || o.intersect(&head).is_some()) {
        return Err(Refused::Others);
    }
    Ok(Measured { face: face.width, cheeks: face.cheeks, left: all.1, right: all.2, y })
}
