//! A face laid out on the mean head, and folded.

use std::sync::OnceLock;

use crate::checks::shown::{Cut, EARS};
use crate::faces::clarity;
use crate::faces::geometry::CHEEKS;
use crate::faces::synth::head::HEAD;
use crate::faces::topology::TRIANGLES;
use crate::media::{Affine, Frame, Gray, Rect};
use crate::signal::colour::lab;
use crate::signal::stats::median;

/// Columns and rows of the layout, which spans 0.84 × 0.98 widths of the face.
const COLUMNS: usize = 96;
const ROWS: usize = 112;
const SPAN: (f32, f32) = (0.84, 0.98);
/// Side of a patch, in samples: an eye is about 20 wide.
const PATCH: usize = 16;
/// Contrast, in levels, that counts as none: the constant of SSIM's structure
/// term, (0.03 · 255)² / 2 as Wang et al. have it.
const NONE: f64 = 29.26;
/// Part of a patch that must lie on the face.
const FILLED: f64 = 0.9;
/// Picture of an ear in samples across and down, and half of what it shows in
/// widths of the face: an ear with half its length above and what hangs from it.
const EAR: (usize, usize) = (96, 160);
const EAR_REACH: (f32, f32) = (0.19, 0.317);
/// Rows of the picture shown: those, and as much again below as long earrings take.
const EAR_SHOWN: usize = 224;
/// How far from the widest point of the face, which lies before the ear's middle,
/// the picture's middle is, outwards and down.
const EAR_AWAY: (f32, f32) = (0.11, 0.12);
/// Columns and rows of the picture in which the ear itself lies: beside the face,
/// whose own skin fills the columns from 76 on, and above what hangs from the ear.
const EAR_PLACE: (std::ops::Range<usize>, std::ops::Range<usize>) = (42..70, 20..90);
/// Least share of that place that must have the colour of the cheeks on both
/// sides.
const LEAST_SKIN: f64 = 0.25;

/// A triangle's corners and the weight of each.
type Cell = ([usize; 3], [f32; 3]);

/// For each sample of the layout its triangle and weights; `None` beside the
/// face and in the openings of eyes and mouth.
fn layout() -> &'static [Option<Cell>] {
    static LAYOUT: OnceLock<Vec<Option<Cell>>> = OnceLock::new();
    LAYOUT.get_or_init(|| {
        let mut cells = vec![None; COLUMNS * ROWS];
        let mut depth = vec![f32::INFINITY; COLUMNS * ROWS];
        for triangle in TRIANGLES {
            let corners = triangle.map(usize::from);
            let [p, q, r] = corners.map(|i| HEAD[i].map(|v| f32::from(v) / 10_000.0));
            let area = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
            if area.abs() < 1e-9 {
                continue;
            }
            // Only the samples in the box around the triangle.
            let reach = |axis: usize, n: usize, span: f32| {
                let at = |v: f32| (v / span + 0.5) * n as f32 - 0.5;
                let low = p[axis].min(q[axis]).min(r[axis]);
                let high = p[axis].max(q[axis]).max(r[axis]);
                (at(low).floor().max(0.0) as usize)
                    ..((at(high).ceil() + 1.0).max(0.0) as usize).min(n)
            };
            let across = reach(0, COLUMNS, SPAN.0);
            let samples = reach(1, ROWS, SPAN.1)
                .flat_map(|row| across.clone().map(move |column| row * COLUMNS + column));
            for cell in samples {
                let (x, y) = place(cell);
                let b = ((x - p[0]) * (r[1] - p[1]) - (y - p[1]) * (r[0] - p[0])) / area;
                let c = ((q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])) / area;
                let a = 1.0 - b - c;
                let z = a * p[2] + b * q[2] + c * r[2];
                if a >= 0.0 && b >= 0.0 && c >= 0.0 && z < depth[cell] {
                    depth[cell] = z;
                    cells[cell] = Some((corners, [a, b, c]));
                }
            }
        }
        cells
    })
}

/// Place of a sample on the mean head; mirrored samples lie at mirrored places.
fn place(cell: usize) -> (f32, f32) {
    let along = |k: usize, n: usize, span: f32| ((k as f32 + 0.5) / n as f32 - 0.5) * span;
    (along(cell % COLUMNS, COLUMNS, SPAN.0), along(cell / COLUMNS, ROWS, SPAN.1))
}

/// A face laid out, and how alike its halves are.
pub struct Folded {
    /// Lowest and median likeness of the patches of one half with the other half
    /// mirrored.
    pub least: f64,
    pub middle: f64,
    /// Left and top sample of the least alike patch.
    at: (usize, usize),
    /// Luma of the layout, NaN beside the face.
    flat: Vec<f32>,
}

