//! The ring around the face, unrolled along its outline.

use crate::checks::shown::Cut;
use crate::faces::outline::{OVAL, polygon};
use crate::media::{Affine, Frame, Rect};
use crate::text::Text;

/// Size of the picture: 20 columns to a point of the outline.
const WIDTH: usize = 720;
const HEIGHT: usize = 120;
/// Reach to either side of the outline, in widths of the face: twice the rim. Outside,
/// what lies beyond the rim is hidden where faces alone may be shown.
const REACH: f32 = 0.12;
const HIDDEN: usize = HEIGHT / 4;

/// Columns run clockwise from the middle of the hairline, rows from outside in.
pub fn unrolled(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<Cut> {
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
    let (y, height) = (HIDDEN as f32, (HEIGHT - HIDDEN) as f32);
    Some(Cut { image, face: vec![Rect { x: 0.0, y, width: WIDTH as f32, height }] })
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

/// What the picture of a face is called.
pub fn title(track: u32) -> Text {
    Text::new(
        format!(
            "Rim of face {track}, unrolled clockwise from the hairline; outside on top, the outline at the marks on both ends, the marks above at one side, the chin and the other side"
        ),
        format!(
            "Rand van gezicht {track}, uitgerold met de klok mee vanaf de haargrens; buiten boven, de omtrek bij de strepen aan de uiteinden, de strepen bovenaan bij de ene kant, de kin en de andere kant"
        ),
    )
}
