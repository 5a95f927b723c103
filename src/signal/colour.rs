//! Colour differences as people see them.

/// CIE L*a*b* (1976) of sRGB in 0–1, for the white D65 (IEC 61966-2-1; CIE 15).
pub fn lab(rgb: [f32; 3]) -> [f64; 3] {
    lab_of_linear(rgb.map(|v| linear(f64::from(v))))
}

/// As [`lab`], of linear light in 0–1.
pub fn lab_of_linear([r, g, b]: [f64; 3]) -> [f64; 3] {
    let x = (0.412_456 * r + 0.357_576 * g + 0.180_437 * b) / 0.950_47;
    let y = 0.212_673 * r + 0.715_152 * g + 0.072_175 * b;
    let z = (0.019_334 * r + 0.119_192 * g + 0.950_304 * b) / 1.088_83;
    let [x, y, z] = [x, y, z].map(|t| {
        if t > 216.0 / 24_389.0 { t.cbrt() } else { (24_389.0 / 27.0 * t + 16.0) / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// sRGB in 0–1 of CIE L*a*b*: the way back from [`lab`], cut off where sRGB has
/// no such colour.
pub fn srgb(lab: [f64; 3]) -> [f32; 3] {
    let y = (lab[0] + 16.0) / 116.0;
    let [x, y, z] = [y + lab[1] / 500.0, y, y - lab[2] / 200.0]
        .map(|f| if f > 6.0 / 29.0 { f.powi(3) } else { (116.0 * f - 16.0) * 27.0 / 24_389.0 });
    let (x, z) = (0.950_47 * x, 1.088_83 * z);
    [
        3.240_454 * x - 1.537_139 * y - 0.498_532 * z,
        -0.969_266 * x + 1.876_011 * y + 0.041_556 * z,
        0.055_643 * x - 0.204_026 * y + 1.057_225 * z,
    ]
    .map(|v| {
        let v = v.clamp(0.0, 1.0);
        (if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }) as f32
    })
}

/// Linear light of an sRGB value in 0–1.
pub fn linear(v: f64) -> f64 {
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// ΔE*ab (1976): the distance in L*a*b*; about 2.3 can just be seen (Mahy et
/// al. 1994).
pub fn delta_e(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for rgb in [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.8, 0.6, 0.5], [0.02, 0.5, 0.9]] {
            let back = srgb(lab(rgb));
            for (a, b) in rgb.iter().zip(back) {
                assert!((a - b).abs() < 1e-3, "{rgb:?} {back:?}");
            }
        }
        assert_eq!(srgb([50.0, 300.0, 0.0])[1], 0.0, "no such colour");
    }

    #[test]
    fn known_colours() {
        // Lindbloom's calculator, sRGB, D65.
        for (rgb, lab_) in [
            ([1.0, 1.0, 1.0], [100.0, 0.0, 0.0]),
            ([1.0, 0.0, 0.0], [53.24, 80.09, 67.20]),
            ([0.0, 0.0, 1.0], [32.30, 79.19, -107.86]),
            ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        ] {
            assert!(delta_e(lab(rgb), lab_) < 0.05, "{:?}", lab(rgb));
        }
    }
}
