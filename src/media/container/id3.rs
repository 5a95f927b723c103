//! MP3 and AAC streams: ID3v2 frames, the first audio frame with its Xing or
//! Info header and LAME tag, APE and ID3v1 tags at the end (id3.org; ISO/IEC
//! 11172-3; the LAME tag as Gabriel Bouvigne's "Mp3 Info Tag" describes it).

use super::scan::{Scan, be_at, hex_start, le_at, part, text, until_zero, utf16};
use super::{MAX_TEXT, Node, encoder, flac};

/// Bytes searched for the first audio frame behind the tags.
const SEARCHED: usize = 64 << 10;

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "MP3".into();
    let mut at = 0;
    // Some files have several ID3v2 tags in a row.
    while scan.get(at, 3) == b"ID3" {
        let Some(size) = tag_size(scan, at) else { break };
        if !scan.admit() {
            return;
        }
        let end = at.saturating_add(size).min(scan.len);
        let mut node = Node::new("ID3v2", at, end - at);
        tag(scan, at, end, &mut node);
        scan.out.nodes.push(node);
        at = end;
    }
    if scan.get(at, 4) == b"fLaC" {
        return flac::parse(scan, at);
    }
    let mut end = scan.len;
    let mut tail = Vec::new();
    if end.saturating_sub(at) >= 128 && scan.get(end - 128, 3) == b"TAG" {
        end -= 128;
        tail.push(old_tag(scan, end));
    }
    if end.saturating_sub(at) >= 32 && scan.get(end - 32, 8) == b"APETAGEX" {
        let footer = scan.get(end - 32, 32);
        let size = le_at(&footer, 12, 4).unwrap_or(0);
        let header = if le_at(&footer, 20, 4).unwrap_or(0) & 0x8000_0000 != 0 { 32 } else { 0 };
        let start = end.saturating_sub(size).max(at);
        let node = ape(scan, start, end, header);
        end = start.saturating_sub(header).max(at);
        tail.push(node);
    }
    audio(scan, at, end);
    tail.reverse();
    for node in tail {
        if scan.admit() {
            scan.out.nodes.push(node);
        }
    }
}

/// The audio between the tags.
fn audio(scan: &mut Scan<'_>, at: u64, end: u64) {
    let data = scan.span(at, end, SEARCHED);
    let first =
        (0..data.len()).find(|&i| data.get(i..).is_some_and(|d| frame(d).is_some() || adts(d)));
    let Some(first) = first.filter(|_| scan.admit()) else {
        scan.out.format = if at > 0 { "ID3" } else { "unknown" }.into();
        return;
    };
    let head = data.get(first..).unwrap_or(&[]);
    let mut node = Node::new("audio", at + first as u64, end - at - first as u64);
    if let Some(frame) = frame(head) {
        node.note("layer", frame.layer);
        node.note("rate", frame.rate);
        node.note("channels", if frame.mono { 1 } else { 2 });
        node.note("first frame", format!("{} bit/s", frame.bit_rate));
        xing(scan, head, &frame, &mut node);
    } else {
        scan.out.format = "AAC (ADTS)".into();
    }
    scan.out.nodes.push(node);
    encoder::search(scan, "audio", at, end.min(at.saturating_add(1 << 16)));
}

/// An MPEG audio frame header that makes sense.
pub(super) struct Frame {
    layer: u8,
    rate: u32,
    bit_rate: u32,
    mono: bool,
    lsf: bool,
}

/// Reads a frame header; bit rates and sample rates of layer III and II.
pub(super) fn frame(head: &[u8]) -> Option<Frame> {
    let h = part(head, 0, 4)?;
    let (version, layer) = (h[1] >> 3 & 3, 4 - (h[1] >> 1 & 3));
    if h[0] != 0xff || h[1] & 0xe0 != 0xe0 || version == 1 || layer == 4 || h[3] & 3 == 2 {
        return None;
    }
    let rate = [44_100u32, 48_000, 32_000].get(usize::from(h[2] >> 2 & 3))?
        >> match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
    let lsf = version != 3;
    const V1L3: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const V1L2: [u32; 14] = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    const V1L1: [u32; 14] = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
    const V2L23: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let table = match (lsf, layer) {
        (true, 2 | 3) => V2L23,
        (false, 3) => V1L3,
        (false, 2) => V1L2,
        _ => V1L1,
    };
    let bit_rate = 1000 * table.get(usize::from(h[2] >> 4).checked_sub(1)?)?;
    Some(Frame { layer, rate, bit_rate, mono: h[3] >> 6 == 3, lsf })
}

/// Whether an ADTS header of AAC stands here.
pub(super) fn adts(head: &[u8]) -> bool {
    matches!(part(head, 0, 7), Some(h) if h[0] == 0xff && h[1] & 0xf6 == 0xf0 && h[2] >> 2 & 15 < 13)
}

fn xing(scan: &mut Scan<'_>, head: &[u8], frame: &Frame, node: &mut Node) -> Option<()> {
    let side = match (frame.lsf, frame.mono) {
        (false, false) => 32,
        (false, true) | (true, false) => 17,
        (true, true) => 9,
    };
    let at = 4 + side;
    let kind = part(head, at, 4).filter(|k| *k == b"Xing" || *k == b"Info")?;
    node.note("header", text(kind));
    let flags = be_at(head, at + 4, 4)?;
    let mut next = at + 8;
    for (bit, name, len) in [(1, "frames", 4), (2, "bytes", 4), (4, "", 100), (8, "quality", 4)] {
        if flags & bit != 0 {
            if !name.is_empty() {
                node.note(name, be_at(head, next, len)?);
            }
            next += len;
        }
    }
    let name = text(part(head, next, 9)?).trim().to_owned();
    if name.chars().next().is_some_and(|c| c.is_ascii_alphabetic()) {
        node.note("encoder", &name);
        scan.encoder("Xing header", "encoder", name);
        let gaps = be_at(head, next + 21, 3)?;
        node.note("delay and padding", format!("{} {}", gaps >> 12, gaps & 0xfff));
    }
    Some(())
}

