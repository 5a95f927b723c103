//! Data sets: what is known of each, and how a folder of it becomes a
//! manifest.

mod index;
mod labels;
mod manifest;
mod pattern;
mod problem;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::config;
use crate::{Error, Result};

pub use index::{Indexed, index};
pub use manifest::{Item, Manifest};
pub use problem::{Problem, problems};

/// The data sets that come described with the program.
const BUILT_IN: &str = include_str!("../../../datasets.toml");

/// One data set, as `datasets.toml` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Name on the command line.
    pub name: String,
    /// Name in print.
    #[serde(default)]
    pub title: String,
    /// `video`, `picture` or `sound`.
    pub media: Media,
    /// What was manipulated, in the field's terms.
    #[serde(default)]
    pub tasks: Vec<String>,
    /// Official number of real items.
    pub real: Option<u64>,
    /// Official number of fake items.
    pub fake: Option<u64>,
    /// How its owners give it out.
    #[serde(default)]
    pub access: String,
    /// Terms of use, as far as known.
    #[serde(default)]
    pub licence: String,
    /// What is known to be wrong with it.
    #[serde(default)]
    pub faults: Vec<String>,
    /// BibTeX.
    #[serde(default)]
    pub citation: String,
    /// A usual layout in place of `files` and `labels`.
    pub layout: Option<Layout>,
    /// Patterns of paths.
    #[serde(default)]
    files: Vec<Files>,
    /// Lists of labels.
    #[serde(default)]
    labels: Vec<Labels>,
    /// Split lists of pairs of sources.
    pairs: Option<Pairs>,
}

/// What the items are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Media {
    /// Moving pictures, with or without sound.
    Video,
    /// Single pictures.
    Picture,
    /// Recordings.
    Sound,
}

/// Layouts of users' own folders.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// A folder `real` and a folder `fake`, anything below them.
    Folders,
    /// `labels.csv` with the columns path and label (real, fake, 0, 1), and
    /// anywhere beside it the files.
    Csv,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    path: String,
    label: Option<Label>,
    method: Option<String>,
    split: Option<String>,
    compression: Option<String>,
    #[serde(default)]
    except: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    file: String,
    format: Format,
    path: Option<String>,
    label: Option<String>,
    method: Option<String>,
    source: Option<String>,
    split_key: Option<String>,
    /// What being listed says of the split.
    split: Option<String>,
    /// What not being listed says of the split.
    others: Option<String>,
    #[serde(default)]
    real: Vec<String>,
    #[serde(default)]
    fake: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// Columns between blanks, named by number from 1.
    Words,
    Csv,
    Tsv,
    /// An object with one object a file name.
    Json,
    /// A list of objects.
    JsonList,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    files: String,
}

/// What an item is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Authentic.
    Real,
    /// Manipulated or generated.
    Fake,
}

impl Label {
    /// `real` or `fake`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Fake => "fake",
        }
    }

    /// The label that a folder's name says, in the spellings that published
    /// data sets use.
    fn from_word(word: &str) -> Option<Self> {
        match word.to_lowercase().as_str() {
            "real" | "0_real" | "original" | "authentic" | "genuine" | "nature" | "bonafide"
            | "bona-fide" => Some(Self::Real),
            "fake" | "1_fake" | "manipulated" | "generated" | "ai" | "spoof" | "tampered" => {
                Some(Self::Fake)
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    #[serde(default)]
    dataset: Vec<Dataset>,
}

/// The data sets that come with the program and those of `own`, which win
/// where names agree.
///
/// # Errors
///
/// [`Error::Io`] and [`Error::Unreadable`] about `own`.
pub fn all(own: Option<&Path>) -> Result<Vec<Dataset>> {
    let mut sets = parse(BUILT_IN, Path::new("datasets.toml"))?;
    if let Some(path) = own {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        let own = parse(&text, path)?;
        sets.retain(|set| own.iter().all(|mine| mine.name != set.name));
        sets.extend(own);
    }
    Ok(sets)
}

/// The data sets in `text`, the content of the file at `path`.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Vec<Dataset>> {
    let book: Book = config::parse(text, path)?;
    let mut sets = book.dataset;
    for set in &mut sets {
        set.lay_out();
        if set.files.is_empty() {
            let why =
                format!("the data set `{}` has neither a layout nor [[dataset.files]]", set.name);
            return Err(Error::unreadable(path, why));
        }
        for files in &set.files {
            pattern::Pattern::new(&files.path)?;
        }
        for labels in &set.labels {
            pattern::Pattern::new(&labels.file)?;
        }
    }
    Ok(sets)
}

/// The data set called `name`.
///
/// # Errors
///
/// [`Error::Usage`] for a name that is none, with the nearest one that is.
pub fn find<'a>(sets: &'a [Dataset], name: &str) -> Result<&'a Dataset> {
    sets.iter().find(|set| set.name == name).ok_or_else(|| {
        let near = sets
            .iter()
            .map(|set| set.name.as_str())
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Error::Usage(format!("there is no data set `{name}`{hint} (`waarmerk datasets list`)"))
    })
}

impl Dataset {
    /// Whether one of its patterns takes the file at `path`.
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.files.iter().any(|files| {
            pattern::Pattern::new(&files.path).is_ok_and(|pattern| pattern.matches(path).is_some())
        })
    }

    /// Turns a usual layout into patterns.
    fn lay_out(&mut self) {
        let files = |path: &str| Files {
            path: path.to_owned(),
            label: None,
            method: None,
            split: None,
            compression: None,
            except: BTreeMap::new(),
        };
        match self.layout {
            None => {}
            Some(Layout::Folders) => self.files.push(files("{label}/**/{stem}.*")),
            Some(Layout::Csv) => {
                self.files.push(files("**/{stem}.*"));
                let words = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect();
                self.labels.push(Labels {
                    file: "labels.csv".to_owned(),
                    format: Format::Csv,
                    path: Some("path".to_owned()),
                    label: Some("label".to_owned()),
                    method: Some("method".to_owned()),
                    source: Some("source".to_owned()),
                    split_key: Some("split".to_owned()),
                    split: None,
                    others: None,
                    real: words(&["real", "0"]),
                    fake: words(&["fake", "1"]),
                });
            }
        }
    }
}

/// One spelling of a split's name.
fn split_name(word: &str) -> String {
    match word.to_lowercase().as_str() {
        "train" | "training" => "train".to_owned(),
        "val" | "valid" | "validation" | "dev" => "val".to_owned(),
        "test" | "testing" | "eval" => "test".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn every_data_set_that_comes_along_is_whole() {
        let sets = all(None).unwrap();
        assert!(sets.len() >= 30);
        for set in &sets {
            assert!(set.citation.trim_start().starts_with('@'), "{}", set.name);
            assert!(!set.title.is_empty() && !set.access.is_empty(), "{}", set.name);
            assert_eq!(sets.iter().filter(|other| other.name == set.name).count(), 1);
        }
        assert!(find(&sets, "celeb-df-v2").is_ok());
        let error = find(&sets, "celebdf-v2").err().unwrap().to_string();
        assert!(error.contains("did you mean `celeb-df-v2`"), "{error}");
    }

    #[test]
    fn an_unknown_key_of_a_users_own_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "[[dataset]]\nname='x'\nmedia='video'\nlayot='folders'\n").unwrap();
        let error = all(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("did you mean `layout`?"), "{error}");
    }
}
