//! The architectures a checkpoint can be imported as, with what their authors
//! feed them: the defaults of an imported detector's card.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::{Init, VarBuilder, var_builder::SimpleBackend};
use serde::{Deserialize, Serialize};

use super::compact::Front;
use super::network::Network;
use super::resnet::{Design, ResNet};
use super::{clip, compact, efficientnet, f3net, meso, rich, spsl, srm, xception};
use crate::{Error, Result};

/// Which way a network's answer points; what a user sees always points to
/// manipulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Polarity {
    /// More means manipulated or synthetic.
    #[serde(rename = "higher = manipulated")]
    Manipulated,
    /// More means genuine.
    #[serde(rename = "higher = genuine")]
    Genuine,
}

/// What part of a picture a network looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// A square around each face.
    Face,
    /// A square of the input's size from the middle of the picture, unscaled.
    Picture,
    /// Such squares all over the picture.
    Pieces,
}

/// What a network is fed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// Side of the square input, in pixels.
    pub side: usize,
    /// Taken off each channel (R, G, B, 0–1).
    pub mean: [f32; 3],
    /// Each channel is then divided by it.
    pub std: [f32; 3],
    /// What it looks at.
    pub region: Region,
    /// Side of the square in sides of the smallest square around the face.
    pub margin: f32,
    /// Whether the square is turned so that the eyes are level.
    pub align: bool,
    /// Which way its answer points.
    pub polarity: Polarity,
}

/// An architecture.
#[derive(Clone, Debug)]
pub struct Architecture {
    /// Name for `--arch`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// What its authors feed it.
    pub feed: Feed,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Meso { inception: bool },
    Xception(xception::Dialect),
    F3Net,
    Spsl,
    Srm,
    ResNet(Design),
    EfficientNet(usize, efficientnet::Dialect),
    Clip(clip::Design),
    Compact(compact::Design),
    Rich,
}

