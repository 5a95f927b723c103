//! A case from the first exhibit to the sealed export, as a user makes it;
//! and what is left when the program is killed.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::fixtures;

fn waarmerk(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk")).args(args).current_dir(folder).output().unwrap()
}

fn fine(args: &[&str], folder: &Path) -> String {
    let output = waarmerk(args, folder);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn verified(case: &str, folder: &Path) -> (Option<i32>, String) {
    let output = waarmerk(&["case", "verify", case], folder);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

const NEW: [&str; 7] = ["case", "new", "c", "--title", "2026-017", "--examiner", "A. Examiner"];

#[test]
fn six_commands_from_a_file_to_a_sealed_case_that_plain_tools_verify() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::tone(&at.join("voice 1.wav"), 0.5);
    fixtures::still(&at.join("page.png"));
    fine(&NEW, at);
    let moment = "2026-03-01T14:05:00+01:00";
    let added = fine(
        &[
            "case",
            "add",
            "c",
            "voice 1.wav",
            "--source-url",
            "https://example.org/p/1",
            "--captured-at",
            moment,
            "--captured-by",
            "B. Witness",
            "--screenshot",
            "page.png",
        ],
        at,
    );
    let sum = Command::new("sha256sum").arg(at.join("voice 1.wav")).output().unwrap();
    let sum = String::from_utf8_lossy(&sum.stdout[..64]).into_owned();
    assert!(added.contains(&sum) && added.starts_with("E1  "), "{added}");
    let examine = ["case", "examine", "c", "--checks", "metadata,container", "--device", "cpu"];
    let output = waarmerk(&examine, at);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // What is named is there.
    assert!(said.contains("c/results/E1-1/report.html") && !said.contains("unfinished"), "{said}");
    assert!(at.join("c/results/E1-1/report.html").is_file());
    fine(&["case", "note", "c", "received by courier", "--exhibit", "E1", "--by", "C. Clerk"], at);
    fine(&["case", "seal", "c"], at);
    let plain = Command::new("sha256sum")
        .args(["-c", "--quiet", "seal/1/manifest-sha256.txt"])
        .current_dir(at.join("c"))
        .output()
        .unwrap();
    assert!(plain.status.success(), "{}", String::from_utf8_lossy(&plain.stdout));
    let (code, told) = verified("c", at);
    assert_eq!(code, Some(0), "{told}");
    fine(&["case", "export", "c", "c.zip"], at);
    let check = |file: &str, folder: &Path| {
        let output =
            Command::new("sha256sum").args(["-c", "--quiet", file]).current_dir(folder).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stdout));
    };
    check("c.zip.sha256", at);
    let (code, told) = verified("c.zip", at);
    assert_eq!(code, Some(0), "{told}");
    let unpack = Command::new("python3")
        .args(["-m", "zipfile", "-e", "c.zip", "u"])
        .current_dir(at)
        .status();
    if unpack.is_ok_and(|status| status.success()) {
        for manifest in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
            check(manifest, &at.join("u/c"));
        }
        assert_eq!(verified("u/c", at).0, Some(0));
        let exhibit = at.join("u/c/data/exhibits/E1/voice_1.wav");
        let mut bytes = std::fs::read(&exhibit).unwrap();
        bytes[100] ^= 1;
        std::fs::remove_file(&exhibit).unwrap();
        std::fs::write(&exhibit, bytes).unwrap();
        let (code, told) = verified("u/c", at);
        assert_eq!(code, Some(1));
        assert!(told.contains("changed: exhibits/E1/voice_1.wav, bytes 0 to 4095"), "{told}");
    } else {
        println!("skipped: unpacking (python3 is not installed)");
    }
    let notice = fine(&["case", "notice", "c", "--lang", "nl"], at);
    assert!(notice.starts_with("CONCEPT") && notice.contains("https://example.org/p/1"));
    assert!(notice.contains(&sum) && notice.contains("[INVULLEN:"), "{notice}");
    assert!(!notice.contains("PDQ):"), "a sound has no perceptual hash");
}

