//! Clips of known content, as uncompressed YUV4MPEG2.

use std::f64::consts::TAU;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::voice::Voice;
use crate::faces::synth::Head;
use crate::signal::random::SplitMix;
use crate::signal::synth::photo;
use crate::{Error, Result};

/// Frames a second.
const FPS: usize = 25;
/// Size of moving scenes, and of the picture that the camera moves over.
const MOVING: (usize, usize, usize) = (320, 240, 640);
/// Standard deviation of their noise, in levels.
const NOISE: f64 = 2.0;

/// What a clip shows.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of `Make`")]
pub enum Scene {
    /// A picture under a moving camera.
    Moving,
    /// A head that blinks.
    Blinking { blinks: usize },
    /// A head whose skin pulses.
    Pulsing { beats: f64, amplitude: f64 },
    /// A head that talks, and its voice.
    Talking { late_ms: f64 },
}

/// Writes the clip; a head that talks says what `voice` says.
///
/// # Errors
///
/// [`Error::Io`].
pub fn write(
    path: &Path,
    scene: &Scene,
    voice: Option<&Voice>,
    seconds: f64,
    seed: u64,
) -> Result<()> {
    let file = File::create(path).map_err(|e| Error::io(path, e))?;
    let mut out = BufWriter::new(file);
    let frames = (seconds * FPS as f64).round() as usize;
    let written = match scene {
        Scene::Moving => moving(&mut out, frames, seed),
        Scene::Blinking { blinks } => {
            let begins = onsets(*blinks, seconds, seed);
            heads(
                &mut out,
                frames,
                |t| {
                    // Blinks last 150 to 400 ms (Schiffman 2001); these, 300.
                    let part =
                        begins.iter().map(|b| (t - b) / 0.3).find(|u| (0.0..1.0).contains(u));
                    let blink = part.map_or(0.0, |u| (u * TAU / 2.0).sin());
                    Head { blink: blink as f32, ..close(t) }
                },
                seed,
            )
        }
        Scene::Talking { .. } => {
            let opening = |t: f64| voice.map_or(0.0, |voice| voice.opening(t));
            let open = |t: f64| Head { mouth: (0.01 + 0.12 * opening(t)) as f32, ..close(t) };
            heads(&mut out, frames, open, seed)
        }
        Scene::Pulsing { beats, amplitude } => heads(
            &mut out,
            frames,
            |t| {
                let pulse = amplitude * (TAU * beats / 60.0 * t).sin();
                Head { pulse: pulse as f32, ..close(t) }
            },
            seed,
        ),
    };
    written.and_then(|()| out.flush()).map_err(|e| Error::io(path, e))
}

/// Moments of blinks, one in each of equal parts of the clip, away from their
/// ends.
fn onsets(blinks: usize, seconds: f64, seed: u64) -> Vec<f64> {
    let mut random = SplitMix::new(seed);
    let part = seconds / blinks.max(1) as f64;
    (0..blinks).map(|n| part * (n as f64 + 0.25 + 0.4 * random.uniform())).collect()
}

/// A head that fills much of a small picture and sways a little.
fn close(t: f64) -> Head {
    let sway = 2.0 * (0.9 * t).sin() as f32;
    Head { side: 256, width: 130.0, centre: (128.0 + sway, 122.0), ..Head::default() }
}

fn heads(
    out: &mut impl Write,
    frames: usize,
    at: impl Fn(f64) -> Head,
    seed: u64,
) -> std::io::Result<()> {
    let mut random = SplitMix::new(seed);
    for n in 0..frames {
        let head = Head { seed: random.next(), ..at(n as f64 / FPS as f64) };
        let drawn = head.render();
        if n == 0 {
            writeln!(out, "YUV4MPEG2 W{0} H{0} F{FPS}:1 Ip A1:1 C444", drawn.side)?;
        }
        out.write_all(b"FRAME\n")?;
        // ITU-R BT.601, limited range.
        for [offset, r, g, b] in [
            [16.0, 65.481, 128.553, 24.966],
            [128.0, -37.797, -74.203, 112.0],
            [128.0, 112.0, -93.786, -18.214],
        ] {
            let plane: Vec<u8> = drawn
                .rgb
                .chunks_exact(3)
                .map(|p| {
                    let [x, y, z] = [0, 1, 2].map(|c| f64::from(p[c]) / 255.0);
                    (offset + r * x + g * y + b * z).round().clamp(0.0, 255.0) as u8
                })
                .collect();
            out.write_all(&plane)?;
        }
    }
    Ok(())
}

/// A hand-held camera: two oscillations that never meet again, each way.
fn moving(out: &mut impl Write, frames: usize, seed: u64) -> std::io::Result<()> {
    let (width, height, side) = MOVING;
    let picture = photo(side, seed);
    let mut random = SplitMix::new(seed);
    let phases: [f64; 4] = std::array::from_fn(|_| TAU * random.uniform());
    writeln!(out, "YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 Cmono")?;
    for n in 0..frames {
        let way = |room: usize, slow: usize, fast: usize, periods: [f64; 2]| {
            let at = |phase: usize, period: f64| (n as f64 / period + phases[phase]).sin();
            let part = 0.5 + 0.25 * at(slow, periods[0]) + 0.2 * at(fast, periods[1]);
            (part * room as f64).round() as usize
        };
        let left = way(side - width, 0, 1, [37.0, 11.3]);
        let top = way(side - height, 2, 3, [23.0, 7.9]);
        out.write_all(b"FRAME\n")?;
        for y in top..top + height {
            let row = picture.get(y * side + left..y * side + left + width).unwrap_or_default();
            let noisy: Vec<u8> = row
                .iter()
                .map(|p| (f64::from(*p) + NOISE * random.normal()).round().clamp(16.0, 235.0) as u8)
                .collect();
            out.write_all(&noisy)?;
        }
    }
    Ok(())
}
