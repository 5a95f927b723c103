#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::*;
use crate::checks::{Check, Finding, Scene};
use crate::media::Frame;
use crate::signal::synth::{SplitMix, dead_leaves};

fn photograph(n: usize, seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 5);
    dead_leaves(n, seed).iter().map(|v| v + 2.0 * random.normal() as f32).collect()
}

/// An `n × n` picture scaled by bilinear interpolation to `size × size`.
fn scaled(pixels: &[f32], n: usize, size: usize) -> Vec<f32> {
    let place = |i: usize| {
        let at = ((i as f32 + 0.5) * n as f32 / size as f32 - 0.5).clamp(0.0, n as f32 - 1.001);
        (at as usize, at.fract())
    };
    let mut out = Vec::with_capacity(size * size);
    for y in 0..size {
        let (j, fy) = place(y);
        for x in 0..size {
            let (i, fx) = place(x);
            let line = |j: usize| pixels[j * n + i] * (1.0 - fx) + pixels[j * n + i + 1] * fx;
            out.push(line(j) * (1.0 - fy) + line(j + 1) * fy);
        }
    }
    out
}

fn finding(pixels: &[f32], n: usize) -> Finding {
    let levels: Vec<u8> = pixels.iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect();
    let frame = Frame::from_gray(&levels, n, n);
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|value| value.quantity == quantity).unwrap().value
}

#[test]
fn untouched_pictures_keep_the_promise() {
    let mut alarms = 0;
    for seed in 0..10 {
        let found = finding(&photograph(400, seed), 400);
        assert_ne!(found.state.as_deref(), Some("resampled"), "{seed}: {:?}", found.values);
        alarms += usize::from(found.log10_nfa.unwrap() < -1.0);
    }
    // A tenth is expected in each.
    assert!(alarms <= 3, "{alarms}");
}

#[test]
fn the_factor_is_read() {
    let n = 400;
    for size in [440, 500, 600, 680] {
        let found = finding(&scaled(&photograph(n, 3), n, size), size);
        assert_eq!(found.state.as_deref(), Some("resampled"), "{size}: {:?}", found.values);
        let factor = size as f64 / n as f64;
        assert!((value(&found, "factor") - factor).abs() < 0.03, "{factor}: {:?}", found.values);
    }
}

#[test]
fn the_grid_of_jpeg_is_no_resampling() {
    let n = 512;
    let levels: Vec<u8> =
        photograph(n, 4).iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect();
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 60)
        .encode(&levels, n as u32, n as u32, image::ExtendedColorType::L8)
        .unwrap();
    let decoded = image::load_from_memory(&file).unwrap().to_luma8().into_raw();
    let pixels: Vec<f32> = decoded.iter().map(|&v| f32::from(v)).collect();
    let found = finding(&pixels, n);
    assert_ne!(found.state.as_deref(), Some("resampled"), "{:?}", found.values);
    assert!(value(&found, "grid_log10_nfa") < -5.0, "{:?}", found.values);
}

#[test]
fn flat_and_small_pictures_are_refused() {
    assert_eq!(finding(&[9.0; 300 * 300], 300).status, crate::checks::Status::Insufficient);
    assert_eq!(finding(&[9.0; 100 * 100], 100).status, crate::checks::Status::Insufficient);
}

/// A page: lines of marks on paper of one tone.
fn page(n: usize) -> Vec<f32> {
    let mark = |i: usize| {
        let (x, y) = (i % n, i / n);
        (y % 20 < 9 && x % 12 < 7 && (x / 12 * 7 + y / 20 * 3) % 5 != 0 && (x + y) % 3 != 0)
            .then_some(30.0)
    };
    (0..n * n).map(|i| mark(i).unwrap_or(245.0)).collect()
}

#[test]
fn a_page_of_type_is_not_judged() {
    let found = finding(&page(400), 400);
    assert_eq!(found.status, crate::checks::Status::Insufficient, "{}", found.summary.en);
    assert!(found.reason.unwrap().en.contains("one tone"));
}
