//! EXIF through `kamadak-exif` (JEITA CP-3451; CIPA DC-008).

use std::io::Cursor;

use exif::{Context, Exif, Field, In, Reader, Tag, Value};

use super::{Metadata, Source, plain};
use crate::media::container::{Node, Structure};

/// Most bytes that the values of all fields may take together. Fields may
/// share their bytes, so that a small file can ask for terabytes.
const MAX_VALUES: u64 = 128 << 20;
/// Longest list of numbers that is written out.
const MAX_LIST: usize = 64;

/// Reads a TIFF stream with EXIF directories; `source` names where it stood.
pub(super) fn read(data: Vec<u8>, source: &str, out: &mut Metadata) {
    if !affordable(&data) {
        out.warn(
            format!("The EXIF data in {source} ask for more memory than they can be worth."),
            format!("De EXIF-gegevens in {source} vragen meer geheugen dan ze waard kunnen zijn."),
        );
        return;
    }
    let mut errors = Vec::new();
    let read = Reader::new()
        .continue_on_error(true)
        .read_raw(data)
        .or_else(|e| e.distill_partial_result(|e| errors = e));
    for error in errors.iter().take(10) {
        out.warn(
            format!(
                "The EXIF data in {source} are damaged: {error}. What could be read is listed."
            ),
            format!(
                "De EXIF-gegevens in {source} zijn beschadigd: {error}. Wat leesbaar was, is \
                 vermeld."
            ),
        );
    }
    let exif = match read {
        Ok(exif) => exif,
        Err(error) => {
            out.warn(
                format!("The EXIF data in {source} could not be read: {error}."),
                format!("De EXIF-gegevens in {source} konden niet worden gelezen: {error}."),
            );
            return;
        }
    };
    for field in exif.fields() {
        let tag = name(field.tag);
        let name = match field.ifd_num {
            In::PRIMARY => tag,
            In::THUMBNAIL => format!("IFD1:{tag}"),
            In(n) => format!("IFD{n}:{tag}"),
        };
        let value = shown(field, &exif);
        out.push(Source::Exif, name, &value);
        if field.tag == Tag::MakerNote {
            out.maker_note = Some(size(&field.value) as u64);
        }
    }
    let thumbnail = exif.get_field(Tag::JPEGInterchangeFormatLength, In::THUMBNAIL);
    out.thumbnail |= thumbnail.and_then(|f| f.value.get_uint(0)).is_some_and(|n| n > 0);
    let position = degrees(&exif, Tag::GPSLatitude, Tag::GPSLatitudeRef).zip(degrees(
        &exif,
        Tag::GPSLongitude,
        Tag::GPSLongitudeRef,
    ));
    out.position = out.position.or(position);
}

/// The tag `Orientation` of the picture itself in a TIFF stream; `None` where
/// it is absent, damaged or would take more memory than it can be worth.
pub(in crate::media) fn orientation(data: Vec<u8>) -> Option<u32> {
    if !affordable(&data) {
        return None;
    }
    let read = Reader::new().continue_on_error(true).read_raw(data);
    let exif = read.or_else(|error| error.distill_partial_result(|_| ())).ok()?;
    exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)
}

/// Whether reading all fields stays within bounds, from the directories.
fn affordable(data: &[u8]) -> bool {
    fn walk(nodes: &[Node], sum: &mut u64) -> bool {
        nodes.iter().all(|node| {
            *sum = sum.saturating_add(node.size);
            let entries = node.get("entries").and_then(|n| n.parse::<u64>().ok());
            entries.is_none_or(|n| n <= 1000) && walk(&node.children, sum)
        })
    }
    let structure = Structure::parse(&mut Cursor::new(data), data.len() as u64);
    let mut sum = 0;
    walk(&structure.nodes, &mut sum) && sum <= MAX_VALUES
}

