//! Groups and sentences on embeddings made up here.
#![allow(clippy::unwrap_used)] // a failed unwrap is the failed test

use super::compare::Window;
use super::*;
use crate::models::voice_encoder::{Embedding, WIDTH, mean};
use crate::signal::synth::SplitMix;

/// An embedding near axis `voice`, of which `apart` is the part in common.
fn window(voice: usize, common: f32, at: usize, random: &mut SplitMix) -> Window {
    let mut row = vec![0.0f32; WIDTH];
    row[voice] = (1.0 - common * common).sqrt();
    row[100] = common;
    for value in &mut row[200..] {
        *value = 0.05 * random.uniform() as f32;
    }
    Window { time_s: 0.8 * at as f64, embedding: mean(&[row]).unwrap() }
}

fn voice(pattern: &[usize], common: f32) -> Voice {
    let mut random = SplitMix::new(5);
    let windows: Vec<Window> =
        pattern.iter().enumerate().map(|(i, v)| window(*v, common, i, &mut random)).collect();
    let all: Vec<Embedding> = windows.iter().map(|w| w.embedding.clone()).collect();
    let speech_s = 0.8 * pattern.len() as f64;
    Voice { whole: mean(&all).unwrap(), windows, speech_s, narrow: false }
}

fn told(voice: Voice) -> Finding {
    let groups = Some(groups(&voice.windows));
    say::conclude(&say::Found { voice, groups, reference: None })
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn two_voices_are_told_with_their_change() {
    let mut pattern = vec![0; 12];
    pattern.extend([1; 8]);
    // The cosine of the two is the square of what they have in common.
    let finding = told(voice(&pattern, 0.6));
    assert_eq!(finding.state.as_deref(), Some("several-voices"));
    assert!((value(&finding, "groups_likeness").unwrap() - 0.4).abs() < 0.05);
    assert_eq!(value(&finding, "second_group_share"), Some(0.4));
    let changes: Vec<f64> = finding.measurements.iter().filter_map(|m| m.time_s).collect();
    assert_eq!(changes.len(), 1);
    assert!((changes[0] - 0.8 * 11.5).abs() < 1e-9);
}

#[test]
fn one_voice_and_a_few_odd_windows_are_one_voice() {
    let finding = told(voice(&[0; 20], 0.5));
    assert_eq!(finding.state.as_deref(), Some("one-voice"));
    let mut pattern = vec![0; 20];
    pattern[7] = 1;
    pattern[13] = 1;
    assert_eq!(told(voice(&pattern, 0.5)).state.as_deref(), Some("one-voice"));
    // A cosine between the bounds is not put into a conclusion.
    let mut pattern = vec![0; 10];
    pattern.extend([1; 10]);
    assert_eq!(told(voice(&pattern, 0.87)).state.as_deref(), Some("unclear"));
}

#[test]
fn the_reference_is_compared_and_conditions_are_held_apart() {
    let with = |voice_a: Voice, other: Option<Voice>| {
        say::conclude(&say::Found {
            voice: voice_a,
            groups: None,
            reference: Some(say::Compared {
                name: "a.wav",
                sha256: "00",
                speech_s: 9.0,
                voice: other,
            }),
        })
    };
    let state = |finding: Finding| finding.state.unwrap();
    assert_eq!(state(with(voice(&[0; 9], 0.5), Some(voice(&[0; 9], 0.5)))), "alike");
    assert_eq!(state(with(voice(&[0; 9], 0.5), Some(voice(&[1; 9], 0.5)))), "unlike");
    assert_eq!(state(with(voice(&[0; 9], 0.85), Some(voice(&[1; 9], 0.85)))), "undecided");
    let narrow = Voice { narrow: true, ..voice(&[0; 9], 0.5) };
    assert_eq!(state(with(voice(&[0; 9], 0.5), Some(narrow))), "conditions-differ");
    let finding = with(voice(&[0; 9], 0.5), None);
    assert_eq!(finding.status, Status::Insufficient);
    assert_eq!(value(&finding, "reference_likeness"), None);
}

#[test]
fn a_reference_that_is_none_is_told_at_once() {
    assert!(reference(Path::new("no such file")).is_err());
    let finding = Box::new(Speaker::new(&Options::default())).conclude().unwrap();
    assert_eq!(finding.status, Status::NotApplicable);
}
