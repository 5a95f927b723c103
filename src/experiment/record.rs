//! The folder of a run: under which conditions it was made, its scores, and
//! what they say.
//!
//! ```text
//! run.toml               conditions: the same for every shard
//! experiment.toml        the experiment as it was
//! scores-I-of-N.jsonl    journal of a shard
//! scores-I-of-N.parquet  its scores with their seconds, once it is done
//! shard-I-of-N.toml      machine, command and time of a shard
//! scores.parquet, .csv   all scores, once every shard is done; no seconds, so that
//!                        the bytes do not depend on how the run was cut up
//! outcome.json, report.html, *.csv, *.md, *.tex, references.bib
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::gallery::Gallery;
use super::pairs::{self, Pair};
use super::published::{self, Counted};
use super::question::Experiment;
use super::score::{self, Outcome, Score};
use super::summary::{self, Cell, Measure, Verdict};
use super::task::Shard;
use super::{cite, conditions, config, page, sheets};
use crate::table::Sheet;
use crate::{Error, Result};

/// Under which conditions scores were made; a run goes on under the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Version of the program.
    pub tool: String,
    /// Its digest.
    pub tool_sha256: String,
    /// Version of the FFmpeg libraries.
    pub ffmpeg: String,
    /// Where networks ran.
    pub device: String,
    /// Digest of the experiment file.
    pub experiment_sha256: String,
    /// Shards.
    pub shards: usize,
    /// Rows when all is done.
    pub rows: usize,
    /// Seed.
    pub seed: u64,
    /// Whether it shows only that everything runs.
    pub smoke: bool,
    /// Installed networks that may have been used, with digests.
    pub models: Vec<(String, String)>,
    /// Data sets and digests of their manifests.
    pub manifests: Vec<(String, String)>,
}

/// What came out of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What was asked.
    pub question: String,
    /// Digest of the experiment file.
    pub experiment_sha256: String,
    /// Version of the program.
    pub tool: String,
    /// Whether it shows only that everything runs.
    pub smoke: bool,
    /// Rows, and how many of them are errors.
    pub rows: [usize; 2],
    /// Metrics.
    pub measures: Vec<Measure>,
    /// Methods against each other.
    pub pairs: Vec<Pair>,
    /// DeepfakeBench's way of counting, where it was asked for.
    pub published: Vec<Counted>,
    /// Whether what was expected came out.
    pub expectations: Vec<Verdict>,
}

impl Summary {
    /// Whether every expectation was met; `None` without any, or in a run that
    /// shows only that everything runs.
    pub fn agreed(&self) -> Option<bool> {
        let judged = !self.smoke && !self.expectations.is_empty();
        judged.then(|| self.expectations.iter().all(|verdict| verdict.met))
    }
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where it is.
    pub folder: PathBuf,
    /// What was asked.
    pub experiment: Experiment,
    /// Under which conditions.
    pub conditions: Conditions,
}

