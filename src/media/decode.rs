//! One pass over an exhibit: demultiplexed, decoded, pushed to a visitor.

use std::collections::VecDeque;
use std::ffi::c_int;
use std::ops::ControlFlow;

use ffmpeg_next::codec::decoder::Opened;
use ffmpeg_next::{codec, ffi, frame, picture as coding};

use super::av::{self, Demuxer, Read};
use super::clock::Clock;
use super::exhibit::{AudioInfo, Exhibit, Kind, Limits, VideoInfo};
use super::first::{self, Chosen};
use super::frame::{Frame, Packet, PictureType};
use super::listen::Listener;
use super::orient::Orientation;
use super::picture::{Developer, raw};
use super::played::Played;
use super::sound::SoundFormat;
use super::{Sample, colour, digest};
use crate::text::Text;
use crate::{Error, Result};

/// Errors in a row after which a container or a decoder is given up.
const MOST_ERRORS_IN_A_ROW: u32 = 64;

/// Sizes of packets remembered until their picture comes out. Decoders hold
/// back at most 16 pictures for reordering and one a thread.
const MOST_PENDING: usize = 256;

/// What a pass should push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Play {
    /// Decoded pictures, every one.
    pub frames: bool,
    /// Decoded sound, in each of these formats.
    pub sounds: Vec<SoundFormat>,
    /// Compressed packets of every stream.
    pub packets: bool,
}

type Flow = ControlFlow<()>;

impl Exhibit {
    /// Reads the file once from front to back and pushes what is wanted:
    /// pictures in presentation order with the decoder's own planes, sound in
    /// unbroken blocks, packets as they stand in the file. Memory is bounded
    /// by the size of a picture. The visitor may stop the pass with
    /// [`ControlFlow::Break`], or with an error, which is passed on.
    ///
    /// Time 0 is the first decoded picture, or the first sound if there are
    /// no pictures. A damaged file is played as far as it can be; the account
    /// says what was met.
    ///
    /// # Errors
    /// [`Error::Unreadable`] if nothing that was asked for could be decoded or
    /// the file changed since it was opened, [`Error::Usage`] for a senseless
    /// sample rate, and whatever the visitor returns.
    pub fn play(
        &self,
        want: &Play,
        mut visit: impl FnMut(Sample<'_>) -> Result<Flow>,
    ) -> Result<Played> {
        let mut pass = Pass::new(self, want)?;
        let finished = pass.run(&mut visit)?;
        pass.account(finished.is_continue())
    }
}

struct Pass<'e> {
    exhibit: &'e Exhibit,
    demuxer: Demuxer,
    chosen: Chosen,
    packets: bool,
    screen: Option<Screen<'e>>,
    speaker: Option<Speaker>,
    played: Played,
}

/// The picture stream being decoded.
struct Screen<'e> {
    info: &'e VideoInfo,
    decoder: Opened,
    frame: frame::Video,
    developer: Developer,
    clock: Clock,
    orientation: Orientation,
    still: bool,
    max_pixels: u64,
    /// Timestamp and size of packets whose picture is still to come.
    pending: VecDeque<(i64, u64)>,
    count: u64,
}

/// The sound stream being decoded.
struct Speaker {
    decoder: Opened,
    frame: frame::Audio,
    listener: Listener,
}

