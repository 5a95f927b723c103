//! Which blocks are homogeneous, and which of those have least noise.

use rayon::prelude::*;

use crate::signal::wide::wide;

/// Side of a block, in pixels: w (Gardella et al. 2024).
pub(super) const SIDE: usize = 3;
/// Blocks of one brightness that are compared: b.
const BIN: usize = 20_000;
/// Share of them taken for homogeneous: n.
const HOMOGENEOUS: f64 = 0.1;
/// Share of those with least noise: m; also the chance of the test.
pub(super) const QUIET: f64 = 0.5;

/// A picture of 8-bit luma.
pub(super) struct Luma<'a> {
    pub(super) pixels: &'a [u8],
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Rows of blocks that are sorted together.
const BAND: usize = 128;
/// Pixels from which every second block along a row is looked at: eight bytes are held
/// of each, and there are enough of them (`reports/faults`).
const LARGE: usize = 1 << 25;
/// Sums of the nine pixels of a block, from 0.
const SUMS: usize = 255 * SIDE * SIDE + 1;

/// One homogeneous block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Its top-left pixel.
    pub(super) x: u32,
    pub(super) y: u32,
    /// Whether it is among those with least noise of its brightness.
    pub(super) quiet: bool,
}

/// The homogeneous blocks of a picture. Blocks with a pixel at black or white
/// are left out: there noise is cut off.
pub(super) fn blocks(luma: &Luma<'_>) -> Vec<Block> {
    let (width, height) = (luma.width, luma.height);
    if width < SIDE || height < SIDE || luma.pixels.len() < width * height {
        return Vec::new();
    }
    let tops = height - SIDE + 1;
    let bands: Vec<Sorted> = (0..tops.div_ceil(BAND))
        .into_par_iter()
        .map(|band| sorted(luma, band * BAND..((band + 1) * BAND).min(tops)))
        .collect();
    bins(&bands).into_par_iter().flat_map_iter(|bin| of_bin(luma, &bin)).collect()
}

/// The blocks of a band without black or white as [`ranked`] by their energy at
/// low frequencies, sorted by the sum of their pixels, then by place.
struct Sorted {
    /// Where each sum begins, and the end.
    starts: Vec<u32>,
    blocks: Vec<u64>,
}

fn sorted(luma: &Luma<'_>, tops: std::ops::Range<usize>) -> Sorted {
    const NONE: u16 = u16::MAX;
    let width = luma.width;
    let across = width - SIDE + 1;
    let mut sums = vec![NONE; tops.len() * across];
    let mut lows = vec![0.0f32; tops.len() * across];
    for ((top, sums), lows) in
        tops.clone().zip(sums.chunks_exact_mut(across)).zip(lows.chunks_exact_mut(across))
    {
        lows_and_sums(&luma.pixels[top * width..][..SIDE * width], width, lows, sums);
        if width * luma.height > LARGE {
            sums.iter_mut().skip(1).step_by(2).for_each(|sum| *sum = NONE);
        }
    }
    let mut starts = vec![0u32; SUMS + 1];
    for &sum in sums.iter().filter(|sum| **sum != NONE) {
        starts[usize::from(sum) + 1] += 1;
    }
    for sum in 0..SUMS {
        starts[sum + 1] += starts[sum];
    }
    let mut next = starts.clone();
    let mut blocks = vec![0u64; starts[SUMS] as usize];
    for (k, (&sum, &low)) in
        sums.iter().zip(&lows).enumerate().filter(|(_, (sum, _))| **sum != NONE)
    {
        let at = &mut next[usize::from(sum)];
        blocks[*at as usize] = ranked(low, ((tops.start + k / across) * width + k % across) as u32);
        *at += 1;
    }
    Sorted { starts, blocks }
}

