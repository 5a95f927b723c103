//! Eyes that mirror known lamps.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::{self, number as value};
use crate::faces::synth::Head;

fn seen(head: &Head) -> Finding {
    testing::seen(&ENTRY, head)
}

/// A close-up with irises of 48 pixels.
fn close(mirrored: [Option<[f32; 3]>; 2]) -> Head {
    Head { side: 700, width: 600.0, centre: (350.0, 400.0), mirrored, ..Head::default() }
}

#[test]
fn lamps_are_found_where_they_are() {
    for (azimuth, elevation) in [(0.0f32, 0.0f32), (40.0, 10.0), (-30.0, 20.0), (20.0, -15.0)] {
        let (a, e) = (azimuth.to_radians(), elevation.to_radians());
        let to = [a.sin() * e.cos(), e.sin(), a.cos() * e.cos()];
        let finding = seen(&close([Some(to); 2]));
        let found =
            (value(&finding, "highlight_deg_azimuth"), value(&finding, "highlight_deg_elevation"));
        println!("lamp {azimuth} {elevation}: {found:.1?}");
        assert!((found.0 - f64::from(azimuth)).abs() < 4.0, "{found:?}");
        assert!((found.1 - f64::from(elevation)).abs() < 4.0, "{found:?}");
        assert!(value(&finding, "corneal_iou") > 0.7, "{}", finding.summary.en);
        assert!(value(&finding, "highlight_difference_deg") < 3.0);
    }
    let apart = seen(&close([Some([0.4, 0.2, 1.0]), Some([-0.4, 0.2, 1.0])]));
    assert_eq!(value(&apart, "corneal_iou"), 0.0);
    assert!((value(&apart, "highlight_difference_deg") - 43.0).abs() < 6.0, "{}", apart.summary.en);
}

#[test]
fn gates() {
    let dull = seen(&close([None, Some([0.2, 0.2, 1.0])]));
    assert_eq!(dull.status, Status::Insufficient);
    assert!(dull.reason.unwrap().en.contains("not seen in both"));
    let small = seen(&Head::default());
    assert!(small.reason.unwrap().nl.contains("40 pixels"));
}
