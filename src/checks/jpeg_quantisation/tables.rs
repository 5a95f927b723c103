//! Quantisation tables as they stand in a JPEG file (ITU-T T.81, B.2.4.1),
//! and how near they are to the standard ones.

use std::io::{Read, Seek, SeekFrom};

use crate::media::container::{Node, Structure};
use crate::signal::dct::ZIGZAG;

/// Most table segments read; there are four tables at a time.
const SEGMENTS: usize = 64;
/// Most bytes of one segment: its length is a 16-bit number.
const LONGEST: u64 = 65_537;

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// Its number, 0 to 3.
    pub number: u8,
    /// 8 or 16 bits an entry.
    pub bits: u8,
    /// The steps, `8·vertical + horizontal` frequency.
    pub steps: [u16; 64],
}

/// What a frame header says of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component {
    /// Identifier: 1, 2, 3 for Y, Cb, Cr in JFIF.
    pub id: u8,
    /// Horizontal sampling factor.
    pub h: u8,
    /// Vertical sampling factor.
    pub v: u8,
    /// Number of its table.
    pub table: u8,
}

/// Tables and components of one picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coding {
    /// Every table, in file order; a later one of the same number replaces
    /// the earlier.
    pub tables: Vec<Table>,
    /// The components, in order.
    pub components: Vec<Component>,
    /// Columns and rows.
    pub size: (u16, u16),
}

impl Coding {
    /// Reads the first picture of the JPEG behind `source`, whose structure
    /// is known. Damaged segments are left out.
    pub(super) fn read(source: &mut (impl Read + Seek), structure: &Structure) -> Self {
        let mut out = Self::default();
        let Some(picture) = structure.nodes.iter().find(|n| n.kind == "JPEG") else { return out };
        let told = picture.children.iter().filter(|n| n.kind == "DQT" || is_frame(n));
        for node in told.take(SEGMENTS) {
            let Some(body) = body(source, node) else { continue };
            if node.kind == "DQT" {
                tables(&body, &mut out.tables);
            } else if out.components.is_empty() {
                out.frame(&body);
            }
        }
        out
    }

    fn frame(&mut self, body: &[u8]) -> Option<()> {
        let &[_, h1, h0, w1, w0, count] = body.get(..6)? else { return None };
        self.size = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        for i in 0..usize::from(count.min(4)) {
            let &[id, factors, table] = body.get(6 + 3 * i..9 + 3 * i)? else { return None };
            self.components.push(Component { id, h: factors >> 4, v: factors & 15, table });
        }
        Some(())
    }

    /// The table of component `index`, as it stood last.
    pub(super) fn table_of(&self, index: usize) -> Option<&Table> {
        let number = self.components.get(index)?.table;
        self.tables.iter().rev().find(|t| t.number == number)
    }

