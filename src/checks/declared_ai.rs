//! Declared AI: what the file itself says about generation.
//!
//! # What it measures
//!
//! Statements by which software or a maker declares that a picture, film or
//! sound was generated or changed by a model: the IPTC digital source type in
//! XMP (all twenty terms, each with its meaning), the IPTC fields about the
//! AI system and the prompt, the settings that AUTOMATIC1111, ComfyUI,
//! InvokeAI, NovelAI, Fooocus, SwarmUI and Draw Things write (taken apart:
//! prompt, model, seed, steps), Midjourney's job number, the AIGC label of
//! the Chinese standard, and names of generators in the fields for software,
//! maker, credit and description of EXIF, XMP, IPTC, PNG text, comments and
//! the tags of MP4, Matroska and MP3. A name in running text counts only
//! where the text says "made with" it; a mere mention is listed, not counted.
//!
//! `state` is `declared` or `none`. The report lists what was found, what was
//! looked for and not found, and what was not looked for.
//!
//! # When it misleads
//!
//! A declaration is text: anyone can write it into a genuine photo or remove
//! it from a generated one, and most platforms and every screenshot remove
//! it. That none was found therefore proves nothing about the origin. A term
//! such as compositeWithTrainedAlgorithmicMedia also stands on photos in
//! which one spot was retouched, and the settings of an editor may belong to
//! a picture that was used as its input. The list of names is of 2025 and
//! never complete.
//!
//! # References
//!
//! IPTC, Digital Source Type NewsCodes (2024-10-23) and Photo Metadata
//! Standard 2025.1; the sources of AUTOMATIC1111 stable-diffusion-webui,
//! ComfyUI, InvokeAI, Fooocus and SwarmUI, whose forms are read; GB
//! 45438-2025 (labels of generated content); Regulation (EU) 2024/1689,
//! article 50(2), which asks providers for machine-readable marks.
//!
//! # Titel
//!
//! Vermelde AI: wat het bestand zelf zegt over generatie
//!
//! # Wat het meet
//!
//! Vermeldingen waarmee software of een maker verklaart dat een foto, film of
//! geluid door een model is gemaakt of gewijzigd: het IPTC-brontype (digital
//! source type) in XMP en in het C2PA-manifest, de IPTC-velden over het AI-systeem en de prompt, de
//! instellingen die AUTOMATIC1111, ComfyUI, InvokeAI, NovelAI, Fooocus,
//! SwarmUI en Draw Things wegschrijven, het taaknummer van Midjourney, het
//! AIGC-kenmerk van de Chinese norm en namen van generatoren in de velden
//! voor software, maker, bronvermelding en beschrijving. In lopende tekst
//! telt een naam alleen als er staat dat het materiaal daarmee is gemaakt.
//! `state` is `declared` (verklaard) of `none` (geen). Het rapport vermeldt
//! wat is gevonden, wat is gezocht en niet gevonden, en wat niet is gezocht.
//!
//! # Wanneer het misleidt
//!
//! Een verklaring is tekst: iedereen kan haar in een echte foto zetten of uit
//! gegenereerd materiaal verwijderen, en de meeste platforms en elke
//! schermafdruk verwijderen haar. Dat er geen is gevonden zegt dus niets over
//! de herkomst. Een term als compositeWithTrainedAlgorithmicMedia staat ook
//! op foto's waarvan één plek is geretoucheerd. De lijst met namen is van
//! 2025 en nooit volledig.

mod names;
mod say;
mod settings;
#[cfg(test)]
mod tests;
pub(super) mod vocabulary;

use names::Field;
use settings::Settings;
use vocabulary::Says;

use super::{Check, Entry, Finding, Group, Standing};
use crate::media::container::{PayloadKind, Structure};
use crate::media::metadata::{Metadata, Row, Source};
use crate::media::{Exhibit, Needs};
use crate::text::Text;
use crate::{Error, Result};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "declared-ai",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("declared_ai.rs"),
    make: |_| Box::new(Declared::default()),
};

