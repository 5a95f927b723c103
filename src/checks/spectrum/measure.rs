//! From tiles to averaged spectra, and from those to numbers.

use crate::Result;
use crate::signal::fft::{Half, Power};
use crate::signal::filter::median_3x3;
use crate::signal::peaks::{Peak, lattice, strongest};
use crate::signal::radial::{Radii, fit};
use crate::signal::stats::{MAD_TO_SIGMA, median, variance};
use crate::signal::window::hann;

/// Frequencies (cycles a pixel) of the whole fit: below, the subject of the
/// picture; above, the corner of the square spectrum and the Nyquist edge.
pub(super) const BAND: (f64, f64) = (0.05, 0.45);
/// The upper part of that band, where the last interpolation or convolution
/// of a generator shows. Of the bands tried on doubled 1/f² noise, this one
/// came nearest to the figures known for zero insertion and repetition
/// (`experiments/001-spectrum-thresholds.md`, table 4).
pub(super) const TOP_BAND: (f64, f64) = (0.35, 0.45);
/// Periods in pixels whose lattices are examined: doublings of a decoder, and
/// the 8 and 16 pixels of block codecs.
pub(super) const PERIODS: [usize; 4] = [2, 4, 8, 16];
/// A tile whose residual has less variance (grey levels squared) than this has
/// fewer than one pixel in a hundred off by a level: clipped or empty areas.
const FLAT: f64 = 0.01;
/// Residuals are cut off at so many typical deviations, so that a few strong
/// edges do not cover a faint pattern.
const CUT: f32 = 3.0;
/// The typical deviation is taken to be at least this many grey levels, about
/// twice that of rounding to whole levels (1/√12 = 0.29).
const LEAST_DEVIATION: f32 = 0.5;
/// Shifts in bins of the control lattices: odd, different from the steps of
/// all lattices, and farther than a Hann window smears.
const SHIFTS: [(isize, isize); 8] =
    [(5, 3), (-5, 3), (3, 5), (-3, 5), (5, -3), (-5, -3), (3, -5), (-3, -5)];

/// A planned measurement of tiles of one size.
pub(super) struct Lens {
    pub(super) n: usize,
    power: Power,
    radii: Radii,
    lattices: [Vec<(isize, isize)>; 4],
    controls: [Vec<(isize, isize)>; 4],
    filtered: Vec<f32>,
    spectrum: Half,
}

/// Sums over tiles of one size.
#[derive(Clone)]
pub(super) struct Sums {
    /// Power of the picture.
    picture: Half,
    /// Power of the residual, every tile scaled to variance 1.
    residual: Half,
    /// Tiles in the sums.
    pub(super) tiles: usize,
    /// Tiles left out because they were flat.
    pub(super) flat: usize,
}

impl Sums {
    pub(super) fn new(n: usize) -> Self {
        Self { picture: Half::zeros(n), residual: Half::zeros(n), tiles: 0, flat: 0 }
    }

    /// Tile size.
    pub(super) fn n(&self) -> usize {
        self.picture.n()
    }

    /// Adds the sums over other tiles of the same size; of another, nothing.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.n() != other.n() {
            return;
        }
        self.picture.add(&other.picture, 1.0);
        self.residual.add(&other.residual, 1.0);
        self.tiles += other.tiles;
        self.flat += other.flat;
    }

    /// The averaged residual spectrum in natural logarithms.
    pub(super) fn ln_residual(&self) -> Half {
        let mut ln = self.residual.clone();
        for value in ln.values_mut() {
            *value = (*value / self.tiles.max(1) as f32).ln();
        }
        ln
    }

    /// The averaged residual power.
    pub(super) fn residual(&self) -> &Half {
        &self.residual
    }
}

/// What a profile says.
#[derive(Clone, Debug)]
pub(super) struct Slopes {
    /// Mean power at each radius, grey levels squared.
    pub(super) profile: Vec<f64>,
    /// Slope of ln P against ln f in [`BAND`].
    pub(super) whole: f64,
    /// Slope of ln P against ln f in [`TOP_BAND`].
    pub(super) top: f64,
}

impl Lens {
    pub(super) fn new(n: usize) -> Result<Self> {
        Ok(Self {
            n,
            power: Power::new(&hann(n))?,
            radii: Radii::new(n),
            lattices: PERIODS.map(|period| lattice(n, period, (0, 0))),
            controls: PERIODS
                .map(|period| SHIFTS.iter().flat_map(|&s| lattice(n, period, s)).collect()),
            filtered: vec![0.0; n * n],
            spectrum: Half::zeros(n),
        })
    }

