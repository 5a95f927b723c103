#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::votes::{NONE, votes};
use super::*;
use crate::checks::Status;
use crate::signal::synth::{SplitMix, power_law};

/// A texture of fine detail, never compressed.
fn texture(n: usize, seed: u64) -> Vec<u8> {
    textured(n, seed, 2.0, 2.0)
}

/// A texture whose power falls as 1/f^`alpha`, with noise of deviation `noise`.
fn textured(n: usize, seed: u64, alpha: f64, noise: f32) -> Vec<u8> {
    let mut random = SplitMix::new(seed ^ 0xabcd);
    let field = power_law(n, alpha, 30.0, seed);
    let noisy = field.iter().map(|value| value + noise * random.normal() as f32);
    noisy.map(|value| value.round().clamp(1.0, 254.0) as u8).collect()
}

fn jpeg(pixels: &[u8], width: usize, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let height = pixels.len() / width;
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality)
        .encode(pixels, width as u32, height as u32, image::ExtendedColorType::L8)
        .unwrap();
    image::load_from_memory(&file).unwrap().to_luma8().into_raw()
}

/// The part of `pixels` at (`x`, `y`).
fn crop(pixels: &[u8], width: usize, (x, y): (usize, usize), (w, h): (usize, usize)) -> Vec<u8> {
    (y..y + h).flat_map(|row| pixels[row * width + x..][..w].to_vec()).collect()
}

fn paste(onto: &mut [u8], width: usize, part: &[u8], w: usize, (x, y): (usize, usize)) {
    for (row, part) in part.chunks_exact(w).enumerate() {
        onto[(y + row) * width + x..][..w].copy_from_slice(part);
    }
}

fn still(pixels: &[u8], width: usize) -> Finding {
    coded("png", pixels, width)
}

fn coded(codec: &str, pixels: &[u8], width: usize) -> Finding {
    let check = JpegGrid { still: true, codec: codec.into(), ..JpegGrid::default() };
    let mut check: Box<dyn Check> = Box::new(check);
    let frame = Frame::from_gray(pixels, width, pixels.len() / width);
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|value| value.quantity == quantity).map(|value| value.value)
}

/// The vote by its definition, block by block and pixel by pixel.
fn slow_votes(luma: &[u8], w: usize, h: usize) -> Vec<u8> {
    use std::f64::consts::PI;
    let cosine = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos();
    let norm = |k: usize| if k == 0 { 1.0 / 2f64.sqrt() } else { 1.0 };
    let mut most = vec![0; luma.len()];
    let mut vote = vec![NONE; luma.len()];
    for by in 0..=h - 8 {
        for bx in 0..=w - 8 {
            let p = |x: usize, y: usize| luma[(by + y) * w + bx + x];
            let mut zeros = 0;
            for (u, v) in (1..64).map(|i| (i % 8, i / 8)) {
                let mut sum = 0.0;
                for (x, y) in (0..64).map(|i| (i / 8, i % 8)) {
                    sum += f64::from(p(x, y)) * cosine(x, u) * cosine(y, v);
                }
                zeros += i32::from((sum * (0.25 * norm(u) * norm(v))).abs() < 0.5);
            }
            let rows = (0..64).all(|i| p(i % 8, i / 8) == p(0, i / 8));
            let columns = (0..64).all(|i| p(i % 8, i / 8) == p(i % 8, 0));
            let origin = (bx % 8 + by % 8 * 8) as u8;
            for i in (0..64).map(|i| (by + i / 8) * w + bx + i % 8) {
                if zeros == most[i] {
                    vote[i] = NONE;
                } else if zeros > most[i] {
                    most[i] = zeros;
                    vote[i] = if rows || columns { NONE } else { origin };
                }
            }
        }
    }
    for (i, vote) in vote.iter_mut().enumerate() {
        let (x, y) = (i % w, i / w);
        if x < 7 || y < 7 || x + 7 >= w || y + 7 >= h {
            *vote = NONE;
        }
    }
    vote
}

#[test]
fn the_fast_vote_is_the_slow_one() {
    // Textured, coded, flat, striped; more rows than one task has.
    let (w, h) = (75, 131);
    let made = jpeg(&texture(160, 5), 160, 80);
    let mut picture = crop(&made, 160, (3, 2), (w, h));
    paste(&mut picture, w, &crop(&texture(160, 6), 160, (0, 0), (30, 40)), 30, (20, 70));
    paste(&mut picture, w, &[90; 12 * 12], 12, (50, 20));
    let stripes: Vec<u8> = (0..14 * 14).map(|i| (i % 14 * 9) as u8).collect();
    paste(&mut picture, w, &stripes, 14, (10, 30));
    let (fast, slow) = (votes(&picture, w, h), slow_votes(&picture, w, h));
    assert_eq!(fast, slow);
    assert!(slow.iter().filter(|vote| **vote != NONE).count() > w * h / 4);
}

