//! Keypoints with descriptors that a turn and a change of scale leave alone.

use std::f32::consts::TAU;

use rayon::prelude::*;

use super::pyramid::{Extremum, Octave, extrema, pyramid};
use crate::media::Gray;

/// Numbers in a descriptor: 4×4 cells of 8 directions (Lowe 2004, section 6.1).
pub(super) const LENGTH: usize = 128;
/// Length of a descriptor as a vector: integers, so that products are fast.
pub(super) const NORM: f32 = 512.0;
/// Largest share of one number in a descriptor (Lowe 2004, section 6.1).
const CLIP: f32 = 0.2;
/// Most keypoints: every one is compared with every other.
const MOST: usize = 8000;
/// Keypoints are chosen per square of the picture, `ACROSS` to its longer side,
/// so that a lively part does not take them all.
const ACROSS: usize = 24;

/// One keypoint, in pixels of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) sigma: f32,
    /// Direction of the strongest gradient, radians.
    pub(super) angle: f32,
    pub(super) descriptor: [i16; LENGTH],
}

/// The keypoints of a picture.
pub(super) fn keys(picture: &Gray) -> Vec<Key> {
    let octaves = pyramid(picture);
    let chosen = choose(extrema(&octaves), &octaves, picture);
    let mut keys: Vec<Key> = chosen
        .par_iter()
        .flat_map_iter(|extremum| {
            let octave = &octaves[extremum.octave];
            directions(extremum, octave)
                .into_iter()
                .filter_map(move |angle| key(extremum, octave, angle))
        })
        .collect();
    keys.truncate(MOST + MOST / 4);
    keys
}

/// At most [`MOST`], the strongest of every square first.
fn choose(found: Vec<Extremum>, octaves: &[Octave], picture: &Gray) -> Vec<Extremum> {
    if found.len() <= MOST {
        return found;
    }
    let side = picture.width.max(picture.height).div_ceil(ACROSS).max(1) as f32;
    let mut squares = vec![Vec::new(); ACROSS * ACROSS];
    for extremum in found {
        let step = octaves[extremum.octave].step;
        let (column, row) =
            ((extremum.x * step / side) as usize, (extremum.y * step / side) as usize);
        squares[row.min(ACROSS - 1) * ACROSS + column.min(ACROSS - 1)].push(extremum);
    }
    for square in &mut squares {
        square.sort_by(|a, b| b.contrast.total_cmp(&a.contrast));
    }
    let mut chosen = Vec::with_capacity(MOST);
    let deepest = squares.iter().map(Vec::len).max().unwrap_or(0);
    for rank in 0..deepest {
        chosen.extend(squares.iter().filter_map(|square| square.get(rank)));
        if chosen.len() >= MOST {
            chosen.truncate(MOST);
            break;
        }
    }
    chosen
}

/// Gradient of a blurred picture at a pixel: strength and direction.
fn gradient(picture: &Gray, x: usize, y: usize) -> (f32, f32) {
    let i = y * picture.width + x;
    let dx = picture.data[i + 1] - picture.data[i - 1];
    let dy = picture.data[i + picture.width] - picture.data[i - picture.width];
    ((dx * dx + dy * dy).sqrt(), dy.atan2(dx))
}

/// The pixels within `reach` of a place, off the border.
fn within(picture: &Gray, x: f32, y: f32, reach: f32) -> [std::ops::Range<usize>; 2] {
    let side = |at: f32, end: usize| {
        let low = (at - reach).ceil().max(1.0) as usize;
        let high = ((at + reach).floor().max(0.0) as usize + 1).min(end.saturating_sub(1));
        low..high.max(low)
    };
    [side(x, picture.width), side(y, picture.height)]
}

