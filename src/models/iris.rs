//! MediaPipe's iris network: the eye's contour and brow, and the iris, from a
//! crop around one eye.
//!
//! Ablavatski, Vakunov, Grishchenko, Raveendran, Zhdanovich: "Real-time Pupil
//! Tracking from Monocular Video for Digital Puppetry", CVPR workshop 2020,
//! arXiv:2006.11341. Weights: `models.toml`.

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;

use super::{
    blocks::bottleneck,
    fork::{Fork, ForkNet},
    names::Names,
    store,
};
use crate::{
    Result,
    nn::layers::{ConvSpec, Padding, StageSpec},
};

/// Its name in `models.toml`.
pub const NAME: &str = "iris";

/// Side of the input picture, in pixels.
pub const INPUT_SIZE: usize = 64;

/// Points of eye contour and brow.
pub const CONTOUR_POINTS: usize = 71;

/// Points of the iris: its centre and four of its edge.
pub const IRIS_POINTS: usize = 5;

/// The description.
fn spec() -> Fork<StageSpec> {
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
    Fork { trunk, branches: [contour, iris] }
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
    spec().stages()
}

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct IrisNet(ForkNet);

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
        Ok(Self(ForkNet::new(INPUT_SIZE, spec(), weights)?))
    }

    /// Contour and brow `(N, 213)`, that is 71 × (x, y, z), and iris
    /// `(N, 15)`, 5 × (x, y, z), in input pixels, for `(N, 3, 64, 64)` in
    /// \[0, 1\] showing an eye
    /// with its outer corner on the left; the other one is given mirrored.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        self.0.forward(pictures)
    }

    /// As [`Self::forward`], in candle's own operations only.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward_naive(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        self.0.forward_naive(pictures)
    }
}
