//! How clearly a face is seen: how far its edges are spread, which parts of it
//! are covered, and whether it wears spectacles.
//!
//! # Blur
//!
//! Where brightness steps, a picture blurred by a Gaussian of standard
//! deviation σ and the same blurred once more by σ₀ have gradients whose ratio
//! is √(1 + σ₀²/σ²) (Zhuo and Sim 2011, Defocus map estimation from a single
//! image, Pattern Recognition 44, section 3). Edges are the ridges of the
//! gradient among brows, eyes and mouth, where every face has some.
//!
//! # Cover
//!
//! The colours of forehead, nose, cheeks and chin are compared. What differs
//! from most of them as skin of one face does not is covered: hair, a mask, a
//! microphone, a beard. A hand or another face is skin, and is not noticed;
//! nor is anything in a picture without colour.
//!
//! # Spectacles
//!
//! Their bridge crosses the nose between the eyes, where skin is smooth: a dark or
//! bright line over the whole width of a strip down the nose. Figures:
//! `reports/spectacles.md`.

use super::geometry;
use crate::media::{Affine, Frame, Gray, Rect};
use crate::signal::colour::lab;
use crate::signal::filter::gaussian;
use crate::signal::stats::{median, quantile};

/// Parts of a face that can be covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Between the brows and the hair.
    Forehead,
    /// The bridge of the nose.
    Nose,
    /// The subject's right cheek.
    RightCheek,
    /// The subject's left cheek.
    LeftCheek,
    /// Under the lower lip.
    Chin,
    /// Over and under the subject's right eye: dark glasses, a bar, hair.
    RightEye,
    /// The same of the left one.
    LeftEye,
}

impl Part {
    /// All of them, in the order of [`Clarity::covered`].
    pub const ALL: [Self; 7] = [
        Self::Forehead,
        Self::Nose,
        Self::RightCheek,
        Self::LeftCheek,
        Self::Chin,
        Self::RightEye,
        Self::LeftEye,
    ];
    /// Both eyes.
    pub const EYES: [Self; 2] = [Self::RightEye, Self::LeftEye];

    /// Mesh points in the middle of patches of it.
    const fn points(self) -> &'static [usize] {
        match self {
            Self::Forehead => &[151, 108, 337],
            Self::Nose => &[195, 5],
            Self::RightCheek => &[50, 205],
            Self::LeftCheek => &[280, 425],
            Self::Chin => &[199, 200],
            Self::RightEye => &[230, 223],
            Self::LeftEye => &[450, 443],
        }
    }
}

/// How clearly a face is seen. The default knows nothing and holds nothing
/// against the face.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clarity {
    /// Standard deviation of the blur at the median edge, in display pixels;
    /// `None` without edges. Eight genuine portraits of about 270 pixels had a
    /// median of 0.6, and 2.3, 3.3, 4.3 when blurred by 2, 3 and 4.
    pub blur_px: Option<f32>,
    /// Whether each of [`Part::ALL`] is covered.
    pub covered: [bool; 7],
    /// Whether an eye, the nose or the mouth lies outside the picture: what the mesh
    /// says of such a face is a guess.
    pub cut_off: bool,
    /// Contrast of the strongest line across the bridge of the nose, as a part of
    /// the skin's brightness; `None` where it is not seen.
    pub bridge_line: Option<f32>,
}

impl Clarity {
    /// Whether a part is covered.
    pub fn covers(&self, part: Part) -> bool {
        self.covered[part as usize]
    }

    /// Whether it wears spectacles, as far as a line across the bridge tells.
    pub fn spectacles(&self) -> bool {
        self.bridge_line.is_some_and(|line| line > SPECTACLES)
    }

    /// How many times the picture could be made smaller without losing detail:
    /// pixels made by enlarging do not count.
    pub fn enlarged(&self) -> f32 {
        self.blur_px.map_or(1.0, |blur| (blur / SHARP).max(1.0))
    }

    /// How many parts are covered.
    pub fn parts_covered(&self) -> usize {
        self.covered.iter().filter(|c| **c).count()
    }

