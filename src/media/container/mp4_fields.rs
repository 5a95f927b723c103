//! What the boxes of an ISO or QuickTime file say: times, handlers, codecs,
//! edit lists, tags.

use super::Node;
use super::mp4::{Head, Walk};
use super::scan::{Scan, be, be_at, fourcc, hex_start, moment, part, signature, text, until_zero};

/// Seconds from 1904, where the format's clock begins, to 1970.
const FROM_1904: i64 = 2_082_844_800;
/// Bytes read of a box's fields; the longest described here are lists of
/// brands and edits.
const FIELDS: usize = 4096;

fn code(bytes: &[u8], at: usize) -> Option<String> {
    part(bytes, at, 4).and_then(|b| b.try_into().ok()).map(fourcc)
}

pub(super) fn time(value: u64) -> String {
    match i64::try_from(value) {
        Ok(0) => "0".into(), // never set
        Ok(t) => moment(t.saturating_sub(FROM_1904)),
        Err(_) => value.to_string(),
    }
}

/// Adds to `node` what the box says; records tags on the way.
pub(super) fn describe(
    scan: &mut Scan<'_>,
    walk: &mut Walk,
    head: &Head,
    node: &mut Node,
    path: &str,
) {
    let body = scan.span(head.body, head.end, FIELDS);
    let parent = path.rsplit('/').next().unwrap_or("");
    let done = match &head.kind {
        b"ftyp" | b"styp" => brands(scan, &body, node),
        b"mvhd" => header(&body, node, false),
        b"mdhd" => header(&body, node, true),
        b"tkhd" => track(&body, node),
        b"hdlr" => handler(scan, walk, &body, node, path),
        b"elst" => edits(&body, node),
        b"keys" => keys(walk, &body, node),
        b"stts" | b"ctts" | b"stss" | b"stsc" | b"stco" | b"co64" | b"sidx" | b"trun" | b"saiz" => {
            be_at(&body, 4, 4).map(|n| node.note("entries", n))
        }
        b"stsz" => be_at(&body, 8, 4).map(|n| {
            node.note("samples", n);
            if let Some(size @ 1..) = be_at(&body, 4, 4) {
                node.note("each", size);
            }
        }),
        b"mfhd" => be_at(&body, 4, 4).map(|n| node.note("sequence", n)),
        b"tfhd" => be_at(&body, 4, 4).map(|n| node.note("track", n)),
        b"avcC" => part(&body, 1, 3).map(|p| {
            node.note("profile", p[0]);
            node.note("level", f32::from(p[2]) / 10.0);
        }),
        b"colr" => code(&body, 0).map(|kind| {
            if matches!(kind.as_str(), "nclx" | "nclc") {
                let n: Vec<_> = (0..3).filter_map(|i| be_at(&body, 4 + 2 * i, 2)).collect();
                node.note("primaries/transfer/matrix", format!("{n:?}"));
            }
            node.note("type", kind);
        }),
        b"pasp" => be_at(&body, 0, 4)
            .zip(be_at(&body, 4, 4))
            .map(|(h, v)| node.note("pixel aspect", format!("{h}:{v}"))),
        b"ispe" => be_at(&body, 4, 4)
            .zip(be_at(&body, 8, 4))
            .map(|(w, h)| node.note("size", format!("{w}×{h}"))),
        b"btrt" => be_at(&body, 8, 4).map(|n| node.note("average bits/s", n)),
        b"free" | b"skip" | b"wide" => padding(scan, &body, node),
        _ if parent == "stsd" => sample(scan, walk, head, &body, node),
        _ if parent == "udta" => user_text(scan, head, &body, node, path),
        _ => Some(()),
    };
    if done.is_none() {
        node.note("note", "too short for its fields");
    }
}

fn brands(scan: &mut Scan<'_>, body: &[u8], node: &mut Node) -> Option<()> {
    let major = code(body, 0)?;
    let compatible: Vec<String> =
        body.get(8..)?.chunks_exact(4).filter_map(|c| code(c, 0)).collect();
    node.note("major", &major);
    node.note("minor", be_at(body, 4, 4)?);
    node.note("compatible", compatible.join(" "));
    if node.kind == "styp" {
        return Some(());
    }
    let has = |wanted: &[&str]| {
        wanted.contains(&major.as_str()) || compatible.iter().any(|c| wanted.contains(&c.as_str()))
    };
    scan.out.format = match major.as_str() {
        "qt  " => "QuickTime",
        "jp2 " => "JPEG 2000",
        "jxl " => "JPEG XL",
        _ if has(&["avif", "avis"]) => "AVIF",
        _ if has(&["heic", "heix", "mif1", "msf1", "heif"]) => "HEIF",
        _ => "MP4",
    }
    .into();
    scan.out.brands = vec![major];
    for brand in compatible {
        if !scan.out.brands.contains(&brand) {
            scan.out.brands.push(brand);
        }
    }
    Some(())
}

