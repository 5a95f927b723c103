//! A reference set: scores of exhibits of which the truth is known, made under
//! stated conditions, for one pair of propositions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Labelled;
use super::bootstrap;
use super::bound::elub;
use super::calibrate::{Calibrator, FEWEST, Method};
use super::{cost, roc};
use crate::text::Text;

/// A number or a word that says under which condition an exhibit was made.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Such as a width in pixels: a case matches within a factor.
    Number(f64),
    /// Such as a codec: a case matches only the same.
    Word(String),
}

/// A sentence in both languages, as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// English.
    pub en: String,
    /// Dutch.
    pub nl: String,
}

impl From<&Sentence> for Text {
    fn from(s: &Sentence) -> Self {
        Self::new(s.en.clone(), s.nl.clone())
    }
}

/// One score of the set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it was made from: a person, a recording.
    pub source: String,
    /// The item, by which scores of several checks belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Whether H1 is true.
    pub h1: bool,
    /// Check, or `check.value` of it.
    pub check: String,
    /// The score; higher speaks for H1.
    pub score: f64,
    /// One for each condition of the set.
    pub condition: Vec<Condition>,
}

/// The set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Version of this form.
    pub schema: u32,
    /// Name and version.
    pub name: String,
    /// The proposition that the exhibit was manipulated.
    pub h1: Sentence,
    /// The proposition that it was not.
    pub h2: Sentence,
    /// Names of the conditions: keys of `exhibit` in findings.json, or
    /// `check.value`.
    pub conditions: Vec<String>,
    /// SHA-256 of the table it was built from.
    pub table_sha256: String,
    /// SHA-256 of the program that made the scores, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_sha256: Option<String>,
    /// Checks of which a lower value speaks for H1: their scores are negated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lower: Vec<String>,
    /// How many items of each check gave no score.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub without: BTreeMap<String, u64>,
    /// The scores.
    pub rows: Vec<Row>,
}

/// A case's number may differ from the set's by this factor at most: half or
/// twice the size is what detectors are commonly reported to bear (choice; a
/// set with closer conditions is chosen first anyway).
const FACTOR: f64 = 2.0;

/// Why there is no likelihood ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal(pub Text);

/// A likelihood ratio with all that must stand beside it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The score of the case.
    pub score: f64,
    /// Condition of the set that was chosen.
    pub condition: Vec<Condition>,
    /// Scores of H1 and H2 under it.
    pub scores: [usize; 2],
    /// Sources of H1 and H2 under it.
    pub sources: [usize; 2],
    /// How ratios were learnt.
    pub method: Method,
    /// log10 likelihood ratio within the bounds.
    pub log10_lr: f64,
    /// The same before the bounds.
    pub unbounded: f64,
    /// 95 % interval of the ratio within the bounds, over sources.
    pub interval: (f64, f64),
    /// The same before the bounds.
    pub unbounded_interval: (f64, f64),
    /// log10 of the bounds.
    pub bounds: (f64, f64),
    /// Ratios of the set's own scores, each learnt without its source; for the
    /// figures of validity and the plots.
    pub held_out: Vec<Labelled>,
    /// The score lies beyond every score of the set.
    pub outside: bool,
    /// Share of the set's items that gave a score at all.
    pub coverage: Option<f64>,
}

impl Evaluation {
    /// Whether a bound cut the ratio.
    pub fn bound_hit(&self) -> bool {
        self.unbounded < self.bounds.0 || self.unbounded > self.bounds.1
    }

    /// C_llr, its least and the rest.
    pub fn cllr(&self) -> Option<[f64; 3]> {
        let items = &self.held_out;
        Some([cost::cllr(items)?, cost::cllr_min(items)?, cost::cllr_cal(items)?])
    }

    /// Equal error rate of the held-out ratios.
    pub fn eer(&self) -> Option<f64> {
        roc::eer(&self.held_out)
    }

    /// Area under the ROC of the held-out ratios, with its 95 % interval over
    /// sources.
    pub fn auc(&self) -> Option<(f64, f64, f64)> {
        let auc = roc::auc(&self.held_out)?;
        let (low, high) = bootstrap::interval(&self.held_out, bootstrap::SAMPLES, 1, roc::auc)?;
        Some((auc, low, high))
    }

