//! What a file that cannot be read seems to be, so that the error helps.

use std::fs::File;
use std::io::{Read, Seek};

use super::Kind;

/// Brands of ISO/IEC 23008-12 files with HEVC pictures.
const HEIC: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"];

/// Leading bytes, what they are, and what to do.
const SIGNATURES: [(&[u8], &str); 18] = [
    (b"%PDF", "is a PDF document; export the picture from it"),
    (b"PK\x03\x04", "is a ZIP archive (or an office document); extract the file from it"),
    (b"\x1f\x8b", "is a gzip archive; extract it first"),
    (b"Rar!", "is a RAR archive; extract it first"),
    (b"7z\xbc\xaf", "is a 7-Zip archive; extract it first"),
    (
        b"#EXTM3U",
        "is a playlist, which names other files instead of holding media; give the media file itself",
    ),
    (
        b"ffconcat",
        "is a playlist, which names other files instead of holding media; give the media file itself",
    ),
    (b"v=0", "is a stream description (SDP), which holds no media; give the media file itself"),
    (b"<?xml", "is an XML text, not a picture, video or recording"),
    (b"<svg", "is an SVG drawing, not a photo"),
    (
        b"<!DOCTYPE",
        "is a web page, not a picture, video or recording; the download may have failed",
    ),
    (b"<html", "is a web page, not a picture, video or recording; the download may have failed"),
    (b"\xff\xd8\xff", "starts as a JPEG picture but is damaged or cut off right after it"),
    (b"\x89PNG", "starts as a PNG picture but is damaged or cut off right after it"),
    (b"GIF8", "starts as a GIF picture but is damaged or cut off right after it"),
    (
        b"\x1aE\xdf\xa3",
        "starts as a Matroska or WebM file but is damaged or cut off right after it",
    ),
    (b"OggS", "starts as an Ogg file but is damaged or cut off right after it"),
    (b"fLaC", "starts as a FLAC recording but is damaged or cut off right after it"),
];

/// One sentence about a file in which no readable medium was found.
pub(crate) fn describe(file: &mut File) -> String {
    let mut head = Vec::new();
    if file.rewind().is_ok() {
        // What could not be read stays unread: the description is a courtesy.
        let _ = file.take(4096).read_to_end(&mut head);
    }
    describe_bytes(&head).to_owned()
}

/// A known medium by its first bytes.
pub(crate) struct Medium {
    pub kind: Kind,
    /// Its format.
    pub format: &'static str,
}

/// What medium the file starts as, whether or not it can be decoded.
pub(crate) fn medium(file: &mut File) -> Option<Medium> {
    let mut head = Vec::new();
    file.rewind().and_then(|()| file.take(64).read_to_end(&mut head)).ok()?;
    medium_of(&head)
}

/// As [`medium`], from the first bytes.
pub(crate) fn medium_of(head: &[u8]) -> Option<Medium> {
    let form = head.get(8..12).unwrap_or_default();
    let (kind, format) = match head {
        [0xff, 0xd8, 0xff, ..] => (Kind::Image, "JPEG"),
        [0x89, b'P', b'N', b'G', ..] => (Kind::Image, "PNG"),
        [b'G', b'I', b'F', b'8', ..] => (Kind::Image, "GIF"),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => (Kind::Image, "TIFF"),
        [0x1a, b'E', 0xdf, 0xa3, ..] => (Kind::Video, "Matroska/WebM"),
        [b'O', b'g', b'g', b'S', ..] => (Kind::Audio, "Ogg"),
        [b'f', b'L', b'a', b'C', ..] => (Kind::Audio, "FLAC"),
        [b'R', b'I', b'F', b'F', ..] => match form {
            b"WEBP" if head.get(12..16) == Some(b"VP8X") && head.get(20)? & 2 != 0 => {
                (Kind::Image, "animated WebP")
            }
            b"WEBP" => (Kind::Image, "WebP"),
            b"WAVE" => (Kind::Audio, "WAV"),
            b"AVI " => (Kind::Video, "AVI"),
            _ => return None,
        },
        _ if head.get(4..8) == Some(b"ftyp") && is_heic(head) => (Kind::Image, "HEIC/HEIF"),
        _ if head.get(4..8) == Some(b"ftyp") => match form {
            b"avif" | b"avis" => (Kind::Image, "AVIF"),
            b"M4A " | b"M4B " => (Kind::Audio, "M4A"),
            _ => (Kind::Video, "MP4/MOV"),
        },
        _ => return None,
    };
    Some(Medium { kind, format })
}

/// Whether an ISO base media file names a brand of HEIF pictures.
fn is_heic(head: &[u8]) -> bool {
    head.get(8..64.min(head.len())).is_some_and(|brands| {
        brands.chunks_exact(4).any(|brand| HEIC.contains(&brand) || brand == b"mif1")
    })
}

/// Width and height that the header of a still picture tells, in pixels;
/// (0, 0) where it tells none or the format is another.
pub(crate) fn declared_size(file: &mut File) -> (u32, u32) {
    let mut head = Vec::new();
    let read = file.rewind().and_then(|()| file.take(SIZE_WITHIN).read_to_end(&mut head));
    read.ok().and_then(|_| size_in(&head)).unwrap_or((0, 0))
}

/// Bytes searched for the size: a JPEG's frame header may stand behind
/// metadata, in which a thumbnail and a profile take a few hundred kilobytes.
const SIZE_WITHIN: u64 = 1 << 20;

