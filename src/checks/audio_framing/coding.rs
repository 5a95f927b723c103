//! The codings whose frames are looked for.

use crate::signal::framing::Framing;
use crate::signal::hybrid::{self, Hybrid};
use crate::signal::mdct::{self, Mdct, Shape};

/// Samples of a segment: enough for either.
pub const SPAN: usize = mdct::SPAN;
const _: () = assert!(hybrid::SPAN <= SPAN, "a segment of AAC holds one of MP3");

/// A coding in frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Advanced audio coding.
    Aac,
    /// MPEG-1 and 2, layer III.
    Mp3,
}

impl Coding {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Aac, Self::Mp3];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aac => "AAC",
            Self::Mp3 => "MP3",
        }
    }

    /// ffmpeg's name for it.
    pub fn codec(self) -> &'static str {
        match self {
            Self::Aac => "aac",
            Self::Mp3 => "mp3",
        }
    }

    /// Samples of a frame.
    pub fn frame(self) -> usize {
        match self {
            Self::Aac => mdct::FRAME,
            Self::Mp3 => hybrid::GRANULE,
        }
    }

    /// Distance of two places, around the frame.
    pub fn apart(self, a: usize, b: usize) -> usize {
        a.abs_diff(b).min(self.frame() - a.abs_diff(b))
    }
}

/// The transforms, planned once.
pub struct Looker {
    aac: [Mdct; 2],
    mp3: Hybrid,
}

impl Default for Looker {
    fn default() -> Self {
        Self { aac: [Mdct::new(Shape::Kbd), Mdct::new(Shape::Sine)], mp3: Hybrid::default() }
    }
}

impl Looker {
    /// The likeliest framing in `samples` ([`SPAN`] of them) with each window.
    pub fn look(&mut self, coding: Coding, samples: &[f32]) -> Vec<Framing> {
        match coding {
            Coding::Aac => {
                let both = self.aac.iter_mut();
                both.filter_map(|transform| mdct::framing(samples, transform)).collect()
            }
            Coding::Mp3 => self.mp3.framing(samples).into_iter().collect(),
        }
    }
}
