//! `waarmerk camera`: the cameras that `examine --camera` knows.

use std::path::PathBuf;

use super::{Done, say};
use crate::Result;
use crate::checks::prnu::{enrol, store};

/// Enrol cameras for the check `prnu`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "The cameras are kept in $WAARMERK_CAMERAS, else beside the models.\n\n\
    Example:\n  \
    waarmerk camera enrol my-canon reference/*.jpg\n  \
    waarmerk examine photo.jpg --camera my-canon")]
pub struct CameraCommand {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Action {
    /// Estimate a camera's sensor pattern from photographs and keep it
    ///
    /// The photographs must come from the camera unscaled and of one size, with no
    /// zoom or stabilisation done by software. Twenty or more, bright and without
    /// much detail (a clear sky), are best.
    #[command(after_help = "Example:\n  waarmerk camera enrol my-canon reference/*.jpg")]
    Enrol {
        /// Name to give it: letters, digits, hyphens, dots and underscores
        name: String,
        /// Photographs taken with it, eight at least
        #[arg(required = true, value_name = "PHOTO")]
        photos: Vec<PathBuf>,
    },
}

/// Runs the command.
///
/// # Errors
/// As [`enrol::enrol`].
pub fn run(command: &CameraCommand) -> Result<Done> {
    let Action::Enrol { name, photos } = &command.action;
    let folder = store::folder()?;
    let bar = indicatif::ProgressBar::new(0);
    let card = enrol::enrol(&folder, name, photos, |step, steps| {
        bar.set_length(steps as u64);
        bar.set_position(step as u64);
    });
    bar.finish_and_clear();
    let card = card?;
    say(&format!(
        "{}: {} photographs of {}×{} pixels, PCE among them {:.0}; kept in {}\n",
        card.name,
        card.photos.len(),
        card.width,
        card.height,
        card.own_pce,
        folder.display()
    ))?;
    Ok(Done::All)
}