    /// Shares of held-out ratios that mislead: below 1 though H1 is true, above
    /// 1 though H2 is.
    pub fn misleading(&self) -> [f64; 2] {
        [true, false].map(|h1| {
            let of = || self.held_out.iter().filter(move |i| i.h1 == h1);
            let wrong = of().filter(|i| if h1 { i.score < 0.0 } else { i.score > 0.0 });
            wrong.count() as f64 / of().count().max(1) as f64
        })
    }
}

impl Reference {
    /// The likelihood ratio of `score` of `check` in a case whose conditions
    /// are `case` (`None` where not known), in the order of the set's.
    ///
    /// # Errors
    /// The reason why none can be given.
    pub fn evaluate(
        &self,
        check: &str,
        score: f64,
        case: &[Option<Condition>],
        method: Method,
    ) -> Result<Evaluation, Refusal> {
        let condition = self.nearest(check, case)?;
        let items = self.under(check, &condition);
        let range = items.iter().map(|i| i.score);
        let (low, high) =
            range.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        let fit = |sample: &[Labelled]| -> Option<Learnt<'_>> {
            let fitted = Calibrator::fit(sample, method)?;
            Some(Box::new(move |x| fitted.log10_lr(x)))
        };
        let outside = score < low || score > high;
        let coverage = self.coverage(check);
        let found = weigh(&items, score, method, &fit)?;
        straight(&items)?;
        Ok(Evaluation { condition, outside, coverage, ..found })
    }

    /// Share of the items that gave a score of `check`, under all conditions.
    pub(super) fn coverage(&self, check: &str) -> Option<f64> {
        let with = self.rows.iter().filter(|row| row.check == check).count() as f64;
        let without = self.without.get(check).copied().unwrap_or(0) as f64;
        (with + without > 0.0).then(|| with / (with + without))
    }

    /// The condition of the set nearest to the case's.
    pub(super) fn nearest(
        &self,
        check: &str,
        case: &[Option<Condition>],
    ) -> Result<Vec<Condition>, Refusal> {
        let mut cells: Vec<&Vec<Condition>> = Vec::new();
        for row in self.rows.iter().filter(|row| row.check == check) {
            if !cells.contains(&&row.condition) {
                cells.push(&row.condition);
            }
        }
        if cells.is_empty() {
            return Err(refuse(
                format!("the reference set has no scores of {check}"),
                format!("de referentieset heeft geen scores van {check}"),
            ));
        }
        if self.conditions.is_empty() {
            return Err(refuse(
                "the reference set names no condition under which it was made, so nobody can tell whether it suits this exhibit",
                "de referentieset noemt geen conditie waaronder zij is gemaakt; niet is na te gaan of zij bij dit onderzochte bestand past",
            ));
        }
        for (name, value) in self.conditions.iter().zip(case) {
            if value.is_none() {
                return Err(refuse(
                    format!("the condition {name} of the exhibit is not known"),
                    format!("de conditie {name} van het onderzochte bestand is niet bekend"),
                ));
            }
        }
        let distance = |cell: &Vec<Condition>| {
            let each = self.conditions.iter().zip(cell.iter().zip(case));
            each.map(|(name, (a, b))| apart(name, a, b.as_ref())).fold(0.0, f64::max)
        };
        let best =
            cells.iter().map(|cell| (distance(cell), *cell)).min_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((distance, cell)) if distance <= FACTOR.ln() + 1e-9 => Ok(cell.clone()),
            _ => Err(refuse(
                format!(
                    "no condition of the reference set is near enough to the exhibit's (within a factor {FACTOR}; words must be equal)"
                ),
                format!(
                    "geen conditie van de referentieset ligt dicht genoeg bij die van het onderzochte bestand (binnen een factor {FACTOR}; woorden moeten gelijk zijn)"
                ),
            )),
        }
    }

    /// The scores of `check` under exactly `condition`.
    fn under(&self, check: &str, condition: &[Condition]) -> Vec<Labelled> {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let rows = self.rows.iter().filter(|r| r.check == check && r.condition == condition);
        rows.map(|row| {
            let next = names.len();
            let source = *names.entry(row.source.as_str()).or_insert(next);
            Labelled { score: row.score, h1: row.h1, source }
        })
        .collect()
    }
}