#[test]
fn regions_are_those_that_grow_pixel_by_pixel() {
    let (w, h) = (97, 83);
    let mut random = SplitMix::new(11);
    for density in [3, 30, 150, 400] {
        let votes: Vec<u8> = (0..w * h)
            .map(|_| {
                if random.next().is_multiple_of(density) { (random.next() % 3) as u8 } else { NONE }
            })
            .collect();
        let mut expected = Vec::new();
        for grid in 0..3u8 {
            let mut used = vec![false; w * h];
            for start in (0..w * h).filter(|&i| votes[i] == grid) {
                if used[start] {
                    continue;
                }
                used[start] = true;
                let mut region = vec![start];
                let mut at = 0;
                while at < region.len() {
                    let (x, y) = (region[at] % w, region[at] / w);
                    for ny in y.saturating_sub(9)..(y + 10).min(h) {
                        for nx in x.saturating_sub(9)..(x + 10).min(w) {
                            let i = ny * w + nx;
                            if votes[i] == grid && !used[i] {
                                used[i] = true;
                                region.push(i);
                            }
                        }
                    }
                    at += 1;
                }
                if region.len() >= 3 {
                    region.sort_unstable();
                    expected.push((grid, region));
                }
            }
        }
        let found: Vec<(u8, Vec<usize>)> = regions::regions(&votes, w, 3, &[0, 1, 2])
            .into_iter()
            .map(|r| (r.grid, r.places.into_iter().map(|p| p as usize).collect()))
            .collect();
        assert_eq!(found, expected, "density 1/{density}");
        assert!(!found.is_empty() || density > 150, "density 1/{density}");
    }
}

#[test]
fn the_main_grid_moves_with_the_crop_and_turns_with_the_mirror() {
    let n = 256;
    let made = jpeg(&texture(n, 1), n, 85);
    for (dx, dy) in [(0, 0), (1, 0), (0, 5), (3, 7), (6, 2)] {
        let (w, h) = (233, 241);
        let part = crop(&made, n, (dx, dy), (w, h));
        let finding = still(&part, w);
        let (ox, oy) = ((8 - dx) % 8, (8 - dy) % 8);
        assert_eq!(value(&finding, "main_grid"), Some((ox + 8 * oy) as f64), "({dx}, {dy})");
        assert_eq!(finding.state.as_deref(), Some("one-grid"));
        assert_eq!(value(&finding, "foreign_regions"), Some(0.0));
        assert!(value(&finding, "log10_nfa").unwrap() < -100.0);

        let mirrored: Vec<u8> =
            part.chunks_exact(w).flat_map(|row| row.iter().rev().copied()).collect();
        let grid = (w + 8 - ox) % 8 + 8 * oy;
        assert_eq!(value(&still(&mirrored, w), "main_grid"), Some(grid as f64), "mirrored");
    }
}

#[test]
fn what_cannot_vote_abstains() {
    assert_eq!(still(&[128; 200 * 100], 200).status, Status::Insufficient);
    let slope: Vec<u8> = (0..200 * 100).map(|i| (i % 200) as u8).collect();
    assert_eq!(still(&slope, 200).status, Status::Insufficient);
    assert_eq!(still(&texture(64, 2)[..64 * 63], 64).status, Status::Insufficient);
    assert_eq!(still(&texture(64, 2), 64).status, Status::Derived);
    let none: Box<dyn Check> = Box::new(JpegGrid::default());
    assert_eq!(none.conclude().unwrap().status, Status::NotApplicable);
}

#[test]
fn a_part_from_another_jpeg_is_found_where_it_is() {
    let n = 320;
    let mut picture = jpeg(&texture(n, 21), n, 85);
    let other = jpeg(&texture(n, 22), n, 75);
    let (at, side) = ((120, 88), 96);
    paste(&mut picture, n, &crop(&other, n, (43, 77), (side, side)), side, at);
    let finding = still(&picture, n);
    assert_eq!(value(&finding, "main_grid"), Some(0.0));
    assert_eq!(finding.state.as_deref(), Some("foreign-grid"));
    assert_eq!(value(&finding, "foreign_regions"), Some(1.0));
    assert!(finding.log10_nfa.unwrap() < -20.0);
    // A WebP makes such regions by itself: none are told.
    let webp = coded("webp", &picture, n);
    assert_eq!(value(&webp, "foreign_regions"), Some(0.0));
    assert_eq!(webp.state.as_deref(), Some("one-grid"));
    assert!(webp.summary.en.contains("not judged") && !webp.summary.en.contains("strong"));

    let luma = Luma { pixels: picture, width: n, height: n, ends: Vec::new() };
    let looked = look(&luma, None, false);
    let region = &looked.foreign[0].region;
    // The grid of the part: (120 − 43, 88 − 77) modulo 8.
    assert_eq!(region.grid, 5 + 8 * 3);
    let expected = [at.0, at.1, at.0 + side - 1, at.1 + side - 1];
    for (found, expected) in region.bounds.iter().zip(expected) {
        assert!(found.abs_diff(expected) <= 8, "{:?}, not {expected:?}", region.bounds);
    }
    let (map, covered) = mask::areas(looked.foreign.iter(), n, n);
    let truth = (side * side) as f64 / (n * n) as f64;
    assert!((covered / truth - 1.0).abs() < 0.2, "{covered} of the picture, not {truth}");
    assert!(map.values.iter().any(|v| *v > 20.0) && map.values[0] == 0.0);
}

