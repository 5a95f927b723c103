//! Examining in a process of its own: what a crash costs, and what the
//! process may still do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use waarmerk::confine::{Left, confine};

use crate::fixtures::ffmpeg;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_waarmerk"))
}

/// A clip long enough to be caught at work, and a photo.
fn exhibits(dir: &Path) -> [PathBuf; 2] {
    let (clip, photo) = (dir.join("clip.mp4"), dir.join("photo.jpg"));
    let source = "testsrc2=s=640x480:r=25:d=40";
    ffmpeg(&["-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast"], &clip);
    ffmpeg(&["-f", "lavfi", "-i", "testsrc2=s=320x240", "-frames:v", "1"], &photo);
    [clip, photo]
}

/// The one child of a process, once it has one.
fn child_of(pid: u32) -> Option<i32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    std::fs::read_to_string(path).ok()?.split_whitespace().next()?.parse().ok()
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is left in `out` that no finished result owns.
fn unfinished(out: &Path) -> usize {
    let names = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().starts_with('.')).count()
}

#[test]
fn a_crash_costs_one_file_its_decoding_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let running = program()
        .args(["examine", "--checks", "container,hashes,spectrum", "--out"])
        .arg(&out)
        .args(exhibits(dir.path()))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once its unfinished folder is there, the worker is decoding.
    let since = Instant::now();
    while !out.is_dir() || unfinished(&out) == 0 {
        assert!(since.elapsed() < Duration::from_secs(60), "no work was begun");
        std::thread::sleep(Duration::from_millis(5));
    }
    let worker = child_of(running.id()).expect("a worker");
    // Not SIGSEGV: the runtime's own handler takes one that no fault repeats.
    assert!(Command::new("kill").args(["-FPE", &worker.to_string()]).status().unwrap().success());
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("SIGFPE") && said.contains("1 of 2 files"), "{said}");
    assert_eq!(unfinished(&out), 0);

    let findings = json(&out.join("clip/findings.json"));
    let status = |check: &str| {
        let all = findings["findings"].as_array().unwrap();
        all.iter().find(|f| f["check"] == check).unwrap()["status"].clone()
    };
    assert_eq!(
        (status("container"), status("spectrum")),
        ("observed".into(), "insufficient".into())
    );
    assert!(findings["notes"][0].as_str().unwrap().contains("the decoder crashed"), "{findings}");
    let photo = json(&out.join("photo/findings.json"));
    assert!(
        photo["notes"].as_array().unwrap().iter().all(|n| !n.as_str().unwrap().contains("crash"))
    );
}

#[test]
fn a_file_that_another_takes_the_place_of_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let [clip, photo] = exhibits(dir.path());
    let running = program()
        .args(["examine", "--checks", "container,hashes,spectrum", "--out"])
        .arg(&out)
        .arg(&clip)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while !out.is_dir() || unfinished(&out) == 0 {
        assert!(since.elapsed() < Duration::from_secs(60), "no work was begun");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::fs::rename(photo, clip).unwrap();
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("changed while it was examined"), "{said}");
    assert_eq!(unfinished(&out), 0);
}

#[test]
fn a_file_that_takes_too_long_is_examined_by_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let [clip, _] = exhibits(dir.path());
    let ended = program()
        .args([
            "examine",
            "--checks",
            "container,spectrum,frames,hashes,noise",
            "--time-limit",
            "1",
            "--out",
        ])
        .arg(&out)
        .arg(clip)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("--time-limit"), "{said}");
    let findings = json(&out.join("clip/findings.json"));
    assert!(findings["notes"][0].as_str().unwrap().contains("--time-limit"), "{findings}");
    assert_eq!(unfinished(&out), 0);
}

#[test]
fn memory_beyond_the_limit_ends_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let big = dir.path().join("big.png");
    ffmpeg(&["-f", "lavfi", "-i", "color=gray:s=8000x8000", "-frames:v", "1"], &big);
    let ended = program()
        .args(["examine", "--checks", "container,spectrum", "--memory-limit", "150M", "--out"])
        .arg(&out)
        .arg(big)
        .output()
        .unwrap();
    // Either ffmpeg is refused the memory and says so, or the process ends.
    assert!(matches!(ended.status.code(), Some(0 | 3)), "{ended:?}");
    let findings = json(&out.join("big/findings.json"));
    let note = findings["notes"][0].as_str().unwrap();
    assert!(note.contains("allocate memory") || note.contains("--memory-limit"), "{note}");
    let container = &findings["findings"].as_array().unwrap()[0];
    assert_eq!(container["status"], "observed", "{findings}");
}

#[test]
fn in_one_process_or_two_the_findings_are_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let [_, photo] = exhibits(dir.path());
    let made = |name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        let ended = program().args(["examine", "--out"]).arg(&out).args(more).arg(&photo).output();
        assert!(ended.unwrap().status.success());
        let read = |file: &str| std::fs::read(out.join("photo").join(file)).unwrap();
        (read("findings.json"), read("measurements.parquet"), json(&out.join("photo/run.json")))
    };
    let (alone, together) = (made("a", &[]), made("b", &["--in-process"]));
    assert!(alone.0 == together.0 && alone.1 == together.1);
    assert_eq!(together.2["process"], "in process");
    assert_ne!(alone.2["process"], "in process");
}

const CONFINED: &str = "WAARMERK_TEST_CONFINED";

/// Runs in a process of its own, since there is no way back.
#[test]
fn what_a_confined_process_may_do() {
    let Ok(folder) = std::env::var(CONFINED) else { return };
    let folder = PathBuf::from(folder);
    let (given, other) = (folder.join("given"), folder.join("other"));
    let own = folder.join("own");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let left = Left {
        read: vec![given.clone()],
        write: vec![own.clone()],
        memory: Some(1 << 32),
        walls: true,
    };
    let held = confine(&left).unwrap();
    assert_eq!(std::fs::read(given.join("file")).unwrap(), b"given");
    std::fs::write(own.join("made"), b"made").unwrap();
    std::fs::rename(own.join("made"), own.join("named")).unwrap();
    let denied = |kind: ErrorKind| kind == ErrorKind::PermissionDenied;
    if held.calls {
        assert!(denied(std::net::TcpStream::connect(address).unwrap_err().kind()));
        assert!(denied(std::net::UdpSocket::bind("127.0.0.1:0").unwrap_err().kind()));
        assert!(denied(Command::new("/bin/true").spawn().unwrap_err().kind()));
    }
    if held.files {
        assert!(denied(std::fs::read(&other).unwrap_err().kind()));
        assert!(denied(std::fs::read("/etc/passwd").unwrap_err().kind()));
        assert!(denied(std::fs::write(given.join("file"), b"changed").unwrap_err().kind()));
        assert!(denied(std::fs::write(folder.join("new"), b"new").unwrap_err().kind()));
    }
    println!("held: files {}, calls {}", held.files, held.calls);
}

#[test]
fn a_confined_process_is_held() {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["given", "own"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    std::fs::write(dir.path().join("given/file"), b"given").unwrap();
    std::fs::write(dir.path().join("other"), b"other").unwrap();
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "worker::what_a_confined_process_may_do", "--nocapture"])
        .env(CONFINED, dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.contains("held: "), "{said}");
    if cfg!(target_os = "linux") && !said.contains("files true, calls true") {
        println!("this kernel lacks Landlock or seccomp: {said}");
    }
}