/// How far apart two values of the condition `name` are: |ln| of the ratio of
/// numbers; equal words 0, others too far. A JPEG quality counts by the size of
/// the steps it stands for.
fn apart(name: &str, a: &Condition, b: Option<&Condition>) -> f64 {
    match (a, b) {
        (Condition::Number(a), Some(Condition::Number(b))) if a == b => 0.0,
        (Condition::Number(a), Some(Condition::Number(b))) if name.ends_with(".quality_luma") => {
            (steps(*a) / steps(*b)).ln().abs()
        }
        (Condition::Number(a), Some(Condition::Number(b))) if *a > 0.0 && *b > 0.0 => {
            (a / b).ln().abs()
        }
        (Condition::Word(a), Some(Condition::Word(b))) if a == b => 0.0,
        _ => f64::INFINITY,
    }
}

/// Percentage by which a JPEG quality scales the standard steps (libjpeg,
/// `jpeg_quality_scaling`).
fn steps(quality: f64) -> f64 {
    let quality = quality.clamp(1.0, 100.0);
    if quality < 50.0 { 5000.0 / quality } else { (200.0 - 2.0 * quality).max(1.0) }
}

/// From a score to a log10 likelihood ratio.
pub(super) type Learnt<'a> = Box<dyn Fn(f64) -> f64 + 'a>;

/// Learns such a function from labelled scores.
pub(super) type Fit<'a> = dyn Fn(&[Labelled]) -> Option<Learnt<'a>> + 'a;

/// The ratio of `score`, learnt by `fit` from `items`, with its interval, its
/// bounds and how well such ratios do; condition and range are left open.
pub(super) fn weigh(
    items: &[Labelled],
    score: f64,
    method: Method,
    fit: &Fit<'_>,
) -> Result<Evaluation, Refusal> {
    let count = |h1: bool| items.iter().filter(|i| i.h1 == h1).count();
    let sources = |h1: bool| {
        let all: BTreeSet<usize> = items.iter().filter(|i| i.h1 == h1).map(|i| i.source).collect();
        all.len()
    };
    let sources = [sources(true), sources(false)];
    let fewest = FEWEST.iter().find(|f| f.0 == method).map_or(usize::MAX, |f| f.1);
    if sources[0].min(sources[1]) < fewest {
        return Err(refuse(
            format!(
                "the reference set has {} and {} sources of the two kinds under the nearest condition; the method needs {fewest} of each",
                sources[0], sources[1]
            ),
            format!(
                "de referentieset heeft {} en {} bronnen van de twee soorten onder de dichtstbijzijnde conditie; de methode vraagt er {fewest} van elk",
                sources[0], sources[1]
            ),
        ));
    }
    let none = || {
        refuse(
            "no function could be learnt from the scores of the reference set",
            "uit de scores van de referentieset kon geen functie worden geleerd",
        )
    };
    let fitted = fit(items).ok_or_else(none)?;
    let held_out = held_out(items, fit).ok_or_else(none)?;
    // Ratios that mislead more than they inform are not to be given.
    if cost::cllr(&held_out).is_none_or(|cost| cost >= 1.0) {
        return Err(refuse(
            "under this condition the ratios of this check mislead more than they inform (C_llr of held-out sources is 1 or more)",
            "onder deze conditie misleiden de ratio's van deze methode meer dan ze informeren (C_llr van apart gehouden bronnen is 1 of meer)",
        ));
    }
    let bounds = elub(&held_out).ok_or_else(none)?;
    let bounded = |x: f64| x.clamp(bounds.0, bounds.1);
    let mut drawn = Vec::with_capacity(bootstrap::SAMPLES);
    bootstrap::each(items, bootstrap::SAMPLES, 1, |sample| {
        drawn.extend(fit(sample).map(|learnt| learnt(score)));
    });
    let interval = bootstrap::percentiles(drawn, bootstrap::SAMPLES).ok_or_else(none)?;
    let unbounded = fitted(score);
    if unbounded.is_nan() {
        return Err(none());
    }
    Ok(Evaluation {
        score,
        condition: Vec::new(),
        scores: [count(true), count(false)],
        sources,
        method,
        log10_lr: bounded(unbounded),
        unbounded,
        interval: (bounded(interval.0), bounded(interval.1)),
        unbounded_interval: interval,
        bounds,
        held_out,
        outside: false,
        coverage: None,
    })
}

