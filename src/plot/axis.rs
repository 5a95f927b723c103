//! From values to places on the paper, and the marks along the way.

use super::number::{clock, number, power};
use crate::text::Lang;

/// One axis of a plot: a range of values on a range of drawing units.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Smallest value, or its log10.
    low: f64,
    /// Largest value, or its log10.
    high: f64,
    log: bool,
    /// Where `low` is drawn.
    from: f64,
    /// Where `high` is drawn.
    to: f64,
}

impl Scale {
    /// An axis that holds `values`, or exactly `range` if there is one. Values
    /// without a place on it (non-finite, or not positive on a logarithmic
    /// axis) are passed over; without any, the axis runs from 0 (or 1) to 1
    /// (or 10).
    pub fn new(values: impl Iterator<Item = f64>, range: Option<(f64, f64)>, log: bool) -> Self {
        let usable = |v: &f64| v.is_finite() && (!log || *v > 0.0);
        let place = |v: f64| if log { v.log10() } else { v };
        let fixed = range.filter(|(a, b)| usable(a) && usable(b) && a < b);
        let (mut low, mut high) = match fixed {
            Some((a, b)) => (place(a), place(b)),
            None => values
                .filter(usable)
                .map(place)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v))),
        };
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Room for the arithmetic on the way to drawing units.
        (low, high) = (low.max(-1e300), high.min(1e300));
        let width = high - low;
        // A range that is no range, or too narrow for the arithmetic.
        if width <= (low.abs().max(high.abs()) * 1e-9).max(f64::MIN_POSITIVE) {
            let half = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
            (low, high) = (low - half, high + half);
        }
        Self { low, high, log, from: 0.0, to: 1.0 }
    }

    /// With some air at both ends, for an axis fitted to data.
    pub fn padded(mut self, part: f64) -> Self {
        let air = (self.high - self.low) * part;
        // The air must not suggest negative values where there are none.
        let floor =
            if !self.log && self.low >= 0.0 && self.low < 2.0 * air { 0.0 } else { self.low - air };
        (self.low, self.high) = (floor, self.high + air);
        self
    }

    /// Drawn from `from` to `to`.
    pub fn onto(mut self, from: i32, to: i32) -> Self {
        (self.from, self.to) = (f64::from(from), f64::from(to));
        self
    }

    /// Where `value` is drawn, if it has a place at all; beyond the ends of
    /// the axis it is drawn at the end.
    pub fn at(&self, value: f64) -> Option<i32> {
        if !value.is_finite() || (self.log && value <= 0.0) {
            return None;
        }
        let placed = if self.log { value.log10() } else { value };
        let part = ((placed - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        Some((self.from + part * (self.to - self.from)).round() as i32)
    }

    /// Whether `value` lies on the axis.
    pub fn holds(&self, value: f64) -> bool {
        let placed = if self.log { value.log10() } else { value };
        let slack = (self.high - self.low) * 1e-9;
        placed.is_finite() && placed >= self.low - slack && placed <= self.high + slack
    }

    /// Values to mark with their labels, about `count` of them.
    pub fn ticks(&self, count: usize, lang: Lang) -> Vec<(f64, String)> {
        if self.log {
            return self.log_ticks(count, lang);
        }
        let step = nice((self.high - self.low) / count.max(1) as f64);
        self.multiples(step).map(|v| (v, number(v, lang))).collect()
    }

    /// As [`Scale::ticks`] for seconds: minutes and hours on long axes.
    pub fn time_ticks(&self, count: usize, lang: Lang) -> Vec<(f64, String)> {
        const STEPS: [f64; 11] =
            [15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0];
        let width = self.high - self.low;
        if width < 100.0 {
            return self.ticks(count, lang);
        }
        let wanted = width / count.max(1) as f64;
        let step = STEPS.into_iter().find(|&s| s >= wanted).unwrap_or_else(|| nice(wanted));
        self.multiples(step).map(|v| (v, clock(v))).collect()
    }

    fn multiples(&self, step: f64) -> impl Iterator<Item = f64> + use<> {
        let slack = (self.high - self.low) * 1e-9;
        let (first, last) = ((self.low - slack) / step, (self.high + slack) / step);
        let first = first.ceil();
        // Never more marks than a reader could tell apart.
        let many = ((last.floor() - first).max(-1.0) as i64).saturating_add(1).clamp(0, 40);
        (0..many).map(move |i| {
            let v = (first + i as f64) * step;
            // 0.1 + 0.2 and negative zero: rid the value of their dust.
            if v.abs() < step * 1e-6 { 0.0 } else { (v / step).round() * step }
        })
    }

    fn log_ticks(&self, count: usize, lang: Lang) -> Vec<(f64, String)> {
        let decades = self.high - self.low;
        if decades < 1.5 {
            let ticks: Vec<_> = (self.low.floor() as i32..=self.high.ceil() as i32)
                .flat_map(|e| [1.0, 2.0, 3.0, 5.0, 7.0].map(|m| m * 10f64.powi(e)))
                .filter(|&v| self.holds(v))
                .map(|v| (v, number(v, lang)))
                .collect();
            if ticks.len() >= 2 {
                return ticks;
            }
            let step = nice(decades / count.max(1) as f64);
            return self
                .multiples(step)
                .map(|e| (10f64.powf(e), number(10f64.powf(e), lang)))
                .collect();
        }
        let step = (decades / count.max(1) as f64).ceil().max(1.0);
        // One way of writing for the whole axis.
        let short = self.multiples(step).all(|e| (-2.0..=3.0).contains(&e));
        let label = |e: f64| if short { number(10f64.powf(e), lang) } else { power(e as i32) };
        self.multiples(step).map(|e| (10f64.powf(e), label(e))).collect()
    }
}

/// 1, 2 or 5 times a power of ten, not below `step`.
fn nice(step: f64) -> f64 {
    let base = 10f64.powf(step.log10().floor());
    let base = if base.is_finite() && base > 0.0 { base } else { 1.0 };
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|m| m * base)
        .find(|&s| s >= step * (1.0 - 1e-9))
        .unwrap_or(10.0 * base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, count: usize) -> Vec<String> {
        scale.ticks(count, Lang::En).into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn linear_marks_are_round_and_inside() {
        let scale = Scale::new([0.0, 0.5].into_iter(), None, false);
        assert_eq!(labels(scale, 5), ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        let scale = Scale::new([-3.0, 12.0].into_iter(), None, false);
        assert_eq!(labels(scale, 4), ["0", "5", "10"]);
    }

    #[test]
    fn logarithmic_marks_are_decades() {
        let scale =
            Scale::new([1e-6, 1.0, f64::NAN, -4.0, 0.0].into_iter(), None, true).onto(0, 600);
        assert_eq!(labels(scale, 6), ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(scale.at(1e-3), Some(300));
        assert_eq!(scale.at(0.0), None);
    }

    #[test]
    fn long_times_are_marked_on_the_clock() {
        let scale = Scale::new(std::iter::empty(), Some((0.0, 14400.0)), false);
        let ticks = scale.time_ticks(8, Lang::En);
        assert_eq!(ticks.first().map(|t| t.1.as_str()), Some("0:00"));
        assert_eq!(ticks.last().map(|t| t.1.as_str()), Some("4:00:00"));
        assert_eq!(ticks.len(), 9);
    }

    #[test]
    fn degenerate_data_still_gives_an_axis() {
        for values in
            [vec![], vec![f64::NAN], vec![7.0], vec![0.0, 0.0], vec![1e300, 1e300], vec![5e-324]]
        {
            for log in [false, true] {
                let scale =
                    Scale::new(values.clone().into_iter(), None, log).padded(0.05).onto(0, 100);
                assert!(labels(scale, 5).len() <= 41, "{values:?}");
                assert!(scale.at(7.0).is_some());
            }
        }
        let scale = Scale::new([-1.7e308, 1.7e308].into_iter(), None, false);
        assert!(labels(scale, 5).len() <= 41);
    }
}
