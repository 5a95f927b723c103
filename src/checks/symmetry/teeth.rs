//! Teeth: whether single teeth can be told apart where a mouth shows them.
//!
//! Early fakes drew teeth as one white band (Matern, Riess and Stamminger 2019,
//! section 3.3). In the opening of the mouth teeth are what is bright and has
//! little colour; the gaps between them are changes of brightness along the
//! row, finer than half a tooth.

use image::RgbImage;

use crate::faces::outline::{LIPS_INNER, distance, inside, polygon};
use crate::media::{Affine, Frame};
use crate::signal::stats::{mean_sd, quantile};

/// Samples along the line of the lips.
const COLUMNS: usize = 96;
/// Least length of the opening in display pixels: a tooth then has five.
const LEAST_PX: f32 = 48.0;
/// Least height of the opening, and how far from the lips teeth are looked for,
/// in widths of the face.
const LEAST_OPEN: f32 = 0.03;
const FROM_LIPS: f32 = 0.006;
/// Half an incisor (8.5 mm; Ash & Nelson 2003) in widths of the face (145 mm):
/// what is finer is a gap.
const HALF_TOOTH: f32 = 0.03;
/// Longest gap that still belongs to the row, likewise.
const GAP: f32 = 0.012;
/// Teeth are at least this bright against the brightest of the opening, and at
/// most this saturated (0–1).
const BRIGHT: f64 = 0.5;
const COLOURED: f32 = 0.45;
/// Share of the opening that teeth must take.
const LEAST_SHARE: f64 = 0.15;

/// What was seen of teeth.
pub(super) struct Teeth {
    /// Standard deviation of the brightness along the row, less its mean over a
    /// tooth, over the mean brightness of the teeth.
    pub detail: f64,
    /// The mouth.
    pub picture: RgbImage,
}

/// The teeth of a face of this width; `None` where none are seen.
pub(super) fn look(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<Teeth> {
    let at = |i: usize| mesh.get(i).map(|p| (p[0], p[1]));
    let (right, left, up, down) = (at(78)?, at(308)?, at(13)?, at(14)?);
    let (dx, dy) = (left.0 - right.0, left.1 - right.1);
    let (length, open) = (dx.hypot(dy), (down.0 - up.0).hypot(down.1 - up.1));
    if !(length >= LEAST_PX && open >= LEAST_OPEN * width) {
        return None;
    }
    let step = length / COLUMNS as f32;
    let rows = ((1.6 * open / step).ceil() as usize).clamp(4, COLUMNS);
    let (ax, ay) = (dx / length * step, dy / length * step);
    let middle = ((up.0 + down.0) / 2.0, (up.1 + down.1) / 2.0);
    let (u, v) = (COLUMNS as f32 / 2.0, rows as f32 / 2.0);
    let map =
        Affine { m: [ax, -ay, middle.0 - u * ax + v * ay, ay, ax, middle.1 - u * ay - v * ax] };
    let mut rgb = Vec::new();
    frame.warp(&map, COLUMNS, rows, &mut rgb);
    let pixel = |i: usize| [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]];
    let luma: Vec<f64> = (0..COLUMNS * rows)
        .map(|i| {
            let [r, g, b] = pixel(i);
            f64::from(0.299 * r + 0.587 * g + 0.114 * b)
        })
        .collect();
    let lips = polygon(mesh, &LIPS_INNER)?;
    let opening: Vec<bool> = (0..luma.len())
        .map(|i| {
            let (x, y) = map.apply((i % COLUMNS) as f32 + 0.5, (i / COLUMNS) as f32 + 0.5);
            inside(&lips, x, y) && distance(&lips, x, y) > FROM_LIPS * width
        })
        .collect();
    let within: Vec<f64> =
        luma.iter().zip(&opening).filter(|(_, o)| **o).map(|(v, _)| *v).collect();
    let bright = BRIGHT * quantile(&mut within.clone(), 0.95)?;
    let tooth = |i: usize| {
        let p = pixel(i);
        let (high, low) = (p[0].max(p[1]).max(p[2]), p[0].min(p[1]).min(p[2]));
        opening[i] && luma[i] > bright && high - low < COLOURED * high
    };
    let mut mask: Vec<bool> = (0..luma.len()).map(tooth).collect();
    let share = mask.iter().filter(|m| **m).count() as f64 / within.len().max(1) as f64;
    if share < LEAST_SHARE {
        return None;
    }
    close(&mut mask, (GAP * width / step).round() as usize);
    let detail = along(&luma, &mask, (HALF_TOOTH * width / step).round().max(1.0) as usize)?;
    let bytes = rgb.iter().map(|v| (255.0 * v).round().clamp(0.0, 255.0) as u8).collect();
    let picture = RgbImage::from_raw(COLUMNS as u32, rows as u32, bytes)?;
    let (w, h) = (4 * COLUMNS as u32, 4 * rows as u32);
    let picture = image::imageops::resize(&picture, w, h, image::imageops::FilterType::Triangle);
    Some(Teeth { detail, picture })
}

/// Fills gaps of at most `most` samples within each row.
fn close(mask: &mut [bool], most: usize) {
    for row in mask.chunks_exact_mut(COLUMNS) {
        let mut last = None;
        for x in 0..row.len() {
            if row[x] {
                if let Some(before) = last.filter(|b| x - b - 1 <= most) {
                    row[before + 1..x].fill(true);
                }
                last = Some(x);
            }
        }
    }
}

/// Detail along the rows within the mask; `None` for a handful of samples.
fn along(luma: &[f64], mask: &[bool], reach: usize) -> Option<f64> {
    let (mut fine, mut level) = (Vec::new(), Vec::new());
    for (row, mask) in luma.chunks_exact(COLUMNS).zip(mask.chunks_exact(COLUMNS)) {
        for x in (0..COLUMNS).filter(|x| mask[*x]) {
            let near = x.saturating_sub(reach)..(x + reach + 1).min(COLUMNS);
            let own: Vec<f64> = near.filter(|k| mask[*k]).map(|k| row[k]).collect();
            // Half the neighbours at least, or the end of the row is a gap.
            if own.len() > reach {
                fine.push(row[x] - own.iter().sum::<f64>() / own.len() as f64);
                level.push(row[x]);
            }
        }
    }
    let ((_, sd), (mean, _)) = (mean_sd(&fine)?, mean_sd(&level)?);
    (fine.len() >= 40 && mean > 0.02).then(|| sd / mean)
}
