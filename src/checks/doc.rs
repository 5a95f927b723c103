//! A check's own documentation, read back from its source: what `explain`
//! prints and the report quotes as the method. One text, so that code and
//! report cannot drift apart.

use crate::text::Lang;

/// The documentation of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doc {
    /// The first paragraph, on one line.
    pub title: String,
    /// Heading and text of each section, in order of appearance. Text between
    /// the title and the first heading has an empty heading.
    pub sections: Vec<(String, String)>,
}

/// One block of a section's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Span>),
    /// A list, numbered or not.
    List(Vec<Vec<Span>>),
    /// Lines to be kept as they are.
    Code(String),
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// Words from code.
    Code(String),
    /// Stressed words.
    Strong(String),
}

/// English headings and their Dutch counterparts.
const DUTCH: [(&str, &str); 2] =
    [("What it measures", "Wat het meet"), ("When it misleads", "Wanneer het misleidt")];

/// The heading whose section serves both languages, and its Dutch name.
const REFERENCES: (&str, &str) = ("References", "Literatuur");

/// The heading under which a check gives its title in Dutch.
const DUTCH_TITLE: &str = "Titel";

/// Reads the leading `//!` lines of `source`.
pub fn doc(source: &str) -> Doc {
    let lines = source
        .lines()
        .map(str::trim_start)
        .skip_while(|line| line.is_empty())
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    let mut title: Option<String> = None;
    let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
    let mut fenced = false;
    let mut in_title = true;
    for line in lines {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let heading = (!fenced).then(|| line.strip_prefix("# ")).flatten();
        match heading {
            Some(heading) if title.is_some() => {
                in_title = false;
                sections.push((heading.trim().to_owned(), Vec::new()));
            }
            _ if in_title => match (&mut title, heading.unwrap_or(line).trim()) {
                (Some(_), "") => in_title = false,
                (None, "") => {}
                (Some(title), more) => {
                    title.push(' ');
                    title.push_str(more);
                }
                (None, first) => title = Some(first.to_owned()),
            },
            _ => {
                if sections.is_empty() {
                    sections.push((String::new(), Vec::new()));
                }
                if let Some((_, text)) = sections.last_mut() {
                    text.push(line);
                }
            }
        }
    }
    Doc {
        title: title.unwrap_or_default(),
        sections: sections
            .into_iter()
            .map(|(heading, text)| (heading, text.join("\n").trim_matches('\n').to_owned()))
            .filter(|(heading, text)| !(heading.is_empty() && text.trim().is_empty()))
            .collect(),
    }
}

impl Doc {
    /// The title in `lang`; the English one where no Dutch one is given.
    pub fn title(&self, lang: Lang) -> &str {
        let dutch = self.sections.iter().find(|(heading, _)| heading == DUTCH_TITLE);
        match (lang, dutch) {
            (Lang::Nl, Some((_, title))) => title,
            _ => &self.title,
        }
    }

    /// The sections a reader of `lang` gets, with the heading in that language.
    /// References, and sections without a counterpart, serve both languages;
    /// a Dutch section that is missing is replaced by the English one.
    pub fn sections(&self, lang: Lang) -> Vec<(&str, &str)> {
        let has = |heading: &str| self.sections.iter().any(|(h, _)| h == heading);
        let mut shown: Vec<(&str, &str)> = self
            .sections
            .iter()
            .filter(|(heading, _)| heading != DUTCH_TITLE)
            .filter_map(|(heading, text)| {
                let pair = DUTCH.iter().find(|(en, nl)| heading == en || heading == nl);
                let shown = match (lang, pair) {
                    (Lang::En, Some((_, nl))) if heading == nl => return None,
                    (Lang::Nl, Some((en, nl))) if heading == en && has(nl) => return None,
                    (Lang::Nl, Some((_, nl))) => nl,
                    (Lang::Nl, None) if heading == REFERENCES.0 => REFERENCES.1,
                    _ => heading,
                };
                Some((shown, text.as_str()))
            })
            .collect();
        // References close the text in either language.
        shown.sort_by_key(|(heading, _)| *heading == REFERENCES.0 || *heading == REFERENCES.1);
        shown
    }

