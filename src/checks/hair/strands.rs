//! Direction of strands around a face.

use crate::faces::geometry::FOREHEAD_CHIN;
use crate::faces::outline::{OVAL, distance, inside, polygon};
use crate::faces::person::Mask;
use crate::media::{Affine, Frame, Rect};
use crate::signal::colour::{delta_e, lab, lab_of_linear, linear};
use crate::signal::stats::{median, quantile};

/// Samples over the width of the face: one is about a millimetre, and locks of
/// hair are some wide.
pub const WIDTH: f32 = 128.0;
/// Samples of the window across and down.
pub const COLUMNS: usize = 288;
pub const ROWS: usize = 224;
/// Rows of the window over the hairline point of the mesh.
const ABOVE: f32 = 96.0;
/// Standard deviation of the Gaussian that sums gradients, in samples.
const SUM: f32 = 2.5;
/// How far outside the rim hair begins, in samples: the mesh is that exact.
const RIM: f32 = 4.0;
/// How far from the rim it may lie when nobody tells person from background.
const BAND: f32 = 28.0;
/// ΔE from the forehead under which a sample is skin: cheeks differ by some five
/// from it in even light, brown hair by thirty and more.
const SKIN: f64 = 14.0;
/// Fewest samples of hair: a twentieth of the square of the face's width, a
/// finger's breadth along the hairline.
const LEAST: usize = 820;
/// Least gradient in the middle sample, in levels of 255 a sample: that of
/// decoder noise on a plain surface, after area averaging, is one or less.
const TEXTURE: f64 = 1.5;
/// Least coherence of a strand that is followed, and how far, in samples.
const STRAND: f32 = 0.3;
const FOLLOW: f32 = 6.0;

/// The surroundings of a face, kept until they are measured.
#[derive(Clone, Debug)]
pub struct Crop {
    /// R, G, B, [`COLUMNS`] × [`ROWS`].
    rgb: Vec<u8>,
    /// Left and top edge in display pixels, and pixels for one sample.
    place: (f32, f32, f32),
    /// Size of the picture.
    size: (f32, f32),
    /// The face's rim in samples.
    oval: Vec<(f32, f32)>,
    /// Row of the brows and of the mouth.
    brows: f32,
    mouth: f32,
    /// Colour of the forehead.
    skin: [f64; 3],
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Median coherence, and its lowest tenth.
    pub coherence: f64,
    pub low: f64,
    /// Median cosine of twice the turn along strands.
    pub continuity: f64,
    /// Area of hair in squares of the face's width.
    pub area: f64,
    /// Coherence of each sample, NaN where there is no hair.
    pub map: Vec<f32>,
}

/// Why nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Hardly any hair.
    Little,
    /// No strands.
    Smooth,
}

