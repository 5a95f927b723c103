//! From a score to a log10 likelihood ratio, learnt from a reference set.

use std::f64::consts::{LN_10, PI};

use super::logistic::Logistic;
use super::pav::Pav;
use super::{Labelled, counts};

/// Which function is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A straight line in log-odds: two numbers, learnt from dozens of scores.
    Logistic,
    /// Two densities, each a sum of normal kernels.
    Kde,
    /// Any monotone function.
    Pav,
}

/// Scores of each class that a method needs. Logistic: below some twenty the
/// interval is so wide that nothing can be said (choice). KDE and PAV: hundreds
/// (Vergeer et al. 2016 show what they do with fewer).
pub const FEWEST: [(Method, usize); 3] =
    [(Method::Logistic, 20), (Method::Kde, 200), (Method::Pav, 200)];

/// Ridge on the slope. 1 is what scikit-learn, and with it the `lir` package,
/// takes; scores are brought to unit variance first, so that it means the same
/// for every check.
pub const RIDGE: f64 = 1.0;

/// A fitted function.
#[derive(Clone, Debug)]
pub struct Calibrator {
    fitted: Fitted,
    centre: f64,
    spread: f64,
}

#[derive(Clone, Debug)]
enum Fitted {
    Logistic(Logistic),
    Kde([Kernel; 2]),
    Pav(Pav),
}

/// A density as a sum of normal kernels.
#[derive(Clone, Debug)]
struct Kernel {
    at: Vec<f64>,
    width: f64,
}

impl Calibrator {
    /// Learns from `items`. `None` unless both classes are there, all scores
    /// are finite and they are not all the same.
    pub fn fit(items: &[Labelled], method: Method) -> Option<Self> {
        let n = items.len() as f64;
        counts(items)?;
        let centre = items.iter().map(|i| i.score).sum::<f64>() / n;
        let spread = (items.iter().map(|i| (i.score - centre).powi(2)).sum::<f64>() / n).sqrt();
        if !(spread > 0.0 && spread.is_finite()) {
            return None;
        }
        let scaled = |i: &Labelled| Labelled { score: (i.score - centre) / spread, ..*i };
        let scaled: Vec<Labelled> = items.iter().map(scaled).collect();
        let fitted = match method {
            Method::Logistic => Fitted::Logistic(line(&scaled, RIDGE)?),
            Method::Kde => Fitted::Kde([true, false].map(|h1| Kernel::fit(&scaled, h1))),
            Method::Pav => Fitted::Pav(Pav::fit(&scaled)?),
        };
        Some(Self { fitted, centre, spread })
    }

    /// log10 likelihood ratio of `score`, without any bound.
    pub fn log10_lr(&self, score: f64) -> f64 {
        let score = (score - self.centre) / self.spread;
        match &self.fitted {
            Fitted::Logistic(line) => line.at(&[score]) / LN_10,
            Fitted::Kde([h1, h2]) => (h1.ln_density(score) - h2.ln_density(score)) / LN_10,
            Fitted::Pav(pav) => pav.log10_lr(score),
        }
    }
}

/// The logistic function of the score alone.
pub fn line(items: &[Labelled], ridge: f64) -> Option<Logistic> {
    let rows: Vec<_> = items.iter().map(|i| (vec![i.score], i.h1)).collect();
    Logistic::fit(&rows, ridge)
}

impl Kernel {
    /// Width by Silverman's rule (1986, eq. 3.28): σ (4/(3n))^(1/5).
    fn fit(items: &[Labelled], h1: bool) -> Self {
        let at: Vec<f64> = items.iter().filter(|i| i.h1 == h1).map(|i| i.score).collect();
        let n = at.len() as f64;
        let mean = at.iter().sum::<f64>() / n;
        let sd = (at.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        // One value alone: as wide as all scores together.
        let sd = if sd > 0.0 { sd } else { 1.0 };
        Self { width: sd * (4.0 / (3.0 * n)).powf(0.2), at }
    }

    /// ln of the density, summed from the largest term so that far tails stay
    /// finite.
    fn ln_density(&self, x: f64) -> f64 {
        let power = |a: &f64| -((x - a) / self.width).powi(2) / 2.0;
        let top = self.at.iter().map(power).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.at.iter().map(|a| (power(a) - top).exp()).sum();
        top + sum.ln() - (self.at.len() as f64 * self.width * (2.0 * PI).sqrt()).ln()
    }
}