/// What is looked for: a kind of declaration, its Dutch name, and the places
/// searched in both languages.
const KINDS: [(&str, &str, &str, &str); 14] = [
    (
        SOURCE_TYPE,
        "digitaal brontype (IPTC)",
        "XMP Iptc4xmpExt:DigitalSourceType; the same name in any other field",
        "XMP Iptc4xmpExt:DigitalSourceType; dezelfde naam in elk ander veld",
    ),
    (
        AI_FIELDS,
        "AI-velden (IPTC)",
        "XMP AISystemUsed, AISystemVersionUsed, AIPromptInformation, AIPromptWriterName",
        "XMP AISystemUsed, AISystemVersionUsed, AIPromptInformation, AIPromptWriterName",
    ),
    (
        INFOTEXT,
        "instellingen van AUTOMATIC1111",
        "PNG text parameters; EXIF and XMP UserComment; comments",
        "PNG-tekst parameters; EXIF en XMP UserComment; commentaar",
    ),
    (
        COMFYUI,
        "ComfyUI-graaf",
        "PNG text prompt, workflow; EXIF Make, Model, ImageDescription, UserComment; tags",
        "PNG-tekst prompt, workflow; EXIF Make, Model, ImageDescription, UserComment; tags",
    ),
    (
        INVOKEAI,
        "instellingen van InvokeAI",
        "PNG text invokeai_metadata, invokeai_graph, sd-metadata, Dream",
        "PNG-tekst invokeai_metadata, invokeai_graph, sd-metadata, Dream",
    ),
    (
        NOVELAI,
        "instellingen van NovelAI",
        "PNG text Comment with Software NovelAI; EXIF UserComment",
        "PNG-tekst Comment met Software NovelAI; EXIF UserComment",
    ),
    (
        SETTINGS,
        "generatorinstellingen in JSON",
        "PNG text parameters; EXIF and XMP UserComment; tags (Fooocus, SwarmUI, Draw Things)",
        "PNG-tekst parameters; EXIF en XMP UserComment; tags (Fooocus, SwarmUI, Draw Things)",
    ),
    (
        MIDJOURNEY,
        "opdrachtnummer van Midjourney",
        "descriptions and comments: Job ID with UUID",
        "beschrijvingen en commentaar: Job ID met UUID",
    ),
    (
        AIGC,
        "AIGC-label",
        "XMP TC260:AIGC; PNG text AIGC; EXIF UserComment; tags",
        "XMP TC260:AIGC; PNG-tekst AIGC; EXIF UserComment; tags",
    ),
    (
        NAME,
        "generator genoemd als maker",
        "fields for software, maker, credit and source",
        "velden voor software, maker, vermelding en bron",
    ),
    (
        MADE_WITH,
        "tekst zegt: gemaakt met een generator",
        "descriptions, titles and comments: made with NAME",
        "beschrijvingen, titels en commentaar: 'made with' gevolgd door een naam",
    ),
    (
        MENTION,
        "generator genoemd in tekst",
        "descriptions, titles and comments (not counted)",
        "beschrijvingen, titels en commentaar (telt niet mee)",
    ),
    (
        C2PA_SOURCE_TYPE,
        "digitaal brontype in C2PA",
        "actions and metadata of the file's C2PA manifest, whatever its state",
        "handelingen en metagegevens van het C2PA-manifest, in welke toestand ook",
    ),
    (
        C2PA,
        "C2PA-manifest",
        "a manifest is present or not (not counted; validated by the check c2pa)",
        "of er een manifest is (telt niet mee; de controle c2pa toetst het)",
    ),
];
const SOURCE_TYPE: &str = "IPTC digital source type";
const C2PA_SOURCE_TYPE: &str = "digital source type in C2PA";
const AI_FIELDS: &str = "IPTC AI fields";
const INFOTEXT: &str = "AUTOMATIC1111 settings";
const COMFYUI: &str = "ComfyUI graph";
const INVOKEAI: &str = "InvokeAI settings";
const NOVELAI: &str = "NovelAI settings";
const SETTINGS: &str = "generator settings in JSON";
const MIDJOURNEY: &str = "Midjourney job number";
const AIGC: &str = "AIGC label";
const NAME: &str = "generator named as maker";
const MADE_WITH: &str = "text says made with a generator";
const MENTION: &str = "generator mentioned in text";
const C2PA: &str = "C2PA manifest";

