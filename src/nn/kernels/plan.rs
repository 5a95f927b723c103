//! A network ready to run: operations with packed weights over a few reused
//! buffers. Nothing is allocated per run but the outputs.

use std::sync::{Mutex, PoisonError};

use super::block::{Block, Call, Skipped, Source, Tile};
use super::isa::Isa;
use super::resize::{self, Sample, resize};
use super::tensor::{Aligned, Layout, Shape};
use crate::error::{Error, Result};

/// A bilinear enlargement.
pub(super) struct Resize {
    pub from: Source,
    pub to: Source,
    pub rows: Vec<Sample>,
    pub columns: Vec<Sample>,
}

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

    fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::Resize(_) => None,
        }
    }
}

/// The memory of one run.
struct Arena {
    buffers: Vec<Aligned>,
    tiles: Vec<Tile>,
}

/// A network's input, in any order.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The values, the first pixel's first channel first.
    pub data: &'a [f32],
    /// Floats from one row, one column and one channel to the next.
    pub strides: [usize; 3],
}

impl Picture<'_> {
    /// Copy into `buffer`, which is laid out tightly within its border.
    fn copy(&self, shape: Shape, layout: &Layout, buffer: &mut [f32]) -> Result<()> {
        let Shape { height, width, channels } = shape;
        let [down, right, deep] = self.strides;
        let reach = [(height, down), (width, right), (channels, deep)]
            .iter()
            .try_fold(1usize, |at, &(n, stride)| at.checked_add((n - 1).checked_mul(stride)?));
        if reach.is_none_or(|reach| reach > self.data.len()) {
            let reason = format!("{} floats for a picture of {shape:?}", self.data.len());
            return Err(Error::compute("running a network", reason));
        }
        for y in 0..height {
            let start = layout.at(y, 0);
            let row = &mut buffer[start..start + width * channels];
            let from = &self.data[y * down..];
            if deep == 1 && right == channels {
                row.copy_from_slice(&from[..width * channels]);
            } else if right == 1 && channels == 3 {
                let [a, b, c] = [0, 1, 2].map(|channel| &from[channel * deep..][..width]);
                for (pixel, ((a, b), c)) in row.chunks_exact_mut(3).zip(a.iter().zip(b).zip(c)) {
                    pixel.copy_from_slice(&[*a, *b, *c]);
                }
            } else {
                for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                    for (channel, value) in pixel.iter_mut().enumerate() {
                        *value = from[x * right + channel * deep];
                    }
                }
            }
        }
        Ok(())
    }
}

/// A network ready to run on the CPU. Made by [`Builder::finish`].
///
/// [`Builder::finish`]: super::Builder::finish
pub struct Plan {
    isa: Isa,
    input: Shape,
    input_layout: Layout,
    ops: Vec<Op>,
    outputs: Vec<(Source, Shape)>,
    /// Arenas of past runs; as many as ever ran at once.
    idle: Mutex<Vec<Arena>>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (input, operations) = (&self.input, &self.ops.len());
        let mut out = f.debug_struct("Plan");
        out.field("isa", &self.isa).field("input", input).field("operations", operations);
        out.finish_non_exhaustive()
    }
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
            let blocks = self.ops.iter().filter_map(Op::block);
            arena.tiles.push(Tile::for_blocks(blocks));
        }
        arena
    }

    /// Run the network on one picture, on the threads of the surrounding rayon
    /// pool. The outputs are in the order height, width, channel.
    ///
    /// # Errors
    /// [`Error::Compute`] if the picture's data are too short.
    pub fn run(&self, picture: &Picture<'_>) -> Result<Vec<Vec<f32>>> {
        let threads = rayon::current_num_threads();
        let mut arena = self.arena(threads);
        picture.copy(self.input, &self.input_layout, &mut arena.buffers[0])?;
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
                let tiles = block.parts(threads);
                let interior = layout.border * layout.pitch();
                let rows = [0, layout.height];
                block.share(&call, rows, &mut output[interior..], &mut arena.tiles[..tiles]);
            }
        }
        arena.buffers[buffer] = output;
    }
}
