//! A convolution that keeps the size (odd kernel, step 1, zeros around), with
//! bias and ReLU, forwards and backwards on a CPU: what training spends its
//! time in. Candle's own gradient of a convolution is a plain loop; here both
//! directions are products of matrices over a few rows of columns at a time,
//! which stay in the cache. Samples run in parallel; sums over them are made in
//! their order, so the result does not depend on the number of threads.

use candle_core::{CpuStorage, CustomOp3, Layout, Shape, Storage, Tensor, bail};
use gemm::{Parallelism, gemm};
use rayon::prelude::*;

use crate::Result;

/// Floats of columns made at a time: 256 kB, about half of a second-level cache.
const COLUMNS: usize = 1 << 16;

/// Convolve `(N, C, H, W)` with `weight` `(O, C, K, K)`, K odd, and `bias`
/// `(O)`; negative results become 0 where `relu`. Gives `(N, O, H, W)`. On a CPU
/// by products of matrices, elsewhere by candle's own convolution.
///
/// # Errors
/// When shapes do not fit.
pub fn same_conv(x: &Tensor, weight: &Tensor, bias: &Tensor, relu: bool) -> Result<Tensor> {
    if !x.device().is_cpu() {
        let y = x.conv2d(weight, weight.dim(2)? / 2, 1, 1, 1)?;
        let y = y.broadcast_add(&bias.reshape((1, (), 1, 1))?)?;
        return Ok(if relu { y.relu()? } else { y });
    }
    let op = SameConv { relu };
    Ok(x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, op)?)
}

struct SameConv {
    relu: bool,
}

/// Sizes of one call.
#[derive(Clone, Copy)]
struct Sizes {
    count: usize,
    inputs: usize,
    outputs: usize,
    height: usize,
    width: usize,
    kernel: usize,
}

impl Sizes {
    fn of(x: &[usize], weight: &[usize]) -> candle_core::Result<Self> {
        match (x, weight) {
            (&[count, inputs, height, width], &[outputs, fan, kernel, side])
                if fan == inputs && kernel == side && kernel % 2 == 1 && width > 0 =>
            {
                Ok(Self { count, inputs, outputs, height, width, kernel })
            }
            _ => bail!("a convolution of {x:?} with {weight:?}"),
        }
    }

    fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Weights of one output.
    fn fan(&self) -> usize {
        self.inputs * self.kernel * self.kernel
    }

    /// Rows whose columns are made at a time.
    fn rows(&self) -> usize {
        (COLUMNS / (self.fan() * self.width).max(1)).clamp(1, self.height.max(1))
    }

    /// The same with inputs and outputs exchanged.
    fn back(self) -> Self {
        Self { inputs: self.outputs, outputs: self.inputs, ..self }
    }
}

/// What the kernel sees at each pixel of `rows` rows from `first` on: a matrix
/// of `fan` rows and `rows × width` columns.
fn columns(x: &[f32], s: Sizes, first: usize, rows: usize, into: &mut [f32]) {
    let half = s.kernel / 2;
    let n = rows * s.width;
    for (tap, line) in into.chunks_exact_mut(n).take(s.fan()).enumerate() {
        let (channel, place) = (tap / (s.kernel * s.kernel), tap % (s.kernel * s.kernel));
        let (down, right) = (place / s.kernel, place % s.kernel);
        let plane = &x[channel * s.plane()..(channel + 1) * s.plane()];
        // Columns of the output whose tap lies inside the picture.
        let from = half.saturating_sub(right).min(s.width);
        let to = (s.width + half).saturating_sub(right).min(s.width).max(from);
        for (row, line) in line.chunks_exact_mut(s.width).enumerate() {
            let Some(y) = (first + row + down).checked_sub(half).filter(|y| *y < s.height) else {
                line.fill(0.0);
                continue;
            };
            let source = &plane[y * s.width..(y + 1) * s.width];
            line[..from].fill(0.0);
            line[to..].fill(0.0);
            line[from..to].copy_from_slice(&source[from + right - half..to + right - half]);
        }
    }
}

/// A matrix in memory: where it begins and the steps between columns and rows.
#[derive(Clone, Copy)]
struct Matrix {
    start: usize,
    column: usize,
    row: usize,
}

impl Matrix {
    fn holds(&self, rows: usize, columns: usize, length: usize) -> bool {
        rows > 0
            && columns > 0
            && self.start + (rows - 1) * self.row + (columns - 1) * self.column < length
    }
}

