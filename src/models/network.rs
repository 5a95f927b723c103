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

    /// The same network in two parts, where it has them.
    fn convolutional(&self) -> Option<&dyn Convolutional> {
        None
    }
}

/// A network whose convolutions end in maps of features from which a short way
/// leads to its answer.
pub trait Convolutional: Send + Sync {
    /// What the last convolution makes of normalised pictures `(N, 3, H, W)`:
    /// `(N, channels, h, w)`.
    ///
    /// # Errors
    /// When shapes do not fit.
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor>;

    /// The answer `(N, outputs)` to such maps; differentiable.
    ///
    /// # Errors
    /// When shapes do not fit.
    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor>;
}

impl<T: Convolutional> Network for T {
    fn forward(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        self.judge(&self.maps(pictures, train)?, train)
    }

    fn convolutional(&self) -> Option<&dyn Convolutional> {
        Some(self)
    }
}
