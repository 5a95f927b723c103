//! The converter on networks made here.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use candle_core::{DType, Device, IndexOp};
use candle_nn::VarBuilder;

use super::*;
use crate::{
    models::{BlazeFace, Range, manifest},
    nn::{
        layers::{ActSpec, ResidualSpec},
        tflite::build::network,
    },
};

/// One layer of each kind: 3 × 3 full, depthwise with stride 2, 1 × 1, slopes.
fn stages() -> Vec<StageSpec> {
    let conv = ConvSpec {
        name: "stem".into(),
        source: "conv2d".into(),
        depthwise: false,
        inputs: 3,
        outputs: 4,
        kernel: 3,
        stride: 2,
        padding: Padding::Same,
        act: ActSpec::Prelu { name: "stem.act".into(), source: "p_re_lu".into() },
    };
    let depthwise = ConvSpec {
        name: "block.depthwise".into(),
        source: "depthwise_conv2d".into(),
        depthwise: true,
        inputs: 4,
        act: ActSpec::None,
        ..conv.clone()
    };
    let pointwise = ConvSpec {
        name: "block.pointwise".into(),
        source: "conv2d_1".into(),
        inputs: 4,
        outputs: 6,
        kernel: 1,
        stride: 1,
        act: ActSpec::None,
        ..conv.clone()
    };
    let block = ResidualSpec { convs: vec![depthwise, pointwise], act: ActSpec::Relu };
    vec![StageSpec::Conv(conv), StageSpec::Residual(block)]
}

/// The spec's stem.
fn stem(stages: &mut [StageSpec]) -> &mut ConvSpec {
    match &mut stages[0] {
        StageSpec::Conv(conv) => conv,
        StageSpec::Residual(block) => &mut block.convs[0],
    }
}

fn refusal(expected: &[StageSpec], found: &[StageSpec]) -> String {
    tflite(expected, &network(found)).unwrap_err().to_string()
}

/// What value the test network gives to the n-th element.
fn value(n: usize) -> f32 {
    (n % 512) as f32 / 8.0
}

#[test]
fn axes_move_to_their_places() {
    let bytes = tflite(&stages(), &network(&stages())).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let at = |name, shape: &[usize], (a, b, c, d): (usize, usize, usize, usize)| {
        weights.get(shape, name).unwrap().i((a, b, c, d)).unwrap().to_scalar::<f32>().unwrap()
    };
    // Element (o, i, y, x) was at ((o·3 + y)·3 + x)·3 + i in O H W I.
    for (o, i, y, x) in [(0, 0, 0, 0), (0, 2, 0, 1), (3, 1, 2, 0), (2, 0, 1, 2)] {
        let expected = value(((o * 3 + y) * 3 + x) * 3 + i);
        assert_eq!(at("stem.weight", &[4, 3, 3, 3], (o, i, y, x)), expected);
    }
    // Element (c, 0, y, x) was at (y·3 + x)·4 + c in 1 H W C.
    for (c, y, x) in [(0, 0, 1), (3, 2, 2), (1, 0, 2)] {
        let expected = value((y * 3 + x) * 4 + c);
        assert_eq!(at("block.depthwise.weight", &[4, 1, 3, 3], (c, 0, y, x)), expected);
    }
    let slopes = weights.get(4, "stem.act.slope").unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(slopes, [0.0, 0.125, 0.25, 0.375]);
    assert!(weights.contains_tensor("block.pointwise.bias"));
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let source = network(&stages());
    let first = tflite(&stages(), &source).unwrap();
    for _ in 0..5 {
        assert!(tflite(&stages(), &source).unwrap() == first);
    }
}

