//! What a file that cannot be read seems to be, so that the error helps.

use std::fs::File;
use std::io::{Read, Seek};

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

/// Whether this is a WebP whose header announces an animation (WebP container
/// specification, "Extended file format", flag A).
pub(crate) fn is_animated_webp(file: &mut File) -> bool {
    let mut head = [0; 21];
    let read = file.rewind().and_then(|()| file.read_exact(&mut head));
    read.is_ok() && head.starts_with(b"RIFF") && &head[8..16] == b"WEBPVP8X" && head[20] & 2 != 0
}

fn describe_bytes(head: &[u8]) -> &'static str {
    if let Some((_, text)) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start)) {
        return text;
    }
    if head.get(4..8) == Some(b"ftyp") {
        return if head.get(8..64.min(head.len())).is_some_and(|brands| {
            brands.chunks_exact(4).any(|brand| HEIC.contains(&brand) || brand == b"mif1")
        }) {
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
    use super::describe_bytes;

    #[test]
    fn files_are_told_apart() {
        assert!(describe_bytes(b"#EXTM3U\n").contains("playlist"));
        assert!(describe_bytes(b"hello there\n").contains("is text"));
        assert!(describe_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").contains("HEIC"));
        assert!(describe_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2").contains("moov"));
        assert!(describe_bytes(&[0, 1, 2, 3]).contains("no known"));
    }
}
