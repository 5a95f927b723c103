//! Heads of known pose, and heads whose middle looks elsewhere.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::{faces, value};
use crate::faces::synth::{Head, face_of, shape_of};

fn seen(shown: &[Face]) -> Finding {
    faces(&ENTRY, shown, RATE)
}

/// A head whose points inside the rim are those of another turn, put where the
/// two meet best: a swapped face.
fn swapped(turn: [f32; 3], inner: [f32; 3]) -> Face {
    let mut face = face_of(&Head { turn, ..Head::default() });
    let mesh = &mut face.mesh;
    let other = shape_of(&Head { turn: inner, ..Head::default() });
    let by = [0, 1].map(|k| {
        let sum: f32 = MIDDLE.iter().map(|i| mesh[*i][k] - other[*i][k]).sum();
        sum / MIDDLE.len() as f32
    });
    for (i, point) in mesh.iter_mut().enumerate() {
        if !crate::faces::outline::OVAL.contains(&i) {
            *point = [other[i][0] + by[0], other[i][1] + by[1], other[i][2]];
        }
    }
    face
}

#[test]
fn a_known_pose_comes_back() {
    for turn in [[0.0; 3], [20.0, 0.0, 0.0], [-30.0, 10.0, 5.0], [10.0, -15.0, -20.0]] {
        let finding = seen(&[face_of(&Head { turn, ..Head::default() })]);
        let row = |quantity: &str| {
            finding.measurements.iter().find(|m| m.quantity == quantity).unwrap().value as f32
        };
        for (name, truth) in ["head_yaw_deg", "head_pitch_deg", "head_roll_deg"].iter().zip(turn) {
            assert!((row(name) - truth).abs() < 0.1, "{name} {truth}: {}", row(name));
        }
        assert!(value(&finding, "pose_difference_deg").unwrap() < 0.1);
        assert!(value(&finding, "pose_shift").unwrap() < 0.01);
        assert!((row("pose_size_ratio") - 1.0).abs() < 0.01);
    }
}

#[test]
fn a_middle_that_looks_elsewhere_is_seen() {
    let mut last = 0.0;
    for by in [5.0, 10.0, 20.0] {
        let finding = seen(&[swapped([10.0, 0.0, 0.0], [10.0 + by, 0.0, 0.0])]);
        let found = value(&finding, "pose_difference_deg").unwrap();
        println!("inner face turned by {by}°: {found:.1}°");
        // The whole face shares the middle's points: it goes part of the way.
        assert!(found > last + 1.0 && found > 0.4 * f64::from(by) && found < f64::from(by));
        last = found;
    }
    // A head that turns as one: small and steady; a middle that lags: spread.
    let turn = |k: usize| 15.0 * (k as f32 * 0.4).sin();
    let one: Vec<_> = (0..40).map(|k| swapped([turn(k), 0.0, 0.0], [turn(k), 0.0, 0.0])).collect();
    let lag: Vec<_> =
        (0..40).map(|k| swapped([turn(k), 0.0, 0.0], [turn(k + 39), 0.0, 0.0])).collect();
    let spread = |shown| value(&seen(shown), "pose_difference_spread_deg").unwrap();
    assert!(spread(&one) < 0.1 && spread(&lag) > 2.0, "{} {}", spread(&one), spread(&lag));
}

#[test]
fn gates() {
    let small = seen(&[face_of(&Head { width: 50.0, ..Head::default() })]);
    assert_eq!(small.status, Status::Insufficient);
    assert!(small.reason.unwrap().en.contains("64 pixels"));
    let turned = seen(&[face_of(&Head { turn: [60.0, 0.0, 0.0], ..Head::default() })]);
    assert!(turned.reason.unwrap().nl.contains("45 graden"));
    assert_eq!(seen(&[]).status, Status::NotApplicable);
    let one = seen(&[face_of(&Head::default())]);
    assert!(value(&one, "pose_difference_spread_deg").is_none());
}
