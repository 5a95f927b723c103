//! ISO base media files and their ancestor: MP4, MOV, M4A, 3GP, HEIF, AVIF,
//! JPEG 2000 and the box form of JPEG XL (ISO/IEC 14496-12; Apple, QuickTime
//! File Format).

use super::scan::{Scan, fourcc};
use super::{MAX_DEPTH, Node, PayloadKind, encoder, mp4_fields, mp4_items};
use crate::text::{Text, hex};

/// Boxes whose content is nothing but boxes.
const CONTAINERS: [&[u8; 4]; 24] = [
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"moof", b"traf",
    b"mfra", b"iprp", b"ipco", b"sinf", b"schi", b"gmhd", b"tapt", b"wave", b"rmra", b"rmda",
    b"cmov", b"matt", b"jp2h", b"meco",
];

/// Identifiers of known `uuid` boxes.
const UUIDS: [(&str, &str); 4] = [
    ("be7acfcb97a942e89c71999491e3afac", "XMP"),
    ("d8fec3d61b0e483c92975828877ec481", "C2PA"),
    ("4a706754696666457869662d3e4a5032", "EXIF (JP2)"),
    ("50524f4621d24fcebb88695cfac9c740", "Sony PROF"),
];

/// What the walk carries along.
#[derive(Default)]
pub(super) struct Walk {
    /// Handler of the track being read: `vide`, `soun` …
    pub handler: [u8; 4],
    /// Names in the last `keys` box; `ilst` refers to them by number.
    pub keys: Vec<String>,
    /// Items of a HEIF file.
    pub items: mp4_items::Items,
    searched: bool,
    fragments: u64,
}

/// A box: where it is and what it is called.
pub(super) struct Head {
    pub kind: [u8; 4],
    pub at: u64,
    pub body: u64,
    pub end: u64,
}

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "QuickTime".into(); // files from before ftyp existed
    let mut walk = Walk::default();
    let len = scan.len;
    let nodes = boxes(scan, &mut walk, 0, len, 1, "");
    let place = |kind: &str| nodes.iter().position(|n| n.kind == kind);
    match (place("moov"), place("mdat")) {
        (Some(moov), Some(mdat)) if moov < mdat => scan.fact(
            "The index (moov) stands before the media: written in a second pass, or fragmented.",
            "De index (moov) staat voor de mediagegevens: in een tweede gang geschreven, of \
             gefragmenteerd.",
        ),
        (None, Some(_)) if scan.out.format != "HEIF" && scan.out.format != "AVIF" => {
            let why = Text::new(
                "There is no index (moov): the recording was not finished, or part is missing.",
                "Er is geen index (moov): de opname is niet afgerond, of er ontbreekt een deel.",
            );
            scan.fact(why.en.clone(), why.nl.clone());
            scan.out.incomplete = Some(why);
        }
        _ => {}
    }
    if walk.fragments > 0 {
        scan.fact(
            format!("The file is fragmented: {} moof boxes.", walk.fragments),
            format!("Het bestand is gefragmenteerd: {} moof-boxen.", walk.fragments),
        );
    }
    for trak in nodes.iter().filter(|n| n.kind == "moov").flat_map(|n| &n.children) {
        hidden(scan, trak);
    }
    scan.out.pictures = u32::from(matches!(scan.out.format.as_str(), "HEIF" | "AVIF"));
    mp4_items::payloads(scan, &walk.items);
    scan.out.nodes = nodes;
}

/// Edits that do more than take away the delay of an encoder.
fn hidden(scan: &mut Scan<'_>, trak: &Node) {
    /// Seconds. AAC at 8 kHz, the slowest usual case, is late by 0.26 s.
    const DELAY: f64 = 0.5;
    fn find<'n>(node: &'n Node, kind: &str) -> Option<&'n Node> {
        if node.kind == kind {
            return Some(node);
        }
        node.children.iter().find_map(|n| find(n, kind))
    }
    let Some((list, media)) = find(trak, "elst").zip(find(trak, "mdhd")) else { return };
    let number = |node: &Node, key: &str| node.get(key).and_then(|v| v.parse::<f64>().ok());
    let parts = number(list, "entries").unwrap_or(0.0);
    let start = number(list, "begins at").unwrap_or(0.0);
    let seconds = start / number(media, "timescale").unwrap_or(0.0);
    if seconds.is_finite() && seconds > DELAY {
        scan.fact(
            format!("An edit list hides the first {seconds:.2} s of a track that are in the file."),
            format!(
                "Een bewerkingslijst (edit list) verbergt de eerste {} s van een spoor die wel in \
                 het bestand staan.",
                format!("{seconds:.2}").replace('.', ",")
            ),
        );
    }
    if parts > 2.0 {
        scan.fact(
            format!("An edit list puts a track together from {parts} parts."),
            format!("Een bewerkingslijst (edit list) stelt een spoor samen uit {parts} delen."),
        );
    }
}

/// The boxes between `at` and `end`.
pub(super) fn boxes(
    scan: &mut Scan<'_>,
    walk: &mut Walk,
    mut at: u64,
    end: u64,
    depth: usize,
    path: &str,
) -> Vec<Node> {
    let mut nodes = Vec::new();
    while at < end {
        let Some(head) = header(scan, at, end, depth) else {
            leftover(scan, &mut nodes, at, end, depth);
            break;
        };
        if !scan.admit() {
            break;
        }
        at = head.end;
        nodes.push(one(scan, walk, &head, depth, path));
    }
    nodes
}

