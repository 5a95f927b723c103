//! A classical detector: how residuals of neighbouring pixels go together,
//! counted, and a line through the counts.
//!
//! Residuals are quantised, cut off at ±2 and counted in pairs (Fridrich &
//! Kodovský, *Rich Models for Steganalysis of Digital Images*, IEEE TIFS 2012; for
//! forgeries Cozzolino, Gragnaniello & Verdoliva, ICIP 2014), the two signs and
//! the two directions together. Beside them: how strong residuals are at each
//! place of 2 × 2 pixels, which doubling makes unequal (Gallagher 2005), at
//! three sizes, and in each of 4 × 4 blocks against the others, which a blended
//! part makes unequal.

use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};
use rayon::prelude::*;

use super::network::Network;
use crate::{Error, Result};

/// Bins of pairs of values in −2..=2 that differ by more than their signs.
const PAIRS: usize = 13;
/// Quantisation steps, in levels of 256.
const STEPS: [f32; 2] = [1.0, 3.0];
/// Kinds of residuals that are counted.
const KINDS: usize = 5;
/// Blocks a side.
const BLOCKS: usize = 4;
/// Numbers of a picture.
pub const COUNT: usize = KINDS * STEPS.len() * PAIRS + 4 + 6 + 3 * BLOCKS * BLOCKS;

/// A plane of numbers in levels of 256.
struct Plane {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl Plane {
    /// What `of` makes of each pixel's neighbours; the rim, two pixels wide, is left out.
    fn residual(&self, of: impl Fn(&dyn Fn(isize, isize) -> f32) -> f32) -> Self {
        let (width, height) = (self.width - 4, self.height - 4);
        let mut data = Vec::with_capacity(width * height);
        for y in 2..self.height - 2 {
            for x in 2..self.width - 2 {
                let at = (y * self.width + x) as isize;
                data.push(of(&|dx, dy| self.data[(at + dy * self.width as isize + dx) as usize]));
            }
        }
        Self { width, height, data }
    }

    /// Means of 2 × 2 pixels.
    fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let at = |x: usize, y: usize| self.data[y * self.width + x];
        let data = (0..width * height)
            .map(|i| {
                let (x, y) = (2 * (i % width), 2 * (i / width));
                (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0
            })
            .collect();
        Self { width, height, data }
    }

    fn mean_size(&self) -> f32 {
        self.data.iter().map(|v| v.abs()).sum::<f32>() / self.data.len().max(1) as f32
    }
}

/// The bin of a pair: `(a, b)`, `(b, a)`… stay apart, `(−a, −b)` falls to `(a, b)`.
fn bin(a: i32, b: i32) -> usize {
    let at = (a + 2) * 5 + b + 2;
    at.min(24 - at) as usize
}

/// Shares of the pairs `(0, 0) – (dx, dy)` of quantised residuals.
fn count(residual: &Plane, step: f32, (dx, dy): (usize, usize), into: &mut [f32]) {
    let quantised: Vec<i32> =
        residual.data.iter().map(|v| ((v / step).round() as i32).clamp(-2, 2)).collect();
    for y in 0..residual.height - dy {
        for x in 0..residual.width - dx {
            let at = y * residual.width + x;
            into[bin(quantised[at], quantised[at + dy * residual.width + dx])] += 1.0;
        }
    }
}

/// The numbers of a picture of planes R, G, B in 0–1.
fn numbers(rgb: &[f32], width: usize, height: usize) -> Vec<f32> {
    let area = width * height;
    let plane = |weights: [f32; 3]| Plane {
        width,
        height,
        data: (0..area)
            .map(|i| 255.0 * (0..3).map(|c| weights[c] * rgb[c * area + i]).sum::<f32>())
            .collect(),
    };
    let luma = plane([0.299, 0.587, 0.114]);
    let colours = [plane([-0.1687, -0.3313, 0.5]), plane([0.5, -0.4187, -0.0813])];
    let kb = |p: &dyn Fn(isize, isize) -> f32| {
        let cross = p(1, 0) + p(-1, 0) + p(0, 1) + p(0, -1);
        let corners = p(1, 1) + p(-1, 1) + p(1, -1) + p(-1, -1);
        (2.0 * cross - corners - 4.0 * p(0, 0)) / 4.0
    };
    let first = [luma.residual(|p| p(1, 0) - p(0, 0)), luma.residual(|p| p(0, 1) - p(0, 0))];
    let second = [
        luma.residual(|p| (p(1, 0) + p(-1, 0)) / 2.0 - p(0, 0)),
        luma.residual(|p| (p(0, 1) + p(0, -1)) / 2.0 - p(0, 0)),
    ];
    let fine = luma.residual(kb);
    let mut told = Vec::with_capacity(COUNT);
    for step in STEPS {
        // Along the residual's own direction, and across it.
        for [a, b] in [&first, &second] {
            for across in [false, true] {
                let mut shares = [0.0; PAIRS];
                let (one, other) = if across { ((0, 1), (1, 0)) } else { ((1, 0), (0, 1)) };
                count(a, step, one, &mut shares);
                count(b, step, other, &mut shares);
                told.extend(normal(shares));
            }
        }
        let mut shares = [0.0; PAIRS];
        count(&fine, step, (1, 0), &mut shares);
        count(&fine, step, (0, 1), &mut shares);
        told.extend(normal(shares));
    }
    // Each place of 2 × 2, strongest first, against their mean.
    let mut places = [0.0f32; 4];
    for (at, v) in fine.data.iter().enumerate() {
        places[at / fine.width % 2 * 2 + at % fine.width % 2] += v.abs();
    }
    let mean = places.iter().sum::<f32>() / 4.0 + 1e-3;
    places.sort_by(|a, b| b.total_cmp(a));
    told.extend(places.map(|place| place / mean));
    // Strength at three sizes, and of colours.
    let half = luma.halved();
    let quarter = half.halved();
    let tiny = [half.residual(kb).mean_size(), quarter.residual(kb).mean_size()];
    let whole = fine.mean_size();
    let log = |v: f32| (v + 0.05).ln();
    told.extend([log(whole), log(tiny[0]) - log(whole), log(tiny[1]) - log(tiny[0])]);
    let coloured = [colours[0].residual(kb), colours[1].residual(kb)];
    told.extend([log(coloured[0].mean_size()), log(coloured[1].mean_size())]);
    told.push(log(first[0].mean_size()) - log(first[1].mean_size()));
    // Blocks against the whole: sharpness, and both colours.
    told.extend(blocks(&fine, |v| v.abs()).map(|v| log(v) - log(whole)));
    for colour in &colours {
        let mean = colour.data.iter().sum::<f32>() / area.max(1) as f32;
        told.extend(blocks(colour, |v| v).map(|v| (v - mean) / 10.0));
    }
    told
}

fn normal(shares: [f32; PAIRS]) -> [f32; PAIRS] {
    let sum = shares.iter().sum::<f32>().max(1.0);
    // Roots of shares: their noise does not depend on their size.
    shares.map(|share| (share / sum).sqrt())
}

/// The mean of each block, row by row.
fn blocks(plane: &Plane, of: impl Fn(f32) -> f32) -> [f32; BLOCKS * BLOCKS] {
    let mut sums = [(0.0f32, 0.0f32); BLOCKS * BLOCKS];
    for (at, v) in plane.data.iter().enumerate() {
        let (x, y) =
            (at % plane.width * BLOCKS / plane.width, at / plane.width * BLOCKS / plane.height);
        let sum = &mut sums[y * BLOCKS + x];
        *sum = (sum.0 + of(*v), sum.1 + 1.0);
    }
    sums.map(|(sum, count)| sum / count.max(1.0))
}

/// The numbers, each centred and scaled, and a line through them.
pub struct Rich {
    mean: Tensor,
    scale: Tensor,
    weight: Tensor,
    bias: Tensor,
}

impl Rich {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>) -> Result<Self> {
        let row = |name: &str| weights.get_with_hints((1, COUNT), name, Init::Const(0.0));
        Ok(Self {
            mean: row("mean")?,
            scale: row("scale")?,
            weight: row("weight")?,
            bias: weights.get_with_hints(1, "bias", Init::Const(0.0))?,
        })
    }
}

