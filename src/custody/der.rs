//! Reading and writing the little of DER (ITU-T X.690, 10) that time stamps
//! need. Strict: definite lengths in their shortest form, nothing left over.

use crate::{Error, Result};

pub const INTEGER: u8 = 0x02;
pub const BOOLEAN: u8 = 0x01;
pub const OCTETS: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
/// `[0]`, primitive.
pub const IMPLICIT_0: u8 = 0x80;
/// `[1]`, constructed.
pub const EXPLICIT_1: u8 = 0xa1;
/// `[0]`, constructed.
pub const EXPLICIT_0: u8 = 0xa0;

/// What remains to be read of one constructed value.
#[derive(Clone, Copy, Debug)]
pub struct Der<'a>(pub &'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have `tag`.
    pub fn take(&mut self, tag: u8) -> Result<&'a [u8]> {
        let (found, content) = self.any()?;
        if found == tag {
            Ok(content)
        } else {
            Err(malformed(format!("tag {found:02x} where {tag:02x} should be")))
        }
    }

    /// As [`Der::take`], for a constructed value.
    pub fn enter(&mut self, tag: u8) -> Result<Self> {
        self.take(tag).map(Der)
    }

    /// The next value as it stands, tag and length included.
    pub fn whole(&mut self) -> Result<&'a [u8]> {
        let before = self.0;
        self.any()?;
        Ok(before.get(..before.len() - self.0.len()).unwrap_or_default())
    }

    /// Tag of the next value, if there is one.
    pub fn next(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Tag and content of the next value.
    pub fn any(&mut self) -> Result<(u8, &'a [u8])> {
        let short = || malformed("it ends in the middle of a value");
        let (&tag, rest) = self.0.split_first().ok_or_else(short)?;
        if tag & 0x1f == 0x1f {
            return Err(malformed("a tag of more than one byte"));
        }
        let (&first, mut rest) = rest.split_first().ok_or_else(short)?;
        let mut length = usize::from(first & 0x7f);
        if first & 0x80 != 0 {
            let (digits, after) = rest.split_at_checked(length).ok_or_else(short)?;
            // Four bytes hold lengths of 4 GiB; a token has kilobytes.
            if digits.is_empty() || digits.len() > 4 || digits.first() == Some(&0) {
                return Err(malformed("a length not in its shortest form"));
            }
            length = digits.iter().fold(0, |n, d| (n << 8) | usize::from(*d));
            if length < 0x80 {
                return Err(malformed("a length not in its shortest form"));
            }
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length).ok_or_else(short)?;
        self.0 = after;
        Ok((tag, content))
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed("bytes after the last value")) }
    }
}

/// A value with `tag` and `content`.
pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let digits: Vec<u8> =
            length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
        out.push(0x80 | digits.len() as u8);
        out.extend(digits);
    }
    out.extend(content);
    out
}

pub fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("DER", reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_laxer() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let bytes = value(OCTETS, &content);
            let mut der = Der(&bytes);
            assert_eq!(der.take(OCTETS).unwrap(), content);
            der.end().unwrap();
            assert!(Der(bytes.get(..bytes.len() - 1).unwrap()).any().is_err());
        }
        // 0x81 0x05 is BER; 0x80 is an indefinite length; a wrong tag.
        assert!(Der(&[4, 0x81, 5, 1, 2, 3, 4, 5]).any().is_err());
        assert!(Der(&[0x30, 0x80, 0, 0]).any().is_err());
        assert!(Der(&[4, 1, 9]).take(INTEGER).is_err());
        assert!(Der(&[0x1f, 1, 9]).any().is_err());
    }
}
