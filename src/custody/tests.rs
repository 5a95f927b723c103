//! Tampering and power cuts.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::*;

fn stamp() -> Stamp {
    Stamp { at: "2026-03-01T12:00:00Z".into(), by: "A. Examiner".into(), tool: "test".into() }
}

fn facts() -> Facts {
    Facts { title: "Case 1".into(), examiner: "A. Examiner".into(), ..Facts::default() }
}

/// An Ed25519 key (RFC 8410, 7) of no other use.
fn key(folder: &Path) -> PathBuf {
    use base64::Engine as _;
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der = [&head[..], &[7; 32]].concat();
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let path = folder.join("key.pem");
    let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    fs::write(&path, text).unwrap();
    path
}

/// What an authority would answer about the manifest of seal 1, unsigned.
fn response(root: &Path) -> Vec<u8> {
    use super::der::{EXPLICIT_0, INTEGER, OCTETS, OID, SEQUENCE, SET, TIME, value};
    let list = |parts: &[Vec<u8>]| value(SEQUENCE, &parts.concat());
    let digest = crate::media::digest::sha256(&root.join("seal/1/manifest-sha256.txt")).unwrap();
    let byte = |i: usize| u8::from_str_radix(&digest[2 * i..2 * i + 2], 16).unwrap();
    let sha256 = value(OID, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]);
    let imprint = list(&[list(&[sha256]), value(OCTETS, &(0..32).map(byte).collect::<Vec<_>>())]);
    let number = |n: u8| value(INTEGER, &[n]);
    let time = value(TIME, b"20260301120000Z");
    let info = list(&[number(1), value(OID, &[0x2a, 3]), imprint, number(1), time]);
    let info = value(EXPLICIT_0, &value(OCTETS, &info));
    let content = list(&[value(OID, super::timestamp::TST_INFO), info]);
    let signed = list(&[number(3), value(SET, &[]), content, value(SET, &[])]);
    let kind = value(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2]);
    list(&[list(&[number(0)]), list(&[kind, value(EXPLICIT_0, &signed)])])
}

/// Every kind of event, in `root`, on a disk that may give up; `told` counts
/// what the caller was told is done.
fn play(
    root: &Path,
    source: &Path,
    disk: impl Fn() -> Disk,
    told: &Cell<usize>,
) -> crate::Result<()> {
    let done = || told.set(told.get() + 1);
    let stamp = stamp();
    let mut case = Case::create_on(root, facts(), &stamp, disk())?;
    done();
    let acquisition = Acquisition {
        source_url: Some("https://example.org/clip".into()),
        captured_at: Some("2026-03-01T12:00:00+01:00".into()),
        ..Acquisition::default()
    };
    case.add(&source.join("clip.mp4"), Some(&source.join("shot.png")), acquisition, &stamp)?;
    done();
    case.note("received by courier", Some("E1"), &stamp)?;
    done();
    case.add(&source.join("voice.wav"), None, Acquisition::default(), &stamp)?;
    done();
    let files = vec![("page.html", b"<p>".to_vec()), ("page.png", b"a page".to_vec())];
    let page =
        capture::Captured { facts: capture::Facts::default(), files, missing: BTreeMap::new() };
    case.add_capture(&page, &stamp)?;
    done();
    let (aside, place) = case.results("E1")?;
    case.disk.create_dir(&aside.join("more"))?;
    case.disk.write(&aside.join("findings.json"), b"{\"findings\":[]}")?;
    case.disk.write(&aside.join("more/table.csv"), b"a,b\n1,2\n")?;
    let (_, sha256) = case.exhibit("E1")?;
    case.examined("E1", (&sha256, true), (&aside, &place), &stamp)?;
    done();
    seal(&mut case, Some(&key(source)), &stamp)?;
    done();
    fs::write(source.join("answer.tsr"), response(root)).unwrap();
    attach_response(&mut case, &source.join("answer.tsr"), &Trust::default(), &stamp)?;
    done();
    case.note("after the seal", None, &stamp)?;
    done();
    // Beside the case, never in it.
    let zip = root.with_file_name("case.zip");
    export(&mut case, &zip, &stamp)?;
    done();
    Ok(())
}

fn verified(path: &Path) -> Verified {
    verify(path, &Trust::default()).unwrap()
}

fn source() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..9000u32).map(|i| (i * i % 251) as u8).collect();
    fs::write(folder.path().join("clip.mp4"), bytes).unwrap();
    fs::write(folder.path().join("shot.png"), b"a picture").unwrap();
    fs::write(folder.path().join("voice.wav"), b"a voice").unwrap();
    folder
}

