//! Silero VAD: how likely it is that someone speaks, every 32 ms.
//!
//! Silero Team (2024), "Silero VAD: pre-trained enterprise-grade voice activity
//! detector", version 6. The graph was read from the package's own description
//! (`tinygrad_model.py`): a fixed short-time Fourier transform as a convolution,
//! four convolutions, one LSTM cell, a convolution with one output. Weights:
//! `models.toml`, from the package's ONNX file for 16 kHz. The package also has
//! a safetensors file; its weights are others, of which the decisions agree for
//! 98.7 % of 312 hops.

use candle_core::{D, Device, Tensor};
use candle_nn::{Conv1d, Conv1dConfig, Module, VarBuilder, conv1d, ops::sigmoid};

use super::store;
use crate::{Error, Result};

/// Its name in `models.toml`.
pub const NAME: &str = "silero-vad";

/// Samples a second of its input.
pub const RATE: u32 = 16_000;

/// Samples between one probability and the next, 32 ms.
pub const HOP: usize = 512;

/// Samples of the past that the network sees before each hop.
const CONTEXT: usize = 64;

/// Samples mirrored behind each hop.
const MIRRORED: usize = 64;

/// Frequencies of the transform: the first half of its outputs are real
/// parts, the second imaginary ones.
const FREQUENCIES: usize = 129;

/// Width of the state.
const WIDTH: usize = 128;

/// Hops that go through the convolutions together.
const BATCH: usize = 32;

/// Every tensor of the source file, with its shape.
pub const TENSORS: [(&str, &[usize]); 15] = [
    ("model.stft.forward_basis_buffer", &[258, 1, 256]),
    ("model.encoder.0.reparam_conv.weight", &[128, 129, 3]),
    ("model.encoder.0.reparam_conv.bias", &[128]),
    ("model.encoder.1.reparam_conv.weight", &[64, 128, 3]),
    ("model.encoder.1.reparam_conv.bias", &[64]),
    ("model.encoder.2.reparam_conv.weight", &[64, 64, 3]),
    ("model.encoder.2.reparam_conv.bias", &[64]),
    ("model.encoder.3.reparam_conv.weight", &[128, 64, 3]),
    ("model.encoder.3.reparam_conv.bias", &[128]),
    ("model.decoder.rnn.weight_ih", &[512, 128]),
    ("model.decoder.rnn.weight_hh", &[512, 128]),
    ("model.decoder.rnn.bias_ih", &[512]),
    ("model.decoder.rnn.bias_hh", &[512]),
    ("model.decoder.decoder.2.weight", &[1, 128, 1]),
    ("model.decoder.decoder.2.bias", &[1]),
];

/// The network with its weights, and its state along one recording.
#[derive(Clone, Debug)]
pub struct SileroVad {
    transform: Conv1d,
    convolutions: Vec<Conv1d>,
    input: (Tensor, Tensor),
    state: (Tensor, Tensor),
    last: Conv1d,
    hidden: Tensor,
    cell: Tensor,
    /// The context, then samples that do not yet fill a batch.
    waiting: Vec<f32>,
}

