//! The mean cosine spectrum of the residual, and how far each coefficient
//! stands above those around it.

use crate::Result;
use crate::checks::Figure;
use crate::checks::finding::Axis;
use crate::signal::cosine::Cosines;
use crate::signal::stats::{MAD_TO_SIGMA, median_mad};
use crate::text::Text;

/// Side of the squares that are transformed, in pixels: a tile of 256 or 512
/// holds 4 or 16, and coefficients are 1/256 cycle a pixel apart.
const SIDE: usize = 128;
/// Half the side of the square of coefficients that one is compared with.
const AROUND: usize = 7;
/// Coefficients this near may belong to the same line: without a window a line
/// between two coefficients spills over to both sides.
const LINE: usize = 2;
/// Least deviation in nepers of power, as in `signal::peaks`.
const LEAST_SIGMA: f64 = 0.15;
/// The strongest coefficient is sought from this frequency up, cycles a pixel:
/// below lies the picture itself.
const LEAST_FREQUENCY: f64 = 0.1;

/// Sums of cosine power over squares of the residual.
#[derive(Default)]
pub(super) struct CosineSums {
    plan: Option<Cosines>,
    power: Vec<f32>,
    squares: usize,
}

/// Deviations above the surroundings, `[vertical][horizontal]`.
pub(super) struct ZMap {
    values: Vec<f32>,
    /// Squares in the mean.
    pub(super) squares: usize,
    /// The largest from [`LEAST_FREQUENCY`] up.
    pub(super) peak: Coefficient,
}

/// One coefficient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coefficient {
    pub(super) z: f64,
    /// Cycles a pixel, 0 to ½.
    pub(super) across: f64,
    pub(super) down: f64,
}

impl CosineSums {
    /// Adds the residual of a tile of `n × n` pixels of variance `variance`.
    pub(super) fn add(&mut self, residual: &[f32], n: usize, variance: f64) -> Result<()> {
        if residual.len() != n * n || variance <= 0.0 {
            return Ok(());
        }
        if self.plan.is_none() {
            self.plan = Some(Cosines::new(SIDE)?);
            self.power = vec![0.0; SIDE * SIDE];
        }
        let Some(plan) = &mut self.plan else { return Ok(()) };
        let scale = (1.0 / variance) as f32;
        let mut square = vec![0.0f32; SIDE * SIDE];
        for (top, left) in (0..n / SIDE).flat_map(|y| (0..n / SIDE).map(move |x| (y, x))) {
            for (y, row) in square.chunks_exact_mut(SIDE).enumerate() {
                row.copy_from_slice(&residual[(top * SIDE + y) * n + left * SIDE..][..SIDE]);
            }
            plan.transform(&mut square)?;
            for (sum, value) in self.power.iter_mut().zip(&square) {
                *sum += scale * value * value;
            }
            self.squares += 1;
        }
        Ok(())
    }

    /// The map; `None` without squares.
    pub(super) fn map(&self) -> Option<ZMap> {
        let ln: Vec<f64> =
            self.power.iter().map(|p| f64::from(p.max(f32::MIN_POSITIVE)).ln()).collect();
        if self.squares == 0 {
            return None;
        }
        let mut around = Vec::new();
        let mut values = Vec::with_capacity(SIDE * SIDE);
        let mut peak = Coefficient { z: f64::NEG_INFINITY, across: 0.0, down: 0.0 };
        for v in 0..SIDE {
            for u in 0..SIDE {
                let z = height(&ln, (u, v), &mut around).unwrap_or(0.0);
                values.push(z as f32);
                let [across, down] = [u, v].map(|k| k as f64 / (2 * SIDE) as f64);
                if across.hypot(down) >= LEAST_FREQUENCY && z > peak.z {
                    peak = Coefficient { z, across, down };
                }
            }
        }
        Some(ZMap { values, squares: self.squares, peak })
    }
}

/// How far coefficient (`u`, `v`) stands above the median of those around it, in
/// robust deviations. One of the first row or column, which edges that are
/// upright or level fill, is compared along it.
fn height(ln: &[f64], (u, v): (usize, usize), around: &mut Vec<f64>) -> Option<f64> {
    around.clear();
    let near = |k: usize| k.saturating_sub(AROUND)..(k + AROUND + 1).min(SIDE);
    if u == 0 || v == 0 {
        let k = u.max(v);
        let far = 4 * AROUND;
        let line = k.saturating_sub(far)..(k + far + 1).min(SIDE);
        let at = |j: usize| if v == 0 { ln[j] } else { ln[j * SIDE] };
        around.extend(line.filter(|j| j.abs_diff(k) > LINE && *j > 0).map(at));
    } else {
        for y in near(v).filter(|y| *y > 0) {
            let apart = |x: &usize| *x > 0 && (x.abs_diff(u) > LINE || y.abs_diff(v) > LINE);
            around.extend(near(u).filter(apart).map(|x| ln[y * SIDE + x]));
        }
    }
    let (median, mad) = median_mad(around)?;
    let z = (ln[v * SIDE + u] - median) / (MAD_TO_SIGMA * mad).max(LEAST_SIGMA);
    z.is_finite().then_some(z)
}

impl ZMap {
    /// The map as a figure, frequency zero at the top left.
    pub(super) fn figure(self) -> Figure {
        let axis = |en: &str, nl: &str| Axis {
            label: Text::new(en, nl),
            range: Some((0.0, 0.5)),
            log: false,
        };
        Figure::Heat {
            title: Text::new(
                "Cosine (DCT) spectrum of the residual: height of each coefficient above those around it",
                "Cosinusspectrum (DCT) van het residu: hoogte van elke coëfficiënt boven die eromheen",
            ),
            width: SIDE,
            height: SIDE,
            values: self.values,
            x: axis(
                "horizontal frequency (cycles/pixel)",
                "horizontale frequentie (perioden/pixel)",
            ),
            y: axis("vertical frequency (cycles/pixel)", "verticale frequentie (perioden/pixel)"),
            scale: Text::new("z (robust deviations)", "z (robuuste afwijkingen)"),
            scene: None,
        }
    }
}
