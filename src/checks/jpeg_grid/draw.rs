//! The figures: where the main grid is, where it is not.

use super::Shown;
use super::mask::Map;
use super::zero::Trace;
use crate::checks::Figure;
use crate::checks::finding::Axis;
use crate::text::Text;

/// Most rows of the table; the numbers count all regions.
const ROWS: usize = 40;

/// Both maps of the picture shown, where there is something on them.
pub(super) fn maps(shown: &Shown, main: bool, traces: bool) -> Vec<Figure> {
    let mut figures = Vec::new();
    if traces {
        figures.push(map(
            shown,
            &shown.areas,
            Text::new(
                "Where the grid does not fit (pixels as coded, before any rotation)",
                "Waar het raster niet past (pixels zoals gecodeerd, vóór eventuele rotatie)",
            ),
            Text::new("strength, −log10 NFA", "sterkte, −log10 NFA"),
        ));
    }
    if main || traces {
        figures.push(map(
            shown,
            &shown.agreement,
            Text::new(
                "Share of votes for the most voted grid origin; 0 also where nothing can be told",
                "Aandeel van de stemmen voor de meest gekozen rasteroorsprong; 0 ook waar niets te zeggen is",
            ),
            Text::new("share", "aandeel"),
        ));
    }
    figures
}

fn map(shown: &Shown, map: &Map, title: Text, scale: Text) -> Figure {
    let axis = |label: Text, to: usize| Axis { label, range: Some((0.0, to as f64)), log: false };
    Figure::Heat {
        title,
        width: map.width,
        height: map.height,
        values: map.values.clone(),
        x: axis(Text::new("x (px)", "x (px)"), shown.size.0),
        y: axis(Text::new("y (px)", "y (px)"), shown.size.1),
        scale,
        scene: Some(Vec::new()),
    }
}

/// One row a region: `traces` are (time if any, whether foreign, trace).
pub(super) fn table<'a>(
    traces: impl Iterator<Item = (Option<f64>, bool, &'a Trace)>,
) -> Option<Figure> {
    let rows: Vec<Vec<String>> = traces
        .take(ROWS)
        .map(|(time_s, foreign, trace)| {
            let [left, top, right, bottom] = trace.region.bounds;
            let grid = trace.region.grid;
            vec![
                time_s.map_or("–".to_owned(), |time| format!("{time:.2}")),
                // Signs that read the same in both languages.
                if foreign {
                    format!("#{grid} ({}, {})", grid % 8, grid / 8)
                } else {
                    "–".to_owned()
                },
                format!("{left},{top}–{right},{bottom}"),
                trace.region.places.len().to_string(),
                format!("{:.2}", trace.log10_nfa),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Figure::Table {
            title: Text::new(
                "Regions, strongest first (grid – : the main grid is missing)",
                "Gebieden, sterkste eerst (raster – : het hoofdraster ontbreekt)",
            ),
            columns: vec![
                Text::new("time (s)", "tijd (s)"),
                Text::new("grid", "raster"),
                Text::new("box (px as coded)", "kader (px zoals gecodeerd)"),
                Text::new("pixels", "pixels"),
                Text::same("log10 NFA"),
            ],
            rows,
        }
        .numbers()
    })
}
