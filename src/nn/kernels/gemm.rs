//! Convolutions as products of matrices: pixels × inputs by inputs × outputs.
//!
//! A pointwise convolution is one product. A k×k convolution over NHWC is k of
//! them, one for each row of the kernel, since the inputs under one kernel row
//! lie together in memory; nothing is copied into columns. Bias, residual and
//! activation are applied while the sums are still in registers.

#![allow(clippy::needless_range_loop, reason = "registers are counted, not iterated")]

use std::ops::Range;

use super::isa::{Isa, dispatch};
use super::lanes::{Lanes, WIDTH};
use super::pack::{Curve, Packed, ROW_VECTORS};
use super::tensor::Ascending;

/// Pixels scattered over memory: where each begins.
#[derive(Clone, Copy)]
pub(super) struct Pixels<'a> {
    pub data: &'a [f32],
    /// Relative to `data`.
    pub starts: Ascending<'a>,
}

impl Pixels<'_> {
    /// Whether there are `count`, each with `floats` floats.
    fn hold(&self, count: usize, floats: usize) -> bool {
        self.starts.len() == count && self.starts.fit(floats, self.data.len())
    }
}

/// What is added to the sums.
#[derive(Clone, Copy)]
pub(super) struct Residual<'a> {
    pub pixels: Pixels<'a>,
    /// Its channels, in vectors; further output channels get nothing added.
    pub vectors: usize,
    /// Added after the activation rather than before.
    pub late: bool,
}

/// One call: some pixels, some or all output channels.
#[derive(Clone)]
pub(super) struct Job<'a> {
    /// Which panels of weights, and with them which output channels.
    pub panels: Range<usize>,
    pub input: Pixels<'a>,
    /// Floats from one kernel row's input to the next one's.
    pub segment_step: usize,
    pub residual: Option<Residual<'a>>,
    /// Where the first of these channels of each output pixel lies in `output`.
    pub starts: Ascending<'a>,
}

