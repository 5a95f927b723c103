//! The sheet that plots are drawn on: plotters' SVG backend, and around what
//! it writes the opening tag that makes the drawing scalable and readable
//! aloud.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, PathElement, Rectangle, SVGBackend, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBColor, ShapeStyle, TextStyle};

use super::style::{FAMILY, INK, TEXT, font};
use crate::text::visible;
use crate::{Error, Result};

/// A drawing in progress.
pub struct Sheet<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Which point of a text is put in place.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// Start of the line, half-way up.
    Left,
    /// Middle of the line, at its top.
    Top,
    /// End of the line, half-way up.
    Right,
    /// Middle of the line, read from bottom to top.
    Upward,
}

/// Draws an SVG of `width × height` units. `title` and `desc` say in words
/// what it shows; `extra` is SVG put beneath the drawing as it is.
pub fn sheet(
    (width, height): (i32, i32),
    title: &str,
    desc: &str,
    extra: &str,
    draw: impl FnOnce(&Sheet<'_>) -> Result<()>,
) -> Result<String> {
    font()?;
    let size = (u32::try_from(width).unwrap_or(1), u32::try_from(height).unwrap_or(1));
    let mut body = String::new();
    {
        let sheet = Sheet { area: SVGBackend::with_string(&mut body, size).into_drawing_area() };
        draw(&sheet)?;
        sheet.area.present().map_err(failed)?;
    }
    let drawn = body.find("<svg").and_then(|at| {
        let rest = body.get(at..)?;
        rest.get(rest.find('>')? + 1..)
    });
    let drawn = drawn.ok_or_else(|| Error::compute("plot", "plotters wrote no SVG"))?.trim_start();
    let (title, desc) = (escaped(title), escaped(desc));
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{title}\">\n<title>{title}</title>\n<desc>{desc}</desc>\n{extra}{drawn}"
    ))
}

/// `text` fit to stand in XML, hidden characters shown.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::compute("plot", error)
}

impl Sheet<'_> {
    /// A line through `points`.
    pub fn line(&self, points: Vec<(i32, i32)>, colour: RGBColor, width: u32) -> Result<()> {
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: width };
        self.area.draw(&PathElement::new(points, style)).map_err(failed)
    }

    /// A filled rectangle from `(left, top)` to `(right, bottom)`.
    pub fn fill(&self, corners: [(i32, i32); 2], colour: RGBColor) -> Result<()> {
        self.area.draw(&Rectangle::new(corners, colour.filled())).map_err(failed)
    }

    /// The outline of a rectangle.
    pub fn frame(&self, corners: [(i32, i32); 2], colour: RGBColor) -> Result<()> {
        self.area.draw(&Rectangle::new(corners, colour.stroke_width(2))).map_err(failed)
    }

    /// A line of text, hidden characters shown.
    pub fn text(&self, text: &str, at: (i32, i32), anchor: Anchor, colour: RGBColor) -> Result<()> {
        let (h, v) = match anchor {
            Anchor::Left => (HPos::Left, VPos::Center),
            Anchor::Top => (HPos::Center, VPos::Top),
            Anchor::Right => (HPos::Right, VPos::Center),
            Anchor::Upward => (HPos::Center, VPos::Top),
        };
        let mut style = style().pos(Pos::new(h, v)).color(&colour);
        if matches!(anchor, Anchor::Upward) {
            style = style.transform(FontTransform::Rotate270);
        }
        self.area.draw(&Text::new(visible(text), at, style)).map_err(failed)
    }

    /// Width of `text` in drawing units, as the built-in font has it.
    pub fn width(&self, text: &str) -> Result<i32> {
        let (width, _) = self.area.estimate_text_size(&visible(text), &style()).map_err(failed)?;
        Ok(i32::try_from(width).unwrap_or(i32::MAX))
    }

    /// `text`, cut with an ellipsis where it would be wider than `most`.
    pub fn fitted(&self, text: &str, most: i32) -> Result<String> {
        // No label needs more; measuring megabytes of hostile text would cost.
        let mut kept: String = visible(text).chars().take(200).collect();
        if self.width(&kept)? <= most && kept.chars().count() < 200 {
            return Ok(kept);
        }
        while !kept.is_empty() && self.width(&format!("{kept}…"))? > most {
            kept.pop();
        }
        Ok(format!("{}…", kept.trim_end()))
    }
}

fn style() -> TextStyle<'static> {
    TextStyle::from((FAMILY, TEXT)).color(&INK)
}
