//! Names that encoders leave inside the media data itself.
//!
//! x264 and x265 write their version and options as unregistered user data
//! (H.264 and H.265, Annex D: SEI payload type 5) in the first access unit.
//! Libavcodec's AAC and MP3 encoders and MPEG-4 part 2 encoders leave names
//! too. Such a trace tells which encoder ran last; it shows re-encoding, not
//! fakery.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::super::digest;
use super::scan::{Scan, text};
use crate::{Error, Result};

/// The first payload is searched this far: encoders write their names into
/// the first access units, and 4 MiB hold several at any usual bit rate.
const SEARCHED: usize = 4 << 20;

/// x264's identifier of its user data (x264, `encoder/set.c`).
pub(super) const X264: [u8; 16] = [
    0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef,
];
/// x265's identifier of its user data (x265, `encoder/encoder.cpp`).
pub(super) const X265: [u8; 16] = [
    0x2c, 0xa2, 0xde, 0x09, 0xb5, 0x17, 0x47, 0xdb, 0xbb, 0x55, 0xa4, 0xfe, 0x7f, 0xc2, 0xfc, 0x4e,
];

/// What an encoder wrote into the coded pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserData {
    /// The encoder to which the identifier belongs.
    pub encoder: &'static str,
    /// Its identifier (UUID), hexadecimal.
    pub uuid: String,
    /// Where the identifier stands in the file, in bytes.
    pub offset: u64,
    /// What follows: name, version and options, as far as it is printable.
    pub text: String,
}

/// Most bytes of a file that [`user_data`] searches: some minutes of ordinary
/// video, more than a second of reading.
pub const SEARCHED_WHOLE: u64 = 512 << 20;
/// Most that it keeps: encoders that repeat their parameter sets repeat this.
pub const MOST_USER_DATA: usize = 1_000;

/// Every place in the first [`SEARCHED_WHOLE`] bytes of a file with the
/// identifier of x264 or x265, wherever the container has put it. An encoder
/// writes it once, at its start; different texts come from streams that were
/// joined. (Sixteen given bytes do not occur by accident.)
///
/// # Errors
/// [`Error::Io`] if the file cannot be read.
pub fn user_data(path: &Path) -> Result<Vec<UserData>> {
    user_data_in(&mut digest::reopen(path)?).map_err(|e| Error::io(path, e))
}

/// As [`user_data`], from `file`.
pub(crate) fn user_data_in(file: &mut (impl Read + Seek)) -> std::io::Result<Vec<UserData>> {
    const CHUNK: u64 = 8 << 20;
    /// Longest text: x265's options take about 2 000 bytes.
    const OVERLAP: u64 = 8 << 10;
    let mut found: Vec<UserData> = Vec::new();
    let mut at = 0;
    while at < SEARCHED_WHOLE {
        file.seek(SeekFrom::Start(at))?;
        let mut data = Vec::new();
        file.by_ref().take(CHUNK + OVERLAP).read_to_end(&mut data)?;
        for (encoder, uuid) in [("x264", X264), ("x265", X265)] {
            let mut from = 0;
            while let Some(next) = data.get(from..).and_then(|rest| find(rest, &uuid)) {
                let here = from + next;
                from = here + uuid.len();
                // What begins in the overlap is found again in the next chunk.
                if here as u64 >= CHUNK || found.len() >= MOST_USER_DATA {
                    break;
                }
                found.push(UserData {
                    encoder,
                    uuid: crate::text::hex(uuid),
                    offset: at + here as u64,
                    text: printable(data.get(from..).unwrap_or(&[])),
                });
            }
        }
        if (data.len() as u64) < CHUNK + OVERLAP {
            break;
        }
        at += CHUNK;
    }
    found.sort_by_key(|f| f.offset);
    Ok(found)
}

/// Searches the media data at `at`..`end` and records what is found under
/// `source`.
pub(super) fn search(scan: &mut Scan<'_>, source: &str, at: u64, end: u64) {
    let data = scan.span(at, end, SEARCHED);
    for (uuid, key) in [(X264, "x264 SEI"), (X265, "x265 SEI")] {
        if let Some(found) = find(&data, &uuid) {
            let options = data.get(found + uuid.len()..).unwrap_or(&[]);
            scan.encoder(source, key, printable(options));
        }
    }
    for (name, key) in [
        (b"Lavc".as_slice(), "libavcodec"),
        (b"Lavf", "libavformat"),
        (b"LAME", "LAME"),
        (b"XviD", "XviD"),
        (b"DivX", "DivX"),
    ] {
        if let Some(found) = find_versioned(&data, name) {
            let told = printable(data.get(found..).unwrap_or(&[]));
            let told = if name == b"LAME" { lame(&told) } else { &told };
            scan.encoder(source, key, told);
        }
    }
}

