//! Application segments of JPEG files: who put them there and what they hold.

use super::scan::{Scan, be_at, fourcc, le_at, part, text};
use super::{Node, PayloadKind, encoder};
use crate::text::hex;

/// Describes segment APP`number`, whose data `body` starts at `at`; only
/// those of the `first` picture carry the file's metadata.
pub(super) fn application(
    scan: &mut Scan<'_>,
    number: u8,
    at: u64,
    end: u64,
    body: &[u8],
    node: &mut Node,
    first: bool,
) {
    /// Bytes of an APP11 segment in which the label of its first JUMBF box ends: 8 of
    /// the segment, 16 of the box, and a description with type and short label.
    const DESCRIPTION: usize = 64;
    const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    const XMP_MORE: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
    const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
    // The metadata is that of the first picture; further ones mostly repeat it.
    let mut payload = |kind: PayloadKind, skip: usize| {
        if first {
            scan.payload(kind, &format!("APP{number}"), at + skip as u64, end);
        } else {
            scan.fact(
                "A further picture in the file has metadata of its own, which is not listed.",
                "Een verdere afbeelding in het bestand heeft eigen metadata; die is niet vermeld.",
            );
        }
    };
    let name = match number {
        0 if body.starts_with(b"JFIF\0") => {
            if let Some(version) = be_at(body, 5, 2) {
                node.note("version", format!("{}.{:02}", version >> 8, version & 255));
            }
            if let Some((x, y)) = be_at(body, 8, 2).zip(be_at(body, 10, 2)) {
                let unit = ["", " dpi", " dpcm"].get(usize::from(body[7])).unwrap_or(&"");
                node.note("density", format!("{x}×{y}{unit}"));
            }
            "JFIF"
        }
        0 if body.starts_with(b"JFXX\0") => "JFXX",
        0 if body.starts_with(b"AVI1") => "AVI1",
        1 if body.starts_with(b"Exif\0") => {
            payload(PayloadKind::Exif, 6);
            let data = scan.span(at, end, 65_536);
            // A JPEG inside the EXIF data is its thumbnail.
            if let Some(found) = encoder::find(&data, b"\xff\xd8\xff") {
                node.note("thumbnail", format!("JPEG at byte {}", at + found as u64));
            }
            "Exif"
        }
        1 if body.starts_with(XMP) => {
            payload(PayloadKind::Xmp, XMP.len());
            "XMP"
        }
        1 if body.starts_with(XMP_MORE) => {
            payload(PayloadKind::XmpExtended, XMP_MORE.len());
            "extended XMP"
        }
        2 if body.starts_with(b"ICC_PROFILE\0") => {
            if let Some((n, of)) = be_at(body, 12, 1).zip(be_at(body, 13, 1)) {
                node.note("part", format!("{n} of {of}"));
            }
            if let Some(cmm) = part(body, 18, 4).and_then(|b| b.try_into().ok()).map(fourcc) {
                node.note("maker", cmm);
            }
            "ICC"
        }
        2 if body.starts_with(b"MPF\0") => {
            if let Some(n) = multi_picture(body) {
                node.note("pictures", n);
            }
            "MPF"
        }
        11 if part(body, 0, 2) == Some(b"JP") => {
            // Other standards keep JUMBF boxes here too. The description box comes
            // first, and C2PA's type and label both name it (C2PA 2.1, 11.1.4).
            let described = body.get(..DESCRIPTION.min(body.len())).unwrap_or_default();
            if described.windows(4).any(|w| w == b"c2pa") {
                payload(PayloadKind::C2pa, 8);
            }
            "JUMBF"
        }
        13 if body.starts_with(PHOTOSHOP) => {
            payload(PayloadKind::Photoshop, PHOTOSHOP.len());
            "Photoshop"
        }
        14 if body.starts_with(b"Adobe") => {
            if let Some(transform) = body.get(11) {
                let name = ["none", "YCbCr", "YCCK"].get(usize::from(*transform));
                node.note("colour transform", name.unwrap_or(&"?"));
            }
            "Adobe"
        }
        12 if body.starts_with(b"Ducky") => "Ducky",
        _ => {
            let end = body.iter().position(|b| !(0x20..0x7f).contains(b)).unwrap_or(0);
            match end {
                0 if body.is_empty() => "empty",
                0..3 => {
                    node.note("begins with", hex(&body[..body.len().min(8)]));
                    "unknown"
                }
                _ => {
                    node.note("identifier", text(&body[..end.min(40)]));
                    return;
                }
            }
        }
    };
    // The identifier first: it is what the eye looks for.
    node.detail.insert(0, ("identifier".into(), name.into()));
}

/// Number of pictures from the multi-picture index (tag B001).
fn multi_picture(body: &[u8]) -> Option<u64> {
    let tiff = body.get(4..)?;
    let big = tiff.starts_with(b"MM");
    let number = |at: usize, n: usize| if big { be_at(tiff, at, n) } else { le_at(tiff, at, n) };
    let directory = usize::try_from(number(4, 4)?).ok()?;
    let count = usize::try_from(number(directory, 2)?).ok()?;
    (0..count.min(64))
        .filter_map(|i| directory.checked_add(2 + 12 * i))
        .find(|&at| number(at, 2) == Some(0xb001))
        .and_then(|at| number(at + 8, 4))
}
