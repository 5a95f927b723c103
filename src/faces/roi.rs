//! Where the networks look: turned squares in display pixels.
//!
//! MediaPipe's conventions (graphs `face_detection_front_detection_to_roi`,
//! `face_landmark_landmarks_to_roi`, `iris_landmark_landmarks_to_roi`), with
//! one difference: extents and turns are taken along the line of the eyes, not
//! along the picture's axes. The crop then does not change with the tilt of
//! the head, and neither do measurements; for an upright face both are the same.

use super::detect::Detection;
use super::geometry::{LEFT_EYE, RIGHT_EYE};
use crate::media::{Affine, Rect};

/// How much larger the crop is than the face.
const FACE_SCALE: f32 = 1.5;
/// How much larger the crop is than the eye is wide.
const EYE_SCALE: f32 = 2.3;
/// Smallest crop that is worth looking at, in display pixels: a face of 24
/// pixels, with eyes of five. The mesh network is sure of its face (presence
/// 0.9999) in crops smaller than that of things that are none.
const SMALLEST: f32 = 36.0;

/// A turned square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roi {
    /// Centre.
    pub x: f32,
    /// Centre.
    pub y: f32,
    /// Side.
    pub size: f32,
    /// Clockwise turn on the screen, in radians.
    pub angle: f32,
    /// Mirrored left to right, as the iris network sees the subject's left eye.
    /// MediaPipe's graph `iris_tracking` names eyes as a viewer does: 33 and 133
    /// are its "left eye", 362 and 263 its "right eye", and
    /// `iris_landmark_left_and_right` flips the "right" one, since the network
    /// knows left eyes only. Held against MediaPipe's attention mesh, which has
    /// no part in this, the iris so found is 0.37 pixels off on `astronaut`, and
    /// with the other eye mirrored 0.86 and 1.04
    /// (`tests/reference/iris_mediapipe.py`).
    pub mirrored: bool,
}

/// Which eye, the subject's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On the left of an unmirrored picture.
    Right,
    /// On the right of an unmirrored picture.
    Left,
}

impl Roi {
    /// Around a detection, turned so that the eyes are level.
    pub fn of_detection(detection: &Detection) -> Self {
        let (x, y) = detection.bounds.center();
        let [(x0, y0), (x1, y1), ..] = detection.keypoints;
        let size = FACE_SCALE * detection.bounds.width.max(detection.bounds.height);
        Self { x, y, size, angle: (y1 - y0).atan2(x1 - x0), mirrored: false }
    }

    /// Around a mesh, for the next frame; `None` for a mesh without eyes.
    pub fn of_mesh(mesh: &[[f32; 3]]) -> Option<Self> {
        let (start, end) = (mesh.get(RIGHT_EYE[0])?, mesh.get(LEFT_EYE[3])?);
        let angle = (end[1] - start[1]).atan2(end[0] - start[0]);
        let level = Affine::similarity(1.0, -angle, 0.0, 0.0);
        let bounds = Rect::around(mesh.iter().map(|p| level.apply(p[0], p[1])))?;
        let (cx, cy) = bounds.center();
        let (x, y) = Affine::similarity(1.0, angle, 0.0, 0.0).apply(cx, cy);
        Some(Self {
            x,
            y,
            size: FACE_SCALE * bounds.width.max(bounds.height),
            angle,
            mirrored: false,
        })
    }

    /// Around one eye of a mesh, turned like the line between both eyes:
    /// MediaPipe turns it by that eye's own corners, which are close together
    /// and say little about the turn.
    pub fn of_eye(mesh: &[[f32; 3]], side: Side) -> Option<Self> {
        let (outer_right, outer_left) = (mesh.get(RIGHT_EYE[0])?, mesh.get(LEFT_EYE[3])?);
        let (start, end) = match side {
            Side::Right => (outer_right, mesh.get(RIGHT_EYE[3])?),
            Side::Left => (mesh.get(LEFT_EYE[0])?, outer_left),
        };
        Some(Self {
            x: (start[0] + end[0]) / 2.0,
            y: (start[1] + end[1]) / 2.0,
            size: EYE_SCALE * (end[0] - start[0]).hypot(end[1] - start[1]),
            angle: (outer_left[1] - outer_right[1]).atan2(outer_left[0] - outer_right[0]),
            mirrored: side == Side::Left,
        })
    }