/// Writes over a read-only file.
fn force(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_changed_is_not_exported_with_fresh_digests() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fine(&NEW, at);
    std::fs::write(at.join("a.bin"), b"something").unwrap();
    fine(&["case", "add", "c", "a.bin"], at);
    let log = std::fs::read(at.join("c/log.jsonl")).unwrap();
    let refused = |file: &str| {
        let output = waarmerk(&["case", "export", "c", "c.zip"], at);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(file) && said.contains("nothing is exported"), "{said}");
        let left = std::fs::read_dir(at).unwrap().flatten().map(|e| e.file_name());
        let left: Vec<_> = left.filter(|n| n.to_string_lossy().contains("zip")).collect();
        assert!(left.is_empty(), "{left:?}");
    };
    force(&at.join("c/exhibits/E1/a.bin"), b"samething");
    refused("exhibits/E1/a.bin");
    force(&at.join("c/exhibits/E1/a.bin"), b"something");
    std::fs::write(at.join("c/exhibits/more.txt"), b"not in the log").unwrap();
    refused("exhibits/more.txt");
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), log, "nothing was done");
    // What is wrong may be noted: the log is whole.
    fine(&["case", "note", "c", "more.txt does not belong here"], at);
    std::fs::remove_file(at.join("c/exhibits/more.txt")).unwrap();
    fine(&["case", "export", "c", "c.zip"], at);
    assert_eq!(verified("c.zip", at).0, Some(0));
}

#[test]
fn the_digest_beside_an_export_is_held_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fine(&NEW, at);
    fine(&["case", "export", "c", "c.zip"], at);
    let (code, told) = verified("c.zip", at);
    assert!(code == Some(0) && told.contains("that c.zip.sha256 beside it gives"), "{told}");
    // Another case in its place, whole in itself.
    fine(&["case", "note", "c", "more"], at);
    fine(&["case", "export", "c", "other.zip"], at);
    force(&at.join("c.zip"), &std::fs::read(at.join("other.zip")).unwrap());
    let (code, told) = verified("c.zip", at);
    assert!(code == Some(1) && told.contains("changed: c.zip: its SHA-256 is"), "{told}");
    force(&at.join("c.zip.sha256"), b"no digest");
    let (code, told) = verified("c.zip", at);
    assert!(code == Some(1) && told.contains("c.zip.sha256 beside it is no digest"), "{told}");
    std::fs::remove_file(at.join("c.zip.sha256")).unwrap();
    let (code, told) = verified("c.zip", at);
    assert!(code == Some(0) && !told.contains("beside"), "{told}");
}

#[test]
fn what_a_case_cannot_do_without_is_asked_for_and_what_is_odd_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (title, examiner, missing) in [("", "E", "--title"), ("t", " ", "--examiner")] {
        let new = ["case", "new", "c", "--title", title, "--examiner", examiner];
        let output = waarmerk(&new, at);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(missing), "{said}");
        assert!(!at.join("c").exists());
    }
    fine(&NEW, at);
    std::fs::write(at.join("a.bin"), b"something").unwrap();
    let warned = |url: &str, moment: &str| {
        let add = ["case", "add", "c", "a.bin", "--source-url", url, "--captured-at", moment];
        let output = waarmerk(&add, at);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // It comes in all the same: the clock here may be wrong.
        assert!(output.status.success(), "{said}");
        said
    };
    assert_eq!(warned("https://example.org/p/1", "2026-03-01T14:05:00+01:00"), "");
    let said = warned("not a url", "2999-03-01T14:05:00+01:00");
    assert!(said.contains("lies in the future") && said.contains("is no address"), "{said}");
}

