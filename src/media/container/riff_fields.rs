//! What the chunks of AVI, WAV and WebP files say.

use super::riff::{Chunk, Walk, payload};
use super::scan::{Scan, fourcc, le_at, part, signature, text, until_zero};
use super::{Node, PayloadKind};

/// Bytes read of a chunk's fields.
const FIELDS: usize = 1024;

/// Adds to `node` what the chunk says; records tags on the way.
pub(super) fn describe(
    scan: &mut Scan<'_>,
    walk: &mut Walk,
    chunk: &Chunk,
    node: &mut Node,
    parent: &str,
) {
    let body = if parent == "INFO" || &chunk.kind == b"bext" {
        scan.words(&fourcc(chunk.kind), chunk.body, chunk.end)
    } else {
        scan.span(chunk.body, chunk.end, FIELDS)
    };
    let le = |at: usize, n: usize| le_at(&body, at, n);
    let code = |at: usize| {
        part(&body, at, 4).and_then(|b| b.try_into().ok()).map(fourcc).unwrap_or_default()
    };
    let done = match &chunk.kind {
        _ if parent == "INFO" => {
            let value = until_zero(&body);
            node.note("value", &value);
            scan.tag("LIST INFO", &fourcc(chunk.kind), value);
            Some(())
        }
        b"fmt " => (|| {
            node.note("format", wave_format(le(0, 2)?));
            node.note("channels", le(2, 2)?);
            node.note("rate", le(4, 4)?);
            node.note("bits", le(14, 2)?);
            Some(())
        })(),
        b"ds64" => le(8, 8).map(|n| {
            walk.data_size = Some(n);
            node.note("data size", n);
        }),
        b"fact" => le(0, 4).map(|n| node.note("samples", n)),
        b"data" => {
            super::encoder::search(scan, "data", chunk.body, chunk.end.min(chunk.body + 65_536));
            Some(())
        }
        b"bext" => broadcast(scan, &body, node),
        b"iXML" => {
            node.note("holds", "iXML");
            Some(())
        }
        b"avih" => (|| {
            node.note("µs a frame", le(0, 4)?);
            node.note("frames", le(16, 4)?);
            node.note("streams", le(24, 4)?);
            node.note("size", format!("{}×{}", le(32, 4)?, le(36, 4)?));
            Some(())
        })(),
        b"strh" => (|| {
            walk.stream = part(&body, 0, 4)?.try_into().ok()?;
            node.note("stream", fourcc(walk.stream));
            node.note("handler", code(4));
            node.note("rate", format!("{}/{}", le(24, 4)?, le(20, 4)?));
            node.note("start", le(28, 4)?);
            node.note("length", le(32, 4)?);
            Some(())
        })(),
        b"strf" if &walk.stream == b"vids" => (|| {
            node.note("size", format!("{}×{}", le(4, 4)?, le(8, 4)?));
            node.note("codec", code(16));
            Some(())
        })(),
        b"strf" if &walk.stream == b"auds" => (|| {
            node.note("format", wave_format(le(0, 2)?));
            node.note("channels", le(2, 2)?);
            node.note("rate", le(4, 4)?);
            Some(())
        })(),
        b"strn" => {
            node.note("name", until_zero(&body));
            Some(())
        }
        b"idx1" => {
            node.note("entries", (chunk.end - chunk.body) / 16);
            Some(())
        }
        b"JUNK" | b"junk" | b"PAD " => {
            if let Some(signed) = signature(&body) {
                node.note("text", &signed);
                scan.encoder("JUNK", "text", signed);
            } else if body.iter().any(|&b| b != 0) {
                node.note("content", "not zero");
            }
            Some(())
        }
        b"IDIT" => {
            let value = text(&body).trim().to_owned();
            node.note("value", &value);
            scan.tag("AVI", "IDIT", value);
            Some(())
        }
        b"VP8X" => (|| {
            let flags = le(0, 1)?;
            let names = [
                (0x20, "ICC"),
                (0x10, "alpha"),
                (0x08, "EXIF"),
                (0x04, "XMP"),
                (0x02, "animation"),
            ];
            let set: Vec<_> = names.iter().filter(|n| flags & n.0 != 0).map(|n| n.1).collect();
            node.note("flags", set.join(" "));
            node.note("size", format!("{}×{}", le(4, 3)? + 1, le(7, 3)? + 1));
            Some(())
        })(),
        b"VP8 " => (|| {
            (part(&body, 3, 3)? == [0x9d, 0x01, 0x2a]).then_some(())?;
            node.note("size", format!("{}×{}", le(6, 2)? & 0x3fff, le(8, 2)? & 0x3fff));
            Some(())
        })(),
        b"VP8L" => (|| {
            let bits = le(1, 4)?;
            node.note("size", format!("{}×{}", (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1));
            Some(())
        })(),
        b"EXIF" => {
            // Some writers put JPEG's identifier in front of the TIFF header.
            let skip = if body.starts_with(b"Exif\0\0") { 6 } else { 0 };
            scan.payload(PayloadKind::Exif, "EXIF", chunk.body + skip, chunk.end);
            Some(())
        }
        b"XMP " | b"_PMX" => {
            payload(scan, chunk, PayloadKind::Xmp);
            Some(())
        }
        b"C2PA" => {
            payload(scan, chunk, PayloadKind::C2pa);
            Some(())
        }
        b"id3 " | b"ID3 " => {
            super::id3::tag(scan, chunk.body, chunk.end, node);
            Some(())
        }
        _ => Some(()),
    };
    if done.is_none() {
        node.note("note", "too short for its fields");
    }
}

/// Names of the commonest of Microsoft's registered codes (RFC 2361).
fn wave_format(code: u64) -> String {
    match code {
        1 => "PCM".into(),
        2 => "ADPCM".into(),
        3 => "float".into(),
        6 => "A-law".into(),
        7 => "µ-law".into(),
        0x50 => "MPEG".into(),
        0x55 => "MP3".into(),
        0xff => "AAC".into(),
        0x2000 => "AC-3".into(),
        0xfffe => "extensible".into(),
        _ => format!("0x{code:04x}"),
    }
}

/// Broadcast Wave's description (EBU Tech 3285).
fn broadcast(scan: &mut Scan<'_>, body: &[u8], node: &mut Node) -> Option<()> {
    let fields = [
        ("Description", 0, 256),
        ("Originator", 256, 32),
        ("OriginatorReference", 288, 32),
        ("OriginationDate", 320, 10),
        ("OriginationTime", 330, 8),
    ];
    for (name, at, len) in fields {
        let value = until_zero(part(body, at, len)?);
        if !value.is_empty() {
            node.note(name, &value);
            scan.tag("bext", name, value.clone());
            if name == "Originator" {
                scan.encoder("bext", name, value);
            }
        }
    }
    node.note("time reference", le_at(body, 338, 8)?);
    let history = body.get(602..).map(until_zero).unwrap_or_default();
    if !history.is_empty() {
        node.note("coding history", &history);
        scan.encoder("bext", "CodingHistory", history);
    }
    Some(())
}
