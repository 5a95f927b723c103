//! What is said of the framings.

use super::super::finding::{Axis, Series};
use super::super::{Figure, Finding, Measurement, Status};
use super::Seen;
use super::coding::{Coding, SPAN};
use crate::text::Text;

/// Places of one framing may differ by this much: the peak is one sample wide.
const SAME: usize = 1;
/// Vorbis's frames move by multiples of this: a quarter of its short block of 256.
const VORBIS: usize = 64;

/// What was found of a coding, the file's own frames put aside.
pub struct Found {
    /// The coding.
    pub coding: Coding,
    /// Time of the first sample, in seconds.
    pub start_s: f64,
    /// Samples a second.
    pub rate: f64,
    /// Segments looked at.
    pub segments: usize,
    /// Segments that show the file's own frames.
    pub own: usize,
    /// Whether what is seen may be the file's own frames.
    pub maybe_own: bool,
    /// The other framings, in order.
    pub seen: Vec<Seen>,
}

/// How much there is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    NoneSeen,
    MaybeOwn,
    Unsteady,
    OneFraming,
    Changes,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::NoneSeen => "none-seen",
            Self::MaybeOwn => "maybe-own",
            Self::Unsteady => "unsteady",
            Self::OneFraming => "one-framing",
            Self::Changes => "changes",
        }
    }
}

/// Names of the values of a coding.
struct Names {
    found: &'static str,
    own: &'static str,
    changes: &'static str,
    offset: &'static str,
    z: &'static str,
}

fn names(coding: Coding) -> Names {
    match coding {
        Coding::Aac => Names {
            found: "framings_found",
            own: "own_framings",
            changes: "framing_changes",
            offset: "framing_offset",
            z: "framing_z",
        },
        Coding::Mp3 => Names {
            found: "mp3_framings_found",
            own: "mp3_own_framings",
            changes: "mp3_framing_changes",
            offset: "mp3_framing_offset",
            z: "mp3_framing_z",
        },
    }
}

/// The finding: of several codings, those of which something is seen are told, and the
/// state is of the one of which there is most to say.
pub fn say(all: &[Found]) -> Finding {
    let mut states = Vec::new();
    let mut sentences = Vec::new();
    for found in all {
        let changes = found.changes();
        let (state, text) = found.words(&changes, found.often().map_or(0, |(_, count)| count));
        states.push(state);
        sentences.extend(text);
    }
    let summary = sentences.into_iter().reduce(|mut all, text| {
        all.en = format!("{} {}", all.en, text.en);
        all.nl = format!("{} {}", all.nl, text.nl);
        all
    });
    let summary = summary.unwrap_or_else(|| {
        let of = all.first().map_or(0, |found| found.segments);
        let names = all.iter().map(|found| found.coding.name());
        let names: Vec<_> = names.collect();
        Text::new(
            format!(
                "No framing of an earlier {} coding is seen in {of} segments. Many treatments remove it.",
                names.join(" or ")
            ),
            format!(
                "In {of} segmenten is geen framing van een eerdere {}-codering te zien. Veel bewerkingen nemen haar weg.",
                names.join("- of ")
            ),
        )
    });
    let mut finding = Finding::new(Status::Derived, summary);
    let state = states.into_iter().max().unwrap_or(State::NoneSeen);
    finding.state = Some(state.name().to_owned());
    let segments = all.first().map_or(0, |found| found.segments);
    finding.value("segments", "1", segments as f64);
    for found in all {
        found.tell(&mut finding);
    }
    finding
}

impl Found {
    fn same(&self, a: &Seen, b: &Seen) -> bool {
        self.coding.apart(a.framing.at, b.framing.at) <= SAME
    }

    fn time_s(&self, sample: usize) -> f64 {
        self.start_s + sample as f64 / self.rate.max(1.0)
    }

    /// Where two segments have one framing and the next two another, in seconds.
    fn changes(&self) -> Vec<(f64, f64)> {
        if self.maybe_own {
            return Vec::new();
        }
        let change = |four: &[Seen]| {
            let [a, b, c, d] = four else { return None };
            let turns = self.same(a, b) && self.same(c, d) && !self.same(b, c);
            // Vorbis's own way of moving.
            let step = self.coding.apart(b.framing.at, c.framing.at) % VORBIS;
            let moved = self.coding == Coding::Mp3 || (step > SAME && step < VORBIS - SAME);
            let lasting = turns && moved;
            lasting.then(|| (self.time_s(b.from), self.time_s(c.from + SPAN)))
        };
        self.seen.windows(4).filter_map(change).collect()
    }

