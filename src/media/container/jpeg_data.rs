//! The quantised cosine coefficients of a JPEG picture's first component, as
//! they stand in the file (ITU-T T.81): sequential and progressive Huffman
//! coding with 8 bits a sample.
//!
//! The libraries that decode JPEG to pixels do not lend these numbers, and
//! transforming the pixels again returns them with errors of rounding; traces
//! of an earlier compression are differences of one step.

use super::jpeg_bits::{Bits, Codes};
use crate::signal::dct::ZIGZAG;
use crate::{Error, Result};

/// Most samples of a picture whose coefficients are kept (two bytes each).
const MOST_SAMPLES: u64 = 1 << 27;
/// Most scans. Programs that tune progressive files write some ten; a hostile
/// file could ask for any number of walks over the picture.
const MOST_SCANS: usize = 100;

/// Quantised coefficients of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Blocks in a row of blocks.
    pub columns: usize,
    /// Rows of blocks.
    pub rows: usize,
    /// Quantisation steps, `8·vertical + horizontal` frequency.
    pub steps: [u16; 64],
    /// Quantised coefficients of each block, row by row, in the order of
    /// `steps`: times its step each is the coefficient of the orthonormal
    /// transform of the samples less 128.
    pub blocks: Vec<[i16; 64]>,
    /// Whether the picture is coded progressively.
    pub progressive: bool,
    /// Whether coded data are missing or damaged: some blocks are zero then.
    pub damaged: bool,
    /// Whether the first component is luma (not red, nor an ink).
    pub luma: bool,
}

/// A component, as the frame header tells it.
#[derive(Clone, Copy, Debug, Default)]
struct Component {
    id: u8,
    h: usize,
    v: usize,
    table: u8,
    /// Blocks that hold picture.
    columns: usize,
    rows: usize,
}

/// A component's part in a scan.
#[derive(Clone, Copy, Default)]
struct Part {
    component: usize,
    dc: usize,
    ac: usize,
}

/// What a scan header tells.
struct Scan {
    parts: Vec<Part>,
    first: usize,
    last: usize,
    high: u32,
    low: u32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    quantisers: [Option<[u16; 64]>; 4],
    dc: [Option<Codes>; 4],
    ac: [Option<Codes>; 4],
    interval: usize,
    components: Vec<Component>,
    /// Units of a scan of all components.
    units: (usize, usize),
    adobe: Option<u8>,
    out: Coefficients,
}

impl Coefficients {
    /// Reads the first picture in `bytes`.
    ///
    /// A picture that breaks off is returned as far as it goes and marked
    /// `damaged`.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the headers contradict the standard or name
    /// a way of coding other than Huffman with 8 bits;
    /// [`Error::Limit`] for more than 2^27 samples.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader {
            bytes,
            quantisers: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            interval: 0,
            components: Vec::new(),
            units: (0, 0),
            adobe: None,
            out: Self {
                width: 0,
                height: 0,
                columns: 0,
                rows: 0,
                steps: [1; 64],
                blocks: Vec::new(),
                progressive: false,
                damaged: false,
                luma: true,
            },
        };
        reader.run()?;
        Ok(reader.out)
    }
}

fn wrong(reason: &str) -> Error {
    Error::malformed("JPEG", reason)
}

