//! ffmpeg behind owned handles: the demuxer over a file that is already open,
//! its streams, and decoders with bounds set.
//!
//! ffmpeg never sees the path. It reads through the handle that was digested,
//! so that nothing in a file name (a protocol, a `%03d`) means anything, and
//! may open nothing else: no protocol is on its whitelist.

#![allow(unsafe_code, reason = "calls libavformat and libavcodec")]

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::path::Path;
use std::sync::Once;

use ffmpeg_next::codec::decoder::Opened;
use ffmpeg_next::format::context::{Input, StreamIo};
use ffmpeg_next::packet::{Mut as _, Ref as _};
use ffmpeg_next::{codec, ffi};

use super::Limits;
use super::clock::Tick;
use super::feed::Feed;
use crate::{Error, Result};

/// Demuxers of self-contained media. Everything else that ffmpeg would probe,
/// playlists above all (`hls`, `dash`, `concat`, `sdp`, `image2`), is refused.
const DEMUXERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,mxf,ogg,\
    ivf,obu,av1,h264,hevc,m4v,h263,mjpeg,dv,yuv4mpegpipe,\
    wav,w64,flac,mp3,aac,aiff,caf,amr,amrnb,amrwb,au,ac3,eac3,dts,ape,wv,tta,\
    gif,apng,jpeg_pipe,png_pipe,webp_pipe,tiff_pipe,bmp_pipe,j2k_pipe,jpegxl_pipe,\
    pgm_pipe,ppm_pipe,pbm_pipe,pam_pipe";

/// Bytes ffmpeg asks the file for at a time. 256 KiB keeps system calls rare
/// without mattering to memory.
const READ_BUFFER: usize = 1 << 18;

/// Tags kept of one dictionary; real files have tens.
const MOST_TAGS: usize = 512;

/// What one attempt to read a packet gave.
pub(crate) enum Read {
    /// The packet given was filled.
    Packet,
    /// The file is at its end.
    End,
    /// ffmpeg met something it could not read here.
    Error,
}

/// An opened container.
pub(crate) struct Demuxer {
    input: Input,
}

/// The last word of ffmpeg on why something failed.
pub(crate) fn message(code: c_int) -> String {
    let mut text = [0 as c_char; ffi::AV_ERROR_MAX_STRING_SIZE];
    // SAFETY: the buffer is as long as said, and ffmpeg ends what it writes
    // with a zero byte.
    unsafe { ffi::av_strerror(code, text.as_mut_ptr(), text.len()) };
    string(text.as_ptr())
}

/// The code of a still picture whose file is larger than it may be.
pub(crate) const TOO_LARGE: c_int = ffi::AVERROR(libc::EFBIG);

thread_local! {
    static COMPLAINTS: Cell<u64> = const { Cell::new(0) };
}

/// Errors that ffmpeg logged on this thread since last asked. Decoders of
/// still pictures fill in what is missing and return success; the log is the
/// only place where they admit it.
pub(crate) fn complaints() -> u64 {
    COMPLAINTS.take()
}

/// Counts errors instead of printing them. Generic over the argument list,
/// whose type differs from one processor to the next.
unsafe extern "C" fn hear<V>(_: *mut c_void, level: c_int, _: *const c_char, _: V) {
    // The upper bits of a level carry a colour.
    if level & 0xff <= ffi::AV_LOG_ERROR {
        // A thread that is ending has nobody to tell.
        let _ = COMPLAINTS.try_with(|count| count.set(count.get().saturating_add(1)));
    }
}

/// ffmpeg's own messages would end up on the user's terminal between the
/// progress bars.
fn quiet() {
    static ONCE: Once = Once::new();
    // SAFETY: the function has the signature asked for and may be called on
    // any thread.
    ONCE.call_once(|| unsafe { ffi::av_log_set_callback(Some(hear)) });
}

/// An `AVDictionary` of ours, freed whatever happens.
struct Options(*mut ffi::AVDictionary);

impl Options {
    fn new(pairs: &[(&str, &str)]) -> Self {
        let mut options = Self(std::ptr::null_mut());
        for (key, value) in pairs {
            let (Ok(key), Ok(value)) = (CString::new(*key), CString::new(*value)) else { continue };
            // SAFETY: `av_dict_set` copies both strings and allocates the
            // dictionary behind the pointer when it is null.
            unsafe { ffi::av_dict_set(&mut options.0, key.as_ptr(), value.as_ptr(), 0) };
        }
        options
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: null or a dictionary we own; the call resets the pointer.
        unsafe { ffi::av_dict_free(&mut self.0) };
    }
}

