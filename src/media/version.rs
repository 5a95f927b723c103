//! Which ffmpeg this program runs with, and what it can decode.

use std::ffi::{CStr, CString};

use ffmpeg_next::{codec, ffi, format, software, util};

/// The decoders that the file types waarmerk reads rest on, by ffmpeg's names.
/// Builds of ffmpeg differ: some distributions leave out patented formats.
const DECODERS: [&str; 22] = [
    "h264",
    "hevc",
    "mpeg4",
    "mpeg2video",
    "mpeg1video",
    "vp8",
    "vp9",
    "mjpeg",
    "png",
    "webp",
    "tiff",
    "bmp",
    "gif",
    "aac",
    "mp3float",
    "mp3",
    "flac",
    "vorbis",
    "opus",
    "pcm_s16le",
    "pcm_s24le",
    "pcm_f32le",
];

/// The release of ffmpeg whose libraries are loaded, as those who built it
/// call it, such as `5.1.9-0+deb12u1`.
#[allow(unsafe_code, reason = "asks ffmpeg which it is")]
pub fn version() -> String {
    // SAFETY: the function takes nothing and returns a static C string.
    let release = unsafe { ffi::av_version_info() };
    if release.is_null() {
        return "unknown".into();
    }
    // SAFETY: not null, and static as said above.
    unsafe { CStr::from_ptr(release) }.to_string_lossy().into_owned()
}

/// Name and version of each library of ffmpeg in use, such as
/// `("libavcodec", "59.37.100")`.
pub fn libraries() -> [(&'static str, String); 5] {
    // Packed as major << 16 | minor << 8 | micro (libavutil/version.h).
    let unpack = |v: u32| format!("{}.{}.{}", v >> 16, (v >> 8) & 0xff, v & 0xff);
    [
        ("libavutil", unpack(util::version())),
        ("libavcodec", unpack(codec::version())),
        ("libavformat", unpack(format::version())),
        ("libswscale", unpack(software::scaling::version())),
        ("libswresample", unpack(software::resampling::version())),
    ]
}

/// The decoders among those waarmerk relies on that this ffmpeg lacks.
pub fn missing_decoders() -> Vec<&'static str> {
    DECODERS.into_iter().filter(|name| !has_decoder(name)).collect()
}

#[allow(unsafe_code, reason = "asks ffmpeg which it is")]
fn has_decoder(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: the name is a C string that lives through the call; the result
    // is only compared.
    !unsafe { ffi::avcodec_find_decoder_by_name(name.as_ptr()) }.is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_three_parts() {
        assert!(version() != "unknown");
        for (name, version) in libraries() {
            let parts: Vec<u32> = version.split('.').filter_map(|p| p.parse().ok()).collect();
            // FFmpeg numbers its micro versions from 100, to be told from Libav.
            let plausible = matches!(parts[..], [3..100, 0..256, 100..256]);
            assert!(plausible, "{name} {version}");
        }
    }

    #[test]
    fn decoders_are_looked_up_by_name() {
        // ffmpeg has its own PNG and PCM decoders in every build that can
        // read pictures and sound at all; nothing has the other.
        assert!(has_decoder("png") && has_decoder("pcm_s16le"));
        assert!(!has_decoder("no-such-decoder"));
    }
}
