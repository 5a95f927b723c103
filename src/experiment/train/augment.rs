//! What pictures meet on their way, done to both halves of a pair alike: with
//! the same numbers, the same noise and the same file quality, so that none of it
//! tells the halves apart.

use super::draw::Draw;
use super::pixels::{Kernel, Pixels};
use super::shot::Shot;
use crate::Result;

/// What is done to a pair.
#[derive(Clone, Debug)]
pub struct Way {
    scale: f32,
    kernel: Kernel,
    blur: f32,
    noise: f32,
    noise_key: u64,
    early: Option<u8>,
    late: Option<(u8, bool)>,
    mirrored: bool,
    shade: [f32; 2],
    shot: Option<Shot>,
}

impl Way {
    /// Drawn at random; `scales` bounds the change of size, `video` is the part of the
    /// pairs that are frames of a clip.
    pub fn new(draw: &mut Draw, seed: u64, item: u64, scales: (f32, f32), video: f64) -> Self {
        let kernels = [Kernel::Linear, Kernel::Cubic, Kernel::Lanczos];
        let way = Self {
            scale: if draw.chance(0.6) { draw.scale(scales.0, scales.1) } else { 1.0 },
            kernel: draw.pick(&kernels).unwrap_or(Kernel::Linear),
            blur: if draw.chance(0.25) { draw.range(0.3, 1.2) } else { 0.0 },
            noise: if draw.chance(0.3) { draw.range(0.5, 4.0) / 255.0 } else { 0.0 },
            noise_key: seed ^ item.rotate_left(17),
            early: draw.chance(0.3).then(|| draw.range(70.0, 98.0) as u8),
            late: draw.chance(0.85).then(|| (draw.range(40.0, 100.0) as u8, draw.chance(0.7))),
            mirrored: draw.chance(0.5),
            shade: [draw.range(0.85, 1.15), draw.range(-0.08, 0.08)],
            shot: None,
        };
        // Drawn last, and only if asked for: other choices stay what they were.
        if video > 0.0 && draw.chance(video) {
            // A frame is cut out of a clip; it is no file by itself.
            return Self { shot: Some(Shot::new(draw)), late: None, ..way };
        }
        way
    }

    /// One half after all of it.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] from a coder; [`crate::Error::Usage`] and
    /// [`crate::Error::Io`] from that of video.
    pub fn apply(&self, half: &Pixels) -> Result<Pixels> {
        let [gain, lift] = self.shade;
        let mut x = half.clone().map(|v| ((v - 0.5) * gain + 0.5 + lift).clamp(0.0, 1.0));
        if let Some(quality) = self.early {
            x = x.through_jpeg(quality, true)?;
        }
        let size = |length: usize| ((length as f32 * self.scale).round() as usize).max(16);
        if self.scale != 1.0 {
            let (width, height) = (size(x.width), size(x.height));
            x = x.resized(width, height, self.kernel).map(|v| v.clamp(0.0, 1.0));
        }
        x = x.blurred(self.blur);
        if self.noise > 0.0 {
            x = x.map_noise(&mut Draw::at(self.noise_key, 7, 0), self.noise);
        }
        if self.mirrored {
            x = x.mirrored();
        }
        match &self.shot {
            Some(shot) => shot.apply(&x),
            None => Ok(x),
        }
    }

    /// Stored as the last step, at its final size.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] from the JPEG coder.
    pub fn stored(&self, half: Pixels) -> Result<Pixels> {
        match self.late {
            Some((quality, half_colours)) => half.through_jpeg(quality, half_colours),
            // As levels of 256, like every picture.
            None => Ok(half.map(|v| (v * 255.0).round() / 255.0)),
        }
    }
}