/// Numbers of ID3v2 whose bytes carry seven bits each.
fn synchsafe(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, &b| n << 7 | u64::from(b & 0x7f))
}

fn tag_size(scan: &mut Scan<'_>, at: u64) -> Option<u64> {
    let head = scan.array::<10>(at)?;
    let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
    Some(synchsafe(&head[6..10]) + 10 + footer)
}

/// The frames of the ID3v2 tag at `at`.
pub(super) fn tag(scan: &mut Scan<'_>, at: u64, end: u64, node: &mut Node) {
    let Some(head) = scan.array::<10>(at).filter(|h| h.starts_with(b"ID3")) else { return };
    let version = head[3];
    node.note("version", format!("2.{version}.{}", head[4]));
    let (name_len, head_len) = if version == 2 { (3, 6) } else { (4, 10) };
    let mut at = at + 10;
    if head[5] & 0x40 != 0 && version > 2 {
        let size = scan.array::<4>(at).unwrap_or_default();
        at += if version == 3 { 4 + u64::from(u32::from_be_bytes(size)) } else { synchsafe(&size) };
    }
    while at.saturating_add(head_len) < end {
        let bytes = scan.get(at, 10);
        let Some(name) = part(&bytes, 0, name_len).filter(|n| n[0] != 0) else { break };
        let size = match version {
            2 => be_at(&bytes, 3, 3),
            3 => be_at(&bytes, 4, 4),
            _ => part(&bytes, 4, 4).map(synchsafe),
        };
        let (name, Some(says)) = (text(name), size) else { break };
        let body = at + head_len;
        let there = end - body;
        if says > there {
            scan.warn_clipped(&name, at, says, there);
        }
        if !scan.admit() {
            return;
        }
        let next = body + says.min(there);
        let mut child = Node::new(&name, at, next - at);
        let data = scan.span(body, next, MAX_TEXT);
        if let Some((key, value)) = value(&name, &data) {
            child.note("value", &value);
            scan.tag("ID3v2", &key, value);
        }
        node.children.push(child);
        at = next;
    }
}

/// Key and text of a text frame; `None` for pictures and the like.
fn value(name: &str, data: &[u8]) -> Option<(String, String)> {
    let (encoding, rest) = data.split_first()?;
    let decode = |bytes: &[u8]| match encoding {
        1 => utf16(bytes, false),
        2 => utf16(bytes, true),
        3 => text(bytes),
        _ => text(bytes.iter().map(|&b| char::from(b)).collect::<String>().as_bytes()),
    };
    let whole = match name {
        "COMM" | "COM" | "USLT" | "ULT" => decode(rest.get(3..)?),
        _ if name.starts_with('T') => decode(rest),
        "PRIV" => {
            return Some((format!("PRIV:{}", until_zero(data)), hex_start(data)));
        }
        _ => return None,
    };
    let whole = whole.replace("\\u{0}", "\0").replace('\u{feff}', "");
    match whole.split_once('\0') {
        // A described text: the description belongs to the key.
        Some((described, value))
            if matches!(name, "TXXX" | "TXX" | "COMM" | "COM" | "USLT" | "ULT") =>
        {
            let key =
                if described.is_empty() { name.into() } else { format!("{name}:{described}") };
            Some((key, value.replace('\0', " / ")))
        }
        _ => Some((name.into(), whole.replace('\0', " / "))),
    }
}

/// The ID3v1 tag: fixed fields of Latin-1.
fn old_tag(scan: &mut Scan<'_>, at: u64) -> Node {
    let data = scan.get(at, 128);
    let mut node = Node::new("ID3v1", at, 128);
    let fields = [
        ("title", 3, 30),
        ("artist", 33, 30),
        ("album", 63, 30),
        ("year", 93, 4),
        ("comment", 97, 28),
    ];
    for (name, from, len) in fields {
        let latin: String =
            part(&data, from, len).unwrap_or(&[]).iter().map(|&b| char::from(b)).collect();
        let value = until_zero(latin.as_bytes()).trim().to_owned();
        if !value.is_empty() {
            node.note(name, &value);
            scan.tag("ID3v1", name, value);
        }
    }
    node
}

/// The items of an APEv2 tag.
fn ape(scan: &mut Scan<'_>, at: u64, end: u64, header: u64) -> Node {
    let mut node = Node::new("APE", at.saturating_sub(header), end - at.saturating_sub(header));
    let data = scan.span(at, end.saturating_sub(32), 1 << 20);
    let mut from = 0;
    while let Some(size) = le_at(&data, from, 4).and_then(|n| usize::try_from(n).ok()) {
        let Some(rest) = data.get(from + 8..) else { break };
        let key = until_zero(&rest[..rest.len().min(256)]);
        let Some(value) = part(rest, key.len() + 1, size) else { break };
        let flags = le_at(&data, from + 4, 4).unwrap_or(0);
        if flags >> 1 & 3 == 0 {
            node.note(&key, text(value));
            scan.tag("APE", &key, text(value));
        }
        from += 8 + key.len() + 1 + size;
    }
    node
}
