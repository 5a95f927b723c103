//! Green and the differences of colour, row by row, from any layout of pixels.

use crate::media::frame::Row;
use crate::media::{Colour, Frame, Pixels, Plane, Subsampling};

/// Where the pixels of one picture come from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pixels: Pixels<'a>,
    matrix: Colour,
    /// Whether every pixel has its own colour; otherwise luma stands for green
    /// and there are no differences.
    pub(super) colour: bool,
}

/// Rows of one picture: green (or luma), red − green and blue − green on the
/// 0–255 scale. Not rounded, not clipped.
#[derive(Clone, Default)]
pub(super) struct Line {
    pub(super) green: Vec<f32>,
    pub(super) red: Vec<f32>,
    pub(super) blue: Vec<f32>,
}

impl<'a> Source<'a> {
    pub(super) fn new(frame: &Frame<'a>) -> Self {
        let full = Subsampling { horizontal: 0, vertical: 0 };
        let colour = match &frame.pixels {
            Pixels::Gray(_) => false,
            Pixels::Yuv { subsampling, .. } => *subsampling == full,
            Pixels::Rgb(_) => true,
        };
        Self { pixels: frame.pixels, matrix: frame.colour, colour }
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        self.pixels.size()
    }

    /// Reads row `y` into `line`.
    pub(super) fn row(&self, y: usize, line: &mut Line) {
        let Line { green, red, blue } = line;
        match &self.pixels {
            Pixels::Rgb(plane) => rgb(plane, y, line),
            Pixels::Gray(plane) => read(plane, y, true, green),
            Pixels::Yuv { y: luma, u, v, .. } => {
                let full = self.matrix.full_range;
                read(luma, y, full, green);
                if !self.colour {
                    return;
                }
                read(u, y, full, blue);
                read(v, y, full, red);
                // Y = kr·R + kg·G + kb·B, so G − Y follows from R − Y and B − Y
                // (ITU-R BT.601-7, item 2.5). Limited range holds chroma in 224
                // and luma in 219 of 255 levels.
                let (kr, kb) = (self.matrix.kr, self.matrix.kb);
                let (chroma, stretch) =
                    if full { (1.0, 1.0) } else { (255.0 / 224.0, 255.0 / 219.0) };
                for ((g, r), b) in green.iter_mut().zip(red.iter_mut()).zip(blue.iter_mut()) {
                    let from_y = |value: f32, k: f32| 2.0 * (1.0 - k) * chroma * (value - 128.0);
                    let (dr, db) = (from_y(*r, kr), from_y(*b, kb));
                    let dg = -(kr * dr + kb * db) / (1.0 - kr - kb);
                    *g = *g * stretch + dg;
                    (*r, *b) = (dr - dg, db - dg);
                }
            }
        }
    }
}

/// Samples of a row on the 0–255 scale.
fn read(plane: &Plane<'_>, y: usize, full: bool, out: &mut Vec<f32>) {
    out.clear();
    match plane.row(y) {
        Row::Eight(row) => out.extend(row.iter().map(|&v| f32::from(v))),
        Row::Sixteen(row) => {
            let scale = scale(plane.bits, full);
            out.extend(row.iter().map(|&v| f32::from(v) * scale));
        }
    }
    out.resize(plane.width, 0.0); // a row the plane lacks
}

fn scale(bits: u32, full: bool) -> f32 {
    let bits = bits.clamp(8, 16);
    if full { 255.0 / ((1u32 << bits) - 1) as f32 } else { 1.0 / (1u32 << (bits - 8)) as f32 }
}

fn rgb(plane: &Plane<'_>, y: usize, line: &mut Line) {
    // `width` counts pixels here and `stride` samples: a row as a plane of its own.
    let samples = Plane { width: plane.width.saturating_mul(3), ..*plane };
    let mut push = |r: f32, g: f32, b: f32| {
        line.green.push(g);
        line.red.push(r - g);
        line.blue.push(b - g);
    };
    match samples.row(y) {
        Row::Eight(row) => row.as_chunks::<3>().0.iter().for_each(|p| {
            let [r, g, b] = p.map(f32::from);
            push(r, g, b);
        }),
        Row::Sixteen(row) => {
            let scale = scale(plane.bits, true);
            row.as_chunks::<3>().0.iter().for_each(|p| {
                let [r, g, b] = p.map(|v| f32::from(v) * scale);
                push(r, g, b);
            });
        }
    }
    for values in [&mut line.green, &mut line.red, &mut line.blue] {
        values.resize(plane.width, 0.0);
    }
}

impl Line {
    /// Empties all three.
    pub(super) fn clear(&mut self) {
        self.green.clear();
        self.red.clear();
        self.blue.clear();
    }
}