/// Directions of the strongest gradients around (Lowe 2004, section 5).
fn directions(extremum: &Extremum, octave: &Octave) -> Vec<f32> {
    const BINS: usize = 36;
    let picture = &octave.blurred[extremum.level];
    let sigma = 1.5 * extremum.sigma;
    let mut bins = [0.0f32; BINS];
    let [columns, rows] = within(picture, extremum.x, extremum.y, 3.0 * sigma);
    for y in rows {
        for x in columns.clone() {
            let (dx, dy) = (x as f32 - extremum.x, y as f32 - extremum.y);
            let weight = (-(dx * dx + dy * dy) / (2.0 * sigma * sigma)).exp();
            let (strength, angle) = gradient(picture, x, y);
            let bin = (angle.rem_euclid(TAU) / TAU * BINS as f32) as usize % BINS;
            bins[bin] += weight * strength;
        }
    }
    for _ in 0..4 {
        let old = bins;
        for i in 0..BINS {
            bins[i] = (old[(i + BINS - 1) % BINS] + old[i] + old[(i + 1) % BINS]) / 3.0;
        }
    }
    let most = bins.iter().copied().fold(0.0, f32::max);
    let mut found = Vec::new();
    for i in 0..BINS {
        let (left, here, right) = (bins[(i + BINS - 1) % BINS], bins[i], bins[(i + 1) % BINS]);
        if here > 0.0 && here >= 0.8 * most && here > left && here >= right {
            let offset = 0.5 * (left - right) / (left - 2.0 * here + right);
            found.push((i as f32 + 0.5 + offset) / BINS as f32 * TAU);
        }
    }
    found
}

/// The keypoint with its descriptor (Lowe 2004, section 6.1); `None` where the
/// surroundings are without any gradient.
fn key(extremum: &Extremum, octave: &Octave, angle: f32) -> Option<Key> {
    let picture = &octave.blurred[extremum.level];
    let cell = 3.0 * extremum.sigma;
    let (sin, cos) = angle.sin_cos();
    let mut sums = [0.0f32; LENGTH];
    let reach = cell * 2.5 * std::f32::consts::SQRT_2;
    let [columns, rows] = within(picture, extremum.x, extremum.y, reach);
    for y in rows {
        for x in columns.clone() {
            let (dx, dy) = (x as f32 - extremum.x, y as f32 - extremum.y);
            let (u, v) = ((cos * dx + sin * dy) / cell, (cos * dy - sin * dx) / cell);
            let (column, row) = (u + 1.5, v + 1.5);
            if column <= -1.0 || column >= 4.0 || row <= -1.0 || row >= 4.0 {
                continue;
            }
            let (strength, direction) = gradient(picture, x, y);
            let weight = strength * (-(u * u + v * v) / 8.0).exp();
            let turn = (direction - angle).rem_euclid(TAU) / TAU * 8.0;
            spread(&mut sums, column, row, turn, weight);
        }
    }
    let scale = |sums: &[f32]| {
        let norm = sums.iter().map(|s| s * s).sum::<f32>().sqrt();
        (norm > 1e-6).then(|| norm.recip())
    };
    let first = scale(&sums)?;
    sums.iter_mut().for_each(|s| *s = (*s * first).min(CLIP));
    let second = scale(&sums)? * NORM;
    Some(Key {
        x: extremum.x * octave.step,
        y: extremum.y * octave.step,
        sigma: extremum.sigma * octave.step,
        angle,
        descriptor: std::array::from_fn(|i| (sums[i] * second).round() as i16),
    })
}

/// Adds `weight` to the eight nearest bins, in proportion.
fn spread(sums: &mut [f32; LENGTH], column: f32, row: f32, turn: f32, weight: f32) {
    let (c, r, t) = (column.floor(), row.floor(), turn.floor());
    for (i, row_share) in [(r, 1.0 - (row - r)), (r + 1.0, row - r)] {
        for (j, column_share) in [(c, 1.0 - (column - c)), (c + 1.0, column - c)] {
            if !(0.0..4.0).contains(&i) || !(0.0..4.0).contains(&j) {
                continue;
            }
            let cell = (i as usize * 4 + j as usize) * 8;
            for (k, share) in [(t, 1.0 - (turn - t)), (t + 1.0, turn - t)] {
                sums[cell + k as usize % 8] += weight * row_share * column_share * share;
            }
        }
    }
}
