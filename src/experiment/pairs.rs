//! Methods against each other on the items that both scored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::score::Outcome;
use super::summary::Cell;
use crate::evaluate::compare::{delong, holm, mcnemar};
use crate::evaluate::{Labelled, bootstrap, roc};

/// Two methods on one slice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Slice.
    pub slice: String,
    /// The two methods.
    pub methods: [String; 2],
    /// Items of known label that both scored.
    pub items: usize,
    /// Areas under the ROC.
    pub auc: Option<[f64; 2]>,
    /// 95 % interval of the difference of the areas, by resampling sources.
    pub interval: Option<(f64, f64)>,
    /// Of DeLong's test, which takes items as independent.
    pub z: Option<f64>,
    /// Two-sided.
    pub p: Option<f64>,
    /// After Holm's correction for all pairs of the table.
    pub p_holm: Option<f64>,
    /// Items that only the first, only the second judged rightly at its
    /// threshold.
    pub only: Option<[u64; 2]>,
    /// Of McNemar's exact test.
    pub mcnemar: Option<f64>,
    /// After Holm's correction.
    pub mcnemar_holm: Option<f64>,
}

/// All pairs of methods on each slice, items as they are. `cells` are named;
/// those of one slice are compared.
pub fn pairs(cells: &[(String, &Cell<'_>)], seed: u64) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, (name, a)) in cells.iter().enumerate() {
        for (other, b) in cells.iter().skip(i + 1) {
            if a.slice == b.slice && a.degraded.is_none() && b.degraded.is_none() {
                pairs.push(pair([name, other], a, b, seed));
            }
        }
    }
    correct(&mut pairs, |pair| pair.p, |pair, p| pair.p_holm = Some(p));
    correct(&mut pairs, |pair| pair.mcnemar, |pair, p| pair.mcnemar_holm = Some(p));
    pairs
}

fn correct(pairs: &mut [Pair], of: fn(&Pair) -> Option<f64>, set: fn(&mut Pair, f64)) {
    let p: Vec<f64> = pairs.iter().filter_map(of).collect();
    let tested = pairs.iter_mut().filter(|pair| of(pair).is_some());
    tested.zip(holm(&p)).for_each(|(pair, p)| set(pair, p));
}

fn pair(names: [&String; 2], a: &Cell<'_>, b: &Cell<'_>, seed: u64) -> Pair {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    let scored: BTreeMap<&str, f64> = b
        .rows
        .iter()
        .filter(|row| row.status == Outcome::Ok)
        .filter_map(|row| Some((row.key.as_str(), row.score?)))
        .collect();
    let mut both = Vec::new();
    let mut of_source = Vec::new();
    for row in a.rows.iter().filter(|row| row.status == Outcome::Ok) {
        let other = scored.get(row.key.as_str());
        let (Some(score), Some(other), Some(h1)) = (row.score, other, row.fake()) else { continue };
        let next = sources.len();
        of_source.push(*sources.entry(&row.source).or_insert(next));
        both.push((score, *other, h1));
    }
    let areas = delong(&both);
    // Samples of places in the list carry both scores along.
    let places = both.iter().zip(&of_source).enumerate();
    let places: Vec<Labelled> = places
        .map(|(i, (item, source))| Labelled { score: i as f64, h1: item.2, source: *source })
        .collect();
    let area = |sample: &[Labelled], first: bool| {
        let score = |i: &Labelled| {
            let item = both.get(i.score as usize);
            let score = item.map_or(f64::NAN, |item| if first { item.0 } else { item.1 });
            Labelled { score, ..*i }
        };
        roc::auc(&sample.iter().map(score).collect::<Vec<_>>())
    };
    let interval = areas.and_then(|_| {
        bootstrap::interval(&places, bootstrap::SAMPLES, seed, |sample| {
            Some(area(sample, true)? - area(sample, false)?)
        })
    });
    let only = a.learnt.threshold.zip(b.learnt.threshold).map(|(ta, tb)| {
        let mut only = [0, 0];
        for (x, y, h1) in &both {
            match ((*x >= ta) == *h1, (*y >= tb) == *h1) {
                (true, false) => only[0] += 1,
                (false, true) => only[1] += 1,
                _ => {}
            }
        }
        only
    });
    Pair {
        slice: a.slice.to_owned(),
        methods: names.map(Clone::clone),
        items: both.len(),
        auc: areas.map(|areas| areas.auc),
        interval,
        z: areas.map(|areas| areas.z),
        p: areas.map(|areas| areas.p),
        only,
        mcnemar: only.map(|[b, c]| mcnemar(b, c)),
        ..Pair::default()
    }
}
