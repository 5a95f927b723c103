//! The program as a user runs it, on files made on the spot.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixtures;

fn waarmerk(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk")).args(args).current_dir(folder).output().unwrap()
}

fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_batch_with_every_kind_of_broken_file_goes_on_and_exits_3() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::clip(&at.join("clip.mp4"), 1.0);
    fixtures::tone(&at.join("tone.wav"), 1.0);
    fixtures::still(&at.join("still.png"));
    std::fs::write(at.join("empty.mp4"), b"").unwrap();
    std::fs::write(at.join("words.jpg"), b"these are words, not a picture").unwrap();
    let whole = std::fs::read(at.join("clip.mp4")).unwrap();
    std::fs::write(at.join("half.mp4"), &whole[..whole.len() / 3]).unwrap();
    std::fs::copy(at.join("clip.mp4"), at.join("liar.jpg")).unwrap();
    std::fs::create_dir(at.join("folder.mp4")).unwrap();
    let fifo = at.join("pipe.mp4");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let inputs = [
        "clip.mp4",
        "tone.wav",
        "still.png",
        "empty.mp4",
        "words.jpg",
        "half.mp4",
        "liar.jpg",
        "folder.mp4",
        "pipe.mp4",
        "absent.mp4",
    ];
    let mut args = vec!["examine", "--json", "--out", "results", "--device", "cpu"];
    args.extend(inputs);
    let output = waarmerk(&args, at);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(!told.contains("panicked"), "{told}");
    for bad in ["empty.mp4", "words.jpg", "folder.mp4", "pipe.mp4", "absent.mp4"] {
        assert!(told.contains(bad), "{bad} is not spoken of in:\n{told}");
    }
    let examined = json_lines(&output);
    let names: Vec<_> =
        examined.iter().map(|e| e["exhibit"]["name"].as_str().unwrap().to_owned()).collect();
    for good in ["clip.mp4", "tone.wav", "still.png", "liar.jpg"] {
        assert!(names.iter().any(|n| n == good), "{good} is missing from {names:?}");
    }
    for stem in ["clip", "tone", "still", "liar"] {
        for file in
            ["report.html", "report.pdf", "findings.json", "measurements.parquet", "run.json"]
        {
            assert!(at.join("results").join(stem).join(file).is_file(), "{stem}/{file}");
        }
    }
    let left: Vec<PathBuf> = std::fs::read_dir(at.join("results"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "unfinished folders are left: {left:?}");
}

#[test]
fn nothing_is_concluded_from_a_damaged_picture() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::ffmpeg(
        &["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=1:duration=1", "-frames:v", "1"],
        &at.join("whole.jpg"),
    );
    let whole = std::fs::read(at.join("whole.jpg")).unwrap();
    std::fs::write(at.join("cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    let output = waarmerk(&["examine", "whole.jpg", "cut.jpg", "--out", "o", "--json"], at);
    let lines = json_lines(&output);
    let status = |json: &serde_json::Value, check: &str| {
        let findings = json["findings"].as_array().unwrap();
        findings.iter().find(|f| f["check"] == check).unwrap()["status"].clone()
    };
    assert_eq!(status(&lines[0], "spectrum"), "derived");
    assert_eq!(status(&lines[1], "spectrum"), "insufficient");
    assert_eq!(status(&lines[1], "container"), "observed", "the bytes are what they are");
    assert!(lines[0]["notes"].as_array().unwrap().is_empty());
    assert!(!lines[1]["notes"].as_array().unwrap().is_empty());
}

#[test]
fn of_an_undecodable_file_the_bytes_are_examined() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("photo.heic"), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08free")
        .unwrap();
    let output = waarmerk(&["examine", "photo.heic", "--out", "o", "--json"], at);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("present but not decoded"), "{}", stderr(&output));
    let json = &json_lines(&output)[0];
    assert_eq!(json["exhibit"]["kind"], "image");
    assert!(json["notes"][0].as_str().unwrap().starts_with("Present but not decoded"));
    for finding in json["findings"].as_array().unwrap() {
        let (check, status) =
            (finding["check"].as_str().unwrap(), finding["status"].as_str().unwrap());
        match check {
            "container" | "hashes" => assert_eq!(status, "observed", "{check}"),
            "spectrum" | "faces" | "voice-activity" => {
                assert_eq!(status, "insufficient", "{check}");
                let reason = finding["reason"].as_str().unwrap();
                assert!(reason.starts_with("Present but not decoded: it is a HEIC"), "{reason}");
            }
            _ => assert_ne!(status, "derived", "{check}"),
        }
    }
    let html = std::fs::read_to_string(at.join("o/photo/report.html")).unwrap();
    assert!(html.contains("Present but not decoded"));

    let output = waarmerk(&["examine", "photo.heic", "--out", "p", "--checks", "spectrum"], at);
    assert_eq!(output.status.code(), Some(3), "nothing at all could be examined");
}

