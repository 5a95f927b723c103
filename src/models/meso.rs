//! Meso-4 and MesoInception-4 (Afchar et al., *MesoNet: a Compact Facial Video
//! Forgery Detection Network*, WIFS 2018), from the authors' Keras weights: a
//! baseline of its time. Convolutions come *before* their activation, which
//! comes before the normalisation, and what is flattened is in Keras's order:
//! height, width, channel. Its answer grows with how genuine the face is.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use candle_nn::{BatchNorm, BatchNormConfig, Linear, Module, ModuleT, VarBuilder, linear, ops};

use super::network::Convolutional;
use crate::Result;
use crate::nn::checkpoint::Array;
use crate::nn::conv::{Conv, Window, normal_with};

/// Side of its input.
pub const SIDE: usize = 256;
/// Keras's constants (ε 10⁻³, momentum 0.99 in its way of counting).
const NORM: BatchNormConfig =
    BatchNormConfig { eps: 1e-3, remove_mean: true, affine: true, momentum: 0.01 };
/// Channels behind each of the four stages: plain, and with inception.
const WIDTHS: [[usize; 4]; 2] = [[8, 8, 16, 16], [11, 12, 16, 16]];
/// Widths of the four branches of the inception stages.
const BRANCHES: [[usize; 4]; 2] = [[1, 4, 4, 2], [2, 4, 4, 2]];

/// One convolution, or four branches side by side.
enum Stage {
    One(Conv),
    Four(Vec<Vec<Conv>>),
}

impl Stage {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let run = |convs: &[Conv]| -> Result<Tensor> {
            convs.iter().try_fold(x.clone(), |x, conv| Ok(conv.forward(&x)?.relu()?))
        };
        match self {
            Self::One(conv) => run(std::slice::from_ref(conv)),
            Self::Four(branches) => {
                let outputs: Vec<_> =
                    branches.iter().map(|branch| run(branch)).collect::<Result<_>>()?;
                Ok(Tensor::cat(&outputs, 1)?)
            }
        }
    }
}

/// The network with its weights.
pub struct Meso {
    stages: Vec<(Stage, BatchNorm)>,
    dense: [Linear; 2],
}

impl Meso {
    /// From given weights; `inception` for MesoInception-4.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, inception: bool) -> Result<Self> {
        let widths = WIDTHS[usize::from(inception)];
        let (mut stages, mut inputs) = (Vec::new(), 3);
        for (number, outputs) in widths.into_iter().enumerate() {
            let weights = weights.pp(format!("stage{}", number + 1));
            let branches = if inception { BRANCHES.get(number) } else { None };
            let stage = match branches {
                Some(widths) => Stage::Four(inception_branches(&weights, inputs, *widths)?),
                None => {
                    let kernel = if number == 0 { 3 } else { 5 };
                    let window = Window::new(kernel, 1);
                    Stage::One(Conv::load(&weights.pp("conv"), (inputs, outputs), window, true)?)
                }
            };
            stages.push((stage, normal_with(&weights.pp("norm"), outputs, NORM)?));
            inputs = outputs;
        }
        let flat = (SIDE / 32) * (SIDE / 32) * inputs;
        let dense = [linear(flat, 16, weights.pp("dense1"))?, linear(16, 1, weights.pp("dense2"))?];
        Ok(Self { stages, dense })
    }
}

/// 1 × 1; 1 × 1 and 3 × 3; the same with the taps two, and three apart.
fn inception_branches(
    weights: &VarBuilder<'_>,
    inputs: usize,
    widths: [usize; 4],
) -> Result<Vec<Vec<Conv>>> {
    let mut branches = Vec::new();
    for (number, width) in widths.into_iter().enumerate() {
        let weights = weights.pp(format!("branch{}", number + 1));
        let one = Conv::load(&weights.pp(0), (inputs, width), Window::new(1, 1), true)?;
        let mut branch = vec![one];
        if number > 0 {
            let window = Window::new(3, 1).dilated(number);
            branch.push(Conv::load(&weights.pp(1), (width, width), window, true)?);
        }
        branches.push(branch);
    }
    Ok(branches)
}

