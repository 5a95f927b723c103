//! Bounded reading: the only way in which the parsers touch a file.

use std::io::{Read, Seek, SeekFrom};

use super::{MAX_NODES, MAX_TEXT, Node, Payload, PayloadKind, Structure, Tag};
use crate::text::{Text, hex};

/// Bytes fetched at once around a header. Small, so that hopping from header
/// to header does not amount to reading the media between them.
const WINDOW: usize = 4096;
/// Most requests for bytes a file may cause; an hour of Matroska clusters
/// takes about 20 000.
const MAX_STEPS: u64 = 2_000_000;
/// Most warnings kept; a damaged file repeats itself.
const MAX_WARNINGS: usize = 50;
/// Most tags and payloads kept, each.
const MAX_LIST: usize = 2_000;

pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// A file being read, and what was found in it so far.
pub(super) struct Scan<'a> {
    source: &'a mut dyn ReadSeek,
    /// Bytes in the file.
    pub len: u64,
    window: Vec<u8>,
    window_at: u64,
    nodes: usize,
    steps: u64,
    failed: bool,
    /// The result under construction.
    pub out: Structure,
}

impl<'a> Scan<'a> {
    pub fn new(source: &'a mut dyn ReadSeek, len: u64) -> Self {
        Self {
            source,
            len,
            window: Vec::new(),
            window_at: 0,
            nodes: 0,
            steps: 0,
            failed: false,
            out: Structure::default(),
        }
    }

    pub fn finish(self) -> Structure {
        self.out
    }

