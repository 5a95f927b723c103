//! `waarmerk case examine`: `examine` on exhibits, with its results in the
//! case.

use std::path::PathBuf;

use super::{ByArgs, open};
use crate::cli::evaluate::How;
use crate::cli::{Done, LangArg, examine};
use crate::custody::{Case, Event};
use crate::nn::device::DeviceChoice;
use crate::report::Lab;
use crate::text::visible;
use crate::{Error, Result};

/// Options of `waarmerk case examine`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  waarmerk case examine mycase\n  waarmerk case examine mycase --exhibit E2 --lang nl --checks metadata,container"
)]
pub struct ExamineArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Only these exhibits, separated by commas; all of them unless given.
    #[arg(long, value_delimiter = ',', value_name = "E1")]
    exhibit: Vec<String>,
    /// Only these checks, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "CHECK")]
    checks: Vec<String>,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// What pictures in the report show.
    #[arg(long, value_enum, default_value_t)]
    redact: examine::RedactArg,
    /// Language of the report.
    #[arg(long, value_enum, default_value_t)]
    lang: LangArg,
    /// Letterhead, reviewer and more (TOML); the case's own facts fill what it
    /// leaves open.
    #[arg(long, value_name = "FILE")]
    lab: Option<PathBuf>,
    /// Reference sets (`waarmerk reference build`), for likelihood ratios.
    #[arg(long, value_name = "FILE")]
    reference: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    brought: examine::Brought,
    #[command(flatten)]
    by: ByArgs,
}

/// Examines each exhibit asked for; one that cannot be examined is told, noted
/// and passed over.
pub fn run(args: &ExamineArgs) -> Result<Done> {
    let (mut case, stamp) = open(&args.case, &args.by)?;
    let all = case.exhibits();
    for name in &args.exhibit {
        case.exhibit(name)?;
    }
    let wanted = |id: &str| args.exhibit.is_empty() || args.exhibit.iter().any(|name| name == id);
    let mut worst = Done::All;
    for (id, path, _) in all.into_iter().filter(|(id, _, _)| wanted(id)) {
        let (aside, place) = case.results(&id)?;
        let done = examine::run(&examine::ExamineArgs {
            files: vec![path.clone()],
            out: aside.clone(),
            checks: args.checks.clone(),
            device: args.device,
            redact: args.redact,
            lang: args.lang,
            json: false,
            csv: false,
            resume: false,
            limit: Vec::new(),
            time_limit: None,
            memory_limit: None,
            in_process: false,
            worker: false,
            undecoded: None,
            lab: args.lab.clone(),
            facts: facts(&case, &id),
            reference: args.reference.clone(),
            how: args.how.clone(),
            brought: args.brought.clone(),
        })?;
        // The log says when it was done, not when it was begun.
        let stamp = super::stamp(stamp.by.clone());
        match outcome(&aside) {
            Some((sha256, complete, inner)) => {
                // One folder less: the results stand in `place` itself.
                lift(&aside, &inner)?;
                case.examined(&id, (&sha256, complete), (&aside, &place), &stamp)?;
                let page = place.join("report.html");
                eprintln!("{id}: {}", visible(&page.display().to_string()));
            }
            None => {
                std::fs::remove_dir_all(&aside).map_err(|e| Error::io(&aside, e))?;
                case.note("it could not be examined", Some(&id), &stamp)?;
            }
        }
        if done != Done::All {
            worst = done;
        }
    }
    Ok(worst)
}

/// What the case knows of the assignment and of how exhibit `id` came.
fn facts(case: &Case, id: &str) -> Lab {
    let facts = case.facts();
    let came = case.entries().iter().find_map(|entry| match &entry.event {
        Event::ExhibitAdded { exhibit, acquisition, .. } if exhibit == id => {
            let parts = [
                Some(&entry.at),
                acquisition.received_from.as_ref(),
                acquisition.transport.as_ref(),
            ];
            Some(parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    });
    Lab {
        laboratory: facts.laboratory,
        case: Some(format!("{}, {id}", facts.title)),
        customer: facts.customer,
        question: facts.question,
        received: came,
        examiner: Some(facts.examiner),
        handling: Some(case.handling(id)),
        ..Lab::default()
    }
}

/// Digest and completeness of the one result in `folder`, and where it is.
fn outcome(folder: &std::path::Path) -> Option<(String, bool, PathBuf)> {
    let mut entries = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path());
    let inner = entries.find(|path| path.join("run.json").is_file())?;
    let text = std::fs::read_to_string(inner.join("run.json")).ok()?;
    let run: serde_json::Value = serde_json::from_str(&text).ok()?;
    let sha256 = run.get("exhibit")?.get("sha256")?.as_str()?.to_owned();
    Some((sha256, run.get("complete")?.as_bool()?, inner))
}

/// Moves what is in `inner` up to `folder`.
fn lift(folder: &std::path::Path, inner: &std::path::Path) -> Result<()> {
    for entry in std::fs::read_dir(inner).map_err(|e| Error::io(inner, e))? {
        let entry = entry.map_err(|e| Error::io(inner, e))?;
        let to = folder.join(entry.file_name());
        std::fs::rename(entry.path(), &to).map_err(|e| Error::io(&to, e))?;
    }
    std::fs::remove_dir(inner).map_err(|e| Error::io(inner, e))
}
