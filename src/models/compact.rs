//! Small networks of our own for traces of manipulation, made to be trained and
//! run on a processor.
//!
//! What a picture shows is taken away before the network sees it: fixed
//! high-pass filters leave what neighbours do not predict (Fridrich & Kodovský,
//! *Rich Models for Steganalysis of Digital Images*, IEEE TIFS 2012), squeezed
//! so that an edge weighs no more than a few levels of noise. Each 2 × 2 pixels
//! become channels, which loses nothing, and four stages of two 3 × 3
//! convolutions follow. Mean and deviation of the last stage over the picture
//! give one logit: for a fixed number of weights the answer does not depend on
//! where a trace lies.
//!
//! Weights are standardised (Qiao et al., *Micro-Batch Training with
//! Batch-Channel Normalization and Weight Standardization*, 2019) in place of
//! batch normalisation: a picture's score never depends on the others beside it,
//! and training and use compute the same.

use candle_core::{Device, Tensor};
use candle_nn::{Init, VarBuilder};

use super::network::Convolutional;
use crate::nn::same_conv::same_conv;
use crate::{Error, Result};

/// Pixels lost on each side to the filters, which see only the picture.
pub const EDGE: usize = 2;
/// A residual of so many levels (of 1) is squeezed to a half.
const SQUEEZE: f64 = 6.0 / 255.0;

/// What the network is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// The picture as it is.
    Plain,
    /// Residuals only.
    Residual,
    /// Both.
    Both,
}

/// A design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// What it is shown.
    pub front: Front,
    /// Channels of the stages.
    pub widths: [usize; 4],
}

impl Design {
    /// As trained for the committed detectors, apart from the front.
    pub const fn of(front: Front) -> Self {
        Self { front, widths: [12, 24, 32, 48] }
    }

    /// Channels behind the front, before pixels become channels.
    fn channels(self) -> usize {
        match self.front {
            Front::Plain => 3,
            Front::Residual => FILTERS.len() + 2,
            Front::Both => 3 + FILTERS.len() + 2,
        }
    }
}

/// High-pass filters on the luma, 5 × 5, row by row; each sums to 0 and is
/// scaled so that its centre is 1 or −1: differences to the right and below, second
/// differences, KB and KV (Fridrich & Kodovský 2012, figure 2 and section II).
#[rustfmt::skip]
const FILTERS: [([f32; 25], f32); 6] = [
    ([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., -1., 1., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.], 1.0),
    ([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., -1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., 0., 0.], 1.0),
    ([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 1., -2., 1., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.], 2.0),
    ([0., 0., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., -2., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., 0., 0.], 2.0),
    ([0., 0., 0., 0., 0., 0., -1., 2., -1., 0., 0., 2., -4., 2., 0., 0., -1., 2., -1., 0., 0., 0., 0., 0., 0.], 4.0),
    ([-1., 2., -2., 2., -1., 2., -6., 8., -6., 2., -2., 8., -12., 8., -2., 2., -6., 8., -6., 2., -1., 2., -2., 2., -1.], 12.0),
];
/// KB among them, used on colour differences too.
const KB: usize = 4;
/// Luma and two colour differences from R, G, B (ITU-R BT.601).
const YCC: [[f32; 3]; 3] =
    [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]];

/// A convolution with standardised weights and its ReLU.
struct Layer {
    weight: Tensor,
    gain: Tensor,
    bias: Tensor,
}

impl Layer {
    fn load(weights: &VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            weight: weights.get_with_hints(
                (outputs, inputs, 3, 3),
                "weight",
                candle_nn::init::DEFAULT_KAIMING_NORMAL,
            )?,
            gain: weights.get_with_hints(outputs, "gain", Init::Const(1.0))?,
            bias: weights.get_with_hints(outputs, "bias", Init::Const(0.0))?,
        })
    }

    /// Weights of mean 0 whose squares sum to twice the gain's square for each
    /// output (He et al. 2015 for a ReLU).
    fn standard(&self) -> Result<Tensor> {
        let (outputs, ..) = self.weight.dims4()?;
        let flat = self.weight.flatten_from(1)?;
        let centred = flat.broadcast_sub(&flat.mean_keepdim(1)?)?;
        let size = (centred.sqr()?.sum_keepdim(1)? + 1e-8)?.sqrt()?;
        let gain = (&self.gain * std::f64::consts::SQRT_2)?.reshape((outputs, 1))?;
        let scaled = centred.broadcast_mul(&gain.div(&size)?)?;
        Ok(scaled.reshape(self.weight.shape())?)
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        same_conv(x, &self.standard()?, &self.bias, true)
    }
}

/// The network with its weights.
pub struct Compact {
    front: Front,
    filters: [Tensor; 2],
    ycc: Tensor,
    stages: Vec<[Layer; 2]>,
    weight: Tensor,
    bias: Tensor,
}