impl Demuxer {
    /// Recognises the container by its content and reads its stream table.
    /// `Err` carries ffmpeg's code, or [`TOO_LARGE`].
    pub(crate) fn open(file: File, limits: &Limits) -> Result<Self, c_int> {
        quiet();
        let bytes = file.metadata().map_or(0, |about| about.len());
        let feed = Feed::new(file).map_err(|_| ffi::AVERROR(libc::EIO))?;
        let mut io =
            StreamIo::from_read_seek_with_capacity(feed, READ_BUFFER).map_err(c_int::from)?;
        let mut options =
            Options::new(&[("format_whitelist", DEMUXERS), ("protocol_whitelist", "none")]);
        // SAFETY: the context is allocated by ffmpeg and handed to
        // `avformat_open_input`, which frees it on failure. `io` outlives it:
        // on failure it is dropped at the end of this function, on success
        // `Input` owns it and closes the context first.
        let context = unsafe {
            let mut context = ffi::avformat_alloc_context();
            if context.is_null() {
                return Err(ffi::AVERROR(libc::ENOMEM));
            }
            (*context).pb = io.as_mut_ptr();
            (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO;
            // One more than allowed, so that it can be told that it is too many;
            // ffmpeg calls what goes beyond a lack of memory.
            let streams = limits.streams.saturating_add(1);
            (*context).max_streams = c_int::try_from(streams).unwrap_or(c_int::MAX);
            let code = ffi::avformat_open_input(
                &mut context,
                std::ptr::null(),
                std::ptr::null_mut(),
                &mut options.0,
            );
            if code < 0 {
                return Err(code);
            }
            context
        };
        // SAFETY: `context` is open and owned by nobody else; `io` is its I/O.
        let input = unsafe { Input::wrap_with_custom_io(context, io) };
        let mut demuxer = Self { input };
        // Such a demuxer takes the whole file for one packet, which a parser holds again.
        if demuxer.name().ends_with("_pipe") && bytes > limits.still_bytes {
            return Err(TOO_LARGE);
        }
        demuxer.find_stream_info(limits)?;
        Ok(demuxer)
    }

    /// Lets ffmpeg look into the streams, with the bound on picture size in
    /// force for the decoders it uses for that.
    fn find_stream_info(&mut self, limits: &Limits) -> Result<(), c_int> {
        let pixels = limits.pixels.to_string();
        let mut owned: Vec<Options> =
            (0..self.streams()).map(|_| Options::new(&[("max_pixels", &pixels)])).collect();
        let mut raw: Vec<*mut ffi::AVDictionary> = owned.iter().map(|options| options.0).collect();
        let list = if raw.is_empty() { std::ptr::null_mut() } else { raw.as_mut_ptr() };
        // SAFETY: the context is open, `list` is null or has one dictionary
        // for each stream; ffmpeg may replace the dictionaries it consumes,
        // so they are taken back before they are freed.
        let code = unsafe { ffi::avformat_find_stream_info(self.input.as_mut_ptr(), list) };
        for (options, raw) in owned.iter_mut().zip(raw) {
            options.0 = raw;
        }
        if code < 0 { Err(code) } else { Ok(()) }
    }

    fn context(&self) -> &ffi::AVFormatContext {
        // SAFETY: the context lives as long as `input`.
        unsafe { &*self.input.as_ptr() }
    }

    /// Number of streams known so far.
    pub(crate) fn streams(&self) -> usize {
        self.context().nb_streams as usize
    }

    /// Stream `index`.
    pub(crate) fn stream(&self, index: usize) -> Option<Stream<'_>> {
        if index >= self.streams() {
            return None;
        }
        // SAFETY: `index` is below `nb_streams`, and ffmpeg's streams and
        // their parameters live as long as the context.
        unsafe {
            let stream = *self.context().streams.add(index);
            let stream = stream.as_ref()?;
            Some(Stream { stream, parameters: stream.codecpar.as_ref()? })
        }
    }

