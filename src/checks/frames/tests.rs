#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::*;
use crate::checks::Status;
use crate::media::Frame;
use crate::signal::synth::SplitMix;

const SIDE: usize = 96;

/// A disc that wanders over a pattern, with noise of the camera: frame `at`.
fn shot(at: f64, seed: u64, noise: &mut SplitMix) -> Vec<u8> {
    let (cx, cy) = (48.0 + 30.0 * (at / 40.0 + seed as f64).sin(), 48.0 + 25.0 * (at / 30.0).cos());
    (0..SIDE * SIDE)
        .map(|i| {
            let (x, y) = ((i % SIDE) as f64, (i / SIDE) as f64);
            let ground = 90.0 + 30.0 * (x / (7.0 + seed as f64)).sin() * (y / 9.0).cos();
            let disc = if (x - cx).hypot(y - cy) < 18.0 { 40.0 } else { 0.0 };
            (ground + disc + noise.normal()).round().clamp(0.0, 255.0) as u8
        })
        .collect()
}

/// The finding on frames shown at places `at` of shot `seed`, 25 a second
/// unless `times` says otherwise.
fn examine(shown: &[(f64, u64)], times: impl Fn(usize) -> f64) -> Finding {
    let mut noise = SplitMix::new(1);
    let mut check = Frames { kind: Some(Kind::Video), ..Frames::default() };
    let mut last: Option<((f64, u64), Vec<u8>)> = None;
    for (i, &(at, seed)) in shown.iter().enumerate() {
        // The same place twice in a row is the same picture, noise and all.
        let pixels = match last.take() {
            Some((place, pixels)) if place == (at, seed) => pixels,
            _ => shot(at, seed, &mut noise),
        };
        let mut frame = Frame::from_gray(&pixels, SIDE, SIDE);
        (frame.index, frame.time_s) = (i as u64, times(i));
        check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
        last = Some(((at, seed), pixels));
    }
    check.report()
}

fn plain(i: usize) -> f64 {
    i as f64 / 25.0
}

fn run(n: usize) -> Vec<(f64, u64)> {
    (0..n).map(|i| (i as f64, 1)).collect()
}

fn value(finding: &Finding, name: &str) -> f64 {
    finding.values.iter().find(|v| v.quantity == name).unwrap_or_else(|| panic!("{name}")).value
}

fn counts(finding: &Finding) -> [f64; 5] {
    ["duplicated_frames", "jumps", "inserted_frames", "repeated_stretches", "time_gaps"]
        .map(|name| value(finding, name))
}

#[test]
fn an_untouched_shot_has_no_events() {
    let finding = examine(&run(120), plain);
    assert_eq!(finding.state.as_deref(), Some("none"), "{}", finding.summary.en);
    assert_eq!(counts(&finding), [0.0; 5]);
    assert_eq!(value(&finding, "moving_share"), 1.0);
    assert_eq!(finding.measurements.len(), 119);
}

#[test]
fn duplicates_are_counted_and_a_cadence_is_told_apart() {
    let mut shown = run(100);
    shown[40] = shown[39];
    shown[71] = shown[70];
    shown[90] = shown[89];
    let finding = examine(&shown, plain);
    assert_eq!(value(&finding, "duplicated_frames"), 3.0);
    assert_eq!(finding.state.as_deref(), Some("events"));
    // 24 to 30 frames a second: every fifth frame shown twice.
    let shown: Vec<(f64, u64)> = (0..120).map(|i| ((i - i / 5) as f64, 1)).collect();
    let finding = examine(&shown, plain);
    assert_eq!(finding.state.as_deref(), Some("regular-duplicates"), "{}", finding.summary.en);
    assert_eq!(value(&finding, "duplicates_every_frames"), 5.0);
    // 15 and 10 to 30, where half and two thirds of the frames repeat.
    for (times, every) in [(2, 2.0), (3, 1.5)] {
        let shown: Vec<(f64, u64)> = (0..120).map(|i| (f64::from(i / times), 1)).collect();
        let finding = examine(&shown, plain);
        let state = finding.state.as_deref();
        assert_eq!(state, Some("regular-duplicates"), "{times}: {}", finding.summary.en);
        assert_eq!(value(&finding, "duplicates_every_frames"), every);
        assert!(
            value(&finding, "duplicated_frames") >= 120.0 * (1.0 - 1.0 / f64::from(times)) - 4.0
        );
        assert_eq!(value(&finding, "freezes"), 0.0);
        assert_eq!(value(&finding, "jumps"), 0.0, "{}", finding.summary.en);
    }
}

