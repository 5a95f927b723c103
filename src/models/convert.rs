//! From a TFLite file to safetensors with our own names and orders, refusing
//! whatever is not exactly the network expected.
//!
//! O H W I becomes O I H W; 1 H W C of a depthwise convolution becomes
//! C 1 H W; a PReLU's 1 1 C becomes (C); f16 becomes f32, which is exact. The
//! same file gives the same bytes on every machine.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView};

use super::{manifest::Card, store::sha256};
use crate::{
    Error, Result,
    nn::{
        layers::{ConvSpec, Order, Padding, StageSpec, WeightSpec},
        onnx, pth,
        tflite::{Kind, Model, Op, Tensor, Window},
    },
};

/// Most differences named in one message.
const MAX_NAMED: usize = 5;

/// The safetensors file for `card` from the `source` file's bytes.
///
/// # Errors
/// [`Error::Model`] that names each difference: in size or digest, in the names
/// or shapes of the tensors, or in the convolutions' options.
pub fn convert(card: &Card, source: &[u8]) -> Result<Vec<u8>> {
    let mut differences = Vec::new();
    if source.len() as u64 != card.bytes {
        differences.push(format!("it has {} bytes, not {}", source.len(), card.bytes));
    }
    let digest = sha256(source);
    if digest != card.sha256 {
        differences.push(format!("its sha256 is {digest}, not {}", card.sha256));
    }
    if !differences.is_empty() {
        return Err(card.error(format!(
            "this is not {} of {} {}: {}",
            card.path,
            card.package,
            card.version,
            differences.join("; ")
        )));
    }
    let converted = if let Some(tensors) = super::tensors(&card.name) {
        if card.path.ends_with(".onnx") {
            onnx(source).and_then(|converted| kept(tensors, &converted))
        } else {
            kept(tensors, source)
        }
    } else if let Some(stages) = super::stages(&card.name) {
        tflite(&stages, source)
    } else if let Some(tensors) = super::checkpoint(&card.name) {
        checkpoint(&tensors, source)
    } else {
        return Err(card.error("this program has no such network"));
    };
    let converted = converted.map_err(|error| card.error(error.to_string()))?;
    let digest = sha256(&converted);
    if digest != card.converted {
        return Err(card.error(format!(
            "the converted file has sha256 {digest}, not {}: this program's converter and its \
             models.toml disagree",
            card.converted
        )));
    }
    Ok(converted)
}

/// The safetensors file with the initialisers of an ONNX file, under their own
/// names.
///
/// # Errors
/// [`Error::Malformed`] when it is no ONNX file or holds other than f32.
pub fn onnx(source: &[u8]) -> Result<Vec<u8>> {
    let wrong = |error| Error::malformed("ONNX", format!("{error}"));
    let mut views = BTreeMap::new();
    for tensor in onnx::initialisers(source)? {
        let view = TensorView::new(Dtype::F32, tensor.shape, tensor.data).map_err(wrong)?;
        if views.insert(tensor.name, view).is_some() {
            return Err(Error::malformed(
                "ONNX",
                format!("two tensors are called `{}`", tensor.name),
            ));
        }
    }
    safetensors::serialize(views, None).map_err(wrong)
}

/// The `source` as it is, once it holds exactly these `tensors` as f32.
///
/// # Errors
/// [`Error::Malformed`] that names each difference.
pub fn kept(tensors: &[(&str, &[usize])], source: &[u8]) -> Result<Vec<u8>> {
    let found = safetensors::SafeTensors::deserialize(source)
        .map_err(|error| Error::malformed("safetensors", error.to_string()))?;
    let mut differences = Vec::new();
    for (name, shape) in tensors {
        match found.tensor(name) {
            Err(_) => differences.push(format!("tensor `{name}` is missing")),
            Ok(tensor) if tensor.shape() != *shape || tensor.dtype() != Dtype::F32 => {
                let (shape_found, kind) = (tensor.shape(), tensor.dtype());
                differences.push(format!(
                    "tensor `{name}` is {kind:?} with shape {shape_found:?}, not F32 with {shape:?}"
                ));
            }
            Ok(_) => {}
        }
    }
    let known = |name: &&str| tensors.iter().any(|(known, _)| known == name);
    let names = found.names();
    let others = names.iter().map(|name| &**name).filter(|name| !known(name));
    differences.extend(others.map(|name| format!("tensor `{name}` is not expected")));
    if differences.is_empty() {
        return Ok(source.to_vec());
    }
    differences.truncate(MAX_NAMED);
    Err(Error::malformed("safetensors", differences.join("; ")))
}

