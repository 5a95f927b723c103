//! The inside of a face made softer and tinted, and blended in.

use super::Blend;
use crate::faces::outline::{OVAL, distance, inside, polygon};

/// How far inside the rim the edge of the mask lies, in parts of the width of
/// the face; swaps stay inside the rim, where hair and background begin.
pub const INSET: f32 = 0.04;

/// Blends `rgb` (levels) as `blend` says.
pub fn apply(rgb: &mut [f32], side: usize, mesh: &[[f32; 3]], blend: Blend) {
    let Some(oval) = polygon(mesh, &OVAL) else { return };
    let width = crate::faces::geometry::face_width(mesh).unwrap_or(0.0);
    let soft = blurred(rgb, side, blend.blur);
    let feather = blend.feather.max(0.5);
    for (i, (pixel, soft)) in rgb.chunks_exact_mut(3).zip(soft.chunks_exact(3)).enumerate() {
        let (x, y) = ((i % side) as f32 + 0.5, (i / side) as f32 + 0.5);
        if !inside(&oval, x, y) {
            continue;
        }
        let depth = distance(&oval, x, y) - INSET * width;
        let share = (depth / feather + 0.5).clamp(0.0, 1.0);
        for c in 0..3 {
            pixel[c] += share * (soft[c] + blend.shift[c] - pixel[c]);
        }
    }
}

/// Gaussian blur of an interleaved picture; the edge pixels go on outside.
fn blurred(rgb: &[f32], side: usize, sd: f32) -> Vec<f32> {
    if sd <= 0.0 {
        return rgb.to_vec();
    }
    let reach = (3.0 * sd).ceil() as isize;
    let kernel: Vec<f32> =
        (-reach..=reach).map(|k| (-(k as f32 / sd).powi(2) / 2.0).exp()).collect();
    let total: f32 = kernel.iter().sum();
    let pass = |from: &[f32], across: bool| -> Vec<f32> {
        let mut out = vec![0.0; from.len()];
        for y in 0..side {
            for x in 0..side {
                for (k, weight) in (-reach..=reach).zip(&kernel) {
                    let at = |v: usize| v.saturating_add_signed(k).min(side - 1);
                    let (sx, sy) = if across { (at(x), y) } else { (x, at(y)) };
                    for c in 0..3 {
                        out[3 * (y * side + x) + c] +=
                            weight / total * from[3 * (sy * side + sx) + c];
                    }
                }
            }
        }
        out
    };
    pass(&pass(rgb, true), false)
}
