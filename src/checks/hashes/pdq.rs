//! PDQ, a perceptual hash of 256 bits, after its public description
//! (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
//! Algorithm", 2019): luma smoothed by two passes of a box in each direction
//! and sampled at 64 × 64, its cosine transform's 16 × 16 lowest coefficients
//! without the constant ones, each compared with their median.

use std::f32::consts::PI;
use std::sync::OnceLock;

use crate::media::{Affine, Frame};

/// Largest side of the picture that is smoothed; larger ones are reduced by
/// averaging first (the description does so too, to the same size).
const LARGEST: u32 = 512;
/// Side of the picture that is transformed.
const SIDE: usize = 64;
/// Coefficients kept in each direction.
const KEPT: usize = 16;

/// One hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdq {
    /// Word i holds the bits of vertical frequency i + 1, bit j of it that of
    /// horizontal frequency j + 1.
    pub words: [u16; KEPT],
    /// 0 to 100: how much structure the picture has.
    pub quality: u32,
}

impl Pdq {
    /// 64 hexadecimal digits, the highest word first, as is usual for PDQ.
    pub fn hex(&self) -> String {
        self.words.iter().rev().map(|w| format!("{w:04x}")).collect()
    }

    /// Number of bits that differ, 0 to 256; two unrelated pictures differ in
    /// about 128.
    #[cfg(test)]
    pub fn distance(&self, other: &Self) -> u32 {
        self.words.iter().zip(&other.words).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

/// The hash of the upright picture.
pub fn of_frame(frame: &Frame<'_>) -> Pdq {
    let (w, h) = (frame.display_width.max(1), frame.display_height.max(1));
    let (width, height) = (w.min(LARGEST), h.min(LARGEST));
    let map = Affine::scaling(w as f32 / width as f32, h as f32 / height as f32, 0.0, 0.0);
    let mut rgb = Vec::new();
    frame.area(&map, width as usize, height as usize, &mut rgb);
    let luma =
        rgb.chunks_exact(3).map(|p| 255.0 * (0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2])).collect();
    of_luma(luma, width as usize, height as usize)
}

/// The hash of `width × height` values of luma (0–255), row by row.
fn of_luma(mut luma: Vec<f32>, width: usize, height: usize) -> Pdq {
    for _ in 0..2 {
        let window = |side: usize| side.div_ceil(2 * SIDE);
        for row in luma.chunks_exact_mut(width.max(1)) {
            smooth(row, window(width));
        }
        let mut column = vec![0.0; height];
        for x in 0..width {
            for (value, row) in column.iter_mut().zip(luma.chunks_exact(width)) {
                *value = row[x];
            }
            smooth(&mut column, window(height));
            for (value, row) in column.iter().zip(luma.chunks_exact_mut(width)) {
                row[x] = *value;
            }
        }
    }
    let at = |i: usize, side: usize| ((2 * i + 1) * side / (2 * SIDE)).min(side.saturating_sub(1));
    let mut small = [[0.0f32; SIDE]; SIDE];
    for (i, row) in small.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            let index = at(i, height) * width + at(j, width);
            *value = luma.get(index).copied().unwrap_or(0.0);
        }
    }
    Pdq { words: words(&coefficients(&small)), quality: quality(&small) }
}

/// Mean over a window of `window` values about each; beyond the ends only
/// what is there counts. An even window reaches one further ahead.
fn smooth(line: &mut [f32], window: usize) {
    if window < 2 {
        return;
    }
    let mut sums = Vec::with_capacity(line.len() + 1);
    let mut sum = 0.0f64;
    sums.push(sum);
    for value in line.iter() {
        sum += f64::from(*value);
        sums.push(sum);
    }
    let (back, ahead) = ((window - 1) / 2, window / 2);
    let end = line.len();
    for (i, value) in line.iter_mut().enumerate() {
        let (from, to) = (i.saturating_sub(back), (i + ahead + 1).min(end));
        *value = ((sums[to] - sums[from]) / (to - from) as f64) as f32;
    }
}

