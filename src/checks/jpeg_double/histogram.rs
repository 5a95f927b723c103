//! Whether the histogram of a coefficient is smooth or has the gaps that an
//! earlier quantisation leaves.

use crate::signal::tail::log10_student_tail;

/// Largest level of a coefficient that is counted. More would seldom be filled,
/// and the tail must be smooth over the whole range for the comparison to hold.
pub(super) const MOST: usize = 40;
/// Least levels for a histogram to be judged: fewer leave too little beside
/// the smooth curve.
const LEAST: usize = 12;
/// Least mean count of five neighbouring levels: below, counts are too small
/// for a normal error.
const LEAST_COUNT: f64 = 4.0;
/// Degree of the smooth curve: the exponent of a polynomial of the root of the
/// level, which holds Laplacian tails and their bends.
const DEGREE: usize = 5;
/// Standard deviation in coefficients of what happens between both
/// quantisations: samples rounded to whole levels have 12^−½ = 0.29, and the way
/// through RGB and back adds as much.
const ROUNDING: f64 = 0.5;
/// Least departure of a pattern from evenness (root mean square) for it to be
/// sought; weaker ones cannot be told.
const LEAST_PATTERN: f64 = 0.1;

/// What one earlier step explains of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trace {
    /// The earlier step.
    pub first: u16,
    /// log10 of the chance of such a fit in a smooth histogram, for this step
    /// alone.
    pub log10_p: f64,
    /// Share of the coefficients that follow the pattern, as fitted.
    pub share: f64,
    /// Gain of the fit: the square of its t.
    pub gain: f64,
}

/// A histogram compared with all earlier steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compared {
    /// Every step tried, in order of the step.
    pub traces: Vec<Trace>,
    /// Levels used, from 1.
    pub levels: usize,
}

impl Compared {
    /// The most telling step.
    pub(super) fn best(&self) -> Option<&Trace> {
        self.traces.iter().min_by(|a, b| a.log10_p.total_cmp(&b.log10_p))
    }
}

/// How much more often each level 0 … `levels` comes out of step `second` after
/// step `first` than if there had been no first; 1 on average.
pub(super) fn pattern(first: u16, second: u16, levels: usize) -> Vec<f64> {
    let (q1, q2) = (f64::from(first), f64::from(second));
    let mut out = vec![0.0; levels + 1];
    let most = (((levels + 1) as f64 * q2 + 4.0) / q1) as i64 + 1;
    for m in -most..=most {
        let value = m as f64 * q1;
        // Rounding spreads over two or three levels at most unless the step is 1.
        let spread = (4.0 * ROUNDING / q2).ceil() + 1.0;
        let middle = (value / q2).round();
        let (from, to) = ((middle - spread).max(0.0), (middle + spread).min(levels as f64));
        let mut k = from;
        while k <= to {
            let share = normal(((k + 0.5) * q2 - value) / ROUNDING)
                - normal(((k - 0.5) * q2 - value) / ROUNDING);
            out[k as usize] += share * q1 / q2;
            k += 1.0;
        }
    }
    out
}

