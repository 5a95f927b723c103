#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::sniff::QUIET;
use super::*;
use crate::checks::{Check, Finding, Scene};
use crate::media::Frame;
use crate::signal::synth::{SplitMix, power_law};

/// A soft picture with noise of deviation `noise(x, y)`.
fn picture(n: usize, seed: u64, noise: impl Fn(usize, usize) -> f64) -> Vec<u8> {
    let mut random = SplitMix::new(seed);
    let field = power_law(n, 3.5, 25.0, seed);
    field
        .iter()
        .enumerate()
        .map(|(i, v)| f64::from(*v) + noise(i % n, i / n) * random.normal())
        .map(|v| v.round().clamp(1.0, 254.0) as u8)
        .collect()
}

fn finding(pixels: &[u8], n: usize) -> Finding {
    let frame = Frame::from_gray(pixels, n, n);
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|value| value.quantity == quantity).unwrap().value
}

#[test]
fn even_noise_keeps_the_promise() {
    // Twenty pictures, under one alarm expected in each; fewer than three in
    // all are below a hundredth.
    let mut alarms = 0;
    for seed in 0..20 {
        let found = look(&picture(512, seed, |_, _| 3.0), 512, 512);
        let n: u32 = found.grid.counts.iter().map(|c| c.0).sum();
        let k: u32 = found.grid.counts.iter().map(|c| c.1).sum();
        assert!((f64::from(k) / f64::from(n) - QUIET).abs() < 1e-3);
        alarms += usize::from(found.regions.first().is_some_and(|r| r.log10_nfa < -2.0));
        assert!(found.grid.dispersion < 2.5, "{}", found.grid.dispersion);
    }
    assert!(alarms < 3, "{alarms}");
}

#[test]
// A louder part has few homogeneous blocks, so that it takes a large one.
fn a_quieter_and_a_louder_part_are_found() {
    let inside = |x: usize, y: usize| (400..800).contains(&x) && (200..600).contains(&y);
    for level in [1.5, 4.5] {
        let pixels = picture(1024, 4, |x, y| if inside(x, y) { level } else { 3.0 });
        let found = finding(&pixels, 1024);
        assert_ne!(found.state.as_deref(), Some("none"), "{level}: {:?}", found.values);
        assert!(value(&found, "region_log10_nfa") < -5.0, "{level}: {:?}", found.values);
        assert_eq!(found.log10_nfa, Some(value(&found, "log10_nfa")));
        assert!(found.log10_nfa.unwrap() < -0.8, "{level}: {:?}", found.values);
        assert!(value(&found, "quiet_regions") + value(&found, "loud_regions") >= 1.0);
    }
}

#[test]
fn the_map_of_patterns_shows_a_smoothed_part() {
    let n = 512;
    let mut pixels = picture(n, 6, |_, _| 4.0);
    let old = pixels.clone();
    for y in 100..260 {
        for x in 100..260 {
            let sum: u32 = (0..9).map(|k| u32::from(old[(y + k / 3) * n + x + k % 3])).sum();
            pixels[y * n + x] = (sum / 9) as u8;
        }
    }
    let map = cooccurrence::map(&pixels, n, n).unwrap();
    let mean = |inside: bool| {
        let of = |i: usize| {
            let (x, y) = (16 * (i % map.width) + 32, 16 * (i / map.width) + 32);
            (132..228).contains(&x) && (132..228).contains(&y)
        };
        let list: Vec<f32> =
            (0..map.values.len()).filter(|&i| of(i) == inside).map(|i| map.values[i]).collect();
        list.iter().sum::<f32>() / list.len() as f32
    };
    assert!(mean(true) > 1.5 * mean(false), "{} {}", mean(true), mean(false));
}

#[test]
fn black_white_and_small_pictures_are_refused() {
    assert_eq!(finding(&vec![255; 512 * 512], 512).status, crate::checks::Status::Insufficient);
    assert_eq!(finding(&vec![9; 300 * 300], 300).status, crate::checks::Status::Insufficient);
}
