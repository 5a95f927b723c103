//! Attention over the nodes of a graph, and keeping the best of them.

use candle_core::{D, Tensor};
use candle_nn::ops::{sigmoid, softmax};
use candle_nn::{Linear, Module, VarBuilder, linear};

use crate::Result;

/// Divisors of the attention before its softmax (the authors' configuration).
const TEMPERATURE: f64 = 2.0;
const TEMPERATURE_MIXED: f64 = 100.0;

/// A batch normalisation with fixed statistics: x·scale + shift.
pub(super) struct Norm {
    pub scale: Tensor,
    pub shift: Tensor,
}

impl Norm {
    pub fn new(channels: usize, weights: &VarBuilder<'_>) -> Result<Self> {
        let get = |name| weights.get(channels, name);
        // PyTorch's epsilon.
        let scale = (get("weight")? / (get("running_var")? + 1e-5)?.sqrt()?)?;
        let shift = (get("bias")? - (get("running_mean")? * &scale)?)?;
        Ok(Self { scale, shift })
    }

    /// On the last dimension.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.broadcast_mul(&self.scale)?.broadcast_add(&self.shift)?)
    }
}

/// The scaled exponential linear unit (Klambauer et al. 2017).
pub(super) const SELU: (f64, f64) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);

pub(super) fn selu(x: &Tensor) -> Result<Tensor> {
    Ok((x.elu(SELU.1)? * SELU.0)?)
}

/// Linear, on the last dimension of any tensor.
fn project(layer: &Linear, x: &Tensor) -> Result<Tensor> {
    Ok(layer.forward(&x.contiguous()?)?)
}

/// Products of all pairs of nodes, `(1, N, N, width)`.
fn pairs(x: &Tensor) -> Result<Tensor> {
    Ok(x.unsqueeze(2)?.broadcast_mul(&x.unsqueeze(1)?)?)
}

/// `(1, N, N, width)` by `(width, 1)`: `(1, N, N)`.
fn weigh(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    Ok(x.broadcast_mul(&weight.flatten_all()?)?.sum(D::Minus1)?)
}

/// Graph attention among nodes of one kind.
pub(super) struct Attention {
    weight: Tensor,
    attend: Linear,
    with: Linear,
    without: Linear,
    norm: Norm,
}

impl Attention {
    pub fn new(width: usize, weights: VarBuilder<'_>) -> Result<Self> {
        let layer = |name| linear(width, width, weights.pp(name));
        Ok(Self {
            weight: weights.get((width, 1), "att_weight")?,
            attend: layer("att_proj")?,
            with: layer("proj_with_att")?,
            without: layer("proj_without_att")?,
            norm: Norm::new(width, &weights.pp("bn"))?,
        })
    }

    /// `(1, N, width)` to the same.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let map = project(&self.attend, &pairs(x)?)?.tanh()?;
        let map = softmax(&(weigh(&map, &self.weight)? / TEMPERATURE)?, 2)?;
        let x = (project(&self.with, &map.matmul(x)?)? + project(&self.without, x)?)?;
        selu(&self.norm.forward(&x)?)
    }
}

/// Graph attention among nodes of two kinds with a master node.
pub(super) struct Mixed {
    kinds: [Linear; 2],
    /// Within the first kind, within the second, between them, to the master.
    weights: [Tensor; 4],
    attend: [Linear; 2],
    with: [Linear; 2],
    without: [Linear; 2],
    norm: Norm,
}

impl Mixed {
    pub fn new(inputs: usize, outputs: usize, weights: VarBuilder<'_>) -> Result<Self> {
        let kind = |name| linear(inputs, inputs, weights.pp(name));
        // For the nodes, and for the master.
        let two = |name: &str| -> candle_core::Result<[Linear; 2]> {
            Ok([
                linear(inputs, outputs, weights.pp(name))?,
                linear(inputs, outputs, weights.pp(format!("{name}M")))?,
            ])
        };
        let weight = |name| weights.get((outputs, 1), name);
        Ok(Self {
            kinds: [kind("proj_type1")?, kind("proj_type2")?],
            weights: [
                weight("att_weight11")?,
                weight("att_weight22")?,
                weight("att_weight12")?,
                weight("att_weightM")?,
            ],
            attend: two("att_proj")?,
            with: two("proj_with_att")?,
            without: two("proj_without_att")?,
            norm: Norm::new(outputs, &weights.pp("bn"))?,
        })
    }

    /// Both kinds of nodes and the master, each `(1, N, inputs)`.
    pub fn forward(
        &self,
        first: &Tensor,
        second: &Tensor,
        master: &Tensor,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        let (n, m) = (first.dim(1)?, second.dim(1)?);
        let parts = [project(&self.kinds[0], first)?, project(&self.kinds[1], second)?];
        let x = Tensor::cat(&parts, 1)?;
        let map = project(&self.attend[0], &pairs(&x)?)?.tanh()?;
        // Each quarter of the map has its own weights; those between the kinds
        // are the same both ways.
        let quarter = |row: usize, rows: usize, column: usize, columns: usize, weight: &Tensor| {
            weigh(&map.narrow(1, row, rows)?.narrow(2, column, columns)?, weight)
        };
        let [within_first, within_second, between, to_master] = &self.weights;
        let top = [quarter(0, n, 0, n, within_first)?, quarter(0, n, n, m, between)?];
        let bottom = [quarter(n, m, 0, n, between)?, quarter(n, m, n, m, within_second)?];
        let board = Tensor::cat(&[Tensor::cat(&top, 2)?, Tensor::cat(&bottom, 2)?], 1)?;
        let map = softmax(&(board / TEMPERATURE_MIXED)?, 2)?;
        let pull = project(&self.attend[1], &x.broadcast_mul(master)?)?.tanh()?;
        let pull = (weigh(&pull, to_master)? / TEMPERATURE_MIXED)?;
        let pull = softmax(&pull, 1)?.unsqueeze(1)?;
        let master =
            (project(&self.with[1], &pull.matmul(&x)?)? + project(&self.without[1], master)?)?;
        let x = (project(&self.with[0], &map.matmul(&x)?)? + project(&self.without[0], &x)?)?;
        let x = selu(&self.norm.forward(&x)?)?;
        Ok((x.narrow(1, 0, n)?, x.narrow(1, n, m)?, master))
    }
}

/// Keeps the nodes that score best.
pub(super) struct Pool {
    share: f64,
    score: Linear,
}

impl Pool {
    pub fn new(share: f64, width: usize, weights: VarBuilder<'_>) -> Result<Self> {
        Ok(Self { share, score: linear(width, 1, weights.pp("proj"))? })
    }

    /// `(1, N, width)` to fewer nodes, the best first, each times its score.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let keep = ((x.dim(1)? as f64 * self.share) as usize).max(1);
        let scores = sigmoid(&project(&self.score, x)?)?;
        let values: Vec<f32> = scores.flatten_all()?.to_vec1()?;
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        let value = |i: u32| values.get(i as usize).copied().unwrap_or(f32::NEG_INFINITY);
        order.sort_by(|a, b| value(*b).total_cmp(&value(*a)));
        order.truncate(keep);
        let order = Tensor::from_vec(order, keep, x.device())?;
        Ok(x.broadcast_mul(&scores)?.index_select(&order, 1)?)
    }
}
