//! Persons made of rhythms.
#![allow(clippy::unwrap_used)] // a test may stop

use super::model::{Scale, load, names, store};
use super::signals::{PAIRS, row, windows};
use super::*;
use crate::faces::synth::{Head, shape_of};
use crate::signal::synth::SplitMix;

/// Signals at 25 a second; `habit` says how they go together.
fn life(seconds: f64, habit: u64, seed: u64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut random = SplitMix::new(seed);
    let mut mixing = SplitMix::new(habit);
    let mix: Vec<[f64; 4]> = (0..COUNT).map(|_| std::array::from_fn(|_| mixing.normal())).collect();
    let times: Vec<f64> = (0..(seconds * 25.0) as usize).map(|k| k as f64 / 25.0).collect();
    let mut state = [0.0; 4];
    let mut columns = vec![Vec::new(); COUNT];
    for _ in &times {
        for s in &mut state {
            *s = 0.8 * *s + random.normal();
        }
        for (column, mix) in columns.iter_mut().zip(&mix) {
            let value: f64 = mix.iter().zip(&state).map(|(a, b)| a * b).sum();
            column.push(value + random.normal());
        }
    }
    (times, columns)
}

fn clip(seconds: f64, habit: u64, seed: u64) -> Clip {
    let (times, columns) = life(seconds, habit, seed);
    let windows = windows(&times, &columns).into_iter().map(|w| w.correlations).collect();
    Clip { sha256: format!("{seed:x}"), windows }
}

#[test]
fn windows_last_ten_seconds_and_gaps_end_them() {
    let (mut times, columns) = life(30.0, 1, 1);
    let found = windows(&times, &columns);
    let starts: Vec<f64> = found.iter().map(|w| w.start_s).collect();
    assert_eq!(starts.len(), 5, "{starts:?}");
    assert!(starts.iter().enumerate().all(|(k, s)| (s - 5.0 * k as f64).abs() < 0.05));
    assert!(found.iter().all(|w| w.correlations.len() == PAIRS));
    // A second is missing after 12 s: one window before, one or two after.
    for t in times.iter_mut().skip(300) {
        *t += 1.0;
    }
    let starts: Vec<f64> = windows(&times, &columns).iter().map(|w| w.start_s).collect();
    assert!(starts.len() == 3 && starts[0] == 0.0 && starts[1] >= 13.0, "{starts:?}");
    assert!(windows(&times[..200], &columns).is_empty() && windows(&[], &columns).is_empty());
}

#[test]
fn the_same_habits_are_near_and_others_far() {
    let model = Model::new("she", (1..=4).map(|seed| clip(40.0, 7, seed)).collect()).unwrap();
    let scale = Scale::of(&model.clips.iter().collect::<Vec<_>>()).unwrap();
    let far =
        |c: Clip| median(&mut c.windows.iter().map(|w| scale.distance(w)).collect::<Vec<_>>());
    let (own, other) = (far(clip(40.0, 7, 99)).unwrap(), far(clip(40.0, 8, 98)).unwrap());
    let out = quantile(&mut model.left_out(), 0.95).unwrap();
    println!("own {own:.2}, other {other:.2}, left out 95 % {out:.2}");
    assert!(own < out && other > 1.5 * out);
}

