//! TensorFlow Lite files, as far as their weights and operators matter here.
//! They come from a package or from a user's hand, so they are read as hostile:
//! every count has a limit, every offset is checked, and data is only borrowed.
//!
//! Format: TensorFlow, `tensorflow/compiler/mlir/lite/schema/schema.fbs`
//! (version 3), from which the field and operator numbers are taken.

use half::f16;

use super::{
    flatbuffer::{Flatbuffer, Table},
    layers::Padding,
};
use crate::{Error, Result};

/// Largest file read, in bytes; the networks in use have at most 3 MB.
const MAX_BYTES: usize = 64 << 20;
/// Most tensors, buffers and operators; the networks in use have at most 544.
const MAX_COUNT: usize = 8192;
/// Most dimensions of a tensor; the operators in use need 4.
const MAX_DIMENSIONS: usize = 6;
/// Most inputs or outputs of an operator or of the network.
const MAX_PORTS: usize = 64;
/// Longest name, in bytes.
const MAX_NAME: usize = 256;

/// A network: one graph of tensors and operators.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    /// The tensors, which everything else refers to by index.
    pub tensors: Vec<Tensor<'a>>,
    /// The operators, in the order of execution.
    pub operators: Vec<Operator>,
    /// Indices of the network's inputs.
    pub inputs: Vec<usize>,
    /// Indices of the network's outputs.
    pub outputs: Vec<usize>,
}

/// A tensor: a constant when it has data, else a value computed on the way.
#[derive(Clone, Debug)]
pub struct Tensor<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Type of its elements.
    pub kind: Kind,
    /// A constant's elements, little-endian; empty otherwise.
    pub data: &'a [u8],
}

/// Types of elements that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point.
    F16,
    /// 32-bit integer, for shapes and paddings.
    I32,
    /// Another, by its number in the schema.
    Other(u8),
}

/// One operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// What it does.
    pub op: Op,
    /// Indices of its inputs; `None` for an optional one that is left out.
    pub inputs: Vec<Option<usize>>,
    /// Indices of its outputs.
    pub outputs: Vec<usize>,
}

/// What an operator does, with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sum.
    Add {
        /// Number of the activation fused into it, 0 for none.
        activation: u8,
    },
    /// Joining along an axis.
    Concatenation {
        /// The axis.
        axis: i32,
    },
    /// Convolution over all channels.
    Conv2d(Window),
    /// Convolution of each channel by itself.
    DepthwiseConv2d(Window),
    /// To f32.
    Dequantize,
    /// Maximum over a window.
    MaxPool2d(Window),
    /// max(x, 0).
    Relu,
    /// Another shape.
    Reshape,
    /// Bilinear resizing.
    ResizeBilinear {
        /// Corners on corners.
        align_corners: bool,
        /// Coordinates of pixel centres.
        half_pixel: bool,
    },
    /// Zeros around.
    Pad,
    /// Slopes for negative values.
    Prelu,
    /// Another, by its number in the schema.
    Other(i32),
}

/// How a convolution or a pooling moves over its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Treatment of the edge.
    pub padding: Padding,
    /// Step down and right.
    pub stride: (usize, usize),
    /// Distance between the kernel's taps, down and right.
    pub dilation: (usize, usize),
    /// Channels out for each one in; of a depthwise convolution only, else 1.
    pub multiplier: usize,
    /// Number of the activation fused into it, 0 for none.
    pub activation: u8,
}

