//! `waarmerk run`: an experiment from its file to its figures.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::conditions;
use super::progress::Count;
use super::{Done, say};
use crate::checks::select;
use crate::experiment::dataset::Manifest;
use crate::experiment::question::Experiment;
use crate::experiment::run as engine;
use crate::experiment::score::{self, Journal, Score};
use crate::experiment::summary::{self, Measure, Verdict};
use crate::experiment::task::{self, Places, Shard, Task};
use crate::faces::Follower;
use crate::media::{FaceDetail, digest, version};
use crate::nn::device::{self, DeviceChoice};
use crate::text::{Text, hex, visible};
use crate::{Error, Result};

/// Options of `waarmerk run`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk run experiments/010-power-law.toml
  waarmerk run swap.toml --data celeb-df-v2=celeb-df-v2.parquet,/data/Celeb-DF-v2
  waarmerk run swap.toml --data ... --resume         go on after a kill
  waarmerk run swap.toml --data ... --shard 2/4      one of four machines

The folder OUT/<experiment> then holds scores.parquet and scores.csv (one row an
item and method), metrics as .csv, .md and .tex, and run.toml. With shards on a
shared folder, the one that ends last writes them; the rows are the same,
byte for byte, as those of a run on one machine.

Exit codes: 0 done, 1 an expectation was not met or something failed, 2 wrong use.")]
pub struct RunArgs {
    /// The experiment file.
    experiment: PathBuf,
    /// Folder for runs.
    #[arg(long, short, default_value = "runs", value_name = "DIR")]
    out: PathBuf,
    /// Where a data set is: its manifest and its folder.
    #[arg(long, value_name = "NAME=MANIFEST,ROOT")]
    data: Vec<String>,
    /// Go on with an earlier run of the same experiment by the same program.
    #[arg(long)]
    resume: bool,
    /// Part I of N: all items of a source fall to one part.
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// Items at a time [default: one a core].
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

/// Under which conditions scores were made; a run goes on under the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    tool: String,
    tool_sha256: String,
    ffmpeg: String,
    device: String,
    experiment_sha256: String,
    shards: usize,
    seed: u64,
    /// Data set and digest of its manifest.
    manifests: Vec<(String, String)>,
}

/// Runs one shard of an experiment, and sums up when it was the last.
pub fn run(args: &RunArgs) -> Result<Done> {
    let (experiment, text) = Experiment::read(&args.experiment)?;
    let (places, manifests) = places(&args.data)?;
    let device = device::device(args.device)?;
    let conditions = Conditions {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        tool_sha256: std::env::current_exe()
            .ok()
            .and_then(|p| digest::sha256(&p).ok())
            .unwrap_or_default(),
        ffmpeg: version::version(),
        device: device::describe(&device),
        experiment_sha256: hex(<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes())),
        shards: args.shard.of,
        seed: experiment.seed,
        manifests,
    };
    let name = args.experiment.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = args.out.join(&name);
    fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
    begin(&folder, &conditions, &text, args)?;
    let tasks = task::tasks(&experiment, &places, &folder.join("made"))?;
    if tasks.is_empty() {
        return Err(Error::Usage("the slices of this experiment hold no item".to_owned()));
    }
    let mine: Vec<Task> =
        tasks.iter().filter(|task| args.shard.takes(&task.source)).cloned().collect();
    let mut journal = Journal::open(&journal(&folder, args.shard), experiment.methods.len())?;
    let checks: Vec<String> = experiment.methods.iter().map(|m| m.check.clone()).collect();
    let entries = select(&checks)?;
    let options = crate::checks::Options::default();
    let wants_faces =
        entries.iter().any(|entry| (entry.make)(&options).needs().faces > FaceDetail::None);
    let faces = if wants_faces {
        Follower::load(&device, 15).map_err(|error| Text::same(error.to_string()))
    } else {
        Err(Text::same("no check of this experiment asks for faces"))
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = Count::new(&name, "items");
    engine::run(
        &mine,
        &experiment.methods,
        &faces,
        args.jobs.unwrap_or(cores),
        &mut journal,
        &mut |at| {
            count.update(at.done as u64, at.all as u64);
            if at.errors > 0 {
                count.message(&format!("{} failed", at.errors));
            }
        },
    )?;
    count.finish();
    drop(journal);
    let Some(rows) = all_rows(&folder, args.shard.of, tasks.len() * experiment.methods.len())?
    else {
        say(&format!("shard {}/{} done; others are not yet\n", args.shard.index, args.shard.of))?;
        return Ok(Done::All);
    };
    let measures = summary::measures(&experiment, &rows);
    let verdicts = summary::verdicts(&experiment, &measures);
    write(&folder, &rows, &measures)?;
    if args.json {
        let said = serde_json::json!({
            "question": experiment.question, "measures": measures, "expectations": verdicts,
        });
        say(&format!("{said}\n"))?;
    } else {
        say(&format!(
            "{}\n\n{}\n{}results: {}\n",
            experiment.question,
            markdown(&measures),
            told(&verdicts),
            folder.display()
        ))?;
    }
    Ok(if verdicts.iter().all(|verdict| verdict.met) { Done::All } else { Done::Amiss })
}

