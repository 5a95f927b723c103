//! The report in a real browser, where one is installed.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::sample::{full, small};
use crate::skip;
use waarmerk::custody::browser::{Browser, find};
use waarmerk::report::{Redact, Report, html};
use waarmerk::text::Lang;

/// The page in a browser; `None` where there is none.
fn open(test: &str, report: &Report, folder: &Path) -> Option<Browser> {
    let program = match find(None) {
        Ok(program) => program,
        Err(why) => {
            skip::tell(test, why);
            return None;
        }
    };
    let path = folder.join("report.html");
    std::fs::write(&path, html::render(report).unwrap()).unwrap();
    Some(show(&program, &path))
}

/// The file `path` in the browser `program`.
pub fn show(program: &Path, path: &Path) -> Browser {
    let mut browser = Browser::start(program, (1000, 1400)).unwrap();
    let url = format!("file://{}", path.display());
    for domain in ["Runtime", "Log"] {
        browser.call(&format!("{domain}.enable"), json!({}), soon()).unwrap();
    }
    browser.call("Page.navigate", json!({ "url": url }), soon()).unwrap();
    let loaded = |events: &[Value]| events.iter().any(|e| e["method"] == "Page.loadEventFired");
    assert!(browser.wait(loaded, soon()).unwrap());
    browser
}

/// No answer takes longer.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

pub fn ask(browser: &mut Browser, expression: &str) -> Value {
    let ask = json!({ "expression": expression, "returnByValue": true });
    let answer = browser.call("Runtime.evaluate", ask, soon()).unwrap();
    assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
    answer["result"]["value"].clone()
}

pub fn key(browser: &mut Browser, key: &str) {
    let text = if key.len() == 1 { key } else { "" };
    // The browser moves the focus by the number of the key, not by its name.
    let number = if key == "Tab" { 9 } else { 0 };
    for kind in ["keyDown", "keyUp"] {
        let text = if kind == "keyDown" { text } else { "" };
        let event =
            json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": number });
        browser.call("Input.dispatchKeyEvent", event, soon()).unwrap();
    }
}

/// Walks through the page with the Tab key alone, and says what it never
/// reached of what can be worked with.
pub fn walk(browser: &mut Browser) -> Vec<String> {
    let controls = "Array.from(document.querySelectorAll('a[href], button, summary, [tabindex=\"0\"]')).filter((e) => e.checkVisibility())";
    let many = ask(browser, &format!("{controls}.length")).as_u64().unwrap();
    assert!(many > 3, "only {many} controls");
    let left =
        format!("{controls}.filter((e) => !e.dataset.walked).map((e) => e.outerHTML.slice(0, 80))");
    // Regions that scroll take the focus too.
    for _ in 0..2 * many + 50 {
        key(browser, "Tab");
        ask(browser, "document.activeElement.dataset.walked = 'yes'");
    }
    let left = ask(browser, &left);
    left.as_array().unwrap().iter().map(|e| e.as_str().unwrap().to_owned()).collect()
}

/// Nothing went wrong, and nothing was asked for but the file itself.
pub fn quiet(browser: &mut Browser) {
    browser.wait(|_| false, Instant::now() + Duration::from_millis(300)).unwrap();
    for event in &browser.events {
        let method = event["method"].as_str().unwrap_or_default();
        let bad = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"];
        assert!(!bad.contains(&method), "{event}");
        if method == "Network.requestWillBeSent" {
            let url = event["params"]["request"]["url"].as_str().unwrap();
            assert!(url.starts_with("data:") || url.starts_with("file:"), "{url}");
        }
    }
}

