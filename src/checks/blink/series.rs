//! Blinks in the opening of one pair of eyes over time.

use crate::signal::stats::{MAD_TO_SIGMA, median_mad, quantile};

/// The baseline is this quantile of the opening … (recipe)
const OPEN_QUANTILE: f64 = 0.80;
/// … within this many seconds to either side (recipe).
const AROUND_S: f64 = 1.5;
/// Seconds between the moments at which the baseline is worked out; between
/// them it is interpolated. Fifteen in one half of the window.
const ANCHOR_S: f64 = 0.1;
/// The baseline never falls under this part of the whole track's: otherwise
/// eyes kept shut become the new open after three seconds. A shut eye has
/// about half the opening of an open one or less.
const LEAST_BASE: f64 = 0.6;
/// Ratio to the baseline under which an eye counts as closing (recipe) …
const CLOSING: f64 = 0.70;
/// … and up to which that is raised where the opening is otherwise quiet. Seen
/// through spectacles the networks close an eye by a sixth to a half only: on
/// the labelled development clip 0.70 finds 3 of 12 blinks, and 0.88 to 0.94
/// all find 12 of 12 without a false one.
const CLOSING_QUIET: f64 = 0.90;
/// Depth of the raised threshold in deviations of the ratio. 3 and 4 find 12
/// of 12 on that clip, 5 finds 11; none gives a false one.
const DEVIATIONS: f64 = 4.0;
/// A blink's deepest point lies this much further from the baseline than the
/// threshold: 0.60 for a threshold of 0.70 (recipe).
const DEEPER: f64 = (1.0 - 0.60) / (1.0 - 0.70);
/// Shortest and longest blink in seconds (recipe).
const LENGTH_S: (f64, f64) = (0.040, 0.600);
/// Two closings less than this apart are one: no lid opens and closes again in
/// a twelfth of a second (a blink's opening phase alone lasts longer: Evinger et al. 1991).
const MERGE_S: f64 = 0.08;
/// A longer gap than this between two samples interrupts the series.
pub const GAP_S: f64 = 0.25;

/// The opening in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Frame number.
    pub frame: u64,
    /// Seconds; never less than that of the sample before.
    pub time_s: f64,
    /// Height over width of the opening, both eyes.
    pub opening: f32,
    /// Width of the wider eye in pixels.
    pub width: f32,
}

/// One blink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blink {
    /// Frame with the smallest opening.
    pub frame: u64,
    /// When the opening fell through the threshold, in seconds.
    pub onset_s: f64,
    /// Until it rose through it again, in seconds.
    pub duration_s: f64,
    /// Part of the opening lost at the deepest point, 0–1.
    pub completeness: f64,
}

/// What a series shows.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Opening of the open eye at each sample.
    pub baseline: Vec<f64>,
    /// Ratio under which an eye counts as closing.
    pub threshold: f64,
    /// The blinks, in order.
    pub blinks: Vec<Blink>,
    /// Closings longer than a blink: start and length in seconds.
    pub shut: Vec<(f64, f64)>,
    /// Seconds covered by samples.
    pub measurable_s: f64,
    /// Samples a second, from the median step; 0 when there is none.
    pub fps: f64,
}

impl Series {
    /// Seconds from one blink's onset to the next one's.
    pub fn intervals(&self) -> impl Iterator<Item = (&Blink, f64)> {
        self.blinks.windows(2).filter_map(|pair| match pair {
            [a, b] => Some((b, b.onset_s - a.onset_s)),
            _ => None,
        })
    }
}

