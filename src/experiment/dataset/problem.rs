//! What is wrong with a data set as it lies on a disk.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dataset, Item, Label, Manifest};

/// How many examples a problem shows.
const EXAMPLES: usize = 5;

/// One thing a user must know, with how often it occurs and a few examples.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Problem {
    /// What is wrong, as the end of a sentence about one item.
    pub what: String,
    /// How many items.
    pub items: usize,
    /// The first of them.
    pub examples: Vec<String>,
}

impl Problem {
    /// Adds `examples` to the problem called `what`, if there are any.
    pub(super) fn note(problems: &mut Vec<Self>, what: &str, examples: Vec<String>) {
        if examples.is_empty() {
            return;
        }
        let at = problems.iter().position(|problem| problem.what == what);
        let at = at.unwrap_or_else(|| {
            problems.push(Self { what: what.to_owned(), items: 0, examples: Vec::new() });
            problems.len() - 1
        });
        if let Some(problem) = problems.get_mut(at) {
            problem.items += examples.len();
            let room = EXAMPLES.saturating_sub(problem.examples.len());
            problem.examples.extend(examples.into_iter().take(room));
        }
    }
}

/// What is wrong with `manifest` by itself: numbers short of the official
/// ones, one file under two names, sources that stand in two splits.
pub fn problems(set: &Dataset, manifest: &Manifest) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (label, official) in [(Label::Real, set.real), (Label::Fake, set.fake)] {
        let here = manifest.items.iter().filter(|item| item.label == Some(label)).count();
        if let Some(official) = official.filter(|&official| official != here as u64) {
            let what = format!("items are {}: the official number is {official}", label.name());
            problems.push(Problem { what, items: here, examples: Vec::new() });
        }
    }
    copies(manifest, &mut problems);
    leaks(manifest, &mut problems);
    problems
}

fn copies(manifest: &Manifest, problems: &mut Vec<Problem>) {
    let mut by_digest: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in &manifest.items {
        by_digest.entry(&item.sha256).or_default().push(item);
    }
    let (mut plain, mut crossed, mut contrary) = (Vec::new(), Vec::new(), Vec::new());
    for items in by_digest.values().filter(|items| items.len() > 1) {
        let labels: BTreeSet<_> = items.iter().filter_map(|item| item.label).collect();
        let splits: BTreeSet<_> = items.iter().filter_map(|item| item.split.as_deref()).collect();
        let names: Vec<&str> = items.iter().map(|item| item.path.as_str()).collect();
        let names = names.join(" = ");
        if labels.len() > 1 {
            contrary.push(names);
        } else if splits.len() > 1 {
            crossed.push(names);
        } else {
            plain.push(names);
        }
    }
    Problem::note(problems, "is one file under two names", plain);
    Problem::note(problems, "is one file in two splits: a leak", crossed);
    Problem::note(problems, "is one file with both labels", contrary);
}

fn leaks(manifest: &Manifest, problems: &mut Vec<Problem>) {
    let mut splits: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in &manifest.items {
        let Some(split) = item.split.as_deref() else { continue };
        for source in [&item.source, &item.source2].into_iter().flatten() {
            splits.entry(source).or_default().insert(split);
        }
    }
    let leaks = splits.into_iter().filter(|(_, splits)| splits.len() > 1);
    let leaks = leaks.map(|(source, splits)| {
        let splits: Vec<&str> = splits.into_iter().collect();
        format!("{source} ({})", splits.join(", "))
    });
    Problem::note(problems, "is a source in more than one split: a leak", leaks.collect());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::super::{all, find};
    use super::*;

    #[test]
    fn leaks_copies_and_short_numbers_are_told() {
        let item = |path: &str, label, split: &str, source: &str, sha256: &str| Item {
            path: path.to_owned(),
            label: Some(label),
            split: Some(split.to_owned()),
            source: Some(source.to_owned()),
            sha256: sha256.to_owned(),
            ..Item::default()
        };
        let items = vec![
            item("a", Label::Real, "train", "id0", "1"),
            item("b", Label::Real, "test", "id0", "2"),
            item("c", Label::Real, "train", "id1", "3"),
            item("d", Label::Fake, "train", "id2", "3"),
            item("e", Label::Fake, "train", "id3", "4"),
            item("f", Label::Fake, "test", "id4", "4"),
        ];
        let manifest = Manifest { dataset: "uadfv".to_owned(), items };
        let sets = all(None).unwrap();
        let found = problems(find(&sets, "uadfv").unwrap(), &manifest);
        let told = |part: &str| found.iter().find(|p| p.what.contains(part));
        assert_eq!(told("source in more than one split").unwrap().examples, ["id0 (test, train)"]);
        assert_eq!(told("both labels").unwrap().examples, ["c = d"]);
        assert_eq!(told("in two splits").unwrap().examples, ["e = f"]);
        assert_eq!(told("official number is 49").unwrap().items, 3);
    }
}
