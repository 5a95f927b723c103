//! What a report's pictures may show.
//!
//! Most material in this field is intimate imagery of someone who did not
//! consent, so a picture shows faces alone unless the examiner asks for more.

use std::io::Cursor;
use std::ops::Range;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};

use crate::media::Rect;
use crate::{Error, Result};

/// What is made unrecognisable in every picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Redact {
    /// Only faces are shown; everything else is made unrecognisable.
    #[default]
    Faces,
    /// Nothing: the pictures are shown as they are.
    None,
    /// Everything: no picture is shown at all.
    All,
}

impl Redact {
    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Faces => "faces",
            Self::None => "none",
            Self::All => "all",
        }
    }
}

/// Cells on the picture's longer side. Familiar faces are still recognised
/// at 7 × 10 pixels (Sinha et al. 2006, "Face recognition by humans: nineteen
/// results", result 1), so that a picture that is one large face keeps fewer.
const CELLS: u32 = 6;

/// Cells on the longer side of a map over the picture, outside faces: more
/// than of a picture, since what it shows is a residual and has to say where;
/// few enough that a body is a handful of cells.
const MAP_CELLS: usize = 16;

/// Part of a picture that one face may cover and still be shown: a larger
/// rectangle may be a detector's mistake, which would lay all open. Of 76
/// portraits of development with a sure face, 11 were tight enough to be hidden
/// wholly at a half, and 2 at two thirds (2026-11-22); beyond that too little
/// would be left to hide.
const MOST_OF_PICTURE: f32 = 2.0 / 3.0;

/// Longest side of a picture in a report, in pixels.
const LONGEST: u32 = 1280;

/// Quality of the JPEG pictures in a report.
const QUALITY: u8 = 85;

/// A copy of `image` in which only what `redact` allows is recognisable;
/// `None` when nothing is.
///
/// The rest is replaced by an interpolation between the mean colours of at
/// most 6 × 6 cells. Nothing else of it is kept, so nothing else can be won
/// back: unlike a blur alone, it cannot be inverted. `faces` are in the
/// picture's own pixels; they are clipped to the picture, one that covers more
/// than two thirds of it is passed over, and without any the whole picture is
/// replaced.
pub fn redacted(image: &RgbImage, faces: &[Rect], redact: Redact) -> Option<RgbImage> {
    match redact {
        Redact::All => return None,
        Redact::None => return Some(image.clone()),
        Redact::Faces => {}
    }
    if image.width() == 0 || image.height() == 0 {
        return Some(image.clone());
    }
    let mut out = smeared(image);
    for (xs, ys) in shown(faces, image.dimensions()) {
        for y in ys {
            for x in xs.clone() {
                out.put_pixel(x, y, *image.get_pixel(x, y));
            }
        }
    }
    Some(out)
}

/// The `values` of a map of `width × height` cells over the picture in which
/// only what `redact` allows can be told; `None` when nothing can.
///
/// Outside the `faces` (in cells) every value is replaced by the mean of the
/// finite values in its block, of which there are at most 16 on a side.
pub fn map(
    values: &[f32],
    (width, height): (usize, usize),
    faces: &[Rect],
    redact: Redact,
) -> Option<Vec<f32>> {
    match redact {
        Redact::None => return Some(values.to_vec()),
        Redact::All => return None,
        Redact::Faces => {}
    }
    // A map that does not fit its size is refused where it is drawn.
    if width == 0 || width.checked_mul(height) != Some(values.len()) {
        return Some(values.to_vec());
    }
    let side = width.max(height).div_ceil(MAP_CELLS);
    let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
    let mut sums = vec![(0.0f64, 0u32); columns * rows];
    let block = |at: usize| at / width / side * columns + at % width / side;
    for (at, value) in values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        if let Some((sum, count)) = sums.get_mut(block(at)) {
            (*sum, *count) = (*sum + f64::from(*value), *count + 1);
        }
    }
    let open = shown(faces, (width as u32, height as u32));
    let keep = |at: usize| {
        let (x, y) = ((at % width) as u32, (at / width) as u32);
        open.iter().any(|(xs, ys)| xs.contains(&x) && ys.contains(&y))
    };
    let mean = |at: usize| match sums.get(block(at)) {
        Some((sum, count)) if *count > 0 => (sum / f64::from(*count)) as f32,
        _ => f32::NAN,
    };
    Some(values.iter().enumerate().map(|(at, v)| if keep(at) { *v } else { mean(at) }).collect())
}

