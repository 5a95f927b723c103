//! Drawn pupils.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing;
use crate::faces::synth::Head;

fn seen(head: &Head) -> Finding {
    testing::seen(&ENTRY, head)
}

fn close(pupil: [f32; 2]) -> Head {
    Head {
        side: 700,
        width: 600.0,
        centre: (350.0, 400.0),
        irises: [[0.16, 0.25, 0.38]; 2],
        pupil,
        ..Head::default()
    }
}

#[test]
fn ellipses_are_ellipses() {
    for pupil in [[0.38, 0.38], [0.45, 0.33], [0.34, 0.42]] {
        let finding = seen(&close(pupil));
        let of = |q: &str| finding.values.iter().find(|v| v.quantity == q).unwrap().value;
        println!("{pupil:?}: {:.3}, {:.1} px", of("pupil_iou_min"), of("pupil_px"));
        assert!(of("pupil_iou_min") > 0.85, "{}", finding.summary.en);
        let truth = 48.4 * f64::from((pupil[0] * pupil[1]).sqrt());
        assert!((of("pupil_px") - truth).abs() < 0.1 * truth, "{truth}");
    }
}

#[test]
fn a_ragged_mask_overlaps_less() {
    let round: Vec<bool> = (0..SIDE * SIDE)
        .map(|i| ((i % SIDE) as f64 - 31.0).hypot((i / SIDE) as f64 - 31.0) < 14.0)
        .collect();
    let (x, y, form, radius) = ellipse(&round).unwrap();
    assert!((x - 31.0).abs() < 0.1 && (y - 31.0).abs() < 0.1 && (radius - 14.0).abs() < 0.2);
    assert!((form[0] * 14.0 * 14.0 - 1.0).abs() < 0.05 && form[1].abs() < 1e-4);
    let mut holed = round.clone();
    holed[31 * SIDE + 31] = false;
    fill(&mut holed);
    assert_eq!(holed, round);
}

#[test]
fn gates() {
    let small = seen(&Head::default());
    assert!(small.status == Status::Insufficient && small.reason.unwrap().en.contains("15 pixels"));
    let dark = seen(&Head { irises: [[0.006; 3]; 2], ..close([0.38; 2]) });
    assert!(dark.reason.unwrap().nl.contains("donkere ogen"));
}