    /// Up to `want` bytes from `at`: fewer at the end of the file, none after
    /// an error or when the limit of steps is reached.
    pub fn get(&mut self, at: u64, want: usize) -> Vec<u8> {
        let there = self.len.saturating_sub(at);
        let want = usize::try_from(there).unwrap_or(usize::MAX).min(want);
        if want == 0 || self.failed {
            return Vec::new();
        }
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.failed = true;
            self.warn(
                "The file has so many parts that reading stopped before its end.",
                "Het bestand heeft zoveel onderdelen dat het lezen voor het einde is gestopt.",
            );
            return Vec::new();
        }
        if want > WINDOW {
            return self.fetch(at, want);
        }
        let inside = |window: &[u8], window_at: u64| -> Option<Vec<u8>> {
            let from = usize::try_from(at.checked_sub(window_at)?).ok()?;
            window.get(from..from.checked_add(want)?).map(<[u8]>::to_vec)
        };
        if let Some(bytes) = inside(&self.window, self.window_at) {
            return bytes;
        }
        self.window = self.fetch(at, WINDOW);
        self.window_at = at;
        let kept = want.min(self.window.len());
        self.window[..kept].to_vec()
    }

    fn fetch(&mut self, at: u64, want: usize) -> Vec<u8> {
        let want = (want as u64).min(self.len.saturating_sub(at));
        let mut bytes = Vec::new();
        let read = self
            .source
            .seek(SeekFrom::Start(at))
            .and_then(|_| (&mut *self.source).take(want).read_to_end(&mut bytes));
        if let Err(error) = read {
            self.failed = true;
            self.warn(
                format!("Reading at byte {at} failed: {error}."),
                format!("Lezen vanaf byte {at} is mislukt: {error}."),
            );
        }
        bytes
    }

    /// Exactly `N` bytes from `at`, or `None`.
    pub fn array<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        self.get(at, N).try_into().ok()
    }

    /// Bytes from `at` to `end`, at most `most` of them.
    pub fn span(&mut self, at: u64, end: u64, most: usize) -> Vec<u8> {
        let want = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        self.get(at, want.min(most))
    }

    /// As [`Scan::span`], for text of `kind`: told when it is cut.
    pub fn words(&mut self, kind: &str, at: u64, end: u64) -> Vec<u8> {
        let size = end.min(self.len).saturating_sub(at);
        if size > MAX_TEXT as u64 {
            self.warn(
                format!("{kind} at byte {at} is cut: {MAX_TEXT} of {size} bytes are read."),
                format!("{kind} op byte {at} is afgekapt: {MAX_TEXT} van {size} bytes gelezen."),
            );
        }
        self.span(at, end, MAX_TEXT)
    }

    /// Says once that a list has reached its limit.
    fn full(&mut self) {
        self.warn_once(
            format!(
                "There are more than {MAX_LIST} tags or parts with metadata; not all are read."
            ),
            format!(
                "Er zijn meer dan {MAX_LIST} tags of delen met metadata; niet alle zijn gelezen."
            ),
        );
    }

    /// Asks leave for one more node; `false` when the tree is full.
    pub fn admit(&mut self) -> bool {
        self.nodes += 1;
        if self.nodes == MAX_NODES + 1 {
            self.warn(
                format!("The tree has more than {MAX_NODES} nodes; the rest is not shown."),
                format!("De boom heeft meer dan {MAX_NODES} knopen; de rest wordt niet getoond."),
            );
        }
        self.nodes <= MAX_NODES && !self.failed
    }

    pub fn warn(&mut self, en: impl Into<String>, nl: impl Into<String>) {
        if self.out.warnings.len() < MAX_WARNINGS {
            self.out.warnings.push(Text::new(en, nl));
        } else if self.out.warnings.len() == MAX_WARNINGS {
            self.out.warnings.push(Text::new(
                "More warnings of this kind were left out.",
                "Verdere waarschuwingen van deze soort zijn weggelaten.",
            ));
        }
    }

    /// Warns of what would otherwise be told again and again.
    pub fn warn_once(&mut self, en: impl Into<String>, nl: impl Into<String>) {
        let warning = Text::new(en, nl);
        if !self.out.warnings.contains(&warning) {
            self.warn(warning.en, warning.nl);
        }
    }

    /// Warns that a part says it is larger than what is there.
    pub fn warn_clipped(&mut self, kind: &str, at: u64, says: u64, there: u64) {
        self.warn(
            format!("{kind} at byte {at} says it takes {says} bytes, but {there} are there."),
            format!("{kind} op byte {at} zegt {says} bytes te beslaan, maar er zijn er {there}."),
        );
    }

    pub fn fact(&mut self, en: impl Into<String>, nl: impl Into<String>) {
        let fact = Text::new(en, nl);
        if self.out.facts.contains(&fact) {
            return;
        }
        if self.out.facts.len() < MAX_WARNINGS {
            self.out.facts.push(fact);
        } else {
            self.warn_once(
                format!("There are more than {MAX_WARNINGS} such facts; the rest is left out."),
                format!("Er zijn meer dan {MAX_WARNINGS} zulke feiten; de rest is weggelaten."),
            );
        }
    }

    /// Records a trace of software or a device; the same one is kept once.
    pub fn encoder(&mut self, source: &str, key: &str, value: impl Into<String>) {
        let tag = Tag { source: source.into(), key: key.into(), value: value.into() };
        if tag.value.trim().is_empty() || self.out.encoder_tags.contains(&tag) {
            return;
        }
        if self.out.encoder_tags.len() < MAX_LIST {
            self.out.encoder_tags.push(tag);
        } else {
            self.full();
        }
    }

    /// Records a tag under the name the container gives it; names known to
    /// hold software or devices count as encoder tags too.
    pub fn tag(&mut self, source: &str, key: &str, value: impl Into<String>) {
        let value = value.into();
        if names_software(key) {
            self.encoder(source, key, value.clone());
        }
        if self.out.tags.len() < MAX_LIST {
            self.out.tags.push(Tag { source: source.into(), key: key.into(), value });
        } else {
            self.full();
        }
    }

    pub fn payload(&mut self, kind: PayloadKind, source: &str, offset: u64, end: u64) {
        let size = end.min(self.len).saturating_sub(offset);
        if size > 0 && self.out.payloads.len() == MAX_LIST {
            self.full();
        } else if size > 0 {
            self.out.payloads.push(Payload { kind, source: source.into(), offset, size });
        }
    }

    /// Records what lies behind the end of the format, as a node of its own.
    pub fn trailing(&mut self, at: u64) -> Option<Node> {
        let size = self.len.saturating_sub(at);
        if size == 0 || !self.admit() {
            return None;
        }
        self.out.trailing_bytes = size;
        let head = self.get(at, 64);
        let looks = super::sniff::looks_like(&head);
        self.fact(
            format!("{size} bytes follow the end of the format at byte {at} ({looks})."),
            format!("Na het einde van het formaat op byte {at} volgen nog {size} bytes ({looks})."),
        );
        Some(Node::new("(trailing data)", at, size).with("begins with", looks))
    }
}

