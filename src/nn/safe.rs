//! Safetensors files as checkpoints, of any number format.
//!
//! Format: Hugging Face, `safetensors` (a length, a JSON header, the numbers);
//! its own library checks that tensors lie inside the file and do not overlap.

use safetensors::{Dtype, SafeTensors};

use super::checkpoint::{Array, Budget, Checkpoint, Element, MAX_NAME};
use crate::{Error, Result};

/// Whether `bytes` begin as such a file: a header's length, then `{`.
pub fn is(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| length < bytes.len() as u64) && bytes.get(8) == Some(&b'{')
}

/// All tensors of a file.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Limit`].
pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
    let wrong = |reason: String| Error::malformed("safetensors", reason);
    let file = SafeTensors::deserialize(bytes).map_err(|error| wrong(error.to_string()))?;
    let mut checkpoint = Checkpoint { format: "safetensors", ..Checkpoint::default() };
    let mut budget = Budget::of(bytes.len());
    for (name, tensor) in file.tensors() {
        if name.len() > MAX_NAME {
            return Err(wrong("a name is too long".into()));
        }
        let element = match tensor.dtype() {
            Dtype::F64 => Element::F64,
            Dtype::F32 => Element::F32,
            Dtype::F16 => Element::F16,
            Dtype::BF16 => Element::Bf16,
            Dtype::I64 => Element::I64,
            Dtype::I32 => Element::I32,
            Dtype::I16 => Element::I16,
            Dtype::I8 => Element::I8,
            Dtype::U8 | Dtype::BOOL => Element::U8,
            other => return Err(wrong(format!("{name} has numbers of type {other:?}"))),
        };
        budget.take(tensor.shape())?;
        let (shape, values) = (tensor.shape().to_vec(), element.decode(tensor.data()));
        checkpoint.arrays.insert(name, Array { shape, values });
    }
    Ok(checkpoint)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn tensors_are_read_and_damage_is_refused() {
        let view = TensorView::new(Dtype::BF16, vec![1, 2], &[0x80, 0x3f, 0, 0x40]).unwrap();
        let bytes = safetensors::serialize([("a.b", view)], None).unwrap();
        assert!(is(&bytes));
        let checkpoint = read(&bytes).unwrap();
        assert_eq!(checkpoint.arrays["a.b"], Array { shape: vec![1, 2], values: vec![1.0, 2.0] });
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err());
        }
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0xff;
            let _ = read(&other);
        }
    }
}
