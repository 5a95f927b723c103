//! Reading planes, and luma as the decoder left it.

use super::{Colour, Frame, Gray, Pixels, Plane, Rect, Samples};

/// Part of one row of a plane.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// 8-bit samples.
    Eight(&'a [u8]),
    /// Samples of 9 to 16 significant bits.
    Sixteen(&'a [u16]),
}

impl<'a> Plane<'a> {
    /// The sample in column `x` of row `y`. Beyond an edge the nearest sample
    /// is given, and 0 where the plane holds none.
    pub fn get(&self, x: usize, y: usize) -> u16 {
        let (x, y) = (x.min(self.width.saturating_sub(1)), y.min(self.height.saturating_sub(1)));
        let at = y.saturating_mul(self.stride).saturating_add(x);
        match self.samples {
            Samples::Eight(s) => s.get(at).map_or(0, |&v| u16::from(v)),
            Samples::Sixteen(s) => s.get(at).copied().unwrap_or(0),
        }
    }

    /// The `width` samples of row `y`; empty where the plane has no such row.
    pub fn row(&self, y: usize) -> Row<'a> {
        let start = y.saturating_mul(self.stride);
        let range = if y < self.height { start..start.saturating_add(self.width) } else { 0..0 };
        match self.samples {
            Samples::Eight(s) => Row::Eight(s.get(range).unwrap_or_default()),
            Samples::Sixteen(s) => Row::Sixteen(s.get(range).unwrap_or_default()),
        }
    }

    /// Number of sample values above the depth of 8 bits, as the factor that
    /// brings a sample of this plane to the 0–255 scale. Full-range samples
    /// end at 2^bits − 1; limited-range ones (16–235) are defined for 8 bits
    /// and shifted left for more (ITU-R BT.709-6, item 5).
    pub(super) fn to_eight(self, full_range: bool) -> f32 {
        let bits = self.bits.clamp(8, 16);
        if full_range {
            255.0 / ((1u32 << bits) - 1) as f32
        } else {
            1.0 / (1u32 << (bits - 8)) as f32
        }
    }
}

impl Pixels<'_> {
    /// Width and height in coded pixels.
    pub fn size(&self) -> (usize, usize) {
        match self {
            Pixels::Gray(p) | Pixels::Yuv { y: p, .. } | Pixels::Rgb(p) => (p.width, p.height),
        }
    }
}

impl Colour {
    /// BT.601, limited range: standard definition.
    pub const BT601: Self = Self { kr: 0.299, kb: 0.114, full_range: false };
    /// BT.709, limited range: high definition.
    pub const BT709: Self = Self { kr: 0.2126, kb: 0.0722, full_range: false };
    /// BT.601, full range: JPEG (JFIF 1.02).
    pub const JPEG: Self = Self { full_range: true, ..Self::BT601 };
}

impl Frame<'_> {
    /// The luma plane in coded pixels: the decoder's own, untouched. RGB
    /// pictures have none; for them round(0.299 R + 0.587 G + 0.114 B) in
    /// 8 bits is worked out when first asked for (as in ZERO, Nikoukhah et
    /// al., IPOL 2021.390, section 2.1).
    pub fn luma(&self) -> Plane<'_> {
        match &self.pixels {
            Pixels::Gray(y) | Pixels::Yuv { y, .. } => *y,
            Pixels::Rgb(rgb) => Plane {
                samples: Samples::Eight(self.derived_luma.get_or_init(|| luma_of_rgb(rgb))),
                stride: rgb.width,
                width: rgb.width,
                height: rgb.height,
                bits: 8,
            },
        }
    }

    /// Luma of the whole picture, or of the pixels that `part` (coded pixels)
    /// touches, on the 0–255 scale whatever the depth. A part outside the
    /// picture gives a picture of no pixels.
    pub fn luma_f32(&self, part: Option<Rect>) -> Gray {
        let plane = self.luma();
        let (left, top, right, bottom) = match part {
            None => (0, 0, plane.width, plane.height),
            // A cast from float saturates: negative and NaN become 0.
            Some(r) => (
                (r.x.floor() as usize).min(plane.width),
                (r.y.floor() as usize).min(plane.height),
                (r.right().ceil() as usize).min(plane.width),
                (r.bottom().ceil() as usize).min(plane.height),
            ),
        };
        let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
        if width == 0 || height == 0 {
            return Gray { width: 0, height: 0, data: Vec::new() };
        }
        let full = self.colour.full_range || matches!(self.pixels, Pixels::Rgb(_));
        let scale = plane.to_eight(full);
        let mut data = Vec::with_capacity(width * height);
        for y in top..bottom {
            match plane.row(y) {
                Row::Eight(row) => {
                    data.extend(row.iter().skip(left).take(width).map(|&v| f32::from(v)))
                }
                Row::Sixteen(row) => {
                    data.extend(row.iter().skip(left).take(width).map(|&v| f32::from(v) * scale));
                }
            }
            data.resize((y - top + 1) * width, 0.0); // a row the plane lacks
        }
        Gray { width, height, data }
    }
}

