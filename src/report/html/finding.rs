//! One check: what it found, what that rests on, and when it misleads.

use maud::{Markup, html};

use super::{Page, fact_table, line, scroll};
use crate::checks::doc::{Block, Span, blocks, doc};
use crate::checks::{Finding, Measurement};
use crate::plot::number;
use crate::report::signals::signals;
use crate::report::{Checked, facts, label};

/// Most rows of the table of measurements over time; the others are counted.
const MOST_SIGNALS: usize = 200;

impl Page<'_> {
    pub(super) fn finding(&self, checked: &Checked) -> Markup {
        let finding = &checked.finding;
        let doc = doc(checked.source);
        let title = doc.title(self.lang);
        html! {
            article.check id={ "check-" (checked.name) } {
                h3 { (checked.name) }
                @if !title.is_empty() { p.what { (title) } }
                p.marks {
                    (self.status(finding.status)) " "
                    @if checked.found() { (self.standing(checked.standing)) " " }
                    span.mark.weak { (self.t(label::group(checked.group))) }
                }
                p.lead { (line(finding.summary.get(self.lang))) }
                (fact_table(&facts::finding(finding, self.lang)))
                @if !finding.warnings.is_empty() {
                    div.warning role="note" {
                        h4 { (self.t(label::WARNINGS)) }
                        ul { @for warning in &finding.warnings { li { (line(warning.get(self.lang))) } } }
                    }
                }
                @for figure in &finding.figures { (self.figure(figure)) }
                @if !finding.attachments.is_empty() {
                    p.why { (self.t(label::IN_FULL)) ": "
                        @for (i, attachment) in finding.attachments.iter().enumerate() {
                            @if i > 0 { ", " }
                            code { (checked.file_name(attachment)) }
                        }
                    }
                }
                (self.values(finding))
                (self.over_time(&finding.measurements))
                (self.method(checked.source))
            }
        }
    }

    fn values(&self, finding: &Finding) -> Markup {
        if finding.values.is_empty() {
            return html! {};
        }
        let table = html! {
            table.narrow {
                thead { tr {
                    th scope="col" { (self.t(label::QUANTITY)) }
                    th.number scope="col" { (self.t(label::VALUE)) }
                    th scope="col" { (self.t(label::UNIT)) }
                } }
                tbody { @for value in &finding.values { tr {
                    th scope="row" { (line(&value.quantity)) }
                    td.number { (number(value.value, self.lang)) }
                    td { (value.unit) }
                } } }
            }
        };
        html! { h4 { (self.t(label::VALUES)) } (scroll(self.t(label::VALUES), table)) }
    }

    fn over_time(&self, measurements: &[Measurement]) -> Markup {
        let signals = signals(measurements);
        if signals.is_empty() {
            return html! {};
        }
        let tracked = signals.iter().any(|s| s.track.is_some());
        let n = |v| number(v, self.lang);
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::QUANTITY)) }
                    th scope="col" { (self.t(label::UNIT)) }
                    @if tracked { th.number scope="col" { (self.t(label::TRACK)) } }
                    th.number scope="col" { (self.t(label::COUNT)) }
                    th.number scope="col" { (self.t(label::LOWEST)) }
                    th.number scope="col" { (self.t(label::MIDDLE)) }
                    th.number scope="col" { (self.t(label::HIGHEST)) }
                    th.number scope="col" { (self.t(label::HIGHEST_AT)) }
                } }
                tbody { @for s in signals.iter().take(MOST_SIGNALS) { tr {
                    th scope="row" { (s.quantity) }
                    td { (s.unit) }
                    @if tracked { td.number { @match s.track { Some(t) => (t), None => "–" } } }
                    td.number { (s.count) }
                    td.number { (n(s.low)) }
                    td.number { (n(s.median)) }
                    td.number { (n(s.high)) }
                    td.number { @match s.high_at { Some(t) => (n(t)), None => "–" } }
                } } }
            }
        };
        html! {
            h4 { (self.t(label::OVER_TIME)) }
            (scroll(self.t(label::OVER_TIME), table))
            (self.cut(signals.len(), MOST_SIGNALS))
            p.why { (self.t(label::MEASURED_WHERE)) }
        }
    }

    /// The check's own documentation.
    fn method(&self, source: &str) -> Markup {
        let doc = doc(source);
        let sections = doc.sections(self.lang);
        if sections.is_empty() {
            return html! {};
        }
        html! {
            div.method {
                h4 { (self.t(label::METHOD)) }
                @for (heading, text) in sections {
                    @if !heading.is_empty() { h5 { (heading) } }
                    @for block in blocks(text) { (rendered(&block)) }
                }
            }
        }
    }
}

/// A block of documentation as HTML.
fn rendered(block: &Block) -> Markup {
    match block {
        Block::Paragraph(words) => html! { p { (running(words)) } },
        Block::List(items) => html! { ul { @for item in items { li { (running(item)) } } } },
        Block::Code(code) => html! { pre { (code) } },
    }
}

fn running(words: &[Span]) -> Markup {
    html! { @for span in words { @match span {
        Span::Text(s) => (s),
        Span::Code(s) => code { (s) },
        Span::Strong(s) => strong { (s) },
    } } }
}
