#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::names::{Role, options, role};
use super::*;

fn tag(key: &str, value: &str) -> Tag {
    Tag { source: "test".into(), key: key.into(), value: value.into() }
}

fn data(offset: u64, text: &str) -> UserData {
    UserData { encoder: "x264", uuid: String::new(), offset, text: text.into() }
}

fn state(user_data: Vec<UserData>, tags: Vec<Tag>) -> String {
    say::finding(&Traces { user_data, tags }, &Structure::default()).state.unwrap()
}

#[test]
fn names_have_their_part() {
    for (key, value, expected) in [
        ("©too", "Lavf58.29.100", Role::Writer),
        ("WritingApp", "mkvmerge v70", Role::Writer),
        ("ISFT", "Lavf58.76.100", Role::Writer),
        ("encoder", "Lavc58.54.100 libx264", Role::Encoder),
        ("libavcodec", "Lavc60.31.102", Role::Encoder),
        ("com.apple.quicktime.make", "Apple", Role::Device),
        ("©mod", "SM-G960F", Role::Device),
        ("com.apple.quicktime.software", "17.4.1", Role::Other),
        ("vide handler_name", "VideoHandler", Role::Handler),
        ("compressor", "Slavfilm", Role::Other),
    ] {
        assert_eq!(role(&tag(key, value)), expected, "{key} {value}");
    }
}

#[test]
fn the_state_follows_the_strongest_name() {
    let x264 = "x264 - core 164 r3095 - H.264/MPEG-4 AVC codec - options: cabac=1 ref=3 bframes=3 keyint=250 crf=23.0";
    assert_eq!(state(vec![data(48, x264)], vec![]), "software-encoder");
    assert_eq!(state(vec![], vec![tag("encoder", "Lavc60 libx264")]), "software-encoder");
    assert_eq!(state(vec![], vec![tag("©too", "Lavf60")]), "software-writer");
    assert_eq!(state(vec![], vec![tag("vide handler_name", "Core Media Video")]), "names");
    assert_eq!(state(vec![], vec![]), "none");
    let finding = say::finding(
        &Traces { user_data: vec![data(48, x264), data(99, "x264 - core 157")], tags: vec![] },
        &Structure::default(),
    );
    let value = |name: &str| finding.values.iter().find(|v| v.quantity == name).unwrap().value;
    assert_eq!((value("keyint"), value("bframes"), value("crf")), (250.0, 3.0, 23.0));
    assert_eq!((value("user_data"), value("distinct_user_data")), (2.0, 2.0));
    assert!(finding.warnings[0].en.contains("have been joined"));
    assert!(finding.summary.en.contains("x264 - core 164 r3095"), "{}", finding.summary.en);
    assert!(!finding.summary.en.contains("cabac"));
}

#[test]
fn options_are_taken_apart() {
    assert_eq!(
        options("x264 - options: cabac=1 8x8dct=1 flag"),
        [("cabac", "1"), ("8x8dct", "1"), ("flag", "")]
    );
    assert!(options("x264 - core 1").is_empty());
}
