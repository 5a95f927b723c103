//! What a network is made of, before it has weights.

use candle_nn::VarBuilder;

use super::{Activation, Conv, Residual, Stage};
use crate::Result;

/// How a convolution treats the picture's edge, in TensorFlow's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Output = input / stride, rounded up; see [`same_padding`].
    Same,
    /// No padding.
    Valid,
}

/// What follows a convolution or a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActSpec {
    /// Nothing.
    None,
    /// max(x, 0).
    Relu,
    /// x where positive, else slope × x, one slope a channel.
    Prelu {
        /// Prefix of our name; the tensor is `<name>.slope`, `(C)`.
        name: String,
        /// The layer's name in the source file.
        source: String,
    },
}

/// A convolution before it has weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvSpec {
    /// Prefix of our names; the tensors are `<name>.weight` and `<name>.bias`.
    pub name: String,
    /// The layer's name in the source file.
    pub source: String,
    /// One filter a channel, rather than filters over all channels.
    pub depthwise: bool,
    /// Channels in.
    pub inputs: usize,
    /// Channels out; for a depthwise one equal to `inputs`.
    pub outputs: usize,
    /// Side of the square kernel.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// Treatment of the edge.
    pub padding: Padding,
    /// What follows.
    pub act: ActSpec,
}

/// `act(shortcut(x) + convs(x))`. The shortcut is x itself; with stride 2 its
/// 2 × 2 maximum; with more channels out than in, zeros for the new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResidualSpec {
    /// The branch, first to last; one of them carries the stride.
    pub convs: Vec<ConvSpec>,
    /// After the sum.
    pub act: ActSpec,
}

/// One step of a network's trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageSpec {
    /// A convolution.
    Conv(ConvSpec),
    /// A residual block.
    Residual(ResidualSpec),
}

/// One tensor that a network's weights must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightSpec {
    /// Our name, such as `blocks.3.depthwise.weight`.
    pub name: String,
    /// Its name in the source file, such as `depthwise_conv2d_3/Kernel`.
    pub source: String,
    /// Our shape.
    pub shape: Vec<usize>,
    /// How the source orders it.
    pub order: Order,
}

/// How a source file orders a weight's axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// O H W I, to become O I H W.
    Ohwi,
    /// 1 H W C, to become C 1 H W.
    Depthwise,
    /// (C).
    Bias,
    /// 1 1 C, to become (C).
    Slope,
}

impl ActSpec {
    fn weights(&self, channels: usize) -> Option<WeightSpec> {
        let Self::Prelu { name, source } = self else { return None };
        Some(WeightSpec {
            name: format!("{name}.slope"),
            source: format!("{source}/Alpha"),
            shape: vec![channels],
            order: Order::Slope,
        })
    }

    fn load(&self, channels: usize, weights: &VarBuilder<'_>) -> Result<Activation> {
        Ok(match self {
            Self::None => Activation::None,
            Self::Relu => Activation::Relu,
            Self::Prelu { name, .. } => {
                Activation::Prelu(weights.get(channels, &format!("{name}.slope"))?)
            }
        })
    }
}

impl ConvSpec {
    /// The shape of its weight.
    pub fn shape(&self) -> [usize; 4] {
        let inputs = if self.depthwise { 1 } else { self.inputs };
        [self.outputs, inputs, self.kernel, self.kernel]
    }

    /// The tensors it needs.
    pub fn weights(&self) -> Vec<WeightSpec> {
        let mut all = vec![
            WeightSpec {
                name: format!("{}.weight", self.name),
                source: format!("{}/Kernel", self.source),
                shape: self.shape().to_vec(),
                order: if self.depthwise { Order::Depthwise } else { Order::Ohwi },
            },
            WeightSpec {
                name: format!("{}.bias", self.name),
                source: format!("{}/Bias", self.source),
                shape: vec![self.outputs],
                order: Order::Bias,
            },
        ];
        all.extend(self.act.weights(self.outputs));
        all
    }

    /// Read its tensors.
    ///
    /// # Errors
    /// When one is missing or has another shape.
    pub fn load(&self, weights: &VarBuilder<'_>) -> Result<Conv> {
        Ok(Conv {
            weight: weights.get(&self.shape()[..], &format!("{}.weight", self.name))?,
            bias: weights.get(self.outputs, &format!("{}.bias", self.name))?,
            act: self.act.load(self.outputs, weights)?,
            spec: self.clone(),
        })
    }
}

impl ResidualSpec {
    /// Channels out.
    pub fn outputs(&self) -> usize {
        self.convs.last().map_or(0, |conv| conv.outputs)
    }

    /// Product of the branch's strides: 1 or 2.
    pub fn stride(&self) -> usize {
        self.convs.iter().map(|conv| conv.stride).product()
    }
}

impl StageSpec {
    /// The tensors it needs.
    pub fn weights(&self) -> Vec<WeightSpec> {
        match self {
            Self::Conv(conv) => conv.weights(),
            Self::Residual(block) => {
                let mut all: Vec<_> = block.convs.iter().flat_map(ConvSpec::weights).collect();
                all.extend(block.act.weights(block.outputs()));
                all
            }
        }
    }

    /// Its convolutions.
    pub fn convs(&self) -> &[ConvSpec] {
        match self {
            Self::Conv(conv) => std::slice::from_ref(conv),
            Self::Residual(block) => &block.convs,
        }
    }

    /// Read its tensors.
    ///
    /// # Errors
    /// When one is missing or has another shape.
    pub fn load(&self, weights: &VarBuilder<'_>) -> Result<Stage> {
        Ok(match self {
            Self::Conv(conv) => Stage::Conv(conv.load(weights)?),
            Self::Residual(block) => Stage::Residual(Residual {
                convs: block.convs.iter().map(|conv| conv.load(weights)).collect::<Result<_>>()?,
                act: block.act.load(block.outputs(), weights)?,
                stride: block.stride(),
                outputs: block.outputs(),
            }),
        })
    }
}
