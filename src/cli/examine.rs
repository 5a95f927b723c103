//! `waarmerk examine`: files in, a report folder for each out.

use std::ffi::OsString;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::folder::{self, Unfinished};
use super::progress::Bar;
use super::worker::{self, Teller, Why};
use super::{Done, LangArg, say};
use crate::checks::pass::{self, FaceSource};
use crate::checks::{Entry, Options, detectors, select};
use crate::faces::Follower;
use crate::media::{Exhibit, FaceDetail, Limits, digest, version};
use crate::models::{detector, manifest, store};
use crate::nn::device::{self, DeviceChoice};
use crate::report::assemble::{Circumstances, assemble};
use crate::report::{Lab, Model, Redact, Report, Tool, html, json, pdf};
use crate::text::{Lang, Text, visible};
use crate::{Error, Result, table};

/// Frames, at 30 a second, between two looks of the face detectors while all
/// known faces are still followed.
pub(super) const LOOK_EVERY: usize = 15;

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
  <check>-<name>.json    what a table of that check shows only part of

--lab FILE puts what the laboratory says into the report; all keys are optional:
  laboratory = \"...\"   letterhead = [\"...\"]   case = \"...\"
  customer = \"...\"     question = \"...\"       received = \"...\"
  examiner = \"...\"     reviewer = \"...\"       deviations = \"...\"

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
    pub(super) files: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(long, short, default_value = "waarmerk-results", value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Only these checks, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "CHECK")]
    pub(super) checks: Vec<String>,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    pub(super) device: DeviceChoice,
    /// What pictures in the report show.
    #[arg(long, value_enum, default_value_t)]
    pub(super) redact: RedactArg,
    /// Language of the report.
    #[arg(long, value_enum, default_value_t)]
    pub(super) lang: LangArg,
    /// Print findings as JSON on standard output, one line a file.
    #[arg(long)]
    pub(super) json: bool,
    /// Also write the measurements as CSV.
    #[arg(long)]
    pub(super) csv: bool,
    /// Pass over files whose results are there already, made by this very
    /// program with the same options.
    #[arg(long)]
    pub(super) resume: bool,
    /// Seconds that one file may take; then its bytes are examined alone.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) time_limit: Option<u64>,
    /// Memory for one file, such as 2G; three quarters of the machine's unless given.
    #[arg(long, value_name = "BYTES", value_parser = super::worker::bytes)]
    pub(super) memory_limit: Option<u64>,
    /// Examine in this process: a crash of a decoder then ends the batch, and
    /// nothing keeps it from the network and from other files.
    #[arg(long, conflicts_with_all = ["time_limit", "memory_limit"])]
    pub(super) in_process: bool,
    /// This process is a worker of another.
    #[arg(long, hide = true)]
    pub(super) worker: bool,
    /// The files cannot be decoded, for this reason.
    #[arg(long, hide = true, requires = "worker")]
    pub(super) undecoded: Option<Why>,
    /// Letterhead, case, customer, question, examiner and reviewer (TOML), as
    /// `waarmerk examine --help` shows below.
    #[arg(long, value_name = "FILE")]
    pub(super) lab: Option<PathBuf>,
    /// The same of a case, where the file says nothing.
    #[arg(skip)]
    pub(super) facts: Lab,
    #[command(flatten)]
    pub(super) brought: Brought,
}

