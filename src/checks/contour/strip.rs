//! The ring around the face, unrolled along its outline.

use crate::checks::Figure;
use crate::faces::Face;
use crate::faces::outline::{OVAL, polygon};
use crate::media::{Affine, Frame, Rect};
use crate::text::Text;

/// Size of the picture: 20 columns to a point of the outline.
const WIDTH: usize = 720;
const HEIGHT: usize = 120;
/// Reach to either side of the outline, in widths of the face: twice the rim.
const REACH: f32 = 0.12;

/// The ring of the face that was widest so far.
pub struct Strip {
    image: image::RgbImage,
    track: u32,
    time_s: f64,
    width: f32,
}

/// Keeps the ring of a face that is clearly wider than the one kept.
pub fn keep(kept: &mut Option<Strip>, frame: &Frame<'_>, face: &Face, width: f32) {
    if kept.as_ref().is_some_and(|s| width < 1.15 * s.width) {
        return;
    }
    if let Some(image) = unrolled(frame, &face.mesh, width) {
        *kept = Some(Strip { image, track: face.track, time_s: frame.time_s, width });
    }
}

/// Columns run clockwise from the middle of the hairline, rows from outside in.
pub fn unrolled(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<image::RgbImage> {
    let oval = polygon(mesh, &OVAL)?;
    let n = oval.len();
    let (cx, cy) = {
        let sum = oval.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        (sum.0 / n as f32, sum.1 / n as f32)
    };
    let mut image = image::RgbImage::new(WIDTH as u32, HEIGHT as u32);
    let mut column = Vec::new();
    for u in 0..WIDTH {
        let along = u as f32 * n as f32 / WIDTH as f32;
        let (i, part) = (along as usize % n, along.fract());
        let (p, q) = (oval[i], oval[(i + 1) % n]);
        let (x, y) = (p.0 + part * (q.0 - p.0), p.1 + part * (q.1 - p.1));
        let length = (x - cx).hypot(y - cy).max(1e-3);
        let (dx, dy) = ((cx - x) / length, (cy - y) / length);
        // A window one column wide whose rows run from outside to inside.
        let step = 2.0 * REACH * width / HEIGHT as f32;
        let (sx, sy) = (x - dx * REACH * width, y - dy * REACH * width);
        let map = Affine { m: [-dy, dx * step, sx + 0.5 * dy, dx, dy * step, sy - 0.5 * dx] };
        frame.warp(&map, 1, HEIGHT, &mut column);
        for (v, pixel) in column.chunks_exact(3).enumerate() {
            let level = |k: usize| (255.0 * pixel[k] + 0.5) as u8;
            image.put_pixel(u as u32, v as u32, image::Rgb([level(0), level(1), level(2)]));
        }
    }
    mark(&mut image);
    Some(image)
}

/// Marks at the rim of the strip: the outline's height at both ends, and above
/// where the side, the chin and the other side lie.
fn mark(image: &mut image::RgbImage) {
    let (w, h) = (image.width(), image.height());
    let ends = (0..6).flat_map(|d| [(d, h / 2), (w - 1 - d, h / 2)]);
    let above = (1..4).flat_map(|quarter| (0..6).map(move |d| (quarter * w / 4, d)));
    for (x, y) in ends.chain(above) {
        if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
            *pixel = image::Rgb([255, 220, 0]);
        }
    }
}

impl Strip {
    /// As a figure; all of it belongs to the face.
    pub fn figure(self, still: bool) -> Option<Figure> {
        Some(Figure::Picture {
            title: Text::new(
                format!(
                    "Rim of face {}, unrolled clockwise from the hairline; outside on top, the outline at the marks on both ends, the marks above at one side, the chin and the other side",
                    self.track
                ),
                format!(
                    "Rand van gezicht {}, uitgerold met de klok mee vanaf de haargrens; buiten boven, de omtrek bij de strepen aan de uiteinden, de strepen bovenaan bij de ene kant, de kin en de andere kant",
                    self.track
                ),
            ),
            image: self.image,
            faces: vec![Rect::CUT_OUT],
            time_s: (!still).then_some(self.time_s),
        })
    }
}
