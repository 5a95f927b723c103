//! What can be read off a mesh: indices of points, eye opening, pose, size.
//!
//! Index numbers are those of MediaPipe's 468-point face mesh (Kartynnik et
//! al., *Real-time Facial Surface Geometry from Monocular Video on Mobile
//! GPUs*, 2019, arXiv:1907.06724).

use crate::media::Rect;

/// Points of a mesh.
pub const POINTS: usize = 468;
/// The subject's right eye: outer corner, two of the upper lid, inner corner,
/// two of the lower lid (p1 … p6 of Soukupová & Čech 2016).
pub const RIGHT_EYE: [usize; 6] = [33, 160, 158, 133, 153, 144];
/// The subject's left eye: inner corner, two of the upper lid, outer corner,
/// two of the lower lid.
pub const LEFT_EYE: [usize; 6] = [362, 385, 387, 263, 373, 380];
/// The same six points of either eye in the contour that the iris network
/// gives ([`super::Iris::contour`]): its first nine points are the lower lid
/// from corner to corner, the next seven the upper one without the corners.
pub const CONTOUR_EYE: [usize; 6] = [0, 11, 13, 8, 5, 3];
/// Middle of the hairline, and the chin.
pub const FOREHEAD_CHIN: (usize, usize) = (10, 152);
/// Widest points of the face, the subject's right first.
pub const CHEEKS: (usize, usize) = (234, 454);
/// Pairs that lie left and right of each other, the subject's right first:
/// eye corners, mouth corners, widest points. Their mean direction is the
/// face's horizontal.
const ACROSS: [(usize, usize); 4] = [(33, 263), (133, 362), (61, 291), CHEEKS];

/// Turn of a head in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Positive when the subject turns to the right of the picture.
    pub yaw: f32,
    /// Positive when the subject looks up.
    pub pitch: f32,
    /// Positive when the head leans clockwise in the picture.
    pub roll: f32,
}

/// Opening of an eye in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opening {
    /// From lid to lid, mean of two places.
    pub height: f32,
    /// From corner to corner.
    pub width: f32,
}

/// Smallest upright rectangle around the mesh, in its pixels.
pub fn bounds(mesh: &[[f32; 3]]) -> Option<Rect> {
    Rect::around(mesh.iter().map(|p| (p[0], p[1])))
}

/// Distance between the widest points of the face in the picture, in pixels.
/// It shrinks with the cosine of the yaw.
pub fn face_width(mesh: &[[f32; 3]]) -> Option<f32> {
    between(mesh, CHEEKS.0, CHEEKS.1)
}

/// Distance between the outer eye corners, in pixels.
pub fn eye_distance(mesh: &[[f32; 3]]) -> Option<f32> {
    between(mesh, RIGHT_EYE[0], LEFT_EYE[3])
}

/// Eye aspect ratio (|p2 p6| + |p3 p5|) / (2 |p1 p4|) of the subject's right
/// and left eye (Soukupová & Čech, *Real-Time Eye Blink Detection using Facial
/// Landmarks*, 2016, equation 1). About 0.3 open, under 0.15 closed.
pub fn eye_aspect_ratio(mesh: &[[f32; 3]]) -> Option<[f32; 2]> {
    let ratio = |eye| eye_opening(mesh, eye).filter(|o| o.width > 0.0).map(|o| o.height / o.width);
    Some([ratio(RIGHT_EYE)?, ratio(LEFT_EYE)?])
}

/// Height and width of the opening of an eye, in pixels: (|p2 p6| + |p3 p5|)/2
/// and |p1 p4|, for the six points that `eye` names among `points`.
pub fn eye_opening(points: &[[f32; 3]], eye: [usize; 6]) -> Option<Opening> {
    let [p1, p2, p3, p4, p5, p6] = eye;
    Some(Opening {
        height: (between(points, p2, p6)? + between(points, p3, p5)?) / 2.0,
        width: between(points, p1, p4)?,
    })
}

/// Pose from the mesh's own three dimensions: the horizontal is the mean
/// direction of four symmetric pairs, the vertical goes from hairline to chin.
/// No camera model and no canonical face enter: angles compare within a clip;
/// between persons the zero of the pitch differs by several degrees.
pub fn pose(mesh: &[[f32; 3]]) -> Option<Pose> {
    let mut x = [0.0; 3];
    for (right, left) in ACROSS {
        let pair = normal(difference(mesh.get(right)?, mesh.get(left)?))?;
        x = [x[0] + pair[0], x[1] + pair[1], x[2] + pair[2]];
    }
    let x = normal(x)?;
    let down = difference(mesh.get(FOREHEAD_CHIN.0)?, mesh.get(FOREHEAD_CHIN.1)?);
    // Away from the camera when the face is frontal: z grows with distance.
    let back = normal(cross(x, down))?;
    // The head's own yaw and pitch, as if its roll were undone: a picture that is turned
    // changes the roll alone.
    let roll = x[1].atan2(x[0]);
    let (s, c) = roll.sin_cos();
    let (right, down) = (c * back[0] + s * back[1], c * back[1] - s * back[0]);
    Some(Pose {
        yaw: (-right).atan2(back[2]).to_degrees(),
        pitch: down.clamp(-1.0, 1.0).asin().to_degrees(),
        roll: roll.to_degrees(),
    })
}

