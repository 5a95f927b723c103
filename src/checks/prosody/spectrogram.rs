//! The spectrogram for the report, of bounded size.

use realfft::RealFftPlanner;

use crate::checks::Figure;
use crate::checks::finding::Axis;
use crate::models::silero::RATE;
use crate::signal::window::hann;
use crate::text::Text;
use crate::{Error, Result};

/// A window of 32 ms.
const WINDOW: usize = 512;
/// Rows: 31.25 Hz each, up to half the rate.
const ROWS: usize = WINDOW / 2;
/// Columns at most.
const COLUMNS: usize = 900;
/// What lies further below the loudest is one colour, in dB.
const RANGE_DB: f32 = 70.0;

/// Levels in dB, column by column.
pub struct Spectrogram {
    columns: usize,
    seconds: f64,
    /// Row 0 is the highest frequency.
    values: Vec<f32>,
}

impl Spectrogram {
    /// Of samples at 16 kHz.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn new(samples: &[f32]) -> Result<Self> {
        let plan = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
        let weights = hann(WINDOW);
        let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
        let room = samples.len().saturating_sub(WINDOW);
        let columns = (room / (WINDOW / 4) + 1).min(COLUMNS);
        let mut levels = vec![0.0; columns * ROWS];
        for column in 0..columns {
            let from = if columns > 1 { room * column / (columns - 1) } else { 0 };
            for (i, (to, weight)) in input.iter_mut().zip(&weights).enumerate() {
                *to = samples.get(from + i).copied().unwrap_or(0.0) * weight;
            }
            plan.process(&mut input, &mut output)
                .map_err(|error| Error::compute("spectrogram", error))?;
            for (row, value) in output.iter().skip(1).take(ROWS).enumerate() {
                levels[(ROWS - 1 - row) * columns + column] =
                    10.0 * value.norm_sqr().max(1e-12).log10();
            }
        }
        let top = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for level in &mut levels {
            *level = (*level - top).max(-RANGE_DB);
        }
        Ok(Self { columns, seconds: samples.len() as f64 / f64::from(RATE), values: levels })
    }

    /// As a figure that begins at `start_s`.
    pub fn figure(&self, start_s: f64) -> Option<Figure> {
        (self.columns > 1).then(|| Figure::Heat {
            scene: None,
            title: Text::new("Spectrogram", "Spectrogram"),
            width: self.columns,
            height: ROWS,
            values: self.values.clone(),
            x: Axis {
                label: Text::new("time (s)", "tijd (s)"),
                range: Some((start_s, start_s + self.seconds)),
                log: false,
            },
            y: Axis {
                label: Text::new("frequency (kHz)", "frequentie (kHz)"),
                range: Some((f64::from(RATE) / 2000.0, 0.0)),
                log: false,
            },
            scale: Text::new("level (dB)", "niveau (dB)"),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    #[test]
    fn a_tone_lies_in_its_row() {
        let tone: Vec<f32> = (0..16_000)
            .map(|i| (std::f64::consts::TAU * 2000.0 * f64::from(i) / 16_000.0).sin() as f32)
            .collect();
        let picture = Spectrogram::new(&tone).unwrap();
        // 2 kHz is bin 64, stored 63 rows above the bottom.
        let column = picture.columns / 2;
        let best = (0..ROWS)
            .max_by(|a, b| {
                let at = |row: usize| picture.values[row * picture.columns + column];
                at(*a).total_cmp(&at(*b))
            })
            .unwrap();
        assert_eq!(ROWS - 1 - best, 63);
        assert!(Spectrogram::new(&[]).unwrap().figure(0.0).is_none());
    }
}
