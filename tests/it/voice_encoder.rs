//! The speaker network against the package Resemblyzer in PyTorch, on a sound
//! worked out from a formula (`voice_encoder.json`, made with
//! tests/reference/resemblyzer_golden.py).

use waarmerk::models::{VoiceEncoder, manifest, store, voice_encoder};
use waarmerk::signal::mel::mel_power;

#[derive(serde::Deserialize)]
struct Golden {
    starts: Vec<usize>,
    mel: [Vec<f32>; 2],
    embeddings: Vec<Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("voice_encoder.json")).unwrap()
}

/// The sound of the reference script.
fn sound() -> Vec<f32> {
    let tau = std::f64::consts::TAU;
    let mut phase = 0.0;
    (0..48_000)
        .map(|i| {
            let t = f64::from(i) / 16_000.0;
            phase += tau * (120.0 + 40.0 * (3.0 * t).sin()) / 16_000.0;
            let tone: f64 = (1..=20).map(|h| (f64::from(h) * phase).sin() / f64::from(h)).sum();
            (0.05 * tone * (0.55 + 0.45 * (25.0 * t).sin())) as f32
        })
        .collect()
}

#[test]
fn the_mel_spectrogram_agrees_with_librosa() {
    let samples = voice_encoder::raised(&sound());
    let rows = mel_power(&samples, 16_000.0, 400, 160, 40).unwrap();
    for (row, golden) in [&rows[0], &rows[159]].into_iter().zip(&golden().mel) {
        for (a, b) in row.iter().zip(golden) {
            assert!((a - b).abs() < 1e-3 * b + 1e-7, "{a} {b}");
        }
    }
}

#[test]
fn embeddings_agree_with_pytorch() {
    let card = manifest::card(voice_encoder::NAME).unwrap();
    let folder = store::folder().unwrap();
    if store::state(&folder, card) != store::State::Installed {
        crate::skip::tell("embeddings_agree_with_pytorch", "resemblyzer is not installed");
        return;
    }
    let network = VoiceEncoder::load().unwrap();
    let golden = golden();
    let samples = voice_encoder::raised(&sound());
    let found = network.embed(&samples, &golden.starts).unwrap();
    let mut largest = 0.0f32;
    for (ours, golden) in found.iter().zip(&golden.embeddings) {
        assert_eq!((ours.len(), golden.len()), (256, 256));
        let apart = ours.iter().zip(golden).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        largest = largest.max(apart);
    }
    println!("embeddings: max |difference| {largest:.1e}");
    assert!(largest < 1e-4, "{largest}");
    // The windows are of one made-up voice, not of one sound.
    let like = voice_encoder::likeness(&found[0], &found[2]);
    assert!(like > 0.5 && like < 0.9999, "{like}");
}
