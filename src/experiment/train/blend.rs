//! A face blended with itself, or with another one's part: what is left of a
//! face swap or a retouched face when the people and the content are taken away.
//!
//! Shiohara & Yamasaki, *Detecting Deepfakes with Self-Blended Images*, CVPR
//! 2022: two copies of a face that differ a little in colour, sharpness and
//! place, blended along a soft mask. In a part of the cases the second copy is
//! another person's face laid over this one (Li et al., *Face X-ray*, CVPR 2020).

use super::draw::Draw;
use super::mask::{LOCAL, Part, WHOLE, mask};
use super::pixels::{Kernel, Pixels, Waves};

/// A cut-out face with its mesh in the cut-out's pixels.
pub struct Cut {
    /// The picture, square.
    pub pixels: Pixels,
    /// The mesh.
    pub mesh: Vec<(f32, f32)>,
}

/// How often a part rather than a whole face is exchanged.
const LOCALLY: f64 = 0.4;
/// How often a part comes from another face.
const OTHER_PART: f64 = 0.5;
/// How often a whole face does.
const OTHER_FACE: f64 = 0.15;

/// The genuine half and the changed half of a pair.
pub fn pair(draw: &mut Draw, face: &Cut, other: &Cut) -> [Pixels; 2] {
    let side = face.pixels.width;
    let local = draw.chance(LOCALLY);
    let parts: &[Part] = if local { &LOCAL } else { &WHOLE };
    let part = draw.pick(parts).unwrap_or(Part::Face);
    let mask = mask(draw, &face.mesh, part, side);
    let borrowed = draw.chance(if local { OTHER_PART } else { OTHER_FACE });
    let mut source = match borrowed.then(|| laid_over(other, face, &mask)).flatten() {
        Some(source) => source,
        None => face.pixels.clone(),
    };
    // Either the changed or the surrounding part differs; the genuine half is
    // the surroundings as they are in the end.
    let mut target = face.pixels.clone();
    if borrowed || draw.chance(0.5) {
        source = different(draw, source);
    } else {
        target = different(draw, target);
    }
    let source = moved(draw, &source);
    let fake = target.clone().blended(&source, &mask);
    [target, fake]
}

/// Other colours and another sharpness (section 3.2 of the paper: R, G, B ± 20,
/// brightness and contrast ± 0.1, hue and saturation a little; then smaller and
/// back, or sharpened).
fn different(draw: &mut Draw, pixels: Pixels) -> Pixels {
    let shift: [f32; 3] = std::array::from_fn(|_| draw.range(-20.0, 20.0) / 255.0);
    let colours = draw.chance(0.8);
    let (gain, lift) = (draw.range(0.9, 1.1), draw.range(-0.1, 0.1));
    let saturation = draw.range(0.75, 1.25);
    let mut pixels = pixels;
    if colours {
        for pixel in pixels.data.chunks_mut(3) {
            let grey = pixel.iter().sum::<f32>() / 3.0;
            for (v, shift) in pixel.iter_mut().zip(shift) {
                let coloured = grey + (*v - grey) * saturation;
                *v = ((coloured - 0.5) * gain + 0.5 + lift + shift).clamp(0.0, 1.0);
            }
        }
    }
    let side = pixels.width;
    match draw.below(5) {
        0 | 1 => {
            let small = (side as f32 / draw.scale(1.3, 3.5)) as usize;
            let kernel = draw.pick(&[Kernel::Linear, Kernel::Cubic, Kernel::Lanczos]);
            let back = draw.pick(&[Kernel::Linear, Kernel::Cubic, Kernel::Linear, Kernel::Nearest]);
            let small = pixels.resized(small, small, kernel.unwrap_or(Kernel::Linear));
            small.resized(side, side, back.unwrap_or(Kernel::Linear)).map(|v| v.clamp(0.0, 1.0))
        }
        2 => pixels.blurred(draw.range(0.4, 1.5)),
        3 => {
            let (soft, by) = (pixels.blurred(draw.range(0.7, 1.5)), draw.range(0.3, 1.2));
            pixels.with(&soft, |v, soft| (v + by * (v - soft)).clamp(0.0, 1.0))
        }
        // Colours, or at least noise, must differ.
        _ => {
            let size = draw.range(1.0, 4.0) / 255.0;
            pixels.map_noise(draw, size)
        }
    }
}

impl Pixels {
    /// With noise of standard deviation `size`.
    pub fn map_noise(mut self, draw: &mut Draw, size: f32) -> Self {
        // Sums of even numbers are normal enough, and cheap.
        for v in &mut self.data {
            let sum = draw.range(-1.0, 1.0) + draw.range(-1.0, 1.0) + draw.range(-1.0, 1.0);
            *v = (*v + size * sum).clamp(0.0, 1.0);
        }
        self
    }
}

/// Shifted by up to 3 % across and 1.5 % down, scaled by up to 5 %, and
/// deformed as by α = 50, σ = 7.
fn moved(draw: &mut Draw, pixels: &Pixels) -> Pixels {
    let side = pixels.width;
    let length = side as f32;
    let (dx, dy) = (draw.range(-0.03, 0.03) * length, draw.range(-0.015, 0.015) * length);
    let scale = draw.scale(0.95, 1.0 / 0.95);
    let waves = Waves::new(draw, side, side, 14.0, 1.0);
    let middle = length / 2.0;
    pixels.warped(side, side, |x, y| {
        let (wx, wy) = waves.at(x, y);
        (middle + (x - middle) * scale + dx + wx, middle + (y - middle) * scale + dy + wy)
    })
}

/// `other` brought onto `face`: similar triangles by eyes, nose and mouth, and the
/// same mean colour under the mask.
fn laid_over(other: &Cut, face: &Cut, mask: &Pixels) -> Option<Pixels> {
    const ANCHORS: [usize; 5] = [33, 263, 1, 61, 291];
    let points = |cut: &Cut| -> Option<Vec<(f32, f32)>> {
        ANCHORS.iter().map(|i| cut.mesh.get(*i).copied()).collect()
    };
    let (to, from) = (points(face)?, points(other)?);
    let mean = |p: &[(f32, f32)]| {
        let n = p.len() as f32;
        p.iter().fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n))
    };
    let (a, b) = (mean(&to), mean(&from));
    // Least squares for a turn and a scale (Umeyama 1991, in the plane).
    let (mut dot, mut cross, mut size) = (0.0, 0.0, 0.0);
    for (p, q) in to.iter().zip(&from) {
        let (px, py, qx, qy) = (p.0 - a.0, p.1 - a.1, q.0 - b.0, q.1 - b.1);
        dot += px * qx + py * qy;
        cross += px * qy - py * qx;
        size += px * px + py * py;
    }
    if size < 1.0 {
        return None;
    }
    let (c, s) = (dot / size, cross / size);
    let side = face.pixels.width;
    let mut laid = other.pixels.warped(side, side, |x, y| {
        let (x, y) = (x - a.0, y - a.1);
        (b.0 + c * x - s * y, b.1 + s * x + c * y)
    });
    let under = |pixels: &Pixels| {
        let (mut sums, mut weight) = ([0.0f32; 3], 1e-3f32);
        for (pixel, m) in pixels.data.chunks(3).zip(&mask.data) {
            sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += v * m);
            weight += m;
        }
        sums.map(|s| s / weight)
    };
    let (here, there) = (under(&face.pixels), under(&laid));
    for pixel in laid.data.chunks_mut(3) {
        for ((v, here), there) in pixel.iter_mut().zip(here).zip(there) {
            *v = (*v + here - there).clamp(0.0, 1.0);
        }
    }
    Some(laid)
}