    /// The framing seen most often, and in how many segments.
    fn often(&self) -> Option<(&Seen, usize)> {
        let count = |seen: &Seen| self.seen.iter().filter(|other| self.same(seen, other)).count();
        let most = self.seen.iter().max_by_key(|seen| (count(seen), std::cmp::Reverse(seen.from)));
        most.map(|seen| (seen, count(seen)))
    }

    /// The numbers and curves of this coding.
    fn tell(&self, finding: &mut Finding) {
        let names = names(self.coding);
        finding.value(names.found, "1", self.seen.len() as f64);
        finding.value(names.own, "1", self.own as f64);
        finding.value(names.changes, "1", self.changes().len() as f64);
        if let Some((seen, count)) = self.often() {
            if count >= 2 {
                finding.value(names.offset, "samples", seen.framing.at as f64);
            }
            finding.figures.push(self.over_time());
        }
        let clearest = self.seen.iter().max_by(|a, b| a.framing.z.total_cmp(&b.framing.z));
        finding.figures.extend(clearest.map(|seen| self.curve(seen)));
        for seen in &self.seen {
            for (quantity, unit, value) in
                [(names.offset, "samples", seen.framing.at as f64), (names.z, "1", seen.framing.z)]
            {
                finding.measurements.push(Measurement {
                    quantity,
                    unit,
                    time_s: Some(self.time_s(seen.from)),
                    frame: None,
                    track: None,
                    value,
                });
            }
        }
    }

    /// What there is to say, and nothing in words where nothing is seen.
    fn words(&self, changes: &[(f64, f64)], often: usize) -> (State, Option<Text>) {
        let (n, of) = (self.seen.len(), self.segments);
        let (name, frame) = (self.coding.name(), self.coding.frame());
        let (state, text) = if !changes.is_empty() {
            let list = |to: &str| {
                let place = |(a, b): &(f64, f64)| format!("{a:.1} {to} {b:.1} s");
                changes.iter().take(6).map(place).collect::<Vec<_>>().join("; ")
            };
            let text = Text::measured(
                format!(
                    "The sound was coded as {name} before, and the framing of that coding changes at {}: after it, samples were cut out or put in.",
                    list("to")
                ),
                format!(
                    "Het geluid is eerder als {name} gecodeerd, en de framing van die codering verandert op {}: daarna zijn monsters weggeknipt of ingevoegd.",
                    list("tot")
                ),
            );
            (State::Changes, text)
        } else if n < 2 {
            return (State::NoneSeen, None);
        } else if self.maybe_own {
            let text = Text::new(
                format!(
                    "Frames of {name} are seen in {n} of {of} segments; this file is {name}, and they may be its own."
                ),
                format!(
                    "In {n} van {of} segmenten zijn frames van {name} te zien; dit bestand is {name}, en het kunnen de eigen frames zijn."
                ),
            );
            (State::MaybeOwn, text)
        } else if often * 2 <= n {
            let text = Text::new(
                format!(
                    "Frames of {frame} samples of an earlier coding are seen in {n} of {of} segments, at places that differ: Vorbis leaves that, and so do many joins."
                ),
                format!(
                    "In {n} van {of} segmenten zijn frames van {frame} monsters van een eerdere codering te zien, op plaatsen die verschillen: Vorbis laat dat na, en veel montages ook."
                ),
            );
            (State::Unsteady, text)
        } else {
            let text = Text::new(
                format!(
                    "The sound was coded before in frames of {frame} samples, as {name} does; their place is seen in {n} of {of} segments and does not change lastingly."
                ),
                format!(
                    "Het geluid is eerder gecodeerd in frames van {frame} monsters, zoals {name} doet; hun plaats is in {n} van {of} segmenten te zien en verandert niet blijvend."
                ),
            );
            (State::OneFraming, text)
        };
        (state, Some(text))
    }

    fn over_time(&self) -> Figure {
        let points =
            self.seen.iter().map(|seen| (self.time_s(seen.from), seen.framing.at as f64)).collect();
        Figure::Lines {
            title: Text::new(
                format!("Where frames of an earlier {} coding begin", self.coding.name()),
                format!("Waar frames van een eerdere {}-codering beginnen", self.coding.name()),
            ),
            x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
            y: Axis {
                label: Text::new("place in the frame (samples)", "plaats in het frame (monsters)"),
                range: Some((0.0, self.coding.frame() as f64)),
                log: false,
            },
            series: vec![Series { name: Text::new("framing", "framing"), points }],
        }
    }

