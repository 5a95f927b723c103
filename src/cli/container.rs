//! `waarmerk container`: the user's own reference files for the check
//! container-profile.

use std::path::PathBuf;

use super::say;
use crate::Result;
use crate::checks::container_profile::store;
use crate::text::visible;

/// Keep and list the structures of your own reference files.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Profiles are kept in $WAARMERK_CONTAINERS, else \
    $XDG_DATA_HOME/waarmerk/containers, else ~/.local/share/waarmerk/containers.\n\n\
    Examples:\n  \
    waarmerk container enrol phone-x-camera IMG_0001.MOV IMG_0002.MOV IMG_0003.MOV\n  \
    waarmerk container list\n  \
    waarmerk examine clip.mov --container-profile phone-x-camera")]
pub struct ContainerCommand {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Action {
    /// Keep how reference files are built, under a name
    ///
    /// The files should be unedited, of one device or program with one
    /// version and one setting, and several (five or more).
    Enrol {
        /// Name of the profile
        name: String,
        /// Reference files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Replace a profile of that name
        #[arg(long)]
        replace: bool,
    },
    /// Show the profiles there are
    List,
}

/// Runs the command.
///
/// # Errors
/// As [`store::enrol`], [`store::names`] and [`store::load`].
pub fn run(command: &ContainerCommand) -> Result<()> {
    let folder = store::folder()?;
    match &command.action {
        Action::Enrol { name, files, replace } => {
            let profile = store::enrol(&folder, name, files, *replace)?;
            let n = profile.references.len();
            let mut digests: Vec<&str> =
                profile.references.iter().map(|r| r.digest.as_str()).collect();
            digests.sort_unstable();
            digests.dedup();
            let place = folder.join(format!("{name}.json"));
            say(&format!(
                "{name}: {n} reference{} with {} different structure{}, kept in {}\n",
                if n == 1 { "" } else { "s" },
                digests.len(),
                if digests.len() == 1 { "" } else { "s" },
                visible(&place.display().to_string())
            ))?;
            if n < 5 {
                say("Fewer than five references do not show how much such files differ.\n")?;
            }
            Ok(())
        }
        Action::List => {
            let names = store::names(&folder)?;
            if names.is_empty() {
                return say("No structure profiles are enrolled.\n");
            }
            for name in names {
                let line = match store::load(&folder, &name) {
                    Ok(profile) => {
                        let format = profile.references.first().map_or("", |r| r.format.as_str());
                        format!("{name}: {} references, {format}\n", profile.references.len())
                    }
                    Err(error) => format!("{name}: {error}\n"),
                };
                say(&visible(line.trim_end()))?;
                say("\n")?;
            }
            Ok(())
        }
    }
}