    /// The documentation as text for a terminal, lines unbroken.
    pub fn plain(&self, lang: Lang) -> String {
        let mut out = format!("{}\n", flat(&spans(self.title(lang))));
        for (heading, text) in self.sections(lang) {
            out.push('\n');
            if !heading.is_empty() {
                out.push_str(heading);
                out.push_str("\n\n");
            }
            let blocks: Vec<String> = blocks(text)
                .iter()
                .map(|block| match block {
                    Block::Paragraph(spans) => flat(spans),
                    Block::List(items) => items
                        .iter()
                        .map(|item| format!("  - {}", flat(item)))
                        .collect::<Vec<_>>()
                        .join("\n"),
                    Block::Code(code) => code
                        .lines()
                        .map(|line| format!("    {line}"))
                        .collect::<Vec<_>>()
                        .join("\n"),
                })
                .collect();
            out.push_str(&blocks.join("\n\n"));
            out.push('\n');
        }
        out
    }
}

fn flat(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Text(s) | Span::Code(s) | Span::Strong(s) => s.as_str(),
        })
        .collect()
}

/// Splits a section into paragraphs, lists and code: the little Markdown that
/// checks use. Deeper headings become paragraphs.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph = String::new();
    let mut items: Vec<String> = Vec::new();
    let mut code: Option<String> = None;
    fn flush(paragraph: &mut String, items: &mut Vec<String>, blocks: &mut Vec<Block>) {
        if !paragraph.is_empty() {
            blocks.push(Block::Paragraph(spans(&std::mem::take(paragraph))));
        }
        if !items.is_empty() {
            blocks.push(Block::List(items.drain(..).map(|item| spans(&item)).collect()));
        }
    }
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            match code.take() {
                Some(code) => blocks.push(Block::Code(code)),
                None => {
                    flush(&mut paragraph, &mut items, &mut blocks);
                    code = Some(String::new());
                }
            }
        } else if let Some(code) = &mut code {
            code.push_str(line);
            code.push('\n');
        } else if trimmed.is_empty() {
            flush(&mut paragraph, &mut items, &mut blocks);
        } else if let Some(item) = item(trimmed) {
            if !paragraph.is_empty() {
                flush(&mut paragraph, &mut items, &mut blocks);
            }
            items.push(item.to_owned());
        } else {
            let target = match items.last_mut() {
                Some(item) => item,
                None => &mut paragraph,
            };
            if !target.is_empty() {
                target.push(' ');
            }
            target.push_str(trimmed.trim_start_matches('#').trim_start());
        }
    }
    if let Some(code) = code {
        blocks.push(Block::Code(code));
    }
    flush(&mut paragraph, &mut items, &mut blocks);
    blocks
}

/// The text of a list item, if `line` starts one: `- `, `* ` or `12. `.
fn item(line: &str) -> Option<&str> {
    let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
    bullet.or_else(|| {
        let (number, rest) = line.split_once(". ")?;
        let short = (1..=2).contains(&number.len());
        (short && number.bytes().all(|b| b.is_ascii_digit())).then_some(rest)
    })
}

/// Splits running text into words, code and stressed words. A link becomes
/// its text, followed by the address in parentheses when that says more.
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => between(rest, "`", "`").map(|(s, n)| (Some(Span::Code(s.to_owned())), n)),
            '*' => between(rest, "**", "**").map(|(s, n)| (Some(Span::Strong(s.to_owned())), n)),
            '[' => link(rest).map(|(s, n)| {
                plain.push_str(&s);
                (None, n)
            }),
            '<' => between(rest, "<", ">").filter(|(s, _)| s.starts_with("http")).map(|(s, n)| {
                plain.push_str(s);
                (None, n)
            }),
            _ => None,
        };
        match taken {
            Some((span, length)) => {
                if let Some(span) = span {
                    if !plain.is_empty() {
                        spans.push(Span::Text(std::mem::take(&mut plain)));
                    }
                    spans.push(span);
                }
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                plain.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    if !plain.is_empty() {
        spans.push(Span::Text(plain));
    }
    spans
}

/// What stands between `open` at the start of `text` and the next `close`,
/// and the bytes taken up by all three.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, usize)> {
    let inner = text.strip_prefix(open)?;
    let end = inner.find(close).filter(|&end| end > 0)?;
    Some((inner.get(..end)?, open.len() + end + close.len()))
}

