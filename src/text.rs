//! Sentences for people, in the two languages the program speaks.

/// A language of reports and messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Dutch.
    Nl,
}

/// A sentence in both languages. Checks write both at once, so that a report
/// is never half translated.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Dutch.
    pub nl: String,
}

impl Text {
    /// The sentence in both languages.
    pub fn new(en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self { en: en.into(), nl: nl.into() }
    }

    /// A sentence with numbers of ours, which Dutch writes with a comma. Not for
    /// sentences that quote evidence: a version may look like a number.
    pub fn measured(en: impl Into<String>, nl: impl Into<String>) -> Self {
        Self { en: en.into(), nl: comma(&nl.into()) }
    }

    /// One string that reads the same in both languages (a name, a tag).
    pub fn same(both: impl Into<String>) -> Self {
        let en = both.into();
        Self { nl: en.clone(), en }
    }

    /// The sentence in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Nl => &self.nl,
        }
    }
}

/// `n` with its noun, given as one and as more.
pub fn counted(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

/// A number of frames, in English and in Dutch.
pub fn frames(n: usize) -> (String, String) {
    (counted(n, "frame", "frames"), counted(n, "beeld", "beelden"))
}

/// `words` with a decimal comma in every number; `libx264 3.1.2`, `a1.5` and
/// `1.5x` are none.
fn comma(words: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    words
        .split_inclusive(|c| !word(c))
        .map(|piece| {
            let number = piece.trim_end_matches(|c| !word(c)).trim_end_matches('.');
            let rest = piece.get(number.len()..).unwrap_or_default();
            let parts: Vec<&str> = number.split('.').collect();
            let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            match parts.as_slice() {
                [whole, decimals] if parts.iter().all(digits) => {
                    format!("{whole},{decimals}{rest}")
                }
                _ => piece.to_owned(),
            }
        })
        .collect()
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `evidence` on one line with every character that could hide, reorder or
/// break text shown as a visible escape such as `⟨U+202E⟩`: controls (line
/// ends and NUL included), bidirectional and zero-width formatting, tags,
/// variation selectors beyond the first sixteen, and noncharacters.
///
/// Strings from an exhibit are hostile (a right-to-left override can make
/// `exe.jpg` of `gpj.exe`); every renderer passes them through here before its
/// own escaping. What is shown stays reversible: nothing is dropped.
pub fn visible(evidence: &str) -> String {
    escape(evidence, |_| false)
}

/// As [`visible`], but line ends and tabs stay, for text that has lines of
/// its own.
pub fn visible_lines(evidence: &str) -> String {
    escape(evidence, |c| c == '\n' || c == '\t')
}

fn escape(evidence: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(evidence.len());
    for c in evidence.chars() {
        if hides(c) && !keep(c) {
            out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether `c` changes how other text looks without being seen itself: general
/// categories Cc, Cf (but for the Arabic signs that are drawn), Zl, Zp, the
/// supplementary variation selectors and noncharacters of Unicode 16.
pub fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dutch_numbers_have_a_comma_and_versions_do_not() {
        let text = Text::measured(
            "z 1.5",
            "z 1.5, −0.25 (r² 0.48) tot 12.0. Geen 3.1.2, a1.5, 1.5x of v2.0",
        );
        assert_eq!(text.en, "z 1.5");
        assert_eq!(text.nl, "z 1,5, −0,25 (r² 0,48) tot 12,0. Geen 3.1.2, a1.5, 1.5x of v2.0");
        assert_eq!(comma("0.5"), "0,5");
        assert_eq!(comma("1. En 2.3."), "1. En 2,3.");
        assert_eq!(comma("10.123"), "10,123");
    }

    #[test]
    fn hidden_characters_are_shown_and_the_rest_is_left() {
        assert_eq!(visible("photo\u{202e}gpj.exe"), "photo⟨U+202E⟩gpj.exe");
        assert_eq!(visible("a\0b\r\n\u{1b}[31m"), "a⟨U+0000⟩b⟨U+000D⟩⟨U+000A⟩⟨U+001B⟩[31m");
        assert_eq!(visible("\u{e0041}\u{200b}\u{feff}"), "⟨U+E0041⟩⟨U+200B⟩⟨U+FEFF⟩");
        let plain = "Zoë's 図 <b> \"q\" e\u{301} naïve—🙂";
        assert_eq!(visible(plain), plain);
        assert_eq!(visible_lines("a\n\tb\r"), "a\n\tb⟨U+000D⟩");
    }
}
