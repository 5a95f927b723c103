//! JPEG grid: where the blocks of an earlier compression lie, and where they do not fit
//!
//! # What it measures
//!
//! JPEG works in blocks of 8×8 pixels and sets many of their cosine
//! coefficients to zero. Decoded pixels remember the position of those blocks:
//! cut at the right place, a block still has coefficients near zero, cut
//! elsewhere it has few. For every pixel the 64 blocks that hold it are
//! compared; the one with most coefficients below ½ decides for which of the
//! 64 grid origins the pixel votes. Pixels without a clear winner, those in
//! blocks constant along rows or columns, and those within 7 pixels of an edge
//! do not vote. The method is ZERO, worked out from its description.
//!
//! Three things follow. The *main grid* is the origin with most votes, if there
//! are more than chance allows; `main_grid` is its number, x + 8y, so 0 lies at
//! the top-left corner. *Foreign regions* are places where pixels agree on
//! another origin, as a part pasted from another JPEG does. *Missing regions*,
//! looked for in still pictures with a main grid, are places that voted for no
//! common grid but take one as soon as the picture is saved as JPEG of quality
//! 99: they came in without having been compressed along.
//!
//! Each carries a number of false alarms (NFA): how many such finds are
//! expected in one untouched picture, given all grids and rectangles tried. A
//! region is listed from NFA < 1 (log10 below 0); it is called strong only from
//! log10 NFA ≤ −5, because the votes of neighbouring pixels are independent by
//! approximation only. Of video the intra-coded pictures are looked at, up to
//! 12, spread over the clip; the NFA is multiplied by their number.
//! `strongest_foreign_log10_nfa` is the least NFA of foreign regions (without any the
//! number of tests), and the
//! finding's own log10 NFA, also `region_log10_nfa`, that of all regions; without any it
//! is the number of tests. `log10_nfa` among the values is that of the main grid.
//!
//! # When it misleads
//!
//! - One compression after the manipulation covers the traces: after a last
//!   JPEG of quality 95 usually nothing is found. Scaling removes the grid. So
//!   the absence of regions proves nothing, and no grid does not mean that a
//!   picture was never compressed.
//! - One in 64 pasted parts lies on the same grid by chance and is not seen, and
//!   three in 64 lie four pixels from it and are not told (see WebP below).
//! - A main grid away from (0, 0) means that a picture was cut or shifted after
//!   a compression, which is ordinary; or, where the rest was never compressed, that
//!   a pasted part carries it (a fifth of a small picture suffices,
//!   `reports/jpeg-history`). Composites that hide nothing (captions,
//!   frames, collages, scanned prints) have foreign or missing regions too.
//! - Patterns that repeat every eight pixels (fabric, screens, drawings) can
//!   vote for one origin.
//! - Missing regions rest on a comparison and are the weaker finding. Smooth
//!   areas and areas at black or white are left out for that reason; on the
//!   development photographs on which these rules were chosen, a genuine one was
//!   still accused. In strongly textured parts they are not found.
//! - WebP, VP8, VP9, AV1, H.264 and H.265 predict, use blocks of four and smooth the
//!   seams: of 27 untouched WebP pictures 8 had foreign regions, down to log10 NFA −68.
//!   In such files no regions are told, nor what an origin means. Saved without loss
//!   afterwards, as PNG or a screen shot, 13 of 42 such pictures accused themselves,
//!   down to −234; all their regions lay four pixels from the main grid. Regions at
//!   that distance are therefore counted apart (`regions_four_apart`) and never told
//!   as foreign. Missing regions are not looked for in video.
//! - Who turns, mirrors or crops a JPEG and saves it again keeps the first grid all over
//!   the picture, and it wins parts. A foreign grid that has three times the votes of
//!   others outside its regions too is taken for such a one: its regions are counted
//!   (`regions_throughout`) and not told.
//! - The last digits depend on how the decoder rounds.
//!
//! # References
//!
//! - Nikoukhah, Anger, Colom, Morel and Grompone von Gioi (2021), ZERO: a local
//!   JPEG grid origin detector based on the number of DCT zeros and its
//!   applications in image forensics, Image Processing On Line 11,
//!   doi:10.5201/ipol.2021.390. Method and constants; the missing regions here
//!   are stricter than theirs.
//! - Desolneux, Moisan and Morel (2008), From Gestalt theory to image analysis:
//!   a probabilistic approach. Numbers of false alarms.
//! - ITU-T T.81 (1992), table K.1. Quantisation of the comparison picture.
//!
//! # Titel
//!
//! JPEG-raster: waar de blokken van een eerdere compressie liggen, en waar ze niet passen
//!
//! # Wat het meet
//!
//! JPEG werkt in blokken van 8×8 pixels en maakt veel van hun
//! cosinuscoëfficiënten nul. Aan gedecodeerde pixels is de ligging van die
//! blokken nog te zien: op de juiste plaats uitgesneden heeft een blok veel
//! coëfficiënten bijna gelijk aan nul, elders weinig. Voor elke pixel worden de
//! 64 blokken vergeleken waar hij in ligt; het blok met de meeste coëfficiënten
//! onder ½ bepaalt voor welke van de 64 rasteroorsprongen de pixel stemt.
//! Zonder duidelijke winnaar, in blokken die langs rijen of kolommen constant
//! zijn en binnen 7 pixels van de rand wordt niet gestemd. De methode is ZERO,
//! uitgewerkt naar de beschrijving.
//!
//! Het *hoofdraster* is de oorsprong met de meeste stemmen, als dat er meer zijn
//! dan het toeval toelaat; `main_grid` is het nummer, x + 8y, dus 0 ligt in de
//! hoek linksboven. *Vreemde gebieden* zijn plaatsen waar pixels het over een
//! andere oorsprong eens zijn, zoals bij een deel dat uit een andere JPEG is
//! geplakt. *Gebieden zonder raster*, gezocht in foto's met een hoofdraster,
//! stemmen niet eensgezind maar nemen een raster aan zodra het beeld als JPEG
//! met kwaliteit 99 wordt opgeslagen: ze zijn niet mee gecomprimeerd.
//!
//! Bij elk hoort een aantal valse alarmen (NFA): hoeveel zulke vondsten in één
//! onbewerkt beeld te verwachten zijn, gegeven alle geprobeerde rasters en
//! rechthoeken. Een gebied wordt vermeld vanaf NFA < 1 (log10 onder 0) en heet
//! pas sterk vanaf log10 NFA ≤ −5, omdat stemmen van naburige pixels maar bij
//! benadering onafhankelijk zijn. Van video worden de intra-gecodeerde beelden
//! bekeken, ten hoogste 12, verspreid over de opname; de NFA wordt met hun
//! aantal vermenigvuldigd.
//!
//! # Wanneer het misleidt
//!
//! - Eén compressie na de bewerking dekt de sporen toe: na een laatste JPEG met
//!   kwaliteit 95 wordt meestal niets gevonden. Schalen verwijdert het raster.
//!   Dat er niets gevonden is, bewijst dus niets.
//! - Eén op de 64 ingeplakte delen ligt toevallig op hetzelfde raster, en drie op
//!   de 64 liggen er vier pixels vandaan en worden niet gemeld (zie WebP hieronder).
//! - Een hoofdraster dat niet op (0, 0) ligt, betekent dat het beeld na een
//!   compressie is uitgesneden of verschoven; dat is alledaags. Is de rest nooit
//!   gecomprimeerd, dan kan ook een ingeplakt deel het dragen (een vijfde van een
//!   klein beeld is genoeg, `reports/jpeg-history`). Ook een
//!   samenstelling die niets verbergt (onderschrift, kader, collage, gescande
//!   afdruk) heeft vreemde gebieden of gebieden zonder raster.
//! - Patronen die zich elke acht pixels herhalen (weefsel, schermen,
//!   tekeningen) kunnen eensgezind stemmen.
//! - Gebieden zonder raster berusten op een vergelijking en zijn de zwakkere
//!   vondst. Daarom blijven gladde delen en delen in zwart of wit buiten
//!   beschouwing; van de foto's waarop deze regels zijn gekozen, werd toch een
//!   echte aangewezen. In sterk getextureerde delen worden ze niet gevonden.
//! - WebP, VP8, VP9, AV1, H.264 en H.265 voorspellen, gebruiken blokken van vier en
//!   strijken naden glad: van 27 onbewerkte WebP-beelden hadden er 8 vreemde gebieden,
//!   tot log10 NFA −68. In zulke bestanden worden geen gebieden gemeld, en ook niet wat
//!   een oorsprong betekent. Daarna verliesvrij bewaard, als PNG of schermafdruk,
//!   beschuldigden 13 van 42 zulke beelden zichzelf, tot −234; al hun gebieden lagen
//!   vier pixels van het hoofdraster. Gebieden op die afstand worden daarom apart
//!   geteld (`regions_four_apart`) en nooit als vreemd gemeld. In video wordt niet
//!   naar gebieden zonder raster gezocht.
//! - Wie een JPEG draait, spiegelt of bijsnijdt en weer opslaat, houdt het eerste raster
//!   in het hele beeld, en het wint delen. Een vreemd raster dat ook buiten zijn gebieden
//!   driemaal zoveel stemmen heeft als andere, geldt als zo'n raster: zijn gebieden worden
//!   geteld (`regions_throughout`) en niet gemeld.
//! - De laatste cijfers hangen af van de afronding door de decoder.

