//! The finding: numbers, state, words, Farid's map.

use super::search::{Ghost, Searched};
use super::{JpegGhost, STRONG};
use crate::checks::finding::Axis;
use crate::checks::{Figure, Finding, Status};
use crate::text::Text;

/// Regions listed.
const ROWS: usize = 50;

impl JpegGhost {
    pub(super) fn report(self) -> Finding {
        if !self.still {
            return Finding::abstain(
                Status::NotApplicable,
                Text::new("The exhibit is not a still picture.", "Het materiaal is geen foto."),
            );
        }
        let (w, h) = self.size.unwrap_or_default();
        let Some(searched) = &self.searched else {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!("The picture has {w}×{h} pixels; 60 on each side are needed."),
                    format!("Het beeld heeft {w}×{h} pixels; nodig zijn er 60 aan elke zijde."),
                ),
            );
        };
        let ghosts: Vec<&Ghost> =
            searched.ghosts.iter().filter(|g| g.log10_nfa <= STRONG).take(ROWS).collect();
        let whole = searched.whole.as_ref().filter(|g| g.log10_nfa <= STRONG);
        let state = match (ghosts.is_empty(), whole) {
            _ if self.carried.is_some() => "carried-throughout",
            (false, _) => "ghost",
            (true, Some(_)) => "shifted-whole",
            (true, None) => "no-ghost",
        };
        let mut finding = Finding::new(
            Status::Derived,
            match self.carried {
                Some(grid) => carried(grid),
                None => summary(searched, &ghosts, whole),
            },
        );
        finding.state = Some(state.to_owned());
        let strongest = searched.ghosts.first().map_or(searched.log10_tests, |g| g.log10_nfa);
        finding.log10_nfa = Some(strongest);
        finding.value("log10_nfa", "1", strongest);
        finding.value("log10_tests", "1", searched.log10_tests);
        finding.value("ghosts", "1", ghosts.len() as f64);
        finding.value("regions_on_own_grid", "1", self.kin as f64);
        finding.value("regions_drawn", "1", self.drawn as f64);
        if let Some(best) = ghosts.first() {
            finding.value("quality", "1", f64::from(best.quality));
            finding.value("shift_x", "px", best.shift.0 as f64);
            finding.value("shift_y", "px", best.shift.1 as f64);
            finding.value("hit_share", "1", best.share);
            finding.value("usual_share", "1", best.usual);
        }
        if let Some(whole) = &searched.whole {
            finding.value("whole_log10_nfa", "1", whole.log10_nfa);
            finding.value("whole_quality", "1", f64::from(whole.quality));
            finding.value("whole_shift_x", "px", whole.shift.0 as f64);
            finding.value("whole_shift_y", "px", whole.shift.1 as f64);
        }
        if self.plain {
            finding.warnings.push(Text::new(
                "Half of the picture is of one tone, as in screen shots, documents and drawings: neither a part of it nor the whole is told, since flat surfaces compress to themselves at any quality and drawn patterns repeat.",
                "De helft van het beeld heeft één tint, zoals bij schermafdrukken, documenten en tekeningen: er wordt geen deel en geen geheel gemeld, omdat egale vlakken bij elke kwaliteit gelijk blijven en getekende patronen zich herhalen.",
            ));
        }
        if let Some(shown) = &self.shown {
            if let Some(ks) = shown.ks {
                finding.value("ks", "1", ks);
            }
            let axis = |label: Text, cells: usize| Axis {
                label,
                range: Some((0.0, (cells * shown.stride) as f64)),
                log: false,
            };
            finding.figures.push(Figure::Heat {
                scene: Some(Vec::new()),
 title: Text::new(
                    "Ghost map: how much one more compression changes each block, relative to other qualities (dark: compressed so before)",
                    "Ghostkaart: hoeveel nog een compressie elk blok verandert, ten opzichte van andere kwaliteiten (donker: eerder zo gecomprimeerd)",
                ),
                width: shown.size.0,
                height: shown.size.1,
                values: shown.values.clone(),
                x: axis(Text::new("x (px)", "x (px)"), shown.size.0),
                y: axis(Text::new("y (px)", "y (px)"), shown.size.1),
                scale: Text::new("relative difference", "relatief verschil"),
            });
        }
        finding.figures.extend(table(&ghosts));
        if !ghosts.is_empty() {
            finding.warnings.push(Text::new(
                "A region may share its earlier compression with the rest, where the rest is too plain or too dark to show it. Patterns that repeat every eight pixels, logos, captions and collages from JPEG files leave such traces too.",
                "Een gebied kan zijn eerdere compressie met de rest delen, als de rest te effen of te donker is om haar te tonen. Ook patronen die elke acht pixels terugkeren, logo's, bijschriften en collages uit JPEG-bestanden laten zulke sporen na.",
            ));
        }
        finding
    }
}

