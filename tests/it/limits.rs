//! Bounds a user sets: each is told with its name, and nothing half-done is left.

use std::path::Path;
use std::process::{Command, Output};

use crate::fixtures;

fn examine(dir: &Path, limit: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk"))
        .args(["examine", "clip.mp4", "--checks", "container,frames", "--out", "out", "--limit"])
        .arg(limit)
        .current_dir(dir)
        .output()
        .unwrap()
}

#[test]
fn a_file_beyond_a_bound_is_refused_with_the_name_of_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    fixtures::clip(&dir.path().join("clip.mp4"), 3.0);
    for (limit, told) in [
        ("seconds=2", "3 seconds, as it declares (`--limit seconds=...` raises it)"),
        ("bytes=1K", "limit of 1024"),
        ("pixels=1000", "(`--limit pixels=...` raises it) exceeds the limit of 1000"),
        ("moving-pixels=1000", "(`--limit moving-pixels=...` raises it)"),
        ("streams=1", "2 streams (`--limit streams=...` raises it)"),
        ("tags=1", "bytes of tags (`--limit tags=...` raises it)"),
        ("output=100", "bytes of results (`--limit output=...` raises it)"),
    ] {
        let output = examine(dir.path(), limit);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(told), "{limit}: {said}");
        assert_ne!(output.status.code(), Some(0), "{limit}");
        let left = std::fs::read_dir(dir.path().join("out")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{limit} left something");
    }
}

#[test]
fn more_pictures_than_allowed_end_the_examination_and_the_report_says_so() {
    let dir = tempfile::tempdir().unwrap();
    fixtures::clip(&dir.path().join("clip.mp4"), 3.0);
    let output = examine(dir.path(), "frames=10,seconds=60");
    assert_eq!(output.status.code(), Some(3));
    let read = |name: &str| {
        let text = std::fs::read_to_string(dir.path().join("out/clip").join(name)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let findings = read("findings.json");
    let of = |check: &str| {
        let all = findings["findings"].as_array().unwrap();
        all.iter().find(|f| f["check"] == check).unwrap().clone()
    };
    assert_eq!(of("container")["status"], "observed", "the bytes were examined");
    let reason = of("frames")["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("--limit frames") && reason.contains("limit of 10"), "{reason}");
    let run = read("run.json");
    assert_eq!(run["complete"], false);
    assert_eq!(run["options"]["limit"], "frames=10,seconds=60");
}

#[test]
fn a_bound_that_there_is_not_is_wrong_use() {
    let dir = tempfile::tempdir().unwrap();
    for wrong in ["size=3", "frames", "frames=many"] {
        assert_eq!(examine(dir.path(), wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_still_picture_with_much_behind_it_is_refused_before_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("picture.png");
    fixtures::still(&path);
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    // A hole: it takes no room on the disk.
    file.set_len(300 << 20).unwrap();
    let run = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_waarmerk"))
            .args(["examine", "picture.png", "--checks", "container", "--out", "out"])
            .args(more)
            .current_dir(dir.path())
            .output()
            .unwrap()
    };
    let refused = run(&[]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("(`--limit still-bytes=...` raises it)"), "{said}");
    assert_eq!(refused.status.code(), Some(3));
    assert_eq!(run(&["--limit", "still-bytes=1G"]).status.code(), Some(0));
}
