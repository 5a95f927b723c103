//! The steps, as typed: `name` or `name:number:number…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `jpeg:Q`: a JPEG of quality 1 to 100, standard tables, 4:4:4.
    Jpeg(u8),
    /// `resize:F`: both sides times F (0.05 to 4), Catmull-Rom; bicubic in video.
    Resize(f64),
    /// `crop:X:Y:W:H`: the part from (X, Y) of W×H pixels.
    Crop(u32, u32, u32, u32),
    /// `blur:S`: Gaussian with standard deviation S pixels.
    Blur(f64),
    /// `noise:S:SEED`: Gaussian noise of standard deviation S levels.
    Noise(f64, u64),
    /// `screenshot:F`: resized by F with a bilinear filter, as a screen shows it.
    Screenshot(f64),
    /// `messenger`: longest side at most 1600 and JPEG 70; for video at most 848,
    /// H.264 CRF 28. A likeness of such services, not a copy of one.
    Messenger,
    /// `splice:X:Y:W:H:FILE`: that part of the picture or video FILE, at its own place;
    /// what was put where is the mask.
    Splice(u32, u32, u32, u32, PathBuf),
    /// `h264:CRF`: coded with libx264.
    H264(u8),
    /// `h265:CRF`: coded with libx265.
    H265(u8),
    /// `gop:N:CRF`: H.264 with an intra picture every N frames.
    Gop(u32, u8),
    /// `drop:FIRST:COUNT`: frames FIRST … FIRST + COUNT − 1 (from 0) left out, the
    /// later ones moved up.
    Drop(u32, u32),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jpeg(q) => write!(f, "jpeg:{q}"),
            Self::Resize(by) => write!(f, "resize:{by}"),
            Self::Crop(x, y, w, h) => write!(f, "crop:{x}:{y}:{w}:{h}"),
            Self::Blur(s) => write!(f, "blur:{s}"),
            Self::Noise(s, seed) => write!(f, "noise:{s}:{seed}"),
            Self::Screenshot(by) => write!(f, "screenshot:{by}"),
            Self::Messenger => write!(f, "messenger"),
            Self::Splice(x, y, w, h, from) => {
                // The name without its folder: a record tells no one's paths.
                let name = from.file_name().unwrap_or_default().to_string_lossy();
                write!(f, "splice:{x}:{y}:{w}:{h}:{name}")
            }
            Self::H264(crf) => write!(f, "h264:{crf}"),
            Self::H265(crf) => write!(f, "h265:{crf}"),
            Self::Gop(n, crf) => write!(f, "gop:{n}:{crf}"),
            Self::Drop(first, count) => write!(f, "drop:{first}:{count}"),
        }
    }
}

impl FromStr for Step {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(|| {
            Error::Usage(format!(
                "`{text}` is no step: jpeg:Q, resize:F, crop:X:Y:W:H, blur:S, noise:S:SEED, \
                 screenshot:F, messenger, splice:X:Y:W:H:FILE, h264:CRF, h265:CRF, gop:N:CRF, \
                 drop:FIRST:COUNT"
            ))
        })
    }
}

fn read(text: &str) -> Option<Step> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let parts: Vec<&str> = if name == "splice" {
        rest.splitn(5, ':').collect()
    } else {
        rest.split(':').filter(|part| !part.is_empty()).collect()
    };
    let whole = |i: usize| parts.get(i)?.parse::<u32>().ok();
    let real = |i: usize, from: f64, to: f64| {
        let value = parts.get(i)?.parse::<f64>().ok()?;
        (from..=to).contains(&value).then_some(value)
    };
    // The scale of libx264 and libx265.
    let crf = |i: usize| whole(i).filter(|&v| v <= 51).map(|v| v as u8);
    let (step, count) = match name {
        "jpeg" => (Step::Jpeg(whole(0).filter(|q| (1..=100).contains(q))? as u8), 1),
        "resize" => (Step::Resize(real(0, 0.05, 4.0)?), 1),
        "crop" => (Step::Crop(whole(0)?, whole(1)?, whole(2)?, whole(3)?), 4),
        "blur" => (Step::Blur(real(0, 0.05, 50.0)?), 1),
        "noise" => (Step::Noise(real(0, 0.0, 100.0)?, parts.get(1)?.parse().ok()?), 2),
        "screenshot" => (Step::Screenshot(real(0, 0.05, 4.0)?), 1),
        "messenger" => (Step::Messenger, 0),
        "splice" => {
            let file = PathBuf::from(parts.get(4).filter(|f| !f.is_empty())?);
            (Step::Splice(whole(0)?, whole(1)?, whole(2)?, whole(3)?, file), 5)
        }
        "h264" => (Step::H264(crf(0)?), 1),
        "h265" => (Step::H265(crf(0)?), 1),
        "gop" => (Step::Gop(whole(0).filter(|n| (1..=1000).contains(n))?, crf(1)?), 2),
        "drop" => (Step::Drop(whole(0)?, whole(1).filter(|&n| n > 0)?), 2),
        _ => return None,
    };
    (parts.len() == count).then_some(step)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_as_they_are_written() {
        for text in [
            "jpeg:75",
            "resize:0.5",
            "crop:1:2:30:40",
            "blur:1.5",
            "noise:3:7",
            "screenshot:0.8",
            "messenger",
            "splice:8:8:64:64:other.png",
            "h264:23",
            "h265:28",
            "gop:33:20",
            "drop:10:5",
        ] {
            assert_eq!(text.parse::<Step>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "jpeg",
            "jpeg:0",
            "jpeg:101",
            "jpeg:75:1",
            "resize:0",
            "resize:nan",
            "crop:1:2:3",
            "noise:3",
            "h264:52",
            "gop:0:20",
            "drop:1:0",
            "messenger:1",
            "splice:1:2:3:4:",
            "sharpen:1",
        ] {
            assert!(matches!(text.parse::<Step>(), Err(Error::Usage(_))), "{text}");
        }
    }
}
