//! Which way up: rotation, mirroring and sample aspect ratio, and the map
//! from display to coded pixels that follows from them.

use super::frame::Affine;

/// One of the eight ways a picture can lie: mirrored left to right first,
/// then turned clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orientation {
    /// Clockwise: 0, 90, 180 or 270.
    pub rotation_deg: i32,
    /// Mirrored left to right before turning.
    pub mirrored: bool,
}

impl Orientation {
    /// From the EXIF tag `Orientation` (Exif 2.32, 4.6.4, tag 274), 1 to 8.
    pub(crate) fn from_exif(tag: u32) -> Option<Self> {
        let (mirrored, rotation_deg) = match tag {
            1 => (false, 0),
            2 => (true, 0),
            3 => (false, 180),
            4 => (true, 180),
            5 => (true, 270),
            6 => (false, 90),
            7 => (true, 90),
            8 => (false, 270),
            _ => return None,
        };
        Some(Self { rotation_deg, mirrored })
    }

    /// From a display matrix (ISO/IEC 14496-12, 8.3.2: `x' = ax + cy`,
    /// `y' = bx + dy`, 16.16 fixed point). The flag says whether it is exactly
    /// one of the eight; otherwise the nearest is given. `None` if singular.
    pub(crate) fn from_matrix(matrix: &[i32; 9]) -> Option<(Self, bool)> {
        let [a, b, _, c, d, ..] = matrix.map(f64::from);
        let determinant = a * d - b * c;
        if determinant == 0.0 {
            return None;
        }
        let mirrored = determinant < 0.0;
        // Undo the mirroring (x → −x) before the map, then read the angle of
        // the first column; clockwise because y points down.
        let (x, y) = if mirrored { (-a, -b) } else { (a, b) };
        let degrees = y.atan2(x).to_degrees();
        let quarter = (degrees / 90.0).round();
        let exact = (degrees - quarter * 90.0).abs() < 0.5;
        Some((Self { rotation_deg: (quarter as i32).rem_euclid(4) * 90, mirrored }, exact))
    }

    fn sideways(self) -> bool {
        self.rotation_deg % 180 != 0
    }

    /// Width and height upright with square pixels of a coded size. The
    /// height of the coded picture is kept and its width stretched.
    pub(crate) fn display_size(
        self,
        width: u32,
        height: u32,
        (num, den): (u32, u32),
    ) -> (u32, u32) {
        let stretched = (f64::from(width) * f64::from(num) / f64::from(den)).round();
        let stretched = stretched.clamp(1.0, f64::from(u32::MAX)) as u32;
        if self.sideways() { (height, stretched) } else { (stretched, height) }
    }

    /// The map from display pixels of that size to coded pixels; both with
    /// (0, 0) at the outer corner of the top-left pixel.
    pub(crate) fn display_to_coded(self, coded: (u32, u32), display: (u32, u32)) -> Affine {
        let (w, h) = (coded.0 as f32, coded.1 as f32);
        let (dw, dh) = (display.0.max(1) as f32, display.1.max(1) as f32);
        let [mut a, mut b, mut c, d, e, f] = match self.rotation_deg.rem_euclid(360) {
            90 => [0.0, w / dh, 0.0, -h / dw, 0.0, h],
            180 => [-w / dw, 0.0, w, 0.0, -h / dh, h],
            270 => [0.0, -w / dh, w, h / dw, 0.0, 0.0],
            _ => [w / dw, 0.0, 0.0, 0.0, h / dh, 0.0],
        };
        if self.mirrored {
            (a, b, c) = (-a, -b, w - c);
        }
        Affine { m: [a, b, c, d, e, f] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(map: &Affine, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = map.m;
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// Where the display's top-left and top-right corners lie in a 4 × 2
    /// coded picture, for each EXIF orientation, as Exif 2.32 words it ("the
    /// 0th row is the visual … and the 0th column the visual …").
    #[test]
    fn exif_orientations_put_the_corners_where_exif_says() {
        let corners = [
            (1, (0.0, 0.0), (4.0, 0.0)),
            (2, (4.0, 0.0), (0.0, 0.0)),
            (3, (4.0, 2.0), (0.0, 2.0)),
            (4, (0.0, 2.0), (4.0, 2.0)),
            (5, (0.0, 0.0), (0.0, 2.0)),
            (6, (0.0, 2.0), (0.0, 0.0)),
            (7, (4.0, 2.0), (4.0, 0.0)),
            (8, (4.0, 0.0), (4.0, 2.0)),
        ];
        for (tag, left, right) in corners {
            let orientation = Orientation::from_exif(tag).unwrap_or_default();
            let display = orientation.display_size(4, 2, (1, 1));
            assert_eq!(display, if tag >= 5 { (2, 4) } else { (4, 2) }, "tag {tag}");
            let map = orientation.display_to_coded((4, 2), display);
            assert_eq!(at(&map, 0.0, 0.0), left, "tag {tag}");
            assert_eq!(at(&map, display.0 as f32, 0.0), right, "tag {tag}");
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    /// The display matrix that each orientation amounts to leads back to it.
    #[test]
    fn matrices_lead_back_to_their_orientation() {
        for tag in 1..=8 {
            let orientation = Orientation::from_exif(tag).unwrap_or_default();
            let (sin, cos) = match orientation.rotation_deg {
                90 => (1, 0),
                180 => (0, -1),
                270 => (-1, 0),
                _ => (0, 1),
            };
            let flip = if orientation.mirrored { -1 } else { 1 };
            let one = 1 << 16;
            // Columns: image of the x axis (after mirroring), of the y axis.
            let matrix =
                [flip * cos * one, flip * sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30];
            assert_eq!(Orientation::from_matrix(&matrix), Some((orientation, true)), "tag {tag}");
        }
        assert_eq!(Orientation::from_matrix(&[0; 9]), None);
        let tilted = [46341, 46341 / 2, 0, -46341 / 2, 46341, 0, 0, 0, 1 << 30];
        assert!(Orientation::from_matrix(&tilted).is_some_and(|(_, exact)| !exact));
    }

    #[test]
    fn sample_aspect_stretches_the_width() {
        let upright = Orientation::default();
        assert_eq!(upright.display_size(720, 576, (16, 15)), (768, 576));
        let sideways = Orientation { rotation_deg: 90, mirrored: false };
        let display = sideways.display_size(720, 576, (16, 15));
        assert_eq!(display, (576, 768));
        let map = sideways.display_to_coded((720, 576), display);
        assert_eq!(at(&map, 576.0, 768.0), (720.0, 0.0));
    }
}
