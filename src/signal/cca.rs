//! Canonical correlation with a ridge.

/// The first canonical correlation of two sets of variables from their
/// covariances: `xx` is `P × P`, `yy` is `Q × Q`, `xy` is `P × Q`. `ridge`
/// is added to the diagonals of `xx` and `yy` (Vinod 1976, Canonical ridge and
/// econometrics of joint production), which keeps the result below 1 and
/// stable when the variables of a set go together; for standardised variables
/// it is a share of their variance.
///
/// 0 to 1; `None` when a covariance with its ridge is not positive definite.
pub fn ridge_cca<const P: usize, const Q: usize>(
    xx: &[[f64; P]; P],
    yy: &[[f64; Q]; Q],
    xy: &[[f64; Q]; P],
    ridge: f64,
) -> Option<f64> {
    let (lx, ly) = (cholesky(xx, ridge)?, cholesky(yy, ridge)?);
    // Lx⁻¹ Sxy Ly⁻ᵀ, whose largest singular value is wanted.
    let mut k = [[0.0; Q]; P];
    for column in 0..Q {
        for row in 0..P {
            let solved: f64 = (0..row).map(|i| lx[row][i] * k[i][column]).sum();
            k[row][column] = (xy[row][column] - solved) / lx[row][row];
        }
    }
    for values in &mut k {
        for column in 0..Q {
            let solved: f64 = (0..column).map(|i| ly[column][i] * values[i]).sum();
            values[column] = (values[column] - solved) / ly[column][column];
        }
    }
    let mut square = [[0.0; P]; P];
    for (i, a) in k.iter().enumerate() {
        for (j, b) in k.iter().enumerate() {
            square[i][j] = a.iter().zip(b).map(|(a, b)| a * b).sum();
        }
    }
    let largest = largest_eigenvalue(square).max(0.0).sqrt();
    largest.is_finite().then_some(largest)
}

/// L with L·Lᵀ = `a` + `ridge`·1.
fn cholesky<const N: usize>(a: &[[f64; N]; N], ridge: f64) -> Option<[[f64; N]; N]> {
    let mut l = [[0.0; N]; N];
    for row in 0..N {
        for column in 0..=row {
            let known: f64 = (0..column).map(|i| l[row][i] * l[column][i]).sum();
            let rest = a[row][column] + if row == column { ridge } else { 0.0 } - known;
            if row == column {
                if !(rest.is_finite() && rest > 0.0) {
                    return None;
                }
                l[row][row] = rest.sqrt();
            } else {
                l[row][column] = rest / l[column][column];
            }
        }
    }
    Some(l)
}

/// The largest eigenvalue of a symmetric matrix, by Jacobi's rotations
/// (Golub & Van Loan, Matrix Computations, section 8.5).
fn largest_eigenvalue<const N: usize>(mut a: [[f64; N]; N]) -> f64 {
    // Convergence is quadratic; matrices of this size need about five sweeps.
    const SWEEPS: usize = 12;
    for _ in 0..SWEEPS {
        for p in 0..N {
            for q in p + 1..N {
                if a[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (above, below) = (a[p], a[q]);
                for (i, (x, y)) in above.into_iter().zip(below).enumerate() {
                    (a[p][i], a[q][i]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    (0..N).map(|i| a[i][i]).fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn of_one_variable_each_it_is_the_correlation_with_the_ridge() {
        let found = ridge_cca(&[[1.0]], &[[4.0]], &[[-1.2]], 0.0).unwrap();
        assert!((found - 0.6).abs() < 1e-12);
        let ridged = ridge_cca(&[[1.0]], &[[1.0]], &[[0.6]], 0.1).unwrap();
        assert!((ridged - 0.6 / 1.1).abs() < 1e-12);
    }

    #[test]
    fn known_canonical_pair_is_found_through_a_mixture() {
        // x = A u, y = B v with unit covariances of u and v and
        // E[u vᵀ] = diag(0.7, 0.2): canonical correlations do not change.
        let (a, b) = ([[1.0, 2.0], [0.5, -1.0]], [[3.0, 1.0], [1.0, 1.0]]);
        let product = |p: &[[f64; 2]; 2], d: [f64; 2], q: &[[f64; 2]; 2]| {
            let mut out = [[0.0; 2]; 2];
            for i in 0..2 {
                for j in 0..2 {
                    out[i][j] = (0..2).map(|k| p[i][k] * d[k] * q[j][k]).sum();
                }
            }
            out
        };
        let one = [1.0, 1.0];
        let (xx, yy) = (product(&a, one, &a), product(&b, one, &b));
        let found = ridge_cca(&xx, &yy, &product(&a, [0.7, 0.2], &b), 0.0).unwrap();
        assert!((found - 0.7).abs() < 1e-9, "{found}");
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        assert_eq!(ridge_cca(&[[f64::NAN]], &[[1.0]], &[[0.0]], 0.1), None);
        assert_eq!(ridge_cca(&[[-1.0]], &[[1.0]], &[[0.0]], 0.1), None);
    }
}