impl Crop {
    /// Cuts the window; `None` for a mesh that lacks what is needed.
    pub fn cut(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<Self> {
        let top = mesh.get(FOREHEAD_CHIN.0)?;
        let step = width / WIDTH;
        let (x, y) = (top[0] - COLUMNS as f32 / 2.0 * step, top[1] - ABOVE * step);
        let mut values = Vec::new();
        frame.area(&Affine::scaling(step, step, x, y), COLUMNS, ROWS, &mut values);
        let rgb: Vec<u8> = values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
        let sample = |p: (f32, f32)| ((p.0 - x) / step, (p.1 - y) / step);
        let row = |i: usize| mesh.get(i).map(|p| sample((p[0], p[1])).1);
        let oval = polygon(mesh, &OVAL)?.into_iter().map(sample).collect();
        // Between the brows and the hairline, on the middle line.
        let forehead = [9, 151, 108, 337].iter().filter_map(|i| {
            let p = mesh.get(*i)?;
            let (u, v) = sample((p[0], p[1]));
            let inside = u >= 0.0 && v >= 0.0 && u < COLUMNS as f32 && v < ROWS as f32;
            inside.then(|| colour(&rgb, v as usize * COLUMNS + u as usize)).flatten()
        });
        let forehead: Vec<[f64; 3]> = forehead.collect();
        let channel = |k: usize| median(&mut forehead.iter().map(|c| c[k]).collect::<Vec<_>>());
        Some(Self {
            place: (x, y, step),
            size: (frame.display_width as f32, frame.display_height as f32),
            oval,
            brows: row(9)?,
            mouth: row(13)?,
            skin: [channel(0)?, channel(1)?, channel(2)?],
            rgb,
        })
    }

    /// A rectangle of the picture in the window's samples.
    pub fn cells(&self, r: Rect) -> Rect {
        let (x, y, step) = self.place;
        Rect {
            x: (r.x - x) / step,
            y: (r.y - y) / step,
            width: r.width / step,
            height: r.height / step,
        }
    }

    /// Which samples are hair.
    fn hair(&self, mask: Option<&Mask>) -> Vec<bool> {
        let (left, top, step) = self.place;
        // Beyond this box a sample is farther from the rim than either limit, and
        // the distance, which is dear, need not be known.
        let reach = if mask.is_some() { RIM } else { BAND };
        let near = self.oval.iter().fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |b, p| {
            let [x0, y0, x1, y1] = b;
            [x0.min(p.0 - reach), y0.min(p.1 - reach), x1.max(p.0 + reach), y1.max(p.1 + reach)]
        });
        // Of each level of 256, as it is asked for a hundred thousand times.
        let linear: Vec<f64> = (0..=255).map(|v| linear(f64::from(v) / 255.0)).collect();
        let colour = |i: usize| -> Option<[f64; 3]> {
            let p = self.rgb.get(3 * i..3 * i + 3)?;
            let level = |k: usize| linear.get(usize::from(p[k])).copied();
            Some(lab_of_linear([level(0)?, level(1)?, level(2)?]))
        };
        let one = |i: usize| {
            let (u, v) = ((i % COLUMNS) as f32 + 0.5, (i / COLUMNS) as f32 + 0.5);
            let (x, y) = (left + u * step, top + v * step);
            let lowest = if mask.is_some() { self.mouth } else { self.brows };
            if v >= lowest || x < 0.0 || y < 0.0 || x >= self.size.0 || y >= self.size.1 {
                return false;
            }
            let is_person = mask.is_none_or(|m| m.at(x, y).is_some_and(|p| p >= 0.5));
            if !is_person {
                return false;
            }
            let [x0, y0, x1, y1] = near;
            let rightly_far = if (x0..=x1).contains(&u) && (y0..=y1).contains(&v) {
                let far = distance(&self.oval, u, v);
                !inside(&self.oval, u, v) && far >= RIM && (mask.is_some() || far <= BAND)
            } else {
                mask.is_some()
            };
            rightly_far && colour(i).is_some_and(|c| delta_e(c, self.skin) >= SKIN)
        };
        (0..COLUMNS * ROWS).map(one).collect()
    }
}

fn colour(rgb: &[u8], index: usize) -> Option<[f64; 3]> {
    let p = rgb.get(3 * index..3 * index + 3)?;
    Some(lab([0, 1, 2].map(|k| f32::from(p[k]) / 255.0)))
}

/// Coherence and continuity of the hair in a window.
pub fn measured(crop: &Crop, mask: Option<&Mask>) -> Result<Measured, Refused> {
    let mut hair = crop.hair(mask);
    // Gradients across the rim of the hair are no strands.
    let reach = (SUM * 1.5).ceil() as usize;
    hair = shrunk(&hair, reach);
    let places: Vec<usize> = (0..hair.len()).filter(|i| hair[*i]).collect();
    if places.len() < LEAST {
        return Err(Refused::Little);
    }
    let luma: Vec<f32> = crop
        .rgb
        .chunks_exact(3)
        .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
        .collect();
    let field = Field::of(&luma, COLUMNS);
    let mut size: Vec<f64> = places.iter().map(|i| f64::from(field.energy[*i].sqrt())).collect();
    // The median: the rim of a plain hat is no texture.
    if median(&mut size).is_none_or(|size| size < TEXTURE) {
        return Err(Refused::Smooth);
    }
    let coherent: Vec<f64> = places.iter().map(|i| f64::from(field.coherence[*i])).collect();
    let along = places.iter().filter(|i| field.coherence[**i] > STRAND).filter_map(|i| {
        let (s, c) = field.angle[*i].sin_cos();
        let (x, y) = ((i % COLUMNS) as f32 + FOLLOW * c, (i / COLUMNS) as f32 + FOLLOW * s);
        let whole = x >= 0.0 && y >= 0.0 && x.round() < COLUMNS as f32;
        let next = y.round() as usize * COLUMNS + x.round() as usize;
        let on = whole && hair.get(next).copied().unwrap_or(false);
        on.then(|| f64::from((2.0 * (field.angle[next] - field.angle[*i])).cos()))
    });
    let continuity = median(&mut along.collect::<Vec<_>>()).unwrap_or(f64::NAN);
    let map = hair.iter().zip(&field.coherence).map(|(h, c)| if *h { *c } else { f32::NAN });
    Ok(Measured {
        coherence: median(&mut coherent.clone()).unwrap_or(f64::NAN),
        low: quantile(&mut coherent.clone(), 0.1).unwrap_or(f64::NAN),
        continuity,
        area: places.len() as f64 / f64::from(WIDTH * WIDTH),
        map: map.collect(),
    })
}

