//! Xception (Chollet, *Xception: Deep Learning with Depthwise Separable
//! Convolutions*, CVPR 2017), as FaceForensics++ and DeepfakeBench train it for
//! faces, and as timm's `legacy_xception` has it. Both are the same network
//! under the same names but for the last layer. [`super::f3net`],
//! [`super::spsl`] and [`super::srm`] put other inputs before it.

use std::ops::Range;

use candle_core::Tensor;
use candle_nn::{BatchNorm, Linear, Module, ModuleT, VarBuilder, linear, ops};

use super::network::Convolutional;
use crate::Result;
use crate::nn::conv::{Act, Block, Conv, Window, global_mean, max_pool_3_2_1, normal};
use crate::nn::fast::Fast;
use crate::nn::kernels::{Activation, Builder, Skip, Tensor as Place};

/// Whose names the last layers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `last_linear`, and `adjust_channel` for other methods, unused here.
    DeepfakeBench,
    /// The same with half of the features dropped before the last layer in
    /// training, which is therefore `last_linear.1`.
    Dropping,
    /// `fc`.
    Timm,
}

/// Inputs, outputs, stride, whether it starts with ReLU of each block.
const BLOCKS: [(usize, usize, usize, bool); 12] = [
    (64, 128, 2, false),
    (128, 256, 2, true),
    (256, 728, 2, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 728, 1, true),
    (728, 1024, 2, true),
];

/// Part of the features that is dropped.
const DROPPED: f32 = 0.5;

/// A depthwise convolution, then a pointwise one.
struct Separable {
    depthwise: Conv,
    pointwise: Conv,
    norm: BatchNorm,
}

