//! The picture: each face, and beside it a matte ball in the light that was fitted.

use image::{Rgb, RgbImage};

use super::fit;
use super::say::Summary;
use crate::checks::Figure;
use crate::checks::shown::{Shown, beside};
use crate::faces::Face;
use crate::media::{Affine, Frame};
use crate::text::Text;

const GROUND: Rgb<u8> = Rgb([245, 245, 245]);
const ARROW: Rgb<u8> = Rgb([213, 94, 0]);
/// Height of the picture, less where the face is smaller.
const SIDE: f32 = 320.0;

/// A face as it is kept for the picture.
pub(super) fn face(frame: &Frame<'_>, face: &Face) -> Option<RgbImage> {
    let b = face.bounds;
    let step = (b.height / SIDE).max(1.0);
    let (width, height) = ((b.width / step) as usize, (b.height / step) as usize);
    let mut values = Vec::new();
    frame.area(&Affine::scaling(step, step, b.x, b.y), width, height, &mut values);
    let bytes = values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
    RgbImage::from_raw(width as u32, height as u32, bytes)
}

/// Each face to which a direction is given, with the ball beside it and an arrow from
/// the ball to where the light comes from.
pub(super) fn pictures(shown: Shown, faces: &[Summary], still: bool) -> Vec<Figure> {
    let with_ball = |track: u32, image: RgbImage| {
        let face = faces.iter().find(|f| f.number == track && f.usable())?;
        let ball = ball(face, image.height());
        Some(beside(&[image, ball]))
    };
    shown.with(with_ball).figures(still, |track| {
        Text::new(
            format!(
                "Face {track}; the ball beside it shows the fitted light, the arrow where it comes from (short: from the front)"
            ),
            format!(
                "Gezicht {track}; de bol ernaast toont het aangepaste licht, de pijl waar het vandaan komt (kort: van voren)"
            ),
        )
    })
}

/// The ball in a square of this side.
fn ball(face: &Summary, side: u32) -> RgbImage {
    let light = face.track.best.as_ref().map_or([0.0; 4], |best| best.light.coefficients);
    let brightest = fit::shade(&light, face.direction).max(1e-6);
    // The arrow needs room on every side of the ball.
    let (middle, radius) = (side as f32 / 2.0, 0.26 * side as f32);
    let towards = (face.direction[0] as f32, -face.direction[1] as f32);
    let tip = (1.75 * radius * towards.0, 1.75 * radius * towards.1);
    RgbImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (x as f32 + 0.5 - middle, y as f32 + 0.5 - middle);
        if on_arrow((dx, dy), tip, 0.07 * radius) {
            return ARROW;
        }
        let square = (dx * dx + dy * dy) / (radius * radius);
        if square > 1.0 {
            return GROUND;
        }
        let normal =
            [f64::from(dx / radius), f64::from(-dy / radius), f64::from((1.0 - square).sqrt())];
        let linear = (fit::shade(&light, normal) / brightest).clamp(0.0, 1.0);
        Rgb([(255.0 * linear.powf(1.0 / 2.2)) as u8; 3])
    })
}

/// Whether a place seen from the arrow's foot lies on its shaft or its head.
fn on_arrow((x, y): (f32, f32), (tx, ty): (f32, f32), thick: f32) -> bool {
    let length = tx.hypot(ty).max(1e-6);
    let along = (x * tx + y * ty) / length;
    let across = (x * ty - y * tx).abs() / length;
    let head = 5.0 * thick;
    let shaft = along >= 0.0 && along <= length - head && across <= thick;
    let tip = along > length - head && along <= length && across <= 0.6 * (length - along);
    shaft || tip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrow_points_where_it_is_told() {
        let tip = (30.0, -40.0);
        assert!(on_arrow((15.0, -20.0), tip, 2.0));
        assert!(on_arrow((29.0, -38.7), tip, 2.0));
        for off in [(-15.0, 20.0), (31.0, -41.5), (-20.0, -15.0)] {
            assert!(!on_arrow(off, tip, 2.0), "{off:?}");
        }
    }
}
