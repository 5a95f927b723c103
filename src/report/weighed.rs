//! Findings weighed against a reference set, as plain data: what HTML, PDF and
//! JSON show alike.

use serde_json::{Value, json};

use super::facts::{Fact, code, words};
use super::label;
use crate::checks::Figure;
use crate::checks::finding::{Axis, Series};
use crate::evaluate::reference::{Condition, Evaluation, Refusal};
use crate::evaluate::{plots, words as scale};
use crate::plot::number;
use crate::text::{Lang, Text};

/// One examination held against one reference set.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Name and SHA-256 of the exhibit.
    pub exhibit: (String, String),
    /// Name and SHA-256 of the reference set.
    pub reference: (String, String),
    /// The propositions.
    pub h1: Text,
    /// The other one.
    pub h2: Text,
    /// Names of the conditions.
    pub conditions: Vec<String>,
    /// Whether the scores of the set were made by another build of this
    /// program, where that is known.
    pub other_program: Option<bool>,
    /// Each check of the set and its outcome.
    pub outcomes: Vec<(String, Result<Evaluation, Refusal>)>,
    /// Version of the program.
    pub tool: String,
}

impl Weighed {
    /// Whether any ratio can be given.
    pub fn any(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| outcome.is_ok())
    }

    /// What is said of `found` in words.
    pub fn words(&self, found: &Evaluation) -> Text {
        if found.outside {
            return Text::new(
                "No words are given: the score lies beyond every score of the reference set.",
                "Er worden geen woorden gegeven: de score ligt buiten alle scores van de referentieset.",
            );
        }
        scale::support(found.log10_lr, &self.h1, &self.h2)
    }

    /// The set and its pair of propositions: no ratio stands without them.
    pub fn facts(&self, lang: Lang) -> Vec<Fact> {
        let t = |label: label::Label| label.get(lang);
        let made = match self.other_program {
            Some(true) => t(label::OTHER_PROGRAM),
            Some(false) => t(label::SAME_PROGRAM),
            None => t(label::UNKNOWN_PROGRAM),
        };
        vec![
            words(t(label::REFERENCE), &self.reference.0),
            code(t(label::REFERENCE_SHA256), &self.reference.1),
            words(t(label::MADE_BY), made),
            words(t(label::PROPOSITION_1), self.h1.get(lang)),
            words(t(label::PROPOSITION_2), self.h2.get(lang)),
        ]
    }

    /// What stands beside the ratio `found`.
    pub fn given(&self, found: &Evaluation, lang: Lang) -> Vec<Fact> {
        let t = |label: label::Label| label.get(lang);
        let n = |x: f64| number(x, lang);
        let to = |(low, high): (f64, f64)| format!("{} {} {}", n(low), t(label::TO), n(high));
        let mut bounds = to(found.bounds);
        if found.bound_hit() {
            bounds = format!("{bounds}; {}", t(label::BOUND_HIT));
        }
        let mut score = n(found.score);
        if found.outside {
            score = format!("{score}; {}", t(label::OUTSIDE));
        }
        let conditions: Vec<String> = self
            .conditions
            .iter()
            .zip(&found.condition)
            .map(|(name, c)| match c {
                Condition::Number(x) => format!("{name} {}", n(*x)),
                Condition::Word(w) => format!("{name} {w}"),
            })
            .collect();
        let held = |i: usize| format!("{} / {}", found.scores[i], found.sources[i]);
        let mut ratio = format!("{} (95 %: {})", n(found.log10_lr), to(found.interval));
        if found.interval != found.unbounded_interval {
            let before = to(found.unbounded_interval);
            ratio = format!("{ratio}; {} {before}", t(label::BEFORE_BOUNDS));
        }
        let mut facts = vec![
            words(t(label::LOG10_LR), ratio),
            words(t(label::BOUNDS), bounds),
            words(t(label::SCORE), score),
            words(t(label::CHOSEN), conditions.join(", ")),
            words(t(label::HELD), format!("{}; {}", held(0), held(1))),
        ];
        if let Some([all, least, rest]) = found.cllr() {
            let told = format!("{} (C_llr^min {}, C_llr^cal {})", n(all), n(least), n(rest));
            facts.push(words(t(label::CLLR), told));
        }
        if let Some(eer) = found.eer() {
            facts.push(words("EER", n(eer)));
        }
        if let Some((auc, low, high)) = found.auc() {
            facts.push(words("AUC", format!("{} (95 %: {})", n(auc), to((low, high)))));
        }
        let [h1, h2] = found.misleading();
        facts.push(words(t(label::MISLEADING), format!("{}; {}", n(h1), n(h2))));
        facts.extend(found.coverage.map(|share| words(t(label::COVERAGE), n(share))));
        facts
    }

    /// As JSON.
    pub fn data(&self) -> Value {
        let one = |(check, outcome): &(String, Result<Evaluation, Refusal>)| match outcome {
            Err(Refusal(why)) => json!({ "check": check, "log10_lr": null, "reason": why.en }),
            Ok(found) => json!({
                "check": check,
                "score": found.score,
                "log10_lr": found.log10_lr,
                "interval_95": [found.interval.0, found.interval.1],
                "interval_95_unbounded": [found.unbounded_interval.0, found.unbounded_interval.1],
                "bounds": [found.bounds.0, found.bounds.1],
                "bound_hit": found.bound_hit(),
                "outside_reference": found.outside,
                "words": self.words(found).en,
                "method": found.method,
                "condition": found.condition,
                "scores": found.scores,
                "sources": found.sources,
                "cllr": found.cllr().map(|c| c.to_vec()),
                "eer": found.eer(),
                "auc_95": found.auc().map(|(auc, low, high)| [auc, low, high]),
                "misleading": found.misleading(),
                "coverage": found.coverage,
            }),
        };
        json!({
            "schema": 1,
            "exhibit": { "name": self.exhibit.0, "sha256": self.exhibit.1 },
            "reference": { "name": self.reference.0, "sha256": self.reference.1 },
            "reference_made_by_another_program": self.other_program,
            "h1": self.h1.en,
            "h2": self.h2.en,
            "conditions": self.conditions,
            "outcomes": self.outcomes.iter().map(one).collect::<Vec<_>>(),
        })
    }
}