impl Folded {
    /// The layout, its mirror image beside it, and in both the least alike patch
    /// framed.
    pub fn picture(&self) -> image::RgbImage {
        const TIMES: usize = 2;
        let (w, h) = (COLUMNS * TIMES, ROWS * TIMES);
        let one = |mirrored: bool| {
            image::RgbImage::from_fn(w as u32, h as u32, |x, y| {
                let (x, y) = (x as usize, y as usize);
                let (u, v) = (x / TIMES, y / TIMES);
                // Both patches: of the right half, and its place in the left one.
                let (left, top) = self.at;
                let edge = |from: usize| {
                    let across = (from * TIMES..(from + PATCH) * TIMES).contains(&x);
                    let down = (top * TIMES..(top + PATCH) * TIMES).contains(&y);
                    across
                        && down
                        && (x == from * TIMES
                            || x + 1 == (from + PATCH) * TIMES
                            || y == top * TIMES
                            || y + 1 == (top + PATCH) * TIMES)
                };
                if edge(left) || edge(COLUMNS - left - PATCH) {
                    return image::Rgb([213, 94, 0]);
                }
                let u = if mirrored { COLUMNS - 1 - u } else { u };
                let value = self.flat.get(v * COLUMNS + u).copied().unwrap_or(f32::NAN);
                let level = if value.is_finite() { value.clamp(0.0, 255.0) as u8 } else { 255 };
                image::Rgb([level; 3])
            })
        };
        super::beside(&[one(false), one(true)])
    }
}

/// How alike the halves of a face are; `None` when part of it lies outside the
/// picture or nothing has contrast.
pub fn patches(frame: &Frame<'_>, mesh: &[[f32; 3]]) -> Option<Folded> {
    let flat = laid_out(frame, mesh)?;
    let mut likeness = Vec::new();
    let (mut least, mut at) = (f64::INFINITY, (0, 0));
    for y in (0..=ROWS - PATCH).step_by(PATCH / 2) {
        for x in (0..=COLUMNS / 2 - PATCH).step_by(PATCH / 2) {
            let mut pairs = Vec::with_capacity(PATCH * PATCH);
            for v in y..y + PATCH {
                for u in x..x + PATCH {
                    let (a, b) = (flat[v * COLUMNS + u], flat[v * COLUMNS + COLUMNS - 1 - u]);
                    if a.is_finite() && b.is_finite() {
                        pairs.push((f64::from(a), f64::from(b)));
                    }
                }
            }
            if pairs.len() as f64 >= FILLED * (PATCH * PATCH) as f64 {
                let Some(like) = alike(&pairs) else { continue };
                likeness.push(like);
                if like < least {
                    (least, at) = (like, (x, y));
                }
            }
        }
    }
    Some(Folded { least, middle: median(&mut likeness)?, at, flat })
}

/// Correlation after removing a plane of brightness from neither, since equal
/// means and contrasts are all that light from one side changes within a patch;
/// `None` for a patch where both sides are plain.
fn alike(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let (ma, mb) =
        (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        aa += (a - ma) * (a - ma) / n;
        bb += (b - mb) * (b - mb) / n;
        ab += (a - ma) * (b - mb) / n;
    }
    if aa.max(bb) < NONE {
        return None;
    }
    Some((ab + NONE) / ((aa * bb).sqrt() + NONE))
}

/// Luma of the layout, NaN beside the face; `None` when the face leaves the
/// picture.
fn laid_out(frame: &Frame<'_>, mesh: &[[f32; 3]]) -> Option<Vec<f32>> {
    let coded: Vec<(f32, f32)> =
        mesh.iter().map(|p| frame.display_to_coded.apply(p[0], p[1])).collect();
    let around = Rect::around(coded.iter().copied())?;
    let whole = frame.luma();
    let (w, h) = (whole.width as f32, whole.height as f32);
    if around.x < 0.0 || around.y < 0.0 || around.right() > w || around.bottom() > h {
        return None;
    }
    let part = frame.luma_f32(Some(around));
    let origin = (around.x.floor(), around.y.floor());
    // A sample is the mean of about its own area.
    let reach = ((around.width / COLUMNS as f32 / 2.0).round() as isize).clamp(0, 4);
    let values = layout().iter().map(|cell| {
        let Some((corners, weights)) = cell else { return f32::NAN };
        let (mut x, mut y) = (-origin.0, -origin.1);
        for (corner, weight) in corners.iter().zip(weights) {
            let Some(p) = coded.get(*corner) else { return f32::NAN };
            x += weight * p.0;
            y += weight * p.1;
        }
        around_of(&part, x, y, reach)
    });
    Some(values.collect())
}

fn around_of(part: &Gray, x: f32, y: f32, reach: isize) -> f32 {
    let (mut sum, mut n) = (0.0, 0.0);
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let (u, v) = (x as isize + dx, y as isize + dy);
            if u >= 0 && v >= 0 && (u as usize) < part.width && (v as usize) < part.height {
                sum += part.data[v as usize * part.width + u as usize];
                n += 1.0;
            }
        }
    }
    sum / n
}

/// Both ears as seen, the left one mirrored; R, G, B in 0–1.
pub struct Ears {
    right: Vec<f32>,
    left: Vec<f32>,
    /// Whether skin is seen where each ear would be.
    pub bare: bool,
}

