//! Cutting a turned, scaled window out of a frame.

use super::sampler::{Depth, Sample, Siting, ToRgb, View, Views};
use super::{Affine, Frame};

/// Fractional bits of positions. With 20 of them a row of 8192 steps drifts
/// less than 1/100 pixel.
const FRACTION: u32 = 20;
const ONE: i64 = 1 << FRACTION;
/// Largest coefficient of a map and longest side of a window: beyond them
/// positions would not fit, and no picture is that large.
const LARGEST: f32 = 1e6;
const LONGEST: usize = 8192;

impl Frame<'_> {
    /// A window of `width` × `height` pixels, `out_to_display` saying where in
    /// display coordinates its points lie (both with 0 at the corner). Values
    /// are R, G, B in 0–1, interleaved, row by row; `out` is overwritten. What
    /// lies outside the picture is black.
    ///
    /// Bilinear between pixel centres, straight from the decoder's planes:
    /// only the window is converted to RGB. There is no low-pass filter, so
    /// shrinking by more than 2 aliases, as MediaPipe's own cropping does; use
    /// [`Frame::area`] where that matters. A map that cannot be followed (not
    /// finite, absurdly large) and an empty picture give a black window.
    pub fn warp(&self, out_to_display: &Affine, width: usize, height: usize, out: &mut Vec<f32>) {
        let map = out_to_display.then(&self.display_to_coded);
        let (width, height) = (width.min(LONGEST), height.min(LONGEST));
        out.clear();
        out.resize(width * height * 3, 0.0);
        if width == 0 || !map.m.iter().all(|v| v.abs() <= LARGEST) {
            return;
        }
        let to_rgb = self.to_rgb();
        match self.views() {
            Some(Depth::Eight(views)) => window(&views, &to_rgb, &map, width, out),
            Some(Depth::Sixteen(views)) => window(&views, &to_rgb, &map, width, out),
            None => {}
        }
    }
}

fn window<T: Sample>(
    views: &Views<'_, T>,
    to_rgb: &ToRgb,
    map: &Affine,
    width: usize,
    out: &mut [f32],
) {
    match views {
        Views::Gray(y) => walk(y, map, width, out, |at, pixel| {
            pixel.fill(to_rgb.level(y.blend::<1>(&at.tap(y), 0)));
        }),
        Views::Rgb(rgb) => walk(rgb, map, width, out, |at, pixel| {
            let tap = at.tap(rgb);
            for (channel, value) in pixel.iter_mut().enumerate() {
                *value = to_rgb.level(rgb.blend::<3>(&tap, channel));
            }
        }),
        Views::Yuv { y, u, v, siting } => walk(y, map, width, out, |at, pixel| {
            let chroma = at.chroma(siting).tap(u);
            let luma = y.blend::<1>(&at.tap(y), 0);
            pixel.copy_from_slice(&to_rgb.rgb(
                luma,
                u.blend::<1>(&chroma, 0),
                v.blend::<1>(&chroma, 0),
            ));
        }),
    }
}

/// Calls `paint` for each pixel of the window whose centre lies inside the
/// picture, with its place there.
fn walk<T: Sample>(
    plane: &View<'_, T>,
    map: &Affine,
    width: usize,
    out: &mut [f32],
    paint: impl Fn(At, &mut [f32]),
) {
    let [a, b, c, d, e, f] = map.m.map(f64::from);
    let fixed = |v: f64| (v * ONE as f64) as i64;
    let (right, bottom) = (plane.width as i64 * ONE, plane.height as i64 * ONE);
    let (dx, dy) = (fixed(a), fixed(d));
    for (row, line) in out.chunks_exact_mut(width * 3).enumerate() {
        let v = row as f64 + 0.5;
        let mut at = At { x: fixed(a * 0.5 + b * v + c), y: fixed(d * 0.5 + e * v + f) };
        for pixel in line.chunks_exact_mut(3) {
            if at.x >= 0 && at.x < right && at.y >= 0 && at.y < bottom {
                paint(at, pixel);
            }
            at.x += dx;
            at.y += dy;
        }
    }
}

/// A place in a plane, 0 at its corner, in units of 2^−20 pixel.
#[derive(Clone, Copy)]
struct At {
    x: i64,
    y: i64,
}

/// Four neighbours and how far between them.
struct Tap {
    x0: usize,
    x1: usize,
    y0: usize,
    y1: usize,
    right: f32,
    down: f32,
}

