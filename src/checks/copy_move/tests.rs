#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::*;
use crate::checks::{Check, Finding, Scene};
use crate::media::Frame;
use crate::signal::synth::{SplitMix, dead_leaves};

/// A photograph's stand-in: discs, and noise of deviation 2.
fn photograph(n: usize, seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 77);
    dead_leaves(n, seed).iter().map(|v| v + 2.0 * random.normal() as f32).collect()
}

fn finding(pixels: &[f32], width: usize) -> Finding {
    let levels: Vec<u8> = pixels.iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect();
    let frame = Frame::from_gray(&levels, width, levels.len() / width);
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|value| value.quantity == quantity).unwrap().value
}

/// Pastes the square at `from`, turned and scaled, with its middle at `to`.
fn paste(
    pixels: &mut [f32],
    n: usize,
    from: (f32, f32),
    to: (f32, f32),
    turn_deg: f32,
    scale: f32,
) {
    let old = pixels.to_vec();
    let (sin, cos) = turn_deg.to_radians().sin_cos();
    let half = 60.0;
    for y in 0..n {
        for x in 0..n {
            let (dx, dy) = ((x as f32 - to.0) / scale, (y as f32 - to.1) / scale);
            let (u, v) = (cos * dx + sin * dy, cos * dy - sin * dx);
            if u.abs() > half || v.abs() > half {
                continue;
            }
            let (u, v) = (from.0 + u, from.1 + v);
            let (i, j) = (u.floor() as usize, v.floor() as usize);
            let (fx, fy) = (u - u.floor(), v - v.floor());
            let at = |x: usize, y: usize| old[y * n + x];
            pixels[y * n + x] = (at(i, j) * (1.0 - fx) + at(i + 1, j) * fx) * (1.0 - fy)
                + (at(i, j + 1) * (1.0 - fx) + at(i + 1, j + 1) * fx) * fy;
        }
    }
}

#[test]
fn a_shifted_copy_is_found_where_it_lies() {
    let n = 512;
    let mut pixels = photograph(n, 5);
    let clean = finding(&pixels, n);
    assert_eq!(clean.state.as_deref(), Some("none"), "{:?}", clean.values);
    paste(&mut pixels, n, (120.0, 130.0), (370.0, 340.0), 0.0, 1.0);
    let found = finding(&pixels, n);
    assert_eq!(found.state.as_deref(), Some("copies"), "{:?}", found.values);
    assert!(found.log10_nfa.unwrap() < -20.0);
    let sign = value(&found, "shift_x_px").signum();
    assert!((sign * value(&found, "shift_x_px") - 250.0).abs() < 1.5);
    assert!((sign * value(&found, "shift_y_px") - 210.0).abs() < 1.5);
    assert!((value(&found, "scale") - 1.0).abs() < 0.02);
    // 121² pixels of 512² are 5.6 %.
    let share = value(&found, "part_share");
    assert!((0.03..0.065).contains(&share), "{share}");
}

#[test]
fn a_turned_and_a_scaled_copy_are_found() {
    let n = 512;
    for (turn, scale) in [(30.0, 1.0), (0.0, 1.3), (-75.0, 1.2)] {
        let mut pixels = photograph(n, 5);
        paste(&mut pixels, n, (120.0, 130.0), (370.0, 340.0), turn, scale);
        let found = finding(&pixels, n);
        assert_ne!(found.state.as_deref(), Some("none"), "{turn} {scale}");
        let (s, t) = (value(&found, "scale"), value(&found, "turn_deg"));
        let back = (s - 1.0) * f64::from(scale - 1.0) < 0.0 || t * f64::from(turn) < 0.0;
        let (s, t) = if back { (1.0 / s, -t) } else { (s, t) };
        assert!((s - f64::from(scale)).abs() < 0.04, "{s} {scale}");
        assert!((t - f64::from(turn)).abs() < 1.5, "{t} {turn}");
    }
}

#[test]
fn equal_windows_are_no_copies() {
    // The same window six times on a textured wall, soft as behind a lens, each
    // with its own noise.
    let n = 512;
    let mut random = SplitMix::new(9);
    let sharp = dead_leaves(96, 3);
    let soft = |i: usize| {
        let (x, y) = ((i % 96).clamp(2, 93), (i / 96).clamp(2, 93));
        (0..25).map(|k| sharp[(y + k / 5 - 2) * 96 + x + k % 5 - 2]).sum::<f32>() / 25.0
    };
    let window: Vec<f32> = (0..96 * 96).map(soft).collect();
    let mut pixels: Vec<f32> = dead_leaves(n, 8).iter().map(|v| 100.0 + v / 4.0).collect();
    for row in 0..2 {
        for column in 0..3 {
            for (i, v) in window.iter().enumerate() {
                pixels[(60 + 220 * row + i / 96) * n + 40 + 160 * column + i % 96] = *v;
            }
        }
    }
    pixels.iter_mut().for_each(|v| *v += 3.0 * random.normal() as f32);
    let found = finding(&pixels, n);
    assert_eq!(value(&found, "copies"), 0.0, "{:?}", found.values);
}

#[test]
fn only_fitting_pictures_are_looked_at() {
    let small = finding(&[0.0; 100 * 100], 100);
    assert_eq!(small.status, crate::checks::Status::Insufficient);
    let flat = finding(&[9.0; 200 * 200], 200);
    assert_eq!(flat.status, crate::checks::Status::Insufficient);
}

#[test]
fn squares_are_averaged() {
    let picture = Gray { width: 5, height: 4, data: (0..20).map(|v| v as f32).collect() };
    let half = reduced(picture, 2);
    assert_eq!((half.width, half.height, half.data), (2, 2, vec![3.0, 5.0, 13.0, 15.0]));
}

#[test]
fn a_texture_that_resembles_itself_a_little_further_on_is_no_copy() {
    let n = 512;
    let mut pixels = photograph(n, 5);
    // The same square moved by less than half its side, over itself.
    paste(&mut pixels, n, (250.0, 250.0), (280.0, 265.0), 0.0, 1.0);
    let found = finding(&pixels, n);
    assert_eq!(value(&found, "copies"), 0.0, "{:?}", found.values);
}
