//! A decoded picture as the checks see it: the decoder's own planes, lent.
//!
//! Three coordinate systems meet here. *Coded* pixels are what the decoder
//! gives: pixel-domain checks (JPEG grid, noise, spectrum) work there,
//! unscaled. *Display* pixels are upright and square: rotation, mirroring and
//! the sample aspect ratio applied; faces live there. An [`Affine`] goes from
//! one to the other. Both put (0, 0) at the outer corner of the top-left
//! pixel, so that a pixel's centre is at +0.5.

use std::sync::OnceLock;

mod area;
mod direct;
mod geometry;
mod luma;
mod sampler;
mod synthetic;
mod warp;

pub use luma::Row;

/// Pixel values of one plane, 8 bits or up to 16 in native byte order.
#[derive(Clone, Copy, Debug)]
pub enum Samples<'a> {
    /// 8-bit samples.
    Eight(&'a [u8]),
    /// Samples of 9 to 16 significant bits, in the low bits.
    Sixteen(&'a [u16]),
}

/// One plane of samples.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples, `stride` to a row; only the first `width` of a row count.
    pub samples: Samples<'a>,
    /// Samples from one row to the next.
    pub stride: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Significant bits, 8 to 16.
    pub bits: u32,
}

/// Horizontal and vertical chroma subsampling as powers of two: 4:2:0 is
/// (1, 1), 4:2:2 is (1, 0), 4:4:4 is (0, 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subsampling {
    /// log2 of the horizontal factor.
    pub horizontal: u32,
    /// log2 of the vertical factor.
    pub vertical: u32,
}

/// The pixels of a frame, as decoded.
#[derive(Clone, Copy, Debug)]
pub enum Pixels<'a> {
    /// Luma alone.
    Gray(Plane<'a>),
    /// Luma and two chroma planes.
    Yuv {
        /// Luma.
        y: Plane<'a>,
        /// Blue difference.
        u: Plane<'a>,
        /// Red difference.
        v: Plane<'a>,
        /// How much smaller the chroma planes are.
        subsampling: Subsampling,
    },
    /// Interleaved R, G, B; `width` counts pixels, `stride` counts samples.
    Rgb(Plane<'a>),
}

/// How YUV becomes RGB: the matrix coefficients and the range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Weight of red in luma: 0.299 in BT.601, 0.2126 in BT.709.
    pub kr: f32,
    /// Weight of blue in luma: 0.114 in BT.601, 0.0722 in BT.709.
    pub kb: f32,
    /// Full range (0–255) instead of limited (16–235).
    pub full_range: bool,
}

/// An affine map of the plane: `x' = a·x + b·y + c`, `y' = d·x + e·y + f`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// `[a, b, c, d, e, f]`.
    pub m: [f32; 6],
}

/// An axis-aligned rectangle in pixels; which ones, the context says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// Stands first for a picture that a check cut out of a sure face: the rectangles
    /// after it are what of the cut-out is face, whatever their size, and all of it is
    /// where there are none. No rectangle that was found in a picture equals it.
    pub const CUT_OUT: Self = Self { x: 0.0, y: 0.0, width: f32::INFINITY, height: f32::INFINITY };
}

/// A single-channel picture of our own, row by row without padding.
/// Values keep the 0–255 scale of 8-bit samples whatever the depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Gray {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width × height` values.
    pub data: Vec<f32>,
}

/// The coding type of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureType {
    /// Intra.
    I,
    /// Predicted.
    P,
    /// Bidirectionally predicted.
    B,
    /// Not told by the decoder.
    Unknown,
}

/// A compressed packet as the container holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// Index of the stream in the container.
    pub stream: usize,
    /// Whether the stream is the one examined as video.
    pub video: bool,
    /// Payload size in bytes.
    pub bytes: u64,
    /// Presentation time in seconds, when the container tells it.
    pub pts_s: Option<f64>,
    /// Decoding time in seconds, when the container tells it.
    pub dts_s: Option<f64>,
    /// Whether the container marks it as a random-access point.
    pub key: bool,
}

/// One decoded picture, lent for the time of a call.
pub struct Frame<'a> {
    /// Position in presentation order, from 0.
    pub index: u64,
    /// Presentation time in seconds from the start of the exhibit's video.
    pub time_s: f64,
    /// Coding type.
    pub picture_type: PictureType,
    /// Whether the decoder marked it as a key frame.
    pub key: bool,
    /// Size of the compressed picture in bytes, when the decoder tells it.
    pub packet_bytes: Option<u64>,
    /// The decoder's planes, in coded orientation and size.
    pub pixels: Pixels<'a>,
    /// How to turn them into RGB.
    pub colour: Colour,
    /// Width upright with square pixels.
    pub display_width: u32,
    /// Height upright with square pixels.
    pub display_height: u32,
    /// From display coordinates to coded ones.
    pub display_to_coded: Affine,
    /// Luma worked out from RGB pictures, once, when first asked for.
    pub(crate) derived_luma: OnceLock<Vec<u8>>,
}
