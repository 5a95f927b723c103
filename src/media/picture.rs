//! From ffmpeg's frames to planes: lent as they are where their layout is
//! ours, otherwise unpacked, sample by sample, without arithmetic.

#![allow(unsafe_code, reason = "lends the planes of ffmpeg's frames")]

use std::ffi::c_int;

use ffmpeg_next::software::scaling;
use ffmpeg_next::{ffi, format, frame};

use super::frame::{Pixels, Plane, Samples};
use super::layout::{Layout, Way, plane_size};
use crate::{Error, Result};

/// Makes [`Pixels`] of frames; keeps its buffers from one to the next.
#[derive(Default)]
pub(crate) struct Developer {
    layout: Option<Layout>,
    eight: [Vec<u8>; 3],
    sixteen: [Vec<u16>; 3],
    scaled: Option<(scaling::Context, frame::Video)>,
}

impl Developer {
    /// The layout of `frame`'s pixel format.
    pub(crate) fn layout(&mut self, frame: &frame::Video) -> Result<Layout> {
        let format = raw(frame).format;
        match self.layout {
            Some(layout) if layout.format == format => Ok(layout),
            _ => Ok(*self.layout.insert(Layout::of(format)?)),
        }
    }

    /// The pixels of `frame`, lent from it or from this developer.
    pub(crate) fn pixels<'a>(&'a mut self, frame: &'a frame::Video) -> Result<Pixels<'a>> {
        let layout = self.layout(frame)?;
        let size = size(frame)?;
        match layout.way {
            Way::Lend => {
                if let Some(pixels) = lend(frame, &layout, size) {
                    return Ok(pixels);
                }
                self.unpack(frame, &layout, size)
            }
            Way::Unpack => self.unpack(frame, &layout, size),
            Way::Palette => self.palette(frame, size),
            Way::Bits(one_is_black) => self.bits(frame, size, one_is_black),
            Way::Scale => self.scale(frame, &layout, size),
        }
    }