impl<'a> Model<'a> {
    /// Read a file's bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the bytes contradict the format,
    /// [`Error::Limit`] when a count is beyond what any network here needs.
    pub fn read(bytes: &'a [u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            let what = format!("a TFLite file of {} bytes", bytes.len());
            return Err(Error::Limit { what, limit: MAX_BYTES as u64 });
        }
        let file = Flatbuffer::new(bytes, "TFLite");
        let root = file.root(b"TFL3")?;
        let version = root.u32(0, 0)?;
        if version != 3 {
            return Err(file.wrong(format!("version {version} of the format, not 3")));
        }
        let codes = operator_codes(&root)?;
        let mut graphs = root.vector(2, "graphs", 1)?.tables();
        let graph = graphs.next().ok_or_else(|| file.wrong("there is no graph"))??;
        let mut buffers = Vec::new();
        for buffer in root.vector(4, "buffers", MAX_COUNT)?.tables() {
            buffers.push(buffer?.bytes(0)?);
        }
        let mut tensors = Vec::new();
        for tensor in graph.vector(0, "tensors", MAX_COUNT)?.tables() {
            tensors.push(read_tensor(&file, &tensor?, &buffers)?);
        }
        let known = |index: i32| -> Result<usize> {
            let place = usize::try_from(index).ok().filter(|&index| index < tensors.len());
            place.ok_or_else(|| file.wrong(format!("there is no tensor {index}")))
        };
        let ports = |table: &Table<'a>, field| -> Result<Vec<i32>> {
            table.vector(field, "inputs or outputs", MAX_PORTS)?.numbers()
        };
        let mut operators = Vec::new();
        for operator in graph.vector(3, "operators", MAX_COUNT)?.tables() {
            let operator = operator?;
            let code = operator.u32(0, 0)?;
            let code = codes.get(code as usize).copied();
            let code = code.ok_or_else(|| file.wrong("an operator has an unknown code"))?;
            let optional = |index| if index == -1 { Ok(None) } else { known(index).map(Some) };
            operators.push(Operator {
                op: read_op(&file, code, &operator)?,
                inputs: ports(&operator, 1)?.into_iter().map(optional).collect::<Result<_>>()?,
                outputs: ports(&operator, 2)?.into_iter().map(known).collect::<Result<_>>()?,
            });
        }
        let inputs = ports(&graph, 1)?.into_iter().map(known).collect::<Result<_>>()?;
        let outputs = ports(&graph, 2)?.into_iter().map(known).collect::<Result<_>>()?;
        Ok(Self { tensors, operators, inputs, outputs })
    }

    /// The constant tensor behind `index`: the tensor itself, or the one that
    /// a DEQUANTIZE turns into it. `None` for a computed value.
    pub fn constant(&self, index: usize) -> Option<&Tensor<'a>> {
        let tensor = self.tensors.get(index)?;
        if !tensor.data.is_empty() {
            return Some(tensor);
        }
        let source = self.operators.iter().find(|operator| {
            operator.op == Op::Dequantize && operator.outputs.first() == Some(&index)
        })?;
        let input = self.tensors.get((*source.inputs.first()?)?)?;
        (!input.data.is_empty()).then_some(input)
    }
}

impl Tensor<'_> {
    /// Number of elements; `None` when it does not fit a `usize`.
    pub fn elements(&self) -> Option<usize> {
        self.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))
    }

    /// A constant's values, f16 made f32 (which is exact).
    ///
    /// # Errors
    /// [`Error::Malformed`] when the elements are no floating-point numbers or
    /// their count does not match the shape.
    pub fn values(&self) -> Result<Vec<f32>> {
        let wrong = |reason| Error::malformed("TFLite", format!("tensor `{}` {reason}", self.name));
        let size = match self.kind {
            Kind::F32 => 4,
            Kind::F16 => 2,
            other => return Err(wrong(format!("has elements of type {other:?}"))),
        };
        if self.elements().and_then(|count| count.checked_mul(size)) != Some(self.data.len()) {
            let bytes = self.data.len();
            return Err(wrong(format!("of shape {:?} has {bytes} bytes of data", self.shape)));
        }
        Ok(match self.kind {
            Kind::F16 => {
                let (pairs, _) = self.data.as_chunks::<2>();
                pairs.iter().map(|&pair| f16::from_le_bytes(pair).to_f32()).collect()
            }
            _ => {
                let (quads, _) = self.data.as_chunks::<4>();
                quads.iter().map(|&quad| f32::from_le_bytes(quad)).collect()
            }
        })
    }
}

