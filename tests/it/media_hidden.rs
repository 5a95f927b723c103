//! What is in a file but not in what a player shows.

use std::path::Path;

use waarmerk::media::{Exhibit, Kind, Limits};

use crate::fixtures::{clip, ffmpeg};

fn open(path: &Path) -> Exhibit {
    Exhibit::open(path, &Limits::default()).unwrap()
}

#[test]
fn pictures_that_cannot_be_decoded_are_not_taken_for_absent() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.mp4");
    clip(&whole, 1.0);
    let path = dir.path().join("noise.webm");
    let coding = ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"];
    let webm = dir.path().join("whole.webm");
    ffmpeg(&[&["-i", whole.to_str().unwrap()], &coding[..]].concat(), &webm);
    let noise = ["-c", "copy", "-bsf:v", "noise=amount=1"];
    ffmpeg(&[&["-i", webm.to_str().unwrap()], &noise[..]].concat(), &path);

    let exhibit = open(&path);
    assert_eq!((exhibit.kind, exhibit.video.is_some()), (Kind::Audio, false));
    let why = exhibit.picture_error.as_deref().unwrap();
    assert!(why.starts_with("vp8: ") && why.len() > 8, "{why}");
    assert!(exhibit.notes.iter().any(|note| note.en.contains(why) && note.nl.contains(why)));

    assert_eq!(open(&webm).picture_error, None);
    let sound = dir.path().join("sound.webm");
    ffmpeg(&["-i", webm.to_str().unwrap(), "-vn", "-c", "copy"], &sound);
    assert_eq!(open(&sound).picture_error, None);
}
