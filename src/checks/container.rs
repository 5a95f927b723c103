//! Container structure: how the file is built, and what built it.
//!
//! # What it measures
//!
//! The ordered tree of boxes (MP4, MOV, HEIF, AVIF), elements (Matroska,
//! WebM), chunks (AVI, WAV, WebP, PNG), segments (JPEG), blocks (FLAC, GIF),
//! pages (Ogg), frames (MP3) or directories (TIFF), with offset, size and the
//! facts in them; and the names that software and devices leave: `©too`,
//! WritingApp, ISFT, vendor strings, handler names, the option string that
//! x264 and x265 write into the first picture, and the library names in
//! coded sound. The format is found from the bytes, not from the file's
//! name. Bytes behind the end of the format, further pictures in one file,
//! edit lists, missing indexes, wrong checksums and contradicting sizes are
//! told apart, and a start of the sound that is not that of the picture.
//!
//! The structure digest is the SHA-256 of the distinct paths of the tree in
//! order of first appearance. Files written by one program in one way share
//! it whatever their length, so a questioned file can be compared with
//! reference files of the alleged device or application. It stands in
//! `container-structure.json`, with the whole tree and every name in full.
//!
//! # When it misleads
//!
//! Every upload, download, cut or conversion rewrites the structure. A trace
//! of Lavf, Lavc or x264 shows that the material was written again by that
//! software, which is what platforms and messengers do all day; it is no
//! sign of forgery. Conversely a careful forger can write any structure and
//! any name. Cutting without re-encoding leaves coded data untouched and
//! shows here only. Equal digests do not prove one source, and a firmware
//! update may change the digest of one device. Names are searched in the
//! first 4 MiB of media data only.
//!
//! # References
//!
//! ISO/IEC 14496-12 (ISO base media); Apple, QuickTime File Format; RFC 8794
//! and RFC 9559 (EBML, Matroska); ITU-T T.81 and T.871 (JPEG, JFIF); W3C PNG
//! third edition; RFC 9649 (WebP); RFC 9639 (FLAC); RFC 3533 (Ogg). On the
//! structure as evidence: Iuliani et al., "A video forensic framework for the
//! unsupervised analysis of MP4-like file container", IEEE TIFS 2019; Yang et
//! al., "Efficient video integrity analysis through container
//! characterization", IEEE JSTSP 2020.
//!
//! # Titel
//!
//! Containerstructuur: hoe het bestand is opgebouwd, en waarmee
//!
//! # Wat het meet
//!
//! De geordende boom van boxen (MP4, MOV, HEIF, AVIF), elementen (Matroska,
//! WebM), chunks (AVI, WAV, WebP, PNG), segmenten (JPEG), blokken (FLAC, GIF),
//! pagina's (Ogg), frames (MP3) of directory's (TIFF) waaruit het bestand
//! bestaat, met plaats, omvang en inhoudelijke gegevens; en de namen die
//! programma's en apparaten daarin achterlaten: `©too`, WritingApp, ISFT,
//! vendor strings, namen van handlers, de instellingen die x264 en x265 in
//! het eerste beeld schrijven, en de namen van bibliotheken in gecodeerd
//! geluid. Het formaat wordt uit de bytes afgeleid, niet uit de
//! bestandsnaam. Bytes na het einde van het formaat, meer afbeeldingen in één
//! bestand, bewerkingslijsten (edit lists), een ontbrekende index, foute
//! controlesommen, tegenstrijdige afmetingen en een begin van het geluid dat
//! niet dat van het beeld is, worden vermeld.
//!
//! De structuurhash is de SHA-256 van de verschillende paden in de boom, in
//! volgorde van eerste voorkomen. Bestanden die één programma op één manier
//! schrijft, hebben dezelfde hash, hoe lang ze ook zijn; zo is een betwist
//! bestand te vergelijken met referentiebestanden van het beweerde apparaat
//! of programma. De hash staat in `container-structure.json`, met de hele
//! boom en alle namen voluit.
//!
//! # Wanneer het misleidt
//!
//! Elke upload, download, knip of omzetting schrijft de structuur opnieuw.
//! Een spoor van Lavf, Lavc of x264 toont dat het materiaal opnieuw is
//! weggeschreven, wat platforms en berichtendiensten voortdurend doen; het is
//! geen aanwijzing voor vervalsing. Omgekeerd kan een zorgvuldige vervalser
//! elke structuur en elke naam schrijven. Knippen zonder opnieuw te coderen
//! laat de gecodeerde gegevens ongemoeid en is alleen hier te zien. Gelijke hashes bewijzen geen
//! gemeenschappelijke bron en een nieuwe firmware kan de hash van een
//! apparaat veranderen. Namen worden alleen in de eerste 4 MiB van de
//! mediagegevens gezocht.

