//! From a file to frames, sound and packets.
//!
//! An [`Exhibit`] is opened once, digested once and decoded once: it drives,
//! and the visitor given to [`Exhibit::play`] reacts. Pushing keeps one frame
//! in memory whatever the clip's length, and lets every check share one
//! decoding pass.

mod av;
mod clock;
mod colour;
pub mod container;
pub mod decode;
pub mod degrade;
pub mod degrade_sound;
pub mod digest;
pub mod exhibit;
mod feed;
mod first;
pub mod frame;
mod layout;
pub(crate) mod limits;
mod listen;
pub mod metadata;
mod names;
mod orient;
mod picture;
pub mod played;
mod probe;
mod resample;
mod screen;
pub(crate) mod sniff;
pub mod sound;
mod upright;
pub mod version;

pub use decode::Play;
pub use exhibit::{AudioInfo, Exhibit, Kind, VideoInfo};
pub use frame::{
    Affine, Colour, Frame, Gray, Packet, PictureType, Pixels, Plane, Rect, Samples, Subsampling,
};
pub use limits::Limits;
pub use played::Played;
pub use sound::{Sound, SoundFormat};

/// What a consumer wants from one pass over an exhibit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// How many frames.
    pub frames: Rate,
    /// What should be known of the faces in those frames.
    pub faces: FaceDetail,
    /// Whether nothing can be said without faces: when the face models are
    /// missing, the pass abstains for this check instead of showing it frames
    /// in which no face was looked for.
    pub faces_essential: bool,
    /// The form in which sound is wanted, if at all.
    pub sound: Option<SoundFormat>,
    /// Whether speech is to be told from other sound by the network: once for
    /// all checks that ask, see `Check::speech`.
    pub speech: bool,
    /// Whether the person around faces is to be segmented by the network: once
    /// for all checks that ask, see `Check::people`.
    pub people: bool,
    /// Whether compressed packets (sizes, types, timestamps) are wanted.
    pub packets: bool,
    /// Whether the file's bytes alone give a finding: the check then also
    /// concludes on a file of which nothing can be decoded.
    pub bytes_suffice: bool,
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
#[allow(
    clippy::large_enum_variant,
    reason = "passed once a picture and never stored; a box would allocate"
)]
pub enum Sample<'a> {
    /// A decoded picture.
    Frame(Frame<'a>),
    /// A block of decoded sound, in one of the requested formats.
    Sound(Sound<'a>),
    /// A compressed packet, before decoding.
    Packet(Packet),
}
