//! How a rigid shape lies in a picture: pose from points in the picture alone.
//!
//! Scaled orthographic projection ("weak perspective"): no camera has to be
//! known, as it is not of a clip that was cropped and sent on. A face near the
//! camera is drawn together at its rim; the pose is then off by some degrees,
//! in the same way for all faces at that distance.

use super::geometry::Pose;
use super::synth::head::HEAD;
use crate::signal::linear::solve;

/// Rounds of refinement; the start is exact for exact points.
const ROUNDS: usize = 12;

/// Where a shape lies: `picture = scale · rotation · shape + shift`, of which
/// the first two rows are seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// Rows of the rotation: x to the right, y down, z away from the viewer.
    pub rotation: [[f64; 3]; 3],
    /// Pixels for one unit of the shape.
    pub scale: f64,
    /// Where the shape's origin lies, in pixels.
    pub shift: [f64; 2],
    /// Root mean square distance of the points from where they should be, in
    /// pixels.
    pub residual: f64,
}

/// The mean head's point of this number ([`HEAD`]), in widths of the face.
pub fn of_head(index: usize) -> Option<[f64; 3]> {
    HEAD.get(index).map(|p| p.map(|v| f64::from(v) / 10_000.0))
}

/// Pose of `shape` from its points `seen` in the picture: least squares over
/// rotation, scale and shift, by Gauss–Newton from the nearest rotation to the
/// affine solution. `None` for fewer than four pairs, for a flat shape, or for
/// points that are no picture of it.
pub fn weak_perspective(shape: &[[f64; 3]], seen: &[[f64; 2]]) -> Option<Stance> {
    let n = shape.len();
    if n < 4 || seen.len() != n {
        return None;
    }
    let centre = |k: usize| shape.iter().map(|p| p[k]).sum::<f64>() / n as f64;
    let middle = [centre(0), centre(1), centre(2)];
    let place = |k: usize| seen.iter().map(|p| p[k]).sum::<f64>() / n as f64;
    let home = [place(0), place(1)];
    let pairs: Vec<([f64; 3], [f64; 2])> = shape
        .iter()
        .zip(seen)
        .map(|(p, q)| ([0, 1, 2].map(|k| p[k] - middle[k]), [q[0] - home[0], q[1] - home[1]]))
        .collect();
    let (mut rotation, mut scale) = start(&pairs)?;
    for _ in 0..ROUNDS {
        let (turn, grow) = step(&pairs, &rotation, scale)?;
        rotation = times(&exponential(turn), &rotation);
        scale *= grow.exp();
    }
    let square: f64 = pairs.iter().map(|(p, q)| off(p, q, &rotation, scale)).sum();
    let origin = apply(&rotation, middle);
    let stance = Stance {
        rotation,
        scale,
        shift: [home[0] - scale * origin[0], home[1] - scale * origin[1]],
        residual: (square / n as f64).sqrt(),
    };
    (stance.residual.is_finite() && scale > 0.0 && scale.is_finite()).then_some(stance)
}

impl Stance {
    /// The turn in degrees, with the signs of [`Pose`]: roll of a yawed,
    /// pitched shape.
    pub fn pose(&self) -> Pose {
        let r = &self.rotation;
        // Where the shape's own x and z axes point.
        let (x, z) = ([r[0][0], r[1][0]], [r[0][2], r[1][2], r[2][2]]);
        let roll = x[1].atan2(x[0]);
        let (s, c) = roll.sin_cos();
        // The rotation without roll: z then lies at (−sin yaw cos pitch, sin
        // pitch, cos yaw cos pitch).
        let (zx, zy) = (c * z[0] + s * z[1], c * z[1] - s * z[0]);
        let degrees = |v: f64| v.to_degrees() as f32;
        Pose {
            yaw: degrees((-zx).atan2(z[2])),
            pitch: degrees(zy.clamp(-1.0, 1.0).asin()),
            roll: degrees(roll),
        }
    }
}

