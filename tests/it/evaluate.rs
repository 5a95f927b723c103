//! Reference sets, likelihood ratios and reproduction, as a user asks for them.

use std::path::Path;
use std::process::{Command, Output};

use crate::fixtures;

fn waarmerk(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk")).args(args).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Scores on a line: H1 a unit above H2, 60 sources of each.
fn scores(at: &Path) {
    let mut csv = "source,label,check,score,width\n".to_owned();
    for i in 0..60 {
        let x = f64::from(i) / 15.0;
        csv.push_str(&format!(
            "a{i},manipulated,blend,{},640\nb{i},genuine,blend,{},640\n",
            x + 1.5,
            x
        ));
    }
    std::fs::write(at.join("scores.csv"), csv).unwrap();
}

fn findings(at: &Path, width: u32, score: &str) {
    let json = format!(
        r#"{{"exhibit":{{"name":"<b>x","sha256":"00","width":{width}}},"findings":[{{"check":"blend","score":{score},"values":{{}}}}]}}"#
    );
    std::fs::write(at.join("findings.json"), json).unwrap();
}

#[test]
fn a_ratio_is_given_under_a_near_condition_and_refused_under_a_far_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    scores(at);
    let build = [
        "reference",
        "build",
        "set",
        "--scores",
        "scores.csv",
        "--h1",
        "altered",
        "--h1-nl",
        "bewerkt",
        "--h2",
        "untouched",
        "--h2-nl",
        "onbewerkt",
    ];
    let built = waarmerk(&build, at);
    assert!(built.status.success(), "{}", said(&built));
    assert!(said(&built).contains("60 scores of 60 sources (H1)"), "{}", said(&built));
    assert_eq!(waarmerk(&build, at).status.code(), Some(2), "a set is never overwritten");
    let evaluate = ["evaluate", "findings.json", "--reference", "set.reference.json"];
    let outcome = || -> serde_json::Value {
        let text = std::fs::read_to_string(at.join("evaluation.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["outcomes"][0].clone()
    };
    findings(at, 800, "4.5");
    let output = waarmerk(&evaluate, at);
    assert!(output.status.success(), "{}", said(&output));
    let found = outcome();
    let lr = found["log10_lr"].as_f64().unwrap();
    assert!(lr > 0.0 && lr <= found["bounds"][1].as_f64().unwrap(), "{found}");
    assert!(found["interval_95"][0].as_f64().unwrap() <= lr);
    let html = std::fs::read_to_string(at.join("evaluation.html")).unwrap();
    assert!(html.matches("<svg").count() == 4 && html.contains("support for the proposition"));
    assert!(!html.contains("<b>x") && !html.contains("<script"), "evidence is escaped");
    for (width, score) in [(1920, "4.5"), (640, "null")] {
        findings(at, width, score);
        let output = waarmerk(&[&evaluate[..], &["--lang", "nl"]].concat(), at);
        assert!(said(&output).contains("geen likelihood ratio"), "{}", said(&output));
        assert!(outcome()["log10_lr"].is_null() && outcome()["reason"].is_string());
        let html = std::fs::read_to_string(at.join("evaluation.html")).unwrap();
        assert!(
            html.contains("Er kan geen likelihood ratio worden gegeven") && !html.contains("<svg")
        );
    }
}

#[test]
fn checks_of_one_cause_are_weighed_together_and_never_multiplied() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut csv = "item,source,label,check,score\n".to_owned();
    for i in 0..60 {
        let x = f64::from(i) / 15.0;
        for check in ["blend", "copy"] {
            csv.push_str(&format!(
                "a{i},a{i},fake,{check},{}\nb{i},b{i},real,{check},{x}\n",
                x + 1.5
            ));
        }
    }
    std::fs::write(at.join("scores.csv"), csv).unwrap();
    let words = ["--h1", "a", "--h1-nl", "a", "--h2", "b", "--h2-nl", "b"];
    let build = ["reference", "build", "set", "--scores", "scores.csv"];
    assert!(waarmerk(&[&build[..], &words[..]].concat(), at).status.success());
    let finding =
        |check: &str| format!(r#"{{"check":"{check}","group":"face","score":4.5,"values":{{}}}}"#);
    let json = format!(
        r#"{{"exhibit":{{"name":"x","sha256":"00"}},"findings":[{},{}]}}"#,
        finding("blend"),
        finding("copy")
    );
    std::fs::write(at.join("findings.json"), json).unwrap();
    let evaluate = ["evaluate", "findings.json", "--reference", "set.reference.json", "--fuse"];
    let output = waarmerk(&evaluate, at);
    assert!(output.status.success(), "{}", said(&output));
    let text = std::fs::read_to_string(at.join("evaluation.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |i: usize| json["outcomes"][i]["log10_lr"].as_f64().unwrap();
    assert_eq!(json["outcomes"][2]["check"], "blend + copy");
    assert!(json["outcomes"].get(3).is_none(), "one cause, one fusion");
    assert!((of(2) - of(0)).abs() < 0.1, "a copy adds nothing: {} {}", of(2), of(0));
}

#[test]
fn a_report_is_reproduced_and_a_changed_result_is_not_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::still(&at.join("still.png"));
    let examine =
        ["examine", "still.png", "--out", "o", "--checks", "spectrum,metadata", "--device", "cpu"];
    assert!(waarmerk(&examine, at).status.success());
    let output = waarmerk(&["reproduce-report", "o/still"], at);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("byte for byte the same"), "{}", said(&output));
    std::fs::rename(at.join("still.png"), at.join("moved.png")).unwrap();
    assert!(!waarmerk(&["reproduce-report", "o/still"], at).status.success());
    let moved = ["reproduce-report", "o/still", "--file", "moved.png"];
    assert!(waarmerk(&moved, at).status.success());
    fixtures::tone(&at.join("other.wav"), 0.5);
    assert!(
        !waarmerk(&["reproduce-report", "o/still", "--file", "other.wav"], at).status.success()
    );
    std::fs::write(at.join("o/still/findings.json"), "{}").unwrap();
    let output = waarmerk(&moved, at);
    assert!(said(&output).contains("were changed or are missing"), "{}", said(&output));
}
