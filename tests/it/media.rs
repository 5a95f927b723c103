//! Opening and playing, against the `ffmpeg` and `ffprobe` programs.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use waarmerk::Error;
use waarmerk::media::{
    Exhibit, Kind, Limits, Pixels, Plane, Play, Played, Sample, Samples, SoundFormat,
};

const ALL: ControlFlow<()> = ControlFlow::Continue(());

fn run(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!("the {program} program is needed for this test (apt-get install ffmpeg): {error}")
    });
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes `name` in `dir` with the ffmpeg program.
fn make(dir: &tempfile::TempDir, name: &str, args: &[&str]) -> PathBuf {
    let path = dir.path().join(name);
    let mut all = vec!["-v", "error", "-y", "-bitexact"];
    all.extend(args);
    all.push(text(&path));
    run("ffmpeg", &all);
    path
}

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path) -> Exhibit {
    Exhibit::open(path, &Limits::default()).unwrap()
}

/// Samples of a plane without padding, 16-bit ones as little-endian bytes.
fn bytes(plane: &Plane<'_>, each: usize) -> Vec<u8> {
    let across = plane.width * each;
    (0..plane.height)
        .flat_map(|row| {
            let range = row * plane.stride..row * plane.stride + across;
            match plane.samples {
                Samples::Eight(samples) => samples[range].to_vec(),
                Samples::Sixteen(samples) => {
                    samples[range].iter().flat_map(|value| value.to_le_bytes()).collect()
                }
            }
        })
        .collect()
}

/// What playing the pictures gave: the raw bytes of all planes, the times.
struct Shown {
    raw: Vec<u8>,
    times: Vec<f64>,
    played: Played,
}

fn show(exhibit: &Exhibit) -> Shown {
    let (mut raw, mut times) = (Vec::new(), Vec::new());
    let played = exhibit
        .play(&Play { frames: true, ..Play::default() }, |sample| {
            if let Sample::Frame(frame) = sample {
                assert_eq!(frame.index as usize, times.len());
                times.push(frame.time_s);
                match frame.pixels {
                    Pixels::Gray(y) => raw.extend(bytes(&y, 1)),
                    Pixels::Rgb(rgb) => raw.extend(bytes(&rgb, 3)),
                    Pixels::Yuv { y, u, v, .. } => {
                        for plane in [y, u, v] {
                            raw.extend(bytes(&plane, 1));
                        }
                    }
                }
            }
            Ok(ALL)
        })
        .unwrap();
    Shown { raw, times, played }
}

/// What the ffmpeg program decodes, in `format`, unscaled and not turned.
fn reference(path: &Path, format: &str) -> Vec<u8> {
    let args = [
        "-v",
        "error",
        "-noautorotate",
        "-i",
        text(path),
        "-map",
        "0:v:0",
        "-vsync",
        "passthrough",
    ];
    let out = [
        "-flags",
        "bitexact",
        "-sws_flags",
        "accurate_rnd+full_chroma_int+bitexact",
        "-pix_fmt",
        format,
        "-f",
        "rawvideo",
        "-",
    ];
    run("ffmpeg", &[&args[..], &out[..]].concat())
}

/// Times that ffprobe gives, from the first on; `None` where it has none.
fn reference_times(path: &Path) -> Vec<Option<f64>> {
    let out = run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-select_streams",
            "v:0",
            "-show_entries",
            "frame=best_effort_timestamp_time",
            "-of",
            "csv=p=0",
            text(path),
        ],
    );
    let times: Vec<Option<f64>> = String::from_utf8(out)
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.trim_end_matches(',').trim().parse().ok())
        .collect();
    let first: f64 = times[0].unwrap();
    times.iter().map(|time| time.map(|time| time - first)).collect()
}

const CLIP: [&str; 4] = ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=0.6"];

