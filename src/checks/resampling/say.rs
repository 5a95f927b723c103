//! The finding: numbers, state, words, figure.

use super::factor::{Factor, factor};
use super::periodic::{LEAST_TILES, Measured, Peak};
use crate::checks::finding::Axis;
use crate::checks::{Figure, Finding, Status};
use crate::text::Text;

/// From here on the picture is called resampled: one of 424 genuine photographs
/// reached it, with the lines of a real enlargement (`reports/pixel-checks.md`).
const STRONG: f64 = -5.0;
/// Rows of the table of peaks.
const ROWS: usize = 12;

/// For pictures in which too few tiles say anything.
pub(super) fn flat() -> Finding {
    Finding::abstain(
        Status::Insufficient,
        Text::new(
            format!("Fewer than {LEAST_TILES} tiles of the picture have any detail."),
            format!("Minder dan {LEAST_TILES} tegels van het beeld bevatten detail."),
        ),
    )
}

impl Measured {
    /// log10 NFA of the strongest peak; without one, the number of tests.
    pub(super) fn least(&self) -> f64 {
        self.peaks.first().map_or(self.log10_tests, |peak| peak.log10_nfa)
    }

    /// The scaling of a picture that is called resampled.
    pub(super) fn factor(&self) -> Option<Factor> {
        factor(&self.peaks, self.side).filter(|_| self.least() <= STRONG)
    }

    pub(super) fn report(&self) -> Finding {
        let strongest = self.peaks.first();
        let least = self.least();
        let state = match strongest {
            None => "none",
            Some(_) if least > STRONG => "weak-peaks",
            Some(_) => "resampled",
        };
        let found = self.factor();
        let turn = strongest.filter(|_| state == "resampled" && found.is_none()).map(turn_deg);
        let mut finding = Finding::new(Status::Derived, Text::default());
        finding.state = Some(state.into());
        finding.log10_nfa = Some(least);
        finding.value("log10_nfa", "1", least);
        finding.value("peaks", "1", self.peaks.len() as f64);
        finding.value("tiles", "1", self.tiles as f64);
        finding.value("tile_side", "px", self.side as f64);
        let grid = self.grid.first().map_or(self.log10_tests, |peak| peak.log10_nfa);
        finding.value("grid_log10_nfa", "1", grid);
        if let Some(peak) = strongest {
            finding.value("peak_across", "1/px", peak.across);
            finding.value("peak_down", "1/px", peak.down);
            finding.value("peak_tiles", "1", peak.tiles as f64);
        }
        if let Some(found) = found {
            finding.value("factor", "1", found.factor);
            finding.value("factor_explained", "1", found.explained);
            finding.value("factor_from_blocks", "1", f64::from(u8::from(found.blocks)));
        }
        if let Some(turn) = turn {
            finding.value("turn_deg", "deg", turn);
        }
        let (how, hoe) = match (found, turn) {
            (Some(found), _) => (
                format!(
                    ", by a factor of about {:.2} or one that leaves the same periods",
                    found.factor
                ),
                format!(
                    ", met een factor van ongeveer {:.2} of een die dezelfde perioden geeft",
                    found.factor
                ),
            ),
            (None, Some(turn)) => (
                format!(", perhaps turned by {turn:.0}° or scaled"),
                format!(", mogelijk {turn:.0}° gedraaid of geschaald"),
            ),
            _ => Default::default(),
        };
        finding.summary = match state {
            "none" => Text::new(
                "No periods of scaling or turning were found.",
                "Er zijn geen perioden van schalen of draaien gevonden.",
            ),
            "weak-peaks" => Text::measured(
                format!("Weak periods were found (log10 NFA {least:.1}); they say little."),
                format!(
                    "Er zijn zwakke perioden gevonden (log10 NFA {least:.1}); die zeggen weinig."
                ),
            ),
            _ => Text::measured(
                format!(
                    "The pixels repeat as after scaling or turning{how} (log10 NFA {least:.1})."
                ),
                format!(
                    "De pixels herhalen zich als na schalen of draaien{hoe} (log10 NFA {least:.1})."
                ),
            ),
        };
        finding.figures.push(self.spectrum());
        if strongest.is_some() {
            finding.figures.push(self.table());
        }
        finding
    }

    /// Share of tiles that stand out, frequency zero in the middle of the left
    /// edge.
    fn spectrum(&self) -> Figure {
        let (columns, rows) = (self.side / 2 + 1, self.side);
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let v = row as isize - rows as isize / 2;
            values.extend((0..columns).map(|u| self.shares.at(u as isize, v)));
        }
        let axis = |label: Text, range| Axis { label, range: Some(range), log: false };
        Figure::Heat {
            scene: None,
            title: Text::new(
                "Share of tiles in which each frequency stands out (by chance 0.1)",
                "Aandeel tegels waarin elke frequentie uitsteekt (bij toeval 0,1)",
            ),
            width: columns,
            height: rows,
            values,
            x: axis(Text::new("across (1/px)", "horizontaal (1/px)"), (0.0, 0.5)),
            y: axis(Text::new("down (1/px)", "verticaal (1/px)"), (-0.5, 0.5)),
            scale: Text::new("share", "aandeel"),
        }
    }

    fn table(&self) -> Figure {
        let row = |peak: &Peak| {
            vec![
                format!("{:.4}", peak.across),
                format!("{:.4}", peak.down),
                format!("{}/{}", peak.tiles, self.tiles),
                format!("{:.1}", peak.log10_nfa),
            ]
        };
        Figure::Table {
            title: Text::new("Peaks, strongest first", "Pieken, sterkste eerst"),
            columns: vec![
                Text::new("across (1/px)", "horizontaal (1/px)"),
                Text::new("down (1/px)", "verticaal (1/px)"),
                Text::new("tiles", "tegels"),
                Text::same("log10 NFA"),
            ],
            rows: self.peaks.iter().take(ROWS).map(row).collect(),
        }
        .numbers()
    }
}

/// The turn without scaling that would put a period at `peak`: at the cosine
/// and the sine of the angle, folded to half a cycle.
fn turn_deg(peak: &Peak) -> f64 {
    let (a, b) = (peak.across.abs(), peak.down.abs());
    // The nearer of the two to an axis is the folded cosine.
    let (small, large) = (a.min(b), a.max(b));
    large.atan2(1.0 - small).to_degrees()
}
