//! Copy-move: parts of a picture that return elsewhere in it
//!
//! # What it measures
//!
//! Who hides something in a photograph often covers it with another part of the
//! same photograph; who wants more of something pastes it again. Keypoints are
//! taken from the luma (extrema of differences of Gaussians, with descriptors of
//! 128 gradients that a turn and a change of scale leave alone), and each is
//! compared with all others. A pair counts when it is far nearer than the next
//! one, which leaves out texture that repeats many times. Pairs that follow one
//! and the same motion (shift, turn, scale) form a cluster. Its number of false
//! alarms (NFA) says how many clusters of so many pairs are expected if pairs
//! pointed anywhere: the binomial tail times the number of motions tried.
//!
//! Chance is not the only thing that makes pairs agree: two equal windows do it
//! as well. So each cluster is followed by the pixels. Around its keypoints the
//! area grows where windows of 11×11 pixels correlate with those that the motion
//! takes them to, and in that area the *finest detail* is compared, each pixel
//! less the mean of its neighbours: a copy shares its noise with the original,
//! two windows do not. A cluster is called a *copy* from log10 NFA ≤ −5 with a
//! median correlation of the finest detail of 0.6 or more, and *similar parts*
//! otherwise. Pictures of more than four megapixels are reduced first, by a
//! whole factor; values are in pixels of the picture itself. `copies` and
//! `similar_parts` count them; `fine_correlation`, `scale`, `turn_deg` and
//! `shift_x_px`, `shift_y_px` describe the strongest.
//! The limits −5 and 0.6 are our own (`reports/pixel-checks.md`).
//!
//! # When it misleads
//!
//! - Compression after the copying takes the noise away: of 60 copies that we
//!   made in photographs of faces 37 were called copies at JPEG quality 95 and 8 at
//!   75; in all 47 and 49 were at least listed as similar parts
//!   (`reports/pixel-checks.md`).
//! - Smooth parts (sky, skin, a wall) have no keypoints; removal of an object by
//!   smooth background is not found. Mirrored copies are not looked for.
//! - What is printed, typed or drawn on the picture (captions, logos, stars, a
//!   collage, a test pattern) returns exactly without anybody having hidden
//!   anything; so do frames and borders added by a program. Look at the map.
//! - Repeated architecture and fabric give similar parts. They are listed and
//!   accuse nobody. After strong compression their detail can correlate too.
//! - The NFA guards against chance agreement of keypoints only, not against
//!   real repetition. Nothing found proves nothing.
//!
//! # References
//!
//! - Lowe (2004), Distinctive image features from scale-invariant keypoints,
//!   International Journal of Computer Vision 60. Keypoints and constants.
//! - Amerini, Ballan, Caldelli, Del Bimbo and Serra (2011), A SIFT-based forensic
//!   method for copy-move attack detection, IEEE Transactions on Information
//!   Forensics and Security 6. Ratio test with several copies.
//! - Moisan and Stival (2004), A probabilistic criterion to detect rigid point
//!   matches, International Journal of Computer Vision 57. The form of the NFA.
//!
//! # Titel
//!
//! Kopiëren en plakken: delen van een beeld die elders in dat beeld terugkeren
//!
//! # Wat het meet
//!
//! Wie in een foto iets wil verbergen, bedekt het vaak met een ander deel van
//! dezelfde foto; wie van iets meer wil, plakt het nog eens. Uit de luminantie
//! worden kenmerkende punten genomen (extremen van verschillen van
//! Gauss-vervagingen, met 128 gradiënten als omschrijving, ongevoelig voor
//! draaiing en schaal), en elk wordt met alle andere vergeleken. Een paar telt
//! als het veel dichter bij elkaar ligt dan het volgende; textuur die zich vaak
//! herhaalt valt daardoor af. Paren met dezelfde beweging (verschuiving,
//! draaiing, schaal) vormen een groep. Het aantal valse alarmen (NFA) zegt
//! hoeveel groepen met zo veel paren te verwachten zijn als paren willekeurig
//! wezen.
//!
//! Ook twee gelijke ramen geven zulke paren. Daarom wordt elke groep aan de
//! pixels getoetst. Het gebied groeit waar vensters van 11×11 pixels
//! correleren, en daarin wordt het *fijnste detail* vergeleken, elke pixel min
//! het gemiddelde van zijn buren: een kopie deelt haar ruis met het origineel,
//! twee ramen niet. Een groep heet een *kopie* vanaf log10 NFA ≤ −5 met een
//! mediane correlatie van het fijnste detail van 0,6 of meer, en anders
//! *gelijkende delen*. Beelden van meer dan vier megapixel worden eerst
//! verkleind.
//! De grenzen −5 en 0,6 zijn van onszelf (`reports/pixel-checks.md`).
//!
//! # Wanneer het misleidt
//!
//! - Compressie na het kopiëren neemt de ruis weg: van 60 zelfgemaakte
//!   kopieën in foto's van gezichten werden er bij JPEG-kwaliteit 95 37 kopie genoemd
//!   en bij 75 8; in totaal werden er 47 en 49 ten minste als gelijkend vermeld.
//! - Gladde delen (lucht, huid, een muur) hebben geen kenmerkende punten. Naar
//!   gespiegelde kopieën wordt niet gezocht.
//! - Wat op het beeld gedrukt, getypt of getekend is (onderschriften, logo's,
//!   een collage, een testbeeld), keert exact terug zonder dat iemand iets
//!   verborgen heeft. Bekijk de kaart.
//! - Herhaling in bouwwerken en weefsel geeft gelijkende delen. Die worden
//!   vermeld en beschuldigen niemand.
//! - De NFA beschermt alleen tegen toevallige overeenstemming van punten, niet
//!   tegen werkelijke herhaling. Niets gevonden bewijst niets.

