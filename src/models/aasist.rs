//! AASIST: genuine or synthetic speech, by attention over the graphs of a
//! spectro-temporal map.
//!
//! Jung, Heo, Tak, Shim, Chung, Lee, Yu and Evans (2022), "AASIST: audio
//! anti-spoofing using integrated spectro-temporal graph attention networks",
//! ICASSP. The paths of the weights follow the authors' checkpoint. Two things
//! are as their program has them, not as the paper draws them: a block's first
//! normalisation is not applied (its weights are in the file), and the front
//! end's filters are computed rather than stored.

mod encoder;
mod graph;
mod layout;

use candle_core::{D, Device, Tensor};
use candle_nn::{Linear, Module, VarBuilder, linear};

use self::encoder::Encoder;
use self::graph::{Attention, Mixed, Pool};
use super::store;
use crate::{Error, Result};

/// Samples a second of its input.
pub const RATE: u32 = 16_000;
/// Samples of its input, 4.04 s.
pub const SAMPLES: usize = 64_600;
/// Filters of the front end, and their length.
const FILTERS: usize = 70;
const TAPS: usize = 129;

/// Which network: widths and training data differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// 297,866 parameters, trained on ASVspoof 2019 LA.
    Full,
    /// 85,306 parameters, trained on ASVspoof 2019 LA.
    Light,
    /// As `Full`, trained on ASVspoof 5 by that challenge's organisers.
    Asvspoof5,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Light, Self::Asvspoof5];

    /// Its name in `models.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "aasist",
            Self::Light => "aasist-l",
            Self::Asvspoof5 => "aasist-asvspoof5",
        }
    }

    /// Channels of the deeper encoder blocks and of the first graphs; width of
    /// the mixed graphs is 32 in all.
    fn width(self) -> usize {
        if self == Self::Light { 24 } else { 64 }
    }

    /// Shares of nodes kept: spectral, temporal, mixed (the authors'
    /// configuration files).
    fn kept(self) -> [f64; 3] {
        if self == Self::Light { [0.4, 0.5, 0.7] } else { [0.5, 0.7, 0.5] }
    }
}

/// Every tensor with its shape of the model called `name`; `None` for others.
pub fn tensors(name: &str) -> Option<Vec<(String, Vec<usize>)>> {
    let variant = Variant::ALL.into_iter().find(|variant| variant.name() == name)?;
    Some(layout::tensors(variant.width()))
}

/// The network with its weights.
pub struct Aasist {
    filters: Tensor,
    encoder: Encoder,
    place: Tensor,
    masters: [Tensor; 2],
    spectral: Attention,
    temporal: Attention,
    pools: [Pool; 2],
    branches: [Branch; 2],
    last: Linear,
}

/// One of two parallel ways through the mixed graphs.
struct Branch {
    first: Mixed,
    second: Mixed,
    pools: [Pool; 2],
}

impl Aasist {
    /// Read the installed weights; it runs on the processor.
    ///
    /// # Errors
    /// [`Error::Model`] when they are missing or damaged.
    pub fn load(variant: Variant) -> Result<Self> {
        Self::new(variant, &store::load(variant.name(), &Device::Cpu)?)
    }

    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(variant: Variant, weights: &VarBuilder<'_>) -> Result<Self> {
        let (wide, narrow) = (variant.width(), layout::NARROW);
        let [keep_s, keep_t, keep] = variant.kept();
        let branch = |n: usize| -> Result<Branch> {
            let mixed = |m: usize, inputs| {
                Mixed::new(inputs, narrow, weights.pp(format!("HtrgGAT_layer_ST{n}{m}")))
            };
            let pool = |what: &str| Pool::new(keep, narrow, weights.pp(format!("pool_h{what}{n}")));
            Ok(Branch {
                first: mixed(1, wide)?,
                second: mixed(2, narrow)?,
                pools: [pool("T")?, pool("S")?],
            })
        };
        let filters = Tensor::from_vec(sinc_filters(), (FILTERS, 1, TAPS), weights.device())?;
        Ok(Self {
            filters,
            encoder: Encoder::new(wide, weights)?,
            place: weights.get((1, layout::BANDS, wide), "pos_S")?,
            masters: [weights.get((1, 1, wide), "master1")?, weights.get((1, 1, wide), "master2")?],
            spectral: Attention::new(wide, weights.pp("GAT_layer_S"))?,
            temporal: Attention::new(wide, weights.pp("GAT_layer_T"))?,
            pools: [
                Pool::new(keep_t, wide, weights.pp("pool_T"))?,
                Pool::new(keep_s, wide, weights.pp("pool_S"))?,
            ],
            branches: [branch(1)?, branch(2)?],
            last: linear(5 * narrow, 2, weights.pp("out_layer"))?,
        })
    }

