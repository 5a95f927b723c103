//! A tiny autoencoder distilled from that of a latent-diffusion family
//! (madebyollin/taesd, `taef2_encoder.pth` and `taef2_decoder.pth`, MIT): a
//! picture that went through it carries the traces of a generator's decoder and
//! still shows the same. For training data only.
//!
//! Every convolution is 3 × 3 and 64 wide; latents have 32 channels at an eighth
//! of the size. Names of tensors are the source's: places in one flat sequence.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;

use super::store;
use crate::Result;
use crate::nn::checkpoint::{self, Checkpoint};
use crate::nn::same_conv::same_conv;

/// Channels throughout.
const WIDTH: usize = 64;
/// Channels of a latent.
const LATENT: usize = 32;
/// Pictures are a multiple of it on each side.
pub const STEP: usize = 8;

/// 3 × 3, with its bias (zeros where the source has none).
struct Conv {
    weight: Tensor,
    bias: Tensor,
}

impl Conv {
    fn load(w: &VarBuilder<'_>, (inputs, outputs): (usize, usize), bias: bool) -> Result<Self> {
        let weight = w.get((outputs, inputs, 3, 3), "weight")?;
        let bias = match bias {
            true => w.get(outputs, "bias")?,
            false => Tensor::zeros(outputs, DType::F32, w.device())?,
        };
        Ok(Self { weight, bias })
    }

    fn forward(&self, x: &Tensor, relu: bool) -> Result<Tensor> {
        same_conv(x, &self.weight, &self.bias, relu)
    }

    /// Every second pixel.
    fn halved(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.conv2d(&self.weight, 1, 2, 1, 1)?)
    }
}

/// Three convolutions beside a skip; at the deepest resolution first a branch
/// of two 1 × 1 convolutions around a group norm.
struct Block {
    convs: [Conv; 3],
    pool: Option<Pool>,
}

struct Pool {
    first: Tensor,
    norm: [Tensor; 2],
    last: Tensor,
}

impl Block {
    fn load(w: &VarBuilder<'_>, deep: bool) -> Result<Self> {
        let conv = |at: usize| Conv::load(&w.pp("conv").pp(at), (WIDTH, WIDTH), true);
        let pool = match deep {
            false => None,
            true => Some(Pool {
                first: w.get((4 * WIDTH, WIDTH, 1, 1), "pool.0.weight")?,
                norm: [
                    w.get(4 * WIDTH, "pool.1.weight")?.reshape((1, 4 * WIDTH, 1, 1))?,
                    w.get(4 * WIDTH, "pool.1.bias")?.reshape((1, 4 * WIDTH, 1, 1))?,
                ],
                last: w.get((WIDTH, 4 * WIDTH, 1, 1), "pool.3.weight")?,
            }),
        };
        Ok(Self { convs: [conv(0)?, conv(2)?, conv(4)?], pool })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = match &self.pool {
            Some(pool) => (x + pool.forward(x)?)?,
            None => x.clone(),
        };
        let y = self.convs[0].forward(&x, true)?;
        let y = self.convs[1].forward(&y, true)?;
        Ok((self.convs[2].forward(&y, false)? + x)?.relu()?)
    }
}

impl Pool {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = x.conv2d(&self.first, 0, 1, 1, 1)?;
        let (count, channels, height, width) = y.dims4()?;
        let groups = y.reshape((count, 4, channels / 4 * height * width))?;
        let groups = groups.broadcast_sub(&groups.mean_keepdim(2)?)?;
        let spread = (groups.sqr()?.mean_keepdim(2)? + 1e-5)?.sqrt()?;
        let y = groups.broadcast_div(&spread)?.reshape((count, channels, height, width))?;
        let y = y.broadcast_mul(&self.norm[0])?.broadcast_add(&self.norm[1])?.relu()?;
        Ok(y.conv2d(&self.last, 0, 1, 1, 1)?)
    }
}

/// One layer of a flat sequence.
enum Layer {
    Conv(Conv, bool),
    Halve(Conv),
    Double,
    Block(Box<Block>),
}

/// Encoder and decoder.
pub struct Tae {
    encoder: Vec<Layer>,
    decoder: Vec<Layer>,
}

