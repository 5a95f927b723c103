//! The check on files made up here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

use std::path::Path;

use super::*;
use crate::checks::{Figure, Status};
use crate::media::{Exhibit, Kind};

/// A finding on these bytes as a file.
fn examine(bytes: &[u8]) -> Finding {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exhibit");
    std::fs::write(&path, bytes).unwrap();
    of(&path, &[])
}

fn exhibit(path: &Path, tags: &[(&str, &str)]) -> Exhibit {
    Exhibit {
        path: path.to_owned(),
        name: "exhibit".into(),
        bytes: 0,
        sha256: String::new(),
        sha512: String::new(),
        kind: Kind::Image,
        container: String::new(),
        duration_s: None,
        video: None,
        picture_error: None,
        audio: None,
        tags: tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        notes: Vec::new(),
    }
}

fn of(path: &Path, tags: &[(&str, &str)]) -> Finding {
    let exhibit = exhibit(path, tags);
    let mut check = (ENTRY.make)(&crate::checks::Options::default());
    check.begin(&exhibit).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|v| v.quantity == quantity).map_or(f64::NAN, |v| v.value)
}

/// The kinds found, in order.
fn kinds(finding: &Finding) -> Vec<&str> {
    let words = finding.figures.iter().filter_map(|f| match f {
        Figure::Words { title, rows, .. } if title.en == "Statements found" => Some(rows),
        _ => None,
    });
    words.flatten().map(|row| row[0].en.as_str()).collect()
}

fn rows<'a>(finding: &'a Finding, start: &str) -> Vec<&'a Vec<String>> {
    finding
        .figures
        .iter()
        .filter_map(|f| match f {
            Figure::Table { title, rows, .. } if title.en.starts_with(start) => Some(rows),
            _ => None,
        })
        .flatten()
        .collect()
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

fn xmp(properties: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
         xmlns:e=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" {properties}/></rdf:RDF></x:xmpmeta>"
    )
}

/// A JPEG without a picture, with these application segments.
fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    for (code, body) in segments {
        out.extend([0xff, *code]);
        out.extend(((body.len() + 2) as u16).to_be_bytes());
        out.extend(body);
    }
    out.extend([0xff, 0xd9]);
    out
}

fn jpeg_xmp(properties: &str) -> Vec<u8> {
    let body = [b"http://ns.adobe.com/xap/1.0/\0", xmp(properties).as_bytes()].concat();
    jpeg(&[(0xe1, body)])
}

/// EXIF with one text in the first directory and one user comment (ASCII).
fn jpeg_exif(tag: u16, text: &str, comment: &str) -> Vec<u8> {
    let text = [text.as_bytes(), b"\0"].concat();
    let comment = [b"ASCII\0\0\0", comment.as_bytes()].concat();
    let entry = |tag: u16, kind: u16, count: usize, at: usize| {
        [
            &tag.to_be_bytes()[..],
            &kind.to_be_bytes(),
            &(count as u32).to_be_bytes(),
            &(at as u32).to_be_bytes(),
        ]
        .concat()
    };
    let (first, second) = (8 + 2 + 24 + 4, 8 + 2 + 24 + 4 + 2 + 12 + 4);
    let data = second;
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    tiff.extend(entry(tag, 2, text.len(), data));
    tiff.extend(entry(0x8769, 4, 1, first));
    tiff.extend([0; 4]);
    tiff.extend([0, 1]);
    tiff.extend(entry(0x9286, 7, comment.len(), data + text.len()));
    tiff.extend([0; 4]);
    tiff.extend(text);
    tiff.extend(comment);
    jpeg(&[(0xe1, [b"Exif\0\0", &tiff[..]].concat())])
}

const INFO: &str = "a lighthouse\nNegative prompt: fog\nSteps: 25, Sampler: DPM++ 2M, CFG scale: 7, \
                    Seed: 7, Size: 64x64, Model: m";

#[test]
fn every_source_type_is_judged_by_its_meaning() {
    let base = "http://cv.iptc.org/newscodes/digitalsourcetype/";
    for (term, declares) in [
        ("trainedAlgorithmicMedia", true),
        ("compositeWithTrainedAlgorithmicMedia", true),
        ("compositeSynthetic", true),
        ("algorithmicMedia", true),
        ("digitalCapture", false),
        ("humanEdits", false),
        ("noSuchTerm", false),
    ] {
        let finding = examine(&jpeg_xmp(&format!("e:DigitalSourceType=\"{base}{term}\"")));
        assert_eq!(finding.state.as_deref(), Some(if declares { "declared" } else { "none" }));
        assert_eq!(value(&finding, "source_type_statements"), 1.0, "{term}");
        assert_eq!(value(&finding, "declared_markers"), f64::from(u8::from(declares)), "{term}");
        assert!(finding.summary.en.contains(term) && finding.summary.nl.contains(term));
        assert_eq!(finding.summary.en.contains("not a term"), term == "noSuchTerm");
    }
}