mod words;

use std::path::Path;

use super::{Attachment, Check, Entry, Figure, Finding, Group, Standing, Status};
use crate::media::container::{Node, PayloadKind, Structure, Tag};
use crate::media::{Exhibit, Needs};
use crate::text::Text;
use crate::{Error, Result};
use serde_json::{Value as Json, json};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "container",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("container.rs"),
    make: |_| Box::new(Container::default()),
};

/// Most rows of the tree in a report; the numbers count all of it.
const ROWS: usize = 1_500;
/// Longest value in a cell, in characters.
const CELL: usize = 300;

/// Reads the structure when the examination begins.
#[derive(Default)]
struct Container {
    finding: Option<Finding>,
}

impl Check for Container {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let mut structure = Structure::read(&exhibit.path)?;
        structure.facts.extend(starts(exhibit));
        self.finding = Some(finding(&structure, &exhibit.path));
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.finding.ok_or_else(|| Error::compute("reading the container", "begin was not called"))
    }
}

fn finding(structure: &Structure, path: &Path) -> Finding {
    if structure.nodes.is_empty() {
        let mut finding = Finding::abstain(
            Status::NotApplicable,
            Text::new(
                format!("No structure is read of this format ({}).", structure.format),
                format!("Van dit formaat ({}) wordt geen structuur gelezen.", structure.format),
            ),
        );
        finding.state = Some(structure.format.clone());
        finding.warnings = structure.warnings.clone();
        return finding;
    }
    let mut finding = Finding::new(Status::Observed, summary(structure, path));
    finding.state = Some(structure.format.clone());
    finding.value("nodes", "1", structure.count() as f64);
    finding.value("depth", "1", structure.depth() as f64);
    let (handlers, software): (Vec<Tag>, Vec<Tag>) =
        structure.encoder_tags.iter().cloned().partition(is_handler);
    finding.value("encoder_tags", "1", software.len() as f64);
    finding.value("trailing_bytes", "byte", structure.trailing_bytes as f64);
    finding.value("structure_warnings", "1", structure.warnings.len() as f64);
    if structure.pictures > 0 {
        finding.value("pictures", "1", f64::from(structure.pictures));
    }
    finding.figures.push(identity(structure));
    if !software.is_empty() {
        let title = Text::new("Names of software and devices", "Namen van software en apparaten");
        finding.figures.push(traces(title, &software));
    }
    if !handlers.is_empty() {
        let title = Text::new(
            "Names of track handlers (kept when other software rewrites the file)",
            "Namen van spoorhandlers (blijven staan als andere software het bestand herschrijft)",
        );
        finding.figures.push(traces(title, &handlers));
    }
    finding.figures.push(tree(structure));
    finding.attachments.push(whole(structure));
    finding.warnings = structure.warnings.clone();
    finding
}

/// A start of the sound that is not that of the picture. Seconds: viewers
/// notice sound that is early by 0.045 s or late by 0.125 s (ITU-R BT.1359-1);
/// encoders delay by up to 0.2 s of their own.
fn starts(exhibit: &Exhibit) -> Option<Text> {
    const APART: f64 = 0.25;
    let picture = exhibit.video.as_ref()?.start_s?;
    let sound = exhibit.audio.as_ref()?.start_s?;
    let (first, apart) = (sound < picture, (sound - picture).abs());
    if apart <= APART || apart.is_nan() {
        return None;
    }
    let (en, nl) = if first { ("before", "voor") } else { ("after", "na") };
    Some(Text::measured(
        format!("The sound starts {apart:.3} s {en} the picture."),
        format!("Het geluid begint {apart:.3} s {nl} het beeld."),
    ))
}

