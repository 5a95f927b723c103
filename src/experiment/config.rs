//! Configuration files in TOML, where an unknown key is an error with a
//! suggestion.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Reads `text`, the content of `path`, as `T`.
///
/// # Errors
///
/// [`Error::Unreadable`] with line and column; for an unknown key also with
/// the nearest one that is known.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let message = error.message();
        let at = error.span().map(|span| position(text, span.start)).unwrap_or_default();
        let hint = suggestion(message).map(|near| format!("; did you mean `{near}`?"));
        Error::unreadable(path, format!("{at}{message}{}", hint.unwrap_or_default()))
    })
}

fn position(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {line}, column {column}: ")
}

/// The known key nearest to the unknown one that serde's message names:
/// "unknown field `a`, expected one of `b`, `c`".
fn suggestion(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown field `")?;
    let (unknown, rest) = rest.split_once('`')?;
    rest.split('`')
        .skip(1)
        .step_by(2)
        .map(|known| (known, strsim::jaro_winkler(known, unknown)))
        .filter(|(_, likeness)| *likeness > 0.7)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(known, _)| known)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // only their names matter
    struct Small {
        question: String,
        seed: u64,
    }

    #[test]
    fn an_unknown_key_is_told_with_its_place_and_the_nearest_known_one() {
        let text = "seed = 1\nquestoin = \"?\"\n";
        let error = parse::<Small>(text, Path::new("x.toml")).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("did you mean `question`?"), "{error}");
        let error = parse::<Small>("zzz = 1\n", Path::new("x.toml")).unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }
}