fn luma_of_rgb(rgb: &Plane<'_>) -> Vec<u8> {
    let scale = rgb.to_eight(true);
    let mut out = Vec::with_capacity(rgb.width.saturating_mul(rgb.height).min(1 << 30));
    for y in 0..rgb.height {
        let start = y.saturating_mul(rgb.stride);
        let range = start..start.saturating_add(rgb.width.saturating_mul(3));
        match rgb.samples {
            Samples::Eight(s) => out.extend(
                s.get(range)
                    .unwrap_or_default()
                    .chunks_exact(3)
                    .map(|p| weigh(p.iter().map(|&v| f32::from(v)))),
            ),
            Samples::Sixteen(s) => out.extend(
                s.get(range)
                    .unwrap_or_default()
                    .chunks_exact(3)
                    .map(|p| weigh(p.iter().map(|&v| f32::from(v) * scale))),
            ),
        }
        out.resize((y + 1).saturating_mul(rgb.width), 0);
    }
    out
}

fn weigh(rgb: impl Iterator<Item = f32>) -> u8 {
    let sum: f32 = rgb.zip([0.299f32, 0.587, 0.114]).map(|(v, w)| v * w).sum();
    sum.round() as u8
}

#[cfg(test)]
#[allow(clippy::panic)] // a test may stop
mod tests {
    use super::*;

    #[test]
    fn a_row_stops_at_the_width_and_a_short_plane_is_no_accident() {
        let data: Vec<u8> = (0..10).collect();
        let plane =
            Plane { samples: Samples::Eight(&data), stride: 4, width: 3, height: 3, bits: 8 };
        assert_eq!(plane.get(2, 1), 6);
        assert_eq!(plane.get(99, 0), 2);
        let Row::Eight(row) = plane.row(1) else { panic!("8 bits") };
        assert_eq!(row, [4, 5, 6]);
        let Row::Eight(row) = plane.row(2) else { panic!("8 bits") };
        assert!(row.is_empty(), "the third row is not all there");
        let Row::Eight(row) = Plane { height: 1, ..plane }.row(1) else { panic!("8 bits") };
        assert!(row.is_empty(), "beyond the picture");
        let frame = Frame::from_plane(plane);
        assert_eq!(frame.luma_f32(None).data, [0., 1., 2., 4., 5., 6., 0., 0., 0.]);
    }

    #[test]
    fn ten_bits_keep_the_scale_of_eight() {
        let data = [64u16, 940, 502, 1023];
        let plane =
            Plane { samples: Samples::Sixteen(&data), stride: 2, width: 2, height: 2, bits: 10 };
        let mut frame = Frame::from_plane(plane);
        frame.colour.full_range = false;
        assert_eq!(frame.luma_f32(None).data, [16.0, 235.0, 125.5, 255.75]);
        frame.colour.full_range = true;
        assert_eq!(frame.luma_f32(None).data[3], 255.0);
    }

    #[test]
    fn a_part_is_cut_at_the_border() {
        let data: Vec<u8> = (0..20).collect();
        let frame = Frame::from_gray(&data, 5, 4);
        let part = frame.luma_f32(Some(Rect { x: 3.0, y: 2.0, width: 9.0, height: 9.0 }));
        assert_eq!((part.width, part.height, part.data), (2, 2, vec![13., 14., 18., 19.]));
        let part = frame.luma_f32(Some(Rect { x: -3.0, y: 1.0, width: 4.0, height: 1.0 }));
        assert_eq!((part.width, part.height, part.data), (1, 1, vec![5.]));
        assert_eq!(frame.luma_f32(Some(Rect { x: 7.0, y: 0.0, width: 1.0, height: 1.0 })).width, 0);
    }

    #[test]
    fn luma_of_rgb_is_rounded() {
        let rgb = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30, 0, 0, 0];
        let frame = Frame::from_rgb(&rgb, 3, 2);
        // 76.245, 149.685, 29.07, 255, 18.15, 0
        assert_eq!(frame.luma_f32(None).data, [76., 150., 29., 255., 18., 0.]);
        assert!(matches!(frame.luma().samples, Samples::Eight(s) if s.len() == 6));
    }
}
