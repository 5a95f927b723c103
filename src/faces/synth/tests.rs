//! The head against what it was told to be.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::faces::geometry::{eye_aspect_ratio, face_width, pose};

#[test]
fn pose_width_and_expression_are_those_asked_for() {
    for turn in [[0.0; 3], [20.0, 0.0, 0.0], [0.0, 12.0, 0.0], [0.0, 0.0, -15.0], [-15.0, 8.0, 5.0]]
    {
        let mesh = shape::mesh(&Head { turn, ..Head::default() });
        let found = pose(&mesh).unwrap();
        for (a, b) in [found.yaw, found.pitch, found.roll].iter().zip(turn) {
            assert!((a - b).abs() < 1.5, "{turn:?}: {found:?}");
        }
    }
    let mesh = shape::mesh(&Head::default());
    assert!((face_width(&mesh).unwrap() - 200.0).abs() < 0.1);
    let ratio = |blink: f32| {
        let mesh = shape::mesh(&Head { blink, ..Head::default() });
        let [right, left] = eye_aspect_ratio(&mesh).unwrap();
        assert!((right - left).abs() < 1e-3);
        right
    };
    assert!(ratio(0.0) > 0.2 && ratio(0.5) < 0.6 * ratio(0.0) && ratio(1.0) < 0.02);
    let opening = |mouth: f32| {
        let mesh = shape::mesh(&Head { mouth, ..Head::default() });
        mesh[14][1] - mesh[13][1]
    };
    assert!((opening(0.1) - opening(0.0) - 20.0).abs() < 0.1);
}

#[test]
fn the_head_is_its_own_mirror_image() {
    use super::head::{HEAD, MIRROR};
    for (i, j) in MIRROR.iter().enumerate() {
        let (p, q) = (HEAD[i], HEAD[usize::from(*j)]);
        assert_eq!((p[0], p[1], p[2]), (-q[0], q[1], q[2]), "{i} {j}");
        assert_eq!(usize::from(MIRROR[usize::from(*j)]), i);
    }
    assert_eq!((MIRROR[33], MIRROR[61], MIRROR[10]), (263, 291, 10));
}

#[test]
fn light_falls_where_it_is_sent_and_pictures_repeat() {
    let bright = |light: [f32; 3]| {
        let drawn = Head { light, noise: 0.0, ..Head::default() }.render();
        let level = |i: usize| {
            let p = drawn.face.mesh[i];
            f32::from(drawn.rgb[3 * (p[1] as usize * 400 + p[0] as usize) + 1])
        };
        (level(50), level(280))
    };
    let (left, right) = bright([1.0, 0.0, 0.4]);
    assert!(right > left + 20.0, "{left} {right}");
    let (left, right) = bright([-1.0, 0.0, 0.4]);
    assert!(left > right + 20.0, "{left} {right}");
    let head = Head { turn: [10.0, 5.0, 3.0], ..Head::default() };
    assert_eq!(head.render().rgb, head.render().rgb);
    assert_ne!(head.render().rgb, Head { seed: 2, ..head }.render().rgb);
}