#[test]
fn the_time_line_works_by_key_and_nothing_leaves_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let report = full(Lang::Nl, Redact::Faces);
    let test = "the_time_line_works_by_key_and_nothing_leaves_the_page";
    let Some(mut browser) = open(test, &report, folder.path()) else { return };
    let page = &mut browser;
    assert_eq!(ask(page, "document.querySelector('#timeline').classList.contains('live')"), true);
    assert!(ask(page, "document.querySelectorAll('.tl-curve').length").as_u64().unwrap() >= 3);
    let slider = "document.querySelector('.tl-plot')";
    ask(page, &format!("{slider}.focus()"));
    let now = |page: &mut Browser| {
        let text = ask(page, &format!("{slider}.getAttribute('aria-valuenow')"));
        text.as_str().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(now(page), 0.0);
    key(page, "ArrowRight");
    assert!((now(page) - 144.0).abs() < 1.0, "a hundredth of four hours");
    let said = ask(page, &format!("{slider}.getAttribute('aria-valuetext')"));
    assert!(said.as_str().unwrap().contains("spectrum: slope"), "{said}");
    let span = "document.querySelector('.tl-span').textContent";
    let whole = ask(page, span);
    key(page, "+");
    assert_ne!(ask(page, span), whole);
    key(page, "0");
    assert_eq!(ask(page, span), whole);
    key(page, "n");
    assert_eq!(now(page), 5120.0, "the next picture");
    let picture = ask(page, "document.querySelector('.tl-frame img').src.slice(0, 22)");
    assert_eq!(picture, "data:image/jpeg;base64");
    let shown = ask(
        page,
        "document.querySelector('.tl-frame img').src === document.querySelector('#figure-3 img').src",
    );
    assert_eq!(shown, true, "the very picture of the report, redacted as it is");
    // With the mouse: a drag over half of it shows that half.
    let area = ask(
        page,
        &format!("{slider}.scrollIntoView(), JSON.stringify({slider}.getBoundingClientRect())"),
    );
    let area: Value = serde_json::from_str(area.as_str().unwrap()).unwrap();
    let (x, y, width) = (
        area["x"].as_f64().unwrap(),
        area["y"].as_f64().unwrap() + 60.0,
        area["width"].as_f64().unwrap(),
    );
    for (kind, at) in [("mousePressed", 0.3), ("mouseMoved", 0.5), ("mouseReleased", 0.6)] {
        let event = json!({ "type": kind, "x": x + at * width, "y": y, "button": "left",
            "buttons": 1, "clickCount": 1 });
        page.call("Input.dispatchMouseEvent", event, soon()).unwrap();
    }
    assert_ne!(ask(page, span), whole);
    // On paper the drawing stands instead.
    let display = |of: &str| format!("getComputedStyle(document.querySelector('{of}')).display");
    assert_eq!(ask(page, &display(".tl-static")), "none");
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }), soon()).unwrap();
    assert_eq!(ask(page, &display(".tl-static")), "block");
    assert_eq!(ask(page, &display(".tl")), "none");
    quiet(page);
}

#[test]
fn every_control_is_reached_by_the_tab_key_in_both_languages() {
    for lang in [Lang::En, Lang::Nl] {
        let folder = tempfile::tempdir().unwrap();
        let report = full(lang, Redact::Faces);
        let test = "every_control_is_reached_by_the_tab_key_in_both_languages";
        let Some(mut browser) = open(test, &report, folder.path()) else { return };
        assert_eq!(walk(&mut browser), [""; 0], "{lang:?}");
        let plot = "document.querySelector('.tl-plot').dataset.walked";
        assert_eq!(ask(&mut browser, plot), "yes");
        quiet(&mut browser);
    }
}

#[test]
fn hostile_strings_do_nothing_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = small(Lang::En);
    let evil = "</script><script>document.title='ran'</script><img src=x onerror=alert(1)>";
    report.checks[1].name = evil.into();
    report.exhibit.tags.push((evil.into(), evil.into()));
    let Some(mut browser) = open("hostile_strings_do_nothing_in_a_browser", &report, folder.path())
    else {
        return;
    };
    assert_ne!(ask(&mut browser, "document.title"), "ran");
    assert_eq!(ask(&mut browser, "document.querySelectorAll('script').length"), 2);
    assert_eq!(ask(&mut browser, "document.querySelectorAll('#timeline.live').length"), 1);
    quiet(&mut browser);
}
