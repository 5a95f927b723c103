//! The layers the face networks are made of, said once and used twice: a
//! *spec* is plain data from which the converter knows which tensors to expect
//! and the loader which to read. The forward passes here are the plain ones;
//! faster ones are accepted against them.
//!
//! Tensors are `(N, C, H, W)`, f32. Weights are `(O, I, H, W)`, of a depthwise
//! convolution `(C, 1, H, W)`.

use candle_core::Tensor;
use candle_nn::VarBuilder;

use crate::{Error, Result};

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

/// An activation with its slopes.
#[derive(Clone, Debug)]
pub enum Activation {
    /// Nothing.
    None,
    /// max(x, 0).
    Relu,
    /// Slopes `(C)` for negative values.
    Prelu(Tensor),
}

impl Activation {
    /// Apply to `(N, C, H, W)`.
    ///
    /// # Errors
    /// When the channels differ.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::None => x.clone(),
            Self::Relu => x.relu()?,
            Self::Prelu(slope) => {
                let positive = x.relu()?;
                let negative = (x - &positive)?;
                (positive + negative.broadcast_mul(&slope.reshape((1, (), 1, 1))?)?)?
            }
        })
    }
}

/// A convolution with its weights, and what follows it.
#[derive(Clone, Debug)]
pub struct Conv {
    /// What it is.
    pub spec: ConvSpec,
    /// `(O, I, H, W)`, or `(C, 1, H, W)` when depthwise.
    pub weight: Tensor,
    /// `(O)`.
    pub bias: Tensor,
    /// What follows.
    pub act: Activation,
}

impl Conv {
    /// Apply to `(N, C, H, W)`.
    ///
    /// # Errors
    /// When the channels differ or the picture is smaller than the kernel.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (_, channels, height, width) = x.dims4()?;
        if channels != self.spec.inputs {
            return Err(Error::compute(
                "convolution",
                format!("{} takes {} channels, not {channels}", self.spec.name, self.spec.inputs),
            ));
        }
        let ConvSpec { kernel, stride, .. } = self.spec;
        let groups = if self.spec.depthwise { self.spec.inputs } else { 1 };
        let padded = match self.spec.padding {
            Padding::Valid => x.clone(),
            Padding::Same => {
                let (top, bottom) = same_padding(height, kernel, stride);
                let (left, right) = same_padding(width, kernel, stride);
                x.pad_with_zeros(2, top, bottom)?.pad_with_zeros(3, left, right)?
            }
        };
        let y = padded.conv2d(&self.weight, 0, stride, 1, groups)?;
        self.act.forward(&y.broadcast_add(&self.bias.reshape((1, (), 1, 1))?)?)
    }
}

/// A residual block with its weights.
#[derive(Clone, Debug)]
pub struct Residual {
    /// The branch, first to last.
    pub convs: Vec<Conv>,
    /// After the sum.
    pub act: Activation,
    /// 1, or 2 where the block halves the picture.
    pub stride: usize,
    /// Channels out, at least those in.
    pub outputs: usize,
}

impl Residual {
    /// Apply to `(N, C, H, W)`.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut y = x.clone();
        for conv in &self.convs {
            y = conv.forward(&y)?;
        }
        let shortcut = if self.stride == 2 { x.max_pool2d(2)? } else { x.clone() };
        let missing = self.outputs.saturating_sub(shortcut.dim(1)?);
        self.act.forward(&(shortcut.pad_with_zeros(1, 0, missing)? + y)?)
    }
}

/// One step of a network's trunk, with its weights.
#[derive(Clone, Debug)]
pub enum Stage {
    /// A convolution.
    Conv(Conv),
    /// A residual block.
    Residual(Residual),
}

impl Stage {
    /// Apply to `(N, C, H, W)`.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Conv(conv) => conv.forward(x),
            Self::Residual(block) => block.forward(x),
        }
    }
}