    fn curve(&self, seen: &Seen) -> Figure {
        let decibels = 20.0 / std::f64::consts::LN_10;
        let curve = seen.framing.curve.iter().enumerate();
        let points = curve.map(|(at, neper)| (at as f64, neper * decibels)).collect();
        let time = format!("{:.1} s", self.time_s(seen.from));
        Figure::Lines {
            title: Text::measured(
                format!(
                    "Coefficients at each place of a frame of {}, {time}: a dip where frames began",
                    self.coding.name()
                ),
                format!(
                    "Coëfficiënten op elke plaats van een frame van {}, {time}: een dal waar frames begonnen",
                    self.coding.name()
                ),
            ),
            x: Axis {
                label: Text::new("place in the frame (samples)", "plaats in het frame (monsters)"),
                range: Some((0.0, self.coding.frame() as f64)),
                log: false,
            },
            y: Axis {
                label: Text::new("mean size (dB)", "gemiddelde grootte (dB)"),
                ..Axis::default()
            },
            series: vec![Series { name: Text::new("size", "grootte"), points }],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::framing::Framing;

    fn said(places: &[Option<usize>], maybe_own: bool) -> Finding {
        let seen = places.iter().enumerate().filter_map(|(i, at)| {
            let framing = Framing { at: (*at)?, z: 9.0, next_z: 2.0, curve: vec![0.0; 1024] };
            Some(Seen { from: i * SPAN, framing })
        });
        let seen = seen.collect();
        let (rate, segments) = (SPAN as f64, places.len());
        let coding = Coding::Aac;
        say(&[Found { coding, start_s: 0.0, rate, segments, own: 0, maybe_own, seen }])
    }

    fn state(places: &[Option<usize>]) -> String {
        said(places, false).state.unwrap()
    }

    #[test]
    fn a_lasting_change_is_told_and_an_odd_segment_is_not() {
        let places = [Some(5), Some(5), None, Some(6), Some(300), Some(300)];
        let finding = said(&places, false);
        assert_eq!(finding.state.as_deref(), Some("changes"));
        assert!(finding.summary.en.contains("3.0 to 5.0 s"), "{}", finding.summary.en);
        assert!(finding.summary.nl.contains("3,0 tot 5,0 s"), "{}", finding.summary.nl);
        assert_eq!(finding.figures.len(), 2);
        // Frames of the file itself would change with every other framing.
        assert_eq!(said(&places, true).state.unwrap(), "maybe-own");
        let finding = said(&[Some(5), Some(5), Some(700), Some(5), Some(5)], false);
        assert_eq!(finding.state.as_deref(), Some("one-framing"));
        let offset = finding.values.iter().find(|v| v.quantity == "framing_offset");
        assert_eq!(offset.unwrap().value, 5.0);
        assert_eq!(state(&[None, Some(4), None]), "none-seen");
        // Places count around the frame.
        assert_eq!(state(&[Some(0), Some(0), Some(1023), Some(1023)]), "one-framing");
    }

    #[test]
    fn two_codings_are_told_together_and_the_weightier_is_the_state() {
        let found = |coding: Coding, places: &[usize]| Found {
            coding,
            start_s: 0.0,
            rate: SPAN as f64,
            segments: 5,
            own: 0,
            maybe_own: false,
            seen: (0..)
                .zip(places)
                .map(|(i, at)| {
                    let curve = vec![0.0; coding.frame()];
                    let framing = Framing { at: *at, z: 9.0, next_z: 2.0, curve };
                    Seen { from: i * SPAN, framing }
                })
                .collect(),
        };
        let finding = say(&[found(Coding::Aac, &[7, 7, 7]), found(Coding::Mp3, &[5, 5, 69, 69])]);
        // A step of 64 samples is Vorbis's way in AAC's transform, not in MP3's.
        assert_eq!(finding.state.as_deref(), Some("changes"));
        assert!(finding.summary.en.contains("as AAC does"), "{}", finding.summary.en);
        assert!(finding.summary.en.contains("coded as MP3 before"), "{}", finding.summary.en);
        let value = |name: &str| finding.values.iter().find(|v| v.quantity == name).unwrap().value;
        assert_eq!(value("framing_offset"), 7.0);
        assert_eq!(value("mp3_framing_changes"), 1.0);
        let nothing = say(&[found(Coding::Aac, &[]), found(Coding::Mp3, &[])]);
        assert!(nothing.summary.en.contains("AAC or MP3"), "{}", nothing.summary.en);
        assert!(nothing.summary.nl.contains("AAC- of MP3-codering"), "{}", nothing.summary.nl);
        // Places count around the granule.
        let around = say(&[found(Coding::Mp3, &[0, 0, 575, 575])]);
        assert_eq!(around.state.as_deref(), Some("one-framing"));
    }

    #[test]
    fn what_vorbis_leaves_is_no_change() {
        // Seen in sound through libvorbis at 48 kbit/s.
        let places = [192, 192, 64, 576, 320, 704, 704].map(Some);
        assert_eq!(state(&places), "unsteady");
        assert_eq!(state(&[192, 192, 704, 704].map(Some)), "unsteady");
    }
}
