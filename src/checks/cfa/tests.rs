#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::*;
use crate::checks::Status;
use crate::checks::{Check, Finding, Scene};
use crate::media::Frame;
use crate::signal::synth::{SplitMix, bayer, odd_photo, photo};

const SIDE: usize = 512;

/// A colour scene with sensor noise, interleaved.
fn scene(seed: u64) -> Vec<f32> {
    coloured(odd_photo, seed)
}

fn coloured(light: fn(usize, u64) -> Vec<u8>, seed: u64) -> Vec<f32> {
    let [light, warm, cold] = [0, 100, 200].map(|more| light(SIDE, seed + more));
    let mut random = SplitMix::new(seed);
    let mut out = Vec::with_capacity(3 * light.len());
    for ((l, w), c) in light.iter().zip(&warm).zip(&cold) {
        let [l, w, c] = [l, w, c].map(|v| f32::from(*v));
        for tint in [0.3 * (w - 128.0), 0.0, 0.3 * (c - 128.0)] {
            let noise = 2.0 * random.normal() as f32;
            out.push((0.8 * l + 20.0 + tint + noise).clamp(2.0, 253.0));
        }
    }
    out
}

fn rounded(scene: &[f32]) -> Vec<u8> {
    scene.iter().map(|v| v.round() as u8).collect()
}

fn finding(rgb: &[u8]) -> Finding {
    let frame = Frame::from_rgb(rgb, SIDE, SIDE);
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|value| value.quantity == quantity).map(|v| v.value)
}

fn looked(rgb: &[u8]) -> Looked {
    look(&Source::new(&Frame::from_rgb(rgb, SIDE, SIDE)))
}

/// `picture` with the square from 160 to 320 pixels taken from `other`.
fn pasted(picture: &[u8], other: &[u8]) -> Vec<u8> {
    let inside = |i: usize| {
        let (x, y) = (i / 3 % SIDE, i / 3 / SIDE);
        (160..320).contains(&x) && (160..320).contains(&y)
    };
    (0..picture.len()).map(|i| if inside(i) { other[i] } else { picture[i] }).collect()
}

fn jpeg(rgb: &[u8], quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality)
        .encode(rgb, SIDE as u32, SIDE as u32, image::ExtendedColorType::Rgb8)
        .unwrap();
    image::load_from_memory(&file).unwrap().into_rgb8().into_raw()
}

/// Overlap of the square of [`pasted`] with `bounds`, over the area of both.
fn overlap([l, t, r, b]: [usize; 4]) -> f64 {
    let side = |a: usize, b: usize| b.min(320).saturating_sub(a.max(160)) as f64;
    let shared = side(l, r) * side(t, b);
    shared / (((r - l) * (b - t)) as f64 + 160.0 * 160.0 - shared)
}

#[test]
fn bilinear_colours_are_means_of_their_neighbours() {
    let scene = scene(1);
    let picture = bayer(&scene, SIDE, (0, 0));
    let at = |x: usize, y: usize, c: usize| 3 * (y * SIDE + x) + c;
    let near = |i: usize, expected: f32| assert!((f32::from(picture[i]) - expected).abs() <= 0.51);
    // Measured: red at even, even; green at odd sums. Worked out: red beside it
    // from two, on the diagonal from four; green at red from four.
    near(at(10, 20, 0), scene[at(10, 20, 0)]);
    near(at(11, 20, 1), scene[at(11, 20, 1)]);
    near(at(11, 20, 0), (scene[at(10, 20, 0)] + scene[at(12, 20, 0)]) / 2.0);
    let corners = [(10, 20), (12, 20), (10, 22), (12, 22)].map(|(x, y)| scene[at(x, y, 0)]);
    near(at(11, 21, 0), corners.iter().sum::<f32>() / 4.0);
    let beside = [(9, 20), (11, 20), (10, 19), (10, 21)].map(|(x, y)| scene[at(x, y, 1)]);
    near(at(10, 20, 1), beside.iter().sum::<f32>() / 4.0);
}

#[test]
fn each_of_the_four_patterns_is_told() {
    let scene = scene(2);
    let mut seen = Vec::new();
    for origin in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let found = looked(&bayer(&scene, SIDE, origin));
        // Green is measured where the sum with the origin is odd.
        assert_eq!(found.diagonal.side, (origin.0 + origin.1 + 1) % 2);
        assert!(found.diagonal.log10_nfa < -100.0 && found.diagonal.share > 0.98);
        let phase = found.phase.unwrap();
        assert!(phase.log10_nfa < -100.0 && phase.share > 0.98, "{phase:?}");
        assert!(found.foreign.is_empty(), "{:?}", found.foreign);
        assert!(found.missing.is_empty(), "{:?}", found.missing);
        seen.push((found.diagonal.side, phase.side));
    }
    seen.sort_unstable();
    assert_eq!(seen, [(0, 0), (0, 1), (1, 0), (1, 1)]);
}