fn clip(extra: &[&'static str]) -> Vec<&'static str> {
    [&CLIP[..], extra].concat()
}

/// Every plane of every picture is what the ffmpeg program decodes, and
/// count and times are what ffprobe gives.
#[test]
fn planes_and_times_are_those_of_the_programs() {
    let dir = dir();
    let odd = ["-f", "lavfi", "-i", "testsrc2=s=127x95:r=25:d=0.4"];
    let cases: Vec<(&str, Vec<&str>, &str)> = vec![
        (
            "h264.mp4",
            clip(&["-c:v", "libx264", "-bf", "3", "-g", "12", "-pix_fmt", "yuv420p"]),
            "yuv420p",
        ),
        ("h264.mkv", clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]), "yuv420p"),
        ("h264.mov", clip(&["-c:v", "libx264", "-pix_fmt", "yuv422p"]), "yuv422p"),
        ("h264_444.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuv444p"]), "yuv444p"),
        ("h264_10.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p10le"]), "yuv420p10le"),
        ("h264_422_10.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuv422p10le"]), "yuv422p10le"),
        ("full.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuvj420p"]), "yuvj420p"),
        ("gray.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gray"]), "gray"),
        ("gray16.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gray16le"]), "gray16le"),
        ("alpha.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "yuva420p"]), "yuv420p"),
        (
            "vp9.webm",
            clip(&["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
            "yuv420p",
        ),
        ("mpeg4.avi", clip(&["-c:v", "mpeg4", "-bf", "2"]), "yuv420p"),
        ("mjpeg.avi", clip(&["-c:v", "mjpeg", "-pix_fmt", "yuvj422p"]), "yuvj422p"),
        ("mpeg2.mpg", clip(&["-c:v", "mpeg2video", "-bf", "2"]), "yuv420p"),
        ("mpeg2.ts", clip(&["-c:v", "mpeg2video", "-bf", "2"]), "yuv420p"),
        (
            "dv411.avi",
            vec![
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=720x480:r=30000/1001:d=0.1",
                "-pix_fmt",
                "yuv411p",
                "-c:v",
                "dvvideo",
            ],
            "yuv411p",
        ),
        ("theora.ogv", clip(&["-c:v", "libtheora"]), "yuv420p"),
        ("odd.mp4", [&odd[..], &["-c:v", "libx264", "-pix_fmt", "yuv444p"]].concat(), "yuv444p"),
        ("odd.mkv", [&odd[..], &["-c:v", "ffv1", "-pix_fmt", "yuv420p"]].concat(), "yuv420p"),
        ("odd411.mkv", [&odd[..], &["-c:v", "ffv1", "-pix_fmt", "yuv411p"]].concat(), "yuv411p"),
        // Not planar: taken apart without loss.
        ("uyvy.mov", clip(&["-c:v", "rawvideo", "-pix_fmt", "uyvy422"]), "yuv422p"),
        ("nv12.avi", clip(&["-c:v", "rawvideo", "-pix_fmt", "nv12"]), "yuv420p"),
        ("rgb24.avi", clip(&["-c:v", "rawvideo", "-pix_fmt", "bgr24"]), "rgb24"),
        ("bgr0.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "bgr0"]), "rgb24"),
        ("gbrp.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gbrp"]), "rgb24"),
        ("gbrp10.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gbrp16le"]), "rgb48le"),
        ("animated.gif", clip(&[]), "rgb24"),
        ("animated.png", clip(&["-f", "apng"]), "rgb24"),
        ("odd.jpg", [&odd[..], &["-frames:v", "1", "-pix_fmt", "yuvj420p"]].concat(), "yuvj420p"),
        ("j444.jpg", clip(&["-frames:v", "1", "-pix_fmt", "yuvj444p"]), "yuvj444p"),
        ("rgb.png", clip(&["-frames:v", "1", "-pix_fmt", "rgb24"]), "rgb24"),
        ("rgba.png", clip(&["-frames:v", "1", "-pix_fmt", "rgba"]), "rgb24"),
        ("rgb48.png", clip(&["-frames:v", "1", "-pix_fmt", "rgb48be"]), "rgb48le"),
        ("pal8.png", clip(&["-frames:v", "1", "-pix_fmt", "pal8"]), "rgb24"),
        ("mono.png", clip(&["-frames:v", "1", "-pix_fmt", "monob"]), "gray"),
        ("ya8.png", clip(&["-frames:v", "1", "-pix_fmt", "ya8"]), "gray"),
        ("rgb.tiff", clip(&["-frames:v", "1", "-pix_fmt", "rgb24"]), "rgb24"),
        (
            "still.webp",
            clip(&["-frames:v", "1", "-c:v", "libwebp", "-pix_fmt", "yuv420p"]),
            "yuv420p",
        ),
        (
            "lossless.webp",
            clip(&["-frames:v", "1", "-c:v", "libwebp", "-lossless", "1", "-pix_fmt", "bgra"]),
            "rgb24",
        ),
        ("still.bmp", clip(&["-frames:v", "1", "-pix_fmt", "bgr24"]), "rgb24"),
        ("rgb565.avi", clip(&["-c:v", "rawvideo", "-pix_fmt", "rgb555le"]), "rgb24"),
    ];
    for (name, args, format) in cases {
        let path = make(&dir, name, &args);
        let exhibit = open(&path);
        let shown = show(&exhibit);
        let expected = reference(&path, format);
        assert_eq!(shown.raw.len(), expected.len(), "{name}: {:?}", exhibit.video);
        let different = shown.raw.iter().zip(&expected).filter(|(a, b)| a != b).count();
        assert_eq!(different, 0, "{name}: bytes differ of {}", expected.len());
        let times = reference_times(&path);
        assert_eq!(shown.times.len(), times.len(), "{name}");
        for (ours, theirs) in shown.times.iter().zip(&times) {
            assert!(
                (ours - theirs.unwrap_or(*ours)).abs() < 2e-6,
                "{name}: {ours} instead of {theirs:?}"
            );
        }
        let untold = times.iter().filter(|time| time.is_none()).count() as u64;
        assert_eq!(shown.played.missing_times, untold, "{name}");
        assert_eq!(shown.played.decode_errors, 0, "{name}");
        assert!(!shown.played.variable_frame_rate, "{name}: {:?}", shown.times);
        let kind =
            if name.ends_with("jpg") || times.len() == 1 { Kind::Image } else { Kind::Video };
        assert_eq!(exhibit.kind, kind, "{name}");
    }
}

/// Puts a display matrix into the first `tkhd` box (version 0) of a file.
fn set_matrix(path: &Path, matrix: [i32; 9]) {
    let mut data = std::fs::read(path).unwrap();
    let at = data.windows(4).position(|window| window == b"tkhd").unwrap() + 44;
    for (index, value) in matrix.iter().enumerate() {
        data[at + 4 * index..at + 4 * index + 4].copy_from_slice(&value.to_be_bytes());
    }
    std::fs::write(path, data).unwrap();
}

