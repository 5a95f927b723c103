//! Background, hair, ears, neck and the shaded mesh.

use super::head::HEAD;
use super::{Head, shape};
use crate::faces::outline::{
    LEFT_BROW, LIPS_INNER, LIPS_LOWER, LIPS_OUTER, RIGHT_BROW, inside, to_segment,
};
use crate::faces::topology::TRIANGLES;

/// Samples along a pixel's side.
const FINE: usize = 2;
/// Points of the upper lip between its rims.
const LIPS_UPPER: [usize; 18] =
    [76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306, 62, 183, 42, 41, 38, 12, 268];
const LIPS_UPPER_LEFT: [usize; 6] = [271, 272, 407, 292, 96, 325];
/// Where the fold beside the nose runs, right and left.
const FOLDS: [[usize; 4]; 2] = [[203, 206, 216, 212], [423, 426, 436, 432]];
/// Screen gamma.
const GAMMA: f32 = 2.2;

/// Linear light, [`FINE`] times finer than the picture.
pub struct Canvas {
    side: usize,
    pixels: Vec<[f32; 3]>,
}

impl Canvas {
    /// Sets the samples in a polygon given in pixels to what `colour` says of
    /// their place.
    pub fn fill(&mut self, polygon: &[(f32, f32)], colour: impl Fn(f32, f32) -> [f32; 3]) {
        let fold = |f: fn(f32, f32) -> f32, start: f32, y: bool| {
            polygon.iter().map(|p| if y { p.1 } else { p.0 }).fold(start, f)
        };
        let (x0, x1) = (fold(f32::min, f32::MAX, false), fold(f32::max, f32::MIN, false));
        let (y0, y1) = (fold(f32::min, f32::MAX, true), fold(f32::max, f32::MIN, true));
        self.paint([x0, y0, x1, y1], |x, y| inside(polygon, x, y).then(|| colour(x, y)));
    }

    /// Paints samples of a box (left, top, right, bottom, in pixels).
    fn paint(&mut self, [x0, y0, x1, y1]: [f32; 4], colour: impl Fn(f32, f32) -> Option<[f32; 3]>) {
        let fine = FINE as f32;
        let span = |from: f32, to: f32| {
            let clip = |v: f32| (v * fine).clamp(0.0, self.side as f32) as usize;
            clip(from.floor())..clip(to.ceil() + 1.0)
        };
        let (xs, ys) = (span(x0, x1), span(y0, y1));
        for v in ys {
            for u in xs.clone() {
                let at = |k: usize| (k as f32 + 0.5) / fine;
                if let Some(c) = colour(at(u), at(v)) {
                    self.pixels[v * self.side + u] = c;
                }
            }
        }
    }

    /// Levels 0–255 of the picture, interleaved.
    pub fn finish(self, side: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(side * side * 3);
        for y in 0..side {
            for x in 0..side {
                for c in 0..3 {
                    let mut sum = 0.0;
                    for k in 0..FINE * FINE {
                        let at = (y * FINE + k / FINE) * self.side + x * FINE + k % FINE;
                        sum += self.pixels[at][c];
                    }
                    let linear = (sum / (FINE * FINE) as f32).clamp(0.0, 1.0);
                    out.push(255.0 * linear.powf(1.0 / GAMMA));
                }
            }
        }
        out
    }
}

/// Draws everything but eyes and mouth.
pub fn head(head: &Head, mesh: &[[f32; 3]]) -> Canvas {
    let side = head.side * FINE;
    let mut canvas = Canvas { side, pixels: vec![[0.16, 0.19, 0.22]; side * side] };
    let light = unit(head.light);
    let lit = |n: [f32; 3]| {
        let dot = n[0] * light[0] + n[1] * light[1] + n[2] * light[2];
        head.ambient + head.lamp * dot.max(0.0)
    };
    let blush = [0.33, 0.77, 0.53].map(|share| 1.0 + head.pulse * share);
    let skin: [f32; 3] = std::array::from_fn(|c| head.skin[c] * blush[c]);
    let neck: [f32; 3] = std::array::from_fn(|c| head.neck.unwrap_or(head.skin)[c] * blush[c]);
    let turn = head.turn.map(f32::to_radians);
    let place = |p: [f32; 3]| {
        let q = shape::turned(p, turn[0], turn[1], turn[2]);
        (head.centre.0 + head.width * q[0], head.centre.1 + head.width * q[1])
    };
    let w = head.width;
    if head.shoulders > 0.0 {
        shoulders(head, &mut canvas, place([0.0, 0.55, 0.1]), &lit);
    }
    // Neck, hair, ears; the mesh covers what lies before them.
    let (nx, ny) = place([0.0, 0.25, 0.15]);
    canvas.paint([nx - 0.28 * w, ny, nx + 0.28 * w, head.side as f32], |x, y| {
        let u = (x - nx) / (0.28 * w);
        let grain = grain(head, [u * 0.4, (y - ny) / w, 7.0]);
        (u.abs() < 1.0).then(|| neck.map(|c| c * lit([u, 0.0, (1.0 - u * u).sqrt()]) * grain))
    });
    let (hx, hy) = place([0.0, -0.22, 0.1]);
    ellipse(&mut canvas, (hx, hy), (0.56 * w, 0.62 * w), |u, v| {
        let n = [u, -v, (1.0 - u * u - v * v).max(0.0).sqrt()];
        // Noise as fine as the strands, of their contrast.
        let noise = 1.7 * lattice([u * 28.0, v * 31.0, 11.0]);
        let strand = (1.0 - head.frayed) * (u * 90.0 + 3.0 * v).sin() + head.frayed * noise;
        let strand = 1.0 + 0.4 * strand;
        [0.05, 0.035, 0.025].map(|c| c * lit(n) * strand)
    });
    for sign in [-1.0, 1.0] {
        let ear = place([0.53 * sign, 0.05, 0.1]);
        ellipse(&mut canvas, ear, (0.07 * w, 0.14 * w), |u, v| {
            let grain = grain(head, [u * 0.07, v * 0.14, 3.0 + sign]);
            neck.map(|c| c * lit(unit([0.3 * sign + 0.3 * u, -0.3 * v, 0.9])) * grain)
        });
    }
    surface(head, mesh, &mut canvas, skin, &lit);
    canvas
}

