//! Periods in how well neighbours predict each pixel.

use rayon::prelude::*;

use crate::Result;
use crate::media::Gray;
use crate::signal::fft::{Half, Power};
use crate::signal::tail::log10_binomial_tail;
use crate::signal::window::hann;

/// Most tiles that are looked at, spread over the picture.
const MOST_TILES: usize = 64;
/// Fewest tiles: with fewer, no agreement of all would be beyond chance.
pub(super) const LEAST_TILES: usize = 9;
/// Half the side of the square of bins that a bin is compared with.
const AROUND: isize = 5;
/// Bins this near belong to the peak itself (the Hann window's main lobe).
const PEAK: isize = 1;
/// Chance that a bin of one tile stands out.
const CHANCE: f64 = 0.1;
/// Least frequency of a period, cycles a pixel: nearer to zero lies the scene.
const LEAST_FREQUENCY: f64 = 0.04;
/// Tiles whose error varies less than this (of 1) are flat or saturated.
const LEAST_VARIANCE: f64 = 1e-5;

/// A frequency at which more tiles stand out than chance allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    /// Cycles a pixel, across (0 to ½) and down (−½ to ½).
    pub(super) across: f64,
    pub(super) down: f64,
    /// Tiles in which it stands out.
    pub(super) tiles: usize,
    pub(super) log10_nfa: f64,
}

/// What was measured.
pub(super) struct Measured {
    pub(super) side: usize,
    pub(super) tiles: usize,
    pub(super) log10_tests: f64,
    /// Strongest first, only those of fewer than one false alarm.
    pub(super) peaks: Vec<Peak>,
    /// Those on the lattice of 1/8, strongest first.
    pub(super) grid: Vec<Peak>,
    /// Share of tiles that stand out at each bin, as [`Half`] stores them.
    pub(super) shares: Half,
}

/// How probable it is that a pixel is a mean of its neighbours: exp(−e²), with
/// e the error of the fixed predictor (Kirchner 2008, sections 4 and 5, τ = 2,
/// σ = 1).
fn probability(picture: &Gray, left: usize, top: usize, side: usize) -> Vec<f32> {
    let (w, p) = (picture.width, &picture.data);
    let mut out = Vec::with_capacity(side * side);
    for y in top..top + side {
        for i in y * w + left..y * w + left + side {
            let near = p[i - 1] + p[i + 1] + p[i - w] + p[i + w];
            let corners = p[i - w - 1] + p[i - w + 1] + p[i + w - 1] + p[i + w + 1];
            let error = p[i] - near / 2.0 + corners / 4.0;
            out.push((-error * error).exp());
        }
    }
    out
}

/// Side of the tiles for a picture: as large as leaves enough of them.
fn side(picture: &Gray) -> Option<usize> {
    let fit = |n: usize| ((picture.width - 2) / n) * ((picture.height - 2) / n);
    [256, 128]
        .into_iter()
        .find(|&n| picture.width > n && picture.height > n && fit(n) >= 2 * LEAST_TILES)
        .or_else(|| {
            [128, 64]
                .into_iter()
                .find(|&n| picture.width > n && picture.height > n && fit(n) >= LEAST_TILES)
        })
}

/// Measures a picture of luma; `None` when it is too small or too flat.
pub(super) fn measure(picture: &Gray) -> Result<Option<Measured>> {
    let Some(n) = side(picture) else { return Ok(None) };
    let (columns, rows) = ((picture.width - 2) / n, (picture.height - 2) / n);
    let all = columns * rows;
    let step = all.div_ceil(MOST_TILES).max(1);
    let window = hann(n);
    let votes: Vec<Option<Vec<bool>>> = (0..all)
        .into_par_iter()
        .step_by(step)
        .map_init(
            || Power::new(&window),
            |plan, tile| {
                let (column, row) = (tile % columns, tile / columns);
                let map = probability(picture, 1 + column * n, 1 + row * n, n);
                if crate::signal::stats::variance(&map) < LEAST_VARIANCE {
                    return Ok(None);
                }
                let mut power = Half::zeros(n);
                match plan {
                    Ok(plan) => plan.spectrum(&map, &mut power)?,
                    Err(error) => {
                        return Err(crate::Error::compute("planning a Fourier transform", error));
                    }
                }
                Ok(Some(standing_out(&power)))
            },
        )
        .collect::<Result<_>>()?;
    let votes: Vec<Vec<bool>> = votes.into_iter().flatten().collect();
    if votes.len() < LEAST_TILES {
        return Ok(None);
    }
    Ok(Some(judge(n, &votes)))
}

