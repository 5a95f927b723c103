//! The evaluation of findings against reference sets: a section of the report,
//! and a page of its own that, like the report, needs nothing else and forbids
//! all else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::{STYLE, fact_table};
use crate::Result;
use crate::evaluate::reference::{Evaluation, Refusal};
use crate::plot::draw;
use crate::report::label;
use crate::report::weighed::{Weighed, figures};
use crate::text::{Lang, visible};

/// The page.
///
/// # Errors
/// When a plot cannot be drawn.
pub fn render(weighed: &Weighed, lang: Lang) -> Result<String> {
    let t = |label: label::Label| label.get(lang);
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    let title = t(label::EVALUATION_OF);
    let body = html! {
        main {
            header {
                p.brand { (weighed.tool) }
                h1 { (title) }
                dl.facts {
                    div { dt { (t(label::ITEM)) } dd { (visible(&weighed.exhibit.0)) } }
                    div { dt { "SHA-256" } dd { code.digest { (weighed.exhibit.1) } } }
                }
            }
            (section(weighed, lang)?)
            p.end { "— " (title) " —" }
        }
    };
    Ok(html! {
        (DOCTYPE)
        html lang=(label::code(lang)) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – " (visible(&weighed.exhibit.0)) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string())
}

/// One reference set: the pair, then each check with its ratio or the reason
/// why there is none.
pub(super) fn section(weighed: &Weighed, lang: Lang) -> Result<Markup> {
    let t = |label: label::Label| label.get(lang);
    let mut sections = Vec::new();
    for (check, outcome) in &weighed.outcomes {
        sections.push(match outcome {
            Ok(found) => given(weighed, check, found, lang)?,
            Err(Refusal(why)) => html! { section {
                h3 { (visible(check)) }
                p { strong { (t(label::NO_LR)) } " " (visible(why.get(lang))) "." }
            } },
        });
    }
    Ok(html! {
        (fact_table(&weighed.facts(lang)))
        @if weighed.any() { p { (t(label::RATIOS_WHY)) } }
        @else { p { strong { (t(label::NO_LR)) } " " (t(label::SET_UNSUITED)) } }
        @for section in &sections { (section) }
    })
}

fn given(weighed: &Weighed, check: &str, found: &Evaluation, lang: Lang) -> Result<Markup> {
    let mut svgs = Vec::new();
    for (title, figure) in figures(found) {
        svgs.push((title.get(lang).to_owned(), draw(&figure, lang)?));
    }
    Ok(html! { section {
        h3 { (visible(check)) }
        p { strong { (visible(weighed.words(found).get(lang))) } }
        (fact_table(&weighed.given(found, lang)))
        @for (caption, svg) in &svgs { figure { (PreEscaped(svg)) figcaption { (caption) } } }
    } })
}
