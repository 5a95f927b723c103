//! The modified discrete cosine transform, as AAC uses it, and the framing that
//! an earlier coding left in decoded sound.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::framing::{Framing, clearest};

/// Coefficients of a long frame of AAC (ISO/IEC 14496-3, 4.5.2.3).
pub const FRAME: usize = 1024;
/// Shape of AAC's Kaiser-Bessel-derived window for long frames (the same).
const ALPHA: f64 = 4.0;
/// Frames looked at for one framing.
pub const FRAMES: usize = 8;
/// Samples that [`framing`] takes: every place of the first frame, and the rest.
pub const SPAN: usize = FRAME * (FRAMES + 2);
/// Coefficients looked at: above, most codings at low rates keep nothing at all,
/// whatever the framing.
const LOOKED_AT: usize = 700;
/// Added before the logarithm, in steps of 16 bits: of the size of the rounding
/// noise in a coefficient.
const ROUNDING: f32 = 0.5;

/// The window of a long frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Half a sine.
    Sine,
    /// Kaiser-Bessel derived.
    Kbd,
}

/// A planned transform of [`FRAME`] coefficients from twice as many samples.
pub struct Mdct {
    plan: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    turns: Vec<Complex<f32>>,
    folded: Vec<f32>,
    work: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Mdct {
    /// With a window.
    pub fn new(shape: Shape) -> Self {
        let plan = FftPlanner::<f32>::new().plan_fft_forward(FRAME / 2);
        let turn = |n: usize| {
            // Half of the angle that both turns and the transform must make up.
            let angle = -PI * (8 * n + 1) as f64 / (8 * FRAME) as f64;
            Complex::new(angle.cos() as f32, angle.sin() as f32)
        };
        let zero = Complex::new(0.0, 0.0);
        Self {
            scratch: vec![zero; plan.get_inplace_scratch_len()],
            plan,
            window: window(shape),
            turns: (0..FRAME / 2).map(turn).collect(),
            folded: vec![0.0; FRAME],
            work: vec![zero; FRAME / 2],
        }
    }

    /// The coefficients of `samples` (2·[`FRAME`]; missing ones are silence),
    /// X(k) = Σ w(n) x(n) cos(π/N (n + ½ + N/2)(k + ½)).
    pub fn forward(&mut self, samples: &[f32]) -> &[f32] {
        let half = FRAME / 2;
        let at = |n: usize| samples.get(n).copied().unwrap_or(0.0) * self.window[n];
        for (n, to) in self.folded.iter_mut().enumerate() {
            // Quarters a b c d fold to (−c reversed − d, a − b reversed).
            *to = if n < half {
                -at(3 * half - 1 - n) - at(3 * half + n)
            } else {
                at(n - half) - at(3 * half - 1 - n)
            };
        }
        // A cosine transform of type IV through a complex one of half the size.
        for ((n, to), turn) in self.work.iter_mut().enumerate().zip(&self.turns) {
            *to = Complex::new(self.folded[2 * n], self.folded[FRAME - 1 - 2 * n]) * turn;
        }
        self.plan.process_with_scratch(&mut self.work, &mut self.scratch);
        for ((k, value), turn) in self.work.iter().enumerate().zip(&self.turns) {
            let turned = value * turn;
            self.folded[2 * k] = turned.re;
            self.folded[FRAME - 1 - 2 * k] = -turned.im;
        }
        &self.folded
    }
}

fn window(shape: Shape) -> Vec<f32> {
    match shape {
        Shape::Sine => (0..2 * FRAME)
            .map(|n| (PI / (2 * FRAME) as f64 * (n as f64 + 0.5)).sin() as f32)
            .collect(),
        Shape::Kbd => {
            let kaiser = |n: usize| {
                let x = 2.0 * n as f64 / FRAME as f64 - 1.0;
                bessel(PI * ALPHA * (1.0 - x * x).max(0.0).sqrt())
            };
            let mut sum = 0.0;
            let sums: Vec<f64> = (0..=FRAME)
                .map(|n| {
                    sum += kaiser(n);
                    sum
                })
                .collect();
            let rise = sums.iter().take(FRAME).map(|part| (part / sum).sqrt() as f32);
            let rise: Vec<f32> = rise.collect();
            rise.iter().chain(rise.iter().rev()).copied().collect()
        }
    }
}

/// The modified Bessel function of the first kind, order 0, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..60 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// The place at which frames hold the smallest coefficients: quantising set many
/// to nothing, which shows at the coder's own framing only (Herre and Schug 2000,
/// Analysis of decompressed audio – the inverse decoder, AES convention 109;
/// Yang, Qu and Huang 2008, Detecting digital audio forgeries by checking frame
/// offsets, ACM MM&Sec). `samples` are [`SPAN`] of them, full scale ±1, at the rate
/// at which they were coded. `None` with fewer, or when nothing varies.
pub fn framing(samples: &[f32], transform: &mut Mdct) -> Option<Framing> {
    let samples: Vec<f32> = samples.get(..SPAN)?.iter().map(|v| v * 32_768.0).collect();
    let scale = 1.0 / (2.0 * FRAME as f32).sqrt();
    let mut scores = Vec::with_capacity(FRAME);
    for at in 0..FRAME {
        let mut sum = 0.0f64;
        for frame in 0..FRAMES {
            let from = at + frame * FRAME;
            let coefficients = transform.forward(samples.get(from..from + 2 * FRAME)?);
            // Logarithms of products: one for every sixteen coefficients.
            for part in coefficients.get(..LOOKED_AT)?.chunks(16) {
                let product: f64 =
                    part.iter().map(|c| f64::from(c.abs() * scale + ROUNDING)).product();
                sum += product.ln();
            }
        }
        scores.push(sum / (FRAMES * LOOKED_AT) as f64);
    }
    clearest(scores)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn agrees_with_the_definition() {
        let mut random = SplitMix::new(2);
        let samples: Vec<f32> = (0..2 * FRAME).map(|_| random.normal() as f32).collect();
        for shape in [Shape::Sine, Shape::Kbd] {
            let weights = window(shape);
            let mut transform = Mdct::new(shape);
            let found = transform.forward(&samples);
            for k in [0, 1, 2, 511, 512, 1000, 1023] {
                let n0 = 0.5 + FRAME as f64 / 2.0;
                let expected: f64 = (0..2 * FRAME)
                    .map(|n| {
                        let angle = PI / FRAME as f64 * (n as f64 + n0) * (k as f64 + 0.5);
                        f64::from(weights[n] * samples[n]) * angle.cos()
                    })
                    .sum();
                assert!(
                    (f64::from(found[k]) - expected).abs() < 1e-2,
                    "{k}: {} {expected}",
                    found[k]
                );
            }
        }
    }

    #[test]
    fn windows_add_up_to_one() {
        // The condition of Princen and Bradley.
        for shape in [Shape::Sine, Shape::Kbd] {
            let w = window(shape);
            for n in 0..FRAME {
                assert!((w[n].powi(2) + w[n + FRAME].powi(2) - 1.0).abs() < 1e-5, "{n}");
            }
        }
    }

    /// Noise that falls with frequency, coded: frames from `at` on, coefficients
    /// rounded to a coarse step, and decoded by overlap and add.
    fn coded(at: usize, step: f32, shape: Shape, seed: u64) -> Vec<f32> {
        let mut random = SplitMix::new(seed);
        let mut low = 0.0;
        let samples: Vec<f32> = (0..SPAN + 4 * FRAME)
            .map(|_| {
                low = 0.9 * low + 0.02 * random.normal();
                low as f32
            })
            .collect();
        if step == 0.0 {
            return samples;
        }
        let weights = window(shape);
        let mut transform = Mdct::new(shape);
        let mut out = vec![0.0f32; samples.len()];
        let mut from = at;
        while from + 2 * FRAME <= samples.len() {
            let coefficients: Vec<f32> = transform
                .forward(&samples[from..from + 2 * FRAME])
                .iter()
                .map(|c| (c / step).round() * step)
                .collect();
            let kept: Vec<usize> = (0..FRAME).filter(|k| coefficients[*k] != 0.0).collect();
            for n in 0..2 * FRAME {
                let place = n as f64 + 0.5 + FRAME as f64 / 2.0;
                let sum: f64 = kept
                    .iter()
                    .map(|k| {
                        let angle = PI / FRAME as f64 * place * (*k as f64 + 0.5);
                        f64::from(coefficients[*k]) * angle.cos()
                    })
                    .sum();
                out[from + n] += weights[n] * (sum * 2.0 / FRAME as f64) as f32;
            }
            from += FRAME;
        }
        out.iter().map(|v| (v * 32_768.0).round() / 32_768.0).collect()
    }

    #[test]
    fn the_framing_of_a_coding_is_found_and_none_in_what_was_not_coded() {
        for (at, shape) in [(100, Shape::Sine), (777, Shape::Kbd)] {
            // The first frame that is whole begins one frame in.
            let sound = coded(at, 1.0, shape, 3);
            let found = framing(&sound[FRAME..], &mut Mdct::new(shape)).unwrap();
            assert_eq!(found.at, at);
            assert!(found.z > 6.0 && found.z > 2.0 * found.next_z, "{} {}", found.z, found.next_z);
        }
        let plain = coded(0, 0.0, Shape::Sine, 4);
        let found = framing(&plain, &mut Mdct::new(Shape::Sine)).unwrap();
        assert!(found.z < 2.0 * found.next_z, "{} {}", found.z, found.next_z);
        assert!(framing(&plain[..100], &mut Mdct::new(Shape::Sine)).is_none());
        assert!(framing(&[0.0; SPAN], &mut Mdct::new(Shape::Sine)).is_none());
    }
}
