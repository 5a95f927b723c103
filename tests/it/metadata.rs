//! Metadata of files that ffmpeg writes, and of camera files.

use std::path::Path;

use waarmerk::checks::{Figure, Finding, Status, metadata::ENTRY};

use super::container::{examine, ffmpeg};

/// The rows of the list of statements: source, tag, value.
fn rows(finding: &Finding) -> Vec<&Vec<String>> {
    finding
        .figures
        .iter()
        .filter_map(|f| match f {
            Figure::Table { title, rows, .. } if title.en == "What the file says" => Some(rows),
            _ => None,
        })
        .flatten()
        .collect()
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

#[test]
fn tags_and_times_of_films_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["film.mp4", "film.mov", "film.mkv", "film.avi", "sound.mp3", "sound.flac"] {
        let path = folder.path().join(name);
        let mut arguments = vec![
            "-metadata",
            "title=Proefopname",
            "-metadata",
            "creation_time=2021-03-04T05:06:07Z",
        ];
        arguments.extend(if name.starts_with("sound") {
            ["-map", "1:a"]
        } else {
            ["-c:v", "mpeg4"]
        });
        if !ffmpeg(&arguments, &path) {
            return;
        }
        let finding = examine(&ENTRY, &path);
        assert_eq!(finding.status, Status::Observed);
        assert!(rows(&finding).iter().any(|r| r[2] == "Proefopname"), "{name}: {finding:?}");
        let titles = rows(&finding).iter().filter(|r| r[2] == "Proefopname").count();
        assert_eq!(titles, 1, "{name}: {:?}", rows(&finding));
        let counted = ["container_statements", "ffmpeg_statements"].map(|q| value(&finding, q));
        let counted: f64 = counted.into_iter().flatten().sum();
        assert_eq!(counted, rows(&finding).len() as f64);
        if name.starts_with("film.m") {
            let dated = |r: &&Vec<String>| r[2].starts_with("2021-03-04T05:06:07");
            assert!(rows(&finding).iter().any(dated), "{name}: {:?}", rows(&finding));
        }
    }
}

/// A PNG of one grey pixel with these text chunks.
fn png(texts: &[(&str, &str)]) -> Vec<u8> {
    let chunk = |kind: &[u8], body: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(body);
        [&(body.len() as u32).to_be_bytes(), kind, body, &crc.sum().to_be_bytes()].concat()
    };
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]));
    for (key, value) in texts {
        out.extend(chunk(b"tEXt", format!("{key}\0{value}").as_bytes()));
    }
    out.extend(chunk(b"IEND", b""));
    out
}

#[test]
fn declared_artificial_origin_is_listed_and_ordinary_text_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.png");
    let settings = "\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1";
    let long = format!("a portrait, {}{settings}", "very ".repeat(200));
    std::fs::write(
        &path,
        png(&[
            ("parameters", &long),
            ("Software", "ComfyUI"),
            ("Title", "my prompt"),
            ("Author", "A"),
        ]),
    )
    .unwrap();
    let finding = examine(&ENTRY, &path);
    assert_eq!(value(&finding, "declared_ai_markers"), Some(2.0));
    assert_eq!(value(&finding, "png_text_statements"), Some(4.0));
    assert!(finding.summary.en.contains("artificial origin: 2;"));
    let shown = rows(&finding).into_iter().find(|r| r[1] == "parameters").unwrap();
    let left = format!(" [… +{}]", 712 + settings.len());
    assert!(shown[2].ends_with(&left), "{}", shown[2]);
    let full = &finding.attachments[0].data["statements"];
    let full = full.as_array().unwrap().iter().find(|s| s["tag"] == "parameters").unwrap();
    assert_eq!(full["value"].as_str(), Some(long.as_str()));
    let plain = folder.path().join("plain.png");
    std::fs::write(&plain, png(&[("Title", "my prompt"), ("Software", "GIMP 2.10")])).unwrap();
    let finding = examine(&ENTRY, &plain);
    assert_eq!(value(&finding, "declared_ai_markers"), Some(0.0));
    assert!(finding.summary.en.contains("editing program is named (gimp)"));
}

