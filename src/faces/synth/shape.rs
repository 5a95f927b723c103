//! The mean head posed and moved: expression first, then the turn.

use super::Head;
use super::head::HEAD;
use crate::faces::outline::{LEFT_LIDS, LIPS_LOWER, RIGHT_LIDS};

/// The head at rest, in widths of the face: x to the right, y down, z away.
pub fn rest() -> Vec<[f32; 3]> {
    HEAD.iter().map(|p| p.map(|v| f32::from(v) / 10_000.0)).collect()
}

/// The mesh in pixels.
pub fn mesh(head: &Head) -> Vec<[f32; 3]> {
    let mut points = moved(head);
    let [yaw, pitch, roll] = head.turn.map(f32::to_radians);
    for p in &mut points {
        *p = turned(*p, yaw, pitch, roll).map(|v| v * head.width);
        *p = [p[0] + head.centre.0, p[1] + head.centre.1, p[2]];
    }
    points
}

/// Roll of a pitched, yawed point, with the signs of `geometry::Pose`.
pub fn turned(p: [f32; 3], yaw: f32, pitch: f32, roll: f32) -> [f32; 3] {
    // Looking up: the chin comes forward (z falls), the hairline goes back.
    let (s, c) = pitch.sin_cos();
    let p = [p[0], c * p[1] + s * p[2], c * p[2] - s * p[1]];
    // To the right of the picture: the nose (z < 0) goes right.
    let (s, c) = yaw.sin_cos();
    let p = [c * p[0] - s * p[2], p[1], s * p[0] + c * p[2]];
    let (s, c) = roll.sin_cos();
    [c * p[0] - s * p[1], s * p[0] + c * p[1], p[2]]
}

/// The head with its expression, untouched by pose.
fn moved(head: &Head) -> Vec<[f32; 3]> {
    let rest = rest();
    let mut points = rest.clone();
    let near = |p: [f32; 3], c: [f32; 3], reach: f32| {
        let d = (p[0] - c[0]).powi(2) + (p[1] - c[1]).powi(2);
        (-d / (2.0 * reach * reach)).exp()
    };
    // The lower lip and all below it go down, most in the middle.
    let line = (rest[78][1] + rest[308][1]) / 2.0;
    for (index, p) in points.iter_mut().enumerate() {
        let r = rest[index];
        if r[1] > line && (!on_lips(index) || LIPS_LOWER.contains(&index))
            || LIPS_LOWER.contains(&index)
        {
            p[1] += head.mouth * (1.0 - (r[0] / 0.45).powi(2)).max(0.0);
        }
        for (corner, side) in [(61, -1.0), (291, 1.0)] {
            let weight = head.smile * near(r, rest[corner], 0.10);
            p[0] += 0.05 * side * weight;
            p[1] -= 0.06 * weight;
        }
        for brow in [105, 334] {
            p[1] -= 0.05 * head.brow * near(r, rest[brow], 0.09);
        }
        for (brow, side) in [(55, -1.0), (285, 1.0)] {
            let weight = head.frown * near(r, rest[brow], 0.05);
            p[0] -= 0.03 * side * weight;
            p[1] += 0.015 * weight;
        }
    }
    // Each point of the upper lid meets the one under it.
    for lids in [RIGHT_LIDS, LEFT_LIDS] {
        for (upper, lower) in lids {
            let (from, to) = (points[upper], points[lower]);
            points[upper] = std::array::from_fn(|k| from[k] + head.blink * (to[k] - from[k]));
        }
    }
    points
}

fn on_lips(index: usize) -> bool {
    crate::faces::outline::LIPS_INNER.contains(&index)
        || crate::faces::outline::LIPS_OUTER.contains(&index)
}
