//! What of a structure is compared: everything that does not depend on what
//! was recorded.

use std::collections::BTreeSet;

use super::store::Reference;
use crate::media::container::{Node, Structure};

/// Facts that a program or device writes alike into every file of one kind.
/// Left out are times, durations, sizes, counts and texts of the user's.
const STEADY: [&str; 26] = [
    "major",
    "minor",
    "compatible",
    "handler",
    "name",
    "manufacturer",
    "codec",
    "compressor",
    "vendor",
    "timescale",
    "language",
    "profile",
    "level",
    "pixel aspect",
    "primaries/transfer/matrix",
    "type",
    "channels",
    "bits",
    "rate",
    "holds",
    "uuid",
    "key",
    "identifier",
    "components",
    "subsampling",
    "process",
];
/// Elements of Matroska whose value is steady.
const ELEMENTS: [&str; 8] = [
    "DocType",
    "DocTypeVersion",
    "DocTypeReadVersion",
    "CodecID",
    "MuxingApp",
    "WritingApp",
    "TimestampScale",
    "TrackType",
];
/// Longest feature, in characters.
const LONGEST: usize = 300;

/// A file's structure as it is compared and kept.
pub(super) fn reference(structure: &Structure, sha256: &str, file: &str) -> Reference {
    let mut features = BTreeSet::new();
    features.insert(format!("format {}", structure.format));
    features.insert(format!("brands {}", structure.brands.join(" ")));
    for path in structure.paths() {
        features.insert(format!("part {path}"));
    }
    facts(&structure.nodes, "", &mut features);
    for tag in &structure.encoder_tags {
        // Options follow a version; x264 adds the size of the picture to them.
        let value = tag.value.split(" - options:").next().unwrap_or("");
        features.insert(cut(format!("software {} {} = {value}", tag.source, tag.key)));
    }
    Reference {
        file: file.to_owned(),
        sha256: sha256.to_owned(),
        format: structure.format.clone(),
        digest: structure.digest(),
        features: features.into_iter().collect(),
    }
}

fn facts(nodes: &[Node], above: &str, features: &mut BTreeSet<String>) {
    for node in nodes {
        let path =
            if above.is_empty() { node.kind.clone() } else { format!("{above}/{}", node.kind) };
        for (key, value) in &node.detail {
            let steady = STEADY.contains(&key.as_str())
                || key == "value" && ELEMENTS.contains(&node.kind.as_str());
            if steady {
                features.insert(cut(format!("fact {path}: {key} = {value}")));
            }
        }
        facts(&node.children, &path, features);
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).collect() }
}
