//! Closed lips at M, B and P: does the mouth close when the sound does.
//!
//! Agarwal, Farid, Fried and Agrawala (2020), "Detecting deep-fake videos from
//! phoneme-viseme mismatches", CVPR workshops: lips meet for these sounds, and
//! made mouths often do not close. They need to know where the sounds are. Here,
//! without a transcript, a *closure* is a short gap above 700 Hz inside speech:
//! every stop makes one, and only about a third of the stops are made with the
//! lips. So the openings at closures are held against those at the same
//! closures shifted in time, as one test of all, never one by one.

use super::align::Pair;
use super::bands::{BANDS, Bands, HOPS_PER_S};

/// Bands above 700 Hz: a nasal and the voicing behind closed lips lie below.
const FIRST_BAND: usize = 2;
/// A closure: this far below the sound on both sides, which must be reached
/// within so many seconds (stops close for 50 to 150 ms; the windows of 40 ms
/// fill the gap in part).
const DEPTH_DB: f32 = 10.0;
const SIDE_S: f64 = 0.12;
/// The mouth's narrowest within so many seconds of a closure counts (the recipe:
/// three frames).
const REACH_S: f64 = 0.12;
/// Fewer closures are not tested.
const LEAST: usize = 20;
/// Shifts at most that are tried, evenly spread.
const MOST_SHIFTS: usize = 4_000;

/// The test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closures {
    /// Closures while the mouth was seen.
    pub count: usize,
    /// Mean of the narrowest openings around them, as a standard score of the
    /// whole clip's; lower = closed.
    pub opening: f64,
    /// Share of shifts (more than the range of lags) with so low an opening or
    /// lower, counting this one.
    pub p: f64,
}

/// Middles of short gaps in the speech, in hops of `bands` (before
/// [`Bands::settle`]).
pub fn gaps(bands: &Bands, speech: &[bool]) -> Vec<usize> {
    let level: Vec<f32> = bands
        .hops
        .iter()
        .map(|hop| {
            let power: f32 =
                (FIRST_BAND..BANDS).filter_map(|b| hop.get(b)).map(|ln| ln.exp()).sum();
            10.0 * power.max(1e-12).log10()
        })
        .collect();
    let side = (SIDE_S * HOPS_PER_S) as usize;
    let mut found: Vec<usize> = Vec::new();
    for at in side..level.len().saturating_sub(side) {
        let (Some(before), Some(&here), Some(after)) =
            (level.get(at - side..at), level.get(at), level.get(at + 1..=at + side))
        else {
            continue;
        };
        let top = |part: &[f32]| part.iter().copied().fold(f32::MIN, f32::max);
        let lowest = before.iter().all(|v| *v >= here) && after.iter().all(|v| *v > here);
        let deep = top(before).min(top(after)) - here >= DEPTH_DB;
        let spoken = speech.get(at - side) == Some(&true) && speech.get(at + side) == Some(&true);
        if lowest && deep && spoken {
            found.push(at);
        }
    }
    found
}

/// Whether the mouth of `pair` closes at `times` (in seconds), when the sound is
/// `late_s` behind the picture. `None` with fewer than twenty closures.
pub fn test(pair: &Pair, start_s: f64, times: &[f64], late_s: f64) -> Option<Closures> {
    let n = pair.seen.len();
    let reach = (REACH_S * pair.rate).round() as usize;
    // The narrowest around each point, so that a shift is a look-up.
    let narrowest: Vec<Option<f64>> = (0..n)
        .map(|i| {
            let around = i.checked_sub(reach)?..=i + reach;
            let seen = around.clone().all(|k| pair.seen.get(k) == Some(&true));
            let lowest = around.filter_map(|k| pair.opening(k)).fold(f64::INFINITY, f64::min);
            (seen && lowest.is_finite()).then_some(lowest)
        })
        .collect();
    let points: Vec<usize> = times
        .iter()
        .map(|time_s| ((time_s - late_s - start_s) * pair.rate).round())
        .filter(|point| *point >= 0.0 && *point < n as f64)
        .map(|point| point as usize)
        .collect();
    let mean = |shift: usize| -> Option<(usize, f64)> {
        let openings = points.iter().filter_map(|p| *narrowest.get((p + shift) % n)?);
        let (count, sum) = openings.fold((0, 0.0), |(c, s), v| (c + 1, s + v));
        (count > 0).then(|| (count, sum / count as f64))
    };
    let (count, opening) = mean(0)?;
    let range = pair.range();
    if count < LEAST || n < 4 * range {
        return None;
    }
    let step = n.div_ceil(MOST_SHIFTS).max(1);
    let (mut tried, mut not_higher) = (1.0, 1.0);
    for shift in (range..n - range).step_by(step) {
        // A shift that meets few openings says nothing.
        let Some((_, other)) = mean(shift).filter(|(met, _)| 2 * met >= count) else { continue };
        tried += 1.0;
        if other <= opening {
            not_higher += 1.0;
        }
    }
    Some(Closures { count, opening, p: not_higher / tried })
}