#[test]
fn a_part_that_was_never_compressed_is_found_where_it_is() {
    // Smoother than the others: in strong texture quality 99 makes no more
    // zeros than chance, and a missing grid is not found there.
    let n = 512;
    let clean = jpeg(&textured(n, 31, 3.0, 1.0), n, 80);
    assert_eq!(value(&still(&clean, n), "missing_regions"), Some(0.0));
    let mut picture = clean;
    let side = 192;
    let part = crop(&textured(n, 32, 3.0, 1.0), n, (5, 9), (side, side));
    paste(&mut picture, n, &part, side, (150, 60));
    let finding = still(&picture, n);
    assert_eq!(finding.state.as_deref(), Some("missing-grid"), "{:?}", finding.values);
    let looked = look(&Luma { pixels: picture, width: n, height: n, ends: Vec::new() }, None, true);
    let [left, top, right, bottom] = looked.missing[0].region.bounds;
    assert!(left >= 140 && top >= 50 && right <= 352 && bottom <= 262);
    assert!(right - left > 150 && bottom - top > 150);
}

#[test]
fn untouched_pictures_stay_clean() {
    let n = 192;
    let mut listed = 0;
    for seed in 0..30u64 {
        let mut random = SplitMix::new(seed);
        let picture = match seed % 3 {
            0 => texture(n, 100 + seed),
            1 => (0..n * n).map(|_| (128.0 + 20.0 * random.normal()) as u8).collect(),
            _ => jpeg(&texture(n, 100 + seed), n, 60 + seed as u8),
        };
        let finding = still(&picture, n);
        let main = value(&finding, "main_grid");
        assert_eq!(main, (seed % 3 == 2).then_some(0.0), "picture {seed}");
        assert!(finding.log10_nfa.unwrap() > -5.0, "picture {seed}: {:?}", finding.values);
        listed += value(&finding, "foreign_regions").unwrap() as usize;
        listed += value(&finding, "missing_regions").unwrap() as usize;
    }
    assert!(listed <= 1, "{listed} regions in 30 untouched pictures");
}

#[test]
fn intra_pictures_of_a_video_are_spread_and_counted() {
    let n = 96;
    let made = jpeg(&texture(n, 41), n, 80);
    let mut check = JpegGrid { codec: "mjpeg".into(), gap_s: 60.0 / 12.0, ..JpegGrid::default() };
    for index in 0..120u64 {
        let mut frame = Frame::from_gray(&made, n, n);
        frame.index = index;
        frame.time_s = index as f64 / 2.0;
        frame.picture_type = if index % 2 == 0 { PictureType::I } else { PictureType::P };
        check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    }
    assert!(check.frames.iter().all(|seen| seen.index % 2 == 0));
    assert!(check.frames.last().unwrap().time_s >= 50.0);
    let finding = check.report();
    assert_eq!(value(&finding, "frames"), Some(12.0));
    let tests = zero::log10_tests(n, n) + 12f64.log10();
    assert!((value(&finding, "log10_tests").unwrap() - tests).abs() < 1e-12);
    let alone = still(&made, n);
    let more = value(&finding, "log10_nfa").unwrap() - value(&alone, "log10_nfa").unwrap();
    assert!((more - 12f64.log10()).abs() < 1e-9, "each frame is a try");

    let mut check = JpegGrid { codec: "h264".into(), ..JpegGrid::default() };
    let mut frame = Frame::from_gray(&made, n, n);
    frame.picture_type = PictureType::P;
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    assert_eq!(check.report().status, Status::NotApplicable);
}

/// A coding with blocks of four favours origins four pixels apart: parts of one
/// picture on (0, 0) and (4, 4) are no paste, parts on (3, 1) are.
#[test]
fn regions_four_pixels_from_the_main_grid_are_counted_apart() {
    let n = 320;
    let ground = jpeg(&texture(n, 11), n, 75);
    for (at, foreign, fours) in [((4, 4), 0.0, true), ((3, 1), 1.0, false)] {
        let mut picture = ground.clone();
        let part = jpeg(&texture(96, 12), 96, 75);
        paste(&mut picture, n, &part, 96, (104 + at.0, 104 + at.1));
        let finding = still(&picture, n);
        assert_eq!(value(&finding, "foreign_regions"), Some(foreign), "{}", finding.summary.en);
        let apart = value(&finding, "regions_four_apart").unwrap();
        assert_eq!(apart > 0.0, fours, "{apart}");
        let said = finding.warnings.iter().any(|w| w.en.contains("four pixels from"));
        assert_eq!(said, fours);
    }
}

