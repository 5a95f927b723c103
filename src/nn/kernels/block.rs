//! A block of a network: depthwise or not, convolution, residual, activation.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::depthwise::{self, depthwise};
use super::gemm::{self, Pixels, Residual, gemm};
use super::isa::Isa;
use super::lanes::WIDTH;
use super::pack::{Packed, PackedDepthwise};
use super::pool::{self, pool};
use super::tensor::{Aligned, Ascending, Layout, Starts};
use crate::error::Result;

/// Floats of a tile's intermediate, 16 KiB: half of the first-level cache of
/// current processors, so that a panel of weights fits beside it.
const TILE_FLOATS: usize = 4096;

/// Multiplications below which handing half of an operation to another thread
/// costs more than it saves: about 5 µs of work against about 2 µs of waking
/// a thread that is still looking for work.
const SPLIT_MACS: usize = 200_000;

/// A tensor's place: its buffer and how it lies there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// 0 for the trunk, else one more than the branch.
    pub part: usize,
    /// Which of that part's buffers.
    pub buffer: usize,
    pub layout: Layout,
}

/// What joins a block's sums.
#[derive(Clone, Copy, Debug)]
pub(super) enum Skipped {
    None,
    Add { source: Source, late: bool },
    Pool { source: Source },
}

/// Depthwise or not, convolution, residual, activation: tile by tile, each
/// tile a few rows of the output, its intermediates in cache.
pub(super) struct Block {
    pub from: Source,
    pub to: Source,
    depthwise: Option<Arc<PackedDepthwise>>,
    conv: Packed,
    stride: usize,
    pad: usize,
    pub skip: Skipped,
    /// Rows of output in one tile.
    rows: usize,
    /// Where a tile's pixels begin in the input, the residual and the output.
    input_starts: Starts,
    skip_starts: Starts,
    output_starts: Starts,
}

impl Block {
    pub fn new(
        from: Source,
        to: Source,
        depthwise: Option<Arc<PackedDepthwise>>,
        stride: usize,
        pad: usize,
        skip: Skipped,
        pack: impl FnOnce(usize) -> Result<Packed>,
    ) -> Result<Self> {
        let Layout { height, width, .. } = to.layout;
        // As many tiles as the budget asks for, of as equal a height as can be.
        let tiles = (height * width * from.layout.step).div_ceil(TILE_FLOATS).clamp(1, height);
        let rows = height.div_ceil(tiles);
        let pixels = rows * width;
        let input_starts = match depthwise {
            Some(_) => Starts::dense(pixels, from.layout.step),
            None => from.layout.walk(rows, width, stride),
        };
        let skip_starts = match skip {
            Skipped::None => Starts::none(),
            Skipped::Add { source, .. } => source.layout.walk(rows, width, 1),
            Skipped::Pool { source } => Starts::dense(pixels, source.layout.step),
        };
        let output_starts = to.layout.walk(rows, width, 1);
        let conv = pack(pixels)?;
        Ok(Self {
            from,
            to,
            depthwise,
            conv,
            stride,
            pad,
            skip,
            rows,
            input_starts,
            skip_starts,
            output_starts,
        })
    }

    /// How many of `threads` the work is worth.
    fn shares(&self, threads: usize) -> usize {
        let Layout { height, width, .. } = self.to.layout;
        let macs = height * width * self.conv.segments * self.conv.segment * self.conv.outputs;
        threads.min((macs / SPLIT_MACS).max(1))
    }

    /// Rows `all` of the output; `output` begins with the first, border included.
    fn run(&self, call: &Call<'_>, all: Range<usize>, output: &mut [f32], tile: &mut Tile) {
        // Tiles of equal height, as far as can be.
        let tiles = all.len().div_ceil(self.rows).max(1);
        let height = all.len().div_ceil(tiles).max(1);
        for y in all.clone().step_by(height) {
            let rows = height.min(all.end - y);
            let pixels = rows * self.to.layout.width;
            let from = &self.from.layout;
            let start = self.input_start(y);
            let input = match &self.depthwise {
                None => {
                    Pixels { data: &call.input[start..], starts: self.input_starts.first(pixels) }
                }
                Some(weights) => {
                    let job = depthwise::Job {
                        input: call.input,
                        start,
                        pitch: from.pitch(),
                        stride: self.stride,
                        rows,
                        width: self.to.layout.width,
                    };
                    depthwise(call.isa, &job, weights, &mut tile.depthwise);
                    Pixels { data: &tile.depthwise, starts: self.input_starts.first(pixels) }
                }
            };
            let residual = match self.skip {
                Skipped::None => None,
                Skipped::Add { source, late } => {
                    let data = &call.skip[source.layout.at(y, 0)..];
                    let pixels = Pixels { data, starts: self.skip_starts.first(pixels) };
                    Some(Residual { pixels, vectors: source.layout.step / WIDTH, late })
                }
                Skipped::Pool { source } => {
                    let vectors = source.layout.step / WIDTH;
                    let job = pool::Job {
                        input: &call.skip[source.layout.at(2 * y, 0)..],
                        pitch: source.layout.pitch(),
                        input_rows: (2 * rows).min(source.layout.height - 2 * y),
                        input_width: source.layout.width,
                        vectors,
                    };
                    pool(call.isa, &job, &mut tile.pool);
                    let pixels =
                        Pixels { data: &tile.pool, starts: self.skip_starts.first(pixels) };
                    Some(Residual { pixels, vectors, late: false })
                }
            };
            let to = &self.to.layout;
            let job = gemm::Job {
                panels: 0..self.conv.panels.len(),
                input,
                segment_step: from.pitch(),
                residual,
                starts: self.output_starts.first(pixels),
            };
            let start = (y - all.start) * to.pitch() + to.border * to.step;
            gemm(call.isa, &job, &self.conv, &mut output[start..]);
        }
    }

