//! One pass over an exhibit: demultiplexed, decoded, pushed to a visitor.

use std::ops::ControlFlow;

use ffmpeg_next::codec::decoder::Opened;
use ffmpeg_next::{codec, frame};

use super::Limits;
use super::av::{self, Demuxer, Read};
use super::clock::Tick;
use super::exhibit::{AudioInfo, Exhibit, Kind, VideoInfo};
use super::first::{self, Chosen};
use super::frame::Packet;
use super::listen::Listener;
use super::played::Played;
use super::screen::Screen;
use super::sound::SoundFormat;
use super::{Sample, digest};
use crate::text::Text;
use crate::{Error, Result};

/// Errors in a row after which a container or a decoder is given up.
const MOST_ERRORS_IN_A_ROW: u32 = 64;

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

pub(crate) type Flow = ControlFlow<()>;

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
        limits.streams = u64::MAX;
        limits.still_bytes = u64::MAX;
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
            let tick = demuxer.stream(index).map_or(Tick::new(0, 0), |stream| stream.tick());
            let listener =
                Listener::new(&want.sounds, info.rate, info.channels as usize, tick, origin_s)?;
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
        let stream = self.demuxer.stream(packet.stream());
        let tick = stream.map_or(Tick::new(0, 0), |stream| stream.tick());
        let seconds = |ticks: i64| tick.seconds(ticks);
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
        av::complaints();
        send(&mut screen.decoder, packet, &mut self.played);
        let ending = packet.is_none();
        while taken(&mut screen.decoder, &mut screen.frame, ending, &mut self.played) {
            if screen.still {
                self.played.decode_errors += av::complaints();
            }
            if screen.push(&mut self.played, visit)?.is_break() {
                return Ok(Flow::Break(()));
            }
            if screen.still {
                break;
            }
        }
        Ok(Flow::Continue(()))
    }

    /// The same for the sound stream.
    fn sound(
        &mut self,
        packet: Option<&codec::packet::Packet>,
        visit: &mut dyn FnMut(Sample<'_>) -> Result<Flow>,
    ) -> Result<Flow> {
        let Some(speaker) = &mut self.speaker else { return Ok(Flow::Continue(())) };
        send(&mut speaker.decoder, packet, &mut self.played);
        let ending = packet.is_none();
        while taken(&mut speaker.decoder, &mut speaker.frame, ending, &mut self.played) {
            let mut emit = |sound: super::Sound<'_>| visit(Sample::Sound(sound));
            if speaker.listener.push(&speaker.frame, &mut emit)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
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
            played.hidden_frames = screen.hidden;
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

/// Whether a decoder gave its next frame; counts what it refuses on the way,
/// and gives up when it does nothing else.
fn taken(
    decoder: &mut Opened,
    frame: &mut ffmpeg_next::Frame,
    ending: bool,
    played: &mut Played,
) -> bool {
    for _ in 0..MOST_ERRORS_IN_A_ROW {
        match take(decoder, frame, ending) {
            Taken::Frame => return true,
            Taken::Nothing => return false,
            Taken::Refused => played.decode_errors += 1,
        }
    }
    false
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
