//! Heads that are symmetric, and made not to be.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::{self, number as value};
use crate::faces::synth::Head;

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

#[test]
fn gates() {
    let turned = seen(&Head { turn: [20.0, 0.0, 0.0], ..even() });
    assert!(turned.reason.unwrap().en.contains("12 degrees"));
    let small = seen(&Head { side: 160, width: 80.0, centre: (80.0, 76.0), ..even() });
    assert!(small.reason.unwrap().nl.contains("96 pixels"));
    let cut = seen(&Head { centre: (60.0, 205.0), ..even() });
    assert!(cut.status == Status::Insufficient && cut.reason.unwrap().en.contains("cut off"));
}