/// An error where higher scores speak against H1, and not by chance: a mistake in the
/// set, not evidence.
fn straight(items: &[Labelled]) -> Result<(), Refusal> {
    let Some(auc) = roc::auc(items).filter(|auc| *auc < 0.5) else { return Ok(()) };
    let interval = bootstrap::interval(items, bootstrap::SAMPLES, 1, roc::auc);
    if interval.is_none_or(|(_, high)| high >= 0.5) {
        return Ok(());
    }
    Err(refuse(
        format!(
            "under the nearest condition higher scores of the set speak against proposition 1 (AUC {auc:.2}): either the labels are turned round, or the scores have to be negated first"
        ),
        format!(
            "onder de dichtstbijzijnde conditie spreken hogere scores van de set tegen hypothese 1 (AUC {}): ofwel zijn de labels verwisseld, ofwel moeten de scores eerst van teken wisselen",
            format!("{auc:.2}").replace('.', ",")
        ),
    ))
}

/// Parts in which sources are held out.
const PARTS: usize = 10;

/// Ratios of the items, each learnt from other sources: in ten parts.
fn held_out(items: &[Labelled], fit: &Fit<'_>) -> Option<Vec<Labelled>> {
    let mut order: Vec<usize> = items.iter().map(|i| i.source).collect();
    order.sort_unstable();
    order.dedup();
    let mut out = Vec::with_capacity(items.len());
    for part in 0..PARTS.min(order.len()) {
        let (ours, others): (Vec<Labelled>, Vec<Labelled>) =
            items.iter().partition(|i| i.source % PARTS == part);
        let learnt = fit(&others)?;
        out.extend(ours.iter().map(|i| Labelled { score: learnt(i.score), ..*i }));
    }
    Some(out)
}

pub(super) fn refuse(en: impl Into<String>, nl: impl Into<String>) -> Refusal {
    Refusal(Text::new(en, nl))
}

/// What a set holds of one check under one condition.
#[derive(Clone, Debug)]
pub struct Held {
    /// Check and condition in words.
    pub name: String,
    /// Scores of H1 and H2.
    pub scores: [usize; 2],
    /// Sources of H1 and H2.
    pub sources: [usize; 2],
    /// Area under the ROC with its 95 % interval over sources.
    pub auc: Option<(f64, f64, f64)>,
}

impl Reference {
    /// What the set holds, check by check and condition by condition.
    pub fn cells(&self) -> Vec<Held> {
        let mut keys: Vec<(&str, &Vec<Condition>)> = Vec::new();
        for row in &self.rows {
            if !keys.contains(&(row.check.as_str(), &row.condition)) {
                keys.push((&row.check, &row.condition));
            }
        }
        keys.into_iter().map(|(check, condition)| self.held(check, condition)).collect()
    }

    fn held(&self, check: &str, condition: &[Condition]) -> Held {
        let items = self.under(check, condition);
        let of = |h1: bool| items.iter().filter(move |i| i.h1 == h1);
        let sources = |h1: bool| of(h1).map(|i| i.source).collect::<BTreeSet<_>>().len();
        let auc = roc::auc(&items).and_then(|auc| {
            let (low, high) = bootstrap::interval(&items, bootstrap::SAMPLES, 1, roc::auc)?;
            Some((auc, low, high))
        });
        let words = self.conditions.iter().zip(condition).map(|(name, c)| match c {
            Condition::Number(x) => format!(", {name} {x}"),
            Condition::Word(word) => format!(", {name} {word}"),
        });
        Held {
            name: format!("{check}{}", words.collect::<String>()),
            scores: [of(true).count(), of(false).count()],
            sources: [sources(true), sources(false)],
            auc,
        }
    }

    /// The checks of which the set has scores.
    pub fn checks(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.check.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }
}
