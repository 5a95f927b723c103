//! Matches that agree on one motion, beyond what chance allows.

use std::collections::BTreeSet;
use std::f32::consts::PI;

use rayon::prelude::*;

use super::keys::Key;
use super::matches::Match;
use crate::signal::tail::log10_binomial_tail;

/// A match agrees with a motion when it ends within so many pixels of where the
/// motion takes it: keypoints of a turned or scaled copy lie within one or two.
const NEAR: f32 = 3.0;
/// Matches that lie within one square of this side count once: a strong corner
/// has keypoints at several scales.
const CELL: f32 = 8.0;
/// Motions looked at closely in a round, those with most loose support.
const CLOSE: usize = 24;
/// Second matches tried with each.
const SECONDS: usize = 48;
/// Least distance in pixels of two matches that fix a motion.
const BASE: f32 = 24.0;
/// Rounds, and so motions found at most.
const ROUNDS: usize = 6;
/// Fewest agreeing matches.
const LEAST: usize = 4;

/// A motion of the plane: x' = a·x + b·y + c, y' = d·x + e·y + f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Motion(pub(super) [f32; 6]);

impl Motion {
    pub(super) fn apply(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// Change of scale: the root of the change of area.
    pub(super) fn scale(&self) -> f32 {
        let [a, b, _, d, e, _] = self.0;
        (a * e - b * d).abs().sqrt()
    }

    /// Turn in degrees, clockwise as the picture is seen.
    pub(super) fn turn_deg(&self) -> f32 {
        let [a, b, _, d, e, _] = self.0;
        (d - b).atan2(a + e).to_degrees()
    }

    /// The motion with equal scales that takes `p` to `q` and turns and scales
    /// by the vector `m` (cosine and sine times scale).
    fn from(m: (f32, f32), p: (f32, f32), q: (f32, f32)) -> Self {
        let (a, d) = m;
        Self([a, -d, q.0 - a * p.0 + d * p.1, d, a, q.1 - d * p.0 - a * p.1])
    }
}

/// Matches that agree, each from the part to its likeness.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) motion: Motion,
    /// Pairs of places.
    pub(super) pairs: Vec<[(f32, f32); 2]>,
    pub(super) log10_nfa: f64,
}

/// What one round looks at.
struct Field<'a> {
    keys: &'a [Key],
    list: Vec<Match>,
    /// Chance that an unrelated match agrees.
    chance: f64,
}

/// Clusters of fewer than one false alarm, strongest first found; the last
/// number is log10 of the motions tried.
pub(super) fn clusters(keys: &[Key], list: &[Match], size: (usize, usize)) -> (Vec<Cluster>, f64) {
    let area = (size.0 * size.1).max(1) as f32;
    // Either end of a match may be the copy.
    let chance = f64::from(2.0 * PI * NEAR * NEAR / area).min(0.5);
    let all = list.len() as f64;
    let log10_tests = (all * (all - 1.0) / 2.0).max(1.0).log10();
    let mut field = Field { keys, list: list.to_vec(), chance };
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let Some(motion) = field.best() else { break };
        let agreeing = field.agreeing(&motion, NEAR);
        let pairs = distinct(&agreeing);
        let log10_nfa = field.log10_nfa(pairs.len(), list.len(), log10_tests);
        if pairs.len() < LEAST || log10_nfa >= 0.0 {
            break;
        }
        let used: BTreeSet<Match> = agreeing.iter().map(|&(m, _)| m).collect();
        field.list.retain(|m| !used.contains(m));
        let motion = affine(&pairs).unwrap_or(motion);
        found.push(Cluster { motion, pairs, log10_nfa });
    }
    (found, log10_tests)
}

