//! The direction of light from brightness and normals.

use crate::faces::topology::{SKIN, TRIANGLES};
use crate::signal::linear;
use crate::signal::stats::{MAD_TO_SIGMA, median, quantile};

/// A direction or normal: x to the right of the picture, y up, z to the viewer.
pub type Vector = [f64; 3];

/// r₀·Y₀₀ and the factor of r₁·Y₁ₘ: r = (π, 2π/3) is how a matte surface
/// smooths light (Ramamoorthi & Hanrahan 2001), Y are the real spherical
/// harmonics √(1/4π) and √(3/4π)·(x, y, z).
const CONSTANT: f64 = std::f64::consts::PI * 0.282_094_791_773_878_14;
const LINEAR: f64 = std::f64::consts::PI * 2.0 / 3.0 * 0.488_602_511_902_919_9;
/// Least z of a normal that counts (recipe): what is turned away further is
/// seen at a slant, where the mesh is least exact.
const FACING: f64 = 0.25;
/// Huber's constant: 95 % efficiency with normal errors (Huber 1964).
const HUBER: f64 = 1.345;
/// What is added to the diagonal for coefficients of order 2, in parts of that
/// of the constant term: of 1e-4, 1e-3, 1e-2 and 1e-1 the one with the least
/// error of direction on lamps and sky of known direction (median 8°, against
/// 21° with 1e-4, 12° with 1e-2 and 14° with four coefficients, all unweighted).
const RIDGE: f64 = 1e-3;
/// Rounds of reweighting: a fixed number, so that it always ends.
const ROUNDS: usize = 12;
/// Resamples of the bootstrap.
const RESAMPLES: usize = 200;
/// Half-width of the turns put on the mesh's pose in the bootstrap (recipe).
const JITTER_DEG: f64 = 5.0;
/// Points under which nothing is fitted: a quarter of those of a frontal face.
pub const LEAST_POINTS: usize = 50;

/// A point of skin: its outward normal and linear luminance.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Unit length.
    pub normal: Vector,
    /// Linear, any scale.
    pub light: f64,
}

/// What was fitted.
#[derive(Clone, Copy, Debug)]
pub struct Light {
    /// Ambient, then x, y, z of the first-order lighting coefficients.
    pub coefficients: [f64; 4],
    /// Towards the light, unit length.
    pub direction: Vector,
    /// Part of the variance of luminance that is explained.
    pub r2: f64,
}