mod carried;
mod draw;
mod mask;
mod regions;
mod say;
mod throughout;
mod twin;
mod votes;
mod zero;

#[cfg(test)]
mod tests;

pub(super) use self::carried::carried;
use self::mask::Map;
pub(super) use self::twin::requantised;
use self::zero::{Looked, Luma, Trace, look};
use super::{Check, Entry, Finding, Group, Scene, Standing, still};
use crate::Result;
use crate::media::frame::Row;
use crate::media::{Exhibit, Frame, Kind, Needs, PictureType, Pixels, Plane, Rate};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "jpeg-grid",
    group: Group::Coding,
    standing: Standing::Evidential,
    source: include_str!("jpeg_grid.rs"),
    make: |_| Box::new(JpegGrid::default()),
};

/// Smallest side of a picture, in pixels: of 64 the votes fill 50, which leaves
/// a foreign region of the least size (some 400 pixels) room beside the rest.
const LEAST_SIDE: usize = 64;
/// Intra-coded pictures of a video that are looked at.
const MOST_FRAMES: usize = 12;
/// Seconds between them when the duration is not known.
const GAP_S: f64 = 5.0;
/// Codecs of still pictures without blocks of 8×8 cosines, in which missing
/// regions are not looked for.
const OTHER_STILLS: [&str; 6] = ["webp", "vp8", "vp9", "av1", "hevc", "h264"];
/// Video codecs whose intra pictures are made of such blocks.
const BLOCK_VIDEO: [&str; 8] =
    ["mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "h263", "dvvideo", "prores", "dnxhd"];

/// The measurement of one exhibit.
#[derive(Default)]
struct JpegGrid {
    still: bool,
    /// Regions left out because the whole picture carries their grid from before.
    throughout: usize,
    codec: String,
    /// Seconds between the frames looked at.
    gap_s: f64,
    next_s: Option<f64>,
    frames: Vec<Seen>,
    /// Whether any intra-coded picture came by.
    intra: bool,
    /// The size of a picture that was too small.
    too_small: Option<(usize, usize)>,
    /// Maps of the frame with the strongest region, else of the first.
    shown: Option<Shown>,
}

/// What is kept of a frame.
struct Seen {
    index: u64,
    time_s: f64,
    voters: u64,
    pixels: u64,
    first: (u8, f64),
    log10_tests: f64,
    foreign: Vec<Trace>,
    fours: usize,
    missing: Vec<Trace>,
}

impl Seen {
    /// The least log10 NFA of any region.
    fn strongest(&self) -> Option<f64> {
        let of = |traces: &[Trace]| traces.first().map(|trace| trace.log10_nfa);
        of(&self.foreign).into_iter().chain(of(&self.missing)).reduce(f64::min)
    }
}

/// Maps of one frame.
struct Shown {
    /// log10 NFA of the strongest region.
    strongest: f64,
    size: (usize, usize),
    agreement: Map,
    areas: Map,
    /// Share of the picture covered by regions.
    covered: f64,
}

impl Check for JpegGrid {
    fn needs(&self) -> Needs {
        // Every frame, since intra-coded ones come when they come.
        Needs { frames: Rate::Every, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        self.codec = exhibit.video.as_ref().map(|v| v.codec.clone()).unwrap_or_default();
        let duration = exhibit.duration_s.filter(|d| d.is_finite() && *d > 0.0);
        self.gap_s = duration.map_or(GAP_S, |duration| duration / MOST_FRAMES as f64);
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let frame = scene.frame;
        if !self.still {
            if frame.picture_type != PictureType::I {
                return Ok(());
            }
            self.intra = true;
            let early = self.next_s.is_some_and(|next| frame.time_s < next);
            if early || self.frames.len() >= MOST_FRAMES {
                return Ok(());
            }
            self.next_s = Some(frame.time_s + self.gap_s);
        } else if !self.frames.is_empty() {
            return Ok(());
        }
        let (width, height) = frame.pixels.size();
        if width.min(height) < LEAST_SIDE {
            self.too_small = Some((width, height));
            return Ok(());
        }
        let luma = levels(frame);
        let seek_missing = self.still && !OTHER_STILLS.contains(&self.codec.as_str());
        let mut looked = look(&luma, None, seek_missing);
        // The grid in which the file itself is coded is foreign nowhere, also where too few
        // pixels vote for it to be the picture's: seven of 24 drawn chats saved once as
        // JPEG were accused for it.
        if BLOCK_VIDEO.contains(&self.codec.as_str()) {
            looked.foreign.retain(|trace| trace.region.grid != 0);
        }
        self.throughout += throughout::taken_out(&mut looked, luma.width);
        if enlarged_by_copying(&luma) {
            looked.missing.clear();
        }
        self.keep(frame, &luma, looked);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(self.report())
    }
}

impl JpegGrid {
    fn keep(&mut self, frame: &Frame<'_>, luma: &Luma, looked: Looked) {
        let (width, height) = (luma.width, luma.height);
        let strongest = looked.strongest();
        if self.shown.as_ref().is_none_or(|shown| strongest < shown.strongest) {
            let traces = looked.foreign.iter().chain(&looked.missing);
            let (areas, covered) = mask::areas(traces, width, height);
            let agreement = mask::agreement(&looked, width, height);
            self.shown =
                Some(Shown { strongest, size: (width, height), agreement, areas, covered });
        }
        self.frames.push(Seen {
            index: frame.index,
            time_s: frame.time_s,
            voters: looked.voters,
            pixels: (width * height) as u64,
            first: (looked.first.0, looked.first.2),
            log10_tests: looked.log10_tests,
            foreign: looked.foreign,
            fours: looked.fours,
            missing: looked.missing,
        });
    }
}

/// Whether nearly every other pixel, or every other two, repeat the one before, as where a
/// picture was enlarged pixel by pixel: its blocks are then larger than eight.
fn enlarged_by_copying(luma: &Luma) -> bool {
    (2..=4).any(|factor| {
        let (mut same, mut all) = ([0u64; 4], [0u64; 4]);
        for row in luma.pixels.chunks_exact(luma.width.max(1)).step_by(7) {
            for (x, pair) in row.windows(2).enumerate() {
                same[x % factor] += u64::from(pair[0] == pair[1]);
                all[x % factor] += 1;
            }
        }
        // Of the steps in a group all but one are copies.
        let of = |k: usize| same[k] as f64 / all[k].max(1) as f64;
        let copies = (0..factor).filter(|k| of(*k) > 0.95).count();
        copies + 1 == factor && (0..factor).any(|k| of(k) < 0.8)
    })
}

/// Luma in whole levels of 8 bits.
pub(super) fn levels(frame: &Frame<'_>) -> Luma {
    let (pixels, width, height) = still::levels(frame);
    Luma { pixels, width, height, ends: ends(frame) }
}

/// Of a picture in R, G and B, which pixels have a channel at the end of its scale.
fn ends(frame: &Frame<'_>) -> Vec<bool> {
    let Pixels::Rgb(plane) = &frame.pixels else { return Vec::new() };
    let mut ends = Vec::with_capacity(plane.width * plane.height);
    // A row of such a plane counts pixels of three samples.
    let samples = Plane { width: 3 * plane.width, ..*plane };
    let most = u16::MAX >> 16u32.saturating_sub(plane.bits);
    for y in 0..plane.height {
        match samples.row(y) {
            Row::Eight(row) => {
                ends.extend(row.chunks_exact(3).map(|p| p.contains(&0) || p.contains(&255)));
            }
            Row::Sixteen(row) => {
                ends.extend(row.chunks_exact(3).map(|p| p.contains(&0) || p.contains(&most)));
            }
        }
        ends.resize((y + 1) * plane.width, false);
    }
    ends
}