impl Separable {
    fn load(weights: [&VarBuilder<'_>; 2], (inputs, outputs): (usize, usize)) -> Result<Self> {
        let [conv, norm] = weights;
        let each = Window::new(3, 1).depthwise();
        Ok(Self {
            depthwise: Conv::load(&conv.pp("conv1"), (inputs, inputs), each, false)?,
            pointwise: Conv::load(
                &conv.pp("pointwise"),
                (inputs, outputs),
                Window::new(1, 1),
                false,
            )?,
            norm: normal(norm, outputs)?,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let x = self.pointwise.forward(&self.depthwise.forward(x)?)?;
        Ok(self.norm.forward_t(&x, train)?)
    }

    /// The same on the kernels, joined by `skip`, then cut off at 0 where `relu`.
    fn describe(
        &self,
        builder: &mut Builder,
        from: Place,
        skip: Skip,
        relu: bool,
    ) -> Result<Place> {
        let each = self.depthwise.folded(None)?;
        let across = self.pointwise.folded(Some(&self.norm))?;
        let curve = if relu { Activation::Relu } else { Activation::Linear };
        builder.separable(from, &each.weights(), 1, &across.weights(), curve, skip)
    }
}

/// Separable convolutions with a way around them.
struct Residual {
    skip: Option<Block>,
    parts: Vec<Separable>,
    stride: usize,
    starts_with_relu: bool,
}

impl Residual {
    fn load(weights: &VarBuilder<'_>, index: usize) -> Result<Self> {
        let (inputs, outputs, stride, starts_with_relu) = BLOCKS[index];
        let skip = match inputs != outputs || stride != 1 {
            true => {
                let window = Window::new(1, stride);
                let names = ("skip", "skipbn");
                Some(Block::load(weights, names, (inputs, outputs), window, Act::None)?)
            }
            false => None,
        };
        // The last block grows in its last part, the others in their first.
        let channels = match index {
            11 => vec![(inputs, inputs), (inputs, outputs)],
            _ if stride == 2 => vec![(inputs, outputs), (outputs, outputs)],
            _ => vec![(inputs, outputs); 3],
        };
        // `rep` numbers its ReLUs too: relu, conv, norm, relu, …
        let first = usize::from(starts_with_relu);
        let rep = weights.pp("rep");
        let mut parts = Vec::new();
        for (number, channels) in channels.into_iter().enumerate() {
            let at = first + 3 * number;
            parts.push(Separable::load([&rep.pp(at), &rep.pp(at + 1)], channels)?);
        }
        Ok(Self { skip, parts, stride, starts_with_relu })
    }

    fn forward(&self, input: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = input.clone();
        for (number, part) in self.parts.iter().enumerate() {
            if number > 0 || self.starts_with_relu {
                x = x.relu()?;
            }
            x = part.forward(&x, train)?;
        }
        if self.stride == 2 {
            x = max_pool_3_2_1(&x)?;
        }
        let around = match &self.skip {
            Some(skip) => skip.forward(input, train)?,
            None => input.clone(),
        };
        Ok((x + around)?)
    }

    /// The same on the kernels.
    fn describe(&self, builder: &mut Builder, from: Place) -> Result<Place> {
        let mut at = if self.starts_with_relu { builder.relu(from)? } else { from };
        let last = self.parts.len().saturating_sub(1);
        for (number, part) in self.parts.iter().enumerate() {
            // Where nothing is pooled behind it, the last part is joined by the input.
            let joined = number == last && self.skip.is_none();
            let skip = if joined { Skip::Add(from) } else { Skip::None };
            at = part.describe(builder, at, skip, number < last)?;
        }
        if self.stride == 2 {
            at = builder.max_pool_3_2_1(at)?;
        }
        match &self.skip {
            Some(skip) => skip.joined(builder, from, Skip::Add(at), Act::None),
            None => Ok(at),
        }
    }
}

/// The network with its weights.
pub struct Xception {
    stem: [Block; 2],
    blocks: Vec<Residual>,
    tail: [Separable; 2],
    last: Linear,
    dropping: bool,
    fast: Fast,
}

impl Xception {
    /// From given weights, for pictures of so many planes.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(
        weights: &VarBuilder<'_>,
        dialect: Dialect,
        (inputs, outputs): (usize, usize),
    ) -> Result<Self> {
        let stem = |number: usize, channels, stride| {
            let (conv, norm) = (format!("conv{number}"), format!("bn{number}"));
            let window = Window::new(3, stride).padded(0, 0);
            Block::load(weights, (conv.as_str(), norm.as_str()), channels, window, Act::Relu)
        };
        let tail = |number: usize, channels| {
            let (conv, norm) =
                (weights.pp(format!("conv{number}")), weights.pp(format!("bn{number}")));
            Separable::load([&conv, &norm], channels)
        };
        if dialect != Dialect::Timm {
            let adjust = weights.pp("adjust_channel");
            Conv::load(&adjust.pp(0), (2048, 512), Window::new(1, 1), true)?;
            normal(&adjust.pp(1), 512)?;
        }
        let last = match dialect {
            Dialect::DeepfakeBench => "last_linear",
            Dialect::Dropping => "last_linear.1",
            Dialect::Timm => "fc",
        };
        let stem = [stem(1, (inputs, 32), 2)?, stem(2, (32, 64), 1)?];
        Ok(Self {
            fast: stem[0].fast(),
            stem,
            blocks: (0..BLOCKS.len())
                .map(|index| Residual::load(&weights.pp(format!("block{}", index + 1)), index))
                .collect::<Result<_>>()?,
            tail: [tail(3, (1024, 1536))?, tail(4, (1536, 2048))?],
            last: linear(2048, outputs, weights.pp(last))?,
            dropping: dialect == Dialect::Dropping,
        })
    }

    fn describe(&self, builder: &mut Builder, from: Place) -> Result<Place> {
        let begun = self.stem.iter().try_fold(from, |at, block| block.describe(builder, at))?;
        let at = self.blocks.iter().try_fold(begun, |at, block| block.describe(builder, at))?;
        let at = self.tail[0].describe(builder, at, Skip::None, true)?;
        self.tail[1].describe(builder, at, Skip::None, false)
    }

    /// One of the two first convolutions: of 0, then 1.
    pub(super) fn begun(&self, which: usize, x: &Tensor, train: bool) -> Result<Tensor> {
        self.stem[which].forward(x, train)
    }

    /// Blocks so many of the twelve, counted from 0, first to last.
    pub(super) fn through(&self, which: Range<usize>, x: &Tensor, train: bool) -> Result<Tensor> {
        self.blocks[which].iter().try_fold(x.clone(), |x, block| block.forward(&x, train))
    }

    /// The two last convolutions, without the last ReLU.
    pub(super) fn ended(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let x = self.tail[0].forward(x, train)?.relu()?;
        self.tail[1].forward(&x, train)
    }
}

impl Convolutional for Xception {
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        let describe = |builder: &mut Builder, from| self.describe(builder, from);
        if let Some(maps) = self.fast.run(pictures, train, describe)? {
            return Ok(maps);
        }
        let x = self.begun(1, &self.begun(0, pictures, train)?, train)?;
        self.ended(&self.through(0..BLOCKS.len(), &x, train)?, train)
    }

    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor> {
        let x = global_mean(&maps.relu()?)?;
        let x = if train && self.dropping { ops::dropout(&x, DROPPED)? } else { x };
        Ok(self.last.forward(&x)?)
    }
}
