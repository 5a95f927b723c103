//! `waarmerk train`: a training file to the weights of a detector.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::progress::Count;
use super::{Done, say};
use crate::experiment::conditions;
use crate::experiment::train::config::{Expect, Task};
use crate::experiment::train::{Plan, curves, progress, store, trial};
use crate::faces::Follower;
use crate::media::degrade;
use crate::models::architecture::architecture;
use crate::models::store::{sha256, write};
use crate::nn::device::{self, DeviceChoice};
use crate::text::Lang;
use crate::{Error, Result};

/// Options of `waarmerk train`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk train experiments/020-swap.toml --data /data
  waarmerk train experiments/020-swap.toml --data /data --resume   go on after a kill

OUT/<name of the file> then holds best.safetensors (the weights that told the
validation pairs apart best), result.json (what they reached, and thresholds),
trials.json (development tests, each file with its score),
loss.svg and auc.svg, journal.jsonl (one line a look), run.toml (file, seed,
program, device) and state.safetensors (to go on). Sources fall into training,
validation and test by their names; those of test are never looked at. Exit codes:
0 done, 1 another outcome than the file expects, or a failure, 2 wrong use. Weights
are used with `waarmerk models import best.safetensors --arch NETWORK`.")]
pub struct TrainArgs {
    /// The training file.
    plan: PathBuf,
    /// Folder to which the paths in it are relative.
    #[arg(long, value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// Folder for runs.
    #[arg(long, short, default_value = "runs", value_name = "DIR")]
    out: PathBuf,
    /// Go on with an earlier run of the same file by the same program.
    #[arg(long)]
    resume: bool,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Under which conditions weights were made; a run goes on under the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    tool: String,
    tool_sha256: String,
    device: String,
    plan_sha256: String,
    seed: u64,
    /// The program that codes pairs as video, where some are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoder: Option<String>,
}

/// Trains, or goes on training.
pub fn run(args: &TrainArgs) -> Result<Done> {
    let (plan, text) = Plan::read(&args.plan)?;
    architecture(&plan.network)?;
    let device = device::device(args.device)?;
    let conditions = Conditions {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        tool_sha256: std::env::current_exe()
            .ok()
            .and_then(|path| crate::media::digest::sha256(&path).ok())
            .unwrap_or_default(),
        device: device::describe(&device),
        plan_sha256: sha256(text.as_bytes()),
        seed: plan.seed,
        encoder: (plan.learn.video > 0.0).then(degrade::encoder).transpose()?,
    };
    let name = args.plan.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = args.out.join(&name);
    fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
    begin(&folder, &conditions, &text, args.resume)?;
    let count = Count::new(&name, "files");
    let faces = || Follower::load(&device, 15);
    let items = store::items(&plan, &args.data, &args.out.join("cut"), faces, &mut |at, all| {
        count.update(at as u64, all as u64);
    })?;
    count.finish();
    let count = Count::new(&name, "steps");
    let ended = progress::learn(&plan, &items, &folder, args.device, &mut |at| {
        count.update(at.step, at.steps);
        if let Some(last) = &at.last {
            count.message(&format!(
                "loss {:.3}, validation {:.3}, AUC {:.3}",
                last.loss, last.validation_loss, last.validation_auc
            ));
        }
    })?;
    count.finish();
    let kept = progress::kept(&plan, &folder.join("best.safetensors"), args.device)?;
    let follower = match plan.task {
        Task::Swap if !plan.trials.is_empty() => Some(Follower::load(&device, 15)?),
        _ => None,
    };
    let count = Count::new(&name, "files tried");
    let thresholds = ended.thresholds;
    let tried =
        trial::run(&plan, &args.data, &kept, thresholds, follower.as_ref(), &mut |at, all| {
            count.update(at as u64, all as u64);
        })?;
    count.finish();
    let tried =
        serde_json::to_string_pretty(&tried).map_err(|e| Error::compute("trials.json", e))?;
    write(&folder.join("trials.json"), format!("{tried}\n").as_bytes())?;
    let [loss, auc] = curves::draw(&progress::journal(&folder)?, Lang::En)?;
    write(&folder.join("loss.svg"), loss.as_bytes())?;
    write(&folder.join("auc.svg"), auc.as_bytes())?;
    let result =
        serde_json::to_string_pretty(&ended).map_err(|e| Error::compute("result.json", e))?;
    write(&folder.join("result.json"), format!("{result}\n").as_bytes())?;
    let found = ended.best.validation_auc;
    let (words, done) = match &plan.expect {
        None => (String::new(), Done::All),
        Some(expect) => {
            let met = (found - expect.validation_auc).abs() <= expect.tolerance;
            let (words, done) = match met {
                true => ("as expected", Done::All),
                false => ("NOT AS EXPECTED", Done::Amiss),
            };
            let Expect { validation_auc, tolerance, source } = expect;
            let words = format!(
                "{words}: validation AUC {found:.4}, expected {validation_auc} ± {tolerance} ({source})\n"
            );
            (words, done)
        }
    };
    say(&format!("{}\n\n{result}\n{words}results: {}\n", plan.question, folder.display()))?;
    Ok(done)
}

/// Starts a run's folder, or holds an earlier run there against this one.
fn begin(folder: &Path, conditions: &Conditions, text: &str, resume: bool) -> Result<()> {
    let begun = folder.join("state.safetensors").exists();
    if conditions::agree(folder, conditions, begun, resume)? {
        return Ok(());
    }
    let path = folder.join("run.toml");
    let words = toml::to_string(conditions).map_err(|e| Error::compute("run.toml", e))?;
    write(&folder.join("plan.toml"), text.as_bytes())?;
    write(&path, words.as_bytes())
}
