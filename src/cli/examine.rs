//! `waarmerk examine`: files in, a report folder for each out.

mod args;
pub(super) mod setup;
mod tally;
mod write;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use self::args::ExamineArgs;
pub(super) use self::args::{Brought, RedactArg};
use self::setup::Setup;
use self::tally::Failure;
pub(super) use self::tally::Tally;
use super::evaluate::weigh;
use super::folder::Unfinished;
use super::progress::Bar;
use super::worker::{self, Teller};
use super::{Done, say};
use crate::checks::{Entry, Options, pass, select};
use crate::media::{Exhibit, digest};
use crate::report::assemble::{Circumstances, assemble};
use crate::report::json;
use crate::text::{Lang, visible};
use crate::{Error, Result};

/// Frames, at 30 a second, between two looks of the face detectors while all
/// known faces are still followed.
pub(super) const LOOK_EVERY: usize = 15;

/// Examines every file; one that cannot be examined is told and passed over.
pub fn run(args: &ExamineArgs) -> Result<Done> {
    let entries = select(&args.checks)?;
    if !args.worker {
        args.brought.present()?;
        for set in &args.reference {
            fs::File::open(set).map_err(|e| Error::io(set, e))?;
        }
    }
    if cfg!(unix) && !args.in_process && !args.worker {
        return worker::supervise(args);
    }
    let (mut teller, process) = if args.worker {
        let (teller, held) = worker::become_worker(args)?;
        (teller, held.words())
    } else {
        (Teller::silent(), "in process")
    };
    let setup = Setup::new(args, &entries, process)?;
    fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
    let mut taken = Vec::new();
    let mut tally = Tally::default();
    for (number, file) in args.files.iter().enumerate() {
        teller.begin(number);
        // A fault of ours in one exhibit must not cost the others.
        let result = catch_unwind(AssertUnwindSafe(|| {
            examine(file, args, &entries, &setup, &mut taken, &mut teller)
        }));
        let result = result.unwrap_or_else(|_| {
            let reason = "the examination broke down through a fault of this program";
            Err(Failure::Input(Error::unreadable(file, reason)))
        });
        let fared = match result {
            Ok(true) => Tally { whole: 1, ..Tally::default() },
            Ok(false) => Tally { failed: 1, ..Tally::default() },
            Err(failure) => failure.told(file),
        };
        tally.add(fared);
        teller.end(number, fared);
    }
    // A worker's supervisor counts for it.
    Ok(if args.worker { Done::All } else { tally.told(args.files.len()) })
}

/// Examines one file. `Ok(false)` means that results were written, but that
/// the file could not be decoded or changed meanwhile.
fn examine(
    file: &Path,
    args: &ExamineArgs,
    entries: &[&'static Entry],
    setup: &Setup,
    taken: &mut Vec<PathBuf>,
    teller: &mut Teller,
) -> Result<bool, Failure> {
    let started = now();
    let clock = Instant::now();
    let exhibit = match &args.undecoded {
        None => Exhibit::open(file, &args.limits()),
        Some(why) => Exhibit::open_bytes(file, &args.limits(), why.text()),
    };
    let exhibit = exhibit.map_err(Failure::Input)?;
    let open_seconds = clock.elapsed().as_secs_f64();
    if let Some(place) = args.resume.then(|| setup.earlier(file, args, &exhibit, taken)).flatten() {
        return pass_over(&place, args, taken).map(|()| true).map_err(Failure::Print);
    }
    let folder =
        Unfinished::start(&args.out, file, &exhibit.sha256, taken).map_err(Failure::Output)?;
    teller.aside(folder.path());
    let bar = Bar::new(&exhibit.name, exhibit.duration_s);
    let mut faces = setup.faces();
    let mut tool = setup.tool(&exhibit);
    tool.command = args::command(file, args, &tool.options);
    let outcome = pass::run(&exhibit, entries, &Options::from(args), &mut faces, &mut |progress| {
        bar.update(progress);
    });
    bar.stage("writing the report");
    let sha256_after = digest::sha256(file).map_err(|e| Failure::Input(gone(file, &e)))?;
    let around = Circumstances {
        tool,
        started,
        finished: now(),
        open_seconds,
        sha256_after,
        lang: args.lang.into(),
        redact: args.redact.into(),
        lab: setup.lab.clone(),
    };
    let name = exhibit.name.clone();
    let mut report = assemble(exhibit, outcome, around);
    report.complete &= args.undecoded.is_none();
    if !args.reference.is_empty() {
        let found = json::findings(&report).map_err(Failure::Output)?;
        let found =
            serde_json::from_str(&found).map_err(|e| Failure::Output(Error::compute("JSON", e)))?;
        for set in &args.reference {
            report.weighed.push(weigh(&found, set, &args.how).map_err(Failure::Output)?);
        }
    }
    write::write(&report, folder.path(), args.csv, args.limits().output)
        .map_err(Failure::Output)?;
    bar.finish();
    let before = if folder.replaces() { " (in place of earlier results)" } else { "" };
    let place = folder.finish().map_err(Failure::Output)?;
    if args.json {
        json::findings_line(&report).and_then(|line| say(&line)).map_err(Failure::Print)?;
    }
    if report.complete {
        // A case puts its results elsewhere at once, and says where.
        if args::placed(&args.out) == args.out {
            let page = visible(&place.join("report.html").display().to_string());
            eprintln!("{}: {page}{before}", visible(&name));
        }
        if let Some(why) = report.exhibit.undecodable() {
            eprintln!(
                "waarmerk: present but not decoded, only its bytes were examined: {}: {}",
                visible(&file.display().to_string()),
                visible(why.get(Lang::En))
            );
        }
    } else {
        let why = report.notes.last().map(|note| note.get(Lang::En)).unwrap_or_default();
        eprintln!(
            "waarmerk: not fully examined: {}: {}",
            visible(&file.display().to_string()),
            visible(why)
        );
    }
    Ok(report.complete)
}

/// That the digest at the end cannot be had: the path leads elsewhere by now,
/// and a confined process may not even see where.
fn gone(file: &Path, why: &Error) -> Error {
    let why = match why {
        Error::Io { source, .. } => source.to_string(),
        Error::Unreadable { reason, .. } => reason.clone(),
        other => other.to_string(),
    };
    let reason = format!(
        "changed while it was examined: it was removed, or something else took its place ({why}); examine a copy that nothing writes to"
    );
    Error::unreadable(file, reason)
}

/// Says that results are there already, and prints their findings if asked.
fn pass_over(place: &Path, args: &ExamineArgs, taken: &mut Vec<PathBuf>) -> Result<()> {
    taken.push(place.to_owned());
    eprintln!("already examined: {}", visible(&place.display().to_string()));
    if args.json {
        let path = place.join("findings.json");
        let text = fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
        say(&json::one_line(&text))?;
    }
    Ok(())
}

/// The moment, in UTC to the second. The only clock of a report.
pub(super) fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).map(|t| t.to_string()).unwrap_or_default()
}