/// `to += a · b` of sizes (m, k) · (k, n).
#[allow(unsafe_code, reason = "gemm takes raw pointers")]
fn product(
    (m, n, k): (usize, usize, usize),
    (to, at): (&mut [f32], Matrix),
    (a, of_a): (&[f32], Matrix),
    (b, of_b): (&[f32], Matrix),
) {
    let fits = at.holds(m, n, to.len()) && of_a.holds(m, k, a.len()) && of_b.holds(k, n, b.len());
    assert!(fits, "matrices too short");
    let step = |step: usize| step as isize;
    // SAFETY: the three matrices lie inside their slices, as asserted, and `to`
    // is borrowed alone.
    unsafe {
        gemm(
            m,
            n,
            k,
            to.as_mut_ptr().add(at.start),
            step(at.column),
            step(at.row),
            true,
            a.as_ptr().add(of_a.start),
            step(of_a.column),
            step(of_a.row),
            b.as_ptr().add(of_b.start),
            step(of_b.column),
            step(of_b.row),
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// The plain convolution; `bias` may be empty.
fn forward(x: &[f32], weight: &[f32], bias: &[f32], relu: bool, s: Sizes) -> Vec<f32> {
    let mut y = vec![0.0; s.count * s.outputs * s.plane()];
    if y.is_empty() || s.fan() == 0 {
        return y;
    }
    let work = y.par_chunks_mut(s.outputs * s.plane()).zip(x.par_chunks(s.inputs * s.plane()));
    work.for_each_init(
        || vec![0.0; s.fan() * s.rows() * s.width],
        |buffer, (y, x)| {
            if !bias.is_empty() {
                y.chunks_mut(s.plane()).zip(bias).for_each(|(plane, bias)| plane.fill(*bias));
            }
            for first in (0..s.height).step_by(s.rows()) {
                let rows = s.rows().min(s.height - first);
                let n = rows * s.width;
                columns(x, s, first, rows, buffer);
                let to = Matrix { start: first * s.width, column: 1, row: s.plane() };
                let taps = Matrix { start: 0, column: 1, row: s.fan() };
                let seen = Matrix { start: 0, column: 1, row: n };
                product((s.outputs, n, s.fan()), (y, to), (weight, taps), (buffer, seen));
            }
            if relu {
                y.iter_mut().for_each(|v| *v = v.max(0.0));
            }
        },
    );
    y
}

/// Gradients of weights and bias.
fn of_weights(x: &[f32], dy: &[f32], s: Sizes) -> (Vec<f32>, Vec<f32>) {
    let parts: Vec<(Vec<f32>, Vec<f32>)> = dy
        .par_chunks(s.outputs * s.plane())
        .zip(x.par_chunks(s.inputs * s.plane()))
        .map_init(
            || vec![0.0; s.fan() * s.rows() * s.width],
            |buffer, (dy, x)| {
                // Turned: the longer side first, which is up to twice as fast.
                let mut dw = vec![0.0; s.outputs * s.fan()];
                for first in (0..s.height).step_by(s.rows()) {
                    let rows = s.rows().min(s.height - first);
                    let n = rows * s.width;
                    columns(x, s, first, rows, buffer);
                    let to = Matrix { start: 0, column: 1, row: s.outputs };
                    let seen = Matrix { start: 0, column: 1, row: n };
                    let slope = Matrix { start: first * s.width, column: s.plane(), row: 1 };
                    product((s.fan(), s.outputs, n), (&mut dw, to), (buffer, seen), (dy, slope));
                }
                (dw, dy.chunks(s.plane()).map(|plane| plane.iter().sum()).collect())
            },
        )
        .collect();
    let (mut turned, mut bias) = (vec![0.0; s.outputs * s.fan()], vec![0.0; s.outputs]);
    for (dw, db) in parts {
        turned.iter_mut().zip(dw).for_each(|(sum, v)| *sum += v);
        bias.iter_mut().zip(db).for_each(|(sum, v)| *sum += v);
    }
    let place = |at: usize| turned[at % s.fan() * s.outputs + at / s.fan()];
    ((0..turned.len()).map(place).collect(), bias)
}

/// The kernel that carries gradients back: turned by half a circle, inputs and
/// outputs exchanged.
fn turned(weight: &[f32], s: Sizes) -> Vec<f32> {
    let taps = s.kernel * s.kernel;
    let mut turned = vec![0.0; weight.len()];
    for (at, value) in weight.iter().enumerate() {
        let (output, input, tap) = (at / s.fan(), at / taps % s.inputs, at % taps);
        turned[(input * s.outputs + output) * taps + taps - 1 - tap] = *value;
    }
    turned
}

fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> candle_core::Result<&'a [f32]> {
    let CpuStorage::F32(values) = storage else { bail!("a convolution of other than f32") };
    let Some((from, to)) = layout.contiguous_offsets() else { bail!("not contiguous") };
    match values.get(from..to) {
        Some(values) => Ok(values),
        None => bail!("a tensor outside its memory"),
    }
}

/// Runs `with` on the numbers of a tensor.
fn lend<T>(
    x: &Tensor,
    with: impl FnOnce(&[f32]) -> candle_core::Result<T>,
) -> candle_core::Result<T> {
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => with(floats(storage, layout)?),
        _ => bail!("a gradient on another device"),
    }
}

impl CustomOp3 for SameConv {
    fn name(&self) -> &'static str {
        "same-conv"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        of_x: &Layout,
        weight: &CpuStorage,
        of_weight: &Layout,
        bias: &CpuStorage,
        of_bias: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let s = Sizes::of(of_x.dims(), of_weight.dims())?;
        let bias = floats(bias, of_bias)?;
        if bias.len() != s.outputs {
            bail!("{} biases of {} outputs", bias.len(), s.outputs);
        }
        let y = forward(floats(x, of_x)?, floats(weight, of_weight)?, bias, self.relu, s);
        Ok((CpuStorage::F32(y), Shape::from((s.count, s.outputs, s.height, s.width))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        y: &Tensor,
        dy: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let s = Sizes::of(x.dims(), weight.dims())?;
        let mut slope = lend(&dy.contiguous()?, |dy| Ok(dy.to_vec()))?;
        if self.relu {
            lend(y, |y| {
                slope.iter_mut().zip(y).for_each(|(d, y)| {
                    if *y <= 0.0 {
                        *d = 0.0;
                    }
                });
                Ok(())
            })?;
        }
        let (dw, db) = lend(x, |x| Ok(of_weights(x, &slope, s)))?;
        let dw = Tensor::from_vec(dw, weight.dims(), weight.device())?;
        let db = Tensor::from_vec(db, s.outputs, weight.device())?;
        // What was not computed from a variable needs no gradient.
        let dx = match x.track_op() {
            true => {
                let kernel = lend(weight, |weight| Ok(turned(weight, s)))?;
                let dx = forward(&slope, &kernel, &[], false, s.back());
                Some(Tensor::from_vec(dx, x.dims(), x.device())?)
            }
            false => None,
        };
        Ok((dx, Some(dw), Some(db)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::signal::random::SplitMix;

    fn noise(random: &mut SplitMix, shape: &[usize]) -> Tensor {
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|_| random.normal() as f32).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    fn apart(a: &Tensor, b: &Tensor) -> f32 {
        (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
    }

    /// Value and gradients against candle's own convolution, for kernels of 1,
    /// 3 and 5 and pictures that are no multiple of what is done at a time.
    #[test]
    fn value_and_gradients_are_those_of_the_plain_convolution() {
        let mut random = SplitMix::new(1);
        for (kernel, inputs, outputs, height, width, relu) in
            [(3, 5, 7, 9, 11, true), (1, 3, 2, 4, 6, false), (5, 20, 4, 40, 70, true)]
        {
            let x = Var::from_tensor(&noise(&mut random, &[3, inputs, height, width])).unwrap();
            let w = noise(&mut random, &[outputs, inputs, kernel, kernel]);
            let w = Var::from_tensor(&w).unwrap();
            let b = Var::from_tensor(&noise(&mut random, &[outputs])).unwrap();
            let weighs = noise(&mut random, &[3, outputs, height, width]);
            let ours = same_conv(&x, &w, &b, relu).unwrap();
            let plain = x.conv2d(&w, kernel / 2, 1, 1, 1).unwrap();
            let plain = plain.broadcast_add(&b.reshape((1, (), 1, 1)).unwrap()).unwrap();
            let plain = if relu { plain.relu().unwrap() } else { plain };
            assert!(apart(&ours, &plain) < 1e-3, "{}", apart(&ours, &plain));
            let slopes = |y: &Tensor| (y * &weighs).unwrap().sum_all().unwrap().backward().unwrap();
            let (ours, plain) = (slopes(&ours), slopes(&plain));
            for var in [&x, &w, &b] {
                let (ours, plain) = (ours.get(var).unwrap(), plain.get(var).unwrap());
                let size = plain.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
                assert!(apart(ours, plain) < 1e-4 * size, "{} of {size}", apart(ours, plain));
            }
        }
    }

    /// Against a difference quotient, which knows nothing of our algebra.
    #[test]
    fn the_gradient_is_the_slope() {
        let mut random = SplitMix::new(2);
        let x = noise(&mut random, &[2, 2, 5, 6]);
        let w = Var::from_tensor(&noise(&mut random, &[3, 2, 3, 3])).unwrap();
        let b = Tensor::zeros(3, candle_core::DType::F32, &Device::Cpu).unwrap();
        let loss = |w: &Tensor| {
            let y = same_conv(&x, w, &b, false).unwrap();
            y.sqr().unwrap().sum_all().unwrap()
        };
        let slopes = loss(&w).backward().unwrap();
        let slopes = slopes.get(&w).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let values = w.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for at in [0, 7, 30, 53] {
            let moved = |by: f32| {
                let mut values = values.clone();
                values[at] += by;
                let w = Tensor::from_vec(values, (3, 2, 3, 3), &Device::Cpu).unwrap();
                f64::from(loss(&w).to_scalar::<f32>().unwrap())
            };
            let slope = (moved(0.01) - moved(-0.01)) / 0.02;
            let off = (slope - f64::from(slopes[at])).abs();
            assert!(off < 2e-3 * slope.abs().max(10.0), "{slope} {}", slopes[at]);
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let x = Tensor::zeros((1, 2, 4, 4), candle_core::DType::F32, &Device::Cpu).unwrap();
        let w = Tensor::zeros((3, 1, 3, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let b = Tensor::zeros(3, candle_core::DType::F32, &Device::Cpu).unwrap();
        assert!(same_conv(&x, &w, &b, true).is_err());
        let w = Tensor::zeros((3, 2, 2, 2), candle_core::DType::F32, &Device::Cpu).unwrap();
        assert!(same_conv(&x, &w, &b, true).is_err());
    }
}