#[test]
fn rotation_and_mirroring_come_from_the_display_matrix() {
    let dir = dir();
    let one = 0x10000;
    let end = 0x4000_0000;
    for (matrix, rotation, mirrored, size) in [
        ([one, 0, 0, 0, one, 0, 0, 0, end], 0, false, (128, 96)),
        ([0, one, 0, -one, 0, 0, 96 * one, 0, end], 90, false, (96, 128)),
        ([-one, 0, 0, 0, -one, 0, 0, 0, end], 180, false, (128, 96)),
        ([0, -one, 0, one, 0, 0, 0, 128 * one, end], 270, false, (96, 128)),
        ([-one, 0, 0, 0, one, 0, 128 * one, 0, end], 0, true, (128, 96)),
    ] {
        let path = make(&dir, "turned.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
        set_matrix(&path, matrix);
        let video = open(&path).video.unwrap();
        assert_eq!((video.rotation_deg, video.mirrored), (rotation, mirrored));
        assert_eq!((video.width, video.height), (128, 96));
        assert_eq!((video.display_width, video.display_height), size);
    }
}

/// A picture with a red corner, turned by its matrix: the corner is found
/// through `display_to_coded` where the ffmpeg program, which turns the
/// pixels themselves, shows it.
#[test]
fn display_coordinates_agree_with_the_program_turning_the_picture() {
    let dir = dir();
    let path = make(
        &dir,
        "corner.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "color=black:s=128x96:r=5:d=0.4,drawbox=x=96:y=0:w=32:h=24:color=white:t=fill",
            "-c:v",
            "libx264",
            "-qp",
            "0",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let one = 0x10000;
    for matrix in [
        [0, one, 0, -one, 0, 0, 96 * one, 0, 0x4000_0000],
        [0, -one, 0, one, 0, 0, 0, 128 * one, 0x4000_0000],
        [-one, 0, 0, 0, -one, 0, 0, 0, 0x4000_0000],
    ] {
        set_matrix(&path, matrix);
        let exhibit = open(&path);
        let video = exhibit.video.clone().unwrap();
        let (w, h) = (video.display_width as usize, video.display_height as usize);
        let turned = run(
            "ffmpeg",
            &[
                "-v",
                "error",
                "-i",
                text(&path),
                "-frames:v",
                "1",
                "-pix_fmt",
                "gray",
                "-f",
                "rawvideo",
                "-",
            ],
        );
        assert_eq!(turned.len(), w * h);
        exhibit
            .play(&Play { frames: true, ..Play::default() }, |sample| {
                let Sample::Frame(frame) = sample else { return Ok(ALL) };
                let Pixels::Yuv { y, .. } = frame.pixels else { panic!("not YUV") };
                let Samples::Eight(luma) = y.samples else { panic!("not 8 bits") };
                let [a, b, c, d, e, f] = frame.display_to_coded.m;
                for (row, column) in
                    [(2usize, 2usize), (2, w - 3), (h - 3, 2), (h - 3, w - 3), (h / 2, w / 2)]
                {
                    let (x, ydisplay) = (column as f32 + 0.5, row as f32 + 0.5);
                    let (cx, cy) = (a * x + b * ydisplay + c, d * x + e * ydisplay + f);
                    let ours = luma[cy as usize * y.stride + cx as usize] > 128;
                    assert_eq!(
                        ours,
                        turned[row * w + column] > 128,
                        "{matrix:?} at {column}, {row}"
                    );
                }
                Ok(ControlFlow::Break(()))
            })
            .unwrap();
    }
}

/// An EXIF segment with nothing but an orientation, put after SOI.
fn with_orientation(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    segment.extend(orientation.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0, 0]);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend((segment.len() as u16 + 2).to_be_bytes());
    out.extend(segment);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn exif_orientation_of_a_photo_is_read() {
    let dir = dir();
    let plain = std::fs::read(make(&dir, "plain.jpg", &clip(&["-frames:v", "1"]))).unwrap();
    let path = dir.path().join("turned.jpg");
    for (tag, rotation, mirrored) in [
        (1, 0, false),
        (2, 0, true),
        (3, 180, false),
        (4, 180, true),
        (5, 270, true),
        (6, 90, false),
        (7, 90, true),
        (8, 270, false),
    ] {
        std::fs::write(&path, with_orientation(&plain, tag)).unwrap();
        let video = open(&path).video.unwrap();
        assert_eq!((video.rotation_deg, video.mirrored), (rotation, mirrored), "tag {tag}");
        let upright = if tag >= 5 { (96, 128) } else { (128, 96) };
        assert_eq!((video.display_width, video.display_height), upright, "tag {tag}");
    }
}

/// Puts an `irot` property into the property container of an AVIF picture as
/// ffmpeg writes it, and moves what lies behind.
fn turn_avif(path: &Path, quarters: u8) {
    let mut data = std::fs::read(path).unwrap();
    let find =
        |data: &[u8], name: &[u8]| data.windows(4).position(|window| window == name).unwrap();
    let add = |data: &mut [u8], at: usize| {
        let value = u32::from_be_bytes(data[at..at + 4].try_into().unwrap()) + 9;
        data[at..at + 4].copy_from_slice(&value.to_be_bytes());
    };
    for name in [b"meta", b"iprp", b"ipco"] {
        let at = find(&data, name) - 4;
        add(&mut data, at);
    }
    let offset = find(&data, b"iloc") + 18;
    add(&mut data, offset);
    let at = find(&data, b"ipco") + 4;
    let property = [0, 0, 0, 9, b'i', b'r', b'o', b't', quarters];
    data.splice(at..at, property);
    std::fs::write(path, data).unwrap();
}

#[test]
fn an_avif_picture_is_read_and_turned() {
    let dir = dir();
    let path = make(&dir, "photo.avif", &clip(&["-frames:v", "1", "-pix_fmt", "yuv420p"]));
    let plain = open(&path);
    let shown = show(&plain).raw;
    assert_eq!(plain.kind, Kind::Image);
    assert_eq!(shown, reference(&path, "yuv420p"));
    for (quarters, rotation) in [(1, 270), (2, 180), (3, 90)] {
        let path = make(&dir, "turned.avif", &clip(&["-frames:v", "1", "-pix_fmt", "yuv420p"]));
        turn_avif(&path, quarters);
        let exhibit = open(&path);
        assert_eq!(exhibit.video.clone().unwrap().rotation_deg, rotation);
        assert_eq!(show(&exhibit).raw, shown, "the pixels themselves stay");
    }
}

#[test]
fn a_grey_photo_stays_grey() {
    let dir = dir();
    let path = dir.path().join("grey.jpg");
    let grey = image::GrayImage::from_fn(61, 47, |x, y| image::Luma([(3 * x + y) as u8]));
    grey.save(&path).unwrap();
    let exhibit = open(&path);
    let video = exhibit.video.clone().unwrap();
    assert_eq!((video.pixel_format.as_str(), video.full_range), ("gray", true));
    assert_eq!(show(&exhibit).raw, reference(&path, "gray"));
}

#[test]
fn facts_of_the_picture_are_told() {
    let dir = dir();
    let video =
        |name: &str, args: &[&'static str]| open(&make(&dir, name, &clip(args))).video.unwrap();
    let plain = video("plain.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]);
    assert_eq!(
        (plain.matrix.as_str(), plain.matrix_declared, plain.full_range),
        ("bt601", false, false)
    );
    assert_eq!(
        (plain.codec.as_str(), plain.pixel_format.as_str(), plain.sample_aspect),
        ("h264", "yuv420p", (1, 1))
    );
    assert!((plain.fps.unwrap() - 25.0).abs() < 1e-9);
    let told = video(
        "told.mp4",
        &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "pc"],
    );
    assert_eq!(
        (told.matrix.as_str(), told.matrix_declared, told.full_range),
        ("bt709", true, true)
    );
    let wide = video("wide.mp4", &["-vf", "setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv420p"]);
    assert_eq!((wide.sample_aspect, wide.display_width, wide.display_height), ((4, 3), 171, 96));
    let large = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=1280x720:r=5:d=0.2",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    ];
    let large = open(&make(&dir, "large.mp4", &large)).video.unwrap();
    assert_eq!((large.matrix.as_str(), large.matrix_declared), ("bt709", false));
    let photo = video("photo.jpg", &["-frames:v", "1"]);
    assert_eq!((photo.matrix.as_str(), photo.full_range, photo.fps), ("bt601", true, None));
    let png = video("photo.png", &["-frames:v", "1", "-pix_fmt", "rgb24"]);
    assert_eq!((png.matrix.as_str(), png.full_range), ("rgb", true));
}

#[test]
fn irregular_times_are_kept_and_counted() {
    let dir = dir();
    let args = clip(&[
        "-vf",
        "select='not(eq(n,4))*not(eq(n,9))*not(eq(n,10))'",
        "-vsync",
        "vfr",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    ]);
    let path = make(&dir, "vfr.mp4", &args);
    let shown = show(&open(&path));
    let times = reference_times(&path);
    assert_eq!(shown.times.len(), 12);
    for (ours, theirs) in shown.times.iter().zip(&times) {
        assert!((ours - theirs.unwrap()).abs() < 2e-6);
    }
    assert!(shown.played.variable_frame_rate);
    assert!(shown.played.gaps >= 1);
    assert!(
        shown
            .played
            .warnings
            .iter()
            .all(|warning| !warning.nl.is_empty() && warning.nl != warning.en)
    );
}

/// All sound in one format: samples, channels, time of the first.
fn hear(exhibit: &Exhibit, format: SoundFormat) -> (Vec<f32>, usize, f64, Played) {
    let (mut samples, mut channels, mut start, mut next) = (Vec::new(), 0, None, 0.0);
    let played = exhibit
        .play(&Play { sounds: vec![format], ..Play::default() }, |sample| {
            let Sample::Sound(sound) = sample else { panic!("only sound was asked for") };
            assert_eq!(sound.format, format);
            if start.is_none() {
                next = sound.time_s;
            }
            start.get_or_insert(sound.time_s);
            assert!((sound.time_s - next).abs() < 1e-6, "blocks do not follow each other");
            next = sound.time_s
                + (sound.samples.len() / sound.channels) as f64 / f64::from(sound.rate);
            channels = sound.channels;
            samples.extend_from_slice(sound.samples);
            Ok(ALL)
        })
        .unwrap();
    (samples, channels, start.unwrap(), played)
}

/// Frequency by zero crossings and amplitude by the quadratic mean, over the
/// middle of the samples.
fn tone(samples: &[f32], rate: f64) -> (f64, f64) {
    let middle = &samples[samples.len() / 10..samples.len() * 9 / 10];
    let mut crossings = Vec::new();
    for (index, pair) in middle.windows(2).enumerate() {
        if pair[0] < 0.0 && pair[1] >= 0.0 {
            crossings.push(index as f64 + f64::from(-pair[0] / (pair[1] - pair[0])));
        }
    }
    let periods = (crossings.len() - 1) as f64;
    let frequency = periods * rate / (crossings[crossings.len() - 1] - crossings[0]);
    let power: f64 =
        middle.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / middle.len() as f64;
    (frequency, (2.0 * power).sqrt())
}

#[test]
fn sound_keeps_length_frequency_and_amplitude() {
    let dir = dir();
    // ffmpeg's sine has an amplitude of 1/8; 0.8 s at 44100 Hz.
    let source = ["-f", "lavfi", "-i", "sine=f=440:r=44100:d=0.8"];
    for (name, extra, exact) in [
        ("a.wav", &[][..], true),
        ("u8.wav", &["-c:a", "pcm_u8"][..], false),
        ("s24.wav", &["-c:a", "pcm_s24le"][..], true),
        ("f32.wav", &["-c:a", "pcm_f32le"][..], true),
        ("f64.wav", &["-c:a", "pcm_f64le"][..], true),
        ("stereo.wav", &["-af", "pan=stereo|c0=c0|c1=c0"][..], true),
        ("a.flac", &[][..], true),
        ("a.mp3", &["-b:a", "192k"][..], false),
        ("a.m4a", &["-b:a", "192k"][..], false),
        ("a.aac", &["-b:a", "192k"][..], false),
        ("a.ogg", &["-c:a", "libvorbis", "-q:a", "8"][..], false),
        ("a.opus", &["-b:a", "128k"][..], false),
        ("a.aiff", &[][..], true),
    ] {
        let path = make(&dir, name, &[&source[..], extra].concat());
        let exhibit = open(&path);
        assert_eq!(exhibit.kind, Kind::Audio, "{name}");
        let info = exhibit.audio.clone().unwrap();
        for format in
            [SoundFormat { rate: None, mono: true }, SoundFormat { rate: Some(16_000), mono: true }]
        {
            let rate = f64::from(format.rate.unwrap_or(info.rate));
            let (samples, channels, start, played) = hear(&exhibit, format);
            assert_eq!((channels, start), (1, 0.0), "{name}");
            let seconds = samples.len() as f64 / rate;
            // Lossy codecs come in whole blocks of up to 1152 + 1105 samples.
            let tolerance = if exact || name == "u8.wav" { 1.01 / rate } else { 0.055 };
            assert!((seconds - 0.8).abs() <= tolerance, "{name} at {rate}: {seconds} s");
            let (frequency, amplitude) = tone(&samples[..samples.len() * 9 / 10], rate);
            assert!((frequency - 440.0).abs() < 0.05, "{name} at {rate}: {frequency} Hz");
            let tolerance = if exact { 1e-3 } else { 4e-3 };
            assert!(
                (amplitude - 0.125).abs() < tolerance,
                "{name} at {rate}: amplitude {amplitude}"
            );
            assert_eq!(played.decode_errors, 0, "{name}");
        }
    }
}

#[test]
fn mono_is_the_mean_and_channels_stay_apart() {
    let dir = dir();
    let path = make(
        &dir,
        "two.wav",
        &["-f", "lavfi", "-i", "aevalsrc=0.5|-0.25|0.125:s=8000:d=0.25:c=2.1", "-c:a", "pcm_f32le"],
    );
    let exhibit = open(&path);
    let (mono, ..) = hear(&exhibit, SoundFormat { rate: None, mono: true });
    assert!(mono.iter().all(|value| (value - 0.125).abs() < 1e-6), "{:?}", &mono[..3]);
    let (all, channels, ..) = hear(&exhibit, SoundFormat { rate: None, mono: false });
    assert_eq!((channels, all.len()), (3, 6000));
    assert!(all.chunks(3).all(|frame| frame == [0.5, -0.25, 0.125]));
}

/// Sound that starts 0.4 s after, or before, the pictures.
#[test]
fn sound_and_picture_share_a_clock() {
    let dir = dir();
    for (late, sound_starts) in [(false, 0.4), (true, -0.4)] {
        let (video, audio) = ("testsrc2=s=128x96:r=25:d=1", "sine=f=440:r=48000:d=1");
        let mut args = Vec::new();
        for (input, delayed) in [(video, late), (audio, !late)] {
            if delayed {
                args.extend(["-itsoffset", "0.4"]);
            }
            args.extend(["-f", "lavfi", "-i", input]);
        }
        // Otherwise the program repeats the first picture from time 0 on.
        args.extend([
            "-vsync",
            "passthrough",
            "-c:v",
            "libx264",
            "-bf",
            "0",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "pcm_s16le",
        ]);
        for name in ["offset.mkv", "offset.mov"] {
            let exhibit = open(&make(&dir, name, &args));
            let (_, _, start, _) = hear(&exhibit, SoundFormat { rate: Some(16_000), mono: true });
            assert!(
                (start - sound_starts).abs() < 2e-3,
                "{name}: {start} instead of {sound_starts}"
            );
            assert_eq!(show(&exhibit).times[0], 0.0);
        }
    }
}

#[test]
fn holes_in_sound_are_filled_so_that_time_stays_true() {
    let dir = dir();
    let path = make(
        &dir,
        "hole.mkv",
        &[
            "-f",
            "lavfi",
            "-i",
            "sine=f=440:r=48000:d=2",
            "-af",
            "aselect='not(between(t,0.5,0.9))'",
            "-c:a",
            "pcm_s16le",
        ],
    );
    let exhibit = open(&path);
    let (samples, _, start, played) = hear(&exhibit, SoundFormat { rate: None, mono: true });
    assert_eq!(start, 0.0);
    assert_eq!(played.sound_holes, 1, "{played:?}");
    assert!((samples.len() as f64 / 48_000.0 - 2.0).abs() < 2e-3, "{}", samples.len());
    let silent = samples
        .iter()
        .enumerate()
        .filter(|(_, value)| **value == 0.0)
        .map(|(index, _)| index as f64 / 48_000.0);
    let middle: Vec<f64> = silent.filter(|time| (0.55..0.85).contains(time)).collect();
    assert!(middle.len() as f64 > 0.29 * 48_000.0, "{}", middle.len());
    let (frequency, amplitude) = tone(&samples[52_000..], 48_000.0);
    assert!((frequency - 440.0).abs() < 0.05 && (amplitude - 0.125).abs() < 1e-3);
}

#[test]
fn packets_are_those_of_ffprobe() {
    let dir = dir();
    let args = [
        &CLIP[..],
        &[
            "-f",
            "lavfi",
            "-i",
            "sine=d=0.6",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
        ],
    ]
    .concat();
    let path = make(&dir, "both.mp4", &args);
    let exhibit = open(&path);
    let mut ours = Vec::new();
    let played = exhibit
        .play(&Play { packets: true, ..Play::default() }, |sample| {
            let Sample::Packet(packet) = sample else { panic!("only packets were asked for") };
            assert_eq!(packet.video, packet.stream == 0);
            ours.push(format!(
                "{},{:.6},{:.6},{},{}",
                packet.stream,
                packet.pts_s.unwrap(),
                packet.dts_s.unwrap(),
                packet.bytes,
                if packet.key { "K" } else { "_" }
            ));
            Ok(ALL)
        })
        .unwrap();
    assert_eq!((played.frames, played.complete), (0, true));
    let out = run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-show_entries",
            "packet=stream_index,pts_time,dts_time,size,flags",
            "-of",
            "csv=p=0",
            text(&path),
        ],
    );
    let theirs: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            line.trim_end_matches(',').trim_end_matches('_').trim_end_matches('D').to_owned()
        })
        .collect();
    let ours: Vec<String> = ours.iter().map(|line| line.trim_end_matches('_').to_owned()).collect();
    assert_eq!(ours, theirs);
    // Each picture knows the size of its packet.
    let mut sizes = Vec::new();
    exhibit
        .play(&Play { frames: true, ..Play::default() }, |sample| {
            if let Sample::Frame(frame) = sample {
                sizes.push(frame.packet_bytes.unwrap());
            }
            Ok(ALL)
        })
        .unwrap();
    let mut expected: Vec<u64> = theirs
        .iter()
        .filter(|line| line.starts_with("0,"))
        .map(|line| line.split(',').nth(3).unwrap().parse().unwrap())
        .collect();
    sizes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sizes, expected);
}

