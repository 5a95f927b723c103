//! The finding: numbers, states, words, map.

use super::regions::Region;
use super::votes::{BLOCK, START};
use super::{Choice, LEAST_SHARE, Looked, STRONG};
use crate::checks::still::map;
use crate::checks::{Figure, Finding, Status};
use crate::text::Text;

/// Most cells of the map on a side; finer would not be seen.
const MOST_CELLS: usize = 128;
/// Least blocks on a side of a cell of the map: fewer have hardly any votes.
const LEAST_CELL: usize = 2;
/// Rows of the table.
const ROWS: usize = 12;
/// A trace that is too weak, or not of one mind: parts are not compared.
const UNEVEN: &str = "uneven";

impl Looked {
    pub(super) fn report(&self) -> Finding {
        let strongest = self.foreign.first();
        let state = self.state();
        let mut finding = match state {
            None => Finding::abstain(Status::Insufficient, nothing()),
            Some(UNEVEN) => Finding::abstain(Status::Insufficient, uneven()),
            Some(state) => {
                let mut finding = Finding::new(Status::Derived, self.summary(state));
                finding.state = Some(state.into());
                finding.log10_nfa =
                    Some(strongest.map_or(self.log10_tests, |region| region.log10_nfa));
                finding
            }
        };
        finding.value("trace_log10_nfa", "1", finite(self.diagonal.log10_nfa));
        finding.value("trace_share", "1", self.diagonal.share);
        if state.is_some() {
            finding.value("diagonal", "1", self.diagonal.side as f64);
        }
        if let Some(Choice { log10_nfa, share, .. }) = self.phase {
            finding.value("phase_log10_nfa", "1", finite(log10_nfa));
            finding.value("phase_share", "1", share);
        }
        finding.value("foreign_regions", "1", self.foreign.len() as f64);
        if let Some(region) = strongest {
            finding.value("strongest_foreign_log10_nfa", "1", region.log10_nfa);
            finding.value("log10_nfa", "1", region.log10_nfa);
        } else {
            finding.value("log10_nfa", "1", self.log10_tests);
        }
        finding.value("uneven_regions", "1", self.uneven.len() as f64);
        finding.value("missing_regions", "1", self.missing.len() as f64);
        finding.value("log10_tests", "1", self.log10_tests);
        let voting = self.votes.blocks.iter().flatten().count() as f64;
        finding.value("voting_share", "1", voting / self.votes.blocks.len().max(1) as f64);
        if state.is_some() {
            finding.figures.push(self.balance());
        }
        if !(self.foreign.is_empty() && self.uneven.is_empty() && self.missing.is_empty()) {
            finding.figures.push(self.table());
        }
        if !self.missing.is_empty() {
            finding.warnings.push(Text::new(
                "Parts without the trace are listed without a control of false alarms: blur, smooth surfaces and noise reduction remove it in genuine pictures too.",
                "Delen zonder het spoor worden genoemd zonder controle op valse alarmen: onscherpte, gladde vlakken en ruisonderdrukking verwijderen het ook in echte beelden.",
            ));
        }
        finding
    }

