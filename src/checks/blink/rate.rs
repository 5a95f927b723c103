//! How usual a number of blinks is, for people who do different things.

/// Blinks a minute of people doing one thing: log-normal, told by the ends of
/// the range that holds 95 % of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Name of the value in the finding.
    pub quantity: &'static str,
    /// Lower end of the 95 % range, a minute.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The ranges of Doughty (2001), *Consideration of three types of spontaneous
/// eyeblink activity in normal humans*, Optometry and Vision Science 78:712–725;
/// that rates are log-normal: Bentivoglio et al. (1997).
pub const PRIORS: [Prior; 3] = [
    Prior { quantity: "p_conversation", low: 10.5, high: 32.5 },
    Prior { quantity: "p_gaze", low: 8.0, high: 21.0 },
    Prior { quantity: "p_reading", low: 1.4, high: 14.4 },
];

/// Part of the blinks that is expected to be found: incomplete and very short
/// ones are missed. Taken from the recipe, not measured here.
const FOUND: f64 = 0.9;
/// Normal quantile of 97.5 %: half the width of a 95 % range in deviations.
const Z975: f64 = 1.959_964;
/// Deviations to either side over which the rate is integrated; beyond them
/// lies less than 2e-15 of the prior.
const REACH: f64 = 8.0;
/// Steps of Simpson's rule (even). 400 agree with 4000 to 1e-9.
const STEPS: usize = 400;

impl Prior {
    /// Two-sided tail probability of `count` blinks in `seconds`: twice the
    /// smaller of P(N ≤ count) and P(N ≥ count), at most 1, for N Poisson with
    /// mean 0.9·r·seconds/60 and r from this prior.
    pub fn tail(&self, count: u64, seconds: f64) -> f64 {
        let at_most = self.at_most(count, seconds);
        let fewer = count.checked_sub(1).map_or(0.0, |n| self.at_most(n, seconds));
        (2.0 * at_most.min(1.0 - fewer)).clamp(0.0, 1.0)
    }

    /// P(N ≤ `count`) in `seconds`.
    pub fn at_most(&self, count: u64, seconds: f64) -> f64 {
        let middle = (self.low * self.high).sqrt().ln();
        let spread = (self.high / self.low).ln() / (2.0 * Z975);
        let step = 2.0 * REACH / STEPS as f64;
        let sum: f64 = (0..=STEPS)
            .map(|i| {
                let z = -REACH + step * i as f64;
                let simpson = match i {
                    0 | STEPS => 1.0,
                    _ if i % 2 == 1 => 4.0,
                    _ => 2.0,
                };
                let mean = FOUND * (middle + spread * z).exp() * seconds / 60.0;
                simpson * (-z * z / 2.0).exp() * poisson_at_most(count, mean)
            })
            .sum();
        (sum * step / 3.0 / std::f64::consts::TAU.sqrt()).clamp(0.0, 1.0)
    }
}

/// P(N ≤ `count`) of a Poisson variable, term by term in logarithms.
fn poisson_at_most(count: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let (mut log_term, mut sum) = (-mean, (-mean).exp());
    for k in 1..=count {
        log_term += mean.ln() - (k as f64).ln();
        sum += log_term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_of_no_blink_at_all() {
        // Recipe, worked out independently of this code.
        let table = [
            [0.256, 0.075, 0.0084, 0.0012, 1e-5],
            [0.378, 0.151, 0.027, 0.0057, 9e-5],
            [0.69, 0.50, 0.28, 0.17, 0.05],
        ];
        for (prior, row) in PRIORS.iter().zip(table) {
            for (seconds, expected) in [5.0, 10.0, 20.0, 30.0, 60.0].into_iter().zip(row) {
                let p = prior.at_most(0, seconds);
                // Within the rounding of the table: one unit of its last digit.
                assert!((p / expected - 1.0).abs() < 0.06, "{} {seconds} s: {p}", prior.quantity);
            }
        }
    }

    #[test]
    fn the_poisson_sum_and_the_tails() {
        // By hand: e⁻²(1 + 2 + 2), and mean 1000 does not underflow to nothing.
        assert!((poisson_at_most(2, 2.0) - 5.0 * (-2.0f64).exp()).abs() < 1e-12);
        assert!((poisson_at_most(1000, 1000.0) - 0.5084).abs() < 1e-3);
        for prior in PRIORS {
            // Unusually few and unusually many are both rare, the middle is not.
            let minute = (prior.low * prior.high).sqrt() * FOUND;
            assert!(prior.tail(minute.round() as u64, 60.0) > 0.7, "{}", prior.quantity);
            assert!(prior.tail(90, 60.0) < 0.01 && prior.tail(0, 600.0) < 0.05);
            assert!(prior.tail(0, 0.0) == 1.0);
        }
        // A whole range of counts has total probability 1.
        let [conversation, ..] = PRIORS;
        assert!((conversation.at_most(500, 60.0) - 1.0).abs() < 1e-9);
    }
}
