//! Pictures as numbers in 0–1, and what is done to them: resampling, blur,
//! warping, JPEG. Edges are repeated outwards.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};

use super::draw::Draw;
use crate::{Error, Result};

/// `channels` numbers a pixel, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1 for masks, 3 for R, G, B.
    pub channels: usize,
    /// `width × height × channels` numbers.
    pub data: Vec<f32>,
}

/// How a value between pixels is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// The nearest pixel.
    Nearest,
    /// Straight lines.
    Linear,
    /// Keys (1981) with a = −1/2.
    Cubic,
    /// Three lobes.
    Lanczos,
}

impl Kernel {
    fn reach(self) -> f32 {
        match self {
            Self::Nearest => 0.5,
            Self::Linear => 1.0,
            Self::Cubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn at(self, x: f32) -> f32 {
        let x = x.abs();
        match self {
            Self::Nearest => {
                if x <= 0.5 {
                    1.0
                } else {
                    0.0
                }
            }
            Self::Linear => (1.0 - x).max(0.0),
            Self::Cubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Cubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Cubic => 0.0,
            Self::Lanczos if x < 1e-5 => 1.0,
            Self::Lanczos if x < 3.0 => {
                let t = std::f32::consts::PI * x;
                3.0 * t.sin() * (t / 3.0).sin() / (t * t)
            }
            Self::Lanczos => 0.0,
        }
    }
}

impl Pixels {
    /// Zeros.
    pub fn new(width: usize, height: usize, channels: usize) -> Self {
        Self { width, height, channels, data: vec![0.0; width * height * channels] }
    }

    /// From bytes of R, G, B.
    pub fn of_bytes(bytes: &[u8], width: usize, height: usize) -> Self {
        let data = bytes.iter().map(|v| f32::from(*v) / 255.0).collect();
        Self { width, height, channels: 3, data }
    }

    /// As bytes, rounded.
    pub fn bytes(&self) -> Vec<u8> {
        self.data.iter().map(|v| (v * 255.0 + 0.5) as u8).collect()
    }

    /// Each number changed.
    pub fn map(mut self, change: impl Fn(f32) -> f32) -> Self {
        self.data.iter_mut().for_each(|v| *v = change(*v));
        self
    }

    /// Each number changed by that in the same place of `other`.
    pub fn with(mut self, other: &Self, change: impl Fn(f32, f32) -> f32) -> Self {
        self.data.iter_mut().zip(&other.data).for_each(|(a, b)| *a = change(*a, *b));
        self
    }

    /// `self` where `mask` is 0, `other` where it is 1.
    pub fn blended(mut self, other: &Self, mask: &Self) -> Self {
        let channels = self.channels;
        for ((a, b), m) in
            self.data.chunks_mut(channels).zip(other.data.chunks(channels)).zip(&mask.data)
        {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += (b - *a) * m);
        }
        self
    }

    /// Mirrored left to right.
    pub fn mirrored(mut self) -> Self {
        for row in self.data.chunks_mut(self.width * self.channels) {
            for (x, y) in (0..self.width / 2).map(|x| (x, self.width - 1 - x)) {
                for c in 0..self.channels {
                    row.swap(x * self.channels + c, y * self.channels + c);
                }
            }
        }
        self
    }

    /// The part that begins at `(x, y)`.
    pub fn part(&self, x: usize, y: usize, width: usize, height: usize) -> Self {
        let mut part = Self { width, height, channels: self.channels, data: Vec::new() };
        for row in y..(y + height).min(self.height) {
            let start = (row * self.width + x) * self.channels;
            part.data.extend_from_slice(&self.data[start..start + width * self.channels]);
        }
        part
    }

    /// The value at a place between pixels (0 is the middle of the first).
    fn sample(&self, x: f32, y: f32, into: &mut [f32]) {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, below) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| (y * self.width + x) * self.channels;
        let [a, b, c, d] = [at(left, top), at(right, top), at(left, below), at(right, below)];
        for (channel, into) in into.iter_mut().enumerate() {
            let v = |at: usize| self.data[at + channel];
            let upper = v(a) + (v(b) - v(a)) * fx;
            let lower = v(c) + (v(d) - v(c)) * fx;
            *into = upper + (lower - upper) * fy;
        }
    }

    /// Another picture whose pixel (x, y) is taken from `place(x, y)`.
    pub fn warped(
        &self,
        width: usize,
        height: usize,
        place: impl Fn(f32, f32) -> (f32, f32),
    ) -> Self {
        let mut out = Self::new(width, height, self.channels);
        for (at, pixel) in out.data.chunks_mut(self.channels).enumerate() {
            let (x, y) = place((at % width) as f32, (at / width) as f32);
            self.sample(x, y, pixel);
        }
        out
    }

    /// Resampled; where it shrinks, the kernel widens so that nothing aliases.
    pub fn resized(&self, width: usize, height: usize, kernel: Kernel) -> Self {
        let rows = self.across(width, kernel).turned();
        rows.across(height, kernel).turned()
    }

