//! A network while it learns: weights, optimiser and their running average.
//!
//! AdamW (Loshchilov & Hutter, *Decoupled Weight Decay Regularization*, ICLR
//! 2019) with the gradient clipped to a norm; the average of the weights over
//! steps is what is kept in the end (Polyak & Juditsky 1992). Everything drawn at
//! random comes from a seed, and a state that was written and read back goes on
//! exactly as if nothing had happened.

use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::architecture::{Architecture, architecture};
use super::network::Network;
use super::rich;
use crate::signal::random::SplitMix;
use crate::{Error, Result};

/// Decay of the running means of gradients and of their squares.
const BETAS: [f64; 2] = [0.9, 0.99];
/// Keeps a division from exploding.
const EPS: f64 = 1e-8;

/// How weights are changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Part of a weight that a step of rate 1 takes away.
    pub decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// Part of the average that stays at each step.
    pub average: f64,
}

/// One tensor with what the optimiser knows of it.
struct Weight {
    var: Var,
    mean: Vec<f32>,
    square: Vec<f32>,
    average: Vec<f32>,
}

/// A network that learns.
pub struct Learner {
    weights: BTreeMap<String, Weight>,
    architecture: Architecture,
    network: Box<dyn Network>,
    rules: Rules,
    device: Device,
    steps: u64,
}

impl Learner {
    /// The architecture called `name` with weights drawn from `seed`.
    ///
    /// # Errors
    /// [`Error::Usage`] for an architecture that is unknown, or that keeps
    /// statistics of batches, which this does not train.
    pub fn new(name: &str, seed: u64, rules: Rules, device: &Device) -> Result<Self> {
        let architecture = architecture(name)?;
        let mut weights = BTreeMap::new();
        let mut random = SplitMix::new(seed);
        for (name, shape) in architecture.tensors()? {
            if name.ends_with("running_mean") {
                return Err(Error::Usage(format!(
                    "{} keeps statistics of batches, which training here does not; compact networks do not",
                    architecture.name
                )));
            }
            let values = drawn(&name, &shape, &mut random);
            let var = Var::from_vec(values.clone(), shape, device)?;
            let still = vec![0.0; values.len()];
            let weight = Weight { var, mean: still.clone(), square: still, average: values };
            weights.insert(name, weight);
        }
        let tensors = |weight: &Weight| weight.var.as_tensor().clone();
        let tensors: HashMap<String, Tensor> =
            weights.iter().map(|(name, weight)| (name.clone(), tensors(weight))).collect();
        let builder = VarBuilder::from_tensors(tensors, DType::F32, device);
        let network = architecture.build(&builder)?;
        Ok(Self { weights, architecture, network, rules, device: device.clone(), steps: 0 })
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Numbers that are learnt.
    pub fn parameters(&self) -> usize {
        self.weights.values().map(|weight| weight.mean.len()).sum()
    }

    /// One step at `rate` towards `truth` (0 genuine, 1 manipulated) of `pictures`
    /// of `side × side` pixels, R, G, B interleaved in 0–1. Gives the loss, the
    /// mean cross-entropy, before the step.
    ///
    /// # Errors
    /// When sizes do not fit, or the loss is no number.
    pub fn step(&mut self, pictures: &[f32], side: usize, truth: &[f32], rate: f64) -> Result<f64> {
        let x = batch(pictures, truth.len(), side, &self.device)?;
        let logits = self.network.forward(&x, true)?.flatten_all()?;
        let truth = Tensor::from_slice(truth, truth.len(), &self.device)?;
        // max(z, 0) − z·t + ln(1 + e^−|z|), which never overflows.
        let soft = ((logits.abs()?.neg()?.exp()? + 1.0)?).log()?;
        let loss = ((logits.relu()? - (&logits * truth)?)? + soft)?.mean_all()?;
        let value = f64::from(loss.to_scalar::<f32>()?);
        if !value.is_finite() {
            return Err(Error::compute("training", "the loss is no number; lower the rate"));
        }
        let slopes = loss.backward()?;
        let mut gradients = Vec::with_capacity(self.weights.len());
        let mut norm = 0.0f64;
        for weight in self.weights.values() {
            let gradient = match slopes.get(&weight.var) {
                Some(gradient) => gradient.flatten_all()?.to_vec1::<f32>()?,
                None => vec![0.0; weight.mean.len()],
            };
            norm += gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>();
            gradients.push(gradient);
        }
        let scale = (self.rules.clip / norm.sqrt().max(1e-12)).min(1.0);
        self.steps += 1;
        for (weight, gradient) in self.weights.values_mut().zip(gradients) {
            weight.change(&gradient, scale, rate, self.steps, self.rules)?;
        }
        Ok(value)
    }

    /// The network with averaged weights.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn averaged(&self) -> Result<Averaged> {
        let tensors = self
            .weights
            .iter()
            .map(|(name, weight)| {
                let tensor = Tensor::from_slice(&weight.average, weight.var.shape(), &self.device)?;
                Ok((name.clone(), tensor))
            })
            .collect::<Result<HashMap<_, _>>>()?;
        let builder = VarBuilder::from_tensors(tensors, DType::F32, &self.device);
        let network = self.architecture.build(&builder)?;
        Ok(Averaged { network, device: self.device.clone() })
    }

