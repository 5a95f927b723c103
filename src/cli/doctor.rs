//! `waarmerk doctor`: is everything here that an examination needs, and if
//! not, what to do.

use std::{
    ffi::CString,
    io::{self, ErrorKind, IsTerminal, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Stdio},
};

use serde::Serialize;

use crate::{
    Error, Result,
    media::version,
    models::{
        manifest,
        store::{self, State},
    },
    nn::device::{DeviceChoice, describe, device},
    text::visible,
};

/// Free space below which the doctor warns. Chosen: a report with its tables
/// takes a few megabytes a file, the models take some ten; a full disk in the
/// middle of a batch is what this is to prevent.
const MIN_FREE_BYTES: u64 = 1 << 30;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// As it should be.
    Well,
    /// Absent or unusual, and an examination does not need it.
    Note,
    /// Something to mend.
    Ill,
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Item {
    what: String,
    health: Health,
    found: String,
    /// What to do about it.
    remedy: Option<String>,
}

impl Item {
    fn new(what: impl Into<String>, health: Health, found: impl Into<String>) -> Self {
        Self { what: what.into(), health, found: found.into(), remedy: None }
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// Look at everything and print what was found to standard output, as JSON if
/// asked. The answer is whether all is well; what is merely noted is.
///
/// # Errors
/// [`Error::Io`] when standard output or the current folder cannot be used;
/// [`Error::Usage`] when no models folder can be named.
pub fn run(json: bool) -> Result<bool> {
    let items = look()?;
    let well = items.iter().all(|item| item.health != Health::Ill);
    let text = if json {
        to_json(&items, well)?
    } else {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        to_text(&items, well, colour)
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // A reader that has seen enough (`| head`) is no error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io("stdout", error)),
        _ => Ok(well),
    }
}

fn look() -> Result<Vec<Item>> {
    let models = store::folder()?;
    let here = std::env::current_dir().map_err(|error| Error::io(".", error))?;
    let mut items = vec![Item::new(
        "waarmerk",
        Health::Well,
        format!("{} ({})", env!("CARGO_PKG_VERSION"), features()),
    )];
    items.push(ffmpeg());
    items.extend(devices());
    items.extend(networks(&models)?);
    items.push(space("disk, current folder", &here));
    items.push(space("disk, models folder", &models));
    items.push(pip());
    Ok(items)
}

/// The features this build was made with.
fn features() -> String {
    let all = [
        ("cuda", cfg!(feature = "cuda")),
        ("metal", cfg!(feature = "metal")),
        ("accelerate", cfg!(feature = "accelerate")),
    ];
    let on: Vec<&str> = all.into_iter().filter_map(|(name, on)| on.then_some(name)).collect();
    if on.is_empty() { "no GPU features".into() } else { format!("with {}", on.join(", ")) }
}

fn ffmpeg() -> Item {
    let libraries: Vec<String> = version::libraries()
        .into_iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let found = format!("{} ({})", version::version(), libraries.join(", "));
    let missing = version::missing_decoders();
    if missing.is_empty() {
        return Item::new("ffmpeg", Health::Well, found);
    }
    Item::new(
        "ffmpeg",
        Health::Ill,
        format!("{found}; without decoders for {}", missing.join(", ")),
    )
    .remedy("files in those formats cannot be examined; install a complete ffmpeg and build again")
}

fn devices() -> Vec<Item> {
    let mut items = Vec::new();
    for (name, choice, built) in [
        ("device cpu", DeviceChoice::Cpu, true),
        ("device cuda", DeviceChoice::Cuda(0), cfg!(feature = "cuda")),
        ("device metal", DeviceChoice::Metal, cfg!(feature = "metal")),
    ] {
        items.push(match (device(choice), built) {
            (Ok(device), _) => Item::new(name, Health::Well, describe(&device)),
            (Err(error), true) => Item::new(name, Health::Ill, error.to_string())
                .remedy("until it works, `--device auto` uses the processor"),
            (Err(_), false) => Item::new(name, Health::Note, "not part of this build"),
        });
    }
    items
}

fn networks(folder: &Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for card in manifest::cards()? {
        let what = format!("model {}", card.name);
        let ill = |found: String| {
            Item::new(what.as_str(), Health::Ill, found).remedy(format!(
                "waarmerk models install {0} (without a network: waarmerk models install {0} --from FILE)",
                card.name
            ))
        };
        items.push(match store::state(folder, card) {
            State::Installed => {
                Item::new(what.as_str(), Health::Well, format!("sha256 {}", card.converted))
            }
            State::Missing if card.brought => Item::new(
                what.as_str(),
                Health::Note,
                "not brought; checks that need it will abstain",
            )
            .remedy(format!("waarmerk models install {} --from FILE", card.name)),
            State::Missing => {
                ill(format!("not in {}; checks that need it will abstain", folder.display()))
            }
            State::Changed(digest) => {
                ill(format!("has changed: sha256 {digest}, expected {}", card.converted))
            }
            State::Unreadable(reason) => ill(reason),
        });
    }
    Ok(items)
}

/// The space left for a user where `path` is, or will be.
fn space(what: &str, path: &Path) -> Item {
    let Some(existing) = path.ancestors().find(|folder| folder.exists()) else {
        return Item::new(what, Health::Ill, format!("no part of {} exists", path.display()));
    };
    match free_bytes(existing) {
        Ok(free) => {
            let found = format!("{} free in {}", bytes(free), existing.display());
            if free < MIN_FREE_BYTES {
                Item::new(what, Health::Ill, found)
                    .remedy(format!("make room: less than {} is left", bytes(MIN_FREE_BYTES)))
            } else {
                Item::new(what, Health::Well, found)
            }
        }
        Err(error) => Item::new(what, Health::Ill, format!("{}: {error}", existing.display()))
            .remedy("see whether you may read this folder, and whether its disk is mounted"),
    }
}

/// Bytes an ordinary user may still write on the file system of `path`.
#[allow(unsafe_code, reason = "asks the system how much room is left")]
fn free_bytes(path: &Path) -> io::Result<u64> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: all zeros is a valid value of this structure of numbers.
    let mut about: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the path is a C string and the structure is ours to fill.
    if unsafe { libc::statvfs(path.as_ptr(), &mut about) } != 0 {
        return Err(io::Error::last_os_error());
    }
    #[allow(clippy::unnecessary_cast)] // the widths differ between Linux and macOS
    let (blocks, size) = (about.f_bavail as u64, about.f_frsize as u64);
    Ok(blocks.saturating_mul(size))
}

/// `count` in the largest binary unit that leaves a whole part.
fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (size, unit) in UNITS {
        if count >= size {
            return format!("{:.1} {unit}", count as f64 / size as f64);
        }
    }
    format!("{count} bytes")
}

