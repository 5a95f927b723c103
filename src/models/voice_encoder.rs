//! A speaker embedding: what a voice sounds like, as 256 numbers.
//!
//! Wan, Wang, Papir and Lopez Moreno (2018), "Generalized end-to-end loss for
//! speaker verification", ICASSP; trained and published by Resemble AI in the
//! package Resemblyzer (Apache-2.0). Three LSTM layers run over 160 frames of 40
//! mel powers (1.6 s); the last state goes through one layer and is scaled to
//! length 1. Its numbers are never negative, so cosines lie between 0 and 1.

use candle_core::{Device, Tensor};
use candle_nn::{LSTM, LSTMConfig, Linear, Module, RNN, VarBuilder, linear, lstm};

use super::store;
use crate::signal::mel::mel_power;
use crate::{Error, Result};

/// Its name in `models.toml`.
pub const NAME: &str = "resemblyzer";
/// Samples a second of its input.
pub const RATE: u32 = 16_000;
/// Numbers of an embedding.
pub const WIDTH: usize = 256;
/// Mel bands of a frame, window and hop of frames in samples (25 and 10 ms).
const BANDS: usize = 40;
const WINDOW: usize = 400;
const HOP: usize = 160;
const FRAMES: usize = 160;
/// Samples of a window, 1.6 s.
pub const SAMPLES: usize = FRAMES * HOP;
const LAYERS: usize = 3;
/// Level to which quieter sound is raised, in dB of full scale: the powers are
/// not logarithms, so the network hears loudness. Louder sound is left alone.
const LEVEL_DB: f64 = -30.0;
/// Windows that go through the network together.
const BATCH: usize = 32;

/// An embedding of length 1.
pub type Embedding = Vec<f32>;

/// Every tensor with its shape, by the checkpoint's names; two that only
/// training uses are kept.
pub fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = Vec::new();
    let mut add = |name: String, shape: &[usize]| {
        all.push((format!("model_state.{name}"), shape.to_vec()));
    };
    for layer in 0..LAYERS {
        let inputs = if layer == 0 { BANDS } else { WIDTH };
        add(format!("lstm.weight_ih_l{layer}"), &[4 * WIDTH, inputs]);
        add(format!("lstm.weight_hh_l{layer}"), &[4 * WIDTH, WIDTH]);
        add(format!("lstm.bias_ih_l{layer}"), &[4 * WIDTH]);
        add(format!("lstm.bias_hh_l{layer}"), &[4 * WIDTH]);
    }
    add("linear.weight".into(), &[WIDTH, WIDTH]);
    add("linear.bias".into(), &[WIDTH]);
    add("similarity_weight".into(), &[1]);
    add("similarity_bias".into(), &[1]);
    all
}

/// The network with its weights.
pub struct VoiceEncoder {
    layers: Vec<LSTM>,
    last: Linear,
    device: Device,
}

impl VoiceEncoder {
    /// Read the installed weights; it runs on the processor.
    ///
    /// # Errors
    /// [`Error::Model`] when they are missing or damaged.
    pub fn load() -> Result<Self> {
        Self::new(&store::load(NAME, &Device::Cpu)?)
    }

    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>) -> Result<Self> {
        let weights = weights.pp("model_state");
        let mut layers = Vec::new();
        for layer_idx in 0..LAYERS {
            let inputs = if layer_idx == 0 { BANDS } else { WIDTH };
            let config = LSTMConfig { layer_idx, ..LSTMConfig::default() };
            layers.push(lstm(inputs, WIDTH, config, weights.pp("lstm"))?);
        }
        let last = linear(WIDTH, WIDTH, weights.pp("linear"))?;
        Ok(Self { layers, last, device: weights.device().clone() })
    }

    /// One embedding for each window of 1.6 s that begins at `starts` (in
    /// samples; rounded down to frames of 10 ms) of `samples` (mono, [`RATE`],
    /// speech only, see [`raised`]). Beyond the end lies silence.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn embed(&self, samples: &[f32], starts: &[usize]) -> Result<Vec<Embedding>> {
        let rows = mel_power(samples, f64::from(RATE), WINDOW, HOP, BANDS)?;
        let mut all = Vec::with_capacity(starts.len());
        for starts in starts.chunks(BATCH) {
            let mut input = Vec::with_capacity(starts.len() * FRAMES * BANDS);
            for start in starts {
                let first = start / HOP;
                for frame in first..first + FRAMES {
                    match rows.get(frame) {
                        Some(row) => input.extend_from_slice(row),
                        None => input.extend([0.0; BANDS]),
                    }
                }
            }
            let input = Tensor::from_vec(input, (starts.len(), FRAMES, BANDS), &self.device)?;
            all.extend(self.forward(&input)?.to_vec2::<f32>()?);
        }
        Ok(all)
    }

    /// `(N, 160, 40)` mel powers to `(N, 256)`, each row of length 1.
    ///
    /// # Errors
    /// [`Error::Compute`] for other shapes, or when an output has no length.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let mut x = input.clone();
        for (number, layer) in self.layers.iter().enumerate() {
            let states = layer.seq(&x)?;
            let last = states.last().ok_or_else(|| Error::compute("voice encoder", "no frames"))?;
            x = if number + 1 == LAYERS {
                last.h().clone()
            } else {
                layer.states_to_tensor(&states)?
            };
        }
        let raw = self.last.forward(&x)?.relu()?;
        let length = raw.sqr()?.sum_keepdim(1)?.sqrt()?;
        Ok(raw.broadcast_div(&(length + 1e-9)?)?)
    }
}

