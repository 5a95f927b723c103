//! An experiment file: one question, what is examined, how, and what is
//! expected.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::config;
use super::dataset::Label;
use super::make::Make;
use super::metric::Metric;
use crate::{Error, Result};

/// An experiment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// What is asked, as one sentence.
    pub question: String,
    /// Where the question and the expected figures come from.
    #[serde(default)]
    pub background: String,
    /// Seed of everything drawn at random.
    pub seed: u64,
    /// What is examined.
    #[serde(rename = "slice")]
    pub slices: Vec<Slice>,
    /// What examines it.
    #[serde(rename = "method")]
    pub methods: Vec<Method>,
    /// Changes under which everything is measured again.
    #[serde(default, rename = "sweep")]
    pub sweeps: Vec<Sweep>,
    /// Metrics wanted besides coverage.
    pub metrics: Vec<Metric>,
    /// Also count as DeepfakeBench does, with this many first frames.
    pub deepfakebench: Option<usize>,
    /// What should come out.
    #[serde(default, rename = "expect")]
    pub expectations: Vec<Expectation>,
}

/// A part of a data set, or items made on the spot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// Name in tables.
    pub name: String,
    /// Data set whose manifest is used.
    pub dataset: Option<String>,
    /// Only this split.
    pub split: Option<String>,
    /// Only this label.
    pub label: Option<Label>,
    /// Only these methods; real items are always kept.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Only this compression.
    pub compression: Option<String>,
    /// At most this many items of each label, drawn by key.
    pub limit: Option<usize>,
    /// Names of the sweeps over it; all when not given.
    pub sweeps: Option<Vec<String>>,
    /// Slice on which thresholds and calibrations are learnt. It shares no
    /// source with this one.
    pub validation: Option<String>,
    /// Items made on the spot.
    pub make: Option<Make>,
}

/// A known change in steps of strength: every item is examined as it is, and
/// again after the change at each level.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Name in tables, and of the axis of curves.
    pub name: String,
    /// Steps as `waarmerk degrade` takes them; `{}` stands for the level.
    pub steps: Vec<String>,
    /// Levels.
    pub levels: Vec<f64>,
    /// Whether the level is what is true of the quantity, as with `shift:{}`.
    #[serde(default)]
    pub truth: bool,
}

/// How an item is changed before it is examined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Name in tables: the sweep's and the level; `None` for items as they are.
    pub name: Option<String>,
    /// The steps.
    pub steps: Vec<String>,
    /// Which sweep it belongs to.
    pub sweep: usize,
    /// Its level.
    pub level: f64,
    /// Whether the level is the truth.
    pub truth: bool,
}

/// A number that a check gives, as a score.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Name in tables.
    pub name: String,
    /// The check.
    pub check: String,
    /// The quantity: a value of the finding, or `score` or `log10_nfa`.
    pub value: String,
    /// Whether a lower value speaks for manipulation (as an NFA does).
    #[serde(default)]
    pub lower_is_fake: bool,
    /// Value from which an item counts as flagged, in the quantity's own
    /// sense; chosen beforehand, never on the items tested.
    pub threshold: Option<f64>,
    /// The score of single frames: a quantity measured over time, or, of
    /// `detectors`, the name of a detector.
    pub frames: Option<String>,
    /// Those of the experiment's metrics that make sense of it; all when not given.
    pub metrics: Option<Vec<Metric>>,
}

/// What should come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Of which slice.
    pub slice: String,
    /// Of which method.
    pub method: String,
    /// After which change, as `sweep level`; none: the items as they are.
    pub after: Option<String>,
    /// Of which group, as tables name it; none: all.
    pub group: Option<String>,
    /// Which metric.
    pub metric: Metric,
    /// The value.
    pub value: f64,
    /// How far from it the outcome may lie.
    pub tolerance: f64,
    /// Who published it, or why it must be so.
    pub source: String,
}

