//! The picture stream of a pass: from decoded frames to what visitors see.

use std::collections::VecDeque;
use std::ffi::c_int;

use ffmpeg_next::codec::decoder::Opened;
use ffmpeg_next::{codec, ffi, frame, picture as coding};

use super::av::{self, Demuxer};
use super::clock::{Clock, Tick};
use super::container::{Node, Structure};
use super::decode::Flow;
use super::exhibit::{Exhibit, Kind, VideoInfo};
use super::frame::{Frame, PictureType};
use super::orient::Orientation;
use super::picture::{Developer, raw};
use super::played::Played;
use super::{Sample, colour};
use crate::{Error, Result};

/// Sizes of packets remembered until their picture comes out. Decoders hold
/// back at most 16 pictures for reordering and one a thread.
const MOST_PENDING: usize = 256;

/// The picture stream being decoded.
pub(crate) struct Screen<'e> {
    info: &'e VideoInfo,
    pub decoder: Opened,
    pub frame: frame::Video,
    developer: Developer,
    pub clock: Clock,
    orientation: Orientation,
    pub still: bool,
    max_pixels: u64,
    /// Timestamp and size of packets whose picture is still to come.
    pending: VecDeque<(i64, u64)>,
    /// Coded pictures that the container says not to show.
    pub hidden: u64,
    /// Pictures shown.
    pub count: u64,
}

impl<'e> Screen<'e> {
    pub(crate) fn new(
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
        let tick = demuxer.stream(index).map_or(Tick::new(0, 0), |stream| stream.tick());
        Ok(Self {
            info,
            decoder,
            frame: frame::Video::empty(),
            developer: Developer::default(),
            clock: Clock::new(tick, origin_s, info.fps),
            orientation: Orientation { rotation_deg: info.rotation_deg, mirrored: info.mirrored },
            still,
            max_pixels,
            pending: VecDeque::new(),
            hidden: unlisted(exhibit, demuxer, index),
            count: 0,
        })
    }

    pub(crate) fn remember(&mut self, packet: &codec::packet::Packet) {
        self.hidden += u64::from(av::is_discarded(packet));
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

    /// Pushes the frame just decoded.
    pub(crate) fn push(
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
                what: format!(
                    "a picture of {width} × {height} pixels (`--limit pixels=...` raises it)"
                ),
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

/// Pictures that stand in the sample tables but are not even read. Tables can
/// also be damaged; only an edit list leaves pictures out on purpose.
fn unlisted(exhibit: &Exhibit, demuxer: &Demuxer, index: usize) -> u64 {
    fn edited(nodes: &[Node]) -> bool {
        nodes.iter().any(|node| node.kind == "elst" || edited(&node.children))
    }
    match demuxer.unlisted(index) {
        0 => 0,
        count => {
            let structure = Structure::read(&exhibit.path);
            if structure.is_ok_and(|structure| edited(&structure.nodes)) { count } else { 0 }
        }
    }
}
