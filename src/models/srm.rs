//! The two-stream network of Luo et al. (*Generalizing Face Forgery Detection with
//! High-frequency Features*, CVPR 2021) as DeepfakeBench has it under the name SRM:
//! one Xception sees the picture, another what is left of it after fixed
//! high-pass filters (three of the *spatial rich model*, Fridrich & Kodovský, IEEE
//! TIFS 2012). The second also gets such residuals of the first one's features, the
//! first is weighted by where the residual is strong, both attend to each other
//! twice, and a last convolution joins them.
//!
//! A checkpoint brings the filters; they are used as they stand there. The
//! attention has one weight for each pair of places, so only pictures of 256 × 256
//! pixels go in.

use candle_core::{D, Tensor};
use candle_nn::{BatchNorm, Linear, Module, ModuleT, VarBuilder, linear, ops};

use super::network::Convolutional;
use super::xception::{Dialect, Xception};
use crate::nn::conv::{Act, Block, Conv, Window, normal};
use crate::{Error, Result};

/// Side of the pictures, in pixels.
pub const SIDE: usize = 256;
/// Residuals are cut off here, on either side.
const CUT: f64 = 3.0;
/// Channels where the two attend to each other, and how many fewer they are
/// compared by.
const WIDE: (usize, usize) = (728, 8);
/// Places there: 16 × 16.
const PLACES: usize = 256;

/// What filters `(O, C / groups, 5, 5)` leave of `(N, C, H, W)`, cut off.
fn residual(x: &Tensor, filters: &Tensor, groups: usize) -> Result<Tensor> {
    Ok(x.conv2d(filters, 2, 1, 1, groups)?.clamp(-CUT, CUT)?)
}

/// Fixed filters: not learnt, and so without gradients.
fn filters(weights: &VarBuilder<'_>, outputs: usize, inputs: usize) -> Result<Tensor> {
    Ok(weights.get((outputs, inputs, 5, 5), "kernel")?.detach())
}

/// Three residuals of each channel, and what is made of them.
struct Separate {
    filters: Tensor,
    channels: usize,
    out: Block,
}

