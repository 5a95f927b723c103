//! The report's renderers on made-up reports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // in tests a panic is the verdict

#[path = "report/live.rs"]
pub mod live;
#[path = "report/pdf.rs"]
mod pages;
#[path = "report/sample.rs"]
mod sample;

use sample::{HOSTILE, full, scene, small};
use waarmerk::checks::Figure;
use waarmerk::checks::finding::{Axis, Series};
use waarmerk::media::Rect;
use waarmerk::plot::{Track, draw, timeline};
use waarmerk::report::{Redact, html, json, pdf, redact};
use waarmerk::text::{Lang, Text};

/// `html` without embedded files and style sheet, for reading.
fn readable(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(";base64,") {
        let (before, after) = rest.split_at(at + 8);
        let end = after.find('"').unwrap();
        out.push_str(before);
        out.push('…');
        rest = &after[end..];
    }
    out.push_str(rest);
    let (start, end) = (out.find("<style>").unwrap(), out.find("</style>").unwrap());
    out.replace_range(start + 7..end, "…");
    for of in ["style-src 'sha256-", "script-src 'sha256-"] {
        let policy = out.find(of).unwrap() + of.len();
        let end = policy + out[policy..].find('\'').unwrap();
        out.replace_range(policy..end, "…");
    }
    without_script(&out).replace("><", ">\n<")
}

/// `html` without our script, which stands in a file of its own.
fn without_script(html: &str) -> String {
    match html.split_once("<script>") {
        Some((before, after)) => {
            let (script, rest) = after.split_once("</script>").unwrap();
            assert!(script.starts_with("\"use strict\";"));
            format!("{before}<script>…</script>{rest}")
        }
        None => html.to_owned(),
    }
}

/// What the script is given, as JSON.
fn live(html: &str) -> serde_json::Value {
    let (_, data) = html.split_once("type=\"application/json\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

/// What a reader sees or hears: text between tags, and attributes read aloud.
fn words(html: &str) -> Vec<String> {
    let html = without_script(html);
    let body = &html[html.find("<body>").unwrap()..];
    let mut words = Vec::new();
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        if tag.starts_with("script") {
            continue;
        }
        for name in [" alt=\"", " aria-label=\""] {
            if let Some((_, value)) = tag.split_once(name) {
                words.push(value.split('"').next().unwrap().to_owned());
            }
        }
        words.push(text.trim().to_owned());
    }
    words.retain(|w| w.chars().filter(|c| c.is_alphabetic()).count() > 2);
    words
}

#[test]
fn snapshots() {
    insta::assert_snapshot!("findings", json::findings(&small(Lang::En)).unwrap());
    insta::assert_snapshot!(
        "run",
        json::run(&small(Lang::Nl), &[("findings.json".into(), "00ff".into())]).unwrap()
    );
    insta::assert_snapshot!("html_en", readable(&html::render(&small(Lang::En)).unwrap()));
    insta::assert_snapshot!("html_nl", readable(&html::render(&small(Lang::Nl)).unwrap()));
    let report = small(Lang::En);
    insta::assert_snapshot!("lines", draw(&report.checks[1].finding.figures[0], Lang::En).unwrap());
}

#[test]
fn findings_have_the_published_keys_and_no_nan() {
    let mut report = small(Lang::En);
    report.checks[1].finding.score = Some(f64::NAN);
    report.checks[1].finding.value("power_slope", "1", 7.0);
    let text = json::findings(&report).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&value), ["schema", "tool", "exhibit", "notes", "findings"]);
    assert_eq!(value["schema"], 1);
    assert_eq!(&keys(&value["exhibit"])[..5], ["name", "sha256", "sha512", "bytes", "kind"]);
    for key in ["duration_s", "width", "height", "fps", "codec"] {
        assert!(value["exhibit"].get(key).is_some(), "{key}");
    }
    let finding = &value["findings"][1];
    let published = [
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
    assert_eq!(keys(finding), published);
    assert!(finding["score"].is_null() && finding["reason"].is_null());
    assert_eq!(finding["values"]["power_slope"], -1.979);
    assert_eq!(finding["values"]["power_slope#2"], 7.0);
    assert_eq!(value["findings"][2]["status"], "insufficient");
    // The name comes back as it was, though nothing hidden stands in the text.
    assert_eq!(value["exhibit"]["name"], HOSTILE);
    assert!(!text.chars().any(|c| c != '\n' && waarmerk::text::hides(c)));
    let line = json::findings_line(&report).unwrap();
    assert_eq!(line.find('\n'), Some(line.len() - 1));
    assert!(!line.trim_end().chars().any(waarmerk::text::hides));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
}

