//! Faces: found, followed over time, meshed once a frame.
//!
//! Coordinates are display pixels (upright, square) of the frame.
//!
//! [`Follower`] puts it together: [`finder`] finds faces with both BlazeFace
//! networks ([`detect`] decodes them), [`roi`] says where the mesh and iris
//! networks look, [`mesh`] brings their answers back, [`track`] keeps the
//! numbers and [`cuts`] ends them at a cut. [`geometry`] reads eye opening,
//! pose and size off a mesh, [`pose`] solves the pose from the picture alone,
//! [`outline`] and [`topology`] name points, [`clarity`] says how blurred a face is and
//! what covers it, [`person`] finds who is around a
//! face, [`reel`] keeps what was found, and [`synth`] renders heads whose truth is known.

pub mod clarity;
pub mod cuts;
pub mod detect;
pub mod finder;
pub mod follower;
pub mod geometry;
pub mod mesh;
pub mod outline;
pub mod person;
pub mod pose;
pub mod reel;
pub mod roi;
pub mod synth;
pub mod topology;
pub mod track;

pub use clarity::{Clarity, Part};
pub use follower::{Follower, MOST_FACES};
pub use reel::Reel;

use crate::media::Rect;

/// Detector confidence from which a face is taken for one without doubt, and
/// presence likewise. MediaPipe's default of 0.5 is for finding faces: too
/// little for showing what may be none.
const SURE: (f32, f32) = (0.7, 0.9);

/// A face in one frame.
#[derive(Clone, Debug)]
pub struct Face {
    /// The same number for the same face along the clip, from 0.
    pub track: u32,
    /// Detector confidence, 0–1; that of the last detection while following.
    pub score: f32,
    /// Box around the face, from the mesh when there is one.
    pub bounds: Rect,
    /// 468 points x, y, z; z has the scale of x, smaller = nearer the camera.
    pub mesh: Vec<[f32; 3]>,
    /// Face-presence probability that the mesh network gives, 0–1.
    pub presence: f32,
    /// Irises, the subject's right eye first, when asked for.
    pub irises: Option<[Iris; 2]>,
    /// How clearly it was seen when last looked at, at most half a second ago.
    pub clarity: Clarity,
}

impl Face {
    /// Whether it is sure enough to be shown where everything but faces is
    /// hidden: stricter than being followed.
    pub fn sure(&self) -> bool {
        self.score >= SURE.0 && self.presence >= SURE.1
    }
}

/// One eye's iris and contour.
#[derive(Clone, Debug, PartialEq)]
pub struct Iris {
    /// Centre, then the iris's edge: towards the nose, on top, away from the
    /// nose, below. MediaPipe numbers them so, by anatomy and not by the
    /// picture: it mirrors one eye and keeps the numbers.
    pub points: [[f32; 2]; 5],
    /// The 71 points of eye contour and brow, x, y, z.
    pub contour: Vec<[f32; 3]>,
}
