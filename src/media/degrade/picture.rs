//! Steps on a picture.

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageFormat, RgbImage};
use serde_json::{Value, json};

use super::Step;
use crate::signal::random::SplitMix;
use crate::{Error, Result};

/// Longest side and quality of the likeness of a messenger.
const MESSENGER: (u32, u8) = (1600, 70);
/// Most pixels a picture may grow to.
const MOST_PIXELS: f64 = (1u64 << 28) as f64;

pub(super) fn apply(input: &Path, steps: &[Step], output: &Path) -> Result<Vec<Value>> {
    let mut picture = open(input)?;
    let mut file = None;
    let mut done = Vec::new();
    for step in steps {
        let before = picture.dimensions();
        (picture, file) = apply_one(picture, step)?;
        done.push(json!({
            "step": step.to_string(),
            "size_before": [before.0, before.1],
            "size_after": [picture.width(), picture.height()],
        }));
        if let (Step::Splice(x, y, w, h, from), Some(Value::Object(last))) = (step, done.last_mut())
        {
            last.insert("mask".into(), json!({ "x": x, "y": y, "width": w, "height": h }));
            last.insert("donor".into(), super::file(from)?);
        }
    }
    let png = output.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    let bytes = match file {
        Some(bytes) if !png => bytes,
        None if !png => {
            return Err(Error::Usage(
                "a JPEG must end with the step jpeg:Q or messenger; name a .png to keep the pixels"
                    .to_owned(),
            ));
        }
        _ => {
            let mut bytes = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut bytes, ImageFormat::Png).map_err(failed)?;
            bytes.into_inner()
        }
    };
    std::fs::write(output, bytes).map_err(|e| Error::io(output, e))?;
    Ok(done)
}

fn failed(error: image::ImageError) -> Error {
    Error::compute("degrading a picture", error)
}

fn open(path: &Path) -> Result<RgbImage> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let read = image::load_from_memory(&bytes);
    // The pixels as they lie: orientation tags are neither applied nor kept.
    Ok(read
        .map_err(|e| Error::unreadable(path, format!("not a JPEG or PNG picture: {e}")))?
        .into_rgb8())
}

/// The picture after `step`, and its file where the step made one.
fn apply_one(picture: RgbImage, step: &Step) -> Result<(RgbImage, Option<Vec<u8>>)> {
    let (w, h) = picture.dimensions();
    let picture = match step {
        Step::Jpeg(quality) => return jpeg(&picture, *quality),
        Step::Resize(by) => resized(&picture, *by, FilterType::CatmullRom)?,
        Step::Screenshot(by) => resized(&picture, *by, FilterType::Triangle)?,
        Step::Crop(x, y, cw, ch) => {
            within((w, h), (*x, *y, *cw, *ch))?;
            imageops::crop_imm(&picture, *x, *y, *cw, *ch).to_image()
        }
        Step::Blur(sigma) => imageops::blur(&picture, *sigma as f32),
        Step::Noise(sigma, seed) => noisy(picture, *sigma, *seed),
        Step::Messenger => {
            let by = f64::from(MESSENGER.0) / f64::from(w.max(h));
            let small =
                if by < 1.0 { resized(&picture, by, FilterType::CatmullRom)? } else { picture };
            return jpeg(&small, MESSENGER.1);
        }
        Step::Splice(x, y, cw, ch, from) => {
            let donor = open(from)?;
            within((w, h), (*x, *y, *cw, *ch))?;
            within(donor.dimensions(), (*x, *y, *cw, *ch))?;
            let mut picture = picture;
            let part = imageops::crop_imm(&donor, *x, *y, *cw, *ch).to_image();
            imageops::replace(&mut picture, &part, i64::from(*x), i64::from(*y));
            picture
        }
        Step::H264(_) | Step::H265(_) | Step::Gop(..) | Step::Drop(..) => {
            return Err(Error::Usage(format!("`{step}` is a step for video, not for a picture")));
        }
    };
    Ok((picture, None))
}

