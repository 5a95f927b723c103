//! The light on a portrait of WAARMERK_SHARED: mirrored, dimmed, blacked out.

use std::path::PathBuf;

use candle_core::Device;
use waarmerk::checks::lighting::ENTRY;
use waarmerk::checks::{Finding, Scene, Status};
use waarmerk::faces::Follower;
use waarmerk::media::{FaceDetail, Frame};

/// The portrait, 512 × 512 RGB.
fn portrait(test: &str) -> Option<Vec<u8>> {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return None;
    };
    let bytes = std::fs::read(PathBuf::from(shared).join("golden/astronaut_rgb_u8.npy")).unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    Some(bytes[start..].to_vec())
}

/// Examines `rgb` with the faces found in `seen`.
fn examine(follower: &Follower, seen: &[u8], rgb: &[u8]) -> Finding {
    let faces =
        follower.clone().follow(&Frame::from_rgb(seen, 512, 512), FaceDetail::Mesh).unwrap();
    assert_eq!(faces.len(), 1);
    let mut check = (ENTRY.make)(&waarmerk::checks::Options::default());
    for k in 0..3 {
        let mut frame = Frame::from_rgb(rgb, 512, 512);
        (frame.index, frame.time_s) = (k, k as f64 / 5.0);
        check.see(&Scene { frame: &frame, faces: &faces }).unwrap();
    }
    check.conclude().unwrap()
}

fn numbers(finding: &Finding) -> [f64; 4] {
    ["direction_deg_azimuth", "direction_deg_elevation", "interval_deg", "r2"]
        .map(|name| finding.values.iter().find(|v| v.quantity == name).unwrap().value)
}

#[test]
fn light_turns_with_the_mirror_and_not_with_brightness() {
    let test = "light_turns_with_the_mirror_and_not_with_brightness";
    let Some(rgb) = portrait(test) else { return };
    let follower = match Follower::load(&Device::Cpu, 15) {
        Ok(follower) => follower,
        Err(error) => return crate::skip::tell(test, error),
    };
    let [azimuth, elevation, interval, r2] = numbers(&examine(&follower, &rgb, &rgb));
    println!("azimuth {azimuth:.1}, elevation {elevation:.1}, ± {interval:.1}, r² {r2:.2}");
    assert!(interval > 3.0 && r2 <= 1.0);
    let mirror = |rgb: &[u8]| -> Vec<u8> {
        rgb.chunks_exact(512 * 3)
            .flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
            .collect()
    };
    let flipped = mirror(&rgb);
    let [other, same, _, _] = numbers(&examine(&follower, &flipped, &flipped));
    println!("mirrored: azimuth {other:.1}, elevation {same:.1}");
    // The mesh of a mirrored face differs by up to 2.5 pixels.
    assert!((azimuth + other).abs() < 12.0 && (elevation - same).abs() < 12.0);
    let dim: Vec<u8> = rgb.iter().map(|v| (f32::from(*v) * 0.7).round() as u8).collect();
    let [dimmed, low, _, _] = numbers(&examine(&follower, &rgb, &dim));
    println!("dimmed: azimuth {dimmed:.1}, elevation {low:.1}");
    assert!((azimuth - dimmed).abs() < 3.0 && (elevation - low).abs() < 3.0);
    // Too dark, and white all over: it says so.
    for level in [8, 254] {
        let flat = vec![level; rgb.len()];
        assert_eq!(examine(&follower, &rgb, &flat).status, Status::Insufficient, "{level}");
    }
}