    /// Picks components out of their places, whatever the packing, byte order
    /// or direction of the rows.
    fn unpack<'a>(
        &'a mut self,
        frame: &frame::Video,
        layout: &Layout,
        (w, h): (usize, usize),
    ) -> Result<Pixels<'a>> {
        let wide = layout.bits > 8;
        let colours = if layout.gray { 1 } else { 3 };
        for (index, component) in layout.components.iter().take(colours).enumerate() {
            let (pw, ph) = if layout.rgb { (w, h) } else { plane_size(layout, index, w, h) };
            let (into, step, first) = if layout.rgb { (0, 3, index) } else { (index, 1, 0) };
            let length = pw * ph * step;
            if first == 0 {
                if wide {
                    self.sixteen[into].resize(length, 0)
                } else {
                    self.eight[into].resize(length, 0)
                }
            }
            let place = Place::of(component, wide)?;
            for row in 0..ph {
                let bytes = place.row(frame, row, pw)?;
                let range = row * pw * step..(row + 1) * pw * step;
                if wide {
                    let out = &mut self.sixteen[into][range];
                    let mask = ((1u32 << layout.bits) - 1) as u16;
                    for (out, pair) in
                        out.iter_mut().skip(first).step_by(step).zip(bytes.chunks(place.step))
                    {
                        let pair = [pair[0], pair[1]];
                        let word = if layout.big_endian {
                            u16::from_be_bytes(pair)
                        } else {
                            u16::from_le_bytes(pair)
                        };
                        *out = (word >> place.shift) & mask;
                    }
                } else {
                    let out = &mut self.eight[into][range];
                    for (out, bytes) in
                        out.iter_mut().skip(first).step_by(step).zip(bytes.chunks(place.step))
                    {
                        *out = bytes[0];
                    }
                }
            }
        }
        self.own(layout, (w, h))
    }

    /// Looks each index up in the palette (native 32-bit ARGB words).
    fn palette<'a>(
        &'a mut self,
        frame: &frame::Video,
        (w, h): (usize, usize),
    ) -> Result<Pixels<'a>> {
        let table = raw(frame).data[1];
        if table.is_null() {
            return Err(Error::compute("reading a picture", "its palette is missing"));
        }
        // SAFETY: the second plane of a palette format is 256 words (pixfmt.h).
        let table = unsafe { std::slice::from_raw_parts(table, 1024) };
        let (words, _) = table.as_chunks::<4>();
        let place = Place { plane: 0, offset: 0, step: 1, shift: 0, width: 1 };
        self.eight[0].clear();
        self.eight[0].reserve(w * h * 3);
        for row in 0..h {
            for &index in place.row(frame, row, w)? {
                let [_, red, green, blue] = words
                    .get(usize::from(index))
                    .map_or([0; 4], |word| u32::from_ne_bytes(*word).to_be_bytes());
                self.eight[0].extend([red, green, blue]);
            }
        }
        let samples = Samples::Eight(&self.eight[0]);
        Ok(Pixels::Rgb(Plane { samples, stride: w * 3, width: w, height: h, bits: 8 }))
    }

    /// Black and white, one bit a pixel, most significant first.
    fn bits<'a>(
        &'a mut self,
        frame: &frame::Video,
        (w, h): (usize, usize),
        one_is_black: bool,
    ) -> Result<Pixels<'a>> {
        let place = Place { plane: 0, offset: 0, step: 1, shift: 0, width: 1 };
        self.eight[0].clear();
        self.eight[0].reserve(w * h);
        for row in 0..h {
            let bytes = place.row(frame, row, w.div_ceil(8))?;
            self.eight[0].extend((0..w).map(|x| {
                let one = bytes[x / 8] >> (7 - x % 8) & 1 == 1;
                if one != one_is_black { 255 } else { 0 }
            }));
        }
        let samples = Samples::Eight(&self.eight[0]);
        Ok(Pixels::Gray(Plane { samples, stride: w, width: w, height: h, bits: 8 }))
    }

    /// Lets swscale bring a rare layout to the nearest one of ours.
    fn scale<'a>(
        &'a mut self,
        frame: &frame::Video,
        layout: &Layout,
        (w, h): (usize, usize),
    ) -> Result<Pixels<'a>> {
        use format::Pixel;
        let wide = layout.components[0].depth > 8;
        let target = match (
            layout.rgb,
            layout.gray,
            layout.subsampling.horizontal,
            layout.subsampling.vertical,
        ) {
            (true, ..) => {
                if wide {
                    Pixel::RGB48LE
                } else {
                    Pixel::RGB24
                }
            }
            (_, true, ..) => {
                if wide {
                    Pixel::GRAY16LE
                } else {
                    Pixel::GRAY8
                }
            }
            (_, _, 0, 0) => {
                if wide {
                    Pixel::YUV444P16LE
                } else {
                    Pixel::YUV444P
                }
            }
            (_, _, 1, 0) => {
                if wide {
                    Pixel::YUV422P16LE
                } else {
                    Pixel::YUV422P
                }
            }
            (_, _, 2, _) if !wide => Pixel::YUV411P,
            _ => {
                if wide {
                    Pixel::YUV420P16LE
                } else {
                    Pixel::YUV420P
                }
            }
        };
        let (width, height) = (w as u32, h as u32);
        let fits = self.scaled.as_ref().is_some_and(|(context, _)| {
            let input = context.input();
            (input.format, input.width, input.height) == (frame.format(), width, height)
        });
        let failed = |error: ffmpeg_next::Error| Error::compute("converting a picture", error);
        if !fits {
            let flags = scaling::Flags::ACCURATE_RND
                | scaling::Flags::FULL_CHR_H_INT
                | scaling::Flags::BILINEAR;
            let context =
                scaling::Context::get(frame.format(), width, height, target, width, height, flags)
                    .map_err(failed)?;
            self.scaled = Some((context, frame::Video::empty()));
        }
        let Some((context, out)) = &mut self.scaled else {
            return Err(Error::compute("converting a picture", "no converter"));
        };
        context.run(frame, out).map_err(failed)?;
        let layout = Layout::of(raw(out).format)?;
        lend(out, &layout, (w, h))
            .ok_or_else(|| Error::compute("converting a picture", "unexpected layout"))
    }

    /// The buffers of this developer as pixels.
    fn own<'a>(&'a self, layout: &Layout, (w, h): (usize, usize)) -> Result<Pixels<'a>> {
        Ok(assemble(layout, |index| {
            let (width, height) = if layout.rgb { (w, h) } else { plane_size(layout, index, w, h) };
            let samples = if layout.bits > 8 {
                Samples::Sixteen(&self.sixteen[index])
            } else {
                Samples::Eight(&self.eight[index])
            };
            let stride = if layout.rgb { width * 3 } else { width };
            Plane { samples, stride, width, height, bits: layout.bits }
        }))
    }
}

