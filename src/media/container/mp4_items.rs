//! Items of HEIF and AVIF files: where their EXIF and XMP stand
//! (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, Annex A).

use std::collections::HashMap;

use super::mp4::Head;
use super::scan::{Scan, be, be_at, fourcc, part, until_zero};
use super::{Node, PayloadKind};

/// Bytes read of an item table; phones with tiled pictures need about 2 KiB.
const TABLE: usize = 256 << 10;

/// Most items and extents read of all item tables together. A picture of
/// 100 megapixels in tiles of 512 has some 400 items; the tables of a hostile
/// file can announce billions in a few bytes.
const MOST: usize = 10_000;

/// What the item tables say.
#[derive(Default)]
pub(super) struct Items {
    /// Item number, type, content type.
    infos: Vec<(u64, [u8; 4], String)>,
    /// Where the first extent of an item is, by its number.
    places: HashMap<u64, Place>,
    /// Items and extents read so far.
    read: usize,
    idat: u64,
}

/// The first extent of an item.
#[derive(Clone, Copy)]
struct Place {
    /// Stored in `idat`, from whose start `offset` then counts.
    inside: bool,
    offset: u64,
    length: u64,
}

pub(super) fn describe(scan: &mut Scan<'_>, items: &mut Items, head: &Head, node: &mut Node) {
    match &head.kind {
        b"infe" => {
            let body = scan.span(head.body, head.end, 512);
            entry(items, &body, node);
        }
        b"iloc" => {
            let body = scan.span(head.body, head.end, TABLE);
            places(items, &body);
            node.note("items", items.places.len());
            if items.read > MOST {
                scan.warn_once(
                    format!("The item tables hold more than {MOST} entries; the rest is not read."),
                    format!(
                        "De itemtabellen bevatten meer dan {MOST} vermeldingen; de rest wordt \
                         niet gelezen."
                    ),
                );
            }
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

/// Reads `iloc` until its end, its first contradiction or [`MOST`].
fn places(items: &mut Items, body: &[u8]) -> Option<()> {
    let version = *body.first()?;
    let sizes = be_at(body, 4, 2)?;
    let nibble = |shift: u32| usize::try_from(sizes >> shift & 15).unwrap_or(0);
    let (offset_len, length_len, base_len) = (nibble(12), nibble(8), nibble(4));
    let index_len = if version > 0 { nibble(0) } else { 0 };
    if [offset_len, length_len, base_len, index_len].iter().any(|n| ![0, 4, 8].contains(n)) {
        return None;
    }
    let id_len = if version == 2 { 4 } else { 2 };
    let extent_len = index_len + offset_len + length_len;
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
        // Extents without fields are all the same, and cost no bytes.
        let extents = if extent_len == 0 { next(2)?.min(1) } else { next(2)? };
        items.read += 1;
        for extent in 0..extents {
            items.read += 1;
            if items.read > MOST {
                return None;
            }
            next(index_len)?;
            let offset = base.checked_add(next(offset_len)?)?;
            let length = next(length_len)?;
            if extent == 0 && method <= 1 {
                let place = Place { inside: method == 1, offset, length };
                items.places.entry(id).or_insert(place);
            }
        }
        if items.read > MOST {
            return None;
        }
    }
    Some(())
}

/// Records where the EXIF and XMP items stand. An EXIF item begins with four
/// bytes that tell how far behind them its TIFF header is.
pub(super) fn payloads(scan: &mut Scan<'_>, items: &Items) {
    for (id, kind, content) in &items.infos {
        let Some(&Place { inside, offset, length }) = items.places.get(id) else { continue };
        let from = if inside { items.idat } else { 0 };
        let Some(offset) = offset.checked_add(from) else { continue };
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
