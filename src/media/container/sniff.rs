//! The format of a file from its first bytes, whatever its name says.

use super::scan::{Scan, fourcc};
use super::{flac, gif, id3, jpeg, matroska, mp4, mpeg, ogg, png, riff, tiff};

/// Boxes that may open an ISO base media or QuickTime file.
const FIRST_BOXES: [&[u8; 4]; 14] = [
    b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"sidx", b"moof",
    b"jP  ", b"JXL ", b"uuid", b"udta",
];

pub(super) fn parse(scan: &mut Scan<'_>) {
    let head = scan.get(0, 1024);
    let starts = |magic: &[u8]| head.starts_with(magic);
    match () {
        () if starts(b"\xff\xd8\xff") => jpeg::parse(scan),
        () if starts(b"\x89PNG\r\n\x1a\n") => png::parse(scan),
        () if starts(b"GIF8") => gif::parse(scan),
        () if starts(b"RIFF") || starts(b"RF64") || starts(b"BW64") || starts(b"RIFX") => {
            riff::parse(scan);
        }
        () if starts(b"FORM") => riff::parse(scan),
        () if starts(b"\x1a\x45\xdf\xa3") => matroska::parse(scan),
        () if starts(b"fLaC") => flac::parse(scan, 0),
        () if starts(b"OggS") => ogg::parse(scan),
        () if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") => {
            tiff::parse(scan);
        }
        () if opens_with_box(&head) => mp4::parse(scan),
        () if starts(b"ID3") => id3::parse(scan),
        () if starts(b"\0\0\x01\xba") || starts(b"\0\0\x01\xb3") => mpeg::parse_program(scan),
        () if mpeg::packet_size(&head).is_some() => mpeg::parse_transport(scan),
        () if id3::frame(&head).is_some() || id3::adts(&head) => id3::parse(scan),
        () => scan.out.format = looks_like(&head),
    }
}

fn opens_with_box(head: &[u8]) -> bool {
    let Some(kind) = head.get(4..8) else { return false };
    FIRST_BOXES.iter().any(|b| b.as_slice() == kind)
}

/// What a stretch of bytes seems to begin, for the description of data found
/// in unexpected places and of formats that have no parser here.
pub(super) fn looks_like(head: &[u8]) -> String {
    const MAGIC: [(&[u8], &str); 26] = [
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG", "PNG"),
        (b"GIF8", "GIF"),
        (b"RIFF", "RIFF"),
        (b"RF64", "RIFF"),
        (b"fLaC", "FLAC"),
        (b"OggS", "Ogg"),
        (b"\x1a\x45\xdf\xa3", "Matroska"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"ID3", "ID3"),
        (b"TAG", "ID3v1"),
        (b"APETAGEX", "APE tag"),
        (b"PK\x03\x04", "ZIP"),
        (b"Rar!", "RAR"),
        (b"7z\xbc\xaf", "7-Zip"),
        (b"%PDF", "PDF"),
        (b"BM", "BMP"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "ASF"),
        (b"FLV\x01", "FLV"),
        (b".RMF", "RealMedia"),
        (b"#!AMR", "AMR"),
        (b"caff", "CAF"),
        (b"\xff\x0a", "JPEG XL codestream"),
        (b"SEFH", "Samsung trailer"),
        (b"\0\0\x01\xba", "MPEG-PS"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(m, _)| head.starts_with(m)) {
        return (*name).into();
    }
    if opens_with_box(head) {
        let kind = head.get(4..8).and_then(|k| <[u8; 4]>::try_from(k).ok());
        return format!("ISO media box {}", kind.map(fourcc).unwrap_or_default());
    }
    if !head.is_empty() && head.iter().all(|&b| b == 0) {
        return "zeros".into();
    }
    "unknown".into()
}
