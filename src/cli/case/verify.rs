//! `waarmerk case verify`: what is whole, and the first thing that is not.

use std::path::PathBuf;

use super::AuthorityArgs;
use crate::cli::{Done, say};
use crate::custody::{self, Fault, Verified};
use crate::text::visible;
use crate::{Error, Result};

/// Options of `waarmerk case verify`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  waarmerk case verify mycase\n  waarmerk case verify mycase.zip            # an export, against mycase.zip.sha256 too\n  waarmerk case verify unpacked/mycase       # or unpacked\n  waarmerk case verify mycase --tsa-certificate root.pem --tsa-crl root.crl\n\nA time stamp's signature is judged by the certificates you give, and revocation by\nthe lists you give; without them the output says that it was not looked at.\n\nExit codes: 0 everything is what the log says; 1 something is not, or a command\nwas interrupted and left something unfinished (the next one mends that)."
)]
pub struct VerifyArgs {
    /// The case folder, an export, or the folder an export was unpacked to.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    #[command(flatten)]
    authority: AuthorityArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Verifies and tells.
pub fn run(args: &VerifyArgs) -> Result<Done> {
    let found = custody::verify(&args.case, &args.authority.trust()?)?;
    if args.json {
        let text = serde_json::to_string(&found).map_err(|e| Error::compute("JSON", e))?;
        say(&format!("{text}\n"))?;
    } else {
        say(&told(&found))?;
    }
    Ok(if found.whole() { Done::All } else { Done::Amiss })
}

fn told(found: &Verified) -> String {
    let mut text = String::new();
    for fault in &found.faults {
        text.push_str(&line(fault));
    }
    let plain = |n: u64, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    let (lines, files) = (plain(found.lines, "line"), plain(found.intact, "file"));
    text.push_str(&match (found.whole(), found.mendable()) {
        (true, _) => format!("verified: {lines} of the log, {files}\n"),
        (_, true) => {
            format!("incomplete: a command was interrupted; {files} are what the log says\n")
        }
        _ => format!(
            "DOES NOT VERIFY: {} found; {files} are what the log says\n",
            plain(found.faults.len() as u64, "fault")
        ),
    });
    for sentence in found.beside.iter().chain(&found.clock).chain(&found.seals) {
        text.push_str(&format!("{}\n", visible(sentence)));
    }
    if let Some(head) = found.head.as_ref().filter(|_| found.whole()) {
        text.push_str(&format!("last line of the log: {head}\n"));
    }
    text
}

fn line(fault: &Fault) -> String {
    let kind = serde_json::to_value(fault.kind).ok();
    let kind = kind.as_ref().and_then(|k| k.as_str()).unwrap_or_default();
    let mut place = visible(&fault.file);
    if let Some(line) = fault.line {
        place.push_str(&format!(", line {line}"));
    }
    if let Some((from, to)) = fault.bytes {
        place.push_str(&format!(", bytes {from} to {}", to.saturating_sub(1)));
    }
    format!("{kind}: {place}: {}\n", visible(&fault.what))
}
