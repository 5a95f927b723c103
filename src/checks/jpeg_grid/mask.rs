//! From regions of pixels to areas that can be shown.

use super::regions::REACH;
use super::votes::NONE;
use super::zero::{Looked, Trace};

/// Most cells on the longer side of a drawn map: more would not be seen.
const CELLS: usize = 120;

/// Most regions that are drawn, strongest first.
const DRAWN: usize = 64;

/// A map of the picture, coarse enough to draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Map {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// Side in pixels of the cells that a picture of this size is drawn in.
fn side(width: usize, height: usize) -> usize {
    width.max(height).div_ceil(CELLS).max(1)
}

/// Per cell, the share of its voting pixels that agree with the most voted
/// origin; 0 where nobody voted.
pub(super) fn agreement(looked: &Looked, width: usize, height: usize) -> Map {
    let side = side(width, height);
    let (across, down) = (width.div_ceil(side), height.div_ceil(side));
    let mut sums = vec![(0u32, 0u32); across * down];
    for (y, row) in looked.votes.chunks_exact(width.max(1)).enumerate() {
        for (x, &vote) in row.iter().enumerate().filter(|(_, vote)| **vote != NONE) {
            let sum = &mut sums[y / side * across + x / side];
            sum.0 += u32::from(vote == looked.first.0);
            sum.1 += 1;
        }
    }
    let values = sums.iter().map(|&(agree, all)| agree as f32 / all.max(1) as f32).collect();
    Map { width: across, height: down, values }
}

/// Per cell, how strong the strongest region is that covers most of it
/// (−log10 NFA), 0 where none does; and the share of the picture covered by any.
pub(super) fn areas<'a>(
    traces: impl Iterator<Item = &'a Trace>,
    width: usize,
    height: usize,
) -> (Map, f64) {
    let side = side(width, height);
    let (across, down) = (width.div_ceil(side), height.div_ceil(side));
    let mut values = vec![0.0f32; across * down];
    let mut covered = vec![false; width * height];
    for trace in traces.take(DRAWN) {
        let mut counts = vec![0usize; across * down];
        let [left, top, right, bottom] = trace.region.bounds;
        let (w, h) = (right - left + 1, bottom - top + 1);
        for (i, _) in closed(trace, width).iter().enumerate().filter(|(_, inside)| **inside) {
            let (x, y) = (left + i % w, top + i / w);
            debug_assert!(i / w < h);
            covered[y * width + x] = true;
            counts[y / side * across + x / side] += 1;
        }
        for (i, (value, &count)) in values.iter_mut().zip(&counts).enumerate() {
            let (x, y) = (i % across * side, i / across * side);
            let area = side.min(width - x) * side.min(height - y);
            if 2 * count > area {
                *value = value.max(-trace.log10_nfa as f32);
            }
        }
    }
    let share = covered.iter().filter(|c| **c).count() as f64 / covered.len().max(1) as f64;
    (Map { width: across, height: down, values }, share)
}

/// The region's pixels with the gaps between them filled (ZERO: morphological
/// closing with a square of 2W + 1), within its bounds.
fn closed(trace: &Trace, width: usize) -> Vec<bool> {
    let [left, top, right, bottom] = trace.region.bounds;
    let (w, h) = (right - left + 1 + 2 * REACH, bottom - top + 1 + 2 * REACH);
    let mut mask = vec![false; w * h];
    for &place in &trace.region.places {
        let (x, y) = (place as usize % width - left, place as usize / width - top);
        mask[(y + REACH) * w + x + REACH] = true;
    }
    let mask = spread(&spread(&mask, w, true), h, true);
    let mask = spread(&spread(&mask, w, false), h, false);
    let rows = mask.chunks_exact(w).skip(REACH).take(h - 2 * REACH);
    rows.flat_map(|row| row[REACH..w - REACH].iter().copied()).collect()
}

/// Spreads `value` along rows of `w` by [`REACH`] to both sides. The result is
/// turned over, so that two passes do both directions.
fn spread(mask: &[bool], w: usize, value: bool) -> Vec<bool> {
    let h = mask.len() / w;
    let mut out = vec![!value; mask.len()];
    for (y, row) in mask.chunks_exact(w).enumerate() {
        // Pixels of `value` in the window around x.
        let mut inside = row[..REACH.min(w)].iter().filter(|m| **m == value).count();
        for x in 0..w {
            if let Some(entering) = row.get(x + REACH) {
                inside += usize::from(*entering == value);
            }
            if inside > 0 {
                out[x * h + y] = value;
            }
            if let Some(leaving) = x.checked_sub(REACH) {
                inside -= usize::from(row[leaving] == value);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::regions::Region;
    use super::*;

    #[test]
    fn gaps_are_filled_and_the_outline_stays() {
        // Points 18 apart leave gaps of 17, which a square of 19 closes; the
        // hole of 40 stays open.
        let width = 200;
        let mut places = Vec::new();
        for y in (20..=164).step_by(18) {
            for x in (20..=164).step_by(18) {
                if !((74..=110).contains(&x) && (74..=110).contains(&y)) {
                    places.push((y * width + x) as u32);
                }
            }
        }
        let region = Region { grid: 3, places, bounds: [20, 20, 164, 164] };
        let mask = closed(&Trace { region, log10_nfa: -9.0 }, width);
        let at = |x: usize, y: usize| mask[(y - 20) * 145 + x - 20];
        assert_eq!(mask.len(), 145 * 145);
        assert!(at(20, 20) && at(164, 164) && at(29, 47) && at(55, 101));
        assert!(!at(92, 92), "the hole");
        assert!(!at(75, 75) && at(56, 56), "its edge");
    }
}
