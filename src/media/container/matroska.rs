//! Matroska and WebM (RFC 9559) in EBML (RFC 8794).

use super::scan::{Scan, be, moment, text};
use super::{MAX_DEPTH, Node, encoder};
use crate::text::hex;

/// Seconds from 1970 to 2001, where the format's clock begins.
const TO_2001: i64 = 978_307_200;

/// How an element's data is read.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Master,
    Number,
    Float,
    Text,
    Date,
    Bytes,
}

/// Elements that are named, with their data type (RFC 9559, section 5.1).
const ELEMENTS: &[(u32, &str, As)] = &[
    (0x1A45DFA3, "EBML", As::Master),
    (0x4286, "EBMLVersion", As::Number),
    (0x42F7, "EBMLReadVersion", As::Number),
    (0x42F2, "EBMLMaxIDLength", As::Number),
    (0x42F3, "EBMLMaxSizeLength", As::Number),
    (0x4282, "DocType", As::Text),
    (0x4287, "DocTypeVersion", As::Number),
    (0x4285, "DocTypeReadVersion", As::Number),
    (0xEC, "Void", As::Bytes),
    (0xBF, "CRC-32", As::Bytes),
    (0x18538067, "Segment", As::Master),
    (0x114D9B74, "SeekHead", As::Master),
    (0x4DBB, "Seek", As::Master),
    (0x53AB, "SeekID", As::Bytes),
    (0x53AC, "SeekPosition", As::Number),
    (0x1549A966, "Info", As::Master),
    (0x73A4, "SegmentUUID", As::Bytes),
    (0x7384, "SegmentFilename", As::Text),
    (0x2AD7B1, "TimestampScale", As::Number),
    (0x4489, "Duration", As::Float),
    (0x4461, "DateUTC", As::Date),
    (0x7BA9, "Title", As::Text),
    (0x4D80, "MuxingApp", As::Text),
    (0x5741, "WritingApp", As::Text),
    (0x1654AE6B, "Tracks", As::Master),
    (0xAE, "TrackEntry", As::Master),
    (0xD7, "TrackNumber", As::Number),
    (0x73C5, "TrackUID", As::Number),
    (0x83, "TrackType", As::Number),
    (0xB9, "FlagEnabled", As::Number),
    (0x88, "FlagDefault", As::Number),
    (0x55AA, "FlagForced", As::Number),
    (0x9C, "FlagLacing", As::Number),
    (0x23E383, "DefaultDuration", As::Number),
    (0x536E, "Name", As::Text),
    (0x22B59C, "Language", As::Text),
    (0x22B59D, "LanguageBCP47", As::Text),
    (0x86, "CodecID", As::Text),
    (0x63A2, "CodecPrivate", As::Bytes),
    (0x258688, "CodecName", As::Text),
    (0x56AA, "CodecDelay", As::Number),
    (0x56BB, "SeekPreRoll", As::Number),
    (0x55EE, "MaxBlockAdditionID", As::Number),
    (0xE0, "Video", As::Master),
    (0xB0, "PixelWidth", As::Number),
    (0xBA, "PixelHeight", As::Number),
    (0x54B0, "DisplayWidth", As::Number),
    (0x54BA, "DisplayHeight", As::Number),
    (0x54B2, "DisplayUnit", As::Number),
    (0x9A, "FlagInterlaced", As::Number),
    (0x55B0, "Colour", As::Master),
    (0x55B1, "MatrixCoefficients", As::Number),
    (0x55B7, "ChromaSitingHorz", As::Number),
    (0x55B8, "ChromaSitingVert", As::Number),
    (0x55B9, "Range", As::Number),
    (0x55BA, "TransferCharacteristics", As::Number),
    (0x55BB, "Primaries", As::Number),
    (0xE1, "Audio", As::Master),
    (0xB5, "SamplingFrequency", As::Float),
    (0x78B5, "OutputSamplingFrequency", As::Float),
    (0x9F, "Channels", As::Number),
    (0x6264, "BitDepth", As::Number),
    (0x1F43B675, "Cluster", As::Master),
    (0xE7, "Timestamp", As::Number),
    (0xA3, "SimpleBlock", As::Bytes),
    (0xA0, "BlockGroup", As::Master),
    (0x1C53BB6B, "Cues", As::Bytes),
    (0x1043A770, "Chapters", As::Master),
    (0x45B9, "EditionEntry", As::Master),
    (0x1941A469, "Attachments", As::Master),
    (0x61A7, "AttachedFile", As::Master),
    (0x466E, "FileName", As::Text),
    (0x4660, "FileMediaType", As::Text),
    (0x465C, "FileData", As::Bytes),
    (0x1254C367, "Tags", As::Master),
    (0x7373, "Tag", As::Master),
    (0x63C0, "Targets", As::Master),
    (0x63C5, "TagTrackUID", As::Number),
    (0x67C8, "SimpleTag", As::Master),
    (0x45A3, "TagName", As::Text),
    (0x447A, "TagLanguage", As::Text),
    (0x4484, "TagDefault", As::Number),
    (0x4487, "TagString", As::Text),
];

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1F43_B675;
const SIMPLE_TAG: u32 = 0x67C8;

