//! All signals over the clip: stacked curves on one time axis.

use super::axis::Scale;
use super::canvas::{Anchor, sheet};
use super::lines::{MOST_POINTS, colour, curve};
use super::number::number;
use super::style::{GRID, INK, MUTED, STROKE, WIDTH};
use crate::Result;
use crate::text::Lang;

/// Height of one signal's strip: its name above, its curve below.
const STRIP: i32 = 118;
/// The same when there are many: sixteen fit on a printed page.
const LOW_STRIP: i32 = 86;
/// From how many signals on the strips are low.
const MANY: usize = 9;
/// Height of a signal's name.
const NAME: i32 = 38;
/// Space between strips.
const GAP: i32 = 14;

/// One signal over time.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// Name with unit.
    pub name: String,
    /// Seconds and value; a non-finite value interrupts the curve.
    pub points: Vec<(f64, f64)>,
}

/// Draws `tracks` over `duration_s` seconds, each on a scale of its own, with
/// a vertical line at each of `marks` (seconds).
///
/// # Errors
///
/// Only when plotters fails.
pub fn timeline(tracks: &[Track], duration_s: f64, marks: &[f64], lang: Lang) -> Result<String> {
    let times = || tracks.iter().flat_map(|t| t.points.iter().map(|p| p.0));
    let first = times().filter(|t| t.is_finite()).fold(0.0, f64::min);
    let last = times().filter(|t| t.is_finite()).fold(0.0, f64::max).max(duration_s);
    let (left, right, top) = (150, WIDTH - 64, 12);
    let across = Scale::new([first, last].into_iter(), None, false).onto(left, right);
    let count = i32::try_from(tracks.len()).unwrap_or(i32::MAX / 1000).clamp(1, 1000);
    let strip = if tracks.len() < MANY { STRIP } else { LOW_STRIP };
    let bottom = top + count * (strip + GAP);
    let (title, axis) = match lang {
        Lang::En => ("Time line", "time (s)"),
        Lang::Nl => ("Tijdlijn", "tijd (s)"),
    };
    let axis = if last - first < 100.0 { axis } else { axis.trim_end_matches(" (s)") };
    let desc = describe(tracks, marks, lang);
    sheet((WIDTH, bottom + 96), title, &desc, "", |sheet| {
        let ticks = across.time_ticks(8, lang);
        for (value, label) in &ticks {
            if let Some(x) = across.at(*value) {
                sheet.line(vec![(x, top), (x, bottom)], GRID, 2)?;
                sheet.text(label, (x, bottom + 12), Anchor::Top, MUTED)?;
            }
        }
        for x in marks.iter().filter_map(|&m| across.at(m)) {
            sheet.line(vec![(x, top), (x, bottom)], MUTED, 2)?;
        }
        let buckets = MOST_POINTS / 2 / tracks.len().max(1);
        let mut y = top;
        for (i, track) in tracks.iter().enumerate() {
            let (strip_top, strip_bottom) = (y + NAME, y + strip);
            let up = Scale::new(track.points.iter().map(|p| p.1), None, false);
            let (low, high) = range(track);
            let up = up.onto(strip_bottom - 4, strip_top + 4);
            let name = sheet.fitted(&track.name, right - left)?;
            sheet.text(&name, (left, y + 20), Anchor::Left, INK)?;
            sheet.line(vec![(left, strip_bottom), (right, strip_bottom)], GRID, 2)?;
            if low < high {
                sheet.text(
                    &number(high, lang),
                    (left - 14, strip_top + 8),
                    Anchor::Right,
                    MUTED,
                )?;
                sheet.text(
                    &number(low, lang),
                    (left - 14, strip_bottom - 8),
                    Anchor::Right,
                    MUTED,
                )?;
            } else if low == high {
                let middle = (strip_top + strip_bottom) / 2;
                sheet.text(&number(low, lang), (left - 14, middle), Anchor::Right, MUTED)?;
            }
            let points = track.points.iter().map(|&(t, v)| across.at(t).zip(up.at(v)));
            curve(sheet, points, (left, right), buckets, colour(i), STROKE)?;
            y += strip + GAP;
        }
        sheet.line(vec![(left, bottom), (right, bottom)], MUTED, 2)?;
        sheet.text(axis, ((left + right) / 2, bottom + 54), Anchor::Top, INK)
    })
}

fn range(track: &Track) -> (f64, f64) {
    let finite = track.points.iter().map(|p| p.1).filter(|v| v.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
}

/// The time line in words.
fn describe(tracks: &[Track], marks: &[f64], lang: Lang) -> String {
    let mut out = String::new();
    for track in tracks {
        let (low, high) = range(track);
        let (low, high) = (number(low, lang), number(high, lang));
        let (name, n) = (&track.name, track.points.len());
        out.push_str(&match lang {
            Lang::En => format!("{name}: {n} values from {low} to {high}. "),
            Lang::Nl => format!("{name}: {n} waarden van {low} tot {high}. "),
        });
    }
    if !marks.is_empty() {
        let times: Vec<String> = marks.iter().take(50).map(|&m| number(m, lang)).collect();
        out.push_str(match lang {
            Lang::En => "Vertical lines, of frames shown in this report, at (s): ",
            Lang::Nl => "Verticale lijnen, van in dit rapport getoonde beelden, bij (s): ",
        });
        out.push_str(&times.join("; "));
        out.push('.');
    }
    out.trim_end().to_owned()
}
