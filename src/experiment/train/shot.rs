//! A picture as a frame of a coded clip: what it meets when it was cut out of a
//! video.

use super::draw::Draw;
use super::pixels::Pixels;
use crate::Result;
use crate::media::degrade::through_h264;

/// Frames of the clip.
const FRAMES: usize = 5;

/// A clip that a picture is a frame of.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Constant rate factor of H.264.
    crf: u8,
    /// Pixels by which the scene moves from frame to frame.
    drift: [f32; 2],
    /// Which frame it is, from 0.
    at: usize,
}

impl Shot {
    /// Drawn at random.
    pub fn new(draw: &mut Draw) -> Self {
        Self {
            // From nearly without visible loss to what messengers leave.
            crf: draw.range(18.0, 37.0) as u8,
            drift: [draw.range(-1.5, 1.5), draw.range(-1.5, 1.5)],
            at: draw.below(FRAMES),
        }
    }

    /// The picture as it is decoded.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] when the `ffmpeg` program is missing;
    /// [`crate::Error::Io`]; [`crate::Error::Compute`].
    pub fn apply(&self, picture: &Pixels) -> Result<Pixels> {
        // Even sides for colours of half the size; the edge is repeated.
        let [width, height] = [picture.width, picture.height].map(|n| n.next_multiple_of(2));
        let frame = |number: usize| {
            let [dx, dy] = self.drift.map(|by| by * (number as f32 - self.at as f32));
            picture.warped(width, height, |x, y| (x + dx, y + dy)).bytes()
        };
        let frames: Vec<Vec<u8>> = (0..FRAMES).map(frame).collect();
        let data = through_h264(&frames, (width, height), self.crf, self.at)?;
        let whole = Pixels { width, height, channels: 3, data };
        Ok(whole.part(0, 0, picture.width, picture.height))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::super::pixels::Waves;
    use super::*;

    /// Coded more coarsely it differs more; it stays in its place and of its size.
    #[test]
    fn a_frame_of_a_clip_loses_detail_and_keeps_its_place() {
        let (width, height) = (75, 61);
        let waves = Waves::new(&mut Draw::at(3, 0, 0), width, height, 6.0, 0.12);
        let mut picture = Pixels::new(width, height, 3);
        for (at, pixel) in picture.data.chunks_mut(3).enumerate() {
            let (x, y) = waves.at((at % width) as f32, (at / width) as f32);
            pixel.copy_from_slice(&[0.5 + x, 0.5 + x, 0.5 + 0.3 * y].map(|v| v.clamp(0.0, 1.0)));
        }
        let apart = |a: &Pixels, b: &Pixels| {
            let sum: f32 = a.data.iter().zip(&b.data).map(|(a, b)| (a - b).abs()).sum();
            255.0 * sum / a.data.len() as f32
        };
        for at in 0..FRAMES {
            let coded = |crf| Shot { crf, drift: [0.8, -0.4], at }.apply(&picture).unwrap();
            let (fine, coarse) = (coded(18), coded(36));
            assert_eq!((fine.width, fine.height), (width, height));
            assert!(fine == coded(18), "frame {at} is not the same twice");
            let (little, much) = (apart(&fine, &picture), apart(&coarse, &picture));
            assert!(0.1 < little && 1.5 * little < much, "{at}: {little} {much}");
            // Two pixels further off it fits worse.
            let inner = |p: &Pixels, x: usize| p.part(x, 0, width - 2, height);
            let moved = apart(&inner(&fine, 0), &inner(&picture, 2));
            assert!(moved > 2.0 * little, "{at}: {little} {moved}");
        }
    }
}