/// The whole structure, for machines.
fn whole(structure: &Structure) -> Attachment {
    fn parts(nodes: &[Node]) -> Vec<Json> {
        let part = |n: &Node| {
            json!({
                "kind": n.kind,
                "offset": n.offset,
                "size": n.size,
                "content": n.detail,
                "parts": parts(&n.children),
            })
        };
        nodes.iter().map(part).collect()
    }
    let tag = |t: &Tag| json!({ "place": t.source, "name": t.key, "value": t.value });
    Attachment {
        name: "structure",
        data: json!({
            "schema": 1,
            "format": structure.format,
            "brands": structure.brands,
            "structure_digest": structure.digest(),
            "distinct_paths": structure.paths(),
            "encoder_tags": structure.encoder_tags.iter().map(tag).collect::<Vec<_>>(),
            "tags": structure.tags.iter().map(tag).collect::<Vec<_>>(),
            "parts": parts(&structure.nodes),
            "facts": structure.facts.iter().map(|f| f.en.as_str()).collect::<Vec<_>>(),
            "warnings": structure.warnings.iter().map(|w| w.en.as_str()).collect::<Vec<_>>(),
        }),
    }
}

fn summary(structure: &Structure, path: &Path) -> Text {
    let mut en = format!("{} file", structure.format);
    let mut nl = format!("{}-bestand", structure.format);
    if !structure.brands.is_empty() {
        let brands: Vec<_> = structure.brands.iter().map(|b| b.trim()).collect();
        en += &format!(" ({})", brands.join(", "));
        nl += &format!(" ({})", brands.join(", "));
    }
    en += &format!(", {} parts, depth {}.", structure.count(), structure.depth());
    nl += &format!(", {} onderdelen, diepte {}.", structure.count(), structure.depth());
    if let Some(said) = wrong_extension(&structure.format, path) {
        en += &format!(" Its name says .{said}, which is another format.");
        nl += &format!(" De naam zegt .{said}; dat is een ander formaat.");
    }
    let mut names: Vec<String> = Vec::new();
    for tag in structure.encoder_tags.iter().filter(|t| !is_handler(t)) {
        // x264 and x265 put their licence and options behind the version.
        let name = tag.value.split(" - H.26").next().unwrap_or("");
        let name = shorten(name.trim(), 60);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        en += " Its structure names no software or device.";
        nl += " De structuur noemt geen software of apparaat.";
    } else {
        let more = names.len().saturating_sub(4);
        names.truncate(4);
        let list = names.join("; ");
        en += &format!(" It names: {list}");
        nl += &format!(" Het noemt: {list}");
        if more > 0 {
            en += &format!("; and {more} more");
            nl += &format!("; en nog {more}");
        }
        en += ".";
        nl += ".";
    }
    if structure.encoder_tags.iter().any(|t| !is_handler(t) && reencoder(t)) {
        en += " Such names show that this software wrote the file or coded the material; that is \
               usual after sharing or conversion and is no sign of forgery.";
        nl += " Zulke namen tonen dat deze software het bestand schreef of het materiaal \
               codeerde; dat is gewoon na delen of omzetten en geen aanwijzing voor vervalsing.";
    }
    if structure.payloads.iter().any(|p| p.kind == PayloadKind::C2pa) {
        en += " It carries content credentials (C2PA), which the check c2pa validates.";
        nl += " Het bevat herkomstgegevens (C2PA), die de methode c2pa controleert.";
    }
    for fact in &structure.facts {
        en += &format!(" {}", fact.en);
        nl += &format!(" {}", fact.nl);
    }
    Text::new(en, nl)
}

/// The name of a track's handler: it survives remuxing and says little.
fn is_handler(tag: &Tag) -> bool {
    tag.key.ends_with("handler_name")
}

/// Software that writes again what others recorded.
fn reencoder(tag: &Tag) -> bool {
    let value = tag.value.to_ascii_lowercase();
    ["lavf", "lavc", "x264", "x265", "handbrake", "gstreamer", "mkvmerge", "gpac", "google"]
        .iter()
        .any(|name| value.contains(name))
}

