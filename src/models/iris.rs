//! MediaPipe's iris network: the eye's contour and brow, and the iris, from a
//! crop around one eye.
//!
//! Ablavatski, Vakunov, Grishchenko, Raveendran, Zhdanovich: "Real-time Pupil
//! Tracking from Monocular Video for Digital Puppetry", CVPR workshop 2020,
//! arXiv:2006.11341. Weights: `models.toml`.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;

use super::{blocks::bottleneck, names::Names, store};
use crate::{
    Result,
    nn::{
        compile::{self, Compiler},
        kernels::Plan,
        layers::{ConvSpec, Padding, Stage, StageSpec},
    },
};

/// Its name in `models.toml`.
pub const NAME: &str = "iris";

/// Side of the input picture, in pixels.
pub const INPUT_SIZE: usize = 64;

/// Points of eye contour and brow.
pub const CONTOUR_POINTS: usize = 71;

/// Points of the iris: its centre and four of its edge.
pub const IRIS_POINTS: usize = 5;

/// The whole network: a description with `S` = [`StageSpec`], with weights
/// with `S` = [`Stage`].
#[derive(Clone, Debug)]
pub struct Net<S> {
    /// First to last; both branches start at its end.
    pub trunk: Vec<S>,
    /// To contour and brow.
    pub contour: Vec<S>,
    /// To the iris.
    pub iris: Vec<S>,
}

/// The description.
pub fn spec() -> Net<StageSpec> {
    /// Channels in, between and out, stride.
    const TRUNK: [(usize, usize, usize, usize); 10] = [
        (64, 32, 64, 1),
        (64, 32, 64, 1),
        (64, 32, 64, 1),
        (64, 32, 64, 1),
        (64, 64, 128, 2),
        (128, 64, 128, 1),
        (128, 64, 128, 1),
        (128, 64, 128, 1),
        (128, 64, 128, 1),
        (128, 64, 128, 2),
    ];
    let mut names = Names { conv: 0, depthwise: 0, prelu: Some(0) };
    let stem = names.conv("stem".into(), (3, 64), (3, 2));
    let mut trunk = vec![StageSpec::Conv(names.activated(stem))];
    for (index, block) in TRUNK.into_iter().enumerate() {
        trunk.push(bottleneck(&mut names, &format!("blocks.{index}"), block));
    }
    let contour = branch(&mut names, "contour", "conv_eyes_contours_and_brows", CONTOUR_POINTS * 3);
    let iris = branch(&mut names, "iris", "conv_iris", IRIS_POINTS * 3);
    Net { trunk, contour, iris }
}

/// Blocks down to a 2 × 2 map, and a convolution over all of it.
fn branch(names: &mut Names, prefix: &str, source: &str, outputs: usize) -> Vec<StageSpec> {
    const STRIDES: [usize; 8] = [1, 1, 2, 1, 1, 2, 1, 1];
    let mut stages = Vec::new();
    for (index, stride) in STRIDES.into_iter().enumerate() {
        let shape = (128, 64, 128, stride);
        stages.push(bottleneck(names, &format!("{prefix}.blocks.{index}"), shape));
    }
    // This one carries a name of its own in the source, so no number is used up.
    let out = names.clone().conv(format!("{prefix}.out"), (128, outputs), (2, 1));
    stages.push(StageSpec::Conv(ConvSpec {
        source: source.to_owned(),
        padding: Padding::Valid,
        ..out
    }));
    stages
}

/// All layers of the network.
pub fn stages() -> Vec<StageSpec> {
    let Net { trunk, contour, iris } = spec();
    [trunk, contour, iris].concat()
}

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct IrisNet {
    net: Net<Stage>,
    /// The fast way, on a CPU.
    plan: Option<Arc<Plan>>,
}

impl IrisNet {
    /// Read the installed weights.
    ///
    /// # Errors
    /// [`crate::Error::Model`] when they are missing or damaged.
    pub fn load(device: &Device) -> Result<Self> {
        Self::new(&store::load(NAME, device)?)
    }

    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(weights: &VarBuilder<'_>) -> Result<Self> {
        let load = |specs: Vec<StageSpec>| -> Result<Vec<Stage>> {
            specs.iter().map(|stage| stage.load(weights)).collect()
        };
        let Net { trunk, contour, iris } = spec();
        let net = Net { trunk: load(trunk)?, contour: load(contour)?, iris: load(iris)? };
        let plan = match weights.device() {
            Device::Cpu => Some(Arc::new(plan(&net)?)),
            _ => None,
        };
        Ok(Self { net, plan })
    }

    /// The layers.
    pub fn net(&self) -> &Net<Stage> {
        &self.net
    }

    /// Contour and brow `(N, 213)`, that is 71 × (x, y, z), and iris
    /// `(N, 15)`, 5 × (x, y, z), in input pixels, for `(N, 3, 64, 64)` in
    /// \[0, 1\] showing an eye
    /// with its outer corner on the left; the other one is given mirrored.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        super::check_input(pictures, INPUT_SIZE)?;
        let Some(plan) = &self.plan else { return self.forward_naive(pictures) };
        let Some(outputs) = compile::run(plan, pictures)? else {
            return self.forward_naive(pictures);
        };
        let count = outputs.len();
        let gather = |which: usize| outputs.iter().flat_map(move |o| o[which].iter().copied());
        let contour = Tensor::from_iter(gather(0), &Device::Cpu)?.reshape((count, ()))?;
        let iris = Tensor::from_iter(gather(1), &Device::Cpu)?.reshape((count, ()))?;
        Ok((contour, iris))
    }

    /// As [`Self::forward`], in candle's own operations only: the reference
    /// that faster ways are accepted against.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward_naive(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        super::check_input(pictures, INPUT_SIZE)?;
        let trunk = super::run(&self.net.trunk, pictures)?;
        let contour = super::run(&self.net.contour, &trunk)?.flatten_from(1)?;
        let iris = super::run(&self.net.iris, &trunk)?.flatten_from(1)?;
        Ok((contour, iris))
    }
}

/// The network on the CPU's kernels, with one output a branch.
fn plan(net: &Net<Stage>) -> Result<Plan> {
    let (mut compiler, input) = Compiler::new(INPUT_SIZE)?;
    let trunk = compiler.run(input, &net.trunk)?;
    let contour = compiler.run(trunk, &net.contour)?;
    let iris = compiler.run(trunk, &net.iris)?;
    compiler.finish(&[contour, iris])
}