/// Whether a tag of this name tells what made the file. Names are those of
/// QuickTime, Matroska, RIFF INFO, Vorbis comments and ID3.
fn names_software(key: &str) -> bool {
    const NAMES: [&str; 25] = [
        "©too",
        "©swr",
        "©enc",
        "©mak",
        "©mod",
        "©swf",
        "©hst",
        "ISFT",
        "IENC",
        "ITCH",
        "TSSE",
        "TENC",
        "TSS",
        "TEN",
        "encoder",
        "encoded_by",
        "encoded-by",
        "encoding_tool",
        "encoder_settings",
        "software",
        "make",
        "model",
        "tool",
        "handler_name",
        "encoder_options",
    ];
    let last = key.rsplit(['.', ':', '/']).next().unwrap_or(key);
    let last = last.replace(' ', "_");
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(&last))
}

/// Text as it stands, without the padding behind it, control characters other
/// than line ends and tabs made visible, shortened to [`MAX_TEXT`] with a mark
/// that says by how many bytes.
pub(super) fn text(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(MAX_TEXT)];
    let end = cut.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    let mut out = String::new();
    for c in String::from_utf8_lossy(&cut[..end]).chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    if bytes.len() > MAX_TEXT {
        out += &format!(" [… +{}]", bytes.len() - MAX_TEXT);
    }
    out
}

/// Text up to the first zero byte.
pub(super) fn until_zero(bytes: &[u8]) -> String {
    text(bytes.split(|&b| b == 0).next().unwrap_or(&[]))
}

/// The text in a stretch of padding, where a program signed there: printable
/// characters up to the zeros.
pub(super) fn signature(bytes: &[u8]) -> Option<String> {
    let said = bytes.split(|&b| b == 0).next()?;
    let plain = said.len() >= 4 && said.iter().all(|b| (0x20..0x7f).contains(b));
    plain.then(|| text(said)).filter(|s| !s.trim().is_empty())
}

/// UTF-16 text, `big` endian unless a byte-order mark says otherwise.
pub(super) fn utf16(bytes: &[u8], big: bool) -> String {
    let (big, bytes) = match bytes {
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, rest @ ..] => (false, rest),
        _ => (big, bytes),
    };
    let units = bytes.chunks_exact(2).take(MAX_TEXT / 2).map(|p| match big {
        true => u16::from_be_bytes([p[0], p[1]]),
        false => u16::from_le_bytes([p[0], p[1]]),
    });
    let decoded: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    let mut out = text(decoded.as_bytes());
    if bytes.len() > MAX_TEXT {
        out += &format!(" [… +{}]", bytes.len() - MAX_TEXT);
    }
    out
}

/// A four-character code, readable whatever its bytes are. QuickTime's 0xA9
/// is the copyright sign of Mac Roman and Latin-1.
pub(super) fn fourcc(code: [u8; 4]) -> String {
    code.iter()
        .map(|&b| match b {
            0x20..=0x7e => char::from(b).to_string(),
            0xa9 => "©".into(),
            _ => format!("\\x{b:02x}"),
        })
        .collect()
}

/// The first kibibyte as hexadecimal, with a mark that says how many bytes
/// follow it.
pub(super) fn hex_start(bytes: &[u8]) -> String {
    match bytes.split_at_checked(1024) {
        Some((start, rest)) if !rest.is_empty() => format!("{} [… +{}]", hex(start), rest.len()),
        _ => hex(bytes),
    }
}

/// Big-endian number of up to eight bytes.
pub(super) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |n, &b| n << 8 | u64::from(b))
}

/// Little-endian number of up to eight bytes.
pub(super) fn le(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |n, &b| n << 8 | u64::from(b))
}

/// `len` bytes of `bytes` from `at`, where they exist.
pub(super) fn part(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

/// Big-endian number of `len` bytes at `at`.
pub(super) fn be_at(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    part(bytes, at, len).map(be)
}

/// Little-endian number of `len` bytes at `at`.
pub(super) fn le_at(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    part(bytes, at, len).map(le)
}

/// A moment as ISO 8601 in UTC, from seconds since 1970.
pub(super) fn moment(seconds_since_1970: i64) -> String {
    jiff::Timestamp::from_second(seconds_since_1970)
        .map_or_else(|_| format!("{seconds_since_1970} s"), |t| t.to_string())
}