/// `mvhd` and `mdhd`: version 1 has 64-bit times.
fn header(body: &[u8], node: &mut Node, language: bool) -> Option<()> {
    let wide = *body.first()? == 1;
    let (n, at) = if wide { (8, 20) } else { (4, 12) };
    node.note("created", time(be_at(body, 4, n)?));
    node.note("modified", time(be_at(body, 4 + n, n)?));
    let scale = be_at(body, at, 4)?;
    let duration = be_at(body, at + 4, n)?;
    node.note("timescale", scale);
    node.note("duration", seconds(duration, scale));
    let after = at + 4 + n;
    if language {
        let packed = be_at(body, after, 2)?;
        // ISO-639-2/T in three 5-bit letters; below 0x400 a Macintosh code.
        if packed >= 0x400 {
            let letter = |shift: u32| {
                char::from(u8::try_from(packed >> shift & 31).unwrap_or(0).saturating_add(0x60))
            };
            node.note("language", [10, 5, 0].map(letter).iter().collect::<String>());
        } else {
            node.note("language", format!("Macintosh {packed}"));
        }
    } else {
        node.note("next track", be_at(body, after + 76, 4)?);
    }
    Some(())
}

fn seconds(duration: u64, scale: u64) -> String {
    if scale == 0 {
        return duration.to_string();
    }
    format!("{duration} = {:.3} s", duration as f64 / scale as f64)
}

fn track(body: &[u8], node: &mut Node) -> Option<()> {
    let wide = *body.first()? == 1;
    let (n, id_at) = if wide { (8, 20) } else { (4, 12) };
    node.note("track", be_at(body, id_at, 4)?);
    node.note("flags", be_at(body, 1, 3)?);
    node.note("created", time(be_at(body, 4, n)?));
    node.note("modified", time(be_at(body, 4 + n, n)?));
    let after = id_at + 8 + n;
    let matrix: Vec<u64> = (0..9).filter_map(|i| be_at(body, after + 16 + 4 * i, 4)).collect();
    const ONE: u64 = 0x10000;
    const MINUS: u64 = 0xffff_0000;
    let rotation = match matrix.get(..5)? {
        [ONE, 0, _, 0, ONE] => None,
        [0, ONE, _, MINUS, 0] => Some("90°"),
        [MINUS, 0, _, 0, MINUS] => Some("180°"),
        [0, MINUS, _, ONE, 0] => Some("270°"),
        _ => Some("other matrix"),
    };
    if let Some(rotation) = rotation {
        node.note("rotation", rotation);
    }
    let (w, h) = (be_at(body, after + 52, 4)?, be_at(body, after + 56, 4)?);
    if w > 0 || h > 0 {
        node.note("shown at", format!("{}×{}", w >> 16, h >> 16));
    }
    Some(())
}

fn handler(
    scan: &mut Scan<'_>,
    walk: &mut Walk,
    body: &[u8],
    node: &mut Node,
    path: &str,
) -> Option<()> {
    let kind: [u8; 4] = part(body, 8, 4)?.try_into().ok()?;
    if path.ends_with("mdia") {
        walk.handler = kind;
    }
    node.note("handler", fourcc(kind));
    if part(body, 12, 4)?.iter().any(|&b| b != 0) {
        node.note("manufacturer", code(body, 12)?);
    }
    let raw = body.get(24..)?;
    // QuickTime counts the letters, ISO ends with a zero.
    let name = match raw.split_first() {
        Some((&n, rest))
            if n > 0 && usize::from(n) <= rest.len() && rest.len() <= usize::from(n) + 1 =>
        {
            text(&rest[..usize::from(n)])
        }
        _ => until_zero(raw),
    };
    if !name.is_empty() {
        node.note("name", &name);
        if path.ends_with("mdia") {
            scan.encoder("hdlr", &format!("{} handler_name", fourcc(kind)), name);
        }
    }
    Some(())
}

fn edits(body: &[u8], node: &mut Node) -> Option<()> {
    let wide = *body.first()? == 1;
    let n: usize = if wide { 8 } else { 4 };
    let count = be_at(body, 4, 4)?;
    node.note("entries", count);
    let mut begins = None;
    let shown = body.get(8..)?.chunks_exact(2 * n + 4).take(16);
    for entry in shown.take(usize::try_from(count).unwrap_or(usize::MAX)) {
        let start = be(&entry[n..2 * n]);
        let from = if start == u64::MAX >> (64 - 8 * n) {
            "empty".into() // media time −1: nothing is shown
        } else {
            begins = begins.or(Some(start));
            format!("media from {start}")
        };
        node.note("edit", format!("{} units, {from}", be(&entry[..n])));
    }
    if let Some(begins) = begins {
        node.note("begins at", begins);
    }
    Some(())
}