/// An element's header: identifier, first byte of data, end; `unknown` when
/// it does not say its size.
struct Head {
    id: u32,
    body: u64,
    end: u64,
    unknown: bool,
}

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "Matroska".into();
    let len = scan.len;
    let mut searched = false;
    let (nodes, stopped) = elements(scan, 0, len, 1, &mut searched);
    scan.out.nodes = nodes;
    if stopped < len {
        let rest = scan.trailing(stopped);
        scan.out.nodes.extend(rest);
    }
}

/// Elements between `at` and `end`; also where reading stopped.
fn elements(
    scan: &mut Scan<'_>,
    mut at: u64,
    end: u64,
    depth: usize,
    searched: &mut bool,
) -> (Vec<Node>, u64) {
    let mut nodes: Vec<Node> = Vec::new();
    let mut clusters = 0u64;
    while at < end {
        let Some(mut head) = header(scan, at, end) else {
            if depth > 1 {
                scan.warn(
                    format!("{} bytes at byte {at} are no EBML element.", end - at),
                    format!("{} bytes op byte {at} vormen geen EBML-element.", end - at),
                );
                at = end;
            }
            break;
        };
        if head.id == CLUSTER {
            if head.unknown {
                head.end = cluster_end(scan, head.body, end);
            }
            if !*searched {
                *searched = true;
                encoder::search(scan, "Cluster", head.body, end);
            }
            // Runs of clusters are one node: their number grows with the clip.
            if let Some(last) = nodes.last_mut().filter(|n| n.kind == "Cluster") {
                clusters += 1;
                last.size = head.end - last.offset;
                last.detail = vec![("clusters".into(), clusters.to_string())];
                at = head.end;
                continue;
            }
            clusters = 1;
        }
        if !scan.admit() {
            return (nodes, end);
        }
        nodes.push(element(scan, &head, at, depth, searched));
        at = head.end;
    }
    (nodes, at)
}

fn header(scan: &mut Scan<'_>, at: u64, end: u64) -> Option<Head> {
    let bytes = scan.span(at, end, 12);
    let id_len = bytes.first()?.leading_zeros() as usize + 1;
    if id_len > 4 {
        return None;
    }
    let id = u32::try_from(be(bytes.get(..id_len)?)).ok()?;
    let size_bytes = bytes.get(id_len..)?;
    let size_len = size_bytes.first()?.leading_zeros() as usize + 1;
    if size_len > 8 {
        return None;
    }
    let mask = u64::MAX >> (64 - 7 * size_len);
    let size = be(size_bytes.get(..size_len)?) & mask;
    let body = at + (id_len + size_len) as u64;
    let there = end.checked_sub(body)?;
    let unknown = size == mask;
    if !unknown && size > there {
        scan.warn_clipped(&name(id).0, at, size, there);
    }
    Some(Head { id, body, end: body + size.min(there), unknown })
}