fn link(text: &str) -> Option<(String, usize)> {
    let (label, mut taken) = between(text, "[", "]")?;
    let label = label.replace('`', "");
    let after = text.get(taken..)?;
    let Some((address, more)) = between(after, "(", ")") else {
        // A rustdoc link such as [`Frame`], or just brackets.
        let code = text.get(1..2) == Some("`");
        return code.then_some((label, taken));
    };
    taken += more;
    Some((if address.starts_with("http") { format!("{label} ({address})") } else { label }, taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//! Frequency content of\n//! the picture.\n//!\n//! # What it measures\n//!\n//! Power `a < b` over [frequency](https://example.org/f),\n//! in **luma** and [`Frame`].\n//!\n//! - one\n//!   more\n//! - two [1]\n//!\n//! ```text\n//! # not a heading\n//! ```\n//!\n//! # References\n//!\n//! Durall 2020.\n//!\n//! # Wat het meet\n//!\n//! Vermogen.\n\nuse crate::x;\n//! # No doc\n";

    #[test]
    fn title_and_sections_are_read_and_code_is_not() {
        let doc = doc(SOURCE);
        assert_eq!(doc.title, "Frequency content of the picture.");
        let headings: Vec<_> = doc.sections.iter().map(|(h, _)| h.as_str()).collect();
        assert_eq!(headings, ["What it measures", "References", "Wat het meet"]);
    }

    #[test]
    fn each_language_gets_its_own_sections_and_the_references_last() {
        let doc = doc(SOURCE);
        let of = |lang| doc.sections(lang).iter().map(|s| s.0.to_owned()).collect::<Vec<_>>();
        assert_eq!(of(Lang::En), ["What it measures", "References"]);
        assert_eq!(of(Lang::Nl), ["Wat het meet", "Literatuur"]);
    }

    #[test]
    fn a_missing_dutch_section_is_replaced_by_the_english_one() {
        let doc = doc("//! T\n//! # When it misleads\n//! Always.\n");
        assert_eq!(doc.sections(Lang::Nl), [("Wanneer het misleidt", "Always.")]);
    }

    #[test]
    fn markdown_becomes_blocks() {
        let doc = doc(SOURCE);
        let text = |s: &str| Span::Text(s.to_owned());
        assert_eq!(
            blocks(&doc.sections[0].1),
            [
                Block::Paragraph(vec![
                    text("Power "),
                    Span::Code("a < b".to_owned()),
                    text(" over frequency (https://example.org/f), in "),
                    Span::Strong("luma".to_owned()),
                    text(" and Frame."),
                ]),
                Block::List(vec![vec![text("one more")], vec![text("two [1]")]]),
                Block::Code("# not a heading\n".to_owned()),
            ]
        );
    }

    #[test]
    fn every_check_has_a_title_in_both_languages() {
        for entry in crate::checks::ALL {
            let doc = doc(entry.source);
            let (en, nl) = (doc.title(Lang::En), doc.title(Lang::Nl));
            assert!(!en.is_empty() && !nl.is_empty() && !nl.contains('\n'), "{}", entry.name);
            assert!(en != nl, "{} has no Dutch title", entry.name);
            let shown = doc.plain(Lang::Nl);
            assert!(shown.starts_with(nl) && !shown.contains("Titel"), "{}", entry.name);
        }
        let source =
            "//! Title.\n//!\n//! # Titel\n//!\n//! Titel hier\n//!\n//! # Wat het meet\n//! a\n";
        assert_eq!(doc(source).title(Lang::Nl), "Titel hier");
        assert_eq!(doc(source).plain(Lang::En), "Title.\n");
    }

    #[test]
    fn plain_text_holds_everything() {
        let plain = doc(SOURCE).plain(Lang::En);
        assert!(
            plain.starts_with(
                "Frequency content of the picture.\n\nWhat it measures\n\nPower a < b"
            )
        );
        assert!(plain.contains("  - one more\n  - two [1]\n") && plain.ends_with("Durall 2020.\n"));
        assert!(!plain.contains("Vermogen"));
    }
}
