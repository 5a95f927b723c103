//! Metadata: what the file says about itself.
//!
//! # What it measures
//!
//! Every statement in EXIF and TIFF directories (with the maker note's size,
//! the thumbnail and the GPS position), XMP packets (also extended ones),
//! IPTC records, Photoshop resources, PNG text chunks, comments, and the tags
//! and times of the container, listed with where they stand. The summary
//! names camera, software, capture time, a later time of change, names of
//! editing programs, and statements that declare artificial origin. The
//! latter are listed only; judging them is another check's task. Names are
//! looked for as whole words, and only where software signs. Of the digital
//! source types of the IPTC only those of generated material count as such a
//! statement; others, such as `digitalCapture`, are named apart. What ffmpeg
//! reports beyond this is listed under its name. Long values and long lists
//! are shortened in the tables; `metadata-statements.json` holds all.
//!
//! # When it misleads
//!
//! All of it can be written, changed and removed with ordinary tools, and
//! most platforms remove it on upload. Presence does not prove what it says;
//! absence proves nothing. Cameras with a wrong clock write wrong times, and
//! EXIF times carry no time zone unless an offset is given. An editor's name
//! shows that the editor stored the file, not what it changed; many phones
//! name their own software there.
//!
//! # References
//!
//! CIPA DC-008 (EXIF 2.32); ISO 16684-1 (XMP); Adobe, XMP Specification part
//! 3; IPTC, Information Interchange Model 4.2; W3C PNG third edition; IPTC,
//! Digital Source Type NewsCodes.
//!
//! # Titel
//!
//! Metadata: wat het bestand over zichzelf zegt
//!
//! # Wat het meet
//!
//! Alle vermeldingen in EXIF- en TIFF-directory's (met de omvang van de maker
//! note, de miniatuur en de GPS-positie), XMP-pakketten, IPTC-gegevens,
//! Photoshop-bronnen, PNG-tekst, commentaar en de tags en tijden van de
//! container, met hun plaats. De samenvatting noemt camera, software,
//! opnametijd, een latere wijzigingstijd, namen van bewerkingsprogramma's en
//! vermeldingen die een kunstmatige herkomst aangeven. Die laatste worden
//! alleen vermeld; de beoordeling is aan een andere methode. Namen worden als
//! hele woorden gezocht, en alleen op de plaatsen waar software zich noemt.
//! Van de brontypen (digital source type) van de IPTC tellen alleen die van
//! gegenereerd materiaal mee; andere, zoals `digitalCapture`, worden apart
//! genoemd. Wat ffmpeg daarnaast meldt, staat onder die naam. Lange waarden
//! en lange lijsten zijn in de tabellen ingekort; `metadata-statements.json`
//! bevat alles. EXIF wordt gelezen met `kamadak-exif`, XML met `roxmltree`,
//! waarbij documenttypen worden geweigerd.
//!
//! # Wanneer het misleidt
//!
//! Alles is met gewone middelen te schrijven, te wijzigen en te verwijderen,
//! en de meeste platforms verwijderen het bij het uploaden. Aanwezigheid
//! bewijst niet wat er staat; afwezigheid bewijst niets. Een verkeerd
//! ingestelde cameraklok geeft verkeerde tijden en EXIF-tijden hebben zonder
//! offset geen tijdzone. De naam van een bewerkingsprogramma toont dat dit
//! het bestand opsloeg, niet wat het veranderde; veel telefoons noemen daar
//! hun eigen software.

use super::container::shorten;
use super::declared_ai::declares;
use super::{Attachment, Check, Entry, Figure, Finding, Group, Standing, Status};
use crate::media::container::Structure;
use crate::media::metadata::{Metadata, Row, Source};
use crate::media::{Exhibit, Needs};
use crate::text::Text;
use crate::{Error, Result};
use serde_json::json;
use std::collections::HashSet;

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "metadata",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("metadata.rs"),
    make: |_| Box::new(Statements::default()),
};

/// Most rows in a report; the numbers count all.
const ROWS: usize = 1_500;
/// Longest value in a cell, in characters.
const CELL: usize = 300;

