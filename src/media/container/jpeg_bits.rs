//! Huffman codes and the bits of a JPEG scan (ITU-T T.81, annexes C and F).

/// Codes up to this length are found by one look into a table.
const FAST: u32 = 9;
/// Longest code of the standard.
const LONGEST: u32 = 16;

/// A Huffman table ready for decoding.
pub(super) struct Codes {
    /// For each `FAST` bits: length << 8 | symbol; 0 where the code is longer.
    fast: Vec<u16>,
    /// For each length: the first code beyond those of this length, shifted to
    /// the top of 16 bits.
    beyond: [u32; LONGEST as usize + 1],
    /// For each length: what to add to a code to get its place in `symbols`.
    offset: [i32; LONGEST as usize + 1],
    symbols: Vec<u8>,
}

impl Codes {
    /// Of how many codes there are of each length from 1 to 16, and their
    /// symbols. `None` when the lengths do not make a prefix code.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut out = Self {
            fast: vec![0; 1 << FAST],
            beyond: [0; LONGEST as usize + 1],
            offset: [0; LONGEST as usize + 1],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0u32, 0usize);
        for (length, &count) in (1..=LONGEST).zip(counts) {
            out.offset[length as usize] = place as i32 - code as i32;
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                let &symbol = symbols.get(place)?;
                if length <= FAST {
                    let first = (code << (FAST - length)) as usize;
                    let entry = (length as u16) << 8 | u16::from(symbol);
                    out.fast.get_mut(first..first + (1 << (FAST - length)))?.fill(entry);
                }
                code += 1;
                place += 1;
            }
            out.beyond[length as usize] = code << (LONGEST - length);
            code <<= 1;
        }
        Some(out)
    }
}

/// The bits of a scan, with stuffed zeros taken out; stops at a marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    /// Bits made up after the end of the data.
    invented: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, held: 0, count: 0, invented: 0 }
    }

    /// Where reading stopped: at a marker, or the end.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Whether bits were used that are not in the file.
    pub(super) fn overrun(&self) -> bool {
        self.invented > self.count
    }

    /// Steps over a restart marker; `false` when there is none.
    pub(super) fn restart(&mut self) -> bool {
        (self.held, self.count, self.invented) = (0, 0, 0);
        while let (Some(0xff), Some(0xff)) = (self.bytes.get(self.at), self.bytes.get(self.at + 1))
        {
            self.at += 1;
        }
        match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
            (Some(0xff), Some(0xd0..=0xd7)) => {
                self.at += 2;
                true
            }
            _ => false,
        }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.bytes.get(self.at) {
                Some(0xff) => match self.bytes.get(self.at + 1) {
                    Some(0) => {
                        self.at += 2;
                        Some(0xff)
                    }
                    _ => None,
                },
                Some(&byte) => {
                    self.at += 1;
                    Some(byte)
                }
                None => None,
            };
            if byte.is_none() {
                self.invented = self.invented.saturating_add(8);
            }
            self.held = self.held << 8 | u64::from(byte.unwrap_or(0));
            self.count += 8;
        }
    }

    /// The next `n` ≤ 16 bits.
    pub(super) fn take(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        if self.count < n {
            self.fill();
        }
        self.count -= n;
        (self.held >> self.count) as u32 & ((1 << n) - 1)
    }

    /// A signed number of `n` bits (T.81, F.2.2.1, EXTEND).
    pub(super) fn signed(&mut self, n: u32) -> i32 {
        let n = n.min(15);
        let value = self.take(n) as i32;
        if n > 0 && value < 1 << (n - 1) { value - (1 << n) + 1 } else { value }
    }

    /// The next symbol; `None` for bits that are no code.
    pub(super) fn symbol(&mut self, codes: &Codes) -> Option<u8> {
        if self.count < LONGEST {
            self.fill();
        }
        let entry = codes.fast[(self.held >> (self.count - FAST)) as usize & ((1 << FAST) - 1)];
        if entry != 0 {
            self.count -= u32::from(entry >> 8);
            return Some(entry as u8);
        }
        let ahead = (self.held >> (self.count - LONGEST)) as u32 & 0xffff;
        for length in FAST + 1..=LONGEST {
            if ahead < codes.beyond[length as usize] {
                self.count -= length;
                let code = (ahead >> (LONGEST - length)) as i32;
                let place = usize::try_from(code + codes.offset[length as usize]).ok()?;
                return codes.symbols.get(place).copied();
            }
        }
        None
    }
}
