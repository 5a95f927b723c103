//! Decoded sound as the checks hear it.

/// The form in which a consumer wants sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SoundFormat {
    /// Samples a second; `None` keeps the file's own rate.
    pub rate: Option<u32>,
    /// One channel, the mean of all; otherwise the file's own channels.
    pub mono: bool,
}

/// A block of decoded sound, lent for the time of a call. Blocks of one
/// format follow each other without gap or overlap; a hole in the file is
/// filled with zeros so that `time_s` stays true.
pub struct Sound<'a> {
    /// Which of the requested formats this block is in.
    pub format: SoundFormat,
    /// Time of the first sample in seconds, on the clock of the frames
    /// (so it may be negative when sound starts first).
    pub time_s: f64,
    /// Samples a second.
    pub rate: u32,
    /// Channels, interleaved in `samples`.
    pub channels: usize,
    /// Interleaved samples, full scale = ±1.
    pub samples: &'a [f32],
}
