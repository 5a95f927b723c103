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
    let mut csv = "source,label,check,score,width,kbps\n".to_owned();
    for i in 0..60 {
        let x = f64::from(i) / 15.0;
        csv.push_str(&format!(
            "a{i},manipulated,blend,{},640,900\nb{i},genuine,blend,{},640,900\n",
            x + 1.5,
            x
        ));
    }
    std::fs::write(at.join("scores.csv"), csv).unwrap();
}

fn findings(at: &Path, (width, kbps): (u32, u32), score: &str) {
    let json = format!(
        r#"{{"exhibit":{{"name":"<b>x","sha256":"00","width":{width},"kbps":{kbps}}},"findings":[{{"check":"blend","score":{score},"values":{{}}}}]}}"#
    );
    std::fs::write(at.join("findings.json"), json).unwrap();
}

/// No file may be larger than a kilobyte or two: what a full disk does, without
/// a disk.
#[cfg(unix)]
#[test]
fn a_set_that_does_not_fit_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    scores(at);
    let sentences = ["--h1", "a", "--h1-nl", "b", "--h2", "c", "--h2-nl", "d"];
    let build = [&["reference", "build", "set", "--scores", "scores.csv"], &sentences[..]].concat();
    let refused = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_waarmerk"))
        .args(&build)
        .current_dir(at)
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert_eq!(std::fs::read_dir(at).unwrap().count(), 1, "only the table is there");
    assert!(waarmerk(&build, at).status.success());
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
        serde_json::from_str::<serde_json::Value>(&text).unwrap()[0]["outcomes"][0].clone()
    };
    findings(at, (800, 1200), "4.5");
    let output = waarmerk(&evaluate, at);
    assert!(output.status.success(), "{}", said(&output));
    let found = outcome();
    let lr = found["log10_lr"].as_f64().unwrap();
    assert!(lr > 0.0 && lr <= found["bounds"][1].as_f64().unwrap(), "{found}");
    assert!(found["interval_95"][0].as_f64().unwrap() <= lr);
    let html = std::fs::read_to_string(at.join("evaluation.html")).unwrap();
    assert!(html.matches("<svg").count() == 4 && html.contains("support for the proposition"));
    assert!(!html.contains("<b>x") && !html.contains("<script"), "evidence is escaped");
    // Too large, coded much harder, and not measured.
    for (condition, score) in [((1920, 900), "4.5"), ((640, 300), "4.5"), ((640, 900), "null")] {
        findings(at, condition, score);
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
    let mut csv =
        "item,source,label,check,score,width,kbps,faces.face_width_px_median\n".to_owned();
    for i in 0..60 {
        let x = f64::from(i) / 15.0;
        for check in ["blend", "copy"] {
            csv.push_str(&format!(
                "a{i},a{i},fake,{check},{},640,900,200\nb{i},b{i},real,{check},{x},640,900,200\n",
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
        r#"{{"exhibit":{{"name":"x","sha256":"00","width":640,"kbps":900}},"findings":[{},{},{{"check":"faces","values":{{"face_width_px_median":200}}}}]}}"#,
        finding("blend"),
        finding("copy")
    );
    std::fs::write(at.join("findings.json"), json).unwrap();
    let evaluate = ["evaluate", "findings.json", "--reference", "set.reference.json", "--fuse"];
    let output = waarmerk(&evaluate, at);
    assert!(output.status.success(), "{}", said(&output));
    let text = std::fs::read_to_string(at.join("evaluation.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let outcomes = &json[0]["outcomes"];
    let of = |i: usize| outcomes[i]["log10_lr"].as_f64().unwrap();
    assert_eq!(outcomes[2]["check"], "blend + copy");
    assert!(outcomes.get(3).is_none(), "one cause, one fusion");
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
    let lost = waarmerk(&["reproduce-report", "o/still"], at);
    assert!(!lost.status.success() && said(&lost).contains("--file"), "{}", said(&lost));
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

#[test]
fn a_result_in_a_case_finds_its_exhibit_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::still(&at.join("still.png"));
    assert!(
        waarmerk(&["case", "new", "c", "--title", "t", "--examiner", "e"], at).status.success()
    );
    assert!(waarmerk(&["case", "add", "c", "still.png"], at).status.success());
    let examine = ["case", "examine", "c", "--checks", "metadata", "--device", "cpu"];
    assert!(waarmerk(&examine, at).status.success());
    std::fs::create_dir(at.join("moved")).unwrap();
    std::fs::rename(at.join("c"), at.join("moved/case")).unwrap();
    for (from, results) in [("moved", "case/results/E1-1"), ("moved/case/results", "E1-1")] {
        let output = waarmerk(&["reproduce-report", results], &at.join(from));
        assert!(output.status.success(), "{from}: {}", said(&output));
        assert!(said(&output).contains("byte for byte the same"), "{}", said(&output));
    }
}

/// A set about a check that every picture has a score of.
fn set(at: &Path, name: &str, more: &[&str]) {
    let words = ["--h1", "it was <i>enlarged</i>", "--h1-nl", "vergroot", "--h2", "as recorded"];
    let build = ["reference", "build", name, "--h2-nl", "zoals opgenomen"];
    let built = waarmerk(&[&build[..], &words[..], more].concat(), at);
    assert!(built.status.success(), "{}", said(&built));
}

#[test]
fn ratios_stand_in_the_report_with_their_pair_or_the_reason_why_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::still(&at.join("still.png"));
    let mut csv = "item,source,label,check,score\n".to_owned();
    for i in 0..60 {
        let x = f64::from(i) / 15.0;
        for check in ["spectrum.power_slope", "spectrum.top_band_slope"] {
            csv.push_str(&format!(
                "a{i},a{i},fake,{check},{}\nb{i},b{i},real,{check},{x}\n",
                x + 1.5
            ));
        }
    }
    std::fs::write(at.join("scores.csv"), csv).unwrap();
    let scores = ["--scores", "scores.csv"];
    let kept = ["--condition", "codec=png"];
    set(at, "near", &[&scores[..], &["--condition", "width=640"], &kept[..]].concat());
    set(at, "far", &[&scores[..], &["--condition", "width=64"], &kept[..]].concat());
    set(at, "half", &[&scores[..], &["--condition", "width=640"]].concat());
    set(at, "bare", &scores);
    let examine = |out: &str, reference: &str, lang: &str| {
        let words = ["examine", "still.png", "--checks", "spectrum", "--device", "cpu", "--fuse"];
        let more = ["--out", out, "--lang", lang, "--reference", reference];
        let output = waarmerk(&[&words[..], &more[..]].concat(), at);
        assert!(output.status.success(), "{}", said(&output));
        let read =
            |name: &str| std::fs::read_to_string(at.join(out).join("still").join(name)).unwrap();
        (read("report.html"), read("evaluation.json"), read("run.json"))
    };
    let (html, json, run) = examine("a", "near.reference.json", "en");
    let section =
        html.split_once("id=\"evaluation\"").unwrap().1.split_once("id=\"limits\"").unwrap().0;
    assert_eq!(section.matches("<svg").count(), 12, "four plots of two checks and their fusion");
    for word in ["Proposition 1", "&lt;i&gt;enlarged", "C_llr", "EER", "AUC", "misleading", "ELUB"]
    {
        assert!(section.contains(word), "{word}");
    }
    // What is concluded stands on top.
    let top = html.split_once("id=\"summary\"").unwrap().1.split_once("</section>").unwrap().0;
    assert!(top.contains("No words are given: the score lies beyond"), "{top}");
    assert!(!top.contains("No likelihood ratio can be given"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let fused = &json[0]["outcomes"][2];
    assert_eq!(fused["check"], "spectrum.power_slope + spectrum.top_band_slope");
    assert!(fused["log10_lr"].is_f64() && fused["words"].is_string() && fused["eer"].is_f64());
    assert!(run.contains("evaluation.json") && run.contains("--fuse"));
    for (name, why) in [
        ("far", "geen conditie van de referentieset ligt dicht genoeg"),
        ("half", "vermeldt de compressie"),
        ("bare", "vermeldt de resolutie"),
    ] {
        let (html, json, _) = examine(name, &format!("{name}.reference.json"), "nl");
        assert!(
            html.contains("Er kan geen likelihood ratio worden gegeven.") && html.contains(why)
        );
        assert!(!json.contains("\"words\": \"") && json.contains("\"log10_lr\": null"));
    }
    let reproduced = waarmerk(&["reproduce-report", "a/still"], at);
    assert!(reproduced.status.success(), "{}", said(&reproduced));
}

#[test]
fn a_run_becomes_a_set_with_the_sense_of_its_methods() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("experiments/011-upsampling.toml")).unwrap();
    std::fs::create_dir(at.join("run")).unwrap();
    std::fs::write(at.join("run/experiment.toml"), text).unwrap();
    std::fs::write(at.join("run/run.toml"), "tool_sha256 = \"ab\"\n").unwrap();
    let mut csv =
        "slice,key,source,degraded,label,truth,method,value,score,status,reason\n".to_owned();
    for i in 0..60 {
        let x = f64::from(i) / 15.0;
        // A lower slope speaks for enlargement, so the run's score is its negative.
        csv.push_str(&format!("enlarged,a{i},a{i},,fake,,top-band,{},{},ok,\n", -x - 1.5, x + 1.5));
        csv.push_str(&format!("enlarged,b{i},b{i},,real,,top-band,{},{x},ok,\n", -x));
        csv.push_str(&format!("fields,c{i},c{i},,,2.0,slope,2.0,2.0,ok,\n"));
    }
    csv.push_str("enlarged,d,d,,real,,top-band,,,missing,too small\n");
    // What was degraded for a curve is no reference.
    csv.push_str("enlarged,a0,a0,JPEG quality 50,fake,,top-band,9.0,-9.0,ok,\n");
    std::fs::write(at.join("run/scores.csv"), csv).unwrap();
    let more = ["--experiment", "run", "--slice", "enlarged", "--condition", "width=512"];
    set(at, "run", &[&more[..], &["--condition", "codec=png"]].concat());
    let json = std::fs::read_to_string(at.join("run.reference.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["lower"], serde_json::json!(["spectrum.top_band_slope"]));
    assert_eq!(json["program_sha256"], "ab");
    assert_eq!(json["rows"].as_array().unwrap().len(), 120);
    assert_eq!(json["without"]["spectrum.top_band_slope"], 1);
    let low = r#"{"tool":{"binary_sha256":"cd"},"exhibit":{"name":"x","sha256":"00","width":512,"codec":"png"},"findings":[{"check":"spectrum","values":{"top_band_slope":-4.5}}]}"#;
    std::fs::write(at.join("findings.json"), low).unwrap();
    let output = waarmerk(&["evaluate", "findings.json", "--reference", "run.reference.json"], at);
    assert!(output.status.success(), "{}", said(&output));
    let json = std::fs::read_to_string(at.join("evaluation.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let found = &json[0]["outcomes"][0];
    assert!(found["log10_lr"].as_f64().unwrap() > 0.3, "a low slope speaks for it: {found}");
    assert!((found["coverage"].as_f64().unwrap() - 120.0 / 121.0).abs() < 1e-9);
    assert_eq!(json[0]["reference_made_by_another_program"], true);
}
