//! What fits is taken, what does not is told.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use super::*;
use crate::models::detector::Detector;

/// NPR's arrays with values that follow from their place, under `prefix`.
fn arrays(prefix: &str) -> Arrays {
    let tensors = architecture("npr").unwrap().tensors().unwrap();
    let made = |(name, shape): (String, Vec<usize>)| {
        let count: usize = shape.iter().product();
        let step = |i: usize| ((i * 37 % 101) as f32 - 50.0) / 1000.0;
        let values = (0..count).map(|i| if name.ends_with("var") { 1.0 } else { step(i) });
        let values = values.collect();
        (format!("{prefix}{name}"), Array { shape, values })
    };
    tensors.into_iter().map(made).collect()
}

/// A file with `arrays`, and a folder for models.
fn kept(arrays: &Arrays) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("My Model.v2.safetensors");
    std::fs::write(&file, written(arrays).unwrap()).unwrap();
    (folder, file)
}

fn npr() -> Wish {
    Wish { architecture: "npr".into(), ..Wish::default() }
}

#[test]
fn a_checkpoint_is_imported_listed_and_loaded_again() {
    let mut with_more = arrays("module.");
    let one = Array { shape: vec![1], values: vec![1.0] };
    with_more.insert("module.bn1.num_batches_tracked".into(), one.clone());
    with_more.insert("optimizer.state.0".into(), one);
    let (folder, file) = kept(&with_more);
    let imported = import(folder.path(), &file, &npr()).unwrap();
    assert_eq!(imported.card.name, "my-model-v2");
    assert_eq!(imported.card.prefix, "module.");
    assert_eq!(imported.notes, ["1 tensors outside `module.` were left aside"]);
    let listed = detector::cards(folder.path()).unwrap();
    assert_eq!(listed, [Ok(imported.card.clone())]);
    let detector = Detector::load(folder.path(), imported.card.clone(), &Device::Cpu).unwrap();
    let side = imported.card.feed.side;
    let crop: Vec<f32> = (0..side * side * 3).map(|i| (i * 7 % 256) as f32 / 255.0).collect();
    let score = detector.scores(&crop, 1).unwrap();
    // The same weights with the other polarity say the opposite.
    let wish = Wish { polarity: Some(Polarity::Genuine), name: Some("other".into()), ..npr() };
    let other = import(folder.path(), &file, &wish).unwrap().card;
    assert_eq!(other.sha256, imported.card.sha256);
    let other = Detector::load(folder.path(), other, &Device::Cpu).unwrap();
    let opposite = other.scores(&crop, 1).unwrap();
    assert!((score[0] + opposite[0] - 1.0).abs() < 1e-6, "{score:?} {opposite:?}");
    assert!((score[0] - 0.5).abs() > 1e-4, "the score says nothing: {score:?}");
    // Changed weights are never used.
    let path = folder.path().join("detectors/other.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = Detector::load(folder.path(), listed[0].clone().unwrap(), &Device::Cpu).err();
    assert!(error.is_none());
    let changed = Card { name: "other".into(), ..imported.card };
    let error = Detector::load(folder.path(), changed, &Device::Cpu).err().unwrap().to_string();
    assert!(error.contains("has changed"), "{error}");
}

#[test]
fn every_difference_is_told() {
    let mut wrong = arrays("");
    let array = wrong.remove("fc1.bias").unwrap();
    wrong.insert("fc2.bias".into(), array);
    wrong.get_mut("fc1.weight").unwrap().shape = vec![512, 1];
    let (folder, file) = kept(&wrong);
    let error = import(folder.path(), &file, &npr()).unwrap_err().to_string();
    for part in [
        "1 missing: fc1.bias",
        "1 too many: fc2.bias",
        "1 of another shape: fc1.weight is [512, 1], expected [1, 512]",
    ] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
    assert!(detector::cards(folder.path()).unwrap().is_empty());
    // A given prefix is taken at its word.
    let (folder, file) = kept(&arrays(""));
    let wish = Wish { prefix: Some("net.".into()), ..npr() };
    let error = import(folder.path(), &file, &wish).unwrap_err().to_string();
    assert!(error.contains("`net.`") && error.contains("missing"), "{error}");
}

#[test]
fn senseless_wishes_are_refused() {
    let (folder, file) = kept(&arrays(""));
    for wish in [
        Wish { architecture: "vgg".into(), ..npr() },
        Wish { name: Some("--".into()), ..npr() },
        Wish { name: Some("iris".into()), ..npr() },
        Wish { side: Some(3), ..npr() },
        Wish { margin: Some(f32::NAN), ..npr() },
        Wish { std: Some([1.0, 0.0, 1.0]), ..npr() },
    ] {
        let error = import(folder.path(), &file, &wish).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
    }
}
