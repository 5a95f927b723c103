//! Where a face is changed: the hull of a part of the mesh, deformed, with a
//! soft rim.

use super::draw::Draw;
use super::pixels::{Pixels, Waves};
use crate::faces::outline::{LEFT_BROW, LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE};

/// Points around the nose: its bridge, wings and base.
const NOSE: [usize; 12] = [168, 6, 122, 351, 129, 358, 64, 294, 98, 327, 2, 4];
/// Points of the cheeks beside the mouth and the chin.
const LOWER: [usize; 17] =
    [234, 93, 132, 58, 172, 136, 150, 149, 152, 378, 379, 365, 397, 288, 361, 454, 1];

/// What is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The face to its rim.
    Face,
    /// From the brows down.
    Inner,
    /// From the nose down.
    Lower,
    /// One eye with its brow.
    RightEye,
    /// The other.
    LeftEye,
    /// Both, with what lies between.
    Eyes,
    /// The nose.
    Nose,
    /// The mouth.
    Mouth,
}

/// All of a face, as face swaps and reenactments change it.
pub const WHOLE: [Part; 3] = [Part::Face, Part::Inner, Part::Lower];
/// A part, as retouching changes it.
pub const LOCAL: [Part; 5] = [Part::RightEye, Part::LeftEye, Part::Eyes, Part::Nose, Part::Mouth];

impl Part {
    fn points(self) -> Vec<usize> {
        let both = |a: &[usize], b: &[usize]| [a, b].concat();
        match self {
            Self::Face => OVAL.to_vec(),
            Self::Inner => [&RIGHT_BROW[..], &LEFT_BROW, &LOWER].concat(),
            Self::Lower => LOWER.to_vec(),
            Self::RightEye => both(&RIGHT_EYE, &RIGHT_BROW),
            Self::LeftEye => both(&LEFT_EYE, &LEFT_BROW),
            Self::Eyes => [&RIGHT_EYE[..], &LEFT_EYE, &RIGHT_BROW, &LEFT_BROW].concat(),
            Self::Nose => NOSE.to_vec(),
            Self::Mouth => LIPS_OUTER.to_vec(),
        }
    }

    fn is_local(self) -> bool {
        LOCAL.contains(&self)
    }
}

/// The mask of `part` for a face whose mesh is given in the picture's pixels:
/// 1 inside, 0 outside. Shiohara & Yamasaki (2022, section 3.2): a hull, deformed
/// elastically, blurred twice, and weakened by a ratio that is mostly 1.
pub fn mask(draw: &mut Draw, mesh: &[(f32, f32)], part: Part, side: usize) -> Pixels {
    let mut points: Vec<(f32, f32)> =
        part.points().iter().filter_map(|i| mesh.get(*i).copied()).collect();
    let count = points.len().max(1) as f32;
    let (cx, cy) = points.iter().fold((0.0, 0.0), |c, p| (c.0 + p.0 / count, c.1 + p.1 / count));
    let grow = if part.is_local() { draw.range(1.1, 1.6) } else { draw.range(0.85, 1.1) };
    let (across, down) = (grow * draw.range(0.95, 1.05), grow * draw.range(0.95, 1.05));
    for p in &mut points {
        *p = (cx + (p.0 - cx) * across, cy + (p.1 - cy) * down);
    }
    let plain = filled(&hull(points), side);
    let size = if part.is_local() { 2.0 } else { 4.0 };
    let size = draw.range(0.0, size);
    let waves = Waves::new(draw, side, side, side as f32 / 12.0, size);
    let bent = plain.warped(side, side, |x, y| {
        let (dx, dy) = waves.at(x, y);
        (x + dx, y + dy)
    });
    // Rims of 1 to 6 pixels of a crop of 256, twice: kernels of 5 to 25.
    let unit = side as f32 / 256.0;
    let soft = bent.blurred(unit * draw.scale(0.7, 4.5));
    // The rim lies inside the part: outside it stays as it is.
    let soft = soft.map(|v| (2.0 * v - 1.0).max(0.0));
    let soft = soft.blurred(unit * draw.scale(0.5, 3.0));
    let ratio = draw.pick(&[0.25, 0.5, 0.75, 1.0, 1.0, 1.0]).unwrap_or(1.0);
    soft.map(|v| (v * ratio).clamp(0.0, 1.0))
}

/// The convex hull (Andrew 1979), in order.
fn hull(mut points: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turn = |a: (f32, f32), b: (f32, f32), c: (f32, f32)| {
        (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
    };
    let half = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut kept: Vec<(f32, f32)> = Vec::new();
        for p in points {
            while let [.., a, b] = kept.as_slice() {
                if turn(*a, *b, p) > 0.0 {
                    break;
                }
                kept.pop();
            }
            kept.push(p);
        }
        kept.pop();
        kept
    };
    let mut all = half(&mut points.iter().copied());
    all.extend(half(&mut points.iter().rev().copied()));
    all
}

/// A convex polygon filled with 1.
fn filled(polygon: &[(f32, f32)], side: usize) -> Pixels {
    let mut mask = Pixels::new(side, side, 1);
    for (y, row) in mask.data.chunks_mut(side).enumerate() {
        let y = y as f32;
        let (mut from, mut to) = (f32::INFINITY, f32::NEG_INFINITY);
        for (i, a) in polygon.iter().enumerate() {
            let Some(b) = polygon.get((i + 1) % polygon.len()) else { continue };
            if (a.1 <= y) != (b.1 <= y) {
                let x = a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0);
                (from, to) = (from.min(x), to.max(x));
            }
        }
        for (x, v) in row.iter_mut().enumerate() {
            if (x as f32) >= from && (x as f32) <= to {
                *v = 1.0;
            }
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_fills_its_area_and_nothing_else() {
        let square = vec![(10.0, 10.0), (30.0, 10.0), (20.0, 20.0), (30.0, 30.0), (10.0, 30.0)];
        let mask = filled(&hull(square), 40);
        let area: f32 = mask.data.iter().sum();
        assert!((area - 420.0).abs() < 25.0, "{area}");
        assert_eq!(mask.data[20 * 40 + 20], 1.0);
        assert_eq!(mask.data[20 * 40 + 5], 0.0);
    }
}