impl<'e> Pass<'e> {
    fn new(exhibit: &'e Exhibit, want: &Play) -> Result<Self> {
        let path = &exhibit.path;
        // The limits of opening were met then; a larger picture than both
        // the first one and the default limit is not decoded.
        let mut limits = Limits { bytes: exhibit.bytes, ..Limits::default() };
        if let Some(info) = &exhibit.video {
            limits.pixels = limits.pixels.max(u64::from(info.width) * u64::from(info.height));
        }
        limits.streams = usize::MAX;
        let changed = || {
            Error::unreadable(
                path,
                "changed since it was opened; work on a copy that nothing writes to",
            )
        };
        let (file, bytes) = digest::open_regular(path, &limits).map_err(|error| match error {
            Error::Limit { .. } => changed(),
            other => other,
        })?;
        if bytes != exhibit.bytes {
            return Err(changed());
        }
        let mut demuxer = Demuxer::open(file, &limits)
            .map_err(|code| av::unreadable(path, "opening it again", code))?;
        let chosen = first::choose(&demuxer);
        let start = |video: Option<&VideoInfo>, audio: Option<&AudioInfo>| match (video, audio) {
            (Some(video), _) => video.start_s,
            (None, Some(audio)) => audio.start_s,
            (None, None) => None,
        };
        let origin_s = start(exhibit.video.as_ref(), exhibit.audio.as_ref()).unwrap_or(0.0);
        let mut wanted = Vec::new();
        let mut screen = None;
        let mut speaker = None;
        if let (true, Some(info), Some(index)) = (want.frames, &exhibit.video, chosen.video) {
            wanted.push(index);
            screen = Some(Screen::new(exhibit, info, &demuxer, index, origin_s, limits.pixels)?);
        }
        if let (false, Some(info), Some(index)) =
            (want.sounds.is_empty(), &exhibit.audio, chosen.audio)
        {
            wanted.push(index);
            let decoder = demuxer
                .decoder(index, limits.pixels, 1)
                .map_err(|code| av::unreadable(path, "opening the sound", code))?;
            let tick_s = demuxer.stream(index).map_or(1.0, |stream| stream.tick_s());
            let listener =
                Listener::new(&want.sounds, info.rate, info.channels as usize, tick_s, origin_s)?;
            speaker = Some(Speaker { decoder, frame: frame::Audio::empty(), listener });
        }
        if !want.packets {
            demuxer.discard_all_but(&wanted);
        }
        Ok(Self {
            exhibit,
            demuxer,
            chosen,
            packets: want.packets,
            screen,
            speaker,
            played: Played::default(),
        })
    }

