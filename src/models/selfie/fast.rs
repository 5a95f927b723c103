//! The network on a processor: channels innermost, so that a pointwise
//! convolution is one product of matrices and a depthwise one runs along
//! vectors. Accepted against the plain way in candle's operations.

use candle_core::{Device, Tensor};

use super::{Act, BLOCKS, STEPS, TAPS};
use crate::nn::layers::{Conv, same_padding};
use crate::{Error, Result};

/// What follows a sum.
#[derive(Clone, Copy, Debug)]
enum Curve {
    None,
    Relu,
    Swish,
    Sigmoid,
}

impl From<Act> for Curve {
    fn from(act: Act) -> Self {
        match act {
            Act::Relu => Self::Relu,
            Act::Swish => Self::Swish,
        }
    }
}

impl Curve {
    fn apply(self, values: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Relu => values.iter_mut().for_each(|v| *v = v.max(0.0)),
            Self::Swish => {
                values.iter_mut().for_each(|v| *v *= (*v + 3.0).clamp(0.0, 6.0) / 6.0);
            }
            Self::Sigmoid => values.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp())),
        }
    }
}

/// Channels innermost, row by row.
#[derive(Clone)]
struct Map {
    height: usize,
    width: usize,
    channels: usize,
    data: Vec<f32>,
}

impl Map {
    /// The mean of each channel.
    fn mean(&self) -> Vec<f32> {
        let mut sum = vec![0.0f32; self.channels];
        for pixel in self.data.chunks_exact(self.channels) {
            sum.iter_mut().zip(pixel).for_each(|(s, v)| *s += v);
        }
        let count = (self.height * self.width).max(1) as f32;
        sum.iter_mut().for_each(|s| *s /= count);
        sum
    }

    /// Each channel times its weight.
    fn weigh(&mut self, weights: &[f32]) {
        for pixel in self.data.chunks_exact_mut(self.channels) {
            pixel.iter_mut().zip(weights).for_each(|(v, w)| *v *= w);
        }
    }

    fn add(&mut self, other: &Self) {
        self.data.iter_mut().zip(&other.data).for_each(|(a, b)| *a += b);
    }

    /// Twice as large, bilinearly between the middles of the pixels: every new
    /// one lies a quarter from one and three quarters from the next.
    fn doubled(&self) -> Self {
        let Self { height, width, channels, .. } = *self;
        let mut data = Vec::with_capacity(4 * self.data.len());
        let two = |i: usize, size: usize| {
            let beside = if i.is_multiple_of(2) { (i / 2).saturating_sub(1) } else { i / 2 + 1 };
            (i / 2, beside.min(size - 1))
        };
        let row = |y: usize| &self.data[y * width * channels..(y + 1) * width * channels];
        for y in 0..2 * height {
            let (near, far) = two(y, height);
            let mixed = row(near).iter().zip(row(far)).map(|(a, b)| 0.75 * a + 0.25 * b);
            let mixed: Vec<f32> = mixed.collect();
            for x in 0..2 * width {
                let (near, far) = two(x, width);
                let at = |x: usize| &mixed[x * channels..(x + 1) * channels];
                data.extend(at(near).iter().zip(at(far)).map(|(a, b)| 0.75 * a + 0.25 * b));
            }
        }
        Self { height: 2 * height, width: 2 * width, channels, data }
    }
}

/// A pointwise convolution.
#[derive(Clone, Debug)]
struct Dense {
    /// `(I, O)`.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Dense {
    fn new(conv: &Conv) -> Result<Self> {
        let weight = conv.weight.flatten_from(1)?.t()?.contiguous()?;
        Ok(Self { weight, bias: conv.bias.to_vec1()? })
    }

    /// Of pixels `(·, I)` one after the other.
    fn of(&self, pixels: &[f32], curve: Curve) -> Result<Vec<f32>> {
        let inputs = self.weight.dim(0)?;
        let x = Tensor::from_slice(pixels, (pixels.len() / inputs, inputs), &Device::Cpu)?;
        let mut y: Vec<f32> = x.matmul(&self.weight)?.flatten_all()?.to_vec1()?;
        for pixel in y.chunks_exact_mut(self.bias.len()) {
            pixel.iter_mut().zip(&self.bias).for_each(|(v, b)| *v += b);
        }
        curve.apply(&mut y);
        Ok(y)
    }

