//! The same operations written down as their definitions, one pixel and one
//! channel at a time: what the kernels are accepted against.

use super::build::Padding;
use super::pack::{Activation, Weights};
use super::tensor::Shape;

/// A picture of channels, without padding.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub shape: Shape,
    pub data: Vec<f32>,
}

impl Grid {
    pub fn new(height: usize, width: usize, channels: usize, data: Vec<f32>) -> Self {
        assert_eq!(data.len(), height * width * channels);
        Self { shape: Shape { height, width, channels }, data }
    }

    fn make(shape: Shape, f: impl Fn(usize, usize, usize) -> f32) -> Self {
        let mut data = Vec::new();
        for y in 0..shape.height {
            for x in 0..shape.width {
                data.extend((0..shape.channels).map(|c| f(y, x, c)));
            }
        }
        Self { shape, data }
    }

    /// A value; zero outside the picture and beyond the channels.
    fn at(&self, y: isize, x: isize, c: usize) -> f32 {
        let Shape { height, width, channels } = self.shape;
        let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
        if inside && c < channels {
            self.data[(y as usize * width + x as usize) * channels + c]
        } else {
            0.0
        }
    }
}

/// Output pixels along one axis, and zeros before the first, by TensorFlow's
/// definition of the two kinds of padding.
fn axis(input: usize, kernel: usize, stride: usize, padding: Padding) -> (usize, isize) {
    match padding {
        Padding::Valid => ((input - kernel + stride) / stride, 0),
        Padding::Both(zeros) => ((input + 2 * zeros - kernel + stride) / stride, zeros as isize),
        Padding::Same => {
            let output = input.div_ceil(stride);
            let total = ((output - 1) * stride + kernel) as isize - input as isize;
            (output, total.max(0) / 2)
        }
    }
}

/// Convolution over all channels, or over each by itself where the kernel has
/// one input channel and the picture more.
pub(super) fn conv(from: &Grid, w: &Weights<'_>, stride: usize, padding: Padding) -> Grid {
    let [outputs, inputs, kh, kw] = w.dims;
    let depthwise = inputs == 1 && from.shape.channels > 1;
    let (height, top) = axis(from.shape.height, kh, stride, padding);
    let (width, left) = axis(from.shape.width, kw, stride, padding);
    Grid::make(Shape { height, width, channels: outputs }, |y, x, output| {
        let mut sum = f64::from(w.bias[output]);
        for ky in 0..kh {
            for kx in 0..kw {
                for input in 0..inputs {
                    let channel = if depthwise { output } else { input };
                    let yy = (y * stride + ky) as isize - top;
                    let xx = (x * stride + kx) as isize - left;
                    let tap = w.kernel[((output * inputs + input) * kh + ky) * kw + kx];
                    sum += f64::from(tap) * f64::from(from.at(yy, xx, channel));
                }
            }
        }
        sum as f32
    })
}

pub(super) fn activate(picture: &Grid, activation: Activation<'_>) -> Grid {
    Grid::make(picture.shape, |y, x, c| {
        let value = picture.at(y as isize, x as isize, c);
        match activation {
            Activation::Linear => value,
            Activation::Relu => value.max(0.0),
            Activation::Prelu(slopes) if value < 0.0 => value * slopes[c],
            Activation::Prelu(_) => value,
        }
    })
}

/// The sum, in `a`'s channels; those that `b` lacks get nothing.
pub(super) fn add(a: &Grid, b: &Grid) -> Grid {
    Grid::make(a.shape, |y, x, c| a.at(y as isize, x as isize, c) + b.at(y as isize, x as isize, c))
}

pub(super) fn pool(from: &Grid) -> Grid {
    let Shape { height, width, channels } = from.shape;
    let shape = Shape { height: height.div_ceil(2), width: width.div_ceil(2), channels };
    Grid::make(shape, |y, x, c| {
        let mut best = f32::NEG_INFINITY;
        for yy in 2 * y..(2 * y + 2).min(height) {
            for xx in 2 * x..(2 * x + 2).min(width) {
                best = best.max(from.at(yy as isize, xx as isize, c));
            }
        }
        best
    })
}

/// Maxima of 3 × 3 in steps of 2, around every second pixel.
pub(super) fn max_pool(from: &Grid) -> Grid {
    let Shape { height, width, channels } = from.shape;
    let shape = Shape { height: height.div_ceil(2), width: width.div_ceil(2), channels };
    Grid::make(shape, |y, x, c| {
        let near = |at: usize, size: usize| (2 * at).max(1) - 1..(2 * at + 2).min(size);
        let all = near(y, height).flat_map(|y| near(x, width).map(move |x| (y, x)));
        all.map(|(y, x)| from.at(y as isize, x as isize, c)).fold(f32::NEG_INFINITY, f32::max)
    })
}

pub(super) fn resize(from: &Grid, height: usize, width: usize) -> Grid {
    let Shape { height: h, width: w, channels } = from.shape;
    let near = |i: usize, inputs: usize, outputs: usize| {
        let at = ((i as f32 + 0.5) * inputs as f32 / outputs as f32 - 0.5).max(0.0);
        let low = (at.floor() as usize).min(inputs - 1);
        (low as isize, (low + 1).min(inputs - 1) as isize, at - at.floor())
    };
    Grid::make(Shape { height, width, channels }, |y, x, c| {
        let (y0, y1, v) = near(y, h, height);
        let (x0, x1, u) = near(x, w, width);
        let above = from.at(y0, x0, c) * (1.0 - u) + from.at(y0, x1, c) * u;
        let below = from.at(y1, x0, c) * (1.0 - u) + from.at(y1, x1, c) * u;
        above * (1.0 - v) + below * v
    })
}
