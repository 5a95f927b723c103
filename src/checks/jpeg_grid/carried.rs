//! Whether the whole of a picture carries one grid.

use super::votes::{NONE, votes};
use super::zero::{Luma, log10_nfa, log10_tests};

/// Tiles along each side, and fewest voters of a tile that counts: of 256 random
/// votes no origin gets the quarter that a compression gives it.
const TILES: usize = 4;
const LEAST: u64 = 256;
/// Tiles that must agree, and fewest that must count, of sixteen.
const AGREE: f64 = 0.7;
const COUNT: usize = 6;

/// The origin (x + 8y) that most pixels vote for, if that is no chance and most
/// tiles of the picture vote for it above all others: then the picture as a whole
/// was compressed so. A part pasted in may win the vote, but not the tiles.
pub(in crate::checks) fn carried(luma: &Luma) -> Option<u8> {
    let (width, height) = (luma.width, luma.height);
    let votes = votes(&luma.pixels, width, height);
    let mut tiles = vec![[0u64; 64]; TILES * TILES];
    for (i, vote) in votes.iter().enumerate().filter(|(_, vote)| **vote != NONE) {
        let (x, y) = (i % width * TILES / width, i / width * TILES / height);
        tiles[y * TILES + x][usize::from(*vote) % 64] += 1;
    }
    let best = |counts: &[u64; 64]| {
        let ranked = (0u8..).zip(counts).max_by_key(|(grid, n)| (**n, std::cmp::Reverse(*grid)));
        ranked.map_or((0, 0), |(grid, n)| (grid, *n))
    };
    let whole = std::array::from_fn(|grid| tiles.iter().map(|counts| counts[grid]).sum());
    let (main, most) = best(&whole);
    let nfa = log10_nfa(log10_tests(width, height), (width * height) as u64, most, 1.0 / 64.0);
    let counting: Vec<_> = tiles.iter().filter(|t| t.iter().sum::<u64>() >= LEAST).collect();
    let agree = counting.iter().filter(|counts| best(counts).0 == main).count();
    let enough = counting.len() >= COUNT && agree as f64 >= AGREE * counting.len() as f64;
    (nfa < 0.0 && enough).then_some(main)
}