#[test]
fn rendering_is_deterministic() {
    for lang in [Lang::En, Lang::Nl] {
        let report = full(lang, Redact::Faces);
        assert!(html::render(&report).unwrap() == html::render(&report.clone()).unwrap());
        assert_eq!(json::findings(&report).unwrap(), json::findings(&report).unwrap());
    }
}

#[test]
fn hostile_strings_are_shown_and_never_obeyed() {
    let mut report = small(Lang::En);
    let long = format!("{HOSTILE}{}", "x".repeat(100_000));
    report.exhibit.tags.push((HOSTILE.into(), long.clone()));
    report.exhibit.container = HOSTILE.into();
    report.tool.command.push(HOSTILE.into());
    let evil = Text::same(HOSTILE);
    let finding = &mut report.checks[1].finding;
    finding.summary = evil.clone();
    finding.reason = Some(Text::same(format!("because {HOSTILE}")));
    finding.state = Some(HOSTILE.into());
    finding.warnings.push(evil.clone());
    finding.value(HOSTILE, "1", 1.0);
    let axis = || Axis { label: evil.clone(), ..Axis::default() };
    let series = Series { name: evil.clone(), points: vec![(0.0, 1.0), (1.0, 2.0)] };
    finding.figures.push(Figure::Lines {
        title: evil.clone(),
        x: axis(),
        y: axis(),
        series: vec![series.clone(), series],
    });
    let (x, y, values) = (axis(), axis(), vec![1.0; 4]);
    finding.figures.push(Figure::Heat {
        title: evil.clone(),
        width: 2,
        height: 2,
        values,
        x,
        y,
        scale: evil.clone(),
        scene: None,
    });
    let (image, face) = scene();
    finding.figures.push(Figure::Picture {
        title: evil.clone(),
        image,
        faces: vec![face],
        time_s: None,
    });
    finding.figures.push(Figure::Table {
        title: evil.clone(),
        columns: vec![evil],
        rows: vec![vec![HOSTILE.into(), long]],
    });
    let html = html::render(&report).unwrap();
    // Two scripts, both ours: data that never runs, and the one with a digest.
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(html.matches("</script").count(), 2);
    let data = html.find("<script id=\"timeline-data\" type=\"application/json\">").unwrap();
    let end = data + html[data..].find("</script>").unwrap();
    assert!(!html[data + 1..end].contains('<'), "nothing in the data can end it");
    let html = html.replace(&html[data..end + "</script>".len()], "");
    let html = without_script(&html).replace("<script>…</script>", "");
    assert!(!html.contains("<script") && !html.contains("<img src=x"));
    assert!(
        html.contains("&lt;script&gt;") && html.contains("⟨U+202E⟩") && html.contains("⟨U+0000⟩")
    );
    assert!(!html.chars().any(|c| c != '\n' && waarmerk::text::hides(c)));
    assert!(html.contains("[… +"), "what is cut is counted");
    assert!(html.contains("<bdi class=\"text long\">"), "words that no column holds are broken");
    assert!(html.len() < 2_000_000, "{}", html.len());
    // Nothing that could run or load: no handler, no address but data and anchors.
    let tags: Vec<&str> = html.split('<').skip(1).filter_map(|p| p.split('>').next()).collect();
    for tag in tags {
        // Every other piece between quotes is a value.
        let bare: Vec<&str> = tag.split('"').step_by(2).collect();
        let bare = bare.concat();
        assert!(
            !bare.starts_with("script") && !bare.contains(" style=") && !bare.contains(" on"),
            "{bare}"
        );
        for at in ["src=\"", "href=\""] {
            if let Some((_, address)) = tag.split_once(at) {
                assert!(address.starts_with('#') || address.starts_with("data:image/"), "{bare}");
            }
        }
    }
}

