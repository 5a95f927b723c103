//! Rate conversion of sound, one channel at a time, by swresample.
//!
//! swresample is used for the rate alone. Mixing to one channel is the plain
//! mean and done before: swresample would weigh centre and surround channels
//! by its own table and leave out the low-frequency one.

use ffmpeg_next::format::sample;
use ffmpeg_next::software::resampling;
use ffmpeg_next::{ChannelLayout, ffi, format};

use crate::{Error, Result};

/// Converts interleaved samples from one rate to another. The first sample
/// out stands at the time of the first sample in.
pub(crate) struct Resampler {
    /// One converter a channel; none if the rates are equal.
    lanes: Vec<resampling::Context>,
    channels: usize,
    lane_in: Vec<f32>,
    lane_out: Vec<f32>,
    out: Vec<f32>,
}

impl Resampler {
    pub(crate) fn new(channels: usize, from: u32, to: u32) -> Result<Self> {
        let count = if from == to { 0 } else { channels };
        let sample = format::Sample::F32(sample::Type::Packed);
        let lanes = (0..count)
            .map(|_| {
                resampling::Context::get(
                    sample,
                    ChannelLayout::MONO,
                    from,
                    sample,
                    ChannelLayout::MONO,
                    to,
                )
            })
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::compute("preparing to resample sound", error))?;
        Ok(Self {
            lanes,
            channels: channels.max(1),
            lane_in: Vec::new(),
            lane_out: Vec::new(),
            out: Vec::new(),
        })
    }

    /// Takes interleaved samples, gives those that are ready.
    pub(crate) fn push<'a>(&'a mut self, samples: &'a [f32]) -> Result<&'a [f32]> {
        if self.lanes.is_empty() { Ok(samples) } else { self.convert(Some(samples)) }
    }

    /// Gives what the filter still holds.
    pub(crate) fn finish(&mut self) -> Result<&[f32]> {
        if self.lanes.is_empty() { Ok(&[]) } else { self.convert(None) }
    }

    fn convert(&mut self, samples: Option<&[f32]>) -> Result<&[f32]> {
        self.out.clear();
        for channel in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(channel) else { break };
            self.lane_in.clear();
            if let Some(samples) = samples {
                self.lane_in.extend(samples.iter().skip(channel).step_by(self.channels));
            }
            let ready = run(lane, samples.is_some().then_some(&self.lane_in), &mut self.lane_out)?;
            if channel == 0 {
                self.out.resize(ready.len() * self.channels, 0.0);
            }
            for (out, value) in self.out.iter_mut().skip(channel).step_by(self.channels).zip(ready)
            {
                *out = *value;
            }
        }
        Ok(&self.out)
    }
}

/// One call of swresample on one channel; `None` flushes.
#[allow(unsafe_code, reason = "calls swresample")]
fn run<'a>(
    lane: &mut resampling::Context,
    input: Option<&Vec<f32>>,
    out: &'a mut Vec<f32>,
) -> Result<&'a [f32]> {
    let doing = "resampling sound";
    let count = input.map_or(0, Vec::len);
    let count = i32::try_from(count).map_err(|error| Error::compute(doing, error))?;
    // SAFETY: the context is initialised; input and output are mono f32
    // buffers that hold the counts given; ffmpeg reads the input through a
    // const pointer and writes at most `room` samples.
    unsafe {
        let room = ffi::swr_get_out_samples(lane.as_mut_ptr(), count).max(0);
        out.resize(room.unsigned_abs() as usize, 0.0);
        let mut to = out.as_mut_ptr().cast::<u8>();
        let mut from = input.map_or(std::ptr::null(), |input| input.as_ptr().cast::<u8>());
        let from = if input.is_some() { &raw mut from } else { std::ptr::null_mut() };
        let made = ffi::swr_convert(lane.as_mut_ptr(), &raw mut to, room, from, count);
        let made =
            usize::try_from(made).map_err(|_| Error::compute(doing, super::av::message(made)))?;
        Ok(&out[..made.min(out.len())])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    /// A sine keeps its phase, amplitude and length through the converter.
    #[test]
    fn a_sine_survives_in_place() {
        for (from, to) in [(44_100u32, 16_000u32), (16_000, 48_000), (48_000, 44_100)] {
            let seconds = 1.0;
            let tone = |rate: u32, n: usize| {
                (std::f64::consts::TAU * 440.0 * n as f64 / f64::from(rate)).sin() as f32
            };
            let input: Vec<f32> = (0..(f64::from(from) * seconds) as usize)
                .flat_map(|n| [tone(from, n), -0.5 * tone(from, n)])
                .collect();
            let mut resampler = Resampler::new(2, from, to).unwrap();
            let mut out = Vec::new();
            for block in input.chunks(2 * 1024) {
                out.extend_from_slice(resampler.push(block).unwrap());
            }
            out.extend_from_slice(resampler.finish().unwrap());
            let frames = out.len() / 2;
            assert!(
                frames.abs_diff((f64::from(to) * seconds) as usize) <= 1,
                "{from} to {to}: {frames}"
            );
            for n in to as usize / 50..frames - to as usize / 50 {
                assert!((out[2 * n] - tone(to, n)).abs() < 1e-3, "{from} to {to}, sample {n}");
                assert!(
                    (out[2 * n + 1] + 0.5 * tone(to, n)).abs() < 1e-3,
                    "{from} to {to}, sample {n}"
                );
            }
        }
    }
}
