//! `waarmerk run` killed at any moment, and in shards, against one quiet run;
//! `waarmerk datasets` on a folder of one's own.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::fixtures;

const EXPERIMENT: &str = r#"
question = "Does spectrum see that pictures were enlarged?"
seed = 7
metrics = ["auc", "mean"]
[[slice]]
name = "enlarged"
make = { kind = "enlarged", count = 12, size = 512 }
[[method]]
name = "top-band"
check = "spectrum"
value = "top_band_slope"
lower_is_fake = true
[[method]]
name = "grid"
check = "jpeg-grid"
value = "log10_nfa"
lower_is_fake = true
[[expect]]
slice = "enlarged"
method = "top-band"
metric = "auc"
value = 1.0
tolerance = 0.05
source = "interpolation empties the highest frequencies"
"#;

fn waarmerk(at: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk")).args(args).current_dir(at).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

fn same(at: &Path, one: &str, other: &str) {
    for file in ["scores.parquet", "scores.csv", "metrics.csv", "metrics.tex"] {
        let read = |run: &str| std::fs::read(at.join(run).join("e").join(file)).unwrap();
        assert!(read(one) == read(other), "{file} of {one} and of {other}");
    }
}

#[test]
fn a_killed_run_and_a_run_in_shards_end_as_a_quiet_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("e.toml"), EXPERIMENT).unwrap();
    let quiet = waarmerk(at, &["run", "e.toml", "--out", "quiet"]);
    assert_eq!(quiet.status.code(), Some(0), "{}", told(&quiet));
    assert!(told(&quiet).contains("24 of 24"), "{}", told(&quiet));

    let mut kills = 0;
    for pause in (0..).map(|n| 40 + 70 * n) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
            .args(["run", "e.toml", "--out", "killed", "--resume"])
            .current_dir(at)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        if child.try_wait().unwrap().is_some_and(|status| status.success()) {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0, "too fast to be killed");
    let last = waarmerk(at, &["run", "e.toml", "--out", "killed", "--resume"]);
    assert_eq!(last.status.code(), Some(0), "{}", told(&last));
    same(at, "quiet", "killed");

    for shard in ["3/3", "1/3", "2/3"] {
        let part = waarmerk(at, &["run", "e.toml", "--out", "parts", "--shard", shard]);
        assert_eq!(part.status.code(), Some(0), "{}", told(&part));
    }
    same(at, "quiet", "parts");

    let again = waarmerk(at, &["run", "e.toml", "--out", "quiet"]);
    assert_eq!(again.status.code(), Some(2), "{}", told(&again));
    assert!(told(&again).contains("--resume"), "{}", told(&again));
    std::fs::write(at.join("e.toml"), EXPERIMENT.replace("seed = 7", "seed = 8")).unwrap();
    let other = waarmerk(at, &["run", "e.toml", "--out", "quiet", "--resume"]);
    assert!(told(&other).contains("other conditions"), "{}", told(&other));
}

#[test]
fn an_unmet_expectation_and_an_unknown_key_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("e.toml"), EXPERIMENT.replace("value = 1.0", "value = 0.2")).unwrap();
    let unmet = waarmerk(at, &["run", "e.toml"]);
    assert_eq!(unmet.status.code(), Some(1), "{}", told(&unmet));
    assert!(told(&unmet).contains("NOT AS EXPECTED"), "{}", told(&unmet));
    std::fs::write(at.join("f.toml"), EXPERIMENT.replace("question", "questoin")).unwrap();
    let unknown = waarmerk(at, &["run", "f.toml"]);
    assert!(told(&unknown).contains("did you mean `question`?"), "{}", told(&unknown));
}

#[test]
fn a_folder_of_ones_own_is_indexed_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for label in ["real", "fake"] {
        std::fs::create_dir_all(at.join("data").join(label)).unwrap();
        fixtures::still(&at.join("data").join(label).join("still.png"));
    }
    let own = "[[dataset]]\nname = 'mine'\nmedia = 'picture'\nlayout = 'folders'\n";
    std::fs::write(at.join("mine.toml"), own).unwrap();
    let indexed =
        waarmerk(at, &["datasets", "index", "mine", "--root", "data", "--datasets", "mine.toml"]);
    let said = told(&indexed);
    assert_eq!(indexed.status.code(), Some(0), "{said}");
    assert!(
        said.contains("1 real, 1 fake") && said.contains("one file with both labels"),
        "{said}"
    );
    let verify = ["datasets", "verify", "mine.parquet", "--root", "data"];
    assert_eq!(waarmerk(at, &verify).status.code(), Some(0));
    std::fs::write(at.join("data/real/still.png"), b"other").unwrap();
    let changed = waarmerk(at, &verify);
    assert_eq!(changed.status.code(), Some(1));
    assert!(told(&changed).contains("changed: real/still.png"), "{}", told(&changed));
}
