//! Opening and playing, against the `ffmpeg` and `ffprobe` programs.

mod damaged;
mod opened;
mod picture;
mod references;
mod sound;
mod turned;

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

/// The same with a tone beside it, as H.264 and AAC.
fn clip_with_sound() -> Vec<&'static str> {
    clip(&[
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
    ])
}

fn clip(extra: &[&'static str]) -> Vec<&'static str> {
    [&CLIP[..], extra].concat()
}
