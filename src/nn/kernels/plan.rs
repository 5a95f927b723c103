//! A network ready to run: operations with packed weights over a few reused
//! buffers. Nothing is allocated per run but the outputs.

use std::sync::{Arc, Mutex, PoisonError};

use super::depthwise::{self, depthwise};
use super::gemm::{self, Pixels, Residual, gemm};
use super::isa::Isa;
use super::lanes::WIDTH;
use super::pack::{Packed, PackedDepthwise};
use super::pool::{self, pool};
use super::resize::{self, Sample, resize};
use super::tensor::{Aligned, Layout, Shape};
use crate::error::{Error, Result};

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
#[derive(Debug)]
pub(super) struct Block {
    from: Source,
    to: Source,
    depthwise: Option<Arc<PackedDepthwise>>,
    conv: Packed,
    stride: usize,
    pad: usize,
    skip: Skipped,
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

    fn macs(&self) -> usize {
        let pixels = self.to.layout.height * self.to.layout.width;
        pixels * self.conv.segments * self.conv.segment * self.conv.outputs
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
    fn share(&self, call: &Call<'_>, rows: [usize; 2], output: &mut [f32], tiles: &mut [Tile]) {
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
struct Call<'a> {
    isa: Isa,
    input: &'a [f32],
    skip: &'a [f32],
}

/// A bilinear enlargement.
#[derive(Debug)]
pub(super) struct Resize {
    pub from: Source,
    pub to: Source,
    pub rows: Vec<Sample>,
    pub columns: Vec<Sample>,
}

#[derive(Debug)]
pub(super) enum Op {
    Block(Block),
    Resize(Resize),
}

impl Op {
    fn to(&self) -> Source {
        match self {
            Self::Block(block) => block.to,
            Self::Resize(resize) => resize.to,
        }
    }
}

/// One thread's intermediates.
#[derive(Debug)]
struct Tile {
    depthwise: Aligned,
    pool: Aligned,
}

/// The memory of one run.
#[derive(Debug)]
struct Arena {
    buffers: Vec<Aligned>,
    tiles: Vec<Tile>,
}

/// A network ready to run on the CPU. Made by [`Builder::finish`].
///
/// [`Builder::finish`]: super::Builder::finish
#[derive(Debug)]
pub struct Plan {
    isa: Isa,
    input: Shape,
    input_layout: Layout,
    ops: Vec<Op>,
    outputs: Vec<(Source, Shape)>,
    /// Arenas of past runs; as many as ever ran at once.
    idle: Mutex<Vec<Arena>>,
}

impl Plan {
    pub(super) fn new(
        isa: Isa,
        input: Shape,
        input_layout: Layout,
        ops: Vec<Op>,
        outputs: Vec<(Source, Shape)>,
    ) -> Self {
        Self { isa, input, input_layout, ops, outputs, idle: Mutex::default() }
    }

    /// The size of the picture that [`Plan::run`] takes.
    pub fn input(&self) -> Shape {
        self.input
    }

    fn arena(&self, threads: usize) -> Arena {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut arena = idle.unwrap_or_else(|| {
            let mut lens = vec![self.input_layout.len()];
            for op in &self.ops {
                let Source { buffer, layout } = op.to();
                if buffer == lens.len() {
                    lens.push(layout.len());
                }
            }
            let buffers = lens.into_iter().map(Aligned::zeros).collect();
            Arena { buffers, tiles: Vec::new() }
        });
        while arena.tiles.len() < threads {
            let (mut middle, mut pooled) = (0, 0);
            for op in &self.ops {
                if let Op::Block(block) = op {
                    let pixels = block.rows * block.to.layout.width;
                    middle = middle.max(pixels * block.from.layout.step);
                    if let Skipped::Pool { source } = block.skip {
                        pooled = pooled.max(pixels * source.layout.step);
                    }
                }
            }
            let (depthwise, pool) = (Aligned::zeros(middle), Aligned::zeros(pooled));
            arena.tiles.push(Tile { depthwise, pool });
        }
        arena
    }

    /// Run the network on one picture, `input` in the order height, width,
    /// channel; on the threads of the surrounding rayon pool. The outputs have
    /// the same order.
    ///
    /// # Errors
    /// [`Error::Compute`] if `input` has the wrong length.
    pub fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>> {
        let Shape { height, width, channels } = self.input;
        if input.len() != height * width * channels {
            let reason = format!("{} floats for a picture of {:?}", input.len(), self.input);
            return Err(Error::compute("running a network", reason));
        }
        let threads = rayon::current_num_threads();
        let mut arena = self.arena(threads);
        for (y, row) in input.chunks_exact(width * channels).enumerate() {
            let start = self.input_layout.at(y, 0);
            arena.buffers[0][start..start + row.len()].copy_from_slice(row);
        }
        for op in &self.ops {
            self.step(op, &mut arena, threads);
        }
        let outputs = self.outputs.iter().map(|&(source, shape)| {
            let buffer = &arena.buffers[source.buffer];
            let mut output = Vec::with_capacity(shape.height * shape.width * shape.channels);
            for y in 0..shape.height {
                let row = &buffer[source.layout.at(y, 0)..][..shape.width * source.layout.step];
                for pixel in row.chunks_exact(source.layout.step) {
                    output.extend_from_slice(&pixel[..shape.channels]);
                }
            }
            output
        });
        let outputs = outputs.collect();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(arena);
        Ok(outputs)
    }

    fn step(&self, op: &Op, arena: &mut Arena, threads: usize) {
        let Source { buffer, layout } = op.to();
        // Out of the arena while it is written: an operation never reads the
        // buffer that it writes.
        let mut output = std::mem::replace(&mut arena.buffers[buffer], Aligned::zeros(0));
        match op {
            Op::Resize(op) => {
                let job = resize::Job {
                    input: &arena.buffers[op.from.buffer],
                    from: op.from.layout,
                    to: layout,
                    rows: &op.rows,
                    columns: &op.columns,
                };
                resize(self.isa, &job, &mut output[layout.border * layout.pitch()..]);
            }
            Op::Block(block) => {
                let skip: &[f32] = match block.skip {
                    Skipped::None => &[],
                    Skipped::Add { source, .. } | Skipped::Pool { source } => {
                        &arena.buffers[source.buffer]
                    }
                };
                let input = &arena.buffers[block.from.buffer];
                let call = Call { isa: self.isa, input, skip };
                let most = (block.macs() / SPLIT_MACS).max(1);
                let tiles = layout.height.div_ceil(block.rows);
                let parts = threads.min(most).min(tiles);
                let interior = layout.border * layout.pitch();
                let rows = [0, layout.height];
                block.share(&call, rows, &mut output[interior..], &mut arena.tiles[..parts]);
            }
        }
        arena.buffers[buffer] = output;
    }
}
