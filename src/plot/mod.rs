//! Figures as SVG: one style, one kind of plot a file.
//!
//! The SVG is meant to stand inside a report: it carries no script, no style
//! element and no reference to anything outside itself; it scales to the
//! column it stands in; and it says in words (`title`, `desc`) what it shows.
//! Its size is bounded whatever the length of the clip.

mod axis;
mod canvas;
mod grid;
mod heat;
mod lines;
mod number;
mod style;
mod timeline;

pub use grid::grid;
pub use number::{clock, grouped, number};
pub use timeline::{Track, timeline};

use crate::checks::Figure;
use crate::text::Lang;
use crate::{Error, Result};

/// Draws curves or a heat map as SVG text.
///
/// # Errors
///
/// [`Error::Usage`] for pictures and tables, which are not drawn;
/// [`Error::Compute`] when a heat map's values do not fit its size.
pub fn draw(figure: &Figure, lang: Lang) -> Result<String> {
    sized(figure, lang, style::WIDE)
}

/// As [`draw`], to stand beside another on paper.
///
/// # Errors
///
/// As [`draw`].
pub fn draw_half(figure: &Figure, lang: Lang) -> Result<String> {
    sized(figure, lang, style::HALF)
}

fn sized(figure: &Figure, lang: Lang, room: style::Size) -> Result<String> {
    match figure {
        Figure::Lines { title, x, y, series } => lines::draw(title, x, y, series, lang, room),
        Figure::Heat { title, width, height, values, x, y, scale, .. } => {
            let size = (*width, *height);
            heat::draw(&heat::Heat { title, size, values, x, y, scale }, lang, room)
        }
        Figure::Picture { .. } | Figure::Words { .. } | Figure::Table { .. } => {
            Err(Error::Usage("pictures and tables are not plots".to_owned()))
        }
    }
}
