//! Making a frame smaller by averaging areas, so that nothing aliases.

use super::sampler::{Depth, Sample, Siting, ToRgb, View, Views};
use super::{Affine, Frame};

/// Longest side of a result.
const LONGEST: usize = 8192;

impl Frame<'_> {
    /// Like [`Frame::warp`], but every pixel is the mean of the area that it
    /// covers in the coded picture (box filter; linear interpolation where it
    /// enlarges). Meant for maps that keep axes parallel, in any of the eight
    /// orientations; others are sampled several times a pixel instead.
    pub fn area(&self, out_to_display: &Affine, width: usize, height: usize, out: &mut Vec<f32>) {
        let map = out_to_display.then(&self.display_to_coded);
        let (width, height) = (width.min(LONGEST), height.min(LONGEST));
        let [a, b, _, d, e, _] = map.m.map(f32::abs);
        let turned = a.max(e) < b.max(d);
        let (along, across) = if turned { (b.min(d), a.max(e)) } else { (a.min(e), b.max(d)) };
        if !map.m.iter().all(|v| v.is_finite()) || across > along * 1e-4 {
            return self.several(out_to_display, width, height, out);
        }
        out.clear();
        out.resize(width * height * 3, 0.0);
        if width == 0 || height == 0 {
            return;
        }
        let (w, h) = self.pixels.size();
        let [a, b, c, d, e, f] = map.m;
        let [columns, rows] = if turned {
            [spans(height, b, c, w), spans(width, d, f, h)]
        } else {
            [spans(width, a, c, w), spans(height, e, f, h)]
        };
        let target = Target { columns, rows, turned, width };
        let to_rgb = self.to_rgb();
        match self.views() {
            Some(Depth::Eight(views)) => average(&views, &to_rgb, &target, out),
            Some(Depth::Sixteen(views)) => average(&views, &to_rgb, &target, out),
            None => {}
        }
    }

    /// The picture upright, its longer side at most `max_side` pixels; never
    /// enlarged beyond the display size.
    pub fn rgb8(&self, max_side: u32) -> image::RgbImage {
        let (w, h) = (self.display_width.max(1), self.display_height.max(1));
        let scale = (f64::from(w.max(h)) / f64::from(max_side.clamp(1, LONGEST as u32))).max(1.0);
        let fit = |side: u32| ((f64::from(side) / scale).round() as u32).max(1);
        let (width, height) = (fit(w), fit(h));
        let map = Affine::scaling(w as f32 / width as f32, h as f32 / height as f32, 0.0, 0.0);
        if (width, height) == (self.display_width, self.display_height)
            && let Some(bytes) = self.direct_rgb()
        {
            return image::RgbImage::from_raw(width, height, bytes).unwrap_or_default();
        }
        let mut values = Vec::new();
        self.area(&map, width as usize, height as usize, &mut values);
        let bytes = values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
        image::RgbImage::from_raw(width, height, bytes).unwrap_or_default()
    }

    /// Means of bilinear samples, for maps that turn by odd angles.
    fn several(&self, map: &Affine, width: usize, height: usize, out: &mut Vec<f32>) {
        let full = map.then(&self.display_to_coded);
        let [a, b, _, d, e, _] = full.m;
        let reach = a.hypot(d).max(b.hypot(e));
        // Samples a side: one for each pixel covered, at most 8.
        let n = if reach.is_finite() { (reach.ceil() as usize).clamp(1, 8) } else { 1 };
        let mut part = Vec::new();
        out.clear();
        out.resize(width * height * 3, 0.0);
        for i in 0..n * n {
            let shift = |k: usize| (k as f32 + 0.5) / n as f32 - 0.5;
            let moved = Affine::scaling(1.0, 1.0, shift(i % n), shift(i / n)).then(map);
            self.warp(&moved, width, height, &mut part);
            for (sum, value) in out.iter_mut().zip(&part) {
                *sum += value / (n * n) as f32;
            }
        }
    }
}

/// Where along one axis of the coded picture an output pixel looks.
#[derive(Clone, Copy)]
struct Span {
    centre: f32,
    half: f32,
    inside: bool,
}

