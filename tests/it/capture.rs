//! What stands online, captured from a server of the test's own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::skip;

fn waarmerk(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_waarmerk")).args(args).current_dir(folder).output().unwrap()
}

/// Pages that are hard on a browser, by address.
const HARD: [(&str, &str); 6] = [
    ("/alert", "<p>seen</p><script>alert('boo')</script>after"),
    ("/alerts", "<p>seen</p><script>while(1)alert(1)</script>"),
    ("/spin", "<p>seen</p><script>while(1);</script>"),
    ("/later", "<p>seen</p><script>setTimeout(()=>{while(1);},200)</script>"),
    (
        "/forge",
        "<title>true</title><h1>DEEPFAKE</h1><script>Object.defineProperty(Element.prototype,'outerHTML',{get(){return '<h1>Nothing</h1>'}});Object.defineProperty(document,'title',{get(){return 'false'}})</script>",
    ),
    ("/script", "<script>setTimeout(()=>location='/',300)</script>hop"),
];

/// A server with a page, a redirect to it, and a page that is never done.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
                let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Mark: seen\r\nConnection: close\r\n";
                let body =
                    "<title>Page</title><h1>evidence 図</h1><div style='height:3000px'>tall</div>";
                let answer = match path.as_str() {
                    "/" => format!("{html}Content-Length: {}\r\n\r\n{body}", body.len()),
                    "/old" => "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
                    "/tall" => {
                        let body = "<title>Tall</title><div style='height:20000px'>tall</div>";
                        format!("{html}Content-Length: {}\r\n\r\n{body}", body.len())
                    }
                    "/meta" => {
                        let body = "<meta http-equiv=refresh content='0;url=/script'>first";
                        let head = html.replace("200 OK", "203 Other").replace("seen", "first");
                        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
                    }
                    "/gone" => {
                        let head = html.replace("200 OK", "404 Not Found");
                        format!("{head}Content-Length: 4\r\n\r\ngone")
                    }
                    "/hang" => {
                        std::thread::sleep(Duration::from_secs(60));
                        String::new()
                    }
                    "/slow" => format!("{html}\r\n{body}"),
                    hard if HARD.iter().any(|(at, _)| *at == hard) => {
                        let body = HARD.iter().find(|(at, _)| *at == hard).unwrap().1;
                        format!("{html}Content-Length: {}\r\n\r\n{body}", body.len())
                    }
                    _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
                };
                let _ = stream.write_all(answer.as_bytes());
                if path == "/slow" {
                    let _ = stream.write_all(b"<img src=/more>");
                    std::thread::sleep(Duration::from_secs(60));
                }
                if path == "/more" {
                    std::thread::sleep(Duration::from_secs(60));
                }
            });
        }
    });
    port
}

