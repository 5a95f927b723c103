//! The finding: numbers, states, words, map.

use super::dense::STEP;
use super::{Found, Looked};
use crate::checks::still::map;
use crate::checks::{Figure, Finding, Status};
use crate::text::Text;

/// Most cells on the longer side of the map.
const CELLS: usize = 120;

impl Looked {
    pub(super) fn report(&self) -> Finding {
        let copies = self.found.iter().filter(|found| found.is_copy() && !self.plain).count();
        let similar = self.found.len() - copies;
        let state = match (copies, similar) {
            (0, 0) if self.keys < 20 => {
                return Finding::abstain(
                    Status::Insufficient,
                    Text::new(
                        format!("The picture is too smooth: {} keypoints.", self.keys),
                        format!("Het beeld is te glad: {} kenmerkende punten.", self.keys),
                    ),
                );
            }
            (0, 0) => "none",
            (0, _) => "similar-parts",
            _ => "copies",
        };
        let mut finding = Finding::new(Status::Derived, self.summary(copies));
        finding.state = Some(state.into());
        let strongest = self.found.first();
        let copy = strongest.filter(|found| found.is_copy() && !self.plain);
        finding.log10_nfa = Some(copy.map_or(self.log10_tests, |found| found.log10_nfa));
        finding.value("copies", "1", copies as f64);
        finding.value("similar_parts", "1", similar as f64);
        finding.value("keypoints", "1", self.keys as f64);
        finding.value("matches", "1", self.matches as f64);
        finding.value("log10_tests", "1", self.log10_tests);
        if let Some(found) = strongest {
            let [p, q] = found.middle;
            let factor = self.factor as f64;
            finding.value("strongest_log10_nfa", "1", found.log10_nfa);
            finding.value("pairs", "1", found.pairs as f64);
            finding.value("fine_correlation", "1", f64::from(found.part.fine));
            finding.value("scale", "1", f64::from(found.motion.scale()));
            finding.value("turn_deg", "deg", f64::from(found.motion.turn_deg()));
            finding.value("shift_x_px", "px", f64::from(q.0 - p.0) * factor);
            finding.value("shift_y_px", "px", f64::from(q.1 - p.1) * factor);
            finding.value("part_share", "1", self.share(found));
            finding.figures.extend([self.map(), self.table()]);
        }
        if copies > 0 {
            finding.warnings.push(Text::new(
                "Letters of a caption, type, tiles, screens, patterns and joined exposures repeat as exactly as a copy: look at both places.",
                "Letters van een bijschrift, drukletters, tegels, schermen, patronen en samengevoegde opnamen herhalen zich even precies als een kopie: bekijk beide plaatsen.",
            ));
        }
        if self.factor > 1 {
            finding.warnings.push(Text::new(
                format!("The picture was reduced {} times in each direction; small copies are not found.", self.factor),
                format!("Het beeld is in beide richtingen {} maal verkleind; kleine kopieën worden niet gevonden.", self.factor),
            ));
        }
        finding
    }

    /// Share of the picture that the part covers, its likeness not counted.
    fn share(&self, found: &Found) -> f64 {
        let cell = (STEP * self.factor).pow(2);
        (found.part.cells.len() * cell) as f64 / (self.size.0 * self.size.1) as f64
    }

