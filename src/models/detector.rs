//! Imported detectors: their cards, their place in the models folder, and what
//! they say of crops. Whatever a source's convention, a score here is in 0–1
//! and higher means more likely manipulated; it is not a probability.
//!
//! `<models>/detectors/<name>.safetensors` and `<name>.toml` beside it. The
//! card's digest is the user's own record: it shows that the file is the one
//! that was imported, not that the one imported was good.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::{VarBuilder, ops};
use serde::{Deserialize, Serialize};

use super::architecture::{Feed, Polarity, architecture};
use super::grad_cam::grad_cam;
use super::network::Network;
use super::store;
use crate::{Error, Result};

/// Most detectors looked at in the folder.
const MAX_DETECTORS: usize = 256;
/// Largest side of an input: EfficientNet-B7 takes 600.
const MAX_SIDE: usize = 1024;

/// What is kept about a detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Name, of lower-case letters, digits and `-`.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// Name of the file that it came from.
    pub source: String,
    /// Format of that file.
    pub format: String,
    /// What stood before its names there.
    pub prefix: String,
    /// SHA-256 of that file.
    pub source_sha256: String,
    /// SHA-256 of the safetensors file.
    pub sha256: String,
    /// Numbers in its weights.
    pub parameters: usize,
    /// What it is fed.
    pub feed: Feed,
    /// What it reached where the truth was known, for detectors of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

/// What a detector reached on pictures whose truth was known and that took no
/// part in its training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Whether it runs unasked: only when it told fakes it had never seen from
    /// genuine pictures.
    pub default: bool,
    /// Score from which an item counts as flagged, chosen on those pictures.
    pub threshold: f64,
    /// Share of the genuine ones at or above it.
    pub false_alarms: f64,
    /// Share of the changed ones at or above it.
    pub found: f64,
    /// Area under the ROC.
    pub auc: f64,
    /// What those pictures were, in English and in Dutch.
    pub on: [String; 2],
    /// What it was not made for, in English and in Dutch.
    pub limits: [String; 2],
}

impl Feed {
    /// Why it cannot be used, if so: a card is a file that anyone may edit.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self) -> Result<(), String> {
        if !(16..=MAX_SIDE).contains(&self.side) {
            return Err(format!("an input of {} pixels; 16 to {MAX_SIDE} make sense", self.side));
        }
        if !(0.5..=4.0).contains(&self.margin) {
            return Err(format!("a margin of {}; 0.5 to 4 make sense", self.margin));
        }
        if !self.mean.iter().all(|v| v.is_finite()) {
            return Err("a mean that is no number".into());
        }
        if !self.std.iter().all(|v| v.is_finite() && *v > 0.0) {
            return Err("a deviation that is not above 0".into());
        }
        Ok(())
    }
}

/// The detectors that come with the program, by name. Their weights are part of
/// it, so nothing need be installed for them.
const OWN: &[(&str, &[u8])] = &[
    (
        include_str!("../../assets/detectors/waarmerk-generated.toml"),
        include_bytes!("../../assets/detectors/waarmerk-generated.safetensors"),
    ),
    (
        include_str!("../../assets/detectors/waarmerk-swap.toml"),
        include_bytes!("../../assets/detectors/waarmerk-swap.safetensors"),
    ),
];

/// The cards of the detectors that come with the program.
///
/// # Errors
/// [`Error::Model`] when one of them cannot be read, a fault of this program.
pub fn own() -> Result<Vec<Card>> {
    let card = |(text, _): &(&str, &[u8])| {
        let failed = |reason: String| Error::Model { name: "of our own".into(), reason };
        let card: Card = toml::from_str(text).map_err(|error| failed(error.to_string()))?;
        card.feed.check().map_err(failed)?;
        Ok(card)
    };
    OWN.iter().map(card).collect()
}

/// The weights of the detector on `card`, when it came with the program.
fn own_weights(card: &Card) -> Option<&'static [u8]> {
    let bytes = OWN.iter().map(|(_, bytes)| *bytes);
    bytes.into_iter().find(|bytes| store::sha256(bytes) == card.sha256)
}

impl Card {
    /// Whether the check runs this detector unasked: an imported one, or one of our
    /// own that told fakes it had never seen.
    pub fn runs_unasked(&self) -> bool {
        self.measured.as_ref().is_none_or(|measured| measured.default)
    }
}

/// A detector ready to judge.
pub struct Detector {
    /// What it is.
    pub card: Card,
    network: Box<dyn Network>,
    device: Device,
}

fn place(folder: &Path) -> PathBuf {
    folder.join("detectors")
}

/// Writes a detector's weights and card.
///
/// # Errors
/// [`Error::Io`].
pub fn keep(folder: &Path, card: &Card, weights: &[u8]) -> Result<()> {
    let text = toml::to_string(card).map_err(|error| Error::compute("writing a card", error))?;
    let place = place(folder);
    store::write(&store::weights_path(&place, &card.name), weights)?;
    store::write(&store::note_path(&place, &card.name), text.as_bytes())
}

