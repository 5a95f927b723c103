//! Digests of decoded streams, sample by sample, nothing kept.

use sha2::{Digest, Sha256};

use crate::media::frame::Row;
use crate::media::{Pixels, Plane, Sound};
use crate::{Error, Result};

/// Bytes collected before they are digested.
const BLOCK: usize = 1 << 16;

/// The digest of a stream of pictures.
#[derive(Default)]
pub(super) struct Pictures {
    hash: Sha256,
    frames: u64,
    bytes: Vec<u8>,
}

impl Pictures {
    /// Adds one picture. The form is that of the check's documentation.
    pub(super) fn add(&mut self, pixels: &Pixels<'_>) -> Result<()> {
        self.frames += 1;
        match pixels {
            Pixels::Gray(y) => self.picture(b'G', &[*y], 1),
            Pixels::Yuv { y, u, v, .. } => self.picture(b'Y', &[*y, *u, *v], 1),
            Pixels::Rgb(rgb) => self.picture(b'R', &[*rgb], 3),
        }
    }

    fn picture(&mut self, letter: u8, planes: &[Plane<'_>], samples: usize) -> Result<()> {
        let bits = planes.first().map_or(0, |p| p.bits);
        let small = |n: usize| u32::try_from(n).map_err(|e| Error::compute("digesting", e));
        self.bytes.clear();
        self.bytes.extend([letter, bits.min(255) as u8, planes.len() as u8]);
        for plane in planes {
            self.bytes.extend(small(plane.width)?.to_le_bytes());
            self.bytes.extend(small(plane.height)?.to_le_bytes());
            // Seen as a plane of single samples, so that a row of RGB is
            // three times as wide.
            let wide = Plane { width: plane.width.saturating_mul(samples), ..*plane };
            for y in 0..plane.height {
                match wide.row(y) {
                    Row::Eight(row) => self.bytes.extend_from_slice(row),
                    Row::Sixteen(row) => {
                        self.bytes.extend(row.iter().flat_map(|v| v.to_le_bytes()));
                    }
                }
                if self.bytes.len() >= BLOCK {
                    self.hash.update(&self.bytes);
                    self.bytes.clear();
                }
            }
        }
        self.hash.update(&self.bytes);
        Ok(())
    }

    /// Pictures digested.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Lower-case hexadecimal; `None` when there was no picture.
    pub(super) fn digest(&self) -> Option<String> {
        (self.frames > 0).then(|| hex(&self.hash))
    }
}

/// The digest of a stream of sound.
#[derive(Default)]
pub(super) struct Sounds {
    hash: Sha256,
    samples: u64,
    form: Option<(u32, usize)>,
    bytes: Vec<u8>,
}

impl Sounds {
    /// Adds one block. The form (rate, channels) is digested where it begins
    /// and wherever it changes.
    pub(super) fn add(&mut self, sound: &Sound<'_>) {
        if self.form != Some((sound.rate, sound.channels)) {
            self.form = Some((sound.rate, sound.channels));
            self.hash.update(sound.rate.to_le_bytes());
            self.hash.update((sound.channels as u32).to_le_bytes());
        }
        for part in sound.samples.chunks(BLOCK / 4) {
            self.bytes.clear();
            self.bytes.extend(part.iter().flat_map(|v| v.to_le_bytes()));
            self.hash.update(&self.bytes);
        }
        self.samples += (sound.samples.len() / sound.channels.max(1)) as u64;
    }

    /// Samples of one channel digested.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// Lower-case hexadecimal; `None` when there was no sound.
    pub(super) fn digest(&self) -> Option<String> {
        (self.samples > 0).then(|| hex(&self.hash))
    }
}

fn hex(hash: &Sha256) -> String {
    crate::text::hex(hash.clone().finalize())
}
