//! The picture: the face, and beside it a matte ball in the light that was fitted.

use image::{Rgb, RgbImage};

use super::say::Summary;
use super::{Shown, fit};
use crate::checks::Figure;
use crate::media::Rect;
use crate::text::Text;

const GROUND: Rgb<u8> = Rgb([245, 245, 245]);
const ARROW: Rgb<u8> = Rgb([213, 94, 0]);

/// The picture with the ball on a panel beside the face, and an arrow from it to
/// where the light comes from. The panel covers what was there, so it may stay
/// sharp where all but faces is hidden.
pub(super) fn picture(mut shown: Shown, faces: &[Summary], still: bool) -> Option<Figure> {
    let face = faces.iter().find(|f| f.number == shown.track)?;
    let light = face.track.best.as_ref()?.light.coefficients;
    let panel = panel(&shown.face, shown.image.width() as f32, shown.image.height() as f32);
    let brightest = fit::shade(&light, face.direction).max(1e-6);
    // The arrow needs room on every side of the ball.
    let radius = 0.26 * panel.width;
    let (cx, cy) = (panel.x + panel.width / 2.0, panel.y + panel.height / 2.0);
    let towards = (face.direction[0] as f32, -face.direction[1] as f32);
    let tip = (1.75 * radius * towards.0, 1.75 * radius * towards.1);
    paint(&mut shown.image, &panel, |x, y| {
        let (dx, dy) = (x - cx, y - cy);
        if on_arrow((dx, dy), tip, 0.07 * radius) {
            return ARROW;
        }
        let square = (dx * dx + dy * dy) / (radius * radius);
        if square > 1.0 {
            return GROUND;
        }
        let (nx, ny) = (f64::from(dx / radius), f64::from(-dy / radius));
        let normal = [nx, ny, f64::from((1.0 - square).sqrt())];
        let linear = (fit::shade(&light, normal) / brightest).clamp(0.0, 1.0);
        Rgb([(255.0 * linear.powf(1.0 / 2.2)) as u8; 3])
    });
    let mut sharp: Vec<Rect> = shown.sure.then_some(shown.face).into_iter().collect();
    sharp.push(panel);
    Some(Figure::Picture {
        title: Text::new(
            format!(
                "Face {}; the ball beside it shows the fitted light, the arrow where it comes from (short: from the front)",
                face.number
            ),
            format!(
                "Gezicht {}; de bol ernaast toont het aangepaste licht, de pijl waar het vandaan komt (kort: van voren)",
                face.number
            ),
        ),
        image: shown.image,
        faces: sharp,
        time_s: (!still).then_some(shown.time_s),
    })
}

/// A square half as wide as the face: right of it, left of it, below or above,
/// where there is most room; whole pixels inside the picture.
fn panel(face: &Rect, width: f32, height: f32) -> Rect {
    let side = (0.5 * face.width.min(face.height)).max(16.0).min(width.min(height)).floor();
    let (right, bottom) = (face.x + face.width, face.y + face.height);
    let room = [width - right, face.x, height - bottom, face.y];
    let at = [(right, face.y), (face.x - side, face.y), (face.x, bottom), (face.x, face.y - side)];
    let best = (0..4)
        .find(|i| room[*i] >= side)
        .or_else(|| (0..4).max_by(|a, b| room[*a].total_cmp(&room[*b])));
    let (x, y) = best.map_or((0.0, 0.0), |i| at[i]);
    Rect {
        x: x.round().clamp(0.0, (width - side).max(0.0)).floor(),
        y: y.round().clamp(0.0, (height - side).max(0.0)).floor(),
        width: side,
        height: side,
    }
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

fn paint(image: &mut RgbImage, panel: &Rect, colour: impl Fn(f32, f32) -> Rgb<u8>) {
    for y in 0..panel.height as u32 {
        for x in 0..panel.width as u32 {
            let (px, py) = (panel.x as u32 + x, panel.y as u32 + y);
            if let Some(pixel) = image.get_pixel_mut_checked(px, py) {
                *pixel = colour(px as f32 + 0.5, py as f32 + 0.5);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_lies_beside_the_face_and_inside_the_picture() {
        let face = |x: f32, y: f32| Rect { x, y, width: 100.0, height: 120.0 };
        let apart = |a: &Rect, b: &Rect| a.intersect(b).is_none_or(|c| c.width * c.height < 1.0);
        for at in [face(20.0, 30.0), face(290.0, 30.0), face(150.0, 170.0)] {
            let panel = panel(&at, 400.0, 300.0);
            assert!(apart(&panel, &at), "{at:?} {panel:?}");
            assert!(panel.x >= 0.0 && panel.x + panel.width <= 400.0);
            assert!(panel.y >= 0.0 && panel.y + panel.height <= 300.0);
        }
        // A face that fills the picture leaves no place beside it.
        let panel = panel(&Rect { x: 0.0, y: 0.0, width: 60.0, height: 50.0 }, 60.0, 50.0);
        assert!(panel.x + panel.width <= 60.0 && panel.y + panel.height <= 50.0);
    }

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
