//! What the laboratory says of itself and of the assignment: `lab.toml`.

use serde::{Deserialize, Serialize};
use std::path::Path;

use super::handling::Handling;
use super::proposition::Subject;
use crate::evaluate::words::Integrity;
use crate::{Error, Result};

/// Longest `lab.toml` that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Letterhead and particulars of an assignment, shown in the report as they
/// are. What is not given is left open, to be filled in by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lab {
    /// Name of the laboratory or organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<String>,
    /// Lines of the letterhead below the name: address, accreditation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub letterhead: Vec<String>,
    /// Case and item number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// When and from whom the item was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// Deviations from the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviations: Option<String>,
    /// Who examines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examiner: Option<String>,
    /// Who reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// Kinds of manipulation that are at issue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<Subject>,
    /// A pair of propositions of the laboratory's own; both or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposition_1: Option<String>,
    /// The other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposition_2: Option<String>,
    /// What the examiner concludes about the integrity of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<Integrity>,
    /// What a case tells of the item; never from a file of the user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
}

impl Lab {
    /// Reads a `lab.toml`.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] when it cannot be read or holds something else.
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |why: String| Error::Usage(format!("--lab {}: {why}", path.display()));
        let size = std::fs::metadata(path).map_err(|e| wrong(e.to_string()))?.len();
        if size > LONGEST {
            return Err(wrong(format!("{size} bytes; at most {LONGEST} are read")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    /// As [`Lab::read`], from the text of the file; or what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lab: Self = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        if lab.handling.is_some() {
            return Err("handling comes from the log of a case, not from a file".to_owned());
        }
        if lab.proposition_1.is_some() != lab.proposition_2.is_some() {
            return Err("a proposition stands only against another: both are needed".to_owned());
        }
        Ok(lab)
    }

    /// What is open here, from `other`.
    pub fn or(self, other: Self) -> Self {
        let letterhead =
            if self.letterhead.is_empty() { other.letterhead } else { self.letterhead };
        Self {
            laboratory: self.laboratory.or(other.laboratory),
            letterhead,
            case: self.case.or(other.case),
            customer: self.customer.or(other.customer),
            question: self.question.or(other.question),
            received: self.received.or(other.received),
            deviations: self.deviations.or(other.deviations),
            examiner: self.examiner.or(other.examiner),
            reviewer: self.reviewer.or(other.reviewer),
            about: if self.about.is_empty() { other.about } else { self.about },
            proposition_1: self.proposition_1.or(other.proposition_1),
            proposition_2: self.proposition_2.or(other.proposition_2),
            integrity: self.integrity.or(other.integrity),
            handling: self.handling.or(other.handling),
        }
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use super::*;

    #[test]
    fn a_lab_file_is_read_and_a_misspelt_key_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            &file,
            "laboratory = \"Lab\"\nletterhead = [\"Street 1\"]\nexaminer = \"A\"\n",
        )
        .unwrap();
        let lab = Lab::read(file.path()).unwrap();
        assert_eq!(lab.laboratory.as_deref(), Some("Lab"));
        assert_eq!((lab.letterhead.len(), lab.reviewer.is_none()), (1, true));
        std::fs::write(&file, "examinator = \"A\"\n").unwrap();
        let error = Lab::read(file.path()).unwrap_err().to_string();
        assert!(error.contains("examinator"), "{error}");
        let pair = "about = [\"face-swap\", \"voice\"]\nintegrity = \"inconclusive\"\n";
        std::fs::write(&file, pair).unwrap();
        let lab = Lab::read(file.path()).unwrap();
        assert_eq!(lab.about, [Subject::FaceSwap, Subject::Voice]);
        assert_eq!(lab.integrity, Some(Integrity::Inconclusive));
        for wrong in
            ["proposition_1 = \"a\"\n", "[handling]\nfacts = []\nsteps = []\nhead = \"\"\n"]
        {
            std::fs::write(&file, wrong).unwrap();
            assert!(Lab::read(file.path()).is_err(), "{wrong}");
        }
        assert!(Lab::read(Path::new("there is no such file")).is_err());
    }
}