    /// Averaged weights as a safetensors file.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn weights(&self) -> Result<Vec<u8>> {
        self.file(|name, weight| vec![(name.to_owned(), weight.average.clone())], None)
    }

    /// All that is needed to go on, as a safetensors file.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn state(&self) -> Result<Vec<u8>> {
        let parts = |name: &str, weight: &Weight| -> Result<Vec<(String, Vec<f32>)>> {
            let now = weight.var.flatten_all()?.to_vec1::<f32>()?;
            Ok(vec![
                (format!("now.{name}"), now),
                (format!("mean.{name}"), weight.mean.clone()),
                (format!("square.{name}"), weight.square.clone()),
                (format!("average.{name}"), weight.average.clone()),
            ])
        };
        let mut failed = None;
        let file = self.file(
            |name, weight| parts(name, weight).map_err(|e| failed = Some(e)).unwrap_or_default(),
            Some(HashMap::from([("steps".to_owned(), self.steps.to_string())])),
        );
        failed.map_or(file, Err)
    }

    /// Takes up a state that [`Self::state`] wrote.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is of another network, or damaged.
    pub fn resume(&mut self, state: &[u8]) -> Result<()> {
        let wrong = |reason: String| Error::malformed("training state", reason);
        let (_, about) =
            SafeTensors::read_metadata(state).map_err(|error| wrong(error.to_string()))?;
        let steps = about.metadata().as_ref().and_then(|about| about.get("steps")?.parse().ok());
        let steps = steps.ok_or_else(|| wrong("it does not tell its step".to_owned()))?;
        let arrays = crate::nn::safe::read(state)?.arrays;
        for (name, weight) in &mut self.weights {
            let part = |part: &str| -> Result<Vec<f32>> {
                let array = arrays.get(&format!("{part}.{name}"));
                let array = array.filter(|array| array.values.len() == weight.mean.len());
                array.map(|array| array.values.clone()).ok_or_else(|| {
                    wrong(format!("{part} of {name} is missing or has another size"))
                })
            };
            let (now, mean, square, average) =
                (part("now")?, part("mean")?, part("square")?, part("average")?);
            weight.var.set(&Tensor::from_vec(now, weight.var.shape(), &self.device)?)?;
            (weight.mean, weight.square, weight.average) = (mean, square, average);
        }
        self.steps = steps;
        Ok(())
    }

    fn file(
        &self,
        mut parts: impl FnMut(&str, &Weight) -> Vec<(String, Vec<f32>)>,
        about: Option<HashMap<String, String>>,
    ) -> Result<Vec<u8>> {
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, weight) in &self.weights {
            for (name, values) in parts(name, weight) {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                tensors.push((name, weight.var.dims().to_vec(), bytes));
            }
        }
        let failed = |error: safetensors::SafeTensorError| Error::compute("writing weights", error);
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| {
                let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(failed)?;
                Ok((name.as_str(), view))
            })
            .collect::<Result<Vec<_>>>()?;
        safetensors::serialize(views, about).map_err(failed)
    }
}

