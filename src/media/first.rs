//! The first picture and the first sound, decoded to learn what the stream
//! table does not say or says wrongly.

use std::ffi::c_int;

use ffmpeg_next::codec::decoder::Opened;
use ffmpeg_next::{codec, ffi, frame};

use super::Limits;
use super::av::{self, Demuxer, Read};
use super::colour::Declared;
use super::layout::format_name;
use super::picture::{is_transparent, raw};

/// Packets read before giving up on a stream that yields nothing, and bytes:
/// a recording starts well within both.
const MOST_PACKETS: usize = 4000;
const MOST_BYTES: u64 = 64 << 20;

/// Packets read for the sound's sake once the picture is known.
const MOST_AFTER: usize = 1000;

/// The first decoded picture.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub ticks: Option<i64>,
    pub width: u32,
    pub height: u32,
    /// ffmpeg's number of the pixel format.
    pub format: c_int,
    pub declared: Declared,
    pub sample_aspect: Option<(u32, u32)>,
    /// Whether anything in it is less than opaque.
    pub transparent: bool,
    /// Display matrix that came with the picture itself.
    pub matrix: Option<[i32; 9]>,
}

/// The first decoded sound.
#[derive(Clone, Debug)]
pub(crate) struct Sounding {
    pub ticks: Option<i64>,
    pub rate: u32,
    pub channels: u32,
    pub format: String,
}

/// What a first look found.
#[derive(Default)]
pub(crate) struct First {
    pub picture: Option<Picture>,
    pub sounding: Option<Sounding>,
    /// Packets met in the picture stream; counting stops at 2.
    pub pictures: u32,
    /// The last error of each decoder.
    pub picture_error: Option<c_int>,
    pub sound_error: Option<c_int>,
}

/// The two streams to be examined.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chosen {
    pub video: Option<usize>,
    pub audio: Option<usize>,
}

/// The first stream of each kind that can be decoded, those the container
/// marks as default before others; cover art never.
pub(crate) fn choose(demuxer: &Demuxer) -> Chosen {
    let best = |wanted: &dyn Fn(&av::Stream<'_>) -> bool| {
        let usable = |index: &usize| demuxer.stream(*index).is_some_and(|stream| wanted(&stream));
        let rank = |index: &usize| {
            let stream = demuxer.stream(*index);
            stream.map_or((true, true), |stream| (!stream.is_decodable(), !stream.is_default()))
        };
        (0..demuxer.streams()).filter(usable).min_by_key(rank)
    };
    Chosen {
        video: best(&|stream| stream.is_video() && !stream.is_cover()),
        audio: best(&|stream| stream.is_audio()),
    }
}

/// Reads until the first picture and the first sound are decoded. With
/// `count_pictures` it reads on until it knows whether there is a second one.
pub(crate) fn look(
    demuxer: &mut Demuxer,
    chosen: Chosen,
    count_pictures: bool,
    limits: &Limits,
) -> First {
    let mut first = First::default();
    let open = |index: Option<usize>, error: &mut Option<c_int>| {
        let opened = demuxer.decoder(index?, limits.pixels, 1);
        opened.map_err(|code| *error = Some(code)).ok()
    };
    let mut video = open(chosen.video, &mut first.picture_error);
    let mut audio = open(chosen.audio, &mut first.sound_error);
    let mut packet = codec::packet::Packet::empty();
    let (mut packets, mut bytes, mut after, mut errors) = (0usize, 0u64, 0usize, 0u32);
    loop {
        let picture_done =
            video.is_none() || (first.picture.is_some() && (!count_pictures || first.pictures > 1));
        let sound_done = audio.is_none() || first.sounding.is_some();
        after += usize::from(picture_done);
        if picture_done && sound_done
            || after > MOST_AFTER
            || packets > MOST_PACKETS
            || bytes > MOST_BYTES
        {
            break;
        }
        match demuxer.read(&mut packet) {
            Read::Packet => {}
            Read::Error if errors < 16 => {
                errors += 1;
                continue;
            }
            Read::Error | Read::End => break,
        }
        packets += 1;
        bytes += packet.size() as u64;
        let stream = Some(packet.stream());
        if stream == chosen.video {
            first.pictures += 1;
            if let (Some(decoder), None) = (&mut video, &first.picture) {
                first.picture = try_picture(decoder, Some(&packet), &mut first.picture_error);
            }
        } else if stream == chosen.audio
            && let (Some(decoder), None) = (&mut audio, &first.sounding)
        {
            first.sounding = try_sound(decoder, Some(&packet), &mut first.sound_error);
        }
    }
    if let (Some(decoder), None) = (&mut video, &first.picture) {
        first.picture = try_picture(decoder, None, &mut first.picture_error);
    }
    if let (Some(decoder), None) = (&mut audio, &first.sounding) {
        first.sounding = try_sound(decoder, None, &mut first.sound_error);
    }
    first
}