    /// Demuxer name, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub(crate) fn name(&self) -> String {
        // SAFETY: an open context has a format, and formats are static.
        unsafe {
            self.context().iformat.as_ref().map_or_else(String::new, |format| string(format.name))
        }
    }

    /// Duration that the container tells or that ffmpeg worked out, in seconds.
    pub(crate) fn duration_s(&self) -> Option<f64> {
        let ticks = self.context().duration;
        (ticks > 0).then(|| ticks as f64 / f64::from(ffi::AV_TIME_BASE))
    }

    /// Container-level tags.
    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        tags(self.context().metadata)
    }

    /// The container's display matrix for stream `index`, row by row.
    pub(crate) fn display_matrix(&self, index: usize) -> Option<[i32; 9]> {
        let stream = self.input.stream(index)?;
        let side = stream
            .side_data()
            .find(|side| side.kind() == codec::packet::side_data::Type::DisplayMatrix)?;
        matrix(side.data())
    }

    /// Samples of stream `index` that its tables in an ISO base media file
    /// count and that ffmpeg took out of its index: those before the last key
    /// picture that a presented picture needs, and those behind the last one.
    pub(crate) fn unlisted(&self, index: usize) -> u64 {
        let Some(stream) = self.stream(index) else { return 0 };
        if !self.name().starts_with("mov") {
            return 0;
        }
        // SAFETY: the stream is one of the open context's.
        let listed = unsafe { ffi::avformat_index_get_entries_count(stream.stream) };
        u64::try_from(stream.stream.nb_frames.saturating_sub(i64::from(listed))).unwrap_or(0)
    }

    /// Tells ffmpeg to throw away the packets of every stream but `wanted`.
    pub(crate) fn discard_all_but(&mut self, wanted: &[usize]) {
        for index in 0..self.streams() {
            let discard = if wanted.contains(&index) {
                ffi::AVDiscard::AVDISCARD_DEFAULT
            } else {
                ffi::AVDiscard::AVDISCARD_ALL
            };
            // SAFETY: `index` is below `nb_streams`; we hold the only
            // reference to the context.
            unsafe {
                let stream = *(*self.input.as_mut_ptr()).streams.add(index);
                if let Some(stream) = stream.as_mut() {
                    stream.discard = discard;
                }
            }
        }
    }

    /// Reads the next packet of any stream.
    pub(crate) fn read(&mut self, packet: &mut codec::packet::Packet) -> Read {
        // SAFETY: both pointers are valid and exclusively ours; unreferencing
        // an empty packet is allowed.
        let code = unsafe {
            ffi::av_packet_unref(packet.as_mut_ptr());
            ffi::av_read_frame(self.input.as_mut_ptr(), packet.as_mut_ptr())
        };
        match code {
            0.. => Read::Packet,
            ffi::AVERROR_EOF => Read::End,
            _ => Read::Error,
        }
    }

    /// A decoder for stream `index`, refusing pictures over `max_pixels`.
    /// `threads`: 0 lets ffmpeg take every core, 1 stays on this thread.
    pub(crate) fn decoder(
        &self,
        index: usize,
        max_pixels: u64,
        threads: c_int,
    ) -> Result<Opened, c_int> {
        let stream = self.input.stream(index).ok_or(ffi::AVERROR_STREAM_NOT_FOUND)?;
        let codec =
            codec::decoder::find(stream.parameters().id()).ok_or(ffi::AVERROR_DECODER_NOT_FOUND)?;
        let mut context =
            codec::Context::from_parameters(stream.parameters()).map_err(c_int::from)?;
        // SAFETY: the context is ours and not yet open; these are plain
        // fields that its documentation lets the user set.
        unsafe {
            let raw = &mut *context.as_mut_ptr();
            raw.max_pixels = i64::try_from(max_pixels).unwrap_or(i64::MAX);
            raw.pkt_timebase = stream.time_base().into();
            raw.thread_count = threads;
            raw.thread_type = ffi::FF_THREAD_FRAME | ffi::FF_THREAD_SLICE;
        }
        context.decoder().open_as(codec).map_err(c_int::from)
    }
}

/// One stream of a container.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    stream: &'a ffi::AVStream,
    parameters: &'a ffi::AVCodecParameters,
}

impl<'a> Stream<'a> {
    pub(crate) fn is_video(&self) -> bool {
        self.parameters.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO
    }

    pub(crate) fn is_audio(&self) -> bool {
        self.parameters.codec_type == ffi::AVMediaType::AVMEDIA_TYPE_AUDIO
    }

    /// Cover art or a thumbnail: a picture about the medium, not in it.
    pub(crate) fn is_cover(&self) -> bool {
        self.stream.disposition
            & (ffi::AV_DISPOSITION_ATTACHED_PIC | ffi::AV_DISPOSITION_TIMED_THUMBNAILS)
            != 0
    }

    pub(crate) fn is_default(&self) -> bool {
        self.stream.disposition & ffi::AV_DISPOSITION_DEFAULT != 0
    }

    /// Whether ffmpeg here has a decoder for it.
    pub(crate) fn is_decodable(&self) -> bool {
        codec::decoder::find(self.parameters.codec_id.into()).is_some()
    }