impl Weight {
    fn change(
        &mut self,
        gradient: &[f32],
        scale: f64,
        rate: f64,
        steps: u64,
        rules: Rules,
    ) -> Result<()> {
        let mut values = self.var.flatten_all()?.to_vec1::<f32>()?;
        let power = i32::try_from(steps).unwrap_or(i32::MAX);
        let [first, second] = BETAS.map(|beta| 1.0 - beta.powi(power));
        // Of an average that begins now, the first steps are forgotten sooner.
        let keep = rules.average.min((steps as f64 - 1.0) / (steps as f64 + 9.0));
        // Gains and biases are not pulled to 0 (He et al. 2019, "bag of tricks").
        let decay = if self.var.dims().len() > 1 { rules.decay } else { 0.0 };
        let state = self.mean.iter_mut().zip(&mut self.square).zip(&mut self.average);
        for ((value, gradient), ((mean, square), average)) in
            values.iter_mut().zip(gradient).zip(state)
        {
            let g = f64::from(*gradient) * scale;
            let m = BETAS[0] * f64::from(*mean) + (1.0 - BETAS[0]) * g;
            let s = BETAS[1] * f64::from(*square) + (1.0 - BETAS[1]) * g * g;
            let step = m / first / ((s / second).sqrt() + EPS);
            let v = f64::from(*value) * (1.0 - rate * decay) - rate * step;
            (*mean, *square, *value) = (m as f32, s as f32, v as f32);
            *average = (keep * f64::from(*average) + (1.0 - keep) * v) as f32;
        }
        self.var.set(&Tensor::from_vec(values, self.var.shape(), self.var.device())?)?;
        Ok(())
    }
}

/// A network that judges while another learns.
pub struct Averaged {
    network: Box<dyn Network>,
    device: Device,
}

impl Averaged {
    /// The architecture called `name` with the weights of a safetensors file.
    ///
    /// # Errors
    /// When they are of another network, or damaged.
    pub fn of_file(name: &str, weights: Vec<u8>, device: &Device) -> Result<Self> {
        let builder = VarBuilder::from_buffered_safetensors(weights, DType::F32, device)?;
        Ok(Self { network: architecture(name)?.build(&builder)?, device: device.clone() })
    }

    /// Logits of `count` pictures as [`Learner::step`] takes them.
    ///
    /// # Errors
    /// When sizes do not fit.
    pub fn logits(&self, pictures: &[f32], side: usize, count: usize) -> Result<Vec<f32>> {
        let x = batch(pictures, count, side, &self.device)?;
        let logits = self.network.forward(&x, false)?;
        Ok(logits.flatten_all()?.to_vec1()?)
    }
}

/// Numbers of a rich model of `count` pictures as [`Learner::step`] takes them.
///
/// # Errors
/// When sizes do not fit.
pub fn described(pictures: &[f32], side: usize, count: usize) -> Result<Vec<Vec<f32>>> {
    rich::describe(&batch(pictures, count, side, &Device::Cpu)?)
}

fn batch(pictures: &[f32], count: usize, side: usize, device: &Device) -> Result<Tensor> {
    if pictures.len() != count * side * side * 3 {
        let found = format!("{} numbers for {count} pictures of {side}", pictures.len());
        return Err(Error::compute("training", found));
    }
    let x = Tensor::from_slice(pictures, (count, side, side, 3), device)?;
    Ok(x.permute((0, 3, 1, 2))?.contiguous()?)
}

