//! The finding: numbers, sentences, figures.

use std::collections::BTreeMap;

use super::degrade::STEPS;
use super::judge::{Map, Verdict, judge};
use super::{Crop, Detectors, LEAST_WIDTH};
use crate::checks::finding::{Axis, Series};
use crate::checks::{Attachment, Figure, Finding, Status};
use crate::media::Rect;
use crate::models::architecture::Region;
use crate::models::detector::{Card, Detector};
use crate::nn;
use crate::text::{Lang, Text};

/// Part of the frames that is "the highest".
const TOP: usize = 10;
/// Detectors that get pictures of their own in the report.
const SHOWN: usize = 4;

/// What one detector says of its crops.
struct Said<'a> {
    card: &'a Card,
    crops: Vec<&'a Crop>,
    verdict: Verdict,
    /// Mean score and mean of the highest tenth, of the track with the highest
    /// mean.
    score: f64,
    top: f64,
}

/// Puts the finding together.
pub fn conclude(check: Detectors) -> Finding {
    let mut broken = check.broken.clone();
    let mut said = Vec::new();
    match nn::device(check.device) {
        Err(error) => broken.push(error.to_string()),
        Ok(device) => {
            for (number, card) in check.cards.iter().enumerate() {
                let crops: Vec<&Crop> =
                    check.crops.iter().filter(|crop| crop.detector == number).collect();
                if crops.is_empty() {
                    continue;
                }
                let verdict = Detector::load(&check.folder, card.clone(), &device)
                    .and_then(|detector| judge(&detector, &crops));
                match verdict {
                    Ok(verdict) => said.push(summed(card, crops, verdict)),
                    Err(error) => broken.push(format!("{}: {error}", card.name)),
                }
            }
        }
    }
    let mut finding = if said.is_empty() { nothing(&check, &broken) } else { told(&said) };
    for reason in broken {
        finding.warnings.push(Text::new(
            format!("A detector was not used: {reason}"),
            format!("Een detector is niet gebruikt: {reason}"),
        ));
    }
    finding
}

/// The abstention when no detector said anything.
fn nothing(check: &Detectors, broken: &[String]) -> Finding {
    if !broken.is_empty() {
        let reasons = broken.join("; ");
        return Finding::abstain(
            Status::Error,
            Text::new(
                format!("No installed detector could be used: {reasons}"),
                format!("Geen toegevoegde detector kon worden gebruikt: {reasons}"),
            ),
        );
    }
    if check.small > 0 || check.narrow > 0 {
        return Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!(
                    "Too small for the installed detectors: every face is narrower than {LEAST_WIDTH} pixels, or the picture is smaller than their input."
                ),
                format!(
                    "Te klein voor de toegevoegde detectoren: elk gezicht is smaller dan {LEAST_WIDTH} pixels, of het beeld is kleiner dan hun invoer."
                ),
            ),
        );
    }
    Finding::abstain(
        Status::NotApplicable,
        Text::new(
            "There is no face for the installed detectors to look at.",
            "Er is geen gezicht waar de toegevoegde detectoren naar kunnen kijken.",
        ),
    )
}

fn summed<'a>(card: &'a Card, crops: Vec<&'a Crop>, verdict: Verdict) -> Said<'a> {
    let mut tracks: BTreeMap<Option<u32>, Vec<f64>> = BTreeMap::new();
    for (crop, score) in crops.iter().zip(&verdict.scores) {
        tracks.entry(crop.track).or_default().push(f64::from(*score));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let best = tracks.into_values().max_by(|a, b| mean(a).total_cmp(&mean(b)));
    let mut best = best.unwrap_or_default();
    let score = mean(&best);
    best.sort_by(|a, b| b.total_cmp(a));
    best.truncate(best.len().div_ceil(TOP).max(1));
    Said { card, crops, verdict, score, top: mean(&best) }
}

/// `name` as the beginning of a quantity's name.
fn quantity(card: &Card, what: &str) -> String {
    format!("{}_{what}", card.name.replace('-', "_"))
}

fn told(said: &[Said<'_>]) -> Finding {
    let scores: Vec<String> =
        said.iter().map(|s| format!("{} {:.2}", s.card.name, s.score)).collect();
    let scores = scores.join(", ");
    let held: Vec<Text> = said.iter().filter_map(held).collect();
    let held =
        |lang: Lang| held.iter().map(|text| format!(" {}", text.get(lang))).collect::<String>();
    let count = said.len();
    let (detectors, detectoren) = match count {
        1 => ("1 detector".to_owned(), "1 detector".to_owned()),
        _ => (format!("{count} detectors"), format!("{count} detectoren")),
    };
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Mean scores of {detectors} (0 to 1, higher: more likely manipulated; no probabilities): {scores}.{} How often they err on material of this kind is not known.",
                held(Lang::En)
            ),
            format!(
                "Gemiddelde scores van {detectoren} (0 tot 1, hoger: eerder gemanipuleerd; geen kansen): {scores}.{} Hoe vaak ze zich op materiaal van deze soort vergissen, is niet bekend.",
                held(Lang::Nl)
            ),
        ),
    );
    // Of several networks the scores do not compare, so none speaks for all.
    if let [only] = said {
        finding.score = Some(only.score);
    }
    for said in said {
        if let Some(measured) = &said.card.measured {
            let name = &said.card.name;
            let [en, nl] = &measured.limits;
            finding.warnings.push(Text::new(format!("{name}: {en}"), format!("{name}: {nl}")));
        }
        finding.value(quantity(said.card, "score"), "1", said.score);
        finding.value(quantity(said.card, "score_top"), "1", said.top);
        finding.value(quantity(said.card, "crops"), "1", said.crops.len() as f64);
        finding.value(quantity(said.card, "shift_largest"), "1", shift(&said.verdict));
    }
    finding.figures.extend(curves(said));
    finding.figures.push(steps(said));
    for said in said.iter().take(SHOWN) {
        finding.figures.extend(looked_at(said));
    }
    finding.figures.push(cards(said));
    finding.attachments.push(Attachment { name: "scores", data: record(said) });
    finding
}

