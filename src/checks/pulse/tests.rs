//! Colours that beat at a known rate, and heads that blush.
#![allow(clippy::unwrap_used)] // a test may stop

use super::rppg::{Method, beat, signal, spectrum};
use super::*;
use crate::checks::Status;
use crate::faces::synth::Head;
use crate::signal::synth::SplitMix;

/// `seconds` of skin at 30 frames a second, beating with `amplitude`, with
/// noise of 0.0005 in each channel on its own and shared flicker of 0.005.
fn skin(seconds: f64, bpm: f64, amplitude: f64, seed: u64) -> Vec<[f64; 3]> {
    let mut random = SplitMix::new(seed);
    let mut flicker = 0.0;
    (0..(seconds * 30.0) as usize)
        .map(|k| {
            let t = k as f64 / 30.0;
            flicker = 0.95 * flicker + 0.005 * random.normal();
            let p = amplitude * (std::f64::consts::TAU * bpm / 60.0 * t).sin();
            [(180.0, 0.33), (130.0, 0.77), (105.0, 0.53)].map(|(level, share)| {
                level * (1.0 + share * p + flicker + 0.0005 * random.normal())
            })
        })
        .collect()
}

#[test]
fn known_rates_come_back_and_noise_has_none() {
    let mut worst = 0.0f64;
    for seed in 0..10 {
        for bpm in [50.0, 64.0, 90.0, 140.0] {
            for method in [Method::Pos, Method::Chrom] {
                let found =
                    beat(&spectrum(&signal(&skin(12.0, bpm, 0.002, seed), 30.0, method), 30.0))
                        .unwrap();
                worst = worst.max((found.bpm - bpm).abs());
            }
        }
        let quiet = beat(&spectrum(&signal(&skin(12.0, 60.0, 0.0, seed), 30.0, Method::Pos), 30.0));
        assert!(quiet.unwrap().snr_db < 0.0, "{quiet:?}");
    }
    println!("worst error {worst:.2} beats a minute");
    assert!(worst < 3.0, "{worst}");
    assert!(signal(&skin(1.0, 60.0, 0.01, 1), 30.0, Method::Pos).is_empty());
    assert!(beat(&spectrum(&[0.0; 300], 30.0)).is_none());
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

/// The check on `seconds` of a head that blushes.
fn run(seconds: f64, fps: f64, amplitude: f64) -> Finding {
    let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
    for k in 0..(seconds * fps) as u64 {
        let t = k as f64 / fps;
        let pulse = amplitude * (std::f64::consts::TAU * 1.2 * t).sin();
        let head = Head {
            side: 160,
            width: 90.0,
            centre: (80.0 + 2.0 * (t * 0.9).sin() as f32, 78.0),
            pulse: pulse as f32,
            seed: k + 1,
            ..Head::default()
        };
        let drawn = head.render();
        let frame = drawn.frame(k, t);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    }
    check.conclude().unwrap()
}

#[test]
fn a_blushing_head_beats_and_a_pale_one_does_not() {
    let finding = run(11.0, 20.0, 0.03);
    assert_eq!(finding.status, Status::Derived, "{}", finding.summary.en);
    assert!((value(&finding, "bpm").unwrap() - 72.0).abs() < 3.0, "{}", finding.summary.en);
    let pale = run(11.0, 20.0, 0.0);
    assert_eq!(pale.status, Status::Insufficient, "{}", pale.summary.en);
    assert!(value(&pale, "bpm").is_none() && pale.summary.nl.contains("niet meetbaar"));
    let short = run(3.0, 20.0, 0.03);
    assert!(
        short.reason.unwrap().en.contains("are needed") && short.status == Status::Insufficient
    );
}

#[test]
fn a_photo_has_no_pulse() {
    let mut check = Pulse::default();
    check.tracks.still = true;
    assert_eq!(Box::new(check).conclude().unwrap().status, Status::NotApplicable);
}

#[test]
fn a_covered_forehead_gives_no_pulse() {
    use crate::checks::testing::dimmed;
    use crate::faces::Part;
    let covered = dimmed(&ENTRY, &Head::default(), &[Part::Forehead], 0.5, 1.0);
    assert!(covered.reason.unwrap().en.contains("covered"));
}

/// A lamp that flickers in the colours of blood beats on the wall too.
#[test]
fn what_beats_beside_the_face_as_well_is_no_pulse() {
    let seen = |everywhere: bool| {
        let mut check: Box<dyn Check> = (ENTRY.make)(&Options::default());
        for k in 0..240u64 {
            let t = k as f64 / 20.0;
            let beat = 0.03 * (std::f64::consts::TAU * 1.2 * t).sin();
            let pulse = if everywhere { 0.0 } else { beat as f32 };
            let (side, width, centre) = (260, 90.0, (80.0, 150.0));
            let mut drawn =
                Head { side, width, centre, pulse, seed: k + 1, ..Head::default() }.render();
            if everywhere {
                for pixel in drawn.rgb.chunks_exact_mut(3) {
                    for (v, share) in pixel.iter_mut().zip([0.33, 0.77, 0.53]) {
                        *v = (f64::from(*v) * (1.0 + share * beat)).round() as u8;
                    }
                }
            }
            let frame = drawn.frame(k, t);
            check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
        }
        check.conclude().unwrap()
    };
    let own = seen(false);
    assert!((value(&own, "bpm").unwrap() - 72.0).abs() < 3.0, "{}", own.summary.en);
    let lamp = seen(true);
    assert!(value(&lamp, "bpm").is_none(), "{}", lamp.summary.en);
    assert!(lamp.reason.unwrap().en.contains("what is no face beats at 72"));
}
