//! JPEG ghosts: parts of a picture that were compressed before, on any grid.
//!
//! # What it measures
//!
//! A part that was once compressed as JPEG moves least when it is compressed
//! again with the same quality on the same grid (Farid). The grid need not be
//! that of the picture, so all 64 are tried, with 16 qualities from 30 to 94 of
//! the standard luma table. Luma is transformed on each grid; of the 14 lowest
//! frequencies, coefficients of at least 0.7 steps are *hits* when they lie
//! within 0.15 of a step from a multiple of it. Square windows of 5 to 40 blocks
//! are judged by their number of hits (binomial tail, times the number of
//! windows, grids and qualities: the NFA). The chance of a hit is the highest of
//! four yardsticks: the same window on all other grids, of which an earlier
//! compression favours one; the same window on each grid half a block away (in a JPEG file without those that
//! share rows or columns with its own), which a pattern that repeats every four
//! pixels favours as much; the same grid outside the window; and, for the
//! picture's own grid and those that share its rows or columns, the same window
//! of a control picture (this one moved by half a block and compressed with the
//! file's own table). Only qualities are tried whose steps exceed the file's own
//! by a quarter. The share of hits
//! must exceed it by 0.12. `ghosts` counts regions with log10 NFA ≤ −10;
//! `shift_x`, `shift_y` and `quality` are those of the strongest.
//! `whole_log10_nfa` is the strongest trace of the whole picture on another grid
//! than its own: a crop of an earlier JPEG.
//!
//! For the strongest region, `ks` is the distance of Kolmogorov and Smirnov
//! between Farid's differences inside and outside, and the map shows these
//! differences: mean square of what one more compression changes, scaled from 0
//! to 1 over the qualities in each block, at that quality and on that grid. `ks`
//! is a description: the region was chosen, so it is no test. Above some 40 000
//! blocks every second, third … is looked at.
//!
//! # When it misleads
//!
//! - The last compression must be clearly finer than the one before; otherwise
//!   nothing is left, and nothing found proves nothing.
//! - Tables of cameras and of some programs lie between standard ones; their
//!   quality is then only near, or they are missed.
//! - Resizing after the earlier compression removes the trace.
//! - Patterns that repeat every eight pixels can look like a grid.
//! - A collage, a logo or a caption put in from a JPEG is found in the same way.
//! - Hits in one window are not quite independent; a ghost is named from −10 down
//!   only. The figures on genuine photographs stand in `reports/jpeg-history` and
//!   `reports/pixel-checks.md`.
//! - A picture that was a JPEG as a whole and is kept as PNG, cropped or not, has its
//!   one compression stand out wherever it is lively: of 16 genuine crops 9 were told
//!   to have such regions, down to log10 NFA −587. Where most of a losslessly kept
//!   picture votes for one grid, as `jpeg-grid` does, no region is told (`state`
//!   `carried-throughout`); parts on another grid are for `jpeg-grid` to find.
//! - A JPEG compressed twice as a whole has the first compression stand out wherever it
//!   is lively: of 81 genuine ones 57 were told to have regions. In a JPEG file no region
//!   is therefore told on the file's own grid nor on those that it favours: (4, 0),
//!   (0, 4), (4, 4) and one pixel along rows or columns (`regions_on_own_grid` counts
//!   them). Parts that differ on the own grid are for `jpeg-double`; one pasted part in
//!   eight lies on such a grid by chance and is not told here.
//! - Enlarging a JPEG and compressing it again can leave a false region.
//! - Regions of which half is of one tone, or 70 % of three, are left out
//!   (`regions_drawn` counts them): bars and bubbles around the photograph in a screen shot compress to
//!   themselves at several qualities.
//! - WebP and codings of video work in blocks of 4×4. In such files the grids (0, 0),
//!   (4, 0), (0, 4) and (4, 4) are therefore left out; in a PNG made from one they
//!   may have a false ghost.
//!
//! # References
//!
//! - Farid (2009), Exposing digital forgeries from JPEG ghosts, IEEE Transactions
//!   on Information Forensics and Security 4(1).
//! - Bianchi and Piva (2012), Detection of nonaligned double JPEG compression based
//!   on integer periodicity maps, IEEE Transactions on Information Forensics and
//!   Security 7(2).
//! - Desolneux, Moisan and Morel (2008), From Gestalt theory to image analysis.
//!
//! # Titel
//!
//! JPEG-ghosts: delen van een beeld die eerder zijn gecomprimeerd, op welk raster ook
//!
//! # Wat het meet
//!
//! Een deel dat ooit als JPEG is gecomprimeerd, verandert het minst als het op
//! hetzelfde raster met dezelfde kwaliteit nogmaals wordt gecomprimeerd (Farid).
//! Dat raster hoeft niet dat van het beeld te zijn: alle 64 worden geprobeerd, met
//! 16 kwaliteiten van 30 tot 94 van de standaardtabel. Van de 14 laagste
//! frequenties zijn coëfficiënten van ten minste 0,7 stap een *treffer* als ze
//! binnen 0,15 stap van een veelvoud liggen. Vierkante vensters van 5 tot 40
//! blokken worden beoordeeld op het aantal treffers (binomiale staart, maal het
//! aantal vensters, rasters en kwaliteiten: de NFA). De kans op een treffer is de
//! hoogste van vier maatstaven: hetzelfde venster op alle andere rasters; hetzelfde
//! venster op elk raster een half blok verderop, dat een patroon dat elke vier
//! pixels terugkeert evenveel begunstigt; hetzelfde raster buiten het venster; en, voor het eigen raster van het beeld en
//! rasters die er rijen of kolommen mee delen, hetzelfde venster van een
//! controlebeeld (dit beeld een half blok verschoven en gecomprimeerd met de tabel
//! van het bestand). Alleen kwaliteiten met stappen die een kwart grover zijn dan
//! die van het bestand worden geprobeerd. Het aandeel treffers moet er 0,12
//! boven liggen. `ghosts` telt gebieden met log10 NFA ≤ −10; `shift_x`, `shift_y`
//! en `quality` zijn die van het sterkste. `whole_log10_nfa` is het sterkste spoor
//! van het hele beeld op een ander raster dan het eigen: een uitsnede van een
//! eerdere JPEG.
//!
//! Voor het sterkste gebied is `ks` de afstand van Kolmogorov en Smirnov tussen de
//! verschillen van Farid binnen en buiten het gebied; de kaart toont die
//! verschillen. `ks` is een beschrijving: het gebied is uitgekozen, dus het is
//! geen toets.
//!
//! # Wanneer het misleidt
//!
//! - De laatste compressie moet duidelijk fijner zijn dan die daarvoor; anders
//!   blijft er niets over. Dat niets is gevonden, bewijst niets.
//! - Tabellen van camera's en van sommige programma's liggen tussen
//!   standaardtabellen in; de kwaliteit is dan slechts bij benadering, of ze worden
//!   gemist.
//! - Schalen na de eerdere compressie verwijdert het spoor.
//! - Patronen die zich elke acht pixels herhalen, kunnen op een raster lijken.
//! - Een collage, logo of onderschrift uit een JPEG wordt net zo gevonden.
//! - Treffers in één venster zijn niet geheel onafhankelijk; een ghost heet het pas
//!   vanaf −10. De cijfers op echte foto's staan in `reports/jpeg-history` en
//!   `reports/pixel-checks.md`.
//! - Een beeld dat als geheel een JPEG was en als PNG bewaard is, uitgesneden of niet,
//!   laat zijn ene compressie zien overal waar het levendig is: van 16 authentieke
//!   uitsneden kregen er 9 zulke gebieden, tot log10 NFA −587. Waar het grootste deel
//!   van een verliesvrij bewaard beeld voor één raster stemt, zoals bij `jpeg-grid`,
//!   wordt geen gebied gemeld (`state` `carried-throughout`); delen op een ander raster
//!   vindt `jpeg-grid`.
//! - Gebieden waarvan de helft één tint heeft, of 70 % er drie, worden niet gemeld
//!   (`regions_drawn` telt ze): balken en tekstballonnen rond de foto in een
//!   schermafdruk blijven bij verscheidene kwaliteiten gelijk.
//! - WebP en videocoderingen werken in blokken van 4×4. In zulke bestanden blijven de
//!   rasters (0, 0), (4, 0), (0, 4) en (4, 4) daarom buiten beschouwing; in een PNG die
//!   daarvan is gemaakt, kunnen ze een valse ghost hebben.

