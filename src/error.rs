//! The one error type. Its variants say what a caller may do next: skip the
//! exhibit, abstain from one check, or stop.

use std::path::{Path, PathBuf};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in terms of what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself makes no sense: an unknown check, a bad option. Stop.
    #[error("{0}")]
    Usage(String),

    /// The operating system refused something on `path`. Skip the exhibit.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// The file is not what it should be: empty, truncated, of no known
    /// format, damaged. Skip the exhibit.
    #[error("{path}: {reason}", path = .path.display())]
    Unreadable {
        /// The file concerned.
        path: PathBuf,
        /// Why, and what the user can do.
        reason: String,
    },

    /// Bytes inside a file contradict their format. The caller adds the path
    /// or turns it into an abstention.
    #[error("malformed {format}: {reason}")]
    Malformed {
        /// The format that was being read, such as `MP4` or `safetensors`.
        format: &'static str,
        /// What contradicts it.
        reason: String,
    },

    /// A limit that guards against denial of service was reached. Skip the
    /// exhibit, or raise the limit on purpose.
    #[error("{what} exceeds the limit of {limit}")]
    Limit {
        /// What was too much, with the amount found.
        what: String,
        /// The limit.
        limit: u64,
    },

    /// A model is missing or is not the one expected. Checks that need it
    /// abstain; the others go on.
    #[error("model {name}: {reason}")]
    Model {
        /// The model's name in `models.toml`.
        name: String,
        /// What is wrong and which command mends it.
        reason: String,
    },

    /// A decoder or a tensor operation failed. The check abstains.
    #[error("{doing}: {reason}")]
    Compute {
        /// What was being done.
        doing: &'static str,
        /// What the library said.
        reason: String,
    },
}

impl Error {
    /// An [`Error::Io`] about `path`.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), source }
    }

    /// An [`Error::Unreadable`] about `path`.
    pub fn unreadable(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Unreadable { path: path.as_ref().to_owned(), reason: reason.into() }
    }

    /// An [`Error::Malformed`] of `format`.
    pub fn malformed(format: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { format, reason: reason.into() }
    }

    /// An [`Error::Compute`] while `doing`.
    pub fn compute(doing: &'static str, reason: impl ToString) -> Self {
        Self::Compute { doing, reason: reason.to_string() }
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::compute("tensor operation", error)
    }
}
