//! The check on pictures encoded here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Rgb, RgbImage};

use super::*;
use crate::media::{Frame, Kind};

/// Hills and an edge, not symmetric in any way.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let hills = 60.0 * (5.0 * u + 3.0 * v * v).sin() + 40.0 * (9.0 * u * v).cos();
        let edge = if 1.3 * u + v > 1.4 { 50.0 } else { 0.0 };
        let tone = (110.0 + hills + edge).clamp(0.0, 255.0) as u8;
        Rgb([tone, tone / 2 + 60, 255 - tone])
    })
}

fn jpeg(image: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::from(image.clone())
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
        .unwrap();
    bytes
}

/// `picture` with `thumb` as the thumbnail of its EXIF data.
fn with_thumbnail(picture: &[u8], thumb: &[u8]) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x00\0\0\0\x0e\0\x03".to_vec();
    let entry = |tag: u16, kind: u16, value: u32| {
        let value = if kind == 3 { value << 16 } else { value };
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &[0, 0, 0, 1], &value.to_be_bytes()].concat()
    };
    tiff.extend(entry(0x0103, 3, 6));
    let start = 14 + 2 + 3 * 12 + 4;
    tiff.extend(entry(0x0201, 4, start));
    tiff.extend(entry(0x0202, 4, thumb.len() as u32));
    tiff.extend([0; 4]);
    tiff.extend(thumb);
    let length = (tiff.len() + 8) as u16;
    let segment = [&[0xff, 0xe1][..], &length.to_be_bytes(), b"Exif\0\0", &tiff].concat();
    [&picture[..2], &segment, &picture[2..]].concat()
}

/// The finding on these bytes, whose picture decodes to `seen`.
fn examine(bytes: &[u8], seen: &RgbImage) -> Finding {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit.jpg");
    std::fs::write(&path, bytes).unwrap();
    let mut check = (ENTRY.make)(&crate::checks::Options::default());
    check.begin(&exhibit(&path)).unwrap();
    let frame = Frame::from_rgb(seen.as_raw(), seen.width() as usize, seen.height() as usize);
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn exhibit(path: &Path) -> Exhibit {
    Exhibit {
        path: path.to_owned(),
        name: "exhibit".into(),
        bytes: 0,
        sha256: String::new(),
        sha512: String::new(),
        kind: Kind::Image,
        container: String::new(),
        duration_s: None,
        video: None,
        picture_error: None,
        audio: None,
        tags: Vec::new(),
        notes: Vec::new(),
    }
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn the_exact_quality_comes_back() {
    let image = scene(48, 32);
    for quality in 50..=100 {
        let finding = examine(&jpeg(&image, quality), &image);
        assert_eq!(finding.state.as_deref(), Some("standard"), "{quality}");
        assert_eq!(value(&finding, "quality_luma"), Some(f64::from(quality)));
        assert_eq!(value(&finding, "quality_chroma"), Some(f64::from(quality)));
        assert_eq!(value(&finding, "difference_luma"), Some(0.0));
        assert_eq!(value(&finding, "subsampling"), Some(444.0));
        assert_eq!(value(&finding, "tables"), Some(2.0));
        assert_eq!(value(&finding, "thumbnail_present"), Some(0.0));
    }
}

#[test]
fn one_changed_step_makes_the_tables_own() {
    let image = scene(48, 32);
    let mut bytes = jpeg(&image, 90);
    let at = bytes.windows(2).position(|w| w == [0xff, 0xdb]).unwrap();
    bytes[at + 5 + 63] += 1;
    let finding = examine(&bytes, &image);
    assert_eq!(finding.state.as_deref(), Some("own"));
    assert_eq!(value(&finding, "quality_luma"), Some(90.0));
    assert_eq!(value(&finding, "difference_luma"), Some(1.0 / 64.0));
    assert_eq!(value(&finding, "standard_tables"), Some(0.0));
    assert!(finding.summary.en.contains("not the standard"));
    assert!(finding.summary.nl.contains("niet de standaard"));
}

#[test]
fn four_components_that_share_a_table_have_no_chroma() {
    use super::tables::{Component, Table, standard};
    let coding = Coding {
        tables: vec![Table { number: 0, bits: 8, steps: standard(true, 80) }],
        components: [1, 2, 3, 4].map(|id| Component { id, h: 1, v: 1, table: 0 }).to_vec(),
        size: (48, 32),
    };
    let check = Quantisation { coding, format: "JPEG".into(), ..Quantisation::default() };
    let finding = say::finding(&check);
    assert_eq!(finding.state.as_deref(), Some("standard"), "{}", finding.summary.en);
    assert_eq!(value(&finding, "quality_chroma"), None);
    assert!(finding.summary.en.contains("CMYK") && finding.summary.nl.contains("drukwerk"));
}

#[test]
fn grey_has_one_table_and_no_chroma() {
    let grey = DynamicImage::from(scene(48, 32)).to_luma8();
    let mut bytes = Vec::new();
    DynamicImage::from(grey)
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 75))
        .unwrap();
    let finding = examine(&bytes, &scene(48, 32));
    assert_eq!(value(&finding, "quality_luma"), Some(75.0));
    assert_eq!(value(&finding, "quality_chroma"), None);
    assert_eq!(value(&finding, "subsampling"), Some(400.0));
}

