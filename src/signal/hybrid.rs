//! The hybrid filter bank of MP3, and the framing that an earlier coding left in
//! decoded sound.

mod window;

use std::f32::consts::PI;

use super::framing::{Framing, clearest};

/// Coefficients of a granule (ISO/IEC 11172-3, 2.4.3.4).
pub const GRANULE: usize = BANDS * SLOTS;
const BANDS: usize = 32;
/// Samples of each band in a granule.
const SLOTS: usize = 18;
const TAPS: usize = 512;
/// Granules looked at for one framing.
const GRANULES: usize = 14;
/// Slots that hold them and the overlap, from every first slot on.
const ALL_SLOTS: usize = SLOTS * (GRANULES + 2);
/// Samples that [`Hybrid::framing`] takes.
pub const SPAN: usize = BANDS * ALL_SLOTS + TAPS;
/// Added before the logarithm, in steps of 16 bits: of the size of the rounding
/// noise in a coefficient.
const ROUNDING: f32 = 0.5;
/// The coefficients of the butterflies against aliasing (table B.9).
const ALIAS: [f32; 8] = [-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037];

/// One value for each of the bands.
type Row = [f32; BANDS];

/// The analysis of an encoder: 32 bands, each transformed in long blocks.
pub struct Hybrid {
    taps: Vec<f32>,
    /// From the 64 sums of the taps to the bands.
    bands: Vec<Row>,
    /// Half a sine over two granules.
    rise: [f32; 2 * SLOTS],
    /// The cosine transform of type IV of a band's folded samples.
    cosines: [[f32; SLOTS]; SLOTS],
    /// Cosine and sine of each butterfly.
    alias: [(f32, f32); ALIAS.len()],
}

impl Default for Hybrid {
    fn default() -> Self {
        let band = |i: usize| {
            std::array::from_fn(|k| ((2 * k + 1) as f32 * (i as f32 - 16.0) * PI / 64.0).cos())
        };
        let turn = |n: usize, k: usize| {
            (PI / SLOTS as f32 * (n as f32 + 0.5) * (k as f32 + 0.5)).cos() / 9.0
        };
        Self {
            taps: window::taps(),
            bands: (0..2 * BANDS).map(band).collect(),
            rise: std::array::from_fn(|n| (PI / (2 * SLOTS) as f32 * (n as f32 + 0.5)).sin()),
            cosines: std::array::from_fn(|k| std::array::from_fn(|n| turn(n, k))),
            alias: ALIAS.map(|c| (1.0 / (1.0 + c * c).sqrt(), c / (1.0 + c * c).sqrt())),
        }
    }
}

impl Hybrid {
    /// The bands of the 512 samples in `window`, the newest last (2.4.3.4, C.1.3).
    fn split(&self, window: &[f32]) -> Row {
        let mut sums = [0.0f32; 2 * BANDS];
        for (taps, samples) in
            self.taps.chunks_exact(2 * BANDS).zip(window.rchunks_exact(2 * BANDS))
        {
            for ((sum, tap), sample) in sums.iter_mut().zip(taps).zip(samples.iter().rev()) {
                *sum += tap * sample;
            }
        }
        let mut row = [0.0f32; BANDS];
        for (sum, weights) in sums.iter().zip(&self.bands) {
            for (to, weight) in row.iter_mut().zip(weights) {
                *to += sum * weight;
            }
        }
        row
    }

    /// The coefficients of the granule whose 36 slots are `slots`: coefficient by
    /// coefficient, all bands of each.
    fn granule(&self, slots: &[Row]) -> [Row; SLOTS] {
        let half = SLOTS / 2;
        let at = |n: usize| {
            let mut row = slots[n];
            for (k, value) in row.iter_mut().enumerate() {
                // Every other sample of every other band is turned round.
                let sign = if n % 2 == 1 && k % 2 == 1 { -1.0 } else { 1.0 };
                *value *= sign * self.rise[n];
            }
            row
        };
        let mut found = [[0.0f32; BANDS]; SLOTS];
        for n in 0..SLOTS {
            // Quarters a b c d fold to (-c reversed - d, a - b reversed).
            let (first, second, sign) = if n < half {
                (at(3 * half + n), at(3 * half - 1 - n), -1.0)
            } else {
                (at(n - half), at(3 * half - 1 - n), 1.0)
            };
            let mut folded = [0.0f32; BANDS];
            for ((to, a), b) in folded.iter_mut().zip(first).zip(second) {
                *to = sign * a - b;
            }
            for (row, cosines) in found.iter_mut().zip(&self.cosines) {
                for (to, value) in row.iter_mut().zip(folded) {
                    *to += cosines[n] * value;
                }
            }
        }
        for (i, (cosine, sine)) in self.alias.iter().enumerate() {
            for band in 0..BANDS - 1 {
                let (low, high) = (found[SLOTS - 1 - i][band], found[i][band + 1]);
                found[SLOTS - 1 - i][band] = low * cosine + high * sine;
                found[i][band + 1] = high * cosine - low * sine;
            }
        }
        found
    }

