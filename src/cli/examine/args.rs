//! What `waarmerk examine` can be told.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::LangArg;
use super::super::evaluate::How;
use super::super::worker::{self, Why};
use crate::checks::{Entry, Options, c2pa, container_profile, person, prnu};
use crate::media::Limits;
use crate::nn::device::DeviceChoice;
use crate::report::{Lab, Redact};
use crate::{Error, Result};

const EXAMPLES: &str = "Examples:
  waarmerk examine clip.mp4
  waarmerk examine *.jpg voice.wav --out results --lang nl
  waarmerk examine clip.mp4 --checks container,metadata --json
  waarmerk examine clip.mp4 --redact all --csv

For each FILE the folder OUT/<file stem> holds:
  report.html            the report: one file, nothing loaded from elsewhere
  report.pdf             the same on pages, to print, sign and archive
  findings.json          what every check found
  measurements.parquet   every number, with its time, frame and face track
  run.json               versions, digests, options, device, timings
  evaluation.json        likelihood ratios, with --reference
  <check>-<name>.json    what a table of that check shows only part of

--lab FILE puts what the laboratory says into the report; all keys are optional:
  laboratory = \"...\"   letterhead = [\"...\"]   case = \"...\"
  customer = \"...\"     question = \"...\"       received = \"...\"
  examiner = \"...\"     reviewer = \"...\"       deviations = \"...\"
  about = [\"face-swap\"]  which pairs of propositions: face-swap, local, generated,
                         voice, synchrony, republished; all that suit unless given
  proposition_1 = \"...\"  proposition_2 = \"...\"  a pair of your own
  integrity = \"...\"      consistent, inconsistent or inconclusive, as you conclude

A file that starts as a known medium and cannot be decoded (HEIC, an animated
WebP, a video without its index) is reported as present but not decoded: checks
of its bytes (structure, metadata, digests) run, the others say why they do not.

Exit codes: 0 all examined, 2 wrong use, 3 some input could not be examined
(of one that cannot be decoded: none of the chosen checks found anything),
1 anything else.";

/// Options of `waarmerk examine`.
#[derive(clap::Args, Debug, Clone)]
#[command(after_help = EXAMPLES)]
pub struct ExamineArgs {
    /// Photos, videos or recordings.
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(long, short, default_value = "waarmerk-results", value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    /// Only these checks, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "CHECK")]
    pub(in crate::cli) checks: Vec<String>,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    pub(in crate::cli) device: DeviceChoice,
    /// What pictures in the report show.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) redact: RedactArg,
    /// Language of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) lang: LangArg,
    /// Print findings as JSON on standard output, one line a file.
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Also write the measurements as CSV.
    #[arg(long)]
    pub(in crate::cli) csv: bool,
    /// Pass over files whose results are there already, made by this very
    /// program with the same options.
    #[arg(long)]
    pub(in crate::cli) resume: bool,
    /// Seconds that one file may take; then its bytes are examined alone. Twelve
    /// hours unless given.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) time_limit: Option<u64>,
    /// Memory for one file, such as 2G; three quarters of the machine's unless given.
    #[arg(long, value_name = "BYTES", value_parser = worker::bytes)]
    pub(in crate::cli) memory_limit: Option<u64>,
    /// Bounds for one file: pixels, moving-pixels, bytes, still-bytes, streams,
    /// frames, seconds, tags, output; as NAME=N, separated by commas. A photograph
    /// of more than 67 million pixels needs `--limit pixels=256M`.
    #[arg(long, value_delimiter = ',', value_name = "NAME=N", value_parser = bound)]
    pub(in crate::cli) limit: Vec<(String, u64)>,
    /// Examine in this process: a crash of a decoder then ends the batch, and
    /// nothing keeps it from the network and from other files.
    #[arg(long, conflicts_with_all = ["time_limit", "memory_limit"])]
    pub(in crate::cli) in_process: bool,
    /// This process is a worker of another.
    #[arg(long, hide = true)]
    pub(in crate::cli) worker: bool,
    /// The files cannot be decoded, for this reason.
    #[arg(long, hide = true, requires = "worker")]
    pub(in crate::cli) undecoded: Option<Why>,
    /// Letterhead, case, customer, question, examiner and reviewer (TOML), as
    /// `waarmerk examine --help` shows below.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) lab: Option<PathBuf>,
    /// The same of a case, where the file says nothing.
    #[arg(skip)]
    pub(in crate::cli) facts: Lab,
    /// Reference sets (`waarmerk reference build`): their likelihood ratios, or
    /// why there are none, stand in the report; more than once for more.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) reference: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) how: How,
    #[command(flatten)]
    pub(in crate::cli) brought: Brought,
}

impl ExamineArgs {
    /// The options as on a command line, without files, for a worker.
    pub(in crate::cli) fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = options(self, &[])
            .into_iter()
            .filter(|(name, _)| {
                !["checks", "reference-voice", "trust-anchors"].contains(&name.as_str())
            })
            .map(|(name, value)| format!("--{name}={value}").into())
            .collect();
        if !self.checks.is_empty() {
            words.push(format!("--checks={}", self.checks.join(",")).into());
        }
        let flags = [("--json", self.json), ("--csv", self.csv), ("--resume", self.resume)];
        words.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| flag.into()));
        words.extend(self.how.words().into_iter().map(OsString::from));
        for set in &self.reference {
            words.extend(["--reference".into(), set.clone().into_os_string()]);
        }
        // A path may be no text, so it is a word of its own.
        for (flag, path) in [
            ("--out", Some(&self.out)),
            ("--lab", self.lab.as_ref()),
            ("--reference-voice", self.brought.reference_voice.as_ref()),
            ("--trust-anchors", self.brought.trust_anchors.as_ref()),
        ] {
            words.extend(
                path.into_iter().flat_map(|path| [flag.into(), path.clone().into_os_string()]),
            );
        }
        words
    }
}

