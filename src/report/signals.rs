//! Measurements over time, one signal for each quantity and face track.

use std::collections::HashMap;

use super::Report;
use crate::checks::{Figure, Measurement};
use crate::plot::Track;
use crate::text::Lang;

/// A quantity over time, summed up.
pub struct Signal<'a> {
    pub quantity: &'a str,
    pub unit: &'a str,
    pub track: Option<u32>,
    pub count: usize,
    pub low: f64,
    pub median: f64,
    pub high: f64,
    pub high_at: Option<f64>,
}

/// One line for each quantity and track that was measured more than once, in
/// order of appearance: of a single number there is no lowest and highest.
/// Non-finite values are counted but have no place in the order.
pub fn signals(measurements: &[Measurement]) -> Vec<Signal<'_>> {
    let mut order: Vec<(&Measurement, Vec<&Measurement>)> = Vec::new();
    let mut places: HashMap<(&str, Option<u32>), usize> = HashMap::new();
    for m in measurements {
        let place = *places.entry((m.quantity, m.track)).or_insert_with(|| {
            order.push((m, Vec::new()));
            order.len() - 1
        });
        if let Some((_, all)) = order.get_mut(place) {
            all.push(m);
        }
    }
    order
        .into_iter()
        .filter(|(_, all)| all.len() > 1)
        .map(|(first, all)| {
            let mut sorted: Vec<&Measurement> =
                all.iter().copied().filter(|m| m.value.is_finite()).collect();
            // Stable: of equal values the earliest stays first.
            sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
            let of = |m: Option<&&Measurement>| m.map_or(f64::NAN, |m| m.value);
            let half = sorted.len() / 2;
            let median = if sorted.len() % 2 == 1 {
                of(sorted.get(half))
            } else {
                (of(half.checked_sub(1).and_then(|i| sorted.get(i))) + of(sorted.get(half))) / 2.0
            };
            let high = of(sorted.last());
            Signal {
                quantity: first.quantity,
                unit: first.unit,
                track: first.track,
                count: all.len(),
                low: of(sorted.first()),
                median,
                high,
                high_at: sorted.iter().find(|m| m.value == high).and_then(|m| m.time_s),
            }
        })
        .collect()
}

/// Every quantity that has times, one signal for each face track, with the
/// number of signals of the same check before it.
pub fn tracks(report: &Report) -> Vec<(usize, Track)> {
    let mut tracks: Vec<(usize, Track)> = Vec::new();
    let mut places: HashMap<(&str, &str, Option<u32>), usize> = HashMap::new();
    for checked in &report.checks {
        let before = tracks.len();
        for m in &checked.finding.measurements {
            let Some(time) = m.time_s else { continue };
            let key = (checked.name.as_str(), m.quantity, m.track);
            let place = *places.entry(key).or_insert_with(|| {
                let unit = if m.unit == "1" { String::new() } else { format!(" ({})", m.unit) };
                let face = match (m.track, report.lang) {
                    (None, _) => String::new(),
                    (Some(n), Lang::En) => format!(", face {n}"),
                    (Some(n), Lang::Nl) => format!(", gezicht {n}"),
                };
                let name = format!("{}: {}{unit}{face}", checked.name, m.quantity);
                tracks.push((tracks.len() - before, Track { name, points: Vec::new() }));
                tracks.len() - 1
            });
            if let Some((_, track)) = tracks.get_mut(place) {
                track.points.push((time, m.value));
            }
        }
    }
    tracks
}

/// Seconds of the pictures in the report, in order.
pub fn marks(report: &Report) -> Vec<f64> {
    let pictures = report.checks.iter().flat_map(|c| &c.finding.figures);
    let mut marks: Vec<f64> = pictures
        .filter_map(|figure| match figure {
            Figure::Picture { time_s, .. } => *time_s,
            _ => None,
        })
        .collect();
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    marks
}

/// Whether there is anything to show over time.
pub fn over_time(report: &Report) -> bool {
    let mut all = report.checks.iter().flat_map(|c| &c.finding.measurements);
    let first = all.find_map(|m| m.time_s);
    first.is_some_and(|first| all.any(|m| m.time_s.is_some_and(|t| t != first)))
}

/// At most `most` of `tracks`, in their order: of every check the first signal
/// before of any check the second, so that a crowd of faces in one check hides
/// no other check.
pub fn share(tracks: Vec<(usize, Track)>, most: usize) -> Vec<Track> {
    let mut ranks: Vec<usize> = tracks.iter().map(|t| t.0).collect();
    ranks.sort_unstable();
    let last = ranks.get(most).copied().unwrap_or(usize::MAX);
    let mut spare = most - ranks.iter().take(most).filter(|&&rank| rank < last).count();
    let mut keep = |rank: usize| {
        let tie = rank == last && spare > 0;
        spare -= usize::from(tie);
        rank < last || tie
    };
    tracks.into_iter().filter(|t| keep(t.0)).map(|t| t.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_gets_its_share_of_the_time_line() {
        let check = |name: &'static str, count: usize| {
            (0..count).map(move |i| (i, Track { name: format!("{name}{i}"), points: vec![] }))
        };
        let tracks = || check("a", 9).chain(check("b", 1)).chain(check("c", 3)).collect();
        let names = |most| share(tracks(), most).into_iter().map(|t| t.name).collect::<Vec<_>>();
        assert_eq!(names(6), ["a0", "a1", "a2", "b0", "c0", "c1"]);
        assert_eq!(names(2), ["a0", "b0"]);
        assert_eq!(names(99).len(), 13);
    }
}
