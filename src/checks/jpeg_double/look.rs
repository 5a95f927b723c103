//! From coefficients to traces, the first quality and regions.

use super::histogram::{Compared, MOST, Trace, compare};
use super::region::{Known, Map, map};
use crate::media::container::jpeg_data::Coefficients;
use crate::signal::dct::ZIGZAG;

/// Frequencies looked at, in the order of the scan; higher ones are mostly zero.
const FREQUENCIES: usize = 20;
/// From here on a trace, and a region, is named: five decimal places in reserve
/// for histograms that are not quite smooth. See `reports/jpeg-history`.
pub(super) const STRONG: f64 = -5.0;
/// Least share of coefficients that follow a pattern: what a smooth curve fits
/// badly looks like a faint pattern of some step.
pub(super) const LEAST_SHARE: f64 = 0.2;
/// Frequencies with a log10 NFA below this take part in the map and the quality.
pub(super) const TELLING: f64 = -2.0;
/// One frequency with its comparison.
pub(super) struct Frequency {
    pub(super) place: usize,
    pub(super) second: u16,
    pub(super) counts: Vec<f64>,
    pub(super) compared: Compared,
}

/// Everything worked out from the coefficients.
pub(super) struct Looked {
    pub(super) frequencies: Vec<Frequency>,
    pub(super) log10_tests: f64,
    /// The best trace with its frequency and log10 NFA, of each telling frequency,
    /// strongest first.
    pub(super) telling: Vec<(Known, Trace, f64)>,
    /// log10 NFA of the strongest trace; the number of tests when there is none.
    pub(super) log10_nfa: f64,
    pub(super) quality: Option<Quality>,
    pub(super) map: Option<Map>,
}

/// The first quality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quality {
    pub(super) quality: u16,
    /// The qualities whose tables explain as much: few frequencies leave several.
    pub(super) range: (u16, u16),
    /// Share of telling frequencies whose best step is that of its table.
    pub(super) agreement: f64,
}

/// Histograms of the absolute levels 1 … [`MOST`] of the lowest frequencies.
fn count(data: &Coefficients) -> Vec<(usize, Vec<f64>)> {
    let places = &ZIGZAG[1..=FREQUENCIES];
    let mut counts = vec![[0u32; MOST + 1]; places.len()];
    for block in &data.blocks {
        for (counts, &place) in counts.iter_mut().zip(places) {
            if let Some(count) = counts.get_mut(usize::from(block[place].unsigned_abs())) {
                *count += 1;
            }
        }
    }
    let levels = |counts: &[u32; MOST + 1]| counts[1..].iter().map(|&c| f64::from(c)).collect();
    places.iter().copied().zip(counts.iter().map(levels)).collect()
}

/// Looks for the traces of an earlier quantisation in `data`.
pub(super) fn look(data: &Coefficients, clipped: &[bool]) -> Looked {
    let frequencies: Vec<Frequency> = count(data)
        .into_iter()
        .filter_map(|(place, counts)| {
            let second = data.steps[place];
            let compared = compare(&counts, second)?;
            Some(Frequency { place, second, counts, compared })
        })
        .collect();
    let tests: usize = frequencies.iter().map(|f| f.compared.traces.len()).sum();
    let log10_tests = (tests.max(1) as f64).log10();
    let mut best: Vec<(Known, Trace, f64)> = frequencies
        .iter()
        .filter_map(|f| {
            let traces = f.compared.traces.iter().filter(|t| t.share >= LEAST_SHARE);
            let trace = *traces.min_by(|a, b| a.log10_p.total_cmp(&b.log10_p))?;
            let known = Known {
                place: f.place,
                first: trace.first,
                second: f.second,
                levels: f.compared.levels,
            };
            Some((known, trace, trace.log10_p + log10_tests))
        })
        .collect();
    best.sort_by(|a, b| a.2.total_cmp(&b.2));
    let log10_nfa = best.first().map_or(log10_tests, |b| b.2);
    best.retain(|b| b.2 <= TELLING);
    let double = log10_nfa <= STRONG;
    let quality = double.then(|| quality(&frequencies, &best)).flatten();
    let map = double.then(|| {
        let known: Vec<Known> = best.iter().map(|b| b.0).collect();
        let counts: Vec<Vec<f64>> = known
            .iter()
            .filter_map(|k| frequencies.iter().find(|f| f.place == k.place))
            .map(|f| f.counts.clone())
            .collect();
        let mut shares: Vec<f64> = best.iter().map(|b| b.1.share).collect();
        let share = crate::signal::stats::median(&mut shares).unwrap_or(1.0);
        map(data, &known, &counts, clipped, share >= 0.5)
    });
    Looked { frequencies, log10_tests, telling: best, log10_nfa, quality, map }
}

/// The standard table that explains most.
fn quality(frequencies: &[Frequency], telling: &[(Known, Trace, f64)]) -> Option<Quality> {
    let tables = (1..=100).rev().map(|q| (q, crate::checks::jpeg_quantisation::standard_luma(q)));
    let mut best: Option<(f64, Quality)> = None;
    for (quality, table) in tables {
        let gain: f64 = frequencies
            .iter()
            .filter_map(|f| f.compared.traces.iter().find(|t| t.first == table[f.place]))
            .map(|t| t.gain)
            .sum();
        match &mut best {
            // The same steps where it counts: neither is the better guess.
            Some((most, best)) if (gain - *most).abs() < 1e-9 => best.range.0 = quality,
            Some((most, _)) if gain <= *most => {}
            _ => {
                let agree = telling.iter().filter(|t| t.0.first == table[t.0.place]).count();
                let agreement = agree as f64 / telling.len().max(1) as f64;
                best = Some((gain, Quality { quality, range: (quality, quality), agreement }));
            }
        }
    }
    best.map(|(_, quality)| quality)
}
