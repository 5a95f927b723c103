//! `waarmerk reproduce`: the experiments, what each needs, and whether the last
//! run agreed with what it expects.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;

use super::examine::setup;
use super::{Done, say};
use crate::Result;
use crate::checks::{Options, select};
use crate::experiment::question::{Experiment, all};
use crate::experiment::record::{self, Run};
use crate::experiment::table::Table;
use crate::experiment::train::Plan;
use crate::media::digest;

/// Options of `waarmerk reproduce`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk reproduce
  waarmerk reproduce --experiments mine --runs /scratch/runs --json

For each experiment file: what it needs besides this program, what of that is
missing here, and what the newest finished run of it found. `waarmerk run FILE` runs
one. Exit codes: 0, or 1 when a last run did not agree with what was expected.")]
pub struct ReproduceArgs {
    /// Folder of experiment files.
    #[arg(long, default_value = "experiments", value_name = "DIR")]
    experiments: PathBuf,
    /// Folders of runs.
    #[arg(long, default_values = ["runs", "reports"], value_name = "DIR")]
    runs: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Lists the experiments.
pub fn run(args: &ReproduceArgs) -> Result<Done> {
    let runs: Vec<(SystemTime, Run)> = args
        .runs
        .iter()
        .flat_map(|folder| record::runs(folder))
        .filter_map(|folder| {
            let when = std::fs::metadata(folder.join("outcome.json")).ok()?.modified().ok()?;
            Some((when, Run::open(&folder).ok().filter(|run| !run.conditions.smoke)?))
        })
        .collect();
    let mut table = Table::new(&["experiment", "question", "needs", "last run"]);
    let mut list = Vec::new();
    let mut agreed = true;
    for path in all(&args.experiments)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (question, needs, state) = match Experiment::read(&path) {
            Ok((experiment, _)) => {
                let state = last(&path, &runs)?;
                (experiment.question.clone(), needs(&experiment)?, state)
            }
            Err(error) => match Plan::read(&path) {
                Ok((plan, _)) => {
                    let needs = vec!["pictures and clips (`waarmerk train --data`)".to_owned()];
                    (plan.question, needs, State::Trained)
                }
                Err(_) => return Err(error),
            },
        };
        agreed &= !matches!(state, State::Finished { agreed: Some(false), .. });
        let (told, found) = state.told();
        let needed = if needs.is_empty() { "nothing".to_owned() } else { needs.join("; ") };
        let cells = [name.as_str(), &question, &needed, &told].map(Into::into);
        table.rows.push(cells.to_vec());
        list.push(json!({
            "experiment": name, "question": question, "needs": needs, "state": told, "agreed": found,
        }));
    }
    say(&if args.json {
        format!("{}\n", serde_json::Value::from(list))
    } else {
        table.markdown()
    })?;
    Ok(if agreed { Done::All } else { Done::Amiss })
}

/// How the newest run of an experiment ended.
enum State {
    /// There is none.
    Never,
    /// A training file, whose runs are of another kind.
    Trained,
    /// Finished.
    Finished {
        folder: PathBuf,
        agreed: Option<bool>,
        met: [usize; 2],
        /// The file was changed since.
        stale: bool,
    },
}

impl State {
    fn told(&self) -> (String, Option<bool>) {
        match self {
            Self::Never => ("never run".to_owned(), None),
            Self::Trained => ("see `waarmerk train`".to_owned(), None),
            Self::Finished { folder, agreed, met, stale } => {
                let word = match agreed {
                    None => "nothing was expected".to_owned(),
                    Some(true) => format!("agreed: {} of {}", met[0], met[1]),
                    Some(false) => format!("DID NOT AGREE: {} of {}", met[0], met[1]),
                };
                let stale = if *stale { ", of an earlier version of the file" } else { "" };
                (format!("{word} ({}{stale})", folder.display()), *agreed)
            }
        }
    }
}

/// The newest finished run of the experiment at `path`: of this very file, else
/// of one of its name.
fn last(path: &Path, runs: &[(SystemTime, Run)]) -> Result<State> {
    let sha256 = digest::sha256(path)?;
    let stem = path.file_stem().unwrap_or_default();
    let same = |run: &Run| run.conditions.experiment_sha256 == sha256;
    let named = |run: &Run| run.folder.components().any(|part| part.as_os_str() == stem);
    let of = runs.iter().filter(|(_, run)| same(run) || named(run));
    let newest = of.max_by_key(|(when, run)| (same(run), *when));
    let Some((_, run)) = newest else { return Ok(State::Never) };
    let Some(outcome) = run.outcome() else { return Ok(State::Never) };
    let met = outcome.expectations.iter().filter(|verdict| verdict.met).count();
    Ok(State::Finished {
        folder: run.folder.clone(),
        agreed: outcome.agreed(),
        met: [met, outcome.expectations.len()],
        stale: !same(run),
    })
}

/// What an experiment needs besides this program.
fn needs(experiment: &Experiment) -> Result<Vec<String>> {
    let mut needs: Vec<String> =
        experiment.datasets().iter().map(|name| format!("data set {name}")).collect();
    let entries = select(&experiment.checks())?;
    let faces = setup::looks_for_faces(&entries, &Options::default());
    let missing = setup::missing(&entries, faces);
    if faces || !missing.is_empty() {
        needs.push(match missing.as_slice() {
            [] => "networks (installed)".to_owned(),
            names => format!("networks {} (missing: `waarmerk models install`)", names.join(", ")),
        });
    }
    if entries.iter().any(|entry| entry.name == "detectors") {
        needs.push("imported detectors (`waarmerk models import`)".to_owned());
    }
    let sound = |step: &String| crate::media::degrade_sound::operation(step).is_some();
    let video = |step: &String| step.starts_with("h26") || step.starts_with("gop") || sound(step);
    let swept = experiment.sweeps.iter().any(|sweep| sweep.at(1.0).iter().any(video));
    let mut programs: Vec<&str> = if swept { vec!["ffmpeg"] } else { Vec::new() };
    let makes = experiment.slices.iter().filter_map(|slice| slice.make.as_ref());
    programs.extend(makes.flat_map(|make| make.needs()));
    programs.sort_unstable();
    programs.dedup();
    for name in programs {
        let there = std::process::Command::new(name).arg("--version").output().is_ok();
        needs.push(format!("the {name} program ({})", if there { "there" } else { "missing" }));
    }
    Ok(needs)
}
