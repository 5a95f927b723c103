//! PyTorch checkpoints (`.pth`, `.pt`, `.ckpt`), without PyTorch and without
//! running what is in them.
//!
//! Two layouts. Since 1.6 a zip archive: `…/data.pkl` describes the tensors and
//! `…/data/<key>` holds each storage, uncompressed. Before that ("legacy") five
//! things in a row: three pickles (a magic number, a version, the machine), the
//! pickle of the object, the list of storage keys, and then each storage with
//! its length before it. TorchScript archives and pickled modules are read too,
//! as far as they hold tensors: only names and numbers matter here.
//!
//! Formats: PyTorch 2.x, `torch/serialization.py` (`_legacy_save`,
//! `_save`), and `torch/_utils.py` for the rebuilders.

use std::collections::HashMap;
use std::io::Cursor;

use zip::ZipArchive;
use zip::read::ZipFile;

use super::checkpoint::{Array, Budget, Checkpoint, Element, MAX_ARRAYS, MAX_NAME};
use super::pickle::{self, Heap, Value, View};
use crate::{Error, Result};

/// The first pickle of the legacy layout: the number 0x1950a86a20f9469cfc6c.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// Deepest nesting of dictionaries and objects that is searched for tensors;
/// a module within a module counts two.
const MAX_DEPTH: usize = 64;
/// Most values looked at in that search: dictionaries may hold one another.
const MAX_VISITS: usize = 1_000_000;

fn wrong(reason: impl Into<String>) -> Error {
    Error::malformed("PyTorch checkpoint", reason)
}

/// Whether `bytes` are one of the two layouts.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(LEGACY)
}

/// All tensors of a checkpoint.
///
/// # Errors
/// [`Error::Malformed`], [`Error::Limit`].
pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
    let mut heap = Heap::default();
    let (format, root, storages) = if bytes.starts_with(LEGACY) {
        let (root, storages) = legacy(bytes, &mut heap)?;
        ("PyTorch (legacy pickle)", root, storages)
    } else {
        let (root, storages) = zipped(bytes, &mut heap)?;
        ("PyTorch (zip)", root, storages)
    };
    let mut arrays = std::collections::BTreeMap::new();
    let mut budget = Budget::of(bytes.len());
    for (name, view) in named(&heap, root)? {
        let array =
            materialise(&heap, view, &storages, &mut budget).map_err(|error| match error {
                Error::Malformed { format, reason } => {
                    Error::Malformed { format, reason: format!("{name}: {reason}") }
                }
                other => other,
            })?;
        arrays.insert(name, array);
    }
    Ok(Checkpoint { format, arrays, ignored: heap.ignored })
}

/// The bytes of each storage by key.
type Storages<'a> = HashMap<String, &'a [u8]>;

fn zipped<'a>(bytes: &'a [u8], heap: &mut Heap<'a>) -> Result<(Value<'a>, Storages<'a>)> {
    let failed = |error: zip::result::ZipError| wrong(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
    let mut inside = HashMap::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(failed)?;
        // Everything lies in one folder, whose name does not matter.
        let Some((_, name)) = file.name().split_once('/') else { continue };
        let (name, entry) = (name.to_owned(), stored(bytes, &file));
        inside.insert(name, entry);
    }
    let entry = |name: &str| inside.get(name).copied().flatten();
    if entry("byteorder").is_some_and(|order| order != b"little") {
        return Err(wrong("its numbers are big-endian"));
    }
    let program = entry("data.pkl").ok_or_else(|| wrong("the archive has no data.pkl"))?;
    let (root, _) = pickle::read(program, heap)?;
    let storages = inside
        .into_iter()
        .filter_map(|(name, data)| Some((name.strip_prefix("data/")?.to_owned(), data?)))
        .collect();
    Ok((root, storages))
}

/// The bytes of an uncompressed entry, where they lie; PyTorch never compresses.
fn stored<'a>(bytes: &'a [u8], file: &ZipFile<'_, Cursor<&[u8]>>) -> Option<&'a [u8]> {
    if file.compression() != zip::CompressionMethod::Stored {
        return None;
    }
    let start = usize::try_from(file.data_start()).ok()?;
    let length = usize::try_from(file.size()).ok()?;
    bytes.get(start..start.checked_add(length)?)
}