/// Angle in degrees of the rotation that leads from one to the other.
pub fn between(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> f64 {
    let trace: f64 = (0..3).map(|i| (0..3).map(|k| a[i][k] * b[i][k]).sum::<f64>()).sum();
    ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos().to_degrees()
}

/// The affine map nearest to the pairs, and the rotation and scale nearest to
/// it.
fn start(pairs: &[([f64; 3], [f64; 2])]) -> Option<([[f64; 3]; 3], f64)> {
    let mut rows = [[0.0; 3]; 2];
    for (axis, row) in rows.iter_mut().enumerate() {
        let mut m = [[0.0; 4]; 3];
        for (p, q) in pairs {
            for i in 0..3 {
                for j in 0..3 {
                    m[i][j] += p[i] * p[j];
                }
                m[i][3] += p[i] * q[axis];
            }
        }
        *row = solve(m)?;
    }
    let size = rows.map(|r| length(&r));
    let scale = (size[0] + size[1]) / 2.0;
    if !(scale.is_finite() && scale > 1e-9) {
        return None;
    }
    // Halve the lack of a right angle between the two, then fill in the third.
    let [a, b] = [unit(rows[0])?, unit(rows[1])?];
    let (sum, difference) = (unit(plus(a, b, 1.0))?, unit(plus(a, b, -1.0))?);
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let x = plus(sum, difference, 1.0).map(|v| v * half);
    let y = plus(sum, difference, -1.0).map(|v| v * half);
    Some(([x, y, cross(x, y)], scale))
}

/// One Gauss–Newton step: a turn about the picture's axes and a growth.
fn step(
    pairs: &[([f64; 3], [f64; 2])],
    rotation: &[[f64; 3]; 3],
    scale: f64,
) -> Option<([f64; 3], f64)> {
    let mut m = [[0.0; 5]; 4];
    for (p, q) in pairs {
        let [x, y, z] = apply(rotation, *p).map(|v| v * scale);
        for (row, left) in [([0.0, z, -y, x], q[0] - x), ([-z, 0.0, x, y], q[1] - y)] {
            for i in 0..4 {
                for j in 0..4 {
                    m[i][j] += row[i] * row[j];
                }
                m[i][4] += row[i] * left;
            }
        }
    }
    let [a, b, c, grow] = solve(m)?;
    Some(([a, b, c], grow))
}

fn off(p: &[f64; 3], q: &[f64; 2], rotation: &[[f64; 3]; 3], scale: f64) -> f64 {
    let at = apply(rotation, *p);
    (q[0] - scale * at[0]).powi(2) + (q[1] - scale * at[1]).powi(2)
}

/// Rotation by a vector's length about it (Rodrigues).
fn exponential(w: [f64; 3]) -> [[f64; 3]; 3] {
    let angle = length(&w);
    let Some(axis) = unit(w) else {
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    };
    let (s, c) = angle.sin_cos();
    let cross = [[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]];
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let same = if i == j { c } else { 0.0 };
            same + s * cross[i][j] + (1.0 - c) * axis[i] * axis[j]
        })
    })
}

fn apply(m: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn times(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

fn plus(a: [f64; 3], b: [f64; 3], sign: f64) -> [f64; 3] {
    [a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2]]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn length(v: &[f64; 3]) -> f64 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

fn unit(v: [f64; 3]) -> Option<[f64; 3]> {
    let size = length(&v);
    (size.is_finite() && size > 1e-12).then(|| v.map(|c| c / size))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;
    use crate::faces::synth::{Head, shape_of};

    fn solved(head: &Head) -> Stance {
        let mesh = shape_of(head);
        let shape: Vec<_> = (0..HEAD.len()).map(|i| of_head(i).unwrap()).collect();
        let seen: Vec<_> = mesh.iter().map(|p| [f64::from(p[0]), f64::from(p[1])]).collect();
        weak_perspective(&shape, &seen).unwrap()
    }

    #[test]
    fn the_head_is_found_as_it_was_put() {
        for turn in [
            [0.0, 0.0, 0.0],
            [30.0, 0.0, 0.0],
            [0.0, -20.0, 0.0],
            [0.0, 0.0, 35.0],
            [-25.0, 15.0, 10.0],
            [40.0, -25.0, -30.0],
        ] {
            let head = Head { turn, ..Head::default() };
            let found = solved(&head);
            let pose = found.pose();
            let off = (pose.yaw - turn[0])
                .abs()
                .max((pose.pitch - turn[1]).abs())
                .max((pose.roll - turn[2]).abs());
            assert!(off < 0.01, "{turn:?}: {pose:?}");
            assert!((found.scale - 200.0).abs() < 0.01 && found.residual < 0.01);
            assert!((found.shift[0] - 200.0).abs() < 0.02 && (found.shift[1] - 190.0).abs() < 0.02);
        }
    }

    #[test]
    fn angles_between_rotations() {
        let still = solved(&Head::default()).rotation;
        let turned = solved(&Head { turn: [12.0, 0.0, 0.0], ..Head::default() }).rotation;
        assert!(between(&still, &still) < 1e-5);
        assert!((between(&still, &turned) - 12.0).abs() < 0.01);
    }

    #[test]
    fn what_has_no_pose() {
        let flat: Vec<[f64; 3]> =
            (0..9).map(|i| [f64::from(i % 3), f64::from(i / 3), 0.0]).collect();
        let seen: Vec<[f64; 2]> = flat.iter().map(|p| [p[0], p[1]]).collect();
        assert!(weak_perspective(&flat, &seen).is_none(), "flat");
        assert!(weak_perspective(&flat[..3], &seen[..3]).is_none(), "three points");
        let head: Vec<_> = (0..20).map(|i| of_head(10 * i).unwrap()).collect();
        assert!(weak_perspective(&head, &[[0.0; 2]; 20]).is_none(), "all in one place");
        assert!(weak_perspective(&head, &[[f64::NAN; 2]; 20]).is_none());
        assert!(weak_perspective(&head, &[[0.0; 2]; 19]).is_none());
    }
}