fn made() -> (tempfile::TempDir, PathBuf) {
    let (folder, source) = (tempfile::tempdir().unwrap(), source());
    let root = folder.path().join("case");
    play(&root, source.path(), Disk::default, &Cell::new(0)).unwrap();
    fs::remove_file(root.with_file_name("case.zip")).unwrap();
    fs::remove_file(root.with_file_name("case.zip.sha256")).unwrap();
    (folder, root)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_clock_that_was_set_back_is_told_and_no_fault() {
    let (_folder, root) = made();
    let mut case = Case::open(&root, &stamp()).unwrap();
    case.note("later", None, &Stamp { at: "2016-03-01T12:00:00Z".into(), ..stamp() }).unwrap();
    case.note("later still", None, &stamp()).unwrap();
    drop(case);
    let found = verify(&root, &Default::default()).unwrap();
    assert!(found.whole(), "{:?}", found.faults);
    let [told] = found.clock.as_slice() else { unreachable!("{:?}", found.clock) };
    assert!(told.contains("is dated 2016-03-01T12:00:00Z, before line"), "{told}");
}

/// Writes over a read-only file.
fn force(path: &Path, bytes: &[u8]) {
    let mode = fs::metadata(path).unwrap().permissions();
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, mode).unwrap();
}

#[test]
fn a_case_that_nobody_touched_verifies_and_is_read_only() {
    let (_folder, root) = made();
    let found = verified(&root);
    assert!(found.whole(), "{:?}", found.faults);
    assert_eq!((found.lines, found.intact), (11, 13));
    assert_eq!(found.facts, facts());
    for path in files(&root) {
        let own = path.ends_with("log.jsonl") && !path.to_string_lossy().contains("seal");
        let own = own || path.ends_with("log.head") || path.ends_with(".lock");
        assert_eq!(fs::metadata(&path).unwrap().permissions().readonly(), !own, "{path:?}");
    }
}

#[test]
fn any_changed_byte_is_found_where_it_is() {
    let (_folder, root) = made();
    for path in files(&root).into_iter().filter(|p| !p.ends_with(".lock")) {
        let whole = fs::read(&path).unwrap();
        let name = super::case::name(&root, &path);
        let step = if name == "log.jsonl" || name == "log.head" { 1 } else { 37 };
        for at in (0..whole.len()).step_by(step) {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            force(&path, &changed);
            let found = verified(&root);
            let place = at as u64;
            let said = found.faults.iter().any(|fault| {
                fault.kind == Kind::Changed
                    && fault.file == name
                    && (fault.bytes.is_none_or(|(from, to)| (from..to).contains(&place)))
            });
            assert!(said, "byte {at} of {name}: {:?}", found.faults);
            assert!(
                name == "log.head"
                    || name == "log.jsonl"
                    || found.faults.iter().any(|f| f.bytes.is_some())
            );
        }
        force(&path, &whole);
    }
    assert!(verified(&root).whole());
}

#[test]
fn the_line_of_a_change_in_the_log_is_named() {
    let (_folder, root) = made();
    let path = root.join("log.jsonl");
    let whole = fs::read(&path).unwrap();
    let mut start = 0;
    for (i, line) in whole.split_inclusive(|b| *b == b'\n').enumerate() {
        let mut changed = whole.clone();
        changed[start + line.len() / 2] ^= 1;
        fs::write(&path, &changed).unwrap();
        let found = verified(&root);
        let first = found.faults.iter().find(|f| f.file == "log.jsonl").unwrap();
        assert_eq!(first.line, Some(i as u64 + 1));
        start += line.len();
    }
    fs::write(&path, &whole).unwrap();
}

#[test]
fn what_is_removed_added_cut_off_or_put_in_between_is_found() {
    let (_folder, root) = made();
    let log = fs::read(root.join("log.jsonl")).unwrap();
    let lines: Vec<&[u8]> = log.split_inclusive(|b| *b == b'\n').collect();
    for i in 0..lines.len() {
        let without: Vec<u8> = lines
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .flat_map(|(_, l)| l.to_vec())
            .collect();
        fs::write(root.join("log.jsonl"), &without).unwrap();
        let found = verified(&root);
        assert!(!found.mendable(), "line {} taken out: {:?}", i + 1, found.faults);
        assert!(Case::open(&root, &stamp()).is_err(), "nothing is written to such a case");
        let mut twice = log.clone();
        twice.extend(lines[i]);
        fs::write(root.join("log.jsonl"), &twice).unwrap();
        assert!(!verified(&root).mendable());
    }
    fs::write(root.join("log.jsonl"), &log).unwrap();
    fs::write(root.join("exhibits/extra.mp4"), b"x").unwrap();
    let found = verified(&root);
    assert_eq!((found.faults[0].kind, found.faults.len()), (Kind::Unknown, 1));
    fs::remove_file(root.join("exhibits/extra.mp4")).unwrap();
    fs::remove_file(root.join("exhibits/E2/voice.wav")).unwrap();
    let found = verified(&root);
    assert_eq!((found.faults[0].kind, found.faults.len()), (Kind::Missing, 1));
    assert_eq!(found.faults[0].file, "exhibits/E2/voice.wav");
}

