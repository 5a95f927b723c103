//! Which way up a still picture says that it lies.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::container::{PayloadKind, Structure};
use super::metadata;
use super::orient::Orientation;

/// The item properties `irot` and `imir` of a HEIF or AVIF picture (ISO/IEC
/// 23008-12), which older ffmpeg leaves aside. Taken from
/// the only ones in the property container; where several pictures of a file
/// differ, nothing is applied.
pub(crate) fn heif(file: &mut File) -> Option<Orientation> {
    let mut head = Vec::new();
    file.rewind().ok()?;
    // The properties stand in the `meta` box, before the pictures themselves.
    file.take(1 << 16).read_to_end(&mut head).ok()?;
    let at = head.windows(4).position(|window| window == b"ipco")?;
    let length = u32::from_be_bytes(*head.get(at.checked_sub(4)?..at)?.first_chunk()?) as usize;
    let container = head.get(at + 4..(at - 4).checked_add(length)?.min(head.len()))?;
    let value = |kind: &[u8; 4]| {
        let mut found = container
            .windows(9)
            .filter(|window| window[..4] == [0, 0, 0, 9] && window[4..8] == *kind);
        found.next().map(|window| window[8]).filter(|_| found.next().is_none())
    };
    let turned = value(b"irot").map_or(0, |value| i32::from(value & 3));
    // `irot` turns anticlockwise, and comes before `imir`;
    // turning after mirroring instead goes the other way round. Mirroring top
    // to bottom is left to right and half a turn.
    let rotation = match value(b"imir").map(|value| value & 1) {
        None => {
            return Some(Orientation { rotation_deg: (360 - 90 * turned) % 360, mirrored: false });
        }
        Some(1) => 90 * turned,
        Some(_) => 90 * turned + 180,
    };
    Some(Orientation { rotation_deg: rotation % 360, mirrored: true })
}

/// The EXIF tag `Orientation` of a JPEG, PNG, WebP or TIFF picture, found and
/// bounded as for the list of metadata. Of a TIFF too large to be read as one
/// the first directory tells it.
pub(crate) fn exif(file: &mut File) -> Option<Orientation> {
    let len = file.metadata().ok()?.len();
    let structure = Structure::parse(file, len);
    let payload = structure.payloads.iter().find(|p| p.kind == PayloadKind::Exif)?;
    if payload.size > metadata::MAX_PAYLOAD {
        let first = structure.nodes.first().filter(|_| structure.format == "TIFF")?;
        let tag = first.children.iter().find(|n| n.kind == "Orientation")?;
        return Orientation::from_exif(tag.get("value")?.parse().ok()?);
    }
    file.seek(SeekFrom::Start(payload.offset)).ok()?;
    let mut data = Vec::new();
    file.take(payload.size).read_to_end(&mut data).ok()?;
    Orientation::from_exif(metadata::orientation(data)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;
    use std::io::Write;

    fn of(properties: &[&[u8]]) -> Option<Orientation> {
        let inside = properties.concat();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"\0\0\0\x0cftypavif").unwrap();
        file.write_all(&(inside.len() as u32 + 8).to_be_bytes()).unwrap();
        file.write_all(b"ipco").unwrap();
        file.write_all(&inside).unwrap();
        file.write_all(b"\0\0\0\x09irot\x02").unwrap();
        heif(&mut file)
    }

    #[test]
    fn heif_properties_are_found_and_put_in_our_order() {
        let turned = |rotation_deg, mirrored| Some(Orientation { rotation_deg, mirrored });
        let size: &[u8] = b"\0\0\0\x14ispe\0\0\0\0\0\0\0\x40\0\0\0\x30";
        let (quarter, sideways, over): (&[u8], &[u8], &[u8]) =
            (b"\0\0\0\x09irot\x01", b"\0\0\0\x09imir\x01", b"\0\0\0\x09imir\x00");
        assert_eq!(of(&[size]), turned(0, false));
        // A quarter anticlockwise is three quarters clockwise.
        assert_eq!(of(&[size, quarter]), turned(270, false));
        assert_eq!(of(&[sideways, size]), turned(0, true));
        assert_eq!(of(&[over]), turned(180, true));
        // A quarter anticlockwise and then a mirror: EXIF orientation 7.
        assert_eq!(of(&[quarter, sideways]), Orientation::from_exif(7));
        assert_eq!(of(&[quarter, quarter]), turned(0, false));
    }
}
