//! A cut-out of each face where it was widest: what the checks of parts of a face
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

/// Faces of which a cut-out is kept.
const MOST: usize = 4;

/// How far beside the box of a face its ears reach, and what hangs from them, in
/// widths of the face: what of a cut-out may be shown.
pub(super) const EARS: f32 = 0.16;

/// What was cut out, and which parts of it are face: all of it where none are named.
pub(super) struct Cut {
    pub image: RgbImage,
    pub face: Vec<Rect>,
}

impl From<RgbImage> for Cut {
    fn from(image: RgbImage) -> Self {
        Self { image, face: Vec::new() }
    }
}

/// A cut-out of each face.
#[derive(Default)]
pub(super) struct Shown(Vec<CutOut>);

/// A cut-out, of which face, and when.
struct CutOut {
    image: RgbImage,
    face: Vec<Rect>,
    track: u32,
    time_s: f64,
    width: f32,
}

impl Shown {
    /// Keeps the cut-out of a face of this width if it is clearly wider than
    /// the last one of it, and sure to be a face.
    pub fn keep<C: Into<Cut>>(
        &mut self,
        face: &Face,
        width: f32,
        time_s: f64,
        cut: impl FnOnce() -> Option<C>,
    ) {
        let last = self.0.iter().position(|one| one.track == face.track);
        // Where there is no more room, the narrowest makes place.
        let narrowest = || (0..MOST).min_by(|a, b| self.0[*a].width.total_cmp(&self.0[*b].width));
        let place = last.or_else(|| if self.0.len() < MOST { None } else { narrowest() });
        if !face.sure() || place.is_some_and(|i| width <= WIDER * self.0[i].width) {
            return;
        }
        let Some(cut) = cut() else { return };
        let cut: Cut = cut.into();
        let one = CutOut { image: cut.image, face: cut.face, track: face.track, time_s, width };
        match place {
            Some(i) => self.0[i] = one,
            None => self.0.push(one),
        }
    }

    /// The pictures in the report, in the order of the faces' numbers; `title` is
    /// given the number of each.
    pub fn figures(mut self, still: bool, title: impl Fn(u32) -> Text) -> Vec<Figure> {
        self.0.sort_by_key(|one| one.track);
        let figure = |one: CutOut| Figure::Picture {
            title: title(one.track),
            image: one.image,
            faces: std::iter::once(Rect::CUT_OUT).chain(one.face).collect(),
            time_s: (!still).then_some(one.time_s),
        };
        self.0.into_iter().map(figure).collect()
    }

    /// Only the faces of these numbers.
    pub fn only(self, faces: impl Fn(u32) -> bool) -> Self {
        self.with(|track, image| faces(track).then_some(image))
    }

    /// Each cut-out as `drawn` changes it, given the number of the face; none where it
    /// gives none.
    pub fn with(self, drawn: impl Fn(u32, RgbImage) -> Option<RgbImage>) -> Self {
        let all = self.0.into_iter();
        Self(
            all.filter_map(|one| Some(CutOut { image: drawn(one.track, one.image)?, ..one }))
                .collect(),
        )
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
    fn each_face_keeps_its_widest_cut_out_and_the_narrowest_makes_place() {
        let face = crate::faces::synth::face_of(&crate::faces::synth::Head::default());
        let mut shown = Shown::default();
        let mut keep = |track: u32, width: f32| {
            let face = Face { track, ..face.clone() };
            shown.keep(&face, width, f64::from(width), || Some(RgbImage::new(1, 1)));
        };
        for (track, width) in [(5, 100.0), (5, 105.0), (5, 130.0), (2, 90.0), (3, 80.0), (7, 60.0)]
        {
            keep(track, width);
        }
        keep(9, 65.0);
        keep(8, 75.0);
        let kept: Vec<(u32, f32)> = shown.0.iter().map(|one| (one.track, one.width)).collect();
        assert_eq!(kept, [(5, 130.0), (2, 90.0), (3, 80.0), (8, 75.0)]);
        let titles =
            shown.only(|track| track != 3).figures(false, |track| Text::same(track.to_string()));
        let titles = titles.iter().map(|figure| match figure {
            Figure::Picture { title, .. } => title.en.clone(),
            _ => String::new(),
        });
        assert_eq!(titles.collect::<Vec<_>>(), ["2", "5", "8"]);
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
