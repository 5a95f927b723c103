//! Each kernel against its definition, on shapes chosen to be awkward: odd
//! sizes, channels that fill no vector, asymmetric padding, partial tiles.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test should stop")]

use super::naive::{self, Grid};
use super::*;

/// A reproducible stream of values in [-1, 1).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        // Knuth's MMIX linear congruential generator; the high bits are good.
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }

    fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next() as f32 / (1u64 << 30) as f32 - 1.0).collect()
    }

    fn picture(&mut self, height: usize, width: usize, channels: usize) -> Grid {
        Grid::new(height, width, channels, self.values(height * width * channels))
    }

    /// A convolution whose sums stay near one.
    fn layer(&mut self, dims: [usize; 4]) -> Layer {
        let [outputs, inputs, height, width] = dims;
        let scale = 1.0 / (inputs * height * width) as f32;
        let mut kernel = self.values(outputs * inputs * height * width);
        kernel.iter_mut().for_each(|tap| *tap *= scale.sqrt());
        Layer { dims, kernel, bias: self.values(outputs), slopes: self.values(outputs) }
    }
}

struct Layer {
    dims: [usize; 4],
    kernel: Vec<f32>,
    bias: Vec<f32>,
    slopes: Vec<f32>,
}

impl Layer {
    fn weights(&self) -> Weights<'_> {
        Weights { dims: self.dims, kernel: &self.kernel, bias: &self.bias }
    }

    fn activation(&self, which: u64) -> Activation<'_> {
        match which % 3 {
            0 => Activation::Linear,
            1 => Activation::Relu,
            _ => Activation::Prelu(&self.slopes),
        }
    }
}

/// `grid` as it lies: height, width, channel.
fn rows(grid: &Grid) -> Picture<'_> {
    let Shape { width, channels, .. } = grid.shape;
    Picture { data: &grid.data, strides: [width * channels, channels, 1] }
}

/// Both instruction sets, or the one there is.
fn sets() -> Vec<Isa> {
    let mut sets = vec![Isa::portable(), Isa::detect()];
    sets.dedup();
    sets
}

fn compare(what: &str, expected: &Grid, found: &[f32]) {
    assert_eq!(expected.data.len(), found.len(), "{what}");
    for (i, (a, b)) in expected.data.iter().zip(found).enumerate() {
        assert!((a - b).abs() <= 1e-5 * a.abs().max(1.0), "{what}: {a} ≠ {b} at {i}");
    }
}

/// A network of one pointwise layer, so that there is an inner tensor.
fn start(input: &Grid, first: &Layer) -> (Builder, Tensor, Grid) {
    let (mut builder, tensor) = Builder::new(input.shape).unwrap();
    let w = first.weights();
    let tensor =
        builder.conv(tensor, &w, 1, Padding::Same, Activation::Linear, Skip::None).unwrap();
    (builder, tensor, naive::conv(input, &w, 1, Padding::Same))
}

#[test]
fn convolutions_agree_with_their_definition() {
    let mut noise = Noise(1);
    for round in 0..60 {
        let [kernel, stride] = [[1, 1], [2, 2], [3, 1], [3, 2], [5, 2], [1, 2]][round % 6];
        let padding = match round % 5 {
            3 => Padding::Valid,
            4 => Padding::Both(kernel / 2),
            _ => Padding::Same,
        };
        let [height, width] = [0; 2].map(|_| 5 + noise.next() as usize % 14);
        // The two axes must ask for the same zeros before the first pixel.
        let width = if stride == 2 { width / 2 * 2 + height % 2 } else { width };
        let channels = 1 + noise.next() as usize % 40;
        let outputs = 1 + noise.next() as usize % 90;
        let input = noise.picture(height, width, channels);
        let layer = noise.layer([outputs, channels, kernel, kernel]);
        let activation = layer.activation(noise.next());
        let what =
            format!("{height}×{width}×{channels} → {outputs}, {kernel}/{stride} {padding:?}");
        let expected =
            naive::activate(&naive::conv(&input, &layer.weights(), stride, padding), activation);
        for isa in sets() {
            // On the network's input, of tight channels …
            let (mut builder, tensor) = Builder::new(input.shape).unwrap();
            let w = layer.weights();
            let end = builder.conv(tensor, &w, stride, padding, activation, Skip::None).unwrap();
            assert_eq!(builder.shape(end), expected.shape, "{what}");
            let plan = builder.finish(isa, &[end]).unwrap();
            compare(&what, &expected, &plan.run(&rows(&input)).unwrap()[0]);
            // … and on an inner tensor, of padded ones.
            let first = noise.layer([channels, channels, 1, 1]);
            let (mut builder, tensor, inner) = start(&input, &first);
            let end = builder.conv(tensor, &w, stride, padding, activation, Skip::None).unwrap();
            let plan = builder.finish(isa, &[end]).unwrap();
            let expected = naive::activate(&naive::conv(&inner, &w, stride, padding), activation);
            compare(&what, &expected, &plan.run(&rows(&input)).unwrap()[0]);
        }
    }
}