/// Columns and rows of the faces that may be shown in a picture of this size.
fn shown(faces: &[Rect], (width, height): (u32, u32)) -> Vec<(Range<u32>, Range<u32>)> {
    let (cut_out, faces) = match faces.split_first() {
        Some((first, parts)) if *first == Rect::CUT_OUT => (true, parts),
        _ => (false, faces),
    };
    if cut_out && faces.is_empty() {
        return vec![(0..width, 0..height)];
    }
    let part = if cut_out { 1.0 } else { MOST_OF_PICTURE };
    let most = part * width as f32 * height as f32;
    faces
        .iter()
        .filter_map(|face| {
            let (xs, ys) = (span(face.x, face.width, width), span(face.y, face.height, height));
            (xs.len() as f32 * ys.len() as f32 <= most).then_some((xs, ys))
        })
        .collect()
}

/// Whole pixels from `start` over `length`, inside 0..`limit`; none when the
/// rectangle is not a number.
fn span(start: f32, length: f32, limit: u32) -> Range<u32> {
    let end = start + length;
    if !(start.is_finite() && end.is_finite() && length > 0.0) {
        return 0..0;
    }
    // A float-to-integer cast saturates, so no value escapes the clipping.
    (start.ceil() as u32).min(limit)..(end.floor() as u32).min(limit)
}

/// `image` as an interpolation between the means of its cells.
fn smeared(image: &RgbImage) -> RgbImage {
    let (width, height) = image.dimensions();
    let side = width.max(height).div_ceil(CELLS).max(1);
    let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
    let mut sums = vec![[0u64; 4]; columns as usize * rows as usize];
    for (x, y, Rgb(rgb)) in image.enumerate_pixels() {
        let cell = (y / side) as usize * columns as usize + (x / side) as usize;
        if let Some(sum) = sums.get_mut(cell) {
            for (s, &v) in sum.iter_mut().zip(rgb) {
                *s += u64::from(v);
            }
            sum[3] += 1;
        }
    }
    let mean = |column: u32, row: u32| {
        let at = row.min(rows - 1) as usize * columns as usize + column.min(columns - 1) as usize;
        let [r, g, b, n] = sums.get(at).copied().unwrap_or([0, 0, 0, 1]);
        [r, g, b].map(|s| s as f32 / n.max(1) as f32)
    };
    RgbImage::from_fn(width, height, |x, y| {
        // Position among the cells' centres.
        let place = |p: u32| ((p as f32 + 0.5) / side as f32 - 0.5).max(0.0);
        let (u, v) = (place(x), place(y));
        let (column, row) = (u as u32, v as u32);
        let (a, b) = (u.fract(), v.fract());
        let corners = [
            mean(column, row),
            mean(column + 1, row),
            mean(column, row + 1),
            mean(column + 1, row + 1),
        ];
        Rgb(std::array::from_fn(|c| {
            let top = corners[0][c] * (1.0 - a) + corners[1][c] * a;
            let bottom = corners[2][c] * (1.0 - a) + corners[3][c] * a;
            (top * (1.0 - b) + bottom * b).round() as u8
        }))
    })
}

/// `image` as a JPEG file, redacted first and then made no larger than 1280
/// pixels; `None` when nothing of it may be shown.
///
/// # Errors
///
/// When the picture is empty or the encoder fails.
pub fn jpeg(image: &RgbImage, faces: &[Rect], redact: Redact) -> Result<Option<Vec<u8>>> {
    let Some(shown) = redacted(image, faces, redact) else { return Ok(None) };
    let (width, height) = reduced(shown.dimensions());
    let shown = if (width, height) == shown.dimensions() {
        shown
    } else {
        resize(&shown, width, height, FilterType::Triangle)
    };
    let mut file = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode_image(&shown)
        .map_err(|e| Error::compute("picture", e))?;
    Ok(Some(file.into_inner()))
}

