//! What a picture meets on its way, done to a crop: five standard steps.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageFormat, RgbImage};

use crate::text::Text;
use crate::{Error, Result};

/// Blur of the crop, σ in its pixels.
const BLUR: f32 = 1.0;
/// Noise, σ in levels of 256.
const NOISE: f32 = 4.0;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// JPEG of this quality.
    Jpeg(u8),
    /// Half the size and back.
    Halved,
    /// Gaussian blur.
    Blurred,
    /// Gaussian noise, the same every time.
    Noise,
}

/// The five.
pub const STEPS: [Step; 5] =
    [Step::Jpeg(75), Step::Jpeg(50), Step::Halved, Step::Blurred, Step::Noise];

impl Step {
    /// What it is called.
    pub fn name(self) -> Text {
        match self {
            Self::Jpeg(quality) => Text::same(format!("JPEG {quality}")),
            Self::Halved => Text::new("halved", "gehalveerd"),
            Self::Blurred => Text::new("blurred", "vervaagd"),
            Self::Noise => Text::new("noise", "ruis"),
        }
    }

    /// The crop (`side × side`, R, G, B) after it.
    ///
    /// # Errors
    /// [`Error::Compute`] when the crop has another size.
    pub fn apply(self, crop: &[u8], side: usize) -> Result<Vec<u8>> {
        let failed = |reason: &dyn ToString| Error::compute("degrading a crop", reason.to_string());
        let length = u32::try_from(side).map_err(|error| failed(&error))?;
        let image = RgbImage::from_raw(length, length, crop.to_vec())
            .ok_or_else(|| failed(&"it has another size"))?;
        let image = match self {
            Self::Jpeg(quality) => {
                let mut bytes = Vec::new();
                JpegEncoder::new_with_quality(&mut bytes, quality)
                    .encode_image(&image)
                    .map_err(|error| failed(&error))?;
                image::load(Cursor::new(bytes), ImageFormat::Jpeg)
                    .map_err(|error| failed(&error))?
                    .into_rgb8()
            }
            Self::Halved => {
                let half = (length / 2).max(1);
                let small = imageops::resize(&image, half, half, FilterType::Triangle);
                imageops::resize(&small, length, length, FilterType::Triangle)
            }
            Self::Blurred => imageops::blur(&image, BLUR),
            Self::Noise => {
                let mut image = image;
                for (index, value) in image.iter_mut().enumerate() {
                    *value = (f32::from(*value) + NOISE * normal(index)).round() as u8;
                }
                image
            }
        };
        Ok(image.into_raw())
    }
}

/// A number that looks drawn from a normal distribution: twelve even ones.
fn normal(index: usize) -> f32 {
    let mut state = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut sum = 0.0;
    for _ in 0..12 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        sum += (state >> 40) as f32 / (1u64 << 24) as f32;
    }
    sum - 6.0
}
