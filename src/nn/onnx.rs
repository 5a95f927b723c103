//! The constant tensors of an ONNX file.
//!
//! ONNX is a Protocol Buffers message (onnx/onnx.proto, IR version 3 on). Only
//! the way to the initialisers is read: `ModelProto.graph` (field 7), of it
//! `GraphProto.initializer` (5), of each the fields of `TensorProto` named
//! below. Everything else is stepped over, and nothing is nested further, so
//! that a hostile file costs no more than its length.

use crate::{Error, Result};

/// Most dimensions of a tensor; networks have up to five.
const MOST_DIMENSIONS: usize = 8;
/// Most initialisers; a ResNet-152 has about a thousand.
const MOST_TENSORS: usize = 1 << 16;
/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

/// One initialiser, with f32 values.
#[derive(Clone, Debug, PartialEq)]
pub struct Initialiser<'a> {
    /// Its name in the graph.
    pub name: &'a str,
    /// Its shape, outermost first.
    pub shape: Vec<usize>,
    /// Its values as little-endian f32, as many as the shape tells.
    pub data: &'a [u8],
}

/// The initialisers of the main graph of `file`, in its order.
///
/// # Errors
/// [`Error::Malformed`] when `file` is no ONNX model, or an initialiser is of
/// another type than f32, is kept in another file, or does not fit its shape.
pub fn initialisers(file: &[u8]) -> Result<Vec<Initialiser<'_>>> {
    let mut graph = None;
    each(file, |field, value| {
        if let (7, Value::Bytes(bytes)) = (field, value) {
            graph = Some(bytes);
        }
        Ok(())
    })?;
    let graph = graph.ok_or_else(|| wrong("it holds no graph"))?;
    let mut found = Vec::new();
    each(graph, |field, value| {
        match (field, value) {
            (5, Value::Bytes(bytes)) => found.push(tensor(bytes)?),
            (15, _) => return Err(wrong("it has sparse initialisers, which are not read")),
            _ => {}
        }
        if found.len() > MOST_TENSORS {
            return Err(wrong("it has too many initialisers"));
        }
        Ok(())
    })?;
    Ok(found)
}

fn tensor(bytes: &[u8]) -> Result<Initialiser<'_>> {
    let (mut name, mut kind, mut data, mut shape) = ("", 0, &[][..], Vec::new());
    each(bytes, |field, value| {
        match (field, value) {
            (1, Value::Number(size)) => dimension(&mut shape, size)?,
            // Packed, as proto3 writers do.
            (1, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    dimension(&mut shape, number(&mut packed)?)?;
                }
            }
            (2, Value::Number(code)) => kind = code,
            // float_data, packed, is the same as raw_data: both little-endian.
            (4 | 9, Value::Bytes(bytes)) => data = bytes,
            (8, Value::Bytes(bytes)) => {
                name = std::str::from_utf8(bytes).map_err(|_| wrong("a name is not UTF-8"))?;
            }
            (14, Value::Number(1)) => return Err(wrong("a tensor is kept in another file")),
            _ => {}
        }
        Ok(())
    })?;
    if kind != FLOAT {
        return Err(wrong(format!("tensor `{name}` has values of type {kind}, not f32 (1)")));
    }
    let count = shape.iter().try_fold(4usize, |count, side| count.checked_mul(*side));
    if count != Some(data.len()) {
        let held = data.len();
        return Err(wrong(format!("tensor `{name}` holds {held} bytes for shape {shape:?}")));
    }
    Ok(Initialiser { name, shape, data })
}

fn dimension(shape: &mut Vec<usize>, size: u64) -> Result<()> {
    let size = usize::try_from(size).map_err(|_| wrong("a dimension is too large"))?;
    if shape.len() >= MOST_DIMENSIONS {
        return Err(wrong("a tensor has too many dimensions"));
    }
    shape.push(size);
    Ok(())
}

/// What a field holds, as far as it is of use here.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Eight or four bytes.
    Fixed,
}

