//! The check on mouths and sound made up here.
#![allow(clippy::unwrap_used, clippy::panic)] // a test may stop

use super::*;
use crate::checks::{Figure, Status};
use crate::faces::{Face, geometry};
use crate::media::{Frame, Rect};
use crate::signal::synth::SplitMix;

/// A movement made of random tones between 1 and 6 Hz, the rate of syllables.
struct Movement(Vec<(f64, f64)>);

impl Movement {
    fn new(seed: u64) -> Self {
        let mut random = SplitMix::new(seed);
        let tau = std::f64::consts::TAU;
        Self((0..40).map(|_| (1.0 + 5.0 * random.uniform(), tau * random.uniform())).collect())
    }

    /// About −2 to 2.
    fn at(&self, time_s: f64) -> f64 {
        let sum: f64 = self
            .0
            .iter()
            .map(|(hz, phase)| (std::f64::consts::TAU * hz * time_s + phase).cos())
            .sum();
        sum / (self.0.len() as f64 / 2.0).sqrt()
    }
}

fn face(track: u32, opening: f64, beside: f64, width: f64, height: f64) -> Face {
    let mut mesh = vec![[100.0, 60.0, 0.0]; geometry::POINTS];
    let mut apart = |a: usize, b: usize, length: f64, upright: bool| {
        let half = 50.0 * length as f32;
        let (dx, dy) = if upright { (0.0, half) } else { (half, 0.0) };
        mesh[a] = [100.0 - dx, 60.0 - dy, 0.0];
        mesh[b] = [100.0 + dx, 60.0 + dy, 0.0];
    };
    apart(33, 263, 1.0, false);
    apart(13, 14, opening, true);
    apart(81, 178, beside, true);
    apart(311, 402, beside, true);
    apart(61, 291, width, false);
    apart(1, 152, height, true);
    let bounds = Rect { x: 50.0, y: 10.0, width: 100.0, height: 100.0 };
    Face {
        track,
        score: 0.9,
        bounds,
        mesh,
        presence: 0.99,
        irises: None,
        clarity: Default::default(),
    }
}

