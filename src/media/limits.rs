//! Bounds that keep a hostile file from exhausting the machine.

use std::path::Path;

use crate::{Error, Result};

/// The bounds in force for an exhibit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels in a coded picture.
    pub pixels: u64,
    /// Most pixels in a picture of a video, of which a decoder keeps many.
    pub moving_pixels: u64,
    /// Most bytes in a file.
    pub bytes: u64,
    /// Most bytes in the file of a still picture, which ffmpeg holds whole, twice.
    pub still_bytes: u64,
    /// Most streams in a container.
    pub streams: u64,
    /// Most pictures decoded from a video.
    pub frames: u64,
    /// Longest video or recording in seconds, as declared and as decoded.
    pub seconds: u64,
    /// Most bytes of container and stream tags.
    pub tags: u64,
    /// Most bytes of results written for an exhibit.
    pub output: u64,
}

impl Default for Limits {
    /// 2^26 pixels (most cameras have up to 61 million; what is held of a picture is
    /// some 14 bytes a pixel: `reports/faults`) and as many in a video (twice 8K),
    /// 256 MiB in a still picture, 64 GiB and two days of
    /// video or sound (a surveillance camera's file is a day at most), as many
    /// pictures as 60 a second give in that time, 64 streams (real files rarely
    /// have ten), 16 MiB of tags, 4 GiB of results.
    fn default() -> Self {
        Self {
            pixels: 1 << 26,
            moving_pixels: 1 << 26,
            bytes: 64 << 30,
            still_bytes: 256 << 20,
            streams: 64,
            frames: 60 * 2 * 86_400,
            seconds: 2 * 86_400,
            tags: 16 << 20,
            output: 4 << 30,
        }
    }
}

impl Limits {
    /// Names of the bounds, as they are set by.
    pub const NAMES: [&str; 9] = [
        "pixels",
        "moving-pixels",
        "bytes",
        "still-bytes",
        "streams",
        "frames",
        "seconds",
        "tags",
        "output",
    ];

    /// Sets the bound of that name.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that is none.
    pub fn set(&mut self, name: &str, value: u64) -> Result<()> {
        let bound = match name {
            "pixels" => &mut self.pixels,
            "moving-pixels" => &mut self.moving_pixels,
            "bytes" => &mut self.bytes,
            "still-bytes" => &mut self.still_bytes,
            "streams" => &mut self.streams,
            "frames" => &mut self.frames,
            "seconds" => &mut self.seconds,
            "tags" => &mut self.tags,
            "output" => &mut self.output,
            _ => {
                let all = Self::NAMES.join(", ");
                return Err(Error::Usage(format!("there is no limit `{name}` (there are {all})")));
            }
        };
        *bound = value;
        Ok(())
    }
}

/// An error when `found` is more than `limit`; `what` says of what, and `name`
/// which bound to raise.
pub(crate) fn within(path: &Path, what: &str, found: u64, name: &str, limit: u64) -> Result<()> {
    if found <= limit {
        return Ok(());
    }
    let what = format!("{}: {found} {what} (`--limit {name}=...` raises it)", path.display());
    Err(Error::Limit { what, limit })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn every_bound_can_be_set_and_no_other() {
        let mut limits = Limits::default();
        for (value, name) in (1..).zip(Limits::NAMES) {
            limits.set(name, value).unwrap();
        }
        let all = Limits {
            pixels: 1,
            moving_pixels: 2,
            bytes: 3,
            still_bytes: 4,
            streams: 5,
            frames: 6,
            seconds: 7,
            tags: 8,
            output: 9,
        };
        assert_eq!(limits, all);
        let error = limits.set("size", 1).unwrap_err().to_string();
        assert!(error.contains("`size`") && error.contains("moving-pixels"), "{error}");
    }
}
