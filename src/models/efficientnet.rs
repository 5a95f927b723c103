//! EfficientNet (Tan & Le, *EfficientNet: Rethinking Model Scaling for
//! Convolutional Neural Networks*, ICML 2019), B0 to B7, under the names of
//! the package `efficientnet_pytorch` 0.7.1, in which SBI's and DeepfakeBench's
//! checkpoints are. That package pads for the size that the family member was
//! made for, whatever size it is given; so does this.
//!
//! Training leaves out stochastic depth, which the package has.

use candle_core::Tensor;
use candle_nn::{BatchNorm, BatchNormConfig, Linear, Module, ModuleT, VarBuilder, linear, ops};

use super::network::Convolutional;
use crate::Result;
use crate::nn::conv::{Act, Block, Conv, Window, global_mean, normal_with};
use crate::nn::layers::same_padding;

/// TensorFlow's constants, which the package keeps (ε 10⁻³, momentum 0.01 in
/// PyTorch's way of counting).
const NORM: BatchNormConfig =
    BatchNormConfig { eps: 1e-3, remove_mean: true, affine: true, momentum: 0.01 };

/// Width, depth, side of the input and dropout of B0 … B7 (the package's
/// `efficientnet_params`).
const FAMILY: [(f64, f64, usize, f32); 8] = [
    (1.0, 1.0, 224, 0.2),
    (1.0, 1.1, 240, 0.2),
    (1.1, 1.2, 260, 0.3),
    (1.2, 1.4, 300, 0.3),
    (1.4, 1.8, 380, 0.4),
    (1.6, 2.2, 456, 0.4),
    (1.8, 2.6, 528, 0.5),
    (2.0, 3.1, 600, 0.5),
];

/// Repeats, kernel, stride, expansion, inputs and outputs of B0's stages
/// (table 1 of the paper).
const STAGES: [(usize, usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
];

/// Whose names the ends have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The package's own: a padded stem, and `_fc`.
    Plain,
    /// An unpadded stem, everything under `efficientnet`, and `last_layer`.
    DeepfakeBench,
}

/// Side in pixels of the picture that member `b` (0 … 7) was made for.
pub fn side(b: usize) -> usize {
    FAMILY.get(b).map_or(0, |member| member.2)
}

/// Channels times `width`, to the nearest multiple of 8, never less than 90 %.
fn scaled(channels: usize, width: f64) -> usize {
    let wanted = channels as f64 * width;
    let nearest = (((wanted + 4.0) / 8.0) as usize * 8).max(8);
    if (nearest as f64) < 0.9 * wanted { nearest + 8 } else { nearest }
}

/// An inverted residual block with squeeze and excitation.
struct Mobile {
    expand: Option<Block>,
    depthwise: Block,
    squeeze: [Conv; 2],
    project: Block,
    around: bool,
}

impl Mobile {
    fn load(
        weights: &VarBuilder<'_>,
        (inputs, outputs): (usize, usize),
        expansion: usize,
        (kernel, stride, side): (usize, usize, usize),
    ) -> Result<Self> {
        let width = inputs * expansion;
        let block = |conv: &str, norm: &str, channels: (usize, usize), window, act| {
            let conv = Conv::load(&weights.pp(conv), channels, window, false)?;
            Ok::<_, crate::Error>(Block::new(conv, Some(norm_of(weights, norm, channels.1)?), act))
        };
        let one = Window::new(1, 1);
        let expand = match expansion {
            1 => None,
            _ => Some(block("_expand_conv", "_bn0", (inputs, width), one, Act::Silu)?),
        };
        let (before, after) = same_padding(side, kernel, stride);
        let each = Window::new(kernel, stride).padded(before, after).depthwise();
        // A quarter of the block's inputs, not of its width.
        let narrow = (inputs / 4).max(1);
        let squeeze = |name: &str, channels| Conv::load(&weights.pp(name), channels, one, true);
        Ok(Self {
            expand,
            depthwise: block("_depthwise_conv", "_bn1", (width, width), each, Act::Silu)?,
            squeeze: [
                squeeze("_se_reduce", (width, narrow))?,
                squeeze("_se_expand", (narrow, width))?,
            ],
            project: block("_project_conv", "_bn2", (width, outputs), one, Act::None)?,
            around: stride == 1 && inputs == outputs,
        })
    }

