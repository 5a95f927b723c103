//! `waarmerk train` as a process: killed and taken up again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use image::RgbImage;
use waarmerk::signal::random::SplitMix;

/// Twelve pictures of blocks with noise, and a training file for them.
fn set_up(folder: &Path) {
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    for number in 0..12u64 {
        let mut random = SplitMix::new(number);
        let levels: Vec<f64> = (0..64).map(|_| 40.0 + 170.0 * random.uniform()).collect();
        let image = RgbImage::from_fn(200, 180, |x, y| {
            let level = levels[(x / 25 + y / 25 * 8) as usize % 64] + 6.0 * random.normal();
            image::Rgb([level as u8, (0.9 * level) as u8, (0.8 * level) as u8])
        });
        image.save(pictures.join(format!("{number:02}.png"))).unwrap();
    }
    let plan = r#"
question = "Does a killed run end as one that was not?"
task = "generated"
network = "compact-residual"
side = 52
seed = 7

[data]
pictures = ["pictures"]
validation = 0.4
test = 0.1

[learn]
steps = 24
pairs = 2
rate = 2e-3
warm_up = 4
decay = 0.02
clip = 1.0
average = 0.9
look = 4
looks = 1
"#;
    std::fs::write(folder.join("small.toml"), plan).unwrap();
}

fn train(folder: &Path, out: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waarmerk"));
    command.args(["train", "small.toml", "--device", "cpu", "--out", out]).args(more);
    command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_run_killed_and_resumed_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    set_up(at);
    let whole = train(at, "whole", &[]).output().unwrap();
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let told = String::from_utf8_lossy(&whole.stdout);
    assert!(told.contains("validation_auc"), "{told}");
    // Killed as soon as there is a state, wherever the run is then.
    let mut killed = train(at, "killed", &[]).spawn().unwrap();
    let state = at.join("killed/small/state.safetensors");
    let started = Instant::now();
    while !state.exists() && started.elapsed() < Duration::from_secs(300) {
        std::thread::sleep(Duration::from_millis(2));
    }
    // SIGKILL on Unix.
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(state.exists());
    assert!(!at.join("killed/small/result.json").exists(), "it was over before it was killed");
    // Without being asked to, it does not go on.
    let refused = train(at, "killed", &[]).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--resume"));
    let resumed = train(at, "killed", &["--resume"]).output().unwrap();
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    for name in
        ["state.safetensors", "best.safetensors", "journal.jsonl", "result.json", "loss.svg"]
    {
        let read = |run: &str| std::fs::read(at.join(run).join("small").join(name)).unwrap();
        assert!(read("whole") == read("killed"), "{name} differs");
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let folder = tempfile::tempdir().unwrap();
    set_up(folder.path());
    let path = folder.path().join("small.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("warm_up", "warmup");
    std::fs::write(&path, text).unwrap();
    let refused = train(folder.path(), "out", &[]).output().unwrap();
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(told.contains("did you mean `warm_up`?"), "{told}");
}