mod curve;
mod say;
mod search;
#[cfg(test)]
mod tests;

use super::jpeg_grid::{carried, levels, requantised};
use super::jpeg_quantisation::luma_steps;
use super::{Check, Entry, Finding, Group, Scene, Standing, still};
use crate::Result;
use crate::media::{Exhibit, Kind, Needs, Rate};
use curve::curves;
use search::{Ghost, Luma, Searched, search};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "jpeg-ghost",
    group: Group::Coding,
    // One strong false alarm in 200 genuine faces (`reports/jpeg-history`).
    standing: Standing::Indicator,
    source: include_str!("jpeg_ghost.rs"),
    make: |_| Box::new(JpegGhost::default()),
};

/// From here on a ghost is named: ten decimal places in reserve for hits that
/// are not quite independent. Of 220 genuine pictures one reaches −5 (−8.4), and
/// of 200 one did with an earlier version (−9.9; `reports/pixel-checks.md`).
const STRONG: f64 = -10.0;
/// Codings of still pictures with blocks of 4×4, which favour the grids that lie
/// whole blocks apart: 6 of 36 untouched WebP had a ghost at (4, 4).
pub(super) const FOURS: [&str; 6] = ["webp", "vp8", "vp9", "av1", "hevc", "h264"];

#[derive(Default)]
struct JpegGhost {
    still: bool,
    /// Whether the coding is one of [`FOURS`].
    fours: bool,
    /// The file's own luma table, if it is a JPEG.
    steps: Option<[u16; 64]>,
    /// Size of the picture.
    size: Option<(usize, usize)>,
    /// `None` until a picture came by, or when it is too small.
    searched: Option<Searched>,
    shown: Option<Shown>,
    /// The grid that the whole of a losslessly kept picture carries.
    carried: Option<u8>,
    /// Whether half of the picture is of one tone.
    plain: bool,
    /// Regions left out because they lie on the file's own grid or its kin.
    kin: usize,
    /// Regions left out because they are drawn.
    drawn: usize,
}

