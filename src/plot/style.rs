//! The one look of all plots: palette, font, measures.

use plotters::style::{FontStyle, RGBColor, register_font};
use std::sync::OnceLock;

use crate::{Error, Result};

/// Curves, in order: Okabe and Ito's palette for all kinds of colour vision
/// ("Color Universal Design", 2008), its darker tones first since the paper is
/// white, its yellow left out.
pub const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(70, 70, 70),
];

/// Text and axes.
pub const INK: RGBColor = RGBColor(38, 43, 51);
/// Second-rank text.
pub const MUTED: RGBColor = RGBColor(95, 102, 112);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(228, 231, 235);
/// Cells without a value.
pub const VOID: RGBColor = RGBColor(210, 210, 210);

/// How large a plot is, in drawing units.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Width.
    pub width: i32,
    /// Height of plots with two axes.
    pub height: i32,
    /// Greatest height of a heat map.
    pub map: f64,
    /// Names in a row of the legend.
    pub names: usize,
    /// Marks on the axes, about: across and up.
    pub ticks: (usize, usize),
}

/// As wide as the text; the browser scales it to the column. Twice the width
/// of a printed column in pixels, since coordinates are whole.
pub const WIDE: Size = Size { width: WIDTH, height: 680, map: 760.0, names: 3, ticks: (8, 6) };
/// Two beside each other on paper, with letters of the same size.
pub const HALF: Size = Size { width: 730, height: 370, map: 320.0, names: 2, ticks: (5, 4) };
/// Width of the time line and of [`WIDE`].
pub const WIDTH: i32 = 1480;
/// Size of text. plotters writes 1/1.24 of it into the SVG.
pub const TEXT: f64 = 32.0;
/// Width of curves.
pub const STROKE: u32 = 3;
/// The generic family: the browser's own font draws, ours only measures.
pub const FAMILY: &str = "sans-serif";

/// Anchors of the sequential colour map: viridis (Smith and van der Walt,
/// 2015), perceptually uniform and readable with any colour vision.
const VIRIDIS: [[u8; 3]; 9] = [
    [0x44, 0x01, 0x54],
    [0x47, 0x2d, 0x7b],
    [0x3b, 0x52, 0x8b],
    [0x2c, 0x72, 0x8e],
    [0x21, 0x91, 0x8c],
    [0x28, 0xae, 0x80],
    [0x5e, 0xc9, 0x62],
    [0xad, 0xdc, 0x30],
    [0xfd, 0xe7, 0x25],
];

/// The colour of `t`, 0 to 1.
pub fn viridis(t: f64) -> [u8; 3] {
    let at = t.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let low = (at.floor() as usize).min(VIRIDIS.len() - 2);
    let part = at - low as f64;
    std::array::from_fn(|c| {
        let (a, b) = (f64::from(VIRIDIS[low][c]), f64::from(VIRIDIS[low + 1][c]));
        (a + (b - a) * part).round() as u8
    })
}

/// Makes the font known to plotters, once: it measures text with it, so that
/// no system font is needed.
pub fn font() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT).is_ok()
    });
    done.then_some(()).ok_or_else(|| Error::compute("plot", "the built-in font cannot be read"))
}
