//! A matrix of numbers as colours, with their scale beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ImageEncoder as _;

use super::axis::Scale;
use super::canvas::{Anchor, sheet};
use super::lines::axes;
use super::number::number;
use super::style::{MUTED, Size, VOID, viridis};
use crate::checks::finding::Axis;
use crate::text::{Lang, Text};
use crate::{Error, Result};

/// Most cells drawn in each direction: as many as the plot has units.
const MOST_CELLS: usize = 1024;

/// What is drawn.
pub struct Heat<'a> {
    pub title: &'a Text,
    /// Columns and rows.
    pub size: (usize, usize),
    pub values: &'a [f32],
    pub x: &'a Axis,
    pub y: &'a Axis,
    pub scale: &'a Text,
}

pub fn draw(heat: &Heat<'_>, lang: Lang, room: Size) -> Result<String> {
    let (columns, rows) = heat.size;
    if columns == 0 || rows == 0 || columns.checked_mul(rows) != Some(heat.values.len()) {
        return Err(Error::compute("heat map", "the values do not fit its size"));
    }
    let finite = || heat.values.iter().filter(|v| v.is_finite());
    let limits = limits(finite().copied());
    // The plot keeps the matrix's proportions within reason: spectra are
    // square, spectrograms wide.
    let aspect = (rows as f64 / columns as f64).clamp(0.25, 1.5);
    let width = f64::from(room.width - 380).min(room.map / aspect).round() as i32;
    let (left, top) = (150, 56);
    let (right, bottom) = (left + width, top + (f64::from(width) * aspect).round() as i32);
    let frame = [(left, top), (right, bottom)];
    let picture = format!(
        "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         image-rendering=\"pixelated\" href=\"data:image/png;base64,{}\"/>\n{}",
        right - left,
        bottom - top,
        STANDARD.encode(paint(heat, limits.shown)?),
        bar(right + 40, top, bottom),
    );
    let across = edges(heat.x, columns, (left, right));
    let up = edges(heat.y, rows, (top, bottom));
    let desc = describe(heat, &limits, lang);
    sheet((room.width, bottom + 96), heat.title.get(lang), &desc, &picture, |sheet| {
        axes(sheet, frame, (&across, &up), (heat.x, heat.y), false, lang, room)?;
        let key = Scale::new(std::iter::empty(), Some(limits.shown), false).onto(bottom, top);
        let mut widest = 0;
        for (value, label) in &key.ticks(room.ticks.1.min(5), lang) {
            widest = widest.max(sheet.width(label)?);
            if let Some(at) = key.at(*value) {
                sheet.line(vec![(right + 76, at), (right + 84, at)], MUTED, 2)?;
                sheet.text(label, (right + 92, at), Anchor::Left, MUTED)?;
            }
        }
        sheet.frame([(right + 40, top), (right + 76, bottom)], MUTED)?;
        let label = sheet.fitted(heat.scale.get(lang), bottom - top)?;
        sheet.text(
            &label,
            (right + 110 + widest, (top + bottom) / 2),
            Anchor::Upward,
            super::style::INK,
        )
    })
}

/// An axis of a heat map: its range, or the cells counted. The first end of the
/// range belongs to column 0 or row 0, so that it may run downwards.
fn edges(axis: &Axis, cells: usize, (first, last): (i32, i32)) -> Scale {
    let none = std::iter::empty;
    match axis.range {
        Some((a, b)) if a > b => Scale::new(none(), Some((b, a)), axis.log).onto(last, first),
        range => Scale::new(none(), Some(range.unwrap_or((0.0, cells as f64))), axis.log)
            .onto(first, last),
    }
}

/// Range of the values and of the colours.
struct Limits {
    all: (f32, f32),
    shown: (f64, f64),
}

/// The colours span all values, unless few outliers would leave everything
/// else one colour: then from the 0.5th to the 99.5th percentile, and the
/// description says so.
fn limits(values: impl Iterator<Item = f32>) -> Limits {
    let mut sorted: Vec<f32> = values.collect();
    sorted.sort_by(f32::total_cmp);
    let at = |part: f64| {
        let i = ((sorted.len().saturating_sub(1)) as f64 * part).round() as usize;
        sorted.get(i).copied().unwrap_or(0.0)
    };
    let (all, inner) = ((at(0.0), at(1.0)), (at(0.005), at(0.995)));
    let narrow = (inner.1 - inner.0) < 0.25 * (all.1 - all.0) && inner.0 < inner.1;
    let (low, high) = if narrow { inner } else { all };
    let (low, high) = (f64::from(low), f64::from(high));
    Limits { all, shown: if low < high { (low, high) } else { (low - 0.5, low + 0.5) } }
}

