//! `waarmerk doctor`, as a user runs it.

use std::process::{Command, Output};

fn doctor(models: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk"))
        .arg("doctor")
        .args(arguments)
        .env("WAARMERK_MODELS", models)
        .output()
        .unwrap()
}

#[test]
fn without_models_the_doctor_says_what_to_do_and_exits_with_1() {
    let empty = tempfile::tempdir().unwrap();
    let said = doctor(&empty.path().join("not/there/yet"), &[]);
    assert_eq!(said.status.code(), Some(1));
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(text.contains("waarmerk models install iris"), "{text}");
    // Not a terminal, so no colours.
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn as_json_it_says_the_same() {
    let empty = tempfile::tempdir().unwrap();
    let said = doctor(empty.path(), &["--json"]);
    assert_eq!(said.status.code(), Some(1));
    let value: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(value["well"], false);
    let items = value["items"].as_array().unwrap();
    let item = |what: &str| items.iter().find(|item| item["what"] == what).unwrap();
    assert_eq!(item("model iris")["health"], "ill");
    assert_eq!(item("device cpu")["health"], "well");
    // What this very process can ask ffmpeg's libraries, the program must find too.
    let version = waarmerk::media::version::version();
    assert!(item("ffmpeg")["found"].as_str().unwrap().starts_with(&version));
}
