//! How a file is built: boxes, elements, chunks and segments, in file order.
//!
//! Pure parsers over `Read + Seek`, one format a file. None reads media data
//! that it can step over, so a ten-gigabyte recording costs as little as a
//! short one. Everything is bounded: depth ([`MAX_DEPTH`]), nodes
//! ([`MAX_NODES`]), strings ([`MAX_TEXT`]), bytes and steps (see `scan`).
//! Sizes that contradict the file are clipped and told as warnings, because
//! the contradiction itself may matter to an examiner.

mod encoder;
mod flac;
mod gif;
mod id3;
mod jpeg;
mod jpeg_app;
mod jpeg_bits;
pub mod jpeg_data;
mod matroska;
mod mp4;
mod mp4_fields;
mod mp4_items;
mod mpeg;
mod ogg;
mod png;
mod riff;
mod riff_fields;
mod scan;
mod sniff;
mod tiff;

use std::io::{Read, Seek};
use std::path::Path;

use super::digest;
use crate::text::Text;
use crate::{Error, Result};
pub(crate) use encoder::user_data_in;
pub use encoder::{MOST_USER_DATA, SEARCHED_WHOLE, UserData, user_data};
pub(crate) use gif::joined;
use scan::Scan;

/// Deepest nesting that is followed. Ordinary files stay below 12.
pub const MAX_DEPTH: usize = 32;
/// Most nodes in a tree; a one-hour fragmented MP4 has about 15 000.
pub const MAX_NODES: usize = 20_000;
/// Longest string kept from a file, in bytes; x264's option string is about
/// 700, a ComfyUI workflow in the tags of a film some 50 000.
pub const MAX_TEXT: usize = 256 << 10;

/// One box, element, chunk, segment or directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Four-character code, EBML element name, JPEG marker name and the like.
    pub kind: String,
    /// Where it begins in the file, header included, in bytes.
    pub offset: u64,
    /// Bytes it takes, header included, clipped to what is there.
    pub size: u64,
    /// Facts read from it, in order.
    pub detail: Vec<(String, String)>,
    /// What it contains, in order.
    pub children: Vec<Node>,
}

impl Node {
    fn new(kind: impl Into<String>, offset: u64, size: u64) -> Self {
        Self { kind: kind.into(), offset, size, ..Self::default() }
    }

    fn note(&mut self, key: impl Into<String>, value: impl ToString) {
        self.detail.push((key.into(), value.to_string()));
    }

    fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.note(key, value);
        self
    }

    /// The first detail called `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.detail.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

/// A trace that software or a device left on purpose: its name, its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Where it stands, such as `moov/udta/meta/ilst` or `SEI`.
    pub source: String,
    /// Its name there.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// What a stretch of bytes holds that the `metadata` reader can interpret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadKind {
    /// A TIFF stream with EXIF directories.
    Exif,
    /// An XMP packet.
    Xmp,
    /// A part of extended XMP: GUID, full length, offset, then data.
    XmpExtended,
    /// Photoshop image resources (`8BIM` records).
    Photoshop,
    /// Bare IPTC-IIM records.
    Iptc,
    /// The data of a PNG `tEXt` chunk.
    PngText,
    /// The data of a PNG `zTXt` chunk.
    PngCompressedText,
    /// The data of a PNG `iTXt` chunk.
    PngInternationalText,
    /// A comment in plain text.
    Comment,
    /// A comment in the sub-blocks of a GIF.
    GifComment,
    /// A C2PA manifest store in JUMBF boxes.
    C2pa,
}

/// Bytes of the file that carry metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// What is in it.
    pub kind: PayloadKind,
    /// The node that holds it, such as `APP1`.
    pub source: String,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub size: u64,
}

/// How a file is built.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    /// Name of the format as found in the bytes, such as `MP4`; `unknown`
    /// when no parser recognises it.
    pub format: String,
    /// Brands and profile names: `isom`, `mp42`, `matroska`, `baseline` …
    pub brands: Vec<String>,
    /// The tree, in file order.
    pub nodes: Vec<Node>,
    /// Names and settings of software and devices.
    pub encoder_tags: Vec<Tag>,
    /// Tags of the container that are not about software, such as a title.
    pub tags: Vec<Tag>,
    /// Bytes that carry metadata.
    pub payloads: Vec<Payload>,
    /// What an examiner should not overlook.
    pub facts: Vec<Text>,
    /// Bytes after the place where the format says the file ends.
    pub trailing_bytes: u64,
    /// Complete pictures in the file, where the format is one of pictures.
    pub pictures: u32,
    /// What contradicts the format, or could not be read.
    pub warnings: Vec<Text>,
    /// Why a part of the file that holds statements is not there: what was not
    /// found may have stood in it.
    pub incomplete: Option<Text>,
}

impl Structure {
    /// Reads the structure of the file at `path`. A file of no known format
    /// gives a structure without nodes; only the system's refusal to open or
    /// read is an error.
    pub fn read(path: &Path) -> Result<Self> {
        let mut file = digest::reopen(path)?;
        let len = file.metadata().map_err(|e| Error::io(path, e))?.len();
        Ok(Self::parse(&mut file, len))
    }

    /// Reads the structure of `len` bytes behind `source`. Never fails: what
    /// cannot be read becomes a warning.
    pub fn parse(source: &mut (impl Read + Seek), len: u64) -> Self {
        let mut scan = Scan::new(source, len);
        sniff::parse(&mut scan);
        scan.finish()
    }

    /// Number of nodes in the tree.
    pub fn count(&self) -> usize {
        fn of(nodes: &[Node]) -> usize {
            nodes.iter().map(|n| 1 + of(&n.children)).sum()
        }
        of(&self.nodes)
    }

    /// Levels of the tree; 0 when it is empty.
    pub fn depth(&self) -> usize {
        fn of(nodes: &[Node]) -> usize {
            nodes.iter().map(|n| 1 + of(&n.children)).max().unwrap_or(0)
        }
        of(&self.nodes)
    }

    /// The distinct paths of the tree (`moov/trak/mdia`), in the order in
    /// which each first appears. Repetition is left out so that two clips of
    /// different length from one program give one list; the idea of the
    /// ordered tree as a signature is that of Yang et al., "Efficient video
    /// integrity analysis through container characterization" (2020).
    pub fn paths(&self) -> Vec<String> {
        fn walk(
            nodes: &[Node],
            prefix: &str,
            seen: &mut std::collections::HashSet<String>,
            out: &mut Vec<String>,
        ) {
            for node in nodes {
                let path = if prefix.is_empty() {
                    node.kind.clone()
                } else {
                    format!("{prefix}/{}", node.kind)
                };
                if seen.insert(path.clone()) {
                    out.push(path.clone());
                }
                walk(&node.children, &path, seen, out);
            }
        }
        let mut out = Vec::new();
        walk(&self.nodes, "", &mut std::collections::HashSet::new(), &mut out);
        out
    }

    /// SHA-256 of the format and [`Structure::paths`], one a line,
    /// hexadecimal: equal for files whose structures have the same parts in
    /// the same order.
    pub fn digest(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        hash.update(self.format.as_bytes());
        for path in self.paths() {
            hash.update(b"\n");
            hash.update(path.as_bytes());
        }
        crate::text::hex(hash.finalize())
    }
}

#[cfg(test)]
mod jpeg_data_tests;
#[cfg(test)]
pub(crate) mod tests;