/// Sound (full scale ±1) at the level that the network expects: quieter sound is
/// raised to −30 dB of full scale, louder sound left.
pub fn raised(samples: &[f32]) -> Vec<f32> {
    let gain = gain(samples);
    samples.iter().map(|v| v * gain).collect()
}

/// What raises quiet sound to [`LEVEL_DB`]; 1 for louder sound and for silence.
fn gain(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
    let rms = (power / samples.len().max(1) as f64).sqrt();
    let wanted = 10f64.powf(LEVEL_DB / 20.0);
    if rms > 0.0 && rms < wanted { (wanted / rms) as f32 } else { 1.0 }
}

/// The mean of embeddings, of length 1 again; `None` for none.
pub fn mean(embeddings: &[Embedding]) -> Option<Embedding> {
    let mut sum = vec![0.0f64; WIDTH];
    for embedding in embeddings {
        for (sum, value) in sum.iter_mut().zip(embedding) {
            *sum += f64::from(*value);
        }
    }
    let length = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
    (length > 0.0).then(|| sum.iter().map(|v| (v / length) as f32).collect())
}

/// Cosine of two embeddings of length 1: 0 to 1, higher = more alike.
pub fn likeness(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use candle_core::DType;

    use super::*;

    #[test]
    fn quiet_sound_is_raised_and_loud_sound_left() {
        assert!((gain(&[0.001; 100]) - 31.622_777).abs() < 1e-3);
        assert_eq!(gain(&[0.5, -0.5]), 1.0);
        assert_eq!(gain(&[0.0; 4]), 1.0);
    }

    #[test]
    fn means_and_likeness() {
        let unit = |i: usize| {
            let mut v = vec![0.0f32; WIDTH];
            v[i] = 1.0;
            v
        };
        let both = mean(&[unit(0), unit(1)]).unwrap();
        assert!((likeness(&both, &unit(0)) - 0.5f64.sqrt()).abs() < 1e-6);
        assert!(mean(&[]).is_none());
    }

    #[test]
    fn weights_of_zero_give_the_bias() {
        // With all else zero the LSTM's state stays zero, and what comes out is
        // the last layer's bias, rectified and scaled to length 1.
        let mut tensors: std::collections::HashMap<String, Tensor> = tensors()
            .into_iter()
            .map(|(name, shape)| (name, Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()))
            .collect();
        let bias: Vec<f32> = (0..WIDTH).map(|i| if i < 4 { i as f32 - 1.0 } else { 0.0 }).collect();
        tensors.insert(
            "model_state.linear.bias".into(),
            Tensor::from_vec(bias, WIDTH, &Device::Cpu).unwrap(),
        );
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let network = VoiceEncoder::new(&weights).unwrap();
        let found = network.embed(&[0.1; 30_000], &[0, 16_000]).unwrap();
        assert_eq!((found.len(), found[0].len()), (2, WIDTH));
        let expected = [0.0, 0.0, 1.0 / 5f32.sqrt(), 2.0 / 5f32.sqrt()];
        assert!(found.iter().all(|e| e.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6)));
    }
}
