//! One exhibit against one profile.

use std::collections::{BTreeMap, BTreeSet};

use super::store::{Profile, Reference};

/// What agrees and what differs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compared {
    /// The profile.
    pub name: String,
    /// How many references it has.
    pub references: usize,
    /// References with the same parts in the same order.
    pub same_digest: usize,
    /// References that are the very file examined.
    pub same_file: usize,
    /// Features that the exhibit shares with all, and with some references.
    pub with_all: usize,
    pub with_some: usize,
    /// In all references, not in the exhibit.
    pub missing: Vec<String>,
    /// In the exhibit, in no reference.
    pub foreign: Vec<String>,
}

impl Compared {
    pub(super) fn state(&self) -> &'static str {
        if !self.missing.is_empty() || !self.foreign.is_empty() {
            "differs"
        } else if self.same_digest > 0 {
            "same-structure"
        } else {
            "within-references"
        }
    }

    /// The nearest profile has the least.
    pub(super) fn distance(&self) -> (usize, bool, &str) {
        (self.missing.len() + self.foreign.len(), self.same_digest == 0, &self.name)
    }
}

pub(super) fn compare(file: &Reference, profile: Profile) -> Compared {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reference in &profile.references {
        for feature in &reference.features {
            *counts.entry(feature).or_default() += 1;
        }
    }
    let all = profile.references.len();
    let mine: BTreeSet<&str> = file.features.iter().map(String::as_str).collect();
    let of = |wanted: fn(usize, usize) -> bool| {
        mine.iter().filter(|f| wanted(counts.get(*f).copied().unwrap_or(0), all)).count()
    };
    let missing = counts
        .iter()
        .filter(|(feature, count)| **count == all && !mine.contains(**feature))
        .map(|(feature, _)| (*feature).to_owned())
        .collect();
    let foreign =
        mine.iter().filter(|f| !counts.contains_key(**f)).map(|f| (*f).to_owned()).collect();
    let count = |f: &dyn Fn(&Reference) -> bool| profile.references.iter().filter(|r| f(r)).count();
    Compared {
        references: all,
        same_digest: count(&|r| r.digest == file.digest),
        same_file: count(&|r| r.sha256 == file.sha256),
        with_all: of(|n, all| n == all),
        with_some: of(|n, all| n > 0 && n < all),
        missing,
        foreign,
        name: profile.name,
    }
}
