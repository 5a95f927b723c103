//! A rendered head whose truth is known: for tests, error tables and lessons.
//!
//! The head is the mean of the meshes that the mesh network draws on twenty
//! faces of StyleGAN2 (nobody's faces), made symmetric ([`head`]). [`Head`]
//! says how it stands, is lit, blinks, speaks, blushes and is blended;
//! [`Head::render`] gives the picture and the true mesh, so that a check can be
//! tried on the truth and through the networks. Everything is matte and lit as
//! Lambert's law says; cast shadows are left out. Angles follow
//! [`super::geometry::Pose`]; directions have x to the right of the picture, y
//! up, z to the viewer.

mod blend;
mod eyes;
pub mod head;
mod paint;
mod shape;

use super::{Clarity, Face, clarity, geometry};
use crate::media::{Frame, Rect};

/// A swapped face in miniature: what lies inside the outline of the face is
/// made softer and tinted, and blended in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blend {
    /// Standard deviation of the blur inside, in pixels.
    pub blur: f32,
    /// Added to R, G and B inside, in levels of 255.
    pub shift: [f32; 3],
    /// Width over which inside becomes outside, in pixels.
    pub feather: f32,
}

/// How the head is shown. The default is a face of 200 pixels, frontal, lit
/// from the upper right, in a picture of 400 × 400.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Side of the square picture, in pixels.
    pub side: usize,
    /// Width of the face when frontal, in pixels.
    pub width: f32,
    /// Middle of the face, in pixels.
    pub centre: (f32, f32),
    /// Turn in degrees: yaw, pitch, roll.
    pub turn: [f32; 3],
    /// Towards the lamp; any length but 0.
    pub light: [f32; 3],
    /// Strength of the lamp and of the light from everywhere; linear, 1 makes
    /// a white surface white.
    pub lamp: f32,
    /// Light from everywhere.
    pub ambient: f32,
    /// Linear reflectance of the skin.
    pub skin: [f32; 3],
    /// Linear reflectance of the neck and ears, where it differs.
    pub neck: Option<[f32; 3]>,
    /// Linear reflectance of the subject's right and left iris.
    pub irises: [[f32; 3]; 2],
    /// Closing of the lids, 0 open – 1 shut.
    pub blink: f32,
    /// Opening of the mouth in widths of the face.
    pub mouth: f32,
    /// How dark the gaps between the upper teeth are, 0 (one band) – 1.
    pub teeth: f32,
    /// Smile, 0–1.
    pub smile: f32,
    /// Raised brows, 0–1.
    pub brow: f32,
    /// Brows drawn together, 0–1.
    pub frown: f32,
    /// Depth of the folds beside the nose, on the forehead, beside the eyes and
    /// between the brows, in parts of the brightness.
    pub folds: [f32; 4],
    /// Gaze of the right and the left eye, in radii of the iris from straight
    /// ahead of the head: to the right of the picture and down when frontal.
    pub gaze: [[f32; 2]; 2],
    /// Lengths of the pupil's axes in radii of the iris: across, down.
    pub pupil: [f32; 2],
    /// Towards the lamp that the right and the left eye mirror; `None` for no
    /// highlight.
    pub mirrored: [Option<[f32; 3]>; 2],
    /// Whether the left ear carries a ring.
    pub earring: bool,
    /// How much of the hair is noise as fine as its strands, 0 (all strands) – 1.
    pub frayed: f32,
    /// Breadth of the shoulders in widths of the face; 0 draws none.
    pub shoulders: f32,
    /// Relative change of skin colour by the pulse at this moment; blood takes
    /// most of the green (0.33, 0.77, 0.53 of it in R, G, B: de Haan & van
    /// Leest 2014).
    pub pulse: f32,
    /// Fine relief of skin that is fixed to the face, in parts of the brightness.
    pub texture: f32,
    /// Noise of the camera, standard deviation in levels.
    pub noise: f32,
    /// Seed of the noise: another for each frame.
    pub seed: u64,
    /// Blended, if so.
    pub blend: Option<Blend>,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            side: 400,
            width: 200.0,
            centre: (200.0, 190.0),
            turn: [0.0; 3],
            light: [0.5, 0.5, 0.7],
            lamp: 0.75,
            ambient: 0.3,
            skin: [0.62, 0.38, 0.27],
            neck: None,
            irises: [[0.10, 0.16, 0.24]; 2],
            blink: 0.0,
            mouth: 0.0,
            teeth: 0.0,
            smile: 0.0,
            brow: 0.0,
            frown: 0.0,
            folds: [0.0; 4],
            gaze: [[0.0; 2]; 2],
            pupil: [0.38; 2],
            mirrored: [Some([0.5, 0.5, 0.7]); 2],
            earring: false,
            frayed: 0.0,
            shoulders: 0.0,
            pulse: 0.0,
            texture: 0.05,
            noise: 1.5,
            seed: 1,
            blend: None,
        }
    }
}

/// A rendered head.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Interleaved R, G, B of a square picture.
    pub rgb: Vec<u8>,
    /// Its side.
    pub side: usize,
    /// The true mesh and irises, track 0.
    pub face: Face,
}

impl Rendered {
    /// The picture as a frame, number `index` at `time_s`.
    pub fn frame(&self, index: u64, time_s: f64) -> Frame<'_> {
        Frame { index, time_s, ..Frame::from_rgb(&self.rgb, self.side, self.side) }
    }
}

impl Head {
    /// Draws the head. The picture repeats bit for bit.
    pub fn render(&self) -> Rendered {
        let mut face = face_of(self);
        let mesh = &face.mesh;
        let mut canvas = paint::head(self, mesh);
        if let Some(irises) = &face.irises {
            eyes::paint(self, mesh, irises, &mut canvas);
        }
        let mut rgb = canvas.finish(self.side);
        // The camera comes before whoever blends.
        paint::expose(&mut rgb, self.noise, self.seed);
        if let Some(blend) = self.blend {
            blend::apply(&mut rgb, self.side, mesh, blend);
        }
        let rgb: Vec<u8> = rgb.iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect();
        face.clarity = clarity::of(&Frame::from_rgb(&rgb, self.side, self.side), &face.mesh);
        Rendered { rgb, side: self.side, face }
    }
}

/// The face that [`Head::render`] draws, without drawing it.
pub fn face_of(head: &Head) -> Face {
    let mesh = shape::mesh(head);
    let irises = Some(eyes::irises(head, &mesh));
    let nothing = Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 };
    let bounds = geometry::bounds(&mesh).unwrap_or(nothing);
    Face { track: 0, score: 1.0, bounds, mesh, presence: 1.0, irises, clarity: Clarity::default() }
}

/// The mesh that [`Head::render`] draws, without drawing it.
pub fn shape_of(head: &Head) -> Vec<[f32; 3]> {
    shape::mesh(head)
}

#[cfg(test)]
#[path = "synth/tests.rs"]
mod tests;
