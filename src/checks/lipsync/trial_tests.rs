//! The shift trial on the development clips (`WAARMERK_SHARED`): each decoded
//! once, its sound then moved in time or exchanged. Takes minutes:
//!
//!     cargo test --release --lib shift_trial -- --ignored --nocapture
#![allow(clippy::unwrap_used)] // a test may stop

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::*;
use crate::checks::voice_activity::Listener;
use crate::faces::Follower;
use crate::media::{Limits, Play, Sample};
use crate::nn::device::{DeviceChoice, device};
use crate::signal::stats::{median, quantile};

const CLIPS: [&str; 10] = [
    "talking_d3.mp4",
    "talking_d10.mp4",
    "talking_uncropped.mp4",
    "grid_1.mpg",
    "grid_2.mpg",
    "grid_3.mpg",
    "generated_talking_1.mp4",
    "generated_talking_2.mp4",
    "redubbed_mouth.mp4",
    "several_people.mp4",
];

/// Everything the check keeps of a clip.
fn taken(path: &Path, faces: &mut Follower) -> LipSync {
    let exhibit = Exhibit::open(path, &Limits::default()).unwrap();
    let mut check = LipSync::default();
    check.begin(&exhibit).unwrap();
    let mut listener = Listener::default();
    let sound = SoundFormat { rate: Some(bands::RATE), mono: true };
    let want = Play { frames: true, sounds: vec![sound], ..Play::default() };
    exhibit
        .play(&want, |sample| {
            match sample {
                Sample::Frame(frame) => {
                    let faces = faces.follow(&frame, FaceDetail::Mesh)?;
                    check.see(&Scene { frame: &frame, faces: &faces })?;
                }
                Sample::Sound(sound) => {
                    listener.hear(sound.time_s, sound.samples)?;
                    check.hear(&sound)?;
                }
                Sample::Packet(_) => {}
            }
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    listener.finish().unwrap();
    check.speech(Ok(&listener.speech)).unwrap();
    check
}

/// Recordings of speech played one after the other, as the sound of a clip.
fn heard(files: &[PathBuf]) -> LipSync {
    let mut check = LipSync::default();
    let mut listener = Listener::default();
    let format = SoundFormat { rate: Some(bands::RATE), mono: true };
    let want = Play { sounds: vec![format], ..Play::default() };
    let mut samples = Vec::new();
    for file in files {
        let exhibit = Exhibit::open(file, &Limits::default()).unwrap();
        exhibit
            .play(&want, |sample| {
                if let Sample::Sound(sound) = sample {
                    samples.extend_from_slice(sound.samples);
                }
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
    }
    for (number, block) in samples.chunks(1024).enumerate() {
        let time_s = (1024 * number) as f64 / f64::from(bands::RATE);
        listener.hear(time_s, block).unwrap();
        check.bands.hear(time_s, block).unwrap();
    }
    listener.finish().unwrap();
    check.speech(Ok(&listener.speech)).unwrap();
    check
}

/// Twenty sound tracks of other people: recordings without pictures, joined in
/// different orders.
fn strangers(folder: &Path) -> Vec<LipSync> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "wav"))
        .collect();
    files.sort();
    let picked = |k: usize| -> Vec<PathBuf> {
        (0..16).map(|i| files[(5 * k + i * (1 + k % 7)) % files.len()].clone()).collect()
    };
    (0..20).map(|k| heard(&picked(k))).collect()
}

/// What is said of the mouths of one clip with the sound of one, `late_s` moved.
fn told(picture: &LipSync, sound: &LipSync, late_s: f64) -> Finding {
    let mut check = LipSync {
        mouths: picture.mouths.clone(),
        bands: sound.bands.moved(late_s),
        speech: sound.speech.clone(),
        ..LipSync::default()
    };
    check.speech.start_s += late_s;
    check.finding()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|v| v.quantity == quantity).map_or(f64::NAN, |v| v.value)
}

