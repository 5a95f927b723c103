//! What stood online, as the user's own browser showed it: picture, page with
//! its resources, headers, redirects, certificates, and the moments before and
//! after (ISO/IEC 27037:2012, 6.9: what is acquired live is recorded with how).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::browser::Browser;
use super::case::Case;
use super::log::{Event, Stamp};
use super::navigation;
use super::results::seal_files;
use crate::{Error, Result};

/// Size of the window in pixels, a common screen's.
pub const WINDOW: (u32, u32) = (1280, 1024);
/// Tallest picture of a page, in pixels: what Chromium draws in one piece.
const TALLEST: f64 = 16_000.0;
/// After the page says it is loaded, scripts go on; this long they may.
const SETTLE: Duration = Duration::from_secs(1);
/// All files together may take this long: a long page is drawn as one picture.
const TAKING: Duration = Duration::from_secs(60);
/// Times that files are taken again because another page came meanwhile.
const MOST_TAKES: usize = 3;
/// The files of a page, besides what is said of it.
const FILES: [&str; 3] = ["page.png", "page.mhtml", "page.html"];
/// Most dialogs that are listed; the others are counted.
const MOST_DIALOGS: usize = 100;
/// Most requests that are listed; the others are counted.
const MOST_REQUESTS: usize = 2000;

/// A page as it was captured, not yet in a case.
pub struct Captured {
    /// What the log says of it.
    pub facts: Facts,
    /// Files by name.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// What could not be had, or not wholly, and why.
    pub missing: BTreeMap<&'static str, String>,
}

/// What the log says of a captured page.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Facts {
    /// The address asked for.
    pub url: String,
    /// The address that was shown in the end.
    pub final_url: String,
    /// Status of the page itself, such as 200.
    pub status: Option<i64>,
    /// Before the first request, UTC, RFC 3339.
    pub started: String,
    /// After the last file, UTC, RFC 3339.
    pub finished: String,
    /// Product and version of the browser.
    pub browser: String,
    /// Whether the page said that it was loaded before the time was up.
    pub loaded: bool,
}

/// Opens `url` in `browser`, waits at most `patience` until it is loaded, and
/// takes what is there. `now` is the clock.
///
/// # Errors
/// [`Error::Usage`] for an address that is not of the web;
/// [`Error::Compute`] when the page could not be reached, nothing of it came in
/// time, no file of it could be had, or the browser failed.
pub fn capture(
    browser: &mut Browser,
    url: &str,
    patience: Duration,
    now: &dyn Fn() -> String,
) -> Result<Captured> {
    let lower = url.to_ascii_lowercase();
    if !(lower.starts_with("http://") || lower.starts_with("https://")) {
        return Err(Error::Usage(format!(
            "`{url}` is no address of the web (http:// or https://)"
        )));
    }
    let until = Instant::now() + patience;
    let version = browser.call("Browser.getVersion", json!({}), until)?;
    let started = now();
    open(browser, url, patience, until)?;
    let loaded = settle(browser, until)?;
    let end = Instant::now() + TAKING;
    let mut taken = take(browser, end);
    for _ in 0..MOST_TAKES {
        // Another page came meanwhile: the files would not be of one page.
        if navigation::documents(&browser.events) == taken.documents {
            break;
        }
        taken = take(browser, end);
    }
    let Taken { files, mut missing, final_url, title, documents } = taken;
    if navigation::documents(&browser.events) != documents {
        let why = "pages kept coming while the files were taken: they may be of several";
        missing.insert("response", why.to_owned());
    }
    if files.is_empty() {
        let why: Vec<String> = missing.iter().map(|(file, why)| format!("{file}: {why}")).collect();
        return Err(Error::compute("the page", format!("{url}: {}", why.join("; "))));
    }
    if let Some(address) = navigation::unreached(&browser.events) {
        missing.insert(
            "response",
            format!("{address} could not be reached: what is shown is the browser's own page"),
        );
    }
    let chain = certificates(browser, &final_url, end);
    let page = navigation::response(&browser.events);
    let finished = now();
    let facts = Facts {
        url: url.to_owned(),
        final_url,
        status: page["status"].as_i64(),
        started,
        finished,
        browser: text(&version["product"]),
        loaded,
    };
    let (requests, more) = requests(&browser.events);
    let (dialogs, more_dialogs) = dialogs(&browser.events);
    let record = json!({
        "schema": 1,
        "page": facts,
        "title": title,
        "user_agent": version["userAgent"],
        "window": [WINDOW.0, WINDOW.1],
        "redirects": navigation::redirects(&browser.events),
        "response": page,
        "certificate_chain_der_base64": chain,
        "dialogs_dismissed": dialogs,
        "dialogs_not_listed": more_dialogs,
        "requests": requests,
        "requests_not_listed": more,
        "missing": missing,
    });
    let record = serde_json::to_vec_pretty(&record).map_err(|e| Error::compute("JSON", e))?;
    let files = files.into_iter().chain([("capture.json", record)]).collect();
    Ok(Captured { facts, files, missing })
}

