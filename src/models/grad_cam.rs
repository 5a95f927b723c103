//! Grad-CAM (Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks
//! via Gradient-based Localization*, ICCV 2017, equations 1 and 2): which places
//! of the last maps speak for an answer.
//!
//! Only the way from the maps to the answer is differentiated, so it costs little
//! more than the answer itself.

use candle_core::{Tensor, Var};

use super::network::Convolutional;
use crate::{Error, Result};

/// For each of `(N, 3, H, W)` normalised pictures the maps' channels, each times
/// the mean slope of the picture's number on it, summed and not below 0:
/// `(N, h, w)`. `of` makes one number a picture, `(N)`, of the answers
/// `(N, outputs)`. Where the answer is a line through the maps' means and nothing is
/// cut off, the cells add up to the number but for what the line adds.
///
/// # Errors
/// When shapes do not fit, or the number does not depend on the maps.
pub fn grad_cam(
    network: &dyn Convolutional,
    pictures: &Tensor,
    of: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    // A variable of its own: nothing before the maps is differentiated.
    let maps = Var::from_tensor(&network.maps(pictures, false)?.detach())?;
    // A picture's slopes are those of the sum: in use no picture tells on another.
    let slopes = of(&network.judge(&maps, false)?)?.sum_all()?.backward()?;
    let slopes = slopes
        .get(&maps)
        .ok_or_else(|| Error::compute("Grad-CAM", "the answer does not depend on the maps"))?;
    let strength = slopes.mean_keepdim(3)?.mean_keepdim(2)?;
    Ok(maps.as_tensor().detach().broadcast_mul(&strength)?.sum(1)?.relu()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use candle_core::Device;

    use super::*;

    const SIDE: usize = 8;

    /// The picture's planes as they are; a sum of weighted squares of their means.
    struct Squares;

    const WEIGHTS: [[f32; 3]; 2] = [[0.5, -1.0, 2.0], [1.5, 1.0, -0.5]];

    impl Convolutional for Squares {
        fn maps(&self, pictures: &Tensor, _: bool) -> Result<Tensor> {
            Ok(pictures.clone())
        }

        fn judge(&self, maps: &Tensor, _: bool) -> Result<Tensor> {
            let weights = Tensor::new(&WEIGHTS, &Device::Cpu)?;
            Ok(maps.flatten_from(2)?.mean(2)?.sqr()?.matmul(&weights.t()?)?)
        }
    }

    fn noise(count: usize) -> Vec<f32> {
        let mut random = crate::signal::random::SplitMix::new(6);
        (0..count).map(|_| random.normal() as f32 + 0.3).collect()
    }

    /// Of y = Σ w m², m the mean of n cells, the slope on each cell is 2 w m / n.
    #[test]
    fn it_is_what_the_formula_says_of_a_network_that_can_be_solved_by_hand() {
        let cells = SIDE * SIDE;
        let values = noise(2 * 3 * cells);
        let pictures = Tensor::from_slice(&values, (2, 3, SIDE, SIDE), &Device::Cpu).unwrap();
        let against = |y: &Tensor| Ok((y.narrow(1, 1, 1)? - y.narrow(1, 0, 1)?)?.squeeze(1)?);
        let found = grad_cam(&Squares, &pictures, against).unwrap();
        assert_eq!(found.dims(), [2, SIDE, SIDE]);
        let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let mut positive = 0;
        for (picture, found) in values.chunks(3 * cells).zip(found.chunks(cells)) {
            let planes: Vec<&[f32]> = picture.chunks(cells).collect();
            let slope = |c: usize| {
                let mean = planes[c].iter().sum::<f32>() / cells as f32;
                2.0 * (WEIGHTS[1][c] - WEIGHTS[0][c]) * mean / cells as f32
            };
            for (at, found) in found.iter().enumerate() {
                let sum: f32 = (0..3).map(|c| slope(c) * planes[c][at]).sum();
                assert!((found - sum.max(0.0)).abs() < 1e-6, "{at}: {found}, not {sum}");
                positive += usize::from(sum > 1e-3);
            }
        }
        assert!(positive > cells / 2, "{positive}");
    }

    #[test]
    fn an_answer_that_rests_on_nothing_has_no_map() {
        struct Constant;
        impl Convolutional for Constant {
            fn maps(&self, pictures: &Tensor, _: bool) -> Result<Tensor> {
                Ok(pictures.clone())
            }

            fn judge(&self, maps: &Tensor, _: bool) -> Result<Tensor> {
                Ok(Tensor::ones((maps.dim(0)?, 1), maps.dtype(), maps.device())?)
            }
        }
        let pictures = Tensor::zeros((1, 3, 4, 4), candle_core::DType::F32, &Device::Cpu).unwrap();
        assert!(grad_cam(&Constant, &pictures, |y| Ok(y.clone())).is_err());
    }
}
