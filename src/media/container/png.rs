//! PNG chunks (W3C, Portable Network Graphics, third edition).

use super::scan::{Scan, fourcc, part, until_zero};
use super::{Node, PayloadKind};

/// Largest chunk whose checksum is verified, and most bytes verified in all.
const CHECKED: u64 = 16 << 20;
const CHECKED_IN_ALL: u64 = 128 << 20;

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "PNG".into();
    let mut nodes: Vec<Node> = Vec::new();
    let mut at = 8;
    let mut checked = 0;
    let mut run = 0u64;
    let mut ended = false;
    while at < scan.len {
        let Some(head) = scan.array::<8>(at) else { break };
        let kind = [head[4], head[5], head[6], head[7]];
        let says = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let there = scan.len - at - 8;
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            break;
        }
        if says.saturating_add(4) > there {
            scan.warn_clipped(&fourcc(kind), at, says + 12, there + 8);
        }
        let end = at + 8 + says.min(there);
        let next = (end + 4).min(scan.len);
        let sound = checksum(scan, at, end, &mut checked);
        // Image data comes in runs of equal chunks; a run is one node.
        let in_run = (kind == *b"IDAT" || kind == *b"fdAT")
            && nodes.last().is_some_and(|n| n.kind.as_bytes() == kind);
        if let Some(last) = nodes.last_mut().filter(|_| in_run) {
            run += 1;
            last.size = next - last.offset;
            last.detail.retain(|(k, _)| k != "chunks");
            last.note("chunks", run);
        } else {
            if !scan.admit() {
                break;
            }
            run = 1;
            let mut node = Node::new(fourcc(kind), at, next - at);
            describe(scan, kind, at + 8, end, &mut node);
            nodes.push(node);
        }
        if sound == Some(false) {
            if let Some(node) = nodes.last_mut() {
                node.note("checksum", "wrong");
            }
            scan.warn(
                format!("The checksum of {} at byte {at} is wrong.", fourcc(kind)),
                format!("De controlesom van {} op byte {at} klopt niet.", fourcc(kind)),
            );
        }
        at = next;
        if kind == *b"IEND" {
            ended = true;
            break;
        }
    }
    if ended {
        scan.out.pictures = 1;
        nodes.extend(scan.trailing(at));
    } else {
        scan.warn(
            format!("There is no IEND: the chunks stop at byte {at}."),
            format!("IEND ontbreekt: de chunks houden op bij byte {at}."),
        );
    }
    scan.out.nodes = nodes;
}

/// Whether the CRC behind the chunk is that of its type and data; `None`
/// when it is missing or too much to read.
fn checksum(scan: &mut Scan<'_>, at: u64, end: u64, checked: &mut u64) -> Option<bool> {
    let size = end - at - 4;
    *checked += size;
    if size > CHECKED || *checked > CHECKED_IN_ALL {
        return None;
    }
    let says = scan.array::<4>(end).map(u32::from_be_bytes)?;
    let mut crc = flate2::Crc::new();
    crc.update(&scan.span(at + 4, end, usize::try_from(size).ok()?));
    Some(crc.sum() == says)
}

fn describe(scan: &mut Scan<'_>, kind: [u8; 4], at: u64, end: u64, node: &mut Node) {
    let body = scan.span(at, end, 256);
    let be = |at, n| super::scan::be_at(&body, at, n);
    let done = match &kind {
        b"IHDR" => (|| {
            node.note("size", format!("{}×{}", be(0, 4)?, be(4, 4)?));
            node.note("bits", be(8, 1)?);
            node.note(
                "colour",
                match be(9, 1)? {
                    0 => "grey",
                    2 => "RGB",
                    3 => "palette",
                    4 => "grey and alpha",
                    6 => "RGB and alpha",
                    _ => "unknown",
                },
            );
            if be(12, 1)? == 1 {
                node.note("interlaced", "Adam7");
            }
            Some(())
        })(),
        b"IDAT" => {
            node.note("first chunk", end - at);
            Some(())
        }
        b"gAMA" => be(0, 4).map(|g| node.note("gamma", format!("{:.5}", g as f64 / 1e5))),
        b"pHYs" => {
            be(0, 4).zip(be(4, 4)).map(|(x, y)| node.note("pixels a unit", format!("{x}×{y}")))
        }
        b"tIME" => (|| {
            let t: Option<Vec<u64>> = [(0, 2), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1)]
                .map(|(a, n)| be(a, n))
                .into_iter()
                .collect();
            let t = t?;
            let time =
                format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t[0], t[1], t[2], t[3], t[4], t[5]);
            node.note("modified", &time);
            scan.tag("PNG", "tIME", time);
            Some(())
        })(),
        b"acTL" => be(0, 4).map(|n| node.note("frames", n)),
        b"tEXt" | b"zTXt" | b"iTXt" => {
            let key = until_zero(&body);
            node.note("key", &key);
            let payload = match &kind {
                b"tEXt" => PayloadKind::PngText,
                b"zTXt" => PayloadKind::PngCompressedText,
                _ => PayloadKind::PngInternationalText,
            };
            if &kind == b"tEXt" && key.eq_ignore_ascii_case("software") {
                scan.encoder("tEXt", &key, until_zero(body.get(key.len() + 1..).unwrap_or(&[])));
            }
            scan.payload(payload, &fourcc(kind), at, end);
            Some(())
        }
        b"eXIf" => {
            let skip = if part(&body, 0, 6) == Some(b"Exif\0\0") { 6 } else { 0 };
            scan.payload(PayloadKind::Exif, "eXIf", at + skip, end);
            Some(())
        }
        b"caBX" => {
            node.note("holds", "C2PA");
            scan.payload(PayloadKind::C2pa, "caBX", at, end);
            Some(())
        }
        b"iCCP" => {
            node.note("profile", until_zero(&body));
            Some(())
        }
        _ => Some(()),
    };
    if done.is_none() {
        node.note("note", "too short for its fields");
    }
}