impl<'a> Reader<'a> {
    fn run(&mut self) -> Result<()> {
        let bytes = self.bytes;
        if bytes.get(..2) != Some(&[0xff, 0xd8]) {
            return Err(wrong("no start marker"));
        }
        let (mut at, mut scans, mut steps, mut ended) = (2, 0, None, false);
        loop {
            // To the next marker; between segments only fill bytes belong.
            let Some(skip) = bytes.get(at..).and_then(|b| b.iter().position(|&b| b == 0xff)) else {
                break;
            };
            at += skip + 1;
            let Some(&code) = bytes.get(at) else { break };
            match code {
                0xff => continue,
                0 | 1 | 0xd0..=0xd8 => {
                    at += 1;
                    continue;
                }
                0xd9 => {
                    ended = true;
                    break;
                }
                _ => at += 1,
            }
            let Some(&[a, b]) = bytes.get(at..at + 2) else { break };
            let length = usize::from(u16::from_be_bytes([a, b]));
            let Some(body) = bytes.get(at + 2..at + length.max(2)) else { break };
            at += length.max(2);
            match code {
                0xdb => self.quantisers(body),
                0xc4 => self.codes(body)?,
                0xdd => {
                    if let &[a, b, ..] = body {
                        self.interval = usize::from(u16::from_be_bytes([a, b]));
                    }
                }
                0xee => {
                    if let Some(b"Adobe") = body.get(..5) {
                        self.adobe = body.get(11).copied();
                    }
                }
                0xc0..=0xc2 => {
                    if !self.components.is_empty() {
                        return Err(wrong("two frame headers"));
                    }
                    self.out.progressive = code == 0xc2;
                    self.frame(body)?;
                }
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err(wrong("lossless, hierarchical or arithmetic coding"));
                }
                0xda => {
                    scans += 1;
                    if scans > MOST_SCANS {
                        self.out.damaged = true;
                        break;
                    }
                    let scan = self.scan(body)?;
                    let table = self.components.first().map_or(0, |c| usize::from(c.table));
                    // As it stands when the component's first scan begins.
                    if steps.is_none() && scan.parts.iter().any(|part| part.component == 0) {
                        steps = self.quantisers.get(table).copied().flatten();
                    }
                    at = self.decode(&scan, at);
                }
                _ => {}
            }
        }
        if self.components.is_empty() || scans == 0 {
            return Err(wrong("no picture data"));
        }
        // Without an end, refining scans may be missing; a sequential picture
        // is known to be whole by its own data.
        self.out.damaged |= self.out.progressive && !ended;
        self.out.steps = steps.ok_or_else(|| wrong("no quantisation table"))?;
        if self.out.steps.contains(&0) {
            return Err(wrong("a quantisation step of zero"));
        }
        Ok(())
    }

    fn quantisers(&mut self, mut body: &[u8]) {
        while let Some((&head, rest)) = body.split_first() {
            let wide = head >> 4 != 0;
            let Some((values, next)) = rest.split_at_checked(if wide { 128 } else { 64 }) else {
                return;
            };
            let mut steps = [0u16; 64];
            for (k, &place) in ZIGZAG.iter().enumerate() {
                steps[place] = if wide {
                    u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
                } else {
                    u16::from(values[k])
                };
            }
            if let Some(slot) = self.quantisers.get_mut(usize::from(head & 15)) {
                *slot = Some(steps);
            }
            body = next;
        }
    }

    fn codes(&mut self, mut body: &[u8]) -> Result<()> {
        while let Some((&head, rest)) = body.split_first() {
            let Some((counts, rest)) = rest.split_first_chunk::<16>() else { return Ok(()) };
            let total = counts.iter().map(|&c| usize::from(c)).sum();
            let Some((symbols, next)) = rest.split_at_checked(total) else { return Ok(()) };
            let codes =
                Codes::new(counts, symbols).ok_or_else(|| wrong("a false Huffman table"))?;
            let kind = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            if let Some(slot) = kind.get_mut(usize::from(head & 15)) {
                *slot = Some(codes);
            }
            body = next;
        }
        Ok(())
    }

    fn frame(&mut self, body: &[u8]) -> Result<()> {
        let &[bits, h1, h0, w1, w0, count] = body
            .get(..6)
            .and_then(|b| b.first_chunk())
            .ok_or_else(|| wrong("a short frame header"))?;
        let width = usize::from(u16::from_be_bytes([w1, w0]));
        let height = usize::from(u16::from_be_bytes([h1, h0]));
        if bits != 8 {
            return Err(wrong("samples of other than 8 bits"));
        }
        if width == 0 || height == 0 {
            return Err(wrong("no size in the frame header"));
        }
        if width as u64 * height as u64 > MOST_SAMPLES {
            return Err(Error::Limit {
                what: format!("{width}×{height} samples"),
                limit: MOST_SAMPLES,
            });
        }
        let mut components = Vec::new();
        for i in 0..usize::from(count) {
            let Some(&[id, factors, table]) = body.get(6 + 3 * i..9 + 3 * i) else {
                return Err(wrong("a short frame header"));
            };
            let (h, v) = (usize::from(factors >> 4), usize::from(factors & 15));
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) || i >= 4 {
                return Err(wrong("sampling factors or components beyond the standard"));
            }
            components.push(Component { id, h, v, table, columns: 0, rows: 0 });
        }
        let most = |f: fn(&Component) -> usize| components.iter().map(f).max().unwrap_or(1);
        let (h, v) = (most(|c| c.h), most(|c| c.v));
        for c in &mut components {
            c.columns = (width * c.h).div_ceil(8 * h);
            c.rows = (height * c.v).div_ceil(8 * v);
        }
        let first = *components.first().ok_or_else(|| wrong("no components"))?;
        self.units = (width.div_ceil(8 * h), height.div_ceil(8 * v));
        let ids: Vec<u8> = components.iter().map(|c| c.id).collect();
        self.out.luma = match components.len() {
            1 => true,
            3 => self.adobe != Some(0) && ids != *b"RGB",
            4 => self.adobe == Some(2),
            _ => false,
        };
        (self.out.width, self.out.height) = (width, height);
        (self.out.columns, self.out.rows) = (first.columns, first.rows);
        self.out.blocks = vec![[0; 64]; first.columns * first.rows];
        self.components = components;
        Ok(())
    }

    fn scan(&self, body: &[u8]) -> Result<Scan> {
        let short = || wrong("a short scan header");
        let (&count, rest) = body.split_first().ok_or_else(short)?;
        let (parts, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(short)?;
        let &[first, last, approximation] = rest.first_chunk().ok_or_else(short)?;
        let mut out = Scan {
            parts: Vec::new(),
            first: usize::from(first),
            last: usize::from(last),
            high: u32::from(approximation >> 4),
            low: u32::from(approximation & 15),
        };
        for pair in parts.chunks_exact(2) {
            let component = self.components.iter().position(|c| c.id == pair[0]);
            let component = component.ok_or_else(|| wrong("a scan of an unknown component"))?;
            let (dc, ac) = (usize::from(pair[1] >> 4), usize::from(pair[1] & 15));
            if dc > 3 || ac > 3 || out.parts.len() >= 4 {
                return Err(wrong("a table number beyond 3"));
            }
            out.parts.push(Part { component, dc, ac });
        }
        if !self.out.progressive {
            (out.first, out.last, out.high, out.low) = (0, 63, 0, 0);
        }
        let alone = out.parts.len() == 1;
        let mixed = self.out.progressive && out.first == 0 && out.last != 0;
        if out.parts.is_empty()
            || out.last > 63
            || out.first > out.last
            || out.low > 13
            || mixed
            || (out.first > 0 && !alone)
        {
            return Err(wrong("a scan header that contradicts itself"));
        }
        Ok(out)
    }

    /// Decodes one scan whose data begin at `at`; returns where they end.
    fn decode(&mut self, scan: &Scan, at: usize) -> usize {
        let mut bits = Bits::new(self.bytes, at);
        let wanted = scan.parts.iter().any(|part| part.component == 0);
        if wanted {
            let mut blocks = std::mem::take(&mut self.out.blocks);
            if self.walk(scan, &mut bits, &mut blocks).is_none() {
                self.out.damaged = true;
            }
            self.out.blocks = blocks;
        }
        bits.position()
    }

    /// `None` when the data end early or are no code.
    fn walk(&self, scan: &Scan, bits: &mut Bits<'_>, blocks: &mut [[i16; 64]]) -> Option<()> {
        let mut spare;
        let mut predictions = [0i32; 4];
        let mut run = 0u32;
        let alone = match scan.parts.as_slice() {
            [part] => Some(*self.components.get(part.component)?),
            _ => None,
        };
        let (across, down) = alone.map_or(self.units, |c| (c.columns, c.rows));
        for unit in 0..across * down {
            if self.interval > 0 && unit > 0 && unit.is_multiple_of(self.interval) {
                if !bits.restart() {
                    return None;
                }
                (predictions, run) = ([0; 4], 0);
            }
            let (ux, uy) = (unit % across, unit / across);
            for part in &scan.parts {
                let c = self.components.get(part.component)?;
                let (h, v) = if alone.is_some() { (1, 1) } else { (c.h, c.v) };
                for sub in 0..h * v {
                    let (x, y) = (ux * h + sub % h, uy * v + sub / h);
                    let inside = part.component == 0 && x < c.columns && y < c.rows;
                    let block = if inside {
                        blocks.get_mut(y * c.columns + x)?
                    } else {
                        spare = [0; 64];
                        &mut spare
                    };
                    let prediction = predictions.get_mut(part.component)?;
                    self.block(scan, *part, bits, prediction, &mut run, block)?;
                }
            }
            if bits.overrun() {
                return None;
            }
        }
        Some(())
    }

    fn block(
        &self,
        scan: &Scan,
        part: Part,
        bits: &mut Bits<'_>,
        prediction: &mut i32,
        run: &mut u32,
        block: &mut [i16; 64],
    ) -> Option<()> {
        if scan.first == 0 {
            if scan.high == 0 {
                let size = bits.symbol(self.dc.get(part.dc)?.as_ref()?)?;
                *prediction = prediction.wrapping_add(bits.signed(u32::from(size)));
                block[0] = (*prediction << scan.low) as i16;
            } else if bits.take(1) == 1 {
                block[0] |= 1 << scan.low;
            }
            if self.out.progressive {
                return Some(());
            }
        }
        let codes = self.ac.get(part.ac)?.as_ref()?;
        let first = scan.first.max(1);
        if scan.high == 0 {
            first_ac(codes, bits, (first, scan.last, scan.low), run, block)
        } else {
            refine_ac(codes, bits, (first, scan.last, scan.low), run, block)
        }
    }
}

