//! Layers against values worked out by hand, and against each other.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use candle_core::Device;

use super::*;

#[test]
fn same_padding_puts_the_odd_row_after() {
    // The face networks' own cases.
    assert_eq!(same_padding(128, 5, 2), (1, 2));
    assert_eq!(same_padding(192, 3, 2), (0, 1));
    assert_eq!(same_padding(64, 3, 1), (1, 1));
    assert_eq!(same_padding(3, 3, 1), (1, 1));
    // An odd size with stride 2 needs both sides; a 1 x 1 kernel none.
    assert_eq!(same_padding(7, 3, 2), (1, 1));
    assert_eq!(same_padding(9, 1, 1), (0, 0));
    assert_eq!(same_padding(9, 1, 2), (0, 0));
}

#[test]
fn same_padding_gives_the_size_divided_by_the_stride_rounded_up() {
    for size in 1..40 {
        for kernel in 1..8 {
            for stride in 1..5 {
                let (before, after) = same_padding(size, kernel, stride);
                assert!(after == before || after == before + 1);
                let outputs = (size + before + after).saturating_sub(kernel) / stride + 1;
                if kernel >= stride {
                    assert_eq!(outputs, size.div_ceil(stride), "{size} {kernel} {stride}");
                }
            }
        }
    }
}

fn conv(kernel: usize, stride: usize, depthwise: bool, weight: &[f32]) -> Conv {
    let inputs = 2;
    let spec = ConvSpec {
        name: "conv".into(),
        source: String::new(),
        depthwise,
        inputs,
        outputs: 2,
        kernel,
        stride,
        padding: Padding::Same,
        act: ActSpec::None,
    };
    let weight = Tensor::from_slice(weight, &spec.shape()[..], &Device::Cpu).unwrap();
    let bias = Tensor::new(&[0.0_f32, 100.0], &Device::Cpu).unwrap();
    Conv { spec, weight, bias, act: Activation::None }
}

fn picture(values: &[f32], channels: usize, side: usize) -> Tensor {
    Tensor::from_slice(values, (1, channels, side, side), &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// With stride 2 on a 2 x 2 picture all padding comes after, so that the
/// kernel's upper left, not its middle, meets the first pixel.
#[test]
fn a_strided_convolution_starts_at_the_corner() {
    let mut kernel = [0.0; 18];
    kernel[0] = 1.0; // channel 0: upper left
    kernel[9 + 4] = 1.0; // channel 1: middle
    let x = picture(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 2, 2);
    let y = conv(3, 2, true, &kernel).forward(&x).unwrap();
    assert_eq!(values(&y), [1.0, 108.0]);
}

#[test]
fn a_sum_over_taps_is_the_same_convolution() {
    for (side, stride, (height, width)) in
        [(3, 1, (5, 6)), (3, 2, (7, 8)), (3, 2, (8, 5)), (5, 2, (9, 9)), (3, 3, (10, 11))]
    {
        let numbers = |count: usize| -> Vec<f32> {
            (0..count).map(|n| ((n * 37 + 11) % 101) as f32 / 16.0 - 3.0).collect()
        };
        let shape = (2, 3, height, width);
        let x = Tensor::from_vec(numbers(6 * height * width), shape, &Device::Cpu).unwrap();
        let kernel = numbers(3 * side * side);
        let kernel = Tensor::from_vec(kernel, (3, 1, side, side), &Device::Cpu).unwrap();
        let expected = x.conv2d(&kernel, 0, stride, 1, 3).unwrap();
        let found = depthwise_by_taps(&x, &kernel, stride).unwrap();
        assert_eq!(found.dims(), expected.dims());
        // These numbers and their sums are exact in f32.
        assert_eq!(values(&found), values(&expected));
    }
    let x = picture(&[0.0; 8], 2, 2);
    let kernel = Tensor::zeros((2, 1, 3, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
    assert!(depthwise_by_taps(&x, &kernel, 1).is_err());
}

#[test]
fn slopes_act_on_negative_values_of_their_channel() {
    let slope = Tensor::new(&[0.5_f32, -2.0], &Device::Cpu).unwrap();
    let x = picture(&[1.0, -3.0], 2, 1);
    assert_eq!(values(&Activation::Prelu(slope.clone()).forward(&x).unwrap()), [1.0, 6.0]);
    let x = picture(&[-4.0, 7.0], 2, 1);
    assert_eq!(values(&Activation::Prelu(slope).forward(&x).unwrap()), [-2.0, 7.0]);
    assert_eq!(values(&Activation::Relu.forward(&x).unwrap()), [0.0, 7.0]);
}

/// The shortcut of a halving block is the 2 x 2 maximum, and its new
/// channels are zero.
#[test]
fn a_shortcut_is_pooled_and_padded_with_zero_channels() {
    let depthwise = conv(3, 2, true, &[0.0; 18]);
    let mut pointwise = conv(1, 1, false, &[0.0; 4]);
    let bias: Vec<f32> = vec![0.0, 0.0, 9.0];
    pointwise.spec.outputs = 3;
    pointwise.weight = Tensor::from_slice(&[0.0_f32; 6], (3, 2, 1, 1), &Device::Cpu).unwrap();
    pointwise.bias = Tensor::new(bias, &Device::Cpu).unwrap();
    let block = Residual {
        convs: vec![depthwise, pointwise],
        act: Activation::None,
        stride: 2,
        outputs: 3,
    };
    let x = picture(&[1.0, 5.0, -2.0, 3.0, -1.0, -7.0, -4.0, -3.0], 2, 2);
    assert_eq!(values(&block.forward(&x).unwrap()), [5.0, -1.0, 9.0]);
}

#[test]
fn other_channels_are_an_error() {
    let x = picture(&[0.0; 12], 3, 2);
    let error = conv(1, 1, false, &[0.0; 4]).forward(&x).unwrap_err().to_string();
    assert!(error.contains("takes 2 channels, not 3"), "{error}");
}