/// Faces whose mouths follow `movements` and a voice that follows `voice`,
/// `late_s` behind.
fn run(movements: &[&Movement], voice: &Movement, late_s: f64, seconds: f64) -> Finding {
    let gray = vec![100u8; 200 * 120];
    // What is made up here is no speech to a network.
    let mut check = Box::new(LipSync { by_loudness: true, ..LipSync::default() });
    let mut random = SplitMix::new(99);
    let rate = 25.0;
    for i in 0..(seconds * rate) as u64 {
        let mut frame = Frame::from_gray(&gray, 200, 120);
        (frame.index, frame.time_s) = (i, i as f64 / rate);
        let faces: Vec<Face> = (0u32..)
            .zip(movements)
            .map(|(track, movement)| {
                let e = movement.at(frame.time_s);
                let mut noise = || 0.02 * random.normal();
                face(track, 0.3 + 0.08 * e, 0.3 + 0.06 * e + noise(), 0.8 + noise(), 1.5 + noise())
            })
            .collect();
        check.see(&Scene { frame: &frame, faces: &faces }).unwrap();
    }
    let rate = f64::from(bands::RATE);
    let samples: Vec<f32> = (0..(seconds * rate) as usize)
        .map(|i| {
            let e = voice.at(i as f64 / rate - late_s);
            (0.05 * e.exp() * random.normal()) as f32
        })
        .collect();
    for (i, block) in samples.chunks(4001).enumerate() {
        let sound = Sound {
            format: SoundFormat { rate: Some(bands::RATE), mono: true },
            time_s: (i * 4001) as f64 / rate,
            rate: bands::RATE,
            channels: 1,
            samples: block,
        };
        check.hear(&sound).unwrap();
    }
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn known_offsets_come_back_between_frames_too() {
    let voice = Movement::new(1);
    for late_ms in [-400.0, -53.0, 0.0, 20.0, 137.0, 640.0] {
        let finding = run(&[&voice], &voice, late_ms / 1e3, 24.0);
        assert_eq!(finding.status, Status::Derived, "{late_ms}: {}", finding.summary.en);
        let found = value(&finding, "offset_ms").unwrap();
        // A fifth of a frame; the parabola is not exact.
        assert!((found - late_ms).abs() < 8.0, "{late_ms}: {found}");
        assert_eq!(value(&finding, "agree"), Some(1.0));
        assert!(value(&finding, "speech_s").unwrap() > 12.0);
        assert!(value(&finding, "drift_ms_per_s").unwrap().abs() < 1.0);
        assert!(finding.summary.en.contains("does not show that a recording is genuine"));
    }
}

/// Lips run ahead of the voice by themselves: a genuine clip of the development set
/// has 257 ms.
#[test]
fn an_ordinary_lead_of_the_lips_is_not_called_more() {
    let movement = Movement::new(9);
    for (late_s, words) in
        [(0.257, "within what lips"), (0.48, "more than lips"), (-0.2, "more than")]
    {
        let finding = run(&[&movement], &movement, late_s, 30.0);
        assert_eq!(value(&finding, "determined"), Some(1.0));
        assert!(finding.summary.en.contains(words), "{late_s}: {}", finding.summary.en);
    }
}

#[test]
fn without_a_relation_nothing_is_named() {
    let mut highest = f64::NEG_INFINITY;
    for seed in 10..15 {
        let finding = run(&[&Movement::new(seed)], &Movement::new(seed + 100), 0.0, 24.0);
        assert_eq!(finding.status, Status::Insufficient, "{}", finding.summary.en);
        assert_eq!(value(&finding, "determined"), Some(0.0));
        assert_eq!(value(&finding, "offset_ms"), None);
        assert!(finding.reason.is_some());
        highest = highest.max(value(&finding, "peak_z").unwrap());
    }
    assert!(highest.is_finite());
}

#[test]
fn too_little_speech_is_told() {
    let voice = Movement::new(1);
    let finding = run(&[&voice], &voice, 0.0, 9.0);
    assert_eq!(finding.status, Status::Insufficient);
    assert!(finding.summary.en.contains("s of speech"), "{}", finding.summary.en);
}

#[test]
fn of_two_faces_the_one_that_speaks_stands_out() {
    let (listener, speaker) = (Movement::new(3), Movement::new(4));
    let finding = run(&[&listener, &speaker], &speaker, 0.1, 20.0);
    assert_eq!(value(&finding, "best_track"), Some(1.0));
    assert_eq!(value(&finding, "faces_compared"), Some(2.0));
    assert_eq!(value(&finding, "track_0_determined"), Some(0.0));
    assert!(
        value(&finding, "track_1_peak_z").unwrap() > value(&finding, "track_0_peak_z").unwrap()
    );
    assert!(finding.figures.iter().all(|f| matches!(f, Figure::Lines { .. })));
}

#[test]
fn nothing_to_compare_is_not_applicable() {
    let finding = Box::new(LipSync::default()).conclude().unwrap();
    assert_eq!(finding.status, Status::NotApplicable);
    let finding = run(&[], &Movement::new(1), 0.0, 3.0);
    assert_eq!(finding.status, Status::NotApplicable);
}

#[test]
fn another_face_leaves_a_hole() {
    let row = |time_s: f64| mouth::Row { time_s, eyes_px: 50.0, shape: [time_s as f32; 4] };
    let rows = |from: u32, to: u32| (from..to).map(|i| row(f64::from(i) / 25.0)).collect();
    let tracks = [(0, rows(0, 10)), (1, rows(10, 20))].into_iter().collect();
    let stretches = mouth::widest(&tracks);
    assert_eq!(stretches.iter().map(Vec::len).collect::<Vec<_>>(), [9, 10]);
    let grid = mouth::on_grid(&stretches[0], 0.0, 25.0, 20);
    assert!((grid[0][8] - 8.0 / 25.0).abs() < 1e-6 && grid[0][9].is_nan());
}

/// Bands in which every 0.4 s there is a gap of 80 ms above 700 Hz, and a mouth
/// that closes at them, `late_s` early.
fn closing(late_s: f64, closes: bool) -> (Bands, align::Pair, Vec<usize>) {
    let seconds = 30.0;
    let mut random = SplitMix::new(7);
    let mut times = Vec::new();
    let mut at = 1.0;
    while at < seconds - 1.0 {
        times.push(at);
        at += 0.35 + 0.2 * random.uniform();
    }
    let mut bands = Bands::default();
    let samples: Vec<f32> = (0..(seconds * 16_000.0) as usize)
        .map(|i| {
            let t = i as f64 / 16_000.0;
            let gap = times.iter().any(|at| (t - at).abs() < 0.04);
            ((if gap { 0.0005 } else { 0.05 }) * random.normal()) as f32
        })
        .collect();
    bands.hear(0.0, &samples).unwrap();
    let speech = vec![true; bands.hops.len()];
    let gaps = closures::gaps(&bands, &speech);
    assert!(gaps.len().abs_diff(times.len()) <= 3, "{} of {}", gaps.len(), times.len());
    let points = (seconds * 25.0) as usize;
    let opening: Vec<f64> = (0..points)
        .map(|i| {
            let t = i as f64 / 25.0 + late_s;
            let closed = closes && times.iter().any(|at| (t - at).abs() < 0.06);
            (if closed { 0.0 } else { 0.3 }) + 0.05 * random.normal()
        })
        .collect();
    let noise = |random: &mut SplitMix| (0..points).map(|_| random.normal()).collect::<Vec<f64>>();
    let mouth = [opening, noise(&mut random), noise(&mut random), noise(&mut random)];
    let sound = std::array::from_fn(|_| noise(&mut random));
    (bands, align::Pair::new(25.0, mouth, sound).unwrap(), gaps)
}

#[test]
fn a_mouth_that_closes_with_the_sound_is_told_from_one_that_does_not() {
    let test = |late_s: f64, closes: bool, assumed_s: f64| {
        let (bands, pair, gaps) = closing(late_s, closes);
        let times: Vec<f64> =
            gaps.iter().map(|hop| bands.first_s() + *hop as f64 / bands::HOPS_PER_S).collect();
        closures::test(&pair, 0.0, &times, assumed_s).unwrap()
    };
    let with = test(0.0, true, 0.0);
    assert!(with.p < 0.01 && with.opening < -1.0 && with.count > 40, "{with:?}");
    // Late sound, honoured.
    assert!(test(0.2, true, 0.2).p < 0.01);
    let without = test(0.0, false, 0.0);
    assert!(without.p > 0.05, "{without:?}");
}

#[test]
fn steps_of_the_offset_are_between_windows_that_do_not_overlap() {
    let window = |time_s: f64, offset_ms: f64, stands_out: bool| judge::Window {
        time_s,
        offset_ms,
        z: 6.0,
        stands_out,
    };
    let windows = [
        window(6.0, 10.0, true),
        window(9.0, 90.0, true),
        window(18.0, 20.0, true),
        window(21.0, -110.0, true),
        window(33.0, 900.0, false),
    ];
    assert_eq!(judge::largest_step(&windows), Some((15.0, -200.0)));
    assert_eq!(judge::largest_step(&windows[..2]), None);
}
