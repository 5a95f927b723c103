//! Items of HEIF and AVIF files: where their EXIF and XMP stand
//! (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, Annex A).

use super::mp4::Head;
use super::scan::{Scan, be, be_at, fourcc, part, until_zero};
use super::{Node, PayloadKind};

/// Bytes read of an item table; phones with tiled pictures need about 2 KiB.
const TABLE: usize = 256 << 10;

/// What the item tables say.
#[derive(Default)]
pub(super) struct Items {
    /// Item number, type, content type.
    infos: Vec<(u64, [u8; 4], String)>,
    /// Item number, first extent: offset and length in the file.
    places: Vec<(u64, u64, u64)>,
    /// Items stored inside `idat`: number, offset, length.
    inside: Vec<(u64, u64, u64)>,
    idat: u64,
}

pub(super) fn describe(scan: &mut Scan<'_>, items: &mut Items, head: &Head, node: &mut Node) {
    match &head.kind {
        b"infe" => {
            let body = scan.span(head.body, head.end, 512);
            entry(items, &body, node);
        }
        b"iloc" => {
            let body = scan.span(head.body, head.end, TABLE);
            let count = places(items, &body);
            node.note("items", count);
        }
        b"idat" => items.idat = head.body,
        b"pitm" => {
            let body = scan.span(head.body, head.end, 8);
            if let Some(id) = be_at(&body, 4, 2) {
                node.note("primary item", id);
            }
        }
        _ => {}
    }
}

/// Versions 2 and 3 of `infe`; older ones belong to no picture format.
fn entry(items: &mut Items, body: &[u8], node: &mut Node) -> Option<()> {
    let id_len = match body.first()? {
        2 => 2,
        3 => 4,
        _ => return None,
    };
    let id = be_at(body, 4, id_len)?;
    let kind: [u8; 4] = part(body, 6 + id_len, 4)?.try_into().ok()?;
    let mut strings = body.get(10 + id_len..)?.split(|&b| b == 0);
    let name = strings.next().map(until_zero).unwrap_or_default();
    let content = strings.next().map(until_zero).unwrap_or_default();
    node.note("item", id);
    node.note("type", fourcc(kind));
    if !name.is_empty() {
        node.note("name", name);
    }
    if !content.is_empty() {
        node.note("content type", &content);
    }
    items.infos.push((id, kind, content));
    Some(())
}

/// Reads `iloc`; returns how many items it places.
fn places(items: &mut Items, body: &[u8]) -> usize {
    let mut read = || -> Option<()> {
        let version = *body.first()?;
        let sizes = be_at(body, 4, 2)?;
        let nibble = |shift: u32| usize::try_from(sizes >> shift & 15).unwrap_or(0);
        let (offset_len, length_len, base_len) = (nibble(12), nibble(8), nibble(4));
        let index_len = if version > 0 { nibble(0) } else { 0 };
        if [offset_len, length_len, base_len, index_len].iter().any(|n| ![0, 4, 8].contains(n)) {
            return None;
        }
        let id_len = if version == 2 { 4 } else { 2 };
        let mut at = 6;
        let mut next = |n: usize| -> Option<u64> {
            let value = part(body, at, n).map(be)?;
            at += n;
            Some(value)
        };
        let count = next(id_len)?;
        for _ in 0..count {
            let id = next(id_len)?;
            let method = if version > 0 { next(2)? & 15 } else { 0 };
            next(2)?;
            let base = next(base_len)?;
            let extents = next(2)?;
            for extent in 0..extents {
                next(index_len)?;
                let offset = base.checked_add(next(offset_len)?)?;
                let length = next(length_len)?;
                match (extent, method) {
                    (0, 0) => items.places.push((id, offset, length)),
                    (0, 1) => items.inside.push((id, offset, length)),
                    _ => {}
                }
            }
        }
        Some(())
    };
    read();
    items.places.len() + items.inside.len()
}

/// Records where the EXIF and XMP items stand. An EXIF item begins with four
/// bytes that tell how far behind them its TIFF header is.
pub(super) fn payloads(scan: &mut Scan<'_>, items: &Items) {
    for (id, kind, content) in &items.infos {
        let place = items.places.iter().find(|p| p.0 == *id).map(|p| (p.1, p.2)).or_else(|| {
            let found = items.inside.iter().find(|p| p.0 == *id)?;
            Some((items.idat.checked_add(found.1)?, found.2))
        });
        let Some((offset, length)) = place else { continue };
        let Some(end) = offset.checked_add(length) else { continue };
        match kind {
            b"Exif" => {
                let skip = scan.array::<4>(offset).map(u32::from_be_bytes).unwrap_or(0);
                let start = offset.saturating_add(4 + u64::from(skip));
                scan.payload(PayloadKind::Exif, "Exif item", start, end);
            }
            b"mime" if content == "application/rdf+xml" => {
                scan.payload(PayloadKind::Xmp, "mime item", offset, end);
            }
            _ => {}
        }
    }
}
