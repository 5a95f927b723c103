//! `waarmerk submit`: the shards of an experiment as jobs of a cluster.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::{PlaceArgs, name};
use super::{Done, say};
use crate::experiment::question::Experiment;
use crate::experiment::record::put;
use crate::{Error, Result};

/// Options of `waarmerk submit`.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true)]
pub struct SubmitCommand {
    #[command(subcommand)]
    engine: EngineArg,
}

#[derive(clap::Subcommand, Debug)]
enum EngineArg {
    /// A SLURM job array, a shard each, and a job that merges them.
    Slurm(SlurmArgs),
}

/// Options of `waarmerk submit slurm`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk submit slurm swap.toml --shards 40 --data celeb-df-v2=m.parquet,/data/Celeb-DF-v2
  waarmerk submit slurm swap.toml --shards 8 --sbatch=--partition=gpu --sbatch=--gres=gpu:1
  waarmerk submit slurm swap.toml --shards 8 --dry-run        writes the scripts only

Writes OUT/<experiment>/slurm/array.sh and merge.sh and submits both; the second
waits for the first. Tasks that are preempted, requeued or killed go on where they
were: `scontrol requeue JOB_TASK`, or submit again. OUT, the experiment and the data
lie on a file system that all nodes share.")]
struct SlurmArgs {
    /// The experiment file.
    experiment: PathBuf,
    /// Into how many parts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    shards: u32,
    #[command(flatten)]
    place: PlaceArgs,
    /// An option for sbatch, for both jobs; may be repeated.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// Write the scripts and submit nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the numbers of the jobs as JSON.
    #[arg(long)]
    json: bool,
}

/// Submits.
pub fn run(command: &SubmitCommand) -> Result<Done> {
    let EngineArg::Slurm(args) = &command.engine;
    // What cannot run is told here, not by a hundred jobs.
    Experiment::read(&args.experiment)?;
    let name = name(&args.experiment, false);
    std::fs::create_dir_all(&args.place.out).map_err(|e| Error::io(&args.place.out, e))?;
    let run = absolute(&args.place.out)?.join(&name);
    let folder = run.join("slurm");
    std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
    for (file, text) in scripts(args, &name, &run, &folder)? {
        put(&folder, file, &text)?;
        let path = folder.join(file);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, mode).map_err(|e| Error::io(&path, e))?;
    }
    let [array, merge] = ["array.sh", "merge.sh"].map(|file| folder.join(file));
    if args.dry_run {
        say(&format!("{}\n{}\n", array.display(), merge.display()))?;
        return Ok(Done::All);
    }
    let array_job = sbatch(&args.sbatch, &[], &array)?;
    let after = format!("--dependency=afterany:{array_job}");
    let merge_job = sbatch(&args.sbatch, &[after], &merge)?;
    say(&if args.json {
        format!("{}\n", serde_json::json!({ "array": array_job, "merge": merge_job, "run": run }))
    } else {
        format!(
            "array {array_job} of {} tasks, then merge {merge_job}\nresults: {}\nlogs: {}\n",
            args.shards,
            run.display(),
            folder.display()
        )
    })?;
    Ok(Done::All)
}

/// The two scripts with their names.
fn scripts(
    args: &SlurmArgs,
    name: &str,
    run: &Path,
    folder: &Path,
) -> Result<[(&'static str, String); 2]> {
    let program = std::env::current_exe().map_err(|e| Error::io("this program", e))?;
    let mut words = vec![shown(&program)?, "run".to_owned(), shown(&absolute(&args.experiment)?)?];
    words.extend(["--out".to_owned(), shown(&absolute(&args.place.out)?)?]);
    let mut data = Vec::new();
    for one in &args.place.data {
        data.extend(["--data".to_owned(), place(one)?]);
    }
    words.extend(data.iter().cloned());
    let jobs = args.place.jobs.map(|jobs| jobs.to_string());
    let memory = args.place.memory.map(|gb| gb.to_string());
    for (option, value) in [("--jobs", jobs), ("--memory", memory)] {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    words.extend(["--device".to_owned(), args.place.device.to_string()]);
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let log = shown(folder)?;
    let head = |what: &str, more: &str, file: &str| {
        format!(
            "#!/bin/sh\n#SBATCH --job-name={}\n{more}#SBATCH --output={}\nset -eu\n",
            quoted(&format!("{what}-{name}")),
            quoted(&format!("{log}/{file}.log"))
        )
    };
    let shards = args.shards;
    let more =
        format!("#SBATCH --array=1-{shards}\n#SBATCH --requeue\n#SBATCH --open-mode=append\n");
    let array = format!(
        "{}exec {} --resume --no-merge --shard \"$SLURM_ARRAY_TASK_ID/{shards}\"\n",
        head("waarmerk", &more, "shard-%a"),
        words.join(" ")
    );
    let merge = format!(
        "{}exec {} merge {} {}\n",
        head("waarmerk-merge", "", "merge"),
        quoted(&shown(&program)?),
        quoted(&shown(run)?),
        data.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    );
    Ok([("array.sh", array), ("merge.sh", merge)])
}

/// `NAME=MANIFEST,ROOT` with absolute paths.
fn place(data: &str) -> Result<String> {
    let parts = data.split_once('=').and_then(|(name, rest)| Some((name, rest.split_once(',')?)));
    let (name, (manifest, root)) = parts
        .ok_or_else(|| Error::Usage(format!("`{data}` is not of the form NAME=MANIFEST,ROOT")))?;
    let (manifest, root) = (absolute(Path::new(manifest))?, absolute(Path::new(root))?);
    Ok(format!("{name}={},{}", shown(&manifest)?, shown(&root)?))
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).map_err(|e| Error::io(path, e))
}

fn shown(path: &Path) -> Result<String> {
    let text = path.to_str().filter(|text| !text.contains('\n'));
    let why = "a path in a job must be UTF-8 on one line";
    text.map(str::to_owned).ok_or_else(|| Error::unreadable(path, why))
}

/// As one word to the shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Submits a script and returns the number of its job.
fn sbatch(options: &[String], more: &[String], script: &Path) -> Result<String> {
    let run = Command::new("sbatch")
        .arg("--parsable")
        .args(options)
        .args(more)
        .arg(script)
        .output()
        .map_err(|e| {
            Error::Usage(format!("sbatch cannot be run ({e}): is this a SLURM machine?"))
        })?;
    if !run.status.success() {
        let why = String::from_utf8_lossy(&run.stderr).trim().to_owned();
        return Err(Error::Usage(format!("sbatch refused {}: {why}", script.display())));
    }
    let said = String::from_utf8_lossy(&run.stdout);
    // "number" or "number;cluster".
    Ok(said.trim().split(';').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_one_word_to_the_shell() {
        assert_eq!(quoted("/data/a-b_1.toml"), "/data/a-b_1.toml");
        assert_eq!(quoted("a b'c$(x)"), "'a b'\\''c$(x)'");
        assert_eq!(quoted(""), "''");
    }
}