/// Only `models install` uses pip, and not with `--from`.
fn pip() -> Item {
    let output = Command::new("python3")
        .args(["-m", "pip", "--version", "--disable-pip-version-check"])
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout);
            // "pip 23.0.1 from … (python 3.11)"
            let found = said.split(" from ").next().unwrap_or_default().trim().to_owned();
            Item::new("pip", Health::Well, found)
        }
        _ => Item::new("pip", Health::Note, "not found; only `waarmerk models install` uses it")
            .remedy(
                "install python3-pip (macOS: brew install python), or use models install --from",
            ),
    }
}

fn to_text(items: &[Item], well: bool, colour: bool) -> String {
    let width = items.iter().map(|item| item.what.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for item in items {
        // SGR codes of ECMA-48: green, faint, red; the words say it without them.
        let (word, code) = match item.health {
            Health::Well => ("ok  ", "32"),
            Health::Note => ("note", "2"),
            Health::Ill => ("MEND", "31;1"),
        };
        let word = if colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() };
        // Digests and paths come from the disk: no control characters to the terminal.
        text.push_str(&format!("{word}  {:width$}  {}\n", item.what, visible(&item.found)));
        if let Some(remedy) = &item.remedy {
            text.push_str(&format!("      {:width$}  -> {}\n", "", visible(remedy)));
        }
    }
    text.push_str(if well { "\nAll is well.\n" } else { "\nSomething needs mending.\n" });
    text
}

fn to_json(items: &[Item], well: bool) -> Result<String> {
    #[derive(Serialize)]
    struct Report<'a> {
        well: bool,
        items: &'a [Item],
    }
    let text = serde_json::to_string_pretty(&Report { well, items });
    Ok(text.map_err(|error| Error::compute("writing JSON", error))? + "\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    #[test]
    fn missing_and_changed_models_are_ill_and_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let cards = manifest::cards().unwrap();
        let first = cards.first().unwrap();
        store::write(&store::weights_path(folder.path(), &first.name), b"other").unwrap();
        let items = networks(folder.path()).unwrap();
        assert_eq!(items.len(), cards.len());
        for (item, card) in items.iter().zip(cards) {
            let health = if card.brought { Health::Note } else { Health::Ill };
            assert_eq!(item.health, health);
            let remedy = item.remedy.as_ref().unwrap();
            assert!(remedy.contains(&format!("waarmerk models install {}", card.name)), "{remedy}");
        }
        let found = &items.first().unwrap().found;
        assert!(found.contains(&store::sha256(b"other")), "{found}");
        assert!(items.get(1).unwrap().found.contains("will abstain"));
    }

    #[test]
    fn free_space_is_of_the_nearest_folder_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let item = space("disk", &folder.path().join("not/yet"));
        assert!(item.found.ends_with(&folder.path().display().to_string()), "{}", item.found);
        // More than nothing and less than an exbibyte, on any machine of today.
        let free = free_bytes(folder.path()).unwrap();
        assert!(free > 0 && free < 1 << 60, "{free}");
        assert!(free_bytes(Path::new("/no/such/folder")).is_err());
    }

    #[test]
    fn amounts_are_in_binary_units() {
        assert_eq!(bytes(1023), "1023 bytes");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(3 << 29), "1.5 GiB");
    }

    #[test]
    fn the_text_has_colours_only_when_asked_and_never_foreign_control_characters() {
        let items = [
            Item::new("a", Health::Well, "here"),
            Item::new("bc", Health::Ill, "gone \x1b[2J\n").remedy("mend it"),
        ];
        let plain = to_text(&items, false, false);
        assert_eq!(
            plain,
            "ok    a   here\nMEND  bc  gone ⟨U+001B⟩[2J⟨U+000A⟩\n          -> mend it\n\
             \nSomething needs mending.\n"
        );
        let coloured = to_text(&items, false, true);
        assert!(coloured.contains("\x1b[31;1mMEND\x1b[0m") && !coloured.contains("\x1b[2J"));
    }

    #[test]
    fn json_holds_every_item() {
        let items = [Item::new("a", Health::Note, "x").remedy("y")];
        let value: serde_json::Value =
            serde_json::from_str(&to_json(&items, true).unwrap()).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"well": true, "items":
                [{"what": "a", "health": "note", "found": "x", "remedy": "y"}]})
        );
    }
}