#[test]
fn words_in_ordinary_fields_are_no_programs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("painting.png");
    let of = |texts: &[(&str, &str)]| {
        std::fs::write(&path, png(texts)).unwrap();
        examine(&ENTRY, &path)
    };
    let finding = of(&[
        ("Source", "oil on canvas, Photoshop of the soul"),
        ("Description", "Stable Diffusion of heat; OpenAI"),
        ("Software", "Editor de imagen, Reminiscence, Firefly Viewer, canvas"),
    ]);
    assert!(!finding.summary.en.contains("editing program"), "{}", finding.summary.en);
    assert_eq!(value(&finding, "declared_ai_markers"), Some(0.0));
    for (signed, name) in
        [("Canva (Renderer)", "canva"), ("GIMP3", "gimp"), ("x/Photoshop/2", "photoshop")]
    {
        let finding = of(&[("Software", signed)]);
        assert!(finding.summary.en.contains(&format!("is named ({name})")), "{signed}");
        assert!(finding.summary.nl.contains(&format!("genoemd ({name})")), "{signed}");
    }
    assert_eq!(value(&of(&[("Software", "Adobe Firefly")]), "declared_ai_markers"), Some(1.0));
}

#[test]
fn a_source_type_is_judged_by_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typed.png");
    let base = "http://cv.iptc.org/newscodes/digitalsourcetype/";
    for (code, generated) in [
        ("digitalCapture", 0.0),
        ("algorithmicallyEnhanced", 0.0),
        ("trainedAlgorithmicMedia", 1.0),
        ("compositeWithTrainedAlgorithmicMedia", 1.0),
    ] {
        let packet = format!(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
             xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
             xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' \
             e:DigitalSourceType='{base}{code}'/></rdf:RDF></x:xmpmeta>"
        );
        // A chunk of international text: flags, language, translated keyword.
        let text = format!("\0\0\0\0{packet}");
        let bytes = png(&[("XML:com.adobe.xmp", &text)]);
        let at = bytes.windows(4).position(|w| w == b"tEXt").unwrap();
        let mut bytes = bytes;
        bytes[at..at + 2].copy_from_slice(b"iT");
        std::fs::write(&path, bytes).unwrap();
        let finding = examine(&ENTRY, &path);
        assert_eq!(value(&finding, "declared_ai_markers"), Some(generated), "{code}");
        assert_eq!(value(&finding, "other_source_types"), Some(1.0 - generated), "{code}");
        let named = finding.summary.en.contains(&format!("source type stated is {code}."));
        assert_eq!(named, generated == 0.0, "{}", finding.summary.en);
    }
}

#[test]
fn nothing_found_is_said_to_prove_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.png");
    if !ffmpeg(&["-frames:v", "1", "-fflags", "+bitexact"], &path) {
        return;
    }
    let finding = examine(&ENTRY, &path);
    assert_eq!(finding.state.as_deref(), Some("none"));
    assert!(finding.summary.en.contains("proves nothing"));
    assert!(finding.summary.nl.contains("bewijst niets"));
}

#[test]
fn camera_files_say_what_exiftool_says_of_them() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(
            "camera_files_say_what_exiftool_says_of_them",
            "WAARMERK_SHARED is not set",
        );
        return;
    };
    let camera = Path::new(&shared).join("data/camera");
    let nikon = examine(&ENTRY, &camera.join("87_OSError.jpg"));
    // exiftool -n -GPSLatitude -GPSLongitude: 43.7855944444444 11.2346194444444
    assert!((value(&nikon, "latitude_deg").unwrap() - 43.785_594_444).abs() < 1e-6);
    assert!((value(&nikon, "longitude_deg").unwrap() - 11.234_619_444).abs() < 1e-6);
    assert_eq!(value(&nikon, "maker_note_bytes"), Some(28_378.0));
    assert_eq!(value(&nikon, "iptc_statements"), Some(4.0));
    assert!(nikon.summary.en.contains("Camera: NIKON CORPORATION NIKON D70s."));
    assert!(nikon.summary.en.contains("lightroom"), "{}", nikon.summary.en);
    let canon = examine(&ENTRY, &camera.join("28-hex_value.jpg"));
    assert!(canon.summary.en.contains("Capture time: 2008:08:21 14:53:03."));
    assert!(canon.summary.en.contains("changed at another time: 2008:08:31 10:41:19."));
}
