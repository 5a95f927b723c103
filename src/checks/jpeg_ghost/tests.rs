//! Ghosts in pictures made here.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

use super::curve::curves;
use super::kin;
use super::search::{Luma, Searched, search};
use crate::signal::synth::photo;

const SIDE: usize = 320;

fn jpeg(pixels: &[u8], side: usize, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality);
    encoder.encode(pixels, side as u32, side as u32, image::ExtendedColorType::L8).unwrap();
    image::load_from_memory(&file).unwrap().to_luma8().into_raw()
}

/// The part from (x, y) on, with the same number of pixels lost at both sides.
fn cut(pixels: &[u8], x: usize, y: usize, side: usize) -> Vec<u8> {
    pixels
        .chunks_exact(SIDE)
        .skip(y)
        .take(side)
        .flat_map(|row| &row[x..x + side])
        .copied()
        .collect()
}

fn searched(pixels: &[u8], side: usize, quality: u16) -> Searched {
    let moved: Vec<u8> =
        pixels.chunks_exact(side).skip(4).flat_map(|row| &row[4..]).copied().collect();
    // As the check does it for a file of this quality.
    let steps = crate::checks::jpeg_quantisation::standard_luma(quality);
    let moved = crate::checks::jpeg_grid::requantised(&moved, side - 4, &steps.map(f32::from));
    let luma = Luma { pixels, width: side, height: side };
    let control = Luma { pixels: &moved, width: side - 4, height: side - 4 };
    search(&luma, Some(&control), Some(&steps)).unwrap()
}

#[test]
fn a_part_compressed_before_is_found_on_every_kind_of_grid() {
    let own = photo(SIDE, 21);
    for (dx, dy) in [(0, 0), (3, 3), (0, 5)] {
        // Compressed on a grid that begins at (dx, dy) of the picture.
        let side = SIDE - 8;
        let older = jpeg(&cut(&own, dx, dy, side), side, 60);
        let mut mixed = own.clone();
        for y in 96..224 {
            for x in 96..224 {
                mixed[y * SIDE + x] = older[(y - dy) * side + x - dx];
            }
        }
        let last = jpeg(&mixed, SIDE, 95);
        let found = searched(&last, SIDE, 95);
        let best = found.ghosts[0];
        assert!(best.log10_nfa < -10.0, "{best:?}");
        assert_eq!((best.shift, best.quality), ((dx, dy), 60));
        let [l, t, r, b] = best.bounds;
        assert!(l >= 48 && t >= 48 && r <= 272 && b <= 272, "{best:?}");
        assert!(l <= 128 && t <= 128 && r >= 192 && b >= 192, "{best:?}");
        let luma = Luma { pixels: &last, width: SIDE, height: SIDE };
        let ks = curves(&luma, best.shift).distance(best.quality, best.bounds).unwrap();
        assert!(ks > 0.5, "{ks}");
    }
}

#[test]
fn pictures_of_one_history_have_no_part_that_departs() {
    let own = photo(SIDE, 22);
    for (first, last) in [(100, 75u8), (100, 95), (70, 90)] {
        let found = searched(&jpeg(&jpeg(&own, SIDE, first), SIDE, last), SIDE, last.into());
        let strong = found.ghosts.iter().find(|g| g.log10_nfa <= super::STRONG);
        assert!(strong.is_none(), "{first} then {last}: {strong:?}");
    }
    // A crop of an earlier JPEG is told of the whole, not of a part.
    let crop = cut(&jpeg(&own, SIDE, 65), 3, 5, SIDE - 8);
    let found = searched(&jpeg(&crop, SIDE - 8, 95), SIDE - 8, 95);
    let whole = found.whole.unwrap();
    assert!(whole.log10_nfa < -10.0 && whole.shift == (5, 3), "{whole:?}");
    assert!(found.ghosts.iter().all(|g| g.log10_nfa > super::STRONG), "{:?}", found.ghosts.first());
}

#[test]
fn a_pattern_that_repeats_every_four_pixels_is_no_ghost() {
    let wave = [2.0f64, 0.0, -2.0, 0.0];
    let own = photo(SIDE, 21);
    // In the whole picture, and in a part of it.
    for (from, to) in [(0, SIDE), (100, 240)] {
        let inside = from..to;
        let drawn: Vec<u8> = own
            .iter()
            .enumerate()
            .map(|(i, &v)| {
                let (x, y) = (i % SIDE, i / SIDE);
                let here = inside.contains(&x) && inside.contains(&y);
                let more = if here { wave[(x + 3) % 4] + wave[(y + 2) % 4] } else { 0.0 };
                (f64::from(v) + more).clamp(0.0, 255.0) as u8
            })
            .collect();
        let luma = Luma { pixels: &drawn, width: SIDE, height: SIDE };
        let found = search(&luma, None, None).unwrap();
        let strongest = found.ghosts.first().map_or(0.0, |ghost| ghost.log10_nfa);
        println!("{from}: {strongest:.1}");
        assert!(strongest > -5.0, "{:?}", found.ghosts.first());
    }
}

#[test]
fn grids_that_a_double_compression_favours_are_its_kin() {
    for shift in [(0, 0), (4, 0), (0, 4), (4, 4), (0, 1), (7, 0)] {
        assert!(kin(shift), "{shift:?}");
    }
    for shift in [(1, 1), (2, 0), (3, 5), (4, 1), (6, 3)] {
        assert!(!kin(shift), "{shift:?}");
    }
}
