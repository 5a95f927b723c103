#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::compare::compare;
use super::store::{Profile, Reference, enrol, load, names};
use super::*;

fn reference(file: &str, features: &[&str]) -> Reference {
    let mut features: Vec<String> = features.iter().map(|f| (*f).to_owned()).collect();
    features.sort_unstable();
    Reference {
        file: file.to_owned(),
        sha256: format!("sha of {file}"),
        format: "MP4".to_owned(),
        digest: features.concat(),
        features,
    }
}

fn profile(references: Vec<Reference>) -> Profile {
    Profile { schema: 1, name: "phone".to_owned(), references }
}

#[test]
fn differences_are_told_apart() {
    let of = |file: &[&str]| {
        let made = vec![reference("1", &["a", "b", "c"]), reference("2", &["a", "b", "d"])];
        compare(&reference("file", file), profile(made))
    };
    let same = of(&["a", "b", "c"]);
    assert_eq!(
        (same.state(), same.same_digest, same.with_all, same.with_some),
        ("same-structure", 1, 2, 1)
    );
    let other = of(&["a", "b", "c", "d"]);
    assert_eq!(
        (other.state(), other.missing.len(), other.foreign.len()),
        ("within-references", 0, 0)
    );
    let odd = of(&["a", "x"]);
    assert_eq!(odd.state(), "differs");
    assert_eq!((odd.missing, odd.foreign), (vec!["b".to_owned()], vec!["x".to_owned()]));
}

/// A WAV file of `samples` zeros, with a chunk of the name given before them.
fn wav(path: &std::path::Path, chunk: &[u8; 4], samples: u32) {
    let mut body = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0".to_vec();
    body.extend(chunk);
    body.extend(4u32.to_le_bytes());
    body.extend([0; 4]);
    body.extend(b"data");
    body.extend((samples * 2).to_le_bytes());
    body.extend(vec![0; samples as usize * 2]);
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    file.extend(body);
    std::fs::write(path, file).unwrap();
}

#[test]
fn enrolling_keeps_what_loading_gives_and_refuses_what_would_mislead() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("profiles");
    let at = |name: &str| place.path().join(name);
    wav(&at("a.wav"), b"abcd", 10);
    wav(&at("b.wav"), b"abcd", 500);
    assert!(names(&folder).unwrap().is_empty());
    let made = enrol(&folder, "recorder-1", &[at("a.wav"), at("b.wav")], false).unwrap();
    assert_eq!(load(&folder, "recorder-1").unwrap(), made);
    assert_eq!(names(&folder).unwrap(), ["recorder-1"]);
    // Length is not a feature.
    assert_eq!(made.references[0].features, made.references[1].features);
    assert_eq!(made.references[0].digest, made.references[1].digest);

    std::fs::write(at("text.wav"), "no recording at all").unwrap();
    std::fs::copy(at("a.wav"), at("twin.wav")).unwrap();
    let whole = std::fs::read(at("b.wav")).unwrap();
    std::fs::write(at("cut.wav"), &whole[..whole.len() - 100]).unwrap();
    std::fs::write(
        at("one.gif"),
        b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    )
    .unwrap();
    let refused = |name: &str, files: &[&str]| {
        let files: Vec<_> = files.iter().map(|f| at(f)).collect();
        enrol(&folder, name, &files, false).unwrap_err().to_string()
    };
    for (name, files, why) in [
        ("recorder-1", &["a.wav"][..], "already"),
        ("../up", &["a.wav"], "cannot name"),
        ("", &["a.wav"], "cannot name"),
        (".hidden", &["a.wav"], "cannot name"),
        ("x", &[], "1 to 1000"),
        ("x", &["text.wav"], "no structure is read"),
        ("x", &["a.wav", "twin.wav"], "same content"),
        ("x", &["cut.wav"], "damaged"),
        ("x", &["a.wav", "one.gif"], "GIF, while a.wav is WAV"),
    ] {
        let said = refused(name, files);
        assert!(said.contains(why), "{name} {files:?}: {said}");
    }
    assert_eq!(names(&folder).unwrap(), ["recorder-1"], "nothing refused was kept");
    enrol(&folder, "recorder-1", &[at("b.wav")], true).unwrap();
    assert_eq!(load(&folder, "recorder-1").unwrap().references.len(), 1);
    assert!(load(&folder, "none").unwrap_err().to_string().contains("container list"));
}

#[test]
fn references_of_two_programs_make_no_profile() {
    let place = tempfile::tempdir().unwrap();
    let (a, b) = (place.path().join("a.wav"), place.path().join("b.wav"));
    wav(&a, b"abcd", 10);
    // The same format with many parts of its own.
    let mut bytes = std::fs::read(&a).unwrap();
    for name in 0..20u8 {
        bytes.extend([b'x', b'y', b'a' + name, b'z', 2, 0, 0, 0, 1, 1]);
    }
    let size = u32::try_from(bytes.len() - 8).unwrap();
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    std::fs::write(&b, bytes).unwrap();
    let said = enrol(place.path(), "x", &[a, b], false).unwrap_err().to_string();
    assert!(said.contains("hardly like"), "{said}");
}

#[test]
fn the_finding_says_what_differs_and_warns_of_few_references() {
    let compared = compare(
        &reference("file", &["part a", "part x"]),
        profile(vec![reference("1", &["part a", "part b"])]),
    );
    let finding = say::finding(&reference("file", &["part a", "part x"]), &[compared]);
    assert_eq!(finding.state.as_deref(), Some("differs"));
    let value = |name: &str| finding.values.iter().find(|v| v.quantity == name).unwrap().value;
    assert_eq!((value("missing"), value("foreign"), value("references")), (1.0, 1.0, 1.0));
    assert!(finding.warnings[0].en.contains("fewer than 5"));
    assert!(finding.figures.iter().any(|f| matches!(
        f,
        crate::checks::Figure::Table { rows, .. } if rows.contains(&vec!["+".into(), "part x".into()])
    )));
    assert_eq!(say::no_profile("").state.as_deref(), Some("no-profile"));
}