/// The header at `at`, its size clipped to `end`; `None` when no box can be
/// read there.
fn header(scan: &mut Scan<'_>, at: u64, end: u64, depth: usize) -> Option<Head> {
    if end - at < 8 {
        return None;
    }
    let head: [u8; 8] = scan.array(at)?;
    let kind = [head[4], head[5], head[6], head[7]];
    let short = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    let (size, body) = match short {
        0 if depth == 1 => (end - at, at + 8),
        0 => return None,
        1 => (u64::from_be_bytes(scan.array(at + 8)?), at.checked_add(16)?),
        n => (u64::from(n), at + 8),
    };
    if size < body - at || body > end {
        return None;
    }
    let there = end - at;
    if size > there {
        scan.warn_clipped(&fourcc(kind), at, size, there);
    }
    Some(Head { kind, at, body, end: at + size.min(there) })
}

/// Bytes that are no box. QuickTime ends `udta` with four zero bytes.
fn leftover(scan: &mut Scan<'_>, nodes: &mut Vec<Node>, at: u64, end: u64, depth: usize) {
    let bytes = scan.span(at, end, 64);
    if depth == 1 {
        nodes.extend(scan.trailing(at));
    } else if end - at > 8 || bytes.iter().any(|&b| b != 0) {
        scan.warn(
            format!("{} bytes at byte {at} are no box where boxes are expected.", end - at),
            format!("{} bytes op byte {at} vormen geen box waar boxen worden verwacht.", end - at),
        );
    }
}

fn one(scan: &mut Scan<'_>, walk: &mut Walk, head: &Head, depth: usize, path: &str) -> Node {
    let kind = fourcc(head.kind);
    let inner = if path.is_empty() { kind.clone() } else { format!("{path}/{kind}") };
    let mut node = Node::new(kind.clone(), head.at, head.end - head.at);
    if depth >= MAX_DEPTH {
        return node.with("note", "too deep");
    }
    if &head.kind == b"uuid" {
        user_box(scan, head, &mut node);
    }
    if &head.kind == b"XMP_" {
        scan.payload(PayloadKind::Xmp, "XMP_", head.body, head.end);
    }
    let parent = path.rsplit('/').next().unwrap_or("");
    if parent == "ilst" {
        mp4_fields::item(scan, walk, head, &mut node, path);
        return node;
    }
    mp4_fields::describe(scan, walk, head, &mut node, path);
    mp4_items::describe(scan, &mut walk.items, head, &mut node);
    let from = match &head.kind {
        k if CONTAINERS.contains(&k) => head.body,
        b"udta" | b"ilst" | b"ipro" => head.body,
        b"meta" => head.body + meta_header(scan, head),
        b"stsd" | b"dref" => head.body.saturating_add(8),
        b"iinf" => head.body + if scan.get(head.body, 1) == [0] { 6 } else { 8 },
        b"iref" => head.body.saturating_add(4),
        _ if parent == "stsd" => head.body + sample_entry(scan, walk, head),
        // x265 may sign in the parameter sets instead of the first picture.
        b"hvcC" | b"avcC" => {
            encoder::search(scan, &kind, head.body, head.end);
            head.end
        }
        b"mdat" | b"jp2c" if !walk.searched => {
            walk.searched = true;
            encoder::search(scan, &kind, head.body, head.end);
            head.end
        }
        _ => head.end,
    };
    if from < head.end {
        node.children = boxes(scan, walk, from, head.end, depth + 1, &inner);
    }
    if &head.kind == b"moof" {
        walk.fragments += 1;
    }
    node
}

fn user_box(scan: &mut Scan<'_>, head: &Head, node: &mut Node) {
    let id = hex(scan.span(head.body, head.end, 16));
    let known = UUIDS.iter().find(|(u, _)| *u == id).map(|(_, name)| *name);
    if let Some(name) = known {
        node.note("holds", name);
    }
    node.note("uuid", &id);
    let data = head.body.saturating_add(16);
    match known {
        Some("XMP") => scan.payload(PayloadKind::Xmp, "uuid", data, head.end),
        Some("C2PA") => scan.payload(PayloadKind::C2pa, "uuid", data, head.end),
        Some("EXIF (JP2)") => scan.payload(PayloadKind::Exif, "uuid", data, head.end),
        _ => {}
    }
}

/// `meta` has four bytes of version and flags in ISO files, none in
/// QuickTime, where `hdlr` follows at once.
fn meta_header(scan: &mut Scan<'_>, head: &Head) -> u64 {
    let quicktime = scan.get(head.body, 8).get(4..8) == Some(b"hdlr");
    if quicktime { 0 } else { 4 }
}

/// Length of a sample entry's own fields, after which its boxes begin; to
/// the end for kinds that are neither picture nor sound.
fn sample_entry(scan: &mut Scan<'_>, walk: &Walk, head: &Head) -> u64 {
    let all = head.end - head.body;
    match &walk.handler {
        b"vide" | b"pict" => 78.min(all),
        b"soun" => match scan.get(head.body + 8, 2)[..] {
            [0, 1] => 44.min(all),
            [0, 2] => 64.min(all),
            _ => 28.min(all),
        },
        _ => all,
    }
}
