//! Which finding a reader meets first, and what was not examined.
//!
//! The order never depends on what was found: an order by outcome would be a
//! verdict in disguise.

use super::label::{self, Label};
use super::state;
use super::{Checked, Report};
use crate::checks::{Standing, Status};
use crate::text::Text;

/// Checks that say nothing about the exhibit, for one and the same reason.
#[derive(Clone, Debug)]
pub struct Silent<'a> {
    /// How it came about.
    pub status: Status,
    /// Why.
    pub reason: &'a Text,
    /// The checks, in the order of the table of checks.
    pub checks: Vec<&'a Checked>,
}

impl Checked {
    /// Whether the check says something about the exhibit.
    pub fn answers(&self) -> bool {
        matches!(self.finding.status, Status::Observed | Status::Derived)
    }

    /// Whether something was found on which a conclusion may rest as the
    /// check's standing says: an empty result has no standing.
    pub fn found(&self) -> bool {
        let finding = &self.finding;
        self.answers()
            && !finding.state.as_deref().is_some_and(state::nothing)
            && finding.log10_nfa.is_none_or(|nfa| nfa < 0.0)
    }

    /// Whether there is more to show than a line in a table: a check without a
    /// result may still have figures of what it looked at, or a warning.
    pub fn has_section(&self) -> bool {
        self.answers() || !self.finding.figures.is_empty() || !self.finding.warnings.is_empty()
    }
}

impl Report {
    /// What is said with weight, in words: of each reference set the ratio of
    /// most checks together, or each on its own where none were weighed
    /// together.
    pub fn concluded(&self) -> Vec<(String, Text)> {
        let mut all = Vec::new();
        for weighed in &self.weighed {
            let given: Vec<_> = weighed
                .outcomes
                .iter()
                .filter_map(|(check, outcome)| Some((check, outcome.as_ref().ok()?)))
                .collect();
            let fused = given.iter().rposition(|(check, _)| check.contains(" + "));
            let said = given.get(fused.unwrap_or(0)..).unwrap_or_default();
            for (check, found) in said {
                all.push(((*check).clone(), weighed.words(found)));
            }
        }
        all
    }

    /// The checks that say something: by what a conclusion may rest on
    /// (evidential, indicator, historical), then in the order of the table of
    /// checks.
    pub fn answered(&self) -> Vec<&Checked> {
        ordered(self.checks.iter().filter(|checked| checked.answers()))
    }

    /// The checks with a section of their own: those of [`Report::answered`],
    /// then the others, in the same order.
    pub fn sections(&self) -> Vec<&Checked> {
        let rest = self.checks.iter().filter(|c| !c.answers() && c.has_section());
        self.answered().into_iter().chain(ordered(rest)).collect()
    }

    /// The checks without a result, those with the same reason together:
    /// errors first, then what was too little, then what does not apply; in
    /// each in the order of the table of checks.
    pub fn silent(&self) -> Vec<Silent<'_>> {
        let mut silent: Vec<Silent<'_>> = Vec::new();
        for checked in self.checks.iter().filter(|checked| !checked.answers()) {
            let finding = &checked.finding;
            let (status, reason) =
                (finding.status, finding.reason.as_ref().unwrap_or(&finding.summary));
            match silent.iter_mut().find(|s| s.status == status && s.reason == reason) {
                Some(same) => same.checks.push(checked),
                None => silent.push(Silent { status, reason, checks: vec![checked] }),
            }
        }
        silent.sort_by_key(|s| match s.status {
            Status::Error => 0,
            Status::Insufficient => 1,
            _ => 2,
        });
        silent
    }

    /// Whether any check is without a result or was not run.
    pub fn has_silent(&self) -> bool {
        !self.not_run.is_empty() || self.checks.iter().any(|checked| !checked.answers())
    }

    /// The standings and statuses that occur, with their meaning.
    pub(super) fn terms(&self) -> Vec<(Label, Label)> {
        let standings = [Standing::Evidential, Standing::Indicator, Standing::Historical];
        let statuses = [
            Status::Observed,
            Status::Derived,
            Status::NotApplicable,
            Status::Insufficient,
            Status::Error,
        ];
        let checks = &self.checks;
        let standings = standings.into_iter().filter(|s| checks.iter().any(|c| c.standing == *s));
        let statuses =
            statuses.into_iter().filter(|s| checks.iter().any(|c| c.finding.status == *s));
        standings.map(label::standing).chain(statuses.map(label::status)).collect()
    }
}

fn ordered<'a>(checks: impl Iterator<Item = &'a Checked>) -> Vec<&'a Checked> {
    let mut checks: Vec<&Checked> = checks.collect();
    checks.sort_by_key(|checked| match checked.standing {
        Standing::Evidential => 0,
        Standing::Indicator => 1,
        Standing::Historical => 2,
    });
    checks
}