/// First place where `name` is followed by a version: two digits. The six
/// characters fall in 4 MiB of random data with a chance of about 2e-6.
fn find_versioned(data: &[u8], name: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(next) = data.get(from..).and_then(|rest| find(rest, name)) {
        let at = from + next;
        let tail = data.get(at + name.len()..at + name.len() + 2)?;
        if tail[0].is_ascii_digit() && (tail[1].is_ascii_digit() || tail[1] == b'.') {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// First place of `needle` in `data`.
pub(super) fn find(data: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut from = 0;
    loop {
        let hay = data.get(from..)?;
        let at = from + hay.iter().position(|b| b == first)?;
        if data.get(at + 1..at + 1 + rest.len())? == rest {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The printable characters at the start, up to any filling: four or more of
/// the same character that is no letter or digit, or of `U` (0x55, the usual
/// stuffing of MP3 frames).
fn printable(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| !(0x20..0x7f).contains(b)).unwrap_or(bytes.len());
    let filling = bytes[..end].windows(4).position(|w| {
        w.iter().all(|b| *b == w[0]) && (!w[0].is_ascii_alphanumeric() || w[0] == b'U')
    });
    text(&bytes[..filling.unwrap_or(end)]).trim_end().to_owned()
}

/// LAME's name and version (`LAME3.98.4`, `LAME3.99r`), without what follows.
fn lame(told: &str) -> &str {
    let version = |c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'a' | 'b' | 'r'));
    let end = told.get(4..).and_then(|rest| rest.find(version)).map_or(told.len(), |n| n + 4);
    told.get(..end).unwrap_or(told)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::media::container::Structure;

    fn tags(data: &[u8]) -> Vec<(String, String)> {
        let mut cursor = std::io::Cursor::new(data);
        let mut scan = Scan::new(&mut cursor, data.len() as u64);
        search(&mut scan, "test", 0, data.len() as u64);
        let out: Structure = scan.finish();
        out.encoder_tags.into_iter().map(|t| (t.key, t.value)).collect()
    }

    #[test]
    fn finds_the_x264_option_string() {
        let mut data = vec![0, 0, 2, 0x90, 6, 5, 0xff];
        data.extend(X264);
        data.extend(b"x264 - core 164 - options: cabac=1\0\x80");
        assert_eq!(tags(&data), [("x264 SEI".into(), "x264 - core 164 - options: cabac=1".into())]);
    }

    #[test]
    fn user_data_is_found_wherever_it_stands_and_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        // One in each chunk of 8 MiB, one of them across the border.
        let mut data = vec![1u8; 20 << 20];
        for (at, uuid, text) in [
            (5, X264, "x264 - one"),
            ((8 << 20) - 7, X265, "x265 two"),
            (17 << 20, X264, "x264 - 3"),
        ] {
            data[at..at + 16].copy_from_slice(&uuid);
            data[at + 16..at + 16 + text.len()].copy_from_slice(text.as_bytes());
        }
        std::fs::write(&path, data).unwrap();
        let found = user_data(&path).unwrap();
        let told: Vec<_> = found.iter().map(|f| (f.encoder, f.offset, f.text.as_str())).collect();
        assert_eq!(
            told,
            [
                ("x264", 5, "x264 - one"),
                ("x265", (8 << 20) - 7, "x265 two"),
                ("x264", 17 << 20, "x264 - 3")
            ]
        );
        assert_eq!(found[0].uuid, "dc45e9bde6d948b7962cd820d923eeef");
    }

    #[test]
    fn filling_is_not_part_of_a_name() {
        for (data, name) in [
            ("LAME3.100UUUUUUUU", "LAME3.100"),
            ("LAME3.99rUU", "LAME3.99r"),
            ("LAME3.98.4\u{1}", "LAME3.98.4"),
            ("Lavc60.31.102 libx264    ----", "Lavc60.31.102 libx264"),
            ("Lavc60.31.102UUUUU", "Lavc60.31.102"),
        ] {
            assert_eq!(tags(data.as_bytes())[0].1, name);
        }
    }

    #[test]
    fn a_name_without_a_version_is_not_a_trace() {
        assert!(tags(b"....LavcXX LAME! LavcX9 Lavf9X Lavf").is_empty());
        assert_eq!(
            tags(b"Lavc, then Lavc60.31.102\0"),
            [("libavcodec".into(), "Lavc60.31.102".into())]
        );
    }
}
