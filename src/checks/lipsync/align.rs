//! Mouth against sound at every circular lag, and what may be concluded.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::bands::BANDS;
use crate::signal::butterworth::Bandpass;
use crate::signal::cca::ridge_cca;
use crate::signal::stats::{MAD_TO_SIGMA, median_mad};

/// Mouth series.
pub const SHAPES: usize = 4;
/// Passed band in Hz: syllables and the movements of lips and jaw; slower are
/// pose and loudness, faster is the mesh's noise.
const BAND_HZ: (f64, f64) = (0.5, 8.0);
/// Least time of an unbroken stretch of mouth, in seconds: one period of the
/// band's lower edge.
const SHORTEST_S: f64 = 2.0;
/// Ridge of the canonical correlation, as a share of the variance.
const RIDGE: f64 = 0.1;
/// Lags looked at: at least these many frames and these many seconds.
const RANGE_FRAMES: f64 = 15.0;
const RANGE_S: f64 = 1.0;
/// Least z of the canonical correlation's peak.
pub const LEAST_Z: f64 = 4.0;
/// Least z of the plain correlation's peak. Chosen on 1,176 mismatched pairs
/// (4 clips, sounds of other recordings, turned round and reversed), of which
/// none passes; the three genuine and generated clips that can be told have
/// 3.4 to 5.8.
pub const LEAST_Z_CORRELATION: f64 = 3.0;
/// How far the two may differ, in lags.
const AGREE_LAGS: f64 = 2.0;
/// Null lags worked out at most; beyond, evenly spread ones.
const MOST_NULL: usize = 20_000;

/// Mouth and sound on a common even grid, filtered, as standard scores.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Grid points a second.
    pub rate: f64,
    /// Where the mouth is known.
    pub seen: Vec<bool>,
    mouth: [Vec<f64>; SHAPES],
    sound: [Vec<f64>; BANDS],
}

/// Both measures at one lag.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    /// First canonical correlation of four mouth series and five bands, 0–1.
    pub cca: f64,
    /// Correlation of mouth opening and loudness, −1–1.
    pub correlation: f64,
}

/// What came out for one stretch.
#[derive(Clone, Debug)]
pub struct Alignment {
    /// Grid points a second.
    pub rate: f64,
    /// Likeness at lags −range to +range; positive = sound late.
    pub curve: Vec<Likeness>,
    /// Offset by canonical correlation in lags, with a parabola through the peak.
    pub offset: f64,
    /// The same by plain correlation.
    pub offset_correlation: f64,
    /// Peak of the canonical correlation.
    pub peak: f64,
    /// (peak − median)/(1.4826·MAD) of the null.
    pub z: f64,
    /// The same for plain correlation.
    pub z_correlation: f64,
    /// Largest canonical correlation in the null.
    pub null_peak: f64,
    /// Share of null stretches as wide as the range whose peak is not lower,
    /// counting this one.
    pub p: f64,
}

impl Alignment {
    /// Whether canonical and plain correlation name the same offset.
    pub fn agrees(&self) -> bool {
        (self.offset - self.offset_correlation).abs() <= AGREE_LAGS
    }

    /// Whether the peak stands out by every criterion but the amount of speech.
    pub fn stands_out(&self) -> bool {
        self.z >= LEAST_Z
            && self.z_correlation >= LEAST_Z_CORRELATION
            && self.agrees()
            && self.peak > self.null_peak
    }

    /// Half the range, in lags.
    pub fn range(&self) -> usize {
        self.curve.len() / 2
    }

    /// Seconds of an offset in lags.
    pub fn seconds(&self, lags: f64) -> f64 {
        lags / self.rate
    }
}