/// Whether a grid is the file's own, or one that an earlier compression on that
/// favours too: half a block away, or a pixel along rows or columns. Of 81
/// photographs compressed twice as a whole 57 had regions, all of them on
/// these.
fn kin(shift: (usize, usize)) -> bool {
    let near = |v: usize| v == 1 || v == 7;
    match shift {
        (0, y) if near(y) => true,
        (x, 0) if near(x) => true,
        (x, y) => x % 4 == 0 && y % 4 == 0,
    }
}

/// Whether a region lies on the grid that the whole picture carries from before, or on
/// one that it favours: a pixel beside it, or half a block away.
fn beside(ghost: &Ghost, whole: &Ghost) -> bool {
    let apart = |a: usize, b: usize| a.abs_diff(b).min(8 - a.abs_diff(b));
    let (x, y) = (apart(ghost.shift.0, whole.shift.0), apart(ghost.shift.1, whole.shift.1));
    x.max(y) <= 1 || (x % 4 == 0 && y % 4 == 0)
}

/// Farid's map at the strongest ghost.
struct Shown {
    size: (usize, usize),
    stride: usize,
    values: Vec<f32>,
    ks: Option<f64>,
}

impl Check for JpegGhost {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::PerSecond(1e-6), ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        let codec = exhibit.video.as_ref().map_or("", |video| video.codec.as_str());
        self.fours = FOURS.contains(&codec);
        self.steps = luma_steps(&exhibit.path).filter(|_| self.still);
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if !self.still || self.size.is_some() {
            return Ok(());
        }
        let levels = levels(scene.frame);
        let (width, height) = (levels.width, levels.height);
        self.size = Some((width, height));
        let luma = Luma { pixels: &levels.pixels, width, height };
        let moved = moved(&luma, self.steps.as_ref());
        let control =
            moved.as_ref().map(|pixels| Luma { pixels, width: width - 4, height: height - 4 });
        self.searched = search(&luma, control.as_ref(), self.steps.as_ref());
        if let Some(searched) = self.searched.as_mut().filter(|_| self.fours) {
            let fours = |side: usize| side.is_multiple_of(4);
            let own = |ghost: &Ghost| fours(ghost.shift.0) && fours(ghost.shift.1);
            searched.ghosts.retain(|ghost| !own(ghost));
            searched.whole = searched.whole.filter(|ghost| !own(ghost));
        }
        // Two compressions of a whole picture on one grid stand out wherever it is
        // lively, on that grid and its nearest kin.
        if let Some(searched) = self.searched.as_mut().filter(|_| self.steps.is_some()) {
            let all = searched.ghosts.len();
            searched.ghosts.retain(|ghost| !kin(ghost.shift));
            self.kin = all - searched.ghosts.len();
        }
        // So does one on another grid, as after a turn or a crop.
        if let Some(searched) = &mut self.searched {
            let whole = searched.whole.filter(|whole| whole.log10_nfa <= STRONG);
            let all = searched.ghosts.len();
            searched.ghosts.retain(|ghost| !whole.is_some_and(|whole| beside(ghost, &whole)));
            self.kin += all - searched.ghosts.len();
        }
        // A JPEG kept without loss: its one compression stands out wherever the picture
        // is lively, and no table of its own says what to leave out.
        self.carried = if self.steps.is_none() { carried(&levels) } else { None };
        if let Some(searched) = self.searched.as_mut().filter(|_| self.carried.is_some()) {
            searched.ghosts.clear();
            searched.whole = None;
        }
        // Flat paper compresses to itself at any quality.
        self.plain = still::plain(levels.pixels.iter().copied());
        if let Some(searched) = self.searched.as_mut().filter(|_| self.plain) {
            searched.ghosts.clear();
            searched.whole = None;
        }
        // Bubbles and bars around a photograph do the same.
        if let Some(searched) = &mut self.searched {
            let all = searched.ghosts.len();
            searched.ghosts.retain(|ghost| !drawn(ghost, &luma));
            self.drawn = all - searched.ghosts.len();
        }
        let best = self.searched.as_ref().and_then(Searched::best);
        let (shift, quality) = best.map_or(((0, 0), 74), |g| (g.shift, g.quality));
        let curves = curves(&luma, shift);
        self.shown = Some(Shown {
            size: curves.size,
            stride: curves.stride,
            values: curves.at(quality),
            ks: best.and_then(|g| curves.distance(g.quality, g.bounds)),
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(self.report())
    }
}

impl Searched {
    /// The strongest ghost that is strong.
    fn best(&self) -> Option<&Ghost> {
        self.ghosts.first().filter(|ghost| ghost.log10_nfa <= STRONG)
    }
}

/// Whether the region is of one tone or hardly more than three.
fn drawn(ghost: &Ghost, luma: &Luma<'_>) -> bool {
    let [left, top, right, bottom] = ghost.bounds;
    let rows = luma.pixels.chunks_exact(luma.width.max(1)).take(bottom).skip(top);
    still::drawn(rows.flat_map(|row| row.iter().take(right).skip(left)).copied())
}

/// The picture from (4, 4) on, compressed once with `steps` if there are any.
fn moved(luma: &Luma<'_>, steps: Option<&[u16; 64]>) -> Option<Vec<u8>> {
    let width = luma.width.checked_sub(4).filter(|&w| w > 0)?;
    let rows = luma.pixels.chunks_exact(luma.width).skip(4);
    let pixels: Vec<u8> = rows.flat_map(|row| &row[4..]).copied().collect();
    Some(match steps {
        Some(steps) => requantised(&pixels, width, &steps.map(f32::from)),
        None => pixels,
    })
}
