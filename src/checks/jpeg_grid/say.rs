//! The finding: numbers, state, words.

use super::zero::Trace;
use super::{BLOCK_VIDEO, JpegGrid, LEAST_SIDE, Seen, draw};
use crate::checks::jpeg_ghost::FOURS;
use crate::checks::{Finding, Measurement, Status};
use crate::text::Text;

/// From here on a region is called strong: five decimal places in reserve for
/// votes that are not quite independent. On our genuine photographs most false
/// alarms of missing regions lay above it, and there were none of foreign ones.
const STRONG: f64 = -5.0;

/// A region with the frame it stands in, its NFA counting all frames.
struct Listed<'a> {
    seen: &'a Seen,
    foreign: bool,
    trace: Trace,
}

impl JpegGrid {
    /// The finding after the last frame.
    pub(super) fn report(self) -> Finding {
        if self.frames.is_empty() {
            return self.nothing();
        }
        if self.frames.iter().all(|seen| 64 * seen.voters < seen.pixels) {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    "Hardly any pixel could vote: the picture is flat, or constant along rows or columns.",
                    "Vrijwel geen pixel kon stemmen: het beeld is egaal, of constant langs rijen of kolommen.",
                ),
            );
        }
        let frames = (self.frames.len() as f64).log10();
        let listed = self.listed(frames);
        let count = |foreign| listed.iter().filter(|l| l.foreign == foreign).count();
        let best =
            |foreign| listed.iter().find(|l| l.foreign == foreign).map(|l| l.trace.log10_nfa);
        let (mut grid, mut nfa, mut tests) = (0, f64::INFINITY, f64::NEG_INFINITY);
        for seen in &self.frames {
            if seen.first.1 + frames < nfa {
                (grid, nfa) = (seen.first.0, seen.first.1 + frames);
            }
            tests = tests.max(seen.log10_tests + frames);
        }
        let main = (nfa < 0.0).then_some(grid);
        let strongest = best(true).into_iter().chain(best(false)).reduce(f64::min);

        let state = state(main, best(true), best(false));
        let mut finding = Finding::new(Status::Derived, self.summary(state, main, nfa, &listed));
        finding.state = Some(state.to_owned());
        finding.log10_nfa = Some(strongest.unwrap_or(tests));
        if let Some(main) = main {
            finding.value("main_grid", "1", f64::from(main));
        }
        finding.value("log10_nfa", "1", nfa);
        finding.value("region_log10_nfa", "1", strongest.unwrap_or(tests));
        finding.value("foreign_regions", "1", count(true) as f64);
        finding.value("missing_regions", "1", count(false) as f64);
        let fours: usize = self.frames.iter().map(|seen| seen.fours).sum();
        finding.value("regions_four_apart", "1", fours as f64);
        finding.value("regions_throughout", "1", self.throughout as f64);
        if let Some(best) = listed.iter().find(|l| l.foreign) {
            finding.value("strongest_foreign_log10_nfa", "1", best.trace.log10_nfa);
            finding.value("strongest_foreign_grid", "1", f64::from(best.trace.region.grid));
        }
        // Without a region, what a region of no votes has: the number of tests.
        if listed.iter().all(|l| !l.foreign) {
            finding.value("strongest_foreign_log10_nfa", "1", tests);
        }
        if let Some(best) = best(false) {
            finding.value("strongest_missing_log10_nfa", "1", best);
        }
        if let Some(shown) = self.shown.as_ref().filter(|_| !listed.is_empty()) {
            finding.value("region_share", "1", shown.covered);
        }
        finding.value("log10_tests", "1", tests);
        finding.value("frames", "1", self.frames.len() as f64);
        let voters: u64 = self.frames.iter().map(|seen| seen.voters).sum();
        let pixels: u64 = self.frames.iter().map(|seen| seen.pixels).sum();
        finding.value("voting_share", "1", voters as f64 / pixels.max(1) as f64);

        if let Some(shown) = &self.shown {
            finding.figures = draw::maps(shown, main.is_some(), !listed.is_empty());
        }
        let rows =
            listed.iter().map(|l| ((!self.still).then_some(l.seen.time_s), l.foreign, &l.trace));
        finding.figures.extend(draw::table(rows));
        finding.warnings = self.warnings(&listed);
        if !self.still {
            finding.measurements = self.frames.iter().flat_map(measured).collect();
        }
        finding
    }

    /// Whether the file's own coding votes for several grids by itself.
    fn fours(&self) -> bool {
        FOURS.contains(&self.codec.as_str())
    }

    /// The regions that remain when all frames count as tries, strongest first;
    /// none where the file's own coding makes such regions.
    fn listed(&self, frames: f64) -> Vec<Listed<'_>> {
        let mut listed = Vec::new();
        if self.fours() {
            return listed;
        }
        for seen in &self.frames {
            for (foreign, traces) in [(true, &seen.foreign), (false, &seen.missing)] {
                for trace in traces.iter().filter(|trace| trace.log10_nfa + frames < 0.0) {
                    let trace =
                        Trace { log10_nfa: trace.log10_nfa + frames, region: trace.region.clone() };
                    listed.push(Listed { seen, foreign, trace });
                }
            }
        }
        listed.sort_by(|a, b| a.trace.log10_nfa.total_cmp(&b.trace.log10_nfa));
        listed
    }

    /// The abstention when no picture was looked at.
    fn nothing(&self) -> Finding {
        if let Some((width, height)) = self.too_small {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!(
                        "The picture has {width}×{height} pixels; {LEAST_SIDE} on each side are needed."
                    ),
                    format!(
                        "Het beeld heeft {width}×{height} pixels; nodig zijn er {LEAST_SIDE} aan elke zijde."
                    ),
                ),
            );
        }
        let (status, en, nl) = if self.codec.is_empty() {
            (Status::NotApplicable, "There is no picture.", "Er is geen beeld.")
        } else if self.intra || self.still {
            (Status::Insufficient, "No picture was decoded.", "Er is geen beeld gedecodeerd.")
        } else {
            (
                Status::NotApplicable,
                "The decoder marks no picture as intra-coded.",
                "De decoder merkt geen enkel beeld aan als intra-gecodeerd.",
            )
        };
        Finding::abstain(status, Text::new(en, nl))
    }

    fn summary(&self, state: &str, main: Option<u8>, nfa: f64, listed: &[Listed<'_>]) -> Text {
        // Votes are independent only nearly: far down the number is not meant.
        let shown = if nfa < -100.0 { "< -100".to_owned() } else { format!("{nfa:.1}") };
        let (mut en, mut nl) = match main {
            None => (
                "No overall 8×8 grid of an earlier compression was found.".to_owned(),
                "Er is geen 8×8-raster van een eerdere compressie over het hele beeld gevonden."
                    .to_owned(),
            ),
            Some(grid) => {
                let (x, y) = (grid % 8, grid / 8);
                let mut en = format!(
                    "The picture carries the 8×8 grid of a compression with its origin at ({x}, {y}) (log10 NFA of this grid {shown})."
                );
                let mut nl = format!(
                    "Het beeld draagt het 8×8-raster van een compressie met de oorsprong in ({x}, {y}) (log10 NFA van dit raster {shown})."
                );
                if grid != 0 && !self.fours() && x % 4 == 0 && y % 4 == 0 {
                    en.push_str(" It does not lie at the top-left corner: after that compression the picture was cut or shifted, or only a part of it carries the grid; or it was coded with blocks of four pixels, as WebP and video are.");
                    nl.push_str(" Het ligt niet in de hoek linksboven: na die compressie is het beeld uitgesneden of verschoven, of alleen een deel ervan draagt het raster; of het was gecodeerd met blokken van vier pixels, zoals WebP en video.");
                } else if grid != 0 && !self.fours() {
                    en.push_str(" It does not lie at the top-left corner: after that compression the picture was cut or shifted, or only a part of it, pasted in, carries the grid.");
                    nl.push_str(" Het ligt niet in de hoek linksboven: na die compressie is het beeld uitgesneden of verschoven, of alleen een ingeplakt deel ervan draagt het raster.");
                }
                (en, nl)
            }
        };
        let (more_en, more_nl) = match (listed.first(), state) {
            _ if self.fours() => (
                format!(
                    "It may be that of the file's own coding ({}), whose smaller blocks vote for several grids: where it lies and whether regions deviate is not judged.",
                    self.codec
                ),
                format!(
                    "Het kan dat van de eigen codering van het bestand zijn ({}), waarvan de kleinere blokken voor meer rasters stemmen: waar het ligt en of er gebieden afwijken, wordt niet beoordeeld.",
                    self.codec
                ),
            ),
            (None, _) => (
                "No region deviates from this; that does not exclude manipulation.".to_owned(),
                "Geen gebied wijkt daarvan af; dat sluit bewerking niet uit.".to_owned(),
            ),
            (Some(best), _) => {
                let nfa = best.trace.log10_nfa;
                let [left, top, right, bottom] = best.trace.region.bounds;
                let (kind_en, kind_nl) = if best.foreign {
                    ("on another grid", "op een ander raster")
                } else {
                    ("that lack the grid", "waar het raster ontbreekt")
                };
                let (word_en, word_nl) = if nfa <= STRONG {
                    (
                        "a strong trace that this part has another compression history than its surroundings, or that the whole was compressed before on that grid (then turned, mirrored or cut) and shows it best here",
                        "een sterk spoor dat dit deel een andere compressiegeschiedenis heeft dan de omgeving, of dat het geheel eerder op dat raster is gecomprimeerd (daarna gedraaid, gespiegeld of bijgesneden) en dat hier het best toont",
                    )
                } else {
                    (
                        "a weak trace, no more than a reason to look there",
                        "een zwak spoor, niet meer dan een reden om daar te kijken",
                    )
                };
                (
                    format!(
                        "Regions found: {}. The strongest of them, among those {kind_en}, spans {left},{top}–{right},{bottom} with log10 NFA {nfa:.1}: {word_en}. It does not say who or what caused it.",
                        listed.len()
                    ),
                    format!(
                        "Gevonden gebieden: {}. Het sterkste, een van die {kind_nl}, beslaat {left},{top}–{right},{bottom} met log10 NFA {nfa:.1}: {word_nl}. Het zegt niet wie of wat dat veroorzaakte.",
                        listed.len()
                    ),
                )
            }
        };
        for (text, more) in [(&mut en, more_en), (&mut nl, more_nl)] {
            text.push(' ');
            text.push_str(&more);
        }
        Text::measured(en, nl)
    }

    fn warnings(&self, listed: &[Listed<'_>]) -> Vec<Text> {
        let mut warnings = vec![Text::new(
            "The number of false alarms holds for untouched pictures and takes neighbouring votes as independent, which they are by approximation only. It is no likelihood ratio.",
            "Het aantal valse alarmen geldt voor onbewerkte beelden en neemt naburige stemmen als onafhankelijk, wat bij benadering klopt. Het is geen likelihood ratio.",
        )];
        if listed.iter().any(|l| !l.foreign) {
            warnings.push(Text::new(
                "Missing grid is the weaker of the two findings: look at the picture itself for overexposure, haze or a caption at that place.",
                "Een ontbrekend raster is de zwakkere van de twee vondsten: bekijk in het beeld zelf of daar overbelichting, waas of een onderschrift is.",
            ));
        }
        let fours: usize = self.frames.iter().map(|seen| seen.fours).sum();
        if fours > 0 && !self.fours() {
            warnings.push(Text::new(
                format!("Regions on grids four pixels from the others: {fours}. Coding with blocks of four (WebP, a frame of a video) makes them by itself; they are not told as foreign. A part pasted in would lie so in three cases of 64."),
                format!("Gebieden op rasters die vier pixels van de andere af liggen: {fours}. Codering met blokken van vier (WebP, een beeld uit een video) maakt die vanzelf; ze worden niet als vreemd gemeld. Een ingeplakt deel zou in drie van de 64 gevallen zo liggen."),
            ));
        }
        if self.throughout > 0 {
            let n = self.throughout;
            warnings.push(Text::new(
                format!("Regions on a grid that the whole picture carries from an earlier compression (turned, mirrored or cut since): {n}. They are not told as foreign."),
                format!("Gebieden op een raster dat het hele beeld van een eerdere compressie heeft (sindsdien gedraaid, gespiegeld of bijgesneden): {n}. Ze worden niet als vreemd gemeld."),
            ));
        }
        if !self.still && !self.fours() && !BLOCK_VIDEO.contains(&self.codec.as_str()) {
            warnings.push(Text::new(
                format!("The video is coded as {}, whose prediction and smoothing of block edges this method was not made for.", self.codec),
                format!("De video is gecodeerd als {}; voor de voorspelling en het gladstrijken van blokranden daarin is deze methode niet gemaakt.", self.codec),
            ));
        }
        warnings
    }
}

fn state(main: Option<u8>, foreign: Option<f64>, missing: Option<f64>) -> &'static str {
    let strong = |nfa: Option<f64>| nfa.is_some_and(|nfa| nfa <= STRONG);
    match (strong(foreign), strong(missing)) {
        (true, true) => "foreign-and-missing-grid",
        (true, false) => "foreign-grid",
        (false, true) => "missing-grid",
        (false, false) if foreign.is_some() || missing.is_some() => "weak-traces",
        (false, false) if main.is_some() => "one-grid",
        (false, false) => "no-grid",
    }
}

/// The rows of one frame of a video; its NFAs count that frame alone.
fn measured(seen: &Seen) -> Vec<Measurement> {
    let row = |quantity, value| Measurement {
        quantity,
        unit: "1",
        time_s: Some(seen.time_s),
        frame: Some(seen.index),
        track: None,
        value,
    };
    let mut rows = vec![row("frame_log10_nfa", seen.first.1)];
    if seen.first.1 < 0.0 {
        rows.push(row("frame_main_grid", f64::from(seen.first.0)));
    }
    rows.push(row("frame_foreign_regions", seen.foreign.len() as f64));
    if let Some(strongest) = seen.strongest() {
        rows.push(row("frame_region_log10_nfa", strongest));
    }
    rows
}
