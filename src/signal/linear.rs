//! Small systems of linear equations.

/// Solves `N` equations whose last column of `W` = N + 1 is the right-hand
/// side, by elimination with pivoting. `None` where they do not tell the
/// unknowns apart: a pivot of less than 1e-9 of the largest diagonal element,
/// which suits normal equations of unknowns of like size.
pub fn solve<const N: usize, const W: usize>(mut m: [[f64; W]; N]) -> Option<[f64; N]> {
    let scale = (0..N).map(|k| m[k][k].abs()).fold(0.0, f64::max);
    for k in 0..N {
        let pivot = (k..N).max_by(|a, b| m[*a][k].abs().total_cmp(&m[*b][k].abs()))?;
        m.swap(k, pivot);
        let size = m[k][k].abs();
        if size.is_nan() || size <= 1e-9 * scale {
            return None;
        }
        let top = m[k];
        for (_, row) in m.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let factor = row[k] / top[k];
            for (value, above) in row.iter_mut().zip(top) {
                *value -= factor * above;
            }
        }
    }
    Some(std::array::from_fn(|i| m[i][W - 1] / m[i][i]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;

    #[test]
    fn solutions_and_their_lack() {
        // x = 2, y = −1, z = 3, with a zero where the first pivot would be.
        let m = [[0.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 4.0], [3.0, -1.0, 2.0, 13.0]];
        let [x, y, z] = solve(m).unwrap();
        assert!((x - 2.0).abs() < 1e-12 && (y + 1.0).abs() < 1e-12 && (z - 3.0).abs() < 1e-12);
        assert!(solve([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]).is_none(), "one equation twice");
        assert!(solve([[f64::NAN, 1.0, 1.0], [1.0, 1.0, 1.0]]).is_none());
        assert!(solve([[0.0; 3]; 2]).is_none());
    }
}
