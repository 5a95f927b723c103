//! Convolution, batch normalisation and activation as one block: what the
//! networks that judge pictures are made of, for inference and for training.
//!
//! Names of tensors are PyTorch's (`weight`, `bias`, `running_mean`, …).
//! Tensors are `(N, C, H, W)`, f32. What is here is plain; [`super::fast`] is what a
//! processor takes where a network can say itself on the kernels.

use candle_core::Tensor;
use candle_nn::{BatchNorm, BatchNormConfig, Init, ModuleT, VarBuilder, batch_norm};

use super::fast::{Fast, Folded};
use super::kernels::{Activation, Builder, Padding, Skip, Tensor as Place};
use super::layers::depthwise_by_taps;
use crate::{Error, Result};

/// What follows a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Nothing.
    None,
    /// max(x, 0).
    Relu,
    /// x · sigmoid(x), also called swish.
    Silu,
    /// x where positive, else this part of x.
    Leaky(f64),
}

impl Act {
    /// Apply to any shape.
    ///
    /// # Errors
    /// [`crate::Error::Compute`].
    pub fn forward(self, x: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::None => x.clone(),
            Self::Relu => x.relu()?,
            Self::Silu => x.silu()?,
            Self::Leaky(slope) => candle_nn::ops::leaky_relu(x, slope)?,
        })
    }
}

/// How a convolution moves over its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Side of the square kernel.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// Zeros before and after each axis.
    pub padding: (usize, usize),
    /// Distance between the kernel's taps.
    pub dilation: usize,
    /// One filter a channel, rather than filters over all channels.
    pub depthwise: bool,
}

impl Window {
    /// A kernel in steps, padded by half of it as in PyTorch's usual networks.
    pub fn new(kernel: usize, stride: usize) -> Self {
        let half = kernel / 2;
        Self { kernel, stride, padding: (half, half), dilation: 1, depthwise: false }
    }

    /// The same with other zeros around.
    pub fn padded(self, before: usize, after: usize) -> Self {
        Self { padding: (before, after), ..self }
    }

    /// The same with its taps apart, padded so that the size stays.
    pub fn dilated(self, dilation: usize) -> Self {
        let half = dilation * (self.kernel / 2);
        Self { dilation, padding: (half, half), ..self }
    }

    /// The same, one filter a channel.
    pub fn depthwise(self) -> Self {
        Self { depthwise: true, ..self }
    }
}

/// A convolution.
#[derive(Clone, Debug)]
pub struct Conv {
    weight: Tensor,
    bias: Option<Tensor>,
    window: Window,
}

impl Conv {
    /// Read `weight`, and `bias` where the network has one.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn load(
        weights: &VarBuilder<'_>,
        (inputs, outputs): (usize, usize),
        window: Window,
        bias: bool,
    ) -> Result<Self> {
        let inputs = if window.depthwise { 1 } else { inputs };
        let shape = (outputs, inputs, window.kernel, window.kernel);
        let weight =
            weights.get_with_hints(shape, "weight", candle_nn::init::DEFAULT_KAIMING_NORMAL)?;
        let bias = match bias {
            true => Some(weights.get_with_hints(outputs, "bias", Init::Const(0.0))?),
            false => None,
        };
        Ok(Self { weight, bias, window })
    }

    /// The fast way of a network that begins with it.
    pub fn fast(&self) -> Fast {
        Fast::new(&self.weight)
    }

    /// Its numbers, with the normalisation behind it.
    ///
    /// # Errors
    /// [`Error::Compute`] when a shape does not fit.
    pub fn folded(&self, norm: Option<&BatchNorm>) -> Result<Folded> {
        Folded::new(&self.weight, self.bias.as_ref(), norm)
    }

    /// Apply to `(N, C, H, W)`.
    ///
    /// # Errors
    /// When the channels differ or the picture is smaller than the kernel.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let Window { stride, padding: (before, after), dilation, depthwise, .. } = self.window;
        // Candle pads symmetrically by itself; the rest is done by hand.
        let own = before == after && !depthwise;
        let (x, padding) = if own {
            (x.clone(), before)
        } else {
            (x.pad_with_zeros(2, before, after)?.pad_with_zeros(3, before, after)?, 0)
        };
        let y = if depthwise && dilation == 1 {
            // Candle convolves channel by channel.
            depthwise_by_taps(&x, &self.weight, stride)?
        } else {
            let groups = if depthwise { x.dim(1)? } else { 1 };
            x.conv2d(&self.weight, padding, stride, dilation, groups)?
        };
        Ok(match &self.bias {
            Some(bias) => y.broadcast_add(&bias.reshape((1, (), 1, 1))?)?,
            None => y,
        })
    }
}