    fn summary(&self, copies: usize) -> Text {
        let Some(found) = self.found.first() else {
            return Text::new(
                "No part of the picture was found again elsewhere in it.",
                "Van geen deel van het beeld is elders in het beeld een herhaling gevonden.",
            );
        };
        let percent = 100.0 * self.share(found);
        let (turn, scale) = (found.motion.turn_deg(), found.motion.scale());
        let (nfa, fine) = (found.log10_nfa, found.part.fine);
        if self.plain {
            Text::measured(
                format!(
                    "Parts of the picture repeat each other (log10 NFA {nfa:.1}), but half of it is of one tone, as in screen shots, documents and drawings, where type and marks repeat exactly: no copy is told."
                ),
                format!(
                    "Delen van het beeld herhalen elkaar (log10 NFA {nfa:.1}), maar de helft ervan heeft één tint, zoals bij schermafdrukken, documenten en tekeningen, waarin letters en tekens zich precies herhalen: er wordt geen kopie gemeld."
                ),
            )
        } else if copies > 0 {
            Text::measured(
                format!(
                    "A part of {percent:.1} % of the picture returns elsewhere in it, down to its finest detail (turned {turn:.0}°, scaled {scale:.2}; log10 NFA {nfa:.1}, correlation of the finest detail {fine:.2}): copied within the picture, or added to it twice."
                ),
                format!(
                    "Een deel van {percent:.1} % van het beeld keert elders terug, tot in het fijnste detail (gedraaid {turn:.0}°, schaal {scale:.2}; log10 NFA {nfa:.1}, correlatie van het fijnste detail {fine:.2}): binnen het beeld gekopieerd, of er twee keer aan toegevoegd."
                ),
            )
        } else {
            Text::measured(
                format!(
                    "Parts of the picture resemble each other (log10 NFA of the resemblance {nfa:.1}), but their finest detail does not show that one is a copy of the other (correlation {fine:.2}): repetition in the scene does this too."
                ),
                format!(
                    "Delen van het beeld lijken op elkaar (log10 NFA van de gelijkenis {nfa:.1}), maar het fijnste detail laat niet zien dat het ene een kopie van het andere is (correlatie {fine:.2}): ook herhaling in de scène geeft dit."
                ),
            )
        }
    }

    /// Both ends of every part.
    fn map(&self) -> Figure {
        let (width, height) = (self.size.0 / self.factor, self.size.1 / self.factor);
        let side = width.max(height).div_ceil(CELLS).max(STEP);
        let (across, down) = (width.div_ceil(side), height.div_ceil(side));
        let mut values = vec![0.0f32; across * down];
        for found in self.found.iter().rev() {
            let mut mark = |x: f32, y: f32, value: f32| {
                let (column, row) = (x.max(0.0) as usize / side, y.max(0.0) as usize / side);
                if let Some(cell) =
                    values.get_mut(row * across + column).filter(|_| column < across)
                {
                    *cell = value;
                }
            };
            let base = if found.is_copy() && !self.plain { 2.0 } else { 0.5 };
            for &(x, y) in &found.part.cells {
                let (x, y) = (x as f32 + STEP as f32 / 2.0, y as f32 + STEP as f32 / 2.0);
                mark(x, y, base);
                let (u, v) = found.motion.apply((x, y));
                mark(u, v, base + 0.5);
            }
        }
        map(
            Text::new(
                "Parts that return (pixels as coded, before any rotation)",
                "Delen die terugkeren (pixels zoals gecodeerd, vóór eventuele rotatie)",
            ),
            Text::new(
                "0.5 and 1: similar parts and their likeness; 2 and 2.5: a copy and its likeness (which one came first is not told)",
                "0,5 en 1: gelijkende delen over en weer; 2 en 2,5: een kopie en haar evenbeeld (welke eerst was, is niet bekend)",
            ),
            (across, down),
            values,
            self.size,
        )
    }

    fn table(&self) -> Figure {
        let row = |found: &Found| {
            let factor = self.factor as f32;
            let place = |(x, y): (f32, f32)| format!("{:.0}, {:.0}", x * factor, y * factor);
            vec![
                place(found.middle[0]),
                place(found.middle[1]),
                found.pairs.to_string(),
                format!("{:.1}", found.log10_nfa),
                format!("{:.2}", found.part.fine),
                format!("{:.2}", found.motion.scale()),
                format!("{:.0}", found.motion.turn_deg()),
            ]
        };
        Figure::Table {
            title: Text::new(
                "Parts that agree, strongest first",
                "Overeenstemmende delen, sterkste eerst",
            ),
            columns: vec![
                Text::new("one pair: from (px)", "één paar: van (px)"),
                Text::new("to (px)", "naar (px)"),
                Text::new("pairs", "paren"),
                Text::same("log10 NFA"),
                Text::new("finest detail", "fijnste detail"),
                Text::new("scale", "schaal"),
                Text::new("turn (°)", "draaiing (°)"),
            ],
            rows: self.found.iter().map(row).collect(),
        }
        .numbers()
    }
}