    /// `None` where nothing can be compared.
    fn state(&self) -> Option<&'static str> {
        let trace = self.diagonal.log10_nfa <= STRONG;
        let strong = |regions: &[Region]| regions.first().is_some_and(|r| r.log10_nfa <= STRONG);
        if strong(&self.foreign) {
            Some("foreign-regions")
        } else if strong(&self.uneven) || (trace && self.diagonal.share < LEAST_SHARE) {
            Some(UNEVEN)
        } else if !self.missing.is_empty() {
            Some("missing-regions")
        } else {
            trace.then_some("one-pattern")
        }
    }

    fn summary(&self, state: &str) -> Text {
        let nfa = finite(self.diagonal.log10_nfa);
        let best = self.foreign.first();
        let (place, foreign) =
            best.map_or_else(Default::default, |r| (bounds(r.bounds), r.log10_nfa));
        let trace = Text::measured(
            format!("A camera's colour filter left its trace (log10 NFA {nfa:.1})"),
            format!(
                "Het kleurenfilter van een camera heeft een spoor achtergelaten (log10 NFA {nfa:.1})"
            ),
        );
        let (en, nl) = match state {
            "foreign-regions" => (
                format!("; in {place} px the pattern lies otherwise (log10 NFA {foreign:.1})."),
                format!("; in {place} px ligt het patroon anders (log10 NFA {foreign:.1})."),
            ),
            "missing-regions" => (
                "; it seems to be missing in a part, which is a pointer only.".to_owned(),
                "; in een deel lijkt het te ontbreken, wat alleen een aanwijzing is.".to_owned(),
            ),
            _ => (
                "; no part was found whose pattern lies otherwise.".to_owned(),
                "; er is geen deel gevonden waar het patroon anders ligt.".to_owned(),
            ),
        };
        Text::new(trace.en + &en, trace.nl + &nl)
    }

    /// Votes for the picture's diagonal less those for the other, over both.
    fn balance(&self) -> Figure {
        let (columns, rows) = (self.votes.columns, self.votes.rows);
        let cell = columns.max(rows).div_ceil(MOST_CELLS).max(LEAST_CELL);
        let (across, down) = (columns / cell, rows / cell);
        let mut values = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let (mut with, mut all) = (0.0f32, 0.0f32);
                for y in row * cell..(row + 1) * cell {
                    let line = &self.votes.blocks[y * columns + column * cell..][..cell];
                    for (_, side) in line.iter().flatten().filter_map(|vote| vote.diagonal()) {
                        with += if side == self.diagonal.side { 1.0 } else { -1.0 };
                        all += 1.0;
                    }
                }
                values.push(if all > 0.0 { with / all } else { 0.0 });
            }
        }
        let to = |cells: usize| 2 * START + cells * cell * BLOCK;
        map(
            Text::new(
                "Colour filter: votes for the picture's pattern (1), for neither (0), for the other (−1); pixels as coded",
                "Kleurenfilter: stemmen voor het patroon van het beeld (1), voor geen (0), voor het andere (−1); pixels zoals gecodeerd",
            ),
            Text::new("balance of votes", "saldo van stemmen"),
            (across, down),
            values,
            (to(across), to(down)),
        )
    }

    fn table(&self) -> Figure {
        let foreign = self.foreign.iter().chain(&self.uneven).take(ROWS).map(|r| {
            let kind = match (r.rest >= LEAST_SHARE, r.phase) {
                (false, _) => "?",
                (true, true) => "R↔B",
                (true, false) => "⤢",
            };
            vec![
                kind.to_owned(),
                bounds(r.bounds),
                format!("{:.2}", r.share),
                format!("{:.1}", r.log10_nfa),
            ]
        });
        let missing = self.missing.iter().take(ROWS).map(|m| {
            vec![
                "–".to_owned(),
                bounds(m.bounds),
                format!("{:.2}", m.share),
                format!("z = {:.1}", m.z),
            ]
        });
        Figure::Table {
            title: Text::new(
                "Parts whose pattern lies otherwise (⤢ other diagonal, R↔B red and blue exchanged, ? in a picture not of one mind) or is missing (–)",
                "Delen waar het patroon anders ligt (⤢ andere diagonaal, R↔B rood en blauw verwisseld, ? in een beeld dat niet eensgezind is) of ontbreekt (–)",
            ),
            columns: vec![
                Text::new("kind", "soort"),
                Text::new("left, top – right, bottom (px)", "links, boven – rechts, onder (px)"),
                Text::new("share of votes", "aandeel stemmen"),
                Text::same("log10 NFA"),
            ],
            rows: foreign.chain(missing).collect(),
        }.numbers()
    }
}

fn nothing() -> Text {
    Text::new(
        "No trace of a camera's colour filter was found: compression, scaling or the processing of the picture left none, or there never was one. Nothing can be compared.",
        "Er is geen spoor van het kleurenfilter van een camera gevonden: compressie, schaling of bewerking liet er geen over, of het was er nooit. Er valt niets te vergelijken.",
    )
}

fn uneven() -> Text {
    Text::new(
        "A camera's colour filter left a weak trace, or one that differs from part to part. Compression weakens it, and programs that work colours out along edges make it differ: parts cannot be compared.",
        "Het kleurenfilter van een camera heeft een zwak spoor achtergelaten, of een dat van deel tot deel verschilt. Compressie verzwakt het, en programma's die kleuren langs randen berekenen laten het verschillen: delen zijn niet te vergelijken.",
    )
}

fn bounds([left, top, right, bottom]: [usize; 4]) -> String {
    format!("{left}, {top} – {right}, {bottom}")
}

/// A number that can be written: tails below the smallest double are told as
/// that one.
fn finite(log10_nfa: f64) -> f64 {
    log10_nfa.max(-1e9)
}