#[test]
fn separable_blocks_agree_with_their_definition() {
    let mut noise = Noise(2);
    for round in 0..60 {
        let [height, width] = [0; 2].map(|_| 1 + noise.next() as usize % 30);
        let stride = 1 + round % 2;
        let width = if stride == 2 { width / 2 * 2 + height % 2 } else { width }.max(1);
        let channels = 1 + noise.next() as usize % 60;
        let outputs = channels + noise.next() as usize % 30;
        let what = format!("{height}×{width}×{channels} → {outputs}, stride {stride}");
        let input = noise.picture(height, width, 3);
        let first = noise.layer([channels, 3, 1, 1]);
        let depthwise = noise.layer([channels, 1, 3, 3]);
        let pointwise = noise.layer([outputs, channels, 1, 1]);
        let late = round % 3 == 0;
        let activation = pointwise.activation(noise.next());
        for isa in sets() {
            let (mut builder, tensor, inner) = start(&input, &first);
            let (skip, beside) = match stride {
                2 => (Skip::Pool(tensor), naive::pool(&inner)),
                _ if late => (Skip::AddAfter(tensor), inner.clone()),
                _ => (Skip::Add(tensor), inner.clone()),
            };
            let (dw, pw) = (depthwise.weights(), pointwise.weights());
            let end = builder.separable(tensor, &dw, stride, &pw, activation, skip).unwrap();
            let plan = builder.finish(isa, &[end]).unwrap();
            let middle = naive::conv(&inner, &dw, stride, Padding::Same);
            let sums = naive::conv(&middle, &pw, 1, Padding::Same);
            let expected = match skip {
                Skip::AddAfter(_) => naive::add(&naive::activate(&sums, activation), &beside),
                _ => naive::activate(&naive::add(&sums, &beside), activation),
            };
            assert_eq!(expected.shape.height, height.div_ceil(stride), "{what}");
            compare(&what, &expected, &plan.run(&rows(&input)).unwrap()[0]);
        }
    }
}

#[test]
fn maxima_agree_with_their_definition() {
    let mut noise = Noise(9);
    for [height, width, channels] in [[1, 1, 3], [2, 5, 8], [7, 4, 17], [13, 12, 40]] {
        let input = noise.picture(height, width, channels);
        let first = noise.layer([channels, channels, 1, 1]);
        // Something behind that asks for a border around both.
        let last = noise.layer([channels, channels, 3, 3]);
        let (mut builder, tensor, inner) = start(&input, &first);
        let pooled = builder.max_pool_3_2_1(tensor).unwrap();
        let cut = builder.relu(tensor).unwrap();
        let ends: Vec<Tensor> = [pooled, cut]
            .map(|tensor| {
                let w = last.weights();
                let (curve, skip) = (Activation::Linear, Skip::None);
                builder.conv(tensor, &w, 1, Padding::Both(1), curve, skip).unwrap()
            })
            .to_vec();
        let plan = builder.finish(Isa::detect(), &[pooled, cut, ends[0], ends[1]]).unwrap();
        let expected = [naive::max_pool(&inner), naive::activate(&inner, Activation::Relu)];
        for _ in 0..2 {
            let found = plan.run(&rows(&input)).unwrap();
            for (which, expected) in expected.iter().enumerate() {
                compare("maximum", expected, &found[which]);
                let behind = naive::conv(expected, &last.weights(), 1, Padding::Same);
                compare("behind it", &behind, &found[2 + which]);
            }
        }
    }
}

#[test]
fn resizing_agrees_with_its_definition() {
    let mut noise = Noise(3);
    for [height, width, channels, to_height, to_width] in
        [[6, 6, 96, 12, 12], [1, 1, 3, 4, 2], [5, 7, 9, 11, 13], [9, 4, 17, 3, 4]]
    {
        let input = noise.picture(height, width, channels);
        let first = noise.layer([channels, channels, 1, 1]);
        for isa in sets() {
            let (mut builder, tensor, inner) = start(&input, &first);
            let end = builder.resize(tensor, to_height, to_width).unwrap();
            let plan = builder.finish(isa, &[end]).unwrap();
            let expected = naive::resize(&inner, to_height, to_width);
            compare("resize", &expected, &plan.run(&rows(&input)).unwrap()[0]);
        }
    }
}

/// Eight blocks of changing size with an output in the middle, then two
/// branches that each end in a convolution over the whole map.
fn deep(noise: &mut Noise) -> (Plan, Grid) {
    let input = noise.picture(37, 37, 3);
    let first = noise.layer([20, 3, 1, 1]);
    let (mut builder, mut trunk, _) = start(&input, &first);
    let mut outputs = Vec::new();
    for round in 0..8 {
        trunk = block(&mut builder, noise, trunk, round, 1 + round % 4 / 3);
        if round == 4 {
            outputs.push(trunk);
        }
    }
    for branch in 0..2 {
        let mut at = trunk;
        for round in 0..3 {
            at = block(&mut builder, noise, at, branch, 1 + round % 2);
        }
        let Shape { height, channels, .. } = builder.shape(at);
        let whole = noise.layer([900, channels, height, height]);
        let w = whole.weights();
        let end = builder.conv(at, &w, 1, Padding::Valid, Activation::Linear, Skip::None);
        outputs.push(end.unwrap());
    }
    (builder.finish(Isa::detect(), &outputs).unwrap(), input)
}