mod cluster;
mod dense;
mod keys;
mod matches;
mod pyramid;
mod say;

#[cfg(test)]
mod tests;

use self::cluster::Motion;
use self::dense::Part;
use super::{Entry, Group, Options, Standing, still};
use crate::media::Gray;
use crate::signal::stats::median;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "copy-move",
    group: Group::Coding,
    standing: Standing::Indicator,
    source: include_str!("copy_move.rs"),
    make: |_: &Options| still::check(LEAST_SIDE, |frame| Ok(look(frame.luma_f32(None)).report())),
};

/// Smallest side of a picture, in pixels: less has no room for two parts.
const LEAST_SIDE: usize = 128;
/// Pixels above which a picture is reduced, to keep within a second or two.
const MOST_PIXELS: usize = 4_000_000;
/// A cluster is called a copy from these on. Of 426 genuine photographs none
/// passed both, 12 passed the first and one the second (`reports/pixel-checks.md`).
const COPY_LOG10_NFA: f64 = -5.0;
const COPY_FINE: f32 = 0.6;
/// Fewest cells of a part that is called a copy: 40 windows 4 pixels apart.
const COPY_CELLS: usize = 40;

/// Fewest pairs of keypoints of a copy: two enlarged genuine photographs passed all
/// else on five, over a thousandth of the picture.
const COPY_PAIRS: usize = 6;
/// How far the parts lie apart at least, in roots of their area: a thing that is
/// copied is copied to somewhere else, while a texture resembles itself a little
/// further on.
const LEAST_APART: f32 = 0.5;

/// What was found in a picture.
struct Looked {
    size: (usize, usize),
    /// Pixels of the picture to one that was looked at.
    factor: usize,
    keys: usize,
    matches: usize,
    log10_tests: f64,
    found: Vec<Found>,
    /// Whether half of the picture is of one tone, as screen shots, documents and
    /// drawings are: type and marks repeat there exactly.
    plain: bool,
}

/// A cluster and its part.
struct Found {
    motion: Motion,
    pairs: usize,
    /// A pair near the middle of the list, for the shift.
    middle: [(f32, f32); 2],
    log10_nfa: f64,
    part: Part,
}

impl Found {
    fn is_copy(&self) -> bool {
        self.log10_nfa <= COPY_LOG10_NFA
            && self.part.fine >= COPY_FINE
            && self.part.cells.len() >= COPY_CELLS
            && self.pairs >= COPY_PAIRS
            && self.apart()
    }

    /// Whether the part and its like do not lie over each other.
    fn apart(&self) -> bool {
        let shifts = self.part.cells.iter().map(|&(x, y)| {
            let (u, v) = self.motion.apply((x as f32, y as f32));
            f64::from((u - x as f32).hypot(v - y as f32))
        });
        let area = (self.part.cells.len() * dense::STEP * dense::STEP) as f32;
        let shift = median(&mut shifts.collect::<Vec<_>>()).unwrap_or(0.0) as f32;
        shift >= LEAST_APART * area.sqrt()
    }
}

/// Looks for copies in a picture of luma.
fn look(picture: Gray) -> Looked {
    let size = (picture.width, picture.height);
    let mut factor = 1;
    while size.0 * size.1 > MOST_PIXELS * factor * factor {
        factor += 1;
    }
    let picture = reduced(picture, factor);
    let plain = still::plain(still::rounded(&picture));
    let keys = keys::keys(&picture);
    let list = matches::matches(&keys);
    let (clusters, log10_tests) = cluster::clusters(&keys, &list, (picture.width, picture.height));
    let detail = dense::detail(&picture);
    let mut found: Vec<Found> = clusters
        .iter()
        .map(|cluster| Found {
            motion: cluster.motion,
            pairs: cluster.pairs.len(),
            middle: cluster.pairs.get(cluster.pairs.len() / 2).copied().unwrap_or_default(),
            log10_nfa: cluster.log10_nfa,
            part: dense::part(&picture, &detail, cluster),
        })
        .collect();
    found.sort_by(|a, b| b.is_copy().cmp(&a.is_copy()).then(a.log10_nfa.total_cmp(&b.log10_nfa)));
    Looked { size, factor, keys: keys.len(), matches: list.len(), log10_tests, found, plain }
}

/// The picture with squares of `factor` pixels averaged.
fn reduced(picture: Gray, factor: usize) -> Gray {
    if factor <= 1 {
        return picture;
    }
    let (width, height) = (picture.width / factor, picture.height / factor);
    let mut data = vec![0.0f32; width * height];
    for (y, row) in data.chunks_exact_mut(width).enumerate() {
        for source in
            picture.data[y * factor * picture.width..].chunks_exact(picture.width).take(factor)
        {
            for (sum, pixels) in row.iter_mut().zip(source.chunks_exact(factor)) {
                *sum += pixels.iter().sum::<f32>();
            }
        }
    }
    let area = (factor * factor) as f32;
    data.iter_mut().for_each(|value| *value /= area);
    Gray { width, height, data }
}
