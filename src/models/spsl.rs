//! SPSL (Liu et al., *Spatial-Phase Shallow Learning: Rethinking Face Forgery
//! Detection in Frequency Domain*, CVPR 2021) as DeepfakeBench trains it: a whole
//! Xception on the picture and, as a fourth plane, on what is left of it when
//! every frequency keeps its phase and gets the same strength.
//!
//! DeepfakeBench transforms a batch along its pictures too, so that there a score
//! depends on the pictures beside it. Here each picture is transformed by itself,
//! which is what DeepfakeBench gives for one picture at a time.

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;

use super::network::Convolutional;
use super::xception::{Dialect, Xception};
use crate::Result;

/// The network with its weights.
pub struct Spsl(Xception);

impl Spsl {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, outputs: usize) -> Result<Self> {
        Ok(Self(Xception::new(weights, Dialect::DeepfakeBench, (4, outputs))?))
    }
}

/// The phase alone of pictures `(N, 3, H, W)`: their mean over the colours with
/// every number of its Fourier transform divided by its magnitude (1 where that is
/// 0), transformed back; `(N, 1, H, W)`.
///
/// As products with matrices: beside the network they cost little, and they run
/// wherever it runs.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn phase(pictures: &Tensor) -> Result<Tensor> {
    // Fixed numbers of the picture: nothing before here has weights.
    let grey = pictures.mean(1)?.detach();
    let (_, height, width) = grey.dims3()?;
    let ([rc, rs], [cc, cs]) = (waves(height, grey.device())?, waves(width, grey.device())?);
    // (C − iS) x (C − iS), rows first.
    let (a, b) = (rc.broadcast_matmul(&grey)?, rs.broadcast_matmul(&grey)?);
    let real = (a.broadcast_matmul(&cc)? - b.broadcast_matmul(&cs)?)?;
    let imaginary = (a.broadcast_matmul(&cs)? + b.broadcast_matmul(&cc)?)?.neg()?;
    let magnitude = (real.sqr()? + imaginary.sqr()?)?.sqrt()?;
    let nothing = magnitude.eq(0.0)?.to_dtype(grey.dtype())?;
    let magnitude = (magnitude + &nothing)?;
    let (u, v) = ((real + &nothing)?.div(&magnitude)?, imaginary.div(&magnitude)?);
    // (C + iS) (u + iv) (C + iS) and of that the real part.
    let p = (rc.broadcast_matmul(&u)? - rs.broadcast_matmul(&v)?)?;
    let q = (rc.broadcast_matmul(&v)? + rs.broadcast_matmul(&u)?)?;
    let back = (p.broadcast_matmul(&cc)? - q.broadcast_matmul(&cs)?)?;
    Ok((back / (height * width) as f64)?.unsqueeze(1)?)
}

/// Cosines and sines of 2π·i·j / n, `(n, n)` each.
fn waves(n: usize, device: &Device) -> Result<[Tensor; 2]> {
    let angle = |at: usize| {
        // A whole number of turns is taken off first: no precision is lost.
        let turns = ((at / n) * (at % n) % n) as f64 / n as f64;
        std::f64::consts::TAU * turns
    };
    let table = |of: fn(f64) -> f64| {
        let values = (0..n * n).map(|at| of(angle(at)) as f32).collect();
        Tensor::from_vec(values, (n, n), device)
    };
    Ok([table(f64::cos)?, table(f64::sin)?])
}

impl Convolutional for Spsl {
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        self.0.maps(&Tensor::cat(&[pictures, &phase(pictures)?], 1)?, train)
    }

    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor> {
        self.0.judge(maps, train)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    /// A shifted impulse is all phase: whatever its strength, an impulse of 1 comes
    /// back, and of a picture without light one at the origin.
    #[test]
    fn an_impulse_keeps_its_place_and_loses_its_strength() {
        let (height, width) = (12, 9);
        for (strength, place) in [(0.3f32, 40), (7.0, 107), (0.0, 0)] {
            let mut values = vec![0.0f32; 3 * height * width];
            (0..3).for_each(|c| values[c * height * width + place] = strength);
            let picture = Tensor::from_vec(values, (1, 3, height, width), &Device::Cpu).unwrap();
            let found = phase(&picture).unwrap();
            assert_eq!(found.dims(), [1, 1, height, width]);
            let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for (at, value) in found.into_iter().enumerate() {
                let expected = if at == place { 1.0 } else { 0.0 };
                assert!((value - expected).abs() < 1e-5, "{strength} {at}: {value}");
            }
        }
    }

    #[test]
    fn a_picture_says_the_same_whatever_lies_beside_it() {
        let wave = |i: usize, f: f32| (i as f32 * f).sin() + (i as f32 * 0.013).cos();
        let made = |f: f32| -> Vec<f32> { (0..3 * 20 * 16).map(|i| wave(i, f)).collect() };
        let tensor = |values: Vec<f32>, n| Tensor::from_vec(values, (n, 3, 20, 16), &Device::Cpu);
        let alone = phase(&tensor(made(0.7), 1).unwrap()).unwrap();
        let both = phase(&tensor([made(0.7), made(2.9)].concat(), 2).unwrap()).unwrap();
        let apart = (both.narrow(0, 0, 1).unwrap() - alone).unwrap().abs().unwrap();
        assert!(apart.max_all().unwrap().to_scalar::<f32>().unwrap() < 1e-6);
    }
}