/// One separable block with `more` channels than `from`.
fn block(
    builder: &mut Builder,
    noise: &mut Noise,
    from: Tensor,
    more: usize,
    stride: usize,
) -> Tensor {
    let channels = builder.shape(from).channels;
    let depthwise = noise.layer([channels, 1, 3, 3]);
    let pointwise = noise.layer([channels + more, channels, 1, 1]);
    let skip = if stride == 1 { Skip::Add(from) } else { Skip::Pool(from) };
    let (dw, pw) = (depthwise.weights(), pointwise.weights());
    builder.separable(from, &dw, stride, &pw, pointwise.activation(2), skip).unwrap()
}

#[test]
fn a_second_run_over_used_buffers_changes_nothing() {
    let (plan, input) = deep(&mut Noise(4));
    let mut other = input.clone();
    other.data.iter_mut().for_each(|v| *v *= 100.0);
    let first = plan.run(&rows(&input)).unwrap();
    assert_ne!(first, plan.run(&rows(&other)).unwrap());
    assert_eq!(first, plan.run(&rows(&input)).unwrap());
}

#[test]
fn threads_change_nothing() {
    let (plan, input) = deep(&mut Noise(5));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| plan.run(&rows(&input))).unwrap()
    };
    let one = run(1);
    for threads in [2, 3, 7] {
        assert_eq!(one, run(threads), "{threads} threads");
    }
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let mut noise = Noise(8);
    let (plan, input) = deep(&mut noise);
    let Shape { height, width, channels } = input.shape;
    let mut planes = Vec::new();
    let mut columns = Vec::new();
    for c in 0..channels {
        for y in 0..height {
            planes.extend((0..width).map(|x| input.data[(y * width + x) * channels + c]));
        }
    }
    for x in 0..width {
        for c in 0..channels {
            columns.extend((0..height).map(|y| input.data[(y * width + x) * channels + c]));
        }
    }
    let expected = plan.run(&rows(&input)).unwrap();
    let planes = Picture { data: &planes, strides: [width, 1, height * width] };
    let columns = Picture { data: &columns, strides: [1, channels * height, height] };
    assert_eq!(expected, plan.run(&planes).unwrap());
    assert_eq!(expected, plan.run(&columns).unwrap());
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut noise = Noise(6);
    let input = noise.picture(8, 8, 3);
    let layer = noise.layer([16, 3, 1, 1]);
    let (mut builder, tensor, _) = start(&input, &layer);
    let mut conv = |layer: &Layer, skip| {
        let w = layer.weights();
        builder.conv(tensor, &w, 1, Padding::Valid, Activation::Linear, skip).is_err()
    };
    assert!(conv(&layer, Skip::None), "three channels on sixteen");
    assert!(conv(&noise.layer([8, 16, 9, 9]), Skip::None), "nine pixels on eight");
    assert!(conv(&noise.layer([8, 16, 1, 1]), Skip::Add(tensor)), "sixteen beside eight");
    assert!(conv(&noise.layer([16, 16, 1, 1]), Skip::Pool(tensor)), "half the size");
    let mut short = noise.layer([16, 16, 1, 1]);
    short.bias.pop();
    assert!(conv(&short, Skip::None), "a bias too few");
    let fine = noise.layer([16, 16, 1, 1]);
    assert!(!conv(&fine, Skip::Add(tensor)));
    let (dw, pw) = (noise.layer([16, 1, 5, 5]), noise.layer([16, 16, 1, 1]));
    let (dw, pw) = (dw.weights(), pw.weights());
    let five = builder.separable(tensor, &dw, 1, &pw, Activation::Linear, Skip::None);
    assert!(five.is_err(), "five taps a side");
    let plan = builder.finish(Isa::detect(), &[tensor]).unwrap();
    let Picture { data, strides } = rows(&input);
    assert!(plan.run(&Picture { data: &data[1..], strides }).is_err(), "a value too few");
}

#[test]
fn slopes_must_fit_their_channels() {
    let mut noise = Noise(7);
    let layer = noise.layer([4, 3, 1, 1]);
    let shape = Shape { height: 2, width: 2, channels: 3 };
    let (mut builder, tensor) = Builder::new(shape).unwrap();
    let activation = Activation::Prelu(&layer.slopes[1..]);
    let w = layer.weights();
    let end = builder.conv(tensor, &w, 1, Padding::Same, activation, Skip::None).unwrap();
    assert!(builder.finish(Isa::detect(), &[end]).is_err());
}
