//! Colour filter: whether the camera's pattern runs through the whole picture
//!
//! # What it measures
//!
//! Almost every camera has one colour filter before each pixel, in a pattern of
//! 2×2 (Bayer's: green on one diagonal, red and blue on the other), and works the
//! two missing colours out from neighbours. Worked-out values follow from their
//! neighbours better than measured ones do, in turns of two pixels.
//!
//! Blocks of 8×8 pixels vote. Every pixel of green (of luma, where colour has
//! fewer pixels than light, as in most JPEG files) is predicted as the mean of its
//! four neighbours (Ferrara et al.); the squared errors are summed at the four
//! places of the pattern. Where both places of one diagonal exceed both of the
//! other, the block votes for that diagonal. Without such a pattern a vote for
//! either diagonal is as probable as for the other, and the number of false alarms
//! (NFA) is the binomial tail with chance 1/2 times the number of tests.
//!
//! One thing tells diagonals apart in pictures of any origin: detail that slopes
//! one way together with the blocks of JPEG. Mirrored, it prefers the other
//! diagonal. So blocks whose detail rises and blocks whose detail falls to the
//! right are counted apart, and **both** must exceed chance; the weaker counts.
//! Without this, five of 321 genuine pictures without a trace had an NFA below 10⁻⁵;
//! with it, none of 1251 reached 10⁻²·² (`reports/pixel-checks.md`).
//!
//! - `trace_log10_nfa` tests the whole picture; −5 or less is a trace, and
//!   `trace_share` the share of votes for its diagonal. `diagonal` is 0 where it
//!   holds the top-left pixel, else 1.
//! - `phase_log10_nfa`, `phase_share`: the same for which places of the other
//!   diagonal hold red and which blue, from the differences red − green and
//!   blue − green. Only in pictures with as many pixels of colour as of light.
//! - `foreign_regions`: windows of 64 to 512 pixels in which the other diagonal or
//!   phase wins, as in a part pasted with another offset; from NFA < 1, called
//!   strong from log10 NFA ≤ −5. `strongest_foreign_log10_nfa` and `log10_nfa` are
//!   the least of them. They count only where the rest of the picture is of one
//!   mind, with a share of 0.75 or more: programs that work colours out along edges
//!   make diagonals change with the texture. Where it is not, such windows are
//!   `uneven_regions` and accuse nobody: the finding abstains, and shows its map.
//! - `missing_regions`: windows in which votes for the picture's diagonal are too
//!   few, compared with blocks of as much detail elsewhere and with the scatter of
//!   the other windows. They have **no such control** and are a pointer only.
//!
//! The pairs of places, the two slopes and the missing parts are our own.
//!
//! # When it misleads
//!
//! - Whatever interpolates every other pixel leaves such a trace, a renderer's
//!   textures too: of 20 drawn scenes with bilinear texture all showed one
//!   (log10 NFA down to -24). A trace is therefore no proof of a camera, and
//!   this is a measurement without words.
//! - JPEG washes the trace out: with bilinear colours it was found at quality 95 in
//!   all of 24 test pictures, at 90 in 15 and at 80 in 4; with others in 9 or fewer
//!   at 95. Scaling, turning and messaging
//!   services remove it. Then this method says nothing at all.
//! - No trace says nothing about a picture: phones that merge several exposures,
//!   and strong noise reduction, leave none.
//! - A part moved by an even number of pixels in both directions fits the pattern:
//!   one paste in four is not seen. In most JPEG files only the diagonal can be
//!   told, and one in two is not seen.
//! - Parts that are blurred, clipped or smoothed have no trace of their own:
//!   they may be listed as missing in a genuine picture.
//! - Dither and screens of two pixels have a pattern of their own.
//! - Which diagonal is green, and which places are red, depends on the program
//!   that worked the colours out: the names say what is like, not what it is.
//!
//! # References
//!
//! - Ferrara, Bianchi, De Rosa and Piva (2012), Image forgery localization via
//!   fine-grained analysis of CFA artifacts, IEEE Transactions on Information
//!   Forensics and Security 7. The predictor and the blocks of 8.
//! - Popescu and Farid (2005), Exposing digital forgeries in color filter array
//!   interpolated images, IEEE Transactions on Signal Processing 53. The idea.
//! - Bammey, Grompone von Gioi and Morel (2021), Image forgeries detection through
//!   mosaic analysis, Image Processing On Line 11. Votes of blocks with an NFA.
//!
//! # Titel
//!
//! Kleurenfilter: of het patroon van de camera door het hele beeld loopt
//!
//! # Wat het meet
//!
//! Bijna elke camera heeft vóór elke pixel één kleurenfilter, in een patroon van
//! 2×2 (Bayer: groen op de ene diagonaal, rood en blauw op de andere), en berekent
//! de twee ontbrekende kleuren uit buren. Berekende waarden volgen beter uit hun
//! buren dan gemeten waarden, om de twee pixels.
//!
//! Blokken van 8×8 pixels stemmen. Elke pixel van groen (van de luminantie, als
//! kleur minder pixels heeft dan licht, zoals in de meeste JPEG-bestanden) wordt
//! voorspeld als gemiddelde van vier buren; de gekwadrateerde fouten worden
//! opgeteld op de vier plaatsen van het patroon. Zijn beide plaatsen van de ene
//! diagonaal groter dan beide van de andere, dan stemt het blok op die diagonaal.
//! Zonder patroon zijn beide even waarschijnlijk; het aantal valse alarmen (NFA) is
//! de binomiale staart met kans 1/2 maal het aantal toetsen.
//!
//! Schuin detail samen met de blokken van JPEG kiest ook een diagonaal, maar
//! gespiegeld de andere. Blokken met stijgend en met dalend detail worden daarom
//! apart geteld en **beide** moeten het toeval overtreffen.
//!
//! - `trace_log10_nfa` toetst het hele beeld; −5 of minder is een spoor.
//!   `trace_share` is het aandeel van de stemmen voor die diagonaal.
//! - `phase_log10_nfa`: hetzelfde voor rood en blauw op de andere diagonaal, alleen
//!   als er evenveel pixels kleur als licht zijn.
//! - `foreign_regions`: vensters van 64 tot 512 pixels waarin de andere diagonaal of
//!   fase wint, zoals in een deel dat met een andere verschuiving is geplakt. Zij
//!   tellen alleen als de rest van het beeld eensgezind is (aandeel 0,75 of meer):
//!   programma's die kleuren langs randen berekenen, laten de diagonaal met de
//!   textuur wisselen. Anders heten zij `uneven_regions` en bewijzen zij niets: er
//!   wordt niets geconcludeerd, de kaart wordt wel getoond.
//! - `missing_regions`: vensters met te weinig stemmen voor het spoor van het beeld;
//!   **zonder controle op valse alarmen**, alleen een aanwijzing.
//!
//! De paren van plaatsen, de twee hellingen en de ontbrekende delen zijn van onszelf.
//!
//! # Wanneer het misleidt
//!
//! - Alles wat om de andere pixel interpoleert, laat zo'n spoor achter, ook de
//!   texturen van een tekenprogramma: van 20 getekende taferelen met bilineaire
//!   textuur toonden alle er een (log10 NFA tot -24). Een spoor bewijst dus geen
//!   camera, en dit is een meting zonder woorden.
//! - JPEG wist het spoor uit: met bilineair berekende kleuren werd het bij kwaliteit
//!   95 in alle 24 proefbeelden gevonden, bij 90 in 15 en bij 80 in 4; met andere
//!   in hoogstens 9 bij 95. Schalen, draaien en
//!   berichtendiensten verwijderen het. Dan zegt deze methode niets.
//! - Geen spoor zegt niets over een beeld: telefoons die opnamen samenvoegen en
//!   sterke ruisonderdrukking laten er geen achter.
//! - Een deel dat een even aantal pixels is verplaatst, past in het patroon.
//! - Onscherpe, overbelichte of gladgestreken delen hebben geen eigen spoor en
//!   kunnen in een echt beeld als ontbrekend worden genoemd.
//! - Rasters van twee pixels (dithering, schermen) hebben een eigen patroon.
//! - Welke diagonaal groen is, hangt af van het programma dat de kleuren berekende.

