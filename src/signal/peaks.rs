//! Narrow peaks of a power spectrum on the lattice of a period.

use crate::signal::fft::Half;
use crate::signal::stats::{MAD_TO_SIGMA, median_mad};

/// Half the side of the square of bins a bin off the axes is compared with.
const AROUND: isize = 8;
/// Bins this near belong to the peak itself: a Hann window smears a line over
/// one bin to either side; one more for safety.
const PEAK: isize = 2;
/// How far along an axis a bin on that axis is compared; on natural pictures
/// the axes stand out from the plane (horizons, edges of walls), so that a
/// comparison across them would find peaks everywhere.
const ALONG: isize = 24;
/// The deviation (in nepers of power) is never taken to be smaller than this,
/// 0.65 dB: when many tiles are averaged the scatter goes to zero and gentle
/// ripples would become peaks. Chosen so that six deviations are 4 dB.
const LEAST_SIGMA: f64 = 0.15;

/// One bin that was looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// Horizontal frequency in bins, −n/2 < u ≤ n/2.
    pub u: isize,
    /// Vertical frequency in bins.
    pub v: isize,
    /// (ln P − local median) / (1.4826 · local MAD), see [`prominence`].
    pub z: f64,
}

/// How far ln P stands out at (u, v): minus the median of its surroundings,
/// over 1.4826 times their median absolute deviation. Bins off the axes are
/// compared with the square around them without peak and axes, bins on an
/// axis with that axis only. `ln_power` holds natural logarithms; `None` when
/// the surroundings hold no finite numbers.
pub fn prominence(ln_power: &Half, u: isize, v: isize) -> Option<f64> {
    let n = ln_power.n() as isize;
    let (on_u, on_v) = (u.rem_euclid(n) == 0, v.rem_euclid(n) == 0);
    let mut around: Vec<f64> = Vec::with_capacity(((2 * AROUND + 1) * (2 * AROUND + 1)) as usize);
    if on_u || on_v {
        for d in PEAK + 1..=ALONG {
            for d in [-d, d] {
                let (a, b) = if on_v { (u + d, v) } else { (u, v + d) };
                around.push(f64::from(ln_power.at(a, b)));
            }
        }
    } else {
        for a in u - AROUND..=u + AROUND {
            for b in v - AROUND..=v + AROUND {
                let near = (a - u).abs() <= PEAK && (b - v).abs() <= PEAK;
                let axis = |k: isize| (k + 1).rem_euclid(n) <= 2;
                if !near && !axis(a) && !axis(b) {
                    around.push(f64::from(ln_power.at(a, b)));
                }
            }
        }
    }
    let (median, mad) = median_mad(&mut around)?;
    let z = (f64::from(ln_power.at(u, v)) - median) / (MAD_TO_SIGMA * mad).max(LEAST_SIGMA);
    z.is_finite().then_some(z)
}

/// The bins whose two frequencies are multiples of 1/`period` cycles a pixel
/// but not both of 2/`period` (those belong to the lattice of half the
/// period), moved by `shift` bins away from the axes' origin: along an axis
/// for bins on it. Only one of two opposite bins is given. Empty when the tile
/// does not hold a whole number of periods.
pub fn lattice(n: usize, period: usize, shift: (isize, isize)) -> Vec<(isize, isize)> {
    if period < 2 || !n.is_multiple_of(period) {
        return Vec::new();
    }
    let step = (n / period) as isize;
    let half = period as isize / 2;
    let mut bins = Vec::new();
    for j in 0..=half {
        for k in -half + 1..=half {
            // Of (0, k) and (0, −k), and on the far edge of (half, k) and
            // (half, −k), one is enough.
            let twin = (j == 0 || j == half) && k < 0;
            let coarser = j % 2 == 0 && k % 2 == 0 && period > 2;
            if (j, k) == (0, 0) || twin || coarser {
                continue;
            }
            let move_u = if j == 0 { 0 } else { shift.0 };
            let move_v = if k == 0 { 0 } else { shift.1 };
            bins.push((j * step + move_u, k * step + move_v));
        }
    }
    bins
}

/// The most prominent of `bins`.
pub fn strongest(ln_power: &Half, bins: &[(isize, isize)]) -> Option<Peak> {
    bins.iter()
        .filter_map(|&(u, v)| prominence(ln_power, u, v).map(|z| Peak { u, v, z }))
        .max_by(|a, b| a.z.total_cmp(&b.z))
}

