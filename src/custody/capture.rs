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
use super::results::seal_files;
use crate::{Error, Result};

/// Size of the window in pixels, a common screen's.
pub const WINDOW: (u32, u32) = (1280, 1024);
/// Tallest picture of a page, in pixels: what Chromium draws in one piece.
const TALLEST: f64 = 16_000.0;
/// After the page says it is loaded, scripts go on; this long they may.
const SETTLE: Duration = Duration::from_secs(1);
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
/// [`Error::Compute`] when the page could not be reached or the browser failed.
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
    let version = browser.call("Browser.getVersion", json!({}))?;
    let started = now();
    let answer = browser.call("Page.navigate", json!({ "url": url }))?;
    if let Some(error) = answer["errorText"].as_str() {
        return Err(Error::compute("the page", format!("{url}: {error}")));
    }
    let loaded = browser.wait("Page.loadEventFired", Instant::now() + patience)?;
    browser.wait("no such event", Instant::now() + SETTLE)?;
    let mut files: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut missing = BTreeMap::new();
    let mut keep = |name, part: Result<Vec<u8>>| match part {
        Ok(bytes) => files.push((name, bytes)),
        // What can be had is kept; what cannot is told.
        Err(error) => {
            missing.insert(name, error.to_string());
        }
    };
    let mut cut = None;
    keep("page.png", picture(browser, &mut cut));
    let snapshot = browser.call("Page.captureSnapshot", json!({ "format": "mhtml" }));
    keep("page.mhtml", snapshot.map(|s| text(&s["data"]).into_bytes()));
    keep(
        "page.html",
        evaluate(browser, "document.documentElement.outerHTML").map(String::into_bytes),
    );
    missing.extend(cut.map(|why| ("page.png", why)));
    let final_url = evaluate(browser, "location.href").unwrap_or_default();
    let title = evaluate(browser, "document.title").unwrap_or_default();
    let chain = certificates(browser, &final_url);
    let main = answer["loaderId"].clone();
    let page = response(&browser.events, &main);
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
    let record = json!({
        "schema": 1,
        "page": facts,
        "title": title,
        "user_agent": version["userAgent"],
        "window": [WINDOW.0, WINDOW.1],
        "redirects": redirects(&browser.events, &main),
        "response": page,
        "certificate_chain_der_base64": chain,
        "requests": requests,
        "requests_not_listed": more,
        "missing": missing,
    });
    let record = serde_json::to_vec_pretty(&record).map_err(|e| Error::compute("JSON", e))?;
    files.push(("capture.json", record));
    Ok(Captured { facts, files, missing })
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
fn picture(browser: &mut Browser, cut: &mut Option<String>) -> Result<Vec<u8>> {
    let size = browser.call("Page.getLayoutMetrics", json!({}))?;
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
    let shot = browser.call("Page.captureScreenshot", how)?;
    STANDARD.decode(text(&shot["data"])).map_err(|e| Error::compute("the browser", e))
}

/// The value of an expression in the page, as text.
fn evaluate(browser: &mut Browser, expression: &str) -> Result<String> {
    let ask = json!({ "expression": expression, "returnByValue": true });
    Ok(text(&browser.call("Runtime.evaluate", ask)?["result"]["value"]))
}

/// The certificates the page came with, the site's own first.
fn certificates(browser: &mut Browser, url: &str) -> Value {
    let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    if !origin.starts_with("https://") {
        return Value::Null;
    }
    let answer = browser.call("Network.getCertificate", json!({ "origin": origin }));
    answer.map_or(Value::Null, |answer| answer["tableNames"].clone())
}

/// The answer that became the page: status, headers, address, encryption.
fn response(events: &[Value], loader: &Value) -> Value {
    let of_page = |e: &&Value| {
        e["method"] == "Network.responseReceived"
            && e["params"]["type"] == "Document"
            && e["params"]["loaderId"] == *loader
    };
    let Some(event) = events.iter().find(of_page) else { return Value::Null };
    brief(&event["params"]["response"])
}

/// What led to the page: each address with its answer, in order.
fn redirects(events: &[Value], loader: &Value) -> Vec<Value> {
    let sent = events.iter().filter(|e| {
        e["method"] == "Network.requestWillBeSent" && e["params"]["loaderId"] == *loader
    });
    sent.filter_map(|e| e["params"].get("redirectResponse")).map(brief).collect()
}

fn brief(response: &Value) -> Value {
    let keys = [
        "url",
        "status",
        "statusText",
        "headers",
        "mimeType",
        "remoteIPAddress",
        "remotePort",
        "protocol",
        "responseTime",
        "securityDetails",
    ];
    let known =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), response.get(*key)?.clone())));
    Value::Object(known.collect())
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

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
