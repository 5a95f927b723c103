//! The radial average of a power spectrum.

use crate::signal::fft::Half;
use crate::signal::stats::{Line, line};

/// Which radius each bin of a half spectrum belongs to, worked out once.
pub struct Radii {
    n: usize,
    radius: Vec<u16>,
}

impl Radii {
    /// For tiles of `n × n`, n up to 65,535.
    pub fn new(n: usize) -> Self {
        let mut radius = Vec::with_capacity((n / 2 + 1) * n);
        for u in 0..=n / 2 {
            for v in 0..n {
                let v = v.min(n - v);
                let r = ((u * u + v * v) as f64).sqrt().round();
                radius.push(r.min(f64::from(u16::MAX)) as u16);
            }
        }
        Self { n, radius }
    }

    /// Mean power at radius r = 0 ..= n/2 bins; the frequency of radius r is
    /// r/n cycles a pixel. Empty when the sizes differ.
    pub fn profile(&self, power: &Half) -> Vec<f64> {
        let n = self.n;
        if power.n() != n {
            return Vec::new();
        }
        let mut sums = vec![0.0; n / 2 + 1];
        let mut counts = vec![0.0; n / 2 + 1];
        for (u, (values, radii)) in
            power.values().chunks_exact(n).zip(self.radius.chunks_exact(n)).enumerate()
        {
            let weight = power.weight(u);
            for (&value, &radius) in values.iter().zip(radii) {
                if let (Some(sum), Some(count)) =
                    (sums.get_mut(usize::from(radius)), counts.get_mut(usize::from(radius)))
                {
                    *sum += weight * f64::from(value);
                    *count += weight;
                }
            }
        }
        sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect()
    }
}

/// The straight line through ln P against ln f over the radii whose frequency
/// (cycles a pixel) lies in `band`; its slope is −α when P falls as 1/f^α.
/// `profile` is what [`Radii::profile`] gave for tiles of `n`; radii without
/// power are left out.
pub fn fit(profile: &[f64], n: usize, band: (f64, f64)) -> Option<Line> {
    let points = profile.iter().enumerate().skip(1).map(|(r, &p)| (r as f64 / n as f64, p));
    line(
        points
            .filter(|&(f, p)| f >= band.0 && f <= band.1 && p > 0.0)
            .map(|(f, p)| (f.ln(), p.ln())),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn a_power_law_written_into_the_bins_comes_back() {
        let n = 128;
        let mut power = Half::zeros(n);
        for u in 0..=n / 2 {
            for v in 0..n {
                let f = (u as f64).hypot(v.min(n - v) as f64) / n as f64;
                power.values_mut()[u * n + v] = if f > 0.0 { f.powf(-2.0) as f32 } else { 0.0 };
            }
        }
        let profile = Radii::new(n).profile(&power);
        assert_eq!(profile.len(), n / 2 + 1);
        let slope = fit(&profile, n, (0.05, 0.45)).unwrap().slope;
        assert!((slope + 2.0).abs() < 0.01, "{slope}");
    }

    #[test]
    fn opposite_bins_count_alike() {
        // Power at (3, 0) stands for two bins, at (0, 3) for one and (0, −3)
        // for the other.
        let n = 16;
        let mut across = Half::zeros(n);
        across.values_mut()[3 * n] = 1.0;
        let mut down = Half::zeros(n);
        down.values_mut()[3] = 1.0;
        down.values_mut()[n - 3] = 1.0;
        let radii = Radii::new(n);
        assert_eq!(radii.profile(&across), radii.profile(&down));
    }

    #[test]
    fn nothing_to_fit_is_none() {
        assert_eq!(fit(&[1.0, 1.0], 2, (0.05, 0.45)), None);
        assert_eq!(fit(&[0.0; 65], 128, (0.05, 0.45)), None);
    }
}