impl Pair {
    /// Filters and standardises. `mouth` has NaN where nothing is known; all
    /// series have the same length. `None` when too little mouth remains, or
    /// the rate is too low for the band.
    pub fn new(
        rate: f64,
        mut mouth: [Vec<f64>; SHAPES],
        mut sound: [Vec<f64>; BANDS],
    ) -> Option<Self> {
        let filter = Bandpass::new(BAND_HZ.0, BAND_HZ.1.min(0.45 * rate), rate)?;
        let n = mouth[0].len();
        if mouth.iter().any(|s| s.len() != n) || sound.iter().any(|s| s.len() != n) {
            return None;
        }
        let known: Vec<bool> =
            (0..n).map(|i| mouth.iter().all(|series| series[i].is_finite())).collect();
        let mut seen = vec![false; n];
        let mut from = 0;
        while from < n {
            let length = known[from..].iter().take_while(|known| **known).count();
            let whole = length as f64 >= SHORTEST_S * rate;
            for series in &mut mouth {
                let stretch = &mut series[from..from + length];
                if whole {
                    let filtered = filter.zero_phase(stretch);
                    stretch.copy_from_slice(&filtered);
                } else {
                    stretch.fill(0.0);
                }
            }
            seen[from..from + length].fill(whole);
            from += length;
            while from < n && !known[from] {
                for series in &mut mouth {
                    series[from] = 0.0;
                }
                from += 1;
            }
        }
        for series in &mut sound {
            *series = filter.zero_phase(series);
            standardise(series, &vec![true; n])?;
        }
        for series in &mut mouth {
            standardise(series, &seen)?;
        }
        Some(Self { rate, seen, mouth, sound })
    }

    /// Half the range of lags.
    pub fn range(&self) -> usize {
        RANGE_FRAMES.max((RANGE_S * self.rate).ceil()) as usize
    }

    /// The likeness at every lag of the range, against all other circular
    /// shifts and the mouth run backwards, in which no relation is left.
    /// `None` when the clip is not longer than two ranges, or nothing moves.
    pub fn align(&self) -> Option<Alignment> {
        let n = self.seen.len();
        let range = self.range();
        if n < 4 * range + 2 {
            return None;
        }
        let moments = self.moments(false);
        let curve: Vec<Likeness> =
            (0..=2 * range).map(|i| moments.at((n + i - range) % n)).collect::<Option<_>>()?;
        let backwards = self.moments(true);
        // Circular shifts further than the range from none; of the mouth run
        // backwards, all.
        let step = n.div_ceil(MOST_NULL / 2).max(1);
        let forward = (range + 1..n - range).step_by(step);
        let mut unrelated: Vec<Likeness> = forward.filter_map(|lag| moments.at(lag)).collect();
        unrelated.extend((0..n).step_by(step).filter_map(|lag| backwards.at(lag)));
        let mut null: Vec<f64> = unrelated.iter().map(|like| like.cca).collect();
        let mut null_correlation: Vec<f64> =
            unrelated.iter().map(|like| like.correlation).collect();
        let top = peak(curve.iter().map(|like| like.cca))?;
        let top_correlation = peak(curve.iter().map(|like| like.correlation))?;
        let wide = (2 * range + 1).div_ceil(step);
        let stretches = null.chunks(wide).filter(|chunk| 2 * chunk.len() > wide);
        let (mut count, mut not_lower) = (1.0, 1.0);
        for stretch in stretches {
            count += 1.0;
            if stretch.iter().any(|value| *value >= top.value) {
                not_lower += 1.0;
            }
        }
        let null_peak = null.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (median, mad) = median_mad(&mut null)?;
        let z = (top.value - median) / (MAD_TO_SIGMA * mad);
        let (median, mad) = median_mad(&mut null_correlation)?;
        let z_correlation = (top_correlation.value - median) / (MAD_TO_SIGMA * mad);
        (z.is_finite() && z_correlation.is_finite()).then_some(Alignment {
            rate: self.rate,
            offset: top.place - range as f64,
            offset_correlation: top_correlation.place - range as f64,
            peak: top.value,
            curve,
            z,
            z_correlation,
            null_peak,
            p: not_lower / count,
        })
    }

    /// Opening of the mouth and loudness at a grid point, as standard scores.
    pub fn both(&self, index: usize) -> Option<(f64, f64)> {
        let mean = |series: &[Vec<f64>]| -> Option<f64> {
            let sum: Option<f64> = series.iter().map(|s| s.get(index).copied()).sum();
            Some(sum? / series.len() as f64)
        };
        Some((mean(&self.mouth[..2])?, mean(&self.sound)?))
    }