/// What was said of sound that does not belong to the mouths.
#[derive(Default)]
struct Mismatched {
    pairs: usize,
    /// With as much speech as is needed.
    enough: usize,
    /// Of which an offset was named.
    named: usize,
    /// Peaks of those with enough speech.
    z: Vec<f64>,
    /// Whose closures were tested, and of which p is 0.05 or less.
    tested: usize,
    low: usize,
}

impl Mismatched {
    fn count(&mut self, finding: &Finding) {
        self.pairs += 1;
        if value(finding, "speech_s") >= judge::LEAST_SPEECH_S {
            self.enough += 1;
            self.z.push(value(finding, "peak_z"));
        }
        self.named += usize::from(value(finding, "determined") == 1.0);
        let p = value(finding, "closure_p");
        self.tested += usize::from(p.is_finite());
        self.low += usize::from(p <= 0.05);
    }
}

#[test]
#[ignore = "takes minutes"]
fn shift_trial() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        println!("skipped: shift_trial (WAARMERK_SHARED is not set)");
        return;
    };
    let folder = Path::new(&shared).join("data/video");
    let follower = Follower::load(&device(DeviceChoice::Cpu).unwrap(), 15).unwrap();
    let clips: Vec<(&str, LipSync)> = CLIPS
        .into_iter()
        .filter(|name| folder.join(name).is_file())
        .map(|name| (name, taken(&folder.join(name), &mut follower.clone())))
        .collect();
    println!(
        "| clip | speech s | z | determined | base ms | container ms | closures | closure p | shifts determined | median error ms | largest ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut errors = Vec::new();
    for (name, clip) in &clips {
        let base = told(clip, clip, 0.0);
        let base_ms = value(&base, "offset_ms");
        let (mut own, mut determined) = (Vec::new(), 0);
        for step in -5..=5 {
            let late_ms = 80.0 * f64::from(step);
            let finding = told(clip, clip, late_ms / 1e3);
            if value(&finding, "determined") == 1.0 {
                determined += 1;
                own.push((value(&finding, "offset_ms") - late_ms - base_ms).abs());
            }
        }
        own.retain(|error| error.is_finite());
        println!(
            "| {name} | {:.1} | {:.1} | {} | {base_ms:.0} | {:.0} | {} | {:.3} | {determined} of 11 | {:.1} | {:.1} |",
            value(&base, "speech_s"),
            value(&base, "peak_z"),
            value(&base, "determined"),
            clip.container_ms.unwrap_or(f64::NAN),
            value(&base, "closures"),
            value(&base, "closure_p"),
            median(&mut own.clone()).unwrap_or(f64::NAN),
            own.iter().copied().fold(f64::NAN, f64::max),
        );
        errors.extend(own);
    }
    let mut mismatched = Mismatched::default();
    let strangers = strangers(&Path::new(&shared).join("data/audio"));
    for (i, (_, picture)) in clips.iter().enumerate() {
        for (_, sound) in clips.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, c)| c) {
            mismatched.count(&told(picture, sound, 0.0));
        }
        for sound in &strangers {
            mismatched.count(&told(picture, sound, 0.0));
        }
        // Their own sound, seconds away: beyond any lag that is looked at.
        for late_s in (3..=12).flat_map(|s| [-f64::from(s), f64::from(s)]) {
            mismatched.count(&told(picture, picture, late_s));
        }
    }
    let Mismatched { pairs, enough, named, tested, low, mut z } = mismatched;
    println!(
        "\nMedian error {:.1} ms over {} shifts that are determined.",
        median(&mut errors.clone()).unwrap(),
        errors.len()
    );
    println!(
        "Mismatched: {pairs} pairs, {enough} with enough speech, {named} determined; 95th percentile of their z {:.1}; closures tested in {tested}, of which {low} have p of 0.05 or less.",
        quantile(&mut z, 0.95).unwrap()
    );
    assert!(median(&mut errors).unwrap() < 20.0);
    assert_eq!(named, 0);
}
