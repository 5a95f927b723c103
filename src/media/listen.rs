//! From decoded sound to an unbroken line of samples in each wanted format.

use std::ops::ControlFlow;

use ffmpeg_next::format::sample::Type;
use ffmpeg_next::{ffi, format, frame};

use super::clock::Tick;
use super::resample::Resampler;
use super::sound::{Sound, SoundFormat};
use crate::{Error, Result};

/// A timestamp may differ from the count of samples by this much, in seconds,
/// before it counts as a hole or an overlap: rounding to coarse time bases
/// stays below, half a 1024-sample AAC frame at 48 kHz (10.7 ms) does not.
const TOLERANCE_S: f64 = 0.010;

/// Seconds of holes filled with zeros beyond the length of the sound itself.
/// More is a broken timestamp rather than a pause, and filling it would cost
/// unbounded work.
const MOST_SILENCE_S: f64 = 600.0;

/// Longest overlap trimmed, in seconds. A longer one is a clock that started
/// anew, and trimming would throw all following sound away.
const LONGEST_OVERLAP_S: f64 = 1.0;

/// Most channels accepted; real files have up to 24 (22.2 sound).
const MOST_CHANNELS: usize = 64;

/// Sample frames of silence made at a time.
const SILENCE_BLOCK: usize = 4096;

/// What the sound was like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Heard {
    /// Sample frames decoded, at the file's rate.
    pub decoded: u64,
    /// Seconds of zeros put into holes, and how many holes.
    pub filled_s: f64,
    pub holes: u64,
    /// Seconds of overlap thrown away.
    pub trimmed_s: f64,
    /// Jumps of the clock too large to fill or trim.
    pub jumps: u64,
    /// Samples that were not numbers, made zero.
    pub not_numbers: u64,
    /// Changes of rate or channels within the stream.
    pub changes: u64,
}

/// One wanted format.
struct Sink {
    format: SoundFormat,
    rate: u32,
    channels: usize,
    resampler: Resampler,
    mixed: Vec<f32>,
    /// Sample frames given out.
    given: u64,
}

/// Whether sound of such a rate and number of channels can be passed on.
pub(super) fn audible(rate: u32, channels: usize) -> bool {
    rate > 0 && (1..=MOST_CHANNELS).contains(&channels)
}

/// The sound of one stream, on its way to the visitor.
pub(crate) struct Listener {
    rate: u32,
    channels: usize,
    tick: Tick,
    origin_s: f64,
    /// Time of the first sample.
    start_s: Option<f64>,
    /// Sample frames passed on at the file's rate, zeros included.
    passed: u64,
    /// Converter for a part of the stream at another rate.
    aside: Option<(u32, Resampler)>,
    block: Vec<f32>,
    sinks: Vec<Sink>,
    pub heard: Heard,
}

/// Where blocks go.
type Emit<'a> = dyn FnMut(Sound<'_>) -> Result<ControlFlow<()>> + 'a;

impl Listener {
    /// For a stream of `rate` and `channels`, whose timestamps in `tick`s
    /// count from `origin_s` before the exhibit's time 0.
    pub(crate) fn new(
        formats: &[SoundFormat],
        rate: u32,
        channels: usize,
        tick: Tick,
        origin_s: f64,
    ) -> Result<Self> {
        if !audible(rate, channels) {
            return Err(Error::compute(
                "preparing sound",
                format!("{channels} channels at {rate} Hz are not readable"),
            ));
        }
        let mut sinks: Vec<Sink> = Vec::new();
        for &format in formats {
            let wanted = format.rate.unwrap_or(rate);
            if !(1..=768_000).contains(&wanted) {
                return Err(Error::Usage(format!("a sample rate of {wanted} Hz makes no sense")));
            }
            if sinks.iter().any(|sink| sink.format == format) {
                continue;
            }
            let out = if format.mono { 1 } else { channels };
            let resampler = Resampler::new(out, rate, wanted)?;
            sinks.push(Sink {
                format,
                rate: wanted,
                channels: out,
                resampler,
                mixed: Vec::new(),
                given: 0,
            });
        }
        Ok(Self {
            rate,
            channels,
            tick,
            origin_s,
            start_s: None,
            passed: 0,
            aside: None,
            block: Vec::new(),
            sinks,
            heard: Heard::default(),
        })
    }