/// Whether any pixel of `frame` is less than opaque. Formats that cannot be
/// told are taken at their word.
pub(crate) fn is_transparent(frame: &frame::Video) -> Result<bool> {
    let layout = Layout::of(raw(frame).format)?;
    let (w, h) = size(frame)?;
    let table = raw(frame).data[1];
    match (layout.way, layout.transparency) {
        _ if !layout.alpha => Ok(false),
        (Way::Palette, _) if !table.is_null() => {
            // SAFETY: the second plane of a palette format is 256 words (pixfmt.h).
            let table = unsafe { std::slice::from_raw_parts(table, 1024) };
            let (words, _) = table.as_chunks::<4>();
            let place = Place { plane: 0, offset: 0, step: 1, shift: 0, width: 1 };
            let opaque = |index: &u8| {
                words
                    .get(usize::from(*index))
                    .is_none_or(|word| u32::from_ne_bytes(*word) >> 24 == 255)
            };
            (0..h).try_fold(false, |found, row| {
                Ok(found || !place.row(frame, row, w)?.iter().all(opaque))
            })
        }
        (Way::Lend | Way::Unpack, Some(component)) => {
            let wide = layout.bits > 8;
            let place = Place::of(&component, wide)?;
            // Every bit of every sample set: the same in either byte order.
            let full = if wide { ((1u32 << layout.bits) - 1) << place.shift } else { 255 };
            let full = if layout.big_endian {
                (full as u16).to_be_bytes()
            } else {
                (full as u16).to_le_bytes()
            };
            let opaque = |bytes: &[u8]| if wide { bytes[..2] == full } else { bytes[0] == 255 };
            (0..h).try_fold(false, |found, row| {
                Ok(found || !place.row(frame, row, w)?.chunks(place.step).all(opaque))
            })
        }
        _ => Ok(true),
    }
}

/// Where one component stands in a frame.
struct Place {
    plane: usize,
    offset: isize,
    step: usize,
    shift: u32,
    /// Bytes read at each pixel.
    width: usize,
}

impl Place {
    fn of(component: &ffi::AVComponentDescriptor, wide: bool) -> Result<Self> {
        let bad = |_| Error::compute("reading a picture", "impossible pixel layout");
        Ok(Self {
            plane: usize::try_from(component.plane).map_err(bad)?,
            offset: isize::try_from(component.offset).map_err(bad)?,
            step: usize::try_from(component.step).map_err(bad)?.max(1),
            shift: u32::try_from(component.shift).map_err(bad)?.min(15),
            width: if wide { 2 } else { 1 },
        })
    }