/// The safetensors file with exactly these `tensors` from a PyTorch checkpoint.
/// Its pickle is read as data; nothing in it is run. Counts of batches and the
/// state of an optimiser, which some checkpoints hold too, are left out.
///
/// # Errors
/// [`Error::Malformed`] that names each difference.
pub fn checkpoint(tensors: &[(String, Vec<usize>)], source: &[u8]) -> Result<Vec<u8>> {
    let found = pth::read(source)?.arrays;
    let mut differences = Vec::new();
    let mut bytes = Vec::new();
    for (name, shape) in tensors {
        match found.get(name) {
            None => differences.push(format!("tensor `{name}` is missing")),
            Some(array) if array.shape != *shape => {
                let other = &array.shape;
                differences.push(format!("tensor `{name}` has shape {other:?}, not {shape:?}"));
            }
            Some(array) => {
                let values: Vec<u8> = array.values.iter().flat_map(|v| v.to_le_bytes()).collect();
                bytes.push((values, (name, shape)));
            }
        }
    }
    let unused =
        |name: &str| name.ends_with(".num_batches_tracked") || name.starts_with("optimizer_state.");
    let known = |name: &String| tensors.iter().any(|(known, _)| known == name);
    let others = found.keys().filter(|name| !known(name) && !unused(name));
    differences.extend(others.map(|name| format!("tensor `{name}` is not expected")));
    if !differences.is_empty() {
        differences.truncate(MAX_NAMED);
        return Err(Error::malformed("checkpoint", differences.join("; ")));
    }
    let wrong = |error| Error::compute("writing safetensors", error);
    let mut views = Vec::new();
    for (bytes, (name, shape)) in &bytes {
        views.push((
            name.as_str(),
            TensorView::new(Dtype::F32, shape.to_vec(), bytes).map_err(wrong)?,
        ));
    }
    safetensors::serialize(views, None).map_err(wrong)
}

/// The safetensors file with the weights of `stages` from a TFLite file.
///
/// # Errors
/// [`Error::Malformed`] that names each difference.
pub fn tflite(stages: &[StageSpec], source: &[u8]) -> Result<Vec<u8>> {
    let model = Model::read(source)?;
    let mut found = constants(&model)?;
    let mut differences = Vec::new();
    let mut converted = Vec::new();
    for weight in stages.iter().flat_map(StageSpec::weights) {
        let Some(tensor) = found.remove(weight.source.as_str()) else {
            differences.push(format!("tensor `{}` is missing", weight.source));
            continue;
        };
        let expected = source_shape(&weight);
        if tensor.shape == expected {
            converted.push((reorder(&weight, &tensor.values()?), weight));
        } else {
            let source = &weight.source;
            let shape = &tensor.shape;
            differences.push(format!("tensor `{source}` has shape {shape:?}, not {expected:?}"));
        }
    }
    differences.extend(found.keys().map(|name| format!("tensor `{name}` is not expected")));
    differences.extend(other_windows(stages, &model));
    if !differences.is_empty() {
        let more = differences.len().saturating_sub(MAX_NAMED);
        differences.truncate(MAX_NAMED);
        if more > 0 {
            differences.push(format!("and {more} more"));
        }
        return Err(Error::malformed("TFLite", differences.join("; ")));
    }
    serialise(&converted)
}

/// The floating-point constants by name.
fn constants<'m, 'a>(model: &'m Model<'a>) -> Result<BTreeMap<&'a str, &'m Tensor<'a>>> {
    let mut found = BTreeMap::new();
    for tensor in &model.tensors {
        if matches!(tensor.kind, Kind::F16 | Kind::F32)
            && !tensor.data.is_empty()
            && found.insert(tensor.name, tensor).is_some()
        {
            let reason = format!("two tensors are called `{}`", tensor.name);
            return Err(Error::malformed("TFLite", reason));
        }
    }
    Ok(found)
}

