//! Eyes and mouth: what fills the openings of the mesh.

use super::paint::{Canvas, unit};
use super::{Head, shape};
use crate::faces::Iris;
use crate::faces::outline::{LEFT_EYE, LIPS_INNER, RIGHT_EYE, polygon};

/// Radius of the iris in widths of the face: a visible iris is 11.7 mm wide
/// (Rüfer et al. 2005), the mean face between the points 234 and 454 about 145 mm.
pub const IRIS: f32 = 5.85 / 145.0;
/// Radius of the eyeball in radii of the iris (12 against 5.85 mm).
pub const BALL: f32 = 12.0 / 5.85;
/// Radius of the cornea in radii of the iris: 7.8 mm (Johnson & Farid 2007,
/// section 3.2, give 7.8 to 5.8).
pub const CORNEA: f32 = 7.8 / 5.85;

/// The true irises: centre, right, top, left and bottom of the rim, and the
/// lids in the iris network's order.
pub fn irises(head: &Head, mesh: &[[f32; 3]]) -> [Iris; 2] {
    let open = shape::mesh(&Head { blink: 0.0, ..head.clone() });
    let one = |ring: [usize; 16], gaze: [f32; 2]| {
        let (corner, other) = (open[ring[0]], open[ring[8]]);
        let centre = ring
            .iter()
            .fold([0.0; 2], |s, i| [s[0] + open[*i][0] / 16.0, s[1] + open[*i][1] / 16.0]);
        let r = IRIS * head.width;
        // Turned away, an iris is seen narrower.
        let (rx, ry) = (r * head.turn[0].to_radians().cos(), r);
        let [gx, gy] = looking(head, gaze);
        let (cx, cy) = (centre[0] + gx * r, centre[1] + gy * r);
        let points = [[cx, cy], [cx + rx, cy], [cx, cy - ry], [cx - rx, cy], [cx, cy + ry]];
        let lids: Vec<[f32; 3]> = (0..9).chain((9..16).rev()).map(|k| mesh[ring[k]]).collect();
        // The rest of the 71 are rings further out: here the same lids, larger.
        let middle = [(corner[0] + other[0]) / 2.0, (corner[1] + other[1]) / 2.0];
        let contour = (0..71).map(|k| {
            let (lid, grow) = (lids[k % 16], 1.0 + 0.3 * (k / 16) as f32);
            [
                middle[0] + grow * (lid[0] - middle[0]),
                middle[1] + grow * (lid[1] - middle[1]),
                lid[2],
            ]
        });
        Iris { points, contour: contour.collect() }
    };
    [one(RIGHT_EYE, head.gaze[0]), one(LEFT_EYE, head.gaze[1])]
}

/// How far from the middle of the lids the iris is seen, in its radii: it lies
/// on an eyeball that turns with the head, and touches the lids when it looks
/// straight ahead.
fn looking(head: &Head, gaze: [f32; 2]) -> [f32; 2] {
    let [x, y] = gaze.map(|g| (g / BALL).clamp(-1.0, 1.0));
    let [yaw, pitch, roll] = head.turn.map(f32::to_radians);
    let seen = |v: [f32; 3]| shape::turned(v, yaw, pitch, roll).map(|c| c * BALL);
    let (to, ahead) =
        (seen([x, y, -(1.0 - x * x - y * y).max(0.0).sqrt()]), seen([0.0, 0.0, -1.0]));
    [to[0] - ahead[0], to[1] - ahead[1]]
}

/// Fills the eyes and the mouth.
pub fn paint(head: &Head, mesh: &[[f32; 3]], irises: &[Iris; 2], canvas: &mut Canvas) {
    let white = head.ambient + 0.6 * head.lamp;
    for (side, ring) in [RIGHT_EYE, LEFT_EYE].iter().enumerate() {
        let (Some(opening), iris) = (polygon(mesh, ring), &irises[side]) else { continue };
        let [[cx, cy], [right, _], [_, top], ..] = iris.points;
        let (rx, ry) = (right - cx, cy - top);
        let shine = head.mirrored[side].map(|to| {
            let l = unit(to);
            let half = unit([l[0], l[1], l[2] + 1.0]);
            [half[0] * CORNEA, -half[1] * CORNEA]
        });
        canvas.fill(&opening, |x, y| {
            let (u, v) = ((x - cx) / rx, (y - cy) / ry);
            let r = u.hypot(v);
            if let Some([hx, hy]) = shine
                && (u - hx).hypot(v - hy) < 0.16
            {
                return [1.0; 3];
            }
            if (u / head.pupil[0]).hypot(v / head.pupil[1]) < 1.0 {
                return [0.006; 3];
            }
            if r < 1.0 {
                let rays = 1.0 + 0.25 * (v.atan2(u) * 23.0).sin();
                let rim = if r > 0.88 { 0.5 } else { 1.0 };
                return head.irises[side].map(|c| c * rays * rim * white);
            }
            [0.72 * white, 0.68 * white, 0.66 * white]
        });
    }
    if let Some(opening) = polygon(mesh, &LIPS_INNER) {
        let (high, low) = (mesh[13][1], mesh[14][1]);
        let edge = high + 0.45 * (low - high);
        let open = low - high > 0.02 * head.width;
        // Incisors of 8.5 mm, gaps of 1 mm.
        let (tooth, middle) = (8.5 / 145.0 * head.width, mesh[13][0]);
        canvas.fill(&opening, |x, y| {
            let gap = ((x - middle) / tooth + 0.5).rem_euclid(1.0) - 0.5;
            let lit = if gap.abs() < 0.5 / 8.5 { white * (1.0 - head.teeth) } else { white };
            if open && y < edge { [0.55 * lit, 0.52 * lit, 0.44 * lit] } else { [0.02; 3] }
        });
    }
    if head.earring {
        let ear = shape::turned([0.56, 0.24, 0.1], head.turn[0].to_radians(), 0.0, 0.0);
        let (x, y) = (head.centre.0 + ear[0] * head.width, head.centre.1 + ear[1] * head.width);
        let r = 0.035 * head.width;
        let ring: Vec<(f32, f32)> = (0..24)
            .map(|k| (k as f32 / 24.0 * std::f32::consts::TAU).sin_cos())
            .map(|(s, c)| (x + r * c, y + r * s))
            .collect();
        canvas.fill(&ring, |_, _| [0.9, 0.75, 0.25]);
    }
}
