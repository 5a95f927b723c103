//! Rims lit from known sides.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing;
use crate::faces::synth::Head;

fn seen(head: &Head) -> Finding {
    testing::seen(&ENTRY, head)
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn a_circle_lit_from_the_side_gives_the_side_exactly() {
    for truth in [0.0f64, 35.0, 120.0, -70.0] {
        let (s, c) = truth.to_radians().sin_cos();
        let circle: Vec<[f64; 3]> = (0..36)
            .map(|k| (f64::from(k) / 36.0 * std::f64::consts::TAU).sin_cos())
            .map(|(y, x)| [x, y, 0.4 + 0.2 * (x * c + y * s)])
            .collect();
        let [x, y, r2, interval] = row(&circle).unwrap();
        assert!((y.atan2(x).to_degrees() - truth).abs() < 1e-6);
        assert!(r2 > 0.999 && interval < 1.0, "{r2} {interval}");
    }
    let flat: Vec<[f64; 3]> =
        (0..36).map(|k| [f64::from(k).cos(), f64::from(k).sin(), 0.5]).collect();
    assert!(row(&flat).is_none() && row(&flat[..5]).is_none());
}

#[test]
fn a_head_lit_from_left_and_right() {
    for (light, expected) in [([1.0, 0.0, 0.5], 0.0f64), ([-1.0, 0.0, 0.5], 180.0)] {
        let finding = seen(&Head { light, ..Head::default() });
        println!("{}", finding.summary.en);
        let found = value(&finding, "contour_light_deg").unwrap();
        let off = ((found - expected + 180.0).rem_euclid(360.0) - 180.0).abs();
        assert!(off < 25.0, "{found}");
    }
    let turned = seen(&Head { turn: [30.0, 0.0, 0.0], ..Head::default() });
    assert!(turned.reason.unwrap().nl.contains("15 graden"));
}
