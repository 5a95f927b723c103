//! Heads on necks of known colour.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::testing::{self, number as value};
use crate::faces::synth::Head;

fn seen(head: &Head) -> Finding {
    testing::seen(&ENTRY, head)
}

fn neck(neck: Option<[f32; 3]>) -> Head {
    Head { light: [0.0, 0.2, 1.0], neck, ..Head::default() }
}

#[test]
fn a_paler_neck_is_seen_and_its_own_is_not() {
    let own = seen(&neck(None));
    println!("{}", own.summary.en);
    assert!(value(&own, "delta_ab_neck") < 6.0, "{}", own.summary.en);
    let mut last = value(&own, "delta_ab_neck");
    // Less red, step by step.
    for red in [0.56, 0.53, 0.50] {
        let found = value(&seen(&neck(Some([red, 0.38, 0.27]))), "delta_ab_neck");
        assert!(found > last + 0.5, "{red}: {found} after {last}");
        last = found;
    }
}

#[test]
fn a_scarf_is_no_neck() {
    let blue = seen(&neck(Some([0.05, 0.1, 0.5])));
    assert_eq!(blue.status, Status::Insufficient, "{}", blue.summary.en);
    let small = seen(&Head { side: 100, width: 50.0, centre: (50.0, 47.0), ..Head::default() });
    assert!(small.reason.unwrap().en.contains("64 pixels"));
}
