//! The check on frames and sounds made up here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::*;
use crate::media::{Frame, Pixels, Plane, Samples};

/// Coloured discs of many sizes over one another, which have the spectrum of
/// natural scenes; `seed` chooses which.
fn scene(seed: u32) -> RgbImage {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(99);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state) / f64::from(u32::MAX)
    };
    let discs: Vec<[f64; 4]> =
        (0..200).map(|_| [next(), next(), 0.02 / (0.04 + next()), 255.0 * next()]).collect();
    RgbImage::from_fn(320, 240, |x, y| {
        let (u, v) = (f64::from(x) / 320.0, f64::from(y) / 240.0);
        let over = discs.iter().find(|d| (u - d[0]).hypot(v - d[1]) < d[2]);
        let tone = over.map_or(128.0, |d| d[3]);
        Rgb([tone as u8, (tone * 0.8) as u8, (255.0 - tone) as u8])
    })
}

fn hash(image: &RgbImage) -> Pdq {
    let (w, h) = image.dimensions();
    pdq::of_frame(&Frame::from_rgb(image.as_raw(), w as usize, h as usize))
}

fn recompressed(image: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    DynamicImage::from(image.clone()).write_with_encoder(encoder).unwrap();
    image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap().to_rgb8()
}

#[test]
fn recompression_changes_few_bits_and_mirroring_or_another_picture_many() {
    let first = recompressed(&scene(1), 95);
    let original = hash(&first);
    assert!(original.quality >= POOR, "{}", original.quality);
    let again = original.distance(&hash(&recompressed(&first, 70)));
    assert!(again < 31, "{again} bits after recompression");
    let half = image::imageops::thumbnail(&first, 160, 120);
    assert!(original.distance(&hash(&half)) < 31, "{}", original.distance(&hash(&half)));
    let mirrored = original.distance(&hash(&image::imageops::flip_horizontal(&first)));
    assert!(mirrored > 90, "{mirrored} bits after mirroring");
    for seed in 2..10 {
        let other = original.distance(&hash(&scene(seed)));
        assert!(other > 90, "{seed}: {other} bits to another picture");
    }
}

fn digest(planes: &[Pixels<'_>]) -> Option<String> {
    let mut pictures = Pictures::default();
    planes.iter().for_each(|p| pictures.add(p).unwrap());
    pictures.digest()
}

#[test]
fn a_picture_is_digested_in_the_documented_form() {
    let samples = [1u8, 2, 99, 3, 4, 99];
    let plane =
        Plane { samples: Samples::Eight(&samples), stride: 3, width: 2, height: 2, bits: 8 };
    // G, 8 bits, 1 plane, 2 × 2, the rows without padding; by sha256sum:
    // printf 'G\x08\x01\x02\0\0\0\x02\0\0\0\x01\x02\x03\x04' | sha256sum
    let expected = "7a5bb3ad5239cfa4ffb9234f90172d8ec0f266e6a7d9b2bdc43fc118b30b6a20";
    assert_eq!(digest(&[Pixels::Gray(plane)]).as_deref(), Some(expected));
    let packed = Plane { samples: Samples::Eight(&[1, 2, 3, 4]), stride: 2, ..plane };
    assert_eq!(digest(&[Pixels::Gray(packed)]).as_deref(), Some(expected));
    let altered = Plane { samples: Samples::Eight(&[1, 2, 3, 5]), stride: 2, ..plane };
    assert_ne!(digest(&[Pixels::Gray(altered)]).as_deref(), Some(expected));
    // The same bytes in another shape are another picture.
    let line = Plane { stride: 4, width: 4, height: 1, ..packed };
    assert_ne!(digest(&[Pixels::Gray(line)]).as_deref(), Some(expected));
    assert_eq!(digest(&[]), None);
}

#[test]
fn every_sample_of_rgb_and_of_sixteen_bits_counts() {
    let rgb = |last: u8| {
        let data = [9, 8, 7, 6, 5, last];
        let plane =
            Plane { samples: Samples::Eight(&data), stride: 6, width: 2, height: 1, bits: 8 };
        digest(&[Pixels::Rgb(plane)])
    };
    assert_ne!(rgb(4), rgb(3));
    let wide = |high: u16| {
        let data = [1 | high << 8, 2];
        let plane =
            Plane { samples: Samples::Sixteen(&data), stride: 2, width: 2, height: 1, bits: 10 };
        digest(&[Pixels::Gray(plane)])
    };
    assert_ne!(wide(0), wide(1));
}

#[test]
fn sound_is_digested_in_the_documented_form_whatever_the_blocks() {
    let whole = [0.0f32, 1.0, -0.5, 0.25];
    let block = |samples| Sound { format: NATIVE, time_s: 0.0, rate: 8000, channels: 2, samples };
    let mut once = Sounds::default();
    once.add(&block(&whole));
    let mut twice = Sounds::default();
    twice.add(&block(&whole[..2]));
    twice.add(&block(&whole[2..]));
    // printf '\x40\x1f\0\0\x02\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\xbf\0\0\x80\x3e' | sha256sum
    assert_eq!(
        once.digest().as_deref(),
        Some("9e1fa69fe0d369ee154348839bd39931b95b898e0034377aaa10d93d16d8664e")
    );
    assert_eq!((once.digest(), once.samples()), (twice.digest(), 2));
    assert_eq!(Sounds::default().digest(), None);
}

#[test]
fn one_frame_a_second_is_hashed_and_every_frame_digested() {
    let image = scene(4);
    let mut check =
        Box::new(Hashes { file: Some(("ab".repeat(32), "cd".repeat(64), 5)), ..Hashes::default() });
    for i in 0..75u64 {
        let mut frame = Frame::from_rgb(image.as_raw(), 320, 240);
        (frame.index, frame.time_s) = (i, i as f64 / 25.0);
        check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    }
    let finding = check.conclude().unwrap();
    let value = |name: &str| finding.values.iter().find(|v| v.quantity == name).unwrap().value;
    assert_eq!(value("frames_hashed"), 75.0);
    assert_eq!(value("pdq_hashes"), 3.0);
    assert_eq!(value("sound_samples_hashed"), 0.0);
    let frames: Vec<_> = finding.measurements.iter().map(|m| m.frame.unwrap()).collect();
    assert_eq!(frames, [0, 25, 50]);
    assert_eq!(finding.state.as_deref(), Some("abababababababab"));
}
