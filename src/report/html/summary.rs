//! All findings at a glance: the tables of checks, and what findings may and
//! may not be taken for.

use maud::{Markup, html};

use super::{Page, evaluation, line, scroll};
use crate::Result;
use crate::checks::{Standing, Status};
use crate::report::{Checked, label};

impl Page<'_> {
    pub(super) fn summary(&self) -> Markup {
        let answered = self.report.answered();
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::CHECK)) }
                    th scope="col" { (self.t(label::GROUP)) }
                    th scope="col" { (self.t(label::STANDING)) }
                    th scope="col" { (self.t(label::STATUS)) }
                    th scope="col" { (self.t(label::RESULT)) }
                } }
                tbody { @for checked in &answered {
                    tr {
                        th scope="row" { (self.link(checked)) }
                        td { (self.t(label::group(checked.group))) }
                        td { @if checked.found() { (self.standing(checked.standing)) } @else { "–" } }
                        td { (self.status(checked.finding.status)) }
                        td { (line(checked.finding.summary.get(self.lang))) }
                    }
                } }
            }
        };
        let (some, all) = (answered.len(), self.report.checks.len());
        html! {
            section #summary {
                h2 { (self.t(label::SUMMARY)) }
                (self.concluded())
                @if self.report.checks.is_empty() {
                    p { (self.t(label::NO_CHECKS)) }
                } @else {
                    p { (label::counted(some, all, self.lang)) }
                    @if some > 0 {
                        (scroll(self.t(label::SUMMARY), table))
                        p { (self.t(label::ORDER)) " " (self.t(label::SUMMARY_WHY)) " " (self.t(label::NOTHING_RESTS)) }
                    }
                    (self.terms())
                }
            }
        }
    }

    /// The name of a check, linked to its section where it has one.
    fn link(&self, checked: &Checked) -> Markup {
        html! {
            @if checked.has_section() { a href={ "#check-" (checked.name) } { (checked.name) } }
            @else { (checked.name) }
        }
    }

    /// What was not examined, and why: one table, checks with the same reason
    /// on one row.
    pub(super) fn silent(&self) -> Markup {
        if !self.report.has_silent() {
            return html! {};
        }
        let silent = self.report.silent();
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::CHECKS)) }
                    th scope="col" { (self.t(label::STATUS)) }
                    th scope="col" { (self.t(label::REASON)) }
                } }
                tbody {
                    @for row in &silent { tr {
                        th scope="row" { @for (i, checked) in row.checks.iter().enumerate() {
                            @if i > 0 { ", " }
                            (self.link(checked))
                        } }
                        td { (self.status(row.status)) }
                        td { (line(row.reason.get(self.lang))) }
                    } }
                    @if !self.report.not_run.is_empty() { tr {
                        th scope="row" { (line(&self.report.not_run.join(", "))) }
                        td { span.mark.weak { (self.t(label::NOT_RUN)) } }
                        td { (self.t(label::NOT_RUN_WHY)) }
                    } }
                }
            }
        };
        html! {
            section #silent {
                h2 { (self.t(label::SILENT)) }
                p { (self.t(label::SILENT_WHY)) }
                (scroll(self.t(label::SILENT), table))
            }
        }
    }

    /// The words of the tables of checks that occur in them, with their meaning.
    fn terms(&self) -> Markup {
        html! {
            h3 { (self.t(label::TERMS)) }
            dl.terms { @for (word, meaning) in self.report.terms() {
                div { dt { span.mark { (self.t(word)) } } dd { (self.t(meaning)) } }
            } }
        }
    }

    pub(super) fn standing(&self, standing: Standing) -> Markup {
        let class = match standing {
            Standing::Evidential => "mark strong",
            Standing::Indicator => "mark",
            Standing::Historical => "mark weak",
        };
        html! { span class=(class) { (self.t(label::standing(standing).0)) } }
    }

    pub(super) fn status(&self, status: Status) -> Markup {
        let class = match status {
            Status::Observed | Status::Derived => "mark strong",
            Status::NotApplicable | Status::Insufficient => "mark weak",
            Status::Error => "mark error",
        };
        html! { span class=(class) { (self.t(label::status(status).0)) } }
    }

    pub(super) fn evaluation(&self) -> Result<Markup> {
        let mut sets = Vec::new();
        for weighed in &self.report.weighed {
            sets.push(evaluation::section(weighed, self.lang)?);
        }
        Ok(html! {
            section #evaluation {
                h2 { (self.t(label::EVALUATION)) }
                @if sets.is_empty() {
                    p { strong { (self.t(label::NO_LR)) } " " (self.t(label::NO_LR_WHY)) }
                }
                @for set in &sets { (set) }
                @if !sets.is_empty() { p { (self.t(label::OTHERS_RAW)) } }
                p { (self.t(label::NFA_NOT_LR)) }
            }
        })
    }

    /// What is said with weight: the ratios in words, or that none can be given.
    fn concluded(&self) -> Markup {
        let given = self.report.concluded();
        html! {
            @if given.is_empty() { p.only { (self.t(label::NO_LR)) " " a href="#evaluation" { (self.t(label::EVALUATION)) } } }
            @for (check, words) in &given { p.only { (line(check)) ": " (line(words.get(self.lang))) } }
        }
    }

    pub(super) fn limits(&self) -> Markup {
        html! {
            section #limits {
                h2 { (self.t(label::LIMITS)) }
                ul { @for limit in label::ALL_LIMITS { li { (self.t(*limit)) } } }
                @if self.report.has_silent() {
                    p { a href="#silent" { (self.t(label::SILENT)) } "." }
                }
            }
        }
    }
}
