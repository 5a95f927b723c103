//! The reader on files made here: a good one, and every way of spoiling it.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use super::{
    build::{Graph, Value, file, tensor},
    *,
};

/// conv(5 × 4 × 3 picture, 2 × 1 × 1 × 3 kernel as f16, 2 biases as f32).
fn small() -> Graph {
    let kernel = [1.0, -2.0, 0.5, 0.25, 3.0, -1.5_f32];
    let kernel = kernel.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect();
    let bias = [10.0, 20.0_f32].iter().flat_map(|v| v.to_le_bytes()).collect();
    Graph {
        codes: vec![3, 6],
        tensors: vec![
            tensor("picture", &[1, 5, 4, 3], 0, 0),
            tensor("kernel", &[2, 1, 1, 3], 1, 1),
            tensor("kernel_dequantize", &[2, 1, 1, 3], 0, 0),
            tensor("bias", &[2], 0, 2),
            tensor("result", &[1, 3, 2, 2], 0, 0),
        ],
        operators: vec![
            vec![Value::Int(1), Value::Ints(vec![1]), Value::Ints(vec![2])],
            vec![
                Value::Int(0),
                Value::Ints(vec![0, 2, 3]),
                Value::Ints(vec![4]),
                Value::Byte(1),
                Value::Table(vec![Value::Byte(1), Value::Int(2), Value::Int(3), Value::Byte(1)]),
            ],
        ],
        buffers: vec![Vec::new(), kernel, bias],
        inputs: vec![0],
        outputs: vec![4],
    }
}

#[test]
fn a_small_network_is_read_whole() {
    let bytes = small().write();
    let model = Model::read(&bytes).unwrap();
    assert_eq!((model.inputs, model.outputs), (vec![0], vec![4]));
    assert_eq!(model.tensors[0].shape, [1, 5, 4, 3]);
    assert_eq!(model.tensors[1].name, "kernel");
    assert_eq!(model.operators[0].op, Op::Dequantize);
    let window = Window {
        padding: Padding::Valid,
        stride: (3, 2),
        dilation: (1, 1),
        multiplier: 1,
        activation: 1,
    };
    assert_eq!(model.operators[1].op, Op::Conv2d(window));
    assert_eq!(model.operators[1].inputs, [Some(0), Some(2), Some(3)]);
}

#[test]
fn constants_are_found_through_dequantize_and_f16_becomes_f32() {
    let bytes = small().write();
    let model = Model::read(&bytes).unwrap();
    let kernel = model.constant(2).unwrap();
    assert_eq!(kernel.name, "kernel");
    assert_eq!(kernel.values().unwrap(), [1.0, -2.0, 0.5, 0.25, 3.0, -1.5]);
    assert_eq!(model.constant(3).unwrap().values().unwrap(), [10.0, 20.0]);
    assert!(model.constant(0).is_none(), "an input is no constant");
    assert!(model.constant(99).is_none());
}

