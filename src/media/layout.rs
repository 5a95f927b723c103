//! Pixel formats, from ffmpeg's own table: which can be lent as they are, and
//! how the others are taken apart.

use std::ffi::c_int;

use ffmpeg_next::ffi;

use super::frame::Subsampling;
use crate::{Error, Result};

/// What a pixel format asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Planes as they are (alpha, if any, is left aside).
    Lend,
    /// Components picked out of their places.
    Unpack,
    /// 256 colours and an index.
    Palette,
    /// One bit a pixel; the flag says that 1 is black.
    Bits(bool),
    /// Rare layouts, through swscale.
    Scale,
}

/// What is known of a pixel format, from ffmpeg's own table.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub format: c_int,
    pub way: Way,
    pub rgb: bool,
    pub alpha: bool,
    pub gray: bool,
    pub bits: u32,
    pub big_endian: bool,
    pub subsampling: Subsampling,
    pub components: [ffi::AVComponentDescriptor; 4],
    /// The component that carries transparency, unless a palette does.
    pub transparency: Option<ffi::AVComponentDescriptor>,
}

/// ffmpeg's name of a pixel format number.
pub(crate) fn format_name(format: c_int) -> String {
    descriptor(format)
        .map_or_else(|| "unknown".to_owned(), |descriptor| super::av::string(descriptor.name))
}

#[allow(unsafe_code, reason = "reads ffmpeg's table of pixel formats")]
fn descriptor(format: c_int) -> Option<&'static ffi::AVPixFmtDescriptor> {
    // ffmpeg lists its descriptors by position; walking the list avoids
    // making an enum out of a number.
    let mut current: *const ffi::AVPixFmtDescriptor = std::ptr::null();
    loop {
        // SAFETY: null or a descriptor that ffmpeg gave; they are static.
        unsafe {
            current = ffi::av_pix_fmt_desc_next(current);
            let found = current.as_ref()?;
            if ffi::av_pix_fmt_desc_get_id(current) as c_int == format {
                return Some(found);
            }
        }
    }
}

impl Layout {
    pub(crate) fn of(format: c_int) -> Result<Self> {
        let unknown = || {
            Error::compute("reading a picture", format!("pixel format number {format} is unknown"))
        };
        let found = descriptor(format).ok_or_else(unknown)?;
        let flag = |flag: c_int| found.flags & u64::from(flag.unsigned_abs()) != 0;
        if flag(ffi::AV_PIX_FMT_FLAG_HWACCEL) {
            return Err(unknown());
        }
        let count = usize::from(found.nb_components).min(4);
        let rgb = flag(ffi::AV_PIX_FMT_FLAG_RGB);
        let alpha = flag(ffi::AV_PIX_FMT_FLAG_ALPHA);
        let colours = count.saturating_sub(usize::from(alpha)).max(1);
        let used = &found.comp[..colours.min(count.max(1))];
        let depth = used.first().map_or(0, |component| component.depth);
        let wide = depth > 8;
        let even =
            used.iter().all(|component| component.depth == depth) && (8..=16).contains(&depth);
        let name = super::av::string(found.name);
        let odd = flag(ffi::AV_PIX_FMT_FLAG_BITSTREAM)
            || flag(ffi::AV_PIX_FMT_FLAG_FLOAT)
            || flag(ffi::AV_PIX_FMT_FLAG_BAYER)
            || name.starts_with("xyz")
            || name.starts_with("uyyvyy");
        let direct = !flag(ffi::AV_PIX_FMT_FLAG_BE)
            && used.iter().enumerate().all(|(index, component)| {
                let plane = if rgb { 0 } else { index as c_int };
                let bytes = if wide { 2 } else { 1 };
                let (step, offset) =
                    if rgb { (3 * bytes, index as c_int * bytes) } else { (bytes, 0) };
                (component.plane, component.step, component.offset, component.shift)
                    == (plane, step, offset, 0)
            });
        let way = if flag(ffi::AV_PIX_FMT_FLAG_PAL) {
            Way::Palette
        } else if name == "monow" || name == "monob" {
            Way::Bits(name == "monow")
        } else if odd || !even || !matches!(colours, 1 | 3) {
            Way::Scale
        } else if direct && cfg!(target_endian = "little") {
            Way::Lend
        } else {
            Way::Unpack
        };
        let palette = way == Way::Palette;
        Ok(Self {
            format,
            way,
            rgb: rgb || palette,
            alpha,
            gray: colours == 1 && !palette,
            bits: if matches!(way, Way::Palette | Way::Bits(_)) {
                8
            } else {
                depth.clamp(8, 16).unsigned_abs()
            },
            big_endian: flag(ffi::AV_PIX_FMT_FLAG_BE),
            subsampling: Subsampling {
                horizontal: u32::from(found.log2_chroma_w),
                vertical: u32::from(found.log2_chroma_h),
            },
            components: found.comp,
            transparency: (alpha && count > 1).then(|| found.comp[count - 1]),
        })
    }

    /// Planes of the result.
    pub(crate) fn planes(&self) -> usize {
        if self.rgb || self.gray { 1 } else { 3 }
    }
}

/// Width and height of plane `index` of a picture of `w` × `h`.
pub(crate) fn plane_size(layout: &Layout, index: usize, w: usize, h: usize) -> (usize, usize) {
    if index == 0 {
        return (w, h);
    }
    let Subsampling { horizontal, vertical } = layout.subsampling;
    (w.div_ceil(1 << horizontal), h.div_ceil(1 << vertical))
}
