//! Text on its way to the PDF: strings, never Typst code.

use serde::Serialize;

use super::world::drawn;
use crate::checks::doc::Span;
use crate::report::facts::Piece;
use crate::text::{visible, visible_lines};

/// Most characters of one string from the evidence that are shown; the rest is
/// counted, not hidden.
const MOST_CHARS: usize = 1500;
/// Words longer than this may be parted between lines.
const LONG: usize = 24;
/// Length of the parts.
const PART: usize = 8;

/// Runs of text in a row.
pub type Words = Vec<Run>;

/// Text in one style.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// Lines of parts.
    t: Vec<Vec<Part>>,
    /// Style: `plain`, `code`, `strong` or `weak`.
    s: &'static str,
}

/// A stretch of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Part {
    /// Breaks at its spaces.
    Text(String),
    /// A long word in parts, between which it may break.
    Chunks(Vec<String>),
}

/// `text` on one line.
pub fn plain(text: &str) -> Words {
    vec![run(text, "plain", false)]
}

/// `text` with its own line ends.
pub fn lines(text: &str) -> Words {
    vec![run(text, "plain", true)]
}

/// `text` as a digest or a name for machines.
pub fn code(text: &str) -> Words {
    vec![run(text, "code", false)]
}

/// `text` in bold.
pub fn strong(text: &str) -> Words {
    vec![run(text, "strong", false)]
}

/// `text` in grey.
pub fn weak(text: &str) -> Words {
    vec![run(text, "weak", false)]
}

/// One after the other with a space between.
pub fn spaced(parts: impl IntoIterator<Item = Words>) -> Words {
    let mut out = Words::new();
    for part in parts {
        if !out.is_empty() {
            out.extend(plain(" "));
        }
        out.extend(part);
    }
    out
}

/// The value of a fact.
pub fn pieces(value: &[Piece]) -> Words {
    spaced(value.iter().map(|piece| match piece {
        Piece::Words(words) => plain(words),
        Piece::Code(words) => code(words),
        Piece::Why(why) => weak(&format!("({why})")),
    }))
}

/// Words of a check's documentation.
pub fn running(spans: &[Span]) -> Words {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(s) => run(s, "plain", false),
            Span::Code(s) => run(s, "code", false),
            Span::Strong(s) => run(s, "strong", false),
        })
        .collect()
}

/// Characters of the longest stretch that does not break between lines.
pub fn longest_word(words: &Words) -> usize {
    let lines = words.iter().flat_map(|run| &run.t).flatten();
    let longest = lines.map(|part| match part {
        Part::Text(text) => text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0),
        Part::Chunks(_) => PART,
    });
    longest.max().unwrap_or(0)
}

/// Characters of the longest line.
pub fn longest_line(words: &Words) -> usize {
    let part = |part: &Part| match part {
        Part::Text(text) => text.chars().count(),
        Part::Chunks(chunks) => chunks.iter().map(|c| c.chars().count()).sum(),
    };
    let lines = words.iter().flat_map(|run| &run.t);
    lines.map(|line| line.iter().map(part).sum()).max().unwrap_or(0)
}

/// Hidden characters shown, those without a sign in the fonts as an escape,
/// length bounded.
fn run(text: &str, s: &'static str, keep_lines: bool) -> Run {
    let (head, rest) = match text.char_indices().nth(MOST_CHARS) {
        None => (text, String::new()),
        Some((at, _)) => {
            let (head, rest) = text.split_at(at);
            (head, format!(" [… +{}]", rest.chars().count()))
        }
    };
    let shown = if keep_lines { visible_lines(head) } else { visible(head) };
    let shown = shown.replace('\t', "    ") + &rest;
    let t = shown.split('\n').map(|line| parts(&signed(line))).collect();
    Run { t, s }
}

/// `line` with every character the fonts have no sign for as `⟨U+4E2D⟩`: none
/// is left out or shown as an empty box.
fn signed(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            // Narrow spaces of numbers, and the one that does not break.
            '\u{202f}' | '\u{2009}' | '\u{a0}' => out.push('\u{a0}'),
            c if drawn(c) => out.push(c),
            c => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
        }
    }
    out
}

fn parts(line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for piece in line.split_inclusive(' ') {
        if piece.chars().nth(LONG).is_none() {
            text.push_str(piece);
            continue;
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        let word = piece.trim_end_matches(' ');
        let letters: Vec<char> = word.chars().collect();
        parts.push(Part::Chunks(letters.chunks(PART).map(|c| c.iter().collect()).collect()));
        text.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &Words) -> String {
        let part = |part: &Part| match part {
            Part::Text(s) => s.clone(),
            Part::Chunks(c) => c.concat(),
        };
        let line = |line: &Vec<Part>| line.iter().map(part).collect::<String>();
        words.iter().map(|run| run.t.iter().map(line).collect::<Vec<_>>().join("\n")).collect()
    }

    #[test]
    fn nothing_is_lost_or_hidden_on_the_way() {
        let digest = "3f1c9b7a5d2e4f60819a2b3c4d5e6f70".repeat(2);
        assert_eq!(text(&code(&digest)), digest);
        assert!(matches!(&code(&digest)[0].t[0][..], [Part::Chunks(c)] if c.len() == 8));
        let mixed = format!("a b {digest} c");
        assert_eq!(text(&plain(&mixed)), mixed);
        assert_eq!(text(&plain("#evil *x* $y$")), "#evil *x* $y$");
        assert_eq!(text(&plain("photo\u{202e}gpj 漢")), "photo⟨U+202E⟩gpj ⟨U+6F22⟩");
        assert_eq!(text(&lines("a\nb\rc")), "a\nb⟨U+000D⟩c");
        assert!(text(&plain(&"x".repeat(5000))).ends_with("[… +3500]"));
        for ours in "⟨⟩…–—−×·⁻⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂°µσ≤≥≈√→±".chars()
        {
            assert!(drawn(ours), "{ours}");
        }
    }
}
