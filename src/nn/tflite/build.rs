//! Small TFLite files for tests, written from scratch.

use half::f16;

use crate::nn::layers::{ConvSpec, Order, Padding, StageSpec};

/// A field of a table.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Left out.
    None,
    Byte(u8),
    Int(i32),
    Ints(Vec<i32>),
    Bytes(Vec<u8>),
    Table(Vec<Value>),
    Tables(Vec<Vec<Value>>),
}

/// A file with `root` as its root table and `identifier` as its mark.
pub(crate) fn file(identifier: &[u8; 4], root: &[Value]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend(identifier);
    let start = table(&mut bytes, root);
    bytes[..4].copy_from_slice(&(start as u32).to_le_bytes());
    bytes
}

/// Append the vtable, the table and what it refers to; the table's place.
fn table(bytes: &mut Vec<u8>, fields: &[Value]) -> usize {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let vtable = bytes.len();
    bytes.extend((4 + 2 * fields.len() as u16).to_le_bytes());
    bytes.extend((4 + 4 * fields.len() as u16).to_le_bytes());
    for (index, field) in fields.iter().enumerate() {
        let offset = if matches!(field, Value::None) { 0 } else { 4 + 4 * index as u16 };
        bytes.extend(offset.to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let start = bytes.len();
    bytes.extend(((start - vtable) as i32).to_le_bytes());
    bytes.resize(start + 4 + 4 * fields.len(), 0);
    for (index, field) in fields.iter().enumerate() {
        let at = start + 4 + 4 * index;
        match field {
            Value::None => {}
            Value::Byte(byte) => bytes[at] = *byte,
            Value::Int(number) => bytes[at..at + 4].copy_from_slice(&number.to_le_bytes()),
            Value::Ints(numbers) => {
                refer(bytes, at);
                bytes.extend((numbers.len() as u32).to_le_bytes());
                bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            }
            Value::Bytes(data) => {
                refer(bytes, at);
                bytes.extend((data.len() as u32).to_le_bytes());
                bytes.extend(data);
            }
            Value::Table(fields) => {
                let child = table(bytes, fields);
                point(bytes, at, child);
            }
            Value::Tables(tables) => {
                let vector = refer(bytes, at);
                bytes.extend((tables.len() as u32).to_le_bytes());
                bytes.resize(vector + 4 + 4 * tables.len(), 0);
                for (index, fields) in tables.iter().enumerate() {
                    let child = table(bytes, fields);
                    point(bytes, vector + 4 + 4 * index, child);
                }
            }
        }
    }
    start
}

/// Let `at` refer to what is appended next.
fn refer(bytes: &mut Vec<u8>, at: usize) -> usize {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let target = bytes.len();
    point(bytes, at, target);
    target
}

fn point(bytes: &mut [u8], at: usize, target: usize) {
    bytes[at..at + 4].copy_from_slice(&((target - at) as u32).to_le_bytes());
}

/// A tensor with its buffer's number; the buffer itself is separate.
pub(crate) fn tensor(name: &str, shape: &[i32], kind: u8, buffer: i32) -> Vec<Value> {
    vec![
        Value::Ints(shape.to_vec()),
        Value::Byte(kind),
        Value::Int(buffer),
        Value::Bytes(name.as_bytes().to_vec()),
    ]
}

/// A model of one graph.
pub(crate) struct Graph {
    /// Schema numbers.
    pub codes: Vec<u8>,
    pub tensors: Vec<Vec<Value>>,
    pub operators: Vec<Vec<Value>>,
    pub buffers: Vec<Vec<u8>>,
    pub inputs: Vec<i32>,
    pub outputs: Vec<i32>,
}

impl Graph {
    pub(crate) fn write(self) -> Vec<u8> {
        let codes = self
            .codes
            .into_iter()
            .map(|code| vec![Value::Byte(code), Value::None, Value::None, Value::Int(code.into())]);
        let buffers = self.buffers.into_iter().map(|data| vec![Value::Bytes(data)]);
        let graph = vec![
            Value::Tables(self.tensors),
            Value::Ints(self.inputs),
            Value::Ints(self.outputs),
            Value::Tables(self.operators),
        ];
        let root = [
            Value::Int(3),
            Value::Tables(codes.collect()),
            Value::Tables(vec![graph]),
            Value::None,
            Value::Tables(buffers.collect()),
        ];
        file(b"TFL3", &root)
    }
}

/// A file with all weights of `stages`, the n-th element of each being n / 8
/// (modulo 64, so that f16 is exact), kernels as f16 behind DEQUANTIZE, and
/// every convolution as an operator. The graph is not connected: only what the
/// converter looks at is there.
pub(crate) fn network(stages: &[StageSpec]) -> Vec<u8> {
    let mut graph = Graph {
        codes: vec![3, 4, 6],
        tensors: vec![tensor("input", &[1, 8, 8, 3], 0, 0)],
        operators: Vec::new(),
        buffers: vec![Vec::new()],
        inputs: vec![0],
        outputs: vec![0],
    };
    let convs: Vec<&ConvSpec> = stages.iter().flat_map(StageSpec::convs).collect();
    for weight in stages.iter().flat_map(StageSpec::weights) {
        let sizes = weight.shape.iter().map(|&size| size as i32).collect::<Vec<_>>();
        let shape = match (weight.order, sizes.as_slice()) {
            (Order::Ohwi, &[o, i, h, w]) => vec![o, h, w, i],
            (Order::Depthwise, &[c, _, h, w]) => vec![1, h, w, c],
            (Order::Slope, &[c]) => vec![1, 1, c],
            (_, shape) => shape.to_vec(),
        };
        let values = (0..weight.shape.iter().product()).map(|n| (n % 512) as f32 / 8.0);
        let half = weight.source.ends_with("/Kernel");
        let data = if half {
            values.flat_map(|v| f16::from_f32(v).to_le_bytes()).collect()
        } else {
            values.flat_map(|v| v.to_le_bytes()).collect()
        };
        let buffer = graph.buffers.len() as i32;
        graph.buffers.push(data);
        let index = graph.tensors.len() as i32;
        graph.tensors.push(tensor(&weight.source, &shape, half.into(), buffer));
        let Some(conv) =
            convs.iter().find(|conv| weight.source == format!("{}/Kernel", conv.source))
        else {
            continue;
        };
        graph.tensors.push(tensor(&format!("{}_dequantize", weight.source), &shape, 0, 0));
        graph.operators.push(vec![
            Value::Int(2),
            Value::Ints(vec![index]),
            Value::Ints(vec![index + 1]),
        ]);
        graph.operators.push(convolution(conv, index + 1));
    }
    graph.write()
}

fn convolution(conv: &ConvSpec, kernel: i32) -> Vec<Value> {
    let padding = Value::Byte((conv.padding == Padding::Valid).into());
    let stride = Value::Int(conv.stride as i32);
    let mut options = vec![padding, stride.clone(), stride];
    if conv.depthwise {
        options.push(Value::Int(1));
    }
    vec![
        Value::Int(conv.depthwise.into()),
        Value::Ints(vec![0, kernel, -1]),
        Value::Ints(vec![0]),
        Value::Byte(1 + u8::from(conv.depthwise)),
        Value::Table(options),
    ]
}
