//! What is cut out, and what is done to it.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use super::degrade::STEPS;
use super::*;
use crate::models::architecture::architecture;

/// A face that fills a known box, tilted by `turn` about its middle.
fn face(turn: f32) -> Face {
    let mut mesh = vec![[0.0f32; 3]; geometry::POINTS];
    for (index, point) in mesh.iter_mut().enumerate() {
        let at = index as f32 / geometry::POINTS as f32 * std::f32::consts::TAU;
        *point = [40.0 * at.cos(), 60.0 * at.sin(), 0.0];
    }
    for (index, x) in [(33, -25.0), (133, -8.0), (362, 8.0), (263, 25.0)] {
        mesh[index] = [x, -15.0, 0.0];
    }
    let tilt = Affine::similarity(1.0, turn, 300.0, 200.0);
    for point in &mut mesh {
        let (x, y) = tilt.apply(point[0], point[1]);
        *point = [x, y, 0.0];
    }
    let bounds = geometry::bounds(&mesh).unwrap();
    Face {
        track: 0,
        score: 1.0,
        bounds,
        mesh,
        presence: 1.0,
        irises: None,
        clarity: Default::default(),
    }
}

#[test]
fn squares_have_the_cards_margin_and_turn() {
    let feed = Feed { side: 100, margin: 1.3, align: false, ..architecture("sbi").unwrap().feed };
    let corner = |face: &Face, feed: &Feed| around(face, feed).unwrap().apply(0.0, 0.0);
    let near = |a: (f32, f32), b: (f32, f32)| {
        assert!((a.0 - b.0).abs() < 0.5 && (a.1 - b.1).abs() < 0.5, "{a:?} is not {b:?}");
    };
    // The face is 120 high: a square of 156 around (300, 200).
    near(corner(&face(0.0), &feed), (300.0 - 78.0, 200.0 - 78.0));
    let aligned = Feed { align: true, ..feed.clone() };
    near(corner(&face(0.0), &aligned), (300.0 - 78.0, 200.0 - 78.0));
    // A head that lies on its side: its own top left is on the right.
    let turn = std::f32::consts::FRAC_PI_2;
    near(corner(&face(turn), &aligned), (300.0 + 78.0, 200.0 - 78.0));
    near(corner(&face(turn), &feed), (300.0 - 78.0, 200.0 - 78.0));
}

#[test]
fn every_step_changes_a_busy_crop_a_little_and_always_alike() {
    let side = 48;
    let busy: Vec<u8> = (0..side * side * 3)
        .map(|i| {
            let (x, y) = (i / 3 % side, i / 3 / side);
            (128.0 + 90.0 * ((x as f32 * 0.9).sin() * (y as f32 * 0.7).cos())) as u8
        })
        .collect();
    for step in STEPS {
        let once = step.apply(&busy, side).unwrap();
        assert_eq!(once, step.apply(&busy, side).unwrap(), "{step:?}");
        let apart = once.iter().zip(&busy).map(|(a, b)| f32::from(a.abs_diff(*b)));
        let mean = apart.sum::<f32>() / busy.len() as f32;
        assert!((0.3..40.0).contains(&mean), "{step:?}: {mean}");
        assert!(step.apply(&busy, side + 1).is_err());
    }
    // Noise is as strong as it says: a mean absolute difference of 0.8 σ.
    let grey = vec![128; side * side * 3];
    let noisy = STEPS[4].apply(&grey, side).unwrap();
    let mean = noisy.iter().map(|v| f32::from(v.abs_diff(128))).sum::<f32>() / noisy.len() as f32;
    assert!((mean - 3.19).abs() < 0.15, "{mean}");
}

#[test]
fn squares_cover_the_picture_and_are_no_more_than_asked() {
    for (width, height, most) in [(1000, 700, 48), (5000, 300, 48), (640, 480, 6), (120, 3000, 6)] {
        let pixels = vec![0u8; width * height * 3];
        let frame = Frame::from_rgb(&pixels, width, height);
        let (places, columns, rows) = pieces(&frame, 100, most);
        assert_eq!(places.len(), columns * rows);
        assert!((1..=most).contains(&places.len()), "{width} × {height}: {}", places.len());
        for place in &places {
            let ((left, top), (right, below)) = (place.apply(0.0, 0.0), place.apply(100.0, 100.0));
            assert!(left >= 0.0 && top >= 0.0, "{left} {top}");
            assert!(right <= width as f32 && below <= height as f32, "{right} {below}");
            assert!(left.fract() == 0.0 && top.fract() == 0.0, "pixel for pixel");
        }
        // From edge to edge.
        let last = places.last().unwrap().apply(100.0, 100.0);
        assert!(columns == 1 || last.0 == width as f32);
        assert!(rows == 1 || last.1 == height as f32);
    }
    let small = vec![0u8; 90 * 90 * 3];
    assert!(pieces(&Frame::from_rgb(&small, 90, 90), 100, 48).0.is_empty());
}
