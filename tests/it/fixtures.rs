//! Media made on the spot with the ffmpeg program.

use std::path::Path;
use std::process::Command;

/// Runs `ffmpeg` quietly.
pub fn ffmpeg(args: &[&str], output: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(args)
        .arg(output)
        .status()
        .expect("the tests need the ffmpeg program (Debian package ffmpeg)");
    assert!(status.success(), "ffmpeg {args:?} failed");
}

/// A 320×240 H.264 clip at 25 frames a second with a 440 Hz tone.
pub fn clip(path: &Path, seconds: f64) {
    let picture = format!("testsrc2=size=320x240:rate=25:duration={seconds}");
    let sound = format!("sine=frequency=440:sample_rate=44100:duration={seconds}");
    let args = ["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound];
    let coding = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    ffmpeg(&[&args[..], &coding[..]].concat(), path);
}

/// A 16-bit mono WAV with a 440 Hz tone.
pub fn tone(path: &Path, seconds: f64) {
    let sound = format!("sine=frequency=440:sample_rate=16000:duration={seconds}");
    ffmpeg(&["-f", "lavfi", "-i", &sound], path);
}

/// A 640×480 PNG without a face.
pub fn still(path: &Path) {
    let made = path.with_file_name("still-made.png");
    ffmpeg(
        &["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=1:duration=1", "-frames:v", "1"],
        &made,
    );
    std::fs::rename(&made, path).unwrap();
}
