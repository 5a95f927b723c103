//! A block of a network: depthwise or not, convolution, residual, activation.

use std::sync::Arc;

use super::depthwise::{self, depthwise};
use super::gemm::{self, Pixels, Residual, gemm};
use super::isa::Isa;
use super::lanes::WIDTH;
use super::pack::{Packed, PackedDepthwise};
use super::pool::{self, pool};
use super::tensor::{Aligned, Layout};
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
    input_starts: Vec<usize>,
    skip_starts: Vec<usize>,
    output_starts: Vec<usize>,
}

/// Starts of pixels that lie without gaps.
fn dense(pixels: usize, step: usize) -> Vec<usize> {
    (0..pixels).map(|pixel| pixel * step).collect()
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
            Some(_) => dense(pixels, from.layout.step),
            None => from.layout.walk(rows, width, stride),
        };
        let skip_starts = match skip {
            Skipped::None => Vec::new(),
            Skipped::Add { source, .. } => source.layout.walk(rows, width, 1),
            Skipped::Pool { source } => dense(pixels, source.layout.step),
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
    pub fn parts(&self, threads: usize) -> usize {
        let Layout { height, width, .. } = self.to.layout;
        let macs = height * width * self.conv.segments * self.conv.segment * self.conv.outputs;
        threads.min((macs / SPLIT_MACS).max(1)).min(height.div_ceil(self.rows))
    }

    /// Rows `first..end` of the output; `output` begins with row `first`,
    /// border included.
    fn run(&self, call: &Call<'_>, first: usize, end: usize, output: &mut [f32], tile: &mut Tile) {
        for y in (first..end).step_by(self.rows) {
            let rows = self.rows.min(end - y);
            let pixels = rows * self.to.layout.width;
            let from = &self.from.layout;
            // Buffers have a border of at least `pad`.
            let start = (y * self.stride + from.border - self.pad) * from.pitch()
                + (from.border - self.pad) * from.step;
            let input = match &self.depthwise {
                None => Pixels { data: &call.input[start..], starts: &self.input_starts },
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
                    Pixels { data: &tile.depthwise, starts: &self.input_starts }
                }
            };
            let residual = match self.skip {
                Skipped::None => None,
                Skipped::Add { source, late } => {
                    let data = &call.skip[source.layout.at(y, 0)..];
                    let pixels = Pixels { data, starts: &self.skip_starts };
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
                    let pixels = Pixels { data: &tile.pool, starts: &self.skip_starts };
                    Some(Residual { pixels, vectors, late: false })
                }
            };
            let to = &self.to.layout;
            let job = gemm::Job {
                input,
                segment_step: from.pitch(),
                residual,
                starts: &self.output_starts[..pixels],
            };
            let start = (y - first) * to.pitch() + to.border * to.step;
            gemm(call.isa, &job, &self.conv, &mut output[start..]);
        }
    }

    /// Rows `first..end`, on as many threads as there are tiles of scratch.
    pub fn share(&self, call: &Call<'_>, rows: [usize; 2], output: &mut [f32], tiles: &mut [Tile]) {
        let [first, end] = rows;
        match tiles {
            [] => {}
            [tile] => self.run(call, first, end, output, tile),
            _ => {
                let half = tiles.len() / 2;
                let all = (end - first).div_ceil(self.rows);
                let middle = first + (all * half).div_ceil(tiles.len()) * self.rows;
                let middle = middle.min(end);
                let (above, below) = output.split_at_mut((middle - first) * self.to.layout.pitch());
                let (left, right) = tiles.split_at_mut(half);
                rayon::join(
                    || self.share(call, [first, middle], above, left),
                    || self.share(call, [middle, end], below, right),
                );
            }
        }
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
