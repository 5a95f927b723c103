//! The way from the address asked for to the page that was shown, from what
//! the browser told: redirects of the server, of scripts, and of the page's own
//! `meta refresh` (DevTools protocol, domains Page and Network).
//!
//! Each document that the main frame showed has a loader, and is told when it
//! took the place of the one before.

use serde_json::{Value, json};

/// The places in `events` where a document took the main frame.
fn shown(events: &[Value]) -> Vec<usize> {
    let of_page = |e: &Value| {
        e["method"] == "Page.frameNavigated" && e["params"]["frame"]["parentId"].is_null()
    };
    events.iter().enumerate().filter(|(_, e)| of_page(e)).map(|(i, _)| i).collect()
}

/// How many documents the main frame has shown.
pub fn documents(events: &[Value]) -> usize {
    shown(events).len()
}

/// Whether the last document said that it was loaded.
pub fn loaded(events: &[Value]) -> bool {
    let last = shown(events).pop();
    last.is_some_and(|at| events.iter().skip(at).any(|e| e["method"] == "Page.loadEventFired"))
}

/// Whether the last document asked for another in its place, which has not come.
pub fn leaving(events: &[Value]) -> bool {
    shown(events).pop().is_some_and(|at| asked(events, at, events.len()).is_some())
}

/// Why the document at `from` asked for another one before `to`, if it did.
fn asked(events: &[Value], from: usize, to: usize) -> Option<&str> {
    let frame = &events.get(from)?["params"]["frame"]["id"];
    let asks = events.get(from..to)?.iter().rev().find(|e| {
        e["method"] == "Page.frameRequestedNavigation" && e["params"]["frameId"] == *frame
    })?;
    asks["params"]["reason"].as_str()
}

/// Address of the last document that could not be reached: what is shown in its
/// place is the browser's own.
pub fn unreached(events: &[Value]) -> Option<&str> {
    events.get(shown(events).pop()?)?["params"]["frame"]["unreachableUrl"].as_str()
}

/// The answer that became the page that is shown: status, headers, address,
/// encryption.
pub fn response(events: &[Value]) -> Value {
    shown(events).pop().map_or(Value::Null, |at| answer(events, at))
}

/// What led to the page: each address with its answer and how it led on, in
/// order.
pub fn redirects(events: &[Value]) -> Vec<Value> {
    let all = shown(events);
    let mut found = Vec::new();
    for (i, at) in all.iter().enumerate() {
        let loader = loader(events, *at);
        let sent = events.iter().filter(|e| {
            e["method"] == "Network.requestWillBeSent" && e["params"]["loaderId"] == *loader
        });
        let led = sent.filter_map(|e| e["params"].get("redirectResponse"));
        found.extend(led.map(|answer| by("http", brief(answer))));
        // A script may write another address without loading anything.
        let end = all.get(i + 1).copied();
        let here = events.get(*at..end.unwrap_or(events.len())).unwrap_or_default();
        let frame = &events[*at]["params"]["frame"]["id"];
        let moved = here.iter().filter(|e| {
            e["method"] == "Page.navigatedWithinDocument" && e["params"]["frameId"] == *frame
        });
        found.extend(
            moved.map(
                |e| json!({ "by": "address changed within the page", "to": e["params"]["url"] }),
            ),
        );
        if let Some(end) = end {
            let how = match asked(events, *at, end) {
                Some("metaTagRefresh") => "meta refresh",
                Some("httpHeaderRefresh") => "refresh header",
                Some("scriptInitiated") => "script",
                Some(other) => other,
                None => "unknown",
            };
            found.push(by(how, answer(events, *at)));
        }
    }
    found
}

fn loader(events: &[Value], at: usize) -> &Value {
    &events[at]["params"]["frame"]["loaderId"]
}

/// The answer that became the document at `at`.
fn answer(events: &[Value], at: usize) -> Value {
    let loader = loader(events, at);
    let of_page = |e: &&Value| {
        e["method"] == "Network.responseReceived"
            && e["params"]["type"] == "Document"
            && e["params"]["loaderId"] == *loader
            // A frame inside has the loader of its own document, and no other.
            && e["params"]["frameId"] == events[at]["params"]["frame"]["id"]
    };
    match events.iter().find(of_page) {
        Some(event) => brief(&event["params"]["response"]),
        None => json!({ "url": events[at]["params"]["frame"]["url"] }),
    }
}

fn by(how: &str, mut answer: Value) -> Value {
    answer["by"] = how.into();
    answer
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(loader: &str, url: &str) -> Value {
        json!({ "method": "Page.frameNavigated",
            "params": { "frame": { "id": "F", "loaderId": loader, "url": url } } })
    }

    fn answers(loader: &str, url: &str, status: u16) -> Value {
        json!({ "method": "Network.responseReceived", "params": { "frameId": "F",
            "type": "Document", "loaderId": loader, "response": { "url": url, "status": status } } })
    }

    #[test]
    fn the_answer_is_that_of_the_last_document_and_the_others_are_redirects() {
        let asks = json!({ "method": "Page.frameRequestedNavigation",
            "params": { "frameId": "F", "reason": "metaTagRefresh" } });
        let inside = json!({ "method": "Page.frameNavigated",
            "params": { "frame": { "id": "G", "parentId": "F", "loaderId": "3", "url": "/ad" } } });
        let load = json!({ "method": "Page.loadEventFired" });
        let mut events = vec![answers("1", "/meta", 203), shows("1", "/meta"), load.clone(), asks];
        assert!(loaded(&events) && leaving(&events));
        events.extend([answers("2", "/final", 200), shows("2", "/final"), inside]);
        assert!(!loaded(&events) && !leaving(&events));
        assert_eq!((documents(&events), &response(&events)["url"]), (2, &json!("/final")));
        let led = redirects(&events);
        assert_eq!(led, [json!({ "url": "/meta", "status": 203, "by": "meta refresh" })]);
        events.push(load);
        assert!(loaded(&events));
    }
}
