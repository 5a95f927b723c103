//! What the scores of a run say: metrics with intervals, coverage, and
//! whether what was expected came out.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::metric::{Learnt, Metric, exact, of_value, statistic};
use super::question::{Expectation, Experiment, Method};
use super::score::{Outcome, Score};
use crate::evaluate::{Labelled, bootstrap};

/// Widths of faces in pixels at which one group ends and the next begins.
const FACES: [f64; 3] = [64.0, 128.0, 256.0];

/// One metric of one method on one slice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Slice.
    pub slice: String,
    /// After which change; `None`: the items as they are.
    pub degraded: Option<String>,
    /// Of which items of the slice; `None`: of all.
    pub group: Option<String>,
    /// Method.
    pub method: String,
    /// Name of the metric.
    pub metric: String,
    /// Its value; `None` where it is undefined.
    pub value: Option<f64>,
    /// Its 95 % interval, by resampling sources; of a share with one class
    /// alone, the exact one.
    pub interval: Option<(f64, f64)>,
    /// Rows with a score, of all rows.
    pub covered: usize,
    /// All rows.
    pub of: usize,
    /// Why there is no value.
    pub undefined: Option<String>,
}

/// Whether an expectation was met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was expected, of what, from where.
    pub slice: String,
    /// After which change.
    pub degraded: Option<String>,
    /// Method.
    pub method: String,
    /// Metric.
    pub metric: String,
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

/// The rows of a slice and method after one change, with what was learnt for
/// them.
pub struct Cell<'a> {
    /// Slice.
    pub slice: &'a str,
    /// After which change.
    pub degraded: Option<String>,
    /// Method.
    pub method: &'a Method,
    /// Its metrics.
    pub metrics: &'a [Metric],
    /// What the validation slice taught.
    pub learnt: Learnt,
    /// The rows.
    pub rows: Vec<&'a Score>,
}

/// Every slice, change and method, in the experiment's order.
pub fn cells<'a>(experiment: &'a Experiment, rows: &'a [Score]) -> Vec<Cell<'a>> {
    let mut of: BTreeMap<(&str, Option<&str>, &str), Vec<&Score>> = BTreeMap::new();
    for row in rows {
        of.entry((&row.slice, row.degraded.as_deref(), &row.method)).or_default().push(row);
    }
    let find = |slice: &str, degraded: Option<&str>, method: &str| {
        of.get(&(slice, degraded, method)).cloned().unwrap_or_default()
    };
    let mut cells = Vec::new();
    for slice in &experiment.slices {
        for change in experiment.changes(&slice.name) {
            for method in &experiment.methods {
                let validation = slice.validation.as_ref().map(|name| {
                    // Learnt on items as they are: what comes is not known then.
                    labelled(&find(name, None, &method.name))
                });
                cells.push(Cell {
                    slice: &slice.name,
                    degraded: change.name.clone(),
                    method,
                    metrics: experiment.metrics_of(&method.name),
                    learnt: Learnt::new(method, &validation.unwrap_or_default()),
                    rows: find(&slice.name, change.name.as_deref(), &method.name),
                });
            }
        }
    }
    cells
}

/// Every metric of `experiment` over `rows`.
pub fn measures(experiment: &Experiment, rows: &[Score]) -> Vec<Measure> {
    let mut wanted = Vec::new();
    let cells = cells(experiment, rows);
    for cell in &cells {
        wanted.push((cell, None, cell.rows.clone()));
        if cell.degraded.is_none() {
            wanted.extend(groups(&cell.rows).into_iter().map(|(name, of)| (cell, Some(name), of)));
        }
    }
    let each = wanted.par_iter().flat_map_iter(|(cell, group, rows)| {
        cell.metrics
            .iter()
            .map(move |&metric| measure(cell, group.clone(), metric, rows, experiment.seed))
    });
    each.collect()
}

