//! What every reader of weights brings: named arrays of numbers.
//!
//! Checkpoints come from strangers, so the readers ([`super::pth`],
//! [`super::pickle`] and the others beside them) borrow from the file's bytes,
//! check every offset, and make no more numbers than the file can hold.

use std::collections::BTreeMap;

use half::{bf16, f16};

use super::{hdf5, pth, safe};
use crate::{Error, Result};

/// Longest name of an array, in bytes.
pub const MAX_NAME: usize = 512;
/// Most arrays in a file; CLIP ViT-L/14 with its text tower has under 700, an
/// optimiser's state three times as many as its network.
pub const MAX_ARRAYS: usize = 100_000;
/// Most axes of an array.
pub const MAX_AXES: usize = 8;

/// Numbers in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis; none for a single number.
    pub shape: Vec<usize>,
    /// The numbers; integers above 2²⁴ and doubles lose precision.
    pub values: Vec<f32>,
}

/// A file of weights.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// What kind of file it was.
    pub format: &'static str,
    /// The arrays by name; nested names are joined with `.`.
    pub arrays: BTreeMap<String, Array>,
    /// Classes and functions that a pickle names and that were passed over:
    /// they are recorded, never looked up, never called.
    pub ignored: Vec<String>,
}

/// A file of weights of any format that this program reads, known by its
/// content.
///
/// # Errors
/// [`Error::Malformed`] for what is none or is damaged; [`Error::Limit`].
pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
    if pth::is(bytes) {
        pth::read(bytes)
    } else if hdf5::is(bytes) {
        hdf5::read(bytes)
    } else if safe::is(bytes) {
        safe::read(bytes)
    } else {
        let known = "it is neither a PyTorch checkpoint nor HDF5 nor safetensors";
        Err(Error::malformed("checkpoint", known))
    }
}

/// How a file stores a number; little-endian throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary16.
    F16,
    /// The upper half of a binary32.
    Bf16,
    /// Signed.
    I64,
    /// Signed.
    I32,
    /// Signed.
    I16,
    /// Signed.
    I8,
    /// Unsigned; also booleans.
    U8,
}

impl Element {
    /// Bytes a number takes.
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }

    /// The numbers in `data`; bytes behind the last whole one are passed over.
    pub fn decode(self, data: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(data: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            data.chunks_exact(N).filter_map(|b| b.try_into().ok()).map(read).collect()
        }
        match self {
            Self::F64 => each(data, |b| f64::from_le_bytes(b) as f32),
            Self::F32 => each(data, f32::from_le_bytes),
            Self::F16 => each(data, |b| f16::from_le_bytes(b).to_f32()),
            Self::Bf16 => each(data, |b| bf16::from_le_bytes(b).to_f32()),
            Self::I64 => each(data, |b| i64::from_le_bytes(b) as f32),
            Self::I32 => each(data, |b| i32::from_le_bytes(b) as f32),
            Self::I16 => each(data, |b| f32::from(i16::from_le_bytes(b))),
            Self::I8 => each(data, |b| f32::from(i8::from_le_bytes(b))),
            Self::U8 => each(data, |[b]| f32::from(b)),
        }
    }
}

/// How many numbers may still be made from a file.
///
/// Views may share their storage, so a small file could ask for any amount;
/// nothing honest asks for more numbers than four times the file's bytes.
#[derive(Debug)]
pub struct Budget(usize);

impl Budget {
    /// For a file of this many bytes.
    pub fn of(bytes: usize) -> Self {
        Self(bytes.saturating_mul(4))
    }

    /// Numbers in an array of `shape`, taken off the budget.
    ///
    /// # Errors
    /// [`Error::Limit`] for too many axes or numbers.
    pub fn take(&mut self, shape: &[usize]) -> Result<usize> {
        let count = shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis));
        let left = count.filter(|_| shape.len() <= MAX_AXES).and_then(|n| self.0.checked_sub(n));
        match (count, left) {
            (Some(count), Some(left)) => {
                self.0 = left;
                Ok(count)
            }
            _ => Err(Error::Limit {
                what: format!("an array of shape {shape:?}"),
                limit: self.0 as u64,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_kind() {
        let halves = [f16::from_f32(-1.5).to_le_bytes(), f16::from_f32(3.0).to_le_bytes()].concat();
        assert_eq!(Element::F16.decode(&halves), [-1.5, 3.0]);
        assert_eq!(Element::Bf16.decode(&[0x80, 0x3f]), [1.0]);
        assert_eq!(Element::F64.decode(&2.5f64.to_le_bytes()), [2.5]);
        assert_eq!(Element::F32.decode(&[0, 0, 0x80, 0x3f, 9]), [1.0]);
        assert_eq!(Element::I64.decode(&(-7i64).to_le_bytes()), [-7.0]);
        assert_eq!(Element::I32.decode(&(-8i32).to_le_bytes()), [-8.0]);
        assert_eq!(Element::I16.decode(&(-9i16).to_le_bytes()), [-9.0]);
        assert_eq!(Element::I8.decode(&[0xff]), [-1.0]);
        assert_eq!(Element::U8.decode(&[0xff]), [255.0]);
        for (element, size) in [(Element::F64, 8), (Element::Bf16, 2), (Element::U8, 1)] {
            assert_eq!(element.bytes(), size);
        }
    }

    #[test]
    fn the_budget_bounds_what_views_may_ask_for() {
        let mut budget = Budget::of(10);
        assert_eq!(budget.take(&[]).ok(), Some(1));
        assert_eq!(budget.take(&[3, 13]).ok(), Some(39));
        assert!(budget.take(&[1]).is_err());
        assert!(Budget::of(usize::MAX).take(&[usize::MAX, 3]).is_err());
        assert!(Budget::of(1000).take(&[1; 9]).is_err());
    }
}
