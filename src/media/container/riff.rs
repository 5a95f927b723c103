//! RIFF and its relatives: AVI, WAV (also RF64 and BW64), WebP, and AIFF,
//! whose chunks are the same with the bytes the other way round (Microsoft
//! and IBM, Multimedia Programming Interface, 1991; EBU Tech 3306; RFC 9649).

use super::scan::{Scan, be, fourcc, le};
use super::{MAX_DEPTH, Node, PayloadKind, encoder, riff_fields};

/// What the walk carries along.
#[derive(Default)]
pub(super) struct Walk {
    /// Numbers stand big end first (AIFF, RIFX).
    pub big: bool,
    /// Size of the `data` chunk when it does not fit in 32 bits (`ds64`).
    pub data_size: Option<u64>,
    /// Stream type of the last `strh`.
    pub stream: [u8; 4],
}

/// A chunk: where it is and what it is called.
pub(super) struct Chunk {
    pub kind: [u8; 4],
    pub at: u64,
    pub body: u64,
    pub end: u64,
}

pub(super) fn parse(scan: &mut Scan<'_>) {
    let head = scan.get(0, 12);
    let form = head.get(8..12).unwrap_or(&[]);
    scan.out.format = match form {
        b"AVI " => "AVI",
        b"WAVE" => "WAV",
        b"WEBP" => "WebP",
        b"AIFF" | b"AIFC" => "AIFF",
        _ => "RIFF",
    }
    .into();
    if let Ok(outer) = <[u8; 4]>::try_from(head.get(..4).unwrap_or(&[])) {
        scan.out.brands.push(fourcc(outer));
    }
    let mut walk =
        Walk { big: head.starts_with(b"FORM") || head.starts_with(b"RIFX"), ..Walk::default() };
    let len = scan.len;
    let mut at = 0;
    let mut nodes = Vec::new();
    // AVI files over 1 GiB are several RIFF chunks in a row (OpenDML).
    while at < len {
        let Some(chunk) = header(scan, &walk, at, len) else { break };
        if !matches!(&chunk.kind, b"RIFF" | b"RF64" | b"BW64" | b"RIFX" | b"FORM") || !scan.admit()
        {
            break;
        }
        nodes.push(one(scan, &mut walk, &chunk, 1, ""));
        at = chunk.end.saturating_add((chunk.end - chunk.at) & 1).min(len);
    }
    if at < len {
        nodes.extend(scan.trailing(at));
    }
    if scan.out.format == "WebP" {
        scan.out.pictures = 1;
    }
    scan.out.nodes = nodes;
}

/// The header at `at`; its size clipped to `end`.
fn header(scan: &mut Scan<'_>, walk: &Walk, at: u64, end: u64) -> Option<Chunk> {
    if end - at < 8 {
        return None;
    }
    let head: [u8; 8] = scan.array(at)?;
    let kind = [head[0], head[1], head[2], head[3]];
    let mut size = if walk.big { be(&head[4..8]) } else { le(&head[4..8]) };
    if size == u64::from(u32::MAX) {
        // 64-bit files say so in ds64, streams never learned their size.
        size = if kind == *b"data" { walk.data_size.unwrap_or(end - at - 8) } else { end - at - 8 };
    }
    let there = end - at - 8;
    let body = at + 8;
    if size > there {
        scan.warn_clipped(&fourcc(kind), at, size, there);
    }
    Some(Chunk { kind, at, body, end: body + size.min(there) })
}

fn chunks(
    scan: &mut Scan<'_>,
    walk: &mut Walk,
    mut at: u64,
    end: u64,
    depth: usize,
    parent: &str,
) -> Vec<Node> {
    let mut nodes = Vec::new();
    while at < end {
        let Some(chunk) = header(scan, walk, at, end) else {
            if scan.span(at, end, 8).iter().any(|&b| b != 0) {
                scan.warn(
                    format!("{} bytes at byte {at} are no chunk.", end - at),
                    format!("{} bytes op byte {at} vormen geen chunk.", end - at),
                );
            }
            break;
        };
        if !scan.admit() {
            break;
        }
        let node = one(scan, walk, &chunk, depth, parent);
        at = chunk.end + ((chunk.end - chunk.body) & 1);
        nodes.push(node);
    }
    nodes
}

fn one(scan: &mut Scan<'_>, walk: &mut Walk, chunk: &Chunk, depth: usize, parent: &str) -> Node {
    let mut node = Node::new(fourcc(chunk.kind), chunk.at, chunk.end - chunk.at);
    let list = matches!(&chunk.kind, b"RIFF" | b"RF64" | b"BW64" | b"RIFX" | b"FORM" | b"LIST");
    if !list {
        riff_fields::describe(scan, walk, chunk, &mut node, parent);
        return node;
    }
    let Some(form) = scan.array::<4>(chunk.body).filter(|_| chunk.end - chunk.body >= 4) else {
        return node.with("note", "too short for its type");
    };
    let form = fourcc(form);
    // The type belongs to the name: LIST INFO and LIST movi differ in kind.
    node.kind = format!("{} {form}", node.kind);
    if depth >= MAX_DEPTH {
        return node.with("note", "too deep");
    }
    if form == "movi" {
        media(scan, walk, chunk, &mut node);
    } else {
        node.children = chunks(scan, walk, chunk.body + 4, chunk.end, depth + 1, &form);
    }
    node
}

/// The media chunks of an AVI are counted by name, not listed.
fn media(scan: &mut Scan<'_>, walk: &mut Walk, list: &Chunk, node: &mut Node) {
    const COUNTED: u64 = 100_000;
    encoder::search(scan, "movi", list.body + 4, list.end);
    let mut counts: Vec<(String, u64)> = Vec::new();
    let mut at = list.body + 4;
    let mut total = 0;
    while at < list.end && total < COUNTED {
        let Some(chunk) = header(scan, walk, at, list.end) else { break };
        let kind = fourcc(chunk.kind);
        match counts.iter().position(|(k, _)| *k == kind) {
            Some(i) => counts[i].1 += 1,
            None if counts.len() < 32 => counts.push((kind, 1)),
            None => {}
        }
        total += 1;
        // A rec list groups chunks; step into it.
        at = if &chunk.kind == b"LIST" {
            chunk.body.saturating_add(4)
        } else {
            chunk.end + ((chunk.end - chunk.body) & 1)
        };
    }
    for (kind, n) in counts {
        node.note(kind, n);
    }
    if at < list.end && total == COUNTED {
        node.note("note", format!("counted up to byte {at}"));
    }
}

/// Records the payload that a WebP or WAV chunk holds.
pub(super) fn payload(scan: &mut Scan<'_>, chunk: &Chunk, kind: PayloadKind) {
    let source = fourcc(chunk.kind);
    scan.payload(kind, source.trim_end(), chunk.body, chunk.end);
}
