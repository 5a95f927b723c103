//! Describing a network, operation by operation, and turning it into a [`Plan`].

use std::sync::Arc;

use super::block::{Block, Skipped, Source};
use super::isa::Isa;
use super::pack::{Activation, Packed, PackedDepthwise, Weights};
use super::peak::Window;
use super::plan::{Op, Peak, Plan, Resize};
use super::resize::samples;
use super::tensor::{Layout, Shape};
use crate::error::{Error, Result};

/// A picture of channels inside a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor(usize);

/// How the edges of the input are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros around it, so that the output has ⌈input / stride⌉ pixels: half of
    /// them, rounded down, before the first pixel and the rest after the last
    /// (TensorFlow's SAME, asymmetric for even sizes with stride 2).
    Same,
    /// So many zeros before the first and after the last pixel, as PyTorch pads.
    Both(usize),
    /// None.
    Valid,
}

/// What joins the output of a convolution. Where it has fewer channels than
/// the output, the further ones get nothing added (TFLite's PAD of channels).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Nothing.
    None,
    /// A tensor, added before the activation.
    Add(Tensor),
    /// The 2×2 maximum of a tensor twice as large, added before the activation.
    Pool(Tensor),
    /// A tensor, added after the activation.
    AddAfter(Tensor),
}

/// A network being described.
pub struct Builder {
    shapes: Vec<Shape>,
    /// Zeros that some reader needs around each tensor.
    borders: Vec<usize>,
    nodes: Vec<Node>,
}

/// One operation, its weights not yet packed as that depends on the layout.
struct Node {
    to: Tensor,
    from: Tensor,
    kind: Kind,
}

enum Kind {
    Conv {
        conv: Owned,
        stride: usize,
        pad: usize,
        skip: Skip,
    },
    Separable {
        depthwise: Arc<PackedDepthwise>,
        stride: usize,
        pad: usize,
        conv: Owned,
        skip: Skip,
    },
    Resize,
    Peak(Window),
}

impl Node {
    /// The tensors it reads.
    fn reads(&self) -> impl Iterator<Item = Tensor> {
        let skip = match self.kind {
            Kind::Conv { skip, .. } | Kind::Separable { skip, .. } => skip,
            Kind::Resize | Kind::Peak(_) => Skip::None,
        };
        let beside = match skip {
            Skip::None => None,
            Skip::Add(tensor) | Skip::AddAfter(tensor) | Skip::Pool(tensor) => Some(tensor),
        };
        [self.from].into_iter().chain(beside)
    }
}

/// A convolution's weights, kept until they are packed.
struct Owned {
    dims: [usize; 4],
    kernel: Vec<f32>,
    bias: Vec<f32>,
    curve: super::pack::Curve,
    slopes: Vec<f32>,
}

impl Owned {
    fn new(weights: &Weights<'_>, activation: Activation<'_>) -> Self {
        let (curve, slopes) = activation.parts();
        Self {
            dims: weights.dims,
            kernel: weights.kernel.to_vec(),
            bias: weights.bias.to_vec(),
            curve,
            slopes: slopes.to_vec(),
        }
    }

    fn pack(&self, step: usize, pixels: usize) -> Result<Packed> {
        let weights = Weights { dims: self.dims, kernel: &self.kernel, bias: &self.bias };
        Packed::new(&weights, self.curve, &self.slopes, step, pixels)
    }
}

fn refuse<T>(reason: String) -> Result<T> {
    Err(Error::compute("building a network", reason))
}

/// Output size, and zeros before and after, along one axis.
fn window(input: usize, kernel: usize, stride: usize, padding: Padding) -> Result<[usize; 3]> {
    match padding {
        Padding::Same => {
            let output = input.div_ceil(stride);
            let total = ((output - 1) * stride + kernel).saturating_sub(input);
            Ok([output, total / 2, total - total / 2])
        }
        Padding::Both(zeros) if kernel <= input + 2 * zeros => {
            let output = (input + 2 * zeros - kernel) / stride + 1;
            let after = ((output - 1) * stride + kernel).saturating_sub(input + zeros);
            Ok([output, zeros, after])
        }
        Padding::Valid if kernel <= input => Ok([(input - kernel) / stride + 1, 0, 0]),
        _ => refuse(format!("kernel {kernel} on {input} pixels")),
    }
}