/// The size at which [`jpeg`] shows a picture of `(width, height)` pixels.
pub fn reduced((width, height): (u32, u32)) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= LONGEST {
        return (width, height);
    }
    let scaled = |side: u32| (u64::from(side) * u64::from(LONGEST) / u64::from(longest)).max(1);
    (scaled(width) as u32, scaled(height) as u32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    /// Black and white stripes two pixels wide: all detail, no mean.
    fn stripes(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            if (x / 2 + y / 2) % 2 == 0 { Rgb([255; 3]) } else { Rgb([0; 3]) }
        })
    }

    /// Greatest difference between neighbours in a row over `keep`.
    fn detail(image: &RgbImage, keep: impl Fn(u32, u32) -> bool) -> u8 {
        let mut most = 0;
        for (x, y, pixel) in image.enumerate_pixels() {
            if x > 0 && keep(x, y) && keep(x - 1, y) {
                most = most.max(pixel[0].abs_diff(image.get_pixel(x - 1, y)[0]));
            }
        }
        most
    }

    fn faces_only(image: &RgbImage, faces: &[Rect]) -> RgbImage {
        redacted(image, faces, Redact::Faces).unwrap()
    }

    const FACE: Rect = Rect { x: 100.0, y: 60.0, width: 80.0, height: 90.0 };

    fn inside(x: u32, y: u32) -> bool {
        (100..180).contains(&x) && (60..150).contains(&y)
    }

    #[test]
    fn outside_the_faces_no_detail_is_left() {
        let image = stripes(640, 360);
        let out = faces_only(&image, &[FACE]);
        assert!(detail(&out, |x, y| !inside(x, y)) <= 1);
        for (x, y, pixel) in out.enumerate_pixels().filter(|(x, y, _)| inside(*x, *y)) {
            assert_eq!(pixel, image.get_pixel(x, y));
        }
    }

    #[test]
    fn without_faces_and_with_all_nothing_is_left() {
        let image = stripes(640, 360);
        assert!(detail(&faces_only(&image, &[]), |_, _| true) <= 1);
        assert_eq!(redacted(&image, &[FACE], Redact::All), None);
        assert_eq!(jpeg(&image, &[FACE], Redact::All).unwrap(), None);
        assert_eq!(redacted(&image, &[FACE], Redact::None), Some(image));
    }

    #[test]
    fn what_is_hidden_depends_on_cell_means_alone() {
        // Moving every pixel within its cell gives the same picture: what is
        // replaced cannot be told apart, let alone won back.
        let image = RgbImage::from_fn(120, 60, |x, y| {
            Rgb([(x * 2) as u8, (y * 4) as u8, ((x * y) % 251) as u8])
        });
        let moved = RgbImage::from_fn(120, 60, |x, y| {
            *image.get_pixel(x / 20 * 20 + 19 - x % 20, y / 20 * 20 + (y + 7) % 20)
        });
        assert_ne!(image, moved);
        assert_eq!(faces_only(&image, &[]), faces_only(&moved, &[]));
    }

    #[test]
    fn a_picture_keeps_at_most_six_cells_a_side() {
        let image = RgbImage::from_fn(60, 60, |x, _| Rgb([if x % 20 < 10 { 255 } else { 0 }; 3]));
        let out = faces_only(&image, &[]);
        let changes = (1..59).filter(|&x| {
            let at = |x| i32::from(out.get_pixel(x, 30)[0]);
            (at(x) - at(x - 1)).signum() != (at(x + 1) - at(x)).signum()
        });
        assert!(changes.count() <= 2 * 6);
    }

    #[test]
    fn of_a_cut_out_only_what_is_face_is_left() {
        let image = stripes(96, 96);
        let part = Rect { x: 20.0, y: 0.0, width: 70.0, height: 96.0 };
        let out = faces_only(&image, &[Rect::CUT_OUT, part]);
        let open = |x: u32| (20..90).contains(&x);
        assert!(detail(&out, |x, _| !open(x)) <= 1);
        assert!(out.enumerate_pixels().all(|(x, y, p)| !open(x) || p == image.get_pixel(x, y)));
        assert_eq!(faces_only(&image, &[Rect::CUT_OUT]), image);
        // A rectangle of that size found in a picture is passed over.
        assert!(detail(&faces_only(&image, &[part]), |_, _| true) <= 1);
    }

    #[test]
    fn hostile_rectangles_show_nothing() {
        let image = stripes(64, 64);
        let bad = |x, y, width, height| Rect { x, y, width, height };
        for face in [
            bad(f32::NAN, 0.0, 10.0, 10.0),
            bad(0.0, 0.0, f32::INFINITY, 10.0),
            bad(10.0, 10.0, -5.0, 20.0),
            bad(1e30, 1e30, 10.0, 10.0),
            bad(-50.0, -50.0, 20.0, 20.0),
        ] {
            assert!(detail(&faces_only(&image, &[face]), |_, _| true) <= 1, "{face:?}");
        }
    }

    #[test]
    fn a_face_over_the_whole_picture_shows_nothing() {
        let image = stripes(64, 64);
        let face = |x, y, width, height| Rect { x, y, width, height };
        for all in [face(-10.0, -10.0, 1e9, 1e9), face(0.0, 0.0, 64.0, 43.0)] {
            assert!(detail(&faces_only(&image, &[all]), |_, _| true) <= 1, "{all:?}");
        }
        assert!(detail(&faces_only(&image, &[face(0.0, 0.0, 64.0, 42.0)]), |_, _| true) > 1);
    }

    #[test]
    fn a_map_over_the_picture_is_coarse_outside_the_faces() {
        let (width, height) = (64, 32);
        let values: Vec<f32> = (0..width * height).map(|i| ((i + i / width) % 2) as f32).collect();
        let face = Rect { x: 8.0, y: 8.0, width: 8.0, height: 8.0 };
        let out = map(&values, (width, height), &[face], Redact::Faces).unwrap();
        for (i, (was, is)) in values.iter().zip(&out).enumerate() {
            let inside = (8..16).contains(&(i % width)) && (8..16).contains(&(i / width));
            assert_eq!(*is, if inside { *was } else { 0.5 }, "cell {i}");
        }
        assert_eq!(map(&values, (width, height), &[face], Redact::None).unwrap(), values);
        assert!(map(&values, (width, height), &[face], Redact::All).is_none());
        // No value takes no part, and a block of none has none.
        let mut holes = vec![f32::NAN; 64 * 64];
        holes[0] = 3.0;
        let out = map(&holes, (64, 64), &[], Redact::Faces).unwrap();
        assert!(out[3 * 64 + 3] == 3.0 && out[4].is_nan());
        // A plain map keeps its size and a false one is left to the drawing.
        assert_eq!(map(&[1.0, 2.0], (2, 1), &[], Redact::Faces).unwrap(), [1.0, 2.0]);
        assert_eq!(map(&[1.0], (0, 7), &[], Redact::Faces).unwrap(), [1.0]);
    }

    #[test]
    fn pictures_are_redacted_before_they_are_encoded_and_bounded() {
        let file = jpeg(&stripes(4000, 1000), &[], Redact::Faces).unwrap().unwrap();
        let read = image::load_from_memory(&file).unwrap().to_rgb8();
        assert_eq!(read.dimensions(), (1280, 320));
        assert_eq!(reduced((4000, 1000)), (1280, 320));
        assert!(detail(&read, |_, _| true) <= 4);
        assert!(jpeg(&RgbImage::new(0, 0), &[], Redact::Faces).is_err());
    }
}