/// A body in plain cloth under the chin at (`x`, `y`): it slopes from the neck to
/// its full breadth within a third of the face's width and goes down from there.
fn shoulders(head: &Head, canvas: &mut Canvas, (x, y): (f32, f32), lit: &dyn Fn([f32; 3]) -> f32) {
    let half = head.shoulders * head.width / 2.0;
    let (neck, slope) = (0.3 * head.width, 0.33 * head.width);
    canvas.paint([x - half, y, x + half, head.side as f32], |u, v| {
        let part = ((v - y) / slope).clamp(0.0, 1.0);
        let reach = neck + (half - neck).max(0.0) * (1.0 - (1.0 - part).powi(2)).sqrt();
        let across = (u - x) / reach.max(1.0);
        let n = unit([across, 0.2, (1.0 - across * across).max(0.0).sqrt()]);
        (across.abs() < 1.0).then(|| [0.10, 0.12, 0.30].map(|c| c * lit(n)))
    });
}

fn ellipse(
    canvas: &mut Canvas,
    (cx, cy): (f32, f32),
    (rx, ry): (f32, f32),
    colour: impl Fn(f32, f32) -> [f32; 3],
) {
    canvas.paint([cx - rx, cy - ry, cx + rx, cy + ry], |x, y| {
        let (u, v) = ((x - cx) / rx, (y - cy) / ry);
        (u * u + v * v < 1.0).then(|| colour(u, v))
    });
}

/// The mesh with its skin, smooth normals and hidden parts left out.
fn surface(
    head: &Head,
    mesh: &[[f32; 3]],
    canvas: &mut Canvas,
    skin: [f32; 3],
    lit: &dyn Fn([f32; 3]) -> f32,
) {
    let rest = shape::rest();
    let normals = normals(mesh);
    let side = canvas.side;
    let mut depth = vec![f32::INFINITY; side * side];
    for triangle in TRIANGLES {
        let [a, b, c] = triangle.map(usize::from);
        let (p, q, r) = (mesh[a], mesh[b], mesh[c]);
        let area = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
        if area.abs() < 1e-6 {
            continue;
        }
        let reflect = material(head, [a, b, c], skin);
        let fine = FINE as f32;
        let span = |v: [f32; 3]| {
            let low = v.iter().copied().fold(f32::MAX, f32::min) * fine;
            let high = v.iter().copied().fold(f32::MIN, f32::max) * fine;
            (low.clamp(0.0, side as f32) as usize)..(high.ceil().clamp(0.0, side as f32) as usize)
        };
        for v in span([p[1], q[1], r[1]]) {
            for u in span([p[0], q[0], r[0]]) {
                let (x, y) = ((u as f32 + 0.5) / fine, (v as f32 + 0.5) / fine);
                let wb = ((x - p[0]) * (r[1] - p[1]) - (y - p[1]) * (r[0] - p[0])) / area;
                let wc = ((q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])) / area;
                let wa = 1.0 - wb - wc;
                if wa < -1e-4 || wb < -1e-4 || wc < -1e-4 {
                    continue;
                }
                let mix = |f: &[[f32; 3]]| -> [f32; 3] {
                    std::array::from_fn(|k| wa * f[a][k] + wb * f[b][k] + wc * f[c][k])
                };
                let z = mix(mesh)[2];
                if z >= depth[v * side + u] {
                    continue;
                }
                depth[v * side + u] = z;
                let at = mix(&rest);
                let bright = lit(unit(mix(&normals))) * grain(head, at) * folded(head, &rest, at);
                canvas.pixels[v * side + u] = reflect.map(|c| c * bright);
            }
        }
    }
}

