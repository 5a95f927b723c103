//! The image tower of CLIP (Radford et al., *Learning Transferable Visual
//! Models From Natural Language Supervision*, ICML 2021) under OpenAI's names,
//! with one linear layer on what it says: UniversalFakeDetect (Ojha et al.,
//! *Towards Universal Fake Image Detectors that Generalize Across Generative
//! Models*, CVPR 2023) and its kin. The tower lies under `model.visual`, the
//! layer under `fc`.

use candle_core::{D, Tensor};
use candle_nn::{LayerNorm, Linear, Module, VarBuilder, layer_norm, linear, ops};

use super::network::Network;
use crate::Result;
use crate::nn::conv::{Conv, Window};

/// Side of its input.
pub const SIDE: usize = 224;
/// Width of one head of attention, in every member.
const HEAD: usize = 64;

/// Which of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Design {
    /// Side of a patch.
    pub patch: usize,
    /// Numbers for each patch.
    pub width: usize,
    /// Blocks.
    pub depth: usize,
    /// Numbers for the picture, behind the projection.
    pub features: usize,
}

impl Design {
    /// ViT-B/16.
    pub const B16: Self = Self { patch: 16, width: 768, depth: 12, features: 512 };
    /// ViT-L/14.
    pub const L14: Self = Self { patch: 14, width: 1024, depth: 24, features: 768 };
}

/// Attention, then two layers with a gate between.
struct Block {
    norms: [LayerNorm; 2],
    inward: Linear,
    outward: Linear,
    widen: Linear,
    narrow: Linear,
}

impl Block {
    fn load(weights: &VarBuilder<'_>, width: usize) -> Result<Self> {
        let attention = weights.pp("attn");
        let inward = Linear::new(
            attention.get((3 * width, width), "in_proj_weight")?,
            Some(attention.get(3 * width, "in_proj_bias")?),
        );
        let mlp = weights.pp("mlp");
        Ok(Self {
            norms: [
                layer_norm(width, 1e-5, weights.pp("ln_1"))?,
                layer_norm(width, 1e-5, weights.pp("ln_2"))?,
            ],
            inward,
            outward: linear(width, width, attention.pp("out_proj"))?,
            widen: linear(width, 4 * width, mlp.pp("c_fc"))?,
            narrow: linear(4 * width, width, mlp.pp("c_proj"))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = (x + self.attend(&self.norms[0].forward(x)?)?)?;
        let wide = self.widen.forward(&self.norms[1].forward(&x)?)?;
        // CLIP's own approximation of GELU.
        let wide = (&wide * ops::sigmoid(&(&wide * 1.702)?)?)?;
        Ok((x + self.narrow.forward(&wide)?)?)
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let (count, places, width) = x.dims3()?;
        let parts = self.inward.forward(x)?;
        let part = |which: usize| -> Result<Tensor> {
            let part = parts.narrow(D::Minus1, which * width, width)?;
            let heads = part.reshape((count, places, width / HEAD, HEAD))?;
            Ok(heads.transpose(1, 2)?.contiguous()?)
        };
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let query = (query * (1.0 / (HEAD as f64).sqrt()))?;
        let weights = ops::softmax(&query.matmul(&key.t()?)?, D::Minus1)?;
        let seen = weights.matmul(&value)?.transpose(1, 2)?.reshape((count, places, width))?;
        Ok(self.outward.forward(&seen)?)
    }
}

/// The tower with its weights, and the layer on it.
pub struct Clip {
    patches: Conv,
    class: Tensor,
    positions: Tensor,
    norms: [LayerNorm; 2],
    blocks: Vec<Block>,
    projection: Tensor,
    last: Linear,
}

impl Clip {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, design: Design, outputs: usize) -> Result<Self> {
        let Design { patch, width, depth, features } = design;
        let tower = weights.pp("model").pp("visual");
        let window = Window::new(patch, patch).padded(0, 0);
        let blocks = tower.pp("transformer").pp("resblocks");
        let places = (SIDE / patch) * (SIDE / patch) + 1;
        Ok(Self {
            patches: Conv::load(&tower.pp("conv1"), (3, width), window, false)?,
            class: tower.get(width, "class_embedding")?,
            positions: tower.get((places, width), "positional_embedding")?,
            norms: [
                layer_norm(width, 1e-5, tower.pp("ln_pre"))?,
                layer_norm(width, 1e-5, tower.pp("ln_post"))?,
            ],
            blocks: (0..depth)
                .map(|at| Block::load(&blocks.pp(at), width))
                .collect::<Result<_>>()?,
            projection: tower.get((width, features), "proj")?,
            last: linear(features, outputs, weights.pp("fc"))?,
        })
    }
}

impl Network for Clip {
    fn forward(&self, pictures: &Tensor, _train: bool) -> Result<Tensor> {
        let x = self.patches.forward(pictures)?.flatten_from(2)?.transpose(1, 2)?;
        let (count, _, width) = x.dims3()?;
        let class = self.class.reshape((1, 1, width))?.broadcast_as((count, 1, width))?;
        let x = Tensor::cat(&[class.contiguous()?, x.contiguous()?], 1)?;
        let mut x = self.norms[0].forward(&x.broadcast_add(&self.positions)?)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        let class = self.norms[1].forward(&x.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?)?;
        Ok(self.last.forward(&class.matmul(&self.projection)?)?)
    }
}
