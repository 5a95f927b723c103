//! GIF blocks (CompuServe, GIF89a, 1990).

use super::scan::{Scan, le_at, text};
use super::{Node, PayloadKind};

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "GIF".into();
    let head = scan.get(0, 13);
    scan.out.brands.push(text(head.get(..6).unwrap_or(&[])));
    let Some((size, flags)) = le_at(&head, 6, 2).zip(le_at(&head, 8, 2)).zip(le_at(&head, 10, 1))
    else {
        return;
    };
    let mut at = 13 + table(flags);
    scan.admit();
    scan.out.nodes.push(
        Node::new("header", 0, at.min(scan.len)).with("size", format!("{}×{}", size.0, size.1)),
    );
    let mut ended = false;
    while at < scan.len {
        let Some(&kind) = scan.get(at, 1).first() else { break };
        let start = at;
        let mut node = match kind {
            0x3b => {
                at += 1;
                ended = true;
                Node::new("trailer", start, 1)
            }
            0x21 => {
                let label = scan.get(at + 1, 1).first().copied().unwrap_or(0);
                at += 2;
                extension(scan, label, at, start)
            }
            0x2c => {
                let frame = scan.get(at, 10);
                let Some(flags) = le_at(&frame, 9, 1) else { break };
                at += 11 + table(flags);
                scan.out.pictures += 1;
                Node::new("image", start, 0)
            }
            _ => break,
        };
        if kind != 0x3b {
            at = skip_blocks(scan, at);
        }
        if !scan.admit() {
            return;
        }
        node.size = at.min(scan.len) - start;
        scan.out.nodes.push(node);
        if ended {
            break;
        }
    }
    if at < scan.len {
        let rest = scan.trailing(at);
        scan.out.nodes.extend(rest);
    }
    if !ended {
        scan.warn("The GIF has no trailer.", "Het GIF-bestand heeft geen afsluiting (trailer).");
    }
}

/// Bytes of a colour table, from the flags that announce it.
fn table(flags: u64) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Steps over sub-blocks: each a length and that many bytes, until length 0.
fn skip_blocks(scan: &mut Scan<'_>, mut at: u64) -> u64 {
    while at < scan.len {
        let Some(&n) = scan.get(at, 1).first() else { break };
        at += 1 + u64::from(n);
        if n == 0 {
            break;
        }
    }
    at.min(scan.len)
}

/// The content of sub-blocks in a row, without their lengths.
pub(crate) fn joined(blocks: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = blocks;
    while let Some((&n, after)) = rest.split_first().filter(|(n, _)| **n > 0) {
        let (block, next) = after.split_at(after.len().min(usize::from(n)));
        out.extend_from_slice(block);
        rest = next;
    }
    out
}

fn extension(scan: &mut Scan<'_>, label: u8, at: u64, start: u64) -> Node {
    let size = u64::from(scan.get(at, 1).first().copied().unwrap_or(0));
    match label {
        0xf9 => Node::new("graphic control", start, 0),
        0xfe => {
            let end = skip_blocks(scan, at);
            scan.payload(PayloadKind::GifComment, "GIF comment", at, end);
            let comment = text(&joined(&scan.words("comment", at, end)));
            Node::new("comment", start, 0).with("text", comment)
        }
        0xff => {
            let name = text(&scan.span(at + 1, at + 1 + size, 255));
            if name == "XMP DataXMP" {
                // The packet is not in sub-blocks; it ends before a 257-byte
                // trailer that lets block readers skip it.
                let end = skip_blocks(scan, at + 1 + size);
                scan.payload(PayloadKind::Xmp, "GIF XMP", at + 1 + size, end.saturating_sub(258));
            }
            Node::new("application", start, 0).with("name", name)
        }
        0x01 => Node::new("plain text", start, 0),
        _ => Node::new(format!("extension {label:02x}"), start, 0),
    }
}