    /// Adds one `n × n` tile to `sums`; its residual and the variance of that,
    /// unless the tile is flat.
    pub(super) fn add(&mut self, tile: &[f32], sums: &mut Sums) -> Result<Option<(&[f32], f64)>> {
        median_3x3(tile, self.n, &mut self.filtered);
        for (value, &pixel) in self.filtered.iter_mut().zip(tile) {
            *value = pixel - *value;
        }
        let raw = variance(&self.filtered);
        if !raw.is_finite() || raw < FLAT {
            sums.flat += 1;
            return Ok(None);
        }
        let most = CUT * typical(&self.filtered);
        for value in &mut self.filtered {
            *value = value.clamp(-most, most);
        }
        let spread = variance(&self.filtered);
        self.power.spectrum(&self.filtered, &mut self.spectrum)?;
        sums.residual.add(&self.spectrum, (1.0 / spread) as f32);
        self.power.spectrum(tile, &mut self.spectrum)?;
        sums.picture.add(&self.spectrum, 1.0);
        sums.tiles += 1;
        Ok(Some((&self.filtered, spread)))
    }

    /// The profile and its slopes; `None` without tiles or power.
    pub(super) fn slopes(&self, sums: &Sums) -> Option<Slopes> {
        if sums.tiles == 0 {
            return None;
        }
        let mut profile = self.radii.profile(&sums.picture);
        for value in &mut profile {
            *value /= sums.tiles as f64;
        }
        let whole = fit(&profile, self.n, BAND)?.slope;
        let top = fit(&profile, self.n, TOP_BAND)?.slope;
        Some(Slopes { profile, whole, top })
    }

    /// The strongest bin of each lattice of [`PERIODS`].
    pub(super) fn peaks(&self, ln_residual: &Half) -> [Option<Peak>; 4] {
        std::array::from_fn(|i| strongest(ln_residual, &self.lattices[i]))
    }

    /// The strongest bin of each lattice moved to eight places where no period
    /// of [`PERIODS`] lies: what the picture's own texture gives.
    pub(super) fn controls(&self, ln_residual: &Half) -> [Option<Peak>; 4] {
        std::array::from_fn(|i| strongest(ln_residual, &self.controls[i]))
    }
}

/// 1.4826 times the median magnitude of every 16th residual, at least
/// [`LEAST_DEVIATION`].
fn typical(residual: &[f32]) -> f32 {
    let mut some: Vec<f64> = residual.iter().step_by(16).map(|r| f64::from(r.abs())).collect();
    let sigma = median(&mut some).map_or(0.0, |magnitude| MAD_TO_SIGMA * magnitude);
    (sigma as f32).max(LEAST_DEVIATION)
}

/// Origins of up to `most` tiles of `n × n` spread evenly over a picture of
/// `width × height`, without overlap, row by row; one in the middle where only
/// one fits, none where none does.
pub(super) fn spread(width: usize, height: usize, n: usize, most: usize) -> Vec<(usize, usize)> {
    let (mut across, mut down) = (width / n.max(1), height / n.max(1));
    while across * down > most.max(1) {
        // Thin out the direction with more of them.
        if across >= down { across -= 1 } else { down -= 1 }
    }
    let start = |i: usize, count: usize, room: usize| {
        if count < 2 { room / 2 } else { i * room / (count - 1) }
    };
    (0..down)
        .flat_map(|j| (0..across).map(move |i| (i, j)))
        .map(|(i, j)| (start(i, across, width - n), start(j, down, height - n)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_lie_inside_and_apart() {
        for (width, height, n, most, expected) in [
            (1920, 1080, 512, 6, 6),
            (1080, 1920, 512, 6, 6),
            (600, 600, 512, 6, 1),
            (511, 2000, 512, 6, 0),
            (6000, 512, 512, 6, 6),
            (4000, 3000, 512, 24, 20),
        ] {
            let tiles = spread(width, height, n, most);
            assert_eq!(tiles.len(), expected, "{width}x{height}");
            for (i, &(x, y)) in tiles.iter().enumerate() {
                assert!(x + n <= width && y + n <= height);
                for &(a, b) in &tiles[i + 1..] {
                    assert!(x.abs_diff(a) >= n || y.abs_diff(b) >= n);
                }
            }
        }
        assert_eq!(spread(600, 700, 512, 6), [(44, 94)]);
    }
}