impl Builder {
    /// A network that reads one picture of `input`, and the tensor that holds it.
    pub fn new(input: Shape) -> Result<(Self, Tensor)> {
        if input.height == 0 || input.width == 0 || input.channels == 0 {
            return refuse(format!("an empty input, {input:?}"));
        }
        Ok((Self { shapes: vec![input], borders: vec![0], nodes: Vec::new() }, Tensor(0)))
    }

    /// The size of `tensor`.
    pub fn shape(&self, tensor: Tensor) -> Shape {
        self.shapes[tensor.0]
    }

    fn push(&mut self, shape: Shape, from: Tensor, kind: Kind) -> Tensor {
        let to = Tensor(self.shapes.len());
        self.shapes.push(shape);
        self.borders.push(0);
        self.nodes.push(Node { to, from, kind });
        to
    }

    /// The size after a kernel, and the zeros before the first row and column.
    /// Notes the border that this asks of `from`.
    fn slide(
        &mut self,
        from: Tensor,
        kernel: [usize; 2],
        stride: usize,
        padding: Padding,
        channels: usize,
    ) -> Result<(Shape, usize)> {
        let input = self.shape(from);
        if stride == 0 {
            return refuse("stride 0".into());
        }
        let [height, top, bottom] = window(input.height, kernel[0], stride, padding)?;
        let [width, left, right] = window(input.width, kernel[1], stride, padding)?;
        if top != left {
            return refuse(format!("{input:?} needs {top} zeros above and {left} to the left"));
        }
        let border = &mut self.borders[from.0];
        *border = [*border, top, bottom, right].into_iter().max().unwrap_or(0);
        Ok((Shape { height, width, channels }, top))
    }

    fn check_skip(&self, skip: Skip, output: Shape) -> Result<()> {
        let (tensor, halve) = match skip {
            Skip::None => return Ok(()),
            Skip::Add(tensor) | Skip::AddAfter(tensor) => (tensor, 1),
            Skip::Pool(tensor) => (tensor, 2),
        };
        let shape = self.shape(tensor);
        let fits = shape.height.div_ceil(halve) == output.height
            && shape.width.div_ceil(halve) == output.width
            && shape.channels <= output.channels;
        // The network's input has no padded channels to add.
        if fits && tensor.0 != 0 { Ok(()) } else { refuse(format!("{shape:?} beside {output:?}")) }
    }

    /// A convolution over all channels, then `skip` and `activation`.
    ///
    /// # Errors
    /// [`Error::Compute`] where the shapes do not fit each other.
    pub fn conv(
        &mut self,
        from: Tensor,
        weights: &Weights<'_>,
        stride: usize,
        padding: Padding,
        activation: Activation<'_>,
        skip: Skip,
    ) -> Result<Tensor> {
        weights.check()?;
        let [outputs, inputs, height, width] = weights.dims;
        if inputs != self.shape(from).channels {
            return refuse(format!("weights {:?} on {:?}", weights.dims, self.shape(from)));
        }
        let (shape, pad) = self.slide(from, [height, width], stride, padding, outputs)?;
        self.check_skip(skip, shape)?;
        let conv = Owned::new(weights, activation);
        Ok(self.push(shape, from, Kind::Conv { conv, stride, pad, skip }))
    }

