//! The command line: one command a file. Printing and progress bars live here
//! and nowhere else.

pub mod camera;
pub mod case;
pub mod checks;
pub mod compare;
pub mod container;
pub mod datasets;
pub mod degrade;
pub mod doctor;
pub mod evaluate;
pub mod examine;
pub mod experiments;
pub mod explain;
pub mod folder;
pub mod merge;
pub mod models;
pub mod person;
pub mod progress;
pub mod reference;
pub mod reproduce;
pub mod run;
pub mod runs;
pub mod submit;
pub mod train;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::text::{Lang, visible_lines};
use crate::{Error, Result};

/// Forensic analysis of suspected deepfakes: photos, video, voice.
///
/// Everything happens on this machine: no command but `models install` and `case
/// capture` uses a network.
#[derive(Parser, Debug)]
#[command(name = "waarmerk", version, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  waarmerk examine clip.mp4 --out results
  waarmerk examine photo.jpg voice.wav --out results --lang nl
  waarmerk case new casefolder --title 2026-017 --examiner NAME
  waarmerk explain spectrum
  waarmerk doctor

Exit codes: 0 done, 1 something failed, 2 wrong use, 3 an input could not be
examined (the others were).";

#[derive(Subcommand, Debug)]
enum Command {
    /// Examine files and write a report for each.
    Examine(Box<examine::ExamineArgs>),
    /// Keep exhibits, their history and their results so that others can check them.
    Case(case::CaseCommand),
    /// List the checks, with group and standing.
    Checks(checks::ChecksArgs),
    /// Weigh findings against a reference set: likelihood ratios, or why none.
    Evaluate(evaluate::EvaluateArgs),
    /// Print what a check measures, when it misleads, and its references.
    Explain(explain::ExplainArgs),
    /// Keep the structures of your own reference files.
    Container(container::ContainerCommand),
    /// Change a photo or video in known ways, for trials, with a record.
    Degrade(degrade::DegradeArgs),
    /// Enrol cameras for `examine --camera`.
    Camera(camera::CameraCommand),
    /// List, install and verify the networks.
    Models(models::ModelsCommand),
    /// Build a reference set from scores of which the truth is known.
    Reference(reference::ReferenceCommand),
    /// Examine again as a result folder says, and compare every measurement.
    ReproduceReport(reproduce::ReproduceArgs),
    /// List, show, index and verify data sets for benchmarks.
    Datasets(datasets::DatasetsCommand),
    /// Enrol and list persons for the check `person`.
    Person(person::PersonCommand),
    /// Run an experiment: items and methods to scores, figures and a report.
    Run(run::RunArgs),
    /// List the runs in a folder, and whether each found what was expected.
    Runs(runs::RunsArgs),
    /// Merge the shards of a run.
    Merge(merge::MergeArgs),
    /// Compare methods of one run or of several.
    Compare(compare::CompareArgs),
    /// Submit the shards of an experiment to a cluster.
    Submit(submit::SubmitCommand),
    /// List the experiments, what each needs, and whether the last run agreed.
    Reproduce(experiments::ReproduceArgs),
    /// Train a detector of your own from authentic pictures.
    Train(train::TrainArgs),
    /// Say what works on this machine, and what to do about what does not.
    Doctor(DoctorArgs),
}

/// Options of `waarmerk doctor`.
#[derive(clap::Args, Debug)]
struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A language, as typed.
#[derive(Clone, Copy, Debug, Default, ValueEnum, PartialEq, Eq)]
pub enum LangArg {
    /// English.
    #[default]
    En,
    /// Dutch (Nederlands).
    Nl,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Self {
        match arg {
            LangArg::En => Lang::En,
            LangArg::Nl => Lang::Nl,
        }
    }
}

/// How a command ended when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// All of it.
    All,
    /// Something is amiss and was printed.
    Amiss,
    /// Some input could not be examined; the others were.
    Partly,
    /// A process of ours failed with this exit code and has said why.
    Told(u8),
}

/// Parses the command line, runs the command, prints an error with its
/// causes, and gives the exit code.
pub fn main() -> ExitCode {
    reset_pipe();
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::Amiss) => ExitCode::from(1),
        Ok(Done::Partly) => ExitCode::from(3),
        Ok(Done::Told(code)) => ExitCode::from(code),
        Err(error) => {
            eprintln!("waarmerk: {}", visible_lines(&chain(&error)));
            ExitCode::from(if matches!(error, Error::Usage(_)) { 2 } else { 1 })
        }
    }
}

fn run(command: Command) -> Result<Done> {
    match command {
        Command::Examine(args) => examine::run(&args),
        Command::Case(args) => case::run(&args),
        Command::Checks(args) => checks::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Reference(args) => reference::run(&args),
        Command::ReproduceReport(args) => reproduce::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Container(args) => container::run(&args).map(|()| Done::All),
        Command::Degrade(args) => degrade::run(&args),
        Command::Datasets(args) => datasets::run(&args),
        Command::Camera(args) => camera::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Submit(args) => submit::run(&args),
        Command::Reproduce(args) => experiments::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Models(args) => models::run(&args).map(|()| Done::All),
        Command::Person(args) => person::run(&args).map(|()| Done::All),
        Command::Doctor(args) => {
            doctor::run(args.json).map(|well| if well { Done::All } else { Done::Amiss })
        }
    }
}

/// Writes to standard output; a full disk behind it is an error, not a panic.
fn say(text: &str) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|e| Error::io("standard output", e))
}

/// An error and its causes on one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Lets `waarmerk … | head` end quietly instead of with a panic on a closed
/// pipe.
#[allow(unsafe_code, reason = "asks the system to end this process when a pipe closes")]
fn reset_pipe() {
    #[cfg(unix)]
    // SAFETY: setting a signal's default disposition before any thread starts.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