/// First values: by He et al. (2015) for what multiplies, 1 for gains, 0 for what
/// is added and for the last layer, so that the first answers are neutral.
fn drawn(name: &str, shape: &[usize], random: &mut SplitMix) -> Vec<f32> {
    let count = shape.iter().product();
    let fan = shape.iter().skip(1).product::<usize>().max(1) as f64;
    match name.rsplit('.').next() {
        Some("gain") => vec![1.0; count],
        Some("bias") => vec![0.0; count],
        _ if name.starts_with("head.") => vec![0.0; count],
        _ => (0..count).map(|_| (random.normal() * (2.0 / fan).sqrt()) as f32).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;
    use crate::models::grad_cam::grad_cam;

    const RULES: Rules = Rules { decay: 0.01, clip: 1.0, average: 0.9 };
    const SIDE: usize = 36;

    /// Smooth pictures, and the same with a fine chequerboard of two levels.
    fn pairs(seed: u64) -> (Vec<f32>, Vec<f32>) {
        let mut random = SplitMix::new(seed);
        let (mut pictures, mut truth) = (Vec::new(), Vec::new());
        for _ in 0..6 {
            let (a, b) = (random.uniform() as f32, random.uniform() as f32);
            for fake in [0.0, 1.0] {
                for at in 0..SIDE * SIDE {
                    let (x, y) = ((at % SIDE) as f32, (at / SIDE) as f32);
                    let board =
                        if (at % SIDE + at / SIDE).is_multiple_of(2) { fake } else { -fake };
                    let noise = random.normal() as f32 / 255.0;
                    let value = 0.5 + 0.2 * (a * x * 0.2 + b * y * 0.2).sin() + noise;
                    pictures.extend([value + board * 2.0 / 255.0; 3]);
                }
                truth.push(fake);
            }
        }
        (pictures, truth)
    }

    /// The whole chain of gradients against a difference quotient of the loss:
    /// AdamW's first step goes against the sign of each slope.
    #[test]
    fn the_first_step_goes_down_the_slope() {
        let (pictures, truth) = pairs(1);
        let mut learner = Learner::new("compact-both", 3, RULES, &Device::Cpu).unwrap();
        // With a last layer of 0 nothing before it has a slope.
        let head = vec![0.1f32; 96];
        let head = Tensor::from_vec(head, (1, 96), &Device::Cpu).unwrap();
        learner.weights["head.weight"].var.set(&head).unwrap();
        let loss = |learner: &Learner| -> f64 {
            let x = batch(&pictures, truth.len(), SIDE, &Device::Cpu).unwrap();
            let logits = learner.network.forward(&x, true).unwrap();
            let logits = logits.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let one = |(z, t): (&f32, &f32)| {
                let (z, t) = (f64::from(*z), f64::from(*t));
                (1.0 + (-z.abs()).exp()).ln() + z.max(0.0) - z * t
            };
            logits.iter().zip(&truth).map(one).sum::<f64>() / truth.len() as f64
        };
        let name = "stage2.first.weight";
        let values = learner.weights[name].var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let shape = learner.weights[name].var.shape().clone();
        let set = |learner: &Learner, at: usize, by: f32| {
            let mut values = values.clone();
            values[at] += by;
            let moved = Tensor::from_vec(values, &shape, &Device::Cpu).unwrap();
            learner.weights[name].var.set(&moved).unwrap();
        };
        let mut slopes = Vec::new();
        for at in (0..values.len()).step_by(97) {
            set(&learner, at, 0.02);
            let up = loss(&learner);
            set(&learner, at, -0.02);
            slopes.push((at, (up - loss(&learner)) / 0.04));
        }
        set(&learner, 0, 0.0);
        learner.step(&pictures, SIDE, &truth, 1e-3).unwrap();
        // The running mean after one step is a tenth of the clipped gradient.
        let mean = &learner.weights[name].mean;
        let scale = slopes.iter().map(|s| s.1.abs()).fold(0.0, f64::max);
        let (best, slope) = slopes.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
        let ratio = f64::from(mean[*best]) / slope;
        for (at, slope) in &slopes {
            let off = (f64::from(mean[*at]) / ratio - slope).abs();
            assert!(off < 0.05 * scale, "{at}: {slope} {}", f64::from(mean[*at]) / ratio);
        }
        assert!(ratio > 0.0);
    }

    #[test]
    fn it_learns_a_chequerboard_of_two_levels() {
        let mut learner = Learner::new("compact-residual", 3, RULES, &Device::Cpu).unwrap();
        let mut last = f64::NAN;
        for step in 0..80 {
            let (pictures, truth) = pairs(step);
            last = learner.step(&pictures, SIDE, &truth, 3e-3).unwrap();
        }
        assert!(last < 0.3, "{last}");
        let (pictures, truth) = pairs(1000);
        let logits = learner.averaged().unwrap().logits(&pictures, SIDE, truth.len()).unwrap();
        for (logit, truth) in logits.iter().zip(&truth) {
            assert_eq!(*logit > 0.0, *truth > 0.5, "{logits:?}");
        }
    }

    /// Grad-CAM of a network that learnt it shows the quarter of a larger picture
    /// that has the chequerboard.
    #[test]
    fn the_evidence_lies_where_the_chequerboard_is() {
        let mut learner = Learner::new("compact-residual", 3, RULES, &Device::Cpu).unwrap();
        for step in 0..80 {
            let (pictures, truth) = pairs(step);
            learner.step(&pictures, SIDE, &truth, 3e-3).unwrap();
        }
        let network = learner.averaged().unwrap().network;
        let side: usize = 100;
        let mut random = SplitMix::new(9);
        for (right, below) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut picture = Vec::new();
            for at in 0..side * side {
                let (x, y) = (at % side, at / side);
                let planted = (x >= side / 2) == right && (y >= side / 2) == below;
                let level = if (x + y).is_multiple_of(2) { 2.0 } else { -2.0 };
                let noise = random.normal() as f32;
                let board = if planted { level } else { 0.0 };
                picture.extend([0.5 + (noise + board) / 255.0; 3]);
            }
            let picture = batch(&picture, 1, side, &Device::Cpu).unwrap();
            let network = network.convolutional().unwrap();
            let map = grad_cam(network, &picture, |y| Ok(y.squeeze(1)?)).unwrap();
            let map = map.squeeze(0).unwrap().to_vec2::<f32>().unwrap();
            let (mut inside, mut outside) = (0.0, 0.0);
            for (y, row) in map.iter().enumerate() {
                for (x, value) in row.iter().enumerate() {
                    let within = (2 * x >= row.len()) == right && (2 * y >= map.len()) == below;
                    *if within { &mut inside } else { &mut outside } += value;
                }
            }
            // Three times as many cells lie outside.
            assert!(inside > 0.0 && inside > outside, "{right} {below}: {map:?}");
        }
    }

    #[test]
    fn a_state_read_back_goes_on_exactly() {
        let run = |learner: &mut Learner, steps: std::ops::Range<u64>| {
            for step in steps {
                let (pictures, truth) = pairs(step);
                learner.step(&pictures, SIDE, &truth, 1e-3).unwrap();
            }
        };
        let new = || Learner::new("compact-plain", 5, RULES, &Device::Cpu).unwrap();
        let mut whole = new();
        run(&mut whole, 0..5);
        let mut first = new();
        run(&mut first, 0..3);
        let state = first.state().unwrap();
        let mut second = new();
        second.resume(&state).unwrap();
        assert_eq!(second.steps(), 3);
        run(&mut second, 3..5);
        assert!(whole.state().unwrap() == second.state().unwrap());
        assert!(whole.weights().unwrap() == second.weights().unwrap());
        // Of another network.
        let mut other = Learner::new("compact-both", 5, RULES, &Device::Cpu).unwrap();
        assert!(other.resume(&state).is_err());
        assert!(second.resume(&state[..state.len() - 9]).is_err());
    }

    #[test]
    fn networks_with_statistics_of_batches_are_refused() {
        assert!(Learner::new("resnet18", 1, RULES, &Device::Cpu).is_err());
    }
}