    fn forward(&self, input: &Tensor, train: bool) -> Result<Tensor> {
        let x = match &self.expand {
            Some(expand) => expand.forward(input, train)?,
            None => input.clone(),
        };
        let x = self.depthwise.forward(&x, train)?;
        let [reduce, expand] = &self.squeeze;
        let gate = x.mean_keepdim(3)?.mean_keepdim(2)?;
        let gate = ops::sigmoid(&expand.forward(&reduce.forward(&gate)?.silu()?)?)?;
        let x = self.project.forward(&x.broadcast_mul(&gate)?, train)?;
        if self.around { Ok((x + input)?) } else { Ok(x) }
    }
}

fn norm_of(weights: &VarBuilder<'_>, name: &str, channels: usize) -> Result<BatchNorm> {
    normal_with(&weights.pp(name), channels, NORM)
}

/// The network with its weights.
pub struct EfficientNet {
    stem: Block,
    blocks: Vec<Mobile>,
    head: (Conv, BatchNorm),
    last: Linear,
    dropout: f32,
}

impl EfficientNet {
    /// Member `b` (0 … 7) from given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape, or for another `b`.
    pub fn new(
        weights: &VarBuilder<'_>,
        b: usize,
        dialect: Dialect,
        outputs: usize,
    ) -> Result<Self> {
        let Some(&(width, depth, side, dropout)) = FAMILY.get(b) else {
            return Err(crate::Error::compute("EfficientNet", format!("there is no B{b}")));
        };
        let body = match dialect {
            Dialect::Plain => weights.clone(),
            Dialect::DeepfakeBench => weights.pp("efficientnet"),
        };
        let wide = scaled(32, width);
        let (before, after) = match dialect {
            Dialect::Plain => same_padding(side, 3, 2),
            Dialect::DeepfakeBench => (0, 0),
        };
        let window = Window::new(3, 2).padded(before, after);
        let stem = Conv::load(&body.pp("_conv_stem"), (3, wide), window, false)?;
        let stem = Block::new(stem, Some(norm_of(&body, "_bn0", wide)?), Act::Silu);
        let (mut blocks, mut side) = (Vec::new(), side.div_ceil(2));
        for (repeats, kernel, stride, expansion, inputs, outputs) in STAGES {
            let (mut inputs, outputs) = (scaled(inputs, width), scaled(outputs, width));
            let mut stride = stride;
            for _ in 0..(repeats as f64 * depth).ceil() as usize {
                let weights = body.pp("_blocks").pp(blocks.len());
                let window = (kernel, stride, side);
                blocks.push(Mobile::load(&weights, (inputs, outputs), expansion, window)?);
                side = side.div_ceil(stride);
                (inputs, stride) = (outputs, 1);
            }
        }
        let (inputs, features) = (scaled(320, width), scaled(1280, width));
        let head =
            Conv::load(&body.pp("_conv_head"), (inputs, features), Window::new(1, 1), false)?;
        let last = match dialect {
            Dialect::Plain => "_fc",
            Dialect::DeepfakeBench => "last_layer",
        };
        Ok(Self {
            stem,
            blocks,
            head: (head, norm_of(&body, "_bn1", features)?),
            last: linear(features, outputs, weights.pp(last))?,
            dropout,
        })
    }
}

impl Convolutional for EfficientNet {
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = self.stem.forward(pictures, train)?;
        for block in &self.blocks {
            x = block.forward(&x, train)?;
        }
        Ok(self.head.1.forward_t(&self.head.0.forward(&x)?, train)?.silu()?)
    }

    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor> {
        let x = global_mean(maps)?;
        let x = if train { ops::dropout(&x, self.dropout)? } else { x };
        Ok(self.last.forward(&x)?)
    }
}