#[test]
fn cover_art_makes_no_video() {
    let dir = dir();
    let art = make(&dir, "art.jpg", &clip(&["-frames:v", "1"]));
    let args = [
        "-f",
        "lavfi",
        "-i",
        "sine=d=0.5",
        "-i",
        text(&art),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
        "-disposition:v",
        "attached_pic",
    ];
    for name in ["song.mp3", "song.m4a", "song.flac"] {
        let exhibit = open(&make(&dir, name, &args));
        assert_eq!((exhibit.kind, exhibit.video.is_none()), (Kind::Audio, true), "{name}");
        assert!(exhibit.notes.iter().any(|note| note.en.contains("cover art")), "{name}");
    }
}

#[test]
fn a_wrong_name_is_noted_and_harmless() {
    let dir = dir();
    let path = make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
    let expected = show(&open(&path)).raw;
    for name in [
        "clip.wav",
        "a:b.mp4",
        "-x.mp4",
        "concat:a|b.mp4",
        "img%03d.mp4",
        "é ü.mp4",
        "http:",
        "pipe:0",
    ] {
        let odd = dir.path().join(name);
        std::fs::copy(&path, &odd).unwrap();
        let exhibit = open(&odd);
        assert_eq!(exhibit.name, name);
        assert_eq!(show(&exhibit).raw, expected, "{name}");
        assert_eq!(
            exhibit.notes.iter().any(|note| note.en.contains("by its content")),
            name == "clip.wav",
            "{name}"
        );
    }
}