/// Energies at low frequencies and sums of the blocks in three `rows`; sums of
/// blocks with black or white stay as they are.
fn lows_and_sums(rows: &[u8], width: usize, lows: &mut [f32], sums: &mut [u16]) {
    wide!(lows_and_sums_of(rows: &[u8], width: usize, lows: &mut [f32], sums: &mut [u16]));
}

#[inline(always)]
fn lows_and_sums_of(rows: &[u8], width: usize, lows: &mut [f32], sums: &mut [u16]) {
    let (a, rest) = rows.split_at(width);
    let (b, c) = rest.split_at(width);
    let across = lows.len().min(sums.len());
    let at = |row: &[u8], k: usize| -> [u8; SIDE] { [row[k], row[k + 1], row[k + 2]] };
    for (k, low) in lows.iter_mut().enumerate().take(across) {
        let block = [at(a, k), at(b, k), at(c, k)];
        *low = energies(block.map(|row| row.map(f32::from))).0;
    }
    for (k, nine) in sums.iter_mut().enumerate().take(across) {
        let block = [at(a, k), at(b, k), at(c, k)];
        let (mut sum, mut off) = (0u16, false);
        for p in block.as_flattened() {
            sum += u16::from(*p);
            off |= *p == 0 || *p == 255;
        }
        if !off {
            *nine = sum;
        }
    }
}

/// Energy of the block at pixel `i` as a number that sorts by energy, and by a
/// number without pattern, not by place, where energies are equal.
fn ranked(energy: f32, i: u32) -> u64 {
    // Bits of floats that are not negative sort as the floats do.
    u64::from(energy.to_bits()) << 32 | u64::from(mix(i))
}

/// The pixel of a [`ranked`] block.
fn place(ranked: u64) -> u32 {
    unmix(ranked as u32)
}

/// The blocks of all bands by sum, band and place, [`BIN`] together. A last bin
/// that is not full joins the one before.
fn bins(bands: &[Sorted]) -> Vec<Vec<&[u64]>> {
    let all: usize = bands.iter().map(|band| band.blocks.len()).sum();
    let last = (all / BIN).max(1) - 1;
    let mut bins = vec![Vec::new(); last + 1];
    let mut seen = 0;
    for sum in 0..SUMS {
        for band in bands {
            let mut piece = &band.blocks[band.starts[sum] as usize..band.starts[sum + 1] as usize];
            while !piece.is_empty() {
                let bin = (seen / BIN).min(last);
                let room = if bin == last { piece.len() } else { (bin + 1) * BIN - seen };
                let (now, rest) = piece.split_at(room.min(piece.len()));
                bins[bin].push(now);
                seen += now.len();
                piece = rest;
            }
        }
    }
    bins
}

/// The homogeneous blocks of one bin.
fn of_bin(luma: &Luma<'_>, bin: &[&[u64]]) -> Vec<Block> {
    let mut list = bin.concat();
    let keep = (HOMOGENEOUS * list.len() as f64) as usize;
    if keep < 2 || keep >= list.len() {
        return Vec::new();
    }
    list.select_nth_unstable(keep);
    list.truncate(keep);
    for block in &mut list {
        let i = place(*block);
        let row = |k: usize| {
            let row = &luma.pixels[i as usize + k * luma.width..][..SIDE];
            [f32::from(row[0]), f32::from(row[1]), f32::from(row[2])]
        };
        *block = ranked(energies([row(0), row(1), row(2)]).1, i);
    }
    let quiet = (QUIET * keep as f64) as usize;
    list.select_nth_unstable(quiet);
    let width = luma.width as u32;
    list.iter()
        .enumerate()
        .map(|(rank, &block)| (rank, place(block)))
        .map(|(rank, i)| Block { x: i % width, y: i / width, quiet: rank < quiet })
        .collect()
}