    /// Takes one decoded frame.
    pub(crate) fn push(
        &mut self,
        frame: &frame::Audio,
        emit: &mut Emit<'_>,
    ) -> Result<ControlFlow<()>> {
        let channels = usize::from(frame.channels());
        if frame.samples() == 0 || channels == 0 || channels > MOST_CHANNELS || frame.rate() == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let mut block = std::mem::take(&mut self.block);
        let outcome = self.take(frame, channels, &mut block, emit);
        self.block = block;
        outcome
    }

    fn take(
        &mut self,
        frame: &frame::Audio,
        channels: usize,
        block: &mut Vec<f32>,
        emit: &mut Emit<'_>,
    ) -> Result<ControlFlow<()>> {
        interleave(frame, channels, block)?;
        self.heard.decoded += frame.samples() as u64;
        for value in block.iter_mut().filter(|value| !value.is_finite()) {
            *value = 0.0;
            self.heard.not_numbers += 1;
        }
        let time = frame
            .timestamp()
            .or_else(|| frame.pts())
            .map(|ticks| self.tick.seconds(ticks) - self.origin_s);
        if channels != self.channels {
            self.heard.changes += 1;
            *block = remix(block, channels, self.channels);
        }
        if frame.rate() != self.rate {
            self.heard.changes += 1;
            if self.aside.as_ref().is_none_or(|(rate, _)| *rate != frame.rate()) {
                self.aside =
                    Some((frame.rate(), Resampler::new(self.channels, frame.rate(), self.rate)?));
            }
            if let Some((_, resampler)) = &mut self.aside {
                *block = resampler.push(block)?.to_vec();
            }
        }
        let mut skip = 0;
        match (self.start_s, time) {
            (None, time) => self.start_s = Some(time.unwrap_or(0.0)),
            (Some(start), Some(time)) => {
                let rate = f64::from(self.rate);
                let off = time - (start + self.passed as f64 / rate);
                let tolerance = TOLERANCE_S + 2.0 * self.tick.length_s();
                let decoded_s = self.heard.decoded as f64 / rate;
                if off > MOST_SILENCE_S + decoded_s - self.heard.filled_s
                    || off < -LONGEST_OVERLAP_S
                {
                    self.heard.jumps += 1;
                    // From here on the timestamps count from where we are.
                    self.origin_s += off;
                } else if off > tolerance {
                    let zeros = (off * rate).round() as usize;
                    self.heard.holes += 1;
                    self.heard.filled_s += zeros as f64 / rate;
                    if self.silence(zeros, emit)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                } else if off < -tolerance {
                    skip = ((-off * rate).round() as usize * self.channels).min(block.len());
                    self.heard.trimmed_s += (skip / self.channels) as f64 / rate;
                }
            }
            (Some(_), None) => {}
        }
        self.pass(block.get(skip..).unwrap_or(&[]), emit)
    }