    fn across(&self, width: usize, kernel: Kernel) -> Self {
        let scale = self.width as f32 / width as f32;
        let wide = scale.max(1.0);
        let mut taps: Vec<(usize, Vec<f32>)> = Vec::with_capacity(width);
        for x in 0..width {
            let centre = (x as f32 + 0.5) * scale - 0.5;
            let reach = kernel.reach() * wide;
            let (from, to) = ((centre - reach).ceil() as isize, (centre + reach).floor() as isize);
            let mut weights = vec![0.0; (to - from + 1).max(1) as usize];
            for (i, weight) in weights.iter_mut().enumerate() {
                *weight = kernel.at(((from + i as isize) as f32 - centre) / wide);
            }
            // A tie between two pixels: the first.
            if kernel == Kernel::Nearest && wide == 1.0 {
                weights.truncate(1);
            }
            let sum: f32 = weights.iter().sum();
            if sum != 0.0 {
                weights.iter_mut().for_each(|w| *w /= sum);
            }
            // What lies outside falls to the edge.
            let last = self.width as isize - 1;
            let first = from.clamp(0, last);
            let mut folded = vec![0.0; (to.clamp(0, last) - first + 1) as usize];
            for (i, weight) in weights.iter().enumerate() {
                folded[((from + i as isize).clamp(0, last) - first) as usize] += weight;
            }
            taps.push((first as usize, folded));
        }
        let mut out = Self::new(width, self.height, self.channels);
        let c = self.channels;
        let lines = out.data.chunks_mut(width * c).zip(self.data.chunks(self.width * c));
        for (out, row) in lines {
            for (pixel, (first, weights)) in out.chunks_mut(c).zip(&taps) {
                for (weight, source) in weights.iter().zip(row[first * c..].chunks(c)) {
                    pixel.iter_mut().zip(source).for_each(|(p, s)| *p += weight * s);
                }
            }
        }
        out
    }

    /// Rows and columns exchanged.
    fn turned(&self) -> Self {
        let mut out = Self::new(self.height, self.width, self.channels);
        let c = self.channels;
        for y in 0..self.height {
            for x in 0..self.width {
                let (from, to) = ((y * self.width + x) * c, (x * self.height + y) * c);
                out.data[to..to + c].copy_from_slice(&self.data[from..from + c]);
            }
        }
        out
    }

    /// A Gaussian of `sigma` pixels, cut off at three of them.
    pub fn blurred(&self, sigma: f32) -> Self {
        if sigma < 0.1 {
            return self.clone();
        }
        let reach = (3.0 * sigma).ceil() as usize;
        let mut taps: Vec<f32> = (0..=2 * reach)
            .map(|i| (-((i as f32 - reach as f32) / sigma).powi(2) / 2.0).exp())
            .collect();
        let sum: f32 = taps.iter().sum();
        taps.iter_mut().for_each(|t| *t /= sum);
        self.along(&taps).turned().along(&taps).turned()
    }

    fn along(&self, taps: &[f32]) -> Self {
        let (c, reach) = (self.channels, taps.len() / 2);
        let mut out = Self::new(self.width, self.height, c);
        let mut wide = Vec::with_capacity((self.width + 2 * reach) * c);
        let lines = out.data.chunks_mut(self.width * c).zip(self.data.chunks(self.width * c));
        for (out, row) in lines {
            wide.clear();
            (0..reach).for_each(|_| wide.extend_from_slice(&row[..c]));
            wide.extend_from_slice(row);
            (0..reach).for_each(|_| wide.extend_from_slice(&row[row.len() - c..]));
            for (tap, weight) in taps.iter().enumerate() {
                let source = &wide[tap * c..tap * c + out.len()];
                out.iter_mut().zip(source).for_each(|(o, s)| *o += weight * s);
            }
        }
        out
    }

    /// Through a JPEG file of this quality, with colours at half size if so
    /// wished, as most cameras and services store them.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn through_jpeg(&self, quality: u8, half_colours: bool) -> Result<Self> {
        let failed = |error: &dyn ToString| Error::compute("a JPEG", error.to_string());
        let source = if half_colours { self.half_colours() } else { self.clone() };
        let (width, height) = (self.width as u32, self.height as u32);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode(&source.bytes(), width, height, ExtendedColorType::Rgb8)
            .map_err(|error| failed(&error))?;
        let image = image::load(Cursor::new(bytes), ImageFormat::Jpeg);
        let image = image.map_err(|error| failed(&error))?.into_rgb8();
        Ok(Self::of_bytes(image.as_raw(), self.width, self.height))
    }

    /// Colour differences averaged over 2 × 2 pixels, luma as it is.
    fn half_colours(&self) -> Self {
        let luma = |p: &[f32]| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        let mut colours = self.clone();
        for pixel in colours.data.chunks_mut(3) {
            let y = luma(pixel);
            pixel.iter_mut().for_each(|v| *v -= y);
        }
        let (w, h) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let small = colours.resized(w, h, Kernel::Linear);
        let colours = small.resized(self.width, self.height, Kernel::Linear);
        let mut out = colours;
        for (pixel, source) in out.data.chunks_mut(3).zip(self.data.chunks(3)) {
            let y = luma(source);
            pixel.iter_mut().for_each(|v| *v = (*v + y).clamp(0.0, 1.0));
        }
        out
    }
}

/// Displacements in pixels, smooth, of standard deviation `size` and about
/// `spacing` pixels wide.
pub struct Waves {
    x: Pixels,
    y: Pixels,
}

impl Waves {
    /// For a picture of `width × height`.
    pub fn new(draw: &mut Draw, width: usize, height: usize, spacing: f32, size: f32) -> Self {
        let (w, h) = (
            (width as f32 / spacing).ceil() as usize + 1,
            (height as f32 / spacing).ceil() as usize + 1,
        );
        let mut one = || {
            let mut noise = Pixels::new(w, h, 1);
            noise.data.iter_mut().for_each(|v| *v = size * draw.normal());
            noise.resized(width, height, Kernel::Cubic)
        };
        Self { x: one(), y: one() }
    }

    /// The displacement at a pixel.
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let at =
            (y as usize).min(self.x.height - 1) * self.x.width + (x as usize).min(self.x.width - 1);
        (self.x.data[at], self.y.data[at])
    }
}
