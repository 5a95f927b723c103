//! Tampering and power cuts.

use std::collections::BTreeSet;
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

/// Every kind of event, in `root`, on a disk that may give up.
fn play(root: &Path, source: &Path, disk: impl Fn() -> Disk) -> crate::Result<()> {
    let stamp = stamp();
    let mut case = Case::create_on(root, facts(), &stamp, disk())?;
    let acquisition = Acquisition {
        source_url: Some("https://example.org/clip".into()),
        captured_at: Some("2026-03-01T12:00:00+01:00".into()),
        ..Acquisition::default()
    };
    case.add(&source.join("clip.mp4"), Some(&source.join("shot.png")), acquisition, &stamp)?;
    case.note("received by courier", Some("E1"), &stamp)?;
    case.add(&source.join("voice.wav"), None, Acquisition::default(), &stamp)?;
    let (aside, place) = case.results("E1")?;
    case.disk.create_dir(&aside.join("more"))?;
    case.disk.write(&aside.join("findings.json"), b"{\"findings\":[]}")?;
    case.disk.write(&aside.join("more/table.csv"), b"a,b\n1,2\n")?;
    let (_, sha256) = case.exhibit("E1")?;
    case.examined("E1", (&sha256, true), (&aside, &place), &stamp)?;
    seal(&mut case, None, &stamp)?;
    case.note("after the seal", None, &stamp)
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
    play(&root, source.path(), Disk::default).unwrap();
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
    let found = verify(&root, &[]).unwrap();
    assert!(found.whole(), "{:?}", found.faults);
    let [told] = found.clock.as_slice() else { unreachable!("{:?}", found.clock) };
    assert!(
        told.contains("line 8 of the log is dated 2016-03-01T12:00:00Z, before line 7"),
        "{told}"
    );
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
    let found = verify(&root, &[]).unwrap();
    assert!(found.whole(), "{:?}", found.faults);
    assert_eq!((found.lines, found.intact), (7, 8));
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
            let found = verify(&root, &[]).unwrap();
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
    assert!(verify(&root, &[]).unwrap().whole());
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
        let found = verify(&root, &[]).unwrap();
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
        let found = verify(&root, &[]).unwrap();
        assert!(!found.mendable(), "line {} taken out: {:?}", i + 1, found.faults);
        assert!(Case::open(&root, &stamp()).is_err(), "nothing is written to such a case");
        let mut twice = log.clone();
        twice.extend(lines[i]);
        fs::write(root.join("log.jsonl"), &twice).unwrap();
        assert!(!verify(&root, &[]).unwrap().mendable());
    }
    fs::write(root.join("log.jsonl"), &log).unwrap();
    fs::write(root.join("exhibits/extra.mp4"), b"x").unwrap();
    let found = verify(&root, &[]).unwrap();
    assert_eq!((found.faults[0].kind, found.faults.len()), (Kind::Unknown, 1));
    fs::remove_file(root.join("exhibits/extra.mp4")).unwrap();
    fs::remove_file(root.join("exhibits/E2/voice.wav")).unwrap();
    let found = verify(&root, &[]).unwrap();
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
    assert_eq!(verify(&root, &[]).unwrap().faults[0].kind, Kind::Changed);
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
    let found = verify(&root, &[]).unwrap();
    assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
    assert!(found.faults[0].what.contains("seal 1"), "{}", found.faults[0].what);
}

#[test]
fn after_a_power_cut_at_any_step_the_case_verifies_or_says_what_is_incomplete() {
    let source = source();
    let mut cuts = 0;
    let mut said = BTreeSet::new();
    for steps in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("case");
        let outcome =
            play(&root, source.path(), || Disk { left: std::cell::Cell::new(Some(steps)) });
        if outcome.is_ok() {
            break;
        }
        cuts += 1;
        if !root.exists() {
            // The case was never opened; making it anew works.
            play(&root, source.path(), Disk::default).unwrap();
            continue;
        }
        let found = verify(&root, &[]).unwrap();
        assert!(found.mendable(), "cut at step {steps}: {:?}", found.faults);
        said.extend(found.faults.iter().map(|f| f.what.split(':').next().unwrap().to_owned()));
        // The power goes again while the next command mends.
        for again in 0.. {
            let disk = Disk { left: std::cell::Cell::new(Some(again)) };
            let opened = Case::open_on(&root, &stamp(), disk).map(drop);
            let found = verify(&root, &[]).unwrap();
            assert!(found.mendable(), "cut at {steps}, then {again}: {:?}", found.faults);
            if opened.is_ok() {
                assert!(found.whole(), "cut at {steps}, mended: {:?}", found.faults);
                break;
            }
        }
        let mut case = Case::open(&root, &stamp()).unwrap();
        case.add(&source.path().join("voice.wav"), None, Acquisition::default(), &stamp()).unwrap();
        drop(case);
        let found = verify(&root, &[]).unwrap();
        assert!(found.whole(), "cut at {steps}, gone on: {:?}", found.faults);
    }
    assert!(cuts > 50, "only {cuts} places to cut");
    assert!(said.len() >= 3, "{said:?}");
}

#[test]
fn an_export_verifies_zipped_and_unpacked_and_tells_a_change() {
    let (folder, root) = made();
    let zip = folder.path().join("case.zip");
    let digest = export(&mut Case::open(&root, &stamp()).unwrap(), &zip, &stamp()).unwrap();
    assert_eq!(digest, crate::media::digest::sha256(&zip).unwrap());
    let found = verify(&zip, &[]).unwrap();
    assert!(found.whole(), "{:?}", found.faults);
    assert_eq!(found.lines, 8);
    let out = folder.path().join("out");
    let mut archive = zip::ZipArchive::new(fs::File::open(&zip).unwrap()).unwrap();
    archive.extract(&out).unwrap();
    let bag = out.join("case");
    assert!(verify(&bag, &[]).unwrap().whole(), "{:?}", verify(&bag, &[]).unwrap().faults);
    assert!(verify(&bag.join("data"), &[]).unwrap().whole());
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
        assert!(!verify(&bag, &[]).unwrap().whole(), "{name}");
        force(&path, &whole);
    }
    fs::write(bag.join("data/extra"), b"x").unwrap();
    assert!(verify(&bag, &[]).unwrap().faults.iter().any(|f| f.kind == Kind::Unknown));
    // In the zip itself: in the bytes of an exhibit, which lie there as they are.
    let mut bytes = fs::read(&zip).unwrap();
    let at = bytes.windows(7).position(|w| w == b"a voice").unwrap();
    bytes[at] ^= 1;
    fs::write(&zip, bytes).unwrap();
    assert!(!verify(&zip, &[]).unwrap().whole());
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