fn between(mesh: &[[f32; 3]], a: usize, b: usize) -> Option<f32> {
    let d = difference(mesh.get(a)?, mesh.get(b)?);
    Some(d[0].hypot(d[1]))
}

fn difference(from: &[f32; 3], to: &[f32; 3]) -> [f32; 3] {
    [to[0] - from[0], to[1] - from[1], to[2] - from[2]]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn normal(v: [f32; 3]) -> Option<[f32; 3]> {
    let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    (length.is_finite() && length > 1e-6).then(|| v.map(|c| c / length))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;

    /// A flat face: symmetric pairs level, hairline above chin.
    fn flat() -> Vec<[f32; 3]> {
        let mut mesh = vec![[0.0; 3]; POINTS];
        for (right, left) in ACROSS {
            mesh[right] = [-50.0, 0.0, 0.0];
            mesh[left] = [50.0, 0.0, 0.0];
        }
        mesh[10] = [0.0, -60.0, 0.0];
        mesh[152] = [0.0, 60.0, 0.0];
        mesh
    }

    fn turned(about: usize, degrees: f32) -> Vec<[f32; 3]> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (i, j) = [(1, 2), (2, 0), (0, 1)][about];
        let mut mesh = flat();
        for p in &mut mesh {
            (p[i], p[j]) = (cos * p[i] - sin * p[j], sin * p[i] + cos * p[j]);
        }
        mesh
    }

    #[test]
    fn pose_is_read_off_each_axis() {
        let near = |mesh: &[[f32; 3]], yaw: f32, pitch: f32, roll: f32| {
            let p = pose(mesh).unwrap();
            let off = (p.yaw - yaw).abs().max((p.pitch - pitch).abs()).max((p.roll - roll).abs());
            assert!(off < 1e-2, "{p:?}");
        };
        near(&flat(), 0.0, 0.0, 0.0);
        near(&turned(2, 25.0), 0.0, 0.0, 25.0);
        // About y by −20: the left side of the face goes back, it looks right.
        near(&turned(1, -20.0), 20.0, 0.0, 0.0);
        // About x by +15: the chin goes back … no: y to z, the chin (y > 0)
        // gains z and goes back, the hairline comes forward: it looks down.
        near(&turned(0, 15.0), 0.0, -15.0, 0.0);
    }

    #[test]
    fn a_turned_picture_changes_the_roll_alone() {
        let yawed = turned(1, -20.0);
        for degrees in [90.0_f32, -90.0, 180.0, 35.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let in_plane = |p: &[f32; 3]| [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1], p[2]];
            let p = pose(&yawed.iter().map(in_plane).collect::<Vec<_>>()).unwrap();
            let off = (p.yaw - 20.0).abs().max(p.pitch.abs());
            let turn = (p.roll - degrees).rem_euclid(360.0);
            assert!(off < 1e-2 && turn.min(360.0 - turn) < 1e-2, "{degrees}: {p:?}");
        }
    }

    #[test]
    fn eye_opening_of_drawn_eyes() {
        let mut mesh = flat();
        for (eye, x) in [(RIGHT_EYE, -40.0), (LEFT_EYE, 20.0)] {
            let [p1, p2, p3, p4, p5, p6] = eye;
            for (index, dx, dy) in [
                (p1, 0.0, 0.0),
                (p2, 7.0, -3.0),
                (p3, 13.0, -3.0),
                (p4, 20.0, 0.0),
                (p5, 13.0, 3.0),
                (p6, 7.0, 3.0),
            ] {
                mesh[index] = [x + dx, dy, 0.0];
            }
        }
        let [right, left] = eye_aspect_ratio(&mesh).unwrap();
        assert!((right - 0.3).abs() < 1e-6 && (left - 0.3).abs() < 1e-6);
        assert_eq!(eye_distance(&mesh), Some(80.0));
        assert_eq!(face_width(&mesh), Some(100.0));
        assert!(eye_aspect_ratio(&mesh[..100]).is_none() && pose(&[]).is_none());
        assert!(pose(&[[0.0; 3]; POINTS]).is_none(), "a collapsed mesh has no pose");
    }
}