/// Apple's list of metadata keys: size, namespace, name.
fn keys(walk: &mut Walk, body: &[u8], node: &mut Node) -> Option<()> {
    walk.keys.clear();
    let count = be_at(body, 4, 4)?;
    node.note("entries", count);
    let mut at = 8;
    while let Some(size) = be_at(body, at, 4).and_then(|s| usize::try_from(s).ok()) {
        let Some(name) = size.checked_sub(8).and_then(|n| part(body, at + 8, n)) else { break };
        walk.keys.push(text(name));
        at += size;
    }
    Some(())
}

fn padding(scan: &mut Scan<'_>, body: &[u8], node: &mut Node) -> Option<()> {
    // GPAC and others sign in a free box.
    if let Some(content) = signature(body) {
        node.note("text", &content);
        scan.encoder(&node.kind.clone(), "text", content);
    } else if body.iter().any(|&b| b != 0) {
        node.note("content", "not zero");
    }
    Some(())
}

fn sample(
    scan: &mut Scan<'_>,
    walk: &Walk,
    head: &Head,
    body: &[u8],
    node: &mut Node,
) -> Option<()> {
    node.note("codec", fourcc(head.kind));
    match &walk.handler {
        b"vide" => {
            node.note("coded at", format!("{}×{}", be_at(body, 24, 2)?, be_at(body, 26, 2)?));
            let vendor = part(body, 12, 4)?;
            if vendor.iter().any(|&b| b != 0) {
                node.note("vendor", code(body, 12)?);
            }
            let name = part(body, 42, 32)?;
            let name = text(name.get(1..=usize::from(name[0]).min(31))?);
            if !name.is_empty() {
                node.note("compressor", &name);
                scan.encoder("stsd", "compressor", name);
            }
        }
        b"soun" => {
            node.note("channels", be_at(body, 16, 2)?);
            node.note("bits", be_at(body, 18, 2)?);
            node.note("rate", be_at(body, 24, 4)? >> 16);
        }
        _ => {}
    }
    Some(())
}

/// QuickTime's text atoms in `udta`: length, language, text.
fn user_text(
    scan: &mut Scan<'_>,
    head: &Head,
    body: &[u8],
    node: &mut Node,
    path: &str,
) -> Option<()> {
    if head.kind[0] != 0xa9 {
        return Some(());
    }
    let len = usize::try_from(be_at(body, 0, 2)?).ok()?;
    let body = scan.words(&fourcc(head.kind), head.body, head.end);
    let value = text(body.get(4..)?.get(..len).or_else(|| body.get(4..))?);
    node.note("value", &value);
    scan.tag(path, &fourcc(head.kind), value);
    Some(())
}

/// A box in `ilst`: named by its kind, by a number into `keys`, or by
/// `mean` and `name` boxes inside it.
pub(super) fn item(scan: &mut Scan<'_>, walk: &Walk, head: &Head, node: &mut Node, path: &str) {
    let index = u32::from_be_bytes(head.kind) as usize;
    let mut name = index.checked_sub(1).and_then(|i| walk.keys.get(i)).cloned();
    let mut mean = String::new();
    let body = scan.words(&fourcc(head.kind), head.body, head.end);
    let mut at = 0;
    while let Some(size) = be_at(&body, at, 4).and_then(|s| usize::try_from(s).ok()) {
        let Some(kind) = part(&body, at + 4, 4).filter(|_| size >= 12) else { break };
        let inner = body.get(at + 8..body.len().min(at.saturating_add(size))).unwrap_or(&[]);
        match kind {
            b"mean" => mean = text(inner.get(4..).unwrap_or(&[])),
            b"name" => name = Some(format!("{mean}:{}", text(inner.get(4..).unwrap_or(&[])))),
            b"data" => {
                let data = inner.get(8..).unwrap_or(&[]);
                let value = match be_at(inner, 0, 4) {
                    Some(1) => text(data),
                    Some(0 | 21 | 22) if data.len() <= 8 => be(data).to_string(),
                    Some(13) => format!("JPEG, {} bytes", data.len()),
                    Some(14) => format!("PNG, {} bytes", data.len()),
                    _ => hex_start(data),
                };
                let key = name.clone().unwrap_or_else(|| fourcc(head.kind));
                node.note("key", &key);
                node.note("value", &value);
                scan.tag(path, &key, value);
            }
            _ => {}
        }
        at = at.saturating_add(size);
    }
}
