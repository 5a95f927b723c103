//! Noise: parts of a photograph whose noise is not that of the rest
//!
//! # What it measures
//!
//! The noise of a photograph depends on the brightness and on what the camera
//! and the file's history did to it, and that is the same everywhere in one
//! picture. The method is Noisesniffer, worked out from its description. All
//! blocks of 3×3 pixels of the luma without black or white are sorted by mean
//! into groups of 20 000. Of each group the 10 % with the least energy at low
//! frequencies are taken for homogeneous, and of those the 50 % with the least
//! energy at high frequencies for *quiet*. In an untouched picture the quiet ones
//! lie among the homogeneous ones as coin tosses do. The picture is divided into
//! cells of 100×100 pixels; regions grow from cell to cell as long as the number
//! of false alarms (NFA) falls: the binomial tail for so many quiet blocks, or so
//! few, times the number of connected regions of that size, both directions.
//!
//! Real pictures scatter more than coins, since texture and compression tie
//! blocks together. Therefore the binomial counts here are divided by
//! `dispersion`, the picture's own scatter between cells as a ratio of variances
//! (by the median absolute deviation, which a region of less than half of the
//! picture does not move). `region_log10_nfa` rests on it; `published_log10_nfa` is
//! the number without it. A region is listed from NFA < 1 and called strong from
//! `region_log10_nfa` ≤ −10. Neither keeps its promise on genuine pictures. What is
//! given as `log10_nfa` was therefore counted: the share of genuine pictures whose
//! strongest region is as strong, among 341 portraits and the exhibit itself (a
//! conformal p-value, −2.5 at the least). It holds for pictures like those. `quiet_regions` have too many quiet blocks, `loud_regions` too
//! few; a part with little noise takes most of the homogeneous blocks, so that the
//! rest of the picture may be what is listed, as loud.
//!
//! The second map shows *residual co-occurrences*, as Splicebuster does: third
//! differences of the luma, rounded to three levels, and how often each of the
//! patterns of four neighbours occurs in squares of 64 pixels; the map is the
//! distance of every square from the rest (Mahalanobis). It has **no control of
//! false alarms**: every picture has a largest value. It is shown, never counted.
//!
//! # When it misleads
//!
//! - Depth of field, texture that looks homogeneous (skin, fabric, sky) and
//!   compression leave less noise in one part than in another of a genuine
//!   picture. Night modes, portrait modes and beauty filters smooth parts of a
//!   picture on purpose. How often genuine photographs were flagged stands in
//!   `reports/pixel-checks.md`: half of one collection, a third of another, had
//!   some region. A picture of another kind (a landscape out of a telephone) may
//!   be flagged more often than `log10_nfa` says.
//! - A scaled or strongly compressed picture has little noise left: JPEG of
//!   quality 90 hides most of what is found in the uncompressed picture.
//! - A part copied within the picture, or taken from a photograph with like noise,
//!   is not seen. Which of two regions is the inserted one is not told.
//! - Nothing found proves nothing.
//!
//! # References
//!
//! - Gardella, Musé, Colom and Morel (2024), Image forgery detection based on
//!   noise inspection: analysis and refinement of the Noisesniffer method, Image
//!   Processing On Line 14, doi:10.5201/ipol.2024.462. Method and constants; on
//!   luma only here, and with the dispersion, which is ours.
//! - Colom and Buades (2013), Analysis and extension of the Ponomarenko et al.
//!   method, Image Processing On Line 3. Low and high frequencies of small blocks.
//! - Jensen and Guttmann (2000), Statistics of lattice animals (polyominoes) and
//!   polygons, Journal of Physics A 33. Number of regions.
//! - Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world,
//!   section 2.2. Conformal p-values.
//! - Cozzolino, Poggi and Verdoliva (2015), Splicebuster: a new blind image
//!   splicing detector, IEEE WIFS. Residual co-occurrences.
//!
//! # Titel
//!
//! Ruis: delen van een foto waarvan de ruis niet die van de rest is
//!
//! # Wat het meet
//!
//! De ruis van een foto hangt af van de helderheid en van wat de camera en de
//! geschiedenis van het bestand ermee deden; binnen één beeld is dat overal
//! hetzelfde. De methode is Noisesniffer, uitgewerkt naar de beschrijving. Alle
//! blokken van 3×3 pixels van de luminantie zonder zwart of wit worden naar
//! gemiddelde in groepen van 20 000 verdeeld. Van elke groep gelden de 10 % met
//! de minste energie bij lage frequenties als homogeen, en daarvan de 50 % met
//! de minste energie bij hoge frequenties als *stil*. In een onbewerkt beeld
//! liggen de stille blokken tussen de homogene als worpen met een munt. Gebieden
//! van cellen van 100×100 pixels groeien zolang het aantal valse alarmen (NFA)
//! daalt.
//!
//! Echte beelden spreiden meer dan munten. Daarom worden de aantallen gedeeld
//! door `dispersion`, de spreiding tussen de cellen van het beeld zelf
//! (`region_log10_nfa`). Een gebied wordt vermeld vanaf NFA < 1 en heet sterk vanaf
//! −10. Ook dan wordt de belofte op echte beelden niet gehouden. `log10_nfa` is
//! daarom geteld: het aandeel echte beelden met een even sterk gebied, onder 341
//! portretten en het beeld zelf (een conforme p-waarde, ten minste −2,5). Dat geldt
//! voor beelden die op die portretten lijken.
//!
//! De tweede kaart toont *patronen in het residu* (als Splicebuster): derde
//! verschillen in drie niveaus, en hoe vaak elk patroon van vier buren in een
//! vierkant van 64 pixels voorkomt; de kaart geeft de afstand tot de rest. Zij
//! heeft **geen controle op valse alarmen**: elk beeld heeft een grootste waarde.
//! Zij wordt getoond en telt nooit mee.
//!
//! # Wanneer het misleidt
//!
//! - Scherptediepte, textuur die homogeen lijkt (huid, stof, lucht) en compressie
//!   laten in een echt beeld in het ene deel minder ruis over dan in het andere.
//!   Nacht- en portretstanden en schoonheidsfilters strijken delen met opzet glad.
//!   Van de ene verzameling echte foto's had de helft een gebied, van een andere een
//!   derde; beelden van een andere soort worden misschien vaker aangewezen dan
//!   `log10_nfa` zegt.
//! - Een geschaald of sterk gecomprimeerd beeld heeft weinig ruis over: JPEG met
//!   kwaliteit 90 verbergt het meeste.
//! - Een deel dat binnen het beeld is gekopieerd of uit een foto met gelijke ruis
//!   komt, wordt niet gezien. Welk van twee gebieden is ingevoegd, is niet bekend.
//! - Niets gevonden bewijst niets.

