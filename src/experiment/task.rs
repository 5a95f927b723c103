//! Which items a run examines, in which order, and in which shard.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::GrayImage;
use sha2::{Digest, Sha256};

use super::dataset::{Item, Label, Manifest};
use super::question::{Experiment, Make, Slice};
use crate::signal::synth::{Doubling, SplitMix, dead_leaves, double, power_law};
use crate::{Error, Result};

/// One item to examine.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Name of its slice.
    pub slice: String,
    /// What no other item of the slice has.
    pub key: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub label: Option<Label>,
    /// What is true of the quantity measured, for made items.
    pub truth: Option<f64>,
    /// Its source.
    pub source: String,
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

/// Every item of the experiment, sorted by slice and key. Made items are
/// written to `folder` unless they lie there.
///
/// # Errors
///
/// [`Error::Usage`] for a data set without a place, [`Error::Io`].
pub fn tasks(experiment: &Experiment, places: &Places, folder: &Path) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for slice in &experiment.slices {
        match (&slice.make, &slice.dataset) {
            (Some(make), _) => tasks.extend(made(slice, make, experiment.seed, folder)?),
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
    tasks.sort_by(|a, b| (&a.slice, &a.key).cmp(&(&b.slice, &b.key)));
    Ok(tasks)
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
        path: root.join(&item.path),
        label: item.label,
        truth: None,
        source: item.source.clone().unwrap_or_else(|| item.key.clone()),
    };
    items.into_iter().map(task).collect()
}

fn made(slice: &Slice, make: &Make, seed: u64, folder: &Path) -> Result<Vec<Task>> {
    let folder = folder.join(&slice.name);
    std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
    let mut tasks = Vec::new();
    let mut put = |name: String, label, truth, size: usize, pixels: &dyn Fn() -> Vec<f32>| {
        let path = folder.join(format!("{name}.png"));
        if !path.is_file() {
            save(&path, size, &pixels())?;
        }
        let (slice, source) = (slice.name.clone(), name.clone());
        tasks.push(Task { slice, key: name, path, label, truth, source });
        Ok::<(), Error>(())
    };
    match make {
        Make::PowerLaw { alpha, count, size } => {
            for (kind, alpha) in alpha.iter().enumerate() {
                for n in 0..*count {
                    let seed = seed.wrapping_add((kind * count + n) as u64);
                    put(format!("alpha-{alpha}-{n:03}"), None, Some(-alpha), *size, &|| {
                        power_law(*size, *alpha, 24.0, seed)
                    })?;
                }
            }
        }
        Make::Enlarged { count, size } => {
            for n in 0..*count {
                let seed = seed.wrapping_add(n as u64);
                let plain = || noisy(dead_leaves(*size, seed), seed);
                put(format!("plain-{n:03}"), Some(Label::Real), None, *size, &plain)?;
                let enlarged = || {
                    let half = noisy(dead_leaves(size / 2, seed), seed);
                    double(&half, size / 2, Doubling::Bicubic)
                };
                put(format!("enlarged-{n:03}"), Some(Label::Fake), None, size / 2 * 2, &enlarged)?;
            }
        }
    }
    Ok(tasks)
}

/// With the noise of a sensor: two grey levels.
fn noisy(mut pixels: Vec<f32>, seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 0x5eed);
    pixels.iter_mut().for_each(|pixel| *pixel += 2.0 * random.normal() as f32);
    pixels
}

fn save(path: &Path, size: usize, pixels: &[f32]) -> Result<()> {
    let bytes = pixels.iter().map(|p| p.round().clamp(0.0, 255.0) as u8).collect();
    let side = u32::try_from(size).unwrap_or(u32::MAX);
    let picture = GrayImage::from_raw(side, side, bytes)
        .ok_or_else(|| Error::Usage(format!("a picture cannot have {size} pixels a side")))?;
    // Written aside first: a run killed meanwhile leaves no half picture.
    let aside = path.with_extension("unfinished");
    picture
        .save_with_format(&aside, image::ImageFormat::Png)
        .map_err(|e| Error::io(&aside, std::io::Error::other(e.to_string())))?;
    std::fs::rename(&aside, path).map_err(|e| Error::io(path, e))
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
}
