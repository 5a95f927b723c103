//! `waarmerk merge`: the shards of a run to its figures.

use std::path::PathBuf;

use super::run::{ShownArgs, gallery, places, tell};
use super::{Done, say};
use crate::experiment::record::Run;
use crate::experiment::score;
use crate::experiment::task::{self, Shard};
use crate::nn::device::DeviceChoice;
use crate::{Error, Result};

/// Options of `waarmerk merge`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk merge runs/swap
  seq 4 | parallel -j2 waarmerk run swap.toml --shard {}/4 --resume --no-merge \\
      && waarmerk merge runs/swap

Writes scores, tables and report from the journals of all shards; pictures of what was
misjudged in data sets ask for --data. Exit codes: 0
done, 1 a shard is not finished or an expectation was not met.")]
pub struct MergeArgs {
    /// The folder of the run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Where a data set is, for pictures of what was misjudged; as for `waarmerk run`.
    #[arg(long, value_name = "NAME=MANIFEST,ROOT")]
    data: Vec<String>,
    #[command(flatten)]
    shown: ShownArgs,
    /// Print what came out as JSON.
    #[arg(long)]
    json: bool,
}

/// Merges the shards.
pub fn run(args: &MergeArgs) -> Result<Done> {
    let run = Run::open(&args.run)?;
    let (rows, missing) = run.journals()?;
    if missing > 0 {
        let mut told = format!("{missing} of {} rows are missing:\n", run.conditions.rows);
        for index in 1..=run.conditions.shards {
            let shard = Shard { index, of: run.conditions.shards };
            let there = match run.journal(shard) {
                path if path.exists() => format!("{} rows", score::read(&path)?.len()),
                _ => "not begun".to_owned(),
            };
            told.push_str(&format!("  shard {index}/{}: {there}\n", shard.of));
        }
        told.push_str("go on with `waarmerk run … --shard I/N --resume`\n");
        say(&told)?;
        return Ok(Done::Amiss);
    }
    let (places, _) = places(&args.data)?;
    let tasks = match task::tasks(&run.experiment, &places) {
        Ok(tasks) => tasks,
        // Numbers need no files.
        Err(Error::Usage(_)) if args.data.is_empty() => Vec::new(),
        Err(error) => return Err(error),
    };
    let gallery = gallery(&tasks, None, DeviceChoice::Auto, args.shown.redact)?;
    let outcome = run.finish(&rows, Some(&gallery))?;
    tell(&run, &outcome, args.json)
}
