//! PNG text chunks: plain, compressed, international; and the hexadecimal
//! profiles that ImageMagick stores in them.

use std::io::Read;

use super::{Metadata, Source, exif, iptc, xmp};
use crate::media::container::PayloadKind;

/// Most bytes that a compressed text may grow to.
pub(super) const MAX_TEXT: u64 = 16 << 20;

pub(super) fn read(kind: PayloadKind, data: &[u8], out: &mut Metadata) {
    let Some((key, rest)) = split(data) else { return };
    let key = latin(key);
    let value = match kind {
        PayloadKind::PngText => Some(latin(rest)),
        PayloadKind::PngCompressedText => match rest.split_first() {
            Some((0, packed)) => inflate(packed).map(|b| latin(&b)),
            _ => None,
        },
        _ => international(rest),
    };
    let Some(value) = value else {
        out.warn(
            format!("The PNG text {key} is damaged."),
            format!("De PNG-tekst {key} is beschadigd."),
        );
        return;
    };
    if key == "XML:com.adobe.xmp" {
        return xmp::read(value.as_bytes(), "iTXt", out);
    }
    if let Some(profile) = key.strip_prefix("Raw profile type ")
        && let Some(bytes) = profile_bytes(&value)
    {
        return raw(profile, &bytes, out);
    }
    out.push(Source::PngText, key, &value);
}

fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|&b| b == 0)?;
    Some((data.get(..end)?, data.get(end + 1..)?))
}

fn latin(bytes: &[u8]) -> String {
    // The standard says Latin-1; much software writes UTF-8.
    super::plain(bytes)
}

/// `iTXt`: compression flag and method, language, translated keyword, text.
fn international(rest: &[u8]) -> Option<String> {
    let (&[packed, method], rest) = rest.split_first_chunk()?;
    let (_, rest) = split(rest)?;
    let (_, text) = split(rest)?;
    let bytes = match (packed, method) {
        (0, _) => text.to_vec(),
        (1, 0) => inflate(text)?,
        _ => return None,
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A zlib stream, inflated up to the limit; what came out before damage is
/// kept.
pub(super) fn inflate(packed: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let done = flate2::read::ZlibDecoder::new(packed).take(MAX_TEXT).read_to_end(&mut out);
    (done.is_ok() || !out.is_empty()).then_some(out)
}

/// ImageMagick's form: a name, a length, then hexadecimal digits in lines.
fn profile_bytes(value: &str) -> Option<Vec<u8>> {
    let mut words = value.split_ascii_whitespace();
    words.next()?;
    let length: usize = words.next()?.parse().ok()?;
    let digits: Vec<u8> = words.flat_map(str::bytes).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok()))
        .collect();
    bytes.filter(|b| b.len() == length)
}

fn raw(profile: &str, bytes: &[u8], out: &mut Metadata) {
    const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    if let Some(tiff) = bytes.strip_prefix(b"Exif\0\0") {
        exif::read(tiff.to_vec(), "raw profile", out);
    } else if let Some(packet) = bytes.strip_prefix(XMP) {
        xmp::read(packet, "raw profile", out);
    } else {
        match profile {
            "exif" => exif::read(bytes.to_vec(), "raw profile", out),
            "xmp" => xmp::read(bytes, "raw profile", out),
            "iptc" | "8bim" if bytes.starts_with(b"8BIM") => iptc::resources(bytes, out),
            "iptc" => iptc::records(bytes, out),
            _ => out.push(
                Source::PngText,
                format!("Raw profile type {profile}"),
                &format!("({} bytes)", bytes.len()),
            ),
        }
    }
}