#[test]
fn too_little_is_refused_and_files_come_back() {
    assert!(Model::new("she", vec![clip(200.0, 7, 1)]).is_err(), "one clip");
    assert!(Model::new("she", vec![clip(30.0, 7, 1), clip(40.0, 7, 2)]).is_err(), "70 s");
    assert!(Model::new("she", vec![clip(80.0, 7, 1), clip(80.0, 7, 1)]).is_err(), "twice");
    let model = Model::new("she", vec![clip(80.0, 7, 1), clip(80.0, 7, 2)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("persons");
    assert!(names(&place).unwrap().is_empty() && load(&place, "she").is_err());
    let path = store(&place, &model, false).unwrap();
    assert!(store(&place, &model, false).is_err() && store(&place, &model, true).is_ok());
    assert_eq!(
        (load(&place, "she").unwrap(), names(&place).unwrap()),
        (model, vec!["she".to_owned()])
    );
    std::fs::write(&path, r#"{"name":"she","clips":[{"sha256":"","windows":[[1.0]]}]}"#).unwrap();
    assert!(load(&place, "she").is_err() && load(&place, "../she").is_err());
}

#[test]
fn signals_follow_the_face_and_not_its_place() {
    let signals = |head: &Head| row(&shape_of(head)).unwrap();
    let rest = signals(&Head::default());
    let moved = signals(&Head { centre: (90.0, 120.0), width: 150.0, ..Head::default() });
    let turned = signals(&Head { turn: [20.0, 0.0, 0.0], ..Head::default() });
    for k in 0..18 {
        assert!((rest[k] - moved[k]).abs() < 1e-3 && (rest[k] - turned[k]).abs() < 1e-3, "{k}");
    }
    let open = signals(&Head { mouth: 0.1, ..Head::default() });
    assert!(open[14] > rest[14] + 0.1 && (open[3] - rest[3]).abs() < 1e-3);
    let shut = signals(&Head { blink: 1.0, ..Head::default() });
    assert!(shut[3] < 0.1 * rest[3]);
    assert!(row(&[[0.0; 3]; 468]).is_none() && row(&[]).is_none());
}

/// Four people enrolled as one make a wide model; it has to say so.
#[test]
fn clips_of_several_people_lie_further_apart_than_within() {
    let of = |habits: [u64; 4]| {
        let clips = habits.into_iter().zip(1..).map(|(habit, seed)| clip(60.0, habit, seed));
        Model::new("she", clips.collect()).unwrap().clips_apart().unwrap()
    };
    let (one, four) = (of([7; 4]), of([7, 8, 9, 10]));
    println!("one person {one:.2}, four {four:.2}");
    assert!(one < 1.1 && four > model::MIXED, "{one} {four}");
    let short = Model::new("she", (1..=8).map(|seed| clip(20.0, 7, seed)).collect()).unwrap();
    assert!(short.clips_apart().is_none(), "no window has three others apart from it");
}

fn tracks(seconds: f64, habit: u64) -> Tracks {
    let (times, columns) = life(seconds, habit, 50 + habit);
    let mut tracks = Tracks::default();
    let frame = crate::media::Frame::from_gray(&[], 40, 40);
    let face = crate::faces::synth::face_of(&Head::default());
    tracks.shown(&Scene { frame: &frame, faces: &[face] });
    for (k, time_s) in times.iter().enumerate() {
        let row: Vec<f64> = columns.iter().map(|c| c[k]).collect();
        tracks.push(0, k as u64, *time_s, &row);
    }
    tracks
}

#[test]
fn a_clip_is_held_against_everybody_and_two_windows_are_too_few() {
    let person = |name: &str, habit| {
        Model::new(name, (1..=4).map(|seed| clip(40.0, habit, 10 * habit + seed)).collect())
            .unwrap()
    };
    let (she, he) = (person("she", 7), person("he", 8));
    let finding = compared(&tracks(40.0, 7), &she, std::slice::from_ref(&he));
    assert_eq!(finding.status, Status::Derived);
    let rows = finding.figures.iter().find_map(|f| match f {
        Figure::Words { rows, .. } => Some(rows.clone()),
        _ => None,
    });
    let rows = rows.unwrap();
    let distance = |row: &Vec<Text>| row[1].en.parse::<f64>().unwrap();
    assert_eq!([&rows[0][0].en, &rows[1][0].en], ["she", "he"]);
    assert!(distance(&rows[1]) > 1.5 * distance(&rows[0]), "{rows:?}");
    let short = compared(&tracks(15.5, 7), &she, &[]);
    assert_eq!(short.status, Status::Insufficient, "{}", short.summary.en);
}
