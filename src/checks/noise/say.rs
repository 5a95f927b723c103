//! The finding: numbers, states, words, maps.

use super::genuine::{PORTRAITS, log10_share, reached};
use super::regions::Region;
use super::{CELL, Looked};
use crate::checks::still::map;
use crate::checks::{Figure, Finding, Status};
use crate::text::Text;

/// From here on a region is called strong: 13 of 341 genuine portraits reach it,
/// 43 reach −5 (`reports/pixel-checks.md`).
const STRONG: f64 = -10.0;
/// Fewest homogeneous blocks that say anything: 200 disjoint ones.
const LEAST_BLOCKS: usize = 1800;

impl Looked {
    pub(super) fn report(&self) -> Finding {
        if self.blocks < LEAST_BLOCKS {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    "Too few blocks lie between black and white to compare their noise.",
                    "Te weinig blokken liggen tussen zwart en wit om hun ruis te vergelijken.",
                ),
            );
        }
        let strongest = self.regions.first();
        let state = match strongest {
            None => "none",
            Some(region) if region.log10_nfa > STRONG => "weak-regions",
            Some(_) => "regions",
        };
        let mut finding = Finding::new(Status::Derived, self.summary());
        finding.state = Some(state.into());
        let tests = self.grid.log10_tests(1);
        let least = strongest.map_or(tests, |region| region.log10_nfa);
        let share = log10_share(least);
        finding.log10_nfa = Some(share);
        let count = |quiet| self.regions.iter().filter(|r| r.quiet == quiet).count() as f64;
        finding.value("log10_nfa", "1", share);
        finding.value("region_log10_nfa", "1", least);
        finding.value("published_log10_nfa", "1", self.published);
        finding.value("dispersion", "1", self.grid.dispersion);
        finding.value("quiet_regions", "1", count(true));
        finding.value("loud_regions", "1", count(false));
        finding.value("homogeneous_blocks", "1", self.blocks as f64);
        if let Some(region) = strongest {
            finding.value("region_share", "1", self.share(region));
        }
        if !self.regions.is_empty() {
            finding.figures.push(self.areas());
        }
        finding.figures.push(self.shares());
        if let Some(found) = &self.map {
            finding.figures.push(map(
                Text::new(
                    "Residual co-occurrences: distance from the rest, without control of false alarms (pixels as coded)",
                    "Patronen in het residu: afstand tot de rest, zonder controle op valse alarmen (pixels zoals gecodeerd)",
                ),
                Text::new("distance, median 1", "afstand, mediaan 1"),
                (found.width, found.height),
                found.values.clone(),
                self.size,
            ));
        }
        if !self.regions.is_empty() {
            finding.warnings.push(Text::new(
                "Genuine photographs differ in noise too, by depth of field, texture and processing in the camera: the number of false alarms was counted on portraits and holds for pictures like them.",
                "Ook echte foto's verschillen plaatselijk in ruis, door scherptediepte, textuur en bewerking in de camera: het aantal valse alarmen is geteld op portretten en geldt voor beelden die daarop lijken.",
            ));
        }
        finding
    }

    fn share(&self, region: &Region) -> f64 {
        region.cells.len() as f64 / self.grid.counts.len().max(1) as f64
    }

    fn summary(&self) -> Text {
        let Some(region) = self.regions.first() else {
            return Text::new(
                "The noise shows no part that differs from the rest.",
                "De ruis laat geen deel zien dat van de rest afwijkt.",
            );
        };
        let (genuine, percent) = (reached(region.log10_nfa), 100.0 * self.share(region));
        let (less, minder) = if region.quiet { ("less", "minder") } else { ("more", "meer") };
        let (weak, zwak) =
            if region.log10_nfa > STRONG { (" (weak)", " (zwak)") } else { ("", "") };
        Text::measured(
            format!(
                "A part of {percent:.0} % of the picture has {less} noise than the rest at the same brightness{weak}; {genuine} of {PORTRAITS} genuine portraits had one as strong."
            ),
            format!(
                "Een deel van {percent:.0} % van het beeld heeft {minder} ruis dan de rest bij gelijke helderheid{zwak}; {genuine} van {PORTRAITS} echte portretten hadden er een die even sterk was."
            ),
        )
    }

    /// The regions, quiet ones positive.
    fn areas(&self) -> Figure {
        let mut values = vec![0.0f32; self.grid.counts.len()];
        for region in &self.regions {
            let sign = if region.quiet { 1.0 } else { -1.0 };
            for &i in &region.cells {
                values[i] = -sign * region.log10_nfa as f32;
            }
        }
        self.figure(
            Text::new(
                format!("Regions whose noise differs, in cells of {CELL} pixels (pixels as coded)"),
                format!("Gebieden met afwijkende ruis, in cellen van {CELL} pixels (pixels zoals gecodeerd)"),
            ),
            Text::new(
                "−log10 NFA by coin tosses; negative: more noise than the rest",
                "−log10 NFA bij muntworpen; negatief: meer ruis dan de rest",
            ),
            values,
        )
    }

    fn shares(&self) -> Figure {
        let share = |&(n, k): &(u32, u32)| if n == 0 { 0.5 } else { k as f32 / n as f32 };
        self.figure(
            Text::new(
                "Share of quiet blocks among the homogeneous ones; 0.5 by chance, and where there are none",
                "Aandeel stille blokken onder de homogene; 0,5 bij toeval, en waar er geen zijn",
            ),
            Text::new("share", "aandeel"),
            self.grid.counts.iter().map(share).collect(),
        )
    }

    fn figure(&self, title: Text, scale: Text, values: Vec<f32>) -> Figure {
        let cells = (self.grid.across, self.grid.down);
        map(title, scale, cells, values, self.size)
    }
}
