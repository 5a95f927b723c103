//! The finding in words and tables.

use super::super::container::shorten;
use super::super::{Figure, Finding, Status};
use super::{C2PA, C2PA_SOURCE_TYPE, KINDS, MENTION, Marker, SOURCE_TYPE};
use crate::media::metadata::Metadata;
use crate::text::Text;

/// Most rows of a table in a report; the numbers count all.
const ROWS: usize = 500;
/// Longest value in a cell, in characters.
const CELL: usize = 300;
/// Most kinds and meanings told in the summary.
const TOLD: usize = 4;

pub(super) fn finding(markers: &[Marker], metadata: &Metadata) -> Finding {
    let declared = markers.iter().filter(|m| m.counts).count();
    let mut finding = Finding::new(Status::Observed, summary(markers, declared));
    finding.state = Some(if declared > 0 { "declared" } else { "none" }.into());
    finding.value("declared_markers", "1", declared as f64);
    let of = |kind: &str| markers.iter().filter(|m| m.kind == kind).count() as f64;
    finding.value("source_type_statements", "1", of(SOURCE_TYPE) + of(C2PA_SOURCE_TYPE));
    finding.value("mentions", "1", of(MENTION));
    finding.value("c2pa_present", "1", of(C2PA).min(1.0));
    finding.value("looked_for", "1", KINDS.len() as f64);
    finding.value("statements_searched", "1", metadata.rows.len() as f64);
    if !markers.is_empty() {
        finding.figures.push(found(markers));
    }
    for marker in markers.iter().filter(|m| !m.settings.is_empty()).take(8) {
        finding.figures.push(settings(marker));
    }
    finding.figures.push(looked_for(markers));
    finding.warnings.push(Text::new(
        "Not looked for here: marks hidden in the picture or sound itself (SynthID, Stable \
         Signature, invisible-watermark, audio marks), visible labels in the picture, anything \
         but the source type in a C2PA manifest, keywords, the file's name, and anything that a platform knows but \
         does not write into the file.",
        "Hier niet gezocht: kenmerken die in het beeld of geluid zelf zijn verborgen (SynthID, \
         Stable Signature, invisible-watermark, audiokenmerken), zichtbare vermeldingen in het \
         beeld, wat een C2PA-manifest buiten het brontype vermeldt, trefwoorden, de bestandsnaam, en wat een platform \
         wel weet maar niet in het bestand zet.",
    ));
    finding.warnings.extend(metadata.warnings.iter().cloned());
    finding
}