#[cfg(unix)]
#[test]
fn a_link_is_no_exhibit() {
    let (_folder, root) = made();
    let path = root.join("exhibits/E2/voice.wav");
    fs::remove_file(&path).unwrap();
    let other = root.with_file_name("same.wav");
    fs::write(&other, b"a voice").unwrap();
    std::os::unix::fs::symlink(&other, &path).unwrap();
    assert_eq!(verified(&root).faults[0].kind, Kind::Changed);
}

#[test]
fn a_seal_holds_a_log_that_was_rewritten() {
    let (_folder, root) = made();
    // Someone writes a whole new log, chain and head and all, in which the
    // note says something else; only the copy in the seal contradicts it.
    let entries = Case::open(&root, &stamp()).unwrap().entries().to_vec();
    let (mut bytes, mut head) = (Vec::new(), super::log::Head::default());
    for entry in entries {
        let event = match entry.event {
            Event::Note { exhibit, .. } => Event::Note { exhibit, text: "other words".into() },
            event => event,
        };
        let (line, next) = super::log::line(event, &stamp(), &head).unwrap();
        bytes.extend(line);
        head = next;
    }
    fs::write(root.join("log.jsonl"), &bytes).unwrap();
    fs::write(root.join("log.head"), super::log::head_text(&head).unwrap()).unwrap();
    let found = verified(&root);
    assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
    assert!(found.faults[0].what.contains("seal 1"), "{}", found.faults[0].what);
}

#[test]
fn after_a_power_cut_at_any_step_nothing_is_lost_and_what_is_incomplete_is_said() {
    let mut cuts = 0;
    let mut said = BTreeSet::new();
    for steps in 0.. {
        let (folder, source) = (tempfile::tempdir().unwrap(), source());
        let root = folder.path().join("case");
        let (told, left) = (Cell::new(0), Cell::new(0));
        let power = || Disk { left: Cell::new(Some(steps)) };
        if play(&root, source.path(), power, &told).is_ok() {
            break;
        }
        cuts += 1;
        if !root.exists() {
            // The case was never opened; making it anew works.
            play(&root, source.path(), Disk::default, &left).unwrap();
            continue;
        }
        let found = verified(&root);
        assert!(found.mendable(), "cut at step {steps}: {:?}", found.faults);
        said.extend(found.faults.iter().map(|f| f.what.split(':').next().unwrap().to_owned()));
        // The power goes again while the next command mends.
        for again in 0.. {
            let disk = Disk { left: Cell::new(Some(again)) };
            let opened = Case::open_on(&root, &stamp(), disk).map(drop);
            let found = verified(&root);
            assert!(found.mendable(), "cut at {steps}, then {again}: {:?}", found.faults);
            if opened.is_ok() {
                assert!(found.whole(), "cut at {steps}, mended: {:?}", found.faults);
                break;
            }
        }
        let mut case = Case::open(&root, &stamp()).unwrap();
        // Of what was told to be done, nothing is lost: its line is there, and
        // the case is whole, so its files are.
        let own =
            |e: &&Entry| !matches!(e.event, Event::Recovered { .. } | Event::ExportFinished { .. });
        let kept = case.entries().iter().filter(own).count();
        assert!(kept >= told.get(), "cut at {steps}: {kept} of {} left", told.get());
        case.add(&source.path().join("voice.wav"), None, Acquisition::default(), &stamp()).unwrap();
        // Another name works, and the first one, once what the user is told of
        // is out of the way.
        export(&mut case, &folder.path().join("again.zip"), &stamp()).unwrap();
        let zip = folder.path().join("case.zip");
        if zip.exists() {
            assert!(verified(&zip).whole(), "cut at {steps}: a zip in place is whole");
        } else if let Err(told) = export(&mut case, &zip, &stamp()) {
            assert!(told.to_string().contains("interrupted"), "{told}");
            fs::remove_file(folder.path().join("case.zip.sha256")).unwrap();
            export(&mut case, &zip, &stamp()).unwrap();
        }
        drop(case);
        let found = verified(&root);
        assert!(found.whole(), "cut at {steps}, gone on: {:?}", found.faults);
    }
    println!("{cuts} places to cut; what was said to be incomplete: {said:#?}");
    assert!(cuts > 100, "only {cuts} places to cut");
    assert!(said.len() >= 4, "{said:?}");
}

