//! MediaPipe's face mesh: 468 points with depth from a cropped, upright face.
//!
//! Kartynnik, Ablavatski, Grishchenko, Grundmann: "Real-time Facial Surface
//! Geometry from Monocular Video on Mobile GPUs", CVPR workshop 2019,
//! arXiv:1907.06724. Weights: `models.toml`.

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;

use super::{
    blocks::single,
    fork::{Fork, ForkNet},
    names::Names,
    store,
};
use crate::{
    Result,
    nn::layers::{ConvSpec, Padding, StageSpec},
};

/// Its name in `models.toml`.
pub const NAME: &str = "face-mesh";

/// Side of the input picture, in pixels.
pub const INPUT_SIZE: usize = 192;

/// Points of the mesh.
pub const POINTS: usize = 468;

/// The description.
fn spec() -> Fork<StageSpec> {
    /// Channels in and out, stride.
    const TRUNK: [(usize, usize, usize); 14] = [
        (16, 16, 1),
        (16, 16, 1),
        (16, 32, 2),
        (32, 32, 1),
        (32, 32, 1),
        (32, 64, 2),
        (64, 64, 1),
        (64, 64, 1),
        (64, 128, 2),
        (128, 128, 1),
        (128, 128, 1),
        (128, 128, 2),
        (128, 128, 1),
        (128, 128, 1),
    ];
    const MESH: [(usize, usize, usize); 3] = [(128, 128, 2), (128, 128, 1), (128, 128, 1)];
    const FLAG: [(usize, usize, usize); 1] = [(128, 128, 2)];

    let mut names = Names { conv: 1, depthwise: 1, prelu: Some(1) };
    let stem = names.conv("stem".into(), (3, 16), (3, 2));
    let mut trunk = vec![StageSpec::Conv(names.activated(stem))];
    for (index, block) in TRUNK.into_iter().enumerate() {
        trunk.push(single(&mut names, &format!("blocks.{index}"), block));
    }
    let mesh = branch(&mut names, "mesh", &MESH, POINTS * 3);
    // The source numbers leave a gap for a branch that this file lacks.
    names = Names { conv: 28, depthwise: 23, prelu: Some(26) };
    let flag = branch(&mut names, "flag", &FLAG, 1);
    Fork { trunk, branches: [mesh, flag] }
}

/// Blocks, a reduction to 32 channels, one more block, and a convolution over
/// the whole 3 × 3 map.
fn branch(
    names: &mut Names,
    prefix: &str,
    blocks: &[(usize, usize, usize)],
    outputs: usize,
) -> Vec<StageSpec> {
    let mut stages = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        stages.push(single(names, &format!("{prefix}.blocks.{index}"), *block));
    }
    let reduce = names.conv(format!("{prefix}.reduce"), (128, 32), (1, 1));
    stages.push(StageSpec::Conv(names.activated(reduce)));
    stages.push(single(names, &format!("{prefix}.last"), (32, 32, 1)));
    let out = names.conv(format!("{prefix}.out"), (32, outputs), (3, 3));
    stages.push(StageSpec::Conv(ConvSpec { padding: Padding::Valid, ..out }));
    stages
}

/// All layers of the network.
pub fn stages() -> Vec<StageSpec> {
    spec().stages()
}

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct FaceMesh(ForkNet);

impl FaceMesh {
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

    /// Points `(N, 1404)`, that is 468 × (x, y, z) in input pixels, and the
    /// logit `(N)` that there is a face, for `(N, 3, 192, 192)` in \[0, 1\].
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        let (mesh, flag) = self.0.forward(pictures)?;
        Ok((mesh, flag.flatten_all()?))
    }

    /// As [`Self::forward`], in candle's own operations only.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward_naive(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        let (mesh, flag) = self.0.forward_naive(pictures)?;
        Ok((mesh, flag.flatten_all()?))
    }
}