/// How the source orders the shape of `weight`.
fn source_shape(weight: &WeightSpec) -> Vec<usize> {
    match (weight.order, weight.shape.as_slice()) {
        (Order::Ohwi, &[o, i, h, w]) => vec![o, h, w, i],
        (Order::Depthwise, &[c, _, h, w]) => vec![1, h, w, c],
        (Order::Slope, &[c]) => vec![1, 1, c],
        (_, shape) => shape.to_vec(),
    }
}

/// The values, which are in the source's order and number, in ours: what comes
/// last in the source (I, or C) moves before H W.
fn reorder(weight: &WeightSpec, values: &[f32]) -> Vec<f32> {
    match (weight.order, weight.shape.as_slice()) {
        (Order::Ohwi, &[_, last, h, w]) | (Order::Depthwise, &[last, _, h, w]) => {
            let filter = (h * w * last).max(1);
            let transposed = values.chunks(filter).flat_map(|filter| {
                (0..last).flat_map(move |i| filter.iter().skip(i).step_by(last).copied())
            });
            transposed.collect()
        }
        _ => values.to_vec(),
    }
}

/// Differences in how the convolutions move, by the kernels' names.
fn other_windows(stages: &[StageSpec], model: &Model<'_>) -> Vec<String> {
    let specs: BTreeMap<String, &ConvSpec> = stages
        .iter()
        .flat_map(StageSpec::convs)
        .map(|conv| (format!("{}/Kernel", conv.source), conv))
        .collect();
    let mut differences = Vec::new();
    for operator in &model.operators {
        let (Op::Conv2d(window) | Op::DepthwiseConv2d(window)) = operator.op else { continue };
        let depthwise = matches!(operator.op, Op::DepthwiseConv2d(_));
        let kernel = operator.inputs.get(1).copied().flatten();
        let Some(kernel) = kernel.and_then(|index| model.constant(index)) else {
            differences.push("a convolution has no constant kernel".to_owned());
            continue;
        };
        // A kernel that no spec knows has been named as an unexpected tensor.
        let Some(spec) = specs.get(kernel.name) else { continue };
        // With a 1 × 1 kernel the two paddings are one.
        let padding = if spec.kernel == 1 { window.padding } else { spec.padding };
        let expected = Window {
            padding,
            stride: (spec.stride, spec.stride),
            dilation: (1, 1),
            multiplier: 1,
            activation: 0,
        };
        if (depthwise, window) != (spec.depthwise, expected) {
            let described = |depthwise: bool, window: Window| {
                let kind = if depthwise { "depthwise" } else { "full" };
                let padding = if window.padding == Padding::Same { "SAME" } else { "VALID" };
                format!(
                    "{kind}, {padding}, stride {:?}, dilation {:?}, multiplier {}, activation {}",
                    window.stride, window.dilation, window.multiplier, window.activation
                )
            };
            differences.push(format!(
                "the convolution with `{}` is ({}), not ({})",
                kernel.name,
                described(depthwise, window),
                described(spec.depthwise, expected)
            ));
        }
    }
    differences
}

fn serialise(tensors: &[(Vec<f32>, WeightSpec)]) -> Result<Vec<u8>> {
    let wrong = |error| Error::compute("writing safetensors", error);
    let bytes: Vec<(Vec<u8>, &WeightSpec)> = tensors
        .iter()
        .map(|(values, weight)| (values.iter().flat_map(|v| v.to_le_bytes()).collect(), weight))
        .collect();
    let mut views = Vec::new();
    for (bytes, weight) in &bytes {
        let view = TensorView::new(Dtype::F32, weight.shape.clone(), bytes).map_err(wrong)?;
        views.push((weight.name.as_str(), view));
    }
    // The library orders tensors by name; without metadata, whose order would
    // change from run to run, the bytes are always the same.
    safetensors::serialize(views, None).map_err(wrong)
}

#[cfg(test)]
mod tests;
