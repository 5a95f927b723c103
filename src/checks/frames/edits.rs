//! Edit lists of MP4 and MOV, per track.

use crate::media::container::Node;

/// What a track's edit list says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edits {
    /// Handler of the track: `vide`, `soun` …
    pub handler: String,
    /// Entries that show media.
    pub shown: usize,
    /// Entries that show nothing.
    pub empty: usize,
    /// Where in the media the first entry begins, in seconds.
    pub begins_s: f64,
    /// The entries, as the file gives them.
    pub entries: Vec<String>,
}

/// The edit list of every track that has one.
pub(super) fn edits(nodes: &[Node]) -> Vec<Edits> {
    let mut found = Vec::new();
    for node in nodes {
        if node.kind == "trak" {
            found.extend(track(node));
        } else if matches!(node.kind.as_str(), "moov" | "moof") {
            found.extend(edits(&node.children));
        }
    }
    found
}

fn child<'a>(node: &'a Node, kind: &str) -> Option<&'a Node> {
    node.children.iter().find(|n| n.kind == kind)
}

fn track(track: &Node) -> Option<Edits> {
    let list = child(child(track, "edts")?, "elst")?;
    let media = child(track, "mdia")?;
    let scale = child(media, "mdhd").and_then(|n| n.get("timescale")?.parse::<f64>().ok());
    let handler = child(media, "hdlr").and_then(|n| n.get("handler")).unwrap_or("").to_owned();
    let entries: Vec<String> =
        list.detail.iter().filter(|(key, _)| key == "edit").map(|(_, v)| v.clone()).collect();
    let empty = entries.iter().filter(|e| e.ends_with("empty")).count();
    let begins = list.get("begins at").and_then(|v| v.parse::<f64>().ok());
    let begins_s = match (begins, scale) {
        (Some(begins), Some(scale)) if scale > 0.0 => begins / scale,
        _ => 0.0,
    };
    let shown = entries.len() - empty;
    Some(Edits { handler, shown, empty, begins_s, entries })
}