/// Convolve the pixels of `job` into `output`: the channels of some panels, or
/// of all.
///
/// # Panics
/// If a slice is too short for its pixels.
pub(super) fn gemm(isa: Isa, job: &Job<'_>, weights: &Packed, output: &mut [f32]) {
    let Some(first) = weights.panels.get(job.panels.start) else { return };
    let count = job.starts.len();
    let reach = (weights.segments - 1) * job.segment_step + weights.segment;
    assert!(job.input.hold(count, reach), "input too short");
    if let Some(residual) = &job.residual {
        assert!(residual.pixels.hold(count, residual.vectors * WIDTH), "residual too short");
    }
    let end = weights.panels.get(job.panels.end).map_or(weights.outputs, |panel| panel.channel);
    assert!(job.starts.fit(end - first.channel, output.len()), "output too short");
    // Where output channel 0 would be; only channels from `first` on are written.
    let output = output.as_mut_ptr().wrapping_sub(first.channel);
    dispatch!(isa, all_panels(job: &Job<'_>, weights: &Packed, output: *mut f32));
}

/// # Safety
/// As checked by [`gemm`]; `L`'s instructions exist.
#[inline(always)]
unsafe fn all_panels<L: Lanes>(job: &Job<'_>, weights: &Packed, output: *mut f32) {
    for panel in &weights.panels[job.panels.clone()] {
        let call = Call { job, weights, start: panel.start, channel: panel.channel, output };
        // SAFETY: the conditions are passed on.
        unsafe {
            match panel.vectors {
                1 => eights::<L>(&call),
                2 => sixes::<L>(&call),
                3 => threes::<L>(&call),
                ROW_VECTORS => ones::<L>(&call),
                _ => unreachable!("Packed::new makes no such panel"),
            }
        }
    }
}

/// One panel of a [`Job`].
struct Call<'a> {
    job: &'a Job<'a>,
    weights: &'a Packed,
    start: usize,
    channel: usize,
    output: *mut f32,
}

/// # Safety
/// As for [`all_panels`], for a panel of one vector.
#[inline(always)]
unsafe fn eights<L: Lanes>(call: &Call<'_>) {
    let (mut at, count) = (0, call.job.starts.len());
    // SAFETY: every micro-kernel stays within the pixels below `count`.
    unsafe {
        while at + 8 <= count {
            micro::<L, 8, 1>(call, at);
            at += 8;
        }
        while at + 4 <= count {
            micro::<L, 4, 1>(call, at);
            at += 4;
        }
        while at < count {
            micro::<L, 1, 1>(call, at);
            at += 1;
        }
    }
}

/// # Safety
/// As for [`all_panels`], for a panel of two vectors.
#[inline(always)]
unsafe fn sixes<L: Lanes>(call: &Call<'_>) {
    let (mut at, count) = (0, call.job.starts.len());
    // SAFETY: every micro-kernel stays within the pixels below `count`.
    unsafe {
        // The last seven to nine go in two parts, of which none is tiny.
        while at + 6 <= count && !(7..=9).contains(&(count - at)) {
            micro::<L, 6, 2>(call, at);
            at += 6;
        }
        if count - at > 6 {
            let half = (count - at).div_ceil(2);
            if half == 5 {
                micro::<L, 5, 2>(call, at);
            } else {
                micro::<L, 4, 2>(call, at);
            }
            at += half;
        }
        match count - at {
            5 => micro::<L, 5, 2>(call, at),
            4 => micro::<L, 4, 2>(call, at),
            3 => micro::<L, 3, 2>(call, at),
            2 => micro::<L, 2, 2>(call, at),
            1 => micro::<L, 1, 2>(call, at),
            _ => {}
        }
    }
}

/// # Safety
/// As for [`all_panels`], for a panel of three vectors.
#[inline(always)]
unsafe fn threes<L: Lanes>(call: &Call<'_>) {
    let (mut at, count) = (0, call.job.starts.len());
    // SAFETY: every micro-kernel stays within the pixels below `count`.
    unsafe {
        while at + 3 <= count {
            micro::<L, 3, 3>(call, at);
            at += 3;
        }
        match count - at {
            2 => micro::<L, 2, 3>(call, at),
            1 => micro::<L, 1, 3>(call, at),
            _ => {}
        }
    }
}

/// # Safety
/// As for [`all_panels`], for a panel of [`ROW_VECTORS`].
#[inline(always)]
unsafe fn ones<L: Lanes>(call: &Call<'_>) {
    for at in 0..call.job.starts.len() {
        // SAFETY: the conditions are passed on.
        unsafe { micro::<L, 1, ROW_VECTORS>(call, at) };
    }
}

/// `M` pixels from the `at`th on, `V` vectors of output channels.
///
/// # Safety
/// As for [`all_panels`]; `at + M` pixels exist, and the panel has `V` vectors.
#[inline(always)]
unsafe fn micro<L: Lanes, const M: usize, const V: usize>(call: &Call<'_>, at: usize) {
    let Call { job, weights, start, channel, output } = *call;
    // SAFETY: `gemm` has checked that from each pixel's start the input holds
    // all segments, the residual its vectors and the output its channels; the
    // panel holds bias, slope and one row per input, each of `V` vectors.
    unsafe {
        let panel = weights.data.as_ptr().add(start);
        let mut inputs = [job.input.data.as_ptr(); M];
        for m in 0..M {
            inputs[m] = inputs[m].add(*job.input.starts.get_unchecked(at + m));
        }
        let mut sums = [[L::splat(0.0); V]; M];
        for v in 0..V {
            let bias = L::load(panel.add(v * WIDTH));
            for row in &mut sums {
                row[v] = bias;
            }
        }
        let mut taps = panel.add(2 * V * WIDTH);
        for segment in 0..weights.segments {
            let from = segment * job.segment_step;
            for k in from..from + weights.segment {
                let mut tap = [L::splat(0.0); V];
                for v in 0..V {
                    tap[v] = L::load(taps.add(v * WIDTH));
                }
                for m in 0..M {
                    let x = L::splat(*inputs[m].add(k));
                    for v in 0..V {
                        sums[m][v] = x.mul_add(tap[v], sums[m][v]);
                    }
                }
                taps = taps.add(V * WIDTH);
            }
        }
        if let Some(residual) = job.residual.filter(|r| !r.late) {
            add::<L, M, V>(&mut sums, &residual, at, channel);
        }
        match weights.curve {
            Curve::Linear => {}
            Curve::Relu => {
                for m in 0..M {
                    for v in 0..V {
                        sums[m][v] = sums[m][v].max(L::splat(0.0));
                    }
                }
            }
            Curve::Prelu => {
                for v in 0..V {
                    let slope = L::load(panel.add((V + v) * WIDTH));
                    for m in 0..M {
                        let below = sums[m][v].min(L::splat(0.0));
                        let above = sums[m][v].max(L::splat(0.0));
                        sums[m][v] = below.mul_add(slope, above);
                    }
                }
            }
        }
        if let Some(residual) = job.residual.filter(|r| r.late) {
            add::<L, M, V>(&mut sums, &residual, at, channel);
        }
        for m in 0..M {
            let to = output.wrapping_add(*job.starts.get_unchecked(at + m) + channel);
            for v in 0..V {
                sums[m][v].store(to.add(v * WIDTH));
            }
        }
    }
}

/// Add the residual of `M` pixels from the `at`th on, `V` vectors from
/// `channel` on, as far as the residual has channels.
///
/// # Safety
/// As for [`micro`].
#[inline(always)]
unsafe fn add<L: Lanes, const M: usize, const V: usize>(
    sums: &mut [[L; V]; M],
    residual: &Residual<'_>,
    at: usize,
    channel: usize,
) {
    let live = residual.vectors.saturating_sub(channel / WIDTH);
    for m in 0..M {
        // SAFETY: `gemm` has checked that the residual holds its vectors from
        // each pixel's start, and no vector beyond them is read.
        unsafe {
            let start = *residual.pixels.starts.get_unchecked(at + m) + channel;
            for v in 0..V {
                if v < live {
                    let from = residual.pixels.data.as_ptr().add(start + v * WIDTH);
                    sums[m][v] = sums[m][v].plus(L::load(from));
                }
            }
        }
    }
}
