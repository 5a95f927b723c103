//! The trace of an earlier quantisation, on pictures made here.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

use super::histogram::pattern;
use super::look::{Looked, STRONG, look};
use crate::media::container::jpeg_data::Coefficients;
use crate::signal::synth;

const SIDE: usize = 512;

fn photo(seed: u64) -> Vec<u8> {
    synth::photo(SIDE, seed)
}

fn jpeg(pixels: &[u8], quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality);
    let (w, h) = (SIDE as u32, SIDE as u32);
    encoder.encode(pixels, w, h, image::ExtendedColorType::L8).unwrap();
    file
}

fn decoded(file: &[u8]) -> Vec<u8> {
    image::load_from_memory(file).unwrap().to_luma8().into_raw()
}

fn looked(file: &[u8]) -> Looked {
    look(&Coefficients::read(file).unwrap(), &[])
}

#[test]
fn patterns_have_the_period_of_the_steps() {
    // Of 5 then 2 the levels of 2 nearest to multiples of 5 remain: 0, 2 or 3
    // (5 / 2 = 2.5, either side), 5, 7 or 8, 10 …; 1, 4, 6, 9 stay empty.
    let five = pattern(5, 2, 30);
    for k in [1, 4, 6, 9, 11] {
        assert!(five[k] < 0.1, "{k}: {}", five[k]);
    }
    assert!(five[5] > 2.0 && five[10] > 2.0);
    for (first, second, period) in [(5, 2, 5), (3, 2, 3), (7, 3, 7), (2, 5, 2), (6, 4, 3)] {
        let weights = pattern(first, second, 40);
        for k in 0..20 {
            assert!((weights[k] - weights[k + period]).abs() < 1e-5, "{first} then {second}, {k}");
        }
        let mean = weights[1..=2 * period].iter().sum::<f64>() / (2 * period) as f64;
        assert!((mean - 1.0).abs() < 1e-5, "{first} then {second}: {mean}");
    }
    // 5 after 2 leaves no empty level, and the same step or a divisor nothing.
    assert!(pattern(2, 5, 30).iter().all(|&w| w > 0.5));
    assert!(pattern(2, 4, 30).iter().all(|w| (w - 1.0).abs() < 0.05));
}

#[test]
fn the_first_quality_comes_back() {
    for (seed, first, second) in [(1, 70, 90), (2, 60, 85), (3, 85, 95)] {
        let twice = jpeg(&decoded(&jpeg(&photo(seed), first)), second);
        let found = looked(&twice);
        assert!(found.log10_nfa <= STRONG, "{first} then {second}: {}", found.log10_nfa);
        let quality = found.quality.unwrap();
        assert!(quality.quality.abs_diff(u16::from(first)) <= 1, "{quality:?}");
        assert!(quality.agreement >= 0.5, "{quality:?}");
        let (least, most) = quality.range;
        assert!(least <= u16::from(first) + 1 && u16::from(first) <= most + 1, "{quality:?}");
        assert!(least <= most && most - least <= 10, "{quality:?}");
        let regions = found.map.unwrap().regions;
        assert!(regions.iter().all(|r| r.log10_nfa > STRONG), "{regions:?}");
    }
}

#[test]
fn a_picture_compressed_once_has_no_trace() {
    for (seed, quality) in [(4, 60), (5, 75), (6, 85), (7, 90), (8, 95), (9, 99)] {
        let found = looked(&jpeg(&photo(seed), quality));
        assert!(found.log10_nfa > STRONG, "{quality}: {}", found.log10_nfa);
    }
    // Nor has one that was shifted in between.
    let first = decoded(&jpeg(&photo(10), 70));
    let mut shifted = first.clone();
    shifted.rotate_left(3 * SIDE + 3);
    assert!(looked(&jpeg(&shifted, 90)).log10_nfa > STRONG);
}

/// `inside` put into `outside` between `from` and `to` in both directions.
fn spliced(outside: &[u8], inside: &[u8], from: usize, to: usize) -> Vec<u8> {
    let mut out = outside.to_vec();
    for y in from..to {
        out[y * SIDE + from..y * SIDE + to]
            .copy_from_slice(&inside[y * SIDE + from..y * SIDE + to]);
    }
    out
}

#[test]
fn a_part_of_another_history_is_found_where_it_is() {
    let twice = decoded(&jpeg(&photo(11), 65));
    let once = photo(12);
    // A part without the trace of the rest, and a larger one with a trace that
    // the rest has not.
    for (outside, inside, away, from, to) in
        [(&twice, &once, 1.0, 160, 320), (&once, &twice, -1.0, 128, 400)]
    {
        let found = looked(&jpeg(&spliced(outside, inside, from, to), 90));
        let map = found.map.unwrap();
        let strong: Vec<_> = map.regions.iter().filter(|r| r.log10_nfa <= STRONG).collect();
        assert_eq!(strong.len(), 1, "{strong:?}");
        let [l, t, r, b] = strong[0].bounds;
        // In blocks; windows may stick out by half their side.
        let (from, to) = (from / 8, to / 8);
        assert!(l + 8 >= from && t + 8 >= from && r <= to + 8 && b <= to + 8, "{:?}", strong[0]);
        assert!(l <= from + 2 && t <= from + 2 && r + 2 >= to && b + 2 >= to, "{:?}", strong[0]);
        let mean = |inner: bool| {
            let within =
                |i: usize| (from..to).contains(&(i % 64)) && (from..to).contains(&(i / 64));
            let chosen = map
                .posterior
                .iter()
                .enumerate()
                .filter(|(i, v)| v.is_finite() && within(*i) == inner);
            let (sum, n) = chosen.fold((0.0, 0.0), |(s, n), (_, v)| (s + v, n + 1.0));
            sum / n
        };
        assert!(away * (mean(true) - mean(false)) > 0.2, "{} {}", mean(true), mean(false));
    }
}

#[test]
fn of_a_plain_picture_nothing_is_said() {
    let twice = jpeg(&decoded(&jpeg(&photo(1), 70)), 90);
    let said = |plain: bool| {
        let data = Some(Coefficients::read(&twice).unwrap());
        super::JpegDouble { data, plain, ..super::JpegDouble::default() }.report()
    };
    assert_eq!(said(false).state.as_deref(), Some("double"));
    let plain = said(true);
    assert_eq!((plain.state, plain.status), (None, crate::checks::Status::Insufficient));
}
