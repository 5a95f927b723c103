//! The layers the face networks are made of, said once and used twice: a
//! *spec* is plain data from which the converter knows which tensors to expect
//! and the loader which to read. The forward passes here are the plain ones;
//! faster ones are accepted against them.
//!
//! Tensors are `(N, C, H, W)`, f32. Weights are `(O, I, H, W)`, of a depthwise
//! convolution `(C, 1, H, W)`.

mod spec;
#[cfg(test)]
mod tests;

use candle_core::Tensor;

use crate::{Error, Result};

pub use spec::{ActSpec, ConvSpec, Order, Padding, ResidualSpec, StageSpec, WeightSpec};

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
        // Candle convolves group by group, one launch a channel, which starves
        // a graphics processor; there, a sum over the kernel's taps is used.
        self.run(x, self.spec.depthwise && !x.device().is_cpu())
    }

    /// As [`Self::forward`], a depthwise convolution as a sum over its taps on
    /// every device: on a processor too that is several times as fast as group
    /// by group.
    ///
    /// # Errors
    /// As for [`Self::forward`].
    pub fn forward_by_taps(&self, x: &Tensor) -> Result<Tensor> {
        self.run(x, self.spec.depthwise)
    }

    fn run(&self, x: &Tensor, by_taps: bool) -> Result<Tensor> {
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
        let y = if by_taps {
            depthwise_by_taps(&padded, &self.weight, stride)?
        } else {
            padded.conv2d(&self.weight, 0, stride, 1, groups)?
        };
        self.act.forward(&y.broadcast_add(&self.bias.reshape((1, (), 1, 1))?)?)
    }
}

/// A depthwise convolution without padding as a sum of shifted pictures, one
/// for each tap of the kernel `(C, 1, K, K)`. For stride s the picture is first
/// taken apart into s × s phases, so that every shift is a plain window.
pub(super) fn depthwise_by_taps(x: &Tensor, kernel: &Tensor, stride: usize) -> Result<Tensor> {
    let (count, channels, height, width) = x.dims4()?;
    let side = kernel.dim(2)?;
    if height < side || width < side || stride == 0 {
        let found = format!("a picture of {height} × {width} under a kernel of {side} × {side}");
        return Err(Error::compute("convolution", found));
    }
    let (rows, columns) = ((height - side) / stride + 1, (width - side) / stride + 1);
    let (high, wide) = (height.next_multiple_of(stride), width.next_multiple_of(stride));
    let phases = x.pad_with_zeros(2, 0, high - height)?.pad_with_zeros(3, 0, wide - width)?;
    let phases =
        phases.reshape((count * channels, high / stride, stride, wide / stride, stride))?;
    let phases = phases.permute((2, 4, 0, 1, 3))?.contiguous()?;
    let mut sum: Option<Tensor> = None;
    for tap in 0..side * side {
        let (down, right) = (tap / side, tap % side);
        let window = phases
            .get(down % stride)?
            .get(right % stride)?
            .narrow(1, down / stride, rows)?
            .narrow(2, right / stride, columns)?
            .reshape((count, channels, rows, columns))?;
        let weight = kernel.narrow(2, down, 1)?.narrow(3, right, 1)?.reshape((1, (), 1, 1))?;
        let term = window.broadcast_mul(&weight)?;
        sum = Some(match sum {
            None => term,
            Some(sum) => (sum + term)?,
        });
    }
    sum.ok_or_else(|| Error::compute("convolution", "the kernel is empty"))
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
