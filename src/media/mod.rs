//! From a file to frames, sound and packets.
//!
//! An [`Exhibit`] is opened once, digested once and decoded once: it drives,
//! and the visitor given to [`Exhibit::play`] reacts. Pushing keeps one frame
//! in memory whatever the clip's length, and lets every check share one
//! decoding pass.

pub mod container;
pub mod decode;
pub mod exhibit;
pub mod frame;
pub mod metadata;
pub mod sound;

pub use exhibit::{Exhibit, Kind, Limits};
pub use frame::{
    Affine, Colour, Frame, Gray, Packet, PictureType, Pixels, Plane, Rect, Samples, Subsampling,
};
pub use sound::{Sound, SoundFormat};

/// What a consumer wants from one pass over an exhibit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// How many frames.
    pub frames: Rate,
    /// What should be known of the faces in those frames.
    pub faces: FaceDetail,
    /// The form in which sound is wanted, if at all.
    pub sound: Option<SoundFormat>,
    /// Whether compressed packets (sizes, types, timestamps) are wanted.
    pub packets: bool,
}

/// How densely frames are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Rate {
    /// No frames.
    #[default]
    None,
    /// At most this many a second, evenly spread; always the first one.
    PerSecond(f64),
    /// Every frame.
    Every,
}

/// How much is worked out about the faces of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaceDetail {
    /// Nothing.
    #[default]
    None,
    /// Boxes, tracks and the 468-point mesh.
    Mesh,
    /// The mesh and the contours of both irises.
    Iris,
}

/// What [`Exhibit::play`] pushes to its visitor, in presentation order within
/// each stream.
pub enum Sample<'a> {
    /// A decoded picture.
    Frame(Frame<'a>),
    /// A block of decoded sound, in one of the requested formats.
    Sound(Sound<'a>),
    /// A compressed packet, before decoding.
    Packet(Packet),
}
