//! The face networks against the outputs that the TFLite runtime gave for
//! the same inputs (`golden/*.npy`, made with tests/reference/tflite_golden.py
//! from scikit-image's `astronaut` picture): the plain way in candle's own
//! operations, and the way in use.

use std::{env, path::PathBuf};

use candle_core::{Device, Tensor};
use waarmerk::models::{BlazeFace, FaceMesh, IrisNet, Range, Selfie, SileroVad};

/// Agreement on network outputs, f32 on the processor.
const TOLERANCE: f32 = 2e-4;

/// The folder of golden arrays; says so when it is not there.
fn golden(test: &str) -> Option<PathBuf> {
    let Some(shared) = env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(shared).join("golden"))
}

fn read(folder: &std::path::Path, name: &str) -> Tensor {
    let path = folder.join(format!("{name}.npy"));
    Tensor::read_npy(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The golden picture `(1, S, S, 3)` as `(1, 3, S, S)`.
fn picture(folder: &std::path::Path, name: &str) -> Tensor {
    read(folder, name).permute((0, 3, 1, 2)).unwrap().contiguous().unwrap()
}

/// Greatest absolute difference, which must be within the tolerance.
fn agree(what: &str, ours: &Tensor, golden: &Tensor) {
    let ours = ours.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let golden = golden.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(ours.len(), golden.len(), "{what}");
    let difference = ours.iter().zip(&golden).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let largest = golden.iter().map(|v| v.abs()).fold(0.0, f32::max);
    println!("{what}: max |difference| {difference:.2e} where |values| reach {largest:.1}");
    assert!(ours.iter().all(|value| value.is_finite()), "{what}: not finite");
    assert!(difference <= TOLERANCE, "{what}: {difference:e} > {TOLERANCE:e}");
}

/// A way through a network, with its name.
type Way<'a> = (&'static str, &'a dyn Fn(&Tensor) -> waarmerk::Result<(Tensor, Tensor)>);

/// Hold both ways through a network against its golden outputs `(name, shape,
/// values)`, and a batch against its pictures one by one.
fn check(input: &Tensor, ways: [Way<'_>; 2], golden: [(&str, &[usize], &Tensor); 2]) {
    // Upside down: another picture, of which a batch must not mix anything up.
    let other = input.flip(&[2]).unwrap();
    let batch = Tensor::cat(&[input, &other], 0).unwrap();
    for (way, forward) in ways {
        let (first, second) = forward(input).unwrap();
        let (first_other, second_other) = forward(&other).unwrap();
        let (first_batch, second_batch) = forward(&batch).unwrap();
        let found = [(first, first_other, first_batch), (second, second_other, second_batch)];
        for ((name, shape, values), (one, two, both)) in golden.iter().zip(found) {
            assert_eq!(one.dims(), *shape, "{name}, {way}");
            agree(&format!("{name}, {way}"), &one, values);
            let apart = Tensor::cat(&[&one, &two], 0).unwrap();
            assert_eq!(both.dims(), apart.dims(), "{name}, {way}, batch");
            agree(&format!("{name}, {way}, batch against singles"), &both, &apart);
            let differs = (&one - &two).unwrap().abs().unwrap().max_all().unwrap();
            assert!(differs.to_scalar::<f32>().unwrap() > 0.1, "{name}: input without effect");
        }
    }
}

#[test]
fn blazeface_short_agrees_with_tflite() {
    let Some(golden) = golden("blazeface_short_agrees_with_tflite") else { return };
    let network = BlazeFace::load(Range::Short, &Device::Cpu).unwrap();
    assert_eq!(network.input_size(), 128);
    check(
        &picture(&golden, "det_short_input"),
        [("naive", &|x| network.forward_naive(x)), ("in use", &|x| network.forward(x))],
        [
            ("blazeface-short boxes", &[1, 896, 16], &read(&golden, "det_short_out_regressors")),
            ("blazeface-short logits", &[1, 896], &read(&golden, "det_short_out_classificators")),
        ],
    );
}

#[test]
fn blazeface_full_agrees_with_tflite() {
    let Some(golden) = golden("blazeface_full_agrees_with_tflite") else { return };
    let network = BlazeFace::load(Range::Full, &Device::Cpu).unwrap();
    assert_eq!(network.input_size(), 192);
    let boxes = read(&golden, "det_full_out_reshaped_regressor_face_4");
    let logits = read(&golden, "det_full_out_reshaped_classifier_face_4");
    check(
        &picture(&golden, "det_full_input"),
        [("naive", &|x| network.forward_naive(x)), ("in use", &|x| network.forward(x))],
        [
            ("blazeface-full boxes", &[1, 2304, 16], &boxes),
            ("blazeface-full logits", &[1, 2304], &logits),
        ],
    );
}

#[test]
fn face_mesh_agrees_with_tflite() {
    let Some(golden) = golden("face_mesh_agrees_with_tflite") else { return };
    let network = FaceMesh::load(&Device::Cpu).unwrap();
    check(
        &picture(&golden, "facemesh_input"),
        [("naive", &|x| network.forward_naive(x)), ("in use", &|x| network.forward(x))],
        [
            ("face-mesh points", &[1, 1404], &read(&golden, "facemesh_out_conv2d_21")),
            ("face-mesh flag", &[1], &read(&golden, "facemesh_out_conv2d_31")),
        ],
    );
}

#[test]
fn iris_agrees_with_tflite() {
    let Some(golden) = golden("iris_agrees_with_tflite") else { return };
    let network = IrisNet::load(&Device::Cpu).unwrap();
    for side in ["left", "right"] {
        let contour = read(&golden, &format!("iris_{side}_out_output_eyes_contours_and_brows"));
        let iris = read(&golden, &format!("iris_{side}_out_output_iris"));
        check(
            &picture(&golden, &format!("iris_{side}_input")),
            [("naive", &|x| network.forward_naive(x)), ("in use", &|x| network.forward(x))],
            [("iris contour", &[1, 213], &contour), ("iris iris", &[1, 15], &iris)],
        );
    }
}

#[test]
fn another_input_shape_is_refused_with_both_named() {
    let Some(_) = golden("another_input_shape_is_refused_with_both_named") else { return };
    let network = IrisNet::load(&Device::Cpu).unwrap();
    for shape in [&[1, 3, 64, 32][..], &[1, 64, 64, 3], &[0, 3, 64, 64], &[3, 64, 64]] {
        let input = Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
        for result in [network.forward(&input), network.forward_naive(&input)] {
            let error = result.unwrap_err().to_string();
            let both = error.contains("(N, 3, 64, 64)") && error.contains(&format!("{shape:?}"));
            assert!(both, "{error}");
        }
    }
}

/// The probabilities against those that the package's ONNX file gives in the
/// ONNX runtime.
#[test]
fn silero_agrees_with_the_onnx_runtime() {
    let test = "silero_agrees_with_the_onnx_runtime";
    let Some(golden) = golden(test) else { return };
    let Ok(mut network) = SileroVad::load() else {
        crate::skip::tell(test, "the model silero-vad is not installed");
        return;
    };
    let samples = read(&golden, "silero_input_10s").to_vec1::<f32>().unwrap();
    let onnx = read(&golden, "silero_probs").flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let mut found = Vec::new();
    // In uneven blocks, as sound comes.
    for block in samples.chunks(1234) {
        network.hear(block, &mut found).unwrap();
    }
    network.finish(&mut found).unwrap();
    assert_eq!(found.len(), samples.len().div_ceil(512));
    let apart = found.iter().zip(&onnx).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("silero-vad: {} hops, at most {apart:.1e} from the ONNX runtime", onnx.len());
    assert!(onnx.len() == 312 && apart < 1e-4);
}

/// A drawn person before a plain wall, `(1, 3, 256, 256)`: nobody's picture.
fn drawn_person() -> Tensor {
    let mut pixels = vec![0.0f32; 3 * 256 * 256];
    for (i, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((i % 256) as f32, (i / 256) as f32);
        pixel.copy_from_slice(&[0.35 + x * 0.001, 0.45, 0.55 - y * 0.001]);
        let mut put = |inside: bool, colour: [f32; 3]| {
            if inside {
                pixel.copy_from_slice(&colour);
            }
        };
        let oval = |cx: f32, cy: f32, rx: f32, ry: f32| {
            ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0
        };
        let half = (40.0 + (y - 168.0) * 1.1).min(88.0);
        put(y > 168.0 && (x - 128.0).abs() < half, [0.15, 0.2, 0.4]);
        put(y > 140.0 && y < 185.0 && (x - 128.0).abs() < 20.0, [0.7, 0.5, 0.42]);
        put(oval(128.0, 92.0, 46.0, 58.0), [0.15, 0.1, 0.08]);
        put(oval(128.0, 104.0, 38.0, 50.0), [0.8, 0.6, 0.5]);
        for eye in [112.0, 144.0] {
            put(oval(eye, 96.0, 7.0, 3.5), [0.95; 3]);
            put(oval(eye, 96.0, 3.0, 3.0), [0.1; 3]);
            put(oval(eye, 86.0, 10.0, 2.5), [0.2, 0.12, 0.1]);
        }
        put(oval(128.0, 128.0, 12.0, 4.0), [0.65, 0.3, 0.3]);
        put(oval(128.0, 114.0, 6.0, 3.0), [0.65, 0.45, 0.38]);
    }
    let picture = Tensor::from_vec(pixels, (1, 256, 256, 3), &Device::Cpu).unwrap();
    picture.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap()
}

/// What the TFLite runtime (ai-edge-litert) gives for the drawn person where
/// the mask is neither sure: x, y, probability; and the samples above one half.
const SELFIE: [(usize, usize, f32); 12] = [
    (119, 35, 0.2386),
    (166, 59, 0.3768),
    (173, 107, 0.5079),
    (164, 127, 0.8731),
    (149, 146, 0.8429),
    (97, 168, 0.1584),
    (151, 169, 0.5909),
    (78, 177, 0.3204),
    (196, 193, 0.3769),
    (212, 209, 0.8556),
    (215, 233, 0.7367),
    (215, 255, 0.5979),
];
const SELFIE_PERSON: usize = 22_429;

#[test]
fn selfie_agrees_with_tflite() {
    let network = match Selfie::load(&Device::Cpu) {
        Ok(network) => network,
        Err(error) => return crate::skip::tell("selfie_agrees_with_tflite", error),
    };
    let picture = drawn_person();
    let mask = network.forward(&picture).unwrap();
    assert_eq!(mask.dims(), [1, 256, 256]);
    let values = mask.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for (x, y, theirs) in SELFIE {
        let ours = values[256 * y + x];
        assert!((ours - theirs).abs() < 2e-4, "{x} {y}: {ours} {theirs}");
    }
    assert_eq!(values.iter().filter(|v| **v > 0.5).count(), SELFIE_PERSON);
    let twice = Tensor::cat(&[&picture.flip(&[3]).unwrap(), &picture], 0).unwrap();
    let twice = network.forward(&twice).unwrap().get(1).unwrap();
    agree("selfie, batch against single", &twice, &mask);
    agree("selfie, fast against plain", &mask, &network.forward_naive(&picture).unwrap());
    let time = |pass: &dyn Fn()| {
        let start = std::time::Instant::now();
        pass();
        1e3 * start.elapsed().as_secs_f64()
    };
    let fast = time(&|| drop(network.forward(&picture).unwrap()));
    let plain = time(&|| drop(network.forward_naive(&picture).unwrap()));
    println!("selfie: {fast:.0} ms, plain {plain:.0} ms");
    assert!(
        network
            .forward(
                &Tensor::zeros((1, 3, 192, 192), candle_core::DType::F32, &Device::Cpu).unwrap()
            )
            .is_err()
    );
}