/// Calls `with` for every field of a message.
fn each<'a>(
    mut message: &'a [u8],
    mut with: impl FnMut(u64, Value<'a>) -> Result<()>,
) -> Result<()> {
    let rest = &mut message;
    while !rest.is_empty() {
        let tag = number(rest)?;
        let value = match tag & 7 {
            0 => Value::Number(number(rest)?),
            1 => take(rest, 8).map(|_| Value::Fixed)?,
            2 => {
                let length = number(rest)?;
                Value::Bytes(take(rest, usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            5 => take(rest, 4).map(|_| Value::Fixed)?,
            other => return Err(wrong(format!("wire type {other}"))),
        };
        with(tag >> 3, value)?;
    }
    Ok(())
}

/// A varint: seven bits a byte, lowest first, at most ten bytes.
fn number(rest: &mut &[u8]) -> Result<u64> {
    let mut out = 0u64;
    for place in 0..10 {
        let byte = *take(rest, 1)?.first().ok_or_else(|| wrong("it is cut off"))?;
        out |= u64::from(byte & 0x7f).checked_shl(7 * place).unwrap_or(0);
        if byte < 0x80 {
            return Ok(out);
        }
    }
    Err(wrong("a number has more than ten bytes"))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count).ok_or_else(|| wrong("it is cut off"))?;
    *rest = left;
    Ok(taken)
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::malformed("ONNX", reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(bytes);
        out
    }

    fn model(tensor: &[u8]) -> Vec<u8> {
        let node = field(1, b"a node, which is stepped over");
        let graph = [node, field(5, tensor)].concat();
        // ir_version 8, a 64-bit and a 32-bit field nobody knows, the graph.
        [vec![8, 8, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4], field(7, &graph)].concat()
    }

    fn two_by_three(values: &[u8], data_field: u8) -> Vec<u8> {
        [vec![8, 2, 8, 3, 16, 1], field(8, b"weight"), field(data_field, values)].concat()
    }

    fn values() -> Vec<u8> {
        (0..6).flat_map(|v| (v as f32 - 2.5).to_le_bytes()).collect()
    }

    #[test]
    fn initialisers_are_read_in_every_spelling() {
        for data_field in [9, 4] {
            let file = model(&two_by_three(&values(), data_field));
            let found = initialisers(&file).unwrap();
            assert_eq!((found[0].name, &found[0].shape[..]), ("weight", &[2, 3][..]));
            assert_eq!(found[0].data, values());
        }
        let packed = [vec![0x0a, 3, 2, 0x83, 0, 16, 1], field(9, &values())].concat();
        assert_eq!(initialisers(&model(&packed)).unwrap()[0].shape, [2, 3]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let good = two_by_three(&values(), 9);
        let said = |tensor: &[u8]| initialisers(&model(tensor)).unwrap_err().to_string();
        assert!(said(&two_by_three(&values()[4..], 9)).contains("20 bytes"));
        assert!(said(&[&good[..], &[16, 7]].concat()).contains("type 7"));
        assert!(said(&[&good[..], &[14 << 3, 1]].concat()).contains("another file"));
        assert!(said(&[&[8, 2].repeat(9)[..], &good[..]].concat()).contains("dimensions"));
        let huge = [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert!(said(&[&huge[..], &good[..]].concat()).contains("bytes for shape"));
        assert!(initialisers(b"").is_err() && initialisers(&[0xff; 12]).is_err());
    }

    #[test]
    fn no_cut_and_no_flipped_byte_does_more_than_fail() {
        let file = model(&two_by_three(&values(), 9));
        for at in 0..file.len() {
            let _ = initialisers(&file[..at]);
            for bit in 0..8 {
                let mut other = file.clone();
                other[at] ^= 1 << bit;
                for tensor in initialisers(&other).unwrap_or_default() {
                    assert_eq!(tensor.data.len(), 4 * tensor.shape.iter().product::<usize>());
                }
            }
        }
    }
}