/// Mean and deviation of ImageNet's pictures, as torchvision has them.
const IMAGENET: ([f32; 3], [f32; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
/// From 0–1 to −1–1, as DeepfakeBench and the Xception of FaceForensics++ have it.
const HALF: ([f32; 3], [f32; 3]) = ([0.5; 3], [0.5; 3]);
/// Mean and deviation of the pictures that CLIP was trained on.
const CLIP: ([f32; 3], [f32; 3]) =
    ([0.481_454_66, 0.457_827_5, 0.408_210_73], [0.268_629_54, 0.261_302_6, 0.275_777_1]);
/// 0–1 as it is.
const PLAIN: ([f32; 3], [f32; 3]) = ([0.0; 3], [1.0; 3]);

fn face(side: usize, (mean, std): ([f32; 3], [f32; 3]), margin: f32, align: bool) -> Feed {
    let (region, polarity) = (Region::Face, Polarity::Manipulated);
    Feed { side, mean, std, region, margin, align, polarity }
}

fn picture(side: usize) -> Feed {
    Feed { region: Region::Picture, ..face(side, IMAGENET, 1.0, false) }
}

/// Every architecture.
///
/// The margins are those of the authors' own crops (FaceForensics++ and
/// DeepfakeBench 1.3; SBI an eighth of the box on each side), around *their*
/// detectors' boxes; ours is around the mesh, which is a little smaller.
/// MesoNet's authors do not say; 1.3 is taken for it.
pub fn architectures() -> Vec<Architecture> {
    let mut all = Vec::new();
    let mut add = |name, about, feed, kind| all.push(Architecture { name, about, feed, kind });
    let genuine = |feed| Feed { polarity: Polarity::Genuine, ..feed };
    let small = genuine(face(meso::SIDE, PLAIN, 1.3, true));
    let inception = |inception| Kind::Meso { inception };
    add("meso4", "Meso-4 (Keras weights of its authors)", small.clone(), inception(false));
    add(
        "meso-inception4",
        "MesoInception-4 (Keras weights of its authors)",
        small,
        inception(true),
    );
    let bench = face(256, HALF, 1.3, true);
    let kind = Kind::Xception(xception::Dialect::DeepfakeBench);
    add("xception", "Xception, DeepfakeBench's names", bench.clone(), kind);
    let streams = [
        ("f3net", "F3-Net: Xception on bands of the cosine transform", Kind::F3Net),
        ("spsl", "SPSL: Xception on the picture and its phase", Kind::Spsl),
        ("srm", "two Xceptions on the picture and its high-pass residuals", Kind::Srm),
    ];
    for (name, about, kind) in streams {
        add(name, about, bench.clone(), kind);
    }
    let kind = Kind::Xception(xception::Dialect::Timm);
    add("xception-timm", "Xception, timm's legacy names", face(299, HALF, 1.3, false), kind);
    let residual = [
        ("resnet18", "ResNet-18, 2 outputs", 18),
        ("resnet34", "ResNet-34, 2 outputs", 34),
        ("resnet50", "ResNet-50, 2 outputs", 50),
        ("resnet101", "ResNet-101, 2 outputs", 101),
    ];
    for (name, about, depth) in residual {
        if let Some(design) = Design::of_depth(depth, 2) {
            add(name, about, face(224, IMAGENET, 1.3, false), Kind::ResNet(design));
        }
    }
    if let Some(design) = Design::of_depth(50, 1) {
        let about = "CNNDetection: ResNet-50, 1 output, whole pictures";
        add("cnndetection", about, picture(224), Kind::ResNet(design));
    }
    let about = "NPR: two stages of ResNet-50 on up-sampling traces, whole pictures";
    add("npr", about, picture(256), Kind::ResNet(Design::NPR));
    let members = [
        ("efficientnet-b0", "EfficientNet-B0, 2 outputs"),
        ("efficientnet-b1", "EfficientNet-B1, 2 outputs"),
        ("efficientnet-b2", "EfficientNet-B2, 2 outputs"),
        ("efficientnet-b3", "EfficientNet-B3, 2 outputs"),
        ("efficientnet-b4", "EfficientNet-B4, 2 outputs"),
        ("efficientnet-b5", "EfficientNet-B5, 2 outputs"),
        ("efficientnet-b6", "EfficientNet-B6, 2 outputs"),
        ("efficientnet-b7", "EfficientNet-B7, 2 outputs"),
    ];
    for (b, (name, about)) in members.into_iter().enumerate() {
        let feed = face(efficientnet::side(b), IMAGENET, 1.3, false);
        add(name, about, feed, Kind::EfficientNet(b, efficientnet::Dialect::Plain));
    }
    let kind = Kind::EfficientNet(4, efficientnet::Dialect::Plain);
    let about = "EfficientNet-B4 trained on self-blended images";
    add("sbi", about, face(efficientnet::side(4), PLAIN, 1.25, false), kind);
    let kind = Kind::EfficientNet(4, efficientnet::Dialect::DeepfakeBench);
    add("efficientnet-b4-deepfakebench", "EfficientNet-B4, DeepfakeBench's names", bench, kind);
    let feed = Feed { mean: CLIP.0, std: CLIP.1, ..picture(clip::SIDE) };
    let about = "CLIP ViT-B/16 with a linear layer, 1 output, whole pictures";
    add("clip-vit-b16", about, feed.clone(), Kind::Clip(clip::Design::B16));
    let about = "CLIP ViT-L/14 with a linear layer (UniversalFakeDetect), 1 output, whole pictures";
    add("clip-vit-l14", about, feed, Kind::Clip(clip::Design::L14));
    let fronts = [
        ("compact-plain", "small network of our own on the picture, 1 output", Front::Plain),
        ("compact-residual", "the same on fixed high-pass residuals", Front::Residual),
        ("compact-both", "the same on both", Front::Both),
    ];
    for (name, about, front) in fronts {
        let kind = Kind::Compact(compact::Design::of(front));
        add(name, about, face(116, PLAIN, 1.4, true), kind);
    }
    let about = "counts of residuals of neighbouring pixels and a line through them, 1 output";
    add("rich", about, face(116, PLAIN, 1.4, true), Kind::Rich);
    all
}

/// The architecture called `name`.
///
/// # Errors
/// [`Error::Usage`] when there is none; it lists those there are.
pub fn architecture(name: &str) -> Result<Architecture> {
    let all = architectures();
    let names: Vec<_> = all.iter().map(|known| known.name).collect();
    let known = names.join(", ");
    all.into_iter().find(|known| known.name == name).ok_or_else(|| {
        Error::Usage(format!("no architecture is called `{name}`; there are {known}"))
    })
}

impl Architecture {
    /// The network with given weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn build(&self, weights: &VarBuilder<'_>) -> Result<Box<dyn Network>> {
        Ok(match self.kind {
            Kind::Meso { inception } => Box::new(meso::Meso::new(weights, inception)?),
            Kind::Xception(dialect) => Box::new(xception::Xception::new(weights, dialect, (3, 2))?),
            Kind::F3Net => Box::new(f3net::F3Net::new(weights, 2)?),
            Kind::Spsl => Box::new(spsl::Spsl::new(weights, 2)?),
            Kind::Srm => Box::new(srm::Srm::new(weights, 2)?),
            Kind::ResNet(design) => Box::new(ResNet::new(weights, design)?),
            Kind::Clip(design) => Box::new(clip::Clip::new(weights, design, 1)?),
            Kind::Rich => Box::new(rich::Rich::new(weights)?),
            Kind::Compact(design) => Box::new(compact::Compact::new(weights, design)?),
            Kind::EfficientNet(b, dialect) => {
                Box::new(efficientnet::EfficientNet::new(weights, b, dialect, 2)?)
            }
        })
    }

    /// Whether a checkpoint may hold `name` besides what is needed: PyTorch's
    /// count of training steps, and the rest of CLIP, which reads text.
    pub fn passes_over(&self, name: &str) -> bool {
        let text = matches!(self.kind, Kind::Clip(_))
            && name.starts_with("model.")
            && !name.starts_with("model.visual.");
        text || name.ends_with("num_batches_tracked")
    }

    /// Name and shape of every tensor it needs, told by building it once.
    ///
    /// # Errors
    /// [`Error::Compute`].
    pub fn tensors(&self) -> Result<BTreeMap<String, Vec<usize>>> {
        let seen = Seen::default();
        let listener = Box::new(Listener(Arc::clone(&seen)));
        self.build(&VarBuilder::from_backend(listener, DType::F32, Device::Cpu))?;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *seen))
    }
}

type Seen = Arc<Mutex<BTreeMap<String, Vec<usize>>>>;

/// Gives zeros for every tensor asked for, and remembers which.
struct Listener(Seen);

impl SimpleBackend for Listener {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        kind: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(name.to_owned(), shape.dims().to_vec());
        // One zero shown everywhere: no memory for what is thrown away.
        Tensor::zeros((), kind, device)?.broadcast_as(shape)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        candle_core::bail!("{name} is asked for without a shape")
    }

    fn contains_tensor(&self, _: &str) -> bool {
        true
    }
}

#[cfg(test)]
mod made_up;
#[cfg(test)]
mod tests;
