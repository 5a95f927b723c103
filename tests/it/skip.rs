//! Saying that a test was skipped, so that it is seen.

use std::{fmt::Display, io::Write};

/// Names the test and why it is skipped. The test runner hides what `println!`
/// and `eprintln!` say in tests that pass, and a skipped one passes; this
/// writes past it.
pub fn tell(test: &str, why: impl Display) {
    let line = format!("skipped: {test} ({why})\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
