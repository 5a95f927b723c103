//! FLAC metadata blocks (RFC 9639), and the Vorbis comments they share with
//! Ogg.

use super::Node;
use super::scan::{Scan, be_at, le_at, part, text};
use crate::text::hex;

/// Bytes read of a comment block.
const COMMENTS: usize = 1 << 20;

pub(super) fn parse(scan: &mut Scan<'_>, start: u64) {
    scan.out.format = "FLAC".into();
    let mut at = start + 4;
    while let Some(head) = scan.array::<4>(at) {
        let last = head[0] & 0x80 != 0;
        let says = be_at(&head, 1, 3).unwrap_or(0);
        let there = scan.len - at - 4;
        if !scan.admit() {
            return;
        }
        if says > there {
            scan.warn_clipped("metadata block", at, says, there);
        }
        let (body, end) = (at + 4, at + 4 + says.min(there));
        let name = match head[0] & 0x7f {
            0 => "STREAMINFO",
            1 => "PADDING",
            2 => "APPLICATION",
            3 => "SEEKTABLE",
            4 => "VORBIS_COMMENT",
            5 => "CUESHEET",
            6 => "PICTURE",
            _ => "reserved",
        };
        let mut node = Node::new(name, at, end - at);
        let data = scan.span(body, end, 64);
        match name {
            "STREAMINFO" => {
                stream_info(&data, &mut node);
            }
            "VORBIS_COMMENT" => {
                let data = scan.span(body, end, COMMENTS);
                comments(scan, &data, &mut node);
            }
            "APPLICATION" => node.note("id", text(part(&data, 0, 4).unwrap_or(&[]))),
            _ => {}
        }
        scan.out.nodes.push(node);
        at = end;
        if last || at >= scan.len {
            break;
        }
    }
    if at < scan.len && scan.admit() {
        let node = Node::new("frames", at, scan.len - at);
        scan.out.nodes.push(node);
    }
}

fn stream_info(data: &[u8], node: &mut Node) -> Option<()> {
    let packed = be_at(data, 10, 8)?;
    node.note("block size", format!("{}–{}", be_at(data, 0, 2)?, be_at(data, 2, 2)?));
    node.note("rate", packed >> 44);
    node.note("channels", (packed >> 41 & 7) + 1);
    node.note("bits", (packed >> 36 & 31) + 1);
    node.note("samples", packed & 0xf_ffff_ffff);
    node.note("MD5 of the samples", hex(part(data, 18, 16)?));
    Some(())
}

/// Vendor string and `NAME=value` list (Xiph.Org, Vorbis I, section 5).
pub(super) fn comments(scan: &mut Scan<'_>, data: &[u8], node: &mut Node) -> Option<()> {
    let len = |at: usize| le_at(data, at, 4).and_then(|n| usize::try_from(n).ok());
    let vendor_len = len(0)?;
    let vendor = text(part(data, 4, vendor_len)?);
    node.note("vendor", &vendor);
    scan.encoder("Vorbis comment", "vendor", vendor);
    let mut at = vendor_len.checked_add(8)?;
    let count = len(at - 4)?;
    node.note("comments", count);
    for _ in 0..count {
        let size = len(at)?;
        let comment = text(part(data, at + 4, size)?);
        let (key, value) = comment.split_once('=').unwrap_or((&comment, ""));
        if !key.eq_ignore_ascii_case("METADATA_BLOCK_PICTURE") {
            scan.tag("Vorbis comment", key, value);
        }
        at = at.checked_add(4)?.checked_add(size)?;
    }
    Some(())
}