#[test]
fn a_notice_tells_what_is_wrong_with_the_case_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fine(&NEW, at);
    std::fs::write(at.join("a.bin"), b"something").unwrap();
    fine(&["case", "add", "c", "a.bin", "--source-url", "https://example.org/p/1"], at);
    // What an interrupted command left is not mended by looking.
    std::fs::create_dir(at.join("c/results/.E1-1.unfinished")).unwrap();
    std::fs::write(at.join("c/results/.E1-1.unfinished/report.html"), "half").unwrap();
    let log = std::fs::read(at.join("c/log.jsonl")).unwrap();
    assert!(fine(&["case", "notice", "c"], at).contains("https://example.org/p/1"));
    assert!(at.join("c/results/.E1-1.unfinished").exists());
    force(&at.join("c/exhibits/E1/a.bin"), b"samething");
    for (lang, word) in [("en", "does not verify"), ("nl", "klopt niet")] {
        let output = waarmerk(&["case", "notice", "c", "--lang", lang], at);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(word) && said.contains("exhibits/E1/a.bin"), "{said}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("https://example.org/p/1"));
    }
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), log);
    // Nothing can be said from a log that was changed.
    let text = String::from_utf8(log).unwrap().replace("/p/1", "/p/2");
    std::fs::write(at.join("c/log.jsonl"), text).unwrap();
    let output = waarmerk(&["case", "notice", "c"], at);
    assert!(output.status.code() == Some(1) && output.stdout.is_empty());
}

#[test]
fn a_response_is_taken_only_when_it_is_about_this_seal() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        println!(
            "skipped: a_response_is_taken_only_when_it_is_about_this_seal (openssl is not installed)"
        );
        return;
    }
    fine(&NEW, at);
    std::fs::write(at.join("a.bin"), b"something").unwrap();
    fine(&["case", "add", "c", "a.bin"], at);
    let sealed = fine(&["case", "seal", "c"], at);
    let digest = sealed.split_whitespace().nth(2).unwrap().to_owned();
    authority(at);
    let reply = |request: &str, response: &str| {
        let args = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", request, "-out", response];
        openssl(&args, at);
    };
    // The request is what openssl would ask for this manifest.
    let text = Command::new("openssl")
        .args(["ts", "-query", "-in", "c/seal/1/request.tsq", "-text"])
        .current_dir(at)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&text.stdout).contains("Hash Algorithm: sha256"));
    reply("c/seal/1/request.tsq", "right.tsr");
    std::fs::write(at.join("other"), b"other").unwrap();
    openssl(&["ts", "-query", "-data", "other", "-sha256", "-out", "other.tsq"], at);
    reply("other.tsq", "wrong.tsr");
    let wrong = waarmerk(&["case", "seal", "c", "--response", "wrong.tsr"], at);
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
    for cut in [0, 1, 30, 200] {
        let whole = std::fs::read(at.join("right.tsr")).unwrap();
        std::fs::write(at.join("cut.tsr"), &whole[..cut]).unwrap();
        assert!(!waarmerk(&["case", "seal", "c", "--response", "cut.tsr"], at).status.success());
    }
    // Another authority's certificate does not vouch for it.
    std::fs::rename(at.join("tsa.pem"), at.join("own.pem")).unwrap();
    std::fs::rename(at.join("tsa.key"), at.join("own.key")).unwrap();
    authority(at);
    std::fs::rename(at.join("tsa.pem"), at.join("other.pem")).unwrap();
    std::fs::rename(at.join("own.pem"), at.join("tsa.pem")).unwrap();
    let attach = ["case", "seal", "c", "--response", "right.tsr", "--tsa-certificate"];
    let other = waarmerk(&[&attach[..], &["other.pem"]].concat(), at);
    assert!(!other.status.success());
    let told = fine(&[&attach[..], &["tsa.pem"]].concat(), at);
    assert!(told.contains(&digest) && told.contains("signed by CN=test authority"), "{told}");
    let (code, told) = verified("c", at);
    assert!(code == Some(0) && told.contains("stamped 20"), "{told}");
    assert!(told.contains("signature not checked: no certificate given"), "{told}");
    let with = |certificate: &str| {
        waarmerk(&["case", "verify", "c", "--tsa-certificate", certificate], at)
    };
    fine(&["case", "new", "bare", "--title", "t", "--examiner", "e"], at);
    let bare = fine(&["case", "verify", "bare", "--tsa-certificate", "tsa.pem"], at);
    assert!(bare.contains("no time stamp"), "{bare}");
    let output = with("tsa.pem");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("signed by CN=test authority"), "{told}");
    let output = with("other.pem");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("untrusted: seal/1/response-1.tsr"), "{told}");
    // The stamp is well formed: what is amiss is who vouches for it.
    assert!(told.contains("not vouched for") && !told.contains("malformed"), "{told}");
    assert_eq!(output.status.code(), Some(1));
    let output = with("a.bin");
    assert!(output.stdout.is_empty() && output.status.code() == Some(1), "no certificate in it");
    // What the message tells the reader to do works.
    openssl(
        &[
            "ts",
            "-verify",
            "-data",
            "c/seal/1/manifest-sha256.txt",
            "-in",
            "c/seal/1/response-1.tsr",
            "-CAfile",
            "tsa.pem",
        ],
        at,
    );
}

