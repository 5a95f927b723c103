//! Curves over a common axis.

use plotters::style::RGBColor;

use super::axis::Scale;
use super::canvas::{Anchor, Sheet, sheet};
use super::number::number;
use super::style::{GRID, INK, MUTED, PALETTE, STROKE, Size};
use crate::Result;
use crate::checks::finding::{Axis, Series};
use crate::text::{Lang, Text};

/// Most points drawn in one plot, all curves together: about 200 kB of SVG.
pub const MOST_POINTS: usize = 20_000;

/// Characters that fit beside another name in the legend of a narrow plot.
const LONG_NAME: usize = 15;

/// Most curves drawn in one plot; more could not be told apart.
const MOST_SERIES: usize = 14;

pub fn draw(
    title: &Text,
    x: &Axis,
    y: &Axis,
    series: &[Series],
    lang: Lang,
    room: Size,
) -> Result<String> {
    let shown = series.get(..series.len().min(MOST_SERIES)).unwrap_or_default();
    let xs = || shown.iter().flat_map(|s| s.points.iter().map(|p| p.0));
    let ys = || shown.iter().flat_map(|s| s.points.iter().map(|p| p.1));
    // A narrow plot of few curves with long names gives each a row.
    let long = |s: &Series| s.name.get(lang).chars().count() > LONG_NAME;
    let room = match shown.len() < 5 && room.names < 3 && shown.iter().any(long) {
        true => Size { names: 1, ..room },
        false => room,
    };
    let rows = legend_rows(shown.len(), room);
    let (left, right) = (150, room.width - 40);
    let (top, bottom) = (56 + 40 * rows, room.height + 40 * rows - 96);
    let across = Scale::new(xs(), x.range, x.log).onto(left, right);
    let up = Scale::new(ys(), y.range, y.log);
    let up = if y.range.is_some() { up } else { up.padded(0.05) }.onto(bottom, top);
    let desc = describe(x, y, series, shown.len(), lang);
    sheet((room.width, room.height + 40 * rows), title.get(lang), &desc, "", |sheet| {
        legend(sheet, shown, lang, (left, right), room)?;
        let frame = [(left, top), (right, bottom)];
        axes(sheet, frame, (&across, &up), (x, y), true, lang, room)?;
        let buckets = MOST_POINTS / 2 / shown.len().max(1);
        for (i, s) in shown.iter().enumerate() {
            // The axes clamp; a curve is interrupted where it leaves them.
            let points = s.points.iter().map(|&(a, b)| {
                let inside = across.holds(a) && up.holds(b);
                if inside { across.at(a).zip(up.at(b)) } else { None }
            });
            curve(sheet, points, (left, right), buckets, colour(i), stroke(i))?;
        }
        Ok(())
    })
}

/// The colour of the `i`-th curve.
pub fn colour(i: usize) -> RGBColor {
    PALETTE[i % PALETTE.len()]
}

/// Curves beyond the palette repeat its colours with a heavier stroke.
fn stroke(i: usize) -> u32 {
    if i < PALETTE.len() { STROKE } else { 3 * STROKE }
}

/// Draws a curve through `points`, interrupted at each `None`. Runs with more
/// points than `buckets` allow are drawn by the lowest and highest point of
/// each bucket of columns, so that no peak is lost.
pub fn curve(
    sheet: &Sheet<'_>,
    points: impl Iterator<Item = Option<(i32, i32)>>,
    (left, right): (i32, i32),
    buckets: usize,
    colour: RGBColor,
    width: u32,
) -> Result<()> {
    let columns = usize::try_from(right - left).unwrap_or(1).max(1);
    let per = columns.div_ceil(buckets.clamp(1, columns)).max(2);
    for run in runs(points) {
        let kept = thinned(&run, per);
        match kept.as_slice() {
            [(x, y)] => sheet.fill([(x - 4, y - 4), (x + 4, y + 4)], colour)?,
            _ => sheet.line(kept, colour, width)?,
        }
    }
    Ok(())
}

/// Unbroken runs of points. Of more than [`MOST_RUNS`] only the first are kept
/// apart; the rest become one, so that a signal broken at every other sample
/// stays bounded too.
fn runs(points: impl Iterator<Item = Option<(i32, i32)>>) -> Vec<Vec<(i32, i32)>> {
    const MOST_RUNS: usize = 1000;
    let mut runs: Vec<Vec<(i32, i32)>> = Vec::new();
    let mut open = false;
    for point in points {
        match point {
            None => open = false,
            Some(point) => {
                let continued = open || runs.len() >= MOST_RUNS;
                match runs.last_mut().filter(|_| continued) {
                    Some(run) => run.push(point),
                    None => runs.push(vec![point]),
                }
                open = true;
            }
        }
    }
    runs
}

