//! The user's own Chromium or Chrome, without a window, over its DevTools
//! pipe: the one thing in this program that lets a network be used, and only
//! for `case capture`.
//!
//! The pipe (`--remote-debugging-pipe`) needs no port that others could reach:
//! the browser reads commands on descriptor 3 and writes answers on 4, JSON
//! ended by a NUL each (Chromium, content/browser/devtools).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Error, Result};

/// Names under which browsers that speak the protocol are installed.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

/// How long a browser may take to start or to answer a command.
const PATIENCE: Duration = Duration::from_secs(30);

/// Largest message that is read, in bytes: a long page as a picture.
const LARGEST: u64 = 512 * 1024 * 1024;

/// A running browser with one page.
pub struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// What the browser told on its own, in order.
    pub events: Vec<Value>,
    /// Session of the page.
    session: String,
    next: u64,
    /// Its profile, removed afterwards.
    _profile: tempfile::TempDir,
}

/// The browser to use: `program`, or the first that is installed.
///
/// # Errors
/// [`Error::Usage`] when there is none.
pub fn find(program: Option<&Path>) -> Result<PathBuf> {
    if let Some(program) = program {
        return if program.is_file() {
            Ok(program.to_owned())
        } else {
            Err(Error::Usage(format!("{}: there is no such program", program.display())))
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut places = NAMES.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    places.find(|place| place.is_file()).ok_or_else(|| {
        Error::Usage(format!(
            "no Chromium or Chrome was found (looked for {} in PATH); name one with --browser",
            NAMES.join(", ")
        ))
    })
}

impl Browser {
    /// Starts `program` with a fresh profile and an empty page of `width` ×
    /// `height` pixels.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be started; [`Error::Compute`] when it does
    /// not answer.
    pub fn start(program: &Path, (width, height): (u32, u32)) -> Result<Self> {
        let profile = tempfile::tempdir().map_err(|e| Error::io("the browser's profile", e))?;
        let mut folder = std::ffi::OsString::from("--user-data-dir=");
        folder.push(profile.path());
        // The shell puts the pipes where the browser looks for them.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"]);
        command.arg(program).args([
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-gpu",
            "--hide-scrollbars",
            "--mute-audio",
        ]);
        if is_root() {
            // The browser refuses its sandbox to root.
            command.arg("--no-sandbox");
        }
        command.arg(folder).arg("about:blank");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| Error::io(program, e))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("its pipes are missing"));
        };
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(output);
            loop {
                let mut message = Vec::new();
                let read = std::io::Read::take(&mut reader, LARGEST).read_until(0, &mut message);
                if !read.is_ok_and(|n| n > 0) || message.pop() != Some(0) {
                    return;
                }
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if send.send(value).is_err() {
                    return;
                }
            }
        });
        let mut browser = Self {
            child,
            input,
            messages,
            events: Vec::new(),
            session: String::new(),
            next: 0,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach)?;
        browser.session = session["sessionId"].as_str().unwrap_or_default().to_owned();
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}))?;
        }
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", size)?;
        Ok(browser)
    }

    /// One command to the page and its answer.
    ///
    /// # Errors
    /// [`Error::Compute`] when the browser refuses or does not answer in time.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": params });
        if !self.session.is_empty() && !method.starts_with("Browser.") {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).map_err(|e| failed(&format!("{method}: {e}")))?;
        let until = Instant::now() + PATIENCE;
        loop {
            let Some(answer) = self.receive(until)? else {
                return Err(failed(&format!("{method}: no answer in {} s", PATIENCE.as_secs())));
            };
            if answer["id"] == self.next {
                if let Some(error) = answer.get("error") {
                    return Err(failed(&format!("{method}: {}", error["message"])));
                }
                return Ok(answer["result"].clone());
            }
            self.events.push(answer);
        }
    }

    /// Waits for an event called `method`, at most until `until`; whether it
    /// came.
    ///
    /// # Errors
    /// [`Error::Compute`] when the browser is gone.
    pub fn wait(&mut self, method: &str, until: Instant) -> Result<bool> {
        loop {
            if self.events.iter().any(|event| event["method"] == method) {
                return Ok(true);
            }
            match self.receive(until)? {
                Some(event) => self.events.push(event),
                None => return Ok(false),
            }
        }
    }

    fn receive(&self, until: Instant) -> Result<Option<Value>> {
        match self.messages.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(failed("the browser ended")),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        self.next += 1;
        let close = json!({ "id": self.next, "method": "Browser.close" }).to_string() + "\0";
        let _ = self.input.write_all(close.as_bytes());
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}

fn failed(what: &str) -> Error {
    Error::compute("the browser", what)
}
