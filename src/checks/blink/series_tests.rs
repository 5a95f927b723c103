//! Series with blinks put in at known moments.

use super::*;
use crate::signal::synth::SplitMix;

/// `seconds` of open eyes at `fps`; `open` gives the opening, `blinks` are
/// onset, duration and depth: the opening falls and rises along a half cosine.
fn series(
    seconds: f64,
    fps: f64,
    open: impl Fn(f64) -> f64,
    blinks: &[(f64, f64, f64)],
    noise: f64,
) -> Vec<Sample> {
    let mut random = SplitMix::new(7);
    (0..(seconds * fps) as u64)
        .map(|frame| {
            let t = frame as f64 / fps;
            let lost: f64 = blinks
                .iter()
                .filter(|(onset, length, _)| t > *onset && t < onset + length)
                .map(|(onset, length, depth)| {
                    depth * ((t - onset) / length * std::f64::consts::PI).sin()
                })
                .sum();
            let opening = (open(t) * (1.0 - lost) + noise * random.normal()) as f32;
            Sample { frame, time_s: t, opening, width: 40.0 }
        })
        .collect()
}

const BLINKS: [(f64, f64, f64); 6] = [
    (1.01, 0.20, 0.9),
    (3.32, 0.15, 0.8),
    (3.90, 0.30, 0.9),
    (8.47, 0.45, 0.9),
    (14.03, 0.18, 0.7),
    (19.20, 0.25, 0.95),
];

/// Each blink is found once, within a frame of where its depth crosses the
/// threshold.
fn found_exactly(samples: &[Sample], fps: f64) {
    let seen = look(samples);
    assert_eq!(seen.blinks.len(), BLINKS.len(), "{:?}", seen.blinks);
    for (blink, (onset, length, depth)) in seen.blinks.iter().zip(BLINKS) {
        // Where depth·sin(π u) = 1 − threshold.
        let u = ((1.0 - seen.threshold) / depth).asin() / std::f64::consts::PI;
        let (start, duration) = (onset + u * length, (1.0 - 2.0 * u) * length);
        assert!((blink.onset_s - start).abs() < 1.0 / fps, "{blink:?} {start}");
        let (end, expected) = (blink.onset_s + blink.duration_s, start + duration);
        assert!((end - expected).abs() < 1.0 / fps, "{blink:?} ends at {expected}");
        assert!((blink.completeness - depth).abs() < 0.2, "{blink:?}");
    }
    assert!(seen.shut.is_empty());
    let intervals: Vec<f64> = seen.intervals().map(|(_, s)| s).collect();
    assert!(intervals.len() == 5 && (intervals[1] - 0.58).abs() < 2.0 / fps, "{intervals:?}");
}

#[test]
fn blinks_put_in_are_found_with_onset_and_duration() {
    for fps in [24.0, 25.0, 29.97, 50.0, 60.0] {
        found_exactly(&series(22.0, fps, |_| 0.3, &BLINKS, 0.0), fps);
        found_exactly(&series(22.0, fps, |_| 0.3, &BLINKS, 0.006), fps);
    }
}

#[test]
fn a_turning_head_is_no_blink_and_hides_none() {
    // The opening halves and comes back over ten seconds, twice.
    let drift = |t: f64| 0.22 + 0.08 * (t * std::f64::consts::TAU / 10.0).cos();
    assert!(look(&series(22.0, 30.0, drift, &[], 0.003)).blinks.is_empty());
    let blinks = [(2.0, 0.2, 0.9), (5.0, 0.2, 0.9), (12.3, 0.2, 0.9)];
    let seen = look(&series(22.0, 30.0, drift, &blinks, 0.003));
    assert_eq!(seen.blinks.len(), 3, "{:?}", seen.blinks);
}

#[test]
fn eyes_kept_shut_are_not_a_blink() {
    for length in [0.9, 2.0, 6.0] {
        let shut = |t: f64| if (5.0..5.0 + length).contains(&t) { 0.09 } else { 0.3 };
        let seen = look(&series(20.0, 30.0, shut, &[(2.0, 0.2, 0.9)], 0.004));
        assert_eq!((seen.blinks.len(), seen.shut.len()), (1, 1), "{length} s: {seen:?}");
        let (from, lasted) = seen.shut[0];
        assert!((from - 5.0).abs() < 0.05 && (lasted - length).abs() < 0.07, "{from} {lasted}");
    }
}

#[test]
fn too_short_too_shallow_or_half_seen_is_no_blink() {
    let none = |blinks: &[(f64, f64, f64)], noise: f64| {
        let seen = look(&series(6.0, 60.0, |_| 0.3, blinks, noise));
        assert!(seen.blinks.is_empty(), "{:?}", seen.blinks);
    };
    none(&[(2.0, 0.03, 0.9)], 0.0);
    none(&[(2.0, 0.2, 0.07)], 0.0);
    none(&[(-0.1, 0.2, 0.9), (5.9, 0.3, 0.9)], 0.0);
    // In a noisy series the recipe's own thresholds hold.
    none(&[(2.0, 0.2, 0.2)], 0.03);
    assert_eq!(look(&series(6.0, 60.0, |_| 0.3, &[(2.0, 0.2, 0.2)], 0.0)).blinks.len(), 1);
}

#[test]
fn noise_alone_blinks_never() {
    for noise in [0.0, 0.003, 0.01, 0.02] {
        let seen = look(&series(120.0, 30.0, |_| 0.3, &[], noise));
        assert!(seen.blinks.is_empty(), "noise {noise}: {:?}", seen.blinks);
    }
}

#[test]
fn gaps_do_not_count_as_time_and_nothing_blinks_across_them() {
    let mut samples = series(10.0, 30.0, |_| 0.3, &[(4.9, 0.4, 0.9)], 0.0);
    samples.retain(|s| !(5.0..6.0).contains(&s.time_s));
    let seen = look(&samples);
    assert!(seen.blinks.is_empty() && (seen.measurable_s - 9.0).abs() < 0.05, "{seen:?}");
    assert!((seen.fps - 30.0).abs() < 0.1);
    let empty = look(&[]);
    assert!(empty.measurable_s == 0.0 && empty.fps == 0.0 && empty.blinks.is_empty());
    let one = look(&samples[..1]);
    assert!(one.measurable_s == 0.0 && one.fps == 0.0);
    // Times that stand still, as in a broken file: no blink, no long wait.
    let still: Vec<Sample> = samples.iter().map(|s| Sample { time_s: 1.0, ..*s }).collect();
    assert!(look(&still).blinks.is_empty());
}

#[test]
fn one_deep_closing_with_a_flicker_is_one_blink() {
    let mut samples = series(6.0, 30.0, |_| 0.3, &[(2.0, 0.4, 0.9)], 0.0);
    let middle = samples.iter_mut().find(|s| s.time_s >= 2.2).map(|s| s.opening = 0.295);
    assert!(middle.is_some());
    assert_eq!(look(&samples).blinks.len(), 1);
}
