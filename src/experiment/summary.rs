//! What the scores of a run say: metrics with intervals, coverage, and
//! whether what was expected came out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::question::{Expectation, Experiment, Method, Metric};
use super::score::{Outcome, Score};
use crate::evaluate::{Labelled, bootstrap, roc};

/// One metric of one method on one slice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// Slice.
    pub slice: String,
    /// Method.
    pub method: String,
    /// Name of the metric.
    pub metric: &'static str,
    /// Its value; `None` where it is undefined.
    pub value: Option<f64>,
    /// Its 95 % interval, by resampling sources.
    pub interval: Option<(f64, f64)>,
    /// Rows with a score, of all rows.
    pub covered: usize,
    /// All rows.
    pub of: usize,
    /// Why there is no value.
    pub undefined: Option<String>,
}

/// Whether an expectation was met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// What was expected, of what, from where.
    pub slice: String,
    /// Method.
    pub method: String,
    /// Metric.
    pub metric: &'static str,
    /// Expected.
    pub expected: f64,
    /// Tolerated difference.
    pub tolerance: f64,
    /// Found.
    pub found: Option<f64>,
    /// Source of the expectation.
    pub source: String,
    /// Whether it was met.
    pub met: bool,
}

/// Every metric of `experiment` over `rows`.
pub fn measures(experiment: &Experiment, rows: &[Score]) -> Vec<Measure> {
    let mut measures = Vec::new();
    for slice in &experiment.slices {
        for method in &experiment.methods {
            let of: Vec<&Score> = rows
                .iter()
                .filter(|row| row.slice == slice.name && row.method == method.name)
                .collect();
            for &metric in &experiment.metrics {
                measures.push(measure(&slice.name, method, metric, &of, experiment.seed));
            }
        }
    }
    measures
}

fn measure(slice: &str, method: &Method, metric: Metric, rows: &[&Score], seed: u64) -> Measure {
    let scored: Vec<&Score> =
        rows.iter().copied().filter(|row| row.status == Outcome::Ok).collect();
    let items = labelled(&scored);
    let found = value(metric, method, &scored, &items);
    let interval = match (&found, statistic(metric, method)) {
        (Ok(_), Some(statistic)) => {
            bootstrap::interval(&items, bootstrap::SAMPLES, seed, |sample| statistic(sample))
        }
        _ => None,
    };
    Measure {
        slice: slice.to_owned(),
        method: method.name.clone(),
        metric: metric.name(),
        interval,
        covered: scored.len(),
        of: rows.len(),
        undefined: found.as_ref().err().map(|why| (*why).to_owned()),
        value: found.ok(),
    }
}

/// The items of known label, with their sources numbered.
fn labelled(rows: &[&Score]) -> Vec<Labelled> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let rows = rows.iter().filter_map(|row| Some((row, row.fake()?, row.score?)));
    rows.map(|(row, h1, score)| {
        let next = numbers.len();
        Labelled { score, h1, source: *numbers.entry(&row.source).or_insert(next) }
    })
    .collect()
}

/// A number of labelled scores; `None` where it is undefined.
type Statistic = Box<dyn Fn(&[Labelled]) -> Option<f64>>;

/// A metric as a function of labelled scores, where it is one.
fn statistic(metric: Metric, method: &Method) -> Option<Statistic> {
    let threshold = method.threshold.map(|t| if method.lower_is_fake { -t } else { t });
    let flagged = move |fake: bool| -> Option<Statistic> {
        let threshold = threshold?;
        Some(Box::new(move |items| {
            let of = items.iter().filter(|item| item.h1 == fake);
            let (all, hit) = of.fold((0, 0), |(all, hit), item| {
                (all + 1, hit + usize::from(item.score >= threshold))
            });
            (all > 0).then(|| f64::from(hit as u32) / f64::from(all))
        }))
    };
    match metric {
        Metric::Auc => Some(Box::new(roc::auc)),
        Metric::Eer => Some(Box::new(roc::eer)),
        Metric::Ap => Some(Box::new(roc::average_precision)),
        Metric::TprAt1 => Some(Box::new(|items| roc::tpr_at(items, 0.01))),
        Metric::TprAt5 => Some(Box::new(|items| roc::tpr_at(items, 0.05))),
        Metric::TprAt10 => Some(Box::new(|items| roc::tpr_at(items, 0.10))),
        Metric::FalseAlarms => flagged(false),
        Metric::Detected => flagged(true),
        Metric::Mean | Metric::MedianError | Metric::MaxError => None,
    }
}

fn value(
    metric: Metric,
    method: &Method,
    rows: &[&Score],
    items: &[Labelled],
) -> Result<f64, &'static str> {
    if rows.is_empty() {
        return Err("no item has a score");
    }
    let errors = || -> Vec<f64> {
        rows.iter().filter_map(|row| Some((row.value? - row.truth?).abs())).collect()
    };
    match metric {
        Metric::Mean => {
            let values: Vec<f64> = rows.iter().filter_map(|row| row.value).collect();
            Ok(values.iter().sum::<f64>() / values.len().max(1) as f64)
        }
        Metric::MedianError => {
            crate::signal::stats::median(&mut errors()).ok_or("nothing is known to be true")
        }
        Metric::MaxError => {
            errors().into_iter().reduce(f64::max).ok_or("nothing is known to be true")
        }
        Metric::FalseAlarms | Metric::Detected if method.threshold.is_none() => {
            Err("the method has no threshold")
        }
        _ => statistic(metric, method)
            .and_then(|statistic| statistic(items))
            .ok_or("needs items of both labels, or of the label it counts"),
    }
}

/// Whether each expectation of `experiment` was met.
pub fn verdicts(experiment: &Experiment, measures: &[Measure]) -> Vec<Verdict> {
    experiment.expectations.iter().map(|expected| verdict(expected, measures)).collect()
}

fn verdict(expected: &Expectation, measures: &[Measure]) -> Verdict {
    let found = measures
        .iter()
        .find(|measure| {
            measure.slice == expected.slice
                && measure.method == expected.method
                && measure.metric == expected.metric.name()
        })
        .and_then(|measure| measure.value);
    Verdict {
        slice: expected.slice.clone(),
        method: expected.method.clone(),
        metric: expected.metric.name(),
        expected: expected.value,
        tolerance: expected.tolerance,
        found,
        source: expected.source.clone(),
        met: found.is_some_and(|found| (found - expected.value).abs() <= expected.tolerance),
    }
}
