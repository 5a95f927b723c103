//! A file under examination.

use std::path::{Path, PathBuf};

use super::Limits;
use super::{digest, probe};
use crate::Result;
use crate::text::Text;

/// What kind of medium an exhibit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Moving pictures, with or without sound.
    Video,
    /// One still picture.
    Image,
    /// Sound without moving pictures (cover art does not count), or with
    /// pictures that cannot be decoded; then
    /// [`Exhibit::picture_error`] says so.
    Audio,
}

/// A file under examination: opened once, digested once, decoded once.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Where it is.
    pub path: PathBuf,
    /// File name without folder, lossily as UTF-8.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-512 of the file, lower-case hexadecimal.
    pub sha512: String,
    /// What it is.
    pub kind: Kind,
    /// Demuxer name as ffmpeg gives it, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Duration in seconds, when known.
    pub duration_s: Option<f64>,
    /// The picture stream, if there is one.
    pub video: Option<VideoInfo>,
    /// Why the pictures cannot be examined although the file has a picture
    /// stream: its codec and what ffmpeg said. `video` is `None` then. Without
    /// `audio` either, why nothing in the file can be decoded.
    pub picture_error: Option<Text>,
    /// The sound stream, if there is one.
    pub audio: Option<AudioInfo>,
    /// Container-level tags, in file order.
    pub tags: Vec<(String, String)>,
    /// Peculiarities met while opening, for the report.
    pub notes: Vec<Text>,
}

impl Exhibit {
    /// Opens `path`: digests it, recognises what is in it by its content
    /// (never by its name) and decodes the first picture and sound.
    ///
    /// Only ordinary files of self-contained media are opened. Playlists and
    /// other formats that name further files are refused, and nothing but this
    /// one file is ever read.
    ///
    /// A file that starts as a known medium but of which nothing can be decoded
    /// (a HEIC picture, a video without its index) is opened all the same, since
    /// its bytes can be examined: see [`Exhibit::undecodable`].
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the system refuses,
    /// [`Error::Limit`](crate::Error::Limit) if `limits` are exceeded,
    /// [`Error::Unreadable`](crate::Error::Unreadable) if it is a folder, a
    /// pipe or a device, is empty, or is no medium.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let (mut file, bytes) = digest::open_regular(path, limits)?;
        let (sha256, sha512) = digest::digests(path, &mut file, bytes)?;
        probe::probe(path, file, probe::Bytes { bytes, sha256, sha512 }, limits)
    }

    /// Opens `path` without any decoder, because of `why`: its bytes alone are
    /// examined.
    ///
    /// # Errors
    /// As [`Exhibit::open`].
    pub fn open_bytes(path: &Path, limits: &Limits, why: Text) -> Result<Self> {
        let (mut file, bytes) = digest::open_regular(path, limits)?;
        let (sha256, sha512) = digest::digests(path, &mut file, bytes)?;
        probe::bytes_of(path, file, probe::Bytes { bytes, sha256, sha512 }, why)
    }

    /// Why nothing in the file can be decoded; `None` when something can.
    pub fn undecodable(&self) -> Option<&Text> {
        self.picture_error.as_ref().filter(|_| self.video.is_none() && self.audio.is_none())
    }
}

/// Facts about the picture stream.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct VideoInfo {
    /// Codec name, such as `h264`.
    pub codec: String,
    /// Codec profile, when told.
    pub profile: Option<String>,
    /// Pixel format, such as `yuv420p`.
    pub pixel_format: String,
    /// Width of the decoded picture as it lies, in pixels.
    pub width: u32,
    /// Height of the decoded picture as it lies, in pixels.
    pub height: u32,
    /// Width upright with square pixels.
    pub display_width: u32,
    /// Height upright with square pixels.
    pub display_height: u32,
    /// Clockwise rotation to bring the picture upright, in degrees.
    pub rotation_deg: i32,
    /// Whether the picture is mirrored before rotation.
    pub mirrored: bool,
    /// Sample aspect ratio, numerator and denominator.
    pub sample_aspect: (u32, u32),
    /// Average frames a second; `None` for a still picture.
    pub fps: Option<f64>,
    /// Matrix coefficients used: `bt601`, `bt709`, `bt2020` or `rgb`.
    pub matrix: String,
    /// Whether the file names the matrix, or its format fixes it (JPEG, WebP),
    /// instead of it being assumed from the size.
    pub matrix_declared: bool,
    /// Full (0–255) instead of limited (16–235) range.
    pub full_range: bool,
    /// Timestamp of the first decoded picture in seconds on the container's
    /// clock: time 0 of the exhibit.
    pub start_s: Option<f64>,
    /// Bit rate in bits a second, when told.
    pub bit_rate: Option<u64>,
    /// Stream tags, in file order.
    pub tags: Vec<(String, String)>,
}

/// Facts about the sound stream.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct AudioInfo {
    /// Codec name, such as `aac`.
    pub codec: String,
    /// Samples a second.
    pub rate: u32,
    /// Channels.
    pub channels: u32,
    /// Sample format, such as `fltp`.
    pub sample_format: String,
    /// Timestamp of the first decoded sound in seconds on the container's
    /// clock: time 0 of an exhibit without pictures.
    pub start_s: Option<f64>,
    /// Bit rate in bits a second, when told.
    pub bit_rate: Option<u64>,
    /// Stream tags, in file order.
    pub tags: Vec<(String, String)>,
}