/// Rows before and after that TensorFlow's SAME adds to an axis of `size`, so
/// that the output has `size / stride` rounded up. The odd one out comes
/// *after*, so with stride 2 the two differ.
///
/// TensorFlow, guide to `tf.nn`, "Notes on padding".
pub fn same_padding(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let outputs = size.div_ceil(stride.max(1));
    let needed = outputs.saturating_sub(1) * stride + kernel;
    let total = needed.saturating_sub(size);
    (total / 2, total - total / 2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn same_padding_puts_the_odd_row_after() {
        // The face networks' own cases.
        assert_eq!(same_padding(128, 5, 2), (1, 2));
        assert_eq!(same_padding(192, 3, 2), (0, 1));
        assert_eq!(same_padding(64, 3, 1), (1, 1));
        assert_eq!(same_padding(3, 3, 1), (1, 1));
        // An odd size with stride 2 needs both sides; a 1 x 1 kernel none.
        assert_eq!(same_padding(7, 3, 2), (1, 1));
        assert_eq!(same_padding(9, 1, 1), (0, 0));
        assert_eq!(same_padding(9, 1, 2), (0, 0));
    }

    #[test]
    fn same_padding_gives_the_size_divided_by_the_stride_rounded_up() {
        for size in 1..40 {
            for kernel in 1..8 {
                for stride in 1..5 {
                    let (before, after) = same_padding(size, kernel, stride);
                    assert!(after == before || after == before + 1);
                    let outputs = (size + before + after).saturating_sub(kernel) / stride + 1;
                    if kernel >= stride {
                        assert_eq!(outputs, size.div_ceil(stride), "{size} {kernel} {stride}");
                    }
                }
            }
        }
    }

    fn conv(kernel: usize, stride: usize, depthwise: bool, weight: &[f32]) -> Conv {
        let inputs = 2;
        let spec = ConvSpec {
            name: "conv".into(),
            source: String::new(),
            depthwise,
            inputs,
            outputs: 2,
            kernel,
            stride,
            padding: Padding::Same,
            act: ActSpec::None,
        };
        let weight = Tensor::from_slice(weight, &spec.shape()[..], &Device::Cpu).unwrap();
        let bias = Tensor::new(&[0.0_f32, 100.0], &Device::Cpu).unwrap();
        Conv { spec, weight, bias, act: Activation::None }
    }

    fn picture(values: &[f32], channels: usize, side: usize) -> Tensor {
        Tensor::from_slice(values, (1, channels, side, side), &Device::Cpu).unwrap()
    }

    fn values(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    /// With stride 2 on a 2 x 2 picture all padding comes after, so that the
    /// kernel's upper left, not its middle, meets the first pixel.
    #[test]
    fn a_strided_convolution_starts_at_the_corner() {
        let mut kernel = [0.0; 18];
        kernel[0] = 1.0; // channel 0: upper left
        kernel[9 + 4] = 1.0; // channel 1: middle
        let x = picture(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 2, 2);
        let y = conv(3, 2, true, &kernel).forward(&x).unwrap();
        assert_eq!(values(&y), [1.0, 108.0]);
    }

    #[test]
    fn slopes_act_on_negative_values_of_their_channel() {
        let slope = Tensor::new(&[0.5_f32, -2.0], &Device::Cpu).unwrap();
        let x = picture(&[1.0, -3.0], 2, 1);
        assert_eq!(values(&Activation::Prelu(slope.clone()).forward(&x).unwrap()), [1.0, 6.0]);
        let x = picture(&[-4.0, 7.0], 2, 1);
        assert_eq!(values(&Activation::Prelu(slope).forward(&x).unwrap()), [-2.0, 7.0]);
        assert_eq!(values(&Activation::Relu.forward(&x).unwrap()), [0.0, 7.0]);
    }

    /// The shortcut of a halving block is the 2 x 2 maximum, and its new
    /// channels are zero.
    #[test]
    fn a_shortcut_is_pooled_and_padded_with_zero_channels() {
        let depthwise = conv(3, 2, true, &[0.0; 18]);
        let mut pointwise = conv(1, 1, false, &[0.0; 4]);
        let bias: Vec<f32> = vec![0.0, 0.0, 9.0];
        pointwise.spec.outputs = 3;
        pointwise.weight = Tensor::from_slice(&[0.0_f32; 6], (3, 2, 1, 1), &Device::Cpu).unwrap();
        pointwise.bias = Tensor::new(bias, &Device::Cpu).unwrap();
        let block = Residual {
            convs: vec![depthwise, pointwise],
            act: Activation::None,
            stride: 2,
            outputs: 3,
        };
        let x = picture(&[1.0, 5.0, -2.0, 3.0, -1.0, -7.0, -4.0, -3.0], 2, 2);
        assert_eq!(values(&block.forward(&x).unwrap()), [5.0, -1.0, 9.0]);
    }

    #[test]
    fn other_channels_are_an_error() {
        let x = picture(&[0.0; 12], 3, 2);
        let error = conv(1, 1, false, &[0.0; 4]).forward(&x).unwrap_err().to_string();
        assert!(error.contains("takes 2 channels, not 3"), "{error}");
    }
}
