//! FlatBuffers, read defensively: every offset is checked against the file,
//! nothing is allocated, and nothing panics whatever the bytes are.
//!
//! Format: the FlatBuffers documentation, "Internals". A table starts with a
//! signed offset *back* to its vtable; the vtable holds the offset of each
//! field in the table, 0 for a field that is left out.

use crate::{Error, Result};

/// The file being read.
#[derive(Clone, Copy)]
pub struct Flatbuffer<'a> {
    bytes: &'a [u8],
    format: &'static str,
}

/// A table inside it.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    file: Flatbuffer<'a>,
    /// Where the table starts.
    start: usize,
    /// Where its vtable starts, and how many bytes that has.
    vtable: (usize, usize),
}

/// A vector of tables, or of 32-bit numbers.
#[derive(Clone, Copy)]
pub struct Vector<'a> {
    file: Flatbuffer<'a>,
    /// Where the first element starts.
    start: usize,
    length: usize,
}

impl<'a> Flatbuffer<'a> {
    /// Look at `bytes` as a file of `format` (named in errors).
    pub fn new(bytes: &'a [u8], format: &'static str) -> Self {
        Self { bytes, format }
    }

    /// The table at the root of the file, which must carry `identifier`.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn root(self, identifier: &[u8; 4]) -> Result<Table<'a>> {
        if self.bytes.get(4..8) != Some(identifier) {
            let expected = String::from_utf8_lossy(identifier);
            return Err(self.wrong(format!("the identifier is not {expected}")));
        }
        Table::at(self, self.follow(0)?)
    }

    /// An error about this file.
    pub fn wrong(&self, reason: impl Into<String>) -> Error {
        Error::malformed(self.format, reason)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        self.slice(at, N)?.try_into().map_err(|_| self.wrong("an offset leads nowhere"))
    }

    fn slice(&self, at: usize, length: usize) -> Result<&'a [u8]> {
        let end = at.checked_add(length);
        end.and_then(|end| self.bytes.get(at..end)).ok_or_else(|| {
            self.wrong(format!(
                "{length} bytes at {at} lie outside the file of {} bytes",
                self.bytes.len()
            ))
        })
    }

    /// Where the unsigned offset stored at `at` leads.
    fn follow(&self, at: usize) -> Result<usize> {
        let offset = u32::from_le_bytes(self.array(at)?) as usize;
        // Offsets of zero would lead back to themselves.
        if offset == 0 {
            return Err(self.wrong(format!("the offset at {at} is zero")));
        }
        at.checked_add(offset).ok_or_else(|| self.wrong(format!("the offset at {at} is too large")))
    }

    /// Where the elements of the vector at `at` start, and how many there are;
    /// all of them lie inside the file.
    fn vector(&self, at: usize, size: usize) -> Result<(usize, usize)> {
        let length = u32::from_le_bytes(self.array(at)?) as usize;
        let start = at + 4; // cannot overflow: `array` has read there
        self.slice(start, length.saturating_mul(size))?;
        Ok((start, length))
    }
}

impl<'a> Table<'a> {
    fn at(file: Flatbuffer<'a>, start: usize) -> Result<Self> {
        let back = i32::from_le_bytes(file.array(start)?);
        let vtable = i64::try_from(start).ok().and_then(|start| start.checked_sub(back.into()));
        let vtable = vtable.and_then(|at| usize::try_from(at).ok());
        let vtable = vtable.ok_or_else(|| file.wrong(format!("table at {start}: no vtable")))?;
        let length = u16::from_le_bytes(file.array(vtable)?) as usize;
        if length < 4 {
            return Err(file.wrong(format!("the vtable at {vtable} has {length} bytes")));
        }
        file.slice(vtable, length)?;
        Ok(Self { file, start, vtable: (vtable, length) })
    }

    /// Where field `index` lies; `None` when it is left out.
    fn field(&self, index: usize) -> Result<Option<usize>> {
        let (vtable, length) = self.vtable;
        let entry = 4 + 2 * index;
        if entry + 2 > length {
            return Ok(None);
        }
        match u16::from_le_bytes(self.file.array(vtable + entry)?) {
            0 => Ok(None),
            offset => Ok(self.start.checked_add(offset.into())),
        }
    }

    /// Field `index` as a byte.
    ///
    /// # Errors
    /// [`Error::Malformed`], as for every reader below.
    pub fn u8(&self, index: usize, default: u8) -> Result<u8> {
        let Some(at) = self.field(index)? else { return Ok(default) };
        Ok(u8::from_le_bytes(self.file.array(at)?))
    }

    /// Field `index` as a signed 32-bit number.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn i32(&self, index: usize, default: i32) -> Result<i32> {
        let Some(at) = self.field(index)? else { return Ok(default) };
        Ok(i32::from_le_bytes(self.file.array(at)?))
    }

    /// Field `index` as an unsigned 32-bit number.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn u32(&self, index: usize, default: u32) -> Result<u32> {
        let Some(at) = self.field(index)? else { return Ok(default) };
        Ok(u32::from_le_bytes(self.file.array(at)?))
    }

    /// Field `index` as a table.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn table(&self, index: usize) -> Result<Option<Table<'a>>> {
        let Some(at) = self.field(index)? else { return Ok(None) };
        Table::at(self.file, self.file.follow(at)?).map(Some)
    }

    /// Field `index` as a vector of tables or 32-bit numbers, of at most
    /// `limit` elements; empty when it is left out.
    ///
    /// # Errors
    /// See [`Self::u8`]; [`Error::Limit`] for a longer one.
    pub fn vector(&self, index: usize, what: &str, limit: usize) -> Result<Vector<'a>> {
        let Some(at) = self.field(index)? else {
            return Ok(Vector { file: self.file, start: 0, length: 0 });
        };
        let (start, length) = self.file.vector(self.file.follow(at)?, 4)?;
        if length > limit {
            return Err(Error::Limit { what: format!("{length} {what}"), limit: limit as u64 });
        }
        Ok(Vector { file: self.file, start, length })
    }

    /// Field `index` as bytes; empty when it is left out.
    ///
    /// # Errors
    /// See [`Self::u8`].
    pub fn bytes(&self, index: usize) -> Result<&'a [u8]> {
        let Some(at) = self.field(index)? else { return Ok(&[]) };
        let (start, length) = self.file.vector(self.file.follow(at)?, 1)?;
        self.file.slice(start, length)
    }

    /// Field `index` as text of at most `limit` bytes; empty when it is left out.
    ///
    /// # Errors
    /// See [`Self::u8`]; [`Error::Limit`] for a longer one.
    pub fn text(&self, index: usize, limit: usize) -> Result<&'a str> {
        let bytes = self.bytes(index)?;
        if bytes.len() > limit {
            let what = format!("a name of {} bytes", bytes.len());
            return Err(Error::Limit { what, limit: limit as u64 });
        }
        std::str::from_utf8(bytes).map_err(|_| self.file.wrong("a name is not UTF-8"))
    }
}

impl<'a> Vector<'a> {
    /// Its tables, each checked as it is reached.
    pub fn tables(self) -> impl Iterator<Item = Result<Table<'a>>> {
        (0..self.length)
            .map(move |index| Table::at(self.file, self.file.follow(self.start + 4 * index)?))
    }

    /// Its numbers.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn numbers(self) -> Result<Vec<i32>> {
        let read = |index| Ok(i32::from_le_bytes(self.file.array(self.start + 4 * index)?));
        (0..self.length).map(read).collect()
    }
}
