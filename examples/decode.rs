//! Decodes a file and says how fast: `decode luma|rgb FILE`.
//!
//! `luma` touches every byte of the luma plane as lent by the decoder; `rgb`
//! makes an upright 8-bit RGB picture of every frame. `benches/peers/decode.sh`
//! compares it with the ffmpeg program.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use waarmerk::media::{Exhibit, Limits, Play, Sample, Samples};

fn main() -> waarmerk::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(mode), Some(file)) = (args.next(), args.next()) else {
        return Err(waarmerk::Error::Usage("decode luma|rgb FILE".to_owned()));
    };
    let started = Instant::now();
    let exhibit = Exhibit::open(Path::new(&file), &Limits::default())?;
    let opened = started.elapsed();
    let started = Instant::now();
    let mut sum = 0u64;
    let played = exhibit.play(&Play { frames: true, ..Play::default() }, |sample| {
        if let Sample::Frame(frame) = sample {
            if mode == "rgb" {
                let picture = frame.rgb8(u32::MAX);
                sum += u64::from(picture.as_raw()[0]);
            } else {
                let plane = frame.luma();
                for row in 0..plane.height {
                    let range = row * plane.stride..row * plane.stride + plane.width;
                    sum += match plane.samples {
                        Samples::Eight(samples) => {
                            samples[range].iter().map(|v| u64::from(*v)).sum::<u64>()
                        }
                        Samples::Sixteen(samples) => {
                            samples[range].iter().map(|v| u64::from(*v)).sum()
                        }
                    };
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let took = started.elapsed().as_secs_f64();
    println!(
        "{took:.3} s for {} frames ({:.1}/s), opening {:.3} s, sum {sum}",
        played.frames,
        played.frames as f64 / took,
        opened.as_secs_f64()
    );
    Ok(())
}
