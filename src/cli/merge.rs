//! `waarmerk merge`: the shards of a run to its figures.

use std::path::PathBuf;

use super::run::tell;
use super::{Done, say};
use crate::Result;
use crate::experiment::record::Run;
use crate::experiment::score;
use crate::experiment::task::Shard;

/// Options of `waarmerk merge`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk merge runs/swap
  seq 4 | parallel -j2 waarmerk run swap.toml --shard {}/4 --resume --no-merge \\
      && waarmerk merge runs/swap

Writes scores, tables and report from the journals of all shards. Exit codes: 0
done, 1 a shard is not finished or an expectation was not met.")]
pub struct MergeArgs {
    /// The folder of the run.
    #[arg(value_name = "RUN")]
    run: PathBuf,
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
    let outcome = run.finish(&rows)?;
    tell(&run, &outcome, args.json)
}
