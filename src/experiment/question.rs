//! An experiment file: one question, what is examined, how, and what is
//! expected.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::config;
use super::dataset::Label;
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
    /// Metrics wanted besides coverage.
    pub metrics: Vec<Metric>,
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
    /// At most this many items of each label, drawn by source.
    pub limit: Option<usize>,
    /// Items made on the spot.
    pub make: Option<Make>,
}

/// What can be made on the spot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Make {
    /// Periodic Gaussian fields of n × n pixels whose power falls as
    /// 1/f^alpha, as PNG. What is true of each is −alpha.
    PowerLaw {
        /// Exponents, `count` pictures each.
        alpha: Vec<f64>,
        /// Pictures of each exponent.
        count: usize,
        /// Pixels a side.
        size: usize,
    },
    /// Dead-leaves pictures (discs that cover each other), one half plain,
    /// the other half enlarged twice.
    Enlarged {
        /// Pictures of each half.
        count: usize,
        /// Pixels a side.
        size: usize,
    },
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
}

/// A metric.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Area under the ROC curve.
    Auc,
    /// Equal error rate.
    Eer,
    /// Average precision.
    Ap,
    /// Share of fakes flagged at 1 % false alarms.
    TprAt1,
    /// Share of fakes flagged at 5 % false alarms.
    TprAt5,
    /// Share of fakes flagged at 10 % false alarms.
    TprAt10,
    /// Share of real items flagged at the method's threshold.
    FalseAlarms,
    /// Share of fake items flagged at the method's threshold.
    Detected,
    /// Mean of the quantity itself.
    Mean,
    /// Median of the absolute difference from what is true.
    MedianError,
    /// Largest absolute difference from what is true.
    MaxError,
}

impl Metric {
    /// Name as in an experiment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auc => "auc",
            Self::Eer => "eer",
            Self::Ap => "ap",
            Self::TprAt1 => "tpr-at-1",
            Self::TprAt5 => "tpr-at-5",
            Self::TprAt10 => "tpr-at-10",
            Self::FalseAlarms => "false-alarms",
            Self::Detected => "detected",
            Self::Mean => "mean",
            Self::MedianError => "median-error",
            Self::MaxError => "max-error",
        }
    }
}

/// What should come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Of which slice.
    pub slice: String,
    /// Of which method.
    pub method: String,
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
        let experiment: Self = config::parse(&text, path)?;
        experiment.sound(path)?;
        Ok((experiment, text))
    }

    fn sound(&self, path: &Path) -> Result<()> {
        let wrong = |why: String| Err(Error::unreadable(path, why));
        for slice in &self.slices {
            if slice.dataset.is_some() == slice.make.is_some() {
                return wrong(format!("the slice `{}` needs either dataset or make", slice.name));
            }
        }
        let checks: Vec<String> = self.methods.iter().map(|m| m.check.clone()).collect();
        if let Err(error) = crate::checks::select(&checks) {
            return wrong(error.to_string());
        }
        if self.slices.is_empty() || self.methods.is_empty() || self.metrics.is_empty() {
            return wrong("needs a slice, a method and a metric".to_owned());
        }
        for expected in &self.expectations {
            let slice = self.slices.iter().any(|slice| slice.name == expected.slice);
            let method = self.methods.iter().any(|method| method.name == expected.method);
            if !slice || !method || !self.metrics.contains(&expected.metric) {
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
