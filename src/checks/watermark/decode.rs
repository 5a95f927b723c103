//! The open watermark of the package invisible-watermark, method `dwtDct`,
//! read back: written from a description of what its code does.
//!
//! Despite the name there is no DCT. The encoder takes the blue difference U
//! of the picture, averages it in 2×2 pixels (the low band of a Haar
//! transform), and in each 4×4 block of that moves the largest coefficient but
//! the first to the lower or upper half of a step of 36. Block i carries bit i
//! of the message, which begins again when it ends.

use image::RgbImage;
use rayon::prelude::*;

use crate::signal::tail::log10_hypergeometric_tail;

/// Step of the coefficients (`scales=[0, 36, 36]` of the package).
pub(super) const STEP: f32 = 36.0;
/// Pixels a block spans: 4 coefficients of 2 pixels.
pub(super) const SPAN: usize = 8;

/// Which channel the encoder took for blue. It expects blue first; diffusers
/// handed it red first until February 2024 (pull request 7013).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Blue is blue.
    Right,
    /// Red was taken for blue.
    Swapped,
}

/// In which numbers the encoder worked out U: OpenCV adds 128 to whole numbers
/// and 0.5 to fractions, which puts the steps elsewhere. The scripts of Stable
/// Diffusion 1 and 2 pass whole numbers, those of SDXL and FLUX fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Bytes.
    Whole,
    /// Floating point.
    Fractions,
}

/// Every way of encoding that is tried.
pub(super) const WAYS: [(Order, Numbers); 4] = [
    (Order::Right, Numbers::Whole),
    (Order::Right, Numbers::Fractions),
    (Order::Swapped, Numbers::Whole),
    (Order::Swapped, Numbers::Fractions),
];

/// U of one pixel as OpenCV's BGR2YUV gives it, in bytes (rounded to 14 bits
/// of fraction) or in floating point.
pub(super) fn blue_difference(pixel: [u8; 3], order: Order, numbers: Numbers) -> f32 {
    let [r, g, b] = match order {
        Order::Right => pixel,
        Order::Swapped => [pixel[2], pixel[1], pixel[0]],
    };
    match numbers {
        Numbers::Whole => {
            let [r, g, b] = [r, g, b].map(i32::from);
            let y = (r * 4899 + g * 9617 + b * 1868 + 8192) >> 14;
            let u = ((b - y) * 8061 + (128 << 14) + 8192) >> 14;
            u.clamp(0, 255) as f32
        }
        Numbers::Fractions => {
            let [r, g, b] = [r, g, b].map(f32::from);
            0.492 * (b - (0.299 * r + 0.587 * g + 0.114 * b)) + 0.5
        }
    }
}

/// What each block of `picture` says: whether its coefficient lies in the
/// upper half of its step. Row by row; empty for pictures under 8×8.
pub(super) fn blocks(picture: &RgbImage, order: Order, numbers: Numbers) -> Vec<bool> {
    // The encoder cuts to multiples of 4 pixels first, and then takes whole
    // blocks of 8, which is the same as taking those at once.
    let (across, down) = (picture.width() as usize / SPAN, picture.height() as usize / SPAN);
    let stride = picture.width() as usize * 3;
    let rows: Vec<&[u8]> = picture.as_raw().chunks_exact(stride.max(1)).collect();
    let said = |band: &[&[u8]]| -> Vec<bool> {
        let of_column = |column: usize| {
            let mut low = [0.0f32; 16];
            for (y, row) in band.iter().enumerate() {
                let pixels = row.get(column * SPAN * 3..(column + 1) * SPAN * 3).unwrap_or(&[]);
                for (x, pixel) in pixels.chunks_exact(3).enumerate() {
                    // Haar's low band: the sum of four over two.
                    low[y / 2 * 4 + x / 2] +=
                        blue_difference([pixel[0], pixel[1], pixel[2]], order, numbers) / 2.0;
                }
            }
            upper_half(&low)
        };
        (0..across).map(of_column).collect()
    };
    rows.par_chunks_exact(SPAN).take(down).flat_map_iter(said).collect()
}

