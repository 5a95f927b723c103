//! All signals over the clip: a drawing for paper and for readers without
//! script, and over it a time line to zoom, point at and walk along by key.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::Page;
use crate::checks::Figure;
use crate::plot::{Track, timeline};
use crate::report::{Report, label, signals};
use crate::text::visible;
use crate::{Error, Result};

/// The script that makes the time line live; allowed by its digest alone.
pub const SCRIPT: &str = include_str!("timeline.js");

/// Most signals on the drawing; the others are counted.
const MOST_TRACKS: usize = 16;
/// Most signals to choose from on the live time line.
const MOST_LIVE: usize = 96;
/// Most values it holds, all signals together: about 600 kB.
const MOST_VALUES: usize = 40_000;
/// Signals shown before the reader chooses.
const FIRST: usize = 10;

/// What the script is given.
#[derive(Serialize)]
struct Data<'a> {
    from: f64,
    to: f64,
    tracks: Vec<Signal>,
    /// Places of the signals shown first.
    first: Vec<usize>,
    frames: Vec<Frame>,
    words: Words<'a>,
}

#[derive(Serialize)]
struct Signal {
    name: String,
    t: Vec<f64>,
    v: Vec<Option<f64>>,
}

/// A picture of the report that has a time.
#[derive(Serialize)]
struct Frame {
    t: f64,
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Words<'a> {
    slider: &'a str,
    closer: &'a str,
    wider: &'a str,
    whole: &'a str,
    before: &'a str,
    after: &'a str,
    signal: &'a str,
    value: &'a str,
    at: &'a str,
    choose: &'a str,
    keys: &'a str,
    frame: &'a str,
    none: &'a str,
}

impl Page<'_> {
    pub(super) fn timeline(&self) -> Result<Markup> {
        let report = self.report;
        if !signals::over_time(report) {
            return Ok(html! {});
        }
        let tracks = signals::tracks(report);
        let total = tracks.len();
        let data = self.data(tracks.clone())?;
        let marks = signals::marks(report);
        let shown = signals::share(tracks, MOST_TRACKS);
        let duration = report.exhibit.duration_s.unwrap_or(0.0);
        let svg = timeline(&shown, duration, &marks, self.lang)?;
        Ok(html! {
            section #timeline {
                h2 { (self.t(label::TIMELINE)) }
                p { (self.t(label::TIMELINE_WHY)) }
                div.tl-static {
                    div.plot { (PreEscaped(svg)) }
                    (self.cut(total, MOST_TRACKS))
                }
                script #timeline-data type="application/json" { (PreEscaped(data)) }
            }
        })
    }

    fn data(&self, tracks: Vec<(usize, Track)>) -> Result<String> {
        let report = self.report;
        let first = signals::share(
            tracks
                .iter()
                .map(|(rank, t)| (*rank, Track { name: t.name.clone(), points: vec![] }))
                .collect(),
            FIRST,
        );
        let tracks = signals::share(tracks, MOST_LIVE);
        let times = || tracks.iter().flat_map(|t| t.points.iter().map(|p| p.0));
        let times = || times().filter(|t| t.is_finite());
        let from = times().fold(0.0, f64::min);
        let to = times().fold(0.0, f64::max).max(report.exhibit.duration_s.unwrap_or(0.0));
        let most = (MOST_VALUES / tracks.len().max(1)).max(64);
        let t = |label: label::Label| label.get(self.lang);
        let places = tracks.iter().enumerate();
        let data = Data {
            from,
            to,
            first: places
                .filter(|(_, track)| first.iter().any(|f| f.name == track.name))
                .map(|(i, _)| i)
                .collect(),
            frames: frames(report),
            words: Words {
                slider: t(label::TL_SLIDER),
                closer: t(label::TL_CLOSER),
                wider: t(label::TL_WIDER),
                whole: t(label::TL_WHOLE),
                before: t(label::TL_BEFORE),
                after: t(label::TL_AFTER),
                signal: t(label::TL_SIGNAL),
                value: t(label::VALUE),
                at: t(label::TL_AT),
                choose: t(label::TL_CHOOSE),
                keys: t(label::TL_KEYS),
                frame: t(label::TL_FRAME),
                none: t(label::TL_NONE),
            },
            tracks: tracks.iter().map(|track| signal(track, most)).collect(),
        };
        let text = serde_json::to_string(&data).map_err(|e| Error::compute("time line", e))?;
        // Inside a script element only `<` could end it or open a comment.
        Ok(text.replace('<', "\\u003c"))
    }
}