/// Programs whose purpose is editing pictures or film, in lower case, as they
/// write their names.
const EDITORS: [&str; 26] = [
    "photoshop",
    "lightroom",
    "gimp",
    "affinity",
    "pixelmator",
    "snapseed",
    "picsart",
    "faceapp",
    "facetune",
    "canva",
    "paint.net",
    "paint shop",
    "photoscape",
    "meitu",
    "remini",
    "luminar",
    "capture one",
    "darktable",
    "rawtherapee",
    "imagemagick",
    "premiere",
    "after effects",
    "final cut",
    "davinci",
    "capcut",
    "inshot",
];

/// Fields in which software signs, by the last part of their names, in lower
/// case: EXIF, XMP, IPTC, PNG, and the containers' own.
const SIGNED: [&str; 17] = [
    "software",
    "processingsoftware",
    "creatortool",
    "softwareagent",
    "originatingprogram",
    "writingapp",
    "muxingapp",
    "encoder",
    "encoder_settings",
    "encoding_tool",
    "©too",
    "©swr",
    "©enc",
    "isft",
    "ienc",
    "tsse",
    "tss",
];

/// Reads the statements when the examination begins.
#[derive(Default)]
struct Statements {
    finding: Option<Finding>,
}

impl Check for Statements {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let (structure, metadata) = statements(exhibit)?;
        let finding = finding(&metadata);
        let nothing = metadata.rows.is_empty();
        self.finding = Some(if nothing { unfinished(finding, &structure) } else { finding });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.finding.ok_or_else(|| Error::compute("reading metadata", "begin was not called"))
    }
}

/// A finding that nothing is in a file: not from a file of which the part is
/// missing that would hold it.
pub(super) fn unfinished(mut finding: Finding, structure: &Structure) -> Finding {
    if let Some(why) = &structure.incomplete {
        finding.status = Status::Insufficient;
        finding.state = None;
        finding.summary = Text::new(
            format!("{} {}", why.en, finding.summary.en),
            format!("{} {}", why.nl, finding.summary.nl),
        );
        finding.reason = Some(why.clone());
    }
    finding
}

/// The structure of an exhibit, and every statement in it with the tags that
/// ffmpeg tells.
pub(super) fn statements(exhibit: &Exhibit) -> Result<(Structure, Metadata)> {
    let structure = Structure::read(&exhibit.path)?;
    let mut metadata = Metadata::read(&exhibit.path, &structure)?;
    let none = Vec::new();
    let streams = [
        ("file", &exhibit.tags),
        ("video", exhibit.video.as_ref().map_or(&none, |v| &v.tags)),
        ("audio", exhibit.audio.as_ref().map_or(&none, |a| &a.tags)),
    ];
    let further = further(&structure, &metadata, &streams);
    metadata.rows.extend(further);
    Ok((structure, metadata))
}

/// What ffmpeg reports and our own readers have not already listed.
fn further(
    structure: &Structure,
    metadata: &Metadata,
    streams: &[(&str, &Vec<(String, String)>)],
) -> Vec<Row> {
    // ffmpeg writes times with microseconds, brands as one word.
    let plain = |value: &str| value.trim().replace(".000000Z", "Z");
    let mut known: HashSet<String> = metadata.rows.iter().map(|r| plain(&r.value)).collect();
    known.extend(structure.encoder_tags.iter().map(|t| plain(&t.value)));
    known.extend(structure.brands.iter().map(|b| plain(b)));
    known.insert(plain(&structure.brands.concat()));
    known.insert(plain(&structure.brands.get(1..).unwrap_or_default().concat()));
    let mut rows = Vec::new();
    for (stream, tags) in streams {
        for (key, value) in tags.iter() {
            if known.insert(plain(value)) {
                let tag = format!("{stream}: {key}");
                rows.push(Row { source: Source::Ffmpeg, tag, value: value.clone() });
            }
        }
    }
    rows
}

