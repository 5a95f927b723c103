//! The file as ffmpeg gets to read it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// First bytes of a PNG file (ISO/IEC 15948, 5.2).
const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Chunks with compressed text or a colour profile. ffmpeg inflates them
/// without a bound whenever it decodes the picture: a file of 2 MB can take
/// gigabytes. None has a part in the pixels.
const INFLATED: [[u8; 4]; 3] = [*b"zTXt", *b"iTXt", *b"iCCP"];

/// What their type is replaced with: ancillary, private, so to be skipped by
/// any decoder that does not know it (ISO/IEC 15948, 5.4).
const SKIPPED: [u8; 4] = *b"skIP";

/// A file in which a PNG's compressed ancillary chunks go by another name.
/// Lengths and offsets stay, and so do all bytes of other formats.
pub(crate) struct Feed<S = File> {
    source: S,
    at: u64,
    /// In a PNG, where the first chunk begins of which the type may still be
    /// at or behind `at`.
    chunk: Option<u64>,
}

impl<S: Read + Seek> Feed<S> {
    /// Reads `source` from its start.
    pub(crate) fn new(mut source: S) -> io::Result<Self> {
        source.rewind()?;
        let mut head = Vec::new();
        source.by_ref().take(8).read_to_end(&mut head)?;
        source.rewind()?;
        Ok(Self { source, at: 0, chunk: (head == SIGNATURE).then_some(8) })
    }

    /// The length and type of the chunk at `chunk`, or as much as there is of
    /// them; `block` holds the bytes from `at` on.
    fn header(&mut self, chunk: u64, at: u64, block: &[u8]) -> io::Result<Option<[u8; 8]>> {
        let inside = chunk.checked_sub(at).and_then(|skip| usize::try_from(skip).ok());
        if let Some(found) = inside.and_then(|skip| block.get(skip..)?.first_chunk()) {
            return Ok(Some(*found));
        }
        self.source.seek(SeekFrom::Start(chunk))?;
        let mut head = Vec::new();
        self.source.by_ref().take(8).read_to_end(&mut head)?;
        Ok(head.first_chunk().copied())
    }

    /// Renames the chunks whose type lies, wholly or in part, in `block`,
    /// which holds the bytes from `at` on.
    fn rename(&mut self, mut chunk: u64, at: u64, block: &mut [u8]) -> io::Result<u64> {
        let end = at + block.len() as u64;
        while chunk < end {
            let Some(head) = self.header(chunk, at, block)? else { break };
            if head == SIGNATURE {
                // One picture behind another.
                chunk += 8;
                continue;
            }
            let [a, b, c, d, kind @ ..] = head;
            if INFLATED.contains(&kind) {
                for (place, byte) in (chunk + 4..chunk + 8).zip(SKIPPED) {
                    let inside = place.checked_sub(at).and_then(|skip| usize::try_from(skip).ok());
                    if let Some(found) = inside.and_then(|skip| block.get_mut(skip)) {
                        *found = byte;
                    }
                }
            }
            if chunk + 8 > end {
                // The rest of its type comes with the next block.
                break;
            }
            chunk += 12 + u64::from(u32::from_be_bytes([a, b, c, d]));
        }
        Ok(chunk)
    }
}

impl<S: Read + Seek> Read for Feed<S> {
    fn read(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let at = self.at;
        // Another handle on the same open file moves the place they share.
        self.source.seek(SeekFrom::Start(at))?;
        let count = self.source.read(block)?;
        self.at += count as u64;
        if let (Some(chunk), Some(block)) = (self.chunk, block.get_mut(..count)) {
            self.chunk = Some(self.rename(chunk, at, block)?);
            self.source.seek(SeekFrom::Start(self.at))?;
        }
        Ok(count)
    }
}

impl<S: Read + Seek> Seek for Feed<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.source.seek(to)?;
        if at < self.at && self.chunk.is_some() {
            // Chunks can only be found from the front.
            self.chunk = Some(8);
        }
        self.at = at;
        Ok(at)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn png(kinds: &[&[u8; 4]]) -> Vec<u8> {
        let mut out = SIGNATURE.to_vec();
        for (length, kind) in kinds.iter().enumerate() {
            out.extend((length as u32 * 5).to_be_bytes());
            out.extend(*kind);
            // The name of a chunk inside a chunk is none.
            out.extend(b"zTXtzTXtzTXtzTXtzTXtzTXtzTXtzTXt".iter().cycle().take(length * 5 + 4));
        }
        out
    }

    #[test]
    fn only_compressed_ancillary_chunks_are_renamed_however_it_is_read() {
        let given = png(&[b"IHDR", b"zTXt", b"tEXt", b"iCCP", b"IDAT", b"iTXt", b"IEND"]);
        let wanted = png(&[b"IHDR", b"skIP", b"tEXt", b"skIP", b"IDAT", b"skIP", b"IEND"]);
        let twice = |one: &[u8]| [one, one].concat();
        for (given, wanted) in [(given.clone(), wanted.clone()), (twice(&given), twice(&wanted))] {
            for step in 1..40 {
                let mut feed = Feed::new(io::Cursor::new(&given)).unwrap();
                for from in [0u64, 50, 3, 90] {
                    feed.seek(SeekFrom::Start(from)).unwrap();
                    let mut read: Vec<u8> = Vec::new();
                    let mut block = vec![0; step];
                    loop {
                        match feed.read(&mut block).unwrap() {
                            0 => break,
                            count => read.extend(&block[..count]),
                        }
                    }
                    assert_eq!(read, wanted[from as usize..], "step {step} from {from}");
                }
            }
        }
    }

    #[test]
    fn another_handle_on_the_file_does_not_move_it() {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, b"0123456789").unwrap();
        let mut feed = Feed::new(file.try_clone().unwrap()).unwrap();
        let mut four = [0; 4];
        feed.read_exact(&mut four).unwrap();
        file.rewind().unwrap();
        feed.read_exact(&mut four).unwrap();
        assert_eq!(&four, b"4567");
    }

    #[test]
    fn other_files_and_broken_ones_pass_as_they_are() {
        for given in
            [b"zTXt and more".to_vec(), SIGNATURE.to_vec(), [&SIGNATURE[..], &[255; 9]].concat()]
        {
            let mut read = Vec::<u8>::new();
            Feed::new(io::Cursor::new(&given)).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, given);
        }
    }
}
