//! What was examined, and in what state.

use maud::{Markup, html};

use super::{Page, fact_table, line, lines, scroll};
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
