//! The metrics of an experiment, and what they need besides the scores: a
//! threshold and a calibration, learnt on another slice.

use serde::{Deserialize, Serialize};

use super::question::Method;
use super::score::Score;
use crate::evaluate::{Labelled, calibrate, cost, roc, share};
use crate::signal::stats::median;

/// A metric.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Area under the ROC curve.
    Auc,
    /// Equal error rate.
    Eer,
    /// Average precision.
    Ap,
    /// Share of fakes flagged at 1 % false alarms.
    #[serde(rename = "tpr-at-1")]
    TprAt1,
    /// Share of fakes flagged at 5 % false alarms.
    #[serde(rename = "tpr-at-5")]
    TprAt5,
    /// Share of fakes flagged at 10 % false alarms.
    #[serde(rename = "tpr-at-10")]
    TprAt10,
    /// Share of items on the right side of the threshold.
    Accuracy,
    /// Share of real items flagged at the threshold.
    FalseAlarms,
    /// Share of fake items flagged at the threshold.
    Detected,
    /// Cost of the likelihood ratios learnt on the validation slice, in bits.
    Cllr,
    /// The same after the best monotone calibration on the items themselves.
    CllrMin,
    /// Mean squared distance of probabilities, at even prior odds, to the truth.
    Brier,
    /// Expected calibration error of these probabilities.
    CalibrationError,
    /// Area under the ROC curve of single frames.
    FrameAuc,
    /// Mean of the quantity itself.
    Mean,
    /// Median of the quantity itself.
    Median,
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
            Self::Accuracy => "accuracy",
            Self::FalseAlarms => "false-alarms",
            Self::Detected => "detected",
            Self::Cllr => "cllr",
            Self::CllrMin => "cllr-min",
            Self::Brier => "brier",
            Self::CalibrationError => "calibration-error",
            Self::FrameAuc => "frame-auc",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::MedianError => "median-error",
            Self::MaxError => "max-error",
        }
    }

    /// Whether it is a share of one class, or of all items, at a threshold.
    pub fn share(self) -> bool {
        matches!(self, Self::Accuracy | Self::FalseAlarms | Self::Detected)
    }

    /// Whether it compares the quantity with what is true of it.
    pub fn of_error(self) -> bool {
        matches!(self, Self::MedianError | Self::MaxError)
    }

    /// Whether it is of the quantity itself, whatever the labels are.
    pub fn of_quantity(self) -> bool {
        matches!(self, Self::Mean | Self::Median) || self.of_error()
    }

    fn calibrated(self) -> bool {
        matches!(self, Self::Cllr | Self::Brier | Self::CalibrationError)
    }
}

/// What one method brings to the items of a slice: chosen beforehand or learnt
/// on the validation slice, never on the items themselves.
#[derive(Clone, Debug, Default)]
pub struct Learnt {
    /// Score from which an item counts as flagged.
    pub threshold: Option<f64>,
    /// Scores to log10 likelihood ratios.
    pub calibrator: Option<calibrate::Calibrator>,
}

impl Learnt {
    /// From the method's own threshold and the validation items, if any. A
    /// threshold of the method's own wins.
    pub fn new(method: &Method, validation: &[Labelled]) -> Self {
        let own = method.threshold.map(|t| if method.lower_is_fake { -t } else { t });
        Self {
            threshold: own.or_else(|| roc::best_threshold(validation)),
            calibrator: calibrate::Calibrator::fit(validation, calibrate::Method::Logistic),
        }
    }

    /// The items with log10 likelihood ratios in place of scores.
    pub fn ratios(&self, items: &[Labelled]) -> Option<Vec<Labelled>> {
        let calibrator = self.calibrator.as_ref()?;
        let ratio = |i: &Labelled| Labelled { score: calibrator.log10_lr(i.score), ..*i };
        Some(items.iter().map(ratio).collect())
    }

    /// The items with probabilities of manipulation, at even prior odds.
    pub fn probabilities(&self, items: &[Labelled]) -> Option<Vec<Labelled>> {
        let p = |i: Labelled| Labelled { score: 1.0 / (1.0 + 10f64.powf(-i.score)), ..i };
        Some(self.ratios(items)?.into_iter().map(p).collect())
    }
}

/// A number of labelled items; `None` where it is undefined.
pub type Statistic = Box<dyn Fn(&[Labelled]) -> Option<f64> + Sync>;

