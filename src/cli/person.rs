//! `waarmerk person`: persons of interest for the check person.

use std::path::{Path, PathBuf};

use super::examine::LOOK_EVERY;
use super::progress::Bar;
use super::say;
use crate::checks::Options;
use crate::checks::pass::{self, FaceSource};
use crate::checks::person::ENROL;
use crate::checks::person::model::{self, Clip, Model};
use crate::faces::Follower;
use crate::media::{Exhibit, Limits};
use crate::nn::device::{self, DeviceChoice};
use crate::text::{Lang, visible};
use crate::{Error, Result};

/// Keep how persons move, from authentic clips of them.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Persons are kept in $WAARMERK_PERSONS, else \
    $XDG_DATA_HOME/waarmerk/persons, else ~/.local/share/waarmerk/persons: numbers \
    only, no pictures.\n\n\
    Examples:\n  \
    waarmerk person enrol minister speech.mp4 interview.mp4 debate.mp4\n  \
    waarmerk person list\n  \
    waarmerk examine clip.mp4 --person minister")]
pub struct PersonCommand {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Action {
    /// Keep how a person moves, from two clips or more and two minutes or more
    ///
    /// The clips should be authentic, of different occasions, and show the
    /// person longer than anyone else.
    Enrol {
        /// Name of the person
        name: String,
        /// Authentic clips
        #[arg(required = true, value_name = "CLIP")]
        clips: Vec<PathBuf>,
        /// Replace a person of that name
        #[arg(long)]
        replace: bool,
        /// Where networks run: auto, cpu, cuda, cuda:N or metal
        #[arg(long, default_value = "auto")]
        device: DeviceChoice,
    },
    /// Show who is enrolled
    List,
}

/// Runs the command.
///
/// # Errors
/// [`Error::Usage`] for too little material or a name that is taken or none;
/// [`Error::Model`] without the networks; what opening a clip gives.
pub fn run(command: &PersonCommand) -> Result<()> {
    let folder = model::folder()?;
    match &command.action {
        Action::Enrol { name, clips, replace, device } => {
            let follower = Follower::load(&device::device(*device)?, LOOK_EVERY)?;
            let clips: Result<Vec<Clip>> = clips.iter().map(|c| seen(c, &follower)).collect();
            let model = Model::new(name, clips?)?;
            let path = model::store(&folder, &model, *replace)?;
            if let Some(ratio) = model.clips_apart().filter(|ratio| *ratio > model::MIXED) {
                eprintln!("waarmerk: {}", model::mixed(ratio).get(Lang::En));
            }
            say(&format!("{}, kept in {}\n", told(&model), visible(&path.display().to_string())))
        }
        Action::List => {
            let names = model::names(&folder)?;
            if names.is_empty() {
                return say("No person is enrolled.\n");
            }
            for name in names {
                let line = match model::load(&folder, &name) {
                    Ok(model) => told(&model),
                    Err(error) => format!("{}: {error}", visible(&name)),
                };
                say(&format!("{line}\n"))?;
            }
            Ok(())
        }
    }
}

fn told(model: &Model) -> String {
    let seconds: f64 = model.clips.iter().map(Clip::seconds).sum();
    let windows: usize = model.clips.iter().map(|c| c.windows.len()).sum();
    format!("{}: {} clips, {seconds:.0} s, {windows} windows", model.name, model.clips.len())
}

/// The windows of a clip.
fn seen(path: &Path, follower: &Follower) -> Result<Clip> {
    let exhibit = Exhibit::open(path, &Limits::default())?;
    let bar = Bar::new(&exhibit.name, exhibit.duration_s);
    let mut faces = FaceSource::Ready(Box::new(follower.clone()));
    let outcome =
        pass::run(&exhibit, &[&ENROL], &Options::default(), &mut faces, &mut |p| bar.update(p));
    bar.finish();
    let attachment = outcome.examined.first().and_then(|e| e.finding.attachments.first());
    let windows = match attachment {
        Some(attachment) => serde_json::from_value(attachment.data.clone())
            .map_err(|e| Error::compute("enrolling a person", e))?,
        None => Vec::new(),
    };
    Ok(Clip { sha256: exhibit.sha256, windows })
}
