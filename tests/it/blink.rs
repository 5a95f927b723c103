//! Blinks in the development clips of WAARMERK_SHARED, one of which has labels.

use std::path::{Path, PathBuf};

use candle_core::Device;
use waarmerk::checks::blink::ENTRY;
use waarmerk::checks::pass::{self, FaceSource};
use waarmerk::checks::{Finding, Options, Status};
use waarmerk::faces::Follower;
use waarmerk::media::{Exhibit, Limits};

fn folder(test: &str) -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(shared).join("data/video"))
}

fn examine(test: &str, path: &Path) -> Option<Finding> {
    let follower = match Follower::load(&Device::Cpu, 15) {
        Ok(follower) => follower,
        Err(error) => {
            crate::skip::tell(test, error);
            return None;
        }
    };
    let exhibit = Exhibit::open(path, &Limits::default()).unwrap();
    let mut faces = FaceSource::Ready(Box::new(follower));
    let outcome = pass::run(&exhibit, &[&ENTRY], &Options::default(), &mut faces, &mut |_| {});
    assert!(outcome.broken.is_none());
    outcome.examined.into_iter().next().map(|examined| examined.finding)
}

fn number(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

/// Onset and duration of each blink found.
fn found(finding: &Finding) -> Vec<(f64, f64)> {
    finding
        .measurements
        .iter()
        .filter(|m| m.quantity == "blink_duration_s")
        .map(|m| (m.time_s.unwrap(), m.value))
        .collect()
}

#[test]
fn the_labelled_blinks_are_found_and_nothing_else() {
    let test = "the_labelled_blinks_are_found_and_nothing_else";
    let Some(folder) = folder(test) else { return };
    let Some(finding) = examine(test, &folder.join("blink_12.avi")) else { return };
    // One label a frame; frames are evenly spaced in the file.
    let labels = std::fs::read_to_string(folder.join("blink_12_ideal.csv")).unwrap();
    let shut: Vec<bool> = labels.lines().map(|line| line.trim() == "1").collect();
    let onsets: Vec<f64> = (1..shut.len())
        .filter(|&i| shut[i] && !shut[i - 1])
        .map(|i| i as f64 * 100.0 / 1709.0)
        .collect();
    assert_eq!(onsets.len(), 12);
    let found = found(&finding);
    let apart = |t: f64| {
        let nearest = onsets.iter().min_by(|a, b| (*a - t).abs().total_cmp(&(*b - t).abs()));
        (nearest.unwrap() - t).abs()
    };
    let off: Vec<f64> = found.iter().map(|(t, _)| apart(*t)).collect();
    let right = off.iter().filter(|off| **off <= 0.1).count();
    let (precision, recall) =
        (right as f64 / found.len().max(1) as f64, right as f64 / onsets.len() as f64);
    let worst = off.iter().copied().fold(0.0, f64::max);
    println!(
        "blink_12: {} found, {right} within 100 ms of the 12 labelled: precision {precision:.3}, recall {recall:.3}, onsets off by at most {:.0} ms",
        found.len(),
        1000.0 * worst
    );
    assert!((11..=13).contains(&found.len()) && precision >= 0.9 && recall >= 0.9);
    // Too few frames a second for a probability, and it says so.
    assert_eq!(finding.status, Status::Insufficient);
    assert!(finding.reason.as_ref().unwrap().en.starts_with("At 17.1 frames a second"));
    assert_eq!(number(&finding, "blinks"), Some(found.len() as f64));
    assert!((number(&finding, "measurable_s").unwrap() - 60.0).abs() < 1.0);
    assert!(number(&finding, "p_conversation").is_none());
}

#[test]
fn talking_heads_blink_and_short_ones_tell_nothing() {
    let test = "talking_heads_blink_and_short_ones_tell_nothing";
    let Some(folder) = folder(test) else { return };
    // Eyes seen shut by eye in at least this many places.
    for (name, least, most, status) in [
        ("talking_uncropped.mp4", 8, 14, Status::Derived),
        ("talking_d10.mp4", 1, 4, Status::Insufficient),
        ("generated_talking_1.mp4", 2, 5, Status::Insufficient),
    ] {
        let Some(finding) = examine(test, &folder.join(name)) else { return };
        println!("{name}: {}", finding.summary.en);
        let count = found(&finding).len();
        assert!((least..=most).contains(&count), "{name}: {count}");
        assert_eq!(finding.status, status, "{name}");
        assert_eq!(number(&finding, "p_reading").is_some(), status == Status::Derived);
    }
}
