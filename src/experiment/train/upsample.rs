//! Pictures as a generator's last layers would leave them: authentic ones made
//! smaller and enlarged again in the ways generators enlarge, so that both
//! halves of a pair show the same.
//!
//! Odena et al. (2016), *Deconvolution and Checkerboard Artifacts*, for transposed
//! convolutions; Karras et al. (2020), *Analyzing and Improving the Image Quality
//! of StyleGAN*, for zeros with a [1, 3, 3, 1] filter and noise added at each size.

use super::draw::Draw;
use super::pixels::{Kernel, Pixels};

/// A generated-like version of `real`.
pub fn generated(draw: &mut Draw, real: &Pixels) -> Pixels {
    // Mostly one doubling, sometimes two.
    let factor = if draw.chance(0.75) { 2 } else { 4 };
    let (width, height) = (real.width / factor, real.height / factor);
    let small = real.resized(width, height, Kernel::Lanczos).map(|v| v.clamp(0.0, 1.0));
    let mut large = small;
    while large.width < real.width {
        large = doubled(draw, &large);
    }
    // Later layers put detail back, and generators of the StyleGAN family noise.
    let detail = if draw.chance(0.3) { 0.0 } else { draw.range(0.0, 0.8) };
    let large = large.with(real, |fake, real| fake + detail * (real - fake));
    let noise = if draw.chance(0.5) { draw.range(0.0, 3.0) / 255.0 } else { 0.0 };
    let sharp = if draw.chance(0.3) { draw.range(0.0, 0.8) } else { 0.0 };
    let soft = large.blurred(1.0);
    let large = large.with(&soft, |v, soft| (v + sharp * (v - soft)).clamp(0.0, 1.0));
    if noise > 0.0 { large.map_noise(draw, noise) } else { large }
}

/// Twice the size.
fn doubled(draw: &mut Draw, small: &Pixels) -> Pixels {
    let (width, height) = (2 * small.width, 2 * small.height);
    match draw.below(6) {
        0 => small.resized(width, height, Kernel::Nearest),
        1 => small.resized(width, height, Kernel::Linear),
        2 => small.resized(width, height, Kernel::Cubic),
        // Zeros between the pixels, then a filter.
        3 => filtered(&spread(small), [0.25, 0.75, 0.75, 0.25]),
        // A learned filter is never quite even: a chequerboard stays.
        _ => {
            let taps = [0.25, 0.75, 0.75, 0.25].map(|t: f32| t * draw.range(0.8, 1.2));
            let sum: f32 = taps.iter().sum::<f32>() / 2.0;
            filtered(&spread(small), taps.map(|t| t / sum))
        }
    }
}

/// Zeros between the pixels.
fn spread(small: &Pixels) -> Pixels {
    let mut large = Pixels::new(2 * small.width, 2 * small.height, 3);
    for y in 0..small.height {
        for x in 0..small.width {
            let from = 3 * (y * small.width + x);
            let to = 3 * (2 * y * large.width + 2 * x);
            large.data[to..to + 3].copy_from_slice(&small.data[from..from + 3]);
        }
    }
    large
}

/// Filtered across and down by four taps that reach one pixel before and two
/// after; edges repeated by pairs, so that zeros stay in step.
fn filtered(x: &Pixels, taps: [f32; 4]) -> Pixels {
    let mut out = Pixels::new(x.width, x.height, 3);
    let within = |at: usize, tap: usize, length: usize| {
        let at = (at + tap) as isize - 1;
        let at = if at < 0 { at + 2 } else { at } as usize;
        if at >= length { at - 2 } else { at }
    };
    let mut rows = Pixels::new(x.width, x.height, 3);
    for y in 0..x.height {
        for column in 0..x.width {
            let to = 3 * (y * x.width + column);
            for (tap, weight) in taps.iter().enumerate() {
                let from = 3 * (y * x.width + within(column, tap, x.width));
                for c in 0..3 {
                    rows.data[to + c] += weight * x.data[from + c];
                }
            }
        }
    }
    for y in 0..x.height {
        for (tap, weight) in taps.iter().enumerate() {
            let from = 3 * within(y, tap, x.height) * x.width;
            let to = 3 * y * x.width;
            for i in 0..3 * x.width {
                out.data[to + i] += weight * rows.data[from + i];
            }
        }
    }
    out
}
