//! The report as plain data, and its renderers.
//!
//! A [`Report`] is complete before anything is rendered: no renderer reads a
//! clock, a file or the machine, so the same report always gives the same
//! bytes.

pub mod assemble;
mod facts;
pub mod handling;
pub mod html;
pub mod json;
pub mod lab;
mod label;
mod moment;
mod order;
pub mod pdf;
pub mod proposition;
pub mod redact;
mod signals;
mod state;
pub mod weighed;

pub use lab::Lab;
pub use order::Silent;
pub use redact::Redact;
pub use weighed::Weighed;

use sha2::{Digest, Sha256};

use crate::Result;
use crate::checks::{Attachment, Entry, Finding, Group, Standing};
use crate::media::Exhibit;
use crate::text::{Lang, Text};

/// Everything that is known at the end of an examination.
#[derive(Clone, Debug)]
pub struct Report {
    /// What examined.
    pub tool: Tool,
    /// What was examined.
    pub exhibit: Exhibit,
    /// Whether its SHA-256 after the examination was that of before.
    pub unchanged: bool,
    /// Under which conditions.
    pub condition: Condition,
    /// What was found, in the order of the table of checks.
    pub checks: Vec<Checked>,
    /// Names of the checks that exist and were not asked for.
    pub not_run: Vec<String>,
    /// How long each stage took, in the order of the stages.
    pub timings: Vec<Timing>,
    /// Start of the examination, RFC 3339 with offset. Time comes in from
    /// outside: nothing here reads a clock.
    pub started: String,
    /// End of the examination, RFC 3339 with offset.
    pub finished: String,
    /// Language of the report.
    pub lang: Lang,
    /// What its pictures may show.
    pub redact: Redact,
    /// What the laboratory says of itself and of the assignment.
    pub lab: Lab,
    /// The findings weighed against the reference sets that were brought.
    pub weighed: Vec<Weighed>,
    /// What a reader must know of this examination as a whole.
    pub notes: Vec<Text>,
    /// Whether the exhibit was decoded to its end and did not change meanwhile.
    pub complete: bool,
}

/// The program and what it ran on.
#[derive(Clone, Debug, Default)]
pub struct Tool {
    /// Version of waarmerk.
    pub version: String,
    /// Git commit it was built from, when known.
    pub commit: Option<String>,
    /// SHA-256 of the executable, when it could be read.
    pub binary_sha256: Option<String>,
    /// Version of ffmpeg's libraries.
    pub ffmpeg: String,
    /// Device the networks ran on, such as `cpu` or `cuda:0`.
    pub device: String,
    /// Models that were loaded.
    pub models: Vec<Model>,
    /// Options in force, defaults included.
    pub options: Vec<(String, String)>,
    /// The command line, program first, that reproduces the report.
    pub command: Vec<String>,
    /// What held the process that decoded.
    pub process: String,
}

/// A model that was used.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Model {
    /// Name in `models.toml`.
    pub name: String,
    /// SHA-256 of the weights, lower-case hexadecimal.
    pub sha256: String,
    /// Package and version, or other origin.
    pub origin: String,
    /// Licence of the weights.
    pub licence: String,
}

/// The state of the exhibit as the checks met it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// Seconds examined.
    pub seconds: Option<f64>,
    /// Frames decoded.
    pub frames: Option<u64>,
    /// Seconds of sound decoded.
    pub sound_s: Option<f64>,
    /// Different faces followed; `None` when no check asked for faces.
    pub faces: Option<u32>,
    /// Smallest, median and largest width of a face in display pixels.
    pub face_px: Option<(f64, f64, f64)>,
}

/// A check and what it found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Name of the check.
    pub name: String,
    /// Shared cause.
    pub group: Group,
    /// What a conclusion may rest on.
    pub standing: Standing,
    /// Source text of the check; its leading `//!` is quoted as the method.
    pub source: &'static str,
    /// What it found.
    pub finding: Finding,
}

impl Checked {
    /// The finding of the check that `entry` names.
    pub fn new(entry: &Entry, finding: Finding) -> Self {
        let Entry { name, group, standing, source, .. } = entry;
        Self { name: (*name).to_owned(), group: *group, standing: *standing, source, finding }
    }

    /// Name of the file that holds `attachment`.
    pub fn file_name(&self, attachment: &Attachment) -> String {
        format!("{}-{}.json", self.name, attachment.name)
    }
}

/// Time taken by one stage.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Timing {
    /// Stage, such as `decode` or the name of a check.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

impl Report {
    /// The report's own mark, the same on every page: taken from a digest of
    /// the findings, the language, the redaction, the time of examination, what
    /// the laboratory added and what was weighed.
    ///
    /// # Errors
    ///
    /// As [`json::findings`].
    pub fn id(&self) -> Result<String> {
        let mut digest = Sha256::new();
        digest.update(json::findings(self)?);
        digest.update([0]);
        digest.update(&self.started);
        digest.update([0]);
        digest.update(self.redact.name());
        digest.update([0]);
        if !self.lab.is_empty() {
            let lab = serde_json::to_vec(&self.lab);
            digest.update(lab.map_err(|e| crate::Error::compute("JSON", e))?);
        }
        for weighed in &self.weighed {
            digest.update([0]);
            digest.update(weighed.data().to_string());
        }
        let hex = crate::text::hex(digest.finalize());
        let (a, b, c) = (hex.get(..4), hex.get(4..8), hex.get(8..12));
        Ok(["WM", a.unwrap_or(""), b.unwrap_or(""), c.unwrap_or("")].join("-"))
    }
}
