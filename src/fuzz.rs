//! Every parser of bytes that others wrote, as a function of those bytes: for
//! the fuzz targets in `fuzz/` and for the test that runs their corpus.
//!
//! What a parser makes of the bytes does not matter here, only that it comes
//! to an end: no panic, no overflow, no hang, no memory beyond its bounds.

use std::hint::black_box;
use std::io::{Cursor, Write};
use std::path::Path;

use image::RgbImage;

use crate::checks::{declared_ai, jpeg_quantisation, watermark};
use crate::custody::{authority, log, sign, timestamp};
use crate::experiment::{dataset, question::Experiment, train::config::Plan};
use crate::media::container::jpeg_data::Coefficients;
use crate::media::container::{Payload, PayloadKind, Structure, user_data_in};
use crate::media::metadata::{Metadata, Row, Source};
use crate::media::sniff;
use crate::nn::{checkpoint, hdf5, pickle, pth, safe, tflite};
use crate::report::lab::Lab;

/// A parser under its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them; `fuzz/Cargo.toml` has one program for each.
pub const TARGETS: [Target; 23] = [
    ("archive", archive),
    ("case_log", case_log),
    ("certificates", certificates),
    ("checkpoint", weights),
    ("container", container),
    ("datasets", datasets),
    ("declared", declared),
    ("experiment", experiment),
    ("hdf5", |data| drop(black_box(hdf5::read(&opened(data, 0, b"\x89HDF\r\n\x1a\n"))))),
    ("jpeg", |data| container(&opened(data, 0, b"\xff\xd8\xff"))),
    ("jpeg_data", |data| drop(black_box(Coefficients::read(data)))),
    ("lab", lab),
    ("matroska", |data| container(&opened(data, 0, b"\x1a\x45\xdf\xa3"))),
    ("metadata", metadata),
    ("mp4", |data| container(&opened(data, 4, b"ftyp"))),
    ("pickle", |data| drop(black_box(pickle::read(data, &mut pickle::Heap::default())))),
    ("png", |data| container(&opened(data, 0, b"\x89PNG\r\n\x1a\n"))),
    ("pth", |data| drop(black_box(pth::read(data)))),
    ("riff", |data| container(&opened(data, 0, b"RIFF"))),
    ("tflite", network),
    ("timestamp", stamp),
    ("training", training),
    ("watermark", picture),
];

/// The target called `name`.
///
/// # Panics
/// When there is none: a fuzz target without a parser is of no use.
#[allow(clippy::expect_used, reason = "only called while a fuzz target starts")]
pub fn target(name: &str) -> fn(&[u8]) {
    TARGETS.iter().find(|(known, _)| *known == name).expect("a known target").1
}

/// `data` with `magic` over its bytes from `at`, so that no mutation is spent
/// on what only chooses the parser.
fn opened(data: &[u8], at: usize, magic: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    bytes.resize(bytes.len().max(at + magic.len()), 0);
    bytes[at..at + magic.len()].copy_from_slice(magic);
    bytes
}

/// Structure, metadata and traces of encoders in a file of any format.
fn container(data: &[u8]) {
    let structure = Structure::parse(&mut Cursor::new(data), data.len() as u64);
    black_box((structure.digest(), structure.count(), structure.depth()));
    statements(data, &structure);
    drop(black_box(user_data_in(&mut Cursor::new(data))));
    black_box((sniff::describe_bytes(data), sniff::size_in(data)));
    black_box(sniff::medium_of(data).map(|medium| medium.format));
}

fn statements(data: &[u8], structure: &Structure) {
    if let Ok(found) = Metadata::parse(&mut Cursor::new(data), Path::new("fuzz"), structure) {
        black_box(found.rows.iter().filter(|row| declared_ai::declares(row)).count());
    }
}

