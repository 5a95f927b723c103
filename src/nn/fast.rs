//! The fast way through a network that judges pictures, on a processor: batch
//! normalisation folded into the convolution before it, and all of it on the
//! kernels of [`super::kernels`]. Where gradients are wanted, or another device, or
//! another type of number, there is no fast way and the plain one is taken.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Tensor as Array};
use candle_nn::BatchNorm;

use super::compile;
use super::kernels::{Builder, Isa, Plan, Shape, Tensor, Weights};
use crate::Result;

/// Different sizes of pictures for which plans are kept.
const KEPT: usize = 2;

/// A convolution's numbers, with what batch normalisation does in use.
pub struct Folded {
    dims: [usize; 4],
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Folded {
    /// Of a kernel `(O, I, H, W)`, its bias `(O)` and the normalisation behind it.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when a shape does not fit.
    pub fn new(kernel: &Array, bias: Option<&Array>, norm: Option<&BatchNorm>) -> Result<Self> {
        let dims = kernel.dims4()?;
        let mut folded = Self {
            dims: [dims.0, dims.1, dims.2, dims.3],
            kernel: kernel.flatten_all()?.to_vec1()?,
            bias: match bias {
                Some(bias) => bias.to_vec1()?,
                None => vec![0.0; dims.0],
            },
        };
        if let Some(norm) = norm {
            folded.fold(norm)?;
        }
        Ok(folded)
    }

    fn fold(&mut self, norm: &BatchNorm) -> Result<()> {
        let [mean, spread] = [norm.running_mean(), norm.running_var()].map(Array::to_vec1::<f32>);
        let (mean, spread) = (mean?, spread?);
        let (gain, lift) = match norm.weight_and_bias() {
            Some((gain, lift)) => (gain.to_vec1::<f32>()?, lift.to_vec1::<f32>()?),
            None => (vec![1.0; mean.len()], vec![0.0; mean.len()]),
        };
        let fan = (self.kernel.len() / self.bias.len().max(1)).max(1);
        let rows = self.kernel.chunks_mut(fan).zip(&mut self.bias);
        let norms = mean.iter().zip(&spread).zip(gain.iter().zip(&lift));
        for ((row, bias), ((mean, spread), (gain, lift))) in rows.zip(norms) {
            let scale = f64::from(*gain) / (f64::from(*spread) + norm.eps()).sqrt();
            row.iter_mut().for_each(|tap| *tap = (f64::from(*tap) * scale) as f32);
            let centred = f64::from(*bias) - f64::from(*mean);
            *bias = (centred * scale + f64::from(*lift)) as f32;
        }
        Ok(())
    }

    /// For the kernels.
    pub fn weights(&self) -> Weights<'_> {
        Weights { dims: self.dims, kernel: &self.kernel, bias: &self.bias }
    }
}

/// The plans of one network.
pub struct Fast {
    /// Whether its weights are fixed.
    fixed: bool,
    plans: Mutex<Vec<(Shape, Arc<Plan>)>>,
}

impl Fast {
    /// For a network with such a weight: one that learns takes the plain way.
    pub fn new(weight: &Array) -> Self {
        Self { fixed: !weight.track_op(), plans: Mutex::default() }
    }

    /// What `describe` builds, of pictures `(N, C, H, W)`: `(N, c, h, w)`. `None` where
    /// the plain way is to be taken. Plans are made once for each size.
    ///
    /// # Errors
    /// What `describe` gives, or when shapes do not fit.
    pub fn run(
        &self,
        pictures: &Array,
        train: bool,
        describe: impl FnOnce(&mut Builder, Tensor) -> Result<Tensor>,
    ) -> Result<Option<Array>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if train {
            // Training moves the statistics that were folded in.
            plans.clear();
        }
        let plain = train || !self.fixed || pictures.track_op();
        if plain || !pictures.device().is_cpu() || pictures.dtype() != DType::F32 {
            return Ok(None);
        }
        let (count, channels, height, width) = pictures.dims4()?;
        let shape = Shape { height, width, channels };
        let known = plans.iter().find(|(known, _)| *known == shape).map(|(_, plan)| plan.clone());
        let plan = match known {
            Some(plan) => plan,
            None => {
                let (mut builder, input) = Builder::new(shape)?;
                let end = describe(&mut builder, input)?;
                let plan = Arc::new(builder.finish(Isa::detect(), &[end])?);
                plans.truncate(KEPT - 1);
                plans.insert(0, (shape, plan.clone()));
                plan
            }
        };
        drop(plans);
        let Some(outputs) = compile::run(&plan, pictures)? else { return Ok(None) };
        let [output] = plan.outputs()[..] else { return Ok(None) };
        let values: Vec<f32> = outputs.into_iter().flatten().flatten().collect();
        let shape = (count, output.height, output.width, output.channels);
        let maps = Array::from_vec(values, shape, pictures.device())?;
        Ok(Some(maps.permute((0, 3, 1, 2))?.contiguous()?))
    }
}
