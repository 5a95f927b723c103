//! Metadata of files that ffmpeg writes, and of camera files.

use std::path::Path;

use waarmerk::checks::{Figure, Finding, Status, metadata::ENTRY};

use super::container::{examine, ffmpeg};

/// The rows of the list of statements: source, tag, value.
fn rows(finding: &Finding) -> Vec<&Vec<String>> {
    finding
        .figures
        .iter()
        .filter_map(|f| match f {
            Figure::Table { title, rows, .. } if title.en == "What the file says" => Some(rows),
            _ => None,
        })
        .flatten()
        .collect()
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn tags_and_times_of_films_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["film.mp4", "film.mov", "film.mkv", "film.avi", "sound.mp3", "sound.flac"] {
        let path = folder.path().join(name);
        let mut arguments = vec![
            "-metadata",
            "title=Proefopname",
            "-metadata",
            "creation_time=2021-03-04T05:06:07Z",
        ];
        arguments.extend(if name.starts_with("sound") {
            ["-map", "1:a"]
        } else {
            ["-c:v", "mpeg4"]
        });
        if !ffmpeg(&arguments, &path) {
            return;
        }
        let finding = examine(&ENTRY, &path);
        assert_eq!(finding.status, Status::Observed);
        assert!(rows(&finding).iter().any(|r| r[2] == "Proefopname"), "{name}: {finding:?}");
        assert_eq!(value(&finding, "container_statements"), Some(rows(&finding).len() as f64));
        if name.starts_with("film.m") {
            let dated = |r: &&Vec<String>| r[2].starts_with("2021-03-04T05:06:07");
            assert!(rows(&finding).iter().any(dated), "{name}: {:?}", rows(&finding));
        }
    }
}

#[test]
fn nothing_found_is_said_to_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.png");
    if !ffmpeg(&["-frames:v", "1", "-fflags", "+bitexact"], &path) {
        return;
    }
    let finding = examine(&ENTRY, &path);
    assert_eq!(finding.state.as_deref(), Some("none"));
    assert!(finding.summary.en.contains("proves nothing"));
    assert!(finding.summary.nl.contains("bewijst niets"));
}

#[test]
fn camera_files_say_what_exiftool_says_of_them() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        println!(
            "skipped: camera_files_say_what_exiftool_says_of_them (WAARMERK_SHARED is not set)"
        );
        return;
    };
    let camera = Path::new(&shared).join("data/camera");
    let nikon = examine(&ENTRY, &camera.join("87_OSError.jpg"));
    // exiftool -n -GPSLatitude -GPSLongitude: 43.7855944444444 11.2346194444444
    assert!((value(&nikon, "latitude_deg").unwrap() - 43.785_594_444).abs() < 1e-6);
    assert!((value(&nikon, "longitude_deg").unwrap() - 11.234_619_444).abs() < 1e-6);
    assert_eq!(value(&nikon, "maker_note_bytes"), Some(28_378.0));
    assert_eq!(value(&nikon, "iptc_statements"), Some(4.0));
    assert!(nikon.summary.en.contains("Camera: NIKON CORPORATION NIKON D70s."));
    assert!(nikon.summary.en.contains("lightroom"));
    let canon = examine(&ENTRY, &camera.join("28-hex_value.jpg"));
    assert!(canon.summary.en.contains("Capture time: 2008:08:21 14:53:03."));
    assert!(canon.summary.en.contains("changed at another time: 2008:08:31 10:41:19."));
}