/// The extension, when it belongs to another format than the bytes.
fn wrong_extension(format: &str, path: &Path) -> Option<String> {
    let said = path.extension()?.to_str()?.to_ascii_lowercase();
    let right: &[&str] = match format {
        "JPEG" => &["jpg", "jpeg", "jpe", "jfif", "mpo", "thm", "insp"],
        "PNG" => &["png", "apng"],
        "GIF" => &["gif"],
        "WebP" => &["webp"],
        "TIFF" => &["tif", "tiff", "dng", "nef", "arw", "cr2", "pef", "orf", "rw2", "srw", "btf"],
        "HEIF" => &["heic", "heif", "hif", "heics", "heifs", "avci"],
        "AVIF" => &["avif", "avifs"],
        "JPEG XL" => &["jxl"],
        "JPEG 2000" => &["jp2", "jpx", "jpf", "j2k"],
        "MP4" | "QuickTime" => &[
            "mp4", "m4v", "m4a", "m4b", "m4r", "mov", "qt", "3gp", "3g2", "3gpp", "f4v", "mj2",
            "cr3", "ismv", "lrv", "insv", "aac", "m4s",
        ],
        "Matroska" | "WebM" => &["mkv", "mka", "mks", "mk3d", "webm", "weba"],
        "AVI" => &["avi", "divx"],
        "WAV" => &["wav", "wave", "bwf", "rf64"],
        "AIFF" => &["aif", "aiff", "aifc"],
        "FLAC" => &["flac"],
        "Ogg" => &["ogg", "oga", "ogv", "opus", "spx"],
        "MP3" => &["mp3", "mp2", "mp1", "mpga"],
        "AAC (ADTS)" => &["aac", "adts"],
        "MPEG-PS" | "MPEG video" => &["mpg", "mpeg", "mpe", "vob", "m2p", "m1v", "m2v", "dat"],
        "MPEG-TS" => &["ts", "m2ts", "mts", "m2t"],
        _ => return None,
    };
    (!right.contains(&said.as_str())).then_some(said)
}

fn identity(structure: &Structure) -> Figure {
    let row = |en: &str, nl: &str, value: String| vec![Text::new(en, nl), Text::same(value)];
    Figure::Words {
        title: Text::new("Format and structure digest", "Formaat en structuurhash"),
        columns: vec![Text::new("Property", "Eigenschap"), Text::new("Value", "Waarde")],
        rows: vec![
            row("format", "formaat", structure.format.clone()),
            row("brands", "merken (brands)", structure.brands.join(", ")),
            row("structure digest", "structuurhash", structure.digest()),
            row("distinct paths", "verschillende paden", structure.paths().len().to_string()),
        ],
    }
}

fn traces(title: Text, tags: &[Tag]) -> Figure {
    Figure::Table {
        title,
        columns: vec![
            Text::new("Place", "Plaats"),
            Text::new("Name", "Naam"),
            Text::new("Value", "Waarde"),
        ],
        rows: tags
            .iter()
            .map(|t| vec![t.source.clone(), t.key.clone(), shorten(&t.value, 1000)])
            .collect(),
    }
}

fn tree(structure: &Structure) -> Figure {
    let mut rows = Vec::new();
    lines(&structure.nodes, 0, &mut rows);
    let all = structure.count();
    if all > rows.len() {
        rows.push(vec![Text::same(format!("[… +{}]", all - rows.len()))]);
    }
    for row in &mut rows {
        row.resize(4, Text::default());
    }
    Figure::Words {
        title: Text::new("Structure in file order", "Structuur in bestandsvolgorde"),
        columns: vec![
            Text::new("Part", "Onderdeel"),
            Text::new("Offset (bytes)", "Plaats (bytes)"),
            Text::new("Size (bytes)", "Omvang (bytes)"),
            Text::new("Content", "Inhoud"),
        ],
        rows,
    }
}

fn lines(nodes: &[Node], level: usize, rows: &mut Vec<Vec<Text>>) {
    for node in nodes {
        if rows.len() >= ROWS {
            return;
        }
        let detail = words::details(&node.detail);
        // No-break spaces keep the indent where spaces collapse.
        let indent = "\u{a0}\u{a0}".repeat(level);
        let part = words::part(&node.kind);
        rows.push(vec![
            Text::new(format!("{indent}{}", part.en), format!("{indent}{}", part.nl)),
            Text::same(node.offset.to_string()),
            Text::same(node.size.to_string()),
            Text::new(shorten(&detail.en, CELL), shorten(&detail.nl, CELL)),
        ]);
        lines(&node.children, level + 1, rows);
    }
}

/// `text` in at most `most` characters; when it was cut, a mark that reads
/// the same in every language says by how many.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most).collect();
    format!("{start} [… +{}]", length - most)
}
