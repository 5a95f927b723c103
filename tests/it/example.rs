//! An example case as it goes to court: one genuine and one generated clip, in
//! both languages, seen in a browser and on paper.

use std::path::Path;
use std::process::{Command, Output};

use crate::report::live::{ask, key, quiet, show, walk};
use crate::skip;
use waarmerk::custody::browser;

fn waarmerk(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk")).args(args).current_dir(folder).output().unwrap()
}

fn fine(args: &[&str], folder: &Path) -> String {
    let output = waarmerk(args, folder);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_genuine_and_a_generated_clip_go_from_file_to_sealed_report_in_both_languages() {
    let test = "a_genuine_and_a_generated_clip_go_from_file_to_sealed_report_in_both_languages";
    let Ok(shared) = std::env::var("WAARMERK_SHARED") else {
        return skip::tell(test, "WAARMERK_SHARED is not set");
    };
    let clips = Path::new(&shared).join("data/video");
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fine(&["case", "new", "c", "--title", "2026-017", "--examiner", "A. Examiner"], at);
    for name in ["talking_d3.mp4", "generated_talking_1.mp4"] {
        fine(&["case", "add", "c", &clips.join(name).to_string_lossy()], at);
    }
    for (number, lang, end) in [(1, "nl", "Einde van het rapport"), (2, "en", "End of report")] {
        fine(&["case", "examine", "c", "--lang", lang, "--device", "cpu"], at);
        for exhibit in ["E1", "E2"] {
            let results = at.join(format!("c/results/{exhibit}-{number}"));
            let html = std::fs::read_to_string(results.join("report.html")).unwrap();
            assert!(html.contains(&format!("<html lang=\"{lang}\"")) && html.contains(end));
            pages(&results.join("report.pdf"), end);
            match browser::find(None) {
                Ok(program) => seen(&program, &results.join("report.html")),
                Err(why) => skip::tell(test, why),
            }
        }
    }
    let again = fine(&["reproduce-report", "c/results/E2-1"], at);
    assert!(again.contains("byte for byte the same"), "{again}");
    fine(&["case", "seal", "c"], at);
    fine(&["case", "export", "c", "c.zip"], at);
    fine(&["case", "verify", "c"], at);
    fine(&["case", "verify", "c.zip"], at);
}

/// In the browser: all of it is reached by key, the time line answers, nothing
/// goes wrong and nothing is asked of any other place.
fn seen(program: &Path, html: &Path) {
    let mut page = show(program, html);
    assert_eq!(walk(&mut page), [""; 0], "{}", html.display());
    let now = "document.querySelector('.tl-plot').getAttribute('aria-valuenow')";
    ask(&mut page, "document.querySelector('.tl-plot').focus()");
    let before = ask(&mut page, now);
    key(&mut page, "ArrowRight");
    assert_ne!(ask(&mut page, now), before);
    quiet(&mut page);
}

/// On paper: tagged, with its end mark, and no longer than a person reads.
fn pages(pdf: &Path, end: &str) {
    let run = |program: &str, more: &[&str]| {
        let output = Command::new(program).args(more).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let path = pdf.to_string_lossy();
    let (Some(info), Some(text)) = (run("pdfinfo", &[&path]), run("pdftotext", &[&path, "-"]))
    else {
        return skip::tell("the pages of the example", "poppler-utils is not installed");
    };
    let pages = info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim();
    println!("{}: {pages} pages", pdf.display());
    assert!(info.contains("Tagged:          yes") && text.contains(end));
    assert!(pages.parse::<u32>().unwrap() <= 30, "{pages} pages");
}