/// Gives the decoder a packet, or the end, and takes a frame if it has one.
fn step(
    decoder: &mut Opened,
    packet: Option<&codec::packet::Packet>,
    frame: &mut ffmpeg_next::Frame,
    error: &mut Option<c_int>,
) -> bool {
    let sent = match packet {
        Some(packet) => decoder.send_packet(packet),
        None => decoder.send_eof(),
    };
    if let Err(code) = sent {
        *error = Some(code.into());
    }
    // At the end a decoder may first report what went wrong with the last
    // packets, then give frames.
    for _ in 0..if packet.is_some() { 1 } else { 64 } {
        match decoder.receive_frame(frame) {
            Ok(()) => return true,
            Err(ffmpeg_next::Error::Eof) => return false,
            Err(code) => {
                let code = c_int::from(code);
                if code != ffi::AVERROR(libc::EAGAIN) {
                    *error = Some(code);
                }
            }
        }
    }
    false
}

#[allow(unsafe_code, reason = "reads fields of ffmpeg's frames")]
fn try_picture(
    decoder: &mut Opened,
    packet: Option<&codec::packet::Packet>,
    error: &mut Option<c_int>,
) -> Option<Picture> {
    let mut frame = frame::Video::empty();
    if !step(decoder, packet, &mut frame, error) {
        return None;
    }
    let raw = raw(&frame);
    // The enumerations are read as the integers they are in C: their values
    // come from the file.
    // SAFETY: both fields are C enumerations, of the size of an `int`.
    let (space, range) = unsafe {
        (
            (&raw const raw.colorspace).cast::<c_int>().read(),
            (&raw const raw.color_range).cast::<c_int>().read(),
        )
    };
    let aspect = raw.sample_aspect_ratio;
    let sample_aspect = match (u32::try_from(aspect.num), u32::try_from(aspect.den)) {
        (Ok(num), Ok(den)) if num > 0 && den > 0 => Some((num, den)),
        _ => None,
    };
    let matrix = frame
        .side_data(frame::side_data::Type::DisplayMatrix)
        .and_then(|side| av::matrix(side.data()));
    Some(Picture {
        ticks: frame.timestamp().or_else(|| frame.pts()),
        width: u32::try_from(raw.width).ok()?,
        height: u32::try_from(raw.height).ok()?,
        format: raw.format,
        declared: Declared { space, range },
        sample_aspect,
        transparent: is_transparent(&frame).unwrap_or(false),
        matrix,
    })
}

fn try_sound(
    decoder: &mut Opened,
    packet: Option<&codec::packet::Packet>,
    error: &mut Option<c_int>,
) -> Option<Sounding> {
    let mut frame = frame::Audio::empty();
    if !step(decoder, packet, &mut frame, error)
        || frame.samples() == 0
        || frame.rate() == 0
        || frame.channels() == 0
    {
        return None;
    }
    Some(Sounding {
        ticks: frame.timestamp().or_else(|| frame.pts()),
        rate: frame.rate(),
        channels: u32::from(frame.channels()),
        format: frame.format().name().to_owned(),
    })
}

/// ffmpeg's name of the picture's pixel format.
impl Picture {
    pub(crate) fn format_name(&self) -> String {
        format_name(self.format)
    }
}
