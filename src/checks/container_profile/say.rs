//! The finding in words and tables.

use super::super::container::shorten;
use super::compare::Compared;
use super::store::Reference;
use crate::checks::{Attachment, Figure, Finding, Status};
use crate::text::Text;
use serde_json::json;

/// Most rows of a table in a report; the attachment holds all.
const ROWS: usize = 150;
/// Longest feature in a cell, in characters.
const CELL: usize = 160;
/// Below this many references the spread of a device's own files is not known.
const FEW: usize = 5;

pub(super) fn no_profile(why: &str) -> Finding {
    let mut finding = Finding::abstain(
        Status::NotApplicable,
        Text::new(
            "No reference files are enrolled, so there is nothing to compare the structure with; `waarmerk container enrol NAME FILE...` keeps some.",
            "Er zijn geen referentiebestanden ingevoerd, zodat er niets is om de structuur mee te vergelijken; `waarmerk container enrol NAAM BESTAND...` bewaart ze.",
        ),
    );
    finding.state = Some("no-profile".to_owned());
    if !why.is_empty() {
        finding.warnings.push(Text::same(why));
    }
    finding
}

pub(super) fn finding(file: &Reference, compared: &[Compared]) -> Finding {
    let Some(nearest) = compared.first() else { return no_profile("") };
    let mut finding = Finding::new(Status::Observed, summary(file, nearest, compared.len()));
    finding.state = Some(nearest.state().to_owned());
    finding.value("profiles", "1", compared.len() as f64);
    finding.value("references", "1", nearest.references as f64);
    finding.value("features", "1", file.features.len() as f64);
    finding.value("shared_with_all", "1", nearest.with_all as f64);
    finding.value("shared_with_some", "1", nearest.with_some as f64);
    finding.value("missing", "1", nearest.missing.len() as f64);
    finding.value("foreign", "1", nearest.foreign.len() as f64);
    finding.value("same_digest", "1", nearest.same_digest as f64);
    finding.figures.push(table(compared));
    if !nearest.missing.is_empty() || !nearest.foreign.is_empty() {
        finding.figures.push(differences(nearest));
    }
    finding.attachments.push(Attachment {
        name: "comparison",
        data: json!({
            "schema": 1,
            "features": file.features,
            "structure_digest": file.digest,
            "profiles": compared.iter().map(|c| json!({
                "name": c.name,
                "references": c.references,
                "state": c.state(),
                "same_digest": c.same_digest,
                "missing": c.missing,
                "foreign": c.foreign,
            })).collect::<Vec<_>>(),
        }),
    });
    finding.warnings = warnings(nearest);
    finding
}

fn warnings(nearest: &Compared) -> Vec<Text> {
    let mut warnings = Vec::new();
    let n = nearest.references;
    if n < FEW {
        warnings.push(Text::new(
            format!("The profile has {n} references; with fewer than {FEW} it is not known how much the files of one device or program differ among themselves."),
            format!("Het profiel heeft {n} referenties; met minder dan {FEW} is niet bekend hoeveel de bestanden van één apparaat of programma onderling verschillen."),
        ));
    }
    if nearest.same_file > 0 {
        warnings.push(Text::new(
            "The file examined is itself one of the references of this profile: that it agrees means nothing.",
            "Het onderzochte bestand is zelf een van de referenties van dit profiel: dat het overeenkomt, betekent niets.",
        ));
    }
    warnings.push(Text::new(
        "Compared are the parts and steady facts of the container; not compared are sizes, times, the order of interleaving and the coded content. No error rates are known for these references.",
        "Vergeleken zijn de onderdelen en vaste gegevens van de container; niet vergeleken zijn omvang, tijden, vervlechting en de gecodeerde inhoud. Voor deze referenties zijn geen foutkansen bekend.",
    ));
    warnings
}