mod cooccurrence;
mod genuine;
mod regions;
mod say;
mod sniff;

#[cfg(test)]
mod tests;

use self::cooccurrence::Map;
use self::regions::{CELL, Grid, Region};
use self::sniff::Luma;
use super::still::{self, levels};
use super::{Entry, Group, Options, Standing};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "noise",
    group: Group::Coding,
    // Its NFA was counted on portraits alone (`reports/pixel-checks.md`).
    standing: Standing::Historical,
    source: include_str!("noise.rs"),
    make: |_: &Options| {
        still::check(LEAST_SIDE, |frame| {
            let (pixels, width, height) = levels(frame);
            if still::plain(pixels.iter().copied()) {
                return Ok(still::nothing_of_plain());
            }
            Ok(look(&pixels, width, height).report())
        })
    },
};

/// Smallest side of a picture, in pixels: four cells, so that there is a rest
/// to compare with.
const LEAST_SIDE: usize = 4 * CELL;

/// What was found in a picture.
struct Looked {
    size: (usize, usize),
    blocks: usize,
    grid: Grid,
    regions: Vec<Region>,
    /// The least log10 NFA without the dispersion.
    published: f64,
    map: Option<Map>,
}

fn look(pixels: &[u8], width: usize, height: usize) -> Looked {
    let blocks = sniff::blocks(&Luma { pixels, width, height });
    let grid = Grid::new(&blocks, width, height);
    let published = Grid { dispersion: 1.0, ..grid.clone() };
    let published = published.regions().first().map_or(published.log10_tests(1), |r| r.log10_nfa);
    Looked {
        size: (width, height),
        blocks: blocks.len(),
        regions: grid.regions(),
        grid,
        published,
        map: cooccurrence::map(pixels, width, height),
    }
}
