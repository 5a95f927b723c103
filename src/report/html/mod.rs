//! The report as one HTML file that needs nothing else: no script, style
//! sheet, font or picture from elsewhere, and a policy that forbids them. Its
//! one script, allowed by its digest, makes the time line live; without it
//! nothing is missing but the pointing. It works from disk, on paper, from the
//! keyboard and read aloud.

pub mod evaluation;
mod figure;
mod finding;
mod item;
mod run;
mod summary;
mod timeline;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::cell::Cell;

use super::facts::{self, Fact, Piece};
use super::signals;
use super::{Report, label};
use crate::Result;
use crate::text::{Lang, visible, visible_lines};

const STYLE: &str = include_str!("style.css");

/// Most characters of one string from the evidence that are shown; the rest is
/// counted, not hidden.
const MOST_CHARS: usize = 4000;

/// What every part of the page needs.
struct Page<'a> {
    report: &'a Report,
    lang: Lang,
    /// Figures and tables numbered so far.
    figures: Cell<u32>,
    tables: Cell<u32>,
}

/// The report as HTML.
///
/// # Errors
///
/// Only when an encoder fails; a figure that cannot be drawn is replaced by
/// the reason.
pub fn render(report: &Report) -> Result<String> {
    let lang = report.lang;
    let page = Page { report, lang, figures: Cell::new(0), tables: Cell::new(0) };
    let id = report.id()?;
    let style = style(&id, lang);
    // The style sheet is allowed by its digest, so that no style attribute
    // and no other sheet could ever take effect.
    let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let script = STANDARD.encode(Sha256::digest(timeline::SCRIPT.as_bytes()));
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{digest}'; script-src 'sha256-{script}'; \
         connect-src 'none'; base-uri 'none'; form-action 'none'"
    );
    let t = |l: label::Label| l.get(lang);
    let body = html! {
        a.skip href="#findings" { (t(label::SKIP)) }
        main {
            (page.title(&id))
            (page.contents())
            (page.summary())
            (page.propositions())
            (page.item())
            (page.custody())
            (page.condition())
            (page.timeline()?)
            section #findings {
                h2 { (t(label::FINDINGS)) }
                @if report.checks.is_empty() { p { (t(label::NO_CHECKS)) } }
                @else { p.why { (t(label::ORDER)) " " (t(label::ROUNDED)) } }
                @for checked in report.sections() { (page.finding(checked)) }
            }
            (page.silent())
            (page.evaluation()?)
            (page.limits())
            (page.run())
            (page.sign())
            p.end { "— " (t(label::END)) " " (id) " —" }
        }
    };
    Ok(html! {
        (DOCTYPE)
        html lang=(label::code(lang)) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "waarmerk " (report.tool.version) };
                title { (t(label::REPORT)) " " (id) " – " (visible(&report.exhibit.name)) }
                style { (PreEscaped(&style)) }
            }
            body {
                (body)
                @if signals::over_time(report) { script { (PreEscaped(timeline::SCRIPT)) } }
            }
        }
    }
    .into_string())
}

