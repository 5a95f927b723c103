//! The user's own Chromium or Chrome, without a window, over its DevTools
//! pipe: the one thing in this program that lets a network be used, and only
//! for `case capture`.
//!
//! The pipe (`--remote-debugging-pipe`) needs no port that others could reach:
//! the browser reads commands on descriptor 3 and writes answers on 4, JSON
//! ended by a NUL each (Chromium, content/browser/devtools).

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Error, Result};

/// Names under which browsers that speak the protocol are installed.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];

/// How long a browser may take to start.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long it may take to end when asked to.
const ENDING: Duration = Duration::from_secs(10);

/// Largest message that is read, in bytes: a long page as a picture.
const LARGEST: u64 = 512 * 1024 * 1024;

/// What the shell does: it puts the pipes where the browser looks for them,
/// and removes the profile once the browser ended. So a profile, which holds
/// what the page said, goes too when this program is ended from outside: the
/// pipe closes, at which a browser ends.
const SHELL: &str = "profile=$1; shift
\"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1
rm -rf -- \"$profile\" || { sleep 1; rm -rf -- \"$profile\"; }";

/// A running browser with one page.
pub struct Browser {
    child: Child,
    input: Option<PipeWriter>,
    /// Where the browser reads. Held here too, so that writing to a browser
    /// that is gone does not end this program by SIGPIPE.
    _open: PipeReader,
    messages: Receiver<Value>,
    /// What the browser told of the page on its own, in order.
    pub events: Vec<Value>,
    /// Session of the page.
    session: String,
    next: u64,
    /// Removed by the shell, or here where the shell was ended.
    _profile: tempfile::TempDir,
}

/// The browser to use: `program`, or the first that is installed.
///
/// # Errors
/// [`Error::Usage`] when there is none.
pub fn find(program: Option<&Path>) -> Result<PathBuf> {
    if let Some(program) = program {
        return if program.is_file() {
            // The shell would look for a name without a folder in PATH.
            std::path::absolute(program).map_err(|e| Error::io(program, e))
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
        let until = Instant::now() + PATIENCE;
        let profile = tempfile::Builder::new().prefix("waarmerk-browser-").tempdir();
        let profile = profile.map_err(|e| Error::io("the browser's profile", e))?;
        let (open, input) = std::io::pipe().map_err(|e| Error::io(program, e))?;
        let reader = open.try_clone().map_err(|e| Error::io(program, e))?;
        let mut command = command(program, profile.path());
        command.stdin(reader).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| Error::io(program, e))?;
        let output = child.stdout.take().ok_or_else(|| failed("its pipe is missing"))?;
        let (send, messages) = channel();
        std::thread::spawn(move || read(output, &send));
        let mut browser = Self {
            child,
            input: Some(input),
            _open: open,
            messages,
            events: Vec::new(),
            session: String::new(),
            next: 0,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }), until)?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach, until)?;
        browser.session = session["sessionId"].as_str().unwrap_or_default().to_owned();
        for domain in ["Page", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}), until)?;
        }
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", size, until)?;
        Ok(browser)
    }

    /// One command to the page and its answer.
    ///
    /// # Errors
    /// [`Error::Compute`] when the browser refuses, ends, or has not answered by
    /// `until`.
    pub fn call(&mut self, method: &str, params: Value, until: Instant) -> Result<Value> {
        let answer = self.ask(method, params, until)?;
        answer.ok_or_else(|| failed(&format!("{method}: no answer in time")))
    }

    /// The same; `None` when there is no answer by `until`.
    ///
    /// # Errors
    /// [`Error::Compute`] when the browser refuses or ends.
    pub fn ask(&mut self, method: &str, params: Value, until: Instant) -> Result<Option<Value>> {
        let id = self.send(method, params)?;
        while let Some(message) = self.receive(method, until)? {
            if message["id"] != id {
                self.keep(message);
            } else if let Some(error) = message.get("error") {
                return Err(failed(&format!("{method}: {}", error["message"])));
            } else {
                return Ok(Some(message["result"].clone()));
            }
        }
        Ok(None)
    }

    /// Listens until the events so far are `enough`, at most until `until`;
    /// whether they were.
    ///
    /// # Errors
    /// [`Error::Compute`] when the browser is gone.
    pub fn wait(&mut self, enough: impl Fn(&[Value]) -> bool, until: Instant) -> Result<bool> {
        let mut news = true;
        loop {
            if news && enough(&self.events) {
                return Ok(true);
            }
            let Some(message) = self.receive("the page", until)? else { return Ok(false) };
            // Requests alone, of which there are thousands, change nothing.
            news = message["method"].as_str().is_some_and(|m| m.starts_with("Page."));
            self.keep(message);
        }
    }

    /// One command, whose answer may be waited for or not. Gives its number.
    fn send(&mut self, method: &str, params: Value) -> Result<u64> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": params });
        if !self.session.is_empty() && !method.starts_with("Browser.") {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let input = self.input.as_mut().ok_or_else(|| failed("it was ended"))?;
        input.write_all(&bytes).map_err(|e| failed(&format!("{method}: {e}")))?;
        Ok(self.next)
    }

    /// The next message, or `None` at `until`, however many more there are: a
    /// page can go on for ever.
    fn receive(&mut self, waiting: &str, until: Instant) -> Result<Option<Value>> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        let message = match self.messages.recv_timeout(left) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(failed(&format!("it ended before it answered {waiting}")));
            }
        };
        if message["method"] == "Page.javascriptDialogOpening" {
            // Nobody is there to answer, and the page waits until someone does.
            self.send("Page.handleJavaScriptDialog", json!({ "accept": false }))?;
        }
        Ok(Some(message))
    }

    /// Keeps an event that is about the page, its requests or its documents;
    /// others, and answers that nobody waits for any more, are let go.
    fn keep(&mut self, message: Value) {
        let kept = match message["method"].as_str() {
            Some("Network.requestWillBeSent") => true,
            Some("Network.responseReceived") => message["params"]["type"] == "Document",
            // What goes wrong in a page is told only where that was asked for.
            Some("Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded") => true,
            Some(method) => method.starts_with("Page."),
            None => false,
        };
        if kept {
            self.events.push(message);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.send("Browser.close", json!({}));
        self.input = None;
        let until = Instant::now() + ENDING;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // The shell, the browser, and what the browser started.
        let group = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -KILL -$0", &group]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The browser with its profile, in a group of its own: Ctrl-C ends this
/// program, and the closed pipe the browser.
fn command(program: &Path, profile: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", SHELL, "sh"]).arg(profile).arg(program).args([
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
    let mut folder = std::ffi::OsString::from("--user-data-dir=");
    folder.push(profile);
    command.arg(folder).arg("about:blank");
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Hands on each message until the browser ends.
fn read(output: ChildStdout, send: &Sender<Value>) {
    let mut reader = BufReader::new(output);
    loop {
        let mut message = Vec::new();
        let read = Read::take(&mut reader, LARGEST).read_until(0, &mut message);
        if !read.is_ok_and(|n| n > 0) || message.pop() != Some(0) {
            return;
        }
        let Ok(value) = serde_json::from_slice(&message) else { return };
        if send.send(value).is_err() {
            return;
        }
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
