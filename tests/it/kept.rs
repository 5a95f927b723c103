//! Faces that are kept from one run to the next.

use std::path::Path;

use candle_core::Device;
use waarmerk::faces::Follower;

use crate::run::{told, waarmerk};
use crate::skip;

const EXPERIMENT: &str = r#"
question = "How wide is a drawn face?"
seed = 3
metrics = ["mean"]
[[slice]]
name = "blinking"
make = { kind = "blinking-head", blinks = [1, 2], seconds = 3.0, coded = ["h264:18"] }
[[sweep]]
name = "CRF"
steps = ["h264:{}"]
levels = [40]
[[method]]
name = "width"
check = "faces"
value = "face_width_px_median"
[[method]]
name = "pose"
check = "head-pose"
value = "pose_difference_deg"
"#;

/// Bytes in a folder.
fn bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn a_run_with_kept_faces_gives_the_same_bytes_and_the_folder_keeps_its_limit() {
    let test = "a_run_with_kept_faces";
    if let Err(error) = Follower::load(&Device::Cpu, 15) {
        skip::tell(test, error);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("e.toml"), EXPERIMENT).unwrap();
    let run = |out: &str, more: &[&str]| {
        let run = waarmerk(at, &[&["run", "e.toml", "--out", out][..], more].concat());
        assert_eq!(run.status.code(), Some(0), "{}", told(&run));
        let read = |file: &str| std::fs::read(at.join(out).join("e").join(file)).unwrap();
        let shard = String::from_utf8(read("shard-1-of-1.toml")).unwrap();
        let found = shard.lines().find(|line| line.starts_with("items_with_faces_from_cache"));
        (read("scores.parquet"), found.map(str::to_owned))
    };
    let (plain, none) = run("plain", &[]);
    assert_eq!(none, None);
    let scores = std::fs::read_to_string(at.join("plain/e/scores.csv")).unwrap();
    assert_eq!(scores.lines().filter(|line| line.contains(",ok,")).count(), 8, "{scores}");
    let found = |n: usize| Some(format!("items_with_faces_from_cache = {n}"));
    assert_eq!(run("filling", &["--cache", "kept"]), (plain.clone(), found(0)));
    assert!(bytes(&at.join("kept")) > 100_000);
    assert_eq!(run("filled", &["--cache", "kept"]), (plain.clone(), found(4)));
    // A file that was damaged is not believed.
    for file in std::fs::read_dir(at.join("kept")).unwrap().flatten() {
        let mut bytes = std::fs::read(file.path()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(file.path(), bytes).unwrap();
    }
    assert_eq!(run("damaged", &["--cache", "kept"]), (plain.clone(), found(0)));
    assert_eq!(run("mended", &["--cache", "kept"]), (plain.clone(), found(4)));
    let small = ["--cache", "small", "--cache-limit", "0.0004"];
    assert_eq!(run("small", &small).0, plain);
    assert!(bytes(&at.join("small")) <= 400_000, "{}", bytes(&at.join("small")));
}