fn new(at: &Path) {
    let output = waarmerk(&["case", "new", "c", "--title", "t", "--examiner", "A"], at);
    assert!(output.status.success());
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn record(at: &Path, name: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(at.join(format!("c/exhibits/{name}/capture.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_page_a_redirect_and_a_page_that_is_never_done_are_captured() {
    if let Err(why) = waarmerk::custody::browser::find(None) {
        skip::tell("a_page_a_redirect_and_a_page_that_is_never_done_are_captured", why);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let site = format!("http://127.0.0.1:{}", serve());
    let output = waarmerk(&["case", "capture", "c", &format!("{site}/old")], at);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), format!("C1  {site}/\n"));
    let found = record(at, "C1");
    assert_eq!(found["page"]["status"], 200);
    assert_eq!(found["page"]["loaded"], true);
    assert_eq!(found["response"]["headers"]["X-Mark"], "seen");
    assert_eq!(found["redirects"][0]["status"], 302);
    assert_eq!(found["redirects"][0]["url"], format!("{site}/old"));
    assert_eq!(found["redirects"][0]["by"], "http");
    assert_eq!(found["title"], "Page");
    assert_eq!(found["missing"], serde_json::json!({}));
    let (start, end) =
        (found["page"]["started"].as_str().unwrap(), found["page"]["finished"].as_str().unwrap());
    assert!(start <= end && end.ends_with('Z'), "{start} {end}");
    let place = at.join("c/exhibits/C1");
    let html = std::fs::read_to_string(place.join("page.html")).unwrap();
    assert!(html.contains("evidence 図"));
    assert!(
        std::fs::read_to_string(place.join("page.mhtml")).unwrap().contains("multipart/related")
    );
    let picture = image::open(place.join("page.png")).unwrap();
    assert!(picture.width() >= 1280 && picture.height() > 3000, "the whole page");

    let slow = waarmerk(&["case", "capture", "c", &format!("{site}/slow"), "--wait", "2"], at);
    assert!(slow.status.success() && said(&slow).contains("not done loading"), "{}", said(&slow));
    assert_eq!(record(at, "C2")["page"]["loaded"], false);
    assert!(at.join("c/exhibits/C2/page.png").is_file());

    // What a picture cannot hold is told, in the record and on the screen.
    let tall = waarmerk(&["case", "capture", "c", &format!("{site}/tall")], at);
    assert!(tall.status.success() && said(&tall).contains("ends at 16000"), "{}", said(&tall));
    assert!(record(at, "C3")["missing"]["page.png"].as_str().unwrap().contains("page.mhtml"));
    assert_eq!(image::open(at.join("c/exhibits/C3/page.png")).unwrap().height(), 16_000);
    // The log's moment is not before what it tells of.
    let log = std::fs::read_to_string(at.join("c/log.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.lines().nth(2).unwrap()).unwrap();
    let (logged, finished) = (&line["at"], &line["page"]["finished"]);
    assert!(logged.as_str().unwrap() >= finished.as_str().unwrap(), "{logged} {finished}");

    let verified = waarmerk(&["case", "verify", "c"], at);
    assert!(verified.status.success(), "{}", said(&verified));
    let notice = said(&waarmerk(&["case", "notice", "c"], at));
    assert!(
        notice.contains("Item: C1 (page)") && notice.contains(&format!("{site}/old")),
        "{notice}"
    );
    let mut bytes = std::fs::read(place.join("page.html")).unwrap();
    bytes[10] ^= 1;
    std::fs::remove_file(place.join("page.html")).unwrap();
    std::fs::write(place.join("page.html"), bytes).unwrap();
    let verified = waarmerk(&["case", "verify", "c"], at);
    assert_eq!(verified.status.code(), Some(1));
    assert!(said(&verified).contains("exhibits/C1/page.html"), "{}", said(&verified));
}

/// Whether a browser is there; told as skipped where not.
fn browser(test: &str) -> bool {
    let found = waarmerk::custody::browser::find(None);
    if let Err(why) = &found {
        skip::tell(test, why);
    }
    found.is_ok()
}

#[test]
fn dialogs_and_scripts_without_end_do_not_keep_a_page_out_of_the_case() {
    if !browser("dialogs_and_scripts_without_end_do_not_keep_a_page_out_of_the_case") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let site = format!("http://127.0.0.1:{}", serve());
    for (i, page) in ["alert", "alerts", "spin", "later"].iter().enumerate() {
        let clock = std::time::Instant::now();
        let address = format!("{site}/{page}");
        let output = waarmerk(&["case", "capture", "c", &address, "--wait", "5"], at);
        assert!(output.status.success(), "{}", said(&output));
        assert!(clock.elapsed() < Duration::from_secs(60), "{page}: {:?}", clock.elapsed());
        let name = format!("C{}", i + 1);
        let place = at.join("c/exhibits").join(&name);
        let html = std::fs::read_to_string(place.join("page.html")).unwrap();
        assert!(html.contains("<p>seen</p>"), "{page}: {html}");
        assert!(image::open(place.join("page.png")).is_ok() && place.join("page.mhtml").is_file());
        let found = record(at, &name);
        assert_eq!(found["page"]["final_url"], address);
        assert_eq!(found["missing"], serde_json::json!({}), "{page}");
        // A page whose script never lets it load is not called loaded.
        let loads = ["alert", "later"].contains(page);
        assert_eq!(found["page"]["loaded"], loads, "{page}");
        if *page == "alert" {
            assert_eq!(found["dialogs_dismissed"][0]["message"], "boo");
            assert!(html.contains("after"), "{html}");
        }
    }
}

#[test]
fn the_record_is_of_the_page_that_the_picture_shows_and_no_script_writes_it() {
    if !browser("the_record_is_of_the_page_that_the_picture_shows_and_no_script_writes_it") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let site = format!("http://127.0.0.1:{}", serve());
    // From /meta, by its refresh, to /script, and from there by a script to /.
    let output = waarmerk(&["case", "capture", "c", &format!("{site}/meta")], at);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), format!("C1  {site}/\n"));
    let found = record(at, "C1");
    assert_eq!(
        (&found["page"]["status"], &found["response"]["status"]),
        (&200.into(), &200.into())
    );
    assert_eq!(found["response"]["url"], format!("{site}/"));
    assert_eq!(found["response"]["headers"]["X-Mark"], "seen");
    let led = found["redirects"].as_array().unwrap();
    let led: Vec<_> = led
        .iter()
        .map(|r| (r["url"].as_str().unwrap(), r["status"].as_u64(), r["by"].as_str().unwrap()))
        .collect();
    let (meta, script) = (format!("{site}/meta"), format!("{site}/script"));
    assert_eq!(
        led,
        [(meta.as_str(), Some(203), "meta refresh"), (script.as_str(), Some(200), "script")]
    );
    assert_eq!(found["title"], "Page");

    let output = waarmerk(&["case", "capture", "c", &format!("{site}/forge")], at);
    assert!(output.status.success(), "{}", said(&output));
    let html = std::fs::read_to_string(at.join("c/exhibits/C2/page.html")).unwrap();
    assert!(html.contains("DEEPFAKE") && html.starts_with("<html>"), "{html}");
    assert_eq!(record(at, "C2")["title"], "true");

    // What a reader of the notice has to know of the page is told there too.
    let output = waarmerk(&["case", "capture", "c", &format!("{site}/gone")], at);
    assert!(output.status.success() && said(&output).contains("answered 404"), "{}", said(&output));
    let slow = waarmerk(&["case", "capture", "c", &format!("{site}/slow"), "--wait", "2"], at);
    assert!(slow.status.success(), "{}", said(&slow));
    let notice = said(&waarmerk(&["case", "notice", "c"], at));
    assert_eq!(notice.matches("The server answered: 404").count(), 1, "{notice}");
    assert_eq!(notice.matches("not done loading").count(), 1, "{notice}");
    let notice = said(&waarmerk(&["case", "notice", "c", "--lang", "nl"], at));
    assert_eq!(notice.matches("De server antwoordde: 404").count(), 1, "{notice}");
    assert_eq!(notice.matches("nog niet klaar met laden").count(), 1, "{notice}");
}

/// Profiles of browsers in `at`, which the programs had for temporary files.
fn profiles(at: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(at).unwrap().flatten().map(|e| e.path());
    entries.filter(|p| p.to_string_lossy().contains("waarmerk-browser")).collect()
}

/// A browser that speaks the protocol, has a page, and refuses what it is told to.
const FAKE: &str = r#"#!/usr/bin/env python3
import json, os
commands, answers = os.fdopen(3, "rb", 0), os.fdopen(4, "wb", 0)
def tell(message):
    answers.write(json.dumps(message).encode() + b"\0")
rest = b""
while part := commands.read(65536):
    rest += part
    while b"\0" in rest:
        one, rest = rest.split(b"\0", 1)
        one = json.loads(one)
        method, result = one["method"], {"root": {"nodeId": 1}, "outerHTML": "<p>", "data": "AAAA"}
        if method in REFUSED:
            tell({"id": one["id"], "error": {"message": "no"}})
            continue
        if method == "Page.navigate":
            frame = {"id": "F", "loaderId": "L", "url": one["params"]["url"]}
            tell({"method": "Page.frameNavigated", "params": {"frame": frame}})
            tell({"method": "Page.loadEventFired", "params": {}})
        tell({"id": one["id"], "result": result})
        if method == "Browser.close":
            raise SystemExit
"#;

#[cfg(unix)]
#[test]
fn what_is_missing_from_a_page_is_told_and_is_no_success() {
    use std::os::unix::fs::PermissionsExt as _;
    if Command::new("python3").arg("-V").output().is_err() {
        skip::tell("what_is_missing_from_a_page_is_told_and_is_no_success", "no python3");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let capture = |refused: &str| {
        let script = at.join("fake");
        let _ = std::fs::remove_file(&script);
        std::fs::write(&script, FAKE.replace("REFUSED", refused)).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output =
            waarmerk(&["case", "capture", "c", "http://127.0.0.1:9/", "--browser", "fake"], at);
        (output.status.code(), said(&output))
    };
    let (code, told) = capture("[]");
    assert!(code == Some(0) && !told.contains("NOT WHOLE"), "{code:?} {told}");
    let (code, told) = capture("['Page.captureScreenshot']");
    assert!(code == Some(1) && told.contains("NOT WHOLE: without page.png"), "{code:?} {told}");
    assert!(at.join("c/exhibits/C2/page.html").is_file());
    let (code, told) = capture("['DOM.getDocument']");
    assert!(code == Some(1) && told.contains("NOT WHOLE: without page.html"), "{code:?} {told}");
    // A record of a page of which nothing was had is no capture.
    let before = std::fs::read(at.join("c/log.jsonl")).unwrap();
    let (code, told) =
        capture("['Page.captureScreenshot', 'Page.captureSnapshot', 'DOM.getDocument']");
    assert!(code == Some(1) && told.contains("page.png: "), "{code:?} {told}");
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_browser_that_ends_is_told_and_no_profile_stays() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let before = std::fs::read(at.join("c/log.jsonl")).unwrap();
    for program in ["/bin/true", "/bin/false"] {
        if !Path::new(program).is_file() {
            skip::tell("a_browser_that_ends_is_told_and_no_profile_stays", program);
            return;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
            .args(["case", "capture", "c", "http://127.0.0.1:9/", "--browser", program])
            .current_dir(at)
            .env("TMPDIR", at)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{:?} {}", output.status, said(&output));
        assert!(said(&output).contains("ended before it answered"), "{}", said(&output));
        assert!(profiles(at).is_empty(), "{:?}", profiles(at));
    }
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_page_of_which_nothing_comes_and_a_command_that_is_ended_leave_nothing() {
    if !browser("a_page_of_which_nothing_comes_and_a_command_that_is_ended_leave_nothing") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let before = std::fs::read(at.join("c/log.jsonl")).unwrap();
    let site = format!("http://127.0.0.1:{}", serve());
    let capture = |page: &str, wait: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waarmerk"));
        let address = format!("{site}{page}");
        command.args(["case", "capture", "c", &address, "--wait", wait]);
        command.current_dir(at).env("TMPDIR", at);
        command
    };
    let output = capture("/hang", "2").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("nothing came in 2 s"), "{}", said(&output));
    assert!(profiles(at).is_empty(), "{:?}", profiles(at));
    // Ended from outside, as SIGTERM does, and by a signal that no program sees.
    for signal in ["TERM", "KILL"] {
        let mut child = capture("/slow", "60").stdout(Stdio::null()).spawn().unwrap();
        let until = std::time::Instant::now() + Duration::from_secs(20);
        let begun = || profiles(at).iter().any(|p| p.join("Default").is_dir());
        while !begun() && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(begun(), "the browser made no profile");
        let kill = format!("kill -s {signal} {}", child.id());
        let kill = Command::new("sh").args(["-c", &kill]).status();
        assert!(kill.unwrap().success());
        child.wait().unwrap();
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while !profiles(at).is_empty() && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(profiles(at).is_empty(), "{signal}: {:?}", profiles(at));
    }
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), before);
}

#[test]
fn what_cannot_be_captured_leaves_no_line_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let before = std::fs::read(at.join("c/log.jsonl")).unwrap();
    let missing = waarmerk(
        &["case", "capture", "c", "http://127.0.0.1:9/", "--browser", "there/is/none"],
        at,
    );
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    if let Err(why) = waarmerk::custody::browser::find(None) {
        skip::tell("what_cannot_be_captured_leaves_no_line_in_the_log", why);
        return;
    }
    for address in ["ftp://example.org/", "file:///etc/hostname", "javascript:alert(1)"] {
        let output = waarmerk(&["case", "capture", "c", address], at);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    }
    // Port 9 (discard) of this machine: nobody answers.
    let closed = waarmerk(&["case", "capture", "c", "http://127.0.0.1:9/"], at);
    assert!(!closed.status.success() && said(&closed).contains("ERR_"), "{}", said(&closed));
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), before);
}

