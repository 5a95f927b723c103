//! Keypoints that look like one other keypoint and like no third.

use rayon::prelude::*;

use super::keys::{Key, LENGTH, NORM};
use crate::signal::wide::wide;

/// A match is accepted when the next different one is at least this much
/// farther: the ratio of distances. Repeated texture (windows, weave) has many
/// equally near ones and falls here (Lowe 2004, section 7.1; for copies within
/// one picture Amerini et al. 2011, section III.B, with 0.5).
const RATIO: f32 = 0.6;
/// Largest distance of a match; descriptors have length 1, unrelated ones are
/// some 0.9 apart.
const FARTHEST: f32 = 0.5;
/// Neighbours looked at: a part pasted three times still matches.
const NEAREST: usize = 4;
/// Keypoints nearer to each other than this many pixels show the same thing.
const APART: f32 = 24.0;
/// Largest ratio of the scales of two keypoints.
const SCALES: f32 = 2.6;
/// Most matches that go on.
const MOST: usize = 4000;

/// Two keypoints, by index, the first the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    pub(super) a: u32,
    pub(super) b: u32,
}

/// The matches among `keys`, each pair once.
pub(super) fn matches(keys: &[Key]) -> Vec<Match> {
    let mut found: Vec<Match> = (0..keys.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            of_key(keys, i).into_iter().map(move |j| {
                let (a, b) = (i.min(j) as u32, i.max(j) as u32);
                Match { a, b }
            })
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    if found.len() > MOST {
        // Thinned evenly: cutting the list short would leave out the bottom of
        // the picture.
        let step = found.len().div_ceil(MOST);
        found = found.into_iter().step_by(step).collect();
    }
    found
}

#[inline(always)]
fn product(a: &[i16; LENGTH], b: &[i16; LENGTH]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// The partners of one keypoint, by the generalised ratio test.
fn of_key(keys: &[Key], i: usize) -> Vec<usize> {
    wide!(partners(keys: &[Key], i: usize) -> Vec<usize>)
}

#[inline(always)]
fn partners(keys: &[Key], i: usize) -> Vec<usize> {
    let key = &keys[i];
    // Nearest first; each far from the ones before it.
    let mut nearest: Vec<(i32, usize)> = Vec::with_capacity(NEAREST + 1);
    let mut floor = i32::MIN;
    for (j, other) in keys.iter().enumerate() {
        let like = product(&key.descriptor, &other.descriptor);
        if like <= floor || near(key, other) {
            continue;
        }
        let ratio = key.sigma / other.sigma;
        if !(1.0 / SCALES..=SCALES).contains(&ratio) {
            continue;
        }
        if let Some(at) = nearest.iter().position(|&(_, k)| near(&keys[k], other)) {
            if nearest[at].0 >= like {
                continue;
            }
            nearest.remove(at);
        }
        let at = nearest.partition_point(|&(seen, _)| seen >= like);
        nearest.insert(at, (like, j));
        nearest.truncate(NEAREST);
        if nearest.len() == NEAREST {
            floor = nearest[NEAREST - 1].0;
        }
    }
    let distances: Vec<f32> = nearest
        .iter()
        .map(|&(like, _)| (2.0 - 2.0 * like as f32 / (NORM * NORM)).max(0.0).sqrt())
        .collect();
    let last =
        distances.windows(2).position(|pair| pair[0] < RATIO * pair[1] && pair[0] < FARTHEST);
    // With all of the neighbours near, the picture repeats itself.
    let count = last.map_or(0, |last| last + 1);
    nearest[..count].iter().map(|&(_, j)| j).collect()
}

fn near(a: &Key, b: &Key) -> bool {
    let (dx, dy) = (a.x - b.x, a.y - b.y);
    dx * dx + dy * dy < APART * APART
}