    /// The place at which granules hold the smallest coefficients, as
    /// [`super::mdct::framing`] looks for frames of AAC (Yang, Qu and Huang 2008).
    /// `samples` are [`SPAN`] of them, full scale ±1, at the rate at which they were
    /// coded. The place is where a decoder begins to give a granule's samples. `None`
    /// with fewer, or when nothing varies.
    pub fn framing(&self, samples: &[f32]) -> Option<Framing> {
        let samples: Vec<f32> = samples.get(..SPAN)?.iter().map(|v| v * 32_768.0).collect();
        let mut scores = vec![0.0f64; GRANULE];
        for phase in 0..BANDS {
            let window = |slot: usize| &samples[phase + BANDS * slot..][..TAPS];
            let slots: Vec<Row> = (0..ALL_SLOTS).map(|slot| self.split(window(slot))).collect();
            for first in 0..SLOTS {
                let mut sum = 0.0f64;
                for granule in 0..GRANULES {
                    let from = first + SLOTS * granule;
                    for row in self.granule(&slots[from..from + 2 * SLOTS]) {
                        // Logarithms of products: one for every sixteen coefficients.
                        for part in row.chunks(16) {
                            let sizes = part.iter().map(|c| f64::from(c.abs() + ROUNDING));
                            sum += sizes.product::<f64>().ln();
                        }
                    }
                }
                // A decoder's samples lag behind the window by one.
                let place = (phase + BANDS * first + GRANULE - 1) % GRANULE;
                scores[place] = sum / (GRANULES * GRANULE) as f64;
            }
        }
        clearest(scores)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// Coefficients of `sound` at the granules from `at` on, rounded to `step`, and
    /// the sound made of them again: the bank is orthogonal but for a factor and small
    /// errors, so that its transpose undoes it.
    fn coded(sound: &[f32], at: usize, step: f32) -> Vec<f32> {
        let hybrid = Hybrid::default();
        let mut out = vec![0.0f32; sound.len()];
        let width = TAPS + BANDS * (2 * SLOTS - 1);
        // The response to each coefficient, found by analysing impulses.
        let mut responses = vec![[[0.0f32; BANDS]; SLOTS]; width];
        for (n, response) in responses.iter_mut().enumerate() {
            let mut impulse = vec![0.0f32; width];
            impulse[n] = 1.0;
            let slots: Vec<Row> =
                (0..2 * SLOTS).map(|s| hybrid.split(&impulse[BANDS * s..][..TAPS])).collect();
            *response = hybrid.granule(&slots);
        }
        // What one coefficient becomes when it is taken apart and put together.
        let norm: f32 = responses.iter().map(|r| r[5][7] * r[5][7]).sum();
        let mut from = at;
        while from + width <= sound.len() {
            let part = &sound[from..from + width];
            let slots: Vec<Row> =
                (0..2 * SLOTS).map(|s| hybrid.split(&part[BANDS * s..][..TAPS])).collect();
            let mut granule = hybrid.granule(&slots);
            for value in granule.as_flattened_mut() {
                *value = if step > 0.0 { (*value / step).round() * step } else { *value };
            }
            for (to, response) in out[from..].iter_mut().zip(&responses) {
                let sum: f32 = granule
                    .as_flattened()
                    .iter()
                    .zip(response.as_flattened())
                    .map(|(c, r)| c * r)
                    .sum();
                *to += sum / norm;
            }
            from += GRANULE;
        }
        out
    }

    fn noise(seed: u64, count: usize) -> Vec<f32> {
        let mut random = SplitMix::new(seed);
        let mut low = 0.0;
        (0..count)
            .map(|_| {
                low = 0.9 * low + 0.02 * random.normal();
                low as f32
            })
            .collect()
    }

    #[test]
    fn a_tone_lies_in_its_band_and_place() {
        let hybrid = Hybrid::default();
        // The middle of coefficient 4 of band 6.
        let turn = PI * ((6 * SLOTS + 4) as f32 + 0.5) / GRANULE as f32;
        let tone: Vec<f32> = (0..SPAN).map(|n| (turn * n as f32 + 0.3).sin()).collect();
        let slots: Vec<Row> =
            (0..2 * SLOTS).map(|s| hybrid.split(&tone[BANDS * s..][..TAPS])).collect();
        let granule = hybrid.granule(&slots);
        let energy = |k: usize, band: usize| granule[k][band] * granule[k][band];
        let all: f32 = granule.as_flattened().iter().map(|c| c * c).sum();
        let near: f32 = (3..=5).map(|k| energy(k, 6)).sum();
        assert!(near > 0.98 * all, "{near} {all}");
    }

    #[test]
    fn what_the_bank_takes_apart_its_transpose_puts_together() {
        let sound = noise(5, 6000);
        let again = coded(&sound, 0, 0.0);
        let inside = 1800..4000;
        let error: f32 =
            inside.clone().map(|n| (again[n] - sound[n]) * (again[n] - sound[n])).sum();
        let power: f32 = inside.map(|n| sound[n] * sound[n]).sum();
        // ISO/IEC 11172-3 asks for less than 90 dB below; the transpose of one
        // coefficient's norm is not quite that of all.
        assert!(error < 1e-4 * power, "{error} {power}");
    }

    #[test]
    fn the_framing_of_a_coding_is_found_and_none_in_what_was_not_coded() {
        let sound = noise(6, SPAN + 4000);
        let at = 200;
        let coded: Vec<f32> =
            coded(&sound, at, 0.02).iter().map(|v| (v * 32_768.0).round() / 32_768.0).collect();
        // The first granules lack what comes before.
        let found = Hybrid::default().framing(&coded[2 * GRANULE..]).unwrap();
        assert_eq!(found.at, (at + GRANULE - 1) % GRANULE);
        assert!(found.z > 6.0 && found.z > 2.0 * found.next_z, "{} {}", found.z, found.next_z);
        let found = Hybrid::default().framing(&sound).unwrap();
        assert!(found.z < 2.0 * found.next_z, "{} {}", found.z, found.next_z);
        assert!(Hybrid::default().framing(&sound[..100]).is_none());
        assert!(Hybrid::default().framing(&[0.0; SPAN]).is_none());
    }
}
