//! Tails of distributions as logarithms, for tests that count false alarms.

use std::f64::consts::{LN_10, PI};

/// log10 of P(X ≥ `k`) for X binomial with `n` trials of probability `p`
/// (0 < p < 1); −∞ when `k > n`. Exact up to rounding: the terms are summed, from
/// the first one on, until they no longer count.
pub fn log10_binomial_tail(n: u64, k: u64, p: f64) -> f64 {
    if k == 0 {
        return 0.0;
    }
    if k > n {
        return f64::NEG_INFINITY;
    }
    let (n_, k_) = (n as f64, k as f64);
    if k_ <= n_ * p {
        // Below the mean the other tail is the small one.
        return (1.0 - lower(n, k - 1, p)).max(f64::MIN_POSITIVE).log10();
    }
    let first = ln_term(n, k, p);
    let (mut term, mut sum) = (1.0, 1.0);
    for i in k + 1..=n {
        term *= (n - i + 1) as f64 / i as f64 * p / (1.0 - p);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    ((first + sum.ln()) / LN_10).min(0.0)
}

/// P(X ≤ k) for k below the mean.
fn lower(n: u64, k: u64, p: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for i in (1..=k).rev() {
        term *= i as f64 / (n - i + 1) as f64 * (1.0 - p) / p;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    (ln_term(n, k, p) + sum.ln()).exp()
}

/// ln of P(X = k).
fn ln_term(n: u64, k: u64, p: f64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
        + k as f64 * p.ln()
        + (n - k) as f64 * (-p).ln_1p()
}

/// log10 of P(X ≥ `k`) where X of `drawn` things are marked, when `marked` of
/// all `n` are (hypergeometric): the chance that two subsets of these sizes,
/// one of them at random, share at least `k`; −∞ when they cannot.
pub fn log10_hypergeometric_tail(n: u64, marked: u64, drawn: u64, k: u64) -> f64 {
    let (marked, drawn) = (marked.min(n), drawn.min(n));
    let most = marked.min(drawn);
    let least = (marked + drawn).saturating_sub(n);
    if k > most {
        return f64::NEG_INFINITY;
    }
    let choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let term = |x: u64| choose(marked, x) + choose(n - marked, drawn - x) - choose(n, drawn);
    let terms: Vec<f64> = (k.max(least)..=most).map(term).collect();
    let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ((top + terms.iter().map(|t| (t - top).exp()).sum::<f64>().ln()) / LN_10).min(0.0)
}

/// ln n!: by multiplication to 20 (the last that a u64 holds), above by
/// Stirling's series (NIST Digital Library of Mathematical Functions, 5.11.1).
fn ln_factorial(n: u64) -> f64 {
    if n <= 20 {
        return ((1..=n).product::<u64>() as f64).ln();
    }
    let x = n as f64 + 1.0;
    let r = 1.0 / (x * x);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}

/// log10 of P(Z ≥ `z`) for Z standard normal.
pub fn log10_normal_tail(z: f64) -> f64 {
    if z < 2.0 {
        return (0.5 - middle(z)).log10();
    }
    // Laplace's continued fraction (Abramowitz & Stegun 26.2.14), from the far
    // end; from z = 2 on, 200 levels leave no error that double precision shows.
    let fraction = (1..=200).rev().fold(z, |below, k| z + f64::from(k) / below);
    (-z * z / 2.0 - 0.5 * (2.0 * PI).ln() - fraction.ln()) / LN_10
}

/// log10 of P(T ≥ `t`) for T of Student's distribution with `freedom` ≥ 1
/// degrees of freedom.
pub fn log10_student_tail(t: f64, freedom: f64) -> f64 {
    // P(|T| ≥ t) = I_x(ν/2, 1/2) with x = ν/(ν + t²) (Abramowitz & Stegun
    // 26.7.1); half of it lies on either side.
    let x = freedom / (freedom + t * t);
    let both = ln_incomplete_beta(x, freedom / 2.0, 0.5);
    if t >= 0.0 { (both - 2f64.ln()) / LN_10 } else { (1.0 - both.exp() / 2.0).log10() }
}

/// ln of the regularised incomplete beta function I_x(a, b), by its continued
/// fraction (NIST Digital Library of Mathematical Functions, 8.17.22).
fn ln_incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if x >= 1.0 {
        return 0.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return (-ln_incomplete_beta(1.0 - x, b, a).exp()).ln_1p();
    }
    // Lentz's way from the front; both parts stay away from zero.
    let away = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..=500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    let beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    a * x.ln() + b * (-x).ln_1p() - beta + fraction.ln() - a.ln()
}

/// ln Γ(x) for x > 0: by its recurrence up to 20, above by Stirling's series
/// (NIST Digital Library of Mathematical Functions, 5.11.1).
fn ln_gamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 20.0 {
        shift -= x.ln();
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
    shift + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}

/// P(0 ≤ Z ≤ z) by its series (Abramowitz & Stegun 26.2.11).
fn middle(z: f64) -> f64 {
    if z < -8.0 {
        return -0.5;
    }
    let (mut term, mut sum, mut k) = (z, z, 1.0);
    while term.abs() > 1e-17 * sum.abs() {
        k += 2.0;
        term *= z * z / k;
        sum += term;
    }
    sum * (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() < within, "{found}, not {expected}");
    }

    #[test]
    fn binomial_tails_of_coins_and_dice() {
        // Three or more heads in four throws: 5/16. All six of six dice: 6⁻⁶.
        close(log10_binomial_tail(4, 3, 0.5), (5.0f64 / 16.0).log10(), 1e-12);
        close(log10_binomial_tail(6, 6, 1.0 / 6.0), -6.0 * 6f64.log10(), 1e-12);
        assert_eq!(log10_binomial_tail(9, 0, 0.3), 0.0);
        assert_eq!(log10_binomial_tail(9, 10, 0.3), f64::NEG_INFINITY);
        // One or more of four: 15/16, by way of the lower tail.
        close(log10_binomial_tail(4, 1, 0.5), (15.0f64 / 16.0).log10(), 1e-12);
    }

    #[test]
    fn hypergeometric_tails_of_cards() {
        // All four aces in a hand of 13 of 52: C(48, 9) / C(52, 13).
        close(log10_hypergeometric_tail(52, 4, 13, 4), 0.002641056422569028f64.log10(), 1e-12);
        // Two of two drawn from four of which two are marked: 1/6; at least one: 5/6.
        close(log10_hypergeometric_tail(4, 2, 2, 2), (1.0f64 / 6.0).log10(), 1e-12);
        close(log10_hypergeometric_tail(4, 2, 2, 1), (5.0f64 / 6.0).log10(), 1e-12);
        assert_eq!(log10_hypergeometric_tail(4, 2, 2, 0), 0.0);
        assert_eq!(log10_hypergeometric_tail(4, 2, 2, 3), f64::NEG_INFINITY);
    }

    #[test]
    fn binomial_tail_of_a_whole_picture() {
        // 542 of 4096 at 1/64 and 30 of 51, each with the number of tests of a
        // picture of 512 × 512: the values that the authors' program of ZERO
        // printed, to all their digits.
        let tests = 2.0 * 64f64.log10() + 4.0 * 512f64.log10();
        close(tests + log10_binomial_tail(4096, 542, 1.0 / 64.0), -295.346, 5e-4);
        close(tests + log10_binomial_tail(51, 30, 1.0 / 64.0), -25.8163, 5e-5);
    }

    #[test]
    fn binomial_tails_add_up_where_they_meet() {
        // Just above and just below the mean, one term apart.
        let tail = |k| 10f64.powf(log10_binomial_tail(6400, k, 1.0 / 64.0));
        let term = ln_term(6400, 100, 1.0 / 64.0).exp();
        close(tail(100) - tail(101), term, 1e-10);
    }

    #[test]
    fn factorials_agree_where_the_ways_meet() {
        close(ln_factorial(21), (1..=21).map(|i| f64::from(i).ln()).sum(), 1e-12);
        close(ln_factorial(300), (1..=300).map(|i| f64::from(i).ln()).sum(), 1e-9);
    }

    #[test]
    fn student_tails_of_the_tables() {
        // One degree of freedom: 1/2 − atan(t)/π. Two: 1/2 − t/(2√(2 + t²)).
        for t in [-2.0, 0.0, 0.3, 1.0, 7.0, 1e4] {
            let one = (1.0f64 / 2.0) - f64::atan(t) / PI;
            close(10f64.powf(log10_student_tail(t, 1.0)), one, 1e-12);
            let two = 0.5 - t / (2.0 * (2.0 + t * t).sqrt());
            close(10f64.powf(log10_student_tail(t, 2.0)), two, 1e-12);
        }
        // The table: 2.228 leaves 2.5 % with ten; with very many it is the normal.
        close(10f64.powf(log10_student_tail(2.228_138_852, 10.0)), 0.025, 1e-9);
        close(log10_student_tail(6.0, 1e9), log10_normal_tail(6.0), 1e-6);
        // Far out, where a probability would be lost: t⁻ⁿ falls by n decades a decade.
        let fall = log10_student_tail(1e30, 20.0) - log10_student_tail(1e31, 20.0);
        close(fall, 20.0, 1e-9);
    }

    #[test]
    fn normal_tails_of_the_tables() {
        close(log10_normal_tail(0.0), 0.5f64.log10(), 1e-12);
        close(log10_normal_tail(-20.0), 0.0, 1e-12);
        // 1.959963985 leaves 2.5 %; 6 leaves 9.865876450e-10.
        close(10f64.powf(log10_normal_tail(1.959_963_985)), 0.025, 1e-10);
        close(log10_normal_tail(6.0), 9.865_876_450e-10f64.log10(), 1e-9);
        close(log10_normal_tail(2.0 - 1e-9), log10_normal_tail(2.0 + 1e-9), 1e-8);
    }
}
