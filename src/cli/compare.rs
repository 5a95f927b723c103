//! `waarmerk compare`: methods of one run or of several against each other.

use std::fs;
use std::path::PathBuf;

use super::{Done, say};
use crate::experiment::page;
use crate::experiment::pairs::pairs;
use crate::experiment::record::{self, Run, Summary};
use crate::experiment::sheets;
use crate::experiment::summary::{self, Cell};
use crate::text::visible;
use crate::{Error, Result};

/// Options of `waarmerk compare`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk compare runs/swap runs/swap-larger
  waarmerk compare runs/swap --out tables --json

Takes finished runs. Methods are compared on each slice of the same name, on the
items that both scored: areas under the ROC (DeLong's test, and an interval of the
difference by resampling sources), decisions at the threshold (McNemar's test),
with Holm's correction for all pairs. Writes comparison.html and metrics and pairs
as .csv, .md and .tex.")]
pub struct CompareArgs {
    /// Folders of finished runs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Folder for the files.
    #[arg(long, short, default_value = "comparison", value_name = "DIR")]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Compares.
pub fn run(args: &CompareArgs) -> Result<Done> {
    let runs = args.runs.iter().map(|folder| Run::open(folder)).collect::<Result<Vec<_>>>()?;
    let rows = runs.iter().map(Run::scores).collect::<Result<Vec<_>>>()?;
    let cells: Vec<Vec<Cell<'_>>> =
        runs.iter().zip(&rows).map(|(run, rows)| summary::cells(&run.experiment, rows)).collect();
    let names = names(&runs);
    let mut named: Vec<(String, &Cell<'_>)> = Vec::new();
    let mut measures = Vec::new();
    for ((run, name), (cells, rows)) in runs.iter().zip(&names).zip(cells.iter().zip(&rows)) {
        let called = |method: &str| match runs.len() {
            1 => method.to_owned(),
            _ => format!("{method} ({name})"),
        };
        named.extend(record::named(cells).into_iter().map(|(m, cell)| (called(&m), cell)));
        let mut of = summary::measures(&run.experiment, rows);
        of.retain(|m| m.degraded.is_none());
        of.iter_mut().for_each(|m| m.method = called(&m.method));
        measures.extend(of);
    }
    let seed = runs.first().map_or(0, |run| run.experiment.seed);
    let outcome = Summary {
        question: format!("Comparison of {}", names.join(", ")),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        rows: [rows.iter().map(Vec::len).sum(), 0],
        measures,
        pairs: pairs(&named, seed),
        ..Summary::default()
    };
    let notes = notes(&runs, &names);
    fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
    let tables =
        [("metrics", sheets::metrics(&outcome.measures)), ("pairs", sheets::pairs(&outcome.pairs))];
    for (name, table) in &tables {
        record::put(&args.out, &format!("{name}.csv"), &table.csv())?;
        record::put(&args.out, &format!("{name}.md"), &table.markdown())?;
        record::put(&args.out, &format!("{name}.tex"), &table.latex())?;
    }
    let html = page::of_comparison(&named, &outcome, &notes)?;
    record::put(&args.out, "comparison.html", &html)?;
    if args.json {
        let said = serde_json::json!({
            "measures": outcome.measures, "pairs": outcome.pairs, "notes": notes,
        });
        say(&format!("{said}\n"))?;
    } else {
        let mut told: String = tables.iter().map(|(_, table)| table.markdown() + "\n").collect();
        notes.iter().for_each(|note| told.push_str(&format!("{}\n", visible(note))));
        say(&format!("{told}{}\n", args.out.join("comparison.html").display()))?;
    }
    Ok(Done::All)
}

/// A name for each run; those of the same folder name get a number.
fn names(runs: &[Run]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for run in runs {
        let name = run.name();
        let before = runs.iter().take(names.len()).filter(|other| other.name() == name).count();
        names.push(if before == 0 { name } else { format!("{name} {}", before + 1) });
    }
    names
}

/// What differs between the runs besides their methods.
fn notes(runs: &[Run], names: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(first) = runs.first() else { return notes };
    for (run, name) in runs.iter().zip(names).skip(1) {
        let (a, b) = (&first.conditions, &run.conditions);
        let differs = [
            ("program", a.tool_sha256 != b.tool_sha256),
            ("device", a.device != b.device),
            ("networks", a.models != b.models),
            ("manifests", a.manifests != b.manifests),
            ("seed", a.seed != b.seed),
        ];
        let differs: Vec<&str> = differs.iter().filter(|d| d.1).map(|d| d.0).collect();
        if !differs.is_empty() {
            notes.push(format!("{name} differs from {} in: {}.", names[0], differs.join(", ")));
        }
    }
    notes
}
