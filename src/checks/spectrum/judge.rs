//! Whether a peak may count, or something ordinary explains it.

use super::measure::PERIODS;
use crate::media::{Exhibit, Kind};
use crate::signal::peaks::Peak;

/// A peak must stand out by so many deviations: the strongest bins of pictures
/// without any coding, and the strongest control bins of all, stayed under it
/// (`experiments/001-spectrum-thresholds.md`, table 1).
pub(super) const LEAST_Z: f64 = 6.0;

/// How the pixels were coded, as far as it puts lines on the lattices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// Without loss: coding explains nothing.
    Lossless,
    /// A few colours only: the dither that mixes them repeats after two, four
    /// or eight pixels (Bayer 1973).
    Palette,
    /// JPEG: blocks of 8×8.
    Jpeg,
    /// Another lossy or an unknown coding, with blocks of 4 to 64; TIFF too,
    /// which may hold JPEG strips.
    Blocks,
}

impl Coding {
    pub(super) fn of(exhibit: &Exhibit) -> Self {
        // Names as ffmpeg gives them. WebP stands for both of its codings,
        // so it is taken for the lossy one.
        const LOSSLESS: [&str; 16] = [
            "png", "apng", "bmp", "ppm", "pgm", "pam", "targa", "sgi", "qoi", "rawvideo", "v210",
            "ffv1", "huffyuv", "ffvhuff", "utvideo", "qtrle",
        ];
        const FEW_COLOURS: [&str; 7] =
            ["pal8", "monob", "monow", "rgb4_byte", "bgr4_byte", "rgb8", "bgr8"];
        let video = exhibit.video.as_ref();
        if video.is_some_and(|v| v.codec == "gif" || FEW_COLOURS.contains(&&*v.pixel_format)) {
            return Self::Palette;
        }
        match video.map(|video| video.codec.as_str()) {
            Some(codec) if LOSSLESS.contains(&codec) => Self::Lossless,
            Some("mjpeg" | "jpeg" | "mjpegb" | "jpegls") if exhibit.kind == Kind::Image => {
                Self::Jpeg
            }
            _ => Self::Blocks,
        }
    }
}

/// What explains a peak without any generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The blocks of the exhibit's own coding.
    Coding,
    /// An 8×8 grid of an earlier block coding.
    Grid,
    /// The dither of a palette.
    Palette,
    /// The colour filter array of a camera.
    Cfa,
}

/// What is known about the picture besides its spectrum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) coding: Coding,
    /// Votes for a block grid beyond chance, see [`super::traces::Winner::may_explain`].
    pub(super) grid: bool,
    pub(super) cfa: bool,
}

impl Context {
    /// What explains a peak on the lattice of `period`. A found grid explains
    /// all four: besides the multiples of 1/8, H.264 leaves lines at those of
    /// 1/16 from its macroblocks, and so does a JPEG doubled afterwards
    /// (`experiments/001-spectrum-thresholds.md`, table 2).
    pub(super) fn explains(&self, period: usize) -> Option<Cause> {
        match self.coding {
            Coding::Blocks => return Some(Cause::Coding),
            Coding::Palette => return Some(Cause::Palette),
            Coding::Jpeg if period <= 8 => return Some(Cause::Coding),
            _ => {}
        }
        if self.grid {
            return Some(Cause::Grid);
        }
        (self.cfa && period == 2).then_some(Cause::Cfa)
    }
}

/// One lattice of one averaged spectrum, judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) period: usize,
    pub(super) peak: Option<Peak>,
    pub(super) control: Option<Peak>,
    /// A peak stands out, whatever explains it.
    pub(super) stands_out: bool,
    pub(super) cause: Option<Cause>,
}

/// Judges the four lattices: a peak stands out when it reaches [`LEAST_Z`]
/// and the same lattice moved elsewhere does not reach as far.
pub(super) fn judge(
    peaks: [Option<Peak>; 4],
    controls: [Option<Peak>; 4],
    context: &Context,
) -> [Judged; 4] {
    std::array::from_fn(|i| {
        let (peak, control) = (peaks[i], controls[i]);
        let z = |peak: Option<Peak>| peak.map_or(f64::NEG_INFINITY, |peak| peak.z);
        Judged {
            period: PERIODS[i],
            peak,
            control,
            stands_out: z(peak) >= LEAST_Z && z(peak) > z(control),
            cause: context.explains(PERIODS[i]),
        }
    })
}

/// The state of the whole: the strongest thing that can be said.
pub(super) fn state(judged: &[Judged]) -> &'static str {
    let out: Vec<&Judged> = judged.iter().filter(|j| j.stands_out).collect();
    if out.is_empty() {
        "no-peaks"
    } else if out.iter().any(|j| j.cause.is_none()) {
        "peaks"
    } else if out.iter().all(|j| j.cause == Some(Cause::Cfa)) {
        "peaks-explained-by-camera"
    } else if out.iter().any(|j| j.cause == Some(Cause::Palette)) {
        "peaks-explained-by-palette"
    } else {
        "peaks-explained-by-grid"
    }
}
