//! What was examined, and in what state.

use maud::{Markup, html};

use super::{Page, fact_table, line, lines, scroll};
use crate::report::moment::moment;
use crate::report::proposition::pairs;
use crate::report::{facts, label};
use crate::text::Text;

/// Most tags of one stream shown; the others are counted.
const MOST_TAGS: usize = 500;

impl Page<'_> {
    pub(super) fn item(&self) -> Markup {
        let exhibit = &self.report.exhibit;
        let fresh = |note: &&Text| !exhibit.notes.contains(note);
        let remarks: Vec<&Text> = self.report.notes.iter().filter(fresh).collect();
        let video = exhibit.video.as_ref().map_or(&[][..], |v| &v.tags);
        let audio = exhibit.audio.as_ref().map_or(&[][..], |a| &a.tags);
        html! {
            section #item {
                h2 { (self.t(label::ITEM)) }
                (fact_table(&facts::item(self.report)))
                @if !exhibit.notes.is_empty() {
                    h3 { (self.t(label::NOTES)) }
                    ul { @for note in &exhibit.notes { li { (line(note.get(self.lang))) } } }
                }
                (self.tags(label::TAGS, &exhibit.tags))
                (self.tags(label::VIDEO_TAGS, video))
                (self.tags(label::AUDIO_TAGS, audio))
                @if !remarks.is_empty() {
                    h3 { (self.t(label::RUN_NOTES)) }
                    ul { @for note in remarks { li { (line(note.get(self.lang))) } } }
                }
            }
        }
    }

    fn tags(&self, name: label::Label, tags: &[(String, String)]) -> Markup {
        if tags.is_empty() {
            return html! {};
        }
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::TAG)) }
                    th scope="col" { (self.t(label::AS_STORED)) }
                } }
                tbody { @for (tag, value) in tags.iter().take(MOST_TAGS) {
                    tr { th scope="row" { (line(tag)) } td { (lines(value)) } }
                } }
            }
        };
        html! {
            h3 { (self.t(name)) }
            (scroll(self.t(name), table))
            (self.cut(tags.len(), MOST_TAGS))
        }
    }

    /// What is asked, as pairs of propositions.
    pub(super) fn propositions(&self) -> Markup {
        let lang = self.lang;
        let lab = &self.report.lab;
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::ABOUT)) }
                    th scope="col" { (self.t(label::PROPOSITION_1)) }
                    th scope="col" { (self.t(label::PROPOSITION_2)) }
                    th scope="col" { (self.t(label::GROUPS)) }
                } }
                tbody { @for pair in pairs(self.report) { tr {
                    th scope="row" { (pair.about.get(lang)) }
                    td { (line(pair.h1.get(lang))) }
                    td { (line(pair.h2.get(lang))) }
                    td { (pair.groups.iter().map(|g| self.t(label::group(*g))).collect::<Vec<_>>().join(", ")) }
                } } }
            }
        };
        html! {
            section #propositions {
                h2 { (self.t(label::PROPOSITIONS)) }
                @if let Some(question) = &lab.question { p.lead { (line(question)) } }
                p { (self.t(label::PROPOSITIONS_WHY)) }
                (scroll(self.t(label::PROPOSITIONS), table))
            }
        }
    }

    /// How the item came and what happened to it, as the case tells it.
    pub(super) fn custody(&self) -> Markup {
        let Some(handling) = &self.report.lab.handling else {
            return html! { section #custody {
                h2 { (self.t(label::CUSTODY)) }
                p { (self.t(label::NO_CUSTODY)) }
            } };
        };
        let steps = html! {
            table {
                thead { tr {
                    th.number scope="col" { (self.t(label::LOG_LINE)) }
                    th scope="col" { (self.t(label::MOMENT)) }
                    th scope="col" { (self.t(label::WHO)) }
                    th scope="col" { (self.t(label::EVENT)) }
                } }
                tbody { @for step in &handling.steps { tr {
                    td.number { (step.line) }
                    td { (line(&moment(&step.at, self.lang))) }
                    td { (line(&step.by)) }
                    td { (line(step.what.get(self.lang))) }
                } } }
            }
        };
        html! {
            section #custody {
                h2 { (self.t(label::CUSTODY)) }
                table.facts { tbody { @for (name, value) in facts::obtained(self.report) {
                    tr { th scope="row" { (line(&name)) } td { (line(&value)) } }
                } } }
                p { (self.t(label::CUSTODY_WHY)) " " code.digest { (line(&handling.head)) } }
                (scroll(self.t(label::CUSTODY), steps))
            }
        }
    }

    pub(super) fn condition(&self) -> Markup {
        html! {
            section #condition {
                h2 { (self.t(label::CONDITION)) }
                p { (self.t(label::CONDITION_WHY)) }
                (fact_table(&facts::condition(self.report)))
            }
        }
    }
}
