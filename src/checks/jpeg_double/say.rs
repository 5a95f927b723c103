//! The finding: numbers, state, words, the map.

use super::JpegDouble;
use super::look::{LEAST_SHARE, Looked, STRONG, TELLING, look};
use super::region::Region;
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Status, still};
use crate::media::container::jpeg_data::Coefficients;
use crate::text::Text;

/// Least blocks: with fewer no histogram has counts enough.
const LEAST_BLOCKS: usize = 256;
/// From here on a region is named. Wholly double pictures had regions down to −16
/// (see `reports/jpeg-history`), and of 104 that were turned or mirrored in between two,
/// at −25 and −39 (`reports/false-alarms.md`): its coefficients are not independent.
const REGION: f64 = -50.0;
/// Regions listed.
const ROWS: usize = 50;

impl JpegDouble {
    pub(super) fn report(self) -> Finding {
        let Some(data) = &self.data else { return self.nothing() };
        if data.blocks.len() < LEAST_BLOCKS {
            let (w, h) = (data.width, data.height);
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!(
                        "The picture has {w}×{h} pixels; {LEAST_BLOCKS} blocks of 8×8 are needed."
                    ),
                    format!(
                        "Het beeld heeft {w}×{h} pixels; nodig zijn {LEAST_BLOCKS} blokken van 8×8."
                    ),
                ),
            );
        }
        if self.plain {
            return still::nothing_of_plain();
        }
        let looked = look(data, &self.clipped);
        if looked.frequencies.is_empty() {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    "No frequency has coefficients on enough levels: the picture is too smooth, or its quantisation too coarse for an earlier one to be told.",
                    "Geen enkele frequentie heeft coëfficiënten op genoeg niveaus: het beeld is te egaal, of de kwantisatie te grof om een eerdere te kunnen zien.",
                ),
            );
        }
        said(data, &looked)
    }

    fn nothing(&self) -> Finding {
        if let Some(why) = &self.unreadable {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!("The coefficients could not be read: {why}."),
                    format!("De coëfficiënten konden niet worden gelezen: {why}."),
                ),
            );
        }
        let codec = self.other.as_deref().filter(|c| !c.is_empty()).unwrap_or("–");
        Finding::abstain(
            Status::NotApplicable,
            Text::new(
                format!("The exhibit is not a JPEG picture ({codec})."),
                format!("Het materiaal is geen JPEG-afbeelding ({codec})."),
            ),
        )
    }
}

fn said(data: &Coefficients, looked: &Looked) -> Finding {
    let double = looked.log10_nfa <= STRONG;
    let regions: Vec<Region> = looked
        .map
        .iter()
        .flat_map(|map| map.regions.iter().copied())
        .filter(|r| r.log10_nfa <= REGION)
        .collect();
    // What departs is the smaller part: where it is the larger one, the histories of
    // plain and lively parts differ in what they show.
    let area = |r: &Region| (r.bounds[2] - r.bounds[0]) * (r.bounds[3] - r.bounds[1]);
    let departing: usize = regions.iter().map(area).sum();
    let regions = if 2 * departing > data.columns * data.rows { Vec::new() } else { regions };
    let state = match (double, regions.is_empty()) {
        (false, _) => "no-trace",
        (true, true) => "double",
        (true, false) => "foreign-region",
    };
    let mut finding = Finding::new(Status::Derived, summary(data, looked, double, &regions));
    finding.state = Some(state.to_owned());
    // What counts against the picture is a region; two compressions alone are
    // ordinary.
    let tests = looked.map.as_ref().map_or(looked.log10_tests, |map| map.log10_tests);
    finding.log10_nfa = Some(regions.first().map_or(tests, |r| r.log10_nfa));
    finding.value("log10_nfa", "1", looked.log10_nfa);
    finding.value("log10_tests", "1", looked.log10_tests);
    finding.value("frequencies", "1", looked.frequencies.len() as f64);
    finding.value("telling_frequencies", "1", looked.telling.len() as f64);
    if let Some(quality) = looked.quality {
        finding.value("first_quality", "1", f64::from(quality.quality));
        finding.value("first_quality_least", "1", f64::from(quality.range.0));
        finding.value("first_quality_most", "1", f64::from(quality.range.1));
        finding.value("first_agreement", "1", quality.agreement);
    }
    if let Some(map) = &looked.map {
        finding.value("foreign_regions", "1", regions.len() as f64);
        if let Some(best) = map.regions.first() {
            finding.value("strongest_foreign_log10_nfa", "1", best.log10_nfa);
        }
        finding.figures.push(picture(data, &map.posterior));
    }
    finding.figures.extend(histogram(looked));
    finding.figures.push(table(looked));
    finding.figures.extend(boxes(&regions, data));
    if !regions.is_empty() {
        finding.warnings.push(Text::new(
            "A picture compressed twice as a whole can have a region that shows it otherwise, for lack of detail or light; look at the place before believing it.",
            "Een beeld dat als geheel tweemaal is gecomprimeerd, kan een gebied hebben dat dit anders toont, door gebrek aan detail of licht; bekijk de plaats voordat u het gelooft.",
        ));
    }
    if data.damaged {
        finding.warnings.push(Text::new(
            "Part of the coded data is missing or damaged.",
            "Een deel van de gecodeerde data ontbreekt of is beschadigd.",
        ));
    }
    if !data.luma {
        finding.warnings.push(Text::new(
            "The first component is not luma; its coefficients were taken all the same.",
            "De eerste component is geen luminantie; de coëfficiënten ervan zijn toch gebruikt.",
        ));
    }
    finding
}