impl Field<'_> {
    fn ends(&self, m: Match) -> [(f32, f32); 2] {
        [m.a, m.b].map(|i| self.keys.get(i as usize).map_or((0.0, 0.0), |k| (k.x, k.y)))
    }

    /// NFA of `k` agreeing matches of `n`, of which two fixed the motion.
    fn log10_nfa(&self, k: usize, n: usize, log10_tests: f64) -> f64 {
        let (n, k) = (n.saturating_sub(2) as u64, k.saturating_sub(2) as u64);
        log10_tests + log10_binomial_tail(n, k, self.chance)
    }

    /// The motion with most distinct agreeing matches.
    fn best(&self) -> Option<Motion> {
        let mut loose: Vec<(usize, usize)> = self
            .list
            .par_iter()
            .enumerate()
            .map(|(i, &m)| {
                let guess = self.guess(m);
                let from = self.ends(m)[0];
                let support = self.list.iter().filter(|&&n| self.roughly(&guess, from, n)).count();
                (support, i)
            })
            .collect();
        loose.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        loose.truncate(CLOSE);
        let close = |&(_, i): &(usize, usize)| self.close(self.list[i]);
        let best = loose.par_iter().filter_map(close).collect::<Vec<_>>();
        best.into_iter().max_by_key(|&(count, _)| count).map(|(_, motion)| motion)
    }

    /// What one match alone says of the motion, by scale and direction.
    fn guess(&self, m: Match) -> Motion {
        let (Some(a), Some(b)) = (self.keys.get(m.a as usize), self.keys.get(m.b as usize)) else {
            return Motion([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        };
        let (sin, cos) = (b.angle - a.angle).sin_cos();
        let scale = b.sigma / a.sigma;
        Motion::from((scale * cos, scale * sin), (a.x, a.y), (b.x, b.y))
    }

    /// Whether `m` roughly follows a guess made at `from`: farther away less
    /// exactly, since scale and direction of one keypoint are rough.
    fn roughly(&self, guess: &Motion, from: (f32, f32), m: Match) -> bool {
        let [p, q] = self.ends(m);
        [(p, q), (q, p)].into_iter().any(|(p, q)| {
            let allowed = 2.0 * NEAR + 0.2 * gap(p, from);
            gap(guess.apply(p), q) <= allowed
        })
    }

    /// The best motion through `m` and a second match.
    fn close(&self, m: Match) -> Option<(usize, Motion)> {
        let guess = self.guess(m);
        let [p, q] = self.ends(m);
        let mut seconds: Vec<[(f32, f32); 2]> = Vec::new();
        for &n in self.list.iter().filter(|&&n| n != m) {
            let [r, s] = self.ends(n);
            for (r, s) in [(r, s), (s, r)] {
                let far = gap(p, r);
                if far >= BASE && gap(guess.apply(r), s) <= 2.0 * NEAR + 0.2 * far {
                    seconds.push([r, s]);
                }
            }
        }
        let step = seconds.len().div_ceil(SECONDS).max(1);
        seconds
            .iter()
            .step_by(step)
            .map(|&[r, s]| {
                let (u, v) = ((r.0 - p.0, r.1 - p.1), (s.0 - q.0, s.1 - q.1));
                let square = u.0 * u.0 + u.1 * u.1;
                let turn = ((u.0 * v.0 + u.1 * v.1) / square, (u.0 * v.1 - u.1 * v.0) / square);
                let motion = Motion::from(turn, p, q);
                (distinct(&self.agreeing(&motion, NEAR)).len(), motion)
            })
            .max_by_key(|&(count, _)| count)
    }

    /// The matches that follow `motion`, turned so that they go along with it.
    fn agreeing(&self, motion: &Motion, near: f32) -> Vec<(Match, [(f32, f32); 2])> {
        let mut found = Vec::new();
        for &m in &self.list {
            let [p, q] = self.ends(m);
            if gap(motion.apply(p), q) <= near {
                found.push((m, [p, q]));
            } else if gap(motion.apply(q), p) <= near {
                found.push((m, [q, p]));
            }
        }
        found
    }
}

/// One pair for each square that pairs start from.
fn distinct(agreeing: &[(Match, [(f32, f32); 2])]) -> Vec<[(f32, f32); 2]> {
    let mut seen = BTreeSet::new();
    let square = |v: f32| (v / CELL).floor() as i32;
    agreeing
        .iter()
        .filter(|(_, [p, _])| seen.insert((square(p.0), square(p.1))))
        .map(|&(_, pair)| pair)
        .collect()
}

fn gap(p: (f32, f32), q: (f32, f32)) -> f32 {
    ((p.0 - q.0).powi(2) + (p.1 - q.1).powi(2)).sqrt()
}

/// The least-squares affine motion of at least six pairs that do not lie on a
/// line; `None` otherwise, or when it is not near one of equal scales.
fn affine(pairs: &[[(f32, f32); 2]]) -> Option<Motion> {
    if pairs.len() < 6 {
        return None;
    }
    let n = pairs.len() as f64;
    let [mut px, mut py, mut qx, mut qy] = [0.0; 4];
    for [p, q] in pairs {
        (px, py) = (px + f64::from(p.0) / n, py + f64::from(p.1) / n);
        (qx, qy) = (qx + f64::from(q.0) / n, qy + f64::from(q.1) / n);
    }
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    let mut right = [[0.0f64; 2]; 2];
    for [p, q] in pairs {
        let (x, y) = (f64::from(p.0) - px, f64::from(p.1) - py);
        let to = [f64::from(q.0) - qx, f64::from(q.1) - qy];
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        for (sums, to) in right.iter_mut().zip(to) {
            sums[0] += x * to;
            sums[1] += y * to;
        }
    }
    let det = xx * yy - xy * xy;
    // The spread across the line that fits best, in pixels.
    let across = det / (xx + yy).max(1e-9) / n;
    if across < 100.0 {
        return None;
    }
    let row = |[x, y]: [f64; 2]| ((x * yy - y * xy) / det, (y * xx - x * xy) / det);
    let ((a, b), (d, e)) = (row(right[0]), row(right[1]));
    let (c, f) = (qx - a * px - b * py, qy - d * px - e * py);
    let skew = ((a - e).abs() + (b + d).abs()) / (a * e - b * d).abs().sqrt();
    (skew < 0.2).then(|| Motion([a, b, c, d, e, f].map(|v| v as f32)))
}
