//! From the colour of skin over time to a pulse.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Window in seconds (Wang et al. 2017, table 2: 1.6 s at 20 frames a second).
const WINDOW_S: f64 = 1.6;
/// Beats a second that a pulse can have: 42–180 a minute (recipe).
pub const BAND: (f64, f64) = (0.7, 3.0);
/// Half-width around peak and harmonic that counts as signal: 6 beats a minute
/// (de Haan & Jeanne 2013, section IV).
const AROUND: f64 = 0.1;
/// Spectra are worked out on this many points at least, so that a bin is less
/// than a third of a beat a minute wide at 30 frames a second.
const POINTS: usize = 8192;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Plane orthogonal to skin (Wang et al. 2017).
    Pos,
    /// Chrominance (de Haan & Jeanne 2013).
    Chrom,
}

/// The strongest beat of a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Beats a minute.
    pub bpm: f64,
    /// Power around it and its harmonic over the rest of the band, in dB.
    pub snr_db: f64,
}

/// Pulse signal of evenly spaced mean colours at `rate` a second: both methods
/// on windows of 1.6 s, each brought to mean 1, added up with overlap. Empty
/// when shorter than a window.
pub fn signal(colours: &[[f64; 3]], rate: f64, method: Method) -> Vec<f64> {
    let length = (WINDOW_S * rate).round() as usize;
    if length < 4 || colours.len() < length {
        return Vec::new();
    }
    let mut out = vec![0.0; colours.len()];
    for (start, window) in colours.windows(length).enumerate() {
        let mean: [f64; 3] =
            std::array::from_fn(|c| window.iter().map(|p| p[c]).sum::<f64>() / length as f64);
        if mean.iter().any(|m| m.is_nan() || *m <= 1e-6) {
            continue;
        }
        let pairs: Vec<(f64, f64)> = window
            .iter()
            .map(|p| {
                let [r, g, b] = [p[0] / mean[0], p[1] / mean[1], p[2] / mean[2]];
                match method {
                    Method::Pos => (g - b, g + b - 2.0 * r),
                    Method::Chrom => (3.0 * r - 2.0 * g, 1.5 * r + g - 1.5 * b),
                }
            })
            .collect();
        let n = length as f64;
        let (mx, my) = (
            pairs.iter().map(|p| p.0).sum::<f64>() / n,
            pairs.iter().map(|p| p.1).sum::<f64>() / n,
        );
        let sx = (pairs.iter().map(|p| (p.0 - mx).powi(2)).sum::<f64>() / n).sqrt();
        let sy = (pairs.iter().map(|p| (p.1 - my).powi(2)).sum::<f64>() / n).sqrt();
        let share = if sy > 1e-12 { sx / sy } else { 0.0 };
        let sign = if method == Method::Pos { 1.0 } else { -1.0 };
        for (k, (x, y)) in pairs.iter().enumerate() {
            let hann = 0.5 - 0.5 * (std::f64::consts::TAU * (k as f64 + 0.5) / n).cos();
            if let Some(sum) = out.get_mut(start + k) {
                *sum += hann * (x - mx + sign * share * (y - my));
            }
        }
    }
    out
}

/// Power of a signal under a Hann window: frequencies in Hz with power, in the
/// band and its first harmonic.
pub fn spectrum(signal: &[f64], rate: f64) -> Vec<(f64, f64)> {
    let n = signal.len();
    let points = POINTS.max(n.next_power_of_two());
    let mean = signal.iter().sum::<f64>() / n.max(1) as f64;
    let mut data: Vec<Complex<f64>> = signal
        .iter()
        .enumerate()
        .map(|(k, v)| {
            let hann = 0.5 - 0.5 * (std::f64::consts::TAU * (k as f64 + 0.5) / n as f64).cos();
            Complex::new((v - mean) * hann, 0.0)
        })
        .collect();
    data.resize(points, Complex::new(0.0, 0.0));
    FftPlanner::new().plan_fft_forward(points).process(&mut data);
    let step = rate / points as f64;
    data.iter()
        .take(points / 2)
        .enumerate()
        .map(|(k, c)| (k as f64 * step, c.norm_sqr()))
        .filter(|(f, _)| *f >= BAND.0 && *f <= 2.0 * BAND.1)
        .collect()
}

/// The strongest beat in the band; `None` for a signal without power.
pub fn beat(spectrum: &[(f64, f64)]) -> Option<Beat> {
    let band = spectrum.iter().filter(|(f, _)| *f <= BAND.1);
    let (peak, power) = band.copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    if power.is_nan() || power <= 0.0 {
        return None;
    }
    let (mut signal, mut rest) = (0.0, 0.0);
    for (f, p) in spectrum {
        if (f - peak).abs() <= AROUND || (f - 2.0 * peak).abs() <= AROUND {
            signal += p;
        } else {
            rest += p;
        }
    }
    let snr_db = if rest > 0.0 { 10.0 * (signal / rest).log10() } else { f64::INFINITY };
    Some(Beat { bpm: 60.0 * peak, snr_db: snr_db.min(99.0) })
}

/// Values at even steps of 1/`rate` by linear interpolation; the times rise.
pub fn evened(times: &[f64], values: &[[f64; 3]], rate: f64) -> Vec<[f64; 3]> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
    let count = (((last - first) * rate).floor().max(0.0) as usize + 1).min(4 * times.len());
    let mut at = 0;
    (0..count)
        .filter_map(|k| {
            let t = first + k as f64 / rate;
            while times.get(at + 1).is_some_and(|next| *next < t) {
                at += 1;
            }
            let (a, b) = (values.get(at)?, values.get(at + 1).or(values.get(at))?);
            let (t0, t1) = (*times.get(at)?, *times.get(at + 1).or(times.get(at))?);
            let part = if t1 > t0 { ((t - t0) / (t1 - t0)).clamp(0.0, 1.0) } else { 0.0 };
            Some(std::array::from_fn(|c| a[c] + part * (b[c] - a[c])))
        })
        .collect()
}