/// Our own detector's score against the threshold on its card.
fn held(said: &Said<'_>) -> Option<Text> {
    let measured = said.card.measured.as_ref()?;
    let (name, threshold) = (&said.card.name, measured.threshold);
    let percent = |part: f64| format!("{:.0} %", 100.0 * part);
    let (alarms, found) = (percent(measured.false_alarms), percent(measured.found));
    let [on_en, on_nl] = &measured.on;
    let (en, nl) = if said.score >= threshold {
        ("reaches", "haalt")
    } else {
        ("does not reach", "haalt niet")
    };
    Some(Text::measured(
        format!(
            "{name} {en} its threshold of {threshold:.2}, which {alarms} of the genuine and {found} of the changed ones reached among {on_en}."
        ),
        format!(
            "{name} {nl} de drempel van {threshold:.2}, die {alarms} van de echte en {found} van de veranderde haalden onder {on_nl}."
        ),
    ))
}

/// The largest change that a step makes to the mean of the tried crops.
fn shift(verdict: &Verdict) -> f64 {
    let Some((plain, steps)) = verdict.steps.split_first() else { return f64::NAN };
    steps.iter().map(|after| f64::from((after - plain).abs())).fold(0.0, f64::max)
}

/// Scores over time, where there is a time.
fn curves(said: &[Said<'_>]) -> Option<Figure> {
    let mut series = Vec::new();
    for said in said {
        let mut tracks: BTreeMap<Option<u32>, Vec<(f64, f64)>> = BTreeMap::new();
        for (crop, score) in said.crops.iter().zip(&said.verdict.scores) {
            tracks.entry(crop.track).or_default().push((crop.time_s, f64::from(*score)));
        }
        for (track, points) in tracks.into_iter().filter(|(_, points)| points.len() > 1) {
            let name = &said.card.name;
            let name = match track {
                Some(track) => {
                    Text::new(format!("{name}, face {track}"), format!("{name}, gezicht {track}"))
                }
                None => Text::same(name.clone()),
            };
            series.push(Series { name, points });
        }
    }
    series.truncate(8);
    (!series.is_empty()).then(|| Figure::Lines {
        title: Text::new("Scores over time", "Scores in de tijd"),
        x: Axis { label: Text::new("Time (s)", "Tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new("Score (higher: manipulated)", "Score (hoger: gemanipuleerd)"),
            range: Some((0.0, 1.0)),
            log: false,
        },
        series,
    })
}

/// Means of up to four crops as they are and after each step.
fn steps(said: &[Said<'_>]) -> Figure {
    let mut columns =
        vec![Text::new("Detector", "Detector"), Text::new("as it is", "zoals het is")];
    columns.extend(STEPS.iter().map(|step| step.name()));
    let row = |said: &Said<'_>| {
        let numbers = said.verdict.steps.iter().map(|mean| format!("{mean:.3}"));
        std::iter::once(said.card.name.clone()).chain(numbers).collect()
    };
    Figure::Table {
        title: Text::new(
            "Mean score of up to four crops, as they are and after five degradations",
            "Gemiddelde score van hooguit vier uitsneden, zoals ze zijn en na vijf bewerkingen",
        ),
        columns,
        rows: said.iter().map(row).collect(),
    }
}

/// What the score rests on: the crop with the highest score and what of it speaks
/// for manipulation, or the scores of the squares of the frame with the highest mean.
fn looked_at(said: &Said<'_>) -> Vec<Figure> {
    match said.card.feed.region {
        Region::Pieces => pieces(said).into_iter().collect(),
        Region::Face | Region::Picture => crop(said).into_iter().flatten().collect(),
    }
}

fn pieces(said: &Said<'_>) -> Option<Figure> {
    let mut frames: BTreeMap<u64, (&Crop, Vec<f32>)> = BTreeMap::new();
    for (crop, score) in said.crops.iter().zip(&said.verdict.scores) {
        frames.entry(crop.frame).or_insert((crop, Vec::new())).1.push(*score);
    }
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len().max(1) as f32;
    let (first, values) = frames.into_values().max_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1)))?;
    let (time_s, (width, height)) = (first.time_s, first.grid?);
    if values.len() != width * height {
        return None;
    }
    let name = &said.card.name;
    let axis = |en: &str, nl: &str| Axis { label: Text::new(en, nl), ..Axis::default() };
    Some(Figure::Heat {
        title: Text::measured(
            format!("{name}: scores of squares of the picture at {time_s:.2} s"),
            format!("{name}: scores van vierkanten van het beeld op {time_s:.2} s"),
        ),
        width,
        height,
        values,
        x: axis("Square across", "Vierkant dwars"),
        y: axis("Square down", "Vierkant omlaag"),
        scale: Text::new("score (higher: manipulated)", "score (hoger: gemanipuleerd)"),
        // One number a square of more than a hundred pixels shows nobody.
        scene: None,
    })
}

