//! Ogg pages, summarised by stream (RFC 3533).

use super::scan::{Scan, be_at, le_at, part};
use super::{Node, flac};

/// Most pages that are walked; an hour of speech has about 4000.
const PAGES: u64 = 100_000;

/// A logical stream.
struct Stream {
    serial: u64,
    codec: &'static str,
    first: u64,
    pages: u64,
    bytes: u64,
    granule: u64,
    /// The first packets, gathered until the comments are complete.
    packets: Vec<Vec<u8>>,
    rate: Option<u64>,
    channels: Option<u64>,
}

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "Ogg".into();
    let mut streams: Vec<Stream> = Vec::new();
    let mut at = 0;
    let mut walked = 0;
    while at < scan.len && walked < PAGES {
        let head = scan.get(at, 27);
        if !head.starts_with(b"OggS") || head.len() < 27 {
            break;
        }
        let segments = scan.get(at + 27, usize::from(head[26]));
        let size: u64 = segments.iter().map(|&s| u64::from(s)).sum();
        let body = at + 27 + u64::from(head[26]);
        let serial = le_at(&head, 14, 4).unwrap_or(0);
        if !streams.iter().any(|s| s.serial == serial) {
            if streams.len() >= 64 {
                break;
            }
            streams.push(Stream {
                serial,
                codec: "unknown",
                first: at,
                pages: 0,
                bytes: 0,
                granule: 0,
                packets: Vec::new(),
                rate: None,
                channels: None,
            });
        }
        let end = body.saturating_add(size);
        if let Some(stream) = streams.iter_mut().find(|s| s.serial == serial) {
            stream.pages += 1;
            stream.bytes += size;
            let granule = le_at(&head, 6, 8).unwrap_or(u64::MAX);
            if granule != u64::MAX {
                stream.granule = granule;
            }
            if stream.pages <= 16 && stream.packets.len() < 3 {
                let data = scan.span(body, end, 1 << 16);
                gather(stream, &segments, &data, head[5] & 1 != 0);
            }
        }
        walked += 1;
        if end > scan.len {
            scan.warn_clipped("OggS", at, end - at, scan.len - at);
        }
        at = end.min(scan.len);
    }
    for mut stream in streams {
        if !scan.admit() {
            break;
        }
        identify(&mut stream);
        let mut node = Node::new(stream.codec, stream.first, stream.bytes)
            .with("serial", format!("{:08x}", stream.serial))
            .with("pages", stream.pages)
            .with("last granule", stream.granule);
        for (name, value) in [("channels", stream.channels), ("rate", stream.rate)] {
            if let Some(value) = value {
                node.note(name, value);
            }
        }
        scan.out.brands.push(stream.codec.into());
        let prefix = match stream.codec {
            "Vorbis" | "Theora" => 7,
            "Opus" => 8,
            "FLAC" => 4,
            _ => 0,
        };
        if let Some(comments) = stream.packets.get(1).and_then(|p| p.get(prefix..)) {
            flac::comments(scan, comments, &mut node);
        }
        scan.out.nodes.push(node);
    }
    if at < scan.len && walked < PAGES {
        let rest = scan.trailing(at);
        scan.out.nodes.extend(rest);
    }
}

/// Puts packets together: a segment shorter than 255 ends one.
fn gather(stream: &mut Stream, segments: &[u8], data: &[u8], continued: bool) {
    if !continued || stream.packets.is_empty() {
        stream.packets.push(Vec::new());
    }
    let mut at = 0;
    let mut open = true;
    for &segment in segments {
        if !open {
            stream.packets.push(Vec::new());
        }
        let Some(bytes) = part(data, at, usize::from(segment)) else { break };
        if let Some(packet) = stream.packets.last_mut() {
            packet.extend_from_slice(bytes);
        }
        at += usize::from(segment);
        open = segment == 255;
    }
}

fn identify(stream: &mut Stream) {
    let Some(first) = stream.packets.first() else { return };
    let (codec, channels, rate) = match first {
        p if p.starts_with(b"\x01vorbis") => ("Vorbis", le_at(p, 11, 1), le_at(p, 12, 4)),
        p if p.starts_with(b"OpusHead") => ("Opus", le_at(p, 9, 1), le_at(p, 12, 4)),
        p if p.starts_with(b"\x7fFLAC") => {
            ("FLAC", None, be_at(p, 27, 3).map(|packed| packed >> 4))
        }
        p if p.starts_with(b"Speex") => ("Speex", le_at(p, 48, 4), le_at(p, 36, 4)),
        p if p.starts_with(b"\x80theora") => ("Theora", None, None),
        _ => ("unknown", None, None),
    };
    stream.codec = codec;
    stream.channels = channels;
    stream.rate = rate;
}
