//! Which blocks are homogeneous, and which of those have least noise.

use rayon::prelude::*;

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

/// One homogeneous block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Its top-left pixel.
    pub(super) x: u32,
    pub(super) y: u32,
    /// Whether it is among those with least noise of its brightness.
    pub(super) quiet: bool,
}

/// Low and high frequencies of the block at `i`: energies of the cosine
/// coefficients with 0 < i + j < 3 and of the others (Colom & Buades 2013,
/// with the limit of blocks of 3).
fn energies(luma: &Luma<'_>, i: usize) -> (f32, f32) {
    let p = |row: usize, column: usize| f32::from(luma.pixels[i + row * luma.width + column]);
    let line = |a: f32, b: f32, c: f32| {
        [(a + b + c) * 0.577_350_26, (a - c) * 0.707_106_77, (a - 2.0 * b + c) * 0.408_248_3]
    };
    let rows = [0, 1, 2].map(|row| line(p(row, 0), p(row, 1), p(row, 2)));
    let c = [0, 1, 2].map(|u| line(rows[0][u], rows[1][u], rows[2][u]));
    let low =
        c[0][1].powi(2) + c[1][0].powi(2) + c[0][2].powi(2) + c[2][0].powi(2) + c[1][1].powi(2);
    let high = c[1][2].powi(2) + c[2][1].powi(2) + c[2][2].powi(2);
    (low, high)
}

/// The homogeneous blocks of a picture. Blocks with a pixel at black or white
/// are left out: there noise is cut off.
pub(super) fn blocks(luma: &Luma<'_>) -> Vec<Block> {
    let (width, height) = (luma.width, luma.height);
    if width < SIDE || height < SIDE || luma.pixels.len() < width * height {
        return Vec::new();
    }
    let order = by_brightness(luma);
    let of_bin = |bin: &[u32]| {
        let mut list: Vec<(f32, f32, u32)> = bin
            .iter()
            .map(|&i| {
                let (low, high) = energies(luma, i as usize);
                (low, high, i)
            })
            .collect();
        let keep = (HOMOGENEOUS * list.len() as f64) as usize;
        if keep < 2 || keep >= list.len() {
            return Vec::new();
        }
        // Ties are broken by a number without pattern, not by place.
        list.select_nth_unstable_by(keep, |a, b| a.0.total_cmp(&b.0).then(mix(a.2).cmp(&mix(b.2))));
        list.truncate(keep);
        let quiet = (QUIET * keep as f64) as usize;
        let key = |b: &(f32, f32, u32)| b.1;
        list.select_nth_unstable_by(quiet, |a, b| {
            key(a).total_cmp(&key(b)).then(mix(a.2).cmp(&mix(b.2)))
        });
        let at = |i: u32| (i % width as u32, i / width as u32);
        list.iter()
            .enumerate()
            .map(|(rank, &(_, _, i))| Block { x: at(i).0, y: at(i).1, quiet: rank < quiet })
            .collect::<Vec<_>>()
    };
    // A last bin that is not full joins the one before.
    let bins = (order.len() / BIN).max(1);
    (0..bins)
        .into_par_iter()
        .flat_map_iter(|b| {
            let end = if b + 1 == bins { order.len() } else { (b + 1) * BIN };
            of_bin(&order[b * BIN..end])
        })
        .collect()
}

/// Places of the blocks without black or white, by their mean.
fn by_brightness(luma: &Luma<'_>) -> Vec<u32> {
    const SUMS: usize = 255 * SIDE * SIDE + 1;
    let (width, height) = (luma.width, luma.height);
    // Sums along rows first; a pixel at an end of the range spoils them.
    const SPOILT: u16 = u16::MAX;
    let mut across = vec![SPOILT; width * height];
    for (out, row) in across.chunks_exact_mut(width).zip(luma.pixels.chunks_exact(width)) {
        for (sum, p) in out.iter_mut().zip(row.windows(SIDE)) {
            if p.iter().all(|v| (1..255).contains(v)) {
                *sum = p.iter().map(|&v| u16::from(v)).sum();
            }
        }
    }
    let sum = |i: usize| {
        let three = [across[i], across[i + width], across[i + 2 * width]];
        (!three.contains(&SPOILT)).then(|| three.iter().map(|&v| usize::from(v)).sum::<usize>())
    };
    let places =
        || (0..=height - SIDE).flat_map(|y| (0..=width - SIDE).map(move |x| y * width + x));
    let mut starts = vec![0usize; SUMS + 1];
    places().filter_map(sum).for_each(|s| starts[s + 1] += 1);
    for s in 0..SUMS {
        starts[s + 1] += starts[s];
    }
    let mut order = vec![0u32; starts[SUMS]];
    for i in places() {
        if let Some(s) = sum(i) {
            order[starts[s]] = i as u32;
            starts[s] += 1;
        }
    }
    order
}

/// A number without visible pattern (the finaliser of MurmurHash3, Appleby 2011).
fn mix(mut i: u32) -> u32 {
    i = (i ^ (i >> 16)).wrapping_mul(0x85eb_ca6b);
    i = (i ^ (i >> 13)).wrapping_mul(0xc2b2_ae35);
    i ^ (i >> 16)
}
