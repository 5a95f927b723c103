//! F3-Net (Qian et al., *Thinking in Frequency: Face Forgery Detection by Mining
//! Frequency-Aware Clues*, ECCV 2020, section 3.1) as DeepfakeBench trains it:
//! its frequency-aware decomposition alone, before one Xception.
//!
//! The picture's cosine transform is multiplied by four learnt masks (about low,
//! middle and high frequencies, and all of them) and each product transformed
//! back: twelve planes in place of three. A checkpoint brings the matrices of the
//! transform and the fixed part of each mask beside the learnt one; all are used
//! as they stand there, so only pictures of 256 × 256 pixels go in.

use candle_core::Tensor;
use candle_nn::{VarBuilder, ops};

use super::network::Convolutional;
use super::xception::{Dialect, Xception};
use crate::{Error, Result};

/// Side of the pictures, in pixels.
pub const SIDE: usize = 256;
/// Masks on the transform.
const MASKS: usize = 4;

/// A mask on the cosine transform: what is fixed, and what was learnt.
struct Mask {
    base: Tensor,
    learnt: Tensor,
}

impl Mask {
    /// Factors `(SIDE, SIDE)`: the fixed one, up to 1 more or less.
    fn factors(&self) -> Result<Tensor> {
        let learnt = ((ops::sigmoid(&self.learnt)? * 2.0)? - 1.0)?;
        Ok((&self.base + learnt)?)
    }
}

/// The network with its weights.
pub struct F3Net {
    /// The cosine transform of columns, and of rows.
    transform: [Tensor; 2],
    masks: Vec<Mask>,
    body: Xception,
}

impl F3Net {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, outputs: usize) -> Result<Self> {
        let head = weights.pp("FAD_head");
        let square = |weights: &VarBuilder<'_>, name: &str| weights.get((SIDE, SIDE), name);
        let mask = |which: usize| -> Result<Mask> {
            let weights = head.pp("filters").pp(which);
            let base = square(&weights, "base")?.detach();
            Ok(Mask { base, learnt: square(&weights, "learnable")? })
        };
        Ok(Self {
            // Not learnt, and so without gradients.
            transform: [square(&head, "_DCT_all")?.detach(), square(&head, "_DCT_all_T")?.detach()],
            masks: (0..MASKS).map(mask).collect::<Result<_>>()?,
            body: Xception::new(&weights.pp("backbone"), Dialect::Dropping, (3 * MASKS, outputs))?,
        })
    }

    /// Pictures `(N, 3, SIDE, SIDE)` as the masks leave them, `(N, 12, SIDE, SIDE)`.
    fn decomposed(&self, pictures: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = pictures.dims4()?;
        if (height, width) != (SIDE, SIDE) {
            let found = format!("it takes {SIDE} × {SIDE} pixels, not {width} × {height}");
            return Err(Error::compute("F3-Net", found));
        }
        let [columns, rows] = &self.transform;
        let spectrum = columns.broadcast_matmul(pictures)?.broadcast_matmul(rows)?;
        let passed = |mask: &Mask| -> Result<Tensor> {
            let part = spectrum.broadcast_mul(&mask.factors()?)?;
            Ok(rows.broadcast_matmul(&part)?.broadcast_matmul(columns)?)
        };
        let parts = self.masks.iter().map(passed).collect::<Result<Vec<_>>>()?;
        Ok(Tensor::cat(&parts, 1)?)
    }
}

impl Convolutional for F3Net {
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        self.body.maps(&self.decomposed(pictures)?, train)
    }

    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor> {
        self.body.judge(maps, train)
    }
}
