//! A case: exhibits, what happened to them, and what was found, so that
//! another laboratory can check that none of it changed.
//!
//! A case is a folder:
//!
//! ```text
//! log.jsonl             what happened: one JSON line an event, each holding the one before
//! log.head              how long the log is and the digest of its last line
//! exhibits/E1/…         the exhibit, read-only, and the screenshot that belongs to it
//! exhibits/C1/…          a page as the user's browser showed it (`capture`)
//! results/E1-1/…        what `examine` wrote about it
//! seal/1/…              a manifest of all of that, what signs it, and the log so far
//! .lock                 held by a command at work
//! ```
//!
//! What is added is written aside (`.NAME.unfinished`), then named in the log
//! with its digests, then put in place by one rename, each step on the disk
//! before the next. So a power cut leaves one of: nothing that the log knows,
//! which the next command clears away; or a complete copy that the log knows,
//! which the next command puts in place. [`verify`] tells which.
//!
//! What the chain cannot show: someone who can write to the folder can write a
//! whole new one. Against that a seal must leave the house: its digest noted
//! elsewhere, signed, or stamped by a time-stamp authority.

mod add;
pub(crate) mod authority;
mod bag;
mod beside;
pub mod browser;
pub mod capture;
mod case;
mod der;
mod disk;
mod history;
pub(crate) mod log;
mod navigation;
mod notice;
mod print;
mod results;
mod revoked;
mod seal;
pub(crate) mod sign;
mod store;
pub(crate) mod timestamp;
mod verify;

pub use add::Acquisition;
pub use authority::{Signed, Trust, certificates};
pub use bag::export;
pub use case::{Case, Facts};
pub use log::{Entry, Event, Stamp};
pub use notice::{Complaint, notice};
pub use print::Print;
pub use revoked::lists;
pub use seal::{attach_response, seal};
pub use store::Store;
pub use timestamp::Stamped;
pub use verify::{Fault, Kind, Verified, verify};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests;
