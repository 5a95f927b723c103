//! Embeddings of a recording, and the two groups among them.

use crate::Result;
use crate::checks::recording::Recording;
use crate::models::VoiceEncoder;
use crate::models::voice_encoder::{Embedding, RATE, SAMPLES, likeness, mean, raised};

/// From one window to the next, in samples (0.8 s).
const STEP: usize = SAMPLES / 2;
/// Windows at most: a long recording is sampled evenly.
const MOST_WINDOWS: usize = 400;
/// Least windows of a group: about four seconds.
pub const LEAST_WINDOWS: usize = 4;
/// Rounds of the division; it settles in a few.
const ROUNDS: usize = 50;

/// One window.
pub struct Window {
    /// Its middle, in seconds of the recording.
    pub time_s: f64,
    /// What it sounds like.
    pub embedding: Embedding,
}

/// A recording's voice.
pub struct Voice {
    /// Windows in order.
    pub windows: Vec<Window>,
    /// Mean of all windows.
    pub whole: Embedding,
    /// Seconds of speech.
    pub speech_s: f64,
    /// Whether the sound is limited to the telephone band.
    pub narrow: bool,
}

impl Voice {
    /// From the speech of a recording.
    ///
    /// # Errors
    /// When the network fails.
    pub fn new(network: &VoiceEncoder, recording: &Recording) -> Result<Self> {
        let mut samples = Vec::new();
        // Where each stretch begins among the samples put together, and in time.
        let mut places = Vec::new();
        for &(from, to) in &recording.speech {
            let time_s = recording.start_s + from as f64 / f64::from(RATE);
            places.push((samples.len(), time_s));
            samples.extend(raised(&recording.samples(from, to)));
        }
        let last = samples.len().saturating_sub(SAMPLES);
        let step = STEP.max((last / MOST_WINDOWS).next_multiple_of(STEP / 5));
        let starts: Vec<usize> = (0..=last).step_by(step).collect();
        let embeddings = network.embed(&samples, &starts)?;
        let time_s = |start: usize| {
            let middle = start + SAMPLES / 2;
            let next = places.partition_point(|(first, _)| *first <= middle);
            let place = next.checked_sub(1).and_then(|i| places.get(i));
            place.map_or(0.0, |(first, t)| t + (middle - first) as f64 / f64::from(RATE))
        };
        let whole = mean(&embeddings).unwrap_or_default();
        let windows = starts
            .iter()
            .zip(embeddings)
            .map(|(start, embedding)| Window { time_s: time_s(*start), embedding })
            .collect();
        Ok(Self {
            windows,
            whole,
            speech_s: recording.speech_s(),
            narrow: recording.conditions()?.narrow(),
        })
    }
}

/// The two groups that differ most.
pub struct Groups {
    /// Whether each window belongs to the second, smaller one.
    pub second: Vec<bool>,
    /// Likeness of their means; 1 when there is but one group of
    /// [`LEAST_WINDOWS`] or more.
    pub likeness: f64,
    /// Their means.
    pub means: Option<(Embedding, Embedding)>,
}

impl Groups {
    /// Times between neighbouring windows of different groups, where at least
    /// three windows in a row on either side belong together.
    pub fn changes(&self, windows: &[Window]) -> Vec<f64> {
        const ROW: usize = 3;
        let mut times = Vec::new();
        for (i, around) in self.second.windows(2 * ROW).enumerate() {
            let (before, after) = around.split_at(ROW);
            let all = |part: &[bool], value: bool| part.iter().all(|group| *group == value);
            let turns =
                all(before, true) && all(after, false) || all(before, false) && all(after, true);
            if let (true, Some(a), Some(b)) =
                (turns, windows.get(i + ROW - 1), windows.get(i + ROW))
            {
                times.push(0.5 * (a.time_s + b.time_s));
            }
        }
        times
    }
}

/// Divides windows in two by spherical k-means, begun from the two least alike.
pub fn groups(windows: &[Window]) -> Groups {
    let none = || Groups { second: vec![false; windows.len()], likeness: 1.0, means: None };
    let at = |i: usize| windows.get(i).map(|w| w.embedding.clone()).unwrap_or_default();
    let mut least: Option<(f64, usize, usize)> = None;
    for (i, a) in windows.iter().enumerate() {
        for (j, b) in windows.iter().enumerate().skip(i + 1) {
            let like = likeness(&a.embedding, &b.embedding);
            if least.is_none_or(|(value, ..)| like < value) {
                least = Some((like, i, j));
            }
        }
    }
    let Some((_, i, j)) = least else { return none() };
    let mut means = (at(i), at(j));
    let mut second = Vec::new();
    for _ in 0..ROUNDS {
        let nearer =
            |w: &Window| likeness(&w.embedding, &means.1) > likeness(&w.embedding, &means.0);
        let now: Vec<bool> = windows.iter().map(nearer).collect();
        if now == second {
            break;
        }
        second = now;
        let gather = |which: bool| -> Option<Embedding> {
            let members = windows.iter().zip(&second).filter(|(_, group)| **group == which);
            mean(&members.map(|(w, _)| w.embedding.clone()).collect::<Vec<_>>())
        };
        let Some(both) = gather(false).zip(gather(true)) else { return none() };
        means = both;
    }
    let count = second.iter().filter(|group| **group).count();
    if count.min(second.len() - count) < LEAST_WINDOWS {
        return none();
    }
    if 2 * count > second.len() {
        second.iter_mut().for_each(|group| *group = !*group);
        means = (means.1, means.0);
    }
    Groups { likeness: likeness(&means.0, &means.1), second, means: Some(means) }
}