fn legacy<'a>(bytes: &'a [u8], heap: &mut Heap<'a>) -> Result<(Value<'a>, Storages<'a>)> {
    let mut at = 0;
    let mut next = |heap: &mut Heap<'a>| {
        let (value, used) = pickle::read(bytes.get(at..).unwrap_or_default(), heap)?;
        at += used;
        Ok::<_, Error>(value)
    };
    next(heap)?;
    if next(heap)? != Value::Int(1001) {
        return Err(wrong("its version is not 1001"));
    }
    let machine = next(heap)?;
    let root = next(heap)?;
    let keys = next(heap)?;
    if let Value::Dict(about) = machine
        && let Some(about) = heap.dicts.get(about)
        && about.contains(&(Value::Str("little_endian"), Value::Bool(false)))
    {
        return Err(wrong("its numbers are big-endian"));
    }
    let kinds = kinds(heap);
    let mut storages = Storages::new();
    for key in heap.items(keys) {
        let Value::Str(key) = *key else { return Err(wrong("a storage key is no text")) };
        let element = kinds.get(key).ok_or_else(|| wrong(format!("storage {key} has no type")))?;
        let count: [u8; 8] = bytes
            .get(at..at.saturating_add(8))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| wrong(format!("it breaks off before storage {key}")))?;
        let start = at.saturating_add(8);
        let end = usize::try_from(u64::from_le_bytes(count))
            .ok()
            .and_then(|count| count.checked_mul(element.bytes()))
            .and_then(|length| start.checked_add(length));
        let data = end.and_then(|end| bytes.get(start..end));
        let data = data.ok_or_else(|| wrong(format!("it breaks off in storage {key}")))?;
        at = start + data.len();
        storages.insert(key.to_owned(), data);
    }
    Ok((root, storages))
}

/// A storage's key and type, from the persistent id
/// `('storage', class, key, place, length)`.
fn storage<'a>(id: &[Value<'a>]) -> Option<(&'a str, Element)> {
    match id {
        [Value::Str("storage"), Value::Class("torch", class), Value::Str(key), _, _, ..] => {
            Some((key, element(class)?))
        }
        _ => None,
    }
}

fn element(class: &str) -> Option<Element> {
    Some(match class {
        "DoubleStorage" => Element::F64,
        "FloatStorage" => Element::F32,
        "HalfStorage" => Element::F16,
        "BFloat16Storage" => Element::Bf16,
        "LongStorage" => Element::I64,
        "IntStorage" => Element::I32,
        "ShortStorage" => Element::I16,
        "CharStorage" => Element::I8,
        "ByteStorage" | "BoolStorage" => Element::U8,
        _ => return None,
    })
}

/// The type of every storage that the pickles name.
fn kinds(heap: &Heap<'_>) -> HashMap<String, Element> {
    let all = heap.sequences.iter().filter_map(|items| storage(items));
    all.map(|(key, element)| (key.to_owned(), element)).collect()
}