#[test]
fn a_freeze_is_found_at_its_frame_however_long_it_lasts() {
    for length in [8, 30, 70] {
        let shown: Vec<(f64, u64)> = (0..60)
            .chain(std::iter::repeat_n(59, length))
            .chain(60..120)
            .map(|i| (f64::from(i), 1))
            .collect();
        let finding = examine(&shown, plain);
        assert_eq!(finding.state.as_deref(), Some("events"), "{length}: {}", finding.summary.en);
        assert_eq!(value(&finding, "freezes"), 1.0, "{length}");
        assert_eq!(value(&finding, "longest_freeze_frames"), length as f64);
        assert_eq!(value(&finding, "duplicated_frames"), 0.0, "{length}");
    }
    // To the end, and from the beginning.
    let held = |i: i32| (f64::from(i.clamp(40, 80)), 1);
    let finding = examine(&(0..120).map(held).collect::<Vec<_>>(), plain);
    assert_eq!(value(&finding, "freezes"), 2.0, "{}", finding.summary.en);
}

#[test]
fn a_cut_and_removed_frames_make_a_jump_at_their_frame() {
    let mut shown = run(60);
    shown.extend((200..260).map(|i| (f64::from(i), 5)));
    let finding = examine(&shown, plain);
    assert_eq!(counts(&finding), [0.0, 1.0, 0.0, 0.0, 0.0], "{}", finding.summary.en);
    let removed: Vec<(f64, u64)> =
        (0..100).filter(|i| !(50..75).contains(i)).map(|i| (f64::from(i), 1)).collect();
    let finding = examine(&removed, plain);
    assert_eq!(value(&finding, "jumps"), 1.0, "{}", finding.summary.en);
    let rows = finding.figures.iter().find_map(|f| match f {
        crate::checks::Figure::Words { rows, .. } => Some(rows),
        _ => None,
    });
    let row = &rows.unwrap()[0];
    assert_eq!([&row[0].en, &row[1].en, &row[2].en], ["50", "2.000", "jump"]);
    assert_eq!([&row[1].nl, &row[2].nl], ["2,000", "sprong"]);
}

#[test]
fn foreign_frames_are_inserted_frames_and_no_jumps() {
    for count in 1..=3 {
        let mut shown = run(100);
        for place in shown.iter_mut().skip(50).take(count) {
            *place = (300.0, 9);
        }
        let finding = examine(&shown, plain);
        assert_eq!(value(&finding, "inserted_frames"), count as f64, "{}", finding.summary.en);
        assert_eq!(value(&finding, "jumps"), 0.0, "{count}");
    }
}

#[test]
fn a_stretch_that_comes_back_is_found_with_its_length() {
    let mut shown = run(90);
    shown.extend((20..50).map(|i| (f64::from(i), 1)));
    shown.extend((90..120).map(|i| (f64::from(i), 1)));
    let finding = examine(&shown, plain);
    assert_eq!(value(&finding, "repeated_stretches"), 1.0, "{}", finding.summary.en);
    assert!((28.0..=30.0).contains(&value(&finding, "longest_repeat_frames")));
}

#[test]
fn a_still_scene_is_not_judged() {
    let finding = examine(&vec![(3.0, 1); 60], plain);
    assert_eq!(finding.state.as_deref(), Some("still"));
    assert_eq!(counts(&finding), [0.0; 5]);
    assert_eq!(value(&finding, "moving_share"), 0.0);
}

#[test]
fn gaps_in_time_are_counted_with_the_frames_that_fit() {
    let finding = examine(&run(100), |i| plain(i + if i < 50 { 0 } else { 7 }));
    assert_eq!(value(&finding, "time_gaps"), 1.0);
    assert_eq!(value(&finding, "frames_missing_by_time"), 7.0);
    assert_eq!(finding.state.as_deref(), Some("events"));
}

#[test]
fn what_has_no_frames_abstains() {
    let of = |kind| Frames { kind: Some(kind), ..Frames::default() }.report().status;
    assert_eq!(of(Kind::Image), Status::NotApplicable);
    assert_eq!(of(Kind::Audio), Status::NotApplicable);
    assert_eq!(examine(&run(10), plain).status, Status::Insufficient);
}