/// Cuts out the places of the ears; `None` when they lie outside the picture.
pub fn ears(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<Ears> {
    let (right, left) = (mesh.get(CHEEKS.0)?, mesh.get(CHEEKS.1)?);
    let length = (left[0] - right[0]).hypot(left[1] - right[1]).max(1e-3);
    let (ax, ay) = ((left[0] - right[0]) / length, (left[1] - right[1]) / length);
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    let (out, down) = (EAR_AWAY.0 * width, EAR_AWAY.1 * width);
    let cut = |from: &[f32; 3], sign: f32| {
        let (cx, cy) =
            (from[0] + sign * out * ax - down * ay, from[1] + sign * out * ay + down * ax);
        let (rx, ry) = (EAR_REACH.0 * width, EAR_REACH.1 * width);
        if cx < rx || cy < ry || cx + rx > w || cy + ry > h {
            return None;
        }
        // The outer side lies left in both.
        let (across, rows) = (EAR.0 as f32, EAR.1 as f32);
        let (sx, sy) = (-sign * 2.0 * rx / across, 2.0 * ry / rows);
        let map = Affine {
            m: [
                sx * ax,
                -sy * ay,
                cx - (across / 2.0 * sx * ax - rows / 2.0 * sy * ay),
                sx * ay,
                sy * ax,
                cy - (across / 2.0 * sx * ay + rows / 2.0 * sy * ax),
            ],
        };
        let mut out = Vec::new();
        frame.warp(&map, EAR.0, EAR_SHOWN, &mut out);
        Some(out)
    };
    let (right, left) = (cut(right, -1.0)?, cut(left, 1.0)?);
    let cheeks: Option<Vec<(f32, f32)>> =
        [50, 280, 205, 425].iter().map(|i| mesh.get(*i).map(|p| (p[0], p[1]))).collect();
    let cheeks = clarity::colour(frame, &cheeks?, width);
    let bare = cheeks.is_some_and(|c| skin(&right, c).min(skin(&left, c)) >= LEAST_SKIN);
    Some(Ears { right, left, bare })
}

/// Share of the ear's place that has the colour of the cheeks.
fn skin(rgb: &[f32], cheeks: [f64; 3]) -> f64 {
    let (columns, rows) = EAR_PLACE;
    let rows = rgb.chunks_exact(3 * EAR.0).skip(rows.start).take(rows.len());
    let inside = |row| <[f32]>::chunks_exact(row, 3).skip(columns.start).take(columns.len());
    let (mut fit, mut all) = (0u32, 0u32);
    for pixel in rows.flat_map(inside) {
        fit += u32::from(clarity::no_hair(lab([pixel[0], pixel[1], pixel[2]]), cheeks));
        all += 1;
    }
    f64::from(fit) / f64::from(all.max(1))
}

impl Ears {
    /// One minus the likeness of the two, on means of 4 × 4 samples; `None` where
    /// hair, a cap or a scarf hides an ear.
    pub fn asymmetry(&self) -> Option<f64> {
        if !self.bare {
            return None;
        }
        let small = |rgb: &[f32]| -> Vec<f64> {
            let across = EAR.0 / 4;
            let mut sums = vec![0.0; across * (EAR.1 / 4)];
            for (i, p) in rgb.chunks_exact(3).take(EAR.0 * EAR.1).enumerate() {
                let (x, y) = (i % EAR.0 / 4, i / EAR.0 / 4);
                let luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
                sums[y * across + x] += 255.0 / 16.0 * f64::from(luma);
            }
            sums
        };
        let pairs: Vec<(f64, f64)> =
            small(&self.right).into_iter().zip(small(&self.left)).collect();
        alike(&pairs).map(|likeness| 1.0 - likeness)
    }

    /// Side by side.
    pub fn picture(&self) -> Cut {
        let mut image = image::RgbImage::new(2 * EAR.0 as u32 + 8, EAR_SHOWN as u32);
        for (side, rgb) in [&self.right, &self.left].into_iter().enumerate() {
            for (i, p) in rgb.chunks_exact(3).enumerate() {
                let x = (i % EAR.0 + side * (EAR.0 + 8)) as u32;
                let level = |v: f32| (255.0 * v + 0.5) as u8;
                let pixel = image::Rgb([level(p[0]), level(p[1]), level(p[2])]);
                image.put_pixel(x, (i / EAR.0) as u32, pixel);
            }
        }
        // The outer columns are behind the ear and what hangs from it.
        let out = EAR_AWAY.0 + EAR_REACH.0;
        let behind = (EAR.0 as f32 * (out - EARS) / (2.0 * EAR_REACH.0)).ceil();
        let face = [0, EAR.0 + 8].map(|left| Rect {
            x: left as f32 + behind,
            y: 0.0,
            width: EAR.0 as f32 - behind,
            height: EAR_SHOWN as f32,
        });
        Cut { image, face: face.to_vec() }
    }
}
