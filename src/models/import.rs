//! Importing a stranger's checkpoint as a detector: read, matched name by name
//! and shape by shape against an architecture, and kept as safetensors with a
//! card. Nothing is guessed: what does not fit is an error that says how.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use safetensors::tensor::{Dtype, TensorView};

use super::architecture::{Architecture, Feed, Polarity, Region, architecture};
use super::detector::{self, Card};
use super::{manifest, meso, store};
use crate::nn::checkpoint::{self, Array};
use crate::{Error, Result};

/// Names told of each kind of difference.
const TOLD: usize = 8;
/// Prefixes tried when none is given.
const TRIED: usize = 64;

/// What the user asks for; `None` leaves it to the architecture's card.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Name of the architecture.
    pub architecture: String,
    /// Name of the detector; else that of the file.
    pub name: Option<String>,
    /// What stands before the architecture's names in the checkpoint.
    pub prefix: Option<String>,
    /// Which way its answer points.
    pub polarity: Option<Polarity>,
    /// What it looks at.
    pub region: Option<Region>,
    /// Side of the input.
    pub side: Option<usize>,
    /// Taken off each channel.
    pub mean: Option<[f32; 3]>,
    /// Divides each channel.
    pub std: Option<[f32; 3]>,
    /// Margin around a face.
    pub margin: Option<f32>,
    /// Whether faces are turned upright.
    pub align: Option<bool>,
}

/// What an import made.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The detector's card as written.
    pub card: Card,
    /// What the user should know: what was left aside and what was not executed.
    pub notes: Vec<String>,
}

/// Imports `file` into `folder`, the models folder.
///
/// # Errors
/// [`Error::Usage`] for an unknown architecture or a useless name;
/// [`Error::Malformed`], [`Error::Limit`] for a file that is no checkpoint;
/// [`Error::Model`] for one that does not fit, with every difference.
pub fn import(folder: &Path, file: &Path, wish: &Wish) -> Result<Imported> {
    let architecture = architecture(&wish.architecture)?;
    let feed = feed(&architecture, wish)?;
    let name = name(file, wish)?;
    let bytes = store::read(file)?;
    let about = |error: Error| match error {
        Error::Malformed { format, reason } => {
            Error::unreadable(file, format!("malformed {format}: {reason}"))
        }
        other => other,
    };
    let found = checkpoint::read(&bytes).map_err(about)?;
    let arrays = match meso::from_keras(&found.arrays) {
        Some(renamed) if wish.architecture.starts_with("meso") => renamed,
        _ => found.arrays,
    };
    let expected = architecture.tensors()?;
    let (prefix, matched, mut notes) =
        matched(&architecture, &arrays, &expected, wish.prefix.as_deref()).map_err(|reason| {
            Error::Model {
                name: name.clone(),
                reason: format!("the checkpoint does not fit {}: {reason}", architecture.name),
            }
        })?;
    if !found.ignored.is_empty() {
        let names = found.ignored.join(", ");
        notes.push(format!("the file names code that was neither loaded nor run: {names}"));
    }
    let weights = written(&matched)?;
    let card = Card {
        name,
        architecture: architecture.name.to_owned(),
        source: file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        format: found.format.to_owned(),
        prefix,
        source_sha256: store::sha256(&bytes),
        sha256: store::sha256(&weights),
        parameters: matched.values().map(|array| array.values.len()).sum(),
        feed,
        measured: None,
    };
    // What cannot be run is not kept.
    tried(&architecture, &matched, &card.feed)?;
    detector::keep(folder, &card, &weights)?;
    Ok(Imported { card, notes })
}

fn feed(architecture: &Architecture, wish: &Wish) -> Result<Feed> {
    let own = architecture.feed.clone();
    let feed = Feed {
        side: wish.side.unwrap_or(own.side),
        mean: wish.mean.unwrap_or(own.mean),
        std: wish.std.unwrap_or(own.std),
        region: wish.region.unwrap_or(own.region),
        margin: wish.margin.unwrap_or(own.margin),
        align: wish.align.unwrap_or(own.align),
        polarity: wish.polarity.unwrap_or(own.polarity),
    };
    feed.check().map_err(Error::Usage)?;
    Ok(feed)
}

fn name(file: &Path, wish: &Wish) -> Result<String> {
    let stem = || file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let given = wish.name.clone().or_else(stem).unwrap_or_default();
    let safe = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = given.chars().map(safe).take(64).collect();
    let name = name.trim_matches('-').to_owned();
    if name.is_empty() {
        return Err(Error::Usage(format!("`{given}` makes no name; give one with --name")));
    }
    if manifest::card(&name).is_ok() {
        return Err(Error::Usage(format!(
            "`{name}` is a built-in model; give another with --name"
        )));
    }
    Ok(name)
}

type Arrays = BTreeMap<String, Array>;

