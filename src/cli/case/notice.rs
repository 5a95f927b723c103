//! `waarmerk case notice`: the draft of a notice to a platform.

use std::path::PathBuf;

use super::super::{Done, LangArg, say};
use crate::Result;
use crate::custody::{Case, Complaint, notice};

/// Options of `waarmerk case notice`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  waarmerk case notice mycase --lang nl --reason \"...\" --name \"A. Person\" --email a@example.org > notice.txt\n\nA draft for a person to check and send: it holds the facts of the case, digests\nof the files, and no picture. Nothing is sent."
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

/// Prints the draft.
pub fn run(args: &NoticeArgs) -> Result<Done> {
    let (case, _) = super::open(&args.case, &super::ByArgs { by: None })?;
    let complaint = Complaint {
        reason: args.reason.clone(),
        name: args.name.clone(),
        email: args.email.clone(),
    };
    let text = draft(&case, &complaint, args);
    say(&text)?;
    Ok(Done::All)
}

fn draft(case: &Case, complaint: &Complaint, args: &NoticeArgs) -> String {
    notice(case, complaint).get(args.lang.into()).to_owned()
}