impl Tae {
    /// From the two checkpoints.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(encoder: &Checkpoint, decoder: &Checkpoint) -> Result<Self> {
        let (e, d) = (weights(encoder)?, weights(decoder)?);
        let block = |w: &VarBuilder<'_>, at: usize, deep: bool| -> Result<Layer> {
            Ok(Layer::Block(Box::new(Block::load(&w.pp(at), deep)?)))
        };
        let conv =
            |w: &VarBuilder<'_>, at: usize, channels, bias| Conv::load(&w.pp(at), channels, bias);
        let plain = (WIDTH, WIDTH);
        let mut encoder =
            vec![Layer::Conv(conv(&e, 0, (3, WIDTH), true)?, false), block(&e, 1, false)?];
        for (at, deep) in [(2, false), (6, false), (10, true)] {
            encoder.push(Layer::Halve(conv(&e, at, plain, false)?));
            for next in 1..4 {
                encoder.push(block(&e, at + next, deep)?);
            }
        }
        encoder.push(Layer::Conv(conv(&e, 14, (WIDTH, LATENT), true)?, false));
        let mut decoder = vec![Layer::Conv(conv(&d, 1, (LATENT, WIDTH), true)?, true)];
        for (at, deep) in [(3, true), (8, false), (13, false)] {
            for next in 0..3 {
                decoder.push(block(&d, at + next, deep)?);
            }
            decoder.push(Layer::Double);
            decoder.push(Layer::Conv(conv(&d, at + 4, plain, false)?, false));
        }
        decoder.push(block(&d, 18, false)?);
        decoder.push(Layer::Conv(conv(&d, 19, (WIDTH, 3), true)?, false));
        Ok(Self { encoder, decoder })
    }

    /// Pictures `(N, 3, H, W)` of 0–1, H and W multiples of [`STEP`], there and
    /// back; in 0–1.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn there_and_back(&self, pictures: &Tensor) -> Result<Tensor> {
        let latent = run(&self.encoder, pictures)?;
        let bounded = ((latent / 3.0)?.tanh()? * 3.0)?;
        Ok(run(&self.decoder, &bounded)?.clamp(0.0, 1.0)?)
    }
}

fn run(layers: &[Layer], x: &Tensor) -> Result<Tensor> {
    layers.iter().try_fold(x.clone(), |x, layer| match layer {
        Layer::Conv(conv, relu) => conv.forward(&x, *relu),
        Layer::Halve(conv) => conv.halved(&x),
        Layer::Double => {
            let (_, _, height, width) = x.dims4()?;
            Ok(x.upsample_nearest2d(2 * height, 2 * width)?)
        }
        Layer::Block(block) => block.forward(&x),
    })
}

fn weights(checkpoint: &Checkpoint) -> Result<VarBuilder<'static>> {
    let arrays: &BTreeMap<_, _> = &checkpoint.arrays;
    let tensors = arrays
        .iter()
        .map(|(name, array)| {
            let tensor = Tensor::from_slice(&array.values, array.shape.as_slice(), &Device::Cpu)?;
            Ok((name.clone(), tensor))
        })
        .collect::<Result<HashMap<_, _>>>()?;
    Ok(VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu))
}

impl Tae {
    /// From `taef2_encoder.pth` and `taef2_decoder.pth` in `folder`.
    ///
    /// # Errors
    /// [`crate::Error::Io`], and as for [`Self::new`].
    pub fn load(folder: &Path) -> Result<Self> {
        let read = |name: &str| checkpoint::read(&store::read(&folder.join(name))?);
        Self::new(&read("taef2_encoder.pth")?, &read("taef2_decoder.pth")?)
    }

    /// As [`Self::there_and_back`], for one picture of `side × side` pixels, R,
    /// G, B interleaved.
    ///
    /// # Errors
    /// When the sizes do not fit.
    pub fn there_and_back_of(&self, picture: &[f32], side: usize) -> Result<Vec<f32>> {
        let x = Tensor::from_slice(picture, (1, side, side, 3), &Device::Cpu)?;
        let y = self.there_and_back(&x.permute((0, 3, 1, 2))?.contiguous()?)?;
        Ok(y.permute((0, 2, 3, 1))?.contiguous()?.flatten_all()?.to_vec1()?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    /// The right graph shows the picture again; a wrong one (a layer left out, another
    /// order) does not come near.
    #[test]
    fn a_picture_comes_back_as_it_was() {
        let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
            eprintln!("skipped: WAARMERK_SHARED is not set");
            return;
        };
        let network = Tae::load(&Path::new(&shared).join("weights")).unwrap();
        let side = 64;
        let picture: Vec<f32> = (0..side * side)
            .flat_map(|at| {
                let (x, y) = ((at % side) as f32 / 64.0, (at / side) as f32 / 64.0);
                let disc = (x - 0.5).hypot(y - 0.4) < 0.25;
                let level = if disc { 0.75 } else { 0.3 + 0.2 * (3.0 * x + 2.0 * y).sin() };
                [level, 0.9 * level, 0.4 + 0.3 * y]
            })
            .collect();
        let back = network.there_and_back_of(&picture, side).unwrap();
        let error = picture.iter().zip(&back).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let psnr = -10.0 * (error / picture.len() as f32).log10();
        assert!(psnr > 25.0, "{psnr}");
        assert!(picture != back);
    }
}