#[test]
fn an_export_verifies_zipped_and_unpacked_and_tells_a_change() {
    let (folder, root) = made();
    let zip = folder.path().join("case.zip");
    let digest = export(&mut Case::open(&root, &stamp()).unwrap(), &zip, &stamp()).unwrap();
    assert_eq!(digest, crate::media::digest::sha256(&zip).unwrap());
    let found = verified(&zip);
    assert!(found.whole(), "{:?}", found.faults);
    assert_eq!(found.lines, 12);
    let out = folder.path().join("out");
    let mut archive = zip::ZipArchive::new(fs::File::open(&zip).unwrap()).unwrap();
    archive.extract(&out).unwrap();
    let bag = out.join("case");
    assert!(verified(&bag).whole(), "{:?}", verified(&bag).faults);
    assert!(verified(&bag.join("data")).whole());
    for name in [
        "data/exhibits/E2/voice.wav",
        "bag-info.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "data/log.jsonl",
    ] {
        let path = bag.join(name);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        force(&path, &changed);
        assert!(!verified(&bag).whole(), "{name}");
        force(&path, &whole);
    }
    fs::write(bag.join("data/extra"), b"x").unwrap();
    assert!(verified(&bag).faults.iter().any(|f| f.kind == Kind::Unknown));
    // In the zip itself: in the bytes of an exhibit, which lie there as they are.
    let mut bytes = fs::read(&zip).unwrap();
    let at = bytes.windows(7).position(|w| w == b"a voice").unwrap();
    bytes[at] ^= 1;
    fs::write(&zip, bytes).unwrap();
    assert!(!verified(&zip).whole());
}

#[test]
fn an_export_neither_overwrites_nor_stands_in_the_case() {
    let (folder, root) = made();
    let taken = folder.path().join("taken.zip");
    fs::write(&taken, b"mine").unwrap();
    let mut case = Case::open(&root, &stamp()).unwrap();
    assert!(export(&mut case, &taken, &stamp()).is_err());
    assert!(export(&mut case, &root.join("in.zip"), &stamp()).is_err());
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
}

#[test]
fn a_changed_exhibit_is_neither_sealed_nor_taken_for_examined() {
    let (_folder, root) = made();
    force(&root.join("exhibits/E2/voice.wav"), b"a choice");
    let mut case = Case::open(&root, &stamp()).unwrap();
    let lines = case.entries().len();
    assert!(seal(&mut case, None, &stamp()).is_err());
    let (aside, place) = case.results("E2").unwrap();
    let sha256 = super::print::sha256(b"a choice");
    assert!(case.examined("E2", (&sha256, true), (&aside, &place), &stamp()).is_err());
    assert_eq!(case.entries().len(), lines);
}

#[test]
fn a_second_command_waits_for_the_first() {
    let (_folder, root) = made();
    let held = Case::open(&root, &stamp()).unwrap();
    let there = root.clone();
    let other = std::thread::spawn(move || {
        Case::open(&there, &stamp()).unwrap().note("second", None, &stamp()).unwrap();
    });
    std::thread::sleep(std::time::Duration::from_millis(200));
    let mut held = held;
    held.note("first", None, &stamp()).unwrap();
    drop(held);
    other.join().unwrap();
    let case = Case::open(&root, &stamp()).unwrap();
    let notes: Vec<_> = case
        .entries()
        .iter()
        .filter_map(|e| {
            if let Event::Note { text, .. } = &e.event { Some(text.as_str()) } else { None }
        })
        .collect();
    assert_eq!(notes, ["received by courier", "after the seal", "first", "second"]);
}

#[test]
fn pieces_place_a_change_in_a_long_file() {
    let mut bytes = vec![0u8; 3_000_000];
    let before = Print::of(&mut &bytes[..], "x").unwrap();
    assert!(before.pieces.len() <= 64 && before.pieces.len() > 30);
    bytes[2_345_678] = 1;
    let now = Print::of(&mut &bytes[..], "x").unwrap();
    let (from, to) = before.differs(&now).unwrap();
    assert!((from..to).contains(&2_345_678) && to - from == before.piece_bytes);
    let cut = Print::of(&mut &bytes[..2_000_000], "x").unwrap();
    assert!(now.differs(&cut).is_some_and(|(from, to)| (from..to).contains(&2_000_000)));
    assert_eq!(before.differs(&before), None);
}
