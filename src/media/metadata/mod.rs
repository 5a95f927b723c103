//! What a file says about itself: EXIF, XMP, IPTC, text chunks, comments and
//! the container's own tags.
//!
//! All of it is editable with ordinary tools, and most services remove it on
//! upload. It is therefore read and listed, never trusted, and its absence
//! means nothing. [`container`](super::container) tells where the bytes are;
//! this module tells what they say.

mod exif;
mod iptc;
mod png_text;
mod xmp;

pub(super) use self::exif::orientation;

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::container::{self, Node, Payload, PayloadKind, Structure};
use super::digest;
use crate::text::Text;
use crate::{Error, Result};

/// Most bytes read of one payload. EXIF and XMP stay far below; a TIFF file
/// is one payload as a whole, and a larger one is described by its structure.
pub(super) const MAX_PAYLOAD: u64 = 64 << 20;
/// Most bytes read of all payloads; a hostile table can point to one place
/// many times.
const MAX_READ: u64 = 128 << 20;
/// Most rows kept.
const MAX_ROWS: usize = 10_000;
/// Most bytes kept of a value; a ComfyUI workflow takes some 50 KB.
const MAX_VALUE: usize = 1 << 20;

/// Most bytes kept of a tag's name.
const MAX_TAG: usize = 512;
/// Most bytes of values kept in all: compressed texts can grow a thousandfold.
const MAX_HELD: usize = 64 << 20;

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// EXIF or TIFF directory.
    Exif,
    /// XMP packet.
    Xmp,
    /// IPTC-IIM record.
    Iptc,
    /// Photoshop image resource other than the above.
    Photoshop,
    /// PNG text chunk.
    PngText,
    /// Comment segment or block.
    Comment,
    /// Tag or time of the container.
    Container,
    /// What ffmpeg reports and our own readers do not.
    Ffmpeg,
}

impl Source {
    /// All sources, in the order in which they are listed.
    pub const ALL: [Self; 8] = [
        Self::Exif,
        Self::Xmp,
        Self::Iptc,
        Self::Photoshop,
        Self::PngText,
        Self::Comment,
        Self::Container,
        Self::Ffmpeg,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exif => "EXIF",
            Self::Xmp => "XMP",
            Self::Iptc => "IPTC",
            Self::Photoshop => "Photoshop",
            Self::PngText => "PNG text",
            Self::Comment => "comment",
            Self::Container => "container",
            Self::Ffmpeg => "ffmpeg",
        }
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub source: Source,
    /// Its name there: `Model`, `dc:title[x-default]`, `moov/mvhd created`.
    pub tag: String,
    /// What it says, as it stands.
    pub value: String,
}

/// Everything a file says about itself.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// The statements, in file order by payload.
    pub rows: Vec<Row>,
    /// Bytes of the maker note, where there is one.
    pub maker_note: Option<u64>,
    /// Whether the EXIF data hold a thumbnail.
    pub thumbnail: bool,
    /// Position in degrees, north and east positive.
    pub position: Option<(f64, f64)>,
    /// What could not be read.
    pub warnings: Vec<Text>,
    held: usize,
    read: u64,
}

impl Metadata {
    /// Reads what the file at `path` says about itself, given its structure.
    /// Damaged data become warnings; only the system's refusal is an error.
    pub fn read(path: &Path, structure: &Structure) -> Result<Self> {
        let mut file = digest::reopen(path)?;
        Self::parse(&mut file, path, structure)
    }

    /// As [`Metadata::read`], from `file`, which stands at `path`.
    pub(crate) fn parse(
        file: &mut (impl Read + Seek),
        path: &Path,
        structure: &Structure,
    ) -> Result<Self> {
        let mut out = Self::default();
        let mut extended = xmp::Extended::default();
        for payload in &structure.payloads {
            out.payload(file, path, structure, payload, &mut extended)?;
        }
        extended.finish(&mut out);
        for tag in &structure.tags {
            out.push(Source::Container, format!("{} {}", tag.source, tag.key), &tag.value);
            if tag.key.ends_with("©xyz") || tag.key.ends_with("location.ISO6709") {
                out.position = out.position.or(iso6709(&tag.value));
            }
        }
        times(&structure.nodes, "", &mut out);
        Ok(out)
    }

    fn payload(
        &mut self,
        file: &mut (impl Read + Seek),
        path: &Path,
        structure: &Structure,
        payload: &Payload,
        extended: &mut xmp::Extended,
    ) -> Result<()> {
        if payload.kind == PayloadKind::C2pa {
            return Ok(()); // signed provenance has a check of its own
        }
        if payload.size > MAX_PAYLOAD.min(MAX_READ - self.read) {
            self.warn(
                format!("{} is too large to be read ({} bytes).", payload.source, payload.size),
                format!("{} is te groot om te lezen ({} bytes).", payload.source, payload.size),
            );
            if structure.format == "TIFF" {
                from_structure(&structure.nodes, self);
            }
            return Ok(());
        }
        self.read += payload.size;
        let mut data = Vec::new();
        file.seek(SeekFrom::Start(payload.offset)).map_err(|e| Error::io(path, e))?;
        file.take(payload.size).read_to_end(&mut data).map_err(|e| Error::io(path, e))?;
        self.interpret(payload.kind, &payload.source, data, extended);
        Ok(())
    }

