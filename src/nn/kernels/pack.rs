//! Weights in the order in which the kernels read them.

use super::lanes::WIDTH;
use super::tensor::Aligned;
use crate::error::{Error, Result};

/// The weights of one convolution as a network file holds them.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// Output channels, input channels (1 for a depthwise convolution), height
    /// and width of the kernel.
    pub dims: [usize; 4],
    /// The kernel in the order of `dims`, the last fastest.
    pub kernel: &'a [f32],
    /// One value per output channel.
    pub bias: &'a [f32],
}

impl Weights<'_> {
    pub(super) fn check(&self) -> Result<()> {
        let [outputs, inputs, height, width] = self.dims;
        let len = [inputs, height, width].iter().try_fold(outputs, |n, &d| n.checked_mul(d));
        if len != Some(self.kernel.len()) || self.bias.len() != outputs || self.kernel.is_empty() {
            let (kernel, bias) = (self.kernel.len(), self.bias.len());
            let reason = format!("{kernel} weights, {bias} biases, shape {:?}", self.dims);
            return Err(Error::compute("packing weights", reason));
        }
        Ok(())
    }

    fn at(&self, output: usize, input: usize, y: usize, x: usize) -> f32 {
        let [_, inputs, height, width] = self.dims;
        self.kernel[((output * inputs + input) * height + y) * width + x]
    }
}

/// What follows the sum of a convolution, per output channel.
#[derive(Clone, Copy, Debug)]
pub enum Activation<'a> {
    /// Nothing.
    Linear,
    /// Negative values become 0.
    Relu,
    /// Negative values are multiplied by the channel's slope.
    Prelu(&'a [f32]),
}

impl<'a> Activation<'a> {
    pub(super) fn parts(self) -> (Curve, &'a [f32]) {
        match self {
            Self::Linear => (Curve::Linear, &[]),
            Self::Relu => (Curve::Relu, &[]),
            Self::Prelu(slopes) => (Curve::Prelu, slopes),
        }
    }
}

/// [`Activation`] without its slopes, which lie in the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    Linear,
    Relu,
    Prelu,
}

/// Output channels that one micro-kernel computes together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    /// First output channel.
    pub channel: usize,
    /// Channels, in vectors.
    pub vectors: usize,
    /// Where in `Packed::data` its bias begins; slopes and weights follow.
    pub start: usize,
}

/// A convolution's weights, panel by panel: bias, slope, then for each weight
/// row one value per channel of the panel. Output channels are padded with
/// zeros to whole vectors.
pub(super) struct Packed {
    pub panels: Vec<Panel>,
    pub data: Aligned,
    pub curve: Curve,
    /// Stretches of input that lie together: rows of the kernel.
    pub segments: usize,
    /// Floats in each.
    pub segment: usize,
    /// Output channels, padded.
    pub outputs: usize,
}

/// Vectors in a panel of a convolution with a single output pixel, where
/// weights are read once and wide panels keep the additions independent.
pub(super) const ROW_VECTORS: usize = 8;

/// Widths of panels, in vectors, for `vectors` of output channels and `pixels`
/// to compute at a time.
fn split(vectors: usize, pixels: usize) -> Vec<usize> {
    let mut widths = Vec::new();
    let mut left = vectors;
    if pixels == 1 {
        while left >= ROW_VECTORS {
            widths.push(ROW_VECTORS);
            left -= ROW_VECTORS;
        }
    }
    while left > 0 {
        // A single one is wasteful, so an odd number begins with three.
        let width = if left == 1 || left.is_multiple_of(2) { left.min(2) } else { 3 };
        widths.push(width);
        left -= width;
    }
    widths
}

impl Packed {
    /// `step`: floats from one input pixel to the next. `pixels`: how many
    /// output pixels are computed at a time.
    pub fn new(
        weights: &Weights<'_>,
        curve: Curve,
        slopes: &[f32],
        step: usize,
        pixels: usize,
    ) -> Result<Self> {
        weights.check()?;
        let [outputs, inputs, height, width] = weights.dims;
        if curve == Curve::Prelu && slopes.len() != outputs {
            let reason = format!("{} slopes for {outputs} channels", slopes.len());
            return Err(Error::compute("packing weights", reason));
        }
        let segment = (width - 1) * step + inputs;
        let vectors = outputs.div_ceil(WIDTH);
        let rows = 2 + height * segment;
        let mut data = Aligned::zeros(rows * vectors * WIDTH);
        let mut panels = Vec::new();
        let (mut channel, mut start) = (0, 0);
        for vectors in split(vectors, pixels) {
            let lanes = vectors * WIDTH;
            let panel = &mut data[start..start + rows * lanes];
            for (lane, output) in (channel..outputs.min(channel + lanes)).enumerate() {
                panel[lane] = weights.bias[output];
                panel[lanes + lane] = slopes.get(output).copied().unwrap_or(0.0);
                for y in 0..height {
                    for x in 0..width {
                        for input in 0..inputs {
                            let row = 2 + y * segment + x * step + input;
                            panel[row * lanes + lane] = weights.at(output, input, y, x);
                        }
                    }
                }
            }
            panels.push(Panel { channel, vectors, start });
            channel += lanes;
            start += rows * lanes;
        }
        let outputs = vectors * WIDTH;
        Ok(Self { panels, data, curve, segments: height, segment, outputs })
    }
}

/// A 3×3 depthwise convolution's weights: for each vector of channels the bias
/// and then the nine taps.
pub(super) struct PackedDepthwise {
    pub data: Aligned,
    /// Vectors of channels.
    pub vectors: usize,
}

/// Taps of a 3×3 kernel.
pub(super) const TAPS: usize = 9;

impl PackedDepthwise {
    pub fn new(weights: &Weights<'_>) -> Result<Self> {
        weights.check()?;
        let [channels, 1, 3, 3] = weights.dims else {
            let reason =
                format!("a depthwise kernel of shape {:?}, not [C, 1, 3, 3]", weights.dims);
            return Err(Error::compute("packing weights", reason));
        };
        let vectors = channels.div_ceil(WIDTH);
        let mut data = Aligned::zeros(vectors * (1 + TAPS) * WIDTH);
        for channel in 0..channels {
            let start = channel / WIDTH * (1 + TAPS) * WIDTH + channel % WIDTH;
            data[start] = weights.bias[channel];
            for tap in 0..TAPS {
                data[start + (1 + tap) * WIDTH] = weights.kernel[channel * TAPS + tap];
            }
        }
        Ok(Self { data, vectors })
    }
}
