//! Which items a run examines, in which order, and in which shard.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::dataset::{Item, Label, Manifest};
use super::make::{Made, Recipe};
use super::question::{Experiment, Slice};
use crate::{Error, Result};

/// One item to examine.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Name of its slice.
    pub slice: String,
    /// What no other item of the slice has.
    pub key: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is.
    pub label: Option<Label>,
    /// What is true of the quantity measured, for made items.
    pub truth: Option<f64>,
    /// Its source.
    pub source: String,
    /// How it was manipulated, in the data set's words.
    pub generator: Option<String>,
    /// Its compression, in the data set's words.
    pub compression: Option<String>,
}

/// Where an item comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Made when it is examined, and gone afterwards.
    Made(Recipe),
}

/// Part `index` (from 1) of `of` of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl Shard {
    /// The whole.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Whether it examines items of `source`. All items of a source fall to
    /// one shard.
    pub fn takes(self, source: &str) -> bool {
        let digest = Sha256::digest(source.as_bytes());
        let first = digest.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        first % self.of.max(1) as u64 + 1 == self.index as u64
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    /// `I/N`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let numbers =
            text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, of)) if index >= 1 && index <= of => Ok(Self { index, of }),
            _ => Err(format!("`{text}` is no shard; the second of four is 2/4")),
        }
    }
}

/// The folder and the manifest of each data set that an experiment names.
pub type Places = BTreeMap<String, (PathBuf, Manifest)>;

/// Every item of the experiment, sorted by slice and key.
///
/// # Errors
///
/// [`Error::Usage`] for a data set without a place, and for a slice that shares
/// a source with its validation slice.
pub fn tasks(experiment: &Experiment, places: &Places) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for slice in &experiment.slices {
        match (&slice.make, &slice.dataset) {
            (Some(make), _) => {
                let items = make.items(&slice.name, experiment.seed).into_iter();
                tasks.extend(items.map(|made| task(slice, made)));
            }
            (None, Some(name)) => {
                let (root, manifest) = places.get(name).ok_or_else(|| {
                    Error::Usage(format!(
                        "the slice `{}` needs the data set {name}: give `--data {name}=MANIFEST,ROOT` (`waarmerk datasets index` makes the manifest)",
                        slice.name
                    ))
                })?;
                tasks.extend(chosen(slice, manifest, root, experiment.seed));
            }
            (None, None) => {}
        }
    }
    apart(experiment, &tasks)?;
    tasks.sort_by(|a, b| (&a.slice, &a.key).cmp(&(&b.slice, &b.key)));
    Ok(tasks)
}

/// Nothing is learnt from a source that is tested.
fn apart(experiment: &Experiment, tasks: &[Task]) -> Result<()> {
    let sources = |name: &str| -> BTreeSet<&str> {
        tasks.iter().filter(|t| t.slice == name).map(|t| t.source.as_str()).collect()
    };
    for slice in &experiment.slices {
        let Some(validation) = &slice.validation else { continue };
        let learnt = sources(validation);
        if let Some(both) = sources(&slice.name).iter().find(|source| learnt.contains(**source)) {
            return Err(Error::Usage(format!(
                "the slices `{}` and `{validation}` share the source {both}: nothing may be learnt on what is tested",
                slice.name
            )));
        }
    }
    Ok(())
}

fn task(slice: &Slice, made: Made) -> Task {
    Task {
        slice: slice.name.clone(),
        key: made.name,
        origin: Origin::Made(made.recipe),
        label: made.label,
        truth: made.truth,
        source: made.source,
        generator: None,
        compression: None,
    }
}

