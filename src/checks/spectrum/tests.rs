#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::measure::{Lens, Sums};
use super::*;
use crate::checks::Status;
use crate::faces::Face;
use crate::media::exhibit::VideoInfo;
use crate::signal::synth::{Doubling, SplitMix, dead_leaves, double, power_law, turn};

fn slopes(tile: &[f32], n: usize) -> (f64, f64) {
    let mut lens = Lens::new(n).unwrap();
    let mut sums = Sums::new(n);
    lens.add(tile, &mut sums).unwrap();
    let slopes = lens.slopes(&sums).unwrap();
    (slopes.whole, slopes.top)
}

fn eight_bit(pixels: &[f32]) -> Vec<u8> {
    pixels.iter().map(|p| p.round().clamp(0.0, 255.0) as u8).collect()
}

fn float(pixels: &[u8]) -> Vec<f32> {
    pixels.iter().map(|&p| f32::from(p)).collect()
}

fn jpeg(pixels: &[u8], width: usize, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let height = pixels.len() / width;
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality)
        .encode(pixels, width as u32, height as u32, image::ExtendedColorType::L8)
        .unwrap();
    image::load_from_memory(&file).unwrap().to_luma8().into_raw()
}

fn exhibit(codec: &str, kind: Kind) -> Exhibit {
    Exhibit {
        path: "made-by-test".into(),
        name: "made-by-test".into(),
        bytes: 0,
        sha256: String::new(),
        sha512: String::new(),
        kind,
        container: String::new(),
        duration_s: None,
        video: Some(VideoInfo {
            codec: codec.into(),
            profile: None,
            pixel_format: "gray".into(),
            width: 0,
            height: 0,
            display_width: 0,
            display_height: 0,
            rotation_deg: 0,
            mirrored: false,
            sample_aspect: (1, 1),
            fps: None,
            matrix: "bt601".into(),
            matrix_declared: false,
            full_range: true,
            start_s: None,
            bit_rate: None,
            tags: Vec::new(),
        }),
        audio: None,
        tags: Vec::new(),
        notes: Vec::new(),
    }
}

fn examine(pixels: &[u8], width: usize, codec: &str, faces: &[Face]) -> Finding {
    let mut check = (ENTRY.make)();
    check.begin(&exhibit(codec, Kind::Image)).unwrap();
    let frame = Frame::from_gray(pixels, width, pixels.len() / width);
    check.see(&Scene { frame: &frame, faces }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    let found = finding.values.iter().find(|value| value.quantity == quantity);
    found.unwrap_or_else(|| panic!("no {quantity} in {:?}", finding.values)).value
}

/// A synthetic photograph enlarged to 1024×1024, with sensor noise.
fn photograph(seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 0x5eed);
    let mut pixels = double(&dead_leaves(512, seed), 512, Doubling::Bicubic);
    for pixel in &mut pixels {
        *pixel += 0.5 * random.normal() as f32;
    }
    pixels
}

/// Adds half a grey level that repeats every eight pixels in both directions.
fn with_pattern(pixels: &[f32], width: usize) -> Vec<f32> {
    let step = std::f32::consts::TAU / 8.0;
    let wave = |i: usize| (step * i as f32).cos();
    let add = |(i, p): (usize, &f32)| p + 0.5 * wave(i % width) * wave(i / width);
    pixels.iter().enumerate().map(add).collect()
}

#[test]
fn power_law_noise_has_its_slope() {
    // Convention: α is the exponent of the *power*, P ~ 1/f^α.
    for (alpha, expected) in [(0.0, 0.015), (1.0, -0.991), (2.0, -1.979), (3.0, -2.981)] {
        let (slope, _) = slopes(&power_law(512, alpha, 30.0, 1), 512);
        assert!((slope - expected).abs() < 0.05, "α {alpha}: {slope}");
    }
}

#[test]
fn doubling_shapes_the_top_band() {
    // 1/f² noise of 256² doubled to 512². Zero insertion and repetition come
    // near figures found elsewhere (+4.5, −2.6); those for interpolation
    // depend on where the new pixels lie: here halfway between old ones.
    let base = power_law(256, 2.0, 30.0, 5);
    let top = |how| slopes(&double(&base, 256, how), 512).1;
    let found =
        [Doubling::Zeros, Doubling::Nearest, Doubling::Bilinear, Doubling::Bicubic].map(top);
    for (found, expected) in found.iter().zip([4.5, -2.6, -9.7, -17.3]) {
        assert!((found - expected).abs() < 0.6, "{found} for {expected}");
    }
}

#[test]
fn a_faint_pattern_is_found_and_a_clean_picture_has_none() {
    let clean = photograph(21);
    let finding = examine(&eight_bit(&clean), 1024, "png", &[]);
    println!("clean {:?}", finding.values);
    assert_eq!(finding.state.as_deref(), Some("no-peaks"));
    assert!(value(&finding, "peak_z_8") < 3.0);

    let patterned = eight_bit(&with_pattern(&clean, 1024));
    let finding = examine(&patterned, 1024, "png", &[]);
    println!("pattern {:?}", finding.values);
    assert_eq!(finding.state.as_deref(), Some("peaks"));
    assert!(value(&finding, "peak_z_8") > 8.0);
    assert!(value(&finding, "peak_z_16") < 6.0);

    // As a JPEG of quality 85, and those pixels saved without loss again.
    let coded = jpeg(&patterned, 1024, 85);
    for (codec, sentence) in [("mjpeg", "this file"), ("png", "earlier JPEG")] {
        let finding = examine(&coded, 1024, codec, &[]);
        println!("{codec} {:?}", finding.values);
        assert_eq!(finding.state.as_deref(), Some("peaks-explained-by-grid"), "{codec}");
        assert!(finding.summary.en.contains(sentence), "{}", finding.summary.en);
        assert!(value(&finding, "grid_8_strength") > 0.5);
        assert_eq!(value(&finding, "grid_8_origin_x"), 0.0);
    }
}