/// Samples whose neighbours within `reach` are all set.
fn shrunk(mask: &[bool], reach: usize) -> Vec<bool> {
    let pass = |from: &[bool], step: usize| -> Vec<bool> {
        let at = |i: usize| {
            (0..=reach).all(|k| {
                let (back, on) = (i.checked_sub(k * step), i + k * step);
                back.is_some_and(|b| from[b]) && from.get(on).copied().unwrap_or(false)
            })
        };
        (0..from.len()).map(at).collect()
    };
    pass(&pass(mask, 1), COLUMNS)
}

/// The structure tensor of a picture.
pub struct Field {
    /// Sum of the squared gradients.
    pub energy: Vec<f32>,
    /// (λ₁ − λ₂) / (λ₁ + λ₂).
    pub coherence: Vec<f32>,
    /// Direction along the strands in radians, right to down.
    pub angle: Vec<f32>,
}

impl Field {
    /// Of a luma picture, row by row.
    pub fn of(luma: &[f32], width: usize) -> Self {
        let at = |x: usize, y: usize| luma.get(y * width + x).copied().unwrap_or(0.0);
        let height = luma.len() / width.max(1);
        let mut tensor = [(); 3].map(|()| vec![0.0f32; luma.len()]);
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let dx = (at(x + 1, y) - at(x - 1, y)) / 2.0;
                let dy = (at(x, y + 1) - at(x, y - 1)) / 2.0;
                let i = y * width + x;
                (tensor[0][i], tensor[1][i], tensor[2][i]) = (dx * dx, dx * dy, dy * dy);
            }
        }
        let [xx, xy, yy] = tensor.map(|t| summed(&t, width));
        let each = || xx.iter().zip(&xy).zip(&yy).map(|((a, b), c)| (*a, *b, *c));
        let coherence = |(a, b, c): (f32, f32, f32)| {
            if a + c > 1e-6 { ((a - c).powi(2) + 4.0 * b * b).sqrt() / (a + c) } else { 0.0 }
        };
        let across = |(a, b, c): (f32, f32, f32)| 0.5 * (2.0 * b).atan2(a - c);
        Self {
            energy: each().map(|(a, _, c)| a + c).collect(),
            coherence: each().map(coherence).collect(),
            angle: each().map(|t| across(t) + std::f32::consts::FRAC_PI_2).collect(),
        }
    }
}

/// Gaussian blur of [`SUM`] samples, zero outside.
fn summed(values: &[f32], width: usize) -> Vec<f32> {
    let reach = (3.0 * SUM).ceil() as usize;
    let weights: Vec<f32> = (0..=reach).map(|k| (-(k as f32 / SUM).powi(2) / 2.0).exp()).collect();
    let total = 2.0 * weights.iter().sum::<f32>() - 1.0;
    // The picture moved by `k` steps either way and added, so that the inner loop
    // runs over whole rows.
    let pass = |from: &[f32], row: usize, step: usize| -> Vec<f32> {
        let mut to: Vec<f32> = from.iter().map(|v| weights[0] * v).collect();
        for (to, from) in to.chunks_mut(row).zip(from.chunks(row)) {
            for (k, weight) in weights.iter().enumerate().skip(1) {
                let by = (k * step).min(from.len());
                let (begin, end) = (&from[..from.len() - by], &from[by..]);
                to[by..].iter_mut().zip(begin).for_each(|(to, v)| *to += weight * v);
                to.iter_mut().zip(end).for_each(|(to, v)| *to += weight * v);
            }
            to.iter_mut().for_each(|v| *v /= total);
        }
        to
    };
    let width = width.max(1);
    pass(&pass(values, width, 1), values.len().max(1), width)
}