fn openssl(args: &[&str], at: &Path) {
    let output = Command::new("openssl").args(args).current_dir(at).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_signed_seal_verifies_here_and_with_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        println!(
            "skipped: a_signed_seal_verifies_here_and_with_openssl (openssl is not installed)"
        );
        return;
    }
    fine(&NEW, at);
    std::fs::write(at.join("a.bin"), b"something").unwrap();
    fine(&["case", "add", "c", "a.bin"], at);
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "my.pem"], at);
    fine(&["case", "seal", "c", "--key", "my.pem"], at);
    let (code, told) = verified("c", at);
    assert!(code == Some(0) && told.contains("signed by the key"), "{told}");
    openssl(
        &[
            "pkeyutl",
            "-verify",
            "-rawin",
            "-pubin",
            "-inkey",
            "c/seal/1/public.pem",
            "-sigfile",
            "c/seal/1/manifest.sig",
            "-in",
            "c/seal/1/manifest-sha256.txt",
        ],
        at,
    );
    std::fs::write(
        at.join("no.pem"),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    )
    .unwrap();
    assert!(!waarmerk(&["case", "seal", "c", "--key", "no.pem"], at).status.success());
}

/// A time-stamp authority of the test's own.
fn authority(at: &Path) {
    std::fs::write(
        at.join("tsa.cnf"),
        "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=test authority\n\
         [ext]\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:TRUE\n\
         [tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n\
         certs=tsa.pem\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\n",
    )
    .unwrap();
    std::fs::write(at.join("serial"), "01\n").unwrap();
    let args = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.pem",
        "-days", "2", "-config", "tsa.cnf",
    ];
    openssl(&args, at);
}

#[cfg(unix)]
#[test]
fn killed_at_fifty_moments_nothing_that_was_logged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let big: Vec<u8> =
        (0..2_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(at.join("big.bin"), &big).unwrap();
    fine(&NEW, at);
    let clock = std::time::Instant::now();
    fine(&["case", "add", "c", "big.bin"], at);
    let whole = clock.elapsed();
    let (mut interrupted, mut logged) = (0, 1);
    for i in 0..50u32 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
            .args(["case", "add", "c", "big.bin"])
            .current_dir(at)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * i / 50);
        // SIGKILL: nothing in the program can tidy up.
        child.kill().unwrap();
        child.wait().unwrap();
        let (code, told) = verified("c", at);
        let incomplete = told.contains("incomplete: a command was interrupted");
        assert!(code == Some(0) || incomplete, "killed after {i}/50: {told}");
        assert!(!told.contains("DOES NOT VERIFY"), "{told}");
        interrupted += u32::from(incomplete);
        fine(&["case", "note", "c", &format!("after kill {i}")], at);
        let (code, told) = verified("c", at);
        assert_eq!(code, Some(0), "{told}");
        let log = std::fs::read_to_string(at.join("c/log.jsonl")).unwrap();
        let now = log.lines().filter(|line| line.contains("\"event\":\"exhibit-added\"")).count();
        assert!(now == logged || now == logged + 1, "{now} exhibits after {logged}");
        logged = now;
    }
    println!("{interrupted} of 50 kills left something unfinished, {logged} exhibits were logged");
    let notes = std::fs::read_to_string(at.join("c/log.jsonl")).unwrap();
    assert_eq!(notes.lines().filter(|line| line.contains("after kill")).count(), 50);
}