impl Run {
    /// Starts the folder of a run, or holds an earlier run there against this
    /// one. `text` is the experiment's file.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] when the folder holds a run under other conditions, or
    /// the same shard and `resume` is false; [`Error::Io`].
    pub fn begin(
        folder: &Path,
        experiment: Experiment,
        conditions: Conditions,
        text: &str,
        (shard, resume): (Shard, bool),
    ) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let run = Self { folder: folder.to_owned(), experiment, conditions };
        let begun = run.journal(shard).exists();
        if conditions::agree(folder, &run.conditions, begun, resume)? {
            return Ok(run);
        }
        let words = toml::to_string(&run.conditions).map_err(|e| Error::compute("run.toml", e))?;
        // Shards may start together: each writes the same.
        put(folder, "experiment.toml", text)?;
        put(folder, "run.toml", &words)?;
        Ok(run)
    }

    /// Reads the folder of a run.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Unreadable`] when it is none.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("run.toml");
        let text = fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
        let conditions: Conditions = config::parse(&text, &path)?;
        let (mut experiment, _) = Experiment::read(&folder.join("experiment.toml"))?;
        if conditions.smoke {
            experiment.shrink();
        }
        Ok(Self { folder: folder.to_owned(), experiment, conditions })
    }

    /// Name of the run: that of its folder.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The journal of a shard.
    pub fn journal(&self, shard: Shard) -> PathBuf {
        self.folder.join(format!("scores-{}-of-{}.jsonl", shard.index, shard.of))
    }

    /// The rows of all shards, sorted, and how many are still missing.
    ///
    /// # Errors
    ///
    /// When a journal cannot be read.
    pub fn journals(&self) -> Result<(Vec<Score>, usize)> {
        let mut rows = Vec::new();
        for index in 1..=self.conditions.shards {
            let path = self.journal(Shard { index, of: self.conditions.shards });
            if path.exists() {
                rows.extend(score::read(&path)?);
            }
        }
        score::sort(&mut rows);
        let missing = self.conditions.rows.saturating_sub(rows.len());
        Ok((rows, missing))
    }

    /// The scores of a finished run.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] when it is not finished; [`Error::Unreadable`].
    pub fn scores(&self) -> Result<Vec<Score>> {
        let path = self.folder.join("scores.parquet");
        if !path.is_file() {
            return Err(Error::Usage(format!("{} is not finished", self.folder.display())));
        }
        score::rows(&Sheet::read_parquet(&path)?)
    }

    /// Writes the table of a shard from its journal.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or [`Error::Io`].
    pub fn keep(&self, shard: Shard) -> Result<()> {
        let rows = score::read(&self.journal(shard))?;
        let sheet = score::timed(&rows, &self.conditions.device);
        let name = format!("scores-{}-of-{}.parquet", shard.index, shard.of);
        replace(&self.folder, &name, |path| sheet.write_parquet(path))
    }

    /// Writes all that the rows say into the folder, with pictures from `gallery` of
    /// what was judged wrongly.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], or when a plot cannot be drawn.
    pub fn finish(&self, rows: &[Score], gallery: Option<&Gallery<'_>>) -> Result<Summary> {
        let seed = self.experiment.seed;
        let cells = summary::cells(&self.experiment, rows);
        let named = named(&cells);
        let measures = summary::measures(&self.experiment, rows);
        let first = self.experiment.deepfakebench;
        let whole = |cell: &&Cell<'_>| cell.degraded.is_none();
        let outcome = Summary {
            question: self.experiment.question.clone(),
            experiment_sha256: self.conditions.experiment_sha256.clone(),
            tool: self.conditions.tool.clone(),
            smoke: self.conditions.smoke,
            rows: [rows.len(), rows.iter().filter(|row| row.status == Outcome::Error).count()],
            pairs: pairs::pairs(&named, seed),
            published: first.map_or_else(Vec::new, |first| {
                cells.iter().filter(whole).filter_map(|c| published::counted(c, first)).collect()
            }),
            expectations: summary::verdicts(&self.experiment, &measures),
            measures,
        };
        let json = serde_json::to_string_pretty(&outcome);
        let json = json.map_err(|e| Error::compute("outcome.json", e))?;
        let sheet = score::sheet(rows, &self.conditions.device);
        let shown = gallery.map(|gallery| gallery.shown(&cells)).unwrap_or_default();
        // Shards that end together may both come here, with the same rows.
        replace(&self.folder, "scores.csv", |path| sheet.write_csv(path))?;
        for (name, table) in sheets::all(&outcome, &cells) {
            put(&self.folder, &format!("{name}.csv"), &table.csv())?;
            put(&self.folder, &format!("{name}.md"), &table.markdown())?;
            put(&self.folder, &format!("{name}.tex"), &table.latex())?;
        }
        put(&self.folder, "references.bib", &cite::bibtex(&self.experiment)?)?;
        put(&self.folder, "report.html", &page::of_run(self, &outcome, &cells, &shown)?)?;
        put(&self.folder, "outcome.json", &format!("{json}\n"))?;
        // Last: a folder with it is finished.
        replace(&self.folder, "scores.parquet", |path| sheet.write_parquet(path))?;
        Ok(outcome)
    }

    /// What came out, when the run is finished.
    pub fn outcome(&self) -> Option<Summary> {
        let text = fs::read_to_string(self.folder.join("outcome.json")).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// Cells of items as they are, under the names of their methods.
pub fn named<'a>(cells: &'a [Cell<'a>]) -> Vec<(String, &'a Cell<'a>)> {
    let whole = cells.iter().filter(|cell| cell.degraded.is_none());
    whole.map(|cell| (cell.method.name.clone(), cell)).collect()
}

/// Folders of runs below `folder`, itself included, sorted; links are not
/// followed.
pub fn runs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if folder.join("run.toml").is_file() && folder.join("experiment.toml").is_file() {
        found.push(folder.to_owned());
    } else if let Ok(entries) = fs::read_dir(folder) {
        let folders = entries.flatten().filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
        folders.for_each(|entry| found.extend(runs(&entry.path())));
    }
    found.sort();
    found
}

/// Writes a text file at once or not at all.
///
/// # Errors
///
/// [`Error::Io`].
pub fn put(folder: &Path, name: &str, text: &str) -> Result<()> {
    replace(folder, name, |path| fs::write(path, text).map_err(|e| Error::io(path, e)))
}

fn replace(folder: &Path, name: &str, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let (path, process) = (folder.join(name), std::process::id());
    let aside = folder.join(format!(".{process}-{name}"));
    write(&aside)?;
    fs::rename(&aside, &path).map_err(|e| Error::io(&path, e))
}
