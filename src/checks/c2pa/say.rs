//! The finding in words and tables.

use super::super::container::shorten;
use super::super::declared_ai::vocabulary;
use super::read::{Anchors, Found, State};
use crate::checks::{Attachment, Figure, Finding, Status};
use crate::media::container::MAX_NODES;
use crate::text::Text;
use serde_json::Value;

/// Most rows of a table in a report; the attachment holds all.
const ROWS: usize = 200;
/// Longest value in a cell, and in the summary, in characters.
const CELL: usize = 300;
const TOLD: usize = 80;

/// Why a file of very many boxes is not given to the validator.
pub(super) fn too_many_boxes() -> Text {
    Text::new(
        format!(
            "The file has more than {MAX_NODES} boxes, on which the validator would take very long; whether a manifest is in it was not examined."
        ),
        format!(
            "Het bestand heeft meer dan {MAX_NODES} boxen, waarover de controle heel lang zou doen; of er een manifest in zit, is niet onderzocht."
        ),
    )
}

pub(super) fn finding(
    found: &Found,
    format: &str,
    reference: Option<String>,
    anchors: Option<&Anchors>,
) -> Finding {
    let Some(state) = found.state.filter(|_| found.supported) else {
        return Finding::abstain(
            Status::NotApplicable,
            Text::new(
                format!(
                    "The validator does not read this format ({format}); whether a manifest is in it or belongs to it was not examined."
                ),
                format!(
                    "De controle leest dit formaat ({format}) niet; of er een manifest in zit of bij hoort, is niet onderzocht."
                ),
            ),
        );
    };
    let codes = codes(&found.report);
    // That nobody vouches for the signer is no cause of a mismatch: without anchors
    // it is said of every file.
    let cause = |c: &&Vec<String>| {
        c[0] == "failure" && !(state == State::HashMismatch && c[1].ends_with(".untrusted"))
    };
    let failed: Vec<&str> = codes.iter().filter(cause).map(|c| c[1].as_str()).collect();
    let reference = found.remote.clone().or(reference);
    let mut finding = Finding::new(
        Status::Observed,
        summary(found, state, &failed, reference.as_deref(), anchors),
    );
    finding.state = Some(state.name().to_owned());
    let code = [
        State::None,
        State::Malformed,
        State::HashMismatch,
        State::ValidUntrusted,
        State::ValidTrusted,
    ];
    let code = code.iter().position(|s| *s == state).unwrap_or(0);
    finding.value("state_code", "1", code as f64);
    finding.value("manifests", "1", found.manifests.count as f64);
    finding.value("actions", "1", found.manifests.actions.len() as f64);
    finding.value("ingredients", "1", found.manifests.ingredients.len() as f64);
    finding.value("source_types", "1", found.manifests.source_types.len() as f64);
    finding.value("failures", "1", failed.len() as f64);
    finding.value("trust_anchors", "1", anchors.map_or(0, |a| a.count) as f64);
    finding.value("reference_without_manifest", "1", {
        let dangling = state == State::None && reference.is_some();
        f64::from(u8::from(dangling))
    });
    if found.manifests.active.is_some() {
        finding.figures.push(identity(found));
    }
    finding.figures.extend(lists(found));
    if !codes.is_empty() {
        finding.figures.push(Figure::Table {
            title: Text::new("What the validation says", "Wat de controle zegt"),
            columns: vec![
                Text::new("Kind", "Soort"),
                Text::new("Code", "Code"),
                Text::new("About", "Over"),
                Text::new("Explanation", "Toelichting"),
            ],
            rows: codes.into_iter().take(ROWS).collect(),
        });
    }
    if !found.report.is_null() {
        finding.attachments.push(Attachment { name: "manifests", data: found.report.clone() });
    }
    finding.warnings = warnings(found, state, anchors);
    finding
}

