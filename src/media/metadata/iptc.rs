//! Photoshop image resources (Adobe, Photoshop File Formats) and the IPTC-IIM
//! records in them (IPTC, Information Interchange Model 4.2).

use super::{Metadata, Source, plain, xmp};
use crate::text::hex;

/// Most records read of one block.
const MAX_RECORDS: usize = 5_000;

/// Image resources: `8BIM`, number, name, length, data, each padded to even.
pub(super) fn resources(data: &[u8], out: &mut Metadata) {
    let mut at = 0;
    while let Some(head) = data.get(at..at + 7).filter(|h| h.starts_with(b"8BIM")) {
        let id = u16::from_be_bytes([head[4], head[5]]);
        let name_len = (usize::from(head[6]) + 2) & !1; // with its length byte
        let size_at = at + 6 + name_len;
        let Some(size) = number(data, size_at, 4) else { break };
        let body = size_at + 4;
        let Some(bytes) = body.checked_add(size).and_then(|end| data.get(body..end)) else {
            out.warn(
                format!("Photoshop resource {id:04X} is longer than its segment."),
                format!("Photoshop-bron {id:04X} is langer dan haar segment."),
            );
            return;
        };
        match id {
            0x0404 => records(bytes, out),
            0x0424 => xmp::read(bytes, "8BIM 0424", out),
            _ => out.push(Source::Photoshop, resource(id), &format!("({} bytes)", bytes.len())),
        }
        at = body + ((size + 1) & !1);
    }
}

fn resource(id: u16) -> String {
    match id {
        0x03ed => "ResolutionInfo".into(),
        0x0406 => "JPEGQuality".into(),
        0x0409 | 0x040c => "Thumbnail".into(),
        0x040f => "ICCProfile".into(),
        0x0414 => "DocumentSpecificIDs".into(),
        0x0421 => "VersionInfo".into(),
        0x0422 => "EXIFData".into(),
        0x0425 => "IPTCDigest".into(),
        _ => format!("{id:04X}"),
    }
}

fn number(data: &[u8], at: usize, len: usize) -> Option<usize> {
    let bytes = data.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().fold(0, |n, &b| n << 8 | usize::from(b)))
}

/// IIM data sets: 1C, record, data set, length, data.
pub(super) fn records(data: &[u8], out: &mut Metadata) {
    let mut at = 0;
    let mut utf8 = false;
    for _ in 0..MAX_RECORDS {
        let Some(&[0x1c, record, set]) = data.get(at..at + 3) else { break };
        let Some(mut size) = number(data, at + 3, 2) else { break };
        let mut body = at + 5;
        if size & 0x8000 != 0 {
            // Extended: the length of the length.
            let bytes = size & 0x7fff;
            let Some(long) = number(data, body, bytes).filter(|_| bytes <= 4) else { break };
            body += bytes;
            size = long;
        }
        let Some(bytes) = body.checked_add(size).and_then(|end| data.get(body..end)) else {
            out.warn(
                format!("IPTC data set {record}:{set} is longer than its block."),
                format!("IPTC-gegeven {record}:{set} is langer dan zijn blok."),
            );
            return;
        };
        let value = match (record, set) {
            (1, 90) => {
                utf8 = bytes == b"\x1b%G";
                if utf8 { "UTF-8".into() } else { hex(bytes) }
            }
            (1 | 2, 0) => number(bytes, 0, 2).map_or_else(String::new, |n| n.to_string()),
            _ if utf8 => String::from_utf8_lossy(bytes).into_owned(),
            _ if bytes.iter().any(|b| *b < 9) => match bytes.split_at_checked(1024) {
                Some((start, rest)) if !rest.is_empty() => {
                    format!("{} [… +{}]", hex(start), rest.len())
                }
                _ => hex(bytes),
            },
            _ => plain(bytes),
        };
        out.push(Source::Iptc, name(record, set), &value);
        at = body + size;
    }
}

/// Names of the data sets of the envelope and of the application record.
fn name(record: u8, set: u8) -> String {
    let name = match (record, set) {
        (1, 0) => "EnvelopeRecordVersion",
        (1, 90) => "CodedCharacterSet",
        (2, 0) => "ApplicationRecordVersion",
        (2, 5) => "ObjectName",
        (2, 7) => "EditStatus",
        (2, 10) => "Urgency",
        (2, 15) => "Category",
        (2, 20) => "SupplementalCategories",
        (2, 25) => "Keywords",
        (2, 40) => "SpecialInstructions",
        (2, 55) => "DateCreated",
        (2, 60) => "TimeCreated",
        (2, 62) => "DigitalCreationDate",
        (2, 63) => "DigitalCreationTime",
        (2, 65) => "OriginatingProgram",
        (2, 70) => "ProgramVersion",
        (2, 80) => "By-line",
        (2, 85) => "By-lineTitle",
        (2, 90) => "City",
        (2, 92) => "Sub-location",
        (2, 95) => "Province-State",
        (2, 100) => "CountryCode",
        (2, 101) => "CountryName",
        (2, 103) => "OriginalTransmissionReference",
        (2, 105) => "Headline",
        (2, 110) => "Credit",
        (2, 115) => "Source",
        (2, 116) => "CopyrightNotice",
        (2, 118) => "Contact",
        (2, 120) => "Caption-Abstract",
        (2, 122) => "Writer-Editor",
        _ => return format!("{record}:{set}"),
    };
    name.into()
}