/// A server with a certificate of the test's own, and the digest of its key as
/// the browser wants it told; it ends with the value.
struct Secure(std::process::Child);

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn secure(at: &Path, port: u16) -> Option<(Secure, String)> {
    use base64::Engine as _;
    use sha2::Digest as _;
    let openssl = |words: &str| {
        let words = words.split(' ');
        Command::new("openssl").args(words).current_dir(at).stderr(Stdio::null()).output().ok()
    };
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1",
    )?;
    openssl("x509 -in c.pem -outform der -out c.der")?;
    let public = openssl("pkey -in k.pem -pubout -outform der")?.stdout;
    let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(public));
    let server = Command::new("openssl")
        .args(["s_server", "-www", "-quiet", "-cert", "c.pem", "-key", "k.pem", "-accept"])
        .arg(port.to_string())
        .current_dir(at)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let server = Secure(server);
    for _ in 0..100 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some((server, digest));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}

#[cfg(unix)]
#[test]
fn the_certificate_of_a_page_is_kept_and_a_bad_one_is_told() {
    use base64::Engine as _;
    use std::os::unix::fs::PermissionsExt as _;
    let test = "the_certificate_of_a_page_is_kept_and_a_bad_one_is_told";
    let program = match waarmerk::custody::browser::find(None) {
        Ok(program) => program,
        Err(why) => return skip::tell(test, why),
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    new(at);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some((_server, digest)) = secure(at, port) else {
        return skip::tell(test, "openssl is not installed");
    };
    let address = format!("https://127.0.0.1:{port}/");
    let before = std::fs::read(at.join("c/log.jsonl")).unwrap();
    let bad = waarmerk(&["case", "capture", "c", &address], at);
    assert!(!bad.status.success() && said(&bad).contains("ERR_CERT"), "{}", said(&bad));
    assert_eq!(std::fs::read(at.join("c/log.jsonl")).unwrap(), before);
    // The same browser, told to take this one key.
    let script = at.join("trusting");
    let told = format!(
        "#!/bin/sh\nexec \"{}\" --ignore-certificate-errors-spki-list={digest} \"$@\"\n",
        program.display()
    );
    std::fs::write(&script, told).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let good = ["case", "capture", "c", &address, "--browser", &script.to_string_lossy()];
    let good = waarmerk(&good, at);
    assert!(good.status.success(), "{}", said(&good));
    let found = record(at, "C1");
    let chain = found["certificate_chain_der_base64"].as_array().unwrap();
    let own = base64::engine::general_purpose::STANDARD.decode(chain[0].as_str().unwrap()).unwrap();
    assert_eq!(own, std::fs::read(at.join("c.der")).unwrap());
    assert!(found["response"]["securityDetails"]["protocol"].as_str().unwrap().starts_with("TLS"));
}
