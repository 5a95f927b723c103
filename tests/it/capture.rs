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
                    "/slow" => format!("{html}\r\n{body}"),
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
