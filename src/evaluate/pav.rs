//! Pool adjacent violators: the monotone function of the score that fits the
//! truth best (Zadrozny & Elkan 2002), as log10 likelihood ratios, both classes
//! weighing the same (Brümmer & du Preez 2006).

use super::{Labelled, counts, groups};

/// The fitted function.
#[derive(Clone, Debug)]
pub struct Pav {
    /// Score and posterior at equal priors, ascending in both.
    knots: Vec<(f64, f64)>,
}

impl Pav {
    /// Fits; `None` unless both classes are there.
    pub fn fit(items: &[Labelled]) -> Option<Self> {
        let (n1, n2) = counts(items)?;
        // Blocks: lowest and highest score, weight of H1 and of all.
        let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
        for (score, h1, h2) in groups(items) {
            let mut block = (score, score, h1 / n1, h1 / n1 + h2 / n2);
            while let Some(before) = blocks.last().copied() {
                if before.2 * block.3 < block.2 * before.3 {
                    break;
                }
                blocks.pop();
                block = (before.0, block.1, before.2 + block.2, before.3 + block.3);
            }
            blocks.push(block);
        }
        let ends = |b: &(f64, f64, f64, f64)| {
            let p = b.2 / b.3;
            if b.0 == b.1 { vec![(b.0, p)] } else { vec![(b.0, p), (b.1, p)] }
        };
        Some(Self { knots: blocks.iter().flat_map(ends).collect() })
    }

    /// log10 likelihood ratio of `score`: straight lines between the scores
    /// fitted, level beyond them; ±∞ where one class alone was met.
    pub fn log10_lr(&self, score: f64) -> f64 {
        let p = self.posterior(score);
        p.log10() - (1.0 - p).log10()
    }

    fn posterior(&self, score: f64) -> f64 {
        let above = self.knots.partition_point(|k| k.0 < score);
        let (Some(first), Some(last)) = (self.knots.first(), self.knots.last()) else {
            return 0.5;
        };
        match (above.checked_sub(1).and_then(|i| self.knots.get(i)), self.knots.get(above)) {
            (_, Some(at)) if at.0 == score => at.1,
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (score - a.0) / (b.0 - a.0),
            (None, _) => first.1,
            (_, None) => last.1,
        }
    }
}