#[test]
fn a_part_with_another_offset_is_found_where_it_is() {
    let (scene, other) = (scene(3), scene(4));
    let picture = bayer(&scene, SIDE, (0, 0));
    for (origin, phase) in [((1, 0), false), ((0, 1), false), ((1, 1), true)] {
        let found = finding(&pasted(&picture, &bayer(&other, SIDE, origin)));
        assert_eq!(found.state.as_deref(), Some("foreign-regions"), "{origin:?}");
        assert!(found.log10_nfa.unwrap() < -20.0, "{origin:?}: {:?}", found.values);
        assert_eq!(value(&found, "foreign_regions"), Some(1.0));
        let found = looked(&pasted(&picture, &bayer(&other, SIDE, origin)));
        let region = found.foreign[0];
        assert_eq!(region.phase, phase);
        assert!(overlap(region.bounds) > 0.5, "{:?}", region.bounds);
    }
    // The same offset fits: it cannot be found, and is not.
    let found = finding(&pasted(&picture, &bayer(&other, SIDE, (0, 0))));
    assert_eq!(found.state.as_deref(), Some("one-pattern"));
}

#[test]
fn a_part_without_a_trace_is_pointed_to_and_one_with_a_trace_accuses_nobody() {
    let (scene, other) = (scene(5), scene(6));
    let picture = bayer(&scene, SIDE, (0, 0));
    let found = finding(&pasted(&picture, &rounded(&other)));
    assert_eq!(found.state.as_deref(), Some("missing-regions"), "{:?}", found.values);
    assert_eq!(value(&found, "foreign_regions"), Some(0.0));
    assert!(!found.warnings.is_empty());
    // The other way round, the part is what has the trace; that accuses nobody.
    let found = finding(&pasted(&rounded(&scene), &bayer(&other, SIDE, (0, 0))));
    assert_eq!((found.status, found.log10_nfa), (Status::Insufficient, None));
    assert_eq!(value(&found, "foreign_regions"), Some(0.0));
    assert!(!found.figures.is_empty(), "where it is can be seen");
}

#[test]
fn without_a_trace_nothing_is_said() {
    // No camera, a camera's picture after JPEG 80, and one reduced.
    let scene = scene(7);
    let camera = bayer(&scene, SIDE, (0, 0));
    let mut reduced = Vec::new();
    for y in 0..SIDE / 2 {
        for x in 0..SIDE {
            // Halved down, mirrored across to keep the size.
            let x = if x < SIDE / 2 { x } else { SIDE - 1 - x };
            for c in 0..3 {
                let at = |dx: usize, dy: usize| {
                    u32::from(camera[3 * ((2 * y + dy) * SIDE + 2 * x + dx) + c])
                };
                reduced.push(((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4) as u8);
            }
        }
    }
    let below = reduced.clone();
    reduced.extend(below);
    for (name, picture) in
        [("none", rounded(&scene)), ("JPEG 80", jpeg(&camera, 80)), ("reduced", reduced)]
    {
        let found = finding(&picture);
        assert_eq!(found.status, Status::Insufficient, "{name}: {:?}", found.values);
        assert!(found.reason.is_some() && found.log10_nfa.is_none(), "{name}");
    }
    let strong = finding(&jpeg(&camera, 98));
    assert_eq!(strong.state.as_deref(), Some("one-pattern"), "{:?}", strong.values);
}

#[test]
fn slopes_and_blocks_alone_make_no_trace() {
    // Stripes that all rise the same way, compressed: the blocks of JPEG prefer
    // one diagonal, but only among blocks that rise.
    let mut random = SplitMix::new(9);
    let mut picture = Vec::new();
    for y in 0..SIDE {
        for x in 0..SIDE {
            let wave = ((x as f64 + 0.7 * y as f64) / 2.3).sin();
            let v = (128.0 + 20.0 * wave + random.normal()).round() as u8;
            picture.extend([v; 3]);
        }
    }
    for quality in [60, 75, 90] {
        let found = looked(&jpeg(&picture, quality));
        assert!(found.diagonal.log10_nfa > -2.0, "{quality}: {:?}", found.diagonal);
        let least = found.uneven.first().map_or(1.0, |r| r.log10_nfa);
        assert!(found.foreign.is_empty() && least > -2.0, "{quality}: {least}");
    }
}

#[test]
fn pictures_without_a_camera_keep_the_promise() {
    // Forty pictures, under one alarm each promised at NFA < 1, and 0.4 at 0.01.
    let mut alarms = 0;
    for seed in 0..20 {
        for picture in [rounded(&scene(seed + 50)), jpeg(&rounded(&scene(seed + 50)), 70)] {
            let found = looked(&picture);
            let least = found.uneven.first().map_or(1.0, |r| r.log10_nfa);
            alarms += usize::from(found.diagonal.log10_nfa.min(least) <= -2.0);
        }
    }
    assert!(alarms <= 2, "{alarms}");
}

/// Texture that is bilinear over even cells is interpolated at every other pixel,
/// by whom it does not say.
#[test]
fn interpolated_texture_leaves_the_same_trace() {
    let found = looked(&rounded(&coloured(photo, 7)));
    assert!(found.diagonal.log10_nfa <= STRONG, "{:?}", found.diagonal);
}

#[test]
fn hostile_sizes_and_flat_pictures_end() {
    let flat = vec![128u8; 3 * SIDE * SIDE];
    assert_eq!(finding(&flat).status, Status::Insufficient);
    let small = vec![7u8; 3 * 40 * 40];
    let frame = Frame::from_rgb(&small, 40, 40);
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    assert_eq!(check.conclude().unwrap().status, Status::Insufficient);
}
