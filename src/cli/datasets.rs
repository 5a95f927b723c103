//! `waarmerk datasets`: what data sets are, and how a folder of one becomes a
//! manifest.

use std::path::{Path, PathBuf};

use super::progress::Count;
use super::{Done, say};
use crate::experiment::dataset::{self, Dataset, Label, Manifest, Problem};
use crate::media::digest;
use crate::text::visible;
use crate::{Error, Result};

/// List, show, index and verify data sets.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "No data set comes with the program; `show` says how its owners give it out.

Examples:
  waarmerk datasets list
  waarmerk datasets show celeb-df-v2
  waarmerk datasets index celeb-df-v2 --root /data/Celeb-DF-v2
  waarmerk datasets verify celeb-df-v2.parquet --root /data/Celeb-DF-v2

A folder of your own, with real/ and fake/ in it, or with a labels.csv (columns
path and label), is described in a file of your own:
  [[dataset]]
  name = \"mine\"
  media = \"picture\"        # or video, sound
  layout = \"folders\"       # or csv
and indexed with: waarmerk datasets index mine --root DIR --datasets mine.toml"
)]
pub struct DatasetsCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// List the data sets that can be read.
    List {
        /// A file with data sets of your own.
        #[arg(long, value_name = "FILE")]
        datasets: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one data set: how it is had, its known faults, its citation.
    Show {
        /// The data set.
        name: String,
        /// A file with data sets of your own.
        #[arg(long, value_name = "FILE")]
        datasets: Option<PathBuf>,
    },
    /// Read a folder of a data set into a manifest: one row an item.
    Index {
        /// The data set.
        name: String,
        /// The folder that holds it.
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
        /// Where to write the manifest [default: NAME.parquet].
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Also write it as CSV.
        #[arg(long)]
        csv: bool,
        /// A file with data sets of your own.
        #[arg(long, value_name = "FILE")]
        datasets: Option<PathBuf>,
        /// Print what was found as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Compute every digest again; exit code 1 when anything differs.
    Verify {
        /// The manifest.
        manifest: PathBuf,
        /// The folder that holds the data set.
        #[arg(long, value_name = "DIR")]
        root: PathBuf,
    },
}

/// Runs the command.
pub fn run(command: &DatasetsCommand) -> Result<Done> {
    match &command.action {
        Action::List { datasets, json } => list(datasets.as_deref(), *json),
        Action::Show { name, datasets } => {
            let sets = dataset::all(datasets.as_deref())?;
            say(&show(dataset::find(&sets, name)?)).map(|()| Done::All)
        }
        Action::Index { name, root, out, csv, datasets, json } => {
            let sets = dataset::all(datasets.as_deref())?;
            let out = out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.parquet")));
            index(dataset::find(&sets, name)?, root, &out, *csv, *json)
        }
        Action::Verify { manifest, root } => verify(&Manifest::read(manifest)?, root),
    }
}

fn list(own: Option<&Path>, json: bool) -> Result<Done> {
    let sets = dataset::all(own)?;
    if json {
        let rows: Vec<_> = sets
            .iter()
            .map(|set| {
                serde_json::json!({
                    "name": set.name, "title": set.title, "media": set.media,
                    "tasks": set.tasks, "real": set.real, "fake": set.fake,
                    "access": set.access, "licence": set.licence, "faults": set.faults,
                })
            })
            .collect();
        return say(&format!("{}\n", serde_json::Value::from(rows))).map(|()| Done::All);
    }
    let number = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let mut text = format!(
        "{:<20} {:<8} {:>7} {:>8}  {:<34} ACCESS\n",
        "NAME", "MEDIA", "REAL", "FAKE", "TASKS"
    );
    for set in &sets {
        text.push_str(&format!(
            "{:<20} {:<8} {:>7} {:>8}  {:<34} {}\n",
            set.name,
            format!("{:?}", set.media).to_lowercase(),
            number(set.real),
            number(set.fake),
            set.tasks.join(", "),
            set.access
        ));
    }
    say(&text).map(|()| Done::All)
}

fn show(set: &Dataset) -> String {
    let mut text = format!("{} ({})\n", set.title, set.name);
    let mut line = |name: &str, what: &str| {
        if !what.is_empty() {
            text.push_str(&format!("  {name:<9} {what}\n"));
        }
    };
    line("tasks", &set.tasks.join(", "));
    let number = |n: Option<u64>| n.map_or_else(|| "not given".to_owned(), |n| n.to_string());
    line("items", &format!("real {}, fake {}", number(set.real), number(set.fake)));
    line("access", &set.access);
    line("licence", &set.licence);
    for fault in &set.faults {
        line("note", fault);
    }
    text.push_str(&set.citation);
    text.push('\n');
    text
}

fn index(set: &Dataset, root: &Path, out: &Path, csv: bool, json: bool) -> Result<Done> {
    let count = Count::new(&set.name, "files");
    let found = dataset::index(set, root, &|done, all| count.update(done, all))?;
    count.finish();
    if found.manifest.items.is_empty() {
        return Err(Error::unreadable(
            root,
            format!("no item of {} is here; `waarmerk datasets show {}`", set.title, set.name),
        ));
    }
    let mut problems = found.problems;
    problems.extend(dataset::problems(set, &found.manifest));
    found.manifest.write(out)?;
    if csv {
        found.manifest.write_csv(&out.with_extension("csv"))?;
    }
    let items = &found.manifest.items;
    let of = |label| items.iter().filter(|item| item.label == label).count();
    let (real, fake) = (of(Some(Label::Real)), of(Some(Label::Fake)));
    if json {
        let said = serde_json::json!({
            "manifest": out, "items": items.len(), "real": real, "fake": fake,
            "unlabelled": of(None), "problems": problems,
        });
        return say(&format!("{said}\n")).map(|()| Done::All);
    }
    let mut text = format!("{}: {} items, {real} real, {fake} fake", set.name, items.len());
    if of(None) > 0 {
        text.push_str(&format!(", {} without a label", of(None)));
    }
    text.push_str(&format!("\n{}", told(&problems)));
    text.push_str(&format!("written: {}\n", out.display()));
    say(&text).map(|()| Done::All)
}

fn told(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        text.push_str(&format!("  ! {} {}\n", problem.items, problem.what));
        for example in &problem.examples {
            text.push_str(&format!("      {}\n", visible(example)));
        }
    }
    text
}

fn verify(manifest: &Manifest, root: &Path) -> Result<Done> {
    let count = Count::new(&manifest.dataset, "files");
    let all = manifest.items.len() as u64;
    let mut wrong = Vec::new();
    for (at, item) in manifest.items.iter().enumerate() {
        let path = root.join(&item.path);
        match digest::sha256(&path) {
            Ok(sha256) if sha256 == item.sha256 => {}
            Ok(_) => wrong.push(format!("changed: {}", item.path)),
            Err(error) => wrong.push(format!("not readable: {}: {error}", item.path)),
        }
        count.update(at as u64 + 1, all);
    }
    count.finish();
    if wrong.is_empty() {
        return say(&format!("{all} files are as they were\n")).map(|()| Done::All);
    }
    let mut text: String = wrong.iter().map(|line| format!("{}\n", visible(line))).collect();
    text.push_str(&format!("{} of {all} files differ\n", wrong.len()));
    say(&text).map(|()| Done::Amiss)
}