/// Tippett, ECE, PAV and DET of the held-out ratios, each with its title.
pub fn figures(found: &Evaluation) -> Vec<(Text, Figure)> {
    let axis = |en: &str, nl: &str| Axis { label: Text::new(en, nl), range: None, log: false };
    let series =
        |en: &str, nl: &str, points: Vec<(f64, f64)>| Series { name: Text::new(en, nl), points };
    let ratio = || axis("log10 likelihood ratio", "log10 likelihood ratio");
    let mut figures = Vec::new();
    let mut add = |title: Text, x: Axis, y: Axis, series: Vec<Series>| {
        figures.push((title.clone(), Figure::Lines { title, x, y, series }));
    };
    if let Some([h1, h2]) = plots::tippett(&found.held_out) {
        add(
            Text::new(
                "Tippett plot of the reference set, each source held out",
                "Tippettplot van de referentieset, elke bron apart gehouden",
            ),
            ratio(),
            axis("share of at least this ratio", "aandeel van ten minste deze ratio"),
            vec![
                series("proposition 1 true", "hypothese 1 waar", h1),
                series("proposition 2 true", "hypothese 2 waar", h2),
            ],
        );
    }
    if let Some([own, best, none]) = plots::entropy(&found.held_out) {
        add(
            Text::new("Empirical cross-entropy", "Empirische kruisentropie"),
            axis("log10 of the prior odds", "log10 van de a-priorikansverhouding"),
            axis("bits", "bits"),
            vec![
                series("these ratios", "deze ratio's", own),
                series("after PAV", "na PAV", best),
                series("no ratios", "geen ratio's", none),
            ],
        );
    }
    if let Some(points) = plots::pav(&found.held_out) {
        let diagonal = points.iter().map(|p| (p.0, p.0)).collect();
        add(
            Text::new(
                "Calibration: ratios after PAV over ratios given",
                "Kalibratie: ratio's na PAV tegen gegeven ratio's",
            ),
            ratio(),
            axis("log10 ratio after PAV", "log10 ratio na PAV"),
            vec![
                series("reference set", "referentieset", points),
                series("perfect", "volmaakt", diagonal),
            ],
        );
    }
    if let Some(points) = plots::det(&found.held_out) {
        add(
            Text::new("DET: misses over false alarms", "DET: missers tegen valse alarmen"),
            axis("false alarms (normal deviate)", "valse alarmen (normale afwijking)"),
            axis("misses (normal deviate)", "missers (normale afwijking)"),
            vec![series("reference set", "referentieset", points)],
        );
    }
    figures
}
