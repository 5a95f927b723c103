//! `waarmerk examine`: files in, a report folder for each out.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::folder::Unfinished;
use super::progress::Bar;
use super::{Done, LangArg, printable};
use crate::checks::pass::{self, FaceSource};
use crate::checks::{Entry, select};
use crate::faces::Follower;
use crate::media::{Exhibit, FaceDetail, Limits};
use crate::nn::device::{self, DeviceChoice};
use crate::report::{Redact, Report, html, json};
use crate::text::{Lang, Text};
use crate::{Error, Result, table};

const EXAMPLES: &str = "Examples:
  waarmerk examine clip.mp4
  waarmerk examine *.jpg voice.wav --out results --lang nl
  waarmerk examine clip.mp4 --checks container,metadata --json
  waarmerk examine clip.mp4 --redact all --csv

For each FILE the folder OUT/<file stem> holds:
  report.html            the report: one file, nothing loaded from elsewhere
  findings.json          what every check found
  measurements.parquet   every number, with its time, frame and face track
  run.json               versions, digests, options, device, timings

Exit codes: 0 all examined, 2 wrong use, 3 some input could not be examined,
1 anything else.";

/// Options of `waarmerk examine`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExamineArgs {
    /// Photos, videos or recordings.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(long, short, default_value = "waarmerk-results", value_name = "DIR")]
    out: PathBuf,
    /// Only these checks, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "CHECK")]
    checks: Vec<String>,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// What pictures in the report show.
    #[arg(long, value_enum, default_value_t)]
    redact: RedactArg,
    /// Language of the report.
    #[arg(long, value_enum, default_value_t)]
    lang: LangArg,
    /// Print findings as JSON on standard output, one line a file.
    #[arg(long)]
    json: bool,
    /// Also write the measurements as CSV.
    #[arg(long)]
    csv: bool,
}

/// What pictures show, as typed.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum RedactArg {
    /// Faces only; the rest is blurred beyond recognition.
    #[default]
    Faces,
    /// Everything: nothing is hidden.
    None,
    /// Nothing: faces are blurred too.
    All,
}

impl From<RedactArg> for Redact {
    fn from(arg: RedactArg) -> Self {
        match arg {
            RedactArg::Faces => Self::Faces,
            RedactArg::None => Self::None,
            RedactArg::All => Self::All,
        }
    }
}
