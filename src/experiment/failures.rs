//! Which items a method judged wrongly, the worst first.

use super::score::Score;
use super::summary::Cell;

/// How a method went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// A real item with the score of a fake.
    FalseAlarm,
    /// A fake with the score of a real item.
    Miss,
    /// An item of which the quantity is far from what is true.
    FarOff,
}

impl Failure {
    /// As in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::FalseAlarm => "false alarm",
            Self::Miss => "miss",
            Self::FarOff => "far off",
        }
    }
}

/// One item that a method judged wrongly.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// How.
    pub failure: Failure,
    /// Its row.
    pub row: &'a Score,
}

/// At most `most` items of each kind that the method of a cell judged wrongly, the worst
/// first. At a threshold, what lies on the wrong side of it; without one, real items
/// that score no less than some fake, and fakes that score no more than some real item.
/// What is far off has no line to cross: the furthest are told.
pub fn worst<'a>(cell: &Cell<'a>, most: usize) -> Vec<Failed<'a>> {
    let mut failed = Vec::new();
    let mut put = |failure, mut rows: Vec<(f64, &'a Score)>| {
        rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.key.cmp(&b.1.key)));
        failed.extend(rows.into_iter().take(most).map(|(_, row)| Failed { failure, row }));
    };
    if cell.metrics.iter().any(|metric| !metric.of_quantity()) {
        let class = |fake: bool| -> Vec<(f64, &'a Score)> {
            let of = cell.rows.iter().filter(|row| row.fake() == Some(fake));
            of.filter_map(|row| Some((row.score?, *row))).collect()
        };
        let (real, fake) = (class(false), class(true));
        let least = |rows: &[(f64, &Score)]| rows.iter().map(|r| r.0).reduce(f64::min);
        let greatest = |rows: &[(f64, &Score)]| rows.iter().map(|r| r.0).reduce(f64::max);
        let alarm = cell.learnt.threshold.or_else(|| least(&fake));
        let silent = cell.learnt.threshold.or_else(|| greatest(&real));
        let wrong = |rows: Vec<(f64, &'a Score)>, is: &dyn Fn(f64) -> bool| {
            rows.into_iter().filter(|row| is(row.0)).collect::<Vec<_>>()
        };
        let alarms = wrong(real, &|score| alarm.is_some_and(|at| score >= at));
        // At a threshold itself an item is flagged.
        let at_it = cell.learnt.threshold.is_none();
        let missed = |score: f64| silent.is_some_and(|at| score < at || (at_it && score == at));
        let misses = wrong(fake, &missed);
        put(Failure::FalseAlarm, alarms);
        put(Failure::Miss, misses.into_iter().map(|(score, row)| (-score, row)).collect());
    }
    if cell.metrics.iter().any(|metric| metric.of_error()) {
        let off = |row: &&'a Score| Some(((row.value? - row.truth?).abs(), *row));
        let mut rows: Vec<_> = cell.rows.iter().filter_map(off).collect();
        rows.retain(|row| row.0 > 0.0);
        put(Failure::FarOff, rows);
    }
    failed
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::super::metric::{Learnt, Metric};
    use super::super::question::Method;
    use super::super::score::Outcome;
    use super::*;

    fn row(key: &str, label: Option<&str>, value: f64, truth: Option<f64>) -> Score {
        Score {
            slice: "s".to_owned(),
            key: key.to_owned(),
            source: key.to_owned(),
            degraded: None,
            label: label.map(str::to_owned),
            generator: None,
            compression: None,
            face_px: None,
            truth,
            method: "m".to_owned(),
            value: Some(value),
            score: Some(value),
            status: Outcome::Ok,
            reason: None,
            seconds: 0.0,
            frames: Vec::new(),
        }
    }

    fn told(rows: &[Score], metrics: &[Metric], threshold: Option<f64>) -> Vec<String> {
        let method: Method =
            toml::from_str("name = 'm'\ncheck = 'spectrum'\nvalue = 'score'").unwrap();
        let learnt = Learnt { threshold, calibrator: None };
        let rows = rows.iter().collect();
        let cell = Cell { slice: "s", degraded: None, method: &method, metrics, learnt, rows };
        let of = worst(&cell, 2).into_iter();
        of.map(|failed| format!("{} {}", failed.failure.name(), failed.row.key)).collect()
    }

    #[test]
    fn only_what_is_on_the_wrong_side_failed_and_the_worst_comes_first() {
        let rows = [
            row("r1", Some("real"), 0.1, None),
            row("r2", Some("real"), 0.8, None),
            row("r3", Some("real"), 0.6, None),
            row("f1", Some("fake"), 0.9, None),
            row("f2", Some("fake"), 0.5, None),
            row("f3", Some("fake"), 0.6, None),
        ];
        let auc = [Metric::Auc];
        assert_eq!(
            told(&rows, &auc, None),
            ["false alarm r2", "false alarm r3", "miss f2", "miss f3"]
        );
        assert_eq!(told(&rows, &auc, Some(0.6)), ["false alarm r2", "false alarm r3", "miss f2"]);
        assert!(told(&rows[..4], &auc, None).is_empty(), "no real item reaches the fake");
        assert!(told(&rows[..3], &auc, None).is_empty(), "nothing to compare with");
    }

    #[test]
    fn what_is_far_from_the_truth_counts_where_errors_are_measured() {
        let rows = [
            row("a", None, 3.0, Some(1.0)),
            row("b", None, -4.0, Some(1.0)),
            row("c", None, 1.0, Some(1.0)),
            row("d", None, 1.5, Some(1.0)),
        ];
        assert_eq!(told(&rows, &[Metric::MedianError], None), ["far off b", "far off a"]);
        assert!(told(&rows, &[Metric::Mean], None).is_empty());
    }
}
