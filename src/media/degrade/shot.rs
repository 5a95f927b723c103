//! A picture as a frame of a coded clip, for training: video never stores one by
//! itself, but as a difference from others.

use std::ops::ControlFlow;
use std::process::Command;

use super::video::{coding, file, program, run};
use crate::media::{Affine, Exhibit, Limits, Play, Sample};
use crate::{Error, Result};

/// Codes `frames` (each `width × height` pixels of R, G, B; even sides) as a clip of
/// H.264 at this constant rate factor (0–51) and gives frame `keep` (from 0) as it
/// is decoded: R, G, B interleaved in 0–1.
///
/// # Errors
/// [`Error::Usage`] when the `ffmpeg` program is missing; [`Error::Io`];
/// [`Error::Compute`] for frames that do not fit, or when that frame does not come
/// back.
pub fn through_h264(
    frames: &[Vec<u8>],
    (width, height): (usize, usize),
    crf: u8,
    keep: usize,
) -> Result<Vec<f32>> {
    let wrong = |why: &str| Error::compute("coding a clip", why.to_owned());
    if width % 2 + height % 2 > 0 || frames.iter().any(|f| f.len() != width * height * 3) {
        return Err(wrong("a frame has another size, or an odd one"));
    }
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", e))?;
    let (from, to) = (folder.path().join("frames.rgb"), folder.path().join("clip.mkv"));
    std::fs::write(&from, frames.concat()).map_err(|e| Error::io(&from, e))?;
    let size = format!("{width}x{height}");
    let raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-framerate", "25", "-video_size"];
    let mut command = program();
    command.args(raw).arg(size).arg("-i").arg(file(&from));
    command.args(coding("libx264", crf)).args(["-fflags", "+bitexact"]).arg(file(&to));
    run(&mut command, &from)?;
    let (mut seen, mut kept) = (0, Vec::new());
    let play = Play { frames: true, ..Play::default() };
    Exhibit::open(&to, &Limits::default())?.play(&play, |sample| {
        if let Sample::Frame(frame) = sample {
            if seen == keep {
                frame.area(&Affine::IDENTITY, width, height, &mut kept);
                return Ok(ControlFlow::Break(()));
            }
            seen += 1;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if kept.len() != width * height * 3 {
        return Err(wrong("the frame did not come back"));
    }
    Ok(kept)
}

/// What the program that codes calls itself, for the record.
///
/// # Errors
/// [`Error::Usage`] when it is missing or does not answer.
pub fn encoder() -> Result<String> {
    let missing = || Error::Usage("the `ffmpeg` program, which codes video, was not found".into());
    let told = Command::new("ffmpeg").arg("-version").output().map_err(|_| missing())?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    told.lines().next().map(str::to_owned).ok_or_else(missing)
}
