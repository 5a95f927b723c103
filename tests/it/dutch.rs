//! Dutch reports over real findings of every check hold no English of ours.

use std::path::Path;
use std::process::Command;

use crate::fixtures;

/// Words that every English sentence is likely to hold, and no Dutch one.
const ENGLISH: [&str; 26] = [
    "the", "and", "from", "with", "which", "were", "that", "this", "found", "not", "are",
    "picture", "sound", "between", "because", "when", "than", "each", "only", "entries", "samples",
    "created", "shown", "has", "have", "would",
];

/// What is read: text of the body without scripts, names for machines (`code`,
/// `pre`), and literature, which is cited as it was published.
fn pieces(html: &str, but: &[(&str, &str)]) -> Vec<String> {
    let mut body = html[html.find("<main>").unwrap()..].to_owned();
    let machines = [("<script", "</script>"), ("<code", "</code>"), ("<pre", "</pre>")];
    for (open, close) in machines.iter().chain(but) {
        while let Some(start) = body.find(open) {
            let end = start + body[start..].find(close).unwrap();
            body.replace_range(start..end, "");
        }
    }
    body.split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|(_, text)| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// Whether a number with a decimal point stands in `piece`; versions and the
/// point of thousands (1.443) aside.
fn pointed(piece: &str) -> bool {
    piece
        .split(|c: char| !(c.is_alphanumeric() || ".-_".contains(c)))
        .map(|word| word.trim_matches(|c| ".-".contains(c)))
        .filter(|word| word.parse::<f64>().is_ok())
        .any(|word| word.split_once('.').is_some_and(|(_, decimals)| decimals.len() != 3))
}

fn report(folder: &Path, file: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
        .args(["examine", file, "--out", "o", "--lang", "nl", "--device", "cpu"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stem = file.split('.').next().unwrap();
    std::fs::read_to_string(folder.join("o").join(stem).join("report.html")).unwrap()
}

#[test]
fn a_dutch_report_over_every_check_has_no_english_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::clip(&at.join("clip.mp4"), 3.0);
    fixtures::tone(&at.join("tone.wav"), 3.0);
    fixtures::still(&at.join("still.png"));
    let jpeg = at.join("photo.jpg");
    fixtures::ffmpeg(&["-i", at.join("still.png").to_str().unwrap(), "-q:v", "3"], &jpeg);
    let mut read = 0;
    let mut leaked = Vec::new();
    for file in ["clip.mp4", "tone.wav", "still.png", "photo.jpg"] {
        let html = report(at, file);
        let literature = ("<h5>Literatuur</h5>", "</div>");
        // Tables and plots keep the point that the files of numbers have too.
        for piece in pieces(&html, &[literature, ("<table", "</table>"), ("<svg", "</svg>")]) {
            if pointed(&piece) {
                leaked.push(format!("{file}: a decimal point in {piece:.160}"));
            }
        }
        for piece in pieces(&html, &[literature]) {
            // What is looked for in files stands as files have it; a command
            // is typed as it is.
            let piece = piece.replace("'made with'", "").replace("--from", "");
            read += 1;
            // Cells that hold both languages, and errors of the installation,
            // which say what to type.
            if piece.contains(" / ") || piece.contains("models install") {
                continue;
            }
            let mut words = piece.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            if let Some(word) = words.find(|word| ENGLISH.contains(word)) {
                leaked.push(format!("{file}: `{word}` in {piece:.120}"));
            }
        }
    }
    leaked.sort();
    leaked.dedup();
    assert!(leaked.is_empty(), "{leaked:#?}");
    assert!(read > 1000, "{read}");
}
