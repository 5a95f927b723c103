//! BlazeFace, the face detector of MediaPipe: short range (faces up to about
//! two metres away) and full range (small and distant ones, with a feature
//! pyramid).
//!
//! Bazarevsky, Kartynnik, Vakunov, Raveendran, Grundmann: "BlazeFace:
//! Sub-millisecond Neural Face Detection on Mobile GPUs", CVPR workshop 2019,
//! arXiv:1907.05047. Weights: `models.toml`.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;

use super::{
    blocks::{double, single},
    names::Names,
    store,
};
use crate::{
    Error, Result,
    nn::{
        compile::{self, Compiler},
        kernels::Plan,
        layers::{Conv, ConvSpec, Stage, StageSpec},
    },
};

/// Which of the two detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// 128 × 128 in, 896 anchors.
    Short,
    /// 192 × 192 in, 2304 anchors.
    Full,
}

impl Range {
    /// Its name in `models.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "blazeface-short",
            Self::Full => "blazeface-full",
        }
    }

    /// Side of the input picture, in pixels.
    pub fn input_size(self) -> usize {
        match self {
            Self::Short => 128,
            Self::Full => 192,
        }
    }
}

/// Numbers a face takes: box centre and size, then six key points, x and y each.
pub const VALUES: usize = 16;

/// One level of the feature pyramid: `act(top(x))` doubled in size, plus
/// `act(lateral(tap))`, then blocks.
#[derive(Clone, Debug)]
pub struct Level<C, S> {
    /// From the level above, which is coarser.
    pub top: C,
    /// From the trunk.
    pub lateral: C,
    /// What follows the sum.
    pub blocks: Vec<S>,
}

/// Scores and boxes from one feature map.
#[derive(Clone, Debug)]
pub struct Head<C> {
    /// One logit an anchor.
    pub classifier: C,
    /// [`VALUES`] numbers an anchor.
    pub regressor: C,
}

/// The whole network: as a description with `C` = [`ConvSpec`] and `S` =
/// [`StageSpec`], with weights with `C` = [`Conv`] and `S` = [`Stage`].
#[derive(Clone, Debug)]
pub struct Net<C, S> {
    /// First to last.
    pub trunk: Vec<S>,
    /// Indices into `trunk` whose outputs are used later, ascending. Short
    /// range: one for each head. Full range: one for each lateral, and the last.
    pub taps: Vec<usize>,
    /// Coarse to fine; empty in the short range.
    pub pyramid: Vec<Level<C, S>>,
    /// Fine to coarse; in the full range one, on the pyramid's last level.
    pub heads: Vec<Head<C>>,
}

/// The description of the detector for `range`.
pub fn spec(range: Range) -> Net<ConvSpec, StageSpec> {
    match range {
        Range::Short => short(),
        Range::Full => full(),
    }
}

/// All layers of the detector for `range`.
pub fn stages(range: Range) -> Vec<StageSpec> {
    let Net { trunk, pyramid, heads, .. } = spec(range);
    let mut all = trunk;
    for Level { top, lateral, blocks } in pyramid {
        all.extend([top, lateral].map(StageSpec::Conv));
        all.extend(blocks);
    }
    for Head { classifier, regressor } in heads {
        all.extend([classifier, regressor].map(StageSpec::Conv));
    }
    all
}

fn short() -> Net<ConvSpec, StageSpec> {
    /// Channels in and out, stride.
    const BLOCKS: [(usize, usize, usize); 16] = [
        (24, 24, 1),
        (24, 28, 1),
        (28, 32, 2),
        (32, 36, 1),
        (36, 42, 1),
        (42, 48, 2),
        (48, 56, 1),
        (56, 64, 1),
        (64, 72, 1),
        (72, 80, 1),
        (80, 88, 1),
        (88, 96, 2),
        (96, 96, 1),
        (96, 96, 1),
        (96, 96, 1),
        (96, 96, 1),
    ];
    let mut names = Names { conv: 0, depthwise: 0, prelu: None };
    let stem = names.conv("stem".into(), (3, 24), (5, 2));
    let mut trunk = vec![StageSpec::Conv(names.activated(stem))];
    for (index, block) in BLOCKS.into_iter().enumerate() {
        trunk.push(single(&mut names, &format!("blocks.{index}"), block));
    }
    // 2 anchors a cell of the 16 × 16 map, 6 of the 8 × 8 map.
    let heads = [(88, 2, 8), (96, 6, 16)].into_iter().enumerate().map(|(index, head)| {
        let (channels, anchors, stride) = head;
        let named = |kind: &str, source: &str, outputs| ConvSpec {
            source: format!("{source}_{stride}"),
            ..names.clone().conv(format!("heads.{index}.{kind}"), (channels, outputs), (1, 1))
        };
        Head {
            classifier: named("classifier", "classificator", anchors),
            regressor: named("regressor", "regressor", anchors * VALUES),
        }
    });
    let heads = heads.collect();
    Net { trunk, taps: vec![11, 16], pyramid: Vec::new(), heads }
}

