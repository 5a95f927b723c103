//! What tests of the checks of faces have in common.
#![allow(clippy::unwrap_used)] // a test may stop

use super::{Check, Entry, Finding, Options, Scene};
use crate::faces::synth::Head;
use crate::faces::{Face, Part};
use crate::media::Frame;

/// What a check says of the picture of a head, standing still for the three
/// frames that a face of a clip is asked for.
pub fn seen(entry: &Entry, head: &Head) -> Finding {
    let drawn = head.render();
    let mut check: Box<dyn Check> = (entry.make)(&Options::default());
    for k in 0..3 {
        let frame = drawn.frame(k, k as f64 / 2.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    }
    check.conclude().unwrap()
}

/// What a check that looks at no pixels says of faces shown `rate` a second; a
/// single one stands still for three frames.
pub fn faces(entry: &Entry, faces: &[Face], rate: f64) -> Finding {
    let mut check: Box<dyn Check> = (entry.make)(&Options::default());
    let times = if faces.len() == 1 { 3 } else { 1 };
    for (k, face) in faces.iter().cycle().take(times * faces.len()).enumerate() {
        let mut frame = Frame::from_gray(&[], 400, 400);
        (frame.index, frame.time_s) = (k as u64, k as f64 / rate);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(face) }).unwrap();
    }
    check.conclude().unwrap()
}

/// A number of a finding, if it is there.
pub fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

/// A number of a finding that must be there.
pub fn number(finding: &Finding, quantity: &str) -> f64 {
    value(finding, quantity).unwrap()
}

/// What a check says of a head shown `rate` a second for `seconds`, as if these
/// parts of its face were covered and its edges spread over `blur_px`.
pub fn dimmed(entry: &Entry, head: &Head, covered: &[Part], blur_px: f32, seconds: f64) -> Finding {
    let mut drawn = head.render();
    drawn.face.clarity.blur_px = Some(blur_px);
    for part in covered {
        drawn.face.clarity.covered[*part as usize] = true;
    }
    let mut check: Box<dyn Check> = (entry.make)(&Options::default());
    for k in 0..((10.0 * seconds) as u64).max(3) {
        let frame = drawn.frame(k, k as f64 / 10.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    }
    check.conclude().unwrap()
}
