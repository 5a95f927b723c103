//! From what was kept to one alignment a face, and over the clip.

use std::collections::BTreeMap;

use super::align::{Alignment, Pair, SHAPES};
use super::bands::{BANDS, Bands, HOPS_PER_S};
use super::closures::{self, Closures};
use super::mouth::{Mouths, Row, on_grid, widest};

/// Least speech while the face is seen, in seconds: with less, windows of
/// genuine clips scatter by more than two frames too often.
pub const LEAST_SPEECH_S: f64 = 12.0;
/// Grid points a second at most; the band ends at 8 Hz.
const MOST_RATE: f64 = 30.0;
/// Under this many frames a second, syllables are not sampled.
pub const LEAST_RATE: f64 = 12.0;
/// Tracks looked at: those seen longest.
const MOST_CANDIDATES: usize = 8;
/// Windows over the clip, in seconds: width and step.
const WINDOW_S: f64 = 12.0;
const STEP_S: f64 = 3.0;
/// Windows at most.
const MOST_WINDOWS: usize = 600;
/// For a drift: at least these many windows that stand out, over this time.
const DRIFT_WINDOWS: usize = 5;
const DRIFT_S: f64 = 12.0;

/// One face, or the widest one at each moment, against the sound.
pub struct Candidate {
    /// Track; `None` for the widest face at each moment.
    pub track: Option<u32>,
    /// Speech while it was seen, in seconds.
    pub speech_s: f64,
    /// Filtered series.
    pub pair: Pair,
    /// How it compares.
    pub alignment: Alignment,
    /// Offsets of windows over the clip; empty with too little speech.
    pub windows: Vec<Window>,
    /// Slope of the offset over the clip in ms/s.
    pub drift_ms_per_s: Option<f64>,
    /// Whether the mouth closes at closures in the sound.
    pub closures: Option<Closures>,
}

impl Candidate {
    /// Whether its offset may be named.
    pub fn determined(&self) -> bool {
        self.speech_s >= LEAST_SPEECH_S && self.alignment.stands_out()
    }
}

/// The offset of one window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Its middle, in seconds.
    pub time_s: f64,
    /// Offset in milliseconds.
    pub offset_ms: f64,
    /// Peak z.
    pub z: f64,
    /// Whether it stands out by every criterion.
    pub stands_out: bool,
}

/// Everything worked out.
pub struct Judged {
    /// First moment of the grid.
    pub start_s: f64,
    /// Candidates, the best first.
    pub candidates: Vec<Candidate>,
}

impl Judged {
    /// Who moves with the sound over the clip: for each window in which a face
    /// stands out, its middle and the track that stands out most.
    pub fn speakers(&self) -> Vec<(f64, u32)> {
        let mut best: BTreeMap<u64, (f64, f64, u32)> = BTreeMap::new();
        for candidate in &self.candidates {
            let Some(track) = candidate.track else { continue };
            for window in candidate.windows.iter().filter(|window| window.stands_out) {
                // Windows of all faces lie on one grid.
                let place = (1e3 * (window.time_s - self.start_s)) as u64;
                let entry = best.entry(place).or_insert((window.z, window.time_s, track));
                if window.z > entry.0 {
                    *entry = (window.z, window.time_s, track);
                }
            }
        }
        best.into_values().map(|(_, time_s, track)| (time_s, track)).collect()
    }
}

/// Compares every face with the sound. `speech` says for each hop of `bands`
/// whether someone speaks, `gaps` where its closures are. `None` without frames or
/// at too low a rate.
pub fn judge(mouths: &Mouths, bands: &Bands, speech: &[bool], gaps: &[usize]) -> Option<Judged> {
    let rate = mouths.rate().filter(|rate| *rate >= LEAST_RATE)?.min(MOST_RATE);
    let (start_s, points) = mouths.grid(rate)?;
    let mut sound: [Vec<f64>; BANDS] = std::array::from_fn(|_| Vec::with_capacity(points));
    for point in 0..points {
        let energies = bands.at(start_s + point as f64 / rate)?;
        for (series, energy) in sound.iter_mut().zip(energies) {
            series.push(energy);
        }
    }
    let gaps = gaps.iter().map(|hop| bands.first_s() + *hop as f64 / HOPS_PER_S).collect();
    let grid = Grid { start_s, rate, points, sound, bands, speech, gaps };
    let mut longest: Vec<(&u32, &Vec<Row>)> = mouths.tracks.iter().collect();
    longest.sort_by_key(|(track, rows)| (std::cmp::Reverse(rows.len()), **track));
    longest.truncate(MOST_CANDIDATES);
    let mut candidates: Vec<Candidate> = longest
        .into_iter()
        .filter_map(|(track, rows)| grid.candidate(Some(*track), std::slice::from_ref(rows)))
        .collect();
    if candidates.iter().all(|candidate| candidate.speech_s < LEAST_SPEECH_S) {
        candidates.extend(grid.candidate(None, &widest(&mouths.tracks)));
    }
    // Who may be named first; among them, who stands out most.
    candidates.sort_by(|a, b| {
        let enough = |c: &Candidate| c.speech_s >= LEAST_SPEECH_S;
        (b.determined(), enough(b))
            .cmp(&(a.determined(), enough(a)))
            .then(b.alignment.z.total_cmp(&a.alignment.z))
    });
    Some(Judged { start_s, candidates })
}

