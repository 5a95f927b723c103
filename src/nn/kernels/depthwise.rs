//! 3×3 depthwise convolution, channels in vectors.
//!
//! For each vector of channels the nine taps stay in registers while the
//! kernel moves along the rows, four output pixels at a time, so that each
//! input is loaded once for all the outputs that share it.

#![allow(clippy::needless_range_loop, reason = "registers are counted, not iterated")]

use super::isa::{Isa, dispatch};
use super::lanes::{Lanes, WIDTH};
use super::pack::{PackedDepthwise, TAPS};

/// One call: some rows of output, all channels.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub input: &'a [f32],
    /// Where in `input` the top left tap of the first output pixel lies.
    pub start: usize,
    /// Floats from one input row to the next.
    pub pitch: usize,
    /// 1 or 2.
    pub stride: usize,
    /// Rows of output.
    pub rows: usize,
    /// Columns of output.
    pub width: usize,
}

/// Convolve into `output`, which gets rows × width pixels without gaps.
///
/// # Panics
/// If a slice is too short, or the stride neither 1 nor 2.
pub(super) fn depthwise(isa: Isa, job: &Job<'_>, weights: &PackedDepthwise, output: &mut [f32]) {
    if job.rows == 0 || job.width == 0 {
        return;
    }
    let step = weights.vectors * WIDTH;
    let last_row = job.start + ((job.rows - 1) * job.stride + 2) * job.pitch;
    let reach = last_row + ((job.width - 1) * job.stride + 3) * step;
    assert!(reach <= job.input.len(), "input too short");
    assert!(job.rows * job.width * step <= output.len(), "output too short");
    let output = output.as_mut_ptr();
    match job.stride {
        1 => dispatch!(isa, stride_1(job: &Job<'_>, weights: &PackedDepthwise, output: *mut f32)),
        2 => dispatch!(isa, stride_2(job: &Job<'_>, weights: &PackedDepthwise, output: *mut f32)),
        other => unreachable!("Builder::separable refuses stride {other}"),
    }
}

/// # Safety
/// As checked by [`depthwise`]; `L`'s instructions exist.
#[inline(always)]
unsafe fn stride_1<L: Lanes>(job: &Job<'_>, weights: &PackedDepthwise, output: *mut f32) {
    // SAFETY: the conditions are passed on.
    unsafe { picture::<L, 1>(job, weights, output) }
}

/// # Safety
/// As for [`stride_1`].
#[inline(always)]
unsafe fn stride_2<L: Lanes>(job: &Job<'_>, weights: &PackedDepthwise, output: *mut f32) {
    // SAFETY: the conditions are passed on.
    unsafe { picture::<L, 2>(job, weights, output) }
}

/// # Safety
/// As for [`stride_1`]; `S` is the stride.
#[inline(always)]
unsafe fn picture<L: Lanes, const S: usize>(
    job: &Job<'_>,
    weights: &PackedDepthwise,
    output: *mut f32,
) {
    let step = weights.vectors * WIDTH;
    for vector in 0..weights.vectors {
        // SAFETY: `depthwise` has checked that the input reaches the last tap
        // of the last pixel and that the output holds every pixel; the
        // weights hold a bias and nine taps per vector.
        unsafe {
            let packed = weights.data.as_ptr().add(vector * (1 + TAPS) * WIDTH);
            let bias = L::load(packed);
            let mut taps = [bias; TAPS];
            for tap in 0..TAPS {
                taps[tap] = L::load(packed.add((1 + tap) * WIDTH));
            }
            for row in 0..job.rows {
                let from = job.start + row * S * job.pitch + vector * WIDTH;
                let input = job.input.as_ptr().add(from);
                let output = output.add(row * job.width * step + vector * WIDTH);
                let mut x = 0;
                while x + 4 <= job.width {
                    let input = input.add(x * S * step);
                    pixels::<L, S, 4>(input, job.pitch, step, bias, &taps, output.add(x * step));
                    x += 4;
                }
                let (input, output) = (input.add(x * S * step), output.add(x * step));
                match job.width - x {
                    3 => pixels::<L, S, 3>(input, job.pitch, step, bias, &taps, output),
                    2 => pixels::<L, S, 2>(input, job.pitch, step, bias, &taps, output),
                    1 => pixels::<L, S, 1>(input, job.pitch, step, bias, &taps, output),
                    _ => {}
                }
            }
        }
    }
}

/// `P` neighbouring output pixels of one vector of channels.
///
/// # Safety
/// Input reaches the last tap of the last pixel, output holds `P` pixels.
#[inline(always)]
unsafe fn pixels<L: Lanes, const S: usize, const P: usize>(
    input: *const f32,
    pitch: usize,
    step: usize,
    bias: L,
    taps: &[L; TAPS],
    output: *mut f32,
) {
    let mut sums = [bias; P];
    for ky in 0..3 {
        for column in 0..(P - 1) * S + 3 {
            // SAFETY: columns up to the last pixel's last tap, rows up to the third.
            let value = unsafe { L::load(input.add(ky * pitch + column * step)) };
            for p in 0..P {
                if column >= p * S && column < p * S + 3 {
                    sums[p] = value.mul_add(taps[ky * 3 + column - p * S], sums[p]);
                }
            }
        }
    }
    for p in 0..P {
        // SAFETY: `P` pixels of output.
        unsafe { sums[p].store(output.add(p * step)) };
    }
}