    /// The whole block, on at most `threads` threads; `output` is the buffer.
    pub fn compute(&self, call: &Call<'_>, output: &mut [f32], threads: usize) {
        let Layout { height, width, border, .. } = self.to.layout;
        let shares = self.shares(threads);
        let whole = self.depthwise.is_none() && matches!(self.skip, Skipped::None);
        if height * width == 1 && whole {
            let output = &mut output[self.to.layout.at(0, 0)..];
            self.share_channels(call, 0..self.conv.panels.len(), output, shares);
        } else {
            let interior = &mut output[border * self.to.layout.pitch()..];
            self.share_rows(call, 0..height, interior, shares.min(height));
        }
    }

    /// Some rows, on `shares` threads; `output` begins with the first of them.
    fn share_rows(&self, call: &Call<'_>, rows: Range<usize>, output: &mut [f32], shares: usize) {
        if shares <= 1 {
            let index = rayon::current_thread_index().unwrap_or(0) % call.tiles.len();
            let mut tile = call.tiles[index].lock().unwrap_or_else(PoisonError::into_inner);
            return self.run(call, rows, output, &mut tile);
        }
        let half = shares / 2;
        let middle = rows.start + rows.len() * half / shares;
        let (above, below) = output.split_at_mut((middle - rows.start) * self.to.layout.pitch());
        rayon::join(
            || self.share_rows(call, rows.start..middle, above, half),
            || self.share_rows(call, middle..rows.end, below, shares - half),
        );
    }

    /// Some panels of the only pixel, on `shares` threads; `output` begins with
    /// the first of their channels.
    fn share_channels(
        &self,
        call: &Call<'_>,
        panels: Range<usize>,
        output: &mut [f32],
        shares: usize,
    ) {
        if shares <= 1 || panels.len() < 2 {
            let input = Pixels { data: &call.input[self.input_start(0)..], starts: Ascending::ONE };
            let segment_step = self.from.layout.pitch();
            let job =
                gemm::Job { panels, input, segment_step, residual: None, starts: Ascending::ONE };
            return gemm(call.isa, &job, &self.conv, output);
        }
        let half = shares / 2;
        let middle = panels.start + (panels.len() * half / shares).max(1);
        let first = |panel: usize| self.conv.panels[panel].channel;
        let (left, right) = output.split_at_mut(first(middle) - first(panels.start));
        rayon::join(
            || self.share_channels(call, panels.start..middle, left, half),
            || self.share_channels(call, middle..panels.end, right, shares - half),
        );
    }

    /// Where in its buffer the input of output row `y` begins.
    fn input_start(&self, y: usize) -> usize {
        let from = &self.from.layout;
        // Buffers have a border of at least `pad`.
        let (down, right) = (y * self.stride + from.border - self.pad, from.border - self.pad);
        down * from.pitch() + right * from.step
    }
}

/// What all tiles of a block read.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub isa: Isa,
    /// The buffer of the input.
    pub input: &'a [f32],
    /// The buffer of what is skipped to here; empty if nothing is.
    pub skip: &'a [f32],
    /// Scratch, at least one; each thread takes its own.
    pub tiles: &'a [Mutex<Tile>],
}

/// One thread's intermediates.
pub(super) struct Tile {
    depthwise: Aligned,
    pool: Aligned,
}

impl Tile {
    /// Large enough for each of `blocks`.
    pub fn for_blocks<'a>(blocks: impl Iterator<Item = &'a Block>) -> Self {
        let (mut depthwise, mut pool) = (0, 0);
        for block in blocks {
            let pixels = block.rows * block.to.layout.width;
            depthwise = depthwise.max(pixels * block.from.layout.step);
            if let Skipped::Pool { source } = block.skip {
                pool = pool.max(pixels * source.layout.step);
            }
        }
        Self { depthwise: Aligned::zeros(depthwise), pool: Aligned::zeros(pool) }
    }
}