fn carried(grid: u8) -> Text {
    let (x, y) = (grid % 8, grid / 8);
    Text::new(
        format!(
            "The whole picture carries the grid of one compression (origin ({x}, {y})) and is kept without loss: that compression stands out wherever the picture is lively, so no region is told."
        ),
        format!(
            "Het hele beeld draagt het raster van één compressie (oorsprong ({x}, {y})) en is verliesvrij bewaard: die compressie is zichtbaar overal waar het beeld levendig is, dus wordt geen gebied gemeld."
        ),
    )
}

fn summary(searched: &Searched, ghosts: &[&Ghost], whole: Option<&Ghost>) -> Text {
    if let Some(best) = ghosts.first() {
        let ([l, t, r, b], n) = (best.bounds, ghosts.len());
        let (q, nfa) = (best.quality, best.log10_nfa);
        let (grid, raster) = match best.shift {
            (0, 0) => {
                ("on the picture's own grid".to_owned(), "op het raster van het beeld".to_owned())
            }
            (x, y) => (
                format!("on a grid shifted by ({x}, {y})"),
                format!("op een raster dat over ({x}, {y}) is verschoven"),
            ),
        };
        return Text::measured(
            format!(
                "Regions where an earlier compression stands out: {n}; the strongest around {l},{t}–{r},{b}, quality near {q}, {grid} (log10 NFA {nfa:.1})."
            ),
            format!(
                "Gebieden waar een eerdere compressie naar voren komt: {n}; het sterkste rond {l},{t}–{r},{b}, kwaliteit ongeveer {q}, {raster} (log10 NFA {nfa:.1})."
            ),
        );
    }
    if let Some(whole) = whole {
        let ((x, y), q, nfa) = (whole.shift, whole.quality, whole.log10_nfa);
        return Text::measured(
            format!(
                "No region departs, but what carries detail in the picture seems compressed before on a grid shifted by ({x}, {y}), quality near {q} (log10 NFA {nfa:.1}), as in a crop or shift of an earlier JPEG, or where one was put into a page. Drawn patterns that repeat can look so."
            ),
            format!(
                "Geen gebied wijkt af, maar wat in het beeld detail draagt, lijkt eerder gecomprimeerd op een raster dat over ({x}, {y}) is verschoven, kwaliteit ongeveer {q} (log10 NFA {nfa:.1}), zoals in een uitsnede of verschuiving van een eerdere JPEG, of waar er een in een bladzijde is gezet. Getekende patronen die zich herhalen, kunnen er zo uitzien."
            ),
        );
    }
    let nfa = searched.ghosts.first().map_or(searched.log10_tests, |g| g.log10_nfa);
    Text::measured(
        format!(
            "No region with an earlier compression of its own that stands up (log10 NFA {nfa:.1}); that proves nothing."
        ),
        format!(
            "Geen gebied met een eigen eerdere compressie dat standhoudt (log10 NFA {nfa:.1}); dat bewijst niets."
        ),
    )
}

fn table(ghosts: &[&Ghost]) -> Option<Figure> {
    let rows: Vec<Vec<String>> = ghosts
        .iter()
        .map(|ghost| {
            let [l, t, r, b] = ghost.bounds;
            vec![
                format!("{l},{t}–{r},{b}"),
                format!("({}, {})", ghost.shift.0, ghost.shift.1),
                ghost.quality.to_string(),
                format!("{:.2} / {:.2}", ghost.share, ghost.usual),
                format!("{:.1}", ghost.log10_nfa),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Figure::Table {
            title: Text::new("Ghosts, strongest first", "Ghosts, sterkste eerst"),
            columns: vec![
                Text::new("box (px)", "kader (px)"),
                Text::new("grid", "raster"),
                Text::new("quality", "kwaliteit"),
                Text::new("hits / usual", "treffers / gewoonlijk"),
                Text::same("log10 NFA"),
            ],
            rows,
        }
        .numbers()
    })
}
