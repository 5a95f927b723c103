#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use image::{Rgb, RgbImage};

use super::decode::{STEP, blue_difference, upper_half};
use super::*;
use crate::checks::Status;
use crate::media::Frame;
use crate::signal::synth::SplitMix;

/// A picture with structure of all sizes in every channel, unsaturated.
fn picture(width: u32, height: u32, seed: u64) -> RgbImage {
    let mut random = SplitMix::new(seed);
    let mut discs = Vec::new();
    for _ in 0..400 {
        let mut at = |side: u32| random.uniform() * f64::from(side);
        let (x, y) = (at(width), at(height));
        let colour = [0; 3].map(|_| 50.0 + 150.0 * random.uniform());
        discs.push((x, y, 3.0 + 60.0 * random.uniform().powi(3), colour));
    }
    RgbImage::from_fn(width, height, |x, y| {
        let inside =
            |d: &&(f64, f64, f64, [f64; 3])| (d.0 - f64::from(x)).hypot(d.1 - f64::from(y)) < d.2;
        let colour = discs.iter().rev().find(inside).map_or([120.0; 3], |d| d.3);
        Rgb(colour.map(|c| (c + 3.0 * random.normal()).round().clamp(0.0, 255.0) as u8))
    })
}

/// Embeds `message` as the package does: the low band's coefficient is moved
/// to a quarter or three quarters of its step, and its block of 2×2 pixels of U
/// with it.
fn embed(picture: &RgbImage, message: &[bool], order: Order, numbers: Numbers) -> RgbImage {
    let mut made = picture.clone();
    let across = picture.width() / 8;
    for block in 0..across * (picture.height() / 8) {
        let (left, top) = (block % across * 8, block / across * 8);
        let mut low = [0.0f32; 16];
        for (y, x) in (0..8).flat_map(|y| (0..8).map(move |x| (y, x))) {
            let pixel = picture.get_pixel(left + x, top + y).0;
            low[(y / 2 * 4 + x / 2) as usize] += blue_difference(pixel, order, numbers) / 2.0;
        }
        let at = (1..16).fold(1, |a: usize, i| if low[i].abs() > low[a].abs() { i } else { a });
        let bit = f32::from(u8::from(message[block as usize % message.len()]));
        let moved = ((low[at].abs() / STEP).floor() + 0.25 + 0.5 * bit) * STEP;
        let by = (moved.copysign(low[at]) - low[at]) / 2.0; // each of four pixels
        for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let (cx, cy) = (at as u32 % 4 * 2 + x, at as u32 / 4 * 2 + y);
            let pixel = made.get_pixel_mut(left + cx, top + cy);
            // What OpenCV's inverse adds for a change of U alone.
            let (blue, green) = (2.032 * by, -0.395 * by);
            let change =
                if order == Order::Right { [0.0, green, blue] } else { [blue, green, 0.0] };
            for (value, change) in pixel.0.iter_mut().zip(change) {
                *value = (f32::from(*value) + change).round().clamp(0.0, 255.0) as u8;
            }
        }
    }
    made
}

fn examine(picture: &RgbImage) -> Finding {
    let (width, height) = picture.dimensions();
    let frame = Frame::from_rgb(picture.as_raw(), width as usize, height as usize);
    let mut check = Watermark { kind: Some(Kind::Image), ..Watermark::default() };
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    Box::new(check).conclude().unwrap()
}

fn value(finding: &Finding, name: &str) -> f64 {
    finding.values.iter().find(|v| v.quantity == name).unwrap().value
}

#[test]
fn every_message_is_read_back_in_every_way_and_named() {
    let plain = picture(512, 448, 1);
    for message in &MESSAGES {
        for (order, numbers) in WAYS {
            let found = examine(&embed(&plain, &message.bits(), order, numbers));
            let told = (message.name, order, numbers, &found.summary.en);
            assert_eq!(found.state.as_deref(), Some(message.name), "{told:?}");
            assert_eq!(value(&found, "bits"), message.bits().len() as f64);
            assert!(value(&found, "bits_matched") >= 0.96 * value(&found, "bits"), "{told:?}");
            assert!(value(&found, "permutation_z") > 20.0, "{told:?}");
            assert!(found.log10_nfa.unwrap() < -5.0, "{told:?}");
        }
    }
}