/// Coefficients `first` to `last` of the scan for the first time (T.81,
/// F.2.2.2 and G.1.2.2; a sequential scan has no runs of blocks).
fn first_ac(
    codes: &Codes,
    bits: &mut Bits<'_>,
    (first, last, low): (usize, usize, u32),
    run: &mut u32,
    block: &mut [i16; 64],
) -> Option<()> {
    if *run > 0 {
        *run -= 1;
        return Some(());
    }
    let mut k = first;
    while k <= last {
        let symbol = bits.symbol(codes)?;
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if zeros < 15 {
                *run = (1 << zeros) - 1 + bits.take(zeros as u32);
                break;
            }
            k += 16;
            continue;
        }
        k += zeros;
        let value = bits.signed(size) << low;
        *block.get_mut(*ZIGZAG.get(k)?)? = value as i16;
        k += 1;
    }
    Some(())
}

/// One more bit of coefficients `first` to `last` (T.81, G.1.2.3).
fn refine_ac(
    codes: &Codes,
    bits: &mut Bits<'_>,
    (first, last, low): (usize, usize, u32),
    run: &mut u32,
    block: &mut [i16; 64],
) -> Option<()> {
    let bit = 1i16 << low;
    let mut k = first;
    if *run == 0 {
        while k <= last {
            let symbol = bits.symbol(codes)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
            let mut value = 0;
            if size == 0 {
                if zeros < 15 {
                    *run = (1 << zeros) + bits.take(zeros);
                    break;
                }
            } else {
                value = if bits.take(1) == 1 { bit } else { -bit };
            }
            while k <= last {
                let coefficient = block.get_mut(*ZIGZAG.get(k)?)?;
                k += 1;
                if *coefficient != 0 {
                    correct(coefficient, bit, bits);
                } else if zeros == 0 {
                    *coefficient = value;
                    break;
                } else {
                    zeros -= 1;
                }
            }
        }
    }
    if *run > 0 {
        for &place in ZIGZAG.get(k..=last).unwrap_or_default() {
            if block[place] != 0 {
                correct(&mut block[place], bit, bits);
            }
        }
        *run -= 1;
    }
    Some(())
}

fn correct(coefficient: &mut i16, bit: i16, bits: &mut Bits<'_>) {
    if bits.take(1) == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
    }
}
