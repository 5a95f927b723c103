//! What all exhibits of a batch share.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{folder, worker};
use super::LOOK_EVERY;
use super::args::{self, ExamineArgs};
use crate::Result;
use crate::checks::pass::FaceSource;
use crate::checks::{Entry, Options, detectors};
use crate::faces::Follower;
use crate::media::{Exhibit, FaceDetail, digest, version};
use crate::models::{detector, manifest, store};
use crate::nn::device;
use crate::report::{Lab, Model, Tool, json};
use crate::text::{Lang, Text, visible};

/// What all exhibits of a batch share.
pub(super) struct Setup {
    pub(super) tool: Tool,
    pub(super) lab: Lab,
    /// The networks, loaded once; every exhibit starts from a fresh copy.
    faces: Result<Follower, Text>,
}

impl Setup {
    pub(super) fn new(args: &ExamineArgs, entries: &[&Entry], process: &str) -> Result<Self> {
        let lab = args.lab.as_deref().map(Lab::read).transpose()?.unwrap_or_default();
        let lab = lab.or(if args.worker { worker::facts()? } else { args.facts.clone() });
        let device = device::device(args.device)?;
        let faces = Follower::load(&device, LOOK_EVERY).map_err(|error| {
            Text::new(
                format!("Faces were not looked for: {error}"),
                format!("Er is niet naar gezichten gezocht: {error}"),
            )
        });
        let wanted = looks_for_faces(entries, &Options::from(args));
        if let (Err(why), true) = (&faces, wanted) {
            eprintln!("waarmerk: {}", visible(why.get(Lang::En)));
        }
        let mut models = if faces.is_ok() && wanted { face_models() } else { Vec::new() };
        if entries.iter().any(|entry| entry.name == detectors::ENTRY.name) {
            models.extend(imported());
        }
        let tool = Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("WAARMERK_COMMIT").map(str::to_owned),
            binary_sha256: std::env::current_exe().ok().and_then(|path| digest::sha256(&path).ok()),
            ffmpeg: version::version(),
            device: device::describe(&device),
            models,
            options: args::options(args, entries),
            command: Vec::new(),
            process: process.to_owned(),
        };
        Ok(Self { tool, lab, faces })
    }

    /// Complete results of this exhibit from an earlier run of this very
    /// program, with the same networks, device and options.
    pub(super) fn earlier(
        &self,
        file: &Path,
        args: &ExamineArgs,
        exhibit: &Exhibit,
        taken: &[PathBuf],
    ) -> Option<PathBuf> {
        // What was brought may have been enrolled anew under the same name.
        // What the laboratory says may be new.
        if !args.brought.words().is_empty() || !self.lab.is_empty() {
            return None;
        }
        let place = folder::complete(&args.out, file, &exhibit.sha256, taken)?;
        let run = fs::read_to_string(place.join("run.json")).ok()?;
        let wanted = !args.csv || place.join("measurements.csv").is_file();
        let intact = folder::intact(&place);
        (wanted && intact && json::same_conditions(&run, &self.tool)).then_some(place)
    }

    /// Faces for one exhibit.
    pub(super) fn faces(&self) -> FaceSource {
        match &self.faces {
            Ok(follower) => FaceSource::Ready(Box::new(follower.clone())),
            Err(why) => FaceSource::Missing(why.clone()),
        }
    }
}

/// Whether any of `entries` asks for faces.
fn looks_for_faces(entries: &[&Entry], options: &Options) -> bool {
    entries.iter().any(|entry| (entry.make)(options).needs().faces > FaceDetail::None)
}

/// The models behind the face follower, for the report.
fn face_models() -> Vec<Model> {
    Follower::MODELS
        .iter()
        .filter_map(|name| manifest::card(name).ok())
        .map(|card| Model {
            name: card.name.clone(),
            sha256: card.converted.clone(),
            origin: format!("{} {}, {}", card.package, card.version, card.path),
            licence: card.licence.clone(),
        })
        .collect()
}

/// The imported detectors that can be used.
fn imported() -> Vec<Model> {
    let cards = store::folder().and_then(|folder| detector::cards(&folder)).unwrap_or_default();
    cards
        .into_iter()
        .flatten()
        .map(|card| Model {
            name: card.name,
            sha256: card.sha256,
            origin: format!(
                "{}, {}, sha256 {}",
                card.architecture, card.source, card.source_sha256
            ),
            // The user brought it; no file says under which terms.
            licence: "-".into(),
        })
        .collect()
}