/// Low and high frequencies of a block: energies of the cosine coefficients
/// with 0 < i + j < 3 and of the others (Colom & Buades 2013, with the limit of
/// blocks of 3).
#[inline(always)]
fn energies(block: [[f32; SIDE]; SIDE]) -> (f32, f32) {
    let line = |[a, b, c]: [f32; 3]| {
        [(a + b + c) * 0.577_350_26, (a - c) * 0.707_106_77, (a - 2.0 * b + c) * 0.408_248_3]
    };
    let [p, q, r] = [line(block[0]), line(block[1]), line(block[2])];
    let c = [line([p[0], q[0], r[0]]), line([p[1], q[1], r[1]]), line([p[2], q[2], r[2]])];
    let [[_, a, b], [d, e, f], [g, h, i]] = c;
    (a * a + d * d + b * b + g * g + e * e, f * f + h * h + i * i)
}

/// A number without visible pattern (the finaliser of MurmurHash3, Appleby 2011).
fn mix(mut i: u32) -> u32 {
    i = (i ^ (i >> 16)).wrapping_mul(0x85eb_ca6b);
    i = (i ^ (i >> 13)).wrapping_mul(0xc2b2_ae35);
    i ^ (i >> 16)
}

/// What [`mix`] made `i` of.
fn unmix(mut i: u32) -> u32 {
    i = (i ^ (i >> 16)).wrapping_mul(0x7ed1_b41d);
    i = (i ^ (i >> 13) ^ (i >> 26)).wrapping_mul(0xa5cb_9243);
    i ^ (i >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    /// The plain way: all blocks in one list, sorted throughout.
    fn plain(luma: &Luma<'_>) -> Vec<(u32, u32, bool)> {
        let width = luma.width;
        let of = |i: usize| -> [[u8; 3]; 3] {
            std::array::from_fn(|y| std::array::from_fn(|x| luma.pixels[i + y * width + x]))
        };
        let mut all: Vec<(u32, usize)> = (0..luma.height - 2)
            .flat_map(|y| (0..width - 2).map(move |x| y * width + x))
            .filter(|&i| of(i).as_flattened().iter().all(|p| (1..255).contains(p)))
            .map(|i| (of(i).as_flattened().iter().map(|&p| u32::from(p)).sum(), i))
            .collect();
        all.sort_unstable();
        let bins = (all.len() / BIN).max(1);
        let mut out = Vec::new();
        for b in 0..bins {
            let end = if b + 1 == bins { all.len() } else { (b + 1) * BIN };
            let mut list: Vec<(f32, f32, u32)> = all[b * BIN..end]
                .iter()
                .map(|&(_, i)| (energies(of(i).map(|row| row.map(f32::from))), i as u32))
                .map(|((low, high), i)| (low, high, i))
                .collect();
            list.sort_by(|a, b| a.0.total_cmp(&b.0).then(mix(a.2).cmp(&mix(b.2))));
            list.truncate((HOMOGENEOUS * list.len() as f64) as usize);
            list.sort_by(|a, b| a.1.total_cmp(&b.1).then(mix(a.2).cmp(&mix(b.2))));
            let quiet = (QUIET * list.len() as f64) as usize;
            let width = width as u32;
            out.extend(list.iter().enumerate().map(|(k, b)| (b.2 % width, b.2 / width, k < quiet)));
        }
        out.sort_unstable();
        out
    }

    #[test]
    fn the_fast_way_finds_the_blocks_of_the_plain_one() {
        // Five bins of several bands, with black and white in places.
        let (width, height) = (301, 350);
        let mut random = SplitMix::new(8);
        let pixels: Vec<u8> = (0..width * height)
            .map(|i| (120.0 + (i / width) as f64 / 3.0 + 9.0 * random.normal()).round() as u8)
            .collect();
        let luma = Luma { pixels: &pixels, width, height };
        let mut fast: Vec<_> = blocks(&luma).iter().map(|b| (b.x, b.y, b.quiet)).collect();
        fast.sort_unstable();
        assert!(fast.len() > 5 * 1900);
        assert_eq!(fast, plain(&luma));
    }
}
