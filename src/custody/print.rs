//! The print of a file: its size, its digests, and digests of its pieces, so
//! that a change can be told and also placed.

use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512};

use crate::{Error, Result};

/// The smallest piece in bytes: what a disk and its caches handle as one.
const SMALLEST: u64 = 4096;
/// Most pieces: a line of the log stays readable.
const MOST: usize = 64;
/// Hexadecimal digits kept of the digest of a piece. Pieces only say where;
/// whether anything changed is what the whole digests say.
const DIGITS: usize = 16;

/// What a file was when it was logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// Where in the case, with `/` between folders.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-512, lower-case hexadecimal.
    pub sha512: String,
    /// Bytes in a piece; the last may be shorter.
    pub piece_bytes: u64,
    /// First digits of the SHA-256 of each piece.
    pub pieces: Vec<String>,
}

/// Digests what it is fed.
pub struct Printer {
    sha256: Sha256,
    sha512: Sha512,
    bytes: u64,
    /// The piece at hand.
    piece: Sha256,
    in_piece: u64,
    /// Digests of the finished pieces of the smallest size: 8 MB for 1 GB.
    done: Vec<[u8; 32]>,
}

impl Printer {
    pub fn new() -> Self {
        Self {
            sha256: Sha256::new(),
            sha512: Sha512::new(),
            bytes: 0,
            piece: Sha256::new(),
            in_piece: 0,
            done: Vec::new(),
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        self.bytes += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = usize::try_from(SMALLEST - self.in_piece).unwrap_or(rest.len());
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.piece.update(now);
            self.in_piece += now.len() as u64;
            if self.in_piece == SMALLEST {
                self.done.push(self.piece.finalize_reset().into());
                self.in_piece = 0;
            }
            rest = later;
        }
    }

    pub fn finish(mut self, path: &str) -> Print {
        if self.in_piece > 0 {
            self.done.push(self.piece.finalize_reset().into());
        }
        // Pieces double until they are few: a piece is the digest of the
        // digests of the smallest ones in it.
        let mut per = 1;
        while self.done.len().div_ceil(per) > MOST {
            per *= 2;
        }
        Print {
            path: path.to_owned(),
            bytes: self.bytes,
            sha256: hex(&self.sha256.finalize()),
            sha512: hex(&self.sha512.finalize()),
            piece_bytes: SMALLEST * per as u64,
            pieces: self.done.chunks(per).map(|group| short(&group.concat())).collect(),
        }
    }
}

impl Print {
    /// The print of everything that `from` gives.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read.
    pub fn of(from: &mut dyn Read, path: &str) -> Result<Self> {
        let mut printer = Printer::new();
        let mut block = vec![0; 1 << 18];
        loop {
            match from.read(&mut block) {
                Ok(0) => return Ok(printer.finish(path)),
                Ok(read) => printer.feed(block.get(..read).unwrap_or_default()),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::io(path, e)),
            }
        }
    }

    /// The first bytes (from, to) in which `now` differs; `None` when both
    /// digests agree.
    pub fn differs(&self, now: &Self) -> Option<(u64, u64)> {
        if self.sha256 == now.sha256 && self.sha512 == now.sha512 && self.bytes == now.bytes {
            return None;
        }
        let end = self.bytes.max(now.bytes);
        if self.piece_bytes != now.piece_bytes {
            // Another size by far; where it starts to differ cannot be told.
            return Some((0, end));
        }
        let same = self.pieces.iter().zip(&now.pieces).take_while(|(a, b)| a == b).count() as u64;
        let from = same * self.piece_bytes;
        Some((from.min(end), (from + self.piece_bytes).min(end).max(from.min(end))))
    }
}

fn short(digests: &[u8]) -> String {
    let mut text = hex(&Sha256::digest(digests));
    text.truncate(DIGITS);
    text
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of `bytes`, lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