fn summary(
    found: &Found,
    state: State,
    failed: &[&str],
    reference: Option<&str>,
    anchors: Option<&Anchors>,
) -> Text {
    let manifests = &found.manifests;
    let codes = shorten(&failed.join(", "), 2 * TOLD);
    let (mut en, mut nl) = match state {
        State::None => (
            "State none: no C2PA manifest was found in the file. Absence is not evidence: most devices and programs write none, and most services remove it.".to_owned(),
            "Toestand none (geen): in het bestand is geen C2PA-manifest gevonden. Afwezigheid bewijst niets: de meeste apparaten en programma's schrijven er geen, en de meeste diensten verwijderen het.".to_owned(),
        ),
        State::Malformed => {
            let why = match &found.error {
                Some(error) => shorten(error, 2 * TOLD),
                None => codes,
            };
            (
                format!("State malformed: there is a C2PA manifest, but it cannot be read or does not conform ({why}). Nothing in it can be relied on."),
                format!("Toestand malformed (misvormd): er is een C2PA-manifest, maar het is onleesbaar of niet volgens de norm ({why}). Op de inhoud ervan kan niet worden gebouwd."),
            )
        }
        State::HashMismatch => (
            format!("State hash-mismatch: there is a C2PA manifest, but a digest or the signature does not match ({codes}): the content or the manifest was changed after signing, or the manifest belongs to another file. Saving again by a program that keeps the manifest without knowing it suffices."),
            format!("Toestand hash-mismatch: er is een C2PA-manifest, maar een hash of de handtekening klopt niet ({codes}): de inhoud of het manifest is na ondertekening gewijzigd, of het manifest hoort bij een ander bestand. Opnieuw opslaan door een programma dat het manifest ongekend laat staan, volstaat."),
        ),
        State::ValidUntrusted => {
            let (en, nl) = untrusted(failed, &codes, anchors);
            (
                format!("State valid-untrusted: the C2PA manifest matches the content and its signature is valid; {en}. Who signed is therefore not established."),
                format!("Toestand valid-untrusted: het C2PA-manifest klopt met de inhoud en de handtekening is geldig; {nl}. Wie heeft ondertekend, staat daarmee niet vast."),
            )
        }
        State::ValidTrusted => (
            "State valid-trusted: the C2PA manifest matches the content, its signature is valid, and the signer's certificate leads to a trust anchor that the user gave.".to_owned(),
            "Toestand valid-trusted: het C2PA-manifest klopt met de inhoud, de handtekening is geldig, en het certificaat van de ondertekenaar leidt naar een door de gebruiker opgegeven vertrouwd certificaat.".to_owned(),
        ),
    };
    if let (State::None, Some(place)) = (state, reference) {
        let place = shorten(place, 2 * TOLD);
        if place.starts_with("self#") {
            en += &format!(
                " But the file's XMP refers (dcterms:provenance) to a manifest inside it that is not there ({place}): one was removed, or the XMP was copied."
            );
            nl += &format!(
                " De XMP van het bestand verwijst echter (dcterms:provenance) naar een manifest daarin dat er niet is ({place}): het is verwijderd, of de XMP is overgenomen."
            );
        } else {
            en += &format!(
                " But the file refers to one stored elsewhere ({place}); it was not fetched."
            );
            nl += &format!(
                " Het bestand verwijst echter naar een elders opgeslagen manifest ({place}); dat is niet opgehaald."
            );
        }
    }
    if manifests.active.is_some() {
        let signer = [&manifests.common_name, &manifests.signer].map(|s| shorten(s, TOLD));
        let signer: Vec<String> = signer.into_iter().filter(|s| !s.is_empty()).collect();
        let none = ("not named".to_owned(), "niet genoemd".to_owned());
        let joined = signer.join(", ");
        let (by, door) = if signer.is_empty() { none } else { (joined.clone(), joined) };
        en += &format!(" As it states, signed by: {by}");
        nl += &format!(" Volgens het manifest ondertekend door: {door}");
        if !manifests.time.is_empty() {
            en += &format!(", at {}", shorten(&manifests.time, TOLD));
            nl += &format!(", op {}", shorten(&manifests.time, TOLD));
        }
        if !manifests.generator.is_empty() {
            en += &format!("; program: {}", shorten(&manifests.generator, TOLD));
            nl += &format!("; programma: {}", shorten(&manifests.generator, TOLD));
        }
        let (a, i) = (manifests.actions.len(), manifests.ingredients.len());
        en += &format!("; actions {a}, ingredients {i}.");
        nl += &format!("; handelingen {a}, ingrediënten {i}.");
    }
    for stated in manifests.source_types.iter().take(3) {
        let term = shorten(stated.value.rsplit('/').next().unwrap_or(&stated.value), TOLD);
        let (of, van) = if stated.of_this {
            ("", "")
        } else {
            (
                " (of an input, not of the file itself)",
                " (van een invoer, niet van het bestand zelf)",
            )
        };
        match vocabulary::term_of(&stated.value) {
            Some(known) => {
                en += &format!(" It states digitalSourceType {term}{of}: {}.", known.meaning().en);
                nl += &format!(
                    " Het vermeldt digitalSourceType {term}{van}: {}.",
                    known.meaning().nl
                );
            }
            None => {
                en +=
                    &format!(" It states digitalSourceType {term}{of}, which is no term of IPTC.");
                nl += &format!(
                    " Het vermeldt digitalSourceType {term}{van}; dat is geen term van IPTC."
                );
            }
        }
    }
    Text::new(en, nl)
}