/// Reflectance of a triangle.
fn material(head: &Head, corners: [usize; 3], skin: [f32; 3]) -> [f32; 3] {
    let all = |sets: &[&[usize]]| corners.iter().all(|i| sets.iter().any(|s| s.contains(i)));
    let lips: [&[usize]; 5] =
        [&LIPS_INNER, &LIPS_OUTER, &LIPS_LOWER, &LIPS_UPPER, &LIPS_UPPER_LEFT];
    if all(&lips) {
        return [head.skin[0] * 0.8, head.skin[1] * 0.45, head.skin[2] * 0.5];
    }
    if all(&[&RIGHT_BROW]) || all(&[&LEFT_BROW]) {
        return [0.06, 0.045, 0.035];
    }
    skin
}

/// Fine relief at a place of the resting head.
fn grain(head: &Head, at: [f32; 3]) -> f32 {
    let mut sum = 0.0;
    for (scale, weight) in [(130.0, 0.7), (60.0, 0.5), (25.0, 0.4)] {
        sum += weight * lattice(at.map(|v| v * scale));
    }
    1.0 + head.texture * sum
}

/// Noise in −1…1, linear between hashed points of a lattice.
fn lattice(p: [f32; 3]) -> f32 {
    let cell = p.map(f32::floor);
    let part: [f32; 3] = std::array::from_fn(|k| p[k] - cell[k]);
    let mut sum = 0.0;
    for corner in 0..8u32 {
        let bit = |k: u32| (corner >> k & 1) as f32;
        let weight: f32 = (0..3)
            .map(|k| if bit(k) > 0.5 { part[k as usize] } else { 1.0 - part[k as usize] })
            .product();
        let mut state = 0x9e37_79b9_u64;
        for k in 0..3 {
            let index = (cell[k as usize] + bit(k)) as i64 as u64;
            state = hash(state ^ index);
        }
        sum += weight * (2.0 * (state >> 40) as f32 / (1u64 << 24) as f32 - 1.0);
    }
    sum
}

/// The mixing step of SplitMix64 (Steele, Lea & Flood 2014).
fn hash(v: u64) -> u64 {
    let z = v.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Darkening by folds at a place of the resting head.
fn folded(head: &Head, rest: &[[f32; 3]], at: [f32; 3]) -> f32 {
    let [cheek, forehead, corner, between] = head.folds;
    let mut dark = 0.0f32;
    if cheek > 0.0 {
        for line in FOLDS {
            let near = line
                .windows(2)
                .map(|s| {
                    let (a, b) = (rest[s[0]], rest[s[1]]);
                    to_segment((a[0], a[1]), (b[0], b[1]), at[0], at[1])
                })
                .fold(f32::MAX, f32::min);
            dark += cheek * (-(near / 0.012).powi(2)).exp();
        }
    }
    if forehead > 0.0 && at[0].abs() < 0.25 && at[1] < rest[151][1] && at[1] > rest[10][1] + 0.03 {
        let line = (at[1] / 0.05).rem_euclid(1.0) - 0.5;
        dark += forehead * (-(line / 0.2).powi(2)).exp();
    }
    if corner > 0.0 {
        for eye in [33, 263] {
            let out = (at[0] - rest[eye][0]) * rest[eye][0].signum();
            if (0.02..0.12).contains(&out) && (at[1] - rest[eye][1]).abs() < 0.05 {
                let line = ((at[1] - rest[eye][1]) / 0.025).rem_euclid(1.0) - 0.5;
                dark += corner * (-(line / 0.2).powi(2)).exp();
            }
        }
    }
    if between > 0.0 && at[1] < rest[8][1] + 0.03 && at[1] > rest[9][1] - 0.05 {
        dark += between * (-((at[0].abs() - 0.03) / 0.01).powi(2)).exp();
    }
    (1.0 - dark).max(0.05)
}

/// Normals at the points, weighted by area; y up, z to the viewer.
fn normals(mesh: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let mut sums = vec![[0.0f32; 3]; HEAD.len()];
    for triangle in TRIANGLES {
        let [a, b, c] = triangle.map(usize::from);
        let edge = |to: usize| -> [f32; 3] { std::array::from_fn(|k| mesh[to][k] - mesh[a][k]) };
        let (u, v) = (edge(b), edge(c));
        let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        for i in [a, b, c] {
            sums[i] = [sums[i][0] + n[0], sums[i][1] - n[1], sums[i][2] - n[2]];
        }
    }
    sums
}

/// Scaled to length 1; to the viewer where it has none.
pub fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    if length > 1e-12 { v.map(|c| c / length) } else { [0.0, 0.0, 1.0] }
}

/// Adds the camera's noise.
pub fn expose(levels: &mut [f32], noise: f32, seed: u64) {
    let mut state = hash(seed);
    let mut uniform = || {
        state = hash(state);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    // The sum of four uniforms is near enough to normal; its variance is 1/3.
    let mut normal = || (uniform() + uniform() + uniform() + uniform() - 2.0) * 3f32.sqrt();
    for level in levels {
        *level = (*level + noise * normal()).clamp(0.0, 255.0);
    }
}
