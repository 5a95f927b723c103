//! Combining findings that bound false alarms when nothing is known of how
//! they depend on each other: e-values (Vovk & Wang 2021).

/// Exponent of the calibrator; ½ is the customary middle.
const KAPPA: f64 = 0.5;

/// The e-value of a p-value: κ p^(κ−1). Its mean under "untouched" is at most 1.
pub fn from_p(p: f64) -> Option<f64> {
    (p > 0.0 && p <= 1.0).then(|| KAPPA * p.powf(KAPPA - 1.0))
}

/// From log10 of a number of false alarms: the number bounds the probability of
/// one (Markov), so it serves as p-value, and says nothing from 1 on.
pub fn from_log10_nfa(log10_nfa: f64) -> Option<f64> {
    log10_nfa.is_finite().then(|| KAPPA * 10f64.powf((KAPPA - 1.0) * log10_nfa.min(0.0)))
}

/// The mean of e-values: an e-value again, however they depend on each other.
pub fn combine(values: &[f64]) -> Option<f64> {
    let valid = !values.is_empty() && values.iter().all(|e| *e >= 0.0);
    valid.then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The p-value that an e-value stands for: min(1, 1/e).
pub fn to_p(e: f64) -> f64 {
    if e > 1.0 { 1.0 / e } else { 1.0 }
}