fn within((w, h): (u32, u32), (x, y, cw, ch): (u32, u32, u32, u32)) -> Result<()> {
    let fits = |from: u32, size: u32, all: u32| {
        size > 0 && from.checked_add(size).is_some_and(|end| end <= all)
    };
    if fits(x, cw, w) && fits(y, ch, h) {
        return Ok(());
    }
    Err(Error::Usage(format!("the part {cw}×{ch} at {x},{y} is not within a picture of {w}×{h}")))
}

fn resized(picture: &RgbImage, by: f64, filter: FilterType) -> Result<RgbImage> {
    let side = |side: u32| ((f64::from(side) * by).round() as u32).max(1);
    let (w, h) = (side(picture.width()), side(picture.height()));
    if f64::from(w) * f64::from(h) > MOST_PIXELS {
        return Err(Error::Limit { what: format!("{w}×{h} pixels"), limit: MOST_PIXELS as u64 });
    }
    Ok(imageops::resize(picture, w, h, filter))
}

fn noisy(mut picture: RgbImage, sigma: f64, seed: u64) -> RgbImage {
    let mut random = SplitMix::new(seed);
    for value in picture.iter_mut() {
        *value = (f64::from(*value) + sigma * random.normal()).round().clamp(0.0, 255.0) as u8;
    }
    picture
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<(RgbImage, Option<Vec<u8>>)> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(failed)?;
    let read = image::load_from_memory_with_format(&file, ImageFormat::Jpeg).map_err(failed)?;
    Ok((read.into_rgb8(), Some(file)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]
mod tests {
    use super::*;

    fn gradient() -> RgbImage {
        RgbImage::from_fn(60, 40, |x, y| image::Rgb([4 * x as u8, 6 * y as u8, 90]))
    }

    fn after(step: &str) -> RgbImage {
        apply_one(gradient(), &step.parse().unwrap()).unwrap().0
    }

    #[test]
    fn sizes_and_places_are_those_asked_for() {
        assert_eq!(after("resize:0.5").dimensions(), (30, 20));
        assert_eq!(after("screenshot:1.5").dimensions(), (90, 60));
        let crop = after("crop:3:5:20:10");
        assert_eq!(
            (crop.dimensions(), crop.get_pixel(0, 0)),
            ((20, 10), gradient().get_pixel(3, 5))
        );
        for step in ["crop:50:0:20:10", "crop:0:0:0:5", "crop:4294967295:0:2:2"] {
            assert!(matches!(apply_one(gradient(), &step.parse().unwrap()), Err(Error::Usage(_))));
        }
        assert!(matches!(apply_one(gradient(), &Step::H264(20)), Err(Error::Usage(_))));
    }

    #[test]
    fn noise_has_its_spread_and_its_seed() {
        let flat = RgbImage::from_pixel(100, 100, image::Rgb([128; 3]));
        let noise = noisy(flat.clone(), 5.0, 1);
        let square: f64 = noise.iter().map(|&v| (f64::from(v) - 128.0).powi(2)).sum();
        let spread = (square / 30_000.0).sqrt();
        // Rounding adds 1/12 to the variance.
        assert!((spread - (25.0f64 + 1.0 / 12.0).sqrt()).abs() < 0.1, "{spread}");
        assert_eq!(noise, noisy(flat.clone(), 5.0, 1));
        assert_ne!(noise, noisy(flat, 5.0, 2));
    }

    #[test]
    fn a_jpeg_has_the_tables_of_its_quality() {
        let (_, file) = jpeg(&gradient(), 75).unwrap();
        let read = crate::media::container::jpeg_data::Coefficients::read(&file.unwrap()).unwrap();
        // 16 × 50 % and 11 × 50 %, rounded half up.
        assert_eq!((read.steps[0], read.steps[1]), (8, 6));
    }
}
