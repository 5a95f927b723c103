//! What all exhibits of a batch share.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{folder, worker};
use super::LOOK_EVERY;
use super::args::{self, ExamineArgs};
use crate::Result;
use crate::checks::pass::FaceSource;
use crate::checks::{Entry, Options, anti_spoofing, detectors, speaker};
use crate::faces::Follower;
use crate::media::{Exhibit, FaceDetail, digest, version};
use crate::models::{aasist, detector, manifest, selfie, silero, store, voice_encoder};
use crate::nn::device;
use crate::report::{Lab, Model, Tool, json};
use crate::text::{Lang, Text, visible};

/// What all exhibits of a batch share.
pub(super) struct Setup {
    tool: Tool,
    /// The networks that the chosen checks run where there is something to see
    /// or to hear.
    models: Vec<(Sense, Model)>,
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
        let models = networks(entries, &Options::from(args), faces.is_ok() && wanted);
        let tool = Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("WAARMERK_COMMIT").map(str::to_owned),
            binary_sha256: std::env::current_exe().ok().and_then(|path| digest::sha256(&path).ok()),
            ffmpeg: version::version(),
            device: device::describe(&device),
            models: Vec::new(),
            options: args::options(args, entries),
            command: Vec::new(),
            process: process.to_owned(),
        };
        Ok(Self { tool, models, lab, faces })
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
        let brought = !args.brought.words().is_empty() || !args.reference.is_empty();
        if brought || !self.lab.is_empty() {
            return None;
        }
        let place = folder::complete(&args.out, file, &exhibit.sha256, taken)?;
        let run = fs::read_to_string(place.join("run.json")).ok()?;
        let wanted = !args.csv || place.join("measurements.csv").is_file();
        let intact = folder::intact(&place);
        (wanted && intact && json::same_conditions(&run, &self.tool(exhibit))).then_some(place)
    }

    /// The program as it examines one exhibit, with the networks for it.
    pub(super) fn tool(&self, exhibit: &Exhibit) -> Tool {
        let here = |sense: Sense| match sense {
            Sense::Sight => exhibit.video.is_some(),
            Sense::Hearing => exhibit.audio.is_some(),
        };
        let models = self.models.iter().filter(|(sense, _)| here(*sense));
        Tool { models: models.map(|(_, model)| model.clone()).collect(), ..self.tool.clone() }
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
pub(in crate::cli) fn looks_for_faces(entries: &[&Entry], options: &Options) -> bool {
    entries.iter().any(|entry| (entry.make)(options).needs().faces > FaceDetail::None)
}

/// Names and digests of the installed networks that `entries` run.
pub(in crate::cli) fn digests(entries: &[&Entry], faces: bool) -> Vec<(String, String)> {
    let models = networks(entries, &Options::default(), faces);
    models.into_iter().map(|(_, model)| (model.name, model.sha256)).collect()
}

/// What a network works on.
#[derive(Clone, Copy)]
enum Sense {
    Sight,
    Hearing,
}

/// Names of the networks that `entries` run, but for detectors.
fn wanted(entries: &[&Entry], options: &Options, faces: bool) -> Vec<(Sense, &'static str)> {
    let needs: Vec<_> = entries.iter().map(|entry| (entry.make)(options).needs()).collect();
    let chosen = |entry: &Entry| entries.iter().any(|other| other.name == entry.name);
    let mut names: Vec<(Sense, &'static str)> = Vec::new();
    if faces {
        names.extend(Follower::MODELS.iter().map(|name| (Sense::Sight, *name)));
    }
    if needs.iter().any(|needs| needs.people) {
        names.push((Sense::Sight, selfie::NAME));
    }
    if needs.iter().any(|needs| needs.speech) {
        names.push((Sense::Hearing, silero::NAME));
    }
    if chosen(&anti_spoofing::ENTRY) {
        names.extend(aasist::Variant::ALL.map(|variant| (Sense::Hearing, variant.name())));
    }
    if chosen(&speaker::ENTRY) {
        names.push((Sense::Hearing, voice_encoder::NAME));
    }
    names
}

/// Networks that `entries` run and that are not installed.
pub(in crate::cli) fn missing(entries: &[&Entry], faces: bool) -> Vec<&'static str> {
    let names = wanted(entries, &Options::default(), faces).into_iter().map(|(_, name)| name);
    names.filter(|name| installed(name).is_none()).collect()
}

/// The installed networks that `entries` run.
fn networks(entries: &[&Entry], options: &Options, faces: bool) -> Vec<(Sense, Model)> {
    let chosen = |entry: &Entry| entries.iter().any(|other| other.name == entry.name);
    let names = wanted(entries, options, faces);
    let mut models: Vec<(Sense, Model)> =
        names.into_iter().filter_map(|(sense, name)| Some((sense, installed(name)?))).collect();
    if chosen(&detectors::ENTRY) {
        models.extend(imported().into_iter().map(|model| (Sense::Sight, model)));
    }
    models
}

/// The model called `name` for the report, if it is installed whole.
fn installed(name: &str) -> Option<Model> {
    let card = manifest::card(name).ok()?;
    let whole = store::state(&store::folder().ok()?, card) == store::State::Installed;
    whole.then(|| Model {
        name: card.name.clone(),
        sha256: card.converted.clone(),
        origin: format!("{} {}, {}", card.package, card.version, card.path),
        licence: card.licence.clone(),
    })
}

/// The detectors that can be used: our own and imported ones.
fn imported() -> Vec<Model> {
    let cards = store::folder().and_then(|folder| detector::cards(&folder)).unwrap_or_default();
    let own = detector::own().unwrap_or_default();
    own.into_iter()
        .filter(detector::Card::runs_unasked)
        .chain(cards.into_iter().flatten())
        .map(|card| Model {
            name: card.name,
            sha256: card.sha256,
            origin: format!(
                "{}, {}, sha256 {}",
                card.architecture, card.source, card.source_sha256
            ),
            // Of what a user brought no file says under which terms.
            licence: if card.measured.is_some() { "research use".into() } else { "-".into() },
        })
        .collect()
}
