//! What every network that judges a picture has in common.

use candle_core::Tensor;

use crate::Result;

/// A network from pictures to what it says of them, before any squashing.
pub trait Network: Send + Sync {
    /// Apply to normalised pictures `(N, 3, H, W)`; gives `(N, outputs)`.
    /// `train` uses the batch's own statistics and drops features out.
    ///
    /// # Errors
    /// When shapes do not fit.
    fn forward(&self, pictures: &Tensor, train: bool) -> Result<Tensor>;
}