/// Coefficients of frequencies 1 to 16, `[vertical][horizontal]`.
fn coefficients(small: &[[f32; SIDE]; SIDE]) -> [[f32; KEPT]; KEPT] {
    static BASIS: OnceLock<[[f32; SIDE]; KEPT]> = OnceLock::new();
    let basis = BASIS.get_or_init(|| {
        let scale = (2.0 / SIDE as f32).sqrt();
        std::array::from_fn(|k| {
            std::array::from_fn(|x| {
                scale * (PI / 2.0 / SIDE as f32 * ((k + 1) * (2 * x + 1)) as f32).cos()
            })
        })
    });
    // Columns first: half[k][x] = Σ_y basis[k][y]·small[y][x].
    let mut half = [[0.0f32; SIDE]; KEPT];
    for (line, weights) in half.iter_mut().zip(basis) {
        for (row, weight) in small.iter().zip(weights) {
            for (sum, value) in line.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
    }
    std::array::from_fn(|i| {
        std::array::from_fn(|j| half[i].iter().zip(&basis[j]).map(|(a, b)| a * b).sum())
    })
}

fn words(coefficients: &[[f32; KEPT]; KEPT]) -> [u16; KEPT] {
    let mut sorted: Vec<f32> = coefficients.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    // The lower of the two middle values, so that half of the bits are set.
    let median = sorted.get(sorted.len() / 2 - 1).copied().unwrap_or(0.0);
    std::array::from_fn(|i| {
        let bits = coefficients[i].iter().enumerate();
        bits.fold(0, |word, (j, c)| word | u16::from(*c > median) << j)
    })
}

/// Sum of the steps between neighbours in hundredths of the range, whole
/// ones only, over 90; at most 100 (section "Quality metric").
fn quality(small: &[[f32; SIDE]; SIDE]) -> u32 {
    let step = |a: f32, b: f32| ((a - b) * 100.0 / 255.0).abs() as u32;
    let mut sum = 0;
    for (y, row) in small.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            if let Some(right) = row.get(x + 1) {
                sum += step(*value, *right);
            }
            if let Some(below) = small.get(y + 1) {
                sum += step(*value, below[x]);
            }
        }
    }
    (sum / 90).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Discs of many sizes over one another, which have the spectrum of
    /// natural scenes ("dead leaves"); `seed` chooses which.
    fn scene(width: usize, height: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            f64::from(state) / f64::from(u32::MAX)
        };
        let discs: Vec<[f64; 4]> =
            (0..300).map(|_| [next(), next(), 0.02 / (0.04 + next()), 255.0 * next()]).collect();
        (0..width * height)
            .map(|i| {
                let x = ((i % width) as f64 + 0.5) / width as f64;
                let y = ((i / width) as f64 + 0.5) / height as f64;
                let over = discs.iter().find(|d| (x - d[0]).hypot(y - d[1]) < d[2]);
                over.map_or(128.0, |d| d[3] as f32)
            })
            .collect()
    }

    #[test]
    fn size_changes_little_and_another_picture_much() {
        let a = of_luma(scene(512, 384, 1), 512, 384);
        let small = of_luma(scene(200, 150, 1), 200, 150);
        assert!(a.distance(&small) < 31, "{}", a.distance(&small));
        for seed in 2..12 {
            let other = of_luma(scene(512, 384, seed), 512, 384);
            assert!(a.distance(&other) > 90, "{seed}: {}", a.distance(&other));
        }
        assert!(a.quality >= 50, "{}", a.quality);
    }

    #[test]
    fn mirroring_turns_every_odd_horizontal_frequency() {
        let picture = scene(256, 256, 5);
        let mirrored: Vec<f32> =
            picture.chunks_exact(256).flat_map(|row| row.iter().rev().copied()).collect();
        let (a, b) = (of_luma(picture, 256, 256), of_luma(mirrored, 256, 256));
        assert!(a.distance(&b) > 90);
        // cos(k·(π − φ)) = (−1)^k cos(kφ): even frequencies, odd bits, stay.
        let kept: u32 =
            a.words.iter().zip(&b.words).map(|(a, b)| ((a ^ b) & 0xaaaa).count_ones()).sum();
        // Half of 128 if they were unrelated; windows of even width lean to
        // one side, which moves some of them across the median.
        assert!(kept < 31, "{kept}");
    }

    #[test]
    fn half_of_the_bits_are_set_and_a_flat_picture_has_no_quality() {
        let hash = of_luma(scene(512, 512, 3), 512, 512);
        assert_eq!(hash.words.iter().map(|w| w.count_ones()).sum::<u32>(), 128);
        assert_eq!(hash.hex().len(), 64);
        assert_eq!(of_luma(vec![90.0; 512 * 512], 512, 512).quality, 0);
        assert_eq!(of_luma(vec![1.0], 1, 1).quality, 0);
        assert_eq!(of_luma(Vec::new(), 0, 0).quality, 0);
    }

    #[test]
    fn a_cosine_is_the_bit_of_its_frequency() {
        // One vertical and one horizontal wave: coefficient (3, 5) dominates.
        let picture: Vec<f32> = (0..64 * 64)
            .map(|i| {
                let wave = |k: usize, x: usize| (PI / 128.0 * (k * (2 * x + 1)) as f32).cos();
                128.0 + 100.0 * wave(3, i / 64) * wave(5, i % 64)
            })
            .collect();
        let small: [[f32; SIDE]; SIDE] =
            std::array::from_fn(|y| std::array::from_fn(|x| picture[y * 64 + x]));
        let c = coefficients(&small);
        assert!((c[2][4] - 100.0 * 32.0).abs() < 1.0, "{}", c[2][4]);
        let rest: f32 = c.iter().flatten().map(|v| v.abs()).sum::<f32>() - c[2][4].abs();
        assert!(rest < 5.0, "{rest}");
    }
}