impl At {
    #[inline(always)]
    fn chroma(self, siting: &Siting) -> Self {
        let left = (siting.left * ONE as f32) as i64;
        Self { x: (self.x >> siting.shift.horizontal) + left, y: self.y >> siting.shift.vertical }
    }

    #[inline(always)]
    fn tap<T>(self, plane: &View<'_, T>) -> Tap {
        let (x, y) = (self.x - ONE / 2, self.y - ONE / 2);
        let (column, row) = (x >> FRACTION, y >> FRACTION);
        let (last_x, last_y) = (plane.width as i64 - 1, plane.height as i64 - 1);
        let part = |v: i64| (v & (ONE - 1)) as i32 as f32 * (1.0 / ONE as f32);
        Tap {
            x0: column.clamp(0, last_x) as usize,
            x1: (column + 1).clamp(0, last_x) as usize,
            y0: row.clamp(0, last_y) as usize,
            y1: (row + 1).clamp(0, last_y) as usize,
            right: part(x),
            down: part(y),
        }
    }
}

impl<T: Sample> View<'_, T> {
    #[inline(always)]
    fn blend<const CHANNELS: usize>(&self, tap: &Tap, channel: usize) -> f32 {
        let (above, below) = (tap.y0 * self.stride + channel, tap.y1 * self.stride + channel);
        let (left, right) = (tap.x0 * CHANNELS, tap.x1 * CHANNELS);
        let (a, b) = (self.data[above + left].value(), self.data[above + right].value());
        let (c, d) = (self.data[below + left].value(), self.data[below + right].value());
        let (top, bottom) = (a + (b - a) * tap.right, c + (d - c) * tap.right);
        top + (bottom - top) * tap.down
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Colour, Pixels, Plane, Samples, Subsampling};
    use super::*;

    fn eight(data: &[u8], width: usize) -> Plane<'_> {
        Plane {
            samples: Samples::Eight(data),
            stride: width,
            width,
            height: data.len() / width,
            bits: 8,
        }
    }

    fn bytes(frame: &Frame<'_>, width: usize, height: usize) -> Vec<f32> {
        let mut out = Vec::new();
        frame.warp(&Affine::IDENTITY, width, height, &mut out);
        out.iter().map(|v| v * 255.0).collect()
    }

    /// Triples of BT.601 and BT.709 colour bars at 100 %, ITU-R BT.471 and
    /// rounded to 8 bits, so within two levels.
    #[test]
    fn colour_bars() {
        let hd = Colour::BT709;
        let cases = [
            (Colour::BT601, [81, 90, 240], [255., 0., 0.]),
            (Colour::BT601, [145, 54, 34], [0., 255., 0.]),
            (Colour::BT601, [41, 240, 110], [0., 0., 255.]),
            (Colour::BT601, [235, 128, 128], [255., 255., 255.]),
            (Colour::BT601, [16, 128, 128], [0., 0., 0.]),
            (hd, [63, 102, 240], [255., 0., 0.]),
            (hd, [173, 42, 26], [0., 255., 0.]),
            (hd, [32, 240, 118], [0., 0., 255.]),
            (Colour::JPEG, [76, 85, 255], [255., 0., 0.]),
            (Colour::JPEG, [150, 44, 21], [0., 255., 0.]),
            (Colour { full_range: true, ..hd }, [54, 99, 255], [255., 0., 0.]),
            (Colour { full_range: true, ..hd }, [128, 128, 128], [128., 128., 128.]),
        ];
        for (colour, yuv, rgb) in cases {
            for bits in [8u32, 10] {
                // Ten bits: limited levels shift; full-range ones stretch.
                let lift = |v: u8| {
                    let v = f32::from(v);
                    if colour.full_range { v * 1023.0 / 255.0 } else { v * 4.0 }.round() as u16
                };
                let wide = yuv.map(|v| [if v == 128 { 512 } else { lift(v) }; 4]);
                let narrow = yuv.map(|v| [v; 4]);
                let plane = |i: usize, width: usize| Plane {
                    samples: if bits == 8 {
                        Samples::Eight(&narrow[i])
                    } else {
                        Samples::Sixteen(&wide[i])
                    },
                    stride: width,
                    width,
                    height: if width == 2 { 2 } else { 1 },
                    bits,
                };
                let subsampling = Subsampling { horizontal: 1, vertical: 1 };
                let pixels =
                    Pixels::Yuv { y: plane(0, 2), u: plane(1, 1), v: plane(2, 1), subsampling };
                let frame = Frame::from_pixels(pixels, colour);
                for pixel in bytes(&frame, 2, 2).chunks(3) {
                    let off = pixel
                        .iter()
                        .zip(rgb)
                        .map(|(a, b): (&f32, f32)| (a - b).abs())
                        .fold(0.0, f32::max);
                    assert!(off < 2.5, "{colour:?} {bits} bits {yuv:?}: {pixel:?} is not {rgb:?}");
                }
            }
        }
    }

    #[test]
    fn a_gradient_is_followed_between_pixels_and_black_lies_outside() {
        let data: Vec<u8> = (0..20 * 20).map(|i| (i % 20 * 10 + i / 20) as u8).collect();
        let frame = Frame::from_gray(&data, 20, 20);
        let map = Affine::similarity(0.7, 0.4, 8.0, 5.0);
        let mut out = Vec::new();
        frame.warp(&map, 6, 6, &mut out);
        for v in 0..6 {
            for u in 0..6 {
                let (x, y) = map.apply(u as f32 + 0.5, v as f32 + 0.5);
                let expected = (x - 0.5) * 10.0 + (y - 0.5);
                assert!((out[(v * 6 + u) * 3] * 255.0 - expected).abs() < 0.01);
            }
        }
        let bright = [200u8; 9];
        Frame::from_gray(&bright, 3, 3).warp(
            &Affine::scaling(1.0, 1.0, -1.0, -1.0),
            5,
            5,
            &mut out,
        );
        let shown: Vec<_> = out.chunks(3).map(|p| (p[0] * 255.0).round()).collect();
        let inside = |i: usize| {
            if (1..4).contains(&(i % 5)) && (1..4).contains(&(i / 5)) { 200.0 } else { 0.0 }
        };
        assert_eq!(shown, (0..25).map(inside).collect::<Vec<_>>());
    }

    #[test]
    fn chroma_lies_left_in_limited_range_and_between_in_full() {
        let (y, u) = ([128u8; 8], [128u8; 4]);
        let v = [128u8, 128, 168, 168];
        let subsampling = Subsampling { horizontal: 1, vertical: 0 };
        let pixels = Pixels::Yuv { y: eight(&y, 8), u: eight(&u, 4), v: eight(&v, 4), subsampling };
        let red = |colour| bytes(&Frame::from_pixels(pixels, colour), 8, 1)[4 * 3];
        let after = |colour: Colour, v: f32| {
            let step = if colour.full_range { 1.0 } else { 255.0 / 224.0 };
            let grey = if colour.full_range { 128.0 } else { (128.0 - 16.0) * 255.0 / 219.0 };
            grey + 2.0 * (1.0 - colour.kr) * v * step
        };
        // Luma pixel 4 sits on the third chroma sample, or a quarter before it.
        assert!((red(Colour::BT601) - after(Colour::BT601, 40.0)).abs() < 0.05);
        assert!((red(Colour::JPEG) - after(Colour::JPEG, 30.0)).abs() < 0.05);
    }

    #[test]
    fn strides_and_odd_sizes() {
        // 5 × 3 with padding of 77 that must never show.
        let y: Vec<u8> =
            (0..3).flat_map(|r| (0..8).map(move |c| if c < 5 { 100 + r } else { 77 })).collect();
        let u: Vec<u8> = (0..2).flat_map(|_| [128, 128, 128, 0]).collect();
        let subsampling = Subsampling { horizontal: 1, vertical: 1 };
        let luma = Plane { samples: Samples::Eight(&y), stride: 8, width: 5, height: 3, bits: 8 };
        let chroma = Plane { samples: Samples::Eight(&u), stride: 4, width: 3, height: 2, bits: 8 };
        let pixels = Pixels::Yuv { y: luma, u: chroma, v: chroma, subsampling };
        let frame = Frame::from_pixels(pixels, Colour::JPEG);
        let out = bytes(&frame, 5, 3);
        for (i, pixel) in out.chunks(3).enumerate() {
            assert!(
                pixel.iter().all(|v| (v - (100 + i / 5) as f32).abs() < 0.01),
                "{i}: {pixel:?}"
            );
        }
        assert_eq!(frame.rgb8(5).get_pixel(4, 2).0, [102; 3]);
    }
}
