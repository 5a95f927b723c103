//! Bilinear enlargement with half-pixel centres, as TFLite's RESIZE_BILINEAR
//! with `half_pixel_centers`: output pixel i samples (i + 0.5)·in/out − 0.5,
//! clamped to the picture.

use super::isa::{Isa, dispatch};
use super::lanes::{Lanes, WIDTH};
use super::tensor::Layout;

/// Where one output row or column samples: two inputs and the second's weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub low: usize,
    pub high: usize,
    pub weight: f32,
}

/// The samples of every output along one axis.
pub(super) fn samples(inputs: usize, outputs: usize) -> Vec<Sample> {
    let scale = inputs as f32 / outputs as f32;
    let sample = |i: usize| {
        let at = ((i as f32 + 0.5) * scale - 0.5).max(0.0);
        let low = (at as usize).min(inputs - 1);
        Sample { low, high: (low + 1).min(inputs - 1), weight: at - low as f32 }
    };
    (0..outputs).map(sample).collect()
}

/// One call: some rows of output, all channels.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub input: &'a [f32],
    pub from: Layout,
    pub to: Layout,
    /// One per output row to be made.
    pub rows: &'a [Sample],
    /// One per output column.
    pub columns: &'a [Sample],
}

/// Enlarge into `output`, which begins with the first of the rows, border included.
///
/// # Panics
/// If a slice is too short, or a sample outside the input.
pub(super) fn resize(isa: Isa, job: &Job<'_>, output: &mut [f32]) {
    let Job { from, to, .. } = job;
    assert!(from.step == to.step && from.step.is_multiple_of(WIDTH), "channels differ");
    assert!(job.input.len() >= from.len(), "input too short");
    assert!(output.len() >= job.rows.len() * to.pitch(), "output too short");
    assert!(job.columns.len() == to.width, "wrong number of columns");
    let inside = |samples: &[Sample], size| samples.iter().all(|s| s.low < size && s.high < size);
    assert!(inside(job.rows, from.height) && inside(job.columns, from.width), "outside");
    let output = output.as_mut_ptr();
    dispatch!(isa, picture(job: &Job<'_>, output: *mut f32));
}

/// # Safety
/// As checked by [`resize`]; `L`'s instructions exist.
#[inline(always)]
unsafe fn picture<L: Lanes>(job: &Job<'_>, output: *mut f32) {
    let Job { input, from, to, rows, columns } = *job;
    for (y, row) in rows.iter().enumerate() {
        for (x, column) in columns.iter().enumerate() {
            let corners = [
                from.at(row.low, column.low),
                from.at(row.low, column.high),
                from.at(row.high, column.low),
                from.at(row.high, column.high),
            ];
            let target = y * to.pitch() + (x + to.border) * to.step;
            for channel in (0..to.step).step_by(WIDTH) {
                // SAFETY: `resize` has checked that all samples lie in the
                // input and all rows in the output.
                unsafe {
                    let at = |i: usize| L::load(input.as_ptr().add(corners[i] + channel));
                    let (a, b, c, d) = (at(0), at(1), at(2), at(3));
                    let above = between(a, b, column.weight);
                    let below = between(c, d, column.weight);
                    between(above, below, row.weight).store(output.add(target + channel));
                }
            }
        }
    }
}

/// `a` + (`b` − `a`) · `weight`.
#[inline(always)]
fn between<L: Lanes>(a: L, b: L, weight: f32) -> L {
    let difference = a.mul_add(L::splat(-1.0), b);
    difference.mul_add(L::splat(weight), a)
}