/// What keeps a valid signature from being trusted.
fn untrusted(failed: &[&str], codes: &str, anchors: Option<&Anchors>) -> (String, String) {
    let other = failed.iter().any(|code| *code != "signingCredential.untrusted");
    if other {
        return (
            format!(
                "but the validation objects to the signer's certificate or the time stamp ({codes})"
            ),
            format!(
                "maar de controle heeft bezwaar tegen het certificaat van de ondertekenaar of het tijdstempel ({codes})"
            ),
        );
    }
    match anchors {
        Some(anchors) => (
            format!("the signer's certificate leads to none of the {} trust anchors given", anchors.count),
            format!("het certificaat van de ondertekenaar leidt naar geen van de {} opgegeven vertrouwde certificaten", anchors.count),
        ),
        None => (
            "no trust anchors were given (--trust-anchors), so that the signer's certificate was held against none".to_owned(),
            "er zijn geen vertrouwde certificaten opgegeven (--trust-anchors), zodat het certificaat van de ondertekenaar nergens mee is vergeleken".to_owned(),
        ),
    }
}

fn warnings(found: &Found, state: State, anchors: Option<&Anchors>) -> Vec<Text> {
    let mut warnings = vec![Text::new(
        "Looked for: a manifest inside the file, and references to one elsewhere in XMP. Not looked for: manifests in separate files, those that a service keeps and finds by a watermark or fingerprint, and revocation; no network was used.",
        "Gezocht: een manifest in het bestand, en verwijzingen in XMP naar een manifest elders. Niet gezocht: manifesten in losse bestanden, die welke een dienst bewaart en aan een watermerk of vingerafdruk herkent, en intrekking; er is geen netwerk gebruikt.",
    )];
    if let Some(anchors) = anchors {
        warnings.push(Text::new(
            format!("Trust anchors: {} certificates in a file with SHA-256 {}. Whether they deserve trust is the user's judgement.", anchors.count, anchors.sha256),
            format!("Vertrouwde certificaten: {} in een bestand met SHA-256 {}. Of zij vertrouwen verdienen, is het oordeel van de gebruiker.", anchors.count, anchors.sha256),
        ));
    }
    let parts = found.manifests.ingredients.iter().filter(|i| !i.failures.is_empty()).count();
    if parts > 0 && state >= State::ValidUntrusted {
        warnings.push(Text::new(
            format!("Of the ingredients, {parts} had failures of their own when they were taken in; the signer recorded that."),
            format!("Van de ingrediënten hadden er {parts} zelf al fouten toen ze werden opgenomen; de ondertekenaar heeft dat vastgelegd."),
        ));
    }
    if state >= State::HashMismatch {
        warnings.push(Text::new(
            "Actions, ingredients, times and source types are statements of the signer, not findings.",
            "Handelingen, ingrediënten, tijden en brontypen zijn verklaringen van de ondertekenaar, geen bevindingen.",
        ));
    }
    warnings
}