impl ExamineArgs {
    /// The options as on a command line, without files, for a worker.
    pub(super) fn words(&self) -> Vec<OsString> {
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
pub(super) struct Brought {
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
    pub(super) reference_voice: Option<PathBuf>,
    /// Certificates (PEM) that you trust as signers of Content Credentials.
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchors: Option<PathBuf>,
}

impl Brought {
    /// The files among it.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.trust_anchors.iter().chain(&self.reference_voice).cloned()
    }

    /// Names as on the command line, with what was typed.
    fn words(&self) -> Vec<(&'static str, String)> {
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

impl From<&ExamineArgs> for Options {
    fn from(args: &ExamineArgs) -> Self {
        let brought = &args.brought;
        Self {
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
pub(super) enum RedactArg {
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

/// How many files fared how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) whole: usize,
    /// Could not be examined, or not in full.
    pub(super) failed: usize,
    /// Were examined, and the results could not be written or printed.
    pub(super) unwritten: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.whole += other.whole;
        self.failed += other.failed;
        self.unwritten += other.unwritten;
    }

    /// Tells what is amiss, of so many files.
    pub(super) fn told(self, files: usize) -> Done {
        if self.failed > 0 {
            let of = count(files, "file");
            eprintln!("waarmerk: {} of {of} could not be examined", self.failed);
        }
        match (self.unwritten, self.failed) {
            (0, 0) => Done::All,
            (0, _) => Done::Partly,
            _ => Done::Amiss,
        }
    }
}

/// Examines every file; one that cannot be examined is told and passed over.
pub fn run(args: &ExamineArgs) -> Result<Done> {
    let entries = select(&args.checks)?;
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

/// Why a file has no results: the file's fault, or ours.
enum Failure {
    Input(Error),
    Output(Error),
    /// The results stand; only printing them failed.
    Print(Error),
}

impl Failure {
    /// Tells it.
    fn told(self, file: &Path) -> Tally {
        match self {
            Self::Input(error) => {
                eprintln!("waarmerk: not examined: {}", visible(&error.to_string()));
                return Tally { failed: 1, ..Tally::default() };
            }
            Self::Print(error) => eprintln!("waarmerk: {}", visible(&error.to_string())),
            Self::Output(error) => eprintln!(
                "waarmerk: examined, but the results could not be written: {}: {}",
                visible(&file.display().to_string()),
                visible(&error.to_string())
            ),
        }
        Tally { unwritten: 1, ..Tally::default() }
    }
}

/// What all exhibits of a batch share.
struct Setup {
    tool: Tool,
    lab: Lab,
    /// The networks, loaded once; every exhibit starts from a fresh copy.
    faces: Result<Follower, Text>,
}

impl Setup {
    fn new(args: &ExamineArgs, entries: &[&Entry], process: &str) -> Result<Self> {
        let lab = args.lab.as_deref().map(Lab::read).transpose()?.unwrap_or_default();
        let lab = lab.or(if args.worker { worker::facts()? } else { args.facts.clone() });
        let device = device::device(args.device)?;
        let faces = Follower::load(&device, LOOK_EVERY).map_err(|error| {
            Text::new(
                format!("Faces were not looked for: {error}"),
                format!("Er is niet naar gezichten gezocht: {error}"),
            )
        });
        let wanted = looks_for_faces(entries, &Options::from(args));
        if let (Err(why), true) = (&faces, wanted) {
            eprintln!("waarmerk: {}", visible(why.get(Lang::En)));
        }
        let mut models = if faces.is_ok() && wanted { face_models() } else { Vec::new() };
        if entries.iter().any(|entry| entry.name == detectors::ENTRY.name) {
            models.extend(imported());
        }
        let tool = Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("WAARMERK_COMMIT").map(str::to_owned),
            binary_sha256: std::env::current_exe().ok().and_then(|path| digest::sha256(&path).ok()),
            ffmpeg: version::version(),
            device: device::describe(&device),
            models,
            options: options(args, entries),
            command: Vec::new(),
            process: process.to_owned(),
        };
        Ok(Self { tool, lab, faces })
    }

    /// Complete results of this exhibit from an earlier run of this very
    /// program, with the same networks, device and options.
    fn earlier(
        &self,
        file: &Path,
        args: &ExamineArgs,
        exhibit: &Exhibit,
        taken: &[PathBuf],
    ) -> Option<PathBuf> {
        // What was brought may have been enrolled anew under the same name.
        // What the laboratory says may be new.
        if !args.brought.words().is_empty() || !self.lab.is_empty() {
            return None;
        }
        let place = folder::complete(&args.out, file, &exhibit.sha256, taken)?;
        let run = fs::read_to_string(place.join("run.json")).ok()?;
        let wanted = !args.csv || place.join("measurements.csv").is_file();
        let intact = folder::intact(&place);
        (wanted && intact && json::same_conditions(&run, &self.tool)).then_some(place)
    }

    /// Faces for one exhibit.
    fn faces(&self) -> FaceSource {
        match &self.faces {
            Ok(follower) => FaceSource::Ready(Box::new(follower.clone())),
            Err(why) => FaceSource::Missing(why.clone()),
        }
    }
}

/// Whether any of `entries` asks for faces.
fn looks_for_faces(entries: &[&Entry], options: &Options) -> bool {
    entries.iter().any(|entry| (entry.make)(options).needs().faces > FaceDetail::None)
}

/// The command line that repeats this examination: this exhibit alone, since
/// a report speaks of no other.
fn command(file: &Path, args: &ExamineArgs, options: &[(String, String)]) -> Vec<String> {
    let mut words = vec!["waarmerk".to_owned(), "examine".to_owned()];
    for (name, value) in options {
        words.extend([format!("--{name}"), value.clone()]);
    }
    words.extend(["--out".to_owned(), args.out.to_string_lossy().into_owned()]);
    if args.csv {
        words.push("--csv".to_owned());
    }
    if let Some(lab) = &args.lab {
        words.extend(["--lab".to_owned(), lab.to_string_lossy().into_owned()]);
    }
    words.extend(["--".to_owned(), file.to_string_lossy().into_owned()]);
    words
}

/// The options in force, defaults included, for the report.
fn options(args: &ExamineArgs, entries: &[&Entry]) -> Vec<(String, String)> {
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
    .chain(args.memory_limit.map(|bytes| ("memory-limit", bytes.to_string())))
    .chain(args.brought.words())
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
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
        None => Exhibit::open(file, &Limits::default()),
        Some(why) => Exhibit::open_bytes(file, &Limits::default(), why.text()),
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
    let mut tool = setup.tool.clone();
    tool.command = command(file, args, &tool.options);
    let outcome = pass::run(&exhibit, entries, &Options::from(args), &mut faces, &mut |progress| {
        bar.update(progress);
    });
    bar.stage("writing the report");
    let sha256_after = digest::sha256(file).map_err(Failure::Input)?;
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
    write(&report, folder.path(), args.csv).map_err(Failure::Output)?;
    bar.finish();
    let place = folder.finish().map_err(Failure::Output)?;
    if args.json {
        json::findings_line(&report).and_then(|line| say(&line)).map_err(Failure::Print)?;
    }
    if report.complete {
        eprintln!(
            "{}: {}",
            visible(&name),
            visible(&place.join("report.html").display().to_string())
        );
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

/// The models behind the face follower, for the report.
fn face_models() -> Vec<Model> {
    Follower::MODELS
        .iter()
        .filter_map(|name| manifest::card(name).ok())
        .map(|card| Model {
            name: card.name.clone(),
            sha256: card.converted.clone(),
            origin: format!("{} {}, {}", card.package, card.version, card.path),
            licence: card.licence.clone(),
        })
        .collect()
}

/// The imported detectors that can be used.
fn imported() -> Vec<Model> {
    let cards = store::folder().and_then(|folder| detector::cards(&folder)).unwrap_or_default();
    cards
        .into_iter()
        .flatten()
        .map(|card| Model {
            name: card.name,
            sha256: card.sha256,
            origin: format!(
                "{}, {}, sha256 {}",
                card.architecture, card.source, card.source_sha256
            ),
            // The user brought it; no file says under which terms.
            licence: "-".into(),
        })
        .collect()
}

/// Writes the files of a result; `run.json` last, with the digests of the
/// others.
fn write(report: &Report, folder: &Path, csv: bool) -> Result<()> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| Error::io(&path, e))
    };
    let mut names =
        ["findings.json", "measurements.parquet", "report.html"].map(str::to_owned).to_vec();
    let found: Vec<_> = report.checks.iter().map(|c| (c.name.as_str(), &c.finding)).collect();
    let mut rows = table::table(&report.exhibit.sha256, &found)?;
    table::write_parquet(&mut rows, &folder.join("measurements.parquet"))?;
    if csv {
        table::write_csv(&rows, &folder.join("measurements.csv"))?;
        names.push("measurements.csv".to_owned());
    }
    for checked in &report.checks {
        for attachment in &checked.finding.attachments {
            let name = checked.file_name(attachment);
            put(&name, &json::attachment(attachment)?)?;
            names.push(name);
        }
    }
    put("findings.json", &json::findings(report)?)?;
    put("report.html", &html::render(report)?)?;
    match pdf::render(report) {
        Ok(bytes) => {
            let path = folder.join("report.pdf");
            fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
            names.push("report.pdf".to_owned());
        }
        // The same content stands in the HTML: better that than nothing.
        Err(error) => eprintln!("waarmerk: no report.pdf: {}", visible(&error.to_string())),
    }
    let digests: Result<Vec<_>> = names
        .into_iter()
        .map(|name| Ok((name.clone(), digest::sha256(&folder.join(name))?)))
        .collect();
    put("run.json", &json::run(report, &digests?)?)
}

/// The moment, in UTC to the second. The only clock of a report.
pub(super) fn now() -> String {
    jiff::Timestamp::now().round(jiff::Unit::Second).map(|t| t.to_string()).unwrap_or_default()
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
