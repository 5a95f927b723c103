//! Where the person around a face is: the segmentation network on a square
//! around the face, so that head and shoulders fill its input whatever the
//! picture holds beside them.

use candle_core::{Device, Tensor};

use super::geometry;
use crate::Result;
use crate::media::{Affine, Frame};
use crate::models::{Selfie, manifest, selfie, store};
use crate::nn::{self, DeviceChoice};

/// Samples along the side of the square, the network's input.
pub const SIDE: usize = selfie::INPUT_SIZE;
/// Side of the square in widths of the face: shoulders are up to some four wide.
const REACH: f32 = 6.0;
/// How far the middle of the face lies under the top of the square, in its
/// sides: hair above, shoulders below.
const TOP: f32 = 0.38;

/// What the network is to see, kept until it runs.
#[derive(Clone, Debug)]
pub struct Crop {
    /// R, G, B, [`SIDE`] × [`SIDE`]; black outside the picture.
    pixels: Vec<u8>,
    place: Place,
}

/// Where a square lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f32,
    y: f32,
    /// Display pixels for one sample.
    step: f32,
    /// Size of the picture in display pixels.
    size: (f32, f32),
}

/// How likely each sample shows a person, 0–1.
#[derive(Clone, Debug)]
pub struct Mask {
    values: Vec<f32>,
    place: Place,
}

/// The network on its device.
#[derive(Clone, Debug)]
pub struct Segmenter {
    network: Selfie,
    device: Device,
}

impl Segmenter {
    /// Reads the installed weights; `None` when they are not installed.
    ///
    /// # Errors
    /// [`crate::Error::Model`] when they are damaged, [`crate::Error::Compute`]
    /// when there is no such device.
    pub fn load(choice: DeviceChoice) -> Result<Option<Self>> {
        let card = manifest::card(selfie::NAME)?;
        if store::state(&store::folder()?, card) == store::State::Missing {
            return Ok(None);
        }
        let device = nn::device(choice)?;
        Ok(Some(Self { network: Selfie::load(&device)?, device }))
    }

    /// Who is in a square.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the network fails.
    pub fn mask(&self, crop: &Crop) -> Result<Mask> {
        let values: Vec<f32> = crop.pixels.iter().map(|v| f32::from(*v) / 255.0).collect();
        let input = Tensor::from_vec(values, (1, SIDE, SIDE, 3), &self.device)?;
        let mask = self.network.forward(&input.permute((0, 3, 1, 2))?.contiguous()?)?;
        Ok(Mask { values: mask.flatten_all()?.to_vec1()?, place: crop.place })
    }
}

/// Cuts the square around a face; `None` for a mesh without extent.
pub fn cut(frame: &Frame<'_>, mesh: &[[f32; 3]]) -> Option<Crop> {
    let width = geometry::face_width(mesh).filter(|w| w.is_finite() && *w >= 1.0)?;
    let (x, y) = geometry::bounds(mesh)?.center();
    let side = REACH * width;
    let size = (frame.display_width as f32, frame.display_height as f32);
    let place = Place { x: x - side / 2.0, y: y - TOP * side, step: side / SIDE as f32, size };
    let mut values = Vec::new();
    frame.area(&Affine::scaling(place.step, place.step, place.x, place.y), SIDE, SIDE, &mut values);
    Some(Crop { pixels: values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect(), place })
}

impl Crop {
    /// Left and top edge, and display pixels for one sample.
    pub fn place(&self) -> (f32, f32, f32) {
        (self.place.x, self.place.y, self.place.step)
    }
}

impl Mask {
    /// From given values, for the square that a crop shows.
    pub fn from_values(crop: &Crop, values: Vec<f32>) -> Self {
        Self { values, place: crop.place }
    }

    /// Display pixels for one sample.
    pub fn step(&self) -> f32 {
        self.place.step
    }

    /// How likely a person is at a place in display pixels; `None` outside the
    /// square or the picture.
    pub fn at(&self, x: f32, y: f32) -> Option<f32> {
        let Place { x: left, y: top, step, size } = self.place;
        if !(x >= 0.0 && y >= 0.0 && x < size.0 && y < size.1) {
            return None;
        }
        let (u, v) = ((x - left) / step, (y - top) / step);
        let whole = 0.0..SIDE as f32;
        if !(whole.contains(&u) && whole.contains(&v)) {
            return None;
        }
        self.values.get(v as usize * SIDE + u as usize).copied()
    }

    /// How far a person reaches from a place to the left and right, in display
    /// pixels along a row; `None` where there is none, or where it reaches the
    /// edge of what is seen.
    pub fn across(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        (self.at(x, y)? >= 0.5).then_some(())?;
        let reach = |sign: f32| {
            let mut last = self.at(x, y)?;
            for k in 1..SIDE {
                let at = x + sign * k as f32 * self.place.step;
                let value = self.at(at, y)?;
                if value < 0.5 {
                    // Between the two samples, where a straight line crosses.
                    let part = (last - 0.5) / (last - value);
                    return Some(at - sign * (1.0 - part) * self.place.step);
                }
                last = value;
            }
            None
        };
        Some((reach(-1.0)?, reach(1.0)?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;
    use crate::faces::synth::Head;

    #[test]
    fn places_and_rows_of_a_mask() {
        let head = Head { side: 600, width: 60.0, centre: (300.0, 200.0), ..Head::default() };
        let drawn = head.render();
        let crop = cut(&drawn.frame(0, 0.0), &drawn.face.mesh).unwrap();
        assert_eq!(crop.pixels.len(), 3 * SIDE * SIDE);
        // A person from 250 to 340 in display pixels, in every row.
        let step = crop.place.step;
        let inside = |i: usize| {
            let x = crop.place.x + (i % SIDE) as f32 * step + step / 2.0;
            if (250.0..340.0).contains(&x) { 1.0 } else { 0.0 }
        };
        let mask = Mask::from_values(&crop, (0..SIDE * SIDE).map(inside).collect());
        let (left, right) = mask.across(300.0, 200.0).unwrap();
        assert!((left - 250.0).abs() < 1.5 && (right - 340.0).abs() < 1.5, "{left} {right}");
        assert!(mask.across(230.0, 200.0).is_none(), "no person there");
        assert!(mask.at(-1.0, 200.0).is_none() && mask.at(300.0, 599.0).is_none());
        let full = Mask::from_values(&crop, vec![1.0; SIDE * SIDE]);
        assert!(full.across(300.0, 200.0).is_none(), "reaches the edge");
        assert!(cut(&drawn.frame(0, 0.0), &[[0.0; 3]; 468]).is_none());
    }
}