#[test]
fn a_pattern_in_a_name_opens_only_that_file() {
    let dir = dir();
    for (name, colour) in [("img001.png", "red"), ("img002.png", "green"), ("literal.png", "blue")]
    {
        make(
            &dir,
            name,
            &[
                "-f",
                "lavfi",
                "-i",
                &format!("color={colour}:s=16x16"),
                "-frames:v",
                "1",
                "-pix_fmt",
                "rgb24",
            ],
        );
    }
    let path = dir.path().join("img%03d.png");
    std::fs::rename(dir.path().join("literal.png"), &path).unwrap();
    let shown = show(&open(&path));
    assert_eq!(shown.times.len(), 1);
    assert!(
        shown.raw.chunks(3).all(|pixel| pixel[2] > 200 && pixel[0] < 50),
        "another file was read"
    );
}

fn refusal(path: &Path) -> String {
    match Exhibit::open(path, &Limits::default()) {
        Ok(exhibit) => panic!("{} was opened as {}", path.display(), exhibit.container),
        Err(error) => error.to_string(),
    }
}

#[test]
fn playlists_are_refused() {
    let dir = dir();
    let secret = make(&dir, "secret.ts", &clip(&["-c:v", "mpeg2video"]));
    let secret = text(&secret);
    let lists = [
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"),
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
            .to_owned(),
        format!("ffconcat version 1.0\nfile '{secret}'\n"),
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n"
            .to_owned(),
        format!(
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><BaseURL>{secret}</BaseURL></Period></MPD>"
        ),
    ];
    for list in lists {
        let path = dir.path().join("holiday.mp4");
        std::fs::write(&path, &list).unwrap();
        let said = refusal(&path);
        assert!(
            said.contains("playlist") || said.contains("SDP") || said.contains("XML"),
            "{list}: {said}"
        );
    }
}

