//! `waarmerk reproduce-report`: the examination again, every number compared.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;

use super::{Command, Done, examine, folder, say};
use crate::media::digest;
use crate::nn::device::DeviceChoice;
use crate::table::{self, Row};
use crate::text::visible;
use crate::{Error, Result};

/// Numbers of another kind of processor may differ by this part: single
/// precision, and sums in another order (choice).
const TOLERANCE: f64 = 1e-3;

/// Differences that are listed one by one.
const LISTED: usize = 20;

/// Options of `waarmerk reproduce-report`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk reproduce-report results/clip
  waarmerk reproduce-report mycase/results/E1-1
  waarmerk reproduce-report results/clip --file elsewhere/clip.mp4
  waarmerk reproduce-report results/clip --device cuda

Reads run.json, examines the same file again with the same options, and
compares every measurement. The file is looked for where run.json says, seen from
the folder you are in, and, by its digest, in the case that DIR is part of. Nothing in DIR is changed. Exit codes: 0 all
measurements are the same (on another device: within 0.1 %), 1 some are not.")]
pub struct ReproduceArgs {
    /// The result folder.
    #[arg(value_name = "DIR")]
    results: PathBuf,
    /// The exhibit, if it is elsewhere.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Another device.
    #[arg(long)]
    device: Option<DeviceChoice>,
}

/// Examines again and compares.
pub fn run(args: &ReproduceArgs) -> Result<Done> {
    let path = args.results.join("run.json");
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
    let run: Value =
        serde_json::from_str(&text).map_err(|e| Error::unreadable(&path, e.to_string()))?;
    if !folder::intact(&args.results) {
        let why = "its files are not those that run.json names: they were changed or are missing";
        return Err(Error::unreadable(&args.results, why));
    }
    let out = tempfile::tempdir().map_err(|e| Error::io("the folder for temporary files", e))?;
    let mut again = arguments(&path, &run)?;
    again.files = vec![exhibit(args, &again.files, &run)?];
    again.out = out.path().to_owned();
    (again.json, again.resume, again.csv) = (false, false, false);
    // Words on the cover change no measurement, and the file may be gone.
    again.lab = None;
    again.reference.clear();
    again.how = super::evaluate::How::default();
    if let Some(device) = args.device {
        again.device = device;
    }
    examine::run(&again)?;
    let made = std::fs::read_dir(out.path()).map_err(|e| Error::io(out.path(), e))?;
    let made = made.flatten().map(|e| e.path()).find(|p| p.join("run.json").is_file());
    let made = made.ok_or_else(|| {
        Error::unreadable(&args.results, "the exhibit could not be examined again")
    })?;
    compare(args, &run, &made)
}

/// The options of the examination, from the command line it recorded.
fn arguments(path: &Path, run: &Value) -> Result<examine::ExamineArgs> {
    let wrong = |why: &str| Error::unreadable(path, why.to_owned());
    let words = run["command"].as_array().ok_or_else(|| wrong("names no command"))?;
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    let cli = super::Cli::try_parse_from(words)
        .map_err(|e| wrong(&format!("its command is not one of this version: {e}")))?;
    match cli.command {
        Command::Examine(args) => Ok(*args),
        _ => Err(wrong("its command is not an examination")),
    }
}

/// The exhibit: the file that was given, or that the run names when it is the
/// same still, or the one with its digest in the case that the results are in.
fn exhibit(args: &ReproduceArgs, named: &[PathBuf], run: &Value) -> Result<PathBuf> {
    if let Some(file) = &args.file {
        return Ok(file.clone());
    }
    let sha256 = run["exhibit"]["sha256"].as_str().unwrap_or_default();
    let same =
        |file: &PathBuf| file.is_file() && digest::sha256(file).is_ok_and(|found| found == sha256);
    let path = std::path::absolute(&args.results).map_err(|e| Error::io(&args.results, e))?;
    // CASE/results/E1-1 beside CASE/exhibits/E1/clip.mp4.
    let exhibits = path.ancestors().nth(2).map(|case| case.join("exhibits"));
    let inside = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let own = exhibits.into_iter().flat_map(inside).flat_map(|folder| inside(folder.path()));
    let mut places = named.iter().cloned().chain(own.map(|entry| entry.path()));
    places.find(same).ok_or_else(|| {
        let named = named.first().map(|file| file.display().to_string()).unwrap_or_default();
        Error::Usage(format!(
            "{named}: the exhibit with SHA-256 {sha256} is not there, seen from this folder, nor in a case around {}; name it with --file",
            args.results.display()
        ))
    })
}

