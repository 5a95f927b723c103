//! Order statistics and least squares.

/// Scales the median absolute deviation to the standard deviation of a normal
/// distribution, 1/Φ⁻¹(3/4) (Rousseeuw & Croux 1993, section 1).
pub const MAD_TO_SIGMA: f64 = 1.4826;

/// The `q` quantile of `values` (0..=1), interpolated linearly between order
/// statistics; non-finite values are left out, `None` when nothing remains.
/// The slice is reordered.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    let finite = partition_finite(values);
    let values = values.get_mut(..finite)?;
    let last = values.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = (position.floor() as usize).min(last);
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let share = position - below as f64;
    if share == 0.0 {
        return Some(low);
    }
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    Some(low + share * (high - low))
}

/// The median, see [`quantile`].
pub fn median(values: &mut [f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Median and median absolute deviation (unscaled), see [`quantile`].
/// The slice is overwritten.
pub fn median_mad(values: &mut [f64]) -> Option<(f64, f64)> {
    let centre = median(values)?;
    for value in values.iter_mut() {
        *value = (*value - centre).abs();
    }
    Some((centre, median(values)?))
}

/// Mean and standard deviation (n − 1); `None` for fewer than two values.
pub fn mean_sd(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (squares / (n - 1.0)).sqrt()))
}

/// The sum of `f(value)` in `f64`, in eight partial sums that the processor
/// adds side by side.
fn sum_by(values: &[f32], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|&value| f(f64::from(value))).sum();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += f(f64::from(value));
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// Mean, worked out in `f64`; 0 for an empty slice.
pub fn mean(values: &[f32]) -> f64 {
    sum_by(values, |value| value) / values.len().max(1) as f64
}

/// Population variance, worked out in `f64`; 0 for an empty slice.
pub fn variance(values: &[f32]) -> f64 {
    let mean = mean(values);
    sum_by(values, |value| (value - mean) * (value - mean)) / values.len().max(1) as f64
}

/// A straight line `y = intercept + slope·x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Value at x = 0.
    pub intercept: f64,
    /// Change of y per unit of x.
    pub slope: f64,
}

/// The least-squares line through `points`; pairs that are not finite are left
/// out. `None` when fewer than two different x remain.
pub fn line(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Line> {
    let points: Vec<(f64, f64)> =
        points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let n = points.len() as f64;
    if points.len() < 2 {
        return None;
    }
    let mean_x = points.iter().map(|p| p.0).sum::<f64>() / n;
    let mean_y = points.iter().map(|p| p.1).sum::<f64>() / n;
    let xx: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    let xy: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
    if xx <= f64::EPSILON * mean_x.abs().max(1.0) {
        return None;
    }
    let slope = xy / xx;
    Some(Line { intercept: mean_y - slope * mean_x, slope })
}

/// Moves the finite values to the front and returns how many there are.
fn partition_finite(values: &mut [f64]) -> usize {
    let mut kept = 0;
    for i in 0..values.len() {
        if values[i].is_finite() {
            values.swap(kept, i);
            kept += 1;
        }
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_order_statistics() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(quantile(&mut [10.0, 0.0], 0.25), Some(2.5));
        assert_eq!(quantile(&mut [5.0, 1.0, 9.0], 0.0), Some(1.0));
        assert_eq!(quantile(&mut [5.0, 1.0, 9.0], 1.0), Some(9.0));
    }

    #[test]
    fn what_is_not_a_number_is_left_out() {
        assert_eq!(median(&mut [f64::NAN, 7.0, f64::INFINITY]), Some(7.0));
        assert_eq!(median(&mut [f64::NAN]), None);
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn mad_ignores_one_wild_value() {
        assert_eq!(median_mad(&mut [1.0, 2.0, 3.0, 4.0, 1e9]), Some((3.0, 1.0)));
    }

    #[test]
    fn mean_and_deviation_of_known_numbers() {
        let (mean, sd) = mean_sd(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!(mean, 5.0);
        assert!((sd - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert!((variance(&[1.0, 2.0, 3.0, 4.0]) - 1.25).abs() < 1e-12);
        // 0, 1 … 19: mean (n − 1)/2, variance (n² − 1)/12.
        let many: Vec<f32> = (0..20u8).map(f32::from).collect();
        assert!((super::mean(&many) - 9.5).abs() < 1e-12);
        assert!((variance(&many) - 399.0 / 12.0).abs() < 1e-12);
        assert_eq!((super::mean(&[]), variance(&[])), (0.0, 0.0));
    }

    #[test]
    fn line_comes_back() {
        let found = line((0..5).map(|i| (f64::from(i), 3.0 - 2.0 * f64::from(i)))).unwrap();
        assert!((found.slope + 2.0).abs() < 1e-12 && (found.intercept - 3.0).abs() < 1e-12);
        assert_eq!(line([(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(line([(1.0, 2.0), (f64::NAN, 3.0)]), None);
    }
}
