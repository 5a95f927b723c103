//! `waarmerk run`: an experiment from its file to its figures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::examine::{LOOK_EVERY, RedactArg, setup};
use super::progress::Count;
use super::{Done, say};
use crate::checks::{Options, select};
use crate::experiment::dataset::Manifest;
use crate::experiment::gallery::Gallery;
use crate::experiment::kept::Kept;
use crate::experiment::memory;
use crate::experiment::question::Experiment;
use crate::experiment::record::{self, Conditions, Run, Summary};
use crate::experiment::run::{self as engine, Engine};
use crate::experiment::score::Journal;
use crate::experiment::sheets;
use crate::experiment::summary::Verdict;
use crate::experiment::task::{self, Origin, Places, Shard, Task};
use crate::faces::Follower;
use crate::media::{digest, version};
use crate::nn::device::{self, DeviceChoice};
use crate::text::{Text, hex, visible};
use crate::{Error, Result};

/// Options of `waarmerk run`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk run experiments/010-power-law.toml
  waarmerk run experiments/010-power-law.toml --smoke      a few items: does all work?
  waarmerk run swap.toml --data celeb-df-v2=celeb-df-v2.parquet,/data/Celeb-DF-v2
  waarmerk run swap.toml --data ... --resume               go on after a kill
  waarmerk run swap.toml --data ... --shard 2/4            one of four machines

The folder OUT/<experiment> then holds report.html, scores.parquet and scores.csv
(one row an item, change and method; scores-I-of-N.parquet with seconds too), tables as .csv, .md and .tex, references.bib
and run.toml. With shards on a shared folder, the one that ends last writes them;
the rows are the same, byte for byte, as those of a run on one machine. With
--no-merge none does, and `waarmerk merge` does it.

Exit codes: 0 done, 1 an expectation was not met or something failed, 2 wrong use.")]
pub struct RunArgs {
    /// The experiment file.
    experiment: PathBuf,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// Go on with an earlier run of the same experiment by the same program.
    #[arg(long)]
    resume: bool,
    /// Part I of N: all items of a source fall to one part.
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// Leave what comes after the last shard to `waarmerk merge`.
    #[arg(long)]
    no_merge: bool,
    /// A few items of each kind, to see that everything works; nothing is judged.
    #[arg(long)]
    smoke: bool,
    /// Keep the faces that are found in DIR, and take from there what was found before in
    /// the same files by this very program and networks. Their meshes are personal data.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Gigabytes that may stay in DIR; what was not used for the longest goes first.
    #[arg(long, value_name = "GB", default_value_t = 4.0)]
    cache_limit: f64,
    #[command(flatten)]
    shown: ShownArgs,
    /// Print what came out as JSON.
    #[arg(long)]
    json: bool,
}

/// Where a run takes items from, puts results, and how it works.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct PlaceArgs {
    /// Folder for runs.
    #[arg(long, short, default_value = "runs", value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Where a data set is: its manifest and its folder.
    #[arg(long, value_name = "NAME=MANIFEST,ROOT")]
    pub(super) data: Vec<String>,
    /// Items at a time [default: one a core].
    #[arg(long, short, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Gigabytes of memory from which on no further item is begun beside others
    /// [default: three quarters of what is free].
    #[arg(long, value_name = "GB")]
    pub(super) memory: Option<f64>,
    /// Where networks run: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    pub(super) device: DeviceChoice,
}

/// What the pictures of misjudged items may show.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct ShownArgs {
    /// What is shown of misjudged items of data sets in report.html.
    #[arg(long, value_enum, default_value_t)]
    pub(super) redact: RedactArg,
}

/// Runs one shard of an experiment, and sums up when it was the last.
pub fn run(args: &RunArgs) -> Result<Done> {
    let (mut experiment, text) = Experiment::read(&args.experiment)?;
    if args.smoke {
        experiment.shrink();
    }
    let (places, manifests) = places(&args.place.data)?;
    let device = device::device(args.place.device)?;
    let tasks = task::tasks(&experiment, &places)?;
    if tasks.is_empty() {
        return Err(Error::Usage("the slices of this experiment hold no item".to_owned()));
    }
    let entries = select(&experiment.checks())?;
    let wants_faces = setup::looks_for_faces(&entries, &Options::default());
    let of_task = |task: &Task| experiment.changes(&task.slice).len() * experiment.methods.len();
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
        rows: tasks.iter().map(of_task).sum(),
        seed: experiment.seed,
        smoke: args.smoke,
        models: setup::digests(&entries, wants_faces),
        manifests,
    };
    let name = name(&args.experiment, args.smoke);
    let folder = args.place.out.join(&name);
    let run = Run::begin(&folder, experiment, conditions, &text, (args.shard, args.resume))?;
    let mine = tasks.iter().filter(|task| args.shard.takes(&task.source));
    let mine: Vec<Task> = mine.cloned().collect();
    let mut journal = Journal::open(&run.journal(args.shard), run.experiment.methods.len())?;
    let faces = if wants_faces {
        Follower::load(&device, LOOK_EVERY).map_err(|error| Text::same(error.to_string()))
    } else {
        Err(Text::same("no check of this experiment asks for faces"))
    };
    let kept = match (&args.cache, &faces) {
        (Some(folder), Ok(_)) => {
            let entries = engine::entries(&run.experiment, true)?;
            let limit = (args.cache_limit * 1e9) as u64;
            Some(Kept::open(folder, limit, &run.conditions, &entries)?)
        }
        _ => None,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let engine = Engine {
        experiment: &run.experiment,
        faces: &faces,
        kept: kept.as_ref(),
        workers: args.place.jobs.unwrap_or(cores),
        memory: args.place.memory.map(|gb| (gb * 1e9) as u64).or_else(memory::most),
    };
    let start = Instant::now();
    let count = Count::new(&name, "items");
    let mut done = 0;
    engine.run(&mine, &mut journal, &mut |at| {
        count.update(at.done as u64, at.all as u64);
        if at.errors > 0 {
            count.message(&format!("{} failed", at.errors));
        }
        done = at.done;
    })?;
    count.finish();
    drop(journal);
    run.keep(args.shard)?;
    keep(&run, args.shard, start, done, kept.as_ref())?;
    let (rows, missing) = run.journals()?;
    if missing > 0 || args.no_merge {
        let Shard { index, of } = args.shard;
        say(&format!(
            "shard {index}/{of} done, {missing} of {} rows missing\n",
            run.conditions.rows
        ))?;
        return Ok(Done::All);
    }
    let gallery = gallery(&tasks, faces.ok(), args.place.device, args.shown.redact)?;
    let outcome = run.finish(&rows, Some(&gallery))?;
    tell(&run, &outcome, args.json)
}

