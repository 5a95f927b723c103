//! What is said of the framings.

use super::super::finding::{Axis, Series};
use super::super::{Figure, Finding, Measurement, Status};
use super::Seen;
use crate::signal::mdct::{FRAME, SPAN};
use crate::text::Text;

/// Places of one framing may differ by this much: the peak is one sample wide.
const SAME: usize = 1;
/// Vorbis's frames move by multiples of this: a quarter of its short block of 256.
const VORBIS: usize = 64;

/// What was found, the file's own frames put aside.
pub struct Found {
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

/// Distance of two places, around the frame.
pub fn apart(a: usize, b: usize) -> usize {
    a.abs_diff(b).min(FRAME - a.abs_diff(b))
}

fn same(a: &Seen, b: &Seen) -> bool {
    apart(a.framing.at, b.framing.at) <= SAME
}

impl Found {
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
            let turns = same(a, b) && same(c, d) && !same(b, c);
            // Vorbis's own way of moving.
            let step = apart(b.framing.at, c.framing.at) % VORBIS;
            let lasting = turns && step > SAME && step < VORBIS - SAME;
            lasting.then(|| (self.time_s(b.from), self.time_s(c.from + SPAN)))
        };
        self.seen.windows(4).filter_map(change).collect()
    }

    /// The framing seen most often, and in how many segments.
    fn often(&self) -> Option<(&Seen, usize)> {
        let count = |seen: &Seen| self.seen.iter().filter(|other| same(seen, other)).count();
        let most = self.seen.iter().max_by_key(|seen| (count(seen), std::cmp::Reverse(seen.from)));
        most.map(|seen| (seen, count(seen)))
    }

    /// The finding.
    pub fn say(&self) -> Finding {
        let changes = self.changes();
        let often = self.often();
        let (state, summary) = self.words(&changes, often.map_or(0, |(_, count)| count));
        let mut finding = Finding::new(Status::Derived, summary);
        finding.state = Some(state.to_owned());
        finding.value("segments", "1", self.segments as f64);
        finding.value("framings_found", "1", self.seen.len() as f64);
        finding.value("own_framings", "1", self.own as f64);
        finding.value("framing_changes", "1", changes.len() as f64);
        if let Some((seen, count)) = often {
            if count >= 2 {
                finding.value("framing_offset", "samples", seen.framing.at as f64);
            }
            finding.figures.push(self.over_time());
        }
        let clearest = self.seen.iter().max_by(|a, b| a.framing.z.total_cmp(&b.framing.z));
        finding.figures.extend(clearest.map(|seen| self.curve(seen)));
        for seen in &self.seen {
            for (quantity, unit, value) in [
                ("framing_offset", "samples", seen.framing.at as f64),
                ("framing_z", "1", seen.framing.z),
            ] {
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
        finding
    }

    fn words(&self, changes: &[(f64, f64)], often: usize) -> (&'static str, Text) {
        let (n, of) = (self.seen.len(), self.segments);
        if !changes.is_empty() {
            let list = |to: &str| {
                let place = |(a, b): &(f64, f64)| format!("{a:.1} {to} {b:.1} s");
                changes.iter().take(6).map(place).collect::<Vec<_>>().join("; ")
            };
            let text = Text::measured(
                format!(
                    "The sound was coded as AAC before, and the framing of that coding changes at {}: after it, samples were cut out or put in.",
                    list("to")
                ),
                format!(
                    "Het geluid is eerder als AAC gecodeerd, en de framing van die codering verandert op {}: daarna zijn monsters weggeknipt of ingevoegd.",
                    list("tot")
                ),
            );
            return ("changes", text);
        }
        if n < 2 {
            let text = Text::new(
                format!(
                    "No framing of an earlier AAC coding is seen in {of} segments. Many treatments remove it."
                ),
                format!(
                    "In {of} segmenten is geen framing van een eerdere AAC-codering te zien. Veel bewerkingen nemen haar weg."
                ),
            );
            return ("none-seen", text);
        }
        if self.maybe_own {
            let text = Text::new(
                format!(
                    "Frames of AAC are seen in {n} of {of} segments; this file is AAC, and they may be its own."
                ),
                format!(
                    "In {n} van {of} segmenten zijn frames van AAC te zien; dit bestand is AAC, en het kunnen de eigen frames zijn."
                ),
            );
            return ("maybe-own", text);
        }
        if often * 2 <= n {
            let text = Text::new(
                format!(
                    "Frames of an earlier coding are seen in {n} of {of} segments, at places that differ: Vorbis leaves that, and so do many joins."
                ),
                format!(
                    "In {n} van {of} segmenten zijn frames van een eerdere codering te zien, op plaatsen die verschillen: Vorbis laat dat na, en veel montages ook."
                ),
            );
            return ("unsteady", text);
        }
        let text = Text::new(
            format!(
                "The sound was coded before in frames of 1024 samples, as AAC does; their place is seen in {n} of {of} segments and does not change lastingly."
            ),
            format!(
                "Het geluid is eerder gecodeerd in frames van 1024 monsters, zoals AAC doet; hun plaats is in {n} van {of} segmenten te zien en verandert niet blijvend."
            ),
        );
        ("one-framing", text)
    }

    fn over_time(&self) -> Figure {
        let points =
            self.seen.iter().map(|seen| (self.time_s(seen.from), seen.framing.at as f64)).collect();
        Figure::Lines {
            title: Text::new(
                "Where frames of an earlier coding begin",
                "Waar frames van een eerdere codering beginnen",
            ),
            x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
            y: Axis {
                label: Text::new("place in the frame (samples)", "plaats in het frame (monsters)"),
                range: Some((0.0, FRAME as f64)),
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
                format!("Coefficients at each place of a frame, {time}: a dip where frames began"),
                format!(
                    "Coëfficiënten op elke plaats van een frame, {time}: een dal waar frames begonnen"
                ),
            ),
            x: Axis {
                label: Text::new("place in the frame (samples)", "plaats in het frame (monsters)"),
                range: Some((0.0, FRAME as f64)),
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
    use crate::signal::mdct::Framing;

    fn said(places: &[Option<usize>], maybe_own: bool) -> Finding {
        let seen = places.iter().enumerate().filter_map(|(i, at)| {
            let framing = Framing { at: (*at)?, z: 9.0, next_z: 2.0, curve: vec![0.0; FRAME] };
            Some(Seen { from: i * SPAN, framing })
        });
        let seen = seen.collect();
        let (rate, segments) = (SPAN as f64, places.len());
        Found { start_s: 0.0, rate, segments, own: 0, maybe_own, seen }.say()
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
    fn what_vorbis_leaves_is_no_change() {
        // Seen in sound through libvorbis at 48 kbit/s.
        let places = [192, 192, 64, 576, 320, 704, 704].map(Some);
        assert_eq!(state(&places), "unsteady");
        assert_eq!(state(&[192, 192, 704, 704].map(Some)), "unsteady");
    }
}