/// The items of a manifest that a slice wants.
fn chosen(slice: &Slice, manifest: &Manifest, root: &Path, seed: u64) -> Vec<Task> {
    let wanted = |item: &&Item| {
        let same =
            |wanted: &Option<String>, there: &Option<String>| wanted.is_none() || wanted == there;
        let method = item.label == Some(Label::Real)
            || slice.methods.is_empty()
            || item.method.as_ref().is_some_and(|method| slice.methods.contains(method));
        same(&slice.split, &item.split)
            && same(&slice.compression, &item.compression)
            && slice.label.is_none_or(|label| item.label == Some(label))
            && method
    };
    let mut items: Vec<&Item> = manifest.items.iter().filter(wanted).collect();
    if let Some(limit) = slice.limit {
        // A draw that depends on the item alone: the same on every machine.
        let rank = |item: &Item| Sha256::digest(format!("{seed}/{}", item.key)).to_vec();
        items.sort_by_cached_key(|item| rank(item));
        let mut taken: BTreeMap<Option<Label>, usize> = BTreeMap::new();
        items.retain(|item| {
            let count = taken.entry(item.label).or_default();
            *count += 1;
            *count <= limit
        });
    }
    let task = |item: &Item| Task {
        slice: slice.name.clone(),
        key: item.key.clone(),
        origin: Origin::File(root.join(&item.path)),
        label: item.label,
        truth: None,
        source: item.source.clone().unwrap_or_else(|| item.key.clone()),
        generator: item.method.clone(),
        compression: item.compression.clone(),
    };
    items.into_iter().map(task).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn shards_share_the_sources_out_and_miss_none() {
        let of =
            |source: &str| (1..=4).filter(|&index| Shard { index, of: 4 }.takes(source)).count();
        assert!((0..200).all(|n| of(&format!("person {n}")) == 1));
        let first = (0..400).filter(|n| Shard { index: 1, of: 4 }.takes(&n.to_string())).count();
        assert!((60..140).contains(&first), "{first}");
        assert!("0/4".parse::<Shard>().is_err() && "5/4".parse::<Shard>().is_err());
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, of: 4 }));
    }

    #[test]
    fn a_limited_slice_is_the_same_however_the_manifest_is_ordered() {
        let item = |n: usize| Item {
            key: format!("d/{n}"),
            path: n.to_string(),
            label: Some(if n.is_multiple_of(2) { Label::Real } else { Label::Fake }),
            ..Item::default()
        };
        let slice: Slice = toml::from_str("name = 's'\ndataset = 'd'\nlimit = 3").unwrap();
        let mut items: Vec<Item> = (0..40).map(item).collect();
        let keys = |items: &[Item]| {
            let manifest = Manifest { dataset: "d".to_owned(), items: items.to_vec() };
            let mut keys: Vec<String> =
                chosen(&slice, &manifest, Path::new("/"), 5).into_iter().map(|t| t.key).collect();
            keys.sort();
            keys
        };
        let first = keys(&items);
        assert_eq!(first.len(), 6);
        items.reverse();
        assert_eq!(keys(&items), first);
    }

    #[test]
    fn what_is_learnt_and_what_is_tested_share_no_source() {
        let text = "question = '?'\nseed = 1\nmetrics = ['auc']\n\
            [[slice]]\nname = 'val'\ndataset = 'd'\nsplit = 'val'\n\
            [[slice]]\nname = 'test'\ndataset = 'd'\nsplit = 'test'\nvalidation = 'val'\n\
            [[method]]\nname = 'm'\ncheck = 'spectrum'\nvalue = 'x'\n";
        let experiment: Experiment = toml::from_str(text).unwrap();
        let item = |key: &str, split: &str, source: &str| Item {
            key: key.to_owned(),
            split: Some(split.to_owned()),
            source: Some(source.to_owned()),
            ..Item::default()
        };
        let run = |source: &str| {
            let items = vec![item("a", "val", "one"), item("b", "test", source)];
            let manifest = Manifest { dataset: "d".to_owned(), items };
            tasks(&experiment, &Places::from([("d".to_owned(), (PathBuf::new(), manifest))]))
        };
        assert_eq!(run("two").unwrap().len(), 2);
        assert!(run("one").unwrap_err().to_string().contains("share the source one"));
    }
}
