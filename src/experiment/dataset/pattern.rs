//! Patterns of paths: `{name}` takes part of one segment, `*` any part of
//! one, `**` any number of segments.

use crate::{Error, Result};

/// A pattern, taken apart once.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    /// `**`
    AnyNumber,
    One(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    Name(String),
    Star,
}

/// What the names of a pattern took, in order.
pub type Captures = Vec<(String, String)>;

impl Pattern {
    /// Takes `text` apart.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for an unclosed or repeated name, or two takers side
    /// by side, which could share the text between them in any way.
    pub fn new(text: &str) -> Result<Self> {
        let wrong = |why: &str| Error::Usage(format!("the pattern `{text}` {why}"));
        let mut segments = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for segment in text.split('/') {
            if segment == "**" {
                // Two in a row say no more than one, and are tried in as many
                // ways as there are to share the segments between them.
                if segments.last() != Some(&Segment::AnyNumber) {
                    segments.push(Segment::AnyNumber);
                }
                continue;
            }
            let mut parts: Vec<Part> = Vec::new();
            let mut rest = segment;
            while !rest.is_empty() {
                let (part, after) = if let Some(open) = rest.strip_prefix('{') {
                    let (name, after) =
                        open.split_once('}').ok_or_else(|| wrong("has no closing brace"))?;
                    if names.iter().any(|there| there == name) {
                        return Err(wrong(&format!("names `{name}` twice")));
                    }
                    names.push(name.to_owned());
                    (Part::Name(name.to_owned()), after)
                } else if let Some(after) = rest.strip_prefix('*') {
                    (Part::Star, after)
                } else {
                    let end = rest.find(['{', '*']).unwrap_or(rest.len());
                    let (literal, after) = rest.split_at(end);
                    (Part::Literal(literal.to_owned()), after)
                };
                let takes = |part: &Part| !matches!(part, Part::Literal(_));
                if takes(&part) && parts.last().is_some_and(takes) {
                    return Err(wrong("has two open places side by side"));
                }
                parts.push(part);
                rest = after;
            }
            segments.push(Segment::One(parts));
        }
        Ok(Self { segments })
    }

    /// What the names take from `path` (relative, with `/`), each as little as
    /// it can from the left; `None` when it does not match.
    pub fn matches(&self, path: &str) -> Option<Captures> {
        let path: Vec<&str> = path.split('/').collect();
        let mut captures = Vec::new();
        walk(&self.segments, &path, &mut captures).then_some(captures)
    }
}

fn walk(pattern: &[Segment], path: &[&str], captures: &mut Captures) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((Segment::AnyNumber, rest)), _) => {
            (0..=path.len()).any(|skip| walk(rest, path.get(skip..).unwrap_or(&[]), captures))
        }
        (Some((Segment::One(parts), rest)), Some((first, after))) => {
            let mark = captures.len();
            let fits = take(parts, first, captures) && walk(rest, after, captures);
            if !fits {
                captures.truncate(mark);
            }
            fits
        }
        _ => false,
    }
}

fn take(parts: &[Part], text: &str, captures: &mut Captures) -> bool {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
    let (name, least) = match part {
        Part::Literal(literal) => {
            return text.strip_prefix(literal.as_str()).is_some_and(|t| take(rest, t, captures));
        }
        Part::Name(name) => (Some(name), 1),
        Part::Star => (None, 0),
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]).skip(least);
    for end in ends {
        let (taken, after) = text.split_at(end);
        let mark = captures.len();
        if let Some(name) = name {
            captures.push((name.clone(), taken.to_owned()));
        }
        if take(rest, after, captures) {
            return true;
        }
        captures.truncate(mark);
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    fn taken(pattern: &str, path: &str) -> Option<Vec<String>> {
        let captures = Pattern::new(pattern).unwrap().matches(path)?;
        Some(captures.into_iter().map(|(name, text)| format!("{name}={text}")).collect())
    }

    #[test]
    fn names_take_parts_of_one_segment_as_little_as_they_can() {
        let pattern = "m/{method}/{c}/videos/{source}_{source2}.mp4";
        assert_eq!(
            taken(pattern, "m/Deepfakes/c23/videos/000_003.mp4").unwrap(),
            ["method=Deepfakes", "c=c23", "source=000", "source2=003"]
        );
        assert_eq!(taken(pattern, "m/a/Deepfakes/c23/videos/000_003.mp4"), None);
        assert_eq!(taken(pattern, "m/Deepfakes/c23/videos/000.mp4"), None);
        assert_eq!(
            taken("{a}__{scene}.mp4", "01__walk__up.mp4").unwrap(),
            ["a=01", "scene=walk__up"]
        );
        assert_eq!(taken("{a}é{b}", "öéü").unwrap(), ["a=ö", "b=ü"]);
    }

    #[test]
    fn stars_take_anything_or_nothing() {
        assert!(taken("a/**/b.txt", "a/b.txt").is_some());
        assert!(taken("a/**/b.txt", "a/x/y/b.txt").is_some());
        assert!(taken("a/**/b.txt", "a/x/y/c.txt").is_none());
        assert_eq!(taken("**/{stem}.*", "x/y.z.jpg").unwrap(), ["stem=y"]);
        assert!(taken("x*.txt", "x.txt").is_some());
    }

    #[test]
    fn any_number_of_stars_for_segments_is_as_one() {
        let many = format!("{}x.txt", "**/".repeat(500));
        assert!(taken(&many, &format!("{}x.txt", "a/".repeat(50))).is_some());
        assert!(taken(&many, &format!("{}y.txt", "a/".repeat(50))).is_none());
    }

    #[test]
    fn patterns_that_could_mean_two_things_are_refused() {
        for wrong in ["{a}{b}", "{a}*", "{a}/{a}", "{a"] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