    fn run(&mut self, visit: &mut dyn FnMut(Sample<'_>) -> Result<Flow>) -> Result<Flow> {
        if !self.packets && self.screen.is_none() && self.speaker.is_none() {
            return Ok(Flow::Continue(()));
        }
        let mut packet = codec::packet::Packet::empty();
        let mut errors = 0;
        loop {
            match self.demuxer.read(&mut packet) {
                Read::Packet => errors = 0,
                Read::End => break,
                Read::Error => {
                    errors += 1;
                    self.played.container_errors += 1;
                    if errors >= MOST_ERRORS_IN_A_ROW {
                        break;
                    }
                    continue;
                }
            }
            if self.packets && visit(Sample::Packet(self.describe(&packet)))?.is_break() {
                return Ok(Flow::Break(()));
            }
            let stream = Some(packet.stream());
            let flow = if stream == self.chosen.video {
                self.show(Some(&packet), visit)?
            } else if stream == self.chosen.audio {
                self.sound(Some(&packet), visit)?
            } else {
                Flow::Continue(())
            };
            if flow.is_break() {
                return Ok(flow);
            }
            let still_shown = self.exhibit.kind == Kind::Image && self.played.frames > 0;
            if still_shown && !self.packets {
                return Ok(Flow::Continue(()));
            }
        }
        if self.show(None, visit)?.is_break() || self.sound(None, visit)?.is_break() {
            return Ok(Flow::Break(()));
        }
        if let Some(speaker) = &mut self.speaker {
            return speaker.listener.finish(&mut |sound| visit(Sample::Sound(sound)));
        }
        Ok(Flow::Continue(()))
    }

    fn describe(&self, packet: &codec::packet::Packet) -> Packet {
        let tick_s = self.demuxer.stream(packet.stream()).map_or(0.0, |stream| stream.tick_s());
        let seconds = |ticks: i64| ticks as f64 * tick_s;
        Packet {
            stream: packet.stream(),
            video: self.exhibit.video.is_some() && Some(packet.stream()) == self.chosen.video,
            bytes: packet.size() as u64,
            pts_s: packet.pts().map(seconds),
            dts_s: packet.dts().map(seconds),
            key: packet.is_key(),
        }
    }

    /// Gives a packet of the picture stream, or its end, to the decoder and
    /// pushes what comes out.
    fn show(
        &mut self,
        packet: Option<&codec::packet::Packet>,
        visit: &mut dyn FnMut(Sample<'_>) -> Result<Flow>,
    ) -> Result<Flow> {
        let Some(screen) = &mut self.screen else { return Ok(Flow::Continue(())) };
        if screen.still && screen.count > 0 {
            return Ok(Flow::Continue(()));
        }
        if let Some(packet) = packet {
            screen.remember(packet);
        }
        send(&mut screen.decoder, packet, &mut self.played);
        let mut refused = 0;
        loop {
            match take(&mut screen.decoder, &mut screen.frame, packet.is_none()) {
                Taken::Frame => refused = 0,
                Taken::Nothing => return Ok(Flow::Continue(())),
                Taken::Refused => {
                    self.played.decode_errors += 1;
                    refused += 1;
                    if refused >= MOST_ERRORS_IN_A_ROW {
                        return Ok(Flow::Continue(()));
                    }
                    continue;
                }
            }
            if screen.push(&mut self.played, visit)?.is_break() {
                return Ok(Flow::Break(()));
            }
            if screen.still {
                return Ok(Flow::Continue(()));
            }
        }
    }

    /// The same for the sound stream.
    fn sound(
        &mut self,
        packet: Option<&codec::packet::Packet>,
        visit: &mut dyn FnMut(Sample<'_>) -> Result<Flow>,
    ) -> Result<Flow> {
        let Some(speaker) = &mut self.speaker else { return Ok(Flow::Continue(())) };
        send(&mut speaker.decoder, packet, &mut self.played);
        let mut refused = 0;
        loop {
            match take(&mut speaker.decoder, &mut speaker.frame, packet.is_none()) {
                Taken::Frame => refused = 0,
                Taken::Nothing => return Ok(Flow::Continue(())),
                Taken::Refused => {
                    self.played.decode_errors += 1;
                    refused += 1;
                    if refused >= MOST_ERRORS_IN_A_ROW {
                        return Ok(Flow::Continue(()));
                    }
                    continue;
                }
            }
            let mut emit = |sound: super::Sound<'_>| visit(Sample::Sound(sound));
            if speaker.listener.push(&speaker.frame, &mut emit)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
    }

    /// The account, or the error if nothing came of it.
    fn account(self, complete: bool) -> Result<Played> {
        let mut played = self.played;
        played.complete = complete;
        let path = &self.exhibit.path;
        let mut nothing = complete && (self.screen.is_some() || self.speaker.is_some());
        if let Some(screen) = &self.screen {
            let times = &screen.clock.times;
            (played.first_s, played.last_s) = (times.first_s, times.last_s);
            (played.gaps, played.missing_times) = (times.gaps, times.missing);
            (played.duplicate_times, played.backward_times) = (times.duplicate, times.backward);
            played.variable_frame_rate = screen.clock.variable_rate();
            nothing &= screen.count == 0;
        }
        if let Some(speaker) = &self.speaker {
            let heard = &speaker.listener.heard;
            played.sound_s = speaker.listener.seconds();
            (played.sound_holes, played.sound_filled_s) = (heard.holes, heard.filled_s);
            (played.sound_trimmed_s, played.sound_jumps) = (heard.trimmed_s, heard.jumps);
            (played.sound_changes, played.sound_not_numbers) = (heard.changes, heard.not_numbers);
            nothing &= heard.decoded == 0;
        }
        if nothing {
            return Err(Error::unreadable(
                path,
                "no picture or sound could be decoded; the file is damaged or cut off",
            ));
        }
        played.word();
        if self.screen.as_ref().is_some_and(|screen| screen.count == 0 && complete) {
            played.warnings.push(Text::new(
                "No picture could be decoded.",
                "Geen enkel beeld kon worden gedecodeerd.",
            ));
        }
        Ok(played)
    }
}

impl<'e> Screen<'e> {
    fn new(
        exhibit: &Exhibit,
        info: &'e VideoInfo,
        demuxer: &Demuxer,
        index: usize,
        origin_s: f64,
        max_pixels: u64,
    ) -> Result<Self> {
        let still = exhibit.kind == Kind::Image;
        let decoder = demuxer
            .decoder(index, max_pixels, c_int::from(still))
            .map_err(|code| av::unreadable(&exhibit.path, "opening the picture", code))?;
        let tick_s = demuxer.stream(index).map_or(1.0, |stream| stream.tick_s());
        Ok(Self {
            info,
            decoder,
            frame: frame::Video::empty(),
            developer: Developer::default(),
            clock: Clock::new(tick_s, origin_s, info.fps),
            orientation: Orientation { rotation_deg: info.rotation_deg, mirrored: info.mirrored },
            still,
            max_pixels,
            pending: VecDeque::new(),
            count: 0,
        })
    }

    fn remember(&mut self, packet: &codec::packet::Packet) {
        if let Some(ticks) = packet.pts().or_else(|| packet.dts()) {
            if self.pending.len() == MOST_PENDING {
                self.pending.pop_front();
            }
            self.pending.push_back((ticks, packet.size() as u64));
        }
    }

    /// The size of the packet that the current frame came from.
    fn packet_bytes(&mut self) -> Option<u64> {
        let raw = raw(&self.frame);
        let ticks = if raw.pts == ffi::AV_NOPTS_VALUE { raw.pkt_dts } else { raw.pts };
        let at = self.pending.iter().position(|(pending, _)| *pending == ticks)?;
        self.pending.remove(at).map(|(_, bytes)| bytes)
    }

    fn push(
        &mut self,
        played: &mut Played,
        visit: &mut dyn FnMut(Sample<'_>) -> Result<Flow>,
    ) -> Result<Flow> {
        let packet_bytes = self.packet_bytes();
        let raw = raw(&self.frame);
        let (Ok(width), Ok(height)) = (u32::try_from(raw.width), u32::try_from(raw.height)) else {
            played.decode_errors += 1;
            return Ok(Flow::Continue(()));
        };
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(Error::Limit {
                what: format!("a picture of {width} × {height} pixels"),
                limit: self.max_pixels,
            });
        }
        let ticks = self.frame.timestamp().or_else(|| self.frame.pts());
        let time_s = if self.still { 0.0 } else { self.clock.time_s(ticks) };
        played.damaged_frames +=
            u64::from(self.frame.is_corrupt() || self.frame.has_decode_errors());
        played.resized_frames += u64::from((width, height) != (self.info.width, self.info.height));
        let (display_width, display_height) =
            self.orientation.display_size(width, height, self.info.sample_aspect);
        let display_to_coded =
            self.orientation.display_to_coded((width, height), (display_width, display_height));
        let picture_type = match self.frame.kind() {
            coding::Type::I | coding::Type::SI => PictureType::I,
            coding::Type::P | coding::Type::SP | coding::Type::S => PictureType::P,
            coding::Type::B | coding::Type::BI => PictureType::B,
            coding::Type::None => PictureType::Unknown,
        };
        let index = self.count;
        self.count += 1;
        played.frames += 1;
        visit(Sample::Frame(Frame {
            index,
            time_s,
            picture_type,
            key: self.frame.is_key(),
            packet_bytes,
            pixels: self.developer.pixels(&self.frame)?,
            colour: colour::colour(&self.info.matrix, self.info.full_range),
            display_width,
            display_height,
            display_to_coded,
            derived_luma: Default::default(),
        }))
    }
}

/// Gives a decoder a packet or the end; refusals are counted, not fatal.
fn send(decoder: &mut Opened, packet: Option<&codec::packet::Packet>, played: &mut Played) {
    let sent = match packet {
        Some(packet) => decoder.send_packet(packet),
        None => decoder.send_eof(),
    };
    if sent.is_err() {
        played.decode_errors += 1;
    }
}

enum Taken {
    Frame,
    Nothing,
    Refused,
}

/// Takes a frame from a decoder. While it is being drained, only its end is
/// an end: threads report the errors of their last packets one by one.
fn take(decoder: &mut Opened, frame: &mut ffmpeg_next::Frame, draining: bool) -> Taken {
    match decoder.receive_frame(frame) {
        Ok(()) => Taken::Frame,
        Err(ffmpeg_next::Error::Eof) => Taken::Nothing,
        Err(ffmpeg_next::Error::Other { errno: libc::EAGAIN }) if !draining => Taken::Nothing,
        Err(_) => Taken::Refused,
    }
}
