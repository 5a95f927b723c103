//! `waarmerk runs`: the runs in a folder.

use std::path::PathBuf;

use serde_json::json;

use super::{Done, say};
use crate::Result;
use crate::experiment::record::{self, Run};
use crate::experiment::table::Table;
use crate::text::visible;

/// Options of `waarmerk runs`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk runs
  waarmerk runs reports --json

Lists every run below DIR: how much of it is there, by which program, and whether
what its experiment expects came out.")]
pub struct RunsArgs {
    /// Folder of runs.
    #[arg(default_value = "runs", value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Lists the runs.
pub fn run(args: &RunsArgs) -> Result<Done> {
    let mut table = Table::new(&["run", "question", "program", "shards", "rows", "state"]);
    let mut list = Vec::new();
    for folder in record::runs(&args.folder) {
        let name = folder.strip_prefix(&args.folder).unwrap_or(&folder).display().to_string();
        let name = if name.is_empty() { ".".to_owned() } else { name };
        match Run::open(&folder) {
            Err(error) => {
                let cells = [name.as_str(), "", "", "", "", &error.to_string()].map(Into::into);
                table.rows.push(cells.to_vec());
                list.push(json!({ "run": name, "error": error.to_string() }));
            }
            Ok(run) => {
                let c = &run.conditions;
                let outcome = run.outcome();
                let rows = match &outcome {
                    Some(outcome) => outcome.rows[0],
                    None => c.rows - run.journals().map_or(c.rows, |(_, missing)| missing),
                };
                let state = match outcome.as_ref().map(|outcome| (outcome.smoke, outcome.agreed()))
                {
                    None => "unfinished",
                    Some((true, _)) => "smoke",
                    Some((_, None)) => "done, nothing was expected",
                    Some((_, Some(true))) => "as expected",
                    Some((_, Some(false))) => "NOT AS EXPECTED",
                };
                let count = format!("{rows} of {}", c.rows);
                let shards = c.shards.to_string();
                let cells = [&name, &run.experiment.question, &c.tool, &shards, &count, state];
                table.rows.push(cells.map(|cell: &str| cell.into()).to_vec());
                list.push(json!({
                    "run": name, "question": run.experiment.question, "tool": c.tool,
                    "shards": c.shards, "rows": rows, "of": c.rows, "state": state,
                    "agreed": outcome.and_then(|outcome| outcome.agreed()),
                }));
            }
        }
    }
    let empty =
        || format!("there are no runs in {}\n", visible(&args.folder.display().to_string()));
    say(&match (args.json, list.is_empty()) {
        (true, _) => format!("{}\n", serde_json::Value::from(list)),
        (false, true) => empty(),
        (false, false) => table.markdown(),
    })?;
    Ok(Done::All)
}