/// Parts of a slice: each generator against all real items, each compression,
/// faces of similar size; only where there is more than one.
fn groups<'a>(rows: &[&'a Score]) -> Vec<(String, Vec<&'a Score>)> {
    let mut groups = Vec::new();
    let names = |of: fn(&Score) -> Option<&String>| -> BTreeSet<&'a String> {
        rows.iter().filter_map(|row| of(row)).collect()
    };
    let fakes = rows.iter().filter(|row| row.fake() == Some(true));
    let generators: BTreeSet<_> = fakes.filter_map(|row| row.generator.as_ref()).collect();
    let mut put = |name: String, wanted: &dyn Fn(&Score) -> bool| {
        groups.push((name, rows.iter().copied().filter(|row| wanted(row)).collect::<Vec<_>>()));
    };
    for name in generators.iter().filter(|_| generators.len() > 1) {
        put(format!("generator {name}"), &|row| {
            row.fake() == Some(false) || row.generator.as_ref() == Some(*name)
        });
    }
    let compressions = names(|row| row.compression.as_ref());
    for name in compressions.iter().filter(|_| compressions.len() > 1) {
        put(format!("compression {name}"), &|row| row.compression.as_ref() == Some(*name));
    }
    let size = |px: f64| FACES.iter().filter(|edge| px >= **edge).count();
    let sizes: BTreeSet<usize> = rows.iter().filter_map(|row| row.face_px.map(size)).collect();
    for part in sizes.iter().filter(|_| sizes.len() > 1) {
        let name = match (part.checked_sub(1).and_then(|i| FACES.get(i)), FACES.get(*part)) {
            (None, Some(high)) => format!("faces under {high} px"),
            (Some(low), Some(high)) => format!("faces of {low} to {high} px"),
            (low, None) => format!("faces from {} px", low.copied().unwrap_or_default()),
        };
        put(name, &|row| row.face_px.map(size) == Some(*part));
    }
    groups
}

fn measure(
    cell: &Cell<'_>,
    group: Option<String>,
    metric: Metric,
    rows: &[&Score],
    seed: u64,
) -> Measure {
    let scored: Vec<&Score> =
        rows.iter().copied().filter(|row| row.status == Outcome::Ok).collect();
    let (found, interval) = value(cell, metric, &scored, seed);
    Measure {
        slice: cell.slice.to_owned(),
        degraded: cell.degraded.clone(),
        group,
        method: cell.method.name.clone(),
        metric: metric.name().to_owned(),
        interval,
        covered: scored.len(),
        of: rows.len(),
        undefined: found.as_ref().err().map(|why| (*why).to_owned()),
        value: found.ok(),
    }
}

type Found = (Result<f64, &'static str>, Option<(f64, f64)>);

fn value(cell: &Cell<'_>, metric: Metric, rows: &[&Score], seed: u64) -> Found {
    if rows.is_empty() {
        return (Err("no item has a score"), None);
    }
    if metric.of_quantity() {
        return (of_value(metric, rows), None);
    }
    let items = labelled(rows);
    let frames = if metric == Metric::FrameAuc { framed(rows) } else { Vec::new() };
    match statistic(metric, &cell.learnt, &items, &frames) {
        Err(why) => (Err(why), None),
        Ok((items, of)) => {
            let found = of(&items).ok_or("needs items of both labels, or of the label it counts");
            let interval = found.is_ok().then(|| {
                bootstrap::interval(&items, bootstrap::SAMPLES, seed, |sample| of(sample))
                    .or_else(|| exact(metric, &cell.learnt, &items))
            });
            (found, interval.flatten())
        }
    }
}

/// The items of known label, with their sources numbered.
pub fn labelled(rows: &[&Score]) -> Vec<Labelled> {
    let ok = rows.iter().filter(|row| row.status == Outcome::Ok);
    numbered(ok.filter_map(|row| Some((row.source.as_str(), row.fake()?, row.score?))))
}

/// The single frames of items of known label.
fn framed(rows: &[&Score]) -> Vec<Labelled> {
    let known = rows.iter().filter_map(|row| Some((row, row.fake()?)));
    numbered(known.flat_map(|(row, h1)| {
        row.frames.iter().map(move |score| (row.source.as_str(), h1, *score))
    }))
}

fn numbered<'a>(items: impl Iterator<Item = (&'a str, bool, f64)>) -> Vec<Labelled> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    items
        .map(|(source, h1, score)| {
            let next = numbers.len();
            Labelled { score, h1, source: *numbers.entry(source).or_insert(next) }
        })
        .collect()
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
                && measure.degraded == expected.after
                && measure.group == expected.group
                && measure.method == expected.method
                && measure.metric == expected.metric.name()
        })
        .and_then(|measure| measure.value);
    Verdict {
        slice: expected.slice.clone(),
        degraded: expected.after.clone(),
        method: expected.method.clone(),
        metric: expected.metric.name().to_owned(),
        expected: expected.value,
        tolerance: expected.tolerance,
        found,
        source: expected.source.clone(),
        // A little for the rounding of decimal fractions.
        met: found.is_some_and(|found| (found - expected.value).abs() <= expected.tolerance + 1e-9),
    }
}