impl Captured {
    /// The parts of the page itself that could not be had.
    pub fn lacks(&self) -> Vec<&'static str> {
        let had = |name: &&str| self.files.iter().any(|(file, _)| file == name);
        let answer = self.missing.contains_key("response").then_some("response");
        FILES.into_iter().filter(|name| !had(name)).chain(answer).collect()
    }
}

/// Asks for the page; returns when its first bytes are there.
fn open(browser: &mut Browser, url: &str, patience: Duration, until: Instant) -> Result<()> {
    let failed = |why: String| Err(Error::compute("the page", format!("{url}: {why}")));
    // What was told so far is about the empty page.
    browser.events.clear();
    let answer = browser.ask("Page.navigate", json!({ "url": url }), until)?;
    if let Some(error) = answer.as_ref().and_then(|answer| answer["errorText"].as_str()) {
        return failed(error.to_owned());
    }
    if answer.is_none() && navigation::documents(&browser.events) == 0 {
        return failed(format!(
            "nothing came in {} s, and nothing was captured",
            patience.as_secs()
        ));
    }
    Ok(())
}

/// Waits until the page, or the one that it leads to, is loaded and stays;
/// whether it was.
fn settle(browser: &mut Browser, until: Instant) -> Result<bool> {
    loop {
        let done = browser.wait(navigation::loaded, until)?;
        browser.wait(|_| false, until.min(Instant::now() + SETTLE))?;
        let before = navigation::documents(&browser.events);
        let came = |events: &[Value]| navigation::documents(events) > before;
        if !done || !navigation::leaving(&browser.events) || !browser.wait(came, until)? {
            return Ok(navigation::loaded(&browser.events));
        }
    }
}