fn summary(file: &Reference, nearest: &Compared, profiles: usize) -> Text {
    let (name, n) = (&nearest.name, nearest.references);
    let (missing, foreign) = (nearest.missing.len(), nearest.foreign.len());
    let features = file.features.len();
    let (mut en, mut nl) = match nearest.state() {
        "same-structure" => (
            format!(
                "The structure is that of {} of the {n} references of `{name}`: all {features} features are found among them, none is missing, and the parts come in the same order. The file can have been written by the same device or program, or by another that writes alike; content is not compared.",
                nearest.same_digest
            ),
            format!(
                "De structuur is die van {} van de {n} referenties van `{name}`: alle {features} kenmerken komen daarin voor, geen ontbreekt, en de onderdelen staan in dezelfde volgorde. Het bestand kan door hetzelfde apparaat of programma zijn geschreven, of door een ander dat hetzelfde schrijft; de inhoud is niet vergeleken.",
                nearest.same_digest
            ),
        ),
        "within-references" => (
            format!(
                "All {features} features are found among the {n} references of `{name}` and none that they share is missing, but no single reference has the same parts in the same order."
            ),
            format!(
                "Alle {features} kenmerken komen voor in de {n} referenties van `{name}` en geen dat zij delen ontbreekt, maar geen enkele referentie heeft dezelfde onderdelen in dezelfde volgorde."
            ),
        ),
        _ => (
            format!(
                "The structure differs from all {n} references of `{name}`: {missing} features that they share are missing, {foreign} of {features} occur in none of them. The file was not written in the way of these references; sending, storing, wrapping or trimming suffices for that and says nothing about the content."
            ),
            format!(
                "De structuur verschilt van alle {n} referenties van `{name}`: {missing} gedeelde kenmerken ontbreken, {foreign} van de {features} komen in geen ervan voor. Het bestand is niet op de wijze van deze referenties geschreven; verzenden, opslaan, opnieuw verpakken of inkorten volstaat daarvoor en zegt niets over de inhoud."
            ),
        ),
    };
    if profiles > 1 {
        en += &format!(" This is the nearest of {profiles} profiles; the table gives the others.");
        nl += &format!(" Dit is het naaste van {profiles} profielen; de tabel geeft de andere.");
    }
    Text::new(en, nl)
}

fn table(compared: &[Compared]) -> Figure {
    Figure::Table {
        title: Text::new("Profiles, the nearest first", "Profielen, het naaste eerst"),
        columns: vec![
            Text::new("Profile", "Profiel"),
            Text::new("References", "Referenties"),
            Text::new("Same structure", "Zelfde structuur"),
            Text::new("Shared with all", "Gedeeld met alle"),
            Text::new("Shared with some", "Gedeeld met sommige"),
            Text::new("Missing", "Ontbrekend"),
            Text::new("Foreign", "Vreemd"),
        ],
        rows: compared
            .iter()
            .take(ROWS)
            .map(|c| {
                let mut row = vec![c.name.clone()];
                let counts = [c.references, c.same_digest, c.with_all, c.with_some];
                row.extend(counts.map(|n| n.to_string()));
                row.extend([c.missing.len(), c.foreign.len()].map(|n| n.to_string()));
                row
            })
            .collect(),
    }
}

fn differences(nearest: &Compared) -> Figure {
    let rows = [("–", &nearest.missing), ("+", &nearest.foreign)];
    let all = rows.iter().flat_map(|(sign, list)| {
        list.iter().map(move |feature| vec![(*sign).to_owned(), shorten(feature, CELL)])
    });
    let mut rows: Vec<Vec<String>> = all.clone().take(ROWS).collect();
    let count = all.count();
    if count > ROWS {
        rows.push(vec!["…".to_owned(), format!("+{}", count - ROWS)]);
    }
    Figure::Table {
        title: Text::new(
            format!("Differences from `{}`: – missing here, + in no reference", nearest.name),
            format!("Verschillen met `{}`: – ontbreekt hier, + in geen referentie", nearest.name),
        ),
        columns: vec![Text::same("±"), Text::new("Feature", "Kenmerk")],
        rows,
    }
}
