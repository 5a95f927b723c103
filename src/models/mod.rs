//! One network a file, and where their weights come from.
//!
//! `models.toml` ([`manifest`]) says what there is; [`install`] fetches a
//! package or takes a file, [`convert`] turns it into safetensors once, and
//! [`store`] keeps the result and reads it back. At no other time is the
//! network used.

pub mod aasist;
pub mod architecture;
pub mod blazeface;
mod blocks;
pub mod clip;
pub mod compact;
pub mod convert;
pub mod detector;
pub mod efficientnet;
pub mod f3net;
pub mod face_mesh;
pub mod fetch;
mod fork;
pub mod grad_cam;
pub mod import;
pub mod install;
pub mod iris;
pub mod learner;
pub mod manifest;
pub mod meso;
mod names;
pub mod network;
pub mod resnet;
pub mod rich;
pub mod selfie;
pub mod silero;
pub mod spsl;
pub mod srm;
pub mod store;
pub mod tae;
pub mod voice_encoder;
pub mod xception;

pub use aasist::Aasist;
pub use blazeface::{BlazeFace, Range};
pub use face_mesh::FaceMesh;
pub use iris::IrisNet;
pub use selfie::Selfie;
pub use silero::SileroVad;
pub use store::load;
pub use voice_encoder::VoiceEncoder;

use candle_core::Tensor;

use crate::{
    Error, Result,
    nn::layers::{Stage, StageSpec},
};

/// All layers of the model called `name`, from which follow the tensors its
/// weights hold; `None` when this program has no such network.
pub fn stages(name: &str) -> Option<Vec<StageSpec>> {
    match name {
        "blazeface-short" => Some(blazeface::stages(Range::Short)),
        "blazeface-full" => Some(blazeface::stages(Range::Full)),
        face_mesh::NAME => Some(face_mesh::stages()),
        iris::NAME => Some(iris::stages()),
        selfie::NAME => Some(selfie::stages()),
        _ => None,
    }
}

/// Every tensor with its shape of the model called `name`, where the source's
/// names and values are kept (safetensors, ONNX); `None` for the others.
pub fn tensors(name: &str) -> Option<&'static [(&'static str, &'static [usize])]> {
    (name == silero::NAME).then_some(&silero::TENSORS)
}

/// Every tensor with its shape of the model called `name`, where the source is
/// a PyTorch checkpoint; `None` for the others.
pub fn checkpoint(name: &str) -> Option<Vec<(String, Vec<usize>)>> {
    if name == voice_encoder::NAME { Some(voice_encoder::tensors()) } else { aasist::tensors(name) }
}

/// Apply `stages` to `(N, C, H, W)`, first to last.
fn run(stages: &[Stage], x: &Tensor) -> Result<Tensor> {
    stages.iter().try_fold(x.clone(), |x, stage| stage.forward(&x))
}

/// Refuse anything but `(N, 3, size, size)` with N ≥ 1.
fn check_input(pictures: &Tensor, size: usize) -> Result<()> {
    match pictures.dims() {
        &[count, 3, height, width] if count > 0 && height == size && width == size => Ok(()),
        other => Err(Error::compute(
            "network input",
            format!("expected (N, 3, {size}, {size}), found {other:?}"),
        )),
    }
}