fn summary(data: &Coefficients, looked: &Looked, double: bool, regions: &[Region]) -> Text {
    let nfa = looked.log10_nfa;
    if !double {
        return Text::measured(
            format!(
                "No trace of an earlier quantisation on the same grid that stands up (log10 NFA {nfa:.1}). That does not exclude one: with the same or a finer table it leaves little."
            ),
            format!(
                "Geen spoor van een eerdere kwantisatie op hetzelfde raster dat standhoudt (log10 NFA {nfa:.1}). Dat sluit er geen uit: een eerdere met dezelfde of een fijnere tabel laat weinig na."
            ),
        );
    }
    let (en, nl) = match looked.quality.filter(|q| q.agreement >= 0.5) {
        Some(q) if q.range.0 == q.range.1 => (
            format!(", the first time with a table as of quality {}", q.quality),
            format!(", de eerste keer met een tabel als van kwaliteit {}", q.quality),
        ),
        Some(q) => (
            format!(", the first time with a table as of quality {} to {}", q.range.0, q.range.1),
            format!(
                ", de eerste keer met een tabel als van kwaliteit {} tot {}",
                q.range.0, q.range.1
            ),
        ),
        None => (String::new(), String::new()),
    };
    let first = Text::measured(
        format!(
            "The picture was compressed as JPEG twice on the same grid{en} (log10 NFA {nfa:.1})."
        ),
        format!(
            "Het beeld is tweemaal op hetzelfde raster als JPEG gecomprimeerd{nl} (log10 NFA {nfa:.1})."
        ),
    );
    let Some(best) = regions.first() else {
        return Text::new(
            format!("{} That is ordinary; no part departs from the rest.", first.en),
            format!("{} Dat is alledaags; geen deel wijkt af van de rest.", first.nl),
        );
    };
    let [l, t, r, b] = pixels(best, data);
    let n = regions.len();
    Text::measured(
        format!(
            "{} Regions whose history differs: {n}; the strongest at {l},{t}–{r},{b} (log10 NFA {:.1}).",
            first.en, best.log10_nfa
        ),
        format!(
            "{} Gebieden met een andere voorgeschiedenis: {n}; het sterkste op {l},{t}–{r},{b} (log10 NFA {:.1}).",
            first.nl, best.log10_nfa
        ),
    )
}

/// A region's box in pixels, last ones inclusive.
fn pixels(region: &Region, data: &Coefficients) -> [usize; 4] {
    let [l, t, r, b] = region.bounds.map(|v| 8 * v);
    [l, t, r.min(data.width).saturating_sub(1), b.min(data.height).saturating_sub(1)]
}