/// The files of the page, as they were taken together.
struct Taken {
    files: Vec<(&'static str, Vec<u8>)>,
    missing: BTreeMap<&'static str, String>,
    final_url: String,
    title: String,
    /// Documents that the browser had shown by then.
    documents: usize,
}

/// Takes the files, all by `end`. Scripts are stopped first: one may run for
/// ever, and the files are to show the same.
fn take(browser: &mut Browser, end: Instant) -> Taken {
    let documents = navigation::documents(&browser.events);
    let (mut files, mut missing, mut cut) = (Vec::new(), BTreeMap::new(), None);
    let mut keep = |name, part: Result<Vec<u8>>| match part {
        Ok(bytes) => files.push((name, bytes)),
        // What can be had is kept; what cannot is told.
        Err(error) => {
            missing.insert(name, error.to_string());
        }
    };
    let stop = json!({ "value": true });
    let stopped = browser
        .call("Emulation.setScriptExecutionDisabled", stop, end)
        .and_then(|_| browser.call("Runtime.terminateExecution", json!({}), end));
    let [png, mhtml, html] = FILES;
    let how = json!({ "format": "mhtml" });
    let snapshot = browser.call("Page.captureSnapshot", how, end);
    keep(mhtml, snapshot.map(|s| text(&s["data"]).into_bytes()));
    keep(html, source(browser, end).map(String::into_bytes));
    let (final_url, title) = address(browser, end);
    // Last: where nothing is drawn any more, the others are there.
    keep(png, picture(browser, &mut cut, end));
    missing.extend(cut.map(|why| (png, why)));
    missing.extend(stopped.err().map(|error| ("scripts", error.to_string())));
    Taken { files, missing, final_url, title, documents }
}

impl Case {
    /// Puts a captured page into the case and gives its name, `C1`, `C2`, …
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn add_capture(&mut self, page: &Captured, stamp: &Stamp) -> Result<String> {
        let earlier = |e: &&super::Entry| matches!(e.event, Event::PageCaptured { .. });
        let name = format!("C{}", self.entries().iter().filter(earlier).count() + 1);
        let place = self.root.join("exhibits").join(&name);
        let aside = self.aside_of(&place)?;
        self.disk.create_dir(&aside)?;
        for (file, bytes) in &page.files {
            self.disk.write(&aside.join(file), bytes)?;
        }
        let files = seal_files(&self.root, &aside, &place)?;
        let event = Event::PageCaptured {
            capture: name.clone(),
            page: Box::new(page.facts.clone()),
            files,
        };
        self.commit(event, stamp, (&aside, &place))?;
        Ok(name)
    }
}

/// The whole page as a PNG; where it is larger than can be drawn, `cut` says
/// how much is there.
fn picture(browser: &mut Browser, cut: &mut Option<String>, end: Instant) -> Result<Vec<u8>> {
    let size = browser.call("Page.getLayoutMetrics", json!({}), end)?;
    let side = |key: &str| size["cssContentSize"][key].as_f64().unwrap_or(0.0);
    let (width, height) = (side("width"), side("height"));
    if width.max(height) > TALLEST {
        *cut = Some(format!(
            "the page is {width} × {height} pixels, and the picture ends at {TALLEST}; page.mhtml holds the rest"
        ));
    }
    let clip = json!({ "x": 0, "y": 0, "scale": 1,
        "width": width.clamp(f64::from(WINDOW.0), TALLEST),
        "height": height.clamp(f64::from(WINDOW.1), TALLEST) });
    let how = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let shot = browser.call("Page.captureScreenshot", how, end)?;
    STANDARD.decode(text(&shot["data"])).map_err(|e| Error::compute("the browser", e))
}

/// The document as it stands, from the browser and not from the page's own
/// scripts, which could say something else.
fn source(browser: &mut Browser, end: Instant) -> Result<String> {
    let document = browser.call("DOM.getDocument", json!({ "depth": 0 }), end)?;
    let node = json!({ "nodeId": document["root"]["nodeId"] });
    Ok(text(&browser.call("DOM.getOuterHTML", node, end)?["outerHTML"]))
}

/// Address and title that a window would show; empty where the browser does
/// not say.
fn address(browser: &mut Browser, end: Instant) -> (String, String) {
    let history = browser.call("Page.getNavigationHistory", json!({}), end).unwrap_or_default();
    let at = history["currentIndex"].as_u64().and_then(|at| usize::try_from(at).ok());
    let entry = at.map_or(&Value::Null, |at| &history["entries"][at]);
    (text(&entry["url"]), text(&entry["title"]))
}

/// The certificates the page came with, the site's own first.
fn certificates(browser: &mut Browser, url: &str, end: Instant) -> Value {
    let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    if !origin.starts_with("https://") {
        return Value::Null;
    }
    let answer = browser.call("Network.getCertificate", json!({ "origin": origin }), end);
    answer.map_or(Value::Null, |answer| answer["tableNames"].clone())
}

/// Every address the page asked for, and how many are not listed.
fn requests(events: &[Value]) -> (Vec<String>, usize) {
    let sent = events.iter().filter(|e| e["method"] == "Network.requestWillBeSent");
    let all: Vec<String> = sent
        .map(|e| text(&e["params"]["request"]["url"]))
        .filter(|url| !url.starts_with("data:"))
        .collect();
    let more = all.len().saturating_sub(MOST_REQUESTS);
    (all.into_iter().take(MOST_REQUESTS).collect(), more)
}

/// What the page said in dialogs, which nobody saw, and how many are not listed.
fn dialogs(events: &[Value]) -> (Vec<Value>, usize) {
    let opened = events.iter().filter(|e| e["method"] == "Page.javascriptDialogOpening");
    let all: Vec<Value> = opened
        .map(|e| &e["params"])
        .map(|p| json!({ "type": p["type"], "message": p["message"], "url": p["url"] }))
        .collect();
    let more = all.len().saturating_sub(MOST_DIALOGS);
    (all.into_iter().take(MOST_DIALOGS).collect(), more)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