fn summary(markers: &[Marker], declared: usize) -> Text {
    let mut en = Vec::new();
    let mut nl = Vec::new();
    if declared > 0 {
        let mut kinds: Vec<&str> = Vec::new();
        for marker in markers.iter().filter(|m| m.counts) {
            if !kinds.contains(&marker.kind) {
                kinds.push(marker.kind);
            }
        }
        kinds.truncate(TOLD);
        let soorten: Vec<&str> = kinds.iter().map(|kind| dutch(kind)).collect();
        let (kinds, soorten) = (kinds.join("; "), soorten.join("; "));
        en.push(format!(
            "The file declares that it was generated, changed by a model or made synthetically: \
             statements found {declared} ({kinds})."
        ));
        nl.push(format!(
            "Het bestand verklaart dat het is gegenereerd, door een model is gewijzigd of \
             kunstmatig is gemaakt: gevonden vermeldingen {declared} ({soorten})."
        ));
    } else {
        en.push(format!(
            "No declaration of generation was found; {} kinds were looked for. That proves \
             nothing: declarations are easily removed and most services remove them.",
            KINDS.len()
        ));
        nl.push(format!(
            "Er is geen verklaring gevonden dat het materiaal is gegenereerd; er is naar {} soorten \
             gezocht. Dat bewijst niets: zulke verklaringen zijn eenvoudig te verwijderen en de \
             meeste diensten verwijderen ze.",
            KINDS.len()
        ));
    }
    let stated = |m: &&Marker| matches!(m.kind, SOURCE_TYPE | C2PA_SOURCE_TYPE);
    for marker in markers.iter().filter(stated).take(TOLD) {
        let value = marker.value.trim().trim_end_matches('/');
        let term = shorten(value.rsplit('/').next().unwrap_or(value), 60);
        match &marker.meaning {
            Some(meaning) => {
                en.push(format!("The stated source type {term} means: {}.", meaning.en));
                nl.push(format!("Het vermelde brontype {term} betekent: {}.", meaning.nl));
            }
            None => {
                en.push(format!("The stated source type {term} is not a term of IPTC."));
                nl.push(format!("Het vermelde brontype {term} is geen term van IPTC."));
            }
        }
    }
    if markers.iter().any(|m| m.kind == MENTION) {
        en.push(
            "A text mentions a generator without saying that it made this; not counted.".into(),
        );
        nl.push(
            "Een tekst noemt een generator zonder te zeggen dat die dit heeft gemaakt; niet \
             meegeteld."
                .into(),
        );
    }
    if markers.iter().any(|m| m.kind == C2PA) {
        en.push("A C2PA manifest is present; whether it is valid, and what else it states, says the check c2pa.".into());
        nl.push("Er is een C2PA-manifest aanwezig; of het geldig is en wat het verder vermeldt, staat bij de methode c2pa.".into());
    }
    if declared > 0 {
        en.push("Such statements can be written and removed with ordinary tools.".into());
        nl.push(
            "Zulke vermeldingen zijn met gewone middelen te schrijven en te verwijderen.".into(),
        );
    }
    Text::new(en.join(" "), nl.join(" "))
}

fn found(markers: &[Marker]) -> Figure {
    let mut rows: Vec<Vec<Text>> = markers
        .iter()
        .take(ROWS)
        .map(|m| {
            let counts = if m.counts { "+" } else { "–" };
            let evidence = [m.place.clone(), shorten(&m.value, CELL), counts.to_owned()];
            [Text::new(m.kind, dutch(m.kind))].into_iter().chain(evidence.map(Text::same)).collect()
        })
        .collect();
    if markers.len() > ROWS {
        rows.push(vec![Text::same(format!("… +{}", markers.len() - ROWS))]);
    }
    for row in &mut rows {
        row.resize(4, Text::default());
    }
    Figure::Words {
        title: Text::new("Statements found", "Gevonden vermeldingen"),
        columns: vec![
            Text::new("Kind", "Soort"),
            Text::new("Place", "Plaats"),
            Text::new("What it says", "Wat er staat"),
            Text::new("Declares generation", "Verklaart generatie"),
        ],
        rows,
    }
}

/// The Dutch name of a kind of declaration.
fn dutch(kind: &str) -> &str {
    KINDS.iter().find(|k| k.0 == kind).map_or(kind, |k| k.1)
}

fn settings(marker: &Marker) -> Figure {
    Figure::Table {
        title: Text::new(
            format!("Settings stated in {}", shorten(&marker.place, 80)),
            format!("Instellingen vermeld in {}", shorten(&marker.place, 80)),
        ),
        columns: vec![Text::new("Setting", "Instelling"), Text::new("Value", "Waarde")],
        rows: marker
            .settings
            .iter()
            .take(ROWS)
            .map(|(name, value)| vec![shorten(name, 80), shorten(value, 2 * CELL)])
            .collect(),
    }
}

fn looked_for(markers: &[Marker]) -> Figure {
    Figure::Words {
        title: Text::new("What was looked for", "Waarnaar is gezocht"),
        columns: vec![
            Text::new("Kind", "Soort"),
            Text::new("Where", "Waar"),
            Text::new("Found", "Gevonden"),
        ],
        rows: KINDS
            .iter()
            .map(|(kind, soort, places, plaatsen)| {
                let count = markers.iter().filter(|m| m.kind == *kind).count();
                vec![
                    Text::new(*kind, *soort),
                    Text::new(*places, *plaatsen),
                    Text::same(count.to_string()),
                ]
            })
            .collect(),
    }
}