fn spans(count: usize, slope: f32, start: f32, size: usize) -> Vec<Span> {
    (0..count)
        .map(|i| {
            let centre = slope * (i as f32 + 0.5) + start;
            // One source pixel at least: a box that wide is the linear
            // interpolation of its neighbours.
            Span {
                centre,
                half: slope.abs().max(1.0) / 2.0,
                inside: centre >= 0.0 && centre < size as f32,
            }
        })
        .collect()
}

impl Span {
    /// The same span in a plane of chroma.
    fn shrunk(self, shift: u32, offset: f32) -> Self {
        let factor = 1.0 / (1u32 << shift) as f32;
        Self { centre: self.centre * factor + offset, half: (self.half * factor).max(0.5), ..self }
    }

    /// The pixels of a plane of `size` touched, with weights that add up to 1.
    fn weights(self, size: usize) -> Weights {
        let top = size as f32;
        // Beyond an edge its pixel stands for what is missing.
        let centre = self.centre.clamp(0.5_f32.min(top / 2.0), (top - 0.5).max(top / 2.0));
        let (low, high) = ((centre - self.half).max(0.0), (centre + self.half).min(top));
        let first = (low as usize).min(size.saturating_sub(1));
        let end = (high.ceil() as usize).clamp(first + 1, size.max(first + 1));
        let scale = 1.0 / (high - low).max(1e-6);
        let overlap = |i: usize| ((i + 1) as f32).min(high) - (i as f32).max(low);
        Weights { first, weights: (first..end).map(|i| overlap(i).max(0.0) * scale).collect() }
    }
}

/// What neighbouring pixels of a line weigh.
struct Weights {
    first: usize,
    weights: Vec<f32>,
}