    fn silence(&mut self, mut frames: usize, emit: &mut Emit<'_>) -> Result<ControlFlow<()>> {
        let zeros = vec![0.0; SILENCE_BLOCK * self.channels];
        while frames > 0 {
            let now = frames.min(SILENCE_BLOCK);
            if self.pass(zeros.get(..now * self.channels).unwrap_or(&[]), emit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            frames -= now;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn pass(&mut self, block: &[f32], emit: &mut Emit<'_>) -> Result<ControlFlow<()>> {
        self.passed += (block.len() / self.channels) as u64;
        let (channels, start) = (self.channels, self.start_s.unwrap_or(0.0));
        for sink in &mut self.sinks {
            let samples = if sink.format.mono && channels > 1 {
                sink.mixed.clear();
                sink.mixed.extend(
                    block
                        .chunks_exact(channels)
                        .map(|frame| frame.iter().sum::<f32>() / channels as f32),
                );
                sink.resampler.push(&sink.mixed)?
            } else {
                sink.resampler.push(block)?
            };
            let out = Out { format: sink.format, rate: sink.rate, channels: sink.channels, start };
            if out.give(samples, &mut sink.given, emit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Gives out what the filters still hold.
    pub(crate) fn finish(&mut self, emit: &mut Emit<'_>) -> Result<ControlFlow<()>> {
        if self.passed == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let start = self.start_s.unwrap_or(0.0);
        for sink in &mut self.sinks {
            let out = Out { format: sink.format, rate: sink.rate, channels: sink.channels, start };
            let rest = sink.resampler.finish()?;
            if out.give(rest, &mut sink.given, emit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Seconds passed on, zeros included.
    pub(crate) fn seconds(&self) -> f64 {
        self.passed as f64 / f64::from(self.rate)
    }
}

/// A block's head, without borrowing its sink.
struct Out {
    format: SoundFormat,
    rate: u32,
    channels: usize,
    start: f64,
}

impl Out {
    fn give(
        &self,
        samples: &[f32],
        given: &mut u64,
        emit: &mut Emit<'_>,
    ) -> Result<ControlFlow<()>> {
        if samples.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let time_s = self.start + *given as f64 / f64::from(self.rate);
        *given += (samples.len() / self.channels) as u64;
        emit(Sound {
            format: self.format,
            time_s,
            rate: self.rate,
            channels: self.channels,
            samples,
        })
    }
}

/// Another number of channels: the mean of those there are, in each.
fn remix(block: &[f32], from: usize, to: usize) -> Vec<f32> {
    block
        .chunks_exact(from)
        .flat_map(|frame| std::iter::repeat_n(frame.iter().sum::<f32>() / from as f32, to))
        .collect()
}

/// The samples of a frame as interleaved f32, full scale = ±1.
fn interleave(frame: &frame::Audio, channels: usize, out: &mut Vec<f32>) -> Result<()> {
    use format::Sample;
    out.clear();
    out.resize(frame.samples() * channels, 0.0);
    match frame.format() {
        Sample::U8(kind) => {
            fill(frame, channels, kind, out, |value: u8| (f32::from(value) - 128.0) / 128.0)
        }
        Sample::I16(kind) => {
            fill(frame, channels, kind, out, |value: i16| f32::from(value) / 32_768.0)
        }
        Sample::I32(kind) => fill(frame, channels, kind, out, |value: i32| {
            (f64::from(value) / 2_147_483_648.0) as f32
        }),
        Sample::I64(kind) => fill(frame, channels, kind, out, |value: i64| {
            (value as f64 / 9_223_372_036_854_775_808.0) as f32
        }),
        Sample::F32(kind) => fill(frame, channels, kind, out, |value: f32| value),
        Sample::F64(kind) => fill(frame, channels, kind, out, |value: f64| value as f32),
        Sample::None => Err(Error::compute("reading sound", "its sample format is unknown")),
    }
}

#[allow(unsafe_code, reason = "lends the samples of ffmpeg's frames")]
fn fill<T: Copy>(
    frame: &frame::Audio,
    channels: usize,
    kind: Type,
    out: &mut [f32],
    convert: impl Fn(T) -> f32,
) -> Result<()> {
    let missing = || Error::compute("reading sound", "a channel is missing");
    let count = frame.samples();
    let (planes, each) = match kind {
        Type::Packed => (1, count * channels),
        Type::Planar => (channels, count),
    };
    // SAFETY: the frame is valid and outlives the reference.
    let raw: &ffi::AVFrame = unsafe { &*frame.as_ptr() };
    if raw.extended_data.is_null() {
        return Err(missing());
    }
    for plane in 0..planes {
        // SAFETY: `extended_data` has a pointer for each plane of the format
        // (one if packed, one a channel if planar), each to at least
        // `nb_samples` samples a channel (frame.h).
        let samples = unsafe {
            let data = *raw.extended_data.add(plane);
            if data.is_null() || data.align_offset(align_of::<T>()) != 0 {
                return Err(missing());
            }
            std::slice::from_raw_parts(data.cast::<T>(), each)
        };
        let (first, step) = if planes == 1 { (0, 1) } else { (plane, channels) };
        for (out, value) in out.iter_mut().skip(first).step_by(step).zip(samples) {
            *out = convert(*value);
        }
    }
    Ok(())
}