impl SileroVad {
    /// Read the installed weights. It runs on the processor: one small step
    /// after another is nothing for an accelerator.
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
        let moved = |stride, padding| Conv1dConfig { stride, padding, ..Default::default() };
        let weights = weights.pp("model");
        let basis = weights.get((2 * FREQUENCIES, 1, 256), "stft.forward_basis_buffer")?;
        let transform = Conv1d::new(basis, None, moved(128, 0));
        let mut convolutions = Vec::new();
        let layers = [(FREQUENCIES, 128, 1), (128, 64, 2), (64, 64, 2), (64, WIDTH, 1)];
        for (number, (inputs, outputs, stride)) in layers.into_iter().enumerate() {
            let name = format!("encoder.{number}.reparam_conv");
            convolutions.push(conv1d(inputs, outputs, 3, moved(stride, 1), weights.pp(name))?);
        }
        let lstm = weights.pp("decoder.rnn");
        let gates = 4 * WIDTH;
        let zero = Tensor::zeros((1, WIDTH), candle_core::DType::F32, weights.device())?;
        Ok(Self {
            transform,
            convolutions,
            input: (
                lstm.get((gates, WIDTH), "weight_ih")?.t()?.contiguous()?,
                lstm.get(gates, "bias_ih")?,
            ),
            state: (
                lstm.get((gates, WIDTH), "weight_hh")?.t()?.contiguous()?,
                lstm.get(gates, "bias_hh")?,
            ),
            last: conv1d(WIDTH, 1, 1, Conv1dConfig::default(), weights.pp("decoder.decoder.2"))?,
            hidden: zero.clone(),
            cell: zero,
            waiting: vec![0.0; CONTEXT],
        })
    }

    /// The next samples (mono, [`RATE`], full scale ±1). The probabilities of
    /// the hops that are complete are added to `to`, in batches.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn hear(&mut self, samples: &[f32], to: &mut Vec<f32>) -> Result<()> {
        self.waiting.extend(samples.iter().map(|v| if v.is_finite() { *v } else { 0.0 }));
        while self.waiting.len() >= CONTEXT + BATCH * HOP {
            self.batch(BATCH, to)?;
        }
        Ok(())
    }

    /// The end of the recording: what is left, with zeros up to a whole hop.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn finish(&mut self, to: &mut Vec<f32>) -> Result<()> {
        let left = self.waiting.len() - CONTEXT;
        let hops = left.div_ceil(HOP);
        self.waiting.resize(CONTEXT + hops * HOP, 0.0);
        if hops > 0 { self.batch(hops, to) } else { Ok(()) }
    }

    /// The first `hops` that wait.
    fn batch(&mut self, hops: usize, to: &mut Vec<f32>) -> Result<()> {
        let mut input = Vec::with_capacity(hops * (CONTEXT + HOP + MIRRORED));
        for hop in 0..hops {
            let seen = self.waiting.get(hop * HOP..hop * HOP + CONTEXT + HOP);
            let seen = seen.ok_or_else(|| Error::compute("voice activity", "too few samples"))?;
            input.extend_from_slice(seen);
            // Mirrored at the last sample, which itself is not repeated.
            input.extend(seen.iter().rev().skip(1).take(MIRRORED));
        }
        self.waiting.drain(..hops * HOP);
        let device = self.hidden.device().clone();
        let x = Tensor::from_vec(input, (hops, 1, CONTEXT + HOP + MIRRORED), &device)?;
        let x = self.transform.forward(&x)?.sqr()?;
        let real = x.narrow(1, 0, FREQUENCIES)?;
        let imaginary = x.narrow(1, FREQUENCIES, FREQUENCIES)?;
        let mut x = (real + imaginary)?.sqrt()?;
        for convolution in &self.convolutions {
            x = convolution.forward(&x)?.relu()?;
        }
        let x = x.squeeze(D::Minus1)?;
        let inputs = x.matmul(&self.input.0)?.broadcast_add(&self.input.1)?;
        let mut states = Vec::with_capacity(hops);
        for hop in 0..hops {
            let own = self.hidden.matmul(&self.state.0)?.broadcast_add(&self.state.1)?;
            let gates = (inputs.narrow(0, hop, 1)? + own)?;
            let gate = |which: usize| gates.narrow(1, which * WIDTH, WIDTH);
            let (enter, forget) = (sigmoid(&gate(0)?)?, sigmoid(&gate(1)?)?);
            let (fresh, leave) = (gate(2)?.tanh()?, sigmoid(&gate(3)?)?);
            self.cell = ((forget * &self.cell)? + (enter * fresh)?)?;
            self.hidden = (leave * self.cell.tanh()?)?;
            states.push(self.hidden.clone());
        }
        let states = Tensor::cat(&states, 0)?.relu()?.unsqueeze(D::Minus1)?;
        let out = sigmoid(&self.last.forward(&states)?)?.flatten_all()?;
        to.extend(out.to_vec1::<f32>()?);
        Ok(())
    }
}