impl Separate {
    fn load(weights: &VarBuilder<'_>, channels: usize) -> Result<Self> {
        let around = (3 * channels, channels);
        let out = weights.pp("out_conv");
        Ok(Self {
            filters: filters(weights, 3 * channels, 1)?,
            channels,
            out: Block::load(&out, ("0", "1"), around, Window::new(1, 1), Act::Relu)?,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        self.out.forward(&residual(x, &self.filters, self.channels)?, train)
    }
}

/// Where the residual is strong, as a factor 0–1 of each place.
struct Where {
    filters: Tensor,
    blocks: [Block; 2],
    last: Conv,
}

impl Where {
    fn load(weights: &VarBuilder<'_>) -> Result<Self> {
        let conv = weights.pp("conv");
        let block = |names, channels, stride| {
            let window = Window::new(3, stride).padded(0, 0);
            Block::load(&conv, names, channels, window, Act::Relu)
        };
        let last = weights.pp("pa").pp("conv");
        Ok(Self {
            filters: filters(&weights.pp("srm"), 3, 3)?,
            blocks: [block(("0", "1"), (3, 32), 2)?, block(("3", "4"), (32, 64), 1)?],
            last: Conv::load(&last, (2, 1), Window::new(7, 1), false)?,
        })
    }

    fn forward(&self, noise: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = residual(noise, &self.filters, 1)?;
        for block in &self.blocks {
            x = block.forward(&x, train)?;
        }
        let both = Tensor::cat(&[x.mean_keepdim(1)?, x.max_keepdim(1)?], 1)?;
        Ok(ops::sigmoid(&self.last.forward(&both)?)?)
    }
}

/// Attention of each stream to the other.
struct Cross {
    keys: [Conv; 2],
    shared: Conv,
    mixed: [Linear; 2],
    values: [Conv; 2],
    strength: [Tensor; 2],
}

impl Cross {
    fn load(weights: &VarBuilder<'_>) -> Result<Self> {
        let (wide, fewer) = (WIDE.0, WIDE.0 / WIDE.1);
        let conv =
            |name: &str, channels| Conv::load(&weights.pp(name), channels, Window::new(1, 1), true);
        let mixed = |name: &str| linear(PLACES, PLACES, weights.pp(name));
        Ok(Self {
            keys: [conv("key_conv1", (wide, fewer))?, conv("key_conv2", (wide, fewer))?],
            shared: conv("key_conv_share", (fewer, fewer))?,
            mixed: [mixed("linear1")?, mixed("linear2")?],
            values: [conv("value_conv1", (wide, wide))?, conv("value_conv2", (wide, wide))?],
            strength: [weights.get(1, "gamma1")?, weights.get(1, "gamma2")?],
        })
    }

    /// Both streams, `(N, 728, 16, 16)` each, with what the other adds.
    fn forward(&self, x: &Tensor, y: &Tensor) -> Result<[Tensor; 2]> {
        let key = |own: &Conv, of: &Tensor| -> Result<Tensor> {
            Ok(self.shared.forward(&own.forward(of)?)?.flatten_from(2)?)
        };
        let (a, b) = (key(&self.keys[0], x)?, key(&self.keys[1], y)?);
        let alike = a.transpose(1, 2)?.contiguous()?.matmul(&b)?;
        let seen = [&alike, &alike.transpose(1, 2)?.contiguous()?];
        let added = |which: usize, to: &Tensor, from: &Tensor| -> Result<Tensor> {
            let weights = ops::softmax(&self.mixed[which].forward(seen[which])?, D::Minus1)?;
            // The first stream takes the second's values.
            let values = self.values[1 - which].forward(from)?.flatten_from(2)?;
            let sum = values.matmul(&weights.transpose(1, 2)?.contiguous()?)?;
            let sum = sum.reshape(to.shape())?;
            let strength = self.strength[which].reshape((1, 1, 1, 1))?;
            Ok((sum.broadcast_mul(&strength)? + to)?)
        };
        Ok([added(0, x, y)?, added(1, y, x)?])
    }
}

/// The convolution that joins the two, and a factor for each of its channels.
struct Fusion {
    block: Block,
    squeeze: [Conv; 2],
}

impl Fusion {
    fn load(weights: &VarBuilder<'_>) -> Result<Self> {
        let one = Window::new(1, 1);
        let block = Block::load(&weights.pp("convblk"), ("0", "1"), (4096, 2048), one, Act::Relu)?;
        let shared = weights.pp("ca").pp("sharedMLP");
        let squeeze = [
            Conv::load(&shared.pp(0), (2048, 128), one, false)?,
            Conv::load(&shared.pp(2), (128, 2048), one, false)?,
        ];
        Ok(Self { block, squeeze })
    }

    fn forward(&self, x: &Tensor, y: &Tensor, train: bool) -> Result<Tensor> {
        let joined = self.block.forward(&Tensor::cat(&[x, y], 1)?, train)?;
        let (count, channels, ..) = joined.dims4()?;
        let flat = joined.flatten_from(2)?;
        let told = |of: Tensor| -> Result<Tensor> {
            let [reduce, expand] = &self.squeeze;
            let of = of.reshape((count, channels, 1, 1))?;
            expand.forward(&reduce.forward(&of)?.relu()?)
        };
        let factors = ops::sigmoid(&(told(flat.mean(2)?)? + told(flat.max(2)?)?)?)?;
        Ok(joined.broadcast_mul(&factors)?)
    }
}

/// The network with its weights.
pub struct Srm {
    picture: Xception,
    noise: Xception,
    filters: Tensor,
    separate: [Separate; 2],
    place: Where,
    placed: BatchNorm,
    cross: [Cross; 2],
    fusion: Fusion,
}

impl Srm {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, outputs: usize) -> Result<Self> {
        let body =
            |name: &str| Xception::new(&weights.pp(name), Dialect::DeepfakeBench, (3, outputs));
        // A blur that the method has and never uses.
        weights.pp("blur").get((3, 1, 7, 7), "weight")?;
        Ok(Self {
            picture: body("backbone_rgb")?,
            noise: body("backbone_srm")?,
            filters: filters(&weights.pp("srm_conv0"), 3, 3)?,
            separate: [
                Separate::load(&weights.pp("srm_conv1"), 32)?,
                Separate::load(&weights.pp("srm_conv2"), 64)?,
            ],
            place: Where::load(&weights.pp("srm_sa"))?,
            placed: normal(&weights.pp("srm_sa_post").pp(0), 64)?,
            cross: [Cross::load(&weights.pp("dual_cma0"))?, Cross::load(&weights.pp("dual_cma1"))?],
            fusion: Fusion::load(&weights.pp("fusion"))?,
        })
    }
}

impl Convolutional for Srm {
    /// What both streams come to, joined: `(N, 2048, 8, 8)`.
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        let (_, _, height, width) = pictures.dims4()?;
        if (height, width) != (SIDE, SIDE) {
            let found = format!("it takes {SIDE} × {SIDE} pixels, not {width} × {height}");
            return Err(Error::compute("SRM", found));
        }
        let noise = residual(pictures, &self.filters, 1)?;
        let (mut x, mut y) = (pictures.clone(), noise.clone());
        for (which, separate) in self.separate.iter().enumerate() {
            x = self.picture.begun(which, &x, train)?;
            let own = self.noise.begun(which, &y, train)?;
            y = (own + separate.forward(&x, train)?)?.relu()?;
        }
        let place = self.place.forward(&noise, train)?;
        x = (x.broadcast_mul(&place)? + &x)?;
        x = self.placed.forward_t(&x, train)?.relu()?;
        for (cross, blocks) in self.cross.iter().zip([0..3, 3..7]) {
            x = self.picture.through(blocks.clone(), &x, train)?;
            y = self.noise.through(blocks, &y, train)?;
            [x, y] = cross.forward(&x, &y)?;
        }
        let ended =
            |body: &Xception, x: &Tensor| body.ended(&body.through(7..12, x, train)?, train);
        self.fusion.forward(&ended(&self.picture, &x)?, &ended(&self.noise, &y)?, train)
    }

    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor> {
        self.picture.judge(maps, train)
    }
}