/// As [`declared_size`], from the first bytes.
pub(crate) fn size_in(head: &[u8]) -> Option<(u32, u32)> {
    let bytes = |at: usize, count: usize| head.get(at..at.checked_add(count)?);
    let big = |at, count| bytes(at, count).map(|b| b.iter().fold(0, |n, b| n << 8 | u32::from(*b)));
    let little =
        |at, count| bytes(at, count).map(|b| b.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b)));
    if head.starts_with(b"\x89PNG") {
        // ISO/IEC 15948, 11.2.2.
        return Some((big(16, 4)?, big(20, 4)?));
    }
    if head.starts_with(b"GIF8") {
        return Some((little(6, 2)?, little(8, 2)?));
    }
    if head.starts_with(b"BM") {
        // The height is negative in a picture stored top down.
        return Some((little(18, 4)?, little(22, 4)?.cast_signed().unsigned_abs()));
    }
    if head.starts_with(b"RIFF") && bytes(8, 8)? == b"WEBPVP8X" {
        return Some((little(24, 3)? + 1, little(27, 3)? + 1));
    }
    if head.starts_with(b"RIFF") && bytes(8, 8)? == b"WEBPVP8 " {
        // RFC 6386, 9.1: 14 bits each, above them the scaling.
        return Some((little(26, 2)? & 0x3fff, little(28, 2)? & 0x3fff));
    }
    if head.starts_with(b"RIFF") && bytes(8, 8)? == b"WEBPVP8L" {
        let packed = little(21, 4)?;
        return Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1));
    }
    if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        let number = |at, count| if head[0] == b'I' { little(at, count) } else { big(at, count) };
        let first = usize::try_from(number(4, 4)?).ok()?;
        // TIFF 6.0: tags 256 and 257, of type SHORT (3) or LONG (4).
        let value = |tag: u32| {
            let count = number(first, 2)? as usize;
            let entries = (0..count).map(|index| first + 2 + 12 * index);
            let at = entries
                .take_while(|at| at + 12 <= head.len())
                .find(|at| number(*at, 2) == Some(tag))?;
            number(at + 8, if number(at + 2, 2)? == 3 { 2 } else { 4 })
        };
        return Some((value(256)?, value(257)?));
    }
    if head.starts_with(b"\xff\xd8") {
        // ITU-T T.81, B.2.2: segments up to the frame header.
        let mut at = 2;
        loop {
            let marker = big(at, 2)?;
            if matches!(marker, 0xffc0..=0xffcf) && !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) {
                return Some((big(at + 7, 2)?, big(at + 5, 2)?));
            }
            at += match marker {
                0xffff => 1,
                0xff01 | 0xffd0..=0xffd9 => 2,
                0xff02.. => 2 + (big(at + 2, 2)? as usize),
                _ => return None,
            };
        }
    }
    None
}

/// As [`describe`], from the first bytes.
pub(crate) fn describe_bytes(head: &[u8]) -> &'static str {
    if let Some((_, text)) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start)) {
        return text;
    }
    if head.get(4..8) == Some(b"ftyp") {
        return if is_heic(head) {
            "is a HEIC/HEIF picture, which this version of ffmpeg cannot read; convert a copy without loss (heif-convert FILE OUT.png) and examine both the copy and the original's metadata"
        } else {
            "starts as an MP4/MOV file but its index (moov) is missing or damaged, as after an interrupted recording; try to restore a copy with a tool that rebuilds the index"
        };
    }
    if head.starts_with(b"RIFF") {
        return "starts as a RIFF file (WAV, AVI or WebP) but is damaged or cut off right after it";
    }
    if !head.is_empty() && head.iter().all(|byte| matches!(byte, 9 | 10 | 13 | 32..=126)) {
        return "is text, not a picture, video or recording";
    }
    "is in no known picture, video or sound format; check that the file is complete and not encrypted"
}

#[cfg(test)]
mod tests {
    use super::{Kind, describe_bytes, medium_of};

    #[test]
    fn files_are_told_apart() {
        assert!(describe_bytes(b"#EXTM3U\n").contains("playlist"));
        assert!(describe_bytes(b"hello there\n").contains("is text"));
        assert!(describe_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").contains("HEIC"));
        assert!(describe_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2").contains("moov"));
        assert!(describe_bytes(&[0, 1, 2, 3]).contains("no known"));
    }

    #[test]
    fn media_are_known_by_their_first_bytes() {
        let of = |head: &[u8]| medium_of(head).map(|medium| (medium.kind, medium.format));
        let heic = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic";
        assert_eq!(of(heic), Some((Kind::Image, "HEIC/HEIF")));
        assert_eq!(of(b"\0\0\0\x18ftypavif\0\0\0\0avif"), Some((Kind::Image, "AVIF")));
        assert_eq!(of(b"\0\0\0\x18ftypisom"), Some((Kind::Video, "MP4/MOV")));
        let webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02";
        assert_eq!(of(webp), Some((Kind::Image, "animated WebP")));
        assert_eq!(of(b"RIFF\0\0\0\0WAVEfmt "), Some((Kind::Audio, "WAV")));
        for no in [&b"RIFF"[..], b"", b"\xff\xd8", b"%PDF-1.4", b"#EXTM3U", b"RIFF\0\0\0\0WEBPVP8X"]
        {
            assert_eq!(of(no), None, "{no:?}");
        }
    }
}
