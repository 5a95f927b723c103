//! The tables of a run.

use std::collections::BTreeMap;

use super::failures::{Failed, worst};
use super::pairs::Pair;
use super::record::Summary;
use super::score::Outcome;
use super::summary::{Cell as Part, Measure, Verdict};
use super::table::{Cell, Table};
use crate::signal::stats::median;

/// Items listed of each kind of failure of a method.
const WORST: usize = 5;

/// Every table of a run with its name, those without rows left out.
pub fn all(outcome: &Summary, cells: &[Part<'_>]) -> Vec<(&'static str, Table)> {
    let mut tables = vec![
        ("expectations", expectations(&outcome.expectations)),
        ("metrics", metrics(&outcome.measures)),
        ("pairs", pairs(&outcome.pairs)),
        ("published", published(outcome)),
        ("coverage", coverage(cells)),
        ("misjudged", misjudged(cells)),
    ];
    tables.retain(|(_, table)| !table.rows.is_empty());
    tables
}

/// What was expected and what was found.
pub fn expectations(verdicts: &[Verdict]) -> Table {
    let columns =
        ["slice", "after", "method", "metric", "expected", "tolerance", "found", "met", "source"];
    let mut table = Table::new(&columns);
    for v in verdicts {
        table.rows.push(vec![
            v.slice.as_str().into(),
            (&v.degraded).into(),
            v.method.as_str().into(),
            v.metric.as_str().into(),
            Cell::Number(Some(v.expected)),
            Cell::Number(Some(v.tolerance)),
            Cell::Number(v.found),
            if v.met { "yes" } else { "NO" }.into(),
            v.source.as_str().into(),
        ]);
    }
    table
}

/// Metrics with intervals and coverage.
pub fn metrics(measures: &[Measure]) -> Table {
    let columns = [
        "slice", "after", "group", "method", "metric", "value", "low", "high", "covered", "of",
        "note",
    ];
    let mut table = Table::new(&columns);
    for m in measures {
        table.rows.push(vec![
            m.slice.as_str().into(),
            (&m.degraded).into(),
            (&m.group).into(),
            m.method.as_str().into(),
            m.metric.as_str().into(),
            Cell::Number(m.value),
            interval(m.interval.map(|i| i.0)),
            interval(m.interval.map(|i| i.1)),
            Cell::Count(m.covered),
            Cell::Count(m.of),
            (&m.undefined).into(),
        ]);
    }
    table
}

/// A number that need not be there, as an end of an interval; then the cell is empty.
fn interval(end: Option<f64>) -> Cell {
    end.map_or_else(|| "".into(), |end| Cell::Number(Some(end)))
}

/// Methods against each other.
pub fn pairs(pairs: &[Pair]) -> Table {
    let columns = [
        "slice",
        "first",
        "second",
        "items",
        "AUC first",
        "AUC second",
        "difference low",
        "difference high",
        "DeLong z",
        "p",
        "p (Holm)",
        "only first right",
        "only second right",
        "McNemar p",
        "McNemar p (Holm)",
    ];
    let mut table = Table::new(&columns);
    for pair in pairs {
        let [a, b] = &pair.methods;
        let only = |which: usize| {
            let count = pair.only.and_then(|only| only.get(which).copied());
            count.map_or_else(|| "no threshold".into(), |n| Cell::Count(n as usize))
        };
        table.rows.push(vec![
            pair.slice.as_str().into(),
            a.as_str().into(),
            b.as_str().into(),
            Cell::Count(pair.items),
            Cell::Number(pair.auc.map(|auc| auc[0])),
            Cell::Number(pair.auc.map(|auc| auc[1])),
            interval(pair.interval.map(|i| i.0)),
            interval(pair.interval.map(|i| i.1)),
            Cell::Number(pair.z),
            Cell::Number(pair.p),
            Cell::Number(pair.p_holm),
            only(0),
            only(1),
            interval(pair.mcnemar),
            interval(pair.mcnemar_holm),
        ]);
    }
    table
}

/// Both ways of counting frames and clips.
pub fn published(outcome: &Summary) -> Table {
    let columns = [
        "slice",
        "method",
        "frame AUC",
        "frame AUC, first frames",
        "videos",
        "video AUC",
        "names",
        "AUC by name, first frames",
    ];
    let mut table = Table::new(&columns);
    for counted in &outcome.published {
        table.rows.push(vec![
            counted.slice.as_str().into(),
            counted.method.as_str().into(),
            Cell::Number(counted.frames),
            Cell::Number(counted.first_frames),
            Cell::Count(counted.videos[0]),
            Cell::Number(counted.by_video),
            Cell::Count(counted.videos[1]),
            Cell::Number(counted.by_name),
        ]);
    }
    table
}

/// How many items each method scored, and why not the others.
pub fn coverage(cells: &[Part<'_>]) -> Table {
    let columns = [
        "slice",
        "after",
        "method",
        "ok",
        "missing",
        "not applicable",
        "error",
        "commonest reason",
    ];
    let mut table = Table::new(&columns);
    for cell in cells {
        let count =
            |status: Outcome| Cell::Count(cell.rows.iter().filter(|r| r.status == status).count());
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in cell.rows.iter().filter_map(|row| row.reason.as_deref()) {
            *reasons.entry(reason).or_default() += 1;
        }
        let commonest = reasons.into_iter().max_by_key(|(_, n)| *n).map(|(reason, _)| reason);
        table.rows.push(vec![
            cell.slice.into(),
            (&cell.degraded).into(),
            cell.method.name.as_str().into(),
            count(Outcome::Ok),
            count(Outcome::Missing),
            count(Outcome::NotApplicable),
            count(Outcome::Error),
            commonest.unwrap_or_default().into(),
        ]);
    }
    table
}

/// Seconds that each method took for an item, the median.
pub fn seconds(cells: &[Part<'_>]) -> Table {
    let mut table = Table::new(&["slice", "method", "median seconds"]);
    for cell in cells.iter().filter(|cell| cell.degraded.is_none()) {
        let mut seconds: Vec<f64> = cell.rows.iter().map(|row| row.seconds).collect();
        let (slice, method) = (cell.slice.into(), cell.method.name.as_str().into());
        table.rows.push(vec![slice, method, Cell::Number(median(&mut seconds))]);
    }
    table
}

/// The items that were judged wrongly the most, of items as they are.
fn misjudged(cells: &[Part<'_>]) -> Table {
    let columns = ["slice", "method", "failure", "label", "item", "value", "true", "score"];
    let mut table = Table::new(&columns);
    for cell in cells.iter().filter(|cell| cell.degraded.is_none()) {
        for Failed { failure, row } in worst(cell, WORST) {
            table.rows.push(vec![
                cell.slice.into(),
                cell.method.name.as_str().into(),
                failure.name().into(),
                (&row.label).into(),
                row.key.as_str().into(),
                interval(row.value),
                interval(row.truth),
                interval(row.score),
            ]);
        }
    }
    table
}