fn name(id: u32) -> (String, As) {
    ELEMENTS
        .iter()
        .find(|(i, _, _)| *i == id)
        .map_or_else(|| (format!("0x{id:X}"), As::Bytes), |(_, n, t)| ((*n).into(), *t))
}

/// The end of a cluster of unknown size: the first element that belongs to a
/// higher level. Identifiers of four bytes are those of the top levels.
fn cluster_end(scan: &mut Scan<'_>, mut at: u64, end: u64) -> u64 {
    while at < end {
        let Some(head) = header(scan, at, end) else { return end };
        if head.id > 0x0FFF_FFFF {
            return at;
        }
        at = head.end;
    }
    end
}

fn element(scan: &mut Scan<'_>, head: &Head, at: u64, depth: usize, searched: &mut bool) -> Node {
    let (label, kind) = name(head.id);
    let mut node = Node::new(label, at, head.end - at);
    if head.unknown {
        node.note("size", "unknown");
        if head.id == SEGMENT {
            scan.fact(
                "The segment's size was never filled in: written as a stream, or not finished.",
                "De grootte van het segment is nooit ingevuld: als stroom geschreven, of niet \
                 afgerond.",
            );
        }
    }
    let data = |scan: &mut Scan<'_>| scan.span(head.body, head.end, 16);
    match kind {
        As::Master if head.id == CLUSTER => node.note("clusters", 1),
        As::Master if depth >= MAX_DEPTH => node.note("note", "too deep"),
        As::Master => {
            node.children = elements(scan, head.body, head.end, depth + 1, searched).0;
        }
        As::Number => node.note("value", be(&data(scan))),
        As::Float => {
            let bytes = data(scan);
            let value = match bytes.len() {
                4 => bytes.try_into().ok().map(|b| f64::from(f32::from_be_bytes(b))),
                8 => bytes.try_into().ok().map(f64::from_be_bytes),
                _ => None,
            };
            node.note("value", value.map_or_else(|| "?".into(), |v| v.to_string()));
        }
        As::Text => {
            let value = text(&scan.words(&node.kind, head.body, head.end));
            node.note("value", value);
        }
        As::Date => {
            let value = data(scan).try_into().map(i64::from_be_bytes).unwrap_or(0);
            let seconds = value.div_euclid(1_000_000_000).saturating_add(TO_2001);
            node.note("value", moment(seconds));
        }
        As::Bytes => {
            let size = head.end - head.body;
            if node.kind == "CodecPrivate" {
                encoder::search(scan, "CodecPrivate", head.body, head.end);
            }
            if size <= 16 {
                node.note("value", hex(data(scan)));
            }
        }
    }
    record(scan, head.id, &node);
    node
}

fn record(scan: &mut Scan<'_>, id: u32, node: &Node) {
    let value = node.get("value").unwrap_or("").to_owned();
    let child = |name: &str| node.children.iter().find(|n| n.kind == name)?.get("value");
    match node.kind.as_str() {
        "DocType" => {
            scan.out.format = if value == "webm" { "WebM" } else { "Matroska" }.into();
            scan.out.brands.push(value);
        }
        "MuxingApp" | "WritingApp" | "CodecName" => {
            scan.encoder("Info", &node.kind, value.clone());
            scan.tag("Info", &node.kind, value);
        }
        "DateUTC" | "Title" | "SegmentFilename" => scan.tag("Info", &node.kind, value),
        "Name" => scan.tag("TrackEntry", "Name", value),
        _ if id == SIMPLE_TAG => {
            if let (Some(key), Some(value)) = (child("TagName"), child("TagString")) {
                scan.tag("Tags", key, value);
            }
        }
        _ => {}
    }
}
