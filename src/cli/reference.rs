//! `waarmerk reference`: reference sets for `waarmerk evaluate`.

use std::path::PathBuf;

use super::{Done, say};
use crate::evaluate::reference::{Condition, Reference, Row, Sentence};
use crate::media::digest;
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
`exhibit` (display_width, codec) or check.value (faces.face_width_px_median).
Column item, where there is one, tells which scores are of one item, for
`evaluate --fuse`. Columns key, status, reason, seconds and device are passed over.")]
struct BuildArgs {
    /// Name and version of the set.
    name: String,
    /// The table.
    #[arg(long, value_name = "FILE")]
    scores: PathBuf,
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

fn build(args: &BuildArgs) -> Result<Done> {
    let table = read_scores(&args.scores)?;
    let condition = |cell: Cell| match cell {
        Cell::Number(x) => Condition::Number(x),
        Cell::Word(word) => Condition::Word(word),
    };
    let without = table.without;
    let rows: Vec<Row> = table
        .rows
        .into_iter()
        .map(|row| Row {
            item: row.item,
            source: row.source,
            h1: row.manipulated,
            check: row.check,
            score: row.score,
            condition: row.conditions.into_iter().map(condition).collect(),
        })
        .collect();
    let sentence = |en: &str, nl: &str| Sentence { en: en.to_owned(), nl: nl.to_owned() };
    let set = Reference {
        schema: 1,
        name: args.name.clone(),
        h1: sentence(&args.h1, &args.h1_nl),
        h2: sentence(&args.h2, &args.h2_nl),
        conditions: table.conditions,
        table_sha256: digest::sha256(&args.scores)?,
        rows,
    };
    let out =
        args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.reference.json", args.name)));
    if out.exists() {
        return Err(Error::Usage(format!("{} is there already", out.display())));
    }
    let mut text = serde_json::to_string(&set).map_err(|e| Error::compute("JSON", e))?;
    text.push('\n');
    std::fs::write(&out, text).map_err(|e| Error::io(&out, e))?;
    let mut told = String::new();
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
        without,
        visible(&out.display().to_string())
    ));
    say(&told)?;
    Ok(Done::All)
}