#[test]
fn a_thumbnail_fits_its_own_picture_and_no_other() {
    let picture = scene(480, 360);
    let small = image::imageops::thumbnail(&picture, 160, 120);
    let bytes = with_thumbnail(&jpeg(&picture, 92), &jpeg(&small, 60));
    let finding = examine(&bytes, &picture);
    assert_eq!(value(&finding, "thumbnail_quality_luma"), Some(60.0));
    assert_eq!(value(&finding, "quality_luma"), Some(92.0));
    assert_eq!(value(&finding, "thumbnail_width"), Some(160.0));
    assert!(value(&finding, "thumbnail_correlation").unwrap() > 0.99);
    assert!((value(&finding, "thumbnail_aspect_ratio").unwrap() - 1.0).abs() < 0.01);
    assert!(finding.summary.en.contains("shows the same picture"));

    // The picture was cropped afterwards and keeps the old thumbnail.
    let cropped = image::imageops::crop_imm(&picture, 200, 40, 240, 300).to_image();
    let bytes = with_thumbnail(&jpeg(&cropped, 92), &jpeg(&small, 60));
    let finding = examine(&bytes, &cropped);
    assert!(value(&finding, "thumbnail_correlation").unwrap() < 0.9, "{finding:?}");
    let aspect = value(&finding, "thumbnail_aspect_ratio").unwrap();
    assert!((aspect - (4.0 / 3.0) / 0.8).abs() < 0.01, "{aspect}");
    assert!(finding.summary.en.contains("differs") && finding.summary.nl.contains("wijkt af"));

    // Mirrored afterwards.
    let mirrored = image::imageops::flip_horizontal(&picture);
    let bytes = with_thumbnail(&jpeg(&mirrored, 92), &jpeg(&small, 60));
    assert!(value(&examine(&bytes, &mirrored), "thumbnail_correlation").unwrap() < 0.9);
}

#[test]
fn a_part_put_in_afterwards_is_told_beside_what_agrees() {
    let picture = scene(480, 360);
    let small = image::imageops::thumbnail(&picture, 160, 120);
    // Turned about its mean: the liveliest of the sixteen parts.
    let part = |k: u32| (k % 4 * 120, k / 4 * 90);
    let tones = |k: u32| {
        let (x, y) = part(k);
        let view = image::imageops::crop_imm(&picture, x, y, 120, 90).to_image();
        view.pixels().map(|p| f64::from(p[0])).collect::<Vec<f64>>()
    };
    let spread = |k: u32| crate::signal::stats::mean_sd(&tones(k)).unwrap();
    let liveliest = (0..16).max_by(|a, b| spread(*a).1.total_cmp(&spread(*b).1)).unwrap();
    let (mean, (left, top)) = (spread(liveliest).0, part(liveliest));
    let mut changed = picture.clone();
    for (x, y) in (top..top + 90).flat_map(|y| (left..left + 120).map(move |x| (x, y))) {
        let tone = (2.0 * mean - f64::from(picture.get_pixel(x, y)[0])).clamp(0.0, 255.0) as u8;
        changed.put_pixel(x, y, Rgb([tone, tone / 2 + 60, 255 - tone]));
    }
    let finding = examine(&with_thumbnail(&jpeg(&changed, 92), &jpeg(&small, 60)), &changed);
    assert!(value(&finding, "thumbnail_correlation").unwrap() > 0.9, "{finding:?}");
    assert!(value(&finding, "thumbnail_least_correlation").unwrap() < 0.7, "{finding:?}");
    assert!(finding.summary.en.contains("not in every part"), "{}", finding.summary.en);
}

#[test]
fn black_bars_of_a_thumbnail_are_left_out() {
    let picture = scene(480, 320);
    let mut small = RgbImage::new(160, 120);
    let inner = image::imageops::thumbnail(&picture, 160, 107);
    image::imageops::replace(&mut small, &inner, 0, 7);
    let finding = examine(&with_thumbnail(&jpeg(&picture, 92), &jpeg(&small, 90)), &picture);
    assert!(value(&finding, "thumbnail_correlation").unwrap() > 0.97, "{finding:?}");
    assert!((value(&finding, "thumbnail_aspect_ratio").unwrap() - 1.0).abs() < 0.03);
}

#[test]
fn damage_is_no_accident_and_other_formats_do_not_apply() {
    let picture = scene(96, 72);
    let small = image::imageops::thumbnail(&picture, 48, 36);
    let whole = with_thumbnail(&jpeg(&picture, 92), &jpeg(&small, 60));
    for length in (2..whole.len()).step_by(61) {
        let finding = examine(&whole[..length], &picture);
        assert_ne!(finding.status, Status::Error);
    }
    for (at, flip) in (2..whole.len()).step_by(61).zip(1u8..) {
        let mut bytes = whole.clone();
        bytes[at] ^= flip;
        examine(&bytes, &picture);
    }
    let text = examine(b"a text, no picture", &picture);
    assert_eq!(text.status, Status::NotApplicable);
}
