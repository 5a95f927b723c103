//! Does the light on a face jump from one moment to the next?
//!
//! The errors of the method (average mesh, make-up, unknown lamp) are much the
//! same from frame to frame of one track, so a jump shows far better than a
//! direction does.

use super::Row;
use super::fit::{self, Vector};

/// Rows on either side: a second at five a second.
pub const SIDE: usize = 5;
/// Rows that a side needs at least.
pub const LEAST: usize = 3;
/// Degrees from which a jump is one. In eight of nine development clips the
/// largest change was 8.2; a mirrored face lit from 21 degrees jumps by 42.
pub const JUMP: f64 = 20.0;
/// How many times the unrest on either side a jump must be. The ninth clip
/// swings by 22 degrees with an unrest of 8, and by 25 with one of 20.
const CLEAR: f64 = 4.0;
/// Seconds between the rows around a jump at most: twice the distance asked for.
const GAP_S: f64 = 0.45;

/// One jump.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Time of the first row after it, in seconds.
    pub time_s: f64,
    /// Frame of that row.
    pub frame: u64,
    /// Angle between the mean directions before and after, in degrees.
    pub angle_deg: f64,
}

/// The jumps in the rows of one track, in order; `None` when it is too short.
pub fn steps(rows: &[Row]) -> Option<Vec<Step>> {
    if rows.len() < 2 * LEAST {
        return None;
    }
    let angles: Vec<f64> = (0..rows.len()).map(|at| clear(rows, at).unwrap_or(0.0)).collect();
    let step = |(at, (row, angle)): (usize, (&Row, &f64))| {
        let around = angles.get(at.saturating_sub(SIDE)..)?.iter().take(2 * SIDE + 1);
        let first = angles.get(at.saturating_sub(SIDE)..at)?.iter().all(|other| other < angle);
        let largest = *angle >= JUMP && first && around.clone().all(|other| other <= angle);
        largest.then_some(Step { time_s: row.time_s, frame: row.frame, angle_deg: *angle })
    };
    Some(rows.iter().zip(&angles).enumerate().filter_map(step).collect())
}

/// The angle between the second before row `at` and the second from it on, if
/// both are steady beside it.
pub fn clear(rows: &[Row], at: usize) -> Option<f64> {
    let (before, after) = rows.split_at_checked(at)?;
    let before = before.get(before.len().saturating_sub(SIDE)..)?;
    let after = after.get(..SIDE.min(after.len()))?;
    let gap = after.first()?.time_s - before.last()?.time_s;
    if before.len() < LEAST || after.len() < LEAST || !(0.0..=GAP_S).contains(&gap) {
        return None;
    }
    let ((a, unrest_a), (b, unrest_b)) = (level(before)?, level(after)?);
    let angle = fit::angle(a, b);
    (angle >= CLEAR * unrest_a.max(unrest_b)).then_some(angle)
}

/// The mean direction of each stretch between jumps.
pub fn stretches(rows: &[Row], steps: &[Step]) -> Vec<Vector> {
    let mut from = 0;
    let ends = steps.iter().filter_map(|step| rows.iter().position(|row| row.frame == step.frame));
    let mut out = Vec::new();
    for end in ends.chain([rows.len()]) {
        let stretch = rows.get(from..end).unwrap_or_default();
        out.extend(fit::mean(stretch.iter().map(|row| row.light.direction)));
        from = end;
    }
    out
}

/// Mean direction, and how far the farthest row points away from it.
fn level(rows: &[Row]) -> Option<(Vector, f64)> {
    let mean = fit::mean(rows.iter().map(|row| row.light.direction))?;
    let off = rows.iter().map(|row| fit::angle(row.light.direction, mean));
    Some((mean, off.fold(0.0, f64::max)))
}