/// Looks for blinks: closings of 40 to 600 ms that start and end within the
/// samples. The threshold is 0.70 of the baseline, raised to as much as 0.92
/// where four deviations of the ratio (1.4826 MAD over the whole series) lie
/// nearer than that. Work is proportional to the number of samples.
pub fn look(samples: &[Sample]) -> Series {
    let mut steps: Vec<f64> = pairs(samples).map(|(a, b)| b.time_s - a.time_s).collect();
    let step = quantile(&mut steps.clone(), 0.5).unwrap_or(0.0);
    steps.retain(|s| *s <= GAP_S);
    let baseline = baseline(samples);
    let ratio: Vec<f64> =
        samples.iter().zip(&baseline).map(|(s, b)| f64::from(s.opening) / b).collect();
    let noise = median_mad(&mut ratio.clone()).map_or(0.0, |(_, mad)| mad * MAD_TO_SIGMA);
    let threshold = (1.0 - DEVIATIONS * noise).clamp(CLOSING, CLOSING_QUIET);
    let mut series = Series {
        baseline,
        threshold,
        measurable_s: steps.iter().sum::<f64>() + if samples.is_empty() { 0.0 } else { step },
        fps: if step > 0.0 { 1.0 / step } else { 0.0 },
        ..Series::default()
    };
    for closing in closings(samples, &ratio, threshold) {
        let length = closing.end_s - closing.start_s;
        if length > LENGTH_S.1 {
            series.shut.push((closing.start_s, length));
        } else if length >= LENGTH_S.0 && 1.0 - closing.least > DEEPER * (1.0 - threshold) {
            series.blinks.push(Blink {
                frame: closing.frame,
                onset_s: closing.start_s,
                duration_s: length,
                completeness: (1.0 - closing.least).clamp(0.0, 1.0),
            });
        }
    }
    series
}

fn pairs(samples: &[Sample]) -> impl Iterator<Item = (&Sample, &Sample)> {
    samples.iter().zip(samples.iter().skip(1))
}

/// The open eye's opening at each sample.
fn baseline(samples: &[Sample]) -> Vec<f64> {
    let mut all: Vec<f64> = samples.iter().map(|s| f64::from(s.opening)).collect();
    let Some(whole) = quantile(&mut all, OPEN_QUANTILE) else {
        return vec![f64::NAN; samples.len()];
    };
    let mut anchors: Vec<(f64, f64)> = Vec::new();
    let (mut from, mut to) = (0, 0);
    for sample in samples {
        let t = sample.time_s;
        if anchors.last().is_some_and(|(last, _)| t - last < ANCHOR_S) {
            continue;
        }
        while samples.get(from).is_some_and(|s| s.time_s < t - AROUND_S) {
            from += 1;
        }
        while samples.get(to).is_some_and(|s| s.time_s <= t + AROUND_S) {
            to += 1;
        }
        let mut near: Vec<f64> = samples
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .map(|s| f64::from(s.opening))
            .collect();
        let open = quantile(&mut near, OPEN_QUANTILE).unwrap_or(whole);
        anchors.push((t, open.max(LEAST_BASE * whole)));
    }
    let mut at = 0;
    samples
        .iter()
        .map(|sample| {
            while anchors.get(at + 1).is_some_and(|(t, _)| *t <= sample.time_s) {
                at += 1;
            }
            match (anchors.get(at), anchors.get(at + 1)) {
                (Some((t0, b0)), Some((t1, b1))) if t1 > t0 => {
                    b0 + (b1 - b0) * (sample.time_s - t0) / (t1 - t0)
                }
                (Some((_, b)), _) => *b,
                _ => whole,
            }
        })
        .collect()
}

/// A stretch under the threshold.
#[derive(Clone, Copy)]
struct Closing {
    start_s: f64,
    end_s: f64,
    least: f64,
    frame: u64,
}

/// All stretches under `threshold` whose beginning and end were seen, those
/// less than [`MERGE_S`] apart joined. Crossings are interpolated linearly.
fn closings(samples: &[Sample], ratio: &[f64], threshold: f64) -> Vec<Closing> {
    let mut found: Vec<Closing> = Vec::new();
    let mut open: Option<Closing> = None;
    let seen: Vec<(&Sample, f64)> = samples.iter().zip(ratio.iter().copied()).collect();
    for pair in seen.windows(2) {
        let [(a, ra), (b, rb)] = pair else { continue };
        let cross = a.time_s + (b.time_s - a.time_s) * ((ra - threshold) / (ra - rb));
        if b.time_s - a.time_s > GAP_S {
            open = None;
            continue;
        }
        if *ra >= threshold && *rb < threshold {
            open = Some(Closing { start_s: cross, end_s: cross, least: *rb, frame: b.frame });
        } else if *rb < threshold {
            if let Some(closing) = open.as_mut().filter(|c| *rb < c.least) {
                (closing.least, closing.frame) = (*rb, b.frame);
            }
        } else if *ra < threshold
            && let Some(mut closing) = open.take()
        {
            closing.end_s = cross;
            match found.last_mut().filter(|last| closing.start_s - last.end_s < MERGE_S) {
                Some(last) => {
                    last.end_s = cross;
                    if closing.least < last.least {
                        (last.least, last.frame) = (closing.least, closing.frame);
                    }
                }
                None => found.push(closing),
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
