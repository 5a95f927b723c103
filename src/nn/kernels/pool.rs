//! 2×2 maximum, stride 2, for the skip branch of a block that halves the picture.

use super::isa::{Isa, dispatch};
use super::lanes::{Lanes, WIDTH};

/// One call: some rows of output, all channels.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    /// From the first of the input rows under these rows of output.
    pub input: &'a [f32],
    /// Floats from one input row to the next.
    pub pitch: usize,
    /// Input rows; with an odd number the last output row sees one only.
    pub input_rows: usize,
    /// Input columns, likewise.
    pub input_width: usize,
    /// Channels, in vectors.
    pub vectors: usize,
}

/// Pool into `output`, which gets the pixels without gaps.
///
/// # Panics
/// If a slice is too short.
pub(super) fn pool(isa: Isa, job: &Job<'_>, output: &mut [f32]) {
    if job.input_rows == 0 || job.input_width == 0 {
        return;
    }
    let step = job.vectors * WIDTH;
    let reach = (job.input_rows - 1) * job.pitch + job.input_width * step;
    let pixels = job.input_rows.div_ceil(2) * job.input_width.div_ceil(2);
    assert!(reach <= job.input.len(), "input too short");
    assert!(pixels * step <= output.len(), "output too short");
    let output = output.as_mut_ptr();
    dispatch!(isa, picture(job: &Job<'_>, output: *mut f32));
}

/// # Safety
/// As checked by [`pool`]; `L`'s instructions exist.
#[inline(always)]
unsafe fn picture<L: Lanes>(job: &Job<'_>, output: *mut f32) {
    let step = job.vectors * WIDTH;
    let mut to = output;
    for y in (0..job.input_rows).step_by(2) {
        // At an odd edge the same pixel stands in for its missing neighbour.
        let down = if y + 1 < job.input_rows { job.pitch } else { 0 };
        for x in (0..job.input_width).step_by(2) {
            let right = if x + 1 < job.input_width { step } else { 0 };
            for vector in 0..job.vectors {
                // SAFETY: `pool` has checked that all input rows and columns
                // lie in the input, and all output pixels in the output.
                unsafe {
                    let from = job.input.as_ptr().add(y * job.pitch + x * step + vector * WIDTH);
                    let above = L::load(from).max(L::load(from.add(right)));
                    let below = L::load(from.add(down)).max(L::load(from.add(down + right)));
                    above.max(below).store(to);
                    to = to.add(WIDTH);
                }
            }
        }
    }
}
