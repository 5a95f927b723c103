//! Hard cuts, so that no face is followed from one shot into the next.

use crate::media::{Frame, frame::Row};

/// Parts of the picture, across and down: a cut changes most of them, a person
/// walking by only some.
const CELLS: (usize, usize) = (4, 3);
/// Levels of luma told apart.
const BINS: usize = 16;
/// Samples taken across the picture; a few thousand make a histogram.
const ACROSS: usize = 128;
/// Mean difference of histograms from which two pictures are two shots: between
/// motion (up to 0.12) and hard cuts (from 0.34) in eleven clips, nearer to
/// motion since a missed cut costs more than a false one
/// (`experiments/001-spectrum-thresholds.md`, table 5).
const CUT: f32 = 0.22;

type Histograms = [[f32; BINS]; CELLS.0 * CELLS.1];

/// Compares each picture with the one before.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    last: Option<Histograms>,
}

impl Cuts {
    /// Whether `frame` belongs to another shot than the frame before it: the
    /// mean over the parts of the picture of half the L1 distance between luma
    /// histograms (0 alike, 1 disjoint) is at least 0.22. Swanberg et al. and
    /// Zhang et al. (*Automatic partitioning of full-motion video*, 1993)
    /// describe such block histograms. Fades and dissolves pass unnoticed; a
    /// flash counts as a cut, which costs a track its number and nothing else.
    pub fn passed(&mut self, frame: &Frame<'_>) -> bool {
        self.difference(frame) >= CUT
    }

    /// The difference from the frame before, 0–1; 0 for the first one.
    pub fn difference(&mut self, frame: &Frame<'_>) -> f32 {
        let now = histograms(frame);
        let difference = self.last.as_ref().map_or(0.0, |last| distance(last, &now));
        self.last = Some(now);
        difference
    }
}

fn distance(a: &Histograms, b: &Histograms) -> f32 {
    let cells = a
        .iter()
        .zip(b)
        .map(|(a, b)| a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum::<f32>() / 2.0);
    cells.sum::<f32>() / a.len() as f32
}

fn histograms(frame: &Frame<'_>) -> Histograms {
    let plane = frame.luma();
    let step = plane.width.div_ceil(ACROSS).max(1);
    let shift = plane.bits.clamp(8, 16) - 4;
    let mut counts = [[0u32; BINS]; CELLS.0 * CELLS.1];
    for y in (step / 2..plane.height).step_by(step) {
        let down = y * CELLS.1 / plane.height;
        let mut count = |x: usize, value: u16| {
            let cell = down * CELLS.0 + x * CELLS.0 / plane.width;
            counts[cell][usize::from(value >> shift).min(BINS - 1)] += 1;
        };
        let columns = (step / 2..plane.width).step_by(step);
        match plane.row(y) {
            Row::Eight(row) => columns
                .zip(row.iter().skip(step / 2).step_by(step))
                .for_each(|(x, &v)| count(x, v.into())),
            Row::Sixteen(row) => {
                columns.zip(row.iter().skip(step / 2).step_by(step)).for_each(|(x, &v)| count(x, v))
            }
        }
    }
    counts.map(|cell| {
        let total = cell.iter().sum::<u32>().max(1) as f32;
        cell.map(|n| n as f32 / total)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blobs of light on grey, moved by `shift` pixels; `seed` makes another scene.
    fn scene(shift: usize, seed: usize) -> Vec<u8> {
        let (w, h) = (320usize, 180usize);
        let value = |x: usize, y: usize| {
            let (x, y) = (x + shift, y);
            let wave =
                ((x * (3 + seed)) as f32 / 97.0).sin() + ((y * (2 + 3 * seed)) as f32 / 61.0).cos();
            (110.0 + 40.0 * seed as f32 + 45.0 * wave) as u8
        };
        (0..h).flat_map(|y| (0..w).map(move |x| value(x, y))).collect()
    }

    #[test]
    fn a_cut_is_seen_motion_is_not() {
        let mut cuts = Cuts::default();
        for shift in (0..200).step_by(8) {
            assert!(
                !cuts.passed(&Frame::from_gray(&scene(shift, 0), 320, 180)),
                "pan by 8 pixels a frame, {shift}"
            );
        }
        assert!(cuts.passed(&Frame::from_gray(&scene(0, 2), 320, 180)));
        assert!(!cuts.passed(&Frame::from_gray(&scene(3, 2), 320, 180)));
        // A change of brightness by a few levels is no cut.
        let brighter: Vec<u8> = scene(3, 2).iter().map(|v| v.saturating_add(4)).collect();
        assert!(!cuts.passed(&Frame::from_gray(&brighter, 320, 180)));
        assert!(!Cuts::default().passed(&Frame::from_gray(&[], 0, 0)));
    }
}