    /// From the pixels of a network input of `side` to display pixels.
    pub fn to_display(&self, side: usize) -> Affine {
        let scale = self.size / side as f32;
        let flip = if self.mirrored { -scale } else { scale };
        let half = side as f32 / 2.0;
        Affine::scaling(flip, scale, -half * flip, -half * scale)
            .then(&Affine::similarity(1.0, self.angle, self.x, self.y))
    }

    /// Whether there is something to look at in a picture of this size.
    pub fn usable(&self, width: u32, height: u32) -> bool {
        let (w, h) = (width as f32, height as f32);
        let reach = self.size / 2.0;
        [self.x, self.y, self.size, self.angle].iter().all(|v| v.is_finite())
            && self.size >= SMALLEST
            && self.size <= 4.0 * w.max(h)
            && self.x > -reach
            && self.y > -reach
            && self.x < w + reach
            && self.y < h + reach
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;

    fn close(a: (f32, f32), b: (f32, f32)) {
        assert!((a.0 - b.0).abs() < 1e-2 && (a.1 - b.1).abs() < 1e-2, "{a:?} is not {b:?}");
    }

    #[test]
    fn corners_of_a_turned_square() {
        let quarter = std::f32::consts::FRAC_PI_2;
        let roi = Roi { x: 100.0, y: 50.0, size: 40.0, angle: quarter, mirrored: false };
        let map = roi.to_display(192);
        close(map.apply(96.0, 96.0), (100.0, 50.0));
        close(map.apply(0.0, 0.0), (120.0, 30.0));
        close(map.apply(192.0, 0.0), (120.0, 70.0));
        let map = Roi { angle: 0.0, mirrored: true, ..roi }.to_display(64);
        close(map.apply(0.0, 0.0), (120.0, 30.0));
        close(map.apply(64.0, 64.0), (80.0, 70.0));
    }

    #[test]
    fn a_tilted_head_gets_the_same_crop() {
        // Points of an ellipse with the eye corners where the eyes are.
        let mut mesh = vec![[0.0f32; 3]; 468];
        for (i, point) in mesh.iter_mut().enumerate() {
            let turn = i as f32 / 468.0 * std::f32::consts::TAU;
            *point = [40.0 * turn.cos(), 60.0 * turn.sin(), 0.0];
        }
        for (index, x) in [(33, -25.0), (133, -8.0), (362, 8.0), (263, 25.0)] {
            mesh[index] = [x, -15.0, 0.0];
        }
        let upright = Roi::of_mesh(&mesh).unwrap();
        close((upright.size, upright.angle), (180.0, 0.0));
        let tilt = Affine::similarity(1.0, 0.6, 300.0, 200.0);
        for p in &mut mesh {
            let (x, y) = tilt.apply(p[0], p[1]);
            *p = [x, y, 0.0];
        }
        let tilted = Roi::of_mesh(&mesh).unwrap();
        close((tilted.size, tilted.angle), (180.0, 0.6));
        close((tilted.x, tilted.y), tilt.apply(upright.x, upright.y));
        let eye = Roi::of_eye(&mesh, Side::Right).unwrap();
        close((eye.size, eye.angle), (2.3 * 17.0, 0.6));
        let left = Roi::of_eye(&mesh, Side::Left).unwrap();
        assert!(left.mirrored && !eye.mirrored && Roi::of_mesh(&mesh[..10]).is_none());
    }

    #[test]
    fn unusable_squares() {
        let roi = Roi { x: 50.0, y: 50.0, size: 40.0, angle: 0.0, mirrored: false };
        assert!(roi.usable(100, 100));
        for bad in [
            Roi { x: f32::NAN, ..roi },
            Roi { size: 3.0, ..roi },
            Roi { x: 130.0, ..roi },
            Roi { size: 900.0, ..roi },
        ] {
            assert!(!bad.usable(100, 100), "{bad:?}");
        }
    }
}