impl Compact {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, design: Design) -> Result<Self> {
        let device = weights.device();
        let mut stages = Vec::new();
        let mut inputs = 4 * design.channels();
        for (number, width) in design.widths.into_iter().enumerate() {
            let weights = weights.pp(format!("stage{}", number + 1));
            stages.push([
                Layer::load(&weights.pp("first"), inputs, width)?,
                Layer::load(&weights.pp("second"), width, width)?,
            ]);
            inputs = width;
        }
        let ycc: Vec<f32> = YCC.concat();
        Ok(Self {
            front: design.front,
            filters: [bank(&FILTERS, device)?, bank(&FILTERS[KB..=KB], device)?],
            ycc: Tensor::from_vec(ycc, (3, 3, 1, 1), device)?,
            stages,
            weight: weights.get_with_hints((1, 2 * inputs), "head.weight", Init::Const(0.0))?,
            bias: weights.get_with_hints(1, "head.bias", Init::Const(0.0))?,
        })
    }

    /// What the stages are shown, `(N, C, (H − 4) / 2, (W − 4) / 2)`.
    fn shown(&self, pictures: &Tensor) -> Result<Tensor> {
        let (count, _, height, width) = pictures.dims4()?;
        if height < 2 * EDGE + 16 || width < 2 * EDGE + 16 {
            let size = format!("{width} × {height} pixels are too few");
            return Err(Error::compute("a compact network", size));
        }
        // Whole squares of 2 × 2 only.
        let (high, wide) = ((height - 2 * EDGE) & !1, (width - 2 * EDGE) & !1);
        let inner = |x: &Tensor| x.narrow(2, 0, high)?.narrow(3, 0, wide);
        let mut parts = Vec::new();
        if self.front != Front::Residual {
            let middle = pictures.narrow(2, EDGE, high)?.narrow(3, EDGE, wide)?;
            parts.push(((middle - 0.5)? * 4.0)?);
        }
        if self.front != Front::Plain {
            let ycc = pictures.conv2d(&self.ycc, 0, 1, 1, 1)?;
            let luma = ycc.narrow(1, 0, 1)?.conv2d(&self.filters[0], 0, 1, 1, 1)?;
            parts.push(squeezed(&inner(&luma)?)?);
            for colour in 1..3 {
                let colour = ycc.narrow(1, colour, 1)?.conv2d(&self.filters[1], 0, 1, 1, 1)?;
                parts.push(squeezed(&inner(&colour)?)?);
            }
        }
        let shown = Tensor::cat(&parts, 1)?;
        let channels = shown.dim(1)?;
        let squares = shown.reshape(&[count, channels, high / 2, 2, wide / 2, 2][..])?;
        let squares = squares.permute([0, 1, 3, 5, 2, 4])?.contiguous()?;
        // Fixed numbers of the picture: nothing behind here needs a gradient.
        Ok(squares.reshape((count, 4 * channels, high / 2, wide / 2))?.detach())
    }
}

/// Filters as `(O, 1, 5, 5)`.
fn bank(filters: &[([f32; 25], f32)], device: &Device) -> Result<Tensor> {
    let values: Vec<f32> =
        filters.iter().flat_map(|(taps, scale)| taps.map(|tap| tap / scale)).collect();
    Ok(Tensor::from_vec(values, (filters.len(), 1, 5, 5), device)?)
}

/// r / (|r| + T), in −1 to 1, doubled so that it is of the size of 1.
fn squeezed(residual: &Tensor) -> Result<Tensor> {
    Ok((residual.div(&(residual.abs()? + SQUEEZE)?)? * 2.0)?)
}

impl Convolutional for Compact {
    fn maps(&self, pictures: &Tensor, _: bool) -> Result<Tensor> {
        let mut x = self.shown(pictures)?;
        for (number, [first, second]) in self.stages.iter().enumerate() {
            if number > 0 {
                // Whole windows only.
                let (_, _, height, width) = x.dims4()?;
                x = x.narrow(2, 0, height & !1)?.narrow(3, 0, width & !1)?.contiguous()?;
                x = x.avg_pool2d(2)?;
            }
            x = first.forward(&x)?;
            x = ((second.forward(&x)? + &x)? * 0.5)?;
        }
        Ok(x)
    }

    fn judge(&self, maps: &Tensor, _: bool) -> Result<Tensor> {
        let flat = maps.flatten_from(2)?;
        let mean = flat.mean_keepdim(2)?;
        let spread = (flat.broadcast_sub(&mean)?.sqr()?.mean(2)? + 1e-6)?.sqrt()?;
        let told = Tensor::cat(&[mean.squeeze(2)?, spread], 1)?;
        Ok(told.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)?)
    }
}
