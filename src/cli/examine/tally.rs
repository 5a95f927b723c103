//! How the files of a batch fared.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::Done;
use crate::Error;
use crate::text::visible;

/// How many files fared how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cli) struct Tally {
    pub(in crate::cli) whole: usize,
    /// Could not be examined, or not in full.
    pub(in crate::cli) failed: usize,
    /// Were examined, and the results could not be written or printed.
    pub(in crate::cli) unwritten: usize,
}

impl Tally {
    pub(in crate::cli) fn add(&mut self, other: Self) {
        self.whole += other.whole;
        self.failed += other.failed;
        self.unwritten += other.unwritten;
    }

    /// Tells what is amiss, of so many files.
    pub(in crate::cli) fn told(self, files: usize) -> Done {
        if self.failed > 0 {
            let of = count(files, "file");
            eprintln!("waarmerk: {} of {of} could not be examined", self.failed);
        }
        match (self.unwritten, self.failed) {
            (0, 0) => Done::All,
            (0, _) => Done::Partly,
            _ => Done::Amiss,
        }
    }
}

/// Why a file has no results: the file's fault, or ours.
pub(super) enum Failure {
    Input(Error),
    Output(Error),
    /// The results stand; only printing them failed.
    Print(Error),
}

impl Failure {
    /// Tells it.
    pub(super) fn told(self, file: &Path) -> Tally {
        match self {
            Self::Input(error) => {
                eprintln!("waarmerk: not examined: {}", visible(&error.to_string()));
                return Tally { failed: 1, ..Tally::default() };
            }
            Self::Print(error) => eprintln!("waarmerk: {}", visible(&error.to_string())),
            Self::Output(error) => eprintln!(
                "waarmerk: examined, but the results could not be written: {}: {}",
                visible(&file.display().to_string()),
                visible(&error.to_string())
            ),
        }
        Tally { unwritten: 1, ..Tally::default() }
    }
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