#[test]
fn a_wrong_shape_is_refused_with_both_named() {
    let mut wider = stages();
    stem(&mut wider).kernel = 5;
    let error = refusal(&stages(), &wider);
    for part in ["`conv2d/Kernel`", "[4, 5, 5, 3]", "not [4, 3, 3, 3]"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

#[test]
fn missing_and_unexpected_tensors_are_named() {
    let mut renamed = stages();
    stem(&mut renamed).source = "stem".into();
    let error = refusal(&stages(), &renamed);
    for part in [
        "`conv2d/Kernel` is missing",
        "`conv2d/Bias` is missing",
        "`stem/Kernel` is not expected",
        "`stem/Bias` is not expected",
    ] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

#[test]
fn another_way_of_moving_is_named() {
    let mut faster = stages();
    stem(&mut faster).stride = 1;
    stem(&mut faster).padding = Padding::Valid;
    let error = refusal(&stages(), &faster);
    for part in ["`conv2d/Kernel`", "(full, VALID, stride (1, 1)", "not (full, SAME, stride (2, 2)"]
    {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

/// Whatever a byte of a file becomes, the converter refuses it or gives all
/// tensors in their shapes.
#[test]
fn no_single_byte_can_do_harm() {
    let source = network(&stages());
    let good = tflite(&stages(), &source).unwrap();
    for at in 0..source.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut spoiled = source.clone();
            spoiled[at] ^= change;
            if let Ok(bytes) = tflite(&stages(), &spoiled) {
                assert_eq!(bytes.len(), good.len());
            }
        }
    }
}

#[test]
fn a_long_list_of_differences_is_cut() {
    let error = refusal(&crate::models::stages("iris").unwrap(), &stages());
    assert!(error.contains("more") && error.len() < 1000, "{error}");
}

#[test]
fn a_wrong_digest_is_refused_with_both_named() {
    let card = manifest::card("blazeface-short").unwrap();
    let source = network(&crate::models::stages(&card.name).unwrap());
    let error = convert(card, &source).unwrap_err().to_string();
    for part in [&sha256(&source), &card.sha256, &source.len().to_string(), "229714", "mediapipe"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

/// A converter that changed, or a models.toml that did, is noticed.
#[test]
fn a_wrong_result_is_refused() {
    let mut card = manifest::card("blazeface-short").unwrap().clone();
    let source = network(&crate::models::stages(&card.name).unwrap());
    card.bytes = source.len() as u64;
    card.sha256 = sha256(&source);
    let error = convert(&card, &source).unwrap_err().to_string();
    assert!(error.contains(&card.converted) && error.contains("disagree"), "{error}");
}

/// Every network's description converts and loads: each tensor once, nothing
/// left over, and the outputs have the shapes that models.toml promises.
#[test]
fn every_network_converts_and_loads() {
    for card in manifest::cards().unwrap() {
        let Some(stages) = crate::models::stages(&card.name) else {
            let known = crate::models::tensors(&card.name).is_some()
                || crate::models::checkpoint(&card.name).is_some();
            assert!(known, "{}", card.name);
            continue;
        };
        let bytes = tflite(&stages, &network(&stages)).unwrap();
        let held = safetensors::SafeTensors::deserialize(&bytes).unwrap().len();
        let expected = stages.iter().flat_map(StageSpec::weights).count();
        assert_eq!(held, expected, "{}", card.name);
    }
    let stages = crate::models::stages("blazeface-full").unwrap();
    let bytes = tflite(&stages, &network(&stages)).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    assert!(BlazeFace::new(Range::Full, &weights).is_ok());
    assert!(BlazeFace::new(Range::Short, &weights).is_err(), "another network's weights");
}

/// Weights that are safetensors already are kept byte for byte, and only when
/// they are exactly the tensors expected.
#[test]
fn safetensors_are_kept_or_refused() {
    let file = |tensors: &[(&str, &[usize])]| {
        let zeros = vec![0u8; 4 * 258 * 256 * 2];
        let views = tensors.iter().map(|(name, shape)| {
            let bytes = &zeros[..4 * shape.iter().product::<usize>()];
            (*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
        });
        safetensors::serialize(views, None).unwrap()
    };
    let expected = crate::models::silero::TENSORS;
    let good = file(&expected);
    assert!(kept(&expected, &good).unwrap() == good);
    let mut other = expected;
    other[1] = ("model.encoder.0.reparam_conv.weight", &[128, 129, 5]);
    let error = kept(&expected, &file(&other)).unwrap_err().to_string();
    assert!(
        error.contains("encoder.0.reparam_conv.weight") && error.contains("[128, 129, 5]"),
        "{error}"
    );
    let error = kept(&expected, &file(&expected[1..])).unwrap_err().to_string();
    assert!(error.contains("`model.stft.forward_basis_buffer` is missing"), "{error}");
    let error = kept(&expected[1..], &good).unwrap_err().to_string();
    assert!(error.contains("`model.stft.forward_basis_buffer` is not expected"), "{error}");
    assert!(kept(&expected, b"not safetensors").is_err());
}
