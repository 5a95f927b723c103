//! Intervals by resampling whole sources (Efron & Tibshirani 1993, chapter 13),
//! separately among the sources of H1, of H2 and of both, so that every sample
//! has the classes of the set.

use std::collections::BTreeMap;

use super::Labelled;

/// Samples drawn for an interval that is reported.
pub const SAMPLES: usize = 1000;

/// The middle 95 % of `statistic` over samples of sources. `None` when fewer
/// than half of the samples define it, or a class has fewer than two sources.
pub fn interval(
    items: &[Labelled],
    samples: usize,
    seed: u64,
    mut statistic: impl FnMut(&[Labelled]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let mut values = Vec::with_capacity(samples);
    each(items, samples, seed, |sample| values.extend(statistic(sample).filter(|v| !v.is_nan())))?;
    percentiles(values, samples)
}

/// The middle 95 % of what `samples` samples gave.
pub fn percentiles(mut values: Vec<f64>, samples: usize) -> Option<(f64, f64)> {
    if values.len() * 2 < samples || values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |q: f64| {
        let place = q * (values.len() - 1) as f64;
        let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
        // Equal infinities have no difference.
        if low == high { low } else { low + (high - low) * place.fract() }
    };
    Some((at(0.025), at(0.975)))
}

/// Calls `visit` with each sample. `None` when a class has fewer than two
/// sources.
pub fn each(
    items: &[Labelled],
    samples: usize,
    seed: u64,
    mut visit: impl FnMut(&[Labelled]),
) -> Option<()> {
    let mut sources: BTreeMap<usize, Vec<Labelled>> = BTreeMap::new();
    for item in items {
        sources.entry(item.source).or_default().push(*item);
    }
    let has = |group: &[Labelled], h1: bool| group.iter().any(|i| i.h1 == h1);
    for h1 in [true, false] {
        if sources.values().filter(|group| has(group, h1)).count() < 2 {
            return None;
        }
    }
    let mut strata: [Vec<&Vec<Labelled>>; 3] = Default::default();
    for group in sources.values() {
        let stratum = usize::from(has(group, true)) + 2 * usize::from(has(group, false)) - 1;
        strata[stratum].push(group);
    }
    let mut random = Random(seed);
    let mut sample = Vec::with_capacity(items.len());
    for _ in 0..samples {
        sample.clear();
        for stratum in &strata {
            for _ in 0..stratum.len() {
                sample.extend_from_slice(stratum[random.below(stratum.len())]);
            }
        }
        visit(&sample);
    }
    Some(())
}

/// SplitMix64 (Steele, Lea & Flood 2014): the same on every machine.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; the bias of at most n/2^64 is far below notice.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }
}