    pub(crate) fn codec(&self) -> String {
        // SAFETY: returns a static string for every identifier.
        unsafe { string(ffi::avcodec_get_name(self.parameters.codec_id)) }
    }

    pub(crate) fn profile(&self) -> Option<String> {
        // SAFETY: returns a static string or null.
        let name =
            unsafe { ffi::avcodec_profile_name(self.parameters.codec_id, self.parameters.profile) };
        (!name.is_null()).then(|| string(name))
    }

    /// Width and height in the container's stream table; (0, 0) if untold.
    pub(crate) fn size(&self) -> (u32, u32) {
        let positive = |value: c_int| u32::try_from(value).unwrap_or(0);
        (positive(self.parameters.width), positive(self.parameters.height))
    }

    pub(crate) fn bit_rate(&self) -> Option<u64> {
        u64::try_from(self.parameters.bit_rate).ok().filter(|rate| *rate > 0)
    }

    /// The unit of its timestamps.
    pub(crate) fn tick(&self) -> Tick {
        Tick::new(self.stream.time_base.num, self.stream.time_base.den)
    }

    /// First timestamp in seconds, as the container or ffmpeg has it.
    pub(crate) fn start_s(&self) -> Option<f64> {
        (self.stream.start_time != ffi::AV_NOPTS_VALUE)
            .then(|| self.tick().seconds(self.stream.start_time))
    }

    /// Average frame rate, else the rate the timestamps are multiples of.
    pub(crate) fn fps(&self) -> Option<f64> {
        // 1000 frames a second bounds what a time base alone makes of it.
        let sane = |rate: &f64| (0.001..=1000.0).contains(rate);
        ratio(self.stream.avg_frame_rate)
            .filter(sane)
            .or_else(|| ratio(self.stream.r_frame_rate).filter(sane))
    }

    /// Sample aspect ratio of the container, else of the codec.
    pub(crate) fn sample_aspect(&self) -> Option<(u32, u32)> {
        let pair =
            |value: ffi::AVRational| match (u32::try_from(value.num), u32::try_from(value.den)) {
                (Ok(num), Ok(den)) if num > 0 && den > 0 => Some((num, den)),
                _ => None,
            };
        pair(self.stream.sample_aspect_ratio).or_else(|| pair(self.parameters.sample_aspect_ratio))
    }

    pub(crate) fn tags(&self) -> Vec<(String, String)> {
        tags(self.stream.metadata)
    }
}

/// Whether the container says that what this packet holds is to be decoded
/// but not shown.
pub(crate) fn is_discarded(packet: &codec::packet::Packet) -> bool {
    // SAFETY: a packet's fields may be read as long as it lives.
    unsafe { (*packet.as_ptr()).flags & ffi::AV_PKT_FLAG_DISCARD != 0 }
}

/// The nine native 32-bit integers of a display matrix in side data.
pub(crate) fn matrix(bytes: &[u8]) -> Option<[i32; 9]> {
    let mut out = [0; 9];
    let (quads, _) = bytes.as_chunks::<4>();
    for (index, value) in out.iter_mut().enumerate() {
        *value = i32::from_ne_bytes(*quads.get(index)?);
    }
    Some(out)
}

fn ratio(value: ffi::AVRational) -> Option<f64> {
    (value.num > 0 && value.den > 0).then(|| f64::from(value.num) / f64::from(value.den))
}

/// A C string of ffmpeg's, lossily; empty for null.
pub(crate) fn string(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: ffmpeg's strings end in a zero byte.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The entries of a dictionary in their order. Not through the safe wrapper:
/// it takes tags for valid UTF-8, and they come from the file.
fn tags(dictionary: *const ffi::AVDictionary) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut entry: *const ffi::AVDictionaryEntry = std::ptr::null();
    while out.len() < MOST_TAGS {
        // SAFETY: `dictionary` is null or valid, `entry` null or one of its
        // entries; with this flag and an empty key the call iterates.
        unsafe {
            entry = ffi::av_dict_get(dictionary, c"".as_ptr(), entry, ffi::AV_DICT_IGNORE_SUFFIX);
            let Some(found) = entry.as_ref() else { break };
            out.push((string(found.key), string(found.value)));
        }
    }
    out
}

/// Turns a code of ffmpeg's into an error about `path`.
pub(crate) fn unreadable(path: &Path, doing: &str, code: c_int) -> Error {
    Error::unreadable(path, format!("{doing}: {}", message(code)))
}