/// Whether each bin exceeds the mean of those around it so far that one in ten
/// would: the ratio of one exponential to the mean of m others passes x with
/// probability (1 + x/m)^−m. Bins on an axis are compared along it: there the
/// edges of buildings and horizons lie.
fn standing_out(power: &Half) -> Vec<bool> {
    let (n, half) = (power.n(), power.n() / 2 + 1);
    let margin = AROUND as usize;
    let stride = n + 2 * margin;
    // The spectrum with a margin, so that no bin is at an edge.
    let mut wide = vec![0.0f32; (half + 2 * margin) * stride];
    for (u, row) in wide.chunks_exact_mut(stride).enumerate() {
        for (v, value) in row.iter_mut().enumerate() {
            *value = power.at(u as isize - AROUND, v as isize - AROUND);
        }
    }
    let squares = box_sums(&wide, stride, 2 * margin + 1);
    let m = ((2 * margin + 1).pow(2) - (2 * PEAK as usize + 1).pow(2)) as f32;
    let limit = limit(m);
    let mut out = vec![false; half * n];
    for u in 0..half {
        for v in 0..n {
            let centre = (u + margin) * stride + v + margin;
            let peak: f32 = (u + margin - 1..=u + margin + 1)
                .map(|row| wide[row * stride + v + margin - 1..][..3].iter().sum::<f32>())
                .sum();
            let sum = squares[u * stride + v] - peak;
            out[u * n + v] = wide[centre] * m > limit * sum;
        }
    }
    let size = n as isize;
    let mut along = |u: isize, v: isize, step: (isize, isize)| {
        let far = 4 * AROUND;
        let around = (-far..=far).filter(|d| d.abs() > PEAK);
        let sum: f32 = around.map(|d| power.at(u + d * step.0, v + d * step.1)).sum();
        let m = (2 * (far - PEAK)) as f32;
        out[(u * size + v.rem_euclid(size)) as usize] = power.at(u, v) * m > self::limit(m) * sum;
    };
    for k in -PEAK..=PEAK {
        for v in 2..size - 1 {
            let u = if k < 0 { size / 2 } else { k };
            along(u, v, (0, 1));
        }
        for u in 2..size / 2 {
            along(u, k, (1, 0));
        }
    }
    out
}

/// How far one of `m` + 1 values may exceed the mean of the others.
fn limit(m: f32) -> f32 {
    m * (CHANCE.powf(-1.0 / f64::from(m)) as f32 - 1.0)
}

/// Sums over squares of `side`, each at the place of its first bin.
fn box_sums(values: &[f32], stride: usize, side: usize) -> Vec<f32> {
    let mut across = vec![0.0f32; values.len()];
    for (out, row) in across.chunks_exact_mut(stride).zip(values.chunks_exact(stride)) {
        for (sum, window) in out.iter_mut().zip(row.windows(side)) {
            *sum = window.iter().sum();
        }
    }
    let mut sums = vec![0.0f32; values.len()];
    let rows = values.len() / stride;
    for row in 0..(rows + 1).saturating_sub(side) {
        let out = &mut sums[row * stride..][..stride];
        for from in across[row * stride..].chunks_exact(stride).take(side) {
            out.iter_mut().zip(from).for_each(|(sum, value)| *sum += value);
        }
    }
    sums
}

/// Counts the tiles bin by bin.
fn judge(n: usize, votes: &[Vec<bool>]) -> Measured {
    let mut shares = Half::zeros(n);
    let size = n as isize;
    let tried = |u: isize, v: isize| {
        let f = ((u * u + v * v) as f64).sqrt() / n as f64;
        // One of two opposite bins on the lines u = 0 and u = n/2.
        f >= LEAST_FREQUENCY && !((u == 0 || 2 * u == size) && v < 0)
    };
    let signed = |v: isize| if 2 * v > size { v - size } else { v };
    let mut bins = Vec::new();
    for u in 0..=size / 2 {
        for v in 0..size {
            let i = (u * size + v) as usize;
            let tiles = votes.iter().filter(|vote| vote[i]).count();
            shares.values_mut()[i] = tiles as f32 / votes.len() as f32;
            if tried(u, signed(v)) {
                bins.push((u, signed(v), tiles));
            }
        }
    }
    let log10_tests = (bins.len().max(1) as f64).log10();
    // Where between the bins a peak lies: the mean of it and its neighbours,
    // weighed by what they have above chance.
    let between = |u: isize, v: isize| {
        let weight =
            |du: isize, dv: isize| f64::from((shares.at(u + du, v + dv) - CHANCE as f32).max(0.0));
        let shift =
            |less: f64, here: f64, more: f64| (more - less) / (less + here + more).max(1e-9);
        let here = weight(0, 0);
        let du = if u == 0 { 0.0 } else { shift(weight(-1, 0), here, weight(1, 0)) };
        let dv = if v == 0 { 0.0 } else { shift(weight(0, -1), here, weight(0, 1)) };
        ((u as f64 + du) / n as f64, (v as f64 + dv) / n as f64)
    };
    let mut peaks: Vec<Peak> = bins
        .iter()
        .filter_map(|&(u, v, tiles)| {
            let tail = log10_binomial_tail(votes.len() as u64, tiles as u64, CHANCE);
            let log10_nfa = log10_tests + tail;
            let (across, down) = if log10_nfa < 0.0 { between(u, v) } else { return None };
            Some(Peak { across, down, tiles, log10_nfa })
        })
        .collect();
    peaks.sort_by(|a, b| a.log10_nfa.total_cmp(&b.log10_nfa));
    let (grid, peaks) = peaks.into_iter().partition(|peak| on_grid(peak, n));
    Measured {
        side: n,
        tiles: votes.len(),
        log10_tests,
        peaks: apart(peaks, n),
        grid: apart(grid, n),
        shares,
    }
}

/// Whether both frequencies are multiples of 1/8 to a bin: the 8×8 blocks of
/// JPEG, and the colour filter array.
fn on_grid(peak: &Peak, n: usize) -> bool {
    let near = |f: f64| {
        let eighths = 8.0 * f;
        (eighths - eighths.round()).abs() / 8.0 * n as f64 <= 1.5
    };
    near(peak.across) && near(peak.down)
}

/// Without the bins next to a stronger one.
fn apart(peaks: Vec<Peak>, n: usize) -> Vec<Peak> {
    let mut kept: Vec<Peak> = Vec::new();
    for peak in peaks {
        let near = |other: &&Peak| {
            let d = (peak.across - other.across).abs().max((peak.down - other.down).abs());
            d * n as f64 <= 2.5
        };
        if kept.len() < 32 && !kept.iter().any(|other| near(&other)) {
            kept.push(peak);
        }
    }
    kept
}
