//! The thumbnail in the EXIF data, and whether it shows the picture.

use std::io::Cursor;

use exif::{In, Reader, Tag};
use image::{ImageFormat, ImageReader, Limits};

use super::tables::Coding;
use crate::media::container::Structure;
use crate::media::{Affine, Frame};
use crate::signal::stats::mean_sd;

/// Largest side of a thumbnail that is decoded; CIPA DC-008 asks for 160 × 120,
/// some makers write up to 1024.
const LARGEST: u32 = 2048;
/// Luma up to which a whole line counts as a bar: black is 0, and JPEG at low
/// quality adds ringing.
const BLACK: f64 = 24.0;
/// Most of a side that bars may take; 4:3 in which a panorama lies.
const BARS: f64 = 0.7;

/// A thumbnail.
pub(super) struct Thumbnail {
    /// Its bytes.
    pub bytes: u64,
    /// Its tables.
    pub coding: Coding,
    /// Its luma, unless it cannot be decoded.
    pub picture: Option<Picture>,
}

/// Luma in rows.
pub(super) struct Picture {
    width: usize,
    height: usize,
    luma: Vec<f64>,
}

/// How a thumbnail stands to its picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Comparison {
    /// Correlation of luma, −1 to 1.
    pub correlation: f64,
    /// The least of the lively ones among 4×4 parts.
    pub least: Option<f64>,
    /// Width over height of the thumbnail without bars, divided by that of
    /// the picture.
    pub aspect: f64,
    /// Whether it fits the picture turned upright better than as it lies.
    pub upright: bool,
}

/// The thumbnail in `tiff`, an EXIF stream.
pub(super) fn read(tiff: Vec<u8>) -> Option<Thumbnail> {
    let exif = Reader::new()
        .continue_on_error(true)
        .read_raw(tiff)
        .or_else(|e| e.distill_partial_result(|_| {}))
        .ok()?;
    let number = |tag| {
        let value = exif.get_field(tag, In::THUMBNAIL)?.value.get_uint(0)?;
        usize::try_from(value).ok()
    };
    let start = number(Tag::JPEGInterchangeFormat)?;
    let length = number(Tag::JPEGInterchangeFormatLength)?;
    let bytes = exif.buf().get(start..start.checked_add(length)?)?;
    let mut cursor = Cursor::new(bytes);
    let structure = Structure::parse(&mut cursor, bytes.len() as u64);
    if structure.format != "JPEG" {
        return None;
    }
    let coding = Coding::read(&mut cursor, &structure);
    Some(Thumbnail { bytes: bytes.len() as u64, coding, picture: decode(bytes) })
}

fn decode(bytes: &[u8]) -> Option<Picture> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST);
    limits.max_image_height = Some(LARGEST);
    reader.limits(limits);
    let rgb = reader.decode().ok()?.to_rgb8();
    let luma = rgb
        .pixels()
        .map(|p| {
            let [r, g, b] = p.0.map(f64::from);
            0.299 * r + 0.587 * g + 0.114 * b
        })
        .collect();
    Some(Picture { width: rgb.width() as usize, height: rgb.height() as usize, luma })
}

impl Picture {
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The part without the black bars with which cameras fill a thumbnail of
    /// another shape than the picture. A picture with too little left, such
    /// as a night scene, is taken as it is.
    fn without_bars(&self) -> Self {
        let row = |y: usize| (0..self.width).all(|x| self.luma[y * self.width + x] <= BLACK);
        let column = |x: usize| (0..self.height).all(|y| self.luma[y * self.width + x] <= BLACK);
        let inside = |n: usize, black: &dyn Fn(usize) -> bool| {
            let first = (0..n).take_while(|i| black(*i)).count();
            let last = n - (first..n).rev().take_while(|i| black(*i)).count();
            let enough = last.saturating_sub(first) as f64 >= n as f64 * (1.0 - BARS);
            if enough { first..last } else { 0..n }
        };
        let (rows, columns) = (inside(self.height, &row), inside(self.width, &column));
        let luma = rows
            .clone()
            .flat_map(|y| columns.clone().map(move |x| y * self.width + x))
            .map(|i| self.luma[i])
            .collect();
        Self { width: columns.len(), height: rows.len(), luma }
    }

    /// Compares it with `frame`, as it lies and upright, with and without
    /// bars; the best counts, since all four are made by ordinary cameras.
    /// `None` where either is of one tone.
    pub(super) fn compare(&self, frame: &Frame<'_>) -> Option<Comparison> {
        let mut best: Option<Comparison> = None;
        for picture in [self.without_bars(), Self { luma: self.luma.clone(), ..*self }] {
            for upright in [false, true] {
                let (width, height, luma) = picture.same_size(frame, upright)?;
                let Some(correlation) = correlation(&picture.luma, &luma) else { continue };
                let aspect = picture.width as f64 / picture.height as f64 * height / width;
                if best.is_none_or(|b| correlation > b.correlation + 1e-9) {
                    let least = least_alike(&picture.luma, &luma, picture.width);
                    best = Some(Comparison { correlation, least, aspect, upright });
                }
            }
        }
        best
    }

    /// The size of `frame`, and its luma reduced to this picture's size.
    fn same_size(&self, frame: &Frame<'_>, upright: bool) -> Option<(f64, f64, Vec<f64>)> {
        let (width, height, from) = if upright {
            (f64::from(frame.display_width), f64::from(frame.display_height), Affine::IDENTITY)
        } else {
            let (width, height) = frame.pixels.size();
            (width as f64, height as f64, frame.display_to_coded.invert()?)
        };
        let (sx, sy) = (width / self.width as f64, height / self.height as f64);
        let map = Affine::scaling(sx as f32, sy as f32, 0.0, 0.0).then(&from);
        let mut rgb = Vec::new();
        frame.area(&map, self.width, self.height, &mut rgb);
        let luma = rgb
            .chunks_exact(3)
            .map(|p| {
                255.0
                    * (0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]))
            })
            .collect();
        Some((width, height, luma))
    }
}

/// Parts of a thumbnail along each side that are compared by themselves.
const PARTS: usize = 4;
/// Standard deviation in levels from which a part is lively enough: below, compression
/// decides how alike two are.
const LIVELY: f64 = 12.0;

/// The least correlation among the lively parts of both.
fn least_alike(a: &[f64], b: &[f64], width: usize) -> Option<f64> {
    let mut parts = vec![(Vec::new(), Vec::new()); PARTS * PARTS];
    let height = a.len() / width.max(1);
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let (x, y) = (i % width * PARTS / width, i / width * PARTS / height.max(1));
        if let Some(part) = parts.get_mut(y * PARTS + x) {
            part.0.push(*a);
            part.1.push(*b);
        }
    }
    let lively = |v: &[f64]| mean_sd(v).is_some_and(|(_, sd)| sd >= LIVELY);
    let alike = parts.iter().filter(|(a, b)| lively(a) && lively(b));
    alike.filter_map(|(a, b)| correlation(a, b)).reduce(f64::min)
}

/// Pearson's correlation; `None` where one of the two does not vary.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len().min(b.len()) as f64;
    if n < 2.0 {
        return None;
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - ma, y - mb);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    // Less than a tenth of a grey level of spread is one tone.
    (aa / n > 0.01 && bb / n > 0.01).then(|| ab / (aa * bb).sqrt())
}
