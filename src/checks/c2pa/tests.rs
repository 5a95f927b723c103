#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use std::io::Cursor;
use std::path::Path;

use ::c2pa::{Builder, Context, EphemeralSigner, Settings, Signer};
use base64::Engine;
use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use super::manifest::Manifests;
use super::read::{State, anchors, read, state};
use crate::checks::declared_ai;
use crate::media::container::Structure;
use crate::media::{Exhibit, Limits};

const TRAINED: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

fn signer() -> EphemeralSigner {
    EphemeralSigner::new("signer.test").unwrap()
}

/// The signer's own authority in PEM.
fn authority(signer: &EphemeralSigner) -> String {
    let der = signer.certs().unwrap().pop().unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn plain() -> Vec<u8> {
    let picture = RgbImage::from_fn(64, 64, |x, y| Rgb([x as u8 * 3, y as u8 * 3, 90]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// A JPEG with a manifest that states that it was generated.
fn signed(signer: &EphemeralSigner) -> Vec<u8> {
    let settings = Settings::new()
        .with_json(&json!({ "verify": { "verify_after_sign": false } }).to_string())
        .unwrap();
    let context = Context::new().with_settings(settings).unwrap();
    let definition = json!({
        "title": "made.jpg",
        "claim_generator_info": [{ "name": "test program", "version": "7" }],
        "assertions": [{
            "label": "c2pa.actions.v2",
            "data": { "actions": [{ "action": "c2pa.created", "digitalSourceType": TRAINED }] }
        }]
    });
    let mut builder =
        Builder::from_context(context).with_definition(definition.to_string()).unwrap();
    let mut made = Cursor::new(Vec::new());
    builder.sign(signer, "image/jpeg", &mut Cursor::new(plain()), &mut made).unwrap();
    made.into_inner()
}

fn outcome(bytes: &[u8], pem: Option<&str>) -> super::read::Found {
    let folder = tempfile::tempdir().unwrap();
    let (file, list) = (folder.path().join("a.jpg"), folder.path().join("trust.pem"));
    std::fs::write(&file, bytes).unwrap();
    let trusted = pem.map(|pem| {
        std::fs::write(&list, pem).unwrap();
        anchors(&list).unwrap()
    });
    read(&file, &Structure::read(&file).unwrap(), trusted.as_ref()).unwrap()
}

#[test]
fn each_of_the_five_states_is_reached() {
    let signer = signer();
    let whole = signed(&signer);
    assert_eq!(outcome(&plain(), None).state, Some(State::None));
    assert_eq!(outcome(&whole, None).state, Some(State::ValidUntrusted));
    let other = authority(&self::signer());
    assert_eq!(outcome(&whole, Some(&other)).state, Some(State::ValidUntrusted));
    let own = authority(&signer);
    let trusted = outcome(&whole, Some(&own));
    assert_eq!(trusted.state, Some(State::ValidTrusted), "{:#}", trusted.report);

    // One byte of the picture's data changed.
    let mut changed = whole.clone();
    let last = changed.len() - 40;
    changed[last] ^= 1;
    let found = outcome(&changed, Some(&own));
    assert_eq!(found.state, Some(State::HashMismatch), "{:#}", found.report);

    // The claim itself no longer decodes.
    let mut broken = whole.clone();
    let claim = whole.windows(10).position(|w| w == b"c2pa.claim").unwrap();
    broken[claim + 30..claim + 40].fill(0xff);
    let found = outcome(&broken, Some(&own));
    assert_eq!(found.state, Some(State::Malformed), "{:?} {:#}", found.error, found.report);
}

#[test]
fn what_the_signer_states_is_read() {
    let found = outcome(&signed(&signer()), None);
    let m = &found.manifests;
    assert_eq!(m.generator, "test program 7");
    assert_eq!(m.actions.len(), 1);
    assert_eq!(
        (m.actions[0].name.as_str(), m.actions[0].source_type.as_str()),
        ("c2pa.created", TRAINED)
    );
    assert_eq!(m.source_types.len(), 1);
    assert!(m.source_types[0].of_this);
    assert!(!m.common_name.is_empty() || !m.signer.is_empty());
}

#[test]
fn the_finding_names_the_state_and_agrees_with_declared_ai() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jpg");
    let signer = signer();
    std::fs::write(&file, signed(&signer)).unwrap();
    let exhibit = Exhibit::open(&file, &Limits::default()).unwrap();
    let conclude = |entry: &crate::checks::Entry| {
        let mut check = (entry.make)(&crate::checks::Options::default());
        check.begin(&exhibit).unwrap();
        check.conclude().unwrap()
    };
    let finding = conclude(&super::ENTRY);
    assert_eq!(finding.state.as_deref(), Some("valid-untrusted"));
    assert!(
        finding.summary.en.contains("valid-untrusted")
            && finding.summary.nl.contains("valid-untrusted")
    );
    assert!(finding.summary.en.contains("generative AI"), "{}", finding.summary.en);
    let code = finding.values.iter().find(|v| v.quantity == "state_code").unwrap().value;
    assert_eq!(code, 3.0);
    assert_eq!(finding.attachments.len(), 1);
    // With the signer's authority among the user's own, it is trusted.
    let list = folder.path().join("trust.pem");
    std::fs::write(&list, authority(&signer)).unwrap();
    let options =
        crate::checks::Options { trust_anchors: Some(list), ..crate::checks::Options::default() };
    let mut check = (super::ENTRY.make)(&options);
    check.begin(&exhibit).unwrap();
    assert_eq!(check.conclude().unwrap().state.as_deref(), Some("valid-trusted"));
    let declared = conclude(&declared_ai::ENTRY);
    assert_eq!(declared.state.as_deref(), Some("declared"), "{}", declared.summary.en);
    // Without a manifest neither says anything.
    std::fs::write(&file, plain()).unwrap();
    let exhibit = Exhibit::open(&file, &Limits::default()).unwrap();
    let mut check = (super::ENTRY.make)(&crate::checks::Options::default());
    check.begin(&exhibit).unwrap();
    let none = check.conclude().unwrap();
    assert_eq!(none.state.as_deref(), Some("none"));
    assert!(none.summary.en.contains("Absence is not evidence"));
}

#[test]
fn inputs_do_not_speak_of_the_file_and_parents_do() {
    let of = |relationship: &str| {
        let made = json!({ "assertions": [{ "label": "c2pa.actions", "data":
            { "actions": [{ "action": "c2pa.created", "digitalSourceType": TRAINED }] } }] });
        let report = json!({
            "active_manifest": "top",
            "manifests": {
                "top": { "ingredients": [{ "title": "x", "relationship": relationship, "active_manifest": "low" }] },
                "low": made,
            }
        });
        Manifests::of(&report).source_types[0].of_this
    };
    assert!(of("parentOf") && of("componentOf"));
    assert!(!of("inputTo"));
    // A circle of ingredients ends.
    let circle = json!({ "active_manifest": "a", "manifests": { "a": {
        "ingredients": [{ "relationship": "parentOf", "active_manifest": "a" }] } } });
    assert!(Manifests::of(&circle).source_types.is_empty());
}

#[test]
fn the_codes_decide() {
    let report = |success: &[&str], failure: &[&str]| {
        let list =
            |codes: &[&str]| codes.iter().map(|c| json!({ "code": c })).collect::<Vec<Value>>();
        json!({ "active_manifest": "a", "manifests": { "a": {} }, "validation_results":
            { "activeManifest": { "success": list(success), "failure": list(failure) } } })
    };
    let of = |success: &[&str], failure: &[&str]| {
        let report = report(success, failure);
        state(&report, &Manifests::of(&report))
    };
    let signed = "claimSignature.validated";
    assert_eq!(of(&[signed, "signingCredential.trusted"], &[]), State::ValidTrusted);
    assert_eq!(of(&[signed], &["signingCredential.untrusted"]), State::ValidUntrusted);
    assert_eq!(of(&[signed], &["signingCredential.expired"]), State::ValidUntrusted);
    assert_eq!(
        of(&[signed, "signingCredential.trusted"], &["signingCredential.revoked"]),
        State::ValidUntrusted
    );
    assert_eq!(of(&[signed], &["assertion.dataHash.mismatch"]), State::HashMismatch);
    assert_eq!(of(&[], &["claimSignature.mismatch"]), State::HashMismatch);
    assert_eq!(of(&[signed], &["claim.malformed"]), State::Malformed);
    assert_eq!(of(&[], &[]), State::Malformed);
    assert_eq!(state(&Value::Null, &Manifests::default()), State::Malformed);
}

#[test]
fn trust_anchors_must_be_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.pem");
    std::fs::write(&file, "no certificates").unwrap();
    assert!(anchors(&file).err().unwrap().to_string().contains("no certificate"));
    assert!(anchors(Path::new("no such file")).is_err());
    std::fs::write(&file, authority(&signer())).unwrap();
    assert_eq!(anchors(&file).unwrap().count, 1);
}

/// The development fixtures, with what their makers say of them: A has no
/// manifest; C, CA and CAICA are valid; E-dat and E-sig were broken on purpose;
/// XCA was coded again under its manifest. `cloud` keeps its manifest elsewhere,
/// `no_manifest` refers to one that was removed.
#[test]
fn the_fixtures_land_in_their_states() {
    let Some(root) = std::env::var_os("WAARMERK_SHARED") else {
        println!("skipped: the_fixtures_land_in_their_states (WAARMERK_SHARED is not set)");
        return;
    };
    let folder = Path::new(&root).join("data/provenance");
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    let mut wrong = Vec::new();
    for name in names {
        let exhibit = Exhibit::open(&folder.join(&name), &Limits::default()).unwrap();
        let mut check = (super::ENTRY.make)(&crate::checks::Options::default());
        check.begin(&exhibit).unwrap();
        let finding = check.conclude().unwrap();
        let name = name.to_string_lossy().into_owned();
        let state = finding.state.unwrap();
        println!("{name}: {state}: {}", finding.summary.en);
        let expected = match name.as_str() {
            "adobe-20220124-C.jpg"
            | "adobe-20220124-CA.jpg"
            | "adobe-20220124-CAICA.jpg"
            | "rs_C.jpg" => "valid-untrusted",
            "adobe-20220124-E-dat-CA.jpg"
            | "adobe-20220124-E-sig-CA.jpg"
            | "adobe-20220124-XCA.jpg" => "hash-mismatch",
            _ => "none",
        };
        if state != expected {
            wrong.push(format!("{name}: {state}, not {expected}"));
        }
        let said = match name.as_str() {
            "rs_no_manifest.jpg" => "a manifest inside it that is not there",
            "rs_cloud.jpg" => "one stored elsewhere (https://",
            _ => "",
        };
        if !finding.summary.en.contains(said) {
            wrong.push(format!("{name}: {}", finding.summary.en));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A hundred thousand boxes in 800 kB, on which the validator takes a minute.
#[test]
fn a_file_of_very_many_boxes_is_not_given_to_the_validator() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("row.mp4");
    for (boxes, many) in [(100, false), (100_000, true)] {
        let mut bytes = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
        bytes.extend(b"\0\0\0\x08free".repeat(boxes));
        std::fs::write(&path, bytes).unwrap();
        let structure = Structure::read(&path).unwrap();
        assert_eq!(super::read::too_many_boxes(&structure), many, "{boxes}");
        // As many in a box into which only the validator looks.
        let inside = b"\0\0\0\x08free".repeat(boxes);
        let mut bytes = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
        bytes.extend((inside.len() as u32 + 8).to_be_bytes());
        bytes.extend(b"tref");
        bytes.extend(inside);
        std::fs::write(&path, bytes).unwrap();
        let structure = Structure::read(&path).unwrap();
        assert_eq!(super::read::too_many_boxes(&structure), many, "{boxes} in tref");
    }
}
