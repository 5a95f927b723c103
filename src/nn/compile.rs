//! From the layers of a network to a [`Plan`] of the CPU kernels, and from
//! candle's tensors to the slices that it runs on.

use candle_core::{CpuStorage, Device, Storage, Tensor as Array};
use rayon::prelude::*;

use super::kernels::{self, Builder, Isa, Picture, Plan, Shape, Skip, Tensor, Weights};
use super::layers::{Activation, Conv, Padding, Residual, Stage};
use crate::{Error, Result};

/// A network of [`layers`](super::layers) being turned into a [`Plan`].
pub struct Compiler {
    builder: Builder,
}

/// An activation's values, out of candle's hands.
enum Curve {
    None,
    Relu,
    Prelu(Vec<f32>),
}

impl Curve {
    fn read(activation: &Activation) -> Result<Self> {
        Ok(match activation {
            Activation::None => Self::None,
            Activation::Relu => Self::Relu,
            Activation::Prelu(slopes) => Self::Prelu(slopes.to_vec1()?),
        })
    }

    fn borrow(&self) -> kernels::Activation<'_> {
        match self {
            Self::None => kernels::Activation::Linear,
            Self::Relu => kernels::Activation::Relu,
            Self::Prelu(slopes) => kernels::Activation::Prelu(slopes),
        }
    }
}

/// A convolution's weights, out of candle's hands.
struct Taps {
    dims: [usize; 4],
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Taps {
    fn read(conv: &Conv) -> Result<Self> {
        let kernel = conv.weight.flatten_all()?.to_vec1()?;
        Ok(Self { dims: conv.spec.shape(), kernel, bias: conv.bias.to_vec1()? })
    }

    fn borrow(&self) -> Weights<'_> {
        Weights { dims: self.dims, kernel: &self.kernel, bias: &self.bias }
    }
}

fn refuse<T>(reason: String) -> Result<T> {
    Err(Error::compute("compiling a network", reason))
}

impl Compiler {
    /// A network on square pictures of three colours, `size` pixels a side,
    /// and the tensor that holds the picture.
    ///
    /// # Errors
    /// When `size` is 0.
    pub fn new(size: usize) -> Result<(Self, Tensor)> {
        let (builder, input) = Builder::new(Shape { height: size, width: size, channels: 3 })?;
        Ok((Self { builder }, input))
    }

    /// `stages`, first to last; the output of each.
    ///
    /// # Errors
    /// When shapes do not fit, or for a layer that the kernels lack.
    pub fn stages(&mut self, mut from: Tensor, stages: &[Stage]) -> Result<Vec<Tensor>> {
        let mut outputs = Vec::new();
        for stage in stages {
            from = match stage {
                Stage::Conv(conv) => self.conv(from, conv)?,
                Stage::Residual(block) => self.residual(from, block)?,
            };
            outputs.push(from);
        }
        Ok(outputs)
    }

    /// `stages`, first to last; the output of the last.
    ///
    /// # Errors
    /// As for [`Self::stages`].
    pub fn run(&mut self, from: Tensor, stages: &[Stage]) -> Result<Tensor> {
        Ok(self.stages(from, stages)?.pop().unwrap_or(from))
    }

    /// One convolution.
    ///
    /// # Errors
    /// As for [`Self::stages`].
    pub fn conv(&mut self, from: Tensor, conv: &Conv) -> Result<Tensor> {
        self.mixing(from, conv, &Curve::read(&conv.act)?, Skip::None)
    }

    /// `act(lateral(from)) + top`, `top` enlarged to the size of `from`.
    ///
    /// # Errors
    /// As for [`Self::stages`].
    pub fn join(&mut self, from: Tensor, lateral: &Conv, top: Tensor) -> Result<Tensor> {
        let Shape { height, width, .. } = self.builder.shape(from);
        let top = self.builder.resize(top, height, width)?;
        self.mixing(from, lateral, &Curve::read(&lateral.act)?, Skip::AddAfter(top))
    }

    fn mixing(&mut self, from: Tensor, conv: &Conv, curve: &Curve, skip: Skip) -> Result<Tensor> {
        if conv.spec.depthwise {
            return refuse(format!("{} has no pointwise convolution behind it", conv.spec.name));
        }
        let padding = match conv.spec.padding {
            Padding::Same => kernels::Padding::Same,
            Padding::Valid => kernels::Padding::Valid,
        };
        let taps = Taps::read(conv)?;
        self.builder.conv(from, &taps.borrow(), conv.spec.stride, padding, curve.borrow(), skip)
    }

    fn residual(&mut self, from: Tensor, block: &Residual) -> Result<Tensor> {
        let skip = if block.stride == 2 { Skip::Pool(from) } else { Skip::Add(from) };
        let mut at = from;
        let mut convs = block.convs.as_slice();
        while let [first, rest @ ..] = convs {
            let (used, last) = match (first.spec.depthwise, rest) {
                (true, [_, rest @ ..]) => (2, rest.is_empty()),
                (_, rest) => (1, rest.is_empty()),
            };
            let (now, later) = convs.split_at(used);
            // The sum and what follows it go with the last convolution.
            let curve = match (now, last) {
                ([.., conv], true) if !matches!(conv.act, Activation::None) => {
                    return refuse(format!("{} has an activation before the sum", conv.spec.name));
                }
                ([.., conv], false) => Curve::read(&conv.act)?,
                _ => Curve::read(&block.act)?,
            };
            let skip = if last { skip } else { Skip::None };
            at = match now {
                [depthwise, pointwise] => {
                    self.separable(at, [depthwise, pointwise], &curve, skip)?
                }
                _ => self.mixing(at, first, &curve, skip)?,
            };
            convs = later;
        }
        Ok(at)
    }

