//! Decoding a 1080p clip to luma and to RGB. The ffmpeg program decoding the
//! same clip to nowhere is in the same group; `peers/decode.sh` interleaves
//! the two, which is fairer on a busy machine.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use waarmerk::media::{Exhibit, Frame, Limits, Play, Sample, Samples};

const FRAMES: u64 = 120;

/// A 1920 × 1080 H.264 clip with film-like noise, as a camera would give.
fn clip(dir: &Path) -> Option<PathBuf> {
    let path = dir.join("clip.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=1920x1080:r=30,noise=alls=8:allf=t",
        ])
        .args([
            "-frames:v",
            &FRAMES.to_string(),
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-pix_fmt",
            "yuv420p",
        ])
        .arg(&path)
        .status();
    made.is_ok_and(|status| status.success()).then_some(path)
}

fn touch(frame: &Frame<'_>) -> u64 {
    let plane = frame.luma();
    match plane.samples {
        Samples::Eight(samples) => samples.iter().map(|value| u64::from(*value)).sum(),
        Samples::Sixteen(samples) => samples.iter().map(|value| u64::from(*value)).sum(),
    }
}

/// The whole clip through `look`; frames shown, and a sum so that nothing is
/// optimised away.
fn play(exhibit: &Exhibit, look: impl Fn(&Frame<'_>) -> u64) -> (u64, u64) {
    let mut sum = 0u64;
    let played = exhibit.play(&Play { frames: true, ..Play::default() }, |sample| {
        if let Sample::Frame(frame) = sample {
            sum = sum.wrapping_add(look(&frame));
        }
        Ok(ControlFlow::Continue(()))
    });
    (played.map_or(0, |played| played.frames), sum)
}

/// The benches of this file.
pub fn decode(c: &mut Criterion) {
    let Some((dir, path)) =
        tempfile::tempdir().ok().and_then(|dir| clip(dir.path()).map(|path| (dir, path)))
    else {
        println!("skipped: decode (the ffmpeg program with libx264 is needed to make the clip)");
        return;
    };
    let Ok(exhibit) = Exhibit::open(&path, &Limits::default()) else {
        println!("skipped: decode (the clip does not open)");
        return;
    };
    assert_eq!(play(&exhibit, touch).0, FRAMES, "the clip does not play");
    let mut group = c.benchmark_group("decode 1080p");
    group
        .throughput(Throughput::Elements(FRAMES))
        .sample_size(10)
        .measurement_time(Duration::from_secs(20));
    group.bench_function("luma", |b| b.iter(|| play(&exhibit, touch)));
    group.bench_function("rgb", |b| {
        b.iter(|| play(&exhibit, |frame| u64::from(frame.rgb8(u32::MAX).as_raw()[0])))
    });
    group.bench_function("ffmpeg program to nowhere", |b| {
        b.iter(|| {
            Command::new("ffmpeg")
                .args(["-v", "error", "-threads", "0", "-i"])
                .arg(&path)
                .args(["-map", "0:v:0", "-f", "null", "-"])
                .status()
        });
    });
    group.finish();
    drop(dir);
}
