//! `waarmerk reference`: reference sets for `waarmerk evaluate`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Done, say};
use crate::evaluate::reference::{Condition, Reference, Row, Sentence};
use crate::experiment::question::Experiment;
use crate::media::digest;
use crate::models::store;
use crate::table::scores::{Cell, read_scores};
use crate::text::visible;
use crate::{Error, Result};

/// Options of `waarmerk reference`.
#[derive(clap::Args, Debug)]
pub struct ReferenceCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Build a set from a table of scores.
    Build(BuildArgs),
}

#[derive(clap::Args, Debug)]
#[command(after_help = "Example:
  waarmerk reference build swaps-2026 --scores scores.csv \\
      --h1 \"the face was replaced\" --h1-nl \"het gezicht is vervangen\" \\
      --h2 \"the recording was not altered\" --h2-nl \"de opname is niet bewerkt\"

The table (CSV or Parquet) has a row for each score:
  source   what the item was made from (a person, a recording)
  label    manipulated or genuine (also 1/0, fake/real, spoof/bonafide)
  check    name of the check, or check.value for a value of it
  score    higher speaks for H1
Every other column is a condition, named as in findings.json: a key of
`exhibit` (display_width, kbps) or check.value (faces.face_width_px_median).
A ratio is given only where the set states the resolution (display_width, width;
of sound audio_rate_hz), the compression (kbps, video_kbps, audio_kbps;
jpeg-quantisation.quality_luma; or a codec without loss), of checks of faces also
faces.face_width_px_median, and of a voice voice-activity.speech_s. Numbers of the
exhibit may be half or twice the set's (of a JPEG quality: the steps it stands
for), words must be equal.
Column item, where there is one, tells which scores are of one item, for
`evaluate --fuse`. Columns slice, truth, value, status, reason, seconds and device
are passed over.

From a run of `waarmerk run`, of one of its slices, whose condition you state:
  waarmerk reference build swaps-2026 --experiment results/swaps --slice phone \\
      --condition display_width=1280 --condition kbps=1500 --h1 ... --h2 ...