    fn forward(&self, x: &Map, curve: Curve) -> Result<Map> {
        let data = self.of(&x.data, curve)?;
        Ok(Map { channels: self.bias.len(), data, ..*x })
    }
}

/// A kernel of several pixels: of each channel alone, or, of the three colours
/// of a picture, over all of them. Padded as TensorFlow's SAME.
#[derive(Clone, Debug)]
struct Taps {
    kernel: usize,
    stride: usize,
    /// Channels in that one output looks at.
    depth: usize,
    /// Kernel's rows and columns, `depth`, channels out.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Taps {
    fn new(conv: &Conv) -> Result<Self> {
        // (O, I, K, K), or (C, 1, K, K).
        Ok(Self {
            kernel: conv.spec.kernel,
            stride: conv.spec.stride,
            depth: conv.weight.dim(1)?,
            weight: conv.weight.permute((2, 3, 1, 0))?.flatten_all()?.to_vec1()?,
            bias: conv.bias.to_vec1()?,
        })
    }

    fn forward(&self, x: &Map, curve: Curve) -> Map {
        let Self { kernel, stride, depth, .. } = *self;
        let outputs = self.bias.len();
        let (height, width) = (x.height.div_ceil(stride), x.width.div_ceil(stride));
        let (top, _) = same_padding(x.height, kernel, stride);
        let (left, _) = same_padding(x.width, kernel, stride);
        let mut data = Vec::with_capacity(height * width * outputs);
        let mut sum = vec![0.0f32; outputs];
        for (v, u) in (0..height).flat_map(|v| (0..width).map(move |u| (v, u))) {
            sum.copy_from_slice(&self.bias);
            for (tap, weight) in self.weight.chunks_exact(depth * outputs).enumerate() {
                let (y, x0) = (v * stride + tap / kernel, u * stride + tap % kernel);
                if y < top || x0 < left || y - top >= x.height || x0 - left >= x.width {
                    continue;
                }
                let at = ((y - top) * x.width + x0 - left) * x.channels;
                let pixel = &x.data[at..at + x.channels];
                if depth == 1 {
                    let terms = pixel.iter().zip(weight);
                    sum.iter_mut().zip(terms).for_each(|(s, (v, w))| *s += v * w);
                } else {
                    for (value, weight) in pixel.iter().zip(weight.chunks_exact(outputs)) {
                        sum.iter_mut().zip(weight).for_each(|(s, w)| *s += value * w);
                    }
                }
            }
            data.extend_from_slice(&sum);
        }
        curve.apply(&mut data);
        Map { height, width, channels: outputs, data }
    }
}

#[derive(Clone, Debug)]
struct Squeeze {
    reduce: Dense,
    gate: Dense,
}

impl Squeeze {
    fn new(squeeze: &super::Squeeze) -> Result<Self> {
        Ok(Self { reduce: Dense::new(&squeeze.reduce)?, gate: Dense::new(&squeeze.gate)? })
    }

    /// The weight of each channel.
    fn of(&self, x: &Map) -> Result<Vec<f32>> {
        self.gate.of(&self.reduce.of(&x.mean(), Curve::Relu)?, Curve::Sigmoid)
    }
}

#[derive(Clone, Debug)]
struct Block {
    expand: Dense,
    depthwise: Taps,
    squeeze: Option<Squeeze>,
    project: Dense,
    curve: Curve,
    adds: bool,
}

impl Block {
    fn new(block: &super::Block) -> Result<Self> {
        Ok(Self {
            expand: Dense::new(&block.expand)?,
            depthwise: Taps::new(&block.depthwise)?,
            squeeze: block.squeeze.as_ref().map(Squeeze::new).transpose()?,
            project: Dense::new(&block.project)?,
            curve: block.act.into(),
            adds: block.adds,
        })
    }