/// Φ(x), to 1e-7 (Abramowitz & Stegun 26.2.17).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = series * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// Compares `counts` (how often the absolute level is 1, 2 …) of a coefficient
/// with step `second` with what every earlier step would leave.
///
/// A smooth curve is fitted to the counts (Poisson regression), and what it
/// leaves is regressed on the pattern of each earlier step beside the curve
/// itself. The residual's own spread is the yardstick, so that a curve that
/// does not fit makes the test weaker, not louder. `None` for too few counts.
pub(super) fn compare(counts: &[f64], second: u16) -> Option<Compared> {
    let filled = |k: usize| {
        let (a, b) = (k.saturating_sub(2), (k + 3).min(counts.len()));
        counts[a..b].iter().sum::<f64>() >= LEAST_COUNT * (b - a) as f64
    };
    let levels = (0..counts.len()).take_while(|&k| filled(k)).count();
    if levels < LEAST {
        return None;
    }
    let counts = &counts[..levels];
    let (expected, columns) = smooth(counts)?;
    let roots: Vec<f64> = expected.iter().map(|mu| mu.sqrt()).collect();
    let mut rest: Vec<f64> =
        counts.iter().zip(&expected).zip(&roots).map(|((y, mu), s)| (y - mu) / s).collect();
    strip(&mut rest, &columns);
    let freedom = (levels - DEGREE - 2) as f64;
    let square: f64 = rest.iter().map(|r| r * r).sum();
    let most = (levels as f64 * f64::from(second) / 2.0).min(255.0) as u16;
    let mut traces = Vec::new();
    for first in (1..=most).filter(|&first| first != second) {
        let weights = pattern(first, second, levels);
        let contrast = weights[1..].iter().map(|w| (w - 1.0) * (w - 1.0)).sum::<f64>();
        if (contrast / levels as f64).sqrt() < LEAST_PATTERN {
            continue;
        }
        let mut column: Vec<f64> =
            weights[1..].iter().zip(&roots).map(|(w, s)| (w - 1.0) * s).collect();
        let whole: f64 = column.iter().map(|v| v * v).sum();
        strip(&mut column, &columns);
        let left: f64 = column.iter().map(|v| v * v).sum();
        // What the smooth curve itself could be is no pattern.
        if left < 0.1 * whole {
            continue;
        }
        let share = column.iter().zip(&rest).map(|(v, r)| v * r).sum::<f64>() / left;
        let unexplained = (square - share * share * left).max(0.0);
        // Poisson counts have a spread of at least 1.
        let spread = (unexplained / freedom).max(1.0);
        let t = share * (left / spread).sqrt();
        let log10_p = log10_student_tail(t, freedom);
        traces.push(Trace { first, log10_p, share, gain: t.max(0.0) * t });
    }
    Some(Compared { traces, levels })
}

/// The counts of a smooth curve, and an orthonormal basis of what it can be,
/// each row weighted by the root of its expected count.
fn smooth(counts: &[f64]) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let last = (counts.len() as f64).sqrt();
    let powers: Vec<Vec<f64>> = (0..=DEGREE)
        .map(|power| {
            let x = |k: usize| 2.0 * (((k + 1) as f64).sqrt() - 1.0) / (last - 1.0) - 1.0;
            (0..counts.len()).map(|k| x(k).powi(power as i32)).collect()
        })
        .collect();
    let mut expected: Vec<f64> = counts.iter().map(|y| y + 0.5).collect();
    for _ in 0..12 {
        let roots: Vec<f64> = expected.iter().map(|mu| mu.sqrt()).collect();
        let columns = orthonormal(&powers, &roots)?;
        // One step of Fisher scoring on the logarithm.
        let target: Vec<f64> = counts
            .iter()
            .zip(&expected)
            .zip(&roots)
            .map(|((y, mu), s)| (mu.ln() + (y - mu) / mu) * s)
            .collect();
        let mut fitted = vec![0.0; counts.len()];
        for column in &columns {
            let part: f64 = column.iter().zip(&target).map(|(c, t)| c * t).sum();
            fitted.iter_mut().zip(column).for_each(|(f, c)| *f += part * c);
        }
        for ((mu, f), s) in expected.iter_mut().zip(&fitted).zip(&roots) {
            *mu = (f / s).clamp(-5.0, 25.0).exp();
        }
    }
    let roots: Vec<f64> = expected.iter().map(|mu| mu.sqrt()).collect();
    Some((expected, orthonormal(&powers, &roots)?))
}

/// The columns, weighted row by row, made orthonormal (Gram and Schmidt, twice).
fn orthonormal(columns: &[Vec<f64>], weights: &[f64]) -> Option<Vec<Vec<f64>>> {
    let mut out: Vec<Vec<f64>> = Vec::new();
    for column in columns {
        let mut column: Vec<f64> = column.iter().zip(weights).map(|(c, w)| c * w).collect();
        strip(&mut column, &out);
        strip(&mut column, &out);
        let length = column.iter().map(|c| c * c).sum::<f64>().sqrt();
        if !length.is_finite() || length < 1e-9 {
            return None;
        }
        column.iter_mut().for_each(|c| *c /= length);
        out.push(column);
    }
    Some(out)
}

/// Takes what lies along `columns` out of `values`.
fn strip(values: &mut [f64], columns: &[Vec<f64>]) {
    for column in columns {
        let part: f64 = column.iter().zip(values.iter()).map(|(c, v)| c * v).sum();
        values.iter_mut().zip(column).for_each(|(v, c)| *v -= part * c);
    }
}