fn finding(metadata: &Metadata) -> Finding {
    let markers = markers(metadata);
    let mut finding = Finding::new(Status::Observed, summary(metadata, &markers));
    finding.state = Some(if metadata.rows.is_empty() { "none" } else { "present" }.into());
    for (source, name) in [
        (Source::Exif, "exif"),
        (Source::Xmp, "xmp"),
        (Source::Iptc, "iptc"),
        (Source::Photoshop, "photoshop"),
        (Source::PngText, "png_text"),
        (Source::Comment, "comment"),
        (Source::Container, "container"),
        (Source::Ffmpeg, "ffmpeg"),
    ] {
        finding.value(format!("{name}_statements"), "1", metadata.count(source) as f64);
    }
    finding.value("exif_thumbnail", "1", f64::from(u8::from(metadata.thumbnail)));
    finding.value("declared_ai_markers", "1", markers.len() as f64);
    let other = metadata.rows.iter().filter(|r| other_type(r)).count();
    finding.value("other_source_types", "1", other as f64);
    if let Some(bytes) = metadata.maker_note {
        finding.value("maker_note_bytes", "byte", bytes as f64);
    }
    if let Some((latitude, longitude)) = metadata.position {
        finding.value("latitude_deg", "deg", latitude);
        finding.value("longitude_deg", "deg", longitude);
    }
    if !markers.is_empty() {
        finding.figures.push(table(
            Text::new(
                "Statements that declare artificial origin (not judged here)",
                "Vermeldingen die een kunstmatige herkomst aangeven (hier niet beoordeeld)",
            ),
            markers.iter().copied(),
        ));
    }
    if !metadata.rows.is_empty() {
        let sorted = Source::ALL
            .into_iter()
            .flat_map(|s| metadata.rows.iter().filter(move |r| r.source == s));
        finding
            .figures
            .push(table(Text::new("What the file says", "Wat het bestand vermeldt"), sorted));
        finding.attachments.push(in_full(metadata));
    }
    finding.warnings = metadata.warnings.clone();
    finding
}

/// Every statement in full, in file order.
fn in_full(metadata: &Metadata) -> Attachment {
    let rows: Vec<_> = metadata
        .rows
        .iter()
        .map(|r| json!({ "source": r.source.name(), "tag": r.tag, "value": r.value }))
        .collect();
    let warnings: Vec<_> = metadata.warnings.iter().map(|w| w.en.as_str()).collect();
    Attachment {
        name: "statements",
        data: json!({ "schema": 1, "statements": rows, "warnings": warnings }),
    }
}

fn table<'a>(title: Text, rows: impl Iterator<Item = &'a Row>) -> Figure {
    let mut all = 0;
    let mut shown = Vec::new();
    for row in rows {
        all += 1;
        if shown.len() < ROWS {
            shown.push(vec![
                row.source.name().to_owned(),
                row.tag.clone(),
                shorten(&row.value, CELL),
            ]);
        }
    }
    if all > shown.len() {
        let more = all - shown.len();
        shown.push(vec![format!("[… +{more}]"), String::new(), String::new()]);
    }
    Figure::Table {
        title,
        columns: vec![
            Text::new("Source", "Bron"),
            Text::new("Statement", "Vermelding"),
            Text::new("Value", "Waarde"),
        ],
        rows: shown,
    }
}

/// Statements that declare artificial origin, by the list of `declared-ai`.
fn markers(metadata: &Metadata) -> Vec<&Row> {
    metadata.rows.iter().filter(|row| declares(row)).collect()
}

/// The code of a digital source type, in lower case; a full address or the
/// bare code may be written.
fn source_type(row: &Row) -> Option<String> {
    let tag = last(&row.tag);
    if !matches!(tag.as_str(), "digitalsourcetype" | "digitalsourcefiletype") {
        return None;
    }
    let code = row.value.trim().trim_end_matches('/').rsplit(['/', ':']).next()?;
    Some(code.to_lowercase())
}

/// A digital source type that is not one of generated material.
fn other_type(row: &Row) -> bool {
    source_type(row).is_some() && !declares(row)
}

/// Whether a statement is one in which software signs.
fn signed(row: &Row) -> bool {
    SIGNED.contains(&last(&row.tag).as_str())
}

/// The last part of a tag's name, without an index, in lower case.
fn last(tag: &str) -> String {
    let whole = match tag.rsplit_once('[') {
        Some((before, index)) if index.ends_with(']') => before,
        _ => tag,
    };
    whole.rsplit(['/', ':', ' ', '.']).next().unwrap_or(whole).to_lowercase()
}

/// Whether `text` holds `name` (in lower case) as a whole word; a version may
/// follow at once, as in `GIMP3`.
fn names(text: &str, name: &str) -> bool {
    // A signature is short; settings behind it are not searched.
    let text: String = text.chars().take(4000).collect::<String>().to_lowercase();
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphabetic)
    })
}