/// Pictures of what was misjudged, with networks for faces where there are some.
pub(super) fn gallery<'a>(
    tasks: &'a [Task],
    faces: Option<Follower>,
    device: DeviceChoice,
    redact: RedactArg,
) -> Result<Gallery<'a>> {
    let others = tasks.iter().any(|task| matches!(task.origin, Origin::File(_)));
    let faces = match faces {
        None if others => Follower::load(&device::device(device)?, LOOK_EVERY).ok(),
        faces => faces,
    };
    Ok(Gallery { tasks, faces, redact: redact.into() })
}

/// Name of a run of an experiment file, and of its folder.
pub(super) fn name(experiment: &Path, smoke: bool) -> String {
    let name = experiment.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if smoke { format!("{name}-smoke") } else { name }
}

/// Says what came out.
pub(super) fn tell(run: &Run, outcome: &Summary, json: bool) -> Result<Done> {
    if json {
        let said = serde_json::to_string(outcome).map_err(|e| Error::compute("JSON", e))?;
        say(&format!("{said}\n"))?;
    } else {
        let judged = if outcome.smoke { String::new() } else { told(&outcome.expectations) };
        say(&format!(
            "{}\n\n{}\n{judged}{}results: {}\n",
            outcome.question,
            sheets::metrics(&outcome.measures).markdown(),
            match outcome.rows[1] {
                0 => String::new(),
                errors =>
                    format!("{errors} of {} rows are errors (coverage.md)\n", outcome.rows[0]),
            },
            run.folder.display()
        ))?;
    }
    let well = outcome.agreed().unwrap_or(!outcome.smoke || outcome.rows[1] == 0);
    Ok(if well { Done::All } else { Done::Amiss })
}

/// Keeps on which machine a shard was made, how, and how fast.
fn keep(run: &Run, shard: Shard, start: Instant, items: usize, kept: Option<&Kept>) -> Result<()> {
    let line = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.rsplit(':').next().unwrap_or_default().trim().to_owned()
    };
    let command: Vec<String> =
        std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
    let mut told = toml::Table::new();
    told.insert("machine".to_owned(), line("/proc/sys/kernel/hostname", "").into());
    told.insert("processor".to_owned(), line("/proc/cpuinfo", "model name").into());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    told.insert("cores".to_owned(), toml::Value::Integer(cores as i64));
    told.insert("seconds".to_owned(), toml::Value::Float(start.elapsed().as_secs_f64()));
    told.insert("items".to_owned(), toml::Value::Integer(items as i64));
    if let Some(kept) = kept {
        let found = toml::Value::Integer(kept.found() as i64);
        told.insert("items_with_faces_from_cache".to_owned(), found);
    }
    told.insert("command".to_owned(), command.into());
    let text = toml::to_string(&told).map_err(|e| Error::compute("a shard's record", e))?;
    record::put(&run.folder, &format!("shard-{}-of-{}.toml", shard.index, shard.of), &text)
}

/// The data sets named on the command line.
pub(super) fn places(data: &[String]) -> Result<(Places, Vec<(String, String)>)> {
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

fn told(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for v in verdicts {
        let _ = writeln!(
            text,
            "{}: {} of {} on {}{}: expected {} ± {}, found {} ({})",
            if v.met { "as expected" } else { "NOT AS EXPECTED" },
            v.metric,
            visible(&v.method),
            visible(&v.slice),
            v.degraded.as_ref().map(|d| format!(" after {}", visible(d))).unwrap_or_default(),
            v.expected,
            v.tolerance,
            v.found.map_or_else(|| "undefined".to_owned(), |found| format!("{found:.4}")),
            visible(&v.source)
        );
    }
    text
}
