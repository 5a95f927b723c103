//! The command's output and its refusals.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    models: ModelsCommand,
}

/// What the command prints and ends with, on `folder`.
fn typed(folder: &Path, arguments: &[&str]) -> (String, Result<()>) {
    let typed = Typed::try_parse_from([&["models"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    let result = run_in(folder, &typed.models, &mut out);
    (String::from_utf8(out).unwrap(), result)
}

#[test]
fn an_empty_folder_lists_everything_as_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (text, result) = typed(folder.path(), &["list"]);
    result.unwrap();
    for card in manifest::cards().unwrap() {
        let line = text.lines().find(|line| line.starts_with(&card.name)).unwrap();
        for part in ["missing", &card.licence, &card.purpose] {
            assert!(line.contains(part), "no `{part}` in: {line}");
        }
    }
    assert!(text.contains(&folder.path().display().to_string()));
}

#[test]
fn json_says_what_is_there_and_what_should_be() {
    let folder = tempfile::tempdir().unwrap();
    store::write(&store::weights_path(folder.path(), "iris"), b"other").unwrap();
    let (text, result) = typed(folder.path(), &["list", "--json"]);
    result.unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let own = crate::models::detector::own().unwrap().len();
    assert_eq!(rows.len(), manifest::cards().unwrap().len() + own);
    let iris = rows.iter().find(|row| row["name"] == "iris").unwrap();
    assert_eq!(iris["state"], "changed");
    assert_eq!(iris["sha256"], store::sha256(b"other"));
    assert_eq!(iris["expected_sha256"], manifest::card("iris").unwrap().converted);
    assert!(rows.iter().any(|row| row["state"] == "missing" && row["sha256"].is_null()));
}

#[test]
fn verify_fails_and_names_each_bad_file() {
    let folder = tempfile::tempdir().unwrap();
    store::write(&store::weights_path(folder.path(), "iris"), b"other").unwrap();
    let (text, result) = typed(folder.path(), &["verify", "iris", "face-mesh"]);
    let error = result.unwrap_err().to_string();
    let digest = store::sha256(b"other");
    for part in ["iris.safetensors has changed", &digest, "face-mesh.safetensors is missing"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
    assert!(!error.contains("blazeface"), "not asked for: {error}");
}

#[test]
fn an_unknown_name_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    for action in ["install", "verify"] {
        let (_, result) = typed(folder.path(), &[action, "no-such-model"]);
        assert!(matches!(result, Err(Error::Usage(_))), "{action}");
    }
}

#[test]
fn a_source_without_the_model_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("x.tflite");
    std::fs::write(&source, b"x").unwrap();
    let (text, result) =
        typed(folder.path(), &["install", "iris", "--from", source.to_str().unwrap()]);
    assert!(matches!(result, Err(Error::Usage(_))));
    assert_eq!(text, "");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    print(&mut Closed, "text").unwrap();
}