fn full() -> Net<ConvSpec, StageSpec> {
    /// Channels in, between and out, stride.
    const BLOCKS: [(usize, usize, usize, usize); 15] = [
        (32, 8, 32, 1),
        (32, 8, 32, 1),
        (32, 12, 48, 2),
        (48, 12, 48, 1),
        (48, 16, 64, 1),
        (64, 24, 96, 2),
        (96, 32, 128, 1),
        (128, 32, 128, 1),
        (128, 36, 144, 2),
        (144, 48, 192, 1),
        (192, 64, 256, 1),
        (256, 96, 384, 2),
        (384, 96, 384, 1),
        (384, 96, 384, 1),
        (384, 96, 384, 1),
    ];
    /// Channels from above, from the trunk, and out; blocks.
    const LEVELS: [(usize, usize, usize, usize); 3] =
        [(384, 256, 96, 2), (96, 128, 64, 2), (64, 64, 48, 1)];
    let mut names = Names { conv: 0, depthwise: 0, prelu: None };
    let stem = names.conv("stem".into(), (3, 32), (3, 2));
    let mut trunk = vec![StageSpec::Conv(names.activated(stem))];
    for (index, block) in BLOCKS.into_iter().enumerate() {
        trunk.push(double(&mut names, &format!("blocks.{index}"), block));
    }
    let mut pyramid = Vec::new();
    for (index, (above, aside, outputs, blocks)) in LEVELS.into_iter().enumerate() {
        let prefix = format!("pyramid.{index}");
        let top = names.conv(format!("{prefix}.top"), (above, outputs), (1, 1));
        let top = names.activated(top);
        let lateral = names.conv(format!("{prefix}.lateral"), (aside, outputs), (1, 1));
        let lateral = names.activated(lateral);
        let shape = (outputs, outputs / 2, outputs, 1);
        let blocks = (0..blocks)
            .map(|block| double(&mut names, &format!("{prefix}.blocks.{block}"), shape))
            .collect();
        pyramid.push(Level { top, lateral, blocks });
    }
    let mut named = |kind: &str, outputs| ConvSpec {
        source: format!("{kind}_face_4"),
        ..names.conv(format!("heads.0.{kind}"), (48, outputs), (1, 1))
    };
    let heads =
        vec![Head { classifier: named("classifier", 1), regressor: named("regressor", VALUES) }];
    Net { trunk, taps: vec![5, 8, 11, 15], pyramid, heads }
}

/// The detector with its weights.
#[derive(Clone, Debug)]
pub struct BlazeFace {
    range: Range,
    net: Net<Conv, Stage>,
    /// The fast way, on a CPU.
    plan: Option<Arc<Plan>>,
}

impl BlazeFace {
    /// Read the installed weights.
    ///
    /// # Errors
    /// [`Error::Model`] when they are missing or damaged.
    pub fn load(range: Range, device: &Device) -> Result<Self> {
        Self::new(range, &store::load(range.name(), device)?)
    }

