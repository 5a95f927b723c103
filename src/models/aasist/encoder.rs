//! The six residual blocks, in two ways: with candle's own operations, and, on
//! the processor, a few columns at a time with our own kernels, whose results
//! never leave the cache.

use candle_core::{DType, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::graph::{Norm, SELU, selu};
use super::layout::{BANDS, channels};
use crate::nn::kernels::{Activation, Builder, Isa, Padding, Picture, Plan, Shape, Skip, Weights};
use crate::{Error, Result};

/// Columns of output before the pooling that are worked out at a time; a
/// multiple of [`POOL`].
const TILE: usize = 96;
/// Maximum over so many columns at the end of each block.
const POOL: usize = 3;

pub(super) struct Encoder {
    first: Norm,
    blocks: Vec<Block>,
}

/// A block: convolution, normalisation, SELU, convolution, plus what came in,
/// the maximum of three columns.
struct Block {
    inputs: usize,
    outputs: usize,
    /// The first convolution with the normalisation in it, the second, and the
    /// one beside them: kernels and biases.
    layers: Vec<(Tensor, Tensor)>,
    plans: Vec<Plan>,
}

impl Encoder {
    pub fn new(wide: usize, weights: &VarBuilder<'_>) -> Result<Self> {
        let mut blocks = Vec::new();
        for (i, (inputs, outputs)) in channels(wide).into_iter().enumerate() {
            blocks.push(Block::new(inputs, outputs, &weights.pp(format!("encoder.{i}.0")))?);
        }
        Ok(Self { first: Norm::new(1, &weights.pp("first_bn"))?, blocks })
    }

    /// The map before the first block: `(1, 1, bands, times)`.
    fn enter(&self, filtered: &Tensor) -> Result<Tensor> {
        let map = filtered.unsqueeze(1)?.max_pool2d(POOL)?;
        let map = map.broadcast_mul(&self.first.scale)?.broadcast_add(&self.first.shift)?;
        selu(&map)
    }

    /// From rectified filter outputs `(1, 70, N)` to `(1, C, 23, T)`.
    pub fn forward_naive(&self, filtered: &Tensor) -> Result<Tensor> {
        self.blocks.iter().try_fold(self.enter(filtered)?, |x, block| block.forward_naive(&x))
    }

    /// The same, faster.
    pub fn forward(&self, filtered: &Tensor) -> Result<Tensor> {
        let map = self.enter(filtered)?;
        let (_, _, bands, times) = map.dims4()?;
        if bands != BANDS {
            return Err(Error::compute("anti-spoofing", format!("{bands} bands")));
        }
        let device = map.device().clone();
        let mut map = Map { times, channels: 1, values: map.flatten_all()?.to_vec1()? };
        for block in &self.blocks {
            map = block.forward(&map)?;
        }
        let shape = (1, BANDS, map.times, map.channels);
        Ok(Tensor::from_vec(map.values, shape, &device)?.permute((0, 3, 1, 2))?.contiguous()?)
    }
}

/// `BANDS` × times × channels, the channels innermost.
struct Map {
    times: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Block {
    fn new(inputs: usize, outputs: usize, weights: &VarBuilder<'_>) -> Result<Self> {
        let get = |name: &str, inputs: usize, height: usize| -> Result<(Tensor, Tensor)> {
            let weights = weights.pp(name);
            Ok((
                weights.get((outputs, inputs, height, 3), "weight")?,
                weights.get(outputs, "bias")?,
            ))
        };
        let (kernel, bias) = get("conv1", inputs, 2)?;
        let norm = Norm::new(outputs, &weights.pp("bn2"))?;
        let kernel = kernel.broadcast_mul(&norm.scale.reshape((outputs, 1, 1, 1))?)?;
        let bias = ((bias * &norm.scale)? + &norm.shift)?;
        let mut layers = vec![(kernel, bias), get("conv2", outputs, 2)?];
        if inputs != outputs {
            layers.push(get("conv_downsample", inputs, 1)?);
        }
        // Rows: one of zeros above and below for the first; columns: one more
        // on either side for each convolution that follows.
        let sizes = [
            (BANDS + 2, TILE + 4, inputs),
            (BANDS + 1, TILE + 2, outputs),
            (BANDS, TILE + 2, inputs),
        ];
        let mut plans = Vec::new();
        for ((kernel, bias), (height, width, channels)) in layers.iter().zip(sizes) {
            plans.push(plan(kernel, bias, Shape { height, width, channels })?);
        }
        Ok(Self { inputs, outputs, layers, plans })
    }

    fn forward_naive(&self, x: &Tensor) -> Result<Tensor> {
        let conv = |x: &Tensor, layer: usize| -> Result<Tensor> {
            let (kernel, bias) = self.layer(layer)?;
            let x = x.pad_with_zeros(3, 1, 1)?.conv2d(kernel, 0, 1, 1, 1)?;
            Ok(x.broadcast_add(&bias.reshape((1, self.outputs, 1, 1))?)?)
        };
        let y = selu(&conv(&x.pad_with_zeros(2, 1, 1)?, 0)?)?;
        let y = conv(&y, 1)?;
        let beside = if self.layers.len() > 2 { conv(x, 2)? } else { x.clone() };
        Ok((y + beside)?.max_pool2d((1, POOL))?)
    }

    fn layer(&self, index: usize) -> Result<&(Tensor, Tensor)> {
        self.layers.get(index).ok_or_else(|| Error::compute("anti-spoofing", "a layer is missing"))
    }

    fn forward(&self, map: &Map) -> Result<Map> {
        let times = map.times / POOL;
        let tiles: Vec<Vec<f32>> = (0..times.div_ceil(TILE / POOL))
            .into_par_iter()
            .map(|tile| self.tile(map, tile * TILE))
            .collect::<Result<_>>()?;
        // Each tile is bands × columns × channels.
        let mut values = Vec::with_capacity(BANDS * times * self.outputs);
        for band in 0..BANDS {
            let mut left = times;
            for tile in &tiles {
                let columns = left.min(TILE / POOL);
                let start = band * (TILE / POOL) * self.outputs;
                values.extend_from_slice(
                    tile.get(start..start + columns * self.outputs).unwrap_or_default(),
                );
                left -= columns;
            }
        }
        Ok(Map { times, channels: self.outputs, values })
    }

    /// `TILE / POOL` columns of output, from input column `from` on; those
    /// beyond the end are of no meaning.
    fn tile(&self, map: &Map, from: usize) -> Result<Vec<f32>> {
        let (c, o) = (self.inputs, self.outputs);
        let width = TILE + 4;
        let mut input = vec![0.0f32; (BANDS + 2) * width * c];
        // Input columns from − 2 to from + TILE + 2, as far as there are any.
        let (before, first) = (2usize.saturating_sub(from), from.saturating_sub(2));
        let columns = (width - before).min(map.times.saturating_sub(first));
        for band in 0..BANDS {
            let to = ((band + 1) * width + before) * c;
            let start = (band * map.times + first) * c;
            input[to..to + columns * c].copy_from_slice(&map.values[start..start + columns * c]);
        }
        let mut inner = self.run(0, &input, width * c, c)?;
        activate(&mut inner);
        // What the second convolution finds beyond the ends is zero.
        let inner_width = TILE + 2;
        for column in
            (0..inner_width).filter(|column| from + column < 1 || from + column > map.times)
        {
            for row in 0..=BANDS {
                let at = (row * inner_width + column) * o;
                inner[at..at + o].fill(0.0);
            }
        }
        let mut sum = self.run(1, &inner, inner_width * o, o)?;
        if self.plans.len() > 2 {
            // The same columns less one on either side, less the rows of zeros.
            let beside = self.run(2, &input[(width + 1) * c..], width * c, c)?;
            for (sum, beside) in sum.iter_mut().zip(&beside) {
                *sum += beside;
            }
        } else {
            for band in 0..BANDS {
                let start = ((band + 1) * width + 2) * c;
                let row = &mut sum[band * TILE * o..(band + 1) * TILE * o];
                for (sum, beside) in row.iter_mut().zip(&input[start..start + TILE * c]) {
                    *sum += beside;
                }
            }
        }
        let mut pooled = Vec::with_capacity(sum.len() / POOL);
        for columns in sum.chunks_exact(POOL * o) {
            let (a, rest) = columns.split_at(o);
            let (b, c) = rest.split_at(o);
            pooled.extend(a.iter().zip(b).zip(c).map(|((a, b), c)| a.max(*b).max(*c)));
        }
        Ok(pooled)
    }

    fn run(&self, plan: usize, data: &[f32], down: usize, right: usize) -> Result<Vec<f32>> {
        let plan = self.plans.get(plan);
        let plan = plan.ok_or_else(|| Error::compute("anti-spoofing", "a layer is missing"))?;
        let mut outputs = plan.run(&Picture { data, strides: [down, right, 1] })?;
        Ok(outputs.pop().unwrap_or_default())
    }
}

/// One convolution without padding, as a plan.
fn plan(kernel: &Tensor, bias: &Tensor, input: Shape) -> Result<Plan> {
    let (o, i, h, w) = kernel.dims4()?;
    let kernel: Vec<f32> = kernel.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
    let bias: Vec<f32> = bias.to_vec1()?;
    let weights = Weights { dims: [o, i, h, w], kernel: &kernel, bias: &bias };
    let (mut builder, from) = Builder::new(input)?;
    let to = builder.conv(from, &weights, 1, Padding::Valid, Activation::Linear, Skip::None)?;
    builder.finish(Isa::detect(), &[to])
}

/// SELU in place.
fn activate(values: &mut [f32]) {
    let (scale, alpha) = (SELU.0 as f32, (SELU.0 * SELU.1) as f32);
    for value in values {
        let negative = alpha * (fast_exp(value.min(0.0)) - 1.0);
        *value = if *value > 0.0 { scale * *value } else { negative };
    }
}

/// e^x for x ≤ 0 to about 2e-7 of its value, without branches or tables so
/// that the compiler does several at once: 2^n times a polynomial for the rest
/// (Cephes, Moshier 1992, `expf`).
#[inline(always)]
fn fast_exp(x: f32) -> f32 {
    let x = x.max(-87.0);
    // Rounded to the nearest integer by a number so large that no fraction fits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4_f32;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + c;
    }
    let y = p * r * r + r + 1.0;
    // The integer stands in the last bits of `shifted`.
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    y * f32::from_bits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_the_librarys() {
        for i in 0..87_000 {
            let x = -(i as f32) / 1000.0;
            let (fast, slow) = (fast_exp(x), x.exp());
            assert!((fast - slow).abs() <= 4e-7 * slow, "{x}: {fast} {slow}");
        }
        assert!(fast_exp(-1e30) >= 0.0 && fast_exp(-1e30) < 1e-37);
    }
}
