#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::enrol::{Reference, estimate};
use super::store::Photo;
use super::*;
use crate::signal::synth::{SplitMix, power_law};

const N: usize = 256;

/// A sensor: how much each pixel differs, 2 %.
fn sensor(seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed);
    (0..N * N).map(|_| 0.02 * random.normal() as f32).collect()
}

/// A photograph of a soft scene by a sensor, with its own noise.
fn photograph(sensor: &[f32], seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed + 900);
    let scene = power_law(N, 3.0, 30.0, seed);
    let exposed =
        scene.iter().zip(sensor).map(|(i, k)| i * (1.0 + k) + 2.0 * random.normal() as f32);
    exposed.map(|v| v.round().clamp(0.0, 255.0)).collect()
}

fn reference(pixels: &[f32], seed: u64) -> Reference {
    let photo = Photo { name: format!("{seed}.png"), sha256: format!("{seed:064}") };
    Reference { photo, size: (N, N), plane: Plane::new(pixels, N, N) }
}

#[test]
fn a_sensor_is_known_again_and_another_is_not() {
    // Seeds far from those of the scenes: equal ones give equal random numbers.
    let (mine, other) = (sensor(4000), sensor(5000));
    let open = |i: usize| Ok(reference(&photograph(&mine, i as u64), i as u64));
    let (card, pattern) = estimate("mine", 10, open, |_| {}).unwrap();
    assert_eq!((card.photos.len(), card.width), (10, N));
    assert!(card.own_pce > 60.0);
    // The estimate correlates with the truth.
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
    let like = dot(&pattern, &mine) / (dot(&pattern, &pattern) * dot(&mine, &mine)).sqrt();
    assert!(like > 0.5, "{like}");
    let compare =
        |sensor: &[f32], seed| agreement(&Plane::new(&photograph(sensor, seed), N, N), &pattern);
    for seed in 100..104 {
        let (same, different) = (compare(&mine, seed), compare(&other, seed));
        assert!(same.pce > 60.0 && same.shift == (0, 0), "{same:?}");
        assert!(different.pce.abs() < 20.0 && different.best < 60.0, "{different:?}");
    }
    // A moved picture is found where it was moved to.
    let mut moved = photograph(&mine, 200);
    moved.rotate_right(3 * N + 5);
    let found = agreement(&Plane::new(&moved, N, N), &pattern);
    assert!(found.pce < 60.0 && found.best > 60.0, "{found:?}");
    assert_eq!(found.shift, (5, 3));
}

#[test]
fn silly_enrolments_are_refused() {
    let mine = sensor(1);
    let why = |open: &dyn Fn(usize) -> Result<Reference>| {
        estimate("x", 8, open, |_| {}).unwrap_err().to_string()
    };
    let photo = |i: usize| photograph(&mine, i as u64);
    let twice = why(&|i| Ok(reference(&photo(i / 2), i as u64 / 2)));
    assert!(twice.contains("same photograph"), "{twice}");
    let white = why(&|i| Ok(reference(&vec![255.0; N * N], i as u64)));
    assert!(white.contains("black or white"), "{white}");
    let sizes = why(&|i| {
        let pixels = photo(i);
        let whole = reference(&pixels, i as u64);
        let cut = Plane::new(&pixels, N, N - 16);
        Ok(if i == 4 { Reference { size: (N, 256 + 9), plane: cut, ..whole } } else { whole })
    });
    assert!(sizes.contains("256×265"), "{sizes}");
    let cameras = why(&|i| Ok(reference(&photograph(&sensor(i as u64), i as u64), i as u64)));
    assert!(cameras.contains("do not share"), "{cameras}");
    let few = enrol::enrol(std::path::Path::new("/nowhere"), "x", &[], |_, _| {}).unwrap_err();
    assert!(few.to_string().contains("at least 8"));
}

#[test]
fn a_camera_comes_back_and_a_changed_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let card = Card {
        name: "a-1".into(),
        width: 33,
        height: 17,
        photos: vec![Photo { name: "p.jpg".into(), sha256: "0".into() }],
        own_pce: 99.0,
        pattern_sha256: String::new(),
    };
    let pattern: Vec<f32> = (0..32 * 16).map(|i| i as f32).collect();
    let written = store::write(folder.path(), card, &pattern).unwrap();
    assert_eq!(store::read(folder.path(), "a-1").unwrap(), (written, pattern));
    let file = folder.path().join("a-1.f32");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[5] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(store::read(folder.path(), "a-1").unwrap_err().to_string().contains("has changed"));
    assert!(store::read(folder.path(), "b").is_err());
    for name in ["", "../a", ".a", "a/b", "é"] {
        assert!(!store::valid(name) && store::read(folder.path(), name).is_err());
    }
}

#[test]
fn without_a_camera_nothing_is_decoded() {
    let check = (ENTRY.make)(&Options::default());
    assert_eq!(check.needs(), Needs::default());
    let finding = check.conclude().unwrap();
    assert_eq!(finding.status, crate::checks::Status::NotApplicable);
}
