//! Windows that taper a signal before its Fourier transform.

/// The periodic Hann window of `n` points, `0.5 − 0.5·cos(2πi/n)`: values in
/// 0..=1, with the zero at index 0 only, so that its transform is exactly three
/// bins wide (Harris 1978, section V.B).
pub fn hann(n: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU / n.max(1) as f64;
    (0..n).map(|i| (0.5 - 0.5 * (step * i as f64).cos()) as f32).collect()
}

/// A window that changes nothing: `n` ones.
pub fn flat(n: usize) -> Vec<f32> {
    vec![1.0; n]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hann_transforms_to_three_bins() {
        let n = 16;
        let window = hann(n);
        for k in 0..=n / 2 {
            let bin: f64 = (0..n)
                .map(|i| {
                    let angle = std::f64::consts::TAU * (i * k) as f64 / n as f64;
                    f64::from(window[i]) * angle.cos()
                })
                .sum();
            let expected = match k {
                0 => n as f64 / 2.0,
                1 => -(n as f64) / 4.0,
                _ => 0.0,
            };
            assert!((bin - expected).abs() < 1e-5, "bin {k}: {bin}");
        }
    }
}
