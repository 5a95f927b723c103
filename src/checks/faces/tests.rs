//! The check on frames and faces made up here.
#![allow(clippy::unwrap_used, clippy::panic)] // a test may stop

use super::record::{MOST_ROWS, Record, quantile};
use super::*;
use crate::checks::{Figure, Status};
use crate::faces::{Face, geometry};
use crate::media::{Frame, Rect};

/// A frontal face `width` wide with its centre at (`x`, 60), eyes open or shut.
fn face(track: u32, x: f32, width: f32, open: f32) -> Face {
    let mut mesh = vec![[x, 60.0, 0.0]; geometry::POINTS];
    let half = width / 2.0;
    for (right, left) in [(33, 263), (133, 362), (61, 291), geometry::CHEEKS] {
        mesh[right] = [x - half, 60.0, 0.0];
        mesh[left] = [x + half, 60.0, 0.0];
    }
    mesh[10] = [x, 60.0 - half, 0.0];
    mesh[152] = [x, 60.0 + half, 0.0];
    for (eye, start) in [(geometry::RIGHT_EYE, x - half), (geometry::LEFT_EYE, x + half - 10.0)] {
        let up = 5.0 * open * 2.0;
        for (index, dx, dy) in [
            (0, 0.0, 0.0),
            (1, 3.0, -up),
            (2, 7.0, -up),
            (3, 10.0, 0.0),
            (4, 7.0, up),
            (5, 3.0, up),
        ] {
            mesh[eye[index]] = [start + dx, 60.0 + dy, 0.0];
        }
    }
    let bounds = Rect { x: x - half, y: 60.0 - half, width, height: width };
    Face {
        track,
        score: 0.9,
        bounds,
        mesh,
        presence: 0.99,
        irises: None,
        clarity: Default::default(),
    }
}

fn run(scenes: &[Vec<Face>], still: bool) -> Finding {
    let gray = vec![100u8; 200 * 120];
    let mut check = Box::new(Faces { still, ..Faces::default() });
    for (i, faces) in scenes.iter().enumerate() {
        let mut frame = Frame::from_gray(&gray, 200, 120);
        (frame.index, frame.time_s) = (i as u64, i as f64 / 25.0);
        check.see(&Scene { frame: &frame, faces }).unwrap();
    }
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding
        .values
        .iter()
        .find(|v| v.quantity == quantity)
        .unwrap_or_else(|| panic!("{quantity}"))
        .value
}

#[test]
fn numbers_of_two_tracks() {
    let scenes = [
        vec![face(0, 60.0, 40.0, 0.3)],
        vec![face(0, 60.0, 44.0, 0.1), face(1, 150.0, 30.0, 0.3)],
        vec![],
        vec![face(0, 60.0, 48.0, 0.3)],
    ];
    let finding = run(&scenes, false);
    assert_eq!(finding.status, Status::Derived);
    let expected = [
        ("tracks", 2.0),
        ("frames_seen", 4.0),
        ("frames_with_face", 3.0),
        ("coverage", 0.75),
        ("max_faces", 2.0),
        ("face_width_px_min", 30.0),
        ("face_width_px_median", 42.0),
        ("face_width_px_max", 48.0),
        ("yaw_deg_median", 0.0),
        ("track_0_frames", 3.0),
        ("track_1_coverage", 0.25),
    ];
    for (quantity, number) in expected {
        assert!((value(&finding, quantity) - number).abs() < 1e-4, "{quantity}");
    }
    let ratios: Vec<f64> = finding
        .measurements
        .iter()
        .filter(|m| m.quantity == "eye_aspect_ratio" && m.track == Some(0))
        .map(|m| m.value)
        .collect();
    assert!(ratios[1] < 0.5 * ratios[0] && (ratios[0] - ratios[2]).abs() < 1e-5, "{ratios:?}");
    // Three faces are too small to be sure of, and nobody is recognised.
    assert_eq!(finding.warnings.len(), 2);
    assert!(
        finding.summary.nl.contains("3 van 4 beelden (75 %), 2 gezichten gevolgd"),
        "{}",
        finding.summary.nl
    );
    let Some(Figure::Lines { series, .. }) =
        finding.figures.iter().find(|f| matches!(f, Figure::Lines { .. }))
    else {
        panic!("no curves")
    };
    // The absence in the third frame interrupts the curve of track 0.
    let widths: Vec<_> = series[0].points.iter().map(|p| p.1).collect();
    assert!(widths.len() == 4 && widths[2].is_nan() && widths[3] == 48.0, "{widths:?}");
}

#[test]
fn the_clearest_picture_has_all_its_faces() {
    let scenes = [
        vec![face(0, 60.0, 40.0, 0.0)],
        vec![face(0, 60.0, 40.0, 0.3), face(1, 190.0, 40.0, 0.3)],
        vec![face(0, 60.0, 41.0, 0.3)],
    ];
    let finding = run(&scenes, false);
    let pictures: Vec<_> = finding
        .figures
        .iter()
        .filter_map(|f| match f {
            Figure::Picture { faces, time_s, image, .. } => {
                Some((faces, time_s, image.dimensions()))
            }
            _ => None,
        })
        .collect();
    // Open eyes beat shut ones; one pixel more is not worth a new picture; the
    // two tracks share the frame.
    assert_eq!(pictures.len(), 1);
    let (faces, time_s, size) = &pictures[0];
    assert_eq!((faces.len(), **time_s, *size), (2, Some(0.04), (200, 120)));
    assert_eq!(faces[1].right(), 200.0, "cut at the border");
}

#[test]
fn no_face_no_picture() {
    let finding = run(&[vec![], vec![]], false);
    assert_eq!(finding.status, Status::NotApplicable);
    assert_eq!(finding.reason.as_ref().unwrap().nl, "In 2 beelden is geen gezicht gevonden.");
    assert_eq!(value(&finding, "frames_seen"), 2.0);
    assert_eq!(run(&[], false).status, Status::NotApplicable);
    assert_eq!(run(&[vec![]], true).reason.unwrap().en, "No face was found in the picture.");
}

#[test]
fn a_photograph_has_no_times() {
    let finding = run(&[vec![face(0, 60.0, 80.0, 0.3)]], true);
    assert!(
        finding.measurements.iter().all(|m| m.time_s.is_none()) && finding.measurements.len() == 7
    );
    assert_eq!(finding.figures.len(), 1);
    assert_eq!(finding.summary.en, "The picture shows 1 face; median width 80 pixels.");
    assert_eq!(finding.warnings.len(), 1);
}

#[test]
fn long_clips_are_thinned_evenly() {
    let mut record = Record::default();
    let two = [face(0, 60.0, 40.0, 0.3), face(1, 150.0, 30.0, 0.3)];
    for i in 0..40_000 {
        record.see(i, i as f64 / 25.0, &two);
    }
    assert!(
        record.rows.len() <= MOST_ROWS && record.stride == 4,
        "{} rows, every {}",
        record.rows.len(),
        record.stride
    );
    assert!(
        record
            .rows
            .chunks(2)
            .enumerate()
            .all(|(i, r)| r[0].seen == 4 * i as u64 && r[1].track == 1)
    );
    assert_eq!((record.tracks[&0].frames, record.with_face), (40_000, 40_000));
}

#[test]
fn quantiles() {
    assert_eq!(quantile([3.0, f32::NAN, 1.0, 2.0].into_iter(), 0.5), Some(2.0));
    assert_eq!(quantile([1.0, 2.0].into_iter(), 0.25), Some(1.25));
    assert_eq!(quantile([].into_iter(), 0.5), None);
}