    /// Opening of the mouth in the middle at a grid point, as a standard score.
    pub fn opening(&self, index: usize) -> Option<f64> {
        self.mouth.first()?.get(index).copied()
    }

    /// The pair between two grid points.
    pub fn window(&self, from: usize, to: usize) -> Self {
        let cut = |series: &Vec<f64>| series.get(from..to).unwrap_or_default().to_vec();
        Self {
            rate: self.rate,
            seen: self.seen.get(from..to).unwrap_or_default().to_vec(),
            mouth: self.mouth.each_ref().map(cut),
            sound: self.sound.each_ref().map(cut),
        }
    }

    /// Sums over the seen points at every circular lag.
    fn moments(&self, backwards: bool) -> Moments {
        let n = self.seen.len();
        let turned = |values: Vec<f64>| -> Vec<f64> {
            if backwards { values.into_iter().rev().collect() } else { values }
        };
        let mask = turned(self.seen.iter().map(|seen| f64::from(u8::from(*seen))).collect());
        let mut transforms = Transforms::new(n);
        let spectrum_of_mask = transforms.forward(&mask);
        let mouth: Vec<Vec<f64>> = self.mouth.iter().map(|series| turned(series.clone())).collect();
        let mut mouths = Vec::new();
        for series in &mouth {
            mouths.push(transforms.forward(series));
        }
        let mut moments = Moments {
            count: mask.iter().sum(),
            x: [0.0; SHAPES],
            xx: [[0.0; SHAPES]; SHAPES],
            y: std::array::from_fn(|_| Vec::new()),
            yy: std::array::from_fn(|_| std::array::from_fn(|_| Vec::new())),
            xy: std::array::from_fn(|_| std::array::from_fn(|_| Vec::new())),
        };
        for (i, a) in mouth.iter().enumerate() {
            moments.x[i] = a.iter().sum();
            for (j, b) in mouth.iter().enumerate() {
                moments.xx[i][j] = a.iter().zip(b).map(|(a, b)| a * b).sum();
            }
        }
        for (j, sound) in self.sound.iter().enumerate() {
            let spectrum = transforms.forward(sound);
            moments.y[j] = transforms.correlate(&spectrum_of_mask, &spectrum);
            for (i, mouth) in mouths.iter().enumerate() {
                moments.xy[i][j] = transforms.correlate(mouth, &spectrum);
            }
            for (k, other) in self.sound.iter().enumerate().take(j + 1) {
                let product: Vec<f64> = sound.iter().zip(other).map(|(a, b)| a * b).collect();
                let spectrum = transforms.forward(&product);
                moments.yy[j][k] = transforms.correlate(&spectrum_of_mask, &spectrum);
            }
        }
        moments
    }
}

/// Sums over the seen points; those with sound at every circular lag.
struct Moments {
    count: f64,
    x: [f64; SHAPES],
    xx: [[f64; SHAPES]; SHAPES],
    y: [Vec<f64>; BANDS],
    /// The lower triangle.
    yy: [[Vec<f64>; BANDS]; BANDS],
    xy: [[Vec<f64>; BANDS]; SHAPES],
}