    /// Subsampling as J:a:b without colons (444, 422, 420, 440, 411, 410), if
    /// the factors have a name; 400 for luma alone.
    pub(super) fn subsampling(&self) -> Option<u32> {
        match self.components.as_slice() {
            [_] => Some(400),
            [y, b, r] if (b.h, b.v) == (r.h, r.v) && b.h > 0 && b.v > 0 => {
                if y.h % b.h != 0 || y.v % b.v != 0 {
                    return None;
                }
                match (y.h / b.h, y.v / b.v) {
                    (1, 1) => Some(444),
                    (2, 1) => Some(422),
                    (2, 2) => Some(420),
                    (1, 2) => Some(440),
                    (4, 1) => Some(411),
                    (4, 2) => Some(410),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn is_frame(node: &Node) -> bool {
    let number = node.kind.strip_prefix("SOF").and_then(|n| n.parse::<u8>().ok());
    number.is_some()
}

/// The segment behind its marker and length.
fn body(source: &mut (impl Read + Seek), node: &Node) -> Option<Vec<u8>> {
    source.seek(SeekFrom::Start(node.offset.checked_add(4)?)).ok()?;
    let mut out = Vec::new();
    source.take(node.size.checked_sub(4)?.min(LONGEST)).read_to_end(&mut out).ok()?;
    Some(out)
}

fn tables(mut body: &[u8], out: &mut Vec<Table>) {
    while let Some((&head, rest)) = body.split_first() {
        let wide = head >> 4 != 0;
        let length = if wide { 128 } else { 64 };
        let Some((values, next)) = rest.split_at_checked(length) else { return };
        let mut steps = [0u16; 64];
        for (k, &place) in ZIGZAG.iter().enumerate() {
            steps[place] = if wide {
                u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
            } else {
                u16::from(values[k])
            };
        }
        out.push(Table { number: head & 15, bits: if wide { 16 } else { 8 }, steps });
        body = next;
    }
}

/// The steps in the order in which the file holds them.
pub(super) fn in_scan_order(steps: &[u16; 64]) -> [u16; 64] {
    ZIGZAG.map(|place| steps[place])
}

/// Luma steps of T.81, table K.1.
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];
/// Chroma steps of T.81, table K.2.
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, //
    18, 21, 26, 66, 99, 99, 99, 99, //
    24, 26, 56, 99, 99, 99, 99, 99, //
    47, 66, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// The standard table at `quality` 1 to 100, scaled as the library of the
/// Independent JPEG Group does (`jpeg_quality_scaling`): 5000/q percent below
/// 50, 200 − 2q percent from there; steps from 1 to 255.
pub(in crate::checks) fn standard(luma: bool, quality: u16) -> [u16; 64] {
    let quality = quality.clamp(1, 100);
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let base = if luma { &LUMA } else { &CHROMA };
    base.map(|step| {
        let scaled = (u32::from(step) * u32::from(percent) + 50) / 100;
        scaled.clamp(1, 255) as u16
    })
}

/// The standard luma table at `quality`, see [`standard`].
pub(in crate::checks) fn standard_luma(quality: u16) -> [u16; 64] {
    standard(true, quality)
}

/// How a table stands to the standard ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Nearest {
    /// Quality of the nearest standard table, 1 to 100.
    pub quality: u16,
    /// Mean absolute difference of the steps; 0 when it is that table.
    pub difference: f64,
}

impl Nearest {
    /// Whether the table is exactly a standard one.
    pub(super) fn exact(&self) -> bool {
        self.difference == 0.0
    }
}

/// The nearest standard table; among equals the highest quality (the coarsest
/// chroma tables are the same from 1 to 3).
pub(super) fn nearest(steps: &[u16; 64], luma: bool) -> Nearest {
    let mut best = Nearest { quality: 1, difference: f64::INFINITY };
    for quality in (1..=100).rev() {
        let table = standard(luma, quality);
        let sum: u32 = steps.iter().zip(&table).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        let difference = f64::from(sum) / 64.0;
        if difference < best.difference {
            best = Nearest { quality, difference };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scan_is_that_of_the_standard() {
        assert_eq!(ZIGZAG[..12], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25]);
        assert_eq!(ZIGZAG[60..], [47, 55, 62, 63]);
        let mut all = ZIGZAG;
        all.sort_unstable();
        assert!(all.iter().enumerate().all(|(i, p)| i == *p));
    }

    #[test]
    fn standard_tables_find_their_own_quality() {
        for quality in 1..=100 {
            let found = nearest(&standard(true, quality), true);
            assert_eq!((found.quality, found.exact()), (quality, true));
            let found = nearest(&standard(false, quality), false);
            // Up to 3 every chroma step is 255.
            assert_eq!((found.quality, found.exact()), (quality.max(3), true));
        }
        let mut own = standard(true, 80);
        own[5] += 1;
        let found = nearest(&own, true);
        assert_eq!((found.quality, found.exact()), (80, false));
        assert_eq!(found.difference, 1.0 / 64.0);
    }

    #[test]
    fn damaged_segments_give_what_is_whole() {
        let mut out = Vec::new();
        let mut body = vec![0x00];
        body.extend(1..=64);
        body.extend([0x11, 1, 2, 3]);
        tables(&body, &mut out);
        assert_eq!(out.len(), 1);
        assert_eq!(out[0].steps[..3], [1, 2, 6]);
        let mut wide = vec![0x12];
        wide.extend((0..64u16).flat_map(|v| (v + 300).to_be_bytes()));
        tables(&wide, &mut out);
        assert_eq!((out[1].number, out[1].bits, out[1].steps[63]), (2, 16, 363));
    }
}