#[test]
fn the_page_has_structure_for_readers_of_every_kind() {
    for lang in [Lang::En, Lang::Nl] {
        let html = html::render(&full(lang, Redact::Faces)).unwrap();
        assert!(html.contains("default-src 'none'") && html.contains("style-src 'sha256-"));
        assert!(html.contains("script-src 'sha256-") && !html.contains("unsafe"));
        let script = html.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        use base64::Engine as _;
        use sha2::Digest as _;
        let digest = base64::engine::general_purpose::STANDARD
            .encode(sha2::Sha256::digest(script.as_bytes()));
        assert!(html.contains(&format!("script-src 'sha256-{digest}'")), "or it would not run");
        assert_eq!(html.matches("<h1").count(), 1);
        let levels: Vec<u32> = html
            .match_indices("<h")
            .filter_map(|(i, _)| html[i + 2..].chars().next()?.to_digit(10))
            .collect();
        assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "a level is skipped: {levels:?}");
        assert_eq!(
            html.matches("<th").count(),
            html.matches("<thead").count() + html.matches(" scope=\"").count()
        );
        assert_eq!(html.matches("<img").count(), html.matches(" alt=\"").count());
        assert_eq!(html.matches("<svg").count(), html.matches("role=\"img\" aria-label=").count());
        for (_, anchor) in html.match_indices("href=\"#").map(|(i, _)| (i, &html[i + 7..])) {
            let id = anchor.split('"').next().unwrap();
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}

#[test]
fn no_word_is_left_in_the_other_language() {
    let (en, nl) = (full(Lang::En, Redact::Faces), full(Lang::Nl, Redact::Faces));
    let (en, nl) = (words(&html::render(&en).unwrap()), words(&html::render(&nl).unwrap()));
    // Names, evidence and the few words both languages share.
    let same = |w: &str| {
        let known = [
            "SHA-256",
            "SHA-512",
            "video",
            "h264",
            "High",
            "yuv420p",
            "bt709",
            "aac",
            "Tag",
            "Box",
            "container",
            "spectrum",
            "pulse",
            "voice",
            "Status",
            "waarmerk 0.1.0",
            "Model",
            "median",
            "indicator",
            "Container",
        ];
        known.contains(&w)
            || w.contains("interview")
            || w.contains("mov,mp4")
            || w.contains("handler")
            || w.contains("Handler")
            || w.contains("brand")
            || w.contains("isom")
            || w.contains("ncoder")
            || w.contains("Lavf")
            || w.contains("moov/")
            || w.contains("enabled, in movie")
            || w.contains("3f1c9b")
            || w.contains("9d9d")
            || w.contains("8ca7")
            || w.contains("libav")
            || w.contains("mediapipe")
            || w.contains("face_mesh")
            || w.contains("Apache")
            || w.contains("1055cb")
            || w.contains("waarmerk examine")
            || w.contains("--")
            || w.contains("Durall")
            || w.contains("2026-01-02T")
            || w.contains("512 × 512")
            || [
                "slope",
                "high_band_db",
                "peak_z",
                "boxes",
                "power_slope",
                "duration_s",
                "no-peaks",
                "cpu",
                "auto",
            ]
            .iter()
            .any(|q| w.trim_start_matches("spectrum: ").starts_with(q))
            || ["open", "pass", "container,spectrum", "bytes", "WM-"]
                .iter()
                .any(|q| w.starts_with(q))
            || w.contains("kbit/s")
            || w.starts_with("h264, ")
            || w.contains("bytes")
    };
    let leaked: Vec<&String> = nl.iter().filter(|w| en.contains(w) && !same(w)).collect();
    assert!(leaked.is_empty(), "{leaked:#?}");
    assert!(en.len() > 200 && nl.len() > 200);
}

#[test]
fn no_sentence_mixes_the_languages() {
    let english = ["the", "and", "from", "points", "with", "values", "which", "curves", "frames"];
    let dutch = ["het", "een", "van", "punten", "niet", "zijn", "waarden", "krommen", "beelden"];
    for (lang, foreign) in [(Lang::En, dutch), (Lang::Nl, english)] {
        for report in [full(lang, Redact::Faces), small(lang)] {
            for sentence in words(&html::render(&report).unwrap()) {
                let mut split = sentence.split(|c: char| !c.is_alphabetic());
                assert!(!split.any(|word| foreign.contains(&word)), "{sentence}");
            }
        }
    }
}

#[test]
fn pictures_follow_the_redaction_and_the_report_says_which() {
    for (how, words) in [(Redact::Faces, "faces only"), (Redact::None, "without redaction")] {
        let html = html::render(&full(Lang::En, how)).unwrap();
        assert!(html.contains(words) && html.contains(&format!("--redact {}", how.name())));
        assert!(html.contains(&format!("alt=\"Frame with the steepest fall – {words}")));
        let (image, face) = scene();
        let wanted = redact::jpeg(&image, &[face], how).unwrap().unwrap();
        use base64::Engine as _;
        assert!(html.contains(&base64::engine::general_purpose::STANDARD.encode(wanted)));
    }
    let html = html::render(&full(Lang::En, Redact::All)).unwrap();
    assert!(html.contains("shows no picture of the material") && html.contains("--redact all"));
    assert!(html.contains("Frame with the steepest fall") && !html.contains("data:image/jpeg"));
}

#[test]
fn a_map_over_the_picture_follows_the_redaction_and_a_spectrum_does_not() {
    let map = |scene: Option<Vec<Rect>>, values: Vec<f32>| Figure::Heat {
        title: Text::same("Map"),
        width: 64,
        height: 64,
        values,
        x: Axis::default(),
        y: Axis::default(),
        scale: Text::same("strength"),
        scene,
    };
    let checker = |levels: [f32; 2]| (0..64 * 64).map(|i| levels[(i + i / 64) % 2]).collect();
    let drawn = |figure: Figure, how: Redact| {
        let mut report = small(Lang::En);
        report.redact = how;
        report.checks[0].finding.figures = vec![figure];
        let html = html::render(&report).unwrap();
        let start = html.find("data:image/png;base64,")?;
        Some(html[start..].split('"').next()?.to_owned())
    };
    let open = drawn(map(None, checker([0.0, 1.0])), Redact::All).unwrap();
    let of = |how, levels| drawn(map(Some(Vec::new()), checker(levels)), how);
    assert_eq!(of(Redact::None, [0.0, 1.0]).unwrap(), open);
    let coarse = of(Redact::Faces, [0.0, 1.0]).unwrap();
    assert_ne!(coarse, open);
    assert_eq!(coarse, of(Redact::Faces, [1.0, 0.0]).unwrap(), "means of blocks, no cells");
    assert!(of(Redact::All, [0.0, 1.0]).is_none(), "not drawn");
}

#[test]
fn what_answers_comes_first_and_the_rest_is_one_table() {
    let mut report = small(Lang::En);
    let silent = |name: &str, status, reason: &str| {
        let mut checked = report.checks[2].clone();
        let reason = Text::new(reason, format!("nl {reason}"));
        checked.name = name.to_owned();
        checked.finding = waarmerk::checks::Finding::abstain(status, reason);
        checked
    };
    use waarmerk::checks::Status::{Error, Insufficient, NotApplicable};
    let more = [
        silent("gaze", NotApplicable, "There is no face."),
        silent("hum", Insufficient, "The sound is too short."),
        silent("blink", NotApplicable, "There is no face."),
        silent("ela", Error, "It broke."),
    ];
    report.checks.splice(0..0, more);
    // A silent check with something to show keeps a section, after the others.
    let figures = vec![report.checks[4].finding.figures[0].clone()];
    report.checks[1].finding.figures = figures;
    let html = html::render(&report).unwrap();
    let sections: Vec<&str> = html
        .match_indices("<article class=\"check\" id=\"check-")
        .map(|(i, found)| html[i + found.len()..].split('"').next().unwrap())
        .collect();
    assert_eq!(sections, ["container", "spectrum", "hum"]);
    let table = html.split_once("id=\"silent\"").unwrap().1.split_once("</section>").unwrap().0;
    let rows: Vec<&str> = table.split("<tr>").skip(2).collect();
    let names = ["ela", "hum", "pulse", "gaze, blink", "voice"];
    assert_eq!(rows.len(), names.len());
    for (row, names) in rows.iter().zip(names) {
        let head = row.split_once("</th>").unwrap().0;
        let bare: String = head.split('<').map(|p| p.split_once('>').map_or(p, |p| p.1)).collect();
        assert_eq!(bare, names);
    }
    assert!(table.contains("There is no face.") && table.contains("It broke."));
    // Whatever was found, the order is the same, and nothing is lost.
    report.checks[5].finding.score = Some(99.0);
    assert_eq!(report.sections().len(), 3);
    let json = json::findings(&report).unwrap();
    assert_eq!(json.matches("\"check\":").count(), 7);
}

#[test]
fn the_live_time_line_holds_every_signal_and_its_pictures() {
    let report = full(Lang::Nl, Redact::Faces);
    let html = html::render(&report).unwrap();
    let data = live(&html);
    assert_eq!(data["tracks"].as_array().unwrap().len(), 3);
    assert_eq!(data["tracks"][2]["name"], "spectrum: peak_z, gezicht 0");
    let values: usize =
        data["tracks"].as_array().unwrap().iter().map(|t| t["v"].as_array().unwrap().len()).sum();
    assert!((10_000..=60_000).contains(&values), "{values}");
    let frame = &data["frames"][0];
    assert_eq!(frame["t"], 5120.0);
    let id = frame["id"].as_str().unwrap();
    let figure = html.split_once(&format!("<figure id=\"{id}\">")).unwrap().1;
    assert!(figure.split_once("</figure>").unwrap().0.contains("<img src=\"data:image/jpeg"));
    assert_eq!(data["words"]["closer"], "Inzoomen");
    let mut still = small(Lang::En);
    still.checks[1].finding.measurements.clear();
    let html = html::render(&still).unwrap();
    assert!(!html.contains("<script"), "no time, no script");
}

#[test]
fn what_the_laboratory_says_stands_in_the_report() {
    let mut report = small(Lang::Nl);
    let before = report.id().unwrap();
    report.lab = waarmerk::report::Lab {
        laboratory: Some("Lab <b>Noord</b>".into()),
        letterhead: vec!["Straat 1".into()],
        question: Some("Is het gezicht vervangen?".into()),
        reviewer: Some("T. Lezer".into()),
        ..Default::default()
    };
    assert_ne!(report.id().unwrap(), before);
    let html = html::render(&report).unwrap();
    assert!(html.contains("Lab &lt;b&gt;Noord&lt;/b&gt;") && html.contains("Straat 1"));
    assert_eq!(
        html.matches("Is het gezicht vervangen?").count(),
        3,
        "on top, with the pairs, at the end"
    );
    assert_eq!(html.matches("T. Lezer").count(), 2);
}

#[test]
fn no_words_are_put_on_a_raw_score() {
    for lang in [Lang::En, Lang::Nl] {
        let html = html::render(&full(lang, Redact::Faces)).unwrap().to_lowercase();
        for phrase in
            ["% fake", "% nep", "certainly", "proves", "met zekerheid", "bewijst", "probability of"]
        {
            assert!(!html.contains(phrase), "{phrase}");
        }
    }
    let html = html::render(&small(Lang::Nl)).unwrap();
    assert!(html.contains("Er kan geen likelihood ratio worden gegeven."));
}

#[test]
fn plots_stay_small_however_long_the_clip() {
    let points = |k: f64| {
        (0..432_000).map(|i| (f64::from(i) / 30.0, (f64::from(i) * k).sin())).collect::<Vec<_>>()
    };
    let tracks: Vec<Track> = (1..=16)
        .map(|i| Track { name: format!("signal {i}"), points: points(f64::from(i) * 0.37) })
        .collect();
    let svg = timeline(&tracks, 14_400.0, &[10.0, 7000.0], Lang::En).unwrap();
    assert!(svg.len() < 300_000, "{}", svg.len());
    assert!(svg.contains("<title>") && svg.contains("<desc>") && svg.contains("4:00:00"));
    let many: Vec<Track> = tracks.iter().cycle().take(80).cloned().collect();
    let svg = timeline(&many, 14_400.0, &[], Lang::En).unwrap();
    assert!(svg.len() < 300_000, "{}", svg.len());
    let series = tracks
        .iter()
        .map(|t| Series { name: Text::same(&t.name), points: t.points.clone() })
        .collect();
    let title = Text::same("all");
    let lines =
        Figure::Lines { title: title.clone(), x: Axis::default(), y: Axis::default(), series };
    let svg = draw(&lines, Lang::En).unwrap();
    assert!(svg.len() < 300_000, "{}", svg.len());
    let values = (0..2000 * 3000).map(|i| (i as f32 * 0.001).sin()).collect();
    let (x, y) = (Axis::default(), Axis::default());
    let heat = Figure::Heat {
        title: title.clone(),
        width: 3000,
        height: 2000,
        values,
        x,
        y,
        scale: title,
        scene: None,
    };
    assert!(draw(&heat, Lang::En).unwrap().len() < 4_000_000);
}

#[test]
fn a_single_peak_in_a_long_signal_is_drawn() {
    let mut points: Vec<(f64, f64)> = (0..400_000).map(|i| (f64::from(i), 0.0)).collect();
    points[123_456].1 = 1.0;
    let svg = timeline(&[Track { name: "t".into(), points }], 400_000.0, &[], Lang::En).unwrap();
    let curve = svg.split("<polyline").find(|p| p.contains("#0072B2")).unwrap();
    let ys: Vec<i32> = curve
        .split("points=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|p| p.split_once(',').unwrap().1.parse().unwrap())
        .collect();
    assert_eq!(ys.iter().filter(|&&y| y < *ys.iter().max().unwrap()).count(), 1);
}

#[test]
fn a_gap_interrupts_the_curve() {
    let svg = draw(&small(Lang::En).checks[1].finding.figures[0], Lang::En).unwrap();
    assert_eq!(
        svg.matches("fill=\"none\" opacity=\"1\" stroke=\"#0072B2\" stroke-width=\"3\"").count(),
        2
    );
}

#[test]
fn empty_and_absurd_figures_do_not_break_the_report() {
    let mut report = small(Lang::En);
    let none = || Axis::default();
    let t = || Text::same("t");
    let odd =
        vec![(f64::MAX, f64::MIN), (f64::NAN, 1.0), (f64::INFINITY, 0.0), (-f64::MAX, f64::MAX)];
    let lines = |points, log| Figure::Lines {
        title: t(),
        x: Axis { log, range: Some((5.0, 1.0)), ..none() },
        y: Axis { log, ..none() },
        series: vec![Series { name: t(), points }],
    };
    report.checks[0].finding.figures = vec![
        Figure::Lines { title: t(), x: none(), y: none(), series: vec![] },
        lines(odd.clone(), false),
        lines(odd, true),
        lines(vec![], true),
        Figure::Heat {
            title: t(),
            width: 2,
            height: 2,
            values: vec![f32::NAN; 4],
            x: none(),
            y: none(),
            scale: t(),
            scene: None,
        },
        Figure::Heat {
            title: t(),
            width: usize::MAX,
            height: 2,
            values: vec![],
            x: none(),
            y: none(),
            scale: t(),
            scene: None,
        },
        Figure::Picture {
            title: t(),
            image: image::RgbImage::new(0, 0),
            faces: vec![],
            time_s: None,
        },
        Figure::Table { title: t(), columns: vec![], rows: vec![] },
    ];
    let html = html::render(&report).unwrap();
    assert_eq!(html.matches("This figure could not be drawn").count(), 2);
    pdf::render(&report).unwrap();
    report.checks.clear();
    report.exhibit.video = None;
    report.exhibit.audio = None;
    report.exhibit.duration_s = None;
    assert!(html::render(&report).unwrap().contains("No check was run."));
    pdf::render(&report).unwrap();
}

/// Leaves the realistic reports where a person can look at them.
#[test]
fn reports_to_look_at() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (lang, name) in [(Lang::En, "report-en.html"), (Lang::Nl, "report-nl.html")] {
        let html = html::render(&full(lang, Redact::Faces)).unwrap();
        assert!(html.len() < 2_000_000, "{}", html.len());
        std::fs::write(folder.join(name), html).unwrap();
        let pdf = pdf::render(&full(lang, Redact::Faces)).unwrap();
        std::fs::write(folder.join(name).with_extension("pdf"), pdf).unwrap();
    }
    let hostile = html::render(&small(Lang::En)).unwrap();
    std::fs::write(folder.join("report-hostile.html"), hostile).unwrap();
}

#[test]
fn what_is_asked_stands_as_pairs_and_each_only_where_it_suits() {
    use waarmerk::media::Kind;
    use waarmerk::report::proposition::{Subject, pairs};
    let mut report = small(Lang::Nl);
    let about = |report: &waarmerk::report::Report| {
        pairs(report).into_iter().map(|p| p.about.en).collect::<Vec<_>>()
    };
    assert_eq!(about(&report).len(), 6, "a video with sound can be asked all");
    report.exhibit.kind = Kind::Audio;
    assert!(!about(&report).iter().any(|a| a.contains("face") || a.contains("picture")));
    report.exhibit.kind = Kind::Image;
    report.exhibit.audio = None;
    assert_eq!(about(&report).len(), 4);
    report.lab.about = vec![Subject::Republished];
    report.lab.proposition_1 = Some("<b>a</b>".into());
    report.lab.proposition_2 = Some("b".into());
    assert_eq!(about(&report), ["As asked", "Coded again or published again"]);
    let html = html::render(&report).unwrap();
    assert!(html.contains("&lt;b&gt;a&lt;/b&gt;") && html.contains("Hergecodeerd of opnieuw"));
    assert!(html.contains("Dit onderzoek maakte geen deel uit van een zaak"));
}

#[test]
fn an_empty_result_has_no_standing() {
    let mut report = small(Lang::En);
    let badge = |report: &waarmerk::report::Report| {
        let html = html::render(report).unwrap();
        let article = html.split_once("id=\"check-container\"").unwrap().1;
        article.split_once("</article>").unwrap().0.contains("evidential")
    };
    assert!(badge(&report));
    report.checks[0].finding.state = Some("none".into());
    assert!(!badge(&report) && !report.checks[0].found());
    report.checks[0].finding.state = Some("present".into());
    report.checks[0].finding.log10_nfa = Some(0.3);
    assert!(!badge(&report), "no fewer false alarms than chance brings");
}