#[test]
fn every_truncation_is_refused() {
    let bytes = small().write();
    for length in 0..bytes.len() {
        // The last bytes are the last buffer's; only they might do no harm.
        assert!(Model::read(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
}

/// Whatever a byte becomes: an error or a model, never a panic, and never
/// more than the file can hold.
#[test]
fn no_single_byte_can_do_harm() {
    let bytes = small().write();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for value in [0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff, bytes[at] ^ 0x10, bytes[at] ^ 0x40] {
            let mut spoiled = bytes.clone();
            spoiled[at] = value;
            match Model::read(&spoiled) {
                Err(_) => refused += 1,
                Ok(model) => {
                    let constants = (0..model.tensors.len()).filter_map(|n| model.constant(n));
                    for values in constants.flat_map(Tensor::values) {
                        assert!(values.len() <= bytes.len());
                    }
                }
            }
        }
    }
    assert!(refused > bytes.len(), "only {refused} refused: the test does not reach the format");
}

#[test]
fn every_offset_to_the_end_and_beyond_is_harmless() {
    let bytes = small().write();
    let length = bytes.len() as u32;
    for at in (0..bytes.len() - 3).step_by(4) {
        for value in [0, 1, length - 4, length, u32::MAX / 4, i32::MAX as u32, u32::MAX - 3] {
            let mut spoiled = bytes.clone();
            spoiled[at..at + 4].copy_from_slice(&value.to_le_bytes());
            if let Ok(model) = Model::read(&spoiled) {
                for tensor in &model.tensors {
                    let _ = tensor.values();
                }
            }
        }
    }
}

/// What makes `spoil`ed graphs fail, in the message's words.
fn refusal(spoil: impl FnOnce(&mut Graph)) -> String {
    let mut graph = small();
    spoil(&mut graph);
    Model::read(&graph.write()).unwrap_err().to_string()
}

#[test]
fn contradictions_are_named() {
    let cases: [(&str, String); 7] = [
        ("no tensor 5", refusal(|g| g.outputs = vec![5])),
        ("no tensor -2", refusal(|g| g.operators[1][1] = Value::Ints(vec![0, -2]))),
        ("unknown code", refusal(|g| g.operators[0][0] = Value::Int(2))),
        ("options of type 2, not 1", refusal(|g| g.operators[1][3] = Value::Byte(2))),
        ("has no buffer", refusal(|g| g.tensors[0] = tensor("t", &[1], 0, 3))),
        ("negative dimension", refusal(|g| g.tensors[0] = tensor("t", &[-1], 0, 0))),
        ("multiplier of 0", refusal(|g| g.operators[1][4] = Value::Table(vec![Value::Byte(1)]))),
    ];
    for (part, message) in cases {
        assert!(message.contains(part), "no `{part}` in: {message}");
    }
}

#[test]
fn counts_have_limits() {
    let many_dimensions = refusal(|g| g.tensors[0] = tensor("t", &[1; 7], 0, 0));
    assert!(many_dimensions.contains("7 dimensions exceeds the limit of 6"), "{many_dimensions}");
    let many_ports = refusal(|g| g.inputs = vec![0; 65]);
    assert!(many_ports.contains("limit of 64"), "{many_ports}");
    let long_name = refusal(|g| g.tensors[0] = tensor(&"n".repeat(257), &[1], 0, 0));
    assert!(long_name.contains("limit of 256"), "{long_name}");
    let many_tensors = refusal(|g| g.tensors = vec![tensor("t", &[1], 0, 0); MAX_COUNT + 1]);
    assert!(many_tensors.contains("8193 tensors"), "{many_tensors}");
}

#[test]
fn data_must_fill_the_shape_exactly() {
    for shape in [&[2, 1, 1, 2][..], &[2, 1, 1, 4], &[], &[i32::MAX; 6]] {
        let mut graph = small();
        graph.tensors[1] = tensor("kernel", shape, 1, 1);
        let bytes = graph.write();
        let model = Model::read(&bytes).unwrap();
        let error = model.tensors[1].values().unwrap_err().to_string();
        assert!(error.contains("`kernel`") && error.contains("12 bytes"), "{error}");
    }
}

#[test]
fn other_files_are_refused() {
    assert!(Model::read(&[]).is_err());
    assert!(Model::read(b"GIF89a").is_err());
    assert!(Model::read(&[0xff; 64]).is_err());
    let other = file(b"ARR1", &[Value::Int(3)]);
    assert!(Model::read(&other).unwrap_err().to_string().contains("TFL3"));
    let newer = file(b"TFL3", &[Value::Int(4)]);
    assert!(Model::read(&newer).unwrap_err().to_string().contains("version 4"));
}

/// A table whose vtable is itself, or that refers to itself, ends in an error.
#[test]
fn cycles_end() {
    let mut bytes = vec![8, 0, 0, 0];
    bytes.extend(b"TFL3");
    bytes.extend([0; 16]);
    assert!(Model::read(&bytes).is_err());
}
