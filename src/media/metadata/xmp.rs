//! XMP packets as property paths (ISO 16684-1). Entities and document types
//! are refused: no writer of XMP uses them, and they exist to be abused.

use roxmltree::{Document, Node, ParsingOptions};

use super::{Metadata, Source};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Deepest structure that is followed; histories of Photoshop reach six.
const MAX_DEPTH: usize = 24;
/// Most XML nodes in a packet.
const MAX_NODES: u32 = 500_000;
/// Most bytes of extended XMP put together.
const MAX_EXTENDED: usize = 64 << 20;

/// Prefixes under which the usual namespaces are known. A file may bind any
/// prefix to them; the path should not depend on that.
const PREFIXES: [(&str, &str); 22] = [
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://ns.adobe.com/xap/1.0/", "xmp"),
    ("http://ns.adobe.com/xap/1.0/mm/", "xmpMM"),
    ("http://ns.adobe.com/xap/1.0/rights/", "xmpRights"),
    ("http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", "stEvt"),
    ("http://ns.adobe.com/xap/1.0/sType/ResourceRef#", "stRef"),
    ("http://ns.adobe.com/xap/1.0/bj/", "xmpBJ"),
    ("http://ns.adobe.com/xmp/note/", "xmpNote"),
    ("http://ns.adobe.com/xmp/1.0/DynamicMedia/", "xmpDM"),
    ("http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    ("http://ns.adobe.com/camera-raw-settings/1.0/", "crs"),
    ("http://ns.adobe.com/tiff/1.0/", "tiff"),
    ("http://ns.adobe.com/exif/1.0/", "exif"),
    ("http://ns.adobe.com/exif/1.0/aux/", "aux"),
    ("http://cipa.jp/exif/1.0/", "exifEX"),
    ("http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "Iptc4xmpCore"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"),
    ("http://ns.useplus.org/ldf/xmp/1.0/", "plus"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://ns.google.com/photos/1.0/camera/", "GCamera"),
    ("http://ns.google.com/photos/1.0/container/", "Container"),
    ("http://ns.google.com/photos/1.0/image/", "GImage"),
];

/// Reads one packet; `source` names where it stood.
pub(super) fn read(data: &[u8], source: &str, out: &mut Metadata) {
    let text = decode(data);
    let text = text.trim_matches(|c: char| c == '\0' || c == '\u{feff}' || c.is_whitespace());
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(error) => {
            out.warn(
                format!("The XMP packet in {source} could not be read: {error}."),
                format!("Het XMP-pakket in {source} kon niet worden gelezen: {error}."),
            );
            return;
        }
    };
    let mut found = false;
    for rdf in document.descendants().filter(|n| n.has_tag_name((RDF, "RDF"))) {
        found = true;
        for description in rdf.children().filter(|n| n.has_tag_name((RDF, "Description"))) {
            properties(description, "", 0, out);
        }
    }
    if !found {
        out.warn(
            format!("The XMP packet in {source} holds no RDF."),
            format!("Het XMP-pakket in {source} bevat geen RDF."),
        );
    }
}

/// UTF-8, or UTF-16 and UTF-32 by the byte-order mark or the zeros around
/// the first character.
fn decode(data: &[u8]) -> String {
    let units = |big: bool| {
        let units: Vec<u16> = data
            .chunks_exact(2)
            .map(|p| {
                if big {
                    u16::from_be_bytes([p[0], p[1]])
                } else {
                    u16::from_le_bytes([p[0], p[1]])
                }
            })
            .collect();
        String::from_utf16_lossy(&units)
    };
    match data {
        [0xfe, 0xff, ..] | [0, b'<', ..] => units(true),
        [0xff, 0xfe, ..] | [b'<', 0, ..] => units(false),
        _ => String::from_utf8_lossy(data).into_owned(),
    }
}

/// Attributes and children of `node` as properties under `path`.
fn properties(node: Node<'_, '_>, path: &str, depth: usize, out: &mut Metadata) {
    for attribute in node.attributes() {
        let Some(space) = attribute.namespace().filter(|n| *n != RDF && *n != XML) else {
            continue;
        };
        let name = qualified(node, space, attribute.name());
        out.push(Source::Xmp, join(path, &name), attribute.value());
    }
    for child in node.children().filter(Node::is_element) {
        let name =
            qualified(child, child.tag_name().namespace().unwrap_or(""), child.tag_name().name());
        property(child, &join(path, &name), depth + 1, out);
    }
}

/// One property: a reference, a list, a structure or a text.
fn property(node: Node<'_, '_>, path: &str, depth: usize, out: &mut Metadata) {
    if depth > MAX_DEPTH {
        out.warn(
            format!("The XMP property {} is nested too deeply.", shorten(path)),
            format!("De XMP-eigenschap {} is te diep genest.", shorten(path)),
        );
        return;
    }
    if let Some(resource) = node.attribute((RDF, "resource")) {
        out.push(Source::Xmp, path, resource);
    }
    let mut elements = node.children().filter(Node::is_element).peekable();
    let list = elements.peek().copied().filter(|e| {
        e.tag_name().namespace() == Some(RDF)
            && matches!(e.tag_name().name(), "Seq" | "Bag" | "Alt")
    });
    let described = elements.peek().copied().filter(|e| e.has_tag_name((RDF, "Description")));
    if let Some(list) = list {
        for (i, item) in list.children().filter(Node::is_element).enumerate() {
            let place = match item.attribute((XML, "lang")) {
                Some(language) => format!("{path}[{language}]"),
                None => format!("{path}[{}]", i + 1),
            };
            property(item, &place, depth + 1, out);
        }
    } else if let Some(described) = described {
        properties(described, path, depth, out);
    } else if elements.peek().is_some() {
        properties(node, path, depth, out);
    } else {
        properties(node, path, depth, out); // fields given as attributes
        // Comments inside a text part it into several.
        let text: String =
            node.children().filter_map(|n| n.text().filter(|_| n.is_text())).collect();
        out.push(Source::Xmp, path, text.trim());
    }
}

fn qualified(node: Node<'_, '_>, space: &str, name: &str) -> String {
    // Long names multiply by the depth and number of what they contain.
    let (space, name) = (super::cut(space, 128), super::cut(name, 128));
    let known = PREFIXES.iter().find(|p| p.0 == space).map(|p| p.1);
    match known.or_else(|| node.lookup_prefix(space)) {
        Some(prefix) => format!("{prefix}:{name}"),
        None if space.is_empty() => name.into(),
        None => format!("{{{space}}}{name}"),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}/{name}") }
}

fn shorten(path: &str) -> String {
    path.chars().take(80).collect()
}

/// Parts of extended XMP (XMP Specification part 3, 1.1.3.1): a GUID of 32
/// characters, the full length, this part's offset, then its bytes.
#[derive(Default)]
pub(super) struct Extended {
    parts: Vec<(Vec<u8>, u64, u64, Vec<u8>)>,
}

impl Extended {
    pub(super) fn add(&mut self, data: &[u8]) {
        let Some((head, rest)) = data.split_at_checked(40) else { return };
        let number = |at: usize| {
            head.get(at..at + 4).map_or(0, |b| b.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
        };
        let held: usize = self.parts.iter().map(|p| p.3.len()).sum();
        if held + rest.len() <= MAX_EXTENDED {
            self.parts.push((head[..32].to_vec(), number(32), number(36), rest.to_vec()));
        }
    }

    /// Puts the parts of each GUID together and reads them.
    pub(super) fn finish(mut self, out: &mut Metadata) {
        self.parts.sort_by(|a, b| (&a.0, a.2).cmp(&(&b.0, b.2)));
        let announced = out.get(Source::Xmp, "xmpNote:HasExtendedXMP").map(str::to_owned);
        for group in self.parts.chunk_by(|a, b| a.0 == b.0) {
            let Some(first) = group.first() else { continue };
            let guid = String::from_utf8_lossy(&first.0).into_owned();
            let mut whole = Vec::new();
            for (_, _, offset, bytes) in group {
                if *offset == whole.len() as u64 {
                    whole.extend_from_slice(bytes);
                }
            }
            if whole.len() as u64 != first.1 {
                out.warn(
                    format!("Extended XMP is incomplete: {} of {} bytes.", whole.len(), first.1),
                    format!(
                        "De uitgebreide XMP is onvolledig: {} van {} bytes.",
                        whole.len(),
                        first.1
                    ),
                );
            }
            if announced.as_deref() != Some(guid.as_str()) {
                out.warn(
                    format!("Extended XMP {guid} is not announced by the main packet."),
                    format!("Uitgebreide XMP {guid} wordt niet aangekondigd door het hoofdpakket."),
                );
            }
            read(&whole, "extended XMP", out);
        }
    }
}
