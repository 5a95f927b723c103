//! Strands of known direction, and none.
#![allow(clippy::unwrap_used)] // a test may stop

use super::strands::{Field, Refused};
use super::*;
use crate::checks::testing::{self, number};
use crate::faces::synth::Head;
use crate::signal::synth::SplitMix;

/// Median coherence, and angle in degrees, in the middle of a picture of 120.
fn field(luma: impl Fn(usize, usize) -> f32) -> (f64, f64) {
    let side = 120;
    let picture: Vec<f32> = (0..side * side).map(|i| luma(i % side, i / side)).collect();
    let field = Field::of(&picture, side);
    let inner = || {
        (0..side * side)
            .filter(|i| (20..100).contains(&(i % side)) && (20..100).contains(&(i / side)))
    };
    let middle =
        |v: &[f32]| median(&mut inner().map(|i| f64::from(v[i])).collect::<Vec<_>>()).unwrap();
    (middle(&field.coherence), middle(&field.angle).to_degrees())
}

#[test]
fn stripes_are_coherent_along_themselves_and_noise_is_not() {
    for along in [0.0f32, 20.0, 60.0, 90.0, 135.0] {
        let (s, c) = along.to_radians().sin_cos();
        // Bright and dark across the direction.
        let (coherence, angle) =
            field(|x, y| 128.0 + 50.0 * ((c * y as f32 - s * x as f32) * 0.5).sin());
        assert!(coherence > 0.97, "{along}: {coherence}");
        let off = (angle - f64::from(along)).rem_euclid(180.0);
        assert!(!(2.0..=178.0).contains(&off), "{along}: {angle}");
    }
    let mut random = SplitMix::new(1);
    let noise: Vec<f32> = (0..121 * 121).map(|_| random.normal() as f32).collect();
    // As fine as hair: averaged over neighbours.
    let (coherence, _) = field(|x, y| {
        let at = |dx: usize, dy: usize| noise[(y + dy) * 121 + x + dx];
        at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)
    });
    println!("noise: {coherence:.2}");
    assert!((0.1..0.3).contains(&coherence));
    // Two sets of stripes across each other prevail in no direction.
    let (crossed, _) = field(|x, y| ((x as f32 * 0.9).sin() + (y as f32 * 0.9).sin()) * 50.0);
    assert!(crossed < 0.25, "{crossed}");
}

/// A head of 200 pixels whose hair, without the network the band over the
/// brows, is drawn over by `luma` of the place.
fn haired(luma: impl Fn(f32, f32) -> f32) -> Finding {
    let head = Head { noise: 0.5, ..Head::default() };
    let mut drawn = head.render();
    let oval =
        crate::faces::outline::polygon(&drawn.face.mesh, &crate::faces::outline::OVAL).unwrap();
    for (i, pixel) in drawn.rgb.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((i % 400) as f32, (i / 400) as f32);
        if y < 190.0 && !crate::faces::outline::inside(&oval, x, y) {
            pixel.fill(luma(x, y) as u8);
        }
    }
    let mut hair = Hair::default();
    let frame = drawn.frame(0, 0.0);
    hair.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    // Without the network, whether it is installed or not.
    let kept = || hair.moments.kept().iter();
    let found: Vec<_> =
        kept().filter_map(|m| Some((m, measured(&m.kept.hair, None).ok()?))).collect();
    let mut refused = [0; 2];
    for why in kept().filter_map(|m| measured(&m.kept.hair, None).err()) {
        refused[why as usize] += 1;
    }
    said(&hair.moments, &found, refused)
}

#[test]
fn strands_run_on_and_noise_does_not() {
    let strands = haired(|x, y| 60.0 + 40.0 * ((x + 0.2 * y) * 0.9).sin());
    println!("{}", strands.summary.en);
    assert!(
        number(&strands, "hair_coherence") > 0.9 && number(&strands, "strand_continuity") > 0.95
    );
    let random = std::cell::RefCell::new(SplitMix::new(7));
    let noise = haired(|_, _| 60.0 + 30.0 * random.borrow_mut().normal() as f32);
    println!("{}", noise.summary.en);
    assert!(number(&noise, "hair_coherence") < 0.4 && number(&noise, "strand_continuity") < 0.75);
    assert!(matches!(noise.figures[0], Figure::Heat { scene: Some(_), .. }));
}

#[test]
fn hats_and_bald_heads_are_told_apart() {
    let hat = haired(|_, _| 70.0);
    assert!(hat.reason.unwrap().en.contains("hat"));
    // The forehead's own colour all around.
    let skin = Head::default().render();
    let at = skin.face.mesh[151];
    let level = skin.rgb[3 * (at[1] as usize * 400 + at[0] as usize)..][..3].to_vec();
    let mut bald = skin.clone();
    for (i, pixel) in bald.rgb.chunks_exact_mut(3).enumerate() {
        if i / 400 < 120 {
            pixel.copy_from_slice(&level);
        }
    }
    let mut hair = Hair::default();
    let frame = bald.frame(0, 0.0);
    hair.see(&Scene { frame: &frame, faces: std::slice::from_ref(&bald.face) }).unwrap();
    assert_eq!(measured(&hair.moments.kept()[0].kept.hair, None).err(), Some(Refused::Little));
    let small = testing::seen(&ENTRY, &Head { width: 100.0, ..Head::default() });
    assert!(small.reason.unwrap().nl.contains("128 pixels"));
}
