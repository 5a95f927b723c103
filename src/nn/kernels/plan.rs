//! A network ready to run: operations with packed weights over a few reused
//! buffers. Nothing is allocated per run but the outputs.

use std::sync::{Mutex, PoisonError};

use super::block::{Block, Call, Skipped, Source, Tile};
use super::isa::Isa;
use super::peak::{Window, peak};
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

/// Maxima over windows.
pub(super) struct Peak {
    pub from: Source,
    pub to: Source,
    pub window: Window,
}

pub(super) enum Op {
    Block(Box<Block>),
    Resize(Resize),
    Peak(Peak),
}

impl Op {
    fn to(&self) -> Source {
        match self {
            Self::Block(block) => block.to,
            Self::Resize(resize) => resize.to,
            Self::Peak(peak) => peak.to,
        }
    }

    fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::Resize(_) | Self::Peak(_) => None,
        }
    }
}

/// The memory of one run.
struct Arena {
    /// Of the trunk, then of each branch.
    parts: Vec<Vec<Aligned>>,
    tiles: Vec<Mutex<Tile>>,
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
    /// The trunk, one operation after the other; then branches that read only
    /// the trunk's tensors and their own, so that they can run at once.
    parts: Vec<Vec<Op>>,
    outputs: Vec<(Source, Shape)>,
    /// Arenas of past runs; as many as ever ran at once.
    idle: Mutex<Vec<Arena>>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let operations: Vec<usize> = self.parts.iter().map(Vec::len).collect();
        let mut out = f.debug_struct("Plan");
        out.field("isa", &self.isa).field("input", &self.input);
        out.field("operations", &operations).finish_non_exhaustive()
    }
}

impl Plan {
    pub(super) fn new(
        isa: Isa,
        input: Shape,
        input_layout: Layout,
        parts: Vec<Vec<Op>>,
        outputs: Vec<(Source, Shape)>,
    ) -> Self {
        Self { isa, input, input_layout, parts, outputs, idle: Mutex::default() }
    }

    /// The size of the picture that [`Plan::run`] takes.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The sizes of what [`Plan::run`] gives.
    pub fn outputs(&self) -> Vec<Shape> {
        self.outputs.iter().map(|(_, shape)| *shape).collect()
    }

    /// A used arena, or a new one, with scratch for `threads`.
    fn arena(&self, threads: usize) -> Arena {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut arena = idle.unwrap_or_else(|| {
            let mut lens = vec![Vec::new(); self.parts.len()];
            lens[0].push(self.input_layout.len());
            for op in self.parts.iter().flatten() {
                let Source { part, buffer, layout } = op.to();
                // Buffers are numbered in the order of their first use.
                if buffer == lens[part].len() {
                    lens[part].push(layout.len());
                }
            }
            let clear = |lens: Vec<usize>| lens.into_iter().map(Aligned::zeros).collect();
            Arena { parts: lens.into_iter().map(clear).collect(), tiles: Vec::new() }
        });
        while arena.tiles.len() < threads {
            let blocks = self.parts.iter().flatten().filter_map(Op::block);
            arena.tiles.push(Mutex::new(Tile::for_blocks(blocks)));
        }
        arena
    }

    /// Run the network on one picture, on the threads of the surrounding rayon
    /// pool, or of the global one where there is none. The outputs are in the
    /// order height, width, channel.
    ///
    /// # Errors
    /// [`Error::Compute`] if the picture's data are too short.
    pub fn run(&self, picture: &Picture<'_>) -> Result<Vec<Vec<f32>>> {
        let threads = rayon::current_num_threads().max(1);
        let mut arena = self.arena(threads);
        picture.copy(self.input, &self.input_layout, &mut arena.parts[0][0])?;
        if threads == 1 || rayon::current_thread_index().is_some() {
            self.compute(&mut arena, threads);
        } else {
            // Into the pool once, rather than at every fork.
            rayon::scope(|_| self.compute(&mut arena, threads));
        }
        let outputs = self.outputs.iter().map(|&(source, shape)| {
            let buffer = &arena.parts[source.part][source.buffer];
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

    fn compute(&self, arena: &mut Arena, threads: usize) {
        let Arena { parts, tiles } = arena;
        let (Some((trunk, branches)), Some((trunk_ops, branch_ops))) =
            (parts.split_first_mut(), self.parts.split_first())
        else {
            return;
        };
        let run = Run { isa: self.isa, tiles, threads };
        run.steps(trunk_ops, &[], trunk);
        run.branches(branch_ops, trunk, branches);
    }
}

/// How one run is carried out.
#[derive(Clone, Copy)]
struct Run<'a> {
    isa: Isa,
    tiles: &'a [Mutex<Tile>],
    threads: usize,
}

impl Run<'_> {
    /// Each of `branches`, with its own buffers, at once where there are threads.
    fn branches(self, branches: &[Vec<Op>], trunk: &[Aligned], own: &mut [Vec<Aligned>]) {
        let (Some((first, others)), Some((own, rest))) =
            (branches.split_first(), own.split_first_mut())
        else {
            return;
        };
        if self.threads == 1 {
            self.steps(first, trunk, own);
            self.branches(others, trunk, rest);
        } else {
            let other = || self.branches(others, trunk, rest);
            rayon::join(|| self.steps(first, trunk, own), other);
        }
    }

    /// The operations of one part, with its own buffers.
    fn steps(self, ops: &[Op], trunk: &[Aligned], own: &mut [Aligned]) {
        for op in ops {
            let to = op.to();
            // Taken out while it is written: an operation never reads the
            // buffer that it writes.
            let mut output = std::mem::take(&mut own[to.buffer]);
            let read = |source: Source| -> &[f32] {
                if source.part == to.part { &own[source.buffer] } else { &trunk[source.buffer] }
            };
            match op {
                Op::Resize(op) => {
                    let job = resize::Job {
                        input: read(op.from),
                        from: op.from.layout,
                        to: to.layout,
                        rows: &op.rows,
                        columns: &op.columns,
                    };
                    let interior = to.layout.border * to.layout.pitch();
                    resize(self.isa, &job, &mut output[interior..]);
                }
                Op::Peak(op) => {
                    let layouts = (&op.from.layout, &op.to.layout);
                    peak(op.window, read(op.from), layouts, &mut output);
                }
                Op::Block(block) => {
                    let skip = match block.skip {
                        Skipped::None => &[],
                        Skipped::Add { source, .. } | Skipped::Pool { source } => read(source),
                    };
                    let input = read(block.from);
                    let call = Call { isa: self.isa, input, skip, tiles: self.tiles };
                    block.compute(&call, &mut output, self.threads);
                }
            }
            own[to.buffer] = output;
        }
    }
}