/// The pictures with a time, in its order, with the figure's anchor: counted
/// as the page counts figures.
fn frames(report: &Report) -> Vec<Frame> {
    let mut number = 0;
    let mut frames = Vec::new();
    let figures = report.sections().into_iter().flat_map(|checked| &checked.finding.figures);
    for figure in figures.filter(|f| !matches!(f, Figure::Table { .. } | Figure::Words { .. })) {
        number += 1;
        if let Figure::Picture { time_s: Some(t), title, .. } = figure
            && t.is_finite()
        {
            let word = label::FIGURE.get(report.lang);
            let name = format!("{word} {number}: {}", visible(title.get(report.lang)));
            frames.push(Frame { t: *t, id: format!("figure-{number}"), name });
        }
    }
    frames.sort_by(|a, b| a.t.total_cmp(&b.t));
    frames
}

/// A signal with about `most` values at most: of a longer one the lowest and
/// the highest of each stretch, so that no peak is lost; every value shown is
/// one that was measured.
fn signal(track: &Track, most: usize) -> Signal {
    let mut points: Vec<(f64, f64)> =
        track.points.iter().copied().filter(|p| p.0.is_finite()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let kept: Vec<(f64, f64)> = if points.len() <= most {
        points
    } else {
        points.chunks(points.len().div_ceil(most / 2).max(1)).flat_map(ends).collect()
    };
    Signal {
        name: visible(&track.name),
        t: kept.iter().map(|p| rounded(p.0)).collect(),
        v: kept.iter().map(|p| p.1.is_finite().then(|| rounded(p.1))).collect(),
    }
}

/// The lowest and the highest point of a stretch in order of time; a gap stays
/// one.
fn ends(stretch: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let finite = || stretch.iter().enumerate().filter(|(_, p)| p.1.is_finite());
    let low = finite().min_by(|a, b| a.1.1.total_cmp(&b.1.1)).map(|(i, _)| i);
    let high = finite().max_by(|a, b| a.1.1.total_cmp(&b.1.1)).map(|(i, _)| i);
    let mut places: Vec<usize> = low.into_iter().chain(high).collect();
    if finite().count() < stretch.len() {
        places.extend(stretch.iter().position(|p| !p.1.is_finite()));
    }
    places.sort_unstable();
    places.dedup();
    places.into_iter().filter_map(|i| stretch.get(i).copied()).collect()
}

/// Six significant digits: more than a screen can show.
fn rounded(v: f64) -> f64 {
    format!("{v:.5e}").parse().unwrap_or(v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_signal_keeps_its_peak_and_its_gap() {
        let points = (0..10_000).map(|i| {
            let v = match i {
                1234 => 9.0,
                5000..5200 => f64::NAN,
                _ => f64::from(i % 2),
            };
            (f64::from(i), v)
        });
        let long = signal(&Track { name: "a".into(), points: points.collect() }, 500);
        assert!((400..900).contains(&long.t.len()), "{}", long.t.len());
        assert!(long.t.iter().zip(&long.v).any(|(t, v)| *t == 1234.0 && *v == Some(9.0)));
        assert!(long.v.contains(&None) && long.t.is_sorted());
        let short = Track {
            name: "<b>\u{202e}".into(),
            points: vec![(0.0, 1.0 / 3.0), (1.0, f64::INFINITY)],
        };
        let short = signal(&short, 500);
        assert_eq!(
            (short.name.as_str(), &short.v[..]),
            ("<b>⟨U+202E⟩", &[Some(0.333333), None][..])
        );
    }
}