/// The list of formats holds: NUT, which ffmpeg reads, is not on it.
#[test]
fn formats_not_on_the_list_are_refused() {
    let dir = dir();
    for name in ["clip.nut", "clip.mp4"] {
        let path = make(&dir, name, &clip(&["-c:v", "mpeg4", "-f", "nut"]));
        assert!(refusal(&path).contains("no known"), "{name}");
    }
}

#[test]
fn what_is_no_medium_is_refused_with_a_reason() {
    let dir = dir();
    let at = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    assert!(refusal(dir.path()).contains("folder"));
    assert!(refusal(&at("empty.mp4", b"")).contains("empty"));
    assert!(
        refusal(&at("notes.mp4", b"a text of some length, with nothing in it\n")).contains("text")
    );
    assert!(refusal(&at("paper.jpg", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")).contains("PDF"));
    assert!(matches!(
        Exhibit::open(&dir.path().join("absent.mp4"), &Limits::default()),
        Err(Error::Io { .. })
    ));

    let path = make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
    let few = Limits { bytes: 1000, ..Limits::default() };
    assert!(matches!(Exhibit::open(&path, &few), Err(Error::Limit { .. })));
    let none = Limits { streams: 0, ..Limits::default() };
    assert!(Exhibit::open(&path, &none).unwrap().undecodable().is_some());
    let small = Limits { pixels: 128 * 96 - 1, ..Limits::default() };
    assert!(matches!(Exhibit::open(&path, &small), Err(Error::Limit { .. })));
    let slow = Limits { moving_pixels: 128 * 96 - 1, ..Limits::default() };
    assert!(matches!(Exhibit::open(&path, &slow), Err(Error::Limit { .. })));
    for name in ["big.png", "big.jpg", "big.webp", "big.tiff", "big.gif"] {
        let picture = make(&dir, name, &clip(&["-frames:v", "1"]));
        assert!(Exhibit::open(&picture, &Limits { pixels: 128 * 96, ..slow }).is_ok());
        let refused = Exhibit::open(&picture, &small);
        assert!(matches!(refused, Err(Error::Limit { .. })), "{name}: {refused:?}");
        assert!(refused.unwrap_err().to_string().contains("128 × 96"), "{name}");
    }
}

#[test]
fn what_cannot_be_decoded_is_opened_for_its_bytes() {
    let dir = dir();
    let at = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let path = make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
    let whole = std::fs::read(&path).unwrap();
    let moov = whole.windows(4).position(|window| window == b"moov").unwrap();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08free";
    for (path, kind, format) in [
        (at("photo.heic", heic), Kind::Image, "HEIC"),
        (make(&dir, "moving.webp", &clip(&["-c:v", "libwebp_anim"])), Kind::Image, "animated WebP"),
        (at("broken.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Kind::Image, "JPEG"),
        (at("cut.mp4", &whole[..moov - 4]), Kind::Video, "MP4/MOV"),
    ] {
        let exhibit = open(&path);
        assert_eq!(exhibit.kind, kind, "{format}");
        assert!(exhibit.video.is_none() && exhibit.audio.is_none(), "{format}");
        let why = exhibit.undecodable().unwrap();
        assert!(why.en.contains(format) && why.nl.contains(format), "{why:?}");
        assert!(exhibit.notes.iter().any(|note| note.en.contains("Present but undecodable")));
        assert_eq!(exhibit.sha256.len(), 64);
    }
    assert!(open(&path).undecodable().is_none());
}

#[cfg(unix)]
#[test]
fn a_fifo_never_blocks() {
    let dir = dir();
    let path = dir.path().join("pipe.mp4");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(refusal(&path).contains("not an ordinary file"));
    assert!(refusal(Path::new("/dev/null")).contains("not an ordinary file"));
}

#[test]
fn a_cut_file_gives_what_is_left_and_says_so() {
    let dir = dir();
    let big = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2"];
    let path = make(
        &dir,
        "whole.mp4",
        &[
            &big[..],
            &["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", "-movflags", "faststart"],
        ]
        .concat(),
    );
    let whole = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.mp4");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let shown = show(&open(&cut));
    assert!((10..50).contains(&shown.times.len()), "{}", shown.times.len());
    assert!(!shown.played.warnings.is_empty(), "{:?}", shown.played);

    let photo = std::fs::read(make(
        &dir,
        "whole.jpg",
        &[&big[..], &["-frames:v", "1", "-q:v", "2"]].concat(),
    ))
    .unwrap();
    let cut = dir.path().join("cut.jpg");
    std::fs::write(&cut, &photo[..photo.len() / 2]).unwrap();
    let shown = show(&open(&cut));
    assert_eq!(shown.times.len(), 1);
    assert!(!shown.played.warnings.is_empty(), "{:?}", shown.played);
}

#[test]
fn another_size_in_the_middle_is_noticed() {
    let dir = dir();
    let mut joined = Vec::new();
    for size in ["testsrc2=s=128x96:r=25:d=0.4", "testsrc2=s=64x48:r=25:d=0.4"] {
        let path = make(
            &dir,
            "part.h264",
            &["-f", "lavfi", "-i", size, "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p"],
        );
        joined.extend(std::fs::read(path).unwrap());
    }
    let path = dir.path().join("joined.h264");
    std::fs::write(&path, joined).unwrap();
    let mut sizes = Vec::new();
    let played = open(&path)
        .play(&Play { frames: true, ..Play::default() }, |sample| {
            if let Sample::Frame(frame) = sample {
                sizes.push((frame.display_width, frame.display_height));
            }
            Ok(ALL)
        })
        .unwrap();
    assert_eq!(played.resized_frames, 10, "{sizes:?}");
    assert_eq!((sizes[0], sizes[sizes.len() - 1]), ((128, 96), (64, 48)));
}

#[test]
fn the_visitor_may_stop_and_may_fail() {
    let dir = dir();
    let exhibit = open(&make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"])));
    let want = Play { frames: true, ..Play::default() };
    let mut seen = 0;
    let played = exhibit
        .play(&want, |_| {
            seen += 1;
            Ok(if seen == 3 { ControlFlow::Break(()) } else { ALL })
        })
        .unwrap();
    assert_eq!((seen, played.frames, played.complete), (3, 3, false));
    let failed = exhibit.play(&want, |_| Err(Error::Usage("no".to_owned())));
    assert!(matches!(failed, Err(Error::Usage(_))));
    let silly = Play { sounds: vec![SoundFormat { rate: Some(0), mono: true }], ..want.clone() };
    assert!(
        exhibit.play(&silly, |_| Ok(ALL)).is_ok(),
        "a clip without sound has nothing to resample"
    );

    std::fs::write(&exhibit.path, b"something else").unwrap();
    assert!(exhibit.play(&want, |_| Ok(ALL)).unwrap_err().to_string().contains("changed"));
}

#[test]
fn transparency_is_noted_only_where_it_is() {
    let dir = dir();
    for (name, format, alpha, noted) in [
        ("opaque.png", "rgba", "255", false),
        ("seen.png", "rgba", "if(eq(X\\,5)\\,254\\,255)", true),
        ("deep.png", "rgba64be", "", false),
        ("deep_seen.png", "rgba64be", "if(eq(X\\,5)\\,254\\,255)", true),
        ("grey.png", "ya8", "if(eq(X\\,5)\\,254\\,255)", true),
        ("none.png", "rgb24", "255", false),
    ] {
        // Without an expression the program makes the channel, all opaque.
        let filter = format!("format=rgba,geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a={alpha}");
        let filter = if alpha.is_empty() { "format=rgb24".to_owned() } else { filter };
        let args = [&CLIP[..], &["-vf", &filter, "-frames:v", "1", "-pix_fmt", format]].concat();
        let exhibit = open(&make(&dir, name, &args));
        assert_eq!(
            exhibit.notes.iter().any(|note| note.en.contains("transparent")),
            noted,
            "{name}"
        );
    }
}

/// A small linear congruential generator (Knuth, MMIX), for repeatable damage.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }
}

/// Damage anywhere may give less, or an error, but never a panic.
#[test]
fn damage_never_panics() {
    let dir = dir();
    let both = [
        &CLIP[..],
        &[
            "-f",
            "lavfi",
            "-i",
            "sine=d=0.6",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
        ],
    ]
    .concat();
    let files = [
        ("a.mp4", both.clone()),
        ("a.jpg", clip(&["-frames:v", "1"])),
        ("a.png", clip(&["-frames:v", "1", "-pix_fmt", "pal8"])),
        ("a.webp", clip(&["-frames:v", "1"])),
        ("a.tiff", clip(&["-frames:v", "1"])),
        ("a.gif", clip(&[])),
        ("a.wav", vec!["-f", "lavfi", "-i", "sine=d=0.2"]),
        ("a.mkv", both),
    ];
    for (name, args) in files {
        let path = make(&dir, name, &args);
        let whole = std::fs::read(&path).unwrap();
        let (mut opened, mut refused) = (0, 0);
        for seed in 0..50 {
            let mut random = Random(seed);
            let mut data = whole.clone();
            for _ in 0..1 + seed % 20 {
                let at = random.next() % data.len();
                data[at] = random.next() as u8;
            }
            if seed % 7 == 0 {
                data.truncate(random.next() % data.len() + 1);
            }
            std::fs::write(&path, &data).unwrap();
            let want = Play {
                frames: true,
                sounds: vec![SoundFormat { rate: Some(16_000), mono: true }],
                packets: true,
            };
            let mut sum = 0u64;
            let done = Exhibit::open(&path, &Limits::default()).and_then(|exhibit| {
                exhibit.play(&want, |sample| {
                    if let Sample::Frame(frame) = sample {
                        let plane = match frame.pixels {
                            Pixels::Gray(plane)
                            | Pixels::Rgb(plane)
                            | Pixels::Yuv { y: plane, .. } => plane,
                        };
                        sum += bytes(&plane, 1).iter().map(|value| u64::from(*value)).sum::<u64>();
                    }
                    Ok(ALL)
                })
            });
            match done {
                Ok(_) => opened += 1,
                Err(_) => refused += 1,
            }
        }
        assert_eq!(opened + refused, 50);
        assert!(opened > 0, "{name}: every damaged copy was refused");
    }
}

/// The development media, when they are there: everything opens and plays.
#[test]
fn shared_media_play() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED").map(PathBuf::from) else {
        crate::skip::tell("shared_media_play", "WAARMERK_SHARED is not set");
        return;
    };
    let mut count = 0;
    for folder in ["video", "audio", "camera", "provenance"] {
        for entry in std::fs::read_dir(shared.join("data").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv" || extension == "txt") {
                continue;
            }
            let exhibit = open(&path);
            let want = Play {
                frames: true,
                sounds: vec![SoundFormat { rate: Some(16_000), mono: true }],
                packets: false,
            };
            let played = exhibit.play(&want, |_| Ok(ALL)).unwrap();
            assert!(played.frames > 0 || played.sound_s > 0.0, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