fn identity(found: &Found) -> Figure {
    let m = &found.manifests;
    let rows = [
        ("label", "kenmerk", m.active.clone().unwrap_or_default()),
        ("claim_generator", "claim_generator", m.generator.clone()),
        ("title", "titel", m.title.clone()),
        ("signature: issuer", "handtekening: uitgever", m.signer.clone()),
        ("signature: common name", "handtekening: naam (common name)", m.common_name.clone()),
        ("signature: serial number", "handtekening: serienummer", m.serial.clone()),
        ("signature: algorithm", "handtekening: algoritme", m.algorithm.clone()),
        ("signature: time", "handtekening: tijdstip", m.time.clone()),
        ("assertions", "verklaringen (assertions)", m.assertions.join(", ")),
    ];
    Figure::Words {
        title: Text::new("The active manifest", "Het actieve manifest"),
        columns: vec![Text::new("Field", "Veld"), Text::new("Value", "Waarde")],
        rows: rows
            .into_iter()
            .filter(|(_, _, value)| !value.is_empty())
            .map(|(en, nl, value)| vec![Text::new(en, nl), Text::same(shorten(&value, 2 * CELL))])
            .collect(),
    }
}

fn lists(found: &Found) -> Vec<Figure> {
    let m = &found.manifests;
    let mut figures = Vec::new();
    if !m.actions.is_empty() {
        figures.push(Figure::Table {
            title: Text::new(
                "Actions, as the signer states",
                "Handelingen, volgens de ondertekenaar",
            ),
            columns: vec![
                Text::new("Action", "Handeling"),
                Text::new("When", "Wanneer"),
                Text::new("Software", "Programma"),
                Text::same("digitalSourceType"),
            ],
            rows: m
                .actions
                .iter()
                .take(ROWS)
                .map(|a| {
                    [&a.name, &a.when, &a.software, &a.source_type]
                        .map(|s| shorten(s, CELL))
                        .to_vec()
                })
                .collect(),
        });
    }
    if !m.ingredients.is_empty() {
        figures.push(Figure::Table {
            title: Text::new("Ingredients", "Ingrediënten"),
            columns: vec![
                Text::new("Title", "Titel"),
                Text::new("Relationship", "Verhouding"),
                Text::new("Own manifest", "Eigen manifest"),
                Text::new("Failures", "Fouten"),
            ],
            rows: m
                .ingredients
                .iter()
                .take(ROWS)
                .map(|i| {
                    let manifest = i.manifest.clone().unwrap_or_else(|| "–".to_owned());
                    [&i.title, &i.relationship, &manifest, &i.failures.join(", ")]
                        .map(|s| shorten(s, CELL))
                        .to_vec()
                })
                .collect(),
        });
    }
    if !m.source_types.is_empty() {
        figures.push(Figure::Table {
            title: Text::same("digitalSourceType"),
            columns: vec![
                Text::new("Value", "Waarde"),
                Text::new("Manifest", "Manifest"),
                Text::new("Of this file", "Van dit bestand"),
            ],
            rows: m
                .source_types
                .iter()
                .take(ROWS)
                .map(|s| {
                    let of = if s.of_this { "+" } else { "–" };
                    vec![shorten(&s.value, CELL), shorten(&s.manifest, CELL), of.to_owned()]
                })
                .collect(),
        });
    }
    figures
}

/// Kind, code, place and explanation of each result for the active manifest,
/// failures first, then those of ingredients.
fn codes(report: &Value) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |results: Option<&Value>, about: &str| {
        for kind in ["failure", "informational", "success"] {
            let list = results.and_then(|r| r.get(kind)).and_then(Value::as_array);
            for status in list.map(Vec::as_slice).unwrap_or_default() {
                let of = |name: &str| {
                    shorten(status.get(name).and_then(Value::as_str).unwrap_or_default(), CELL)
                };
                let kind =
                    if about.is_empty() { kind.to_owned() } else { format!("{about} {kind}") };
                rows.push(vec![kind, of("code"), of("url"), of("explanation")]);
            }
        }
    };
    let results = report.get("validation_results");
    add(results.and_then(|r| r.get("activeManifest")), "");
    let deltas = results.and_then(|r| r.get("ingredientDeltas")).and_then(Value::as_array);
    for delta in deltas.map(Vec::as_slice).unwrap_or_default() {
        add(delta.get("validationDeltas"), "ingredient");
    }
    rows
}
