//! The evaluation of findings against a reference set, as a page of its own:
//! like the report it needs nothing else and forbids all else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::STYLE;
use crate::Result;
use crate::checks::Figure;
use crate::checks::finding::{Axis, Series};
use crate::evaluate::reference::{Condition, Evaluation, Refusal};
use crate::evaluate::{plots, words};
use crate::plot::{draw, number};
use crate::report::label;
use crate::text::{Lang, Text, visible};

/// What was evaluated.
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
    /// Each check of the set and its outcome.
    pub outcomes: Vec<(String, Result<Evaluation, Refusal>)>,
    /// Version of the program.
    pub tool: String,
}

/// The page.
///
/// # Errors
/// When a plot cannot be drawn.
pub fn render(weighed: &Weighed, lang: Lang) -> Result<String> {
    let or = |en: &'static str, nl: &'static str| if lang == Lang::En { en } else { nl };
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    );
    let title = or("Evaluation of findings", "Interpretatie van bevindingen");
    let any = weighed.outcomes.iter().any(|o| o.1.is_ok());
    let mut sections = Vec::new();
    for (check, outcome) in &weighed.outcomes {
        sections.push(match outcome {
            Ok(found) => given(weighed, check, found, lang)?,
            Err(Refusal(why)) => html! { section {
                h2 { (visible(check)) }
                p { strong { (or("No likelihood ratio can be given", "Er kan geen likelihood ratio worden gegeven")) } ": " (visible(why.get(lang))) "." }
            } },
        });
    }
    let body = html! {
        main {
            header {
                p.brand { (weighed.tool) }
                h1 { (title) }
                dl.facts {
                    div { dt { (or("Item", "Item")) } dd { (visible(&weighed.exhibit.0)) } }
                    div { dt { "SHA-256" } dd { code.digest { (weighed.exhibit.1) } } }
                    div { dt { (or("Reference set", "Referentieset")) } dd { (visible(&weighed.reference.0)) } }
                    div { dt { (or("SHA-256 of the set", "SHA-256 van de set")) } dd { code.digest { (weighed.reference.1) } } }
                    div { dt { (or("Proposition 1", "Hypothese 1")) } dd { (visible(weighed.h1.get(lang))) } }
                    div { dt { (or("Proposition 2", "Hypothese 2")) } dd { (visible(weighed.h2.get(lang))) } }
                }
            }
            @if !any {
                p { strong { (or("No likelihood ratio can be given", "Er kan geen likelihood ratio worden gegeven")) } ". "
                    (or("The reference set does not suit this exhibit; each check says why.", "De referentieset past niet bij dit onderzochte bestand; per methode staat waarom.")) }
            } @else {
                p { (or(
                    "Each ratio is about what its heading names: one check, or several (+) weighed together by one function learnt from the same items. Ratios must not be multiplied: checks share causes, and nothing else is known here of how they depend on each other. What a ratio is worth depends on whether the reference set resembles the case, which the examiner has to judge.",
                    "Elke ratio gaat over wat de kop noemt: één methode, of meer (+) die samen zijn gewogen met één functie, geleerd van dezelfde items. Ratio's mogen niet worden vermenigvuldigd: methoden hebben gedeelde oorzaken, en verder is hier niet bekend hoe ze samenhangen. Wat een ratio waard is, hangt ervan af of de referentieset op de zaak lijkt; dat moet de onderzoeker beoordelen.")) }
            }
            @for section in &sections { (section) }
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

fn given(weighed: &Weighed, check: &str, found: &Evaluation, lang: Lang) -> Result<Markup> {
    let or = |en: &'static str, nl: &'static str| if lang == Lang::En { en } else { nl };
    let n = |x: f64| number(x, lang);
    let words = words::support(found.log10_lr, &weighed.h1, &weighed.h2);
    let conditions: Vec<String> = weighed
        .conditions
        .iter()
        .zip(&found.condition)
        .map(|(name, c)| match c {
            Condition::Number(x) => format!("{name} {}", n(*x)),
            Condition::Word(w) => format!("{name} {w}"),
        })
        .collect();
    let cllr = found.cllr();
    let mut svgs = Vec::new();
    for figure in figures(found) {
        let caption = match &figure {
            Figure::Lines { title, .. } => title.get(lang).to_owned(),
            _ => String::new(),
        };
        svgs.push((caption, draw(&figure, lang)?));
    }
    Ok(html! { section {
        h2 { (visible(check)) }
        p { strong { (visible(words.get(lang))) } }
        dl.facts {
            div { dt { (or("Score", "Score")) } dd { (n(found.score)) } }
            div { dt { (or("log10 of the likelihood ratio", "log10 van de likelihood ratio")) } dd {
                (n(found.log10_lr)) " (95 %: " (n(found.interval.0)) (or(" to ", " tot ")) (n(found.interval.1)) ")" } }
            div { dt { (or("Bounds (ELUB)", "Grenzen (ELUB)")) } dd { (n(found.bounds.0)) (or(" to ", " tot ")) (n(found.bounds.1))
                @if found.bound_hit() { (or("; the bound was reached", "; de grens is bereikt")) } } }
            div { dt { (or("Condition chosen", "Gekozen conditie")) } dd { @if conditions.is_empty() { "–" } @else { (visible(&conditions.join(", "))) } } }
            div { dt { (or("Scores and sources (1, 2)", "Scores en bronnen (1, 2)")) } dd { (found.scores[0]) "/" (found.sources[0]) ", " (found.scores[1]) "/" (found.sources[1]) } }
            @if let Some([all, least, rest]) = cllr {
                div { dt { (or("C_llr before the bounds", "C_llr vóór de grenzen")) } dd { (n(all)) " (min " (n(least)) ", cal " (n(rest)) ")" } }
            }
        }
        @if found.outside {
            p { (or("The score lies beyond every score of the reference set: the ratio is extrapolated.", "De score ligt buiten alle scores van de referentieset: de ratio is geëxtrapoleerd.")) }
        }
        @for (caption, svg) in &svgs { figure { (PreEscaped(svg)) figcaption { (caption) } } }
    } })
}

/// Tippett, ECE, PAV and DET of the held-out ratios.
fn figures(found: &Evaluation) -> Vec<Figure> {
    let axis = |en: &str, nl: &str| Axis { label: Text::new(en, nl), range: None, log: false };
    let series =
        |en: &str, nl: &str, points: Vec<(f64, f64)>| Series { name: Text::new(en, nl), points };
    let ratio = || axis("log10 likelihood ratio", "log10 likelihood ratio");
    let mut figures = Vec::new();
    let mut add = |title: Text, x: Axis, y: Axis, series: Vec<Series>| {
        figures.push(Figure::Lines { title, x, y, series });
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
