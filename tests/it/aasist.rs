//! AASIST against the outputs of the authors' program in PyTorch for the same
//! samples (`golden/aasist_*.npy`), both ways through the encoder.

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use waarmerk::models::{Aasist, aasist::Variant, convert, manifest};

#[test]
fn aasist_agrees_with_pytorch() {
    let Some(shared) = env::var_os("WAARMERK_SHARED").map(PathBuf::from) else {
        crate::skip::tell("aasist_agrees_with_pytorch", "WAARMERK_SHARED is not set");
        return;
    };
    let read = |name: &str| -> Vec<f32> {
        let array = Tensor::read_npy(shared.join("golden").join(name)).unwrap();
        array.flatten_all().unwrap().to_vec1().unwrap()
    };
    let input = read("aasist_input.npy");
    for (variant, file, golden) in [
        (Variant::Full, "AASIST.pth", Some("AASIST_logits.npy")),
        (Variant::Light, "AASIST-L.pth", Some("AASIST-L_logits.npy")),
        (Variant::Asvspoof5, "AASIST-ASVspoof5.pth", None),
    ] {
        let card = manifest::card(variant.name()).unwrap();
        let source = std::fs::read(shared.join("weights").join(file)).unwrap();
        let weights = convert::convert(card, &source).unwrap();
        let weights =
            VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).unwrap();
        let network = Aasist::new(variant, &weights).unwrap();
        let naive = network.forward_naive(&input).unwrap();
        let start = Instant::now();
        let fast = network.forward(&input).unwrap();
        println!("{}: {naive:?} {fast:?} in {:?}", variant.name(), start.elapsed());
        let apart = |other: &[f32], ours: [f32; 2]| {
            ours.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(apart(&naive, fast) < 1e-4, "{naive:?} {fast:?}");
        if let Some(golden) = golden {
            let golden = read(golden);
            assert!(apart(&golden, fast) < 1e-3, "{golden:?} {fast:?}");
        }
        assert!(network.forward(&input[1..]).is_err());
    }
}