fn summary(metadata: &Metadata, markers: &[&Row]) -> Text {
    if metadata.rows.is_empty() {
        return Text::new(
            "No metadata were found. Their absence proves nothing: most services remove them.",
            "Er is geen metadata gevonden. Dat bewijst niets: de meeste diensten \
             verwijderen die.",
        );
    }
    let mut en = Vec::new();
    let mut nl = Vec::new();
    let exif = |tag: &str| metadata.get(Source::Exif, tag).map(|v| shorten(v.trim(), 60));
    let mut say = |e: String, n: String| {
        en.push(e);
        nl.push(n);
    };
    let counts: Vec<_> = Source::ALL
        .into_iter()
        .map(|s| (s.name(), metadata.count(s)))
        .filter(|(_, n)| *n > 0)
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    say(
        format!("Statements found: {} ({}).", metadata.rows.len(), counts.join(", ")),
        format!("Gevonden vermeldingen: {} ({}).", metadata.rows.len(), counts.join(", ")),
    );
    if exif("Make").is_some() || exif("Model").is_some() {
        let camera =
            [exif("Make"), exif("Model")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        say(format!("Camera: {camera}."), format!("Camera: {camera}."));
    }
    let mut software: Vec<String> = Vec::new();
    let main = ["software", "processingsoftware", "creatortool", "originatingprogram"];
    for row in metadata.rows.iter().filter(|r| main.contains(&last(&r.tag).as_str())) {
        let name = shorten(row.value.trim(), 60);
        if !software.contains(&name) && software.len() < 4 {
            software.push(name);
        }
    }
    if !software.is_empty() {
        let list = software.join("; ");
        say(format!("Software: {list}."), format!("Software: {list}."));
    }
    times(metadata, &mut say);
    let edited: Vec<&str> = EDITORS
        .into_iter()
        .filter(|e| metadata.rows.iter().any(|r| signed(r) && names(&r.value, e)))
        .collect();
    if !edited.is_empty() {
        let list = edited.join(", ");
        say(
            format!(
                "An editing program is named ({list}) where software signs: it stored the file or an earlier version of it; what it changed is not told."
            ),
            format!(
                "Er wordt een bewerkingsprogramma genoemd ({list}) waar software zich noemt: het sloeg het bestand of een eerdere versie ervan op; wat het veranderde staat er niet bij."
            ),
        );
    }
    if metadata.position.is_some() {
        say("A GPS position is stated.".into(), "Er is een GPS-positie vermeld.".into());
    }
    if !markers.is_empty() {
        say(
            format!(
                "Statements that declare artificial origin: {}; listed, not judged.",
                markers.len()
            ),
            format!(
                "Vermeldingen die een kunstmatige herkomst aangeven: {}; vermeld, niet beoordeeld.",
                markers.len()
            ),
        );
    }
    if let Some(row) = metadata.rows.iter().find(|r| other_type(r)) {
        let stated = shorten(row.value.rsplit(['/', ':']).next().unwrap_or(""), 60);
        say(
            format!("The digital source type stated is {stated}."),
            format!("Het vermelde brontype (digital source type) is {stated}."),
        );
    }
    say(
        "All of this can be changed with ordinary tools.".into(),
        "Dit alles is met gewone middelen te wijzigen.".into(),
    );
    Text::new(en.join(" "), nl.join(" "))
}

/// Capture time, and a later change when the file states one.
fn times(metadata: &Metadata, say: &mut impl FnMut(String, String)) {
    let get = |tag: &str| metadata.get(Source::Exif, tag).map(str::trim);
    let Some(taken) = get("DateTimeOriginal") else { return };
    let offset = get("OffsetTimeOriginal").unwrap_or("");
    let taken_shown = shorten(format!("{taken} {offset}").trim(), 60);
    say(format!("Capture time: {taken_shown}."), format!("Opnametijd: {taken_shown}."));
    if let Some(changed) = get("DateTime").filter(|changed| *changed != taken) {
        let changed = shorten(changed, 60);
        say(
            format!("Stored or changed at another time: {changed}."),
            format!("Op een ander tijdstip opgeslagen of gewijzigd: {changed}."),
        );
    }
}
