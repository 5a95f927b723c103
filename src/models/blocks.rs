//! The three residual blocks of the face networks.

use super::names::Names;
use crate::nn::layers::{ResidualSpec, StageSpec};

/// Channels in and out, and the stride: `depthwise → pointwise`, plus the
/// shortcut. BlazeFace's "single" block (Bazarevsky et al. 2019, section 3.2).
pub(super) fn single(
    names: &mut Names,
    prefix: &str,
    (inputs, outputs, stride): (usize, usize, usize),
) -> StageSpec {
    let convs = vec![
        names.depthwise(format!("{prefix}.depthwise"), inputs, stride),
        names.conv(format!("{prefix}.pointwise"), (inputs, outputs), (1, 1)),
    ];
    StageSpec::Residual(ResidualSpec { convs, act: names.act(format!("{prefix}.act")) })
}

/// Channels in, between and out, and the stride: `depthwise → reduce → act →
/// depthwise → expand`, plus the shortcut. BlazeFace's "double" block (as above).
pub(super) fn double(
    names: &mut Names,
    prefix: &str,
    (inputs, between, outputs, stride): (usize, usize, usize, usize),
) -> StageSpec {
    let first = names.depthwise(format!("{prefix}.depthwise1"), inputs, stride);
    let reduce = names.conv(format!("{prefix}.reduce"), (inputs, between), (1, 1));
    let reduce = names.activated(reduce);
    let second = names.depthwise(format!("{prefix}.depthwise2"), between, 1);
    let expand = names.conv(format!("{prefix}.expand"), (between, outputs), (1, 1));
    let convs = vec![first, reduce, second, expand];
    StageSpec::Residual(ResidualSpec { convs, act: names.act(format!("{prefix}.act")) })
}

/// Channels in, between and out, and the stride: `reduce → act → depthwise →
/// expand`, plus the shortcut; where it halves the picture, the reduction is a
/// 2 × 2 convolution with stride 2.
pub(super) fn bottleneck(
    names: &mut Names,
    prefix: &str,
    (inputs, between, outputs, stride): (usize, usize, usize, usize),
) -> StageSpec {
    let reduce = names.conv(format!("{prefix}.reduce"), (inputs, between), (stride, stride));
    let reduce = names.activated(reduce);
    let depthwise = names.depthwise(format!("{prefix}.depthwise"), between, 1);
    let expand = names.conv(format!("{prefix}.expand"), (between, outputs), (1, 1));
    let convs = vec![reduce, depthwise, expand];
    StageSpec::Residual(ResidualSpec { convs, act: names.act(format!("{prefix}.act")) })
}
