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

/// Fewest pictures of one place that are compared with each other: less leaves
/// no neighbours to speak of.
pub(super) const LEAST_ALIKE: usize = 8;

/// Where a picture stands among the I- and P-pictures around it. Encoders give
/// each place its own number of bytes, in a pattern that repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A P-picture, with its distance from the I- or P-picture before.
    P(u64),
    /// A B-picture: the distance of the I- or P-pictures around it, and its own
    /// from the first of them.
    B(u64, u64),
}

/// A predicted picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Predicted {
    /// Position in the video in presentation order, all pictures counted.
    pub(super) index: u64,
    /// Size in bytes.
    pub(super) bytes: u64,
    /// Pictures since the last intra-coded one; `None` before the first.
    pub(super) since_intra: Option<u64>,
    /// Where it stands in the pattern of types.
    pub(super) place: Place,
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

/// How much larger each picture is than its neighbours of the same kind (all
/// P-pictures; B-pictures of the same place): ln of its size over the median of
/// the eight around it, four on each side (fewer at the ends).
pub(super) fn excess(pictures: &[Predicted]) -> Vec<f64> {
    let mut kinds: BTreeMap<Option<Place>, Vec<usize>> = BTreeMap::new();
    for (i, picture) in pictures.iter().enumerate() {
        let kind = Some(picture.place).filter(|place| matches!(place, Place::B(..)));
        kinds.entry(kind).or_default().push(i);
    }
    let mut found = vec![0.0; pictures.len()];
    for members in kinds.values() {
        let sizes: Vec<f64> =
            members.iter().map(|&i| (pictures[i].bytes.max(1) as f64).ln()).collect();
        for (at, &i) in members.iter().enumerate() {
            let before = &sizes[at.saturating_sub(AROUND)..at];
            let after = &sizes[at + 1..(at + 1 + AROUND).min(sizes.len())];
            let mut around = [before, after].concat();
            found[i] = sizes[at] - median(&mut around).unwrap_or(sizes[at]);
        }
    }
    found
}

/// Pictures that are compared with each other.
struct Stratum {
    /// Positions among all pictures, with rank from 1 (the mean for ties).
    ranked: Vec<(usize, f64)>,
    /// Variance of one rank sum is m(n − m) times this.
    spread: f64,
}

/// Groups the pictures by place and by their distance from the last intra-coded
/// one, where at least four share both, and puts the others of a place together
/// (P-pictures of rare places with each other).
///
/// The first pictures after an intra-coded one differ from the rest in every
/// group of pictures, which has the period of the *present* encoding: compared
/// with all others, they accuse single encodes with short groups (down to log10
/// NFA −13.9 in our trials). Compared among equals they do not. The pattern of
/// B-pictures has a period too, of four pictures in x264's fullest.
fn strata(pictures: &[Predicted], excess: &[f64]) -> Vec<Stratum> {
    let mut places: BTreeMap<Place, usize> = BTreeMap::new();
    for picture in pictures {
        *places.entry(picture.place).or_default() += 1;
    }
    // Distance 0 stands for the rare places: no P-picture has it.
    let common = |place: Place| match place {
        Place::P(_) if places.get(&place).is_none_or(|n| *n < LEAST_ALIKE) => Place::P(0),
        place => place,
    };
    let mut shared: BTreeMap<(Place, Option<u64>), Vec<usize>> = BTreeMap::new();
    for (i, picture) in pictures.iter().enumerate() {
        shared.entry((common(picture.place), picture.since_intra)).or_default().push(i);
    }
    let mut rest: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    let mut strata = Vec::new();
    for ((place, since), members) in shared {
        if since.is_some() && members.len() >= LEAST_GROUP {
            strata.push(stratum(members, excess));
        } else {
            rest.entry(place).or_default().extend(members);
        }
    }
    strata.extend(rest.into_values().map(|members| stratum(members, excess)));
    strata
}

fn stratum(mut members: Vec<usize>, excess: &[f64]) -> Stratum {
    members.sort_by(|&a, &b| excess[a].total_cmp(&excess[b]));
    let n = members.len() as f64;
    let mut ranked = Vec::with_capacity(members.len());
    let mut ties = 0.0;
    for run in members.chunk_by(|&a, &b| excess[a] == excess[b]) {
        let (before, t) = (ranked.len() as f64, run.len() as f64);
        ranked.extend(run.iter().map(|&i| (i, before + (t + 1.0) / 2.0)));
        ties += t * t * t - t;
    }
    let spread = if n < 2.0 { 0.0 } else { (n + 1.0 - ties / (n * (n - 1.0))) / 12.0 };
    Stratum { ranked, spread }
}

/// Rank sums of one stratum by phase: how many pictures, and their ranks.
type Sums = Vec<(usize, f64)>;

/// Compares, for every period and phase, the pictures at that place with all
/// others at the same distance from an intra-coded one (Mann and Whitney's test
/// in strata: van Elteren 1960; one-sided, normal approximation with ties and
/// continuity); `None` when no combination has enough pictures.
///
/// The normal approximation gives small groups too large a probability far out
/// in the tail, never too small a one, so that the NFA is on the safe side.
pub(super) fn search(pictures: &[Predicted]) -> Option<Found> {
    let excess = excess(pictures);
    let strata = strata(pictures, &excess);
    let mut best: Option<(f64, usize, usize)> = None;
    let mut tried = 0;
    for period in PERIODS {
        let phase_of = |i: usize| (pictures[i].index % period as u64) as usize;
        let sums: Vec<Sums> = strata
            .iter()
            .map(|stratum| {
                let mut sums = vec![(0usize, 0.0f64); period];
                for &(i, rank) in &stratum.ranked {
                    let sum = &mut sums[phase_of(i)];
                    *sum = (sum.0 + 1, sum.1 + rank);
                }
                sums
            })
            .collect();
        for phase in 0..period {
            if let Some(z) = deviation(&strata, &sums, phase) {
                tried += 1;
                if best.is_none_or(|(most, ..)| z > most) {
                    best = Some((z, period, phase));
                }
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

/// How many standard deviations the ranks at `phase` lie above what chance
/// gives; `None` when fewer than four pictures on either side have others to be
/// compared with.
fn deviation(strata: &[Stratum], sums: &[Sums], phase: usize) -> Option<f64> {
    let (mut above, mut variance, mut step) = (0.0f64, 0.0f64, 0.0f64);
    let (mut inside, mut outside) = (0, 0);
    for (stratum, sums) in strata.iter().zip(sums) {
        let all = stratum.ranked.len();
        let (count, sum) = sums[phase];
        if count == 0 || count == all {
            continue;
        }
        inside += count;
        outside += all - count;
        let (n, m) = (all as f64, count as f64);
        let weight = 1.0 / (n + 1.0);
        above += weight * (sum - m * (n + 1.0) / 2.0);
        variance += weight * weight * m * (n - m) * stratum.spread;
        step = step.max(weight);
    }
    let enough = inside >= LEAST_GROUP && outside >= LEAST_GROUP && variance > 0.0;
    enough.then(|| (above - step / 2.0) / variance.sqrt())
}
