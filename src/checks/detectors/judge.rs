//! Running one detector over its crops.

use super::Crop;
use super::degrade::STEPS;
use crate::Result;
use crate::models::architecture::Region;
use crate::models::detector::{Detector, Evidence};

/// Crops that go through a network together.
const BATCH: usize = 8;
/// Crops on which the steps are tried.
const TRIED: usize = 4;
/// Cells a side of a map of what covering changes.
const CELLS: usize = 6;

/// What one detector says.
pub struct Verdict {
    /// Score of each crop, in the order of the crops.
    pub scores: Vec<f32>,
    /// Position of the crop with the highest score.
    pub highest: usize,
    /// Mean of the tried crops as they are, then after each step.
    pub steps: Vec<f32>,
    /// What the highest crop's score rests on; none for squares all over a picture,
    /// whose scores are a map by themselves.
    pub map: Option<Map>,
}

/// What a score rests on.
pub enum Map {
    /// By Grad-CAM.
    Slopes(Evidence),
    /// Fall of the score with each cell covered.
    Covered(Evidence),
}

/// Judges `crops`, of which there is at least one; the steps are tried on
/// those at `main`.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn judge(detector: &Detector, crops: &[&Crop]) -> Result<Verdict> {
    let pixels: Vec<&[u8]> = crops.iter().map(|crop| crop.pixels.as_slice()).collect();
    let scores = scored(detector, &pixels)?;
    let order = |a: &usize, b: &usize| {
        let score = |at: &usize| scores.get(*at).copied().unwrap_or(0.0);
        score(a).total_cmp(&score(b)).then(b.cmp(a))
    };
    let highest = (0..scores.len()).max_by(order).unwrap_or(0);
    // Evenly spread over the crops, so that one odd frame does not decide.
    let count = crops.len().min(TRIED);
    let tried: Vec<&[u8]> =
        (0..count).filter_map(|i| pixels.get(i * crops.len() / count).copied()).collect();
    let side = detector.card.feed.side;
    let mut steps = vec![mean(&scored(detector, &tried)?)];
    for step in STEPS {
        let after = tried.iter().map(|crop| step.apply(crop, side)).collect::<Result<Vec<_>>>()?;
        let after: Vec<&[u8]> = after.iter().map(Vec::as_slice).collect();
        steps.push(mean(&scored(detector, &after)?));
    }
    let pieces = detector.card.feed.region == Region::Pieces;
    let map = match (pixels.get(highest), scores.get(highest)) {
        (Some(crop), Some(score)) if !pieces => Some(map(detector, crop, *score)?),
        _ => None,
    };
    Ok(Verdict { scores, highest, steps, map })
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn scored(detector: &Detector, crops: &[&[u8]]) -> Result<Vec<f32>> {
    let mut scores = Vec::with_capacity(crops.len());
    for batch in crops.chunks(BATCH) {
        let values: Vec<f32> = batch.iter().flat_map(|crop| parts(crop)).collect();
        scores.extend(detector.scores(&values, batch.len())?);
    }
    Ok(scores)
}

/// Levels as parts of 1.
fn parts(crop: &[u8]) -> impl Iterator<Item = f32> {
    crop.iter().map(|v| f32::from(*v) / 255.0)
}

/// What the `score` of a crop rests on. Slopes cost one more answer, covering one
/// for each cell: that is left to networks without maps.
fn map(detector: &Detector, crop: &[u8], score: f32) -> Result<Map> {
    let values: Vec<f32> = parts(crop).collect();
    if let Some(evidence) = detector.evidence(&values)? {
        return Ok(Map::Slopes(evidence));
    }
    let after = occluded(detector, crop, detector.card.feed.side)?;
    let values = after.iter().map(|after| score - after).collect();
    Ok(Map::Covered(Evidence { width: CELLS, height: CELLS, values }))
}

/// Scores of a crop with each of its cells covered with grey.
fn occluded(detector: &Detector, crop: &[u8], side: usize) -> Result<Vec<f32>> {
    let mut covered = Vec::with_capacity(CELLS * CELLS);
    for cell in 0..CELLS * CELLS {
        let span = |at: usize| at * side / CELLS..(at + 1) * side / CELLS;
        let mut other = crop.to_vec();
        for y in span(cell / CELLS) {
            let columns = span(cell % CELLS);
            let row = 3 * (y * side + columns.start)..3 * (y * side + columns.end);
            if let Some(row) = other.get_mut(row) {
                row.fill(128);
            }
        }
        covered.push(other);
    }
    let covered: Vec<&[u8]> = covered.iter().map(Vec::as_slice).collect();
    scored(detector, &covered)
}