/// The schema number of each operator code. Numbers above 126 are only in
/// field 3; older files have only field 0; the larger one counts.
fn operator_codes(root: &Table<'_>) -> Result<Vec<i32>> {
    let mut codes = Vec::new();
    for code in root.vector(1, "operator codes", MAX_COUNT)?.tables() {
        let code = code?;
        codes.push(code.i32(3, 0)?.max(i32::from(code.u8(0, 0)?)));
    }
    Ok(codes)
}

fn read_tensor<'a>(
    file: &Flatbuffer<'a>,
    table: &Table<'a>,
    buffers: &[&'a [u8]],
) -> Result<Tensor<'a>> {
    let name = table.text(3, MAX_NAME)?;
    let shape = table.vector(0, "dimensions", MAX_DIMENSIONS)?.numbers()?.into_iter();
    let shape: Result<_> = shape
        .map(|size| {
            let size = usize::try_from(size);
            size.map_err(|_| file.wrong(format!("tensor `{name}` has a negative dimension")))
        })
        .collect();
    let kind = match table.u8(1, 0)? {
        0 => Kind::F32,
        1 => Kind::F16,
        2 => Kind::I32,
        other => Kind::Other(other),
    };
    let buffer = buffers.get(table.u32(2, 0)? as usize);
    let data = buffer.ok_or_else(|| file.wrong(format!("tensor `{name}` has no buffer")))?;
    Ok(Tensor { name, shape: shape?, kind, data })
}

fn read_op(file: &Flatbuffer<'_>, code: i32, operator: &Table<'_>) -> Result<Op> {
    let options = operator.table(4)?;
    // The options of an operator carry their own type number, which must agree.
    let options = |kind: u8| match (&options, operator.u8(3, 0)?) {
        (Some(table), found) if found == kind => Ok(*table),
        (_, found) => {
            Err(file.wrong(format!("operator {code} has options of type {found}, not {kind}")))
        }
    };
    Ok(match code {
        0 => Op::Add { activation: options(11)?.u8(0, 0)? },
        2 => Op::Concatenation { axis: options(10)?.i32(0, 0)? },
        3 => {
            let table = options(1)?;
            let dilation = (length(file, &table, 5, 1)?, length(file, &table, 4, 1)?);
            let window = Window { dilation, ..window(file, &table, 3)? };
            Op::Conv2d(window)
        }
        4 => {
            let table = options(2)?;
            let dilation = (length(file, &table, 6, 1)?, length(file, &table, 5, 1)?);
            let multiplier = length(file, &table, 3, 0)?;
            Op::DepthwiseConv2d(Window { dilation, multiplier, ..window(file, &table, 4)? })
        }
        6 => Op::Dequantize,
        17 => Op::MaxPool2d(window(file, &options(5)?, 5)?),
        19 => Op::Relu,
        22 => Op::Reshape,
        23 => {
            let table = options(15)?;
            let align_corners = table.u8(2, 0)? != 0;
            Op::ResizeBilinear { align_corners, half_pixel: table.u8(3, 0)? != 0 }
        }
        34 => Op::Pad,
        54 => Op::Prelu,
        other => Op::Other(other),
    })
}

/// Padding in field 0, strides in 1 (right) and 2 (down), activation in `activation`.
fn window(file: &Flatbuffer<'_>, table: &Table<'_>, activation: usize) -> Result<Window> {
    Ok(Window {
        padding: match table.u8(0, 0)? {
            0 => Padding::Same,
            1 => Padding::Valid,
            other => return Err(file.wrong(format!("padding of type {other}"))),
        },
        stride: (length(file, table, 2, 0)?, length(file, table, 1, 0)?),
        dilation: (1, 1),
        multiplier: 1,
        activation: table.u8(activation, 0)?,
    })
}

/// A stride, dilation or multiplier, which is at least 1; `default` when left out.
fn length(file: &Flatbuffer<'_>, table: &Table<'_>, field: usize, default: i32) -> Result<usize> {
    let value = table.i32(field, default)?;
    let positive = usize::try_from(value).ok().filter(|&value| value > 0);
    positive.ok_or_else(|| file.wrong(format!("a stride, dilation or multiplier of {value}")))
}

#[cfg(test)]
pub(crate) mod build;
#[cfg(test)]
mod tests;