/// The most prominent bin of all whose frequency is at least `least` cycles a
/// pixel and that does not belong to the lattice of `period`. Of the bins the
/// 64 that stand out most from eight at a distance of four are examined closer.
pub fn strongest_elsewhere(ln_power: &Half, period: usize, least: f64) -> Option<Peak> {
    const CANDIDATES: usize = 64;
    const AWAY: isize = PEAK + 2;
    let n = ln_power.n() as isize;
    let step = n / period.max(1) as isize;
    let near = |k: isize| step > 0 && (k + PEAK).rem_euclid(step) <= 2 * PEAK;
    let mut candidates: Vec<(f32, isize, isize)> = Vec::new();
    for u in 0..=n / 2 {
        for v in -n / 2 + 1..=n / 2 {
            let low = (u as f64).hypot(v as f64) < least * n as f64;
            if low || (near(u) && near(v)) {
                continue;
            }
            let mut around = 0.0;
            for (a, b) in [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)] {
                around += ln_power.at(u + AWAY * a, v + AWAY * b);
            }
            let above = ln_power.at(u, v) - around / 8.0;
            if above.is_finite() && above > 0.0 {
                candidates.push((above, u, v));
            }
        }
    }
    candidates.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let bins: Vec<(isize, isize)> =
        candidates.iter().take(CANDIDATES).map(|&(_, u, v)| (u, v)).collect();
    strongest(ln_power, &bins)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn lattices_split_the_multiples_of_a_sixteenth() {
        let n = 64;
        let mut all = Vec::new();
        for (period, expected) in [(2, 3), (4, 6), (8, 24), (16, 96)] {
            let bins = lattice(n, period, (0, 0));
            assert_eq!(bins.len(), expected, "period {period}");
            all.extend(bins);
        }
        // Every multiple of n/16 but the mean: of 16² bins four are their own
        // opposites, the other 252 make 126 pairs.
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 126 + 3);
        assert!(lattice(100, 16, (0, 0)).is_empty());
    }

    #[test]
    fn a_bin_ten_times_its_surroundings_stands_out_and_noise_does_not() {
        let n = 256;
        let mut random = SplitMix::new(11);
        let mut ln = Half::zeros(n);
        for value in ln.values_mut() {
            *value = 0.3 * random.normal() as f32;
        }
        let bins = lattice(n, 8, (0, 0));
        let quiet = strongest(&ln, &bins).unwrap();
        assert!(quiet.z < 4.0, "{quiet:?}");
        ln.values_mut()[32 * n + 64] += 3.0;
        let loud = strongest(&ln, &bins).unwrap();
        assert_eq!((loud.u, loud.v), (32, 64));
        assert!((loud.z - 10.0).abs() < 2.5, "{loud:?}");
    }

    #[test]
    fn a_line_off_the_lattice_is_found_elsewhere() {
        let n = 256;
        let mut random = SplitMix::new(13);
        let mut ln = Half::zeros(n);
        for value in ln.values_mut() {
            *value = 0.3 * random.normal() as f32;
        }
        ln.values_mut()[64 * n + 32] += 9.0; // on the lattice: not elsewhere
        ln.values_mut()[5 * n + 3] += 9.0; // too low
        let quiet = strongest_elsewhere(&ln, 16, 0.1).unwrap();
        assert!(quiet.z < 6.0, "{quiet:?}");
        ln.values_mut()[85 * n + n - 40] += 3.0;
        let loud = strongest_elsewhere(&ln, 16, 0.1).unwrap();
        assert_eq!((loud.u, loud.v), (85, -40));
        assert!(loud.z > 7.0, "{loud:?}");
    }

    #[test]
    fn a_bright_axis_is_no_peak() {
        let n = 256;
        let mut random = SplitMix::new(12);
        let mut ln = Half::zeros(n);
        for value in ln.values_mut() {
            *value = 0.3 * random.normal() as f32;
        }
        for value in &mut ln.values_mut()[..n] {
            *value += 5.0;
        }
        for period in [2, 4, 8, 16] {
            let z = strongest(&ln, &lattice(n, period, (0, 0))).unwrap().z;
            assert!(z < 4.5, "period {period}: {z}");
        }
    }

    #[test]
    fn a_constant_spectrum_has_no_peaks() {
        let ln = Half::zeros(64);
        assert_eq!(strongest(&ln, &lattice(64, 4, (0, 0))).unwrap().z, 0.0);
        let mut none = Half::zeros(64);
        none.values_mut().fill(f32::NEG_INFINITY);
        assert_eq!(strongest(&none, &lattice(64, 4, (0, 0))), None);
    }
}
