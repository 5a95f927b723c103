//! An exhibit comes in: a copy with its digests, and how it was obtained
//! (ISO/IEC 27037:2012, 5.4 and 6.1: identification, acquisition, chain of
//! custody record).

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::log::{Event, Stamp};
use super::print::Print;
use crate::{Error, Result};

/// How an exhibit was obtained, in the words of who obtained it. Nothing here
/// is worked out by the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquisition {
    /// Where it stood.
    pub source_url: Option<String>,
    /// The platform, such as a social network or messenger.
    pub platform: Option<String>,
    /// When it was captured: RFC 3339 with its offset from UTC.
    pub captured_at: Option<String>,
    /// Who captured it.
    pub captured_by: Option<String>,
    /// How: download, screen recording, forensic copy …
    pub method: Option<String>,
    /// From whom it was received.
    pub received_from: Option<String>,
    /// How it came: e-mail, USB stick, courier …
    pub transport: Option<String>,
}

impl Acquisition {
    /// What is odd about it at the moment `now`, one sentence each. It comes in
    /// as it is: a clock may be wrong, this computer's as well.
    pub fn doubts(&self, now: &str) -> Vec<String> {
        let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let mut found = Vec::new();
        if let Some(at) = &self.captured_at
            && moment(at) > moment(now)
        {
            found.push(format!(
                "captured at {at} lies in the future: this computer's clock says {now}"
            ));
        }
        if let Some(url) = self.source_url.as_ref().filter(|url| !is_address(url)) {
            found.push(format!(
                "`{url}` is no address, such as https://example.org/p/1; a notice to a platform needs one"
            ));
        }
        found
    }

    /// Checks what can be checked: the moment of capture has an offset.
    fn check(&self) -> Result<()> {
        let Some(at) = &self.captured_at else { return Ok(()) };
        match at.parse::<jiff::Timestamp>() {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::Usage(format!(
                "`{at}` is not a moment with its offset from UTC, such as 2026-03-01T14:05:00+01:00"
            ))),
        }
    }
}

/// Whether `text` has the form of an address: a scheme and what it leads to
/// (RFC 3986, 3).
fn is_address(text: &str) -> bool {
    let scheme = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text.split_once("://").is_some_and(|(first, rest)| scheme(first) && !rest.is_empty())
}

impl Case {
    /// Copies `file`, and the picture `screenshot` of where it stood, into the
    /// case. Gives the name of the exhibit.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read or written; [`Error::Usage`] when it
    /// is not an ordinary file or the moment of capture has no offset;
    /// [`Error::Unreadable`] when it changed while it was copied.
    pub fn add(
        &mut self,
        file: &Path,
        screenshot: Option<&Path>,
        acquisition: Acquisition,
        stamp: &Stamp,
    ) -> Result<String> {
        acquisition.check()?;
        let exhibit = format!("E{}", self.exhibits().len() + 1);
        let (source, name) = open(file)?;
        let picture = screenshot.map(open).transpose()?;
        let picture = screenshot.zip(picture);
        let place = self.root.join("exhibits").join(&exhibit);
        let aside = self.aside_of(&place)?;
        self.disk.create_dir(&aside)?;
        let keep = |from: &Path, mut source: File, kept: String| {
            let path = format!("exhibits/{exhibit}/{kept}");
            self.keep(from, &mut source, &aside.join(&kept), &path)
        };
        let copied = keep(file, source, tame(&name)).and_then(|print| {
            let screenshot = picture.map(|(from, (source, name))| {
                keep(from, source, format!("screenshot-{}", tame(&name)))
            });
            Ok((print, screenshot.transpose()?))
        });
        let (print, screenshot) = match copied {
            Ok(prints) => prints,
            Err(error) => {
                // What was refused is not kept; the next command clears what stays.
                let _ = self.disk.remove(&aside);
                return Err(error);
            }
        };
        let event = Event::ExhibitAdded {
            exhibit: exhibit.clone(),
            name,
            file: print,
            screenshot,
            acquisition: Box::new(acquisition),
        };
        self.commit(event, stamp, (&aside, &place))?;
        Ok(exhibit)
    }

    /// Copies `source`, which `file` led to, and reads it a second time: the
    /// digest of a copy says nothing of a file that something still writes to.
    fn keep(&self, file: &Path, source: &mut File, to: &Path, path: &str) -> Result<Print> {
        let io = |e| Error::io(file, e);
        let bytes = source.metadata().map_err(io)?.len();
        // No further than it was: what grows all the time has no end.
        let print = self.disk.copy(&mut Read::by_ref(source).take(bytes), to, path)?;
        source.rewind().map_err(io)?;
        if print.bytes == bytes && Print::of(source, path)? == print {
            return Ok(print);
        }
        Err(Error::unreadable(
            file,
            "changed while it was copied; add a copy that nothing writes to",
        ))
    }
}

/// Opens an ordinary file, and gives its name as it was.
fn open(path: &Path) -> Result<(File, String)> {
    let kind = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if !kind.is_file() {
        return Err(Error::Usage(format!("{} is not an ordinary file", path.display())));
    }
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((file, name))
}

/// A name that every system and every tool of another laboratory takes as it
/// is: letters, digits, `.`, `-`, `_`, at most 100 bytes. The name as it was
/// stands in the log.
fn tame(name: &str) -> String {
    let tame: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .collect();
    let tame = tame.trim_start_matches(['.', '-']);
    // The end is kept: it tells the kind of file.
    let tame = tame.get(tame.len().saturating_sub(100)..).unwrap_or(tame);
    let tame = tame.trim_start_matches(['.', '-']);
    if tame.is_empty() { "exhibit".to_owned() } else { tame.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_plain_ones() {
        assert_eq!(tame("clip 1.mp4"), "clip_1.mp4");
        assert_eq!(tame("..\u{202e}gpj.exe"), "_gpj.exe");
        assert_eq!(tame("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(tame("..."), "exhibit");
        assert_eq!(tame("é\n.jpg"), "__.jpg");
        assert_eq!(tame(&format!("{}.mp4", "a".repeat(300))).len(), 100);
    }

    #[test]
    fn a_moment_without_offset_is_refused() {
        let at = |text: &str| {
            Acquisition { captured_at: Some(text.to_owned()), ..Acquisition::default() }.check()
        };
        assert!(at("2026-03-01T14:05:00+01:00").is_ok() && at("2026-03-01T13:05:00Z").is_ok());
        assert!(at("2026-03-01T14:05:00").is_err() && at("yesterday").is_err());
    }

    #[test]
    fn a_moment_to_come_and_what_is_no_address_are_told() {
        let doubts = |at: &str, url: &str| {
            let (captured_at, source_url) = (Some(at.to_owned()), Some(url.to_owned()));
            let acquisition = Acquisition { captured_at, source_url, ..Acquisition::default() };
            acquisition.doubts("2026-03-01T13:05:00Z").len()
        };
        assert_eq!(doubts("2026-03-01T14:05:00+01:00", "https://example.org/p/1"), 0);
        assert_eq!(doubts("2026-03-01T14:05:01+01:00", "https://example.org/p/1"), 1);
        for url in ["not a url", "", "example.org/p", "://x", "https://", "https://a b"] {
            assert_eq!(doubts("2026-03-01T14:05:00+01:00", url), 1, "{url}");
        }
    }
}
