//! The face networks on the CPU's kernels against candle's own operations, with
//! made-up weights, which needs no file. `models.rs` holds both against TFLite.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use waarmerk::models::{BlazeFace, FaceMesh, IrisNet, Range, face_mesh, iris, stages};

/// A pair of outputs, as all four networks give.
type Outputs = (Tensor, Tensor);

/// Weights for the model called `name`: reproducible noise, scaled so that the
/// values keep their size from layer to layer.
fn noise_weights(name: &str) -> VarBuilder<'static> {
    let mut state = 1u64;
    let mut noise = || {
        // Knuth's MMIX linear congruential generator, its high bits, in [-1, 1).
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f32 / (1u64 << 30) as f32 - 1.0
    };
    let mut tensors = HashMap::new();
    for weight in stages(name).unwrap().iter().flat_map(|stage| stage.weights()) {
        let inputs: usize = weight.shape.iter().skip(1).product();
        let scale = (1.5 / inputs as f32).sqrt();
        let count: usize = weight.shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| scale * noise()).collect();
        let tensor = Tensor::from_vec(values, weight.shape.as_slice(), &Device::Cpu).unwrap();
        tensors.insert(weight.name, tensor);
    }
    VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu)
}

/// `count` different pictures of waves, `(count, 3, size, size)`, in [−1, 1].
fn waves(count: usize, size: usize) -> Tensor {
    let value = |i: usize| (i as f32 * 0.37).sin() * (i as f32 * 0.0051).cos();
    let values: Vec<f32> = (0..count * 3 * size * size).map(value).collect();
    Tensor::from_vec(values, (count, 3, size, size), &Device::Cpu).unwrap()
}

/// Greatest difference, relative to the greatest value where that exceeds 1.
fn difference(what: &str, ours: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(ours.dims(), expected.dims(), "{what}");
    let ours: Vec<f32> = ours.flatten_all().unwrap().to_vec1().unwrap();
    let expected: Vec<f32> = expected.flatten_all().unwrap().to_vec1().unwrap();
    assert!(ours.iter().all(|value| value.is_finite()), "{what}: not finite");
    let largest = expected.iter().fold(1.0f32, |largest, v| largest.max(v.abs()));
    let difference = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: {difference:.2e} where |values| reach {largest:.2}");
    difference / largest
}

fn check(what: &str, (a, b): &Outputs, (c, d): &Outputs, tolerance: f32) {
    for (part, ours, expected) in [("first", a, c), ("second", b, d)] {
        let found = difference(&format!("{what}, {part} output"), ours, expected);
        assert!(found <= tolerance, "{what}, {part} output: {found:e} > {tolerance:e}");
    }
}

/// Both ways of one network, on two pictures, and on the same lying in memory
/// as decoders give them.
fn both_ways(
    name: &str,
    size: usize,
    fast: impl Fn(&Tensor) -> Outputs,
    naive: impl Fn(&Tensor) -> Outputs,
) {
    let pictures = waves(2, size);
    let expected = naive(&pictures);
    // Twenty layers of f32 sums in another order.
    check(name, &fast(&pictures), &expected, 1e-5);
    let interleaved = pictures.permute((0, 2, 3, 1)).unwrap().contiguous().unwrap();
    let interleaved = interleaved.permute((0, 3, 1, 2)).unwrap();
    check(&format!("{name}, interleaved"), &fast(&interleaved), &expected, 1e-5);
    let second = pictures.narrow(0, 1, 1).unwrap();
    let expected = naive(&second);
    check(&format!("{name}, the second only"), &fast(&second), &expected, 1e-5);
}

#[test]
fn blazeface_agrees_with_candle() {
    for range in [Range::Short, Range::Full] {
        let network = BlazeFace::new(range, &noise_weights(range.name())).unwrap();
        let fast = |x: &Tensor| network.forward(x).unwrap();
        let naive = |x: &Tensor| network.forward_naive(x).unwrap();
        both_ways(range.name(), range.input_size(), fast, naive);
    }
}

#[test]
fn face_mesh_agrees_with_candle() {
    let network = FaceMesh::new(&noise_weights(face_mesh::NAME)).unwrap();
    let fast = |x: &Tensor| network.forward(x).unwrap();
    let naive = |x: &Tensor| network.forward_naive(x).unwrap();
    both_ways(face_mesh::NAME, face_mesh::INPUT_SIZE, fast, naive);
}

#[test]
fn iris_agrees_with_candle() {
    let network = IrisNet::new(&noise_weights(iris::NAME)).unwrap();
    let fast = |x: &Tensor| network.forward(x).unwrap();
    let naive = |x: &Tensor| network.forward_naive(x).unwrap();
    both_ways(iris::NAME, iris::INPUT_SIZE, fast, naive);
}

/// What faces of several items in one batch would bring:
/// `cargo test --release --test it what_a_batch -- --ignored --nocapture`.
#[test]
#[ignore = "takes times; what it printed stands in reports/scale.md"]
fn what_a_batch_of_faces_brings() {
    let mesh = FaceMesh::new(&noise_weights(face_mesh::NAME)).unwrap();
    let full = BlazeFace::new(Range::Full, &noise_weights(Range::Full.name())).unwrap();
    let timed = |name: &str, size: usize, network: &dyn Fn(&Tensor)| {
        for count in [1, 4, 16, 64] {
            let pictures = waves(count, size);
            let mut each: Vec<f64> = (0..256 / count)
                .map(|_| {
                    let start = std::time::Instant::now();
                    network(&pictures);
                    start.elapsed().as_secs_f64() * 1e3 / count as f64
                })
                .collect();
            each.sort_by(f64::total_cmp);
            println!("{name}, {count} at once: {:.2} ms each", each[each.len() / 2]);
        }
    };
    timed("face-mesh", face_mesh::INPUT_SIZE, &|x| drop(mesh.forward(x).unwrap()));
    timed("blazeface-full", Range::Full.input_size(), &|x| drop(full.forward(x).unwrap()));
}