#[test]
fn a_file_that_something_writes_to_does_not_come_in() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let path = at.join("busy.bin");
    std::fs::write(&path, vec![0; 4 << 20]).unwrap();
    fine(&NEW, at);
    let done = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            use std::io::{Seek, Write};
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            let mut n = 0u64;
            while !done.load(Ordering::Relaxed) {
                n += 1;
                file.rewind().unwrap();
                file.write_all(&n.to_le_bytes()).unwrap();
            }
        });
        let output = waarmerk(&["case", "add", "c", "busy.bin"], at);
        done.store(true, Ordering::Relaxed);
        output
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("changed while it was copied"), "{said}");
    assert_eq!(std::fs::read_dir(at.join("c/exhibits")).unwrap().count(), 0, "something is left");
    assert_eq!(verified("c", at).0, Some(0));
    fine(&["case", "add", "c", "busy.bin"], at);
    assert_eq!(verified("c", at).0, Some(0));
}

/// Every other command that writes, killed at ten moments each.
#[cfg(unix)]
#[test]
fn any_command_killed_leaves_a_case_that_verifies_or_says_what_is_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::tone(&at.join("tone.wav"), 0.3);
    fine(&NEW, at);
    fine(&["case", "add", "c", "tone.wav"], at);
    let commands: [&[&str]; 5] = [
        &["case", "new", "n#", "--title", "t", "--examiner", "e"],
        &["case", "note", "c", "note #"],
        &["case", "examine", "c", "--checks", "metadata,hashes", "--device", "cpu"],
        &["case", "seal", "c"],
        &["case", "export", "c", "export-#.zip"],
    ];
    let mut unfinished = 0;
    for words in commands {
        let named = |i: &str| words.iter().map(|w| w.replace('#', i)).collect::<Vec<_>>();
        let run =
            |words: &[String]| fine(&words.iter().map(String::as_str).collect::<Vec<_>>(), at);
        let clock = std::time::Instant::now();
        run(&named("first"));
        let whole = clock.elapsed();
        for i in 0..10u32 {
            let words = named(&i.to_string());
            let before = std::fs::read(at.join("c/log.jsonl")).unwrap();
            let mut child = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
                .args(&words)
                .current_dir(at)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(whole * (i + 1) / 11);
            child.kill().unwrap();
            child.wait().unwrap();
            let case = if words[1] == "new" { words[2].as_str() } else { "c" };
            if at.join(case).exists() {
                let (code, told) = verified(case, at);
                let incomplete = told.contains("incomplete: ");
                assert!(code == Some(0) || incomplete, "{words:?} {i}: {told}");
                assert!(!told.contains("DOES NOT VERIFY"), "{words:?} {i}: {told}");
                unfinished += u32::from(incomplete);
                fine(&["case", "note", case, "after"], at);
                assert_eq!(verified(case, at).0, Some(0), "{words:?} {i}");
            } else {
                assert_eq!(words[1], "new");
                run(&words);
            }
            // What was logged before stands where it stood.
            assert!(std::fs::read(at.join("c/log.jsonl")).unwrap().starts_with(&before));
        }
    }
    println!("{unfinished} of 50 kills left something unfinished");
    fine(&["case", "export", "c", "whole.zip"], at);
    assert_eq!(verified("whole.zip", at).0, Some(0));
}