/// A whole JPEG carries its grid in all tiles, cropped or not; a part pasted into a
/// picture that was never compressed wins the vote, but not the tiles.
#[test]
fn one_grid_is_carried_by_the_whole_or_not() {
    let n = 480;
    let plain = textured(n, 21, 1.5, 1.0);
    let coded = jpeg(&plain, n, 75);
    let of = |pixels: Vec<u8>, width: usize| {
        let height = pixels.len() / width;
        carried(&Luma { pixels, width, height, ends: Vec::new() })
    };
    assert_eq!(of(coded.clone(), n), Some(0));
    assert_eq!(of(crop(&coded, n, (3, 6), (400, 400)), 400), Some(5 + 8 * 2));
    assert_eq!(of(plain.clone(), n), None);
    let mut pasted = plain;
    paste(&mut pasted, n, &crop(&coded, n, (0, 0), (200, 200)), 200, (100, 100));
    assert_eq!(of(pasted, n), None);
}

#[test]
fn colours_at_their_brim_are_no_missing_grid() {
    // A photograph whose right half is lit so red that R is cut off, compressed
    // in colour and kept in R, G and B.
    let n = 512;
    let mut random = crate::signal::synth::SplitMix::new(4);
    let tone = textured(n, 31, 3.0, 1.0);
    let mut rgb = Vec::with_capacity(3 * n * n);
    for (i, &v) in tone.iter().enumerate() {
        let red = if i % n >= n / 2 { 120.0 + 1.2 * f32::from(v) } else { f32::from(v) };
        let blue = if i % n >= n / 2 { 0.1 * f32::from(v) } else { f32::from(v) };
        let noise = random.normal() as f32;
        rgb.extend([red, 0.55 * f32::from(v), blue].map(|c| (c + noise).clamp(0.0, 255.0) as u8));
    }
    let mut coded = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut coded, 92)
        .encode(&rgb, n as u32, n as u32, image::ExtendedColorType::Rgb8)
        .unwrap();
    let kept = image::load_from_memory(&coded).unwrap().into_rgb8().into_raw();
    let luma = levels(&Frame::from_rgb(&kept, n, n));
    assert!(luma.ends.iter().filter(|e| **e).count() > n * n / 8, "R is cut off");
    assert!(luma.ends.iter().enumerate().all(|(i, e)| !e || i % n >= n / 2 - 8));
    let blind = Luma { ends: Vec::new(), pixels: luma.pixels.clone(), ..luma };
    let accused = look(&blind, None, true).missing.len();
    assert_eq!(look(&luma, None, true).missing.len(), 0, "{accused} without knowing it");
}

/// A page that is flat but for one part, on the file's own grid: too few pixels vote for
/// that grid to be the picture's, and it is foreign nowhere all the same.
#[test]
fn a_files_own_grid_is_not_foreign() {
    let (n, side) = (896, 128);
    let mut page = vec![244u8; n * n];
    let part = jpeg(&texture(side, 77), side, 75);
    paste(&mut page, n, &part, side, (8 * 50, 8 * 40));
    let strong = |finding: &Finding| {
        value(finding, "strongest_foreign_log10_nfa").is_some_and(|nfa| nfa <= -5.0)
    };
    assert!(strong(&coded("png", &page, n)), "in a PNG it is a trace");
    let file = coded("mjpeg", &page, n);
    assert!(!strong(&file), "{}", file.summary.en);
    // Moved off the grid it is found in a JPEG file too.
    let mut page = vec![244u8; n * n];
    paste(&mut page, n, &part, side, (8 * 50 + 3, 8 * 40 + 5));
    assert!(strong(&coded("mjpeg", &page, n)));
}

#[test]
fn pixels_that_were_doubled_are_seen() {
    let n = 128;
    let small = texture(n, 5);
    for factor in [2, 3] {
        let side = factor * n;
        let pixels =
            (0..side * side).map(|i| small[i / side / factor * n + i % side / factor]).collect();
        let luma = Luma { pixels, width: side, height: side, ends: Vec::new() };
        assert!(enlarged_by_copying(&luma), "{factor}");
    }
    for pixels in [texture(n, 6), vec![7; n * n]] {
        assert!(!enlarged_by_copying(&Luma { pixels, width: n, height: n, ends: Vec::new() }));
    }
}