/// Every tensor that can be reached from `root` through dictionaries, lists
/// and the states of objects, with its name.
fn named<'a>(heap: &Heap<'a>, root: Value<'a>) -> Result<Vec<(String, View)>> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), root, 0usize)];
    let mut visits = 0;
    while let Some((name, value, depth)) = waiting.pop() {
        visits += match value {
            Value::Sequence(at) => heap.sequences.get(at).map_or(0, Vec::len),
            Value::Dict(at) => heap.dicts.get(at).map_or(0, Vec::len),
            _ => 1,
        };
        let limit = |what: &str, limit: usize| {
            Err(Error::Limit {
                what: format!("the checkpoint's number of {what}"),
                limit: limit as u64,
            })
        };
        if visits > MAX_VISITS {
            return limit("values", MAX_VISITS);
        }
        if found.len() > MAX_ARRAYS {
            return limit("tensors", MAX_ARRAYS);
        }
        if depth > MAX_DEPTH {
            continue;
        }
        match value {
            Value::Tensor(at) => {
                found.extend(heap.tensors.get(at).map(|view| (name, *view)));
            }
            Value::Sequence(at) => {
                let items = heap.sequences.get(at).map_or(&[][..], Vec::as_slice);
                let within = items.iter().enumerate().filter(|(_, item)| holds(item));
                for (index, item) in within {
                    waiting.push((joined(&name, &index.to_string())?, *item, depth + 1));
                }
            }
            Value::Dict(at) => {
                let pairs = heap.dicts.get(at).map_or(&[][..], Vec::as_slice);
                // From the last, so that of equal keys the later one is kept.
                for (key, item) in pairs.iter().rev().filter(|(_, item)| holds(item)) {
                    let name = match key {
                        Value::Str(key) => joined(&name, key)?,
                        Value::Int(key) => joined(&name, &key.to_string())?,
                        _ => continue,
                    };
                    waiting.push((name, *item, depth + 1));
                }
            }
            Value::Object(at) => {
                if let Some(Some(state)) = heap.objects.get(at) {
                    waiting.push((name, *state, depth + 1));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Whether there may be tensors in it.
fn holds(value: &Value<'_>) -> bool {
    matches!(value, Value::Tensor(_) | Value::Sequence(_) | Value::Dict(_) | Value::Object(_))
}

/// `part` under `name`; the fields in which a pickled module keeps its parts
/// are no names.
fn joined(name: &str, part: &str) -> Result<String> {
    let whole = match (name, part) {
        (name, "_parameters" | "_buffers" | "_modules") => name.to_owned(),
        ("", part) => part.to_owned(),
        (name, part) => format!("{name}.{part}"),
    };
    if whole.len() > MAX_NAME {
        return Err(Error::Limit { what: "the name of a tensor".into(), limit: MAX_NAME as u64 });
    }
    Ok(whole)
}

/// The numbers of a view, in row-major order.
fn materialise(
    heap: &Heap<'_>,
    view: View,
    storages: &Storages<'_>,
    budget: &mut Budget,
) -> Result<Array> {
    let id = heap.sequences.get(view.storage).map_or(&[][..], Vec::as_slice);
    let (key, element) = storage(id).ok_or_else(|| wrong("a storage of unknown type"))?;
    let data = storages.get(key).ok_or_else(|| wrong(format!("storage {key} is missing")))?;
    let (shape, strides) = heap
        .sizes(view.shape)
        .zip(heap.sizes(view.strides))
        .filter(|(shape, strides)| shape.len() == strides.len())
        .ok_or_else(|| wrong("a tensor without a proper shape"))?;
    let offset = usize::try_from(view.offset).map_err(|_| wrong("a negative offset"))?;
    let count = budget.take(&shape)?;
    if count == 0 {
        return Ok(Array { shape, values: Vec::new() });
    }
    let reach = shape.iter().zip(&strides).try_fold(offset, |sum, (axis, stride)| {
        (axis - 1).checked_mul(*stride).and_then(|step| sum.checked_add(step))
    });
    let size = element.bytes();
    if reach.is_none_or(|last| last >= data.len() / size) {
        return Err(wrong(format!("shape {shape:?} reaches beyond its storage")));
    }
    let mut expected = 1;
    let plain = shape.iter().zip(&strides).rev().all(|(axis, stride)| {
        let fits = *axis == 1 || *stride == expected;
        expected *= axis;
        fits
    });
    if plain {
        let here = data.get(offset * size..(offset + count) * size).unwrap_or_default();
        return Ok(Array { shape, values: element.decode(here) });
    }
    let mut values = Vec::with_capacity(count);
    let mut index = vec![0usize; shape.len()];
    for _ in 0..count {
        let at = offset + index.iter().zip(&strides).map(|(i, stride)| i * stride).sum::<usize>();
        values.extend(element.decode(data.get(at * size..(at + 1) * size).unwrap_or_default()));
        for (i, axis) in index.iter_mut().zip(&shape).rev() {
            *i += 1;
            if *i < *axis {
                break;
            }
            *i = 0;
        }
    }
    Ok(Array { shape, values })
}

#[cfg(test)]
mod tests;
