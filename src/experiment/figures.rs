//! What is drawn of a run: curves of how well methods tell, over thresholds and
//! over degradations, and a map of methods and slices.

use super::metric::Metric;
use super::question::Experiment;
use super::summary::{Cell, Measure, labelled};
use crate::Result;
use crate::checks::Figure;
use crate::checks::finding::{Axis, Series};
use crate::evaluate::{Labelled, cost, roc};
use crate::plot;
use crate::text::{Lang, Text};

/// A caption and its SVG.
pub type Drawn = (String, String);

/// Bins of a distribution.
const BINS: usize = 24;

/// The figures of one slice, of named cells: ROC, precision and recall, DET,
/// calibration, and how the scores of each method are distributed.
///
/// # Errors
///
/// When a plot cannot be drawn.
pub fn of_slice(slice: &str, cells: &[(String, &Cell<'_>)]) -> Result<Vec<Drawn>> {
    let items: Vec<(&str, &Cell<'_>, Vec<Labelled>)> =
        cells.iter().map(|(name, cell)| (name.as_str(), *cell, labelled(&cell.rows))).collect();
    let mut drawn = Vec::new();
    let mut curves =
        |title: &str, x: Axis, y: Axis, of: &dyn Fn(&Cell<'_>, &[Labelled]) -> Option<Points>| {
            let curve = |(name, cell, items): &(&str, &Cell<'_>, Vec<Labelled>)| {
                Some(Series { name: Text::same(*name), points: of(cell, items)? })
            };
            let series: Vec<Series> = items.iter().filter_map(curve).collect();
            let title = format!("{title}: {slice}");
            if series.iter().any(|s| !s.points.is_empty()) {
                drawn.push(lines(title, x, y, series)?);
            }
            Ok::<(), crate::Error>(())
        };
    let share = |label: &str| axis(label, Some((0.0, 1.0)));
    curves(
        "ROC",
        share("share of real items flagged"),
        share("share of fakes flagged"),
        &|_, i| Some(steps(&roc::curve(i)?)),
    )?;
    curves("Precision and recall", share("recall"), share("precision"), &|_, i| {
        roc::precision_recall(i)
    })?;
    let deviate = |label: &str| axis(&format!("{label} (normal deviate)"), None);
    curves("DET", deviate("false alarms"), deviate("misses"), &|_, i| roc::det(i))?;
    curves(
        "Calibration, learnt on the validation slice",
        share("probability given, at even prior odds"),
        share("share of fakes"),
        &|cell, i| cost::reliability(&cell.learnt.probabilities(i)?),
    )?;
    for (name, _, items) in &items {
        let series = distribution(items);
        if !series.is_empty() {
            let x = axis(&format!("score of {name}"), None);
            let title = format!("Scores of {name}: {slice}");
            drawn.push(lines(title, x, axis("share of the class in the bin", None), series)?);
        }
    }
    Ok(drawn)
}

/// How each metric goes with the level of each sweep, the items as they are
/// left out: they have no level.
///
/// # Errors
///
/// When a plot cannot be drawn.
pub fn robustness(experiment: &Experiment, measures: &[Measure]) -> Result<Vec<Drawn>> {
    let mut drawn = Vec::new();
    for sweep in &experiment.sweeps {
        for metric in &experiment.metrics {
            let mut series = Vec::new();
            for slice in &experiment.slices {
                for method in &experiment.methods {
                    let at = |level: &f64| {
                        let name = sweep.named(*level);
                        let found = measures.iter().find(|m| {
                            m.slice == slice.name
                                && m.method == method.name
                                && m.group.is_none()
                                && m.degraded.as_ref() == Some(&name)
                                && m.metric == metric.name()
                        });
                        Some((*level, found?.value?))
                    };
                    let mut points: Points = sweep.levels.iter().filter_map(at).collect();
                    points.sort_by(|a, b| a.0.total_cmp(&b.0));
                    let name = Text::same(format!("{}, {}", method.name, slice.name));
                    series.extend((!points.is_empty()).then_some(Series { name, points }));
                }
            }
            if !series.is_empty() {
                let title = format!("{} over {}", metric.name(), sweep.name);
                let range = bounded(*metric).then_some((0.0, 1.0));
                let (x, y) = (axis(&sweep.name, None), axis(metric.name(), range));
                drawn.push(lines(title, x, y, series)?);
            }
        }
    }
    Ok(drawn)
}

/// Methods against slices: the area under the ROC in each cell. `None` where
/// there is only one cell, or none has an area.
///
/// # Errors
///
/// When it cannot be drawn.
pub fn map(cells: &[(String, &Cell<'_>)]) -> Result<Option<Drawn>> {
    let mut slices: Vec<String> = Vec::new();
    let mut methods: Vec<String> = Vec::new();
    for (name, cell) in cells {
        let area = roc::auc(&labelled(&cell.rows));
        if area.is_some() && !slices.iter().any(|slice| slice == cell.slice) {
            slices.push(cell.slice.to_owned());
        }
        if area.is_some() && !methods.contains(name) {
            methods.push(name.clone());
        }
    }
    if slices.len() * methods.len() < 2 {
        return Ok(None);
    }
    let mut values = Vec::new();
    for method in &methods {
        for slice in &slices {
            let cell = cells.iter().find(|(name, cell)| name == method && cell.slice == slice);
            values.push(cell.and_then(|(_, cell)| roc::auc(&labelled(&cell.rows))));
        }
    }
    let title = "Area under the ROC: methods and slices";
    let svg = plot::grid(title, (&slices, &methods), &values, (0.5, 1.0), Lang::En)?;
    Ok(Some((title.to_owned(), svg)))
}

type Points = Vec<(f64, f64)>;

fn bounded(metric: Metric) -> bool {
    metric.share()
        || matches!(
            metric,
            Metric::Auc
                | Metric::Eer
                | Metric::Ap
                | Metric::TprAt1
                | Metric::TprAt5
                | Metric::TprAt10
                | Metric::FrameAuc
        )
}

fn axis(label: &str, range: Option<(f64, f64)>) -> Axis {
    Axis { label: Text::same(label), range, log: false }
}

fn lines(title: String, x: Axis, y: Axis, series: Vec<Series>) -> Result<Drawn> {
    let figure = Figure::Lines { title: Text::same(title.as_str()), x, y, series };
    let svg = plot::draw(&figure, Lang::En)?;
    Ok((title, svg))
}

fn steps(points: &[roc::Point]) -> Points {
    points.iter().map(|p| (p.fpr, p.tpr)).collect()
}

/// The share of each class in bins of equal width, drawn as steps.
fn distribution(items: &[Labelled]) -> Vec<Series> {
    let scores = || items.iter().map(|i| i.score);
    let (low, high) =
        (scores().fold(f64::INFINITY, f64::min), scores().fold(f64::NEG_INFINITY, f64::max));
    if low >= high {
        return Vec::new();
    }
    let width = (high - low) / BINS as f64;
    let class = |(h1, name): (bool, &str)| {
        let of: Vec<f64> = items.iter().filter(|i| i.h1 == h1).map(|i| i.score).collect();
        let mut bins = [0usize; BINS];
        for score in &of {
            bins[(((score - low) / width) as usize).min(BINS - 1)] += 1;
        }
        let step = |(i, count): (usize, &usize)| {
            let (from, share) = (low + i as f64 * width, *count as f64 / of.len() as f64);
            [(from, share), (from + width, share)]
        };
        let points = bins.iter().enumerate().flat_map(step).collect();
        (!of.is_empty()).then(|| Series { name: Text::same(name), points })
    };
    [(false, "real"), (true, "fake")].into_iter().filter_map(class).collect()
}
