//! Outlines of known width.
#![allow(clippy::unwrap_used)] // a test may stop

use super::measure::{Measured, Outline, Refused, measured};
use super::*;
use crate::checks::testing;
use crate::faces::person::{self, Mask};
use crate::faces::synth::Head;

/// A face of 60 pixels in a picture of 600, lower or higher.
fn head(y: f32) -> Head {
    Head { side: 600, width: 60.0, centre: (300.0, y), ..Head::default() }
}

/// A body under a head as the network would draw it: neck, slope, then arms of
/// `shoulders` widths of the face that widen by `flare` for each face height.
fn body(head: &Head, shoulders: f32, flare: f32, others: &[Rect]) -> Result<Measured, Refused> {
    let drawn = head.render();
    let frame = drawn.frame(0, 0.0);
    let crop = person::cut(&frame, &drawn.face.mesh).unwrap();
    let outline = Outline::of(&drawn.face.mesh, others.iter().copied()).unwrap();
    let chin = drawn.face.mesh[152];
    let tall = chin[1] - drawn.face.mesh[10][1];
    let half = |y: f32| {
        let down = (y - chin[1]) / tall;
        let full = 30.0 * (shoulders + flare * (down - 0.9).max(0.0));
        if down < 0.2 { 30.0 } else { (30.0 + (down - 0.2) * 300.0).min(full) }
    };
    let (x0, y0, step) = crop.place();
    let value = |i: usize| {
        let at = |k: usize, from: f32| from + (k as f32 + 0.5) * step;
        let (x, y) = (at(i % person::SIDE, x0), at(i / person::SIDE, y0));
        if (x - chin[0]).abs() < half(y) { 1.0 } else { 0.0 }
    };
    let mask = Mask::from_values(&crop, (0..person::SIDE * person::SIDE).map(value).collect());
    measured(&mask, &outline)
}

#[test]
fn the_ratio_is_the_one_drawn() {
    for shoulders in [2.6, 3.2, 3.6, 4.2] {
        let found = body(&head(200.0), shoulders, 0.0, &[]).unwrap();
        assert!(
            (found.ratio() - f64::from(shoulders)).abs() < 0.06,
            "{shoulders}: {}",
            found.ratio()
        );
    }
}

#[test]
fn what_cannot_be_measured_is_told_apart() {
    let refused =
        |head: &Head, shoulders, flare, others: &[Rect]| body(head, shoulders, flare, others).err();
    assert_eq!(refused(&head(535.0), 3.6, 0.0, &[]), Some(Refused::CutOff), "below the picture");
    let aside = Head { centre: (60.0, 200.0), ..head(200.0) };
    assert_eq!(refused(&aside, 3.6, 0.0, &[]), Some(Refused::CutOff), "left of the picture");
    assert_eq!(refused(&head(200.0), 3.6, 6.0, &[]), Some(Refused::Arms));
    assert_eq!(refused(&head(200.0), 1.2, 0.0, &[]), Some(Refused::NoPerson));
    assert_eq!(refused(&head(200.0), 0.0, 0.0, &[]), Some(Refused::NoPerson));
    let near = Rect { x: 330.0, y: 260.0, width: 40.0, height: 50.0 };
    assert_eq!(refused(&head(200.0), 3.6, 0.0, &[near]), Some(Refused::Others));
    let far = Rect { x: 500.0, ..near };
    assert_eq!(refused(&head(200.0), 3.6, 0.0, &[far]), None);
}

#[test]
fn gates() {
    let small = testing::seen(&ENTRY, &Head { width: 40.0, ..Head::default() });
    assert!(small.reason.unwrap().en.contains("48 pixels"));
    let turned = testing::seen(&ENTRY, &Head { turn: [30.0, 0.0, 0.0], ..Head::default() });
    assert_eq!(turned.status, Status::Insufficient);
    let leaning = testing::seen(&ENTRY, &Head { turn: [0.0, 0.0, 30.0], ..Head::default() });
    assert_eq!(leaning.status, Status::Insufficient);
    let nobody = (ENTRY.make)(&super::super::Options::default()).conclude().unwrap();
    assert_eq!(nobody.status, Status::NotApplicable);
}