impl Experiment {
    /// Reads an experiment file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Unreadable`] for an unknown key, check, slice or
    /// method, or a slice that says nothing or two things about its items.
    pub fn read(path: &Path) -> Result<(Self, String)> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        Ok((Self::parse(&text, path)?, text))
    }

    /// As [`Experiment::read`], from the text of the file at `path`.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        let experiment: Self = config::parse(text, path)?;
        experiment.sound(path)?;
        Ok(experiment)
    }

    fn sound(&self, path: &Path) -> Result<()> {
        let wrong = |why: String| Err(Error::unreadable(path, why));
        for slice in &self.slices {
            if slice.dataset.is_some() == slice.make.is_some() {
                return wrong(format!("the slice `{}` needs either dataset or make", slice.name));
            }
        }
        if let Err(error) = crate::checks::select(&self.checks()) {
            return wrong(error.to_string());
        }
        for sweep in &self.sweeps {
            for level in &sweep.levels {
                if let Err(error) = super::degrade::known(&sweep.at(*level)) {
                    return wrong(format!("the sweep `{}`: {error}", sweep.name));
                }
            }
        }
        for slice in &self.slices {
            let none = |name: &&String| !self.sweeps.iter().any(|sweep| sweep.name == **name);
            if let Some(name) = slice.sweeps.iter().flatten().find(none) {
                return wrong(format!("the slice `{}` names no sweep: `{name}`", slice.name));
            }
            let there = |name: &String| self.slices.iter().any(|other| other.name == *name);
            if slice.validation.as_ref().is_some_and(|name| !there(name)) {
                return wrong(format!("the slice `{}` names no validation slice", slice.name));
            }
        }
        for method in &self.methods {
            let unknown = |metric: &&Metric| !self.metrics.contains(metric);
            if let Some(metric) = method.metrics.iter().flatten().find(unknown) {
                let (name, metric) = (&method.name, metric.name());
                return wrong(format!("the method `{name}` names {metric}, `metrics` does not"));
            }
        }
        if self.slices.is_empty() || self.methods.is_empty() || self.metrics.is_empty() {
            return wrong("needs a slice, a method and a metric".to_owned());
        }
        for expected in &self.expectations {
            let slice = self.slices.iter().any(|slice| slice.name == expected.slice);
            let method = self.methods.iter().any(|method| method.name == expected.method);
            let after = expected.after.as_ref().is_none_or(|name| {
                self.sweeps.iter().any(|s| s.levels.iter().any(|l| s.named(*l) == *name))
            });
            let metric = self.metrics_of(&expected.method).contains(&expected.metric);
            if !slice || !method || !after || !metric {
                return wrong(format!(
                    "an expectation names {} of {} on {}, which this experiment does not measure",
                    expected.metric.name(),
                    expected.method,
                    expected.slice
                ));
            }
        }
        Ok(())
    }
}

impl Experiment {
    /// The checks of its methods, each once for every method.
    pub fn checks(&self) -> Vec<String> {
        self.methods.iter().map(|method| method.check.clone()).collect()
    }

    /// The metrics of one method.
    pub fn metrics_of(&self, method: &str) -> &[Metric] {
        let method = self.methods.iter().find(|m| m.name == method);
        method.and_then(|m| m.metrics.as_deref()).unwrap_or(&self.metrics)
    }

    /// The data sets it needs, each once.
    pub fn datasets(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.slices.iter().filter_map(|slice| slice.dataset.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What is done to the items of `slice`: first nothing, then every level of
    /// its sweeps.
    pub fn changes(&self, slice: &str) -> Vec<Change> {
        let wanted = self.slices.iter().find(|s| s.name == slice).and_then(|s| s.sweeps.as_ref());
        let mut changes = vec![Change::default()];
        for (number, sweep) in self.sweeps.iter().enumerate() {
            if wanted.is_none_or(|names| names.contains(&sweep.name)) {
                changes.extend(sweep.levels.iter().map(|&level| Change {
                    name: Some(sweep.named(level)),
                    steps: sweep.at(level),
                    sweep: number,
                    level,
                    truth: sweep.truth,
                }));
            }
        }
        changes
    }

    /// Made so small that it shows only whether everything runs: few items, the
    /// last level of each sweep.
    pub fn shrink(&mut self) {
        for slice in &mut self.slices {
            slice.limit = slice.limit.map(|limit| limit.min(SMOKE)).or(Some(SMOKE));
            if let Some(make) = &mut slice.make {
                make.shrink(SMOKE);
            }
        }
        for sweep in &mut self.sweeps {
            sweep.levels.drain(..sweep.levels.len().saturating_sub(1));
        }
    }
}

/// Items of each label and kind in a run that only shows whether all works.
const SMOKE: usize = 2;

impl Sweep {
    /// The steps at `level`.
    pub fn at(&self, level: f64) -> Vec<String> {
        self.steps.iter().map(|step| step.replace("{}", &level.to_string())).collect()
    }

    /// The name of `level` in tables.
    pub fn named(&self, level: f64) -> String {
        format!("{} {level}", self.name)
    }
}

/// Experiment files in `folder`, sorted.
///
/// # Errors
///
/// [`Error::Io`].
pub fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    Ok(paths)
}
