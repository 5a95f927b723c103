//! What is kept of mouths, track by track.

use std::collections::BTreeMap;

use super::align::SHAPES;
use crate::faces::Face;

/// Rows kept in all: five hours of one face at 25 frames a second, 24 MB.
const MOST_ROWS: usize = 450_000;
/// Tracks kept apart.
const MOST_TRACKS: usize = 1_000;
/// Longest hole in a track that is bridged, in seconds: less than one period
/// of the upper edge of the band that is looked at.
const BRIDGE_S: f64 = 0.1;
/// Longest clip put on a grid, in points: two hours at 30 a second.
const MOST_POINTS: f64 = 216_000.0;

/// A mouth in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Seconds.
    pub time_s: f64,
    /// Distance of the outer eye corners in pixels.
    pub eyes_px: f32,
    /// Opening in the middle, opening beside it, width, and height of the
    /// whole face, over the distance of the outer eye corners.
    pub shape: [f32; SHAPES],
}

/// Everything kept.
#[derive(Clone, Default)]
pub struct Mouths {
    /// Rows of each track.
    pub tracks: BTreeMap<u32, Vec<Row>>,
    /// Frames seen.
    pub frames: u64,
    /// First and last frame, in seconds.
    pub span_s: Option<(f64, f64)>,
    rows: usize,
    /// Whether something was left out to bound memory.
    pub cut_short: bool,
}

/// The mouth series of a face; `None` when a point is missing or the eyes
/// coincide.
pub fn shape(mesh: &[[f32; 3]]) -> Option<(f32, [f32; SHAPES])> {
    let distance = |a: usize, b: usize| {
        let (a, b) = (mesh.get(a)?, mesh.get(b)?);
        let length = (a[0] - b[0]).hypot(a[1] - b[1]);
        length.is_finite().then_some(length)
    };
    let eyes = distance(33, 263).filter(|eyes| *eyes > 1.0)?;
    let beside = (distance(81, 178)? + distance(311, 402)?) / 2.0;
    let all = [distance(13, 14)?, beside, distance(61, 291)?, distance(1, 152)?];
    Some((eyes, all.map(|length| length / eyes)))
}

impl Mouths {
    /// The faces of the next frame.
    pub fn see(&mut self, time_s: f64, faces: &[Face]) {
        if !time_s.is_finite() {
            return;
        }
        self.frames += 1;
        let (first, last) = self.span_s.unwrap_or((time_s, time_s));
        self.span_s = Some((first.min(time_s), last.max(time_s)));
        for face in faces {
            let full = self.rows >= MOST_ROWS
                || (self.tracks.len() >= MOST_TRACKS && !self.tracks.contains_key(&face.track));
            if full {
                self.cut_short = true;
                continue;
            }
            if let Some((eyes_px, shape)) = shape(&face.mesh) {
                self.rows += 1;
                self.tracks.entry(face.track).or_default().push(Row { time_s, eyes_px, shape });
            }
        }
    }

    /// Frames a second, from the mean distance of frames.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = self.span_s?;
        let rate = self.frames.checked_sub(1)? as f64 / (last - first);
        (rate.is_finite() && rate > 0.0).then_some(rate)
    }

    /// A grid over the clip: first moment and number of points.
    pub fn grid(&self, rate: f64) -> Option<(f64, usize)> {
        let (first, last) = self.span_s?;
        let points = ((last - first) * rate).round() + 1.0;
        Some((first, points.clamp(0.0, MOST_POINTS) as usize))
    }
}

/// `rows` on a grid of `points` from `start_s` at `rate`, linear between rows;
/// NaN where there is no row near.
pub fn on_grid(rows: &[Row], start_s: f64, rate: f64, points: usize) -> [Vec<f64>; SHAPES] {
    let mut grid: [Vec<f64>; SHAPES] = std::array::from_fn(|_| vec![f64::NAN; points]);
    for pair in rows.windows(2) {
        let [a, b] = pair else { continue };
        let step = b.time_s - a.time_s;
        if !(step > 0.0 && step <= BRIDGE_S.max(1.5 / rate)) {
            continue;
        }
        let from = ((a.time_s - start_s) * rate - 1e-6).ceil().max(0.0);
        let to = ((b.time_s - start_s) * rate + 1e-6).floor();
        let mut index = from;
        while index <= to && index < points as f64 {
            let share = ((start_s + index / rate - a.time_s) / step).clamp(0.0, 1.0);
            for ((series, &x), &y) in grid.iter_mut().zip(&a.shape).zip(&b.shape) {
                if let Some(value) = series.get_mut(index as usize) {
                    *value = f64::from(x) * (1.0 - share) + f64::from(y) * share;
                }
            }
            index += 1.0;
        }
    }
    grid
}

/// The widest face at each moment, whoever it is, with a hole wherever another
/// one takes over: for clips cut so often that no track is long.
pub fn widest(tracks: &BTreeMap<u32, Vec<Row>>) -> Vec<Vec<Row>> {
    let mut all: Vec<(u32, Row)> =
        tracks.iter().flat_map(|(track, rows)| rows.iter().map(|row| (*track, *row))).collect();
    all.sort_by(|a, b| a.1.time_s.total_cmp(&b.1.time_s).then(b.1.eyes_px.total_cmp(&a.1.eyes_px)));
    all.dedup_by(|next, kept| next.1.time_s == kept.1.time_s);
    let mut stretches: Vec<Vec<Row>> = Vec::new();
    let mut last = None;
    for (track, row) in all {
        match stretches.last_mut() {
            Some(stretch) if last == Some(track) => stretch.push(row),
            _ => {
                // The hole: without it two mouths would make one movement.
                if let Some(before) = stretches.last_mut() {
                    before.pop();
                }
                stretches.push(vec![row]);
            }
        }
        last = Some(track);
    }
    stretches
}