/// The first, lowest, highest and last point of every `per` columns, in order.
fn thinned(run: &[(i32, i32)], per: usize) -> Vec<(i32, i32)> {
    let per = i32::try_from(per).unwrap_or(i32::MAX);
    let forward = run.windows(2).all(|w| w[0].0 <= w[1].0);
    if !forward {
        // Not a function of x (a trajectory): every k-th point.
        let step = run.len().div_ceil(2000).max(1);
        return run.iter().step_by(step).copied().collect();
    }
    let mut kept: Vec<(i32, i32)> = Vec::new();
    for bucket in run.chunk_by(|a, b| a.0.div_euclid(per) == b.0.div_euclid(per)) {
        let low = bucket.iter().enumerate().min_by_key(|(_, p)| p.1).map_or(0, |(i, _)| i);
        let high = bucket.iter().enumerate().max_by_key(|(_, p)| p.1).map_or(0, |(i, _)| i);
        for i in [low.min(high), low.max(high)] {
            let point = bucket[i];
            if kept.last() != Some(&point) {
                kept.push(point);
            }
        }
    }
    kept
}

/// Lines, marks and labels of a plot with two axes; the `grid` runs through the
/// plot, or else the marks stand outside it.
pub fn axes(
    sheet: &Sheet<'_>,
    [(left, top), (right, bottom)]: [(i32, i32); 2],
    (across, up): (&Scale, &Scale),
    (x, y): (&Axis, &Axis),
    grid: bool,
    lang: Lang,
    room: Size,
) -> Result<()> {
    for (value, label) in across.ticks(room.ticks.0, lang) {
        if let Some(at) = across.at(value) {
            let (from, colour) = if grid { (top, GRID) } else { (bottom + 8, MUTED) };
            sheet.line(vec![(at, from), (at, bottom)], colour, 2)?;
            sheet.text(&label, (at, bottom + 12), Anchor::Top, MUTED)?;
        }
    }
    for (value, label) in up.ticks(room.ticks.1, lang) {
        if let Some(at) = up.at(value) {
            let (to, colour) = if grid { (right, GRID) } else { (left - 8, MUTED) };
            sheet.line(vec![(left, at), (to, at)], colour, 2)?;
            sheet.text(&label, (left - 14, at), Anchor::Right, MUTED)?;
        }
    }
    sheet.line(vec![(left, top), (left, bottom), (right, bottom)], MUTED, 2)?;
    let label = sheet.fitted(x.label.get(lang), right - left)?;
    sheet.text(&label, ((left + right) / 2, bottom + 54), Anchor::Top, INK)?;
    // Above its axis rather than along it: there is room, and it reads upright.
    let label = sheet.fitted(y.label.get(lang), room.width - 20)?;
    sheet.text(&label, (10, top - 32), Anchor::Left, INK)
}

fn legend_rows(series: usize, room: Size) -> i32 {
    if series < 2 { 0 } else { i32::try_from(series.div_ceil(room.names)).unwrap_or(1) }
}

/// The legend: above the plot, some names a row; none for a single curve.
fn legend(
    sheet: &Sheet<'_>,
    series: &[Series],
    lang: Lang,
    (left, right): (i32, i32),
    room: Size,
) -> Result<()> {
    if series.len() < 2 {
        return Ok(());
    }
    let whole = |n: usize| i32::try_from(n).unwrap_or(1);
    // In a narrow plot the names need the room beside the axis too.
    let left = if room.names < 3 { 20 } else { left };
    let column = (right - left) / whole(room.names);
    for (i, s) in series.iter().enumerate() {
        let (col, row) = (whole(i % room.names), whole(i / room.names));
        let (x, y) = (left + col * column, 20 + 40 * row);
        sheet.line(vec![(x, y), (x + 44, y)], colour(i), stroke(i) + 3)?;
        let name = sheet.fitted(s.name.get(lang), column - 80)?;
        sheet.text(&name, (x + 56, y), Anchor::Left, INK)?;
    }
    Ok(())
}

/// The plot in words.
fn describe(x: &Axis, y: &Axis, series: &[Series], shown: usize, lang: Lang) -> String {
    let or = |en: &'static str, nl: &'static str| if lang == Lang::En { en } else { nl };
    let mut out = format!("{} — {}.", x.label.get(lang), y.label.get(lang));
    for s in series.iter().take(shown) {
        let finite = || s.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite());
        let (low, high) =
            finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| (a.min(p.1), b.max(p.1)));
        out.push_str(&format!(
            " {}: {} {}, {} {} {} {}.",
            s.name.get(lang),
            finite().count(),
            or("points", "punten"),
            or("from", "van"),
            number(low, lang),
            or("to", "tot"),
            number(high, lang)
        ));
    }
    if shown < series.len() {
        out.push_str(&format!(
            " {} {}.",
            series.len() - shown,
            or("further curves are not drawn", "verdere krommen zijn niet getekend")
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_interrupt_and_thinning_keeps_peaks() {
        let run: Vec<_> =
            (0..10_000).map(|i| (i / 100, if i == 5_050 { 900 } else { 10 })).collect();
        let kept = thinned(&run, 2);
        assert!(kept.len() <= 2 * 51 && kept.contains(&(50, 900)));
        let points = [Some((0, 0)), Some((1, 1)), None, Some((3, 3))];
        assert_eq!(runs(points.into_iter()), [vec![(0, 0), (1, 1)], vec![(3, 3)]]);
    }

    #[test]
    fn a_broken_signal_stays_bounded() {
        let points = (0..100_000).map(|i| (i % 2 == 0).then_some((i / 100, 5)));
        assert!(runs(points).len() <= 1000);
    }
}