/// The data sets named on the command line.
fn places(data: &[String]) -> Result<(Places, Vec<(String, String)>)> {
    let mut places = Places::new();
    let mut digests = Vec::new();
    for word in data {
        let parts = word.split_once('=').and_then(|(name, rest)| {
            let (manifest, root) = rest.split_once(',')?;
            Some((name, Path::new(manifest), PathBuf::from(root)))
        });
        let (name, manifest, root) = parts.ok_or_else(|| {
            Error::Usage(format!("`{word}` is not of the form NAME=MANIFEST,ROOT"))
        })?;
        digests.push((name.to_owned(), digest::sha256(manifest)?));
        places.insert(name.to_owned(), (root, Manifest::read(manifest)?));
    }
    digests.sort();
    Ok((places, digests))
}

/// Starts a run's folder, or holds an earlier run there against this one.
fn begin(folder: &Path, conditions: &Conditions, text: &str, args: &RunArgs) -> Result<()> {
    let begun = journal(folder, args.shard).exists();
    if conditions::agree(folder, conditions, begun, args.resume)? {
        return Ok(());
    }
    let path = folder.join("run.toml");
    let words = toml::to_string(conditions).map_err(|e| Error::compute("run.toml", e))?;
    let copy = folder.join("experiment.toml");
    fs::write(&copy, text).map_err(|e| Error::io(&copy, e))?;
    // Shards may start together: each writes the same, and one rename wins.
    let aside = folder.join(format!(".run-{}.toml", args.shard.index));
    fs::write(&aside, words).map_err(|e| Error::io(&aside, e))?;
    fs::rename(&aside, &path).map_err(|e| Error::io(&path, e))
}

fn journal(folder: &Path, shard: Shard) -> PathBuf {
    folder.join(format!("scores-{}-of-{}.jsonl", shard.index, shard.of))
}

/// The rows of all shards, sorted, when all `expected` are there.
fn all_rows(folder: &Path, shards: usize, expected: usize) -> Result<Option<Vec<Score>>> {
    let mut rows = Vec::new();
    for index in 1..=shards {
        let path = journal(folder, Shard { index, of: shards });
        if path.exists() {
            rows.extend(score::read(&path)?);
        }
    }
    rows.sort_by(|a, b| (&a.slice, &a.key, &a.method).cmp(&(&b.slice, &b.key, &b.method)));
    Ok((rows.len() == expected).then_some(rows))
}

fn write(folder: &Path, rows: &[Score], measures: &[Measure]) -> Result<()> {
    let sheet = score::sheet(rows);
    sheet.write_parquet(&folder.join("scores.parquet"))?;
    sheet.write_csv(&folder.join("scores.csv"))?;
    for (name, text) in [
        ("metrics.csv", csv(measures)),
        ("metrics.md", markdown(measures)),
        ("metrics.tex", latex(measures)),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| Error::io(&path, e))?;
    }
    Ok(())
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| format!("{value:.4}"))
}

fn interval(measure: &Measure) -> String {
    measure.interval.map_or_else(|| "-".to_owned(), |(low, high)| format!("{low:.4} to {high:.4}"))
}

fn csv(measures: &[Measure]) -> String {
    let mut text = "slice,method,metric,value,low,high,covered,of,undefined\n".to_owned();
    for m in measures {
        let cell = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        let (low, high) = (m.interval.map(|i| i.0), m.interval.map(|i| i.1));
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},\"{}\"",
            m.slice,
            m.method,
            m.metric,
            cell(m.value),
            cell(low),
            cell(high),
            m.covered,
            m.of,
            m.undefined.as_deref().unwrap_or_default()
        );
    }
    text
}

fn markdown(measures: &[Measure]) -> String {
    let mut text = "| slice | method | metric | value | 95 % interval | covered |\n|---|---|---|---|---|---|\n".to_owned();
    for m in measures {
        let value = m
            .undefined
            .as_ref()
            .map_or_else(|| number(m.value), |why| format!("undefined ({why})"));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {value} | {} | {} of {} |",
            visible(&m.slice),
            visible(&m.method),
            m.metric,
            interval(m),
            m.covered,
            m.of
        );
    }
    text
}

/// A table for booktabs. Names come from the experiment's file.
fn latex(measures: &[Measure]) -> String {
    let plain = |text: &str| -> String {
        text.chars()
            .map(|c| match c {
                '\\' => "\\textbackslash{}".to_owned(),
                '~' => "\\textasciitilde{}".to_owned(),
                '^' => "\\textasciicircum{}".to_owned(),
                '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
                c => c.to_string(),
            })
            .collect()
    };
    let mut text = "\\begin{tabular}{lllrrr}\n\\toprule\nslice & method & metric & value & 95\\,\\% interval & covered \\\\\n\\midrule\n".to_owned();
    for m in measures {
        let _ = writeln!(
            text,
            "{} & {} & {} & {} & {} & {}/{} \\\\",
            plain(&m.slice),
            plain(&m.method),
            m.metric,
            number(m.value),
            interval(m).replace(" to ", "--"),
            m.covered,
            m.of
        );
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    text
}

fn told(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for v in verdicts {
        let _ = writeln!(
            text,
            "{}: {} of {} on {}: expected {} ± {}, found {} ({})",
            if v.met { "as expected" } else { "NOT AS EXPECTED" },
            v.metric,
            v.method,
            v.slice,
            v.expected,
            v.tolerance,
            number(v.found),
            v.source
        );
    }
    text
}
