//! `waarmerk checks`: the table of checks.

use super::{Done, say};
use crate::Result;
use crate::checks::{ALL, doc};

/// Options of `waarmerk checks`.
#[derive(clap::Args, Debug)]
pub struct ChecksArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints every check with its group, its standing and its title.
pub fn run(args: &ChecksArgs) -> Result<Done> {
    if args.json {
        let rows: Vec<_> = ALL
            .iter()
            .map(|entry| {
                serde_json::json!({
                    "check": entry.name,
                    "group": entry.group,
                    "standing": entry.standing,
                    "title": doc::doc(entry.source).title,
                })
            })
            .collect();
        say(&format!("{}\n", serde_json::Value::from(rows)))?;
        return Ok(Done::All);
    }
    let mut text = format!("{:<14} {:<12} {:<11} TITLE\n", "CHECK", "GROUP", "STANDING");
    for entry in ALL {
        let group = word(&entry.group);
        let standing = word(&entry.standing);
        let title = doc::doc(entry.source).title;
        text.push_str(&format!("{:<14} {group:<12} {standing:<11} {title}\n", entry.name));
    }
    text.push_str(
        "\nStanding: evidential = fact or controlled false alarms; indicator = never alone;\n\
         historical = a measurement with a warning. `waarmerk explain CHECK` tells more.\n",
    );
    say(&text)?;
    Ok(Done::All)
}

/// The name under which `value` is serialised.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
