//! All findings at a glance: the table, the time line, and what they may and
//! may not be taken for.

use maud::{Markup, PreEscaped, html};
use std::collections::HashMap;

use super::{Page, line, scroll};
use crate::Result;
use crate::checks::{Figure, Standing, Status};
use crate::plot::{Track, timeline};
use crate::report::{Checked, label};
use crate::text::Lang;

/// Most signals on the time line; the others are counted.
const MOST_TRACKS: usize = 16;

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
                        td { (self.standing(checked.standing)) }
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
                @if self.report.checks.is_empty() {
                    p { (self.t(label::NO_CHECKS)) }
                } @else {
                    p { (label::counted(some, all, self.lang)) }
                    @if some > 0 {
                        (scroll(self.t(label::SUMMARY), table))
                        p { (self.t(label::ORDER)) " " (self.t(label::SUMMARY_WHY)) }
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

    pub(super) fn has_silent(&self) -> bool {
        !self.report.not_run.is_empty() || self.report.checks.iter().any(|c| !c.answers())
    }

    /// What was not examined, and why: one table, checks with the same reason
    /// on one row.
    pub(super) fn silent(&self) -> Markup {
        if !self.has_silent() {
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
        let standings = [Standing::Evidential, Standing::Indicator, Standing::Historical];
        let statuses = [
            Status::Observed,
            Status::Derived,
            Status::NotApplicable,
            Status::Insufficient,
            Status::Error,
        ];
        let checks = &self.report.checks;
        html! {
            h3 { (self.t(label::TERMS)) }
            dl.terms {
                @for s in standings.into_iter().filter(|s| checks.iter().any(|c| c.standing == *s)) {
                    div { dt { (self.standing(s)) } dd { (self.t(label::standing(s).1)) } }
                }
                @for s in statuses.into_iter().filter(|s| checks.iter().any(|c| c.finding.status == *s)) {
                    div { dt { (self.status(s)) } dd { (self.t(label::status(s).1)) } }
                }
            }
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

    /// Whether there is anything to show over time.
    pub(super) fn has_timeline(&self) -> bool {
        let mut all = self.report.checks.iter().flat_map(|c| &c.finding.measurements);
        let first = all.find_map(|m| m.time_s);
        first.is_some_and(|first| all.any(|m| m.time_s.is_some_and(|t| t != first)))
    }

    pub(super) fn timeline(&self) -> Result<Markup> {
        if !self.has_timeline() {
            return Ok(html! {});
        }
        let tracks = self.tracks();
        let pictures = self.report.checks.iter().flat_map(|c| &c.finding.figures);
        let mut marks: Vec<f64> = pictures
            .filter_map(|figure| match figure {
                Figure::Picture { time_s, .. } => *time_s,
                _ => None,
            })
            .collect();
        marks.sort_by(f64::total_cmp);
        marks.dedup();
        let total = tracks.len();
        let shown = share(tracks, MOST_TRACKS);
        let svg =
            timeline(&shown, self.report.exhibit.duration_s.unwrap_or(0.0), &marks, self.lang)?;
        Ok(html! {
            section #timeline {
                h2 { (self.t(label::TIMELINE)) }
                p { (self.t(label::TIMELINE_WHY)) }
                div.plot { (PreEscaped(svg)) }
                (self.cut(total, MOST_TRACKS))
            }
        })
    }

    /// Every quantity that has times, one signal for each face track, with the
    /// number of signals of the same check before it.
    fn tracks(&self) -> Vec<(usize, Track)> {
        let mut tracks: Vec<(usize, Track)> = Vec::new();
        let mut places: HashMap<(&str, &str, Option<u32>), usize> = HashMap::new();
        for checked in &self.report.checks {
            let before = tracks.len();
            for m in &checked.finding.measurements {
                let Some(time) = m.time_s else { continue };
                let key = (checked.name.as_str(), m.quantity, m.track);
                let place = *places.entry(key).or_insert_with(|| {
                    let unit = if m.unit == "1" { String::new() } else { format!(" ({})", m.unit) };
                    let face = match (m.track, self.lang) {
                        (None, _) => String::new(),
                        (Some(n), Lang::En) => format!(", face {n}"),
                        (Some(n), Lang::Nl) => format!(", gezicht {n}"),
                    };
                    let name = format!("{}: {}{unit}{face}", checked.name, m.quantity);
                    tracks.push((tracks.len() - before, Track { name, points: Vec::new() }));
                    tracks.len() - 1
                });
                if let Some((_, track)) = tracks.get_mut(place) {
                    track.points.push((time, m.value));
                }
            }
        }
        tracks
    }

    pub(super) fn evaluation(&self) -> Markup {
        html! {
            section #evaluation {
                h2 { (self.t(label::EVALUATION)) }
                p { strong { (self.t(label::NO_LR)) } " " (self.t(label::NO_LR_WHY)) }
                p { (self.t(label::NFA_NOT_LR)) }
            }
        }
    }

    pub(super) fn limits(&self) -> Markup {
        html! {
            section #limits {
                h2 { (self.t(label::LIMITS)) }
                ul { @for limit in label::ALL_LIMITS { li { (self.t(*limit)) } } }
                @if self.has_silent() {
                    p { a href="#silent" { (self.t(label::SILENT)) } "." }
                }
            }
        }
    }
}

/// At most `most` of `tracks`, in their order: of every check the first signal
/// before of any check the second, so that a crowd of faces in one check hides
/// no other check.
fn share(tracks: Vec<(usize, Track)>, most: usize) -> Vec<Track> {
    let mut ranks: Vec<usize> = tracks.iter().map(|t| t.0).collect();
    ranks.sort_unstable();
    let last = ranks.get(most).copied().unwrap_or(usize::MAX);
    let mut spare = most - ranks.iter().take(most).filter(|&&rank| rank < last).count();
    let mut keep = |rank: usize| {
        let tie = rank == last && spare > 0;
        spare -= usize::from(tie);
        rank < last || tie
    };
    tracks.into_iter().filter(|t| keep(t.0)).map(|t| t.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_gets_its_share_of_the_time_line() {
        let check = |name: &'static str, count: usize| {
            (0..count).map(move |i| (i, Track { name: format!("{name}{i}"), points: vec![] }))
        };
        let tracks = || check("a", 9).chain(check("b", 1)).chain(check("c", 3)).collect();
        let names = |most| share(tracks(), most).into_iter().map(|t| t.name).collect::<Vec<_>>();
        assert_eq!(names(6), ["a0", "a1", "a2", "b0", "c0", "c1"]);
        assert_eq!(names(2), ["a0", "b0"]);
        assert_eq!(names(99).len(), 13);
    }
}
