//! The pattern of a sensor, and how well a picture agrees with it.

use rustfft::num_complex::Complex;

use super::fourier::{forward, inverse};
use super::wavelet::{UNIT, noise, residual};

/// Half the side of the square around the peak that is not counted as
/// background (Goljan, Fridrich & Filler 2009, section 2.3).
const PEAK: usize = 2;
/// Pixels from here on are saturated and carry no pattern.
const WHITE: f32 = 250.0;

/// A picture of luma cut to what the filter takes.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<f32>,
}

impl Plane {
    /// Cuts at the right and the bottom.
    pub(super) fn new(pixels: &[f32], width: usize, height: usize) -> Self {
        let (w, h) = (width / UNIT * UNIT, height / UNIT * UNIT);
        let rows = pixels.chunks_exact(width.max(1)).take(h);
        Self { width: w, height: h, pixels: rows.flat_map(|row| row[..w].to_vec()).collect() }
    }

    /// Brightness as far as it carries the pattern.
    fn weights(&self) -> impl Iterator<Item = f32> + '_ {
        self.pixels.iter().map(|&v| if v < WHITE { v } else { 0.0 })
    }

    /// Share of pixels that are neither black nor white.
    pub(super) fn usable(&self) -> f64 {
        let usable = self.pixels.iter().filter(|v| (8.0..WHITE).contains(*v)).count();
        usable as f64 / self.pixels.len().max(1) as f64
    }
}

/// Sums over the reference photographs.
pub(super) struct Sums {
    width: usize,
    over: Vec<f32>,
    under: Vec<f32>,
}

impl Sums {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, over: vec![0.0; width * height], under: vec![0.0; width * height] }
    }

    /// Adds a photograph, or takes it away again with `sign` −1.
    pub(super) fn add(&mut self, plane: &Plane, found: &[f32], sign: f32) {
        let sums = self.over.iter_mut().zip(&mut self.under);
        for ((over, under), (w, i)) in sums.zip(found.iter().zip(plane.weights())) {
            *over += sign * w * i;
            *under += sign * i * i;
        }
    }

    /// K = ΣWI/ΣI² (Chen et al. 2008, equation 6), without what cameras of one
    /// model share.
    pub(super) fn pattern(&self) -> Vec<f32> {
        let mut k: Vec<f32> =
            self.over.iter().zip(&self.under).map(|(o, u)| o / (u + 1.0)).collect();
        clean(&mut k, self.width);
        k
    }
}

/// The residual of a photograph.
pub(super) fn residual_of(plane: &Plane) -> Vec<f32> {
    residual(&plane.pixels, plane.width)
}

/// Takes off the means of rows and columns, of each of the four places in the
/// colour filter array apart, and lines in the spectrum: JPEG blocks,
/// demosaicing and read-out are the same for all cameras of a model (Chen et
/// al. 2008, section IV).
pub(super) fn clean(pattern: &mut [f32], width: usize) {
    let height = pattern.len() / width.max(1);
    for py in 0..2 {
        for px in 0..2 {
            for y in (py..height).step_by(2) {
                let row = &mut pattern[y * width..][..width];
                let n = (width / 2).max(1) as f64;
                let mean = row.iter().skip(px).step_by(2).map(|v| f64::from(*v)).sum::<f64>() / n;
                row.iter_mut().skip(px).step_by(2).for_each(|v| *v -= mean as f32);
            }
        }
        let mut means = vec![0.0f64; width];
        for y in (py..height).step_by(2) {
            means.iter_mut().zip(&pattern[y * width..]).for_each(|(m, v)| *m += f64::from(*v));
        }
        let n = (height / 2).max(1) as f64;
        for y in (py..height).step_by(2) {
            let row = &mut pattern[y * width..][..width];
            row.iter_mut().zip(&means).for_each(|(v, m)| *v -= (m / n) as f32);
        }
    }
    // In the spectrum, what rises above the noise around it is no noise.
    let mut field = forward(pattern, width);
    let scale = (pattern.len().max(1) as f32).sqrt().recip();
    let sizes: Vec<f32> = field.iter().map(|c| c.norm() * scale).collect();
    let variance = crate::signal::stats::variance(pattern) as f32;
    if variance > 0.0 {
        let kept = noise(&sizes, height, variance);
        for ((c, size), kept) in field.iter_mut().zip(&sizes).zip(&kept) {
            *c *= if *size > 0.0 { kept / size } else { 0.0 };
        }
        pattern.copy_from_slice(&inverse(field, width));
    }
}

/// How a picture agrees with a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Agreement {
    /// Peak-to-correlation energy at no shift, negative when the correlation is
    /// (Goljan et al. 2009, equation 5).
    pub(super) pce: f64,
    /// The same at the best of all shifts, and that shift.
    pub(super) best: f64,
    pub(super) shift: (usize, usize),
    /// Plain correlation of the residual with the pattern times the picture.
    pub(super) correlation: f64,
}

/// Compares the residual of `plane` with `pattern`.
pub(super) fn agreement(plane: &Plane, pattern: &[f32]) -> Agreement {
    let mut found = residual_of(plane);
    clean(&mut found, plane.width);
    let mut expected: Vec<f32> = pattern.iter().zip(plane.weights()).map(|(k, i)| k * i).collect();
    for values in [&mut found, &mut expected] {
        let mean = crate::signal::stats::mean(values) as f32;
        values.iter_mut().for_each(|v| *v -= mean);
    }
    let (w, h) = (plane.width, plane.height);
    let energy = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
    let norm = (energy(&found) * energy(&expected)).sqrt();
    let a = forward(&found, w);
    let b = forward(&expected, w);
    let product: Vec<Complex<f32>> = a.iter().zip(&b).map(|(a, b)| a * b.conj()).collect();
    drop((a, b));
    let field = inverse(product, w);
    let total = energy(&field);
    let pce = |x: usize, y: usize| {
        let mut near = 0.0;
        for dy in 0..=2 * PEAK {
            for dx in 0..=2 * PEAK {
                let (x, y) = ((x + w + dx - PEAK) % w, (y + h + dy - PEAK) % h);
                near += f64::from(field[y * w + x]).powi(2);
            }
        }
        let rest = (w * h - (2 * PEAK + 1).pow(2)) as f64;
        let peak = f64::from(field[y * w + x]);
        let background = (total - near).max(0.0) / rest;
        if background > 0.0 { peak * peak.abs() / background } else { 0.0 }
    };
    let best = (0..field.len()).max_by(|&i, &j| field[i].total_cmp(&field[j])).unwrap_or(0);
    let shift = (best % w, best / w);
    Agreement {
        pce: pce(0, 0),
        best: pce(shift.0, shift.1),
        shift,
        correlation: if norm > 0.0 { f64::from(field[0]) / norm } else { 0.0 },
    }
}