fn picture(data: &Coefficients, posterior: &[f32]) -> Figure {
    let axis = |label: Text, to: usize| Axis { label, range: Some((0.0, to as f64)), log: false };
    Figure::Heat {
        scene: Some(Vec::new()),
        title: Text::new(
            "Posterior that a block was not quantised twice as the rest was (grey: cannot tell)",
            "A-posteriorikans dat een blok niet tweemaal is gekwantiseerd zoals de rest (grijs: niet te zeggen)",
        ),
        width: data.columns,
        height: data.rows,
        values: posterior.to_vec(),
        x: axis(Text::new("x (px)", "x (px)"), 8 * data.columns),
        y: axis(Text::new("y (px)", "y (px)"), 8 * data.rows),
        scale: Text::new("posterior", "a-posteriorikans"),
    }
}

/// The histogram of the most telling frequency, or of the lowest one.
fn histogram(looked: &Looked) -> Option<Figure> {
    let place = looked.telling.first().map(|t| t.0.place);
    let frequency = match place {
        Some(place) => looked.frequencies.iter().find(|f| f.place == place),
        None => looked.frequencies.first(),
    }?;
    let points = frequency.counts.iter().take(frequency.compared.levels).enumerate();
    let (v, u) = (frequency.place / 8, frequency.place % 8);
    Some(Figure::Lines {
        title: Text::new(
            format!(
                "How often each level occurs: coefficient {u} across, {v} down; gaps at regular distances come from an earlier quantisation"
            ),
            format!(
                "Hoe vaak elk niveau voorkomt: coëfficiënt {u} horizontaal, {v} verticaal; gaten op vaste afstand komen van een eerdere kwantisatie"
            ),
        ),
        x: Axis {
            label: Text::new("level (absolute)", "niveau (absoluut)"),
            range: None,
            log: false,
        },
        y: Axis { label: Text::new("coefficients", "coëfficiënten"), range: None, log: false },
        series: vec![Series {
            name: Text::new("count", "aantal"),
            points: points.map(|(k, &y)| ((k + 1) as f64, y)).collect(),
        }],
    })
}

fn table(looked: &Looked) -> Figure {
    let rows = looked
        .frequencies
        .iter()
        .map(|f| {
            let best = f.compared.best();
            let number = |v: Option<String>| v.unwrap_or_else(|| "–".to_owned());
            let told = best
                .filter(|b| b.share >= LEAST_SHARE && b.log10_p + looked.log10_tests <= TELLING);
            vec![
                format!("{}, {}", f.place % 8, f.place / 8),
                f.second.to_string(),
                number(told.map(|b| b.first.to_string())),
                number(best.map(|b| format!("{:.2}", b.share))),
                number(best.map(|b| format!("{:.1}", b.log10_p + looked.log10_tests))),
                f.compared.levels.to_string(),
            ]
        })
        .collect();
    Figure::Table {
        title: Text::new(
            "Frequencies: step in the file, step before it where one is told",
            "Frequenties: stap in het bestand, en de stap daarvoor waar die blijkt",
        ),
        columns: vec![
            Text::new("across, down", "horizontaal, verticaal"),
            Text::new("step", "stap"),
            Text::new("earlier step", "eerdere stap"),
            Text::new("share", "aandeel"),
            Text::same("log10 NFA"),
            Text::new("levels", "niveaus"),
        ],
        rows,
    }
    .numbers()
}

fn boxes(regions: &[Region], data: &Coefficients) -> Option<Figure> {
    let rows: Vec<Vec<String>> = regions
        .iter()
        .take(ROWS)
        .map(|region| {
            let [l, t, r, b] = pixels(region, data);
            vec![
                format!("{l},{t}–{r},{b}"),
                format!("{:.2}", region.share),
                format!("{:.1}", region.log10_nfa),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Figure::Table {
            title: Text::new("Regions, strongest first", "Gebieden, sterkste eerst"),
            columns: vec![
                Text::new("box (px as coded)", "kader (px zoals gecodeerd)"),
                Text::new("share of another history", "aandeel met andere geschiedenis"),
                Text::same("log10 NFA"),
            ],
            rows,
        }
        .numbers()
    })
}
