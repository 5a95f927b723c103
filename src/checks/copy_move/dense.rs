//! Whether the pixels agree, not only the keypoints, and how far.

use std::collections::VecDeque;

use super::cluster::{Cluster, Motion};
use crate::media::Gray;

/// Half the side of the windows that are compared.
const REACH: isize = 5;
/// Pixels from one window to the next.
pub(super) const STEP: usize = 4;
/// Least correlation of two windows to belong to the part.
const LEAST_LIKE: f32 = 0.8;
/// Least standard deviation in a window, grey levels: less is flat, and flat
/// windows resemble each other whatever they show.
const LEAST_SPREAD: f32 = 2.0;

/// The part of the picture in which the pixels follow the motion.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Top-left corners of cells of [`STEP`] pixels, and where they go.
    pub(super) cells: Vec<(u32, u32)>,
    /// Median correlation of the finest detail.
    pub(super) fine: f32,
}

/// Grows the part from the places of a cluster.
pub(super) fn part(picture: &Gray, detail: &Gray, cluster: &Cluster) -> Part {
    let (across, down) = (picture.width / STEP, picture.height / STEP);
    let mut seen = vec![false; across * down];
    let mut queue = VecDeque::new();
    for [p, _] in &cluster.pairs {
        queue.push_back((p.0 as usize / STEP, p.1 as usize / STEP));
    }
    let (mut cells, mut fines) = (Vec::new(), Vec::new());
    while let Some((column, row)) = queue.pop_front() {
        if column >= across || row >= down || seen[row * across + column] {
            continue;
        }
        seen[row * across + column] = true;
        let centre = ((column * STEP + STEP / 2) as isize, (row * STEP + STEP / 2) as isize);
        let Some(like) = correlation(picture, &cluster.motion, centre) else { continue };
        if like < LEAST_LIKE {
            continue;
        }
        cells.push(((column * STEP) as u32, (row * STEP) as u32));
        if let Some(fine) = correlation(detail, &cluster.motion, centre) {
            fines.push(fine);
        }
        let left = column.wrapping_sub(1);
        let above = row.wrapping_sub(1);
        queue.extend([(left, row), (column + 1, row), (column, above), (column, row + 1)]);
    }
    Part { cells, fine: median(&mut fines) }
}

fn median(values: &mut [f32]) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// What is left of each pixel without the mean of its four neighbours: noise
/// and the finest detail. Cut off at three times its median size, so that the
/// edges, which two equal windows share, do not outweigh the noise, which only
/// a copy shares.
pub(super) fn detail(picture: &Gray) -> Gray {
    let width = picture.width;
    let mut data = vec![0.0; picture.data.len()];
    for y in 1..picture.height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let (i, p) = (y * width + x, &picture.data);
            data[i] = p[i] - (p[i - 1] + p[i + 1] + p[i - width] + p[i + width]) / 4.0;
        }
    }
    let mut sizes: Vec<f64> =
        data.iter().step_by(7).map(|d: &f32| f64::from(d.abs())).filter(|d| *d > 0.0).collect();
    let limit = 3.0 * crate::signal::stats::median(&mut sizes).unwrap_or(1.0) as f32;
    // Eight levels keep the deviation of any noise above LEAST_SPREAD.
    data.iter_mut().for_each(|d| *d = 8.0 * d.clamp(-limit, limit));
    Gray { width, height: picture.height, data }
}

/// Correlation of the window around `centre` with the one that `motion` takes
/// it to; `None` where one of them is flat or not in the picture.
fn correlation(picture: &Gray, motion: &Motion, centre: (isize, isize)) -> Option<f32> {
    let (width, height) = (picture.width as isize, picture.height as isize);
    let (cx, cy) = centre;
    if cx < REACH || cy < REACH || cx + REACH >= width || cy + REACH >= height {
        return None;
    }
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
    let origin = picture.data[(cy * width + cx) as usize];
    for y in cy - REACH..=cy + REACH {
        for x in cx - REACH..=cx + REACH {
            let (u, v) = motion.apply((x as f32, y as f32));
            let q = sample(picture, u, v)? - origin;
            let p = picture.data[(y * width + x) as usize] - origin;
            (a, b, aa, bb, ab) = (a + p, b + q, aa + p * p, bb + q * q, ab + p * q);
        }
    }
    let n = ((2 * REACH + 1) * (2 * REACH + 1)) as f32;
    let (va, vb) = ((aa - a * a / n) / n, (bb - b * b / n) / n);
    let least = LEAST_SPREAD * LEAST_SPREAD;
    (va >= least && vb >= least).then(|| (ab - a * b / n) / n / (va * vb).sqrt())
}

/// The picture between its pixels, bilinear.
fn sample(picture: &Gray, x: f32, y: f32) -> Option<f32> {
    let (left, top) = (x.floor(), y.floor());
    if left < 0.0 || top < 0.0 {
        return None;
    }
    let (column, row) = (left as usize, top as usize);
    if column + 1 >= picture.width || row + 1 >= picture.height {
        return None;
    }
    let (fx, fy) = (x - left, y - top);
    let i = row * picture.width + column;
    let d = &picture.data;
    let above = d[i] * (1.0 - fx) + d[i + 1] * fx;
    let below = d[i + picture.width] * (1.0 - fx) + d[i + picture.width + 1] * fx;
    Some(above * (1.0 - fy) + below * fy)
}
