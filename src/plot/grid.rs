//! A table of numbers as coloured cells with their names.

use plotters::style::RGBColor;

use super::canvas::{Anchor, sheet};
use super::number::number;
use super::style::{INK, VOID, WIDTH, viridis};
use crate::Result;
use crate::text::Lang;

/// Width of the names of rows, and height of a cell, in drawing units.
const NAMES: i32 = 380;
const CELL: i32 = 60;

/// Draws `values`, row by row, each cell with its number in a colour from
/// `range`; `None` is grey and says so.
///
/// # Errors
///
/// When a text cannot be measured.
pub fn grid(
    title: &str,
    (columns, rows): (&[String], &[String]),
    values: &[Option<f64>],
    (low, high): (f64, f64),
    lang: Lang,
) -> Result<String> {
    let many = i32::try_from(columns.len().max(1)).unwrap_or(i32::MAX);
    let width = ((WIDTH - NAMES - 20) / many).clamp(24, 260);
    let height = i32::try_from(rows.len()).unwrap_or(0).saturating_mul(CELL);
    let paper = (NAMES + width.saturating_mul(many) + 20).max(WIDTH);
    let shown = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), |v| number(v, lang));
    let mut words = String::new();
    for (name, row) in rows.iter().zip(values.chunks(columns.len().max(1))) {
        let cells: Vec<String> =
            columns.iter().zip(row).map(|(c, v)| format!("{c} {}", shown(v))).collect();
        words.push_str(&format!("{name}: {}. ", cells.join(", ")));
    }
    sheet((paper, height + 80), title, words.trim_end(), "", |sheet| {
        for (c, name) in (0..).zip(columns) {
            let name = sheet.fitted(name, width - 10)?;
            sheet.text(&name, (NAMES + c * width + width / 2, 14), Anchor::Top, INK)?;
        }
        for (r, (name, row)) in (0..).zip(rows.iter().zip(values.chunks(columns.len().max(1)))) {
            let top = 60 + r * CELL;
            let name = sheet.fitted(name, NAMES - 30)?;
            sheet.text(&name, (NAMES - 16, top + CELL / 2), Anchor::Right, INK)?;
            for (c, value) in (0..).zip(row) {
                let left = NAMES + c * width;
                let part = value.map(|v| ((v - low) / (high - low)).clamp(0.0, 1.0));
                let colour = part.map_or(VOID, |t| {
                    let [r, g, b] = viridis(t);
                    RGBColor(r, g, b)
                });
                sheet.fill([(left + 2, top + 2), (left + width - 2, top + CELL - 2)], colour)?;
                let ink =
                    if part.is_some_and(|t| t < 0.55) { RGBColor(255, 255, 255) } else { INK };
                let text = sheet.fitted(&shown(value), width - 8)?;
                let up = CELL / 2 - 12;
                sheet.text(&text, (left + width / 2, top + up), Anchor::Top, ink)?;
            }
        }
        Ok(())
    })
}
