//! The report on pages.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::sample::{HOSTILE, full, scene, small};
use crate::skip;
use waarmerk::checks::Figure;
use waarmerk::report::{Redact, json, pdf, redact};
use waarmerk::text::{Lang, Text};

/// The text of `pdf` as a reader selects it; `None` where poppler is missing.
fn text(test: &str, pdf: &[u8]) -> Option<String> {
    let child = Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        skip::tell(test, "the program pdftotext is missing (Debian package poppler-utils)");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

/// Without the spaces of the layout.
fn close(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn the_same_report_gives_the_same_bytes_to_the_standards() {
    for lang in [Lang::En, Lang::Nl] {
        let report = full(lang, Redact::Faces);
        let clock = std::time::Instant::now();
        let file = pdf::render(&report).unwrap();
        eprintln!("PDF of {} bytes in {:.2} s", file.len(), clock.elapsed().as_secs_f64());
        assert!(file == pdf::render(&report.clone()).unwrap());
        assert!(file.starts_with(b"%PDF-1.7"));
        // Archival, and tagged for readers.
        assert!(holds(&file, b"<pdfaid:part>2</pdfaid:part>"));
        assert!(holds(&file, b"<pdfaid:conformance>A</pdfaid:conformance>"));
        assert!(holds(&file, b"<pdfuaid:part>1</pdfuaid:part>"));
        let code = if lang == Lang::En { "en" } else { "nl" };
        assert!(holds(&file, format!("<rdf:li>{code}</rdf:li>").as_bytes()), "its language");
    }
}

#[test]
fn the_pages_hold_what_the_page_in_html_holds() {
    for (lang, page, end) in [
        (Lang::En, "Page 1 of ", "End of report"),
        (Lang::Nl, "Pagina 1 van ", "Einde van het rapport"),
    ] {
        let report = full(lang, Redact::Faces);
        let file = pdf::render(&report).unwrap();
        let Some(text) = text("the_pages_hold_what_the_page_in_html_holds", &file) else { return };
        let id = report.id().unwrap();
        assert!(text.contains(page) && text.contains(&format!("{end} {id}")));
        let pages = text.matches(&format!("waarmerk · {id}")).count();
        assert!(text.contains(&format!("{page}{pages}")), "{pages} pages");
        let bare = close(&text);
        assert!(bare.contains(&report.exhibit.sha512), "digests are selectable, unbroken");
        for checked in report.answered() {
            assert!(bare.contains(&close(checked.finding.summary.get(lang))), "{}", checked.name);
        }
        for silent in report.silent() {
            assert!(bare.contains(&close(silent.reason.get(lang))));
        }
        assert!(!json::findings(&report).unwrap().is_empty());
    }
}

#[test]
fn strings_of_the_evidence_are_set_and_never_run() {
    let mut report = small(Lang::En);
    let code = "#panic(\"ran\") #read(\"/etc/hostname\") $x$ *b* @ref <label> \\u{41} #(1+1)";
    report.exhibit.tags.push((code.into(), format!("{HOSTILE} {code}")));
    report.exhibit.tags.push(("scripts".into(), "漢字 עברית عربي 👩‍👩‍👧 e\u{301}\u{327}".into()));
    let finding = &mut report.checks[1].finding;
    finding.summary = Text::same(code);
    finding.warnings.push(Text::same(code));
    finding.figures.push(Figure::Table {
        title: Text::same(code),
        columns: vec![Text::same(code)],
        rows: vec![vec![code.into()], vec![], vec![code.into(), "one too many".into()]],
    });
    let file = pdf::render(&report).unwrap();
    let Some(text) = text("strings_of_the_evidence_are_set_and_never_run", &file) else { return };
    let bare = close(&text);
    assert!(bare.matches(&close(code)).count() >= 3, "{text}");
    assert!(bare.contains("⟨U+202E⟩") && bare.contains("⟨U+0000⟩") && bare.contains("⟨U+6F22⟩"));
    assert!(!text.chars().any(|c| !c.is_whitespace() && waarmerk::text::hides(c)));
}

#[test]
fn pictures_are_redacted_before_they_are_set() {
    let (image, face) = scene();
    let scan = |how| {
        let jpeg = redact::jpeg(&image, &[face], how).unwrap().unwrap();
        let middle = jpeg.len() / 2;
        jpeg[middle..middle + 200].to_vec()
    };
    for how in [Redact::Faces, Redact::None, Redact::All] {
        let file = pdf::render(&full(Lang::En, how)).unwrap();
        for other in [Redact::Faces, Redact::None] {
            assert_eq!(holds(&file, &scan(other)), other == how, "{how:?} holds {other:?}");
        }
        assert_eq!(holds(&file, b"/DCTDecode"), how != Redact::All, "{how:?}: any picture");
    }
}