    fn separable(
        &mut self,
        from: Tensor,
        [depthwise, pointwise]: [&Conv; 2],
        curve: &Curve,
        skip: Skip,
    ) -> Result<Tensor> {
        let plain = matches!(depthwise.act, Activation::None);
        let same = depthwise.spec.padding == Padding::Same;
        if !plain || !same || pointwise.spec.depthwise || pointwise.spec.stride != 1 {
            let names = [&depthwise.spec.name, &pointwise.spec.name];
            return refuse(format!("no kernel for {names:?} together"));
        }
        let (dw, pw) = (Taps::read(depthwise)?, Taps::read(pointwise)?);
        let stride = depthwise.spec.stride;
        self.builder.separable(from, &dw.borrow(), stride, &pw.borrow(), curve.borrow(), skip)
    }

    /// The finished network.
    ///
    /// # Errors
    /// When slopes do not fit their channels.
    pub fn finish(self, outputs: &[Tensor]) -> Result<Plan> {
        self.builder.finish(Isa::detect(), outputs)
    }
}

/// Run `plan` on each picture of `(N, 3, H, W)`: for each picture the plan's
/// outputs, each in the order height, width, channel. `None` where the pictures are not `f32` in the memory of the CPU.
///
/// # Errors
/// When the pictures have another size.
pub fn run(plan: &Plan, pictures: &Array) -> Result<Option<Vec<Vec<Vec<f32>>>>> {
    if !matches!(pictures.device(), Device::Cpu) {
        return Ok(None);
    }
    let (storage, layout) = pictures.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(data)) = &*storage else { return Ok(None) };
    let (count, channels, height, width) = pictures.dims4()?;
    if plan.input() != (Shape { height, width, channels }) {
        return refuse(format!("pictures of {:?} for {:?}", pictures.dims(), plan.input()));
    }
    let &[next, channel, row, column] = layout.stride() else {
        return refuse(format!("pictures of layout {layout:?}"));
    };
    let start = layout.start_offset();
    let one = |index: usize| {
        let data = data.get(start + index * next..).unwrap_or_default();
        plan.run(&Picture { data, strides: [row, column, channel] })
    };
    // Several pictures share the threads better whole than in parts.
    let outputs = match count {
        1 => vec![one(0)?],
        _ => (0..count).into_par_iter().map(one).collect::<Result<_>>()?,
    };
    Ok(Some(outputs))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use candle_core::DType;

    use super::super::layers::{ActSpec, ConvSpec};
    use super::*;

    fn conv(depthwise: bool, act: Activation) -> Conv {
        let kernel = if depthwise { 3 } else { 1 };
        let spec = ConvSpec {
            name: "conv".into(),
            source: "conv".into(),
            depthwise,
            inputs: 3,
            outputs: 3,
            kernel,
            stride: 1,
            padding: Padding::Same,
            act: ActSpec::None,
        };
        let weight = Array::ones(&spec.shape()[..], DType::F32, &Device::Cpu).unwrap();
        Conv { bias: Array::ones(3, DType::F32, &Device::Cpu).unwrap(), weight, spec, act }
    }

    fn residual(convs: Vec<Conv>) -> Stage {
        Stage::Residual(Residual { convs, act: Activation::Relu, stride: 1, outputs: 3 })
    }

    /// What becomes of `stages` after a first convolution.
    fn compile(stages: Vec<Stage>) -> Result<Plan> {
        let (mut compiler, input) = Compiler::new(4).unwrap();
        let first = compiler.conv(input, &conv(false, Activation::None)).unwrap();
        let last = compiler.run(first, &stages)?;
        compiler.finish(&[last])
    }

    #[test]
    fn what_the_kernels_lack_is_refused() {
        let mixing = || conv(false, Activation::None);
        let depthwise = || conv(true, Activation::None);
        assert!(compile(vec![residual(vec![depthwise(), mixing()])]).is_ok());
        // Each of these would be computed wrongly if it were taken.
        for convs in [
            vec![depthwise()],
            vec![mixing(), depthwise()],
            vec![depthwise(), depthwise()],
            vec![conv(true, Activation::Relu), mixing()],
            vec![depthwise(), conv(false, Activation::Relu)],
        ] {
            assert!(compile(vec![residual(convs)]).is_err());
        }
        assert!(compile(vec![Stage::Conv(depthwise())]).is_err());
    }

    #[test]
    fn only_f32_pictures_in_the_processors_memory_are_taken() {
        let plan = compile(vec![]).unwrap();
        let pictures = Array::ones((2, 3, 4, 4), DType::F32, &Device::Cpu).unwrap();
        // 1 + 3 · 1 for each channel of each pixel.
        assert_eq!(run(&plan, &pictures).unwrap(), Some(vec![vec![vec![4.0; 48]]; 2]));
        assert_eq!(run(&plan, &pictures.to_dtype(DType::F64).unwrap()).unwrap(), None);
        // The first of these is followed by enough values to go unnoticed.
        let small = pictures.narrow(2, 0, 3).unwrap().contiguous().unwrap();
        assert!(run(&plan, &small.narrow(0, 0, 1).unwrap()).is_err());
    }
}