Without any condition a set fits nothing: no likelihood ratio is given from it.")]
struct BuildArgs {
    /// Name and version of the set.
    name: String,
    /// The table.
    #[arg(long, value_name = "FILE", required_unless_present = "experiment")]
    scores: Option<PathBuf>,
    /// The folder of a run instead of a table.
    #[arg(long, value_name = "RUN", conflicts_with = "scores")]
    experiment: Option<PathBuf>,
    /// Only this slice of the run.
    #[arg(long, value_name = "NAME", requires = "experiment")]
    slice: Option<String>,
    /// The condition under which all of it was made; more than once for more.
    #[arg(long, value_name = "NAME=VALUE", value_parser = stated)]
    condition: Vec<(String, Condition)>,
    /// Proposition 1, in English: what the manipulated items have in common.
    #[arg(long, value_name = "TEXT")]
    h1: String,
    /// Proposition 1 in Dutch.
    #[arg(long, value_name = "TEXT")]
    h1_nl: String,
    /// Proposition 2, in English.
    #[arg(long, value_name = "TEXT")]
    h2: String,
    /// Proposition 2 in Dutch.
    #[arg(long, value_name = "TEXT")]
    h2_nl: String,
    /// Where to write; NAME.reference.json unless given.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs one of the commands.
pub fn run(args: &ReferenceCommand) -> Result<Done> {
    match &args.command {
        Command::Build(args) => build(args),
    }
}

/// A condition as typed: a number where it reads as one.
fn stated(word: &str) -> Result<(String, Condition), String> {
    let (name, value) = word.split_once('=').ok_or("NAME=VALUE is meant")?;
    let number = value.parse::<f64>().ok().filter(|x| x.is_finite());
    let word = || Condition::Word(value.to_owned());
    Ok((name.to_owned(), number.map_or_else(word, Condition::Number)))
}

/// What a run says of its scores.
#[derive(Default)]
struct Made {
    /// Name of each method, and the check or `check.value` it stands for.
    names: BTreeMap<String, String>,
    lower: Vec<String>,
    program_sha256: Option<String>,
}

/// Reads the experiment that `folder` is a run of.
fn made(folder: &Path) -> Result<Made> {
    let (experiment, _) = Experiment::read(&folder.join("experiment.toml"))?;
    let path = folder.join("run.toml");
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
    let run: toml::Table =
        toml::from_str(&text).map_err(|e| Error::unreadable(&path, e.message().to_owned()))?;
    let program = run.get("tool_sha256").and_then(|v| v.as_str()).map(str::to_owned);
    let mut made = Made { program_sha256: program, ..Made::default() };
    for method in experiment.methods {
        let name = match method.value.as_str() {
            "score" => method.check.clone(),
            value => format!("{}.{value}", method.check),
        };
        if method.lower_is_fake {
            made.lower.push(name.clone());
        }
        made.names.insert(method.name, name);
    }
    Ok(made)
}

fn build(args: &BuildArgs) -> Result<Done> {
    let made = args.experiment.as_deref().map(made).transpose()?.unwrap_or_default();
    let scores = match (&args.experiment, &args.scores) {
        (Some(folder), _) => folder.join("scores.csv"),
        (None, Some(table)) => table.clone(),
        (None, None) => return Err(Error::Usage("--scores or --experiment is needed".to_owned())),
    };
    let mut table = read_scores(&scores, args.slice.as_deref())?;
    let condition = |cell: Cell| match cell {
        Cell::Number(x) => Condition::Number(x),
        Cell::Word(word) => Condition::Word(word),
    };
    let called = |name: String| made.names.get(&name).cloned().unwrap_or(name);
    let rows: Vec<Row> = std::mem::take(&mut table.rows)
        .into_iter()
        .map(|row| Row {
            item: row.item,
            source: row.source,
            h1: row.manipulated,
            check: called(row.check),
            score: row.score,
            condition: row
                .conditions
                .into_iter()
                .map(condition)
                .chain(args.condition.iter().map(|(_, value)| value.clone()))
                .collect(),
        })
        .collect();
    let without: BTreeMap<String, u64> =
        table.without.into_iter().map(|(name, n)| (called(name), n)).collect();
    let left_out: u64 = without.values().sum();
    if rows.is_empty() {
        return Err(Error::unreadable(
            &scores,
            format!("none of its rows has a score ({left_out} without); no set is made of it"),
        ));
    }
    let mut conditions = table.conditions;
    conditions.extend(args.condition.iter().map(|(name, _)| name.clone()));
    let sentence = |en: &str, nl: &str| Sentence { en: en.to_owned(), nl: nl.to_owned() };
    let set = Reference {
        schema: 1,
        name: args.name.clone(),
        h1: sentence(&args.h1, &args.h1_nl),
        h2: sentence(&args.h2, &args.h2_nl),
        conditions,
        table_sha256: digest::sha256(&scores)?,
        program_sha256: made.program_sha256,
        lower: made.lower,
        without,
        rows,
    };
    let out =
        args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.reference.json", args.name)));
    if out.exists() {
        return Err(Error::Usage(format!("{} is there already", out.display())));
    }
    let mut text = serde_json::to_string(&set).map_err(|e| Error::compute("JSON", e))?;
    text.push('\n');
    store::write(&out, text.as_bytes())?;
    let mut told = String::new();
    if set.conditions.is_empty() {
        told.push_str("The set names no condition: nobody can tell which exhibit it suits, and no likelihood ratio is given from it (--condition).\n");
    }
    for cell in set.cells() {
        told.push_str(&format!(
            "{}: {} scores of {} sources (H1), {} of {} (H2){}\n",
            visible(&cell.name),
            cell.scores[0],
            cell.sources[0],
            cell.scores[1],
            cell.sources[1],
            cell.auc
                .map(|(auc, low, high)| format!(", AUC {auc:.3} ({low:.3} to {high:.3})"))
                .unwrap_or_default(),
        ));
    }
    told.push_str(&format!(
        "{} rows without a score were left out\n{}\n",
        left_out,
        visible(&out.display().to_string())
    ));
    say(&told)?;
    Ok(Done::All)
}