#[test]
fn findings_follow_the_published_schema() {
    let folder = tempfile::tempdir().unwrap();
    fixtures::clip(&folder.path().join("clip.mp4"), 1.0);
    let output = waarmerk(&["examine", "clip.mp4", "--out", "o", "--json"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = json_lines(&output);
    let json = &lines[0];
    assert_eq!(json["schema"], 1);
    let exhibit = &json["exhibit"];
    assert_eq!(exhibit["kind"], "video");
    assert_eq!(exhibit["codec"], "h264");
    assert_eq!((exhibit["width"].as_u64(), exhibit["height"].as_u64()), (Some(320), Some(240)));
    assert!((exhibit["fps"].as_f64().unwrap() - 25.0).abs() < 1e-9);
    assert!((exhibit["duration_s"].as_f64().unwrap() - 1.0).abs() < 0.1);
    let sha = Command::new("sha256sum").arg(folder.path().join("clip.mp4")).output().unwrap();
    assert_eq!(exhibit["sha256"].as_str().unwrap(), String::from_utf8_lossy(&sha.stdout[..64]));
    let checks: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()).collect();
    assert_eq!(checks, waarmerk::checks::ALL.iter().map(|e| e.name).collect::<Vec<_>>());
    for finding in json["findings"].as_array().unwrap() {
        let keys = [
            "check",
            "group",
            "standing",
            "status",
            "reason",
            "score",
            "log10_nfa",
            "values",
            "state",
            "summary",
            "warnings",
        ];
        for key in keys {
            assert!(finding.get(key).is_some(), "{key} is missing from {finding}");
        }
        assert!(finding["values"].as_object().unwrap().values().all(serde_json::Value::is_number));
        let status = finding["status"].as_str().unwrap();
        assert!(
            ["observed", "derived", "not-applicable", "insufficient", "error"].contains(&status),
            "{status}"
        );
        let said = finding["reason"].is_null() == matches!(status, "observed" | "derived");
        assert!(said, "a reason stands exactly where nothing was found out: {finding}");
    }
    let on_disk = std::fs::read_to_string(folder.path().join("o/clip/findings.json")).unwrap();
    assert_eq!(&serde_json::from_str::<serde_json::Value>(&on_disk).unwrap(), json);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    fixtures::clip(&folder.path().join("clip.mp4"), 1.0);
    let read = |out: &str, file: &str| {
        std::fs::read(folder.path().join(out).join("clip").join(file)).unwrap()
    };
    for out in ["a", "b"] {
        let output = waarmerk(&["examine", "clip.mp4", "--out", out], folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(output.stdout.is_empty() || !output.stdout.starts_with(b"{"));
    }
    assert_eq!(read("a", "measurements.parquet"), read("b", "measurements.parquet"));
    assert_eq!(read("a", "findings.json"), read("b", "findings.json"));
}

#[test]
fn wrong_use_exits_2_and_says_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    fixtures::still(&folder.path().join("still.png"));
    let output =
        waarmerk(&["examine", "still.png", "--out", "o", "--checks", "spectrun"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("spectrum"), "{}", stderr(&output));
    assert!(!folder.path().join("o").exists());
    assert_eq!(waarmerk(&["examine"], folder.path()).status.code(), Some(2));
    assert_eq!(waarmerk(&["explain", "nothing"], folder.path()).status.code(), Some(2));
    assert_eq!(
        waarmerk(&["examine", "still.png", "--device", "abacus"], folder.path()).status.code(),
        Some(2)
    );
}

/// What an exhibit is to be held against is looked for before the hours of an
/// examination, and its lack is no result.
#[test]
fn what_is_not_there_to_compare_with_ends_the_command_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::still(&at.join("still.png"));
    std::fs::write(at.join("words.pem"), b"no certificate").unwrap();
    for (option, given, said) in [
        ("--camera", "nosuch", "no camera `nosuch`"),
        ("--person", "nosuch", "nosuch"),
        ("--container-profile", "nosuch", "nosuch"),
        ("--reference-voice", "absent.wav", "absent.wav"),
        ("--trust-anchors", "absent.pem", "absent.pem"),
        ("--trust-anchors", "words.pem", "no certificate"),
        ("--reference", "absent.toml", "absent.toml"),
    ] {
        let args = ["examine", "still.png", option, given, "--checks", "metadata"];
        let output = waarmerk(&args, at);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{option}: {:?}", output.status);
        assert!(stderr(&output).contains(said), "{option}: {}", stderr(&output));
        assert!(!at.join("waarmerk-results").exists() && !at.join("results").exists(), "{option}");
    }
}

#[test]
fn only_the_checks_asked_for_run() {
    let folder = tempfile::tempdir().unwrap();
    fixtures::still(&folder.path().join("still.png"));
    let args = ["examine", "still.png", "--out", "o", "--checks", "metadata,container", "--json"];
    let output = waarmerk(&args, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = json_lines(&output);
    let checks: Vec<_> = lines[0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["check"].as_str().unwrap())
        .collect();
    assert_eq!(checks, ["container", "metadata"], "in the order of the table");
}

#[test]
fn every_check_explains_itself_in_both_languages() {
    for entry in waarmerk::checks::ALL {
        let here = Path::new(".");
        let en = waarmerk(&["explain", entry.name], here);
        let nl = waarmerk(&["explain", entry.name, "--lang", "nl"], here);
        let (en, nl) =
            (String::from_utf8(en.stdout).unwrap(), String::from_utf8(nl.stdout).unwrap());
        for heading in ["What it measures", "When it misleads", "References"] {
            assert!(en.contains(heading), "{}: {heading} is missing", entry.name);
        }
        for heading in ["Wat het meet", "Wanneer het misleidt"] {
            assert!(nl.contains(heading), "{}: {heading} is missing", entry.name);
        }
        assert!(!nl.contains("What it measures"), "{}: English in the Dutch text", entry.name);
    }
}

/// Words that make an English sentence and no Dutch one.
#[test]
fn a_dutch_report_has_no_english_sentence() {
    let folder = tempfile::tempdir().unwrap();
    fixtures::clip(&folder.path().join("clip.mp4"), 1.0);
    fixtures::still(&folder.path().join("still.png"));
    let output = waarmerk(
        // Not `container`: its tree quotes terms of the formats.
        &[
            "examine",
            "clip.mp4",
            "still.png",
            "--checks",
            "metadata,declared-ai,hashes,jpeg-quantisation,jpeg-grid,gop,spectrum,faces,lighting,blink,voice-activity,lipsync",
            "--lang",
            "nl",
            "--out",
            "o",
        ],
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for stem in ["clip", "still"] {
        let html = std::fs::read_to_string(folder.path().join("o").join(stem).join("report.html"))
            .unwrap();
        let html: String = html
            .split("<script")
            .map(|piece| piece.split_once("</script>").map_or(piece, |(_, rest)| rest))
            .collect();
        let mut words = String::new();
        // Titles of papers keep their language; so does what stands as code.
        for article in html.split("</article>") {
            let (own, _) = article.split_once(">Literatuur<").unwrap_or((article, ""));
            for piece in own.split("<code") {
                let (_, after) = piece.split_once("</code>").unwrap_or(("", piece));
                let mut tag = false;
                words.extend(after.chars().filter(|c| {
                    tag = (tag || *c == '<') && *c != '>';
                    !tag && *c != '>'
                }));
                words.push(' ');
            }
        }
        let english =
            ["the", "and", "with", "which", "were", "from", "that", "not", "this", "found"];
        let strange: Vec<&str> = words
            .split_whitespace()
            .filter(|word| english.contains(&word.trim_matches(['.', ',', ';', ':', '(', ')'])))
            .collect();
        let near = |word: &str| {
            let at = words.find(&format!(" {word} ")).unwrap_or(0);
            words.get(at.saturating_sub(80)..at + 80).unwrap_or_default().to_owned()
        };
        assert!(strange.is_empty(), "{stem}: {strange:?}: {}", near(strange[0]));
    }
}

#[test]
fn evidence_does_not_become_markup_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let name = "<img src=x onerror=alert(1)>\u{202e}gpj.png";
    fixtures::still(&folder.path().join(name));
    let output = waarmerk(&["examine", name, "--out", "o"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let folder =
        std::fs::read_dir(folder.path().join("o")).unwrap().next().unwrap().unwrap().path();
    let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(!html.contains("<img src=x"));
    assert!(!html.contains('\u{202e}'), "bidirectional controls are shown, not obeyed");
    assert!(!stderr(&output).contains('\u{202e}'));
}

#[test]
fn examining_touches_nothing_but_the_result_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still.png");
    fixtures::still(&path);
    let before = std::fs::read(&path).unwrap();
    let _ = waarmerk(&["examine", "still.png", "--out", "o"], folder.path());
    assert_eq!(before, std::fs::read(&path).unwrap());
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["o", "still.png"]);
}

#[test]
fn a_resumed_batch_examines_only_what_is_not_done_under_the_same_conditions() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::still(&at.join("a.png"));
    fixtures::tone(&at.join("b.wav"), 0.5);
    let first = waarmerk(&["examine", "a.png", "--out", "o", "--json"], at);
    let written = std::fs::metadata(at.join("o/a/run.json")).unwrap().modified().unwrap();
    let both = ["examine", "a.png", "b.wav", "--out", "o", "--json", "--resume"];
    let second = waarmerk(&both, at);
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert!(stderr(&second).contains("already examined: o/a"), "{}", stderr(&second));
    assert_eq!(written, std::fs::metadata(at.join("o/a/run.json")).unwrap().modified().unwrap());
    assert_eq!(json_lines(&second).len(), 2, "findings are printed for both");
    assert_eq!(json_lines(&second)[0], json_lines(&first)[0]);
    let other = waarmerk(&[&both[..], &["--redact", "all"]].concat(), at);
    assert!(
        !stderr(&other).contains("already"),
        "other options, another report: {}",
        stderr(&other)
    );
}

#[cfg(unix)]
#[test]
fn results_that_cannot_be_written_are_not_the_exhibits_fault() {
    let folder = tempfile::tempdir().unwrap();
    fixtures::tone(&folder.path().join("a.wav"), 0.5);
    std::fs::write(folder.path().join("o"), "a file where the folder should be").unwrap();
    let output = waarmerk(&["examine", "a.wav", "--out", "o"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(
        waarmerk(&["examine", "a.wav", "--out", "/proc/waarmerk"], folder.path()).status.code(),
        Some(1)
    );
}
