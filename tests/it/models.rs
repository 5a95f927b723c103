//! The four face networks against the outputs that the TFLite runtime gave for
//! the same inputs (`golden/*.npy`, made with tests/reference/tflite_golden.py
//! from scikit-image's `astronaut` picture).

use std::{env, path::PathBuf};

use candle_core::{Device, Tensor};
use waarmerk::models::{BlazeFace, FaceMesh, IrisNet, Range};

/// Issue 2, point 5: agreement on network outputs, f32 on the processor.
const TOLERANCE: f32 = 2e-4;

/// The folder of golden arrays; says so when it is not there.
fn golden(test: &str) -> Option<PathBuf> {
    let Some(shared) = env::var_os("WAARMERK_SHARED") else {
        println!("skipped: {test} (WAARMERK_SHARED is not set)");
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

#[test]
fn blazeface_short_agrees_with_tflite() {
    let Some(golden) = golden("blazeface_short_agrees_with_tflite") else { return };
    let network = BlazeFace::load(Range::Short, &Device::Cpu).unwrap();
    let (boxes, logits) = network.forward_naive(&picture(&golden, "det_short_input")).unwrap();
    assert_eq!((boxes.dims(), logits.dims()), (&[1, 896, 16][..], &[1, 896][..]));
    agree("blazeface-short boxes", &boxes, &read(&golden, "det_short_out_regressors"));
    agree("blazeface-short logits", &logits, &read(&golden, "det_short_out_classificators"));
}

#[test]
fn blazeface_full_agrees_with_tflite() {
    let Some(golden) = golden("blazeface_full_agrees_with_tflite") else { return };
    let network = BlazeFace::load(Range::Full, &Device::Cpu).unwrap();
    let (boxes, logits) = network.forward_naive(&picture(&golden, "det_full_input")).unwrap();
    assert_eq!((boxes.dims(), logits.dims()), (&[1, 2304, 16][..], &[1, 2304][..]));
    agree("blazeface-full boxes", &boxes, &read(&golden, "det_full_out_reshaped_regressor_face_4"));
    agree(
        "blazeface-full logits",
        &logits,
        &read(&golden, "det_full_out_reshaped_classifier_face_4"),
    );
}

#[test]
fn face_mesh_agrees_with_tflite() {
    let Some(golden) = golden("face_mesh_agrees_with_tflite") else { return };
    let network = FaceMesh::load(&Device::Cpu).unwrap();
    let (points, flag) = network.forward_naive(&picture(&golden, "facemesh_input")).unwrap();
    assert_eq!((points.dims(), flag.dims()), (&[1, 1404][..], &[1][..]));
    agree("face-mesh points", &points, &read(&golden, "facemesh_out_conv2d_21"));
    agree("face-mesh flag", &flag, &read(&golden, "facemesh_out_conv2d_31"));
}

#[test]
fn iris_agrees_with_tflite() {
    let Some(golden) = golden("iris_agrees_with_tflite") else { return };
    let network = IrisNet::load(&Device::Cpu).unwrap();
    for side in ["left", "right"] {
        let input = picture(&golden, &format!("iris_{side}_input"));
        let (contour, iris) = network.forward_naive(&input).unwrap();
        assert_eq!((contour.dims(), iris.dims()), (&[1, 213][..], &[1, 15][..]));
        let expected = read(&golden, &format!("iris_{side}_out_output_eyes_contours_and_brows"));
        agree(&format!("iris {side} contour"), &contour, &expected);
        let expected = read(&golden, &format!("iris_{side}_out_output_iris"));
        agree(&format!("iris {side} iris"), &iris, &expected);
    }
}