    /// A 3×3 depthwise convolution with SAME padding and no activation, a
    /// pointwise one, then `skip` and `activation`.
    ///
    /// # Errors
    /// [`Error::Compute`] where the shapes do not fit each other.
    pub fn separable(
        &mut self,
        from: Tensor,
        depthwise: &Weights<'_>,
        stride: usize,
        pointwise: &Weights<'_>,
        activation: Activation<'_>,
        skip: Skip,
    ) -> Result<Tensor> {
        pointwise.check()?;
        let channels = self.shape(from).channels;
        let [outputs, inputs, 1, 1] = pointwise.dims else {
            return refuse(format!("a pointwise kernel of shape {:?}", pointwise.dims));
        };
        // The input is not laid out in whole vectors.
        if depthwise.dims[0] != channels || inputs != channels || from.0 == 0 {
            let (a, b) = (depthwise.dims, pointwise.dims);
            return refuse(format!("weights {a:?} and {b:?} on {:?}", self.shape(from)));
        }
        if !(1..=2).contains(&stride) {
            return refuse(format!("a depthwise stride of {stride}"));
        }
        let depthwise = Arc::new(PackedDepthwise::new(depthwise)?);
        let (shape, pad) = self.slide(from, [3, 3], stride, Padding::Same, outputs)?;
        self.check_skip(skip, shape)?;
        let conv = Owned::new(pointwise, activation);
        Ok(self.push(shape, from, Kind::Separable { depthwise, stride, pad, conv, skip }))
    }

    /// Bilinear resizing with half-pixel centres.
    ///
    /// # Errors
    /// [`Error::Compute`] for an empty output, or for the network's own input.
    pub fn resize(&mut self, from: Tensor, height: usize, width: usize) -> Result<Tensor> {
        if height == 0 || width == 0 || from.0 == 0 {
            return refuse(format!("resizing {:?} to {height}×{width}", self.shape(from)));
        }
        let shape = Shape { height, width, channels: self.shape(from).channels };
        Ok(self.push(shape, from, Kind::Resize))
    }

    /// The maximum of each window of 3 × 3 pixels in steps of 2, with one pixel
    /// around that never wins: PyTorch's `MaxPool2d(3, 2, 1)`.
    ///
    /// # Errors
    /// [`Error::Compute`] for the network's own input.
    pub fn max_pool_3_2_1(&mut self, from: Tensor) -> Result<Tensor> {
        self.peak(from, Window { side: 3, stride: 2, least: f32::NEG_INFINITY })
    }

    /// Negative values become 0.
    ///
    /// # Errors
    /// [`Error::Compute`] for the network's own input.
    pub fn relu(&mut self, from: Tensor) -> Result<Tensor> {
        self.peak(from, Window { side: 1, stride: 1, least: 0.0 })
    }

    fn peak(&mut self, from: Tensor, window: Window) -> Result<Tensor> {
        let shape = self.shape(from);
        if from.0 == 0 {
            return refuse("a maximum of the input".into());
        }
        let [height, width] = [shape.height, shape.width].map(|n| n.div_ceil(window.stride));
        Ok(self.push(Shape { height, width, ..shape }, from, Kind::Peak(window)))
    }

