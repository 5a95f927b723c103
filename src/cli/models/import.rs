//! `waarmerk models import`, and the imported detectors in `models list`.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::models::architecture::{Polarity, Region, architectures};
use crate::models::detector::{self, Card};
use crate::models::import::{Wish, import};
use crate::models::store;

/// What `models import` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// A checkpoint: PyTorch (.pth, .pt; zip or legacy pickle), Keras (.h5), safetensors or ONNX
    checkpoint: PathBuf,
    /// Its architecture; `list` names them all
    #[arg(long, value_name = "NAME")]
    arch: String,
    /// What to call the detector [default: the file's name]
    #[arg(long)]
    name: Option<String>,
    /// What stands before the architecture's names [default: found in the file]
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// Which way its answer points [default: the architecture's]
    #[arg(long, value_enum)]
    polarity: Option<PolarityArg>,
    /// What it looks at [default: the architecture's]
    #[arg(long, value_enum)]
    region: Option<RegionArg>,
    /// Side of the input in pixels
    #[arg(long, value_name = "PIXELS")]
    side: Option<usize>,
    /// Taken off R, G, B (0–1), separated by commas
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "R,G,B")]
    mean: Option<Vec<f32>>,
    /// Divides R, G, B
    #[arg(long, value_delimiter = ',', num_args = 1, value_name = "R,G,B")]
    std: Option<Vec<f32>>,
    /// Side of the square in sides of the face
    #[arg(long)]
    margin: Option<f32>,
    /// Whether faces are turned upright first
    #[arg(long)]
    align: Option<bool>,
}

/// A polarity as typed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PolarityArg {
    /// More means manipulated.
    Manipulated,
    /// More means genuine.
    Genuine,
}

/// A region as typed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum RegionArg {
    /// A square around each face.
    Face,
    /// The middle of the picture, unscaled.
    Picture,
}

/// Runs `models import`; what to print.
///
/// # Errors
/// As [`import`].
pub fn run(folder: &Path, args: &ImportArgs) -> Result<String> {
    if args.arch == "list" {
        let lines = architectures().into_iter().map(|a| format!("{:<32}{}\n", a.name, a.about));
        return Ok(lines.collect());
    }
    let wish = Wish {
        architecture: args.arch.clone(),
        name: args.name.clone(),
        prefix: args.prefix.clone(),
        polarity: args.polarity.map(|polarity| match polarity {
            PolarityArg::Manipulated => Polarity::Manipulated,
            PolarityArg::Genuine => Polarity::Genuine,
        }),
        region: args.region.map(|region| match region {
            RegionArg::Face => Region::Face,
            RegionArg::Picture => Region::Picture,
        }),
        side: args.side,
        mean: three("--mean", args.mean.as_deref())?,
        std: three("--std", args.std.as_deref())?,
        margin: args.margin,
        align: args.align,
    };
    let imported = import(folder, &args.checkpoint, &wish)?;
    let (card, feed) = (&imported.card, &imported.card.feed);
    let mut text = format!(
        "{}: {} with {} parameters from {} ({})\n  {}\n",
        card.name,
        card.architecture,
        card.parameters,
        card.source,
        card.format,
        fed(card)
    );
    text.push_str(&format!("  mean {:?}, deviation {:?}\n", feed.mean, feed.std));
    for note in &imported.notes {
        text.push_str(&format!("  note: {note}\n"));
    }
    text.push_str(&format!("  sha256 {}\n", card.sha256));
    Ok(text)
}

fn three(option: &str, values: Option<&[f32]>) -> Result<Option<[f32; 3]>> {
    let Some(values) = values else { return Ok(None) };
    values.try_into().map(Some).map_err(|_| {
        crate::Error::Usage(format!("{option} takes three numbers, not {}", values.len()))
    })
}

fn fed(card: &Card) -> String {
    let feed = &card.feed;
    let polarity = match feed.polarity {
        Polarity::Manipulated => "more means manipulated",
        Polarity::Genuine => "more means genuine: turned round",
    };
    match feed.region {
        Region::Picture => format!("{0} × {0} of the picture; {polarity}", feed.side),
        Region::Pieces => format!("pieces of {0} × {0} of the picture; {polarity}", feed.side),
        Region::Face => {
            let turned = if feed.align { ", turned upright" } else { "" };
            let (side, margin) = (feed.side, feed.margin);
            format!("faces, {side} × {side}, margin {margin}{turned}; {polarity}")
        }
    }
}

/// What `models list` says of the detectors: our own, then the imported ones.
pub fn table(folder: &Path) -> Result<String> {
    let mut text = String::from("\nDetectors of our own, part of the program\n");
    for card in detector::own()? {
        let (name, architecture) = (&card.name, &card.architecture);
        let off = if card.runs_unasked() {
            ""
        } else {
            ", off: it did not tell unseen fakes from genuine pictures"
        };
        let fed = fed(&card);
        text.push_str(&format!("{name} ({architecture}{off}): {fed}; sha256 {}\n", card.sha256));
    }
    let cards = detector::cards(folder)?;
    if cards.is_empty() {
        return Ok(text);
    }
    text.push_str("\nImported detectors\n");
    for card in cards {
        text.push_str(&match card {
            Ok(card) => {
                let state = if intact(folder, &card) { "" } else { ", weights changed or missing" };
                let (name, architecture) = (&card.name, &card.architecture);
                format!("{name} ({architecture}{state}): {}; sha256 {}\n", fed(&card), card.sha256)
            }
            Err((path, reason)) => format!("{}: unusable: {reason}\n", path.display()),
        });
    }
    Ok(text)
}

/// The same for `models list --json`.
pub fn json(folder: &Path) -> Result<Vec<serde_json::Value>> {
    let row = |card: Result<Card, (PathBuf, String)>| match card {
        Ok(card) => {
            let state = if intact(folder, &card) { "installed" } else { "changed" };
            serde_json::json!({ "name": card.name, "state": state, "detector": card })
        }
        Err((path, reason)) => serde_json::json!({
            "name": path.display().to_string(), "state": "unreadable", "reason": reason,
        }),
    };
    let own = detector::own()?
        .into_iter()
        .map(|card| serde_json::json!({ "name": card.name, "state": "own", "detector": card }));
    Ok(own.chain(detector::cards(folder)?.into_iter().map(row)).collect())
}

fn intact(folder: &Path, card: &Card) -> bool {
    let path = store::weights_path(&folder.join("detectors"), &card.name);
    store::read(&path).is_ok_and(|bytes| store::sha256(&bytes) == card.sha256)
}
