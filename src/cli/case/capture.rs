//! `waarmerk case capture`: what stands at an address, into the case.

use std::path::PathBuf;
use std::time::Duration;

use super::{ByArgs, open};
use crate::Result;
use crate::cli::{Done, examine, say};
use crate::custody::{browser, capture};
use crate::text::visible;

/// Options of `waarmerk case capture`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  waarmerk case capture mycase https://example.org/p/1\n\nThe only command that uses a network: your own Chromium or Chrome opens the\naddress, without a window and without your cookies or log-ins, and the case gets\npage.png (the whole page), page.mhtml (with its resources), page.html and\ncapture.json (headers, redirects, certificates, moments in UTC), each with its\ndigests in the log. Dialogs of the page are dismissed and listed; its scripts are\nstopped before the files are taken, for which a minute is allowed. A page that is\nnever done loading is taken as it is when the time is up, and the log says so; where\nnothing at all came by then, nothing is captured.\n\nExit codes: 0 captured; 1 not captured, or the picture or the page is missing from\nwhat was, as is said."
)]
pub struct CaptureArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// The address, with http:// or https://.
    #[arg(value_name = "URL")]
    url: String,
    /// The browser; the first Chromium or Chrome in PATH unless given.
    #[arg(long, value_name = "PROGRAM")]
    browser: Option<PathBuf>,
    /// How many seconds the page may take to load.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    wait: u64,
    #[command(flatten)]
    by: ByArgs,
}

/// Captures first, then writes: a page that cannot be reached leaves no trace.
pub fn run(args: &CaptureArgs) -> Result<Done> {
    let program = browser::find(args.browser.as_deref())?;
    let (mut case, stamp) = open(&args.case, &args.by)?;
    let page = {
        let mut browser = browser::Browser::start(&program, capture::WINDOW)?;
        let patience = Duration::from_secs(args.wait.min(600));
        capture::capture(&mut browser, &args.url, patience, &examine::now)?
    };
    // The log says when it was done, not when it was begun.
    let name = case.add_capture(&page, &super::stamp(stamp.by))?;
    let mut told = format!("{name}  {}", visible(&page.facts.final_url));
    if let Some(status) = page.facts.status.filter(|status| !(200..300).contains(status)) {
        told.push_str(&format!("; the server answered {status}"));
    }
    if !page.facts.loaded {
        told.push_str("; it was not done loading");
    }
    for (file, why) in &page.missing {
        told.push_str(&format!("; {file}: {}", visible(why)));
    }
    let lacks = page.lacks();
    if !lacks.is_empty() {
        told.push_str(&format!("; NOT WHOLE: without {}", lacks.join(", ")));
    }
    say(&format!("{told}\n"))?;
    Ok(if lacks.is_empty() { Done::All } else { Done::Amiss })
}
