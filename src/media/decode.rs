//! The only module that names ffmpeg.
