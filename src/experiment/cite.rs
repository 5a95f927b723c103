//! BibTeX of the data sets and methods that a run used.

use super::dataset;
use super::question::Experiment;
use crate::Result;
use crate::checks::{self, doc};

/// The entries of every data set and check of `experiment`.
///
/// # Errors
///
/// When the list of data sets cannot be read.
pub fn bibtex(experiment: &Experiment) -> Result<String> {
    let mut text = String::new();
    let sets = dataset::all(None)?;
    for name in experiment.datasets() {
        // A user's own set may be cited nowhere.
        if let Some(set) = sets.iter().find(|set| set.name == name) {
            text.push_str(set.citation.trim());
            text.push_str("\n\n");
        }
    }
    for entry in checks::select(&experiment.checks())? {
        for (number, work) in works(&references(entry)).iter().enumerate() {
            text.push_str(&work.entry(&format!("{}-{}", entry.name, number + 1)));
        }
    }
    Ok(text)
}

/// What a check's documentation refers to.
fn references(entry: &checks::Entry) -> String {
    let sections = doc::doc(entry.source).sections;
    let found = sections.into_iter().find(|(heading, _)| heading == "References");
    found.map(|(_, text)| text).unwrap_or_default()
}

/// A work as the checks cite it: "Authors (year), Title, Venue."
#[derive(Debug, PartialEq)]
struct Work {
    authors: String,
    year: String,
    title: String,
    venue: String,
}

/// The works in a list of references.
fn works(references: &str) -> Vec<Work> {
    let mut items: Vec<String> = Vec::new();
    for line in references.lines() {
        match (line.strip_prefix("- "), items.last_mut()) {
            (Some(first), _) => items.push(first.to_owned()),
            (None, Some(item)) => item.push_str(&format!(" {}", line.trim())),
            (None, None) => {}
        }
    }
    items.iter().flat_map(|item| item.split("; ")).filter_map(work).collect()
}

fn work(text: &str) -> Option<Work> {
    let (authors, rest) = text.trim().split_once(" (")?;
    let (year, rest) = rest.split_once(')')?;
    let whole = year.get(..4).is_some_and(|y| y.bytes().all(|b| b.is_ascii_digit()));
    let rest = rest.trim_start_matches([',', ':']).trim();
    // What follows the first full stop is a remark.
    let rest = rest.split(". ").next().unwrap_or(rest).trim_end_matches('.');
    let (title, venue) = rest.rsplit_once(", ").unwrap_or((rest, ""));
    let authors = authors.replace(" et al.", ", others").replace(" and ", ", ");
    let authors: Vec<&str> = authors.split(", ").map(str::trim).filter(|a| !a.is_empty()).collect();
    (whole && !title.is_empty()).then(|| Work {
        authors: authors.join(" and "),
        year: year.to_owned(),
        title: title.to_owned(),
        venue: venue.to_owned(),
    })
}

impl Work {
    fn entry(&self, key: &str) -> String {
        let plain = |text: &str| text.replace(['{', '}', '\\'], "").replace('&', "\\&");
        format!(
            "@misc{{{key},\n  author = {{{}}},\n  title = {{{{{}}}}},\n  howpublished = {{{}}},\n  year = {{{}}}\n}}\n\n",
            plain(&self.authors),
            plain(&self.title),
            plain(&self.venue),
            plain(&self.year)
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn a_citation_is_taken_apart() {
        let found = works(
            "- Wang, den Brinker, Stuijk and de Haan (2017), Algorithmic principles of\n  remote PPG, IEEE TBME 64:1479–1491.\n- Frank et al. (2020), Leveraging frequency, ICML. Another reference.\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].authors, "Wang and den Brinker and Stuijk and de Haan");
        assert_eq!(found[0].title, "Algorithmic principles of remote PPG");
        assert_eq!(found[0].venue, "IEEE TBME 64:1479–1491");
        assert_eq!(
            (found[1].authors.as_str(), found[1].venue.as_str()),
            ("Frank and others", "ICML")
        );
    }

    #[test]
    fn nearly_every_check_has_works_to_cite() {
        let without: Vec<&str> = checks::ALL
            .iter()
            .filter(|entry| works(&references(entry)).is_empty())
            .map(|entry| entry.name)
            .collect();
        assert!(without.len() < 12, "{without:?}");
    }
}
