//! What warping and averaging share: sample types, colour, chroma's place.

use super::{Colour, Frame, Pixels, Plane, Samples, Subsampling};

/// A sample of a plane as a number.
pub(super) trait Sample: Copy {
    fn value(self) -> f32;
}

impl Sample for u8 {
    #[inline(always)]
    fn value(self) -> f32 {
        f32::from(self)
    }
}

impl Sample for u16 {
    #[inline(always)]
    fn value(self) -> f32 {
        f32::from(self)
    }
}

/// A plane whose size was held against its data once, so that no index into
/// it can miss.
#[derive(Clone, Copy)]
pub(super) struct View<'a, T> {
    pub data: &'a [T],
    pub stride: usize,
    pub width: usize,
    pub height: usize,
}

/// The planes of a frame by sample type.
pub(super) enum Views<'a, T> {
    Gray(View<'a, T>),
    Rgb(View<'a, T>),
    Yuv { y: View<'a, T>, u: View<'a, T>, v: View<'a, T>, siting: Siting },
}

/// Planes of 8 or of 16 bits; `None` when they contradict themselves.
pub(super) enum Depth<'a> {
    Eight(Views<'a, u8>),
    Sixteen(Views<'a, u16>),
}

/// Where chroma lies: the chroma plane's own coordinate is the luma
/// coordinate × 2^−shift + `left` (both with 0 at the plane's edge).
#[derive(Clone, Copy, Debug)]
pub(super) struct Siting {
    pub shift: Subsampling,
    pub left: f32,
}

impl Siting {
    /// Left-cosited for limited range (MPEG-2, H.264 and H.265 when nothing is
    /// said, ITU-T H.264 Annex E), centred for full range (JFIF 1.02); always
    /// centred vertically. What a stream declares about it is not read: the
    /// difference is a quarter of a chroma pixel.
    fn new(shift: Subsampling, full_range: bool) -> Self {
        let shift =
            Subsampling { horizontal: shift.horizontal.min(4), vertical: shift.vertical.min(4) };
        let left = if full_range { 0.0 } else { 0.5 - 0.5 / (1u32 << shift.horizontal) as f32 };
        Self { shift, left }
    }
}

fn view<'a, T>(data: &'a [T], plane: &Plane<'_>, channels: usize) -> Option<View<'a, T>> {
    let (width, height, stride) = (plane.width, plane.height, plane.stride);
    let row = width.checked_mul(channels)?;
    let needed = stride.checked_mul(height.checked_sub(1)?)?.checked_add(row)?;
    (row > 0 && row <= stride.max(row * usize::from(height == 1)) && needed <= data.len())
        .then_some(View { data, stride, width, height })
}

impl<'a> Frame<'a> {
    /// The planes, checked; `None` for an empty or contradictory picture.
    pub(super) fn views(&self) -> Option<Depth<'a>> {
        let full = self.colour.full_range;
        Some(match self.pixels {
            Pixels::Gray(p) => match p.samples {
                Samples::Eight(s) => Depth::Eight(Views::Gray(view(s, &p, 1)?)),
                Samples::Sixteen(s) => Depth::Sixteen(Views::Gray(view(s, &p, 1)?)),
            },
            Pixels::Rgb(p) => match p.samples {
                Samples::Eight(s) => Depth::Eight(Views::Rgb(view(s, &p, 3)?)),
                Samples::Sixteen(s) => Depth::Sixteen(Views::Rgb(view(s, &p, 3)?)),
            },
            Pixels::Yuv { y, u, v, subsampling } => {
                if (u.width, u.height) != (v.width, v.height) {
                    return None;
                }
                let siting = Siting::new(subsampling, full);
                match (y.samples, u.samples, v.samples) {
                    (Samples::Eight(a), Samples::Eight(b), Samples::Eight(c)) => {
                        let (y, u, v) = (view(a, &y, 1)?, view(b, &u, 1)?, view(c, &v, 1)?);
                        Depth::Eight(Views::Yuv { y, u, v, siting })
                    }
                    (Samples::Sixteen(a), Samples::Sixteen(b), Samples::Sixteen(c)) => {
                        let (y, u, v) = (view(a, &y, 1)?, view(b, &u, 1)?, view(c, &v, 1)?);
                        Depth::Sixteen(Views::Yuv { y, u, v, siting })
                    }
                    _ => return None,
                }
            }
        })
    }

    /// How samples of this frame become RGB.
    pub(super) fn to_rgb(&self) -> ToRgb {
        match self.pixels {
            Pixels::Gray(p) => ToRgb::new(self.colour, p.bits, p.bits),
            Pixels::Rgb(p) => {
                ToRgb::new(Colour { full_range: true, ..self.colour }, p.bits, p.bits)
            }
            Pixels::Yuv { y, u, .. } => ToRgb::new(self.colour, y.bits, u.bits),
        }
    }
}

/// From raw sample values to RGB in 0–1 (ITU-R BT.601-7 and BT.709-6: Y' =
/// kr R + kg G + kb B, the differences scaled to ±1/2).
#[derive(Clone, Copy, Debug)]
pub(super) struct ToRgb {
    luma: (f32, f32),
    chroma: (f32, f32),
    red_v: f32,
    green_u: f32,
    green_v: f32,
    blue_u: f32,
}

impl ToRgb {
    fn new(colour: Colour, luma_bits: u32, chroma_bits: u32) -> Self {
        let range = |bits: u32, black: f32, span: f32| {
            let bits = bits.clamp(8, 16);
            let step = (1u32 << (bits - 8)) as f32;
            if colour.full_range {
                let top = ((1u32 << bits) - 1) as f32;
                (if black > 16.0 { 128.0 * step } else { 0.0 }, 1.0 / top)
            } else {
                (black * step, 1.0 / (span * step))
            }
        };
        let (kr, kb) = (colour.kr, colour.kb);
        let kg = (1.0 - kr - kb).max(1e-3);
        Self {
            luma: range(luma_bits, 16.0, 219.0),
            chroma: range(chroma_bits, 128.0, 224.0),
            red_v: 2.0 * (1.0 - kr),
            green_u: 2.0 * kb * (1.0 - kb) / kg,
            green_v: 2.0 * kr * (1.0 - kr) / kg,
            blue_u: 2.0 * (1.0 - kb),
        }
    }

    #[inline(always)]
    pub fn level(&self, y: f32) -> f32 {
        ((y - self.luma.0) * self.luma.1).clamp(0.0, 1.0)
    }

    #[inline(always)]
    pub fn rgb(&self, y: f32, u: f32, v: f32) -> [f32; 3] {
        let y = (y - self.luma.0) * self.luma.1;
        let u = (u - self.chroma.0) * self.chroma.1;
        let v = (v - self.chroma.0) * self.chroma.1;
        [
            (y + self.red_v * v).clamp(0.0, 1.0),
            (y - self.green_u * u - self.green_v * v).clamp(0.0, 1.0),
            (y + self.blue_u * u).clamp(0.0, 1.0),
        ]
    }
}