/// What the user brings to hold an exhibit against, as typed.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "To hold the exhibit against")]
pub(in crate::cli) struct Brought {
    /// An enrolled camera.
    #[arg(long, value_name = "NAME")]
    camera: Option<String>,
    /// Enrolled structure profiles, separated by commas; without it, all.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    container_profile: Vec<String>,
    /// An enrolled person.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
    /// A recording of a known voice.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) reference_voice: Option<PathBuf>,
    /// Certificates (PEM) that you trust as signers of Content Credentials.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trust_anchors: Option<PathBuf>,
}

impl Brought {
    /// The files among it.
    pub(in crate::cli) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.trust_anchors.iter().chain(&self.reference_voice).cloned()
    }

    /// Reads all of it once: an examination must not end without what it was to be
    /// held against.
    ///
    /// # Errors
    /// Whatever is not there or cannot be read.
    pub(super) fn present(&self) -> Result<()> {
        if let Some(name) = &self.camera {
            prnu::store::read(&prnu::store::folder()?, name)?;
        }
        for name in &self.container_profile {
            container_profile::store::load(&container_profile::store::folder()?, name)?;
        }
        if let Some(name) = &self.person {
            person::model::load(&person::model::folder()?, name)?;
        }
        if let Some(path) = &self.reference_voice {
            std::fs::File::open(path).map_err(|e| Error::io(path, e))?;
        }
        if let Some(path) = &self.trust_anchors {
            c2pa::anchors(path)?;
        }
        Ok(())
    }

    /// Names as on the command line, with what was typed.
    pub(super) fn words(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|p| p.to_string_lossy().into_owned());
        let profiles = self.container_profile.join(",");
        [
            ("camera", self.camera.clone()),
            ("container-profile", (!profiles.is_empty()).then_some(profiles)),
            ("person", self.person.clone()),
            ("reference-voice", path(&self.reference_voice)),
            ("trust-anchors", path(&self.trust_anchors)),
        ]
        .into_iter()
        .filter_map(|(name, word)| word.map(|word| (name, word)))
        .collect()
    }
}

/// A bound as typed, such as `frames=10000` or `bytes=2G`.
fn bound(word: &str) -> std::result::Result<(String, u64), String> {
    let (name, value) = word.split_once('=').ok_or("NAME=N is meant, such as frames=10000")?;
    let value = worker::bytes(value)?;
    Limits::default().set(name, value).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), value))
}

impl ExamineArgs {
    /// The bounds in force.
    pub(in crate::cli) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (name, value) in &self.limit {
            // The name was found good as it was typed.
            let _ = limits.set(name, *value);
        }
        limits
    }
}

impl From<&ExamineArgs> for Options {
    fn from(args: &ExamineArgs) -> Self {
        let brought = &args.brought;
        Self {
            limits: args.limits(),
            camera: brought.camera.clone(),
            device: args.device,
            container_profiles: brought.container_profile.clone(),
            person: brought.person.clone(),
            reference_voice: brought.reference_voice.clone(),
            trust_anchors: brought.trust_anchors.clone(),
        }
    }
}

/// What pictures show, as typed.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(in crate::cli) enum RedactArg {
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

/// The command line that repeats this examination: this exhibit alone, since
/// a report speaks of no other.
pub(super) fn command(
    file: &Path,
    args: &ExamineArgs,
    options: &[(String, String)],
) -> Vec<String> {
    let mut words = vec!["waarmerk".to_owned(), "examine".to_owned()];
    for (name, value) in options {
        words.extend([format!("--{name}"), value.clone()]);
    }
    words.extend(["--out".to_owned(), placed(&args.out).to_string_lossy().into_owned()]);
    if args.csv {
        words.push("--csv".to_owned());
    }
    if let Some(lab) = &args.lab {
        words.extend(["--lab".to_owned(), lab.to_string_lossy().into_owned()]);
    }
    for set in &args.reference {
        words.extend(["--reference".to_owned(), set.to_string_lossy().into_owned()]);
    }
    words.extend(args.how.words());
    words.extend(["--".to_owned(), file.to_string_lossy().into_owned()]);
    words
}

/// Where results end up that a case has written aside.
pub(super) fn placed(out: &Path) -> PathBuf {
    let name = out.file_name().and_then(|name| name.to_str());
    let place = name.and_then(|n| n.strip_prefix('.')?.strip_suffix(".unfinished"));
    place.map_or_else(|| out.to_owned(), |place| out.with_file_name(place))
}

/// The options in force, defaults included, for the report.
pub(super) fn options(args: &ExamineArgs, entries: &[&Entry]) -> Vec<(String, String)> {
    let checks: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
    let redact = Redact::from(args.redact);
    let lang = if args.lang == LangArg::Nl { "nl" } else { "en" };
    [
        ("checks", checks.join(",")),
        ("device", args.device.to_string()),
        ("redact", redact.name().to_owned()),
        ("lang", lang.to_owned()),
    ]
    .into_iter()
    .chain(args.time_limit.map(|seconds| ("time-limit", seconds.to_string())))
    .chain((!args.limit.is_empty()).then(|| {
        let bounds = args.limit.iter().map(|(name, value)| format!("{name}={value}"));
        ("limit", bounds.collect::<Vec<_>>().join(","))
    }))
    .chain(args.memory_limit.map(|bytes| ("memory-limit", bytes.to_string())))
    .chain(args.brought.words())
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
