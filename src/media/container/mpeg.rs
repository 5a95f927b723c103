//! MPEG program and transport streams, recognised and summarised
//! (ISO/IEC 13818-1).

use super::scan::{Scan, be_at, part};
use super::{Node, encoder};

/// Bytes looked at: enough for the tables and the first pictures.
const SEARCHED: usize = 1 << 20;

/// A program stream, or a bare video stream: start codes counted.
pub(super) fn parse_program(scan: &mut Scan<'_>) {
    let len = scan.len;
    let data = scan.span(0, len, SEARCHED);
    let packed = data.starts_with(b"\0\0\x01\xba");
    scan.out.format = if packed { "MPEG-PS" } else { "MPEG video" }.into();
    if packed {
        let two = data.get(4).is_some_and(|b| b >> 6 == 1);
        scan.out.brands.push(if two { "MPEG-2" } else { "MPEG-1" }.into());
    }
    let mut counts: Vec<(u8, u64, u64)> = Vec::new();
    let mut sequence = None;
    let mut at = 0;
    while let Some(next) = data.get(at..).and_then(|d| encoder::find(d, b"\0\0\x01")) {
        at += next;
        let Some(&code) = data.get(at + 3) else { break };
        if code == 0xb3 && sequence.is_none() {
            sequence = be_at(&data, at + 4, 3);
        }
        // Slices 01–AF are not counted: they are picture data.
        if code == 0 || code >= 0xb0 {
            match counts.iter_mut().find(|c| c.0 == code) {
                Some(c) => c.2 += 1,
                None => counts.push((code, at as u64, 1)),
            }
        }
        at += 3;
    }
    for (code, offset, count) in counts {
        if !scan.admit() {
            break;
        }
        let mut node = Node::new(start_code(code), offset, 4).with("count", count);
        if let Some(size) = sequence.filter(|_| code == 0xb3) {
            node.note("size", format!("{}×{}", size >> 12, size & 0xfff));
        }
        scan.out.nodes.push(node);
    }
    searched(scan, data.len());
    encoder::search(scan, "stream", 0, len);
}

fn searched(scan: &mut Scan<'_>, seen: usize) {
    if (seen as u64) < scan.len {
        scan.fact(
            format!("Only the first {seen} bytes of the stream were looked at."),
            format!("Alleen de eerste {seen} bytes van de stroom zijn bekeken."),
        );
    }
}

fn start_code(code: u8) -> String {
    match code {
        0x00 => "picture".into(),
        0xb2 => "user data".into(),
        0xb3 => "sequence header".into(),
        0xb5 => "extension".into(),
        0xb7 => "sequence end".into(),
        0xb8 => "group of pictures".into(),
        0xb9 => "program end".into(),
        0xba => "pack header".into(),
        0xbb => "system header".into(),
        0xbc => "program stream map".into(),
        0xbd => "private stream 1".into(),
        0xbe => "padding stream".into(),
        0xbf => "private stream 2".into(),
        0xc0..=0xdf => format!("audio stream {}", code & 0x1f),
        0xe0..=0xef => format!("video stream {}", code & 0x0f),
        _ => format!("start code {code:02x}"),
    }
}

/// Length of the transport packets a file begins with, 188 or 192 (with a
/// time stamp of four bytes in front); `None` for other files.
pub(super) fn packet_size(head: &[u8]) -> Option<usize> {
    [(188usize, 0usize), (192, 4)].into_iter().find_map(|(size, skip)| {
        let sync = |i: usize| head.get(skip + i * size) == Some(&0x47);
        (sync(0) && sync(1) && sync(2) && sync(3)).then_some(size)
    })
}

pub(super) fn parse_transport(scan: &mut Scan<'_>) {
    scan.out.format = "MPEG-TS".into();
    let len = scan.len;
    let data = scan.span(0, len, SEARCHED);
    let Some(size) = packet_size(&data) else { return };
    let mut pids: Vec<(u64, u64, u64, Option<String>)> = Vec::new();
    for (i, packet) in data.chunks_exact(size).enumerate() {
        let p = &packet[size - 188..];
        if p[0] != 0x47 {
            continue;
        }
        let Some(pid) = be_at(p, 1, 2).map(|n| n & 0x1fff) else { continue };
        match pids.iter_mut().find(|x| x.0 == pid) {
            Some(x) => x.2 += 1,
            None => pids.push((pid, (i * size) as u64, 1, service(pid, p))),
        }
    }
    for (pid, offset, count, told) in pids {
        if !scan.admit() {
            break;
        }
        let kind = match pid {
            0 => "PAT".into(),
            0x11 => "SDT".into(),
            0x1fff => "null".into(),
            _ => format!("PID 0x{pid:04x}"),
        };
        let mut node = Node::new(kind, offset, size as u64).with("packets", count);
        if let Some(told) = told {
            node.note("service", &told);
            scan.encoder("SDT", "service", told);
        }
        scan.out.nodes.push(node);
    }
    searched(scan, data.len());
    encoder::search(scan, "stream", 0, len);
}

/// Provider and name from the first entry of a service description table
/// (ETSI EN 300 468, 5.2.3 and 6.2.33); multiplexers sign here.
fn service(pid: u64, packet: &[u8]) -> Option<String> {
    if pid != 0x11 {
        return None;
    }
    let section = packet.get(5 + usize::from(*packet.get(4)?)..)?;
    let descriptor = section.get(16..)?;
    (section.first() == Some(&0x42) && descriptor.first() == Some(&0x48)).then_some(())?;
    let provider = usize::from(*descriptor.get(3)?);
    let name_at = 4usize.checked_add(provider)?;
    let name = part(descriptor, name_at + 1, usize::from(*descriptor.get(name_at)?))?;
    let provider = part(descriptor, 4, provider)?;
    Some(format!("{} / {}", super::scan::text(provider), super::scan::text(name)))
}