/// The cards in the folder, by name; for a card that cannot be read its file
/// and why.
///
/// # Errors
/// [`Error::Io`] when the folder is there and cannot be read.
pub fn cards(folder: &Path) -> Result<Vec<Result<Card, (PathBuf, String)>>> {
    let place = place(folder);
    let entries = match fs::read_dir(&place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(&place, error)),
    };
    let mut paths = Vec::new();
    for entry in entries.take(4 * MAX_DETECTORS) {
        let path = entry.map_err(|error| Error::io(&place, error))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.truncate(MAX_DETECTORS);
    Ok(paths.into_iter().map(|path| card(&path).map_err(|reason| (path, reason))).collect())
}

fn card(path: &Path) -> Result<Card, String> {
    let bytes = store::read(path).map_err(|error| error.to_string())?;
    let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
    let card: Card = toml::from_str(text).map_err(|error| error.to_string())?;
    card.feed.check()?;
    if path.file_stem().is_none_or(|stem| stem.to_string_lossy() != card.name) {
        return Err(format!("it is the card of `{}`", card.name));
    }
    Ok(card)
}

impl Detector {
    /// Reads the weights that belong to `card`.
    ///
    /// # Errors
    /// [`Error::Model`] when they are missing, changed, or do not fit.
    pub fn load(folder: &Path, card: Card, device: &Device) -> Result<Self> {
        let failed = |reason: String| Error::Model { name: card.name.clone(), reason };
        let path = store::weights_path(&place(folder), &card.name);
        let bytes = match own_weights(&card) {
            Some(bytes) => bytes.to_vec(),
            None => store::read(&path).map_err(|error| failed(error.to_string()))?,
        };
        let digest = store::sha256(&bytes);
        if digest != card.sha256 {
            let (path, expected) = (path.display(), &card.sha256);
            return Err(failed(format!(
                "{path} has changed: sha256 {digest}, expected {expected}; import it again"
            )));
        }
        let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, device)
            .map_err(|error| failed(error.to_string()))?;
        let network = architecture(&card.architecture)?.build(&weights)?;
        Ok(Self { card, network, device: device.clone() })
    }

    /// The network's own answers `(N, outputs)` to pictures `(N, 3, side, side)`
    /// of R, G, B in 0–1.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn answers(&self, pictures: &Tensor) -> Result<Tensor> {
        self.network.forward(&self.normalised(pictures)?, false)
    }

    fn normalised(&self, pictures: &Tensor) -> Result<Tensor> {
        let Feed { mean, std, .. } = &self.card.feed;
        let of = |values: &[f32; 3]| Tensor::new(values, &self.device)?.reshape((1, 3, 1, 1));
        let pictures = pictures.to_device(&self.device)?;
        let x = pictures.broadcast_sub(&of(mean)?)?.broadcast_div(&of(std)?)?;
        Ok(x.contiguous()?)
    }

    /// Scores 0–1 of `count` crops, each `side × side` pixels of R, G, B in
    /// 0–1, interleaved, one after another: higher = more likely manipulated.
    ///
    /// # Errors
    /// When there are not as many numbers, or one is not finite.
    pub fn scores(&self, crops: &[f32], count: usize) -> Result<Vec<f32>> {
        let answers = self.answers(&self.pictures(crops, count)?)?;
        // One number is a logit; of two, the second speaks for its class.
        let squashed = match answers.dim(1)? {
            1 => ops::sigmoid(&answers)?,
            _ => ops::softmax(&answers, 1)?.narrow(1, 1, 1)?,
        };
        let scores = squashed.flatten_all()?.to_vec1::<f32>()?;
        if scores.iter().any(|score| !score.is_finite()) {
            return Err(Error::compute("a detector", "its score is no number"));
        }
        Ok(match self.card.feed.polarity {
            Polarity::Manipulated => scores,
            Polarity::Genuine => scores.into_iter().map(|score| 1.0 - score).collect(),
        })
    }

    fn pictures(&self, crops: &[f32], count: usize) -> Result<Tensor> {
        let side = self.card.feed.side;
        let pictures = Tensor::from_slice(crops, (count, side, side, 3), &Device::Cpu)?;
        Ok(pictures.permute((0, 3, 1, 2))?.contiguous()?)
    }

    /// What of a crop, as [`Self::scores`] takes it, speaks for manipulation: Grad-CAM
    /// of the log-odds of its score, in cells of the network's last maps, row by
    /// row. `None` for a network without such maps.
    ///
    /// # Errors
    /// When there are not as many numbers, or one is not finite.
    pub fn evidence(&self, crop: &[f32]) -> Result<Option<Evidence>> {
        let Some(network) = self.network.convolutional() else { return Ok(None) };
        let odds = |answers: &Tensor| -> Result<Tensor> {
            let odds = match answers.dim(1)? {
                1 => answers.squeeze(1)?,
                _ => (answers.get_on_dim(1, 1)? - answers.get_on_dim(1, 0)?)?,
            };
            Ok(match self.card.feed.polarity {
                Polarity::Manipulated => odds,
                Polarity::Genuine => odds.neg()?,
            })
        };
        let picture = self.normalised(&self.pictures(crop, 1)?)?;
        let map = grad_cam(network, &picture, odds)?;
        let (_, height, width) = map.dims3()?;
        let values = map.flatten_all()?.to_vec1::<f32>()?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::compute("Grad-CAM", "a slope is no number"));
        }
        Ok(Some(Evidence { width, height, values }))
    }
}

/// A map of what speaks for manipulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row, at least 0.
    pub values: Vec<f32>,
}
