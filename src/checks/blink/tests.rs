//! The check on faces made up here.
#![allow(clippy::unwrap_used, clippy::panic)] // a test may stop

use super::*;
use crate::checks::{Figure, Status};
use crate::faces::Iris;
use crate::media::{Frame, Rect};

/// A face whose eyes are `width` pixels wide and `open` high over that.
fn face(track: u32, width: f32, open: f32) -> Face {
    let mut contour = vec![[0.0; 3]; 71];
    let high = open * width;
    for (index, x, y) in [
        (0, 0.0, 0.0),
        (11, 0.35 * width, -high / 2.0),
        (13, 0.65 * width, -high / 2.0),
        (8, width, 0.0),
        (5, 0.65 * width, high / 2.0),
        (3, 0.35 * width, high / 2.0),
    ] {
        contour[index] = [x, y, 0.0];
    }
    let iris = Iris { points: [[0.0; 2]; 5], contour };
    Face {
        track,
        score: 0.9,
        bounds: Rect { x: 0.0, y: 0.0, width: 100.0, height: 120.0 },
        mesh: Vec::new(),
        presence: 1.0,
        irises: Some([iris.clone(), iris]),
        clarity: Default::default(),
    }
}

/// Shows the check `seconds` at `fps`; `faces` gives those at a moment.
fn run(seconds: f64, fps: f64, faces: impl Fn(f64) -> Vec<Face>) -> Finding {
    let mut check: Box<dyn Check> = (ENTRY.make)(&crate::checks::Options::default());
    let gray = [0u8; 4];
    for index in 0..(seconds * fps).round() as u64 {
        let mut frame = Frame::from_gray(&gray, 2, 2);
        (frame.index, frame.time_s) = (index, index as f64 / fps);
        let faces = faces(frame.time_s);
        check.see(&Scene { frame: &frame, faces: &faces }).unwrap();
    }
    check.conclude().unwrap()
}

/// Shut for 200 ms every `every` seconds, half a second in.
fn blinking(t: f64, every: f64) -> f32 {
    if (0.5..0.7).contains(&(t % every)) { 0.06 } else { 0.3 }
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn a_minute_of_blinks_is_counted_and_compared() {
    let finding = run(60.0, 30.0, |t| vec![face(0, 40.0, blinking(t, 4.0))]);
    assert_eq!(finding.status, Status::Derived);
    let names: Vec<&str> = finding.values.iter().map(|v| v.quantity.as_str()).collect();
    assert_eq!(
        names,
        ["blinks", "rate_per_min", "p_conversation", "p_gaze", "p_reading", "measurable_s"]
    );
    assert_eq!(value(&finding, "blinks"), Some(15.0));
    assert!((value(&finding, "rate_per_min").unwrap() - 15.0).abs() < 0.01);
    assert!((value(&finding, "measurable_s").unwrap() - 60.0).abs() < 0.01);
    // 15 a minute is ordinary for two of the three and the upper edge of the third.
    assert!(value(&finding, "p_gaze").unwrap() > 0.5, "{:?}", finding.values);
    assert!(value(&finding, "p_reading").unwrap() < 0.1, "{:?}", finding.values);
    let durations: Vec<f64> = of(&finding, "blink_duration_s");
    // A frame of doubt at either end.
    assert!(durations.len() == 15 && durations.iter().all(|d| (d - 0.2).abs() < 0.067));
    assert!(of(&finding, "inter_blink_interval_s").iter().all(|s| (s - 4.0).abs() < 0.034));
    assert!(of(&finding, "blink_completeness").iter().all(|c| (c - 0.8).abs() < 0.01));
    assert_eq!(of(&finding, "eye_opening").len(), 1800);
    let Figure::Lines { series, .. } = &finding.figures[0] else { panic!("no curve") };
    assert_eq!((series[0].points.len(), series[2].points.len()), (1800, 45));
    // Nothing is said about what the number means.
    for word in ["fake", "abnormal", "suspicious", "manipul"] {
        assert!(!finding.summary.en.contains(word));
    }
}

fn of(finding: &Finding, quantity: &str) -> Vec<f64> {
    finding.measurements.iter().filter(|m| m.quantity == quantity).map(|m| m.value).collect()
}

#[test]
fn under_the_gates_it_says_so() {
    // 15 s: counted, uninformative.
    let short = run(15.0, 30.0, |t| vec![face(0, 40.0, blinking(t, 4.0))]);
    assert_eq!((short.status, value(&short, "blinks")), (Status::Insufficient, Some(4.0)));
    assert!(short.reason.as_ref().unwrap().en.starts_with("Under 20 s"));
    assert_eq!(value(&short, "p_gaze"), None);
    // 17 frames a second: counted, no probabilities.
    let slow = run(60.0, 17.0, |t| vec![face(0, 40.0, blinking(t, 4.0))]);
    assert_eq!((slow.status, value(&slow, "blinks")), (Status::Insufficient, Some(15.0)));
    assert_eq!(value(&slow, "p_gaze"), None);
    // 10 frames a second: not measurable.
    let slower = run(60.0, 10.0, |t| vec![face(0, 40.0, blinking(t, 4.0))]);
    assert_eq!((slower.status, value(&slower, "blinks")), (Status::Insufficient, None));
    assert!(slower.reason.unwrap().nl.contains("niet meetbaar"));
    // Eyes of 19 pixels: not measurable. Exactly 24 frames a second and 20 s: full.
    let small = run(60.0, 30.0, |t| vec![face(0, 19.0, blinking(t, 4.0))]);
    assert_eq!((small.status, value(&small, "measurable_s")), (Status::Insufficient, Some(0.0)));
    let just = run(20.0, 23.976, |t| vec![face(0, 20.5, blinking(t, 4.0))]);
    assert_eq!((just.status, value(&just, "blinks")), (Status::Derived, Some(5.0)));
}

#[test]
fn two_faces_are_examined_apart() {
    let finding = run(60.0, 25.0, |t| {
        let mut faces = vec![face(3, 40.0, blinking(t, 3.0))];
        if t >= 30.0 {
            faces.push(face(5, 30.0, blinking(t, 6.0)));
        }
        faces
    });
    assert_eq!(value(&finding, "blinks"), Some(20.0));
    assert_eq!(value(&finding, "blinks_track_5"), Some(5.0));
    assert!((value(&finding, "measurable_s_track_5").unwrap() - 30.0).abs() < 0.01);
    assert!(finding.measurements.iter().any(|m| m.track == Some(5)));
}

#[test]
fn nothing_to_look_at() {
    assert_eq!(run(2.0, 25.0, |_| Vec::new()).status, Status::NotApplicable);
    assert_eq!(run(0.0, 25.0, |_| Vec::new()).status, Status::NotApplicable);
    let mut photo = Blinks { still: true, ..Blinks::default() };
    photo.frames = 1;
    let finding = Box::new(photo).conclude().unwrap();
    assert_eq!(finding.status, Status::NotApplicable);
    // Faces without eye contours, as when the iris network gives none.
    let blind = run(30.0, 25.0, |_| vec![Face { irises: None, ..face(0, 40.0, 0.3) }]);
    assert_eq!(blind.status, Status::Insufficient);
}