/// A convolution with what follows it.
#[derive(Clone, Debug)]
pub struct Block {
    conv: Conv,
    norm: Option<BatchNorm>,
    act: Act,
}

impl Block {
    /// From its parts.
    pub fn new(conv: Conv, norm: Option<BatchNorm>, act: Act) -> Self {
        Self { conv, norm, act }
    }

    /// A convolution without bias from the tensors under `conv`, normalised
    /// by those under `norm`.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn load(
        weights: &VarBuilder<'_>,
        (conv, norm): (&str, &str),
        channels: (usize, usize),
        window: Window,
        act: Act,
    ) -> Result<Self> {
        let conv = Conv::load(&weights.pp(conv), channels, window, false)?;
        Ok(Self::new(conv, Some(normal(&weights.pp(norm), channels.1)?), act))
    }

    /// The fast way of a network that begins with it.
    pub fn fast(&self) -> Fast {
        self.conv.fast()
    }

    /// The same on the kernels.
    ///
    /// # Errors
    /// [`Error::Compute`] for what the kernels lack.
    pub fn describe(&self, builder: &mut Builder, from: Place) -> Result<Place> {
        self.joined(builder, from, Skip::None, self.act)
    }

    /// The same on the kernels, joined by `skip`, then by `act` instead of its own.
    ///
    /// # Errors
    /// [`Error::Compute`] for what the kernels lack.
    pub fn joined(
        &self,
        builder: &mut Builder,
        from: Place,
        skip: Skip,
        act: Act,
    ) -> Result<Place> {
        let Window { stride, padding: (before, after), dilation, depthwise, .. } = self.conv.window;
        let curve = match act {
            Act::None => Some(Activation::Linear),
            Act::Relu => Some(Activation::Relu),
            Act::Silu | Act::Leaky(_) => None,
        };
        let (Some(curve), true) = (curve, before == after && dilation == 1 && !depthwise) else {
            return Err(Error::compute("a fast way", "there is no kernel for a block of it"));
        };
        let folded = self.conv.folded(self.norm.as_ref())?;
        builder.conv(from, &folded.weights(), stride, Padding::Both(before), curve, skip)
    }

    /// Apply to `(N, C, H, W)`; `train` normalises by the batch's own
    /// statistics and keeps a running mean of them.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let x = self.conv.forward(x)?;
        let x = match &self.norm {
            Some(norm) => norm.forward_t(&x, train)?,
            None => x,
        };
        self.act.forward(&x)
    }
}

/// Batch normalisation with PyTorch's constants (ε 10⁻⁵, momentum 0.1).
///
/// # Errors
/// When a tensor is missing or has another shape.
pub fn normal(weights: &VarBuilder<'_>, channels: usize) -> Result<BatchNorm> {
    normal_with(weights, channels, BatchNormConfig::default())
}

/// Batch normalisation with other constants.
///
/// # Errors
/// When a tensor is missing or has another shape.
pub fn normal_with(
    weights: &VarBuilder<'_>,
    channels: usize,
    constants: BatchNormConfig,
) -> Result<BatchNorm> {
    Ok(batch_norm(channels, constants, weights.clone())?)
}

/// Maximum over windows of 3 × 3 in steps of 2 with one row around that never
/// wins, as PyTorch's `MaxPool2d(3, 2, 1)`. Made of maxima of shifted pictures:
/// candle's own pooling has no gradient where windows overlap.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn max_pool_3_2_1(x: &Tensor) -> Result<Tensor> {
    max_along(&max_along(x, 2)?, 3)
}

/// The maximum of each three neighbours along `axis` (2 or 3), in steps of 2.
fn max_along(x: &Tensor, axis: usize) -> Result<Tensor> {
    let size = x.dim(axis)?;
    let outputs = size.div_ceil(2);
    // The edge repeated adds nothing to a window that already holds it.
    let x = x.pad_with_same(axis, 1, 2 * outputs + 1 - size)?;
    let mut pairs = x.dims().to_vec();
    pairs.splice(axis..=axis, [outputs + 1, 2]);
    let pairs = x.reshape(pairs)?;
    let of = |which: usize, from: usize| {
        pairs.narrow(axis + 1, which, 1)?.squeeze(axis + 1)?.narrow(axis, from, outputs)
    };
    Ok(of(0, 0)?.maximum(&of(1, 0)?)?.maximum(&of(0, 1)?)?)
}

/// Mean over height and width: `(N, C, H, W)` to `(N, C)`.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn global_mean(x: &Tensor) -> Result<Tensor> {
    Ok(x.flatten_from(2)?.mean(2)?)
}