    /// How many parts beside the eyes are covered.
    pub fn skin_covered(&self) -> usize {
        self.parts_covered() - Part::EYES.iter().filter(|part| self.covers(**part)).count()
    }
}

/// Looks at the face of this mesh.
pub fn of(frame: &Frame<'_>, mesh: &[[f32; 3]]) -> Clarity {
    let Some(width) = geometry::face_width(mesh).filter(|w| w.is_finite() && *w >= 8.0) else {
        return Clarity::default();
    };
    Clarity {
        blur_px: blur(frame, mesh, width),
        covered: covered(frame, mesh, width),
        cut_off: cut_off(frame, mesh),
        bridge_line: bridge_line(frame, mesh, width),
    }
}

/// Blur in pixels up to which a picture is as sharp as its pixels allow: genuine
/// portraits have 0.6 (median of eight), the same enlarged by k about k times that.
const SHARP: f32 = 1.2;

/// Whether a corner of an eye or the mouth, or the tip of the nose, lies outside the
/// picture.
pub(super) fn cut_off(frame: &Frame<'_>, mesh: &[[f32; 3]]) -> bool {
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    let outside = |p: &[f32; 3]| !((0.0..w).contains(&p[0]) && (0.0..h).contains(&p[1]));
    [33, 133, 362, 263, 61, 291, 1].iter().filter_map(|i| mesh.get(*i)).any(outside)
}

/// Line across the bridge above which a face is taken to wear spectacles: one in
/// twenty of 267 bare portraits exceeds it (reports/spectacles.md).
const SPECTACLES: f32 = 0.2;
/// The strip down the nose, in samples of [`GRAIN`] widths of the face: columns,
/// rows, and how many rows lie over the line through the inner corners of the eyes.
const STRIP: [usize; 2] = [15, 36];
const OVER: f32 = 20.0;
const GRAIN: f32 = 0.008;
/// Columns that are averaged, and samples from the middle of a line to what lies
/// beside it.
const GROUP: usize = 3;
const BESIDE: usize = 2;
/// Added to the brightness that contrast is a part of, so that darkness has none.
const FLOOR: f32 = 0.04;

