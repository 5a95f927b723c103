//! TIFF directories (TIFF 6.0; BigTIFF), also those of DNG and other raw
//! files.

use super::scan::{Scan, be, le, until_zero};
use super::{Node, PayloadKind};

/// Tags that are named; the rest stand as numbers.
const NAMES: [(u64, &str); 25] = [
    (254, "NewSubfileType"),
    (256, "ImageWidth"),
    (257, "ImageLength"),
    (258, "BitsPerSample"),
    (259, "Compression"),
    (262, "PhotometricInterpretation"),
    (270, "ImageDescription"),
    (271, "Make"),
    (272, "Model"),
    (273, "StripOffsets"),
    (274, "Orientation"),
    (277, "SamplesPerPixel"),
    (278, "RowsPerStrip"),
    (279, "StripByteCounts"),
    (282, "XResolution"),
    (305, "Software"),
    (306, "DateTime"),
    (322, "TileWidth"),
    (330, "SubIFDs"),
    (700, "XMP"),
    (33723, "IPTC"),
    (34377, "Photoshop"),
    (34665, "ExifIFD"),
    (34853, "GPSIFD"),
    (40965, "InteroperabilityIFD"),
];

/// Bytes shown of a string.
const TEXT: usize = 4096;

struct Tiff {
    big: bool,
    /// BigTIFF: 64-bit offsets.
    wide: bool,
}

impl Tiff {
    fn number(&self, bytes: &[u8]) -> u64 {
        if self.big { be(bytes) } else { le(bytes) }
    }
}

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "TIFF".into();
    let head = scan.get(0, 16);
    let tiff =
        Tiff { big: head.starts_with(b"MM"), wide: head.contains(&43) && head[..4].contains(&43) };
    scan.out.brands.push(if tiff.big { "MM" } else { "II" }.into());
    let first = if tiff.wide { head.get(8..16) } else { head.get(4..8) };
    let mut next = first.map_or(0, |b| tiff.number(b));
    let mut seen = Vec::new();
    while next != 0 {
        if seen.contains(&next) || seen.len() >= 64 {
            scan.warn(
                "The chain of TIFF directories loops or is very long.",
                "De keten van TIFF-directory's loopt rond of is erg lang.",
            );
            break;
        }
        seen.push(next);
        let Some((node, then)) = directory(scan, &tiff, next, "IFD", &mut seen, 1) else { break };
        scan.out.nodes.push(node);
        scan.out.pictures += 1;
        next = then;
    }
    let len = scan.len;
    scan.payload(PayloadKind::Exif, "TIFF", 0, len);
}

/// One directory, and where the next one is.
fn directory(
    scan: &mut Scan<'_>,
    tiff: &Tiff,
    at: u64,
    kind: &str,
    seen: &mut Vec<u64>,
    depth: usize,
) -> Option<(Node, u64)> {
    let (count_len, entry_len, value_len) = if tiff.wide { (8, 20, 8) } else { (2, 12, 4) };
    let count_bytes = scan.get(at, count_len);
    if count_bytes.len() < count_len || !scan.admit() {
        scan.warn(
            format!("The TIFF directory at byte {at} is not there."),
            format!("De TIFF-directory op byte {at} is er niet."),
        );
        return None;
    }
    let count = tiff.number(&count_bytes);
    let start = at + count_len as u64;
    let shown = count.min(1000);
    let end = start.saturating_add(shown * entry_len);
    let mut node = Node::new(kind, at, end.min(scan.len).saturating_sub(at)).with("entries", count);
    for i in 0..shown {
        let entry = scan.get(start + i * entry_len, entry_len as usize);
        let Some((head, value)) = entry.split_at_checked(if tiff.wide { 12 } else { 8 }) else {
            break;
        };
        if value.len() < value_len || !scan.admit() {
            break;
        }
        let tag = tiff.number(&head[..2]);
        let kind = tiff.number(&head[2..4]);
        let count = tiff.number(&head[4..]);
        let unit = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => 4u64,
        };
        let bytes = count.saturating_mul(unit);
        let inline = bytes <= value_len as u64;
        let place =
            if inline { start + i * entry_len + head.len() as u64 } else { tiff.number(value) };
        let name =
            NAMES.iter().find(|n| n.0 == tag).map_or_else(|| tag.to_string(), |n| n.1.into());
        let mut child = Node::new(&name, place, bytes.min(scan.len.saturating_sub(place)));
        if child.size < bytes {
            scan.warn_clipped(&name, place, bytes, child.size);
        }
        let value_end = place.saturating_add(bytes);
        match (tag, kind) {
            (700, _) => scan.payload(PayloadKind::Xmp, "TIFF 700", place, value_end),
            (33723, _) => scan.payload(PayloadKind::Iptc, "TIFF 33723", place, value_end),
            (34377, _) => scan.payload(PayloadKind::Photoshop, "TIFF 34377", place, value_end),
            (330 | 34665 | 34853 | 40965, _) if depth < 4 => {
                for k in 0..count.min(16) {
                    let sub = if inline && count == 1 {
                        tiff.number(&value[..unit.min(8) as usize])
                    } else {
                        tiff.number(&scan.get(place.saturating_add(k * unit), unit as usize))
                    };
                    if sub != 0 && !seen.contains(&sub) && seen.len() < 64 {
                        seen.push(sub);
                        if let Some((inner, _)) = directory(scan, tiff, sub, "IFD", seen, depth + 1)
                        {
                            child.children.push(inner);
                        }
                    }
                }
            }
            (_, 2) => {
                // Entries may share their bytes, so each may keep little; the
                // metadata reader lists the whole.
                let value = until_zero(&scan.span(place, value_end, TEXT));
                child.note("value", &value);
                if matches!(tag, 271 | 272 | 305) {
                    scan.encoder("TIFF", &name, value);
                }
            }
            (_, 3 | 4) if count == 1 => {
                child.note("value", tiff.number(&value[..unit as usize]));
            }
            _ => child.note("count", count),
        }
        node.children.push(child);
    }
    let link = scan.get(start.saturating_add(count.saturating_mul(entry_len)), value_len);
    let next = if link.len() == value_len { tiff.number(&link) } else { 0 };
    Some((node, next))
}