impl Weights {
    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

struct Target {
    /// Spans along the coded x axis.
    columns: Vec<Span>,
    /// Spans along the coded y axis.
    rows: Vec<Span>,
    /// Output rows run along coded columns.
    turned: bool,
    /// Pixels in an output row.
    width: usize,
}

fn average<T: Sample>(views: &Views<'_, T>, to_rgb: &ToRgb, target: &Target, out: &mut [f32]) {
    match views {
        Views::Gray(plane) => {
            let y = means::<1, T>(plane, &target.columns, &target.rows);
            target.paint(out, |i| [to_rgb.level(y[i]); 3]);
        }
        Views::Rgb(plane) => {
            let rgb = means::<3, T>(plane, &target.columns, &target.rows);
            target.paint(out, |i| [0, 1, 2].map(|c| to_rgb.level(rgb[3 * i + c])));
        }
        Views::Yuv { y, u, v, siting } => {
            let Siting { shift, left } = *siting;
            let columns: Vec<_> =
                target.columns.iter().map(|s| s.shrunk(shift.horizontal, left)).collect();
            let rows: Vec<_> = target.rows.iter().map(|s| s.shrunk(shift.vertical, 0.0)).collect();
            let y = means::<1, T>(y, &target.columns, &target.rows);
            let (u, v) = (means::<1, T>(u, &columns, &rows), means::<1, T>(v, &columns, &rows));
            target.paint(out, |i| to_rgb.rgb(y[i], u[i], v[i]));
        }
    }
}

impl Target {
    fn paint(&self, out: &mut [f32], colour: impl Fn(usize) -> [f32; 3]) {
        for (v, line) in out.chunks_exact_mut(self.width * 3).enumerate() {
            for (u, pixel) in line.chunks_exact_mut(3).enumerate() {
                let (column, row) = if self.turned { (v, u) } else { (u, v) };
                if self.columns[column].inside && self.rows[row].inside {
                    pixel.copy_from_slice(&colour(row * self.columns.len() + column));
                }
            }
        }
    }
}

/// Mean of `plane` over every pair of spans: `rows × columns × CHANNELS`.
fn means<const CHANNELS: usize, T: Sample>(
    plane: &View<'_, T>,
    columns: &[Span],
    rows: &[Span],
) -> Vec<f32> {
    let columns: Vec<Weights> = columns.iter().map(|s| s.weights(plane.width)).collect();
    let left = columns.iter().map(|c| c.first).min().unwrap_or(0) * CHANNELS;
    let right = columns.iter().map(Weights::end).max().unwrap_or(0) * CHANNELS;
    let mut sums = vec![0.0f32; plane.width * CHANNELS];
    let mut out = Vec::with_capacity(rows.len() * columns.len() * CHANNELS);
    for row in rows {
        let row = row.weights(plane.height);
        sums[left..right].fill(0.0);
        for (y, weight) in (row.first..).zip(&row.weights) {
            let start = y * plane.stride;
            for (sum, value) in
                sums[left..right].iter_mut().zip(&plane.data[start + left..start + right])
            {
                *sum += weight * value.value();
            }
        }
        for column in &columns {
            let mut mean = [0.0; CHANNELS];
            let pixels = sums[column.first * CHANNELS..].chunks_exact(CHANNELS);
            for (pixel, weight) in pixels.zip(&column.weights) {
                for (mean, value) in mean.iter_mut().zip(pixel) {
                    *mean += weight * value;
                }
            }
            out.extend_from_slice(&mean);
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::super::{Colour, Plane, Samples, Subsampling};
    use super::*;

    /// Red grows to the right, green downwards; blue marks the left half.
    fn chart(width: usize, height: usize) -> Vec<u8> {
        let pixel = |x: usize, y: usize| [x as u8, y as u8, if x < width / 2 { 200 } else { 0 }];
        (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
    }

    #[test]
    fn the_display_size_is_given_back_untouched() {
        let rgb = chart(31, 17);
        let frame = Frame::from_rgb(&rgb, 31, 17);
        assert_eq!(frame.rgb8(1000).into_raw(), rgb);
    }

    #[test]
    fn a_box_of_a_gradient_is_its_middle_and_a_checker_is_grey() {
        let rgb = chart(120, 60);
        let small = Frame::from_rgb(&rgb, 120, 60).rgb8(30);
        assert_eq!(small.dimensions(), (30, 15));
        // Four columns 4u..4u+3 have the mean 4u + 1.5.
        assert_eq!(small.get_pixel(5, 7).0, [22, 30, 200]);
        let checker: Vec<u8> = (0..64 * 64).map(|i| ((i + i / 64) % 2 * 255) as u8).collect();
        let mut out = Vec::new();
        let quarter = Affine::scaling(4.0, 4.0, 0.0, 0.0);
        Frame::from_gray(&checker, 64, 64).area(&quarter, 16, 16, &mut out);
        assert!(out.iter().all(|v| (v - 0.5).abs() < 1e-5), "nothing aliases");
        // One bright pixel in sixteen, never at the middle of the box.
        let dots: Vec<u8> =
            (0..64 * 64).map(|i| if i % 4 == 0 && i / 64 % 4 == 0 { 240 } else { 0 }).collect();
        Frame::from_gray(&dots, 64, 64).area(&quarter, 16, 16, &mut out);
        assert!(out.iter().all(|v| (v - 15.0 / 255.0).abs() < 1e-5));
    }

    #[test]
    fn enlarging_is_linear() {
        let frame = Frame::from_gray(&[0, 100], 2, 1);
        let mut out = Vec::new();
        frame.area(&Affine::scaling(0.25, 1.0, 0.0, 0.0), 8, 1, &mut out);
        let reds: Vec<_> = out.chunks(3).map(|p| (p[0] * 255.0).round()).collect();
        // Centres at 0.125, 0.375 … of two pixels with centres 0.5 and 1.5.
        assert_eq!(reds, [0.0, 0.0, 13.0, 38.0, 63.0, 88.0, 100.0, 100.0]);
    }

    #[test]
    fn outside_the_picture_is_black() {
        let gray = [255u8; 40 * 20];
        let mut out = Vec::new();
        let map = Affine::scaling(4.0, 4.0, 0.0, -10.0);
        Frame::from_gray(&gray, 40, 20).area(&map, 10, 10, &mut out);
        let bright: Vec<_> = (0..10).filter(|y| out[(y * 10 + 5) * 3] > 0.99).collect();
        assert_eq!(bright, [2, 3, 4, 5, 6]); // display rows from 2.5 to 7.5
    }

    #[test]
    fn all_orientations_come_upright() {
        let (w, h) = (12usize, 8usize);
        let upright = chart(w, h);
        // (display from coded, coded size) for what cameras write.
        let (wf, hf) = (w as f32, h as f32);
        let cases = [
            ([-1., 0., wf, 0., -1., hf], w, h), // turned by 180
            ([-1., 0., wf, 0., 1., 0.], w, h),  // mirrored
            ([0., -1., wf, 1., 0., 0.], h, w),  // turned by 90
            ([0., 1., 0., -1., 0., hf], h, w),  // turned by 270
            ([0., 1., 0., 1., 0., 0.], h, w),   // transposed
        ];
        for (m, cw, ch) in cases {
            let coded_to_display = Affine { m };
            let mut coded = vec![0u8; w * h * 3];
            for y in 0..ch {
                for x in 0..cw {
                    let (u, v) = coded_to_display.apply(x as f32 + 0.5, y as f32 + 0.5);
                    let from = (v as usize * w + u as usize) * 3;
                    coded[(y * cw + x) * 3..][..3].copy_from_slice(&upright[from..from + 3]);
                }
            }
            let back = coded_to_display.invert().unwrap();
            let frame = Frame::from_rgb(&coded, cw, ch).shown(w as u32, h as u32, back);
            assert_eq!(frame.rgb8(100).into_raw(), upright, "{m:?}");
            let mut out = Vec::new();
            frame.warp(&Affine::IDENTITY, w, h, &mut out);
            let bytes: Vec<_> = out.iter().map(|v| (v * 255.0).round() as u8).collect();
            assert_eq!(bytes, upright, "warp {m:?}");
        }
    }

    #[test]
    fn wide_pixels_become_square() {
        let gray: Vec<u8> = (0..10).flat_map(|_| (0..10).map(|x| x * 20)).collect();
        let frame =
            Frame::from_gray(&gray, 10, 10).shown(20, 10, Affine::scaling(0.5, 1.0, 0.0, 0.0));
        let picture = frame.rgb8(20);
        assert_eq!(picture.dimensions(), (20, 10));
        assert_eq!(picture.get_pixel(9, 3).0[0], 85); // display 9.5 = coded 4.75, a quarter past 80
    }

    #[test]
    fn odd_turns_are_sampled_several_times() {
        let gray: Vec<u8> = (0..100 * 100).map(|i| ((i % 100) * 2) as u8).collect();
        let frame = Frame::from_gray(&gray, 100, 100);
        let map = Affine::similarity(4.0, 0.5, 50.0, 30.0);
        let mut out = Vec::new();
        frame.area(&map, 8, 8, &mut out);
        let (x, _) = map.apply(4.5, 3.5);
        assert!((out[(3 * 8 + 4) * 3] * 255.0 - (x - 0.5) * 2.0).abs() < 0.1);
    }

    #[test]
    fn broken_pictures_are_black_and_nothing_else_happens() {
        let data = [9u8; 10];
        let plane = |width, height, stride| Plane {
            samples: Samples::Eight(&data),
            stride,
            width,
            height,
            bits: 8,
        };
        let mut out = Vec::new();
        for p in [
            plane(4, 4, 4),
            plane(4, 2, 2),
            plane(0, 3, 4),
            plane(3, 0, 3),
            plane(1, usize::MAX, usize::MAX),
        ] {
            let frame = Frame::from_plane(p);
            frame.area(&Affine::scaling(0.5, 0.5, 0.0, 0.0), 4, 4, &mut out);
            assert!(out.iter().all(|&v| v == 0.0) && out.len() == 48);
            frame.warp(&Affine::IDENTITY, 4, 4, &mut out);
            assert!(out.iter().all(|&v| v == 0.0));
        }
        let frame = Frame::from_plane(plane(5, 2, 5));
        for bad in [f32::NAN, f32::INFINITY, 1e30] {
            frame.warp(&Affine::scaling(bad, 1.0, 0.0, 0.0), 4, 4, &mut out);
            frame.area(&Affine::scaling(1.0, 1.0, bad, 0.0), 4, 4, &mut out);
            frame.area(&Affine::scaling(bad, bad, 0.0, 0.0), 4, 4, &mut out);
        }
        let subsampling = Subsampling { horizontal: 9, vertical: 9 };
        let (y, u) = (plane(3, 3, 3), plane(1, 1, 1));
        let odd = Frame::from_pixels(
            super::super::Pixels::Yuv { y, u, v: u, subsampling },
            Colour::BT601,
        );
        odd.area(&Affine::scaling(0.6, 0.6, 0.0, 0.0), 5, 5, &mut out);
        odd.warp(&Affine::IDENTITY, 5, 5, &mut out);
    }
}