/// The arrays that the architecture needs, under its own names, with the
/// prefix that they had and what to tell of the rest.
fn matched(
    architecture: &Architecture,
    arrays: &Arrays,
    expected: &BTreeMap<String, Vec<usize>>,
    prefix: Option<&str>,
) -> Result<(String, Arrays, Vec<String>), String> {
    let prefix = match prefix {
        Some(prefix) => prefix.to_owned(),
        None => likely(arrays, expected),
    };
    let (mut inside, mut aside) = (BTreeMap::new(), 0);
    for (name, array) in arrays {
        match name.strip_prefix(&prefix) {
            Some(name) => {
                inside.insert(name, array);
            }
            None => aside += 1,
        }
    }
    let missing: Vec<_> =
        expected.keys().filter(|name| !inside.contains_key(name.as_str())).cloned().collect();
    let extra: Vec<_> = inside
        .keys()
        .filter(|name| !expected.contains_key(**name) && !architecture.passes_over(name))
        .map(|name| (*name).to_owned())
        .collect();
    let mut shapes = Vec::new();
    for (name, shape) in expected {
        if let Some(array) = inside.get(name.as_str()).filter(|array| array.shape != *shape) {
            shapes.push(format!("{name} is {:?}, expected {shape:?}", array.shape));
        }
    }
    let differences: Vec<_> =
        [("missing", &missing), ("too many", &extra), ("of another shape", &shapes)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| told(what, names))
            .collect();
    if !differences.is_empty() {
        let under = if prefix.is_empty() { "no prefix".into() } else { format!("`{prefix}`") };
        return Err(format!("with {under} before its names\n{}", differences.join("\n")));
    }
    let mut notes = Vec::new();
    if aside > 0 {
        notes.push(format!("{aside} tensors outside `{prefix}` were left aside"));
    }
    let wanted = expected
        .keys()
        .filter_map(|name| inside.get(name.as_str()).map(|array| (name.clone(), (*array).clone())));
    let wanted: Arrays = wanted.collect();
    Ok((prefix, wanted, notes))
}

fn told(what: &str, names: &[String]) -> String {
    let mut text =
        format!("  {} {what}: {}", names.len(), names[..names.len().min(TOLD)].join(", "));
    if names.len() > TOLD {
        text.push_str(", …");
    }
    text
}

/// The prefix under which most of the expected names are found; of equals the
/// shortest.
fn likely(arrays: &Arrays, expected: &BTreeMap<String, Vec<usize>>) -> String {
    let mut prefixes = BTreeSet::from([String::new()]);
    // A few names suffice: a prefix is before all of them.
    for known in expected.keys().take(8) {
        let before = arrays.keys().filter_map(|name| name.strip_suffix(known.as_str()));
        prefixes.extend(before.filter(|p| p.ends_with('.')).map(str::to_owned).take(TRIED));
    }
    let fits = |prefix: &String| {
        expected.keys().filter(|name| arrays.contains_key(&format!("{prefix}{name}"))).count()
    };
    let best = prefixes.into_iter().take(TRIED).map(|prefix| (fits(&prefix), prefix));
    let better = |a: &(usize, String), b: &(usize, String)| {
        a.0.cmp(&b.0).then_with(|| b.1.len().cmp(&a.1.len()))
    };
    best.max_by(better).map(|(_, prefix)| prefix).unwrap_or_default()
}

/// The arrays as a safetensors file; the same arrays give the same bytes.
fn written(arrays: &Arrays) -> Result<Vec<u8>> {
    let wrong = |error: safetensors::SafeTensorError| Error::compute("writing weights", error);
    let bytes: Vec<(&str, &Array, Vec<u8>)> = arrays
        .iter()
        .map(|(name, array)| {
            (name.as_str(), array, array.values.iter().flat_map(|v| v.to_le_bytes()).collect())
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (name, array, bytes) in &bytes {
        let view = TensorView::new(Dtype::F32, array.shape.clone(), bytes).map_err(wrong)?;
        views.push((*name, view));
    }
    safetensors::serialize(views, None).map_err(wrong)
}

/// Runs the network once, on grey.
fn tried(architecture: &Architecture, arrays: &Arrays, feed: &Feed) -> Result<()> {
    let mut tensors = std::collections::HashMap::new();
    for (name, array) in arrays {
        let tensor = Tensor::from_slice(&array.values, array.shape.as_slice(), &Device::Cpu)?;
        tensors.insert(name.clone(), tensor);
    }
    let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    let network = architecture.build(&weights)?;
    let grey = Tensor::zeros((1, 3, feed.side, feed.side), DType::F32, &Device::Cpu)?;
    let answer = network.forward(&grey, false)?.flatten_all()?.to_vec1::<f32>()?;
    if answer.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(Error::Model {
        name: architecture.name.to_owned(),
        reason: "with these weights it gives no finite number".into(),
    })
}

#[cfg(test)]
mod tests;
