//! MediaPipe's selfie segmentation: which pixels belong to a person.
//!
//! Tkachenka, Karpiak, Vakunov, Kartynnik, Ablavatski, Bazarevsky and
//! Pisarchyk: "Real-time Hair Segmentation and Recoloring on Mobile GPUs"
//! (2019, arXiv:1907.06740) is the nearest description; the model card calls it
//! a MobileNetV3 with a decoder of its own. The graph was read from the file.
//! Weights: `models.toml`.

mod fast;

use std::sync::Arc;

use candle_core::{Device, Tensor};
use candle_nn::{VarBuilder, ops::sigmoid};

use super::{names::Names, store};
use crate::{
    Result,
    nn::layers::{Conv, ConvSpec, StageSpec},
};

/// Its name in `models.toml`.
pub const NAME: &str = "selfie-segmentation";

/// Side of the input picture and of the mask, in pixels.
pub const INPUT_SIZE: usize = 256;

/// What follows a convolution.
#[derive(Clone, Copy, Debug)]
enum Act {
    Relu,
    /// x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, section 5.2).
    Swish,
}

impl Act {
    fn apply(self, x: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::Relu => x.relu()?,
            Self::Swish => ((x.affine(1.0, 3.0)?.clamp(0.0, 6.0)? * x)? / 6.0)?,
        })
    }
}

/// An inverted residual block (Howard et al. 2019, figure 4).
struct BlockSpec {
    inputs: usize,
    between: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    act: Act,
    /// Channels of its squeeze-and-excitation, if it has one.
    squeeze: Option<usize>,
}

/// The encoder's blocks, in order; where channels and size stay, x is added.
const BLOCKS: [BlockSpec; 8] = {
    const fn block(sizes: [usize; 3], [kernel, stride]: [usize; 2], act: Act) -> BlockSpec {
        let [inputs, between, outputs] = sizes;
        BlockSpec { inputs, between, outputs, kernel, stride, act, squeeze: None }
    }
    const fn squeezed(block: BlockSpec, to: usize) -> BlockSpec {
        BlockSpec { squeeze: Some(to), ..block }
    }
    [
        squeezed(block([16, 16, 16], [3, 2], Act::Relu), 8),
        block([16, 72, 24], [3, 2], Act::Relu),
        block([24, 88, 24], [3, 1], Act::Relu),
        squeezed(block([24, 96, 32], [5, 2], Act::Swish), 24),
        squeezed(block([32, 128, 32], [5, 1], Act::Swish), 32),
        squeezed(block([32, 128, 32], [5, 1], Act::Swish), 32),
        squeezed(block([32, 96, 32], [5, 1], Act::Swish), 24),
        squeezed(block([32, 96, 32], [5, 1], Act::Swish), 24),
    ]
};
/// After which blocks the decoder looks in again, the stem being 0.
const TAPS: [usize; 3] = [0, 1, 3];
/// Channels in and out of the decoder's steps, from the coarsest.
const STEPS: [(usize, usize); 3] = [(128, 24), (24, 16), (16, 16)];

/// All convolutions, in the order of the source's numbers.
fn specs() -> Vec<ConvSpec> {
    let mut names = Names { conv: 0, depthwise: 0, prelu: None };
    let mut all = vec![names.conv("stem".into(), (3, 16), (3, 2))];
    for (index, block) in BLOCKS.iter().enumerate() {
        let name = |part: &str| format!("blocks.{index}.{part}");
        all.push(names.conv(name("expand"), (block.inputs, block.between), (1, 1)));
        let depthwise = names.depthwise(name("depthwise"), block.between, block.stride);
        all.push(ConvSpec { kernel: block.kernel, ..depthwise });
        if let Some(to) = block.squeeze {
            all.push(names.conv(name("reduce"), (block.between, to), (1, 1)));
            all.push(names.conv(name("gate"), (to, block.between), (1, 1)));
        }
        all.push(names.conv(name("project"), (block.between, block.outputs), (1, 1)));
    }
    all.push(names.conv("top.conv".into(), (32, 128), (1, 1)));
    all.push(names.conv("top.gate".into(), (32, 128), (1, 1)));
    for (index, (inputs, outputs)) in STEPS.into_iter().enumerate() {
        let name = |part: &str| format!("steps.{index}.{part}");
        for (part, from) in
            [("up", inputs), ("reduce", outputs), ("gate", outputs), ("conv", outputs)]
        {
            all.push(names.conv(name(part), (from, outputs), (1, 1)));
        }
        all.push(names.depthwise(name("depthwise"), outputs, 1));
    }
    // The transposed convolution that doubles the size at the end.
    let last = names.conv("mask".into(), (16, 1), (2, 2));
    all.push(ConvSpec { source: "segment".into(), ..last });
    all
}