#[test]
fn pictures_without_a_watermark_carry_none() {
    for seed in 0..12 {
        let found = examine(&picture(320, 264, 100 + seed));
        assert_eq!(found.state.as_deref(), Some("none"), "{}", found.summary.en);
        assert!(value(&found, "permutation_z") < 5.0, "{}", found.summary.en);
        assert!(value(&found, "bits_matched") < 0.9 * value(&found, "bits"));
    }
}

#[test]
fn another_message_is_not_taken_for_a_known_one() {
    let mut random = SplitMix::new(5);
    for length in [32, 46, 48, 136] {
        let message: Vec<bool> = (0..length).map(|_| random.uniform() < 0.5).collect();
        let found = examine(&embed(&picture(320, 320, 3), &message, Order::Right, Numbers::Whole));
        assert_eq!(found.state.as_deref(), Some("none"), "{length}: {}", found.summary.en);
    }
}

#[test]
fn one_pixel_off_the_grid_and_it_is_lost() {
    let marked = embed(&picture(400, 320, 1), &MESSAGES[2].bits(), Order::Right, Numbers::Whole);
    let cut = image::imageops::crop_imm(&marked, 1, 1, 390, 310).to_image();
    assert_eq!(examine(&cut).state.as_deref(), Some("none"));
}

#[test]
fn what_cannot_carry_one_abstains() {
    assert_eq!(examine(&picture(255, 255, 1)).status, Status::NotApplicable);
    let audio = Watermark { kind: Some(Kind::Audio), ..Watermark::default() };
    assert_eq!(audio.report().status, Status::NotApplicable);
    let none = Watermark { kind: Some(Kind::Image), ..Watermark::default() };
    assert_eq!(none.report().status, Status::Insufficient);
    // A grey picture has no colour to hold one; a plain one says the same everywhere.
    let grey = examine(&RgbImage::from_pixel(300, 300, Rgb([90; 3])));
    assert_eq!(grey.status, Status::Insufficient);
    assert!(grey.reason.unwrap().en.contains("no colour"));
    let plain = examine(&RgbImage::from_pixel(300, 300, Rgb([90, 90, 120])));
    assert_eq!(plain.state.as_deref(), Some("none"));
    assert!(plain.values.iter().all(|v| v.quantity != "permutation_z"));
}

#[test]
fn the_messages_have_the_lengths_that_are_embedded() {
    assert_eq!(MESSAGES.each_ref().map(|m| m.bits().len()), [136, 32, 48, 46]);
    // 'S' is 0x53.
    let s = [false, true, false, true, false, false, true, true];
    assert_eq!(MESSAGES[0].bits()[..8], s);
    assert_eq!(MESSAGES[1].bits()[..8], s);
}

#[test]
fn the_arithmetic_is_that_of_opencv() {
    // cv2.cvtColor([[[b, g, r]]], COLOR_BGR2YUV)[0, 0, 1], OpenCV 5.0.0.
    for (pixel, expected) in CV {
        assert_eq!(blue_difference(pixel, Order::Right, Numbers::Whole), expected, "{pixel:?}");
    }
    let red = blue_difference([255, 0, 0], Order::Right, Numbers::Fractions);
    assert!((red - (0.5 - 0.492 * 0.299 * 255.0)).abs() < 1e-4);
    let mut low = [0.0; 16];
    low[0] = 1000.0;
    low[7] = -100.0; // 100 mod 36 = 28
    assert!(upper_half(&low));
    low[7] = -80.0; // 8
    assert!(!upper_half(&low));
}

const CV: [([u8; 3], f32); 8] = [
    ([255, 0, 0], 91.0),
    ([0, 255, 0], 54.0),
    ([0, 0, 255], 239.0),
    ([255, 255, 255], 128.0),
    ([17, 200, 99], 111.0),
    ([250, 3, 128], 146.0),
    ([1, 2, 3], 128.0),
    ([128, 64, 200], 178.0),
];