/// Whether the largest coefficient but the first lies in the upper half.
pub(super) fn upper_half(low: &[f32; 16]) -> bool {
    let largest =
        low[1..].iter().fold(0.0f32, |most, v| if v.abs() > most { v.abs() } else { most });
    largest % STEP > STEP / 2.0
}

/// How well a picture's blocks agree with a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Agreement {
    /// Bits that are as in the message.
    pub matched: usize,
    /// Bits that the package's own decoder would have read as in the message:
    /// it takes for 1 what more than half of a bit's blocks say.
    pub matched_half: usize,
    /// Standard deviations by which the blocks that carry a 1 say so more
    /// often than when the blocks are shuffled; `None` when all say the same.
    pub z: Option<f64>,
    /// log10 of the chance that as many bits match when the picture's own bits
    /// are shuffled.
    pub log10_chance: f64,
}

/// Compares what the blocks say (0 to 1, the mean over several pictures) with
/// a message; `None` when there are fewer than four blocks for each bit.
pub(super) fn agreement(blocks: &[f32], message: &[bool]) -> Option<Agreement> {
    let n = message.len();
    if n == 0 || blocks.len() < 4 * n {
        return None;
    }
    let mut means = vec![(0.0f64, 0.0f64); n];
    let (mut sum, mut squares) = (0.0f64, 0.0f64);
    for (i, &said) in blocks.iter().enumerate() {
        let said = f64::from(said);
        let mean = &mut means[i % n];
        *mean = (mean.0 + said, mean.1 + 1.0);
        sum += said;
        squares += said * said;
    }
    // The block test: its mean and variance over all shufflings of the blocks.
    let all = blocks.len() as f64;
    let on = |f: &dyn Fn(&(f64, f64)) -> f64| -> f64 {
        means.iter().zip(message).filter(|(_, bit)| **bit).map(|(m, _)| f(m)).sum()
    };
    let (carried, carriers) = (on(&|m| m.0), on(&|m| m.1));
    let variance =
        (carriers - carriers * carriers / all) * (squares - sum * sum / all) / (all - 1.0);
    let z = (variance > 0.0).then(|| (carried - carriers * sum / all) / variance.sqrt());
    // The bit test: what the picture reads as 1, whatever the message.
    let means: Vec<f64> = means.iter().map(|(sum, count)| sum / count).collect();
    let between = divide(&means);
    let agree = |threshold: f64| {
        means.iter().zip(message).filter(|(mean, bit)| (**mean > threshold) == **bit).count()
    };
    let matched = agree(between);
    let ones = means.iter().filter(|mean| **mean > between).count();
    let marked = message.iter().filter(|bit| **bit).count();
    let shared = (matched + marked + ones).saturating_sub(n) / 2;
    Some(Agreement {
        matched,
        matched_half: agree(127.0 / 255.0),
        z,
        log10_chance: log10_hypergeometric_tail(
            n as u64,
            marked as u64,
            ones as u64,
            shared as u64,
        ),
    })
}

/// Where `means` fall apart into two groups best: the largest variance between
/// them (Otsu 1979). The message is not looked at. The package divides at one
/// half, and so misreads pictures in which many blocks are saturated.
fn divide(means: &[f64]) -> f64 {
    let mut sorted = means.to_vec();
    sorted.sort_by(f64::total_cmp);
    let total: f64 = sorted.iter().sum();
    let all = sorted.len() as f64;
    let (mut best, mut at, mut below) = (0.0, f64::INFINITY, 0.0);
    for (count, pair) in (1u32..).zip(sorted.windows(2)) {
        below += pair[0];
        let (low, high) = (f64::from(count), all - f64::from(count));
        let apart = (total - below) / high - below / low;
        let between = low * high * apart * apart;
        if between > best && pair[1] > pair[0] {
            (best, at) = (between, f64::midpoint(pair[0], pair[1]));
        }
    }
    at
}