/// One statement found.
struct Marker {
    /// One of [`KINDS`].
    kind: &'static str,
    /// Where it stands.
    place: String,
    /// What it says.
    value: String,
    /// What that means, where a vocabulary defines it.
    meaning: Option<Text>,
    /// The settings it holds.
    settings: Settings,
    /// Whether it declares generation.
    counts: bool,
}

/// Reads the statements when the examination begins.
#[derive(Default)]
struct Declared {
    finding: Option<Finding>,
}

impl Check for Declared {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let (structure, metadata) = super::metadata::statements(exhibit)?;
        let mut found = markers(&structure, &metadata);
        if found.iter().any(|m| m.kind == C2PA) {
            // A manifest that cannot be read states nothing; the check c2pa says why.
            let manifest = super::c2pa::read::read(&exhibit.path, &structure, None);
            found.extend(manifest.iter().flat_map(of_manifest));
        }
        let finding = say::finding(&found, &metadata);
        let nothing = finding.state.as_deref() == Some("none");
        let unfinished = super::metadata::unfinished;
        self.finding = Some(if nothing { unfinished(finding, &structure) } else { finding });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.finding.ok_or_else(|| Error::compute("reading declarations", "begin was not called"))
    }
}

/// The source types that the file's own manifest states, or one that it was
/// made from; those of mere inputs do not speak of it.
fn of_manifest(found: &super::c2pa::read::Found) -> Vec<Marker> {
    let state = found.state.map_or("", super::c2pa::read::State::name);
    let of_this = found.manifests.source_types.iter().filter(|stated| stated.of_this);
    of_this
        .map(|stated| {
            let term = vocabulary::term_of(&stated.value);
            Marker {
                kind: C2PA_SOURCE_TYPE,
                place: format!("C2PA ({state}): {}", stated.manifest),
                value: stated.value.clone(),
                meaning: term.map(|t| t.meaning()),
                settings: Settings::new(),
                counts: term.is_some_and(|t| t.says != Says::Other),
            }
        })
        .collect()
}

fn markers(structure: &Structure, metadata: &Metadata) -> Vec<Marker> {
    let mut found: Vec<Marker> = Vec::new();
    for row in &metadata.rows {
        let Some(marker) = declaration(row) else { continue };
        // ffmpeg and our own parser both tell a container's tags.
        let told = |m: &Marker| m.kind == marker.kind && m.value == marker.value;
        if row.source != Source::Container || !found.iter().any(told) {
            found.push(marker);
        }
    }
    for payload in structure.payloads.iter().filter(|p| p.kind == PayloadKind::C2pa).take(1) {
        found.push(Marker {
            kind: C2PA,
            place: payload.source.clone(),
            value: format!("{} bytes at byte {}", payload.size, payload.offset),
            meaning: None,
            settings: Settings::new(),
            counts: false,
        });
    }
    found
}

/// Whether `row` declares generation.
pub(crate) fn declares(row: &Row) -> bool {
    declaration(row).is_some_and(|marker| marker.counts)
}

