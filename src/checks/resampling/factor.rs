//! Which scaling puts periods where they were found.

use super::periodic::Peak;

/// Factors tried: a reduction hardly leaves periods, and the few it leaves are
/// those of an enlargement too; above two they repeat those of smaller factors.
const FACTORS: (f64, f64) = (1.03, 2.05);
/// Step between them.
const STEP: f64 = 0.0025;
/// An explanation with the JPEG blocks of before the scaling has eight places
/// where the plain one has two, so it must explain so much more.
const MORE: f64 = 1.4;

/// A factor with the share of the peaks on the axes that it explains, weighed
/// by −log10 NFA.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor {
    pub(super) factor: f64,
    pub(super) explained: f64,
    /// Whether it takes the 8×8 blocks of an earlier JPEG to explain them.
    pub(super) blocks: bool,
}

/// The factor that explains most of the peaks on the axes; `None` when there
/// are none there (a turned picture has its peaks elsewhere).
pub(super) fn factor(peaks: &[Peak], side: usize) -> Option<Factor> {
    let bin = 1.0 / side as f64;
    let axis: Vec<(f64, f64)> = peaks
        .iter()
        .filter_map(|peak| {
            let (a, b) = (peak.across.abs(), peak.down.abs());
            let f = if b <= bin * 1.01 {
                a
            } else if a <= bin * 1.01 {
                b
            } else {
                return None;
            };
            Some((f, -peak.log10_nfa))
        })
        .collect();
    let all: f64 = axis.iter().map(|(_, weight)| weight).sum();
    if all <= 0.0 {
        return None;
    }
    let strongest = axis.first().map_or(0.0, |&(f, _)| f);
    let best = |multiples: &[f64], near: f64| {
        let steps = ((FACTORS.1 - FACTORS.0) / STEP) as usize;
        let mut best = (0.0, 0.0, 0.0);
        for i in 0..=steps {
            let factor = FACTORS.0 + STEP * i as f64;
            let (mut explained, mut exact) = (0.0, 0.0);
            for &(f, weight) in &axis {
                let miss = multiples
                    .iter()
                    .map(|k| (fold(k / factor) - f).abs())
                    .fold(f64::INFINITY, f64::min);
                if miss <= near * bin {
                    explained += weight;
                    exact += weight * (1.0 - miss / bin / near);
                }
            }
            // Of factors that explain the same, the one whose first period is
            // the strongest, then the one that fits best.
            let first = (fold(1.0 / factor) - strongest).abs() <= near * bin;
            let score = explained + 0.5 * exact + if first { 0.2 * all } else { 0.0 };
            if score > best.0 {
                best = (score, factor, explained);
            }
        }
        (best.1, best.2)
    };
    let plain = best(&[1.0, 2.0], 1.0);
    let eighths: Vec<f64> = (1..=8).map(|k| f64::from(k) / 8.0).collect();
    let blocks = best(&eighths, 0.75);
    let with_blocks = blocks.1 > MORE * plain.1;
    let (factor, explained) = if with_blocks { blocks } else { plain };
    (explained > 0.0).then_some(Factor { factor, explained: explained / all, blocks: with_blocks })
}

/// A frequency as it appears in sampled pixels: 0 to ½.
fn fold(f: f64) -> f64 {
    let f = f.rem_euclid(1.0);
    f.min(1.0 - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peaks(frequencies: &[f64]) -> Vec<Peak> {
        let of = |(i, &f): (usize, &f64)| Peak {
            across: (f * 256.0).round() / 256.0,
            down: 0.0,
            tiles: 9,
            log10_nfa: -12.0 + i as f64,
        };
        frequencies.iter().enumerate().map(of).collect()
    }

    #[test]
    fn one_line_gives_its_factor() {
        for factor in [1.1, 1.25, 1.5, 1.7, 1.9] {
            let found = factor_of(&[1.0 / factor, 2.0 / factor]);
            assert!((found.factor - factor).abs() < 0.02 && !found.blocks, "{factor} {found:?}");
        }
    }

    #[test]
    fn the_blocks_of_before_give_it_too() {
        for factor in [1.1, 1.3, 1.6, 2.0] {
            let lines: Vec<f64> =
                [2.0, 5.0, 6.0, 1.0, 3.0].iter().map(|k| k / 8.0 / factor).collect();
            let found = factor_of(&lines);
            assert!((found.factor - factor).abs() < 0.02 && found.blocks, "{factor} {found:?}");
        }
        assert!(factor(&[], 128).is_none());
    }

    fn factor_of(lines: &[f64]) -> Factor {
        let folded: Vec<f64> = lines.iter().map(|f| fold(*f)).collect();
        factor(&peaks(&folded), 128).unwrap_or(Factor {
            factor: 0.0,
            explained: 0.0,
            blocks: false,
        })
    }
}
