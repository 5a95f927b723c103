//! HDF5 files as Keras writes weights: groups, and arrays of floating-point
//! numbers in one piece. Chunked or compressed arrays and the newer layout of
//! groups (superblock 2 and 3), which Keras does not use for weights, are
//! refused by name.
//!
//! Format: The HDF Group, "HDF5 File Format Specification Version 3.0",
//! sections II (superblock 0 and 1), III (B-trees, local heaps) and IV (object
//! headers). All addresses are counted from the file's start; every one is
//! checked, no object is visited twice, and only the arrays are copied.

use std::collections::{BTreeMap, HashSet};

use super::checkpoint::{Array, Budget, Checkpoint, Element, MAX_ARRAYS, MAX_AXES, MAX_NAME};
use crate::{Error, Result};

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Most objects, tree nodes and header blocks in a file.
const MAX_VISITS: usize = 100_000;
/// Deepest nesting of groups; Keras nests three.
const MAX_DEPTH: usize = 16;

/// Whether `bytes` begin as an HDF5 file.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::malformed("HDF5", reason)
}

/// A file being read.
struct File<'a> {
    bytes: &'a [u8],
    seen: HashSet<usize>,
    budget: Budget,
    arrays: BTreeMap<String, Array>,
}

/// All arrays of a file; their names are the paths of groups, joined with `/`.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Limit`].
pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
    let budget = Budget::of(bytes.len());
    let mut file = File { bytes, seen: HashSet::new(), budget, arrays: BTreeMap::new() };
    let version = file.number(8, 1)?;
    let root = match version {
        0 => 56,
        1 => 60,
        other => return Err(wrong(format!("superblock {other}, of the newer layout"))),
    };
    if file.number(13, 1)? != 8 || file.number(14, 1)? != 8 {
        return Err(wrong("addresses of other than 8 bytes"));
    }
    if file.number(root - 32, 8)? != 0 {
        return Err(wrong("a base address other than 0"));
    }
    let root = file.address(root + 8)?;
    file.object(root, "", 0)?;
    Ok(Checkpoint { format: "HDF5 (Keras)", arrays: file.arrays, ..Checkpoint::default() })
}

/// What the messages of an object header say.
#[derive(Default)]
struct Object<'a> {
    /// B-tree and heap of a group.
    group: Option<(usize, usize)>,
    shape: Option<Vec<usize>>,
    element: Option<Element>,
    data: Option<&'a [u8]>,
}

