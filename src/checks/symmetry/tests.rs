//! Heads that are symmetric, and made not to be.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::{self, number as value};
use crate::faces::synth::{Blend, Head};

fn seen(head: &Head) -> Finding {
    testing::seen(&ENTRY, head)
}

fn even() -> Head {
    Head {
        side: 440,
        width: 240.0,
        centre: (220.0, 205.0),
        light: [0.0, 0.3, 1.0],
        texture: 0.0,
        noise: 0.5,
        mirrored: [None; 2],
        ..Head::default()
    }
}

#[test]
fn a_symmetric_head_is_symmetric() {
    let finding = seen(&even());
    println!("{}", finding.summary.en);
    assert!(value(&finding, "patch_ssim_median") > 0.95);
    assert!(value(&finding, "patch_ssim_min") > 0.7);
    assert!(value(&finding, "iris_delta_e") < 1.5);
    assert!(value(&finding, "ear_asymmetry") < 0.1);
    // A little turned and lit from the side it still is, mostly.
    let turned = seen(&Head { turn: [6.0, 0.0, 4.0], light: [0.5, 0.3, 1.0], ..even() });
    assert!(value(&turned, "patch_ssim_median") > 0.75, "{}", turned.summary.en);
}

#[test]
fn iris_colour_and_earring_are_found_on_one_side() {
    let (blue, brown) = ([0.10, 0.16, 0.24], [0.16, 0.09, 0.04]);
    let odd = seen(&Head { irises: [blue, brown], ..even() });
    // Shading and gamma change both alike; the truth is that of the reflectances.
    let level = |c: [f32; 3]| c.map(|v| (v * 0.75f32).powf(1.0 / 2.2));
    let truth = delta_e(lab(level(blue)), lab(level(brown)));
    let found = value(&odd, "iris_delta_e");
    assert!((found - truth).abs() < 0.35 * truth, "{found} {truth}");
    let plain = value(&seen(&even()), "ear_asymmetry");
    let ring = value(&seen(&Head { earring: true, ..even() }), "ear_asymmetry");
    assert!(ring > plain + 0.02, "{ring} {plain}");
}

fn shown(gaps: f32, blur: f32, mouth: f32) -> Finding {
    let blend = Some(Blend { blur, shift: [0.0; 3], feather: 4.0 });
    seen(&Head { teeth: gaps, mouth, smile: 0.6, blend, ..even() })
}

#[test]
fn gaps_between_teeth_are_detail_and_a_band_is_not() {
    let detail = |gaps| value(&shown(gaps, 0.0, 0.1), "teeth_detail");
    let (band, faint, deep) = (detail(0.0), detail(0.15), detail(0.4));
    println!("{band:.3} {faint:.3} {deep:.3}");
    assert!(band < 0.03 && faint > 2.0 * band && deep > 1.8 * faint, "{band} {faint} {deep}");
    // A blurred mouth and a closed one say nothing of teeth.
    for finding in [shown(0.4, 4.0, 0.1), shown(0.4, 0.0, 0.0)] {
        assert!(testing::value(&finding, "teeth_detail").is_none(), "{}", finding.summary.en);
        assert!(value(&finding, "patch_ssim_min").is_finite());
    }
}

#[test]
fn a_covered_cheek_is_not_folded_over_the_other() {
    let mut drawn = even().render();
    drawn.face.clarity.covered[crate::faces::Part::LeftCheek as usize] = true;
    let mut check = (ENTRY.make)(&Options::default());
    let faces = std::slice::from_ref(&drawn.face);
    check.see(&Scene { frame: &drawn.frame(0, 0.0), faces }).unwrap();
    let finding = check.conclude().unwrap();
    assert_eq!(finding.status, Status::Insufficient);
    assert!(finding.reason.unwrap().en.contains("covered"));
}

#[test]
fn gates() {
    let turned = seen(&Head { turn: [20.0, 0.0, 0.0], ..even() });
    assert!(turned.reason.unwrap().en.contains("12 degrees"));
    let small = seen(&Head { side: 160, width: 80.0, centre: (80.0, 76.0), ..even() });
    assert!(small.reason.unwrap().nl.contains("96 pixels"));
    let cut = seen(&Head { centre: (60.0, 205.0), ..even() });
    assert!(
        cut.status == Status::Insufficient && cut.reason.unwrap().en.contains("in the picture")
    );
}
