//! Differences of Gaussians: where a picture has something to hold on to.

use rayon::prelude::*;

use crate::media::Gray;
use crate::signal::filter::gaussian;

/// Scales to an octave and blur of the first (Lowe 2004, sections 3.2, 3.3).
const SCALES: usize = 3;
/// Blur of the first scale of an octave, in its pixels.
const SIGMA: f32 = 1.6;
/// Blur a picture is taken to have of itself (Lowe 2004, section 3.3).
const OWN_SIGMA: f32 = 0.5;
/// Least strength of an extremum, in grey levels. Lowe's 0.03 of the range (7.6
/// levels) is for recognition in other photographs; a copy within one is the
/// same to the noise, so weaker ones are of use.
const LEAST_CONTRAST: f32 = 2.0;
/// Largest ratio of the two curvatures: beyond it lies an edge (Lowe, 4.1).
const EDGE: f32 = 10.0;
/// Octaves end at this side, in pixels.
const LEAST_SIDE: usize = 32;

/// One octave: Gaussians of growing blur.
pub(super) struct Octave {
    /// `SCALES + 3` pictures of one size.
    pub(super) blurred: Vec<Gray>,
    /// Pixels of the picture to one of this octave.
    pub(super) step: f32,
}

/// An extremum of the differences.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremum {
    pub(super) octave: usize,
    /// Index of the Gaussian next to it.
    pub(super) level: usize,
    /// Place and blur, in pixels of the octave.
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) sigma: f32,
    /// Strength, in grey levels.
    pub(super) contrast: f32,
}

/// The pyramid of a picture.
pub(super) fn pyramid(picture: &Gray) -> Vec<Octave> {
    let mut octaves: Vec<Octave> = Vec::new();
    let first = (SIGMA * SIGMA - OWN_SIGMA * OWN_SIGMA).sqrt();
    let mut base = blur(picture, first);
    let mut step = 1.0;
    loop {
        let mut blurred = vec![base];
        for level in 1..SCALES + 3 {
            let at = |level: usize| SIGMA * 2f32.powf(level as f32 / SCALES as f32);
            let more = (at(level).powi(2) - at(level - 1).powi(2)).sqrt();
            blurred.push(blur(&blurred[level - 1], more));
        }
        let next = halve(&blurred[SCALES]);
        octaves.push(Octave { blurred, step });
        if next.width.min(next.height) < LEAST_SIDE {
            return octaves;
        }
        base = next;
        step *= 2.0;
    }
}

/// All extrema of a pyramid.
pub(super) fn extrema(octaves: &[Octave]) -> Vec<Extremum> {
    let mut found = Vec::new();
    for (index, octave) in octaves.iter().enumerate() {
        let (width, height) = (octave.blurred[0].width, octave.blurred[0].height);
        let differences: Vec<Vec<f32>> = octave
            .blurred
            .par_windows(2)
            .map(|pair| pair[1].data.iter().zip(&pair[0].data).map(|(b, a)| b - a).collect())
            .collect();
        let rows = 1..height.saturating_sub(1);
        for level in 1..=SCALES {
            let layers = [&differences[level - 1], &differences[level], &differences[level + 1]];
            let layers = layers.map(Vec::as_slice);
            let of_row = |y: usize| {
                let mut row = Vec::new();
                for x in 1..width - 1 {
                    if let Some((dx, dy, ds, contrast)) = extremum(layers, y * width + x, width) {
                        row.push(Extremum {
                            octave: index,
                            level,
                            x: x as f32 + dx,
                            y: y as f32 + dy,
                            sigma: SIGMA * 2f32.powf((level as f32 + ds) / SCALES as f32),
                            contrast,
                        });
                    }
                }
                row
            };
            found.par_extend(rows.clone().into_par_iter().flat_map_iter(of_row));
        }
    }
    found
}

/// Offsets and strength of an extremum at `i` of the middle layer, if it is one
/// and lies on no edge.
fn extremum(layers: [&[f32]; 3], i: usize, width: usize) -> Option<(f32, f32, f32, f32)> {
    let here = layers[1][i];
    if here.abs() < 0.8 * LEAST_CONTRAST {
        return None;
    }
    let around = [1, width - 1, width, width + 1];
    let sign = here.signum();
    let value = here * sign;
    for &d in &around {
        if layers[1][i - d] * sign > value || layers[1][i + d] * sign >= value {
            return None;
        }
    }
    for layer in [layers[0], layers[2]] {
        if layer[i] * sign > value
            || around.iter().any(|&d| layer[i - d] * sign > value || layer[i + d] * sign > value)
        {
            return None;
        }
    }
    let m = layers[1];
    let xx = m[i - 1] + m[i + 1] - 2.0 * here;
    let yy = m[i - width] + m[i + width] - 2.0 * here;
    let xy = (m[i + width + 1] + m[i - width - 1] - m[i + width - 1] - m[i - width + 1]) / 4.0;
    let (trace, det) = (xx + yy, xx * yy - xy * xy);
    if det <= 0.0 || trace * trace * EDGE >= (EDGE + 1.0).powi(2) * det {
        return None;
    }
    // One Newton step in the plane and one along the scale.
    let (gx, gy) = ((m[i + 1] - m[i - 1]) / 2.0, (m[i + width] - m[i - width]) / 2.0);
    let dx = ((xy * gy - yy * gx) / det).clamp(-0.6, 0.6);
    let dy = ((xy * gx - xx * gy) / det).clamp(-0.6, 0.6);
    let gs = (layers[2][i] - layers[0][i]) / 2.0;
    let ss = layers[2][i] + layers[0][i] - 2.0 * here;
    let ds = if ss.abs() > 1e-6 { (-gs / ss).clamp(-0.5, 0.5) } else { 0.0 };
    let contrast = (here + (gx * dx + gy * dy + gs * ds) / 2.0).abs();
    (contrast >= LEAST_CONTRAST).then_some((dx, dy, ds, contrast))
}

fn blur(picture: &Gray, sigma: f32) -> Gray {
    let data = gaussian(&picture.data, picture.width, sigma);
    Gray { width: picture.width, height: picture.height, data }
}

/// Every second pixel of every second row.
fn halve(picture: &Gray) -> Gray {
    let (width, height) = (picture.width / 2, picture.height / 2);
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        let row = &picture.data[2 * y * picture.width..][..picture.width];
        data.extend(row.iter().step_by(2).take(width));
    }
    Gray { width, height, data }
}
