//! What happened to the item before and beside its examination, as a case
//! tells it: plain data that `custody` fills and the report shows.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Name of the moment of capture, RFC 3339 with its offset.
pub const CAPTURED_AT: &str = "Captured at";

/// How the item was obtained, and every event of the case that concerns it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handling {
    /// Names and values: where it stood, who captured it, digests of what
    /// belongs to it.
    pub facts: Vec<(Text, String)>,
    /// The events, in the order of the log.
    pub steps: Vec<Step>,
    /// Digest of the last line of the log when the examination began.
    pub head: String,
}

/// One line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number.
    pub line: u64,
    /// UTC, RFC 3339.
    pub at: String,
    /// Who acted.
    pub by: String,
    /// What happened.
    pub what: Text,
}