    /// Logits (synthetic, genuine) of [`SAMPLES`] samples at [`RATE`], full
    /// scale ±1.
    ///
    /// # Errors
    /// [`Error::Compute`] for another number of samples.
    pub fn forward(&self, samples: &[f32]) -> Result<[f32; 2]> {
        self.judge(samples, |map| self.encoder.forward(map))
    }

    /// The same with candle's own convolutions: slow, the reference.
    ///
    /// # Errors
    /// As [`Aasist::forward`].
    pub fn forward_naive(&self, samples: &[f32]) -> Result<[f32; 2]> {
        self.judge(samples, |map| self.encoder.forward_naive(map))
    }

    fn judge(
        &self,
        samples: &[f32],
        encode: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<[f32; 2]> {
        if samples.len() != SAMPLES {
            let reason = format!("{SAMPLES} samples are needed, not {}", samples.len());
            return Err(Error::compute("anti-spoofing", reason));
        }
        let sound = Tensor::from_slice(samples, (1, 1, SAMPLES), self.filters.device())?;
        let map = sound.conv1d(&self.filters, 0, 1, 1, 1)?.abs()?;
        let map = encode(&map)?.abs()?;
        // (1, channels, bands, times)
        let bands = map.max(D::Minus1)?.transpose(1, 2)?.contiguous()?;
        let bands = self.spectral.forward(&bands.broadcast_add(&self.place)?)?;
        let times = map.max(2)?.transpose(1, 2)?.contiguous()?;
        let times = self.temporal.forward(&times)?;
        let (times, bands) = (self.pools[0].forward(&times)?, self.pools[1].forward(&bands)?);
        let mut ways = Vec::new();
        for (branch, master) in self.branches.iter().zip(&self.masters) {
            ways.push(branch.forward(&times, &bands, master)?);
        }
        let [first, second] = ways.as_slice() else {
            return Err(Error::compute("anti-spoofing", "two branches are needed"));
        };
        let times = first.0.maximum(&second.0)?;
        let bands = first.1.maximum(&second.1)?;
        let master = first.2.maximum(&second.2)?.squeeze(1)?;
        let parts =
            [times.abs()?.max(1)?, times.mean(1)?, bands.abs()?.max(1)?, bands.mean(1)?, master];
        let logits = self.last.forward(&Tensor::cat(&parts, 1)?)?.flatten_all()?.to_vec1()?;
        <[f32; 2]>::try_from(logits)
            .map_err(|_| Error::compute("anti-spoofing", "two logits are needed"))
    }
}

impl Branch {
    fn forward(
        &self,
        times: &Tensor,
        bands: &Tensor,
        master: &Tensor,
    ) -> Result<(Tensor, Tensor, Tensor)> {
        let (times, bands, master) = self.first.forward(times, bands, master)?;
        let (times, bands) = (self.pools[0].forward(&times)?, self.pools[1].forward(&bands)?);
        let (more_times, more_bands, more) = self.second.forward(&times, &bands, &master)?;
        Ok(((times + more_times)?, (bands + more_bands)?, (master + more)?))
    }
}

/// The front end: band-pass filters as differences of two low-pass ones under
/// a Hamming window, their edges evenly spaced on the mel scale up to half the
/// rate; filter by filter.
fn sinc_filters() -> Vec<f32> {
    let rate = f64::from(RATE);
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let top = mel(rate / 2.0);
    let edge = |i: usize| 700.0 * (10f64.powf(top * i as f64 / FILTERS as f64 / 2595.0) - 1.0);
    let low_pass = |hz: f64, at: f64| {
        let x = std::f64::consts::PI * 2.0 * hz * at / rate;
        2.0 * hz / rate * if x == 0.0 { 1.0 } else { x.sin() / x }
    };
    let mut filters = Vec::with_capacity(FILTERS * TAPS);
    for filter in 0..FILTERS {
        let (low, high) = (edge(filter), edge(filter + 1));
        for tap in 0..TAPS {
            let angle = std::f64::consts::TAU * tap as f64 / (TAPS - 1) as f64;
            let at = tap as f64 - (TAPS - 1) as f64 / 2.0;
            let window = 0.54 - 0.46 * angle.cos();
            filters.push((window * (low_pass(high, at) - low_pass(low, at))) as f32);
        }
    }
    filters
}

#[cfg(test)]
mod tests;
