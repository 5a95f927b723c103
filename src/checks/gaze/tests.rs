//! Eyes turned by known angles.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::{self, value};
use crate::faces::synth::{Head, face_of};

/// The check on heads shown at 25 frames a second.
fn seen(heads: &[Head]) -> Finding {
    testing::faces(&ENTRY, &heads.iter().map(face_of).collect::<Vec<_>>(), 25.0)
}

/// Gaze by `right` and `left` degrees, in radii of the iris.
fn looking(right: f64, left: f64) -> Head {
    let gaze = [right, left].map(|a| [(BALL * a.to_radians().sin()) as f32, 0.0]);
    Head { gaze, side: 300, width: 170.0, centre: (150.0, 140.0), ..Head::default() }
}

#[test]
fn vergence_is_the_difference_put_in() {
    let straight = value(&seen(&[looking(0.0, 0.0)]), "vergence_deg").unwrap();
    for (right, left) in [(10.0, 10.0), (8.0, -8.0), (-5.0, 5.0), (12.0, 4.0)] {
        let found = value(&seen(&[looking(right, left)]), "vergence_deg").unwrap() - straight;
        assert!((found - (right - left)).abs() < 1.0, "{right} {left}: {found}");
    }
}

#[test]
fn jumps_are_counted() {
    // Ten seconds; the gaze changes every second.
    let heads: Vec<Head> = (0..250)
        .map(|k| if k / 25 % 2 == 0 { looking(0.0, 0.0) } else { looking(10.0, 10.0) })
        .collect();
    let finding = seen(&heads);
    assert!((value(&finding, "gaze_jumps_per_min").unwrap() - 9.0 * 60.0 / 9.96).abs() < 0.1);
    assert!(value(&finding, "vergence_spread_deg").unwrap() < 1.0);
    let still = seen(&vec![looking(3.0, 3.0); 250]);
    assert_eq!(value(&still, "gaze_jumps_per_min"), Some(0.0));
    assert!(value(&seen(&heads[..20]), "gaze_jumps_per_min").is_none(), "too short");
}

#[test]
fn a_turning_head_is_no_jump() {
    // Twenty degrees to either side, 1.2 times a second: up to 6° a frame.
    let turning = |follow: f64| -> Vec<Head> {
        let yaw = |k: usize| 20.0 * (k as f64 / 25.0 * 1.2 * std::f64::consts::TAU).sin();
        let head = |k: usize| Head {
            turn: [yaw(k) as f32, 0.0, 0.0],
            ..looking(-follow * yaw(k), -follow * yaw(k))
        };
        (0..250).map(head).collect()
    };
    for (what, follow) in [("eyes fixed in the head", 0.0), ("eyes fixed on the viewer", 1.0)] {
        let jumps = value(&seen(&turning(follow)), "gaze_jumps_per_min").unwrap();
        assert_eq!(jumps, 0.0, "{what}");
    }
    // A slow turn does not hide a glance aside, and one bad frame is none.
    let mut slow: Vec<Head> = (0..250)
        .map(|k| Head { turn: [k as f32 * 0.08 - 10.0, 0.0, 0.0], ..looking(0.0, 0.0) })
        .collect();
    slow[60] = Head { gaze: looking(15.0, 15.0).gaze, ..slow[60].clone() };
    assert_eq!(value(&seen(&slow), "gaze_jumps_per_min"), Some(0.0));
    for head in &mut slow[120..140] {
        head.gaze = looking(10.0, 10.0).gaze;
    }
    let found = value(&seen(&slow), "gaze_jumps_per_min").unwrap();
    assert!((found - 2.0 * 60.0 / 9.96).abs() < 0.1, "{found}");
}

#[test]
fn gates() {
    let turned = seen(&[Head { turn: [40.0, 0.0, 0.0], ..looking(0.0, 0.0) }]);
    assert!(turned.reason.unwrap().en.contains("25 degrees"));
    let shut = seen(&[Head { blink: 1.0, ..looking(0.0, 0.0) }]);
    assert_eq!(shut.status, Status::Insufficient);
}

/// Vergence is measured along the head's own eyes, however the head is rolled.
#[test]
fn a_rolled_head_keeps_its_vergence() {
    for roll in [90.0f32, 120.0, 180.0, -100.0] {
        let rolled = |right, left| Head { turn: [0.0, 0.0, roll], ..looking(right, left) };
        let straight = value(&seen(&[rolled(0.0, 0.0)]), "vergence_deg").unwrap();
        let found = value(&seen(&[rolled(8.0, -8.0)]), "vergence_deg").unwrap() - straight;
        assert!((found - 16.0).abs() < 1.5, "{roll}: {found}");
    }
}