#[test]
fn settings_are_found_and_taken_apart_wherever_they_stand() {
    let comfy = r#"{"1":{"class_type":"UNETLoader","inputs":{"unet_name":"wan2.1.safetensors"}}}"#;
    let invoke = r#"{"positive_prompt":"a cat","seed":12,"model":{"name":"sdxl"}}"#;
    let novel = r#"{"prompt":"x","steps":28,"sampler":"k_euler","seed":1,"uc":"bad"}"#;
    let fooocus = r#"{"prompt":"x","base_model":"jugger","seed":"1","steps":30,"sampler":"dpmpp"}"#;
    let aigc = r#"{"AIGC":{"Label":"1","ContentProducer":"x","ProduceID":"y"}}"#;
    for (bytes, kind, cell) in [
        (png(&[("parameters", INFO)]), INFOTEXT, "DPM++ 2M"),
        (jpeg_exif(0x010e, "A view", INFO), INFOTEXT, "a lighthouse"),
        (jpeg(&[(0xfe, INFO.as_bytes().to_vec())]), INFOTEXT, "fog"),
        (png(&[("prompt", comfy)]), COMFYUI, "wan2.1.safetensors"),
        (jpeg_exif(0x010f, &format!("Prompt:{comfy}"), ""), COMFYUI, "UNETLoader"),
        (png(&[("invokeai_metadata", invoke)]), INVOKEAI, "a cat"),
        (
            png(&[("Dream", "\"a cat\" -s 50 -S 42 -W 512")]),
            INVOKEAI,
            "\"a cat\" -s 50 -S 42 -W 512",
        ),
        (png(&[("Comment", novel)]), NOVELAI, "k_euler"),
        (png(&[("parameters", fooocus)]), SETTINGS, "jugger"),
        (png(&[("AIGC", r#"{"Label":"2"}"#)]), AIGC, "2"),
        (jpeg_exif(0x010e, "A view", aigc), AIGC, "y"),
    ] {
        let finding = examine(&bytes);
        assert_eq!(kinds(&finding), [kind]);
        assert_eq!(finding.state.as_deref(), Some("declared"));
        let settings = rows(&finding, "Settings stated in");
        assert!(settings.iter().any(|r| r[1] == cell), "{kind}: {settings:?}");
    }
}

#[test]
fn names_count_as_maker_and_not_as_subject() {
    for (bytes, expected) in [
        (png(&[("Software", "NovelAI")]), &[NAME][..]),
        (jpeg_exif(0x0131, "Stable Diffusion 3", ""), &[NAME]),
        (jpeg_xmp("xmp:CreatorTool=\"Adobe Firefly\""), &[NAME]),
        (jpeg_xmp("e:AISystemUsed=\"a model\""), &[AI_FIELDS]),
        (jpeg_exif(0x010e, "A cat, generated by Midjourney", ""), &[MADE_WITH]),
        (
            png(&[("Description", "a cat Job ID: 0c4f9ab1-2f61-4c61-9fb1-6d4b1a2f3c4d")]),
            &[MIDJOURNEY],
        ),
    ] {
        let finding = examine(&bytes);
        assert_eq!(kinds(&finding), expected);
        assert_eq!(value(&finding, "declared_markers"), 1.0);
    }
    let press = examine(&jpeg_exif(0x010e, "Protest at OpenAI, San Francisco", ""));
    assert_eq!((kinds(&press), press.state.as_deref()), (vec![MENTION], Some("none")));
    assert!(
        press.summary.en.contains("not counted") && press.summary.nl.contains("niet meegeteld")
    );
}

#[test]
fn a_comment_given_as_plain_bytes_is_read_too() {
    let mut bytes = jpeg_exif(0x0131, "a program", INFO);
    let at = bytes.windows(4).position(|w| w == [0x92, 0x86, 0, 7]).unwrap();
    // Type 1 (BYTE) for 7 (UNDEFINED), as some libraries write it.
    bytes[at + 3] = 1;
    let finding = examine(&bytes);
    assert_eq!(finding.state.as_deref(), Some("declared"), "{}", finding.summary.en);
}

#[test]
fn ordinary_files_declare_nothing_and_that_is_said_to_prove_nothing() {
    for bytes in [
        png(&[]),
        png(&[("parameters", "f/2.8, 1/125"), ("prompt", "$"), ("Comment", "{\"seed\":1}")]),
        png(&[("workflow", "{\"nodes\":[{\"type\":\"way\"}]}"), ("Software", "GIMP 2.10")]),
        jpeg_exif(0x0131, "Adobe Photoshop 25.0", "Imagen de prueba"),
        jpeg_xmp("xmp:CreatorTool=\"Picasa\""),
        b"no medium at all".to_vec(),
    ] {
        let finding = examine(&bytes);
        assert_eq!(finding.state.as_deref(), Some("none"), "{:?}", kinds(&finding));
        assert_eq!(finding.status, Status::Observed);
        assert_eq!(value(&finding, "declared_markers"), 0.0);
        assert!(finding.summary.en.contains("proves nothing"));
        assert!(finding.summary.nl.contains("bewijst niets"));
        // Said what was looked for, and what not.
        let told = finding
            .figures
            .iter()
            .any(|f| matches!(f, Figure::Words { rows, .. } if rows.len() == KINDS.len()));
        assert!(told, "what was looked for");
        assert!(finding.warnings[0].en.contains("Not looked for"));
        assert!(finding.warnings[0].nl.contains("niet gezocht"));
    }
}

#[test]
fn tags_of_films_and_sounds_count_once_though_two_readers_tell_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sound.mp3");
    std::fs::write(&path, b"no medium at all").unwrap();
    let finding = of(&path, &[("comment", "made with suno"), ("TIT2", "made with suno")]);
    assert_eq!(kinds(&finding), [MADE_WITH]);
    let twice = of(&path, &[("comment", "made with suno"), ("comment", "made with suno")]);
    assert_eq!(value(&twice, "declared_markers"), 1.0);
}

#[test]
fn a_manifest_is_told_and_not_judged() {
    let boxes = |label: &[u8; 4]| {
        let head = [b"JP\0\x01\0\0\0\x01", &[0u8, 0, 0, 38][..], b"jumb"].concat();
        let kind = [&[0u8, 0, 0, 30][..], b"jumd", label, &[0; 12], &[3], label, &[0]].concat();
        jpeg(&[(0xeb, [head, kind].concat())])
    };
    // Boxes of another standard are no manifest.
    let other = examine(&boxes(b"surf"));
    assert!(kinds(&other).is_empty());
    assert_eq!(value(&other, "c2pa_present"), 0.0);
    let finding = examine(&boxes(b"c2pa"));
    assert_eq!((kinds(&finding), finding.state.as_deref()), (vec![C2PA], Some("none")));
    assert_eq!(value(&finding, "c2pa_present"), 1.0);
    assert!(finding.summary.en.contains("A C2PA manifest is present"));
}

#[test]
fn of_a_clip_without_its_index_nothing_is_said_to_be_absent() {
    let of_box = |kind: &[u8; 4], body: &[u8]| {
        let length = u32::try_from(8 + body.len()).unwrap().to_be_bytes();
        [&length[..], kind, body].concat()
    };
    let start = of_box(b"ftyp", b"isom\0\0\0\0isom");
    let cut = [start.clone(), of_box(b"mdat", &[7; 40])].concat();
    let whole = [start, of_box(b"moov", b""), of_box(b"mdat", &[7; 40])].concat();
    let folder = tempfile::tempdir().unwrap();
    for (bytes, status) in [(cut, Status::Insufficient), (whole, Status::Observed)] {
        let path = folder.path().join("exhibit.mp4");
        std::fs::write(&path, bytes).unwrap();
        let exhibit = exhibit(&path, &[]);
        for entry in [&ENTRY, &crate::checks::metadata::ENTRY, &crate::checks::c2pa::ENTRY] {
            let mut check = (entry.make)(&crate::checks::Options::default());
            check.begin(&exhibit).unwrap();
            let found = check.conclude().unwrap();
            assert_eq!(found.status, status, "{}", entry.name);
            let told = found.reason.as_ref().is_some_and(|why| why.en.contains("no index"));
            assert_eq!(told, status == Status::Insufficient, "{}", entry.name);
        }
    }
}