/// All layers of the network.
pub fn stages() -> Vec<StageSpec> {
    specs().into_iter().map(StageSpec::Conv).collect()
}

/// Squeeze and excitation (Hu et al. 2018): what each channel counts.
#[derive(Clone, Debug)]
struct Squeeze {
    reduce: Conv,
    gate: Conv,
}

impl Squeeze {
    /// Weights `(N, C, 1, 1)` for `(N, C, H, W)`.
    fn weigh(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.reduce.forward(&mean(x)?)?.relu()?;
        Ok(sigmoid(&self.gate.forward(&x)?)?)
    }
}

#[derive(Clone, Debug)]
struct Block {
    expand: Conv,
    depthwise: Conv,
    squeeze: Option<Squeeze>,
    project: Conv,
    act: Act,
    adds: bool,
}

#[derive(Clone, Debug)]
struct Step {
    up: Conv,
    squeeze: Squeeze,
    conv: Conv,
    depthwise: Conv,
}

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct Selfie {
    stem: Conv,
    blocks: Vec<Block>,
    top: (Conv, Conv),
    steps: Vec<Step>,
    mask: Conv,
    /// Where the weights lie in a processor's memory.
    fast: Option<Arc<fast::Fast>>,
}

impl Selfie {
    /// Read the installed weights.
    ///
    /// # Errors
    /// [`crate::Error::Model`] when they are missing or damaged.
    pub fn load(device: &candle_core::Device) -> Result<Self> {
        Self::new(&store::load(NAME, device)?)
    }

    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>) -> Result<Self> {
        let all = specs();
        let conv = |name: String| -> Result<Conv> {
            let found = all.iter().find(|spec| spec.name == name);
            found.ok_or_else(|| crate::Error::compute("segmentation", name))?.load(weights)
        };
        let squeeze = |prefix: &str| -> Result<Squeeze> {
            let (reduce, gate) = (format!("{prefix}.reduce"), format!("{prefix}.gate"));
            Ok(Squeeze { reduce: conv(reduce)?, gate: conv(gate)? })
        };
        let mut blocks = Vec::new();
        for (index, spec) in BLOCKS.iter().enumerate() {
            let prefix = format!("blocks.{index}");
            blocks.push(Block {
                expand: conv(format!("{prefix}.expand"))?,
                depthwise: conv(format!("{prefix}.depthwise"))?,
                squeeze: spec.squeeze.map(|_| squeeze(&prefix)).transpose()?,
                project: conv(format!("{prefix}.project"))?,
                act: spec.act,
                adds: spec.inputs == spec.outputs && spec.stride == 1,
            });
        }
        let mut steps = Vec::new();
        for index in 0..STEPS.len() {
            let prefix = format!("steps.{index}");
            steps.push(Step {
                up: conv(format!("{prefix}.up"))?,
                squeeze: squeeze(&prefix)?,
                conv: conv(format!("{prefix}.conv"))?,
                depthwise: conv(format!("{prefix}.depthwise"))?,
            });
        }
        let mut network = Self {
            stem: conv("stem".into())?,
            blocks,
            top: (conv("top.conv".into())?, conv("top.gate".into())?),
            steps,
            mask: conv("mask".into())?,
            fast: None,
        };
        if weights.device().is_cpu() {
            network.fast = Some(Arc::new(fast::Fast::new(&network)?));
        }
        Ok(network)
    }

    /// Probability of a person `(N, 256, 256)` for `(N, 3, 256, 256)` in
    /// \[0, 1\].
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward(&self, pictures: &Tensor) -> Result<Tensor> {
        let Some(fast) = self.fast.as_ref().filter(|_| pictures.device().is_cpu()) else {
            return self.forward_naive(pictures);
        };
        super::check_input(pictures, INPUT_SIZE)?;
        let count = pictures.dim(0)?;
        let mut masks = Vec::with_capacity(count * INPUT_SIZE * INPUT_SIZE);
        for picture in pictures.permute((0, 2, 3, 1))?.chunk(count, 0)? {
            masks.extend(fast.forward(picture.flatten_all()?.to_vec1()?)?);
        }
        Ok(Tensor::from_vec(masks, (count, INPUT_SIZE, INPUT_SIZE), &Device::Cpu)?)
    }

    /// As [`Self::forward`], in candle's own operations only.
    ///
    /// # Errors
    /// As for [`Self::forward`].
    pub fn forward_naive(&self, pictures: &Tensor) -> Result<Tensor> {
        super::check_input(pictures, INPUT_SIZE)?;
        let mut x = Act::Swish.apply(&self.stem.forward(pictures)?)?;
        let mut seen = vec![x.clone()];
        for block in &self.blocks {
            x = block.forward(&x)?;
            seen.push(x.clone());
        }
        let gate = sigmoid(&self.top.1.forward(&mean(&x)?)?)?;
        x = self.top.0.forward(&x)?.relu()?.broadcast_mul(&gate)?;
        // The finest tap comes last, and block 1's output before its own use.
        for (step, tap) in self.steps.iter().zip(TAPS.iter().rev()) {
            if let Some(beside) = seen.get(*tap) {
                x = step.forward(&x, beside)?;
            }
        }
        let (count, channels, height, width) = x.dims4()?;
        // Stride and kernel are both 2: each pixel becomes four on its own.
        let taps = self.mask.weight.permute((0, 2, 3, 1))?.reshape((4, channels))?;
        let flat = x.permute((0, 2, 3, 1))?.reshape((count * height * width, channels))?;
        let four = flat.matmul(&taps.t()?)?.reshape((count, height, width, 2, 2))?;
        let full = four.permute((0, 1, 3, 2, 4))?.contiguous()?;
        let full = full.reshape((count, 2 * height, 2 * width))?;
        Ok(sigmoid(&full.broadcast_add(&self.mask.bias.reshape((1, 1, 1))?)?)?)
    }
}

impl Block {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.act.apply(&self.expand.forward(x)?)?;
        let mut y = self.act.apply(&self.depthwise.forward_by_taps(&y)?)?;
        if let Some(squeeze) = &self.squeeze {
            y = y.broadcast_mul(&squeeze.weigh(&y)?)?;
        }
        let y = self.project.forward(&y)?;
        Ok(if self.adds { (y + x)? } else { y })
    }
}

impl Step {
    /// `x` twice as large, with what the encoder saw there.
    fn forward(&self, x: &Tensor, beside: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = beside.dims4()?;
        let up = self.up.forward(&x.upsample_bilinear2d(height, width, false)?)?;
        let weights = self.squeeze.weigh(&(beside + &up)?)?;
        let x = (beside.broadcast_mul(&weights)? + up)?;
        let x = self.conv.forward(&x)?.relu()?;
        let y = self.depthwise.forward_by_taps(&x)?.relu()?;
        Ok((x + y)?)
    }
}

/// Mean over height and width, kept as `(N, C, 1, 1)`.
fn mean(x: &Tensor) -> Result<Tensor> {
    Ok(x.mean_keepdim(3)?.mean_keepdim(2)?)
}
