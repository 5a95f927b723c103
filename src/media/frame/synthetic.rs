//! Frames made of pixels at hand: for tests, and for pictures that do not
//! come from a decoder.

use std::sync::OnceLock;

use super::{Affine, Colour, Frame, PictureType, Pixels, Plane, Samples};

impl<'a> Frame<'a> {
    /// An upright frame of square pixels, index 0, time 0. For pictures with
    /// chroma, `colour` says how they become RGB.
    pub fn from_pixels(pixels: Pixels<'a>, colour: Colour) -> Self {
        let (width, height) = pixels.size();
        Self {
            index: 0,
            time_s: 0.0,
            picture_type: PictureType::Unknown,
            key: false,
            packet_bytes: None,
            pixels,
            colour,
            display_width: u32::try_from(width).unwrap_or(u32::MAX),
            display_height: u32::try_from(height).unwrap_or(u32::MAX),
            display_to_coded: Affine::IDENTITY,
            derived_luma: OnceLock::new(),
        }
    }

    /// A frame of interleaved 8-bit R, G, B without padding.
    pub fn from_rgb(rgb: &'a [u8], width: usize, height: usize) -> Self {
        let (samples, stride) = (Samples::Eight(rgb), width.saturating_mul(3));
        Self::from_pixels(
            Pixels::Rgb(Plane { samples, stride, width, height, bits: 8 }),
            Colour::JPEG,
        )
    }

    /// A frame of 8-bit full-range luma without padding.
    pub fn from_gray(gray: &'a [u8], width: usize, height: usize) -> Self {
        Self::from_plane(Plane {
            samples: Samples::Eight(gray),
            stride: width,
            width,
            height,
            bits: 8,
        })
    }

    /// A frame of one full-range luma plane.
    pub fn from_plane(plane: Plane<'a>) -> Self {
        Self::from_pixels(Pixels::Gray(plane), Colour::JPEG)
    }

    /// The same pixels, to be shown as `display_to_coded` says: from a display
    /// of `width` × `height` back to coded pixels.
    #[must_use]
    pub fn shown(self, width: u32, height: u32, display_to_coded: Affine) -> Self {
        Self { display_width: width, display_height: height, display_to_coded, ..self }
    }
}
