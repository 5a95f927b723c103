//! Several checks of one exhibit as one likelihood ratio, from a set that holds
//! scores of the same items: one logistic function of all of them together
//! ([`super::fuse`]), held out, bounded and resampled as for one check.
//! Nothing is multiplied, so a cause that two checks share counts once.

use std::collections::BTreeMap;

use super::Labelled;
use super::calibrate::Method;
use super::fuse::Fusion;
use super::reference::{Condition, Evaluation, Learnt, Reference, Refusal, Row, refuse, weigh};

/// The scores of an item, its truth and its source.
struct Item<'a> {
    scores: Vec<Option<f64>>,
    h1: bool,
    source: &'a str,
}

impl Reference {
    /// The likelihood ratio of the `scores` of `checks` together in a case whose
    /// conditions are `case`; `None` is a score that could not be measured.
    /// `score` of the outcome is the ratio before its bounds: there is no single
    /// score.
    ///
    /// # Errors
    /// The reason why none can be given.
    pub fn fuse(
        &self,
        checks: &[String],
        scores: &[Option<f64>],
        case: &[Option<Condition>],
    ) -> Result<Evaluation, Refusal> {
        let first = checks.iter().zip(scores).find(|(_, score)| score.is_some());
        let Some((first, _)) = first else {
            return Err(refuse(
                "the examination gave no score of any of these checks",
                "het onderzoek gaf van geen van deze methoden een score",
            ));
        };
        let condition = self.nearest(first, case)?;
        let items = self.joint(checks, &condition)?;
        if !items.iter().any(|item| item.scores.iter().flatten().count() > 1) {
            return Err(refuse(
                "the reference set has no item with scores of more than one of these checks",
                "de referentieset heeft geen item met scores van meer dan een van deze methoden",
            ));
        }
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let labelled: Vec<Labelled> = items
            .iter()
            .enumerate()
            .map(|(i, item)| {
                let next = names.len();
                let source = *names.entry(item.source).or_insert(next);
                // Its place stands for the item: resampling carries it along.
                Labelled { score: i as f64, h1: item.h1, source }
            })
            .collect();
        // After the items, the case.
        let of = |place: f64| items.get(place as usize).map_or(scores, |item| &item.scores);
        let fit = |sample: &[Labelled]| -> Option<Learnt<'_>> {
            let rows: Vec<_> = sample.iter().map(|i| (of(i.score).to_vec(), i.h1)).collect();
            let fusion = Fusion::fit(&rows)?;
            Some(Box::new(move |place| fusion.log10_lr(of(place))))
        };
        let found = weigh(&labelled, items.len() as f64, Method::Logistic, &fit)?;
        let outside = (0..checks.len()).any(|k| {
            let known = || items.iter().filter_map(|i| i.scores.get(k).copied().flatten());
            let (low, high) =
                known().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
            scores.get(k).copied().flatten().is_some_and(|x| x < low || x > high)
        });
        Ok(Evaluation { score: found.unbounded, condition, outside, ..found })
    }

    /// The items under exactly `condition` with their scores of `checks`.
    fn joint(&self, checks: &[String], condition: &[Condition]) -> Result<Vec<Item<'_>>, Refusal> {
        let mut items: BTreeMap<(&str, bool, &str), Item<'_>> = BTreeMap::new();
        let rows = self.rows.iter().filter(|row| row.condition == condition);
        for (row, k) in rows.filter_map(|row| Some((row, place(checks, row)?))) {
            // Without a name of its own, a source has one item of each kind.
            let name = row.item.as_deref().unwrap_or_default();
            let item = items.entry((&row.source, row.h1, name)).or_insert_with(|| Item {
                scores: vec![None; checks.len()],
                h1: row.h1,
                source: &row.source,
            });
            if let Some(slot) = item.scores.get_mut(k) {
                if slot.is_some() {
                    return Err(refuse(
                        "the table of the reference set does not tell items apart (column `item`), so scores cannot be joined",
                        "de tabel van de referentieset houdt items niet uit elkaar (kolom `item`); scores zijn daarom niet samen te nemen",
                    ));
                }
                *slot = Some(row.score);
            }
        }
        Ok(items.into_values().collect())
    }
}

fn place(checks: &[String], row: &Row) -> Option<usize> {
    checks.iter().position(|check| *check == row.check)
}
