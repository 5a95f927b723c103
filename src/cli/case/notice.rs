//! `waarmerk case notice`: the draft of a notice to a platform.

use std::path::PathBuf;

use super::super::{Done, LangArg, say};
use crate::Result;
use crate::custody::{Complaint, notice};
use crate::text::{Text, visible};

/// Options of `waarmerk case notice`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  waarmerk case notice mycase --lang nl --reason \"...\" --name \"A. Person\" --email a@example.org > notice.txt\n\nA draft for a person to check and send: it holds the facts of the case, digests\nof the files, and no picture. Nothing is sent, and nothing is written to the case.\n\nExit codes: 0 drafted; 1 drafted from a case that does not verify, as is said."
)]
pub struct NoticeArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Why the content is held to be illegal; left open unless given.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Name of the person who gives notice.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// E-mail address of that person.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Language.
    #[arg(long, value_enum, default_value_t)]
    lang: LangArg,
}

/// Prints the draft, and beside it what is wrong with the case.
pub fn run(args: &NoticeArgs) -> Result<Done> {
    let complaint = Complaint {
        reason: args.reason.clone(),
        name: args.name.clone(),
        email: args.email.clone(),
    };
    let (text, found) = notice(&args.case, &complaint)?;
    say(text.get(args.lang.into()))?;
    for fault in &found.faults {
        let warning = Text::new("warning: the case does not verify", "let op: de zaak klopt niet");
        let (file, what) = (visible(&fault.file), visible(&fault.what));
        eprintln!("waarmerk: {}: {file}: {what}", warning.get(args.lang.into()));
    }
    Ok(if found.mendable() { Done::All } else { Done::Amiss })
}
