//! Asking the validator, with every door to a network shut.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use ::c2pa::{Context, Error as C2paError, Reader, Settings};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::manifest::Manifests;
use crate::media::container::{MAX_NODES, Node, PayloadKind, Structure};
use crate::media::digest;
use crate::media::metadata::{Metadata, Source};
use crate::{Error, Result};

/// One of the five outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks) enum State {
    /// No manifest in the file.
    None,
    /// One that cannot be read or does not conform.
    Malformed,
    /// A digest or the signature does not match.
    HashMismatch,
    /// Matches, signer not among the trusted.
    ValidUntrusted,
    /// Matches, signer trusted.
    ValidTrusted,
}

impl State {
    pub(in crate::checks) fn name(self) -> &'static str {
        match self {
            State::None => "none",
            State::Malformed => "malformed",
            State::HashMismatch => "hash-mismatch",
            State::ValidUntrusted => "valid-untrusted",
            State::ValidTrusted => "valid-trusted",
        }
    }
}

/// Certificates that the user trusts.
pub struct Anchors {
    /// In PEM.
    pub pem: String,
    /// How many.
    pub count: usize,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// Reads the file of trust anchors.
///
/// # Errors
/// [`Error::Io`]; [`Error::Usage`] if there is no certificate in it or it is
/// larger than 16 MiB (the public lists take some hundred kilobytes).
pub fn anchors(path: &Path) -> Result<Anchors> {
    const MOST: u64 = 16 << 20;
    let usage = |why: &str| Error::Usage(format!("trust anchors {}: {why}", path.display()));
    let about = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if !about.is_file() || about.len() > MOST {
        return Err(usage("not a file of at most 16 MiB"));
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let sha256 = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let pem = String::from_utf8(bytes).map_err(|_| usage("not text; PEM is needed"))?;
    let count = pem.matches("-----BEGIN CERTIFICATE-----").count();
    if count == 0 {
        return Err(usage("no certificate (-----BEGIN CERTIFICATE-----) in it"));
    }
    Ok(Anchors { pem, count, sha256 })
}

/// What came of validating a file.
#[derive(Default)]
pub(in crate::checks) struct Found {
    pub state: Option<State>,
    /// Why it could not be read, in the validator's words.
    pub error: Option<String>,
    /// Where a manifest is said to be stored instead.
    pub remote: Option<String>,
    /// Whether the format is one that the validator reads.
    pub supported: bool,
    /// The validator's whole report.
    pub report: Value,
    /// What the manifests say.
    pub manifests: Manifests,
}

/// Format names of ours, as media types.
fn media_type(format: &str) -> Option<&'static str> {
    Some(match format {
        "JPEG" => "image/jpeg",
        "PNG" => "image/png",
        "WebP" => "image/webp",
        "GIF" => "image/gif",
        "TIFF" => "image/tiff",
        "HEIF" => "image/heic",
        "AVIF" => "image/avif",
        "JPEG XL" => "image/jxl",
        "MP4" => "video/mp4",
        "QuickTime" => "video/quicktime",
        "AVI" => "video/avi",
        "WAV" => "audio/wav",
        "MP3" => "audio/mpeg",
        _ => return None,
    })
}

/// Whether the file has more boxes than our own reader lists. The validator's
/// time grows with the square of their number: 13 s of processor time for
/// 50,000 boxes in 400 kB, 59 s for 100,000.
pub(super) fn too_many_boxes(structure: &Structure) -> bool {
    /// The validator looks into these and our reader does not; a real one takes
    /// some tens of bytes.
    fn unlisted(nodes: &[Node]) -> bool {
        const MOST: u64 = 64 << 10;
        nodes.iter().any(|node| {
            (["tref", "treg"].contains(&node.kind.as_str()) && node.size > MOST)
                || unlisted(&node.children)
        })
    }
    let boxes = ["MP4", "QuickTime", "HEIF", "AVIF"].contains(&structure.format.as_str());
    boxes && (structure.count() >= MAX_NODES || unlisted(&structure.nodes))
}

/// Validates the manifest in the file at `path`, if there is one.
///
/// # Errors
/// [`Error::Io`]; [`Error::Compute`] if the validator refuses its settings.
pub(in crate::checks) fn read(
    path: &Path,
    structure: &Structure,
    anchors: Option<&Anchors>,
) -> Result<Found> {
    let Some(format) = media_type(&structure.format) else { return Ok(Found::default()) };
    let refused = |e: C2paError| Error::compute("setting up the validation of C2PA", e);
    let mut wanted = json!({
        "verify": { "remote_manifest_fetch": false, "ocsp_fetch": false },
        // No host at all: a second lock on the same door.
        "core": { "allowed_network_hosts": [] },
    });
    if let Some(anchors) = anchors {
        wanted["trust"] = json!({ "user_anchors": anchors.pem });
    }
    let settings = Settings::new().with_json(&wanted.to_string()).map_err(refused)?;
    let context = Context::new().with_settings(settings).map_err(refused)?;
    let file = digest::reopen(path)?;
    let mut found = Found { supported: true, ..Found::default() };
    match Reader::from_context(context).with_stream(format, file) {
        Ok(reader) => {
            found.remote = reader.remote_url().map(str::to_owned);
            // The detailed form names codes, the plain one what was stated.
            found.report = serde_json::from_str(&reader.json()).unwrap_or_default();
            found.manifests = Manifests::of(&found.report);
            found.state = Some(state(&found.report, &found.manifests));
        }
        Err(C2paError::RemoteManifestUrl(url)) => {
            found.state = Some(State::None);
            found.remote = Some(url);
        }
        Err(C2paError::UnsupportedType) => found.supported = false,
        Err(error) => {
            // Our own reader found one, or the file is damaged as a whole and
            // need not have had one.
            let there = carried(path, structure);
            found.state = Some(if there { State::Malformed } else { State::None });
            found.error = there.then(|| error.to_string());
        }
    }
    Ok(found)
}

/// Whether boxes that name C2PA are in the file. Other standards use JUMBF in
/// JPEG too, so that the boxes alone do not tell.
fn carried(path: &Path, structure: &Structure) -> bool {
    const LABELS: u64 = 64 << 10;
    structure.payloads.iter().filter(|p| p.kind == PayloadKind::C2pa).any(|payload| {
        let mut start = Vec::new();
        let read = digest::reopen(path).is_ok_and(|mut file| {
            file.seek(SeekFrom::Start(payload.offset)).is_ok()
                && file.take(payload.size.min(LABELS)).read_to_end(&mut start).is_ok()
        });
        read && start.windows(4).any(|w| w == b"c2pa")
    })
}

/// The outcome, from the codes of the active manifest. What ingredients had
/// when they were taken in is told apart.
pub(super) fn state(report: &Value, manifests: &Manifests) -> State {
    let codes = |kind: &str| -> Vec<&str> {
        let list = report.pointer(&format!("/validation_results/activeManifest/{kind}"));
        let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|status| status.get("code")?.as_str()).collect()
    };
    let (failures, successes) = (codes("failure"), codes("success"));
    if failures.iter().any(|code| code.ends_with("mismatch")) {
        return State::HashMismatch;
    }
    // Of the signer, not of the bytes: untrusted, expired, revoked, invalid.
    let of_signer = |code: &&str| {
        code.starts_with("signingCredential.")
            || code.starts_with("timeStamp.")
            || *code == "claimSignature.outsideValidity"
    };
    let signed = successes.contains(&"claimSignature.validated");
    if manifests.active.is_none() || !signed || !failures.iter().all(of_signer) {
        return State::Malformed;
    }
    if failures.is_empty() && successes.contains(&"signingCredential.trusted") {
        return State::ValidTrusted;
    }
    State::ValidUntrusted
}

/// Where XMP says that a manifest is or was.
pub(super) fn reference(metadata: &Metadata) -> Option<String> {
    let provenance = |tag: &str| {
        let last = tag.rsplit([':', '/', '.']).next().unwrap_or(tag);
        last.eq_ignore_ascii_case("provenance")
    };
    let row = metadata.rows.iter().find(|r| r.source == Source::Xmp && provenance(&r.tag))?;
    Some(row.value.trim().to_owned()).filter(|v| !v.is_empty())
}