    /// Pack the weights and lay out the memory.
    ///
    /// # Errors
    /// [`Error::Compute`] if slopes do not fit their channels, or an output is
    /// the input.
    pub fn finish(self, isa: Isa, outputs: &[Tensor]) -> Result<Plan> {
        if outputs.iter().any(|output| output.0 == 0) {
            return refuse("the input as an output".into());
        }
        let layouts: Vec<Layout> = (self.shapes.iter().zip(&self.borders).enumerate())
            .map(|(i, (&shape, &border))| match i {
                0 => Layout::tight(shape, border),
                _ => Layout::padded(shape, border),
            })
            .collect();
        let parts = self.parts();
        let buffers = self.buffers(&layouts, outputs, &parts);
        let place = |tensor: Tensor| Source {
            part: parts[tensor.0],
            buffer: buffers[tensor.0],
            layout: layouts[tensor.0],
        };
        let count = 1 + parts.iter().max().copied().unwrap_or(0);
        let mut ops: Vec<_> = (0..count).map(|_| Vec::new()).collect();
        for node in &self.nodes {
            let (from, to) = (place(node.from), place(node.to));
            let block = |conv: &Owned, depthwise, stride, pad, skip| -> Result<Op> {
                let skip = match skip {
                    Skip::None => Skipped::None,
                    Skip::Add(tensor) => Skipped::Add { source: place(tensor), late: false },
                    Skip::AddAfter(tensor) => Skipped::Add { source: place(tensor), late: true },
                    Skip::Pool(tensor) => Skipped::Pool { source: place(tensor) },
                };
                let pack = |pixels| conv.pack(from.layout.step, pixels);
                let block = Block::new(from, to, depthwise, stride, pad, skip, pack)?;
                Ok(Op::Block(Box::new(block)))
            };
            ops[to.part].push(match node.kind {
                Kind::Conv { ref conv, stride, pad, skip } => block(conv, None, stride, pad, skip)?,
                Kind::Separable { ref depthwise, stride, pad, ref conv, skip } => {
                    block(conv, Some(depthwise.clone()), stride, pad, skip)?
                }
                Kind::Resize => Op::Resize(Resize {
                    from,
                    to,
                    rows: samples(from.layout.height, to.layout.height),
                    columns: samples(from.layout.width, to.layout.width),
                }),
                Kind::Peak(window) => Op::Peak(Peak { from, to, window }),
            });
        }
        let outputs = outputs.iter().map(|&t| (place(t), self.shapes[t.0])).collect();
        Ok(Plan::new(isa, self.shapes[0], layouts[0], ops, outputs))
    }

    /// The trunk (0) or the branch that each tensor belongs to. Branches end the
    /// network: the nodes from the earliest on from which the rest falls apart
    /// into groups that do not read each other.
    fn parts(&self) -> Vec<usize> {
        for start in 1..self.nodes.len() {
            let mut parts = vec![0; self.shapes.len()];
            for (group, node) in self.nodes[start..].iter().enumerate() {
                let mine = group + 1;
                parts[node.to.0] = mine;
                for read in node.reads() {
                    // The groups that a node reads become one with its own.
                    let theirs = parts[read.0];
                    if theirs != 0 {
                        parts.iter_mut().filter(|part| **part == theirs).for_each(|p| *p = mine);
                    }
                }
            }
            // Numbered from 1 in order of appearance.
            let mut names = vec![0];
            for part in &mut parts {
                let at = names.iter().position(|name| name == part).unwrap_or_else(|| {
                    names.push(*part);
                    names.len() - 1
                });
                *part = at;
            }
            if names.len() > 2 {
                return parts;
            }
        }
        vec![0; self.shapes.len()]
    }

    /// Which of its part's buffers each tensor lives in. Two tensors share one
    /// if they have the same layout (so that the border stays clear) and no
    /// tensor is written while another in the same buffer will still be read.
    /// All of the trunk is computed before any branch reads of it.
    fn buffers(&self, layouts: &[Layout], outputs: &[Tensor], parts: &[usize]) -> Vec<usize> {
        let mut last_read = vec![0; self.shapes.len()];
        for (time, node) in self.nodes.iter().enumerate() {
            for read in node.reads() {
                last_read[read.0] = time;
            }
        }
        for output in outputs {
            last_read[output.0] = usize::MAX;
        }
        // The trunk's buffer 0 is the input's alone: filled before it all begins.
        let mut taken = vec![0];
        let mut owners: Vec<Vec<(Layout, usize)>> = vec![Vec::new(); 1 + self.shapes.len()];
        owners[0].push((layouts[0], usize::MAX));
        for (time, node) in self.nodes.iter().enumerate() {
            let tensor = node.to.0;
            let layout = layouts[tensor];
            let owners = &mut owners[parts[tensor]];
            // A tensor that nobody reads is free after it was written.
            let until = last_read[tensor].max(time);
            let free = owners.iter().position(|&(other, busy)| other == layout && busy < time);
            match free {
                Some(buffer) => {
                    owners[buffer].1 = until;
                    taken.push(buffer);
                }
                None => {
                    owners.push((layout, until));
                    taken.push(owners.len() - 1);
                }
            }
        }
        taken
    }
}
