//! Logistic regression with both classes weighing the same, so that its
//! log-odds are log likelihood ratios, and a ridge on the slopes, without which
//! scores that separate fully would have infinite ones.

/// The fitted function.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// Natural log-odds where every input is 0.
    pub intercept: f64,
    /// Natural log-odds per unit of each input.
    pub slopes: Vec<f64>,
}

/// Newton steps; convex, so a dozen do.
const MOST_STEPS: usize = 100;

impl Logistic {
    /// Fits inputs of equal length to the truth. `ridge` weighs the squared
    /// slopes against the weighted sum of losses, in which an item weighs
    /// n/(2 n_class). `None` unless both classes are there and inputs finite.
    pub fn fit(rows: &[(Vec<f64>, bool)], ridge: f64) -> Option<Self> {
        let n = rows.len() as f64;
        let n1 = rows.iter().filter(|r| r.1).count() as f64;
        let width = rows.first()?.0.len();
        let sane = |r: &(Vec<f64>, bool)| r.0.len() == width && r.0.iter().all(|v| v.is_finite());
        if n1 == 0.0 || n1 == n || !rows.iter().all(sane) {
            return None;
        }
        let weight = |h1: bool| if h1 { n / (2.0 * n1) } else { n / (2.0 * (n - n1)) };
        let size = width + 1;
        let mut beta = vec![0.0; size];
        for _ in 0..MOST_STEPS {
            let mut hessian = vec![0.0; size * size];
            let mut gradient = vec![0.0; size];
            for (inputs, h1) in rows {
                let x = |i: usize| if i == 0 { 1.0 } else { inputs[i - 1] };
                let z: f64 = (0..size).map(|i| beta[i] * x(i)).sum();
                let p = 1.0 / (1.0 + (-z).exp());
                let w = weight(*h1);
                for i in 0..size {
                    gradient[i] += w * (p - if *h1 { 1.0 } else { 0.0 }) * x(i);
                    for j in 0..size {
                        hessian[i * size + j] += w * p * (1.0 - p) * x(i) * x(j);
                    }
                }
            }
            for i in 1..size {
                gradient[i] += ridge * beta[i];
                hessian[i * size + i] += ridge;
            }
            let step = solve(hessian, gradient)?;
            // Far from the minimum a full step may overshoot.
            let longest = step.iter().fold(0.0f64, |a, s| a.max(s.abs()));
            let part = if longest > 5.0 { 5.0 / longest } else { 1.0 };
            beta.iter_mut().zip(&step).for_each(|(b, s)| *b -= part * s);
            if longest < 1e-12 {
                break;
            }
        }
        let slopes = beta.split_off(1);
        Some(Self { intercept: *beta.first()?, slopes })
    }

    /// Natural log-odds at `inputs`.
    pub fn at(&self, inputs: &[f64]) -> f64 {
        self.intercept + self.slopes.iter().zip(inputs).map(|(s, x)| s * x).sum::<f64>()
    }
}

/// Solves `a x = b` by elimination with pivots.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|i, j| a[i * n + k].abs().total_cmp(&a[j * n + k].abs()))?;
        if a[pivot * n + k].abs() < 1e-300 {
            return None;
        }
        for j in 0..n {
            a.swap(k * n + j, pivot * n + j);
        }
        b.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[i * n + k] / a[k * n + k];
            for j in k..n {
                a[i * n + j] -= factor * a[k * n + j];
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| a[k * n + j] * b[j]).sum();
        b[k] = (b[k] - rest) / a[k * n + k];
    }
    Some(b)
}
