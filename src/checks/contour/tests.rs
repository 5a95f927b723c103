//! Heads blended by known amounts.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::Figure;
use crate::checks::testing::{self, number as value};
use crate::faces::synth::{Blend, Head};

/// What the check says of a head of 300 pixels.
fn seen(head: &Head) -> Finding {
    testing::seen(&ENTRY, head)
}

fn large(blend: Option<Blend>) -> Head {
    Head {
        side: 520,
        width: 280.0,
        centre: (260.0, 250.0),
        light: [0.1, 0.3, 1.0],
        blend,
        ..Head::default()
    }
}

#[test]
fn more_blur_inside_lowers_sharpness_and_noise() {
    let numbers: Vec<[f64; 3]> = [0.0, 0.6, 1.0, 2.0]
        .map(|blur| {
            let f = seen(&large(Some(Blend { blur, shift: [0.0; 3], feather: 6.0 })));
            ["sharpness_cheek_far", "sharpness_ring_inner", "noise_inside_outside"]
                .map(|q| value(&f, q))
        })
        .to_vec();
    println!("blur 0, 0.6, 1, 2: {numbers:.3?}");
    for pair in numbers.windows(2) {
        assert!(pair[1][0] <= pair[0][0] && pair[1][1] >= pair[0][1], "{numbers:?}");
    }
    assert!(numbers[3][0] < 0.9 * numbers[0][0] && numbers[3][1] > 1.15 * numbers[0][1]);
}

#[test]
fn more_tint_inside_raises_the_colour_step() {
    let steps: Vec<f64> = [0.0, 4.0, 8.0, 16.0, 32.0]
        .map(|s| {
            let blend = Blend { blur: 0.0, shift: [s, 0.0, -s], feather: 4.0 };
            value(&seen(&large(Some(blend))), "delta_e_ring")
        })
        .to_vec();
    println!("shift 0, 4, 8, 16, 32: {steps:.2?}");
    assert!(steps.windows(2).all(|p| p[1] > p[0] - 0.3) && steps[4] > steps[0] + 4.0, "{steps:?}");
}

#[test]
fn gates_say_what_they_ask() {
    let small = seen(&Head { side: 200, width: 100.0, centre: (100.0, 95.0), ..Head::default() });
    assert_eq!(small.status, Status::Insufficient);
    assert!(small.reason.unwrap().en.contains("128"));
    let turned = seen(&Head {
        turn: [45.0, 0.0, 0.0],
        width: 280.0,
        side: 520,
        centre: (260.0, 250.0),
        ..Head::default()
    });
    assert!(turned.reason.unwrap().nl.contains("30 graden"));
    let cut = seen(&Head { centre: (60.0, 250.0), ..large(None) });
    assert!(cut.reason.unwrap().en.contains("lies in the picture"));
    let whole = seen(&large(None));
    assert_eq!(whole.status, Status::Derived);
    assert!(whole.figures.iter().any(|f| matches!(f, Figure::Picture { .. })));
}

#[test]
fn a_blurred_face_counts_in_a_sharp_picture_only() {
    use crate::checks::testing::dimmed;
    use crate::faces::Part;
    // Blended in soft: the surroundings are sharp, and that is the finding.
    let blend = Some(Blend { blur: 4.0, shift: [0.0; 3], feather: 6.0 });
    let swapped = seen(&large(blend));
    assert_eq!(swapped.status, Status::Derived, "{:?}", swapped.reason);
    // All out of focus: nothing to compare.
    let mut drawn = large(None).render();
    let side = drawn.side;
    for c in 0..3 {
        let channel: Vec<f32> =
            drawn.rgb.iter().skip(c).step_by(3).map(|v| f32::from(*v)).collect();
        let soft = crate::signal::filter::gaussian(&channel, side, 5.0);
        for (v, s) in drawn.rgb.iter_mut().skip(c).step_by(3).zip(soft) {
            *v = s.round() as u8;
        }
    }
    let clarity = crate::faces::clarity::of(&drawn.frame(0, 0.0), &drawn.face.mesh);
    drawn.face.clarity = clarity;
    let frame = drawn.frame(0, 0.0);
    let mut check = (ENTRY.make)(&Options::default());
    check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    let finding = check.conclude().unwrap();
    assert_eq!(finding.status, Status::Insufficient);
    assert!(finding.reason.unwrap().en.contains("surroundings are blurred"));
    let masked = dimmed(&ENTRY, &large(None), &[Part::Chin, Part::Nose], 0.5, 0.1);
    assert!(masked.reason.unwrap().en.contains("covered"));
}
