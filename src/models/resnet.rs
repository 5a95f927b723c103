//! ResNet (He et al., *Deep Residual Learning for Image Recognition*, CVPR
//! 2016) as torchvision has it: the body of CNNDetection (Wang et al., CVPR
//! 2020) and, cut after its second stage and fed with what a picture loses in
//! halving, of NPR (Tan et al., *Rethinking the Up-Sampling Operations in
//! CNN-based Generative Network for Generalizable Deepfake Detection*, CVPR
//! 2024).

use candle_core::Tensor;
use candle_nn::{Linear, Module, VarBuilder, linear};

use super::network::Convolutional;
use crate::Result;
use crate::nn::conv::{Act, Block, Window, global_mean, max_pool_3_2_1};
use crate::nn::fast::Fast;
use crate::nn::kernels::{Builder, Skip, Tensor as Place};

/// Which of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Design {
    /// Residual blocks of each stage.
    pub blocks: &'static [usize],
    /// Three convolutions a block (1, 3, 1 wide) rather than two.
    pub bottleneck: bool,
    /// Whether it looks at neighbouring pixel relationships instead of pixels.
    pub npr: bool,
    /// Numbers it gives.
    pub outputs: usize,
}

impl Design {
    /// ResNet of 18, 34, 50 or 101 layers; `None` for other depths.
    pub fn of_depth(depth: usize, outputs: usize) -> Option<Self> {
        let (blocks, bottleneck): (&[usize], bool) = match depth {
            18 => (&[2, 2, 2, 2], false),
            34 => (&[3, 4, 6, 3], false),
            50 => (&[3, 4, 6, 3], true),
            101 => (&[3, 4, 23, 3], true),
            _ => return None,
        };
        Some(Self { blocks, bottleneck, npr: false, outputs })
    }

    /// NPR's: the first two stages of ResNet-50 on a smaller stem.
    pub const NPR: Self = Self { blocks: &[3, 4], bottleneck: true, npr: true, outputs: 1 };
}

/// Convolutions with a way around them.
struct Residual {
    branch: Vec<Block>,
    around: Option<Block>,
}

impl Residual {
    fn load(
        weights: &VarBuilder<'_>,
        (inputs, width): (usize, usize),
        stride: usize,
        bottleneck: bool,
    ) -> Result<Self> {
        let outputs = if bottleneck { 4 * width } else { width };
        let parts = match bottleneck {
            true => vec![(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)],
            false => vec![(inputs, width, 3, stride), (width, width, 3, 1)],
        };
        let count = parts.len();
        let mut branch = Vec::new();
        for (number, (from, to, kernel, step)) in (1..).zip(parts) {
            let (conv, norm) = (format!("conv{number}"), format!("bn{number}"));
            let act = if number == count { Act::None } else { Act::Relu };
            let names = (conv.as_str(), norm.as_str());
            branch.push(Block::load(weights, names, (from, to), Window::new(kernel, step), act)?);
        }
        let around = match stride != 1 || inputs != outputs {
            true => {
                let (weights, window) = (weights.pp("downsample"), Window::new(1, stride));
                Some(Block::load(&weights, ("0", "1"), (inputs, outputs), window, Act::None)?)
            }
            false => None,
        };
        Ok(Self { branch, around })
    }

    fn forward(&self, input: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = input.clone();
        for block in &self.branch {
            x = block.forward(&x, train)?;
        }
        let around = match &self.around {
            Some(block) => block.forward(input, train)?,
            None => input.clone(),
        };
        Ok((x + around)?.relu()?)
    }

    /// The same on the kernels.
    fn describe(&self, builder: &mut Builder, from: Place) -> Result<Place> {
        let around = match &self.around {
            Some(block) => block.describe(builder, from)?,
            None => from,
        };
        let Some((last, first)) = self.branch.split_last() else { return Ok(around) };
        let at = first.iter().try_fold(from, |at, block| block.describe(builder, at))?;
        last.joined(builder, at, Skip::Add(around), Act::Relu)
    }
}

/// The network with its weights.
pub struct ResNet {
    design: Design,
    stem: Block,
    blocks: Vec<Residual>,
    last: Linear,
    fast: Fast,
}

impl ResNet {
    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>, design: Design) -> Result<Self> {
        let (kernel, last) = if design.npr { (3, "fc1") } else { (7, "fc") };
        let window = Window::new(kernel, 2);
        let stem = Block::load(weights, ("conv1", "bn1"), (3, 64), window, Act::Relu)?;
        let (mut blocks, mut inputs) = (Vec::new(), 64);
        for (stage, count) in design.blocks.iter().enumerate() {
            let width = 64 << stage;
            let weights = weights.pp(format!("layer{}", stage + 1));
            for number in 0..*count {
                let stride = if stage > 0 && number == 0 { 2 } else { 1 };
                let weights = weights.pp(number);
                blocks.push(Residual::load(&weights, (inputs, width), stride, design.bottleneck)?);
                inputs = if design.bottleneck { 4 * width } else { width };
            }
        }
        let last = linear(inputs, design.outputs, weights.pp(last))?;
        let fast = stem.fast();
        Ok(Self { design, stem, blocks, last, fast })
    }

    fn describe(&self, builder: &mut Builder, from: Place) -> Result<Place> {
        let stem = self.stem.describe(builder, from)?;
        let pooled = builder.max_pool_3_2_1(stem)?;
        self.blocks.iter().try_fold(pooled, |at, block| block.describe(builder, at))
    }
}

/// What is left of pictures after halving and doubling them with the nearest
/// pixel, times 2/3 as the method has it. An odd last row or column is left off.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn neighbour_residual(pictures: &Tensor) -> Result<Tensor> {
    let (count, channels, height, width) = pictures.dims4()?;
    let (rows, columns) = (height / 2, width / 2);
    let even = pictures.narrow(2, 0, 2 * rows)?.narrow(3, 0, 2 * columns)?.contiguous()?;
    let corners = even
        .reshape((count, channels, rows, 2, columns, 2))?
        .narrow(3, 0, 1)?
        .narrow(5, 0, 1)?
        .broadcast_as((count, channels, rows, 2, columns, 2))?
        .contiguous()?
        .reshape((count, channels, 2 * rows, 2 * columns))?;
    Ok(((even - corners)? * (2.0 / 3.0))?)
}

impl Convolutional for ResNet {
    fn maps(&self, pictures: &Tensor, train: bool) -> Result<Tensor> {
        let input = match self.design.npr {
            true => neighbour_residual(pictures)?,
            false => pictures.clone(),
        };
        let describe = |builder: &mut Builder, from| self.describe(builder, from);
        if let Some(maps) = self.fast.run(&input, train, describe)? {
            return Ok(maps);
        }
        let mut x = max_pool_3_2_1(&self.stem.forward(&input, train)?)?;
        for block in &self.blocks {
            x = block.forward(&x, train)?;
        }
        Ok(x)
    }

    fn judge(&self, maps: &Tensor, _train: bool) -> Result<Tensor> {
        Ok(self.last.forward(&global_mean(maps)?)?)
    }
}