/// A metric of labelled scores as the items it is reckoned from and a function
/// of them, or why there is none.
///
/// # Errors
///
/// What is missing, in words.
pub fn statistic(
    metric: Metric,
    learnt: &Learnt,
    items: &[Labelled],
    frames: &[Labelled],
) -> Result<(Vec<Labelled>, Statistic), &'static str> {
    const NOT_LEARNT: &str = "needs a validation slice with both labels";
    let same = |statistic: Statistic| Ok((items.to_vec(), statistic));
    let at = learnt.threshold.unwrap_or(f64::NAN);
    match metric {
        _ if metric.share() && learnt.threshold.is_none() => Err("the method has no threshold"),
        _ if metric.calibrated() && learnt.calibrator.is_none() => Err(NOT_LEARNT),
        Metric::Auc => same(Box::new(roc::auc)),
        Metric::Eer => same(Box::new(roc::eer)),
        Metric::Ap => same(Box::new(roc::average_precision)),
        Metric::TprAt1 => same(Box::new(|items| roc::tpr_at(items, 0.01))),
        Metric::TprAt5 => same(Box::new(|items| roc::tpr_at(items, 0.05))),
        Metric::TprAt10 => same(Box::new(|items| roc::tpr_at(items, 0.10))),
        Metric::CllrMin => same(Box::new(cost::cllr_min)),
        Metric::Accuracy => same(Box::new(move |items| roc::accuracy(items, at))),
        Metric::FalseAlarms => same(Box::new(move |items| flagged(items, false, at))),
        Metric::Detected => same(Box::new(move |items| flagged(items, true, at))),
        Metric::Cllr => Ok((learnt.ratios(items).ok_or(NOT_LEARNT)?, Box::new(cost::cllr))),
        Metric::Brier => {
            Ok((learnt.probabilities(items).ok_or(NOT_LEARNT)?, Box::new(cost::brier)))
        }
        Metric::CalibrationError => {
            let items = learnt.probabilities(items).ok_or(NOT_LEARNT)?;
            Ok((items, Box::new(cost::calibration_error)))
        }
        Metric::FrameAuc if frames.is_empty() => Err("the method gives no score of single frames"),
        Metric::FrameAuc => Ok((frames.to_vec(), Box::new(roc::auc))),
        Metric::Mean | Metric::Median | Metric::MedianError | Metric::MaxError => {
            Err("no metric of labelled scores")
        }
    }
}

fn flagged(items: &[Labelled], fake: bool, at: f64) -> Option<f64> {
    let of: Vec<&Labelled> = items.iter().filter(|item| item.h1 == fake).collect();
    let hit = of.iter().filter(|item| item.score >= at).count();
    (!of.is_empty()).then(|| hit as f64 / of.len() as f64)
}

/// The exact interval of a share at a threshold, where sources cannot be
/// resampled because one class is missing. Items are taken as independent.
pub fn exact(metric: Metric, learnt: &Learnt, items: &[Labelled]) -> Option<(f64, f64)> {
    let at = learnt.threshold?;
    let hit = |item: &&Labelled| match metric {
        Metric::Accuracy => (item.score >= at) == item.h1,
        _ => item.score >= at,
    };
    let of: Vec<&Labelled> = match metric {
        Metric::FalseAlarms => items.iter().filter(|item| !item.h1).collect(),
        Metric::Detected => items.iter().filter(|item| item.h1).collect(),
        Metric::Accuracy => items.iter().collect(),
        _ => return None,
    };
    let hits = of.iter().copied().filter(hit).count();
    share::interval(hits as u64, of.len() as u64)
}

/// A metric of the quantity itself, or of its distance from the truth.
///
/// # Errors
///
/// What is missing, in words.
pub fn of_value(metric: Metric, rows: &[&Score]) -> Result<f64, &'static str> {
    const UNKNOWN: &str = "nothing is known to be true";
    let mut values: Vec<f64> = rows.iter().filter_map(|row| row.value).collect();
    let mut errors: Vec<f64> =
        rows.iter().filter_map(|row| Some((row.value? - row.truth?).abs())).collect();
    match metric {
        Metric::Mean => Ok(values.iter().sum::<f64>() / values.len().max(1) as f64),
        Metric::Median => median(&mut values).ok_or("no item has a score"),
        Metric::MedianError => median(&mut errors).ok_or(UNKNOWN),
        _ => errors.into_iter().reduce(f64::max).ok_or(UNKNOWN),
    }
}
