//! What the names mean.

use crate::media::container::Tag;
use crate::text::Text;

/// What part a name has in the making of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Coded the pictures or the sound.
    Encoder,
    /// Wrote the file around them.
    Writer,
    /// The name of a track's handler.
    Handler,
    /// Make or model of a device.
    Device,
    /// None of these can be told.
    Other,
}

impl Role {
    pub(super) fn label(self) -> &'static str {
        match self {
            Role::Encoder => "encoder",
            Role::Writer => "writer",
            Role::Handler => "handler",
            Role::Device => "device",
            Role::Other => "name",
        }
    }
}

/// Encoders in software, as they name themselves, in lower case.
const ENCODERS: [&str; 14] = [
    "lavc",
    "libavcodec",
    "x264",
    "x265",
    "xvid",
    "divx",
    "lame",
    "libvpx",
    "libaom",
    "svt-av1",
    "rav1e",
    "libopus",
    "fdk",
    "libvorbis",
];
/// Programs and libraries that write files, in lower case.
const WRITERS: [&str; 18] = [
    "lavf",
    "libavformat",
    "handbrake",
    "gpac",
    "mp4box",
    "bento4",
    "l-smash",
    "mkvmerge",
    "libmatroska",
    "libebml",
    "libwebm",
    "gstreamer",
    "virtualdub",
    "avidemux",
    "adobe",
    "google",
    "vegas",
    "nuendo",
];

/// Whether a tag of this name, as ffmpeg gives it, names software or a device.
pub(super) fn of_software(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    ["encoder", "software", "encoded_by", "make", "model", "handler_name", "writing_application"]
        .iter()
        .any(|name| last.eq_ignore_ascii_case(name))
}

/// What `tag` names.
pub(super) fn role(tag: &Tag) -> Role {
    let key = tag.key.to_ascii_lowercase();
    let value = tag.value.to_ascii_lowercase();
    let last = key.rsplit(['.', ':', '/', ' ']).next().unwrap_or(&key);
    if key.ends_with("handler_name") {
        Role::Handler
    } else if matches!(last, "make" | "model" | "©mak" | "©mod") {
        Role::Device
    } else if ENCODERS.iter().any(|name| starts(&value, name)) {
        Role::Encoder
    } else if WRITERS.iter().any(|name| starts(&value, name))
        || matches!(last, "©too" | "©swr" | "©enc" | "isft" | "muxingapp" | "writingapp")
    {
        Role::Writer
    } else {
        Role::Other
    }
}

/// Whether a word of `value` begins with `name`: `Lavf58.29` does so with
/// `lavf`, `Slavfilm` does not.
fn starts(value: &str, name: &str) -> bool {
    value
        .match_indices(name)
        .any(|(at, _)| !value[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}

/// What is known of a handler's name; cautious, since names are copied.
pub(super) fn handler(value: &str) -> Option<Text> {
    let value = value.to_ascii_lowercase();
    let known: [(&str, &str, &str); 8] = [
        ("core media", "used by Apple's frameworks", "gebruikt door de raamwerken van Apple"),
        (
            "mainconcept",
            "used by MainConcept's library",
            "gebruikt door de bibliotheek van MainConcept",
        ),
        ("produced by google", "used by Google (YouTube)", "gebruikt door Google (YouTube)"),
        ("gpac", "used by GPAC (MP4Box)", "gebruikt door GPAC (MP4Box)"),
        ("bento4", "used by Bento4", "gebruikt door Bento4"),
        ("l-smash", "used by L-SMASH", "gebruikt door L-SMASH"),
        (
            "videohandler",
            "libavformat's own, kept by it from other files too",
            "eigen naam van libavformat, die namen uit andere bestanden ook behoudt",
        ),
        (
            "soundhandler",
            "libavformat's own, kept by it from other files too",
            "eigen naam van libavformat, die namen uit andere bestanden ook behoudt",
        ),
    ];
    known.iter().find(|(name, ..)| value.contains(name)).map(|(_, en, nl)| Text::new(*en, *nl))
}

/// The options in the text of x264 or x265, in order.
pub(super) fn options(text: &str) -> Vec<(&str, &str)> {
    let Some((_, options)) = text.split_once("options: ") else { return Vec::new() };
    options.split_whitespace().map(|word| word.split_once('=').unwrap_or((word, ""))).collect()
}
