//! Resampling: whether a picture was scaled or turned after it was taken
//!
//! # What it measures
//!
//! Whoever scales or turns a picture works out new pixels from neighbouring old
//! ones, in a pattern that repeats: scaled up by 1.5, every third pixel lies like
//! the first. So how well a pixel follows from its neighbours repeats as well.
//! Here the error of a fixed predictor over the 3×3 neighbourhood is turned into
//! exp(−e²), and the spectrum of that map is taken in up to 64 tiles of 64, 128 or
//! 256 pixels, spread over the picture. In each tile a frequency *stands out* when
//! its power exceeds the mean of those around it so far that one in ten would by
//! chance; frequencies on an axis are compared along that axis. A peak is a
//! frequency at which more tiles stand out than chance allows: its number of false
//! alarms (NFA) is the binomial tail times the number of frequencies. Texture that
//! repeats in one part of the picture stands out in a few tiles only and makes no
//! peak. A peak is listed from NFA < 1; the state is `resampled` from log10 NFA ≤
//! −5.
//!
//! Multiples of 1/8 in both directions are left out: there the blocks of JPEG and
//! the colour filter array of a camera have their lines; `grid_log10_nfa` tells
//! how strong those are. `factor` is the scaling, between 1.03 and 2.05, that
//! explains most of the peaks on the axes: periods of the scaling itself (1/factor
//! and 2/factor, folded to ½), or of the 8×8 blocks of a JPEG that was scaled
//! afterwards (`factor_from_blocks` 1). `factor_explained` is the share of the
//! peaks that it explains. Without peaks on the axes, `turn_deg` gives the turn
//! that the strongest one would belong to.
//! The votes of tiles and their NFA are our own (`reports/pixel-checks.md`).
//!
//! # When it misleads
//!
//! - Scaling is ordinary: web sites, messengers, cameras with digital zoom and
//!   programs that straighten a picture all do it. A scaled picture is not a
//!   manipulated one.
//! - Reduction leaves little: a picture made smaller is usually not recognised,
//!   nor one that was compressed strongly after the scaling, or scaled with noise
//!   added. Nothing found proves nothing.
//! - Scaling by two, or any factor whose periods fall on multiples of 1/8, is seen
//!   only by the blocks of an earlier JPEG.
//! - The factor is an estimate: 1.25 and 5 have periods in common, and so have
//!   factors beyond the range. A picture scaled twice has periods of both.
//! - A pattern that fills the whole picture (fabric, a screen, a print) makes peaks
//!   of its own.
//!
//! # References
//!
//! - Popescu and Farid (2005), Exposing digital forgeries by detecting traces of
//!   resampling, IEEE Transactions on Signal Processing 53. The idea.
//! - Kirchner (2008), Fast and reliable resampling detection by spectral analysis
//!   of fixed linear predictor residue, ACM Multimedia and Security. The fixed
//!   predictor and the map.
//! - Kirchner and Gloe (2009), On resampling detection in re-compressed images,
//!   IEEE WIFS. Periods of the blocks of an earlier JPEG.
//!
//! # Titel
//!
//! Herbemonstering: of een beeld na de opname is geschaald of gedraaid
//!
//! # Wat het meet
//!
//! Wie een beeld schaalt of draait, berekent nieuwe pixels uit oude buren, in een
//! patroon dat zich herhaalt. Hoe goed een pixel uit zijn buren volgt, herhaalt
//! zich dus ook. De fout van een vaste voorspeller over 3×3 pixels wordt exp(−e²),
//! en het spectrum van die kaart wordt genomen in ten hoogste 64 tegels. In een
//! tegel *steekt* een frequentie *uit* als haar vermogen het gemiddelde daaromheen
//! zo ver overtreft als bij toeval één op de tien. Een piek is een frequentie die in
//! meer tegels uitsteekt dan het toeval toelaat; het aantal valse alarmen (NFA) is
//! de binomiale staart maal het aantal frequenties. Een piek wordt vermeld vanaf
//! NFA < 1; de toestand is `resampled` vanaf log10 NFA ≤ −5.
//!
//! Veelvouden van 1/8 in beide richtingen blijven buiten beschouwing: daar liggen
//! de lijnen van JPEG-blokken en van het kleurenfilter van een camera. `factor` is
//! de schaling, van 1,03 tot 2,05, die de meeste pieken op de assen verklaart, uit
//! de schaling zelf of uit de blokken van een eerdere JPEG die mee is geschaald.
//! De stemmen van tegels en hun NFA zijn van onszelf (`reports/pixel-checks.md`).
//!
//! # Wanneer het misleidt
//!
//! - Schalen is alledaags: websites, berichtendiensten, digitale zoom en rechtzetten
//!   doen het. Een geschaald beeld is geen gemanipuleerd beeld.
//! - Verkleinen laat weinig na; sterke compressie na het schalen ook. Niets gevonden
//!   bewijst niets.
//! - Een verdubbeling, of een factor waarvan de perioden op veelvouden van 1/8
//!   vallen, is alleen te zien aan de blokken van een eerdere JPEG.
//! - De factor is een schatting; verschillende factoren hebben perioden gemeen.
//! - Een patroon dat het hele beeld vult (stof, scherm, druk) geeft eigen pieken.

mod factor;
mod periodic;
mod say;

#[cfg(test)]
mod tests;

use super::{Entry, Group, Options, Standing, still};
use crate::Result;
use crate::media::Gray;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "resampling",
    group: Group::Spectral,
    standing: Standing::Indicator,
    source: include_str!("resampling.rs"),
    make: |_: &Options| {
        still::check(LEAST_SIDE, |frame| {
            let picture = frame.luma_f32(None);
            if still::plain(still::rounded(&picture)) {
                return Ok(still::nothing_of_plain());
            }
            let measured = periodic::measure(&picture)?;
            Ok(measured.map_or_else(say::flat, |measured| measured.report()))
        })
    },
};

/// Smallest side of a picture, in pixels: nine tiles of 64 and a border.
const LEAST_SIDE: usize = 194;

/// What another method needs to know of the scaling of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    /// log10 NFA of the strongest peak; without one, the number of tests.
    pub(super) log10_nfa: f64,
    /// The scaling that explains most of the peaks on the axes, where the picture
    /// would be called resampled.
    pub(super) factor: Option<f64>,
}

/// Measures a picture of luma; `None` where this method abstains.
pub(super) fn estimate(picture: &Gray) -> Result<Option<Estimate>> {
    if picture.width.min(picture.height) < LEAST_SIDE {
        return Ok(None);
    }
    Ok(periodic::measure(picture)?.map(|measured| Estimate {
        log10_nfa: measured.least(),
        factor: measured.factor().map(|found| found.factor),
    }))
}