struct Grid<'a> {
    start_s: f64,
    rate: f64,
    points: usize,
    sound: [Vec<f64>; BANDS],
    bands: &'a Bands,
    speech: &'a [bool],
    /// Times of closures in the sound.
    gaps: Vec<f64>,
}

impl Grid<'_> {
    fn candidate(&self, track: Option<u32>, stretches: &[Vec<Row>]) -> Option<Candidate> {
        let mut mouth: [Vec<f64>; SHAPES] = std::array::from_fn(|_| vec![f64::NAN; self.points]);
        for rows in stretches {
            let stretch = on_grid(rows, self.start_s, self.rate, self.points);
            for (series, values) in mouth.iter_mut().zip(&stretch) {
                for (to, value) in series.iter_mut().zip(values).filter(|(_, v)| v.is_finite()) {
                    *to = *value;
                }
            }
        }
        // Where there is no sound, there is nothing to compare.
        for point in 0..self.points {
            if !self.bands.covers(self.start_s + point as f64 / self.rate) {
                for series in &mut mouth {
                    if let Some(value) = series.get_mut(point) {
                        *value = f64::NAN;
                    }
                }
            }
        }
        let pair = Pair::new(self.rate, mouth, self.sound.clone())?;
        let spoken = |point: usize| {
            let hop = self.bands.hop(self.start_s + point as f64 / self.rate);
            hop.and_then(|hop| self.speech.get(hop)).copied().unwrap_or(false)
        };
        let points = pair.seen.iter().enumerate().filter(|(i, seen)| **seen && spoken(*i)).count();
        let alignment = pair.align()?;
        let speech_s = points as f64 / self.rate;
        let enough = speech_s >= LEAST_SPEECH_S;
        let windows = if enough { windows(&pair, self.start_s) } else { Vec::new() };
        let drift_ms_per_s = drift(&windows);
        // Where the offset is not sure, closures are looked for where they are heard.
        let named = enough && alignment.stands_out();
        let late_s = if named { alignment.seconds(alignment.offset) } else { 0.0 };
        let closures =
            enough.then(|| closures::test(&pair, self.start_s, &self.gaps, late_s)).flatten();
        Some(Candidate { track, speech_s, pair, alignment, windows, drift_ms_per_s, closures })
    }
}

/// Offsets of windows over the clip.
fn windows(pair: &Pair, start_s: f64) -> Vec<Window> {
    let (width, n) = ((WINDOW_S * pair.rate) as usize, pair.seen.len());
    let Some(room) = n.checked_sub(width) else { return Vec::new() };
    let step = ((STEP_S * pair.rate) as usize).max(room.div_ceil(MOST_WINDOWS)).max(1);
    let mut windows = Vec::new();
    for from in (0..=room).step_by(step) {
        let window = pair.window(from, from + width);
        // Half a window without a mouth says nothing of its own.
        if 2 * window.seen.iter().filter(|seen| **seen).count() < width {
            continue;
        }
        let Some(found) = window.align() else { continue };
        windows.push(Window {
            time_s: start_s + (from as f64 + width as f64 / 2.0) / pair.rate,
            offset_ms: 1e3 * found.seconds(found.offset),
            z: found.z,
            stands_out: found.stands_out(),
        });
    }
    windows
}

/// The largest step of the offset between windows that stand out and do not
/// overlap, as time and milliseconds: joins of parts with different offsets make
/// one, and so does the scatter of windows of one offset.
pub fn largest_step(windows: &[Window]) -> Option<(f64, f64)> {
    let sure: Vec<&Window> = windows.iter().filter(|window| window.stands_out).collect();
    let mut largest: Option<(f64, f64)> = None;
    for (i, a) in sure.iter().enumerate() {
        let after = sure.iter().skip(i + 1).find(|b| b.time_s - a.time_s >= WINDOW_S - 1e-6);
        if let Some(b) = after {
            let step = b.offset_ms - a.offset_ms;
            if largest.is_none_or(|(_, before)| step.abs() > before.abs()) {
                largest = Some((0.5 * (a.time_s + b.time_s), step));
            }
        }
    }
    largest
}

/// The median of all slopes between windows that stand out (Sen 1968,
/// Estimates of the regression coefficient based on Kendall's tau).
fn drift(windows: &[Window]) -> Option<f64> {
    let sure: Vec<&Window> = windows.iter().filter(|window| window.stands_out).collect();
    let span = sure.last()?.time_s - sure.first()?.time_s;
    if sure.len() < DRIFT_WINDOWS || span < DRIFT_S {
        return None;
    }
    let mut slopes = Vec::new();
    for (i, a) in sure.iter().enumerate() {
        for b in sure.iter().skip(i + 1) {
            slopes.push((b.offset_ms - a.offset_ms) / (b.time_s - a.time_s));
        }
    }
    crate::signal::stats::median(&mut slopes)
}