    fn forward(&self, x: &Map) -> Result<Map> {
        let mut y = self.depthwise.forward(&self.expand.forward(x, self.curve)?, self.curve);
        if let Some(squeeze) = &self.squeeze {
            y.weigh(&squeeze.of(&y)?);
        }
        let mut y = self.project.forward(&y, Curve::None)?;
        if self.adds {
            y.add(x);
        }
        Ok(y)
    }
}

#[derive(Clone, Debug)]
struct Step {
    up: Dense,
    squeeze: Squeeze,
    conv: Dense,
    depthwise: Taps,
}

impl Step {
    fn new(step: &super::Step) -> Result<Self> {
        Ok(Self {
            up: Dense::new(&step.up)?,
            squeeze: Squeeze::new(&step.squeeze)?,
            conv: Dense::new(&step.conv)?,
            depthwise: Taps::new(&step.depthwise)?,
        })
    }

    fn forward(&self, x: &Map, beside: &Map) -> Result<Map> {
        let up = self.up.forward(&x.doubled(), Curve::None)?;
        let mut both = beside.clone();
        both.add(&up);
        let weights = self.squeeze.of(&both)?;
        both = beside.clone();
        both.weigh(&weights);
        both.add(&up);
        let x = self.conv.forward(&both, Curve::Relu)?;
        let mut y = self.depthwise.forward(&x, Curve::Relu);
        y.add(&x);
        Ok(y)
    }
}

/// The network with its weights in the order that a processor likes.
#[derive(Clone, Debug)]
pub(super) struct Fast {
    stem: Taps,
    blocks: Vec<Block>,
    top: (Dense, Dense),
    steps: Vec<Step>,
    mask: Dense,
}

impl Fast {
    pub(super) fn new(network: &super::Selfie) -> Result<Self> {
        // (1, 16, 2, 2): each pixel becomes four on its own.
        let mask = Dense {
            weight: network.mask.weight.permute((1, 0, 2, 3))?.flatten_from(1)?.contiguous()?,
            bias: network.mask.bias.broadcast_as(4)?.to_vec1()?,
        };
        Ok(Self {
            stem: Taps::new(&network.stem)?,
            blocks: network.blocks.iter().map(Block::new).collect::<Result<_>>()?,
            top: (Dense::new(&network.top.0)?, Dense::new(&network.top.1)?),
            steps: network.steps.iter().map(Step::new).collect::<Result<_>>()?,
            mask,
        })
    }

    /// The mask of one picture, R, G and B of each pixel in \[0, 1\], row by row.
    pub(super) fn forward(&self, picture: Vec<f32>) -> Result<Vec<f32>> {
        let side = super::INPUT_SIZE;
        if picture.len() != 3 * side * side {
            let found = format!("{} values are no picture of {side} × {side}", picture.len());
            return Err(Error::compute("segmentation", found));
        }
        let picture = Map { height: side, width: side, channels: 3, data: picture };
        let mut x = self.stem.forward(&picture, Curve::Swish);
        let mut seen = Vec::with_capacity(1 + BLOCKS.len());
        for block in &self.blocks {
            let next = block.forward(&x)?;
            seen.push(x);
            x = next;
        }
        let gate = self.top.1.of(&x.mean(), Curve::Sigmoid)?;
        x = self.top.0.forward(&x, Curve::Relu)?;
        x.weigh(&gate);
        // The finest tap comes last.
        for (step, tap) in self.steps.iter().zip(TAPS.iter().rev()).take(STEPS.len()) {
            if let Some(beside) = seen.get(*tap) {
                x = step.forward(&x, beside)?;
            }
        }
        let four = self.mask.forward(&x, Curve::Sigmoid)?;
        let mut mask = Vec::with_capacity(four.data.len());
        for row in four.data.chunks_exact(4 * four.width) {
            let half = |k: usize| row.chunks_exact(4).flat_map(move |p| [p[2 * k], p[2 * k + 1]]);
            mask.extend(half(0).chain(half(1)));
        }
        Ok(mask)
    }
}