/// The tag's name; some cameras put EXIF tags into the TIFF directory.
fn name(tag: Tag) -> String {
    match (tag.context(), tag.description()) {
        (Context::Tiff, None) => {
            let moved = Tag(Context::Exif, tag.number());
            if moved.description().is_some() { moved.to_string() } else { tag.number().to_string() }
        }
        _ => tag.to_string(),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Byte(v) => v.len(),
        Value::Ascii(v) => v.iter().map(Vec::len).sum(),
        Value::Short(v) => v.len(),
        Value::Long(v) => v.len(),
        Value::Rational(v) => v.len(),
        Value::SByte(v) => v.len(),
        Value::Undefined(v, _) => v.len(),
        Value::SShort(v) => v.len(),
        Value::SLong(v) => v.len(),
        Value::SRational(v) => v.len(),
        Value::Float(v) => v.len(),
        Value::Double(v) => v.len(),
        Value::Unknown(_, n, _) => *n as usize,
    }
}

/// The value as text, nothing added but units.
fn shown(field: &Field, exif: &Exif) -> String {
    match &field.value {
        Value::Ascii(parts) => {
            let parts: Vec<_> = parts.iter().map(|p| plain(p)).collect();
            parts.join("; ")
        }
        // Some writers give it the type of plain bytes.
        Value::Undefined(bytes, _) | Value::Byte(bytes) if field.tag == Tag::UserComment => {
            comment(bytes, exif)
        }
        // XPTitle to XPSubject: Windows writes UTF-16 into bytes.
        Value::Byte(bytes)
            if field.tag.context() == Context::Tiff
                && (0x9c9b..=0x9c9f).contains(&field.tag.number()) =>
        {
            utf16(bytes, false)
        }
        value if size(value) > MAX_LIST || field.tag == Tag::MakerNote => {
            let unit = match value {
                Value::Byte(_) | Value::SByte(_) | Value::Undefined(..) => "bytes",
                _ => "values",
            };
            format!("({} {unit})", size(value))
        }
        _ => field.display_value().with_unit(exif).to_string(),
    }
}

/// `UserComment`: eight bytes name the encoding, the text follows.
fn comment(bytes: &[u8], exif: &Exif) -> String {
    match bytes.split_at_checked(8) {
        Some((b"UNICODE\0", text)) => utf16(text, !exif.little_endian()),
        Some((b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0", text)) => plain(text),
        Some((b"JIS\0\0\0\0\0", text)) => format!("(JIS, {} bytes)", text.len()),
        _ => plain(bytes),
    }
}

/// UTF-16, in the byte order that makes sense: writers disagree, and the
/// wrong one turns Latin letters into units without a low byte.
fn utf16(bytes: &[u8], big: bool) -> String {
    let even = bytes.iter().step_by(2).filter(|&&b| b == 0).count();
    let odd = bytes.iter().skip(1).step_by(2).filter(|&&b| b == 0).count();
    let big = if even == odd { big } else { even > odd };
    let units: Vec<u16> =
        bytes
            .chunks_exact(2)
            .map(|p| {
                if big {
                    u16::from_be_bytes([p[0], p[1]])
                } else {
                    u16::from_le_bytes([p[0], p[1]])
                }
            })
            .collect();
    String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned()
}

fn degrees(exif: &Exif, tag: Tag, reference: Tag) -> Option<f64> {
    let field = exif.get_field(tag, In::PRIMARY)?;
    let Value::Rational(parts) = &field.value else { return None };
    let [d, m, s] = parts.get(..3)? else { return None };
    let value = d.to_f64() + m.to_f64() / 60.0 + s.to_f64() / 3600.0;
    let negative = match &exif.get_field(reference, In::PRIMARY)?.value {
        Value::Ascii(text) => {
            text.first().and_then(|t| t.first()).is_some_and(|c| matches!(c, b'S' | b'W'))
        }
        _ => return None,
    };
    value.is_finite().then_some(if negative { -value } else { value })
}
