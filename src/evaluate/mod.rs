//! From scores to evidence: how well scores tell two kinds of exhibits apart,
//! and what one score is worth as a likelihood ratio.
//!
//! H1 is the proposition that the exhibit was manipulated (of the kind at
//! issue), H2 that it was not. A higher score speaks for H1. Likelihood ratios
//! are log10 throughout. What is undefined (one class is empty, too few
//! sources) is `None`, never a number.

pub mod bootstrap;
pub mod bound;
pub mod calibrate;
pub mod compare;
pub mod cost;
pub mod evalue;
pub mod fuse;
pub mod joint;
pub mod logistic;
pub mod pav;
pub mod plots;
pub mod reference;
pub mod roc;
pub mod share;
mod suited;
pub mod words;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;

/// A score of which the truth is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// The score, or a log10 likelihood ratio.
    pub score: f64,
    /// Whether H1 is true.
    pub h1: bool,
    /// What it was made from (a person, a recording): scores of one source
    /// are not independent.
    pub source: usize,
}

/// How many are of H1 and of H2; `None` unless both are there.
pub(crate) fn counts(items: &[Labelled]) -> Option<(f64, f64)> {
    let h1 = items.iter().filter(|i| i.h1).count();
    let h2 = items.len() - h1;
    (h1 > 0 && h2 > 0).then_some((h1 as f64, h2 as f64))
}

/// Ordered by score, ties together: each group's score with how many of H1
/// and of H2 it holds, lowest first.
pub(crate) fn groups(items: &[Labelled]) -> Vec<(f64, f64, f64)> {
    let mut sorted: Vec<&Labelled> = items.iter().collect();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let mut groups: Vec<(f64, f64, f64)> = Vec::new();
    for item in sorted {
        let (h1, h2) = if item.h1 { (1.0, 0.0) } else { (0.0, 1.0) };
        match groups.last_mut() {
            // 0 and −0 are one score.
            Some(group) if group.0 == item.score => {
                group.1 += h1;
                group.2 += h2;
            }
            _ => groups.push((item.score, h1, h2)),
        }
    }
    groups
}
