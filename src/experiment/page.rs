//! A run, or a comparison of runs, as one HTML page that needs nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};

use super::figures::{self, Drawn};
use super::gallery::Shown;
use super::record::{Run, Summary, named};
use super::summary::Cell;
use super::{cite, sheets};
use crate::Result;
use crate::report::html::document;
use crate::text::visible;

/// The report of a run.
///
/// # Errors
///
/// When a plot cannot be drawn.
pub fn of_run(run: &Run, outcome: &Summary, cells: &[Cell<'_>], shown: &[Shown]) -> Result<String> {
    let experiment = &run.experiment;
    let named = named(cells);
    let mut slices = Vec::new();
    for slice in &experiment.slices {
        let of: Vec<_> = named.iter().filter(|(_, c)| c.slice == slice.name).cloned().collect();
        slices.extend(figures::of_slice(&slice.name, &of)?);
    }
    let curves = figures::robustness(experiment, &outcome.measures)?;
    let map = figures::map(&named)?;
    let errors = outcome.rows[1];
    let body = html! {
        header {
            p.brand { "waarmerk " (outcome.tool) }
            h1 { (visible(&run.name())) }
            p { strong { (visible(&outcome.question)) } }
            @if !experiment.background.is_empty() { p { (visible(&experiment.background)) } }
            @if outcome.smoke {
                p { strong { "A run in small, to see that everything works: its figures say nothing." } }
            }
            p { (outcome.rows[0]) " rows, " (errors) " of them errors." }
        }
        @if !outcome.expectations.is_empty() { section {
            h2 { "Expected and found" }
            p { (match outcome.agreed() {
                None => "Not judged.",
                Some(true) => "Everything came out as expected.",
                Some(false) => "Not everything came out as expected.",
            }) }
            (sheets::expectations(&outcome.expectations).html())
        } }
        section {
            h2 { "Metrics" }
            p.why { "Intervals are of 95 %, by resampling sources; of a share with one class alone, exact (Clopper and Pearson 1934). \"covered\" counts the items that the method scored: the others take no part in the value." }
            (sheets::metrics(&outcome.measures).html())
        }
        @if let Some(map) = &map { section { h2 { "Methods and slices" } (figure(map)) } }
        @if !curves.is_empty() { section {
            h2 { "Robustness" }
            @for curve in &curves { (figure(curve)) }
        } }
        @if !slices.is_empty() { section {
            h2 { "Items as they are" }
            @for drawn in &slices { (figure(drawn)) }
        } }
        @if !outcome.pairs.is_empty() { section {
            h2 { "Methods against each other" }
            p.why { (PAIRS) }
            (sheets::pairs(&outcome.pairs).html())
        } }
        @if !outcome.published.is_empty() { section {
            h2 { "Counted as DeepfakeBench does" }
            p.why { "The first " (experiment.deepfakebench.unwrap_or_default()) " frames of a clip, and clips of one name as one video, against frames of the whole clip and every clip by itself." }
            (sheets::published(outcome).html())
        } }
        section { h2 { "Coverage" } (sheets::coverage(cells).html()) }
        (failures(outcome, cells, shown))
        (conditions(run, cells))
        section { h2 { "To cite" } pre { (cite::bibtex(experiment)?) } }
    };
    Ok(document(&format!("{} – waarmerk", run.name()), &body))
}

const PAIRS: &str = "On items that both methods scored. DeLong's test and McNemar's exact test take items as independent; the interval of the difference resamples sources. Holm's correction is for all pairs of the table.";

/// A comparison of runs, their cells named by run and method.
///
/// # Errors
///
/// When a plot cannot be drawn.
pub fn of_comparison(
    cells: &[(String, &Cell<'_>)],
    outcome: &Summary,
    notes: &[String],
) -> Result<String> {
    let mut slices: Vec<&str> = cells.iter().map(|(_, cell)| cell.slice).collect();
    slices.sort_unstable();
    slices.dedup();
    let mut drawn = Vec::new();
    for slice in slices {
        let of: Vec<_> = cells.iter().filter(|(_, cell)| cell.slice == slice).cloned().collect();
        drawn.extend(figures::of_slice(slice, &of)?);
    }
    let map = figures::map(cells)?;
    let body = html! {
        header {
            p.brand { "waarmerk " (outcome.tool) }
            h1 { (visible(&outcome.question)) }
            @for note in notes { p { (visible(note)) } }
        }
        @if let Some(map) = &map { section { h2 { "Methods and slices" } (figure(map)) } }
        section { h2 { "Metrics" } (sheets::metrics(&outcome.measures).html()) }
        section {
            h2 { "Methods against each other" }
            p.why { (PAIRS) }
            (sheets::pairs(&outcome.pairs).html())
        }
        section { h2 { "Curves" } @for drawn in &drawn { (figure(drawn)) } }
    };
    Ok(document("Comparison – waarmerk", &body))
}

/// What was judged wrongly, as a table and in pictures.
fn failures(outcome: &Summary, cells: &[Cell<'_>], shown: &[Shown]) -> Markup {
    let all = sheets::all(outcome, cells);
    let table = all.into_iter().find(|(name, _)| *name == "misjudged");
    html! {
        section {
            h2 { "Items that were misjudged the most" }
            p.why { "At a threshold: what lies on the wrong side of it. Without one: real items that score no less than some fake, fakes that score no more than some real item. Where something is known to be true: what lies furthest from it." }
            @match table {
                None => p { "None." },
                Some((_, table)) => (table.html()),
            }
            @if !shown.is_empty() {
                p.why { "Of items of data sets only faces are shown, unless --redact said otherwise; items made by the experiment show nobody." }
            }
            @for one in shown { figure {
                @match &one.picture {
                    Ok(jpeg) => img src={ "data:image/jpeg;base64," (STANDARD.encode(jpeg)) }
                        alt=(visible(&one.key));,
                    Err(why) => p.missing { "No picture: " (why) "." },
                }
                figcaption {
                    (visible(&one.key))
                    @for failure in &one.failures { br; (failure) }
                }
            } }
        }
    }
}

fn figure((caption, svg): &Drawn) -> Markup {
    html! { figure { figcaption { (caption) } div.plot { (PreEscaped(svg)) } } }
}

fn conditions(run: &Run, cells: &[Cell<'_>]) -> Markup {
    let c = &run.conditions;
    let pairs = |pairs: &[(String, String)]| {
        html! { @for (name, digest) in pairs { div { (visible(name)) " " code.digest { (digest) } } } }
    };
    html! {
        section {
            h2 { "Conditions" }
            dl.facts {
                div { dt { "Program" } dd { "waarmerk " (c.tool) " " code.digest { (c.tool_sha256) } } }
                div { dt { "FFmpeg" } dd { (c.ffmpeg) } }
                div { dt { "Device" } dd { (c.device) } }
                div { dt { "Experiment file" } dd { code.digest { (c.experiment_sha256) } } }
                div { dt { "Seed" } dd { (c.seed) } }
                div { dt { "Shards" } dd { (c.shards) } }
                @if !c.models.is_empty() { div { dt { "Networks" } dd { (pairs(&c.models)) } } }
                @if !c.manifests.is_empty() {
                    div { dt { "Manifests" } dd { (pairs(&c.manifests)) } }
                }
            }
            (sheets::seconds(cells).html())
        }
    }
}
