//! HDF5 files as Keras writes weights: groups, and arrays of floating-point
//! numbers. Read with the `hdf5-reader` crate; here stand only the limits and
//! what is taken: links to other files are not followed, no object is visited
//! twice, and arrays of other things (counters, text) are passed over.

use std::collections::HashSet;

use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Datatype, Hdf5File, OpenOptions};

use super::checkpoint::{Array, Budget, Checkpoint, Element, MAX_ARRAYS, MAX_NAME};
use crate::{Error, Result};

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Deepest nesting of groups; Keras nests three, its newer files six.
const MAX_DEPTH: usize = 16;

/// Whether `bytes` begin as an HDF5 file.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

fn wrong(reason: impl ToString) -> Error {
    Error::malformed("HDF5", reason.to_string())
}

/// All arrays of a file; their names are the paths of groups, joined with `/`.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Limit`].
pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
    // Compressed arrays may be larger than the file, by as much as the budget
    // allows; a chunk is never larger than its array in an honest file.
    let most = bytes.len().saturating_mul(16);
    let options = OpenOptions::default()
        .with_max_read_bytes(most)
        .with_max_chunk_bytes(most)
        .with_chunk_cache_bytes(0);
    let file = Hdf5File::from_bytes_with_options(bytes, options).map_err(wrong)?;
    let mut reading = Reading {
        checkpoint: Checkpoint { format: "HDF5 (Keras)", ..Checkpoint::default() },
        budget: Budget::of(bytes.len()),
        seen: HashSet::new(),
    };
    reading.group(&file.root_group().map_err(wrong)?, "", 0)?;
    Ok(reading.checkpoint)
}

struct Reading {
    checkpoint: Checkpoint,
    budget: Budget,
    /// Addresses of the groups and arrays that were visited.
    seen: HashSet<u64>,
}

impl Reading {
    fn visit(&mut self, address: u64) -> Result<()> {
        if !self.seen.insert(address) {
            return Err(wrong(format!("the object at {address} is reached twice")));
        }
        if self.seen.len() > MAX_ARRAYS {
            return Err(Error::Limit { what: "objects".into(), limit: MAX_ARRAYS as u64 });
        }
        Ok(())
    }

    fn group(&mut self, group: &Group, path: &str, depth: usize) -> Result<()> {
        self.visit(group.address())?;
        if depth > MAX_DEPTH {
            return Err(Error::Limit { what: "nesting of groups".into(), limit: MAX_DEPTH as u64 });
        }
        let (groups, arrays) = group.members().map_err(wrong)?;
        for array in &arrays {
            self.visit(array.address())?;
            if let Some(element) = float(array.dtype()) {
                let name = join(path, array.name())?;
                let array = self.array(array, element)?;
                self.checkpoint.arrays.insert(name, array);
            }
        }
        groups.iter().try_for_each(|child| {
            let path = join(path, child.name())?;
            self.group(child, &path, depth + 1)
        })
    }

    fn array(&mut self, array: &Dataset, element: Element) -> Result<Array> {
        let shape = array.shape().iter().map(|axis| usize::try_from(*axis).map_err(wrong));
        let shape = shape.collect::<Result<Vec<_>>>()?;
        let count = self.budget.take(&shape)?;
        let mut stored = array.read_native_bytes().map_err(wrong)?;
        if cfg!(target_endian = "big") {
            stored.chunks_exact_mut(element.bytes()).for_each(<[u8]>::reverse);
        }
        let values = element.decode(&stored);
        if values.len() != count {
            return Err(wrong(format!("{} numbers in an array of {shape:?}", values.len())));
        }
        Ok(Array { shape, values })
    }
}

fn float(datatype: &Datatype) -> Option<Element> {
    match datatype {
        Datatype::FloatingPoint { size: 2, .. } => Some(Element::F16),
        Datatype::FloatingPoint { size: 4, .. } => Some(Element::F32),
        Datatype::FloatingPoint { size: 8, .. } => Some(Element::F64),
        _ => None,
    }
}

/// A path of groups, one step on.
fn join(path: &str, name: &str) -> Result<String> {
    let name = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    if name.len() > MAX_NAME {
        return Err(Error::Limit { what: "a name".into(), limit: MAX_NAME as u64 });
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