/// The numbers of each of `(N, 3, H, W)` pictures in 0–1, [`COUNT`] for each.
///
/// # Errors
/// When they are too small.
pub fn describe(pictures: &Tensor) -> Result<Vec<Vec<f32>>> {
    let (_, _, height, width) = pictures.dims4()?;
    if height < 32 || width < 32 {
        return Err(Error::compute("a rich model", format!("{width} × {height} is too small")));
    }
    let flat = pictures.flatten_from(1)?.to_vec2::<f32>()?;
    Ok(flat.par_iter().map(|picture| numbers(picture, width, height)).collect())
}

impl Network for Rich {
    fn forward(&self, pictures: &Tensor, _: bool) -> Result<Tensor> {
        let told = describe(pictures)?;
        let count = told.len();
        let x = Tensor::from_vec(told.concat(), (count, COUNT), pictures.device())?;
        let x = x.broadcast_sub(&self.mean)?.broadcast_mul(&self.scale)?;
        Ok(x.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_and_its_negative_share_a_bin() {
        let mut seen = [0; PAIRS];
        for a in -2..=2 {
            for b in -2..=2 {
                assert_eq!(bin(a, b), bin(-a, -b));
                seen[bin(a, b)] += 1;
            }
        }
        assert!(seen.iter().all(|n| *n == 2 || *n == 1), "{seen:?}");
    }

    #[test]
    fn the_numbers_are_as_many_as_said_and_doubling_shows_in_the_places() {
        let mut random = crate::signal::random::SplitMix::new(4);
        let side = 64;
        let noise: Vec<f32> =
            (0..3 * side * side).map(|_| 0.5 + 0.05 * random.normal() as f32).collect();
        let plain = numbers(&noise, side, side);
        assert_eq!(plain.len(), COUNT);
        // Every second pixel the mean of its neighbours: residuals of 0 there.
        let mut doubled = noise.clone();
        for plane in doubled.chunks_mut(side * side) {
            for y in 0..side {
                for x in (1..side - 1).step_by(2) {
                    plane[y * side + x] = (plane[y * side + x - 1] + plane[y * side + x + 1]) / 2.0;
                }
            }
        }
        let doubled = numbers(&doubled, side, side);
        let places = KINDS * STEPS.len() * PAIRS;
        assert!(doubled[places] > plain[places] + 0.1, "{} {}", doubled[places], plain[places]);
    }
}