mod colours;
mod missing;
mod regions;
mod say;
mod votes;

#[cfg(test)]
mod tests;

use self::colours::Source;
use self::missing::Missing;
use self::regions::{Region, Tallies};
use self::votes::{BLOCK, Votes};
use super::{Entry, Group, Options, Standing, still};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "cfa",
    group: Group::Spectral,
    // The NFA is of pictures without a trace; of real cameras with one there was
    // a single one to try (`reports/pixel-checks.md`).
    standing: Standing::Historical,
    source: include_str!("cfa.rs"),
    make: |_: &Options| still::check(LEAST_SIDE, |frame| Ok(look(&Source::new(frame)).report())),
};

/// Smallest side of a picture, in pixels: sixteen blocks, so that there is a rest
/// to compare the smallest window with.
const LEAST_SIDE: usize = 16 * BLOCK + 4;
/// From here on a trace or a region is called strong: five decimal places in
/// reserve for blocks that are not quite independent, as for the other votes.
const STRONG: f64 = -5.0;
/// Least share of votes for the picture's own pattern, outside a part, for that
/// part to count as foreign or missing. Where colours are worked out along edges,
/// texture decides in which turn values follow from their neighbours, and parts of
/// an untouched picture differ: so they did up to a share of 0.70 and from there on
/// nowhere (288 pictures of three ways, `reports/pixel-checks.md`).
const LEAST_SHARE: f64 = 0.75;