    fn interpret(
        &mut self,
        kind: PayloadKind,
        source: &str,
        data: Vec<u8>,
        extended: &mut xmp::Extended,
    ) {
        match kind {
            PayloadKind::Exif => exif::read(data, source, self),
            PayloadKind::Xmp => xmp::read(&data, source, self),
            PayloadKind::XmpExtended => extended.add(&data),
            PayloadKind::Photoshop => iptc::resources(&data, self),
            PayloadKind::Iptc => iptc::records(&data, self),
            PayloadKind::PngText
            | PayloadKind::PngCompressedText
            | PayloadKind::PngInternationalText => png_text::read(kind, &data, self),
            PayloadKind::Comment => self.push(Source::Comment, source, &plain(&data)),
            PayloadKind::GifComment => {
                self.push(Source::Comment, source, &plain(&container::joined(&data)));
            }
            PayloadKind::C2pa => {}
        }
    }

    /// Adds a statement; empty ones say nothing and are left out.
    fn push(&mut self, source: Source, tag: impl Into<String>, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        let tag = cut(&tag.into(), MAX_TAG).to_owned();
        if value.len() > MAX_VALUE {
            self.warn(
                format!("{} is cut: {MAX_VALUE} of {} bytes are listed.", tag, value.len()),
                format!("{} is afgekapt: {MAX_VALUE} van {} bytes zijn vermeld.", tag, value.len()),
            );
        }
        let value = cut(value, MAX_VALUE);
        if self.rows.len() == MAX_ROWS || self.held + value.len() > MAX_HELD {
            self.rows_full();
            return;
        }
        self.held += value.len();
        self.rows.push(Row { source, tag, value: value.to_owned() });
    }

    fn rows_full(&mut self) {
        let warning = Text::new(
            format!("More than {MAX_ROWS} statements or {MAX_HELD} bytes; the rest is not listed."),
            format!("Meer dan {MAX_ROWS} vermeldingen of {MAX_HELD} bytes; de rest ontbreekt."),
        );
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn warn(&mut self, en: impl Into<String>, nl: impl Into<String>) {
        const WARNINGS: usize = 50;
        if self.warnings.len() < WARNINGS {
            self.warnings.push(Text::new(en, nl));
        }
    }

    /// The first value of `tag` in `source`.
    pub fn get(&self, source: Source, tag: &str) -> Option<&str> {
        self.rows.iter().find(|r| r.source == source && r.tag == tag).map(|r| r.value.as_str())
    }

    /// Statements of one source.
    pub fn count(&self, source: Source) -> usize {
        self.rows.iter().filter(|r| r.source == source).count()
    }
}

/// Latitude and longitude in decimal degrees at the start of a position such
/// as `+52.3702+004.8952/` (ISO 6709, annex H).
fn iso6709(text: &str) -> Option<(f64, f64)> {
    let text = text.trim().trim_end_matches('/');
    let signs: Vec<usize> =
        text.match_indices(['+', '-']).map(|(at, _)| at).chain([text.len()]).collect();
    let &[0, second, third, ..] = signs.as_slice() else { return None };
    let latitude: f64 = text.get(..second)?.parse().ok()?;
    let longitude: f64 = text.get(second..third)?.parse().ok()?;
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

/// Times that the headers of a film carry, each as a statement.
fn times(nodes: &[Node], path: &str, out: &mut Metadata) {
    for node in nodes {
        let path =
            if path.is_empty() { node.kind.clone() } else { format!("{path}/{}", node.kind) };
        if matches!(node.kind.as_str(), "mvhd" | "tkhd" | "mdhd") {
            for key in ["created", "modified"] {
                if let Some(value) = node.get(key).filter(|v| *v != "0") {
                    out.push(Source::Container, format!("{path} {key}"), value);
                }
            }
        }
        times(&node.children, &path, out);
    }
}

/// Texts of a TIFF that is too large to be read as one.
fn from_structure(nodes: &[Node], out: &mut Metadata) {
    for node in nodes {
        if let Some(value) = node.get("value") {
            out.push(Source::Exif, node.kind.clone(), value);
        }
        from_structure(&node.children, out);
    }
}

/// The start of `text`, at most `most` bytes of whole characters.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Text of unknown encoding: UTF-8 where it is valid, else Latin-1; without
/// the zeros behind it.
fn plain(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    let bytes = &bytes[..end];
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

#[cfg(test)]
mod tests;