/// The strongest line across the bridge of the nose: the second difference down a
/// strip, in the median of its columns, so that a crease or a lash which does not
/// cross it all counts for nothing.
fn bridge_line(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<f32> {
    let at = |i: usize| mesh.get(i).map(|p| (p[0], p[1]));
    let (right, left) = (at(133)?, at(362)?);
    let angle = (left.1 - right.1).atan2(left.0 - right.0);
    let step = GRAIN * width;
    let (sin, cos) = angle.sin_cos();
    let (back, up) = (STRIP[0] as f32 / 2.0 * step, OVER * step);
    let x = (left.0 + right.0) / 2.0 - back * cos + up * sin;
    let y = (left.1 + right.1) / 2.0 - back * sin - up * cos;
    let map = Affine::similarity(step, angle, x, y);
    let whole = |u: f32, v: f32| {
        let (x, y) = map.apply(u, v);
        (0.0..frame.display_width as f32).contains(&x)
            && (0.0..frame.display_height as f32).contains(&y)
    };
    let (w, h) = (STRIP[0] as f32, STRIP[1] as f32);
    if ![(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)].iter().all(|&(u, v)| whole(u, v)) {
        return None;
    }
    let mut rgb = Vec::new();
    frame.area(&map, STRIP[0], STRIP[1], &mut rgb);
    let grey = |p: &[f32]| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    let cells: Vec<f32> =
        rgb.chunks_exact(3 * GROUP).map(|c| c.chunks_exact(3).map(grey).sum::<f32>()).collect();
    let columns = STRIP[0] / GROUP;
    let skin = median(&mut cells.iter().map(|v| f64::from(*v)).collect::<Vec<_>>())? as f32;
    let level = skin / GROUP as f32 + FLOOR;
    let rows = cells.len() / columns;
    (BESIDE..rows.saturating_sub(BESIDE))
        .filter_map(|row| {
            let bend = (0..columns).map(|k| {
                let at = |row: usize| cells[row * columns + k] / GROUP as f32;
                let bend = at(row - BESIDE) + at(row + BESIDE) - 2.0 * at(row);
                f64::from((bend / level).abs())
            });
            median(&mut bend.collect::<Vec<_>>()).map(|v| v as f32)
        })
        .reduce(f32::max)
}

/// What skin beside skin may differ by: hue in degrees, saturation and light as
/// parts of the other's. Twice the spread between cheek, neck and fingertips of
/// one person in daylight.
const HUE: f64 = 35.0;
const SATURATION: f64 = 1.0 / 3.0;
const LIGHT: f64 = 0.2;
/// Lightness and chroma under which colour is noise.
const DARK: f64 = 12.0;
const PALE: f64 = 5.0;
/// Half a patch, in widths of the face.
const PATCH: f32 = 0.035;
/// Samples along the side of a patch.
const SIDE: usize = 8;

/// Whether the colour `c` (L*a*b*) is one that skin beside skin of colour
/// `face` may have.
pub fn alike(c: [f64; 3], face: [f64; 3]) -> bool {
    let (chroma, of_face) = (c[1].hypot(c[2]), face[1].hypot(face[2]));
    let turn = (c[2].atan2(c[1]) - face[2].atan2(face[1])).to_degrees();
    let turn = (turn + 180.0).rem_euclid(360.0) - 180.0;
    c[0] > DARK
        && c[0] > LIGHT * face[0]
        && of_face > PALE
        && chroma > SATURATION * of_face
        && turn.abs() < HUE
}

/// Whether a colour that [`alike`] takes for skin is none that hair beside the face
/// would have: at least half as light as the face, and nearly of its hue and
/// saturation. Hair that is so light and red is still taken for skin.
pub fn no_hair(c: [f64; 3], face: [f64; 3]) -> bool {
    let (chroma, of_face) = (c[1].hypot(c[2]), face[1].hypot(face[2]));
    let turn = (c[2].atan2(c[1]) - face[2].atan2(face[1])).to_degrees();
    let turn = (turn + 180.0).rem_euclid(360.0) - 180.0;
    alike(c, face) && c[0] > 0.5 * face[0] && chroma > 0.5 * of_face && turn.abs() < 20.0
}

/// Median L*a*b* of patches around display points on a face of this width;
/// `None` when one lies outside the picture.
pub fn colour(frame: &Frame<'_>, places: &[(f32, f32)], width: f32) -> Option<[f64; 3]> {
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

/// Whether the skin of a face has colour: in a grey picture differences of colour
/// are differences of light.
pub fn coloured(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> bool {
    let cheeks: Option<Vec<(f32, f32)>> =
        [50, 280, 205, 425].iter().map(|i| mesh.get(*i).map(|p| (p[0], p[1]))).collect();
    let skin = cheeks.and_then(|cheeks| colour(frame, &cheeks, width));
    skin.is_some_and(|c| c[1].hypot(c[2]) > PALE)
}

/// The median of each channel.
pub fn middle(samples: &[[f64; 3]]) -> Option<[f64; 3]> {
    let channel = |k: usize| median(&mut samples.iter().map(|c| c[k]).collect::<Vec<_>>());
    Some([channel(0)?, channel(1)?, channel(2)?])
}

/// The parts whose colour differs from that of most.
fn covered(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> [bool; 7] {
    let colours = Part::ALL.map(|part| {
        let places: Option<Vec<(f32, f32)>> =
            part.points().iter().map(|i| mesh.get(*i).map(|p| (p[0], p[1]))).collect();
        colour(frame, &places?, width)
    });
    // Either way round: dark beside light is skin in the shade, light beside
    // dark too.
    let fits = |a: [f64; 3], b: [f64; 3]| alike(a, b) || alike(b, a);
    // Lids are shaded and made up: they have no vote on what skin is.
    let voters = || colours.iter().take(Part::ALL.len() - Part::EYES.len()).flatten();
    let agree = |c: [f64; 3]| voters().filter(|o| fits(c, **o)).count();
    let skin = voters().copied().rev().max_by_key(|c| agree(*c));
    // Fewer than three alike are no majority to differ from.
    let Some(skin) = skin.filter(|c| agree(*c) >= 3) else { return [false; 7] };
    colours.map(|c| c.is_some_and(|c| !fits(c, skin)))
}

/// Second blur, in widths of the face: of the order of the blur that hides what
/// is sought, folds and lashes.
const AGAIN: f32 = 0.01;
/// Share of the steepest pixels among which edges are looked for.
const STEEP: f64 = 0.95;
/// Least gradient in levels a pixel: twice what noise of one level gives.
const LEAST: f32 = 1.5;
/// Edges that must be there.
const EDGES: usize = 24;

/// Blur at the edges of brows, eyes and lips, in display pixels.
fn blur(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<f32> {
    let at = |i: usize| mesh.get(i).map(|p| (p[0], p[1]));
    let strip = |points: &[usize]| -> Option<Rect> {
        Rect::around(points.iter().map(|i| at(*i)).collect::<Option<Vec<_>>>()?)
    };
    // Brows to lower lids, and the lips.
    let eyes = strip(&[70, 300, 105, 334, 230, 450])?;
    blur_within(frame, &[eyes, strip(&[61, 291, 0, 17, 37, 267])?], width)
}

/// Blur at the median edge in these parts of the picture, in display pixels,
/// for a face of this width; `None` without edges.
pub fn blur_within(frame: &Frame<'_>, parts: &[Rect], width: f32) -> Option<f32> {
    let m = frame.display_to_coded.m;
    let scale = (m[0] * m[4] - m[1] * m[3]).abs().sqrt();
    let again = (AGAIN * width * scale).max(1.0);
    let mut spread = Vec::new();
    for part in parts {
        let grey = frame.luma_f32(Some(part.mapped(&frame.display_to_coded)));
        edges(&grey, again, &mut spread);
    }
    if spread.len() < EDGES {
        return None;
    }
    median(&mut spread).map(|v| v as f32 / scale)
}

/// Adds the blur at each edge of `grey`, in its pixels.
fn edges(grey: &Gray, again: f32, spread: &mut Vec<f64>) {
    let (w, h) = (grey.width, grey.height);
    if w < 8 || h < 8 {
        return;
    }
    let soft = gaussian(&grey.data, w, again);
    let slope = |data: &[f32], i: usize| {
        ((data[i + 1] - data[i - 1]) / 2.0, (data[i + w] - data[i - w]) / 2.0)
    };
    let inner = || (1..h - 1).flat_map(|y| (1..w - 1).map(move |x| y * w + x));
    let mut steep = vec![0.0f32; w * h];
    for i in inner() {
        let (dx, dy) = slope(&grey.data, i);
        steep[i] = dx.hypot(dy);
    }
    let mut all: Vec<f64> = inner().map(|i| f64::from(steep[i])).collect();
    let Some(least) = quantile(&mut all, STEEP) else { return };
    let least = (least as f32).max(LEAST);
    for i in inner() {
        if steep[i] < least {
            continue;
        }
        let (dx, dy) = slope(&grey.data, i);
        // A ridge: no steeper neighbour along the gradient.
        let step = if dx.abs() > 2.4 * dy.abs() {
            1
        } else if dy.abs() > 2.4 * dx.abs() {
            w
        } else if dx * dy > 0.0 {
            w + 1
        } else {
            w - 1
        };
        if steep[i - step] > steep[i] || steep[i + step] > steep[i] {
            continue;
        }
        let (sx, sy) = slope(&soft, i);
        let ratio = f64::from(steep[i] / sx.hypot(sy).max(1e-6));
        if ratio > 1.0 {
            spread.push(f64::from(again) / (ratio * ratio - 1.0).sqrt());
        }
    }
}

#[cfg(test)]
mod tests;
