//! A cut-out of the face where it was widest: what the checks of parts of a face
//! show.

use image::{Rgb, RgbImage};

use super::Figure;
use crate::faces::Face;
use crate::media::Rect;
use crate::text::Text;

/// How much wider a face must be for its cut-out to take the place of the last.
const WIDER: f32 = 1.15;
/// Colour of drawn edges (Okabe & Ito 2008, vermilion).
const INK: Rgb<u8> = Rgb([213, 94, 0]);

/// A cut-out, of which face, and when.
pub(super) struct Shown {
    image: RgbImage,
    track: u32,
    time_s: f64,
    width: f32,
}

impl Shown {
    /// Keeps the cut-out of a face of this width if it is clearly wider than
    /// the last one and sure to be a face.
    pub fn keep(
        slot: &mut Option<Self>,
        face: &Face,
        width: f32,
        time_s: f64,
        image: impl FnOnce() -> RgbImage,
    ) {
        if face.sure() && slot.as_ref().is_none_or(|last| width > WIDER * last.width) {
            *slot = Some(Self { image: image(), track: face.track, time_s, width });
        }
    }

    /// The picture in the report; `title` is given the number of the face.
    pub fn figure(self, still: bool, title: impl FnOnce(u32) -> Text) -> Figure {
        Figure::Picture {
            title: title(self.track),
            image: self.image,
            faces: vec![Rect::CUT_OUT],
            time_s: (!still).then_some(self.time_s),
        }
    }
}

/// Pictures of one height side by side, a few pixels of white between them.
pub(super) fn beside(pictures: &[RgbImage]) -> RgbImage {
    const GAP: u32 = 12;
    let width: u32 = pictures.iter().map(|p| p.width() + GAP).sum();
    let height = pictures.iter().map(RgbImage::height).max().unwrap_or(1);
    let mut all = RgbImage::from_pixel(width.saturating_sub(GAP).max(1), height, Rgb([255; 3]));
    let mut x = 0;
    for picture in pictures {
        image::imageops::replace(&mut all, picture, x, 0);
        x += i64::from(picture.width() + GAP);
    }
    all
}

/// A square window of `side` samples (R, G, B in 0–1), enlarged `times`, with the
/// edge of `mask` drawn on it.
pub(super) fn outlined(rgb: &[[f32; 3]], mask: &[bool], side: usize, times: usize) -> RgbImage {
    let size = (side * times) as u32;
    RgbImage::from_fn(size, size, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let at = |x: usize, y: usize| (y / times) * side + x / times;
        let on = |x: usize, y: usize| {
            x < side * times && y < side * times && mask.get(at(x, y)) == Some(&true)
        };
        // The first pixel outside is ink: the samples within stay to be seen.
        let edge = !on(x, y)
            && (on(x + 1, y) || on(x, y + 1) || (x > 0 && on(x - 1, y)) || (y > 0 && on(x, y - 1)));
        let colour = rgb.get(at(x, y)).copied().unwrap_or_default();
        if edge { INK } else { Rgb(colour.map(|v| (255.0 * v).round().clamp(0.0, 255.0) as u8)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_lies_just_outside_what_is_marked() {
        let mut mask = vec![false; 16];
        mask[5] = true;
        let drawn = outlined(&[[1.0; 3]; 16], &mask, 4, 3);
        assert_eq!(drawn.dimensions(), (12, 12));
        let ink = |x, y| *drawn.get_pixel(x, y) == INK;
        // The marked sample is 3–5 in both; its neighbours' nearest rows are ink.
        assert!(!ink(3, 3) && !ink(5, 5) && ink(2, 4) && ink(6, 4) && ink(4, 2) && ink(4, 6));
        assert_eq!(drawn.pixels().filter(|p| **p == INK).count(), 12);
    }

    #[test]
    fn side_by_side_keeps_every_picture() {
        let one = RgbImage::from_pixel(3, 4, Rgb([1; 3]));
        let two = RgbImage::from_pixel(5, 2, Rgb([2; 3]));
        let all = beside(&[one, two]);
        assert_eq!(all.dimensions(), (20, 4));
        assert_eq!((all.get_pixel(0, 3).0, all.get_pixel(15, 0).0), ([1; 3], [2; 3]));
        assert_eq!(all.get_pixel(7, 0).0, [255; 3]);
        assert_eq!(beside(&[]).dimensions(), (1, 1));
    }
}
