//! The shards of a run side by side under tools that know nothing of waarmerk.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use waarmerk::table::Sheet;

use crate::run::{EXPERIMENT, same, told, waarmerk};
use crate::skip;

/// Whether `program` says that it is `what`.
fn is(program: &str, what: &str) -> bool {
    let said = Command::new(program).arg("--version").output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(what))
}

/// Runs the four shards, two at a time, as the README says.
fn four(at: &Path, program: &str, options: &[&str]) {
    let mut child = Command::new(program)
        .args(options)
        .arg(env!("CARGO_BIN_EXE_waarmerk"))
        .args(["run", "e.toml", "--out", program, "--shard", "{}/4"])
        .args(["--resume", "--no-merge", "--jobs", "1"])
        .current_dir(at)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"1\n2\n3\n4\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn shards_under_xargs_and_gnu_parallel_merge_to_a_quiet_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("e.toml"), EXPERIMENT).unwrap();
    let quiet = waarmerk(at, &["run", "e.toml", "--out", "quiet"]);
    assert_eq!(quiet.status.code(), Some(0), "{}", told(&quiet));
    let tools: [(&str, &str, &[&str]); 2] =
        [("xargs", "findutils", &["-P2", "-I{}"]), ("parallel", "GNU", &["-j2"])];
    for (program, what, options) in tools {
        if !is(program, what) {
            skip::tell("shards_under_xargs_and_gnu_parallel", format!("no {program} of {what}"));
            continue;
        }
        four(at, program, options);
        let run = format!("{program}/e");
        assert!(!at.join(&run).join("scores.parquet").exists(), "nobody merged yet");
        let merged = waarmerk(at, &["merge", &run]);
        assert_eq!(merged.status.code(), Some(0), "{}", told(&merged));
        same(at, "quiet", program);
        // Every shard left its own table, and together they are the whole.
        let table = |name: &str| Sheet::read_parquet(&at.join(&run).join(name)).unwrap();
        let mut rows = 0;
        for shard in 1..=4 {
            let part = table(&format!("scores-{shard}-of-4.parquet"));
            rows += part.height();
            assert!(part.numbers("seconds").unwrap().iter().all(|s| s.is_some_and(|s| s >= 0.0)));
            assert!(part.words("device").unwrap().iter().all(|d| d.is_some()));
        }
        let whole = table("scores.parquet");
        assert_eq!(rows, whole.height());
        let columns: Vec<&str> = whole.names().collect();
        for name in ["key", "label", "method", "score", "status", "reason", "device"] {
            assert!(columns.contains(&name), "{columns:?}");
        }
    }
}
