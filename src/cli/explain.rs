//! `waarmerk explain`: a check's own documentation.

use super::{Done, LangArg, say};
use crate::Result;
use crate::checks::{doc, select};

/// Options of `waarmerk explain`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  waarmerk explain spectrum\n  waarmerk explain container --lang nl"
)]
pub struct ExplainArgs {
    /// The check, as `waarmerk checks` lists it.
    check: String,
    /// Language.
    #[arg(long, value_enum, default_value_t)]
    lang: LangArg,
}

/// Prints what the check measures, when it misleads, and its references.
pub fn run(args: &ExplainArgs) -> Result<Done> {
    for entry in select(std::slice::from_ref(&args.check))? {
        say(&format!("{}\n", doc::doc(entry.source).plain(args.lang.into())))?;
    }
    Ok(Done::All)
}