impl Moments {
    fn at(&self, lag: usize) -> Option<Likeness> {
        let n = self.count;
        let x = self.x.map(|sum| sum / n);
        let mut y = [0.0; BANDS];
        for (mean, sums) in y.iter_mut().zip(&self.y) {
            *mean = sums.get(lag)? / n;
        }
        let mut xx = [[0.0; SHAPES]; SHAPES];
        for i in 0..SHAPES {
            for j in 0..SHAPES {
                xx[i][j] = self.xx[i][j] / n - x[i] * x[j];
            }
        }
        let mut yy = [[0.0; BANDS]; BANDS];
        let mut xy = [[0.0; BANDS]; SHAPES];
        for j in 0..BANDS {
            for k in 0..=j {
                yy[j][k] = self.yy[j][k].get(lag)? / n - y[j] * y[k];
                yy[k][j] = yy[j][k];
            }
            for i in 0..SHAPES {
                xy[i][j] = self.xy[i][j].get(lag)? / n - x[i] * y[j];
            }
        }
        // From covariances to correlations.
        let sx: [f64; SHAPES] = std::array::from_fn(|i| xx[i][i].max(0.0).sqrt());
        let sy: [f64; BANDS] = std::array::from_fn(|j| yy[j][j].max(0.0).sqrt());
        if sx.iter().chain(&sy).any(|sd| *sd < 1e-9) {
            return None;
        }
        for i in 0..SHAPES {
            for j in 0..SHAPES {
                xx[i][j] /= sx[i] * sx[j];
            }
            for j in 0..BANDS {
                xy[i][j] /= sx[i] * sy[j];
            }
        }
        for j in 0..BANDS {
            for k in 0..BANDS {
                yy[j][k] /= sy[j] * sy[k];
            }
        }
        let cca = ridge_cca(&xx, &yy, &xy, RIDGE)?;
        // Opening: the first two series; loudness: all bands.
        let opening = xx[0][0] + 2.0 * xx[0][1] + xx[1][1];
        let loudness: f64 = yy.iter().flatten().sum();
        let both: f64 = xy.iter().take(2).flatten().sum();
        let correlation = both / (opening * loudness).max(1e-18).sqrt();
        correlation.is_finite().then_some(Likeness { cca, correlation })
    }
}

/// Planned Fourier transforms of one length.
struct Transforms {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
}

impl Transforms {
    fn new(n: usize) -> Self {
        let mut planner = FftPlanner::new();
        Self { forward: planner.plan_fft_forward(n), inverse: planner.plan_fft_inverse(n) }
    }

    fn forward(&mut self, values: &[f64]) -> Vec<Complex<f64>> {
        let mut spectrum: Vec<Complex<f64>> =
            values.iter().map(|value| Complex::new(*value, 0.0)).collect();
        self.forward.process(&mut spectrum);
        spectrum
    }

    /// Σ a(t)·b(t + lag), circularly, for every lag.
    fn correlate(&mut self, a: &[Complex<f64>], b: &[Complex<f64>]) -> Vec<f64> {
        let mut product: Vec<Complex<f64>> = a.iter().zip(b).map(|(a, b)| a.conj() * b).collect();
        self.inverse.process(&mut product);
        let n = product.len().max(1) as f64;
        product.into_iter().map(|value| value.re / n).collect()
    }
}

/// A peak with its place between samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Index with fraction.
    pub place: f64,
    /// Value of the highest sample.
    pub value: f64,
}

/// The highest sample, its place refined by a parabola through its neighbours.
pub fn peak(values: impl Iterator<Item = f64>) -> Option<Peak> {
    let values: Vec<f64> = values.collect();
    let (index, &value) = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let neighbours = index
        .checked_sub(1)
        .and_then(|i| values.get(i))
        .copied()
        .zip(values.get(index + 1).copied());
    let shift = neighbours.map_or(0.0, |(before, after)| {
        let curvature = before - 2.0 * value + after;
        if curvature < 0.0 { 0.5 * (before - after) / curvature } else { 0.0 }
    });
    Some(Peak { place: index as f64 + shift, value })
}

/// Mean 0 and variance 1 over the points that count, 0 elsewhere; `None` when
/// nothing varies.
fn standardise(series: &mut [f64], counts: &[bool]) -> Option<()> {
    let n = counts.iter().filter(|counts| **counts).count() as f64;
    let sum = |f: &dyn Fn(f64) -> f64, series: &[f64]| -> f64 {
        series.iter().zip(counts).filter(|(_, c)| **c).map(|(v, _)| f(*v)).sum::<f64>() / n
    };
    let mean = sum(&|v| v, series);
    let variance = sum(&|v| (v - mean) * (v - mean), series);
    if !(variance.is_finite() && variance > 1e-18) {
        return None;
    }
    let scale = 1.0 / variance.sqrt();
    for (value, counts) in series.iter_mut().zip(counts) {
        *value = if *counts { (*value - mean) * scale } else { 0.0 };
    }
    Some(())
}