#[test]
fn two_programs_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fine(&NEW, at);
    std::fs::write(at.join("a.bin"), b"something").unwrap();
    let children: Vec<_> = (0..9)
        .map(|i| {
            let note = format!("note {i}");
            let words: &[&str] = match i {
                6 | 7 => &["case", "add", "c", "a.bin"],
                8 => &["case", "seal", "c"],
                _ => &["case", "note", "c", &note],
            };
            Command::new(env!("CARGO_BIN_EXE_waarmerk"))
                .args(words)
                .current_dir(at)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    std::thread::sleep(Duration::from_millis(10));
    let log = std::fs::read_to_string(at.join("c/log.jsonl")).unwrap();
    for i in 0..6 {
        assert!(log.contains(&format!("note {i}")));
    }
    assert_eq!(log.matches("exhibit-added").count(), 2);
    assert_eq!(log.matches("\"event\":\"sealed\"").count(), 1);
    assert_eq!(verified("c", at).0, Some(0));
}

#[test]
fn a_notice_holds_the_perceptual_hash_and_a_report_the_facts_of_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fixtures::still(&at.join("still.png"));
    let more = ["--question", "Was the face replaced?", "--laboratory", "Lab North"];
    fine(&[&NEW[..], &more[..]].concat(), at);
    let add = ["case", "add", "c", "still.png", "--source-url", "https://example.org/p/1"];
    let came = ["--captured-by", "B. Witness", "--screenshot", "still.png"];
    let when = ["--captured-at", "2026-03-01T14:05:00+01:00"];
    fine(&[&add[..], &came[..], &when[..]].concat(), at);
    fine(&["case", "note", "c", "the bag was closed"], at);
    fine(&["case", "note", "c", "of this one", "--exhibit", "E1"], at);
    std::fs::write(at.join("b.bin"), b"another").unwrap();
    fine(&["case", "add", "c", "b.bin"], at);
    fine(&["case", "note", "c", "of another one", "--exhibit", "E2"], at);
    std::fs::write(
        at.join("lab.toml"),
        "reviewer = \"R. Reviewer\"\nletterhead = [\"Street 1\"]\n",
    )
    .unwrap();
    let examine = ["case", "examine", "c", "--checks", "hashes", "--device", "cpu"];
    fine(&[&examine[..], &["--lab", "lab.toml", "--exhibit", "E1"]].concat(), at);
    let html = std::fs::read_to_string(at.join("c/results/E1-1/report.html")).unwrap();
    for word in ["Was the face replaced?", "Lab North", "Street 1", "R. Reviewer", "2026-017, E1"] {
        assert!(html.contains(word), "{word}");
    }
    // The custody of this exhibit, and of no other, with the digest of the log.
    let custody = html.split_once("id=\"custody\"").unwrap().1.split_once("</section>").unwrap().0;
    let log = std::fs::read_to_string(at.join("c/log.jsonl")).unwrap();
    let sixth = log.lines().nth(5).unwrap().rsplit('"').nth(1).unwrap();
    let captured = "1 March 2026, 14:05:00 (UTC+01:00)";
    for word in [
        "B. Witness",
        "https://example.org/p/1",
        "the bag was closed",
        "of this one",
        sixth,
        captured,
    ] {
        assert!(custody.contains(word), "{word} in {custody}");
    }
    // Moments stand in words on the title page too, the one of receipt among them.
    let title = html.split_once("id=\"summary\"").unwrap().0;
    let second: serde_json::Value = serde_json::from_str(log.lines().nth(1).unwrap()).unwrap();
    let received = second["at"].as_str().unwrap();
    assert!(!title.contains(received) && title.contains(&received[11..19]), "{received}");
    assert!(custody.contains("screenshot-still.png, SHA-256 "));
    assert!(!custody.contains("of another one") && !custody.contains("b.bin"));
    let run = std::fs::read_to_string(at.join("c/results/E1-1/run.json")).unwrap();
    assert!(run.contains("the bag was closed") && run.contains("\"handling\""));
    assert!(html.contains("--out c/results/E1-1 ") && !run.contains("unfinished"), "{run}");
    assert!(std::fs::read(at.join("c/results/E1-1/report.pdf")).unwrap().starts_with(b"%PDF"));
    let json = std::fs::read_to_string(at.join("c/results/E1-1/hashes-pdq.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let pdq = json[0]["pdq"].as_str().unwrap();
    assert_eq!(pdq.len(), 64);
    assert!(json[0]["quality"].as_u64().unwrap() >= 50, "{json}");
    let notice = fine(&["case", "notice", "c"], at);
    assert!(notice.contains(&format!("Perceptual hash (PDQ): {pdq} (quality")), "{notice}");
    assert_eq!(verified("c", at).0, Some(0));
    // Hashes that were changed are left out, and that is said.
    force(&at.join("c/results/E1-1/hashes-pdq.json"), b"[]");
    let output = waarmerk(&["case", "notice", "c"], at);
    let notice = String::from_utf8_lossy(&output.stdout).into_owned();
    let left_out = "left out: results/E1-1/hashes-pdq.json is not what was logged";
    assert!(notice.contains(left_out) && !notice.contains(pdq), "{notice}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("hashes-pdq.json"));
}