    /// From given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(range: Range, weights: &VarBuilder<'_>) -> Result<Self> {
        let spec = spec(range);
        let stages = |specs: &[StageSpec]| -> Result<Vec<Stage>> {
            specs.iter().map(|stage| stage.load(weights)).collect()
        };
        let mut pyramid = Vec::new();
        for level in &spec.pyramid {
            pyramid.push(Level {
                top: level.top.load(weights)?,
                lateral: level.lateral.load(weights)?,
                blocks: stages(&level.blocks)?,
            });
        }
        let mut heads = Vec::new();
        for head in &spec.heads {
            heads.push(Head {
                classifier: head.classifier.load(weights)?,
                regressor: head.regressor.load(weights)?,
            });
        }
        let net = Net { trunk: stages(&spec.trunk)?, taps: spec.taps, pyramid, heads };
        let plan = match weights.device() {
            Device::Cpu => Some(Arc::new(plan(&net, range.input_size())?)),
            _ => None,
        };
        Ok(Self { range, net, plan })
    }

    /// Which of the two detectors this is.
    pub fn range(&self) -> Range {
        self.range
    }

    /// Side of the input picture, in pixels.
    pub fn input_size(&self) -> usize {
        self.range.input_size()
    }

    /// The layers.
    pub fn net(&self) -> &Net<Conv, Stage> {
        &self.net
    }

    /// Raw boxes `(N, A, 16)`, in input pixels relative to the anchor, and raw
    /// logits `(N, A)`, for `(N, 3, S, S)` in \[−1, 1\]. A is 896 or 2304.
    ///
    /// # Errors
    /// [`Error::Compute`] when the input has another shape.
    pub fn forward(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        super::check_input(pictures, self.input_size())?;
        let Some(plan) = &self.plan else { return self.forward_naive(pictures) };
        let Some(outputs) = compile::run(plan, pictures)? else {
            return self.forward_naive(pictures);
        };
        let count = outputs.len();
        let (mut boxes, mut logits) = (Vec::new(), Vec::new());
        for head in outputs.iter().flat_map(|picture| picture.chunks_exact(2)) {
            boxes.extend_from_slice(&head[0]);
            logits.extend_from_slice(&head[1]);
        }
        let anchors = logits.len() / count;
        let boxes = Tensor::from_vec(boxes, (count, anchors, VALUES), &Device::Cpu)?;
        Ok((boxes, Tensor::from_vec(logits, (count, anchors), &Device::Cpu)?))
    }

    /// As [`Self::forward`], in candle's own operations only: the reference
    /// that faster ways are accepted against.
    ///
    /// # Errors
    /// [`Error::Compute`] when the input has another shape.
    pub fn forward_naive(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        super::check_input(pictures, self.input_size())?;
        let mut taps = Vec::new();
        let mut x = pictures.clone();
        for (index, stage) in self.net.trunk.iter().enumerate() {
            x = stage.forward(&x)?;
            if self.net.taps.contains(&index) {
                taps.push(x.clone());
            }
        }
        if !self.net.pyramid.is_empty() {
            // The last tap is the trunk's end, x itself; the finer ones join from the side.
            taps.pop();
            for level in &self.net.pyramid {
                let aside = taps.pop().ok_or_else(|| too_few("laterals"))?;
                let aside = level.lateral.forward(&aside)?;
                let (_, _, height, width) = aside.dims4()?;
                // TFLite's half-pixel centres are candle's `align_corners = false`.
                let above = level.top.forward(&x)?.upsample_bilinear2d(height, width, false)?;
                x = (aside + above)?;
                for block in &level.blocks {
                    x = block.forward(&x)?;
                }
            }
            taps = vec![x];
        }
        if taps.len() != self.net.heads.len() {
            return Err(too_few("heads"));
        }
        let mut boxes = Vec::new();
        let mut logits = Vec::new();
        for (head, features) in self.net.heads.iter().zip(&taps) {
            boxes.push(anchors_last(&head.regressor.forward(features)?, VALUES)?);
            logits.push(anchors_last(&head.classifier.forward(features)?, 1)?);
        }
        Ok((Tensor::cat(&boxes, 1)?, Tensor::cat(&logits, 1)?.squeeze(2)?))
    }
}

/// The network on the CPU's kernels; its outputs are each head's boxes and logits.
fn plan(net: &Net<Conv, Stage>, size: usize) -> Result<Plan> {
    let (mut compiler, input) = Compiler::new(size)?;
    let trunk = compiler.stages(input, &net.trunk)?;
    let mut taps: Vec<_> = net.taps.iter().filter_map(|&tap| trunk.get(tap).copied()).collect();
    if !net.pyramid.is_empty() {
        let mut at = taps.pop().ok_or_else(|| too_few("laterals"))?;
        for level in &net.pyramid {
            let aside = taps.pop().ok_or_else(|| too_few("laterals"))?;
            let above = compiler.conv(at, &level.top)?;
            at = compiler.join(aside, &level.lateral, above)?;
            at = compiler.run(at, &level.blocks)?;
        }
        taps = vec![at];
    }
    if taps.len() != net.heads.len() {
        return Err(too_few("heads"));
    }
    let mut outputs = Vec::new();
    for (head, &features) in net.heads.iter().zip(&taps) {
        outputs.push(compiler.conv(features, &head.regressor)?);
        outputs.push(compiler.conv(features, &head.classifier)?);
    }
    compiler.finish(&outputs)
}

/// `(N, A·V, H, W)` → `(N, H·W·A, V)`: the source reshapes in N H W C order.
fn anchors_last(map: &Tensor, values: usize) -> Result<Tensor> {
    let count = map.dim(0)?;
    Ok(map.permute((0, 2, 3, 1))?.contiguous()?.reshape((count, (), values))?)
}

fn too_few(what: &str) -> Error {
    Error::compute("BlazeFace", format!("the network's taps do not match its {what}"))
}