impl<'a> File<'a> {
    fn slice(&self, at: usize, length: usize) -> Result<&'a [u8]> {
        at.checked_add(length)
            .and_then(|end| self.bytes.get(at..end))
            .ok_or_else(|| wrong(format!("{length} bytes at {at} lie outside the file")))
    }

    /// A little-endian number of `size` bytes.
    fn number(&self, at: usize, size: usize) -> Result<u64> {
        Ok(little(self.slice(at, size)?))
    }

    fn address(&self, at: usize) -> Result<usize> {
        let address = self.number(at, 8)?;
        usize::try_from(address).map_err(|_| wrong(format!("address {address}")))
    }

    /// Marks what lies at `at` as visited.
    fn visit(&mut self, at: usize) -> Result<()> {
        if !self.seen.insert(at) {
            return Err(wrong(format!("what lies at {at} is reached twice")));
        }
        if self.seen.len() > MAX_VISITS {
            return Err(Error::Limit {
                what: "objects in the file".into(),
                limit: MAX_VISITS as u64,
            });
        }
        Ok(())
    }

    /// The group or array at `at`, called `name`.
    fn object(&mut self, at: usize, name: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::Limit { what: "nesting of groups".into(), limit: MAX_DEPTH as u64 });
        }
        let object = self.header(at)?;
        if let Some((tree, heap)) = object.group {
            for (part, at) in self.members(tree, heap)? {
                let name = if name.is_empty() { part } else { format!("{name}/{part}") };
                if name.len() > MAX_NAME {
                    return Err(Error::Limit { what: "a name".into(), limit: MAX_NAME as u64 });
                }
                self.object(at, &name, depth + 1)?;
            }
            return Ok(());
        }
        // Text and the like is passed over; a matrix that cannot be read is not.
        let (Some(shape), Some(element)) = (object.shape, object.element) else { return Ok(()) };
        let count = self.budget.take(&shape)?;
        let data =
            object.data.ok_or_else(|| wrong(format!("{name} is not stored in one piece")))?;
        let values = element.decode(data);
        if values.len() != count || self.arrays.len() >= MAX_ARRAYS {
            return Err(wrong(format!("{name} has {} numbers for shape {shape:?}", values.len())));
        }
        self.arrays.insert(name.to_owned(), Array { shape, values });
        Ok(())
    }

    /// Object header version 1 (section IV.A.1.a) with its continuations.
    fn header(&mut self, at: usize) -> Result<Object<'a>> {
        if self.number(at, 1)? != 1 {
            return Err(wrong(format!("no object header of version 1 at {at}")));
        }
        let mut object = Object::default();
        let mut blocks =
            vec![(at.saturating_add(16), self.number(at.saturating_add(8), 4)? as usize)];
        while let Some((start, length)) = blocks.pop() {
            self.visit(start)?;
            let mut rest = self.slice(start, length)?;
            while let Some((head, tail)) = rest.split_first_chunk::<8>() {
                let (kind, size) = (little(&head[..2]), little(&head[2..4]) as usize);
                let data = tail.get(..size).ok_or_else(|| wrong("a message is too long"))?;
                rest = tail.get(size..).unwrap_or_default();
                self.message(kind, data, &mut object, &mut blocks)?;
            }
        }
        Ok(object)
    }

    fn message(
        &self,
        kind: u64,
        data: &'a [u8],
        object: &mut Object<'a>,
        blocks: &mut Vec<(usize, usize)>,
    ) -> Result<()> {
        let pair = |data: &[u8]| -> Option<(usize, usize)> {
            let number = |at: usize| usize::try_from(little(data.get(at..at + 8)?)).ok();
            Some((number(0)?, number(8)?))
        };
        let short = || wrong(format!("message {kind} is too short"));
        match kind {
            0x01 => object.shape = Some(dataspace(data)?),
            0x03 => object.element = datatype(data),
            0x08 => object.data = self.layout(data)?,
            0x10 => blocks.push(pair(data).ok_or_else(short)?),
            0x11 => object.group = Some(pair(data).ok_or_else(short)?),
            _ => {}
        }
        Ok(())
    }

    /// Data layout, version 3 (section IV.A.2.i); `None` when in pieces.
    fn layout(&self, data: &'a [u8]) -> Result<Option<&'a [u8]>> {
        let number = |at: usize, size: usize| data.get(at..at + size).map(little);
        match (number(0, 1), number(1, 1)) {
            (Some(3), Some(0)) => {
                let size = number(2, 2).unwrap_or(0) as usize;
                Ok(data.get(4..4 + size))
            }
            (Some(3), Some(1)) => {
                let (Some(at), Some(size)) = (number(2, 8), number(10, 8)) else { return Ok(None) };
                // An array that was never written has no address.
                if at == u64::MAX {
                    return Ok(None);
                }
                let absurd = |_| wrong("an array's place is absurd");
                let at = usize::try_from(at).map_err(absurd)?;
                self.slice(at, usize::try_from(size).map_err(absurd)?).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Names and addresses in a group, from its B-tree (section III.A.1) and
    /// local heap (III.D).
    fn members(&mut self, tree: usize, heap: usize) -> Result<Vec<(String, usize)>> {
        if self.slice(heap, 4)? != b"HEAP" {
            return Err(wrong(format!("no heap at {heap}")));
        }
        let size = self.address(heap.saturating_add(8))?;
        let names = self.slice(self.address(heap.saturating_add(24))?, size)?;
        let (mut nodes, mut members) = (vec![tree], Vec::new());
        while let Some(at) = nodes.pop() {
            self.visit(at)?;
            let count = self.number(at.saturating_add(6), 2)? as usize;
            match self.slice(at, 4)? {
                b"TREE" => {
                    // From the last, so that the first is read first.
                    for index in (0..count).rev() {
                        nodes.push(self.address(at.saturating_add(32 + 16 * index))?);
                    }
                }
                b"SNOD" => {
                    for index in 0..count {
                        let entry = at.saturating_add(8 + 40 * index);
                        let name = names.get(self.address(entry)?..).unwrap_or_default();
                        let end = name.iter().take(MAX_NAME).position(|byte| *byte == 0);
                        let name = end.and_then(|end| std::str::from_utf8(name.get(..end)?).ok());
                        let name = name.ok_or_else(|| wrong("a name without an end"))?;
                        members.push((name.to_owned(), self.address(entry.saturating_add(8))?));
                    }
                }
                _ => return Err(wrong(format!("no node of a group at {at}"))),
            }
        }
        Ok(members)
    }
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Dataspace, versions 1 and 2 (section IV.A.2.b).
fn dataspace(data: &[u8]) -> Result<Vec<usize>> {
    let at = |index: usize| data.get(index).copied().unwrap_or(0);
    let (axes, start) = (usize::from(at(1)), if at(0) == 1 { 8 } else { 4 });
    if axes > MAX_AXES {
        return Err(Error::Limit { what: format!("{axes} axes"), limit: MAX_AXES as u64 });
    }
    (0..axes)
        .map(|axis| {
            let size = data.get(start + 8 * axis..start + 8 * axis + 8).map(little);
            size.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| wrong("an absurd shape"))
        })
        .collect()
}

/// Datatype (section IV.A.2.d): IEEE numbers, little end first; `None` for
/// anything else.
fn datatype(data: &[u8]) -> Option<Element> {
    let (class, bits) = (data.first()? & 0x0f, *data.get(1)?);
    let size = little(data.get(4..8)?);
    let exponent = *data.get(13)?;
    match (class, bits & 1, size, exponent) {
        (1, 0, 2, 5) => Some(Element::F16),
        (1, 0, 4, 8) => Some(Element::F32),
        (1, 0, 8, 11) => Some(Element::F64),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