/// What `row` declares, by the first form that fits.
fn declaration(row: &Row) -> Option<Marker> {
    let make = |kind: &'static str, settings: Settings| Marker {
        kind,
        place: format!("{}: {}", row.source.name(), row.tag),
        value: row.value.clone(),
        meaning: None,
        settings,
        counts: true,
    };
    let tag = names::last(&row.tag);
    if tag.eq_ignore_ascii_case("DigitalSourceType") {
        let term = vocabulary::term_of(&row.value);
        return Some(Marker {
            counts: term.is_some_and(|t| t.says != Says::Other),
            meaning: term.map(|t| t.meaning()),
            ..make(SOURCE_TYPE, Settings::new())
        });
    }
    let ai = ["AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName"];
    if row.source == Source::Xmp && ai.contains(&tag) {
        return Some(make(AI_FIELDS, Settings::new()));
    }
    if let Some((kind, settings)) = written_settings(row, tag) {
        return Some(make(kind, settings));
    }
    let field = names::field(row)?;
    if names::midjourney_job(&row.value).is_some() {
        return Some(make(MIDJOURNEY, Settings::new()));
    }
    match field {
        Field::Maker => names::named(&row.value).map(|_| make(NAME, Settings::new())),
        Field::Prose if names::made_with(&row.value).is_some() => {
            Some(make(MADE_WITH, Settings::new()))
        }
        Field::Prose => names::named(&row.value)
            .map(|_| Marker { counts: false, ..make(MENTION, Settings::new()) }),
    }
}

/// Settings of a generator, recognised by place and form together.
fn written_settings(row: &Row, tag: &str) -> Option<(&'static str, Settings)> {
    /// Names under which programs keep a picture's settings in JSON; four of
    /// them together are no accident.
    const USUAL: [&str; 20] = [
        "prompt",
        "negative_prompt",
        "negativeprompt",
        "positive_prompt",
        "seed",
        "steps",
        "sampler",
        "sampler_name",
        "scheduler",
        "model",
        "model_name",
        "model_weights",
        "base_model",
        "cfg_scale",
        "cfgscale",
        "guidance_scale",
        "scale",
        "strength",
        "c",
        "uc",
    ];
    let png = row.source == Source::PngText;
    let comment = tag.eq_ignore_ascii_case("UserComment")
        || row.source == Source::Comment
        || row.source == Source::Container && tag.eq_ignore_ascii_case("comment");
    let value = row.value.as_str();
    if (png && tag == "parameters" || comment)
        && let Some(settings) = settings::infotext(value)
    {
        return Some((INFOTEXT, settings));
    }
    if png && tag.eq_ignore_ascii_case("Dream") && value.contains(" -S") && value.contains(" -s") {
        return Some((INVOKEAI, vec![("command".into(), value.chars().take(300).collect())]));
    }
    // ComfyUI writes `prompt:{…}` and `workflow:{…}` into the EXIF of WebP.
    let body = ["prompt:", "workflow:", "Prompt:", "Workflow:"]
        .iter()
        .find_map(|p| value.strip_prefix(p))
        .unwrap_or(value);
    let carries = comment
        || matches!(row.source, Source::PngText | Source::Container)
        || row.source == Source::Xmp && tag == "AIGC"
        || row.source == Source::Exif && matches!(tag, "Make" | "Model" | "ImageDescription");
    let map = if carries { settings::object(body)? } else { return None };
    let labelled = tag == "AIGC" || map.contains_key("AIGC");
    if let Some(settings) = settings::members(
        &map,
        &["Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID"],
        1,
    )
    .filter(|s| labelled && s.iter().any(|(name, _)| name == "Label"))
    {
        return Some((AIGC, settings));
    }
    if let Some(settings) = settings::comfyui(&map) {
        return Some((COMFYUI, settings));
    }
    if png && matches!(tag, "invokeai_metadata" | "invokeai_graph" | "sd-metadata") {
        return settings::members(&map, &USUAL, 2).map(|s| (INVOKEAI, s));
    }
    let usual = settings::members(&map, &USUAL, 4)?;
    if png && tag == "Comment" || map.contains_key("uc") && map.contains_key("request_type") {
        return Some((NOVELAI, usual));
    }
    (png && tag == "parameters" || comment).then_some((SETTINGS, usual))
}