/// A page of its own in the style of the report, in English, without a script.
pub fn document(title: &str, body: &Markup) -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (visible(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
    .into_string()
}

/// The style sheet, with the words that stand on every printed page.
fn style(id: &str, lang: Lang) -> String {
    let (page, of) = (label::PAGE.get(lang), label::OF.get(lang));
    format!(
        "{STYLE}@page{{@bottom-left{{content:\"waarmerk · {id}\"}}\
         @bottom-right{{content:\"{page} \" counter(page) \" {of} \" counter(pages)}}}}\n"
    )
}

impl Page<'_> {
    fn t(&self, label: label::Label) -> &'static str {
        label.get(self.lang)
    }

    fn title(&self, id: &str) -> Markup {
        let report = self.report;
        html! {
            header {
                p.brand { "waarmerk " (report.tool.version) }
                @if let Some(name) = &report.lab.laboratory {
                    address { strong { (line(name)) }
                        @for more in &report.lab.letterhead { br; (line(more)) }
                    }
                }
                h1 { (self.t(label::REPORT)) }
                p.subtitle { (self.t(label::SUBTITLE)) }
                dl.facts { @for fact in facts::title(report, id) {
                    div { dt { (fact.name) } dd { (pieces(&fact.value)) } }
                } }
                p.only { (self.t(label::ONLY_ITEMS)) }
                p { (self.t(match report.redact {
                    super::Redact::Faces => label::REDACT_FACES,
                    super::Redact::None => label::REDACT_NONE,
                    super::Redact::All => label::REDACT_ALL,
                })) }
            }
        }
    }

    fn contents(&self) -> Markup {
        let lang = self.lang;
        let there = |anchor: &str| match anchor {
            "timeline" => signals::over_time(self.report),
            "silent" => self.report.has_silent(),
            _ => true,
        };
        let sections = self.report.sections();
        let entries = [
            ("summary", label::SUMMARY),
            ("propositions", label::PROPOSITIONS),
            ("item", label::ITEM),
            ("custody", label::CUSTODY),
            ("condition", label::CONDITION),
            ("timeline", label::TIMELINE),
            ("findings", label::FINDINGS),
            ("silent", label::SILENT),
            ("evaluation", label::EVALUATION),
            ("limits", label::LIMITS),
            ("run", label::RUN),
            ("sign", label::SIGN),
        ];
        html! {
            nav aria-labelledby="contents" {
                h2 #contents { (self.t(label::CONTENTS)) }
                ol {
                    @for (anchor, name) in entries.iter().filter(|e| there(e.0)) {
                        li {
                            a href={ "#" (anchor) } { (name.get(lang)) }
                            @if *anchor == "findings" && !sections.is_empty() {
                                ul { @for checked in &sections {
                                    li { a href={ "#check-" (checked.name) } { (checked.name) } }
                                } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A string from the evidence on one line: hidden characters shown, direction
/// isolated, length bounded.
fn line(evidence: &str) -> Markup {
    let (shown, rest) = bounded(evidence);
    html! { bdi.long[long(shown)] { (visible(shown)) } (rest) }
}

/// As [`line`], with its own line ends kept.
fn lines(evidence: &str) -> Markup {
    let (shown, rest) = bounded(evidence);
    html! { bdi.text.long[long(shown)] { (visible_lines(shown)) } (rest) }
}

/// Whether a word of `text` is too long for a column and has to be broken
/// anywhere; words of ordinary length stay whole.
fn long(text: &str) -> bool {
    text.split_whitespace().any(|word| word.chars().nth(24).is_some())
}

fn bounded(evidence: &str) -> (&str, Markup) {
    match evidence.char_indices().nth(MOST_CHARS) {
        None => (evidence, html! {}),
        Some((at, _)) => {
            let (shown, rest) = evidence.split_at(at);
            (shown, html! { " " span.cut { "[… +" (rest.chars().count()) "]" } })
        }
    }
}

/// A table of names and values; names are row heads.
fn fact_table(rows: &[Fact]) -> Markup {
    html! {
        @if !rows.is_empty() { table.facts {
            tbody { @for fact in rows {
                tr { th scope="row" { (fact.name) } td { (pieces(&fact.value)) } }
            } }
        } }
    }
}

fn pieces(value: &[Piece]) -> Markup {
    html! { @for (i, piece) in value.iter().enumerate() {
        @if i > 0 { " " }
        @match piece {
            Piece::Words(words) => (line(words)),
            Piece::Code(code) => code.digest { (line(code)) },
            Piece::Why(why) => span.why { "(" (why) ")" },
        }
    } }
}

/// A region of its own that scrolls when it is large, by keyboard too, and is
/// printed in full.
fn scroll(name: &str, content: Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(name) { (content) } }
}