/// The arrays of a Keras weights file of either network under the names used
/// here; `None` when it holds no such thing. Keras numbers layers through one
/// session, so only the order of the numbers counts.
pub fn from_keras(arrays: &BTreeMap<String, Array>) -> Option<BTreeMap<String, Array>> {
    let order = |kind: &str| -> Vec<String> {
        let number = |name: &String| -> Option<usize> {
            let layer = name.split('/').next()?.strip_prefix(kind)?;
            layer.trim_start_matches('_').parse().ok()
        };
        let mut numbers: Vec<_> = arrays.keys().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| format!("{kind}_{number}")).collect()
    };
    let (convs, norms, dense) = (order("conv2d"), order("batch_normalization"), order("dense"));
    let targets: Vec<String> = match convs.len() {
        4 => (1..=4).map(|stage| format!("stage{stage}.conv")).collect(),
        16 => {
            let branch = |stage: usize| {
                (1..=4).flat_map(move |branch| {
                    let parts = if branch == 1 { 1 } else { 2 };
                    (0..parts).map(move |part| format!("stage{stage}.branch{branch}.{part}"))
                })
            };
            let plain = ["stage3.conv", "stage4.conv"].map(str::to_owned);
            branch(1).chain(branch(2)).chain(plain).collect()
        }
        _ => return None,
    };
    if norms.len() != 4 || dense.len() != 2 {
        return None;
    }
    let mut renamed = BTreeMap::new();
    let mut take = |layer: &str, from: &str, to: String| -> Option<()> {
        let array = arrays.get(&format!("{layer}/{layer}/{from}:0"))?;
        renamed.insert(to, turned(array)?);
        Some(())
    };
    for (layer, target) in convs.iter().zip(&targets) {
        take(layer, "kernel", format!("{target}.weight"))?;
        take(layer, "bias", format!("{target}.bias"))?;
    }
    for (layer, stage) in norms.iter().zip(1..) {
        take(layer, "gamma", format!("stage{stage}.norm.weight"))?;
        take(layer, "beta", format!("stage{stage}.norm.bias"))?;
        take(layer, "moving_mean", format!("stage{stage}.norm.running_mean"))?;
        take(layer, "moving_variance", format!("stage{stage}.norm.running_var"))?;
    }
    for (layer, number) in dense.iter().zip(1..) {
        take(layer, "kernel", format!("dense{number}.weight"))?;
        take(layer, "bias", format!("dense{number}.bias"))?;
    }
    Some(renamed)
}

/// From Keras's order of axes (H W I O, or I O) to ours (O I H W, or O I).
fn turned(array: &Array) -> Option<Array> {
    let tensor = Tensor::from_slice(&array.values, array.shape.as_slice(), &Device::Cpu).ok()?;
    let tensor = match array.shape.len() {
        4 => tensor.permute((3, 2, 0, 1)).ok()?,
        2 => tensor.t().ok()?,
        _ => tensor,
    };
    let values = tensor.contiguous().ok()?.flatten_all().ok()?.to_vec1().ok()?;
    Some(Array { shape: tensor.dims().to_vec(), values })
}

impl Convolutional for Meso {
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = pictures.clone();
        for (number, (stage, norm)) in self.stages.iter().enumerate() {
            x = norm.forward_t(&stage.forward(&x)?, train)?;
            x = x.max_pool2d(if number == 3 { 4 } else { 2 })?;
        }
        Ok(x)
    }

    fn judge(&self, maps: &Tensor, train: bool) -> Result<Tensor> {
        let drop = |x: Tensor| if train { ops::dropout(&x, 0.5) } else { Ok(x) };
        let x = maps.permute((0, 2, 3, 1))?.contiguous()?.flatten_from(1)?;
        let x = self.dense[0].forward(&drop(x)?)?;
        let x = ops::leaky_relu(&x, 0.1)?;
        Ok(self.dense[1].forward(&drop(x)?)?)
    }
}