fn compare(args: &ReproduceArgs, before: &Value, made: &Path) -> Result<Done> {
    let path = made.join("run.json");
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
    let now: Value =
        serde_json::from_str(&text).map_err(|e| Error::unreadable(&path, e.to_string()))?;
    if before["exhibit"]["sha256"] != now["exhibit"]["sha256"] {
        return Err(Error::Usage(
            "the exhibit is not the one that was examined: its SHA-256 is another".to_owned(),
        ));
    }
    let mut told = String::new();
    for key in ["version", "binary_sha256", "ffmpeg", "device", "models"] {
        if before["tool"][key] != now["tool"][key] {
            let say = |v: &Value| visible(&v.to_string()).chars().take(100).collect::<String>();
            told.push_str(&format!(
                "{key} differs: {} then, {} now\n",
                say(&before["tool"][key]),
                say(&now["tool"][key])
            ));
        }
    }
    let same_device = before["tool"]["device"] == now["tool"]["device"];
    let table =
        |folder: &Path| table::rows(&table::read_parquet(&folder.join("measurements.parquet"))?);
    let (old, new) = (table(&args.results)?, table(made)?);
    let tolerance = if same_device { 0.0 } else { TOLERANCE };
    let (differences, largest) = differences(&old, &new, tolerance);
    for line in differences.iter().take(LISTED) {
        told.push_str(&format!("{}\n", visible(line)));
    }
    if differences.len() > LISTED {
        told.push_str(&format!("and {} more\n", differences.len() - LISTED));
    }
    let bytes = before["files"]["measurements.parquet"] == now["files"]["measurements.parquet"];
    told.push_str(&match (differences.is_empty(), bytes) {
        (true, true) => {
            format!("reproduced: {} measurements, the table is byte for byte the same\n", new.len())
        }
        (true, false) => format!(
            "reproduced: {} measurements, the largest relative difference is {largest:.1e}\n",
            new.len()
        ),
        _ => format!(
            "NOT reproduced: {} of {} measurements differ\n",
            differences.len(),
            old.len().max(new.len())
        ),
    });
    say(&told)?;
    Ok(if differences.is_empty() { Done::All } else { Done::Amiss })
}

/// What differs, in words, and the largest relative difference of values.
fn differences(old: &[Row], new: &[Row], tolerance: f64) -> (Vec<String>, f64) {
    let mut found = Vec::new();
    let mut largest = 0.0f64;
    if old.len() != new.len() {
        found.push(format!("{} measurements then, {} now", old.len(), new.len()));
    }
    for (i, (a, b)) in old.iter().zip(new).enumerate() {
        let place = |r: &Row| {
            (r.check.clone(), r.quantity.clone(), r.frame, r.track, r.time_s.map(f64::to_bits))
        };
        let apart = (a.value - b.value).abs() / a.value.abs().max(b.value.abs()).max(1.0);
        let same = a.value.to_bits() == b.value.to_bits() || (a.value.is_nan() && b.value.is_nan());
        if place(a) != place(b) {
            found.push(format!(
                "row {i}: {} {} then, {} {} now",
                a.check, a.quantity, b.check, b.quantity
            ));
        } else if !same && (apart.is_nan() || apart > tolerance) {
            found.push(format!(
                "row {i}: {} {}: {} then, {} now",
                a.check, a.quantity, a.value, b.value
            ));
        }
        if !same && apart.is_finite() {
            largest = largest.max(apart);
        }
    }
    (found, largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_missing_or_moved_number_is_told() {
        let row = |value: f64, frame| Row {
            exhibit_sha256: "aa".into(),
            check: "gop".into(),
            quantity: "period".into(),
            unit: "1".into(),
            time_s: None,
            frame: Some(frame),
            track: None,
            value,
        };
        let old = [row(1.0, 0), row(f64::NAN, 1), row(-2.0, 2)];
        assert!(differences(&old, &old.clone(), 0.0).0.is_empty());
        let close = [row(1.0 + 1e-12, 0), row(f64::NAN, 1), row(-2.0, 2)];
        assert_eq!(differences(&old, &close, 0.0).0.len(), 1);
        assert!(differences(&old, &close, 1e-3).0.is_empty());
        assert_eq!(differences(&old, &old[..2], 0.0).0.len(), 1);
        let moved = [row(1.0, 0), row(f64::NAN, 1), row(-2.0, 3)];
        assert_eq!(differences(&old, &moved, 1.0).0.len(), 1);
        let lost = [row(f64::NAN, 0), row(f64::NAN, 1), row(-2.0, 2)];
        assert_eq!(differences(&old, &lost, 1.0).0.len(), 1);
    }
}
