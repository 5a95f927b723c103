//! Whether some predicted pictures, at a regular distance, are larger than
//! their neighbours.

use std::collections::BTreeMap;

use crate::signal::stats::median;
use crate::signal::tail::log10_normal_tail;

/// Distances tried, in pictures: below 4 lie the patterns of B-pictures, and
/// above 60 few clips have enough repetitions.
pub(super) const PERIODS: std::ops::RangeInclusive<usize> = 4..=60;
/// Neighbours on each side that a picture is compared with.
const AROUND: usize = 4;
/// Fewest pictures in each of the two groups compared.
const LEAST_GROUP: usize = 4;

/// A predicted picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Predicted {
    /// Position in the video in presentation order, all pictures counted.
    pub(super) index: u64,
    /// Size in bytes.
    pub(super) bytes: u64,
    /// Pictures since the last intra-coded one; `None` before the first.
    pub(super) since_intra: Option<u64>,
}

/// The most striking period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Pictures from one to the next.
    pub(super) period: usize,
    /// Index modulo the period of the larger pictures.
    pub(super) phase: usize,
    /// How many there are.
    pub(super) pictures: usize,
    /// Median of their excess, as a factor.
    pub(super) factor: f64,
    /// log10 of the expected number of combinations of period and phase that are
    /// as striking by chance.
    pub(super) log10_nfa: f64,
    /// How many combinations were tried.
    pub(super) tried: usize,
}

/// How much larger each picture is than expected: ln of its size over the
/// median of the eight around it, four on each side (fewer at the ends), less
/// the median of the same for all pictures equally far behind an intra-coded
/// one, where there are at least four of those.
///
/// Without the second step single encodes with a short, regular group of
/// pictures are accused (down to log10 NFA −13.9): the first pictures after an
/// intra-coded one differ from the rest in every group, which has the period of
/// the *present* encoding.
pub(super) fn excess(pictures: &[Predicted]) -> Vec<f64> {
    let mut excess = plain_excess(pictures);
    let mut places: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (picture, excess) in pictures.iter().zip(&excess) {
        if let Some(since) = picture.since_intra {
            places.entry(since).or_default().push(*excess);
        }
    }
    let usual: BTreeMap<u64, f64> = places
        .into_iter()
        .filter(|(_, values)| values.len() >= LEAST_GROUP)
        .filter_map(|(since, mut values)| Some((since, median(&mut values)?)))
        .collect();
    for (picture, excess) in pictures.iter().zip(&mut excess) {
        *excess -= picture.since_intra.and_then(|since| usual.get(&since)).unwrap_or(&0.0);
    }
    excess
}

fn plain_excess(pictures: &[Predicted]) -> Vec<f64> {
    let sizes: Vec<f64> = pictures.iter().map(|p| (p.bytes.max(1) as f64).ln()).collect();
    (0..sizes.len())
        .map(|i| {
            let before = &sizes[i.saturating_sub(AROUND)..i];
            let after = &sizes[i + 1..(i + 1 + AROUND).min(sizes.len())];
            let mut around = [before, after].concat();
            sizes[i] - median(&mut around).unwrap_or(sizes[i])
        })
        .collect()
}

/// Compares, for every period and phase, the pictures at that place with all
/// others (Mann-Whitney, one-sided, normal approximation with ties and
/// continuity); `None` when no combination has enough pictures.
pub(super) fn search(pictures: &[Predicted]) -> Option<Found> {
    let excess = excess(pictures);
    let (ranks, ties) = ranks(&excess);
    let n = pictures.len() as f64;
    let mut best: Option<(f64, usize, usize)> = None;
    let mut tried = 0;
    for period in PERIODS {
        let mut sums = vec![(0usize, 0.0f64); period];
        for (picture, rank) in pictures.iter().zip(&ranks) {
            let sum = &mut sums[(picture.index % period as u64) as usize];
            sum.0 += 1;
            sum.1 += rank;
        }
        for (phase, &(count, sum)) in sums.iter().enumerate() {
            if count < LEAST_GROUP || pictures.len() - count < LEAST_GROUP {
                continue;
            }
            tried += 1;
            let m = count as f64;
            let u = sum - m * (m + 1.0) / 2.0;
            let rest = n - m;
            let variance = m * rest / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
            if variance <= 0.0 {
                continue;
            }
            let z = (u - m * rest / 2.0 - 0.5) / variance.sqrt();
            if best.is_none_or(|(most, ..)| z > most) {
                best = Some((z, period, phase));
            }
        }
    }
    let (z, period, phase) = best?;
    let mut group: Vec<f64> = pictures
        .iter()
        .zip(&excess)
        .filter(|(p, _)| p.index % period as u64 == phase as u64)
        .map(|(_, excess)| *excess)
        .collect();
    Some(Found {
        period,
        phase,
        pictures: group.len(),
        factor: median(&mut group)?.exp(),
        log10_nfa: log10_normal_tail(z) + (tried as f64).log10(),
        tried,
    })
}

/// Ranks from 1, the mean rank for ties, and the sum of t³ − t over ties.
fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut ties = 0.0;
    let mut before = 0.0;
    for run in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let t = run.len() as f64;
        for &i in run {
            ranks[i] = before + (t + 1.0) / 2.0;
        }
        before += t;
        ties += t * t * t - t;
    }
    (ranks, ties)
}
