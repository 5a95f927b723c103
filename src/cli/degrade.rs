//! `waarmerk degrade`: known changes, written with a record of what was done.

use std::path::PathBuf;

use super::{Done, say};
use crate::Result;
use crate::media::degrade::{Step, degrade};
use crate::media::degrade_sound;

const EXAMPLES: &str = "Steps, in the order given:
  jpeg:Q              JPEG of quality 1-100 (pictures)
  resize:F            both sides times F, bicubic
  crop:X:Y:W:H        the part from X,Y of W by H pixels
  blur:S              Gaussian blur, S pixels
  noise:S:SEED        Gaussian noise of S levels
  screenshot:F        resized by F with a bilinear filter, as a screen shows it
  messenger           smaller and compressed, in the manner of messengers
  splice:X:Y:W:H:FILE that part of FILE, picture or video, at its own place
  h264:CRF, h265:CRF  coded again (video)
  gop:N:CRF           H.264 with an intra picture every N frames (video)
  drop:FIRST:COUNT    frames left out, sound dropped (video)

Steps for sound (written as .wav, or with the pictures untouched as .mkv):
  telephone           300 to 3400 Hz, 8 kHz, A-law (ITU-T G.711)
  opus:K              Opus at K kbit/s
  mp3:K               MP3 at K kbit/s
  aac:K               AAC at K kbit/s
  amr                 AMR narrow band at 12.2 kbit/s
  noise:A:SEED        white noise added, of amplitude A of full scale
  reverberation:S     an exponentially fading noise of S seconds to −60 dB as the room
  shift:MS            the sound MS milliseconds later, or earlier when negative

Examples:
  waarmerk degrade photo.png --with jpeg:75,resize:0.5,jpeg:90 --out twice.jpg
  waarmerk degrade photo.png --with splice:64:64:128:128:other.png,jpeg:95 --out spliced.jpg
  waarmerk degrade clip.mp4 --with gop:12:23,gop:33:20 --out twice.mp4
  waarmerk degrade clip.mp4 --with drop:50:10,h264:23 --out shorter.mp4
  waarmerk degrade clip.mp4 --with splice:64:64:128:96:other.mp4,h264:23 --out spliced.mp4
  waarmerk degrade voice.wav --with reverberation:0.4,noise:0.01:1,telephone --out call.wav
  waarmerk degrade clip.mp4 --with shift:80 --out late.mkv

A .png keeps the last pixels; a .jpg must end with jpeg or messenger; every other
name is video, which needs the `ffmpeg` program. OUT.json records what was done.";

/// Options of `waarmerk degrade`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DegradeArgs {
    /// Photo (JPEG, PNG), video or sound.
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// Steps, separated by commas.
    #[arg(long = "with", required = true, value_delimiter = ',', value_name = "STEP")]
    steps: Vec<String>,
    /// File to write.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

/// Writes the changed file and its record.
pub fn run(args: &DegradeArgs) -> Result<Done> {
    let sound = degrade_sound::makes(&args.out) && degrade_sound::are_operations(&args.steps);
    let record = if sound {
        degrade_sound::degrade_sound(&args.input, &args.steps, &args.out)?
    } else {
        let steps = args.steps.iter().map(|s| s.parse()).collect::<Result<Vec<Step>>>()?;
        degrade(&args.input, &steps, &args.out)?
    };
    say(&format!("{}\n{}\n", args.out.display(), record.display()))?;
    Ok(Done::All)
}