/// One stretch of metadata; the first byte says of which kind.
fn metadata(data: &[u8]) {
    const KINDS: [PayloadKind; 10] = [
        PayloadKind::Exif,
        PayloadKind::Xmp,
        PayloadKind::XmpExtended,
        PayloadKind::Photoshop,
        PayloadKind::Iptc,
        PayloadKind::PngText,
        PayloadKind::PngCompressedText,
        PayloadKind::PngInternationalText,
        PayloadKind::Comment,
        PayloadKind::GifComment,
    ];
    let Some((first, data)) = data.split_first() else { return };
    let Some(&kind) = KINDS.get(usize::from(*first) % KINDS.len()) else { return };
    if kind == PayloadKind::Exif {
        black_box(jpeg_quantisation::has_thumbnail(data.to_vec()));
    }
    let payload = Payload { kind, source: "fuzz".into(), offset: 0, size: data.len() as u64 };
    statements(data, &Structure { payloads: vec![payload], ..Structure::default() });
}

/// What generators write into files; the first two bytes say where it stands.
fn declared(data: &[u8]) {
    const PLACES: [(Source, &str); 8] = [
        (Source::PngText, "parameters"),
        (Source::PngText, "Comment"),
        (Source::PngText, "invokeai_metadata"),
        (Source::PngText, "Dream"),
        (Source::Exif, "UserComment"),
        (Source::Xmp, "AIGC"),
        (Source::Xmp, "Iptc4xmpExt:DigitalSourceType"),
        (Source::Comment, "COM"),
    ];
    let Some((first, text)) = data.split_first() else { return };
    let Some(&(source, tag)) = PLACES.get(usize::from(*first) % PLACES.len()) else { return };
    let value = String::from_utf8_lossy(text).into_owned();
    black_box(declared_ai::declares(&Row { source, tag: tag.to_owned(), value }));
}

/// Safetensors, ONNX, or whichever file of weights it is.
fn weights(data: &[u8]) {
    drop(black_box(checkpoint::read(data)));
    drop(black_box(safe::read(data)));
}

fn network(data: &[u8]) {
    if let Ok(model) = tflite::Model::read(&opened(data, 4, b"TFL3")) {
        for tensor in &model.tensors {
            drop(black_box(tensor.values()));
        }
    }
}

/// The first two bytes are the size; the others are repeated until it is full.
fn picture(data: &[u8]) {
    let &[width, height, ref rest @ ..] = data else { return };
    let (width, height) = (u32::from(width) + 1, u32::from(height) + 1);
    if rest.is_empty() {
        return;
    }
    let pixels = rest.iter().copied().cycle().take((width * height * 3) as usize).collect();
    if let Some(picture) = RgbImage::from_raw(width, height, pixels) {
        drop(black_box(watermark::of_picture(&picture)));
    }
}

fn words(data: &[u8], read: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
    }
}

fn datasets(data: &[u8]) {
    words(data, |text| {
        let sets = dataset::parse(text, Path::new("fuzz")).unwrap_or_default();
        black_box(sets.iter().any(|set| set.takes("a-b_c/real/01/a_b-01.png")));
    });
}

fn experiment(data: &[u8]) {
    words(data, |text| drop(black_box(Experiment::parse(text, Path::new("fuzz")))));
}

fn training(data: &[u8]) {
    words(data, |text| drop(black_box(Plan::parse(text, Path::new("fuzz")))));
}

fn lab(data: &[u8]) {
    words(data, |text| drop(black_box(Lab::parse(text))));
}

fn case_log(data: &[u8]) {
    drop(black_box((log::read(data), log::read_head(data))));
}

/// A case handed over as a zip.
fn archive(data: &[u8]) {
    // `verify` opens what it is given by name.
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(data).is_ok() {
        drop(black_box(crate::custody::verify(file.path(), &Default::default())));
    }
}

/// A response of a time-stamp authority, held against its own certificates too.
fn stamp(data: &[u8]) {
    drop(black_box((timestamp::response(data), authority::check(data, &Default::default()))));
}

/// Certificates and keys.
fn certificates(data: &[u8]) {
    drop(black_box(authority::certificates(data)));
    drop(black_box(sign::verify(&String::from_utf8_lossy(data), &[0; 64], b"")));
}