fn crop(said: &Said<'_>) -> Option<[Figure; 2]> {
    let crop = said.crops.get(said.verdict.highest)?;
    let side = said.card.feed.side;
    let length = u32::try_from(side).ok()?;
    let image = image::RgbImage::from_raw(length, length, crop.pixels.clone())?;
    // A crop around a face is a face as a whole when it comes to redaction.
    let (name, score) = (&said.card.name, said.verdict.scores.get(said.verdict.highest)?);
    let faces = if crop.track.is_some() { vec![Rect::CUT_OUT] } else { Vec::new() };
    let picture = Figure::Picture {
        title: Text::measured(
            format!("{name}: the crop with the highest score, {score:.2}"),
            format!("{name}: de uitsnede met de hoogste score, {score:.2}"),
        ),
        image,
        faces: faces.clone(),
        time_s: Some(crop.time_s),
    };
    let axis = |label: &str| Axis {
        label: Text::same(label),
        range: Some((0.0, side as f64)),
        log: false,
    };
    let (map, scale, scene) = match said.verdict.map.as_ref()? {
        Map::Slopes(map) => (
            map,
            Text::new(
                "part in the log-odds (Grad-CAM)",
                "aandeel in de log-kansverhouding (Grad-CAM)",
            ),
            Some(faces),
        ),
        Map::Covered(map) => (
            map,
            Text::new("fall of the score when covered", "daling van de score bij bedekking"),
            // Six cells a side show nobody.
            None,
        ),
    };
    let heat = Figure::Heat {
        title: Text::new(
            format!("{name}: what of that crop the score rests on"),
            format!("{name}: waar in die uitsnede de score op rust"),
        ),
        width: map.width,
        height: map.height,
        values: map.values.clone(),
        x: axis("x (px)"),
        y: axis("y (px)"),
        scale,
        scene,
    };
    Some([picture, heat])
}

/// What the detectors are.
fn cards(said: &[Said<'_>]) -> Figure {
    let row = |said: &Said<'_>| {
        let card = said.card;
        vec![
            card.name.clone(),
            card.architecture.clone(),
            card.source.clone(),
            card.source_sha256.clone(),
        ]
    };
    Figure::Table {
        title: Text::new("The detectors", "De detectoren"),
        columns: vec![
            Text::new("Name", "Naam"),
            Text::new("Architecture", "Architectuur"),
            Text::new("File", "Bestand"),
            Text::same("SHA-256"),
        ],
        rows: said.iter().map(row).collect(),
    }
}

/// Every score, for the file beside the report.
fn record(said: &[Said<'_>]) -> serde_json::Value {
    let detector = |said: &Said<'_>| {
        let crops = said.crops.iter().zip(&said.verdict.scores).map(|(crop, score)| {
            serde_json::json!({
                "frame": crop.frame, "time_s": crop.time_s, "track": crop.track, "score": score,
            })
        });
        let region = match said.card.feed.region {
            Region::Face => "face",
            Region::Picture => "picture",
            Region::Pieces => "pieces",
        };
        serde_json::json!({
            "name": said.card.name,
            "sha256": said.card.sha256,
            "region": region,
            "crops": crops.collect::<Vec<_>>(),
            "degraded_means": said.verdict.steps,
        })
    };
    said.iter().map(detector).collect::<Vec<_>>().into()
}