    /// The bytes of `count` pixels of row `row`, from this component's first.
    fn row<'a>(&self, frame: &'a frame::Video, row: usize, count: usize) -> Result<&'a [u8]> {
        let raw = raw(frame);
        let (data, line) = match (raw.data.get(self.plane), raw.linesize.get(self.plane)) {
            (Some(data), Some(line)) if !data.is_null() => (*data, *line as isize),
            _ => return Err(Error::compute("reading a picture", "a plane is missing")),
        };
        let length = count.saturating_sub(1) * self.step + self.width;
        if line.unsigned_abs() < length {
            return Err(Error::compute(
                "reading a picture",
                "a row is shorter than the picture is wide",
            ));
        }
        // SAFETY: ffmpeg allocated at least `height` rows of |linesize| bytes
        // from `data` on, in the direction of linesize; `row` is below the
        // plane's height, and the length was checked against the row's.
        Ok(unsafe {
            std::slice::from_raw_parts(data.offset(row as isize * line + self.offset), length)
        })
    }
}

/// The planes of a frame as they are; `None` if they run upwards or cannot be
/// lent as 16-bit words.
fn lend<'a>(
    frame: &'a frame::Video,
    layout: &Layout,
    (w, h): (usize, usize),
) -> Option<Pixels<'a>> {
    let mut planes = [None; 3];
    for (index, slot) in planes.iter_mut().enumerate().take(layout.planes()) {
        let (width, height) = if layout.rgb { (w, h) } else { plane_size(layout, index, w, h) };
        *slot = Some(lend_plane(frame, layout, index, width, height)?);
    }
    let first = planes[0]?;
    Some(assemble(layout, |index| planes[index].unwrap_or(first)))
}

fn lend_plane<'a>(
    frame: &'a frame::Video,
    layout: &Layout,
    index: usize,
    width: usize,
    height: usize,
) -> Option<Plane<'a>> {
    let raw = raw(frame);
    let (data, line) = (raw.data[index], usize::try_from(raw.linesize[index]).ok()?);
    let bytes = if layout.bits > 8 { 2 } else { 1 };
    let across = width * if layout.rgb { 3 } else { 1 };
    if data.is_null() || line < across * bytes || line % bytes != 0 || data.align_offset(bytes) != 0
    {
        return None;
    }
    let stride = line / bytes;
    // The last row may end where the picture does. Lend it whole where the
    // buffer has it, so that every row has the same length.
    let least = stride * (height - 1) + across;
    let whole = stride * height;
    // SAFETY: the frame is valid; the call only looks a buffer up.
    let room = unsafe {
        ffi::av_frame_get_plane_buffer(frame.as_ptr().cast_mut(), index as c_int).as_ref().map(
            |buffer| (buffer.data as usize + buffer.size).saturating_sub(data as usize) / bytes,
        )
    };
    let count = if room.is_some_and(|room| room >= whole) { whole } else { least };
    // SAFETY: ffmpeg allocated the rows; `count` reaches at most to the end of
    // the buffer, or of the picture in it. Aligned as checked above, and the
    // frame is not written to while it is lent.
    let samples = unsafe {
        if bytes == 2 {
            Samples::Sixteen(std::slice::from_raw_parts(data.cast::<u16>(), count))
        } else {
            Samples::Eight(std::slice::from_raw_parts(data, count))
        }
    };
    Some(Plane { samples, stride, width, height, bits: layout.bits })
}

fn assemble<'a>(layout: &Layout, plane: impl Fn(usize) -> Plane<'a>) -> Pixels<'a> {
    if layout.rgb {
        Pixels::Rgb(plane(0))
    } else if layout.gray {
        Pixels::Gray(plane(0))
    } else {
        Pixels::Yuv { y: plane(0), u: plane(1), v: plane(2), subsampling: layout.subsampling }
    }
}

/// Width and height, neither zero.
fn size(frame: &frame::Video) -> Result<(usize, usize)> {
    let raw = raw(frame);
    match (usize::try_from(raw.width), usize::try_from(raw.height)) {
        (Ok(width), Ok(height)) if width > 0 && height > 0 => Ok((width, height)),
        _ => Err(Error::compute("reading a picture", "it has no size")),
    }
}

/// The C structure behind a frame.
pub(crate) fn raw(frame: &frame::Video) -> &ffi::AVFrame {
    // SAFETY: the wrapper owns the structure and outlives the reference.
    unsafe { &*frame.as_ptr() }
}