/// The matrix as a PNG. Where it has more cells than the plot has units, each
/// unit shows the cell farthest from the middle of the scale: a peak of one
/// cell stays seen.
fn paint(heat: &Heat<'_>, (low, high): (f64, f64)) -> Result<Vec<u8>> {
    let (columns, rows) = heat.size;
    let (across, down) = (columns.min(MOST_CELLS), rows.min(MOST_CELLS));
    let middle = (low + high) / 2.0;
    let mut pixels = Vec::with_capacity(across * down * 3);
    for row in 0..down {
        let (r0, r1) = (row * rows / down, (row + 1) * rows / down);
        for column in 0..across {
            let (c0, c1) = (column * columns / across, (column + 1) * columns / across);
            let cell = (r0..r1)
                .filter_map(|r| heat.values.get(r * columns + c0..r * columns + c1))
                .flatten()
                .filter(|v| v.is_finite())
                .map(|&v| f64::from(v))
                .max_by(|a, b| (a - middle).abs().total_cmp(&(b - middle).abs()));
            pixels.extend(match cell {
                Some(v) => viridis((v - low) / (high - low)),
                None => [VOID.0, VOID.1, VOID.2],
            });
        }
    }
    let mut png = Vec::new();
    let (w, h) = (u32::try_from(across).unwrap_or(1), u32::try_from(down).unwrap_or(1));
    image::codecs::png::PngEncoder::new(&mut png)
        .write_image(&pixels, w, h, image::ExtendedColorType::Rgb8)
        .map_err(|e| Error::compute("heat map", e))?;
    Ok(png)
}

/// The bar of colours, highest value on top.
fn bar(x: i32, top: i32, bottom: i32) -> String {
    const STEPS: i32 = 64;
    let mut out = String::new();
    for i in 0..STEPS {
        let [r, g, b] = viridis(1.0 - (f64::from(i) + 0.5) / f64::from(STEPS));
        let (y0, y1) = (top + (bottom - top) * i / STEPS, top + (bottom - top) * (i + 1) / STEPS);
        let height = y1 - y0 + i32::from(i + 1 < STEPS);
        out.push_str(&format!(
            "<rect x=\"{x}\" y=\"{y0}\" width=\"36\" height=\"{height}\" fill=\"#{r:02x}{g:02x}{b:02x}\"/>\n"
        ));
    }
    out
}

/// The map in words.
fn describe(heat: &Heat<'_>, limits: &Limits, lang: Lang) -> String {
    let (columns, rows) = heat.size;
    let n = |v: f32| number(f64::from(v), lang);
    let peak = heat
        .values
        .iter()
        .enumerate()
        .filter(|(_, v)| v.is_finite())
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(i, _)| i);
    let (column, row) = (peak % columns, peak / columns);
    let (all, shown) = (limits.all, limits.shown);
    let (label, x, y) = (heat.scale.get(lang), heat.x.label.get(lang), heat.y.label.get(lang));
    let clipped = f64::from(all.0) < shown.0 || f64::from(all.1) > shown.1;
    let mut out = match lang {
        Lang::En => format!(
            "{x} — {y}. {label}: {columns} × {rows} values from {} to {}; highest in column {column}, row {row}. \
             Grey: no value.",
            n(all.0),
            n(all.1)
        ),
        Lang::Nl => format!(
            "{x} — {y}. {label}: {columns} × {rows} waarden van {} tot {}; de hoogste in kolom {column}, rij {row}. \
             Grijs: geen waarde.",
            n(all.0),
            n(all.1)
        ),
    };
    if clipped {
        let (a, b) = (number(shown.0, lang), number(shown.1, lang));
        out.push_str(&match lang {
            Lang::En => {
                format!(" Colours run from {a} to {b}; values beyond have the end colours.")
            }
            Lang::Nl => format!(
                " De kleuren lopen van {a} tot {b}; waarden daarbuiten hebben de eindkleuren."
            ),
        });
    }
    out
}
