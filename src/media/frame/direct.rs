//! Full-size RGB of an upright 8-bit picture, without resampling of luma.
//!
//! [`Frame::area`] gives the same picture and stays the reference; this is the
//! case that costs most and needs least.

use super::sampler::{Depth, Siting, ToRgb, View, Views};
use super::{Affine, Frame};

impl Frame<'_> {
    /// The upright picture at full size as interleaved RGB bytes; `None` where
    /// turning, scaling, other depths or other subsampling ask for
    /// [`Frame::area`].
    pub(super) fn direct_rgb(&self) -> Option<Vec<u8>> {
        let (width, height) = self.pixels.size();
        let upright = self.display_to_coded == Affine::IDENTITY
            && (self.display_width as usize, self.display_height as usize) == (width, height);
        match self.views()? {
            Depth::Eight(Views::Yuv { y, u, v, siting })
                if upright && siting.shift.horizontal <= 1 && siting.shift.vertical <= 1 =>
            {
                Some(convert(&y, [&u, &v], siting, &self.to_rgb()))
            }
            Depth::Eight(Views::Rgb(rgb)) if upright => {
                Some(rows(&rgb, 3).flatten().copied().collect())
            }
            Depth::Eight(Views::Gray(gray)) if upright => {
                let to = self.to_rgb();
                let level = |v: usize| (to.level(v as f32) * 255.0 + 0.5) as u8;
                let levels: [u8; 256] = std::array::from_fn(level);
                let level = |v: &u8| [levels[usize::from(*v)]; 3];
                Some(rows(&gray, 1).flatten().flat_map(level).collect())
            }
            _ => None,
        }
    }
}

/// The rows of a plane without what lies between them.
fn rows<'a>(plane: &View<'a, u8>, channels: usize) -> impl Iterator<Item = &'a [u8]> {
    let (data, stride, row) = (plane.data, plane.stride, plane.width * channels);
    (0..plane.height).map(move |y| &data[y * stride..][..row])
}

fn convert(y: &View<'_, u8>, chroma: [&View<'_, u8>; 2], siting: Siting, to: &ToRgb) -> Vec<u8> {
    let mut out = vec![0; y.width * y.height * 3];
    let mut wide = [vec![0.0; y.width + 1], vec![0.0; y.width + 1]];
    let mut narrow = Vec::new();
    for (row, out) in out.chunks_exact_mut(y.width * 3).enumerate() {
        for (plane, wide) in chroma.iter().zip(&mut wide) {
            between_rows(plane, row, siting, &mut narrow);
            widen(&narrow, siting, wide);
        }
        let luma = &y.data[row * y.stride..][..y.width];
        let [u, v] = &wide;
        for (((pixel, luma), u), v) in out.chunks_exact_mut(3).zip(luma).zip(u).zip(v) {
            let rgb = to.rgb(f32::from(*luma), *u, *v);
            for (byte, value) in pixel.iter_mut().zip(rgb) {
                *byte = (value * 255.0 + 0.5) as u8;
            }
        }
    }
    out
}

/// The chroma row that lies beside luma row `row`, with its edge samples
/// repeated once on either side.
fn between_rows(plane: &View<'_, u8>, row: usize, siting: Siting, out: &mut Vec<f32>) {
    let last = plane.height - 1;
    // Centred vertically: a luma row of a pair lies a quarter of a chroma row
    // off the middle of its own, towards the neighbour.
    let (own, neighbour, weight) = if siting.shift.vertical == 0 {
        (row.min(last), row.min(last), 0.0)
    } else {
        let own = (row / 2).min(last);
        let neighbour =
            if row.is_multiple_of(2) { own.saturating_sub(1) } else { (own + 1).min(last) };
        (own, neighbour, 0.25)
    };
    let line = |index: usize| &plane.data[index * plane.stride..][..plane.width];
    out.clear();
    out.push(0.0);
    out.extend(line(own).iter().zip(line(neighbour)).map(|(a, b)| {
        let (a, b) = (f32::from(*a), f32::from(*b));
        a + (b - a) * weight
    }));
    let end = out[plane.width];
    out.push(end);
    out[0] = out[1];
}

/// A chroma row (edges repeated) at the pitch of luma. `out` has one sample
/// more than a luma row, so that pairs fit at odd widths.
fn widen(narrow: &[f32], siting: Siting, out: &mut [f32]) {
    let inner = narrow.len() - 2;
    if siting.shift.horizontal == 0 {
        for (out, value) in out.iter_mut().zip(&narrow[1..=inner]) {
            *out = *value;
        }
        return;
    }
    // Where the even pixel of a pair lies, in chroma samples from its own;
    // the odd one lies half a sample further.
    let even = siting.left - 0.25;
    let (back, ahead) = (-even, even + 0.5);
    for (pair, at) in out.chunks_exact_mut(2).zip(narrow.windows(3)) {
        pair[0] = at[1] + (at[0] - at[1]) * back;
        pair[1] = at[1] + (at[2] - at[1]) * ahead;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Colour, Pixels, Plane, Samples, Subsampling};
    use super::*;

    fn noise(count: usize, mut state: u64) -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn agrees_with_area_averaging_to_one_level() {
        let colours = [Colour::BT601, Colour::BT709, Colour::JPEG];
        for (width, height) in [(16, 12), (17, 13), (1, 1), (2, 5), (31, 2)] {
            for (horizontal, vertical) in [(0, 0), (1, 0), (1, 1), (0, 1)] {
                for colour in colours {
                    let (cw, ch) = (
                        (width + (1 << horizontal) - 1) >> horizontal,
                        (height + (1 << vertical) - 1) >> vertical,
                    );
                    let (cw, ch): (usize, usize) = (cw, ch);
                    let luma = noise(width * height, 1);
                    let (u, v) = (noise(cw * ch, 2), noise(cw * ch, 3));
                    let plane = |samples, width, height| Plane {
                        samples: Samples::Eight(samples),
                        stride: width,
                        width,
                        height,
                        bits: 8,
                    };
                    let pixels = Pixels::Yuv {
                        y: plane(&luma, width, height),
                        u: plane(&u, cw, ch),
                        v: plane(&v, cw, ch),
                        subsampling: Subsampling { horizontal, vertical },
                    };
                    let frame = Frame::from_pixels(pixels, colour);
                    let mut slow = Vec::new();
                    frame.area(&Affine::IDENTITY, width, height, &mut slow);
                    let fast = frame.direct_rgb().unwrap_or_default();
                    assert_eq!(fast.len(), slow.len());
                    for (at, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
                        let off = (f32::from(*fast) - slow * 255.0).abs();
                        assert!(
                            off <= 1.0,
                            "{width}x{height} {horizontal}{vertical} {colour:?}: {off} at {at}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn rgb_and_gray_come_back_as_they_are() {
        let data = noise(12 * 20, 4);
        for (channels, colour) in
            [(3, Colour::JPEG), (3, Colour::BT709), (1, Colour::JPEG), (1, Colour::BT709)]
        {
            let plane =
                Plane { samples: Samples::Eight(&data), stride: 20, width: 6, height: 12, bits: 8 };
            let pixels = if channels == 3 { Pixels::Rgb(plane) } else { Pixels::Gray(plane) };
            let frame = Frame::from_pixels(pixels, colour);
            let mut slow = Vec::new();
            frame.area(&Affine::IDENTITY, 6, 12, &mut slow);
            let slow: Vec<u8> = slow.iter().map(|v| (v * 255.0 + 0.5) as u8).collect();
            assert_eq!(frame.direct_rgb().unwrap_or_default(), slow, "{channels} {colour:?}");
        }
    }
}
