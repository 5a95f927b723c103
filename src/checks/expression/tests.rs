//! Heads that smile with folds and without.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::value;
use crate::faces::synth::Head;

/// Ten seconds of an expression that comes and goes every 2.5 s.
fn acting(head: impl Fn(f32) -> Head) -> Finding {
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    for k in 0..100u64 {
        let t = k as f64 / 10.0;
        let acted = (0.5 - 0.5 * (t * std::f64::consts::TAU / 2.5).cos()) as f32;
        let head = Head {
            side: 220,
            width: 120.0,
            centre: (110.0, 104.0),
            seed: k + 1,
            texture: 0.02,
            ..head(acted)
        };
        let drawn = head.render();
        let frame = drawn.frame(k, t);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    }
    check.conclude().unwrap()
}

/// A smile; `folds` gives the depth for it.
fn smiling(amplitude: f32, folds: impl Fn(f32) -> f32) -> Finding {
    acting(|acted| {
        let smile = amplitude * acted;
        Head { smile, folds: [folds(smile), 0.0, folds(smile), 0.0], ..Head::default() }
    })
}

#[test]
fn folds_that_follow_a_smile_correlate_and_others_do_not() {
    let follows = smiling(1.0, |s| 0.35 * s);
    println!("{}", follows.summary.en);
    assert_eq!(follows.status, Status::Derived);
    assert!(value(&follows, "fold_r_cheeks").unwrap() > 0.9);
    assert!(value(&follows, "fold_r_eyes").unwrap() > 0.8);
    assert!(value(&follows, "fold_lag_s").unwrap().abs() < 0.11);
    assert!(value(&follows, "fold_r_forehead").is_none(), "the brows did not move");
    let against = smiling(1.0, |s| 0.35 * (1.0 - s));
    assert!(value(&against, "fold_r_cheeks").unwrap() < 0.3, "{}", against.summary.en);
    let rigid = smiling(0.0, |_| 0.1);
    assert_eq!(rigid.status, Status::Insufficient);
    assert!(rigid.reason.unwrap().nl.contains("nauwelijks"));
}

#[test]
fn a_frown_folds_the_skin_between_the_brows() {
    let with = |depth: fn(f32) -> f32| {
        acting(|frown| Head { frown, folds: [0.0, 0.0, 0.0, depth(frown)], ..Head::default() })
    };
    let follows = with(|f| 0.35 * f);
    println!("{}", follows.summary.en);
    assert!(value(&follows, "frown_range").unwrap() > 0.05);
    assert!(value(&follows, "fold_r_glabella").unwrap() > 0.8);
    assert!(value(&follows, "fold_r_cheeks").is_none(), "the mouth did not move");
    let against = with(|f| 0.35 * (1.0 - f));
    assert!(value(&against, "fold_r_glabella").unwrap() < 0.3, "{}", against.summary.en);
}

#[test]
fn lags_are_found() {
    let moves: Vec<f64> = (0..80).map(|k| (f64::from(k) * 0.4).sin()).collect();
    let late: Vec<f64> = (0..80).map(|k| 2.0 + (f64::from(k - 2) * 0.4).sin()).collect();
    let (r, lag) = lagged(&moves, &late).unwrap();
    assert!(r > 0.999 && lag == 2);
    assert!(lagged(&moves, &vec![1.0; 80]).is_none() && lagged(&[], &[]).is_none());
}

#[test]
fn folds_under_hair_or_out_of_focus_are_not_seen() {
    use crate::checks::testing::dimmed;
    let head = Head { side: 220, width: 120.0, centre: (110.0, 104.0), ..Head::default() };
    let forehead = |f: &Finding| f.measurements.iter().any(|m| m.quantity == "fold_forehead");
    assert!(forehead(&dimmed(&ENTRY, &head, &[], 0.5, 1.0)));
    let fringe = dimmed(&ENTRY, &head, &[Part::Forehead], 0.5, 1.0);
    assert!(!forehead(&fringe) && fringe.measurements.iter().any(|m| m.quantity == "fold_cheeks"));
    let soft = dimmed(&ENTRY, &head, &[], 2.5, 1.0);
    assert!(soft.reason.unwrap().en.contains("blurred"));
}
