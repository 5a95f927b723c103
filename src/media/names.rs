//! Containers by ffmpeg's names: what people call them and how their files end.

/// Family, ffmpeg's demuxer names, usual extensions.
const FAMILIES: [(&str, &[&str], &[&str]); 24] = [
    (
        "MP4/MOV",
        &["mov"],
        &[
            "mp4", "m4v", "mov", "qt", "m4a", "m4b", "m4r", "3gp", "3g2", "mj2", "f4v", "avif",
            "heic", "heif", "insv", "lrv",
        ],
    ),
    ("Matroska/WebM", &["matroska"], &["mkv", "webm", "mka", "mk3d"]),
    ("AVI", &["avi"], &["avi", "divx"]),
    (
        "MPEG-PS",
        &["mpeg", "mpegvideo"],
        &["mpg", "mpeg", "vob", "m2p", "dat", "mpv", "m1v", "m2v", "mod", "evo"],
    ),
    ("MPEG-TS", &["mpegts"], &["ts", "mts", "m2ts", "tp", "trp", "m2t", "tod"]),
    ("FLV", &["flv"], &["flv", "f4v"]),
    ("ASF (WMV/WMA)", &["asf"], &["asf", "wmv", "wma"]),
    ("MXF", &["mxf"], &["mxf"]),
    ("Ogg", &["ogg"], &["ogg", "oga", "ogv", "ogx", "opus", "spx"]),
    ("WAV", &["wav"], &["wav", "wave", "bwf", "rf64"]),
    ("FLAC", &["flac"], &["flac"]),
    ("MP3", &["mp3"], &["mp3", "mp2", "mp1", "mpa"]),
    ("AAC (ADTS)", &["aac"], &["aac", "adts"]),
    ("AIFF", &["aiff"], &["aif", "aiff", "aifc"]),
    ("CAF", &["caf"], &["caf"]),
    ("AMR", &["amr", "amrnb", "amrwb"], &["amr", "awb"]),
    ("GIF", &["gif"], &["gif"]),
    ("JPEG", &["jpeg_pipe", "mjpeg"], &["jpg", "jpeg", "jpe", "jfif", "mjpg", "mjpeg", "thm"]),
    ("PNG", &["png_pipe", "apng"], &["png", "apng"]),
    ("WebP", &["webp_pipe"], &["webp"]),
    ("TIFF", &["tiff_pipe"], &["tif", "tiff", "dng"]),
    ("BMP", &["bmp_pipe"], &["bmp", "dib"]),
    ("JPEG 2000", &["j2k_pipe"], &["jp2", "j2k", "jpf", "jpx", "j2c", "jpc"]),
    ("JPEG XL", &["jpegxl_pipe"], &["jxl"]),
];

fn family(
    container: &str,
) -> Option<&'static (&'static str, &'static [&'static str], &'static [&'static str])> {
    let first = container.split(',').next().unwrap_or(container);
    FAMILIES.iter().find(|(_, demuxers, _)| demuxers.contains(&first))
}

/// What people call a container that ffmpeg calls `container`.
pub(crate) fn container(container: &str) -> &str {
    family(container).map_or(container, |(name, ..)| name)
}

/// How such files usually end; empty if nothing is usual.
pub(crate) fn usual_extensions(container: &str) -> &'static [&'static str] {
    family(container).map_or(&[], |(.., extensions)| extensions)
}