/// One of two: which diagonal, or which phase on it.
#[derive(Clone, Copy, Debug)]
struct Choice {
    /// The one with more votes.
    side: usize,
    /// Over the whole picture.
    log10_nfa: f64,
    /// Share of the votes for it.
    share: f64,
}

/// What was found in a picture.
struct Looked {
    votes: Votes,
    diagonal: Choice,
    /// `None` without a strong diagonal, or without full colour.
    phase: Option<Choice>,
    /// Where another diagonal or phase wins while the rest is of one mind,
    /// strongest first.
    foreign: Vec<Region>,
    /// Where one wins and the rest is not, strongest first.
    uneven: Vec<Region>,
    missing: Vec<Missing>,
    log10_tests: f64,
}

fn look(source: &Source<'_>) -> Looked {
    let votes = votes::votes(source);
    let tallies = Tallies::new(&votes, |vote| vote.diagonal());
    let diagonal = tallies.whole();
    let strong = diagonal.log10_nfa <= STRONG;
    let phases = (strong && source.colour)
        .then(|| Tallies::new(&votes, |vote| vote.phase(1 - diagonal.side)));
    let phase = phases.as_ref().map(Tallies::whole);
    let windows = tallies.windows();
    // Either diagonal where the picture has none of its own, and either phase.
    let tests = windows.len() * (2 + 2 * usize::from(phases.is_some()));
    let log10_tests = (tests.max(1) as f64).log10();
    let mut found = Vec::new();
    let sides: &[usize] = if strong { &[1 - diagonal.side] } else { &[0, 1] };
    for &side in sides {
        tallies.judge(&windows, side, log10_tests, false, &mut found);
    }
    if let (Some(phases), Some(phase)) = (&phases, phase.filter(|p| p.log10_nfa <= STRONG)) {
        phases.judge(&windows, 1 - phase.side, log10_tests, true, &mut found);
    }
    let (foreign, uneven) =
        found.into_iter().partition(|region| strong && region.rest >= LEAST_SHARE);
    let missing = if strong {
        missing::missing(&votes, diagonal.side, &tallies, &windows)
    } else {
        Vec::new()
    };
    Looked {
        diagonal,
        phase,
        foreign: regions::merged(foreign),
        uneven: regions::merged(uneven),
        missing,
        log10_tests,
        votes,
    }
}