/// Normals of the skin points of a mesh in display pixels that face the
/// viewer, with the point's number: sums of the cross products of their
/// triangles, that is weighted by area.
pub fn normals(mesh: &[[f32; 3]]) -> Vec<(usize, Vector)> {
    let mut sums = vec![[0.0f64; 3]; mesh.len()];
    for triangle in TRIANGLES {
        let [a, b, c] = triangle.map(usize::from);
        let (Some(p), Some(q), Some(r)) = (mesh.get(a), mesh.get(b), mesh.get(c)) else { continue };
        let edge = |to: &[f32; 3]| [0, 1, 2].map(|k| f64::from(to[k]) - f64::from(p[k]));
        let (u, v) = (edge(q), edge(r));
        let cross =
            [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        for index in [a, b, c] {
            // The mesh has y down and z away from the viewer.
            let sum = &mut sums[index];
            *sum = [sum[0] + cross[0], sum[1] - cross[1], sum[2] - cross[2]];
        }
    }
    SKIN.iter()
        .map(|i| usize::from(*i))
        .filter_map(|i| Some((i, unit(*sums.get(i)?)?)))
        .filter(|(_, n)| n[2] > FACING)
        .collect()
}

/// Fits I = πl₀Y₀ + (2π/3)Σ l₁ₘY₁ₘ(n) by least squares with Huber weights.
/// `None` for too few points, or where they do not tell the four apart.
pub fn fit(points: &[Point]) -> Option<Light> {
    let (coefficients, r2) = robust::<4, 5>(points, first)?;
    let direction = unit([coefficients[1], coefficients[2], coefficients[3]])?;
    Some(Light { coefficients, direction, r2 })
}

/// Direction and r² with nine coefficients: as [`fit`], with (π/4)Σ l₂ₘY₂ₘ(n)
/// besides, held back by [`RIDGE`].
pub fn fit_nine(points: &[Point]) -> Option<(Vector, f64)> {
    let (c, r2) = robust::<9, 10>(points, second)?;
    Some((unit([c[1], c[2], c[3]])?, r2))
}

/// Coefficients with Huber weights, and the part of the variance explained.
fn robust<const N: usize, const W: usize>(
    points: &[Point],
    basis: fn(Vector) -> [f64; N],
) -> Option<([f64; N], f64)> {
    if points.len() < LEAST_POINTS {
        return None;
    }
    let rows: Vec<([f64; N], f64)> = points.iter().map(|p| (basis(p.normal), p.light)).collect();
    let left = |c: &[f64; N], (row, light): &([f64; N], f64)| {
        light - row.iter().zip(c).map(|(a, b)| a * b).sum::<f64>()
    };
    let mut weights = vec![1.0; rows.len()];
    let mut c = solve::<N, W>(&rows, &weights)?;
    for _ in 0..ROUNDS {
        let size: Vec<f64> = rows.iter().map(|row| left(&c, row).abs()).collect();
        let limit = HUBER * MAD_TO_SIGMA * median(&mut size.clone())?;
        if limit <= 1e-12 {
            break;
        }
        for (weight, size) in weights.iter_mut().zip(&size) {
            *weight = if *size <= limit { 1.0 } else { limit / *size };
        }
        c = solve::<N, W>(&rows, &weights)?;
    }
    let mean = points.iter().map(|p| p.light).sum::<f64>() / points.len() as f64;
    let total: f64 = points.iter().map(|p| (p.light - mean).powi(2)).sum();
    let left: f64 = rows.iter().map(|row| left(&c, row).powi(2)).sum();
    (total > 0.0).then(|| (c, 1.0 - left / total))
}

/// What each coefficient of order 0 and 1 gives a normal.
fn first(n: Vector) -> [f64; 4] {
    [CONSTANT, LINEAR * n[0], LINEAR * n[1], LINEAR * n[2]]
}

/// The same with order 2.
fn second([x, y, z]: Vector) -> [f64; 9] {
    let [c, l, m, n] = first([x, y, z]);
    let q = std::f64::consts::FRAC_PI_4;
    // √(15/4π), √(5/16π), √(15/16π).
    let (a, b, d) = (1.092_548_430_592_079, 0.315_391_565_252_520, 0.546_274_215_296_040);
    let (xy, yz, xz) = (q * a * x * y, q * a * y * z, q * a * x * z);
    [c, l, m, n, xy, yz, q * b * (3.0 * z * z - 1.0), xz, q * d * (x * x - y * y)]
}

/// Luminance that the coefficients give a normal.
pub fn shade(c: &[f64; 4], n: Vector) -> f64 {
    first(n).iter().zip(c).map(|(a, b)| a * b).sum()
}

/// Weighted normal equations; coefficients after the fourth are held back.
fn solve<const N: usize, const W: usize>(
    rows: &[([f64; N], f64)],
    weights: &[f64],
) -> Option<[f64; N]> {
    let mut m = [[0.0f64; W]; N];
    for ((row, light), w) in rows.iter().zip(weights) {
        for i in 0..N {
            for j in 0..N {
                m[i][j] += w * row[i] * row[j];
            }
            m[i][W - 1] += w * row[i] * light;
        }
    }
    let ridge = RIDGE * m[0][0];
    for (i, row) in m.iter_mut().enumerate().skip(4) {
        row[i] += ridge;
    }
    linear::solve(m)
}

/// Half-angle in degrees around the fitted direction that holds 95 % of the
/// directions fitted to resampled points, each turned by up to ±5° in yaw and
/// pitch for what the mesh does not know of the pose. Seeded: repeats.
pub fn interval(points: &[Point], light: &Light) -> Option<f64> {
    let mut random = Random(0x5eed);
    let mut off: Vec<f64> = Vec::with_capacity(RESAMPLES);
    let mut sample = Vec::with_capacity(points.len());
    for _ in 0..RESAMPLES {
        sample.clear();
        sample.extend(
            (0..points.len()).filter_map(|_| points.get(random.below(points.len())).copied()),
        );
        let turns = [(); 2].map(|()| (2.0 * random.uniform() - 1.0) * JITTER_DEG.to_radians());
        let Some(again) = fit(&sample) else { continue };
        off.push(angle(turned(again.direction, turns), light.direction));
    }
    (off.len() >= RESAMPLES / 2).then(|| quantile(&mut off, 0.95)).flatten()
}

/// About the vertical, then about the horizontal axis of the picture.
fn turned(v: Vector, [yaw, pitch]: [f64; 2]) -> Vector {
    let (s, c) = yaw.sin_cos();
    let v = [c * v[0] + s * v[2], v[1], c * v[2] - s * v[0]];
    let (s, c) = pitch.sin_cos();
    [v[0], c * v[1] - s * v[2], s * v[1] + c * v[2]]
}

/// Between two directions, in degrees.
pub fn angle(a: Vector, b: Vector) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    dot.clamp(-1.0, 1.0).acos().to_degrees()
}

/// Mean of directions, if they have one.
pub fn mean(directions: impl Iterator<Item = Vector>) -> Option<Vector> {
    unit(directions.fold([0.0; 3], |s, d| [s[0] + d[0], s[1] + d[1], s[2] + d[2]]))
}

/// Azimuth (positive: from the right of the picture) and elevation (positive:
/// from above) in degrees; both 0 for light from the camera.
pub fn degrees(v: Vector) -> (f64, f64) {
    (v[0].atan2(v[2]).to_degrees(), v[1].clamp(-1.0, 1.0).asin().to_degrees())
}

fn unit(v: Vector) -> Option<Vector> {
    let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
    (length.is_finite() && length > 1e-12).then(|| v.map(|c| c / length))
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.uniform() * n as f64) as usize
    }
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
